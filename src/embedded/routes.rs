//! Which request is answered where.

use http::{Method, StatusCode};

use super::answer::{Answer, Refusal};
use super::engine::Hub;
use super::serve::Ask;
use super::{acts, attach, create, events, exec, inspect, list, logs, stats, system, top};

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
pub(crate) async fn route(hub: Hub, mut ask: Ask) -> Answer {
    let whole = std::mem::take(&mut ask.path);
    let path: Vec<&str> = whole.iter().map(String::as_str).collect();
    let method = if ask.method == Method::HEAD { Method::GET } else { ask.method.clone() };
    match (method.as_str(), path.as_slice()) {
        ("GET", ["_ping"]) => Ok(system::ping()),
        ("GET", ["version"]) => Ok(system::version(&hub)),
        ("GET", ["info"]) => Ok(system::info(&hub)),
        ("GET", ["events"]) => events::events(&hub, &ask.query),
        ("GET", ["system", "df"]) => Ok(system::df(&hub)),
        ("GET", ["images", "json"]) => system::images(&hub, &ask.query),
        ("GET", ["images", name @ .., "json"]) => system::image(&hub, &name.join("/")),
        ("GET", ["volumes"]) => system::volumes(&hub, &ask.query),
        ("GET", ["volumes", name]) => system::volume(&hub, name),
        ("GET", ["networks"]) => system::networks(&hub, &ask.query),
        ("GET", ["networks", name]) => system::network(&hub, name),
        ("GET", ["containers", "json"]) => list::list(&hub, &ask.query),
        ("POST", ["containers", "create"]) => create::create(&hub, &ask),
        ("POST", ["containers", "prune"]) => acts::prune(&hub, &ask.query),
        ("DELETE", ["containers", id]) => acts::remove(&hub, id, &ask.query).await,
        ("POST", ["containers", id, "attach"]) => attach::attach(&hub, id, ask),
        (method, ["containers", id, what]) => container(&hub, method, id, what, &ask).await,
        ("POST", ["exec", id, "start"]) => exec::start(&hub, id, ask),
        ("POST", ["exec", id, "resize"]) => exec::resize(&hub, id, &ask.query),
        ("GET", ["exec", id, "json"]) => exec::inspect(&hub, id),
        _ => Err(unknown(&path)),
    }
}

async fn container(hub: &Hub, method: &str, id: &str, what: &str, ask: &Ask) -> Answer {
    let query = &ask.query;
    match (method, what) {
        ("GET", "json") => inspect::inspect(hub, id),
        ("GET", "logs") => logs::logs(hub, id, query),
        ("GET", "stats") => stats::stats(hub, id, query).await,
        ("GET", "top") => top::top(hub, id, query),
        ("POST", "start") => acts::start(hub, id),
        ("POST", "stop") => acts::stop(hub, id, query).await,
        ("POST", "restart") => acts::restart(hub, id, query).await,
        ("POST", "kill") => acts::kill(hub, id, query).await,
        ("POST", "pause") => acts::pause(hub, id),
        ("POST", "unpause") => acts::unpause(hub, id),
        ("POST", "rename") => acts::rename(hub, id, query),
        ("POST", "wait") => acts::wait(hub, id, query),
        ("POST", "resize") => acts::resize(hub, id, query),
        ("POST", "update") => create::update(hub, id, &ask.body),
        ("POST", "exec") => exec::create(hub, id, ask),
        (_, "archive") => known(hub, id, "copy files: instances see this machine's own"),
        ("GET", "changes" | "export") => known(hub, id, "give instances a file system of their own"),
        _ => Err(unknown(&["containers", id, what])),
    }
}

/// Refuses an act on an instance; an instance that is not there is said to be not there.
fn known(hub: &Hub, id: &str, what: &str) -> Answer {
    hub.world().resolve(id)?;
    Err(Refusal::unable(what))
}

fn unknown(path: &[&str]) -> Refusal {
    match path.first() {
        Some(first) if FAMILIES.contains(first) => Refusal::unable(&format!("answer /{}", path.join("/"))),
        _ => Refusal { status: StatusCode::NOT_FOUND, message: "page not found".into() },
    }
}
