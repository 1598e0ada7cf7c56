//! A search through all that the engine holds of a log, and the lines from a moment on: one answer of the engine, read from its
//! first line to where the search ends.
//!
//! The engine is what bounds the speed: it writes each line by itself. So its answer is read in large portions, without the
//! framing of chunks, with a short rest between two of them: the engine then wakes nobody for each line, and works twice as
//! fast. A thread of its own looks at the lines, where they lie: what does not pass the filters is never copied.

use super::demux::{Demux, Garbled};
use super::lines::Lines;
use super::sieve::{Bound, Reached, Sieve};
use super::{check, has_tty, lines_of, problem};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::body_fault;
use crate::engine::rfc3339;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Id, LogFilters, Problem, Stream, StreamEvent, Timestamp};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// What was found is sent when it has this many bytes, and whenever nothing more is ready.
const BATCH_BYTES: usize = 256 * 1024;
/// Between two words on how far it is.
const PACE: Duration = Duration::from_millis(200);
/// The rest between two portions of the answer: less than it takes an engine to fill the buffer of a local socket.
const REST: Duration = Duration::from_micros(200);
/// A portion has at most about so many bytes; after one there is no rest: it is the engine that waits.
const PORTION: usize = 128 * 1024;
/// A smaller piece is the last that has come: what follows comes line by line.
const SMALL: usize = 4 * 1024;
/// After so much silence it is asked whether the engine is there: it may be reading what is not wanted.
const SILENCE: Duration = Duration::from_secs(30);
/// For the question for the last line.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be told of a log.
#[derive(Debug, Clone)]
pub struct Scan {
    /// What lines must hold.
    pub filters: Arc<LogFilters>,
    /// Lines that were stamped before are left out.
    pub since: Option<Timestamp>,
    /// Of so many of the latest lines.
    pub tail: Option<usize>,
    /// Where it ends.
    pub bound: Bound,
    /// Lines at most.
    pub most: usize,
    /// It is told how far it is.
    pub reports: bool,
}

impl Scan {
    /// The first lines from a moment on.
    pub fn from(moment: Timestamp, most: usize) -> Scan {
        let since = Some(moment);
        Scan { filters: Arc::default(), since, tail: None, bound: Bound::End, most, reports: false }
    }

    fn sieve(&self) -> Sieve {
        Sieve::new(self.filters.clone(), self.since, self.bound, self.most as u64)
    }
}

/// Why a search ended before its end.
enum End {
    Closed,
    Fault(EngineError),
}

impl From<StreamClosed> for End {
    fn from(_: StreamClosed) -> Self {
        End::Closed
    }
}

impl From<EngineError> for End {
    fn from(fault: EngineError) -> Self {
        End::Fault(fault)
    }
}

/// Reads and tells. `Ok(None)` is its ordinary end.
pub async fn run(shared: &Shared, outlet: &StreamSink, id: &Id, scan: Scan) -> Result<Option<Problem>, StreamClosed> {
    if let Err(problem) = check(id) {
        return Ok(Some(problem));
    }
    let search = Search { shared, outlet, id, scan };
    match search.whole().await {
        Ok(()) => Ok(None),
        Err(End::Closed) => Err(StreamClosed),
        Err(End::Fault(fault)) => {
            if fault.is_loss() {
                shared.wakeups.suspect.notify_one();
            }
            Ok(Some(problem(shared, id, &fault)))
        }
    }
}

struct Search<'a> {
    shared: &'a Shared,
    outlet: &'a StreamSink,
    id: &'a Id,
    scan: Scan,
}

