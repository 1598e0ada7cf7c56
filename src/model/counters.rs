//! The latest counters of one container, each with its reader, and how figures follow from them.

use super::time::Timestamp;
use super::usage::{Capacity, Counters, MemoryEvents, Sample, Sampler, Throttling, Usage};

/// Seconds by which samples of one reader may come out of order.
const SET_BACK: f64 = 5.0;
/// A CPU figure this many times what the processors can do is a wrong reading; up to it, clocks and counters were only read
/// a little apart.
const JITTER: f64 = 1.5;
/// Bytes per second that no network and no disk can do.
const IMPOSSIBLE: f64 = (1u64 << 42) as f64;
/// Linux has no more processes (`PID_MAX_LIMIT`).
const PIDS_MOST: u64 = 4 << 20;

/// What was read last. Rates are between two samples of one reader: two readers' clocks and counters are not comparable.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct CounterHistory {
    /// The moment of the latest sample of the engine's, and of the kernel's.
    latest: [Timestamp; 2],
    cpu: Last<u64>,
    throttling: Last<Throttling>,
    memory: Last<()>,
    memory_events: Last<MemoryEvents>,
    net: Last<(u64, u64)>,
    block: Last<(u64, u64)>,
    pids: Last<()>,
}

/// The last value of one counter.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Last<T> {
    known: Option<(Timestamp, Sampler, T)>,
    /// What was read last, if that is less than what is known: the counter began anew, or the reading failed. The next one tells.
    back: Option<(Timestamp, T)>,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self { known: None, back: None }
    }
}

/// A value that only grows until it starts again.
trait Grows {
    fn is_behind(&self, other: &Self) -> bool;
}

impl Grows for u64 {
    fn is_behind(&self, other: &Self) -> bool {
        self < other
    }
}

impl Grows for (u64, u64) {
    fn is_behind(&self, other: &Self) -> bool {
        self.0 < other.0 || self.1 < other.1
    }
}

impl Grows for Throttling {
    fn is_behind(&self, other: &Self) -> bool {
        self.periods < other.periods
    }
}

impl Grows for MemoryEvents {
    fn is_behind(&self, other: &Self) -> bool {
        self.limit_hits < other.limit_hits
    }
}

/// No counter: as of the moment.
impl Grows for () {
    fn is_behind(&self, _: &Self) -> bool {
        false
    }
}

/// The effect of a sample on one counter.
enum CounterUpdate<T> {
    /// Another reader tells this one.
    None,
    /// The counter is not reported any more.
    Gone,
    /// The first value of this reader.
    First,
    /// Less than before: no figure follows from it.
    Back,
    /// The value before, and the seconds since.
    Since(T, f64),
}

impl<T: Copy + Grows> Last<T> {
    fn take(&mut self, sample: &Sample, value: Option<T>) -> CounterUpdate<T> {
        let before = self.known.filter(|(_, sampler, _)| *sampler == sample.sampler);
        let Some(value) = value else {
            if before.is_none() && self.known.is_some() {
                return CounterUpdate::None;
            }
            *self = Self::default();
            return CounterUpdate::Gone;
        };
        let back = self.back.take();
        // From less than what is known it goes on from there: it had begun anew.
        let before = before.map(|(at, _, known)| match back {
            Some((since, back)) if value.is_behind(&known) && !value.is_behind(&back) => (since, back),
            _ => (at, known),
        });
        if before.is_some_and(|(_, before)| value.is_behind(&before)) {
            self.back = Some((sample.at, value));
            return CounterUpdate::Back;
        }
        self.known = Some((sample.at, sample.sampler, value));
        match before {
            Some((at, before)) => CounterUpdate::Since(before, sample.at.since(at)),
            None => CounterUpdate::First,
        }
    }
}

