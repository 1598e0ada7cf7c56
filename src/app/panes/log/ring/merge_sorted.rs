//! Lines of several containers in one ring: each goes where its time belongs, however late it comes.

use super::{Ring, SEGMENT_BYTES, Segment, in_use, shrink};
use crate::model::{Batch, LineMark, Timestamp};
use std::sync::Arc;

/// A segment that grew beyond this is cut into smaller ones, so that old lines still fall off bit by bit.
const SEGMENT_MAX: usize = 4 * SEGMENT_BYTES;

/// Where lines were put between those that were there already: before which number, and how many. Ascending.
#[derive(Debug, Default)]
pub struct Inserted(Vec<(i64, i64)>);

impl Inserted {
    /// The present number of a line that had this number before.
    pub fn moved(&self, number: i64) -> i64 {
        let before = self.0.iter().take_while(|(place, _)| *place <= number);
        number + before.map(|(_, count)| count).sum::<i64>()
    }

    /// True if no line has another number.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers that the lines have which were put there.
    pub fn numbers(&self) -> impl Iterator<Item = std::ops::Range<i64>> {
        let place = |before: &mut i64, (place, count): &(i64, i64)| {
            let start = place + *before;
            *before += count;
            Some(start..start + count)
        };
        self.0.iter().scan(0, place)
    }
}

/// The moment by which each line of one container is placed: never before that of the line before it, so that a container's
/// own lines keep their order whatever their stamps. `latest` is that of its line before these.
pub fn keys(lines: &[LineMark], latest: Timestamp) -> Vec<Timestamp> {
    let running = |latest: &mut Timestamp, mark: &LineMark| {
        *latest = (*latest).max(mark.at);
        Some(*latest)
    };
    lines.iter().scan(latest, running).collect()
}

/// Some lines of a batch as one of their own.
pub fn part(batch: &Batch, lines: &[LineMark]) -> Batch {
    let mut part = Batch::default();
    for mark in lines {
        push(&mut part, batch, mark);
    }
    part
}

fn push(into: &mut Batch, from: &Batch, mark: &LineMark) -> LineMark {
    let moved = LineMark { start: into.bytes.len() as u32, ..*mark };
    into.bytes.extend_from_slice(from.line(mark));
    into.lines.push(moved);
    moved
}

/// A place in the ring: a segment, and a line in it.
type Place = (usize, usize);

impl Ring {
    /// All marks, the oldest first.
    pub fn marks(&self) -> impl Iterator<Item = &LineMark> {
        self.segments.iter().flat_map(|segment| &segment.batch.lines)
    }

    /// Moment of the newest line.
    pub fn newest(&self) -> Option<Timestamp> {
        Some(self.segments.back()?.batch.lines.last()?.at)
    }

    /// Counts lines as fallen off that came when the ring had no place for them any more.
    pub fn count_dropped(&mut self, lines: usize) {
        self.dropped += lines as u64;
    }

    /// Takes lines of one container in, each behind those of its time and before. Lines that were there keep their order, and
    /// their number unless [`Inserted`] says otherwise. `latest` is the moment of the container's line before these; of `keep` see
    /// [`Ring::push_back`].
    pub fn weave(&mut self, batch: Batch, latest: Timestamp, keep: usize) -> Inserted {
        let Some(first) = batch.lines.first().map(|mark| mark.at.max(latest)) else { return Inserted::default() };
        if self.newest().is_none_or(|newest| newest <= first) {
            self.push_back(batch, keep);
            return Inserted::default();
        }
        let places = self.places(&keys(&batch.lines, latest));
        let woven = self.woven(&places);
        let end = self.end_place();
        let tail = places.iter().position(|place| *place == end).unwrap_or(places.len());
        let mut upto = tail;
        while let Some((segment, _)) = upto.checked_sub(1).map(|last| places[last]) {
            let from = places[..upto].partition_point(|place| place.0 < segment);
            self.insert(segment, &batch, from..upto, &places);
            upto = from;
        }
        self.number_anew();
        self.push_back(part(&batch, &batch.lines[tail..]), keep);
        self.trim(keep);
        woven
    }

    /// The place behind the newest line.
    fn end_place(&self) -> Place {
        let last = self.segments.len().saturating_sub(1);
        (last, self.segments.back().map_or(0, |segment| segment.batch.lines.len()))
    }

    /// Where lines of these moments belong. One walk from the newest line backwards.
    fn places(&self, keys: &[Timestamp]) -> Vec<Place> {
        let (mut segment, mut line) = self.end_place();
        let mut places = vec![(0, 0); keys.len()];
        for (place, key) in places.iter_mut().zip(keys).rev() {
            loop {
                let Some(before) = line.checked_sub(1) else {
                    let Some(older) = segment.checked_sub(1) else { break };
                    (segment, line) = (older, self.segments[older].batch.lines.len());
                    continue;
                };
                if self.segments[segment].batch.lines[before].at <= *key {
                    break;
                }
                line = before;
            }
            *place = (segment, line);
        }
        places
    }

