//! The store's thread: a runtime of its own, so that the loop's thread waits for nothing but its own input and is woken by
//! the kernel, not by another thread.

use std::future::Future;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// Files and processes that are waited for at the same time.
const BLOCKING: usize = 8;
/// How long the end waits for what is still under way.
const PATIENCE: Duration = Duration::from_millis(500);

/// A thread that runs tasks until this is dropped.
#[derive(Debug)]
pub struct EngineThread {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EngineThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread or no means to wait for input and output.
    pub fn start() -> io::Result<EngineThread> {
        let runtime = runtime()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("bowline-store".into()).spawn(move || {
            // Dropped or told: it ends either way.
            drop(runtime.block_on(ended));
            runtime.shutdown_timeout(PATIENCE);
        })?;
        Ok(EngineThread { handle, end: Some(end), thread: Some(thread) })
    }

    /// The handle that spawns tasks on that thread.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for EngineThread {
    /// Streams and engines that are still under way do not hold up the end for long.
    fn drop(&mut self) {
        drop(self.end.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's thread has panicked");
        }
    }
}

/// Runs the loop on the thread of the caller.
///
/// # Errors
/// When the system gives no means to wait for input and output.
pub fn here<T>(what: impl Future<Output = T>) -> io::Result<T> {
    let runtime = runtime()?;
    let done = runtime.block_on(what);
    // A thread may hang in a read or a write for ever.
    runtime.shutdown_timeout(PATIENCE / 5);
    Ok(done)
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().max_blocking_threads(BLOCKING).enable_all().build()
}
