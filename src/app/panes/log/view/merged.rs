//! The view on the log of several containers: what comes of each goes where its time belongs, and never among what is being read.

use super::LogView;
use super::older::FAR_BACK;
use crate::app::options::LogOptions;
use crate::app::panes::log::history::Seam;
use crate::app::panes::log::log_event::LogEvent;
use crate::app::panes::log::merged_log::{Late, LogSource, MergedLog};
use crate::app::panes::log::pages::Pages;
use crate::app::panes::log::ring::{Inserted, keys, part};
use crate::model::{Batch, Id, LineMark, LogState, Problem, Source, StreamEvent, StreamId, Timestamp};
use std::collections::VecDeque;

/// Bytes of lines that wait for the reader to look elsewhere; what is more goes to its place at once.
const LATE_BYTES: usize = 1 << 20;
/// Unfinished lines shown at once.
const UNFINISHED: usize = 3;
/// Lines asked of each container for a page at least.
const PAGE_SHARE: usize = 200;

impl LogView {
    /// A view on the log of several containers.
    pub fn merged(merge: MergedLog, preferences: &LogOptions) -> Option<LogView> {
        let first = merge.voices.first()?;
        let mut view = LogView::new(first.id.clone(), &merge.title(), first.stream, preferences);
        view.merge = Some(Box::new(merge));
        Some(view)
    }

    /// True if a stream is one of its own.
    pub fn hears(&self, stream: StreamId) -> bool {
        match &self.merge {
            Some(merge) => merge.index(stream).is_some(),
            None => self.stream == stream,
        }
    }

    /// True if a stream is that of an older page of its own.
    pub fn hears_older(&self, stream: StreamId) -> bool {
        match &self.merge {
            Some(merge) => merge.pages.hear(stream),
            None => self.older.as_ref().is_some_and(|(older, _)| *older == stream),
        }
    }

    /// True while older pages are under way.
    pub fn is_loading_older(&self) -> bool {
        self.older.is_some() || self.merge.as_ref().is_some_and(|merge| merge.pages.are_under_way())
    }

    /// Columns that the names of several containers take, with the space behind them, in a pane of this width.
    pub fn gutter(&self, width: usize) -> usize {
        let most = match width {
            0..60 => 8,
            60..90 => 12,
            _ => 20,
        };
        self.merge.as_ref().map_or(0, |merge| merge.longest().min(most) + 1)
    }

    /// Takes what one of its streams brought.
    pub fn take_from(&mut self, stream: StreamId, chunk: StreamEvent) {
        // Put back below: a view is the log of several for as long as it lives.
        let Some(mut merge) = self.merge.take() else { return self.take(chunk) };
        if let Some(index) = merge.index(stream) {
            self.take_of(&mut merge, index, chunk);
        }
        self.merge = Some(merge);
        self.cut_to_whole(false);
    }

    fn take_of(&mut self, merge: &mut MergedLog, index: usize, chunk: StreamEvent) {
        let voice = &mut merge.voices[index];
        match LogEvent::of(chunk) {
            Some(LogEvent::State(state)) => voice.state = Some(state),
            Some(LogEvent::Partial(batch)) => voice.partial = Some(batch).filter(|batch| !batch.lines.is_empty()),
            Some(LogEvent::Lines(mut batch)) => {
                voice.partial = None;
                voice.state.get_or_insert(LogState::Following);
                // Places are bounded by the number of containers that a log may ever have had.
                batch.lines.iter_mut().for_each(|mark| mark.voice = index as u16);
                // Who has lost the newest lines opens all anew before he follows again.
                let whole_from = voice.count(&batch.lines).filter(|_| !self.detached);
                self.admit(merge, index, batch);
                if let Some(moment) = whole_from {
                    merge.whole_from = merge.whole_from.max(moment);
                    self.unreach_start(merge);
                }
            }
            Some(LogEvent::HistoryUntil(moment)) => voice.learn(moment),
            // Pages and searches have streams of their own.
            Some(LogEvent::NothingOlder | LogEvent::Searched(_)) | None => {}
        }
        self.show_unfinished(merge);
        let answered = |wanted: fn(&LogState) -> bool| merge.voices.iter().filter_map(|v| v.state.as_ref()).any(wanted);
        self.state = match () {
            () if answered(|state| *state == LogState::Following) => Some(LogState::Following),
            () if answered(|_| true) => Some(LogState::Waiting),
            () => None,
        };
    }

