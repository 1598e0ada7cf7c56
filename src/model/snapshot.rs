//! The state of everything, and how facts fold into it.

use super::container::{Container, Detail, Standing, State};
use super::counters::is_set_back;
use super::engine::{Attempt, Engine, EngineInfo, Link, Origin, Sampling};
use super::event::Event;
use super::id::{EngineId, Id};
use super::kind::Kind;
use super::operation::OperationKind;
use super::problem::Problem;
use super::resource::{Image, Inventory, InventoryUpdate, Network, SeenVolume, Volume, update};
use super::series::Series;
use super::time::Timestamp;
use super::usage::{Memory, Sample, Usage};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, LazyLock};

/// Events kept.
const EVENTS_KEPT: usize = 256;

/// Everything known at one moment. Cheap to clone: the large parts are shared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Engines by id.
    pub engines: Arc<BTreeMap<EngineId, Engine>>,
    /// Containers by identity.
    pub containers: Arc<BTreeMap<Id, Arc<Container>>>,
    /// Usage by container.
    pub usage: Arc<HashMap<Id, Arc<Series>>>,
    /// Sum of the usage of all containers of each engine, with history.
    pub load: Arc<BTreeMap<EngineId, Arc<Series>>>,
    /// Recent events, oldest first.
    pub events: Arc<VecDeque<Event>>,
    /// The inventory of each engine.
    pub inventories: Arc<BTreeMap<EngineId, Arc<Inventory>>>,
}

/// The fleet's containers by identity.
pub type Fleet = BTreeMap<Id, Arc<Container>>;

/// A fact that an engine reports.
#[derive(Debug, Clone)]
pub enum Fact {
    /// An engine was configured.
    Configured(EngineId, String),
    /// The state of the connection to an engine.
    Link(EngineId, Link),
    /// The address of an engine.
    Address(EngineId, String),
    /// The reason for looking there.
    Origin(EngineId, Origin),
    /// Places tried in the last round.
    Attempts(EngineId, Vec<Attempt>),
    /// An engine's description of itself.
    Info(EngineId, EngineInfo),
    /// The reason why it sends no events; none if it sends them.
    Unheard(EngineId, Option<Problem>),
    /// The full list of an engine's containers.
    Containers(EngineId, Vec<Container>),
    /// One container as it is now.
    Container(Container),
    /// One container as it is now, unless it has been told gone in the meantime: an answer that may be late.
    Again(Container),
    /// The exact start of the current state.
    Since(Id, Timestamp),
    /// Whether somebody asked for the end of the run that is over.
    Asked(Id, bool),
    /// The details of an inspection.
    Detail(Id, Detail),
    /// The container no longer exists.
    Gone(Id),
    /// Counters of some containers of one engine.
    Samples(Vec<(Id, Sample)>),
    /// The counters of one could not be read, and why.
    Unread(Id, String),
    /// The way in which usage is read, and its cost.
    Sampling(EngineId, Sampling),
    /// A part of an engine's inventory.
    Stock(EngineId, InventoryUpdate),
    /// Something happened.
    Event(Event),
    /// What happened before anybody listened, oldest first, as far as the engine remembers it.
    PastEvents(EngineId, Vec<Event>),
    /// An act of ours waits for a place: others are under way.
    Waiting(Id, OperationKind),
    /// An act of ours began on a container.
    Pending(Id, OperationKind),
    /// An act of ours ended on a container. The mark of another stays.
    Settled(Id, OperationKind),
}

