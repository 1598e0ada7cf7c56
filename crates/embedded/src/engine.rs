//! The engine itself: what is shared, what runs by itself, and how it ends.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::sync::watch;

use super::container::{Container, Status};
use super::reaper::{Reaper, end_all};
use super::request;
use super::scenario::Scenario;
use super::socket::Socket;
use super::state::EngineState;
use super::time::{Nanos, now};

/// How an engine runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program that serves as guard when called with [`super::guard::SUBCOMMAND`]. None leaves local processes unguarded:
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
pub(crate) struct Hub {
    world: Arc<Mutex<EngineState>>,
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

impl Hub {
    /// The world, for a moment: never across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, EngineState> {
        // A panic while it was held leaves single fields stale at worst.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running engine. Cheap to clone; the last clone does not stop it, [`Engine::shutdown`] does.
#[derive(Clone)]
pub struct Engine {
    hub: Hub,
}

impl Engine {
    /// Starts an engine inside the present tokio runtime. The scenario's local processes are started by it in the background.
    pub fn start(scenario: Scenario, options: Options) -> io::Result<Engine> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let hub = Hub {
            world: Arc::new(Mutex::new(EngineState::new(&scenario, now(), options.log_bytes))),
            guard: Arc::new(Reaper::new(options.guard.clone())),
            options: Arc::new(options),
            host: Arc::new(Host::look(&scenario)),
            closing: watch::Sender::new(false),
        };
        runtime.spawn(live(hub.clone()));
        Ok(Engine { hub })
    }

    /// A new connection that never leaves this process.
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(256 * 1024);
        tokio::spawn(request::connection(self.hub.clone(), server));
        client
    }

    /// Listens on a Unix socket until the engine is shut down; the socket is there, and private, when this is first polled
    /// to its end. Errors when an engine answers there already, or when the socket cannot be made.
    pub async fn serve_unix(&self, path: &Path) -> io::Result<()> {
        self.listen_unix(path).await?.until_shutdown().await;
        Ok(())
    }

    /// Makes the socket and begins to listen on it; connections are accepted from the return on.
    pub async fn listen_unix(&self, path: &Path) -> io::Result<Listening> {
        let socket = Socket::bind(path).await?;
        let task = tokio::spawn(request::listen(self.hub.clone(), socket));
        Ok(Listening { task })
    }

    /// Ends every local process, removes the sockets, closes every connection. To be called before the runtime ends.
    pub async fn shutdown(&self) {
        self.hub.closing.send_replace(true);
        let hub = self.hub.clone();
        let ended = tokio::task::spawn_blocking(move || {
            end_all(&hub.guard.alive(), hub.options.grace);
            hub.guard.release();
        });
        if let Err(error) = ended.await {
            tracing::error!(%error, "ending the local processes failed");
        }
        self.all_reaped().await;
    }

    /// Waits until no container's process is left to bury, but not for ever.
    async fn all_reaped(&self) {
        let buried = async {
            let mut bell = self.hub.world().chronicle.bell();
            while self.hub.world().all().any(|container| container.is_process() && container.status.alive()) {
                if bell.changed().await.is_err() {
                    break;
                }
            }
        };
        if tokio::time::timeout(Duration::from_secs(3), buried).await.is_err() {
            tracing::warn!("a local process could not be buried");
        }
    }
}

/// A Unix socket that is being listened on.
pub struct Listening {
    task: tokio::task::JoinHandle<()>,
}

impl Listening {
    /// Waits until the engine is shut down and the socket is removed.
    pub async fn until_shutdown(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the listener failed");
        }
    }
}

/// How long the engine sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// How often it looks after the guard while local processes live.
const GUARD_CHECK: Duration = Duration::from_secs(5);

/// The engine's own task: starts the scenario's processes, then does what is due when it is due.
async fn live(hub: Hub) {
    let waiting: Vec<String> = {
        let world = hub.world();
        let waiting = world.all().filter(|container| container.is_process() && container.status == Status::Created);
        waiting.map(|container| container.id.clone()).collect()
    };
    schedule_restart(&hub, waiting);
    let sooner = hub.world().sooner.clone();
    let mut closing = hub.closing.subscribe();
    loop {
        let (ready, next) = {
            let mut world = hub.world();
            (world.advance(now()), world.next_due())
        };
        schedule_restart(&hub, ready);
        hub.guard.check();
        let most = if hub.guard.alive().is_empty() { IDLE } else { GUARD_CHECK };
        let pause = next.map_or(most, |at| Duration::from_nanos((at - now()).max(0) as u64).min(most));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = sooner.notified() => {}
            () = closed(&mut closing) => return,
        }
    }
}

fn schedule_restart(hub: &Hub, ids: Vec<String>) {
    for id in ids {
        if *hub.closing.borrow() {
            return;
        }
        if let Err(refusal) = hub.launch(&id) {
            tracing::warn!(container = %id, "not started: {}", refusal.message);
        }
    }
}

/// Waits until the engine closes.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the engine is gone altogether: closed, too.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Lets acts wait for a container: true when `reached`, false when it is gone or the time is over.
pub(crate) async fn wait_until(hub: &Hub, id: &str, most: Duration, reached: impl Fn(&Container) -> bool) -> bool {
    let Some(mut turn) = hub.world().get(id).map(|container| container.turn.subscribe()) else { return false };
    let waiting = async {
        loop {
            match hub.world().get(id) {
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
