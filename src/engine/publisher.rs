//! The one owner of the snapshot: facts come in, snapshots go out. First change at once, then at most ten a second; what
//! somebody waits for (a list, the link, an act's beginning and end) never waits for the pace.

use crate::model::{Container, Engine, EngineId, Fact, Snapshot, fold};
use crate::model::{Id, Link};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Shortest time between two snapshots.
const PACE: Duration = Duration::from_millis(100);
/// Groups of facts that may wait.
const FACTS: usize = 256;

/// The place to which the engine's tasks report facts.
#[derive(Clone, Debug)]
pub struct Publisher {
    facts: mpsc::Sender<Vec<Fact>>,
}

impl Publisher {
    /// Tells facts that belong together: no snapshot shows one without the others.
    pub async fn tell(&self, facts: Vec<Fact>) {
        // The publisher outlives all who tell; if it is gone the store is ending.
        drop(self.facts.send(facts).await);
    }
}

/// Who is there on one engine: what that one's tasks need to see at once, without waiting for the pace of snapshots.
#[derive(Clone, Debug, Default)]
pub struct ContainerIndex {
    /// The engine's containers by identity.
    pub containers: Arc<BTreeMap<Id, Arc<Container>>>,
    /// Engines by id.
    pub engines: Arc<BTreeMap<EngineId, Engine>>,
}

impl ContainerIndex {
    /// True while the engine answers.
    pub fn is_up(&self, engine: EngineId) -> bool {
        self.engines.get(&engine).is_some_and(|engine| engine.link == Link::Up)
    }

    /// A container's name for messages, as far as known.
    pub fn name(&self, id: &Id) -> String {
        self.containers.get(id).map_or_else(|| id.short().to_string(), |container| container.name.to_string())
    }

    fn is(&self, other: &ContainerIndex) -> bool {
        Arc::ptr_eq(&self.containers, &other.containers) && Arc::ptr_eq(&self.engines, &other.engines)
    }
}

/// The outputs of the publisher.
pub struct Views {
    /// For the screen.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// For the tasks of each engine: its own containers.
    pub indexes: BTreeMap<EngineId, watch::Receiver<ContainerIndex>>,
}

type Indexes = BTreeMap<EngineId, watch::Sender<ContainerIndex>>;

/// A publisher with nothing on it, for these engines, and the task that keeps it.
pub fn publisher(engines: &[EngineId]) -> (Publisher, impl Future<Output = ()> + Send + 'static, Views) {
    let (facts, incoming) = mpsc::channel(FACTS);
    let (snapshots, snapshots_seen) = watch::channel(Arc::default());
    let (keep_indexes, indexes): (Indexes, BTreeMap<_, _>) = engines
        .iter()
        .map(|engine| {
            let (sender, seen) = watch::channel(ContainerIndex::default());
            ((*engine, sender), (*engine, seen))
        })
        .unzip();
    (Publisher { facts }, keep(incoming, snapshots, keep_indexes), Views { snapshots: snapshots_seen, indexes })
}

async fn keep(mut incoming: mpsc::Receiver<Vec<Fact>>, snapshots: watch::Sender<Arc<Snapshot>>, indexes: Indexes) {
    let mut snapshot = Snapshot::default();
    let mut changed = false;
    let mut due = Instant::now();
    loop {
        let mut urgent = false;
        tokio::select! {
            facts = incoming.recv() => {
                let Some(facts) = facts else { return };
                urgent |= facts.iter().any(is_urgent);
                changed |= fold_all(&mut snapshot, facts);
                while let Ok(facts) = incoming.try_recv() {
                    urgent |= facts.iter().any(is_urgent);
                    changed |= fold_all(&mut snapshot, facts);
                }
            }
            () = tokio::time::sleep_until(due), if changed => {}
        }
        for (engine, index) in &indexes {
            let seen = index_of(&snapshot, *engine, &index.borrow(), indexes.len() == 1);
            index.send_if_modified(|known| {
                let changed = !known.is(&seen);
                *known = seen;
                changed
            });
        }
        let now = Instant::now();
        if changed && (urgent || now >= due) {
            snapshots.send_replace(Arc::new(snapshot.clone()));
            changed = false;
            due = now + PACE;
        }
    }
}

/// What an engine's tasks see now. One that is alone shares the snapshot's own map; else a new one is made only where one of its
/// containers has changed.
fn index_of(snapshot: &Snapshot, engine: EngineId, known: &ContainerIndex, alone: bool) -> ContainerIndex {
    let own = || snapshot.containers.range(Id::new(engine, "")..).take_while(|(id, _)| id.engine() == engine);
    let same = || own().map(|(_, one)| Arc::as_ptr(one)).eq(known.containers.values().map(Arc::as_ptr));
    let containers = match alone {
        true => snapshot.containers.clone(),
        false if same() => known.containers.clone(),
        false => Arc::new(own().map(|(id, one)| (id.clone(), one.clone())).collect()),
    };
    ContainerIndex { containers, engines: snapshot.engines.clone() }
}

/// Somebody waits for this: the first list, the engine's return, an act of theirs.
fn is_urgent(fact: &Fact) -> bool {
    matches!(fact, Fact::Containers(..) | Fact::Link(..) | Fact::Waiting(..) | Fact::Pending(..) | Fact::Settled(..))
}

fn fold_all(snapshot: &mut Snapshot, facts: Vec<Fact>) -> bool {
    facts.into_iter().fold(false, |changed, fact| fold(snapshot, fact) | changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn first_at_once_then_paced_and_silent_when_nothing_changes() {
        let (publisher, task, mut views) = publisher(&[EngineId(0)]);
        tokio::spawn(task);
        let start = Instant::now();
        publisher.tell(vec![Fact::Address(EngineId(0), "a".into())]).await;
        views.snapshots.changed().await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        for word in ["b", "c", "d"] {
            publisher.tell(vec![Fact::Address(EngineId(0), word.into())]).await;
        }
        views.snapshots.changed().await.unwrap();
        assert_eq!(start.elapsed(), PACE);
        assert_eq!(views.snapshots.borrow_and_update().engines[&EngineId(0)].address, "d");
        publisher.tell(vec![Fact::Address(EngineId(0), "d".into())]).await;
        let quiet = tokio::time::timeout(Duration::from_secs(9), views.snapshots.changed()).await;
        assert!(quiet.is_err(), "nothing changed, nothing is published");
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_list_does_not_wait_for_the_pace() {
        let (publisher, task, mut views) = publisher(&[EngineId(0)]);
        tokio::spawn(task);
        let start = Instant::now();
        publisher.tell(vec![Fact::Address(EngineId(0), "a".into())]).await;
        views.snapshots.changed().await.unwrap();
        publisher.tell(vec![Fact::Containers(EngineId(0), Vec::new())]).await;
        views.snapshots.changed().await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(views.snapshots.borrow().engines[&EngineId(0)].listed);
    }

    #[tokio::test(start_paused = true)]
    async fn the_tasks_of_an_engine_do_not_wait() {
        let (publisher, task, mut views) = publisher(&[EngineId(0)]);
        tokio::spawn(task);
        let start = Instant::now();
        for word in ["a", "b"] {
            publisher.tell(vec![Fact::Address(EngineId(0), word.into())]).await;
            views.indexes.get_mut(&EngineId(0)).unwrap().changed().await.unwrap();
            assert_eq!(
                views.indexes.get_mut(&EngineId(0)).unwrap().borrow_and_update().engines[&EngineId(0)].address,
                word
            );
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
