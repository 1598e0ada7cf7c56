//! The engine's log framing: eight bytes of header (stream, three zeros, length), then that many bytes (Docker Engine API,
//! "Attach to a container", stream format). A terminal's log has no frames.

use crate::model::Stream;

/// A piece of a stream. A frame may come in several pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Which stream.
    pub stream: Stream,
    /// The bytes.
    pub bytes: &'a [u8],
    /// These are the first bytes of a frame.
    pub begins: bool,
    /// These are the last bytes of a frame.
    pub ends: bool,
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
}

impl Demux {
    /// For a terminal's log (`tty`) or a framed one.
    pub fn new(tty: bool) -> Self {
        Self { framed: !tty, header: [0; 8], have: 0, stream: Stream::Out, left: 0, begins: true }
    }

    /// Takes bytes in and hands the pieces on.
    pub fn feed<'a>(&mut self, mut bytes: &'a [u8], mut take: impl FnMut(Piece<'a>)) {
        if !self.framed {
            if !bytes.is_empty() {
                take(Piece { stream: Stream::Out, bytes, begins: false, ends: false });
            }
            return;
        }
        while !bytes.is_empty() {
            if self.have < 8 {
                let count = bytes.len().min(8 - self.have);
                self.header[self.have..self.have + count].copy_from_slice(&bytes[..count]);
                self.have += count;
                bytes = &bytes[count..];
                if self.have == 8 {
                    let [kind, _, _, _, a, b, c, d] = self.header;
                    self.stream = if kind == 2 { Stream::Err } else { Stream::Out };
                    self.left = u32::from_be_bytes([a, b, c, d]) as usize;
                    self.begins = true;
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
    }
}
