//! Bytes between the network, which waits in tasks, and archives, which are read and written on threads. Bounded: whoever is
//! quicker waits. An end that nobody announced is an error: it is a stream that was cut or closed, not one that is whole.

use crate::engine::docker::transport::body_fault;
use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::io::{self, Read, Write};
use tokio::sync::mpsc;

/// Pieces under way.
const PIECES: usize = 8;
/// Bytes in a piece that is written.
const PIECE: usize = 64 * 1024;

/// A piece, or the end.
enum Piece {
    Bytes(Bytes),
    /// All came, or why not.
    End(Result<(), String>),
}

/// Feeds a [`Reader`].
pub struct Feeder(mpsc::Sender<Piece>);

/// Reads on a thread what is fed by a task.
pub struct Reader {
    pieces: mpsc::Receiver<Piece>,
    current: Bytes,
    over: bool,
}

/// From a task to a thread.
pub fn to_thread() -> (Feeder, Reader) {
    let (feeder, pieces) = mpsc::channel(PIECES);
    (Feeder(feeder), Reader { pieces, current: Bytes::new(), over: false })
}

impl Feeder {
    /// Passes a body on to its end. Returns early when nobody reads any more.
    pub async fn feed(self, mut body: Incoming) {
        loop {
            let piece = match body.frame().await {
                None => Piece::End(Ok(())),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => Piece::Bytes(bytes),
                    Err(_) => continue,
                },
                Some(Err(error)) => {
                    let fault = body_fault(&error);
                    Piece::End(Err(fault.problem("", None).cause))
                }
            };
            let last = matches!(piece, Piece::End(_));
            if self.0.send(piece).await.is_err() || last {
                return;
            }
        }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            if self.over {
                return Ok(0);
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = bytes,
                Some(Piece::End(Ok(()))) => self.over = true,
                Some(Piece::End(Err(why))) => return Err(io::Error::other(why)),
                None => return Err(io::Error::other("it was cancelled")),
            }
        }
        let count = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// Writes on a thread what a task sends on.
pub struct Writer {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    current: Vec<u8>,
}

/// From a thread to a task.
pub fn from_thread() -> (Writer, mpsc::Receiver<io::Result<Bytes>>) {
    let (pieces, taken) = mpsc::channel(PIECES);
    (Writer { pieces, current: Vec::with_capacity(PIECE) }, taken)
}

impl Writer {
    /// What follows will never come: whoever takes must not believe that all is there.
    pub fn fail(self, why: &str) {
        // Nobody takes any more: then nobody believes anything.
        drop(self.pieces.blocking_send(Err(io::Error::other(why.to_string()))));
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE - self.current.len();
        let count = bytes.len().min(room);
        self.current.extend_from_slice(&bytes[..count]);
        if self.current.len() >= PIECE {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.current.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.current, Vec::with_capacity(PIECE));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes it any more");
        self.pieces.blocking_send(Ok(piece.into())).map_err(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_was_not_announced_is_an_error() {
        let (feeder, mut reader) = to_thread();
        feeder.0.blocking_send(Piece::Bytes(Bytes::from_static(b"abc"))).unwrap();
        drop(feeder);
        let mut read = Vec::new();
        assert!(reader.read_to_end(&mut read).is_err());
        assert_eq!(read, b"abc");
        let (feeder, mut reader) = to_thread();
        feeder.0.blocking_send(Piece::Bytes(Bytes::from_static(b"abc"))).unwrap();
        feeder.0.blocking_send(Piece::End(Ok(()))).unwrap();
        assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 3);
    }

    #[test]
    fn what_is_written_comes_in_pieces_and_a_failure_is_heard() {
        let (mut writer, mut taken) = from_thread();
        writer.write_all(&vec![7; PIECE + 5]).unwrap();
        writer.flush().unwrap();
        assert_eq!(taken.blocking_recv().unwrap().unwrap().len(), PIECE);
        assert_eq!(taken.blocking_recv().unwrap().unwrap().len(), 5);
        writer.fail("no");
        assert!(taken.blocking_recv().unwrap().is_err());
        assert!(taken.blocking_recv().is_none());
    }
}
