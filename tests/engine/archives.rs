//! Hostile archives: whatever they say, nothing outside the folder is made, changed or read.

use bowline::engine::files::unpack::{Plan, path_of, unpack};
use bowline::model::{CopyProgress, CopyReport, Refusal};
use bowline::persist::atomic;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use tar::{EntryType, Header};
use tempfile::TempDir;
use tokio::sync::watch;

const PLAN: Plan = Plan { name: None, overwrite: false, owners: false, fresh: false };

/// An archive, entry by entry, without any of the care that the library takes for those who write one.
#[derive(Default)]
struct Archive(Vec<u8>);

impl Archive {
    fn entry(mut self, kind: EntryType, name: &[u8], link: &[u8], content: &[u8]) -> Self {
        self.head(kind, name, link, content.len() as u64);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn head(&mut self, kind: EntryType, name: &[u8], link: &[u8], size: u64) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
        header.set_mtime(1_700_000_000);
        header.set_size(size);
        let old = header.as_old_mut();
        old.name[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
        old.linkname[..link.len()].copy_from_slice(link);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
    }

    fn file(self, name: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, name.as_bytes(), b"", content.as_bytes())
    }

    fn folder(self, name: &str) -> Self {
        self.entry(EntryType::Directory, name.as_bytes(), b"", b"")
    }

    fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, name.as_bytes(), target.as_bytes(), b"")
    }

    fn hard_link(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Link, name.as_bytes(), target.as_bytes(), b"")
    }

    fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut length = rest + 1;
            while length != rest + length.to_string().len() {
                length = rest + length.to_string().len();
            }
            body.extend_from_slice(format!("{length} {key}=").as_bytes());
            body.extend_from_slice(value);
            body.push(b'\n');
        }
        self.entry(EntryType::XHeader, b"pax", b"", &body)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

/// A folder to unpack into, with something beside it that nobody may touch.
struct Bed {
    scratch: TempDir,
}

impl Bed {
    fn new() -> Bed {
        let scratch = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(scratch.path().join("target")).expect("made");
        std::fs::create_dir(scratch.path().join("beside")).expect("made");
        std::fs::write(scratch.path().join("beside/secret"), "untouched").expect("written");
        Bed { scratch }
    }

    fn target(&self) -> std::path::PathBuf {
        self.scratch.path().join("target")
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.target().join(name)
    }

    fn unpack(&self, archive: impl Read) -> CopyReport {
        self.unpack_as(archive, &PLAN)
    }

    /// Unpacks, and looks whether anything beside the folder has changed, or any part is left.
    #[track_caller]
    fn unpack_as(&self, archive: impl Read, plan: &Plan) -> CopyReport {
        let (meter, _seen) = watch::channel(CopyProgress::default());
        let report = unpack(archive, &self.target(), plan, &meter);
        let beside: Vec<_> = std::fs::read_dir(self.scratch.path().join("beside")).expect("read").collect();
        assert_eq!(beside.len(), 1, "something was made beside the folder");
        let secret = self.scratch.path().join("beside/secret");
        assert_eq!(std::fs::read_to_string(&secret).expect("read"), "untouched");
        assert_eq!(secret.metadata().expect("there").nlink(), 1, "it was linked to");
        assert_eq!(std::fs::read_dir(self.scratch.path()).expect("read").count(), 2, "something was made above");
        assert_eq!(parts(&self.target()), 0, "a part of a file is left");
        report
    }
}

fn parts(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("read").flatten();
    entries
        .map(|entry| {
            let own = usize::from(entry.file_name().to_string_lossy().starts_with(".bowline-part"));
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            own + if is_folder { parts(&entry.path()) } else { 0 }
        })
        .sum()
}

fn refused(report: &CopyReport) -> Vec<String> {
    report.refused.iter().map(|(name, why)| format!("{}: {}", name.escape_ascii(), why.words())).collect()
}

