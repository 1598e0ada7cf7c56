//! What tests of all kinds and the benchmarks build: containers, options, a snapshot of some containers.
#![allow(dead_code, reason = "unit tests, integration tests and benchmarks each use some of it")]

use bowline::app::{LogOptions, Options};
use bowline::model::*;
use std::sync::Arc;

pub const ENGINE: EngineId = EngineId(0);

/// The id of a container of this name: in the order of names, and of the length of a real one.
pub fn id(name: &str) -> Id {
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    Id::new(ENGINE, format!("{hex:0<64}"))
}

/// A container that runs and has nothing special.
pub fn container(name: &str) -> Container {
    Container {
        id: id(name),
        name: name.into(),
        image: "busybox".into(),
        command: "sleep".into(),
        state: State::Running,
        health: Health::None,
        exit_code: None,
        created: Timestamp::from_seconds(1_000),
        since: Timestamp::from_seconds(1_000),
        ports: Vec::new(),
        labels: Vec::new(),
        networks: Vec::new(),
        ties: Default::default(),
        detail: None,
        past: Default::default(),
        pending: None,
        waiting: None,
    }
}

/// The same, of the project `shop`.
pub fn shop_container(name: &str) -> Container {
    Container {
        image: "shop/api:2.4.1".into(),
        command: "node server.js".into(),
        labels: vec![("com.docker.compose.project".into(), "shop".into())],
        networks: vec!["shop_default".into()],
        ..container(name)
    }
}

/// A container of a service of the project `shop`, which needs others as compose writes it into labels.
pub fn service(name: &str, needs: &str) -> Container {
    let labels = [("depends_on", needs), ("project", "shop"), ("service", name)];
    let labels = labels.map(|(label, value)| (format!("com.docker.compose.{label}").into(), value.into()));
    Container { labels: labels.into(), ..container(name) }
}

/// A snapshot of containers of these names.
pub fn snapshot(names: &[&str]) -> Snapshot {
    snapshot_of(names.iter().map(|name| container(name)))
}

/// A snapshot of these containers.
pub fn snapshot_of(containers: impl IntoIterator<Item = Container>) -> Snapshot {
    let containers = containers.into_iter().map(|container| (container.id.clone(), Arc::new(container)));
    Snapshot { containers: Arc::new(containers.collect()), ..Snapshot::default() }
}

/// What a cockpit is started with where nothing is configured, with a small log.
pub fn options() -> Options {
    Options {
        logs: LogOptions { memory_mib: 1, ..LogOptions::default() },
        mouse: true,
        config_path: "~/.config/bowline/config.toml".into(),
        ..Options::default()
    }
}
