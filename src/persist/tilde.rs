//! Paths of this machine as people write them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A path as a person writes it: `~/` is their home.
pub fn path(written: &Path) -> PathBuf {
    match (written.as_os_str().as_bytes().strip_prefix(b"~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(OsStr::from_bytes(rest)),
        _ => written.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_meant_only_at_the_beginning() {
        let Some(home) = std::env::home_dir() else { return };
        assert_eq!(path(Path::new("~/a/b")), home.join("a/b"));
        for plain in ["a/~/b", "~a/b", "/~/b", "./~/b", ""] {
            assert_eq!(path(Path::new(plain)), Path::new(plain));
        }
        // What is meant by the end of a path stays.
        assert_eq!(path(Path::new("~/a/.")).as_os_str(), home.join("a/.").as_os_str());
    }
}
