//! A line of text that the user is typing.

use crate::app::command::Command;
use crate::app::notice::Notice;
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::text;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::sync::Arc;
use tui_textarea::{CursorMove, TextArea};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What becomes of a typed text.
type Accept = dyn Fn(&mut App, &str) -> Vec<Effect> + Send + Sync;

/// A prompt on the screen.
#[derive(Clone)]
pub struct Prompt {
    /// What is written before the text.
    pub sign: &'static str,
    /// A word of help behind the text.
    pub help: &'static str,
    /// What stood there before, to go back to.
    before: String,
    line: Line,
    /// What each change does at once.
    live: Option<fn(&mut App, &str)>,
    /// What the arrows do: they move the cursor of the list that is filtered.
    moves: Option<fn(&mut App, isize)>,
    accept: Arc<Accept>,
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("sign", &self.sign).field("line", &self.line).finish_non_exhaustive()
    }
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
    /// A prompt that begins with a text, and what becomes of the one that is typed.
    pub(in crate::app) fn new(
        sign: &'static str,
        help: &'static str,
        text: &str,
        accept: impl Fn(&mut App, &str) -> Vec<Effect> + Send + Sync + 'static,
    ) -> Prompt {
        let (before, line) = (text.to_string(), Line::proposal(text));
        Prompt { sign, help, before, line, live: None, moves: None, accept: Arc::new(accept) }
    }

    /// A prompt for a filter, which is applied while it is typed.
    pub(in crate::app) fn filter(help: &'static str, text: &str, apply: fn(&mut App, &str)) -> Prompt {
        Prompt { live: Some(apply), ..Prompt::new("filter ", help, text, |_, _| Vec::new()) }
    }

    /// A prompt for a search.
    pub(in crate::app) fn search(search: impl Fn(&mut App, &str) + Send + Sync + 'static) -> Prompt {
        let help = "capitals make it exact; n N for next and previous";
        Prompt::new("search ", help, "", move |app, text| {
            search(app, text);
            Vec::new()
        })
    }

    /// The same, with other help.
    pub(in crate::app) fn help(self, help: &'static str) -> Prompt {
        Prompt { help, ..self }
    }

    /// The same, whose arrows move a cursor.
    pub(in crate::app) fn moving(self, moves: fn(&mut App, isize)) -> Prompt {
        Prompt { moves: Some(moves), ..self }
    }

    /// The text has changed: what is applied while it is typed is applied.
    pub(in crate::app) fn apply(&self, app: &mut App) {
        if let Some(live) = self.live {
            live(app, self.line.text());
        }
    }

    /// It is left: what stood there before is in force again.
    pub(in crate::app) fn leave(&self, app: &mut App) {
        if let Some(live) = self.live {
            live(app, &self.before);
        }
    }

    /// It is done.
    pub(in crate::app) fn accept(&self, app: &mut App) -> Vec<Effect> {
        (self.accept)(app, self.line.text())
    }

    /// Moves the cursor that its arrows move.
    pub(in crate::app) fn move_by(&self, app: &mut App, rows: isize) {
        if let Some(moves) = self.moves {
            moves(app, rows);
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

impl App {
    /// There is no search whose next hit could be gone to.
    pub(in crate::app) fn say_no_search(&mut self) {
        let key = self.options.keymap.shown(Command::Filter).unwrap_or_default();
        self.notice = Some(Notice::warn(format!("no search yet: {key} begins one"), self.now));
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
