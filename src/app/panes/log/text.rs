//! A log as plain text, for a file or the clipboard: when, of several containers whose, and what was written, byte for byte. What
//! the screen makes of it is for the screen only.

use super::view::LogView;
use crate::app::options::LogOptions;
use crate::app::widgets::units;
use crate::model::LineMark;
use crate::model::log_text::written;

impl LogView {
    /// All lines that are loaded, or of these those that pass the filters.
    pub fn text(&self, preferences: &LogOptions) -> Vec<u8> {
        self.text_of(self.shown(i64::MIN, i64::MAX), preferences)
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
            text.extend_from_slice(units::date_and_clock(mark.at, preferences.utc_offset).as_bytes());
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
    fn name_of(&self, mark: &LineMark) -> Option<&str> {
        self.merge.as_ref()?.voices.get(usize::from(mark.voice)).map(|voice| voice.name())
    }
}
