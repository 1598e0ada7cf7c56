//! Bytes between a session and its reader: both directions at once, neither waiting for the other.

use crate::engine::docker::error::EngineError;
use crate::engine::docker::logs::demux::Demux;
use crate::engine::docker::transport::Hijacked;
use crate::engine::stdin::{StdinRx, Typed};
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{Size, Stream, StreamEvent};
use futures_util::FutureExt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

/// Output that is held back until it is known whether the command runs; beyond this it waits at its source.
const HELD: usize = 256 * 1024;
/// The largest piece of output. A key waits for one piece at most, and a hostile one takes long: eight kibibytes of nothing but
/// sequences that each clear a screen are a few milliseconds.
const PIECE: usize = 8 * 1024;
/// What a change of size may take before the next one is tried.
const FIT_TIME: Duration = Duration::from_secs(10);
/// The key that ends input at a terminal.
const END_OF_TRANSMISSION: u8 = 4;

/// How many pieces were read, and how many of them the reader has taken.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicUsize,
    taken: AtomicUsize,
}

impl Progress {
    /// Returns when for so long nothing has come, while nobody was waited for.
    pub async fn rests(&self, quiet: Duration) {
        loop {
            let before = self.taken.load(Relaxed);
            tokio::time::sleep(quiet).await;
            let taken = self.taken.load(Relaxed);
            if taken == before && taken == self.read.load(Relaxed) {
                return;
            }
        }
    }
}

/// Output as it comes.
pub struct Output {
    /// The progress so far.
    pub progress: Arc<Progress>,
    reader: ReadHalf<Hijacked>,
    demux: Demux,
    buffer: Vec<u8>,
    /// The bytes that were read ahead.
    pub held: Pieces,
}

/// Pieces of output, in order; none = the end.
pub type Pieces = Vec<(Stream, Vec<u8>)>;

impl Output {
    /// More may be held back.
    pub fn pane_context(&self) -> bool {
        self.held.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < HELD
    }

    /// What is ready, at most [`PIECE`] bytes. Nothing is lost when this is given up while it waits.
    pub async fn next(&mut self) -> io::Result<Option<Pieces>> {
        loop {
            let mut have = self.reader.read(&mut self.buffer).await?;
            if have == 0 {
                return Ok(None);
            }
            while have < self.buffer.len() {
                match self.reader.read(&mut self.buffer[have..]).now_or_never() {
                    // An end or an error comes again.
                    Some(Ok(0)) | Some(Err(_)) | None => break,
                    Some(Ok(count)) => have += count,
                }
            }
            let mut pieces = Pieces::new();
            let fed = self.demux.feed(&self.buffer[..have], |piece| match pieces.last_mut() {
                Some((stream, bytes)) if *stream == piece.stream => bytes.extend_from_slice(piece.bytes),
                _ => pieces.push((piece.stream, piece.bytes.to_vec())),
            });
            if !pieces.is_empty() {
                return Ok(Some(pieces));
            }
            fed?;
        }
    }
}

/// The effect of the end of input on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The writing half is shut down; output goes on.
    HalfClose,
    /// A terminal has no half: the key that ends input is pressed. Shut down, engines would let go of the output too.
    Key,
    /// Nothing: the input is shared with others, or an engine would let go of the output too.
    Nothing,
    /// The session takes no input.
    Closed,
}

/// A connection's two halves.
pub fn split(connection: Hijacked, tty: bool) -> (Output, WriteHalf<Hijacked>) {
    let (reader, writer) = tokio::io::split(connection);
    let progress = Arc::default();
    (Output { progress, reader, demux: Demux::new(tty), buffer: vec![0; PIECE], held: Pieces::new() }, writer)
}

/// Sends pieces on.
async fn tell(outlet: &StreamSink, pieces: Pieces) -> Result<(), StreamClosed> {
    for (stream, bytes) in pieces {
        outlet.chunk(StreamEvent::Output(stream, bytes)).await?;
    }
    Ok(())
}

