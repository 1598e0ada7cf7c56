//! What is known of a container, in one place: from the list, from its inspection, from events, from its last lines.

use super::last_lines::LastLine;
use super::words::{short, span, times};
use super::{restarts, story};
use crate::model::{
    Container, Detail, Document, Engine, Event, Health, Kind, Mount, Restart, Series, Signal, Snapshot, Standing,
    State, Timestamp,
};
use std::str::FromStr;

/// What an answer rests on. Plain data; whatever is not known is left out.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The container.
    pub container: &'a Container,
    /// What else is known of its engine: other containers, events, usage, images, networks.
    pub snapshot: &'a Snapshot,
    /// The container as the engine inspects it.
    pub document: Option<&'a Document>,
    /// Its last lines, the oldest first.
    pub lines: &'a [LastLine],
    /// Who stopped it, where that is known: `bowline, in this session`.
    pub stopped_by: Option<&'a str>,
    /// What the engine answered when it was to start it last, and refused: not every engine remembers that itself.
    pub refused: Option<&'a str>,
    /// The present moment.
    pub now: Timestamp,
}

/// What is wrong, before it is asked why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The engine could not start it.
    StartFailed,
    /// It was made and never started.
    NeverStarted,
    /// Its run is over.
    Ended,
    /// It ends and is started again and again.
    CrashLoop,
    /// Its health check fails.
    Unhealthy,
    /// Its first health checks are under way.
    Starting,
    /// It is paused.
    Paused,
    /// The engine failed to make or remove it.
    Dead,
    /// It runs.
    Runs,
}

impl Trouble {
    /// What is wrong with a container.
    pub fn of(container: &Container) -> Trouble {
        match (&container.state, container.standing()) {
            _ if container.failed_to_start() && !container.state.is_alive() => Trouble::StartFailed,
            (State::Running, Standing::Restarting) | (State::Restarting, _) => Trouble::CrashLoop,
            (State::Running, _) if container.health == Health::Unhealthy => Trouble::Unhealthy,
            (State::Running, _) if container.health == Health::Starting => Trouble::Starting,
            (State::Running | State::Removing | State::Other(_), _) => Trouble::Runs,
            (State::Created, _) => Trouble::NeverStarted,
            (State::Exited, _) => Trouble::Ended,
            (State::Paused, _) => Trouble::Paused,
            (State::Dead, _) => Trouble::Dead,
        }
    }
}

/// The evidence, with what follows from it at once.
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) trouble: Trouble,
    pub(super) document: Inspected<'a>,
}

