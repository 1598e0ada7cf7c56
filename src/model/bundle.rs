//! An incident bundle: what is asked for, and what an engine tells for it. Nothing in here is masked yet.

use super::document::Document;
use super::event::Event;
use super::id::Id;
use super::log::Batch;
use super::problem::Problem;
use super::resource::Layer;
use super::session::Process;
use super::time::Timestamp;

/// A wish for the incident bundle of a container.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BundleRequest {
    /// The container.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Seconds before now from which on log lines and events are wanted; none: the last ones, however old.
    pub since: Option<u64>,
    /// The file to write, as typed; it must not exist. Empty: named by the container and the time, without a secret.
    pub path: String,
}

/// A part of a bundle, or why the engine did not tell it.
pub type BundlePart<T> = Result<T, Problem>;

/// What an engine has told for a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct BundleParts {
    /// The wish.
    pub request: BundleRequest,
    /// The moment of asking, by the engine's clock.
    pub at: Timestamp,
    /// The container as it is inspected.
    pub inspect: BundlePart<Document>,
    /// Its image as it is inspected.
    pub image: BundlePart<Document>,
    /// The layers of its image, the newest first.
    pub history: BundlePart<Vec<Layer>>,
    /// The last lines of its log, oldest first.
    pub log: BundlePart<BundleLog>,
    /// What happened to it, oldest first.
    pub events: BundlePart<Vec<Event>>,
    /// What runs in it.
    pub processes: BundlePart<Vec<Process>>,
    /// The engine's version.
    pub version: BundlePart<Document>,
    /// What the engine says of itself and its host.
    pub info: BundlePart<Document>,
}

/// The lines of a log for a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleLog {
    /// The lines, raw.
    pub batches: Vec<Batch>,
    /// The engine holds older lines, which were not read.
    pub has_older: bool,
}
