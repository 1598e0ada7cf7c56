//! A file on screen: as text with line numbers, or byte by byte.

use crate::app::widgets::wrap::{self, Breaks};
use crate::model::Search;
use crate::model::{FileContent, files, text};
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Bytes of one line that are shown.
const LINE: usize = 64 * 1024;
/// Bytes that tell whether it is text.
const SAMPLE: usize = 8 * 1024;
/// Columns between two stops of the tabulator.
const TAB: usize = 8;

/// The form in which the file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// Lines.
    Text,
    /// Bytes.
    Hex,
}

/// A row on screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Line number or offset; none where a line goes on.
    pub label: Option<usize>,
    /// The text, clean.
    pub text: String,
    /// True for the row of the current match.
    pub hit: bool,
}

/// A file on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct FileView {
    /// The content of the file.
    pub content: Arc<FileContent>,
    /// The form in which the file is shown.
    pub form: FileForm,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// The current search.
    pub search: Option<Search>,
    /// Columns scrolled to the right.
    pub left: usize,
    /// True if the file is binary.
    pub is_binary: bool,
    /// First line on screen, or first row of bytes; and the row within a line that is wrapped.
    top: (usize, usize),
    /// The offsets at which lines begin.
    starts: Vec<usize>,
    /// Offset of the hit.
    hit: Option<usize>,
}

