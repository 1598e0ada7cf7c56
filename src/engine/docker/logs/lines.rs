//! From pieces of streams to lines with their moment, stream and level (rows L1, L6).
//!
//! The engine writes a time stamp before each message. A line longer than 16 KiB comes in several messages, each with the stamp
//! of the first: all but that are taken out again. A shorter message without a line end is a line all the same: the last words of
//! a run, or the last piece of a long line where the log driver keeps no line ends. Podman cuts a line wherever it was read.

use super::demux::Piece;
use crate::engine::rfc3339;
use crate::model::{Batch, LineMark, LogEntry, Stream, Timestamp};

/// The longest line kept, bytes. What is longer is cut, and how much is told.
pub const LINE_CAP: usize = 1 << 20;
/// Memory that stays for the next line, bytes: a rare giant gives its own back.
const ROOM: usize = 128 * 1024;
/// The engine's message size: where a long line is continued in another message.
const MESSAGE: usize = 16 * 1024;
/// The longest line that is kept with all that was written over, bytes.
const REWRITTEN: usize = 4 * 1024;
/// Room for a time stamp, its space, and what a line cap leaves undecided.
const SLACK: usize = 64;

/// Which lines are wanted. Asked with the moment, the stream and the text of each.
pub trait Wanted {
    /// True to keep the line.
    fn wants(&mut self, at: Timestamp, stream: Stream, text: &[u8]) -> bool;
}

impl<F: FnMut(Timestamp, Stream, &[u8]) -> bool> Wanted for F {
    fn wants(&mut self, at: Timestamp, stream: Stream, text: &[u8]) -> bool {
        self(at, stream, text)
    }
}

/// Joins pieces to lines.
#[derive(Debug)]
pub struct Lines {
    tty: bool,
    /// A line may be cut anywhere, not only at the engine's message size.
    cuts_anywhere: bool,
    /// The part of a message (or of a terminal's line) that has come so far.
    carry: Vec<u8>,
    /// Bytes that came in it beyond the cap.
    carry_cut: usize,
    /// The piece that follows is the beginning of a message.
    message_start: bool,
    pending: [Pending; 2],
    last: Timestamp,
    /// The entry of each stream that the next line may belong to.
    entries: [LogEntry; 2],
    /// The lines that are complete.
    pub batch: Batch,
    /// So many lines so far were longer than lines are kept, wanted or not.
    pub cut_lines: u64,
}

/// The beginning of a line whose end has not come.
#[derive(Debug, Default)]
struct Pending {
    open: bool,
    text: Vec<u8>,
    at: Timestamp,
    /// Bytes beyond the cap.
    cut: usize,
}

impl Lines {
    /// For a terminal's log, or for a framed one.
    pub fn new(tty: bool) -> Self {
        Self {
            tty,
            cuts_anywhere: false,
            carry: Vec::new(),
            carry_cut: 0,
            message_start: true,
            pending: Default::default(),
            last: Timestamp::default(),
            entries: Default::default(),
            batch: Batch::default(),
            cut_lines: 0,
        }
    }

    /// Of an engine that may cut a line anywhere.
    pub fn cut_anywhere(self, cuts_anywhere: bool) -> Self {
        Self { cuts_anywhere, ..self }
    }

    /// Takes a piece in. Of a terminal's log a piece is to be what the engine sent at once, as far as that is known.
    pub fn piece(&mut self, piece: Piece<'_>, wanted: &mut impl Wanted) {
        let mut rest = piece.bytes;
        if piece.begins {
            self.message_start = true;
        }
        if self.tty && !self.carry.is_empty() {
            rest = self.begin_message(rest, wanted);
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

    /// A terminal's log has no frames: a message that begins within a line, later than the line, tells that the line has ended.
    /// What a program itself writes was written before the engine stamped it. Returns what of the piece is the line's.
    fn begin_message<'a>(&mut self, piece: &'a [u8], wanted: &mut impl Wanted) -> &'a [u8] {
        let Some((at, text)) = precisely_stamped(piece) else { return piece };
        if self.cuts_anywhere {
            return text;
        }
        if stamped(&self.carry).is_some_and(|(begun, _)| begun < at) {
            self.part(Stream::Out, b"", true, wanted);
        }
        piece
    }