impl CounterHistory {
    /// Takes a sample in and brings the figures up to date. True if there is a new CPU figure. A sample that is not later
    /// than its reader's last is ignored, unless it is so much older that the clock must have been set back. What is more
    /// than the host has is no figure.
    pub(super) fn take(&mut self, sample: &Sample, capacity: Capacity, usage: &mut Usage) -> bool {
        let latest = self.latest[sample.sampler as usize];
        if latest.is_known() && sample.at <= latest {
            if !is_set_back(latest, sample.at) {
                return false;
            }
            self.forget(usage);
        }
        self.latest[sample.sampler as usize] = sample.at;
        let now = &sample.counters;
        self.take_memory(sample, capacity, usage);
        let pids = now.pids.filter(|pids| *pids <= PIDS_MOST);
        if !matches!(self.pids.take(sample, pids.map(drop)), CounterUpdate::None) {
            usage.pids = pids;
        }
        rates(self.net.take(sample, now.net), now.net, &mut usage.net);
        rates(self.block.take(sample, now.block), now.block, &mut usage.block);
        self.take_throttling(sample, usage);
        self.take_cpu(sample, capacity, usage)
    }

    /// The counters begin anew, or there was a gap over which no rates must be computed.
    pub(super) fn forget(&mut self, usage: &mut Usage) {
        *self = CounterHistory::default();
        usage.cpu = None;
        usage.throttled = 0.0;
        usage.memory_events = None;
        usage.limit_hits_per_second = 0.0;
        usage.net = None;
        usage.block = None;
    }

    /// CPU is Δ used time ÷ Δ wall clock × 100, by the sampler's own timestamps: right on Docker and on Podman,
    /// whose system counter cannot be used.
    fn take_cpu(&mut self, sample: &Sample, capacity: Capacity, usage: &mut Usage) -> bool {
        let news = self.cpu.take(sample, sample.counters.cpu_ns);
        if matches!(news, CounterUpdate::None) {
            return false;
        }
        (usage.at, usage.sampler) = (sample.at, sample.sampler);
        usage.cpu = match (news, sample.counters.cpu_ns) {
            (CounterUpdate::Since(before, seconds), Some(now)) => {
                possible_cpu((now - before) as f64 / (seconds * super::time::SECOND as f64) * 100.0, capacity)
            }
            _ => None,
        };
        usage.cpu.is_some()
    }

    fn take_throttling(&mut self, sample: &Sample, usage: &mut Usage) {
        match (self.throttling.take(sample, sample.counters.throttling), sample.counters.throttling) {
            (CounterUpdate::None, _) => {}
            (CounterUpdate::Since(before, _), Some(now)) if now.periods > before.periods => {
                let throttled = now.throttled_periods.saturating_sub(before.throttled_periods);
                usage.throttled = (throttled as f64 / (now.periods - before.periods) as f64 * 100.0).min(100.0);
            }
            _ => usage.throttled = 0.0,
        }
    }

    fn take_memory(&mut self, sample: &Sample, capacity: Capacity, usage: &mut Usage) {
        let Counters { memory, memory_events, .. } = sample.counters;
        let memory = memory.filter(|memory| capacity.memory == 0 || memory.used <= capacity.memory);
        if !matches!(self.memory.take(sample, memory.map(drop)), CounterUpdate::None) {
            usage.memory = memory;
        }
        let hits = match (self.memory_events.take(sample, memory_events), memory_events) {
            (CounterUpdate::None, _) => return,
            (CounterUpdate::Since(before, seconds), Some(now)) => {
                now.limit_hits.saturating_sub(before.limit_hits) as f64 / seconds
            }
            _ => 0.0,
        };
        usage.memory_events = memory_events;
        usage.limit_hits_per_second = hits;
    }
}

/// True when `at` is so long before `last` that the clock was set back in between; answers overtake each other by less.
pub(super) fn is_set_back(last: Timestamp, at: Timestamp) -> bool {
    last.since(at) > SET_BACK
}

