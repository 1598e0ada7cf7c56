//! This folder knows what panes and screens are made of: fields, filters, menus, prompts, questions, notices.
//! It may use the model.
//! It never names the feature that it serves.

pub(in crate::app) mod confirm;
mod cursor;
pub mod fields;
pub(in crate::app) mod filter;
pub mod fit;
mod line_edit;
mod list;
pub(in crate::app) mod menus;
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
