//! What happened → new state and wishes.

use super::inspect::InspectView;
use super::layout::Pane;
use super::log::LogView;
use super::notice::Notice;
use super::overlay::{Overlay, Text};
use super::processes::{DetailTab, ProcessView};
use super::shell::{Emulator, Tab};
use super::state::{App, PendingLog};
use super::wrap::Breaks;
use super::{input, mouse, open_merged, overlay_layout};
use crate::model::{Edit, EditEnd};
use crate::model::{
    Id, Kind, LogState, Operation, OperationId, OperationResult, Problem, Size, Snapshot, Source, State, StreamEvent,
    StreamId, Timestamp, Viewport, secret,
};
use crossterm::event::{Event, KeyEventKind};
use std::path::PathBuf;
use std::sync::Arc;

/// What happened, by its source.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key, the mouse, a paste, a new size, the focus.
    Input(Event),
    /// The engines say something new.
    Store(Arc<Snapshot>),
    /// Something came out of an open stream.
    Chunk(StreamId, StreamEvent),
    /// A stream has ended for good.
    Ended(StreamId, Option<Problem>),
    /// An act has ended.
    Done(OperationResult),
    /// The end of bowline's own log file.
    OwnLog(Result<String, Problem>),
    /// Output was saved, or not: the sentence for the footer.
    Saved(Result<String, Problem>),
    /// Whether a file can be made at a path, as it was typed, or why not.
    Looked(String, Result<(), String>),
    /// The editor has ended.
    Edited(Arc<Edit>, EditEnd),
    /// Time passes.
    Tick(Timestamp),
    /// The terminal or a signal wants an end.
    Quit,
}

/// What should be done, by deed. Plain data.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Do this to a container.
    Act(OperationId, Operation),
    /// Open a stream.
    Open(StreamId, Source),
    /// Type into a session.
    Send(StreamId, Vec<u8>),
    /// A session's terminal has another size.
    Fit(StreamId, Size),
    /// Close it.
    Close(StreamId),
    /// Put a text into the clipboard.
    Copy(String),
    /// Write files: paths as typed, and their bytes.
    Save(Vec<(String, Vec<u8>)>),
    /// Look whether a file can be made at a path, as typed; nothing is left there.
    Look(String),
    /// Let the user edit a file: as it is there, or as an earlier edit has left it here.
    Edit(Arc<Edit>, Option<PathBuf>),
    /// The edited file here is needed no more.
    Forget(PathBuf),
    /// The edited file here is kept, and why: for bowline's own log.
    Kept(PathBuf, Problem),
    /// This is being looked at.
    Attend(Viewport),
    /// Ask the engine for everything anew, retry now.
    Refresh,
    /// Leave the engine and open the embedded one.
    OpenEmbedded,
    /// Leave the context that cannot be opened and open the engine of this machine.
    OpenLocal,
    /// Hear the mouse, or not.
    Mouse(bool),
    /// Hear every movement of the mouse, or only what happens with its buttons.
    Motion(bool),
    /// Read the end of bowline's own log file.
    ReadOwnLog,
    /// Paint everything anew.
    Redraw,
    /// Back to the shell until it is continued.
    Suspend,
    /// Remember the layout.
    SaveLayout(crate::model::PaneSizes),
    /// Remember a command that was run.
    SaveRan(crate::model::ExecHistoryEntry),
    /// End.
    Quit,
}

/// How long the cursor rests on a container before its log is opened, seconds: walking down a list opens none.
const LOG_REST: f64 = 0.12;
/// How long an old log stays while a new one is silent, seconds.
const LOG_PATIENCE: f64 = 0.25;

