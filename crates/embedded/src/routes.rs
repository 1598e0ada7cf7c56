//! Which request is answered where.

use http::{Method, StatusCode};
use serde_json::json;

use super::request::ApiRequest;
use super::response::{Answer, ApiError, json};
use super::shared::Hub;
use super::{
    attach, create, df, events, exec, files, image, inspect, lifecycle, list, logs, network, stats, system, top,
    update, volume,
};

/// What Docker does and this engine does not, by the first part of the path.
const FAMILIES: &[&str] = &[
    "auth",
    "build",
    "commit",
    "configs",
    "containers",
    "distribution",
    "exec",
    "images",
    "networks",
    "nodes",
    "plugins",
    "secrets",
    "services",
    "session",
    "swarm",
    "system",
    "tasks",
    "volumes",
    "grpc",
];

/// Answers a request.
pub(crate) async fn route(hub: Hub, mut ask: ApiRequest) -> Answer {
    let whole = std::mem::take(&mut ask.path);
    let path: Vec<&str> = whole.iter().map(String::as_str).collect();
    let method = if ask.method == Method::HEAD { Method::GET } else { ask.method.clone() };
    match (method.as_str(), path.as_slice()) {
        ("GET", ["_ping"]) => Ok(system::ping()),
        ("GET", ["version"]) => Ok(system::version(&hub)),
        ("GET", ["info"]) => Ok(system::info(&hub)),
        ("GET", ["events"]) => events::events(&hub, &ask.query),
        ("GET", ["system", "df"]) => df::df(&hub),
        ("POST", ["build", "prune"]) => Ok(json(&json!({ "CachesDeleted": null, "SpaceReclaimed": 0 }))),
        ("POST", ["commit"]) => image::commit(&hub, &ask),
        (method, ["images", rest @ ..]) => images(&hub, method, rest, &ask),
        (method, ["volumes", rest @ ..]) => volumes(&hub, method, rest, &ask),
        (method, ["networks", rest @ ..]) => networks(&hub, method, rest, &ask),
        ("GET", ["containers", "json"]) => list::list(&hub, &ask.query),
        ("POST", ["containers", "create"]) => create::create(&hub, &ask),
        ("POST", ["containers", "prune"]) => lifecycle::prune(&hub, &ask.query),
        ("DELETE", ["containers", id]) => lifecycle::remove(&hub, id, &ask.query).await,
        ("POST", ["containers", id, "attach"]) => attach::attach(&hub, id, ask),
        (method, ["containers", id, what]) => container(&hub, method, id, what, &ask).await,
        ("POST", ["exec", id, "start"]) => exec::start(&hub, id, ask),
        ("POST", ["exec", id, "resize"]) => exec::resize(&hub, id, &ask.query),
        ("GET", ["exec", id, "json"]) => exec::inspect(&hub, id),
        _ => Err(unknown(&path)),
    }
}

async fn container(hub: &Hub, method: &str, id: &str, what: &str, ask: &ApiRequest) -> Answer {
    let query = &ask.query;
    match (method, what) {
        ("GET", "json") => inspect::inspect(hub, id, query),
        ("GET", "logs") => logs::logs(hub, id, query),
        ("GET", "stats") => stats::stats(hub, id, query).await,
        ("GET", "top") => top::top(hub, id, query),
        ("POST", "start") => lifecycle::start(hub, id),
        ("POST", "stop") => lifecycle::stop(hub, id, query).await,
        ("POST", "restart") => lifecycle::restart(hub, id, query).await,
        ("POST", "kill") => lifecycle::kill(hub, id, query).await,
        ("POST", "pause") => lifecycle::pause(hub, id),
        ("POST", "unpause") => lifecycle::unpause(hub, id),
        ("POST", "rename") => lifecycle::rename(hub, id, query),
        ("POST", "wait") => lifecycle::wait(hub, id, query),
        ("POST", "resize") => lifecycle::resize(hub, id, query),
        ("POST", "update") => update::update(hub, id, &ask.body),
        ("POST", "exec") => exec::create(hub, id, ask),
        ("GET", "archive") => files::get(hub, id, ask),
        ("PUT", "archive") => files::put(hub, id, ask),
        ("GET", "changes") => files::changes(hub, id),
        ("GET", "export") => files::export(hub, id),
        _ => Err(unknown(&["containers", id, what])),
    }
}

/// Names of images have slashes in them: what is asked of one stands last.
fn images(hub: &Hub, method: &str, path: &[&str], ask: &ApiRequest) -> Answer {
    let query = &ask.query;
    match (method, path) {
        ("GET", ["json"]) => image::list(hub, query),
        ("GET", ["get"]) => image::save(hub, &query.every("names")),
        ("POST", ["create"]) => image::create(hub, query),
        ("POST", ["load"]) => image::load(hub, &ask.body),
        ("POST", ["prune"]) => image::prune(hub, query),
        ("GET", [name @ .., "json"]) => image::inspect(hub, &name.join("/")),
        ("GET", [name @ .., "history"]) => image::history(hub, &name.join("/")),
        ("GET", [name @ .., "get"]) => image::save(hub, &[&name.join("/")]),
        ("POST", [name @ .., "tag"]) => image::tag(hub, &name.join("/"), query),
        ("DELETE", [_, ..]) => image::remove(hub, &path.join("/"), query),
        _ => Err(unknown(&[&["images"], path].concat())),
    }
}

fn volumes(hub: &Hub, method: &str, path: &[&str], ask: &ApiRequest) -> Answer {
    match (method, path) {
        ("GET", []) => volume::list(hub, &ask.query),
        ("POST", ["create"]) => volume::create(hub, ask),
        ("POST", ["prune"]) => volume::prune(hub, &ask.query),
        ("GET", [name]) => volume::inspect(hub, name),
        ("DELETE", [name]) => volume::remove(hub, name, &ask.query),
        _ => Err(unknown(&[&["volumes"], path].concat())),
    }
}

fn networks(hub: &Hub, method: &str, path: &[&str], ask: &ApiRequest) -> Answer {
    match (method, path) {
        ("GET", []) => network::list(hub, &ask.query),
        ("POST", ["create"]) => network::create(hub, ask),
        ("POST", ["prune"]) => network::prune(hub, &ask.query),
        ("GET", [id]) => network::inspect(hub, id),
        ("DELETE", [id]) => network::remove(hub, id),
        ("POST", [id, "connect"]) => network::connect(hub, id, ask),
        ("POST", [id, "disconnect"]) => network::disconnect(hub, id, ask),
        _ => Err(unknown(&[&["networks"], path].concat())),
    }
}

fn unknown(path: &[&str]) -> ApiError {
    match path.first() {
        Some(first) if FAMILIES.contains(first) => ApiError::unable(&format!("answer /{}", path.join("/"))),
        _ => ApiError { status: StatusCode::NOT_FOUND, message: "page not found".into() },
    }
}
