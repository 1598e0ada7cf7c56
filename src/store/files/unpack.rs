//! An archive from an instance, unpacked into a folder of this machine. Everything in it is hostile.
//!
//! What holds, whatever the archive says:
//! - Nothing is made, changed or read outside the folder. Each folder on the way is opened by itself and never through a link,
//!   so that neither a link of the archive nor one that stood there before leads elsewhere.
//! - A symbolic link is made only if it leads to something inside: no absolute target, and `..` only at its beginning and only
//!   so far as the folder reaches. (`..` behind a name would go up from wherever that name leads.)
//! - A hard link is made only to a file that this same archive brought.
//! - Devices, pipes and sockets are never made; set-user-id and set-group-id bits are taken away.
//! - Nothing that is there already is replaced, unless that was asked for; then only files and links are, by others of them.
//! - A file appears under its name when it is whole: before, it has another, and is removed if it never becomes whole.
//! - A long name or a wrong size costs no more memory than an honest one.

use crate::model::{CopyProgress, CopyReport, Problem, Refusal};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;
use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;
use tokio::sync::watch;

/// Bytes that the head of an entry may take with all that extends it, such as a long name.
const HEAD: u64 = 1 << 20;
/// What Docker 20.10 gives for a path whose last name is not UTF-8, though it knows that there is something.
pub const EMPTY: &str = "the engine's archive of it is empty";
/// What helps then.
pub const COPY_FOLDER: &str = "some engines do not find a name that is no plain text: copy the folder it lies in";
/// Bytes copied at once.
const PIECE: usize = 128 * 1024;
/// The deepest folder.
const DEEPEST: usize = 1000;

/// What stays of permissions: no set-user-id, no set-group-id, no sticky bit.
const PERMISSIONS: u32 = 0o777;

/// Where an archive goes.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What an archive of one file is to be called; none = what it holds keeps its names.
    pub name: Option<Vec<u8>>,
    /// What is there already is replaced.
    pub overwrite: bool,
    /// Owners are kept: only the system's administrator can.
    pub owners: bool,
    /// The folder was made for this archive: it gets the permissions and the time that the archive says.
    pub fresh: bool,
}

/// An archive whose heads cannot take more memory than they should.
pub struct Guarded<R: Read> {
    archive: tar::Archive<Limited<R>>,
    left: Rc<Cell<u64>>,
}

/// Gives no more than what is left.
pub struct Limited<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("the archive has a head that is too long"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..most])?;
        self.left.set(left - count as u64);
        Ok(count)
    }
}

impl<R: Read> Guarded<R> {
    /// Reads from there.
    pub fn new(inner: R) -> Self {
        let left = Rc::new(Cell::new(HEAD));
        Guarded { archive: tar::Archive::new(Limited { inner, left: left.clone() }), left }
    }

    /// Shows each entry, until one is answered with false. False if there may be more.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn each(
        &mut self,
        mut show: impl FnMut(&mut tar::Entry<'_, Limited<R>>) -> io::Result<bool>,
    ) -> io::Result<bool> {
        let mut entries = self.archive.entries()?;
        loop {
            self.left.set(HEAD);
            let Some(entry) = entries.next() else { break };
            let mut entry = entry?;
            // Its content may be as long as it likes: it is passed over, never kept.
            self.left.set(u64::MAX);
            let go_on = show(&mut entry)?;
            if !go_on {
                return Ok(false);
            }
            io::copy(&mut entry, &mut io::sink())?;
        }
        // What follows the end is read too, so that whoever writes is not cut off.
        self.left.set(u64::MAX);
        Ok(true)
    }

    /// Reads what is left of the stream.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn drain(self) -> io::Result<()> {
        io::copy(&mut self.archive.into_inner(), &mut io::sink()).map(drop)
    }
}

/// A folder that was made, to get its permissions and times once nothing is put into it any more.
struct Made {
    path: Vec<Vec<u8>>,
    head: Head,
}

/// What an entry says of itself.
#[derive(Debug, Clone, Copy)]
struct Head {
    mode: u32,
    uid: u32,
    gid: u32,
    modified: i64,
}

