//! An archive from a container, unpacked into a folder of this machine. Everything in it is hostile.
//!
//! What holds, whatever the archive says:
//! - Nothing is made, changed or read outside the folder. Each folder on the way is opened by itself and never through a link,
//!   so that neither a link of the archive nor one that stood there before leads elsewhere.
//! - A symbolic link is made only if it leads to something inside: no absolute target, and `..` only at its beginning and only
//!   so far as the folder reaches. (`..` behind a name would go up from wherever that name leads.)
//! - A hard link is made only to a file that this same archive brought.
//! - Devices, pipes and sockets are never made; files lose what gives power (set-user-id, set-group-id, capabilities), and that is
//!   told. Folders keep their sticky and set-group-id bits where whoever copies may set them.
//! - Nothing that is there already is replaced, unless that was asked for; then only files and links are, by others of them.
//! - A file appears under its name when it is whole: before, it has another, and is removed if it never becomes whole.
//! - A long name or a wrong size costs no more memory than an honest one, nor does a deep folder; a hole stays a hole.
//! - An archive that ends without its end mark was cut, also between two entries.

use super::tar_reader::{ATTRIBUTE, Content, Member, Members};
use super::walk::{self, enter};
use crate::model::{CopyProgress, CopyReport, Problem, Refusal};
use crate::persist::partial_file::{NewFile, PartialFile};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, RawMode, Stat, Timespec, Timestamps, Uid};
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use tokio::sync::watch;

/// What Docker 20.10 gives for a path whose last name is not UTF-8, though it knows that there is something.
pub const EMPTY: &str = "the engine's archive of it is empty";
/// The hint for that case.
pub const COPY_FOLDER: &str = "some engines do not find names that are not UTF-8: copy its folder";
/// Bytes copied at once.
const PIECE: usize = 128 * 1024;
/// The deepest folder.
const DEEPEST: usize = 1000;

/// What stays of a file's permissions: no set-user-id, no set-group-id.
const OF_FILES: u32 = 0o1777;
/// What stays of a folder's: its set-group-id bit gives nobody any power.
const OF_FOLDERS: u32 = 0o3777;
/// All of them.
const PERMISSIONS: u32 = 0o7777;

/// The target of an archive.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What an archive of one file is to be called; none = what it holds keeps its names.
    pub name: Option<Vec<u8>>,
    /// True if existing files are replaced.
    pub overwrite: bool,
    /// Owners are kept: only the system's administrator can.
    pub owners: bool,
    /// The folder was made for this archive: it gets the permissions and the time that the archive says.
    pub fresh: bool,
}

/// A folder that was made, to get its permissions and times once the archive leaves it.
struct Made {
    /// How many names of the current folder lead to it.
    depth: usize,
    /// None while it was made only on the way to something in it.
    head: Option<Head>,
}

/// The header of an entry.
#[derive(Debug, Clone, Copy)]
struct Head {
    mode: u32,
    /// Whose it is; none where the archive tells no numbers.
    owner: Option<(Uid, Gid)>,
    /// Seconds since 1970, and nanoseconds more.
    modified: (i64, u32),
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
    let read = unpacker.all(Members::new(archive));
    unpacker.leave(None);
    let mut report = unpacker.report;
    match read {
        Ok(0) => report.broken = Some(Problem::new("copy", EMPTY, COPY_FOLDER)),
        Ok(_) => {}
        Err(error) => {
            let mend = "files copied so far are kept; copy again to continue";
            report.broken = Some(Problem::new("copy", error.to_string(), mend));
        }
    }
    report
}

