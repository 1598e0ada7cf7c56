//! What is in volumes, looked into and moved: on the real Docker, and on the embedded engine.

use super::world::{DEADLINE, World, settings, unix};
use crate::support::docker::{self, Docker, TestContainer};
use crate::support::proxy::{Answer, Proxy};
use crate::support::wait::{time_passes, until};
use bowline::engine::{Settings, StreamMessage, clock};
use bowline::model::{
    self, CopyIn, CopyOut, EngineId, FileChunk, FileContent, FileKind, Id, Listing, Operation, OperationArgs,
    OperationKind, Problem, SeenVolume, Source, StreamEvent, StreamId, Timestamp, Transfer, Transferred, VOLUME_LABEL,
};
use bowline_embedded::{Engine, Listening, Options, Scenario};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const ENGINE: EngineId = EngineId(0);

/// An engine with a store that looks at it.
pub(super) struct Bed {
    pub docker: Docker,
    pub world: World,
    scratch: tempfile::TempDir,
    _embedded: Option<(Engine, Listening, tempfile::TempDir)>,
}

async fn bed_of(docker: Docker, settings: Settings, embedded: Option<(Engine, Listening, tempfile::TempDir)>) -> Bed {
    let mut world = World::start(settings);
    world.until("the engine", |s| s.engines.values().any(|engine| engine.listed).then_some(())).await;
    Bed { docker, world, scratch: tempfile::tempdir().expect("a folder"), _embedded: embedded }
}

pub(super) async fn real() -> Option<Bed> {
    let docker = docker::engine()?;
    let settings = settings(unix(docker.socket()));
    Some(bed_of(docker, settings, None).await)
}

async fn embedded() -> Bed {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let options = Options { guard: Some(env!("CARGO_BIN_EXE_bowline").into()), ..Options::default() };
    let engine = Engine::start(Scenario::empty(), options).expect("starts");
    let listening = engine.listen_unix(&path).await.expect("listens");
    let docker = Docker::at(format!("unix://{}", path.display()));
    bed_of(docker, settings(unix(&path)), Some((engine, listening, folder))).await
}

/// Both engines, as far as they are there.
pub(super) async fn beds() -> Vec<Bed> {
    let embedded = embedded().await;
    // A container leaves its image behind.
    drop(embedded.docker.create("volumes-any", &json!({})));
    real().await.into_iter().chain([embedded]).collect()
}

/// A volume of a test, removed with it.
pub(super) struct Volume(pub Docker, pub String);

impl Drop for Volume {
    fn drop(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.0.request("DELETE", &format!("/volumes/{}", self.1), "", b"") {
                // A helper may be on its way out still. A panic here would hide the test's own.
                Ok((409, _)) if Instant::now() < deadline => time_passes(Duration::from_millis(20)),
                Ok((204 | 404, _)) => return,
                other => return eprintln!("{} may be left behind: {other:?}", self.1),
            }
        }
    }
}

