//! A line of text that the user is typing.

use crate::model::{StreamId, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// Filter of the container list; applied while typing.
    Filter,
    /// Search in the log.
    Search,
    /// Time to go to in the log.
    Time,
    /// Search in the scrollback of a shell.
    Scrollback(StreamId),
    /// Where to save the output of a session.
    SaveAs(StreamId),
    /// Where to save the log.
    SaveLog(StreamId),
    /// Search in the object that is inspected.
    Find,
    /// Filter of the list of events; applied while typing.
    Events,
    /// A line for a session without a terminal.
    Line(StreamId),
    /// Names in a folder; applied while typing.
    FileNames,
    /// Search in a file.
    FileText,
    /// A path of the container to go to.
    FilePath,
    /// Where to copy to, on this machine.
    CopyOut,
    /// What to copy in, from this machine.
    CopyIn,
}

/// A prompt on the screen.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is being asked.
    pub kind: PromptKind,
    /// What stood there before, to go back to.
    pub before: String,
    line: Line,
}

/// A single line being edited.
#[derive(Debug, Clone, Default)]
pub struct Line {
    area: TextArea<'static>,
    /// Its text was proposed, and nobody has touched it.
    proposed: bool,
}

impl Line {
    /// A line with a text, the cursor at its end.
    pub fn new(text: &str) -> Line {
        let mut area = TextArea::new(vec![text.to_string()]);
        area.move_cursor(CursorMove::End);
        Line { area, proposed: false }
    }

    /// A line with a text that is there for the case that nobody types another: what is typed first takes its place, while
    /// movement and backspace edit it.
    pub fn proposal(text: &str) -> Line {
        Line { proposed: !text.is_empty(), ..Line::new(text) }
    }

    /// True while what is typed takes the place of its text.
    pub fn is_proposal(&self) -> bool {
        self.proposed
    }

    /// Its text is somebody's own from now on.
    pub fn touch(&mut self) {
        self.proposed = false;
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.area.lines().first().map(String::as_str).unwrap_or_default()
    }

    /// Characters before the cursor.
    pub fn before_cursor(&self) -> String {
        self.text().chars().take(self.area.cursor().1).collect()
    }

    /// What of it fits into so many columns, so that the cursor is among them; and the cursor's column.
    pub fn window(&self, room: usize) -> (&str, usize) {
        let before = self.before_cursor();
        let over = before.width().saturating_sub(room.saturating_sub(1));
        let (mut skipped, mut from) = (0, 0);
        for (index, c) in before.char_indices() {
            if skipped >= over {
                break;
            }
            skipped += c.width().unwrap_or(0);
            from = index + c.len_utf8();
        }
        (self.text().get(from..).unwrap_or_default(), before.width() - skipped)
    }

    /// Edits by a key. True if the text changed.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let before = self.text().to_string();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let types = matches!(key.code, KeyCode::Char(c) if !control && !c.is_control());
        if std::mem::take(&mut self.proposed) && types {
            self.area = TextArea::default();
        }
        match key.code {
            KeyCode::Char('u') if control => drop(self.area.delete_line_by_head()),
            KeyCode::Char('k') if control => drop(self.area.delete_line_by_end()),
            KeyCode::Char('w') if control => drop(self.area.delete_word()),
            KeyCode::Char('a') if control => self.area.move_cursor(CursorMove::Head),
            KeyCode::Char('e') if control => self.area.move_cursor(CursorMove::End),
            KeyCode::Left => self.area.move_cursor(CursorMove::Back),
            KeyCode::Right => self.area.move_cursor(CursorMove::Forward),
            KeyCode::Home => self.area.move_cursor(CursorMove::Head),
            KeyCode::End => self.area.move_cursor(CursorMove::End),
            // Some terminals' backspace key sends ctrl-h.
            KeyCode::Char('h') if control => drop(self.area.delete_char()),
            KeyCode::Backspace => drop(self.area.delete_char()),
            KeyCode::Delete => drop(self.area.delete_next_char()),
            KeyCode::Char(c) if !control && !c.is_control() => self.area.insert_char(c),
            _ => {}
        }
        self.text() != before
    }

    /// Inserts pasted text, on one line.
    pub fn paste(&mut self, pasted: &str) {
        if std::mem::take(&mut self.proposed) {
            self.area = TextArea::default();
        }
        self.area.insert_str(text::clean(pasted.trim_end_matches(['\r', '\n'])));
    }
}

impl Prompt {
    /// A prompt that begins with a text.
    pub fn new(kind: PromptKind, text: &str) -> Prompt {
        Prompt { kind, before: text.to_string(), line: Line::proposal(text) }
    }

