//! The log of a bundle: plain text, masked line by line.

use super::redact::{Learned, Redactor};
use super::{Case, Written};
use crate::model::{BundleLog, BundleParts, Stream, Timestamp, log_text, secret};

/// Lines that are in it whatever the time asked for.
const LEAST: usize = 100;
/// Secrets of log lines are remembered from this length on: shorter ones are too often something else.
const LEARNED: usize = 8;

/// A log whose lines are masked by their own looks.
#[derive(Debug, Default)]
pub struct MaskedLog {
    /// The lines, oldest first.
    pub lines: Vec<MaskedLine>,
    /// Lines that came and are older than was asked for.
    pub before: usize,
    /// The engine holds older lines.
    pub has_older: bool,
}

/// A line of it.
#[derive(Debug)]
pub struct MaskedLine {
    /// When the engine received it.
    pub at: Timestamp,
    /// Where it was written to.
    pub stream: Stream,
    /// Its text.
    pub text: String,
}

impl MaskedLog {
    /// Reads it; what is a secret in it is learned.
    pub fn read(told: &BundleParts, learned: &mut Learned) -> MaskedLog {
        let Ok(log) = &told.log else { return MaskedLog::default() };
        let marks = log.batches.iter().flat_map(|batch| batch.lines.iter().map(move |mark| (batch, mark)));
        let mut lines = secret::Lines::default();
        let mut raw = String::new();
        let mut masked: Vec<MaskedLine> = Vec::new();
        for (batch, mark) in marks {
            log_text::plain(batch.line(mark), &mut raw);
            raw.extend(mark.cut().map(|cut| format!(" … {cut}")));
            let text = lines.told(&raw);
            if raw.len() >= LEARNED && text != raw {
                learned.learn(&raw, &text);
            }
            masked.push(MaskedLine { at: mark.at, stream: mark.stream, text: text.into_owned() });
        }
        let before = masked.len() - wanted(told, log, &masked);
        masked.drain(..before);
        MaskedLog { lines: masked, before, has_older: log.has_older }
    }
}

/// How many of the last lines are wanted.
fn wanted(told: &BundleParts, _: &BundleLog, lines: &[MaskedLine]) -> usize {
    let Some(since) = told.request.since else { return lines.len() };
    let from = told.at.plus_seconds(-(since as f64));
    let later = lines.iter().rev().take_while(|line| line.at >= from).count();
    later.max(LEAST.min(lines.len()))
}

impl MaskedLine {
    /// As it stands in a file.
    pub fn written(&self, redactor: &Redactor) -> String {
        let at = jiff::Timestamp::from_nanosecond(self.at.0.into()).map(|at| format!("{at:.9}")).unwrap_or_default();
        let stream = match self.stream {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
        };
        format!("{at} {stream} {}\n", redactor.hide(&self.text))
    }
}

/// Writes the newest lines that there is room for.
pub fn write(case: &Case, most: usize) -> Written {
    if let Err(problem) = &case.told.log {
        return super::parts::missing(case, problem);
    }
    let mut written: Vec<String> = Vec::new();
    let mut room = most;
    for line in case.log.lines.iter().rev() {
        let line = line.written(case.redactor);
        if line.len() > room {
            break;
        }
        room -= line.len();
        written.push(line);
    }
    let left_out = case.log.lines.len() - written.len();
    written.reverse();
    Written { bytes: written.concat().into_bytes(), cut: cut(case, left_out, most), missing: None }
}

fn cut(case: &Case, left_out: usize, most: usize) -> Option<String> {
    let from = case.told.request.since.map(|since| case.told.at.plus_seconds(-(since as f64)));
    let reaches =
        from.is_some_and(|from| case.log.before > 0 || case.log.lines.first().is_some_and(|line| line.at < from));
    let all = case.log.lines.len();
    match (left_out, case.log.has_older && !reaches) {
        (0, false) => None,
        (0, true) => Some(format!("the last {all} lines; the engine holds older ones")),
        (count, _) => {
            Some(format!("the oldest {count} of {all} lines are left out: it has {} MiB at most", most >> 20))
        }
    }
}
