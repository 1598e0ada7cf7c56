//! Files of this machine as an archive for a container: never compressed (an engine would run the host's own tools on what a
//! container may have put there), links as links, files with several names once, owners, permissions, capabilities and times as
//! they are here.

use super::tar_writer::{self, Twins};
use super::unpack::{bytes_of, path_of};
use super::walk::{self, Walk};
use crate::model::{CopyProgress, CopyReport, FileEntry, Refusal};
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tokio::sync::watch;

/// The extended attribute that engines take along, and its record in an archive.
const CAPABILITIES: (&str, &str) = ("security.capability", "SCHILY.xattr.security.capability");

/// The bits for set-user-id and set-group-id.
const SET_ID: u32 = 0o6000;

/// The plan of an archive.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// A file or folder.
    pub from: PathBuf,
    /// What it is called in the archive; none = what the folder holds, under its own names.
    pub name: Option<Vec<u8>>,
    /// If it is a link, what it leads to is meant.
    pub follow: bool,
    /// Names right inside the folder that are left out.
    pub without: HashSet<Vec<u8>>,
    /// Owner and permissions of this, not those of the file here.
    pub like: Option<FileEntry>,
}

/// Counts the bytes of the files of a folder, or of one file. What cannot be read counts nothing.
pub fn weigh(path: &Path, follow: bool) -> u64 {
    let mut walk = Walk::new(path, follow);
    let mut waiting = vec![Vec::new()];
    let (mut twins, mut bytes) = (Twins::default(), 0);
    while let Some(path) = waiting.pop() {
        let Ok(stat) = walk.stat(&path) else { continue };
        match walk::kind(&stat) {
            FileType::RegularFile if walk::mode(&stat) & SET_ID != 0 || before(&mut twins, &stat, &path).is_none() => {
                bytes += u64::try_from(stat.st_size).unwrap_or(0);
            }
            FileType::Directory => {
                let names = walk.names(&path).unwrap_or_default();
                waiting.extend(names.iter().map(|name| walk::below(&path, name)));
            }
            _ => {}
        }
    }
    bytes
}

/// Writes the archive.
///
/// # Errors
/// When nobody takes it any more. What cannot be read is in the report.
pub fn pack(plan: &Plan, to: &mut impl Write, meter: &watch::Sender<CopyProgress>) -> io::Result<CopyReport> {
    let walk = Walk::new(&plan.from, plan.follow || plan.name.is_none());
    let (twins, report) = (Twins::default(), CopyReport::default());
    let mut packer = Packer { builder: tar::Builder::new(to), walk, twins, meter, report, plan };
    match &plan.name {
        Some(_) => packer.add(Vec::new())?,
        None => {
            for name in packer.inside(b"")? {
                if !plan.without.contains(&name) {
                    packer.add(name)?;
                }
            }
        }
    }
    let Packer { builder, report, .. } = packer;
    builder.into_inner()?.flush()?;
    Ok(report)
}

struct Packer<'a, W: Write> {
    builder: tar::Builder<&'a mut W>,
    walk: Walk,
    twins: Twins,
    meter: &'a watch::Sender<CopyProgress>,
    report: CopyReport,
    plan: &'a Plan,
}

