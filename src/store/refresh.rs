//! Looking again: a full list, or only the instances that events named.

use super::clock::{self, EngineClock};
use super::fault::Fault;
use super::sessions::owner;
use super::sessions::records::Records;
use super::translate;
use super::transport::Transport;
use crate::model::{EngineId, Fact, Id, Instance, Moment};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// The whole fleet.
pub const LIST: &str = "/containers/json?all=1";
/// With more than this many named, one full list is cheaper than a filtered one.
const NAMED_MOST: usize = 50;

/// What events told of an instance since it was last looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Named {
    /// It started at.
    pub started: Option<Moment>,
    /// It ended at.
    pub ended: Option<Moment>,
    /// It was frozen, or goes on: it is to be looked at once more.
    pub frozen: bool,
}

/// What is to be looked at.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Everything.
    pub all: bool,
    /// These.
    pub named: HashMap<Id, Named>,
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
        let ids: Vec<String> = self.named.keys().map(|id| format!("%22{}%22", id.raw())).collect();
        Some(format!("{LIST}&filters=%7B%22id%22%3A%5B{}%5D%7D", ids.join("%2C")))
    }
}

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// All instances, or those that were asked for and still exist.
    pub instances: Vec<Instance>,
    /// True if these are all there are.
    pub all: bool,
    /// What had been asked.
    pub look: Look,
    /// How long the engine took.
    pub took: Duration,
}

/// Asks the engine.
pub async fn look(
    transport: &Transport,
    engine: EngineId,
    records: &Records,
    look: Look,
) -> (Look, Result<Seen, Fault>) {
    let start = tokio::time::Instant::now();
    let path = look.path();
    let all = path.is_none();
    let answer = match transport.list(path.as_deref().unwrap_or(LIST)).await {
        Ok(answer) => answer,
        Err(fault) => return (look, Err(fault)),
    };
    match instances(&answer, engine, transport.clock()) {
        Ok(mut instances) => {
            instances.retain(|instance| !owner::is_of_volume(instance, records));
            let took = start.elapsed();
            (Look::default(), Ok(Seen { instances, all, look, took }))
        }
        Err(error) => (look, Err(Fault::Garbage(error.to_string()))),
    }
}

/// The instances of a list, with their moments by our clock.
///
/// # Errors
/// When it is no list.
pub fn instances(json: &[u8], engine: EngineId, clock: &EngineClock) -> Result<Vec<Instance>, serde_json::Error> {
    let mut instances = translate::instances(json, engine, clock::now())?;
    for instance in &mut instances {
        // Where nothing better is known, it is since it was made.
        let since_made = instance.since == instance.created;
        instance.created = clock.ours(instance.created);
        if since_made {
            instance.since = instance.created;
        }
    }
    Ok(instances)
}

impl Seen {
    /// The facts that follow. `gone` was told removed while the question was under way: the answer may not know yet.
    pub fn facts(mut self, engine: EngineId, gone: &HashSet<Id>) -> Vec<Fact> {
        self.instances.retain(|instance| !gone.contains(&instance.id));
        // A fact of its own: what a list says of the moment is coarser than what is known already, this is finer.
        let exact = self.instances.iter().filter_map(|instance| {
            let named = self.look.named.get(&instance.id)?;
            let exact = if instance.state.is_alive() { named.started } else { named.ended };
            exact.map(|exact| Fact::Since(instance.id.clone(), exact))
        });
        let exact: Vec<Fact> = exact.collect();
        if self.all {
            return std::iter::once(Fact::Instances(engine, self.instances)).chain(exact).collect();
        }
        let seen: HashSet<&Id> = self.instances.iter().map(|instance| &instance.id).collect();
        let mut facts: Vec<Fact> =
            self.look.named.keys().filter(|id| !seen.contains(id)).cloned().map(Fact::Gone).collect();
        facts.extend(self.instances.into_iter().map(Fact::Instance));
        facts.extend(exact);
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Snapshot, Verb, fold};

    fn named(count: usize) -> Look {
        let named = (0..count).map(|n| (Id::new(EngineId(0), format!("{n:064x}")), Named::default())).collect();
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
        let listed = || translate::instances(list.as_bytes(), EngineId(0), Moment::from_seconds(90_000)).unwrap();
        let mut snapshot = Snapshot::default();
        fold(&mut snapshot, Fact::Instances(EngineId(0), listed()));
        for all in [false, true] {
            let started = Some(Moment::from_seconds(80_000 + i64::from(all)));
            let named = HashMap::from([(id.clone(), Named { started, ..Named::default() })]);
            let seen = Seen { instances: listed(), all, look: Look { all, named }, took: Duration::ZERO };
            for fact in seen.facts(EngineId(0), &HashSet::new()) {
                fold(&mut snapshot, fact);
            }
            assert_eq!(Some(snapshot.instances[&id].since), started);
        }
    }

    #[test]
    fn a_late_answer_brings_nobody_back_and_a_mark_is_cleared_by_its_own_act() {
        let id = Id::new(EngineId(0), "ab".repeat(32));
        let list = format!(r#"[{{"Id":"{}","State":"running"}}]"#, id.raw());
        let listed = || translate::instances(list.as_bytes(), EngineId(0), Moment::from_seconds(9)).unwrap().remove(0);
        let mut snapshot = Snapshot::default();
        fold(&mut snapshot, Fact::Instance(listed()));
        fold(&mut snapshot, Fact::Pending(id.clone(), Verb::Stop));
        fold(&mut snapshot, Fact::Settled(id.clone(), Verb::Pause));
        assert_eq!(snapshot.instances[&id].pending, Some(Verb::Stop));
        assert!(fold(&mut snapshot, Fact::Settled(id.clone(), Verb::Stop)));
        assert_eq!(snapshot.instances[&id].pending, None);
        fold(&mut snapshot, Fact::Gone(id));
        assert!(!fold(&mut snapshot, Fact::Again(listed())));
        assert!(snapshot.instances.is_empty());
    }

    #[test]
    fn who_was_asked_for_and_is_not_there_is_gone() {
        let seen = Seen { instances: Vec::new(), all: false, look: named(1), took: Duration::ZERO };
        assert!(matches!(seen.facts(EngineId(0), &HashSet::new())[..], [Fact::Gone(_)]));
    }
}
