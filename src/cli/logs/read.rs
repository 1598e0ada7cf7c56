//! Reading logs and printing them, until they end or for ever.

use super::format::Printer;
use super::merge::Merge;
use super::sql::Question;
use super::{NOTHING_FOUND, Wanted};
use crate::cli::complain;
use crate::cli::exec::{Ends, FAILED, SIGNALLED, SIGPIPE, Unwritten, Writer};
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::{
    Batch, Container, Id, LogExcerpt, LogState, Problem, QueryFailed, SECOND, Source, Stream, StreamEvent, StreamId,
    Timestamp,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Bytes of output that are written at once.
const PIECE: usize = 64 * 1024;
/// Bytes of one log that wait for the others at most; what is more is read again later.
const WAITING_MOST: usize = 16 << 20;
/// Lines of two streams may be stamped so many nanoseconds out of order.
const LEEWAY: i64 = SECOND / 20;
/// So long after its last line a log that is followed is no longer waited for.
const QUIET: Duration = Duration::from_millis(300);
/// How often it is looked which logs are quiet.
const LOOK: Duration = Duration::from_millis(50);

/// One container's log.
struct Log {
    id: Id,
    name: String,
    /// The stream that is open; none: it has ended, or waits for the others.
    stream: Option<StreamId>,
    /// What is read again from a moment on, and how many of its lines came before.
    paused: Option<(Timestamp, usize)>,
    /// So many lines came before.
    skip: usize,
    excerpt: LogExcerpt,
    heard: Instant,
    /// Lines of it that the filters did not see whole, and whether that was said.
    cut: u64,
    told_cut: bool,
}

impl Log {
    /// Says once that filters did not see all of its lines.
    fn tell_cut(&mut self) {
        if self.cut > 0 && !self.told_cut {
            self.told_cut = true;
            let lines = if self.cut == 1 { "a line is" } else { "lines are" };
            complain(&format!("{}: {lines} longer than 1 MiB: filters look at the first 1 MiB of a line", self.name));
        }
    }
}

/// What cannot go on.
enum Stop {
    Unwritten(Unwritten),
    Signal(u8),
    Unanswered(QueryFailed),
}

struct Reading<'a> {
    wanted: &'a Wanted,
    store: &'a Engines,
    logs: Vec<Log>,
    next_stream: u64,
    merge: Merge,
    printer: Printer,
    /// What the lines are asked, where they are not printed.
    question: Option<Question>,
    writer: Writer,
    out: Vec<u8>,
    /// Lines that passed.
    found: u64,
    has_failed: bool,
}

/// Reads and prints; gives the exit code.
pub async fn run(
    wanted: &Wanted,
    containers: &[Arc<Container>],
    store: &Engines,
    outputs: &mut EngineOutputs,
    ends: &mut Ends,
) -> u8 {
    let mut reading = Reading::new(wanted, containers, store);
    let done = reading.until_end(outputs, ends).await;
    match done {
        Ok(()) if reading.has_failed => FAILED,
        Ok(()) if reading.found == 0 && !wanted.filters.is_empty() => NOTHING_FOUND,
        Ok(()) => 0,
        Err(Stop::Signal(number)) => SIGNALLED + number,
        Err(Stop::Unanswered(failed)) => {
            let statement = wanted.sql.as_ref().map_or("", |(statement, _)| statement);
            let at = failed.character(statement).map_or_else(String::new, |at| format!(" at character {at}"));
            complain(&format!("{}{at}", failed.problem));
            FAILED
        }
        // A reader that left is told by that alone.
        Err(Stop::Unwritten(Unwritten::Gone)) => SIGNALLED + SIGPIPE,
        Err(Stop::Unwritten(Unwritten::Failed(error))) => {
            complain(&format!("write the output: {error}"));
            FAILED
        }
    }
}

