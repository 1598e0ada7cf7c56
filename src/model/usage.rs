//! Resource usage: raw counters as they are read, and the figures computed from them.

use super::time::Timestamp;

/// The source of a container's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampler {
    /// The engine, asked for one sample per request.
    #[default]
    Api,
    /// We ourselves, from the kernel's files.
    Kernel,
}

impl Sampler {
    /// Its name on screen.
    pub fn word(self) -> &'static str {
        match self {
            Sampler::Api => "api",
            Sampler::Kernel => "kernel",
        }
    }
}

/// Counters of CPU throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttling {
    /// Scheduling periods so far.
    pub periods: u64,
    /// The number of throttled periods.
    pub throttled_periods: u64,
    /// Time for which it was throttled, nanoseconds.
    pub throttled_ns: u64,
}

/// Memory at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// In use without the page cache that can be dropped, bytes. As `docker stats` shows it.
    pub used: u64,
    /// Page cache that can be dropped, bytes.
    pub cache: u64,
    /// The limit in force, bytes; the host's memory when there is none; 0 unknown.
    pub limit: u64,
}

/// What lack of memory did since the container started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryEvents {
    /// Times that a limit of its own held an allocation up: `memory.failcnt` and `memory.memsw.failcnt` (v1; engines tell the
    /// former alone), `max` and `high` of `memory.events` (v2).
    pub limit_hits: u64,
    /// Processes inside that the kernel killed. None where it is not told: engines do not tell it.
    pub kills: Option<u64>,
}

/// Raw counters of a container at one moment. Counters grow; gauges are as of the moment. None is "not told", never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// CPU time used, nanoseconds, all processors.
    pub cpu_ns: Option<u64>,
    /// The counters of CPU throttling.
    pub throttling: Option<Throttling>,
    /// Memory.
    pub memory: Option<Memory>,
    /// The counters of memory shortage.
    pub memory_events: Option<MemoryEvents>,
    /// Bytes received and sent, all networks. A container on the host's network has none of its own.
    pub net: Option<(u64, u64)>,
    /// Bytes read and written by block devices.
    pub block: Option<(u64, u64)>,
    /// Processes.
    pub pids: Option<u64>,
}

impl Counters {
    /// True when something that another reader may know is missing.
    pub fn is_partial(&self, host_network: bool) -> bool {
        let net = self.net.is_none() && !host_network;
        net || self.memory.is_none() || self.block.is_none() || self.pids.is_none()
    }

    /// Of these counters those that `known` lacks.
    pub fn beside(self, known: &Counters) -> Counters {
        fn unless<T, U>(known: &Option<U>, ours: Option<T>) -> Option<T> {
            ours.filter(|_| known.is_none())
        }
        Counters {
            cpu_ns: unless(&known.cpu_ns, self.cpu_ns),
            throttling: unless(&known.throttling, self.throttling),
            memory: unless(&known.memory, self.memory),
            memory_events: unless(&known.memory_events, self.memory_events),
            net: unless(&known.net, self.net),
            block: unless(&known.block, self.block),
            pids: unless(&known.pids, self.pids),
        }
    }

    /// True when nothing is told but that block devices did nothing: engines say that also when they cannot tell.
    pub fn says_nothing(&self) -> bool {
        let rest = Counters { block: self.block.filter(|sums| *sums != (0, 0)), ..*self };
        rest == Counters::default()
    }
}

/// Counters with the moment they were read, by the reader's own clock beside the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// The time of the reading.
    pub at: Timestamp,
    /// By whom.
    pub sampler: Sampler,
    /// The counters.
    pub counters: Counters,
}

/// What an engine's host has, 0 where that is not known: no figure of a container above it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capacity {
    /// Processors.
    pub processors: u32,
    /// Memory, bytes.
    pub memory: u64,
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

/// Figures for the screen. None is "not known", never zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// The time of the latest CPU reading.
    pub at: Timestamp,
    /// The source of the reading.
    pub sampler: Sampler,
    /// CPU, per cent of one processor: 150 = one and a half processors. None until there are two samples.
    pub cpu: Option<f64>,
    /// Share of scheduling periods that were throttled, per cent.
    pub throttled: f64,
    /// Memory.
    pub memory: Option<Memory>,
    /// The counters of memory shortage since the start.
    pub memory_events: Option<MemoryEvents>,
    /// Times a second that its memory limit is being hit.
    pub limit_hits_per_second: f64,
    /// Bytes received and sent per second.
    pub net: Option<(f64, f64)>,
    /// Bytes read and written per second.
    pub block: Option<(f64, f64)>,
    /// Processes.
    pub pids: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn only_what_is_lacking_is_taken_from_another_reader() {
        let ours = Counters { cpu_ns: Some(1), memory: Some(Memory::default()), ..Counters::default() };
        let all =
            Counters { cpu_ns: Some(2), net: Some((3, 4)), block: Some((0, 0)), pids: Some(5), ..Counters::default() };
        let fill = all.beside(&ours);
        assert_eq!(fill, Counters { net: Some((3, 4)), block: Some((0, 0)), pids: Some(5), ..Counters::default() });
        assert!(ours.is_partial(false) && !fill.says_nothing());
        assert!(Counters { block: Some((0, 0)), ..Counters::default() }.says_nothing());
        let no_network = Counters { net: None, memory: ours.memory, ..all };
        assert!(no_network.is_partial(false) && !no_network.is_partial(true), "the host's network is nobody's");
    }
}
