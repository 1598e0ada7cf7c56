//! What happened to the containers of a log, between its lines: starts, ends, health.

use super::view::LogView;
use crate::model::{Event, Id, Kind, Snapshot, Timestamp, Tone};
use std::collections::VecDeque;
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
        let told = snapshot.events.iter().filter(of_log).filter_map(|event| {
            let name = self.name_in_log(event.id.as_ref()?)?;
            Some(Happening { at: event.at, text: format!("{name}{}", event.what), tone: event.tone })
        });
        let mut happenings: Vec<Happening> = told.collect();
        happenings.sort_by_key(|happening| happening.at);
        self.life_cycle = LifeCycle { of: snapshot.events.clone(), happenings };
    }

    /// The name before what happened to a container; empty where there is one. None if it is not in this log.
    fn name_in_log(&self, id: &Id) -> Option<String> {
        let Some(merge) = &self.merge else { return (*id == self.id).then(String::new) };
        let voice = merge.voices.iter().find(|voice| voice.id == *id)?;
        Some(format!("{} ", voice.label))
    }

    /// What happened behind a line, before the next one shown.
    pub(super) fn happened_behind(&self, line: i64) -> &[Happening] {
        if self.life_cycle.happenings.is_empty() {
            return &[];
        }
        let at = |line| self.line(line).map(|(mark, _)| mark.at);
        let Some(from) = at(line) else { return &[] };
        let to = self.after(line).and_then(at).unwrap_or(Timestamp(i64::MAX));
        self.life_cycle.between(from, to)
    }
}

fn is_shown(action: &str) -> bool {
    SHOWN.contains(&action) || action.starts_with("health_status")
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
