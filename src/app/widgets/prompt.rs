//! A line of text that the user is typing.

use crate::app::action::Action;
use crate::app::command::KeyContext;
use crate::app::widgets::line_edit::LineEdit;
use crate::model::{Graph, Id, LogFilter, Search, StreamId, Timestamp, Zone};
use crossterm::event::KeyEvent;
use std::collections::HashMap;

/// The purpose of a text that is typed for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogText {
    /// A filter of its lines.
    Filter,
    /// The same, while it is typed.
    FilterDraft,
    /// A graph of a number in its lines.
    Graph,
    /// A time to go to.
    Time,
    /// The file in which is saved what this stream brought.
    SaveAs(StreamId),
}

/// The purpose of a text that is typed for the shell pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellText {
    /// A line for this session.
    Line(StreamId),
    /// The file in which is saved what this session wrote.
    SaveAs(StreamId),
}

/// The purpose of a text that is typed for the files of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesText {
    /// The path of a folder or a file to look at.
    Path,
    /// A path here, from which something is copied into this folder of a container.
    CopyIn(Id, Vec<u8>),
    /// A path here, to which this file of a container is copied.
    CopyOut(Id, Vec<u8>),
}

/// The purpose of a text that is typed for answers in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlText {
    /// A statement.
    Statement,
    /// The file in which the table is saved.
    SaveAs,
}

/// The purpose of a typed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextFor {
    /// Only what holds it is shown, while it is typed.
    Filter,
    /// A search.
    Search,
    /// Something for the log.
    Log(LogText),
    /// Something for the shell pane.
    Shell(ShellText),
    /// Something for the files of a container.
    Files(FilesText),
    /// Something for answers in SQL.
    Sql(SqlText),
}

/// The help beside the filter of a list.
pub(in crate::app) const FILTER_HELP: &str = "words, state: health: image: label: engine: net: port:, ! negates";

/// A prompt on the screen.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The sign before the text.
    pub sign: &'static str,
    /// A word of help behind the text.
    pub help: &'static str,
    /// The previous text, restored by esc.
    before: String,
    line: LineEdit,
    /// The context that gets the text.
    of: KeyContext,
    what: TextFor,
    /// The arrows move the cursor of the list that is filtered.
    moves: bool,
    /// Something was typed: until then what stood there before is in force.
    is_touched: bool,
    /// Texts that the arrows go through, the oldest first, and which of them is there now: the last is the user's own.
    earlier: (Vec<String>, usize),
    /// Why the text was not accepted, until it is changed.
    pub mistake: Option<String>,
}

impl Prompt {
    /// True for a text that is matched against rows or lines.
    pub(super) fn is_matched(&self) -> bool {
        matches!(self.what, TextFor::Filter | TextFor::Search | TextFor::Log(LogText::Filter))
    }

    /// A prompt that begins with a text, what gets the one that is typed, and what for.
    pub(in crate::app) fn new(
        sign: &'static str,
        help: &'static str,
        text: &str,
        of: KeyContext,
        what: TextFor,
    ) -> Prompt {
        let (before, line) = (text.to_string(), LineEdit::proposal(text));
        let earlier = (Vec::new(), 0);
        Prompt { sign, help, before, line, of, what, moves: false, is_touched: false, earlier, mistake: None }
    }

    /// A prompt for a filter, which is applied while it is typed.
    pub(in crate::app) fn filter(help: &'static str, text: &str, of: KeyContext) -> Prompt {
        Prompt::new("filter ", help, text, of, TextFor::Filter)
    }

    /// A prompt for a search.
    pub(in crate::app) fn search(of: KeyContext) -> Prompt {
        Prompt::new("search ", "capitals match case; n N for next and previous", "", of, TextFor::Search)
    }

    /// A prompt for a filter of the log.
    pub(in crate::app) fn log_filter() -> Prompt {
        let help = "regex; !without; field>=500; level>=warn; -C3 with context";
        Prompt::new("only ", help, "", KeyContext::Logs, TextFor::Log(LogText::Filter))
    }

