//! This folder knows operations: the forms and plans before one, those under way, and how they went.
//! It may use the model, widgets and the heart of app.
//! It never asks an engine itself: an operation leaves as an effect.

pub(in crate::app) mod bulk;
pub(in crate::app) mod forms;
pub mod plan;
pub mod ports;
pub(in crate::app) mod prune;
pub(in crate::app) mod volume_forms;

use super::msg::Effect;
use super::notice::Notice;
use super::state::App;
use crate::model::{
    Container, Id, Kind, Needs, Operation, OperationId, OperationKind, OperationResult, Problem, State, Timestamp,
};
use std::sync::Arc;

/// Results kept for the results screen.
const KEPT: usize = 20;

/// One wish for one or many containers, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkResult {
    /// The wish.
    pub ask: OperationId,
    /// What was asked for.
    pub verb: OperationKind,
    /// When.
    pub since: Timestamp,
    /// Each target with its result, none while pending.
    pub targets: Vec<(Operation, Option<Result<String, Problem>>)>,
    /// What failed has been asked for again.
    pub retried: bool,
    /// How many of the targets each wave has; one begins when all before it have ended.
    pub waves: Vec<usize>,
    /// The project of each target, by its engine and name.
    projects: Vec<Option<Id>>,
    /// Up to where the targets have been begun.
    begun_to: usize,
}

impl BulkResult {
    /// Targets without a result.
    pub fn pending(&self) -> usize {
        self.targets.iter().filter(|(_, result)| result.is_none()).count()
    }

    /// Targets that failed.
    pub fn failed(&self) -> usize {
        self.targets.iter().filter(|(_, result)| matches!(result, Some(Err(_)))).count()
    }

    /// How many are done, in words: `2 of 4 done, 1 failed, 1 under way`.
    pub fn standing(&self) -> String {
        let (all, failed, pending) = (self.targets.len(), self.failed(), self.pending());
        let mut words = format!("{} of {all} done", all - failed - pending);
        for (count, what) in [(failed, "failed"), (pending, "running")] {
            if count > 0 {
                words.push_str(&format!(", {count} {what}"));
            }
        }
        words
    }

    /// There is something to ask for again.
    pub fn can_retry(&self) -> bool {
        self.failed() > 0 && !self.retried && self.verb.spec().can_retry
    }

    /// What begins now that a target has its result: the wave behind one whose targets all have theirs. Where one failed the
    /// later ones of its project are told as not begun; others do not hang on it.
    fn next_wave(&mut self) -> Vec<Operation> {
        let mut end = 0;
        for wave in 0..self.waves.len() {
            let start = end;
            end = (end + self.waves[wave]).min(self.targets.len());
            if self.targets[start..end].iter().any(|(_, result)| result.is_none()) {
                return Vec::new();
            }
            if self.begun_to > end {
                continue;
            }
            self.give_up_behind(end);
            let next = self.waves.get(wave + 1).copied().unwrap_or(0);
            self.begun_to = (end + next).min(self.targets.len());
            let begin = self.targets[end..self.begun_to].iter().filter(|(_, result)| result.is_none());
            let begin: Vec<Operation> = begin.map(|(act, _)| act.clone()).collect();
            if !begin.is_empty() {
                return begin;
            }
        }
        Vec::new()
    }

    /// What is behind this target and of a project in which one before it failed is not begun.
    fn give_up_behind(&mut self, end: usize) {
        let is_failed = |at: &usize| matches!(self.targets[*at].1, Some(Err(_)));
        let failed: Vec<Id> = (0..end).filter(is_failed).filter_map(|at| self.projects.get(at)?.clone()).collect();
        for (at, (act, result)) in self.targets.iter_mut().enumerate().skip(end) {
            let project = self.projects.get(at).and_then(Option::as_ref);
            if result.is_none() && project.is_some_and(|project| failed.contains(project)) {
                let during = format!("{} {}", self.verb.spec().word, act.name);
                *result = Some(Err(Problem::new(during, "not started: an earlier one failed", "")));
            }
        }
    }

    /// How many failed in each wave and are to be tried again, without waves in which none is.
    fn failed_waves(&self, again: impl Fn(&Operation) -> bool) -> Vec<usize> {
        let mut rest = self.targets.as_slice();
        let mut failed = Vec::new();
        for wave in &self.waves {
            let (of, later) = rest.split_at((*wave).min(rest.len()));
            failed.push(of.iter().filter(|(act, result)| matches!(result, Some(Err(_))) && again(act)).count());
            rest = later;
        }
        failed.retain(|count| *count > 0);
        failed
    }