impl<'a> Case<'a> {
    pub(super) fn new(evidence: &'a Evidence<'a>) -> Case<'a> {
        let document = Inspected(evidence.document);
        let mut case = Case { evidence, trouble: Trouble::of(evidence.container), document };
        if evidence.refused.is_some() && matches!(case.trouble, Trouble::Ended | Trouble::NeverStarted) {
            case.trouble = Trouble::StartFailed;
        }
        // Who has not watched it sees only that it has been started again a moment ago.
        let (began, _) = case.last_run();
        let young = began.is_known() && evidence.now.since(began) < restarts::GOOD_RUN;
        if matches!(case.trouble, Trouble::Runs | Trouble::Starting) && case.restarts() > 0 && young {
            case.trouble = Trouble::CrashLoop;
        }
        if case.trouble == Trouble::Ended && restarts::is_due(&case) {
            case.trouble = Trouble::CrashLoop;
        }
        case
    }

    pub(super) fn container(&self) -> &'a Container {
        self.evidence.container
    }

    pub(super) fn detail(&self) -> Option<&'a Detail> {
        self.container().detail.as_deref()
    }

    /// The exit code of the last run, or of the start that failed.
    pub(super) fn exit_code(&self) -> Option<i64> {
        let never_ran = matches!(self.trouble, Trouble::StartFailed | Trouble::NeverStarted);
        let of_detail = self.detail().map(|detail| detail.exit_code).filter(|code| never_ran && *code != 0);
        of_detail
            .or(self.container().exit_code)
            .or(self.container().past.last_exit)
            .or_else(|| self.document.number(&["State", "ExitCode"]).filter(|_| !self.container().state.is_alive()))
    }

    /// The kernel killed it for memory, as the engine says.
    pub(super) fn was_out_of_memory(&self) -> bool {
        let told = || self.document.text(&["State", "OOMKilled"]) == Some("true");
        self.detail().map_or_else(told, |detail| detail.oom)
    }

    /// The engine's words on a start that failed.
    pub(super) fn engine_error(&self) -> &'a str {
        let of_detail = self.detail().map(|detail| detail.error.as_str()).filter(|error| !error.is_empty());
        let of_document = || self.document.text(&["State", "Error"]).filter(|error| !error.is_empty());
        of_detail.or_else(of_document).or(self.evidence.refused).unwrap_or_default()
    }

    pub(super) fn restarts(&self) -> u64 {
        let told = self.detail().map(|detail| detail.restarts).or(self.container().past.restarts);
        told.or_else(|| self.document.number(&["RestartCount"]).and_then(|count| u64::try_from(count).ok()))
            .unwrap_or(0)
    }

    pub(super) fn policy(&self) -> Restart {
        self.detail().map(|detail| detail.restart).unwrap_or_else(|| {
            Restart::parse(self.document.text(&["HostConfig", "RestartPolicy", "Name"]).unwrap_or_default())
                .unwrap_or_default()
        })
    }

    /// When the last run began and ended. Both are zero where that is not known.
    pub(super) fn last_run(&self) -> (Timestamp, Timestamp) {
        match self.detail() {
            Some(detail) => (detail.started_at, detail.finished_at),
            None => (self.document.time(&["State", "StartedAt"]), self.document.time(&["State", "FinishedAt"])),
        }
    }

    /// How long the last run took, seconds, once it is over.
    pub(super) fn ran_for(&self) -> Option<f64> {
        let (began, ended) = self.last_run();
        (began.is_known() && ended >= began && !self.container().state.is_alive()).then(|| ended.since(began))
    }

    pub(super) fn memory_limit(&self) -> Option<u64> {
        let told = || self.document.number(&["HostConfig", "Memory"]).and_then(|bytes| u64::try_from(bytes).ok());
        self.detail().map_or_else(told, |detail| detail.limits.memory).filter(|bytes| *bytes > 0)
    }

    pub(super) fn usage(&self) -> Option<&'a Series> {
        self.evidence.snapshot.usage_of(self.container())
    }

    pub(super) fn engine(&self) -> Option<&'a Engine> {
        self.evidence.snapshot.engine_of(&self.container().id)
    }

    /// Its own events, the oldest first.
    pub(super) fn events(&self) -> impl DoubleEndedIterator<Item = &'a Event> {
        let id = &self.container().id;
        let events = self.evidence.snapshot.events.iter();
        events.filter(move |event| event.topic == Kind::Container && event.id.as_ref() == Some(id))
    }

    /// Other containers of its engine.
    pub(super) fn others(&self) -> impl Iterator<Item = &'a Container> {
        let id = &self.container().id;
        let all = self.evidence.snapshot.containers.values().map(|one| &**one);
        all.filter(move |one| one.id.engine() == id.engine() && one.id != *id)
    }

    pub(super) fn mounts(&self) -> &'a [Mount] {
        &self.container().ties.mounts
    }

    /// Lines of the run that is over, or of all runs where it goes in circles. The last come last.
    pub(super) fn lines(&self) -> &'a [LastLine] {
        let (began, _) = self.last_run();
        let lines = self.evidence.lines;
        match self.trouble {
            Trouble::Ended if began.is_known() => {
                // Engines stamp lines by another clock than runs, a little later or earlier.
                &lines[lines.partition_point(|line| line.at.plus_seconds(1.0) < began)..]
            }
            // It runs again for now: what it says since then is no reason for the end before.
            Trouble::CrashLoop if self.container().state.is_alive() && began.is_known() => {
                match lines.partition_point(|line| line.at < began) {
                    0 => lines,
                    end => &lines[..end],
                }
            }
            _ => lines,
        }
    }

    /// It ended, and not well.
    pub(super) fn ended_badly(&self) -> bool {
        let badly = self.exit_code().is_some_and(|code| code != 0);
        matches!(self.trouble, Trouble::CrashLoop) || self.trouble == Trouble::Ended && badly
    }

    /// What is wrong, as the sentence begins. Empty where the reason says it all.
    pub(super) fn opening(&self) -> String {
        let exit = self.exit_code().map(|code| match signal_of(code) {
            Some(signal) => format!("exit {code} ({signal})"),
            None => format!("exit {code}"),
        });
        match self.trouble {
            Trouble::StartFailed => "Start failed".into(),
            Trouble::NeverStarted => "Never started".into(),
            Trouble::Ended => exit.map_or("Exited".into(), |exit| super::capital(&exit)),
            Trouble::CrashLoop => {
                let restarts = match self.restarts() {
                    0 => String::new(),
                    count => format!(", restarted {}", times(count)),
                };
                format!("Crash loop{restarts}{}", exit.map(|exit| format!(", last {exit}")).unwrap_or_default())
            }
            Trouble::Unhealthy => "Unhealthy".into(),
            Trouble::Starting => "Starting".into(),
            Trouble::Paused => "Paused".into(),
            Trouble::Dead => "Dead".into(),
            Trouble::Runs => String::new(),
        }
    }

    /// What belongs to every answer: how it ended, how long it ran, how often it was restarted, what it wrote last.
    pub(super) fn circumstances(&self) -> Vec<String> {
        let mut facts = Vec::new();
        if let Some(code) = self.exit_code().filter(|_| matches!(self.trouble, Trouble::Ended | Trouble::CrashLoop)) {
            let meaning = signal_of(code).map(|signal| format!(" = 128 + {}, {signal}", code - 128));
            facts.push(format!("exit code {code}{}", meaning.unwrap_or_default()));
        }
        if let Some(seconds) = self.ran_for().filter(|_| self.trouble != Trouble::StartFailed) {
            facts.push(format!("it ran for {}", span(seconds)));
        }
        facts.extend(restarts::rhythm(self));
        if !self.engine_error().is_empty() {
            facts.push(format!("the engine says: {}", short(self.engine_error(), 600)));
        }
        if self.ended_badly() {
            let lines = self.lines().iter().rev().filter(|line| !line.text.trim().is_empty()).take(3);
            let mut last: Vec<String> = lines.map(|line| format!("log: {}", short(&line.text, 200))).collect();
            last.reverse();
            facts.extend(last);
        }
        facts.extend(story::changes(self));
        facts
    }
}

