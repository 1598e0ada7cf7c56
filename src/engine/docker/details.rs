//! Inspections: always for the selected container, for visible ones only where it says more than the list does.

use crate::engine::clock;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::pauses::Pauses;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::{api, convert};
use crate::model::{Container, Fact, Id, State, Timestamp, Viewport};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Sets of stale containers that may wait.
pub const STALE_SETS: usize = 64;
/// Between two inspections: holding a cursor key must not become a load on the engine.
const PACE: Duration = Duration::from_millis(30);

/// Before an inspection that was lost is tried again: by then the link knows whether the engine is there.
const AFTER_LOSS: Duration = Duration::from_secs(1);

/// Between two looks at what was just made: whether it could be started, Docker 20.10 tells by no event where it has no network.
const YOUNG: Pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(8));
/// For how long after it was made.
const YOUTH: f64 = 30.0;

/// The times to look again at new containers.
struct Young {
    pauses: Pauses,
    due: Instant,
}

/// Containers whose known details are out of date.
pub type Stale = Vec<Id>;

/// Inspects for ever.
pub async fn run(shared: Shared, mut attention: watch::Receiver<Viewport>, mut stale: mpsc::Receiver<Stale>) {
    let mut index = shared.index.clone();
    // What was inspected in vain, so that it is not asked again until it changes.
    let mut tried: HashMap<Id, Arc<Container>> = HashMap::new();
    let mut outdated: HashSet<Id> = HashSet::new();
    let mut young: HashMap<Id, Young> = HashMap::new();
    let mut session = 0;
    loop {
        let present = shared.line.borrow().session;
        if present != session {
            session = present;
            tried.clear();
        }
        while let Ok(ids) = stale.try_recv() {
            outdated.extend(ids);
        }
        let next = {
            let (index, attention) = (index.borrow_and_update(), attention.borrow_and_update());
            young.retain(|id, _| index.containers.get(id).is_some_and(|container| is_young(container, clock::now())));
            outdated.extend(young.iter().filter(|(_, one)| one.due <= Instant::now()).map(|(id, _)| id.clone()));
            outdated.retain(|id| index.containers.contains_key(id));
            tried.retain(|id, known| index.containers.get(id).is_some_and(|now| Arc::ptr_eq(now, known)));
            choose(&index.containers, &attention, &outdated, &tried).filter(|_| index.is_up(shared.settings.engine))
        };
        let Some(container) = next else {
            let wake = young.values().map(|one| one.due).min();
            let closed = tokio::select! {
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => false,
                changed = index.changed() => changed.is_err(),
                changed = attention.changed() => changed.is_err(),
                ids = stale.recv() => { outdated.extend(ids.unwrap_or_default()); stale.is_closed() }
            };
            if closed {
                return;
            }
            continue;
        };
        if inspect(&shared, &container.id).await {
            outdated.remove(&container.id);
            if is_young(&container, clock::now()) {
                let begun = Young { pauses: YOUNG, due: Instant::now() };
                let one = young.entry(container.id.clone()).or_insert(begun);
                one.due = Instant::now() + one.pauses.take();
            }
            tried.insert(container.id.clone(), container);
            tokio::time::sleep(PACE).await;
        } else {
            tokio::time::sleep(AFTER_LOSS).await;
        }
    }
}

/// It was just made, and may be about to be started, or not to be.
fn is_young(container: &Container, now: Timestamp) -> bool {
    container.state == State::Created && !container.failed_to_start() && now.since(container.created) < YOUTH
}

