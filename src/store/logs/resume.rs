//! Each line once, across breaks (row L7).
//!
//! An engine can be asked for the lines since a moment. Their stamps are not unique (Podman's are whole seconds) and two
//! streams' lines may be written slightly out of order; so the last moments are asked for again, and what was seen
//! of them, counted by content, is left out.

use crate::model::{Moment, SECOND, Stream};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// How far back lines are remembered where stamps are whole seconds.
const COARSE: i64 = 2 * SECOND;
/// The same where they are nanoseconds: longer than two streams' lines get out of order, short enough that even a flood
/// that breaks again and again makes headway.
const FINE: i64 = SECOND / 20;
/// Lines remembered, unless more carry the very latest moment.
const REMEMBERED: usize = 1 << 16;

/// Remembers the latest lines.
#[derive(Debug, Default)]
pub struct Resume {
    seen: VecDeque<(i64, u64)>,
    /// All lines up to here have been seen and are no longer remembered.
    floor: i64,
    latest: i64,
    /// After a break: what must not be told again, with how often it was seen, until all of it or a line later than `until` comes.
    replay: HashMap<(i64, u64), u32>,
    until: i64,
    /// How many of them have not come again.
    left: usize,
    hashing: RandomState,
}

impl Resume {
    /// The moment to ask from, once there has been any line.
    pub fn since(&self) -> Option<Moment> {
        (self.latest > 0).then(|| Moment(self.floor.max(self.latest - self.window())))
    }

    /// The latest moment of any line seen.
    pub fn latest(&self) -> Moment {
        Moment(self.latest)
    }

    fn window(&self) -> i64 {
        if self.latest % SECOND == 0 { COARSE } else { FINE }
    }

    /// A new connection begins: it will tell again what it told since [`Resume::since`].
    pub fn reconnect(&mut self) {
        if let Some(since) = self.since() {
            self.floor = self.floor.max(since.0 - 1);
        }
        self.replay.clear();
        for line in &self.seen {
            *self.replay.entry(*line).or_default() += 1;
        }
        self.left = self.seen.len();
        self.until = self.latest + COARSE;
    }

    /// True for a line that has not been seen; remembers it.
    pub fn is_new(&mut self, at: Moment, stream: Stream, text: &[u8]) -> bool {
        if !at.is_known() {
            // Nothing could be asked for from here, and such lines would be remembered for ever.
            return true;
        }
        let line = (at.0, self.hashing.hash_one((stream as u8, text)));
        if self.until > 0 {
            if at.0 > self.until {
                self.end_replay();
            } else if let Some(count) = self.replay.get_mut(&line).filter(|count| **count > 0) {
                *count -= 1;
                self.left -= 1;
                // The last line of all has come again: what follows is new, whatever the engine's clock says.
                if self.left == 0 {
                    self.end_replay();
                }
                return false;
            } else if at.0 <= self.floor {
                return false;
            }
        }
        self.latest = self.latest.max(at.0);
        self.seen.push_back(line);
        self.forget_old();
        true
    }

    fn end_replay(&mut self) {
        self.until = 0;
        self.replay = HashMap::new();
    }

    fn forget_old(&mut self) {
        // Where the engine's clock was set back, new lines look old: only their number counts then.
        let set_back = self.seen.back().is_some_and(|(newest, _)| *newest < self.latest - COARSE);
        while let Some((at, _)) = self.seen.front().copied() {
            let old = at < self.latest - self.window() && !set_back;
            let too_many = self.seen.len() > REMEMBERED && (at < self.latest || set_back);
            if !old && !too_many {
                return;
            }
            self.floor = self.floor.max(at);
            self.seen.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An engine's log: lines with stamps, in order; told from the first that is not before `since`.
    fn tell(log: &[(i64, u8)], since: Option<Moment>, count: usize, resume: &mut Resume, got: &mut Vec<(i64, u8)>) {
        let from = since.map_or(i64::MIN, |since| since.0);
        for (at, text) in log.iter().filter(|(at, _)| *at >= from).take(count) {
            if resume.is_new(Moment(*at), Stream::Out, &[*text]) {
                got.push((*at, *text));
            }
        }
    }

    proptest! {
        /// Whatever the stamps (nanoseconds apart, whole seconds, repeated, slightly out of order) and the breaks: each line once.
        #[test]
        fn each_line_once_in_order(
            steps in proptest::collection::vec((-40_000_000i64..150_000_000, 0u8..3), 1..120),
            coarse in any::<bool>(),
            breaks in proptest::collection::vec(0usize..60, 0..12),
        ) {
            let mut at = 1_000 * SECOND;
            let mut log = Vec::new();
            for (step, text) in steps {
                at += step.max(0);
                // A line may be stamped a little before its elders.
                let stamp = at + step.min(0);
                log.push((if coarse { stamp / SECOND * SECOND } else { stamp }, text));
            }
            let (mut resume, mut got) = (Resume::default(), Vec::new());
            tell(&log, None, breaks.first().copied().unwrap_or(0), &mut resume, &mut got);
            for count in breaks.iter().skip(1) {
                resume.reconnect();
                tell(&log, resume.since(), *count, &mut resume, &mut got);
            }
            resume.reconnect();
            tell(&log, resume.since(), usize::MAX, &mut resume, &mut got);
            prop_assert_eq!(got, log);
        }
    }

    /// An engine whose clock was set back tells from the first line that is not before `since`, and then all that follows.
    fn tell_after(log: &[(i64, u8)], resume: &mut Resume, got: &mut Vec<(i64, u8)>) {
        let since = resume.since().unwrap().0;
        let first = log.iter().position(|(at, _)| *at >= since).unwrap();
        resume.reconnect();
        tell(&log[first..], None, usize::MAX, resume, got);
    }

    #[test]
    fn a_clock_that_is_set_back_loses_no_line() {
        let lines = |from: i64| (0..100i64).map(move |n| (from * SECOND + n * SECOND / 100, (n % 7) as u8));
        let mut log: Vec<(i64, u8)> = lines(5000).collect();
        let (mut resume, mut got) = (Resume::default(), Vec::new());
        tell(&log, None, usize::MAX, &mut resume, &mut got);
        // While nobody listened,
        log.extend(lines(1000));
        tell_after(&log, &mut resume, &mut got);
        assert_eq!(got, log);
        // and it broke again before the clock came so far.
        log.extend(lines(1001));
        tell_after(&log, &mut resume, &mut got);
        assert_eq!(got, log);
    }

    #[test]
    fn memory_is_bounded_whatever_the_stamps() {
        for at in [0, SECOND] {
            let mut resume = Resume::default();
            resume.is_new(Moment(if at == 0 { 0 } else { 900 * SECOND }), Stream::Out, b"x");
            for _ in 0..100_000 {
                assert!(resume.is_new(Moment(at), Stream::Out, b"x"));
            }
            assert!(resume.seen.len() <= REMEMBERED);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut resume = Resume::default();
        for at in 0..300_000i64 {
            assert!(resume.is_new(Moment(SECOND + at), Stream::Out, b"x"));
        }
        assert_eq!(resume.seen.len(), REMEMBERED);
        resume.reconnect();
        assert!(!resume.is_new(Moment(SECOND + 299_999), Stream::Out, b"x"));
        assert!(!resume.is_new(Moment(SECOND), Stream::Out, b"x"));
        assert!(resume.is_new(Moment(SECOND + 300_000), Stream::Out, b"x"));
    }
}
