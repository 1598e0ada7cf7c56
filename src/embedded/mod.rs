//! This room knows the embedded engine: the Docker Engine API over local processes and synthetic instances.
//! It may use an HTTP server, tokio, serde and rustix.
//! It never uses another room of this program, isolates anything, or claims to do what it does not.

mod acts;
mod answer;
mod chronicle;
mod create;
mod curve;
mod dice;
mod engine;
mod events;
mod figures;
mod fleet;
pub mod guard;
mod inspect;
mod instance;
mod life;
mod list;
mod logs;
mod process;
mod query;
mod ring;
mod routes;
mod scenario;
mod serve;
mod session;
mod socket;
mod stats;
mod system;
mod time;
mod top;
mod voice;
mod world;

pub use engine::{Engine, Listening, Options};
pub use scenario::Scenario;
