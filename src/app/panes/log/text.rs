//! A log as plain text, for a file or the clipboard: when, of several containers whose, and what was written, byte for byte. What
//! the screen makes of it is for the screen only.

use super::view::LogView;
use crate::app::options::LogOptions;
use crate::app::widgets::units;
use crate::model::log_text::{seen, written};
use crate::model::{LineMark, LogFields, log_json};

/// What is copied of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyAs {
    /// Each with its time, and its container where there are several.
    WithTime,
    /// What the container wrote.
    Written,
    /// Of a line with fields its message, else all of it.
    Message,
}

impl LogView {
    /// The selected lines, or all that are loaded, of these those that pass the filters: the first and the last.
    pub(super) fn selected_lines(&self) -> (i64, i64) {
        self.selection().unwrap_or((i64::MIN, i64::MAX))
    }

    pub(super) fn lines_to_take(&self) -> impl Iterator<Item = (&LineMark, &[u8])> {
        let (first, last) = self.selected_lines();
        self.shown(first, last).filter_map(|number| self.line(number))
    }

    /// The selected lines, or all, each with its time.
    pub fn text(&self, preferences: &LogOptions) -> Vec<u8> {
        let (first, last) = self.selected_lines();
        self.text_of(self.shown(first, last), preferences)
    }

    /// The same, byte for byte as they were written.
    pub(super) fn raw(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (_, bytes) in self.lines_to_take() {
            text.extend_from_slice(bytes);
            text.push(b'\n');
        }
        text
    }

    /// The same as lines of JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        let (mut text, mut scratch) = (Vec::new(), String::new());
        for (mark, bytes) in self.lines_to_take() {
            let name = self.name_of(mark).unwrap_or(&self.name);
            log_json::write(name, mark, bytes, false, &mut scratch, &mut text);
            text.push(b'\n');
        }
        text
    }

    /// The messages of the same.
    pub(super) fn messages(&self) -> Vec<u8> {
        let (mut text, mut scratch) = (Vec::new(), String::new());
        for (_, bytes) in self.lines_to_take() {
            let line = String::from_utf8_lossy(seen(bytes, &mut scratch)).into_owned();
            let message = LogFields::read(&line).map(|fields| fields.message.into_owned());
            text.extend_from_slice(message.filter(|message| !message.is_empty()).unwrap_or(line).as_bytes());
            text.push(b'\n');
        }
        text
    }

    /// The lines that a pane of this size shows, whole.
    pub fn text_on_screen(&self, height: usize, width: usize, preferences: &LogOptions) -> Vec<u8> {
        let rows = self.visible(height, width, preferences);
        let kept = rows.iter().map(|row| row.number).filter(|number| self.line(*number).is_some());
        match (kept.clone().min(), kept.max()) {
            (Some(first), Some(last)) => self.text_of(self.shown(first, last), preferences),
            _ => Vec::new(),
        }
    }

    fn text_of(&self, numbers: impl Iterator<Item = i64>, preferences: &LogOptions) -> Vec<u8> {
        let mut text = Vec::new();
        for (mark, bytes) in numbers.filter_map(|number| self.line(number)) {
            text.extend_from_slice(units::date_and_clock(mark.at, preferences.zone).as_bytes());
            text.push(b' ');
            if let Some(name) = self.name_of(mark) {
                text.extend_from_slice(name.as_bytes());
                text.push(b' ');
            }
            written(bytes, &mut text);
            text.push(b'\n');
        }
        text
    }

    /// The whole name of whose a line is, where there are several.
    pub(in crate::app) fn name_of(&self, mark: &LineMark) -> Option<&str> {
        self.merge.as_ref()?.voices.get(usize::from(mark.voice)).map(|voice| voice.name())
    }
}
