//! The history of a graph of one container: values in their own place in time, in bounded memory.

use super::graph::Keep;
use super::log::StreamId;
use super::time::{SECOND, Timestamp};
use std::collections::VecDeque;

/// Seconds that a fine slot stands for: as long as a column of the other charts.
const FINE_SECONDS: u32 = 4;
/// Fine slots kept: twelve minutes.
const FINE_SLOTS: usize = 180;
/// Seconds that a coarse slot stands for.
const COARSE_SECONDS: u32 = 60;
/// Coarse slots kept: six hours.
const COARSE_SLOTS: usize = 360;
/// Stretches of a log remembered as read.
const STRETCHES: usize = 16;

/// What is known of one stretch of time: 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot {
    /// Its beginning, seconds since 1970.
    at: u32,
    /// How many values there were.
    count: u32,
    /// What they were put together to.
    value: f32,
    /// Of the last value, milliseconds since the beginning.
    last: u32,
}

/// Slots in the order of time.
#[derive(Debug, Clone, PartialEq, Default)]
struct Slots(VecDeque<Slot>);

impl Slots {
    fn put(&mut self, (at, value, keep): (Timestamp, f64, Keep), seconds: u32, most: usize) {
        let second = at.seconds().clamp(0, i64::from(u32::MAX)) as u32;
        let begins = second - second % seconds;
        let millis = (second % seconds) * 1000 + (at.0.rem_euclid(SECOND) / 1_000_000) as u32;
        let place = self.0.partition_point(|slot| slot.at < begins);
        if self.0.get(place).is_none_or(|slot| slot.at != begins) {
            let is_full = self.0.len() == most;
            if is_full && place == 0 {
                return;
            }
            if is_full {
                self.0.pop_front();
            }
            let place = place - usize::from(is_full);
            self.0.insert(place, Slot { at: begins, count: 0, value: 0.0, last: 0 });
            return self.0[place].add(value as f32, millis, keep);
        }
        self.0[place].add(value as f32, millis, keep);
    }

    fn at(&self, begins: u32) -> Option<&Slot> {
        let place = self.0.partition_point(|slot| slot.at < begins);
        self.0.get(place).filter(|slot| slot.at == begins)
    }
}

impl Slot {
    fn add(&mut self, value: f32, millis: u32, keep: Keep) {
        self.count += 1;
        let is_first = self.count == 1;
        match keep {
            Keep::Highest => self.value = if is_first { value } else { self.value.max(value) },
            Keep::Last if is_first || millis >= self.last => (self.value, self.last) = (value, millis),
            Keep::Last => {}
            Keep::Sum => self.value += value,
            Keep::Average => self.value += (value - self.value) / self.count as f32,
            Keep::Count => self.value = self.count as f32,
        }
    }
}

/// The values of a graph for one container. At most 13 KiB: 540 slots of 16 bytes, in memory that grows by doubling.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GraphHistory {
    keep: Keep,
    per_second: bool,
    fine: Slots,
    coarse: Slots,
    latest: Option<(Timestamp, f64)>,
    /// Lines that matched and told no number.
    pub without_number: u64,
    /// What was read of the log: by which stream, from when to when.
    read: Vec<(StreamId, Timestamp, Timestamp)>,
}

impl GraphHistory {
    /// A history without values, which are put together in this way.
    pub fn new(keep: Keep, per_second: bool) -> GraphHistory {
        GraphHistory { keep, per_second, ..GraphHistory::default() }
    }

    /// Takes a value at its time, be it before others.
    pub fn put(&mut self, at: Timestamp, value: f64) {
        self.fine.put((at, value, self.keep), FINE_SECONDS, FINE_SLOTS);
        self.coarse.put((at, value, self.keep), COARSE_SECONDS, COARSE_SLOTS);
        if self.latest.is_none_or(|(known, _)| known <= at) {
            self.latest = Some((at, value));
        }
    }

    /// True if a line of this time, which that stream brought, was not read before by another one.
    pub fn is_new(&self, stream: StreamId, at: Timestamp) -> bool {
        !self.read.iter().any(|(by, from, to)| *by != stream && (*from..=*to).contains(&at))
    }

    /// The stream has brought lines of these times.
    pub fn was_read(&mut self, stream: StreamId, from: Timestamp, to: Timestamp) {
        if let Some((_, first, last)) = self.read.iter_mut().find(|(by, ..)| *by == stream) {
            (*first, *last) = ((*first).min(from), (*last).max(to));
            return;
        }
        if self.read.len() == STRETCHES {
            self.forget_stretch();
        }
        self.read.push((stream, from, to));
    }

    /// Forgets a stretch that lies within another, or else the one that ends first: a stream that goes on ends last.
    fn forget_stretch(&mut self) {
        let is_within = |place: usize| {
            let (_, from, to) = self.read[place];
            let has = |(other, (_, first, last)): (usize, &(StreamId, Timestamp, Timestamp))| {
                other != place && *first <= from && to <= *last
            };
            self.read.iter().enumerate().any(has)
        };
        let ends_first = || (0..self.read.len()).min_by_key(|place| self.read[*place].2);
        let place = (0..self.read.len()).find(|place| is_within(*place)).or_else(ends_first);
        if let Some(place) = place {
            self.read.remove(place);
        }
    }

    /// The time of the newest line that was read.
    pub fn read_until(&self) -> Option<Timestamp> {
        self.read.iter().map(|(.., to)| *to).max()
    }

