//! This room knows log streams: their framing, their lines, and how to go on after a break with each line once.
//! It may use the store's transport and the model.
//! It never cleans a line's bytes (the screen does) and never holds more than a batch that follows or a page that does not.

pub mod demux;
pub(in crate::engine) mod follow;
mod idle_watchdog;
pub mod lines;
pub(in crate::engine) mod older;
pub mod resume;
pub(in crate::engine) mod scan;
pub(in crate::engine) mod sieve;

use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::{api, convert};
use crate::model::{Id, Problem};
use lines::Lines;

/// What must be known of a container before its log can be read.
#[derive(Debug, Clone, Copy)]
struct Source {
    tty: bool,
    running: bool,
}

/// Asks the engine.
async fn inspect(shared: &Shared, id: &Id) -> Result<Source, EngineError> {
    let way = shared.line.borrow().way.clone();
    let Some((transport, _)) = way else { return Err(EngineError::Cut("not connected".into())) };
    // Raw: closed enums.
    let inspected: api::Inspected = transport.json(&format!("/containers/{}/json", id.raw())).await?;
    Ok(Source { tty: inspected.config.tty, running: inspected.state.running })
}

/// Whether it has a terminal; that never changes, so what is known already will do.
async fn has_tty(shared: &Shared, id: &Id) -> Result<bool, EngineError> {
    let known = shared.index.borrow().containers.get(id).and_then(|container| container.detail.clone());
    match known {
        Some(detail) => Ok(detail.tty),
        None => Ok(inspect(shared, id).await?.tty),
    }
}

/// Joins what the engine sends of a log to lines.
fn lines_of(shared: &Shared, tty: bool) -> Lines {
    Lines::new(tty).cut_anywhere(!shared.capabilities().whole_log_lines)
}

fn problem(shared: &Shared, id: &Id, fault: &EngineError) -> Problem {
    let place = shared.line.borrow().way.as_ref().map(|(_, place)| place.clone());
    fault.problem(&format!("read the log of {}", shared.index.borrow().name(id)), place.as_deref())
}

/// Refuses what must not become part of a path.
fn check(id: &Id) -> Result<(), Problem> {
    if convert::is_container_id(id.raw()) {
        return Ok(());
    }
    Err(Problem::new("read a log", "no such container on this engine", ""))
}
