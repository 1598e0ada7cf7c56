//! The file that remembers the sizes of the panes.

use super::{atomic, folder_lock, forgotten, state_file};
use crate::model::{PaneSizes, Problem};
use std::path::{Path, PathBuf};

/// Remembers the sizes of the panes from run to run.
pub struct PaneSizesFile {
    path: PathBuf,
    /// The sizes as they were when this bowline read or wrote them.
    known: PaneSizes,
}

impl PaneSizesFile {
    /// The sizes of the last run; a file that cannot be read or understood means the default.
    pub fn load(path: &Path) -> (PaneSizesFile, PaneSizes) {
        let known = read(path);
        (PaneSizesFile { path: path.to_path_buf(), known }, known)
    }

    /// Remembers the sizes. What was not changed here stays as another bowline may have left it.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn save(&mut self, sizes: PaneSizes) -> Result<(), Problem> {
        let done = folder_lock::alone(&self.path, || {
            let there = read(&self.path);
            let changed = |now: i8, known: i8, there: i8| if now == known { there } else { now };
            let columns = changed(sizes.columns, self.known.columns, there.columns);
            let rows = changed(sizes.rows, self.known.rows, there.rows);
            let logs = changed(sizes.logs, self.known.logs, there.logs);
            let head = "# Written by bowline: shifts of the panes.";
            let text = format!("{head}\ncolumns = {columns}\nrows = {rows}\nlogs = {logs}\n");
            atomic::replace(&self.path, text.as_bytes())
        });
        done.map_err(|error| forgotten("the sizes of the panes", &self.path, &error))?;
        self.known = sizes;
        Ok(())
    }
}

fn read(path: &Path) -> PaneSizes {
    let table = state_file::text(path).and_then(|text| text.parse::<toml::Table>().ok());
    let number = |name: &str| {
        let number = table.as_ref()?.get(name)?.as_integer()?;
        i8::try_from(number).ok().filter(|number| (-30..=30).contains(number))
    };
    PaneSizes {
        columns: number("columns").unwrap_or(0),
        rows: number("rows").unwrap_or(0),
        logs: number("logs").unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_is_written_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later/layout.toml");
        let (mut file, _) = PaneSizesFile::load(&path);
        let sizes = PaneSizes { columns: 3, rows: -2, logs: 1 };
        assert!(file.save(sizes).is_err(), "there is no folder");
        std::fs::create_dir(folder.path().join("later")).unwrap();
        file.save(sizes).unwrap();
        assert_eq!(PaneSizesFile::load(&path).1, sizes);
    }

    #[test]
    fn a_layout_keeps_what_another_bowline_changed_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.toml");
        let ((mut one, mut now), (mut other, mut later)) = (PaneSizesFile::load(&path), PaneSizesFile::load(&path));
        now.columns = 3;
        one.save(now).unwrap();
        later.rows = -2;
        other.save(later).unwrap();
        assert_eq!(PaneSizesFile::load(&path).1, PaneSizes { columns: 3, rows: -2, logs: 0 });
        now.columns = 0;
        one.save(now).unwrap();
        assert_eq!(PaneSizesFile::load(&path).1, PaneSizes { columns: 0, rows: -2, logs: 0 });
    }
}
