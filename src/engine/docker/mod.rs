//! Docker's HTTP API; Podman and the embedded engine speak it too.

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
