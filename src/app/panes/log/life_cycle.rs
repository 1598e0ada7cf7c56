//! What happened to the containers of a log, between its lines: starts, ends, health. Between two runs it is one row.

use super::laid_out;
use super::view::{LogView, VisibleLine};
use crate::app::options::LogOptions;
use crate::app::widgets::units;
use crate::model::log_text::{Piece, Sgr};
use crate::model::{Event, Id, Kind, Level, LineMark, RunEnd, Snapshot, Timestamp, Tone};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What the engine calls what is shown.
const SHOWN: &[&str] = &["start", "die", "died", "oom", "pause", "unpause", "rename"];

/// Something that happened to a container of a log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Happening {
    /// When.
    pub at: Timestamp,
    /// What happened, in words; of several containers with the name.
    pub text: String,
    /// The tone.
    pub tone: Tone,
}

/// What happened, in the order of time, as far as the engine told.
#[derive(Debug, Clone, Default)]
pub(super) struct LifeCycle {
    /// The events that it was made of.
    of: Arc<VecDeque<Event>>,
    happenings: Vec<Happening>,
}

impl LifeCycle {
    /// Of events in the order of time, each with the name that stands before it. A start goes with the end before it.
    fn of<'a>(told: impl Iterator<Item = (String, &'a Event)>) -> Vec<Happening> {
        let mut happenings: Vec<Happening> = Vec::new();
        let mut ended: HashMap<&Id, usize> = HashMap::new();
        for (name, event) in told {
            let Some(id) = &event.id else { continue };
            let before = if event.action == "start" { ended.remove(id) } else { None };
            if let Some(end) = before.and_then(|end| happenings.get_mut(end)) {
                end.text.push_str(&format!(", restarted after {}", pause(event.at.since(end.at))));
                continue;
            }
            let text = if is_end(&event.action) { end(event) } else { event.what.clone() };
            if is_end(&event.action) {
                ended.insert(id, happenings.len());
            }
            happenings.push(Happening { at: event.at, text: format!("{name}{text}"), tone: event.tone });
        }
        happenings
    }

    /// What happened from one moment on, before another.
    fn between(&self, from: Timestamp, to: Timestamp) -> &[Happening] {
        let place = |moment| self.happenings.partition_point(|happening| happening.at < moment);
        let first = place(from);
        self.happenings.get(first..place(to).max(first)).unwrap_or_default()
    }
}

impl LogView {
    /// Takes over what happened, if there is something new.
    pub(in crate::app) fn follow_life_cycle(&mut self, snapshot: &Snapshot) {
        if Arc::ptr_eq(&self.life_cycle.of, &snapshot.events) {
            return;
        }
        let of_log = |event: &&Event| event.topic == Kind::Container && is_shown(&event.action);
        let told = snapshot.events.iter().filter(of_log);
        let told = told.filter_map(|event| Some((self.name_in_log(event.id.as_ref()?)?, event)));
        let mut told: Vec<(String, &Event)> = told.collect();
        told.sort_by_key(|(_, event)| event.at);
        let happenings = LifeCycle::of(told.into_iter());
        self.life_cycle = LifeCycle { of: snapshot.events.clone(), happenings };
    }

    /// The name before what happened to a container; empty where there is one. None if it is not in this log.
    fn name_in_log(&self, id: &Id) -> Option<String> {
        let Some(merge) = &self.merge else { return (*id == self.id).then(String::new) };
        let voice = merge.voices.iter().find(|voice| voice.id == *id)?;
        Some(format!("{} ", voice.label))
    }

    /// What happened behind a line, without the first so many.
    pub(super) fn push_happenings(
        &self,
        rows: &mut Vec<VisibleLine>,
        (number, mark): (i64, &LineMark),
        skip: usize,
        height: usize,
        preferences: &LogOptions,
    ) {
        let room = height.saturating_sub(rows.len());
        for happening in self.happened_behind(number).iter().skip(skip).take(room) {
            let piece = Piece { text: happening.text.clone(), sgr: Sgr::default(), hit: false };
            rows.push(VisibleLine {
                number,
                level: Level::None,
                is_error_stream: false,
                stamp: laid_out::stamp(happening.at, preferences),
                pieces: vec![piece],
                continued: true,
                cut: false,
                current: false,
                event: Some(happening.tone),
                selected: false,
                bookmarked: false,
                context: false,
                voice: mark.voice,
            });
        }
    }

