//! This folder knows blueprints: a file's text → what is wrong in it, what it means with its variables filled, what it would make,
//! and the schema of such files.
//! It may use TOML, schemas, and excerpts of texts.
//! It never finds files, reads a clock or asks an engine: files, values, times and ids are handed to it.

mod checks;
mod fill;
mod mask;
mod mistake;
mod opens;
mod plan;
mod read;
mod run;
mod schema;
mod sources;
#[cfg(test)]
mod tests;
mod tree;
mod variables;
mod write;

pub use mask::{masked, without};
pub use mistake::Mistake;
pub use plan::{Made, Plan, lines, plan};
pub use read::{Given, Reading, read};
pub use run::Start;
pub use schema::schema;
pub use variables::{Plain, Values, VariableKind, VariablePart, Variables};
pub use write::to_toml;

/// A commented example, which is right as it stands.
pub const EXAMPLE: &str = include_str!("../../../assets/blueprints/example.toml");

/// Folders that bowline carries, for `builtin:NAME`.
pub const BUILTIN_FOLDERS: &[&str] = &["app-builder", "sandbox"];
