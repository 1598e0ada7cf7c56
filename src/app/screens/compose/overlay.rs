//! What lies above the cockpit while compose is spoken of.

use crate::app::answer::ConfirmFocus;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::cursor::Cursor;
use crate::model::{ComposeReady, ComposeRun, Drift, EngineId, Id, Problem, Source, StreamId, Timestamp, Tone};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A name, what becomes of it, and how to feel about that.
pub type PlannedChange = (String, String, Tone);

/// What a run will do, as far as that is known before.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// The files were named by labels of containers.
    pub by_labels: bool,
    /// Why these may be the wrong files.
    pub doubt: Option<String>,
    /// How far a comparison with the files tells what will happen.
    pub compared: Option<String>,
    /// What becomes of each container of a project that is known.
    pub fates: Option<Vec<PlannedChange>>,
    /// What is lost, and what else happens.
    pub sentences: Vec<String>,
}

/// What is known of compose beside what lies on the screen.
#[derive(Debug, Clone, Default)]
pub struct ComposeState {
    /// What was found to differ in a project, and when.
    pub drift: BTreeMap<Id, (Arc<Drift>, Timestamp)>,
    /// The path in the form that was looked at last.
    pub(super) path: Option<PathQuestion>,
}

/// What is asked about the path in the form.
#[derive(Debug, Clone)]
pub(super) struct PathQuestion {
    pub stream: StreamId,
    pub engine: EngineId,
    pub text: String,
}

/// What lies above the cockpit while compose is spoken of.
#[derive(Debug, Clone)]
pub struct ComposeOverlay {
    /// The project; none for one that comes from a form.
    pub project: Option<Id>,
    /// What it is called in titles.
    pub name: String,
    /// How far it is.
    pub phase: ComposePhase,
    /// First line shown.
    pub scroll: usize,
}

/// How far it is.
#[derive(Debug, Clone)]
pub enum ComposePhase {
    /// Compose and the files are looked for.
    Looking {
        /// By this stream.
        stream: StreamId,
        /// What it asks.
        source: Box<Source>,
        /// Since when.
        since: Timestamp,
        /// It is asked what differs.
        compares: bool,
    },
    /// It cannot be done.
    Failed(Problem),
    /// What is to be done?
    Choosing {
        /// With what.
        ready: Box<ComposeReady>,
        /// Which of the verbs the cursor is on.
        cursor: Cursor,
    },
    /// Is it really to be done?
    Confirming {
        /// What.
        run: Box<ComposeRun>,
        /// What it will do, as it was known when the question came up: a yes is to what could be read.
        foreseen: Box<Foreseen>,
        /// Which button has the focus.
        focus: ConfirmFocus,
    },
    /// What differs.
    Differs {
        /// What.
        drift: Arc<Drift>,
        /// Since when it is known.
        at: Timestamp,
    },
}

impl ComposeOverlay {
    /// Its title.
    pub fn title(&self) -> String {
        match &self.phase {
            ComposePhase::Confirming { run, .. } => format!("Compose {}: {}?", run.verb.name(), self.name),
            ComposePhase::Differs { drift, .. } => {
                let services = drift.differing.len();
                match services {
                    0 => format!("{}: no drift", self.name),
                    1 if drift.services == 1 => format!("{}: its one service differs from its files", self.name),
                    1 => format!("{}: 1 of {} services differs from its files", self.name, drift.services),
                    some => format!("{}: {some} of {} services differ from its files", self.name, drift.services),
                }
            }
            ComposePhase::Looking { compares: true, .. } => format!("{}: comparing with its files", self.name),
            ComposePhase::Looking { .. } | ComposePhase::Failed(_) | ComposePhase::Choosing { .. } => {
                format!("Compose: {}", self.name)
            }
        }
    }

    /// It goes on to this, and begins at its first line.
    pub fn turn(&mut self, phase: ComposePhase) {
        (self.phase, self.scroll) = (phase, 0);
    }

    /// Names the stream that it waits for.
    pub(in crate::app) fn name_streams(&self, wants: &mut Wants) {
        if let ComposePhase::Looking { stream, source, .. } = &self.phase {
            wants.add(*stream, Slot::Compose, || (**source).clone());
        }
    }

    /// It waits for this stream.
    pub(super) fn waits_for(&self, stream: StreamId) -> bool {
        matches!(self.phase, ComposePhase::Looking { stream: of, .. } if of == stream)
    }

    /// It waits for an answer.
    pub fn is_looking(&self) -> bool {
        matches!(self.phase, ComposePhase::Looking { .. })
    }

    /// It is a question about what removes something.
    pub fn is_dangerous(&self) -> bool {
        matches!(&self.phase, ComposePhase::Confirming { run, .. } if run.verb.removes())
    }

    /// The word on the button that goes ahead, while it is a question.
    pub fn go(&self) -> Option<&'static str> {
        if let ComposePhase::Confirming { run, .. } = &self.phase { Some(run.verb.name()) } else { None }
    }
}
