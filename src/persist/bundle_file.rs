//! The file of an incident bundle: a tar archive, compressed with Zstandard, written whole or not at all.

use super::atomic::{self, Saving};
use super::tilde;
use crate::model::{Problem, Timestamp};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{self, Write};
use std::path::Path;

/// A bundle's file that is written and has no name yet.
#[derive(Debug)]
pub struct BundleFile {
    saving: Saving,
    path: String,
    bytes: u64,
}

impl BundleFile {
    /// Packs files into one folder of an archive for a path as it was typed. It has its name only once it is finished.
    ///
    /// # Errors
    /// When the path is taken, or nothing can be written there.
    pub fn write<'a>(
        typed: &str,
        folder: &str,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        at: Timestamp,
    ) -> Result<BundleFile, Problem> {
        let path = tilde::path(Path::new(typed));
        let written = || {
            if path.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let saving = Saving::begin(&path)?;
            let packed = compress_to_vec(tar(folder, files, at)?.as_slice(), CompressionLevel::Fastest);
            saving.file().write_all(&packed)?;
            saving.file().sync_all()?;
            Ok(BundleFile { saving, path: path.display().to_string(), bytes: packed.len() as u64 })
        };
        written().map_err(|error| problem(typed, &error))
    }

    /// It gets its name; the path and its bytes.
    ///
    /// # Errors
    /// When the name was taken meanwhile.
    pub fn finish(self) -> Result<(String, u64), Problem> {
        let BundleFile { saving, path, bytes } = self;
        saving.finish(false).map_err(|error| problem(&path, &error))?;
        Ok((path, bytes))
    }
}

fn problem(path: &str, error: &io::Error) -> Problem {
    Problem::new(format!("write {path}"), error.to_string(), atomic::mend(error))
}

fn tar<'a>(folder: &str, files: impl IntoIterator<Item = (&'a str, &'a [u8])>, at: Timestamp) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(at.seconds()).unwrap_or_default());
        archive.append_data(&mut header, format!("{folder}/{name}"), bytes)?;
    }
    archive.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_bundle_holds_its_files_and_takes_no_name_that_is_taken() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("b.tar.zst");
        let typed = path.to_str().unwrap();
        let long = "a line of a log\n".repeat(200_000);
        let files = [("index.json", &b"{}"[..]), ("log.txt", long.as_bytes())];
        let write = || BundleFile::write(typed, "web", files, Timestamp::from_seconds(5));
        let (first, second) = (write().unwrap(), write().unwrap());
        assert_eq!(
            std::fs::read_dir(scratch.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path() == path).count(),
            0
        );
        let (_, bytes) = first.finish().unwrap();
        assert!(second.finish().is_err() && write().is_err(), "nothing is overwritten");
        assert!(bytes < long.len() as u64 / 10, "{bytes} bytes");
        let mut unpacked = Vec::new();
        let packed = std::fs::File::open(&path).unwrap();
        ruzstd::decoding::StreamingDecoder::new(packed).unwrap().read_to_end(&mut unpacked).unwrap();
        let mut archive = tar::Archive::new(unpacked.as_slice());
        let names: Vec<String> =
            archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
        assert_eq!(names, ["web/index.json", "web/log.txt"]);
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1, "no part is left");
    }
}
