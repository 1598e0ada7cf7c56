//! The lines of a log in a file that is saved, or in the user's own pager or editor.

use super::LogView;
use super::commands::LogChoice;
use crate::app::action::Action;
use crate::app::command::KeyContext;
use crate::app::component::Cx;
use crate::app::msg::Effect;
use crate::app::options::LogOptions;
use crate::app::overlay::Overlay;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::prompt::{LogText, Prompt, TextFor};
use crate::app::widgets::units;
use crate::model::log_text::seen;
use crate::model::text::clean;
use crate::model::{StreamId, TextCopy, TextViewer, Zone};
use std::sync::Arc;

impl LogView {
    /// The name of a file for the selected lines, or all: whose they are, from when to when. None without lines.
    pub(super) fn file_name(&self, zone: Zone) -> Option<String> {
        let (first, last) = self.selected_lines();
        let at = |line: Option<i64>| self.line(line?).map(|(mark, _)| mark.at);
        let (from, to) = at(self.at_or_after(first)).zip(at(self.before(last.saturating_add(1))))?;
        let stamp = |at| units::file_stamp(at, zone);
        Some(format!("{}-{}-to-{}.log", units::file_words(&self.name), stamp(from), stamp(to)))
    }

    /// Asks where the log is to be saved.
    pub(super) fn ask_where(&self, cx: &Cx) -> Action {
        let Some(path) = self.file_name(cx.options.logs.zone) else { return cx.warn("no lines to save yet") };
        let help = "a path; .jsonl saves JSON, .raw the bytes as written; no file is overwritten";
        let prompt = Prompt::new("save as ", help, &path, KeyContext::Logs, TextFor::Log(LogText::SaveAs(self.stream)));
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }

    /// Saves the log that was on screen when it was asked for.
    pub(super) fn save_as(&self, cx: &Cx, stream: StreamId, path: &str) -> Option<Action> {
        if path.is_empty() {
            return None;
        }
        if !self.hears(stream) {
            return Some(cx.warn("nothing saved: another log is on screen now"));
        }
        let text = match path.rsplit('.').next() {
            Some("json" | "jsonl" | "ndjson") => self.json(),
            Some("raw") => self.raw(),
            _ => self.text(&cx.options.logs),
        };
        Some(Action::Effect(Effect::Save(vec![(path.to_string(), text)])))
    }

    /// Asks in which program the lines are to be opened.
    pub(super) fn ask_viewer(&self, cx: &Cx) -> Action {
        if self.file_name(cx.options.logs.zone).is_none() {
            return cx.warn("no lines to open yet");
        }
        let row =
            |word: &str, detail: &str, viewer| MenuItem::new(word, detail, Action::Log(LogChoice::OpenIn(viewer)));
        let rows = vec![
            row("pager", "$PAGER, else less", TextViewer::Pager),
            row("editor", "$VISUAL or $EDITOR, else vi; a copy that cannot be changed", TextViewer::Editor),
        ];
        let which = if self.cursor.is_some() { "open the selected lines in" } else { "open the shown lines in" };
        cx.lettered(Menu::new(which, rows, None))
    }

    /// Opens the lines there.
    pub(super) fn open_in(&self, cx: &Cx, viewer: TextViewer) -> Action {
        let logs = &cx.options.logs;
        let Some(name) = self.file_name(logs.zone) else { return cx.warn("no lines to open yet") };
        let copy = TextCopy { name, text: self.readable(logs), line: self.line_to_open_at(cx) };
        Action::Effect(Effect::View(viewer, Arc::new(copy)))
    }

    /// Which of the lines to take is to be seen first, from 1: the one that is marked, else the first one on screen.
    fn line_to_open_at(&self, cx: &Cx) -> usize {
        let (height, width) = cx.size();
        let rows = self.visible(height, width, &cx.options.logs);
        let marked = self.marked().filter(|line| rows.iter().any(|row| row.number == *line));
        let seen = marked.or(rows.first().map(|row| row.number)).unwrap_or(i64::MIN);
        let (first, last) = self.selected_lines();
        self.shown(first, last.min(seen)).count().max(1)
    }

    /// The lines as they are seen, each with its time: a pager may hand on to the terminal whatever a file holds.
    fn readable(&self, logs: &LogOptions) -> String {
        let (mut text, mut scratch) = (String::new(), String::new());
        for (mark, bytes) in self.lines_to_take() {
            text.push_str(&units::date_and_clock(mark.at, logs.zone));
            text.push(' ');
            if let Some(name) = self.name_of(mark) {
                text.push_str(&clean(name));
                text.push(' ');
            }
            text.push_str(&String::from_utf8_lossy(seen(bytes, &mut scratch)));
            text.extend(mark.cut().map(|cut| format!(" … {cut}")));
            text.push('\n');
        }
        text
    }
}
