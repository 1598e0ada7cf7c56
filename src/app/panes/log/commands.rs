//! What the log does when a command is given, a stream brings something, or somebody scrolls.

use super::LogView;
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Answers, Component, Cx, FAR, Handled, answer};
use crate::app::msg::Effect;
use crate::app::options::{LogOptions, Options, TimestampFormat};
use crate::app::overlay::Overlay;
use crate::app::subscriptions::{Slot, Streams, Wants};
use crate::app::widgets::prompt::{Prompt, TextFor, parse_time};
use crate::app::widgets::units;
use crate::model::{Id, Problem, Snapshot, Source, State, StreamEvent, StreamId};
use Command as C;

/// The commands of the log.
pub(in crate::app) const ANSWERS: &Answers<LogView> = &[
    (C::Follow, |view, cx| view.turn_follow(cx)),
    (C::Timestamps, |_, cx| {
        let logs = cx.options.logs;
        vec![Action::LogOptions(LogOptions { timestamps: next(logs.timestamps), ..logs })]
    }),
    (C::Wrap, |view, cx| {
        view.left = 0;
        let logs = cx.options.logs;
        vec![Action::LogOptions(LogOptions { wrap: !logs.wrap, ..logs })]
    }),
    (C::GoToTime, |_, _| {
        let help = "14:05, 14:05:30, -15m, -2h, 2026-11-21 14:05";
        let prompt = Prompt::new("go to time ", help, "", KeyContext::Logs, TextFor::Time);
        vec![Action::Open(Box::new(Overlay::Prompt(prompt)))]
    }),
    (C::SearchNext, |view, cx| view.search_on(cx, true)),
    (C::SearchPrevious, |view, cx| view.search_on(cx, false)),
    (C::NextError, |view, cx| view.error_on(cx, true)),
    (C::PreviousError, |view, cx| view.error_on(cx, false)),
    (C::Copy, |view, cx| vec![view.copy(cx)]),
    (C::SaveLog, |view, cx| vec![view.ask_where(cx)]),
    (C::Left, |view, cx| {
        view.left = view.left.saturating_sub(cx.size().1 / 2);
        Vec::new()
    }),
    (C::Right, |view, cx| {
        let right = (view.left + cx.size().1 / 2).min(64 * 1024);
        view.left = if cx.options.logs.wrap { view.left } else { right };
        Vec::new()
    }),
];

impl Component for LogView {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    fn back(&mut self, _: &Cx) -> bool {
        if self.left > 0 {
            self.left = 0;
        } else if self.search.is_some() {
            self.end_search();
        } else {
            return false;
        }
        true
    }

    fn scroll(&mut self, cx: &Cx, rows: isize) {
        let (height, width) = cx.size();
        let logs = &cx.options.logs;
        let wants_older = if rows >= FAR {
            self.follow_end(cx);
            false
        } else if rows <= -FAR {
            self.to_first();
            true
        } else {
            self.scroll_by(rows, height, width, logs)
        };
        if wants_older {
            let pages = self.older_pages(logs);
            self.open_older(cx.streams, pages);
        }
    }

    fn name_streams(&self, options: &Options, wants: &mut Wants) {
        let Some(merge) = &self.merge else {
            wants.add(self.stream, Slot::Log, || Source::Logs { id: self.id.clone(), tail: options.logs.tail });
            if let Some((stream, source)) = &self.older {
                wants.add(*stream, Slot::OlderLog, || source.clone());
            }
            return;
        };
        for voice in merge.voices.iter().filter(|voice| voice.over.is_none()) {
            wants.add(voice.stream, Slot::Log, || voice.source());
        }
        merge.pages.name_streams(wants);
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        match what {
            TextFor::Search => self.search(cx, text).into_iter().collect(),
            TextFor::Time => vec![self.go_to_time(cx, text)],
            TextFor::SaveAs(stream) => self.save_as(cx, *stream, text.trim()).into_iter().collect(),
            TextFor::Filter | TextFor::Line(_) | TextFor::Path | TextFor::CopyIn(..) | TextFor::CopyOut(..) => {
                Vec::new()
            }
        }
    }

    fn receive(&mut self, _: &Cx, stream: StreamId, slot: Slot, event: StreamEvent) -> Vec<Action> {
        if slot == Slot::OlderLog {
            self.take_older(stream, event);
        } else if self.hears(stream) {
            self.take_from(stream, event);
        }
        Vec::new()
    }

    fn ended(&mut self, cx: &Cx, stream: StreamId, slot: Slot, problem: Option<Problem>) -> Vec<Action> {
        let problem = match (slot, problem) {
            (Slot::OlderLog, None) => {
                let next = self.older_done(stream, &cx.options.logs);
                self.open_older(cx.streams, next);
                None
            }
            (Slot::OlderLog, problem) => {
                self.older_failed();
                problem
            }
            // Of one container the title tells it; of several, which one it was. That one is removed is seen.
            (_, problem) if self.hears(stream) => {
                let ended = self.stream_ended(stream, problem);
                ended.filter(|(id, _)| is_there(cx.snapshot, id)).map(|(_, problem)| problem)
            }
            _ => None,
        };
        problem.map(|problem| cx.bad(&problem)).into_iter().collect()
    }
}

