//! Runs that did not end: what is known of them from the engine alone.

use crate::model::EngineId;

/// A run whose end nobody noted: it is under way still, or its bowline was killed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Unfinished {
    /// The id of the run.
    pub run: String,
    /// The blueprint's name.
    pub blueprint: String,
    /// The name that its container has, or was to have.
    pub name: String,
    /// The project.
    pub project: String,
    /// Who began it: `user@host`.
    pub owner: String,
    /// When it was begun, RFC 3339.
    pub created: String,
    /// The values of the variables as a JSON object, without those that are secret.
    pub variables: String,
    /// True if the bowline that began it runs; none where that cannot be known from here.
    pub lives: Option<bool>,
}

/// A run that is to be undone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct UndoRequest {
    /// The engine.
    pub engine: EngineId,
    /// The id of the run.
    pub run: String,
    /// The name of its container, to be shown.
    pub name: String,
}
