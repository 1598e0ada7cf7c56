//! This room knows the loop: messages to `update`, effects to the engine, the terminal and the files, state to `draw`.
//! It may use every room: it introduces them to each other.
//! It never decides anything that `update` could decide.
//!
//! Generic over input and screen, so that tests run the true loop.

mod bundle;
mod edit;
mod engine_thread;
mod line_argument;
mod output_throttle;
mod query;
mod read;

use crate::app::{App, Effect, Msg, Notice, update};
use crate::engine::clock::at;
pub use crate::engine::clock::now;
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::{ExecHistoryEntry, LogColumns, PaneSizes, Problem, StreamEvent};
use crate::persist::{atomic, own_log};
use crate::term::{Cursor, Screen};
use crate::ui::{self, Appearance};
use bundle::Bundles;
pub use bundle::write as write_bundle;
use crossterm::event::Event;
use edit::Editor;
pub use engine_thread::{EngineThread, here};
use futures_util::{Stream, StreamExt};
use output_throttle::OutputThrottle;
use query::Queries;
pub use query::answer as answer_query;
use std::future::ready;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

/// A connection to an engine, as the store offers it.
pub struct Link {
    /// The sender of commands.
    pub store: Engines,
    /// Answers come out here.
    pub outputs: EngineOutputs,
}

/// What the loop needs besides state, input and screen.
pub struct RunContext {
    /// The engine.
    pub link: Link,
    /// Opens the embedded engine when the user asks for it.
    pub embedded: Box<dyn FnMut() -> Result<Link, Problem> + Send>,
    /// Opens the engine of this machine in place of that of a context, when the user asks for it.
    pub local: Box<dyn FnMut() -> Result<Link, Problem> + Send>,
    /// Called when the terminal has taken a frame.
    pub free: Arc<Notify>,
    /// Least time between frames that no key asked for.
    pub frame: Duration,
    /// Folder of bowline's own log.
    pub log_folder: PathBuf,
    /// Remembers the layout.
    pub save_layout: Box<dyn FnMut(PaneSizes) -> Result<(), Problem> + Send>,
    /// Remembers the columns of logs.
    pub save_log_columns: Box<dyn FnMut(Arc<LogColumns>) -> Result<(), Problem> + Send>,
    /// Remembers a command that was run.
    pub save_ran: Box<dyn FnMut(ExecHistoryEntry) -> Result<(), Problem> + Send>,
    /// Signals that end or suspend.
    pub signals: mpsc::Receiver<SignalKind>,
}

/// A signal that concerns the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalKind {
    /// SIGTERM: end.
    End,
    /// SIGINT, SIGQUIT: end; while the terminal is lent to an editor, they are meant for that one.
    Interrupt,
    /// SIGHUP: the terminal is gone, end.
    HangUp,
    /// SIGTSTP: suspend as ctrl-z does.
    Suspend,
}

/// Frames: at once when the last one is old enough, else once when it is.
struct Pace {
    dirty: bool,
    urgent: bool,
    last: Option<Instant>,
    frame: Duration,
}

impl Pace {
    fn due(&self) -> Option<Instant> {
        let last = self.last.filter(|_| !self.urgent);
        self.dirty.then(|| last.map_or_else(Instant::now, |last| last + self.frame))
    }

    fn is_due(&self) -> bool {
        self.due().is_some_and(|due| due <= Instant::now())
    }

    fn drawn(&mut self) {
        (self.dirty, self.urgent, self.last) = (false, false, Some(Instant::now()));
    }
}

/// The result of the cockpit when it was quit.
#[derive(Debug)]
pub struct Exit {
    /// Where files lie that were edited and not written back.
    pub edits: Vec<PathBuf>,
    /// Whether the terminal gave input to the end.
    pub input: io::Result<()>,
}

