//! Acts under way and how they went.

use super::notice::Notice;
use super::state::App;
use super::update::Effect;
use crate::model::{Act, Ask, Instance, Moment, Outcome, Problem, State, Verb};
use std::sync::Arc;

/// Results kept for the results screen.
const KEPT: usize = 20;

/// One wish for one or many instances, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkResult {
    /// The wish.
    pub ask: Ask,
    /// What was asked for.
    pub verb: Verb,
    /// When.
    pub since: Moment,
    /// Each target with its result, none while pending.
    pub targets: Vec<(Act, Option<Result<(), Problem>>)>,
    /// What failed has been asked for again.
    pub retried: bool,
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

    /// There is something to ask for again.
    pub fn can_retry(&self) -> bool {
        self.failed() > 0 && !self.retried
    }

    fn summary(&self) -> String {
        match self.targets.as_slice() {
            [(act, _)] => format!("{} {}", self.verb.done_word(), act.name),
            many if self.failed() == 0 => format!("{} {} instances", self.verb.done_word(), many.len()),
            many => {
                let done = many.len() - self.failed();
                format!("{} {done} of {}, {} failed", self.verb.done_word(), many.len(), self.failed())
            }
        }
    }
}

/// What an act key does to an instance as it is now; none if there is nothing to do.
pub fn verb_for(wish: super::Command, targets: &[Arc<Instance>]) -> Option<Verb> {
    use super::Command;
    let alive = |instance: &Arc<Instance>| instance.state.is_alive() || instance.state == State::Restarting;
    match wish {
        Command::StartStop if targets.iter().any(alive) => Some(Verb::Stop),
        Command::StartStop => Some(Verb::Start),
        Command::Restart => Some(Verb::Restart),
        Command::PauseUnpause if targets.iter().any(|target| target.state == State::Running) => Some(Verb::Pause),
        Command::PauseUnpause => Some(Verb::Unpause),
        _ => None,
    }
}

/// Which of the targets a verb makes sense for: stopping skips what is stopped already.
pub fn concerned(verb: Verb, targets: Vec<Arc<Instance>>) -> Vec<Arc<Instance>> {
    let wanted = |instance: &Arc<Instance>| match verb {
        Verb::Stop => instance.state.is_alive() || instance.state == State::Restarting,
        Verb::Start => !instance.state.is_alive(),
        Verb::Pause => instance.state == State::Running,
        Verb::Unpause => instance.state == State::Paused,
        Verb::Kill(_) | Verb::Signal { .. } => instance.state.is_alive(),
        Verb::Restart | Verb::Remove { .. } => true,
    };
    targets.into_iter().filter(wanted).collect()
}

impl App {
    /// Sends acts on their way as one wish.
    pub(super) fn ask(&mut self, verb: Verb, acts: Vec<Act>) -> Vec<Effect> {
        if acts.is_empty() {
            return Vec::new();
        }
        self.next_ask += 1;
        let ask = Ask(self.next_ask);
        let targets = acts.iter().map(|act| (act.clone(), None)).collect();
        self.results.push(BulkResult { ask, verb, since: self.now, targets, retried: false });
        if self.results.len() > KEPT {
            self.results.remove(0);
        }
        self.fleet.clear_marks();
        acts.into_iter().map(|act| Effect::Act(ask, act)).collect()
    }

    /// An act has ended.
    pub(super) fn done(&mut self, outcome: Outcome) {
        let now = self.now;
        let Some(bulk) = self.results.iter_mut().find(|bulk| bulk.ask == outcome.ask) else { return };
        if let Some((_, result)) = bulk.targets.iter_mut().find(|(act, _)| act.id == outcome.act.id) {
            *result = Some(outcome.result);
        }
        if bulk.pending() > 0 {
            return;
        }
        let single_failure = match bulk.targets.as_slice() {
            [(_, Some(Err(problem)))] => Some(problem.clone()),
            _ => None,
        };
        let (mut summary, failed) = (bulk.summary(), bulk.failed());
        if failed > 0
            && let Some(key) = self.options.keymap.shown(super::Command::Results)
        {
            summary = format!("{summary}: {key} shows each");
        }
        self.notice = Some(match single_failure {
            Some(problem) => Notice::bad(&problem, now),
            None if failed > 0 => Notice::warn(summary, now),
            None => Notice::good(summary, now),
        });
    }

    /// One wish with its results.
    pub fn result(&self, ask: Ask) -> Option<&BulkResult> {
        self.results.iter().find(|bulk| bulk.ask == ask)
    }

    /// Asks again, once, for what failed in a wish; what is dangerous is a question again.
    pub(super) fn retry_failed(&mut self, ask: Ask) -> Vec<Effect> {
        let bulk = self.results.iter_mut().find(|bulk| bulk.ask == ask && bulk.can_retry());
        let Some(bulk) = bulk else { return Vec::new() };
        bulk.retried = true;
        let failed = bulk.targets.iter().filter(|(_, result)| matches!(result, Some(Err(_))));
        let (verb, acts) = (bulk.verb, failed.map(|(act, _)| act.clone()).collect::<Vec<Act>>());
        if !verb.is_dangerous() {
            return self.ask(verb, acts);
        }
        let there = acts.iter().filter_map(|act| self.world.instances.get(&act.id).cloned()).collect::<Vec<_>>();
        if there.is_empty() {
            self.notice = Some(Notice::warn("what failed is gone by now", self.now));
        } else {
            let mut confirm = super::Confirm::new(verb, &there);
            // As they were named then: a process is more than its instance.
            confirm.targets = acts.into_iter().filter(|act| there.iter().any(|one| one.id == act.id)).collect();
            self.layers.push(super::Layer::Confirm(confirm));
        }
        Vec::new()
    }

    /// What is under way with an engine that is left: nothing will be heard of it any more.
    pub(super) fn abandon_acts(&mut self) {
        for bulk in &mut self.results {
            for (act, result) in bulk.targets.iter_mut().filter(|(_, result)| result.is_none()) {
                let during = format!("{} {}", bulk.verb.word(), act.name);
                *result = Some(Err(Problem::new(during, "another engine was opened", "")));
            }
        }
    }

    /// What is under way, for the footer: `stopping web-1`, `stopping 3 instances`.
    pub fn under_way(&self) -> Option<String> {
        let bulk = self.results.iter().rev().find(|bulk| bulk.pending() > 0)?;
        let seconds = self.now.since(bulk.since) as u64;
        let what = match bulk.targets.as_slice() {
            [(act, _)] => act.name.clone(),
            many => format!("{} of {}", many.len() - bulk.pending(), many.len()),
        };
        let time = if seconds > 0 { format!("  {seconds} s") } else { String::new() };
        Some(format!("{} {what}{time}", bulk.verb.pending_word()))
    }
}