    /// The value of a column that begins at this second: of the minutes' charts, or of the hours'. None where there was none.
    pub fn value_at(&self, begins: u32, by_minute: bool) -> Option<f64> {
        let (slots, seconds) = match by_minute {
            true => (&self.coarse, COARSE_SECONDS),
            false => (&self.fine, FINE_SECONDS),
        };
        let value = slots.at(begins).map(|slot| f64::from(slot.value));
        // What was read and told nothing adds up to nothing.
        let nothing = || {
            let at = Timestamp::from_seconds(begins.into());
            let was_read = self.read.iter().any(|(_, from, to)| (*from..=*to).contains(&at));
            (self.keep.adds_up() && was_read).then_some(0.0)
        };
        let per = if self.per_second { f64::from(seconds) } else { 1.0 };
        value.or_else(nothing).map(|value| value / per)
    }

    /// The time of the newest value.
    pub fn newest(&self) -> Option<Timestamp> {
        self.latest.map(|(at, _)| at)
    }

    /// The newest value, and when it was. Of values that add up, what those of its column add up to, or those of the column before
    /// as long as its own has not passed: half of a column is not half of what happens.
    pub fn latest(&self, now: Timestamp) -> Option<(Timestamp, f64)> {
        let (at, value) = self.latest?;
        if !self.keep.adds_up() {
            return Some((at, value));
        }
        let second = at.seconds().clamp(0, i64::from(u32::MAX)) as u32;
        let begins = second - second % FINE_SECONDS;
        let has_passed = now.seconds() >= i64::from(begins) + i64::from(FINE_SECONDS);
        let before = begins.checked_sub(FINE_SECONDS).filter(|_| !has_passed);
        let of_before = before.and_then(|before| self.value_at(before, false));
        Some((at, of_before.or_else(|| self.value_at(begins, false)).unwrap_or(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn history(keep: Keep, values: &[(i64, f64)]) -> GraphHistory {
        let mut history = GraphHistory::new(keep, false);
        values.iter().for_each(|(second, value)| history.put(at(*second), *value));
        history
    }

    #[test]
    fn values_of_one_column_are_put_together_as_it_was_asked_for() {
        let values = [(402, 5.0), (400, 1.0), (403, 3.0), (404, 9.0)];
        let of = |keep| history(keep, &values).value_at(400, false);
        assert_eq!(of(Keep::Highest), Some(5.0));
        assert_eq!(of(Keep::Last), Some(3.0));
        assert_eq!(of(Keep::Sum), Some(9.0));
        assert_eq!(of(Keep::Average), Some(3.0));
        assert_eq!(of(Keep::Count), Some(3.0));
        assert_eq!(history(Keep::Highest, &values).value_at(360, true), Some(9.0), "the whole minute");
    }

    #[test]
    fn what_comes_later_from_before_goes_to_its_own_place_and_is_not_the_newest() {
        let history = history(Keep::Last, &[(800, 8.0), (400, 4.0), (600, 6.0)]);
        let all: Vec<_> = [400, 600, 800, 500].map(|second| history.value_at(second, false)).into();
        assert_eq!(all, [Some(4.0), Some(6.0), Some(8.0), None]);
        assert_eq!(history.latest(at(800)), Some((at(800), 8.0)));
    }

    #[test]
    fn memory_is_bounded_and_what_is_too_old_is_left_out() {
        let mut history = GraphHistory::new(Keep::Last, false);
        (0..100_000).for_each(|second| history.put(at(1_000_000 + second), 1.0));
        history.put(at(5), 1.0);
        assert_eq!((history.fine.0.len(), history.coarse.0.len()), (FINE_SLOTS, COARSE_SLOTS));
        assert_eq!(history.value_at(4, false), None);
    }

    #[test]
    fn what_another_stream_has_read_is_not_counted_twice() {
        let mut history = GraphHistory::new(Keep::Count, false);
        history.was_read(StreamId(1), at(100), at(200));
        assert!(history.is_new(StreamId(1), at(200)), "a stream brings each line once");
        assert!(!history.is_new(StreamId(2), at(150)) && history.is_new(StreamId(2), at(201)));
        assert_eq!(history.value_at(104, false), Some(0.0), "it was read, and nothing was there");
        assert_eq!(history.value_at(300, false), None, "nobody has read that");
    }

    #[test]
    fn of_what_adds_up_the_last_column_that_has_passed_is_told() {
        let mut history = GraphHistory::new(Keep::Count, true);
        (0..800).for_each(|place| history.put(Timestamp(at(400).0 + place * SECOND / 100), 1.0));
        history.put(at(408), 1.0);
        assert_eq!(history.latest(at(408)), Some((at(408), 100.0)), "not a quarter of a value");
        assert_eq!(history.latest(at(412)), Some((at(408), 0.25)), "that was all");
    }

    #[test]
    fn a_stream_that_goes_on_is_never_forgotten_as_read_whatever_others_read() {
        let mut history = GraphHistory::new(Keep::Count, false);
        let live = StreamId(1);
        history.was_read(live, at(10_000), at(10_100));
        for page in 2..60 {
            let from = 10_000 - 100 * page;
            history.was_read(StreamId(page as u64), at(from), at(from + 99));
        }
        assert!(!history.is_new(StreamId(99), at(10_050)), "the oldest pages are forgotten, not what is read now");
        let mut reopened = GraphHistory::new(Keep::Count, false);
        (0..30).for_each(|turn| reopened.was_read(StreamId(turn as u64), at(100), at(200 + turn)));
        assert_eq!(reopened.read.len(), STRETCHES);
        assert!(!reopened.is_new(StreamId(99), at(100)));
        assert!(!reopened.is_new(StreamId(99), at(229)));
    }

    #[test]
    fn what_adds_up_can_be_told_for_each_second() {
        let mut history = GraphHistory::new(Keep::Sum, true);
        history.put(at(400), 6.0);
        history.put(at(401), 2.0);
        assert_eq!(history.value_at(400, false), Some(2.0));
        assert_eq!(history.latest(at(404)), Some((at(401), 2.0)));
    }
}
