//! Where the cursor is at the start: on what most needs a person, else on what was made last.

use crate::app::panes::fleet::{FleetList, FleetRow};
use crate::model::{Container, Id, Snapshot, Standing, State, Timestamp};
use std::sync::Arc;

/// What has failed longer ago is no news, seconds.
const RECENT: f64 = 86_400.0;

/// How far the choice of the first row is.
#[derive(Debug, Default)]
pub(in crate::app) struct FirstRow {
    /// The operator has the cursor.
    is_taken: bool,
    /// Engines whose lists were looked through.
    engines: usize,
}

impl FirstRow {
    /// A key was pressed, or a button: from now on the cursor goes nowhere by itself.
    pub(in crate::app) fn take(&mut self) {
        self.is_taken = true;
    }

    /// The container on which the cursor is to be, once for each engine whose list comes while nothing was pressed.
    pub(in crate::app) fn choose(&mut self, list: &FleetList, snapshot: &Snapshot, now: Timestamp) -> Option<Id> {
        let engines = snapshot.engines.values().filter(|engine| engine.listed).count();
        if self.is_taken || list.is_empty() || engines <= self.engines {
            return None;
        }
        self.engines = engines;
        let fresh = |one: &&Arc<Container>| !snapshot.is_stale(&one.id);
        first(list.all().iter().filter_map(FleetRow::container).filter(fresh), now)
    }
}

/// What most needs a person; of several such what came to it last; else what was made last. Of equal ones it is the first.
fn first<'a>(listed: impl DoubleEndedIterator<Item = &'a Arc<Container>>, now: Timestamp) -> Option<Id> {
    let key = |one: &&Arc<Container>| match urgency(one, now) {
        0 => (0, one.created),
        urgency => (urgency, one.since),
    };
    listed.rev().max_by_key(key).map(|one| one.id.clone())
}

/// How urgently it needs a person; 0 for what needs none.
fn urgency(container: &Container, now: Timestamp) -> u8 {
    let since = if container.since.is_known() { container.since } else { container.created };
    match container.standing() {
        Standing::Unhealthy => 4,
        Standing::Restarting => 3,
        Standing::Failed if container.state == State::Dead => 1,
        Standing::Failed if now.since(since) <= RECENT => 2,
        Standing::Failed | Standing::Running | Standing::Paused | Standing::Stopped => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{container, snapshot};
    use crate::model::Health;

    fn chosen(change: impl Fn(&mut Container)) -> String {
        let mut snapshot = snapshot(&[]);
        for name in ["old", "well", "paused", "dead", "failed", "restarting", "unhealthy"] {
            let mut one = container(name);
            (one.state, one.since) = (State::Running, Timestamp::from_seconds(999_000));
            one.created = Timestamp::from_seconds(if name == "well" { 999_500 } else { 999_000 });
            match name {
                "old" => {
                    (one.state, one.exit_code, one.since) = (State::Exited, Some(1), Timestamp::from_seconds(900_000))
                }
                "paused" => one.state = State::Paused,
                "dead" => one.state = State::Dead,
                "failed" => (one.state, one.exit_code) = (State::Exited, Some(1)),
                "restarting" => one.state = State::Restarting,
                "unhealthy" => one.health = Health::Unhealthy,
                _ => {}
            }
            change(&mut one);
            Arc::make_mut(&mut snapshot.containers).insert(one.id.clone(), Arc::new(one));
        }
        let id = first(snapshot.containers.values(), Timestamp::from_seconds(1_000_000)).expect("there are some");
        snapshot.containers[&id].name.to_string()
    }

    #[test]
    fn the_worst_comes_first_then_what_was_made_last() {
        let worst = ["unhealthy", "restarting", "failed", "dead"];
        for (at, name) in worst.iter().enumerate() {
            let mended = |one: &mut Container| {
                if worst[..at].contains(&&*one.name) {
                    (one.state, one.health, one.exit_code) = (State::Running, Health::None, None);
                }
            };
            assert_eq!(chosen(mended), *name);
        }
        let all_well = |one: &mut Container| {
            if worst.contains(&&*one.name) {
                (one.state, one.health, one.exit_code) = (State::Running, Health::None, None);
            }
        };
        assert_eq!(chosen(all_well), "well", "what has failed yesterday is no news");
    }

    #[test]
    fn of_several_it_is_the_one_that_came_to_it_last() {
        let also = |one: &mut Container| {
            if &*one.name == "well" {
                (one.health, one.since) = (Health::Unhealthy, Timestamp::from_seconds(999_900));
            }
        };
        assert_eq!(chosen(also), "well");
    }
}
