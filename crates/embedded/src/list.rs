//! `GET /containers/json`: the rows of the list.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::container::{Container, Status};
use super::image::record::Image;
use super::network;
use super::query::{Filters, Query};
use super::response::{Answer, ApiError, json};
use super::rng::hash;
use super::shared::Shared;
use super::state::EngineState;
use super::time::{Nanos, SECOND, human, now};
use super::volume::mount::Mount;

const KNOWN: &[&str] = &[
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
];

/// A row, in Docker's words.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    id: &'a str,
    names: [String; 1],
    image: &'a str,
    #[serde(rename = "ImageID")]
    image_id: &'a str,
    command: String,
    created: i64,
    ports: Vec<Value>,
    labels: &'a BTreeMap<String, String>,
    state: &'static str,
    status: String,
    host_config: Value,
    network_settings: Value,
    mounts: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_rw: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_root_fs: Option<u64>,
}

pub(crate) fn list(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(KNOWN)?;
    if let Some(name) = ["expose", "publish", "isolation"].into_iter().find(|name| !filters.get(name).is_empty()) {
        return Err(ApiError::unable(&format!("filter by {name}")));
    }
    let limit = query.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
    let every =
        query.flag("all") || limit.is_some() || !filters.get("status").is_empty() || !filters.get("exited").is_empty();
    let state = shared.state();
    let bounds = bounds(&state, &filters)?;
    let mut found: Vec<&Container> = state
        .all()
        .filter(|one| (every || one.status.alive() || one.status == Status::Restarting) && fits(one, &filters, bounds))
        .collect();
    found.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    found.truncate(limit.unwrap_or(usize::MAX));
    let (now, size) = (now(), query.flag("size"));
    let rows: Vec<Row> = found.into_iter().map(|container| row(&state, container, now, size)).collect();
    Ok(json(&rows))
}

/// The moments that `since` and `before` name.
fn bounds(state: &EngineState, filters: &Filters) -> Result<(Nanos, Nanos), ApiError> {
    let moment = |name: &str, without: Nanos| match filters.get(name).first() {
        Some(reference) => state.find(reference).map(|container| container.created),
        None => Ok(without),
    };
    Ok((moment("since", Nanos::MIN)?, moment("before", Nanos::MAX)?))
}

fn fits(one: &Container, filters: &Filters, (since, before): (Nanos, Nanos)) -> bool {
    let health = one.health.map_or("none", |health| health.name());
    one.created > since
        && one.created < before
        && filters.any("status", |status| status == one.status.name())
        && filters.any("exited", |code| !one.status.alive() && code.parse() == Ok(one.exit_code))
        && filters.any("health", |wanted| wanted == health)
        && filters.any("id", |id| one.id.starts_with(id))
        && filters.any("name", |name| named(&one.name, name))
        && filters.any("ancestor", |image| image == one.spec.image || one.spec.image.split(':').next() == Some(image))
        && filters.any("network", |network| {
            one.links.iter().any(|link| {
                link.network.name == network || (network.len() >= 12 && link.network.id.starts_with(network))
            })
        })
        && filters.any("volume", |volume| one.spec.mounts.iter().any(|mount| mount.is_called(volume)))
        && filters.any("is-task", |wanted| wanted == "false")
        && filters.labels(&one.spec.labels)
}

/// A name filter is a part of the name with its slash; `^` and `$` hold it to an end, as in Docker's regular expressions.
fn named(name: &str, wanted: &str) -> bool {
    let full = format!("/{name}");
    let (start, wanted) = wanted.strip_prefix('^').map_or((false, wanted), |rest| (true, rest));
    let (end, wanted) = wanted.strip_suffix('$').map_or((false, wanted), |rest| (true, rest));
    let wanted_full = format!("/{}", wanted.trim_start_matches('/'));
    match (start, end) {
        (true, true) => full == wanted_full,
        (true, false) => full.starts_with(&wanted_full),
        (false, true) => full.ends_with(wanted),
        (false, false) => full.contains(wanted),
    }
}

/// Bytes that a container has written to its own files.
pub(crate) fn written(state: &EngineState, one: &Container) -> u64 {
    let imagined = if one.is_process() { 0 } else { hash(&one.id) % 9_000_000 };
    imagined + state.changed_bytes(&one.id)
}

/// What a container's image is called, if it is still called what the container was asked to be made from.
fn shown_image<'a>(state: &EngineState, one: &'a Container) -> &'a str {
    let id: &str = &one.image_id;
    let name = one.spec.image.as_str();
    let by_id =
        !name.is_empty() && (id.starts_with(name) || id.strip_prefix("sha256:").is_some_and(|id| id.starts_with(name)));
    if id.is_empty() || by_id || state.images.is_called(name, id) { name } else { id }
}

/// A row as the disk usage has it: with sizes.
pub(crate) fn shape(state: &EngineState, one: &Container, now: Nanos) -> Value {
    // It is made of strings, numbers and string-keyed maps, which serialise always.
    serde_json::to_value(row(state, one, now, true)).unwrap_or_default()
}

fn row<'a>(state: &EngineState, container: &'a Container, now: Nanos, size: bool) -> Row<'a> {
    let spec = &container.spec;
    let sizes = size.then(|| {
        let own = written(state, container);
        (own, own + state.images.get(&container.image_id).map_or(0, Image::size))
    });
    Row {
        id: &container.id,
        names: [format!("/{}", container.name)],
        image: shown_image(state, container),
        image_id: &container.image_id,
        command: spec.argv().join(" "),
        created: container.created / SECOND,
        ports: ports(container),
        labels: &spec.labels,
        state: container.status.name(),
        status: status_line(container, now),
        host_config: json!({ "NetworkMode": spec.network }),
        network_settings: json!({ "Networks": network::of_container(state, container) }),
        mounts: spec.mounts.iter().map(Mount::shape).collect(),
        size_rw: sizes.map(|(own, _)| own),
        size_root_fs: sizes.map(|(_, root)| root),
    }
}

fn ports(container: &Container) -> Vec<Value> {
    let alive = container.status.alive();
    let port = |port: &super::spec::Port| match port.public.filter(|_| alive) {
        Some(public) => {
            json!({ "IP": port.address, "PrivatePort": port.private, "PublicPort": public, "Type": port.protocol })
        }
        None => json!({ "PrivatePort": port.private, "Type": port.protocol }),
    };
    if alive { container.spec.ports.iter().map(port).collect() } else { Vec::new() }
}

/// The status column, worded as moby's `container.State.String`.
pub(crate) fn status_line(container: &Container, now: Nanos) -> String {
    let since = |at: Option<Nanos>| human(now - at.unwrap_or(now));
    let up = || since(container.started_at());
    let code = container.exit_code;
    match container.status {
        Status::Created => "Created".into(),
        Status::Dead => "Dead".into(),
        Status::Paused => format!("Up {} (Paused)", up()),
        Status::Restarting => format!("Restarting ({code}) {} ago", since(container.finished_at())),
        Status::Exited => format!("Exited ({code}) {} ago", since(container.finished_at())),
        Status::Running => match container.health.map(|health| health.name()) {
            Some("starting") => format!("Up {} (health: starting)", up()),
            Some(health) => format!("Up {} ({health})", up()),
            None => format!("Up {}", up()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_as_in_docker() {
        assert!(named("web-1", "web") && named("web-1", "eb-") && named("web-1", "/web"));
        assert!(named("web-1", "^/web-1$") && named("web-1", "^web") && named("web-1", "1$"));
        assert!(!named("web-10", "^/web-1$") && !named("my-web", "^web"));
    }
}