#[test]
fn absolute_paths_and_paths_that_lead_out_are_refused_and_the_rest_goes_on() {
    let bed = Bed::new();
    let outside = bed.scratch.path().join("beside/new");
    let archive = Archive::default()
        .file("/tmp/bowline-test-absolute", "x")
        .file(outside.to_str().expect("text"), "x")
        .file("../beside/new", "x")
        .file("a/../../beside/new", "x")
        .file("..", "x")
        .folder("../made")
        .file("fine", "yes")
        .end();
    let report = bed.unpack(archive.as_slice());
    assert_eq!(report.refused_count, 6, "{:?}", refused(&report));
    assert!(report.refused.iter().all(|(_, why)| matches!(why, Refusal::Unsafe(_))));
    assert!(!Path::new("/tmp/bowline-test-absolute").exists());
    assert_eq!((report.files, std::fs::read_to_string(bed.at("fine")).expect("read").as_str()), (1, "yes"));
}

#[test]
fn links_that_lead_out_are_not_made_and_nothing_is_written_through_any() {
    let bed = Bed::new();
    let beside = bed.scratch.path().join("beside");
    let archive = Archive::default()
        .symlink("out", "../beside")
        .file("out/new", "x")
        .symlink("far", beside.to_str().expect("text"))
        .file("far/new", "x")
        .folder("deep")
        .symlink("deep/up", "../..")
        .symlink("here", ".")
        // From where a link leads, a step up may lead out though the words do not.
        .symlink("deep/root", "..")
        .symlink("trick", "deep/root/../beside")
        .symlink("empty", "")
        .file("here/through", "x")
        .symlink("deep/fine", "../inside")
        .end();
    let report = bed.unpack(archive.as_slice());
    let said = refused(&report);
    assert!(said.contains(&"out: a link that points outside the folder".into()), "{said:?}");
    assert!(said.contains(&"far: a link to an absolute path".into()), "{said:?}");
    assert!(said.contains(&"deep/up: a link that points outside the folder".into()), "{said:?}");
    assert!(said.contains(&"trick: a link with .. after a name".into()), "{said:?}");
    assert!(said.contains(&"here/through: a file or link is in the way".into()), "{said:?}");
    // Where the link was refused, a folder of that name holds what was meant to go through it.
    assert!(bed.at("out").symlink_metadata().expect("there").is_dir());
    assert_eq!(std::fs::read_link(bed.at("deep/fine")).expect("a link"), Path::new("../inside"));
    assert_eq!(std::fs::read_link(bed.at("here")).expect("a link"), Path::new("."));
}

#[test]
fn links_that_stood_there_before_are_never_followed() {
    for overwrite in [false, true] {
        let bed = Bed::new();
        let beside = bed.scratch.path().join("beside");
        symlink(&beside, bed.at("dir")).expect("linked");
        symlink(beside.join("secret"), bed.at("file")).expect("linked");
        let archive = Archive::default().folder("dir").file("dir/new", "x").file("file", "changed").end();
        let report = bed.unpack_as(archive.as_slice(), &Plan { overwrite, ..PLAN });
        assert_eq!(std::fs::read_link(bed.at("dir")).expect("still a link"), beside);
        assert_eq!(report.files, u64::from(overwrite), "{:?}", refused(&report));
        // What is replaced is the link, not what it leads to.
        assert_eq!(bed.at("file").symlink_metadata().expect("there").is_file(), overwrite);
    }
}

#[test]
fn hard_links_lead_only_to_what_the_archive_brought() {
    let bed = Bed::new();
    std::fs::write(bed.at("mine"), "mine").expect("written");
    let archive = Archive::default()
        .hard_link("one", "../beside/secret")
        .hard_link("two", "/etc/passwd")
        .hard_link("three", "mine")
        .hard_link("four", "nowhere")
        .file("brought", "x")
        .hard_link("five", "brought")
        .symlink("way", "brought")
        .hard_link("six", "way")
        .end();
    let report = bed.unpack(archive.as_slice());
    assert_eq!(report.refused_count, 5, "{:?}", refused(&report));
    assert_eq!(bed.at("mine").metadata().expect("there").nlink(), 1);
    assert_eq!(bed.at("five").metadata().expect("there").ino(), bed.at("brought").metadata().expect("there").ino());
}