    /// A message or a part of it up to a line end; complete with what was carried.
    fn part(&mut self, stream: Stream, part: &[u8], ends_line: bool, wanted: &mut impl Wanted) {
        if self.carry.is_empty() && self.carry_cut == 0 {
            return self.whole(stream, part, 0, ends_line, wanted);
        }
        self.carry(part);
        let mut whole = std::mem::take(&mut self.carry);
        let cut = std::mem::take(&mut self.carry_cut);
        self.whole(stream, &whole, cut, ends_line, wanted);
        whole.clear();
        if whole.capacity() <= ROOM {
            self.carry = whole;
        }
    }

    fn carry(&mut self, bytes: &[u8]) {
        let room = self.carry_cap().saturating_sub(self.carry.len());
        self.carry_cut += bytes.len().saturating_sub(room);
        self.carry.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// A terminal's line may hold the stamps of all its messages.
    fn carry_cap(&self) -> usize {
        LINE_CAP + SLACK * (1 + LINE_CAP / MESSAGE)
    }

    fn whole(&mut self, stream: Stream, part: &[u8], cut: usize, ends_line: bool, wanted: &mut impl Wanted) {
        if self.tty {
            return self.terminal_line(part, cut, wanted);
        }
        let stamp = stamped(part).filter(|_| self.message_start);
        let (at, text) = stamp.unwrap_or((self.last, part));
        self.message_start = false;
        let ends_line = ends_line || (stamp.is_some() && cut == 0 && self.is_last_piece(text.len()));
        let pending = &self.pending[stream as usize];
        let goes_on = stamp.is_none() || self.cuts_anywhere || pending.at == at;
        if pending.open && !goes_on {
            self.end_pending(stream, wanted);
        }
        let open = self.pending[stream as usize].open;
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
        pending.cut += cut + text.len().saturating_sub(room);
        pending.text.extend_from_slice(&text[..text.len().min(room)]);
        if ends_line {
            self.end_pending(stream, wanted);
        }
    }

    /// True for a message of this length without a line end after which the line does not go on.
    fn is_last_piece(&self, len: usize) -> bool {
        !self.cuts_anywhere && (len == 0 || !len.is_multiple_of(MESSAGE))
    }

    fn end_pending(&mut self, stream: Stream, wanted: &mut impl Wanted) {
        let pending = std::mem::take(&mut self.pending[stream as usize]);
        self.line(pending.at, stream, &pending.text, pending.cut, wanted);
    }

    fn terminal_line(&mut self, part: &[u8], cut: usize, wanted: &mut impl Wanted) {
        let (at, text) = stamped(part).unwrap_or((self.last, part));
        self.last = at;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() <= MESSAGE {
            return self.line(at, Stream::Out, overwritten(text), cut, wanted);
        }
        let joined = without_inner_stamps(text);
        self.line(at, Stream::Out, overwritten(&joined), cut, wanted);
    }

    fn line(&mut self, at: Timestamp, stream: Stream, text: &[u8], cut: usize, wanted: &mut impl Wanted) {
        let (text, cut) = capped(text, cut);
        self.cut_lines += u64::from(cut > 0);
        if wanted.wants(at, stream, text) {
            push(&mut self.batch, &mut self.entries[stream as usize], at, stream, text, cut);
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
            if self.pending[stream as usize].open {
                self.end_pending(stream, wanted);
            }
        }
    }

    /// True when a terminal's last line is unfinished.
    pub fn has_partial(&self) -> bool {
        self.tty && !self.carry.is_empty()
    }

    /// The last line, if its end has not come: a terminal's as it looks now, else one that fills its last message.
    pub fn unfinished(&self) -> Option<(Timestamp, Stream, &[u8])> {
        if self.tty {
            let (at, text) = stamped(&self.carry)?;
            let text = overwritten(text.strip_suffix(b"\r").unwrap_or(text));
            return Some((at, Stream::Out, capped(text, 0).0));
        }
        let open = [Stream::Out, Stream::Err].map(|stream| (stream, &self.pending[stream as usize]));
        let (stream, last) =
            open.into_iter().filter(|(_, pending)| pending.open).max_by_key(|(_, pending)| pending.at)?;
        Some((last.at, stream, &last.text))
    }

    /// The unfinished last line of a terminal.
    pub fn partial(&self) -> Option<Batch> {
        let (at, stream, text) = self.unfinished().filter(|_| self.tty)?;
        let mut batch = Batch::default();
        let mut entry = self.entries[stream as usize];
        push(&mut batch, &mut entry, at, stream, text, self.carry_cut);
        Some(batch)
    }
}

/// As much of a text as is kept, and how many bytes are missing behind it if so many were missing before.
fn capped(text: &[u8], cut: usize) -> (&[u8], usize) {
    (&text[..text.len().min(LINE_CAP)], cut + text.len().saturating_sub(LINE_CAP))
}

fn push(batch: &mut Batch, entry: &mut LogEntry, at: Timestamp, stream: Stream, text: &[u8], cut: usize) {
    // A batch is sent long before 4 GiB; a mark that does not fit would show an empty line, not a wrong one.
    let start = u32::try_from(batch.bytes.len()).unwrap_or(u32::MAX);
    let cut_kib = u16::try_from(cut.div_ceil(1024)).unwrap_or(u16::MAX);
    batch.lines.push(LineMark { start, cut_kib, ..mark(entry, at, stream, text) });
    batch.bytes.extend_from_slice(text);
}

/// The mark of a line that is in no batch yet. `entry` is what the line before it belongs to.
pub(super) fn mark(entry: &mut LogEntry, at: Timestamp, stream: Stream, text: &[u8]) -> LineMark {
    let (level, continues) = entry.take(last_state(text.trim_ascii_end()));
    LineMark { len: text.len() as u32, at, stream, level, continues, ..LineMark::default() }
}

/// The stamp at the beginning and the text after its space.
fn stamped(part: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (at, taken) = rfc3339::parse_prefix(part)?;
    match part.get(taken) {
        Some(b' ') => Some((at, &part[taken + 1..])),
        None => Some((at, &[])),
        Some(_) => None,
    }
}

/// As [`stamped`], where the stamp is written as engines do that stamp to the nanosecond: with nine digits, then a space.
fn precisely_stamped(piece: &[u8]) -> Option<(Timestamp, &[u8])> {
    const NINE_DIGITS: std::ops::Range<usize> = 20..29;
    let is_precise = piece.get(19) == Some(&b'.') && piece.get(NINE_DIGITS)?.iter().all(u8::is_ascii_digit);
    let ends =
        |taken: &usize| piece.get(*taken) == Some(&b' ') && piece.get(29).is_some_and(|byte| !byte.is_ascii_digit());
    let (at, taken) = rfc3339::parse_prefix(piece).filter(|(_, taken)| is_precise && ends(taken))?;
    Some((at, &piece[taken + 1..]))
}

/// What may show of a line with carriage returns. What was written before one stands where less was written after it, so all of
/// a line is kept; of a long one, such as a bar of progress, only what follows the last one.
fn overwritten(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.len() <= REWRITTEN { text } else { last_state(text) }
}

/// The text after the last carriage return.
fn last_state(text: &[u8]) -> &[u8] {
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

    type Line = (Timestamp, Stream, Vec<u8>, u16);

    fn read(tty: bool, chunks: &[&[u8]]) -> Vec<Line> {
        let (mut demux, mut lines) = (Demux::new(tty), Lines::new(tty));
        let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
        for chunk in chunks {
            if demux.feed(chunk, |piece| lines.piece(piece, &mut all)).is_err() {
                break;
            }
        }
        lines.finish(&mut all);
        let batch = &lines.batch;
        batch.lines.iter().map(|mark| (mark.at, mark.stream, batch.line(mark).to_vec(), mark.cut_kib)).collect()
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
    fn giants_are_cut_and_it_is_told_how_much_is_missing() {
        let giant = "z".repeat(LINE_CAP + 3 * 1024 - 1);
        let lines = read(false, &[&frame(1, format!("{STAMP} {giant}\n").as_bytes())]);
        assert_eq!((lines[0].2.len(), lines[0].3), (LINE_CAP, 3));
        let mut bytes = Vec::new();
        for _ in 0..LINE_CAP / MESSAGE + 2 {
            bytes.extend(frame(1, format!("{STAMP} {}", "z".repeat(MESSAGE)).as_bytes()));
        }
        bytes.extend(frame(1, format!("{STAMP} \n").as_bytes()));
        bytes.extend(frame(1, format!("{STAMP} next\n").as_bytes()));
        let lines = read(false, &[&bytes]);
        assert_eq!((lines[0].2.len(), lines[0].3), (LINE_CAP, 32));
        assert_eq!((texts(&lines)[1].as_str(), lines[1].3), ("next", 0));
        let lines = read(true, &[format!("{STAMP} {giant}\n{STAMP} next\n").as_bytes()]);
        assert_eq!((lines[0].2.len(), lines[0].3), (LINE_CAP, 3));
        assert_eq!((texts(&lines)[1].as_str(), lines[1].3), ("next", 0));
    }

    #[test]
    fn a_line_of_a_megabyte_is_whole() {
        let mut bytes = Vec::new();
        for _ in 0..1_000_000 / MESSAGE {
            bytes.extend(frame(1, format!("{STAMP} {}", "z".repeat(MESSAGE)).as_bytes()));
        }
        bytes.extend(frame(1, format!("{STAMP} end\n").as_bytes()));
        let lines = read(false, &[&bytes]);
        assert!(lines[0].2.ends_with(b"zend") && lines[0].3 == 0);
    }

    #[test]
    fn of_a_terminals_long_line_what_follows_its_last_carriage_return_is_kept() {
        let bytes = format!("{STAMP} abcdef\rXY\r\n{STAMP} {}100%\r\n{STAMP} done\r\n", "10%\r".repeat(REWRITTEN));
        assert_eq!(texts(&read(true, &[bytes.as_bytes()])), ["abcdef\rXY", "100%", "done"]);
    }

    #[test]
    fn a_line_is_as_grave_as_what_was_written_last() {
        let (mut demux, mut lines) = (Demux::new(true), Lines::new(true));
        let bytes = format!("{STAMP} {}ERROR no room\r\n{STAMP} error?\rwell\r\n", "fetching 10%\r".repeat(20));
        demux
            .feed(bytes.as_bytes(), |piece| lines.piece(piece, &mut |_: Timestamp, _: Stream, _: &[u8]| true))
            .unwrap();
        let levels: Vec<_> = lines.batch.lines.iter().map(|line| line.level).collect();
        assert_eq!(levels, [crate::model::Level::Error, crate::model::Level::None]);
    }

    #[test]
    fn a_terminals_unfinished_line_can_be_seen() {
        let (mut demux, mut lines) = (Demux::new(true), Lines::new(true));
        let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
        let bytes = format!("{STAMP} login: \r{STAMP}");
        demux.feed(&bytes.as_bytes()[..STAMP.len() + 9], |piece| lines.piece(piece, &mut all)).unwrap();
        let partial = lines.partial().unwrap();
        assert_eq!(partial.line(&partial.lines[0]), b"login: ");
        assert!(lines.batch.lines.is_empty());
    }

    /// The stamp of a message that was written later.
    const LATER: &str = "2026-11-21T06:00:52.000000002Z";

    #[test]
    fn the_last_words_of_a_run_are_a_line_at_once() {
        let words = frame(2, format!("{STAMP} FATAL: no config").as_bytes());
        let (mut demux, mut lines) = (Demux::new(false), Lines::new(false));
        demux.feed(&words, |piece| lines.piece(piece, &mut |_: Timestamp, _: Stream, _: &[u8]| true)).unwrap();
        assert_eq!(lines.batch.line(&lines.batch.lines[0]), b"FATAL: no config", "no line end is waited for");
        let next = frame(2, format!("{LATER} begin\n").as_bytes());
        let found = read(false, &[&words, &next]);
        assert_eq!(texts(&found), ["FATAL: no config", "begin"]);
        assert!(found[0].0 < found[1].0);
    }

    #[test]
    fn what_ends_at_the_message_size_does_not_swallow_the_next_run() {
        let full = "x".repeat(MESSAGE);
        let frames = [frame(1, format!("{STAMP} {full}").as_bytes()), frame(1, format!("{LATER} begin\n").as_bytes())];
        assert_eq!(texts(&read(false, &[&frames.concat()])), [full.clone(), "begin".into()]);
        let (mut demux, mut lines) = (Demux::new(false), Lines::new(false));
        let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
        demux.feed(&frames[0], |piece| lines.piece(piece, &mut all)).unwrap();
        assert_eq!(lines.unfinished().map(|(.., text)| text.len()), Some(MESSAGE), "it may go on");
        let pieces = [format!("{STAMP} {full}"), format!("{LATER} begin\r\n")];
        assert_eq!(texts(&read(true, &[pieces[0].as_bytes(), pieces[1].as_bytes()])), [full, "begin".into()]);
    }

    #[test]
    fn a_log_driver_that_keeps_no_line_ends_ends_long_lines_all_the_same() {
        let full = "x".repeat(MESSAGE);
        for rest in ["rest", ""] {
            let messages = [&*format!("{STAMP} {full}"), &format!("{STAMP} {rest}"), &format!("{LATER} next\n")];
            let frames: Vec<u8> = messages.iter().flat_map(|message| frame(1, message.as_bytes())).collect();
            assert_eq!(texts(&read(false, &[&frames])), [format!("{full}{rest}"), "next".into()]);
        }
    }

    #[test]
    fn a_terminals_last_words_end_where_a_later_message_begins() {
        let pieces = [format!("{STAMP} prompt"), format!("{LATER} FATAL"), format!("{LATER} 50%")];
        let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
        assert_eq!(texts(&read(true, &pieces[..2])), ["prompt", "FATAL"]);
        assert_eq!(texts(&read(true, &pieces)).len(), 2, "what is stamped alike belongs together");
    }

    #[test]
    fn a_programs_own_stamps_are_its_text() {
        for own in
            ["2024-10-16T05:26:46.341217Z  INFO", "2026-11-21T06:00:51.000000001Z twice", "2026-11-21T06:00:51Z", ""]
        {
            let line = format!("{STAMP} {own}\n");
            assert_eq!(texts(&read(false, &[&frame(1, line.as_bytes())])), [own]);
            assert_eq!(texts(&read(true, &[line.as_bytes()])), [own]);
        }
        // A line may be cut anywhere on its way; what was written before it was stamped begins no message.
        let (line, rest) = (format!("{STAMP} at "), "2026-11-21T06:00:50.999999999Z it began\r\n");
        assert_eq!(
            texts(&read(true, &[line.as_bytes(), rest.as_bytes()])),
            ["at 2026-11-21T06:00:50.999999999Z it began"]
        );
    }

    #[test]
    fn a_stamp_that_means_never_is_no_text() {
        let lines = read(false, &[&frame(1, b"0001-01-01T00:00:00Z year one\n")]);
        assert_eq!((lines[0].0, texts(&lines)), (Timestamp::default(), vec!["year one".to_string()]));
    }

    #[test]
    fn podman_cuts_a_line_where_it_was_read() {
        let (mut demux, mut lines) = (Demux::new(false), Lines::new(false).cut_anywhere(true));
        let frames = [frame(1, format!("{STAMP} pro").as_bytes()), frame(1, format!("{LATER} mpt\n").as_bytes())];
        let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
        demux.feed(&frames.concat(), |piece| lines.piece(piece, &mut all)).unwrap();
        assert_eq!(lines.batch.line(&lines.batch.lines[0]), b"prompt");
        let mut lines = Lines::new(true).cut_anywhere(true);
        for piece in [format!("{STAMP} pro"), format!("{LATER} mpt\r\n")] {
            Demux::new(true).feed(piece.as_bytes(), |piece| lines.piece(piece, &mut all)).unwrap();
        }
        assert_eq!(lines.batch.line(&lines.batch.lines[0]), b"prompt");
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
