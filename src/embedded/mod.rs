//! This room knows the embedded engine: the Docker Engine API over local processes, and over made-up instances, images, volumes, networks and files.
//! It may use an HTTP server, tokio, serde, rustix, and what reads archives and sums them.
//! It never uses another room of this program, isolates anything, or claims to do what it does not.

mod acts;
mod answer;
mod attach;
mod audience;
mod chronicle;
mod converse;
mod create;
mod curve;
mod df;
mod dice;
mod drain;
mod engine;
mod events;
mod exec;
mod execs;
mod figures;
mod files;
mod fleet;
mod furnish;
pub mod guard;
mod hijack;
mod image;
mod inspect;
mod instance;
mod keys;
mod life;
mod list;
mod logs;
mod network;
mod process;
mod ps;
mod pty;
mod query;
mod ring;
mod routes;
mod scenario;
mod serve;
mod session;
mod socket;
mod spawn;
mod stats;
mod stdin;
mod stock;
mod system;
mod time;
mod top;
mod update;
mod users;
mod voice;
mod volume;
mod world;

pub use engine::{Engine, Listening, Options};
pub use scenario::Scenario;
