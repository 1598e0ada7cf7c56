//! This folder knows the screens that cover the panes: events, transfers, compose, why, a line of a log, SQL.
//! It may use the model, widgets and the heart of app.
//! It never does I/O, and never draws.

pub mod compose;
pub(in crate::app) mod events;
pub(in crate::app) mod line;
pub(in crate::app) mod sql;
pub(in crate::app) mod transfers;
pub(in crate::app) mod why;
