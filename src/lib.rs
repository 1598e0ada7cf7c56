//! bowline: a terminal cockpit for operating containers.
//!
//! The map. Each room's `mod.rs` says what it knows, what it may use and what it never does;
//! The embedded engine, a Docker API over local processes or synthetic containers, is a crate of its own in
//! `crates/embedded` that knows nothing of this one; `tests/rooms.rs` holds the import rule below against the source.
//!
//! | room | is for | may use |
//! |---|---|---|
//! | [`model`] | NOUNS AND VERBS: what there is to talk about; facts fold into a snapshot; which of it is a secret | – |
//! | [`app`] | DECIDES: what happened → new state and effects; pure | model, services |
//! | [`ui`] | SHOWS: state → cells; pure | app, model |
//! | [`engine`] | ASKS: engines and what they report | model, persist |
//! | [`services`] | WORKS WITHOUT A SCREEN: pure decisions from snapshots | model |
//! | [`persist`] | REMEMBERS: what outlives the program, and files written whole or not at all | model |
//! | [`config`] | file, environment and flags → settings | model, app, ui |
//! | [`term`] | raw mode, panic hook, signals; the only place that says stdout | – |
//! | [`cli`] | HEADLESS: flags → settings → a task without a screen, or the cockpit → exit code | all |
//! | [`runtime`] | THE LOOP: introduces the rooms to each other | all |
#![forbid(unsafe_code)]

// Fixtures are one file for tests in here, tests outside and benchmarks: it names this crate as they do.
#[cfg(test)]
extern crate self as bowline;
#[cfg(test)]
#[path = "../tests/support/fixtures.rs"]
mod fixtures;

pub mod app;
pub mod cli;
pub mod config;
pub mod engine;
pub mod model;
pub mod persist;
pub mod runtime;
pub mod services;
pub mod term;
pub mod ui;
