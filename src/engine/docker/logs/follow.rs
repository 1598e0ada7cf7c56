//! One followed log: history and what comes after from one request, through breaks, restarts and quiet (rows L1, L7).

use super::demux::{Demux, Garbled};
use super::lines::Lines;
use super::resume::{End, Resume};
use super::{check, has_tty, idle_watchdog::IdleWatchdog, inspect, lines_of, problem};
use crate::engine::clock;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::{ConnectionGuard, Shared};
use crate::engine::docker::transport::body_fault;
use crate::engine::rfc3339;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Batch, Container, Id, LogState, Problem, SECOND, State, Stream, StreamEvent, Timestamp};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Response, header};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// A batch is sent when it has this many bytes,
const BATCH_BYTES: usize = 256 * 1024;
/// or this many lines,
const BATCH_LINES: usize = 4096;
/// or when nothing more is ready and the last one was sent this long ago.
const BATCH_PACE: Duration = Duration::from_millis(5);
/// How long an unfinished line may wait to be finished before it is shown, and again before it is shown anew.
const PARTIAL_PACE: Duration = Duration::from_millis(50);
/// How long nothing may come while the last line told has not come again, before an answer that has an end is asked for; twice as
/// long each time, up to the second figure.
const QUIET: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(64));
/// First and longest pause before a stream is opened again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What the engine has when it begins to answer is no later than this after the second that its answer is dated with.
const SEAM: i64 = 2 * SECOND;

/// The end of one connection.
enum Turn {
    /// The engine ended it; these lines may be unfinished.
    Ended(Lines),
    /// It did not reach back to what was told: more is to be asked for.
    TooShort,
    /// All that was missing was told: what comes after is to be asked for. True if there was any.
    CaughtUp(bool),
    /// The connection broke, or was never opened.
    Broke(EngineError),
}

struct Follow<'a> {
    shared: &'a Shared,
    outlet: &'a StreamSink,
    id: &'a Id,
    /// Lines that were stamped before are left out.
    since: Option<Timestamp>,
    resume: Resume,
    quiet: Duration,
    state: Option<LogState>,
    pause: Duration,
    /// The latest start reported before the present connection was opened.
    started: Option<Timestamp>,
    /// It was known not to run before the present connection was opened.
    over: bool,
}

/// Follows until the container is gone (`Ok` with why) or nobody reads any more.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    id: &Id,
    tail: usize,
    since: Option<Timestamp>,
) -> Result<Option<Problem>, StreamClosed> {
    if let Err(problem) = check(id) {
        return Ok(Some(problem));
    }
    let (resume, quiet, pause) = (Resume::new(tail), QUIET.0, PAUSES.0);
    let mut follow =
        Follow { shared, outlet, id, since, resume, quiet, state: None, pause, started: None, over: false };
    loop {
        let over = match follow.turn().await? {
            Turn::Ended(lines) => follow.after_end(lines).await?,
            Turn::TooShort => None,
            Turn::CaughtUp(any) => follow.after_catching_up(any).await,
            Turn::Broke(fault) => {
                follow.resume.cut();
                follow.after_break(fault).await?
            }
        };
        if let Some(why) = over {
            return Ok(Some(why));
        }
    }
}

