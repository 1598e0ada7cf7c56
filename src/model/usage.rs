//! Resource usage: raw counters, and the figures computed from two of them.

use super::Moment;

/// Raw counters of an instance at one moment. Counters grow; gauges are as of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// CPU time used, nanoseconds, all processors.
    pub cpu_ns: u64,
    /// CPU time during which it was throttled, nanoseconds.
    pub throttled_ns: u64,
    /// Scheduling periods so far, and how many of them were throttled.
    pub periods: u64,
    /// See `periods`.
    pub throttled_periods: u64,
    /// Memory in use without the page cache that can be dropped, bytes. As `docker stats` shows it.
    pub memory: u64,
    /// Page cache that can be dropped, bytes.
    pub cache: u64,
    /// Memory limit in force, bytes; the host's memory when there is none; 0 unknown.
    pub memory_limit: u64,
    /// Bytes received and sent, all networks. None when not sampled.
    pub net: Option<(u64, u64)>,
    /// Bytes read and written by block devices. None when not sampled.
    pub block: Option<(u64, u64)>,
    /// Processes.
    pub pids: u64,
}

/// Counters with the moment they were read, by the reader's own clock beside the counters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// When the counters were read.
    pub at: Moment,
    /// The counters.
    pub counters: Counters,
}

/// Memory statistics as cgroup files and engines give them, for [`memory_in_use`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MemoryStats {
    /// `memory.usage_in_bytes` (v1) or `memory.current` (v2).
    pub usage: u64,
    /// v1 only: `total_inactive_file`.
    pub total_inactive_file: Option<u64>,
    /// v2: `inactive_file`.
    pub inactive_file: Option<u64>,
}

/// Memory without the page cache that can be dropped, and that cache, bytes.
///
/// The formula of the Docker client (docker/cli, `cli/command/container/stats_helpers.go`, `calculateMemUsageUnixNoCache`):
/// v1 subtracts `total_inactive_file` when that key exists and is smaller than the usage; otherwise v2's `inactive_file` likewise.
pub fn memory_in_use(stats: MemoryStats) -> (u64, u64) {
    let cache = match (stats.total_inactive_file, stats.inactive_file) {
        (Some(cache), _) if cache < stats.usage => cache,
        (_, Some(cache)) if cache < stats.usage => cache,
        _ => 0,
    };
    (stats.usage - cache, cache)
}

/// Figures for the screen, from two samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// When the later sample was taken.
    pub at: Moment,
    /// CPU, per cent of one processor: 150 = one and a half processors. None until there are two samples.
    pub cpu: Option<f64>,
    /// Share of scheduling periods that were throttled, per cent.
    pub throttled: f64,
    /// Memory as `docker stats` shows it, bytes.
    pub memory: u64,
    /// Page cache apart, bytes.
    pub cache: u64,
    /// Limit in force, bytes; 0 unknown.
    pub memory_limit: u64,
    /// Bytes received and sent per second.
    pub net: Option<(f64, f64)>,
    /// Bytes read and written per second.
    pub block: Option<(f64, f64)>,
    /// Processes.
    pub pids: u64,
}

impl Usage {
    /// Figures at `next`, rates since `previous`.
    ///
    /// CPU is Δ used time ÷ Δ wall clock × 100, by the sampler's own timestamps: right on Docker and on Podman,
    /// whose system counter cannot be used. A counter that went back (restart) counts as zero.
    pub fn between(previous: Option<&Sample>, next: &Sample) -> Usage {
        let now = &next.counters;
        let mut usage = Usage {
            at: next.at,
            memory: now.memory,
            cache: now.cache,
            memory_limit: now.memory_limit,
            pids: now.pids,
            ..Usage::default()
        };
        let Some(previous) = previous else { return usage };
        let elapsed_ns = next.at.0 - previous.at.0;
        if elapsed_ns <= 0 {
            return usage;
        }
        let before = &previous.counters;
        let seconds = elapsed_ns as f64 / super::SECOND as f64;
        let rate = |a: Option<(u64, u64)>, b: Option<(u64, u64)>| match (a, b) {
            (Some(a), Some(b)) => {
                Some((b.0.saturating_sub(a.0) as f64 / seconds, b.1.saturating_sub(a.1) as f64 / seconds))
            }
            _ => None,
        };
        usage.cpu = Some(now.cpu_ns.saturating_sub(before.cpu_ns) as f64 / elapsed_ns as f64 * 100.0);
        let periods = now.periods.saturating_sub(before.periods);
        if periods > 0 {
            let throttled = now.throttled_periods.saturating_sub(before.throttled_periods);
            usage.throttled = throttled as f64 / periods as f64 * 100.0;
        }
        usage.net = rate(before.net, now.net);
        usage.block = rate(before.block, now.block);
        usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: i64, cpu_ns: u64) -> Sample {
        Sample { at: Moment(at_ms * 1_000_000), counters: Counters { cpu_ns, ..Counters::default() } }
    }

    #[test]
    fn cpu_is_used_time_over_wall_clock() {
        let usage = Usage::between(Some(&sample(1000, 5_000_000_000)), &sample(3000, 8_000_000_000));
        assert_eq!(usage.cpu, Some(150.0));
    }

    #[test]
    fn one_sample_has_memory_but_no_cpu() {
        assert_eq!(Usage::between(None, &sample(1000, 5)).cpu, None);
    }

    #[test]
    fn a_counter_that_went_back_counts_as_zero() {
        let usage = Usage::between(Some(&sample(1000, 9_000_000)), &sample(2000, 1_000));
        assert_eq!(usage.cpu, Some(0.0));
    }

    #[test]
    fn two_samples_of_one_moment_do_not_divide_by_zero() {
        assert_eq!(Usage::between(Some(&sample(1000, 1)), &sample(1000, 9)).cpu, None);
    }

    #[test]
    fn rates_need_both_samples() {
        let mut a = sample(0, 0);
        let mut b = sample(2000, 0);
        b.counters.net = Some((4000, 1000));
        assert_eq!(Usage::between(Some(&a), &b).net, None);
        a.counters.net = Some((0, 2000));
        assert_eq!(Usage::between(Some(&a), &b).net, Some((2000.0, 0.0)));
    }

    #[test]
    fn memory_follows_the_docker_client() {
        let v1 = MemoryStats { usage: 100, total_inactive_file: Some(30), inactive_file: Some(5) };
        assert_eq!(memory_in_use(v1), (70, 30));
        let v2 = MemoryStats { usage: 100, total_inactive_file: None, inactive_file: Some(40) };
        assert_eq!(memory_in_use(v2), (60, 40));
        let bigger_than_usage = MemoryStats { usage: 100, total_inactive_file: Some(100), inactive_file: None };
        assert_eq!(memory_in_use(bigger_than_usage), (100, 0));
        assert_eq!(memory_in_use(MemoryStats { usage: 7, ..MemoryStats::default() }), (7, 0));
    }
}
