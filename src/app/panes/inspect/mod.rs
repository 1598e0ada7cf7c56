//! This folder knows the whole object under the cursor, as a tree that folds, can be searched, compared and copied.
//! It may use the model and widgets.
//! It never shows a secret that nobody asked for.

mod annotations;
pub(in crate::app) mod commands;
pub(in crate::app) mod comparison;
mod diff;
mod find;
mod lines;
mod order;
mod tree_state;
mod view;

pub use comparison::{CompareTarget, Comparison};
pub use diff::Mark;
pub use lines::{Line, Value};
pub use view::{InspectView, Row};
