//! What bowline asks of an engine, whatever it speaks.

use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Capabilities, EngineId, Operation, Problem, Source, Viewport};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

/// An engine. Each answers for itself: what a caller asks of one reaches no other.
pub trait Engine: fmt::Debug + Send + Sync {
    /// What it can, as far as it has said what it is.
    fn capabilities(&self) -> Capabilities;

    /// Finds it and publishes what is true of it, for ever: what somebody looks at sooner and more often.
    fn watch(&self, viewport: watch::Receiver<Viewport>) -> BoxFuture<'static, ()>;

    /// Does something. What it says of a success is mostly nothing.
    fn run<'a>(&'a self, operation: &'a Operation) -> BoxFuture<'a, Result<String, Problem>>;

    /// Sends what a source has until that is over: by itself, or why; or until nobody reads any more.
    fn open<'a>(
        &'a self,
        source: &'a Source,
        sink: &'a StreamSink,
        stdin: StdinRx,
    ) -> BoxFuture<'a, Result<Option<Problem>, StreamClosed>>;

    /// Looks at everything anew, and for itself if it is lost.
    fn refresh(&self);

    /// Waits, until the deadline at most, until what closed streams would leave behind on it is cleaned up; for runs of blueprints that
    /// are being taken back some seconds more.
    fn cleaned_up(&self, deadline: Instant) -> BoxFuture<'_, ()>;
}

/// Engines by id.
pub type EngineMap = Arc<BTreeMap<EngineId, Arc<dyn Engine>>>;

/// What is asked of an engine that is not among them.
pub fn not_open(operation: impl AsRef<str>) -> Problem {
    Problem::new(operation, "this engine is not open", "")
}
