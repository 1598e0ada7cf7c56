//! This folder knows Docker's HTTP API, which Podman and the embedded engine speak too.
//! It may use bollard, hyper, the model, persist for files of this machine, and the kernel's own files.
//! It never speaks to a terminal, never takes an answer that cannot be read for an empty one, and never asks which of them it
//! speaks with but by what that one can.

pub mod api;
pub mod api_version;
pub mod body_limit;
pub mod bundle;
pub mod changes;
pub mod claims;
pub mod connection;
pub mod convert;
pub mod credentials;
pub mod details;
pub mod documents;
pub mod error;
pub mod events;
pub mod files;
pub mod identity;
pub mod inventory;
pub mod list;
pub mod logs;
pub mod operation_queue;
pub mod operations;
pub mod pauses;
pub mod program;
pub mod refusals;
pub mod sampler;
pub mod sessions;
pub mod shared;
pub mod transfer;
pub mod transport;
pub mod up;
pub mod volumes;

use super::compose;
use super::interface::Engine;
use super::publisher::{ContainerIndex, Publisher};
use super::settings::Settings;
use super::stdin::StdinRx;
use super::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{Capabilities, Operation, Problem, Source, Transfer, Viewport};
use connection::state::{ConnectionState, RunStarts};
use futures_util::future::BoxFuture;
use operation_queue::OperationQueue;
use refusals::Refusals;
use shared::Shared;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// An engine that speaks Docker's API.
#[derive(Debug)]
pub struct Docker {
    shared: Shared,
    line: Arc<watch::Sender<ConnectionState>>,
    starts: Arc<watch::Sender<RunStarts>>,
    queue: OperationQueue,
    refusals: Refusals,
}

impl Docker {
    /// One that is to be found at the places of its settings.
    pub fn new(settings: Settings, publisher: Publisher, index: watch::Receiver<ContainerIndex>) -> Self {
        let (line, line_seen) = watch::channel(ConnectionState::default());
        let (starts, starts_seen) = watch::channel(RunStarts::default());
        let shared = Shared::new(settings, publisher, index, line_seen, starts_seen);
        let (line, starts) = (Arc::new(line), Arc::new(starts));
        Self { shared, line, starts, queue: OperationQueue::default(), refusals: Refusals::default() }
    }
}

impl Engine for Docker {
    fn capabilities(&self) -> Capabilities {
        self.shared.capabilities()
    }

    fn watch(&self, viewport: watch::Receiver<Viewport>) -> BoxFuture<'static, ()> {
        let (shared, line, starts) = (self.shared.clone(), self.line.clone(), self.starts.clone());
        let (stale, stale_read) = mpsc::channel(details::STALE_SETS);
        Box::pin(async move {
            let mut tasks = JoinSet::new();
            tasks.spawn(connection::run(shared.clone(), line, starts, stale));
            tasks.spawn(details::run(shared.clone(), viewport.clone(), stale_read));
            tasks.spawn(inventory::run(shared.clone(), viewport.clone()));
            tasks.spawn(inventory::run_disk(shared.clone(), viewport.clone()));
            tasks.spawn(sampler::run(shared, viewport));
            while tasks.join_next().await.is_some() {}
        })
    }

    fn run<'a>(&'a self, operation: &'a Operation) -> BoxFuture<'a, Result<String, Problem>> {
        Box::pin(self.queue.run(&self.shared, operation))
    }

    fn open<'a>(
        &'a self,
        source: &'a Source,
        sink: &'a StreamSink,
        stdin: StdinRx,
    ) -> BoxFuture<'a, Result<Option<Problem>, StreamClosed>> {
        Box::pin(async move {
            self.refusals.wait(&self.shared, source).await;
            let why = run_source(&self.shared, sink, source.clone(), stdin).await?;
            // Before anybody hears of the end and opens it anew.
            self.refusals.note(&self.shared, source, why.is_some());
            Ok(why)
        })
    }

    fn refresh(&self) {
        let wakeups = &self.shared.wakeups;
        for wakeup in [&wakeups.retry, &wakeups.refresh, &wakeups.stock, &wakeups.disk] {
            wakeup.notify_one();
        }
        // Nobody may be inspecting anything.
        drop(self.shared.changes.send(None));
    }

    fn cleaned_up(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.shared.sessions.settled(deadline).await;
            self.shared.up.settled(deadline.max(Instant::now() + up::PATIENCE)).await;
        })
    }
}

