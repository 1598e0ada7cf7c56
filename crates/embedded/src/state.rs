//! Everything the engine holds: containers by id and name, what has happened, and what is due.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use tokio::sync::Notify;

use super::agenda::Due;
use super::container::{Body, Container};
use super::event_log::{Event, EventLog, Kind};
use super::execs::Execs;
use super::files::tree::Tree;
use super::generator;
use super::image::store::Images;
use super::network::store::{Endpoint, Network, Networks};
use super::response::ApiError;
use super::rng::{Rng, mix};
use super::scenario::Scenario;
use super::time::Nanos;
use super::volume::mount::{Mount, Source};
use super::volume::store::Volumes;

pub(crate) struct EngineState {
    containers: BTreeMap<String, Container>,
    names: HashMap<String, String>,
    pub(crate) images: Images,
    pub(crate) volumes: Volumes,
    pub(crate) networks: Networks,
    /// The files of containers, of those whose files somebody has changed.
    pub(crate) trees: HashMap<String, Tree>,
    /// The files copied into volumes, by their names.
    pub(crate) volume_trees: HashMap<String, Tree>,
    pub(crate) chronicle: EventLog,
    /// Commands inside containers.
    pub(crate) execs: Execs,
    pub(crate) due: BinaryHeap<Reverse<Due>>,
    /// Rings when something became due earlier than anything before.
    pub(crate) sooner: Arc<Notify>,
    pub(crate) rng: Rng,
    /// Nanoseconds between two incidents; 0 for none.
    pub(crate) unrest: Nanos,
    made: u64,
}

impl EngineState {
    pub(crate) fn new(scenario: &Scenario, now: Nanos, log_bytes: usize) -> Self {
        let mut state = EngineState {
            containers: BTreeMap::new(),
            names: HashMap::new(),
            images: Images::default(),
            volumes: Volumes::new(),
            networks: Network::predefined(now),
            trees: HashMap::new(),
            volume_trees: HashMap::new(),
            chronicle: EventLog::new(),
            execs: Execs::default(),
            due: BinaryHeap::new(),
            sooner: Arc::new(Notify::new()),
            rng: Rng::new(mix(scenario.seed, 0xd1ce)),
            unrest: super::time::seconds(scenario.unrest),
            made: 0,
        };
        state.stock(scenario, now);
        for plan in generator::all_plans(scenario) {
            let mut container = Container::planned(&plan, scenario.seed, now, log_bytes);
            // A generated name may be taken by a described one: the described one stays.
            if !state.names.contains_key(&container.name) {
                state.furnish(&mut container, &plan);
                state.settle(container);
            }
        }
        state.schedule_first(now);
        state
    }

    fn settle(&mut self, container: Container) {
        self.names.insert(container.name.clone(), container.id.clone());
        self.containers.insert(container.id.clone(), container);
    }

    /// Takes a new container in.
    pub(crate) fn add(
        &mut self,
        mut container: Container,
        wishes: &BTreeMap<String, Endpoint>,
        now: Nanos,
    ) -> Result<(), ApiError> {
        self.name_is_free(&container.name)?;
        self.equip(&mut container, wishes)?;
        let id = container.id.clone();
        self.settle(container);
        self.tell(&id, now, "create", &[]);
        Ok(())
    }

    fn name_is_free(&self, name: &str) -> Result<(), ApiError> {
        match self.names.get(name) {
            None => Ok(()),
            Some(holder) => Err(ApiError::conflict(format!(
                "Conflict. The container name \"/{name}\" is already in use by container \"{holder}\". You have to remove (or rename) that container to be able to reuse that name."
            ))),
        }
    }

    /// A number that no container of this engine had before.
    pub(crate) fn ordinal(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Container> {
        self.containers.values()
    }

    pub(crate) fn count(&self) -> usize {
        self.containers.len()
    }

    /// By full id only.
    pub(crate) fn get(&self, id: &str) -> Option<&Container> {
        self.containers.get(id)
    }

    /// By full id only.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Container> {
        self.containers.get_mut(id)
    }

    /// The full id behind an id, a name, or the beginning of an id, in this order.
    pub(crate) fn resolve(&self, reference: &str) -> Result<String, ApiError> {
        if self.containers.contains_key(reference) {
            return Ok(reference.to_string());
        }
        let name = reference.strip_prefix('/').unwrap_or(reference);
        if let Some(id) = self.names.get(name) {
            return Ok(id.clone());
        }
        let mut matches =
            self.containers.range(reference.to_string()..).take_while(|(id, _)| id.starts_with(reference));
        match (matches.next(), matches.next()) {
            (Some((id, _)), None) if !reference.is_empty() => Ok(id.clone()),
            (Some(_), Some(_)) if !reference.is_empty() => {
                Err(ApiError::bad(format!("Multiple IDs found with provided prefix: {reference}")))
            }
            _ => Err(ApiError::no_container(reference)),
        }
    }

    pub(crate) fn find(&self, reference: &str) -> Result<&Container, ApiError> {
        let id = self.resolve(reference)?;
        self.get(&id).ok_or_else(|| ApiError::no_container(reference))
    }

