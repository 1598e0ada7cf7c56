//! Who keeps the connection: what it knows from one try to the next.

use super::state::{ConnectionState, RunStarts};
use crate::engine::docker::details::Stale;
use crate::engine::docker::events::EventMemory;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::settings::Place;
use crate::model::{Container, EngineId, Problem, Timestamp};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// An engine that answered.
pub(super) struct Found {
    pub(super) transport: Transport,
    pub(super) place: Arc<Place>,
    pub(super) list: Vec<Container>,
    /// From when on its events are needed.
    pub(super) since: Timestamp,
}

/// The task that keeps the connection to one engine.
pub(super) struct Connector {
    pub(super) shared: Shared,
    pub(super) line: Arc<watch::Sender<ConnectionState>>,
    pub(super) starts: Arc<watch::Sender<RunStarts>>,
    pub(super) stale: mpsc::Sender<Stale>,
    pub(super) hearing: EventMemory,
    /// Where an engine has been up: the only place from then on.
    pub(super) home: Option<Arc<Place>>,
    /// The reason and time of the loss.
    pub(super) lost: Option<(Problem, Timestamp)>,
    pub(super) rounds: usize,
}

impl Connector {
    pub(super) fn engine(&self) -> EngineId {
        self.shared.settings.engine
    }

    /// Its name on screen.
    pub(super) fn name(&self, place: &Place) -> String {
        self.shared.settings.name.clone().unwrap_or_else(|| place.name())
    }
}