/// Chooses the container to inspect next.
fn choose(
    containers: &std::collections::BTreeMap<Id, Arc<Container>>,
    attention: &Viewport,
    outdated: &HashSet<Id>,
    tried: &HashMap<Id, Arc<Container>>,
) -> Option<Arc<Container>> {
    let is_missing = |container: &Container| container.detail.is_none() && !tried.contains_key(&container.id);
    let wanted = |id: &Id, selected: bool| {
        let container = containers.get(id)?;
        // Limits of what runs, out of memory or not of what was killed, restarts.
        let says_more = container.exit_code == Some(137)
            || matches!(container.state, State::Running | State::Paused | State::Restarting | State::Dead);
        let missing = is_missing(container) && (selected || says_more);
        (missing || outdated.contains(id)).then(|| container.clone())
    };
    // Whether it could not be started is counted, also where nobody looks.
    let never_started = |container: &&Arc<Container>| container.state == State::Created && is_missing(container);
    let selected = attention.selected.as_ref().and_then(|id| wanted(id, true));
    selected
        .or_else(|| attention.visible.iter().find_map(|id| wanted(id, false)))
        .or_else(|| outdated.iter().find_map(|id| wanted(id, false)))
        .or_else(|| containers.values().find(never_started).cloned())
}

/// False when the connection broke: then it was not asked at all.
async fn inspect(shared: &Shared, id: &Id) -> bool {
    let Some((transport, _)) = shared.line.borrow().way.clone() else { return false };
    let path = format!("/containers/{}/json", id.raw());
    // Raw: closed enums.
    match transport.json::<api::Inspected>(&path).await {
        Ok(inspected) => {
            let clock = transport.clock();
            let mut detail = convert::detail(&inspected);
            detail.started_at = clock.ours(detail.started_at);
            detail.finished_at = clock.ours(detail.finished_at);
            shared.publisher.tell(vec![Fact::Detail(id.clone(), detail)]).await;
        }
        Err(fault) if fault.is_loss() => {
            shared.wakeups.suspect.notify_one();
            // One that is slow or odd for this container alone must not keep the others waiting.
            return matches!(fault, EngineError::Slow(_) | EngineError::Garbage(_));
        }
        Err(fault) => tracing::info!("inspect {}: {fault:?}", id.short()),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineId;
    use std::collections::BTreeMap;

    fn fleet() -> BTreeMap<Id, Arc<Container>> {
        let entry = |n: usize, state: &str, status: &str| {
            format!(r#"{{"Id":"{n:064x}","Names":["/c{n}"],"Image":"i","State":"{state}","Status":"{status}"}}"#)
        };
        let entries = [
            entry(0, "running", "Up 1 hour"),
            entry(1, "exited", "Exited (137) 1 hour ago"),
            entry(2, "exited", "Exited (0) 1 hour ago"),
            entry(3, "created", "Created"),
        ];
        let json = format!("[{}]", entries.join(","));
        let list = convert::containers(json.as_bytes(), EngineId(0), crate::model::Timestamp(1)).unwrap();
        list.into_iter().map(|container| (container.id.clone(), Arc::new(container))).collect()
    }

    #[test]
    fn selected_always_visible_only_where_it_says_more() {
        let fleet = fleet();
        let ids: Vec<Id> = fleet.keys().cloned().collect();
        let visible = ids[..3].to_vec();
        let mut attention = Viewport { selected: Some(ids[0].clone()), visible, ..Viewport::default() };
        let (mut outdated, mut tried) = (HashSet::new(), HashMap::new());
        let mut next = |attention: &Viewport, outdated: &HashSet<Id>| {
            let chosen = choose(&fleet, attention, outdated, &tried).map(|container| container.id.clone());
            if let Some(id) = &chosen {
                tried.insert(id.clone(), fleet[id].clone());
            }
            chosen
        };
        assert_eq!(next(&attention, &outdated), Some(ids[0].clone()));
        assert_eq!(next(&attention, &outdated), Some(ids[1].clone()), "137: killed for memory?");
        assert_eq!(next(&attention, &outdated), Some(ids[3].clone()), "could it not be started? It is counted");
        assert_eq!(next(&attention, &outdated), None, "what ended well needs no inspection, none is asked twice");
        attention.selected = Some(ids[2].clone());
        assert_eq!(next(&attention, &outdated), Some(ids[2].clone()));
        outdated.insert(ids[0].clone());
        assert_eq!(next(&attention, &outdated), Some(ids[0].clone()), "it was updated");
    }
}
