//! This folder knows volumes: names with figures that outlive containers, and hold what is put into them through one.
//! It may use the engine's state.
//! It never writes to this machine's disk.

mod mount;
mod requests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rng::hash;
use super::state::EngineState;
use super::time::{Nanos, SECOND, rfc3339};

pub(crate) use mount::{Mount, Source};
pub(crate) use requests::{create, inspect, list, prune, remove, row};

/// Where Docker keeps volumes; shown, never looked at.
const FOLDER: &str = "/var/lib/docker/volumes";

#[derive(Debug, Clone)]
pub(crate) struct Volume {
    pub(crate) created: Nanos,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) options: BTreeMap<String, String>,
    /// Bytes it is imagined to hold.
    pub(crate) size: u64,
    /// Nobody gave it its name; it goes with the container it was made for, when that is asked for.
    pub(crate) anonymous: bool,
}

/// Every volume by its name.
pub(crate) type Volumes = BTreeMap<String, Volume>;

/// The size of a volume that a scenario says nothing of.
pub(crate) fn imagined_size(name: &str) -> u64 {
    hash(name) % 4_000_000_000
}

/// Where a volume would lie.
pub(crate) fn place(name: &str) -> String {
    format!("{FOLDER}/{name}/_data")
}

/// In the shape of Docker's list.
pub(crate) fn shape(name: &str, volume: &Volume) -> Value {
    json!({
        "Name": name, "Driver": "local", "Mountpoint": place(name), "Scope": "local",
        "CreatedAt": rfc3339(Some(volume.created / SECOND * SECOND)).replace(".000000000", ""),
        "Labels": volume.labels, "Options": volume.options,
    })
}

impl EngineState {
    /// The ids of the containers that a volume is mounted in, running or not.
    pub(crate) fn users_of_volume(&self, name: &str) -> Vec<String> {
        let uses = |mount: &Mount| matches!(&mount.source, Source::Volume(have) if have == name);
        self.all().filter(|one| one.spec.mounts.iter().any(uses)).map(|one| one.id.clone()).collect()
    }
}
