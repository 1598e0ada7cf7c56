//! A context of the Docker client that leads to an engine which bowline cannot open: that is said, and the engine of this
//! machine is opened in its place only after a yes.

use super::action::Action;
use super::msg::Effect;
use super::overlay::Overlay;
use super::question::Question;
use super::state::App;
use crate::model::Problem;

/// The context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedContext {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub address: String,
    /// Why that cannot be opened.
    pub why: Problem,
}

impl App {
    /// Begins with the question what to do about a context.
    pub fn begin_closed(&mut self, context: ClosedContext) {
        self.closed = Some(context);
        self.ask_about_context();
    }

    /// Asks whether the engine of this machine is to be opened in place of the context's.
    pub(super) fn ask_about_context(&mut self) {
        let Some(ClosedContext { name, address, why }) = &self.closed else { return };
        let lines = vec![
            format!("The Docker client uses its context {name}: {address}."),
            format!("bowline cannot open it: {}.", why.cause),
        ];
        let title = "Open the local engine instead?";
        self.overlays.push(Overlay::Question(Question::new(title, lines, "open", Action::Effect(Effect::OpenLocal))));
    }
}
