//! A note of each helper that is made, in a file of this user: the next bowline knows by it what one that ended without a word has
//! left behind. Labels alone say nothing: whoever makes an image of a helper hands them on.

use super::ownership::{self, Owner};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A note of a bowline that has ended is kept so long: its helper may be on an engine that is seldom opened.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// The notes. Without a folder none is kept, and nothing that is left over is known.
#[derive(Debug, Clone, Default)]
pub struct Records(Option<PathBuf>);

impl Records {
    /// In this folder, which is made when the first note is.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// Before it is made: a crash must not leave a helper of which nobody knows.
    pub fn note(&self, name: &str) {
        let Some(folder) = &self.0 else { return };
        if let Err(error) = write(folder, name, &ownership::own()) {
            tracing::warn!("no note of the helper {name} in {}: {error}", folder.display());
        }
    }

    /// Removes the note of a helper that no longer exists.
    pub fn forget(&self, name: &str) {
        let Some(folder) = &self.0 else { return };
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("the note of the helper {name} stays in {}: {error}", folder.display());
            }
            _ => {}
        }
    }

    /// True if a bowline of this user made a helper of this name, and was that owner.
    pub fn tell(&self, name: &str, owner: &str) -> bool {
        let proper = !name.is_empty() && !name.contains('/') && name != "..";
        let folder = self.0.as_deref().filter(|_| proper);
        folder.is_some_and(|folder| fs::read_to_string(folder.join(name)).is_ok_and(|known| known == owner))
    }

    /// Takes away notes that can be of no use any more.
    pub fn tidy(&self) {
        let entries = self.0.as_deref().and_then(|folder| fs::read_dir(folder).ok());
        for path in entries.into_iter().flatten().flatten().map(|entry| entry.path()) {
            if is_useless(&path) {
                drop(fs::remove_file(&path));
            }
        }
    }
}

fn write(folder: &Path, name: &str, owner: &str) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name))?;
    file.write_all(owner.as_bytes())
}

/// Its owner has ended long ago, or with another run of this machine: then nothing is taken away by it.
fn is_useless(path: &Path) -> bool {
    let Some(owner) = fs::read_to_string(path).ok().and_then(|text| Owner::read(&text)) else { return false };
    let age = fs::metadata(path).and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
    owner.is_of_an_earlier_run() || !owner.lives() && age.is_some_and(|age| age > KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_is_known_by_its_name_and_its_owner_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Some(folder.path().join("helpers")));
        records.note("bowline-volume-data-1");
        assert!(records.tell("bowline-volume-data-1", &ownership::own()));
        assert!(!records.tell("bowline-volume-data-1", "another"));
        assert!(
            !records.tell("bowline-volume-data-2", &ownership::own()) && !records.tell("../helpers", &ownership::own())
        );
        records.tidy();
        assert!(records.tell("bowline-volume-data-1", &ownership::own()), "its owner lives");
        records.forget("bowline-volume-data-1");
        assert!(!records.tell("bowline-volume-data-1", &ownership::own()));
        Records::default().note("x");
        assert!(!Records::default().tell("x", &ownership::own()));
    }

    #[test]
    fn notes_of_an_earlier_run_of_the_machine_go() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Some(folder.path().to_path_buf()));
        let own = ownership::own();
        let mut parts: Vec<&str> = own.splitn(3, ':').collect();
        parts[1] = "an-earlier-run";
        let earlier = parts.join(":");
        write(folder.path(), "old", &earlier).unwrap();
        write(folder.path(), "odd", "no owner").unwrap();
        records.tidy();
        assert!(!records.tell("old", &earlier) && records.tell("odd", "no owner"));
    }
}
