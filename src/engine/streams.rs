//! Open streams: opening, closing, and that each ends with a word. What was refused is not asked for again without a pause.

use super::refusals::Refusals;
use super::sessions::input::{StdinRx, StdinTx, keyboard};
use super::{Shared, compose, documents, files, logs, sessions, transfer, volumes};
use crate::model::{Problem, Size, Source, StreamEvent, StreamId, Transfer};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};

/// What comes out of an open stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamMessage {
    /// A piece of it.
    Chunk(StreamEvent),
    /// It is over: by itself, or why.
    Ended(Option<Problem>),
}

/// What is asked of a stream.
#[derive(Debug)]
pub enum Call {
    /// Open it.
    Open(StreamId, Source),
    /// Give it something.
    Input(StreamId, Input),
    /// Close it.
    Close(StreamId),
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
pub struct StreamSink {
    wire: StreamId,
    chunks: mpsc::Sender<(StreamId, StreamMessage)>,
}

/// Nobody reads any more.
#[derive(Debug)]
pub struct StreamClosed;

impl StreamSink {
    /// Sends a chunk; waits while the reader is behind, which makes the stream wait at its source.
    pub async fn chunk(&self, chunk: StreamEvent) -> Result<(), StreamClosed> {
        self.chunks.send((self.wire, StreamMessage::Chunk(chunk))).await.map_err(|_| StreamClosed)
    }

    async fn end(&self, why: Option<Problem>) {
        // When nobody reads any more there is nobody to tell.
        drop(self.chunks.send((self.wire, StreamMessage::Ended(why))).await);
    }
}

/// An open stream.
struct Open {
    task: AbortHandle,
    /// Where its input goes, if it takes any.
    keyboard: Option<StdinTx>,
}

/// Opens and closes until nobody can ask any more. Never waits for a stream.
pub async fn run(shared: Shared, mut calls: mpsc::Receiver<Call>, chunks: mpsc::Sender<(StreamId, StreamMessage)>) {
    let (tasks, open, refusals) = (JoinSet::new(), HashMap::new(), Refusals::default());
    let mut streams = Streams { shared, chunks, tasks, open, refusals };
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
    shared: Shared,
    chunks: mpsc::Sender<(StreamId, StreamMessage)>,
    tasks: JoinSet<()>,
    open: HashMap<StreamId, Open>,
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

    fn begin(&mut self, wire: StreamId, source: Source) {
        let outlet = StreamSink { wire, chunks: self.chunks.clone() };
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
        let task = self.tasks.spawn(listen(self.shared.clone(), outlet, source, typing, refusals));
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
            let outlet = StreamSink { wire, chunks: self.chunks.clone() };
            self.tasks.spawn(async move { outlet.end(Some(broken)).await });
        }
    }
}

/// No stream is opened but here.
async fn listen(shared: Shared, outlet: StreamSink, source: Source, typing: StdinRx, refusals: Refusals) {
    refusals.wait(&shared, &source).await;
    if let Ok(why) = run_source(&shared, &outlet, source.clone(), typing).await {
        // Before anybody hears of the end and opens it anew.
        refusals.note(&shared, &source, why.is_some());
        outlet.end(why).await;
    }
}

async fn run_source(
    shared: &Shared,
    outlet: &StreamSink,
    source: Source,
    typing: StdinRx,
) -> Result<Option<Problem>, StreamClosed> {
    match source {
        Source::Logs { id, tail } => logs::follow::run(shared, outlet, &id, tail).await,
        Source::OlderLogs { id, before, known, known_at_before, lines } => {
            let page = logs::older::Page { before, known, known_at_before, lines };
            logs::older::run(shared, outlet, &id, page).await
        }
        Source::Inspect { kind, id } => documents::run(shared, outlet, kind, &id).await,
        source @ (Source::Exec(_) | Source::Attach { .. } | Source::Sidecar { .. } | Source::Processes { .. }) => {
            sessions::run(shared, outlet, source, typing).await
        }
        source @ (Source::Folder { .. }
        | Source::File { .. }
        | Source::Visit { .. }
        | Source::CopyOut(_)
        | Source::CopyIn(_)
        | Source::ArchiveOut { .. }
        | Source::ArchiveIn { .. }) => files::run(shared, outlet, source, typing).await,
        Source::Volume { seen, size } => volumes::run(shared, outlet, &seen, size).await,
        Source::Compose(engine, ask) => compose::run(shared, outlet, engine, &ask).await,
        Source::Transfer(engine, Transfer::Compose(wanted)) => {
            compose::run_job(shared, outlet, engine, &wanted, typing).await
        }
        Source::Transfer(engine, wanted) => transfer::run(shared, outlet, engine, &wanted).await,
    }
}
