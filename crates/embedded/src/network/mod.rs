//! This folder knows networks: their names, their containers and addresses.
//! It may use the engine's state.
//! It never carries a packet.

mod join;
mod lookup;
mod requests;
mod show;
pub(crate) mod store;
pub(crate) mod subnet;

pub(crate) use join::{connect, disconnect};
pub(crate) use requests::{create, prune, remove};
pub(crate) use show::{inspect, list, of_container, settings};
