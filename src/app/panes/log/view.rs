//! The view on a log: where it stands, and whether it follows.

mod merged;
mod older;
mod rows;
mod steps;

pub use rows::VisibleLine;

use super::bookmarks::Bookmarks;
use super::columns::Columns;
use super::filters::Filters;
use super::highlight::Scopes;
use super::history::HistorySearch;
use super::hits::Hits;
use super::life_cycle::LifeCycle;
use super::log_event::LogEvent;
use super::merged_log::MergedLog;
use super::merged_window::Parts;
use super::ring::Ring;
use super::selection::{LineCursor, Press};
use super::window::{Opened, Part};
use crate::app::options::LogOptions;
use crate::model::{Batch, Id, LogState, Problem, Search, Source, StreamEvent, StreamId, Timestamp};

/// Lines asked for when the first older page is wanted; doubled with each further one.
const PAGE_LINES: usize = 4_000;

/// The top of a view that does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Anchor {
    line: i64,
    row: usize,
}

/// A log on the screen: one container's, or that of several merged by time.
#[derive(Debug, Clone)]
pub struct LogView {
    /// The container; of several, the first.
    pub id: Id,
    /// The container's name when the log was opened.
    pub name: String,
    /// Its stream.
    pub stream: StreamId,
    /// An older page under way, and where it comes from.
    pub older: Option<(StreamId, Source)>,
    /// How the stream is doing; none until it has answered.
    pub state: Option<LogState>,
    /// The reason why the stream ended for good.
    pub ended: Option<Problem>,
    /// The lines.
    pub ring: Ring,
    /// The filters, and what passes them.
    pub filters: Filters,
    /// The search through what is older than what is loaded.
    pub history: Option<HistorySearch>,
    /// The search in force.
    pub search: Option<Search>,
    /// The lines that it hits.
    pub(super) hits: Hits,
    /// The lines that say error, while the histogram is shown.
    pub(super) errors: Hits,
    /// The histogram is shown.
    pub(super) has_histogram: bool,
    /// The text of one line; kept for its memory.
    pub(super) scratch: String,
    /// The line of its current hit.
    pub(super) hit: Option<i64>,
    /// The very first line that the engine holds is loaded.
    pub at_start: bool,
    /// Lines to the right when long lines are cut.
    pub left: usize,
    /// It is the log of several containers. Boxed: most are not.
    pub merge: Option<Box<MergedLog>>,
    partial: Option<Batch>,
    /// An older page being put together.
    page: Vec<Batch>,
    /// The engine said that there is nothing before it.
    page_is_last: bool,
    page_lines: usize,
    /// The oldest line when that page was asked for: it must still be there for the page to fit on.
    page_before: i64,
    /// None: follows. Else the top row.
    pub(super) anchor: Option<Anchor>,
    /// The line last gone to, and where the view stood then: steps go on from there.
    gone_to: Option<(i64, Anchor)>,
    /// End of the ring when it began to hold still.
    end_when_held: i64,
    /// Newest lines were dropped to make room for older ones, or arrived since: the tail must be opened anew to follow.
    detached: bool,
    missed: u64,
    /// The wanted time is that of a hit.
    pub(super) wants_hit: bool,
    /// What happened to its containers.
    pub(super) life_cycle: LifeCycle,
    /// The fields that stand as columns.
    pub(super) columns: Columns,
    /// Which rules of the configuration highlight its lines.
    pub(super) scopes: Scopes,
    /// The cursor, once a line was selected or clicked.
    pub(super) cursor: Option<LineCursor>,
    /// The button of the mouse, while it is held that was pressed on a line.
    pub(super) press: Option<Press>,
    /// The bookmarks of all logs.
    pub(in crate::app) bookmarks: Bookmarks,
    /// They were changed here.
    pub(in crate::app) bookmarks_changed: bool,
    /// The stretch of time that was opened; none: the newest lines.
    pub window: Option<Opened>,
    /// Lines from a moment on that are read now.
    pub(super) part: Option<Part>,
    /// The same of several.
    pub(super) parts: Option<Box<Parts>>,
    /// A time that older pages are being loaded for.
    wanted: Option<Timestamp>,
    /// Rows of the pane, as it was drawn last.
    height: usize,
}

