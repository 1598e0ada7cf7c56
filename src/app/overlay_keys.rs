//! Keys while something lies above the cockpit: prompts, menus, questions, forms, texts.

use super::answer::answer;
use super::column::ColumnKind;
use super::confirm::Confirm;
use super::input::{command, quit};
use super::log_export;
use super::menus::process_name;
use super::notice::Notice;
use super::overlay::{Menu, MenuAction, Overlay};
use super::prompt::{Prompt, PromptKind, parse_time};
use super::question::{OnConfirm, Question};
use super::shell::input;
use super::state::App;
use super::units;
use super::update::{Effect, open_older};
use crate::model::{Id, Operation, OperationArgs, OperationKind, Problem, Transfer};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(super) fn question_key(app: &mut App, mut question: Question, event: &KeyEvent) -> Vec<Effect> {
    let answer = if app.now < question.heard_from { None } else { answer(&mut question.focus, event) };
    match answer {
        Some(true) => return answered(app, question),
        Some(false) => return cancelled(app),
        None => app.overlays.push(Overlay::Question(question)),
    }
    Vec::new()
}

/// The question was answered with no.
pub(super) fn cancelled(app: &mut App) -> Vec<Effect> {
    app.notice = Some(Notice::good("cancelled: nothing was done", app.now));
    Vec::new()
}

/// The question was answered with yes.
pub(super) fn answered(app: &mut App, question: Question) -> Vec<Effect> {
    match question.then {
        OnConfirm::Paste(wire, bytes) => match app.shells.of(wire).filter(|tab| tab.takes_input()) {
            Some(_) => vec![Effect::Send(wire, bytes)],
            None => {
                app.notice = Some(Notice::warn("the shell has ended meanwhile: nothing was pasted", app.now));
                Vec::new()
            }
        },
        OnConfirm::Copy(wire, text) => {
            if let Some(tab) = app.shells.of(wire) {
                tab.clipboard = Some(true);
            }
            vec![Effect::Copy(text)]
        }
        OnConfirm::Close(wire) => app.drop_tab(wire),
        OnConfirm::OverwriteOut(copy) => app.begin_out(copy),
        OnConfirm::OverwriteIn(copy) => app.begin_in(copy, None),
        OnConfirm::OpenLocal => vec![Effect::OpenLocal],
        OnConfirm::Quit => quit(app),
    }
}

pub(super) fn prompt_key(app: &mut App, mut prompt: Prompt, event: &KeyEvent) -> Vec<Effect> {
    match event.code {
        KeyCode::Esc => {
            apply_typed(app, prompt.kind, &prompt.before);
            return Vec::new();
        }
        KeyCode::Enter => return accept_prompt(app, &prompt),
        KeyCode::Down | KeyCode::Up if prompt.kind == PromptKind::Filter => {
            let rows = if event.code == KeyCode::Down { 1 } else { -1 };
            match app.list_mut() {
                Some(list) => list.move_by(rows),
                None => app.fleet.move_by(rows),
            }
        }
        KeyCode::Down | KeyCode::Up if prompt.kind == PromptKind::FileNames => {
            app.move_in_files(if event.code == KeyCode::Down { 1 } else { -1 });
        }
        _ => {
            if prompt.line_mut().edit(event) {
                apply_typed(app, prompt.kind, prompt.line().text());
            }
        }
    }
    app.overlays.push(Overlay::Prompt(prompt));
    Vec::new()
}

/// What is typed into a filter takes effect at once.
pub(super) fn apply_typed(app: &mut App, kind: PromptKind, text: &str) {
    match kind {
        PromptKind::Filter => app.filter(text),
        PromptKind::FileNames => {
            if let Some(view) = &mut app.files {
                view.set_filter(text);
            }
        }
        PromptKind::Events => {
            let below = app.overlays.iter_mut().rev().find_map(|layer| match layer {
                Overlay::Events(view) => Some(view),
                _ => None,
            });
            if let Some(view) = below {
                view.set_filter(text);
            }
        }
        _ => {}
    }
}

