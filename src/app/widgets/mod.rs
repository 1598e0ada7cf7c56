//! Parts that any pane or screen may use; they know nothing of what is shown with them.

pub(in crate::app) mod confirm;
mod cursor;
pub mod fields;
pub(in crate::app) mod filter;
pub mod fit;
mod line_edit;
mod list;
pub(in crate::app) mod menus;
pub(in crate::app) mod natural_sort;
pub(in crate::app) mod notice;
pub(in crate::app) mod prompt;
pub(in crate::app) mod question;
pub(in crate::app) mod scrolling;
mod search;
pub mod units;
pub mod wrap;

pub use cursor::Cursor;
pub use line_edit::LineEdit;
pub use list::{List, ListRow};
pub use search::Search;