impl LogView {
    /// A view that has just asked for `wire`.
    pub fn new(id: Id, name: &str, stream: StreamId, preferences: &LogOptions) -> Self {
        Self {
            id,
            name: name.to_string(),
            stream,
            older: None,
            state: None,
            ended: None,
            ring: Ring::new(preferences.memory_mib << 20),
            filters: Filters::new(preferences.memory_mib << 20),
            history: None,
            search: None,
            hits: Hits::default(),
            errors: Hits::default(),
            has_histogram: false,
            scratch: String::new(),
            hit: None,
            at_start: false,
            left: 0,
            merge: None,
            partial: None,
            page: Vec::new(),
            page_is_last: false,
            page_lines: PAGE_LINES,
            page_before: 0,
            anchor: None,
            gone_to: None,
            end_when_held: 0,
            detached: false,
            missed: 0,
            life_cycle: LifeCycle::default(),
            columns: Columns::default(),
            scopes: Scopes::default(),
            cursor: None,
            press: None,
            bookmarks: Bookmarks::default(),
            bookmarks_changed: false,
            window: None,
            part: None,
            parts: None,
            wants_hit: false,
            wanted: None,
            height: 0,
        }
    }

    /// True when new lines move the view.
    pub fn follows(&self) -> bool {
        self.anchor.is_none()
    }

    /// The line at the top while it holds still.
    pub(super) fn held_line(&self) -> Option<i64> {
        self.anchor.map(|anchor| anchor.line)
    }

    /// The moment at which it holds still: that of the line under the cursor or gone to, else of the first one on screen. None while
    /// it follows.
    pub fn held_moment(&self) -> Option<Timestamp> {
        let anchor = self.anchor?;
        let gone_to = self.gone_to.filter(|(_, at)| *at == anchor).map(|(line, _)| line);
        let line = self.cursor.map(|cursor| cursor.line).or(gone_to).and_then(|line| self.line(line));
        line.map(|(mark, _)| mark.at).or_else(|| self.moment_on_screen())
    }

    /// Lines that came since it holds still.
    pub fn new_lines(&self) -> u64 {
        if self.follows() {
            return 0;
        }
        if self.filters.are_on() {
            return self.filters.passed_from(self.end_when_held) as u64;
        }
        let missed = i64::try_from(self.missed).unwrap_or(i64::MAX);
        let waiting = self.merge.as_ref().map_or(0, |merge| merge.waiting() as i64);
        (self.ring.end() - self.end_when_held + waiting).saturating_add(missed).max(0) as u64
    }

    /// True if following again needs the tail to be opened anew.
    pub fn is_detached(&self) -> bool {
        self.detached
    }

    /// Takes what the stream brought.
    pub fn take(&mut self, chunk: StreamEvent) {
        match LogEvent::of(chunk) {
            Some(LogEvent::State(state)) => self.state = Some(state),
            Some(LogEvent::Partial(batch)) => self.partial = Some(batch).filter(|batch| !batch.lines.is_empty()),
            Some(LogEvent::Lines(batch)) if self.detached => self.missed += batch.lines.len() as u64,
            Some(LogEvent::Lines(batch)) => {
                self.partial = None;
                if self.state.is_none() {
                    self.state = Some(LogState::Following);
                }
                let keep = if self.follows() { 1 } else { 2 };
                let dropped = self.ring.dropped();
                self.ring.push_back(batch, keep);
                self.at_start &= self.ring.dropped() == dropped;
                self.keep_anchor();
            }
            // Pages and searches have streams of their own; of one container all that comes is in order.
            Some(LogEvent::HistoryUntil(_) | LogEvent::NothingOlder | LogEvent::Searched(_)) | None => {}
        }
    }

    fn hold(&mut self, anchor: Anchor) {
        if self.anchor.is_none() {
            self.end_when_held = self.ring.end();
        }
        self.anchor = Some(anchor);
    }

    pub(super) fn hold_at(&mut self, line: i64) {
        self.hold(Anchor { line, row: 0 });
        self.keep_anchor();
    }

    /// Its lines are none of the newest.
    pub(super) fn begin_detached(&mut self) {
        self.detached = true;
    }

    /// Lines may have fallen off above the anchor.
    pub(super) fn keep_anchor(&mut self) {
        let Some(anchor) = self.anchor else { return };
        let first = if self.filters.are_on() { i64::MIN } else { self.ring.first() };
        let line = anchor.line.clamp(first, (self.ring.end() - 1).max(first));
        if line != anchor.line {
            self.anchor = Some(Anchor { line, row: 0 });
        }
    }

