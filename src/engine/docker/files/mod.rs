//! This room knows the files of a container: what folders and files hold, copies in and out.
//! It may use the store's transport, the model, tar and this machine's own files.
//! It never lets an archive reach beyond the folder it is unpacked into, and never replaces what nobody said may be replaced.

pub(in crate::engine) mod archive;
pub(in crate::engine) mod bridge;
mod copy_in;
mod copy_out;
mod list_dir;
pub mod pack;
mod read;
mod replace;
mod script;
mod sparse;
pub(in crate::engine) mod stat;
pub(in crate::engine) mod tar_reader;
pub(in crate::engine) mod tar_writer;
mod target;
pub mod unpack;
mod visibility;
mod walk;

use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::shared::Shared;
use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{CopyProgress, FileChunk, Id, Problem, Source, StreamEvent};
use std::time::Duration;
use tokio::sync::watch;

/// Between two words on how far a copy is: at most ten a second.
const PACE: Duration = Duration::from_millis(100);

/// Serves a stream about files until it is over: by itself, or why; or until nobody reads any more.
pub(in crate::engine) async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    source: Source,
    mut typing: StdinRx,
) -> Result<Option<Problem>, StreamClosed> {
    let done = match source {
        Source::Folder { id, path } => list_dir::run(shared, outlet, &id, &path).await,
        Source::File { id, path, limit, seen } => read::run(shared, outlet, &id, &path, limit, seen).await,
        Source::Visit { id, path, limit } => visit(shared, outlet, &id, &path, limit).await,
        Source::CopyOut(copy) => copy_out::run(shared, outlet, copy).await,
        Source::CopyIn(copy) => copy_in::run(shared, outlet, copy).await,
        Source::ArchiveOut { id, path, follow } => archive::out(shared, outlet, &id, &path, follow).await,
        Source::ArchiveIn { id, path } => archive::into(shared, outlet, &id, &path, &mut typing).await,
        // Not of this room: the caller has told them apart.
        Source::Logs { .. }
        | Source::OlderLogs { .. }
        | Source::Exec(_)
        | Source::Attach { .. }
        | Source::Sidecar { .. }
        | Source::Processes { .. }
        | Source::Volume { .. }
        | Source::Transfer(..)
        | Source::Compose(..)
        | Source::Inspect { .. } => Ok(()),
    };
    match done {
        Ok(()) => Ok(None),
        Err(StreamEnd::Problem(problem)) => Ok(Some(problem)),
        Err(StreamEnd::Closed) => Err(StreamClosed),
    }
}

/// Tells what a folder holds, or else what a file holds.
async fn visit(shared: &Shared, outlet: &StreamSink, id: &Id, path: &[u8], limit: usize) -> Result<(), StreamEnd> {
    let listed = list_dir::run(shared, outlet, id, path).await;
    let Err(StreamEnd::Problem(unlisted)) = listed else { return listed };
    match read::run(shared, outlet, id, path, limit, None).await {
        // It is one, and what was said of it is why it cannot be listed.
        Err(StreamEnd::Problem(unread)) if unread.cause == read::FOLDER => Err(StreamEnd::Problem(unlisted)),
        read => read,
    }
}

/// Tells how far a copy is, until nobody measures any more or nobody reads.
async fn tell_progress(outlet: &StreamSink, mut seen: watch::Receiver<CopyProgress>) -> Result<(), StreamClosed> {
    while seen.changed().await.is_ok() {
        let now = seen.borrow_and_update().clone();
        outlet.chunk(StreamEvent::Files(FileChunk::Progress(now))).await?;
        tokio::time::sleep(PACE).await;
    }
    Ok(())
}

/// A thread of ours that ended without an answer.
fn broken(ground: &SessionContext<'_>, error: &tokio::task::JoinError) -> StreamEnd {
    ground.problem(format!("bowline's own worker failed: {error}"), "see bowline's log")
}