    /// What happened behind a line, before the next one shown.
    pub(super) fn happened_behind(&self, line: i64) -> &[Happening] {
        if self.life_cycle.happenings.is_empty() {
            return &[];
        }
        let at = |line| self.line(line).map(|(mark, _)| mark.at);
        let Some(from) = at(line) else { return &[] };
        // Behind the last line of a part of the log others follow that are not loaded.
        let end = || if self.is_detached() { self.ring.newest().unwrap_or(from) } else { Timestamp(i64::MAX) };
        let to = self.after(line).and_then(at).unwrap_or_else(end);
        self.life_cycle.between(from, to)
    }
}

fn is_end(action: &str) -> bool {
    matches!(action, "die" | "died")
}

/// How a run ended; a code that stands for a signal says which.
fn end(event: &Event) -> String {
    match event.end.and_then(RunEnd::signal) {
        Some(signal) => format!("{} ({})", event.what, signal.name()),
        None => event.what.clone(),
    }
}

/// The time between two runs.
fn pause(seconds: f64) -> String {
    match seconds.max(0.0) {
        seconds if seconds < 1.0 => format!("{:.0}ms", seconds * 1e3),
        seconds if seconds < 60.0 => format!("{seconds:.0}s"),
        seconds => units::long_span(seconds),
    }
}

fn is_shown(action: &str) -> bool {
    SHOWN.contains(&action) || action.starts_with("health_status")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EndCause, EngineId};

    #[test]
    fn what_happened_is_found_by_its_moment() {
        let happening = |at| Happening { at: Timestamp(at), text: at.to_string(), tone: Tone::Plain };
        let life = LifeCycle { happenings: [3, 5, 5, 9].map(happening).to_vec(), ..LifeCycle::default() };
        let texts = |from, to| -> Vec<&str> {
            life.between(Timestamp(from), Timestamp(to)).iter().map(|one| one.text.as_str()).collect()
        };
        assert_eq!(texts(3, 9), ["3", "5", "5"]);
        assert_eq!(texts(6, 100), ["9"]);
        assert!(texts(9, 3).is_empty(), "clocks are set back");
    }

    #[test]
    fn between_two_runs_is_one_row_with_the_exit_code_its_signal_and_the_time_between() {
        let event = |container: &str, seconds: f64, action: &str, what: &str| Event {
            at: Timestamp((seconds * 1e9) as i64),
            id: Some(Id::new(EngineId(0), container)),
            action: action.into(),
            what: what.into(),
            ..Event::default()
        };
        let ended = |container: &str, seconds: f64, code: i64, cause: EndCause, what: &str| Event {
            end: Some(RunEnd { code: Some(code), cause }),
            ..event(container, seconds, "die", what)
        };
        let events = [
            event("a", 0.0, "start", "started"),
            ended("a", 10.0, 137, EndCause::Itself, "exit 137"),
            ended("b", 10.5, 1, EndCause::Itself, "exit 1"),
            event("a", 12.0, "start", "started"),
            event("b", 10.9, "start", "started"),
            ended("a", 20.0, 143, EndCause::Signal, "exit 143 after SIGTERM"),
            event("a", 20.5, "rename", "renamed from x"),
            event("a", 7500.0, "start", "started"),
            ended("a", 7600.0, 137, EndCause::OutOfMemory, "killed: out of memory"),
        ];
        let rows = LifeCycle::of(events.iter().map(|event| (String::new(), event)));
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let wanted = [
            "started",
            "exit 137 (SIGKILL), restarted after 2s",
            "exit 1, restarted after 400ms",
            "exit 143 after SIGTERM, restarted after 2h 4m",
            "renamed from x",
            "killed: out of memory",
        ];
        assert_eq!(texts, wanted);
        assert_eq!(rows[1].at, Timestamp(10_000_000_000), "it stands where the run ended");
    }
}
