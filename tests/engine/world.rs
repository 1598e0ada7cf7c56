//! A store under test: its outputs, and waiting for conditions with a deadline.

use super::fake::Fake;
use bowline::engine::{Endpoint, EngineOutputs, Engines, Place, Settings, StreamMessage};
use bowline::model::{
    Container, Id, Operation, OperationId, OperationKind, OperationResult, Origin, Snapshot, Source, StreamEvent,
    StreamId,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a test waits for anything.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub fn unix(path: impl AsRef<Path>) -> Place {
    Place { endpoint: Endpoint::Unix(path.as_ref().to_path_buf()), origin: Origin::Flag }
}

pub fn settings(place: Place) -> Settings {
    Settings { places: vec![place], ..Settings::default() }
}

pub struct World {
    pub store: Engines,
    pub outputs: EngineOutputs,
}

impl World {
    pub fn start(settings: Settings) -> Self {
        let (store, outputs) = Engines::start([settings]);
        Self { store, outputs }
    }

    /// On an engine in this process: with a paused clock everything is exact, and takes no time.
    pub fn in_this_process(fake: &Fake) -> World {
        let dialled = fake.clone();
        let endpoint = Endpoint::Private(Arc::new(move || dialled.dial()));
        World::start(settings(Place { endpoint, origin: Origin::Inside }))
    }

    /// Waits for a snapshot of which `found` gives something.
    pub async fn until<T>(&mut self, what: &str, mut found: impl FnMut(&Snapshot) -> Option<T>) -> T {
        let snapshots = &mut self.outputs.snapshots;
        let wait = async {
            loop {
                if let Some(value) = found(&snapshots.borrow_and_update().clone()) {
                    return value;
                }
                snapshots.changed().await.expect("the store lives");
            }
        };
        match tokio::time::timeout(DEADLINE, wait).await {
            Ok(value) => value,
            Err(_) => panic!("waited in vain for {what}; last seen: {:#?}", self.outputs.snapshots.borrow()),
        }
    }

    pub async fn container(&mut self, name: &str) -> Arc<Container> {
        self.until(name, |snapshot| named(snapshot, name)).await
    }

    pub async fn act(&mut self, verb: OperationKind, id: &Id) -> OperationResult {
        self.do_this(Operation::new(verb, id.clone(), "it")).await
    }

    pub async fn do_this(&mut self, act: Operation) -> OperationResult {
        self.store.operation(OperationId(1), act);
        let outcome = tokio::time::timeout(DEADLINE, self.outputs.outcomes.recv()).await;
        outcome.expect("an outcome in time").expect("the store lives")
    }

    pub fn open_logs(&self, wire: u64, id: &Id, tail: usize) {
        self.store.open(StreamId(wire), Source::Logs { id: id.clone(), tail, since: None });
    }

    pub async fn message(&mut self) -> (StreamId, StreamMessage) {
        let message = tokio::time::timeout(DEADLINE, self.outputs.chunks.recv()).await;
        message.expect("a message in time").expect("the store lives")
    }

    /// Reads lines until there are `count`, or the stream ends.
    pub async fn lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < count {
            match self.message().await.1 {
                StreamMessage::Chunk(StreamEvent::Lines(batch)) => {
                    lines.extend(batch.lines.iter().map(|mark| String::from_utf8_lossy(batch.line(mark)).into_owned()));
                }
                StreamMessage::Chunk(_) => {}
                StreamMessage::Ended(_) => break,
            }
        }
        lines
    }
}

pub fn named(snapshot: &Snapshot, name: &str) -> Option<Arc<Container>> {
    snapshot.containers.values().find(|container| &*container.name == name).cloned()
}
