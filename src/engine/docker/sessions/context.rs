//! What every session needs, and why one cannot go on.

use super::requests;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::{ConnectionGuard, Shared};
use crate::engine::docker::transport::Transport;
use crate::engine::docker::{api, convert};
use crate::engine::settings::Place;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{Id, Problem};
use std::sync::Arc;
use std::time::Duration;

/// How long a session that has ended may take to say so.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

/// The target of a session's connection.
#[derive(Clone, Copy)]
pub(super) enum Opened<'a> {
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

/// The context that every session needs.
pub(in crate::engine) struct SessionContext<'a> {
    pub(super) shared: &'a Shared,
    pub(super) outlet: &'a StreamSink,
    /// The way to the engine.
    pub(in crate::engine) transport: Transport,
    pub(super) place: Arc<Place>,
    pub(super) contact: ConnectionGuard,
    pub(super) during: String,
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
    ) -> Result<Self, StreamEnd> {
        let during = format!("{verb} {}", name(shared, id));
        if !convert::is_container_id(id.raw()) {
            return Err(StreamEnd::Problem(Problem::new(during, "no such container on this engine", "")));
        }
        Self::on(shared, outlet, during, changes).await
    }

    /// The way to the engine, for something else than a container.
    pub(in crate::engine) async fn on(
        shared: &'a Shared,
        outlet: &'a StreamSink,
        during: String,
        changes: bool,
    ) -> Result<Self, StreamEnd> {
        let (transport, place, contact) = shared.way(&during, changes).await.map_err(StreamEnd::Problem)?;
        Ok(Self { shared, outlet, transport, place, contact, during })
    }

    /// A fault as the end of the session.
    pub(in crate::engine) fn fault(&self, fault: &EngineError) -> StreamEnd {
        if fault.is_loss() {
            self.shared.wakeups.suspect.notify_one();
        }
        StreamEnd::Problem(fault.problem(&self.during, Some(&self.place)))
    }

    /// Something that an engine did not say.
    pub(in crate::engine) fn problem(&self, cause: impl AsRef<str>, mend: &str) -> StreamEnd {
        StreamEnd::Problem(Problem::new(&self.during, cause, mend))
    }

    /// Returns when the engine was away and what was opened before is over, by what it says now. What still runs goes on: a
    /// engine's events may be cut off, by a proxy's limit for example, while its sessions are not.
    pub(super) async fn lost(&self, what: Opened<'_>) -> EngineError {
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
        EngineError::was_away()
    }

    /// Inspects a container that must be running.
    pub(super) async fn running(&self, id: &Id) -> Result<api::Inspected, StreamEnd> {
        let inspected = requests::inspect(&self.transport, id.raw()).await.map_err(|fault| self.fault(&fault))?;
        if inspected.state.running {
            return Ok(inspected);
        }
        Err(self.problem("it is not running", "start it first"))
    }
}

/// The container's name for messages, as far as known; of a helper, the volume that it is for.
pub(super) fn name(shared: &Shared, id: &Id) -> String {
    if let Some(helper) = shared.helpers.of(id.raw()) {
        return format!("the volume {}", helper.volume);
    }
    shared.index.borrow().name(id)
}
