//! Rows below others: services below their project, folded or open.

use super::ResourceList;
use super::rows::Row;
use crate::model::Id;
use std::collections::BTreeMap;

impl ResourceList {
    /// True if the rows below this one are folded away.
    pub fn is_folded(&self, id: &Id) -> bool {
        self.folded.contains(id)
    }

    /// Folds or opens the row under the cursor, once the rows are computed anew. False if nothing stands below it.
    pub fn toggle_fold(&mut self) -> bool {
        let Some(id) = self.head().cloned() else { return false };
        if !self.folded.remove(&id) {
            self.folded.insert(id);
        }
        true
    }

    /// The row under the cursor, if it holds others.
    fn head(&self) -> Option<&Id> {
        self.selected().filter(|row| row.holds).map(|row| &row.id)
    }

    /// Folds the row under the cursor; from one below another the cursor goes there. False if nothing can be folded.
    pub fn fold_in(&mut self) -> bool {
        if let Some(id) = self.head().cloned() {
            self.folded.insert(id);
        } else if let Some(under) = self.selected().and_then(|row| row.under.clone()) {
            self.go_to(&under);
        }
        self.has_heads()
    }

    /// Opens the row under the cursor; in an open one the cursor goes to the first below. False if nothing can be folded.
    pub fn fold_out(&mut self) -> bool {
        if let Some(id) = self.head().cloned()
            && !self.folded.remove(&id)
        {
            self.move_by(1);
        }
        self.has_heads()
    }

    /// Folds all, or opens all if all are folded. False if nothing can be folded.
    pub fn fold_all(&mut self) -> bool {
        let heads: Vec<Id> = self.rows.iter().filter(|row| row.holds).map(|row| row.id.clone()).collect();
        if heads.iter().all(|id| self.folded.contains(id)) {
            self.folded.clear();
        } else {
            if let Some(under) = self.selected().and_then(|row| row.under.clone()) {
                self.go_to(&under);
            }
            self.folded.extend(heads);
        }
        self.has_heads()
    }

    fn has_heads(&self) -> bool {
        self.rows.iter().any(|row| row.holds)
    }

    fn go_to(&mut self, id: &Id) {
        if let Some(row) = self.rows.iter().position(|row| row.id == *id) {
            self.put_cursor(row);
        }
    }
}

/// Rows that stand below nothing, and by the row above them those that do.
pub(super) fn part(all: Vec<Row>) -> (Vec<Row>, BTreeMap<Id, Vec<Row>>) {
    let mut below: BTreeMap<Id, Vec<Row>> = BTreeMap::new();
    let mut heads = Vec::new();
    for row in all {
        match row.under.clone() {
            Some(under) => below.entry(under).or_default().push(row),
            None => heads.push(row),
        }
    }
    (heads, below)
}
