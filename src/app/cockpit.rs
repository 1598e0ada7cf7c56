//! What the cockpit itself does on a command that is no pane's own.

use super::action::Action;
use super::command::{Command, KeyContext};
use super::focus::{focus, focus_detail, go_back, resize, turn_pane};
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay::Overlay;
use super::panes::files::Files;
use super::panes::open_merged;
use super::panes::shell::{Kind as ShellKind, Tab};
use super::screens::events::EventsView;
use super::screens::transfers::TransfersOverlay;
use super::state::App;
use super::widgets::menus::{open_exec_form, open_palette};
use super::widgets::notice::Notice;
use super::widgets::prompt::Prompt;
use super::widgets::question::Question;
use super::widgets::scrolling::{half_page, move_by, to_first, to_last};
use super::widgets::text::{Text, TextBody};
use crate::model::Kind;
use Command as C;

/// What the cockpit does.
type Act = fn(&mut App) -> Vec<Effect>;

/// The commands of the cockpit.
static ANSWERS: &[(Command, Act)] = &[
    (C::Down, |app| move_by(app, 1)),
    (C::Up, |app| move_by(app, -1)),
    (C::PageDown, |app| move_by(app, half_page(app))),
    (C::PageUp, |app| move_by(app, -half_page(app))),
    (C::First, to_first),
    (C::Last, to_last),
    (C::NextPane, |app| turn_pane(app, true)),
    (C::PreviousPane, |app| turn_pane(app, false)),
    (C::Filter, ask_filter),
    (C::Palette, open_palette),
    (C::Help, |app| show(app, Overlay::Text(Text::new(TextBody::Help(app.place()))))),
    (C::Open, open),
    (C::FocusLogs, |app| focus_detail(app, DetailTab::Log)),
    (C::FocusProcesses, |app| focus_detail(app, DetailTab::Processes)),
    (C::FocusFiles, |app| {
        app.show(Kind::Container);
        focus_detail(app, DetailTab::Files)
    }),
    (C::FocusInspect, |app| focus_detail(app, DetailTab::Inspect)),
    (C::FocusFleet, |app| {
        app.show(Kind::Container);
        focus(app, Pane::Fleet)
    }),
    (C::Events, |app| {
        let view = EventsView::near(app.moment_with_keys(), &app.snapshot);
        show(app, Overlay::Events(view))
    }),
    (C::Engines, |app| {
        app.open_engines();
        Vec::new()
    }),
    (C::Transfers, |app| show(app, Overlay::Transfers(TransfersOverlay::default()))),
    (C::Bundle, |app| {
        app.ask_bundle();
        Vec::new()
    }),
    (C::RemoveGraph, App::ask_remove_graph),
    (C::Results, show_results),
    (C::OwnLog, |_| vec![Effect::ReadOwnLog]),
    (C::KeptEdits, |app| app.pane_command(KeyContext::Files, C::KeptEdits).unwrap_or_default()),
    (C::Reveal, reveal),
    (C::NextTab, |app| turn_tab(app, true)),
    (C::PreviousTab, |app| turn_tab(app, false)),
    (C::Shell, |app| app.open_shell(ShellKind::Shell)),
    (C::RootShell, |app| app.open_shell(ShellKind::RootShell)),
    (C::Exec, open_exec_form),
    (C::Attach, App::attach),
    (C::ShellPrefix, go_to_shell),
    (C::Back, back),
    (C::Quit, go_back_or_leave),
    (C::Exit, leave),
    (C::Zoom, |app| {
        app.zoomed = !app.zoomed;
        Vec::new()
    }),
    (C::Grow, |app| resize(app, 1)),
    (C::Shrink, |app| resize(app, -1)),
    (C::Redraw, |_| vec![Effect::Redraw]),
    (C::Refresh, refresh),
    (C::Embedded, open_embedded),
    (C::Mouse, turn_mouse),
    (C::Suspend, |_| vec![Effect::Suspend]),
];

/// Gives a command to the cockpit. None: it knows no such one.
pub(super) fn command(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    ANSWERS.iter().find(|(known, _)| *known == command).map(|(_, act)| act(app))
}

