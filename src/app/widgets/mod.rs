//! This folder knows what panes and screens are made of: fields, filters, menus, prompts, questions, notices.
//! It may use the model.
//! It never names the feature that it serves.

pub(in crate::app) mod confirm;
pub(in crate::app) mod cursor;
pub mod fields;
pub(in crate::app) mod filter;
pub mod fit;
pub(in crate::app) mod form;
pub(in crate::app) mod frame;
mod layers;
pub(in crate::app) mod line_edit;
mod list;
pub(in crate::app) mod menu;
pub(in crate::app) mod menus;
pub(in crate::app) mod notice;
pub(in crate::app) mod prompt;
pub(in crate::app) mod question;
pub(in crate::app) mod scrolling;
pub(in crate::app) mod text;
pub mod units;
pub mod wrap;

pub use cursor::Cursor;
pub use line_edit::LineEdit;
pub use list::{List, ListRow};