/// Folds a fact into the snapshot. True if anything changed that a screen could show.
pub fn fold(snapshot: &mut Snapshot, fact: Fact) -> bool {
    match fact {
        Fact::Configured(id, name) => edit_engine(snapshot, id, |engine| engine.name = name),
        Fact::Link(id, link) => edit_engine(snapshot, id, |engine| engine.link = link),
        Fact::Address(id, address) => edit_engine(snapshot, id, |engine| engine.address = address),
        Fact::Origin(id, origin) => edit_engine(snapshot, id, |engine| engine.origin = origin),
        Fact::Attempts(id, attempts) => edit_engine(snapshot, id, |engine| engine.attempts = attempts),
        Fact::Info(id, info) => edit_engine(snapshot, id, |engine| engine.info = info),
        Fact::Unheard(id, why) => edit_engine(snapshot, id, |engine| engine.unheard = why),
        Fact::Sampling(id, sampling) => edit_engine(snapshot, id, |engine| engine.sampling = Some(sampling)),
        Fact::Containers(id, list) => fold_list(snapshot, id, list),
        Fact::Container(container) => put_container(snapshot, container),
        Fact::Again(container) => snapshot.containers.contains_key(&container.id) && put_container(snapshot, container),
        Fact::Since(id, since) => edit_container(snapshot, &id, |container| container.since = since),
        Fact::Asked(id, asked) => edit_container(snapshot, &id, |container| {
            if !container.state.is_alive() {
                container.past.asked = container.past.asked.or(Some(asked));
            }
        }),
        Fact::Detail(id, detail) => edit_container(snapshot, &id, |container| {
            if container.state == State::Running && detail.started_at.is_known() {
                container.since = detail.started_at;
            } else if container.state == State::Exited && detail.finished_at.is_known() {
                container.since = detail.finished_at;
            }
            container.past.restarts = Some(detail.restarts);
            container.detail = Some(Arc::new(detail));
        }),
        Fact::Gone(id) => remove_container(snapshot, &id),
        Fact::Samples(samples) => fold_samples(snapshot, samples),
        Fact::Unread(id, why) => fold_unread(snapshot, id, &why),
        Fact::Stock(id, told) => update(inventory_mut(snapshot, id), told),
        Fact::Event(event) => {
            let events = Arc::make_mut(&mut snapshot.events);
            if events.len() == EVENTS_KEPT {
                // Neither a flood of volumes nor one of containers takes the other's place.
                let of_containers = |event: &Event| event.topic == Kind::Container;
                let many = events.iter().filter(|event| of_containers(event)).count() * 2 >= EVENTS_KEPT;
                let oldest = events.iter().position(|event| of_containers(event) == many);
                events.remove(oldest.unwrap_or(0));
            }
            events.push_back(event);
            true
        }
        Fact::PastEvents(id, events) => fold_past_events(snapshot, id, events),
        Fact::Waiting(id, kind) => edit_container(snapshot, &id, |container| container.waiting = Some(kind)),
        Fact::Pending(id, kind) => edit_container(snapshot, &id, |container| {
            container.waiting = container.waiting.filter(|waiting| *waiting != kind);
            container.pending = Some(kind);
        }),
        Fact::Settled(id, kind) => edit_container(snapshot, &id, |container| {
            container.waiting = container.waiting.filter(|waiting| *waiting != kind);
            container.pending = container.pending.filter(|pending| *pending != kind);
        }),
    }
}

fn inventory_mut(snapshot: &mut Snapshot, id: EngineId) -> &mut Inventory {
    Arc::make_mut(Arc::make_mut(&mut snapshot.inventories).entry(id).or_default())
}

fn edit_engine(snapshot: &mut Snapshot, id: EngineId, edit: impl FnOnce(&mut Engine)) -> bool {
    let mut engine = snapshot.engines.get(&id).cloned().unwrap_or_default();
    edit(&mut engine);
    if snapshot.engines.get(&id) == Some(&engine) {
        return false;
    }
    Arc::make_mut(&mut snapshot.engines).insert(id, engine);
    true
}

fn edit_container(snapshot: &mut Snapshot, id: &Id, edit: impl FnOnce(&mut Container)) -> bool {
    let Some(known) = snapshot.containers.get(id) else { return false };
    let mut container = (**known).clone();
    edit(&mut container);
    if **known == container {
        return false;
    }
    Arc::make_mut(&mut snapshot.containers).insert(id.clone(), Arc::new(container));
    true
}

/// A full list replaces everything of that engine; what only we know (detail, pending) stays with the containers that stay.
fn fold_list(snapshot: &mut Snapshot, engine: EngineId, list: Vec<Container>) -> bool {
    let mut changed = edit_engine(snapshot, engine, |engine| engine.listed = true);
    if snapshot.inventory(engine).problems.contains_key(&Kind::Container) {
        changed |= inventory_mut(snapshot, engine).problems.remove(&Kind::Container).is_some();
    }
    let listed: std::collections::HashSet<&Id> = list.iter().map(|container| &container.id).collect();
    let gone: Vec<Id> =
        snapshot.containers.keys().filter(|id| id.engine() == engine && !listed.contains(id)).cloned().collect();
    for id in &gone {
        changed |= remove_container(snapshot, id);
    }
    for container in list {
        changed |= put_container(snapshot, container);
    }
    changed
}

