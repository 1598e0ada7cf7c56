//! Keys while something lies above the cockpit: prompts, menus, questions, forms, texts.

use super::action::Action;
use super::answer::answer;
use super::command::{Command, KeyContext};
use super::key::Key;
use super::msg::Effect;
use super::overlay::Overlay;
use super::overlay_layout;
use super::screens::{compose, events, transfers};
use super::state::App;
use super::widgets::confirm::Confirm;
use super::widgets::menu::Menu;
use super::widgets::notice::Notice;
use super::widgets::prompt::Prompt;
use super::widgets::text::{Text, TextBody};
use crate::model::{Id, Operation, OperationArgs, OperationKind, Transfer};
use crossterm::event::KeyEvent;

/// A key for what lies on top, which was taken off the others.
pub(super) fn key(app: &mut App, layer: Overlay, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    let found =
        app.options.keymap.command(layer.room(), pressed).filter(|_| !layer.takes_text() || !pressed.is_typed());
    match found {
        Some(found) => give(app, layer, found),
        None => type_in(app, layer, event),
    }
}

/// A command for what lies on top, which was taken off the others.
pub(super) fn give(app: &mut App, mut layer: Overlay, wish: Command) -> Vec<Effect> {
    match layer.buttons(app.now).and_then(|focus| answer(focus, wish)) {
        Some(true) => return agreed(app, layer),
        Some(false) => return cancelled(app),
        None => {}
    }
    let is_help = matches!(&layer, Overlay::Text(Text { body: TextBody::Help(_), .. }));
    if matches!(wish, Command::Redraw | Command::Suspend) || wish == Command::Help && !is_help {
        app.overlays.push(layer);
        return app.perform(Action::Command(wish));
    }
    match layer {
        Overlay::Prompt(prompt) => give_prompt(app, prompt, wish),
        Overlay::Menu(menu) => give_menu(app, menu, wish),
        Overlay::Confirm(confirm) => give_confirm(app, confirm, wish),
        Overlay::Question(_) => {
            app.overlays.push(layer);
            Vec::new()
        }
        Overlay::Fields(form) => app.give_form(form, wish),
        Overlay::Transfers(layer) => transfers::keys::give(app, layer, wish),
        Overlay::Compose(layer) => compose::keys::give(app, layer, wish),
        Overlay::Events(view) => events::keys::give(app, view, wish),
        Overlay::Text(text) => give_text(app, text, wish),
    }
}

/// A key that is no command is typed where text is taken.
fn type_in(app: &mut App, mut layer: Overlay, event: &KeyEvent) -> Vec<Effect> {
    match &mut layer {
        Overlay::Prompt(prompt) => {
            let change = prompt.type_in(event);
            app.carry_out(change);
        }
        Overlay::Fields(form) => form.fields.edit(event),
        Overlay::Menu(menu) => {
            if let Some(at) =
                Key::of(event).letter().filter(|_| menu.query.is_none()).and_then(|key| menu.of_letter(key))
            {
                menu.put_cursor(at);
                return choose(app, menu.clone());
            }
            if menu.query.as_mut().is_some_and(|query| query.edit(event)) {
                menu.match_query();
            }
        }
        Overlay::Confirm(_)
        | Overlay::Question(_)
        | Overlay::Transfers(_)
        | Overlay::Compose(_)
        | Overlay::Events(_)
        | Overlay::Text(_) => {}
    }
    app.overlays.push(layer);
    Vec::new()
}

/// The question was answered with yes.
pub(super) fn agreed(app: &mut App, layer: Overlay) -> Vec<Effect> {
    // The form that it came from has done its work.
    if matches!(app.overlays.last(), Some(Overlay::Fields(_))) {
        app.overlays.pop();
    }
    match layer {
        Overlay::Confirm(confirm) => confirmed(app, confirm),
        Overlay::Question(question) => app.perform(question.yes),
        Overlay::Compose(layer) => app.begin_compose(layer),
        Overlay::Prompt(_)
        | Overlay::Menu(_)
        | Overlay::Fields(_)
        | Overlay::Transfers(_)
        | Overlay::Events(_)
        | Overlay::Text(_) => Vec::new(),
    }
}

