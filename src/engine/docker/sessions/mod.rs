//! This room knows sessions inside a container: a command, its main process, a helper beside it, and the processes there.
//! It may use the store's transport, the model and this machine's own process files.
//! It never leaves a process of ours behind where that can be avoided, and never reads bytes as anything but bytes.

pub(in crate::engine::docker) mod attach;
pub mod cleanup;
pub mod context;
pub(in crate::engine::docker) mod exec;
mod host;
pub mod ownership;
pub(in crate::engine::docker) mod processes;
mod pump;
pub mod records;
pub mod requests;
mod shell;
pub(in crate::engine::docker) mod sidecar;
pub mod signal;
pub mod top;

pub use attach::{exit_code, waiting};
pub use requests::{create, made, remove_volume, start};
