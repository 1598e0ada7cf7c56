//! This room knows sessions inside an instance: a command, its main process, a helper beside it, and the processes there.
//! It may use the store's transport, the model and this machine's own process files.
//! It never leaves a process of ours behind where that can be avoided, and never reads bytes as anything but bytes.

mod attach;
pub(super) mod closing;
mod exec;
mod flow;
mod host;
pub(super) mod input;
pub(super) mod owner;
mod processes;
pub mod records;
pub(super) mod requests;
mod shell;
mod sidecar;
pub(super) mod signal;
mod top;

use super::fault::Fault;
use super::link::{self, Contact};
use super::transport::Transport;
use super::wires::{Closed, Outlet};
use super::{Hub, Place, shapes, translate};
use crate::model::{EngineId, Id, Problem, Source};
use input::Typing;
pub(super) use requests::made;
use std::sync::Arc;
use std::time::Duration;

/// How long a session that has ended may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs a session until it is over: by itself, or why; or until nobody reads any more.
pub async fn run(hub: &Hub, outlet: &Outlet, source: Source, mut typing: Typing) -> Result<Option<Problem>, Closed> {
    let done = match source {
        Source::Exec(exec) => exec::run(hub, outlet, &exec, &mut typing).await,
        Source::Attach { id, size } => attach::run(hub, outlet, &id, size, &mut typing).await,
        Source::Sidecar { id, image, size } => sidecar::run(hub, outlet, &id, &image, size, &mut typing).await,
        Source::Processes { id } => processes::run(hub, outlet, &id).await,
        // Not of this room: the caller has told them apart.
        _ => Ok(()),
    };
    match done {
        Ok(()) => Ok(None),
        Err(Halt::Problem(problem)) => Ok(Some(problem)),
        Err(Halt::Closed) => Err(Closed),
    }
}

/// Why a session cannot go on.
pub(super) enum Halt {
    /// Nobody reads any more.
    Closed,
    /// Something to be told.
    Problem(Problem),
}

impl From<Closed> for Halt {
    fn from(_: Closed) -> Self {
        Halt::Closed
    }
}

/// How long a session that is opened waits for an engine that was lost: most cuts are mended within a second, and a wish of just
/// now is still one then.
const FLAP: Duration = Duration::from_secs(2);

/// What a session's connection leads to.
#[derive(Clone, Copy)]
enum Opened<'a> {
    /// An exec session.
    Exec(&'a str),
    /// The main process of an instance.
    Container(&'a str),
}

impl Opened<'_> {
    async fn runs(self, transport: &Transport) -> Result<bool, Fault> {
        match self {
            Opened::Exec(exec) => Ok(requests::inspect_exec(transport, exec).await?.running),
            Opened::Container(container) => Ok(requests::inspect(transport, container).await?.state.running),
        }
    }
}

/// What every session needs.
pub(super) struct Ground<'a> {
    hub: &'a Hub,
    outlet: &'a Outlet,
    /// The way to the engine.
    pub(super) transport: Transport,
    place: Arc<Place>,
    contact: Contact,
    during: String,
}

impl<'a> Ground<'a> {
    /// The way to the engine, for doing `verb` to an instance; an engine that was just lost is waited for a moment. What changes
    /// something is refused here when that is forbidden, before any byte; the transport would refuse it too.
    pub(super) async fn enter(
        hub: &'a Hub,
        outlet: &'a Outlet,
        id: &Id,
        verb: &str,
        changes: bool,
    ) -> Result<Self, Halt> {
        let during = format!("{verb} {}", name(hub, id));
        if !translate::is_container_id(id.raw()) {
            return Err(Halt::Problem(Problem::new(during, "this engine does not know that instance", "")));
        }
        Self::on(hub, outlet, id.engine(), during, changes).await
    }

    /// The way to the engine, for something else than an instance.
    pub(super) async fn on(
        hub: &'a Hub,
        outlet: &'a Outlet,
        engine: EngineId,
        during: String,
        changes: bool,
    ) -> Result<Self, Halt> {
        if changes && hub.settings.read_only {
            return Err(Halt::Problem(Fault::ReadOnly.problem(&during, None)));
        }
        if engine != hub.settings.engine {
            return Err(Halt::Problem(Problem::new(during, "this engine is not open", "")));
        }
        // Time or the store's end decides; either way what the line says then is what counts.
        drop(tokio::time::timeout(FLAP, hub.line.clone().wait_for(|line| line.up)).await);
        let contact = Contact::of(hub);
        let line = hub.line.borrow().clone();
        let Some((transport, place)) = line.way.filter(|_| line.up) else {
            let mend = "wait until it is back, or retry now";
            return Err(Halt::Problem(Problem::new(during, "the engine does not answer", mend)));
        };
        Ok(Self { hub, outlet, transport, place, contact, during })
    }

    /// A fault as the end of the session.
    pub(super) fn fault(&self, fault: &Fault) -> Halt {
        if fault.is_loss() {
            self.hub.nudges.suspect.notify_one();
        }
        Halt::Problem(fault.problem(&self.during, Some(&self.place)))
    }

    /// Something that an engine did not say.
    pub(super) fn problem(&self, cause: impl AsRef<str>, mend: &str) -> Halt {
        Halt::Problem(Problem::new(&self.during, cause, mend))
    }

    /// Returns when the engine was away and what was opened before is over, by what it says now. What still runs goes on: an
    /// engine's events may be cut off, by a proxy's limit for instance, while its sessions are not.
    async fn lost(&self, what: Opened<'_>) -> Fault {
        let mut over = self.contact.clone();
        loop {
            over.over().await;
            over = Contact::of(self.hub);
            match what.runs(&self.transport).await {
                Err(Fault::Status(404, _)) => break,
                Ok(false) => {
                    // Its last output and its end may be on their way still.
                    tokio::time::sleep(LAST_WORDS).await;
                    break;
                }
                Ok(true) | Err(_) => {}
            }
        }
        link::engine_was_away()
    }

    /// Inspects an instance that must be running.
    async fn running(&self, id: &Id) -> Result<shapes::Inspected, Halt> {
        let inspected = requests::inspect(&self.transport, id.raw()).await.map_err(|fault| self.fault(&fault))?;
        if inspected.state.running {
            return Ok(inspected);
        }
        Err(self.problem("it is not running", "start it first"))
    }
}

/// The instance's name for messages, as far as known; of a helper, the volume that it is for.
fn name(hub: &Hub, id: &Id) -> String {
    if let Some(helper) = hub.helpers.of(id.raw()) {
        return format!("the volume {}", helper.volume);
    }
    hub.roster.borrow().instances.get(id).map_or_else(|| id.short().to_string(), |instance| instance.name.to_string())
}
