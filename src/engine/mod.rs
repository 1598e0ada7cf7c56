//! This room knows engines: how to find one, what it tells, what it can be asked to do.
//! It may use model, tokio, bollard, hyper and the kernel's own files.
//! It never decides what is shown, never speaks to a terminal, and never invents an answer that an engine did not give.

mod docker;
use docker::{
    api, body_limit, claims, connection, convert, credentials, details, documents, error, events, identity, inventory,
    list, operation_queue, operations, pauses, program, refusals, sessions, transfer, transport, volumes,
};
pub use docker::{files, logs, sampler};
mod address;
pub mod clock;
mod compose;
mod contexts;
mod discovery;
mod path;
mod publisher;
mod rfc3339;
mod settings;
mod streams;

use crate::model::{Operation, OperationId, OperationResult, Runtime, Size, Snapshot, Source, StreamId, Viewport};
use operation_queue::QueuedOperation;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use address::shown as shown_address;
pub use credentials::{Credentials, config_folder};
pub use discovery::{Search, places};
pub use settings::{Dial, Endpoint, Place, Settings};
pub use streams::StreamMessage;

/// Wishes that may wait before they are taken up.
const WISHES: usize = 1024;
/// Outcomes that may wait to be read.
const OUTCOMES: usize = 64;
/// Chunks that may wait to be read: beyond these a stream waits at its source.
const CHUNKS: usize = 4;

/// The store's handle. Cheap to clone; when the last clone is dropped, all its tasks end.
#[derive(Clone, Debug)]
pub struct Store {
    attention: Arc<watch::Sender<Viewport>>,
    wishes: mpsc::Sender<QueuedOperation>,
    outcomes: mpsc::Sender<OperationResult>,
    wires: mpsc::Sender<streams::Call>,
    wakeups: Arc<connection::Wakeups>,
    changes: documents::Changes,
    sessions: sessions::cleanup::Sessions,
    _tasks: Arc<JoinSet<()>>,
}

/// What comes out of the store.
#[derive(Debug)]
pub struct EngineOutputs {
    /// The latest snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// How acts went: one for each act asked for.
    pub outcomes: mpsc::Receiver<OperationResult>,
    /// What comes out of open streams.
    pub chunks: mpsc::Receiver<(StreamId, StreamMessage)>,
}

impl Store {
    /// Starts looking for the engine. Its tasks run on the current tokio runtime.
    pub fn start(settings: Settings) -> (Store, EngineOutputs) {
        let settings = Arc::new(settings);
        let (attention, attention_seen) = watch::channel(Viewport::default());
        let (wishes, wishes_asked) = mpsc::channel(WISHES);
        let (outcomes, outcomes_read) = mpsc::channel(OUTCOMES);
        let (wires, wire_calls) = mpsc::channel(WISHES);
        let (chunks, chunks_read) = mpsc::channel(CHUNKS);
        let (line, line_seen) = watch::channel(connection::ConnectionState::default());
        let (starts, starts_seen) = watch::channel(connection::RunStarts::default());
        let (publisher, publisher_task, views) = publisher::publisher();
        let (stale, stale_read) = mpsc::channel(details::STALE_SETS);
        let wakeups = Arc::new(connection::Wakeups::default());
        let (index, wakeups_asked) = (views.index, wakeups.clone());
        let records = sessions::records::Records::new(settings.helpers.clone());
        let sessions = sessions::cleanup::Sessions::new(records);
        let changes = documents::changes();
        let shared = Shared {
            settings,
            publisher,
            index,
            line: line_seen,
            starts: starts_seen,
            wakeups: wakeups_asked,
            changes: changes.clone(),
            sessions: sessions.clone(),
            helpers: volumes::Helpers::default(),
            claims: claims::Claims::default(),
        };

        let mut tasks = JoinSet::new();
        tasks.spawn(publisher_task);
        tasks.spawn(connection::run(shared.clone(), line, starts, stale));
        tasks.spawn(operation_queue::run(shared.clone(), wishes_asked, outcomes.clone()));
        tasks.spawn(streams::run(shared.clone(), wire_calls, chunks));
        tasks.spawn(details::run(shared.clone(), attention_seen.clone(), stale_read));
        tasks.spawn(inventory::run(shared.clone(), attention_seen.clone()));
        tasks.spawn(inventory::run_disk(shared.clone(), attention_seen.clone()));
        tasks.spawn(sampler::run(shared, attention_seen));

        let attention = Arc::new(attention);
        let store = Store { attention, wishes, outcomes, wires, wakeups, changes, sessions, _tasks: Arc::new(tasks) };
        (store, EngineOutputs { snapshots: views.snapshots, outcomes: outcomes_read, chunks: chunks_read })
    }