/// Puts something above the cockpit.
fn show(app: &mut App, overlay: Overlay) -> Vec<Effect> {
    app.overlays.push(overlay);
    Vec::new()
}

/// Asks what is looked for: in the pane that has the keys where it can be searched, else in the list on screen.
fn ask_filter(app: &mut App) -> Vec<Effect> {
    let (context, in_list) = (app.pane_context(), app.list().is_some());
    if context == KeyContext::Inspect || context == KeyContext::Logs && !in_list {
        app.ask_text(Prompt::search(context));
        return Vec::new();
    }
    let keys = match in_list {
        _ if app.in_files() => KeyContext::Files,
        true => KeyContext::Resources,
        false => KeyContext::Fleet,
    };
    app.pane_command(keys, Command::Filter).unwrap_or_default()
}

/// Goes in: into a folder, a group, a value; from the list to the log.
fn open(app: &mut App) -> Vec<Effect> {
    if app.in_files() {
        return app.files_command(Command::Open);
    }
    if app.has_group_keys() && app.fleet.toggle_fold() {
        return Vec::new();
    }
    match app.pane_context() == KeyContext::Inspect {
        true => inspect(app, Command::Open),
        false => focus_detail(app, DetailTab::Log),
    }
}

fn reveal(app: &mut App) -> Vec<Effect> {
    match app.shows_inspect() {
        true => inspect(app, Command::Reveal),
        false => app.reveal(),
    }
}

/// Gives a command to the object that is inspected.
pub(super) fn inspect(app: &mut App, command: Command) -> Vec<Effect> {
    let done = app.pane_command(KeyContext::Inspect, command);
    done.unwrap_or_else(|| app.say("nothing to inspect: select a container first"))
}

fn turn_tab(app: &mut App, forward: bool) -> Vec<Effect> {
    if app.focus == Pane::Shell {
        let turn = if forward { Command::NextShell } else { Command::PreviousShell };
        return app.pane_command(KeyContext::Shell, turn).unwrap_or_default();
    }
    focus_detail(app, app.detail.beside(forward))
}

/// Says that there is no shell.
pub(super) fn no_shell(app: &mut App) -> Vec<Effect> {
    let key = app.options.keymap.shown(Command::Shell).unwrap_or_default();
    app.say(format!("no shell is open: {key} opens one"))
}

/// To the shell pane. From the footer, by the mouse, while it has the focus: as the key does.
fn go_to_shell(app: &mut App) -> Vec<Effect> {
    if app.shells.tabs.is_empty() {
        return no_shell(app);
    }
    if app.focus != Pane::Shell {
        return focus(app, Pane::Shell);
    }
    app.shells.prefix = true;
    Vec::new()
}

fn back(app: &mut App) -> Vec<Effect> {
    open_merged::back(app).or_else(|| stop_reading(app)).unwrap_or_else(|| {
        go_back(app);
        Vec::new()
    })
}

fn go_back_or_leave(app: &mut App) -> Vec<Effect> {
    match open_merged::back(app) {
        Some(effects) => effects,
        None if go_back(app) => Vec::new(),
        None => leave(app),
    }
}

/// The user waits no longer for files. None if nothing was awaited.
fn stop_reading(app: &mut App) -> Option<Vec<Effect>> {
    let asked = if app.in_files() { app.with_files(Files::stop_reading)? } else { return None };
    Some(app.carry_out([asked]))
}

fn refresh(app: &mut App) -> Vec<Effect> {
    if app.closed.is_some() {
        app.ask_about_context();
        return Vec::new();
    }
    app.notice = Some(Notice::good("refreshing…", app.now));
    if app.in_files() {
        app.with_files(Files::reload);
    }
    vec![Effect::Refresh]
}

fn open_embedded(app: &mut App) -> Vec<Effect> {
    match app.is_connected() {
        true => app.say("connected to an engine; bowline --demo opens the embedded one"),
        false => vec![Effect::OpenEmbedded],
    }
}

fn turn_mouse(app: &mut App) -> Vec<Effect> {
    app.mouse = !app.mouse;
    let words = if app.mouse { "mouse on" } else { "mouse off: select text with the terminal" };
    app.notice = Some(Notice::good(words, app.now));
    vec![Effect::Mouse(app.mouse)]
}

