//! The latest counters of one instance, each with its reader, and how figures follow from them.

use super::{Counters, MemoryEvents, Moment, Sample, Sampler, Throttling, Usage};

/// Seconds by which samples of one reader may come out of order.
const SET_BACK: f64 = 5.0;

/// What was read last. Rates are between two samples of one reader: two readers' clocks and counters are not comparable.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Readings {
    /// The moment of the latest sample of the engine's, and of the kernel's.
    latest: [Moment; 2],
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
struct Last<T>(Option<(Moment, Sampler, T)>);

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// What a sample means for one counter.
enum News<T> {
    /// Another reader tells this one.
    None,
    /// It is not told any more.
    Gone,
    /// The first value of this reader.
    First,
    /// The value before, and the seconds since.
    Since(T, f64),
}

impl<T: Copy> Last<T> {
    fn take(&mut self, sample: &Sample, value: Option<T>) -> News<T> {
        let before = self.0.filter(|(_, sampler, _)| *sampler == sample.sampler);
        let Some(value) = value else {
            if before.is_none() && self.0.is_some() {
                return News::None;
            }
            self.0 = None;
            return News::Gone;
        };
        self.0 = Some((sample.at, sample.sampler, value));
        match before {
            Some((at, _, before)) => News::Since(before, sample.at.since(at)),
            None => News::First,
        }
    }
}

impl Readings {
    /// Takes a sample in and brings the figures up to date. True if there is a new CPU figure. A sample that is not later
    /// than its reader's last is ignored, unless it is so much older that the clock must have been set back.
    pub(super) fn take(&mut self, sample: &Sample, usage: &mut Usage) -> bool {
        let latest = self.latest[sample.sampler as usize];
        if latest.is_known() && sample.at <= latest {
            if !is_set_back(latest, sample.at) {
                return false;
            }
            self.forget(usage);
        }
        self.latest[sample.sampler as usize] = sample.at;
        let now = &sample.counters;
        self.take_memory(sample, usage);
        match self.pids.take(sample, now.pids.map(drop)) {
            News::None => {}
            _ => usage.pids = now.pids,
        }
        rates(self.net.take(sample, now.net), now.net, &mut usage.net);
        rates(self.block.take(sample, now.block), now.block, &mut usage.block);
        self.take_throttling(sample, usage);
        self.take_cpu(sample, usage)
    }

    /// The counters begin anew, or there was a gap over which no rates must be computed.
    pub(super) fn forget(&mut self, usage: &mut Usage) {
        *self = Readings::default();
        usage.cpu = None;
        usage.throttled = 0.0;
        usage.memory_events = None;
        usage.limit_hits_per_second = 0.0;
        usage.net = None;
        usage.block = None;
    }

    /// CPU is Δ used time ÷ Δ wall clock × 100, by the sampler's own timestamps: right on Docker and on Podman,
    /// whose system counter cannot be used. A counter that went back (restart) counts as zero.
    fn take_cpu(&mut self, sample: &Sample, usage: &mut Usage) -> bool {
        let news = self.cpu.take(sample, sample.counters.cpu_ns);
        if matches!(news, News::None) {
            return false;
        }
        (usage.at, usage.sampler) = (sample.at, sample.sampler);
        usage.cpu = match (news, sample.counters.cpu_ns) {
            (News::Since(before, seconds), Some(now)) => {
                Some(now.saturating_sub(before) as f64 / (seconds * super::SECOND as f64) * 100.0)
            }
            _ => None,
        };
        usage.cpu.is_some()
    }

    fn take_throttling(&mut self, sample: &Sample, usage: &mut Usage) {
        match (self.throttling.take(sample, sample.counters.throttling), sample.counters.throttling) {
            (News::None, _) => {}
            (News::Since(before, _), Some(now)) if now.periods > before.periods => {
                let throttled = now.throttled_periods.saturating_sub(before.throttled_periods);
                usage.throttled = throttled as f64 / (now.periods - before.periods) as f64 * 100.0;
            }
            _ => usage.throttled = 0.0,
        }
    }

    fn take_memory(&mut self, sample: &Sample, usage: &mut Usage) {
        let Counters { memory, memory_events, .. } = sample.counters;
        match self.memory.take(sample, memory.map(drop)) {
            News::None => {}
            _ => usage.memory = memory,
        }
        let hits = match (self.memory_events.take(sample, memory_events), memory_events) {
            (News::None, _) => return,
            (News::Since(before, seconds), Some(now)) => {
                now.limit_hits.saturating_sub(before.limit_hits) as f64 / seconds
            }
            _ => 0.0,
        };
        usage.memory_events = memory_events;
        usage.limit_hits_per_second = hits;
    }
}

/// True when `at` is so long before `last` that the clock was set back in between; answers overtake each other by less.
pub(super) fn is_set_back(last: Moment, at: Moment) -> bool {
    last.since(at) > SET_BACK
}

/// Bytes per second both ways.
fn rates(news: News<(u64, u64)>, now: Option<(u64, u64)>, shown: &mut Option<(f64, f64)>) {
    *shown = match (news, now) {
        (News::None, _) => return,
        (News::Since(before, seconds), Some(now)) => {
            Some((now.0.saturating_sub(before.0) as f64 / seconds, now.1.saturating_sub(before.1) as f64 / seconds))
        }
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Memory;

    fn sample(at_ms: i64, cpu_ns: u64) -> Sample {
        let counters = Counters { cpu_ns: Some(cpu_ns), ..Counters::default() };
        Sample { at: Moment(at_ms * 1_000_000), sampler: Sampler::Kernel, counters }
    }

    fn figures(samples: &[Sample]) -> Usage {
        let (mut readings, mut usage) = (Readings::default(), Usage::default());
        for sample in samples {
            readings.take(sample, &mut usage);
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
    fn a_counter_that_went_back_counts_as_zero() {
        assert_eq!(figures(&[sample(1000, 9_000_000), sample(2000, 1_000)]).cpu, Some(0.0));
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
        last.counters.net = Some((8000, 500));
        assert_eq!(figures(&[sample(1, 0), later, last]).net, Some((2000.0, 0.0)));
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
        assert_eq!((usage.at, usage.sampler), (Moment(3_000_000_000), Sampler::Kernel));
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