impl Follow<'_> {
    async fn say(&mut self, state: LogState) -> Result<(), StreamClosed> {
        if self.state.as_ref() == Some(&state) {
            return Ok(());
        }
        self.state = Some(state.clone());
        self.outlet.chunk(StreamEvent::State(state)).await
    }

    async fn turn(&mut self) -> Result<Turn, StreamClosed> {
        let session = ConnectionGuard::of(self.shared);
        let started = self.shared.starts.borrow().get(self.id).copied();
        // A new run ends anew.
        self.over &= started == self.started;
        self.started = started;
        let opened = tokio::select! {
            opened = self.open() => opened,
            () = session.over() => Err(EngineError::was_away()),
        };
        let (answer, tty) = match opened {
            Ok(opened) => opened,
            Err(fault) => return Ok(Turn::Broke(fault)),
        };
        self.say(LogState::Following).await?;
        // What is resumed has no history of its own.
        if let Some(until) = history_until(&answer).filter(|_| self.resume.is_first()) {
            self.outlet.chunk(StreamEvent::HistoryUntil(until)).await?;
        }
        self.resume.begin();
        let body = answer.into_body();
        let doubt = IdleWatchdog { shared: self.shared, id: self.id, tty };
        let turn = Reader::new(self, tty).read(body, &session, &doubt).await?;
        let is_found = !self.resume.is_searching() && !matches!(turn, Turn::TooShort);
        self.quiet = if is_found { QUIET.0 } else { (self.quiet * 2).min(QUIET.1) };
        Ok(turn)
    }

    async fn open(&self) -> Result<(Response<Incoming>, bool), EngineError> {
        let way = self.shared.line.borrow().way.clone();
        let Some((transport, _)) = way else { return Err(EngineError::Cut("not connected yet".into())) };
        let tty = has_tty(self.shared, self.id).await?;
        let ask = self.resume.ask();
        let tail =
            ask.tail.filter(|lines| *lines < usize::MAX).map_or_else(|| "all".to_string(), |lines| lines.to_string());
        let (raw, follow) = (self.id.raw(), u8::from(ask.follow));
        // Only at first: what is asked for again must reach back to what was told, whatever its stamp.
        let since = self.since.filter(|_| self.resume.is_first());
        let since = since.map(|since| format!("&since={}", rfc3339::query(since))).unwrap_or_default();
        let path = format!("/containers/{raw}/logs?follow={follow}&stdout=1&stderr=1&timestamps=1&tail={tail}{since}");
        // Raw: decoder, since.
        Ok((transport.stream(&path).await?, tty))
    }

    /// The engine ended the stream: the container ended, or is gone, or the engine let go.
    async fn after_end(&mut self, lines: Lines) -> Result<Option<Problem>, StreamClosed> {
        match inspect(self.shared, self.id).await {
            Err(fault) => self.after_break(fault).await,
            Ok(source) if source.running => {
                self.back_off().await;
                Ok(None)
            }
            // What ended may have been cut off before the container ended: the rest is asked for once more.
            Ok(_) if !self.over => {
                self.over = true;
                Ok(None)
            }
            Ok(_) => {
                self.finish(lines).await?;
                self.say(LogState::Waiting).await?;
                self.back_off().await;
                let gone = self.until_it_runs().await;
                self.over = false;
                Ok(gone)
            }
        }
    }

    /// Where nothing new is found again and again, the engine is not asked without a pause.
    async fn after_catching_up(&mut self, any: bool) -> Option<Problem> {
        if !any {
            self.back_off().await;
        }
        None
    }

    /// What has no line end is a line all the same once no more can come.
    async fn finish(&mut self, mut lines: Lines) -> Result<(), StreamClosed> {
        let (resume, since) = (&mut self.resume, self.since);
        lines.finish(&mut |at: Timestamp, stream: Stream, text: &[u8]| {
            resume.is_new(at, stream, text) && since <= Some(at)
        });
        let batch = std::mem::take(&mut lines.batch);
        if batch.lines.is_empty() {
            return Ok(());
        }
        self.outlet.chunk(StreamEvent::Lines(batch)).await?;
        self.outlet.chunk(StreamEvent::Partial(Batch::default())).await
    }

    async fn after_break(&mut self, fault: EngineError) -> Result<Option<Problem>, StreamClosed> {
        if matches!(fault, EngineError::Slow(_)) && self.shared.line.borrow().up {
            // Some engines begin their answer with the first line only; whether this one hangs, the link finds out.
            return Ok(None);
        }
        let fault = match fault {
            EngineError::Status(404, _) => removed(),
            other => other,
        };
        let why = problem(self.shared, self.id, &fault);
        if let EngineError::Status(404 | 409, _) = &fault {
            // What lies between may say so too: the list, and the event that is on its way, know better.
            self.back_off().await;
            if self.is_gone() {
                return Ok(Some(problem(self.shared, self.id, &removed())));
            }
        }
        if let EngineError::Status(code, words) = &fault
            && (*code == 501 || words.contains("does not support reading"))
        {
            return Ok(Some(why));
        }
        if self.shared.line.borrow().way.is_some() {
            self.say(LogState::Reconnecting(why)).await?;
        }
        if fault.is_loss() {
            self.shared.wakeups.suspect.notify_one();
        }
        self.back_off().await;
        let mut line = self.shared.line.clone();
        // An error means that the store is ending, and this task with it.
        drop(line.wait_for(|line| line.up).await);
        Ok(None)
    }

    /// True when the engine is connected and has no such container, or only what is left of one.
    fn is_gone(&self) -> bool {
        let index = self.shared.index.borrow();
        let left = |container: &Container| matches!(container.state, State::Dead | State::Removing);
        index.is_up(self.id.engine()) && index.containers.get(self.id).is_none_or(|container| left(container))
    }

    async fn back_off(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSES.1);
    }

    /// Waits until the container runs, or has run since: a run may be over before anybody looks. Says why when it never will.
    async fn until_it_runs(&self) -> Option<Problem> {
        let (mut index, mut starts) = (self.shared.index.clone(), self.shared.starts.clone());
        loop {
            if starts.borrow_and_update().get(self.id).is_some_and(|at| Some(*at) != self.started) {
                return None;
            }
            {
                let index = index.borrow_and_update();
                match index.containers.get(self.id) {
                    Some(container) if container.state == State::Running => return None,
                    Some(_) => {}
                    None if index.is_up(self.id.engine()) => {
                        return Some(problem(self.shared, self.id, &removed()));
                    }
                    None => {}
                }
            }
            let ending = tokio::select! {
                changed = index.changed() => changed.is_err(),
                changed = starts.changed() => changed.is_err(),
            };
            if ending {
                return None;
            }
        }
    }
}