impl Search<'_> {
    async fn whole(&self) -> Result<(), End> {
        let tty = has_tty(self.shared, self.id).await?;
        let sieve = match self.scan.bound {
            Bound::Seam(..) => self.scan.sieve(),
            // Without a seam, only its last line tells that an answer is whole.
            Bound::Until(_) | Bound::End => self.scan.sieve().ending_at(self.last(tty).await?),
        };
        let read = self.read(tty, sieve, self.scan.reports).await?;
        match read.reached() {
            Reached::All => Ok(()),
            Reached::NotTheEnd => Err(cut_off().into()),
            Reached::NotTheSeam => self.again(tty, &read).await,
        }
    }

    /// Where the seam has not come, the answer was cut off, the engine's clock was set back, or the engine has dropped the oldest
    /// loaded line and all before it. In the last case there is nothing to tell.
    async fn again(&self, tty: bool, read: &Sieve) -> Result<(), End> {
        let looked = self.read(tty, self.scan.sieve().only_looking_for_the_seam(), false).await?;
        if looked.reached() == Reached::NotTheSeam {
            return Ok(());
        }
        let read = self.read(tty, self.scan.sieve().after(read), self.scan.reports).await?;
        if read.reached() == Reached::All { Ok(()) } else { Err(cut_off().into()) }
    }

    /// The stamp of the last line that the engine holds.
    async fn last(&self, tty: bool) -> Result<Option<Timestamp>, EngineError> {
        let way = self.shared.line.borrow().way.clone();
        let Some((transport, _)) = way else { return Err(EngineError::Cut("not connected".into())) };
        let path = format!("/containers/{}/logs?stdout=1&stderr=1&timestamps=1&tail=1", self.id.raw());
        // Raw: decoder.
        let answer = transport.get_within(&path, PATIENCE).await?;
        let mut last = None;
        let mut look = |at: Timestamp, _: Stream, _: &[u8]| {
            last = Some(at);
            false
        };
        let mut lines = lines_of(self.shared, tty);
        Demux::new(tty).feed(&answer, |piece| lines.piece(piece, &mut look))?;
        lines.finish(&mut look);
        Ok(last)
    }

    async fn open(&self, tty: bool) -> Result<Incoming, EngineError> {
        let way = self.shared.line.borrow().way.clone();
        let Some((transport, _)) = way else { return Err(EngineError::Cut("not connected".into())) };
        let since = self.scan.since.map(|since| format!("&since={}", rfc3339::query(since))).unwrap_or_default();
        let tail = self.scan.tail.map(|tail| format!("&tail={tail}")).unwrap_or_default();
        let path = format!("/containers/{}/logs?stdout=1&stderr=1&timestamps=1{since}{tail}", self.id.raw());
        // Raw: decoder, since. A terminal's messages are told apart by the chunks that they come in.
        let answer = if tty { transport.stream(&path).await? } else { transport.stream_in_bulk(&path).await? };
        Ok(answer.into_body())
    }

    /// Reads the log once, and gives back what has read it.
    async fn read(&self, tty: bool, sieve: Sieve, reports: bool) -> Result<Sieve, End> {
        let body = self.open(tty).await?;
        let (portions, taken) = mpsc::channel(4);
        let (events, mut told) = mpsc::channel(1);
        let (done, ended) = oneshot::channel();
        let reader = Reader { demux: Demux::new(tty), lines: lines_of(self.shared, tty), sieve, events, reports };
        let thread = std::thread::Builder::new().name("bowline-search".into());
        let begun = thread.spawn(move || {
            // Nobody waits any more when the stream was closed.
            drop(done.send(reader.run(taken)));
        });
        begun.map_err(|error| EngineError::Cut(format!("no thread for the search: {error}")))?;
        let pass_on = async {
            while let Some(event) = told.recv().await {
                self.outlet.chunk(event).await?;
            }
            Ok::<(), StreamClosed>(())
        };
        let (pumped, passed_on) = tokio::join!(self.pump(body, portions), pass_on);
        passed_on?;
        pumped?;
        ended
            .await
            .map_err(|_| EngineError::Cut("bowline's own reader failed".into()))?
            .map_err(|why| End::Fault(why.into()))
    }

    /// Hands the answer on until its end, or until no more is wanted. Rests on the thread of all streams: what would wake them for
    /// each line are the lines themselves, and so short a rest is felt by nobody.
    async fn pump(&self, mut body: Incoming, portions: mpsc::Sender<Bytes>) -> Result<(), EngineError> {
        loop {
            let frame = match tokio::time::timeout(SILENCE, body.frame()).await {
                Ok(Some(frame)) => frame.map_err(|error| body_fault(&error))?,
                Ok(None) => return Ok(()),
                Err(_) if self.shared.line.borrow().up => continue,
                Err(_) => return Err(EngineError::Slow(SILENCE)),
            };
            let Ok(first) = frame.into_data() else { continue };
            let (portion, is_large) = gather(&mut body, first).await?;
            if portions.send(portion).await.is_err() {
                return Ok(());
            }
            if !is_large {
                std::thread::sleep(REST);
            }
        }
    }
}

