//! This room knows sessions inside a container: a command, its main process, a helper beside it, and the processes there.
//! It may use the store's transport, the model and this machine's own process files.
//! It never leaves a process of ours behind where that can be avoided, and never reads bytes as anything but bytes.

mod attach;
pub(in crate::engine) mod cleanup;
mod exec;
mod host;
pub(in crate::engine) mod input;
pub(in crate::engine) mod ownership;
mod processes;
mod pump;
pub mod records;
pub(in crate::engine) mod requests;
mod shell;
mod sidecar;
pub(in crate::engine) mod signal;
mod top;

use crate::engine::connection::{self, ConnectionGuard};
use crate::engine::error::EngineError;
use crate::engine::streams::{StreamClosed, StreamSink};
use crate::engine::transport::Transport;
use crate::engine::{Place, Shared, api, convert};
use crate::model::{EngineId, Id, Problem, Source};
pub(in crate::engine) use attach::{exit_code, waiting};
use input::StdinRx;
pub(in crate::engine) use requests::{create, made, remove_volume, start};
use std::sync::Arc;
use std::time::Duration;

/// How long a session that has ended may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs a session until it is over: by itself, or why; or until nobody reads any more.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    source: Source,
    mut typing: StdinRx,
) -> Result<Option<Problem>, StreamClosed> {
    let done = match source {
        Source::Exec(exec) => exec::run(shared, outlet, &exec, &mut typing).await,
        Source::Attach { id, size } => attach::run(shared, outlet, &id, size, &mut typing).await,
        Source::Sidecar { id, image, size } => sidecar::run(shared, outlet, &id, &image, size, &mut typing).await,
        Source::Processes { id } => processes::run(shared, outlet, &id).await,
        // Not of this room: the caller has told them apart.
        _ => Ok(()),
    };
    match done {
        Ok(()) => Ok(None),
        Err(SessionEnd::Problem(problem)) => Ok(Some(problem)),
        Err(SessionEnd::Closed) => Err(StreamClosed),
    }
}

/// Why a session cannot go on.
pub(in crate::engine) enum SessionEnd {
    /// Nobody reads any more.
    Closed,
    /// Something to be told.
    Problem(Problem),
}

impl From<StreamClosed> for SessionEnd {
    fn from(_: StreamClosed) -> Self {
        SessionEnd::Closed
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
    /// The main process of a container.
    Container(&'a str),
}

impl Opened<'_> {
    async fn runs(self, transport: &Transport) -> Result<bool, EngineError> {
        match self {
            Opened::Exec(exec) => Ok(requests::runs(&requests::inspect_exec(transport, exec).await?)),
            Opened::Container(container) => Ok(requests::inspect(transport, container).await?.state.running),
        }
    }
}

/// What every session needs.
pub(in crate::engine) struct SessionContext<'a> {
    shared: &'a Shared,
    outlet: &'a StreamSink,
    /// The way to the engine.
    pub(in crate::engine) transport: Transport,
    place: Arc<Place>,
    contact: ConnectionGuard,
    during: String,
}

impl<'a> SessionContext<'a> {
    /// The way to the engine, for doing `verb` to a container; an engine that was just lost is waited for a moment. What changes
    /// something is refused here when that is forbidden, before any byte; the transport would refuse it too.
    pub(in crate::engine) async fn enter(
        shared: &'a Shared,
        outlet: &'a StreamSink,
        id: &Id,
        verb: &str,
        changes: bool,
    ) -> Result<Self, SessionEnd> {
        let during = format!("{verb} {}", name(shared, id));
        if !convert::is_container_id(id.raw()) {
            return Err(SessionEnd::Problem(Problem::new(during, "this engine does not know that container", "")));
        }
        Self::on(shared, outlet, id.engine(), during, changes).await
    }

    /// The way to the engine, for something else than a container.
    pub(in crate::engine) async fn on(
        shared: &'a Shared,
        outlet: &'a StreamSink,
        engine: EngineId,
        during: String,
        changes: bool,
    ) -> Result<Self, SessionEnd> {
        if changes && shared.settings.read_only {
            return Err(SessionEnd::Problem(EngineError::ReadOnly.problem(&during, None)));
        }
        if engine != shared.settings.engine {
            return Err(SessionEnd::Problem(Problem::new(during, "this engine is not open", "")));
        }
        // Time or the store's end decides; either way what the line says then is what counts.
        drop(tokio::time::timeout(FLAP, shared.line.clone().wait_for(|line| line.up)).await);
        let contact = ConnectionGuard::of(shared);
        let line = shared.line.borrow().clone();
        let Some((transport, place)) = line.way.filter(|_| line.up) else {
            let mend = "wait until it is back, or retry now";
            return Err(SessionEnd::Problem(Problem::new(during, "the engine does not answer", mend)));
        };
        Ok(Self { shared, outlet, transport, place, contact, during })
    }

    /// A fault as the end of the session.
    pub(in crate::engine) fn fault(&self, fault: &EngineError) -> SessionEnd {
        if fault.is_loss() {
            self.shared.wakeups.suspect.notify_one();
        }
        SessionEnd::Problem(fault.problem(&self.during, Some(&self.place)))
    }

    /// Something that an engine did not say.
    pub(in crate::engine) fn problem(&self, cause: impl AsRef<str>, mend: &str) -> SessionEnd {
        SessionEnd::Problem(Problem::new(&self.during, cause, mend))
    }

    /// Returns when the engine was away and what was opened before is over, by what it says now. What still runs goes on: a
    /// engine's events may be cut off, by a proxy's limit for example, while its sessions are not.
    async fn lost(&self, what: Opened<'_>) -> EngineError {
        let mut over = self.contact.clone();
        loop {
            over.over().await;
            over = ConnectionGuard::of(self.shared);
            match what.runs(&self.transport).await {
                Err(EngineError::Status(404, _)) => break,
                Ok(false) => {
                    // Its last output and its end may be on their way still.
                    tokio::time::sleep(LAST_WORDS).await;
                    break;
                }
                Ok(true) | Err(_) => {}
            }
        }
        connection::engine_was_away()
    }

    /// Inspects a container that must be running.
    async fn running(&self, id: &Id) -> Result<api::Inspected, SessionEnd> {
        let inspected = requests::inspect(&self.transport, id.raw()).await.map_err(|fault| self.fault(&fault))?;
        if inspected.state.running {
            return Ok(inspected);
        }
        Err(self.problem("it is not running", "start it first"))
    }
}

/// The container's name for messages, as far as known; of a helper, the volume that it is for.
fn name(shared: &Shared, id: &Id) -> String {
    if let Some(helper) = shared.helpers.of(id.raw()) {
        return format!("the volume {}", helper.volume);
    }
    shared
        .index
        .borrow()
        .containers
        .get(id)
        .map_or_else(|| id.short().to_string(), |container| container.name.to_string())
}
