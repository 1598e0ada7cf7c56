//! Open streams: opening, closing, and that each ends with a word. What was refused is not asked for again without a pause.

use super::refusals::Refusals;
use super::sessions::input::{Keyboard, Typing, keyboard};
use super::{Hub, compose, documents, files, logs, sessions, transfer, volumes};
use crate::model::{Chunk, Problem, Size, Source, Transfer, Wire};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};

/// What comes out of an open stream.
#[derive(Debug, Clone, PartialEq)]
pub enum WireMessage {
    /// A piece of it.
    Chunk(Chunk),
    /// It is over: by itself, or why.
    Ended(Option<Problem>),
}

/// What is asked of a stream.
#[derive(Debug)]
pub enum Call {
    /// Open it.
    Open(Wire, Source),
    /// Give it something.
    Input(Wire, Input),
    /// Close it.
    Close(Wire),
    /// Close all, and say when that is done.
    CloseAll(oneshot::Sender<()>),
}

/// What goes into an open stream that takes input.
#[derive(Debug)]
pub enum Input {
    /// Bytes, and whom to tell when they are on their way.
    Bytes(Vec<u8>, Option<oneshot::Sender<()>>),
    /// The terminal has another size.
    Fit(Size),
    /// There is no more input.
    End,
}

/// Where one stream's messages go.
#[derive(Clone, Debug)]
pub struct Outlet {
    wire: Wire,
    chunks: mpsc::Sender<(Wire, WireMessage)>,
}

/// Nobody reads any more.
#[derive(Debug)]
pub struct Closed;

impl Outlet {
    /// Sends a chunk; waits while the reader is behind, which makes the stream wait at its source.
    pub async fn chunk(&self, chunk: Chunk) -> Result<(), Closed> {
        self.chunks.send((self.wire, WireMessage::Chunk(chunk))).await.map_err(|_| Closed)
    }

    async fn end(&self, why: Option<Problem>) {
        // When nobody reads any more there is nobody to tell.
        drop(self.chunks.send((self.wire, WireMessage::Ended(why))).await);
    }
}

/// An open stream.
struct Open {
    task: AbortHandle,
    /// Where its input goes, if it takes any.
    keyboard: Option<Keyboard>,
}

/// Opens and closes until nobody can ask any more. Never waits for a stream.
pub async fn run(hub: Hub, mut calls: mpsc::Receiver<Call>, chunks: mpsc::Sender<(Wire, WireMessage)>) {
    let (tasks, open, refusals) = (JoinSet::new(), HashMap::new(), Refusals::default());
    let mut streams = Streams { hub, chunks, tasks, open, refusals };
    loop {
        tokio::select! {
            call = calls.recv() => match call {
                None => return,
                Some(call) => streams.take(call).await,
            },
            Some(ended) = streams.tasks.join_next_with_id() => {
                let (id, failed) = match &ended {
                    Ok((id, ())) => (*id, false),
                    Err(error) => (error.id(), error.is_panic()),
                };
                streams.ended(id, failed);
            }
        }
    }
}

struct Streams {
    hub: Hub,
    chunks: mpsc::Sender<(Wire, WireMessage)>,
    tasks: JoinSet<()>,
    open: HashMap<Wire, Open>,
    refusals: Refusals,
}

impl Streams {
    async fn take(&mut self, call: Call) {
        match call {
            Call::Open(wire, source) => self.begin(wire, source),
            Call::Input(wire, input) => {
                if let Some(keyboard) = self.open.get(&wire).and_then(|open| open.keyboard.as_ref()) {
                    keyboard.put(input);
                }
            }
            Call::Close(wire) => {
                if let Some(open) = self.open.remove(&wire) {
                    open.task.abort();
                }
            }
            Call::CloseAll(done) => {
                self.open.clear();
                // Each task is gone when this returns: what they leave behind is in the hands of others then.
                self.tasks.shutdown().await;
                // It fails when nobody waits any more.
                let _ = done.send(());
            }
        }
    }

    fn begin(&mut self, wire: Wire, source: Source) {
        let outlet = Outlet { wire, chunks: self.chunks.clone() };
        let (keyboard, typing) = keyboard();
        let hears = matches!(
            source,
            Source::Exec(_)
                | Source::Attach { .. }
                | Source::Sidecar { .. }
                | Source::ArchiveIn { .. }
                | Source::Transfer(_, Transfer::Compose(_))
        );
        let refusals = self.refusals.clone();
        let task = self.tasks.spawn(listen(self.hub.clone(), outlet, source, typing, refusals));
        let known = self.open.insert(wire, Open { task, keyboard: hears.then_some(keyboard) });
        if let Some(known) = known {
            known.task.abort();
        }
    }

    fn ended(&mut self, id: tokio::task::Id, failed: bool) {
        let wire = self.open.iter().find(|(_, open)| open.task.id() == id).map(|(wire, _)| *wire);
        let Some(wire) = wire else { return };
        self.open.remove(&wire);
        if failed {
            let broken = Problem::new("read a stream", "bowline's own reader failed", "see bowline's log");
            let outlet = Outlet { wire, chunks: self.chunks.clone() };
            self.tasks.spawn(async move { outlet.end(Some(broken)).await });
        }
    }
}

/// No stream is opened but here.
async fn listen(hub: Hub, outlet: Outlet, source: Source, typing: Typing, refusals: Refusals) {
    refusals.wait(&hub, &source).await;
    if let Ok(why) = run_source(&hub, &outlet, source.clone(), typing).await {
        // Before anybody hears of the end and opens it anew.
        refusals.note(&hub, &source, why.is_some());
        outlet.end(why).await;
    }
}

async fn run_source(hub: &Hub, outlet: &Outlet, source: Source, typing: Typing) -> Result<Option<Problem>, Closed> {
    match source {
        Source::Logs { id, tail } => logs::follow::run(hub, outlet, &id, tail).await,
        Source::OlderLogs { id, before, known, known_at_before, lines } => {
            let page = logs::older::Page { before, known, known_at_before, lines };
            logs::older::run(hub, outlet, &id, page).await
        }
        Source::Inspect { kind, id } => documents::run(hub, outlet, kind, &id).await,
        source @ (Source::Exec(_) | Source::Attach { .. } | Source::Sidecar { .. } | Source::Processes { .. }) => {
            sessions::run(hub, outlet, source, typing).await
        }
        source @ (Source::Folder { .. }
        | Source::File { .. }
        | Source::Visit { .. }
        | Source::CopyOut(_)
        | Source::CopyIn(_)
        | Source::ArchiveOut { .. }
        | Source::ArchiveIn { .. }) => files::run(hub, outlet, source, typing).await,
        Source::Volume { seen, size } => volumes::run(hub, outlet, &seen, size).await,
        Source::Compose(engine, ask) => compose::run(hub, outlet, engine, &ask).await,
        Source::Transfer(engine, Transfer::Compose(wanted)) => {
            compose::run_job(hub, outlet, engine, &wanted, typing).await
        }
        Source::Transfer(engine, wanted) => transfer::run(hub, outlet, engine, &wanted).await,
    }
}
