//! How many lines are hits, of a search or as errors, and which of them a line is.

use super::filters::Filters;
use super::matches::Matches;
use super::ring::{Inserted, Ring};
use crate::model::{LineMark, LogFilters, Timestamp};
use std::sync::Arc;

/// The lines that are hits: of those that the engine found, of those that fell off, and of those that are loaded.
#[derive(Debug, Clone, Default)]
pub(super) struct Hits {
    found: Matches,
    kept: Matches,
    loaded: Matches,
    /// The filters that were in force.
    passed: Arc<LogFilters>,
    scratch: String,
}

impl Hits {
    /// No line was looked at.
    pub fn new(ring: &Ring) -> Hits {
        Hits { loaded: Matches::from_end(ring), ..Hits::default() }
    }

    /// Looks at further lines, so many bytes of them. Only what passes the filters is a hit.
    pub fn look(
        &mut self,
        filters: &Filters,
        ring: &Ring,
        budget: &mut usize,
        mut is_hit: impl FnMut(&LineMark, &[u8]) -> bool,
    ) {
        if !Arc::ptr_eq(&self.passed, filters.active()) {
            *self = Hits { passed: filters.active().clone(), ..Hits::new(ring) };
        }
        let Hits { found, kept, loaded, scratch, passed: active } = self;
        loaded.look(ring, budget, |mark, bytes| {
            is_hit(mark, bytes) && (active.is_empty() || active.hold(mark, bytes, scratch))
        });
        let (lines_found, lines_kept) = filters.older();
        kept.look(lines_kept, budget, &mut is_hit);
        found.look(lines_found, budget, &mut is_hit);
    }

    /// Lines of several containers were put between those that are known.
    pub fn insert(
        &mut self,
        inserted: &Inserted,
        filters: &Filters,
        ring: &Ring,
        mut is_hit: impl FnMut(&LineMark, &[u8]) -> bool,
    ) {
        let (active, scratch) = (filters.active(), &mut self.scratch);
        self.loaded.insert(inserted, ring, |mark, bytes| {
            is_hit(mark, bytes) && (active.is_empty() || active.hold(mark, bytes, scratch))
        });
    }

    /// The hits before a moment.
    pub fn before_time(&self, moment: Timestamp, filters: &Filters, ring: &Ring) -> usize {
        let loaded = self.loaded.before(ring.at_time(moment));
        if !filters.are_on() {
            return loaded;
        }
        let (found, kept) = filters.older();
        self.found.before(found.at_time(moment)) + self.kept.before(kept.at_time(moment)) + loaded
    }

    /// The lines that the engine found are others: they are looked at anew.
    pub fn forget_found(&mut self) {
        self.found = Matches::default();
    }

    /// True if all lines were looked at.
    pub fn are_complete(&self, filters: &Filters, ring: &Ring) -> bool {
        let (found, kept) = filters.older();
        self.loaded.is_complete(ring) && self.found.is_complete(found) && self.kept.is_complete(kept)
    }

    /// All hits.
    pub fn len(&self, filters: &Filters, ring: &Ring) -> usize {
        self.found.before(self.found_end(filters, ring)) + self.kept.len() + self.loaded.len()
    }

    /// Without filters what was found before may be loaded by now: from here on those lines count there.
    fn found_end(&self, filters: &Filters, ring: &Ring) -> i64 {
        let oldest = ring.line(ring.first()).filter(|_| !filters.are_on()).map(|(mark, _)| mark.at);
        oldest.map_or(i64::MAX, |oldest| filters.older().0.at_time(oldest))
    }

    /// Which of the hits a line is, from 1. None if it is none.
    pub fn place(&self, number: i64, filters: &Filters, ring: &Ring) -> Option<usize> {
        let end = self.found_end(filters, ring);
        let before = |number: i64| {
            let (found, kept) = filters.places(number);
            self.found.before(found.min(end)) + self.kept.before(kept) + self.loaded.before(number)
        };
        let place = before(number);
        (before(number.saturating_add(1)) > place).then_some(place + 1)
    }
}
