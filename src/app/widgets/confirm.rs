//! The plan before an act: its targets by id, what becomes of each, the docker command, and the question.

use crate::app::answer::ConfirmFocus;
use crate::app::operations::plan;
use crate::model::{Container, Operation, OperationArgs, OperationKind, Signal, Snapshot, State};
use std::sync::Arc;

/// A question with its targets. Cancel has the focus.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// The operation to confirm.
    pub kind: OperationKind,
    /// To whom, by the ids at the moment of the key.
    pub targets: Vec<Operation>,
    /// What will happen to each beyond what the verb says.
    pub effects: Vec<Vec<String>>,
    /// Sentences: what will be lost.
    pub losses: Vec<String>,
    /// How many of the targets go together, one group after the other; empty is all at once.
    pub waves: Vec<usize>,
    /// The first target shown.
    pub scroll: usize,
    /// The button that has the focus.
    pub focus: ConfirmFocus,
}

impl Confirm {
    /// The question for these containers.
    pub fn new(kind: OperationKind, containers: &[Arc<Container>], snapshot: &Snapshot) -> Confirm {
        let targets = containers.iter().map(|container| Operation::new(kind, container.id.clone(), &*container.name));
        Confirm::of(targets.collect(), further(kind, containers), snapshot)
    }

    /// The question for these acts, which have one verb; `further` is said beyond what that verb warns of.
    pub fn of(targets: Vec<Operation>, further: Vec<String>, snapshot: &Snapshot) -> Confirm {
        let kind = targets.first().map_or(OperationKind::Start, |operation| operation.kind);
        let warning = Some(kind.spec().warning).filter(|warning| !warning.is_empty()).map(str::to_string);
        let losses = warning.into_iter().chain(further).collect();
        let effects = targets.iter().map(|act| plan::effects(act, snapshot)).collect();
        Confirm { kind, targets, effects, losses, waves: Vec::new(), scroll: 0, focus: ConfirmFocus::Cancel }
    }

    /// The docker commands that do the same, one for each target.
    pub fn commands(&self, snapshot: &Snapshot) -> Vec<String> {
        self.targets.iter().map(|target| target.docker_line().whole(snapshot.host_of(target.id.engine()))).collect()
    }

    /// Shows other targets, where there are more than fit.
    pub fn scroll_by(&mut self, rows: isize) {
        self.scroll = self.scroll.saturating_add_signed(rows).min(self.targets.len().saturating_sub(1));
    }

    /// For removal of images: whether the engine is to go over its doubts.
    pub fn force(&self) -> Option<bool> {
        if let OperationKind::RemoveImage { force } = self.kind { Some(force) } else { None }
    }

    /// Turns force on or off.
    pub fn toggle_force(&mut self) {
        if let OperationKind::RemoveImage { force } = self.kind {
            self.kind = OperationKind::RemoveImage { force: !force };
            self.targets.iter_mut().for_each(|target| target.kind = self.kind);
        }
    }

    /// The title: `Remove 3 containers?`
    pub fn title(&self) -> String {
        let mut word = self.kind.spec().word.to_string();
        if let Some(first) = word.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let signal = self.kind.signal().map(|signal| format!(" with {}", signal.name())).unwrap_or_default();
        match self.targets.as_slice() {
            // The process is named below, where there is room.
            [_] if matches!(self.kind, OperationKind::Signal { .. }) => format!("{word} a process{signal}?"),
            [Operation { with: OperationArgs::Transfer(transfer), .. }] if self.kind == OperationKind::CopyVolume => {
                format!("{word} {}?", transfer.what())
            }
            [one] if self.kind == OperationKind::PruneCache => format!("{word} the {}?", one.name),
            [one] => format!("{word} {}{signal}?", one.name),
            many => format!("{word} {}{signal}?", self.kind.spec().kind.count(many.len())),
        }
    }

    /// The word on the button that goes ahead.
    pub fn go(&self) -> &'static str {
        self.kind.spec().button
    }

    /// For removal: whether anonymous volumes go too.
    pub fn volumes(&self) -> Option<bool> {
        if let OperationKind::Remove { volumes, .. } = self.kind { Some(volumes) } else { None }
    }

    /// Turns the removal of anonymous volumes on or off.
    pub fn toggle_volumes(&mut self, snapshot: &Snapshot) {
        if let OperationKind::Remove { force, volumes } = self.kind {
            self.kind = OperationKind::Remove { force, volumes: !volumes };
            self.targets.iter_mut().for_each(|target| target.kind = self.kind);
            self.effects = self.targets.iter().map(|operation| plan::effects(operation, snapshot)).collect();
        }
    }
}

/// Sentences on these containers, beyond the operation's warning.
fn further(kind: OperationKind, containers: &[Arc<Container>]) -> Vec<String> {
    let runs = |one: &&Arc<Container>| one.state.is_alive() || one.state == State::Restarting;
    let alive = containers.iter().filter(runs).count();
    let one = containers.len() == 1;
    match (kind, kind.signal()) {
        (OperationKind::Remove { .. }, _) if alive > 0 => {
            let who = if one { "It is running and".into() } else { format!("{alive} of them are running and") };
            vec![format!("{who} will be killed first.")]
        }
        (_, Some(signal)) => vec![of_signal(kind, signal, one)],
        (_, None) => Vec::new(),
    }
}

/// A sentence on what a signal does.
fn of_signal(kind: OperationKind, signal: Signal, one: bool) -> String {
    let to_process = matches!(kind, OperationKind::Signal { .. });
    match (signal.0, to_process) {
        (9, true) => "It is killed at once and cannot save anything.".into(),
        (9, false) => {
            format!(
                "{} are killed at once and cannot save anything.",
                if one { "Its processes" } else { "Their processes" }
            )
        }
        (_, true) => format!("The process receives {} and decides what to do.", signal.name()),
        (_, false) => format!("The main process receives {} and decides what to do.", signal.name()),
    }
}
