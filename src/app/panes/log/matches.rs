//! Which lines of a ring hold something: looked for bit by bit, the newest lines first, so that no key waits for it.

use super::ring::{Inserted, Ring};
use crate::model::LineMark;
use std::collections::VecDeque;

/// Lines that one entry may have to be shown as a whole.
const ENTRY_MOST: i64 = 1000;

/// The numbers of the lines that hold, ascending, as far as lines were looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Matches {
    numbers: VecDeque<i64>,
    /// All lines from here on …
    from: i64,
    /// … up to before this were looked at.
    to: i64,
}

impl Matches {
    /// Nothing was looked at; lines up to this number come first.
    pub fn from_end(ring: &Ring) -> Matches {
        Matches { from: ring.end(), to: ring.end(), numbers: VecDeque::new() }
    }

    /// True if all lines of the ring were looked at.
    pub fn is_complete(&self, ring: &Ring) -> bool {
        ring.is_empty() || self.from <= ring.first() && self.to >= ring.end()
    }

    /// Lines that hold.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The first that holds at or after a number.
    pub fn at_or_after(&self, number: i64) -> Option<i64> {
        self.numbers.get(self.before(number)).copied()
    }

    /// The last that holds before a number.
    pub fn last_before(&self, number: i64) -> Option<i64> {
        self.numbers.get(self.before(number).checked_sub(1)?).copied()
    }

    /// How many hold before a number.
    pub fn before(&self, number: i64) -> usize {
        self.numbers.partition_point(|known| *known < number)
    }

    /// True if a line holds.
    pub fn has(&self, number: i64) -> bool {
        self.at_or_after(number) == Some(number)
    }

    /// True if a line was looked at.
    pub fn knows(&self, number: i64) -> bool {
        (self.from..self.to).contains(&number)
    }

    /// Looks at lines until so many bytes were looked at, which `budget` is less afterwards; `holds` says whether one holds.
    /// An entry of several lines holds if one of its lines does.
    pub fn look(&mut self, ring: &Ring, budget: &mut usize, mut holds: impl FnMut(&LineMark, &[u8]) -> bool) {
        self.fit(ring);
        while self.to < ring.end() && *budget > 0 {
            let Some((mark, bytes)) = ring.line(self.to) else { return };
            *budget = budget.saturating_sub(bytes.len() + size_of::<LineMark>());
            let (number, is_hit) = (self.to, holds(mark, bytes));
            self.to += 1;
            if is_hit {
                self.take_entry_before(ring, number);
                self.numbers.push_back(number);
            } else if self.numbers.back() == Some(&(number - 1)) && goes_on(ring, number) {
                self.numbers.push_back(number);
            }
        }
        while self.from > ring.first() && *budget > 0 {
            let Some((mark, bytes)) = ring.line(self.from - 1) else { return };
            *budget = budget.saturating_sub(bytes.len() + size_of::<LineMark>());
            let (number, is_hit) = (self.from - 1, holds(mark, bytes));
            self.from -= 1;
            if is_hit {
                self.take_entry_after(ring, number);
                self.numbers.push_front(number);
            } else if self.numbers.front() == Some(&(number + 1)) && goes_on(ring, number + 1) {
                self.numbers.push_front(number);
            }
        }
    }

    /// The lines before this one that it goes on with.
    fn take_entry_before(&mut self, ring: &Ring, number: i64) {
        let mut first = number;
        while number - first < ENTRY_MOST && first > self.from && goes_on(ring, first) {
            first -= 1;
        }
        let known = self.numbers.back().map_or(first, |last| first.max(last + 1));
        self.numbers.extend(known..number);
    }

    /// The lines behind this one that go on with it.
    fn take_entry_after(&mut self, ring: &Ring, number: i64) {
        let mut end = number + 1;
        while end - number < ENTRY_MOST && end < self.to && goes_on(ring, end) {
            end += 1;
        }
        let known = self.numbers.front().map_or(end, |first| end.min(*first));
        (number + 1..known).rev().for_each(|line| self.numbers.push_front(line));
    }

    /// Lines may have fallen off at either end.
    fn fit(&mut self, ring: &Ring) {
        let (first, end) = (ring.first(), ring.end());
        while self.numbers.front().is_some_and(|number| *number < first) {
            self.numbers.pop_front();
        }
        while self.numbers.back().is_some_and(|number| *number >= end) {
            self.numbers.pop_back();
        }
        (self.from, self.to) = (self.from.clamp(first, end), self.to.clamp(first, end));
    }

    /// Lines were put between those that are known: these have another number now, and the new ones are looked at.
    pub fn insert(&mut self, inserted: &Inserted, ring: &Ring, mut holds: impl FnMut(&LineMark, &[u8]) -> bool) {
        if inserted.is_empty() {
            return;
        }
        self.numbers.iter_mut().for_each(|number| *number = inserted.moved(*number));
        let (from, to) = (self.from, self.to);
        self.from = inserted.moved(from);
        self.to = if to > from { inserted.moved(to - 1) + 1 } else { self.from };
        for number in inserted.numbers().flatten().filter(|number| (self.from..self.to).contains(number)) {
            if ring.line(number).is_some_and(|(mark, bytes)| holds(mark, bytes)) {
                let place = self.before(number);
                self.numbers.insert(place, number);
            }
        }
    }
}

