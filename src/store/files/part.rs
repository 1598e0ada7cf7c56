//! A file or link that is not whole yet: it has a name that nobody else has, and is removed when it never becomes whole.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, RenameFlags};
use rustix::io::Errno;
use std::hash::{BuildHasher, RandomState};

/// Names that are tried.
const TRIES: usize = 100;

/// Removed when it is dropped before it is whole.
pub struct Part<'a> {
    folder: BorrowedFd<'a>,
    /// The name that it has until then.
    pub name: Vec<u8>,
    whole: bool,
}

impl<'a> Part<'a> {
    /// Makes one under a name of its own: another copy into the same folder may do the same at this moment.
    pub fn make<T>(folder: &'a OwnedFd, make: impl FnMut(&[u8]) -> Result<T, Errno>) -> Result<(Part<'a>, T), Errno> {
        Part::named(folder, name, make)
    }

    fn named<T>(
        folder: &'a OwnedFd,
        name: impl Fn() -> Vec<u8>,
        mut make: impl FnMut(&[u8]) -> Result<T, Errno>,
    ) -> Result<(Part<'a>, T), Errno> {
        for _ in 0..TRIES {
            let name = name();
            match make(&name) {
                Ok(made) => return Ok((Part { folder: folder.as_fd(), name, whole: false }, made)),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Errno::EXIST)
    }

    /// It gets its name. Unless it may replace what is there, a name that is taken is an error.
    pub fn becomes(mut self, name: &[u8], overwrite: bool) -> Result<(), Errno> {
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
        self.whole = done.is_ok();
        done
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

/// The keys of the hashing are random.
fn name() -> Vec<u8> {
    let random = || RandomState::new().hash_one(std::process::id());
    format!(".bowline-part-{:016x}{:016x}", random(), random()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{Mode, OFlags};
    use std::cell::Cell;

    #[test]
    fn copies_into_one_folder_do_not_take_each_others_names() {
        let scratch = tempfile::tempdir().unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = rustix::fs::open(scratch.path(), flags, Mode::empty()).unwrap();
        let make = |name: &[u8]| {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
            rustix::fs::openat(&folder, name, flags, Mode::RUSR)
        };
        assert_ne!(name(), name());
        let count = Cell::new(0);
        let names = || {
            count.set(count.get() + 1);
            format!("part-{}", count.get() / 2).into_bytes()
        };
        // Each name but the first comes twice: what is taken already is tried again under another.
        let parts: Vec<_> = (0..4).map(|_| Part::named(&folder, names, make).unwrap().0).collect();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 4);
        for (index, part) in parts.into_iter().enumerate() {
            let taken = part.becomes(b"mine", false);
            assert_eq!(taken.is_ok(), index == 0, "{taken:?}");
        }
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1, "no part is left");
    }
}
