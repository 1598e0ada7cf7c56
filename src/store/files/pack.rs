//! Files of this machine as an archive for an instance: never compressed (an engine would run the host's own tools on what a
//! container may have put there), links as links, owners, permissions and times as they are here.

use super::unpack::bytes_of;
use crate::model::{CopyProgress, CopyReport, FileEntry, Refusal};
use rustix::fs::OFlags;
use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tokio::sync::watch;

/// What becomes an archive.
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
    let look = |path: &Path, follow: bool| if follow { path.metadata() } else { path.symlink_metadata() };
    let mut waiting = vec![path.to_path_buf()];
    let mut bytes = 0;
    let mut first = true;
    while let Some(path) = waiting.pop() {
        let follows = follow && std::mem::take(&mut first);
        let Ok(metadata) = look(&path, follows) else { continue };
        if metadata.is_file() {
            bytes += metadata.len();
        } else if metadata.is_dir()
            && let Ok(inside) = std::fs::read_dir(&path)
        {
            waiting.extend(inside.flatten().map(|entry| entry.path()));
        }
    }
    bytes
}

/// Writes the archive.
///
/// # Errors
/// When nobody takes it any more. What cannot be read is in the report.
pub fn pack(plan: &Plan, to: &mut impl Write, meter: &watch::Sender<CopyProgress>) -> io::Result<CopyReport> {
    let mut packer = Packer { builder: tar::Builder::new(to), meter, report: CopyReport::default(), plan };
    match &plan.name {
        Some(name) => packer.add(plan.from.clone(), name.clone(), plan.follow)?,
        None => packer.inside(&plan.from, &[])?.into_iter().try_for_each(|(path, name)| {
            if plan.without.contains(&name) {
                return Ok(());
            }
            packer.add(path, name, false)
        })?,
    }
    let Packer { builder, report, .. } = packer;
    builder.into_inner()?.flush()?;
    Ok(report)
}

struct Packer<'a, W: Write> {
    builder: tar::Builder<&'a mut W>,
    meter: &'a watch::Sender<CopyProgress>,
    report: CopyReport,
    plan: &'a Plan,
}

impl<W: Write> Packer<'_, W> {
    /// Adds a file, a link, or a folder with all that it holds.
    fn add(&mut self, path: PathBuf, name: Vec<u8>, follow: bool) -> io::Result<()> {
        let mut waiting = vec![(path, name)];
        let mut follow = follow;
        while let Some((path, name)) = waiting.pop() {
            let follows = std::mem::take(&mut follow);
            self.meter.send_modify(|progress| progress.current.clone_from(&name));
            let metadata = if follows { path.metadata() } else { path.symlink_metadata() };
            let kind = metadata.as_ref().map(Metadata::file_type);
            let done = match (&metadata, kind) {
                (Ok(metadata), Ok(kind)) if kind.is_dir() => {
                    let done = self.folder(&name, metadata);
                    let mut inside = self.inside(&path, &name)?;
                    // The last is taken first.
                    inside.reverse();
                    waiting.extend(inside);
                    done
                }
                (Ok(metadata), Ok(kind)) if kind.is_symlink() => self.link(&path, &name, metadata),
                (Ok(_), Ok(kind)) if kind.is_file() => self.file(&path, &name, follows),
                (Ok(_), Ok(kind)) if kind.is_fifo() => self.refuse(&name, Refusal::Unsafe("a named pipe")),
                (Ok(_), Ok(kind)) if kind.is_socket() => self.refuse(&name, Refusal::Unsafe("a socket")),
                (Ok(_), Ok(_)) => self.refuse(&name, Refusal::Unsafe("a device")),
                (Err(error), _) | (_, Err(error)) => self.refuse(&name, Refusal::Failed(error.to_string())),
            };
            done?;
        }
        Ok(())
    }

    /// What a folder holds, in the order of names.
    fn inside(&mut self, path: &Path, name: &[u8]) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
        let read = std::fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let entries = match read {
            Ok(entries) => entries,
            Err(error) => {
                self.refuse(if name.is_empty() { bytes_of(path) } else { name }, Refusal::Failed(error.to_string()))?;
                return Ok(Vec::new());
            }
        };
        let below = |entry: &std::fs::DirEntry| {
            let own = entry.file_name();
            if name.is_empty() { own.as_bytes().to_vec() } else { [name, b"/", own.as_bytes()].concat() }
        };
        let mut inside: Vec<_> = entries.iter().map(|entry| (entry.path(), below(entry))).collect();
        inside.sort();
        Ok(inside)
    }

    fn refuse(&mut self, name: &[u8], why: Refusal) -> io::Result<()> {
        self.report.refuse(name, why);
        Ok(())
    }

    fn header(&self, kind: tar::EntryType, metadata: &Metadata) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        let like = self.plan.like.as_ref();
        header.set_mode(like.map_or(metadata.mode() & 0o7777, |like| like.mode));
        header.set_uid(like.map_or(u64::from(metadata.uid()), |like| like.uid));
        header.set_gid(like.map_or(u64::from(metadata.gid()), |like| like.gid));
        header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
        header.set_size(0);
        header
    }

    fn folder(&mut self, name: &[u8], metadata: &Metadata) -> io::Result<()> {
        let mut header = self.header(tar::EntryType::Directory, metadata);
        let path = [name, b"/"].concat();
        self.builder.append_data(&mut header, super::unpack::path_of(&path), io::empty())
    }

    fn link(&mut self, path: &Path, name: &[u8], metadata: &Metadata) -> io::Result<()> {
        let target = match std::fs::read_link(path) {
            Ok(target) => target,
            Err(error) => return self.refuse(name, Refusal::Failed(error.to_string())),
        };
        let mut header = self.header(tar::EntryType::Symlink, metadata);
        self.builder.append_link(&mut header, super::unpack::path_of(name), target)?;
        self.done();
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &[u8], follow: bool) -> io::Result<()> {
        // It may have become something else just now: neither a link is followed then, nor is a pipe waited for.
        let mut flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        let opened = std::fs::OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
        let (file, metadata) = match opened.and_then(|file| file.metadata().map(|metadata| (file, metadata))) {
            Ok((file, metadata)) if metadata.is_file() => (file, metadata),
            Ok(_) => return self.refuse(name, Refusal::Failed("it has become something else".into())),
            Err(error) => return self.refuse(name, Refusal::Failed(error.to_string())),
        };
        let mut header = self.header(tar::EntryType::Regular, &metadata);
        header.set_size(metadata.len());
        let mut content = Exactly { file, left: metadata.len(), meter: self.meter, short: None };
        self.builder.append_data(&mut header, super::unpack::path_of(name), &mut content)?;
        match content.short {
            Some(why) => self.refuse(name, Refusal::Failed(why)),
            None => {
                self.report.bytes += metadata.len();
                self.done();
                Ok(())
            }
        }
    }

    fn done(&mut self) {
        self.report.files += 1;
        self.meter.send_modify(|progress| progress.files += 1);
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
                Ok(0) => {
                    self.short = Some("it became shorter while it was copied: the rest is filled with zeros".into())
                }
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