/// The figure, unless no host like this could have done so much.
fn possible_cpu(cpu: f64, capacity: Capacity) -> Option<f64> {
    if capacity.processors == 0 {
        return Some(cpu);
    }
    let most = f64::from(capacity.processors) * 100.0;
    (cpu <= most * JITTER).then_some(cpu.min(most))
}

/// Bytes per second both ways.
fn rates(news: CounterUpdate<(u64, u64)>, now: Option<(u64, u64)>, shown: &mut Option<(f64, f64)>) {
    *shown = match (news, now) {
        (CounterUpdate::None, _) => return,
        (CounterUpdate::Since(before, seconds), Some(now)) => {
            let rate = ((now.0 - before.0) as f64 / seconds, (now.1 - before.1) as f64 / seconds);
            Some(rate).filter(|(a, b)| a.max(*b) < IMPOSSIBLE)
        }
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::usage::Memory;

    fn sample(at_ms: i64, cpu_ns: u64) -> Sample {
        let counters = Counters { cpu_ns: Some(cpu_ns), ..Counters::default() };
        Sample { at: Timestamp(at_ms * 1_000_000), sampler: Sampler::Kernel, counters }
    }

    fn figures(samples: &[Sample]) -> Usage {
        let (mut readings, mut usage) = (CounterHistory::default(), Usage::default());
        for sample in samples {
            readings.take(sample, Capacity { processors: 4, memory: 1 << 30 }, &mut usage);
        }
        usage
    }

    #[test]
    fn cpu_is_used_time_over_wall_clock() {
        assert_eq!(figures(&[sample(1000, 5_000_000_000), sample(3000, 8_000_000_000)]).cpu, Some(150.0));
    }

    #[test]
    fn one_sample_has_memory_but_no_cpu() {
        let mut one = sample(1000, 5);
        one.counters.memory = Some(Memory { used: 7, cache: 1, limit: 9 });
        let usage = figures(&[one]);
        assert_eq!((usage.cpu, usage.memory), (None, one.counters.memory));
    }

    #[test]
    fn a_counter_that_went_back_gives_no_figure_and_goes_on_from_there() {
        let second = 1_000_000_000;
        let anew = [sample(1000, 9 * second), sample(2000, 1_000), sample(3000, 1_000 + second / 2)];
        assert_eq!(figures(&anew[..2]).cpu, None);
        assert_eq!(figures(&anew).cpu, Some(50.0), "it began anew");
        let glitch = [sample(1000, 9 * second), sample(2000, 0), sample(3000, 10 * second)];
        assert_eq!(figures(&glitch).cpu, Some(50.0), "that reading had failed: over both seconds");
    }

    #[test]
    fn what_no_host_can_do_is_no_figure() {
        let second = 1_000_000_000;
        let cpu = |used: u64| figures(&[sample(1000, 5), sample(2000, 5 + used)]).cpu;
        assert_eq!(cpu(1800 * second), None, "an empty reading came before");
        assert_eq!(cpu(4 * second + 90_000_000), Some(400.0), "clocks and counters are read a little apart");
        let odd = |edit: fn(&mut Counters)| {
            let mut samples = [sample(1000, 0), sample(2000, 0)];
            samples.iter_mut().for_each(|sample| {
                sample.counters.net = Some((7, 7));
                sample.counters.block = Some((7, 7));
            });
            edit(&mut samples[1].counters);
            figures(&samples)
        };
        assert_eq!(odd(|now| now.net = Some((u64::MAX, 7))).net, None);
        assert_eq!(odd(|now| now.net = Some((0, 9))).net, None, "one of the two went back");
        assert_eq!(odd(|now| now.block = Some((7, 0))).block, None);
        assert_eq!(odd(|now| now.block = Some((7, 8))).block, Some((0.0, 1.0)));
        assert_eq!(odd(|now| now.pids = Some(u64::MAX)).pids, None);
        let memory = |used| Some(Memory { used, cache: 0, limit: 0 });
        assert_eq!(odd(|now| now.memory = Some(Memory { used: 1 << 60, cache: 0, limit: 0 })).memory, None);
        assert_eq!(odd(|now| now.memory = Some(Memory { used: 9, cache: 0, limit: 0 })).memory, memory(9));
    }

    #[test]
    fn two_samples_of_one_moment_do_not_divide_by_zero() {
        assert_eq!(figures(&[sample(1000, 1), sample(1000, 9)]).cpu, None);
    }

    #[test]
    fn rates_need_both_samples() {
        let mut later = sample(2000, 0);
        later.counters.net = Some((4000, 1000));
        assert_eq!(figures(&[sample(1, 0), later]).net, None);
        let mut last = sample(4000, 0);
        last.counters.net = Some((8000, 1500));
        assert_eq!(figures(&[sample(1, 0), later, last]).net, Some((2000.0, 250.0)));
    }

    #[test]
    fn rates_are_between_samples_of_one_reader_only() {
        let by_api = |at_ms, cpu_ns| Sample { sampler: Sampler::Api, ..sample(at_ms, cpu_ns) };
        let usage = figures(&[sample(1000, 0), sample(2000, 500_000_000), by_api(3000, 9_000_000_000)]);
        assert_eq!((usage.cpu, usage.sampler), (None, Sampler::Api));
        let usage = figures(&[sample(1000, 0), by_api(2000, 9_000_000_000), by_api(4000, 10_000_000_000)]);
        assert_eq!(usage.cpu, Some(50.0));
    }

    #[test]
    fn what_one_reader_lacks_another_tells_and_neither_takes_the_others_away() {
        let filled = |at_ms, received| Sample {
            sampler: Sampler::Api,
            counters: Counters { net: Some((received, 0)), ..Counters::default() },
            ..sample(at_ms, 0)
        };
        // The engine's moments lie a little before the kernel's, and its answers come later.
        let told =
            [sample(1000, 0), filled(900, 0), sample(2000, 10_000_000), filled(1900, 5000), sample(3000, 20_000_000)];
        let usage = figures(&told);
        assert_eq!((usage.net, usage.cpu), (Some((5000.0, 0.0)), Some(1.0)));
        assert_eq!((usage.at, usage.sampler), (Timestamp(3_000_000_000), Sampler::Kernel));
    }

    #[test]
    fn what_its_reader_does_not_tell_any_more_is_not_shown() {
        let mut with = sample(1000, 0);
        with.counters.pids = Some(3);
        with.counters.memory = Some(Memory::default());
        let usage = figures(&[with, sample(2000, 0)]);
        assert_eq!((usage.pids, usage.memory), (None, None));
    }

    #[test]
    fn limit_hits_have_a_sum_and_a_rate() {
        let hit = |at_ms, limit_hits| {
            let mut sample = sample(at_ms, 0);
            sample.counters.memory_events = Some(MemoryEvents { limit_hits, kills: Some(1) });
            sample
        };
        let usage = figures(&[hit(1000, 2), hit(3000, 12)]);
        assert_eq!(usage.memory_events, Some(MemoryEvents { limit_hits: 12, kills: Some(1) }));
        assert_eq!(usage.limit_hits_per_second, 5.0);
        assert_eq!(figures(&[hit(1000, 2)]).limit_hits_per_second, 0.0, "what was before we looked is no rate");
    }

    #[test]
    fn throttling_is_a_share_of_the_periods_in_between() {
        let throttled = |at_ms, periods, throttled_periods| {
            let mut sample = sample(at_ms, 0);
            sample.counters.throttling = Some(Throttling { periods, throttled_periods, throttled_ns: 0 });
            sample
        };
        assert_eq!(figures(&[throttled(1000, 100, 90), throttled(2000, 110, 93)]).throttled, 30.0);
        let idle = [throttled(1000, 100, 90), throttled(2000, 110, 93), throttled(3000, 110, 93)];
        assert_eq!(figures(&idle).throttled, 0.0, "who does not run is not throttled");
    }
}
