//! A search through what the engine holds of a log beyond what is loaded.

use super::log_event::LogEvent;
use super::ring::Inserted;
use super::view::LogView;
use crate::app::component::Cx;
use crate::app::subscriptions::{Slot, Streams, Wants};
use crate::model::{Id, LogFilter, LogFilters, SearchProgress, Source, StreamEvent, StreamId, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// How a search through the history ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryState {
    /// It goes on.
    Running,
    /// All was looked at.
    Done,
    /// It was cancelled, or the engine failed: what was found until then stays.
    Stopped,
}

/// Where the lines begin that are loaded of a container: what is older is searched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seam {
    /// The place among the containers of the log.
    pub voice: usize,
    /// The container.
    pub id: Id,
    /// Time of the oldest line that is loaded.
    pub before: Timestamp,
    /// How many loaded lines carry exactly that time.
    pub known_at_before: usize,
}

/// A search through the history of one container after another.
#[derive(Debug, Clone)]
pub struct HistorySearch {
    filters: Arc<LogFilters>,
    queue: VecDeque<Seam>,
    open: Option<(StreamId, Seam)>,
    /// What was looked at in containers that are done.
    before: SearchProgress,
    now: SearchProgress,
    /// The moment of its beginning, by the clock here.
    began: Timestamp,
    ended: Option<Timestamp>,
    /// How it stands.
    pub state: HistoryState,
    /// Lines that had fallen off when it began: it looks at those, too.
    fallen: u64,
}

impl HistorySearch {
    /// Lines looked at.
    pub fn lines(&self) -> u64 {
        self.before.lines + self.now.lines
    }

    /// Lines of which only the first part was looked at, since they are longer than lines are kept.
    pub fn cut(&self) -> u64 {
        self.before.cut + self.now.cut
    }

    /// Bytes looked at per second.
    pub fn speed(&self, now: Timestamp) -> f64 {
        let seconds = self.ended.unwrap_or(now).since(self.began);
        (self.before.bytes + self.now.bytes) as f64 / seconds.max(0.001)
    }

    /// The part of the time searched so far, where a container began to write at a moment. None: not known.
    pub fn part(&self, created: Timestamp) -> Option<f64> {
        let (_, seam) = self.open.as_ref()?;
        let all = seam.before.since(created);
        (all > 0.0 && self.now.at.is_known()).then(|| (self.now.at.since(created) / all).clamp(0.0, 1.0))
    }

    /// The container that is searched now.
    pub fn container(&self) -> Option<&Id> {
        self.open.as_ref().map(|(_, seam)| &seam.id)
    }

    fn open_next(&mut self, streams: &Streams, now: Timestamp) {
        self.open = self.queue.pop_front().map(|seam| (streams.next_id(), seam));
        if self.open.is_none() {
            (self.state, self.ended) = (HistoryState::Done, Some(now));
        }
    }

    fn stop(&mut self, now: Timestamp) {
        if self.state == HistoryState::Running {
            (self.state, self.ended) = (HistoryState::Stopped, Some(now));
        }
        self.open = None;
        self.queue.clear();
    }
}

impl LogView {
    /// What older lines must hold: the filters in force, else the search.
    fn sought(&self) -> Arc<LogFilters> {
        match &self.search {
            Some(search) if !self.filters.are_on() => Arc::new(LogFilters(vec![LogFilter::matching(search.clone())])),
            _ => self.filters.active().clone(),
        }
    }

    /// Searches what the engine holds of older lines, unless that was done or goes on.
    pub(super) fn search_history(&mut self, cx: &Cx) {
        let sought = self.sought();
        let is_known =
            self.history.as_ref().is_some_and(|known| known.filters == sought && known.state != HistoryState::Stopped);
        if is_known || sought.is_empty() || self.ring.is_empty() {
            return;
        }
        self.forget_history();
        if self.at_start {
            return;
        }
        let queue = match &self.merge {
            Some(_) => self.merged_seams().into(),
            None => {
                let (before, known_at_before) = self.ring.lines_at_oldest_time();
                VecDeque::from([Seam { voice: 0, id: self.id.clone(), before, known_at_before }])
            }
        };
        let mut search = HistorySearch {
            filters: sought,
            queue,
            open: None,
            before: SearchProgress::default(),
            now: SearchProgress::default(),
            began: cx.now,
            ended: None,
            state: HistoryState::Running,
            fallen: self.ring.dropped(),
        };
        search.open_next(cx.streams, cx.now);
        self.history = Some(search);
    }

