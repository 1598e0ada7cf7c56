//! Keys over the list of transfers and over the form.

use super::form::{self, TransferKind};
use super::list::TransfersOverlay;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::slips::CursorOf;
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::model::Transfer;

/// The kind of transfer that a command's form starts.
pub fn kind_of(wish: Command) -> Option<TransferKind> {
    TransferKind::ALL.into_iter().find(|kind| kind.command() == wish)
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
    app.open_fields(form, move |known, fields| {
        let transfer = kind.transfer(fields)?;
        Some(Action::Move(known.identified(transfer)))
    });
}

/// Opens the form of a transfer with all that it held, to begin another one.
fn open_form_of(app: &mut App, transfer: &Transfer) {
    match TransferKind::of(transfer) {
        Some(kind) => open_form(app, kind),
        None if transfer.is_of_volume() => app.open_volume_form_of(transfer),
        None => {
            app.notice = Some(Notice::warn("compose has no form to edit: R shows the plan again", app.now));
            return;
        }
    }
    if let Some(Overlay::Fields(form)) = app.overlays.last_mut() {
        form.fields.fill(&form::values(transfer));
    }
}

/// A command over the list.
pub fn give(app: &mut App, mut layer: TransfersOverlay, wish: Command) -> Vec<Effect> {
    app.notice = None;
    let page = (app.size.1 / 2).max(1) as isize;
    let chosen = layer.view(&app.transfers).map(|view| (view.wire, view.transfer.clone()));
    let acts = matches!(wish, Command::CancelTransfer | Command::Retry | Command::EditTransfer);
    if let Some(why) = app.slipped(CursorOf::Transfers).filter(|_| acts) {
        app.notice = Some(Notice::warn(why, app.now));
        app.overlays.push(Overlay::Transfers(layer));
        return Vec::new();
    }
    match wish {
        Command::Back | Command::Quit if layer.opened => (layer.opened, layer.back) = (false, 0),
        Command::Back | Command::Quit => return Vec::new(),
        Command::Open | Command::Choose if chosen.is_some() => {
            let chosen = chosen.as_ref().map(|(wire, _)| *wire);
            (layer.chosen, layer.opened, layer.back) = (chosen, !layer.opened, 0);
        }
        _ => move_by(app, &mut layer, wish.rows(page).unwrap_or(0)),
    }
    // What these put on the screen lies above this.
    app.overlays.push(Overlay::Transfers(layer));
    match (wish, chosen) {
        (Command::CancelTransfer, Some((wire, _))) => app.cancel_transfer(wire),
        (Command::Retry, Some((wire, _))) => app.retry_transfer(wire),
        (Command::EditTransfer, Some((_, transfer))) => {
            open_form_of(app, &transfer);
            Vec::new()
        }
        _ => {
            if let Some(kind) = kind_of(wish) {
                open_form(app, kind);
            }
            Vec::new()
        }
    }
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