impl<W: Write> Packer<'_, W> {
    /// Adds a file, a link, or a folder with all that it holds, by its path below the top.
    fn add(&mut self, path: Vec<u8>) -> io::Result<()> {
        let mut waiting = vec![path];
        while let Some(path) = waiting.pop() {
            let name = self.called(&path);
            self.meter.send_modify(|progress| progress.current.clone_from(&name));
            let stat = match self.walk.stat(&path) {
                Ok(stat) => stat,
                Err(error) => {
                    self.refuse(&name, failed(error));
                    continue;
                }
            };
            match walk::kind(&stat) {
                FileType::Directory => {
                    let inside = self.inside(&path)?;
                    self.folder(&name, &stat)?;
                    // The last is taken first.
                    waiting.extend(inside.into_iter().rev());
                }
                FileType::Symlink => self.link(&path, &name, &stat)?,
                FileType::RegularFile => self.file(&path, &name)?,
                FileType::Fifo => self.refuse(&name, Refusal::Unsafe("a named pipe")),
                FileType::Socket => self.refuse(&name, Refusal::Unsafe("a socket")),
                _ => self.refuse(&name, Refusal::Unsafe("a device")),
            }
        }
        Ok(())
    }

    /// What a path below the top is called in the archive.
    fn called(&self, path: &[u8]) -> Vec<u8> {
        match &self.plan.name {
            Some(name) if path.is_empty() => name.clone(),
            Some(name) => walk::below(name, path),
            None => path.to_vec(),
        }
    }

    /// The paths of what a folder holds, in the order of names.
    fn inside(&mut self, path: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        match self.walk.names(path) {
            Ok(names) => Ok(names.iter().map(|name| walk::below(path, name)).collect()),
            Err(error) => {
                let name = self.called(path);
                let name = if name.is_empty() { bytes_of(&self.plan.from) } else { &name };
                self.report.refuse(name, failed(error));
                Ok(Vec::new())
            }
        }
    }

    fn refuse(&mut self, name: &[u8], why: Refusal) {
        self.report.refuse(name, why);
    }

    fn header(&self, kind: tar::EntryType, stat: &Stat) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        let like = self.plan.like.as_ref();
        header.set_mode(like.map_or(walk::mode(stat) & 0o7777, |like| like.mode));
        header.set_uid(like.map_or(u64::from(stat.st_uid), |like| like.uid));
        header.set_gid(like.map_or(u64::from(stat.st_gid), |like| like.gid));
        header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or(0));
        header.set_size(0);
        header
    }

    fn folder(&mut self, name: &[u8], stat: &Stat) -> io::Result<()> {
        let mut header = self.header(tar::EntryType::Directory, stat);
        let path = [name, b"/"].concat();
        self.builder.append_data(&mut header, path_of(&path), io::empty())
    }

    fn link(&mut self, path: &[u8], name: &[u8], stat: &Stat) -> io::Result<()> {
        let target = match self.walk.link(path) {
            Ok(target) => target,
            Err(error) => {
                self.refuse(name, failed(error));
                return Ok(());
            }
        };
        let mut header = self.header(tar::EntryType::Symlink, stat);
        tar_writer::link(&mut self.builder, &mut header, name, &target)?;
        self.done();
        Ok(())
    }

    fn file(&mut self, path: &[u8], name: &[u8]) -> io::Result<()> {
        let opened = self.walk.file(path).and_then(|file| rustix::fs::fstat(&file).map(|stat| (file, stat)));
        let (file, stat) = match opened {
            Ok((file, stat)) if walk::kind(&stat) == FileType::RegularFile => (file, stat),
            Ok(_) | Err(Errno::LOOP) => {
                self.refuse(name, Refusal::Failed("it changed into something else".into()));
                return Ok(());
            }
            Err(error) => {
                self.refuse(name, failed(error));
                return Ok(());
            }
        };
        let capabilities = capabilities(&file);
        // Engines take such rights away from a file when they give it a second name: it comes again instead.
        let has_rights = capabilities.is_some() || walk::mode(&stat) & SET_ID != 0;
        if !has_rights && let Some(first) = before(&mut self.twins, &stat, name) {
            let mut header = self.header(tar::EntryType::Link, &stat);
            tar_writer::link(&mut self.builder, &mut header, name, &first)?;
            self.done();
            return Ok(());
        }
        if let Some(value) = capabilities {
            self.builder.append_pax_extensions([(CAPABILITIES.1, value.as_slice())])?;
        }
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let mut header = self.header(tar::EntryType::Regular, &stat);
        header.set_size(size);
        let mut content = Exactly { file, left: size, meter: self.meter, short: None };
        self.builder.append_data(&mut header, path_of(name), &mut content)?;
        match content.short {
            Some(why) => self.refuse(name, Refusal::Failed(why)),
            None => {
                self.report.bytes += size;
                self.done();
            }
        }
        Ok(())
    }

    fn done(&mut self) {
        self.report.files += 1;
        self.meter.send_modify(|progress| progress.files += 1);
    }
}

