//! What the user does at the terminal, as a stream of events, on the thread of whoever polls it.
//!
//! Not crossterm's own stream: that one reads on a second thread, which costs a change of threads for each key where all
//! processors are taken, and would take the keys of an editor that the terminal is lent to.

use super::input_parser::Keys;
use crossterm::event::Event;
use futures_util::Stream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Sleep, sleep};

/// How long a lone escape waits for the rest of a sequence that a network may have cut: what vim and tmux users set.
const OVER_A_NETWORK: Duration = Duration::from_millis(25);

/// After so long a silence a paste, or a string, has ended: its last bytes were lost, and the keyboard must not stay deaf.
const SILENCE: Duration = Duration::from_secs(1);

/// Keys, pastes, the mouse, the focus and the size of the terminal.
pub struct Input {
    terminal: AsyncFd<OwnedFd>,
    resized: Signal,
    keys: Keys,
    events: VecDeque<Event>,
    patience: Duration,
    lapse: Option<Pin<Box<Sleep>>>,
}

impl Input {
    /// Listens to the terminal. Keys over a network (`remote`) may come in pieces.
    /// To be called, and polled, inside a tokio runtime.
    ///
    /// # Errors
    /// When the terminal cannot be waited for.
    pub fn open(remote: bool) -> io::Result<Input> {
        let terminal = match super::open_again(rustix::stdio::stdin(), OFlags::RDONLY) {
            Some(again) => again,
            None => rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 0)?,
        };
        Ok(Input {
            terminal: watched(terminal)?,
            resized: signal(SignalKind::window_change())?,
            keys: Keys::default(),
            events: VecDeque::new(),
            patience: if remote { OVER_A_NETWORK } else { Duration::ZERO },
            lapse: None,
        })
    }

    /// Reads what is there. False at the end of the input.
    fn read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut buffer = [0; 1024];
        loop {
            // The terminal is asked itself: while a loop has other work, its runtime asks the kernel only now and then.
            let read = match read_now(self.terminal.get_ref(), &mut buffer) {
                Ok(0) => return Poll::Ready(Ok(false)),
                Ok(read) => read,
                Err(Errno::AGAIN) => {
                    ready!(self.terminal.poll_read_ready(context))?.clear_ready();
                    continue;
                }
                Err(Errno::INTR) => continue,
                // A terminal that was hung up.
                Err(Errno::IO) => return Poll::Ready(Ok(false)),
                Err(error) => return Poll::Ready(Err(error.into())),
            };
            let events = &mut self.events;
            self.keys.feed(&buffer[..read], |event| events.push_back(event));
            self.lapse = None;
            // After a full buffer the rest is there already.
            if self.keys.is_ambiguous() && read < buffer.len() {
                if self.patience.is_zero() {
                    self.keys.lapse(|event| events.push_back(event));
                } else {
                    self.lapse = Some(Box::pin(sleep(self.patience)));
                }
            } else if self.keys.is_inside() {
                self.lapse = Some(Box::pin(sleep(SILENCE)));
            }
            return Poll::Ready(Ok(true));
        }
    }
}

#[expect(deprecated, reason = "its successor is unsafe, for types that lie about their descriptor; this one does not")]
fn watched(terminal: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(terminal)
}

/// Reads without waiting, also from a terminal that could not be opened a second time.
fn read_now(terminal: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(&at_once))? {
        0 => Err(Errno::AGAIN),
        _ => rustix::io::read(terminal, buffer),
    }
}

impl Stream for Input {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if let Poll::Ready(Some(())) = self.resized.poll_recv(context) {
                let (width, height) = super::size();
                return Poll::Ready(Some(Ok(Event::Resize(width, height))));
            }
            match self.read(context) {
                Poll::Ready(Ok(true)) => continue,
                Poll::Ready(Ok(false)) => return Poll::Ready(None),
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Pending => {}
            }
            let Some(lapse) = &mut self.lapse else { return Poll::Pending };
            ready!(lapse.as_mut().poll(context));
            self.lapse = None;
            let this = &mut *self;
            this.keys.lapse(|event| this.events.push_back(event));
        }
    }
}
