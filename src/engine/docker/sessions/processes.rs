//! What runs in a container, again and again.

use super::context::SessionContext;
use super::host::{Host, TICKS_PER_SECOND};
use super::{requests, top};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{ExecSession, Id, Process, Processes, StreamEvent, text};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks.
const PACE: Duration = Duration::from_secs(2);
/// Exec sessions that are asked for in one look: engines remember those that have ended for a while.
const EXECS: usize = 32;

/// Looks until the container does not run, or nobody reads any more.
pub async fn run(shared: &Shared, outlet: &StreamSink, id: &Id) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "list the processes of", false).await?;
    let host = shared.settings.kernel_root.as_ref().map(|root| Host::new(root, id.raw()));
    let mut clock = Clock { host, seen: HashMap::new() };
    let mut known: Option<Processes> = None;
    loop {
        match look(&ground, id, &mut clock).await {
            Ok(now) if known.as_ref() == Some(&now) => {}
            Ok(now) => {
                known = Some(now.clone());
                outlet.chunk(StreamEvent::Processes(Arc::new(now))).await?;
            }
            Err(fault) if fault.is_loss() && !matches!(fault, EngineError::Garbage(_)) => {
                shared.wakeups.suspect.notify_one();
                sleep(PACE).await;
                let mut line = shared.line.clone();
                // An error means that the store is ending, and this task with it.
                drop(line.wait_for(|line| line.up).await);
                continue;
            }
            Err(fault) => return Err(over(&ground, &fault)),
        }
        sleep(PACE).await;
    }
}

fn over(ground: &SessionContext<'_>, fault: &EngineError) -> StreamEnd {
    match fault {
        // The engine's own words: the row may say otherwise.
        EngineError::Status(_, words) if words.contains("is not running") => ground.problem(words, "start it first"),
        // The link is well, and asking again would bring the same.
        EngineError::Garbage(what) => ground.problem(format!("the engine's response cannot be read: {what}"), ""),
        fault => ground.fault(fault),
    }
}

async fn look(ground: &SessionContext<'_>, id: &Id, clock: &mut Clock) -> Result<Processes, EngineError> {
    let transport = &ground.transport;
    let (list, inspected) = tokio::join!(top::ask(transport, id.raw()), requests::inspect(transport, id.raw()));
    let mut list = list?;
    clock.measure(&mut list).await;
    let mut execs = Vec::new();
    for raw in inspected?.exec_ids.iter().rev().take(EXECS) {
        match requests::inspect_exec(transport, raw).await {
            Ok(seen) if requests::runs(&seen) => {
                let pid = requests::pid(&seen);
                let process = seen.process_config.unwrap_or_default();
                let words = process.entrypoint.into_iter().chain(process.arguments.into_iter().flatten());
                let command = words.collect::<Vec<_>>().join(" ");
                execs.push(ExecSession {
                    raw: text::clean(raw).into(),
                    pid,
                    command: text::clean(&command).into_owned(),
                    user: text::clean(&process.user.unwrap_or_default()).into_owned(),
                    tty: process.tty.unwrap_or_default(),
                    ours: ground.shared.sessions.holds(raw),
                });
            }
            Err(fault) if fault.is_loss() => return Err(fault),
            // One that ended meanwhile is not there.
            Ok(_) | Err(_) => {}
        }
    }
    execs.reverse();
    Ok(Processes { list, execs })
}

/// CPU since the last look, where this machine's kernel tells it.
struct Clock {
    host: Option<Host>,
    seen: HashMap<i32, (Instant, u64)>,
}

impl Clock {
    async fn measure(&mut self, list: &mut [Process]) {
        let Some(host) = &self.host else { return };
        let pids: Vec<i32> = list.iter().map(|process| process.pid).collect();
        let read = move |host: &Host| pids.iter().map(|pid| (Instant::now(), host.ticks(*pid))).collect::<Vec<_>>();
        let Some(read) = host.look(read).await else { return };
        let mut seen = HashMap::with_capacity(list.len());
        for (process, (now, ticks)) in list.iter_mut().zip(read) {
            let Some(ticks) = ticks else { continue };
            if let Some((before, known)) = self.seen.get(&process.pid) {
                let seconds = now.duration_since(*before).as_secs_f64();
                let used = ticks.saturating_sub(*known) as f64 / TICKS_PER_SECOND;
                process.cpu = Some((used / seconds.max(0.001) * 1000.0).round() / 10.0);
            }
            seen.insert(process.pid, (now, ticks));
        }
        self.seen = seen;
    }
}
