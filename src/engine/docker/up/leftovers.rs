//! Runs that did not end: found by their markers, and undone.

use super::rollback::{take_back, with_label};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::ownership::Owner;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::blueprint::{
    BLUEPRINT_LABEL, CREATED_LABEL, OWNER_LABEL, PROJECT_LABEL, RUN_LABEL, UNFINISHED_LABEL, VARIABLES_LABEL,
};
use crate::model::{Problem, StreamEvent, Transferred, UndoRequest, Unfinished};
use serde_json::Value;

/// Tells the runs whose end nobody noted.
pub async fn unfinished(shared: &Shared, outlet: &StreamSink) -> Result<Option<Problem>, StreamClosed> {
    let during = "look for unfinished runs";
    let (transport, place, _) = match shared.way(during, false).await {
        Ok(way) => way,
        Err(problem) => return Ok(Some(problem)),
    };
    match look(&transport).await {
        Ok(found) => {
            outlet.chunk(StreamEvent::Unfinished(found)).await?;
            Ok(None)
        }
        Err(fault) => Ok(Some(fault.problem(during, Some(&place)))),
    }
}

async fn look(transport: &Transport) -> Result<Vec<Unfinished>, EngineError> {
    let markers = with_label(transport, "/volumes?", UNFINISHED_LABEL).await?;
    let mut found: Vec<Unfinished> = markers.iter().filter_map(read).collect();
    found.sort_by(|one, other| one.created.cmp(&other.created).then(one.run.cmp(&other.run)));
    Ok(found)
}

/// From the labels of a marker.
fn read(marker: &Value) -> Option<Unfinished> {
    let labels = marker.get("Labels")?;
    let label = |name: &str| labels.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let who: Value = serde_json::from_str(&label(UNFINISHED_LABEL)).unwrap_or_default();
    let said = |name: &str| who.get(name).and_then(Value::as_str).unwrap_or_default();
    Some(Unfinished {
        run: label(RUN_LABEL),
        blueprint: label(BLUEPRINT_LABEL),
        name: said("name").to_string(),
        project: label(PROJECT_LABEL),
        owner: label(OWNER_LABEL),
        created: label(CREATED_LABEL),
        variables: label(VARIABLES_LABEL),
        lives: Owner::read(said("process")).and_then(|owner| owner.lives_as_far_as_known()),
    })
}

/// Takes away what an unfinished run has left.
pub async fn undo(shared: &Shared, outlet: &StreamSink, wanted: &UndoRequest) -> Result<Option<Problem>, StreamClosed> {
    let during = format!("undo {}", wanted.name);
    let (transport, place, _) = match shared.way(&during, true).await {
        Ok(way) => way,
        Err(problem) => return Ok(Some(problem)),
    };
    match look(&transport).await {
        Ok(found) if found.iter().any(|one| one.run == wanted.run && one.lives == Some(true)) => {
            let cause = "the bowline that began it runs and is at it";
            return Ok(Some(Problem::new(&during, cause, "wait for it, or cancel it there")));
        }
        // A run without a marker has ended, and what it made is in use.
        Ok(found) if !found.iter().any(|one| one.run == wanted.run) => {
            return Ok(Some(Problem::new(&during, "there is no such unfinished run", "it may have ended meanwhile")));
        }
        Ok(_) => {}
        Err(fault) => return Ok(Some(fault.problem(&during, Some(&place)))),
    }
    let ending = shared.up.ending();
    let report = take_back(&transport, &wanted.run).await;
    drop(ending);
    shared.wakeups.stock.notify_one();
    if !report.stays.is_empty() {
        return Ok(Some(Problem::new(&during, report.words(), "end what uses it, then undo it again")));
    }
    outlet.chunk(StreamEvent::Transferred(Transferred { words: report.words(), ..Transferred::default() })).await?;
    Ok(None)
}
