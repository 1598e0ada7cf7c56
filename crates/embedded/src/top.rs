//! `GET /containers/{id}/top`: the processes of a container and of the commands inside it, as `ps` shows them.

use serde_json::json;

use super::container::{Body, Container};
use super::ps::{Frame, Proc, Table};
use super::query::Query;
use super::response::{Answer, ApiError, json};
use super::rng::{Rng, mix};
use super::session::{self, Member};
use super::shared::Shared;
use super::time::{Nanos, now, seconds};

pub(crate) fn top(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let state = shared.state();
    let one = state.find(reference)?;
    if !one.status.alive() {
        return Err(ApiError::conflict(format!("Container {} is not running", one.id)));
    }
    let table = Table::parse(query.get("ps_args").unwrap_or("-ef"))?;
    let mut all = if let Body::Synthetic(_) = one.body { made_up(one) } else { Vec::new() };
    let sessions = state.sessions_of(&one.id);
    drop(state);
    let boot = boot();
    all.extend(sessions.into_iter().flat_map(session::members).map(|member| look(&member, boot)));
    let frame = Frame { now: now(), memory: shared.host.memory };
    let rows: Vec<Vec<String>> = all.iter().map(|one| table.row(one, frame)).collect();
    Ok(json(&json!({ "Titles": table.titles(), "Processes": rows })))
}

/// When the machine started: what processes' own starts are counted from.
fn boot() -> Nanos {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    now() - seconds(uptime.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0.0))
}

/// A process of this machine; what has ended by now is shown without what cannot be read any more.
fn look(member: &Member, boot: Nanos) -> Proc {
    use std::os::unix::fs::MetadataExt;
    let folder = format!("/proc/{}", member.pid);
    let line = std::fs::read(format!("{folder}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&line).trim_end_matches('\0').replace('\0', " ");
    Proc {
        pid: member.pid,
        parent: member.parent,
        group: member.group,
        session: member.session,
        uid: std::fs::metadata(&folder).map_or(0, |meta| meta.uid()),
        state: state(member),
        tty: tty(member.tty),
        nice: member.nice,
        threads: member.threads,
        virtual_size: member.virtual_size / 1024,
        resident: member.resident_pages * rustix::param::page_size() as u64 / 1024,
        used: (member.user + member.system) as f64 / 100.0,
        started: boot + member.started as Nanos * (super::time::SECOND / 100),
        name: member.name.clone(),
        command: if words.is_empty() { format!("[{}]", member.name) } else { words },
    }
}

/// The state with the marks that `ps` adds to it.
fn state(member: &Member) -> String {
    let marks = [
        (member.nice < 0, '<'),
        (member.nice > 0, 'N'),
        (member.pid == member.session, 's'),
        (member.threads > 1, 'l'),
        (member.group == member.foreground, '+'),
    ];
    std::iter::once(member.state).chain(marks.into_iter().filter_map(|(is, mark)| is.then_some(mark))).collect()
}

/// The name of a terminal by its device number (proc_pid_stat(5)).
fn tty(device: i64) -> String {
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    match major {
        136..=143 => format!("pts/{}", (major - 136) * 256 + minor),
        4 if minor < 64 => format!("tty{minor}"),
        _ => "?".into(),
    }
}

/// A first process and its children, with CPU time and memory shared out among them.
fn made_up(one: &Container) -> Vec<Proc> {
    let Some(made) = one.synthetic() else { return Vec::new() };
    let figures = made.appetite.at(one.active(now()), one.spec.memory_limit);
    let first = one.pid();
    let mut rng = Rng::new(mix(made.appetite.seed, 17));
    let argv = one.spec.argv();
    let name = argv.first().map_or("init", String::as_str).rsplit('/').next().unwrap_or("init").to_string();
    let resident = figures.memory / 1024 / figures.pids.max(1);
    (0..figures.pids.min(200))
        .map(|index| Proc {
            pid: first + index as i32,
            parent: if index == 0 { 1 } else { first },
            group: first,
            session: first,
            state: if index == 0 { "Ss".into() } else { "S".into() },
            tty: "?".into(),
            threads: 1,
            virtual_size: resident * 4,
            resident,
            used: figures.cpu_ns as f64 / 1e9 * rng.unit() * 2.0 / figures.pids as f64,
            started: one.started_at().unwrap_or(0),
            command: if index == 0 { argv.join(" ") } else { format!("{name}: worker {index}") },
            name: name.clone(),
            ..Proc::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_by_their_devices() {
        assert_eq!(tty(0), "?");
        assert_eq!(tty(136 << 8 | 3), "pts/3");
        assert_eq!(tty(137 << 8 | 1), "pts/257");
        assert_eq!(tty(4 << 8 | 1), "tty1");
    }
}
