//! This folder knows images: what containers are made from.
//! It may use the engine's state, and what reads and writes archives.
//! It never unpacks one: images are made up from their names.

mod acts;
mod bundle;
mod commit;
mod pull;
pub(crate) mod record;
pub(crate) mod reference;
mod show;
pub(crate) mod store;

pub(crate) use acts::{prune, remove, tag};
pub(crate) use bundle::{load, save};
pub(crate) use commit::commit;
pub(crate) use pull::create;
pub(crate) use show::{history, inspect, list, row, users};
