//! What else an engine keeps, beside containers: images, volumes, networks; and what the engine says of itself at length.
//! All texts are clean; identities are as the engine wrote them.

use super::id::Id;
use super::kind::Kind;
use super::problem::Problem;
use super::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A label or an option: name and value.
pub type Pair = (Arc<str>, Arc<str>);

/// An image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Identity: `sha256:` and 64 hexadecimal digits.
    pub id: Id,
    /// Names with tags, as `nginx:1.27`; none for a dangling image.
    pub tags: Vec<Arc<str>>,
    /// Names with digests, as `nginx@sha256:…`.
    pub digests: Vec<Arc<str>>,
    /// All layers together, bytes.
    pub size: u64,
    /// Made at.
    pub created: Timestamp,
    /// Labels.
    pub labels: Vec<Pair>,
}

impl Image {
    /// No tag leads to it.
    pub fn is_dangling(&self) -> bool {
        self.tags.is_empty()
    }

    /// Its first tag; where it has none its first digest, which names it as well; else its short id.
    pub fn name(&self) -> Arc<str> {
        self.tags.first().or(self.digests.first()).cloned().unwrap_or_else(|| self.short().into())
    }

    /// The repository that its first digest is of: all that it is called by where no tag leads to it.
    pub fn repository(&self) -> Option<&str> {
        self.digests.first()?.split_once('@').map(|(repository, _)| repository)
    }

    /// Twelve digits of its id.
    pub fn short(&self) -> &str {
        short_image_id(self.id.raw())
    }
}

/// Twelve digits of an image's id, as the docker command shows it.
pub fn short_image_id(raw: &str) -> &str {
    let digits = raw.trim_start_matches("sha256:");
    digits.get(..12).unwrap_or(digits)
}

/// A layer of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The command that made it.
    pub command: Arc<str>,
    /// Its size, bytes.
    pub size: u64,
    /// Made at.
    pub created: Timestamp,
}

/// A volume. Its identity is its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Volume {
    /// Identity: the name.
    pub id: Id,
    /// The name, clean.
    pub name: Arc<str>,
    /// Driver.
    pub driver: Arc<str>,
    /// The path on the engine's host.
    pub mountpoint: Arc<str>,
    /// Made at.
    pub created: Timestamp,
    /// The options of its driver.
    pub options: Vec<Pair>,
    /// Labels.
    pub labels: Vec<Pair>,
}

impl Volume {
    /// The engine made up its name: it belongs to one container and goes with it.
    pub fn is_anonymous(&self) -> bool {
        is_anonymous_volume(self.id.raw())
    }
}

/// A volume as it was when something was planned with it: by the name alone another one could be hit, made since.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeenVolume {
    /// The volume as it was listed.
    pub volume: Arc<Volume>,
    /// The time at which that list was requested.
    pub at: Timestamp,
}

impl SeenVolume {
    /// Its name, as the engine wrote it.
    pub fn name(&self) -> &str {
        self.volume.id.raw()
    }
}

/// True for the name of an anonymous volume: 64 hexadecimal digits.
pub fn is_anonymous_volume(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Identity.
    pub id: Id,
    /// Name.
    pub name: Arc<str>,
    /// Driver.
    pub driver: Arc<str>,
    /// `local`, `swarm`.
    pub scope: Arc<str>,
    /// Made at.
    pub created: Timestamp,
    /// No way out of it.
    pub internal: bool,
    /// Subnets with their gateways; a gateway may be empty.
    pub subnets: Vec<Pair>,
    /// The options of its driver.
    pub options: Vec<Pair>,
    /// Labels.
    pub labels: Vec<Pair>,
}

impl Network {
    /// The engine's own: it cannot be removed.
    pub fn is_built_in(&self) -> bool {
        matches!(&*self.name, "bridge" | "host" | "none" | "podman" | "ingress" | "docker_gwbridge")
    }

    /// Traffic between its members is refused.
    pub fn isolates(&self) -> bool {
        self.options
            .iter()
            .any(|(name, value)| &**name == "com.docker.network.bridge.enable_icc" && &**value == "false")
    }
}

/// What one kind of thing takes on the engine's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiskUsage {
    /// The number of objects.
    pub count: usize,
    /// The number of those in use.
    pub used: usize,
    /// Bytes of all.
    pub size: u64,
    /// Bytes that a prune would free.
    pub free: u64,
}

/// The disk usage of the engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Disk {
    /// Layers of images.
    pub images: DiskUsage,
    /// The data written by containers.
    pub containers: DiskUsage,
    /// Volumes.
    pub volumes: DiskUsage,
    /// Build cache.
    pub cache: DiskUsage,
    /// Bytes of each volume, by name.
    pub of_volume: BTreeMap<Arc<str>, u64>,
}

/// What the engine says of itself at length: names and values as it has them, and its warnings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineDetails {
    /// In the order of the screen.
    pub facts: Vec<(&'static str, String)>,
    /// The warnings of the engine.
    pub warnings: Vec<String>,
}