/// Takes a message in. The wishes are to be fulfilled in their order.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let by_operator = matches!(msg, Msg::Input(_));
    let mut effects = match msg {
        Msg::Input(event) => take_input(app, event),
        Msg::Store(world) => {
            let before = std::mem::replace(&mut app.snapshot, world);
            app.fleet.follow(&before, &app.snapshot);
            follow_list(app, &before);
            let joined = open_merged::follow(app, &before);
            if !Arc::ptr_eq(&before.inventories, &app.snapshot.inventories) {
                app.propose();
            }
            joined
        }
        Msg::Chunk(wire, chunk) => take_chunk(app, wire, chunk),
        Msg::Ended(wire, problem) => take_end(app, wire, problem),
        Msg::Done(outcome) => app.done(outcome),
        Msg::OwnLog(read) => {
            show_own_log(app, read);
            Vec::new()
        }
        Msg::Saved(done) => {
            app.notice = Some(match done {
                Ok(sentence) => Notice::good(sentence, app.now),
                Err(problem) => Notice::bad(&problem, app.now),
            });
            Vec::new()
        }
        Msg::Looked(path, looked) => app.looked(&path, looked),
        Msg::Edited(edit, end) => app.edited(edit, end),
        Msg::Tick(now) => {
            app.now = now;
            app.notice = app.notice.take().filter(|notice| notice.until > now);
            release_shells(app)
        }
        Msg::Quit => {
            app.quitting = true;
            vec![Effect::Quit]
        }
    };
    app.follow_cursors(by_operator);
    app.follow_engine();
    let height = app.fleet_height();
    app.fleet.fit(height);
    if let Some(list) = app.list_mut() {
        list.fit(height);
    }
    open_merged::settle(app, &mut effects);
    follow_selection(app, &mut effects);
    app.fit_log();
    follow_processes(app, &mut effects);
    app.follow_files(&mut effects);
    follow_inspected(app, &mut effects);
    app.hide_what_was_left();
    app.follow_compose_form(&mut effects);
    app.fit_shell(&mut effects);
    follow_motion(app, &mut effects);
    app.follow_focus(&mut effects);
    app.show_kept_unless_busy();
    let attention = attention(app);
    if attention != app.viewport {
        app.viewport = attention.clone();
        effects.push(Effect::Attend(attention));
    }
    effects
}

fn take_input(app: &mut App, event: Event) -> Vec<Effect> {
    app.note_deed(&event);
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => input::key(app, &key),
        Event::Key(_) => Vec::new(),
        Event::Mouse(event) => mouse::mouse(app, event),
        Event::Paste(text) => input::paste(app, &text),
        Event::Resize(width, height) => {
            app.size = (width, height);
            // What terminals keep of the old screen differs, also when the size comes back to what it was.
            vec![Effect::Redraw]
        }
        Event::FocusGained => {
            app.focused = true;
            Vec::new()
        }
        Event::FocusLost => {
            app.focused = false;
            Vec::new()
        }
    }
}

/// Screens that a program holds back for too long are shown.
fn release_shells(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let mut released = Vec::new();
    for tab in &mut app.shells.tabs {
        let (wire, name) = (tab.wire, tab.name.clone());
        let due = tab.emulator().and_then(Emulator::release_at).is_some_and(|due| due <= now);
        if let Some(emulator) = tab.emulator_mut().filter(|_| due) {
            released.push((wire, name, emulator.release(now)));
        }
    }
    released.into_iter().flat_map(|(wire, name, heard)| app.obey(wire, &name, heard)).collect()
}

/// Every movement of the mouse is a message only while a program on screen wants it.
fn follow_motion(app: &mut App, effects: &mut Vec<Effect>) {
    let wanted = app.focus == Pane::Shell
        && app
            .shells
            .active()
            .filter(|tab| tab.takes_input())
            .and_then(Tab::emulator)
            .is_some_and(Emulator::wants_motion);
    if wanted != app.motion {
        app.motion = wanted;
        effects.push(Effect::Motion(wanted));
    }
}

