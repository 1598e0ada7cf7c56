//! Steps in a log: from hit to hit of the search, from error to error.

use super::LogView;
use crate::app::options::LogOptions;
use crate::app::panes::log::hits::Hits;
use crate::app::panes::log::search;
use crate::model::{Level, LineMark, Search, Timestamp};

impl LogView {
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
    pub(in crate::app::panes::log) fn found_hit(&mut self) -> Option<Timestamp> {
        let hit = self.hit.and_then(|hit| self.line(hit)).map(|(mark, _)| mark.at);
        let at = self.found_before(hit)?;
        self.wants_hit = true;
        Some(at)
    }

    /// The time that was gone to for a hit is there: the hit is marked.
    pub(in crate::app::panes::log) fn mark_wanted_hit(&mut self) {
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
    pub(in crate::app::panes::log) fn show_line(
        &mut self,
        line: i64,
        (height, width): (usize, usize),
        preferences: &LogOptions,
    ) {
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
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;
    use crate::app::panes::log::ring::tests::batch;
    use crate::model::{EngineId, Id, StreamEvent, StreamId};

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
}
