//! This folder knows what the cockpit does with compose: the menu, the question before a run, the form for a new project,
//! and what differs between files and what runs.
//! It may use the model and the rest of the app.
//! It never does I/O: the store looks at files and runs compose, what it finds comes as messages.

mod effects;
mod form;
pub(in crate::app) mod keys;
mod lines;

pub use effects::{Foreseen, foresee};
pub use lines::{ComposeLine, buttons, lines, rows};

use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::overlay::{ConfirmFocus, Overlay};
use crate::app::resource::DetailLine;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::units;
use crate::model::{
    ComposeAnswer, ComposeQuestion, ComposeReady, ComposeRun, ComposeSite, ComposeVerb, Drift, EngineId, Id, Kind,
    Problem, Source, StreamId, Timestamp, Tone, Transfer,
};
use crate::services::projects::{Project, projects};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is known of compose beside what lies on the screen.
#[derive(Debug, Clone, Default)]
pub struct ComposeState {
    /// What was found to differ in a project, and when.
    pub drift: BTreeMap<Id, (Arc<Drift>, Timestamp)>,
    /// The path in the form that was looked at last.
    path: Option<PathQuestion>,
}

/// What is asked about the path in the form.
#[derive(Debug, Clone)]
struct PathQuestion {
    stream: StreamId,
    engine: EngineId,
    text: String,
}