/// Runs the cockpit until it is left.
pub async fn run<I, S>(mut app: App, look: Appearance, mut input: I, screen: &mut S, mut around: RunContext) -> Exit
where
    I: Stream<Item = io::Result<Event>> + Unpin,
    S: Screen,
{
    let (answers, mut answered) = mpsc::channel::<Msg>(4);
    let mut beside = Beside { answers, bundles: Bundles::default(), queries: Queries::default() };
    let mut pace = Pace { dirty: true, urgent: false, last: None, frame: around.frame };
    let mut portions = OutputThrottle::new();
    let mut editor = Editor::default();
    let mut heard = Ok(());
    let first_look = Instant::now() + FIRST_PATIENCE;
    #[cfg(debug_assertions)]
    assert!(std::env::var_os("BOWLINE_TEST_PANIC").is_none(), "asked for by a test");
    // A terminal can go without a signal, where it controls nobody or its session goes on; its input then never ends.
    while !app.quitting && !screen.is_gone() {
        let unstarted = editor.start(screen);
        if unstarted.is_some() {
            taken_again(&mut app, &mut pace);
        }
        // The first frame waits a moment for the first answer: a screen without containers tells nobody anything.
        let waits =
            pace.last.is_none() && app.is_connecting() && app.diagnosis().is_none() && Instant::now() < first_look;
        if pace.is_due() && screen.is_free() && !waits {
            let buffer = screen.blank(app.size);
            let cursor = ui::draw(&app, &look, buffer);
            screen.show(cursor.map(|caret| Cursor { at: caret.at, shape: caret.shape.number() }));
            pace.drawn();
        }
        let frame_due = if waits { Some(first_look) } else { pace.due().filter(|_| screen.is_free()) };
        let msg = tokio::select! {
            biased;
            Some(msg) = ready(unstarted) => msg,
            signal = around.signals.recv(), if editor.hears_signals() => match signal {
                signal if editor.signal(signal) => continue,
                Some(SignalKind::Suspend) => { suspend(&mut app, screen, &mut pace); continue }
                Some(SignalKind::End | SignalKind::Interrupt | SignalKind::HangUp) | None => Msg::Quit,
            },
            ended = editor.ended() => {
                let msg = editor.finish(ended, screen, &mut around.signals).await;
                taken_again(&mut app, &mut pace);
                msg
            }
            event = input.next(), if !editor.has_keys() => match event {
                Some(Ok(event)) => { pace.urgent = true; Msg::Input(event) }
                Some(Err(error)) => { heard = Err(error); Msg::Quit }
                None => Msg::Quit,
            },
            Some(msg) = answered.recv() => msg,
            Some(result) = around.link.outputs.outcomes.recv() => Msg::Done(result),
            Ok(()) = around.link.outputs.snapshots.changed() => {
                let snapshot = around.link.outputs.snapshots.borrow_and_update().clone();
                Msg::Store(snapshot)
            }
            Some(msg) = async { portions.next() }, if !portions.is_empty() => msg,
            Some((stream, message)) = around.link.outputs.chunks.recv(), if portions.is_empty() => match message {
                StreamMessage::Chunk(chunk) => portions.take(stream, chunk),
                StreamMessage::Ended(problem) => Msg::Ended(stream, problem),
            },
            () = around.free.notified() => continue,
            () = at(frame_due) => continue,
            () = at(wake(&app)) => Msg::Tick(now()),
        };
        let mut effects = update(&mut app, Msg::Tick(now()));
        let length = if let Msg::Chunk(_, StreamEvent::Output(_, bytes)) = &msg { Some(bytes.len()) } else { None };
        let output = length.map(|length| (length, Instant::now()));
        effects.extend(update(&mut app, msg));
        if let Some((bytes, start)) = output {
            portions.took(bytes, start.elapsed());
        }
        // A frame that shows nothing new costs no byte.
        pace.dirty = true;
        for effect in effects {
            perform(effect, &mut app, screen, &mut around, &mut pace, &mut editor, &mut beside);
        }
    }
    // What runs inside containers on our behalf ends with us.
    around.link.store.shutdown().await;
    Exit { edits: editor.leave(), input: heard }
}

/// Work beside the loop, whose results come as messages.
struct Beside {
    answers: mpsc::Sender<Msg>,
    bundles: Bundles,
    queries: Queries,
}

/// How long the first frame waits for the first list.
const FIRST_PATIENCE: Duration = Duration::from_millis(120);

