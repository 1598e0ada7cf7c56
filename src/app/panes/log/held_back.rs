//! Lines that came and are not shown yet: of somebody else older ones may be missing beside them. Older pages bring them back.

use super::ring::{keys, part};
use crate::model::{Batch, LineMark, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Lines set aside, of each container in its own order. An engine can be asked for them again, unless the container is gone by then.
#[derive(Debug, Clone, Default)]
pub(super) struct HeldBack {
    of: BTreeMap<u16, VecDeque<Batch>>,
    cost: usize,
}

impl HeldBack {
    /// Sets lines aside, of whomever they are. Returns how many had to go, the oldest, so that no more than `limit` bytes are held.
    pub fn put(&mut self, batch: &Batch, limit: usize) -> usize {
        let mut of: BTreeMap<u16, Vec<LineMark>> = BTreeMap::new();
        for mark in &batch.lines {
            of.entry(mark.voice).or_default().push(*mark);
        }
        for (voice, lines) in of {
            self.keep(voice, part(batch, &lines));
        }
        let mut gone = 0;
        while self.cost > limit {
            let Some(oldest) = self.drop_oldest() else { break };
            gone += oldest;
        }
        gone
    }

    /// Takes out what is of this moment or later, or all: whose it is, and the lines.
    pub fn take_from(&mut self, moment: Option<Timestamp>) -> Vec<(usize, Batch)> {
        let mut taken = Vec::new();
        for (voice, batches) in std::mem::take(self).of {
            let mut latest = Timestamp(i64::MIN);
            for batch in batches {
                let keys = keys(&batch.lines, latest);
                latest = keys.last().copied().unwrap_or(latest);
                let place = moment.map_or(0, |moment| keys.partition_point(|key| *key < moment));
                let later = part(&batch, &batch.lines[place..]);
                taken.extend((!later.lines.is_empty()).then_some((usize::from(voice), later)));
                self.keep(voice, part(&batch, &batch.lines[..place]));
            }
        }
        taken
    }

    /// Lets go of what one container said from a moment on: it is told otherwise.
    pub fn forget(&mut self, voice: usize, from: Timestamp) {
        let taken = self.take_from(Some(from));
        for (other, batch) in taken.into_iter().filter(|(other, _)| *other != voice) {
            self.keep(other as u16, batch);
        }
    }

    fn keep(&mut self, voice: u16, batch: Batch) {
        if !batch.lines.is_empty() {
            self.cost += cost(&batch);
            self.of.entry(voice).or_default().push_back(batch);
        }
    }

    fn drop_oldest(&mut self) -> Option<usize> {
        let first = |batches: &VecDeque<Batch>| batches.front()?.lines.first().map(|mark| mark.at);
        let (_, batches) =
            self.of.iter_mut().filter(|(_, batches)| !batches.is_empty()).min_by_key(|(_, batches)| first(batches))?;
        let batch = batches.pop_front()?;
        self.cost -= cost(&batch);
        Some(batch.lines.len())
    }
}

fn cost(batch: &Batch) -> usize {
    batch.bytes.len() + batch.lines.len() * size_of::<LineMark>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(voice: u16, stamps: &[i64]) -> Batch {
        let mark = |at: &i64| LineMark { at: Timestamp(*at), voice, ..LineMark::default() };
        Batch { bytes: Vec::new(), lines: stamps.iter().map(mark).collect() }
    }

    fn stamps(taken: &[(usize, Batch)]) -> Vec<(usize, Vec<i64>)> {
        taken.iter().map(|(voice, batch)| (*voice, batch.lines.iter().map(|mark| mark.at.0).collect())).collect()
    }

    #[test]
    fn what_is_taken_out_is_of_a_moment_or_later_and_the_rest_stays() {
        let mut aside = HeldBack::default();
        assert_eq!(aside.put(&lines(0, &[1, 5]), 1 << 20), 0);
        // The clock was set back: the line keeps its place behind that before it.
        assert_eq!(aside.put(&lines(1, &[3, 9, 2]), 1 << 20), 0);
        assert_eq!(stamps(&aside.take_from(Some(Timestamp(4)))), [(0, vec![5]), (1, vec![9, 2])]);
        assert_eq!(stamps(&aside.take_from(None)), [(0, vec![1]), (1, vec![3])]);
        assert_eq!(aside.cost, 0);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut aside = HeldBack::default();
        let limit = 4 * size_of::<LineMark>();
        assert_eq!(aside.put(&lines(0, &[1, 2]), limit) + aside.put(&lines(1, &[5, 6]), limit), 0);
        assert_eq!(aside.put(&lines(0, &[7]), limit), 2);
        assert_eq!(stamps(&aside.take_from(None)), [(0, vec![7]), (1, vec![5, 6])]);
    }
}
