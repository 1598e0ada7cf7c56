//! This room knows what works without a screen: decisions that follow from a snapshot, for the cockpit and for headless tasks alike.
//! It may use model, JSON, JMESPath, TOML, CSV, schemas, and SQLite in memory.
//! It never says app, ui, engine or tokio, does I/O, or reads a clock.

pub mod blueprints;
pub mod bundle;
pub mod limits;
pub mod log_query;
pub mod projects;
pub mod security;
pub mod stages;
pub mod why;
