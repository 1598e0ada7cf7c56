//! Keys → commands → state and effects. The topmost overlay receives a key first.

use super::actions::act;
use super::cockpit;
use super::command::{Command, KeyContext};
use super::focus::focus_detail;
use super::key::Key;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay::Overlay;
use super::overlay_keys;
use super::panes::gauges::cursor as charts;
use super::panes::lists;
use super::panes::open_merged;
use super::panes::resource::LISTS;
use super::screens::transfers::keys as transfers;
use super::state::App;
use super::widgets::notice::Notice;
use crate::model::Kind;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key was pressed.
pub(super) fn key(app: &mut App, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    // A shell gets every key but one: leaving is no exception.
    if app.overlays.is_empty()
        && let Some(asked) = app.with_shells(|shells, cx| shells.key(cx, event))
    {
        app.notice = None;
        return app.carry_out(asked);
    }
    // Leaving works from every layer; a letter that is being typed is a letter.
    let typing = pressed.is_typed() && app.overlays.last().is_some_and(Overlay::takes_text);
    if !typing && app.options.keymap.keys_of(Command::Exit).contains(&pressed) {
        return command(app, Command::Exit);
    }
    match app.overlays.pop() {
        Some(overlay) => overlay_keys::key(app, overlay, event),
        None => cockpit_key(app, pressed),
    }
}

/// Text was pasted.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    // Pasting into the cockpit would give a command for each letter.
    match app.overlays.is_empty() && app.focus == Pane::Shell {
        true => {
            let asked = app.shells.paste(text);
            app.carry_out(asked)
        }
        false => overlay_keys::paste(app, text),
    }
}

fn cockpit_key(app: &mut App, pressed: Key) -> Vec<Effect> {
    if app.diagnosis().is_some() && pressed == Key::of(&KeyEvent::new(KeyCode::Char('r'), KeyModifiers::NONE)) {
        return command(app, Command::Refresh);
    }
    let context = app.pane_context();
    let keymap = &app.options.keymap;
    // Acts and sessions work from every pane: they mean the selected container. A key that means nothing for projects is that
    // of containers.
    let there = keymap.command(context, pressed).filter(|found| lists::has_meaning(app.view, *found));
    // A volume is moved from its files as from the list.
    let of_volume =
        || keymap.command(KeyContext::Resources, pressed).filter(|command| lists::OF_VOLUMES.contains(command));
    let in_volume = context == KeyContext::Files && app.view == Kind::Volume;
    let found = there.or_else(|| in_volume.then(of_volume).flatten()).or_else(|| {
        let found = keymap.command(KeyContext::Fleet, pressed);
        let sessions = [Command::Shell, Command::RootShell, Command::Exec, Command::Attach];
        let containers = app.view == Kind::Container;
        found.filter(|command| match containers {
            true => command.spec().changes || sessions.contains(command),
            // What is meant is never a container that cannot be seen.
            false => lists::is_shared(app.view, *command),
        })
    });
    // A key of other lists says where it belongs.
    let found = found.or_else(|| keymap.command(context, pressed));
    match found {
        Some(found) => command(app, found),
        None => {
            let help = app.options.keymap.shown(Command::Help).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("{pressed} does nothing here; {help} shows the keys"), app.now));
            Vec::new()
        }
    }
}

/// Somebody who may answer a command. None: the next one is asked.
type Area = fn(&mut App, Command) -> Option<Vec<Effect>>;

/// Gives a command, from a key, the palette, a menu or the mouse: to the charts, to what refuses it, the list on screen, the engine, the pane
/// whose it is, and last to the cockpit itself.
pub(super) fn command(app: &mut App, command: Command) -> Vec<Effect> {
    app.notice = None;
    if command.is_motion() {
        app.slips.forgive();
    }
    if let Some(why) = app.refused_for_slip(command) {
        return app.say(why);
    }
    let areas: [Area; 6] = [charts::command, to_lists, refused, to_engine, to_pane, cockpit::command];
    areas.into_iter().find_map(|area| area(app, command)).unwrap_or_default()
}

/// What opens a list or the log of several, and what the list on screen answers.
fn to_lists(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    if command == Command::FocusLogs
        && let Some(effects) = open_merged::open(app)
    {
        return Some(effects);
    }
    match LISTS.iter().find(|list| list.command == command) {
        Some(list) => Some(lists::show(app, list.kind)),
        None => lists::command(app, command),
    }
}

/// What is for one container, while a log of several or a group has the keys.
fn refused(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    let why = app.refused_for_log(command).or_else(|| app.refused_for_group(command))?;
    Some(app.say(why))
}

/// What changes the engine.
fn to_engine(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    if let Some(kind) = transfers::kind_of(command) {
        transfers::open_form(app, kind);
        return Some(Vec::new());
    }
    if command == Command::Sidecar {
        return Some(app.open_sidecar());
    }
    let spec = command.spec();
    if !spec.changes {
        return None;
    }
    if spec.context == KeyContext::Processes {
        let done = app.pane_command(KeyContext::Processes, command);
        return Some(done.unwrap_or_else(|| app.say("no process is selected")));
    }
    Some(if spec.context == KeyContext::Files { app.files_command(command) } else { act(app, command) })
}

/// What is a pane's own. From the palette it means that pane, wherever the focus is.
fn to_pane(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    let in_scrollback = app.pane_context() == KeyContext::Scrollback && command.is_motion();
    match if in_scrollback { KeyContext::Scrollback } else { app.place_of(command) } {
        KeyContext::Shell | KeyContext::Scrollback if app.shells.tabs.is_empty() => Some(cockpit::no_shell(app)),
        keys @ (KeyContext::Shell | KeyContext::Scrollback | KeyContext::Processes) => {
            Some(app.pane_command(keys, command).unwrap_or_default())
        }
        KeyContext::Files => Some(app.files_command(command)),
        KeyContext::Logs => Some(to_log(app, command)),
        KeyContext::Inspect => {
            focus_detail(app, DetailTab::Inspect);
            Some(cockpit::inspect(app, command))
        }
        KeyContext::Fleet => app.pane_command(KeyContext::Fleet, command),
        KeyContext::Anywhere | KeyContext::Resources => None,
        KeyContext::Menu
        | KeyContext::Question
        | KeyContext::Typing
        | KeyContext::Reading
        | KeyContext::Line
        | KeyContext::Events
        | KeyContext::Sql
        | KeyContext::Transfers
        | KeyContext::Compose => None,
    }
}

/// Gives a command to the log, or says that there is none.
fn to_log(app: &mut App, command: Command) -> Vec<Effect> {
    match app.pane_command(KeyContext::Logs, command) {
        Some(effects) => effects,
        None if app.log.is_none() => app.say("no log is open: select a container first"),
        None => Vec::new(),
    }
}
