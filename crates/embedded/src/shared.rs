//! What every request and every task of the engine shares, and how they wait for one another.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::container::Container;
use super::reaper::Reaper;
use super::scenario::Scenario;
use super::state::EngineState;
use super::time::{Nanos, now};

/// The options of an engine.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program that serves as guard when called with [`super::reaper::SUBCOMMAND`]. None leaves local processes unguarded:
    /// they survive the engine if it is killed. By default this very program.
    pub guard: Option<PathBuf>,
    /// Bytes of log that each local process keeps.
    pub log_bytes: usize,
    /// How long local processes may take to obey SIGTERM when the engine shuts down.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options { guard: std::env::current_exe().ok(), log_bytes: 4 << 20, grace: Duration::from_secs(1) }
    }
}

/// What every request and every task of the engine shares.
#[derive(Clone)]
pub(crate) struct Shared {
    state: Arc<Mutex<EngineState>>,
    pub(crate) guard: Arc<Reaper>,
    pub(crate) options: Arc<Options>,
    pub(crate) host: Arc<Host>,
    pub(crate) closing: watch::Sender<bool>,
}

/// What is known of the machine and the engine, and does not change.
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) processors: usize,
    pub(crate) memory: u64,
    pub(crate) kernel: String,
    pub(crate) started: Nanos,
}

impl Host {
    fn look(scenario: &Scenario) -> Self {
        let kilobytes = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        });
        let imagined = scenario.host_memory.as_ref().map(|size| size.0);
        let processors = match scenario.processors {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            imagined => imagined,
        };
        Host {
            name: scenario.name.clone(),
            processors,
            memory: imagined.unwrap_or_else(|| kilobytes.map_or(8 << 30, |kilobytes| kilobytes * 1024)),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| "unknown".into(), |t| t.trim().into()),
            started: now(),
        }
    }
}

impl Shared {
    /// A new engine's, as its scenario describes it.
    pub(crate) fn new(scenario: &Scenario, options: Options) -> Self {
        Shared {
            state: Arc::new(Mutex::new(EngineState::new(scenario, now(), options.log_bytes))),
            guard: Arc::new(Reaper::new(options.guard.clone())),
            options: Arc::new(options),
            host: Arc::new(Host::look(scenario)),
            closing: watch::Sender::new(false),
        }
    }

    /// The world, for a moment: never across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, EngineState> {
        // A panic while it was held leaves single fields stale at worst.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the engine closes.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the engine is gone altogether: closed, too.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Lets acts wait for a container: true when `reached`, false when it is gone or the time is over.
pub(crate) async fn wait_until(
    shared: &Shared,
    id: &str,
    most: Duration,
    reached: impl Fn(&Container) -> bool,
) -> bool {
    let Some(mut turn) = shared.state().get(id).map(|container| container.turn.subscribe()) else { return false };
    let waiting = async {
        loop {
            match shared.state().get(id) {
                None => return false,
                Some(container) if reached(container) => return true,
                Some(_) => {}
            }
            if turn.changed().await.is_err() {
                return false;
            }
        }
    };
    tokio::time::timeout(most, waiting).await.unwrap_or(false)
}
