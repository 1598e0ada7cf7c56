//! This room knows engines: how to find one, what it reports, what it can be asked to do.
//! It may use model, tokio, bollard, hyper and the kernel's own files.
//! It never decides what is shown, never speaks to a terminal, and never invents an answer that an engine did not give.

mod address;
pub mod clock;
mod compose;
mod contexts;
mod discovery;
mod docker;
mod engines;
mod interface;
mod path;
mod publisher;
mod rfc3339;
mod settings;
mod stdin;
mod stream;
mod streams;

pub use address::shown as shown_address;
pub use discovery::{Search, places};
pub use docker::credentials::{Credentials, config_folder};
pub use docker::{files, logs, sampler};
pub use engines::{EngineOutputs, Engines};
pub use interface::Engine;
pub use settings::{Dial, Endpoint, Place, Settings, names};
pub use stream::StreamMessage;
