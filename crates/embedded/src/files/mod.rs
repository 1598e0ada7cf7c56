//! This folder knows the files of containers: a small tree each, made when somebody asks, kept only when somebody has changed it.
//! It may use the engine's state, and what reads and writes archives.
//! It never runs anything in these trees: a local process sees this machine's files, and what is copied to it is kept beside it.
//!
//! A volume has a tree of its own, which all who mount it see in theirs.

mod extract;
mod kept;
mod pack;
mod requests;
mod rootfs_template;
pub(crate) mod tree;

pub(crate) use requests::{changes, export, get, put};
