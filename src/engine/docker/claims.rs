//! What events say of containers, held against the lists that come meanwhile. A list may know later than an event (Docker 20.10
//! tells `die` before its list knows: moby, `daemon/monitor.go`), and an answer may be older than an event that overtook it.

use crate::engine::docker::events::Change;
use crate::engine::docker::pauses::Pauses;
use crate::model::{Container, Health, Id, State, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// For so long an event counts more than a list that says otherwise. After that the list is believed.
const COUNTS: Duration = Duration::from_secs(10);
/// The pauses before a container is looked at again because a list contradicts an event.
const PAUSES: Pauses = Pauses::new(Duration::from_millis(100), Duration::from_secs(2));

/// What events said lately, by container. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<Mutex<HashMap<Id, Claim>>>);

/// The events' claims on one container.
#[derive(Debug)]
struct Claim {
    /// Until when it counts.
    until: Instant,
    there: Option<bool>,
    run: Option<Run>,
    frozen: Option<bool>,
    name: Option<Arc<str>>,
    health: Option<Health>,
    /// The networks that it joined or left.
    networks: BTreeMap<Arc<str>, bool>,
    /// Somebody asked for its end.
    asked: bool,
    last_exit: Option<i64>,
    /// The time to look again, since a list contradicts.
    again: Option<Instant>,
    pauses: Pauses,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    Begun(Timestamp),
    Over(Timestamp, Option<i64>),
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Claim>> {
        // Whoever panicked while it held the lock had at most half a claim written: it ends by itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what an event says; `at` is by our clock.
    pub fn hear(&self, id: &Id, change: &Change, at: Timestamp, now: Instant) {
        if *change == Change::Other {
            return;
        }
        let mut claims = self.lock();
        claims.retain(|_, claim| claim.until > now);
        claims.entry(id.clone()).or_insert_with(|| Claim::new(now)).hear(change, at, now);
    }

    /// Puts what events said into what a list says: who is gone goes. Returns whom the list contradicts.
    pub fn correct(&self, listed: &mut Vec<Container>, now: Instant) -> Vec<Id> {
        let claims = self.lock();
        let mut contradicted = Vec::new();
        listed.retain_mut(|container| {
            let Some(claim) = claims.get(&container.id).filter(|claim| claim.until > now) else { return true };
            if !claim.agrees(container) {
                contradicted.push(container.id.clone());
            }
            claim.correct(container);
            claim.there != Some(false)
        });
        contradicted
    }

    /// True if an event said that it is there: a list without it is older.
    pub fn is_there(&self, id: &Id, now: Instant) -> bool {
        self.lock().get(id).is_some_and(|claim| claim.until > now && claim.there == Some(true))
    }

    /// True if an event told of it lately.
    pub fn knows(&self, id: &Id, now: Instant) -> bool {
        self.lock().get(id).is_some_and(|claim| claim.until > now)
    }

    /// When its present run, or else its last one's end, was told of.
    pub fn moment(&self, id: &Id, runs: bool) -> Option<Timestamp> {
        match (self.lock().get(id)?.run?, runs) {
            (Run::Begun(at), true) | (Run::Over(at, _), false) => Some(at),
            (Run::Begun(_), false) | (Run::Over(..), true) => None,
        }
    }

    /// A list of now was held against them: these contradict it and are to be looked at again, the others are not.
    pub fn look_again(&self, listed: impl Iterator<Item = Id>, contradicted: &[Id], now: Instant) {
        let mut claims = self.lock();
        for id in listed {
            if let Some(claim) = claims.get_mut(&id) {
                claim.look_again(contradicted.contains(&id), now);
            }
        }
    }

    /// Those that are to be looked at again now. What does not count any more is forgotten: the list is believed.
    pub fn take_due(&self, now: Instant) -> Vec<Id> {
        let mut claims = self.lock();
        let is_due = |claim: &Claim| claim.again.is_some_and(|again| again <= now);
        let due: Vec<Id> = claims.iter().filter(|(_, claim)| is_due(claim)).map(|(id, _)| id.clone()).collect();
        claims.retain(|_, claim| claim.until > now);
        claims.values_mut().filter(|claim| is_due(claim)).for_each(|claim| claim.again = None);
        due
    }

    /// The time at which a container must be looked at again.
    pub fn wake(&self) -> Option<Instant> {
        self.lock().values().filter_map(|claim| claim.again).min()
    }
}

impl Claim {
    fn new(now: Instant) -> Self {
        Self {
            until: now + COUNTS,
            there: None,
            run: None,
            frozen: None,
            name: None,
            health: None,
            networks: BTreeMap::new(),
            asked: false,
            last_exit: None,
            again: None,
            pauses: PAUSES,
        }
    }

    fn hear(&mut self, change: &Change, at: Timestamp, now: Instant) {
        (self.until, self.again, self.pauses) = (now + COUNTS, None, PAUSES);
        match change {
            Change::Made => self.there = Some(true),
            Change::Started => {
                (self.there, self.run, self.frozen) = (Some(true), Some(Run::Begun(at)), None);
                (self.health, self.asked) = (None, false);
            }
            Change::Ended { end, asked } => {
                // It may be removed as soon as it has ended.
                (self.there, self.run, self.frozen, self.health) = (None, Some(Run::Over(at, end.code)), None, None);
                (self.asked, self.last_exit) = (*asked, end.code);
            }
            Change::Stopped => self.asked = true,
            Change::Gone => self.there = Some(false),
            Change::Paused => self.frozen = Some(true),
            Change::Unpaused => self.frozen = Some(false),
            Change::Renamed(name) => self.name = Some(name.clone()),
            Change::Health(health) => self.health = Some(*health),
            Change::Joined(network) => drop(self.networks.insert(network.clone(), true)),
            Change::Left(network) => drop(self.networks.insert(network.clone(), false)),
            Change::Other => {}
        }
    }

    fn agrees(&self, listed: &Container) -> bool {
        let alive = listed.state.is_alive();
        // On its way out it is by what the list alone knows.
        let leaving = matches!(listed.state, State::Removing | State::Dead);
        let run = match self.run {
            Some(Run::Begun(_)) => alive,
            Some(Run::Over(_, code)) => {
                let same = |listed: i64| code.is_none_or(|code| code == listed);
                !alive && (listed.state != State::Exited || listed.exit_code.is_none_or(same))
            }
            None => true,
        };
        let frozen = !alive || self.frozen.is_none_or(|frozen| frozen == (listed.state == State::Paused));
        let named = self.name.as_ref().is_none_or(|name| *name == listed.name);
        let runs = listed.state == State::Running;
        let health = !runs || self.health.is_none_or(|health| health == listed.health);
        let joined = |network: &Arc<str>| listed.networks.contains(network);
        // What has ended keeps its networks in the list.
        let networks = self.networks.iter().all(|(network, on)| *on == joined(network) || !alive);
        let there = self.there != Some(false);
        there && named && (leaving || run && frozen && health && networks)
    }

    fn correct(&self, listed: &mut Container) {
        if !self.agrees(listed) {
            self.correct_state(listed);
            self.correct_networks(listed);
        }
        if let Some(name) = &self.name {
            listed.name = name.clone();
        }
        if !listed.state.is_alive() && (self.asked || matches!(self.run, Some(Run::Over(..)))) {
            listed.past.asked = Some(self.asked);
        }
        listed.past.last_exit = listed.past.last_exit.or(self.last_exit);
    }

    fn correct_state(&self, listed: &mut Container) {
        match self.run {
            Some(Run::Begun(_)) if !listed.state.is_alive() => {
                (listed.state, listed.exit_code) = (State::Running, None);
            }
            Some(Run::Over(_, code)) if listed.state.is_alive() || listed.state == State::Exited => {
                (listed.state, listed.health, listed.exit_code) = (State::Exited, Health::None, code);
            }
            Some(Run::Begun(_) | Run::Over(..)) | None => {}
        }
        match (self.frozen, &listed.state) {
            (Some(true), State::Running) => (listed.state, listed.health) = (State::Paused, Health::None),
            (Some(false), State::Paused) => listed.state = State::Running,
            _ => {}
        }
        if let (Some(health), State::Running) = (self.health, &listed.state) {
            listed.health = health;
        }
    }

    fn correct_networks(&self, listed: &mut Container) {
        if !listed.state.is_alive() {
            return;
        }
        for (network, on) in &self.networks {
            match listed.networks.iter().position(|known| known == network) {
                Some(at) if !on => {
                    listed.networks.remove(at);
                    let ties = Arc::make_mut(&mut listed.ties);
                    if at < ties.addresses.len() {
                        ties.addresses.remove(at);
                    }
                }
                None if *on => {
                    let at = listed.networks.partition_point(|known| known < network);
                    listed.networks.insert(at, network.clone());
                    let ties = Arc::make_mut(&mut listed.ties);
                    ties.addresses.insert(at.min(ties.addresses.len()), "".into());
                }
                _ => {}
            }
        }
    }

    fn look_again(&mut self, contradicted: bool, now: Instant) {
        self.again = contradicted.then(|| (now + self.pauses.take()).min(self.until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::docker::convert;
    use crate::model::EngineId;
    use crate::model::{EndCause, RunEnd};

    fn id() -> Id {
        Id::new(EngineId(0), "ab".repeat(32))
    }

    fn listed(state: &str, status: &str) -> Vec<Container> {
        let json = format!(
            r#"[{{"Id":"{}","Names":["/web"],"State":"{state}","Status":"{status}","NetworkSettings":{{"Networks":{{"edge":null}}}}}}]"#,
            id().raw()
        );
        convert::containers(json.as_bytes(), EngineId(0), Timestamp::from_seconds(90_000)).unwrap()
    }

    const AT: Timestamp = Timestamp(7_000_000_000);
    const UP: (&str, &str) = ("running", "Up 3 hours (healthy)");
    const DOWN: (&str, &str) = ("exited", "Exited (0) 3 hours ago");

    /// What is shown of a list after these events, and whether it is looked at again.
    fn shown(changes: &[Change], (state, status): (&str, &str)) -> (Option<Container>, bool) {
        let (claims, now) = (Claims::default(), Instant::now());
        changes.iter().for_each(|change| claims.hear(&id(), change, AT, now));
        let mut list = listed(state, status);
        let contradicted = claims.correct(&mut list, now);
        (list.pop(), !contradicted.is_empty())
    }

    fn ended(code: i64) -> Change {
        Change::Ended { end: RunEnd { code: Some(code), cause: EndCause::Itself }, asked: false }
    }

    #[test]
    fn a_list_that_knows_less_than_an_event_is_corrected_and_asked_again() {
        let word = |change: Change, list| {
            let (container, again) = shown(&[change], list);
            (container.map(|container| container.word()), again)
        };
        let said = |word: &str, again| (Some(word.to_string()), again);
        let paused = ("paused", "Up 3 hours (Paused)");
        assert_eq!(word(ended(3), UP), said("exit 3", true));
        assert_eq!(word(ended(3), DOWN), said("exit 3", true), "the end of an earlier run");
        assert_eq!(word(ended(3), ("restarting", "Restarting (3) 1 second ago")), said("loop exit 3", false));
        assert_eq!(word(ended(0), DOWN), said("exit 0", false));
        assert_eq!(word(ended(3), ("removing", "Removal In Progress")), said("removing", false));
        assert_eq!(word(Change::Started, DOWN), said("running", true));
        assert_eq!(word(Change::Started, ("created", "Created")), said("running", true));
        assert_eq!(word(Change::Started, UP), said("healthy", false));
        assert_eq!(word(Change::Paused, UP), said("paused", true));
        assert_eq!(word(Change::Unpaused, paused), said("running", true));
        assert_eq!(word(Change::Unpaused, UP), said("healthy", false));
        assert_eq!(word(Change::Health(Health::Unhealthy), UP), said("unhealthy", true));
        assert_eq!(word(Change::Gone, UP), (None, true));
    }

    #[test]
    fn names_and_networks_are_those_of_the_events() {
        let (container, again) = shown(&[Change::Renamed("api".into())], UP);
        assert_eq!((&*container.unwrap().name, again), ("api", true));
        let networks = |change: Change, list| {
            let (container, again) = shown(&[change], list);
            (container.unwrap().networks.join(" "), again)
        };
        assert_eq!(networks(Change::Joined("back".into()), UP), ("back edge".into(), true));
        assert_eq!(networks(Change::Joined("edge".into()), UP), ("edge".into(), false));
        assert_eq!(networks(Change::Left("edge".into()), UP), (String::new(), true));
        assert_eq!(
            networks(Change::Left("edge".into()), DOWN),
            ("edge".into(), false),
            "it joins again when it starts"
        );
    }

    #[test]
    fn of_several_events_the_last_counts() {
        let (container, again) = shown(&[Change::Started, Change::Paused, ended(137), Change::Stopped], UP);
        let container = container.unwrap();
        assert_eq!((container.word().as_str(), again), ("exit 137", true));
        assert_eq!(container.past.asked, Some(true));
        let (container, again) = shown(&[ended(1), Change::Started], UP);
        let past = container.unwrap().past;
        assert_eq!(
            (past.asked, past.last_exit, again),
            (None, Some(1), false),
            "it runs, and is remembered to have ended"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_looked_at_again_with_growing_pauses_until_the_list_is_believed() {
        let claims = Claims::default();
        claims.hear(&id(), &ended(3), AT, Instant::now());
        let (start, mut looks, mut words) = (Instant::now(), Vec::new(), Vec::new());
        loop {
            let (now, mut list) = (Instant::now(), listed(UP.0, UP.1));
            let contradicted = claims.correct(&mut list, now);
            words.push(list[0].word());
            claims.look_again([id()].into_iter(), &contradicted, now);
            let Some(wake) = claims.wake() else { break };
            tokio::time::sleep_until(wake).await;
            assert_eq!(claims.take_due(wake), [id()]);
            looks.push(start.elapsed().as_millis());
        }
        assert_eq!(looks, [100, 300, 700, 1500, 3100, 5100, 7100, 9100, 10000]);
        assert_eq!(words.pop().as_deref(), Some("healthy"), "an event that no list confirms is forgotten");
        assert!(words.iter().all(|word| word == "exit 3"), "{words:?}");
    }

    #[test]
    fn who_was_made_is_there_and_who_has_ended_may_be_gone() {
        let (claims, now) = (Claims::default(), Instant::now());
        let there = |change: &Change| {
            claims.hear(&id(), change, AT, now);
            claims.is_there(&id(), now)
        };
        assert!(there(&Change::Made) && there(&Change::Started));
        assert!(!there(&ended(0)) && !there(&Change::Gone));
        assert!(claims.knows(&id(), now));
        assert_eq!(claims.moment(&id(), false), Some(AT));
        assert_eq!(claims.moment(&id(), true), None);
    }
}
