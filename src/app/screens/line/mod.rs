//! This folder knows one line of a log, shown whole: an object as a tree that folds, anything else as wrapped text.
//! It may use the model, widgets, the log and the tree of inspect.
//! It never changes the log, and never reads more of it than one entry at a time.

mod content;
pub(in crate::app) mod keys;
pub(in crate::app) mod view;

pub use keys::rows_place;
pub use view::{LineBody, LineView};