struct Unpacker<'a> {
    root: OwnedFd,
    plan: &'a Plan,
    meter: &'a watch::Sender<CopyProgress>,
    report: CopyReport,
    /// The folder that was used last: entries come folder by folder.
    last: Option<(Vec<Vec<u8>>, OwnedFd)>,
    made: Vec<Made>,
    known: HashSet<Vec<Vec<u8>>>,
    /// Files that this archive brought, by device and inode.
    brought: HashSet<(u64, u64)>,
    serial: u64,
}

/// Unpacks an archive into a folder that is there.
pub fn unpack(archive: impl Read, root: &Path, plan: &Plan, meter: &watch::Sender<CopyProgress>) -> CopyReport {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(root, flags, Mode::empty());
    let root = match opened {
        Ok(root) => root,
        Err(error) => {
            let why = io::Error::from(error).to_string();
            let broken = Problem::new(format!("write into {}", root.display()), why, "choose another folder");
            return CopyReport { broken: Some(broken), ..CopyReport::default() };
        }
    };
    let mut unpacker = Unpacker {
        root,
        plan,
        meter,
        report: CopyReport::default(),
        last: None,
        made: Vec::new(),
        known: HashSet::new(),
        brought: HashSet::new(),
        serial: 0,
    };
    let mut guarded = Guarded::new(archive);
    let mut entries = 0u64;
    let taken = guarded.each(|entry| {
        entries += 1;
        unpacker.take(entry).map(|()| true)
    });
    let read = taken.and_then(|_| guarded.drain());
    unpacker.finish_folders();
    let mut report = unpacker.report;
    if entries == 0 && read.is_ok() {
        report.broken = Some(Problem::new("copy", EMPTY, COPY_FOLDER));
    }
    if let Err(error) = read {
        report.broken =
            Some(Problem::new("copy", error.to_string(), "what was copied before is there; copy again to go on"));
    }
    report
}

