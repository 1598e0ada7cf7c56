//! What is read to say why: the inspected container and its last lines, of the container under the cursor or of the one whose
//! answer lies above the cockpit.

use crate::app::action::Action;
use crate::app::component::{Component, Cx};
use crate::app::options::Options;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Streams, Wants};
use crate::app::widgets::text::{Text, TextBody};
use crate::model::{
    Batch, Container, Document, Id, Kind, Link, OperationKind, Problem, Snapshot, Source, State, StreamEvent, StreamId,
    Timestamp,
};
use crate::services::why::{self, Evidence, LastLine, Story, Trouble, Why};
use std::sync::Arc;

/// The answer is worked out anew after so many seconds: spans in it grow.
const AGE_MOST: f64 = 10.0;
/// What was slow is told for so many seconds more.
const LINGERS: f64 = 15.0;
/// Lines are asked for up to this far ahead, seconds: the engine's clock may run ahead of ours.
const AHEAD: f64 = 86_400.0;
/// Before the first looks after an end are over, seconds: a short run's lines come a moment later than its end.
const SOON: f64 = 1.0;

/// A run, as far as it is told from another: its lines are read anew when it is over.
type RunOf = (State, Option<i64>, Option<u64>, Timestamp);

/// A stream that is read once, or as long as it is wanted.
#[derive(Debug, Clone, Copy, Default)]
struct Reading {
    stream: Option<StreamId>,
    is_over: bool,
}

impl Reading {
    fn ask(&mut self, streams: &Streams) {
        (self.stream, self.is_over) = (Some(streams.next_id()), false);
    }

    fn is(&self, stream: StreamId) -> bool {
        self.stream == Some(stream)
    }
}

/// What operations of this session tell of a container.
#[derive(Debug, Clone, Copy, Default)]
struct SessionFacts<'a> {
    stopped_by: Option<&'a str>,
    refused: Option<&'a str>,
}

/// Why one container stands as it does.
#[derive(Debug, Clone)]
pub struct WhyView {
    /// The container.
    pub id: Id,
    /// The answer.
    pub answer: Why,
    /// It has processes: its gauges stand beside the sentence.
    pub is_alive: bool,
    document: Option<Arc<Document>>,
    inspect: Reading,
    /// An engine answered when it was asked.
    asked_well: bool,
    lines: Vec<LastLine>,
    coming: Vec<Batch>,
    page: Reading,
    run: Option<RunOf>,
    /// Something that the answer rests on has changed.
    pub(in crate::app) stale: bool,
    worked_out: Timestamp,
    /// When it was told last that it runs and is not well.
    slow_at: Timestamp,
}

impl WhyView {
    fn new(id: Id) -> WhyView {
        WhyView {
            id,
            answer: Why::default(),
            is_alive: true,
            document: None,
            inspect: Reading::default(),
            asked_well: true,
            lines: Vec::new(),
            coming: Vec::new(),
            page: Reading::default(),
            run: None,
            stale: true,
            worked_out: Timestamp::default(),
            slow_at: Timestamp::default(),
        }
    }

    /// The sentence for the gauges; none where nothing is wrong.
    pub fn sentence(&self) -> Option<&str> {
        let told = !matches!(self.answer.kind, "" | "none");
        told.then_some(self.answer.sentence.as_str())
    }

    /// Its last lines, the oldest first.
    pub fn lines(&self) -> &[LastLine] {
        &self.lines
    }

    /// The story around the end.
    pub fn story(&self, app: &App) -> Story {
        let Some(container) = app.snapshot.containers.get(&self.id) else { return Story::default() };
        why::story(&self.evidence(container, &app.snapshot, SessionFacts::default(), app.now))
    }

    fn evidence<'a>(
        &'a self,
        container: &'a Container,
        snapshot: &'a Snapshot,
        said: SessionFacts<'a>,
        now: Timestamp,
    ) -> Evidence<'a> {
        let SessionFacts { stopped_by, refused } = said;
        let document = self.document.as_deref();
        Evidence { container, snapshot, document, lines: &self.lines, stopped_by, refused, now }
    }

    /// Takes a new answer in. What was slow a moment ago is told a while longer: rows that come and go with each sample cannot be
    /// read.
    fn answer_with(&mut self, answer: Why, now: Timestamp) {
        if answer.is_slow() {
            self.slow_at = now;
        }
        let lingers = answer.kind == "none" && self.answer.is_slow() && now.since(self.slow_at) < LINGERS;
        if !lingers {
            self.answer = answer;
        }
    }

    /// Asks for what the answer rests on.
    fn ask(&mut self, streams: &Streams, container: &Container, whole: bool, connected: bool) {
        let again = self.inspect.is_over && !self.asked_well && connected;
        if again || self.inspect.stream.is_none() && (whole || needs_document(container)) {
            self.inspect.ask(streams);
            self.asked_well = connected;
        }
        let run = Some((container.state.clone(), container.exit_code, container.past.restarts, container.since));
        let asked = self.page.stream.is_some();
        if (whole || needs_lines(container)) && (!asked || run != self.run && self.page.is_over) {
            self.page.ask(streams);
            self.coming.clear();
            self.run = run;
        }
    }
}

/// The whole answer for a container comes up.
pub(in crate::app) fn whole(id: Id) -> Action {
    Action::Open(Box::new(Overlay::Text(Text::new(TextBody::Why(id)))))
}

/// An inspection tells more of these.
fn needs_document(container: &Container) -> bool {
    matches!(
        Trouble::of(container),
        Trouble::Unhealthy | Trouble::Starting | Trouble::StartFailed | Trouble::NeverStarted
    )
}

