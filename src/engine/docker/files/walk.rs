//! A file or folder of this machine and what lies below it, looked at name by name: each folder on the way is opened by itself and
//! never through a link. Somebody may put a link in the place of a folder at any time; what it leads to is never read.
//!
//! Only the path that the user has written is taken as it is.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The deepest folder.
const DEEPEST: usize = 1000;

/// What stands for the top: its path in what follows is empty.
pub struct Walk {
    top: PathBuf,
    /// If the top is a link, what it leads to is meant.
    follow: bool,
    /// The top, once it was opened as a folder: it stays this one, whatever gets its name.
    opened: Option<OwnedFd>,
    /// The folder that was used last: names come folder by folder.
    last: Option<(Vec<u8>, OwnedFd)>,
}

impl Walk {
    /// A walk that has not opened anything yet.
    pub fn new(top: &Path, follow: bool) -> Walk {
        Walk { top: top.to_path_buf(), follow, opened: None, last: None }
    }

    /// Reads the metadata of a name.
    pub fn stat(&mut self, path: &[u8]) -> Result<Stat, Errno> {
        if path.is_empty() {
            let flags = if self.follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
            return rustix::fs::statat(CWD, &self.top, flags);
        }
        let (folder, name) = parts(path);
        rustix::fs::statat(self.folder(folder)?, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// The names in a folder, in their order.
    pub fn names(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, Errno> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.folder(path)?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_vec());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Opens what should be a file. It may have become something else just now: no link is followed then, no pipe waited for.
    pub fn file(&mut self, path: &[u8]) -> Result<File, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = if path.is_empty() {
            let last = if self.follow { OFlags::empty() } else { OFlags::NOFOLLOW };
            rustix::fs::openat(CWD, &self.top, flags | last, Mode::empty())?
        } else {
            let (folder, name) = parts(path);
            rustix::fs::openat(self.folder(folder)?, name, flags | OFlags::NOFOLLOW, Mode::empty())?
        };
        Ok(File::from(opened))
    }

    /// Reads the target of a link.
    pub fn link(&mut self, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let target = if path.is_empty() {
            rustix::fs::readlinkat(CWD, &self.top, Vec::new())?
        } else {
            let (folder, name) = parts(path);
            rustix::fs::readlinkat(self.folder(folder)?, name, Vec::new())?
        };
        Ok(target.into_bytes())
    }

    fn folder(&mut self, path: &[u8]) -> Result<&OwnedFd, Errno> {
        if self.opened.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let last = if self.follow { OFlags::empty() } else { OFlags::NOFOLLOW };
            self.opened = Some(rustix::fs::openat(CWD, &self.top, flags | last, Mode::empty())?);
        }
        // It was put there just now.
        let Some(top) = &self.opened else { return Err(Errno::BADF) };
        if path.is_empty() {
            return Ok(top);
        }
        if self.last.as_ref().is_none_or(|(known, _)| known != path) {
            let mut names = path.split(|byte| *byte == b'/');
            if names.clone().count() > DEEPEST {
                return Err(Errno::NAMETOOLONG);
            }
            // A path has a first name.
            let Some(first) = names.next() else { return Ok(top) };
            let mut folder = enter(top, first)?;
            for name in names {
                folder = enter(&folder, name)?;
            }
            self.last = Some((path.to_vec(), folder));
        }
        self.last.as_ref().map(|(_, folder)| folder).ok_or(Errno::BADF)
    }
}

/// A folder in a folder, if it is one itself.
pub fn enter(folder: &OwnedFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, Mode::empty())
}

/// The kind of file.
pub fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// The mode of a file. It has 16 bits on macOS.
#[allow(clippy::unnecessary_cast, reason = "its type depends on the system")]
pub fn mode(stat: &Stat) -> u32 {
    stat.st_mode as u32
}

/// What makes a file the same as another: its device, and its number there.
#[allow(clippy::unnecessary_cast, reason = "their types depend on the system")]
pub fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev as u64, stat.st_ino as u64)
}

/// The number of hard links of a file.
#[allow(clippy::unnecessary_cast, reason = "its type depends on the system")]
pub fn links(stat: &Stat) -> u64 {
    stat.st_nlink as u64
}

/// The folder of a path, and its last name.
fn parts(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

/// A name below a path.
pub fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_takes_a_folders_place_is_never_gone_through() {
        let scratch = tempfile::tempdir().unwrap();
        let (root, outside) = (scratch.path().join("root"), scratch.path().join("outside"));
        std::fs::create_dir_all(root.join("sub/deep")).unwrap();
        std::fs::create_dir_all(outside.join("deep")).unwrap();
        std::fs::write(outside.join("secret"), "x").unwrap();
        symlink("secret", outside.join("link")).unwrap();
        let mut walk = Walk::new(&root, false);
        assert_eq!(walk.names(b"").unwrap(), [b"sub"]);
        std::fs::rename(root.join("sub"), scratch.path().join("away")).unwrap();
        symlink(&outside, root.join("sub")).unwrap();
        assert!(walk.names(b"sub").is_err() && walk.names(b"sub/deep").is_err());
        assert!(walk.file(b"sub/secret").is_err() && walk.file(b"sub").is_err());
        assert!(walk.stat(b"sub/secret").is_err() && walk.link(b"sub/link").is_err());
        assert_eq!(walk.link(b"sub").unwrap(), outside.as_os_str().as_encoded_bytes(), "a link is one by itself");
        // Also the top stays what it was when it was opened.
        std::fs::rename(&root, scratch.path().join("gone")).unwrap();
        symlink(&outside, &root).unwrap();
        assert!(walk.file(b"secret").is_err());
        assert!(Walk::new(&root, false).names(b"").is_err());
        assert_eq!(Walk::new(&root, true).names(b"").unwrap().len(), 3, "unless it is meant");
    }
}