impl Unpacker<'_> {
    /// Takes an entry in. An error ends it all; what concerns this entry alone is reported.
    fn take<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> io::Result<()> {
        use tar::EntryType as Type;
        let raw = entry.path_bytes().into_owned();
        let kind = entry.header().entry_type();
        if matches!(kind, Type::XGlobalHeader | Type::XHeader | Type::GNULongName | Type::GNULongLink) {
            return Ok(());
        }
        // The library ends such a value at its first line end: what is left would be another name, or another size.
        if !is_legible(entry)? {
            self.report.refuse(
                &raw,
                Refusal::Unsafe("its name cannot be told: it holds a line end and is long or no plain text"),
            );
            return Ok(());
        }
        self.meter.send_modify(|progress| progress.current.clone_from(&raw));
        let path = match self.place(&raw) {
            Ok(path) => path,
            Err(why) => {
                self.report.refuse(&raw, Refusal::Unsafe(why));
                return Ok(());
            }
        };
        let done = match kind {
            Type::Directory => self.folder(path, entry.header()),
            Type::Regular | Type::Continuous | Type::GNUSparse => self.file(&path, entry),
            Type::Symlink => {
                let target = entry.link_name_bytes().map(|target| target.into_owned()).unwrap_or_default();
                self.symlink(&path, &target, head(entry.header()))
            }
            Type::Link => {
                let target = entry.link_name_bytes().map(|target| target.into_owned()).unwrap_or_default();
                self.hard_link(&path, &target)
            }
            Type::Char | Type::Block => Err(Refused::Entry(Refusal::Unsafe("a device"))),
            Type::Fifo => Err(Refused::Entry(Refusal::Unsafe("a named pipe"))),
            _ => Err(Refused::Entry(Refusal::Unsafe("of an unknown kind"))),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Refused::Entry(why)) => {
                self.report.refuse(&raw, why);
                Ok(())
            }
            Err(Refused::All(error)) => Err(error),
        }
    }

    /// The names on the way to an entry, the last is its own. Empty for the folder itself.
    fn place(&self, raw: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
        let mut path = inside(raw)?;
        if let Some(name) = &self.plan.name {
            if path.len() != 1 {
                return Err("not the one file that was asked for");
            }
            path = vec![name.clone()];
        }
        Ok(path)
    }

    fn folder(&mut self, path: Vec<Vec<u8>>, header: &tar::Header) -> Result<(), Refused> {
        let Some((name, above)) = path.split_last() else {
            if self.plan.fresh {
                self.made.push(Made { path, head: head(header) });
            }
            return Ok(());
        };
        let above = self.parent(above)?;
        match rustix::fs::mkdirat(&above, name.as_slice(), Mode::RWXU) {
            Ok(()) => {
                self.known.insert(path.clone());
                self.made.push(Made { path, head: head(header) });
            }
            // One that was made on the way to something in it, before its own turn.
            Err(Errno::EXIST) if self.known.contains(&path) => self.made.push(Made { path, head: head(header) }),
            Err(Errno::EXIST) => match look(&above, name).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
                // What is there already keeps its own permissions.
                Ok(FileType::Directory) => {}
                Ok(_) => return refuse("a file or link stands where a folder should be"),
                Err(error) => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn file<R: Read>(&mut self, path: &[Vec<u8>], entry: &mut tar::Entry<'_, R>) -> Result<(), Refused> {
        let Some((name, above)) = path.split_last() else { return refuse("it has no name") };
        let above = self.parent(above)?;
        let of = head(entry.header());
        if let Ok(there) = look(&above, name) {
            let same = FileType::from_raw_mode(there.st_mode) == FileType::RegularFile
                && u64::try_from(there.st_size) == Ok(entry.size())
                && there.st_mtime == of.modified;
            if same && !self.plan.overwrite {
                // Hard links to it are made as an earlier copy would have.
                self.brought.insert((there.st_dev, there.st_ino));
                self.report.same += 1;
                return Ok(());
            }
            self.replaceable(&there)?;
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let part = self.part_name();
        let made = rustix::fs::openat(&above, part.as_slice(), flags, Mode::RUSR | Mode::WUSR)?;
        let part = Part { folder: above.as_fd(), name: part, whole: false };
        let mut file = std::fs::File::from(made);
        let size = entry.size();
        let bytes = self.pour(entry, &mut file)?;
        if bytes != size {
            return Err(Refused::All(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends in the middle")));
        }
        self.report.stripped += u64::from(of.mode & 0o6000 != 0);
        if self.plan.owners {
            let (uid, gid) = (rustix::fs::Uid::from_raw(of.uid), rustix::fs::Gid::from_raw(of.gid));
            rustix::fs::fchown(&file, Some(uid), Some(gid))?;
        }
        rustix::fs::fchmod(&file, Mode::from_raw_mode(of.mode & PERMISSIONS))?;
        rustix::fs::futimens(&file, &times(of.modified))?;
        let stat = rustix::fs::fstat(&file)?;
        part.becomes(name, self.plan.overwrite)?;
        self.brought.insert((stat.st_dev, stat.st_ino));
        self.report.files += 1;
        self.report.bytes += bytes;
        self.meter.send_modify(|progress| progress.files += 1);
        Ok(())
    }

    /// Copies an entry's content. A source that breaks ends it all, a target that is full does not: it is told.
    fn pour<R: Read>(&self, entry: &mut tar::Entry<'_, R>, file: &mut std::fs::File) -> Result<u64, Refused> {
        let mut buffer = vec![0; PIECE];
        let mut bytes = 0;
        loop {
            let count = match entry.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Refused::All(error)),
            };
            if let Err(error) = file.write_all(&buffer[..count]) {
                let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
                // Nothing else would find room either.
                return Err(if full { Refused::All(error) } else { Refused::Entry(failed(&error)) });
            }
            bytes += count as u64;
            self.meter.send_modify(|progress| progress.bytes += count as u64);
        }
    }

    fn symlink(&mut self, path: &[Vec<u8>], target: &[u8], of: Head) -> Result<(), Refused> {
        let Some((name, above)) = path.split_last() else { return refuse("a link instead of a folder") };
        leads_inside(above.len(), target).map_err(|why| Refused::Entry(Refusal::Unsafe(why)))?;
        let above = self.parent(above)?;
        if let Ok(there) = look(&above, name) {
            let said = rustix::fs::readlinkat(&above, name.as_slice(), Vec::new());
            if !self.plan.overwrite && said.is_ok_and(|said| said.as_bytes() == target) {
                self.report.same += 1;
                return Ok(());
            }
            self.replaceable(&there)?;
        }
        let part = self.part_name();
        rustix::fs::symlinkat(target, &above, part.as_slice())?;
        let part = Part { folder: above.as_fd(), name: part, whole: false };
        if self.plan.owners {
            let (uid, gid) = (rustix::fs::Uid::from_raw(of.uid), rustix::fs::Gid::from_raw(of.gid));
            rustix::fs::chownat(&above, part.name.as_slice(), Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        rustix::fs::utimensat(&above, part.name.as_slice(), &times(of.modified), AtFlags::SYMLINK_NOFOLLOW)?;
        part.becomes(name, self.plan.overwrite)?;
        self.report.files += 1;
        self.meter.send_modify(|progress| progress.files += 1);
        Ok(())
    }

    fn hard_link(&mut self, path: &[Vec<u8>], target: &[u8]) -> Result<(), Refused> {
        let Some((name, above)) = path.split_last() else { return refuse("a link instead of a folder") };
        if self.plan.name.is_some() {
            return refuse("not the one file that was asked for");
        }
        let target =
            inside(target).map_err(|_| Refused::Entry(Refusal::Unsafe("a hard link that leads out of the folder")))?;
        let Some((known, known_above)) = target.split_last() else { return refuse("a hard link to a folder") };
        let from = self.open(known_above, false)?;
        let Ok(stat) = look(&from, known) else { return refuse("a hard link to what was not copied") };
        if !self.brought.contains(&(stat.st_dev, stat.st_ino)) {
            return refuse("a hard link to what was not copied");
        }
        let above = self.parent(above)?;
        if let Ok(there) = look(&above, name) {
            if (there.st_dev, there.st_ino) == (stat.st_dev, stat.st_ino) {
                self.report.same += 1;
                return Ok(());
            }
            self.replaceable(&there)?;
        }
        let part = self.part_name();
        rustix::fs::linkat(&from, known.as_slice(), &above, part.as_slice(), AtFlags::empty())?;
        let part = Part { folder: above.as_fd(), name: part, whole: false };
        part.becomes(name, self.plan.overwrite)?;
        self.report.files += 1;
        self.meter.send_modify(|progress| progress.files += 1);
        Ok(())
    }

    fn replaceable(&self, there: &Stat) -> Result<(), Refused> {
        match FileType::from_raw_mode(there.st_mode) {
            FileType::Directory => refuse("a folder stands there"),
            FileType::RegularFile | FileType::Symlink if self.plan.overwrite => Ok(()),
            FileType::RegularFile | FileType::Symlink => Err(Refused::Entry(Refusal::Exists)),
            _ => refuse("a device, pipe or socket stands there"),
        }
    }

    /// A name that a file has until it is whole.
    fn part_name(&mut self) -> Vec<u8> {
        self.serial += 1;
        format!(".bowline-part-{}-{}", std::process::id(), self.serial).into_bytes()
    }

    /// Opens the folder of an entry, which is made if it is not there.
    fn parent(&mut self, path: &[Vec<u8>]) -> Result<OwnedFd, Refused> {
        self.open(path, true)
    }

    fn open(&mut self, path: &[Vec<u8>], make: bool) -> Result<OwnedFd, Refused> {
        if let Some((known, folder)) = &self.last
            && known == path
        {
            return folder.try_clone().map_err(Refused::All);
        }
        let mut folder = self.root.try_clone().map_err(Refused::All)?;
        for (depth, name) in path.iter().enumerate() {
            folder = match enter(&folder, name) {
                Err(Errno::NOENT) if make => {
                    rustix::fs::mkdirat(&folder, name.as_slice(), Mode::RWXU)?;
                    self.known.insert(path[..=depth].to_vec());
                    enter(&folder, name)?
                }
                Err(Errno::LOOP | Errno::NOTDIR) => return refuse("a file or link stands on the way to it"),
                entered => entered?,
            };
        }
        let kept = folder.try_clone().map_err(Refused::All)?;
        self.last = Some((path.to_vec(), kept));
        Ok(folder)
    }

    /// Gives folders their permissions, owners and times, the innermost first.
    fn finish_folders(&mut self) {
        self.last = None;
        let mut made = std::mem::take(&mut self.made);
        made.sort_by_key(|made| made.path.len());
        for Made { path, head } in made.into_iter().rev() {
            let done = self.open(&path, false).and_then(|folder| {
                if self.plan.owners {
                    let (uid, gid) = (rustix::fs::Uid::from_raw(head.uid), rustix::fs::Gid::from_raw(head.gid));
                    rustix::fs::fchown(&folder, Some(uid), Some(gid))?;
                }
                rustix::fs::fchmod(&folder, Mode::from_raw_mode(head.mode & PERMISSIONS))?;
                rustix::fs::futimens(&folder, &times(head.modified))?;
                Ok(())
            });
            // The next may lie in it.
            self.last = None;
            if let Err(Refused::Entry(why)) = done {
                self.report.refuse(&path.join(&b'/'), why);
            }
        }
    }
}

/// A file that is not whole yet: removed when this is dropped before it is.
struct Part<'a> {
    folder: BorrowedFd<'a>,
    name: Vec<u8>,
    whole: bool,
}

impl Part<'_> {
    /// It gets its name.
    fn becomes(mut self, name: &[u8], overwrite: bool) -> Result<(), Refused> {
        let (folder, part) = (self.folder, self.name.as_slice());
        let done = if overwrite {
            rustix::fs::renameat(folder, part, folder, name)
        } else {
            match rustix::fs::renameat_with(folder, part, folder, name, RenameFlags::NOREPLACE) {
                // Some file systems cannot: a second name cannot replace anything either.
                Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::linkat(folder, part, folder, name, AtFlags::empty())
                    .and_then(|()| rustix::fs::unlinkat(folder, part, AtFlags::empty())),
                done => done,
            }
        };
        match done {
            Ok(()) => {
                self.whole = true;
                Ok(())
            }
            Err(Errno::EXIST) => Err(Refused::Entry(Refusal::Exists)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if !self.whole
            && let Err(error) = rustix::fs::unlinkat(self.folder, self.name.as_slice(), AtFlags::empty())
        {
            tracing::warn!("a part of a file is left behind: {error}");
        }
    }
}

/// What extends the head of an entry can be read.
pub fn is_legible<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<bool> {
    let extensions = entry.pax_extensions()?;
    Ok(extensions.into_iter().flatten().all(|extension| extension.is_ok()))
}

/// Why an entry was not made.
enum Refused {
    /// It alone.
    Entry(Refusal),
    /// Nothing more can be done.
    All(io::Error),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        let error = io::Error::from(error);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refused::All(error),
            _ => Refused::Entry(failed(&error)),
        }
    }
}

fn failed(error: &io::Error) -> Refusal {
    Refusal::Failed(error.to_string())
}

fn refuse<T>(why: &'static str) -> Result<T, Refused> {
    Err(Refused::Entry(Refusal::Unsafe(why)))
}

/// A folder in a folder, if it is one itself.
fn enter(folder: &OwnedFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, Mode::empty())
}

fn look(folder: &OwnedFd, name: &[u8]) -> Result<Stat, Errno> {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn head(header: &tar::Header) -> Head {
    let number = |read: io::Result<u64>| read.ok().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    Head {
        mode: header.mode().unwrap_or(0o600),
        uid: number(header.uid()),
        gid: number(header.gid()),
        modified: header.mtime().ok().and_then(|at| i64::try_from(at).ok()).unwrap_or(0),
    }
}

/// The time of access is now.
fn times(modified: i64) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        last_modification: Timespec { tv_sec: modified, tv_nsec: 0 },
    }
}

/// The names of a path in an archive, if it stays inside.
pub fn inside(raw: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    if raw.first() == Some(&b'/') {
        return Err("an absolute path");
    }
    let mut path = Vec::new();
    for name in raw.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => return Err("a path that leads out of the folder"),
            name if name.contains(&0) => return Err("a name that no file can have"),
            name => path.push(name.to_vec()),
        }
    }
    if path.len() > DEEPEST { Err("too deep") } else { Ok(path) }
}

/// Whether a link that stands so many folders deep stays inside.
fn leads_inside(depth: usize, target: &[u8]) -> Result<(), &'static str> {
    if target.is_empty() || target.contains(&0) {
        return Err("a link that leads nowhere");
    }
    if target.first() == Some(&b'/') {
        return Err("a link to an absolute path");
    }
    let (mut up, mut down) = (0, false);
    for name in target.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." if down => return Err("a link that goes up behind a name"),
            b".." => up += 1,
            _ => down = true,
        }
    }
    if up > depth { Err("a link that leads out of the folder") } else { Ok(()) }
}

/// A path of this machine as bytes.
pub fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

/// Bytes as a path of this machine.
pub fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
