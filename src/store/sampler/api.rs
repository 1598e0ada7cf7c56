//! Measuring by asking the engine: one sample per request, with the engine's own time stamp.

use crate::model::{Counters, MemoryStats, Sample, memory_in_use};
use crate::store::shapes::Stats;
use crate::store::stamp;

/// The request for one instance. `one-shot` spares the engine the second sample that it would wait a second for.
pub fn path(raw_id: &str) -> String {
    format!("/containers/{raw_id}/stats?stream=false&one-shot=true")
}

/// The sample of an answer. None from an instance that has ended (its `read` is the year 1) and from nonsense.
pub fn sample(json: &[u8]) -> Option<Sample> {
    let stats: Stats = serde_json::from_slice(json).ok()?;
    let at = stamp::parse(&stats.read);
    if !at.is_known() {
        return None;
    }
    let parts = &stats.memory_stats.stats;
    let (memory, cache) = memory_in_use(MemoryStats {
        usage: stats.memory_stats.usage,
        total_inactive_file: parts.total_inactive_file,
        inactive_file: parts.inactive_file,
    });
    let throttling = &stats.cpu_stats.throttling_data;
    let net = stats.networks.as_ref().map(|all| {
        all.values().fold((0u64, 0u64), |(received, sent), one| {
            (received.saturating_add(one.rx_bytes), sent.saturating_add(one.tx_bytes))
        })
    });
    let counters = Counters {
        cpu_ns: stats.cpu_stats.cpu_usage.total_usage,
        throttled_ns: throttling.throttled_time,
        periods: throttling.periods,
        throttled_periods: throttling.throttled_periods,
        memory,
        cache,
        memory_limit: stats.memory_stats.limit,
        net,
        block: Some(block(&stats)),
        pids: stats.pids_stats.current,
    };
    Some(Sample { at, counters })
}

/// Bytes read and written by all devices; engines write the word in either case.
fn block(stats: &Stats) -> (u64, u64) {
    let entries = stats.blkio_stats.io_service_bytes_recursive.as_deref().unwrap_or_default();
    entries.iter().fold((0, 0), |(read, written), entry| match entry.op.as_bytes().first() {
        Some(b'r' | b'R') => (read.saturating_add(entry.value), written),
        Some(b'w' | b'W') => (read, written.saturating_add(entry.value)),
        _ => (read, written),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &[u8] = include_bytes!("../../../tests/store/recorded/stats-docker-v1.json");
    const V2: &[u8] = include_bytes!("../../../tests/store/recorded/stats-docker-v2.json");
    const PODMAN: &[u8] = include_bytes!("../../../tests/store/recorded/stats-podman.json");

    #[test]
    fn docker_on_cgroup_v1() {
        let counters = sample(V1).unwrap().counters;
        assert_eq!(counters.cpu_ns, 37_560_631);
        assert_eq!((counters.memory, counters.cache), (2_265_088 - 1_720_320, 1_720_320));
        assert_eq!((counters.net, counters.pids), (Some((200, 0)), 1));
    }

    #[test]
    fn docker_on_cgroup_v2_sums_all_networks() {
        let counters = sample(V2).unwrap().counters;
        assert_eq!((counters.memory, counters.cache), (6_000_000, 4_000_000));
        assert_eq!(counters.net, Some((1110, 2220)));
        assert_eq!(counters.block, Some((4096, 8192)));
        assert_eq!((counters.periods, counters.throttled_periods, counters.throttled_ns), (100, 25, 5_000_000));
    }

    #[test]
    fn podman_lacks_the_memory_parts() {
        let sample = sample(PODMAN).unwrap();
        assert_eq!((sample.counters.memory, sample.counters.cache), (1_253_376, 0));
        assert_eq!(sample.counters.net, Some((1000, 500)));
    }

    #[test]
    fn the_dead_give_no_sample() {
        assert_eq!(sample(br#"{"read":"0001-01-01T00:00:00Z"}"#), None);
        assert_eq!(sample(b"{}"), None);
        assert_eq!(sample(b"nonsense"), None);
    }
}
