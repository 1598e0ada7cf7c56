//! Open streams: opening, closing, and that each ends with a word.

use super::{Hub, logs};
use crate::model::{Chunk, Problem, Source, Wire};
use std::collections::HashMap;
use tokio::sync::mpsc;
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
    /// Close it.
    Close(Wire),
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

/// Opens and closes until nobody can ask any more.
pub async fn run(hub: Hub, mut calls: mpsc::Receiver<Call>, chunks: mpsc::Sender<(Wire, WireMessage)>) {
    let mut tasks = JoinSet::new();
    let mut open: HashMap<Wire, AbortHandle> = HashMap::new();
    loop {
        tokio::select! {
            call = calls.recv() => match call {
                None => return,
                Some(Call::Open(wire, source)) => {
                    let outlet = Outlet { wire, chunks: chunks.clone() };
                    let known = open.insert(wire, tasks.spawn(listen(hub.clone(), outlet, source)));
                    if let Some(known) = known {
                        known.abort();
                    }
                }
                Some(Call::Close(wire)) => if let Some(task) = open.remove(&wire) {
                    task.abort();
                },
            },
            Some(ended) = tasks.join_next_with_id() => {
                let id = match &ended {
                    Ok((id, ())) => *id,
                    Err(error) => error.id(),
                };
                let wire = open.iter().find(|(_, task)| task.id() == id).map(|(wire, _)| *wire);
                if let Some(wire) = wire {
                    open.remove(&wire);
                    if ended.is_err() {
                        let broken = Problem::new("read a stream", "bowline's own reader failed", "see bowline's log");
                        Outlet { wire, chunks: chunks.clone() }.end(Some(broken)).await;
                    }
                }
            }
        }
    }
}

async fn listen(hub: Hub, outlet: Outlet, source: Source) {
    let ended = match source {
        Source::Logs { id, tail } => logs::follow::run(&hub, &outlet, &id, tail).await,
        Source::OlderLogs { id, before, known, known_at_before, lines } => {
            let page = logs::older::Page { before, known, known_at_before, lines };
            logs::older::run(&hub, &outlet, &id, page).await
        }
    };
    if let Ok(why) = ended {
        outlet.end(why).await;
    }
}