    fn summary(&self) -> String {
        match self.targets.as_slice() {
            [(act, Some(Ok(word)))] if !word.is_empty() && *word != act.name => {
                format!("{} {}: {word}", self.verb.spec().done, act.name)
            }
            [(act, _)] => format!("{} {}", self.verb.spec().done, act.name),
            many if self.failed() == 0 => {
                format!("{} {}", self.verb.spec().done, self.verb.spec().kind.count(many.len()))
            }
            many => {
                let done = many.len() - self.failed();
                format!("{} {done} of {}, {} failed", self.verb.spec().done, many.len(), self.failed())
            }
        }
    }
}

/// What a command does to containers as they are now: the first of its operations that applies to one of them, else the last.
pub fn operation_for(command: super::Command, targets: &[Arc<Container>]) -> Option<OperationKind> {
    let operations = command.spec().operations;
    let applies = |verb: &&OperationKind| targets.iter().any(|one| (verb.spec().applies)(one));
    let verb = *operations.iter().find(applies).or(operations.last())?;
    if let OperationKind::Remove { volumes, .. } = verb {
        let force = targets.iter().any(|one| !matches!(one.state, State::Exited | State::Created));
        return Some(OperationKind::Remove { force, volumes });
    }
    Some(verb)
}

/// True for a command that is for one container only.
pub(in crate::app) fn is_for_one(command: super::Command) -> bool {
    command.spec().operations.iter().any(|verb| verb.spec().needs.is_for_one())
}

/// Which of the targets a verb makes sense for: stopping skips what is stopped already.
pub fn concerned(verb: OperationKind, targets: Vec<Arc<Container>>) -> Vec<Arc<Container>> {
    targets.into_iter().filter(|one| (verb.spec().applies)(one)).collect()
}

impl App {
    /// Opens what an operation on containers needs to know before, with `notes` for its plan. False for one that needs nothing.
    pub(super) fn ask_for_args(
        &mut self,
        verb: OperationKind,
        targets: &[Arc<Container>],
        notes: Option<Vec<String>>,
    ) -> bool {
        let Some(first) = targets.first() else { return false };
        match verb.spec().needs {
            Needs::Nothing => return false,
            Needs::Signal => drop(super::menus::open_signals(self, concerned(verb, targets.to_vec()), notes)),
            Needs::NewName => self.open_rename(first),
            Needs::TwinName => self.open_duplicate(first),
            Needs::ImageName => self.open_commit(first),
            Needs::Limits => self.open_limits(targets),
            Needs::NetworkToJoin => self.open_connect(targets),
            Needs::NetworkToLeave => self.open_disconnect(targets),
            // These begin elsewhere: at a process, in another list, in a form.
            Needs::Process
            | Needs::Untag
            | Needs::Volume
            | Needs::NewContainer
            | Needs::NewVolume
            | Needs::NewNetwork
            | Needs::Import
            | Needs::Copy => {}
        }
        true
    }

    /// Sends acts on their way as one wish.
    pub(super) fn ask(&mut self, verb: OperationKind, acts: Vec<Operation>) -> Vec<Effect> {
        let all = acts.len();
        self.ask_in_waves(verb, acts, vec![all])
    }

    /// Sends acts on their way as one wish: a wave of so many begins when those before it have ended. After a failure the
    /// later ones of the same project are not begun.
    pub(super) fn ask_in_waves(&mut self, verb: OperationKind, acts: Vec<Operation>, waves: Vec<usize>) -> Vec<Effect> {
        if acts.is_empty() {
            return Vec::new();
        }
        self.next_operation += 1;
        let ask = OperationId(self.next_operation);
        let targets = acts.iter().map(|act| (act.clone(), None)).collect();
        let first = waves.first().copied().unwrap_or(acts.len());
        let project = |act: &Operation| {
            let name = self.snapshot.containers.get(&act.id)?.project()?;
            Some(Id::new(act.id.engine(), name))
        };
        let projects = acts.iter().map(project).collect();
        let since = self.now;
        self.results.push(BulkResult { ask, verb, since, targets, retried: false, waves, projects, begun_to: first });
        // What is under way stays: its later waves hang on it.
        if self.results.len() > KEPT
            && let Some(over) = self.results.iter().position(|bulk| bulk.pending() == 0)
        {
            self.results.remove(over);
        }
        match self.list_mut() {
            Some(list) => list.clear_marks(),
            None => self.fleet.clear_marks(),
        }
        acts.into_iter().take(first).map(|act| Effect::Act(ask, act)).collect()
    }

