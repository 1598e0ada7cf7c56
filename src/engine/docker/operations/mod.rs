//! This folder knows operations: one call to the engine each, a file per kind of thing.
//! It may use the client, the transport and the model.
//! It never asks anybody whether it should, and never tries again what an engine refused.

pub(in crate::engine) mod container;
mod existing;
mod image;
pub(in crate::engine) mod network;
pub(in crate::engine) mod volume;

use crate::engine::docker::error::EngineError;
use crate::engine::docker::transport::{Transport, within};
use crate::model::{Operation, OperationArgs, OperationKind, Patience};
use bollard::query_parameters::PruneBuildOptions;
use std::collections::HashMap;
use std::time::Duration;

/// What an operation may take, beside the grace of one that ends something.
const MARGIN: Duration = Duration::from_secs(30);
/// The grace that a container may have been made with, when we do not set one, seconds.
const UNKNOWN_GRACE: u32 = 300;
/// A commit and a removal of many layers may take minutes.
const LONG: Duration = Duration::from_secs(600);

/// What an operation may take; none for what waits for a container, which may run for years.
fn limit(patience: Patience, grace: Option<u32>) -> Option<Duration> {
    match patience {
        Patience::Forever => None,
        Patience::Moment => Some(MARGIN),
        Patience::Making => Some(MARGIN * 4),
        Patience::Grace => Some(Duration::from_secs(grace.unwrap_or(UNKNOWN_GRACE).into()) + MARGIN),
        Patience::Minutes => Some(LONG),
    }
}

/// Asks the engine; a word on what came of it, where there is one. Already so counts as done.
pub async fn run(transport: &Transport, operation: &Operation, grace: Option<u32>) -> Result<String, EngineError> {
    let done = ask(transport, operation, grace);
    match limit(operation.kind.spec().patience, grace) {
        Some(limit) => tokio::time::timeout(limit, done).await.unwrap_or(Err(EngineError::Slow(limit))),
        None => done.await,
    }
}

async fn ask(transport: &Transport, operation: &Operation, grace: Option<u32>) -> Result<String, EngineError> {
    use OperationArgs as Args;
    use OperationKind as Kind;
    let id = operation.id.raw();
    match (operation.kind, &operation.with) {
        (Kind::Start, _) => container::start(transport, id).await,
        (Kind::Stop, _) => container::stop(transport, id, grace).await,
        (Kind::Restart, _) => container::restart(transport, id, grace).await,
        (Kind::Pause, _) => container::pause(transport, id).await,
        (Kind::Unpause, _) => container::unpause(transport, id).await,
        (Kind::Kill(signal), _) => container::kill(transport, id, signal).await,
        (Kind::Remove { force, volumes }, _) => container::remove(transport, id, force, volumes).await,
        (Kind::Rename, Args::Name(name)) => container::rename(transport, id, name).await,
        (Kind::Limit, Args::Limits(change)) => container::update(transport, id, change).await,
        (Kind::Commit, Args::ImageName(image)) => container::commit(transport, id, image).await,
        (Kind::Duplicate, Args::Name(name)) => container::duplicate(transport, id, name).await,
        (Kind::Wait, _) => container::wait(transport, id).await,
        (Kind::Create, Args::Container(new)) => container::create(transport, new).await,
        (Kind::RemoveImage { force }, with) => image::remove(transport, &operation.id, with, force).await,
        (Kind::Tag, Args::ImageName(wanted)) => image::tag(transport, id, wanted).await,
        (Kind::RemoveVolume, Args::Seen(seen)) => volume::remove(transport, id, seen).await,
        (Kind::CreateVolume, Args::Volume(new)) => volume::create(transport, new).await,
        (Kind::RemoveNetwork, _) => network::remove(transport, &operation.id, &operation.name).await,
        (Kind::CreateNetwork, Args::Network(new)) => network::create(transport, new).await,
        (Kind::Connect, Args::Joining(joining)) => network::connect(transport, id, joining).await,
        (Kind::Disconnect, Args::Joining(joining)) => network::disconnect(transport, id, joining).await,
        (Kind::PruneCache, _) => prune_cache(transport).await,
        // Transfers and sessions of their own do these.
        (Kind::Signal { .. } | Kind::ImportVolume | Kind::CopyVolume, _) => Err(unasked(operation)),
        (
            Kind::Rename
            | Kind::Limit
            | Kind::Commit
            | Kind::Duplicate
            | Kind::Create
            | Kind::Tag
            | Kind::RemoveVolume
            | Kind::CreateVolume
            | Kind::CreateNetwork
            | Kind::Connect
            | Kind::Disconnect,
            _,
        ) => Err(unasked(operation)),
    }
}

fn unasked(operation: &Operation) -> EngineError {
    EngineError::Status(501, format!("internal error: no arguments for {}", operation.kind.spec().word))
}

async fn prune_cache(transport: &Transport) -> Result<String, EngineError> {
    let options = PruneBuildOptions { all: Some(true), ..PruneBuildOptions::default() };
    let freed = within(LONG, transport.docker().prune_build(Some(options))).await?;
    Ok(format!("{} bytes freed", freed.space_reclaimed.unwrap_or_default()))
}

fn labels(pairs: &[(String, String)]) -> HashMap<String, String> {
    pairs.iter().cloned().collect()
}

/// `name` and `tag` of a reference: the tag is what follows the last colon behind the last slash, `latest` where there is none.
fn split_reference(reference: &str) -> (&str, &str) {
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_split_behind_the_registry_with_its_port() {
        assert_eq!(split_reference("reg:5000/a/b"), ("reg:5000/a/b", "latest"));
        assert_eq!(split_reference("reg:5000/a:1.2"), ("reg:5000/a", "1.2"));
    }
}
