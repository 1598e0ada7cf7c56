//! A page of older lines: scrolling back to the first line that the engine holds (row L1).

use super::demux::Demux;
use super::lines::Lines;
use super::{check, has_tty, problem};
use crate::model::{Batch, Chunk, Id, LineMark, Moment, Problem, Stream};
use crate::store::fault::Fault;
use crate::store::transport::body_fault;
use crate::store::wires::{Closed, Outlet};
use crate::store::{Hub, stamp};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::time::Duration;

/// Lines are sent in pieces of about this many bytes.
const PIECE: usize = 256 * 1024;
/// The longest page, bytes of text: a page is bounded by what it weighs, not only by its count of lines.
const PAGE_BYTES: usize = 8 << 20;
/// A page's stream that is silent for this long has failed.
const SILENCE: Duration = Duration::from_secs(30);

/// Which page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Time of the oldest line known.
    pub before: Moment,
    /// Lines known from there on.
    pub known: usize,
    /// How many of them carry exactly that time.
    pub known_at_before: usize,
    /// Lines wanted.
    pub lines: usize,
}

/// Reads the page and sends it. `Ok(None)` is its ordinary end; no lines at all means that there are none before, as does
/// [`Chunk::NothingOlder`].
pub async fn run(hub: &Hub, outlet: &Outlet, id: &Id, page: Page) -> Result<Option<Problem>, Closed> {
    if let Err(problem) = check(hub, id) {
        return Ok(Some(problem));
    }
    // Lines that came since the caller counted push the page out of the asked range; the third question asks for all.
    let wanted = page.known.saturating_add(page.lines);
    for tail in [Some(wanted), Some(wanted.saturating_mul(4)), None] {
        match read(hub, id, page, tail).await {
            // It may be short because there is nothing older, or because the count from the end did not reach further.
            Ok(kept) if kept.is_short(page) && tail.is_some() => {}
            Ok(kept) => {
                let is_last = kept.is_short(page);
                send(outlet, kept).await?;
                if is_last {
                    outlet.chunk(Chunk::NothingOlder).await?;
                }
                return Ok(None);
            }
            Err(fault) => {
                if fault.is_loss() {
                    hub.nudges.suspect.notify_one();
                }
                return Ok(Some(problem(hub, id, &fault)));
            }
        }
    }
    Ok(None)
}

async fn read(hub: &Hub, id: &Id, page: Page, tail: Option<usize>) -> Result<Kept, Fault> {
    let way = hub.line.borrow().way.clone();
    let Some((transport, _)) = way else { return Err(Fault::Cut("not connected".into())) };
    let tty = has_tty(hub, id).await?;
    let tail = tail.map_or_else(|| "all".to_string(), |tail| tail.to_string());
    let until = stamp::query(page.before);
    let raw = id.raw();
    let path = format!("/containers/{raw}/logs?follow=0&stdout=1&stderr=1&timestamps=1&tail={tail}&until={until}");
    let mut body = transport.stream(&path).await?.into_body();
    let (mut demux, mut lines) = (Demux::new(tty), Lines::new(tty));
    let mut kept = Kept::default();
    let mut over = false;
    loop {
        let frame = tokio::time::timeout(SILENCE, body.frame()).await.map_err(|_| Fault::Slow(SILENCE))?;
        let Some(frame) = frame else { break };
        let Ok(bytes) = frame.map_err(|error| body_fault(&error))?.into_data() else { continue };
        // Not every engine heeds `until`.
        let mut wanted = |at: Moment, _: Stream, _: &[u8]| {
            over |= at > page.before;
            !over
        };
        demux.feed(&bytes, |piece| lines.piece(piece, &mut wanted))?;
        kept.take(&mut lines.batch, page);
        if over {
            break;
        }
    }
    if !over {
        lines.finish(&mut |at: Moment, _: Stream, _: &[u8]| at <= page.before);
        kept.take(&mut lines.batch, page);
    }
    kept.cut_seam(page);
    Ok(kept)
}

/// The last lines before the seam, in whole batches.
#[derive(Debug, Default)]
struct Kept {
    batches: VecDeque<Batch>,
    lines: VecDeque<(usize, LineMark)>,
    /// Bytes of text of these lines.
    bytes: usize,
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
        self.bytes += batch.lines.iter().map(|mark| mark.len as usize).sum::<usize>();
        self.lines.extend(batch.lines.iter().map(|mark| (number, *mark)));
        self.batches.push_back(batch);
        // Those at the seam itself are sorted out when all have come.
        let most = page.lines.saturating_add(page.known_at_before);
        while self.lines.len() > most || (self.bytes > PAGE_BYTES && self.lines.len() > page.known_at_before + 1) {
            let Some((_, mark)) = self.lines.pop_front() else { break };
            self.bytes -= mark.len as usize;
            self.is_full = true;
        }
        let oldest = self.lines.front().map_or(number, |(number, _)| *number);
        while self.first < oldest && self.batches.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// Leaves out the known lines that carry the seam's own time, and what is more than was wanted.
    fn cut_seam(&mut self, page: Page) {
        let mut known = page.known_at_before;
        while known > 0 && self.lines.back().is_some_and(|(_, mark)| mark.at == page.before) {
            self.lines.pop_back();
            known -= 1;
        }
        while self.lines.len() > page.lines {
            self.lines.pop_front();
            self.is_full = true;
        }
    }

    /// True if it holds all that came, and fewer lines than were wanted.
    fn is_short(&self, page: Page) -> bool {
        !self.is_full && self.lines.len() < page.lines
    }
}

async fn send(outlet: &Outlet, kept: Kept) -> Result<(), Closed> {
    let mut piece = Batch::default();
    for (number, mark) in &kept.lines {
        let Some(batch) = kept.batches.get(number - kept.first) else { continue };
        let start = piece.bytes.len() as u32;
        piece.bytes.extend_from_slice(batch.line(mark));
        piece.lines.push(LineMark { start, ..*mark });
        if piece.bytes.len() >= PIECE {
            outlet.chunk(Chunk::Lines(std::mem::take(&mut piece))).await?;
        }
    }
    if piece.lines.is_empty() { Ok(()) } else { outlet.chunk(Chunk::Lines(piece)).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded_by_its_bytes_and_keeps_the_newest() {
        let page = Page { before: Moment(100), known: 0, known_at_before: 0, lines: 2000 };
        let mut kept = Kept::default();
        for at in 1..=20i64 {
            let len = if at == 20 { 2 * PAGE_BYTES as u32 } else { PAGE_BYTES as u32 / 8 };
            let mark = LineMark { len, at: Moment(at), ..LineMark::default() };
            let mut batch = Batch { bytes: vec![b'x'; 10], lines: vec![mark] };
            kept.take(&mut batch, page);
            let oldest = kept.lines.front().map(|(_, mark)| mark.at.0);
            assert_eq!(oldest, Some(if at == 20 { 20 } else { (at - 7).max(1) }));
            assert_eq!(kept.batches.len(), kept.lines.len());
        }
    }
}
