//! What can be done with a container: start, stop, kill, pause and the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::container::{Body, Container, Process, Status};
use super::event_log::Kind;
use super::list::written;
use super::names::is_name;
use super::query::Query;
use super::response::{Answer, ApiError, json, no_content, status, streamed, unfold};
use super::session::{self, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGSTOP, SIGTERM};
use super::shared::{Shared, wait_until};
use super::time::now;

/// How long a stop waits when nobody says how long, seconds.
const GRACE: i64 = 10;

/// How long a process killed outright may take to be buried.
const BURIAL: Duration = Duration::from_secs(10);

pub(crate) fn start(shared: &Shared, reference: &str) -> Answer {
    let (id, process) = {
        let state = shared.state();
        let one = state.find(reference)?;
        match one.status {
            Status::Running => return Err(ApiError::already()),
            Status::Paused => return Err(ApiError::conflict("cannot start a paused container, try unpause instead")),
            Status::Created | Status::Restarting | Status::Exited | Status::Dead => {
                state.networks_are_there(one)?;
                (one.id.clone(), one.is_process())
            }
        }
    };
    begin(shared, &id, process)?;
    Ok(no_content())
}

fn begin(shared: &Shared, id: &str, process: bool) -> Result<(), ApiError> {
    if process {
        return shared.launch(id);
    }
    shared.state().start_synthetic(id, now());
    Ok(())
}

pub(crate) async fn stop(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let id = shared.state().resolve(reference)?;
    let grace = query.number("t")?;
    if !shared.state().find(&id)?.status.alive() && shared.state().find(&id)?.status != Status::Restarting {
        return Err(ApiError::already());
    }
    end(shared, &id, grace).await?;
    shared.state().tell(&id, now(), "stop", &[]);
    Ok(no_content())
}

pub(crate) async fn restart(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let id = shared.state().resolve(reference)?;
    let grace = query.number("t")?;
    end(shared, &id, grace).await?;
    let process = shared.state().find(&id)?.is_process();
    begin(shared, &id, process)?;
    shared.state().tell(&id, now(), "restart", &[]);
    Ok(no_content())
}

/// Ends a container that is alive: its stop signal, the grace period, SIGKILL.
async fn end(shared: &Shared, id: &str, grace: Option<i64>) -> Result<(), ApiError> {
    let (signal, grace) = {
        let mut state = shared.state();
        let one = state.find_mut(id)?;
        one.asked_to_stop = true;
        if one.status == Status::Restarting {
            one.status = Status::Exited;
            one.changed();
        }
        if !one.status.alive() {
            return Ok(());
        }
        let grace = grace.or(one.spec.stop_timeout).unwrap_or(GRACE);
        (one.spec.stop_signal.unwrap_or(SIGTERM), grace)
    };
    send(shared, id, signal)?;
    // As with Docker, a negative grace is one without end.
    let patience = u64::try_from(grace).map_or(Duration::from_secs(10 * 365 * 86_400), Duration::from_secs);
    if ended(shared, id, patience).await {
        return Ok(());
    }
    send(shared, id, SIGKILL)?;
    if ended(shared, id, BURIAL).await { Ok(()) } else { Err(ApiError::failed(format!("container {id} did not end"))) }
}

/// True when a container has ended within `most`, or is gone.
async fn ended(shared: &Shared, id: &str, most: Duration) -> bool {
    wait_until(shared, id, most, |one| !one.status.alive()).await || shared.state().get(id).is_none()
}

/// Sends a signal, and tells it. A paused container is let go on, so that it can obey.
fn send(shared: &Shared, id: &str, signal: i32) -> Result<(), ApiError> {
    let mut state = shared.state();
    let one = state.find_mut(id)?;
    if !one.status.alive() {
        return Ok(());
    }
    let paused = one.status == Status::Paused;
    let pid = if let Body::Process(process) = &one.body { process.pid } else { None };
    if paused {
        one.unpause(now());
    }
    state.tell(id, now(), "kill", &[("signal", signal.to_string())]);
    match pid {
        Some(pid) if signal == SIGKILL => session::signal(pid, SIGKILL),
        // As in a container: the first process hears it, and when it ends the others go with it.
        Some(pid) => {
            session::signal_first(pid, signal);
            if paused {
                state.sessions_of(id).into_iter().for_each(|pid| session::signal(pid, SIGCONT));
            }
        }
        None => state.signal_synthetic(id, signal, now()),
    }
    Ok(())
}

