//! Keys, pastes and the mouse while something lies above the cockpit. The one on top hears them.

use super::action::Action;
use super::answer::answer;
use super::command::Command;
use super::key::Key;
use super::layer::{Layer, Next, cancelled};
use super::msg::Effect;
use super::overlay::Overlay;
use super::overlay_layout;
use super::state::App;
use super::widgets::text::{Text, TextBody};
use crossterm::event::KeyEvent;
use ratatui::layout::Position;

/// Lets something hear what concerns it, which was taken off the others.
fn hear(app: &mut App, mut overlay: Overlay, tell: impl FnOnce(&mut dyn Layer, &App) -> Next) -> Vec<Effect> {
    match tell(overlay.layer_mut(), app) {
        Next::Stays(actions) => {
            app.overlays.push(overlay);
            app.carry_out(actions)
        }
        Next::Goes(actions) => app.carry_out(actions),
    }
}

/// A key for what lies on top, which was taken off the others.
pub(super) fn key(app: &mut App, overlay: Overlay, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    let found = app
        .options
        .keymap
        .command(overlay.pane_context(), pressed)
        .filter(|_| !overlay.takes_text() || !pressed.is_typed());
    match found {
        Some(found) => give(app, overlay, found),
        None => hear(app, overlay, |layer, _| layer.type_in(event)),
    }
}

/// A command for what lies on top, which was taken off the others.
pub(super) fn give(app: &mut App, mut overlay: Overlay, command: Command) -> Vec<Effect> {
    app.notice = None;
    match overlay.buttons(app.now).and_then(|focus| answer(focus, command)) {
        Some(true) => return agreed(app, overlay),
        Some(false) => return app.perform(cancelled(app)),
        None => {}
    }
    let is_help = matches!(&overlay, Overlay::Text(Text { body: TextBody::Help(_), .. }));
    if matches!(command, Command::Redraw | Command::Suspend) || command == Command::Help && !is_help {
        app.overlays.push(overlay);
        return app.perform(Action::Command(command));
    }
    if command == Command::Palette {
        return leave_for_palette(app, overlay);
    }
    hear(app, overlay, |layer, app| layer.command(app, command))
}

/// Layers that are left one after the other at most: one may be left in steps, as a search in it is.
const STEPS_MOST: usize = 16;

/// The palette comes up in place of what lies on top: a command typed there would else be heard letter by letter. Questions and
/// forms want an answer first.
fn leave_for_palette(app: &mut App, overlay: Overlay) -> Vec<Effect> {
    app.overlays.push(overlay);
    let mut effects = Vec::new();
    for _ in 0..STEPS_MOST {
        let Some(top) = app.overlays.pop() else { break };
        if top.go().is_some() || top.form().is_some() {
            app.overlays.push(top);
            effects.extend(app.say("answer this first, or leave it with esc"));
            return effects;
        }
        effects.extend(hear(app, top, |layer, app| layer.command(app, Command::Back)));
    }
    effects.extend(app.perform(Action::Command(Command::Palette)));
    effects
}

/// The question was answered with yes.
fn agreed(app: &mut App, overlay: Overlay) -> Vec<Effect> {
    // The form that it came from has done its work.
    app.overlays.pop_if(|below| below.form().is_some());
    app.carry_out(overlay.overlay().agreed())
}

/// Text was pasted, into what lies on top.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    let actions = app.overlays.last_mut().map(|overlay| overlay.layer_mut().paste(text));
    app.carry_out(actions.unwrap_or_default())
}

/// The wheel was turned over what lies on top, which was taken off the others.
pub(super) fn wheel(app: &mut App, overlay: Overlay, rows: isize) -> Vec<Effect> {
    hear(app, overlay, |layer, app| {
        layer.scroll(app, rows);
        Next::Stays(Vec::new())
    })
}

/// A click. Beside what lies on top it takes that away; nothing dangerous can be hit by accident that way.
pub(super) fn click(app: &mut App, overlay: Overlay, at: Position) -> Vec<Effect> {
    let area = overlay.overlay().area(app);
    // What was typed is not lost by a click.
    let stays = matches!(&overlay, Overlay::Question(question) if app.now < question.heard_from)
        || !area.contains(at) && overlay.form().is_some();
    if stays {
        app.overlays.push(overlay);
        return Vec::new();
    }
    if !area.contains(at) {
        return Vec::new();
    }
    match overlay.go().map(|go| overlay_layout::buttons(area, go)) {
        Some((_, go)) if go.contains(at) => agreed(app, overlay),
        Some((cancel, _)) if cancel.contains(at) => app.perform(cancelled(app)),
        Some(_) | None => hear(app, overlay, |layer, app| layer.click(app, at)),
    }
}
