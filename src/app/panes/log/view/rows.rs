//! The rows of a log on the screen: its lines laid out, wrapped or cut, and what happened between them.

use super::{Anchor, LogView};
use crate::app::options::LogOptions;
use crate::app::panes::log::{laid_out, search};
use crate::app::widgets::wrap;
use crate::model::log_text::{COLUMNS_MAX, Glyph, Piece, pieces};
use crate::model::{Level, LineMark, Search, Stream, Tone};
use std::ops::Range;

/// A row of the log pane.
#[derive(Debug, Clone, PartialEq)]
pub struct VisibleLine {
    /// Number of the line.
    pub number: i64,
    /// The severity of the line.
    pub level: Level,
    /// From standard error.
    pub is_error_stream: bool,
    /// The time; empty on continuation rows and when not wanted.
    pub stamp: String,
    /// The text.
    pub pieces: Vec<Piece>,
    /// A further row of a wrapped line.
    pub continued: bool,
    /// There is more of the line than is shown.
    pub cut: bool,
    /// It was gone to: it is the current hit of the search, or the error that was looked for.
    pub current: bool,
    /// It is no line, but tells what happened to the container behind one; and its tone.
    pub event: Option<Tone>,
    /// It is one of the selected lines.
    pub selected: bool,
    /// It has a bookmark.
    pub bookmarked: bool,
    /// It passes no filter, and is there as context of a line that does.
    pub context: bool,
    /// Whose it is, in a log of several containers: its place in [`Merge::voices`].
    pub voice: u16,
}

impl LogView {
    pub(super) fn top(&self, height: usize, width: usize, preferences: &LogOptions) -> Option<Anchor> {
        let bottom = || self.bottom_anchor(height, width, preferences);
        let Some(anchor) = self.anchor else { return bottom() };
        // What it stood on may be hidden by a filter since.
        match self.at_or_after(anchor.line) {
            Some(line) if line == anchor.line => Some(anchor),
            Some(line) => Some(Anchor { line, row: 0 }),
            None => bottom(),
        }
    }

    /// The line in the top row.
    pub(in crate::app::panes::log) fn top_line(
        &self,
        height: usize,
        width: usize,
        preferences: &LogOptions,
    ) -> Option<i64> {
        self.top(height, width, preferences).map(|top| top.line)
    }

    /// The top row when the last row is at the bottom; none for an empty log.
    pub(super) fn bottom_anchor(&self, height: usize, width: usize, preferences: &LogOptions) -> Option<Anchor> {
        let unfinished = self.partial.as_ref().map_or(0, |batch| batch.lines.len());
        let mut left = height.saturating_sub(unfinished);
        let mut first = None;
        let mut next = self.before(i64::MAX);
        while let Some(line) = next {
            let rows = self.rows_of(line, width, preferences);
            if rows >= left {
                return Some(Anchor { line, row: rows - left });
            }
            left -= rows;
            first = Some(Anchor { line, row: 0 });
            next = self.before(line);
        }
        first
    }

    /// What is marked in lines.
    fn patterns(&self) -> impl Iterator<Item = &Search> {
        self.filters.active().0.iter().filter_map(|filter| filter.pattern()).chain(&self.search)
    }

    fn text_width(&self, width: usize, preferences: &LogOptions) -> usize {
        width.saturating_sub(2 + preferences.timestamps.columns() + self.gutter(width)).max(8)
    }

    pub(in crate::app::panes::log) fn rows_of(&self, line: i64, width: usize, preferences: &LogOptions) -> usize {
        self.rows_of_text(line, width, preferences) + self.happened_behind(line).len()
    }

    fn rows_of_text(&self, line: i64, width: usize, preferences: &LogOptions) -> usize {
        if !preferences.wrap {
            return 1;
        }
        let width = self.text_width(width, preferences);
        match self.line(line) {
            // Most lines need no decoding: what is plain takes a column for each byte. What is laid out may grow by any number.
            Some((mark, bytes))
                if bytes.len() <= width
                    && bytes.iter().all(|b| (0x20..0x7f).contains(b))
                    && !laid_out::may_be_laid_out(mark, bytes, preferences) =>
            {
                1
            }
            Some((mark, bytes)) => {
                let bytes = &*search::with_hidden_hits(self.patterns(), bytes);
                let cells = self.cells(mark, width);
                wrapped(&laid_out::glyphs(mark, bytes, COLUMNS_MAX, preferences, cells), width).len()
            }
            None => 1,
        }
    }

    /// The rows of a pane of this size, from the top; fewer than `height` when the log is short.
    pub fn visible(&self, height: usize, width: usize, preferences: &LogOptions) -> Vec<VisibleLine> {
        let mut rows = Vec::with_capacity(height);
        let Some(top) = self.top(height, width, preferences) else {
            self.push_partial(&mut rows, height, width, preferences);
            return rows;
        };
        let mut next = Some(top.line);
        while let Some(line) = next.filter(|_| rows.len() < height) {
            let Some((mark, bytes)) = self.line(line) else { break };
            let skip = if line == top.line { top.row } else { 0 };
            let before = rows.len();
            self.push_line(&mut rows, (line, mark, bytes), skip, height, width, preferences);
            let told = rows.len() - before;
            // Of a line above the screen what happened behind it may still be on it.
            let unseen =
                if told > 0 || skip == 0 { 0 } else { skip - self.rows_of_text(line, width, preferences).min(skip) };
            self.push_happenings(&mut rows, (line, mark), unseen, height, preferences);
            next = self.after(line);
        }
        self.push_partial(&mut rows, height, width, preferences);
        rows
    }

