//! This folder knows the card of the selected container: where its charts are, and the cursor that goes along them.
//! It may use the model and the rest of the app.
//! It never draws, and reads no log.

pub(in crate::app) mod cursor;
mod graphs;
pub(in crate::app) mod places;

pub use graphs::{Graphs, ShownGraph};
pub use places::{Charts, card, column_at};
