//! A text on this machine for a program that shows it, for as long as that program needs it.

use crate::model::TextCopy;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Begins the name of a folder for such a text.
const PREFIX: &str = "bowline-read-";

/// The file, in a folder of its own. Both are removed when this is dropped.
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    _folder: TempDir,
}

impl TextFile {
    /// Writes it where only its user can look. It cannot be written to: what was typed into it would be lost.
    pub fn write(copy: &TextCopy) -> io::Result<TextFile> {
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir()?;
        let path = folder.path().join(&copy.name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path)?;
        file.write_all(copy.text.as_bytes())?;
        Ok(TextFile { path, _folder: folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_for_its_user_alone_to_read_and_goes_away() {
        let file = TextFile::write(&TextCopy { name: "api.log".into(), text: "one\n".into(), line: 1 }).unwrap();
        let path = file.path().to_path_buf();
        let folder = path.parent().unwrap().to_path_buf();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder)), (0o400, 0o700));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n");
        drop(file);
        assert!(!folder.exists());
    }
}
