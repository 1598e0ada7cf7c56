//! `GET /containers/{id}/top`: the processes of an instance, as `ps -ef` shows them.

use serde_json::json;

use super::answer::{Answer, Refusal, json};
use super::dice::{Dice, mix};
use super::engine::Hub;
use super::instance::{Body, Instance};
use super::query::Query;
use super::session::{self, Member};
use super::time::now;

const TITLES: [&str; 8] = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"];

pub(crate) fn top(hub: &Hub, reference: &str, query: &Query) -> Answer {
    let world = hub.world();
    let one = world.find(reference)?;
    if !one.status.alive() {
        return Err(Refusal::conflict(format!("Container {} is not running", one.id)));
    }
    if query.get("ps_args").is_some_and(|args| !matches!(args, "-ef" | "ef")) {
        return Err(Refusal::unable("know other arguments of ps than -ef"));
    }
    let rows = match &one.body {
        Body::Synthetic(_) => made_up(one),
        Body::Process(process) => {
            process.pid.map(|pid| session::members(pid).iter().map(row).collect()).unwrap_or_default()
        }
    };
    Ok(json(&json!({ "Titles": TITLES, "Processes": rows })))
}

/// Hours, minutes and seconds of CPU time.
fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn row(member: &Member) -> [String; 8] {
    use std::os::unix::fs::MetadataExt;
    let folder = format!("/proc/{}", member.pid);
    let owner = std::fs::metadata(&folder).map_or(0, |meta| meta.uid());
    let line = std::fs::read(format!("{folder}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&line).trim_end_matches('\0').replace('\0', " ");
    let command = if words.is_empty() { format!("[{}]", member.name) } else { words };
    let used = clock((member.user + member.system) / 100);
    [
        owner.to_string(),
        member.pid.to_string(),
        member.parent.to_string(),
        "0".into(),
        started(member),
        "?".into(),
        used,
        command,
    ]
}

/// When a process started, as a clock shows it: ticks after the machine's start.
fn started(member: &Member) -> String {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let uptime: f64 = uptime.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let ago = (uptime - member.started as f64 / 100.0).max(0.0);
    minute(now() - super::time::seconds(ago))
}

fn minute(at: i64) -> String {
    super::time::rfc3339(Some(at)).get(11..16).unwrap_or("").to_string()
}

/// A first process and its children, with CPU time shared out among them.
fn made_up(one: &Instance) -> Vec<[String; 8]> {
    let Some(made) = one.synthetic() else { return Vec::new() };
    let figures = made.appetite.at(one.active(now()), one.spec.memory_limit);
    let first = one.pid();
    let start = minute(one.started_at().unwrap_or(0));
    let mut dice = Dice::new(mix(made.appetite.seed, 17));
    let argv = one.spec.argv();
    let name = argv.first().map_or("init", String::as_str).rsplit('/').next().unwrap_or("init").to_string();
    (0..figures.pids.min(200))
        .map(|index| {
            let share = dice.unit() * 2.0 / figures.pids as f64;
            let used = clock((figures.cpu_ns as f64 / 1e9 * share) as u64);
            let (parent, command) =
                if index == 0 { (1, argv.join(" ")) } else { (first, format!("{name}: worker {index}")) };
            let pid = first + index as i32;
            ["0".into(), pid.to_string(), parent.to_string(), "0".into(), start.clone(), "?".into(), used, command]
        })
        .collect()
}