/// Carries bytes until the output ends. A broken connection ends it too: what became of the session, the engine is asked.
pub async fn carry<R, F>(
    outlet: &StreamSink,
    mut output: Output,
    writer: WriteHalf<Hijacked>,
    typing: &mut StdinRx,
    ending: Ending,
    resize: R,
) -> Result<(), StreamEnd>
where
    R: Fn(Size) -> F,
    F: Future<Output = Result<(), EngineError>>,
{
    let StdinRx { typed, size, lost } = typing;
    let read = async {
        tell(outlet, std::mem::take(&mut output.held)).await?;
        loop {
            match output.next().await {
                Ok(Some(pieces)) => {
                    output.progress.read.fetch_add(1, Relaxed);
                    tell(outlet, pieces).await?;
                    output.progress.taken.fetch_add(1, Relaxed);
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    tracing::debug!("a session's connection broke: {error}");
                    return Ok(());
                }
            }
        }
    };
    let write = async {
        let mut keys = Keys { writer, ending, last: b'\n' };
        while let Some(piece) = typed.recv().await {
            lost.add(keys.take(piece).await);
        }
        // Nobody can type any more; the output still counts.
        std::future::pending::<Result<(), StreamEnd>>().await
    };
    let fit = async {
        while size.changed().await.is_ok() {
            let wanted = *size.borrow_and_update();
            let Some(wanted) = wanted else { continue };
            match tokio::time::timeout(FIT_TIME, resize(wanted)).await {
                Ok(Ok(())) => {}
                failed => tracing::debug!("fit a session's terminal: {failed:?}"),
            }
        }
        std::future::pending::<Result<(), StreamEnd>>().await
    };
    let untold = AtomicUsize::new(0);
    let complain = async {
        loop {
            let bytes = lost.take().await;
            // This may be given up while it waits for room: the count must not go with it.
            untold.store(bytes, Relaxed);
            outlet.chunk(StreamEvent::Undelivered(bytes)).await?;
            untold.store(0, Relaxed);
        }
    };
    let ended = tokio::select! {
        ended = read => ended,
        ended = write => ended,
        ended = fit => ended,
        ended = complain => ended,
    };
    typed.close();
    while let Ok(piece) = typed.try_recv() {
        if let Typed::Bytes(bytes, _) = piece {
            lost.add(bytes.len());
        }
    }
    ended?;
    match lost.rest() + untold.into_inner() {
        0 => Ok(()),
        bytes => Ok(outlet.chunk(StreamEvent::Undelivered(bytes)).await?),
    }
}

/// The writing half.
struct Keys {
    writer: WriteHalf<Hijacked>,
    ending: Ending,
    last: u8,
}

impl Keys {
    /// Delivers a piece; returns how many bytes could not be.
    async fn take(&mut self, piece: Typed) -> usize {
        match piece {
            Typed::Bytes(bytes, done) => {
                let delivered = self.ending != Ending::Closed && self.write(&bytes).await;
                if let Some(done) = done {
                    // It fails when nobody waits any more.
                    let _ = done.send(());
                }
                if delivered { 0 } else { bytes.len() }
            }
            Typed::End => {
                self.end().await;
                0
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> bool {
        let written = async {
            self.writer.write_all(bytes).await?;
            self.writer.flush().await
        };
        if let Err(error) = written.await {
            tracing::debug!("a session takes no more input: {error}");
            self.ending = Ending::Closed;
            return false;
        }
        self.last = bytes.last().copied().unwrap_or(self.last);
        true
    }

    async fn end(&mut self) {
        match self.ending {
            Ending::HalfClose => {
                if let Err(error) = self.writer.shutdown().await {
                    tracing::debug!("end a session's input: {error}");
                }
            }
            // In the middle of a line the first one only hands the line over.
            Ending::Key if matches!(self.last, b'\n' | b'\r') => drop(self.write(&[END_OF_TRANSMISSION]).await),
            Ending::Key => drop(self.write(&[END_OF_TRANSMISSION; 2]).await),
            Ending::Nothing | Ending::Closed => {}
        }
        self.ending = Ending::Closed;
    }
}
