//! What the log does when a command is given, a stream brings something, or somebody scrolls.

use super::LogView;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::component::{Component, Cx, FAR, Handled};
use crate::app::log_prompts::{go_to_time, save_as};
use crate::app::msg::Effect;
use crate::app::options::{LogOptions, Options, TimestampFormat};
use crate::app::overlay::Overlay;
use crate::app::prompt::Prompt;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Streams, Wants};
use crate::app::{notice::Notice, units};
use crate::model::{Id, Problem, Snapshot, Source, State, StreamEvent, StreamId};

impl Component for LogView {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        let size @ (height, width) = cx.size();
        let logs = &cx.options.logs;
        let found = match command {
            Command::Follow if self.follows() => {
                self.hold_still(height, width, logs);
                true
            }
            Command::Follow => {
                self.follow_end(cx);
                true
            }
            Command::Timestamps => {
                return Some(vec![Action::LogOptions(LogOptions { timestamps: next(logs.timestamps), ..*logs })]);
            }
            Command::Wrap => {
                self.left = 0;
                return Some(vec![Action::LogOptions(LogOptions { wrap: !logs.wrap, ..*logs })]);
            }
            Command::GoToTime => {
                let help = "14:05, 14:05:30, -15m, -2h, 2026-11-21 14:05";
                let prompt = Prompt::new("go to time ", help, "", go_to_time);
                return Some(vec![Action::Open(Box::new(Overlay::Prompt(prompt)))]);
            }
            Command::SearchNext | Command::SearchPrevious if self.search.is_none() => {
                let key = cx.key(Command::Filter);
                return Some(vec![cx.warn(format!("no search yet: {key} starts one"))]);
            }
            Command::SearchNext => self.search_step(true, size, logs),
            Command::SearchPrevious => self.search_step(false, size, logs),
            Command::NextError => self.error_step(true, size, logs),
            Command::PreviousError => self.error_step(false, size, logs),
            Command::Copy => return Some(vec![self.copy(cx)]),
            Command::SaveLog => return Some(vec![self.ask_where(cx)]),
            Command::Left => {
                self.left = self.left.saturating_sub(width / 2);
                true
            }
            Command::Right => {
                self.left = if logs.wrap { self.left } else { (self.left + width / 2).min(64 * 1024) };
                true
            }
            _ => return None,
        };
        let what = match command {
            Command::NextError | Command::PreviousError => "error lines",
            _ => "matches",
        };
        let missed = (!found).then(|| cx.warn(format!("no more {what} in the loaded lines")));
        Some(missed.into_iter().collect())
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
            wants.add(self.wire, Slot::Log, || Source::Logs { id: self.id.clone(), tail: options.logs.tail });
            if let Some((wire, source)) = &self.older {
                wants.add(*wire, Slot::OlderLog, || source.clone());
            }
            return;
        };
        for voice in merge.voices.iter().filter(|voice| voice.over.is_none()) {
            wants.add(voice.wire, Slot::Log, || voice.source());
        }
        merge.pages.name_streams(wants);
    }

    fn receive(&mut self, stream: StreamId, slot: Slot, event: StreamEvent) {
        if slot == Slot::OlderLog {
            self.take_older(stream, event);
        } else if self.hears(stream) {
            self.take_from(stream, event);
        }
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
        problem.map(|problem| Action::Notice(Notice::bad(&problem, cx.now))).into_iter().collect()
    }
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
        let wire = self.wire;
        let help = "a path; an existing file is not overwritten";
        let save = move |app: &mut App, path: &str| save_as(app, wire, path);
        let prompt = Prompt::new("save as ", help, &format!("{}-{time}.log", words.join("-")), save);
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }
}