/// The processes follow the selection while they are looked at and it rests.
fn follow_processes(app: &mut App, effects: &mut Vec<Effect>) {
    let looked_at = app.detail == DetailTab::Processes && app.places().logs.is_some();
    let id = app.selected_id().filter(|_| looked_at);
    // What ended with its container begins again with it.
    let runs = app.fleet.selected().is_some_and(|container| container.state == State::Running);
    let again = app.processes.as_ref().is_some_and(|view| view.is_over && runs && app.is_connected());
    if !again && app.processes.as_ref().map(|view| &view.id) == id.as_ref() {
        let height = app.process_height();
        if let Some(view) = &mut app.processes {
            view.fit(height);
        }
        return;
    }
    // Walking down the list asks for none: the log knows when the cursor rests.
    if id.is_some() && app.debounce.is_some() {
        return;
    }
    let old = app.processes.take();
    effects.extend(old.iter().filter(|old| !old.is_over).map(|old| Effect::Close(old.wire)));
    if let Some(id) = id {
        let wire = app.new_wire();
        let sort = old.as_ref().map(|view| view.sort).unwrap_or_default();
        let mut view = ProcessView::new(id.clone(), wire, sort);
        // Why there are none stays on screen until the next answer: that may be long in coming.
        view.ended = old.filter(|old| old.id == id).and_then(|old| old.ended);
        app.processes = Some(view);
        effects.push(Effect::Open(wire, Source::Processes { id }));
    }
}

/// The inspected object follows the selection while it is looked at and that rests.
fn follow_inspected(app: &mut App, effects: &mut Vec<Effect>) {
    let looked_at = app.shows_inspect() && app.places().logs.is_some();
    let wanted = app.to_inspect().filter(|_| looked_at);
    let connected = app.is_connected();
    let height = app.inspect_height();
    let shown = app.inspect.as_ref().map(|view| (view.kind, &view.id));
    // What was asked of an engine that was away is asked again when it is there.
    let again = app.inspect.as_ref().is_some_and(|view| view.is_over && !view.asked_well && connected);
    if !again && shown == wanted.as_ref().map(|(kind, id, _)| (*kind, id)) {
        let focused = app.focus == Pane::Logs;
        app.inspect_rest = None;
        if let Some(view) = &mut app.inspect {
            // Nobody leaves a secret on the screen.
            if !focused {
                view.reveal(false);
            }
            effects.extend(view.shed.drain(..).map(Effect::Close));
            view.fit(height);
        }
        return;
    }
    if let (Some((_, id, _)), Some(_), false) = (&wanted, &app.inspect, again) {
        match &app.inspect_rest {
            Some((resting, due)) if resting == id && *due <= app.now => {}
            Some((resting, _)) if resting == id => return,
            _ => {
                app.inspect_rest = Some((id.clone(), app.now.plus_seconds(LOG_REST)));
                return;
            }
        }
    }
    app.inspect_rest = None;
    let old = app.inspect.take();
    if let Some(old) = &old {
        effects.extend((!old.is_over).then_some(Effect::Close(old.wire)));
        let rival = old.against.as_ref().filter(|against| against.ended.is_none()).and_then(|against| against.wire);
        effects.extend(old.shed.iter().copied().chain(rival).map(Effect::Close));
    }
    if let Some((kind, id, name)) = wanted {
        let wire = app.new_wire();
        let mut view = InspectView::new(kind, id.clone(), &name, wire);
        if let Some(old) = &old {
            view = view.like(old);
        }
        view.asked_well = connected;
        app.inspect = Some(view);
        effects.push(Effect::Open(wire, Source::Inspect { kind, id }));
    }
}

/// The log follows the selection once the cursor rests.
fn follow_selection(app: &mut App, effects: &mut Vec<Effect>) {
    if app.pending_log.as_ref().is_some_and(|coming| coming.patience <= app.now) {
        promote(app, effects);
    }
    let Some(id) = app.selected_id().filter(|_| !app.shows_logs_of_several()) else {
        app.debounce = None;
        return;
    };
    if app.log.as_ref().is_some_and(|view| view.id == id) {
        // Back on the container whose log is on screen.
        app.debounce = None;
        if let Some(coming) = app.pending_log.take() {
            close(&coming.view, effects);
        }
        return;
    }
    if app.pending_log.as_ref().is_some_and(|coming| coming.view.id == id) {
        app.debounce = None;
        return;
    }
    match &app.debounce {
        _ if app.log.is_none() => {}
        Some((resting, due)) if *resting == id && *due <= app.now => {}
        Some((resting, _)) if *resting == id => return,
        _ => {
            app.debounce = Some((id, app.now.plus_seconds(LOG_REST)));
            return;
        }
    }
    app.debounce = None;
    open_log(app, id, effects);
}

