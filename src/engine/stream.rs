//! What goes out of and into an open stream.

use crate::model::{Problem, Size, StreamEvent, StreamId};
use tokio::sync::{mpsc, oneshot};

/// A message of an open stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamMessage {
    /// A piece of it.
    Chunk(StreamEvent),
    /// The stream has ended: by itself, or with a reason.
    Ended(Option<Problem>),
}

/// What goes into an open stream that takes input.
#[derive(Debug)]
pub enum Input {
    /// Bytes, and whom to tell when they are on their way.
    Bytes(Vec<u8>, Option<oneshot::Sender<()>>),
    /// The terminal has another size.
    Fit(Size),
    /// There is no more input.
    End,
}

/// The sink of one stream's messages.
#[derive(Clone, Debug)]
pub struct StreamSink {
    /// The number of the stream.
    pub(super) id: StreamId,
    /// The channel for the messages of all streams.
    pub(super) messages: mpsc::Sender<(StreamId, StreamMessage)>,
}

/// Nobody reads any more.
#[derive(Debug)]
pub struct StreamClosed;

/// Why a stream cannot go on.
pub enum StreamEnd {
    /// Nobody reads any more.
    Closed,
    /// Something to be told.
    Problem(Problem),
}

impl From<StreamClosed> for StreamEnd {
    fn from(_: StreamClosed) -> Self {
        StreamEnd::Closed
    }
}

impl StreamSink {
    /// A sink whose messages come to whoever asks for it, in the place of the reader.
    pub(super) fn relay(&self) -> (StreamSink, mpsc::Receiver<(StreamId, StreamMessage)>) {
        let (messages, heard) = mpsc::channel(1);
        (StreamSink { id: self.id, messages }, heard)
    }

    /// Sends a chunk; waits while the reader is behind, which makes the stream wait at its source.
    pub async fn chunk(&self, chunk: StreamEvent) -> Result<(), StreamClosed> {
        self.messages.send((self.id, StreamMessage::Chunk(chunk))).await.map_err(|_| StreamClosed)
    }

    pub(super) async fn end(&self, why: Option<Problem>) {
        // When nobody reads any more there is nobody to tell.
        drop(self.messages.send((self.id, StreamMessage::Ended(why))).await);
    }
}
