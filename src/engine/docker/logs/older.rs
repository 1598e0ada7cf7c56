//! A page of older lines: scrolling back to the first line that the engine holds (row L1).
//!
//! The engine is asked for so many of its latest lines that the page should be among them. Where the page ends, at the *seam*, is
//! told by the oldest known line: the page is what was written before it, whatever its stamp. To spare the known lines,
//! the engine is asked to stop soon after the seam's moment; an engine stops at the first line that is later, so where its clock
//! was set back it stops before the seam, and is asked again for all.

use super::demux::Demux;
use super::{check, has_tty, lines_of, problem};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::body_fault;
use crate::engine::rfc3339;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Batch, Id, LineMark, Problem, Stream, StreamEvent, Timestamp};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::time::Duration;

/// Lines are sent in pieces of about this many bytes.
const PIECE: usize = 256 * 1024;
/// The longest page, bytes of text: a page is bounded by what it weighs, not only by its count of lines.
const PAGE_BYTES: usize = 8 << 20;
/// Seconds by which the end of a log may lie ahead of the clock.
const LATER: f64 = 3600.0;
/// A page's stream that is silent for this long has failed.
const SILENCE: Duration = Duration::from_secs(30);

/// The page to read.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Time of the oldest line known.
    pub before: Timestamp,
    /// Lines known from there on.
    pub known: usize,
    /// How many of them carry exactly that time; none: the page ends where lines are later than that time.
    pub known_at_before: usize,
    /// Lines wanted.
    pub lines: usize,
}

impl Page {
    /// What is later than this comes after the seam.
    fn last(&self) -> Timestamp {
        let leeway = if self.known_at_before > 0 { self.before.leeway() } else { 0 };
        Timestamp(self.before.0.saturating_add(leeway))
    }
}

/// Reads the page and sends it. `Ok(None)` is its ordinary end; no lines at all means that there are none before, as does
/// [`StreamEvent::NothingOlder`].
pub async fn run(shared: &Shared, outlet: &StreamSink, id: &Id, page: Page) -> Result<Option<Problem>, StreamClosed> {
    if let Err(problem) = check(id) {
        return Ok(Some(problem));
    }
    match find(shared, id, page).await {
        Ok(kept) => {
            let is_last = kept.is_short(page);
            send(outlet, kept).await?;
            if is_last {
                outlet.chunk(StreamEvent::NothingOlder).await?;
            }
            Ok(None)
        }
        Err(fault) => {
            if fault.is_loss() {
                shared.wakeups.suspect.notify_one();
            }
            Ok(Some(problem(shared, id, &fault)))
        }
    }
}

/// Asks until the page is whole, or all that the engine holds was asked for.
async fn find(shared: &Shared, id: &Id, page: Page) -> Result<Kept, EngineError> {
    let mut question = Question::first(page);
    loop {
        let kept = read(shared, id, page, question).await?;
        match question.next(&kept, page) {
            Some(next) => question = next,
            None => return Ok(kept),
        }
    }
}

/// The question to the engine for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Question {
    /// For so many of the latest lines; none: all.
    tail: Option<usize>,
    /// True if it stops soon after the seam.
    stops: bool,
}

impl Question {
    fn first(page: Page) -> Question {
        Question { tail: Some(page.known.saturating_add(page.lines)), stops: page.before.is_known() }
    }

    /// What is asked after this came; none where that is the page.
    fn next(self, kept: &Kept, page: Page) -> Option<Question> {
        let has_seam = kept.has_seam(page);
        if self.stops && !has_seam {
            return Some(Question { stops: false, ..self });
        }
        if has_seam && !kept.is_short(page) {
            return None;
        }
        // It may be short because there is nothing older, or because lines that came since the caller counted push the page out
        // of the asked range; the third question asks for all.
        let wanted = page.known.saturating_add(page.lines);
        let farther = if self.tail? == wanted { Some(wanted.saturating_mul(4)) } else { None };
        Some(Question { tail: farther, ..self })
    }
}

