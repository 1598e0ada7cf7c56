//! This room knows the files of a container: what folders and files hold, copies in and out.
//! It may use the store's transport, the model, tar and this machine's own files.
//! It never lets an archive reach beyond the folder it is unpacked into, and never replaces what nobody said may be replaced.

pub(in crate::engine) mod archive;
pub(in crate::engine) mod bridge;
pub(in crate::engine::docker) mod copy_in;
pub(in crate::engine::docker) mod copy_out;
pub(in crate::engine::docker) mod list_dir;
pub mod pack;
pub(in crate::engine::docker) mod read;
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
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{CopyProgress, FileChunk, Id, StreamEvent};
use std::time::Duration;
use tokio::sync::watch;

/// Between two words on how far a copy is: at most ten a second.
const PACE: Duration = Duration::from_millis(100);

/// Tells what a folder holds, or else what a file holds.
pub(in crate::engine::docker) async fn visit(
    shared: &Shared,
    outlet: &StreamSink,
    id: &Id,
    path: &[u8],
    limit: usize,
) -> Result<(), StreamEnd> {
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