    /// What is written before the text.
    pub fn sign(&self) -> &'static str {
        match self.kind {
            PromptKind::Filter | PromptKind::FileNames | PromptKind::Events => "filter ",
            PromptKind::Search | PromptKind::Find | PromptKind::Scrollback(_) | PromptKind::FileText => "search ",
            PromptKind::FilePath => "go to ",
            PromptKind::CopyOut => "copy out to ",
            PromptKind::CopyIn => "copy in from ",
            PromptKind::Time => "go to time ",
            PromptKind::SaveAs(_) | PromptKind::SaveLog(_) => "save as ",
            PromptKind::Line(_) => "send ",
        }
    }

    /// A word of help behind the text.
    pub fn help(&self) -> &'static str {
        match self.kind {
            PromptKind::Filter => "words, state: health: image: label: engine: net:, ! negates",
            PromptKind::Events => "words, type: action: name:, ! negates",
            PromptKind::Search | PromptKind::Find => "capitals make it exact; n N for next and previous",
            PromptKind::Scrollback(_) => "upwards; capitals make it exact; n N for next and previous",
            PromptKind::Line(_) => "enter sends it with its line end",
            PromptKind::FileNames => "part of a name",
            PromptKind::FileText => "capitals make it exact; n N for next and previous",
            PromptKind::FilePath => "a folder or a file",
            PromptKind::CopyOut => "a folder here, or a new name; nothing there is replaced unasked",
            PromptKind::CopyIn => "a file or folder here; with /. what the folder holds",
            PromptKind::SaveLog(_) => "a path; what is there already is not overwritten",
            PromptKind::SaveAs(_) => "a path; standard error goes beside it where it is told apart",
            PromptKind::Time => "14:05, 14:05:30, -15m, -2h, 2026-11-21 14:05",
        }
    }

    /// The line being edited.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The line being edited, to edit it.
    pub fn line_mut(&mut self) -> &mut Line {
        &mut self.line
    }
}

/// Reads a time to go to: a time of day (the most recent one), a span back (`-15m`), or a date and time.
///
/// # Errors
/// A sentence with examples.
pub fn parse_time(
    text: &str,
    now: crate::model::Timestamp,
    utc_offset: i32,
) -> Result<crate::model::Timestamp, String> {
    use crate::model::Timestamp;
    let text = text.trim();
    let unknown = || format!("'{text}' is not a time; try 14:05, -15m or 2026-11-21 14:05");
    if let Some(span) = text.strip_prefix('-') {
        let digits = span.trim_end_matches(|c: char| !c.is_ascii_digit());
        let count: f64 = digits.parse().map_err(|_| unknown())?;
        let unit = match &span[digits.len()..] {
            "s" => 1.0,
            "m" | "" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return Err(unknown()),
        };
        return Ok(now.plus_seconds(-count * unit));
    }
    let offset = i64::from(utc_offset);
    if let Ok(time) =
        jiff::civil::Time::strptime("%H:%M:%S", text).or_else(|_| jiff::civil::Time::strptime("%H:%M", text))
    {
        let of_day = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let local = now.seconds() + offset;
        let today = local - local.rem_euclid(86_400) + of_day;
        let at = if today > local { today - 86_400 } else { today };
        return Ok(Timestamp::from_seconds(at - offset));
    }
    let civil: jiff::civil::DateTime = text.parse().map_err(|_| unknown())?;
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| unknown())?;
    Ok(Timestamp::from_seconds(utc.timestamp().as_second() - offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn what_is_typed_takes_the_place_of_a_proposal_and_movement_edits_it() {
        let typed = |keys: &[KeyCode]| {
            let mut line = Line::proposal("64m");
            for code in keys {
                line.edit(&KeyEvent::new(*code, KeyModifiers::NONE));
            }
            line.text().to_string()
        };
        let (nine, six) = (KeyCode::Char('9'), KeyCode::Char('6'));
        assert_eq!(typed(&[nine, six]), "96");
        assert_eq!(typed(&[KeyCode::Backspace, six]), "646");
        assert_eq!(typed(&[KeyCode::End, six]), "64m6");
        assert_eq!(typed(&[KeyCode::Home, six]), "664m");
        assert_eq!([typed(&[KeyCode::Left]), typed(&[KeyCode::Delete])], ["64m", "64m"]);
        let mut pasted = Line::proposal("64m");
        pasted.paste("1g");
        assert_eq!(pasted.text(), "1g");
        let mut own = Line::new("64m");
        own.edit(&KeyEvent::new(six, KeyModifiers::NONE));
        assert_eq!(own.text(), "64m6");
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = Timestamp::from_seconds(1_000_000); // 13:46:40 UTC
        let at = |text: &str| parse_time(text, now, 0).map(Timestamp::seconds);
        assert_eq!(at("-15m"), Ok(999_100));
        assert_eq!(at("13:46"), Ok(999_960));
        assert_eq!(at("13:50"), Ok(1_000_200 - 86_400), "yesterday, since today's has not come");
        assert_eq!(at("1970-01-02 00:00"), Ok(86_400));
        assert!(at("soon").is_err());
        assert_eq!(parse_time("14:46", now, 3600).map(Timestamp::seconds), Ok(999_960), "local time");
    }

    #[test]
    fn pasted_text_is_one_clean_line() {
        let mut line = Line::new("a");
        line.paste("b\nc\x1b[2J\n");
        assert_eq!(line.text(), "ab c^[[2J");
    }
}