/// The one place that says which part of this folder serves a source.
async fn run_source(
    shared: &Shared,
    sink: &StreamSink,
    source: Source,
    mut stdin: StdinRx,
) -> Result<Option<Problem>, StreamClosed> {
    match source {
        Source::Logs { id, tail, since } => logs::follow::run(shared, sink, &id, tail, since).await,
        Source::OlderLogs { id, before, known, known_at_before, lines } => {
            let page = logs::older::Page { before, known, known_at_before, lines };
            logs::older::run(shared, sink, &id, page).await
        }
        Source::SearchLogs { id, filters, since, tail, before, known_at_before } => {
            let bound = logs::sieve::Bound::before(before, known_at_before);
            let scan = logs::scan::Scan { filters, since, tail, bound, most: usize::MAX, reports: true };
            logs::scan::run(shared, sink, &id, scan).await
        }
        Source::LogsFrom { id, from, lines } => {
            logs::scan::run(shared, sink, &id, logs::scan::Scan::from(from, lines)).await
        }
        Source::Inspect { kind, id } => documents::run(shared, sink, kind, &id).await,
        Source::Exec(exec) => ended(sessions::exec::run(shared, sink, &exec, &mut stdin).await),
        Source::Attach { id, size } => ended(sessions::attach::run(shared, sink, &id, size, &mut stdin).await),
        Source::Sidecar { id, image, size } => {
            ended(sessions::sidecar::run(shared, sink, &id, &image, size, &mut stdin).await)
        }
        Source::Processes { id } => ended(sessions::processes::run(shared, sink, &id).await),
        Source::Folder { id, path } => ended(files::list_dir::run(shared, sink, &id, &path).await),
        Source::File { id, path, limit, seen } => ended(files::read::run(shared, sink, &id, &path, limit, seen).await),
        Source::Visit { id, path, limit } => ended(files::visit(shared, sink, &id, &path, limit).await),
        Source::CopyOut(copy) => ended(files::copy_out::run(shared, sink, copy).await),
        Source::CopyIn(copy) => ended(files::copy_in::run(shared, sink, copy).await),
        Source::ArchiveOut { id, path, follow } => ended(files::archive::out(shared, sink, &id, &path, follow).await),
        Source::ArchiveIn { id, path } => ended(files::archive::into(shared, sink, &id, &path, &mut stdin).await),
        Source::Volume { seen, size } => volumes::run(shared, sink, &seen, size).await,
        Source::Compose(_, ask) => compose::run(shared, sink, &ask).await,
        Source::Transfer(_, Transfer::Compose(wanted)) => compose::run_job(shared, sink, &wanted, stdin).await,
        Source::Transfer(_, Transfer::Bundle(wanted)) => bundle::run(shared, sink, &wanted).await,
        Source::Transfer(_, Transfer::Up(wanted)) => up::run(shared, sink, &wanted).await,
        Source::Transfer(_, Transfer::Undo(wanted)) => up::undo(shared, sink, &wanted).await,
        Source::Unfinished(_) => up::unfinished(shared, sink).await,
        Source::Transfer(_, wanted) => transfer::run(shared, sink, &wanted).await,
    }
}

/// The end of a stream, as whoever opened it is told.
fn ended(done: Result<(), StreamEnd>) -> Result<Option<Problem>, StreamClosed> {
    match done {
        Ok(()) => Ok(None),
        Err(StreamEnd::Problem(problem)) => Ok(Some(problem)),
        Err(StreamEnd::Closed) => Err(StreamClosed),
    }
}
