//! The view on a log: where it stands, whether it follows, what is searched, and what of it is visible.

mod merged;

use super::bookmarks::Bookmarks;
use super::filters::Filters;
use super::history::HistorySearch;
use super::hits::Hits;
use super::laid_out;
use super::life_cycle::LifeCycle;
use super::merged_log::MergedLog;
use super::ring::Ring;
use super::search;
use super::selection::{LineCursor, Press};
use super::window::{Opened, Part};
use crate::app::options::{LogOptions, TimestampFormat};
use crate::app::widgets::{units, wrap};
use crate::model::log_text::{COLUMNS_MAX, Glyph, Piece, Sgr, pieces};
use crate::model::{
    Batch, Id, Level, LineMark, LogState, Problem, Search, Source, Stream, StreamEvent, StreamId, Timestamp, Tone,
};
use std::ops::Range;

/// Lines asked for when an older page is wanted; doubled with each page, up to the maximum.
const PAGE_LINES: usize = 4_000;
const PAGE_LINES_MAX: usize = 64_000;
/// Columns by which a line may grow when it is laid out.
const LEVEL: usize = 8;
/// More lines than lie between the newest one and any that was gone to.
const FAR_BACK: usize = 1_000_000_000;

/// A row of the log pane.
#[derive(Debug, Clone, PartialEq)]
pub struct VisibleLine {
    /// Number of the line.
    pub number: i64,
    /// The severity of the line.
    pub level: Level,
    /// From standard error.
    pub is_error_stream: bool,
    /// The time; empty on continuation rows and when not wanted.
    pub stamp: String,
    /// The text.
    pub pieces: Vec<Piece>,
    /// A further row of a wrapped line.
    pub continued: bool,
    /// There is more of the line than is shown.
    pub cut: bool,
    /// It was gone to: it is the current hit of the search, or the error that was looked for.
    pub current: bool,
    /// It is no line, but tells what happened to the container behind one; and its tone.
    pub event: Option<Tone>,
    /// It is one of the selected lines.
    pub selected: bool,
    /// It has a bookmark.
    pub bookmarked: bool,
    /// It passes no filter, and is there as context of a line that does.
    pub context: bool,
    /// Whose it is, in a log of several containers: its place in [`Merge::voices`].
    pub voice: u16,
}

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
            cursor: None,
            press: None,
            bookmarks: Bookmarks::default(),
            bookmarks_changed: false,
            window: None,
            part: None,
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
        match chunk {
            StreamEvent::State(state) => self.state = Some(state),
            StreamEvent::Partial(batch) => self.partial = Some(batch).filter(|batch| !batch.lines.is_empty()),
            StreamEvent::Lines(batch) if self.detached => self.missed += batch.lines.len() as u64,
            StreamEvent::Lines(batch) => {
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
            // What sessions say goes to the shells.
            _ => {}
        }
    }

    /// Takes part of an older page.
    pub fn take_older(&mut self, stream: StreamId, chunk: StreamEvent) {
        match (chunk, &mut self.merge) {
            (StreamEvent::Lines(batch), Some(merge)) => merge.pages.take(stream, batch),
            (StreamEvent::Lines(batch), None) => self.page.push(batch),
            (StreamEvent::NothingOlder, Some(merge)) => merge.pages.is_last(stream),
            (StreamEvent::NothingOlder, None) => self.page_is_last = true,
            // A page tells nothing else.
            _ => {}
        }
    }

    /// An older page is complete. Returns the pages to ask for next: of others of several containers, or before this one when
    /// a wanted time has not been reached.
    pub fn older_done(&mut self, stream: StreamId, preferences: &LogOptions) -> Vec<Source> {
        if self.merge.is_some() {
            return self.merged_page_done(stream, preferences);
        }
        self.older = None;
        let (page, is_last) = (std::mem::take(&mut self.page), std::mem::take(&mut self.page_is_last));
        if self.page_before != self.ring.first() || self.filters.are_on() {
            // Lines fell off meanwhile: it no longer fits on.
            return self.wanted.map(|_| self.older_pages(preferences)).unwrap_or_default();
        }
        if is_last || page.iter().all(|batch| batch.lines.is_empty()) {
            self.at_start = true;
        }
        self.put_in_front(page);
        self.after_page(preferences)
    }

    fn put_in_front(&mut self, page: Vec<Batch>) {
        // What is being read stays, be it the end.
        let read = self.anchor.map_or(self.ring.end(), |anchor| anchor.line);
        for batch in page.into_iter().rev() {
            let gone = self.ring.push_front(batch, read);
            self.detached |= gone > 0;
            self.missed += gone as u64;
        }
        self.keep_anchor();
        self.page_lines = (self.page_lines * 2).min(PAGE_LINES_MAX);
    }

    /// Goes to the wanted time, if there is one and it is there now; else says what to ask for next.
    fn after_page(&mut self, preferences: &LogOptions) -> Vec<Source> {
        let Some(wanted) = self.wanted else { return Vec::new() };
        let reached = self.ring.line(self.ring.first()).is_some_and(|(mark, _)| mark.at <= wanted);
        if reached || self.at_start {
            self.wanted = None;
            self.hold_at(self.ring.at_time(wanted));
            self.mark_wanted_hit();
            return Vec::new();
        }
        self.older_pages(preferences)
    }

    /// An older page failed; what had come of it is dropped, so that no gap can arise. Other pages of its round are of no use.
    pub fn older_failed(&mut self) {
        self.older = None;
        self.page.clear();
        self.page_is_last = false;
        self.wanted = None;
        if let Some(merge) = &mut self.merge {
            merge.pages = Default::default();
        }
    }

    /// The pages before the oldest line kept; none when it is known that there are none, or some are under way.
    pub fn older_pages(&mut self, preferences: &LogOptions) -> Vec<Source> {
        match self.merge {
            Some(_) => self.merged_pages(preferences),
            None => self.older_page(preferences).into_iter().collect(),
        }
    }

    /// A stream was opened for a page.
    pub fn older_opened(&mut self, source: &Source, stream: StreamId) {
        let Some(merge) = &mut self.merge else {
            self.older = Some((stream, source.clone()));
            return;
        };
        merge.pages.opened(source, stream);
    }

    fn older_page(&mut self, preferences: &LogOptions) -> Option<Source> {
        // With filters in force the history is searched instead.
        if self.at_start || self.older.is_some() || self.ring.is_empty() || self.filters.are_on() {
            return None;
        }
        self.page_before = self.ring.first();
        let (before, known_at_before) = self.ring.lines_at_oldest_time();
        // What was dropped or never loaded at the new end lies after `before` too.
        let known = self.ring.len() + self.missed as usize + preferences.tail.min(64);
        // How many lie there is not known: all are asked for.
        let known = if self.detached { known + FAR_BACK } else { known };
        Some(Source::OlderLogs { id: self.id.clone(), before, known, known_at_before, lines: self.page_lines })
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

    /// The next line at or after `from`, or the previous one before it, for which `wanted` holds.
    fn seek(&self, forward: bool, from: i64, mut wanted: impl FnMut(&LineMark, &[u8]) -> bool) -> Option<i64> {
        let holds = |number: &i64| self.line(*number).is_some_and(|(mark, bytes)| wanted(mark, bytes));
        if forward {
            std::iter::successors(self.at_or_after(from), |line| self.after(*line)).find(holds)
        } else {
            std::iter::successors(self.before(from), |line| self.before(*line)).find(holds)
        }
    }

    /// Begins a search; goes to the newest hit. False if there is none.
    pub fn begin_search(&mut self, search: Option<Search>, size: (usize, usize), preferences: &LogOptions) -> bool {
        (self.search, self.hit, self.hits) = (search, None, Hits::new(&self.ring));
        self.search_step(false, size, preferences)
    }

    /// Ends the search. No line is marked any more.
    pub fn end_search(&mut self) {
        (self.search, self.hit, self.gone_to) = (None, None, None);
    }

    /// The line that is marked: the one under the cursor, the one last gone to, else the last hit of the search.
    pub fn marked(&self) -> Option<i64> {
        self.cursor.map(|cursor| cursor.line).or(self.gone_to.map(|(line, _)| line)).or(self.hit)
    }

    /// To the next or previous hit.
    pub fn search_step(&mut self, forward: bool, size: (usize, usize), preferences: &LogOptions) -> bool {
        let Some(search) = self.search.clone() else { return false };
        let from = match (self.hit, forward) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at,
            (None, true) => self.anchor.map_or(i64::MIN, |anchor| anchor.line),
            (None, false) => i64::MAX,
        };
        let mut scratch = String::new();
        let found = self.seek(forward, from, |_, bytes| search::hits(&search, bytes, &mut scratch));
        if let Some(line) = found {
            self.hit = Some(line);
            self.show_line(line, size, preferences);
        }
        found.is_some()
    }

    /// The time of the last hit that was found before what is loaded: it is marked once it is there.
    pub(super) fn found_hit(&mut self) -> Option<Timestamp> {
        let hit = self.hit.and_then(|hit| self.line(hit)).map(|(mark, _)| mark.at);
        let at = self.found_before(hit)?;
        self.wants_hit = true;
        Some(at)
    }

    /// The time that was gone to for a hit is there: the hit is marked.
    pub(super) fn mark_wanted_hit(&mut self) {
        let (Some(search), Some(anchor)) = (self.search.clone(), self.anchor) else { return };
        if !std::mem::take(&mut self.wants_hit) {
            return;
        }
        let mut scratch = String::new();
        self.hit = self.seek(true, anchor.line, |_, bytes| search::hits(&search, bytes, &mut scratch));
        self.gone_to = self.hit.map(|line| (line, anchor));
    }

    /// To the next or previous line that says error.
    pub fn error_step(&mut self, forward: bool, size: (usize, usize), preferences: &LogOptions) -> bool {
        let here = match (self.gone_to, self.anchor) {
            (Some((line, at)), Some(anchor)) if at == anchor => line,
            (_, Some(anchor)) if forward => anchor.line - 1,
            (_, Some(anchor)) => anchor.line,
            (_, None) => self.ring.end(),
        };
        let from = if forward { here + 1 } else { here };
        let found = self.seek(forward, from, |mark, _| mark.level == Level::Error && !mark.continues);
        if let Some(line) = found {
            self.show_line(line, size, preferences);
        }
        found.is_some()
    }

    /// Holds still with a line about a third from the top, in a pane of this height and width.
    pub(super) fn show_line(&mut self, line: i64, (height, width): (usize, usize), preferences: &LogOptions) {
        let mut top = line;
        let mut above = height / 3;
        while let Some(before) = self.before(top) {
            let rows = self.rows_of(before, width, preferences);
            if rows > above {
                break;
            }
            above -= rows;
            top = before;
        }
        self.hold_at(top);
        self.gone_to = self.anchor.map(|anchor| (line, anchor));
    }

    fn top(&self, height: usize, width: usize, preferences: &LogOptions) -> Option<Anchor> {
        let bottom = || self.bottom_anchor(height, width, preferences);
        let Some(anchor) = self.anchor else { return bottom() };
        // What it stood on may be hidden by a filter since.
        match self.at_or_after(anchor.line) {
            Some(line) if line == anchor.line => Some(anchor),
            Some(line) => Some(Anchor { line, row: 0 }),
            None => bottom(),
        }
    }

    /// The top row when the last row is at the bottom; none for an empty log.
    fn bottom_anchor(&self, height: usize, width: usize, preferences: &LogOptions) -> Option<Anchor> {
        let unfinished = self.partial.as_ref().map_or(0, |batch| batch.lines.len());
        let mut left = height.saturating_sub(unfinished);
        let mut first = None;
        let mut next = self.before(i64::MAX);
        while let Some(line) = next {
            let rows = self.rows_of(line, width, preferences);
            if rows >= left {
                return Some(Anchor { line, row: rows - left });
            }
            left -= rows;
            first = Some(Anchor { line, row: 0 });
            next = self.before(line);
        }
        first
    }

    fn text_width(&self, width: usize, preferences: &LogOptions) -> usize {
        width.saturating_sub(2 + preferences.timestamps.columns() + self.gutter(width)).max(8)
    }

    pub(super) fn rows_of(&self, line: i64, width: usize, preferences: &LogOptions) -> usize {
        self.rows_of_text(line, width, preferences) + self.happened_behind(line).len()
    }

    fn rows_of_text(&self, line: i64, width: usize, preferences: &LogOptions) -> usize {
        if !preferences.wrap {
            return 1;
        }
        let width = self.text_width(width, preferences);
        match self.line(line) {
            // Most lines need no decoding: what is plain takes a column for each byte.
            Some((_, bytes)) if bytes.len() + LEVEL <= width && bytes.iter().all(|b| (0x20..0x7f).contains(b)) => 1,
            Some((mark, bytes)) => wrapped(&laid_out::glyphs(mark, bytes, COLUMNS_MAX, preferences), width).len(),
            None => 1,
        }
    }

    /// The rows of a pane of this size, from the top; fewer than `height` when the log is short.
    pub fn visible(&self, height: usize, width: usize, preferences: &LogOptions) -> Vec<VisibleLine> {
        let mut rows = Vec::with_capacity(height);
        let Some(top) = self.top(height, width, preferences) else {
            self.push_partial(&mut rows, height, width, preferences);
            return rows;
        };
        let mut next = Some(top.line);
        while let Some(line) = next.filter(|_| rows.len() < height) {
            let Some((mark, bytes)) = self.line(line) else { break };
            let skip = if line == top.line { top.row } else { 0 };
            let before = rows.len();
            self.push_line(&mut rows, (line, mark, bytes), skip, height, width, preferences);
            let told = rows.len() - before;
            // Of a line above the screen what happened behind it may still be on it.
            let unseen =
                if told > 0 || skip == 0 { 0 } else { skip - self.rows_of_text(line, width, preferences).min(skip) };
            self.push_happenings(&mut rows, (line, mark), unseen, height, preferences);
            next = self.after(line);
        }
        self.push_partial(&mut rows, height, width, preferences);
        rows
    }

    /// What happened behind a line, without the first so many.
    fn push_happenings(
        &self,
        rows: &mut Vec<VisibleLine>,
        (number, mark): (i64, &LineMark),
        skip: usize,
        height: usize,
        preferences: &LogOptions,
    ) {
        let room = height.saturating_sub(rows.len());
        for happening in self.happened_behind(number).iter().skip(skip).take(room) {
            let piece = Piece { text: happening.text.clone(), sgr: Sgr::default(), hit: false };
            rows.push(VisibleLine {
                number,
                level: Level::None,
                is_error_stream: false,
                stamp: stamp(happening.at, preferences),
                pieces: vec![piece],
                continued: true,
                cut: false,
                current: false,
                event: Some(happening.tone),
                selected: false,
                bookmarked: false,
                context: false,
                voice: mark.voice,
            });
        }
    }

    fn push_partial(&self, rows: &mut Vec<VisibleLine>, height: usize, width: usize, preferences: &LogOptions) {
        let Some(batch) = &self.partial else { return };
        for mark in &batch.lines {
            self.push_line(rows, (i64::MAX, mark, batch.line(mark)), 0, height, width, preferences);
        }
    }

    fn push_line(
        &self,
        rows: &mut Vec<VisibleLine>,
        (number, mark, bytes): (i64, &LineMark, &[u8]),
        skip: usize,
        height: usize,
        width: usize,
        preferences: &LogOptions,
    ) {
        let width = self.text_width(width, preferences);
        let wanted = if preferences.wrap { COLUMNS_MAX } else { self.left + width + 1 };
        let wanted = wanted.min(width.saturating_mul(height + skip + 1).max(self.left + width + 1));
        let mut glyphs = laid_out::glyphs(mark, bytes, wanted, preferences);
        let patterns = self.filters.active().0.iter().filter_map(|filter| filter.pattern());
        patterns.chain(&self.search).for_each(|pattern| search::mark(pattern, &mut glyphs));
        let stamp = stamp(mark.at, preferences);
        let shown: Vec<&[Glyph]> = if preferences.wrap {
            wrapped(&glyphs, width).into_iter().map(|row| &glyphs[row]).collect()
        } else {
            vec![window(&glyphs, self.left, width)]
        };
        let beyond = !preferences.wrap && {
            let columns: usize = glyphs.iter().map(|glyph| usize::from(glyph.width)).sum();
            columns > self.left + width
        };
        for (row, part) in shown.into_iter().enumerate().skip(skip) {
            if rows.len() == height {
                return;
            }
            rows.push(VisibleLine {
                number,
                level: mark.level,
                is_error_stream: mark.stream == Stream::Err,
                stamp: if row == 0 { stamp.clone() } else { String::new() },
                pieces: pieces(part),
                continued: row > 0,
                cut: mark.cut || beyond,
                current: self.marked() == Some(number),
                event: None,
                selected: self.is_selected(number),
                bookmarked: row == 0 && self.is_bookmarked(mark, bytes),
                context: self.filters.is_context(number, mark, &self.ring),
                voice: mark.voice,
            });
        }
    }
}

