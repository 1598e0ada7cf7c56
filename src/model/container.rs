//! A container (a container) as the fleet list shows it.

use super::id::Id;
use super::operation::OperationKind;
use super::request::Restart;
use super::resource::Relations;
use super::time::Timestamp;
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

/// The result of the engine's health check.
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

/// The state of a container, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The container runs, and no health check fails.
    Running,
    /// The container runs, but its health check fails.
    Unhealthy,
    /// It ends and the engine starts it again, over and over: also in the seconds in which it runs.
    Restarting,
    /// It ended badly, could not be started, or is dead.
    Failed,
    /// The container is paused.
    Paused,
    /// It ended well or was asked to end, or was never started.
    Stopped,
}

impl Standing {
    /// The word for screens and for the `state:` filter.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Running => "running",
            Standing::Unhealthy => "unhealthy",
            Standing::Restarting => "restarting",
            Standing::Failed => "failed",
            Standing::Paused => "paused",
            Standing::Stopped => "stopped",
        }
    }
}

/// A port of a container.
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

/// Limits set on a container.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Processors' worth of time, 1.5 = one and a half; none = no limit.
    pub processors: Option<f64>,
    /// Memory, bytes; none = no limit.
    pub memory: Option<u64>,
    /// Number of processes; none = no limit.
    pub pids: Option<u64>,
}

/// What is known of a container's runs beside what lists say: events and inspections tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// Whether somebody asked for the end of the last run; none where that is not known.
    pub asked: Option<bool>,
    /// The exit code of the last known run.
    pub last_exit: Option<i64>,
    /// How often the engine restarted it, once that is known.
    pub restarts: Option<u64>,
    /// The engine started it again after it had ended by itself, and it has not run for long since.
    pub loops: bool,
}

/// Details that only an inspection reports.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detail {
    /// It has a terminal: its logs are one raw stream.
    pub tty: bool,
    /// Started last at.
    pub started_at: Timestamp,
    /// Ended last at.
    pub finished_at: Timestamp,
    /// Times the engine restarted it.
    pub restarts: u64,
    /// The kernel killed it for memory.
    pub oom: bool,
    /// The engine's error text, if it failed to start.
    pub error: String,
    /// The exit code, also of what never started: engines say 127 or 126 then.
    pub exit_code: i64,
    /// Limits.
    pub limits: Limits,
    /// Memory and swap together, bytes; -1 is without limit; none where the engine does not say.
    pub memory_swap: Option<i64>,
    /// The restart policy.
    pub restart: Restart,
    /// Process id of the main process on the engine's host; 0 when not running.
    pub pid: i32,
}

/// A container. All texts are clean.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
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
    pub created: Timestamp,
    /// When the present state began, as far as known (engines say it coarsely in lists).
    pub since: Timestamp,
    /// Ports, published first.
    pub ports: Vec<Port>,
    /// Labels in the order of their keys.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// Names of the networks it is on.
    pub networks: Vec<Arc<str>>,
    /// Its relations to images, volumes and networks.
    pub ties: Arc<Relations>,
    /// The details of an inspection, once there was one.
    pub detail: Option<Arc<Detail>>,
    /// The known history of its runs.
    pub past: Past,
    /// An act of ours that is under way on it.
    pub pending: Option<OperationKind>,
    /// An act of ours that has not begun: as many as may be under way at once are.
    pub waiting: Option<OperationKind>,
}

/// Exit codes of programs that ended because they were asked to: by an interrupt or by SIGTERM.
const ASKED_TO_END: [i64; 2] = [130, 143];
/// The exit code of what was killed.
const KILLED: i64 = 137;

