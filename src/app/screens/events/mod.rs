//! This folder knows the list of all that happened lately, and its keys.
//! It may use the model and the rest of the app.
//! It never asks an engine.

pub(in crate::app) mod keys;
pub(in crate::app) mod view;

pub use keys::rows_place;
pub use view::{EventRows, EventsView, party};
