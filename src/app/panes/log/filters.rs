//! The filters of a log, and which of its lines pass them.

use super::matches::Matches;
use super::ring::{Inserted, Ring, part};
use crate::model::{Batch, Level, LineMark, LogFilter, LogFilters, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Lines that the engine found in its history have numbers from here on.
const FOUND: i64 = i64::MIN / 2;
/// No line that is loaded, or was, has a number below this.
const LOADED: i64 = i64::MIN / 4;

/// A filter, as it stands in the title.
#[derive(Debug, Clone, PartialEq)]
pub struct Chip {
    /// The filter.
    pub filter: LogFilter,
    /// It is in force.
    pub on: bool,
}

/// The filters of a log, and what passes them.
#[derive(Debug, Clone)]
pub struct Filters {
    chips: Vec<Chip>,
    /// A filter that is being typed: it is in force while it is.
    draft: Option<LogFilter>,
    /// Those in force.
    active: Arc<LogFilters>,
    matches: Matches,
    /// Older lines that pass, which the engine found, the oldest first.
    found: Ring,
    kept: Kept,
    scratch: String,
}

/// Lines that passed before they fell off the ring. They keep their numbers.
#[derive(Debug, Clone)]
struct Kept {
    lines: Ring,
    numbers: VecDeque<i64>,
}

impl Kept {
    fn new(limit: usize) -> Kept {
        Kept { lines: Ring::new(limit), numbers: VecDeque::new() }
    }

    fn push(&mut self, batch: Batch, numbers: impl Iterator<Item = i64>) {
        self.lines.push_back(batch, 1);
        self.numbers.extend(numbers);
        self.numbers.drain(..self.numbers.len() - self.lines.len());
    }

    fn before(&self, number: i64) -> usize {
        self.numbers.partition_point(|known| *known < number)
    }

    fn at_or_after(&self, number: i64) -> Option<i64> {
        self.numbers.get(self.before(number)).copied()
    }

    fn last_before(&self, number: i64) -> Option<i64> {
        self.numbers.get(self.before(number).checked_sub(1)?).copied()
    }

    fn line(&self, number: i64) -> Option<(&LineMark, &[u8])> {
        let index = self.numbers.binary_search(&number).ok()?;
        self.lines.line(self.lines.first() + index as i64)
    }
}

impl Filters {
    /// No filters, for a log that may take so many bytes.
    pub fn new(limit: usize) -> Filters {
        Filters {
            chips: Vec::new(),
            draft: None,
            active: Arc::default(),
            matches: Matches::default(),
            found: Ring::new(limit / 4),
            kept: Kept::new(limit / 4),
            scratch: String::new(),
        }
    }

    /// All filters, those that are switched off among them.
    pub fn chips(&self) -> &[Chip] {
        &self.chips
    }

    /// The filters in force.
    pub fn active(&self) -> &Arc<LogFilters> {
        &self.active
    }

    /// True if some lines may be hidden.
    pub fn are_on(&self) -> bool {
        !self.active.is_empty()
    }

    /// True if some lines may be hidden, and nobody is typing a filter.
    pub fn are_settled(&self) -> bool {
        self.are_on() && self.draft.is_none()
    }

    /// Adds a filter. One that is there already is switched on.
    pub fn add(&mut self, filter: LogFilter, ring: &mut Ring) {
        match self.chips.iter_mut().find(|chip| chip.filter == filter) {
            Some(chip) => chip.on = true,
            None => self.chips.push(Chip { filter, on: true }),
        }
        self.draft = None;
        self.apply(ring);
    }

    /// Shows what a filter that is being typed would do.
    pub fn try_out(&mut self, draft: Option<LogFilter>, ring: &mut Ring) {
        if self.draft != draft {
            self.draft = draft;
            self.apply(ring);
        }
    }

    /// Switches a filter on or off.
    pub fn switch(&mut self, index: usize, ring: &mut Ring) {
        if let Some(chip) = self.chips.get_mut(index) {
            chip.on = !chip.on;
        }
        self.apply(ring);
    }

    /// Takes a filter away.
    pub fn remove(&mut self, index: usize, ring: &mut Ring) {
        if index < self.chips.len() {
            self.chips.remove(index);
        }
        self.apply(ring);
    }

    /// Takes the last filter away. False if there is none.
    pub fn remove_last(&mut self, ring: &mut Ring) -> bool {
        let had = self.chips.pop().is_some();
        self.apply(ring);
        had
    }

    /// Takes all filters away.
    pub fn clear(&mut self, ring: &mut Ring) {
        self.chips.clear();
        self.apply(ring);
    }

    /// Shows lines of this level and above only; where it does already, lines of all levels. True if it does now.
    pub fn turn_level(&mut self, level: Level, ring: &mut Ring) -> bool {
        let wanted = LogFilter::at_least(level);
        let was_on = self.chips.iter().any(|chip| chip.on && chip.filter == wanted);
        let levels = [Level::Error, Level::Warn].map(LogFilter::at_least);
        self.chips.retain(|chip| !levels.contains(&chip.filter));
        if !was_on {
            self.chips.push(Chip { filter: wanted, on: true });
        }
        self.apply(ring);
        !was_on
    }

    /// Takes over the filters of another view.
    pub fn like(&mut self, other: &Filters, ring: &mut Ring) {
        self.chips.clone_from(&other.chips);
        self.apply(ring);
    }

    fn apply(&mut self, ring: &mut Ring) {
        let on = self.chips.iter().filter(|chip| chip.on).map(|chip| &chip.filter).chain(&self.draft);
        let active = LogFilters(on.cloned().collect());
        if *self.active == active {
            return;
        }
        self.active = Arc::new(active);
        self.matches = Matches::from_end(ring);
        ring.keep_fallen(self.are_on());
        let limit = self.found.limit();
        (self.found, self.kept) = (Ring::new(limit), Kept::new(limit));
    }

    /// Lines that pass, of those that were looked at or found.
    pub fn len(&self) -> usize {
        self.matches.len() + self.kept.numbers.len() + self.found.len()
    }

    /// True if all loaded lines were looked at.
    pub fn are_complete(&self, ring: &Ring) -> bool {
        !self.are_on() || self.matches.is_complete(ring)
    }

    /// Looks at further lines, so many bytes of them.
    pub fn look(&mut self, ring: &mut Ring, budget: &mut usize) {
        if !self.are_on() {
            return;
        }
        let Filters { active, matches, scratch, kept, .. } = self;
        for (first, batch) in ring.take_fallen() {
            let mut passes = |mark: &LineMark, number| match matches.knows(number) {
                true => matches.has(number),
                false => active.hold(mark, batch.line(mark), scratch),
            };
            let numbered = batch.lines.iter().copied().zip(first..).filter(|(mark, number)| passes(mark, *number));
            let (lines, numbers): (Vec<LineMark>, Vec<i64>) = numbered.unzip();
            kept.push(part(&batch, &lines), numbers.into_iter());
        }
        matches.look(ring, budget, |mark, bytes| active.hold(mark, bytes, scratch));
    }

    /// Lines of several containers were put between those that are known.
    pub fn insert(&mut self, inserted: &Inserted, ring: &Ring) {
        let Filters { active, matches, scratch, .. } = self;
        matches.insert(inserted, ring, |mark, bytes| active.hold(mark, bytes, scratch));
    }

    /// Takes lines that the engine found. Those of several containers go where their time belongs. Returns the place of what stood
    /// behind them.
    pub fn take_found(&mut self, batch: Batch) -> Inserted {
        self.found.weave(batch, Timestamp(i64::MIN), 1)
    }

    /// What the engine found is of no use any more.
    pub fn forget_found(&mut self) {
        self.found = Ring::new(self.found.limit());
    }

    /// The time of the last line that the engine found before a moment.
    pub fn found_before(&self, moment: Timestamp) -> Option<Timestamp> {
        let before = self.found.at_time(moment).checked_sub(1)?;
        self.found.line(before).map(|(mark, _)| mark.at)
    }

    /// Older lines that pass and had no room.
    pub fn found_dropped(&self) -> u64 {
        self.found.dropped() + self.kept.lines.dropped()
    }

    /// A number moves when lines that were found are put before it.
    pub fn moved(inserted: &Inserted, number: i64) -> i64 {
        if number < LOADED { FOUND + inserted.moved(number - FOUND) } else { number }
    }

    /// A line by its number.
    pub fn line<'a>(&'a self, number: i64, ring: &'a Ring) -> Option<(&'a LineMark, &'a [u8])> {
        match number {
            LOADED.. => ring.line(number).or_else(|| self.kept.line(number)),
            _ => self.found.line(number - FOUND),
        }
    }

    fn found_at_or_after(&self, number: i64) -> Option<i64> {
        let number = number.max(FOUND + self.found.first());
        (number < FOUND + self.found.end()).then_some(number)
    }

    fn found_last_before(&self, number: i64) -> Option<i64> {
        let last = number.min(FOUND + self.found.end()) - 1;
        (last >= FOUND + self.found.first() && !self.found.is_empty()).then_some(last)
    }

    /// The number of the first line at or after a time, shown or not.
    pub fn at_time(&self, time: Timestamp, ring: &Ring) -> i64 {
        let is_loaded = ring.line(ring.first()).is_some_and(|(mark, _)| mark.at <= time);
        if is_loaded || !self.are_on() {
            return ring.at_time(time);
        }
        let kept = self.kept.lines.at_time(time) - self.kept.lines.first();
        let found = self.found.at_time(time);
        match usize::try_from(kept).ok().and_then(|index| self.kept.numbers.get(index)) {
            _ if found < self.found.end() => FOUND + found,
            Some(number) => *number,
            None => ring.first(),
        }
    }

    /// The first shown line at or after a number.
    pub fn at_or_after(&self, number: i64, ring: &Ring) -> Option<i64> {
        if !self.are_on() {
            let number = number.max(ring.first());
            return (number < ring.end()).then_some(number);
        }
        let kept = || self.kept.at_or_after(number);
        self.found_at_or_after(number).or_else(kept).or_else(|| self.loaded_at_or_after(number, ring))
    }

    /// The last shown line before a number.
    pub fn last_before(&self, number: i64, ring: &Ring) -> Option<i64> {
        if !self.are_on() {
            let last = number.min(ring.end()) - 1;
            return (last >= ring.first() && !ring.is_empty()).then_some(last);
        }
        let kept = || self.kept.last_before(number);
        self.loaded_last_before(number, ring).or_else(kept).or_else(|| self.found_last_before(number))
    }

    /// Of loaded lines: a line is shown that passes, and those around it that are context.
    fn loaded_at_or_after(&self, number: i64, ring: &Ring) -> Option<i64> {
        let (number, context) = (number.max(ring.first()), self.active.context() as i64);
        let hit = self.matches.at_or_after(number.saturating_sub(context))?;
        Some(number.max(hit.saturating_sub(context))).filter(|shown| *shown < ring.end())
    }

    fn loaded_last_before(&self, number: i64, ring: &Ring) -> Option<i64> {
        let (last, context) = (number.min(ring.end()).saturating_sub(1), self.active.context() as i64);
        let hit = self.matches.last_before(last.saturating_add(context).saturating_add(1))?;
        Some(last.min(hit.saturating_add(context))).filter(|shown| *shown >= ring.first())
    }

    /// Lines shown before a moment, without those of context.
    pub fn shown_before(&self, moment: Timestamp, ring: &Ring) -> usize {
        let count = |ring: &Ring| (ring.at_time(moment) - ring.first()) as usize;
        if !self.are_on() {
            return count(ring);
        }
        count(&self.found) + count(&self.kept.lines) + self.matches.before(ring.at_time(moment))
    }

    /// Lines shown before a number, without those of context.
    pub fn lines_before(&self, number: i64, ring: &Ring) -> usize {
        if !self.are_on() {
            return usize::try_from(number.min(ring.end()) - ring.first()).unwrap_or(0);
        }
        let found = (number.min(LOADED) - FOUND).clamp(self.found.first(), self.found.end()) - self.found.first();
        found as usize + self.kept.before(number) + self.matches.before(number)
    }

    /// True if a line is there only as context of one that passes.
    pub fn is_context(&self, number: i64, mark: &LineMark, ring: &Ring) -> bool {
        let is_loaded = (ring.first()..ring.end()).contains(&number);
        mark.context || self.are_on() && is_loaded && !self.matches.has(number)
    }

    /// Loaded lines that pass, from a number on.
    pub fn passed_from(&self, number: i64) -> usize {
        self.matches.len() - self.matches.before(number)
    }

    /// The lines that the engine found, and those that fell off.
    pub(super) fn older(&self) -> (&Ring, &Ring) {
        (&self.found, &self.kept.lines)
    }

    /// The place of a line among those that the engine found, and among those that fell off; of each the number in its own ring.
    pub(super) fn places(&self, number: i64) -> (i64, i64) {
        (number.saturating_sub(FOUND), self.kept.lines.first() + self.kept.before(number) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::batch;
    use super::*;

    fn filter(text: &str) -> LogFilter {
        LogFilter::parse(text).expect("readable").expect("not empty")
    }

    fn looked(lines: &[&str], filters: &[&str]) -> (Filters, Ring) {
        let mut ring = Ring::new(1 << 20);
        ring.push_back(batch(lines, 1), 1);
        let mut all = Filters::new(1 << 20);
        filters.iter().for_each(|text| all.add(filter(text), &mut ring));
        all.look(&mut ring, &mut usize::MAX.clone());
        (all, ring)
    }

    fn shown(filters: &Filters, ring: &Ring) -> Vec<String> {
        let mut lines = Vec::new();
        let mut next = filters.at_or_after(i64::MIN, ring);
        while let Some(number) = next {
            lines.push(String::from_utf8_lossy(filters.line(number, ring).expect("there").1).into_owned());
            next = filters.at_or_after(number + 1, ring);
        }
        let mut back = Vec::new();
        let mut before = filters.last_before(i64::MAX, ring);
        while let Some(number) = before {
            back.insert(0, String::from_utf8_lossy(filters.line(number, ring).expect("there").1).into_owned());
            before = filters.last_before(number, ring);
        }
        assert_eq!(lines, back, "forward and backward are the same lines");
        lines
    }

    #[test]
    fn filters_are_stacked_and_one_that_is_switched_off_hides_nothing() {
        let lines = ["get a", "get b", "put a", "put b"];
        let (mut filters, mut ring) = looked(&lines, &["get", "!b"]);
        assert_eq!(shown(&filters, &ring), ["get a"]);
        filters.switch(1, &mut ring);
        filters.look(&mut ring, &mut usize::MAX.clone());
        assert_eq!(shown(&filters, &ring), ["get a", "get b"]);
        filters.clear(&mut ring);
        assert_eq!(shown(&filters, &ring), lines);
    }

    #[test]
    fn context_stands_around_what_passes_once() {
        let lines = ["0", "1", "x2", "3", "x4", "5", "6", "7"];
        let (filters, ring) = looked(&lines, &["-C1 x"]);
        assert_eq!(shown(&filters, &ring), ["1", "x2", "3", "x4", "5"]);
        let context = |number| filters.is_context(number, ring.line(number).expect("there").0, &ring);
        assert_eq!([1, 2, 3].map(context), [true, false, true]);
    }

    #[test]
    fn what_the_engine_found_stands_before_what_is_loaded_and_what_fell_off_between() {
        let (mut filters, mut ring) = looked(&["x9", "y9"], &["x"]);
        drop(filters.take_found(batch(&["x1", "x2"], -100)));
        assert_eq!(shown(&filters, &ring), ["x1", "x2", "x9"]);
        let long = "y".repeat(60_000);
        let mut small = Ring::new(0);
        small.push_back(batch(&["x8", &long], 1), 1);
        filters.clear(&mut small);
        filters.add(filter("x"), &mut small);
        for at in 2..10 {
            filters.look(&mut small, &mut usize::MAX.clone());
            small.push_back(batch(&[&long], at), 1);
        }
        filters.look(&mut small, &mut usize::MAX.clone());
        assert!(small.dropped() > 1);
        assert_eq!(shown(&filters, &small), ["x8"], "it passed before it fell off");
        ring.keep_fallen(false);
    }

    #[test]
    fn one_key_shows_errors_only_and_takes_the_place_of_warnings() {
        let mut ring = Ring::new(1 << 20);
        let mut filters = Filters::new(1 << 20);
        let texts = |filters: &Filters| -> Vec<String> {
            filters.chips().iter().map(|chip| chip.filter.text.clone()).collect()
        };
        filters.turn_level(Level::Error, &mut ring);
        assert_eq!(texts(&filters), ["level>=error"]);
        filters.turn_level(Level::Warn, &mut ring);
        assert_eq!(texts(&filters), ["level>=warn"]);
        filters.turn_level(Level::Warn, &mut ring);
        assert_eq!(texts(&filters), [""; 0]);
    }
}
