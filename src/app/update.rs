//! Messages → new state and effects.

use super::component::Component;
use super::layer::Layer;
use super::layout::{DetailTab, Pane};
use super::msg::{Effect, Msg};
use super::overlay::Overlay;
use super::panes::inspect::InspectView;
use super::panes::log::LogView;
use super::panes::open_merged;
use super::panes::processes::ProcessView;
use super::panes::shell::Shells;
use super::state::{App, PendingLog};
use super::subscriptions::Wants;
use super::widgets::notice::Notice;
use super::widgets::text::Text;
use super::widgets::wrap::Breaks;
use super::{input, mouse};
use crate::model::{Id, Kind, LogState, Problem, Snapshot, State, StreamEvent, StreamId, Viewport, secret};
use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use std::sync::Arc;

/// How long the cursor rests on a container before its log is opened, seconds: walking down a list opens none.
const LOG_REST: f64 = 0.12;
/// How long an old log stays while a new one is silent, seconds.
const LOG_PATIENCE: f64 = 0.25;

/// Takes a message in. The effects must be carried out in their order.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let by_operator = matches!(msg, Msg::Input(_));
    let mut effects = match msg {
        Msg::Input(event) => take_input(app, event),
        Msg::Store(snapshot) => {
            let before = std::mem::replace(&mut app.snapshot, snapshot);
            app.fleet.follow(&before, &app.snapshot);
            app.graphs.take_samples(&before, &app.snapshot);
            if let Some(id) = app.first_row.choose(&app.fleet, &app.snapshot, app.now) {
                app.fleet.select(&id);
            }
            follow_list(app, &before);
            open_merged::follow(app, &before);
            app.why.iter_mut().for_each(|view| view.stale = true);
            if !Arc::ptr_eq(&before.inventories, &app.snapshot.inventories) {
                app.propose();
            }
            Vec::new()
        }
        Msg::Chunk(stream, chunk) => take_chunk(app, stream, chunk),
        Msg::Ended(stream, problem) => take_end(app, stream, problem),
        Msg::Done(result) => {
            app.why.iter_mut().for_each(|view| view.stale = true);
            app.done(result)
        }
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
        Msg::Bundled(stream, written) => {
            app.bundle_written(stream, written);
            Vec::new()
        }
        Msg::Answered(stream, answer, seconds) => {
            app.answered(stream, answer, seconds);
            Vec::new()
        }
        Msg::Edited(edit, end) => {
            let asked = app.with_files(|files, cx| files.edited(cx, edit, end));
            app.carry_out(asked)
        }
        Msg::Viewed(viewed) => {
            match viewed {
                Ok(None) => {}
                Ok(Some(hint)) => app.notice = Some(Notice::warn(hint, app.now)),
                Err(problem) => app.notice = Some(Notice::bad(&problem, app.now)),
            }
            Vec::new()
        }
        Msg::Tick(now) => {
            app.now = now;
            app.notice = app.notice.take().filter(|notice| notice.until > now);
            mouse::drag_on(app);
            let asked = app.with_shells(Shells::release);
            app.carry_out(asked)
        }
        Msg::Quit => {
            app.quitting = true;
            vec![Effect::Quit]
        }
    };
    app.follow_cursors(by_operator);
    app.follow_engine();
    app.follow_list_room();
    let height = app.fleet_height();
    app.fleet.fit(height);
    if let Some(list) = app.list_mut() {
        list.fit(height);
    }
    open_merged::settle(app);
    follow_selection(app);
    app.fit_log();
    app.follow_why();
    follow_processes(app);
    app.follow_files();
    follow_inspected(app);
    app.hide_what_was_left();
    app.follow_compose_form();
    follow_shells(app, &mut effects);
    show_unsaved_edits(app);
    let attention = attention(app);
    if attention != app.viewport {
        app.viewport = attention.clone();
        effects.push(Effect::Attend(attention));
    }
    let mut streams = std::mem::take(&mut app.streams);
    streams.sync(&mut effects, |wants| name_streams(app, wants));
    app.streams = streams;
    effects
}

/// Names every stream that anybody reads now.
fn name_streams(app: &App, wants: &mut Wants) {
    let options = &app.options;
    app.log.iter().for_each(|view| view.name_streams(options, wants));
    app.pending_log.iter().for_each(|pending| pending.view.name_streams(options, wants));
    app.why.iter().for_each(|view| view.name_streams(options, wants));
    app.processes.iter().for_each(|view| view.name_streams(options, wants));
    app.inspect.iter().for_each(|view| view.name_streams(options, wants));
    app.files.name_streams(options, wants);
    app.shells.name_streams(options, wants);
    app.transfers.name_streams(options, wants);
    app.compose.name_streams(options, wants);
    for overlay in &app.overlays {
        if let Overlay::Compose(overlay) = overlay {
            overlay.name_streams(wants);
        }
    }
}

