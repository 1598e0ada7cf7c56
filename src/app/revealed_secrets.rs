//! Secrets in what is told beside a list and in processes: hidden, until somebody asks for them and stays there. The inspected
//! object has its own.

use super::command::Command;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay_layout;
use super::state::App;
use super::widgets::notice::Notice;
use crate::model::{Id, Kind, secret};
use std::borrow::Cow;

impl App {
    /// True while the secrets in what is told beside the list, or of the processes, are shown.
    pub fn reveals(&self) -> bool {
        self.revealed.is_some() && self.revealed == self.concealing()
    }

    /// The visible object that hides secrets.
    fn concealing(&self) -> Option<(Kind, Id)> {
        let id = match (self.view, self.front_tab()) {
            (Kind::Container, DetailTab::Processes) => {
                self.processes.as_ref().filter(|_| self.focus == Pane::Logs)?.id.clone()
            }
            (Kind::Container, DetailTab::Log | DetailTab::Files | DetailTab::Inspect) => return None,
            (_, DetailTab::Files | DetailTab::Inspect | DetailTab::Processes) => return None,
            (_, DetailTab::Log) => self.list()?.selected()?.of.clone(),
        };
        Some((self.view, id))
    }

    /// Shows the secrets of what is looked at, or hides them.
    pub(super) fn reveal(&mut self) -> Vec<Effect> {
        let here = self.concealing();
        let notice = match (&here, self.reveals()) {
            (None, _) if self.conceals_processes() => Notice::warn(self.beside(), self.now),
            (None, _) => Notice::warn("nothing is hidden here: logs, files and shells are never masked", self.now),
            (Some(_), true) => Notice::good("secrets are hidden", self.now),
            (Some(_), false) if !self.conceals() => Notice::good("no secrets found here", self.now),
            (Some(_), false) => Notice::warn("secrets are shown until you leave", self.now),
        };
        self.revealed = here.filter(|_| !self.reveals() && self.conceals());
        self.notice = Some(notice);
        Vec::new()
    }

    /// True if something is hidden in it.
    fn conceals(&self) -> bool {
        match self.list() {
            None => self.conceals_processes(),
            Some(_) => overlay_layout::detail_lines(self, false) != overlay_layout::detail_lines(self, true),
        }
    }

    /// True if the processes are on screen and something in them is hidden.
    fn conceals_processes(&self) -> bool {
        let shown = self.view == Kind::Container && self.front_tab() == DetailTab::Processes;
        let mut rows = self.processes.iter().filter(|_| shown).flat_map(|view| &view.rows);
        rows.any(|row| matches!(secret::command(&row.process.command), Cow::Owned(_)))
    }

    /// Where the secrets are hidden that are on screen, but not in the pane with the focus.
    fn beside(&self) -> String {
        let key = |command, name: &str| self.options.keymap.shown(command).unwrap_or_else(|| name.into());
        let (go, show) = (key(Command::FocusProcesses, "focus-processes"), key(Command::Reveal, "reveal"));
        format!("the secrets here are in the processes: {go} goes there, {show} shows them")
    }

    /// Nobody leaves a secret on the screen.
    pub(super) fn hide_what_was_left(&mut self) {
        if !self.reveals() {
            self.revealed = None;
        }
    }
}
