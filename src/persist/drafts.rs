//! Edited files on this machine: each in a folder of its own, kept until what was typed is known to be needed no more.

use crate::model::{Edit, EditEnd, Problem, files};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Begins the name of a folder for a file under edit.
const PREFIX: &str = "bowline-edit-";
/// Names of files that an editor left, of which a sentence tells.
const TOLD: usize = 3;

/// The drafts that are there.
#[derive(Debug, Default)]
pub struct Drafts(Vec<(Arc<Edit>, PathBuf)>);

impl Drafts {
    /// Gives the file for the editor: a draft that is there, or a new one. A new one lies in a folder that only its user can look
    /// into, under the file's own name: editors choose by it how it is shown.
    pub fn prepare(&mut self, edit: &Arc<Edit>, draft: Option<PathBuf>) -> io::Result<PathBuf> {
        let path = match draft {
            Some(path) => path,
            None => write(edit)?,
        };
        self.0.retain(|(_, file)| *file != path);
        self.0.push((edit.clone(), path.clone()));
        Ok(path)
    }

    /// Says what came of an edit, after an editor that ended well or not (why, and what to do). The draft goes only if its folder
    /// holds nothing but the file as it was: editors that were cut off leave what was typed beside it.
    pub fn judge(&mut self, edit: &Edit, file: PathBuf, ended: Result<(), (String, String)>, at_once: bool) -> EditEnd {
        let during = format!("edit {}", files::shown(&edit.path));
        let (changed, beside) = match (is_changed(edit, &file), beside(&file)) {
            (Ok(changed), Ok(beside)) => (changed, beside),
            (Err(error), _) | (_, Err(error)) => {
                return EditEnd::Kept(file, Problem::new(during, format!("read the edited file: {error}"), ""));
            }
        };
        let mend = match beside.as_slice() {
            [] => String::new(),
            names => format!("another file beside it: {}", names.join(", ")),
        };
        match ended {
            Ok(()) if changed => EditEnd::Changed(file),
            Ok(()) if !beside.is_empty() => EditEnd::Kept(file, Problem::new(during, "the file was not changed", mend)),
            // It stays until bowline ends: whoever works on in a window has it still.
            Ok(()) if at_once => EditEnd::AtOnce,
            Ok(()) => {
                self.forget(&file);
                EditEnd::Unchanged
            }
            Err((why, _)) if changed || !beside.is_empty() => EditEnd::Kept(file, Problem::new(during, why, mend)),
            Err((why, mend)) => {
                self.forget(&file);
                EditEnd::Failed(Problem::new(during, why, mend))
            }
        }
    }

    /// Removes a draft and its folder.
    pub fn forget(&mut self, file: &Path) {
        self.0.retain(|(_, known)| known != file);
        let Some(folder) = file.parent() else { return };
        let ours = folder.file_name().is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()));
        if ours && let Err(error) = std::fs::remove_dir_all(folder) {
            tracing::warn!("remove an edited file: {}: {error}", folder.display());
        }
    }

    /// Removes the drafts in which nothing was typed; gives the places of the others.
    pub fn leave(mut self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for (edit, file) in std::mem::take(&mut self.0) {
            let is_alone = beside(&file).is_ok_and(|beside| beside.is_empty());
            match is_changed(&edit, &file) {
                Ok(false) if is_alone => self.forget(&file),
                Ok(false) => left.extend(file.parent().map(Path::to_path_buf)),
                _ => left.push(file),
            }
        }
        for path in &left {
            tracing::warn!("bowline ends; an edit is kept: {}", path.display());
        }
        left
    }
}

fn write(edit: &Edit) -> io::Result<PathBuf> {
    use std::io::Write;
    let folder = tempfile::Builder::new().prefix(PREFIX).permissions(PermissionsExt::from_mode(0o700)).tempdir()?;
    let name = files::split(&edit.path).1;
    let name = if name.is_empty() || name == b"." || name == b".." { b"file" } else { name };
    let path = folder.path().join(OsStr::from_bytes(name));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(&edit.bytes)?;
    // From here on it is forgotten only once it is known to be needed no more.
    drop(folder.keep());
    Ok(path)
}

/// The length is looked at first: what an editor wrote may be larger than any memory.
fn is_changed(edit: &Edit, file: &Path) -> io::Result<bool> {
    Ok(file.metadata()?.len() != edit.bytes.len() as u64 || std::fs::read(file)? != edit.bytes)
}

