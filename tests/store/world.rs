//! A store under test: its outlets, and waiting for conditions with a deadline.

use super::fake::Fake;
use bowline::model::{Act, Ask, Chunk, Id, Instance, Origin, Outcome, Snapshot, Source, Verb, Wire};
use bowline::store::{Endpoint, Outlets, Place, Settings, Store, WireMessage};
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
    pub store: Store,
    pub outlets: Outlets,
}

impl World {
    pub fn start(settings: Settings) -> Self {
        let (store, outlets) = Store::start(settings);
        Self { store, outlets }
    }

    /// On an engine in this process: with a paused clock everything is exact, and takes no time.
    pub fn in_this_process(fake: &Fake) -> World {
        let dialled = fake.clone();
        let endpoint = Endpoint::Private(Arc::new(move || dialled.dial()));
        World::start(settings(Place { endpoint, origin: Origin::Inside }))
    }

    /// Waits for a snapshot of which `found` gives something.
    pub async fn until<T>(&mut self, what: &str, mut found: impl FnMut(&Snapshot) -> Option<T>) -> T {
        let snapshots = &mut self.outlets.snapshots;
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
            Err(_) => panic!("waited in vain for {what}; last seen: {:#?}", self.outlets.snapshots.borrow()),
        }
    }

    pub async fn instance(&mut self, name: &str) -> Arc<Instance> {
        self.until(name, |snapshot| named(snapshot, name)).await
    }

    pub async fn act(&mut self, verb: Verb, id: &Id) -> Outcome {
        self.do_this(Act::new(verb, id.clone(), "it")).await
    }

    pub async fn do_this(&mut self, act: Act) -> Outcome {
        self.store.act(Ask(1), act);
        let outcome = tokio::time::timeout(DEADLINE, self.outlets.outcomes.recv()).await;
        outcome.expect("an outcome in time").expect("the store lives")
    }

    pub fn open_logs(&self, wire: u64, id: &Id, tail: usize) {
        self.store.open(Wire(wire), Source::Logs { id: id.clone(), tail });
    }

    pub async fn message(&mut self) -> (Wire, WireMessage) {
        let message = tokio::time::timeout(DEADLINE, self.outlets.chunks.recv()).await;
        message.expect("a message in time").expect("the store lives")
    }

    /// Reads lines until there are `count`, or the stream ends.
    pub async fn lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < count {
            match self.message().await.1 {
                WireMessage::Chunk(Chunk::Lines(batch)) => {
                    lines.extend(batch.lines.iter().map(|mark| String::from_utf8_lossy(batch.line(mark)).into_owned()));
                }
                WireMessage::Chunk(_) => {}
                WireMessage::Ended(_) => break,
            }
        }
        lines
    }
}

pub fn named(snapshot: &Snapshot, name: &str) -> Option<Arc<Instance>> {
    snapshot.instances.values().find(|instance| &*instance.name == name).cloned()
}
