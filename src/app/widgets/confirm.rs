//! The plan before an act: its targets by id, what becomes of each, the docker command, and the question.

use crate::app::overlay::ConfirmFocus;
use crate::app::plan;
use crate::model::{Container, Operation, OperationArgs, OperationKind, Snapshot, State};
use std::sync::Arc;

/// A question with its targets. Cancel has the focus.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// What is asked for.
    pub verb: OperationKind,
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
    /// Which button has the focus.
    pub focus: ConfirmFocus,
}

impl Confirm {
    /// The question for these containers.
    pub fn new(verb: OperationKind, containers: &[Arc<Container>], world: &Snapshot) -> Confirm {
        let targets = containers.iter().map(|container| Operation::new(verb, container.id.clone(), &*container.name));
        Confirm::of(targets.collect(), losses(verb, containers), world)
    }

    /// The question for these acts, which have one verb.
    pub fn of(targets: Vec<Operation>, losses: Vec<String>, world: &Snapshot) -> Confirm {
        let verb = targets.first().map_or(OperationKind::Start, |act| act.verb);
        let effects = targets.iter().map(|act| plan::effects(act, world)).collect();
        Confirm { verb, targets, effects, losses, waves: Vec::new(), scroll: 0, focus: ConfirmFocus::Cancel }
    }

    /// The docker commands that do the same, one for each target.
    pub fn commands(&self) -> Vec<String> {
        self.targets.iter().map(plan::command_line).collect()
    }

    /// Shows other targets, where there are more than fit.
    pub fn scroll_by(&mut self, rows: isize) {
        self.scroll = self.scroll.saturating_add_signed(rows).min(self.targets.len().saturating_sub(1));
    }

    /// For removal of images: whether the engine is to go over its doubts.
    pub fn force(&self) -> Option<bool> {
        if let OperationKind::RemoveImage { force } = self.verb { Some(force) } else { None }
    }

    /// Turns force on or off.
    pub fn toggle_force(&mut self) {
        if let OperationKind::RemoveImage { force } = self.verb {
            self.verb = OperationKind::RemoveImage { force: !force };
            self.targets.iter_mut().for_each(|target| target.verb = self.verb);
        }
    }

    /// The title: `Remove 3 containers?`
    pub fn title(&self) -> String {
        let mut word = self.verb.word().to_string();
        if let Some(first) = word.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let signal = match self.verb {
            OperationKind::Kill(signal) | OperationKind::Signal { signal, .. } => format!(" with {}", signal.name()),
            _ => String::new(),
        };
        match self.targets.as_slice() {
            // The process is named below, where there is room.
            [_] if matches!(self.verb, OperationKind::Signal { .. }) => format!("{word} a process{signal}?"),
            [Operation { with: OperationArgs::Transfer(transfer), .. }] if self.verb == OperationKind::CopyVolume => {
                format!("{word} {}?", transfer.what())
            }
            [one] if self.verb == OperationKind::PruneCache => format!("{word} the {}?", one.name),
            [one] => format!("{word} {}{signal}?", one.name),
            many => format!("{word} {}{signal}?", self.verb.kind().count(many.len())),
        }
    }

    /// The word on the button that goes ahead.
    pub fn go(&self) -> &'static str {
        match self.verb {
            OperationKind::Limit => "change",
            verb => verb.plain(),
        }
    }

    /// For removal: whether anonymous volumes go too.
    pub fn volumes(&self) -> Option<bool> {
        match self.verb {
            OperationKind::Remove { volumes, .. } => Some(volumes),
            _ => None,
        }
    }

    /// Turns the removal of anonymous volumes on or off.
    pub fn toggle_volumes(&mut self, world: &Snapshot) {
        if let OperationKind::Remove { force, volumes } = self.verb {
            self.verb = OperationKind::Remove { force, volumes: !volumes };
            self.targets.iter_mut().for_each(|target| target.verb = self.verb);
            self.effects = self.targets.iter().map(|act| plan::effects(act, world)).collect();
        }
    }
}

/// What will be lost, in sentences.
fn losses(verb: OperationKind, containers: &[Arc<Container>]) -> Vec<String> {
    let alive = containers
        .iter()
        .filter(|container| container.state.is_alive() || container.state == State::Restarting)
        .count();
    let one = containers.len() == 1;
    match verb {
        OperationKind::Remove { .. } => {
            let mut losses =
                vec!["Everything written inside and not in a volume is lost, and so is the log.".to_string()];
            if alive > 0 {
                let who = if one { "It is running and".into() } else { format!("{alive} of them run and") };
                losses.push(format!("{who} will be killed first."));
            }
            losses
        }
        OperationKind::Kill(signal) if signal.0 == 9 => {
            vec![format!(
                "{} end at once, without saving anything.",
                if one { "Its processes" } else { "Their processes" }
            )]
        }
        OperationKind::Signal { signal, .. } if signal.0 == 9 => {
            vec!["It ends at once, without saving anything.".to_string()]
        }
        OperationKind::Signal { signal, .. } => {
            vec![format!("The process receives {}; what it does then is up to it.", signal.name())]
        }
        OperationKind::Kill(signal) => {
            vec![format!("The main process receives {}; what it does then is up to it.", signal.name())]
        }
        _ => Vec::new(),
    }
}