/// The question was answered with no.
pub(super) fn cancelled(app: &mut App) -> Vec<Effect> {
    app.notice = Some(Notice::good("cancelled: nothing done", app.now));
    Vec::new()
}

fn give_prompt(app: &mut App, mut prompt: Prompt, wish: Command) -> Vec<Effect> {
    let change = match wish {
        Command::Accept => {
            let done = prompt.accept(&mut app.typed);
            return app.carry_out(done);
        }
        Command::Cancel => return app.carry_out(prompt.leave()),
        _ => prompt.move_by(wish.rows(10).unwrap_or(0)),
    };
    let effects = app.carry_out(change);
    app.overlays.push(Overlay::Prompt(prompt));
    effects
}

fn give_menu(app: &mut App, mut menu: Menu, wish: Command) -> Vec<Effect> {
    match wish {
        Command::Back | Command::Quit | Command::Cancel => return Vec::new(),
        Command::Open | Command::Choose | Command::Accept => return choose(app, menu),
        _ => menu.move_by(wish.rows(10).unwrap_or(0)),
    }
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}

/// The chosen row of a menu takes effect.
pub(super) fn choose(app: &mut App, menu: Menu) -> Vec<Effect> {
    match menu.chosen().map(|item| item.action.clone()) {
        Some(action) => app.perform(action),
        None => {
            app.overlays.push(Overlay::Menu(menu));
            Vec::new()
        }
    }
}

fn give_confirm(app: &mut App, mut confirm: Confirm, wish: Command) -> Vec<Effect> {
    let mut effects = Vec::new();
    match wish {
        Command::WithVolumes => confirm.toggle_volumes(&app.snapshot),
        Command::WithForce => confirm.toggle_force(),
        Command::Copy => effects.push(Effect::Copy(confirm.commands().join("\n"))),
        _ => confirm.scroll_by(wish.rows(8).unwrap_or(0)),
    }
    app.overlays.push(Overlay::Confirm(confirm));
    effects
}

fn confirmed(app: &mut App, confirm: Confirm) -> Vec<Effect> {
    let moved: Vec<Transfer> = confirm.targets.iter().filter_map(transfer_of).collect();
    if !moved.is_empty() {
        for transfer in moved {
            app.begin_transfer(transfer);
        }
        return Vec::new();
    }
    if confirm.verb == OperationKind::RemoveVolume {
        let going: Vec<Id> = confirm.targets.iter().map(|act| act.id.clone()).collect();
        app.leave_volumes(&going);
    }
    match confirm.waves.is_empty() {
        true => app.ask(confirm.verb, confirm.targets),
        false => app.ask_in_waves(confirm.verb, confirm.targets, confirm.waves),
    }
}

/// What is moved goes its own way: it takes its time, and can be cancelled.
fn transfer_of(act: &Operation) -> Option<Transfer> {
    let OperationArgs::Transfer(transfer) = &act.with else { return None };
    Some((**transfer).clone())
}

/// A text is scrolled, searched, or closed.
fn give_text(app: &mut App, mut text: Text, wish: Command) -> Vec<Effect> {
    let page = (app.size.1 / 2).max(1) as isize;
    match (wish, &text.body) {
        (Command::Back, _) if !text.filter.is_empty() => text.filter.clear(),
        (Command::Back | Command::Quit | Command::Open | Command::Help, _) => return Vec::new(),
        (Command::Retry, TextBody::Results(ask)) => return app.retry_failed(*ask),
        (Command::Filter, _) => {
            let prompt = Prompt::filter("shows only matching lines", &text.filter, KeyContext::Reading);
            app.overlays.push(Overlay::Text(text));
            app.ask_text(prompt);
            return Vec::new();
        }
        _ => overlay_layout::scroll_by(app, &mut text, wish.rows(page).unwrap_or(0)),
    }
    app.overlays.push(Overlay::Text(text));
    Vec::new()
}
