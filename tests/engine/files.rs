//! Files of containers of the real Docker: listed, read, copied both ways.

use super::world::{World, settings, unix};
use crate::support::docker::{self, Docker, TestContainer};
use crate::support::wait::{eventually, until_some};
use bowline::engine::StreamMessage;
use bowline::engine::files::unpack::path_of;
use bowline::model::{
    CopyIn, CopyOut, CopyReport, FileChunk, FileContent, FileEntry, FileKind, Id, Listing, Problem, Refusal, Source,
    StreamEvent, StreamId,
};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

/// What is in every container of these tests.
const SCENE: &str = "mkdir -p /scene/sub /scene/empty; cd /scene; echo hello > a; chown 33:44 a; chmod 4750 a; ln a twin; \
    ln -s sub to-sub; ln -s a to-a; ln -s nowhere broken; mkfifo pipe; printf 'x' > \"$(printf 'odd\\377\\033')x\"; \
    printf '\\000\\001' > binary; touch -d '2020-01-02 03:04:05' a; ";

async fn world(docker: &Docker, container: &TestContainer) -> (World, Id) {
    let mut world = World::start(settings(unix(docker.socket())));
    let id = world.container(&container.name).await.id.clone();
    (world, id)
}

/// What came out of a stream about files.
#[derive(Debug, Default)]
struct Heard {
    listing: Option<Arc<Listing>>,
    content: Option<Arc<FileContent>>,
    report: Option<CopyReport>,
    progressed: bool,
    bytes: Vec<u8>,
    problem: Option<Problem>,
}

impl World {
    async fn hear(&mut self, source: Source) -> Heard {
        self.store.open(StreamId(7), source);
        let mut heard = Heard::default();
        loop {
            match self.message().await {
                (StreamId(7), StreamMessage::Ended(problem)) => {
                    heard.problem = problem;
                    return heard;
                }
                (StreamId(7), StreamMessage::Chunk(StreamEvent::Files(chunk))) => match chunk {
                    FileChunk::Listing(listing) => heard.listing = Some(listing),
                    FileChunk::Content(content) => heard.content = Some(content),
                    FileChunk::Progress(_) | FileChunk::Mounted(_) => heard.progressed = true,
                    FileChunk::Copied(report) => heard.report = Some(*report),
                },
                (StreamId(7), StreamMessage::Chunk(StreamEvent::Output(_, bytes))) => heard.bytes.extend(bytes),
                _ => {}
            }
        }
    }

    async fn list(&mut self, id: &Id, path: &str) -> Result<Arc<Listing>, Problem> {
        let heard = self.hear(Source::Folder { id: id.clone(), path: path.into() }).await;
        heard.problem.map_or_else(|| Ok(heard.listing.expect("a listing")), Err)
    }

    async fn read(&mut self, id: &Id, path: &[u8], limit: usize) -> Result<Arc<FileContent>, Problem> {
        let heard = self.hear(Source::File { id: id.clone(), path: path.to_vec(), limit, seen: None }).await;
        heard.problem.map_or_else(|| Ok(heard.content.expect("a content")), Err)
    }

    /// Waits until a file is there.
    async fn until_there(&mut self, id: &Id, path: &str) {
        eventually(path, async || self.read(id, path.as_bytes(), 1).await.is_ok()).await;
    }

    async fn copy_out(&mut self, id: &Id, from: &str, to: &Path) -> Result<CopyReport, Problem> {
        let copy = CopyOut { id: id.clone(), from: from.into(), to: to.to_path_buf(), follow: false, overwrite: false };
        let heard = self.hear(Source::CopyOut(copy)).await;
        heard.problem.map_or_else(|| Ok(heard.report.expect("a report")), Err)
    }

    async fn visit(&mut self, id: &Id, path: &str) -> Heard {
        self.hear(Source::Visit { id: id.clone(), path: path.into(), limit: 100 }).await
    }

    async fn copy_in(&mut self, copy: CopyIn) -> Result<CopyReport, Problem> {
        let heard = self.hear(Source::CopyIn(copy)).await;
        heard.problem.map_or_else(|| Ok(heard.report.expect("a report")), Err)
    }
}