pub(crate) async fn kill(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let signal = signal_number(query.get("signal").unwrap_or("KILL"))?;
    let id = {
        let mut state = shared.state();
        let one = state.find_mut(reference)?;
        if !one.status.alive() {
            return Err(ApiError::conflict(format!(
                "Cannot kill container: {reference}: Container {} is not running",
                one.id
            )));
        }
        if signal == SIGKILL || signal == one.spec.stop_signal.unwrap_or(SIGTERM) {
            one.asked_to_stop = true;
        }
        one.id.clone()
    };
    send(shared, &id, signal)?;
    if signal == SIGKILL && !ended(shared, &id, BURIAL).await {
        return Err(ApiError::failed(format!("container {id} did not end")));
    }
    Ok(no_content())
}

const SIGNALS: &[(&str, i32)] = &[
    ("HUP", SIGHUP),
    ("INT", SIGINT),
    ("QUIT", SIGQUIT),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("FPE", 8),
    ("KILL", SIGKILL),
    ("SEGV", 11),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", SIGTERM),
    ("STOP", SIGSTOP),
    ("CONT", SIGCONT),
    ("USR1", if cfg!(target_os = "linux") { 10 } else { 30 }),
    ("USR2", if cfg!(target_os = "linux") { 12 } else { 31 }),
    ("WINCH", 28),
    ("CHLD", if cfg!(target_os = "linux") { 17 } else { 20 }),
];

/// `SIGTERM`, `term` or `15`.
pub(crate) fn signal_number(text: &str) -> Result<i32, ApiError> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let number = known.or_else(|| text.parse().ok().filter(|number| (1..=31).contains(number)));
    number.ok_or_else(|| ApiError::bad(format!("Invalid signal: {text}")))
}

pub(crate) fn pause(shared: &Shared, reference: &str) -> Answer {
    let mut state = shared.state();
    let one = state.find(reference)?;
    match one.status {
        Status::Running => {}
        Status::Paused => return Err(ApiError::conflict(format!("Container {} is already paused", one.id))),
        Status::Restarting => {
            let text = format!("Container {} is restarting, wait until the container is running", one.id);
            return Err(ApiError::conflict(text));
        }
        Status::Created | Status::Exited | Status::Dead => {
            return Err(ApiError::conflict(format!("Container {} is not running", one.id)));
        }
    }
    let id = one.id.clone();
    state.sessions_of(&id).into_iter().for_each(|pid| session::signal(pid, SIGSTOP));
    state.find_mut(&id)?.pause(now());
    state.tell(&id, now(), "pause", &[]);
    Ok(no_content())
}

pub(crate) fn unpause(shared: &Shared, reference: &str) -> Answer {
    let mut state = shared.state();
    let one = state.find(reference)?;
    if one.status != Status::Paused {
        // Docker calls this its own failure.
        return Err(ApiError::failed(format!("Container {} is not paused", one.id)));
    }
    let id = one.id.clone();
    state.sessions_of(&id).into_iter().for_each(|pid| session::signal(pid, SIGCONT));
    state.find_mut(&id)?.unpause(now());
    state.tell(&id, now(), "unpause", &[]);
    Ok(no_content())
}

