//! `/volumes/…`.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::event_log::Kind;
use crate::names::is_name;
use crate::query::Query;
use crate::request::{ApiRequest, parse};
use crate::response::{Answer, ApiError, json, json_with, no_content};
use crate::rng::{hash, hex64, mix};
use crate::shared::Shared;
use crate::state::EngineState;
use crate::time::now;
use crate::volume::mount::{Mount, Source};
use crate::volume::store::{Volume, shape};

/// The largest number of volumes.
const MOST: usize = 8192;

fn absent(name: &str) -> ApiError {
    ApiError::absent(format!("get {name}: no such volume"))
}

pub(crate) fn list(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["dangling", "driver", "label", "name"])?;
    let dangling = filters.yes_or_no("dangling")?;
    let state = shared.state();
    let rows: Vec<Value> = state
        .volumes
        .iter()
        .filter(|(name, volume)| {
            filters.any("name", |part| name.contains(part))
                && filters.any("driver", |driver| driver == "local")
                && filters.labels(&volume.labels)
                && dangling.is_none_or(|wanted| wanted == state.users_of_volume(name).is_empty())
        })
        .map(|(name, volume)| shape(name, volume))
        .collect();
    Ok(json(&json!({ "Volumes": rows, "Warnings": null })))
}

pub(crate) fn inspect(shared: &Shared, name: &str) -> Answer {
    shared.state().volumes.get(name).map(|volume| json(&shape(name, volume))).ok_or_else(|| absent(name))
}

/// A row of the disk usage: the list's, with what is only counted there.
pub(crate) fn row(state: &EngineState, name: &str, volume: &Volume) -> Value {
    let mut row = shape(name, volume);
    row["UsageData"] =
        json!({ "RefCount": state.users_of_volume(name).len(), "Size": volume.size + state.volume_bytes(name) });
    row
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    name: String,
    driver: Option<String>,
    driver_opts: Option<BTreeMap<String, String>>,
    labels: Option<BTreeMap<String, String>>,
}

pub(crate) fn create(shared: &Shared, ask: &ApiRequest) -> Answer {
    let wanted: Wanted = parse(&ask.body)?;
    let mut state = shared.state();
    let anonymous = wanted.name.is_empty();
    let name = if anonymous { state.new_volume_name() } else { wanted.name };
    if !is_name(&name) {
        return Err(ApiError::bad(format!(
            "create {name}: \"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
        )));
    }
    if let Some(driver) = wanted.driver.filter(|driver| !matches!(driver.as_str(), "" | "local")) {
        let text = format!("create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found");
        return Err(ApiError::absent(text));
    }
    let (labels, options) = (wanted.labels.unwrap_or_default(), wanted.driver_opts.unwrap_or_default());
    let volume = Volume { created: now(), labels, options, size: 0, anonymous };
    state.make_volume(&name, volume)?;
    // One that was there already is answered as it is.
    let shape = state.volumes.get(&name).map(|volume| shape(&name, volume));
    Ok(json_with(StatusCode::CREATED, &shape))
}

impl EngineState {
    /// The ids of the containers that a volume is mounted in, running or not.
    pub(crate) fn users_of_volume(&self, name: &str) -> Vec<String> {
        let uses = |mount: &Mount| matches!(&mount.source, Source::Volume(have) if have == name);
        self.all().filter(|one| one.spec.mounts.iter().any(uses)).map(|one| one.id.clone()).collect()
    }

    /// A name for a volume that nobody gave one.
    pub(crate) fn new_volume_name(&mut self) -> String {
        hex64(mix(hash("volume") ^ now() as u64, self.ordinal()))
    }

    /// Makes a volume and tells it, unless one of this name is there.
    pub(crate) fn make_volume(&mut self, name: &str, volume: Volume) -> Result<(), ApiError> {
        if self.volumes.contains_key(name) {
            return Ok(());
        }
        if self.volumes.len() >= MOST {
            return Err(ApiError::failed(format!("this engine keeps {MOST} volumes: remove some first")));
        }
        self.volumes.insert(name.to_string(), volume);
        self.tell_of(Kind::Volume, name, now(), "create", &[("driver", "local".into())]);
        Ok(())
    }

    /// Takes a volume away and tells it; how many bytes it held.
    pub(crate) fn discard_volume(&mut self, name: &str) -> u64 {
        let Some(volume) = self.volumes.remove(name) else { return 0 };
        let put = self.volume_bytes(name);
        self.volume_trees.remove(name);
        self.tell_of(Kind::Volume, name, now(), "destroy", &[("driver", "local".into())]);
        volume.size + put
    }
}

pub(crate) fn remove(shared: &Shared, name: &str, query: &Query) -> Answer {
    let mut state = shared.state();
    if !state.volumes.contains_key(name) {
        return if query.flag("force") { Ok(no_content()) } else { Err(absent(name)) };
    }
    let users = state.users_of_volume(name);
    if !users.is_empty() {
        return Err(ApiError::conflict(format!("remove {name}: volume is in use - [{}]", users.join(", "))));
    }
    state.discard_volume(name);
    Ok(no_content())
}

/// All that no container uses: this version of the API makes no difference between those with a name and those without.
pub(crate) fn prune(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["label", "label!"])?;
    let mut state = shared.state();
    let goes = |name: &str, volume: &Volume| filters.labels(&volume.labels) && state.users_of_volume(name).is_empty();
    let found = state.volumes.iter().filter(|(name, volume)| goes(name, volume));
    let names: Vec<String> = found.map(|(name, _)| name.clone()).collect();
    let bytes: u64 = names.iter().map(|name| state.discard_volume(name)).sum();
    state.tell_of(Kind::Volume, "", now(), "prune", &[("reclaimed", bytes.to_string())]);
    let deleted = if names.is_empty() { Value::Null } else { json!(names) };
    Ok(json(&json!({ "VolumesDeleted": deleted, "SpaceReclaimed": bytes })))
}