fn inwards(id: &Id, from: &Path, to: &str) -> CopyIn {
    let from = from.to_path_buf();
    CopyIn { id: id.clone(), from, to: to.into(), follow: false, overwrite: false, instead_of: None }
}

fn named<'a>(listing: &'a Listing, name: &[u8]) -> &'a FileEntry {
    let found = listing.entries.iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("no {} in {listing:#?}", name.escape_ascii()))
}

/// What must be told of the scene, by whichever way.
fn check(listing: &Listing, by_archive: bool) {
    assert_eq!(listing.cut, None);
    assert_eq!(listing.entries.len(), 10, "{listing:#?}");
    assert!(listing.entries[0].is_folder(), "folders come first");
    let a = named(listing, b"a");
    assert_eq!((a.kind.clone(), a.mode, a.uid, a.gid, a.modified), (FileKind::File, 0o4750, 33, 44, 1_577_934_245));
    // An archive tells the size of a file with several names once.
    assert!(a.size == 6 || by_archive && named(listing, b"twin").size == 6);
    let link = |target: &str, to_folder| FileKind::Link { target: target.into(), to_folder: Some(to_folder) };
    assert_eq!(named(listing, b"to-sub").kind, link("sub", true));
    assert_eq!(named(listing, b"to-a").kind, link("a", false));
    assert_eq!(named(listing, b"broken").kind, link("nowhere", false));
    assert_eq!(named(listing, b"pipe").kind, FileKind::Pipe);
    assert_eq!(named(listing, b"odd\xff\x1bx").size, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_listed_running_and_stopped_and_without_a_shell() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-list", &format!("{SCENE} touch /ready; exec sleep 3600"));
    let bare = docker.run("files-bare", &format!("{SCENE} touch /ready; rm /bin/sh; exec sleep 3600"));
    let (mut world, id) = world(&docker, &container).await;
    let other = world.container(&bare.name).await.id.clone();
    container.wait_for_process("sleep 3600", true);
    bare.wait_for_process("sleep 3600", true);
    check(&world.list(&id, "/scene").await.expect("listed"), false);
    check(&world.list(&other, "/scene").await.expect("listed"), true);
    assert!(world.list(&id, "/proc").await.expect("listed").entries.iter().any(|entry| entry.name == b"self"));
    assert!(world.list(&id, "/scene/to-sub").await.expect("through a link").entries.is_empty());
    container.kill();
    container.wait_status("exited");
    check(&world.list(&id, "/scene").await.expect("listed"), true);
    assert!(world.list(&id, "/scene/to-sub").await.expect("through a link").entries.is_empty());
    assert!(world.list(&id, "/").await.expect("the root").entries.iter().any(|entry| entry.name == b"scene"));
    for (path, why) in [("/nowhere", "no such folder"), ("/scene/a", "not a folder")] {
        let problem = world.list(&id, path).await.expect_err("refused");
        assert!(problem.cause.contains(why), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_beginning_of_a_file_is_read_also_where_the_engine_sees_none() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-read", &format!("{SCENE} exec sleep 3600"));
    container.wait_for_process("sleep 3600", true);
    let (mut world, id) = world(&docker, &container).await;
    let whole = world.read(&id, b"/scene/to-a", 100).await.expect("through a link");
    assert_eq!((whole.bytes.as_slice(), whole.cut, whole.path.as_slice()), (&b"hello\n"[..], false, &b"/scene/a"[..]));
    assert_eq!((whole.entry.uid, whole.entry.gid, whole.entry.mode), (33, 44, 0o4750));
    let cut = world.read(&id, b"/scene/a", 3).await.expect("read");
    assert_eq!((cut.bytes.as_slice(), cut.cut), (&b"hel"[..], true));
    // This engine gives nothing for such a name, and that is said: an empty file would be a lie.
    match world.read(&id, b"/scene/odd\xff\x1bx", 9).await {
        Ok(content) => assert_eq!(content.bytes, b"x"),
        Err(problem) => assert!(problem.cause.contains("archive of it is empty"), "{problem}"),
    }
    let made_up = world.read(&id, b"/proc/1/cmdline", 100).await.expect("read");
    assert_eq!((made_up.bytes.as_slice(), made_up.elsewhere), (&b"sleep\x003600\0"[..], true));
    for (path, why) in [("/scene/sub", "folder"), ("/scene/pipe", "pipe"), ("/scene/broken", "does not exist")] {
        let problem = world.read(&id, path.as_bytes(), 9).await.expect_err("refused");
        assert!(problem.cause.contains(why), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deep_tree_goes_in_and_comes_out_as_it_was() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-both", "sleep 3600");
    let (mut world, id) = world(&docker, &container).await;
    let scratch = tempfile::tempdir().expect("a folder");
    let tree = scratch.path().join("tree");
    let mut deep = tree.clone();
    for level in 0..30 {
        deep = deep.join(format!("level-{level}"));
        std::fs::create_dir_all(&deep).expect("made");
        std::fs::write(deep.join(path_of(b"odd \xff\x1b%?#")), format!("{level}")).expect("written");
    }
    std::fs::write(deep.join("n".repeat(250)), "long").expect("written");
    std::fs::write(tree.join("line\nend"), "n").expect("written");
    std::fs::write(tree.join("run"), "#!/bin/sh\n").expect("written");
    std::fs::set_permissions(tree.join("run"), std::fs::Permissions::from_mode(0o711)).expect("set");
    std::fs::write(tree.join("large"), vec![7; 3_000_001]).expect("written");
    symlink("level-0/level-1", tree.join("link")).expect("linked");
    let report = world.copy_in(inwards(&id, &tree, "/")).await.expect("copied");
    assert!(report.is_whole(), "{report:?}");
    assert_eq!((report.files, report.into.as_slice()), (35, &b"/tree"[..]));
    let again = world.copy_in(inwards(&id, &tree, "/")).await.expect("answered");
    assert_eq!(again.refused, [(b"/tree".to_vec(), Refusal::Exists)]);
    let back = scratch.path().join("back");
    let report = world.copy_out(&id, "/tree", &back).await.expect("copied");
    assert!(report.is_whole(), "{report:?}");
    assert_eq!((report.files, same_trees(&tree, &back)), (35, 35));
    let again = world.copy_out(&id, "/tree/.", &back).await.expect("copied");
    assert_eq!((again.same, again.files, again.refused_count), (35, 0, 0));
    container.kill();
    container.wait_status("exited");
    let third = scratch.path().join("third");
    assert!(world.copy_out(&id, "/tree", &third).await.expect("copied").is_whole(), "also from a stopped one");
    assert_eq!(same_trees(&tree, &third), 35);
}

/// Compares names, kinds, permissions, times and contents; the number of files and links.
#[track_caller]
fn same_trees(one: &Path, other: &Path) -> usize {
    let mut names: Vec<_> =
        std::fs::read_dir(one).expect("read").map(|entry| entry.expect("read").file_name()).collect();
    names.sort();
    let mut others: Vec<_> = std::fs::read_dir(other).expect("read").map(|e| e.expect("read").file_name()).collect();
    others.sort();
    assert_eq!(names, others);
    let mut count = 0;
    for name in names {
        let (one, other) = (one.join(&name), other.join(&name));
        let (a, b) = (one.symlink_metadata().expect("there"), other.symlink_metadata().expect("there"));
        assert_eq!((a.mode(), a.mtime()), (b.mode(), b.mtime()), "{}", one.display());
        assert_eq!((a.uid(), a.gid()), (b.uid(), b.gid()), "{}", one.display());
        if a.is_dir() {
            count += same_trees(&one, &other);
        } else if a.is_symlink() {
            assert_eq!(std::fs::read_link(one).expect("a link"), std::fs::read_link(other).expect("a link"));
            count += 1;
        } else {
            assert!(std::fs::read(&one).expect("read") == std::fs::read(&other).expect("read"), "{}", one.display());
            count += 1;
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_file_keeps_its_owner_and_a_change_there_is_not_overwritten() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-edit", &format!("{SCENE} exec sleep 3600"));
    container.wait_for_process("sleep 3600", true);
    let (mut world, id) = world(&docker, &container).await;
    let before = world.read(&id, b"/scene/a", 100).await.expect("read");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "edited").expect("written");
    let copy = CopyIn {
        overwrite: true,
        instead_of: Some(before.bytes.clone().into()),
        ..inwards(&id, file.path(), "/scene/a")
    };
    assert!(world.copy_in(copy.clone()).await.expect("written").is_whole());
    let after = world.read(&id, b"/scene/a", 100).await.expect("read");
    assert_eq!(after.bytes, b"edited");
    assert_eq!((after.entry.uid, after.entry.gid, after.entry.mode), (33, 44, 0o4750));
    assert!(!file.path().with_extension("before").exists(), "what it held before is not kept once it is written");
    let problem = world.copy_in(copy).await.expect_err("it is not what it was");
    assert!(problem.cause.contains("changed"), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_same_size_and_time_is_noticed_before_it_is_overwritten() {
    let Some(docker) = docker::engine() else { return };
    let script = "echo one > /f; touch -d '2020-01-02 03:04:05' /f; trap 'echo two > /f; touch -d \"2020-01-02 03:04:05\" /f; touch /done' USR1; \
        touch /ready; while :; do sleep 0.05; done";
    let container = docker.run("files-same", script);
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    let before = world.read(&id, b"/f", 100).await.expect("read");
    assert_eq!(before.bytes, b"one\n");
    docker.must("POST", &format!("/containers/{}/kill?signal=USR1", container.id), &serde_json::Value::Null);
    world.until_there(&id, "/done").await;
    let now = world.read(&id, b"/f", 100).await.expect("read");
    assert_eq!((now.entry.size, now.entry.modified), (before.entry.size, before.entry.modified), "it looks as it did");
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("f");
    std::fs::write(&file, "mine").expect("written");
    let instead_of = Some(before.bytes.clone().into());
    let copy = CopyIn { overwrite: true, instead_of, ..inwards(&id, &file, "/f") };
    let problem = world.copy_in(copy).await.expect_err("it is not what it was");
    assert!(problem.cause.contains("changed"), "{problem}");
    assert_eq!(world.read(&id, b"/f", 100).await.expect("read").bytes, b"two\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_is_cut_says_so_and_keeps_what_was_there() {
    let Some(docker) = docker::engine() else { return };
    let options =
        serde_json::json!({ "Name": "local", "Options": { "type": "tmpfs", "device": "tmpfs", "o": "size=64k" } });
    let small = serde_json::json!({ "Type": "volume", "Target": "/v", "VolumeOptions": { "DriverConfig": options } });
    let script = "echo short > /v/f; touch /ready; exec sleep 3600";
    let more = serde_json::json!({ "Cmd": ["sh", "-c", script], "HostConfig": { "Mounts": [small] } });
    let container = docker.create("files-full", &more);
    container.start();
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    let before = world.read(&id, b"/v/f", 100).await.expect("read");
    assert!(!before.elsewhere, "the engine mounts a volume itself, also one in memory");
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("f");
    std::fs::write(&file, vec![b'x'; 1 << 20]).expect("written");
    let instead_of = Some(before.bytes.clone().into());
    let copy = CopyIn { overwrite: true, instead_of, ..inwards(&id, &file, "/v/f") };
    let problem = world.copy_in(copy).await.expect_err("there is no room");
    assert!(problem.cause.contains("no space"), "{problem}");
    assert!(problem.hint.contains("f may be partly written"), "{problem}");
    let kept = scratch.path().join("f.before");
    assert!(problem.hint.contains(kept.to_str().expect("text")), "{problem}");
    assert_eq!(std::fs::read(&kept).expect("kept"), b"short\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_engine_sees_another_file_than_the_container_nothing_is_read_or_written_through_it() {
    let Some(docker) = docker::engine() else { return };
    let script = "ln -s /w /to-w; echo live > /w/note; touch /ready; exec sleep 3600";
    let more = serde_json::json!({ "Cmd": ["sh", "-c", script], "HostConfig": { "Tmpfs": { "/w": "" } } });
    let container = docker.create("files-memory", &more);
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(6);
    header.set_mode(0o644);
    tar.append_data(&mut header, "w/note", &b"below\n"[..]).expect("memory");
    let below = tar.into_inner().expect("memory");
    let at = |path: &str| format!("/containers/{}/archive?path={path}", container.id);
    let put = docker.request("PUT", &at("/"), "application/x-tar", &below).expect("an answer");
    assert_eq!(put.0, 200);
    container.start();
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    for path in ["/w/note", "/to-w/note"] {
        let live = world.read(&id, path.as_bytes(), 100).await.expect("read");
        assert_eq!((live.bytes.as_slice(), live.elsewhere), (&b"live\n"[..], true), "{path}");
    }
    assert_eq!(named(&world.list(&id, "/to-w").await.expect("listed"), b"note").size, 5);
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("f");
    std::fs::write(&file, "new").expect("written");
    for to in ["/w", "/w/f", "/to-w/f", "/dev/shm/f", "/proc/f", "/sys/"] {
        let problem = world.copy_in(CopyIn { overwrite: true, ..inwards(&id, &file, to) }).await.expect_err(to);
        assert!(problem.cause.contains("is on tmpfs"), "{to}: {problem}");
    }
    let problem = world.hear(Source::ArchiveIn { id: id.clone(), path: b"/w".to_vec() }).await.problem;
    assert!(problem.is_some_and(|problem| problem.cause.contains("is on tmpfs")));
    let (status, _) = docker.request("GET", &at("/w/f"), "", &[]).expect("an answer");
    assert_eq!(status, 404, "nothing was put below it");
    let problem = world.copy_out(&id, "/to-w/note", scratch.path()).await.expect_err("refused");
    assert!(problem.cause.contains("is on tmpfs"), "{problem}");
    // A folder with such a name in it goes in without that.
    let folder = scratch.path().join("folder");
    std::fs::create_dir_all(folder.join("w")).expect("made");
    std::fs::write(folder.join("w/f"), "x").expect("written");
    std::fs::write(folder.join("beside"), "x").expect("written");
    let report = world.copy_in(inwards(&id, &folder.join("."), "/")).await.expect("answered");
    assert_eq!((report.files, report.refused_count), (1, 1), "{report:?}");
    assert_eq!(report.refused[0].0, b"/w");
    // What is mounted by itself is said to be so before anybody edits it.
    let hosts = world.read(&id, b"/etc/hosts", 4096).await.expect("read");
    assert!(hosts.mounted && !hosts.elsewhere && !hosts.bytes.is_empty());
    let copy = CopyIn { overwrite: true, ..inwards(&id, &file, "/etc/hosts") };
    let problem = world.copy_in(copy).await.expect_err("refused");
    assert!(problem.cause.contains("bind-mounted"), "{problem}");
    container.kill();
    container.wait_status("exited");
    let below = world.read(&id, b"/w/note", 100).await.expect("read");
    assert_eq!((below.bytes.as_slice(), below.elsewhere), (&b"below\n"[..], false), "nothing lies over it now");
    let problem = world.copy_in(inwards(&id, &file, "/w/f")).await.expect_err("refused");
    assert!(problem.cause.contains("is on tmpfs"), "it will when it runs: {problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_file_that_is_not_as_its_folder_told_the_container_itself_is_asked() {
    let Some(docker) = docker::engine() else { return };
    // Something may be mounted over it that the engine does not tell of: then the container sees another file there.
    let stat =
        r#"printf '#!/bin/sh\ncase $4 in /mounted) echo 11/17 ;; *) exec busybox stat "$@" ;; esac\n' > /bin/stat.new"#;
    let script = format!(
        "{stat}; chmod 755 /bin/stat.new; mv /bin/stat.new /bin/stat; echo a > /mounted; echo b > /grown; touch /ready; sleep 3600"
    );
    let container = docker.run("files-asked", &script);
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    for (path, seen, elsewhere) in
        [("/mounted", None, false), ("/mounted", Some((11, 17)), true), ("/grown", Some((1, 17)), false)]
    {
        let source = Source::File { id: id.clone(), path: path.into(), limit: 100, seen };
        let content = world.hear(source).await.content.expect("a content");
        assert_eq!((content.elsewhere, content.bytes.len()), (elsewhere, 2), "{path} {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_is_gone_to_whatever_is_there() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-visit", &format!("{SCENE} touch /ready; exec sleep 3600"));
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    for stopped in [false, true] {
        if stopped {
            container.kill();
            container.wait_status("exited");
        }
        let folder = world.visit(&id, "/scene/to-sub").await;
        assert!(folder.listing.is_some() && folder.content.is_none() && folder.problem.is_none());
        let file = world.visit(&id, "/scene/to-a").await;
        assert!(file.listing.is_none() && file.problem.is_none());
        assert_eq!(file.content.expect("a content").bytes, b"hello\n");
        for (path, why) in [("/scene/none", "no"), ("/scene/pipe", "pipe")] {
            let problem = world.visit(&id, path).await.problem.expect(path);
            assert!(problem.cause.contains(why), "{path}: {problem}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_top_of_a_large_stopped_container_has_its_usual_names() {
    let Some(docker) = docker::engine() else { return };
    // It takes no room, and comes before all else.
    let container = docker.run("files-large", "truncate -s 5G /a-large; touch /ready; exec sleep 3600");
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    container.kill();
    container.wait_status("exited");
    let listing = world.list(&id, "/").await.expect("listed");
    assert!(listing.cut.as_ref().is_some_and(|cut| cut.contains("too many")), "{:?}", listing.cut);
    assert_eq!(named(&listing, b"etc").kind, FileKind::Folder);
    assert_eq!(named(&listing, b"bin").kind, FileKind::Folder);
    assert!(named(&listing, b"a-large").size == 5 << 30);
    assert!(listing.entries.iter().all(|entry| entry.name != b"work"), "only what is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_already_is_not_carried_again() {
    let Some(docker) = docker::engine() else { return };
    let script =
        "dd if=/dev/zero of=/large bs=1M count=8; touch -d '2020-01-02 03:04:05' /large; touch /ready; exec sleep 3600";
    let container = docker.run("files-again", script);
    let (mut world, id) = world(&docker, &container).await;
    world.until_there(&id, "/ready").await;
    let scratch = tempfile::tempdir().expect("a folder");
    let out = |to: &Path| {
        let copy = CopyOut { id: id.clone(), from: b"/large".to_vec(), to: to.into(), follow: false, overwrite: false };
        Source::CopyOut(copy)
    };
    let first = world.hear(out(scratch.path())).await;
    assert!(first.progressed && first.report.is_some_and(|report| report.files == 1));
    let again = world.hear(out(scratch.path())).await;
    assert!(!again.progressed, "it was not fetched");
    assert_eq!(again.report.map(|report| (report.same, report.files, report.refused_count)), Some((1, 0, 0)));
    let other = scratch.path().join("other");
    std::fs::write(&other, "mine").expect("written");
    let refused = world.hear(out(&other)).await;
    assert!(!refused.progressed, "it was not fetched");
    assert_eq!(refused.report.map(|report| report.refused), Some(vec![(b"other".to_vec(), Refusal::Exists)]));
    let folder = scratch.path().join("folder/large");
    std::fs::create_dir_all(&folder).expect("made");
    let refused = world.hear(out(&scratch.path().join("folder"))).await;
    assert!(!refused.progressed && refused.report.is_some_and(|report| !report.is_whole()));
    // Inwards the same holds for a file, and for what lies right in a folder.
    let file = scratch.path().join("other");
    assert_eq!(world.copy_in(inwards(&id, &file, "/copied")).await.expect("copied").files, 1);
    let again = world.copy_in(inwards(&id, &file, "/copied")).await.expect("copied");
    assert_eq!((again.same, again.files, again.refused_count), (1, 0, 0));
    let many = scratch.path().join("many");
    std::fs::create_dir(&many).expect("made");
    ["x", "y"].iter().for_each(|name| std::fs::write(many.join(name), name).expect("written"));
    assert_eq!(world.copy_in(inwards(&id, &many.join("."), "/tmp")).await.expect("copied").files, 2);
    std::fs::write(many.join("y"), "changed").expect("written");
    std::fs::write(many.join("z"), "new").expect("written");
    let again = world.copy_in(inwards(&id, &many.join("."), "/tmp")).await.expect("copied");
    assert_eq!((again.same, again.files), (1, 1));
    assert_eq!(again.refused, [(b"/tmp/y".to_vec(), Refusal::Exists)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_it_goes_and_what_is_refused_on_the_way_in() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-in", &format!("{SCENE} exec sleep 3600"));
    container.wait_for_process("sleep 3600", true);
    let (mut world, id) = world(&docker, &container).await;
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("f");
    std::fs::write(&file, "new").expect("written");
    let folder = scratch.path().join("folder");
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join("a"), "theirs").expect("written");
    std::fs::write(folder.join("b"), "b").expect("written");
    let ok = |report: Result<CopyReport, Problem>| report.expect("copied").into;
    assert_eq!(ok(world.copy_in(inwards(&id, &file, "/scene/to-sub")).await), b"/scene/sub/f");
    assert_eq!(ok(world.copy_in(inwards(&id, &file, "/scene/named")).await), b"/scene/named");
    let refused = world.copy_in(inwards(&id, &file, "/scene/a")).await.expect("answered");
    assert_eq!(refused.refused, [(b"/scene/a".to_vec(), Refusal::Exists)]);
    let merged = world.copy_in(inwards(&id, &folder.join("."), "/scene")).await.expect("answered");
    assert_eq!((merged.files, merged.refused), (1, vec![(b"/scene/a".to_vec(), Refusal::Exists)]));
    assert_eq!(world.read(&id, b"/scene/a", 9).await.expect("read").bytes, b"hello\n");
    assert_eq!(world.read(&id, b"/scene/b", 9).await.expect("read").bytes, b"b");
    for (from, to, why) in [
        (&file, "/nowhere/f", "no folder /nowhere"),
        (&folder, "/scene/a", "is a file"),
        (&file, "/none/", "no folder"),
    ] {
        let problem = world.copy_in(inwards(&id, from, to)).await.expect_err("refused");
        assert!(problem.cause.contains(why), "{to}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_refuses_what_goes_in_and_nothing_else() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("files-ro", &format!("{SCENE} exec sleep 3600"));
    container.wait_for_process("sleep 3600", true);
    let only = bowline::engine::Settings { read_only: true, ..settings(unix(docker.socket())) };
    let mut world = World::start(only);
    let id = world.container(&container.name).await.id.clone();
    check(&world.list(&id, "/scene").await.expect("listed"), true);
    let scratch = tempfile::tempdir().expect("a folder");
    let report = world.copy_out(&id, "/scene", scratch.path()).await.expect("copied");
    assert_eq!(report.refused, [(b"./pipe".to_vec(), Refusal::Unsafe("a named pipe"))]);
    let file = scratch.path().join("scene/a");
    for source in [
        Source::CopyIn(inwards(&id, &file, "/scene/new")),
        Source::ArchiveIn { id: id.clone(), path: b"/scene".to_vec() },
    ] {
        let problem = world.hear(source).await.problem.expect("refused");
        assert!(problem.cause.contains("read-only"), "{problem}");
    }
    assert!(world.list(&id, "/scene").await.expect("listed").entries.iter().all(|entry| entry.name != b"new"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_closed_leaves_no_part_of_a_file() {
    let Some(docker) = docker::engine() else { return };
    let script =
        "mkdir /many; for n in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/many/$n bs=1M count=24; done; exec sleep 3600";
    let container = docker.run("files-cancel", script);
    container.wait_for_process("sleep 3600", true);
    let (mut world, id) = world(&docker, &container).await;
    let scratch = tempfile::tempdir().expect("a folder");
    let to = scratch.path().to_path_buf();
    let copy = CopyOut { id, from: b"/many".to_vec(), to, follow: false, overwrite: false };
    world.store.open(StreamId(9), Source::CopyOut(copy));
    loop {
        match world.message().await {
            (StreamId(9), StreamMessage::Chunk(StreamEvent::Files(FileChunk::Progress(progress))))
                if progress.bytes > 0 =>
            {
                break;
            }
            (StreamId(9), StreamMessage::Ended(why)) => panic!("it was too quick to be closed: {why:?}"),
            _ => {}
        }
    }
    world.store.close(StreamId(9));
    let many = scratch.path().join("many");
    let entries = until_some("parts to be gone", || {
        let entries: Vec<_> = std::fs::read_dir(&many).expect("read").flatten().collect();
        let is_part = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        (!entries.iter().any(is_part)).then_some(entries)
    });
    assert!(entries.iter().all(|entry| entry.metadata().is_ok_and(|metadata| metadata.len() == 24 << 20)));
    assert!(entries.len() < 8, "it went on to its end");
}
