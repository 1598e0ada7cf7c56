//! The store against engines: a small one made here, and the real one of this machine.

mod docker;
mod docker_logs;
mod fake;
mod faults;
mod sampler;
mod sessions;
pub mod world;
