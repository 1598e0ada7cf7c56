//! Lines of several logs as one, in order of time (pure).
//!
//! A line is told when no other log can bring an earlier one: each of the others has a line waiting, has been read beyond that
//! moment, has ended, or is quiet.

use crate::model::{Batch, LineMark, Timestamp};
use std::collections::VecDeque;

/// What is known of one log.
#[derive(Debug)]
struct Log {
    batches: VecDeque<Batch>,
    /// How many lines of the first batch were told.
    told: usize,
    /// Bytes that wait.
    bytes: usize,
    /// It has been read up to here.
    reached: Timestamp,
    /// No line comes, for now or for ever.
    is_quiet: bool,
}

impl Log {
    fn head(&self) -> Option<(&Batch, &LineMark)> {
        let batch = self.batches.front()?;
        Some((batch, batch.lines.get(self.told)?))
    }

    fn may_bring(&self, at: Timestamp) -> bool {
        !self.is_quiet && self.batches.is_empty() && self.reached < at
    }
}

/// Logs whose lines wait for each other.
#[derive(Debug)]
pub struct Merge {
    logs: Vec<Log>,
}

impl Merge {
    /// Of so many logs, which all may bring lines.
    pub fn of(count: usize) -> Merge {
        let log = || Log { batches: VecDeque::new(), told: 0, bytes: 0, reached: Timestamp(i64::MIN), is_quiet: false };
        Merge { logs: (0..count).map(|_| log()).collect() }
    }

    /// Lines of a log came.
    pub fn push(&mut self, log: usize, batch: Batch) {
        let log = &mut self.logs[log];
        log.is_quiet = false;
        if !batch.lines.is_empty() {
            log.bytes += batch.bytes.len();
            log.batches.push_back(batch);
        }
    }

    /// A log has been read up to a moment.
    pub fn reached(&mut self, log: usize, at: Timestamp) {
        let log = &mut self.logs[log];
        log.reached = log.reached.max(at);
    }

    /// Says whether a log brings no lines: for now, or for ever.
    pub fn set_quiet(&mut self, log: usize, is_quiet: bool) {
        self.logs[log].is_quiet = is_quiet;
    }

    /// Bytes of a log that wait.
    pub fn waiting(&self, log: usize) -> usize {
        self.logs[log].bytes
    }

    /// True while lines wait.
    pub fn is_waiting(&self) -> bool {
        self.logs.iter().any(|log| !log.batches.is_empty())
    }

    /// A moment from which a log can be read again, and how many of the lines that passed came since: `leeway` before the last
    /// line that waits. None where lines since then may have been told already.
    pub fn again(&self, log: usize, leeway: i64) -> Option<(Timestamp, usize)> {
        let log = &self.logs[log];
        let from = Timestamp(log.batches.back()?.lines.last()?.at.0.saturating_sub(leeway));
        let is_waiting = log.head()?.1.at.0 < from.0.saturating_sub(leeway);
        let since = |mark: &&LineMark| mark.at >= from && !mark.context;
        let count = log.batches.iter().flat_map(|batch| &batch.lines).filter(since).count();
        is_waiting.then_some((from, count))
    }

    /// Tells the lines that are next, in their order. With `at_once`, all that wait.
    pub fn tell(&mut self, at_once: bool, mut tell: impl FnMut(usize, &LineMark, &[u8])) {
        while let Some(next) = self.next(at_once) {
            let log = &mut self.logs[next];
            if let Some((batch, mark)) = log.head() {
                tell(next, mark, batch.line(mark));
            }
            log.told += 1;
            if log.batches.front().is_none_or(|batch| log.told >= batch.lines.len()) {
                log.told = 0;
                log.bytes -= log.batches.pop_front().map_or(0, |batch| batch.bytes.len());
            }
        }
    }

    /// The log whose line is the earliest, if none can bring an earlier one.
    fn next(&self, at_once: bool) -> Option<usize> {
        let heads = self.logs.iter().enumerate().filter_map(|(place, log)| Some((log.head()?.1.at, place)));
        let (at, place) = heads.min()?;
        let must_wait = !at_once && self.logs.iter().any(|log| log.may_bring(at));
        (!must_wait).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(stamps: &[i64]) -> Batch {
        let mark = |at: &i64| LineMark { len: 1, at: Timestamp(*at), ..LineMark::default() };
        Batch { bytes: vec![b'x'; stamps.len()], lines: stamps.iter().map(mark).collect() }
    }

    fn told(merge: &mut Merge) -> Vec<(usize, i64)> {
        let mut told = Vec::new();
        merge.tell(false, |log, mark, _| told.push((log, mark.at.0)));
        told
    }

    #[test]
    fn a_line_waits_for_those_that_may_be_earlier() {
        let mut merge = Merge::of(2);
        merge.push(0, batch(&[10, 30]));
        assert_eq!(told(&mut merge), [], "the other may bring an earlier one");
        merge.push(1, batch(&[20]));
        assert_eq!(told(&mut merge), [(0, 10), (1, 20)]);
        merge.reached(1, Timestamp(25));
        assert_eq!(told(&mut merge), []);
        merge.reached(1, Timestamp(30));
        assert_eq!((told(&mut merge), merge.is_waiting()), (vec![(0, 30)], false));
    }

    #[test]
    fn what_is_quiet_is_not_waited_for_until_it_speaks_again() {
        let mut merge = Merge::of(2);
        merge.set_quiet(1, true);
        merge.push(0, batch(&[10]));
        assert_eq!(told(&mut merge), [(0, 10)]);
        merge.push(1, batch(&[15]));
        merge.push(0, batch(&[20]));
        assert_eq!(told(&mut merge), [(1, 15)]);
        merge.set_quiet(1, true);
        assert_eq!(told(&mut merge), [(0, 20)]);
        assert_eq!(merge.waiting(0) + merge.waiting(1), 0);
    }

    #[test]
    fn lines_of_one_log_stay_in_their_order() {
        let mut merge = Merge::of(2);
        merge.push(0, batch(&[10, 5, 12]));
        merge.push(1, batch(&[7, 11]));
        merge.set_quiet(0, true);
        merge.set_quiet(1, true);
        assert_eq!(told(&mut merge), [(1, 7), (0, 10), (0, 5), (1, 11), (0, 12)]);
    }

    #[test]
    fn what_is_read_again_from_is_known_by_its_stamp_and_how_many_came_since() {
        let mut merge = Merge::of(1);
        merge.push(0, batch(&[10, 20, 30]));
        merge.push(0, batch(&[29, 31]));
        assert_eq!(merge.again(0, 2), Some((Timestamp(29), 3)));
        assert_eq!(merge.again(0, 20), None, "those since 11 may have been told before this one");
    }
}
