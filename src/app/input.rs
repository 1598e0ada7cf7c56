//! Keys → commands → state and effects. The topmost overlay receives a key first.

use super::action::Action;
use super::actions::act;
use super::command::{Command, KeyContext};
use super::focus::{focus, focus_detail, go_back, resize, turn_pane};
use super::key::Key;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay::Overlay;
use super::overlay_keys;
use super::panes::lists;
use super::panes::open_merged;
use super::panes::resource::LISTS;
use super::panes::shell::{Kind as ShellKind, Tab, input};
use super::screens::transfers::{TransfersOverlay, keys as transfers};
use super::state::App;
use super::widgets::menus::{open_columns, open_exec_form, open_filter, open_palette, open_sort};
use super::widgets::notice::Notice;
use super::widgets::question::Question;
use super::widgets::scrolling::{half_page, move_by, to_first, to_last};
use super::widgets::text::{Text, TextBody};
use crate::model::Kind;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key was pressed.
pub(super) fn key(app: &mut App, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    // A shell gets every key but one: leaving is no exception.
    if app.overlays.is_empty()
        && let Some(effects) = input::key(app, event)
    {
        return effects;
    }
    // Leaving works from every layer; a letter that is being typed is a letter.
    let typing = pressed.is_typed() && app.overlays.last().is_some_and(Overlay::takes_text);
    if !typing && app.options.keymap.keys_of(Command::Exit).contains(&pressed) {
        return command(app, Command::Exit);
    }
    match app.overlays.pop() {
        Some(layer) => overlay_keys::key(app, layer, event),
        None => cockpit_key(app, pressed),
    }
}

/// Text was pasted.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    // Pasting into the cockpit would give a command for each letter.
    match app.overlays.is_empty() && app.focus == Pane::Shell {
        true => input::paste(app, text),
        false => overlay_keys::paste(app, text),
    }
}

fn cockpit_key(app: &mut App, pressed: Key) -> Vec<Effect> {
    if app.diagnosis().is_some() && pressed == Key::of(&KeyEvent::new(KeyCode::Char('r'), KeyModifiers::NONE)) {
        return command(app, Command::Refresh);
    }
    let room = app.room();
    let keymap = &app.options.keymap;
    // Acts and sessions work from every pane: they mean the selected container. A key that means nothing for projects is that
    // of containers.
    let there = keymap.command(room, pressed).filter(|found| lists::has_meaning(app.view, *found));
    // A volume is moved from its files as from the list.
    let of_volume =
        || keymap.command(KeyContext::Resources, pressed).filter(|command| lists::OF_VOLUMES.contains(command));
    let in_volume = room == KeyContext::Files && app.view == Kind::Volume;
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
    let found = found.or_else(|| keymap.command(room, pressed));
    match found {
        Some(found) => command(app, found),
        None => {
            let help = app.options.keymap.shown(Command::Help).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("{pressed} does nothing here; {help} shows the keys"), app.now));
            Vec::new()
        }
    }
}

