//! A line of text that the user is typing.

use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::LineEdit;
use crossterm::event::KeyEvent;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

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
    line: LineEdit,
    /// It opens empty: what was typed before is one arrow up away.
    recalls: bool,
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

impl Prompt {
    /// A prompt that begins with a text, and what becomes of the one that is typed.
    pub(in crate::app) fn new(
        sign: &'static str,
        help: &'static str,
        text: &str,
        accept: impl Fn(&mut App, &str) -> Vec<Effect> + Send + Sync + 'static,
    ) -> Prompt {
        let (before, line) = (text.to_string(), LineEdit::proposal(text));
        Prompt { sign, help, before, line, recalls: false, live: None, moves: None, accept: Arc::new(accept) }
    }

    /// A prompt for a filter, which is applied while it is typed.
    pub(in crate::app) fn filter(help: &'static str, text: &str, apply: fn(&mut App, &str)) -> Prompt {
        Prompt { live: Some(apply), recalls: true, ..Prompt::new("filter ", help, text, |_, _| Vec::new()) }
    }

    /// A prompt for a search.
    pub(in crate::app) fn search(search: impl Fn(&mut App, &str) + Send + Sync + 'static) -> Prompt {
        let help = "capitals match case; n N for next and previous";
        let accept = move |app: &mut App, text: &str| {
            search(app, text);
            Vec::new()
        };
        Prompt { recalls: true, ..Prompt::new("search ", help, "", accept) }
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

    /// A key that is no command.
    pub(in crate::app) fn type_in(&mut self, app: &mut App, event: &KeyEvent) {
        if self.line_mut().edit(event) {
            self.apply(app);
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
        if self.recalls && !self.line.is_empty() {
            app.typed.insert((self.sign, self.help), self.line.text().to_string());
        }
        (self.accept)(app, self.line.text())
    }

    /// An arrow: it brings back what was typed before into an empty line, else it moves the cursor of the list that is filtered.
    pub(in crate::app) fn move_by(&mut self, app: &mut App, rows: isize) {
        if rows < 0 && self.line.recall() {
            self.apply(app);
        } else if let Some(moves) = self.moves {
            moves(app, rows);
        }
    }

    /// The line being edited.
    pub fn line(&self) -> &LineEdit {
        &self.line
    }

    /// The line being edited, to edit it.
    pub fn line_mut(&mut self) -> &mut LineEdit {
        &mut self.line
    }
}

/// What was typed last into prompts for filters and searches, by their sign and help.
pub type Typed = HashMap<(&'static str, &'static str), String>;

impl App {
    /// Puts a prompt on the screen. One for a filter or a search is empty: what was typed before is one arrow up away.
    pub(in crate::app) fn ask_text(&mut self, mut prompt: Prompt) {
        if prompt.recalls {
            let last = self.typed.get(&(prompt.sign, prompt.help)).filter(|_| prompt.before.is_empty());
            prompt.line = LineEdit::recalling(last.unwrap_or(&prompt.before));
            prompt.apply(self);
        }
        self.overlays.push(Overlay::Prompt(prompt));
    }

    /// There is no search whose next hit could be gone to.
    pub(in crate::app) fn say_no_search(&mut self) {
        let key = self.options.keymap.shown(Command::Filter).unwrap_or_default();
        self.notice = Some(Notice::warn(format!("no search yet: {key} starts one"), self.now));
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
}