#[test]
fn devices_pipes_and_unknown_kinds_are_never_made() {
    let bed = Bed::new();
    let mut archive = Archive::default();
    for (name, kind) in [
        ("char", EntryType::Char),
        ("block", EntryType::Block),
        ("pipe", EntryType::Fifo),
        ("odd", EntryType::new(b'Z')),
    ] {
        archive = archive.entry(kind, name.as_bytes(), b"", b"");
    }
    let report = bed.unpack(archive.file("fine", "x").end().as_slice());
    assert_eq!((report.refused_count, report.files), (4, 1), "{:?}", refused(&report));
    assert_eq!(std::fs::read_dir(bed.target()).expect("read").count(), 1);
}

#[test]
fn nothing_is_replaced_unasked_and_a_second_copy_goes_on_where_the_first_broke_off() {
    let bed = Bed::new();
    std::fs::write(bed.at("mine"), "mine").expect("written");
    std::fs::create_dir(bed.at("folder")).expect("made");
    let archive =
        Archive::default().file("mine", "theirs").file("folder", "x").file("new", "1").file("new", "22").end();
    let report = bed.unpack(archive.as_slice());
    assert_eq!(
        refused(&report),
        ["mine: exists already", "folder: a folder is there", "new: exists already"],
        "also a name that comes twice"
    );
    assert_eq!(std::fs::read_to_string(bed.at("new")).expect("read"), "1");
    let again = bed.unpack(Archive::default().file("new", "1").file("more", "2").end().as_slice());
    assert_eq!((again.same, again.files, again.refused_count), (1, 1, 0));
    let over = bed.unpack_as(archive.as_slice(), &Plan { overwrite: true, ..PLAN });
    assert_eq!(refused(&over), ["folder: a folder is there"]);
    assert_eq!(std::fs::read_to_string(bed.at("mine")).expect("read"), "theirs");
    assert_eq!(std::fs::read_to_string(bed.at("new")).expect("read"), "22");
}

#[test]
fn permissions_and_times_are_kept_without_bits_that_give_power() {
    let bed = Bed::new();
    let mut archive = Archive::default();
    for (name, kind, mode) in [("suid", EntryType::Regular, 0o6755), ("shut", EntryType::Directory, 0o500)] {
        archive.head(kind, name.as_bytes(), b"", 0);
        let at = archive.0.len() - 512;
        let mut header = Header::new_gnu();
        header.as_mut_bytes().copy_from_slice(&archive.0[at..]);
        header.set_mode(mode);
        header.set_cksum();
        archive.0[at..].copy_from_slice(header.as_bytes());
    }
    // The folder is shut only after what it holds has come.
    let report = bed.unpack(archive.file("shut/inside", "x").end().as_slice());
    assert_eq!((report.refused_count, report.stripped), (0, 1), "{:?}", refused(&report));
    let suid = bed.at("suid").metadata().expect("there");
    assert_eq!((suid.permissions().mode() & 0o7777, suid.mtime()), (0o755, 1_700_000_000));
    let shut = bed.at("shut").metadata().expect("there");
    assert_eq!((shut.permissions().mode() & 0o7777, shut.mtime()), (0o500, 1_700_000_000));
    std::fs::set_permissions(bed.at("shut"), std::fs::Permissions::from_mode(0o700)).expect("opened");
}

#[test]
fn long_and_odd_names_survive_and_long_names_are_as_hostile_as_short_ones() {
    let bed = Bed::new();
    let long = "l".repeat(200);
    let archive = Archive::default()
        .entry(EntryType::GNULongName, b"././@LongLink", b"", format!("{long}\0").as_bytes())
        .file("short", "gnu")
        .pax(&[("path", format!("dir/{long}").as_bytes())])
        .file("short", "pax")
        .entry(EntryType::Regular, b"raw\xff\x1b[2J\n", b"", b"raw")
        .pax(&[("path", b"../beside/new")])
        .file("innocent", "x")
        .pax(&[("path", b"line\nend")])
        .file("innocent", "x")
        .pax(&[("linkpath", b"/etc/passwd")])
        .symlink("link", "innocent")
        .entry(EntryType::GNULongName, b"././@LongLink", b"", b"/tmp/bowline-test-long\0")
        .file("innocent", "x")
        .end();
    let report = bed.unpack(archive.as_slice());
    assert_eq!((report.refused_count, report.files), (3, 4), "{:?}", refused(&report));
    assert_eq!(std::fs::read_to_string(bed.at(&long)).expect("read"), "gnu");
    assert_eq!(std::fs::read_to_string(bed.at("dir").join(&long)).expect("read"), "pax");
    assert_eq!(std::fs::read_to_string(bed.at("line\nend")).expect("read"), "x", "a name may hold a line end");
    assert_eq!(std::fs::read(bed.target().join(path_of(b"raw\xff\x1b[2J\n"))).expect("read"), b"raw");
    assert!(bed.at("link").symlink_metadata().is_err() && bed.at("innocent").symlink_metadata().is_err());
}

