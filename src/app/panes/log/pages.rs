//! Older pages of several containers: together they go back without a gap in time.

use super::ring::part;
use crate::app::subscriptions::{Slot, Wants};
use crate::model::{Batch, LineMark, Source, StreamId, Timestamp};
use std::collections::VecDeque;

/// Streams of older lines that are open at once.
const AT_ONCE: usize = 4;
/// Bytes of text that the pages of a round hold together; what is older than fits is asked for again in the next.
const BYTES: usize = 16 << 20;
/// Bytes of a batch that goes into the ring.
const PIECE: usize = 64 * 1024;

/// A round of pages, one of each container.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    /// The questions to ask, with their members.
    queue: VecDeque<(usize, Source)>,
    /// What is asked of whom now; a stream that is not opened yet has the number 0.
    open: Vec<(StreamId, usize, Source)>,
    got: Vec<Page>,
    /// All of them are of lines before this.
    pub before: Timestamp,
}

/// The older lines of one container.
#[derive(Debug, Clone, Default)]
struct Page {
    voice: usize,
    batches: VecDeque<Batch>,
    /// There were lines that did not fit.
    cut: bool,
    /// The engine said that there is nothing older.
    is_last: bool,
}

impl Page {
    /// Its lines with the moments they are placed by, the oldest first.
    fn lines(&self) -> impl Iterator<Item = (Timestamp, &Batch, &LineMark)> {
        let marks = self.batches.iter().flat_map(|batch| batch.lines.iter().map(move |mark| (batch, mark)));
        marks.scan(Timestamp(i64::MIN), |latest, (batch, mark)| {
            *latest = (*latest).max(mark.at);
            Some((*latest, batch, mark))
        })
    }

    /// True if nothing older can be had of the container.
    fn is_whole(&self) -> bool {
        !self.cut && (self.is_last || self.batches.is_empty())
    }

    /// From here on it has told everything. None: there is nothing older.
    fn bound(&self) -> Option<Timestamp> {
        let first = self.batches.front()?.lines.first()?.at;
        (!self.is_whole()).then_some(first)
    }

    /// What was written before an engine's clock was set back has no place by time before what came after: there it ends.
    fn cut_at_step(&mut self, before: Timestamp) {
        let Some(batch) = self.batches.back_mut() else { return };
        let last = before.0.saturating_add(before.leeway());
        let Some(step) = batch.lines.iter().rposition(|mark| mark.at.0 > last) else { return };
        *batch = part(batch, &batch.lines[step + 1..]);
        self.batches.drain(..self.batches.len() - 1);
        self.batches.retain(|batch| !batch.lines.is_empty());
        self.is_last = true;
    }

    fn bytes(&self) -> usize {
        self.batches.iter().map(|batch| batch.bytes.len()).sum()
    }
}

/// The result of a round.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// The lines of all, in order of time, in pieces.
    pub pieces: Vec<Batch>,
    /// From here on all have told everything. None: there is nothing older at all.
    pub whole_from: Option<Timestamp>,
    /// Lines that are older than that, whosever they are.
    pub rest: Vec<Batch>,
    /// The start of each member's page; none for an empty one.
    pub oldest: Vec<(usize, Option<Timestamp>)>,
    /// The members without older lines at the engine.
    pub at_start: Vec<usize>,
}

impl Pages {
    /// Begins a round: what is to be asked of whom, all of it before a moment.
    pub fn begin(&mut self, before: Timestamp, wanted: VecDeque<(usize, Source)>) {
        *self = Pages { queue: wanted, before, ..Pages::default() };
    }

    /// True while a round is under way.
    pub fn are_under_way(&self) -> bool {
        !self.open.is_empty() || !self.queue.is_empty()
    }

    /// The sources to open now.
    pub fn next(&mut self) -> Vec<Source> {
        let room = AT_ONCE.saturating_sub(self.open.len()).min(self.queue.len());
        self.queue
            .drain(..room)
            .map(|(voice, source)| {
                self.got.push(Page { voice, ..Page::default() });
                // Its number comes when it is opened.
                self.open.push((StreamId(0), voice, source.clone()));
                source
            })
            .collect()
    }

    /// A stream was opened for one of what [`Pages::next`] gave.
    pub fn opened(&mut self, source: &Source, stream: StreamId) {
        if let Some(open) = self.open.iter_mut().find(|(known, _, of)| of == source && *known == StreamId(0)) {
            open.0 = stream;
        }
    }