impl<'a> Reading<'a> {
    fn new(wanted: &'a Wanted, containers: &[Arc<Container>], store: &'a Engines) -> Self {
        let names: Vec<String> = containers.iter().map(|container| container.name.to_string()).collect();
        let log = |container: &Arc<Container>| Log {
            id: container.id.clone(),
            name: container.name.to_string(),
            stream: None,
            paused: None,
            skip: 0,
            excerpt: LogExcerpt::new(wanted.filters.clone()),
            heard: Instant::now(),
            cut: 0,
            told_cut: false,
        };
        let mut reading = Self {
            wanted,
            store,
            logs: containers.iter().map(log).collect(),
            next_stream: 0,
            merge: Merge::of(containers.len()),
            question: wanted.sql.clone().map(|sql| Question::new(sql, wanted.zone, names.clone())),
            printer: Printer::new(wanted.format, names),
            writer: Writer::start(),
            out: Vec::new(),
            found: 0,
            has_failed: false,
        };
        (0..reading.logs.len()).for_each(|place| reading.open(place, wanted.since, wanted.tail));
        reading
    }

    fn open(&mut self, place: usize, since: Option<Timestamp>, tail: Option<usize>) {
        self.next_stream += 1;
        let (stream, id) = (StreamId(self.next_stream), self.logs[place].id.clone());
        let source = if self.wanted.follow {
            Source::Logs { id, tail: tail.unwrap_or(usize::MAX), since }
        } else {
            let (filters, before) = (self.wanted.filters.clone(), self.wanted.until.unwrap_or_default());
            Source::SearchLogs { id, filters, since, tail, before, known_at_before: 0 }
        };
        self.store.open(stream, source);
        self.logs[place].stream = Some(stream);
    }

    async fn until_end(&mut self, outputs: &mut EngineOutputs, ends: &mut Ends) -> Result<(), Stop> {
        while self.is_open() {
            let message = tokio::select! {
                message = outputs.chunks.recv() => message,
                () = tokio::time::sleep(LOOK), if self.merge.is_waiting() => {
                    self.look_for_quiet();
                    self.print(ends).await?;
                    continue;
                }
                number = ends.next() => return Err(Stop::Signal(number)),
            };
            let Some((stream, message)) = message else { break };
            self.hear(stream, message);
            // As long as more is ready, it goes into the same piece.
            while self.out.len() < PIECE
                && let Ok((stream, message)) = outputs.chunks.try_recv()
            {
                self.hear(stream, message);
            }
            self.print(ends).await?;
        }
        self.ask(ends).await?;
        tokio::select! {
            written = self.writer.finish() => written.map_err(Stop::Unwritten),
            number = ends.next() => Err(Stop::Signal(number)),
        }
    }

    fn is_open(&self) -> bool {
        self.merge.is_waiting() || self.logs.iter().any(|log| log.stream.is_some() || log.paused.is_some())
    }

    fn hear(&mut self, stream: StreamId, message: StreamMessage) {
        // What was closed may have had something on its way.
        let Some(place) = self.logs.iter().position(|log| log.stream == Some(stream)) else { return };
        match message {
            StreamMessage::Chunk(StreamEvent::Lines(batch)) => self.take(place, batch),
            StreamMessage::Chunk(StreamEvent::Searched(progress)) => {
                self.merge.reached(place, progress.at);
                self.logs[place].cut = progress.cut;
            }
            StreamMessage::Chunk(StreamEvent::State(state)) => self.tell_state(place, &state),
            // A log brings nothing else that is printed.
            StreamMessage::Chunk(_) => {}
            StreamMessage::Ended(why) => self.end(place, why),
        }
        if !self.wanted.follow {
            self.pause_what_waits(place);
        }
    }

