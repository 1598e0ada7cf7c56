//! A list of rows that can be marked and folded. The cursor and the marks follow identity, never the index.

use super::cursor::Cursor;
use crate::model::Id;
use std::collections::BTreeSet;
use std::ops::Range;

/// A row of a list.
pub trait ListRow {
    /// The identity of a row.
    type Key: Clone + Ord;

    /// Its identity.
    fn key(&self) -> Self::Key;

    /// What a mark on it means. None: all rows below it.
    fn marks(&self) -> Option<&Id>;

    /// True if it can be folded: rows below it can follow.
    fn is_head(&self) -> bool;

    /// True if it is below the last head before it.
    fn is_below(&self) -> bool;
}

/// The rows of a list, in order.
#[derive(Debug, Clone)]
pub struct List<R: ListRow> {
    /// First line shown of the details of the row under the cursor.
    pub scroll: usize,
    all: Vec<R>,
    /// The rows that are not folded away, as places among all.
    shown: Vec<usize>,
    folded: BTreeSet<R::Key>,
    cursor: Cursor,
    on: Option<R::Key>,
    marks: BTreeSet<Id>,
    last_mark: Option<R::Key>,
    /// All that was marked went away, and nothing was pressed since.
    lost_marks: bool,
}

impl<R: ListRow> Default for List<R> {
    fn default() -> Self {
        List {
            scroll: 0,
            all: Vec::new(),
            shown: Vec::new(),
            folded: BTreeSet::new(),
            cursor: Cursor::default(),
            on: None,
            marks: BTreeSet::new(),
            last_mark: None,
            lost_marks: false,
        }
    }
}

impl<R: ListRow> List<R> {
    /// Takes other rows; cursor and marks stay with what they are on. What is gone leaves the cursor at the same height.
    pub fn set(&mut self, rows: Vec<R>) {
        self.all = rows;
        self.lay_out();
    }

    fn lay_out(&mut self) {
        self.shown.clear();
        let mut folded = false;
        for (at, row) in self.all.iter().enumerate() {
            if !row.is_below() {
                folded = row.is_head() && self.folded.contains(&row.key());
                self.shown.push(at);
            } else if !folded {
                self.shown.push(at);
            }
        }
        let found = self.on.as_ref().and_then(|key| self.row_of(key));
        self.put_cursor(found.unwrap_or(self.cursor.row()));
    }

    /// All rows, folded away or not.
    pub fn all(&self) -> &[R] {
        &self.all
    }

