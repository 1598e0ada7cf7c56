//! Keys → commands → state and wishes. The topmost layer hears a key first.

use super::actions::act;
use super::column::Column;
use super::command::{Command, KeyContext};
use super::focus::{focus, focus_detail, go_back, resize, turn_pane};
use super::inspect;
use super::key::Key;
use super::layout::Pane;
use super::lists;
use super::log::TimestampFormat;
use super::log_export;
use super::menus::{ask_signal, open_exec_form, open_filter, open_menu, open_palette, open_process_sort};
use super::notice::Notice;
use super::open_merged;
use super::overlay::{MenuAction, Overlay};
use super::overlay_keys::{apply_typed, confirm_key, menu_key, prompt_key, question_key, scroll_key};
use super::processes::DetailTab;
use super::prompt::{Prompt, PromptKind};
use super::question::{OnConfirm, Question};
use super::scrolling::{half_page, is_motion, move_by, to_first, to_last};
use super::shell::{Tab, input};
use super::state::App;
use super::transfers::{TransfersOverlay, keys as transfers};
use super::update::Effect;
use crate::model::Kind;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key was pressed.
pub(super) fn key(app: &mut App, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    // Leaving works from every layer; a letter that is being typed is a letter.
    let typed = matches!(event.code, KeyCode::Char(_))
        && !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let typing = typed && app.overlays.last().is_some_and(Overlay::takes_text);
    // A shell gets every key but one: leaving is no exception.
    if app.overlays.is_empty()
        && let Some(effects) = input::key(app, event)
    {
        return effects;
    }
    if !typing && app.options.keymap.keys_of(Command::Exit).contains(&pressed) {
        return command(app, Command::Exit);
    }
    let Some(layer) = app.overlays.pop() else {
        return cockpit_key(app, pressed);
    };
    match layer {
        Overlay::Prompt(prompt) => prompt_key(app, prompt, event),
        Overlay::Menu(menu) => menu_key(app, menu, event),
        Overlay::Confirm(confirm) => confirm_key(app, confirm, event),
        Overlay::Question(question) => question_key(app, question, event),
        Overlay::Fields(form) => app.fields_key(form, event),
        Overlay::Transfers(layer) => transfers::list_key(app, layer, event),
        Overlay::Compose(layer) => super::compose::keys::key(app, layer, event),
        Overlay::Help { scroll } => {
            scroll_key(app, event, scroll, |scroll| Overlay::Help { scroll });
            Vec::new()
        }
        Overlay::Events(view) => super::events::key(app, view, event),
        Overlay::Text { title, lines, breaks, scroll } => {
            scroll_key(app, event, scroll, |scroll| Overlay::Text { title, lines, breaks, scroll });
            Vec::new()
        }
        Overlay::Results { ask, scroll } => {
            if pressed == Key::of(&KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE)) {
                return app.retry_failed(ask);
            }
            scroll_key(app, event, scroll, |scroll| Overlay::Results { ask, scroll });
            Vec::new()
        }
    }
}

