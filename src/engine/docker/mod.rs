//! This folder knows Docker's HTTP API, which Podman and the embedded engine speak too.
//! It may use bollard, hyper, the model, persist for files of this machine, and the kernel's own files.
//! It never speaks to a terminal, and never takes an answer that cannot be read for an empty one.

pub(in crate::engine) mod api;
pub(in crate::engine) mod api_version;
pub(in crate::engine) mod body_limit;
pub(in crate::engine) mod claims;
pub(in crate::engine) mod connection;
pub(in crate::engine) mod convert;
pub(in crate::engine) mod credentials;
pub(in crate::engine) mod details;
pub(in crate::engine) mod documents;
pub(in crate::engine) mod error;
pub(in crate::engine) mod events;
pub mod files;
pub(in crate::engine) mod identity;
pub(in crate::engine) mod inventory;
pub(in crate::engine) mod list;
pub mod logs;
pub(in crate::engine) mod operation_queue;
pub(in crate::engine) mod operations;
pub(in crate::engine) mod pauses;
pub(in crate::engine) mod program;
pub(in crate::engine) mod refusals;
pub mod sampler;
pub(in crate::engine) mod sessions;
pub(in crate::engine) mod transfer;
pub(in crate::engine) mod transport;
pub(in crate::engine) mod volumes;
