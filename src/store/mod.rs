//! This room knows engines: how to find one, what it tells, what it can be asked to do.
//! It may use model, tokio, bollard, hyper and the kernel's own files.
//! It never decides what is shown, never speaks to a terminal, and never invents an answer that an engine did not give.

mod act;
mod address;
mod board;
mod claims;
pub mod clock;
mod compose;
mod contexts;
mod deeds;
mod details;
mod documents;
mod events;
mod fault;
pub mod files;
mod home;
mod identity;
mod link;
pub mod logs;
mod outline;
mod path;
mod pauses;
mod places;
mod program;
mod refresh;
mod refusals;
mod registry;
pub mod sampler;
pub mod save;
mod sessions;
mod settings;
mod shapes;
mod stamp;
mod stock;
mod transfer;
mod translate;
mod transport;
mod volumes;
mod wires;

use crate::model::{Act, Ask, Attention, Outcome, Runtime, Size, Snapshot, Source, Wire};
use act::Wish;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use address::shown as shown_address;
pub use places::{Search, places};
pub use registry::{Keyring, config_folder};
pub use settings::{Dial, Endpoint, Place, Settings};
pub use wires::WireMessage;

/// Wishes that may wait before they are taken up.
const WISHES: usize = 1024;
/// Outcomes that may wait to be read.
const OUTCOMES: usize = 64;
/// Chunks that may wait to be read: beyond these a stream waits at its source.
const CHUNKS: usize = 4;

/// The store's handle. Cheap to clone; when the last clone is dropped, all its tasks end.
#[derive(Clone, Debug)]
pub struct Store {
    attention: Arc<watch::Sender<Attention>>,
    wishes: mpsc::Sender<Wish>,
    outcomes: mpsc::Sender<Outcome>,
    wires: mpsc::Sender<wires::Call>,
    nudges: Arc<link::Nudges>,
    changes: documents::Changes,
    sessions: sessions::closing::Sessions,
    _tasks: Arc<JoinSet<()>>,
}

/// What comes out of the store.
#[derive(Debug)]
pub struct Outlets {
    /// The latest snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// How acts went: one for each act asked for.
    pub outcomes: mpsc::Receiver<Outcome>,
    /// What comes out of open streams.
    pub chunks: mpsc::Receiver<(Wire, WireMessage)>,
}

impl Store {
    /// Starts looking for the engine. Its tasks run on the current tokio runtime.
    pub fn start(settings: Settings) -> (Store, Outlets) {
        let settings = Arc::new(settings);
        let (attention, attention_seen) = watch::channel(Attention::default());
        let (wishes, wishes_asked) = mpsc::channel(WISHES);
        let (outcomes, outcomes_read) = mpsc::channel(OUTCOMES);
        let (wires, wire_calls) = mpsc::channel(WISHES);
        let (chunks, chunks_read) = mpsc::channel(CHUNKS);
        let (line, line_seen) = watch::channel(link::Line::default());
        let (starts, starts_seen) = watch::channel(link::Starts::default());
        let (board, board_task, views) = board::board();
        let (stale, stale_read) = mpsc::channel(details::STALE_SETS);
        let nudges = Arc::new(link::Nudges::default());
        let (roster, nudges_asked) = (views.roster, nudges.clone());
        let records = sessions::records::Records::new(settings.helpers.clone());
        let sessions = sessions::closing::Sessions::new(records);
        let changes = documents::changes();
        let hub = Hub {
            settings,
            board,
            roster,
            line: line_seen,
            starts: starts_seen,
            nudges: nudges_asked,
            changes: changes.clone(),
            sessions: sessions.clone(),
            helpers: volumes::Helpers::default(),
            claims: claims::Claims::default(),
        };

        let mut tasks = JoinSet::new();
        tasks.spawn(board_task);
        tasks.spawn(link::run(hub.clone(), line, starts, stale));
        tasks.spawn(act::run(hub.clone(), wishes_asked, outcomes.clone()));
        tasks.spawn(wires::run(hub.clone(), wire_calls, chunks));
        tasks.spawn(details::run(hub.clone(), attention_seen.clone(), stale_read));
        tasks.spawn(stock::run(hub.clone(), attention_seen.clone()));
        tasks.spawn(stock::run_disk(hub.clone(), attention_seen.clone()));
        tasks.spawn(sampler::run(hub, attention_seen));

        let attention = Arc::new(attention);
        let store = Store { attention, wishes, outcomes, wires, nudges, changes, sessions, _tasks: Arc::new(tasks) };
        (store, Outlets { snapshots: views.snapshots, outcomes: outcomes_read, chunks: chunks_read })
    }

