//! What every task of one engine shares.

use super::changes::{self, Changes};
use super::claims::Claims;
use super::connection::state::{ConnectionState, RunStarts, Wakeups};
use super::error::EngineError;
use super::sessions::cleanup::Sessions;
use super::sessions::records::Records;
use super::transport::Transport;
use super::up::UpClaims;
use super::volumes::helpers::Helpers;
use crate::engine::publisher::{ContainerIndex, Publisher};
use crate::engine::settings::{Place, Settings};
use crate::model::{Capabilities, Problem};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long an engine that was lost is waited for when something is asked of it: most cuts are mended within a second, and what
/// was asked for just now is still wanted then.
const FLAP: Duration = Duration::from_secs(2);

/// The state that all tasks of one engine share.
#[derive(Clone, Debug)]
pub struct Shared {
    pub settings: Arc<Settings>,
    pub publisher: Publisher,
    /// Its own containers.
    pub index: watch::Receiver<ContainerIndex>,
    pub line: watch::Receiver<ConnectionState>,
    pub starts: watch::Receiver<RunStarts>,
    pub wakeups: Arc<Wakeups>,
    pub changes: Changes,
    pub sessions: Sessions,
    pub helpers: Helpers,
    pub claims: Claims,
    pub up: UpClaims,
}

impl Shared {
    /// What an engine's tasks share before it was found.
    pub fn new(
        settings: Settings,
        publisher: Publisher,
        index: watch::Receiver<ContainerIndex>,
        line: watch::Receiver<ConnectionState>,
        starts: watch::Receiver<RunStarts>,
    ) -> Self {
        let sessions = Sessions::new(Records::new(settings.helpers.clone()));
        Self {
            settings: Arc::new(settings),
            publisher,
            index,
            line,
            starts,
            wakeups: Arc::default(),
            changes: changes::changes(),
            sessions,
            helpers: Helpers::default(),
            claims: Claims::default(),
            up: UpClaims::default(),
        }
    }

    /// The way to the engine, for doing `during`; one that was just lost is waited for a moment. What changes something is refused
    /// here when that is forbidden, before any byte; the transport would refuse it too.
    pub async fn way(&self, during: &str, changes: bool) -> Result<(Transport, Arc<Place>, ConnectionGuard), Problem> {
        if changes && self.settings.read_only {
            return Err(EngineError::ReadOnly.problem(during, None));
        }
        // Time or the engine's end decides; either way what the line says then is what counts.
        drop(timeout(FLAP, self.line.clone().wait_for(|line| line.up)).await);
        let guard = ConnectionGuard::of(self);
        let (transport, place) = self.present_way(during)?;
        Ok((transport, place, guard))
    }

    /// The way to the engine, if it answers now.
    pub fn present_way(&self, during: &str) -> Result<(Transport, Arc<Place>), Problem> {
        let line = self.line.borrow();
        let away = || Problem::new(during, "the engine does not answer", "wait for it to come back, or retry now");
        line.way.clone().filter(|_| line.up).ok_or_else(away)
    }

    /// What the engine can, as far as it has said what it is.
    pub fn capabilities(&self) -> Capabilities {
        let index = self.index.borrow();
        index.engines.get(&self.settings.engine).map(|engine| engine.info.capabilities).unwrap_or_default()
    }
}

/// The engine's present session. When it is lost and found again, what was opened before may be dead without a word.
#[derive(Clone, Debug)]
pub struct ConnectionGuard {
    line: watch::Receiver<ConnectionState>,
    number: u64,
}

impl ConnectionGuard {
    /// The present one.
    pub fn of(shared: &Shared) -> Self {
        Self { line: shared.line.clone(), number: shared.line.borrow().session }
    }

    /// Returns when there is another.
    pub async fn over(&self) {
        let mut line = self.line.clone();
        if line.wait_for(|line| line.session != self.number).await.is_err() {
            // The store is ending, and the caller's task with it.
            std::future::pending().await
        }
    }
}
