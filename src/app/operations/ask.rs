//! Operations on their way: what is asked for first, what begins, what has ended, what is tried again.

use super::concerned;
use super::results::BulkResult;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::confirm::Confirm;
use crate::app::widgets::menus;
use crate::app::widgets::notice::Notice;
use crate::model::{
    Container, Id, Kind, Needs, Operation, OperationArgs, OperationId, OperationKind, OperationResult, Problem,
    Transfer,
};
use std::sync::Arc;

/// Results kept for the results screen.
const KEPT: usize = 20;

/// What an operation moves.
fn transfer_of(operation: &Operation) -> Option<Transfer> {
    let OperationArgs::Transfer(transfer) = &operation.with else { return None };
    Some((**transfer).clone())
}

impl App {
    /// Opens what an operation on containers needs to know before, with `notes` for its plan. False for one that needs nothing.
    pub(in crate::app) fn ask_for_args(
        &mut self,
        kind: OperationKind,
        targets: &[Arc<Container>],
        notes: Option<Vec<String>>,
    ) -> bool {
        let Some(first) = targets.first() else { return false };
        match kind.spec().needs {
            Needs::Nothing => return false,
            Needs::Signal => drop(menus::open_signals(self, concerned(kind, targets.to_vec()), notes)),
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

    /// Carries out a plan that was agreed to. What is moved goes its own way: it takes its time, and can be cancelled.
    pub(in crate::app) fn agreed(&mut self, confirm: Confirm) -> Vec<Effect> {
        let moved: Vec<Transfer> = confirm.targets.iter().filter_map(transfer_of).collect();
        if !moved.is_empty() {
            for transfer in moved {
                self.begin_transfer(transfer);
            }
            return Vec::new();
        }
        if confirm.kind == OperationKind::RemoveVolume {
            let going: Vec<Id> = confirm.targets.iter().map(|operation| operation.id.clone()).collect();
            self.leave_volumes(&going);
        }
        match confirm.waves.is_empty() {
            true => self.start_operations(confirm.kind, confirm.targets),
            false => self.ask_in_waves(confirm.kind, confirm.targets, confirm.waves),
        }
    }

    /// Sends acts on their way as one wish.
    pub(in crate::app) fn start_operations(&mut self, kind: OperationKind, operations: Vec<Operation>) -> Vec<Effect> {
        let all = operations.len();
        self.ask_in_waves(kind, operations, vec![all])
    }

    /// Sends acts on their way as one wish: a wave of so many begins when those before it have ended. After a failure the
    /// later ones of the same project are not begun.
    pub(in crate::app) fn ask_in_waves(
        &mut self,
        kind: OperationKind,
        operations: Vec<Operation>,
        waves: Vec<usize>,
    ) -> Vec<Effect> {
        if operations.is_empty() {
            return Vec::new();
        }
        self.next_operation += 1;
        let id = OperationId(self.next_operation);
        let targets = operations.iter().map(|operation| (operation.clone(), None)).collect();
        let first = waves.first().copied().unwrap_or(operations.len());
        let project = |act: &Operation| {
            let name = self.snapshot.containers.get(&act.id)?.project()?;
            Some(Id::new(act.id.engine(), name))
        };
        let projects = operations.iter().map(project).collect();
        let since = self.now;
        self.results.push(BulkResult { id, kind, since, targets, retried: false, waves, projects, begun_to: first });
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
        operations.into_iter().take(first).map(|act| Effect::Act(id, act)).collect()
    }

    /// An act has ended.
    pub(in crate::app) fn done(&mut self, outcome: OperationResult) -> Vec<Effect> {
        let now = self.now;
        let Some(bulk) = self.results.iter_mut().find(|bulk| bulk.id == outcome.id) else { return Vec::new() };
        if let Some((_, result)) =
            bulk.targets.iter_mut().find(|(operation, result)| *operation == outcome.operation && result.is_none())
        {
            *result = Some(outcome.result);
        }
        let next = bulk.next_wave();
        if !next.is_empty() || bulk.pending() > 0 {
            return next.into_iter().map(|act| Effect::Act(outcome.id, act)).collect();
        }
        let single_failure = match bulk.targets.as_slice() {
            [(_, Some(Err(problem)))] => Some(problem.clone()),
            _ => None,
        };
        let (mut summary, failed) = (bulk.summary(), bulk.failed());
        if failed > 0
            && let Some(key) = self.options.keymap.shown(Command::Results)
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
    pub fn result(&self, id: OperationId) -> Option<&BulkResult> {
        self.results.iter().find(|bulk| bulk.id == id)
    }

    /// Asks again, once, for what failed in a wish; what is dangerous is a question again.
    pub(in crate::app) fn retry_failed(&mut self, id: OperationId) -> Vec<Effect> {
        let bulk = self.results.iter_mut().find(|bulk| bulk.id == id && bulk.can_retry());
        let Some(bulk) = bulk else { return Vec::new() };
        bulk.retried = true;
        let failed = bulk.targets.iter().filter(|(_, result)| matches!(result, Some(Err(_))));
        let (kind, operations) =
            (bulk.kind, failed.map(|(operation, _)| operation.clone()).collect::<Vec<Operation>>());
        if !kind.spec().is_dangerous {
            let waves = bulk.failed_waves(|_| true);
            return self.ask_in_waves(kind, operations, waves);
        }
        if kind.spec().kind != Kind::Container {
            let confirm = Confirm::of(operations, Vec::new(), &self.snapshot);
            self.overlays.push(Overlay::Confirm(confirm));
            return Vec::new();
        }
        let snapshot = self.snapshot.clone();
        let waves = bulk.failed_waves(|act| snapshot.containers.contains_key(&act.id));
        let there =
            operations.iter().filter_map(|act| self.snapshot.containers.get(&act.id).cloned()).collect::<Vec<_>>();
        if there.is_empty() {
            self.notice = Some(Notice::warn("the failed containers no longer exist", self.now));
        } else {
            let mut confirm = Confirm::new(kind, &there, &self.snapshot);
            // As they were named then: a process is more than its container.
            confirm.targets = operations.into_iter().filter(|act| there.iter().any(|one| one.id == act.id)).collect();
            if waves.len() > 1 {
                confirm.losses.push(crate::services::stages::order(kind).to_string());
                confirm.waves = waves;
            }
            self.overlays.push(Overlay::Confirm(confirm));
        }
        Vec::new()
    }

    /// What is under way with an engine that is left: nothing will be heard of it any more.
    pub(in crate::app) fn abandon_acts(&mut self) {
        for bulk in &mut self.results {
            for (operation, result) in bulk.targets.iter_mut().filter(|(_, result)| result.is_none()) {
                let during = format!("{} {}", bulk.kind.spec().word, operation.name);
                *result = Some(Err(Problem::new(during, "another engine was opened", "")));
            }
        }
    }

    /// What is under way, for the footer: `stopping web-1`, `stopping 3 containers`, `x: pulling 43% busybox:1`.
    pub fn under_way(&self) -> Option<String> {
        let Some(bulk) = self.results.iter().rev().find(|bulk| bulk.pending() > 0 && bulk.kind != OperationKind::Wait)
        else {
            return self.transfers_under_way();
        };
        let seconds = self.now.since(bulk.since) as u64;
        let what = match bulk.targets.as_slice() {
            [(operation, _)] => operation.name.clone(),
            many => format!("{} of {}", many.len() - bulk.pending(), many.len()),
        };
        let time = if seconds > 0 { format!("  {seconds} s") } else { String::new() };
        Some(format!("{} {what}{time}", bulk.kind.spec().pending))
    }
}