pub(super) fn accept_prompt(app: &mut App, prompt: &Prompt) -> Vec<Effect> {
    let text = prompt.line().text();
    let size = app.log_size();
    let logs = app.options.logs;
    match prompt.kind {
        PromptKind::Filter | PromptKind::FileNames | PromptKind::Events => {}
        PromptKind::FileText => app.search_file(Some(text), true),
        PromptKind::FilePath => return app.go_to_path(text),
        PromptKind::CopyOut | PromptKind::CopyIn => return app.copy_to(prompt.kind, text),
        PromptKind::Find => super::inspect::begin_search(app, text),
        PromptKind::Scrollback(wire) => input::search(app, wire, text),
        PromptKind::SaveAs(wire) => return input::save_as(app, wire, text),
        PromptKind::SaveLog(wire) => return log_export::save_as(app, wire, text),
        PromptKind::Line(wire) => return input::send_line(app, wire, text),
        PromptKind::Search => {
            let Some(view) = &mut app.log else { return Vec::new() };
            if !view.begin_search(text, size, &logs) && !text.is_empty() {
                app.notice = Some(Notice::warn(format!("'{text}' is not in the loaded lines"), app.now));
            }
        }
        PromptKind::Time => match parse_time(text, app.now, logs.utc_offset) {
            Ok(time) => {
                let at = units::date_and_clock(time, logs.utc_offset);
                app.notice = Some(Notice::good(format!("going to {at}"), app.now));
                let pages = app.log.as_mut().map(|view| view.go_to(time, &logs)).unwrap_or_default();
                return open_older(app, pages);
            }
            Err(sentence) => app.notice = Some(Notice::bad(&Problem::new("go to time", sentence, ""), app.now)),
        },
    }
    Vec::new()
}

pub(super) fn menu_key(app: &mut App, mut menu: Menu, event: &KeyEvent) -> Vec<Effect> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let typing = menu.query.is_some();
    match event.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Char('q') if !typing => return Vec::new(),
        KeyCode::Enter => return choose(app, menu),
        KeyCode::Char(' ') if !typing => return choose(app, menu),
        KeyCode::Down => menu.move_by(1),
        KeyCode::Up => menu.move_by(-1),
        KeyCode::Char('n') if control => menu.move_by(1),
        KeyCode::Char('p') if control => menu.move_by(-1),
        KeyCode::PageDown => menu.move_by(10),
        KeyCode::PageUp => menu.move_by(-10),
        KeyCode::Char('j') if !typing => menu.move_by(1),
        KeyCode::Char('k') if !typing => menu.move_by(-1),
        _ => {
            if menu.query.as_mut().is_some_and(|query| query.edit(event)) {
                menu.match_query();
            }
        }
    }
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}

/// The chosen row of a menu takes effect.
pub(super) fn choose(app: &mut App, mut menu: Menu) -> Vec<Effect> {
    let Some(choice) = menu.chosen().map(|item| item.choice) else {
        app.overlays.push(Overlay::Menu(menu));
        return Vec::new();
    };
    match choice {
        MenuAction::Command(wish) => return command(app, wish),
        MenuAction::SortList(column) => {
            if let Some(list) = app.list_mut() {
                list.reversed = list.sort == column && !list.reversed;
                list.sort = column;
            }
            app.rebuild_list();
        }
        MenuAction::Prune(which) => super::prune::chosen(app, which),
        MenuAction::Sort(column) => app.fleet.sort_by(column, &app.snapshot),
        MenuAction::Column(column) => {
            app.fleet.toggle_column(column);
            if column.kind != ColumnKind::Name {
                menu.toggle_chosen();
            }
            // Several columns may be chosen in a row.
            app.overlays.push(Overlay::Menu(menu));
        }
        MenuAction::Kept(choice) => return app.choose_kept(choice),
        MenuAction::Inspect(choice) => return super::inspect::choose(app, choice, &menu),
        MenuAction::SortProcesses(sort) => {
            if let Some(view) = &mut app.processes {
                view.sort_by(sort);
            }
        }
        MenuAction::Group(choice) => {
            let label = menu.chosen().map(|item| item.label.clone()).unwrap_or_default();
            app.fleet.group_by(choice.grouping(&label), &app.snapshot);
        }
        MenuAction::Signal(signal) if menu.many.is_some() => {
            let notes = menu.many.take().unwrap_or_default();
            app.plan_for_many(OperationKind::Kill(signal), menu.targets, notes);
        }
        MenuAction::Signal(signal) => {
            app.overlays.push(Overlay::Confirm(Confirm::new(
                OperationKind::Kill(signal),
                &menu.targets,
                &app.snapshot,
            )));
        }
        MenuAction::SignalProcess(pid, signal) => {
            let mut confirm = Confirm::new(OperationKind::Signal { pid, signal }, &menu.targets, &app.snapshot);
            let view = app.processes.as_ref();
            let row = view.and_then(|view| view.rows.iter().find(|row| row.process.pid == pid));
            let (Some(row), Some(container), Some(target)) = (row, menu.targets.first(), confirm.targets.first_mut())
            else {
                app.notice = Some(Notice::warn("that process has ended", app.now));
                return Vec::new();
            };
            target.name = process_name(container, row);
            target.with = OperationArgs::Command(row.process.command.clone());
            app.overlays.push(Overlay::Confirm(confirm));
        }
    }
    Vec::new()
}

