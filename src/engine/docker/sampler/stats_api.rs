//! Measuring by asking the engine: one sample per request, with the engine's own time stamp.

use crate::engine::docker::api::{Stats, StatsCpu, StatsMemory, StatsNetwork};
use crate::engine::rfc3339;
use crate::model::{Counters, Memory, MemoryEvents, MemoryStats, Sample, Sampler, Throttling, memory_in_use};
use std::collections::BTreeMap;

/// The request for one container. `one-shot` spares the engine the second sample that it would wait a second for.
pub fn path(raw_id: &str) -> String {
    format!("/containers/{raw_id}/stats?stream=false&one-shot=true")
}

/// The sample of an answer. None from a container that has ended: its `read` is the year 1.
///
/// # Errors
/// Why there is no reading in it.
pub fn sample(json: &[u8]) -> Result<Option<Sample>, String> {
    if json.trim_ascii().is_empty() {
        return Err("the engine's response is empty".into());
    }
    let stats: Stats =
        serde_json::from_slice(json).map_err(|error| format!("the engine's response cannot be read: {error}"))?;
    let at = rfc3339::parse(&stats.read);
    if !at.is_known() {
        let ended = stats.read.starts_with("0001-");
        return if ended { Ok(None) } else { Err("the engine's response has no time".into()) };
    }
    let counters = counters(&stats);
    if counters.says_nothing() {
        return Err("the engine's response has no values".into());
    }
    Ok(Some(Sample { at, sampler: Sampler::Api, counters }))
}

fn counters(stats: &Stats) -> Counters {
    let throttling = &stats.cpu_stats.throttling_data;
    Counters {
        cpu_ns: cpu(&stats.cpu_stats),
        throttling: (throttling.periods > 0).then_some(Throttling {
            periods: throttling.periods,
            throttled_periods: throttling.throttled_periods,
            throttled_ns: throttling.throttled_time,
        }),
        memory: memory(&stats.memory_stats),
        memory_events: memory_events(&stats.memory_stats),
        net: stats.networks.as_ref().and_then(net),
        block: Some(block(stats)),
        // Who runs has a process: zero is what engines say that cannot count them.
        pids: Some(stats.pids_stats.current).filter(|pids| *pids > 0),
    }
}

/// Who runs has used some time: zero is what engines say whose own reading failed, as a host without time.
fn cpu(stats: &StatsCpu) -> Option<u64> {
    Some(stats.cpu_usage.total_usage).filter(|used| *used > 0 && stats.system_cpu_usage != Some(0))
}

/// Received and sent over all networks. None where there is none, or where one lacks a figure.
fn net(networks: &BTreeMap<String, StatsNetwork>) -> Option<(u64, u64)> {
    let add = |sums: (u64, u64), one: &StatsNetwork| {
        Some((sums.0.saturating_add(one.rx_bytes?), sums.1.saturating_add(one.tx_bytes?)))
    };
    (!networks.is_empty()).then(|| networks.values().try_fold((0, 0), add)).flatten()
}

/// None where the kernel does not account for memory: engines leave all of it out then, or zero.
fn memory(stats: &StatsMemory) -> Option<Memory> {
    let (used, cache) = memory_in_use(MemoryStats {
        usage: stats.usage,
        total_inactive_file: stats.stats.total_inactive_file,
        inactive_file: stats.stats.inactive_file,
    });
    (stats.usage > 0).then_some(Memory { used, cache, limit: stats.limit })
}

/// Told for cgroup v1 alone: for v2 Docker's `failcnt` counts the graver `oom` events of `memory.events`
/// (moby, `daemon/stats_unix.go`, `statsV2`), Podman's nothing.
fn memory_events(stats: &StatsMemory) -> Option<MemoryEvents> {
    stats.stats.total_inactive_file.map(|_| MemoryEvents { limit_hits: stats.failcnt, kills: None })
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

    const V1: &[u8] = include_bytes!("../../../../tests/engine/recorded/stats-docker-v1.json");
    const V2: &[u8] = include_bytes!("../../../../tests/engine/recorded/stats-docker-v2.json");
    const PODMAN: &[u8] = include_bytes!("../../../../tests/engine/recorded/stats-podman.json");

    fn read(json: &[u8]) -> Counters {
        sample(json).unwrap().unwrap().counters
    }

    #[test]
    fn docker_on_cgroup_v1() {
        let counters = read(V1);
        assert_eq!(counters.cpu_ns, Some(37_560_631));
        let memory = counters.memory.unwrap();
        assert_eq!((memory.used, memory.cache), (2_265_088 - 1_720_320, 1_720_320));
        assert_eq!((counters.net, counters.pids), (Some((200, 0)), Some(1)));
        assert_eq!(counters.memory_events, Some(MemoryEvents { limit_hits: 3, kills: None }));
    }

    #[test]
    fn docker_on_cgroup_v2_sums_all_networks() {
        let counters = read(V2);
        let memory = counters.memory.unwrap();
        assert_eq!((memory.used, memory.cache), (6_000_000, 4_000_000));
        assert_eq!(counters.net, Some((1110, 2220)));
        assert_eq!(counters.block, Some((4096, 8192)));
        let throttling = Throttling { periods: 100, throttled_periods: 25, throttled_ns: 5_000_000 };
        assert_eq!(counters.throttling, Some(throttling));
        assert_eq!(counters.memory_events, None, "its failcnt is another figure");
    }

    #[test]
    fn podman_lacks_the_memory_parts() {
        let counters = read(PODMAN);
        let memory = counters.memory.unwrap();
        assert_eq!((memory.used, memory.cache), (1_253_376, 0));
        assert_eq!(counters.net, Some((1000, 500)));
    }

    #[test]
    fn what_an_engine_cannot_count_is_not_zero() {
        let counters = read(br#"{"read":"2026-01-01T00:00:00Z","pids_stats":{"current":1},"memory_stats":{}}"#);
        assert_eq!((counters.cpu_ns, counters.memory, counters.net), (None, None, None));
        assert_eq!((counters.memory_events, counters.throttling), (None, None));
        let odd = br#"{"read":"2026-01-01T00:00:00Z","cpu_stats":{"cpu_usage":{"total_usage":5},"system_cpu_usage":0},
            "pids_stats":{"current":1},"networks":{"eth0":{"rx_bytes":1,"tx_bytes":2},"eth1":{"rx_bytes":3}}}"#;
        assert_eq!((read(odd).cpu_ns, read(odd).net), (None, None));
    }

    #[test]
    fn the_dead_give_no_sample_and_nonsense_says_why() {
        assert_eq!(sample(br#"{"read":"0001-01-01T00:00:00Z"}"#), Ok(None));
        let why = |json: &str| sample(json.as_bytes()).unwrap_err();
        assert_eq!(why(" "), "the engine's response is empty");
        assert_eq!(why("{}"), "the engine's response has no time");
        for odd in [
            "nonsense",
            "null",
            r#"{"cpu_stats":{"cpu_usage":{"total_usage":-5}}}"#,
            r#"{"pids_stats":{"current":NaN}}"#,
        ] {
            assert!(why(odd).starts_with("the engine's response cannot be read: "), "{odd}: {}", why(odd));
        }
        assert_eq!(why(r#"{"read":"2026-01-01T00:00:00Z","networks":{}}"#), "the engine's response has no values");
    }
}
