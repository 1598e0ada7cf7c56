//! What containers need beside themselves when an engine starts or one is made: their image, volumes and networks.

use std::collections::BTreeMap;

use super::container::Container;
use super::image::record::Image;
use super::image::reference::Reference;
use super::network::store::{Endpoint, Link, Network, Pool};
use super::network::subnet;
use super::response::ApiError;
use super::rng::{hash, hex64, mix};
use super::scenario::{Plan, Scenario};
use super::scenario_resources::{NetworkPlan, compose};
use super::state::EngineState;
use super::time::{Nanos, SECOND};
use super::volume::mount::Source;
use super::volume::store::{Volume, imagined_size};

impl EngineState {
    /// What the scenario holds beside its containers.
    pub(crate) fn stock(&mut self, scenario: &Scenario, now: Nanos) {
        for (index, plan) in scenario.images.iter().enumerate() {
            let dangling = format!("dangling/{index}:{}", scenario.seed);
            let name = plan.name.as_deref().map_or(dangling, tagged);
            let mut image = Image::imagined(&name, now - plan.age.0, plan.size.map(|size| size.0));
            if plan.name.is_none() {
                image.tags.clear();
                image.digests.clear();
            }
            if !plan.labels.is_empty() {
                image.config["Labels"] = serde_json::json!(plan.labels);
            }
            // A scenario with more images than there may be does without the last of them.
            let _ = self.images.put(image);
        }
        for plan in &scenario.volumes {
            let mut labels = plan.project.as_ref().map_or_else(BTreeMap::new, |p| compose(p, "volume", &plan.name));
            labels.extend(plan.labels.clone());
            let size = plan.size.map_or_else(|| imagined_size(&plan.name), |size| size.0);
            let options = plan.options.clone();
            let volume = Volume { created: now - plan.age.0, labels, options, size, anonymous: false };
            self.volumes.insert(plan.name.clone(), volume);
        }
        for plan in &scenario.networks {
            self.plan_network(plan, now);
        }
    }

    fn plan_network(&mut self, plan: &NetworkPlan, now: Nanos) {
        let mut network = new_network(&plan.name, &plan.driver, now - plan.age.0);
        network.labels = plan.project.as_ref().map_or_else(BTreeMap::new, |p| compose(p, "network", &plan.name));
        network.labels.extend(plan.labels.clone());
        network.options = plan.options.clone();
        network.internal = plan.internal;
        network.attachable = plan.attachable;
        let subnet = plan.subnet.as_deref().and_then(subnet::parse).filter(|subnet| !self.overlaps(*subnet));
        let pool = subnet.map(|subnet| Pool { gateway: plan.gateway.clone(), ..Pool::automatic(subnet) });
        network.pools.extend(pool.or_else(|| self.free_subnet().map(Pool::automatic)));
        self.networks.insert(network.identity.id.clone(), network);
    }

    /// Gives a planned container its image, its volumes and its places in networks, which are made where they are not
    /// there yet.
    pub(crate) fn furnish(&mut self, one: &mut Container, plan: &Plan) {
        one.image_id = self.images.of_container(&one.spec.image, one.created);
        let project = plan.project.as_deref();
        for (index, mount) in one.spec.mounts.iter_mut().enumerate() {
            let Source::Volume(name) = &mut mount.source else { continue };
            let anonymous = name.is_empty();
            if anonymous {
                *name = hex64(mix(hash(&one.id), index as u64));
            }
            if !self.volumes.contains_key(name) {
                let labels = project.filter(|_| !anonymous).map_or_else(BTreeMap::new, |p| compose(p, "volume", name));
                let created = one.created / SECOND * SECOND;
                let size = imagined_size(name);
                let volume = Volume { created, labels, options: BTreeMap::new(), size, anonymous };
                self.volumes.insert(name.clone(), volume);
            }
        }
        let names = if plan.networks.is_empty() { std::slice::from_ref(&one.spec.network) } else { &plan.networks };
        let links: Vec<Link> = names.iter().map(|name| self.seat(name, one, project)).collect();
        one.links = links;
    }

    fn seat(&mut self, name: &str, one: &Container, project: Option<&str>) -> Link {
        let known = self.networks.values().find(|network| network.identity.name == name);
        let id = match known.map(|network| network.identity.id.clone()) {
            Some(id) => id,
            None => self.follow(name, one.created, project),
        };
        // It was there, or has just been made.
        let network = self.networks.entry(id).or_insert_with(|| new_network(name, "bridge", one.created));
        let address = if one.is_process() { None } else { network.take_next() };
        Link { network: network.identity.clone(), address, chosen: false, aliases: Vec::new(), planned: true }
    }

    /// Makes a network that follows from a container being in it.
    fn follow(&mut self, name: &str, created: Nanos, project: Option<&str>) -> String {
        let mut network = new_network(name, "bridge", created);
        network.labels = project.map_or_else(BTreeMap::new, |project| compose(project, "network", name));
        network.pools.extend(self.free_subnet().map(Pool::automatic));
        let id = network.identity.id.clone();
        self.networks.insert(id.clone(), network);
        id
    }

    /// Gives a container that a client makes its image, its volumes, and its places in networks that are there.
    pub(crate) fn equip(&mut self, one: &mut Container, wishes: &BTreeMap<String, Endpoint>) -> Result<(), ApiError> {
        one.image_id = self.images.of_container(&one.spec.image, one.created);
        let mut mounts = std::mem::take(&mut one.spec.mounts);
        for mount in &mut mounts {
            let Source::Volume(name) = &mut mount.source else { continue };
            let anonymous = name.is_empty();
            if anonymous {
                *name = self.new_volume_name();
            }
            let volume =
                Volume { created: one.created, labels: BTreeMap::new(), options: BTreeMap::new(), size: 0, anonymous };
            self.make_volume(name, volume)?;
        }
        one.spec.mounts = mounts;
        if one.spec.network.starts_with("container:") {
            return Ok(());
        }
        let own = one.spec.network.as_str();
        let others = wishes.keys().map(String::as_str).filter(|name| *name != own && *name != "default");
        let usual = Endpoint::default();
        let mut links = Vec::new();
        for name in std::iter::once(own).chain(others) {
            let network = self.network(name)?.identity.clone();
            links.push(self.link(&network, one, wishes.get(name).unwrap_or(&usual))?);
        }
        one.links = links;
        Ok(())
    }
}

/// A network of a scenario: its id follows from its name.
fn new_network(name: &str, driver: &str, created: Nanos) -> Network {
    Network::new(name, hex64(hash(name)), driver, created)
}

fn tagged(name: &str) -> String {
    Reference::parse(name).map_or_else(|_| name.to_string(), |reference| reference.name())
}