    pub(crate) fn find_mut(&mut self, reference: &str) -> Result<&mut Container, ApiError> {
        let id = self.resolve(reference)?;
        self.get_mut(&id).ok_or_else(|| ApiError::no_container(reference))
    }

    /// Gives a container another name; the event tells the old one.
    pub(crate) fn rename(&mut self, id: &str, name: &str, now: Nanos) -> Result<(), ApiError> {
        let Some(old) = self.get(id).map(|container| container.name.clone()) else {
            return Err(ApiError::no_container(id));
        };
        if old == name {
            return Err(ApiError::bad("Renaming a container with the same name as its current name"));
        }
        self.name_is_free(name)?;
        self.names.remove(&old);
        self.names.insert(name.to_string(), id.to_string());
        if let Some(container) = self.get_mut(id) {
            container.name = name.to_string();
            container.changed();
        }
        self.tell(id, now, "rename", &[("oldName", format!("/{old}"))]);
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: &str, now: Nanos) {
        self.tell(id, now, "destroy", &[]);
        if let Some(container) = self.containers.remove(id) {
            self.names.remove(&container.name);
            self.execs.forget(id);
            self.trees.remove(id);
            container.changed();
            if container.spec.auto_remove {
                self.discard_nameless(&container.spec.mounts);
            }
        }
    }

    /// Takes a container away, and the volumes that were made for it alone.
    pub(crate) fn remove_with_volumes(&mut self, id: &str, now: Nanos) {
        let Some(container) = self.get(id) else { return };
        let mounts = container.spec.mounts.clone();
        self.remove(id, now);
        self.discard_nameless(&mounts);
    }

    fn discard_nameless(&mut self, mounts: &[Mount]) {
        for mount in mounts {
            let Source::Volume(name) = &mount.source else { continue };
            let nameless = self.volumes.get(name).is_some_and(|volume| volume.anonymous);
            if nameless && self.users_of_volume(name).is_empty() {
                self.discard_volume(name);
            }
        }
    }

    /// The sessions of every process of a container: its own, and those of commands inside it.
    pub(crate) fn sessions_of(&self, id: &str) -> Vec<i32> {
        let own = match self.get(id).map(|container| &container.body) {
            Some(Body::Process(process)) => process.pid,
            Some(Body::Synthetic(_)) | None => None,
        };
        own.into_iter().chain(self.execs.sessions_of(id)).collect()
    }

    /// Writes an event about a container down.
    pub(crate) fn tell(&mut self, id: &str, now: Nanos, action: &str, more: &[(&str, String)]) {
        let Some(container) = self.containers.get(id) else { return };
        let mut attributes = container.spec.labels.clone();
        attributes.insert("image".into(), container.spec.image.clone());
        attributes.insert("name".into(), container.name.clone());
        attributes.extend(more.iter().map(|(key, value)| ((*key).to_string(), value.clone())));
        let happening = Event {
            seq: 0,
            at: now,
            kind: Kind::Container,
            id: id.to_string(),
            action: action.to_string(),
            image: container.spec.image.clone(),
            attributes,
        };
        self.chronicle.add(now, happening);
    }

    /// Writes an event about something else down.
    pub(crate) fn tell_of(&mut self, kind: Kind, id: &str, now: Nanos, action: &str, more: &[(&str, String)]) {
        let attributes = more.iter().map(|(key, value)| ((*key).to_string(), value.clone())).collect();
        let (id, action) = (id.to_string(), action.to_string());
        self.chronicle.add(now, Event { seq: 0, at: now, kind, id, action, image: String::new(), attributes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> EngineState {
        EngineState::new(&Scenario::synthetic(50, 1), 1_700_000_000_000_000_000, 1024)
    }

    #[test]
    fn finds_by_id_name_and_prefix() {
        let state = state();
        let id = state.resolve("web-1").expect("there");
        assert_eq!(state.resolve(&id), Ok(id.clone()));
        assert_eq!(state.resolve("/web-1"), Ok(id.clone()));
        assert_eq!(state.resolve(&id[..12]), Ok(id));
        assert_eq!(state.resolve("nobody"), Err(ApiError::no_container("nobody")));
        assert_eq!(state.resolve(""), Err(ApiError::no_container("")));
        let ambiguous = (0..16).map(|digit| format!("{digit:x}")).filter_map(|one| state.resolve(&one).err());
        assert!(ambiguous.into_iter().any(|refusal| refusal.message.contains("Multiple IDs")));
    }

    #[test]
    fn renames_and_tells_it() {
        let mut state = state();
        let id = state.resolve("web-1").expect("there");
        state.rename(&id, "other", 5).expect("free");
        assert_eq!(state.resolve("other"), Ok(id.clone()));
        assert!(state.resolve("web-1").is_err());
        let taken = state.rename(&id, "web-2", 5).expect_err("taken");
        assert!(taken.message.starts_with("Conflict. The container name \"/web-2\""));
        let told = state.chronicle.after(0).last().expect("one");
        assert_eq!((told.action.as_str(), told.attributes["oldName"].as_str()), ("rename", "/web-1"));
    }
}
