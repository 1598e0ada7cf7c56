//! This folder knows what the cockpit does with compose: the menu, the question before a run, the form for a new project,
//! and what differs between files and what runs.
//! It may use the model and the rest of the app.
//! It never does I/O: the store looks at files and runs compose, what it finds comes as messages.

mod effects;
mod form;
pub(in crate::app) mod keys;
mod lines;
pub(in crate::app) mod overlay;
mod run;

pub use lines::{ComposeLine, buttons, lines, rows};
pub use overlay::{ComposeOverlay, ComposePhase, ComposeState, Foreseen};
pub(in crate::app) use run::add_drift;
