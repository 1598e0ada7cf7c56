//! Looking again: a full list, or only the containers that events named.

use crate::engine::clock::{self, EngineClock};
use crate::engine::docker::claims::Claims;
use crate::engine::docker::convert;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::ownership;
use crate::engine::docker::sessions::records::Records;
use crate::engine::docker::transport::Transport;
use crate::model::{Container, EngineId, Fact, Id};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// The whole fleet.
pub const LIST: &str = "/containers/json?all=1";
/// With more than this many named, one full list is cheaper than a filtered one.
const NAMED_MOST: usize = 50;

/// The containers to look at.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Everything.
    pub all: bool,
    /// These.
    pub named: HashSet<Id>,
}

impl Look {
    /// True when there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        !self.all && self.named.is_empty()
    }

    fn path(&self) -> Option<String> {
        if self.all || self.named.len() > NAMED_MOST {
            return None;
        }
        let ids: Vec<String> = self.named.iter().map(|id| format!("%22{}%22", id.raw())).collect();
        Some(format!("{LIST}&filters=%7B%22id%22%3A%5B{}%5D%7D", ids.join("%2C")))
    }
}

/// The result of a look.
#[derive(Debug)]
pub struct Seen {
    /// All containers, or those that were asked for and still exist.
    pub containers: Vec<Container>,
    /// True if these are all there are.
    pub all: bool,
    /// The question that was asked.
    pub look: Look,
    /// The time that the engine took.
    pub took: Duration,
}

/// Asks the engine.
pub async fn look(
    transport: &Transport,
    engine: EngineId,
    records: &Records,
    look: Look,
) -> (Look, Result<Seen, EngineError>) {
    let start = Instant::now();
    let path = look.path();
    let all = path.is_none();
    // Raw: closed enums.
    let answer = match transport.list(path.as_deref().unwrap_or(LIST)).await {
        Ok(answer) => answer,
        Err(fault) => return (look, Err(fault)),
    };
    match containers(&answer, engine, transport.clock()) {
        Ok(mut containers) => {
            containers.retain(|container| !ownership::is_of_volume(container, records));
            let took = start.elapsed();
            (Look::default(), Ok(Seen { containers, all, look, took }))
        }
        Err(error) => (look, Err(EngineError::Garbage(error.to_string()))),
    }
}

/// The containers of a list, with their moments by our clock.
///
/// # Errors
/// When it is no list.
pub fn containers(json: &[u8], engine: EngineId, clock: &EngineClock) -> Result<Vec<Container>, serde_json::Error> {
    let mut containers = convert::containers(json, engine, clock::now())?;
    for container in &mut containers {
        // Where nothing better is known, it is since it was made.
        let since_made = container.since == container.created;
        container.created = clock.ours(container.created);
        if since_made {
            container.since = container.created;
        }
    }
    Ok(containers)
}

