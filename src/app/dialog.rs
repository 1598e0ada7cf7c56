//! The question before what cannot be undone.

use super::choices::ConfirmFocus;
use crate::model::{Act, Instance, State, Verb};
use std::sync::Arc;

/// A question with its targets. Cancel has the focus.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// What is asked for.
    pub verb: Verb,
    /// To whom, by the ids at the moment of the key.
    pub targets: Vec<Act>,
    /// Sentences: what will be lost.
    pub losses: Vec<String>,
    /// Which button has the focus.
    pub focus: ConfirmFocus,
}

impl Confirm {
    /// The question for these instances.
    pub fn new(verb: Verb, instances: &[Arc<Instance>]) -> Confirm {
        let targets = instances.iter().map(|instance| Act::new(verb, instance.id.clone(), &*instance.name));
        let mut confirm = Confirm { verb, targets: targets.collect(), losses: Vec::new(), focus: ConfirmFocus::Cancel };
        confirm.losses = losses(verb, instances);
        confirm
    }

    /// The title: `Remove 3 instances?`
    pub fn title(&self) -> String {
        let mut word = self.verb.word().to_string();
        if let Some(first) = word.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let signal = match self.verb {
            Verb::Kill(signal) | Verb::Signal { signal, .. } => format!(" with {}", signal.name()),
            _ => String::new(),
        };
        match self.targets.as_slice() {
            // The process is named below, where there is room.
            [_] if matches!(self.verb, Verb::Signal { .. }) => format!("{word} a process{signal}?"),
            [one] => format!("{word} {}{signal}?", one.name),
            many => format!("{word} {} instances{signal}?", many.len()),
        }
    }

    /// For removal: whether anonymous volumes go too.
    pub fn volumes(&self) -> Option<bool> {
        match self.verb {
            Verb::Remove { volumes, .. } => Some(volumes),
            _ => None,
        }
    }

    /// Turns the removal of anonymous volumes on or off.
    pub fn toggle_volumes(&mut self) {
        if let Verb::Remove { force, volumes } = self.verb {
            self.verb = Verb::Remove { force, volumes: !volumes };
            self.targets.iter_mut().for_each(|target| target.verb = self.verb);
        }
    }
}

/// What will be lost, in sentences.
fn losses(verb: Verb, instances: &[Arc<Instance>]) -> Vec<String> {
    let alive =
        instances.iter().filter(|instance| instance.state.is_alive() || instance.state == State::Restarting).count();
    let one = instances.len() == 1;
    match verb {
        Verb::Remove { .. } => {
            let mut losses =
                vec!["Everything written inside and not in a volume is lost, and so is the log.".to_string()];
            if alive > 0 {
                let who = if one { "It is running and".into() } else { format!("{alive} of them run and") };
                losses.push(format!("{who} will be killed first."));
            }
            losses
        }
        Verb::Kill(signal) if signal.0 == 9 => {
            vec![format!(
                "{} end at once, without saving anything.",
                if one { "Its processes" } else { "Their processes" }
            )]
        }
        Verb::Signal { signal, .. } if signal.0 == 9 => vec!["It ends at once, without saving anything.".to_string()],
        Verb::Signal { signal, .. } => {
            vec![format!("The process receives {}; what it does then is up to it.", signal.name())]
        }
        Verb::Kill(signal) => {
            vec![format!("The main process receives {}; what it does then is up to it.", signal.name())]
        }
        _ => Vec::new(),
    }
}
