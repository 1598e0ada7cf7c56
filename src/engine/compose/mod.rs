//! This room knows compose: the client's own program, the files it reads, what it is run for, and what it says differs.
//! It may use the store's transport, the model, files and programs of this machine that were named and asked about before.
//! It never goes through a shell, never runs what nobody said yes to, and leaves no program of its own running.

mod client;
mod compare;
mod drift;
mod file;
mod name;
mod project_files;
mod redact;
mod runner;

use crate::engine::docker::shared::Shared;
use crate::engine::settings::Endpoint;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{ComposeAnswer, ComposeQuestion, ComposeReady, ComposeSite, Problem, StreamEvent};

pub use runner::run as run_job;

/// Answers a question about a project's files.
pub async fn run(shared: &Shared, outlet: &StreamSink, ask: &ComposeQuestion) -> Result<Option<Problem>, StreamClosed> {
    match answer(shared, ask).await {
        Ok(told) => {
            outlet.chunk(StreamEvent::Compose(told)).await?;
            Ok(None)
        }
        Err(problem) => Ok(Some(problem)),
    }
}

async fn answer(shared: &Shared, ask: &ComposeQuestion) -> Result<ComposeAnswer, Problem> {
    match ask {
        ComposeQuestion::Look(wanted) => {
            let site = project_files::check(wanted).await?;
            Ok(ComposeAnswer::Ready(Box::new(ready(shared, site).await?)))
        }
        ComposeQuestion::At { path, project } => {
            let site = project_files::at(path, project).await?;
            Ok(ComposeAnswer::Ready(Box::new(ready(shared, site).await?)))
        }
        ComposeQuestion::Path(typed) => project_files::path(typed).await,
        ComposeQuestion::Drift(wanted) => {
            let site = project_files::check(wanted).await?;
            let ready = ready(shared, site).await?;
            Ok(ComposeAnswer::Drift(drift::find(shared, &ready).await?))
        }
    }
}

async fn ready(shared: &Shared, site: ComposeSite) -> Result<ComposeReady, Problem> {
    let host = host(shared)?;
    let client = client::find(shared).await?;
    let stamps = project_files::stamps(&site).await?;
    let profiles = std::env::var_os("COMPOSE_PROFILES").unwrap_or_default();
    let profiles = crate::model::text::clean(&profiles.to_string_lossy()).into_owned();
    let mut ready = ComposeReady { client, host, site, stamps, profiles };
    if ready.site.project.is_empty() {
        ready.site.project = name::chosen(shared, &ready).await?;
    }
    Ok(ready)
}

/// The address under which compose reaches the very engine that is open.
fn host(shared: &Shared) -> Result<String, Problem> {
    let during = "look for compose";
    let (_, place) = shared.present_way(during)?;
    match &place.endpoint {
        Endpoint::Unix(path) if path.to_str().is_none() => {
            Err(Problem::new(during, "the path of the engine's socket is not UTF-8", "use another path"))
        }
        Endpoint::Private(_) => Err(Problem::new(
            during,
            "the engine runs inside bowline, where compose cannot reach it",
            "serve it with bowline engine --listen unix:///path/to/socket, and open that with --host",
        )),
        endpoint => Ok(endpoint.to_string()),
    }
}
