//! How many lines a search hits, and which of them a line is.

use super::filters::Filters;
use super::matches::Matches;
use super::ring::{Inserted, Ring};
use super::search::hits;
use crate::model::{LineMark, LogFilters, Search};
use std::sync::Arc;

/// The lines that a search hits: of those that the engine found, of those that fell off, and of those that are loaded.
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
    pub fn look(&mut self, search: &Search, filters: &Filters, ring: &Ring, budget: &mut usize) {
        if !Arc::ptr_eq(&self.passed, filters.active()) {
            *self = Hits { passed: filters.active().clone(), ..Hits::new(ring) };
        }
        let Hits { found, kept, loaded, scratch, passed: active } = self;
        let mut text = String::new();
        loaded.look(ring, budget, |mark, bytes| {
            hits(search, bytes, scratch) && (active.is_empty() || active.hold(mark, bytes, &mut text))
        });
        let mut holds = |_: &LineMark, bytes: &[u8]| hits(search, bytes, &mut text);
        let (lines_found, lines_kept) = filters.older();
        kept.look(lines_kept, budget, &mut holds);
        found.look(lines_found, budget, &mut holds);
    }

    /// Lines of several containers were put between those that are known.
    pub fn insert(&mut self, inserted: &Inserted, search: &Search, filters: &Filters, ring: &Ring) {
        let (active, scratch) = (filters.active(), &mut self.scratch);
        let mut text = String::new();
        self.loaded.insert(inserted, ring, |mark, bytes| {
            hits(search, bytes, scratch) && (active.is_empty() || active.hold(mark, bytes, &mut text))
        });
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