/// Whatever the engine called it: it refuses logs of what it is just removing in other words.
fn removed() -> EngineError {
    EngineError::Status(404, "the container was removed".into())
}

/// The moment up to which lines may be history, by the engine's clock, if it tells the time.
fn history_until(answer: &Response<Incoming>) -> Option<Timestamp> {
    let date = answer.headers().get(header::DATE)?.to_str().ok()?;
    Some(Timestamp(clock::dated(date)?.0.saturating_add(SEAM)))
}

/// Reads one connection.
struct Reader<'a> {
    outlet: &'a StreamSink,
    resume: &'a mut Resume,
    since: Option<Timestamp>,
    pause: &'a mut Duration,
    demux: Demux,
    lines: Lines,
    next_batch: Instant,
    partial_due: Option<Instant>,
    partial_shown: bool,
    quiet: Duration,
    /// When the search for the last line told is given up, if nothing comes until then.
    give_up_due: Option<Instant>,
    /// True if it brought something new.
    any: bool,
}

impl<'a> Reader<'a> {
    fn new(follow: &'a mut Follow<'_>, tty: bool) -> Self {
        let (demux, lines, next_batch) = (Demux::new(tty), lines_of(follow.shared, tty), Instant::now());
        let mut reader = Self {
            outlet: follow.outlet,
            resume: &mut follow.resume,
            since: follow.since,
            pause: &mut follow.pause,
            demux,
            lines,
            next_batch,
            partial_due: None,
            partial_shown: false,
            quiet: follow.quiet,
            give_up_due: None,
            any: false,
        };
        reader.expect_more();
        reader
    }

    /// An answer that goes on for ever does not tell that the last line told is not in it.
    fn expect_more(&mut self) {
        self.give_up_due = (self.resume.is_searching() && self.resume.follows()).then(|| Instant::now() + self.quiet);
    }

    /// True if what is unfinished is the last line told.
    fn is_at_last(&self) -> bool {
        let unfinished = self.lines.unfinished();
        unfinished.is_some_and(|(at, stream, text)| self.resume.is_last(at, stream, text))
    }

    /// True if the last line told should have come.
    fn is_overdue(&mut self) -> bool {
        let is_due = self.give_up_due.is_some_and(|due| Instant::now() >= due);
        if is_due && self.is_at_last() {
            self.give_up_due = None;
        }
        is_due && self.give_up_due.is_some()
    }