/// The names of some files beside a draft, clean: a swap file, an unsaved text.
fn beside(file: &Path) -> io::Result<Vec<String>> {
    let Some(folder) = file.parent() else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if Some(name.as_os_str()) != file.file_name() && names.len() < TOLD {
            names.push(files::shown(name.as_bytes()));
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Id};

    fn edit() -> Arc<Edit> {
        Arc::new(Edit {
            id: Id::new(EngineId(0), "x"),
            of: Id::new(EngineId(0), "x"),
            name: "x".into(),
            path: b"/etc/a b.conf".to_vec(),
            bytes: b"hello".to_vec(),
        })
    }

    fn died() -> Result<(), (String, String)> {
        Err(("the editor failed: signal: 9".into(), "set EDITOR".into()))
    }

    /// A new draft.
    fn draft() -> (Drafts, Arc<Edit>, PathBuf) {
        let (mut drafts, edit) = (Drafts::default(), edit());
        let file = drafts.prepare(&edit, None).unwrap();
        (drafts, edit, file)
    }

    #[test]
    fn a_file_under_edit_is_for_its_user_alone_and_goes_away() {
        let (mut drafts, _, file) = draft();
        assert_eq!(file.file_name(), Some(OsStr::new("a b.conf")));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read(&file).unwrap(), b"hello");
        drafts.forget(&file);
        assert!(!file.parent().unwrap().exists());
    }

    #[test]
    fn a_folder_that_is_not_ours_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        std::fs::write(&file, "x").unwrap();
        Drafts::default().forget(&file);
        assert!(file.exists());
    }

    #[test]
    fn nothing_is_left_of_an_edit_in_which_nothing_was_typed() {
        for (ended, good) in [(Ok(()), true), (died(), false)] {
            let (mut drafts, edit, file) = draft();
            let end = drafts.judge(&edit, file.clone(), ended, false);
            assert!(if good { end == EditEnd::Unchanged } else { matches!(end, EditEnd::Failed(_)) }, "{end:?}");
            assert!(!file.parent().unwrap().exists());
            assert_eq!(drafts.leave(), Vec::<PathBuf>::new());
        }
    }

    #[test]
    fn what_an_editor_that_died_has_left_beside_the_file_is_kept() {
        for ended in [Ok(()), died()] {
            let (mut drafts, edit, file) = draft();
            let swap = file.with_file_name(".a b.conf.swp");
            std::fs::write(&swap, "typed and never saved").unwrap();
            let EditEnd::Kept(kept, why) = drafts.judge(&edit, file.clone(), ended, true) else { panic!() };
            assert!(kept == file && why.hint.contains(".a b.conf.swp"), "{why}");
            assert_eq!(drafts.leave(), [file.parent().unwrap()]);
            assert!(swap.exists());
            std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
        }
    }

    #[test]
    fn what_was_saved_before_the_editor_failed_is_kept_and_told_at_the_end() {
        let (mut drafts, edit, file) = draft();
        std::fs::write(&file, "hallo").unwrap();
        assert!(matches!(drafts.judge(&edit, file.clone(), died(), false), EditEnd::Kept(..)));
        assert_eq!(drafts.leave(), std::slice::from_ref(&file));
        drop(std::fs::remove_dir_all(file.parent().unwrap()));
    }

    #[test]
    fn an_editor_that_comes_back_at_once_may_work_on_in_a_window() {
        let (mut drafts, edit, file) = draft();
        assert_eq!(drafts.judge(&edit, file.clone(), Ok(()), true), EditEnd::AtOnce);
        assert!(file.exists(), "it is not taken away under it");
        std::fs::write(&file, "from the window").unwrap();
        assert_eq!(drafts.leave(), std::slice::from_ref(&file));
        let (mut drafts, edit, untouched) = draft();
        assert_eq!(drafts.judge(&edit, untouched.clone(), Ok(()), true), EditEnd::AtOnce);
        assert_eq!(drafts.leave(), Vec::<PathBuf>::new());
        assert!(!untouched.exists());
        drop(std::fs::remove_dir_all(file.parent().unwrap()));
    }

    #[test]
    fn a_draft_is_opened_again_as_it_is() {
        let (mut drafts, edit, file) = draft();
        std::fs::write(&file, "half").unwrap();
        assert_eq!(drafts.prepare(&edit, Some(file.clone())).unwrap(), file);
        assert_eq!(std::fs::read(&file).unwrap(), b"half");
        drafts.forget(&file);
        assert_eq!(drafts.leave(), Vec::<PathBuf>::new());
    }
}
