//! `GET /containers/{id}/logs`: history and live tail in one stream, in Docker's frames.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::sync::watch;

use super::container::{Body, Container, Status, Synthetic};
use super::log_generator::Line;
use super::query::Query;
use super::response::{Answer, ApiError, streamed, unfold};
use super::shared::{Shared, closed};
use super::time::{Nanos, now, rfc3339};

/// Lines that go out in one piece; of a terminal's log, each goes by itself, as in Docker: nothing else tells where a message
/// begins.
const BATCH: usize = 512;

/// The requested part and form of a log.
#[derive(Debug, Clone)]
struct Want {
    stdout: bool,
    stderr: bool,
    timestamps: bool,
    follow: bool,
    raw: bool,
    since: Nanos,
    until: Nanos,
}

/// A reader's place in a log. It moves on only; each line is met once.
pub(crate) struct Reader {
    shared: Shared,
    id: String,
    want: Want,
    /// The run that was on when the reader came: its end is the end of a follow.
    run: u64,
    /// Synthetic: the moment of the last line. Process: its number.
    cursor: i64,
    turn: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
}

/// The result of a look at the log.
enum Look {
    Lines(Vec<Line>),
    /// Nothing yet; the next line is due then, if that can be said.
    Wait(Option<Nanos>),
    Over,
}

pub(crate) fn logs(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let tail = match query.get("tail") {
        None | Some("all") => None,
        // As in Docker, what is no number means all.
        Some(text) => text.parse::<usize>().ok(),
    };
    let state = shared.state();
    let container = state.find(reference)?;
    // Who does not follow is answered as of now, however long the reading takes.
    let end = if query.flag("follow") { Nanos::MAX } else { now() };
    let want = Want {
        stdout: query.flag("stdout"),
        stderr: query.flag("stderr"),
        timestamps: query.flag("timestamps"),
        follow: query.flag("follow"),
        raw: container.spec.tty,
        since: query.moment("since")?.unwrap_or(0),
        until: query.moment("until")?.filter(|until| *until > 0).unwrap_or(Nanos::MAX).min(end),
    };
    if !want.stdout && !want.stderr {
        return Err(ApiError::bad("Bad parameters: you must choose at least one stream"));
    }
    let reader = Reader {
        shared: shared.clone(),
        id: container.id.clone(),
        run: container.run,
        cursor: first_cursor(container, tail, &want),
        want: want.clone(),
        turn: container.turn.subscribe(),
        closing: shared.closing.subscribe(),
    };
    // Engines of this version say so of both kinds of stream.
    let kind = "application/vnd.docker.raw-stream";
    Ok(streamed(kind, unfold(reader, Reader::next)))
}

/// The cursor before the first wanted line.
fn first_cursor(container: &Container, tail: Option<usize>, want: &Want) -> i64 {
    let until = want.until.min(now());
    match &container.body {
        Body::Process(process) => tail.map_or(0, |count| process.ring.before_tail(count) as i64),
        Body::Synthetic(made) => {
            let history = made.voice.horizon(until).max(want.since - 1);
            match tail {
                None => history,
                Some(0) => until,
                Some(count) => {
                    let lines = made.voice.tail(&container.runs, until, count);
                    lines.first().map_or(until, |line| line.at - 1).max(history)
                }
            }
        }
    }
}

impl Want {
    fn at_once(&self) -> usize {
        if self.raw { 1 } else { BATCH }
    }
}

impl Reader {
    /// A reader of what a container says from now on.
    pub(crate) fn live(shared: &Shared, container: &Container) -> Self {
        let want = Want {
            stdout: true,
            stderr: true,
            timestamps: false,
            follow: true,
            raw: container.spec.tty,
            since: 0,
            until: Nanos::MAX,
        };
        Reader {
            shared: shared.clone(),
            id: container.id.clone(),
            run: container.run,
            cursor: first_cursor(container, Some(0), &want),
            want,
            turn: container.turn.subscribe(),
            closing: shared.closing.subscribe(),
        }
    }

    /// Leaves streams out.
    pub(crate) fn choose(&mut self, stdout: bool, stderr: bool) {
        (self.want.stdout, self.want.stderr) = (stdout, stderr);
    }

