//! Files of this machine that are written whole or not at all: what was broken off, and what had no room, leaves nothing behind,
//! and what was there before stays until then.

use super::partial_file::NewFile;
use super::tilde;
use crate::model::files;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A file that is being written for a path of this machine.
#[derive(Debug)]
pub struct Saving {
    new: NewFile<OwnedFd>,
    name: Vec<u8>,
}

impl Saving {
    /// Begins it, in the folder where it is to be.
    ///
    /// # Errors
    /// When the path is no path of a file, or its folder takes none.
    pub fn begin(path: &Path) -> io::Result<Saving> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.as_bytes().to_vec();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(folder(path), flags, Mode::empty())?;
        Ok(Saving { new: NewFile::begin(folder)?, name })
    }

    /// The file to write into.
    pub fn file(&self) -> &File {
        self.new.file()
    }

    /// It is whole, and gets its name; one that is taken is an error unless it may replace what is there.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn finish(self, overwrite: bool) -> io::Result<()> {
        Ok(self.new.becomes(&self.name, overwrite)?)
    }
}

/// Writes a file that must not be there.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, false)
}

/// Writes a file, in the place of what is there.
///
/// # Errors
/// When it cannot be written; what was there is there then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, true)
}

/// Creates a file at a path, as a person typed it.
///
/// # Errors
/// When it is there already, or cannot be written.
pub fn create_typed(typed: &str, bytes: &[u8]) -> io::Result<()> {
    create(&tilde::path(Path::new(typed)), bytes)
}

/// Looks whether a file can be made at a path, as a person typed it; nothing is left there.
///
/// # Errors
/// Why not, in words.
pub fn look(typed: &str) -> Result<(), String> {
    let path = tilde::path(Path::new(typed));
    if path.symlink_metadata().is_ok() {
        return Err("it already exists".into());
    }
    match Saving::begin(&path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("no such folder: {}", files::shown(folder(&path).as_os_str().as_bytes())))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The hint when a file could not be written.
pub fn mend(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space there, or choose another path",
        _ => "choose another path",
    }
}

fn write(path: &Path, bytes: &[u8], overwrite: bool) -> io::Result<()> {
    let saving = Saving::begin(path)?;
    saving.file().write_all(bytes)?;
    saving.finish(overwrite)
}

/// The folder of a path.
pub fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_created_or_replaced_whole() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("f");
        create(&path, b"1").unwrap();
        assert_eq!(create(&path, b"2").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"1");
        replace(&path, b"3").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"3");
        let look = |name: &str| look(scratch.path().join(name).to_str().unwrap());
        assert_eq!(look("f").unwrap_err(), "it already exists");
        assert!(look("none/f").unwrap_err().starts_with("no such folder") && look("new") == Ok(()));
        assert!(create(&scratch.path().join("none/f"), b"").is_err() && create(Path::new("/"), b"").is_err());
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
    }
}