    /// One of its streams is over. Returns whose of several it was, and why.
    pub fn stream_ended(&mut self, stream: StreamId, problem: Option<Problem>) -> Option<(Id, Problem)> {
        let Some(merge) = &mut self.merge else {
            self.ended = problem;
            return None;
        };
        let index = merge.index(stream)?;
        let voice = &mut merge.voices[index];
        voice.over = Some(problem.clone());
        voice.partial = None;
        Some((voice.id.clone(), problem?))
    }

    /// The unfinished last lines of terminals, the newest of them.
    fn show_unfinished(&mut self, merge: &MergedLog) {
        let partials =
            merge.voices.iter().enumerate().filter_map(|(index, voice)| Some((index, voice.partial.as_ref()?)));
        let mut newest: Vec<(usize, &Batch)> = partials.collect();
        if newest.is_empty() {
            self.partial = None;
            return;
        }
        newest.sort_by_key(|(_, batch)| batch.lines.first().map(|mark| mark.at));
        let skipped = newest.len().saturating_sub(UNFINISHED);
        let mut all = Batch::default();
        for (index, batch) in newest.into_iter().skip(skipped) {
            for mark in &batch.lines {
                let start = all.bytes.len() as u32;
                all.bytes.extend_from_slice(batch.line(mark));
                all.lines.push(LineMark { start, voice: index as u16, ..*mark });
            }
        }
        self.partial = Some(all);
    }

    /// Lines of one container that came now.
    fn admit(&mut self, merge: &mut MergedLog, index: usize, batch: Batch) {
        let voice = &mut merge.voices[index];
        let (latest, told_from, told_before) = (voice.latest, voice.told_from, voice.told_before);
        let told = told_before.max(merge.whole_from);
        voice.latest = batch.lines.iter().fold(latest, |latest, mark| latest.max(mark.at));
        if self.detached {
            self.missed += batch.lines.len() as u64;
            return;
        }
        let Some(first) = batch.lines.first().map(|mark| mark.at.max(latest)) else { return };
        if first >= told && self.ring.newest().is_none_or(|newest| newest <= first) {
            // Nearly all come in their order.
            return self.weave(merge, batch, latest);
        }
        let keys = keys(&batch.lines, latest);
        let from = keys.partition_point(|key| *key < told);
        if self.ring.dropped() > 0 {
            self.ring.count_dropped(from);
        } else {
            // What pages have told is kept already.
            let [older, known] = [told_from, told_before].map(|told| keys.partition_point(|key| *key < told).min(from));
            self.set_aside(merge, &part(&batch, &batch.lines[..older.min(known)]));
            self.set_aside(merge, &part(&batch, &batch.lines[known..from]));
        }
        let latest = from.checked_sub(1).map_or(latest, |before| keys[before]);
        let rest = if from == 0 { batch } else { part(&batch, &batch.lines[from..]) };
        self.place(merge, Late { batch: rest, latest });
    }

    /// Puts lines where they belong, but for those that belong among what is being read: these wait.
    fn place(&mut self, merge: &mut MergedLog, late: Late) {
        let waiting: usize = merge.late.iter().map(|late| late.batch.bytes.len()).sum();
        let Some((from, to)) = self.being_read().filter(|_| waiting < LATE_BYTES) else {
            return self.weave(merge, late.batch, late.latest);
        };
        let keys = keys(&late.batch.lines, late.latest);
        let (from, to) = (keys.partition_point(|key| *key < from), keys.partition_point(|key| *key < to));
        let (from, to) = (from.min(to), to);
        let piece = |range: std::ops::Range<usize>| Late {
            latest: range.start.checked_sub(1).map_or(late.latest, |before| keys[before]),
            batch: part(&late.batch, &late.batch.lines[range]),
        };
        let (before, among, after) = (piece(0..from), piece(from..to), piece(to..keys.len()));
        self.weave(merge, before.batch, before.latest);
        self.weave(merge, after.batch, after.latest);
        merge.late.extend((!among.batch.lines.is_empty()).then_some(among));
    }