/// A name that is nobody else's.
pub(super) fn fresh_name(what: &str) -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("bowline-test-volumes-{what}-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

/// One entry: name, kind, mode, owner and group, what it links to or holds.
type Row = (String, tar::EntryType, u32, (u64, u64), String);

fn row(name: &str, kind: tar::EntryType, mode: u32, owner: (u64, u64), text: &str) -> Row {
    (name.into(), kind, mode, owner, text.into())
}

/// What a volume may hold, the odd things too.
fn scene(pipes: bool) -> Vec<Row> {
    use tar::EntryType as Type;
    let long = format!("sub/{}", "n".repeat(180));
    let mut rows = vec![
        row("", Type::Directory, 0o2750, (999, 888), ""),
        row("a", Type::Regular, 0o4755, (33, 44), "hello\n"),
        row("abs", Type::Symlink, 0o777, (0, 0), "/etc/passwd"),
        row("out", Type::Symlink, 0o777, (0, 0), "../../../etc/passwd"),
        row("sub", Type::Directory, 0o1777, (1, 2), ""),
        row(&long, Type::Regular, 0o640, (3_000_000, 5), "long"),
        row("sub/odd name\u{1b}%", Type::Regular, 0o600, (0, 0), "odd"),
        row("to-sub", Type::Symlink, 0o777, (0, 0), "sub"),
    ];
    if pipes {
        rows.push(row("hard", Type::Link, 0o4755, (33, 44), "a"));
        rows.push(row("pipe", Type::Fifo, 0o622, (7, 7), ""));
    }
    rows
}

/// An archive of these, each name behind a prefix.
fn archive(rows: &[Row], prefix: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, kind, mode, (uid, gid), text) in rows {
        let name = format!("{prefix}{name}{}", if *kind == tar::EntryType::Directory { "/" } else { "" });
        let link = if *kind == tar::EntryType::Link { format!("{prefix}{text}") } else { text.clone() };
        let data = if *kind == tar::EntryType::Regular { text.as_bytes() } else { &[] };
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_uid(*uid);
        header.set_gid(*gid);
        header.set_mtime(1_577_934_245);
        header.set_size(data.len() as u64);
        if name.len() > 100 {
            tar.append_pax_extensions([("path", name.as_bytes())]).expect("memory");
        }
        let fields = header.as_gnu_mut().expect("gnu");
        let short = &name.as_bytes()[..name.len().min(100)];
        fields.name[..short.len()].copy_from_slice(short);
        if matches!(kind, tar::EntryType::Link | tar::EntryType::Symlink) {
            fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
        }
        header.set_cksum();
        tar.append(&header, data).expect("memory");
    }
    tar.into_inner().expect("memory")
}