    /// Says what is being looked at. The latest wins.
    pub fn attend(&self, attention: Viewport) {
        self.attention.send_if_modified(|known| {
            let changed = *known != attention;
            *known = attention;
            changed
        });
    }

    /// Asks for an act. Its outcome comes in [`EngineOutputs::outcomes`], always.
    pub fn act(&self, ask: OperationId, act: Operation) {
        if let Err(refused) = self.wishes.try_send(QueuedOperation { ask, act }) {
            let wish = refused.into_inner();
            let outcomes = self.outcomes.clone();
            // The queue is full of wishes: this one is answered, not queued. Nobody reads the answer if the receiver is gone.
            tokio::spawn(async move { drop(outcomes.send(wish.refused_for_room()).await) });
        }
    }

    /// Opens a stream. What comes, also any error, comes in [`EngineOutputs::chunks`].
    pub fn open(&self, wire: StreamId, source: Source) {
        self.call(streams::Call::Open(wire, source));
    }

    /// Types into a session. What cannot be taken is told by [`crate::model::StreamEvent::Undelivered`].
    pub fn send(&self, wire: StreamId, bytes: Vec<u8>) {
        self.call(streams::Call::Input(wire, streams::Input::Bytes(bytes, None)));
    }

    /// Types into a session and returns once the bytes are on their way, or the session is over.
    pub async fn send_all(&self, wire: StreamId, bytes: Vec<u8>) {
        let (done, sent) = tokio::sync::oneshot::channel();
        // A closed channel means that the store is ending; a dropped answer, that the session is over.
        drop(self.wires.send(streams::Call::Input(wire, streams::Input::Bytes(bytes, Some(done)))).await);
        drop(sent.await);
    }

    /// A session's terminal has another size. The latest wins.
    pub fn fit(&self, wire: StreamId, size: Size) {
        self.call(streams::Call::Input(wire, streams::Input::Fit(size)));
    }

    /// A session's input is at its end.
    pub fn end_input(&self, wire: StreamId) {
        self.call(streams::Call::Input(wire, streams::Input::End));
    }

    /// Closes a stream. A chunk that is on its way already may still come.
    pub fn close(&self, wire: StreamId) {
        self.call(streams::Call::Close(wire));
    }

    /// Closes all streams and waits, at most some 1.5 s, until what their sessions would leave behind is ended: processes of
    /// ours in containers, helpers beside them. To be called before the runtime ends.
    pub async fn shutdown(&self) {
        let (done, closed) = tokio::sync::oneshot::channel();
        let close = async {
            // A closed channel means that the store is ending.
            drop(self.wires.send(streams::Call::CloseAll(done)).await);
            drop(closed.await);
        };
        let deadline = tokio::time::Instant::now() + sessions::cleanup::FAREWELL;
        if tokio::time::timeout_at(deadline, close).await.is_err() {
            tracing::warn!("the streams were not closed in time");
        }
        self.sessions.settled(deadline).await;
    }

    /// Tries to reach the engine now instead of at the next appointed time.
    pub fn retry(&self) {
        self.wakeups.retry.notify_one();
    }

    /// Asks the engine for a full list now.
    pub fn refresh(&self) {
        self.wakeups.refresh.notify_one();
        self.wakeups.stock.notify_one();
        self.wakeups.disk.notify_one();
        // Nobody may be inspecting anything.
        drop(self.changes.send(None));
    }

    fn call(&self, call: streams::Call) {
        if let Err(full) = self.wires.try_send(call) {
            let wires = self.wires.clone();
            // A thousand calls wait already: this one waits outside, and may come after a later one. A closed channel
            // means that the store is ending.
            tokio::spawn(async move { drop(wires.send(full.into_inner()).await) });
        }
    }
}

/// What every task of the store shares.
#[derive(Clone, Debug)]
struct Shared {
    settings: Arc<Settings>,
    publisher: publisher::Publisher,
    index: watch::Receiver<publisher::ContainerIndex>,
    line: watch::Receiver<connection::ConnectionState>,
    starts: watch::Receiver<connection::RunStarts>,
    wakeups: Arc<connection::Wakeups>,
    changes: documents::Changes,
    sessions: sessions::cleanup::Sessions,
    helpers: volumes::Helpers,
    claims: claims::Claims,
}

impl Shared {
    /// What the engine is, as far as it has said.
    fn runtime(&self) -> Runtime {
        let index = self.index.borrow();
        index.engines.get(&self.settings.engine).map(|engine| engine.info.runtime).unwrap_or_default()
    }
}
