//! The store against engines: a small one made here, and the real one of this machine.

mod archives;
mod compose;
mod docker;
mod docker_logs;
mod documents;
mod fake;
mod faults;
mod files;
mod fleet;
mod helpers;
mod hints;
mod identity;
mod log_search;
mod merged_logs;
mod operations;
mod sampler;
mod secrets;
mod sessions;
mod states;
mod tar_flavours;
mod transfers;
mod up;
mod up_taken_back;
mod volumes;
pub mod world;
