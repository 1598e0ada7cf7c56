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
//! - A long name or a wrong size costs no more memory than an honest one, nor does a deep folder.
//! - An archive that ends without its end mark was cut, also between two entries.

use super::part::Part;
use super::walk::enter;
use crate::model::{CopyProgress, CopyReport, Problem, Refusal};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid};
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
/// Bytes of a block of an archive.
const BLOCK: u64 = 512;
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
        let mut shown = false;
        loop {
            self.left.set(HEAD);
            let Some(entry) = entries.next() else { break };
            let mut entry = entry?;
            shown = true;
            // Its content may be as long as it likes: it is passed over, never kept.
            self.left.set(u64::MAX);
            let go_on = show(&mut entry)?;
            if !go_on {
                return Ok(false);
            }
            io::copy(&mut entry, &mut io::sink())?;
        }
        // The library takes the end of the stream for that of the archive, which is a block of zeros.
        let ended = HEAD - self.left.get() >= BLOCK;
        // What follows the end is read too, so that whoever writes is not cut off.
        self.left.set(u64::MAX);
        if shown && !ended {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive was cut off"));
        }
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

/// A folder that was made, to get its permissions and times once the archive leaves it.
struct Made {
    /// How many names of the current folder lead to it.
    depth: usize,
    /// None while it was made only on the way to something in it.
    head: Option<Head>,
}

/// What an entry says of itself.
#[derive(Debug, Clone, Copy)]
struct Head {
    mode: u32,
    /// Whose it is; none where the archive tells no numbers.
    owner: Option<(Uid, Gid)>,
    modified: i64,
}