impl FileView {
    /// The beginning of a file.
    pub fn new(content: Arc<FileContent>) -> FileView {
        let bytes = &content.bytes;
        let mut starts: Vec<usize> =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1)).collect();
        // What ends with a line end has no further line.
        if starts.len() > 1 && starts.last() == Some(&bytes.len()) {
            starts.pop();
        }
        let is_binary = is_binary(&bytes[..bytes.len().min(SAMPLE)]);
        let form = if is_binary { FileForm::Hex } else { FileForm::Text };
        FileView { content, form, wrap: false, search: None, left: 0, is_binary, top: (0, 0), starts, hit: None }
    }

    /// Lines.
    pub fn lines(&self) -> usize {
        if self.content.bytes.is_empty() { 0 } else { self.starts.len() }
    }

    /// First line or offset on screen, counted as its label is.
    pub fn position(&self, width: usize) -> usize {
        match self.form {
            FileForm::Text => (self.top.0 + 1).min(self.lines()),
            FileForm::Hex => self.top.0 * per_row(width),
        }
    }

    /// Columns of the label: a number and a space.
    pub fn gutter(&self) -> usize {
        match self.form {
            FileForm::Text => self.lines().to_string().len().max(3) + 1,
            FileForm::Hex => 9,
        }
    }

    /// The other form; what is on screen stays.
    pub fn turn(&mut self, width: usize) {
        match self.form {
            FileForm::Text => {
                let offset = self.starts.get(self.top.0).copied().unwrap_or(0);
                (self.form, self.top) = (FileForm::Hex, (offset / per_row(width), 0));
            }
            FileForm::Hex => {
                let offset = self.top.0 * per_row(width);
                (self.form, self.top) = (FileForm::Text, (self.line_at(offset), 0));
            }
        }
        self.left = 0;
    }

    fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn line(&self, index: usize) -> &[u8] {
        let Some(start) = self.starts.get(index) else { return &[] };
        let end = self.starts.get(index + 1).map_or(self.content.bytes.len(), |next| next - 1);
        let line = &self.content.bytes[(*start).min(end)..end];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    fn rows_of(&self, index: usize, room: usize) -> usize {
        if !self.wrap {
            return 1;
        }
        wrap::lines(&line_text(self.line(index)), room, Breaks::Anywhere).len()
    }

    fn pane_context(&self, width: usize) -> usize {
        width.saturating_sub(self.gutter() + 1).max(1)
    }

    fn last(&self, width: usize) -> usize {
        match self.form {
            FileForm::Text => self.lines(),
            FileForm::Hex => self.content.bytes.len().div_ceil(per_row(width)),
        }
        .saturating_sub(1)
    }

    /// Scrolls; the last line stays on screen.
    pub fn scroll(&mut self, rows: isize, height: usize, width: usize) {
        let last = self.last(width);
        if self.form == FileForm::Hex || !self.wrap {
            let end = (last + 1).saturating_sub(height);
            self.top = (self.top.0.saturating_add_signed(rows).min(end), 0);
            return;
        }
        let room = self.pane_context(width);
        // More rows than there are is the end itself.
        if rows.unsigned_abs() > last + height {
            self.top = if rows < 0 { (0, 0) } else { (last, 0) };
            if rows > 0 {
                self.scroll(1 - height as isize, height, width);
            }
            return;
        }
        for _ in 0..rows.unsigned_abs() {
            let (line, row) = self.top;
            self.top = match rows > 0 {
                true if row + 1 < self.rows_of(line, room) => (line, row + 1),
                true if line < last => (line + 1, 0),
                false if row > 0 => (line, row - 1),
                false if line > 0 => (line - 1, self.rows_of(line - 1, room).saturating_sub(1)),
                _ => return,
            };
        }
    }

    /// Goes to the next place of what is searched for, or the one before. False if there is none; from the end it goes on at
    /// the other end.
    pub fn find(&mut self, forward: bool, height: usize, width: usize) -> bool {
        let Some(search) = &self.search else { return false };
        let top = match self.form {
            FileForm::Text => self.starts.get(self.top.0).copied().unwrap_or(0),
            FileForm::Hex => self.top.0 * per_row(width),
        };
        let from = self.hit.map_or(top, |hit| if forward { hit + 1 } else { hit });
        let found = search.step(&self.content.bytes, from, forward);
        let Some(at) = found else { return false };
        self.hit = Some(at);
        let row = match self.form {
            FileForm::Text => self.line_at(at),
            FileForm::Hex => at / per_row(width),
        };
        if !(self.top.0..self.top.0 + height).contains(&row) || self.wrap {
            let end = if self.wrap { row } else { (self.last(width) + 1).saturating_sub(height) };
            self.top = (row.saturating_sub(height / 3).min(end), 0);
        }
        true
    }

    /// Another search begins.
    pub fn begin_search(&mut self, text: &str) {
        (self.search, self.hit) = (Search::new(text), None);
    }

    /// The rows on screen.
    pub fn visible(&self, height: usize, width: usize) -> Vec<FileRow> {
        match self.form {
            FileForm::Text => self.text_rows(height, width),
            FileForm::Hex => self.hex_rows(height, width),
        }
    }

    fn text_rows(&self, height: usize, width: usize) -> Vec<FileRow> {
        let room = self.pane_context(width);
        let hit = self.hit.map(|at| self.line_at(at));
        let mut rows = Vec::with_capacity(height);
        let (mut line, mut skip) = self.top;
        while rows.len() < height && line < self.lines() {
            let whole = line_text(self.line(line));
            let hit = hit == Some(line);
            if self.wrap {
                for (index, piece) in wrap::lines(&whole, room, Breaks::Anywhere).into_iter().enumerate().skip(skip) {
                    let label = (index == 0).then_some(line + 1);
                    rows.push(FileRow { label, text: piece.to_string(), hit });
                }
            } else {
                let text = after(&whole, self.left).to_string();
                rows.push(FileRow { label: Some(line + 1), text, hit });
            }
            (line, skip) = (line + 1, 0);
        }
        rows.truncate(height);
        rows
    }

    fn hex_rows(&self, height: usize, width: usize) -> Vec<FileRow> {
        let count = per_row(width);
        let from = self.top.0 * count;
        let bytes = self.content.bytes.get(from..).unwrap_or_default();
        let row = |(index, bytes): (usize, &[u8])| {
            let offset = from + index * count;
            let mut text = String::with_capacity(count * 4 + 4);
            for at in 0..count {
                text.push_str(&bytes.get(at).map_or("   ".into(), |byte| format!("{byte:02x} ")));
                if at % 8 == 7 {
                    text.push(' ');
                }
            }
            let sign = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
            text.extend(bytes.iter().map(sign));
            let hit = self.hit.is_some_and(|hit| (offset..offset + count).contains(&hit));
            FileRow { label: Some(offset), text, hit }
        };
        bytes.chunks(count).take(height).enumerate().map(row).collect()
    }
}

/// Bytes in a row.
fn per_row(width: usize) -> usize {
    if width >= 78 { 16 } else { 8 }
}

fn is_binary(sample: &[u8]) -> bool {
    let odd =
        sample.iter().filter(|byte| **byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b)).count();
    let broken: usize = sample.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    sample.contains(&0) || odd + broken > sample.len() / 10
}