/// Text was pasted.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    match app.overlays.last_mut() {
        None if app.focus == Pane::Shell => return input::paste(app, text),
        Some(Overlay::Fields(form)) => form.fields.paste(text),
        Some(Overlay::Prompt(prompt)) => {
            prompt.line_mut().paste(text);
            let (kind, text) = (prompt.kind, prompt.line().text().to_string());
            apply_typed(app, kind, &text);
        }
        Some(Overlay::Menu(menu)) => {
            if let Some(query) = &mut menu.query {
                query.paste(text);
                menu.match_query();
            }
        }
        // Pasting into the cockpit would give a command for each letter.
        _ => {}
    }
    Vec::new()
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
        let sessions = [Command::Shell, Command::Exec, Command::Attach];
        let containers = app.view == Kind::Container;
        found.filter(|command| match containers {
            true => command.spec().changes || sessions.contains(command),
            // What is meant is never a container that cannot be seen.
            false => lists::SHARED.contains(command),
        })
    });
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
    if is_motion(wish) {
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
        Command::SignalProcess => return ask_signal(app),
        Command::CopyIn | Command::EditFile => return app.files_command(wish),
        _ if wish.spec().changes => return act(app, wish),
        _ => {}
    }
    if matches!(wish.spec().room, KeyContext::Shell | KeyContext::Scrollback)
        || app.room() == KeyContext::Scrollback && is_motion(wish)
    {
        return input::command(app, wish);
    }
    if wish.spec().room == KeyContext::Files {
        return app.files_command(wish);
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
            let help = Overlay::Help { scroll: 0 };
            let scroll = super::overlay_layout::help_start(app).min(super::overlay_layout::scroll_end(app, &help));
            app.overlays.push(Overlay::Help { scroll });
            Vec::new()
        }
        Command::Open if app.in_files() => app.open_entry(),
        Command::Open if app.has_group_keys() && app.fleet.toggle_fold() => Vec::new(),
        Command::Open if app.room() == KeyContext::Inspect => inspect::command(app, wish),
        Command::Open | Command::FocusLogs => focus_detail(app, DetailTab::Log),
        Command::FocusProcesses => focus_detail(app, DetailTab::Processes),
        Command::FocusFiles => {
            app.show(Kind::Container);
            focus_detail(app, DetailTab::Files)
        }
        Command::ViewImages => lists::show(app, Kind::Image),
        Command::ViewVolumes => lists::show(app, Kind::Volume),
        Command::ViewNetworks => lists::show(app, Kind::Network),
        Command::ViewProjects => lists::show(app, Kind::Project),
        Command::ViewSystem => lists::show(app, Kind::System),
        Command::FocusInspect => focus_detail(app, DetailTab::Inspect),
        Command::Events => {
            app.overlays.push(Overlay::Events(super::EventsView::default()));
            Vec::new()
        }
        Command::Reveal if app.shows_inspect() => inspect::command(app, wish),
        Command::Reveal => app.reveal(),
        _ if wish.spec().room == KeyContext::Inspect => {
            // From the palette: the pane comes first, then the wish is one.
            let mut effects = focus_detail(app, DetailTab::Inspect);
            effects.extend(inspect::command(app, wish));
            effects
        }
        Command::NextTab | Command::PreviousTab if app.focus == Pane::Shell => {
            input::command(app, if wish == Command::NextTab { Command::NextShell } else { Command::PreviousShell })
        }
        Command::NextTab | Command::PreviousTab => {
            let other = app.detail.beside(wish == Command::NextTab);
            focus_detail(app, other)
        }
        Command::SortProcesses => open_process_sort(app),
        Command::Shell => app.open_shell(),
        Command::Exec => open_exec_form(app),
        Command::Attach => app.attach(),
        Command::ShellPrefix if app.shells.tabs.is_empty() => {
            let key = app.options.keymap.shown(Command::Shell).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("no shell is open: {key} opens one"), app.now));
            Vec::new()
        }
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
            app.notice = Some(Notice::good("asking the engine anew", app.now));
            let mut effects = vec![Effect::Refresh];
            if app.in_files() {
                effects.extend(app.reload_folder());
            }
            effects
        }
        Command::Embedded if app.is_connected() => {
            let why = "an engine answers; bowline --demo opens the embedded one";
            app.notice = Some(Notice::warn(why, app.now));
            Vec::new()
        }
        Command::Embedded => vec![Effect::OpenEmbedded],
        Command::Mouse => {
            app.mouse = !app.mouse;
            let words =
                if app.mouse { "the mouse is heard" } else { "the mouse is not heard: the terminal selects text" };
            app.notice = Some(Notice::good(words, app.now));
            vec![Effect::Mouse(app.mouse)]
        }
        Command::Results => {
            match app.results.last() {
                None => app.notice = Some(Notice::warn("nothing has been asked for yet", app.now)),
                Some(last) => app.overlays.push(Overlay::Results { ask: last.ask, scroll: 0 }),
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
        Command::Sort => {
            open_menu(app, "Sort by", Column::all(), |app, column| (app.fleet.sort == column, MenuAction::Sort(column)))
        }
        Command::GroupBy => {
            app.open_grouping();
            Vec::new()
        }
        Command::GroupFold | Command::GroupOpen | Command::GroupFoldAll => {
            app.fold_rows(wish);
            Vec::new()
        }
        Command::Columns => open_menu(app, "Columns", Column::all(), |app, column| {
            (app.fleet.columns.contains(&column), MenuAction::Column(column))
        }),
        Command::Mark => in_fleet(app, super::FleetList::toggle_mark),
        Command::MarkRange => in_fleet(app, super::FleetList::mark_range),
        Command::MarkClear => in_fleet(app, super::FleetList::clear_marks),
        Command::MarkInvert => in_fleet(app, super::FleetList::invert_marks),
        _ => log_command(app, wish),
    }
}