impl Seen {
    /// The facts that follow, and whom events contradict: what these say counts, and is held against another look.
    pub fn facts(mut self, engine: EngineId, claims: &Claims, now: Instant) -> (Vec<Fact>, Vec<Id>) {
        let is_listed: HashSet<Id> = self.containers.iter().map(|container| container.id.clone()).collect();
        let mut contradicted = claims.correct(&mut self.containers, now);
        let (late, gone): (Vec<Id>, Vec<Id>) =
            self.look.named.into_iter().filter(|id| !is_listed.contains(id)).partition(|id| claims.is_there(id, now));
        contradicted.extend(late);
        // A fact of its own: what a list says of the moment is coarser than what is known already, this is finer.
        let exact = |container: &Container| {
            let exact = claims.moment(&container.id, container.state.is_alive())?;
            Some(Fact::Since(container.id.clone(), exact))
        };
        let exact: Vec<Fact> = self.containers.iter().filter_map(exact).collect();
        let mut facts: Vec<Fact> = match self.all {
            true => vec![Fact::Containers(engine, self.containers)],
            false => {
                let seen = self.containers.into_iter().map(Fact::Container);
                gone.into_iter().map(Fact::Gone).chain(seen).collect()
            }
        };
        facts.extend(exact);
        (facts, contradicted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::docker::events::Change;
    use crate::model::{OperationKind, Snapshot, Timestamp, fold};

    fn named(count: usize) -> Look {
        let named = (0..count).map(|n| Id::new(EngineId(0), format!("{n:064x}"))).collect();
        Look { all: false, named }
    }

    #[test]
    fn few_are_asked_by_name_many_by_a_full_list() {
        let path = named(2).path().unwrap();
        assert!(path.starts_with("/containers/json?all=1&filters=%7B%22id%22%3A%5B%220000"), "{path}");
        assert!(named(51).path().is_none());
        assert!(Look { all: true, ..Look::default() }.path().is_none());
    }

    #[test]
    fn the_exact_moment_wins_over_the_known_one_of_an_equal_run() {
        let id = Id::new(EngineId(0), "ab".repeat(32));
        let list = format!(r#"[{{"Id":"{}","State":"running","Status":"Up 3 hours"}}]"#, id.raw());
        let listed = || convert::containers(list.as_bytes(), EngineId(0), Timestamp::from_seconds(90_000)).unwrap();
        let mut snapshot = Snapshot::default();
        fold(&mut snapshot, Fact::Containers(EngineId(0), listed()));
        for all in [false, true] {
            let (claims, started) = (Claims::default(), Timestamp::from_seconds(80_000 + i64::from(all)));
            claims.hear(&id, &Change::Started, started, Instant::now());
            let named = HashSet::from([id.clone()]);
            let seen = Seen { containers: listed(), all, look: Look { all, named }, took: Duration::ZERO };
            for fact in seen.facts(EngineId(0), &claims, Instant::now()).0 {
                fold(&mut snapshot, fact);
            }
            assert_eq!(snapshot.containers[&id].since, started);
        }
    }

    #[test]
    fn a_late_answer_brings_nobody_back_and_a_mark_is_cleared_by_its_own_act() {
        let id = Id::new(EngineId(0), "ab".repeat(32));
        let list = format!(r#"[{{"Id":"{}","State":"running"}}]"#, id.raw());
        let listed =
            || convert::containers(list.as_bytes(), EngineId(0), Timestamp::from_seconds(9)).unwrap().remove(0);
        let mut snapshot = Snapshot::default();
        fold(&mut snapshot, Fact::Container(listed()));
        fold(&mut snapshot, Fact::Pending(id.clone(), OperationKind::Stop));
        fold(&mut snapshot, Fact::Settled(id.clone(), OperationKind::Pause));
        assert_eq!(snapshot.containers[&id].pending, Some(OperationKind::Stop));
        assert!(fold(&mut snapshot, Fact::Settled(id.clone(), OperationKind::Stop)));
        assert_eq!(snapshot.containers[&id].pending, None);
        fold(&mut snapshot, Fact::Gone(id));
        assert!(!fold(&mut snapshot, Fact::Again(listed())));
        assert!(snapshot.containers.is_empty());
    }

    #[test]
    fn who_was_asked_for_and_is_not_there_is_gone() {
        let seen = || Seen { containers: Vec::new(), all: false, look: named(1), took: Duration::ZERO };
        let (claims, now) = (Claims::default(), Instant::now());
        assert!(matches!(seen().facts(EngineId(0), &claims, now).0[..], [Fact::Gone(_)]));
        let id = Id::new(EngineId(0), format!("{:064x}", 0));
        claims.hear(&id, &Change::Made, Timestamp(1), now);
        let (facts, again) = seen().facts(EngineId(0), &claims, now);
        assert_eq!((facts.len(), again), (0, vec![id]), "an event told that it was made: the list is older");
    }
}
