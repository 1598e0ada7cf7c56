//! From pieces of streams to lines with their moment, stream and level (rows L1, L6).
//!
//! The engine writes a time stamp before each message. A message longer than 16 KiB comes in several, each with a stamp of
//! its own: all but the first are taken out again.

use super::demux::Piece;
use super::level;
use crate::model::{Batch, LineMark, Moment, Stream};
use crate::store::stamp;

/// The longest line kept, bytes. What is longer is cut and marked.
pub const LINE_CAP: usize = 64 * 1024;
/// The engine's message size: where a long line is continued in another message.
const MESSAGE: usize = 16 * 1024;
/// Room for a time stamp, its space, and what a line cap leaves undecided.
const SLACK: usize = 64;

/// Which lines are wanted. Asked with the moment, the stream and the text of each.
pub trait Wanted {
    /// True to keep the line.
    fn wants(&mut self, at: Moment, stream: Stream, text: &[u8]) -> bool;
}

impl<F: FnMut(Moment, Stream, &[u8]) -> bool> Wanted for F {
    fn wants(&mut self, at: Moment, stream: Stream, text: &[u8]) -> bool {
        self(at, stream, text)
    }
}

/// Joins pieces to lines.
#[derive(Debug)]
pub struct Lines {
    tty: bool,
    /// The part of a message (or of a terminal's line) that has come so far.
    carry: Vec<u8>,
    /// More than the cap came in it.
    carry_cut: bool,
    /// The piece that follows is the beginning of a message.
    message_start: bool,
    pending: [Pending; 2],
    last: Moment,
    /// The lines that are complete.
    pub batch: Batch,
}

/// The beginning of a line whose end has not come.
#[derive(Debug, Default)]
struct Pending {
    open: bool,
    text: Vec<u8>,
    at: Moment,
    cut: bool,
}

impl Lines {
    /// For a terminal's log, or for a framed one.
    pub fn new(tty: bool) -> Self {
        Self {
            tty,
            carry: Vec::new(),
            carry_cut: false,
            message_start: true,
            pending: Default::default(),
            last: Moment::default(),
            batch: Batch::default(),
        }
    }

    /// Takes a piece in.
    pub fn piece(&mut self, piece: Piece<'_>, wanted: &mut impl Wanted) {
        let mut rest = piece.bytes;
        if piece.begins {
            self.message_start = true;
        }
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (part, after) = rest.split_at(end);
            rest = &after[1..];
            self.part(piece.stream, part, true, wanted);
            self.message_start = self.tty;
        }
        if piece.ends {
            if !rest.is_empty() || !self.carry.is_empty() {
                self.part(piece.stream, rest, false, wanted);
            }
        } else {
            self.carry(rest);
        }
    }

    /// A message or a part of it up to a line end; complete with what was carried.
    fn part(&mut self, stream: Stream, part: &[u8], ends_line: bool, wanted: &mut impl Wanted) {
        if self.carry.is_empty() && !self.carry_cut {
            return self.whole(stream, part, false, ends_line, wanted);
        }
        self.carry(part);
        let mut whole = std::mem::take(&mut self.carry);
        let cut = std::mem::take(&mut self.carry_cut);
        self.whole(stream, &whole, cut, ends_line, wanted);
        whole.clear();
        // A rare giant must not keep its memory.
        if whole.capacity() <= 2 * LINE_CAP {
            self.carry = whole;
        }
    }

    fn carry(&mut self, bytes: &[u8]) {
        let room = self.carry_cap().saturating_sub(self.carry.len());
        self.carry_cut |= bytes.len() > room;
        self.carry.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// A terminal's line may hold the stamps of all its messages.
    fn carry_cap(&self) -> usize {
        LINE_CAP + SLACK * (1 + LINE_CAP / MESSAGE)
    }

    fn whole(&mut self, stream: Stream, part: &[u8], cut: bool, ends_line: bool, wanted: &mut impl Wanted) {
        if self.tty {
            return self.terminal_line(part, cut, wanted);
        }
        let open = self.pending[stream as usize].open;
        let (at, text) = match stamped(part).filter(|_| self.message_start) {
            Some((at, text)) => (at, text),
            None => (self.last, part),
        };
        self.message_start = false;
        if !open && ends_line {
            self.last = at;
            return self.line(at, stream, text, cut, wanted);
        }
        let pending = &mut self.pending[stream as usize];
        if !open {
            *pending = Pending { open: true, at, ..Pending::default() };
            self.last = at;
        }
        let room = LINE_CAP.saturating_sub(pending.text.len());
        pending.cut |= cut || text.len() > room;
        pending.text.extend_from_slice(&text[..text.len().min(room)]);
        if ends_line {
            let pending = std::mem::take(pending);
            self.line(pending.at, stream, &pending.text, pending.cut, wanted);
        }
    }

    fn terminal_line(&mut self, part: &[u8], cut: bool, wanted: &mut impl Wanted) {
        let (at, text) = stamped(part).unwrap_or((self.last, part));
        self.last = at;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() <= MESSAGE {
            return self.line(at, Stream::Out, overwritten(text), cut, wanted);
        }
        let joined = without_inner_stamps(text);
        self.line(at, Stream::Out, overwritten(&joined), cut, wanted);
    }

    fn line(&mut self, at: Moment, stream: Stream, text: &[u8], cut: bool, wanted: &mut impl Wanted) {
        let cut = cut || text.len() > LINE_CAP;
        let text = &text[..text.len().min(LINE_CAP)];
        if wanted.wants(at, stream, text) {
            push(&mut self.batch, at, stream, text, cut);
        }
    }

    /// The streams ended for good: what has no line end yet is a line all the same.
    pub fn finish(&mut self, wanted: &mut impl Wanted) {
        if self.tty {
            if !self.carry.is_empty() {
                self.part(Stream::Out, b"", true, wanted);
            }
            return;
        }
        for stream in [Stream::Out, Stream::Err] {
            let pending = std::mem::take(&mut self.pending[stream as usize]);
            if pending.open {
                self.line(pending.at, stream, &pending.text, pending.cut, wanted);
            }
        }
    }

    /// True when a terminal's last line is unfinished.
    pub fn has_partial(&self) -> bool {
        self.tty && !self.carry.is_empty()
    }

    /// The unfinished last line of a terminal, as it looks now.
    pub fn partial(&self) -> Option<Batch> {
        if !self.tty || self.carry.is_empty() {
            return None;
        }
        let (at, text) = stamped(&self.carry)?;
        let text = overwritten(text.strip_suffix(b"\r").unwrap_or(text));
        let mut batch = Batch::default();
        push(&mut batch, at, Stream::Out, &text[..text.len().min(LINE_CAP)], false);
        Some(batch)
    }
}

