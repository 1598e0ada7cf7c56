//! Keys over the list of transfers and over the form.

use super::form::{self, TransferKind};
use super::list::TransfersOverlay;
use crate::app::Overlay;
use crate::app::command::Command;
use crate::app::forms::FormKind;
use crate::app::misplaced_keys::Cursor;
use crate::app::notice::Notice;
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::Transfer;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a command's form begins.
pub fn kind_of(wish: Command) -> Option<TransferKind> {
    match wish {
        Command::Pull => Some(TransferKind::Pull),
        Command::Push => Some(TransferKind::Push),
        Command::Build => Some(TransferKind::Build),
        Command::SaveImages => Some(TransferKind::Save),
        Command::LoadImages => Some(TransferKind::Load),
        _ => None,
    }
}

/// Opens the form of a command.
pub fn open_form(app: &mut App, kind: TransferKind) {
    if app.options.read_only && kind != TransferKind::Save {
        let why = format!("read-only: {} is refused", kind.title().to_lowercase());
        app.notice = Some(Notice::warn(why, app.now));
        return;
    }
    let selected = app.fleet.selected().map(|container| container.image.to_string());
    let others = app.snapshot.containers.values().map(|container| container.image.to_string());
    let mut images: Vec<String> = Vec::new();
    for image in selected.into_iter().chain(others) {
        if !images.contains(&image) {
            images.push(image);
        }
    }
    let form = kind.form(&app.transfers.past, &images);
    app.open_fields(FormKind::Transfer(kind), form);
}

/// Opens the form of a transfer with all that it held, to begin another one.
fn open_form_of(app: &mut App, transfer: &Transfer) {
    match TransferKind::of(transfer) {
        Some(kind) => open_form(app, kind),
        None if transfer.is_of_volume() => app.open_volume_form_of(transfer),
        None => {
            app.notice = Some(Notice::warn("compose has no form to change: R asks about it once more", app.now));
            return;
        }
    }
    if let Some(Overlay::Fields(form)) = app.overlays.last_mut() {
        form.fields.fill(&form::values(transfer));
    }
}

/// A key over the list.
pub fn list_key(app: &mut App, mut layer: TransfersOverlay, event: &KeyEvent) -> Vec<Effect> {
    app.notice = None;
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let page = (app.size.1 / 2).max(1) as isize;
    let chosen = layer.view(&app.transfers).map(|view| view.wire);
    let mut effects = Vec::new();
    let mut form = None;
    let acts = matches!(event.code, KeyCode::Char('X' | 'R' | 'e'));
    if let Some(why) = app.slipped(Cursor::Transfers).filter(|_| acts) {
        app.notice = Some(Notice::warn(why, app.now));
        app.overlays.push(Overlay::Transfers(layer));
        return effects;
    }
    match event.code {
        KeyCode::Esc | KeyCode::Char('q') if layer.opened => (layer.opened, layer.back) = (false, 0),
        KeyCode::Esc | KeyCode::Char('q') => return effects,
        KeyCode::Char('d') if control => move_by(app, &mut layer, page),
        KeyCode::Char('u') if control => move_by(app, &mut layer, -page),
        KeyCode::Char(_) if control || event.modifiers.contains(KeyModifiers::ALT) => {}
        KeyCode::Down | KeyCode::Char('j') => move_by(app, &mut layer, 1),
        KeyCode::Up | KeyCode::Char('k') => move_by(app, &mut layer, -1),
        KeyCode::PageDown => move_by(app, &mut layer, page),
        KeyCode::PageUp => move_by(app, &mut layer, -page),
        KeyCode::Home | KeyCode::Char('g') => move_by(app, &mut layer, isize::MIN / 2),
        KeyCode::End | KeyCode::Char('G') => move_by(app, &mut layer, isize::MAX / 2),
        KeyCode::Enter | KeyCode::Char(' ' | 'l') if chosen.is_some() => {
            (layer.chosen, layer.opened, layer.back) = (chosen, !layer.opened, 0);
        }
        KeyCode::Char('X') => effects = chosen.map(|wire| app.cancel_transfer(wire)).unwrap_or_default(),
        // The new one is put above this layer's place in `layers`: it is told by hand.
        KeyCode::Char('R') => {
            app.overlays.push(Overlay::Transfers(layer));
            return chosen.map(|wire| app.retry_transfer(wire)).unwrap_or_default();
        }
        KeyCode::Char('e') => {
            if let Some(transfer) = layer.view(&app.transfers).map(|view| view.transfer.clone()) {
                app.overlays.push(Overlay::Transfers(layer));
                open_form_of(app, &transfer);
                return effects;
            }
        }
        KeyCode::Char('P') => form = Some(TransferKind::Pull),
        KeyCode::Char('U') => form = Some(TransferKind::Push),
        KeyCode::Char('B') => form = Some(TransferKind::Build),
        KeyCode::Char('S') => form = Some(TransferKind::Save),
        KeyCode::Char('L') => form = Some(TransferKind::Load),
        _ => {}
    }
    app.overlays.push(Overlay::Transfers(layer));
    if let Some(kind) = form {
        open_form(app, kind);
    }
    effects
}

/// Moves the cursor, or scrolls the output of what is opened.
pub fn move_by(app: &App, layer: &mut TransfersOverlay, rows: isize) {
    if layer.opened {
        let lines = layer.view(&app.transfers).map_or(0, |view| view.lines.len());
        layer.back = layer.back.saturating_add_signed(rows.saturating_neg()).min(lines.saturating_sub(1));
        return;
    }
    let last = app.transfers.list.len().saturating_sub(1);
    let cursor = layer.cursor(&app.transfers).saturating_add_signed(rows).min(last);
    layer.chosen = app.transfers.list.get(cursor).map(|view| view.wire);
}
