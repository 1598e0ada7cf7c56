//! Whole objects of the real Docker, and the events of other things than containers.

use super::docker::{TestContainer, socket};
use super::world::{World, settings, unix};
use crate::support::{self, docker::IMAGE};
use bowline::engine::StreamMessage;
use bowline::model::{Document, EngineId, Id, Kind, OperationKind, Problem, Source, StreamEvent, StreamId};
use std::sync::Arc;

fn engine() -> support::docker::Docker {
    support::docker::engine().expect("it was there a moment ago")
}

impl World {
    fn inspect(&self, wire: u64, kind: Kind, id: &Id) {
        self.store.open(StreamId(wire), Source::Inspect { kind, id: id.clone() });
    }

    /// The next telling on a stream that is as wanted.
    async fn told(&mut self, wire: u64, wanted: impl Fn(&Document) -> bool) -> Arc<Document> {
        loop {
            match self.message().await {
                (StreamId(of), StreamMessage::Chunk(StreamEvent::Document(document)))
                    if of == wire && wanted(&document) =>
                {
                    return document;
                }
                (StreamId(of), StreamMessage::Ended(why)) if of == wire => panic!("it ended: {why:?}"),
                _ => {}
            }
        }
    }

    async fn ended(&mut self, wire: u64) -> Option<Problem> {
        loop {
            if let (StreamId(of), StreamMessage::Ended(why)) = self.message().await
                && of == wire
            {
                return why;
            }
        }
    }
}

/// A volume or a network of a test, removed with it.
struct Thing(&'static str, String);

impl Drop for Thing {
    fn drop(&mut self) {
        // It may be gone already.
        drop(engine().request("DELETE", &format!("/{}/{}", self.0, self.1), "", b""));
    }
}

fn thing(noun: &'static str, name: &str) -> (Thing, serde_json::Value) {
    let name = format!("bowline-test-{name}-{}", std::process::id());
    let made = engine().must(
        "POST",
        &format!("/{noun}/create"),
        &serde_json::json!({ "Name": name, "Labels": { "db.password": "hunter2" } }),
    );
    (Thing(noun, name), made)
}

#[tokio::test]
async fn a_container_is_told_whole_and_again_after_each_change_until_it_is_gone() {
    let Some(socket) = socket() else { return };
    let more = ["--env", "DB_PASSWORD=hunter2", "--env", "PLAIN=1"];
    let container = TestContainer::run("inspected", &more, &["sleep", "3600"]);
    let mut world = World::start(settings(unix(socket)));
    let id = world.container(&container.name).await.id.clone();
    world.inspect(7, Kind::Container, &id);
    let document = world.told(7, |_| true).await;
    assert_eq!(document.text(&["Id"]), Some(id.raw()));
    assert_eq!(document.text(&["State", "Status"]), Some("running"));
    let env = document.nodes.iter().find(|node| node.shown(true) == "DB_PASSWORD=hunter2").expect("the environment");
    assert_eq!(env.shown(false), "DB_PASSWORD=••••");
    assert!(document.nodes.iter().any(|node| node.shown(false) == "PLAIN=1"));
    assert!(world.act(OperationKind::Pause, &id).await.result.is_ok());
    world.told(7, |document| document.text(&["State", "Status"]) == Some("paused")).await;
    let gone = OperationKind::Remove { force: true, volumes: true };
    assert!(world.act(gone, &id).await.result.is_ok());
    let why = world.ended(7).await.expect("a reason");
    assert_eq!(why.cause, "the container was removed");
}

#[tokio::test]
async fn images_volumes_and_networks_are_told_by_id_and_by_name() {
    let Some(socket) = socket() else { return };
    let (volume, _) = thing("volumes", "document");
    let (network, made) = thing("networks", "document");
    let mut world = World::start(settings(unix(socket)));
    world.until("the engine", |snapshot| snapshot.engines.values().any(|engine| engine.listed).then_some(())).await;
    let of = |raw: &str| Id::new(EngineId(0), raw);
    world.inspect(1, Kind::Image, &of(&format!("{IMAGE}:latest")));
    let image = world.told(1, |_| true).await;
    let raw = image.text(&["Id"]).expect("an id").to_string();
    assert!(raw.starts_with("sha256:") && image.child(0, "RepoTags").is_some());
    world.inspect(2, Kind::Image, &of(&raw));
    assert_eq!(world.told(2, |_| true).await, image);
    world.inspect(3, Kind::Volume, &of(&volume.1));
    let told = world.told(3, |_| true).await;
    assert_eq!(told.text(&["Name"]), Some(volume.1.as_str()));
    let label = told.nodes.iter().find(|node| node.key.as_deref() == Some("db.password")).expect("its label");
    assert_eq!((label.shown(false), label.shown(true)), ("••••", "hunter2"));
    let raw = made["Id"].as_str().expect("an id");
    world.inspect(4, Kind::Network, &of(raw));
    assert_eq!(world.told(4, |_| true).await.text(&["Name"]), Some(network.1.as_str()));
    engine().must("DELETE", &format!("/volumes/{}", volume.1), &serde_json::Value::Null);
    assert_eq!(world.ended(3).await.expect("a reason").cause, "the volume was removed");
    engine().must("DELETE", &format!("/networks/{raw}"), &serde_json::Value::Null);
    assert_eq!(world.ended(4).await.expect("a reason").cause, "the network was removed");
}

#[tokio::test]
async fn what_does_not_exist_and_what_is_no_name_is_a_problem() {
    let Some(socket) = socket() else { return };
    let mut world = World::start(settings(unix(socket)));
    world.until("the engine", |snapshot| snapshot.engines.values().any(|engine| engine.listed).then_some(())).await;
    world.inspect(1, Kind::Volume, &Id::new(EngineId(0), "bowline-test-no-such-volume"));
    let why = world.ended(1).await.expect("a reason");
    assert!(why.cause.to_lowercase().contains("no such volume"), "{why}");
    world.inspect(2, Kind::Container, &Id::new(EngineId(0), "../images/busybox"));
    assert!(world.ended(2).await.expect("a reason").cause.contains("no such container"));
    world.inspect(3, Kind::Volume, &Id::new(EngineId(9), "data"));
    assert_eq!(world.ended(3).await.expect("a reason").cause, "this engine is not open");
}

#[tokio::test]
async fn events_of_volumes_networks_and_images_are_heard_while_a_log_floods() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("flooding", &[], &["yes"]);
    let mut world = World::start(settings(unix(socket)));
    let id = world.container(&container.name).await.id.clone();
    // Nobody reads what comes: the stream waits at its source, and its chunks stand in the way of all others.
    world.open_logs(1, &id, 1000);
    let (volume, _) = thing("volumes", "heard");
    let (network, _) = thing("networks", "heard");
    let tag = format!("bowline-test-heard-{}", std::process::id());
    engine().must("POST", &format!("/images/{IMAGE}:latest/tag?repo={tag}"), &serde_json::Value::Null);
    engine().must("DELETE", &format!("/images/{tag}:latest"), &serde_json::Value::Null);
    for (topic, name, what) in [
        (Kind::Volume, volume.1.as_str(), "created"),
        (Kind::Network, network.1.as_str(), "created"),
        (Kind::Image, &tag, "tagged"),
    ] {
        world
            .until(what, |snapshot| {
                let told = |event: &bowline::model::Event| {
                    event.topic == topic && event.name.starts_with(name) && event.what == what
                };
                snapshot.events.iter().any(told).then_some(())
            })
            .await;
    }
    world.until("untag", |snapshot| snapshot.events.iter().any(|event| event.what == "untagged").then_some(())).await;
}
