//! Doing: each operation is done when its turn has come (rows A1, A2). What it asks of the engine is in `operations`.

use crate::engine::docker::error::EngineError;
use crate::engine::docker::list::{self, Look};
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::docker::{convert, operations, sessions};
use crate::model::{Fact, Kind, Operation, OperationKind, Problem};
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Acts under way at once.
const AT_ONCE: usize = 8;

/// Which operations are under way, and which have to wait.
#[derive(Debug)]
pub struct OperationQueue {
    places: Semaphore,
    /// An engine that takes several names of one image away at once may stumble over itself (moby 20.10: "unrecognized
    /// image ID"): images go one after the other, as the Docker client removes them.
    images: Semaphore,
}

impl Default for OperationQueue {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_ONCE), images: Semaphore::new(1) }
    }
}

impl OperationQueue {
    /// Does it, when its turn has come.
    pub async fn run(&self, shared: &Shared, operation: &Operation) -> Result<String, Problem> {
        // The semaphores are never closed. Who waits for a turn takes no place.
        let turn = matches!(operation.kind, OperationKind::RemoveImage { .. }).then(|| self.images.acquire());
        let _turn = match turn {
            Some(turn) => Some(turn.await),
            None => None,
        };
        let _place = self.place(shared, operation).await;
        perform(shared, operation).await
    }

    /// A place among those under way, for what takes one; who has to wait is told as waiting.
    async fn place(&self, shared: &Shared, operation: &Operation) -> Option<SemaphorePermit<'_>> {
        if !operation.kind.spec().is_queued {
            return None;
        }
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        if is_of_container(operation) {
            shared.publisher.tell(vec![Fact::Waiting(operation.id.clone(), operation.kind)]).await;
        }
        // It fails only where the semaphore was closed, which nothing here does; the operation would go without a place then.
        let place = self.places.acquire().await.ok();
        // Whatever becomes of it now, it waits no longer.
        if is_of_container(operation) {
            shared.publisher.tell(vec![Fact::Settled(operation.id.clone(), operation.kind)]).await;
        }
        place
    }
}

fn is_of_container(operation: &Operation) -> bool {
    let spec = operation.kind.spec();
    spec.kind == Kind::Container && !spec.makes
}

async fn perform(shared: &Shared, operation: &Operation) -> Result<String, Problem> {
    let during = operation.during();
    if shared.settings.read_only {
        return Err(EngineError::ReadOnly.problem(&during, None));
    }
    let (transport, place) = shared.present_way(&during)?;
    let is_container = is_of_container(operation);
    if is_container && !convert::is_container_id(operation.id.raw()) {
        let cause = format!("no such {} on this engine", operation.kind.spec().kind.word());
        return Err(Problem::new(during, cause, ""));
    }
    if let OperationKind::Signal { pid, signal } = operation.kind {
        // One of its processes is meant: nothing is pending on the container itself.
        return tokio::select! {
            sent = sessions::signal::send(shared, &transport, &place, (operation, &during), pid, signal) => sent.map(|()| String::new()),
            () = lost(shared) => Err(EngineError::Cut("the engine was lost".into()).problem(&during, Some(&place))),
        };
    }
    // Who waits changes nothing.
    if is_container && operation.kind != OperationKind::Wait {
        shared.publisher.tell(vec![Fact::Pending(operation.id.clone(), operation.kind)]).await;
    }
    let done = tokio::select! {
        done = ask_again(shared, &transport, operation) => done,
        () = lost(shared) => Err(EngineError::Cut("the engine was lost; the request may still take effect".into())),
    };
    if is_container {
        settle(shared, &transport, operation).await;
    }
    shared.wakeups.stock.notify_one();
    if operation.kind.spec().changes_disk {
        shared.wakeups.disk.notify_one();
    }
    done.map_err(|fault| {
        if fault.is_loss() {
            shared.wakeups.suspect.notify_one();
        }
        fault.problem(&during, Some(&place))
    })
}

/// Returns when the engine is lost: an operation can take minutes, and its place is not held for one that hangs.
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
async fn ask_again(shared: &Shared, transport: &Transport, operation: &Operation) -> Result<String, EngineError> {
    let mut left = if operation.kind == OperationKind::RemoveVolume && shared.helpers.served(operation.id.raw()) {
        AGAIN.1
    } else {
        0
    };
    loop {
        match operations::run(transport, operation, shared.settings.stop_grace).await {
            Err(EngineError::Status(409, _)) if left > 0 => {
                left -= 1;
                tokio::time::sleep(AGAIN.0).await;
            }
            done => return done,
        }
    }
}

/// Looks at the container again and clears the pending mark in the same breath, so that no screen shows the old state between.
async fn settle(shared: &Shared, transport: &Transport, operation: &Operation) {
    let engine = shared.settings.engine;
    let look = Look { all: false, named: HashSet::from([operation.id.clone()]) };
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
    facts.push(Fact::Settled(operation.id.clone(), operation.kind));
    shared.publisher.tell(facts).await;
}