/// What an archive says, by name. A hard link is what it links to: which of two names comes first nobody promises.
fn rows_of(bytes: &[u8], prefix: &str) -> Vec<Row> {
    let mut read = tar::Archive::new(bytes);
    let mut rows: Vec<Row> = Vec::new();
    for entry in read.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.strip_prefix(prefix).unwrap_or(&name).trim_end_matches('/').trim_start_matches('.').to_string();
        let mut text =
            entry.link_name_bytes().map(|link| String::from_utf8_lossy(&link).into_owned()).unwrap_or_default();
        if let Some(inner) = text.strip_prefix(prefix) {
            text = inner.to_string();
        }
        std::io::Read::read_to_string(&mut entry, &mut text).expect("text");
        let header = entry.header();
        // A folder that no archive named is as old as it is.
        assert!(entry_is_of_its_time(header) || header.entry_type().is_dir(), "{name}");
        let owner = (header.uid().expect("a number"), header.gid().expect("a number"));
        rows.push((name, header.entry_type(), header.mode().expect("a mode") & 0o7777, owner, text));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn entry_is_of_its_time(header: &tar::Header) -> bool {
    header.mtime().is_ok_and(|at| at == 1_577_934_245)
}

impl Bed {
    pub(super) fn is_embedded(&self) -> bool {
        self._embedded.is_some()
    }

    pub(super) fn volume(&self, what: &str) -> Volume {
        let name = fresh_name(what);
        self.docker.must("POST", "/volumes/create", &json!({ "Name": name }));
        Volume(self.docker.clone(), name)
    }

    /// A volume with all of a scene in it.
    fn filled(&self, what: &str) -> Volume {
        let volume = self.volume(what);
        self.put(&volume.1, &scene(!self.is_embedded()));
        volume
    }

    /// Another container with the volume at `/data`.
    pub(super) fn user(&self, volume: &str) -> TestContainer {
        self.docker.create("volumes-user", &json!({ "HostConfig": { "Binds": [format!("{volume}:/data")] } }))
    }

    fn put(&self, volume: &str, rows: &[Row]) {
        let user = self.user(volume);
        let path = format!("/containers/{}/archive?path=/", user.id);
        let answer = self.docker.request("PUT", &path, "application/x-tar", &archive(rows, "data/")).expect("answers");
        assert_eq!(answer.0, 200, "{}", String::from_utf8_lossy(&answer.1));
    }

    /// What is in a volume, as the engine tells another container.
    fn content(&self, volume: &str) -> Vec<Row> {
        let user = self.user(volume);
        let answer = self.docker.request("GET", &format!("/containers/{}/archive?path=/data/.", user.id), "", b"");
        let (status, bytes) = answer.expect("answers");
        assert_eq!(status, 200);
        rows_of(&bytes, "./")
    }

    /// A volume as a list tells of it now; of one that is not there, its name.
    pub(super) fn seen(&self, name: &str) -> SeenVolume {
        let answer = self.docker.request("GET", &format!("/volumes/{name}"), "", b"").expect("answers");
        let told: Value = serde_json::from_slice(&answer.1).unwrap_or_default();
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_string();
        let pairs = |key: &str| {
            let pairs = told[key].as_object().into_iter().flatten();
            pairs.map(|(name, value)| (name.as_str().into(), value.as_str().unwrap_or_default().into())).collect()
        };
        let created = text("CreatedAt").parse::<jiff::Timestamp>().unwrap_or_default();
        let volume = model::Volume {
            id: Id::new(ENGINE, name),
            name: name.into(),
            driver: text("Driver").into(),
            mountpoint: text("Mountpoint").into(),
            created: Timestamp(i64::try_from(created.as_nanosecond()).expect("a moment")),
            options: pairs("Options"),
            labels: pairs("Labels"),
        };
        SeenVolume { volume: Arc::new(volume), at: clock::now() }
    }

    pub(super) fn is_there(&self, volume: &str) -> bool {
        self.docker.request("GET", &format!("/volumes/{volume}"), "", b"").expect("answers").0 == 200
    }

    /// The helpers of a volume, whosoever they are.
    fn helpers(&self, volume: &str) -> Vec<String> {
        let filters = format!("%7B%22label%22%3A%5B%22{VOLUME_LABEL}%3D{volume}%22%5D%7D");
        let list = self.docker.must("GET", &format!("/containers/json?all=1&filters={filters}"), &Value::Null);
        let ids = list.as_array().into_iter().flatten().filter_map(|one| one["Id"].as_str());
        ids.map(str::to_string).collect()
    }

    #[track_caller]
    fn until_no_helper(&self, volume: &str) {
        until("the helpers to be gone", || self.helpers(volume).is_empty());
    }

    /// Looks into a volume; its helper.
    async fn look_into(&mut self, volume: &str, size: Option<u64>) -> Result<Id, Problem> {
        let seen = self.seen(volume);
        self.look_into_seen(seen, size).await
    }

    pub(super) async fn look_into_seen(&mut self, seen: SeenVolume, size: Option<u64>) -> Result<Id, Problem> {
        self.world.store.open(StreamId(1), Source::Volume { seen, size });
        loop {
            match self.world.message().await {
                (StreamId(1), StreamMessage::Chunk(StreamEvent::Files(FileChunk::Mounted(id)))) => return Ok(id),
                (StreamId(1), StreamMessage::Ended(problem)) => return Err(problem.expect("a problem")),
                _ => {}
            }
        }
    }

    async fn files(&mut self, source: Source) -> Result<Heard, Problem> {
        self.world.store.open(StreamId(2), source);
        let mut heard = Heard::default();
        loop {
            match self.world.message().await {
                (StreamId(2), StreamMessage::Chunk(StreamEvent::Files(chunk))) => match chunk {
                    FileChunk::Listing(listing) => heard.listing = Some(listing),
                    FileChunk::Content(content) => heard.content = Some(content),
                    FileChunk::Copied(report) => heard.files = report.files,
                    FileChunk::Progress(_) | FileChunk::Mounted(_) => {}
                },
                (StreamId(2), StreamMessage::Ended(None)) => return Ok(heard),
                (StreamId(2), StreamMessage::Ended(Some(problem))) => return Err(problem),
                _ => {}
            }
        }
    }

    async fn list(&mut self, id: &Id, path: &str) -> Result<Arc<Listing>, Problem> {
        let heard = self.files(Source::Folder { id: id.clone(), path: path.into() }).await?;
        Ok(heard.listing.expect("a listing"))
    }

    async fn read(&mut self, id: &Id, path: &str) -> Result<Arc<FileContent>, Problem> {
        let heard = self.files(Source::File { id: id.clone(), path: path.into(), limit: 100, seen: None }).await?;
        Ok(heard.content.expect("a content"))
    }

    pub(super) async fn transfer(&mut self, transfer: Transfer) -> Result<Transferred, Problem> {
        self.world.store.open(StreamId(3), Source::Transfer(ENGINE, transfer));
        let mut result = None;
        loop {
            match self.world.message().await {
                (StreamId(3), StreamMessage::Chunk(StreamEvent::Transferred(told))) => result = Some(told),
                (StreamId(3), StreamMessage::Ended(None)) => return Ok(result.expect("a result")),
                (StreamId(3), StreamMessage::Ended(Some(problem))) => return Err(problem),
                _ => {}
            }
        }
    }

    /// Begins a transfer, and waits until bytes move.
    async fn transfer_moves(&mut self, transfer: Transfer) {
        self.world.store.open(StreamId(3), Source::Transfer(ENGINE, transfer));
        loop {
            match self.world.message().await {
                (StreamId(3), StreamMessage::Chunk(StreamEvent::Progress(told)))
                    if told.parts.iter().any(|part| part.done > 0) =>
                {
                    return;
                }
                (StreamId(3), StreamMessage::Ended(why)) => panic!("it ended: {why:?}"),
                _ => {}
            }
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).expect("written");
        self.path(name).display().to_string()
    }
}

#[derive(Debug, Default)]
struct Heard {
    listing: Option<Arc<Listing>>,
    content: Option<Arc<FileContent>>,
    files: u64,
}

pub(super) fn export(volume: SeenVolume, path: &Path) -> Transfer {
    Transfer::ExportVolume { volume, path: path.display().to_string() }
}

pub(super) fn import(path: impl Into<String>, volume: &str, seen: Option<SeenVolume>) -> Transfer {
    Transfer::ImportVolume { path: path.into(), volume: volume.into(), seen }
}

pub(super) fn copy(from: SeenVolume, volume: &str, seen: Option<SeenVolume>) -> Transfer {
    Transfer::CopyVolume { from, volume: volume.into(), seen }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_is_looked_into_through_a_helper_that_is_gone_afterwards() {
    for mut bed in beds().await {
        let volume = bed.filled("look");
        let user = bed.user(&volume.1);
        bed.world.container(&user.name).await;
        let id = bed.look_into(&volume.1, None).await.expect("a helper");
        let helper = bed.docker.must("GET", &format!("/containers/{}/json", id.raw()), &Value::Null);
        assert_eq!(helper["State"]["Status"], "created", "it is not run");
        assert_eq!(helper["HostConfig"]["NetworkMode"], "none");
        let top = bed.list(&id, "/").await.expect("listed");
        let named = |name: &str| top.entries.iter().find(|entry| entry.name == name.as_bytes()).expect(name);
        assert_eq!((named("a").mode, named("a").uid, named("a").gid), (0o4755, 33, 44));
        let folder = |name: &str| matches!(named(name).kind, FileKind::Link { to_folder: Some(true), .. });
        assert!(folder("to-sub") && !folder("abs") && !folder("out"));
        assert_eq!(bed.list(&id, "/to-sub").await.expect("through a link inside").entries.len(), 2);
        assert_eq!(bed.read(&id, "/a").await.expect("read").bytes, b"hello\n");
        for path in ["/abs", "/out"] {
            let problem = bed.read(&id, path).await.expect_err("the helper's own files are nobody's");
            assert!(problem.cause.contains("points outside the volume"), "{problem}");
        }
        let problem = bed.list(&id, "/nowhere").await.expect_err("refused");
        assert!(problem.operation.contains(&volume.1), "whose it is, is told: {problem}");
        let file = bed.path("new");
        std::fs::write(&file, "new").expect("written");
        let inwards = CopyIn {
            id: id.clone(),
            from: file,
            to: b"/sub".to_vec(),
            follow: false,
            overwrite: false,
            instead_of: None,
        };
        assert_eq!(bed.files(Source::CopyIn(inwards.clone())).await.expect("copied in").files, 1);
        let escape = CopyIn { to: b"/out".to_vec(), ..inwards };
        assert!(bed.files(Source::CopyIn(escape)).await.expect_err("refused").cause.contains("points outside"));
        let back = bed.path("back");
        let outwards =
            CopyOut { id: id.clone(), from: b"/sub".to_vec(), to: back.clone(), follow: false, overwrite: false };
        assert_eq!(bed.files(Source::CopyOut(outwards)).await.expect("copied out").files, 3);
        assert_eq!(std::fs::read(back.join("new")).expect("there"), b"new");
        let seen = bed.world.outputs.snapshots.borrow().clone();
        let is_its = |label: Option<&str>| label == Some(&*volume.1);
        assert!(
            !seen.containers.values().any(|one| is_its(one.label(VOLUME_LABEL))),
            "it is no container of anybody's"
        );
        let helpers = format!("bowline-volume-{}", volume.1);
        assert!(!seen.events.iter().any(|event| event.name.starts_with(&helpers)), "and no news");
        bed.world.store.close(StreamId(1));
        bed.until_no_helper(&volume.1);
        let problem = bed.list(&id, "/").await.expect_err("it is gone");
        assert!(!problem.cause.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_imported_and_copied_is_as_it_was() {
    for mut bed in beds().await {
        let volume = bed.filled("from");
        let before = bed.content(&volume.1);
        assert_eq!(before.len(), scene(!bed.is_embedded()).len());
        let file = bed.path("backup.tar");
        let told = bed.transfer(export(bed.seen(&volume.1), &file)).await.expect("exported");
        assert_eq!(told.bytes, Some(std::fs::metadata(&file).expect("there").len()));
        assert_eq!(rows_of(&std::fs::read(&file).expect("read"), "./"), before, "names begin in the volume");
        let again = bed.transfer(export(bed.seen(&volume.1), &file)).await.expect_err("it is there");
        assert!(again.cause.to_lowercase().contains("exist"), "{again}");
        let other = Volume(bed.docker.clone(), fresh_name("imported"));
        let told = bed.transfer(import(file.display().to_string(), &other.1, None)).await.expect("imported");
        assert_eq!(told.words, format!("{} files", before.len() - 2));
        assert_eq!(bed.content(&other.1), before);
        let third = Volume(bed.docker.clone(), fresh_name("copied"));
        bed.transfer(copy(bed.seen(&volume.1), &third.1, None)).await.expect("copied");
        assert_eq!(bed.content(&third.1), before);
        for volume in [&volume, &other, &third] {
            bed.until_no_helper(&volume.1);
        }
        let taken = bed.transfer(copy(bed.seen(&volume.1), &third.1, None)).await.expect_err("it was to be new");
        assert!(taken.cause.contains("now exists"), "{taken}");
        let same =
            bed.transfer(copy(bed.seen(&volume.1), &volume.1, Some(bed.seen(&volume.1)))).await.expect_err("the same");
        assert!(same.cause.contains("the same volume"), "{same}");
        let left: Vec<_> = std::fs::read_dir(bed.scratch.path()).expect("read").collect();
        assert_eq!(left.len(), 1, "nothing half-written: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn into_a_volume_that_is_there_others_stay_and_nothing_leads_out_of_it() {
    use tar::EntryType as Type;
    for mut bed in beds().await {
        let volume = bed.filled("into");
        let count = bed.content(&volume.1).len();
        let plain = |name: &str| row(name, Type::Regular, 0o644, (5, 6), "theirs");
        let good = bed.write("good.tar", &archive(&[plain("a"), plain("new/deep")], ""));
        bed.transfer(import(good, &volume.1, Some(bed.seen(&volume.1)))).await.expect("imported");
        let now = bed.content(&volume.1);
        let of = |name: &str| now.iter().find(|row| row.0.trim_start_matches('/') == name).cloned().expect(name);
        assert_eq!((of("a").4, of("a").3, of("a").2), ("theirs".to_string(), (5, 6), 0o644));
        assert_eq!(of("new/deep").4, "theirs");
        assert_eq!(now.len(), count + 2);
        let device = row("sda", Type::Block, 0o666, (0, 0), "");
        let link = row("evil", Type::Symlink, 0o777, (0, 0), "/etc");
        let hostile = [plain("../out"), device, link, plain("evil/x"), plain("fine")];
        let hostile = bed.write("hostile.tar", &archive(&hostile, ""));
        let problem =
            bed.transfer(import(hostile, &volume.1, Some(bed.seen(&volume.1)))).await.expect_err("not all of it");
        assert!(problem.cause.starts_with("3 entries were skipped, the rest is in"), "{problem}");
        assert!(problem.cause.contains("sda (a device)") && problem.cause.contains("../out"), "{problem}");
        assert!(bed.content(&volume.1).iter().any(|row| row.0 == "fine"));
        // A link that stood there before leads into the helper: what goes there is lost, and that is told.
        let astray = bed.write("astray.tar", &archive(&[plain("evil/lost-in-the-helper")], ""));
        let problem =
            bed.transfer(import(astray, &volume.1, Some(bed.seen(&volume.1)))).await.expect_err("it went astray");
        assert!(problem.cause.contains("lost-in-the-helper"), "{problem}");
        let clash = bed.write("clash.tar", &archive(&[plain("fine"), plain("sub")], ""));
        let problem =
            bed.transfer(import(clash, &volume.1, Some(bed.seen(&volume.1)))).await.expect_err("a folder is there");
        assert!(problem.cause.contains("entries copied so far stay in"), "{problem}");
        bed.until_no_helper(&volume.1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_archive_or_not_there_is_refused_and_leaves_nothing_behind() {
    for mut bed in beds().await {
        let name = fresh_name("never");
        let whole = archive(&scene(false), "");
        let cut = bed.write("cut.tar", &whole[..whole.len() - 1024]);
        let garbage = bed.write("garbage.tar", &[&b"no archive at all ".repeat(100)[..], &[0; 1024]].concat());
        let head = |size: u64| {
            let mut header = tar::Header::new_gnu();
            header.set_path("holes").expect("short");
            header.set_size(size);
            header.set_cksum();
            header.as_bytes().to_vec()
        };
        let missing_middle = bed.write("middle.tar", &[head(1 << 20), vec![0; 1024]].concat());
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_pax_extensions([("GNU.sparse.major", &b"2"[..]), ("GNU.sparse.minor", b"0")]).expect("memory");
        let unknown = [tar.into_inner().expect("memory")[..1024].to_vec(), head(0), vec![0; 1024]].concat();
        let unknown = bed.write("unknown.tar", &unknown);
        let packed = bed.write("packed.tar.gz", b"\x1f\x8b\x08 and so on");
        let folder = bed.scratch.path().display().to_string();
        let missing = bed.path("missing.tar").display().to_string();
        for (file, why) in [
            (cut, "has no end of archive"),
            (garbage, "a header checksum is wrong"),
            (missing_middle, "cut off"),
            (unknown, "holes in the archive: a sparse file of an unknown format"),
            (packed, "compressed (gzip)"),
            (folder, "not a file"),
            (missing, "No such file"),
        ] {
            let problem = bed.transfer(import(file.clone(), &name, None)).await.expect_err("refused");
            assert!(problem.cause.contains(why), "{file}: {problem}");
            until("the volume to be gone", || !bed.is_there(&name));
        }
        let good = bed.write("good.tar", &whole);
        let gone = bed.transfer(import(good, &name, Some(bed.seen(&name)))).await.expect_err("it was to be there");
        assert!(gone.cause.contains("no longer exists"), "{gone}");
        let gone = bed.transfer(export(bed.seen(&name), &bed.path("x.tar"))).await.expect_err("nothing to export");
        assert!(gone.cause.contains("no longer exists") && !bed.path("x.tar").exists(), "{gone}");
        let gone = bed.look_into(&name, None).await.expect_err("nothing to look into");
        assert!(gone.cause.contains("no longer exists"), "{gone}");
        assert!(!bed.is_there(&name), "looking makes none");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cancelled_leaves_neither_a_file_nor_a_volume_nor_a_helper() {
    let Some(mut bed) = real().await else { return };
    // Four gigabytes of nothing: a head, a hole, an end.
    let file = bed.path("huge.tar");
    let mut header = tar::Header::new_gnu();
    header.set_path("huge").expect("a path");
    header.set_mode(0o644);
    header.set_size(4 << 30);
    header.set_cksum();
    std::fs::write(&file, header.as_bytes()).expect("written");
    let open = std::fs::OpenOptions::new().write(true).open(&file).expect("open");
    open.set_len(512 + (4 << 30) + 1024).expect("long");
    let name = fresh_name("cancelled");
    bed.transfer_moves(import(file.display().to_string(), &name, None)).await;
    bed.world.store.close(StreamId(3));
    until("the volume to be gone", || !bed.is_there(&name));
    bed.until_no_helper(&name);
    let volume = bed.filled("cancelled-export");
    let target = bed.path("never.tar");
    bed.world.store.open(StreamId(3), Source::Transfer(ENGINE, export(bed.seen(&volume.1), &target)));
    bed.world.store.close(StreamId(3));
    bed.until_no_helper(&volume.1);
    let half = || std::fs::read_dir(bed.scratch.path()).expect("read").count() > 1;
    until("what was begun to be gone", || !half());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_bowline_leaves_no_helper() {
    let Some(mut bed) = real().await else { return };
    let volume = bed.filled("left");
    bed.look_into(&volume.1, None).await.expect("a helper");
    assert_eq!(bed.helpers(&volume.1).len(), 1);
    bed.world.store.shutdown().await;
    assert_eq!(bed.helpers(&volume.1), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_chosen_image_is_removed_meanwhile_another_one_is_chosen() {
    let Some(docker) = docker::engine() else { return };
    let proxy = Proxy::to(docker.socket());
    let mut bed = bed_of(docker, settings(unix(proxy.socket())), None).await;
    let volume = bed.volume("image-gone");
    let gone = || Answer::Status(404, "No such image: sha256:it was there a moment ago".into());
    // The first of many.
    proxy.answer_each("/containers/create", gone(), 1000);
    bed.look_into(&volume.1, None).await.expect("a helper from another image");
    assert_eq!((proxy.count("/containers/create"), bed.helpers(&volume.1).len()), (2, 1));
    bed.world.store.close(StreamId(1));
    bed.until_no_helper(&volume.1);
    // Whatever is chosen is gone: the engine's words are told, and nothing is left.
    proxy.heal();
    proxy.answer("/containers/create", gone());
    let problem = bed.look_into(&volume.1, None).await.expect_err("no image stays");
    assert!(problem.cause.contains("No such image"), "{problem}");
    assert_eq!(proxy.count("/containers/create"), 5, "three times, and no more");
    assert_eq!(bed.helpers(&volume.1), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_is_removed_right_after_it_was_looked_into_and_a_helper_that_vanishes_is_told() {
    let Some(mut bed) = real().await else { return };
    let volume = bed.filled("removed");
    let id = bed.look_into(&volume.1, None).await.expect("a helper");
    bed.docker.must("DELETE", &format!("/containers/{}?force=1", id.raw()), &Value::Null);
    let problem = bed.list(&id, "/").await.expect_err("it is gone");
    assert!(problem.cause.to_lowercase().contains("no such container"), "{problem}");
    bed.world.store.close(StreamId(1));
    bed.look_into(&volume.1, None).await.expect("another helper");
    bed.world.store.close(StreamId(1));
    let with = OperationArgs::Seen(bed.seen(&volume.1));
    let act = Operation::with(OperationKind::RemoveVolume, Id::new(ENGINE, volume.1.as_str()), volume.1.as_str(), with);
    assert_eq!(bed.world.do_this(act).await.result, Ok(String::new()));
    assert!(!bed.is_there(&volume.1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_wants_volumes_gets_none_and_a_large_volume_is_listed_by_a_program() {
    let Some(mut bed) = real().await else { return };
    let volume = bed.filled("image");
    let image = format!("{}:1", fresh_name("wants"));
    let base = bed.docker.create("volumes-base", &json!({}));
    let (repo, tag) = image.split_once(':').expect("a tag");
    let path = format!("/commit?container={}&repo={repo}&tag={tag}&changes=VOLUME%20/wanted", base.id);
    bed.docker.must("POST", &path, &json!({}));
    let user = {
        let binds = json!({ "Binds": [format!("{}:/data", volume.1)] });
        bed.docker.create("volumes-wants", &json!({ "Image": image, "HostConfig": binds }))
    };
    bed.world.container(&user.name).await;
    let id = bed.look_into(&volume.1, Some(1 << 30)).await.expect("a helper");
    let helper = bed.docker.must("GET", &format!("/containers/{}/json", id.raw()), &Value::Null);
    let of_user = bed.docker.must("GET", &format!("/containers/{}/json", user.id), &Value::Null);
    assert_eq!(helper["Image"], of_user["Image"], "the image of who mounts it");
    let mounts = helper["Mounts"].as_array().expect("mounts");
    let volumes = mounts.iter().filter(|mount| mount["Type"] == "volume").count();
    assert_eq!((volumes, helper["State"]["Running"].as_bool()), (1, Some(true)), "{helper}");
    let top = bed.list(&id, "/").await.expect("listed");
    let named = |name: &str| top.entries.iter().find(|entry| entry.name == name.as_bytes()).expect(name);
    assert!(!named("a").owner.is_empty() && named("sub").is_folder() && named("to-sub").is_folder());
    assert!(!named("abs").is_folder() && bed.read(&id, "/abs").await.is_err());
    bed.world.store.close(StreamId(1));
    bed.until_no_helper(&volume.1);
    drop(user);
    bed.docker.must("DELETE", &format!("/images/{image}?force=1"), &Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_image_it_is_said_what_to_do() {
    let mut bed = embedded().await;
    let volume = bed.volume("no-image");
    let problem = bed.look_into(&volume.1, None).await.expect_err("no image");
    assert!(problem.cause.contains("has no image") && problem.hint.contains("docker pull busybox"), "{problem}");
    let problem = bed.transfer(export(bed.seen(&volume.1), &bed.path("x.tar"))).await.expect_err("no image");
    assert!(problem.cause.contains("has no image") && !bed.path("x.tar").exists(), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_makes_no_helper() {
    let Some(docker) = docker::engine() else { return };
    let settings = Settings { read_only: true, ..settings(unix(docker.socket())) };
    let mut bed = bed_of(docker, settings, None).await;
    let volume = bed.volume("ro");
    let file = bed.write("x.tar", &archive(&scene(false), ""));
    let problem = bed.look_into(&volume.1, None).await.expect_err("refused");
    assert!(problem.cause.contains("read-only"), "{problem}");
    for transfer in
        [export(bed.seen(&volume.1), &bed.path("y.tar")), import(file, &volume.1, Some(bed.seen(&volume.1)))]
    {
        let problem = bed.transfer(transfer).await.expect_err("refused");
        assert!(problem.cause.contains("read-only"), "{problem}");
    }
    assert_eq!(bed.helpers(&volume.1), [] as [String; 0]);
}
