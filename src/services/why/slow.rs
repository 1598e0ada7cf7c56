//! Containers that run and are held back.

use super::Finding;
use super::case::{Case, Trouble};
use super::words::{bytes, times};

/// The kinds of what is found here.
pub(super) const KINDS: [&str; 3] = [THROTTLING, MEMORY, PROCESSES];
const THROTTLING: &str = "throttled";
const MEMORY: &str = "memory-near-limit";
const PROCESSES: &str = "processes-near-limit";

/// From this share of throttled periods on it is slow because of that, per cent.
const THROTTLED: f64 = 20.0;
/// From this part of the limit on memory is near it.
const NEAR: f64 = 0.9;

fn runs(case: &Case) -> bool {
    matches!(case.trouble, Trouble::Runs | Trouble::Starting | Trouble::Unhealthy)
}

/// What holds it back, as evidence beside another cause.
pub(super) fn beside(case: &Case) -> Vec<String> {
    let found = [throttled(case), memory(case), processes(case)];
    found.into_iter().flatten().flat_map(|finding| finding.evidence).collect()
}

/// Its CPU quota is used up.
pub(super) fn throttled(case: &Case) -> Option<Finding> {
    let series = case.usage().filter(|_| runs(case))?;
    let share = series.latest.throttled;
    if share < THROTTLED {
        return None;
    }
    let quota = case.detail().and_then(|detail| detail.limits.processors);
    let of = quota.map(|quota| format!(" of {quota} CPUs")).unwrap_or_default();
    let cpu = series.latest.cpu.map(|cpu| format!("CPU {cpu:.0} % of one processor"));
    Some(
        Finding::new(
            THROTTLING,
            format!("it is slow: throttled in {share:.0} % of the time, its CPU quota{of} is used up"),
        )
        .because([format!("throttled in {share:.0} % of the scheduling periods")])
        .because(cpu)
        .advise(["raise its CPU limit", "look which of its processes needs the CPU"]),
    )
}

/// Its memory is near the limit.
pub(super) fn memory(case: &Case) -> Option<Finding> {
    let latest = &case.usage().filter(|_| runs(case))?.latest;
    let limit = case.memory_limit()?;
    let used = latest.memory?.used;
    let events = latest.memory_events.unwrap_or_default();
    let kills = events.kills.filter(|kills| *kills > 0);
    if (used as f64) < limit as f64 * NEAR && latest.limit_hits_per_second <= 0.0 && kills.is_none() {
        return None;
    }
    let (used, limit) = (bytes(used), bytes(limit));
    let killed = kills.map(|kills| format!("the kernel killed processes inside {}", times(kills)));
    let hits =
        (events.limit_hits > 0).then(|| format!("the limit was hit {} since the start", times(events.limit_hits)));
    let reason = match &killed {
        Some(_) => format!("a process inside was killed for memory: it uses {used} of its limit of {limit}"),
        None => format!("its memory is near the limit: {used} of {limit}"),
    };
    Some(
        Finding::new(MEMORY, reason)
            .because([format!("memory {used} of {limit}")])
            .because(hits)
            .because(killed)
            .advise(["raise the memory limit before the kernel kills it", "see whether it grows: a leak?"]),
    )
}

/// It may have no more processes.
pub(super) fn processes(case: &Case) -> Option<Finding> {
    let pids = case.usage().filter(|_| runs(case))?.latest.pids?;
    let limit = case.detail()?.limits.pids?;
    (pids as f64 >= limit as f64 * NEAR).then(|| {
        Finding::new(PROCESSES, format!("it has {pids} of at most {limit} processes: it may fail to start more"))
            .because([format!("processes {pids}, limit {limit}")])
            .advise(["raise the pids limit", "look for processes that are never waited for"])
    })
}
