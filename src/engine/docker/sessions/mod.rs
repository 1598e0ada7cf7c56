//! This room knows sessions inside a container: a command, its main process, a helper beside it, and the processes there.
//! It may use the store's transport, the model and this machine's own process files.
//! It never leaves a process of ours behind where that can be avoided, and never reads bytes as anything but bytes.

mod attach;
pub mod cleanup;
pub mod context;
mod exec;
mod host;
pub mod ownership;
mod processes;
mod pump;
pub mod records;
pub mod requests;
mod shell;
mod sidecar;
pub mod signal;
mod top;

use super::shared::Shared;
use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{Problem, Source};
pub use attach::{exit_code, waiting};
pub use requests::{create, made, remove_volume, start};

/// Runs a session until it is over: by itself, or why; or until nobody reads any more.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    source: Source,
    mut typing: StdinRx,
) -> Result<Option<Problem>, StreamClosed> {
    let done = match source {
        Source::Exec(exec) => exec::run(shared, outlet, &exec, &mut typing).await,
        Source::Attach { id, size } => attach::run(shared, outlet, &id, size, &mut typing).await,
        Source::Sidecar { id, image, size } => sidecar::run(shared, outlet, &id, &image, size, &mut typing).await,
        Source::Processes { id } => processes::run(shared, outlet, &id).await,
        // Not of this room: the caller has told them apart.
        Source::Logs { .. }
        | Source::OlderLogs { .. }
        | Source::Folder { .. }
        | Source::File { .. }
        | Source::Visit { .. }
        | Source::Volume { .. }
        | Source::CopyOut(_)
        | Source::CopyIn(_)
        | Source::ArchiveOut { .. }
        | Source::ArchiveIn { .. }
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
