//! Reading what an earlier run has remembered.

use std::io::Read;
use std::path::Path;

/// Bytes that are read at most: far more than bowline writes.
const BYTES_MOST: u64 = 16 << 20;

/// The text of a file. None where there is none that can be read: a pipe or a device would keep the start waiting, or never end.
pub(super) fn text(path: &Path) -> Option<String> {
    let is_file = std::fs::metadata(path).ok()?.is_file();
    let file = is_file.then(|| std::fs::File::open(path).ok()).flatten()?;
    let mut text = String::new();
    file.take(BYTES_MOST).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn only_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.toml");
        assert_eq!(text(&path), None);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert_eq!(text(&path), None, "nobody writes into the pipe");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert_eq!(text(&path), None, "it has no end");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "x = 1").unwrap();
        assert_eq!(text(&path).as_deref(), Some("x = 1"));
    }
}
