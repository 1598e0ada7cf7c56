//! Files that an operator writes for bowline, a folder of them: rules.

use std::fs;
use std::io::Read;
use std::path::Path;

/// Bytes that are read of one file.
const BYTES_MOST: u64 = 4 << 20;

/// The `.toml` files of a folder with their texts, by name. A folder that is not there has none; what is no file is left out: a
/// pipe would be waited for.
///
/// # Errors
/// A sentence that names the folder or the file that cannot be read.
pub fn toml_files(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let told = |path: &Path, error: std::io::Error| format!("read {}: {error}", path.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(told(folder, error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| told(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: &Path| {
        let mut text = String::new();
        fs::File::open(path)?.take(BYTES_MOST).read_to_string(&mut text)?;
        Ok(text)
    };
    paths
        .into_iter()
        .map(|path| {
            let text = read(&path).map_err(|error| told(&path, error))?;
            Ok((path.display().to_string(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_by_name_and_a_missing_folder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(toml_files(&folder.path().join("none")), Ok(Vec::new()));
        for (name, text) in [("b.toml", "b"), ("a.toml", "a"), ("notes.txt", "no")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let texts: Vec<String> = toml_files(folder.path()).unwrap().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["a", "b"]);
        fs::write(folder.path().join("c.toml"), [0xff]).unwrap();
        assert!(toml_files(folder.path()).unwrap_err().contains("c.toml"));
    }
}