/// Leaves the cockpit; shells that would end are a question first.
fn leave(app: &mut App) -> Vec<Effect> {
    let living = app.shells.living();
    let moving: Vec<String> = app.transfers.running().map(|view| view.transfer.what()).collect();
    let asked = matches!(app.overlays.last(), Some(Overlay::Question(question)) if question.then == OnConfirm::Quit);
    let copies: Vec<String> = app.copies.iter().map(|job| job.title.clone()).collect();
    if (living == 0 && moving.is_empty() && copies.is_empty()) || asked {
        return quit(app);
    }
    let labels = app.shells.tabs.iter().filter(|tab| tab.ended.is_none()).map(Tab::label);
    let hung_up = if living == 1 { "What runs in it is hung up." } else { "What runs in them is hung up." };
    let what = if living == 1 { "A shell is".to_string() } else { format!("{living} shells are") };
    let mut lines = Vec::new();
    if living > 0 {
        lines = vec![format!("{what} open: {}.", labels.collect::<Vec<_>>().join(", ")), hung_up.to_string()];
    }
    match moving.as_slice() {
        [] => {}
        [one] => lines.push(format!("A transfer is under way and is cancelled: {one}.")),
        many => lines.push(format!("{} transfers are under way and are cancelled: {}.", many.len(), many.join(", "))),
    }
    lines.extend(copies.iter().map(|copy| format!("A copy is under way and is cut off: {copy}.")));
    app.overlays.push(Overlay::Question(Question::new("Leave bowline?", lines, "leave", OnConfirm::Quit)));
    Vec::new()
}

pub(super) fn quit(app: &mut App) -> Vec<Effect> {
    app.quitting = true;
    vec![Effect::SaveLayout(app.layout), Effect::Quit]
}

fn in_fleet(app: &mut App, edit: impl FnOnce(&mut super::FleetList)) -> Vec<Effect> {
    edit(&mut app.fleet);
    Vec::new()
}

fn log_command(app: &mut App, wish: Command) -> Vec<Effect> {
    let size @ (height, width) = app.log_size();
    let Some(view) = &mut app.log else {
        app.notice = Some(Notice::warn("no log is open: select a container first", app.now));
        return Vec::new();
    };
    let logs = &mut app.options.logs;
    let mut found = true;
    match wish {
        Command::Follow if view.follows() => view.hold_still(height, width, logs),
        Command::Follow => return to_last(app),
        Command::Timestamps => {
            logs.stamps = match logs.stamps {
                TimestampFormat::Time => TimestampFormat::Full,
                TimestampFormat::Full => TimestampFormat::None,
                TimestampFormat::None => TimestampFormat::Time,
            }
        }
        Command::Wrap => {
            logs.wrap = !logs.wrap;
            view.left = 0;
        }
        Command::GoToTime => app.overlays.push(Overlay::Prompt(Prompt::new(PromptKind::Time, ""))),
        Command::SearchNext | Command::SearchPrevious if view.search.is_none() => {
            let key = app.options.keymap.shown(Command::Filter).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("no search yet: {key} begins one"), app.now));
        }
        Command::SearchNext => found = view.search_step(true, size, logs),
        Command::SearchPrevious => found = view.search_step(false, size, logs),
        Command::NextError => found = view.error_step(true, size, logs),
        Command::PreviousError => found = view.error_step(false, size, logs),
        Command::CopyLog => return log_export::copy(app),
        Command::SaveLog => log_export::ask_where(app),
        Command::ScrollLeft => view.left = view.left.saturating_sub(width / 2),
        Command::ScrollRight if !logs.wrap => view.left = (view.left + width / 2).min(64 * 1024),
        _ => {}
    }
    if !found {
        let what =
            if matches!(wish, Command::NextError | Command::PreviousError) { "line that says error" } else { "hit" };
        app.notice = Some(Notice::warn(format!("no further {what} among the loaded lines"), app.now));
    }
    Vec::new()
}