    /// An act has ended.
    pub(super) fn done(&mut self, outcome: OperationResult) -> Vec<Effect> {
        let now = self.now;
        let Some(bulk) = self.results.iter_mut().find(|bulk| bulk.ask == outcome.ask) else { return Vec::new() };
        if let Some((_, result)) = bulk.targets.iter_mut().find(|(act, result)| *act == outcome.act && result.is_none())
        {
            *result = Some(outcome.result);
        }
        let next = bulk.next_wave();
        if !next.is_empty() || bulk.pending() > 0 {
            return next.into_iter().map(|act| Effect::Act(outcome.ask, act)).collect();
        }
        let single_failure = match bulk.targets.as_slice() {
            [(_, Some(Err(problem)))] => Some(problem.clone()),
            _ => None,
        };
        let (mut summary, failed) = (bulk.summary(), bulk.failed());
        if failed > 0
            && let Some(key) = self.options.keymap.shown(super::Command::Results)
        {
            summary = format!("{summary}: {key} shows details");
        }
        self.notice = Some(match single_failure {
            Some(problem) => Notice::bad(&problem, now),
            None if failed > 0 => Notice::warn(summary, now),
            None => Notice::good(summary, now),
        });
        Vec::new()
    }

    /// One wish with its results.
    pub fn result(&self, ask: OperationId) -> Option<&BulkResult> {
        self.results.iter().find(|bulk| bulk.ask == ask)
    }

    /// Asks again, once, for what failed in a wish; what is dangerous is a question again.
    pub(super) fn retry_failed(&mut self, ask: OperationId) -> Vec<Effect> {
        let bulk = self.results.iter_mut().find(|bulk| bulk.ask == ask && bulk.can_retry());
        let Some(bulk) = bulk else { return Vec::new() };
        bulk.retried = true;
        let failed = bulk.targets.iter().filter(|(_, result)| matches!(result, Some(Err(_))));
        let (verb, acts) = (bulk.verb, failed.map(|(act, _)| act.clone()).collect::<Vec<Operation>>());
        if !verb.spec().is_dangerous {
            let waves = bulk.failed_waves(|_| true);
            return self.ask_in_waves(verb, acts, waves);
        }
        if verb.spec().kind != Kind::Container {
            let confirm = super::Confirm::of(acts, Vec::new(), &self.snapshot);
            self.overlays.push(super::Overlay::Confirm(confirm));
            return Vec::new();
        }
        let world = self.snapshot.clone();
        let waves = bulk.failed_waves(|act| world.containers.contains_key(&act.id));
        let there = acts.iter().filter_map(|act| self.snapshot.containers.get(&act.id).cloned()).collect::<Vec<_>>();
        if there.is_empty() {
            self.notice = Some(Notice::warn("the failed containers no longer exist", self.now));
        } else {
            let mut confirm = super::Confirm::new(verb, &there, &self.snapshot);
            // As they were named then: a process is more than its container.
            confirm.targets = acts.into_iter().filter(|act| there.iter().any(|one| one.id == act.id)).collect();
            if waves.len() > 1 {
                confirm.losses.push(crate::services::stages::order(verb).to_string());
                confirm.waves = waves;
            }
            self.overlays.push(super::Overlay::Confirm(confirm));
        }
        Vec::new()
    }

    /// What is under way with an engine that is left: nothing will be heard of it any more.
    pub(super) fn abandon_acts(&mut self) {
        for bulk in &mut self.results {
            for (act, result) in bulk.targets.iter_mut().filter(|(_, result)| result.is_none()) {
                let during = format!("{} {}", bulk.verb.spec().word, act.name);
                *result = Some(Err(Problem::new(during, "another engine was opened", "")));
            }
        }
    }

    /// What is under way, for the footer: `stopping web-1`, `stopping 3 containers`, `x: pulling 43% busybox:1`.
    pub fn under_way(&self) -> Option<String> {
        let Some(bulk) = self.results.iter().rev().find(|bulk| bulk.pending() > 0 && bulk.verb != OperationKind::Wait)
        else {
            return self.transfers_under_way();
        };
        let seconds = self.now.since(bulk.since) as u64;
        let what = match bulk.targets.as_slice() {
            [(act, _)] => act.name.clone(),
            many => format!("{} of {}", many.len() - bulk.pending(), many.len()),
        };
        let time = if seconds > 0 { format!("  {seconds} s") } else { String::new() };
        Some(format!("{} {what}{time}", bulk.verb.spec().pending))
    }
}
