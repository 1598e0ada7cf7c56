//! A text on this machine for a program that shows it, for as long as that program needs it.

use crate::model::TextCopy;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Begins the name of a folder for such a text.
const PREFIX: &str = "bowline-read-";
/// A younger folder may not hold its text yet.
const YOUNG: Duration = Duration::from_secs(60);

/// The file, in a folder of its own. Both are removed when this is dropped.
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    _folder: TempDir,
    /// Locked for as long as this bowline lives: whoever gets the lock knows that it does not.
    _held: File,
}

impl TextFile {
    /// Writes it where only its user can look. It cannot be written to: what was typed into it would be lost. What a bowline left
    /// that was killed meanwhile is removed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(copy: &TextCopy) -> io::Result<TextFile> {
        remove_left(&std::env::temp_dir());
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir()?;
        let path = folder.path().join(&copy.name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path)?;
        file.lock()?;
        file.write_all(copy.text.as_bytes())?;
        Ok(TextFile { path, _folder: folder, _held: file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes folders of this user whose bowline lives no more. What cannot be looked at or removed stays.
fn remove_left(among: &Path) {
    let entries = std::fs::read_dir(among).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)));
    for folder in ours.map(|entry| entry.path()).filter(|folder| is_left(folder)) {
        drop(std::fs::remove_dir_all(folder));
    }
}

fn is_left(folder: &Path) -> bool {
    let Ok(known) = std::fs::symlink_metadata(folder) else { return false };
    let age = known.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
    let is_ours = known.is_dir() && known.uid() == rustix::process::geteuid().as_raw();
    if !is_ours || age < YOUNG {
        return false;
    }
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_free = |path: PathBuf| OpenOptions::new().read(true).open(path).is_ok_and(|file| file.try_lock().is_ok());
    files.map(|file| file.path()).all(is_free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_bowline_left_is_removed_and_what_is_read_stays() {
        let among = tempfile::tempdir().unwrap();
        let [left, read, young, other] = ["bowline-read-a", "bowline-read-b", "bowline-read-c", "other"].map(|name| {
            let folder = among.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("api.log"), "one\n").unwrap();
            folder
        });
        let held = File::open(read.join("api.log")).unwrap();
        held.lock().unwrap();
        for folder in [&left, &read, &other] {
            File::open(folder).unwrap().set_modified(SystemTime::now() - 2 * YOUNG).unwrap();
        }
        remove_left(among.path());
        assert_eq!([&left, &read, &young, &other].map(|folder| folder.exists()), [false, true, true, true]);
    }

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
