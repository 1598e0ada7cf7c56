//! The row under a cursor goes away by itself, and another one stands there that the operator did not mean: until they have
//! moved, or a second has passed, nothing is done to it. A new one of the same name takes its place.

use super::command::{Command, KeyContext};
use super::layout::Pane;
use super::overlay::Overlay;
use super::screens::transfers;
use super::slips::{CursorOf, On, Row, Slip};
use super::state::App;
use crate::model::{Kind, files, secret};

/// Seconds for which a row that comes back gets the cursor back.
const AWAITED: f64 = 5.0;

impl App {
    /// Compares where the cursors are with where they were. What the operator did is no slip.
    pub(super) fn follow_cursors(&mut self, by_operator: bool) {
        let on = self.cursors();
        for was in std::mem::replace(&mut self.slips.on, on).into_iter().flatten() {
            self.slips.compare(was, by_operator, self.now);
        }
        let now = self.now;
        self.slips.fallen.retain(|slip| slip.at.plus_seconds(AWAITED) > now);
        self.give_back();
    }

    /// Something of the same name as what went away has come: the cursor goes there.
    fn give_back(&mut self) {
        for slip in std::mem::take(&mut self.slips.fallen) {
            if !slip.is_awaited || !self.select_like(&slip.was) {
                self.slips.fallen.push(slip);
                continue;
            }
            let other = self.slips.on.iter().flatten().find(|on| on.cursor == slip.was.cursor).cloned();
            self.slips.on = self.cursors();
            // Who acts on the row where the cursor was until now does not mean this one.
            if let Some(was) = other.filter(|_| slip.until <= self.now) {
                self.slips.fallen.push(Slip::new(was, self.now, false));
            }
        }
    }

    /// Puts the cursor on what has the name of this. False if there is nothing.
    fn select_like(&mut self, was: &On) -> bool {
        match (&was.row, was.cursor) {
            (Row::Thing(id), CursorOf::Containers) => self.fleet.select_named(id.engine(), &was.name),
            (Row::Thing(_), CursorOf::Others(kind)) => {
                let list = self.list_mut().filter(|list| list.kind == kind);
                list.is_some_and(|list| list.select_named(&was.name))
            }
            (Row::Group(_) | Row::Process(_) | Row::File(_) | Row::Transfer(_), _)
            | (Row::Thing(_), CursorOf::Processes | CursorOf::Files | CursorOf::Transfers) => false,
        }
    }

    /// Why an act is refused: the row that it would mean is there only since a moment. None if it is not.
    pub(super) fn refused_for_slip(&self, command: Command) -> Option<String> {
        self.slipped(self.cursor_meant(command)?)
    }

    /// What has happened to the row under a cursor within the last second.
    pub(super) fn slipped(&self, cursor: CursorOf) -> Option<String> {
        let slip = self.slips.fallen.iter().find(|slip| slip.was.cursor == cursor && slip.until > self.now)?;
        let on = self.slips.on.iter().flatten().find(|on| on.cursor == cursor).map_or("nothing", |on| &on.name);
        // Command lines of processes hold secrets.
        let (was, on) = (secret::command(&slip.was.name), secret::command(on));
        Some(format!("nothing done: the selection just moved by itself from {was} to {on}"))
    }

    /// The cursor whose row a command would change. None if the command works on something else: marked rows, a new object.
    fn cursor_meant(&self, command: Command) -> Option<CursorOf> {
        let session =
            matches!(command, Command::Shell | Command::RootShell | Command::Exec | Command::Attach | Command::Sidecar);
        match command {
            Command::SignalProcess => return Some(CursorOf::Processes),
            _ if command.spec().context == KeyContext::Files => {
                return command.spec().changes.then_some(CursorOf::Files);
            }
            Command::Create => return None,
            // It is for the container of the shell on screen.
            Command::Sidecar if self.focus == Pane::Shell => return None,
            _ if transfers::keys::kind_of(command).is_some() || self.shows_logs_of_several() => return None,
            _ if !session && !command.spec().changes => return None,
            _ => {}
        }
        let marked = match self.list() {
            Some(list) => list.marked(),
            None => self.fleet.marked(),
        };
        let cursor = if self.view == Kind::Container { CursorOf::Containers } else { CursorOf::Others(self.view) };
        (marked == 0 || session).then_some(cursor)
    }

    /// The rows that all cursors are on.
    fn cursors(&self) -> [Option<On>; 5] {
        let on = |cursor, row, of, name| On { cursor, row, of, name };
        let container = self.fleet.selected().map(|one| (Row::Thing(one.id.clone()), one.name.clone()));
        let group =
            || self.fleet.selected_group().map(|group| (Row::Group(group.key.clone()), group.name.as_str().into()));
        let fleet = container.or_else(group).map(|(row, name)| on(CursorOf::Containers, row, None, name));
        let other = self.list().and_then(|list| Some((list.kind, list.selected()?)));
        let other =
            other.map(|(kind, row)| on(CursorOf::Others(kind), Row::Thing(row.id.clone()), None, row.name.clone()));
        let process = self.processes.as_ref().and_then(|view| Some((view, &view.chosen()?.process)));
        let process = process.map(|(view, process)| {
            let name = format!("process {} ({})", process.pid, process.command);
            on(CursorOf::Processes, Row::Process(process.pid), Some((view.id.clone(), Vec::new())), name.into())
        });
        let file = self.files.view.as_ref().and_then(|view| Some((view, view.chosen()?)));
        let file = file.map(|(view, entry)| {
            let of = Some((view.id.clone(), view.path.clone()));
            on(CursorOf::Files, Row::File(entry.name.clone()), of, files::shown(&entry.name).into())
        });
        let transfer =
            self.overlays.last().and_then(Overlay::transfers).and_then(|overlay| overlay.view(&self.transfers));
        let transfer =
            transfer.map(|view| on(CursorOf::Transfers, Row::Transfer(view.stream), None, view.transfer.what().into()));
        [fleet, other, process, file, transfer]
    }
}