fn push(batch: &mut Batch, at: Moment, stream: Stream, text: &[u8], cut: bool) {
    // A batch is sent long before 4 GiB; a mark that does not fit would show an empty line, not a wrong one.
    let start = u32::try_from(batch.bytes.len()).unwrap_or(u32::MAX);
    let len = text.len() as u32;
    batch.lines.push(LineMark { start, len, at, stream, level: level::of(text), cut, voice: 0 });
    batch.bytes.extend_from_slice(text);
}

/// The stamp at the beginning and the text after its space.
fn stamped(part: &[u8]) -> Option<(Moment, &[u8])> {
    let (at, taken) = stamp::parse_prefix(part)?;
    match part.get(taken) {
        Some(b' ') => Some((at, &part[taken + 1..])),
        None => Some((at, &[])),
        Some(_) => None,
    }
}

/// What a terminal shows of a line with carriage returns: each restarts it. (Rests of longer texts are not kept.)
fn overwritten(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    memchr::memrchr(b'\r', text).map_or(text, |at| &text[at + 1..])
}

/// Takes the stamps out that a long line of a terminal carries at each message's beginning.
fn without_inner_stamps(text: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(text.len());
    let mut rest = text;
    while rest.len() > MESSAGE {
        let (message, after) = rest.split_at(MESSAGE);
        joined.extend_from_slice(message);
        rest = stamped(after).map_or(after, |(_, text)| text);
    }
    joined.extend_from_slice(rest);
    joined
}

#[cfg(test)]
mod tests {
    use super::super::demux::Demux;
    use super::*;
    use proptest::prelude::*;

    const STAMP: &str = "2026-11-21T06:00:51.000000001Z";

    fn frame(stream: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![stream, 0, 0, 0];
        frame.extend((payload.len() as u32).to_be_bytes());
        frame.extend(payload);
        frame
    }

    type Line = (Moment, Stream, Vec<u8>, bool);

