//! This room knows compose: the client's own program, the files it reads, what it is run for, and what it says differs.
//! It may use the store's transport, the model, files and programs of this machine that were named and asked about before.
//! It never goes through a shell, never runs what nobody said yes to, and leaves no program of its own running.

mod client;
mod compare;
mod drift;
mod file;
mod job;
mod name;
mod said;
mod site;

use super::wires::{Closed, Outlet};
use super::{Endpoint, Hub};
use crate::model::{Chunk, ComposeAsk, ComposeReady, ComposeSite, ComposeTold, EngineId, Problem};

pub use job::run as run_job;

/// Answers a question about a project's files.
pub async fn run(hub: &Hub, outlet: &Outlet, engine: EngineId, ask: &ComposeAsk) -> Result<Option<Problem>, Closed> {
    match answer(hub, engine, ask).await {
        Ok(told) => {
            outlet.chunk(Chunk::Compose(told)).await?;
            Ok(None)
        }
        Err(problem) => Ok(Some(problem)),
    }
}

async fn answer(hub: &Hub, engine: EngineId, ask: &ComposeAsk) -> Result<ComposeTold, Problem> {
    match ask {
        ComposeAsk::Look(wanted) => {
            let site = site::check(wanted).await?;
            Ok(ComposeTold::Ready(Box::new(ready(hub, engine, site).await?)))
        }
        ComposeAsk::At { path, project } => {
            let site = site::at(path, project).await?;
            Ok(ComposeTold::Ready(Box::new(ready(hub, engine, site).await?)))
        }
        ComposeAsk::Path(typed) => site::path(typed).await,
        ComposeAsk::Drift(wanted) => {
            let site = site::check(wanted).await?;
            let ready = ready(hub, engine, site).await?;
            Ok(ComposeTold::Drift(drift::find(hub, &ready).await?))
        }
    }
}

async fn ready(hub: &Hub, engine: EngineId, site: ComposeSite) -> Result<ComposeReady, Problem> {
    let host = host(hub, engine)?;
    let client = client::find(hub).await?;
    let stamps = site::stamps(&site).await?;
    let profiles = std::env::var_os("COMPOSE_PROFILES").unwrap_or_default();
    let profiles = crate::model::text::clean(&profiles.to_string_lossy()).into_owned();
    let mut ready = ComposeReady { client, host, site, stamps, profiles };
    if ready.site.project.is_empty() {
        ready.site.project = name::chosen(hub, &ready).await?;
    }
    Ok(ready)
}

/// The address under which compose reaches the very engine that is open.
fn host(hub: &Hub, engine: EngineId) -> Result<String, Problem> {
    let during = "look for compose";
    let line = hub.line.borrow().clone();
    let Some((_, place)) = line.way.filter(|_| line.up && engine == hub.settings.engine) else {
        return Err(Problem::new(during, "the engine does not answer", "wait until it is back, or retry now"));
    };
    match &place.endpoint {
        Endpoint::Unix(path) if path.to_str().is_none() => {
            Err(Problem::new(during, "the path of the engine's socket is no text", "give it another path"))
        }
        Endpoint::Private(_) => Err(Problem::new(
            during,
            "the engine is inside bowline itself, where compose cannot reach it",
            "serve it with bowline engine --listen unix:///path/to/socket, and open that with --host",
        )),
        endpoint => Ok(endpoint.to_string()),
    }
}