    /// The moments of the first and the last line on screen, while the reader holds still: a line whose time is the first's or
    /// later, and before the last's, would push what he reads.
    fn being_read(&self) -> Option<(Timestamp, Timestamp)> {
        let top = self.at_or_after(self.anchor?.line)?;
        let last = self.shown(top, i64::MAX).take(self.height.max(1)).last()?;
        let at = |line| self.line(line).map(|(mark, _)| mark.at);
        at(top).zip(at(last))
    }

    fn weave(&mut self, merge: &mut MergedLog, batch: Batch, latest: Timestamp) {
        let (keep, dropped) = (if self.follows() { 1 } else { 2 }, self.ring.dropped());
        let woven = self.ring.weave(batch, latest, keep);
        self.move_numbers(&woven);
        if self.ring.dropped() != dropped {
            self.unreach_start(merge);
            if let Some((oldest, _)) = self.ring.line(self.ring.first()) {
                merge.whole_from = merge.whole_from.max(oldest.at);
            }
        }
        self.keep_anchor();
    }

    /// Older lines are missing again: whoever may have some is asked again.
    fn unreach_start(&mut self, merge: &mut MergedLog) {
        self.at_start = false;
        merge.voices.iter_mut().for_each(|voice| voice.at_start = false);
    }

    /// Keeps lines that are not shown yet: an engine that is asked for them later may have lost them, with their container.
    fn set_aside(&mut self, merge: &mut MergedLog, batch: &Batch) {
        let gone = merge.aside.put(batch, self.ring.limit());
        self.ring.count_dropped(gone);
    }

    /// Gives each line that is remembered another number.
    pub(in crate::app) fn each_place(&mut self, moved: impl Fn(i64) -> i64) {
        let anchors = self.anchor.iter_mut().chain(self.gone_to.iter_mut().map(|(_, anchor)| anchor));
        anchors.for_each(|anchor| anchor.line = moved(anchor.line));
        let cursor = self.cursor.iter_mut().flat_map(|cursor| [Some(&mut cursor.line), cursor.from.as_mut()]).flatten();
        let press = self.press.iter_mut().map(|press| &mut press.line);
        let lines = self.gone_to.iter_mut().map(|(line, _)| line).chain(&mut self.hit).chain(cursor).chain(press);
        lines.for_each(|line| *line = moved(*line));
    }

    /// Lines have another number: whoever remembers one remembers the new one.
    fn move_numbers(&mut self, woven: &Inserted) {
        self.follow_insertion(woven);
    }

    /// Takes lines out before which some are missing; not while they are read, unless `now`.
    fn cut_to_whole(&mut self, now: bool) {
        let Some(mut merge) = self.merge.take() else { return };
        self.cut_before(&mut merge, now);
        self.merge = Some(merge);
    }

    fn cut_before(&mut self, merge: &mut MergedLog, now: bool) {
        let whole_from = merge.whole_from;
        let oldest = self.ring.line(self.ring.first()).map(|(mark, _)| mark.at);
        if oldest.is_none_or(|oldest| oldest >= whole_from) {
            return;
        }
        let place = self.ring.at_time(whole_from);
        if now || self.anchor.is_none_or(|anchor| anchor.line >= place) {
            for batch in self.ring.cut_before(place) {
                self.set_aside(merge, &batch);
            }
            self.keep_anchor();
        }
    }

    /// The pane has so many rows, and the reader may look elsewhere now: what waited for that goes to its place.
    pub fn fit(&mut self, height: usize) {
        self.height = height;
        self.look();
        let Some(mut merge) = self.merge.take() else { return };
        if !merge.late.is_empty() && merge.late_for != self.anchor {
            for late in std::mem::take(&mut merge.late) {
                self.place(&mut merge, late);
            }
        }
        merge.late_for = self.anchor;
        self.merge = Some(merge);
        self.cut_to_whole(false);
    }

