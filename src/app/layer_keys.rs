//! Keys while something lies above the cockpit: prompts, menus, questions, forms, texts.

use super::choices::{ConfirmFocus, Layer, Menu, MenuChoice};
use super::column::Column;
use super::dialog::Confirm;
use super::form::ExecForm;
use super::input::{command, process_name, quit};
use super::notice::Notice;
use super::prompt::{Prompt, PromptKind, parse_time};
use super::question::{Question, Then};
use super::shell::hear;
use super::state::App;
use super::units;
use super::update::{Effect, open_older};
use crate::model::{Problem, Verb};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
pub(super) fn form_key(app: &mut App, mut form: Box<ExecForm>, event: &KeyEvent) -> Vec<Effect> {
    match event.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Tab => form.step(true),
        KeyCode::BackTab => form.step(false),
        KeyCode::Enter => {
            if let Ok((exec, ran)) = form.finish(app.shell_size()) {
                return app.run_command(exec, &form.name, ran);
            }
        }
        _ => form.edit(event, &app.options.ran),
    }
    app.layers.push(Layer::Form(form));
    Vec::new()
}

pub(super) fn question_key(app: &mut App, mut question: Question, event: &KeyEvent) -> Vec<Effect> {
    let with_another = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match event.code {
        KeyCode::Char(_) if with_another => {}
        KeyCode::Char('y') if !question.then.wants_care() => return answered(app, question),
        KeyCode::Enter if question.focus == ConfirmFocus::Go => return answered(app, question),
        KeyCode::Enter | KeyCode::Esc | KeyCode::Char('n' | 'q') => {
            app.notice = Some(Notice::good("cancelled: nothing was done", app.now));
            return Vec::new();
        }
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right | KeyCode::Char('h' | 'l') => {
            question.focus = question.focus.other();
        }
        _ => {}
    }
    app.layers.push(Layer::Question(question));
    Vec::new()
}

/// The question was answered with yes.
pub(super) fn answered(app: &mut App, question: Question) -> Vec<Effect> {
    match question.then {
        Then::Paste(wire, bytes) => match app.shells.of(wire).filter(|tab| tab.takes_input()) {
            Some(_) => vec![Effect::Send(wire, bytes)],
            None => {
                app.notice = Some(Notice::warn("the shell has ended meanwhile: nothing was pasted", app.now));
                Vec::new()
            }
        },
        Then::Copy(wire, text) => {
            if let Some(tab) = app.shells.of(wire) {
                tab.clipboard = Some(true);
            }
            vec![Effect::Copy(text)]
        }
        Then::Close(wire) => app.drop_tab(wire),
        Then::Quit => quit(app),
    }
}

pub(super) fn prompt_key(app: &mut App, mut prompt: Prompt, event: &KeyEvent) -> Vec<Effect> {
    match event.code {
        KeyCode::Esc => {
            if prompt.kind == PromptKind::Filter {
                app.fleet.set_filter(&prompt.before, &app.world);
            }
            return Vec::new();
        }
        KeyCode::Enter => return accept_prompt(app, &prompt),
        KeyCode::Down | KeyCode::Up if prompt.kind == PromptKind::Filter => {
            app.fleet.move_by(if event.code == KeyCode::Down { 1 } else { -1 });
        }
        _ if prompt.line_mut().edit(event) && prompt.kind == PromptKind::Filter => {
            app.fleet.set_filter(prompt.line().text(), &app.world);
        }
        _ => {}
    }
    app.layers.push(Layer::Prompt(prompt));
    Vec::new()
}

pub(super) fn accept_prompt(app: &mut App, prompt: &Prompt) -> Vec<Effect> {
    let text = prompt.line().text();
    let size = app.log_size();
    let logs = app.options.logs;
    match prompt.kind {
        PromptKind::Filter => {}
        PromptKind::Scrollback(wire) => hear::search(app, wire, text),
        PromptKind::SaveAs(wire) => return hear::save_as(app, wire, text),
        PromptKind::Line(wire) => return hear::send_line(app, wire, text),
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
                let page = app.log.as_mut().and_then(|view| view.go_to(time, &logs));
                return open_older(app, page);
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
    app.layers.push(Layer::Menu(menu));
    Vec::new()
}

/// The chosen row of a menu takes effect.
pub(super) fn choose(app: &mut App, mut menu: Menu) -> Vec<Effect> {
    let Some(choice) = menu.chosen().map(|item| item.choice) else {
        app.layers.push(Layer::Menu(menu));
        return Vec::new();
    };
    match choice {
        MenuChoice::Command(wish) => return command(app, wish),
        MenuChoice::Sort(column) => app.fleet.sort_by(column, &app.world),
        MenuChoice::Column(column) => {
            app.fleet.toggle_column(column);
            if column != Column::Name {
                menu.toggle_chosen();
            }
            // Several columns may be chosen in a row.
            app.layers.push(Layer::Menu(menu));
        }
        MenuChoice::SortProcesses(sort) => {
            if let Some(view) = &mut app.processes {
                view.sort_by(sort);
            }
        }
        MenuChoice::Signal(signal) => {
            app.layers.push(Layer::Confirm(Confirm::new(Verb::Kill(signal), &menu.targets)));
        }
        MenuChoice::SignalProcess(pid, signal) => {
            let mut confirm = Confirm::new(Verb::Signal { pid, signal }, &menu.targets);
            let view = app.processes.as_ref();
            let row = view.and_then(|view| view.rows.iter().find(|row| row.process.pid == pid));
            let (Some(row), Some(instance), Some(target)) = (row, menu.targets.first(), confirm.targets.first_mut())
            else {
                app.notice = Some(Notice::warn("that process has ended", app.now));
                return Vec::new();
            };
            target.name = process_name(instance, row);
            target.command = Some(row.process.command.clone());
            app.layers.push(Layer::Confirm(confirm));
        }
    }
    Vec::new()
}

pub(super) fn confirm_key(app: &mut App, mut confirm: Confirm, event: &KeyEvent) -> Vec<Effect> {
    let with_another = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match event.code {
        KeyCode::Char(_) if with_another => {}
        KeyCode::Char('y') => return confirmed(app, confirm),
        KeyCode::Enter if confirm.focus == ConfirmFocus::Go => return confirmed(app, confirm),
        KeyCode::Enter | KeyCode::Esc | KeyCode::Char('n' | 'q') => {
            app.notice = Some(Notice::good("cancelled: nothing was done", app.now));
            return Vec::new();
        }
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right | KeyCode::Char('h' | 'l') => {
            confirm.focus = confirm.focus.other();
        }
        KeyCode::Char('v') => confirm.toggle_volumes(),
        _ => {}
    }
    app.layers.push(Layer::Confirm(confirm));
    Vec::new()
}

/// The question was answered with yes.
pub(super) fn confirmed(app: &mut App, confirm: Confirm) -> Vec<Effect> {
    app.ask(confirm.verb, confirm.targets)
}

pub(super) fn scroll_key(app: &mut App, event: &KeyEvent, scroll: usize, layer: impl FnOnce(usize) -> Layer) {
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
    let last = super::layers::scroll_end(app, &layer);
    app.layers.push(super::layers::with_scroll(layer, scroll.min(last)));
}