    /// A prompt for a graph of a number in the log.
    pub(in crate::app) fn graph() -> Prompt {
        let help = r"regex with a group for the number: took=(\d+)ms; or net-in, net-out, pids …";
        Prompt::new("graph ", help, "", KeyContext::Logs, TextFor::Log(LogText::Graph))
    }

    /// A prompt for a statement in SQL, which begins with one; earlier ones are at the arrows.
    pub(in crate::app) fn sql(statement: &str, earlier: Vec<String>) -> Prompt {
        let help = "SELECT level, count(*) FROM log GROUP BY level";
        let place = earlier.len();
        let prompt = Prompt::new("sql ", help, "", KeyContext::Sql, TextFor::Sql(SqlText::Statement));
        Prompt { line: LineEdit::new(statement), earlier: (earlier, place), ..prompt }
    }

    /// The prompt, with other help.
    pub(in crate::app) fn help(self, help: &'static str) -> Prompt {
        Prompt { help, ..self }
    }

    /// The prompt, with arrows that move a cursor.
    pub(in crate::app) fn moving(self) -> Prompt {
        Prompt { moves: true, ..self }
    }

    /// True for a filter or a search. It opens empty: what was typed before is one arrow up away.
    fn recalls(&self) -> bool {
        matches!(self.what, TextFor::Filter | TextFor::Search)
    }

    /// It opens: what was typed last into one like it is at hand. A filter in force stays so until something is typed.
    pub(in crate::app) fn open(&mut self, typed: &Typed) {
        if self.recalls() {
            let last = typed.get(&(self.sign, self.help)).filter(|_| self.before.is_empty());
            self.line = LineEdit::recalling(last.unwrap_or(&self.before));
        }
    }

    fn typed(&self, text: &str) -> Action {
        Action::Typed(self.of, self.what.clone(), text.to_string())
    }

    fn change(&self, text: &str) -> Option<Action> {
        match self.what {
            TextFor::Filter => Some(self.typed(text)),
            TextFor::Log(LogText::Filter) => {
                Some(Action::Typed(self.of, TextFor::Log(LogText::FilterDraft), text.to_string()))
            }
            TextFor::Search | TextFor::Log(_) | TextFor::Shell(_) | TextFor::Files(_) | TextFor::Sql(_) => None,
        }
    }

    /// The text has changed: a filter is applied while it is typed.
    fn apply(&mut self) -> Option<Action> {
        (self.is_touched, self.mistake) = (true, None);
        self.change(self.line.text())
    }

    /// A key that is no command.
    pub(in crate::app) fn edit(&mut self, event: &KeyEvent) -> Option<Action> {
        if self.line.edit(event) { self.apply() } else { None }
    }

    /// Text was pasted.
    pub(in crate::app) fn insert(&mut self, text: &str) -> Option<Action> {
        self.line.paste(text);
        self.apply()
    }

    /// It is left: what stood there before is in force again.
    pub(in crate::app) fn leave(&self) -> Option<Action> {
        self.change(&self.before).filter(|_| self.is_touched)
    }

    /// The text that is accepted: of a search in which nothing was typed that of the last one.
    fn text(&self) -> &str {
        let repeats = self.what == TextFor::Search && !self.is_touched;
        if repeats { self.line.earlier() } else { self.line.text() }
    }

    /// Looks at the text before it is accepted. False where it has a mistake, which is said then.
    pub(in crate::app) fn check(&mut self, now: Timestamp, zone: Zone) -> bool {
        let text = self.text();
        self.mistake = match self.what {
            _ if text.is_empty() => None,
            TextFor::Search if self.of == KeyContext::Logs => {
                Search::typed(text).err().map(|why| format!("no regular expression: {why}"))
            }
            TextFor::Log(LogText::Filter) => LogFilter::parse(text).err().map(|why| format!("no filter: {why}")),
            TextFor::Log(LogText::Graph) => Graph::typed(text, "").err(),
            TextFor::Log(LogText::Time) => parse_time(text, now, zone).err(),
            TextFor::Log(LogText::FilterDraft | LogText::SaveAs(_)) => None,
            TextFor::Filter | TextFor::Search | TextFor::Shell(_) | TextFor::Files(_) | TextFor::Sql(_) => None,
        };
        self.mistake.is_none()
    }

