//! A frame's bytes: what the terminal takes at once is written at once, the rest on a thread of its own. A slow link holds up
//! frames, never keys, and a quick one costs no change of threads.

use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long giving the terminal back waits for the last frame, and for its own bytes.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long to wait for a terminal that somebody has made non-blocking and that is full.
const FULL: Duration = Duration::from_millis(2);
/// Its thread needs little.
const STACK: usize = 128 * 1024;

pub struct Writer {
    /// The terminal, opened a second time: that it is not waited for here concerns nobody else who has it open.
    /// None where it cannot be opened by its name.
    direct: Option<OwnedFd>,
    queue: SyncSender<Vec<u8>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    busy: AtomicBool,
    failed: AtomicBool,
    gone: AtomicBool,
    gate: Mutex<()>,
    idle: Condvar,
}

impl Writer {
    /// Starts the thread; `on_free` is called whenever a frame is out.
    pub fn start(on_free: Arc<dyn Fn() + Send + Sync>) -> io::Result<Writer> {
        let (queue, frames) = sync_channel::<Vec<u8>>(1);
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::Builder::new().name("bowline-screen".into()).stack_size(STACK).spawn(move || {
            for frame in frames {
                if let Err(error) = write(&frame) {
                    shared.note(error);
                }
                // Under the lock, or one who is about to wait would miss it.
                let gate = shared.gate.lock();
                shared.busy.store(false, Ordering::Release);
                shared.idle.notify_all();
                drop(gate);
                on_free();
            }
        })?;
        Ok(Writer { direct: super::open_again(rustix::stdio::stdout(), OFlags::WRONLY), queue, state })
    }

    pub fn is_free(&self) -> bool {
        !self.state.busy.load(Ordering::Acquire)
    }

    /// True if there is no terminal any more.
    pub fn is_gone(&self) -> bool {
        self.state.gone.load(Ordering::Acquire)
    }

    /// True, once, if a frame did not arrive whole: what the terminal shows is not known.
    pub fn has_failed(&self) -> bool {
        self.state.failed.swap(false, Ordering::AcqRel)
    }

    /// Writes a frame, or hands over what the terminal does not take at once. The caller has seen that the writer is free.
    pub fn submit(&mut self, mut frame: Vec<u8>) {
        match self.direct.as_ref().map(|terminal| rustix::io::write(terminal, &frame)) {
            Some(Ok(written)) if written >= frame.len() => return,
            Some(Ok(written)) => drop(frame.drain(..written)),
            Some(Err(Errno::AGAIN | Errno::INTR)) | None => {}
            Some(Err(error)) => return self.state.note(error.into()),
        }
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

impl State {
    /// A frame did not arrive whole.
    fn note(&self, error: io::Error) {
        tracing::debug!("write a frame: {error}");
        // What a terminal says that was hung up: it takes nothing any more, and there will be no key.
        if error.raw_os_error() == Some(Errno::IO.raw_os_error()) {
            self.gone.store(true, Ordering::Release);
        }
        self.failed.store(true, Ordering::Release);
    }
}

/// Writes to the terminal past the standard library's lock, which a frame under way to a stuck terminal would hold.
fn write(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => std::thread::sleep(FULL),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes, but does not wait for ever for a terminal that takes nothing more.
///
/// # Errors
/// When the terminal is gone, or stuck.
pub fn write_patiently(bytes: Vec<u8>) -> io::Result<()> {
    let (sender, done) = channel();
    std::thread::Builder::new().stack_size(STACK).spawn(move || sender.send(write(&bytes)))?;
    match done.recv_timeout(PATIENCE) {
        Ok(written) => written,
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
    }
}