fn put_container(snapshot: &mut Snapshot, mut container: Container) -> bool {
    container.past.loops |= container.state == State::Restarting;
    if let Some(known) = snapshot.containers.get(&container.id) {
        (container.pending, container.waiting) = (known.pending, known.waiting);
        let same_run = known.state == container.state && known.exit_code == container.exit_code;
        let past = &mut container.past;
        past.last_exit = past.last_exit.or(known.past.last_exit);
        past.restarts = past.restarts.or(known.past.restarts);
        let runs_on = container.state == State::Running && known.past.loops;
        past.loops = container.state == State::Restarting || runs_on;
        if same_run {
            past.asked = past.asked.or(known.past.asked);
            // A list says only "Up 3 hours", computed anew each time; what we know of this run is as good or better.
            container.since = known.since;
            if container.detail.is_none() {
                container.detail = known.detail.clone();
            }
        }
        if **known == container {
            return false;
        }
        if !same_run && let Some(series) = Arc::make_mut(&mut snapshot.usage).get_mut(&container.id) {
            Arc::make_mut(series).forget_last();
        }
    }
    Arc::make_mut(&mut snapshot.containers).insert(container.id.clone(), Arc::new(container));
    true
}

fn remove_container(snapshot: &mut Snapshot, id: &Id) -> bool {
    if !snapshot.containers.contains_key(id) {
        return false;
    }
    Arc::make_mut(&mut snapshot.containers).remove(id);
    if snapshot.usage.contains_key(id) {
        Arc::make_mut(&mut snapshot.usage).remove(id);
    }
    true
}

/// Past events are put in order among those that are known; what was heard already is there once.
fn fold_past_events(snapshot: &mut Snapshot, engine: EngineId, past: Vec<Event>) -> bool {
    let told = edit_engine(snapshot, engine, |engine| engine.remembered = true);
    let mut all: Vec<Event> = past.into_iter().filter(|event| !snapshot.events.contains(event)).collect();
    if all.is_empty() {
        return told;
    }
    all.extend(snapshot.events.iter().cloned());
    all.sort_by_key(|event| event.at);
    all.drain(..all.len().saturating_sub(EVENTS_KEPT));
    snapshot.events = Arc::new(all.into());
    true
}

fn fold_unread(snapshot: &mut Snapshot, id: Id, why: &str) -> bool {
    let known = snapshot.usage.get(&id).and_then(|series| series.unread.as_deref());
    if known == Some(why) || !snapshot.containers.contains_key(&id) {
        return false;
    }
    Arc::make_mut(Arc::make_mut(&mut snapshot.usage).entry(id).or_default()).lose(why);
    true
}

fn fold_samples(snapshot: &mut Snapshot, samples: Vec<(Id, Sample)>) -> bool {
    let Some(engine) = samples.first().map(|(id, _)| id.engine()) else { return false };
    let (mut latest, mut told) = (Timestamp::default(), false);
    let capacity = snapshot.engines.get(&engine).map(|engine| engine.info.capacity()).unwrap_or_default();
    end_loops(snapshot, &samples);
    let usage = Arc::make_mut(&mut snapshot.usage);
    for (id, sample) in samples {
        if !snapshot.containers.contains_key(&id) {
            continue;
        }
        let series = Arc::make_mut(usage.entry(id).or_default());
        series.push(sample, capacity);
        told = true;
        // What fills gaps only comes by another clock: the engine's.
        if series.latest.at == sample.at {
            latest = latest.max(sample.at);
        }
    }
    if !told || !latest.is_known() {
        return told;
    }
    let totals = Totals::of_engine(snapshot, engine);
    let load = Arc::make_mut(Arc::make_mut(&mut snapshot.load).entry(engine).or_default());
    // Two sweeps may end within a second: one point a second is enough for the sum.
    let last = load.latest.at;
    if totals.cpu.is_some() && (latest.seconds() > last.seconds() || is_set_back(last, latest)) {
        let memory = totals.memory.map(|used| Memory { used, ..Memory::default() });
        load.record(Usage { at: latest, cpu: totals.cpu, memory, ..Usage::default() });
    }
    true
}