impl Unpacker<'_> {
    /// Takes all members in, and counts them.
    fn all<R: Read>(&mut self, mut members: Members<R>) -> io::Result<u64> {
        let mut count = 0;
        while let Some((member, mut content)) = members.next()? {
            count += 1;
            self.take(&member, &mut content)?;
        }
        members.drain().map(|()| count)
    }

    /// Takes a member in. An error ends it all; what concerns this one alone is reported.
    fn take<R: Read>(&mut self, member: &Member, content: &mut Content<'_, R>) -> io::Result<()> {
        use tar::EntryType as Type;
        self.meter.send_modify(|progress| progress.current.clone_from(&member.path));
        let path = match self.place(&member.path) {
            Ok(path) => path,
            Err(why) => {
                self.report.refuse(&member.path, Refusal::Unsafe(why));
                return Ok(());
            }
        };
        self.leave(Some(&path));
        let done = match member.kind {
            Type::Directory => self.folder(path, member),
            Type::Regular => self.file(&path, member, content),
            Type::Symlink => self.symlink(&path, &member.link, head(member)),
            Type::Link => self.hard_link(&path, &member.link),
            Type::Char | Type::Block => refuse("a device"),
            Type::Fifo => refuse("a named pipe"),
            _ => refuse("of an unknown kind"),
        };
        match done {
            Ok(()) => {}
            Err(Refused::Entry(why)) => self.report.refuse(&member.path, why),
            Err(Refused::All(error)) => return Err(error),
        }
        self.pass_over(content)
    }

    /// Reads what was not wanted of a member: it comes all the same, and that is seen. Its holes do not come.
    fn pass_over<R: Read>(&self, content: &mut Content<'_, R>) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            while content.hole() > 0 {}
            match content.read(&mut buffer) {
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
                return Err("not the requested file");
            }
            path = vec![name.clone()];
        }
        Ok(path)
    }

    fn folder(&mut self, path: Vec<Vec<u8>>, member: &Member) -> Result<(), Refused> {
        let Some((name, above)) = path.split_last() else {
            if self.plan.fresh && self.made.is_empty() {
                self.made.push(Made { depth: 0, head: Some(head(member)) });
            }
            return Ok(());
        };
        let above = self.parent(above)?;
        match rustix::fs::mkdirat(&above, name.as_slice(), Mode::RWXU) {
            Ok(()) => self.entered(path, Some(head(member))),
            Err(Errno::EXIST) => {
                // One that was made on the way to something in it, before its own turn.
                let made = self.made.iter_mut().find(|made| made.depth == path.len() && self.chain.starts_with(&path));
                if let Some(made) = made {
                    made.head = Some(head(member));
                    return Ok(());
                }
                match look(&above, name).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
                    // What is there already keeps its own permissions.
                    Ok(FileType::Directory) => {}
                    Ok(_) => return refuse("a file or link where a folder should be"),
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

    fn file<R: Read>(
        &mut self,
        path: &[Vec<u8>],
        member: &Member,
        content: &mut Content<'_, R>,
    ) -> Result<(), Refused> {
        let Some((name, above)) = path.split_last() else { return refuse("it has no name") };
        let above = self.parent(above)?;
        let of = head(member);
        if let Ok(there) = look(&above, name) {
            let same = FileType::from_raw_mode(there.st_mode) == FileType::RegularFile
                && u64::try_from(there.st_size) == Ok(member.size)
                && there.st_mtime == of.modified.0;
            if same && !self.plan.overwrite {
                // Hard links to it are made as an earlier copy would have.
                self.brought.insert(walk::identity(&there));
                self.report.same += 1;
                return Ok(());
            }
            self.replaceable(&there)?;
        }
        let new = NewFile::begin(&above)?;
        let file = new.file();
        let bytes = self.pour(content, file)?;
        self.give(of, |uid, gid| rustix::fs::fchown(file, uid, gid))?;
        let kept = permit(file, of.mode, OF_FILES)?;
        self.report.stripped += u64::from(!kept || member.records.all().any(|(key, _)| key.starts_with(ATTRIBUTE)));
        rustix::fs::futimens(file, &times(of.modified))?;
        let stat = rustix::fs::fstat(file)?;
        new.becomes(name, self.plan.overwrite).map_err(taken)?;
        self.brought.insert(walk::identity(&stat));
        self.report.files += 1;
        self.report.bytes += bytes;
        self.meter.send_modify(|progress| progress.files += 1);
        Ok(())
    }

    /// Copies what a member holds; its holes stay holes. A source that breaks ends it all, a target that is full does not: it is
    /// told.
    fn pour<R: Read>(&self, content: &mut Content<'_, R>, mut file: &std::fs::File) -> Result<u64, Refused> {
        let mut buffer = vec![0; PIECE];
        let mut bytes = 0;
        loop {
            let hole = content.hole();
            if hole > 0 {
                bytes += hole;
                file.set_len(bytes).and_then(|()| file.seek(SeekFrom::Start(bytes))).map_err(unwritten)?;
                continue;
            }
            let count = match content.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Refused::All(error)),
            };
            file.write_all(&buffer[..count]).map_err(unwritten)?;
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
        let (part, ()) = PartialFile::make(&above, |above, name| rustix::fs::symlinkat(target, above, name))?;
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
            return refuse("not the requested file");
        }
        let target = inside(target)
            .map_err(|_| Refused::Entry(Refusal::Unsafe("a hard link that points outside the folder")))?;
        let Some((known, known_above)) = target.split_last() else { return refuse("a hard link to a folder") };
        let from = self.open(known_above, false)?;
        let Ok(stat) = look(&from, known) else { return refuse("a hard link to a file that was not copied") };
        if !self.brought.contains(&walk::identity(&stat)) {
            return refuse("a hard link to a file that was not copied");
        }
        let above = self.parent(above)?;
        if let Ok(there) = look(&above, name) {
            if walk::identity(&there) == walk::identity(&stat) {
                self.report.same += 1;
                return Ok(());
            }
            self.replaceable(&there)?;
        }
        let make = |above: &_, name: &[u8]| rustix::fs::linkat(&from, known.as_slice(), above, name, AtFlags::empty());
        let (part, ()) = PartialFile::make(&above, make)?;
        part.becomes(name, self.plan.overwrite).map_err(taken)?;
        self.report.files += 1;
        self.meter.send_modify(|progress| progress.files += 1);
        Ok(())
    }

    fn replaceable(&self, there: &Stat) -> Result<(), Refused> {
        match FileType::from_raw_mode(there.st_mode) {
            FileType::Directory => refuse("a folder is there"),
            FileType::RegularFile | FileType::Symlink if self.plan.overwrite => Ok(()),
            FileType::RegularFile | FileType::Symlink => Err(Refused::Entry(Refusal::Exists)),
            _ => refuse("a device, pipe or socket is there"),
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
                Err(Errno::LOOP | Errno::NOTDIR) => return refuse("a file or link is in the way"),
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
            let kept = permit(&folder, head.mode, OF_FOLDERS)?;
            self.report.stripped += u64::from(!kept);
            rustix::fs::futimens(&folder, &times(head.modified))?;
            Ok(())
        });
        if let Err(Refused::Entry(why)) = done {
            self.report.refuse(&path.join(&b'/'), why);
        }
        self.chain = path;
    }
}

