//! Archives as real programs write them: in and out bowline brings what `docker cp` brings.

use super::volumes::{Bed, Volume, beds, fresh_name, import};
use bowline::engine::files::unpack::{Plan, path_of, unpack};
use bowline::model::CopyProgress;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::sync::watch;

/// When all of it was changed last, but for what is older than 1970.
const AT: i64 = 1_577_934_245;
/// Seconds before 1970.
const OLD: i64 = -86_400;

/// What is known of a name: kind, mode, owners, when it was changed, and what it says or holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    kind: char,
    mode: u32,
    owner: (u64, u64),
    modified: i64,
    content: Vec<u8>,
}

type Rows = BTreeMap<Vec<u8>, Row>;

fn row(kind: char, mode: u32, content: &[u8]) -> Row {
    Row { kind, mode, owner: (0, 0), modified: AT, content: content.to_vec() }
}

/// The tree of which all archives are; see the README beside them.
fn tree() -> Rows {
    let a = Row { owner: (33, 44), ..row('f', 0o4755, b"hello\n") };
    let holes = [vec![0; 8192], b"data".repeat(1024), vec![0; 12_288]].concat();
    let long = [b"d/".as_slice(), &[b'n'; 120]].concat();
    let split = [[b'p'; 90].as_slice(), b"/", &[b'q'; 90]].concat();
    BTreeMap::from([
        (b"a".to_vec(), a.clone()),
        (b"d".to_vec(), row('d', 0o1777, b"")),
        (b"d/twin".to_vec(), a),
        (long, row('f', 0o644, b"long")),
        (b"empty".to_vec(), row('f', 0o644, b"")),
        (b"odd\xff".to_vec(), row('f', 0o644, b"odd")),
        (b"old".to_vec(), Row { modified: OLD, ..row('f', 0o644, b"old") }),
        (b"pipe".to_vec(), row('p', 0o644, b"")),
        (b"to-a".to_vec(), row('l', 0o777, b"a//./")),
        (vec![b'p'; 90], row('d', 0o755, b"")),
        (split, row('f', 0o644, b"split")),
        (b"holes".to_vec(), row('f', 0o644, &holes)),
        (b"gap".to_vec(), row('f', 0o644, &[0; 8192])),
    ])
}

/// What of the tree each of the archives holds.
fn recorded() -> Vec<(&'static str, Rows)> {
    const SPLIT: fn(&[u8]) -> bool = |path| path.starts_with(b"ppp");
    const HOLES: fn(&[u8]) -> bool = |path| path == b"holes" || path == b"gap";
    const ODD: fn(&[u8]) -> bool = |path| path == b"odd\xff";
    const PIPE: fn(&[u8]) -> bool = |path| path == b"pipe";
    // Formats with narrow heads hold no name of that length, and no time before 1970.
    const WIDE: fn(&[u8]) -> bool = |path| path == b"old" || path.ends_with(b"nnn");
    let without = |kinds: &[fn(&[u8]) -> bool]| {
        let mut rows = tree();
        rows.retain(|path, _| !HOLES(path) && !kinds.iter().any(|is| is(path)));
        rows
    };
    let only = |names: &[&[u8]]| {
        let mut rows = tree();
        rows.retain(|path, _| names.contains(&path.as_slice()));
        rows
    };
    // Some write no time before 1970.
    let mut none_old = without(&[SPLIT]);
    none_old.get_mut(b"old".as_slice()).expect("old").modified = 0;
    let sparse = only(&[b"holes", b"gap"]);
    vec![
        ("gnu-pax", without(&[SPLIT])),
        ("gnu-gnu", without(&[SPLIT])),
        ("gnu-oldgnu", without(&[SPLIT])),
        ("gnu-ustar", without(&[WIDE])),
        ("gnu-v7", without(&[WIDE, SPLIT, PIPE])),
        ("gnu-sparse-0.0", sparse.clone()),
        ("gnu-sparse-0.1", sparse.clone()),
        ("gnu-sparse-1.0", sparse.clone()),
        ("gnu-sparse-old", sparse.clone()),
        ("gnu-xattrs", only(&[b"empty"])),
        ("gnu-global", only(&[b"empty", b"a"])),
        ("bsd-pax", without(&[SPLIT])),
        ("bsd-gnu", none_old.clone()),
        ("bsd-ustar", without(&[WIDE])),
        ("bsd-v7", without(&[WIDE, SPLIT, PIPE])),
        ("bsd-sparse", sparse),
        ("busybox", none_old),
        ("go-pax", without(&[SPLIT, ODD])),
        ("go-gnu", without(&[SPLIT])),
        ("go-ustar", without(&[WIDE, SPLIT, ODD])),
    ]
}