/// A run of so many seconds ends a loop of restarts: Docker's engine begins with its shortest pause again then.
const GOOD_RUN: f64 = 10.0;

/// What was started again and has run for long enough since goes round in circles no more.
fn end_loops(snapshot: &mut Snapshot, samples: &[(Id, Sample)]) {
    let runs_well = |(id, sample): &&(Id, Sample)| {
        snapshot.containers.get(id).is_some_and(|one| one.past.loops && sample.at.since(one.since) >= GOOD_RUN)
    };
    let well: Vec<Id> = samples.iter().filter(runs_well).map(|(id, _)| id.clone()).collect();
    for id in well {
        edit_container(snapshot, &id, |container| container.past.loops = container.state != State::Running);
    }
}

/// Counts and sums over the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// All containers.
    pub all: usize,
    /// Running.
    pub running: usize,
    /// Running, but its health check fails.
    pub unhealthy: usize,
    /// Restarting.
    pub restarting: usize,
    /// Ended badly, could not be started, or dead.
    pub failed: usize,
    /// Ended well or asked to end, or never started.
    pub stopped: usize,
    /// Frozen.
    pub paused: usize,
    /// Sum of the running ones' CPU, per cent of one processor. None while nothing has been measured.
    pub cpu: Option<f64>,
    /// Sum of the running ones' memory, bytes. None while nothing has been measured.
    pub memory: Option<u64>,
}

impl Totals {
    /// Counts and sums of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Totals {
        Totals::over(snapshot.containers.values(), snapshot)
    }

    /// Counts and sums of the containers of one engine.
    pub fn of_engine(snapshot: &Snapshot, engine: EngineId) -> Totals {
        Totals::over(snapshot.containers.values().filter(|one| one.id.engine() == engine), snapshot)
    }

    /// Counts and sums of some of its containers.
    pub fn over<'a>(containers: impl Iterator<Item = &'a Arc<Container>>, snapshot: &Snapshot) -> Totals {
        let mut totals = Totals::default();
        for container in containers {
            totals.count(container);
            if let Some(series) = snapshot.usage_of(container) {
                if let Some(memory) = series.latest.memory {
                    totals.memory = Some(totals.memory.unwrap_or(0) + memory.used);
                }
                if let Some(cpu) = series.latest.cpu {
                    totals.cpu = Some(totals.cpu.unwrap_or(0.0) + cpu);
                }
            }
        }
        totals
    }

    fn count(&mut self, container: &Container) {
        self.all += 1;
        match container.standing() {
            Standing::Running => self.running += 1,
            Standing::Unhealthy => (self.running, self.unhealthy) = (self.running + 1, self.unhealthy + 1),
            Standing::Paused => self.paused += 1,
            Standing::Restarting => self.restarting += 1,
            Standing::Failed => self.failed += 1,
            Standing::Stopped => self.stopped += 1,
        }
    }
}

impl Snapshot {
    /// The usage of a container, if any was measured and it is alive.
    pub fn usage_of(&self, container: &Container) -> Option<&Series> {
        if !container.state.is_alive() {
            return None;
        }
        self.usage.get(&container.id).map(Arc::as_ref)
    }

    /// The address by which an engine is named to the docker client. None where there is no other to be mistaken for.
    pub fn host_of(&self, engine: EngineId) -> Option<&str> {
        self.engines.get(&engine).filter(|_| self.engines.len() > 1).map(|engine| engine.address.as_str())
    }

    /// What an engine keeps beside containers: nothing that is known, while it has told nothing.
    pub fn inventory(&self, engine: EngineId) -> &Inventory {
        static UNKNOWN: LazyLock<Inventory> = LazyLock::new(Inventory::default);
        self.inventories.get(&engine).map_or(&UNKNOWN, Arc::as_ref)
    }

