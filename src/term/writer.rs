//! Bytes go to the terminal on a thread of their own: a slow link holds up frames, never keys.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long giving the terminal back waits for the last frame.
const PATIENCE: Duration = Duration::from_millis(500);

pub struct Writer {
    queue: SyncSender<Vec<u8>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    busy: AtomicBool,
    gate: Mutex<()>,
    idle: Condvar,
}

impl Writer {
    /// Starts the thread; `on_free` is called whenever a frame is out.
    pub fn start(on_free: Arc<dyn Fn() + Send + Sync>) -> io::Result<Writer> {
        let (queue, frames) = sync_channel::<Vec<u8>>(1);
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::Builder::new().name("bowline-screen".into()).stack_size(128 * 1024).spawn(move || {
            for frame in frames {
                let mut stdout = io::stdout().lock();
                if let Err(error) = stdout.write_all(&frame).and_then(|()| stdout.flush()) {
                    tracing::debug!("write a frame: {error}");
                }
                drop(stdout);
                shared.busy.store(false, Ordering::Release);
                shared.idle.notify_all();
                on_free();
            }
        })?;
        Ok(Writer { queue, state })
    }

    pub fn is_free(&self) -> bool {
        !self.state.busy.load(Ordering::Acquire)
    }

    /// Hands a frame over. The caller has seen that the writer is free.
    pub fn submit(&mut self, frame: Vec<u8>) {
        self.state.busy.store(true, Ordering::Release);
        if self.queue.send(frame).is_err() {
            self.state.busy.store(false, Ordering::Release);
        }
    }

    /// Waits until the last frame is out, but not for ever.
    pub fn finish(&mut self) {
        let Ok(guard) = self.state.gate.lock() else { return };
        let waited = self.state.idle.wait_timeout_while(guard, PATIENCE, |()| self.state.busy.load(Ordering::Acquire));
        if waited.is_err() {
            tracing::debug!("the screen thread has panicked");
        }
    }
}
