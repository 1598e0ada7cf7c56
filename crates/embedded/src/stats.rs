//! `GET /containers/{id}/stats`: usage, in the shape of Docker 20.10 on cgroup v2.
//! CPU time over wall-clock time is the truth here: the system's time is taken to run at one second a second and processor.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::container::{Body, Container};
use super::query::Query;
use super::response::{Answer, json, streamed, unfold};
use super::session;
use super::shared::Shared;
use super::synthetic_stats::Figures;
use super::time::{Nanos, SECOND, now, rfc3339};

/// A reading of one container.
#[derive(Debug, Clone)]
struct Reading {
    at: Nanos,
    figures: Option<Figures>,
    name: String,
    id: String,
    memory_limit: u64,
    nano_cpus: u64,
    network: bool,
}

pub(crate) async fn stats(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let id = shared.state().resolve(reference)?;
    let gone = || super::response::ApiError::no_container(reference);
    let first = read(shared, &id).await.ok_or_else(gone)?;
    if query.get("stream").is_some() && !query.flag("stream") {
        if query.flag("one-shot") || first.figures.is_none() {
            return Ok(json(&shape(shared, &first, None)));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let second = read(shared, &id).await.ok_or_else(gone)?;
        return Ok(json(&shape(shared, &second, Some(&first))));
    }
    let shared = shared.clone();
    let state = (shared, id, None::<Reading>, Some(first));
    let pieces = unfold(state, |(shared, id, before, ready)| async move {
        let reading = match ready {
            Some(ready) => ready,
            None => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                read(&shared, &id).await?
            }
        };
        let mut text = serde_json::to_vec(&shape(&shared, &reading, before.as_ref())).unwrap_or_default();
        text.push(b'\n');
        Some((Bytes::from(text), (shared, id, Some(reading), None)))
    });
    Ok(streamed("application/json", pieces))
}

/// Reads a container's figures; none of them when it does not run. `None` when it is gone.
async fn read(shared: &Shared, id: &str) -> Option<Reading> {
    let at = now();
    let (mut reading, pid) = {
        let state = shared.state();
        let one = state.get(id)?;
        let (figures, pid) = match &one.body {
            Body::Synthetic(made) if one.status.alive() => {
                (Some(made.appetite.at(one.active(at), one.spec.memory_limit)), None)
            }
            Body::Process(process) if one.status.alive() => (None, process.pid),
            Body::Synthetic(_) | Body::Process(_) => (None, None),
        };
        (reading(one, at, figures), pid)
    };
    let Some(pid) = pid else { return Some(reading) };
    let fresh = tokio::task::spawn_blocking(move || measure(pid)).await.ok().flatten();
    reading.at = now();
    let mut state = shared.state();
    if let Some(Container { body: Body::Process(process), .. }) = state.get_mut(id)
        && process.pid == Some(pid)
        && let Some(fresh) = fresh
    {
        process.read = fresh.at_least(process.read);
        reading.figures = Some(process.read);
    }
    Some(reading)
}

fn reading(one: &Container, at: Nanos, figures: Option<Figures>) -> Reading {
    Reading {
        at,
        figures,
        name: format!("/{}", one.name),
        id: one.id.clone(),
        memory_limit: one.spec.memory_limit,
        nano_cpus: one.spec.nano_cpus,
        network: !one.is_process() && one.spec.network != "none",
    }
}

/// A clock tick of /proc, nanoseconds: USER_HZ is 100 on every machine Linux runs on.
const TICK: u64 = 10_000_000;

/// The use of a session's processes together. None where there is no /proc.
fn measure(session: i32) -> Option<Figures> {
    let members = session::members(session);
    let mut sum = Figures { pids: members.len() as u64, ..Figures::default() };
    for member in &members {
        sum.cpu_ns += (member.user + member.system) * TICK;
        sum.memory += memory_of(member.pid);
        let io = std::fs::read_to_string(format!("/proc/{}/io", member.pid)).unwrap_or_default();
        sum.read += field(&io, "read_bytes:");
        sum.written += field(&io, "write_bytes:");
    }
    (!members.is_empty()).then_some(sum)
}

/// The proportional share of memory of one process, or its resident set where the share is not told; bytes.
fn memory_of(pid: i32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let share = field(&rollup, "Pss:") * 1024;
    if share > 0 {
        return share;
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    field(&status, "VmRSS:") * 1024
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn shape(shared: &Shared, now: &Reading, before: Option<&Reading>) -> Value {
    let none = json!({
        "read": rfc3339(None), "preread": rfc3339(None), "pids_stats": {}, "blkio_stats": blkio(None), "num_procs": 0,
        "storage_stats": {}, "cpu_stats": cpu(shared, None), "precpu_stats": cpu(shared, None), "memory_stats": {},
        "name": now.name, "id": now.id,
    });
    let Some(figures) = &now.figures else { return none };
    let before = before.filter(|before| before.figures.is_some());
    let mut all = none;
    all["read"] = json!(rfc3339(Some(now.at)));
    all["preread"] = json!(rfc3339(before.map(|before| before.at)));
    all["pids_stats"] = json!({ "current": figures.pids });
    all["blkio_stats"] = blkio(Some(figures));
    all["cpu_stats"] = cpu(shared, Some(now));
    all["precpu_stats"] = cpu(shared, before);
    let anon = figures.memory - figures.cache;
    all["memory_stats"] = json!({
        "usage": figures.memory,
        "stats": { "anon": anon, "file": figures.cache, "inactive_file": figures.cache, "active_file": 0, "active_anon": anon,
            "inactive_anon": 0, "file_dirty": 0, "file_mapped": 0, "kernel_stack": 0, "slab": 0, "pgfault": 0, "pgmajfault": 0 },
        "limit": if now.memory_limit > 0 { now.memory_limit } else { shared.host.memory },
    });
    if now.network {
        all["networks"] = json!({ "eth0": {
            "rx_bytes": figures.received, "rx_packets": figures.received / 900, "rx_errors": 0, "rx_dropped": 0,
            "tx_bytes": figures.sent, "tx_packets": figures.sent / 900, "tx_errors": 0, "tx_dropped": 0,
        }});
    }
    all
}

fn cpu(shared: &Shared, reading: Option<&Reading>) -> Value {
    let processors = shared.host.processors as u64;
    let used = reading.and_then(|reading| reading.figures).map_or(0, |figures| figures.cpu_ns);
    let capped = reading.is_some_and(|reading| reading.nano_cpus > 0);
    let periods = if capped { used / 5_000_000 } else { 0 };
    let mut cpu = json!({
        "cpu_usage": { "total_usage": used, "usage_in_kernelmode": used / 5, "usage_in_usermode": used - used / 5 },
        "throttling_data": { "periods": periods, "throttled_periods": periods / 12, "throttled_time": periods / 12 * 3_000_000 },
    });
    if let Some(reading) = reading {
        let since = (reading.at - shared.host.started).max(0) as u64 + 86_400 * SECOND as u64;
        cpu["system_cpu_usage"] = json!(since * processors);
        cpu["online_cpus"] = json!(processors);
    }
    cpu
}

fn blkio(figures: Option<&Figures>) -> Value {
    let entry = |op: &str, value: u64| json!({ "major": 8, "minor": 0, "op": op, "value": value });
    json!({
        "io_service_bytes_recursive": figures.map(|f| [entry("read", f.read), entry("write", f.written)]),
        "io_serviced_recursive": null, "io_queue_recursive": null, "io_service_time_recursive": null,
        "io_wait_time_recursive": null, "io_merged_recursive": null, "io_time_recursive": null, "sectors_recursive": null,
    })
}
