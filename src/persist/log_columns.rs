//! The file that remembers which fields of logs stand as columns.

use super::{atomic, folder_lock, forgotten, state_file};
use crate::model::{COLUMNS_MOST, FieldColumns, LogColumns, Problem};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Remembers the columns of logs from run to run.
pub struct LogColumnsFile {
    path: PathBuf,
    /// The columns as they were when this bowline read or wrote them.
    known: LogColumns,
}

impl LogColumnsFile {
    /// The columns of the last run; what cannot be read or understood is as if it had not been chosen. A file that is no TOML is set
    /// aside under another name, and bowline's own log says so.
    pub fn load(path: &Path) -> (LogColumnsFile, LogColumns) {
        let known = read(path);
        (LogColumnsFile { path: path.to_path_buf(), known: known.clone() }, known)
    }

    /// Remembers the columns. What was not changed here stays as another bowline may have left it.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn save(&mut self, columns: &LogColumns) -> Result<(), Problem> {
        let done = folder_lock::alone(&self.path, || {
            let there = read(&self.path);
            let both = LogColumns {
                containers: merge(&columns.containers, &self.known.containers, there.containers),
                images: merge(&columns.images, &self.known.images, there.images),
            };
            atomic::replace(&self.path, written(&both).as_bytes())
        });
        done.map_err(|error| forgotten("the columns of logs", &self.path, &error))?;
        self.known = columns.clone();
        Ok(())
    }
}

type Choices = BTreeMap<String, FieldColumns>;

/// What was changed here, and of everything else what is there.
fn merge(now: &Choices, known: &Choices, mut there: Choices) -> Choices {
    for name in now.keys().chain(known.keys()) {
        match now.get(name) {
            chosen if chosen == known.get(name) => {}
            Some(chosen) => drop(there.insert(name.clone(), chosen.clone())),
            None => drop(there.remove(name)),
        }
    }
    there
}

fn written(columns: &LogColumns) -> String {
    let choice = |(name, chosen): (&String, &FieldColumns)| {
        let fields = chosen.fields.iter().cloned().map(Value::String).collect();
        let entries = [("fields".into(), Value::Array(fields)), ("hides_others".into(), chosen.hides_others.into())];
        (name.clone(), Value::Table(Table::from_iter(entries)))
    };
    let section = |choices: &Choices| Value::Table(choices.iter().map(choice).collect());
    let sections = [("containers".into(), section(&columns.containers)), ("images".into(), section(&columns.images))];
    format!("# Written by bowline: fields of logs that stand as columns.\n{}", Table::from_iter(sections))
}

fn read(path: &Path) -> LogColumns {
    let table = match state_file::text(path).map(|text| text.parse::<Table>()) {
        Some(Ok(table)) => table,
        Some(Err(error)) => {
            set_aside(path, &error.to_string());
            Table::default()
        }
        None => Table::default(),
    };
    let choice = |(name, entry): (&String, &Value)| {
        let fields = entry.get("fields")?.as_array()?.iter().filter_map(Value::as_str);
        let fields = fields.take(COLUMNS_MOST).map(str::to_string).collect();
        let hides_others = entry.get("hides_others").and_then(Value::as_bool).unwrap_or(false);
        Some((name.clone(), FieldColumns { fields, hides_others }))
    };
    let section = |name: &str| -> Choices {
        let section = table.get(name).and_then(Value::as_table);
        section.into_iter().flatten().filter_map(choice).collect()
    };
    LogColumns { containers: section("containers"), images: section("images") }
}

/// Keeps a file that cannot be understood: it would be written over.
fn set_aside(path: &Path, why: &str) {
    let aside = path.with_extension("toml.broken");
    match std::fs::rename(path, &aside) {
        Ok(()) => tracing::warn!("the columns of logs cannot be read and are kept in {}: {why}", aside.display()),
        Err(error) => tracing::warn!("the columns of logs cannot be read ({why}), and not be set aside: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(fields: &[&str]) -> FieldColumns {
        FieldColumns { fields: fields.iter().map(ToString::to_string).collect(), hides_others: fields.len() > 1 }
    }

    #[test]
    fn columns_are_there_in_the_next_run_and_keep_what_another_bowline_chose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log-columns.toml");
        let ((mut one, mut now), (mut other, mut later)) = (LogColumnsFile::load(&path), LogColumnsFile::load(&path));
        now.containers.insert("shop.web \"1\"".into(), chosen(&["user.name", "tôok"]));
        one.save(&now).unwrap();
        later.images.insert("nginx:1.25".into(), chosen(&["status"]));
        other.save(&later).unwrap();
        let read = LogColumnsFile::load(&path).1;
        assert_eq!(read.of("shop.web \"1\"", None), Some(&chosen(&["user.name", "tôok"])));
        assert_eq!(read.of("x", Some("nginx:1.25")), Some(&chosen(&["status"])));
        now.containers.clear();
        one.save(&now).unwrap();
        let read = LogColumnsFile::load(&path).1;
        assert_eq!((read.containers.len(), read.images.len()), (0, 1), "what was taken back is gone");
    }

    #[test]
    fn what_could_not_be_written_is_written_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later/log-columns.toml");
        let (mut file, mut now) = LogColumnsFile::load(&path);
        now.containers.insert("web".into(), chosen(&["status"]));
        assert!(file.save(&now).is_err(), "there is no folder");
        std::fs::create_dir(folder.path().join("later")).unwrap();
        file.save(&now).unwrap();
        assert_eq!(LogColumnsFile::load(&path).1.of("web", None), Some(&chosen(&["status"])));
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_as_if_nothing_was_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log-columns.toml");
        for text in ["[", "containers = 3", "[containers]\nweb = 3\napi = { fields = [1, \"a\"] }"] {
            std::fs::write(&path, text).unwrap();
            let read = LogColumnsFile::load(&path).1;
            assert!(read.of("web", None).is_none() && read.images.is_empty(), "{text}");
        }
        let kept = std::fs::read_to_string(folder.path().join("log-columns.toml.broken"));
        assert_eq!(kept.unwrap(), "[", "what is no TOML is kept");
        assert_eq!(LogColumnsFile::load(&path).1.of("api", None), Some(&chosen(&["a"])));
    }
}
