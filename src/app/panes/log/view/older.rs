//! Older pages of a log: they are put in front of what is loaded, also until a wanted time is reached.

use super::LogView;
use crate::app::options::LogOptions;
use crate::app::panes::log::log_event::LogEvent;
use crate::model::{Batch, Source, StreamEvent, StreamId};

/// Lines of a page at most.
const PAGE_LINES_MAX: usize = 64_000;
/// More lines than lie between the newest one and any that was gone to.
pub(super) const FAR_BACK: usize = 1_000_000_000;

impl LogView {
    /// Takes part of an older page.
    pub fn take_older(&mut self, stream: StreamId, chunk: StreamEvent) {
        match (LogEvent::of(chunk), &mut self.merge) {
            (Some(LogEvent::Lines(batch)), Some(merge)) => merge.pages.take(stream, batch),
            (Some(LogEvent::Lines(batch)), None) => self.page.push(batch),
            (Some(LogEvent::NothingOlder), Some(merge)) => merge.pages.is_last(stream),
            (Some(LogEvent::NothingOlder), None) => self.page_is_last = true,
            // A page tells nothing else.
            (
                Some(LogEvent::HistoryUntil(_) | LogEvent::Searched(_) | LogEvent::State(_) | LogEvent::Partial(_))
                | None,
                _,
            ) => {}
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

    pub(super) fn put_in_front(&mut self, page: Vec<Batch>) {
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
    pub(super) fn after_page(&mut self, preferences: &LogOptions) -> Vec<Source> {
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
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;
    use crate::app::panes::log::ring::tests::batch;
    use crate::model::{EngineId, Id, LogState, Timestamp};

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
    fn going_to_a_time_loads_pages_until_it_is_reached() {
        let mut view = view(10);
        assert!(view.go_to(Timestamp(500), &PLAIN).len() == 1);
        view.take_older(StreamId(2), StreamEvent::Lines(batch(&["p", "q"], 700)));
        assert!(view.older_done(StreamId(2), &PLAIN).len() == 1, "700 is after 500: another page");
        view.take_older(StreamId(2), StreamEvent::Lines(batch(&["m", "n"], 499)));
        assert!(view.older_done(StreamId(2), &PLAIN).is_empty());
        assert_eq!(text(&view, 2), ["n", "p"]);
    }
}
