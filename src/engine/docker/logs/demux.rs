//! The engine's log framing: eight bytes of header (stream, three zeros, length), then that many bytes (Docker Engine API,
//! "Attach to a container", stream format). A terminal's log has no frames.

use crate::engine::docker::error::EngineError;
use crate::model::Stream;
use std::io;

/// A piece of a stream. A frame may come in several pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The stream that it belongs to.
    pub stream: Stream,
    /// The bytes.
    pub bytes: &'a [u8],
    /// These are the first bytes of a frame.
    pub begins: bool,
    /// These are the last bytes of a frame.
    pub ends: bool,
}

/// The longest frame that is believed, bytes: engines write a few KiB at a time.
const FRAME_MAX: usize = 16 << 20;
/// The highest number of a stream: 3 is the engine's own words on an error.
const STREAM_MAX: u8 = 3;

/// What came is no frame: the bytes of something else are among those of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled;

impl From<Garbled> for EngineError {
    fn from(_: Garbled) -> Self {
        EngineError::Cut("invalid bytes in the stream".into())
    }
}

impl From<Garbled> for io::Error {
    fn from(_: Garbled) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, "invalid bytes in the stream")
    }
}

/// Takes frames apart, however the bytes are cut.
#[derive(Debug, Clone)]
pub struct Demux {
    framed: bool,
    header: [u8; 8],
    have: usize,
    stream: Stream,
    left: usize,
    begins: bool,
    garbled: bool,
}

impl Demux {
    /// For a terminal's log (`tty`) or a framed one.
    pub fn new(tty: bool) -> Self {
        Self { framed: !tty, header: [0; 8], have: 0, stream: Stream::Out, left: 0, begins: true, garbled: false }
    }

    /// True where a stream may end: at the end of a frame, and anywhere in a terminal's log.
    pub fn is_whole(&self) -> bool {
        !self.framed || self.have == 0
    }

    /// Takes bytes in and hands the pieces on.
    ///
    /// # Errors
    /// Where a frame should begin and none does. What follows has no meaning: the stream must be opened anew.
    pub fn feed<'a>(&mut self, mut bytes: &'a [u8], mut take: impl FnMut(Piece<'a>)) -> Result<(), Garbled> {
        if !self.framed {
            if !bytes.is_empty() {
                take(Piece { stream: Stream::Out, bytes, begins: false, ends: false });
            }
            return Ok(());
        }
        if self.garbled {
            return Err(Garbled);
        }
        while !bytes.is_empty() {
            if self.have < 8 {
                let count = bytes.len().min(8 - self.have);
                self.header[self.have..self.have + count].copy_from_slice(&bytes[..count]);
                self.have += count;
                bytes = &bytes[count..];
                if self.have == 8 {
                    let [kind, x, y, z, a, b, c, d] = self.header;
                    self.stream = if kind == 2 { Stream::Err } else { Stream::Out };
                    self.left = u32::from_be_bytes([a, b, c, d]) as usize;
                    self.begins = true;
                    if kind > STREAM_MAX || [x, y, z] != [0; 3] || self.left > FRAME_MAX {
                        self.garbled = true;
                        return Err(Garbled);
                    }
                    if self.left == 0 {
                        self.have = 0;
                    }
                }
                continue;
            }
            let count = bytes.len().min(self.left);
            let (now, rest) = bytes.split_at(count);
            self.left -= count;
            take(Piece { stream: self.stream, bytes: now, begins: self.begins, ends: self.left == 0 });
            self.begins = false;
            bytes = rest;
            if self.left == 0 {
                self.have = 0;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_frame_is_told_apart_at_once() {
        let fed = |bytes: &[u8]| {
            let mut got = Vec::new();
            let fed = Demux::new(false).feed(bytes, |piece| got.extend_from_slice(piece.bytes));
            (fed, got)
        };
        assert_eq!(fed(b"\x01\0\0\0\0\0\0\x02hi\x03\0\0\0\0\0\0\x02no"), (Ok(()), b"hino".to_vec()));
        assert_eq!(fed(b"\x01\0\0\0\0\0\0\x02hi<html><body>"), (Err(Garbled), b"hi".to_vec()));
        assert_eq!(fed(b"\x01\0\0\0\xff\0\0\0xx"), (Err(Garbled), Vec::new()), "no engine writes 4 GB at once");
        assert_eq!(fed(b"\x01\0\0"), (Ok(()), Vec::new()), "the rest may come");
        assert_eq!(Demux::new(true).feed(b"<html>", |_| {}), Ok(()), "a terminal may say anything");
    }
}
