//! Engines: what they are and whether we hear them.

use super::{Moment, Problem, Sampler};

/// The kind of engine behind the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Runtime {
    /// Docker Engine.
    #[default]
    Docker,
    /// Podman's Docker-compatible service.
    Podman,
    /// bowline's own engine: local processes and synthetic instances, nothing isolated.
    Embedded,
}

impl Runtime {
    /// The word shown on screen.
    pub fn word(self) -> &'static str {
        match self {
            Runtime::Docker => "docker",
            Runtime::Podman => "podman",
            Runtime::Embedded => "embedded",
        }
    }
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EngineInfo {
    /// Kind of engine.
    pub runtime: Runtime,
    /// The engine's version, `20.10.24`.
    pub version: String,
    /// The API level in use, `1.41`.
    pub api: String,
    /// The host's name as the engine knows it.
    pub host: String,
    /// Processors of the host; 0 while unknown.
    pub processors: u32,
    /// Memory of the host, bytes; 0 while unknown.
    pub memory: u64,
}

/// One place where an engine was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The address as the user would write it: `unix:///var/run/docker.sock`.
    pub address: String,
    /// Why this place was tried: `--host`, `DOCKER_HOST`, `well-known socket`.
    pub reason: String,
    /// Why it failed, with the mend.
    pub problem: Problem,
}

/// Whether we hear an engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Link {
    /// Not answered yet.
    #[default]
    Connecting,
    /// Answering.
    Up,
    /// Was up (or never was) and does not answer; what is on screen is from before `since`.
    Down {
        /// Why the last attempt failed.
        why: Problem,
        /// When it was lost.
        since: Moment,
        /// When the next attempt begins.
        retry_at: Moment,
        /// True while nothing has ever answered: the diagnosis screen shows then.
        never_up: bool,
    },
}

/// An engine on the screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Engine {
    /// Short name: `local`, `demo`, a host name.
    pub name: String,
    /// Address in use, or the one being tried.
    pub address: String,
    /// What it says of itself, once it has.
    pub info: EngineInfo,
    /// Whether we hear it.
    pub link: Link,
    /// Places tried in the last round of finding it, failures only.
    pub attempts: Vec<Attempt>,
    /// True once a full list has arrived.
    pub listed: bool,
    /// How usage is being read, once it is.
    pub sampling: Option<Sampling>,
}

/// How usage is being read, and what that costs the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Who reads: the kernel's files serve some instances at least, or the engine is asked for all.
    pub sampler: Sampler,
    /// Seconds between two samples of what is looked at.
    pub every: f64,
    /// What it costs. None until it has gone on for long enough to tell.
    pub cost: Option<Cost>,
}

/// What the engine is asked for the sake of gauges.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// Requests per second.
    pub requests: f64,
    /// Bytes per second, both ways, heads included.
    pub bytes: f64,
}
