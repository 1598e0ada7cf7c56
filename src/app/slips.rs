//! Cursors that fell on another row by themselves: where each was, and until when nothing is done to the row that it is on.

use super::panes::fleet::GroupKey;
use crate::model::{Id, Kind, StreamId, Timestamp};
use std::sync::Arc;

/// Seconds for which nothing is done to a row on which a cursor has fallen.
const REFUSED: f64 = 1.0;
/// The list that a cursor is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CursorOf {
    Containers,
    Others(Kind),
    Processes,
    Files,
    Transfers,
}

/// The row that a cursor is on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct On {
    pub cursor: CursorOf,
    pub row: Row,
    /// Rows of another of these are another list: a folder, a container's processes.
    pub of: Option<(Id, Vec<u8>)>,
    pub name: Arc<str>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    Thing(Id),
    Group(GroupKey),
    Process(i32),
    File(Vec<u8>),
    Transfer(StreamId),
}

/// A cursor fell on another row by itself.
#[derive(Debug)]
pub(super) struct Slip {
    pub was: On,
    pub at: Timestamp,
    /// Until then nothing is done to the other row.
    pub until: Timestamp,
    /// What was there may come back and get the cursor again.
    pub is_awaited: bool,
}

impl Slip {
    pub fn new(was: On, now: Timestamp, is_awaited: bool) -> Slip {
        Slip { was, at: now, until: now.plus_seconds(REFUSED), is_awaited }
    }
}

/// Where all cursors are, and which fell. A key costs no allocation here.
#[derive(Debug, Default)]
pub(super) struct Slips {
    pub on: [Option<On>; 5],
    pub fallen: Vec<Slip>,
}

impl Slips {
    /// The operator has moved: they see where the cursor is.
    pub fn forgive(&mut self) {
        self.fallen.clear();
    }

    /// Takes note if the cursor that was there is on another row of the same list now.
    pub fn compare(&mut self, was: On, by_operator: bool, now: Timestamp) {
        let Some(on) = self.on.iter().flatten().find(|on| on.cursor == was.cursor) else { return };
        if on.row == was.row || on.of != was.of {
            return;
        }
        let is_its = |slip: &Slip| slip.was.cursor == on.cursor;
        if by_operator || on.name == was.name {
            self.fallen.retain(|slip| !is_its(slip));
        } else if let Some(slip) = self.fallen.iter_mut().find(|slip| is_its(slip)) {
            slip.until = now.plus_seconds(REFUSED);
        } else {
            self.fallen.push(Slip::new(was, now, true));
        }
    }
}