    async fn read(
        mut self,
        mut body: Incoming,
        session: &ConnectionGuard,
        doubt: &IdleWatchdog<'_>,
    ) -> Result<Turn, StreamClosed> {
        let over = session.over();
        let silence = doubt.arises(self.resume.newest());
        tokio::pin!(over, silence);
        loop {
            // As long as more is ready, it goes into the same batch.
            let frame = match body.frame().now_or_never() {
                Some(frame) => frame,
                None => {
                    let due = self.due();
                    tokio::select! {
                        biased;
                        frame = body.frame() => frame,
                        () = &mut over => {
                            self.send_lines().await?;
                            return Ok(Turn::Broke(EngineError::was_away()));
                        }
                        fault = &mut silence => {
                            self.send_lines().await?;
                            return Ok(Turn::Broke(fault));
                        }
                        () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                            self.send_due().await?;
                            if self.is_overdue() {
                                self.resume.give_up();
                                return Ok(Turn::TooShort);
                            }
                            continue;
                        }
                    }
                }
            };
            match frame {
                Some(Ok(frame)) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    let fed = self.feed(&bytes);
                    silence.set(doubt.arises(self.resume.newest()));
                    self.expect_more();
                    if self.resume.is_too_short() {
                        self.resume.give_up();
                        return Ok(Turn::TooShort);
                    }
                    if let Err(garbled) = fed {
                        self.send_lines().await?;
                        return Ok(Turn::Broke(garbled.into()));
                    }
                    if self.lines.batch.bytes.len() >= BATCH_BYTES || self.lines.batch.lines.len() >= BATCH_LINES {
                        self.send_lines().await?;
                    }
                }
                Some(Err(error)) => {
                    self.send_lines().await?;
                    return Ok(Turn::Broke(body_fault(&error)));
                }
                None => {
                    self.send_lines().await?;
                    // Cut off, though the engine, or a proxy, calls it an end: it does not tell what the log holds.
                    if self.resume.is_searching() && !self.demux.is_whole() {
                        return Ok(Turn::Broke(EngineError::Cut("the answer ended within a line".into())));
                    }
                    return Ok(match self.resume.end(self.is_at_last()) {
                        End::Over => Turn::Ended(self.lines),
                        End::CaughtUp => Turn::CaughtUp(self.any),
                        End::TooShort => Turn::TooShort,
                    });
                }
            }
        }
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Garbled> {
        let Self { demux, lines, resume, since, .. } = self;
        let mut wanted =
            |at: Timestamp, stream: Stream, text: &[u8]| resume.is_new(at, stream, text) && *since <= Some(at);
        let fed = demux.feed(bytes, |piece| lines.piece(piece, &mut wanted));
        if self.lines.has_partial() {
            self.partial_due.get_or_insert(Instant::now() + PARTIAL_PACE);
        } else {
            self.partial_due = None;
        }
        fed
    }

    fn due(&self) -> Option<Instant> {
        let batch = (!self.lines.batch.lines.is_empty()).then_some(self.next_batch);
        [batch, self.partial_due, self.give_up_due].into_iter().flatten().min()
    }

    async fn send_due(&mut self) -> Result<(), StreamClosed> {
        let now = Instant::now();
        if now >= self.next_batch {
            self.send_lines().await?;
        }
        if self.partial_due.is_some_and(|due| now >= due) {
            self.partial_due = None;
            // What was told already, at the end of a run, is not told again.
            if let Some(partial) = self.lines.partial().filter(|_| !self.is_at_last()) {
                self.partial_shown = true;
                self.outlet.chunk(StreamEvent::Partial(partial)).await?;
            }
        }
        Ok(())
    }

    async fn send_lines(&mut self) -> Result<(), StreamClosed> {
        if self.lines.batch.lines.is_empty() {
            return Ok(());
        }
        *self.pause = PAUSES.0;
        self.any = true;
        let batch = std::mem::take(&mut self.lines.batch);
        self.outlet.chunk(StreamEvent::Lines(batch)).await?;
        self.next_batch = Instant::now() + BATCH_PACE;
        if std::mem::take(&mut self.partial_shown) {
            // The line is finished: nothing unfinished stands on screen any more.
            self.outlet.chunk(StreamEvent::Partial(Batch::default())).await?;
        }
        Ok(())
    }
}