    /// A round of pages: of each container of which there may be older lines, those before the moment from which on all is there.
    pub(super) fn merged_pages(&mut self, preferences: &LogOptions) -> Vec<Source> {
        if self.at_start || self.is_loading_older() || self.filters.are_on() {
            return Vec::new();
        }
        let seams = self.merged_seams();
        let Some(merge) = &mut self.merge else { return Vec::new() };
        let before = merge.whole_from;
        let mut known = vec![0usize; merge.voices.len()];
        for mark in self.ring.marks() {
            known.get_mut(usize::from(mark.voice)).into_iter().for_each(|all| *all += 1);
        }
        // What was dropped or never loaded at the new end lies after `before` too.
        let unknown = if merge.is_part { FAR_BACK } else { 0 };
        let beyond =
            self.missed as usize + preferences.tail.min(64) + unknown + if self.detached { self.ring.len() } else { 0 };
        let lines =
            (self.page_lines / merge.voices.iter().filter(|voice| voice.may_tell()).count().max(1)).max(PAGE_SHARE);
        let wanted: VecDeque<(usize, Source)> = seams
            .into_iter()
            .map(|Seam { voice, id, before, known_at_before }| {
                (voice, Source::OlderLogs { id, before, known: known[voice] + beyond, known_at_before, lines })
            })
            .collect();
        let nobody = wanted.is_empty();
        merge.pages.begin(before, wanted);
        if nobody {
            return self.end_round(preferences);
        }
        merge.pages.next()
    }

    /// Where the lines begin that are shown of each container of which there may be older ones: from now on somebody else tells
    /// what is older.
    pub(in crate::app::panes::log) fn merged_seams(&mut self) -> Vec<Seam> {
        self.cut_to_whole(true);
        let Some(first) = self.ring.line(self.ring.first()).map(|(mark, _)| mark.at) else { return Vec::new() };
        let Some(merge) = &mut self.merge else { return Vec::new() };
        let before = if merge.whole_from > Timestamp(i64::MIN) { merge.whole_from } else { first };
        merge.whole_from = before;
        let mut known_at = vec![0usize; merge.voices.len()];
        for mark in self.ring.marks().filter(|mark| mark.at == before) {
            known_at.get_mut(usize::from(mark.voice)).into_iter().for_each(|known| *known += 1);
        }
        let is_complete = self.ring.dropped() == 0;
        let seam = |(voice, one): (usize, &LogSource)| {
            // What is of the seam's own moment may still come of its stream: what is older ends before it.
            let is_late = is_complete && one.latest < before;
            let (before, known_at_before) =
                if is_late { (Timestamp(before.0 - 1), 0) } else { (before, known_at[voice]) };
            Seam { voice, id: one.id.clone(), before, known_at_before }
        };
        merge.voices.iter().enumerate().filter(|(_, voice)| voice.may_tell()).map(seam).collect()
    }

    /// A page of one container is complete.
    pub(super) fn merged_page_done(&mut self, stream: StreamId, preferences: &LogOptions) -> Vec<Source> {
        let Some(merge) = &mut self.merge else { return Vec::new() };
        if !merge.pages.done(stream) {
            return merge.pages.next();
        }
        self.end_round(preferences)
    }

    /// All pages of a round are there: they go in front, with what is kept of those who cannot be asked.
    fn end_round(&mut self, preferences: &LogOptions) -> Vec<Source> {
        let Some(merge) = &mut self.merge else { return Vec::new() };
        let (before, asked) = (merge.pages.before, merge.pages.asked());
        if before != merge.whole_from {
            // Lines fell off meanwhile: it no longer fits on.
            merge.pages = Pages::default();
            return self.wanted.map(|_| self.older_pages(preferences)).unwrap_or_default();
        }
        // Who was asked has told it again, in so far as his page goes back.
        let mut of_others = merge.aside.take_from(merge.pages.whole_from());
        of_others.retain(|(voice, _)| !asked.contains(voice));
        let mut round = merge.pages.finish(of_others);
        for (voice, oldest) in round.oldest.iter().filter(|(voice, _)| asked.contains(voice)) {
            let told = &mut merge.voices[*voice].told_from;
            *told = (*told).min(oldest.unwrap_or(before));
            merge.aside.forget(*voice, oldest.unwrap_or(before));
        }
        let rest = std::mem::take(&mut round.rest);
        let gone: usize = rest.iter().map(|batch| merge.aside.put(batch, self.ring.limit())).sum();
        self.ring.count_dropped(gone);
        for index in asked {
            let voice = &mut merge.voices[index];
            voice.told_before = voice.told_before.max(before);
            voice.at_start = round.at_start.contains(&index);
        }
        self.at_start = round.whole_from.is_none();
        merge.whole_from = round.whole_from.unwrap_or(Timestamp(i64::MIN));
        self.put_in_front(round.pieces);
        self.after_page(preferences)
    }
}

#[cfg(test)]
mod tests;