/// The reason why an entry was not created.
enum Refused {
    /// Only this entry is refused.
    Entry(Refusal),
    /// The whole copy cannot go on.
    All(io::Error),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        unwritten(error.into())
    }
}

/// Where there is no room for this, there is none for anything else.
fn unwritten(error: io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refused::All(error),
        _ => Refused::Entry(failed(&error)),
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

fn head(member: &Member) -> Head {
    // The highest number means nobody: asked for, it would change nothing.
    let number = |told: Option<u64>| told.and_then(|number| u32::try_from(number).ok()).filter(|one| *one != u32::MAX);
    Head {
        mode: member.mode.unwrap_or(0o600),
        owner: number(member.uid).map(Uid::from_raw).zip(number(member.gid).map(Gid::from_raw)),
        modified: member.modified.unwrap_or_default(),
    }
}

/// Gives permissions, as far as those may be given. False if some that were wanted are not there.
fn permit(to: impl AsFd, wanted: u32, may_be: u32) -> Result<bool, Errno> {
    rustix::fs::fchmod(&to, Mode::from_raw_mode((wanted & may_be) as RawMode))?;
    // The kernel may leave out what is not for everybody to give.
    let given = walk::mode(&rustix::fs::fstat(&to)?) & PERMISSIONS;
    Ok(wanted & PERMISSIONS & !given == 0)
}

/// The time of access is now.
fn times((seconds, nanos): (i64, u32)) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        last_modification: Timespec { tv_sec: seconds, tv_nsec: nanos.into() },
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
            b".." => return Err("a path that leads outside the folder"),
            name if name.contains(&0) => return Err("an invalid file name"),
            name => path.push(name.to_vec()),
        }
    }
    if path.len() > DEEPEST { Err("too deep") } else { Ok(path) }
}

/// Whether a link that stands so many folders deep stays inside.
fn leads_inside(depth: usize, target: &[u8]) -> Result<(), &'static str> {
    if target.is_empty() || target.contains(&0) {
        return Err("a link without a target");
    }
    if target.first() == Some(&b'/') {
        return Err("a link to an absolute path");
    }
    let (mut up, mut down) = (0, false);
    for name in target.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." if down => return Err("a link with .. after a name"),
            b".." => up += 1,
            _ => down = true,
        }
    }
    if up > depth { Err("a link that points outside the folder") } else { Ok(()) }
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
        let of = Head { mode: 0o644, owner: Some((Uid::from_raw(7), Gid::from_raw(8))), modified: (0, 0) };
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
        header.set_size(0);
        header.set_uid(33);
        header.set_gid(44);
        let told = |header: &tar::Header| {
            let mut header = header.clone();
            header.set_cksum();
            let mut members = Members::new(header.as_bytes().as_slice());
            head(&members.next().unwrap().unwrap().0).owner
        };
        assert_eq!(told(&header), Some((Uid::from_raw(33), Gid::from_raw(44))));
        header.as_old_mut().uid = *b"nonsense";
        assert_eq!(told(&header), None);
        for many in [u64::from(u32::MAX), u64::from(u32::MAX) + 1] {
            header.set_uid(many);
            assert_eq!(told(&header), None, "{many}");
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
        let mut members = Members::new(archive.as_slice());
        while let Some((member, mut content)) = members.next().unwrap() {
            unpacker.take(&member, &mut content).unwrap();
            waiting.push(unpacker.made.len());
        }
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
