//! An instance (a container) as the fleet list shows it.

use super::{Id, Moment, Restart, Ties, Verb};
use std::sync::Arc;

/// Life-cycle state, as engines name it. Unknown words are kept, so that a new engine's new state shows instead of failing the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum State {
    /// Made, never started.
    #[default]
    Created,
    /// Its main process runs.
    Running,
    /// Frozen.
    Paused,
    /// Ended, and the engine will start it again.
    Restarting,
    /// On its way out.
    Removing,
    /// Ended.
    Exited,
    /// The engine failed to make or end it.
    Dead,
    /// A word this program does not know.
    Other(String),
}

impl State {
    /// From the engine's word (`running`, Podman's `stopped`, …).
    pub fn from_word(word: &str) -> Self {
        match word {
            "created" | "configured" | "initialized" => State::Created,
            "running" => State::Running,
            "paused" => State::Paused,
            "restarting" => State::Restarting,
            "removing" => State::Removing,
            "exited" | "stopped" => State::Exited,
            "dead" => State::Dead,
            other => State::Other(super::text::clean(other).into_owned()),
        }
    }

    /// The word for screens and for the `state:` filter.
    pub fn word(&self) -> &str {
        match self {
            State::Created => "created",
            State::Running => "running",
            State::Paused => "paused",
            State::Restarting => "restarting",
            State::Removing => "removing",
            State::Exited => "exited",
            State::Dead => "dead",
            State::Other(word) => word,
        }
    }

    /// True while it has processes: running or paused.
    pub fn is_alive(&self) -> bool {
        matches!(self, State::Running | State::Paused)
    }
}

/// What the engine's health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Health {
    /// No health check.
    #[default]
    None,
    /// Within the start period.
    Starting,
    /// Last checks passed.
    Healthy,
    /// Last checks failed.
    Unhealthy,
}

impl Health {
    /// From the engine's word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "starting" => Health::Starting,
            "healthy" => Health::Healthy,
            "unhealthy" => Health::Unhealthy,
            _ => Health::None,
        }
    }

    /// The word for screens and for the `health:` filter.
    pub fn word(self) -> &'static str {
        match self {
            Health::None => "none",
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
        }
    }
}

/// A port of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port {
    /// Port on the host, if published.
    pub public: Option<u16>,
    /// Port inside.
    pub private: u16,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
    /// Host address it is published on; empty for all of both families, and where it is not published.
    pub address: String,
}

/// Limits set on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Processors' worth of time, 1.5 = one and a half; none = no limit.
    pub processors: Option<f64>,
    /// Memory, bytes; none = no limit.
    pub memory: Option<u64>,
    /// Number of processes; none = no limit.
    pub pids: Option<u64>,
}

/// What only an inspection tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detail {
    /// It has a terminal: its logs are one raw stream.
    pub tty: bool,
    /// Started last at.
    pub started_at: Moment,
    /// Ended last at.
    pub finished_at: Moment,
    /// Times the engine restarted it.
    pub restarts: u64,
    /// The kernel killed it for memory.
    pub oom: bool,
    /// The engine's error text, if it failed to start.
    pub error: String,
    /// Limits.
    pub limits: Limits,
    /// Memory and swap together, bytes; -1 is without limit; none where the engine does not say.
    pub memory_swap: Option<i64>,
    /// When the engine starts it again.
    pub restart: Restart,
    /// Process id of the main process on the engine's host; 0 when not running.
    pub pid: i32,
}

/// An instance. All texts are clean.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Identity; survives renames.
    pub id: Id,
    /// Name without the leading slash.
    pub name: Arc<str>,
    /// Image as the user named it.
    pub image: Arc<str>,
    /// Command line it runs.
    pub command: Arc<str>,
    /// State.
    pub state: State,
    /// Health.
    pub health: Health,
    /// Exit code of the last run, once ended.
    pub exit_code: Option<i64>,
    /// Made at.
    pub created: Moment,
    /// When the present state began, as far as known (engines say it coarsely in lists).
    pub since: Moment,
    /// Ports, published first.
    pub ports: Vec<Port>,
    /// Labels in the order of their keys.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// Names of the networks it is on.
    pub networks: Vec<Arc<str>>,
    /// What ties it to images, volumes and networks.
    pub ties: Arc<Ties>,
    /// What an inspection told, once there was one.
    pub detail: Option<Arc<Detail>>,
    /// An act of ours that is under way on it.
    pub pending: Option<Verb>,
    /// An act of ours that has not begun: as many as may be under way at once are.
    pub waiting: Option<Verb>,
}

impl Instance {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| &**name == key).map(|(_, value)| &**value)
    }

    /// Compose project, if any.
    pub fn project(&self) -> Option<&str> {
        self.label("com.docker.compose.project").or_else(|| self.label("io.podman.compose.project"))
    }

    /// Compose service, if any.
    pub fn service(&self) -> Option<&str> {
        self.label("com.docker.compose.service").or_else(|| self.label("io.podman.compose.service"))
    }

    /// Which of its compose service's instances it is.
    pub fn service_number(&self) -> Option<&str> {
        self.label("com.docker.compose.container-number")
    }

    /// Ended badly: a non-zero exit, or dead.
    pub fn has_failed(&self) -> bool {
        match self.state {
            State::Exited => self.exit_code.is_some_and(|code| code != 0),
            State::Dead => true,
            _ => false,
        }
    }

    /// The kernel killed it for memory, as far as known.
    pub fn was_out_of_memory(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.oom)
    }

    /// The word for the state column: health, exit code or state.
    pub fn word(&self) -> String {
        if let Some(verb) = self.pending {
            return verb.pending_word().to_string();
        }
        if let Some(verb) = self.waiting {
            return verb.waiting_word();
        }
        match (&self.state, self.health) {
            (State::Running, Health::Healthy) => "healthy".into(),
            (State::Running, Health::Unhealthy) => "unhealthy".into(),
            (State::Running, Health::Starting) => "starting".into(),
            (State::Exited, _) => match self.exit_code {
                Some(code) if self.was_out_of_memory() => format!("exit {code} OOM"),
                Some(code) => format!("exit {code}"),
                None => "exited".into(),
            },
            (State::Restarting, _) => match &self.detail {
                // A shorter word, so that a long number is not cut to a smaller one.
                Some(detail) if detail.restarts > 99 => format!("restarts {}", detail.restarts),
                Some(detail) if detail.restarts > 0 => format!("restarting {}", detail.restarts),
                _ => "restarting".into(),
            },
            (state, _) => state.word().to_string(),
        }
    }
}
