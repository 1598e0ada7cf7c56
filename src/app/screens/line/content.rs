//! The fields of a line of a log as lines of text.

use crate::model::{LogField, LogFields, text};

/// The fields of a line that has some, in two columns.
pub(super) fn table(line: &str) -> Option<Vec<String>> {
    let fields = LogFields::read(line)?;
    let message = text::clean(&fields.message).into_owned();
    let mut lines: Vec<String> = Vec::new();
    lines.extend([message, String::new()].into_iter().filter(|_| !fields.message.is_empty()));
    let widest = fields.fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(24);
    let row = |(name, value): &LogField| format!("{:widest$}  {}", text::clean(name), text::clean(value));
    lines.extend(fields.fields.iter().map(row));
    lines.extend([String::new(), format!("as written ({}):", fields.format.name())]);
    Some(lines)
}