/// The name of the signal that ended a program with this exit code.
pub(super) fn signal_of(code: i64) -> Option<String> {
    Signal::of_exit_code(code).map(Signal::name)
}

/// The inspected container; nothing of it is known where there is none. Secrets are hidden.
#[derive(Clone, Copy)]
pub(super) struct Inspected<'a>(pub(super) Option<&'a Document>);

impl<'a> Inspected<'a> {
    pub(super) fn node(self, path: &[&str]) -> Option<usize> {
        let document = self.0?;
        path.iter().try_fold(0, |node, key| document.child(node, key))
    }

    /// The text, number or truth at a path; nothing for `null`.
    pub(super) fn text(self, path: &[&str]) -> Option<&'a str> {
        self.shown(self.node(path)?)
    }

    pub(super) fn shown(self, node: usize) -> Option<&'a str> {
        let text = self.0?.nodes.get(node)?.shown(false);
        Some(text).filter(|text| !text.is_empty() && *text != "null")
    }

    pub(super) fn number(self, path: &[&str]) -> Option<i64> {
        self.text(path)?.parse().ok()
    }

    /// A moment by the engine's clock; zero where it is not told, or never was.
    pub(super) fn time(self, path: &[&str]) -> Timestamp {
        self.text(path).map(moment).unwrap_or_default()
    }

    /// What a list holds, as texts.
    pub(super) fn list(self, path: &[&str]) -> Vec<&'a str> {
        let Some((document, node)) = self.0.zip(self.node(path)) else { return Vec::new() };
        document.children(node).filter_map(|child| self.shown(child)).collect()
    }

    pub(super) fn child(self, node: usize, key: &str) -> Option<&'a str> {
        self.shown(self.0?.child(node, key)?)
    }
}

/// A moment as engines write it; zero for what is none, and for the year 1.
pub(super) fn moment(text: &str) -> Timestamp {
    let told = jiff::Timestamp::from_str(text).ok().and_then(|at| i64::try_from(at.as_nanosecond()).ok());
    Timestamp(told.filter(|at| *at > 0).unwrap_or(0))
}
