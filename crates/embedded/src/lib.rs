//! This room knows the embedded engine: the Docker Engine API over local processes, and over made-up containers, images, volumes, networks and files.
//! It may use an HTTP server, tokio, serde, rustix, and what reads archives and sums them.
//! It never uses another room of this program, isolates anything, or claims to do what it does not.
#![forbid(unsafe_code)]

mod agenda;
mod attach;
mod attach_broadcast;
mod container;
mod create;
mod detach_keys;
mod df;
mod drain_timeout;
mod engine;
mod event_log;
mod events;
mod exec;
mod execs;
mod files;
mod generator;
mod hijack;
mod image;
mod inspect;
mod lifecycle;
mod list;
mod load_curve;
mod log_generator;
mod log_ring;
mod logs;
mod names;
mod network;
mod process;
mod provision;
mod ps;
mod pty;
mod query;
pub mod reaper;
mod request;
mod response;
mod rng;
mod routes;
mod scenario;
mod scenario_resources;
mod scheduler;
mod serve;
mod session;
mod shared;
mod socket;
mod spawn;
mod spec;
mod state;
mod stats;
mod stdin;
mod stream_io;
mod synthetic_stats;
mod system;
mod time;
mod top;
mod units;
mod update;
mod users;
mod volume;

pub use engine::{Engine, Listening};
pub use scenario::Scenario;
pub use shared::Options;
