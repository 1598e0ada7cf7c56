//! The line of a log that is shown whole, with all that belongs to its entry.

use super::bookmarks::Bookmark;
use super::view::LogView;
use crate::app::action::Action;
use crate::app::component::Cx;
use crate::app::overlay::Overlay;
use crate::app::screens::line::LineView;
use crate::model::LineMark;

/// Lines of one entry that are shown at most.
const ENTRY_MOST: usize = 1000;
/// Lines of other containers and streams that may stand between two of an entry.
const BETWEEN_MOST: usize = 100;

/// A line that is shown whole: its number when it was opened, and by what it is known when its number has changed.
#[derive(Debug, Clone)]
pub(in crate::app) struct OpenLine {
    number: i64,
    known: Bookmark,
}

impl LogView {
    /// Shows the current line whole, with all that belongs to its entry.
    pub(super) fn open_line(&self, cx: &Cx) -> Action {
        let line = self.current_line(cx.size(), &cx.options.logs);
        match line.and_then(|line| LineView::of(self, line, &cx.options.logs)) {
            Some(view) => Action::Open(Box::new(Overlay::Line(Box::new(view)))),
            None => cx.warn("no line to show yet"),
        }
    }

    /// Goes to a line, which is shown whole above the log.
    pub(super) fn show_open_line(&mut self, cx: &Cx, line: i64) {
        if self.cursor.is_some() {
            self.put_cursor(cx, line);
        } else {
            self.show_line(line, cx.size(), &cx.options.logs);
        }
    }

    /// By what a line is found again.
    pub(in crate::app) fn open_line_of(&self, number: i64, mark: &LineMark, bytes: &[u8]) -> OpenLine {
        OpenLine { number, known: self.bookmark_of(mark, bytes) }
    }

    /// The number that a line has by now; none where it is not shown any more.
    pub(in crate::app) fn find(&self, open: &OpenLine) -> Option<i64> {
        let same = self.line(open.number).filter(|(mark, bytes)| self.bookmark_of(mark, bytes) == open.known);
        same.map(|_| open.number).or_else(|| self.line_of(&open.known))
    }

    /// The lines of the entry that a line belongs to, as far as they are shown, the first one first.
    pub(in crate::app) fn entry(&self, number: i64) -> Vec<i64> {
        let Some((of, _)) = self.line(number) else { return Vec::new() };
        let is_beside = |(mark, _): &(&LineMark, &[u8])| (mark.voice, mark.stream) == (of.voice, of.stream);
        let before = std::iter::successors(Some(number), |line| self.before(*line)).take(ENTRY_MOST);
        let mut head = number;
        for line in before {
            let Some((mark, _)) = self.line(line).filter(is_beside) else { continue };
            head = line;
            if !mark.continues {
                break;
            }
        }
        let mut entry = vec![head];
        let mut between = 0;
        for line in std::iter::successors(self.after(head), |line| self.after(*line)) {
            match self.line(line).filter(is_beside) {
                Some((mark, _)) if mark.continues && entry.len() < ENTRY_MOST => (between, _) = (0, entry.push(line)),
                Some(_) => break,
                None if between == BETWEEN_MOST => break,
                None => between += 1,
            }
        }
        entry
    }

    /// The next or the previous line that begins an entry.
    pub(in crate::app) fn entry_beside(&self, line: i64, forward: bool) -> Option<i64> {
        let next = |line: &i64| if forward { self.after(*line) } else { self.before(*line) };
        let mut lines = std::iter::successors(next(&line), next);
        let begins = |line: &i64| self.line(*line).is_some_and(|(mark, _)| !mark.continues);
        lines.find(begins)
    }

    /// Which of the lines that are shown one is, from 1.
    pub(in crate::app) fn ordinal(&self, line: i64) -> usize {
        self.filters.lines_before(line, &self.ring) + 1
    }
}