    fn push_partial(&self, rows: &mut Vec<VisibleLine>, height: usize, width: usize, preferences: &LogOptions) {
        let Some(batch) = &self.partial else { return };
        for mark in &batch.lines {
            self.push_line(rows, (i64::MAX, mark, batch.line(mark)), 0, height, width, preferences);
        }
    }

    fn push_line(
        &self,
        rows: &mut Vec<VisibleLine>,
        (number, mark, bytes): (i64, &LineMark, &[u8]),
        skip: usize,
        height: usize,
        width: usize,
        preferences: &LogOptions,
    ) {
        let width = self.text_width(width, preferences);
        let wanted = if preferences.wrap { COLUMNS_MAX } else { self.left + width + 1 };
        let wanted = wanted.min(width.saturating_mul(height + skip + 1).max(self.left + width + 1));
        let hit = search::with_hidden_hits(self.patterns(), bytes);
        let mut glyphs = laid_out::glyphs(mark, &hit, wanted, preferences, self.cells(mark, width));
        self.patterns().for_each(|pattern| search::mark(pattern, &mut glyphs));
        self.highlight(mark, &mut glyphs, preferences.highlights);
        let stamp = laid_out::stamp(mark.at, preferences);
        let shown: Vec<&[Glyph]> = if preferences.wrap {
            wrapped(&glyphs, width).into_iter().map(|row| &glyphs[row]).collect()
        } else {
            vec![window(&glyphs, self.left, width)]
        };
        let beyond = !preferences.wrap && {
            let columns: usize = glyphs.iter().map(|glyph| usize::from(glyph.width)).sum();
            columns > self.left + width
        };
        for (row, part) in shown.into_iter().enumerate().skip(skip) {
            if rows.len() == height {
                return;
            }
            rows.push(VisibleLine {
                number,
                level: mark.level,
                is_error_stream: mark.stream == Stream::Err,
                stamp: if row == 0 { stamp.clone() } else { String::new() },
                pieces: pieces(part),
                continued: row > 0,
                cut: beyond,
                current: self.marked() == Some(number),
                event: None,
                selected: self.is_selected(number),
                bookmarked: row == 0 && self.is_bookmarked(mark, bytes),
                context: self.filters.is_context(number, mark, &self.ring),
                voice: mark.voice,
            });
        }
    }
}

/// The rows of some glyphs. An empty line is one row.
fn wrapped(glyphs: &[Glyph], width: usize) -> Vec<Range<usize>> {
    wrap::rows(glyphs.iter().map(|glyph| (usize::from(glyph.width), false)), width)
}

/// The glyphs between column `left` and `left + width`.
fn window(glyphs: &[Glyph], left: usize, width: usize) -> &[Glyph] {
    let (mut column, mut start, mut end) = (0, glyphs.len(), glyphs.len());
    for (index, glyph) in glyphs.iter().enumerate() {
        if column >= left && start == glyphs.len() {
            start = index;
        }
        column += glyph.width as usize;
        if column > left + width {
            end = index;
            break;
        }
    }
    glyphs.get(start..end.max(start)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;
    use crate::app::panes::log::ring::tests::batch;
    use crate::model::{EngineId, Id, StreamEvent, StreamId};

    #[test]
    fn wrapped_lines_scroll_row_by_row() {
        let wrapping = LogOptions { wrap: true, ..PLAIN };
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &wrapping);
        view.take(StreamEvent::Lines(batch(&["abcdefghij0123456789", "end"], 1)));
        let rows = |view: &LogView| -> Vec<String> {
            let rows = view.visible(3, 12, &wrapping);
            rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
        };
        assert_eq!(rows(&view), ["abcdefghij", "0123456789", "end"]);
        assert_eq!(view.visible(2, 12, &wrapping)[0].pieces[0].text, "0123456789");
        view.scroll_by(-1, 2, 12, &wrapping);
        assert_eq!(view.visible(2, 12, &wrapping)[0].pieces[0].text, "abcdefghij");
    }

    #[test]
    fn the_newest_line_is_at_the_bottom_though_lines_before_it_grow_when_they_are_laid_out() {
        let wrapping = LogOptions { wrap: true, raw: false, ..PLAIN };
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &wrapping);
        let nested = r#"{"msg":"x","request_of_user":{"a":1,"b":2,"c":3,"d":4}}"#;
        view.take(StreamEvent::Lines(batch(&[nested, nested, nested, nested, "end"], 1)));
        let rows = view.visible(4, nested.len() + 10, &wrapping);
        let last: Vec<&str> = rows.last().expect("a row").pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert!(rows.iter().any(|row| row.continued), "they do not grow: {rows:?}");
        assert_eq!(last, ["end"]);
    }

    #[test]
    fn cut_lines_scroll_sideways() {
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &PLAIN);
        view.take(StreamEvent::Lines(batch(&["0123456789abcdefghij"], 1)));
        view.left = 4;
        assert_eq!(view.visible(1, 12, &PLAIN)[0].pieces[0].text, "456789abcd");
    }
}