/// What a file may do that its user may not. Few have any, and some file systems know none.
fn capabilities(file: &File) -> Option<Vec<u8>> {
    let mut value = [0; 64];
    let length = rustix::fs::fgetxattr(file, CAPABILITIES.0, &mut value).ok()?;
    value.get(..length).map(<[u8]>::to_vec)
}

/// The name of a file that came before this one and is the same.
fn before(twins: &mut Twins, stat: &Stat, name: &[u8]) -> Option<Vec<u8>> {
    let (device, number) = walk::identity(stat);
    twins.before(device, number, walk::links(stat), name)
}

fn failed(error: Errno) -> Refusal {
    match error {
        // A folder was there a moment ago, or is to be opened as one.
        Errno::NOTDIR | Errno::LOOP => Refusal::Failed("a folder changed into something else".into()),
        error => Refusal::Failed(io::Error::from(error).to_string()),
    }
}

/// A file with as many bytes as its head says: one that shrinks while it is read is filled up, and that is told.
struct Exactly<'a> {
    file: File,
    left: u64,
    meter: &'a watch::Sender<CopyProgress>,
    short: Option<String>,
}

impl Read for Exactly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let mut count = 0;
        if self.short.is_none() {
            match self.file.read(&mut buffer[..most]) {
                Ok(0) => self.short = Some("it shrank during the copy: the rest is filled with zeros".into()),
                Ok(read) => count = read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => self.short = Some(format!("{error}: the rest is filled with zeros")),
            }
        }
        if self.short.is_some() {
            buffer[..most].fill(0);
            count = most;
        }
        self.left -= count as u64;
        self.meter.send_modify(|progress| progress.bytes += count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_becomes_an_archive_with_links_as_links_and_long_and_odd_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        let long = "n".repeat(180);
        std::fs::write(root.join(&long), "long").unwrap();
        std::fs::write(root.join(super::super::unpack::path_of(b"odd\xff")), "odd").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).unwrap();
        let (meter, seen) = watch::channel(CopyProgress::default());
        let mut archive = Vec::new();
        let plan = Plan { from: root.clone(), name: Some(b"top".to_vec()), ..Plan::default() };
        let report = pack(&plan, &mut archive, &meter).unwrap();
        assert!(report.is_whole());
        assert_eq!((report.files, report.bytes, seen.borrow().bytes), (3, 7, 7));
        assert_eq!(weigh(&root, false), 7);
        let mut read = tar::Archive::new(archive.as_slice());
        let mut names: Vec<Vec<u8>> =
            read.entries().unwrap().map(|entry| entry.unwrap().path_bytes().into_owned()).collect();
        names.sort();
        let long = format!("top/{long}").into_bytes();
        assert_eq!(names, [b"top/".to_vec(), b"top/link".to_vec(), long, b"top/odd\xff".to_vec()]);
    }

    #[test]
    fn a_file_of_two_names_comes_once_and_what_a_link_says_stays_word_for_word() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::write(root.join("a"), "once").unwrap();
        std::fs::create_dir(root.join("sub")).unwrap();
        std::fs::hard_link(root.join("a"), root.join("sub/twin")).unwrap();
        // Its other name lies elsewhere.
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("x"), "x").unwrap();
        std::fs::hard_link(elsewhere.path().join("x"), root.join("x")).unwrap();
        // It would lose its bits with its second name.
        std::fs::write(root.join("s"), "s").unwrap();
        std::fs::set_permissions(root.join("s"), std::os::unix::fs::PermissionsExt::from_mode(0o4755)).unwrap();
        std::fs::hard_link(root.join("s"), root.join("sub/s")).unwrap();
        let long = format!("up//{}/./x", "l".repeat(120));
        for (name, target) in [("odd", "a//b/./c"), ("odd-long", &long)] {
            std::os::unix::fs::symlink(target, root.join(name)).unwrap();
        }
        let (meter, seen) = watch::channel(CopyProgress::default());
        let mut archive = Vec::new();
        let plan = Plan { from: root.to_path_buf(), ..Plan::default() };
        let report = pack(&plan, &mut archive, &meter).unwrap();
        assert_eq!((report.files, report.bytes, seen.borrow().bytes, weigh(root, true)), (7, 7, 7, 7));
        let mut links = Vec::new();
        let mut members = super::super::tar_reader::Members::new(archive.as_slice());
        while let Some((member, _)) = members.next().unwrap() {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            links.push((text(&member.path), member.kind, text(&member.link)));
        }
        let link = |name: &str, kind, target: &str| (name.to_string(), kind, target.to_string());
        use tar::EntryType as Type;
        let wanted = [
            link("a", Type::Regular, ""),
            link("odd", Type::Symlink, "a//b/./c"),
            link("odd-long", Type::Symlink, &long),
            link("s", Type::Regular, ""),
            link("sub/", Type::Directory, ""),
            link("sub/s", Type::Regular, ""),
            link("sub/twin", Type::Link, "a"),
            link("x", Type::Regular, ""),
        ];
        assert_eq!(links, wanted);
    }

    /// Takes an archive, and does something once it holds a name.
    struct When<'a> {
        taken: Vec<u8>,
        name: &'a str,
        then: Option<Box<dyn FnOnce() + 'a>>,
    }

    impl Write for When<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.taken.extend_from_slice(bytes);
            if memchr::memmem::find(&self.taken, self.name.as_bytes()).is_some()
                && let Some(then) = self.then.take()
            {
                then();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_folder_that_becomes_a_link_on_the_way_brings_nothing_from_where_it_leads() {
        for moment in ["top/sub/", "top/sub/a/", "top/sub/a/inside"] {
            let scratch = tempfile::tempdir().unwrap();
            let (root, outside) = (scratch.path().join("root"), scratch.path().join("outside"));
            std::fs::create_dir_all(root.join("sub/a")).unwrap();
            std::fs::create_dir_all(outside.join("a")).unwrap();
            for name in ["a/inside", "b"] {
                std::fs::write(root.join("sub").join(name), "own").unwrap();
                std::fs::write(outside.join(name), "secret").unwrap();
            }
            let swap = || {
                std::fs::rename(root.join("sub"), scratch.path().join("away")).unwrap();
                std::os::unix::fs::symlink(&outside, root.join("sub")).unwrap();
            };
            let mut to = When { taken: Vec::new(), name: moment, then: Some(Box::new(swap)) };
            let (meter, _seen) = watch::channel(CopyProgress::default());
            let plan = Plan { from: root.clone(), name: Some(b"top".to_vec()), ..Plan::default() };
            let report = pack(&plan, &mut to, &meter).unwrap();
            assert!(to.then.is_none(), "it was never {moment}'s turn");
            assert!(memchr::memmem::find(&to.taken, b"secret").is_none(), "{moment}");
            assert!(report.refused_count > 0, "{moment}: what is missing is told");
        }
    }

    #[test]
    fn a_file_that_shrinks_is_filled_up_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "abc").unwrap();
        let (meter, _seen) = watch::channel(CopyProgress::default());
        let mut content = Exactly { file: File::open(&path).unwrap(), left: 5, meter: &meter, short: None };
        let mut read = Vec::new();
        content.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"abc\0\0");
        assert!(content.short.is_some());
    }
}
