//! Keys over the list of transfers and over the form.

use super::form::{self, TransferKind};
use super::list::TransfersOverlay;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::layer::{Hints, Layer, Next, half_screen};
use crate::app::overlay::Overlay;
use crate::app::slips::CursorOf;
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::app::widgets::notice::Notice;
use crate::model::Transfer;
use Command as C;
use ratatui::layout::{Position, Rect};

/// The kind of transfer that a command's form starts.
pub fn kind_of(command: Command) -> Option<TransferKind> {
    TransferKind::ALL.into_iter().find(|kind| kind.command() == command)
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
pub fn open_form_of(app: &mut App, transfer: &Transfer) {
    match TransferKind::of(transfer) {
        Some(kind) => open_form(app, kind),
        None if transfer.is_of_volume() => app.open_volume_form_of(transfer),
        None if let Transfer::Bundle(wanted) = transfer => app.open_bundle_form(wanted.id.clone(), &wanted.name),
        None => {
            app.notice = Some(Notice::warn("compose has no form to edit: R shows the plan again", app.now));
            return;
        }
    }
    if let Some(form) = app.overlays.last_mut().and_then(Overlay::form_mut) {
        form.fields.fill(&form::values(transfer));
    }
}

impl TransfersOverlay {
    fn rows(&self, app: &App) -> Rect {
        frame::inner(self.area(app))
    }

    /// The cursor where it is, in the window that there is now.
    fn row(&self, app: &App) -> usize {
        self.cursor(&app.transfers, self.rows(app).height.into()).row()
    }

    fn put(&mut self, app: &App, row: usize) {
        self.put_cursor(row, &app.transfers, self.rows(app).height.into());
    }
}

impl Layer for TransfersOverlay {
    fn area(&self, app: &App) -> Rect {
        let rows = match self.opened {
            true => app.size.1.saturating_sub(4),
            false => (app.transfers.list.len() as u16 + 2).max(12),
        };
        frame::centered(app.size, 116, rows)
    }

    fn hints(&self, app: &App) -> Hints {
        let view = self.view(&app.transfers);
        let mut hints = match view {
            Some(_) if self.opened => vec![(C::Down, None), (C::Up, None)],
            Some(_) => vec![(C::Open, None)],
            None => Vec::new(),
        };
        match view {
            None => {}
            Some(view) if view.runs() && view.cancelling => hints.push((C::CancelTransfer, Some("stop waiting"))),
            Some(view) if view.runs() => hints.push((C::CancelTransfer, None)),
            Some(view) if view.has_form() => {
                hints.extend([(C::Retry, Some("again")), (C::EditTransfer, Some("edit first"))])
            }
            Some(_) => hints.push((C::Retry, Some("again"))),
        }
        let begins: &[C] = match (self.opened, app.options.read_only) {
            (true, _) => &[],
            (false, true) => &[C::SaveImages],
            (false, false) => &[C::Pull, C::Push, C::Build, C::LoadImages, C::SaveImages],
        };
        hints.extend(begins.iter().map(|command| (*command, None)));
        hints.extend([(C::Back, None), (C::Help, None)]);
        hints
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        let chosen = self.view(&app.transfers).map(|view| (view.stream, view.transfer.clone()));
        let acts = matches!(command, C::CancelTransfer | C::Retry | C::EditTransfer);
        if let Some(why) = app.slipped(CursorOf::Transfers).filter(|_| acts) {
            return Next::Stays(vec![Action::Notice(Notice::warn(why, app.now))]);
        }
        match (command, chosen) {
            (C::Back | C::Quit, _) if self.opened => (self.opened, self.back) = (false, 0),
            (C::Back | C::Quit, _) => return Next::Goes(Vec::new()),
            (C::Open | C::Choose, Some((stream, _))) => {
                (self.chosen, self.opened, self.back) = (Some(stream), !self.opened, 0);
            }
            (C::CancelTransfer, Some((stream, _))) => return Next::Stays(vec![Action::CancelTransfer(stream)]),
            (C::Retry, Some((stream, _))) => return Next::Stays(vec![Action::RetryTransfer(stream)]),
            (C::EditTransfer, Some((_, transfer))) => {
                return Next::Stays(vec![Action::EditTransfer(Box::new(transfer))]);
            }
            _ => match kind_of(command) {
                Some(kind) => return Next::Stays(vec![Action::TransferForm(kind)]),
                None => self.scroll(app, command.rows(half_screen(app)).unwrap_or(0)),
            },
        }
        Next::Stays(Vec::new())
    }

    fn scroll(&mut self, app: &App, rows: isize) {
        if self.opened {
            let lines = self.view(&app.transfers).map_or(0, |view| view.lines.len());
            self.back = self.back.saturating_add_signed(rows.saturating_neg()).min(lines.saturating_sub(1));
        } else {
            self.put(app, self.row(app).saturating_add_signed(rows));
        }
    }

    /// A click on the chosen row opens it, as enter does.
    fn click(&mut self, app: &App, at: Position) -> Next {
        let rows = self.rows(app);
        let cursor = self.cursor(&app.transfers, rows.height.into());
        let row = cursor.row_at(at.y.saturating_sub(rows.y), app.transfers.list.len());
        if let Some(row) = row.filter(|_| rows.contains(Position { x: rows.x, ..at }) && !self.opened) {
            let was = self.chosen;
            self.put(app, row);
            self.opened = was == self.chosen;
        }
        Next::Stays(Vec::new())
    }
}