/// Gives a command, from a key, the palette, a menu or the mouse.
pub(super) fn command(app: &mut App, wish: Command) -> Vec<Effect> {
    app.notice = None;
    if wish.is_motion() {
        app.slips.forgive();
    }
    if let Some(why) = app.refused_for_slip(wish) {
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    if wish == Command::FocusLogs
        && let Some(effects) = open_merged::open(app)
    {
        return effects;
    }
    if let Some(list) = LISTS.iter().find(|list| list.command == wish) {
        return lists::show(app, list.kind);
    }
    if let Some(effects) = lists::command(app, wish) {
        return effects;
    }
    if let Some(why) = app.refused_for_log(wish).or_else(|| app.refused_for_group(wish)) {
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    if let Some(kind) = transfers::kind_of(wish) {
        transfers::open_form(app, kind);
        return Vec::new();
    }
    match wish {
        Command::Sidecar => return app.open_sidecar(),
        Command::SignalProcess => return pane_or(app, KeyContext::Processes, wish, "no process is selected"),
        Command::CopyIn | Command::EditFile => return app.files_command(wish),
        _ if wish.spec().changes => return act(app, wish),
        _ => {}
    }
    let place = app.place_of(wish);
    let needs_shell = matches!(place, KeyContext::Shell | KeyContext::Scrollback) || wish == Command::ShellPrefix;
    if needs_shell && app.shells.tabs.is_empty() {
        let key = app.options.keymap.shown(Command::Shell).unwrap_or_default();
        app.notice = Some(Notice::warn(format!("no shell is open: {key} opens one"), app.now));
        return Vec::new();
    }
    if matches!(place, KeyContext::Shell | KeyContext::Scrollback)
        || app.room() == KeyContext::Scrollback && wish.is_motion()
    {
        return input::command(app, wish);
    }
    if place == KeyContext::Files {
        return app.files_command(wish);
    }
    // From the palette a command of the log means the log, wherever the focus is.
    if place == KeyContext::Logs
        && let Some(effects) = app.pane_command(KeyContext::Logs, wish)
    {
        return effects;
    }
    match wish {
        Command::Down => move_by(app, 1),
        Command::Up => move_by(app, -1),
        Command::PageDown => move_by(app, half_page(app)),
        Command::PageUp => move_by(app, -half_page(app)),
        Command::First => to_first(app),
        Command::Last => to_last(app),
        Command::NextPane => turn_pane(app, true),
        Command::PreviousPane => turn_pane(app, false),
        Command::Filter => open_filter(app),
        Command::Palette => open_palette(app),
        Command::Help => {
            app.overlays.push(Overlay::Text(Text::new(TextBody::Help(app.place()))));
            Vec::new()
        }
        Command::Open if app.in_files() => app.open_entry(),
        Command::Open if app.has_group_keys() && app.fleet.toggle_fold() => Vec::new(),
        Command::Open if app.room() == KeyContext::Inspect => inspect(app, wish),
        Command::Open | Command::FocusLogs => focus_detail(app, DetailTab::Log),
        Command::FocusProcesses => focus_detail(app, DetailTab::Processes),
        Command::FocusFiles => {
            app.show(Kind::Container);
            focus_detail(app, DetailTab::Files)
        }
        Command::FocusInspect => focus_detail(app, DetailTab::Inspect),
        Command::Events => {
            app.overlays.push(Overlay::Events(super::screens::events::EventsView::default()));
            Vec::new()
        }
        Command::Reveal if app.shows_inspect() => inspect(app, wish),
        Command::Reveal => app.reveal(),
        _ if place == KeyContext::Inspect => {
            // From the palette: the pane comes first, then the wish is one.
            let mut effects = focus_detail(app, DetailTab::Inspect);
            effects.extend(inspect(app, wish));
            effects
        }
        Command::NextTab | Command::PreviousTab if app.focus == Pane::Shell => {
            input::command(app, if wish == Command::NextTab { Command::NextShell } else { Command::PreviousShell })
        }
        Command::NextTab | Command::PreviousTab => {
            let other = app.detail.beside(wish == Command::NextTab);
            focus_detail(app, other)
        }
        Command::Sort if place == KeyContext::Processes => app.pane_command(place, wish).unwrap_or_default(),
        Command::Shell => app.open_shell(ShellKind::Shell),
        Command::RootShell => app.open_shell(ShellKind::RootShell),
        Command::Exec => open_exec_form(app),
        Command::Attach => app.attach(),
        // From the footer, by the mouse: as the key does.
        Command::ShellPrefix if app.focus == Pane::Shell => {
            app.shells.prefix = true;
            Vec::new()
        }
        Command::ShellPrefix => focus(app, Pane::Shell),
        Command::FocusFleet => {
            app.show(Kind::Container);
            focus(app, Pane::Fleet)
        }
        Command::Back => open_merged::back(app).or_else(|| app.stop_reading()).unwrap_or_else(|| {
            go_back(app);
            Vec::new()
        }),
        Command::Quit => match open_merged::back(app) {
            Some(effects) => effects,
            None if go_back(app) => Vec::new(),
            None => leave(app),
        },
        Command::Exit => leave(app),
        Command::Zoom => {
            app.zoomed = !app.zoomed;
            Vec::new()
        }
        Command::Grow => resize(app, 1),
        Command::Shrink => resize(app, -1),
        Command::Redraw => vec![Effect::Redraw],
        Command::Refresh if app.closed.is_some() => {
            app.ask_about_context();
            Vec::new()
        }
        Command::Refresh => {
            app.notice = Some(Notice::good("refreshing…", app.now));
            let mut effects = vec![Effect::Refresh];
            if app.in_files() {
                effects.extend(app.reload_folder());
            }
            effects
        }
        Command::Embedded if app.is_connected() => {
            let why = "connected to an engine; bowline --demo opens the embedded one";
            app.notice = Some(Notice::warn(why, app.now));
            Vec::new()
        }
        Command::Embedded => vec![Effect::OpenEmbedded],
        Command::Mouse => {
            app.mouse = !app.mouse;
            let words = if app.mouse { "mouse on" } else { "mouse off: select text with the terminal" };
            app.notice = Some(Notice::good(words, app.now));
            vec![Effect::Mouse(app.mouse)]
        }
        Command::Results => {
            match app.results.last() {
                None => app.notice = Some(Notice::warn("no actions yet", app.now)),
                Some(last) => app.overlays.push(Overlay::Text(Text::new(TextBody::Results(last.ask)))),
            }
            Vec::new()
        }
        Command::Transfers => {
            app.overlays.push(Overlay::Transfers(TransfersOverlay::default()));
            Vec::new()
        }
        Command::OwnLog => vec![Effect::ReadOwnLog],
        Command::KeptEdits => {
            app.show_kept();
            Vec::new()
        }
        Command::Suspend => vec![Effect::Suspend],
        Command::Sort => open_sort(app),
        Command::GroupBy => {
            app.open_grouping();
            Vec::new()
        }
        Command::GroupFoldAll => {
            app.fold_rows(wish);
            Vec::new()
        }
        Command::Left | Command::Right if place == KeyContext::Fleet => {
            app.fold_rows(wish);
            Vec::new()
        }
        Command::Columns => open_columns(app, None),
        Command::Mark => in_fleet(app, |list| list.toggle_mark()),
        Command::MarkRange => in_fleet(app, |list| list.mark_range()),
        Command::MarkClear => in_fleet(app, |list| list.clear_marks()),
        Command::MarkInvert => in_fleet(app, |list| list.invert_marks()),
        _ => {
            if app.log.is_none() {
                app.notice = Some(Notice::warn("no log is open: select a container first", app.now));
            }
            Vec::new()
        }
    }
}

/// Gives a command to the object that is inspected.
fn inspect(app: &mut App, wish: Command) -> Vec<Effect> {
    pane_or(app, KeyContext::Inspect, wish, "nothing to inspect: select a container first")
}

/// Gives a command to the pane of these keys, or says why it has none.
fn pane_or(app: &mut App, keys: KeyContext, wish: Command, why: &str) -> Vec<Effect> {
    app.pane_command(keys, wish).unwrap_or_else(|| {
        app.notice = Some(Notice::warn(why, app.now));
        Vec::new()
    })
}

/// Leaves the cockpit; shells that would end are a question first.
fn leave(app: &mut App) -> Vec<Effect> {
    let living = app.shells.living();
    let moving: Vec<String> = app.transfers.running().map(|view| view.transfer.what()).collect();
    let asked =
        matches!(app.overlays.last(), Some(Overlay::Question(question)) if matches!(question.yes, Action::Quit));
    let copies: Vec<String> = app.copies.iter().map(|job| job.title.clone()).collect();
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

fn in_fleet(app: &mut App, edit: impl FnOnce(&mut super::panes::fleet::FleetList)) -> Vec<Effect> {
    edit(&mut app.fleet);
    Vec::new()
}