    /// The rows that are not folded away.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &R> + DoubleEndedIterator {
        self.shown.iter().map(|at| &self.all[*at])
    }

    /// How many rows there are that are not folded away.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// True if it has no row.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&R> {
        self.row(self.cursor.row())
    }

    /// The row at a place among those that are not folded away.
    pub fn row(&self, row: usize) -> Option<&R> {
        self.all.get(*self.shown.get(row)?)
    }

    /// The identity of the row under the cursor.
    pub fn on(&self) -> Option<&R::Key> {
        self.on.as_ref()
    }

    /// The cursor.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The place of the row under the cursor.
    pub fn cursor_row(&self) -> usize {
        self.cursor.row()
    }

    /// The place of the first row on screen.
    pub fn top(&self) -> usize {
        self.cursor.top()
    }

    /// The row of that identity; that of its head where it is folded away.
    pub fn row_of(&self, key: &R::Key) -> Option<usize> {
        let at = self.all.iter().position(|row| row.key() == *key)?;
        Some(self.shown.partition_point(|shown| *shown <= at).saturating_sub(1))
    }

    /// Moves the cursor by rows.
    pub fn move_by(&mut self, rows: isize) {
        self.lost_marks = false;
        self.put_cursor(self.cursor.row().saturating_add_signed(rows));
    }

    /// Puts the cursor on a row, or the last one.
    pub fn put_cursor(&mut self, row: usize) {
        self.cursor.put(row, self.shown.len());
        let on = self.selected().map(R::key);
        if on != self.on {
            self.scroll = 0;
        }
        self.on = on;
    }

    /// Puts the cursor on the first row for which this holds, folded away or not. False if there is none.
    pub fn select(&mut self, is_it: impl Fn(&R) -> bool) -> bool {
        let Some(at) = self.all.iter().position(is_it) else { return false };
        if let Some(head) = self.head_of(at).map(|head| self.all[head].key())
            && self.folded.remove(&head)
        {
            self.lay_out();
        }
        let row = self.shown.partition_point(|shown| *shown < at);
        self.put_cursor(row);
        true
    }

    /// Scrolls so that the cursor is inside a window of `height` rows.
    pub fn fit(&mut self, height: usize) {
        self.cursor.fit(height, self.shown.len());
    }

    /// The place of the head that a row stands below.
    fn head_of(&self, at: usize) -> Option<usize> {
        let row = self.all.get(at).filter(|row| row.is_below());
        row.and_then(|_| self.all.get(..at)?.iter().rposition(|row| !row.is_below()))
    }

    /// The rows below the one at a place.
    fn below(&self, at: usize) -> Range<usize> {
        let rest = self.all.get(at + 1..).unwrap_or_default();
        let count = rest.iter().take_while(|row| row.is_below()).count();
        at + 1..at + 1 + count
    }

    /// True if the rows below this one are folded away.
    pub fn is_folded(&self, row: &R) -> bool {
        row.is_head() && self.folded.contains(&row.key())
    }

    /// True if the row under the cursor has others below it that are folded away.
    pub fn is_on_folded(&self) -> bool {
        self.selected().is_some_and(|row| self.is_folded(row))
    }

    fn has_heads(&self) -> bool {
        self.all.iter().any(R::is_head)
    }

    /// The identity of the row under the cursor, if it can be folded.
    fn head(&self) -> Option<R::Key> {
        self.selected().filter(|row| row.is_head()).map(R::key)
    }

    /// Folds or opens the row under the cursor. False if nothing stands below it.
    pub fn toggle_fold(&mut self) -> bool {
        let Some(key) = self.head() else { return false };
        if !self.folded.remove(&key) {
            self.folded.insert(key);
        }
        self.lay_out();
        true
    }

    /// Folds the row under the cursor; from one below another the cursor goes there. False if nothing can be folded.
    pub fn fold_in(&mut self) -> bool {
        if let Some(key) = self.head() {
            self.folded.insert(key);
            self.lay_out();
        } else {
            self.go_to_head();
        }
        self.has_heads()
    }

    fn go_to_head(&mut self) {
        let at = self.shown.get(self.cursor.row()).copied();
        if let Some(head) = at.and_then(|at| self.head_of(at)) {
            self.put_cursor(self.shown.partition_point(|shown| *shown < head));
        }
    }

    /// Opens the row under the cursor; in an open one the cursor goes to the first below. False if nothing can be folded.
    pub fn fold_out(&mut self) -> bool {
        match self.head() {
            Some(key) if self.folded.remove(&key) => self.lay_out(),
            Some(_) => self.move_by(1),
            None => {}
        }
        self.has_heads()
    }

    /// Folds all, or opens all if all are folded. False if nothing can be folded.
    pub fn fold_all(&mut self) -> bool {
        let heads: Vec<R::Key> = self.all.iter().filter(|row| row.is_head()).map(R::key).collect();
        if heads.iter().all(|key| self.folded.contains(key)) {
            self.folded.retain(|key| !heads.contains(key));
        } else {
            self.folded.extend(heads);
        }
        self.lay_out();
        self.has_heads()
    }

    /// True if it is marked.
    pub fn is_marked(&self, id: &Id) -> bool {
        self.marks.contains(id)
    }

    /// Number of marks, including those that nothing on screen shows.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Forgets marks of what is gone.
    pub fn keep_marks(&mut self, is_there: impl Fn(&Id) -> bool) {
        let before = self.marks.len();
        self.marks.retain(is_there);
        if self.marks.len() < before {
            self.lost_marks = self.marks.is_empty();
        }
    }

    /// What a mark on the row at a place means: the row itself, or all rows below it.
    fn meant(&self, at: usize) -> &[R] {
        let range = match self.all.get(at).map(R::marks) {
            Some(Some(_)) => at..at + 1,
            Some(None) => self.below(at),
            None => return &[],
        };
        &self.all[range]
    }

    /// What rows on screen mean. An open head means nothing beside the rows below it.
    fn ids_of(&self, rows: Range<usize>) -> Vec<Id> {
        let shown = self.shown.get(rows).unwrap_or_default().iter();
        let open = |at: &&usize| self.all[**at].marks().is_none() && !self.is_folded(&self.all[**at]);
        shown.filter(|at| !open(at)).flat_map(|at| self.meant(*at)).filter_map(R::marks).cloned().collect()
    }

    /// Marks or unmarks the row under the cursor and moves on. Where that means the rows below it, they are passed by.
    pub fn toggle_mark(&mut self) {
        self.lost_marks = false;
        let Some(at) = self.shown.get(self.cursor.row()).copied() else { return };
        let ids: Vec<Id> = self.meant(at).iter().filter_map(R::marks).cloned().collect();
        if ids.iter().all(|id| self.marks.contains(id)) {
            self.marks.retain(|id| !ids.contains(id));
        } else {
            self.marks.extend(ids);
        }
        self.last_mark.clone_from(&self.on);
        let end = if self.all[at].marks().is_none() { self.below(at).end } else { at + 1 };
        self.put_cursor(self.shown.partition_point(|shown| *shown < end));
    }

    /// Marks everything between the last mark and the cursor, what is folded whole.
    pub fn mark_range(&mut self) {
        let here = self.cursor.row();
        let from = self.last_mark.as_ref().and_then(|key| self.row_of(key)).unwrap_or(here);
        let ids = self.ids_of(from.min(here)..(from.max(here) + 1).min(self.shown.len()));
        self.marks.extend(ids);
        self.last_mark.clone_from(&self.on);
    }

    /// Takes all marks away.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        (self.last_mark, self.lost_marks) = (None, false);
    }

    /// Marks what is not marked, unmarks what is.
    pub fn invert_marks(&mut self) {
        for id in self.ids_of(0..self.shown.len()) {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
        }
    }

    /// True, once, when all that was marked went away since the last key: an operation must not slip to the cursor's row.
    pub fn take_lost_marks(&mut self) -> bool {
        std::mem::take(&mut self.lost_marks) && self.marks.is_empty()
    }

    /// Marks that no row on screen shows: the filter or a folded row hides them.
    pub fn hidden_marks(&self) -> usize {
        self.marks.len() - self.rows().filter_map(R::marks).filter(|id| self.marks.contains(*id)).count()
    }

    /// The marks, including those that nothing on screen shows.
    pub fn marks(&self) -> impl Iterator<Item = &Id> {
        self.marks.iter()
    }

    /// What an operation applies to: the marked rows if there are any, else what the row under the cursor means.
    pub fn targets(&self) -> impl Iterator<Item = &R> {
        let at = self.shown.get(self.cursor.row()).filter(|_| self.marks.is_empty());
        let marked = self.all.iter().filter(|row| row.marks().is_some_and(|id| self.marks.contains(id)));
        at.into_iter().flat_map(|at| self.meant(*at)).chain(marked)
    }

    /// The cursor goes to the row of this identity when it has one.
    pub fn aim(&mut self, key: R::Key) {
        self.on = Some(key);
    }
}