    fn read(tty: bool, chunks: &[&[u8]]) -> Vec<Line> {
        let (mut demux, mut lines) = (Demux::new(tty), Lines::new(tty));
        let mut all = |_: Moment, _: Stream, _: &[u8]| true;
        for chunk in chunks {
            if demux.feed(chunk, |piece| lines.piece(piece, &mut all)).is_err() {
                break;
            }
        }
        lines.finish(&mut all);
        let batch = &lines.batch;
        batch.lines.iter().map(|mark| (mark.at, mark.stream, batch.line(mark).to_vec(), mark.cut)).collect()
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| String::from_utf8_lossy(&line.2).into_owned()).collect()
    }

    #[test]
    fn framed_lines_with_their_streams() {
        let mut bytes = frame(1, format!("{STAMP} hello\n").as_bytes());
        bytes.extend(frame(2, format!("{STAMP} ERROR ð\n").as_bytes()));
        bytes.extend(frame(1, format!("{STAMP} \n").as_bytes()));
        let lines = read(false, &[&bytes]);
        assert_eq!(texts(&lines), ["hello", "ERROR ð", ""]);
        assert_eq!((lines[0].1, lines[1].1), (Stream::Out, Stream::Err));
        assert_eq!(lines[0].0.0 % 1_000_000_000, 1);
    }

    #[test]
    fn continued_messages_are_one_line() {
        let long = "x".repeat(MESSAGE);
        let mut bytes = frame(1, format!("{STAMP} {long}").as_bytes());
        bytes.extend(frame(2, format!("{STAMP} between\n").as_bytes()));
        bytes.extend(frame(1, format!("{STAMP} {long}").as_bytes()));
        bytes.extend(frame(1, format!("{STAMP} end\n").as_bytes()));
        let lines = read(false, &[&bytes]);
        assert_eq!(texts(&lines), ["between".to_string(), format!("{long}{long}end")]);
    }

    #[test]
    fn a_terminals_long_line_loses_its_inner_stamps() {
        let long = "y".repeat(MESSAGE);
        let bytes = format!("{STAMP} {long}{STAMP} {long}{STAMP} end\r\n");
        assert_eq!(texts(&read(true, &[bytes.as_bytes()])), [format!("{long}{long}end")]);
    }

    #[test]
    fn giants_are_cut() {
        let giant = "z".repeat(1 << 20);
        let lines = read(false, &[&frame(1, format!("{STAMP} {giant}\n").as_bytes())]);
        assert_eq!((lines[0].2.len(), lines[0].3), (LINE_CAP, true));
        let mut bytes = Vec::new();
        for _ in 0..64 {
            bytes.extend(frame(1, format!("{STAMP} {}", "z".repeat(MESSAGE)).as_bytes()));
        }
        bytes.extend(frame(1, format!("{STAMP} \n").as_bytes()));
        bytes.extend(frame(1, format!("{STAMP} next\n").as_bytes()));
        let lines = read(false, &[&bytes]);
        assert_eq!((lines[0].2.len(), lines[0].3), (LINE_CAP, true));
        assert_eq!(texts(&lines)[1], "next");
        let lines = read(true, &[format!("{STAMP} {giant}\n{STAMP} next\n").as_bytes()]);
        assert_eq!((lines[0].2.len(), lines[0].3), (LINE_CAP, true));
        assert_eq!(texts(&lines)[1], "next");
    }

    #[test]
    fn carriage_returns_restart_a_terminals_line() {
        let bytes = format!("{STAMP} 10%\r50%\r100%\r\n{STAMP} done\r\n");
        assert_eq!(texts(&read(true, &[bytes.as_bytes()])), ["100%", "done"]);
    }

    #[test]
    fn a_terminals_unfinished_line_can_be_seen() {
        let (mut demux, mut lines) = (Demux::new(true), Lines::new(true));
        let mut all = |_: Moment, _: Stream, _: &[u8]| true;
        let bytes = format!("{STAMP} login: \r{STAMP}");
        demux.feed(&bytes.as_bytes()[..STAMP.len() + 9], |piece| lines.piece(piece, &mut all)).unwrap();
        let partial = lines.partial().unwrap();
        assert_eq!(partial.line(&partial.lines[0]), b"login: ");
        assert!(lines.batch.lines.is_empty());
    }

    #[test]
    fn several_lines_in_a_frame_and_no_stamps() {
        let lines = read(false, &[&frame(1, b"plain\nlines\n")]);
        assert_eq!(texts(&lines), ["plain", "lines"]);
        let lines = read(false, &[&frame(1, format!("{STAMP} no end").as_bytes())]);
        assert_eq!(texts(&lines), ["no end"]);
    }

    fn any_stream() -> impl Strategy<Value = (Vec<u8>, bool)> {
        let message = (1u8..3, proptest::collection::vec(any::<u8>(), 0..60), any::<bool>());
        (proptest::collection::vec(message, 0..12), any::<bool>()).prop_map(|(messages, tty)| {
            let mut bytes = Vec::new();
            for (stream, text, end) in messages {
                let mut payload = format!("{STAMP} ").into_bytes();
                payload.extend(text);
                if end {
                    payload.push(b'\n');
                }
                bytes.extend(if tty { payload } else { frame(stream, &payload) });
            }
            (bytes, tty)
        })
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_lines((bytes, tty) in any_stream(), cuts in proptest::collection::vec(0usize..1200, 0..20)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(tty, &chunks), read(tty, &[&bytes]));
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), tty in any::<bool>()) {
            read(tty, &[&bytes]);
        }
    }
}
