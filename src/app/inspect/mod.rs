//! The whole object under the cursor, as a tree that folds, can be searched, compared and copied. Secrets are hidden in it.

mod commands;
mod diff;
mod find;
mod folds;
mod lines;
mod order;
mod reading;
mod view;

pub use diff::Mark;
pub use find::Find;
pub use lines::{Line, Value};

pub use commands::InspectChoice;
pub use view::{Against, InspectView, Rival, Row};

pub(super) use commands::{begin_search, choose, command, move_by, open_search};
