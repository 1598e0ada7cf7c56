//! The log of a local process: the newest lines, bounded by bytes.

use std::collections::VecDeque;

use super::log_generator::Line;
use super::time::Nanos;

/// A line with its place in the log and the run that wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) run: u64,
    pub(crate) line: Line,
}

/// The newest lines of a log, oldest first.
#[derive(Debug)]
pub(crate) struct LogRing {
    entries: VecDeque<Entry>,
    bytes: usize,
    most: usize,
    next: u64,
    last_at: Nanos,
    /// Lines of output and of errors that go on in another piece: whose run, and their moment.
    open: [Option<(u64, Nanos)>; 2],
}

/// The longest piece of a line that is kept in one, as in Docker's json-file.
pub(crate) const PIECE: usize = 16 * 1024;

/// The memory of a line beside its text.
const OVERHEAD: usize = 64;

impl LogRing {
    /// A ring that holds `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        LogRing { entries: VecDeque::new(), bytes: 0, most, next: 1, last_at: 0, open: [None; 2] }
    }

    /// Adds a line, or a piece of one. Moments in a log only grow, whatever the clock does; as in Docker, all pieces of a line
    /// have that of the first.
    pub(crate) fn push(&mut self, run: u64, at: Nanos, stderr: bool, mut text: Vec<u8>) {
        text.shrink_to_fit();
        let begun = self.open[usize::from(stderr)].filter(|(of, _)| *of == run).map(|(_, at)| at);
        let at = begun.unwrap_or(at.max(self.last_at + 1));
        self.last_at = self.last_at.max(at);
        let goes_on = text.len() == PIECE && !text.ends_with(b"\n");
        self.open[usize::from(stderr)] = goes_on.then_some((run, at));
        self.bytes += text.len() + OVERHEAD;
        self.entries.push_back(Entry { seq: self.next, run, line: Line { at, stderr, text } });
        self.next += 1;
        while self.bytes > self.most && self.entries.len() > 1 {
            if let Some(old) = self.entries.pop_front() {
                self.bytes -= old.line.text.len() + OVERHEAD;
            }
        }
    }

    /// The number of the newest line; 0 before the first.
    pub(crate) fn newest(&self) -> u64 {
        self.next - 1
    }

    /// Lines after number `seq`, oldest first. What fell off is passed over.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = &Entry> {
        let oldest = self.entries.front().map_or(self.next, |entry| entry.seq);
        let skip = (seq + 1).saturating_sub(oldest) as usize;
        self.entries.iter().skip(skip)
    }

    /// The number before that of the oldest of the newest `count` lines.
    pub(crate) fn before_tail(&self, count: usize) -> u64 {
        self.newest().saturating_sub(count as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_a_line_have_the_moment_of_the_first_and_a_new_run_has_its_own() {
        let mut ring = LogRing::new(1 << 20);
        ring.push(1, 5, false, vec![b'x'; PIECE]);
        ring.push(1, 6, true, b"between\n".to_vec());
        ring.push(1, 7, false, vec![b'x'; PIECE]);
        ring.push(2, 8, false, b"begin\n".to_vec());
        let moments: Vec<Nanos> = ring.after(0).map(|entry| entry.line.at).collect();
        assert_eq!(moments, [5, 6, 5, 8]);
    }

    fn texts<'a>(of: impl Iterator<Item = &'a Entry>) -> Vec<u8> {
        of.map(|entry| entry.line.text[0]).collect()
    }

    #[test]
    fn keeps_the_newest_within_its_bytes() {
        let mut ring = LogRing::new(3 * (OVERHEAD + 1));
        for letter in b'a'..=b'f' {
            ring.push(1, 5, false, vec![letter]);
        }
        assert_eq!(texts(ring.after(0)), b"def");
        assert_eq!(texts(ring.after(5)), b"f");
        assert_eq!(texts(ring.after(6)), b"");
        assert_eq!(texts(ring.after(ring.before_tail(2))), b"ef");
    }

    #[test]
    fn moments_only_grow_and_one_line_always_fits() {
        let mut ring = LogRing::new(0);
        ring.push(1, 9, false, b"x".to_vec());
        ring.push(1, 3, true, b"y".to_vec());
        let left: Vec<_> = ring.after(0).collect();
        assert_eq!((left.len(), left[0].line.at), (1, 10));
    }
}