    fn take(&mut self, place: usize, mut batch: Batch) {
        let log = &mut self.logs[place];
        log.heard = Instant::now();
        if log.skip > 0 {
            batch.lines.retain(|mark| {
                let came_before = log.skip > 0;
                log.skip -= usize::from(came_before && !mark.context);
                !came_before
            });
        }
        if self.wanted.follow && !self.wanted.filters.is_empty() {
            log.cut += batch.lines.iter().filter(|mark| mark.cut_kib > 0).count() as u64;
            log.tell_cut();
            batch.lines.iter().for_each(|mark| log.excerpt.take(mark, batch.line(mark)));
            batch = std::mem::take(&mut log.excerpt.kept);
        }
        self.found += batch.lines.iter().filter(|mark| !mark.context).count() as u64;
        self.merge.push(place, batch);
    }

    fn tell_state(&mut self, place: usize, state: &LogState) {
        match state {
            LogState::Following => {}
            LogState::Waiting => self.merge.set_quiet(place, true),
            LogState::Reconnecting(why) => {
                self.merge.set_quiet(place, true);
                complain(&format!("{}: {why}; going on as soon as it is back", self.logs[place].name));
            }
        }
    }

    fn end(&mut self, place: usize, why: Option<Problem>) {
        self.logs[place].stream = None;
        self.merge.set_quiet(place, true);
        if !self.wanted.filters.is_empty() {
            self.logs[place].tell_cut();
        }
        if let Some(why) = why {
            complain(&why.to_string());
            self.has_failed = true;
        }
    }

    /// A log that is far ahead of the others is closed, and read again from where it was when they have caught up.
    fn pause_what_waits(&mut self, place: usize) {
        let log = &mut self.logs[place];
        if self.merge.waiting(place) <= WAITING_MOST || log.skip > 0 {
            return;
        }
        let Some(stream) = log.stream else { return };
        log.paused = self.merge.again(place, LEEWAY);
        if log.paused.is_some() {
            log.stream = None;
            self.store.close(stream);
        }
    }

    fn go_on(&mut self) {
        for place in 0..self.logs.len() {
            if self.merge.waiting(place) > WAITING_MOST / 4 {
                continue;
            }
            if let Some((since, skip)) = self.logs[place].paused.take() {
                self.logs[place].skip = skip;
                self.open(place, Some(since), None);
            }
        }
    }

    fn look_for_quiet(&mut self) {
        if !self.wanted.follow {
            return;
        }
        for (place, log) in self.logs.iter().enumerate() {
            if log.heard.elapsed() > QUIET {
                self.merge.set_quiet(place, true);
            }
        }
    }

    /// Writes what is next; no faster than it is read.
    async fn print(&mut self, ends: &mut Ends) -> Result<(), Stop> {
        let Self { merge, printer, question, out, .. } = self;
        // A flood is not held back for the sake of its order.
        let at_once = self.wanted.follow && (0..self.logs.len()).any(|place| merge.waiting(place) > WAITING_MOST);
        merge.tell(at_once, |log, mark, bytes| match question {
            Some(question) => question.take(log, mark, bytes),
            None => printer.print(log, mark, bytes, out),
        });
        self.go_on();
        if self.out.is_empty() {
            return Ok(());
        }
        self.write(ends).await
    }

    /// All lines have come: asks them, if that is wanted.
    async fn ask(&mut self, ends: &mut Ends) -> Result<(), Stop> {
        let Some(question) = self.question.take() else { return Ok(()) };
        let cancelled = Arc::new(AtomicBool::new(false));
        self.out = tokio::select! {
            answer = question.ask(cancelled.clone()) => answer.map_err(Stop::Unanswered)?,
            number = ends.next() => {
                cancelled.store(true, Ordering::Relaxed);
                return Err(Stop::Signal(number));
            }
        };
        self.write(ends).await
    }

    async fn write(&mut self, ends: &mut Ends) -> Result<(), Stop> {
        let out = std::mem::take(&mut self.out);
        tokio::select! {
            written = self.writer.write(Stream::Out, out) => written.map_err(Stop::Unwritten),
            number = ends.next() => Err(Stop::Signal(number)),
        }
    }
}