#[test]
fn sizes_that_are_claimed_cost_nothing_and_what_is_cut_is_not_left() {
    let bed = Bed::new();
    // A name of a gibibyte; a reader that believes it would hold it.
    let mut archive = Archive::default().file("before", "x");
    archive.head(EntryType::GNULongName, b"././@LongLink", b"", 1 << 30);
    let report = bed.unpack(archive.0.as_slice().chain(std::io::repeat(b'a')));
    let broken = report.broken.clone().expect("it breaks off");
    assert!(broken.cause.contains("too long"), "{broken}");
    assert_eq!(report.files, 1, "what came before stays");
    // A file that claims more than there is.
    let mut archive = Archive::default();
    archive.head(EntryType::Regular, b"huge", b"", u64::MAX >> 2);
    archive.0.extend_from_slice(&[7; 4096]);
    let report = bed.unpack(archive.0.as_slice());
    assert!(report.broken.is_some(), "{report:?}");
    assert!(bed.at("huge").symlink_metadata().is_err());
}

#[test]
fn an_archive_that_is_cut_anywhere_leaves_only_whole_files() {
    let whole =
        Archive::default().folder("d").file("d/one", &"1".repeat(1000)).symlink("d/l", "one").file("two", "2").end();
    let between_entries = (0..whole.len()).step_by(512);
    for cut in (0..whole.len()).step_by(100).chain(between_entries) {
        let bed = Bed::new();
        let report = bed.unpack(&whole[..cut]);
        for (name, content) in [("d/one", "1".repeat(1000)), ("two", "2".into())] {
            if bed.at(name).exists() {
                assert_eq!(std::fs::read_to_string(bed.at(name)).expect("read"), content, "cut at {cut}");
            }
        }
        assert!(report.files <= 3);
        // One block of zeros is the end as well, where it is whole and nothing comes behind it.
        let is_whole = cut == whole.len() || cut == whole.len() - 512;
        assert_eq!(report.broken.is_some(), !is_whole, "cut at {cut} of {}", whole.len());
    }
}

#[test]
fn what_is_passed_over_counts_as_having_come() {
    let bed = Bed::new();
    std::fs::write(bed.at("mine"), "mine").expect("written");
    let archive = Archive::default().file("mine", &"x".repeat(5000)).file("../out", "yy").file("new", "zzz").end();
    let (meter, seen) = watch::channel(CopyProgress::default());
    let report = unpack(archive.as_slice(), &bed.target(), &PLAN, &meter);
    assert_eq!((report.bytes, report.files, seen.borrow().bytes), (3, 1, 5003));
}

#[test]
fn a_refused_name_without_end_is_not_kept_whole() {
    let bed = Bed::new();
    let long = "n/".repeat(100_000);
    let archive = Archive::default().pax(&[("path", format!("../{long}").as_bytes())]).file("short", "x").end();
    let report = bed.unpack(archive.as_slice());
    assert_eq!((report.refused_count, report.refused[0].0.len()), (1, 4096));
}

#[test]
fn a_deep_tree_of_folders_gets_its_permissions_and_times() {
    let bed = Bed::new();
    let mut archive = Archive::default();
    let mut path = String::new();
    for level in 0..400 {
        path.push_str("d/");
        archive = archive
            .pax(&[("path", path.as_bytes())])
            .folder("d")
            .pax(&[("path", format!("{path}f{level}").as_bytes())])
            .file("f", "x");
    }
    let report = bed.unpack(archive.folder("last").end().as_slice());
    assert_eq!((report.refused_count, report.files), (0, 400), "{:?}", refused(&report));
    let mut at = bed.target();
    for _ in 0..400 {
        at.push("d");
        let folder = at.metadata().expect("there");
        assert_eq!((folder.permissions().mode() & 0o777, folder.mtime()), (0o755, 1_700_000_000), "{}", at.display());
    }
}

