//! What is typed into a session, on its way to it. Sending never waits; what finds no room is counted and reported.

use crate::engine::stream::Input;
use crate::model::Size;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, mpsc, watch};

/// Pieces of input that may wait for a session that does not read.
const PIECES: usize = 64;

/// The giving end.
#[derive(Debug)]
pub struct StdinTx {
    typed: mpsc::Sender<Typed>,
    size: watch::Sender<Option<Size>>,
    lost: Arc<Lost>,
}

/// The taking end.
#[derive(Debug)]
pub struct StdinRx {
    /// Pieces in order.
    pub typed: mpsc::Receiver<Typed>,
    /// The terminal's size, once it changes.
    pub size: watch::Receiver<Option<Size>>,
    /// The count of what could not be delivered.
    pub lost: Arc<Lost>,
}

/// A piece of input.
#[derive(Debug)]
pub enum Typed {
    /// Bytes, and whom to tell when they are on their way.
    Bytes(Vec<u8>, Option<tokio::sync::oneshot::Sender<()>>),
    /// There is no more.
    End,
}

/// Counts what could not be delivered until somebody tells of it.
#[derive(Debug, Default)]
pub struct Lost {
    bytes: AtomicUsize,
    told: Notify,
}

impl Lost {
    /// So many bytes more.
    pub fn add(&self, bytes: usize) {
        if bytes > 0 {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.told.notify_one();
        }
    }

    /// Waits until something was lost and takes the count.
    pub async fn take(&self) -> usize {
        loop {
            self.told.notified().await;
            match self.bytes.swap(0, Ordering::Relaxed) {
                0 => {}
                bytes => return bytes,
            }
        }
    }

    /// Takes the count of what is still untold.
    pub fn rest(&self) -> usize {
        self.bytes.swap(0, Ordering::Relaxed)
    }
}

/// Both ends.
pub fn keyboard() -> (StdinTx, StdinRx) {
    let (typed, typed_read) = mpsc::channel(PIECES);
    let (size, size_seen) = watch::channel(None);
    let lost = Arc::<Lost>::default();
    let typing = StdinRx { typed: typed_read, size: size_seen, lost: lost.clone() };
    (StdinTx { typed, size, lost }, typing)
}

impl StdinTx {
    /// Gives something; never waits.
    pub fn put(&self, input: Input) {
        let typed = match input {
            Input::Fit(size) => {
                self.size.send_replace(Some(size));
                return;
            }
            Input::Bytes(bytes, done) => Typed::Bytes(bytes, done),
            Input::End => Typed::End,
        };
        let Err(mpsc::error::TrySendError::Full(typed)) = self.typed.try_send(typed) else { return };
        match typed {
            Typed::Bytes(bytes, None) => self.lost.add(bytes.len()),
            // Whoever asked waits for the answer, so there is one for each of them at most; and an end is not lost.
            waiting => {
                let typed = self.typed.clone();
                // An error means that the session is over.
                tokio::spawn(async move { drop(typed.send(waiting).await) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_finds_no_room_is_counted_and_an_end_is_not_lost() {
        let (keyboard, mut typing) = keyboard();
        for _ in 0..PIECES + 3 {
            keyboard.put(Input::Bytes(vec![0; 10], None));
        }
        keyboard.put(Input::End);
        assert_eq!(typing.lost.take().await, 30);
        for _ in 0..PIECES {
            assert!(matches!(typing.typed.recv().await, Some(Typed::Bytes(..))));
        }
        assert!(matches!(typing.typed.recv().await, Some(Typed::End)));
    }

    #[tokio::test]
    async fn the_latest_size_wins() {
        let (keyboard, mut typing) = keyboard();
        for columns in 1..9 {
            keyboard.put(Input::Fit(Size { columns, rows: 1 }));
        }
        typing.size.changed().await.unwrap();
        assert_eq!(typing.size.borrow_and_update().map(|size| size.columns), Some(8));
        assert!(!typing.size.has_changed().unwrap());
    }
}
