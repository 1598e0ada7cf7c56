//! The line under the cursor of a log, and the lines selected up to it.

use super::view::LogView;
use crate::app::action::Action;
use crate::app::component::{Cx, FAR};
use crate::app::options::LogOptions;
use crate::model::Timestamp;
use ratatui::layout::Position;

/// Seconds between steps of a log while the mouse is held above or below it.
const DRAG_SECONDS: f64 = 0.05;

/// A button of the mouse that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Press {
    /// The line on which it was pressed.
    pub line: i64,
    /// The cursor was there before, and nothing is selected.
    again: bool,
    /// It is held above or below the pane: where, and when the log is to be scrolled next.
    beyond: Option<(Position, Timestamp)>,
}

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
            self.put_cursor(cx, line);
        }
        true
    }

    /// Moves the cursor to a line. Without one nothing happens.
    pub(super) fn put_cursor(&mut self, cx: &Cx, line: i64) {
        if let Some(cursor) = &mut self.cursor {
            cursor.line = line;
            self.bring_into_view(line, cx);
        }
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

    /// The line of a row of the pane.
    fn line_at_row(&self, cx: &Cx, row: u16) -> Option<i64> {
        let (height, width) = cx.size();
        let rows = self.visible(height, width, &cx.options.logs);
        rows.get(usize::from(row)).map(|row| row.number).filter(|line| self.line(*line).is_some())
    }

    /// A press on a line: the cursor goes there, and lines are selected from there on while the mouse is dragged.
    pub(super) fn press_line(&mut self, cx: &Cx, at: Position) {
        self.press = None;
        let (height, width) = cx.size();
        let Some(line) = cx.line(at, 0).and_then(|row| self.line_at_row(cx, row)) else { return };
        self.hold_still(height, width, &cx.options.logs);
        let there = LineCursor { line, from: None };
        self.press = Some(Press { line, again: self.cursor == Some(there), beyond: None });
        self.cursor = Some(there);
    }

    /// The mouse is dragged: lines are selected up to it. Above or below the pane the log is scrolled.
    pub(super) fn select_to(&mut self, cx: &Cx, at: Position) {
        let (height, width) = cx.size();
        if self.press.is_none() || height == 0 {
            return;
        }
        let (top, bottom) = (cx.area.top(), cx.area.bottom() - 1);
        let row = at.y.clamp(top, bottom);
        let stood = self.anchor;
        if row != at.y {
            self.scroll_rows(cx, at.y as isize - row as isize);
            self.hold_still(height, width, &cx.options.logs);
        }
        let line = (0..=row - top).rev().find_map(|row| self.line_at_row(cx, row));
        let is_moving = row != at.y && self.anchor != stood;
        // The log may have been opened anew meanwhile.
        let Some((press, line)) = self.press.as_mut().zip(line) else { return };
        press.beyond = is_moving.then(|| (at, cx.now.plus_seconds(DRAG_SECONDS)));
        if line != press.line || self.cursor.is_some_and(|cursor| cursor.from.is_some()) {
            (press.again, self.cursor) = (false, Some(LineCursor { line, from: Some(press.line) }));
        }
    }

    /// Where the mouse is held above or below the pane, and when the log is to be scrolled again.
    pub(in crate::app) fn held_beyond(&self) -> Option<(Position, Timestamp)> {
        self.press?.beyond
    }

    /// True while a button is held that was pressed on a line.
    pub(in crate::app) fn is_pressed(&self) -> bool {
        self.press.is_some()
    }

    /// The button is up. A line on which the cursor was already is opened whole.
    pub(super) fn end_press(&mut self, cx: &Cx) -> Option<Action> {
        self.press.take().filter(|press| press.again).map(|_| self.open_line(cx))
    }

    /// Something else was done: whatever the mouse does next is no part of the press.
    pub(in crate::app) fn forget_press(&mut self) {
        self.press = None;
    }
}