#[test]
fn an_archive_of_nothing_is_no_copy() {
    let bed = Bed::new();
    let report = bed.unpack(Archive::default().end().as_slice());
    assert!(report.broken.is_some_and(|problem| problem.cause.contains("empty")));
}

#[test]
fn noise_is_an_error_and_no_file() {
    let bed = Bed::new();
    let noise: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let report = bed.unpack(noise.as_slice());
    assert!(report.broken.is_some());
    assert_eq!(std::fs::read_dir(bed.target()).expect("read").count(), 0);
}

#[test]
fn one_file_gets_the_name_that_was_asked_for_and_nothing_else_comes_with_it() {
    let bed = Bed::new();
    let plan = Plan { name: Some(b"mine".to_vec()), ..PLAN };
    let archive = Archive::default().file("theirs", "x").file("other/second", "x").hard_link("third", "mine").end();
    let report = bed.unpack_as(archive.as_slice(), &plan);
    assert_eq!((report.files, report.refused_count), (1, 2), "{:?}", refused(&report));
    assert!(bed.at("mine").exists());
}

/// A file system with so little room, if one may be mounted here.
struct Small(TempDir);

impl Small {
    fn mount() -> Option<Small> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path())
            .stderr(std::process::Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Small(folder));
        }
        crate::support::not_run("nothing may be mounted here");
        None
    }

    fn names(&self) -> Vec<std::ffi::OsString> {
        std::fs::read_dir(self.0.path()).expect("read").map(|entry| entry.expect("read").file_name()).collect()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let unmounted = std::process::Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} is still mounted", self.0.path().display());
    }
}

#[test]
fn a_full_disk_is_told_and_keeps_what_was_there_and_nothing_half_written() {
    let Some(small) = Small::mount() else { return };
    let path = small.0.path().join("state.toml");
    atomic::replace(&path, b"before").expect("room for this");
    let error = atomic::replace(&path, &[b'x'; 100_000]).expect_err("no room");
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert!(atomic::mend(&error).contains("free some space"));
    assert!(atomic::create(&small.0.path().join("new"), &[b'x'; 100_000]).is_err());
    assert_eq!((small.names(), std::fs::read(&path).expect("there")), (vec!["state.toml".into()], b"before".to_vec()));
    let archive = Archive::default().file("fits", "x").file("large", &"x".repeat(100_000)).file("after", "x").end();
    let (meter, _seen) = watch::channel(CopyProgress::default());
    let report = unpack(archive.as_slice(), small.0.path(), &PLAN, &meter);
    assert!(report.broken.is_some_and(|why| why.cause.contains("No space")), "it breaks off");
    let mut names = small.names();
    names.sort();
    assert_eq!(names, ["fits", "state.toml"]);
}

#[test]
fn holes_that_an_archive_claims_take_no_time_and_no_room() {
    let bed = Bed::new();
    let map = |at: u64| format!("1\n{at}\n1\n");
    let sparse = |archive: Archive, name: &[u8], size: u64| {
        let records = [
            ("GNU.sparse.major", &b"1"[..]),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", name),
            ("GNU.sparse.realsize", &size.to_string().into_bytes()),
        ]
        .map(|(key, value)| (key, value.to_vec()));
        let mut content = map(size - 1).into_bytes();
        content.resize(512, 0);
        content.push(b'x');
        let records: Vec<(&str, &[u8])> = records.iter().map(|(key, value)| (*key, value.as_slice())).collect();
        archive.pax(&records).entry(EntryType::Regular, b"made-up", b"", &content)
    };
    let archive = sparse(Archive::default(), b"large", 1 << 40);
    let archive = sparse(archive, b"beyond", u64::MAX);
    let archive = sparse(archive, b"../out", u64::MAX).file("last", "x").end();
    let report = bed.unpack(archive.as_slice());
    // What no file can be is refused by itself; what is passed over is not made up.
    assert_eq!((report.refused_count, report.files), (2, 2), "{:?}", refused(&report));
    let large = bed.at("large").metadata().expect("there");
    assert_eq!((large.len(), large.blocks() < 64), (1 << 40, true));
}
