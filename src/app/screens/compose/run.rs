//! Compose is asked and run; its answers are taken.

use super::effects::foresee;
use super::overlay::{ComposeOverlay, ComposePhase, ComposeState};
use crate::app::action::Action;
use crate::app::answer::ConfirmFocus;
use crate::app::command::Command;
use crate::app::component::{Component, Cx};
use crate::app::msg::Effect;
use crate::app::options::Options;
use crate::app::overlay::Overlay;
use crate::app::panes::resource::DetailLine;
use crate::app::screens::transfers::list::TransfersOverlay;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::cursor::Cursor;
use crate::app::widgets::notice::Notice;
use crate::app::widgets::units;
use crate::model::{
    ComposeAnswer, ComposeQuestion, ComposeReady, ComposeRun, ComposeSite, ComposeVerb, Drift, Id, Kind, Problem,
    Source, StreamEvent, StreamId, Tone, Transfer,
};
use crate::services::projects::{Project, projects};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Goes on to the question whether this is really to be done.
pub(super) fn ask(app: &App, overlay: &mut ComposeOverlay, run: Box<ComposeRun>) {
    let foreseen = Box::new(foresee(app, overlay.project.as_ref(), &run));
    overlay.turn(ComposePhase::Confirming { run, foreseen, focus: ConfirmFocus::Cancel });
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

    pub(super) fn look_for_compose(&mut self, project: Option<Id>, name: &str, ask: ComposeQuestion) -> Vec<Effect> {
        let Some(engine) = project.as_ref().map(Id::engine).or(self.engine) else {
            self.notice = Some(Notice::warn("no engine is open", self.now));
            return Vec::new();
        };
        let stream = self.new_stream();
        let compares = matches!(ask, ComposeQuestion::Drift(_));
        let source = Box::new(Source::Compose(engine, ask));
        let phase = ComposePhase::Looking { stream, source, since: self.now, compares };
        self.overlays.push(Overlay::Compose(ComposeOverlay { project, name: name.to_string(), phase, scroll: 0 }));
        Vec::new()
    }

    /// The layer that waits for a stream.
    fn waiting(&mut self, stream: StreamId) -> Option<&mut ComposeOverlay> {
        let compose = self.overlays.iter_mut().filter_map(Overlay::compose_mut);
        compose.into_iter().find(|overlay| overlay.waits_for(stream))
    }

    /// The containers that a plan for a project tells of, by the engine's ids.
    pub(super) fn planned(&self, site: &ComposeSite) -> BTreeSet<String> {
        let of_it = self.snapshot.containers.values().filter(|one| one.project() == Some(&*site.project));
        of_it.map(|one| one.id.raw().to_string()).collect()
    }

    /// A question about compose was answered.
    pub(in crate::app) fn compose_told(&mut self, stream: StreamId, told: ComposeAnswer) {
        // An answer is all that such a stream brings.
        self.streams.end(stream);
        let now = self.now;
        match told {
            ComposeAnswer::Path { wrong, choices } => self.path_told(stream, wrong, choices),
            ComposeAnswer::Ready(ready) => self.compose_ready(stream, ready),
            ComposeAnswer::Drift(drift) => {
                let drift = Arc::new(drift);
                let Some(overlay) = self.waiting(stream) else { return };
                overlay.turn(ComposePhase::Differs { drift: drift.clone(), at: now });
                if let Some(id) = overlay.project.clone() {
                    self.compose.drift.insert(id, (drift, now));
                }
            }
        }
    }

    /// Compose and the files were found: what is to be done is asked, unless a form has said it.
    fn compose_ready(&mut self, stream: StreamId, ready: Box<ComposeReady>) {
        let Some(at) = self
            .overlays
            .iter()
            .position(|overlay| matches!(overlay, Overlay::Compose(layer) if layer.waits_for(stream)))
        else {
            return;
        };
        let Overlay::Compose(mut layer) = self.overlays.remove(at) else { return };
        if layer.project.is_some() {
            layer.turn(ComposePhase::Choosing { ready, cursor: Cursor::default() });
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
    pub(in crate::app) fn compose_ended(&mut self, stream: StreamId, problem: Option<Problem>) {
        let Some(overlay) = self.waiting(stream) else { return };
        let over = Problem::new("look for compose", "no answer", "try again");
        let problem = problem.unwrap_or(over);
        let from_form = overlay.project.is_none();
        overlay.turn(ComposePhase::Failed(problem.clone()));
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
    pub(in crate::app) fn begin_compose(&mut self, run: Box<ComposeRun>) {
        if let Some(stream) = self.begin_transfer(Transfer::Compose(run)) {
            self.notice = None;
            let overlay = TransfersOverlay::on(stream, true);
            self.overlays.retain(|layer| !matches!(layer, Overlay::Transfers(_)));
            self.overlays.push(Overlay::Transfers(overlay));
        }
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

impl Component for ComposeState {
    fn scroll(&mut self, _: &Cx, _: isize) {}

    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        if let Some(path) = &self.path {
            let question = || ComposeQuestion::Path(path.text.clone());
            wants.add(path.stream, Slot::Compose, || Source::Compose(path.engine, question()));
        }
    }

    fn receive(&mut self, _: &Cx, stream: StreamId, _: Slot, event: StreamEvent) -> Vec<Action> {
        let StreamEvent::Compose(answer) = event else { return Vec::new() };
        vec![Action::ComposeAnswered(stream, Box::new(answer))]
    }

    fn ended(&mut self, _: &Cx, stream: StreamId, _: Slot, problem: Option<Problem>) -> Vec<Action> {
        vec![Action::ComposeUnanswered(stream, problem)]
    }
}
