//! What the log does when a command is given, a stream brings something, or somebody scrolls.

use super::LogView;
use super::bookmarks::Set;
use super::histogram::NEEDS as HISTOGRAM_NEEDS;
use super::text::CopyAs;
use super::window::{Opened, WINDOWS};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Answers, Component, Cx, FAR, Handled, answer, quietly};
use crate::app::msg::Effect;
use crate::app::options::{LogOptions, Options, TimestampFormat};
use crate::app::overlay::Overlay;
use crate::app::screens::why;
use crate::app::subscriptions::{Slot, Streams, Wants};
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::prompt::{LogText, Prompt, TextFor, parse_time};
use crate::app::widgets::units;
use crate::model::{
    Graph, Id, Level, Problem, Search, Snapshot, Source, State, StreamEvent, StreamId, TextViewer, Timestamp,
};
use Command as C;
use ratatui::layout::Position;

/// A choice of a menu of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogChoice {
    /// A filter is switched off or on.
    SwitchFilter(usize),
    /// A filter is taken away.
    RemoveFilter(usize),
    /// All filters are taken away.
    ClearFilters,
    /// The selected lines are copied.
    Copy(CopyAs),
    /// The lines are opened in a program of the user's own.
    OpenIn(TextViewer),
    /// A line is gone to.
    Show(i64),
    /// Which fields are to stand as columns? The cursor is on this row.
    AskColumns(usize),
    /// A field becomes a column in the lines of these containers, or is none any more; in that row.
    TurnColumn(String, Vec<u16>, usize),
    /// Fields that are no columns are shown, or hidden; in that row.
    TurnOtherFields(usize),
    /// The columns are those of the image, too.
    ColumnsForImage,
}

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
        let prompt = Prompt::new("go to time ", help, "", KeyContext::Logs, TextFor::Log(LogText::Time));
        vec![Action::Open(Box::new(Overlay::Prompt(prompt)))]
    }),
    (C::Open, |view, cx| vec![view.open_line(cx)]),
    (C::RawLines, |_, cx| {
        let logs = cx.options.logs;
        vec![Action::LogOptions(LogOptions { raw: !logs.raw, ..logs })]
    }),
    (C::LogColumns, |view, cx| vec![view.ask_columns(cx, 0)]),
    (C::Histogram, |_, cx| {
        let logs = cx.options.logs;
        let is_low = !logs.histogram && usize::from(cx.area.height) < HISTOGRAM_NEEDS;
        let notice = is_low.then(|| cx.warn(format!("the histogram needs more rows: {} zooms", cx.key(Command::Zoom))));
        let shown = Action::LogOptions(LogOptions { histogram: !logs.histogram, ..logs });
        std::iter::once(shown).chain(notice).collect()
    }),
    (C::EarlierBar, |view, cx| missed(cx, view.step_bar(cx, false), "lines before")),
    (C::LaterBar, |view, cx| missed(cx, view.step_bar(cx, true), "lines behind")),
    (C::Select, |view, cx| match view.turn_selection(cx) {
        true => Vec::new(),
        false => vec![cx.warn("no lines to select yet")],
    }),
    (C::Bookmark, |view, cx| vec![view.bookmark(cx)]),
    (C::NextBookmark, |view, cx| missed(cx, view.step_bookmark(cx, true), "bookmarks behind")),
    (C::PreviousBookmark, |view, cx| missed(cx, view.step_bookmark(cx, false), "bookmarks before")),
    (C::NewestLines, |view, cx| quietly(view, |view| view.open_window(cx, None))),
    (C::LastMinute, |view, cx| view.open_last(cx, C::LastMinute)),
    (C::LastFiveMinutes, |view, cx| view.open_last(cx, C::LastFiveMinutes)),
    (C::LastQuarter, |view, cx| view.open_last(cx, C::LastQuarter)),
    (C::LastHalfHour, |view, cx| view.open_last(cx, C::LastHalfHour)),
    (C::LastHour, |view, cx| view.open_last(cx, C::LastHour)),
    (C::LastDay, |view, cx| view.open_last(cx, C::LastDay)),
    (C::FirstLines, |view, cx| quietly(view, |view| view.open_first(cx))),
    (C::LogFilter, |_, _| vec![Action::Open(Box::new(Overlay::Prompt(Prompt::log_filter())))]),
    (C::AddGraph, |view, cx| match view.merge {
        Some(_) => vec![cx.warn("a graph is of one container: this is the log of several")],
        None => vec![Action::Open(Box::new(Overlay::Prompt(Prompt::graph())))],
    }),
    (C::LogFilters, |view, cx| vec![view.filter_menu(cx)]),
    (C::ErrorsOnly, |view, cx| view.turn_level(cx, Level::Error)),
    (C::WarningsUp, |view, cx| view.turn_level(cx, Level::Warn)),
    (C::CancelSearch, |view, cx| match view.stop_history(cx.now) {
        true => Vec::new(),
        false => vec![cx.warn("no search is running")],
    }),
    (C::SearchNext, |view, cx| view.search_on(cx, true)),
    (C::SearchPrevious, |view, cx| view.search_on(cx, false)),
    (C::NextError, |view, cx| view.error_on(cx, true)),
    (C::PreviousError, |view, cx| view.error_on(cx, false)),
    (C::Copy, |view, cx| vec![view.copy(cx)]),
    (C::SaveLog, |view, cx| vec![view.ask_where(cx)]),
    (C::Sql, |view, cx| vec![view.ask_sql(cx)]),
    (C::OpenLog, |view, cx| vec![view.ask_viewer(cx)]),
    (C::Left, |view, cx| {
        view.left = view.left.saturating_sub(cx.size().1 / 2);
        Vec::new()
    }),
    (C::Why, |view, cx| match view.merge {
        Some(_) => vec![cx.warn("why works on one container: this is the log of several")],
        None => vec![why::whole(view.id.clone())],
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

    fn back(&mut self, cx: &Cx) -> bool {
        if self.cursor.take().is_some() {
            // The view stays where it is.
        } else if self.left > 0 {
            self.left = 0;
        } else if self.search.is_some() {
            self.end_search();
            self.follow_history(cx);
        } else {
            let had_one = self.filters.remove_last(&mut self.ring);
            self.follow_history(cx);
            return had_one;
        }
        true
    }

    fn scroll(&mut self, cx: &Cx, rows: isize) {
        if !self.move_cursor(cx, rows) {
            self.scroll_rows(cx, rows);
        }
    }

    fn name_streams(&self, options: &Options, wants: &mut Wants) {
        self.name_history(wants);
        self.name_part(wants);
        let Some(merge) = &self.merge else {
            let (since, tail) = match self.window {
                Some(opened) => (Some(opened.since), Opened::LINES),
                None => (None, options.logs.tail),
            };
            wants.add(self.stream, Slot::Log, || Source::Logs { id: self.id.clone(), tail, since });
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

    fn click(&mut self, cx: &Cx, at: Position) -> Vec<Action> {
        if !self.click_bar(cx, at) {
            self.press_line(cx, at);
        }
        Vec::new()
    }

    fn drag(&mut self, cx: &Cx, at: Position) {
        self.select_to(cx, at);
    }

    fn release(&mut self, cx: &Cx) -> Vec<Action> {
        self.end_press(cx).into_iter().collect()
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        match what {
            TextFor::Search => self.search(cx, text).into_iter().collect(),
            TextFor::Log(LogText::Filter) => self.add_filter(cx, text).into_iter().collect(),
            TextFor::Log(LogText::Graph) => vec![match Graph::typed(text, &self.name) {
                Ok(graph) => Action::AddGraph(Box::new(graph)),
                Err(why) => cx.warn(why),
            }],
            TextFor::Log(LogText::FilterDraft) => {
                self.try_filter(text);
                Vec::new()
            }
            TextFor::Log(LogText::Time) => vec![self.go_to_time(cx, text)],
            TextFor::Log(LogText::SaveAs(stream)) => self.save_as(cx, *stream, text.trim()).into_iter().collect(),
            TextFor::Filter | TextFor::Shell(_) | TextFor::Files(_) | TextFor::Sql(_) => Vec::new(),
        }
    }

    fn receive(&mut self, cx: &Cx, stream: StreamId, slot: Slot, event: StreamEvent) -> Vec<Action> {
        if slot == Slot::LogSearch {
            self.take_history(stream, event);
        } else if slot == Slot::LogPart {
            self.take_part(stream, event);
        } else if slot == Slot::OlderLog {
            self.take_older(stream, event);
        } else if self.hears(stream) {
            self.take_from(stream, event);
            if self.history.is_none() && self.filters.are_settled() {
                self.search_history(cx);
            }
        }
        Vec::new()
    }

    fn ended(&mut self, cx: &Cx, stream: StreamId, slot: Slot, problem: Option<Problem>) -> Vec<Action> {
        let problem = match (slot, problem) {
            (Slot::LogPart, problem) => {
                if self.part_ended(stream, problem.is_none()) {
                    self.follow_end(cx);
                }
                problem
            }
            (Slot::LogSearch, problem) => {
                self.history_ended(cx, stream, problem.is_none());
                problem
            }
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
        TimestampFormat::Time => TimestampFormat::Milliseconds,
        TimestampFormat::Milliseconds => TimestampFormat::Full,
        TimestampFormat::Full => TimestampFormat::None,
        TimestampFormat::None => TimestampFormat::Time,
    }
}

/// Puts lines into the clipboard.
fn copied(cx: &Cx, text: Vec<u8>) -> Action {
    if text.is_empty() {
        return cx.warn("no lines to copy yet");
    }
    // A clipboard holds text: what is none of it has a sign there, and is whole in a file.
    Action::Effect(Effect::Copy(String::from_utf8_lossy(&text).into_owned()))
}

impl LogView {
    /// Sets a bookmark, or takes it away.
    fn bookmark(&mut self, cx: &Cx) -> Action {
        let set = self.turn_bookmark(cx);
        self.bookmarks_changed |= matches!(set, Set::On | Set::Off);
        match set {
            Set::On => cx.good(format!("bookmark set; {} goes to the next", cx.key(Command::NextBookmark))),
            Set::Off => cx.good("bookmark removed"),
            Set::NoLine => cx.warn("no line to mark yet"),
            Set::TooMany => cx.warn("too many bookmarks: remove some"),
        }
    }

    /// Moves what is shown by rows, and asks for lines where none are left.
    pub(super) fn scroll_rows(&mut self, cx: &Cx, rows: isize) {
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
        if rows > 0 && rows < FAR && self.is_detached() && self.is_at_end(height, width, logs) {
            self.read_on(cx);
        }
        if wants_older && self.filters.are_on() {
            self.search_history(cx);
        } else if wants_older {
            let pages = self.older_pages(logs);
            self.open_older(cx.streams, pages);
        }
    }

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
        if self.search_step(forward, cx.size(), &cx.options.logs) {
            return Vec::new();
        }
        let earlier = || format!("no later matches; {} goes to earlier ones", cx.key(Command::SearchPrevious));
        let further = if forward { Some(cx.warn(earlier())) } else { self.search_further(cx) };
        further.into_iter().collect()
    }

    /// No further hit is loaded: goes on in what the engine holds of older lines.
    fn search_further(&mut self, cx: &Cx) -> Option<Action> {
        if let Some(at) = self.found_hit() {
            self.show_time(cx, at);
            return None;
        }
        self.search_history(cx);
        Some(match self.is_searching_history() {
            true => cx.good(format!("searching older lines; {} cancels", cx.key(Command::CancelSearch))),
            false => cx.warn("no earlier matches"),
        })
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
    pub(super) fn reopened(&self, cx: &Cx) -> LogView {
        let logs = &cx.options.logs;
        let (tail, since) = match self.window {
            Some(opened) => (Opened::LINES, Some(opened.since)),
            None => (logs.tail, None),
        };
        let next_id = || cx.streams.next_id();
        let several = self.merge.as_ref().map(|merge| merge.reopened(cx.snapshot, (tail, since), next_id));
        let several = several.and_then(|merge| LogView::merged(merge, logs));
        let mut view = several.unwrap_or_else(|| LogView::new(self.id.clone(), &self.name, cx.streams.next_id(), logs));
        view.window = self.window;
        // The hit's number means another line in the new opening.
        view.search.clone_from(&self.search);
        view.filters.like(&self.filters, &mut view.ring);
        view
    }

    /// Copies the lines on screen, whole.
    fn copy(&self, cx: &Cx) -> Action {
        if self.cursor.is_some() {
            let row = |word: &str, detail, what| MenuItem::new(word, detail, Action::Log(LogChoice::Copy(what)));
            let rows = vec![
                row("with time", "each line with its time", CopyAs::WithTime),
                row("as written", "the lines as the container wrote them", CopyAs::Written),
                row("message", "of a line with fields its message alone", CopyAs::Message),
            ];
            return cx.lettered(Menu::new("copy", rows, None));
        }
        let (height, width) = cx.size();
        copied(cx, self.text_on_screen(height, width, &cx.options.logs))
    }

    /// Goes to a time in the log.
    fn go_to_time(&mut self, cx: &Cx, text: &str) -> Action {
        let logs = &cx.options.logs;
        match parse_time(text, cx.now, logs.zone) {
            Ok(time) => {
                self.show_time(cx, time);
                cx.good(format!("going to {}", units::date_and_clock(time, logs.zone)))
            }
            Err(sentence) => cx.bad(&Problem::new("go to time", sentence, "")),
        }
    }

    /// Opens the stretch of time of a command.
    fn open_last(&mut self, cx: &Cx, command: Command) -> Vec<Action> {
        let window = WINDOWS.into_iter().find(|window| window.command == command);
        quietly(self, |view| view.open_window(cx, window))
    }

    /// Goes to a time: what is far away is read without what lies between.
    pub(in crate::app) fn show_time(&mut self, cx: &Cx, time: Timestamp) {
        if self.is_far(time) {
            let (wants_hit, history) = (self.wants_hit, self.history.take());
            let filters = self.filters.clone();
            self.jump(cx, time);
            // What was found in the history is so still.
            (self.wants_hit, self.history, self.filters) = (wants_hit, history, filters);
            return;
        }
        let pages = self.go_to(time, &cx.options.logs);
        self.open_older(cx.streams, pages);
    }

    /// Searches the log.
    fn search(&mut self, cx: &Cx, text: &str) -> Option<Action> {
        let search = match Search::typed(text) {
            Ok(search) => search,
            Err(why) => return Some(cx.warn(format!("'{text}' is no regular expression: {why}"))),
        };
        let found = self.begin_search(search, cx.size(), &cx.options.logs);
        self.follow_history(cx);
        if found || text.is_empty() {
            return None;
        }
        self.search_further(cx)
    }

    /// Does what was chosen for the log.
    pub(in crate::app) fn choose(&mut self, cx: &Cx, choice: LogChoice) -> Vec<Action> {
        match choice {
            LogChoice::Copy(what) => {
                let text = match what {
                    CopyAs::WithTime => self.text(&cx.options.logs),
                    CopyAs::Written => self.raw(),
                    CopyAs::Message => self.messages(),
                };
                self.cursor = None;
                return vec![copied(cx, text)];
            }
            LogChoice::Show(line) => return quietly(self, |view| view.show_open_line(cx, line)),
            LogChoice::AskColumns(row) => return vec![self.ask_columns(cx, row)],
            LogChoice::TurnColumn(field, voices, row) => return self.turn_column(cx, &field, &voices, row),
            LogChoice::TurnOtherFields(row) => return self.turn_other_fields(cx, row),
            LogChoice::ColumnsForImage => return self.columns_for_image(cx),
            LogChoice::OpenIn(viewer) => return vec![self.open_in(cx, viewer)],
            LogChoice::SwitchFilter(index) => self.filters.switch(index, &mut self.ring),
            LogChoice::RemoveFilter(index) => self.filters.remove(index, &mut self.ring),
            LogChoice::ClearFilters => self.filters.clear(&mut self.ring),
        }
        self.follow_history(cx);
        Vec::new()
    }
}