    /// The filters or the search are others: what was found for those before is of no use.
    pub(super) fn follow_history(&mut self, cx: &Cx) {
        let sought = self.sought();
        if self.history.as_ref().is_some_and(|known| known.filters != sought) {
            self.forget_history();
        }
        if self.filters.are_on() && self.is_detached() {
            // What is newer than what is loaded passes them, too.
            *self = self.reopened(cx);
        } else if self.filters.are_on() {
            self.search_history(cx);
        }
    }

    fn forget_history(&mut self) {
        self.history = None;
        self.filters.forget_found();
        self.hits.forget_found();
    }

    /// Cancels it. False if none goes on.
    pub(super) fn stop_history(&mut self, now: Timestamp) -> bool {
        let running = self.history.as_mut().filter(|search| search.state == HistoryState::Running);
        running.map(|search| search.stop(now)).is_some()
    }

    /// Names its stream.
    pub(super) fn name_history(&self, wants: &mut Wants) {
        let Some(search) = &self.history else { return };
        if let Some((stream, seam)) = &search.open {
            wants.add(*stream, Slot::LogSearch, || Source::SearchLogs {
                id: seam.id.clone(),
                filters: search.filters.clone(),
                since: None,
                tail: None,
                before: seam.before,
                known_at_before: seam.known_at_before,
            });
        }
    }

    /// Takes what it brought.
    pub(super) fn take_history(&mut self, stream: StreamId, event: StreamEvent) {
        let Some(search) = &mut self.history else { return };
        let Some((_, seam)) = search.open.as_ref().filter(|(open, _)| *open == stream) else { return };
        match LogEvent::of(event) {
            Some(LogEvent::Searched(progress)) => search.now = progress,
            Some(LogEvent::Lines(mut batch)) => {
                // Places are bounded by the number of containers that a log may ever have had.
                batch.lines.iter_mut().for_each(|mark| mark.voice = seam.voice as u16);
                let inserted = self.filters.take_found(batch);
                self.move_found(&inserted);
            }
            // A search tells nothing else.
            Some(LogEvent::HistoryUntil(_) | LogEvent::NothingOlder | LogEvent::State(_) | LogEvent::Partial(_))
            | None => {}
        }
    }

    /// Lines were put between others that were found before.
    fn move_found(&mut self, inserted: &Inserted) {
        if inserted.is_empty() {
            return;
        }
        self.hits.forget_found();
        self.each_place(|line| super::filters::Filters::moved(inserted, line));
    }

    /// Its stream is over. Where the engine failed it goes no further.
    pub(super) fn history_ended(&mut self, cx: &Cx, stream: StreamId, is_well: bool) {
        let Some(search) = &mut self.history else { return };
        if search.open.as_ref().is_none_or(|(open, _)| *open != stream) {
            return;
        }
        let SearchProgress { lines, bytes, found, cut, at: _ } = std::mem::take(&mut search.now);
        let before = &mut search.before;
        (before.lines, before.bytes) = (before.lines + lines, before.bytes + bytes);
        (before.found, before.cut) = (before.found + found, before.cut + cut);
        match is_well {
            true => search.open_next(cx.streams, cx.now),
            false => search.stop(cx.now),
        }
    }

    /// True while older lines are searched.
    pub fn is_searching_history(&self) -> bool {
        self.history.as_ref().is_some_and(|search| search.state == HistoryState::Running)
    }

    /// All lines that were looked at for the filters.
    pub fn lines_looked_at(&self) -> u64 {
        let loaded = self.ring.len() as u64 + self.ring.dropped();
        self.history.as_ref().map_or(loaded, |search| loaded.saturating_sub(search.fallen) + search.lines())
    }

    /// True if lines that are not loaded may hold what is looked for, too.
    pub fn may_have_more(&self) -> bool {
        !self.at_start && self.history.as_ref().is_none_or(|search| search.state != HistoryState::Done)
    }

    /// The newest line that was found in the history before the lines that are loaded, or before a moment.
    pub(super) fn found_before(&self, moment: Option<Timestamp>) -> Option<Timestamp> {
        let oldest = self.ring.line(self.ring.first()).map(|(mark, _)| mark.at)?;
        self.filters.found_before(moment.map_or(oldest, |moment| moment.min(oldest)))
    }
}
