//! Lines in bounded memory. Grows at both ends: new lines at the back, older pages at the front.

use crate::model::{Batch, Level, LineMark, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

mod merge_sorted;

pub use merge_sorted::Inserted;
pub(super) use merge_sorted::{keys, part};

/// A batch takes further small batches in until it has this many bytes, line marks included: empty lines cost too.
const SEGMENT_BYTES: usize = 64 * 1024;

/// A bounded run of consecutive log lines. Lines have numbers that never change while they are kept:
/// the first line of the opening is 0, older pages count downwards.
#[derive(Debug, Clone, Default)]
pub struct Ring {
    segments: VecDeque<Segment>,
    cost: usize,
    limit: usize,
    dropped: u64,
    errors: u64,
    warnings: u64,
    /// What falls off is kept for [`Ring::take_fallen`].
    keeps_fallen: bool,
    fallen: Vec<Segment>,
}

#[derive(Debug, Clone)]
struct Segment {
    first: i64,
    /// Shared with whoever asks its lines something.
    batch: Arc<Batch>,
}

impl Segment {
    fn end(&self) -> i64 {
        self.first + self.batch.lines.len() as i64
    }

    fn cost(&self) -> usize {
        self.batch.bytes.capacity() + self.batch.lines.capacity() * size_of::<LineMark>()
    }
}

impl Ring {
    /// A ring of at most `limit` bytes, line marks included.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(4 * SEGMENT_BYTES), ..Self::default() }
    }

    /// Number of the oldest line kept.
    pub fn first(&self) -> i64 {
        self.segments.front().map_or(0, |segment| segment.first)
    }

    /// One past the number of the newest line kept.
    pub fn end(&self) -> i64 {
        self.segments.back().map_or(0, Segment::end)
    }

    /// Lines kept.
    pub fn len(&self) -> usize {
        (self.end() - self.first()) as usize
    }

    /// True when no line is kept.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes in use, line marks included.
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// Lines that fell off at the old end because of the limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Lines kept that say error, and that say warning.
    pub fn grave(&self) -> (u64, u64) {
        (self.errors, self.warnings)
    }

    /// The lines, the oldest first.
    pub(super) fn batches(&self) -> impl Iterator<Item = &Arc<Batch>> {
        self.segments.iter().map(|segment| &segment.batch)
    }

    /// A line by its number.
    pub fn line(&self, number: i64) -> Option<(&LineMark, &[u8])> {
        let index = self.segments.partition_point(|segment| segment.end() <= number);
        let segment = self.segments.get(index)?;
        let mark = segment.batch.lines.get(usize::try_from(number - segment.first).ok()?)?;
        Some((mark, segment.batch.line(mark)))
    }

    /// Takes new lines in at the back; `keep` times the limit is allowed, so that a reader who holds still keeps his place longer.
    pub fn push_back(&mut self, batch: Batch, keep: usize) {
        if batch.lines.is_empty() {
            return;
        }
        self.count(&batch.lines, true);
        let first = self.end();
        match self.segments.back_mut() {
            Some(last) if in_use(&last.batch) + in_use(&batch) <= SEGMENT_BYTES => {
                self.cost -= last.cost();
                append(Arc::make_mut(&mut last.batch), batch);
                self.cost += last.cost();
            }
            _ => {
                if let Some(last) = self.segments.back_mut() {
                    self.cost -= last.cost();
                    Arc::get_mut(&mut last.batch).into_iter().for_each(shrink);
                    self.cost += last.cost();
                }
                let segment = Segment { first, batch: Arc::new(batch) };
                self.cost += segment.cost();
                self.segments.push_back(segment);
            }
        }
        self.trim(keep);
    }

    /// Drops the oldest until the rest is within `keep` times the limit.
    fn trim(&mut self, keep: usize) {
        while self.cost > self.limit.saturating_mul(keep.max(1)) && self.segments.len() > 1 {
            if let Some(old) = self.segments.pop_front() {
                self.dropped += old.batch.lines.len() as u64;
                self.forget(&old);
                if self.keeps_fallen {
                    self.fallen.push(old);
                }
            }
        }
    }

    /// From now on what falls off at the old end is kept until somebody takes it, or not.
    pub(super) fn keep_fallen(&mut self, keeps: bool) {
        self.keeps_fallen = keeps;
        self.fallen.clear();
    }

    /// What fell off at the old end since this was asked last: the number of its first line, and the lines.
    pub(super) fn take_fallen(&mut self) -> impl Iterator<Item = (i64, Batch)> + use<> {
        std::mem::take(&mut self.fallen).into_iter().map(|segment| (segment.first, Arc::unwrap_or_clone(segment.batch)))
    }

    /// Puts older lines in front. Returns how many of the newest lines had to go to make room; those up to `keep` stay.
    pub fn push_front(&mut self, batch: Batch, keep: i64) -> usize {
        if batch.lines.is_empty() {
            return 0;
        }
        self.count(&batch.lines, true);
        let segment = Segment { first: self.first() - batch.lines.len() as i64, batch: Arc::new(batch) };
        self.cost += segment.cost();
        self.segments.push_front(segment);
        // What comes back in front was counted as dropped before, if the limit had pushed it out.
        let returned = self.segments.front().map_or(0, |segment| segment.batch.lines.len() as u64);
        self.dropped = self.dropped.saturating_sub(returned);
        let mut gone = 0;
        while self.cost > self.limit && self.segments.back().is_some_and(|last| last.first > keep) {
            if let Some(new) = self.segments.pop_back() {
                gone += new.batch.lines.len();
                self.forget(&new);
            }
        }
        gone
    }

    /// How many lines carry exactly the time of the oldest one: the seam of an older page. Others may stand between them.
    pub fn lines_at_oldest_time(&self) -> (Timestamp, usize) {
        let Some(oldest) = self.marks().next() else { return (Timestamp::default(), 0) };
        let last = oldest.at.0.saturating_add(oldest.at.leeway());
        let same = self.marks().take_while(|mark| mark.at.0 <= last).filter(|mark| mark.at == oldest.at);
        (oldest.at, same.count())
    }

    /// Number of the first line at or after a time; the end if there is none.
    pub fn at_time(&self, time: Timestamp) -> i64 {
        let (mut low, mut high) = (self.first(), self.end());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.line(middle) {
                Some((mark, _)) if mark.at < time => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    fn forget(&mut self, segment: &Segment) {
        self.cost -= segment.cost();
        self.count(&segment.batch.lines, false);
    }

    fn count(&mut self, lines: &[LineMark], came: bool) {
        let of = |level: Level| lines.iter().filter(|mark| mark.level == level && !mark.continues).count() as u64;
        let (errors, warnings) = (of(Level::Error), of(Level::Warn));
        if came {
            self.errors += errors;
            self.warnings += warnings;
        } else {
            self.errors = self.errors.saturating_sub(errors);
            self.warnings = self.warnings.saturating_sub(warnings);
        }
    }
}

fn in_use(batch: &Batch) -> usize {
    batch.bytes.len() + batch.lines.len() * size_of::<LineMark>()
}

fn shrink(batch: &mut Batch) {
    batch.bytes.shrink_to_fit();
    batch.lines.shrink_to_fit();
}

fn append(into: &mut Batch, batch: Batch) {
    let shift = into.bytes.len() as u32;
    into.bytes.extend_from_slice(&batch.bytes);
    into.lines.extend(batch.lines.iter().map(|mark| LineMark { start: mark.start + shift, ..*mark }));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn batch(lines: &[&str], at: i64) -> Batch {
        let mut batch = Batch::default();
        for (index, line) in lines.iter().enumerate() {
            batch.lines.push(LineMark {
                start: batch.bytes.len() as u32,
                len: line.len() as u32,
                at: Timestamp(at + index as i64),
                ..LineMark::default()
            });
            batch.bytes.extend_from_slice(line.as_bytes());
        }
        batch
    }

    fn text(ring: &Ring, number: i64) -> String {
        String::from_utf8_lossy(ring.line(number).expect("kept").1).into_owned()
    }

    #[test]
    fn older_pages_go_in_front_and_numbers_stay() {
        let mut ring = Ring::new(1 << 20);
        ring.push_back(batch(&["c", "d"], 30), 1);
        ring.push_front(batch(&["a", "b"], 10), 1);
        ring.push_back(batch(&["e"], 50), 1);
        assert_eq!((ring.first(), ring.end()), (-2, 3));
        let all: Vec<String> = (-2..3).map(|number| text(&ring, number)).collect();
        assert_eq!(all, ["a", "b", "c", "d", "e"]);
        assert_eq!(ring.at_time(Timestamp(30)), 0);
        assert_eq!(ring.at_time(Timestamp(12)), 0);
        assert_eq!(ring.at_time(Timestamp(99)), 3);
    }

    #[test]
    fn the_seam_counts_lines_of_the_oldest_time() {
        let mut ring = Ring::new(1 << 20);
        let mut same = batch(&["a", "b", "c"], 7);
        same.lines[1].at = Timestamp(7);
        ring.push_back(same, 1);
        assert_eq!(ring.lines_at_oldest_time(), (Timestamp(7), 2));
        let mut ring = Ring::new(1 << 20);
        let mut crossed = batch(&["a", "b", "c", "d"], 7);
        [7, 5, 9, 7].into_iter().zip(&mut crossed.lines).for_each(|(at, mark)| mark.at = Timestamp(at));
        ring.push_back(crossed, 1);
        assert_eq!(ring.lines_at_oldest_time(), (Timestamp(7), 2), "stamps get a little out of order");
    }

    #[test]
    fn empty_lines_are_bounded_too() {
        let mut ring = Ring::new(0);
        for at in 0..200 {
            ring.push_back(batch(&[""; 1000], at * 1000), 1);
        }
        assert!(ring.dropped() > 0 && ring.cost() <= 5 * SEGMENT_BYTES, "{} bytes", ring.cost());
    }

    #[test]
    fn older_lines_do_not_push_out_the_one_that_is_read() {
        let mut ring = Ring::new(0);
        let line = "x".repeat(SEGMENT_BYTES);
        (0..3).for_each(|at| ring.push_back(batch(&[&line], at), 1));
        let gone = (1..9).map(|back| ring.push_front(batch(&[&line], -back), 0)).sum::<usize>();
        assert_eq!((gone, ring.end()), (2, 1));
        assert!(ring.line(0).is_some());
    }

    proptest! {
        #[test]
        fn the_ring_is_the_end_of_a_plain_list(sizes in prop::collection::vec(0usize..40_000, 1..60)) {
            let mut ring = Ring::new(0);
            let mut all = Vec::new();
            for (index, size) in sizes.iter().enumerate() {
                let line = format!("{index}:{}", "x".repeat(*size));
                ring.push_back(batch(&[&line], index as i64), 1);
                all.push(line);
            }
            prop_assert_eq!(ring.end() as usize, all.len());
            prop_assert_eq!(ring.dropped() as usize + ring.len(), all.len());
            for number in ring.first()..ring.end() {
                prop_assert_eq!(&text(&ring, number), &all[number as usize]);
            }
            let spare = SEGMENT_BYTES * 4;
            prop_assert!(ring.cost() <= 4 * SEGMENT_BYTES + spare, "bounded, got {}", ring.cost());
        }
    }
}
