//! Lists of what an engine keeps beside containers: images, volumes, networks, projects, disk usage. A resource is data: columns,
//! rows, lines of detail. This list and one painter serve all of them.

mod detail;
mod fold;
mod projects;
pub(in crate::app) mod rows;

pub use detail::{DetailLine, lines, lines_of_service};
pub use projects::{Project, Service, containers_of, projects};
pub use rows::{Heading, Row, headings};

use crate::app::natural_sort;
use crate::model::{Id, Kind, Snapshot};
use std::collections::BTreeSet;

/// Cells between columns.
pub const GAP: u16 = 2;
/// Cells before the first column: mark, sign, space.
pub const GUTTER: u16 = 3;

/// State of one list. The cursor and the marks follow identity, never the index.
#[derive(Debug, Clone)]
pub struct ResourceList {
    /// What it lists.
    pub kind: Kind,
    /// What the filter prompt holds.
    pub filter: String,
    /// Index of the column sorted by.
    pub sort: usize,
    /// The other way round than at first.
    pub reversed: bool,
    /// First line of the details shown.
    pub scroll: usize,
    rows: Vec<Row>,
    /// Rows that there are without those that stand below another, shown or not.
    all: usize,
    /// Rows whose rows below are not shown.
    folded: BTreeSet<Id>,
    cursor: Option<Id>,
    cursor_row: usize,
    top: usize,
    marks: BTreeSet<Id>,
    lost_marks: bool,
}

impl ResourceList {
    /// An empty list.
    pub fn new(kind: Kind) -> ResourceList {
        ResourceList {
            kind,
            filter: String::new(),
            sort: 0,
            reversed: false,
            scroll: 0,
            rows: Vec::new(),
            all: 0,
            folded: BTreeSet::new(),
            cursor: None,
            cursor_row: 0,
            top: 0,
            marks: BTreeSet::new(),
            lost_marks: false,
        }
    }

    /// The rows in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many rows there are without those that stand below another, whatever the filter hides.
    pub fn all(&self) -> usize {
        self.all
    }

    /// How many rows are shown without those that stand below another.
    pub fn heads(&self) -> usize {
        self.rows.iter().filter(|row| row.under.is_none()).count()
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&Row> {
        self.rows.get(self.cursor_row)
    }

    /// Index of the row under the cursor.
    pub fn cursor_row(&self) -> usize {
        self.cursor_row
    }

    /// Index of the first row shown.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Number of marks.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// True if it is marked.
    pub fn is_marked(&self, id: &Id) -> bool {
        self.marks.contains(id)
    }

    /// Computes the rows anew; cursor and marks stay with what they are on.
    pub fn rebuild(&mut self, world: &Snapshot, now: crate::model::Timestamp) {
        let all = rows::rows(self.kind, world, now);
        if self.marks.iter().any(|id| !all.iter().any(|row| row.id == *id)) {
            self.marks.retain(|id| all.iter().any(|row| row.id == *id));
            self.lost_marks = self.marks.is_empty();
        }
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        // What stands below a row is found by the words of that row too.
        let passes = |row: &Row, above: Option<&Row>| {
            let says = |word: &str| row.says(word) || above.is_some_and(|above| above.says(word));
            words.iter().all(|word| match word.strip_prefix('!') {
                Some("") => true,
                Some(word) => !says(word),
                None => says(word),
            })
        };
        let (mut rows, mut below) = fold::part(all);
        self.all = rows.len();
        rows.retain_mut(|row| {
            let Some(of) = below.get_mut(&row.id) else { return passes(row, None) };
            of.retain(|one| passes(one, Some(row)));
            row.holds = !of.is_empty();
            row.holds || passes(row, None)
        });
        let headings = rows::headings(self.kind);
        let column = self.sort.min(headings.len().saturating_sub(1));
        if !(self.kind == Kind::System && column == 0) {
            rows.sort_by(|a, b| {
                let by_cell = a.compare(b, column);
                let largest_first = headings.get(column).is_some_and(|heading| heading.is_figure);
                let by_cell = if largest_first != self.reversed { by_cell.reverse() } else { by_cell };
                by_cell.then_with(|| natural_sort::natural(&a.name, &b.name)).then_with(|| a.id.cmp(&b.id))
            });
        }
        self.rows = Vec::with_capacity(rows.len());
        for row in rows {
            let of = below.remove(&row.id).filter(|_| !self.folded.contains(&row.id));
            self.rows.push(row);
            self.rows.extend(of.into_iter().flatten());
        }
        let found = self.cursor.as_ref().and_then(|id| self.rows.iter().position(|row| row.id == *id));
        self.put_cursor(found.unwrap_or(self.cursor_row));
    }

    /// Moves the cursor by rows.
    pub fn move_by(&mut self, rows: isize) {
        self.lost_marks = false;
        self.put_cursor(self.cursor_row.saturating_add_signed(rows));
    }

    /// Puts the cursor on a row, or the last one.
    pub fn put_cursor(&mut self, row: usize) {
        self.cursor_row = row.min(self.rows.len().saturating_sub(1));
        let there = self.rows.get(self.cursor_row).map(|row| row.id.clone());
        if there != self.cursor {
            self.scroll = 0;
        }
        self.cursor = there;
    }

    /// Puts the cursor on the row of that name. False if there is none.
    pub(in crate::app) fn select_named(&mut self, name: &str) -> bool {
        let row = self.rows.iter().position(|row| *row.name == *name);
        row.into_iter().for_each(|row| self.put_cursor(row));
        row.is_some()
    }

    /// Scrolls so that the cursor is inside a window of `height` rows.
    pub fn fit(&mut self, height: usize) {
        let height = height.max(1);
        let last_top = self.rows.len().saturating_sub(height);
        self.top = self.top.min(last_top).clamp(self.cursor_row.saturating_sub(height - 1), self.cursor_row);
    }

    /// Marks or unmarks the row under the cursor and moves on.
    pub fn toggle_mark(&mut self) {
        self.lost_marks = false;
        let Some(id) = self.cursor.clone() else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
        self.move_by(1);
    }

    /// Takes all marks away.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.lost_marks = false;
    }

    /// Marks what is not marked, and the other way round.
    pub fn invert_marks(&mut self) {
        for row in &self.rows {
            if !self.marks.remove(&row.id) {
                self.marks.insert(row.id.clone());
            }
        }
    }

    /// True, once, when all that was marked went away since the last key: an act must not slip to the cursor's row.
    pub fn take_lost_marks(&mut self) -> bool {
        std::mem::take(&mut self.lost_marks) && self.marks.is_empty()
    }

    /// What an act applies to: the marked rows on screen if there are any, else the one under the cursor.
    pub fn targets(&self) -> Vec<Row> {
        if self.marks.is_empty() {
            return self.selected().cloned().into_iter().collect();
        }
        self.rows.iter().filter(|row| self.marks.contains(&row.id)).cloned().collect()
    }

    /// Marks that the filter or a folded row hides.
    pub fn hidden_marks(&self) -> usize {
        self.marks.len() - self.rows.iter().filter(|row| self.marks.contains(&row.id)).count()
    }
}
