//! The panes that stand beside each other: what each shows, and where the cursor is in it.

pub mod column;
pub(in crate::app) mod files;
pub(in crate::app) mod fleet;
pub(in crate::app) mod grouping;
pub(in crate::app) mod inspect;
pub(in crate::app) mod lists;
pub(in crate::app) mod log;
pub(in crate::app) mod log_export;
pub(in crate::app) mod open_merged;
pub(in crate::app) mod processes;
pub mod resource;
pub mod sampling;
pub(in crate::app) mod shell;