fn take_input(app: &mut App, event: Event) -> Vec<Effect> {
    let is_deed = is_deed(&event);
    app.input_count += u64::from(is_deed);
    // Where there is no list nothing is chosen in it.
    if is_deed && app.diagnosis().is_none() {
        app.first_row.take();
    }
    if let Some(view) = app.log.as_mut().filter(|_| !mouse::goes_on(&event)) {
        view.forget_press();
    }
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

/// The shell on screen has the size of its place, and programs are told who has the focus. Every movement of the mouse is a
/// message only while a program on screen wants it.
fn follow_shells(app: &mut App, effects: &mut Vec<Effect>) {
    effects.extend(app.with_shells(|shells, cx| shells.fit(cx)));
    let is_focused = app.focus == Pane::Shell;
    let motion = is_focused && app.shells.wants_motion();
    if std::mem::replace(&mut app.motion, motion) != motion {
        effects.push(Effect::Motion(motion));
    }
    effects.extend(app.shells.tell_focus(is_focused && app.focused));
}

/// True for what the user does: an editor that opens under other keys than its own would take them.
fn is_deed(event: &Event) -> bool {
    match event {
        Event::Key(key) => key.kind != KeyEventKind::Release,
        Event::Mouse(mouse) => mouse.kind != MouseEventKind::Moved,
        Event::Paste(_) => true,
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => false,
    }
}

/// Shows where edits are kept, once nobody is typing.
fn show_unsaved_edits(app: &mut App) {
    if app.files.unsaved.untold && app.overlays.is_empty() && app.focus != Pane::Shell {
        let asked = app.with_files(|files, cx| files.unsaved.show(cx));
        app.carry_out([asked]);
    }
}

/// The processes follow the selection while they are looked at and it rests.
fn follow_processes(app: &mut App) {
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
    if let Some(id) = id {
        let sort = old.as_ref().map(|view| view.sort).unwrap_or_default();
        let mut view = ProcessView::new(id.clone(), app.new_stream(), sort);
        // Why there are none stays on screen until the next answer: that may be long in coming.
        view.ended = old.filter(|old| old.id == id).and_then(|old| old.ended);
        app.processes = Some(view);
    }
}

/// The inspected object follows the selection while it is looked at and that rests.
fn follow_inspected(app: &mut App) {
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
    if let Some((kind, id, name)) = wanted {
        let mut view = InspectView::new(kind, id, &name, app.new_stream());
        if let Some(old) = &old {
            view = view.like(old);
        }
        view.asked_well = connected;
        app.inspect = Some(view);
    }
}

/// The log follows the selection once the cursor rests.
fn follow_selection(app: &mut App) {
    if app.pending_log.as_ref().is_some_and(|pending| pending.patience <= app.now) {
        promote(app);
    }
    let Some(id) = app.selected_id().filter(|_| !app.shows_logs_of_several()) else {
        app.debounce = None;
        return;
    };
    if app.log.as_ref().is_some_and(|view| view.id == id) {
        // Back on the container whose log is on screen.
        (app.debounce, app.pending_log) = (None, None);
        return;
    }
    if app.pending_log.as_ref().is_some_and(|pending| pending.view.id == id) {
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
    open_log(app, id);
}

fn open_log(app: &mut App, id: Id) {
    let name = app.fleet.selected().map(|container| container.name.to_string()).unwrap_or_default();
    let view = LogView::new(id, &name, app.new_stream(), &app.options.logs);
    if app.log.is_some() {
        app.pending_log = Some(PendingLog { view, patience: app.now.plus_seconds(LOG_PATIENCE) });
    } else {
        (app.log, app.pending_log) = (Some(view), None);
    }
}

/// The log that was asked for takes the place of the old one.
fn promote(app: &mut App) {
    if let Some(pending) = app.pending_log.take() {
        app.log = Some(pending.view);
    }
}

/// Hands what a stream brought to whoever reads it. What comes too late is nobody's.
fn take_chunk(app: &mut App, stream: StreamId, event: StreamEvent) -> Vec<Effect> {
    let Some(slot) = app.streams.slot(stream) else { return Vec::new() };
    if !matches!(event, StreamEvent::State(LogState::Reconnecting(_))) {
        promote_if_it_answers(app, stream);
    }
    if let StreamEvent::Lines(batch) = &event
        && slot.brings_whole_log()
    {
        app.graph_lines(stream, batch);
    }
    let actions = app.with_pane(slot.pane(), |pane, cx| pane.receive(cx, stream, slot, event));
    app.carry_out(actions.unwrap_or_default())
}

/// The log that was asked for last takes its place when it answers, or says that it cannot.
fn promote_if_it_answers(app: &mut App, stream: StreamId) {
    if app.pending_log.as_ref().is_some_and(|pending| pending.view.stream == stream) {
        promote(app);
    }
}

/// Tells whoever reads a stream that it has ended.
fn take_end(app: &mut App, stream: StreamId, problem: Option<Problem>) -> Vec<Effect> {
    let Some(slot) = app.streams.end(stream) else { return Vec::new() };
    promote_if_it_answers(app, stream);
    let actions = app.with_pane(slot.pane(), |pane, cx| pane.ended(cx, stream, slot, problem));
    app.carry_out(actions.unwrap_or_default())
}

fn show_own_log(app: &mut App, read: Result<String, Problem>) {
    match read {
        Ok(read) => {
            let lines: Vec<String> = read.lines().map(secret::fit).collect();
            let mut whole = Text::lines("bowline's own log", lines, Breaks::Anywhere);
            whole.scroll(app, isize::MAX);
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
    let snapshot = &app.snapshot;
    let same = Arc::ptr_eq(&before.containers, &snapshot.containers)
        && Arc::ptr_eq(&before.inventories, &snapshot.inventories)
        && (app.view != Kind::Project || Arc::ptr_eq(&before.usage, &snapshot.usage))
        && app.now.seconds() / 60 == app.listed_minute;
    if app.view != Kind::Container && !same {
        app.listed_minute = app.now.seconds() / 60;
        app.rebuild_list();
    }
}
