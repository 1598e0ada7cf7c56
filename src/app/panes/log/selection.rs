//! The line under the cursor of a log, and the lines selected up to it.

use super::view::LogView;
use crate::app::component::{Cx, FAR};
use crate::app::options::LogOptions;
use ratatui::layout::Position;

/// A cursor in a log. It is there once a line was selected or clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineCursor {
    /// The line under it.
    pub line: i64,
    /// The line at which a selection began.
    pub from: Option<i64>,
}

impl LogView {
    /// The line that is meant: the one under the cursor, the one last gone to, or the last one on screen.
    pub(super) fn current_line(&self, (height, width): (usize, usize), preferences: &LogOptions) -> Option<i64> {
        let last = || self.visible(height, width, preferences).last().map(|row| row.number);
        self.marked().or_else(last).filter(|line| self.line(*line).is_some())
    }

    /// The selected lines: the first and the last; of a cursor without a selection its line.
    pub(super) fn selection(&self) -> Option<(i64, i64)> {
        let cursor = self.cursor?;
        let from = cursor.from.unwrap_or(cursor.line);
        Some((from.min(cursor.line), from.max(cursor.line)))
    }

    /// True if a line is selected.
    pub(super) fn is_selected(&self, number: i64) -> bool {
        let selects = self.cursor.is_some_and(|cursor| cursor.from.is_some());
        selects && self.selection().is_some_and(|(first, last)| (first..=last).contains(&number))
    }

    /// Begins to select lines at the current one, or ends it.
    pub(super) fn turn_selection(&mut self, cx: &Cx) -> bool {
        let (height, width) = cx.size();
        match &mut self.cursor {
            Some(cursor) => cursor.from = if cursor.from.is_some() { None } else { Some(cursor.line) },
            None => {
                let Some(line) = self.current_line((height, width), &cx.options.logs) else { return false };
                self.hold_still(height, width, &cx.options.logs);
                self.cursor = Some(LineCursor { line, from: Some(line) });
            }
        }
        true
    }

    /// Moves the cursor by lines. False if there is none.
    pub(super) fn move_cursor(&mut self, cx: &Cx, rows: isize) -> bool {
        let Some(cursor) = self.cursor else { return false };
        let line = match rows {
            rows if rows <= -FAR => self.first_shown(),
            rows if rows >= FAR => self.before(i64::MAX),
            rows => Some((0..rows.unsigned_abs()).fold(cursor.line, |line, _| {
                let next = if rows < 0 { self.before(line) } else { self.after(line) };
                next.unwrap_or(line)
            })),
        };
        if let Some(line) = line {
            self.cursor = Some(LineCursor { line, ..cursor });
            self.bring_into_view(line, cx);
        }
        true
    }

    fn bring_into_view(&mut self, line: i64, cx: &Cx) {
        let (height, width) = cx.size();
        let rows = self.visible(height, width, &cx.options.logs);
        match (rows.first(), rows.last()) {
            (Some(first), _) if line < first.number => self.hold_at(line),
            (_, Some(last)) if line > last.number => self.hold_above(line, cx),
            _ => {}
        }
    }

    /// Holds still with a line at the bottom.
    fn hold_above(&mut self, line: i64, cx: &Cx) {
        let (height, width) = cx.size();
        let (mut top, mut left) = (line, height);
        loop {
            left = left.saturating_sub(self.rows_of(top, width, &cx.options.logs));
            match self.before(top) {
                Some(before) if left >= self.rows_of(before, width, &cx.options.logs) && left > 0 => top = before,
                _ => return self.hold_at(top),
            }
        }
    }

    /// A click on a line: the cursor goes there.
    pub(super) fn click_line(&mut self, cx: &Cx, at: Position) {
        let (height, width) = cx.size();
        let rows = self.visible(height, width, &cx.options.logs);
        let row = cx.line(at, 0).and_then(|row| rows.get(usize::from(row)));
        let Some(line) = row.map(|row| row.number).filter(|line| self.line(*line).is_some()) else { return };
        self.hold_still(height, width, &cx.options.logs);
        self.cursor = Some(LineCursor { line, from: None });
    }
}
