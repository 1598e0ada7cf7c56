//! The lines of a log that are shown: all that are loaded, or those that pass its filters.

use super::hits::Hits;
use super::ring::Inserted;
use super::search;
use super::view::LogView;
use crate::app::options::LogOptions;
use crate::model::{Level, LineMark};
use ratatui::layout::Rect;

/// Bytes of lines that are looked at for filters and the search at a time: a key waits no longer than that takes.
const LOOK_BYTES: usize = 512 << 10;

fn is_error(mark: &LineMark, _: &[u8]) -> bool {
    mark.level == Level::Error && !mark.continues
}

impl LogView {
    /// A line by its number.
    pub fn line(&self, number: i64) -> Option<(&LineMark, &[u8])> {
        self.filters.line(number, &self.ring)
    }

    /// The first line shown at or after a number.
    pub(super) fn at_or_after(&self, number: i64) -> Option<i64> {
        self.filters.at_or_after(number, &self.ring)
    }

    /// The next line shown.
    pub(super) fn after(&self, line: i64) -> Option<i64> {
        self.at_or_after(line.saturating_add(1))
    }

    /// The last line shown before a number.
    pub(super) fn before(&self, number: i64) -> Option<i64> {
        self.filters.last_before(number, &self.ring)
    }

    /// The first line shown.
    pub(super) fn first_shown(&self) -> Option<i64> {
        self.at_or_after(i64::MIN)
    }

    /// The lines shown between two numbers, both included.
    pub(super) fn shown(&self, first: i64, last: i64) -> impl Iterator<Item = i64> {
        std::iter::successors(self.at_or_after(first), |line| self.after(*line)).take_while(move |line| *line <= last)
    }

    /// True if the last line that is loaded is on a screen of this size.
    pub(super) fn is_at_end(&self, height: usize, width: usize, preferences: &LogOptions) -> bool {
        let last = self.visible(height, width, preferences).last().map(|row| row.number);
        last.is_none_or(|last| self.after(last).is_none())
    }

    /// Looks at lines that came, for the filters and the search, and at some that were there before.
    pub(super) fn look(&mut self) {
        let mut budget = LOOK_BYTES;
        self.filters.look(&mut self.ring, &mut budget);
        let LogView { filters, ring, hits, errors, scratch, .. } = self;
        if let Some(search) = &self.search {
            hits.look(filters, ring, &mut budget, |_, bytes| search::hits(search, bytes, scratch));
        }
        if self.has_histogram {
            errors.look(filters, ring, &mut budget, is_error);
        }
    }

    /// Lines of several containers were put between others.
    pub(super) fn follow_insertion(&mut self, inserted: &Inserted) {
        self.each_place(|line| inserted.moved(line));
        let LogView { filters, ring, hits, errors, scratch, .. } = self;
        filters.insert(inserted, ring);
        if let Some(search) = &self.search {
            hits.insert(inserted, filters, ring, |_, bytes| search::hits(search, bytes, scratch));
        }
        if self.has_histogram {
            errors.insert(inserted, filters, ring, is_error);
        }
    }

    /// From now on errors are counted for the histogram, or not.
    pub(in crate::app) fn show_histogram(&mut self, shows: bool) {
        if self.has_histogram != shows {
            (self.has_histogram, self.errors) = (shows, Hits::new(&self.ring));
        }
    }

    /// Where its lines are, below what stands above them: the filters and the histogram.
    pub fn rows_below_head(&self, area: Rect, preferences: &LogOptions) -> Rect {
        let chips = u16::from(!self.filters.chips().is_empty() && area.height > 2);
        let head = chips + self.histogram_rows(area, preferences);
        Rect { y: area.y + head, height: area.height - head, ..area }
    }

    /// True if lines are left to look at: time should pass soon.
    pub fn is_looking(&self) -> bool {
        let searching = self.search.is_some() && !self.hits.are_complete(&self.filters, &self.ring);
        let counting = self.has_histogram && !self.errors.are_complete(&self.filters, &self.ring);
        searching || counting || !self.filters.are_complete(&self.ring)
    }

    /// Which of its hits the search is at, from 1, if it is at one; and how many there are.
    pub fn hit_count(&self) -> Option<(Option<usize>, usize)> {
        self.search.as_ref()?;
        let place = self.hit.and_then(|hit| self.hits.place(hit, &self.filters, &self.ring));
        Some((place, self.hits.len(&self.filters, &self.ring)))
    }
}
