//! `GET /system/df`: sizes as far as anybody could know them. Images and volumes have the ones they were made up with.

use serde_json::{Value, json};

use super::image::record::Image;
use super::response::{Answer, json};
use super::shared::Hub;
use super::time::now;
use super::{image, list, volume};

pub(crate) fn df(hub: &Hub) -> Answer {
    let world = hub.world();
    let users = image::users(&world);
    let images: Vec<Value> =
        world.images.all().map(|one| image::row(one, users.get(&*one.id).copied().unwrap_or(0))).collect();
    let layers: u64 = world.images.all().map(Image::size).sum();
    let volumes: Vec<Value> = world.volumes.iter().map(|(name, one)| volume::row(&world, name, one)).collect();
    let present = now();
    let containers: Vec<Value> = world.all().map(|one| list::shape(&world, one, present)).collect();
    Ok(json(&json!({
        "LayersSize": layers, "Images": images, "Containers": containers, "Volumes": volumes, "BuildCache": [],
        "BuilderSize": 0,
    })))
}