    /// Places as numbers. What goes behind the newest line moves nothing.
    fn woven(&self, places: &[Place]) -> Inserted {
        let mut between: Vec<(i64, i64)> = Vec::new();
        for (segment, line) in places.iter().filter(|place| **place != self.end_place()) {
            let number = self.segments[*segment].first + *line as i64;
            match between.last_mut() {
                Some((place, count)) if *place == number => *count += 1,
                _ => between.push((number, 1)),
            }
        }
        Inserted(between)
    }

    /// Puts some lines of a batch into a segment, at their places.
    fn insert(&mut self, segment: usize, from: &Batch, lines: std::ops::Range<usize>, places: &[Place]) {
        self.count(&from.lines[lines.clone()], true);
        let target = &mut self.segments[segment];
        self.cost -= target.cost();
        let batch = Arc::make_mut(&mut target.batch);
        let old = std::mem::take(&mut batch.lines);
        let mut merged = Vec::with_capacity(old.len() + lines.len());
        let mut done = 0;
        for index in lines {
            merged.extend_from_slice(&old[done..places[index].1]);
            done = places[index].1;
            let mark = &from.lines[index];
            merged.push(LineMark { start: batch.bytes.len() as u32, ..*mark });
            batch.bytes.extend_from_slice(from.line(mark));
        }
        merged.extend_from_slice(&old[done..]);
        batch.lines = merged;
        self.cost += target.cost();
        if in_use(&self.segments[segment].batch) > SEGMENT_MAX {
            self.cut_up(segment);
        }
    }

    /// Cuts a large segment into small ones. Their numbers are set by [`Ring::number_anew`].
    fn cut_up(&mut self, segment: usize) {
        let Some(large) = self.segments.remove(segment) else { return };
        self.cost -= large.cost();
        let mut piece = Batch::default();
        let mut pieces = Vec::new();
        for mark in &large.batch.lines {
            push(&mut piece, &large.batch, mark);
            if in_use(&piece) >= SEGMENT_BYTES {
                pieces.push(std::mem::take(&mut piece));
            }
        }
        pieces.extend((!piece.lines.is_empty()).then_some(piece));
        for (index, mut batch) in pieces.into_iter().enumerate() {
            shrink(&mut batch);
            let small = Segment { first: large.first, batch: Arc::new(batch) };
            self.cost += small.cost();
            self.segments.insert(segment + index, small);
        }
    }

    /// Numbers follow one another again, from the oldest line on.
    fn number_anew(&mut self) {
        let mut next = self.first();
        for segment in &mut self.segments {
            segment.first = next;
            next = segment.end();
        }
    }

    /// Takes the lines before a number out, and gives them. They are not counted as dropped: older pages bring them again.
    pub fn cut_before(&mut self, number: i64) -> Vec<Batch> {
        let mut out = Vec::new();
        while self.segments.front().is_some_and(|oldest| oldest.end() <= number) {
            if let Some(oldest) = self.segments.pop_front() {
                self.forget(&oldest);
                out.push(Arc::unwrap_or_clone(oldest.batch));
            }
        }
        let Some(front) = self.segments.pop_front_if(|front| front.first < number) else { return out };
        self.forget(&front);
        let (before, rest) = front.batch.lines.split_at((number - front.first) as usize);
        out.push(part(&front.batch, before));
        let rest = Segment { first: number, batch: Arc::new(part(&front.batch, rest)) };
        self.count(&rest.batch.lines, true);
        self.cost += rest.cost();
        self.segments.push_front(rest);
        out
    }

    /// Bytes that are kept at most, line marks included.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::batch;
    use super::*;
    use crate::model::Level;
    use proptest::prelude::*;

    fn of(voice: u16, stamps: &[i64]) -> Batch {
        let mut lines = Batch::default();
        for at in stamps {
            let text = format!("{voice}:{at}");
            let (start, len) = (lines.bytes.len() as u32, text.len() as u32);
            lines.lines.push(LineMark { start, len, at: Timestamp(*at), voice, ..LineMark::default() });
            lines.bytes.extend_from_slice(text.as_bytes());
        }
        lines
    }

    fn texts(ring: &Ring) -> Vec<String> {
        let text = |number| String::from_utf8_lossy(ring.line(number).expect("kept").1).into_owned();
        (ring.first()..ring.end()).map(text).collect()
    }

    #[test]
    fn a_late_line_goes_where_its_time_belongs_and_the_numbers_behind_it_move() {
        let mut ring = Ring::new(1 << 20);
        ring.weave(of(0, &[10, 20, 30]), Timestamp(0), 1);
        let woven = ring.weave(of(1, &[5, 20, 25, 40]), Timestamp(0), 1);
        assert_eq!(texts(&ring), ["1:5", "0:10", "0:20", "1:20", "1:25", "0:30", "1:40"]);
        assert_eq!([0, 1, 2].map(|number| woven.moved(number)), [1, 2, 5]);
    }

