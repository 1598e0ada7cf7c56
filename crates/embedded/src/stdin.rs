//! The input of a local process that was made with one: a bounded queue which outlives its runs, so that clients can come
//! before the first, as `docker run` does.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// Pieces of input that wait for the process to read them.
const HELD: usize = 16;

#[derive(Debug)]
pub(crate) enum Typed {
    Bytes(Bytes),
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Stdin {
    pub(crate) typing: mpsc::Sender<Typed>,
    typed: Arc<Mutex<mpsc::Receiver<Typed>>>,
}

impl Stdin {
    pub(crate) fn new() -> Self {
        let (typing, typed) = mpsc::channel(HELD);
        Stdin { typing, typed: Arc::new(Mutex::new(typed)) }
    }

    /// Feeds a run's process until its input is closed or the task is aborted.
    pub(crate) fn feed(&self, mut input: Box<dyn AsyncWrite + Send + Unpin>) -> JoinHandle<()> {
        let typed = self.typed.clone();
        tokio::spawn(async move {
            let mut typed = typed.lock_owned().await;
            while let Some(Typed::Bytes(bytes)) = typed.recv().await {
                if input.write_all(&bytes).await.is_err() {
                    // It does not read any more; what it is sent is lost, as in any closed pipe.
                    break;
                }
            }
            drop(input);
            while typed.recv().await.is_some() {}
        })
    }

    /// Forgets what nobody has read: it was meant for a run that is over.
    pub(crate) fn forget(&self) {
        if let Ok(mut typed) = self.typed.try_lock() {
            while typed.try_recv().is_ok() {}
        }
    }
}
