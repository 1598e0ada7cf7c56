//! Keys and the mouse over what is said of compose.

use super::{ComposeOverlay, ComposePhase, lines};
use crate::app::answer::answer;
use crate::app::overlay::{ConfirmFocus, Overlay};
use crate::app::overlay_keys::cancelled;
use crate::app::overlay_layout;
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::{ComposeRun, ComposeVerb};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

/// A key. The layer was taken off the others.
pub fn key(app: &mut App, mut layer: ComposeOverlay, event: &KeyEvent) -> Vec<Effect> {
    if let Some(rows) = motion(app, event)
        && !matches!(layer.phase, ComposePhase::Choosing { .. })
    {
        scroll(app, &mut layer, rows);
        app.overlays.push(Overlay::Compose(layer));
        return Vec::new();
    }
    if let ComposePhase::Confirming { focus, .. } = &mut layer.phase {
        match answer(focus, event) {
            Some(true) => return answered(app, layer),
            Some(false) => return cancelled(app),
            None => {}
        }
    }
    let with_another = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match (&mut layer.phase, event.code) {
        (_, KeyCode::Char(_)) if with_another => {}
        (ComposePhase::Looking { .. }, KeyCode::Esc | KeyCode::Char('q')) => return layer.left(),
        (ComposePhase::Looking { .. }, _) => {}
        (
            ComposePhase::Failed(_) | ComposePhase::Differs { .. },
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q'),
        ) => {
            return Vec::new();
        }
        (ComposePhase::Choosing { .. }, KeyCode::Esc | KeyCode::Char('q')) => return Vec::new(),
        (ComposePhase::Choosing { ready, cursor }, code) => {
            let verb = ComposeVerb::ALL[(*cursor).min(ComposeVerb::ALL.len() - 1)];
            let planned = app.planned(&ready.site);
            let run = || ComposeRun { ready: (**ready).clone(), verb, planned };
            match code {
                KeyCode::Enter | KeyCode::Char(' ') => {
                    let run = Box::new(run());
                    layer.turn(ComposePhase::Confirming { run, focus: ConfirmFocus::Cancel });
                }
                KeyCode::Char('c') => {
                    let text = told(&run());
                    app.overlays.push(Overlay::Compose(layer));
                    return vec![Effect::Copy(text)];
                }
                KeyCode::Down | KeyCode::Char('j') => *cursor = (*cursor + 1).min(ComposeVerb::ALL.len() - 1),
                KeyCode::Up | KeyCode::Char('k') => *cursor = cursor.saturating_sub(1),
                KeyCode::Home | KeyCode::Char('g') => *cursor = 0,
                KeyCode::End | KeyCode::Char('G') => *cursor = ComposeVerb::ALL.len() - 1,
                _ => {}
            }
        }
        (ComposePhase::Confirming { run, .. }, KeyCode::Char('c')) => {
            let text = told(run);
            app.overlays.push(Overlay::Compose(layer));
            return vec![Effect::Copy(text)];
        }
        _ => {}
    }
    app.overlays.push(Overlay::Compose(layer));
    Vec::new()
}

/// The commands as a shell takes them.
fn told(run: &ComposeRun) -> String {
    run.commands().iter().map(shell_words::join).collect::<Vec<_>>().join(" && ")
}

fn motion(app: &App, event: &KeyEvent) -> Option<isize> {
    let page = (app.size.1 / 2).max(1) as isize;
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char('d') if control => page,
        KeyCode::Char('u') if control => -page,
        KeyCode::Down | KeyCode::Char('j') => 1,
        KeyCode::Up | KeyCode::Char('k') => -1,
        KeyCode::PageDown => page,
        KeyCode::PageUp => -page,
        KeyCode::Home | KeyCode::Char('g') => isize::MIN / 2,
        KeyCode::End | KeyCode::Char('G') => isize::MAX / 2,
        _ => return None,
    })
}

/// Shows other lines, where there are more than fit.
pub fn scroll(app: &App, layer: &mut ComposeOverlay, rows: isize) {
    let inner = overlay_layout::inner(overlay_layout::area(app, &Overlay::Compose(layer.clone())));
    let last = lines(app, layer, inner.width).len().saturating_sub(usize::from(inner.height.saturating_sub(2)));
    layer.scroll = layer.scroll.saturating_add_signed(rows).min(last);
}

/// The question was answered with yes.
fn answered(app: &mut App, layer: ComposeOverlay) -> Vec<Effect> {
    let ComposePhase::Confirming { run, .. } = layer.phase else { return Vec::new() };
    app.begin_compose(run)
}

/// A click into the layer, which was taken off the others.
pub fn click(app: &mut App, mut layer: ComposeOverlay, at: Position) -> Vec<Effect> {
    let area = overlay_layout::area(app, &Overlay::Compose(layer.clone()));
    if let Some((cancel, go)) = super::buttons(area, &layer) {
        if go.contains(at) {
            return answered(app, layer);
        }
        if cancel.contains(at) {
            return Vec::new();
        }
    }
    let row = usize::from(at.y.saturating_sub(overlay_layout::inner(area).y)) + layer.scroll;
    if let ComposePhase::Choosing { ready, cursor } = &mut layer.phase
        && let Some(verb) = ComposeVerb::ALL.get(row)
    {
        let planned = app.planned(&ready.site);
        let run = Box::new(ComposeRun { ready: (**ready).clone(), verb: *verb, planned });
        *cursor = row;
        layer.turn(ComposePhase::Confirming { run, focus: ConfirmFocus::Cancel });
    }
    app.overlays.push(Overlay::Compose(layer));
    Vec::new()
}
