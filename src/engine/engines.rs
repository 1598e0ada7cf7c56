//! All engines as one: each request goes to the engine of what it names, all facts go into one snapshot.

use crate::engine::docker::Docker;
use crate::engine::interface::{Engine, EngineMap, not_open};
use crate::engine::publisher;
use crate::engine::settings::Settings;
use crate::engine::stream::{Input, StreamMessage};
use crate::engine::streams::{self, Call};
use crate::model::{
    EngineId, Operation, OperationId, OperationResult, Problem, Size, Snapshot, Source, StreamId, Viewport,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// Operations and calls that may wait before they are taken up.
const QUEUED: usize = 1024;
/// Results that may wait to be read.
const RESULTS: usize = 64;
/// Pieces of streams that may wait to be read: beyond these a stream waits at its source.
const MESSAGES: usize = 4;
/// The longest wait when the program ends.
const FAREWELL: Duration = Duration::from_millis(1500);

/// The engines' handle. Cheap to clone; when the last clone is dropped, all their tasks end.
#[derive(Clone, Debug)]
pub struct Engines {
    engines: EngineMap,
    viewport: Arc<watch::Sender<Viewport>>,
    operations: mpsc::Sender<(OperationId, Operation)>,
    results: mpsc::Sender<OperationResult>,
    calls: mpsc::Sender<Call>,
    _tasks: Arc<JoinSet<()>>,
}

/// The output of the engines.
#[derive(Debug)]
pub struct EngineOutputs {
    /// The latest snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// How operations went: one for each that was asked for.
    pub outcomes: mpsc::Receiver<OperationResult>,
    /// The messages of open streams.
    pub chunks: mpsc::Receiver<(StreamId, StreamMessage)>,
}

impl Engines {
    /// Starts looking for each of the engines. Their tasks run on the current tokio runtime.
    pub fn start(settings: impl IntoIterator<Item = Settings>) -> (Engines, EngineOutputs) {
        let settings: Vec<Settings> = settings.into_iter().collect();
        let (viewport, seen) = watch::channel(Viewport::default());
        let (operations, queued) = mpsc::channel(QUEUED);
        let (results, outcomes) = mpsc::channel(RESULTS);
        let (calls, called) = mpsc::channel(QUEUED);
        let (messages, chunks) = mpsc::channel(MESSAGES);
        let ids: Vec<EngineId> = settings.iter().map(|one| one.engine).collect();
        let (publisher, publishing, mut views) = publisher::publisher(&ids);
        let open = |settings: Settings| {
            let id = settings.engine;
            let index = views.indexes.remove(&id)?;
            Some((id, Arc::new(Docker::new(settings, publisher.clone(), index)) as Arc<dyn Engine>))
        };
        let engines: EngineMap = Arc::new(settings.into_iter().filter_map(open).collect());

        let mut tasks = JoinSet::new();
        tasks.spawn(publishing);
        engines.values().for_each(|engine| drop(tasks.spawn(engine.watch(seen.clone()))));
        tasks.spawn(run_operations(engines.clone(), queued, results.clone()));
        tasks.spawn(streams::run(engines.clone(), called, messages));
        let viewport = Arc::new(viewport);
        let handle = Engines { engines, viewport, operations, results, calls, _tasks: Arc::new(tasks) };
        (handle, EngineOutputs { snapshots: views.snapshots, outcomes, chunks })
    }

    /// Says what is being looked at. The latest wins.
    pub fn attend(&self, viewport: Viewport) {
        self.viewport.send_if_modified(|known| {
            let changed = *known != viewport;
            *known = viewport;
            changed
        });
    }

    /// Asks for an operation. Its result comes in [`EngineOutputs::outcomes`], always.
    pub fn operation(&self, id: OperationId, operation: Operation) {
        if let Err(refused) = self.operations.try_send((id, operation)) {
            let (ask, act) = refused.into_inner();
            let hint = "wait for some to finish, then try again";
            let problem = Problem::new(act.during(), "too many operations are waiting", hint);
            let results = self.results.clone();
            // Nobody reads the answer if the receiver is gone.
            tokio::spawn(async move {
                drop(results.send(OperationResult { id: ask, operation: act, result: Err(problem) }).await)
            });
        }
    }

    /// Opens a stream. What comes, also any error, comes in [`EngineOutputs::chunks`].
    pub fn open(&self, id: StreamId, source: Source) {
        self.call(Call::Open(id, source));
    }

    /// Types into a session. What cannot be taken is told by [`crate::model::StreamEvent::Undelivered`].
    pub fn send(&self, id: StreamId, bytes: Vec<u8>) {
        self.call(Call::Input(id, Input::Bytes(bytes, None)));
    }

    /// Types into a session and returns once the bytes are on their way, or the session is over.
    pub async fn send_all(&self, id: StreamId, bytes: Vec<u8>) {
        let (done, sent) = oneshot::channel();
        // A closed channel means that the engines are ending; a dropped answer, that the session is over.
        drop(self.calls.send(Call::Input(id, Input::Bytes(bytes, Some(done)))).await);
        drop(sent.await);
    }

    /// A session's terminal has another size. The latest wins.
    pub fn fit(&self, id: StreamId, size: Size) {
        self.call(Call::Input(id, Input::Fit(size)));
    }

    /// A session's input is at its end.
    pub fn end_input(&self, id: StreamId) {
        self.call(Call::Input(id, Input::End));
    }

    /// Closes a stream. A piece of it that is on its way already may still come.
    pub fn close(&self, id: StreamId) {
        self.call(Call::Close(id));
    }

    /// Closes all streams and waits, at most some 1.5 s, until what their sessions would leave behind is ended: processes of
    /// ours in containers, helpers beside them. A run of a blueprint that is being taken back is waited for some seconds more. To be
    /// called before the runtime ends.
    pub async fn shutdown(&self) {
        let (done, closed) = oneshot::channel();
        let close = async {
            // A closed channel means that the engines are ending.
            drop(self.calls.send(Call::CloseAll(done)).await);
            drop(closed.await);
        };
        let deadline = Instant::now() + FAREWELL;
        if timeout_at(deadline, close).await.is_err() {
            tracing::warn!("the streams were not closed in time");
        }
        for engine in self.engines.values() {
            engine.cleaned_up(deadline).await;
        }
    }

    /// Asks each engine for everything anew; one that is lost is looked for now instead of at the next appointed time.
    pub fn refresh(&self) {
        self.engines.values().for_each(|engine| engine.refresh());
    }

    fn call(&self, call: Call) {
        if let Err(full) = self.calls.try_send(call) {
            let calls = self.calls.clone();
            // A thousand calls wait already: this one waits outside, and may come after a later one. A closed channel
            // means that the engines are ending.
            tokio::spawn(async move { drop(calls.send(full.into_inner()).await) });
        }
    }
}

/// Gives each operation to the engine of what it is about until nobody can ask any more; answers each.
async fn run_operations(
    engines: EngineMap,
    mut queued: mpsc::Receiver<(OperationId, Operation)>,
    results: mpsc::Sender<OperationResult>,
) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            next = queued.recv() => {
                let Some((id, operation)) = next else { return };
                let (engines, results) = (engines.clone(), results.clone());
                running.spawn(async move {
                    let result = match engines.get(&operation.id.engine()) {
                        Some(engine) => engine.run(&operation).await,
                        None => Err(not_open(operation.during())),
                    };
                    // Nobody reads results any more when the receiver is gone.
                    drop(results.send(OperationResult { id, operation, result }).await);
                });
            }
            Some(ended) = running.join_next() => if let Err(error) = ended {
                tracing::error!("an operation's task failed: {error}");
            },
        }
    }
}
