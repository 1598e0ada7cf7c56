//! The files of blueprints on this machine, and the values that their variables had last.

use super::{atomic, carried, folder_lock, forgotten, state_file};
use crate::model::{BlueprintFile, Problem};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Ends the name of a blueprint's file.
const ENDING: &str = "toml";
/// The folder with the blueprints of a project.
const OF_PROJECT: &str = ".bowline";
/// Folders above the working folder that are looked into at most.
const PARENTS_MOST: usize = 64;

/// All blueprints, the nearest first: those of the working folder and its parents, of the user, and those that bowline carries.
/// Of those with the same name the first is meant; the others can be extended. A file that cannot be read is told beside them.
pub fn find(working: &Path, config_home: &Path) -> (Vec<BlueprintFile>, Vec<Problem>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let of_projects = working.ancestors().take(PARENTS_MOST).map(|folder| folder.join(OF_PROJECT));
    for folder in of_projects.chain([config_home.join("bowline").join("blueprints")]) {
        for path in paths(&folder) {
            match read(&path) {
                Ok(file) => files.push(file),
                Err(problem) => problems.push(problem),
            }
        }
    }
    files.extend(carried::blueprints());
    (files, problems)
}

/// The blueprint's files of a folder, by name; none where there is no such folder.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == ENDING)).collect();
    paths.sort();
    paths
}

/// A blueprint's file.
///
/// # Errors
/// When there is none that can be read as text.
pub fn read(path: &Path) -> Result<BlueprintFile, Problem> {
    let problem = |cause: String| Problem::new(format!("read {}", path.display()), cause, "name a text file");
    let text = match std::fs::metadata(path) {
        Ok(there) if there.is_file() => state_file::text(path).ok_or_else(|| problem("it is no text in UTF-8".into())),
        Ok(_) => Err(problem("it is no file".into())),
        Err(error) => Err(problem(error.to_string())),
    }?;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let whole = std::path::absolute(path).map_err(|error| problem(error.to_string()))?;
    let folder = whole.parent().unwrap_or(Path::new("/")).display().to_string();
    Ok(BlueprintFile { name, path: path.display().to_string(), folder, text })
}

/// The file of last values.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Remembered {
    values: BTreeMap<String, BTreeMap<String, String>>,
}

/// The values that the variables of a blueprint had last; none where that is not known.
pub fn last_values(path: &Path, blueprint: &str) -> BTreeMap<String, String> {
    remembered(path).values.remove(blueprint).unwrap_or_default()
}

/// Remembers the values of a blueprint's variables, which must not be secret.
///
/// # Errors
/// When they cannot be written.
pub fn remember_values(path: &Path, blueprint: &str, values: BTreeMap<String, String>) -> Result<(), Problem> {
    let done = folder_lock::alone(path, || {
        let mut all = remembered(path);
        all.values.insert(blueprint.to_string(), values);
        let text = toml::to_string(&all).map_err(io::Error::other)?;
        let head = "# Written by bowline: the last values of blueprints' variables.";
        atomic::replace(path, format!("{head}\n{text}").as_bytes())
    });
    done.map_err(|error| forgotten("the values of variables", path, &error))
}

fn remembered(path: &Path) -> Remembered {
    let text = state_file::text(path).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn the_nearest_file_goes_before_those_it_hides() {
        let folder = tempfile::tempdir().unwrap();
        let (project, home) = (folder.path().join("a/b"), folder.path().join("home"));
        std::fs::create_dir_all(&project).unwrap();
        write(&folder.path().join("a/.bowline/sandbox.toml"), "description = 'of the project'");
        write(&home.join("bowline/blueprints/sandbox.toml"), "description = 'of the user'");
        write(&home.join("bowline/blueprints/notes.txt"), "no blueprint");
        let (files, problems) = find(&project, &home);
        let sandboxes: Vec<&str> =
            files.iter().filter(|file| file.name == "sandbox").map(|file| file.text.as_str()).collect();
        assert_eq!(sandboxes[..2], ["description = 'of the project'", "description = 'of the user'"]);
        assert_eq!(sandboxes.len(), 3, "the one that bowline carries comes last");
        assert_eq!(problems, []);
        assert!(!files.iter().any(|file| file.name == "notes"));
    }

    #[test]
    fn a_file_that_cannot_be_read_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join(".bowline/good.toml"), "");
        std::fs::create_dir_all(folder.path().join(".bowline/folder.toml")).unwrap();
        std::fs::write(folder.path().join(".bowline/odd.toml"), b"\xff").unwrap();
        let (files, problems) = find(folder.path(), folder.path());
        assert!(files.iter().any(|file| file.name == "good"));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].operation.ends_with(".bowline/folder.toml"), "{:?}", problems[0]);
    }

    #[test]
    fn values_are_remembered_for_each_blueprint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("variables.toml");
        let values = |value: &str| BTreeMap::from([("image".to_string(), value.to_string())]);
        remember_values(&path, "one", values("busybox")).unwrap();
        remember_values(&path, "other", values("alpine")).unwrap();
        assert_eq!(last_values(&path, "one"), values("busybox"));
        assert_eq!(last_values(&path, "other"), values("alpine"));
        assert_eq!(last_values(&path, "none"), BTreeMap::new());
    }
}