pub(crate) fn rename(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let name = query.get("name").unwrap_or("").trim_start_matches('/').to_string();
    let mut state = shared.state();
    let id = state.resolve(reference)?;
    if name.is_empty() {
        return Err(ApiError::bad("Neither old nor new names may be empty"));
    }
    if !is_name(&name) {
        return Err(ApiError::bad(format!(
            "Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )));
    }
    state.rename(&id, &name, now())?;
    Ok(no_content())
}

/// Headers go out at once; the body when the condition holds.
pub(crate) fn wait(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let condition = query.get("condition").unwrap_or("not-running").to_string();
    if !["not-running", "next-exit", "removed"].contains(&condition.as_str()) {
        return Err(ApiError::bad(format!("invalid condition: {condition:?}")));
    }
    let (id, run, alive, last) = {
        let state = shared.state();
        let one = state.find(reference)?;
        (one.id.clone(), one.run, one.status.alive() || one.status == Status::Restarting, one.outcome.clone())
    };
    // An end that is over already does not count as the next one.
    let target = if condition == "next-exit" && !alive { run + 1 } else { run };
    let pieces = unfold(Some(shared.clone()), move |shared| {
        let (id, condition, last) = (id.clone(), condition.clone(), last.clone());
        async move {
            let shared = shared?;
            let code = outcome(&shared, &id, &condition, target, last).await;
            Some((Bytes::from(json!({ "Error": null, "StatusCode": code }).to_string() + "\n"), None))
        }
    });
    Ok(streamed("application/json", pieces))
}

async fn outcome(shared: &Shared, id: &str, condition: &str, target: u64, last: Arc<AtomicI64>) -> i64 {
    let ever = Duration::from_secs(10 * 365 * 86_400);
    let reached = |one: &Container| {
        let over = !one.status.alive();
        match condition {
            "removed" => false,
            "next-exit" => one.run > target || (one.run == target && over),
            _ => over && one.status != Status::Restarting,
        }
    };
    wait_until(shared, id, ever, reached).await;
    last.load(Ordering::Relaxed)
}

pub(crate) fn resize(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let state = shared.state();
    let one = state.find(reference)?;
    if !one.status.alive() {
        return Err(ApiError::conflict(format!("Container {} is not running", one.id)));
    }
    let size = super::exec::size(query)?;
    // Nothing depends on the size of what has no terminal, or a synthetic one.
    if let Body::Process(Process { terminal: Some(terminal), .. }) = &one.body {
        let failed = |error| ApiError::failed(format!("the terminal's size cannot be set: {error}"));
        terminal.resize(size).map_err(failed)?;
    }
    Ok(status(http::StatusCode::OK))
}

pub(crate) async fn remove(shared: &Shared, reference: &str, query: &Query) -> Answer {
    if query.flag("link") {
        return Err(ApiError::unable("know links between containers"));
    }
    let (id, state) = {
        let state = shared.state();
        let one = state.find(reference)?;
        (one.id.clone(), one.status)
    };
    if (state.alive() || state == Status::Restarting) && !query.flag("force") {
        let how = match state {
            Status::Paused => format!("cannot remove a paused container {id}. Unpause and then stop"),
            Status::Restarting => format!("cannot remove a restarting container {id}. Stop"),
            Status::Created | Status::Running | Status::Exited | Status::Dead => {
                format!("cannot remove a running container {id}. Stop")
            }
        };
        return Err(ApiError::conflict(format!("You {how} the container before attempting removal or force remove")));
    }
    if state.alive() {
        shared.state().find_mut(&id)?.asked_to_stop = true;
        send(shared, &id, SIGKILL)?;
        if !ended(shared, &id, BURIAL).await {
            return Err(ApiError::failed(format!("container {id} did not end")));
        }
    }
    if query.flag("v") {
        shared.state().remove_with_volumes(&id, now());
    } else {
        shared.state().remove(&id, now());
    }
    Ok(no_content())
}

pub(crate) fn prune(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["label", "label!", "until"])?;
    let until = filters.until(now())?;
    let mut state = shared.state();
    let goes = |one: &&Container| {
        matches!(one.status, Status::Created | Status::Exited | Status::Dead)
            && until.is_none_or(|until| one.created < until)
            && filters.labels(&one.spec.labels)
    };
    let ids: Vec<String> = state.all().filter(goes).map(|one| one.id.clone()).collect();
    let present = now();
    let bytes: u64 = ids.iter().filter_map(|id| state.get(id)).map(|one| written(&state, one)).sum();
    ids.iter().for_each(|id| state.remove(id, present));
    state.tell_of(Kind::Container, "", present, "prune", &[("reclaimed", bytes.to_string())]);
    let deleted = if ids.is_empty() { Value::Null } else { json!(ids) };
    Ok(json(&json!({ "ContainersDeleted": deleted, "SpaceReclaimed": bytes })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_by_name_and_number() {
        for text in ["SIGTERM", "term", "TERM", "15"] {
            assert_eq!(signal_number(text), Ok(15), "{text}");
        }
        for bad in ["", "0", "99", "-9", "SIGNOPE", "é"] {
            assert!(signal_number(bad).is_err(), "{bad}");
        }
    }
}
