//! Doing: each operation is taken up, done and answered (rows A1, A2). What it asks of the engine is in `operations`.

use crate::engine::error::EngineError;
use crate::engine::list::{self, Look};
use crate::engine::transport::Transport;
use crate::engine::{Shared, convert, operations, sessions};
use crate::model::{Fact, Kind, Operation, OperationId, OperationKind, OperationResult, Problem};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Acts under way at once.
const AT_ONCE: usize = 8;

/// An act that somebody asked for.
#[derive(Debug)]
pub struct QueuedOperation {
    /// The request it belongs to.
    pub ask: OperationId,
    /// The act.
    pub act: Operation,
}

impl QueuedOperation {
    /// The answer when too many wishes wait.
    pub fn refused_for_room(self) -> OperationResult {
        let problem =
            Problem::new(during(&self.act), "too many acts are waiting", "wait for some to end, then ask again");
        OperationResult { ask: self.ask, act: self.act, result: Err(problem) }
    }
}

fn during(act: &Operation) -> String {
    format!("{} {}", act.verb.spec().word, act.name)
}

/// Takes wishes up until nobody can ask any more; answers each.
pub async fn run(shared: Shared, mut wishes: mpsc::Receiver<QueuedOperation>, outcomes: mpsc::Sender<OperationResult>) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    // An engine that takes several names of one image away at once may stumble over itself (moby 20.10: "unrecognized
    // image ID"): images go one after the other, as the Docker client removes them.
    let images = Arc::new(Semaphore::new(1));
    let mut acts = JoinSet::new();
    loop {
        tokio::select! {
            wish = wishes.recv() => {
                let Some(QueuedOperation { ask, act }) = wish else { return };
                let (shared, room, outcomes) = (shared.clone(), room.clone(), outcomes.clone());
                let turn = matches!(act.verb, OperationKind::RemoveImage { .. }).then(|| images.clone());
                acts.spawn(async move {
                    // The semaphores are never closed. Who waits for a turn takes no place.
                    let _turn = match &turn {
                        Some(turn) => Some(turn.acquire().await),
                        None => None,
                    };
                    let _place = place(&shared, &room, &act).await;
                    let result = perform(&shared, &act).await;
                    // Nobody reads outcomes any more when the receiver is gone.
                    drop(outcomes.send(OperationResult { ask, act, result }).await);
                });
            }
            Some(ended) = acts.join_next() => if let Err(error) = ended {
                tracing::error!("an act's task failed: {error}");
            },
        }
    }
}

/// A place among those under way, for what takes one; who has to wait is told as waiting.
async fn place<'a>(shared: &Shared, room: &'a Semaphore, act: &Operation) -> Option<SemaphorePermit<'a>> {
    if !act.verb.spec().is_queued {
        return None;
    }
    if let Ok(place) = room.try_acquire() {
        return Some(place);
    }
    if is_of_container(act) {
        shared.publisher.tell(vec![Fact::Waiting(act.id.clone(), act.verb)]).await;
    }
    // It is never closed.
    let place = room.acquire().await.ok();
    // Whatever becomes of it now, it waits no longer.
    if is_of_container(act) {
        shared.publisher.tell(vec![Fact::Settled(act.id.clone(), act.verb)]).await;
    }
    place
}

fn is_of_container(act: &Operation) -> bool {
    let spec = act.verb.spec();
    spec.kind == Kind::Container && !spec.makes
}

async fn perform(shared: &Shared, act: &Operation) -> Result<String, Problem> {
    let during = during(act);
    if shared.settings.read_only {
        return Err(EngineError::ReadOnly.problem(&during, None));
    }
    let line = shared.line.borrow().clone();
    let Some((transport, place)) = line.way.filter(|_| line.up) else {
        return Err(Problem::new(during, "the engine does not answer", "wait until it is back, or retry now"));
    };
    let is_container = is_of_container(act);
    if act.id.engine() != shared.settings.engine || (is_container && !convert::is_container_id(act.id.raw())) {
        return Err(Problem::new(
            during,
            format!("this engine does not know that {}", act.verb.spec().kind.word()),
            "",
        ));
    }
    if let OperationKind::Signal { pid, signal } = act.verb {
        // One of its processes is meant: nothing is pending on the container itself.
        return tokio::select! {
            sent = sessions::signal::send(shared, &transport, &place, (act, &during), pid, signal) => sent.map(|()| String::new()),
            () = lost(shared) => Err(EngineError::Cut("the engine was lost meanwhile".into()).problem(&during, Some(&place))),
        };
    }
    // Who waits changes nothing.
    if is_container && act.verb != OperationKind::Wait {
        shared.publisher.tell(vec![Fact::Pending(act.id.clone(), act.verb)]).await;
    }
    let done = tokio::select! {
        done = ask_again(shared, &transport, act) => done,
        () = lost(shared) => Err(EngineError::Cut("the engine was lost meanwhile; what it was asked may still be done".into())),
    };
    if is_container {
        settle(shared, &transport, act).await;
    }
    shared.wakeups.stock.notify_one();
    if act.verb.spec().changes_disk {
        shared.wakeups.disk.notify_one();
    }
    done.map_err(|fault| {
        if fault.is_loss() {
            shared.wakeups.suspect.notify_one();
        }
        fault.problem(&during, Some(&place))
    })
}

/// Returns when the engine is not heard any more: an act may take minutes, and its place is not held for one that hangs.
async fn lost(shared: &Shared) {
    let mut line = shared.line.clone();
    if line.wait_for(|line| !line.up).await.is_err() {
        // The store is ending, and this task with it.
        std::future::pending().await
    }
}

/// Between two attempts while a helper of ours is on its way out, and how many there are.
const AGAIN: (Duration, usize) = (Duration::from_millis(200), 15);

/// Asks the engine. A volume that was just looked into is in use until its helper is gone: that is our own doing.
async fn ask_again(shared: &Shared, transport: &Transport, act: &Operation) -> Result<String, EngineError> {
    let mut left =
        if act.verb == OperationKind::RemoveVolume && shared.helpers.served(act.id.raw()) { AGAIN.1 } else { 0 };
    loop {
        match operations::run(transport, act, shared.settings.stop_grace).await {
            Err(EngineError::Status(409, _)) if left > 0 => {
                left -= 1;
                tokio::time::sleep(AGAIN.0).await;
            }
            done => return done,
        }
    }
}

/// Looks at the container again and clears the pending mark in the same breath, so that no screen shows the old state between.
async fn settle(shared: &Shared, transport: &Transport, act: &Operation) {
    let engine = shared.settings.engine;
    let look = Look { all: false, named: HashSet::from([act.id.clone()]) };
    let seen = tokio::select! {
        (_, seen) = list::look(transport, engine, shared.sessions.records(), look) => seen.ok(),
        () = lost(shared) => None,
    };
    // Its own failure is told by the link; the events will bring the state.
    let facts = seen.map(|seen| seen.facts(engine, &shared.claims, Instant::now()).0).unwrap_or_default();
    // The answer and the event of a removal come by different ways: a late answer must not bring back what is gone.
    let late = |fact| match fact {
        Fact::Container(container) => Fact::Again(container),
        other => other,
    };
    let mut facts: Vec<Fact> = facts.into_iter().map(late).collect();
    facts.push(Fact::Settled(act.id.clone(), act.verb));
    shared.publisher.tell(facts).await;
}
