//! The part of a log that is opened: its newest lines, those of the last minutes, or those from a moment on.

use super::view::LogView;
use crate::app::command::Command;
use crate::app::component::Cx;
use crate::app::subscriptions::{Slot, Wants};
use crate::model::{Batch, Id, LogState, Source, StreamEvent, StreamId, Timestamp};

/// Lines of the last minutes at most; of more the newest are shown.
const WINDOW_LINES: usize = 200_000;
/// Lines that are read from a moment on at a time.
pub(super) const PART_LINES: usize = 2_000;

/// A stretch of time that a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The command.
    pub command: Command,
    /// How it is called in the title.
    pub name: &'static str,
    minutes: u32,
}

/// The stretches, as k9s has them on its digits.
pub const WINDOWS: [Window; 6] = [
    window(Command::LastMinute, "last 1m", 1),
    window(Command::LastFiveMinutes, "last 5m", 5),
    window(Command::LastQuarter, "last 15m", 15),
    window(Command::LastHalfHour, "last 30m", 30),
    window(Command::LastHour, "last 1h", 60),
    window(Command::LastDay, "last 1d", 24 * 60),
];

const fn window(command: Command, name: &'static str, minutes: u32) -> Window {
    Window { command, name, minutes }
}

impl Window {
    /// Its beginning.
    fn since(self, now: Timestamp) -> Timestamp {
        now.plus_seconds(-60.0 * f64::from(self.minutes))
    }
}

/// The stretch of time that a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The stretch.
    pub window: Window,
    /// Its beginning.
    pub since: Timestamp,
}

impl Opened {
    /// So many of the newest lines are asked for.
    pub const LINES: usize = WINDOW_LINES;
}

/// Lines from a moment on, which are read into the log that is on screen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    stream: StreamId,
    id: Id,
    from: Timestamp,
    /// Lines of exactly that moment that are there already.
    known: usize,
    came: usize,
    /// It goes on where the loaded lines end.
    reads_on: bool,
}

impl LogView {
    /// Opens the log anew for a stretch of time, or from its newest lines.
    pub(super) fn open_window(&mut self, cx: &Cx, window: Option<Window>) {
        self.window = window.map(|window| Opened { window, since: window.since(cx.now) });
        *self = self.reopened(cx);
    }

    /// Goes to the first line that the engine holds.
    pub(super) fn open_first(&mut self, cx: &Cx) {
        if self.at_start {
            return self.to_first();
        }
        self.jump(cx, Timestamp::from_seconds(1));
        self.at_start = true;
    }

    /// Shows the lines from a moment on in place of those that are loaded: the lines between are not read.
    pub(super) fn jump(&mut self, cx: &Cx, from: Timestamp) {
        if self.merge.is_some() {
            return self.jump_merged(cx, from);
        }
        let mut view = LogView::new(self.id.clone(), &self.name, self.stream, &cx.options.logs);
        (view.state, view.search, view.window) = (Some(LogState::Following), self.search.clone(), self.window);
        view.begin_detached();
        view.part =
            Some(Part { stream: cx.streams.next_id(), id: self.id.clone(), from, known: 0, came: 0, reads_on: false });
        *self = view;
    }

    /// True if the moment is so far from what is loaded that what lies between is better left out.
    pub(super) fn is_far(&self, at: Timestamp) -> bool {
        let oldest = self.ring.line(self.ring.first()).map(|(mark, _)| mark.at);
        !self.filters.are_on() && !self.at_start && oldest.is_some_and(|oldest| at < oldest)
    }

    /// Reads on where newer lines than those that are loaded are at the engine.
    pub(super) fn read_on(&mut self, cx: &Cx) {
        if self.merge.is_some() {
            return self.read_on_merged(cx);
        }
        let Some(from) = self.ring.newest().filter(|_| self.part.is_none()) else { return };
        let known = self.ring.marks().filter(|mark| mark.at == from).count();
        self.part =
            Some(Part { stream: cx.streams.next_id(), id: self.id.clone(), from, known, came: 0, reads_on: true });
    }

    /// Names its stream.
    pub(super) fn name_part(&self, wants: &mut Wants) {
        self.parts.iter().for_each(|parts| parts.name_streams(wants));
        if let Some(part) = &self.part {
            let lines = PART_LINES + part.known;
            wants.add(part.stream, Slot::LogPart, || Source::LogsFrom { id: part.id.clone(), from: part.from, lines });
        }
    }

    /// Takes lines of it. Those that were there already are left out.
    pub(super) fn take_part(&mut self, stream: StreamId, event: StreamEvent) {
        if self.merge.is_some() {
            return self.take_merged_part(stream, event);
        }
        let Some(part) = self.part.as_mut().filter(|part| part.stream == stream) else { return };
        let StreamEvent::Lines(mut batch) = event else { return };
        part.came += batch.lines.len();
        let (from, known) = (part.from, &mut part.known);
        batch.lines.retain(|mark| {
            let is_known = mark.at == from && *known > 0;
            *known -= usize::from(is_known);
            !is_known
        });
        self.push_part(batch);
    }

    pub(super) fn push_part(&mut self, batch: Batch) {
        let dropped = self.ring.dropped();
        self.ring.push_back(batch, 1);
        if self.ring.dropped() > dropped {
            self.lost_oldest();
        }
        if self.follows() {
            self.to_first();
        }
        self.keep_anchor();
    }

    /// All of it came. True if it was read on and there is nothing newer at the engine: what was gone to stays on screen.
    pub(super) fn part_ended(&mut self, stream: StreamId, is_well: bool) -> bool {
        if self.merge.is_some() {
            return self.merged_part_ended(stream, is_well);
        }
        let Some(part) = self.part.take_if(|part| part.stream == stream) else { return false };
        self.mark_wanted_hit();
        is_well && part.reads_on && part.came < PART_LINES
    }
}