    /// Accepts the text. What was typed into a filter or a search is kept for the next one like it. Where nothing was typed a filter
    /// is taken away, and what was searched for last is searched for again.
    pub(in crate::app) fn accept(&self) -> Vec<Action> {
        let text = self.text();
        let kept =
            (self.recalls() && !text.is_empty()).then(|| Action::Remember(self.sign, self.help, text.to_string()));
        let is_new = self.what != TextFor::Filter || !self.is_touched;
        let typed = is_new.then(|| self.typed(text));
        kept.into_iter().chain(typed).collect()
    }

    /// An arrow: it brings back what was typed before into an empty line, else it moves the cursor of the list that is filtered.
    pub(in crate::app) fn move_by(&mut self, rows: isize) -> Option<Action> {
        if !self.earlier.0.is_empty() {
            self.step(rows);
            return None;
        }
        if rows < 0 && self.line.recall() {
            return self.apply();
        }
        self.moves.then_some(Action::Scroll(self.of, rows))
    }

    /// To an earlier text, or back towards what was typed now.
    fn step(&mut self, rows: isize) {
        let (earlier, place) = &mut self.earlier;
        let next = place.saturating_add_signed(rows.signum()).min(earlier.len());
        if next == *place {
            return;
        }
        if *place == earlier.len() {
            self.before = self.line.text().to_string();
        }
        *place = next;
        self.mistake = None;
        self.line = LineEdit::new(earlier.get(next).unwrap_or(&self.before));
    }

    /// The line being edited.
    pub fn line(&self) -> &LineEdit {
        &self.line
    }
}

/// What was typed last into prompts for filters and searches, by their sign and help.
pub type Typed = HashMap<(&'static str, &'static str), String>;

/// Reads a time to go to: a time of day (the most recent one), a span back (`-15m`), or a date and time.
///
/// # Errors
/// A sentence with examples.
pub fn parse_time(text: &str, now: Timestamp, zone: Zone) -> Result<Timestamp, String> {
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
        let seconds = count * unit;
        let is_possible = seconds <= now.seconds() as f64;
        return if is_possible { Ok(now.plus_seconds(-seconds)) } else { Err(format!("'{text}' is before 1970")) };
    }
    if let Ok(time) =
        jiff::civil::Time::strptime("%H:%M:%S", text).or_else(|_| jiff::civil::Time::strptime("%H:%M", text))
    {
        let today = zone.local(now).date();
        let at = zone.moment(today.to_datetime(time)).filter(|at| *at <= now);
        let yesterday = || zone.moment(today.yesterday().ok()?.to_datetime(time));
        return at.or_else(yesterday).ok_or_else(unknown);
    }
    let civil: jiff::civil::DateTime = text.parse().map_err(|_| unknown())?;
    zone.moment(civil).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = Timestamp::from_seconds(1_000_000); // 13:46:40 UTC
        let at = |text: &str| parse_time(text, now, Zone::UTC).map(Timestamp::seconds);
        assert_eq!(at("-15m"), Ok(999_100));
        assert_eq!(at("13:46"), Ok(999_960));
        assert_eq!(at("13:50"), Ok(1_000_200 - 86_400), "yesterday, since today's has not come");
        assert_eq!(at("1970-01-02 00:00"), Ok(86_400));
        assert!(at("soon").is_err());
        assert_eq!(at("-99999999999999999999d"), Err("'-99999999999999999999d' is before 1970".into()));
        assert_eq!(parse_time("14:46", now, Zone::Offset(3600)).map(Timestamp::seconds), Ok(999_960), "local time");
    }
}
