//! Which request is answered where.

use http::{Method, StatusCode};
use serde_json::json;

use super::request::ApiRequest;
use super::response::{Answer, ApiError, json};
use super::shared::Shared;
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
pub(crate) async fn route(shared: Shared, mut ask: ApiRequest) -> Answer {
    let whole = std::mem::take(&mut ask.path);
    let path: Vec<&str> = whole.iter().map(String::as_str).collect();
    let method = if ask.method == Method::HEAD { Method::GET } else { ask.method.clone() };
    match (method.as_str(), path.as_slice()) {
        ("GET", ["_ping"]) => Ok(system::ping()),
        ("GET", ["version"]) => Ok(system::version(&shared)),
        ("GET", ["info"]) => Ok(system::info(&shared)),
        ("GET", ["events"]) => events::events(&shared, &ask.query),
        ("GET", ["system", "df"]) => df::df(&shared),
        ("POST", ["build", "prune"]) => Ok(json(&json!({ "CachesDeleted": null, "SpaceReclaimed": 0 }))),
        ("POST", ["commit"]) => image::commit(&shared, &ask),
        (method, ["images", rest @ ..]) => images(&shared, method, rest, &ask),
        (method, ["volumes", rest @ ..]) => volumes(&shared, method, rest, &ask),
        (method, ["networks", rest @ ..]) => networks(&shared, method, rest, &ask),
        ("GET", ["containers", "json"]) => list::list(&shared, &ask.query),
        ("POST", ["containers", "create"]) => create::create(&shared, &ask),
        ("POST", ["containers", "prune"]) => lifecycle::prune(&shared, &ask.query),
        ("DELETE", ["containers", id]) => lifecycle::remove(&shared, id, &ask.query).await,
        ("POST", ["containers", id, "attach"]) => attach::attach(&shared, id, ask),
        (method, ["containers", id, what]) => container(&shared, method, id, what, &ask).await,
        ("POST", ["exec", id, "start"]) => exec::start(&shared, id, ask),
        ("POST", ["exec", id, "resize"]) => exec::resize(&shared, id, &ask.query),
        ("GET", ["exec", id, "json"]) => exec::inspect(&shared, id),
        _ => Err(unknown(&path)),
    }
}

async fn container(shared: &Shared, method: &str, id: &str, what: &str, ask: &ApiRequest) -> Answer {
    let query = &ask.query;
    match (method, what) {
        ("GET", "json") => inspect::inspect(shared, id, query),
        ("GET", "logs") => logs::logs(shared, id, query),
        ("GET", "stats") => stats::stats(shared, id, query).await,
        ("GET", "top") => top::top(shared, id, query),
        ("POST", "start") => lifecycle::start(shared, id),
        ("POST", "stop") => lifecycle::stop(shared, id, query).await,
        ("POST", "restart") => lifecycle::restart(shared, id, query).await,
        ("POST", "kill") => lifecycle::kill(shared, id, query).await,
        ("POST", "pause") => lifecycle::pause(shared, id),
        ("POST", "unpause") => lifecycle::unpause(shared, id),
        ("POST", "rename") => lifecycle::rename(shared, id, query),
        ("POST", "wait") => lifecycle::wait(shared, id, query),
        ("POST", "resize") => lifecycle::resize(shared, id, query),
        ("POST", "update") => update::update(shared, id, &ask.body),
        ("POST", "exec") => exec::create(shared, id, ask),
        ("GET", "archive") => files::get(shared, id, ask),
        ("PUT", "archive") => files::put(shared, id, ask),
        ("GET", "changes") => files::changes(shared, id),
        ("GET", "export") => files::export(shared, id),
        _ => Err(unknown(&["containers", id, what])),
    }
}

/// Names of images have slashes in them: what is asked of one stands last.
fn images(shared: &Shared, method: &str, path: &[&str], ask: &ApiRequest) -> Answer {
    let query = &ask.query;
    match (method, path) {
        ("GET", ["json"]) => image::list(shared, query),
        ("GET", ["get"]) => image::save(shared, &query.every("names")),
        ("POST", ["create"]) => image::create(shared, query),
        ("POST", ["load"]) => image::load(shared, &ask.body),
        ("POST", ["prune"]) => image::prune(shared, query),
        ("GET", [name @ .., "json"]) => image::inspect(shared, &name.join("/")),
        ("GET", [name @ .., "history"]) => image::history(shared, &name.join("/")),
        ("GET", [name @ .., "get"]) => image::save(shared, &[&name.join("/")]),
        ("POST", [name @ .., "tag"]) => image::tag(shared, &name.join("/"), query),
        ("DELETE", [_, ..]) => image::remove(shared, &path.join("/"), query),
        _ => Err(unknown(&[&["images"], path].concat())),
    }
}

fn volumes(shared: &Shared, method: &str, path: &[&str], ask: &ApiRequest) -> Answer {
    match (method, path) {
        ("GET", []) => volume::list(shared, &ask.query),
        ("POST", ["create"]) => volume::create(shared, ask),
        ("POST", ["prune"]) => volume::prune(shared, &ask.query),
        ("GET", [name]) => volume::inspect(shared, name),
        ("DELETE", [name]) => volume::remove(shared, name, &ask.query),
        _ => Err(unknown(&[&["volumes"], path].concat())),
    }
}

fn networks(shared: &Shared, method: &str, path: &[&str], ask: &ApiRequest) -> Answer {
    match (method, path) {
        ("GET", []) => network::list(shared, &ask.query),
        ("POST", ["create"]) => network::create(shared, ask),
        ("POST", ["prune"]) => network::prune(shared, &ask.query),
        ("GET", [id]) => network::inspect(shared, id),
        ("DELETE", [id]) => network::remove(shared, id),
        ("POST", [id, "connect"]) => network::connect(shared, id, ask),
        ("POST", [id, "disconnect"]) => network::disconnect(shared, id, ask),
        _ => Err(unknown(&[&["networks"], path].concat())),
    }
}

fn unknown(path: &[&str]) -> ApiError {
    match path.first() {
        Some(first) if FAMILIES.contains(first) => ApiError::unable(&format!("answer /{}", path.join("/"))),
        _ => ApiError { status: StatusCode::NOT_FOUND, message: "page not found".into() },
    }
}