/// The last lines may tell why.
fn needs_lines(container: &Container) -> bool {
    let badly = container.exit_code.is_some_and(|code| code != 0);
    match Trouble::of(container) {
        Trouble::CrashLoop => true,
        Trouble::Ended => badly,
        Trouble::StartFailed
        | Trouble::NeverStarted
        | Trouble::Unhealthy
        | Trouble::Starting
        | Trouble::Paused
        | Trouble::Dead
        | Trouble::Runs => false,
    }
}

impl Component for WhyView {
    fn scroll(&mut self, _: &Cx, _: isize) {}

    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        if let Some(stream) = self.inspect.stream.filter(|_| !self.inspect.is_over) {
            wants.add(stream, Slot::Why, || Source::Inspect { kind: Kind::Container, id: self.id.clone() });
        }
        if let Some(stream) = self.page.stream.filter(|_| !self.page.is_over) {
            let before = self.run.as_ref().map_or(Timestamp::default(), |run| run.3).max(self.worked_out);
            wants.add(stream, Slot::Why, || Source::OlderLogs {
                id: self.id.clone(),
                before: before.plus_seconds(AHEAD),
                known: 0,
                known_at_before: 0,
                lines: why::LINES_READ,
            });
        }
    }

    fn receive(&mut self, _: &Cx, stream: StreamId, _: Slot, event: StreamEvent) -> Vec<Action> {
        // Such streams bring nothing else that tells why.
        if let StreamEvent::Document(document) = event {
            (self.document, self.stale) = (Some(document), true);
        } else if let StreamEvent::Lines(batch) = event
            && self.page.is(stream)
        {
            self.coming.push(batch);
        }
        Vec::new()
    }

    fn ended(&mut self, cx: &Cx, stream: StreamId, _: Slot, _: Option<Problem>) -> Vec<Action> {
        if self.inspect.is(stream) {
            self.inspect.is_over = true;
        } else if self.page.is(stream) {
            self.page.is_over = true;
            self.lines = why::read_lines(&std::mem::take(&mut self.coming));
            // The last words of a run come a moment after its end.
            let ended = self.run.as_ref().map_or(Timestamp::default(), |run| run.3);
            if cx.now.since(ended).abs() < SOON {
                self.run = None;
            }
            self.stale = true;
        }
        Vec::new()
    }
}

impl App {
    /// What says why the container under the cursor stands as it does, or the one whose answer lies above the cockpit.
    pub(in crate::app) fn follow_why(&mut self) {
        let Some((id, whole)) = self.why_wanted() else {
            self.why = None;
            return;
        };
        let Some(container) = self.snapshot.containers.get(&id).cloned() else {
            self.why = self.why.take().filter(|view| whole && view.id == id);
            return;
        };
        // Walking down the list asks for nothing, and costs nothing.
        let known = self.why.take().filter(|view| view.id == id);
        if known.is_none() && !whole && self.debounce.is_some() {
            return;
        }
        let mut view = known.unwrap_or_else(|| WhyView::new(id.clone()));
        let connected = self.snapshot.engine_of(&id).is_some_and(|engine| engine.link == Link::Up);
        view.ask(&self.streams, &container, whole, connected);
        if view.stale || self.now.since(view.worked_out) >= AGE_MOST {
            let stopped_by = self.stopped_by(&container);
            let said = SessionFacts { stopped_by: stopped_by.as_deref(), refused: self.refusal_of(&container) };
            let answer = why::explain(&view.evidence(&container, &self.snapshot, said, self.now));
            view.answer_with(answer, self.now);
            view.is_alive = container.state.is_alive();
            (view.stale, view.worked_out) = (false, self.now);
        }
        self.why = Some(view);
    }

    /// Which container it is about, and whether the whole answer is read.
    fn why_wanted(&self) -> Option<(Id, bool)> {
        let whole = self.overlays.iter().rev().find_map(|overlay| {
            if let Overlay::Text(Text { body: TextBody::Why(id), .. }) = overlay {
                Some((id.clone(), true))
            } else {
                None
            }
        });
        let selected = self.selected_id().filter(|_| self.view == Kind::Container);
        whole.or(selected.map(|id| (id, false)))
    }

    /// What the engine answered when it was to start it last, if it refused that and it has not begun since.
    fn refusal_of(&self, container: &Container) -> Option<&str> {
        let began = container.detail.as_ref().map_or(Timestamp::default(), |detail| detail.started_at);
        let last = self.results.iter().rev().filter(|bulk| bulk.since >= began).find_map(|bulk| {
            let (_, result) = bulk.targets.iter().find(|(target, _)| target.id == container.id)?;
            Some((bulk.kind, result.as_ref()?))
        });
        let (kind, result) = last?;
        let starts = matches!(kind, OperationKind::Start | OperationKind::Restart);
        result.as_ref().err().filter(|_| starts).map(|problem| problem.cause.as_str())
    }

    /// Who stopped it, where it was done here.
    fn stopped_by(&self, container: &Container) -> Option<String> {
        let began = container.detail.as_ref().map_or(Timestamp::default(), |detail| detail.started_at);
        let ends =
            |kind: OperationKind| kind.spec().ends || kind == OperationKind::Pause && container.state == State::Paused;
        let done = self.results.iter().rev().find(|bulk| {
            ends(bulk.kind) && bulk.since >= began && bulk.targets.iter().any(|(target, _)| target.id == container.id)
        })?;
        Some(format!("bowline in this session: {}", done.kind.spec().word))
    }
}
