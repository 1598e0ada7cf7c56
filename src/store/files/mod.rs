//! This room knows the files of an instance: what folders and files hold, copies in and out.
//! It may use the store's transport, the model, tar and this machine's own files.
//! It never lets an archive reach beyond the folder it is unpacked into, and never replaces what nobody said may be replaced.

pub(super) mod archive;
mod copy_in;
mod copy_out;
mod instead;
mod look;
pub mod pack;
pub(super) mod part;
pub(super) mod pipe;
mod read;
mod script;
mod sight;
mod site;
mod sparse;
pub(super) mod stat;
pub(super) mod tar_reader;
pub(super) mod tar_writer;
pub mod unpack;
mod walk;

use super::Hub;
use super::sessions::input::Typing;
use super::sessions::{Ground, Halt};
use super::wires::{Closed, Outlet};
use crate::model::{Chunk, CopyProgress, FileChunk, Id, Problem, Source};
use std::time::Duration;
use tokio::sync::watch;

/// Between two words on how far a copy is: at most ten a second.
const PACE: Duration = Duration::from_millis(100);

/// Serves a stream about files until it is over: by itself, or why; or until nobody reads any more.
pub(super) async fn run(
    hub: &Hub,
    outlet: &Outlet,
    source: Source,
    mut typing: Typing,
) -> Result<Option<Problem>, Closed> {
    let done = match source {
        Source::Folder { id, path } => look::run(hub, outlet, &id, &path).await,
        Source::File { id, path, limit, seen } => read::run(hub, outlet, &id, &path, limit, seen).await,
        Source::Visit { id, path, limit } => visit(hub, outlet, &id, &path, limit).await,
        Source::CopyOut(copy) => copy_out::run(hub, outlet, copy).await,
        Source::CopyIn(copy) => copy_in::run(hub, outlet, copy).await,
        Source::ArchiveOut { id, path, follow } => archive::out(hub, outlet, &id, &path, follow).await,
        Source::ArchiveIn { id, path } => archive::into(hub, outlet, &id, &path, &mut typing).await,
        // Not of this room: the caller has told them apart.
        _ => Ok(()),
    };
    match done {
        Ok(()) => Ok(None),
        Err(Halt::Problem(problem)) => Ok(Some(problem)),
        Err(Halt::Closed) => Err(Closed),
    }
}

/// Tells what a folder holds, or else what a file holds.
async fn visit(hub: &Hub, outlet: &Outlet, id: &Id, path: &[u8], limit: usize) -> Result<(), Halt> {
    let listed = look::run(hub, outlet, id, path).await;
    let Err(Halt::Problem(unlisted)) = listed else { return listed };
    match read::run(hub, outlet, id, path, limit, None).await {
        // It is one, and what was said of it is why it cannot be listed.
        Err(Halt::Problem(unread)) if unread.cause == read::FOLDER => Err(Halt::Problem(unlisted)),
        read => read,
    }
}

/// Tells how far a copy is, until nobody measures any more or nobody reads.
async fn tell_progress(outlet: &Outlet, mut seen: watch::Receiver<CopyProgress>) -> Result<(), Closed> {
    while seen.changed().await.is_ok() {
        let now = seen.borrow_and_update().clone();
        outlet.chunk(Chunk::Files(FileChunk::Progress(now))).await?;
        tokio::time::sleep(PACE).await;
    }
    Ok(())
}

/// A thread of ours that ended without an answer.
fn broken(ground: &Ground<'_>, error: &tokio::task::JoinError) -> Halt {
    ground.problem(format!("bowline's own worker failed: {error}"), "see bowline's log")
}
