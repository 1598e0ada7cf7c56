//! Open streams: opening, closing, and that each ends with a word.

use crate::engine::interface::{EngineMap, not_open};
use crate::engine::stdin::{StdinRx, StdinTx, keyboard};
use crate::engine::stream::{Input, StreamMessage, StreamSink};
use crate::model::{Problem, Source, StreamId, Transfer};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};

/// A call to a stream.
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

/// An open stream.
struct Open {
    task: AbortHandle,
    /// The sender of its input, if it takes any.
    stdin: Option<StdinTx>,
}

/// Opens and closes until nobody can ask any more. Never waits for a stream.
pub async fn run(
    engines: EngineMap,
    mut calls: mpsc::Receiver<Call>,
    messages: mpsc::Sender<(StreamId, StreamMessage)>,
) {
    let mut streams = Streams { engines, messages, tasks: JoinSet::new(), open: HashMap::new() };
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
    engines: EngineMap,
    messages: mpsc::Sender<(StreamId, StreamMessage)>,
    tasks: JoinSet<()>,
    open: HashMap<StreamId, Open>,
}

impl Streams {
    async fn take(&mut self, call: Call) {
        match call {
            Call::Open(id, source) => self.begin(id, source),
            Call::Input(id, input) => {
                if let Some(stdin) = self.open.get(&id).and_then(|open| open.stdin.as_ref()) {
                    stdin.put(input);
                }
            }
            Call::Close(id) => {
                if let Some(open) = self.open.remove(&id) {
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

    fn begin(&mut self, id: StreamId, source: Source) {
        let sink = self.sink(id);
        let (stdin, typed) = keyboard();
        let stdin = takes_input(&source).then_some(stdin);
        let task = self.tasks.spawn(listen(self.engines.clone(), sink, source, typed));
        if let Some(known) = self.open.insert(id, Open { task, stdin }) {
            known.task.abort();
        }
    }

    fn ended(&mut self, task: tokio::task::Id, failed: bool) {
        let id = self.open.iter().find(|(_, open)| open.task.id() == task).map(|(id, _)| *id);
        let Some(id) = id else { return };
        self.open.remove(&id);
        if failed {
            let broken = Problem::new("read a stream", "bowline's own reader failed", "see bowline's log");
            let sink = self.sink(id);
            self.tasks.spawn(async move { sink.end(Some(broken)).await });
        }
    }

    fn sink(&self, id: StreamId) -> StreamSink {
        StreamSink { id, messages: self.messages.clone() }
    }
}

fn takes_input(source: &Source) -> bool {
    matches!(
        source,
        Source::Exec(_)
            | Source::Attach { .. }
            | Source::Sidecar { .. }
            | Source::ArchiveIn { .. }
            | Source::Transfer(_, Transfer::Compose(_))
    )
}

/// No stream is opened but here.
async fn listen(engines: EngineMap, sink: StreamSink, source: Source, stdin: StdinRx) {
    let ended = match source.engine().and_then(|engine| engines.get(&engine)) {
        Some(engine) => engine.open(&source, &sink, stdin).await,
        None => Ok(Some(not_open("open a stream"))),
    };
    if let Ok(why) = ended {
        sink.end(why).await;
    }
}