/// Says so where nothing was found.
fn missed(cx: &Cx, found: bool, what: &str) -> Vec<Action> {
    (!found).then(|| cx.warn(format!("no more {what} in the loaded lines"))).into_iter().collect()
}

/// True if a container is there and stays.
fn is_there(snapshot: &Snapshot, id: &Id) -> bool {
    let state = snapshot.containers.get(id).map(|container| &container.state);
    state.is_some_and(|state| !matches!(state, State::Dead | State::Removing))
}

/// The next way to show the time of a line.
fn next(timestamps: TimestampFormat) -> TimestampFormat {
    match timestamps {
        TimestampFormat::Time => TimestampFormat::Full,
        TimestampFormat::Full => TimestampFormat::None,
        TimestampFormat::None => TimestampFormat::Time,
    }
}

impl LogView {
    /// Opens older pages.
    pub fn open_older(&mut self, streams: &Streams, pages: Vec<Source>) {
        for source in pages {
            self.older_opened(&source, streams.next_id());
        }
    }

    /// Follows what is new, or holds still.
    fn turn_follow(&mut self, cx: &Cx) -> Vec<Action> {
        let (height, width) = cx.size();
        match self.follows() {
            true => self.hold_still(height, width, &cx.options.logs),
            false => self.follow_end(cx),
        }
        Vec::new()
    }

    fn search_on(&mut self, cx: &Cx, forward: bool) -> Vec<Action> {
        if self.search.is_none() {
            return vec![cx.no_search()];
        }
        missed(cx, self.search_step(forward, cx.size(), &cx.options.logs), "matches")
    }

    fn error_on(&mut self, cx: &Cx, forward: bool) -> Vec<Action> {
        missed(cx, self.error_step(forward, cx.size(), &cx.options.logs), "error lines")
    }

    /// Follows new lines; opens the tail anew where the newest lines were dropped.
    fn follow_end(&mut self, cx: &Cx) {
        if self.is_detached() {
            *self = self.reopened(cx);
        } else {
            self.follow();
        }
    }

    /// The same log opened anew from its tail; of several, those that are there still.
    fn reopened(&self, cx: &Cx) -> LogView {
        let logs = &cx.options.logs;
        let several = self.merge.as_ref().map(|merge| merge.reopened(cx.snapshot, logs.tail, || cx.streams.next_id()));
        let several = several.and_then(|merge| LogView::merged(merge, logs));
        let mut view = several.unwrap_or_else(|| LogView::new(self.id.clone(), &self.name, cx.streams.next_id(), logs));
        // The hit's number means another line in the new opening.
        view.search.clone_from(&self.search);
        view
    }

    /// Copies the lines on screen, whole.
    fn copy(&self, cx: &Cx) -> Action {
        let (height, width) = cx.size();
        let text = self.text_on_screen(height, width, &cx.options.logs);
        if text.is_empty() {
            return cx.warn("no lines to copy yet");
        }
        // A clipboard holds text: what is none of it has a sign there, and is whole in a file.
        Action::Effect(Effect::Copy(String::from_utf8_lossy(&text).into_owned()))
    }

    /// Asks where the log is to be saved.
    fn ask_where(&self, cx: &Cx) -> Action {
        if self.ring.is_empty() {
            return cx.warn("no lines to save yet");
        }
        let word: String = self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let words: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
        let time = units::date_and_clock(cx.now, cx.options.logs.utc_offset).replace([' ', ':'], "-");
        let help = "a path; an existing file is not overwritten";
        let (path, what) = (format!("{}-{time}.log", words.join("-")), TextFor::SaveAs(self.stream));
        let prompt = Prompt::new("save as ", help, &path, KeyContext::Logs, what);
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }

    /// Saves the log that was on screen when it was asked for.
    fn save_as(&self, cx: &Cx, stream: StreamId, path: &str) -> Option<Action> {
        if path.is_empty() {
            return None;
        }
        if !self.hears(stream) {
            return Some(cx.warn("nothing saved: another log is on screen now"));
        }
        Some(Action::Effect(Effect::Save(vec![(path.to_string(), self.text(&cx.options.logs))])))
    }

    /// Goes to a time in the log.
    fn go_to_time(&mut self, cx: &Cx, text: &str) -> Action {
        let logs = &cx.options.logs;
        match parse_time(text, cx.now, logs.utc_offset) {
            Ok(time) => {
                let pages = self.go_to(time, logs);
                self.open_older(cx.streams, pages);
                cx.good(format!("going to {}", units::date_and_clock(time, logs.utc_offset)))
            }
            Err(sentence) => cx.bad(&Problem::new("go to time", sentence, "")),
        }
    }

    /// Searches the log.
    fn search(&mut self, cx: &Cx, text: &str) -> Option<Action> {
        let missed = !self.begin_search(text, cx.size(), &cx.options.logs) && !text.is_empty();
        missed.then(|| cx.warn(format!("'{text}' not found in the loaded lines")))
    }
}
