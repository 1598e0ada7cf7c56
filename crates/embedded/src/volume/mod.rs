//! This folder knows volumes: names with figures that outlive containers, and hold what is put into them through one.
//! It may use the engine's state.
//! It never writes to this machine's disk.

pub(crate) mod mount;
mod requests;
pub(crate) mod store;

pub(crate) use requests::{create, inspect, list, prune, remove, row};