    /// Says what is being looked at. The latest wins.
    pub fn attend(&self, attention: Attention) {
        self.attention.send_if_modified(|known| {
            let changed = *known != attention;
            *known = attention;
            changed
        });
    }

    /// Asks for an act. Its outcome comes in [`Outlets::outcomes`], always.
    pub fn act(&self, ask: Ask, act: Act) {
        if let Err(refused) = self.wishes.try_send(Wish { ask, act }) {
            let wish = refused.into_inner();
            let outcomes = self.outcomes.clone();
            // The queue is full of wishes: this one is answered, not queued. Nobody reads the answer if the receiver is gone.
            tokio::spawn(async move { drop(outcomes.send(wish.refused_for_room()).await) });
        }
    }

    /// Opens a stream. What comes, also any error, comes in [`Outlets::chunks`].
    pub fn open(&self, wire: Wire, source: Source) {
        self.call(wires::Call::Open(wire, source));
    }

    /// Types into a session. What cannot be taken is told by [`crate::model::Chunk::Undelivered`].
    pub fn send(&self, wire: Wire, bytes: Vec<u8>) {
        self.call(wires::Call::Input(wire, wires::Input::Bytes(bytes, None)));
    }

    /// Types into a session and returns once the bytes are on their way, or the session is over.
    pub async fn send_all(&self, wire: Wire, bytes: Vec<u8>) {
        let (done, sent) = tokio::sync::oneshot::channel();
        // A closed channel means that the store is ending; a dropped answer, that the session is over.
        drop(self.wires.send(wires::Call::Input(wire, wires::Input::Bytes(bytes, Some(done)))).await);
        drop(sent.await);
    }

    /// A session's terminal has another size. The latest wins.
    pub fn fit(&self, wire: Wire, size: Size) {
        self.call(wires::Call::Input(wire, wires::Input::Fit(size)));
    }

    /// A session's input is at its end.
    pub fn end_input(&self, wire: Wire) {
        self.call(wires::Call::Input(wire, wires::Input::End));
    }

    /// Closes a stream. A chunk that is on its way already may still come.
    pub fn close(&self, wire: Wire) {
        self.call(wires::Call::Close(wire));
    }

    /// Closes all streams and waits, at most some 1.5 s, until what their sessions would leave behind is ended: processes of
    /// ours in instances, helpers beside them. To be called before the runtime ends.
    pub async fn shutdown(&self) {
        let (done, closed) = tokio::sync::oneshot::channel();
        let close = async {
            // A closed channel means that the store is ending.
            drop(self.wires.send(wires::Call::CloseAll(done)).await);
            drop(closed.await);
        };
        let deadline = tokio::time::Instant::now() + sessions::closing::FAREWELL;
        if tokio::time::timeout_at(deadline, close).await.is_err() {
            tracing::warn!("the streams were not closed in time");
        }
        self.sessions.settled(deadline).await;
    }

    /// Tries to reach the engine now instead of at the next appointed time.
    pub fn retry(&self) {
        self.nudges.retry.notify_one();
    }

    /// Asks the engine for a full list now.
    pub fn refresh(&self) {
        self.nudges.refresh.notify_one();
        self.nudges.stock.notify_one();
        self.nudges.disk.notify_one();
        // Nobody may be inspecting anything.
        drop(self.changes.send(None));
    }

    fn call(&self, call: wires::Call) {
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
struct Hub {
    settings: Arc<Settings>,
    board: board::Board,
    roster: watch::Receiver<board::Roster>,
    line: watch::Receiver<link::Line>,
    starts: watch::Receiver<link::Starts>,
    nudges: Arc<link::Nudges>,
    changes: documents::Changes,
    sessions: sessions::closing::Sessions,
    helpers: volumes::Helpers,
    claims: claims::Claims,
}

impl Hub {
    /// What the engine is, as far as it has said.
    fn runtime(&self) -> Runtime {
        let roster = self.roster.borrow();
        roster.engines.get(&self.settings.engine).map(|engine| engine.info.runtime).unwrap_or_default()
    }
}
