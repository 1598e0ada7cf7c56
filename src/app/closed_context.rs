//! A context of the Docker client that leads to an engine which bowline cannot open: that is said, and the engine of this
//! machine is opened in its place only after a yes.

use super::action::Action;
use super::msg::Effect;
use super::widgets::question::Question;
use crate::model::Problem;

/// The context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedContext {
    /// Its name.
    pub name: String,
    /// The address of the context.
    pub address: String,
    /// The reason why it cannot be opened.
    pub why: Problem,
}

impl ClosedContext {
    /// The question whether the engine of this machine is to be opened in its place.
    pub(super) fn question(&self) -> Question {
        let ClosedContext { name, address, why } = self;
        let lines = vec![
            format!("The Docker client uses its context {name}: {address}."),
            format!("bowline cannot open it: {}.", why.cause),
        ];
        Question::new("Open the local engine instead?", lines, "open", Action::Effect(Effect::OpenLocal))
    }
}