impl Container {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| &**name == key).map(|(_, value)| &**value)
    }

    /// True for a container of the embedded engine that has no real processes.
    pub fn is_synthetic(&self) -> bool {
        self.label("bowline.synthetic") == Some("true")
    }

    /// Compose project, if any.
    pub fn project(&self) -> Option<&str> {
        self.label("com.docker.compose.project").or_else(|| self.label("io.podman.compose.project"))
    }

    /// Compose service, if any.
    pub fn service(&self) -> Option<&str> {
        self.label("com.docker.compose.service").or_else(|| self.label("io.podman.compose.service"))
    }

    /// Which of its compose service's containers it is.
    pub fn service_number(&self) -> Option<&str> {
        self.label("com.docker.compose.container-number")
    }

    /// How it stands: the one answer that the header counts, the filter finds, lists sort and colour by.
    pub fn standing(&self) -> Standing {
        match self.state {
            State::Running if self.past.loops => Standing::Restarting,
            State::Running if self.health == Health::Unhealthy => Standing::Unhealthy,
            State::Running => Standing::Running,
            State::Paused => Standing::Paused,
            State::Restarting => Standing::Restarting,
            State::Dead => Standing::Failed,
            State::Created if self.failed_to_start() => Standing::Failed,
            State::Exited if self.failed_to_start() || self.ended_badly() => Standing::Failed,
            State::Created | State::Exited | State::Removing | State::Other(_) => Standing::Stopped,
        }
    }

    /// Ended badly, could not be started, or is dead.
    pub fn has_failed(&self) -> bool {
        self.standing() == Standing::Failed
    }

    /// The engine could not start it, as far as an inspection has told.
    pub fn failed_to_start(&self) -> bool {
        let failed =
            |detail: &Arc<Detail>| !detail.error.is_empty() || self.state == State::Created && detail.exit_code != 0;
        self.detail.as_ref().is_some_and(failed)
    }

    /// With a code other than zero, and nobody asked for it.
    fn ended_badly(&self) -> bool {
        self.exit_code.is_some_and(|code| code != 0 && !self.was_asked_to_end(code))
    }

    /// Whether somebody asked for its end. Where nobody heard that, its code and its restart policy tell: what the engine would
    /// have restarted and did not was stopped by hand.
    fn was_asked_to_end(&self, code: i64) -> bool {
        if let Some(asked) = self.past.asked {
            return asked;
        }
        let by_hand = |detail: &Arc<Detail>| {
            let restarts = matches!(detail.restart, Restart::Always | Restart::UnlessStopped | Restart::OnFailure(0));
            restarts && code == KILLED && !detail.oom
        };
        ASKED_TO_END.contains(&code) || self.detail.as_ref().is_some_and(by_hand)
    }

    /// The kernel killed it for memory, as far as known.
    pub fn was_out_of_memory(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.oom)
    }

    /// The word for what is started again and again: why it ends counts more than how often.
    fn loop_word(&self) -> String {
        match (self.exit_code.or(self.past.last_exit), self.past.restarts) {
            (Some(_), _) if self.was_out_of_memory() => "loop OOM".into(),
            (Some(code), _) => format!("loop exit {code}"),
            // A shorter word, so that a long number is not cut to a smaller one.
            (None, Some(restarts)) if restarts > 99 => format!("restarts {restarts}"),
            (None, Some(restarts)) if restarts > 0 => format!("restarting {restarts}"),
            (None, _) => "restarting".into(),
        }
    }

    /// The word for the state column: health, exit code or state.
    pub fn word(&self) -> String {
        if let Some(kind) = self.pending {
            return kind.spec().pending.to_string();
        }
        if let Some(kind) = self.waiting {
            return kind.waiting_word();
        }
        match (&self.state, self.health) {
            (State::Running, _) if self.past.loops => self.loop_word(),
            (State::Running, Health::Healthy) => "healthy".into(),
            (State::Running, Health::Unhealthy) => "unhealthy".into(),
            (State::Running, Health::Starting) => "starting".into(),
            (State::Exited, _) => match self.exit_code {
                Some(code) if self.was_out_of_memory() => format!("exit {code} OOM"),
                Some(code) => format!("exit {code}"),
                None => "exited".into(),
            },
            (State::Created, _) if self.failed_to_start() => "start failed".into(),
            (State::Restarting, _) => self.loop_word(),
            (state, _) => state.word().to_string(),
        }
    }
}
