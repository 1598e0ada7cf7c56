//! Which image a helper is made from: one that a container with the volume was made from, else the smallest there is. Nothing is
//! fetched for it.

use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::path;
use crate::model::Problem;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An image that a helper can be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The engine's id for it.
    pub id: String,
    /// Folders for which the engine would make up volumes.
    pub volumes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    size: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    os: String,
    config: Option<Config>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    volumes: Option<BTreeMap<String, Value>>,
}

/// Chooses. None if the engine has no image at all.
pub async fn choose(shared: &Shared, transport: &Transport, volume: &str) -> Result<Option<Image>, EngineError> {
    let mut ids = of_users(shared, volume);
    // Raw: closed enums.
    let list: Vec<Value> = serde_json::from_slice(&transport.list("/images/json").await?)
        .map_err(|error| EngineError::Garbage(error.to_string()))?;
    let mut images: Vec<Listed> = list.iter().filter_map(|image| Listed::deserialize(image).ok()).collect();
    images.sort_by_key(|image| image.size);
    ids.extend(images.into_iter().map(|image| image.id));
    for id in ids {
        match transport.json::<Inspected>(&format!("/images/{}/json", path::image(&id))).await {
            // Engines can keep images of other systems, and cannot make containers from them.
            Ok(image) if image.os.is_empty() || image.os == "linux" => return Ok(Some(of(image))),
            Ok(_) | Err(EngineError::Status(404, _)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(None)
}

fn of(image: Inspected) -> Image {
    let volumes = image.config.and_then(|config| config.volumes).unwrap_or_default();
    Image { id: image.id, volumes: volumes.into_keys().collect() }
}

/// The images of the containers that mount the volume.
fn of_users(shared: &Shared, volume: &str) -> Vec<String> {
    let index = shared.index.borrow();
    let mounts =
        |ties: &crate::model::Relations| ties.mounts.iter().any(|mount| mount.volume.as_deref() == Some(volume));
    let mut ids: Vec<String> = Vec::new();
    for container in index.containers.values().filter(|container| mounts(&container.ties)) {
        let id = container.ties.image.to_string();
        if !id.is_empty() && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The problem if there is no image.
pub fn none() -> Problem {
    let cause = "browsing a volume needs a helper container, and the engine has no image for it";
    Problem::new("", cause, "any image will do, it is not run: docker pull busybox")
}