/// True if a line goes on with the one before it.
fn goes_on(ring: &Ring, number: i64) -> bool {
    let Some((mark, _)) = ring.line(number).filter(|(mark, _)| mark.continues) else { return false };
    // What another stream of the container wrote in between belongs to no entry of this one.
    ring.line(number - 1).is_some_and(|(before, _)| before.voice == mark.voice && before.stream == mark.stream)
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::batch;
    use super::*;
    use proptest::prelude::*;

    fn is_even(_: &LineMark, bytes: &[u8]) -> bool {
        bytes.last().is_some_and(|byte| byte % 2 == 0)
    }

    fn numbers(matches: &Matches) -> Vec<i64> {
        matches.numbers.iter().copied().collect()
    }

    #[test]
    fn the_newest_lines_come_first_and_a_budget_ends_the_look() {
        let mut ring = Ring::new(1 << 20);
        ring.push_back(batch(&["1", "2", "3", "4", "5", "6"], 1), 1);
        let mut matches = Matches::from_end(&ring);
        matches.look(&ring, &mut 60, is_even);
        assert_eq!((numbers(&matches), matches.is_complete(&ring)), (vec![3, 5], false));
        matches.look(&ring, &mut 1000, is_even);
        assert_eq!((numbers(&matches), matches.is_complete(&ring)), (vec![1, 3, 5], true));
        assert_eq!((matches.last_before(3), matches.at_or_after(4), matches.before(5)), (Some(1), Some(5), 2));
    }

    #[test]
    fn an_entry_of_several_lines_is_found_as_a_whole_from_either_side() {
        let mut ring = Ring::new(1 << 20);
        let mut lines = batch(&["1", "3", "2", "5", "7", "2", "9"], 1);
        [1, 2, 3, 5, 6].into_iter().for_each(|line: usize| lines.lines[line].continues = true);
        ring.push_back(lines.clone(), 1);
        let mut backward = Matches::from_end(&ring);
        backward.look(&ring, &mut 1000, is_even);
        assert_eq!(numbers(&backward), [0, 1, 2, 3, 4, 5, 6]);
        let mut forward = Matches::default();
        forward.look(&ring, &mut 1000, is_even);
        assert_eq!(numbers(&forward), [0, 1, 2, 3, 4, 5, 6]);
        lines.lines.iter_mut().for_each(|mark| mark.continues = false);
        let mut ring = Ring::new(1 << 20);
        ring.push_back(lines, 1);
        let mut alone = Matches::default();
        alone.look(&ring, &mut 1000, is_even);
        assert_eq!(numbers(&alone), [2, 5]);
    }

    #[test]
    fn what_another_stream_wrote_in_between_belongs_to_no_entry() {
        let mut ring = Ring::new(1 << 20);
        let mut lines = batch(&["1", "2", "5", "2"], 1);
        (lines.lines[1].continues, lines.lines[3].continues) = (true, true);
        lines.lines[2].stream = crate::model::Stream::Err;
        ring.push_back(lines, 1);
        let mut matches = Matches::from_end(&ring);
        matches.look(&ring, &mut 1000, is_even);
        assert_eq!(numbers(&matches), [0, 1, 3]);
    }

    proptest! {
        /// Whatever comes at which end, and however small the steps: what is found is what a plain look at all lines finds.
        #[test]
        fn what_is_found_is_what_there_is(
            steps in prop::collection::vec((0u8..4, prop::collection::vec(0u8..10, 0..8), 0usize..200), 1..40)
        ) {
            let mut ring = Ring::new(0);
            let (mut at, mut matches) = (1_000_000, Matches::default());
            for (kind, lines, mut budget) in steps {
                let texts: Vec<String> = lines.iter().map(u8::to_string).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                match kind {
                    0 | 1 => ring.push_back(batch(&texts, at), 1),
                    2 => drop(ring.push_front(batch(&texts, 0), i64::MAX)),
                    _ => {
                        let inserted = ring.weave(batch(&texts, 500_000), crate::model::Timestamp(0), 1);
                        matches.insert(&inserted, &ring, is_even);
                    }
                }
                at += 10;
                matches.look(&ring, &mut budget, is_even);
            }
            matches.look(&ring, &mut usize::MAX.clone(), is_even);
            prop_assert!(matches.is_complete(&ring));
            let all: Vec<i64> = (ring.first()..ring.end())
                .filter(|number| ring.line(*number).is_some_and(|(mark, bytes)| is_even(mark, bytes)))
                .collect();
            prop_assert_eq!(numbers(&matches), all);
        }
    }
}
