//! The files with an administrator's limits, and the user's.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The administrator's file.
const OF_ADMINISTRATOR: &str = "/etc/bowline/limits.toml";

/// The files of limits that are there, with their texts: the administrator's, then the user's.
///
/// # Errors
/// A sentence for one that is there and cannot be read: to go on without it would loosen the limits.
pub fn limits_files(config_home: &Path) -> Result<Vec<(String, String)>, String> {
    let paths = [PathBuf::from(OF_ADMINISTRATOR), config_home.join("bowline").join("limits.toml")];
    // A pipe would be waited for.
    let text = |path: &PathBuf| match std::fs::metadata(path)?.is_file() {
        true => std::fs::read_to_string(path),
        false => Err(std::io::Error::other("it is no file")),
    };
    let read = |path: &PathBuf| match text(path) {
        Ok(text) => Some(Ok((path.display().to_string(), text))),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(Err(format!("read {}: {error}", path.display()))),
    };
    paths.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_no_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bowline/limits.toml");
        let own = || {
            limits_files(folder.path())
                .map(|files| files.into_iter().filter(|(file, _)| *file == path.display().to_string()).count())
        };
        assert_eq!(own(), Ok(0));
        std::fs::create_dir_all(&path).unwrap();
        assert!(own().is_err());
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, "[maximum]").unwrap();
        assert_eq!(own(), Ok(1));
    }
}
