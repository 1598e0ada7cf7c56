//! Which volumes there are, and what they look like.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::rng::hash;
use crate::time::{Nanos, SECOND, rfc3339};

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

/// The path of a volume.
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