impl ComposeState {
    /// Names the stream of what is asked about the path in the form.
    pub(in crate::app) fn name_streams(&self, wants: &mut Wants) {
        if let Some(path) = &self.path {
            let question = || ComposeQuestion::Path(path.text.clone());
            wants.add(path.stream, Slot::Compose, || Source::Compose(path.engine, question()));
        }
    }
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
        wire: StreamId,
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
        cursor: usize,
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
        if let ComposePhase::Looking { wire, source, .. } = &self.phase {
            wants.add(*wire, Slot::Compose, || (**source).clone());
        }
    }

    /// It waits for this stream.
    fn waits_for(&self, wire: StreamId) -> bool {
        matches!(self.phase, ComposePhase::Looking { wire: of, .. } if of == wire)
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

/// Goes on to the question whether this is really to be done.
fn ask(app: &App, layer: &mut ComposeOverlay, run: Box<ComposeRun>) {
    let foreseen = Box::new(foresee(app, layer.project.as_ref(), &run));
    layer.turn(ComposePhase::Confirming { run, foreseen, focus: ConfirmFocus::Cancel });
}

/// The labels of a project's containers, taken for where its files lie.
fn site(project: &Project) -> ComposeSite {
    let listed = |text: Option<&str>| -> Vec<String> {
        let names = text.into_iter().flat_map(|text| text.split(','));
        names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
    };
    let environment = project.containers().find_map(|one| one.label("com.docker.compose.project.environment_file"));
    ComposeSite {
        project: project.name.to_string(),
        folder: project.folder.as_deref().unwrap_or_default().to_string(),
        files: listed(project.files.as_deref()),
        environment: listed(environment),
    }
}

impl App {
    pub(in crate::app) fn project(&self, id: &Id) -> Option<Project> {
        projects(&self.snapshot).into_iter().find(|project| project.id == *id)
    }

    /// Asks what compose could do with the project under the cursor.
    pub(in crate::app) fn open_compose(&mut self, id: &Id) -> Vec<Effect> {
        let Some(project) = self.project(id) else { return Vec::new() };
        let site = site(&project);
        if self.is_composing(&site) {
            return Vec::new();
        }
        let ask = ComposeQuestion::Look(site);
        self.look_for_compose(Some(id.clone()), &project.name, ask)
    }

    /// Asks what of the project under the cursor runs otherwise than its files say.
    pub(in crate::app) fn open_drift(&mut self) -> Vec<Effect> {
        let row = self.list().filter(|list| list.kind == Kind::Project).and_then(|list| list.selected());
        let project = row.map(|row| row.of.clone()).and_then(|id| self.project(&id));
        let Some(project) = project else {
            self.notice = Some(Notice::warn("no project is selected", self.now));
            return Vec::new();
        };
        let ask = ComposeQuestion::Drift(site(&project));
        self.look_for_compose(Some(project.id.clone()), &project.name, ask)
    }

    /// Says so if compose is at work on that project already.
    fn is_composing(&mut self, site: &ComposeSite) -> bool {
        let of = |transfer: &Transfer| matches!(transfer, Transfer::Compose(run) if run.ready.site.is_of(site));
        let busy = self.transfers.running().any(|view| of(&view.transfer));
        if busy {
            let name = if site.project.is_empty() { &site.folder } else { &site.project };
            let key = self.options.keymap.shown(Command::Transfers).unwrap_or_default();
            self.notice = Some(Notice::warn(format!("compose is already running on {name}: {key} shows it"), self.now));
        }
        busy
    }

    fn look_for_compose(&mut self, project: Option<Id>, name: &str, ask: ComposeQuestion) -> Vec<Effect> {
        let Some(engine) = project.as_ref().map(Id::engine).or(self.engine) else {
            self.notice = Some(Notice::warn("no engine is open", self.now));
            return Vec::new();
        };
        let wire = self.new_stream();
        let compares = matches!(ask, ComposeQuestion::Drift(_));
        let source = Box::new(Source::Compose(engine, ask));
        let phase = ComposePhase::Looking { wire, source, since: self.now, compares };
        self.overlays.push(Overlay::Compose(ComposeOverlay { project, name: name.to_string(), phase, scroll: 0 }));
        Vec::new()
    }

    /// The layer that waits for a stream.
    fn waiting(&mut self, wire: StreamId) -> Option<&mut ComposeOverlay> {
        let compose = self.overlays.iter_mut().filter_map(Overlay::compose_mut);
        compose.into_iter().find(|layer| layer.waits_for(wire))
    }

    /// The containers that a plan for a project tells of, by the engine's ids.
    fn planned(&self, site: &ComposeSite) -> BTreeSet<String> {
        let of_it = self.snapshot.containers.values().filter(|one| one.project() == Some(&*site.project));
        of_it.map(|one| one.id.raw().to_string()).collect()
    }

    /// A question about compose was answered.
    pub(in crate::app) fn compose_told(&mut self, wire: StreamId, told: ComposeAnswer) -> Vec<Effect> {
        let now = self.now;
        match told {
            ComposeAnswer::Path { wrong, choices } => self.path_told(wire, wrong, choices),
            ComposeAnswer::Ready(ready) => self.compose_ready(wire, ready),
            ComposeAnswer::Drift(drift) => {
                let drift = Arc::new(drift);
                let Some(layer) = self.waiting(wire) else { return Vec::new() };
                layer.turn(ComposePhase::Differs { drift: drift.clone(), at: now });
                if let Some(id) = layer.project.clone() {
                    self.compose.drift.insert(id, (drift, now));
                }
            }
        }
        Vec::new()
    }

    /// Compose and the files were found: what is to be done is asked, unless a form has said it.
    fn compose_ready(&mut self, wire: StreamId, ready: Box<ComposeReady>) {
        let Some(at) =
            self.overlays.iter().position(|layer| matches!(layer, Overlay::Compose(layer) if layer.waits_for(wire)))
        else {
            return;
        };
        let Overlay::Compose(mut layer) = self.overlays.remove(at) else { return };
        if layer.project.is_some() {
            layer.turn(ComposePhase::Choosing { ready, cursor: 0 });
        } else if self.is_composing(&ready.site) {
            return;
        } else {
            if !ready.site.project.is_empty() {
                layer.name.clone_from(&ready.site.project);
            }
            let planned = self.planned(&ready.site);
            ask(self, &mut layer, Box::new(ComposeRun { ready: *ready, verb: ComposeVerb::Up, planned }));
        }
        self.overlays.insert(at, Overlay::Compose(layer));
    }

    /// A question about compose has ended.
    pub(in crate::app) fn compose_ended(&mut self, wire: StreamId, problem: Option<&Problem>) {
        let Some(layer) = self.waiting(wire) else { return };
        let over = Problem::new("look for compose", "no answer", "try again");
        let problem = problem.cloned().unwrap_or(over);
        let from_form = layer.project.is_none();
        layer.turn(ComposePhase::Failed(problem.clone()));
        if from_form {
            self.blame_path(&problem);
        }
    }

    /// What was found to differ before compose did something says nothing any more.
    pub(in crate::app) fn forget_drift(&mut self, site: &ComposeSite) {
        // Where compose chose the name, the files tell which project it was.
        let of = |id: &Id, drift: &Drift| match site.project.as_str() {
            "" => drift.stamps.iter().any(|stamp| site.files.contains(&stamp.path)),
            name => id.raw() == name,
        };
        self.compose.drift.retain(|id, (drift, _)| !of(id, drift));
    }

    /// Runs what was asked about: its output is on screen while it comes.
    pub(in crate::app) fn begin_compose(&mut self, layer: ComposeOverlay) -> Vec<Effect> {
        let ComposePhase::Confirming { run, .. } = layer.phase else { return Vec::new() };
        if let Some(stream) = self.begin_transfer(Transfer::Compose(run)) {
            self.notice = None;
            let layer = crate::app::TransfersOverlay { chosen: Some(stream), opened: true, back: 0 };
            self.overlays.retain(|layer| !matches!(layer, Overlay::Transfers(_)));
            self.overlays.push(Overlay::Transfers(layer));
        }
        Vec::new()
    }

    /// Asks once more about what was run before.
    pub(in crate::app) fn ask_compose_again(&mut self, mut run: Box<ComposeRun>) {
        // How the files were then says nothing of how they are.
        run.ready.stamps.clear();
        run.planned = self.planned(&run.ready.site);
        let name = run.what().to_string();
        if self.is_composing(&run.ready.site) {
            return;
        }
        let of = |project: &Project| *project.name == run.ready.site.project;
        let project = projects(&self.snapshot).into_iter().find(of).map(|project| project.id);
        let foreseen = Box::new(foresee(self, project.as_ref(), &run));
        let phase = ComposePhase::Confirming { run, foreseen, focus: ConfirmFocus::Cancel };
        self.overlays.push(Overlay::Compose(ComposeOverlay { project, name, phase, scroll: 0 }));
    }
}

/// What is known of a project's drift, as a fact among its details.
pub(in crate::app) fn add_drift(app: &App, id: &Id, lines: &mut Vec<DetailLine>) {
    let Some((drift, at)) = app.compose.drift.get(id) else { return };
    let (words, tone) = match drift.differing.len() {
        0 => ("none: matches the files".to_string(), Tone::Good),
        1 => ("1 service differs".to_string(), Tone::Warn),
        some => (format!("{some} services differ"), Tone::Warn),
    };
    let key = app.options.keymap.shown(Command::Drift).map(|key| format!("; {key} compares again")).unwrap_or_default();
    let age = units::long_span(app.now.since(*at).max(0.0));
    let at = lines.iter().position(|line| matches!(line, DetailLine::Heading(_))).unwrap_or(lines.len());
    lines.insert(at, DetailLine::Fact("drift".into(), format!("{words}, {age} ago{key}"), tone));
}