fn open_log(app: &mut App, id: Id, effects: &mut Vec<Effect>) {
    if let Some(coming) = app.pending_log.take() {
        close(&coming.view, effects);
    }
    let wire = app.new_wire();
    let name = app.fleet.selected().map(|container| container.name.to_string()).unwrap_or_default();
    let view = LogView::new(id.clone(), &name, wire, &app.options.logs);
    effects.push(Effect::Open(wire, Source::Logs { id, tail: app.options.logs.tail }));
    if app.log.is_some() {
        app.pending_log = Some(PendingLog { view, patience: app.now.plus_seconds(LOG_PATIENCE) });
    } else {
        app.log = Some(view);
    }
}

pub(super) fn close(view: &LogView, effects: &mut Vec<Effect>) {
    effects.extend(view.wires().into_iter().map(Effect::Close));
}

/// The log that was asked for takes the place of the old one.
fn promote(app: &mut App, effects: &mut Vec<Effect>) {
    if let Some(coming) = app.pending_log.take()
        && let Some(old) = app.log.replace(coming.view)
    {
        close(&old, effects);
    }
}

fn take_chunk(app: &mut App, wire: StreamId, chunk: StreamEvent) -> Vec<Effect> {
    if app.shells.of(wire).is_some() {
        return app.shell_chunk(wire, chunk);
    }
    if app.transfer_chunk(wire, &chunk) {
        return Vec::new();
    }
    if let StreamEvent::Compose(told) = chunk {
        return app.compose_told(wire, told);
    }
    if let StreamEvent::Processes(processes) = chunk {
        if let Some(view) = app.processes.as_mut().filter(|view| view.wire == wire) {
            view.take(processes);
        }
        return Vec::new();
    }
    if let StreamEvent::Files(chunk) = chunk {
        return app.files_chunk(wire, chunk);
    }
    if let StreamEvent::Document(document) = chunk {
        let view = app.inspect.as_mut();
        if let Some(view) = view {
            let rival = view.against.as_ref().and_then(|against| against.wire);
            if view.wire == wire {
                view.take(document);
            } else if rival == Some(wire) {
                view.take_rival(document);
            }
        }
        return Vec::new();
    }
    let mut effects = Vec::new();
    let answered = !matches!(chunk, StreamEvent::State(LogState::Reconnecting(_)));
    if answered && app.pending_log.as_ref().is_some_and(|coming| coming.view.wire == wire) {
        promote(app, &mut effects);
    }
    match &mut app.log {
        Some(view) if view.hears(wire) => view.take_from(wire, chunk),
        Some(view) if view.hears_older(wire) => view.take_older(wire, chunk),
        _ => {}
    }
    effects
}

fn take_end(app: &mut App, wire: StreamId, problem: Option<Problem>) -> Vec<Effect> {
    let heard = app.transfer_ended(wire, problem.clone()) || app.shell_ended(wire, problem.clone());
    if heard || app.compose_ended(wire, problem.as_ref()) {
        return Vec::new();
    }
    if let Some(effects) = app.files_ended(wire, problem.as_ref()) {
        return effects;
    }
    if let Some(view) = app.processes.as_mut().filter(|view| view.wire == wire) {
        (view.is_over, view.ended) = (true, problem);
        return Vec::new();
    }
    if let Some(view) = app.inspect.as_mut().filter(|view| view.wire == wire) {
        (view.is_over, view.ended) = (true, problem);
        return Vec::new();
    }
    let against = app.inspect.as_mut().and_then(|view| view.against.as_mut());
    if let Some(against) = against.filter(|against| against.wire == Some(wire)) {
        (against.wire, against.ended) = (None, problem);
        return Vec::new();
    }
    let mut effects = Vec::new();
    if app.pending_log.as_ref().is_some_and(|coming| coming.view.wire == wire) {
        promote(app, &mut effects);
    }
    let preferences = app.options.logs;
    let Some(view) = &mut app.log else { return effects };
    if view.hears(wire) {
        // Of one container the title tells it; of several, which one it was. That one is removed is seen.
        let there = |id: &Id| {
            let state = app.snapshot.containers.get(id).map(|container| &container.state);
            state.is_some_and(|state| !matches!(state, State::Dead | State::Removing))
        };
        if let Some((id, problem)) = view.stream_ended(wire, problem)
            && there(&id)
        {
            app.notice = Some(Notice::bad(&problem, app.now));
        }
        return effects;
    }
    if !view.hears_older(wire) {
        return effects;
    }
    if let Some(problem) = problem {
        effects.extend(view.older_failed(wire).into_iter().map(Effect::Close));
        app.notice = Some(Notice::bad(&problem, app.now));
        return effects;
    }
    let next = view.older_done(wire, &preferences);
    open_older(app, next)
}

