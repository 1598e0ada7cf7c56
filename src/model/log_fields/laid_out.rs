//! The text of a line as it is laid out for reading: its level, its message, and behind them its other fields as pairs.

use super::{LogFields, LogFormat};
use crate::model::log::Level;
use std::borrow::Cow;

impl LogFields<'_> {
    /// A line of JSON or logfmt as it is laid out, without its time. None for other lines, which are shown as they are.
    pub fn laid_out(line: &str) -> Option<String> {
        let may_be_pairs = line.trim_start().starts_with('{') || line.contains('=');
        let fields = may_be_pairs.then(|| LogFields::read(line)).flatten()?;
        if !matches!(fields.format, LogFormat::Json | LogFormat::Logfmt) {
            return None;
        }
        let level = Some(fields.level).filter(|level| *level != Level::None).map(|level| level.word().to_uppercase());
        let message = Some(on_one_line(&fields.message)).filter(|message| !message.is_empty());
        let pairs = fields.others().map(|(name, value)| pair(name, value));
        Some(level.into_iter().chain(message.map(Cow::into_owned)).chain(pairs).collect::<Vec<_>>().join(" "))
    }
}

/// A field as it stands behind a message: quoted where its value has blanks or is empty.
pub fn pair(name: &str, value: &str) -> String {
    let quote = if value.is_empty() || value.contains(char::is_whitespace) { "\"" } else { "" };
    format!("{}={quote}{}{quote}", on_one_line(name), on_one_line(value))
}

/// Ends of lines and steps back within a value as JSON writes them: else what stands behind them would overwrite other fields.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r', '\u{8}']) {
        return Cow::Borrowed(text);
    }
    text.replace('\n', "\\n").replace('\r', "\\r").replace('\u{8}', "\\b").into()
}
