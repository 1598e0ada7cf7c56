//! What happened around the end: runs, health checks, events, and what changed since it last ran well.

use super::case::{Case, Evidence, Trouble, moment};
use super::restarts::GOOD_RUN;
use super::words::span;
use crate::model::{Event, Kind, RunEnd, Timestamp, secret};

/// A run of a container, as far as events tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its start; none where that was not heard of.
    pub began: Option<Timestamp>,
    /// Its end; none while it goes on.
    pub ended: Option<Timestamp>,
    /// How it ended, in words: `exit 1`, `killed: out of memory`.
    pub how: String,
    /// The same for decisions, if the event tells it.
    pub end: Option<RunEnd>,
}

impl Run {
    /// How long it took, seconds.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.ended?.since(self.began?))
    }

    /// True for an end without an error, or after a signal that somebody sent.
    pub fn ended_well(&self) -> bool {
        self.end.is_some_and(RunEnd::is_well)
    }
}

/// A health check that was run. Its output is clean and without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// Its start, by the engine's clock.
    pub start: Timestamp,
    /// Its end, by the engine's clock.
    pub end: Timestamp,
    /// Its exit code; -1 where it took too long.
    pub exit_code: i64,
    /// What it wrote.
    pub output: String,
}

/// What happened around the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Story {
    /// Its runs, the oldest first.
    pub runs: Vec<Run>,
    /// The last health checks, the oldest first.
    pub checks: Vec<HealthCheck>,
    /// Events of it and of what it uses, the oldest first.
    pub events: Vec<Event>,
    /// What changed since it last ran well, in sentences.
    pub changes: Vec<String>,
}

/// Events told of in a story.
const EVENTS_MOST: usize = 30;
/// Runs told of.
const RUNS_MOST: usize = 20;

/// What happened around the end.
pub fn story(evidence: &Evidence) -> Story {
    let case = Case::new(evidence);
    let mut events: Vec<Event> =
        evidence.snapshot.events.iter().filter(|event| concerns(&case, event)).cloned().collect();
    events.drain(..events.len().saturating_sub(EVENTS_MOST));
    let mut runs = runs(&case);
    runs.drain(..runs.len().saturating_sub(RUNS_MOST));
    Story { runs, checks: health_log(&case), events, changes: changes(&case) }
}

/// True for an event of the container itself, or of its image, a network or a volume of it.
fn concerns(case: &Case, event: &Event) -> bool {
    let container = case.container();
    if event.id.as_ref().is_some_and(|id| id.engine() != container.id.engine()) {
        return false;
    }
    match event.topic {
        Kind::Container => event.id.as_ref() == Some(&container.id),
        Kind::Network => match &event.id {
            Some(party) => *party == container.id,
            None => is_one_of(&event.name, &container.networks),
        },
        Kind::Volume => container.ties.mounts.iter().any(|mount| mount.volume.as_deref() == Some(&*event.name)),
        Kind::Image => *event.name == *container.image,
        Kind::System | Kind::Project => false,
    }
}

fn is_one_of(name: &str, names: &[std::sync::Arc<str>]) -> bool {
    names.iter().any(|known| **known == *name)
}

fn runs(case: &Case) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for event in case.events() {
        match event.action.as_str() {
            "start" => runs.push(Run { began: Some(event.at), ended: None, how: String::new(), end: None }),
            "die" | "died" => {
                let open = runs.pop_if(|run| run.ended.is_none());
                let (began, how) = (open.and_then(|run| run.began), event.what.clone());
                runs.push(Run { began, ended: Some(event.at), how, end: event.end });
            }
            _ => {}
        }
    }
    runs
}

/// The health checks that the engine keeps: its last five.
pub(super) fn health_log(case: &Case) -> Vec<HealthCheck> {
    let inspected = case.document;
    let Some((document, list)) = inspected.0.zip(inspected.node(&["State", "Health", "Log"])) else {
        return Vec::new();
    };
    let checks = document.children(list).map(|node| HealthCheck {
        start: inspected.child(node, "Start").map(moment).unwrap_or_default(),
        end: inspected.child(node, "End").map(moment).unwrap_or_default(),
        exit_code: inspected.child(node, "ExitCode").and_then(|code| code.parse().ok()).unwrap_or(0),
        output: inspected.child(node, "Output").map(|text| secret::told(text.trim()).into_owned()).unwrap_or_default(),
    });
    checks.collect()
}

/// When it was known to run well last: healthy, or running for long enough. Zero where no such moment is known.
fn last_well(case: &Case) -> Timestamp {
    let healthy = case.events().filter(|event| event.action == "health_status" && event.what.ends_with(" healthy"));
    let good = runs(case).into_iter().filter(|run| run.seconds().is_some_and(|seconds| seconds >= GOOD_RUN));
    healthy.map(|event| event.at).chain(good.filter_map(|run| run.began)).max().unwrap_or_default()
}

/// Actions of events that change what it runs with, by what they are about.
const CHANGES: &[(Kind, &[&str])] = &[
    (Kind::Container, &["update", "rename"]),
    (Kind::Network, &["connect", "disconnect", "destroy", "remove"]),
    (Kind::Volume, &["create", "destroy", "remove"]),
    (Kind::Image, &["pull", "tag", "untag", "delete", "load", "import"]),
];

/// What changed since it last ran well, in sentences.
pub(super) fn changes(case: &Case) -> Vec<String> {
    if matches!(case.trouble, Trouble::Runs | Trouble::Paused) {
        return Vec::new();
    }
    let since = last_well(case);
    let changed = |event: &&Event| {
        let counts = CHANGES.iter().any(|(kind, actions)| *kind == event.topic && actions.contains(&&*event.action));
        counts && event.at >= since && concerns(case, event) && !comes_with_a_run(case, event)
    };
    let mut facts: Vec<String> = image_moved(case).into_iter().collect();
    let events: Vec<&Event> = case.evidence.snapshot.events.iter().filter(changed).collect();
    for event in events.iter().rev().take(5).rev() {
        let ago = span(case.evidence.now.since(event.at));
        let what = if event.topic == Kind::Container {
            String::new()
        } else {
            format!("{} {} ", event.topic.word(), event.name)
        };
        facts.push(format!("changed {ago} ago: {what}{}", event.what));
    }
    facts
}

/// A container joins its networks when it starts, and leaves them when it ends: seconds beside such an event.
const WITH_A_RUN: f64 = 2.0;

fn comes_with_a_run(case: &Case, event: &Event) -> bool {
    let turns = ["start", "die", "died", "create", "kill", "stop"];
    let turn = |own: &&Event| turns.contains(&&*own.action);
    let beside = |own: &Event| event.at.since(own.at).abs() <= WITH_A_RUN;
    // In a crash loop the events of its first runs are forgotten before those of its networks.
    let is_forgotten =
        || case.trouble == Trouble::CrashLoop && case.events().find(turn).is_some_and(|own| event.at < own.at);
    event.topic == Kind::Network
        && event.id.is_some()
        && (case.trouble == Trouble::StartFailed || case.events().filter(turn).any(beside) || is_forgotten())
}

/// The name of its image leads to another one by now.
fn image_moved(case: &Case) -> Option<String> {
    let container = case.container();
    let images = case.evidence.snapshot.inventory(container.id.engine()).images.as_ref()?;
    let now = images.iter().find(|image| is_one_of(&container.image, &image.tags))?;
    let moved = !container.ties.image.is_empty() && now.id.raw() != &*container.ties.image;
    moved.then(|| format!("{} means another image by now: this container was made from an older one", container.image))
}
