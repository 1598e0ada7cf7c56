//! This room knows the files of volumes: engines show them only through a container that mounts the volume, so a helper is made
//! for that, and removed when nobody needs it any more.
//! It may use the store's transport, the model, and what cleans up after sessions.
//! It never runs anything of the helper's image but `sleep` and what lists a folder, and never lets a helper count as a container.

mod helper;
pub mod helpers;
mod image;

use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::shared::Shared;
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{FileChunk, Id, Problem, SeenVolume, StreamEvent};
pub use helper::{is_there, make, make_for};
use helpers::LARGE;
use std::sync::Arc;

/// Makes a volume's files ready for being asked for, and keeps them so until nobody reads any more.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    seen: &SeenVolume,
    size: Option<u64>,
) -> Result<Option<Problem>, StreamClosed> {
    match hold(shared, outlet, seen, size).await {
        Ok(()) => Ok(None),
        Err(StreamEnd::Problem(problem)) => Ok(Some(problem)),
        Err(StreamEnd::Closed) => Err(StreamClosed),
    }
}

async fn hold(shared: &Shared, outlet: &StreamSink, seen: &SeenVolume, size: Option<u64>) -> Result<(), StreamEnd> {
    let id = &seen.volume.id;
    let during = format!("browse the volume {}", crate::model::text::clean(id.raw()));
    let ground = SessionContext::on(shared, outlet, during, true).await?;
    let helper = match make_for(shared, &ground.transport, seen).await.map_err(|fault| ground.fault(&fault))? {
        Err(refused) => return Err(ground.problem(refused.cause, &refused.hint)),
        Ok(helper) => Arc::new(helper),
    };
    // What an engine starts that isolates nothing are processes of its machine.
    if size.is_some_and(|size| size >= LARGE) && shared.capabilities().isolates {
        helper.start(&ground.transport).await;
    }
    shared.helpers.keep(&helper);
    outlet.chunk(StreamEvent::Files(FileChunk::Mounted(Id::new(id.engine(), helper.raw.as_str())))).await?;
    // Closing the stream ends this here, and with it the helper, unless a copy still uses it.
    std::future::pending().await
}