async fn read(shared: &Shared, id: &Id, page: Page, question: Question) -> Result<Kept, EngineError> {
    let way = shared.line.borrow().way.clone();
    let Some((transport, _)) = way else { return Err(EngineError::Cut("not connected".into())) };
    let tty = has_tty(shared, id).await?;
    let tail = question.tail.map_or_else(|| "all".to_string(), |tail| tail.to_string());
    let until = if question.stops { format!("&until={}", rfc3339::query(page.last())) } else { String::new() };
    let raw = id.raw();
    let path = format!("/containers/{raw}/logs?follow=0&stdout=1&stderr=1&timestamps=1&tail={tail}{until}");
    // Raw: decoder, since.
    let mut body = transport.stream(&path).await?.into_body();
    let (mut demux, mut lines) = (Demux::new(tty), lines_of(shared, tty));
    let (mut kept, mut seam) = (Kept::default(), Seam::default());
    loop {
        let frame = tokio::time::timeout(SILENCE, body.frame()).await.map_err(|_| EngineError::Slow(SILENCE))?;
        let Some(frame) = frame else { break };
        let Ok(bytes) = frame.map_err(|error| body_fault(&error))?.into_data() else { continue };
        let mut wanted = |at: Timestamp, _: Stream, _: &[u8]| !seam.is_past(at, page);
        demux.feed(&bytes, |piece| lines.piece(piece, &mut wanted))?;
        kept.take(&mut lines.batch, page);
        if seam.over {
            break;
        }
    }
    lines.finish(&mut |at: Timestamp, _: Stream, _: &[u8]| !seam.is_past(at, page));
    kept.take(&mut lines.batch, page);
    kept.end(page);
    Ok(kept)
}

/// Notices when all that belongs to a page has come.
#[derive(Debug, Default)]
struct Seam {
    /// Lines of the seam's own moment that came.
    met: usize,
    over: bool,
}

impl Seam {
    /// True from the first line on that comes after the seam; not every engine heeds `until`.
    fn is_past(&mut self, at: Timestamp, page: Page) -> bool {
        self.met += usize::from(at == page.before);
        self.over |= self.met >= page.known_at_before && at > page.last();
        self.over
    }
}

/// The last lines before the seam, in whole batches.
#[derive(Debug, Default)]
struct Kept {
    batches: VecDeque<Batch>,
    lines: VecDeque<(usize, LineMark)>,
    /// Bytes of text of these lines.
    bytes: usize,
    /// Lines from the first on that may be the oldest known one.
    known: VecDeque<(usize, LineMark)>,
    /// How many of them carry the seam's own time.
    met: usize,
    /// The number of the first batch that is still held.
    first: usize,
    /// There were older ones that are not held.
    is_full: bool,
}

