//! Commands of groups in the container list, and what is for one container only.

use crate::app::command::{Command, KeyContext};
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::operations::is_for_one;
use crate::app::panes::fleet::Group;
use crate::app::state::App;
use crate::model::Kind;

impl App {
    /// The group under the cursor, while containers are listed.
    pub fn group(&self) -> Option<&Group> {
        self.fleet.selected_group().filter(|_| self.view == Kind::Container)
    }

    /// The group that the pane of logs tells of: that under the cursor, unless a log of several is there.
    pub fn group_told(&self) -> Option<&Group> {
        self.group().filter(|_| !self.shows_logs_of_several())
    }

    /// True if the keys mean the group under the cursor.
    pub(in crate::app) fn has_group_keys(&self) -> bool {
        match self.focus {
            Pane::Shell => false,
            Pane::Logs => self.group_told().is_some(),
            Pane::Fleet | Pane::Gauges => self.group().is_some(),
        }
    }

    /// Lines that are told of the group under the cursor and do not fit are scrolled to.
    pub(in crate::app) fn scroll_group(&mut self, rows: isize) {
        let height = self.places().log_rows().map_or(1, |area| area.height).max(1) as usize;
        let Some(lines) = self.group_told().map(|group| group.members.len()) else { return };
        self.fleet.scroll = self.fleet.scroll.saturating_add_signed(rows).min(lines.saturating_sub(height));
    }

    /// The reason why a command makes no sense while a group is selected. None if it does.
    pub(in crate::app) fn refused_for_group(&self, command: Command) -> Option<String> {
        use Command as C;
        let group = self.group().filter(|_| self.focus != Pane::Shell)?;
        if self.place_of(command) == KeyContext::Logs && self.shows_logs_of_several() {
            return None;
        }
        let of_one = match command {
            C::FocusLogs | C::FocusProcesses | C::FocusFiles | C::FocusInspect | C::NextTab | C::PreviousTab => true,
            C::Shell | C::RootShell | C::Exec | C::Attach | C::Sidecar => true,
            one if is_for_one(one) => self.fleet.marked() == 0,
            // Movements in the log are of no use to a group either.
            other => matches!(
                self.place_of(other),
                KeyContext::Logs | KeyContext::Processes | KeyContext::Files | KeyContext::Inspect
            ),
        };
        let open = self.options.keymap.shown(C::Right).unwrap_or_default();
        let name = &group.name;
        of_one.then(|| format!("{} works on one container, {name} is a group: {open} opens it", command.spec().name))
    }

    /// An act key on the group under the cursor: all of its containers that pass the filter, after a plan.
    pub(in crate::app) fn act_on_group(&mut self, command: Command) -> Option<Vec<Effect>> {
        let group = self.group().filter(|_| self.fleet.marked() == 0)?;
        let notes = match group.hidden() {
            0 => Vec::new(),
            1 => vec![format!("The filter hides 1 more of {}: it is not included.", group.name)],
            many => vec![format!("The filter hides {many} more of {}: they are not included.", group.name)],
        };
        let targets = group.members.clone();
        Some(self.act_on_many(command, targets, notes))
    }
}