/// Opens older pages of the log on screen.
pub(super) fn open_older(app: &mut App, sources: Vec<Source>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for source in sources {
        let wire = app.new_wire();
        if let Some(view) = &mut app.log {
            view.older_opened(&source, wire);
            effects.push(Effect::Open(wire, source));
        }
    }
    effects
}

/// Opens the log on screen anew, from its tail.
pub(super) fn reopen_log(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(old) = app.log.take() else { return effects };
    let mut view = match open_merged::anew(app, &old, &mut effects) {
        Some(merged) => merged,
        None => {
            let wire = app.new_wire();
            effects.push(Effect::Open(wire, Source::Logs { id: old.id.clone(), tail: app.options.logs.tail }));
            LogView::new(old.id.clone(), &old.name, wire, &app.options.logs)
        }
    };
    // The hit's number means another line in the new opening.
    view.search = old.search.clone();
    close(&old, &mut effects);
    app.log = Some(view);
    effects
}

fn show_own_log(app: &mut App, read: Result<String, Problem>) {
    match read {
        Ok(read) => {
            let lines: Vec<String> = read.lines().map(secret::fit).collect();
            let mut whole = Text::lines("bowline's own log", lines, Breaks::Anywhere);
            overlay_layout::scroll_by(app, &mut whole, isize::MAX);
            app.overlays.push(Overlay::Text(whole));
        }
        Err(problem) => app.notice = Some(Notice::bad(&problem, app.now)),
    }
}

/// Members of the group under the cursor that are measured as often as what is on screen.
const MEMBERS_SAMPLED: usize = 100;

fn attention(app: &App) -> Viewport {
    let height = app.fleet_height();
    let shown = app.places().fleet.is_some();
    let rows = app.fleet.rows().skip(app.fleet.top()).take(if shown { height } else { 0 });
    let chosen = app.list().and_then(|list| list.selected()).map(|row| row.of.clone());
    let project = chosen.as_ref().filter(|_| app.view == Kind::Project);
    let visible = match project {
        None if app.view == Kind::Container => {
            let on_screen = rows.filter_map(|row| row.container());
            // The group under the cursor is told with the sums of all that is in it.
            let of_group = app.group().into_iter().flat_map(|group| group.members.iter()).take(MEMBERS_SAMPLED);
            let mut ids: Vec<Id> = on_screen.chain(of_group).map(|one| one.id.clone()).collect();
            if app.group().is_some() {
                ids.sort();
                ids.dedup();
            }
            ids
        }
        // A project is looked at by its containers.
        Some(project) => {
            let of = |one: &&Arc<crate::model::Container>| one.project() == Some(project.raw());
            app.snapshot.containers.values().filter(of).map(|one| one.id.clone()).collect()
        }
        None => Vec::new(),
    };
    Viewport {
        selected: app.selected_id().filter(|_| app.view == Kind::Container),
        visible,
        kind: app.kind_wanted(),
        chosen,
        away: !app.focused,
    }
}

/// The list on screen is computed anew if what it shows has changed, and once a minute for the ages.
fn follow_list(app: &mut App, before: &Snapshot) {
    let world = &app.snapshot;
    let same = Arc::ptr_eq(&before.containers, &world.containers)
        && Arc::ptr_eq(&before.inventories, &world.inventories)
        && (app.view != Kind::Project || Arc::ptr_eq(&before.usage, &world.usage))
        && app.now.seconds() / 60 == app.listed_minute;
    if app.view != Kind::Container && !same {
        app.listed_minute = app.now.seconds() / 60;
        app.rebuild_list();
    }
}