impl Kept {
    fn take(&mut self, batch: &mut Batch, page: Page) {
        if batch.lines.is_empty() {
            return;
        }
        let batch = std::mem::take(batch);
        let number = self.first + self.batches.len();
        for mark in &batch.lines {
            self.met += usize::from(mark.at == page.before);
            self.known.push_back((number, *mark));
            self.pass_on(page);
        }
        self.batches.push_back(batch);
        self.drop_oldest(page);
        let oldest = self.lines.front().or(self.known.front()).map_or(number, |(number, _)| *number);
        while self.first < oldest && self.batches.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// What stands before as many lines of the seam's time as are known is older.
    fn pass_on(&mut self, page: Page) {
        while let Some((_, mark)) = self.known.front() {
            let is_of_seam = mark.at == page.before;
            if is_of_seam && self.met <= page.known_at_before {
                return;
            }
            self.met -= usize::from(is_of_seam);
            self.bytes += mark.len as usize;
            self.lines.extend(self.known.pop_front());
        }
    }

    fn drop_oldest(&mut self, page: Page) {
        while self.lines.len() > page.lines || (self.bytes > PAGE_BYTES && self.lines.len() > 1) {
            let Some((_, mark)) = self.lines.pop_front() else { break };
            self.bytes -= mark.len as usize;
            self.is_full = true;
        }
    }

    /// All has come. Where the seam is not whole, the engine has dropped the oldest known line, and all before it.
    fn end(&mut self, page: Page) {
        if !self.has_seam(page) {
            self.lines.clear();
            self.is_full = false;
        }
    }

    /// True if all came of what carries the seam's time and is known.
    fn has_seam(&self, page: Page) -> bool {
        self.met == page.known_at_before
    }

    /// True if it holds all that came, and fewer lines than were wanted.
    fn is_short(&self, page: Page) -> bool {
        !self.is_full && self.lines.len() < page.lines
    }
}

async fn send(outlet: &StreamSink, kept: Kept) -> Result<(), StreamClosed> {
    for piece in pieces(&kept) {
        outlet.chunk(StreamEvent::Lines(piece)).await?;
    }
    Ok(())
}

/// The lines that were kept, in pieces.
fn pieces(kept: &Kept) -> impl Iterator<Item = Batch> {
    let mut lines = kept.lines.iter();
    std::iter::from_fn(move || {
        let mut piece = Batch::default();
        for (number, mark) in lines.by_ref() {
            let Some(batch) = kept.batches.get(number - kept.first) else { continue };
            let start = piece.bytes.len() as u32;
            piece.bytes.extend_from_slice(batch.line(mark));
            piece.lines.push(LineMark { start, ..*mark });
            if piece.bytes.len() >= PIECE {
                return Some(piece);
            }
        }
        (!piece.lines.is_empty()).then_some(piece)
    })
}

/// The last lines of a log up to `at`, by the engine's clock, and whether there are older ones.
pub async fn last(shared: &Shared, id: &Id, at: Timestamp, lines: usize) -> Result<(Vec<Batch>, bool), EngineError> {
    // What is written while this is read comes too.
    let page = Page { before: at.plus_seconds(LATER), known: 0, known_at_before: 0, lines };
    let kept = find(shared, id, page).await?;
    Ok((pieces(&kept).collect(), !kept.is_short(page)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_is_bounded_by_its_bytes_and_keeps_the_newest() {
        let page = Page { before: Timestamp(100), known: 0, known_at_before: 0, lines: 2000 };
        let mut kept = Kept::default();
        for at in 1..=20i64 {
            let len = if at == 20 { 2 * PAGE_BYTES as u32 } else { PAGE_BYTES as u32 / 8 };
            let mark = LineMark { len, at: Timestamp(at), ..LineMark::default() };
            let mut batch = Batch { bytes: vec![b'x'; 10], lines: vec![mark] };
            kept.take(&mut batch, page);
            let oldest = kept.lines.front().map(|(_, mark)| mark.at.0);
            assert_eq!(oldest, Some(if at == 20 { 20 } else { (at - 7).max(1) }));
            assert_eq!(kept.batches.len(), kept.lines.len());
        }
    }

    /// What Docker answers of a log of stamps, each line's text being its place: the latest lines, then those up to the first
    /// that is later than `until`.
    fn answer(log: &[i64], from: usize, page: Page, question: Question) -> Kept {
        let (mut kept, mut seam) = (Kept::default(), Seam::default());
        let first = from.max(question.tail.map_or(0, |tail| log.len().saturating_sub(tail)));
        let until = if question.stops { page.last().0 } else { i64::MAX };
        for (place, at) in log.iter().enumerate().skip(first).take_while(|(_, at)| **at <= until) {
            if seam.is_past(Timestamp(*at), page) {
                break;
            }
            // The place stands where a text would.
            let mark = LineMark { len: place as u32, at: Timestamp(*at), ..LineMark::default() };
            kept.take(&mut Batch { bytes: Vec::new(), lines: vec![mark] }, page);
        }
        kept.end(page);
        kept
    }

    /// The page before the lines from `oldest` on, as it is found.
    fn older(log: &[i64], from: usize, oldest: usize, lines: usize) -> Vec<usize> {
        let (before, leeway) = (log[oldest], Timestamp(log[oldest]).leeway());
        let near = log[oldest..].iter().take_while(|at| **at <= before + leeway);
        let known_at_before = near.filter(|at| **at == before).count();
        let page = Page { before: Timestamp(before), known: log.len() - oldest, known_at_before, lines };
        let mut question = Question::first(page);
        loop {
            let kept = answer(log, from, page, question);
            match question.next(&kept, page) {
                Some(next) => question = next,
                None => return kept.lines.iter().map(|(_, mark)| mark.len as usize).collect(),
            }
        }
    }

    proptest! {
        /// Whatever the stamps, wherever the known lines begin, and whatever rotation drops meanwhile: pages go back to the first
        /// line without a gap, nothing twice.
        #[test]
        fn pages_go_back_to_the_first_line(
            log in super::super::resume::tests::stamps(),
            known in 1usize..40,
            lines in 1usize..30,
            dropped in proptest::collection::vec(0usize..4, 0..8),
        ) {
            prop_assume!(!log.is_empty());
            let mut oldest = log.len().saturating_sub(known);
            let (mut from, mut dropped) = (0, dropped.into_iter());
            for _ in 0..=log.len() {
                from = (from + dropped.next().unwrap_or(0)).min(log.len() - 1);
                let page = older(&log, from, oldest, lines);
                let first = oldest.saturating_sub(lines).max(from).min(oldest);
                prop_assert_eq!(&page, &(first..oldest).collect::<Vec<_>>());
                if page.is_empty() {
                    prop_assert!(oldest <= from);
                    return Ok(());
                }
                oldest = first;
            }
        }
    }
}