struct Unpacker<'a> {
    root: OwnedFd,
    plan: &'a Plan,
    meter: &'a watch::Sender<CopyProgress>,
    report: CopyReport,
    /// The folder that was used last: entries come folder by folder.
    last: Option<(Vec<Vec<u8>>, OwnedFd)>,
    /// The names that lead to the last of `made`.
    chain: Vec<Vec<u8>>,
    /// Folders that were made and not left yet, each in the one before it.
    made: Vec<Made>,
    /// Files that this archive brought, by device and inode.
    brought: HashSet<(u64, u64)>,
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
        chain: Vec::new(),
        made: Vec::new(),
        brought: HashSet::new(),
    };
    let mut guarded = Guarded::new(archive);
    let mut entries = 0u64;
    let taken = guarded.each(|entry| {
        entries += 1;
        unpacker.take(entry).map(|()| true)
    });
    let read = taken.and_then(|_| guarded.drain());
    unpacker.leave(None);
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
        self.leave(Some(&path));
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
            Ok(()) => {}
            Err(Refused::Entry(why)) => self.report.refuse(&raw, why),
            Err(Refused::All(error)) => return Err(error),
        }
        self.pass_over(entry)
    }

    /// Reads what was not wanted of an entry: it comes all the same, and that is seen.
    fn pass_over<R: Read>(&self, entry: &mut tar::Entry<'_, R>) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match entry.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.meter.send_modify(|progress| progress.bytes += count as u64),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
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
            if self.plan.fresh && self.made.is_empty() {
                self.made.push(Made { depth: 0, head: Some(head(header)) });
            }
            return Ok(());
        };
        let above = self.parent(above)?;
        match rustix::fs::mkdirat(&above, name.as_slice(), Mode::RWXU) {
            Ok(()) => self.entered(path, Some(head(header))),
            Err(Errno::EXIST) => {
                // One that was made on the way to something in it, before its own turn.
                let made = self.made.iter_mut().find(|made| made.depth == path.len() && self.chain.starts_with(&path));
                if let Some(made) = made {
                    made.head = Some(head(header));
                    return Ok(());
                }
                match look(&above, name).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
                    // What is there already keeps its own permissions.
                    Ok(FileType::Directory) => {}
                    Ok(_) => return refuse("a file or link stands where a folder should be"),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A folder was made, in the last one that was not left.
    fn entered(&mut self, path: Vec<Vec<u8>>, head: Option<Head>) {
        self.made.push(Made { depth: path.len(), head });
        self.chain = path;
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
        let make = |name: &[u8]| rustix::fs::openat(&above, name, flags, Mode::RUSR | Mode::WUSR);
        let (part, made) = Part::make(&above, make)?;
        let mut file = std::fs::File::from(made);
        let size = entry.size();
        let bytes = self.pour(entry, &mut file)?;
        if bytes != size {
            return Err(Refused::All(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends in the middle")));
        }
        self.report.stripped += u64::from(of.mode & 0o6000 != 0);
        self.give(of, |uid, gid| rustix::fs::fchown(&file, uid, gid))?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(of.mode & PERMISSIONS))?;
        rustix::fs::futimens(&file, &times(of.modified))?;
        let stat = rustix::fs::fstat(&file)?;
        part.becomes(name, self.plan.overwrite).map_err(taken)?;
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
        let (part, ()) = Part::make(&above, |name| rustix::fs::symlinkat(target, &above, name))?;
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        self.give(of, |uid, gid| rustix::fs::chownat(&above, part.name.as_slice(), uid, gid, flags))?;
        rustix::fs::utimensat(&above, part.name.as_slice(), &times(of.modified), AtFlags::SYMLINK_NOFOLLOW)?;
        part.becomes(name, self.plan.overwrite).map_err(taken)?;
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
        let make = |name: &[u8]| rustix::fs::linkat(&from, known.as_slice(), &above, name, AtFlags::empty());
        let (part, ()) = Part::make(&above, make)?;
        part.becomes(name, self.plan.overwrite).map_err(taken)?;
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

    /// Gives its owner to what was made. Some file systems know none, and some numbers mean nobody here: it is kept all the same.
    fn give(
        &mut self,
        of: Head,
        give: impl FnOnce(Option<Uid>, Option<Gid>) -> Result<(), Errno>,
    ) -> Result<(), Refused> {
        if !self.plan.owners {
            return Ok(());
        }
        let given = of.owner.map(|(uid, gid)| give(Some(uid), Some(gid)));
        match given {
            Some(Ok(())) => {}
            None | Some(Err(Errno::PERM | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::OVERFLOW)) => {
                self.report.ownerless += 1;
            }
            Some(Err(error)) => return Err(error.into()),
        }
        Ok(())
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
                    self.entered(path[..=depth].to_vec(), None);
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

    /// Gives folders that are left their permissions, owners and times, the innermost first: those on whose way the next entry
    /// does not lie, or all. Archives come folder by folder; one that comes back finds a folder that was there already.
    fn leave(&mut self, next: Option<&[Vec<u8>]>) {
        while let Some(made) = self.made.last() {
            let on_the_way = |next: &[Vec<u8>]| {
                next.len() >= made.depth && self.chain.iter().take(made.depth).eq(next.iter().take(made.depth))
            };
            if next.is_some_and(on_the_way) {
                return;
            }
            let Some(Made { depth, head }) = self.made.pop() else { return };
            self.chain.truncate(depth);
            if let Some(head) = head {
                self.finish(head);
            }
        }
    }

    /// Finishes the folder that the chain leads to.
    fn finish(&mut self, head: Head) {
        let path = std::mem::take(&mut self.chain);
        let done = self.open(&path, false).and_then(|folder| {
            self.give(head, |uid, gid| rustix::fs::fchown(&folder, uid, gid))?;
            rustix::fs::fchmod(&folder, Mode::from_raw_mode(head.mode & PERMISSIONS))?;
            rustix::fs::futimens(&folder, &times(head.modified))?;
            Ok(())
        });
        if let Err(Refused::Entry(why)) = done {
            self.report.refuse(&path.join(&b'/'), why);
        }
        self.chain = path;
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

/// A name could not be given.
fn taken(error: Errno) -> Refused {
    match error {
        Errno::EXIST => Refused::Entry(Refusal::Exists),
        error => error.into(),
    }
}

fn look(folder: &OwnedFd, name: &[u8]) -> Result<Stat, Errno> {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn head(header: &tar::Header) -> Head {
    // The highest number means nobody: asked for, it would change nothing.
    let number = |read: io::Result<u64>| {
        read.ok().and_then(|number| u32::try_from(number).ok()).filter(|number| *number != u32::MAX)
    };
    Head {
        mode: header.mode().unwrap_or(0o600),
        owner: number(header.uid()).map(Uid::from_raw).zip(number(header.gid()).map(Gid::from_raw)),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacker<'a>(plan: &'a Plan, meter: &'a watch::Sender<CopyProgress>, root: &Path) -> Unpacker<'a> {
        let root = rustix::fs::open(root, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let report = CopyReport::default();
        Unpacker { root, plan, meter, report, last: None, chain: Vec::new(), made: Vec::new(), brought: HashSet::new() }
    }

    #[test]
    fn what_cannot_get_its_owner_is_kept_and_counted() {
        let plan = Plan { name: None, overwrite: false, owners: true, fresh: false };
        let (meter, _seen) = watch::channel(CopyProgress::default());
        let scratch = tempfile::tempdir().unwrap();
        let mut unpacker = unpacker(&plan, &meter, scratch.path());
        let of = Head { mode: 0o644, owner: Some((Uid::from_raw(7), Gid::from_raw(8))), modified: 0 };
        for error in [Errno::PERM, Errno::INVAL, Errno::OPNOTSUPP] {
            assert!(unpacker.give(of, |_, _| Err(error)).is_ok(), "{error}");
        }
        assert!(
            unpacker
                .give(of, |uid, gid| if uid == Some(Uid::from_raw(7)) && gid == Some(Gid::from_raw(8)) {
                    Ok(())
                } else {
                    Err(Errno::IO)
                })
                .is_ok()
        );
        assert_eq!(unpacker.report.ownerless, 3);
        assert!(unpacker.give(of, |_, _| Err(Errno::IO)).is_err());
        let nobody = Head { owner: None, ..of };
        assert!(unpacker.give(nobody, |_, _| panic!("no owner is known")).is_ok());
        assert_eq!(unpacker.report.ownerless, 4);
    }

    #[test]
    fn an_owner_that_cannot_be_read_is_not_the_administrator() {
        let mut header = tar::Header::new_ustar();
        header.set_uid(33);
        header.set_gid(44);
        assert_eq!(head(&header).owner, Some((Uid::from_raw(33), Gid::from_raw(44))));
        header.as_old_mut().uid = *b"nonsense";
        assert_eq!(head(&header).owner, None);
        for many in [u64::from(u32::MAX), u64::from(u32::MAX) + 1] {
            header.set_uid(many);
            assert_eq!(head(&header).owner, None, "{many}");
        }
    }

    #[test]
    fn a_folder_is_finished_as_soon_as_the_archive_leaves_it() {
        let plan = Plan { name: None, overwrite: false, owners: false, fresh: false };
        let (meter, _seen) = watch::channel(CopyProgress::default());
        let scratch = tempfile::tempdir().unwrap();
        let mut tar = tar::Builder::new(Vec::new());
        for name in ["a/", "a/b/", "a/b/c/", "d/", "e/f/g/", "e/f/", "h/"] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o711);
            header.set_size(0);
            tar.append_data(&mut header, name, io::empty()).unwrap();
        }
        let archive = tar.into_inner().unwrap();
        let mut unpacker = unpacker(&plan, &meter, scratch.path());
        let mut waiting = Vec::new();
        Guarded::new(archive.as_slice())
            .each(|entry| {
                unpacker.take(entry)?;
                waiting.push(unpacker.made.len());
                Ok(true)
            })
            .unwrap();
        assert_eq!(waiting, [1, 2, 3, 1, 3, 2, 1]);
        unpacker.leave(None);
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| scratch.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
        for name in ["a", "a/b", "a/b/c", "d", "e/f", "e/f/g", "h"] {
            assert_eq!(mode(name), 0o711, "{name}");
        }
        assert_eq!(mode("e"), 0o700, "of which the archive says nothing");
    }
}