fn archive(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/recorded/tar").join(format!("{name}.tar"));
    std::fs::read(path).expect("recorded")
}

/// What an engine tells of a volume: its own archive of it, which is a plain one.
fn told(bytes: &[u8]) -> Rows {
    let mut rows = Rows::new();
    for entry in tar::Archive::new(bytes).entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let path = entry.path_bytes().into_owned();
        let path = path.strip_prefix(b"./").unwrap_or(&path);
        let path = path.strip_suffix(b"/").unwrap_or(path).to_vec();
        if path.is_empty() {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("read");
        let link = entry.link_name_bytes().map(|link| link.into_owned()).unwrap_or_default();
        let records = entry.pax_extensions().expect("read").into_iter().flatten().flatten();
        let mtime = records.filter(|one| one.key_bytes() == b"mtime").last();
        let mtime = mtime.and_then(|one| one.value().ok()?.split('.').next()?.parse().ok());
        let header = entry.header();
        let number = |told: std::io::Result<u64>| told.expect("a number");
        let modified = mtime.unwrap_or_else(|| number(header.mtime()).cast_signed());
        let owner = (number(header.uid()), number(header.gid()));
        let (kind, content) = match header.entry_type() {
            tar::EntryType::Directory => ('d', content),
            tar::EntryType::Symlink => ('l', link),
            tar::EntryType::Fifo => ('p', content),
            // Which of two names comes first nobody promises: both are the same file.
            tar::EntryType::Link => {
                let first = link.strip_prefix(b"./").unwrap_or(&link);
                ('f', rows.get(first).expect("it came before").content.clone())
            }
            tar::EntryType::Regular => ('f', content),
            other => panic!("{other:?}"),
        };
        let mode = header.mode().expect("a mode") & 0o7777;
        rows.insert(path, Row { kind, mode, owner, modified, content });
    }
    rows
}

impl Bed {
    fn rows(&self, volume: &str) -> Rows {
        let user = self.user(volume);
        let answer = self.docker.request("GET", &format!("/containers/{}/archive?path=/data/.", user.id), "", b"");
        let (status, bytes) = answer.expect("answers");
        assert_eq!(status, 200);
        told(&bytes)
    }

    /// No engine tells extended attributes: they are looked at where the volume lies, if that is on this machine.
    #[track_caller]
    fn has_its_attribute(&self, volume: &str) {
        let told = self.docker.must("GET", &format!("/volumes/{volume}"), &serde_json::Value::Null);
        let file = Path::new(told["Mountpoint"].as_str().expect("a path")).join("empty");
        if !file.exists() {
            return eprintln!("not looked at: {} is on another machine, or may not be read", file.display());
        }
        let mut value = [0; 64];
        let length = rustix::fs::getxattr(&file, "user.note", &mut value).expect("an attribute");
        assert_eq!(&value[..length], b"two\nlines=\0\xff");
    }

    /// What `docker cp -` does: the archive as it is. Not every engine takes every kind.
    fn docker_cp(&self, volume: &str, archive: &[u8]) -> Result<(), String> {
        let user = self.user(volume);
        let path = format!("/containers/{}/archive?path=/data", user.id);
        let answer = self.docker.request("PUT", &path, "application/x-tar", archive).expect("answers");
        if answer.0 == 200 { Ok(()) } else { Err(String::from_utf8_lossy(&answer.1).into_owned()) }
    }
}

