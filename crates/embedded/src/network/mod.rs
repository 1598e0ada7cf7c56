//! This folder knows networks: which there are, who is in them, and at which address.
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
