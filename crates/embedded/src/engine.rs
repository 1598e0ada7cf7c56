//! The engine itself: what is shared, what runs by itself, and how it ends.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::DuplexStream;

use super::container::Status;
use super::reaper::end_all;
use super::scenario::Scenario;
use super::serve;
use super::shared::{Options, Shared, closed};
use super::socket::Socket;
use super::time::now;

/// A running engine. Cheap to clone; the last clone does not stop it, [`Engine::shutdown`] does.
#[derive(Clone)]
pub struct Engine {
    shared: Shared,
}

impl Engine {
    /// Starts an engine inside the present tokio runtime. The scenario's local processes are started by it in the background.
    pub fn start(scenario: Scenario, options: Options) -> io::Result<Engine> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let shared = Shared::new(&scenario, options);
        runtime.spawn(live(shared.clone()));
        Ok(Engine { shared })
    }

    /// A new connection that never leaves this process.
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(256 * 1024);
        tokio::spawn(serve::connection(self.shared.clone(), server));
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
        let task = tokio::spawn(serve::listen(self.shared.clone(), socket));
        Ok(Listening { task })
    }

    /// Ends every local process, removes the sockets, closes every connection. To be called before the runtime ends.
    pub async fn shutdown(&self) {
        self.shared.closing.send_replace(true);
        let shared = self.shared.clone();
        let ended = tokio::task::spawn_blocking(move || {
            end_all(&shared.guard.alive(), shared.options.grace);
            shared.guard.release();
        });
        if let Err(error) = ended.await {
            tracing::error!(%error, "ending the local processes failed");
        }
        self.all_reaped().await;
    }

    /// Waits until no container's process is left to bury, but not for ever.
    async fn all_reaped(&self) {
        let buried = async {
            let mut bell = self.shared.state().chronicle.bell();
            while self.shared.state().all().any(|container| container.is_process() && container.status.alive()) {
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
async fn live(shared: Shared) {
    let waiting: Vec<String> = {
        let state = shared.state();
        let waiting = state.all().filter(|container| container.is_process() && container.status == Status::Created);
        waiting.map(|container| container.id.clone()).collect()
    };
    schedule_restart(&shared, waiting);
    let sooner = shared.state().sooner.clone();
    let mut closing = shared.closing.subscribe();
    loop {
        let (ready, next) = {
            let mut state = shared.state();
            (state.advance(now()), state.next_due())
        };
        schedule_restart(&shared, ready);
        shared.guard.check();
        let most = if shared.guard.alive().is_empty() { IDLE } else { GUARD_CHECK };
        let pause = next.map_or(most, |at| Duration::from_nanos((at - now()).max(0) as u64).min(most));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = sooner.notified() => {}
            () = closed(&mut closing) => return,
        }
    }
}

fn schedule_restart(shared: &Shared, ids: Vec<String>) {
    for id in ids {
        if *shared.closing.borrow() {
            return;
        }
        if let Err(refusal) = shared.launch(&id) {
            tracing::warn!(container = %id, "not started: {}", refusal.message);
        }
    }
}