/// What is known of all that one engine keeps beside containers. A list that has not come is none, not empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    /// Images.
    pub images: Option<Arc<Vec<Arc<Image>>>>,
    /// Volumes.
    pub volumes: Option<Arc<Vec<Arc<Volume>>>>,
    /// The time at which the volumes were requested.
    pub volumes_at: Timestamp,
    /// Networks.
    pub networks: Option<Arc<Vec<Arc<Network>>>>,
    /// The layers of one image, the one looked at last.
    pub layers: Option<(Id, Arc<Vec<Layer>>)>,
    /// Of which image they could not be read, and why.
    pub layers_problem: Option<(Id, Problem)>,
    /// The disk usage.
    pub disk: Option<Arc<Disk>>,
    /// The reason why the last reading of the disk failed.
    pub disk_problem: Option<Problem>,
    /// The engine's description of itself.
    pub about: Option<Arc<EngineDetails>>,
    /// The reason why the last request for a kind failed.
    pub problems: BTreeMap<Kind, Problem>,
}

/// What an engine says of things beside containers.
#[derive(Debug, Clone)]
pub enum InventoryUpdate {
    /// All images.
    Images(Vec<Image>),
    /// All volumes, and when they were asked for.
    Volumes(Vec<Volume>, Timestamp),
    /// All networks.
    Networks(Vec<Network>),
    /// The layers of an image, the newest first.
    Layers(Id, Vec<Layer>),
    /// The layers of an image could not be read.
    LayersFailed(Id, Problem),
    /// The disk usage.
    Disk(Disk),
    /// The engine's description of itself.
    About(EngineDetails),
    /// A question failed; what was known stays.
    Failed(Kind, Problem),
    /// The disk was not counted; what was known stays.
    DiskFailed(Problem),
}

/// Takes it in. True if anything changed.
pub(super) fn update(inventory: &mut Inventory, update: InventoryUpdate) -> bool {
    let before = inventory.clone();
    let kind = match update {
        InventoryUpdate::Images(images) => {
            inventory.images = Some(shared(images));
            Kind::Image
        }
        InventoryUpdate::Volumes(volumes, at) => {
            (inventory.volumes, inventory.volumes_at) = (Some(shared(volumes)), at);
            Kind::Volume
        }
        InventoryUpdate::Networks(networks) => {
            inventory.networks = Some(shared(networks));
            Kind::Network
        }
        InventoryUpdate::Layers(id, layers) => {
            (inventory.layers, inventory.layers_problem) = (Some((id, Arc::new(layers))), None);
            return *inventory != before;
        }
        InventoryUpdate::LayersFailed(id, problem) => {
            inventory.layers_problem = Some((id, problem));
            return *inventory != before;
        }
        InventoryUpdate::Disk(disk) => {
            (inventory.disk, inventory.disk_problem) = (Some(Arc::new(disk)), None);
            return *inventory != before;
        }
        InventoryUpdate::About(about) => {
            inventory.about = Some(Arc::new(about));
            Kind::System
        }
        InventoryUpdate::Failed(kind, problem) => {
            inventory.problems.insert(kind, problem);
            return *inventory != before;
        }
        InventoryUpdate::DiskFailed(problem) => {
            inventory.disk_problem = Some(problem);
            return *inventory != before;
        }
    };
    inventory.problems.remove(&kind);
    *inventory != before
}

fn shared<T>(things: Vec<T>) -> Arc<Vec<Arc<T>>> {
    Arc::new(things.into_iter().map(Arc::new).collect())
}

/// A folder or volume that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The volume's name, none for a folder of the host or memory.
    pub volume: Option<Arc<str>>,
    /// The path on the host.
    pub source: Arc<str>,
    /// The path in the container.
    pub target: Arc<str>,
    /// True if it is writable.
    pub writable: bool,
}

/// What ties a container to other things of its engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relations {
    /// Identity of its image.
    pub image: Arc<str>,
    /// The mounts.
    pub mounts: Vec<Mount>,
    /// Its address on each of its networks, in the order of their names; empty where it has none.
    pub addresses: Vec<Arc<str>>,
    /// How its network is made: `bridge`, `host`, `container:ID`.
    pub network_mode: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_failed_keeps_what_was_known_and_says_why() {
        let engine = super::super::id::EngineId(0);
        let mut known = Inventory::default();
        let volume = Volume {
            id: Id::new(engine, "data"),
            name: "data".into(),
            driver: "local".into(),
            mountpoint: "".into(),
            created: Timestamp(1),
            options: Vec::new(),
            labels: Vec::new(),
        };
        assert!(update(&mut known, InventoryUpdate::Volumes(vec![volume.clone()], Timestamp(1))));
        assert!(!update(&mut known, InventoryUpdate::Volumes(vec![volume.clone()], Timestamp(1))), "nothing new");
        let why = Problem::new("list volumes", "no answer", "");
        assert!(update(&mut known, InventoryUpdate::Failed(Kind::Volume, why.clone())));
        assert_eq!(
            (known.volumes.as_ref().map(|list| list.len()), known.problems.get(&Kind::Volume)),
            (Some(1), Some(&why))
        );
        assert!(update(&mut known, InventoryUpdate::Volumes(vec![volume], Timestamp(1))), "it answers again");
        assert!(known.problems.is_empty());
    }

    #[test]
    fn names_made_up_by_an_engine_are_told_apart() {
        assert!(is_anonymous_volume(&"0a".repeat(32)));
        assert!(!is_anonymous_volume("data") && !is_anonymous_volume(&"0g".repeat(32)));
    }
}
