//! Engines: what they are and whether we are connected to them.

use super::problem::Problem;
use super::time::Timestamp;
use super::usage::{Capacity, Sampler};
use std::fmt;

/// The kind of engine behind the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Runtime {
    /// Docker Engine.
    #[default]
    Docker,
    /// Podman's Docker-compatible service.
    Podman,
    /// bowline's own engine: local processes and synthetic containers, nothing isolated.
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

/// What engines of one API differ in, where that matters to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Its containers see only their own processes, and nothing of the host's.
    pub isolates: bool,
    /// It tells past events as quickly as present ones.
    pub remembers_events: bool,
    /// It cuts a line of a log only where it says so.
    pub whole_log_lines: bool,
    /// It unpacks an archive at the root of a container into what is mounted below.
    pub archives_from_root: bool,
}

impl Default for Capabilities {
    /// Those of Docker, as long as nothing else is known.
    fn default() -> Self {
        Self { isolates: true, remembers_events: true, whole_log_lines: true, archives_from_root: true }
    }
}

/// An engine's description of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EngineInfo {
    /// Kind of engine.
    pub runtime: Runtime,
    /// Its capabilities.
    pub capabilities: Capabilities,
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

/// Why an engine is looked for at a place. Names are clean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// The flag names it.
    Flag,
    /// This variable of the environment names it.
    Variable(&'static str),
    /// bowline's configuration file names it.
    File,
    /// The Docker client's context of this name leads there.
    Context(String),
    /// The context of this name cannot be opened, and somebody chose the engine of this machine in its place.
    InPlaceOf(String),
    /// Nobody names it: engines listen there.
    #[default]
    Usual,
    /// The engine runs inside this process.
    Inside,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("--host"),
            Origin::Variable(name) => f.write_str(name),
            Origin::File => f.write_str("the configuration file"),
            Origin::Context(name) => write!(f, "context {name}"),
            Origin::InPlaceOf(name) => write!(f, "in place of context {name}"),
            Origin::Usual => f.write_str("well-known socket"),
            Origin::Inside => f.write_str("embedded engine"),
        }
    }
}

impl EngineInfo {
    /// The processors and memory of its host.
    pub fn capacity(&self) -> Capacity {
        Capacity { processors: self.processors, memory: self.memory }
    }
}

/// One place where an engine was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The address as the user would write it: `unix:///var/run/docker.sock`.
    pub address: String,
    /// Why this place was tried: `--host`, `DOCKER_HOST`, `well-known socket`.
    pub reason: String,
    /// The reason why it failed, with a hint.
    pub problem: Problem,
}

/// The state of the connection to an engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Link {
    /// Not answered yet.
    #[default]
    Connecting,
    /// Answering.
    Up,
    /// Was up (or never was) and does not answer; what is on screen is from before `since`.
    Down {
        /// The reason why the last attempt failed.
        why: Problem,
        /// The time of the loss.
        since: Timestamp,
        /// The time of the next attempt.
        retry_at: Timestamp,
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
    /// The reason for looking there.
    pub origin: Origin,
    /// Its description of itself, once known.
    pub info: EngineInfo,
    /// The state of the connection.
    pub link: Link,
    /// Places tried in the last round of finding it, failures only.
    pub attempts: Vec<Attempt>,
    /// True once a full list has arrived.
    pub listed: bool,
    /// The way in which usage is read, once it is.
    pub sampling: Option<Sampling>,
    /// What it remembers of past events has come, or is not to be had.
    pub remembered: bool,
    /// Why it tells no events, while it does not: lists stand in for them.
    pub unheard: Option<Problem>,
}

/// How usage is being read, and what that costs the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Who reads: the kernel's files serve some containers at least, or the engine is asked for all.
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
