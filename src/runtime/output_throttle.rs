//! Output of sessions in portions: whatever a container writes, a key waits a moment for it and no longer.

use crate::app::Msg;
use crate::model::{Stream, StreamEvent, StreamId};
use std::time::Duration;

/// The time limit of a portion.
const TURN: Duration = Duration::from_micros(500);
/// Bytes in the smallest, the first and the largest portion; the store sends no larger pieces.
const SMALLEST: usize = 128;
const FIRST: usize = 1024;
const LARGEST: usize = 8 * 1024;

/// Output that has come and is taken in bit by bit. How much at once follows from what the last portion took: plain text
/// is a hundred times as quick as a stream of sequences that each clear a screen.
#[derive(Debug)]
pub struct OutputThrottle {
    waiting: Option<(StreamId, Stream, Vec<u8>)>,
    /// The number of bytes taken from it.
    taken: usize,
    size: usize,
}

impl OutputThrottle {
    /// A throttle without waiting output.
    pub fn new() -> Self {
        Self { waiting: None, taken: 0, size: FIRST }
    }

    /// True if nothing waits: more may come.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_none()
    }

    /// Takes what came, when nothing waits, and gives what is to be taken in now: all of it, or the first portion.
    pub fn take(&mut self, id: StreamId, chunk: StreamEvent) -> Msg {
        match chunk {
            StreamEvent::Output(stream, bytes) => {
                self.taken = 0;
                self.portion(id, stream, bytes)
            }
            other => Msg::Chunk(id, other),
        }
    }

    /// The next portion of what waits.
    pub fn next(&mut self) -> Option<Msg> {
        let (id, stream, bytes) = self.waiting.take()?;
        Some(self.portion(id, stream, bytes))
    }

    fn portion(&mut self, id: StreamId, stream: Stream, bytes: Vec<u8>) -> Msg {
        let left = bytes.len() - self.taken;
        if left <= self.size && self.taken == 0 {
            return Msg::Chunk(id, StreamEvent::Output(stream, bytes));
        }
        let end = self.taken + left.min(self.size);
        let portion = bytes[self.taken..end].to_vec();
        if end < bytes.len() {
            (self.waiting, self.taken) = (Some((id, stream, bytes)), end);
        }
        Msg::Chunk(id, StreamEvent::Output(stream, portion))
    }

    /// Records the time that a portion took.
    pub fn took(&mut self, bytes: usize, time: Duration) {
        if time > TURN {
            self.size = (bytes / 2).max(SMALLEST);
        } else if time < TURN / 4 && bytes >= self.size {
            self.size = (self.size * 2).min(LARGEST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(bytes: &[u8]) -> StreamEvent {
        StreamEvent::Output(Stream::Out, bytes.to_vec())
    }

    /// Takes some output in, portion by portion, each of which takes so long.
    fn all(portions: &mut OutputThrottle, bytes: &[u8], time: Duration) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut msg = Some(portions.take(StreamId(1), output(bytes)));
        while let Some(Msg::Chunk(StreamId(1), StreamEvent::Output(Stream::Out, bytes))) = msg {
            portions.took(bytes.len(), time);
            all.push(bytes);
            msg = portions.next();
        }
        all
    }

    #[test]
    fn quick_output_is_soon_taken_whole() {
        let mut portions = OutputThrottle::new();
        all(&mut portions, &[b'x'; LARGEST], Duration::from_micros(5));
        assert_eq!(all(&mut portions, &[b'x'; LARGEST], Duration::from_micros(50)).len(), 1);
        assert!(portions.is_empty());
    }

    #[test]
    fn slow_output_comes_in_smaller_and_smaller_portions_and_nothing_is_lost() {
        let mut portions = OutputThrottle::new();
        let text: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
        let parts = all(&mut portions, &text, Duration::from_millis(20));
        assert_eq!(parts.concat(), text);
        assert_eq!((parts[0].len(), parts[1].len()), (FIRST, FIRST / 2));
        assert_eq!(parts[parts.len() - 2].len(), SMALLEST);
    }

    #[test]
    fn portions_grow_again_when_the_output_is_quick_again() {
        let mut portions = OutputThrottle::new();
        all(&mut portions, &[0; 10_000], Duration::from_millis(20));
        let parts = all(&mut portions, &[0; 100_000], Duration::from_micros(5));
        assert!(parts.iter().any(|part| part.len() == LARGEST), "{:?}", parts.iter().map(Vec::len).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_output_passes() {
        let mut portions = OutputThrottle::new();
        assert!(matches!(
            portions.take(StreamId(1), StreamEvent::Exited(Some(3))),
            Msg::Chunk(StreamId(1), StreamEvent::Exited(_))
        ));
        assert!(portions.is_empty());
    }
}
