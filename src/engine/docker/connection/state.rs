//! The state of the connection, and the requests that others can make of the task that keeps it.

use crate::engine::docker::transport::Transport;
use crate::engine::settings::Place;
use crate::model::{Id, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// The way to the engine, as its tasks see it.
#[derive(Clone, Debug, Default)]
pub struct ConnectionState {
    /// Once an engine has been found: the way, and where it leads.
    pub way: Option<(Transport, Arc<Place>)>,
    /// True while it answers.
    pub up: bool,
    /// Counts how often it was found: a stream of an earlier session may hang on a connection that is dead.
    pub session: u64,
}

/// The last reported start of each container. A run may be shorter than any look at it.
pub type RunStarts = HashMap<Id, Timestamp>;

/// The requests that others can make of the connection.
#[derive(Debug, Default)]
pub struct Wakeups {
    /// Try now.
    pub retry: Notify,
    /// List now.
    pub refresh: Notify,
    /// Somebody's request was lost: see whether the engine is still there.
    pub suspect: Notify,
    /// Something beside containers may have changed: list it now, if somebody looks.
    pub stock: Notify,
    /// What the disk holds may have changed: ask, if somebody looks.
    pub disk: Notify,
    /// The engine told so itself.
    pub told: Notify,
}
