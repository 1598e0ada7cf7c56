//! The log of several from a moment on: a part of each is read, and what is whole of all of them is shown.

use super::LogView;
use super::merged_log::MergedLog;
use super::ring::keys;
use super::window::PART_LINES;
use crate::app::component::Cx;
use crate::app::subscriptions::{Slot, Wants};
use crate::model::{Batch, Id, LineMark, Source, StreamEvent, StreamId, Timestamp};

/// Parts that are read at once.
const AT_ONCE: usize = 4;
/// Lines of a part at least.
const SHARE_LEAST: usize = 200;

/// Parts of the logs of several, from the same moment on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parts {
    from: Timestamp,
    parts: Vec<Part>,
    /// They go on where the loaded lines end.
    reads_on: bool,
}

/// A part of one container's log.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    voice: usize,
    id: Id,
    stream: StreamId,
    asked: usize,
    /// Lines of exactly that moment that are there already.
    known: usize,
    came: usize,
    batches: Vec<Batch>,
    is_over: bool,
    has_failed: bool,
}

impl Part {
    fn take(&mut self, from: Timestamp, mut batch: Batch) {
        self.came += batch.lines.len();
        let known = &mut self.known;
        batch.lines.retain(|mark| {
            let is_known = mark.at == from && *known > 0;
            *known -= usize::from(is_known);
            !is_known
        });
        self.batches.push(batch);
    }

    /// There are more lines at the engine, or may be: reading failed before its end.
    fn is_cut(&self) -> bool {
        self.has_failed || self.came >= self.asked
    }

    /// Its lines with the moments they are placed by.
    fn lines(&self) -> impl Iterator<Item = (Timestamp, &Batch, LineMark)> {
        self.batches
            .iter()
            .scan(Timestamp(i64::MIN), |latest, batch| {
                let keys = keys(&batch.lines, *latest);
                *latest = keys.last().copied().unwrap_or(*latest);
                let voice = self.voice as u16;
                Some(
                    keys.into_iter()
                        .zip(&batch.lines)
                        .map(move |(key, mark)| (key, batch, LineMark { voice, ..*mark })),
                )
            })
            .flatten()
    }
}

impl Parts {
    fn new(cx: &Cx, merge: &MergedLog, from: Timestamp, known: &[usize], reads_on: bool) -> Parts {
        let tells = |(_, voice): &(usize, &super::LogSource)| !voice.gone && voice.over.is_none();
        let count = merge.voices.iter().enumerate().filter(tells).count().max(1);
        let part = |(voice, one): (usize, &super::LogSource)| {
            let known = known.get(voice).copied().unwrap_or(0);
            Part {
                voice,
                id: one.id.clone(),
                stream: cx.streams.next_id(),
                asked: (PART_LINES / count).max(SHARE_LEAST) + known,
                known,
                came: 0,
                batches: Vec::new(),
                is_over: false,
                has_failed: false,
            }
        };
        Parts { from, parts: merge.voices.iter().enumerate().filter(tells).map(part).collect(), reads_on }
    }

    /// Names the streams of those that are read now.
    pub(super) fn name_streams(&self, wants: &mut Wants) {
        for part in self.parts.iter().filter(|part| !part.is_over).take(AT_ONCE) {
            let (id, from, lines) = (part.id.clone(), self.from, part.asked);
            wants.add(part.stream, Slot::LogPart, || Source::LogsFrom { id, from, lines });
        }
    }

    fn of(&mut self, stream: StreamId) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.stream == stream)
    }

    /// The lines of all up to the moment to which all of them have told everything, in the order of time. True if that is all
    /// that there is.
    fn merged(&self) -> (Batch, bool) {
        // One that failed without a line has told nothing behind the beginning.
        let last = |part: &Part| part.lines().last().map_or(self.from, |(key, ..)| key);
        let until = self.parts.iter().filter(|part| part.is_cut()).map(last).min();
        let mut lines: Vec<(Timestamp, &Batch, LineMark)> = self
            .parts
            .iter()
            .flat_map(Part::lines)
            .filter(|(key, ..)| until.is_none_or(|until| *key <= until))
            .collect();
        // Stable: what a container said at one moment keeps its order.
        lines.sort_by_key(|(key, _, mark)| (*key, mark.voice));
        let mut all = Batch::default();
        for (_, batch, mark) in lines {
            let start = all.bytes.len() as u32;
            all.bytes.extend_from_slice(batch.line(&mark));
            all.lines.push(LineMark { start, ..mark });
        }
        (all, !self.parts.iter().any(Part::is_cut))
    }
}

impl LogView {
    /// Shows the lines of all from a moment on in place of those that are loaded.
    pub(super) fn jump_merged(&mut self, cx: &Cx, from: Timestamp) {
        let Some(merge) = self.merge.as_deref() else { return };
        let parts = Parts::new(cx, merge, from, &[], false);
        let Some(mut view) = LogView::merged(merge.from(from), &cx.options.logs) else { return };
        view.state.clone_from(&self.state);
        (view.search, view.window) = (self.search.clone(), self.window);
        view.begin_detached();
        view.parts = Some(Box::new(parts));
        *self = view;
    }

    /// Reads on of all where newer lines than those that are loaded are at the engine.
    pub(super) fn read_on_merged(&mut self, cx: &Cx) {
        let Some((merge, from)) = self.merge.as_deref().zip(self.ring.newest()).filter(|_| self.parts.is_none()) else {
            return;
        };
        let mut known = vec![0; merge.voices.len()];
        for mark in self.ring.marks().filter(|mark| mark.at == from) {
            known.get_mut(usize::from(mark.voice)).into_iter().for_each(|known| *known += 1);
        }
        self.parts = Some(Box::new(Parts::new(cx, merge, from, &known, true)));
    }

    /// Takes lines of a part.
    pub(super) fn take_merged_part(&mut self, stream: StreamId, event: StreamEvent) {
        let Some(parts) = &mut self.parts else { return };
        let from = parts.from;
        if let (StreamEvent::Lines(batch), Some(part)) = (event, parts.of(stream)) {
            part.take(from, batch);
        }
    }

    /// The oldest lines fell off: whoever may have them is asked again.
    pub(super) fn lost_oldest(&mut self) {
        self.at_start = false;
        let oldest = self.ring.line(self.ring.first()).map(|(mark, _)| mark.at);
        if let (Some(merge), Some(oldest)) = (&mut self.merge, oldest) {
            merge.voices.iter_mut().for_each(|voice| voice.at_start = false);
            merge.whole_from = merge.whole_from.max(oldest);
        }
    }

    /// A part is complete, or failed. With the last of them the lines are there. True if it was read on and there is nothing newer.
    pub(super) fn merged_part_ended(&mut self, stream: StreamId, is_well: bool) -> bool {
        let Some(parts) = &mut self.parts else { return false };
        parts.of(stream).into_iter().for_each(|part| (part.is_over, part.has_failed) = (true, !is_well));
        if parts.parts.iter().any(|part| !part.is_over) {
            return false;
        }
        let (reads_on, (lines, is_all)) = (parts.reads_on, parts.merged());
        self.parts = None;
        self.push_part(lines);
        self.mark_wanted_hit();
        reads_on && is_all
    }
}