    /// True if a stream is one of these.
    pub fn hear(&self, stream: StreamId) -> bool {
        self.open.iter().any(|(open, ..)| *open == stream)
    }

    /// Names the streams of the pages under way.
    pub fn name_streams(&self, wants: &mut Wants) {
        for (stream, _, source) in &self.open {
            wants.add(*stream, Slot::OlderLog, || source.clone());
        }
    }

    fn page(&mut self, stream: StreamId) -> Option<&mut Page> {
        let (_, voice, _) = self.open.iter().find(|(open, ..)| *open == stream)?;
        self.got.iter_mut().find(|page| page.voice == *voice)
    }

    /// There is nothing before the lines of a page.
    pub fn is_last(&mut self, stream: StreamId) {
        if let Some(page) = self.page(stream) {
            page.is_last = true;
        }
    }

    /// Takes lines of a page.
    pub fn take(&mut self, stream: StreamId, batch: Batch) {
        let before = self.before;
        let Some(page) = self.page(stream) else { return };
        page.batches.push_back(batch);
        page.cut_at_step(before);
        while self.got.iter().map(Page::bytes).sum::<usize>() > BYTES {
            let Some(largest) =
                self.got.iter_mut().filter(|page| page.batches.len() > 1).max_by_key(|page| page.bytes())
            else {
                return;
            };
            largest.batches.pop_front();
            largest.cut = true;
        }
    }

    /// A page is complete. True if it was the last of the round.
    pub fn done(&mut self, stream: StreamId) -> bool {
        self.open.retain(|(open, ..)| *open != stream);
        !self.are_under_way()
    }

    /// The members asked in this round.
    pub fn asked(&self) -> Vec<usize> {
        self.got.iter().map(|page| page.voice).collect()
    }

    /// From here on all that were asked have told everything. None: there is nothing older of them at all.
    pub fn whole_from(&self) -> Option<Timestamp> {
        self.got.iter().filter_map(Page::bound).max()
    }

    /// What the round came to, together with what those said who were not asked.
    pub fn finish(&mut self, of_others: Vec<(usize, Batch)>) -> Round {
        let whole_from = self.whole_from();
        let mut got = std::mem::take(self).got;
        let first = |page: &Page| Some(page.batches.front()?.lines.first()?.at);
        let oldest = got.iter().map(|page| (page.voice, first(page))).collect();
        let at_start = got.iter().filter(|page| page.is_whole()).map(|page| page.voice).collect();
        for (voice, batch) in of_others {
            match got.iter_mut().find(|page| page.voice == voice) {
                Some(page) => page.batches.push_back(batch),
                None => got.push(Page { voice, batches: VecDeque::from([batch]), ..Page::default() }),
            }
        }
        let (mut rest, mut older) = (Vec::new(), Batch::default());
        for (key, batch, mark, voice) in
            got.iter().flat_map(|page| page.lines().map(|(key, batch, mark)| (key, batch, mark, page.voice)))
        {
            if whole_from.is_some_and(|from| key < from) {
                let start = older.bytes.len() as u32;
                older.bytes.extend_from_slice(batch.line(mark));
                older.lines.push(LineMark { start, voice: voice as u16, ..*mark });
                if older.bytes.len() >= PIECE {
                    rest.push(std::mem::take(&mut older));
                }
            }
        }
        rest.push(older);
        let mut lines: Vec<(Timestamp, usize, &Batch, &LineMark)> = Vec::new();
        for page in &got {
            let whole = page.lines().filter(|(key, ..)| whole_from.is_none_or(|from| *key >= from));
            lines.extend(whole.map(|(key, batch, mark)| (key, page.voice, batch, mark)));
        }
        // Stable: what a container said at one moment keeps its order.
        lines.sort_by_key(|(key, voice, ..)| (*key, *voice));
        let (mut pieces, mut piece) = (Vec::new(), Batch::default());
        for (_, voice, batch, mark) in lines {
            let start = piece.bytes.len() as u32;
            piece.bytes.extend_from_slice(batch.line(mark));
            piece.lines.push(LineMark { start, voice: voice as u16, ..*mark });
            if piece.bytes.len() + piece.lines.len() * size_of::<LineMark>() >= PIECE {
                pieces.push(std::mem::take(&mut piece));
            }
        }
        pieces.extend((!piece.lines.is_empty()).then_some(piece));
        Round { pieces, whole_from, at_start, rest, oldest }
    }
}
