//! This folder knows the panes of the cockpit: lists, logs, processes, files, inspect and shells, and what each does with its keys.
//! It may use the model, widgets and the heart of app.
//! It never does I/O, and never draws.

pub mod column;
pub(in crate::app) mod files;
pub(in crate::app) mod first_row;
pub(in crate::app) mod fleet;
pub mod gauges;
pub(in crate::app) mod grouping;
pub(in crate::app) mod inspect;
pub(in crate::app) mod lists;
pub(in crate::app) mod log;
pub(in crate::app) mod open_merged;
pub(in crate::app) mod process_sort;
pub(in crate::app) mod processes;
pub mod resource;
pub mod sampling;
pub(in crate::app) mod sessions;
pub(in crate::app) mod shell;
