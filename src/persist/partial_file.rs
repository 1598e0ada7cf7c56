//! A file or link that is not whole yet: it has no name, or one that nobody else has, and is gone when it never becomes whole.

use rustix::fd::AsFd;
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::AsRawFd;

/// Makes a file without a name of a folder that is opened for writing. Systems that cannot refuse to open one so.
#[cfg(target_os = "linux")]
const NAMELESS: OFlags = OFlags::TMPFILE;
#[cfg(not(target_os = "linux"))]
const NAMELESS: OFlags = OFlags::empty();

/// Names that are tried.
const TRIES: usize = 100;

/// A link, or a file where none can be without a name. Removed when it is dropped before it is whole.
#[derive(Debug)]
pub struct PartialFile<F: AsFd> {
    folder: F,
    /// The name that it has until then.
    pub name: Vec<u8>,
    whole: bool,
}

impl<F: AsFd> PartialFile<F> {
    /// Makes one under a name of its own: another copy into the same folder may do the same at this moment.
    pub fn make<T>(folder: F, make: impl FnMut(&F, &[u8]) -> Result<T, Errno>) -> Result<(PartialFile<F>, T), Errno> {
        PartialFile::named(folder, name, make)
    }

    fn named<T>(
        folder: F,
        name: impl Fn() -> Vec<u8>,
        mut make: impl FnMut(&F, &[u8]) -> Result<T, Errno>,
    ) -> Result<(PartialFile<F>, T), Errno> {
        for _ in 0..TRIES {
            let name = name();
            match make(&folder, &name) {
                Ok(made) => return Ok((PartialFile { folder, name, whole: false }, made)),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Errno::EXIST)
    }

    /// It gets its name. Unless it may replace what is there, a name that is taken is an error.
    pub fn becomes(mut self, name: &[u8], overwrite: bool) -> Result<(), Errno> {
        let (folder, part) = (&self.folder, self.name.as_slice());
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

impl<F: AsFd> Drop for PartialFile<F> {
    fn drop(&mut self) {
        if !self.whole
            && let Err(error) = rustix::fs::unlinkat(&self.folder, self.name.as_slice(), AtFlags::empty())
        {
            tracing::warn!("a part of a file is left behind: {error}");
        }
    }
}

/// A file that is being written. Where the file system can, it has no name at all: nothing is left of it then, however bowline ends.
#[derive(Debug)]
pub struct NewFile<F: AsFd> {
    file: File,
    place: Place<F>,
}

#[derive(Debug)]
enum Place<F: AsFd> {
    Nameless(F),
    Named(PartialFile<F>),
}

impl<F: AsFd> NewFile<F> {
    /// Begins one in a folder, for its user alone.
    pub fn begin(folder: F) -> Result<NewFile<F>, Errno> {
        let (write, mode) = (OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
        // Not every file system can, and each says so in its own way.
        if let Ok(file) = rustix::fs::openat(&folder, ".", write | NAMELESS, mode).map(File::from)
            && rustix::fs::access(by_number(&file), Access::EXISTS).is_ok()
        {
            return Ok(NewFile { file, place: Place::Nameless(folder) });
        }
        let flags = write | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let (part, file) = PartialFile::make(folder, |folder, name| rustix::fs::openat(folder, name, flags, mode))?;
        Ok(NewFile { file: file.into(), place: Place::Named(part) })
    }

    /// The file to write into.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// It gets its name. Unless it may replace what is there, a name that is taken is an error.
    pub fn becomes(self, name: &[u8], overwrite: bool) -> Result<(), Errno> {
        let path = by_number(&self.file);
        let link = |folder: &F, name: &[u8]| rustix::fs::linkat(CWD, &path, folder, name, AtFlags::SYMLINK_FOLLOW);
        match self.place {
            Place::Named(part) => part.becomes(name, overwrite),
            Place::Nameless(folder) => match link(&folder, name) {
                // A name is replaced only by another.
                Err(Errno::EXIST) if overwrite => PartialFile::make(folder, link)?.0.becomes(name, true),
                done => done,
            },
        }
    }
}

/// The kernel's path of an open file.
fn by_number(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// The keys of the hashing are random.
fn name() -> Vec<u8> {
    let random = || RandomState::new().hash_one(std::process::id());
    format!(".bowline-part-{:016x}{:016x}", random(), random()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::io::Write;

    #[test]
    fn copies_into_one_folder_do_not_take_each_others_names() {
        let scratch = tempfile::tempdir().unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = rustix::fs::open(scratch.path(), flags, Mode::empty()).unwrap();
        let make = |folder: &_, name: &[u8]| {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
            rustix::fs::openat(folder, name, flags, Mode::RUSR)
        };
        assert_ne!(name(), name());
        let count = Cell::new(0);
        let names = || {
            count.set(count.get() + 1);
            format!("part-{}", count.get() / 2).into_bytes()
        };
        // Each name but the first comes twice: what is taken already is tried again under another.
        let parts: Vec<_> = (0..4).map(|_| PartialFile::named(&folder, names, make).unwrap().0).collect();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 4);
        for (index, part) in parts.into_iter().enumerate() {
            let taken = part.becomes(b"mine", false);
            assert_eq!(taken.is_ok(), index == 0, "{taken:?}");
        }
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1, "no part is left");
    }

    #[test]
    fn a_file_takes_a_name_only_whole_and_another_ones_only_if_it_may() {
        let scratch = tempfile::tempdir().unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = rustix::fs::open(scratch.path(), flags, Mode::empty()).unwrap();
        let read = || std::fs::read_to_string(scratch.path().join("f"));
        let named = || {
            let open = |folder: &_, name: &[u8]| {
                rustix::fs::openat(folder, name, OFlags::WRONLY | OFlags::CREATE, Mode::RUSR | Mode::WUSR)
            };
            let (part, file) = PartialFile::make(&folder, open).unwrap();
            NewFile { file: file.into(), place: Place::Named(part) }
        };
        let begin: [&dyn Fn() -> NewFile<_>; 2] = [&|| NewFile::begin(&folder).unwrap(), &named];
        for begin in begin {
            for (text, overwrite, wanted) in [("1", false, "1"), ("2", false, "1"), ("3", true, "3")] {
                let new = begin();
                new.file().write_all(text.as_bytes()).unwrap();
                assert_eq!(new.becomes(b"f", overwrite).is_ok(), text == wanted);
                assert_eq!(read().unwrap(), wanted);
            }
            drop(begin());
            std::fs::remove_file(scratch.path().join("f")).unwrap();
            assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "no part is left");
        }
    }
}