/// A moment, as times of lines are shown.
fn stamp(at: Timestamp, preferences: &LogOptions) -> String {
    match preferences.timestamps {
        TimestampFormat::Time => units::clock(at, preferences.utc_offset),
        TimestampFormat::Milliseconds => units::date_and_clock(at, preferences.utc_offset)[11..].to_string(),
        TimestampFormat::Full => units::date_and_clock(at, preferences.utc_offset),
        TimestampFormat::None => String::new(),
    }
}

/// The rows of some glyphs. An empty line is one row.
fn wrapped(glyphs: &[Glyph], width: usize) -> Vec<Range<usize>> {
    wrap::rows(glyphs.iter().map(|glyph| (usize::from(glyph.width), false)), width)
}

/// The glyphs between column `left` and `left + width`.
fn window(glyphs: &[Glyph], left: usize, width: usize) -> &[Glyph] {
    let (mut column, mut start, mut end) = (0, glyphs.len(), glyphs.len());
    for (index, glyph) in glyphs.iter().enumerate() {
        if column >= left && start == glyphs.len() {
            start = index;
        }
        column += glyph.width as usize;
        if column > left + width {
            end = index;
            break;
        }
    }
    glyphs.get(start..end.max(start)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::batch;
    use super::*;
    use crate::model::EngineId;

    const PLAIN: LogOptions =
        LogOptions { timestamps: TimestampFormat::None, tail: 100, memory_mib: 1, ..LogOptions::DEFAULT };

    fn view(lines: usize) -> LogView {
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &PLAIN);
        let lines: Vec<String> = (0..lines).map(|number| format!("line {number}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        view.take(StreamEvent::Lines(batch(&lines, 1000)));
        view
    }

    fn text(view: &LogView, height: usize) -> Vec<String> {
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

    #[test]
    fn at_the_first_line_it_wants_an_older_page() {
        let mut view = view(10);
        assert!(!view.scroll_by(-2, 4, 40, &PLAIN));
        assert!(view.scroll_by(-20, 4, 40, &PLAIN));
        let page = view.older_pages(&PLAIN);
        assert!(matches!(page[..], [Source::OlderLogs { before: Timestamp(1000), known_at_before: 1, .. }]));
        view.older_opened(&page[0], StreamId(2));
        view.take(StreamEvent::State(LogState::Following));
        view.take_older(StreamId(2), StreamEvent::Lines(batch(&["older"], 10)));
        view.older_done(StreamId(2), &PLAIN);
        view.to_first();
        assert_eq!(text(&view, 2), ["older", "line 0"]);
    }

    #[test]
    fn an_empty_page_means_the_first_line_is_reached() {
        let mut view = view(10);
        assert!(view.older_pages(&PLAIN).len() == 1);
        view.older_done(StreamId(2), &PLAIN);
        assert!(view.at_start && view.older_pages(&PLAIN).is_empty());
    }

    #[test]
    fn a_page_that_no_longer_fits_on_is_dropped() {
        let small = LogOptions { memory_mib: 0, ..PLAIN };
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &small);
        let long = "x".repeat(60_000);
        view.take(StreamEvent::Lines(batch(&[&long], 100)));
        assert!(view.older_pages(&small).len() == 1);
        (101..110).for_each(|at| view.take(StreamEvent::Lines(batch(&[&long], at))));
        assert!(view.ring.dropped() > 0);
        let before = (view.ring.first(), view.ring.end());
        view.take_older(StreamId(2), StreamEvent::Lines(batch(&["older"], 10)));
        assert!(view.older_done(StreamId(2), &small).is_empty());
        assert_eq!((view.ring.first(), view.ring.end()), before);
        assert!(!view.at_start);
    }

    #[test]
    fn the_end_stays_when_an_older_page_comes_to_who_follows() {
        let small = LogOptions { memory_mib: 0, ..PLAIN };
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &small);
        let long = "x".repeat(60_000);
        (100..104).for_each(|at| view.take(StreamEvent::Lines(batch(&[&long], at))));
        view.to_first();
        assert!(view.older_pages(&small).len() == 1);
        view.follow();
        (0..4).for_each(|at| view.take_older(StreamId(2), StreamEvent::Lines(batch(&[&long], at))));
        view.older_done(StreamId(2), &small);
        assert!(!view.is_detached());
        assert_eq!(view.ring.end(), 4);
    }

    #[test]
    fn steps_from_error_to_error_stick_nowhere() {
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &PLAIN);
        let mut lines = batch(&["line"; 100], 1);
        for error in [3, 9, 60] {
            lines.lines[error].level = Level::Error;
        }
        view.take(StreamEvent::Lines(lines));
        let size = (30, 40);
        let mut back = Vec::new();
        while view.error_step(false, size, &PLAIN) {
            back.push(view.gone_to.expect("a line").0);
        }
        assert_eq!(back, [60, 9, 3]);
        assert!(view.error_step(true, size, &PLAIN));
        assert_eq!(view.gone_to.expect("a line").0, 9);
    }

    #[test]
    fn going_to_a_time_loads_pages_until_it_is_reached() {
        let mut view = view(10);
        assert!(view.go_to(Timestamp(500), &PLAIN).len() == 1);
        view.take_older(StreamId(2), StreamEvent::Lines(batch(&["p", "q"], 700)));
        assert!(view.older_done(StreamId(2), &PLAIN).len() == 1, "700 is after 500: another page");
        view.take_older(StreamId(2), StreamEvent::Lines(batch(&["m", "n"], 499)));
        assert!(view.older_done(StreamId(2), &PLAIN).is_empty());
        assert_eq!(text(&view, 2), ["n", "p"]);
    }

    #[test]
    fn wrapped_lines_scroll_row_by_row() {
        let wrapping = LogOptions { wrap: true, ..PLAIN };
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &wrapping);
        view.take(StreamEvent::Lines(batch(&["abcdefghij0123456789", "end"], 1)));
        let rows = |view: &LogView| -> Vec<String> {
            let rows = view.visible(3, 12, &wrapping);
            rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
        };
        assert_eq!(rows(&view), ["abcdefghij", "0123456789", "end"]);
        assert_eq!(view.visible(2, 12, &wrapping)[0].pieces[0].text, "0123456789");
        view.scroll_by(-1, 2, 12, &wrapping);
        assert_eq!(view.visible(2, 12, &wrapping)[0].pieces[0].text, "abcdefghij");
    }

    #[test]
    fn search_steps_from_hit_to_hit() {
        let mut view = view(100);
        assert!(view.begin_search(Search::new("line 5"), (6, 40), &PLAIN));
        assert_eq!(view.hit, Some(59), "the newest first");
        assert!(view.search_step(false, (6, 40), &PLAIN));
        assert_eq!(view.hit, Some(58));
        assert!(view.search_step(true, (6, 40), &PLAIN));
        assert!(!view.search_step(true, (6, 40), &PLAIN));
        assert!(!view.begin_search(Search::new("absent"), (6, 40), &PLAIN));
    }

    #[test]
    fn cut_lines_scroll_sideways() {
        let mut view = LogView::new(Id::new(EngineId(0), "a"), "a", StreamId(1), &PLAIN);
        view.take(StreamEvent::Lines(batch(&["0123456789abcdefghij"], 1)));
        view.left = 4;
        assert_eq!(view.visible(1, 12, &PLAIN)[0].pieces[0].text, "456789abcd");
    }
}