fn show_results(app: &mut App) -> Vec<Effect> {
    match app.results.last().map(|last| last.id) {
        None => app.say("no actions yet"),
        Some(last) => show(app, Overlay::Text(Text::new(TextBody::Results(last)))),
    }
}

/// Leaves the cockpit; shells that would end are a question first.
fn leave(app: &mut App) -> Vec<Effect> {
    let living = app.shells.living();
    let moving: Vec<String> = app.transfers.running().map(|view| view.transfer.what()).collect();
    let asked =
        matches!(app.overlays.last(), Some(Overlay::Question(question)) if matches!(question.yes, Action::Quit));
    let copies: Vec<String> = app.files.copies.iter().map(|job| job.title.clone()).collect();
    if (living == 0 && moving.is_empty() && copies.is_empty()) || asked {
        return quit(app);
    }
    let labels = app.shells.tabs.iter().filter(|tab| tab.ended.is_none()).map(Tab::label);
    let hung_up = if living == 1 { "The program in it gets SIGHUP." } else { "The programs in them get SIGHUP." };
    let what = if living == 1 { "A shell is".to_string() } else { format!("{living} shells are") };
    let mut lines = Vec::new();
    if living > 0 {
        lines = vec![format!("{what} open: {}.", labels.collect::<Vec<_>>().join(", ")), hung_up.to_string()];
    }
    match moving.as_slice() {
        [] => {}
        [one] => lines.push(format!("A transfer is running and will be cancelled: {one}.")),
        many => lines.push(format!("{} transfers are running and will be cancelled: {}.", many.len(), many.join(", "))),
    }
    lines.extend(copies.iter().map(|copy| format!("A copy is running and will be cancelled: {copy}.")));
    app.overlays.push(Overlay::Question(Question::new("Quit bowline?", lines, "quit", Action::Quit)));
    Vec::new()
}

pub(super) fn quit(app: &mut App) -> Vec<Effect> {
    app.quitting = true;
    vec![Effect::SaveLayout(app.layout), Effect::Quit]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::{COMMANDS, CommandSpec};
    use crate::app::component::Answers;
    use crate::app::panes::resource::LISTS;
    use crate::app::panes::{files, fleet, inspect, lists, log, processes, resource, shell};
    use crate::app::screens::transfers::keys as transfers;

    fn has<P>(answers: &Answers<P>, command: Command) -> bool {
        answers.iter().any(|(known, _)| *known == command)
    }

    /// True if somebody answers the command where it can be given.
    fn is_answered(spec: &CommandSpec, at: KeyContext) -> bool {
        let command = spec.command;
        let by_cockpit = ANSWERS.iter().any(|(known, _)| *known == command);
        match at {
            KeyContext::Anywhere => {
                let is_list = LISTS.iter().any(|list| list.command == command);
                by_cockpit || spec.changes || is_list || transfers::kind_of(command).is_some()
            }
            KeyContext::Fleet => by_cockpit || spec.changes || has(fleet::commands::ANSWERS, command),
            KeyContext::Resources => {
                let acts = LISTS.iter().any(|list| lists::is_shared(list.kind, command));
                acts || has(resource::commands::ANSWERS, command)
            }
            KeyContext::Logs => has(log::commands::ANSWERS, command),
            KeyContext::Processes => has(processes::ANSWERS, command),
            KeyContext::Files => has(files::pane::ANSWERS, command),
            KeyContext::Inspect => has(inspect::commands::ANSWERS, command),
            KeyContext::Shell | KeyContext::Scrollback => has(shell::commands::ANSWERS, command),
            // What lies above the cockpit has tests of its own.
            KeyContext::Menu
            | KeyContext::Question
            | KeyContext::Typing
            | KeyContext::Reading
            | KeyContext::Line
            | KeyContext::Events
            | KeyContext::Sql
            | KeyContext::Transfers
            | KeyContext::Compose => true,
        }
    }

    #[test]
    fn every_command_is_answered_wherever_it_can_be_given() {
        let places = COMMANDS.iter().flat_map(|spec| spec.places().map(move |(at, _)| (spec, at)));
        let silent: Vec<_> =
            places.filter(|(spec, at)| !is_answered(spec, *at)).map(|(spec, at)| (spec.name, at)).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }
}