    #[test]
    fn a_containers_own_lines_keep_their_order_whatever_their_stamps() {
        let mut ring = Ring::new(1 << 20);
        ring.weave(of(0, &[10, 50]), Timestamp(0), 1);
        ring.weave(of(1, &[30, 20, 60]), Timestamp(0), 1);
        assert_eq!(texts(&ring), ["0:10", "1:30", "1:20", "0:50", "1:60"]);
        ring.weave(of(1, &[40]), Timestamp(60), 1);
        assert_eq!(texts(&ring).last().map(String::as_str), Some("1:40"), "the clock was set back");
    }

    #[test]
    fn what_is_cut_off_in_front_is_neither_kept_nor_counted_as_dropped() {
        let mut ring = Ring::new(1 << 20);
        let mut lines = of(0, &[1, 2, 3, 4]);
        lines.lines[0].level = Level::Error;
        lines.lines[3].level = Level::Error;
        ring.weave(lines, Timestamp(0), 1);
        let cut = ring.cut_before(2);
        let cut: Vec<i64> = cut.iter().flat_map(|batch| &batch.lines).map(|mark| mark.at.0).collect();
        assert_eq!(cut, [1, 2]);
        assert_eq!((texts(&ring), ring.grave().0, ring.dropped()), (vec!["0:3".into(), "0:4".into()], 1, 0));
        assert_eq!((ring.first(), ring.end()), (2, 4));
        ring.push_front(batch(&["older"], 1), 3);
        assert_eq!(texts(&ring)[0], "older");
    }

    /// Stamps of some containers, and in which order their pieces come.
    fn containers() -> impl Strategy<Value = (Vec<Vec<i64>>, Vec<usize>)> {
        let stamps = prop::collection::vec(0i64..60, 0..40).prop_map(|mut stamps| {
            stamps.sort_unstable();
            stamps
        });
        (prop::collection::vec(stamps, 1..6), prop::collection::vec(0usize..6, 0..60))
    }

    proptest! {
        /// Any interleaving of pieces of any size ends ordered by time, each line once, each container's lines in their order.
        #[test]
        fn any_interleaving_ends_in_order_of_time((all, turns) in containers(), sizes in prop::collection::vec(1usize..7, 1..9)) {
            let mut ring = Ring::new(1 << 20);
            let mut rest: Vec<&[i64]> = all.iter().map(Vec::as_slice).collect();
            let mut latest = vec![Timestamp(0); all.len()];
            let everyone = (0..all.len()).flat_map(|voice| vec![voice; 40]);
            for (turn, voice) in turns.into_iter().map(|turn| turn % all.len()).chain(everyone).enumerate() {
                let (now, later) = rest[voice].split_at(sizes[turn % sizes.len()].min(rest[voice].len()));
                rest[voice] = later;
                // A line that is followed keeps its text under the number that it is told to have.
                let followed = ring.end() - 1;
                let before = ring.line(followed).map(|(_, bytes)| bytes.to_vec());
                let woven = ring.weave(of(voice as u16, now), latest[voice], 1);
                let after = ring.line(woven.moved(followed)).map(|(_, bytes)| bytes.to_vec());
                prop_assert!(before.is_none() || before == after);
                latest[voice] = now.last().map_or(latest[voice], |at| Timestamp(*at));
            }
            let marks: Vec<LineMark> = ring.marks().copied().collect();
            prop_assert!(marks.windows(2).all(|pair| pair[0].at <= pair[1].at));
            for (voice, stamps) in all.iter().enumerate() {
                let of: Vec<i64> = marks.iter().filter(|mark| usize::from(mark.voice) == voice).map(|mark| mark.at.0).collect();
                prop_assert_eq!(&of, stamps);
            }
            prop_assert_eq!(ring.len(), all.iter().map(Vec::len).sum::<usize>());
        }

        /// Whatever comes in whatever order, memory is bounded, and what is not kept is counted.
        #[test]
        fn the_limit_holds_for_all_together(pieces in prop::collection::vec((0u16..4, 0i64..1000, 1usize..30_000), 1..60)) {
            let mut ring = Ring::new(0);
            let count = pieces.len();
            for (voice, at, size) in pieces {
                let mut line = of(voice, &[at]);
                line.bytes = vec![b'x'; size];
                line.lines[0].len = size as u32;
                ring.weave(line, Timestamp(0), 1);
            }
            prop_assert_eq!(ring.dropped() as usize + ring.len(), count);
            prop_assert_eq!(ring.marks().count(), ring.len());
            prop_assert!(ring.cost() <= 10 * SEGMENT_BYTES, "{} bytes", ring.cost());
        }
    }
}