    /// The images of all engines.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.inventories.values().flat_map(|one| one.images.iter().flat_map(|list| list.iter()))
    }

    /// The volumes of all engines.
    pub fn volumes(&self) -> impl Iterator<Item = &Arc<Volume>> {
        self.inventories.values().flat_map(|one| one.volumes.iter().flat_map(|list| list.iter()))
    }

    /// The networks of all engines.
    pub fn networks(&self) -> impl Iterator<Item = &Arc<Network>> {
        self.inventories.values().flat_map(|one| one.networks.iter().flat_map(|list| list.iter()))
    }

    /// The image of an identity.
    pub fn image(&self, id: &Id) -> Option<&Arc<Image>> {
        self.inventory(id.engine()).images.as_ref()?.iter().find(|image| image.id == *id)
    }

    /// The volume of an identity.
    pub fn volume(&self, id: &Id) -> Option<&Arc<Volume>> {
        self.inventory(id.engine()).volumes.as_ref()?.iter().find(|volume| volume.id == *id)
    }

    /// A volume as it is seen now.
    pub fn seen_volume(&self, id: &Id) -> Option<SeenVolume> {
        let volume = self.volume(id)?.clone();
        Some(SeenVolume { volume, at: self.inventory(id.engine()).volumes_at })
    }

    /// The network of an identity.
    pub fn network(&self, id: &Id) -> Option<&Arc<Network>> {
        self.inventory(id.engine()).networks.as_ref()?.iter().find(|network| network.id == *id)
    }

    /// Bytes of an engine's volume of that name, once they were counted.
    pub fn volume_size(&self, engine: EngineId, name: &str) -> Option<u64> {
        self.inventory(engine).disk.as_ref()?.of_volume.get(name).copied()
    }

    /// The engine that a container is on.
    pub fn engine_of(&self, id: &Id) -> Option<&Engine> {
        self.engines.get(&id.engine())
    }

    /// True if the container's engine is not connected: its row is from the past.
    pub fn is_stale(&self, id: &Id) -> bool {
        self.engine_of(id).is_some_and(|engine| !matches!(engine.link, Link::Up))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use crate::model::usage::{Counters, Sampler};

    fn container(number: usize) -> Container {
        Container {
            id: Id::new(EngineId(0), format!("{number:064x}")),
            ..fixtures::container(&format!("web-{number}"))
        }
    }

    fn sampled(number: usize, second: i64, memory: Option<u64>) -> (Id, Sample) {
        let memory = memory.map(|used| Memory { used, ..Memory::default() });
        let counters = Counters { cpu_ns: Some(second as u64 * 250_000_000), memory, ..Counters::default() };
        (container(number).id, Sample { at: Timestamp::from_seconds(second), sampler: Sampler::Kernel, counters })
    }

    #[test]
    fn totals_are_sums_of_what_is_known() {
        let mut snapshot = Snapshot::default();
        fold(&mut snapshot, Fact::Containers(EngineId(0), (0..3).map(container).collect()));
        assert_eq!((Totals::of(&snapshot).cpu, Totals::of(&snapshot).memory), (None, None));
        for second in 1..3 {
            let samples = vec![sampled(0, second, Some(100)), sampled(1, second, Some(50)), sampled(2, second, None)];
            fold(&mut snapshot, Fact::Samples(samples));
        }
        let totals = Totals::of(&snapshot);
        assert_eq!((totals.cpu, totals.memory), (Some(75.0), Some(150)));
        assert_eq!(snapshot.load[&EngineId(0)].latest.cpu, Some(75.0));
    }

    #[test]
    fn a_flood_of_one_kind_of_event_leaves_room_for_the_others() {
        let mut snapshot = Snapshot::default();
        let mut tell =
            |topic, at| fold(&mut snapshot, Fact::Event(Event { topic, at: Timestamp(at), ..Event::default() }));
        for at in 0..1000 {
            tell(Kind::Volume, at);
        }
        for at in 1000..1010 {
            tell(Kind::Container, at);
        }
        for at in 1010..2000 {
            tell(Kind::Volume, at);
        }
        let of = |topic| snapshot.events.iter().filter(move |event| event.topic == topic).count();
        assert_eq!((of(Kind::Container), snapshot.events.len()), (10, EVENTS_KEPT));
        assert!(snapshot.events.iter().is_sorted_by_key(|event| event.at));
    }

    #[test]
    fn past_events_come_in_order_and_once() {
        let mut snapshot = Snapshot::default();
        let event = |second: i64| Event { at: Timestamp::from_seconds(second), ..Event::default() };
        fold(&mut snapshot, Fact::Event(event(5)));
        fold(&mut snapshot, Fact::PastEvents(EngineId(0), vec![event(2), event(5)]));
        let seconds: Vec<i64> = snapshot.events.iter().map(|event| event.at.seconds()).collect();
        assert_eq!((seconds, snapshot.engines[&EngineId(0)].remembered), (vec![2, 5], true));
        let flood = (0..2000).map(event).collect();
        fold(&mut snapshot, Fact::PastEvents(EngineId(0), flood));
        assert_eq!((snapshot.events.len(), snapshot.events[0].at.seconds()), (EVENTS_KEPT, 2000 - EVENTS_KEPT as i64));
    }

    #[test]
    fn what_goes_in_circles_is_told_so_until_it_has_run_for_long_enough() {
        let mut snapshot = Snapshot::default();
        let look = |snapshot: &mut Snapshot, state: State, since: i64| {
            let exit_code = (state == State::Restarting).then_some(3);
            let since = Timestamp::from_seconds(since);
            fold(snapshot, Fact::Container(Container { state, exit_code, since, ..container(1) }));
        };
        let stands = |snapshot: &Snapshot| snapshot.containers[&container(1).id].standing();
        look(&mut snapshot, State::Running, 1);
        assert_eq!(stands(&snapshot), Standing::Running);
        look(&mut snapshot, State::Restarting, 2);
        look(&mut snapshot, State::Running, 4);
        assert_eq!(stands(&snapshot), Standing::Restarting, "it runs, and has just been started again");
        assert_eq!(snapshot.containers[&container(1).id].word(), "restarting");
        fold(&mut snapshot, Fact::Samples(vec![sampled(1, 10, None)]));
        assert_eq!(stands(&snapshot), Standing::Restarting);
        fold(&mut snapshot, Fact::Samples(vec![sampled(1, 15, None)]));
        assert_eq!(stands(&snapshot), Standing::Running);
        look(&mut snapshot, State::Restarting, 20);
        look(&mut snapshot, State::Exited, 21);
        assert_eq!(stands(&snapshot), Standing::Stopped, "somebody has ended it");
    }

    #[test]
    fn each_engine_keeps_an_inventory_and_a_load_of_its_own() {
        let mut snapshot = Snapshot::default();
        let [first, second] = [EngineId(0), EngineId(1)];
        for (engine, driver) in [(first, "local"), (second, "nfs")] {
            let volume = Volume {
                id: Id::new(engine, "data"),
                name: "data".into(),
                driver: driver.into(),
                mountpoint: "".into(),
                created: Timestamp(1),
                options: Vec::new(),
                labels: Vec::new(),
            };
            fold(&mut snapshot, Fact::Stock(engine, InventoryUpdate::Volumes(vec![volume], Timestamp(1))));
            let one = Container { id: Id::new(engine, container(0).id.raw()), ..container(0) };
            fold(&mut snapshot, Fact::Containers(engine, vec![one.clone()]));
            for second in 1..3 {
                let (_, sample) = sampled(0, second * i64::from(engine.0 + 1), None);
                fold(
                    &mut snapshot,
                    Fact::Samples(vec![(one.id.clone(), Sample { at: Timestamp::from_seconds(second), ..sample })]),
                );
            }
        }
        let driver = |engine| snapshot.volume(&Id::new(engine, "data")).map(|volume| volume.driver.to_string());
        assert_eq!((driver(first).as_deref(), driver(second).as_deref()), (Some("local"), Some("nfs")));
        assert_eq!(snapshot.volumes().count(), 2);
        let load = |engine| snapshot.load[&engine].latest.cpu;
        assert_eq!((load(first), load(second)), (Some(25.0), Some(50.0)));
    }

    #[test]
    fn the_history_of_a_removed_container_goes_with_it() {
        let mut snapshot = Snapshot::default();
        fold(&mut snapshot, Fact::Containers(EngineId(0), (0..3).map(container).collect()));
        let samples = |second| (0..3).map(|number| sampled(number, second, None)).collect();
        fold(&mut snapshot, Fact::Samples(samples(1)));
        assert_eq!(snapshot.usage.len(), 3);
        fold(&mut snapshot, Fact::Gone(container(0).id));
        fold(&mut snapshot, Fact::Containers(EngineId(0), vec![container(2)]));
        fold(&mut snapshot, Fact::Samples(samples(2)));
        let left: Vec<&Id> = snapshot.usage.keys().collect();
        assert_eq!(left, [&container(2).id], "a late sample does not bring it back");
    }
}