#[track_caller]
fn same(what: &str, got: &Rows, wanted: &Rows) {
    let names = |rows: &Rows| rows.keys().map(|name| name.escape_ascii().to_string()).collect::<Vec<_>>();
    assert_eq!(names(got), names(wanted), "{what}");
    for (name, wanted) in wanted {
        assert_eq!(&got[name], wanted, "{what}: {}", name.escape_ascii());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_archive_arrives_in_a_volume_as_docker_cp_brings_it() {
    for mut bed in beds().await {
        for (name, mut wanted) in recorded() {
            // Docker gives what is older than 1970 that year.
            wanted.values_mut().for_each(|row| row.modified = row.modified.max(0));
            // The embedded engine keeps neither pipes nor names that are no text.
            if bed.is_embedded() && wanted.keys().any(|name| name == b"pipe" || name == b"odd\xff") {
                continue;
            }
            let bytes = archive(name);
            let file = bed.write(&format!("{name}.tar"), &bytes);
            let volume = Volume(bed.docker.clone(), fresh_name("flavour"));
            bed.transfer(import(file, &volume.1, None)).await.unwrap_or_else(|why| panic!("{name}: {why}"));
            let rows = bed.rows(&volume.1);
            same(name, &rows, &wanted);
            if bed.is_embedded() {
                continue;
            }
            if name == "gnu-xattrs" || name == "go-pax" {
                bed.has_its_attribute(&volume.1);
            }
            let beside = bed.volume("beside");
            match bed.docker_cp(&beside.1, &bytes) {
                Ok(()) => {
                    let mut rows = rows;
                    // Docker takes these bits away when it links a file that lies elsewhere than in its own root.
                    rows.values_mut().filter(|row| row.content == b"hello\n").for_each(|row| row.mode &= 0o1777);
                    let mut by_docker = bed.rows(&beside.1);
                    by_docker.values_mut().filter(|row| row.content == b"hello\n").for_each(|row| row.mode &= 0o1777);
                    same(&format!("{name} by docker cp"), &rows, &by_docker);
                }
                // Go calls such a file by its own kind, of which the engine knows none.
                Err(why) => {
                    assert!(name == "gnu-sparse-old" && why.contains("unhandled tar header type"), "{name}: {why}")
                }
            }
        }
    }
}

/// What is in a folder of this machine.
fn here(folder: &Path) -> Rows {
    let mut rows = Rows::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        for entry in std::fs::read_dir(folder.join(&below)).expect("read") {
            let path = below.join(entry.expect("read").file_name());
            let about = folder.join(&path).symlink_metadata().expect("there");
            let kind = about.file_type();
            let (kind, content) = match () {
                () if kind.is_dir() => ('d', Vec::new()),
                () if kind.is_symlink() => {
                    let target = std::fs::read_link(folder.join(&path)).expect("a link");
                    ('l', target.as_os_str().as_encoded_bytes().to_vec())
                }
                () if kind.is_fifo() => ('p', Vec::new()),
                () => ('f', std::fs::read(folder.join(&path)).expect("read")),
            };
            if about.is_dir() {
                waiting.push(path.clone());
            }
            let owner = (u64::from(about.uid()), u64::from(about.gid()));
            let row = Row { kind, mode: about.mode() & 0o7777, owner, modified: about.mtime(), content };
            rows.insert(path.as_os_str().as_encoded_bytes().to_vec(), row);
        }
    }
    rows
}

/// An archive unpacked into a folder of this machine is the tree, but for pipes, owners and what gives power.
#[track_caller]
fn unpacks(name: &str, archive: &[u8], mut wanted: Rows) {
    let folder = tempfile::tempdir().expect("a folder");
    let (meter, _seen) = watch::channel(CopyProgress::default());
    let plan = Plan { name: None, overwrite: false, owners: false, fresh: false };
    let report = unpack(archive, folder.path(), &plan, &meter);
    assert_eq!(report.broken, None, "{name}");
    let pipes = u64::from(wanted.remove(b"pipe".as_slice()).is_some());
    assert_eq!(report.refused_count, pipes, "{name}: {:?}", report.refused);
    let own = (u64::from(rustix::process::geteuid().as_raw()), u64::from(rustix::process::getegid().as_raw()));
    for row in wanted.values_mut() {
        row.owner = own;
        row.mode &= if row.kind == 'f' { 0o1777 } else { 0o3777 };
    }
    let is_powerful = wanted.contains_key(b"a".as_slice()) || name == "gnu-xattrs";
    assert_eq!(report.stripped > 0, is_powerful, "{name}: what is lost is told");
    let mut rows = here(folder.path());
    // Engines tell folder by folder: what comes back to a folder that was left changes its time.
    rows.values_mut().filter(|row| row.kind == 'd').for_each(|row| row.modified = AT);
    same(name, &rows, &wanted);
    for name in wanted.keys().filter(|name| **name == b"holes" || **name == b"gap") {
        let about = folder.path().join(path_of(name)).metadata().expect("there");
        assert!(about.blocks() * 512 < about.len(), "a hole stays one");
    }
}

#[test]
fn every_kind_of_archive_is_unpacked_here() {
    for (name, wanted) in recorded() {
        unpacks(name, &archive(name), wanted);
    }
}

/// Runs a program of this machine, if it is there.
fn output_of(program: &str, folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let ran = Command::new(program).args(arguments).current_dir(folder).env("LC_ALL", "C").output();
    let ran = match ran {
        Ok(ran) => ran,
        Err(why) => {
            eprintln!("not tried here: {program}: {why}");
            return None;
        }
    };
    assert!(ran.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    Some(ran.stdout)
}

#[test]
fn what_the_programs_of_this_machine_write_is_read_as_they_mean_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty"), "").expect("written");
    let holes = std::fs::File::create(at("holes")).expect("made");
    // More chunks than a head has room for, and than the block behind it has.
    for chunk in 0..30 {
        std::os::unix::fs::FileExt::write_all_at(&holes, &[b'a' + chunk; 4096], u64::from(chunk) * 65_536)
            .expect("written");
    }
    holes.set_len(30 * 65_536).expect("long");
    std::fs::create_dir(at("d")).expect("made");
    std::fs::write(at("d").join("n".repeat(90)), "long").expect("written");
    std::fs::hard_link(at("empty"), at("d/twin")).expect("linked");
    std::os::unix::fs::symlink("../empty//", at("d/link")).expect("linked");
    let mut wanted = here(folder.path());
    wanted.values_mut().filter(|row| row.kind == 'd').for_each(|row| row.modified = 0);
    let sparse = |version| vec!["--format=posix", "--sparse", version, "-c", "."];
    let ways: Vec<(&str, Vec<&str>)> = vec![
        ("tar", sparse("--sparse-version=0.0")),
        ("tar", sparse("--sparse-version=0.1")),
        ("tar", sparse("--sparse-version=1.0")),
        ("tar", vec!["--format=gnu", "--sparse", "-c", "."]),
        ("tar", vec!["--format=oldgnu", "--sparse", "-c", "."]),
        ("tar", vec!["--format=ustar", "-c", "."]),
        ("tar", vec!["--format=v7", "-c", "."]),
        ("bsdtar", vec!["--format", "pax", "-c", "."]),
        ("bsdtar", vec!["--format", "gnutar", "-c", "."]),
        ("bsdtar", vec!["--format", "ustar", "-c", "."]),
        ("bsdtar", vec!["--format", "v7tar", "-c", "."]),
        ("busybox", vec!["tar", "-c", "-f", "-", "."]),
    ];
    for (program, arguments) in ways {
        let Some(bytes) = output_of(program, folder.path(), &arguments) else { continue };
        let what = format!("{program} {}", arguments.join(" "));
        let target = tempfile::tempdir().expect("a folder");
        let (meter, _seen) = watch::channel(CopyProgress::default());
        let plan = Plan { name: None, overwrite: false, owners: false, fresh: false };
        let report = unpack(bytes.as_slice(), target.path(), &plan, &meter);
        assert!(report.is_whole(), "{what}: {report:?}");
        let mut rows = here(target.path());
        rows.values_mut().filter(|row| row.kind == 'd').for_each(|row| row.modified = 0);
        same(&what, &rows, &wanted);
    }
}