fn perform<S: Screen>(
    effect: Effect,
    app: &mut App,
    screen: &mut S,
    around: &mut RunContext,
    pace: &mut Pace,
    editor: &mut Editor,
    beside: &mut Beside,
) {
    let answers = &beside.answers;
    let store = &around.link.store;
    match effect {
        Effect::Act(id, operation) => store.operation(id, operation),
        Effect::Open(stream, source) => store.open(stream, source),
        Effect::Send(stream, bytes) => store.send(stream, bytes),
        Effect::Fit(stream, size) => store.fit(stream, size),
        Effect::Close(stream) => store.close(stream),
        Effect::Copy(text) => copy(app, screen, &text),
        Effect::Save(files) => save_all(files, answers.clone()),
        Effect::Look(path) => look(path, answers.clone()),
        Effect::WriteBundle(stream, parts, known) => beside.bundles.write(stream, parts, known, answers.clone()),
        Effect::CancelBundle(stream) => beside.bundles.cancel(stream),
        Effect::Query(stream, query) => beside.queries.begin(stream, query, answers.clone()),
        Effect::CancelQuery(stream) => beside.queries.cancel(stream),
        Effect::Edit(edit, draft) => editor.request(edit, draft),
        Effect::View(viewer, copy) => editor.show(viewer, copy),
        Effect::Forget(file) => editor.forget(&file),
        Effect::Kept(file, why) => tracing::warn!("an edit is kept: {}: {why}", file.display()),
        Effect::Attend(attention) => store.attend(attention),
        Effect::Refresh => {
            store.refresh();
        }
        Effect::OpenEmbedded => {
            let link = (around.embedded)();
            for effect in open_other(app, around, link) {
                perform(effect, app, screen, around, pace, editor, beside);
            }
        }
        Effect::OpenLocal => {
            let link = (around.local)();
            for effect in open_other(app, around, link) {
                perform(effect, app, screen, around, pace, editor, beside);
            }
        }
        Effect::Mouse(on) => screen.mouse(on),
        Effect::Motion(on) => screen.motion(on),
        Effect::ReadOwnLog => read_own_log(around.log_folder.clone(), answers.clone()),
        Effect::Redraw => screen.invalidate(),
        Effect::Suspend => suspend(app, screen, pace),
        Effect::SaveLayout(layout) => tell(app, (around.save_layout)(layout)),
        Effect::SaveLogColumns(columns) => tell(app, (around.save_log_columns)(columns)),
        Effect::SaveRan(ran) => tell(app, (around.save_ran)(ran)),
        Effect::Quit => app.quitting = true,
    }
}

/// Says what could not be done.
fn tell(app: &mut App, done: Result<(), Problem>) {
    if let Err(problem) = done {
        tracing::warn!("{problem}");
        app.notice = Some(Notice::bad(&problem, app.now));
    }
}

fn suspend<S: Screen>(app: &mut App, screen: &mut S, pace: &mut Pace) {
    if !screen.suspend() {
        let why = "no shell would wake bowline again: it was not started from one";
        app.notice = Some(Notice::warn(why, app.now));
    }
    taken_again(app, pace);
}

/// The terminal is ours again: it may have another size.
fn taken_again(app: &mut App, pace: &mut Pace) {
    app.size = crate::term::size();
    (pace.dirty, pace.urgent) = (true, true);
}

/// Another engine takes the place of the one that does not answer. Gives what is left to do.
fn open_other(app: &mut App, around: &mut RunContext, link: Result<Link, Problem>) -> Vec<Effect> {
    match link {
        Ok(link) => {
            around.link = link;
            app.forget_engine()
        }
        Err(problem) => {
            app.notice = Some(Notice::bad(&problem, app.now));
            Vec::new()
        }
    }
}

/// Terminals do not confirm it; only a known failure is reported.
fn copy<S: Screen>(app: &mut App, screen: &mut S, text: &str) {
    app.notice = Some(match screen.copy(text) {
        Ok(()) => {
            let (characters, lines) = (text.chars().count(), text.lines().count());
            let lines = if lines > 1 { format!(" in {lines} lines") } else { String::new() };
            Notice::good(format!("{characters} characters{lines} sent to the terminal's clipboard (OSC 52)"), app.now)
        }
        Err(refused) => Notice::bad(&Problem::new("copy", &refused.cause, refused.mend), app.now),
    });
}

/// Writes files one after the other; none that is there already is overwritten.
fn save_all(files: Vec<(String, Vec<u8>)>, answers: mpsc::Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let written = files.iter().try_for_each(|(path, bytes)| {
            atomic::create_typed(path, bytes)
                .map_err(|error| Problem::new(format!("save {path}"), error.to_string(), atomic::mend(&error)))
        });
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        let done = written.map(|()| format!("saved {}", paths.join(" and ")));
        // The loop may have ended meanwhile.
        drop(answers.blocking_send(Msg::Saved(done)));
    });
}

/// Looks whether a file can be made.
fn look(path: String, answers: mpsc::Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let looked = atomic::look(&path);
        // The loop may have ended meanwhile.
        drop(answers.blocking_send(Msg::Looked(path, looked)));
    });
}

fn read_own_log(folder: PathBuf, answers: mpsc::Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let read = own_log::read_end(&folder).map_err(|error| {
            Problem::new("read bowline's own log", error.to_string(), format!("check {}", folder.display()))
        });
        // The loop may have ended meanwhile.
        drop(answers.blocking_send(Msg::OwnLog(read)));
    });
}

/// The instant of the app's next own change.
fn wake(app: &App) -> Option<Instant> {
    let seconds = app.wake()?.since(now()).max(0.0);
    Some(Instant::now() + Duration::from_secs_f64(seconds.min(86_400.0)))
}
