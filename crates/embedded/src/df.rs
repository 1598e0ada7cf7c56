//! `GET /system/df`: sizes as far as anybody could know them. Images and volumes have the ones they were made up with.

use serde_json::{Value, json};

use super::image::record::Image;
use super::response::{Answer, json};
use super::shared::Shared;
use super::time::now;
use super::{image, list, volume};

pub(crate) fn df(shared: &Shared) -> Answer {
    let state = shared.state();
    let users = image::users(&state);
    let images: Vec<Value> =
        state.images.all().map(|one| image::row(one, users.get(&*one.id).copied().unwrap_or(0))).collect();
    let layers: u64 = state.images.all().map(Image::size).sum();
    let volumes: Vec<Value> = state.volumes.iter().map(|(name, one)| volume::row(&state, name, one)).collect();
    let present = now();
    let containers: Vec<Value> = state.all().map(|one| list::shape(&state, one, present)).collect();
    Ok(json(&json!({
        "LayersSize": layers, "Images": images, "Containers": containers, "Volumes": volumes, "BuildCache": [],
        "BuilderSize": 0,
    })))
}
