//! The engine itself: what is shared, what runs by itself, and how it ends.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::DuplexStream;

use super::container::Status;
use super::reaper::end_all;
use super::scenario::Scenario;
use super::serve;
use super::shared::{Hub, Options, closed};
use super::socket::Socket;
use super::time::now;

/// A running engine. Cheap to clone; the last clone does not stop it, [`Engine::shutdown`] does.
#[derive(Clone)]
pub struct Engine {
    hub: Hub,
}

impl Engine {
    /// Starts an engine inside the present tokio runtime. The scenario's local processes are started by it in the background.
    pub fn start(scenario: Scenario, options: Options) -> io::Result<Engine> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let hub = Hub::new(&scenario, options);
        runtime.spawn(live(hub.clone()));
        Ok(Engine { hub })
    }

    /// A new connection that never leaves this process.
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(256 * 1024);
        tokio::spawn(serve::connection(self.hub.clone(), server));
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
        let task = tokio::spawn(serve::listen(self.hub.clone(), socket));
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