/// Whatever has come with a piece of an answer; true if there may be more.
async fn gather(body: &mut Incoming, first: Bytes) -> Result<(Bytes, bool), EngineError> {
    let mut last = first.len();
    let mut portion = BytesMut::from(first);
    while portion.len() < PORTION && last >= SMALL {
        // The connection reads on when it has its turn.
        tokio::task::yield_now().await;
        match body.frame().now_or_never() {
            Some(Some(frame)) => {
                let data = frame.map_err(|error| body_fault(&error))?.into_data().unwrap_or_default();
                last = data.len();
                portion.extend_from_slice(&data);
            }
            Some(None) | None => return Ok((portion.freeze(), false)),
        }
    }
    Ok((portion.freeze(), last >= SMALL))
}

fn cut_off() -> EngineError {
    EngineError::Cut("the answer ended before the log did".into())
}

/// Takes an answer apart, on a thread of its own.
struct Reader {
    demux: Demux,
    lines: Lines,
    sieve: Sieve,
    events: mpsc::Sender<StreamEvent>,
    reports: bool,
}

impl Reader {
    fn run(mut self, mut portions: mpsc::Receiver<Bytes>) -> Result<Sieve, Garbled> {
        let mut due = Instant::now() + PACE;
        let mut next = portions.blocking_recv();
        while let Some(portion) = next {
            self.feed(&portion)?;
            if self.sieve.is_over {
                break;
            }
            // Nothing ready, or the end: what was found is told first, then `blocking_recv` knows which.
            next = portions.try_recv().ok();
            let told =
                if next.is_none() || self.sieve.found.kept.bytes.len() >= BATCH_BYTES { self.tell() } else { true };
            if !told || !self.report(&mut due) {
                return Ok(self.sieve);
            }
            if next.is_none() {
                next = portions.blocking_recv();
            }
        }
        self.end(portions);
        Ok(self.sieve)
    }

    fn feed(&mut self, portion: &[u8]) -> Result<(), Garbled> {
        let Self { demux, lines, sieve, .. } = self;
        demux.feed(portion, |piece| lines.piece(piece, sieve))?;
        sieve.progress.cut = lines.cut_lines;
        sieve.take(std::mem::take(&mut lines.batch));
        Ok(())
    }

    fn end(&mut self, portions: mpsc::Receiver<Bytes>) {
        // The engine may stop.
        drop(portions);
        let Self { lines, sieve, .. } = self;
        lines.finish(sieve);
        sieve.progress.cut = lines.cut_lines;
        sieve.take(std::mem::take(&mut lines.batch));
        if self.tell() && self.reports {
            // Nobody reads any more when the stream was closed.
            drop(self.events.blocking_send(StreamEvent::Searched(self.sieve.progress)));
        }
    }

    /// False when nobody reads any more.
    fn tell(&mut self) -> bool {
        let found = std::mem::take(&mut self.sieve.found.kept);
        found.lines.is_empty() || self.events.blocking_send(StreamEvent::Lines(found)).is_ok()
    }

    fn report(&mut self, due: &mut Instant) -> bool {
        let now = Instant::now();
        if !self.reports || now < *due {
            return true;
        }
        *due = now + PACE;
        self.events.blocking_send(StreamEvent::Searched(self.sieve.progress)).is_ok()
    }
}