/// A line as clean text, tabulators as spaces. One that is too long ends with how much of it is not shown.
fn line_text(line: &[u8]) -> String {
    let over = line.len().saturating_sub(LINE);
    let line = &line[..line.len().min(LINE)];
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\t' {
                let stop = TAB - column % TAB;
                out.extend(std::iter::repeat_n(' ', stop));
                column += stop;
                continue;
            }
            let before = out.len();
            if text::is_hostile(c) {
                text::push_visible(&mut out, c)
            } else {
                out.push(c)
            }
            column += out[before..].width();
        }
        if !chunk.invalid().is_empty() {
            let bytes = files::shown(chunk.invalid());
            column += bytes.len();
            out.push_str(&bytes);
        }
    }
    if over > 0 {
        out.push_str(&format!(" … {over} more bytes in this line: see it as hex"));
    }
    out
}

/// What of a line lies to the right of so many columns.
fn after(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        if used >= columns {
            return &text[at..];
        }
        used += cluster.width();
    }
    if columns == 0 { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(bytes: &[u8]) -> FileView {
        FileView::new(Arc::new(FileContent { bytes: bytes.to_vec(), ..FileContent::default() }))
    }

    fn texts(view: &FileView, height: usize, width: usize) -> Vec<String> {
        view.visible(height, width).into_iter().map(|row| row.text).collect()
    }

    #[test]
    fn text_has_lines_and_binary_has_bytes() {
        let text = view(b"one\r\n\ttwo\n\n");
        assert_eq!((text.form, text.lines()), (FileForm::Text, 3));
        assert_eq!(texts(&text, 9, 80), ["one", "        two", ""]);
        let binary = view(b"\x7fELF\0\x01");
        assert_eq!(binary.form, FileForm::Hex);
        assert!(texts(&binary, 9, 80)[0].starts_with("7f 45 4c 46 00 01 "), "{:?}", texts(&binary, 9, 80));
        assert!(texts(&binary, 9, 80)[0].ends_with(".ELF.."));
        assert_eq!(view(b"").lines(), 0);
        assert_eq!(view("größe\n".as_bytes()).form, FileForm::Text);
    }

    #[test]
    fn long_lines_are_wrapped_or_scrolled() {
        let mut view = view(b"abcdefghij\nk\n");
        view.wrap = true;
        assert_eq!(texts(&view, 9, view.gutter() + 5), ["abcd", "efgh", "ij", "k"]);
        view.scroll(2, 1, view.gutter() + 5);
        assert_eq!(texts(&view, 1, view.gutter() + 5), ["ij"]);
        view.wrap = false;
        view.scroll(isize::MIN / 2, 1, 80);
        view.left = 4;
        assert_eq!(texts(&view, 9, 80), ["efghij", ""]);
    }

    #[test]
    fn a_line_that_is_too_long_says_how_much_of_it_is_not_shown() {
        let mut view = view(&[vec![b'x'; LINE + 7], b"\nnext".to_vec()].concat());
        view.left = LINE;
        assert_eq!(texts(&view, 9, 80), [" … 7 more bytes in this line: see it as hex", ""]);
        view.left = 0;
        assert!(texts(&view, 9, 80)[0].starts_with("xxx"));
        let view = self::view(&vec![b'x'; LINE]);
        assert_eq!(texts(&view, 1, 80), ["x".repeat(LINE)]);
    }

    #[test]
    fn a_search_goes_round() {
        let mut view = view(b"Alpha\nbeta\nalpha\n");
        view.begin_search("alpha");
        let mut at = Vec::new();
        for forward in [true, true, true, false] {
            assert!(view.find(forward, 10, 80));
            at.push(view.visible(10, 80).iter().position(|row| row.hit));
        }
        assert_eq!(at, [Some(0), Some(2), Some(0), Some(2)]);
        view.begin_search("Alpha");
        assert!(view.find(true, 10, 80) && view.find(true, 10, 80));
        assert_eq!(view.visible(10, 80).iter().position(|row| row.hit), Some(0), "capitals make it exact");
        view.begin_search("nowhere");
        assert!(!view.find(true, 10, 80));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_looked_at(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            steps in prop::collection::vec((-9isize..9, any::<bool>(), any::<bool>()), 0..12),
            width in 1usize..120, height in 1usize..20,
        ) {
            let mut view = view(&bytes);
            for (rows, turn, wrap) in steps {
                if turn { view.turn(width); }
                view.wrap = wrap;
                view.scroll(rows, height, width);
                let rows = view.visible(height, width);
                prop_assert!(rows.len() <= height);
                prop_assert!(rows.iter().all(|row| !row.text.chars().any(text::is_hostile)));
                prop_assert_eq!(rows.is_empty(), bytes.is_empty());
            }
        }
    }
}