    /// Follows new lines from here on. The caller opens the tail anew if [`Self::is_detached`].
    pub fn follow(&mut self) {
        (self.anchor, self.gone_to, self.wanted) = (None, None, None);
    }

    /// Stops following, where it is.
    pub fn hold_still(&mut self, height: usize, width: usize, preferences: &LogOptions) {
        if let Some(top) = self.top(height, width, preferences) {
            self.hold(top);
        }
    }

    /// Moves by rows, up when negative. True if the first line kept was already at the top: an older page is wanted.
    pub fn scroll_by(&mut self, rows: isize, height: usize, width: usize, preferences: &LogOptions) -> bool {
        let Some(mut top) = self.top(height, width, preferences) else { return false };
        let mut wants_older = false;
        for _ in 0..rows.unsigned_abs() {
            if rows < 0 {
                if top.row > 0 {
                    top.row -= 1;
                } else if let Some(before) = self.before(top.line) {
                    top.line = before;
                    top.row = self.rows_of(top.line, width, preferences).saturating_sub(1);
                } else {
                    wants_older = true;
                    break;
                }
            } else if top.row + 1 < self.rows_of(top.line, width, preferences) {
                top.row += 1;
            } else if let Some(line) = self.after(top.line) {
                top = Anchor { line, row: 0 };
            } else {
                break;
            }
        }
        if rows < 0 && top.row == 0 && self.before(top.line).is_none() {
            wants_older = true;
        }
        let at_end =
            self.bottom_anchor(height, width, preferences).is_none_or(|end| (top.line, top.row) >= (end.line, end.row));
        if rows > 0 && at_end && !self.detached {
            self.follow();
        } else if rows < 0 && self.follows() && at_end {
            // Nothing above to scroll to: a log shorter than the pane goes on following.
        } else {
            self.hold(top);
        }
        wants_older
    }

    /// To the first line kept.
    pub fn to_first(&mut self) {
        if let Some(first) = self.first_shown() {
            self.hold_at(first);
        }
    }

    /// To a time: at once when it is loaded, else pages are asked for until it is.
    pub fn go_to(&mut self, time: Timestamp, preferences: &LogOptions) -> Vec<Source> {
        let Some((oldest, _)) = self.ring.line(self.ring.first()) else { return Vec::new() };
        if time >= oldest.at || self.at_start || self.filters.are_on() {
            self.hold_at(self.filters.at_time(time, &self.ring));
            return Vec::new();
        }
        self.wanted = Some(time);
        self.older_pages(preferences)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::batch;
    use super::*;
    use crate::app::options::TimestampFormat;
    use crate::model::EngineId;

    pub const PLAIN: LogOptions =
        LogOptions { timestamps: TimestampFormat::None, tail: 100, memory_mib: 1, ..LogOptions::DEFAULT };

    pub fn view(lines: usize) -> LogView {
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &PLAIN);
        let lines: Vec<String> = (0..lines).map(|number| format!("line {number}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        view.take(StreamEvent::Lines(batch(&lines, 1000)));
        view
    }

    pub fn text(view: &LogView, height: usize) -> Vec<String> {
        let rows = view.visible(height, 40, &PLAIN);
        rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
    }

    #[test]
    fn it_follows_until_scrolled_up_and_counts_what_is_new() {
        let mut view = view(100);
        assert_eq!(text(&view, 3), ["line 97", "line 98", "line 99"]);
        view.scroll_by(-2, 3, 40, &PLAIN);
        assert_eq!(text(&view, 3), ["line 95", "line 96", "line 97"]);
        view.take(StreamEvent::Lines(batch(&["x", "y"], 5000)));
        assert_eq!((text(&view, 1), view.new_lines()), (vec!["line 95".to_string()], 2));
        view.follow();
        assert_eq!((text(&view, 2), view.new_lines()), (vec!["x".to_string(), "y".to_string()], 0));
    }

    #[test]
    fn scrolling_down_to_the_end_follows_again() {
        let mut view = view(10);
        view.scroll_by(-3, 4, 40, &PLAIN);
        assert!(!view.follows());
        view.scroll_by(99, 4, 40, &PLAIN);
        assert!(view.follows());
    }
}
