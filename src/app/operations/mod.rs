//! This folder knows operations: the forms and plans before one, those under way, and how they went.
//! It may use the model, widgets and the heart of app.
//! It never asks an engine itself: an operation leaves as an effect.

mod ask;
pub(in crate::app) mod bulk;
pub(in crate::app) mod forms;
pub(in crate::app) mod known;
pub mod plan;
pub mod ports;
pub(in crate::app) mod prune;
pub(in crate::app) mod results;
mod volume_forms;
pub(in crate::app) mod volume_plan;

use super::command::Command;
use crate::model::{Container, OperationKind, State};
use std::sync::Arc;

/// What a command does to containers as they are now: the first of its operations that applies to one of them, else the last.
pub fn operation_for(command: Command, targets: &[Arc<Container>]) -> Option<OperationKind> {
    let operations = command.spec().operations;
    let applies = |kind: &&OperationKind| targets.iter().any(|one| (kind.spec().applies)(one));
    let kind = *operations.iter().find(applies).or(operations.last())?;
    if let OperationKind::Remove { volumes, .. } = kind {
        let force = targets.iter().any(|one| !matches!(one.state, State::Exited | State::Created));
        return Some(OperationKind::Remove { force, volumes });
    }
    Some(kind)
}

/// True for a command that is for one container only.
pub(in crate::app) fn is_for_one(command: Command) -> bool {
    command.spec().operations.iter().any(|kind| kind.spec().needs.is_for_one())
}

/// Which of the targets an operation makes sense for: stopping skips what is stopped already.
pub fn concerned(kind: OperationKind, targets: Vec<Arc<Container>>) -> Vec<Arc<Container>> {
    targets.into_iter().filter(|one| (kind.spec().applies)(one)).collect()
}