    pub(crate) async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            match self.look() {
                Look::Over => return None,
                Look::Lines(lines) => {
                    let bytes = encode(&lines, &self.want);
                    if !bytes.is_empty() {
                        return Some((bytes, self));
                    }
                }
                Look::Wait(due) => {
                    if !self.wait(due).await {
                        return None;
                    }
                }
            }
        }
    }

    /// Waits for a change, or for the next line's moment. False when the engine or the container is gone.
    async fn wait(&mut self, due: Option<Nanos>) -> bool {
        let pause = |at: Nanos| Duration::from_nanos((at - now()).max(0) as u64) + Duration::from_millis(1);
        let sleep = tokio::time::sleep(due.map_or(Duration::from_secs(3600), pause));
        tokio::select! {
            () = sleep => true,
            // A removed container is found to be gone by the next look.
            _ = self.turn.changed() => true,
            () = closed(&mut self.closing) => false,
        }
    }

    fn look(&mut self) -> Look {
        let shared = self.shared.clone();
        let state = shared.state();
        let Some(container) = state.get(&self.id) else { return Look::Over };
        // Read before the lines: what an ended run still has to say is in the log by then.
        let ended = !self.want.follow || container.run != self.run || !container.status.alive();
        match &container.body {
            Body::Process(process) => {
                let this_run = |run: u64| !self.want.follow || run <= self.run;
                let (mut lines, mut last) = (Vec::new(), None);
                let found = process.ring.after(self.cursor as u64).take(self.want.at_once());
                for entry in found.take_while(|entry| this_run(entry.run)) {
                    if entry.line.at > self.want.until {
                        // What was found before it goes out first.
                        if last.is_none() {
                            return Look::Over;
                        }
                        break;
                    }
                    last = Some(entry.seq as i64);
                    if entry.line.at >= self.want.since {
                        lines.push(entry.line.clone());
                    }
                }
                match last {
                    Some(seq) => {
                        self.cursor = seq;
                        Look::Lines(lines)
                    }
                    None if ended || now() > self.want.until => Look::Over,
                    None => Look::Wait(Some(self.want.until).filter(|until| *until < Nanos::MAX)),
                }
            }
            Body::Synthetic(made) => self.look_synthetic(container, made, ended),
        }
    }

    fn look_synthetic(&mut self, container: &Container, made: &Synthetic, ended: bool) -> Look {
        let present = now();
        let until = self.want.until.min(present);
        let ours = container.runs.len().saturating_sub((container.run - self.run) as usize);
        let runs = if self.want.follow { &container.runs[..ours] } else { &container.runs[..] };
        let lines = made.voice.between(runs, self.cursor, until, self.want.at_once());
        match lines.last() {
            Some(last) => {
                self.cursor = last.at;
                Look::Lines(lines)
            }
            None if ended || present > self.want.until => Look::Over,
            // What is paused says nothing until it is let go on, which wakes the reader.
            None if container.status == Status::Paused => {
                Look::Wait(Some(self.want.until).filter(|until| *until < Nanos::MAX))
            }
            None => Look::Wait(made.voice.next_after(present)),
        }
    }
}

/// Docker's frames: stream, three zeros, length (big endian), text. A terminal's log has none.
fn encode(lines: &[Line], want: &Want) -> Bytes {
    let mut bytes = BytesMut::new();
    let wanted = |line: &&Line| want.raw || if line.stderr { want.stderr } else { want.stdout };
    for line in lines.iter().filter(wanted) {
        let stamp = if want.timestamps { rfc3339(Some(line.at)) + " " } else { String::new() };
        if !want.raw {
            bytes.put_u32(if line.stderr { 2 << 24 } else { 1 << 24 });
            bytes.put_u32((stamp.len() + line.text.len()) as u32);
        }
        bytes.put_slice(stamp.as_bytes());
        bytes.put_slice(&line.text);
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_as_docker_writes_them() {
        let line = |stderr, text: &str| Line { at: 1_000_000_005, stderr, text: text.into() };
        let lines = [line(false, "out\n"), line(true, "err\n")];
        let mut want = Want {
            stdout: true,
            stderr: true,
            timestamps: false,
            follow: false,
            raw: false,
            since: 0,
            until: Nanos::MAX,
        };
        assert_eq!(&encode(&lines, &want)[..], b"\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n");
        want.stdout = false;
        want.timestamps = true;
        assert_eq!(&encode(&lines, &want)[..], b"\x02\0\0\0\0\0\0\x231970-01-01T00:00:01.000000005Z err\n");
        want.raw = true;
        want.timestamps = false;
        assert_eq!(&encode(&lines[..1], &want)[..], b"out\n");
    }
}