pub(super) fn confirm_key(app: &mut App, mut confirm: Confirm, event: &KeyEvent) -> Vec<Effect> {
    match answer(&mut confirm.focus, event) {
        Some(true) => return confirmed(app, confirm),
        Some(false) => return cancelled(app),
        None => {}
    }
    let with_another = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match event.code {
        KeyCode::Char(_) if with_another => {}
        KeyCode::Char('v') => confirm.toggle_volumes(&app.snapshot),
        KeyCode::Char('f') => confirm.toggle_force(),
        KeyCode::Char('j') | KeyCode::Down => confirm.scroll_by(1),
        KeyCode::Char('k') | KeyCode::Up => confirm.scroll_by(-1),
        KeyCode::PageDown => confirm.scroll_by(8),
        KeyCode::PageUp => confirm.scroll_by(-8),
        KeyCode::Char('c') => {
            let commands = confirm.commands().join("\n");
            app.overlays.push(Overlay::Confirm(confirm));
            return vec![Effect::Copy(commands)];
        }
        _ => {}
    }
    app.overlays.push(Overlay::Confirm(confirm));
    Vec::new()
}

/// The question was answered with yes.
pub(super) fn confirmed(app: &mut App, confirm: Confirm) -> Vec<Effect> {
    // The form that it came from has done its work.
    if matches!(app.overlays.last(), Some(Overlay::Fields(_))) {
        app.overlays.pop();
    }
    let moved: Vec<Transfer> = confirm.targets.iter().filter_map(transfer_of).collect();
    if !moved.is_empty() {
        return moved.into_iter().flat_map(|transfer| app.begin_transfer(transfer)).collect();
    }
    if confirm.verb == OperationKind::RemoveVolume {
        let going: Vec<Id> = confirm.targets.iter().map(|act| act.id.clone()).collect();
        let mut effects = app.leave_volumes(&going);
        effects.extend(app.ask(confirm.verb, confirm.targets));
        return effects;
    }
    match confirm.waves.is_empty() {
        true => app.ask(confirm.verb, confirm.targets),
        false => app.ask_in_waves(confirm.verb, confirm.targets, confirm.waves),
    }
}

/// What is moved goes its own way: it takes its time, and can be cancelled.
fn transfer_of(act: &Operation) -> Option<Transfer> {
    match &act.with {
        OperationArgs::Transfer(transfer) => Some((**transfer).clone()),
        _ => None,
    }
}

pub(super) fn scroll_key(app: &mut App, event: &KeyEvent, scroll: usize, layer: impl FnOnce(usize) -> Overlay) {
    let page = (app.size.1 / 2).max(1) as usize;
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let scroll = match event.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => return,
        KeyCode::Down | KeyCode::Char('j') => scroll + 1,
        KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll + page,
        KeyCode::Char('d') if control => scroll + page,
        KeyCode::PageUp => scroll.saturating_sub(page),
        KeyCode::Char('u') if control => scroll.saturating_sub(page),
        KeyCode::Char('g') | KeyCode::Home => 0,
        KeyCode::Char('G') | KeyCode::End => usize::MAX,
        _ => scroll,
    };
    let layer = layer(scroll);
    let last = super::overlay_layout::scroll_end(app, &layer);
    app.overlays.push(super::overlay_layout::with_scroll(layer, scroll.min(last)));
}
