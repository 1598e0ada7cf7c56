//! What choosing does: the actions that rows of menus, questions and forms carry.

use super::column::Column;
use super::command::Command;
use super::confirm::Confirm;
use super::fleet::Grouping;
use super::inspect::{self, CompareTarget};
use super::msg::Effect;
use super::notice::Notice;
use super::options::LogOptions;
use super::overlay::Overlay;
use super::processes::ProcessSort;
use super::state::App;
use super::{input, menus, volume_forms};
use crate::model::{
    Container, CopyIn, CopyOut, Exec, ExecHistoryEntry, Operation, OperationKind, Signal, StreamId, Transfer,
};
use std::path::PathBuf;
use std::sync::Arc;

/// What is done once something is chosen, answered with yes, or filled in. Plain data, with the targets of the moment of the key.
#[derive(Debug, Clone)]
pub enum Action {
    /// A command is given.
    Command(Command),
    /// The loop does this.
    Effect(Effect),
    /// The footer says why nothing can be done.
    Refuse(&'static str),
    /// The footer says this.
    Notice(Notice),
    /// This lies above the cockpit from now on.
    Open(Box<Overlay>),
    /// Logs are shown in this way from now on.
    LogOptions(LogOptions),
    /// A question comes up.
    Confirm(Box<Confirm>),
    /// The plan for these operations comes up.
    Plan(Vec<Operation>),
    /// The plan for a signal to these containers comes up. Where they are many by their nature it has these sentences.
    Kill(Signal, Vec<Arc<Container>>, Option<Vec<String>>),
    /// The plan for a signal to a process of a container comes up.
    SignalProcess(Arc<Container>, i32, Signal),
    /// The list of containers is sorted.
    Sort(Column),
    /// A column of the list of containers is shown, or not.
    ToggleColumn(Column),
    /// The list on screen is sorted by a column of its own.
    SortList(usize),
    /// Processes are sorted.
    SortProcesses(ProcessSort),
    /// The containers are grouped.
    Group(Grouping),
    /// What is inspected is compared with this, which has that name; with nothing if none.
    Compare(Option<(CompareTarget, String)>),
    /// It is asked with which container to compare.
    ChooseComparison,
    /// An edit that was not written back is opened again.
    EditAgain(PathBuf),
    /// It is written back all the same.
    WriteBack(PathBuf),
    /// What is there now is edited instead.
    EditAnew(PathBuf),
    /// Bytes are pasted into a shell.
    Paste(StreamId, Vec<u8>),
    /// A program may fill the clipboard from now on, and does it with this.
    AllowClipboard(StreamId, String),
    /// A tab of the shell pane is closed.
    CloseShell(StreamId),
    /// Something is copied out of a container.
    CopyOut(CopyOut),
    /// Something is copied into a container.
    CopyIn(CopyIn),
    /// Something is moved.
    Move(Transfer),
    /// A command is run in a container of that name.
    Run(Box<Exec>, String, ExecHistoryEntry),
    /// The files of a compose project are looked for: a path, and the name of the project.
    FindProject(String, String),
    /// The cockpit is left.
    Quit,
}

impl App {
    /// Does it.
    pub(super) fn perform(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Command(command) => return input::command(self, command),
            Action::Effect(effect) => return vec![effect],
            Action::Refuse(why) => self.notice = Some(Notice::warn(why, self.now)),
            Action::Notice(notice) => self.notice = Some(notice),
            Action::Open(overlay) => self.overlays.push(*overlay),
            Action::LogOptions(logs) => self.options.logs = logs,
            Action::Confirm(confirm) => self.overlays.push(Overlay::Confirm(*confirm)),
            Action::Plan(acts) => {
                let losses = volume_forms::losses(&acts, &self.snapshot);
                self.overlays.push(Overlay::Confirm(Confirm::of(acts, losses, &self.snapshot)));
            }
            Action::Kill(signal, targets, Some(notes)) => {
                self.plan_for_many(OperationKind::Kill(signal), targets, notes)
            }
            Action::Kill(signal, targets, None) => {
                self.overlays.push(Overlay::Confirm(Confirm::new(
                    OperationKind::Kill(signal),
                    &targets,
                    &self.snapshot,
                )));
            }
            Action::SignalProcess(container, pid, signal) => menus::plan_signal(self, &container, pid, signal),
            Action::Sort(column) => self.fleet.sort_by(column, &self.snapshot),
            Action::ToggleColumn(column) => {
                self.fleet.toggle_column(column);
                // Several columns may be chosen in a row.
                menus::open_columns(self, Some(column));
            }
            Action::SortList(column) => self.sort_list(column),
            Action::SortProcesses(sort) => {
                if let Some(view) = &mut self.processes {
                    view.sort_by(sort);
                }
            }
            Action::Group(grouping) => self.fleet.group_by(grouping, &self.snapshot),
            Action::Compare(rival) => return inspect::compare_with(self, rival),
            Action::ChooseComparison => inspect::open_containers(self),
            Action::EditAgain(file) => return self.edit_again(&file),
            Action::WriteBack(file) => return self.replace_kept(&file),
            Action::EditAnew(file) => return self.edit_instead(&file),
            Action::Paste(wire, bytes) => return self.paste_into(wire, bytes),
            Action::AllowClipboard(wire, text) => {
                if let Some(tab) = self.shells.of(wire) {
                    tab.clipboard = Some(true);
                }
                return vec![Effect::Copy(text)];
            }
            Action::CloseShell(wire) => return self.drop_tab(wire),
            Action::CopyOut(copy) => return self.begin_out(copy),
            Action::CopyIn(copy) => return self.begin_in(copy, None),
            Action::Move(transfer) => {
                self.begin_transfer(transfer);
            }
            Action::Run(exec, name, ran) => return self.run_command(*exec, &name, ran),
            Action::FindProject(path, project) => return self.find_project(path, project),
            Action::Quit => return input::quit(self),
        }
        Vec::new()
    }

    fn paste_into(&mut self, wire: StreamId, bytes: Vec<u8>) -> Vec<Effect> {
        match self.shells.of(wire).filter(|tab| tab.takes_input()) {
            Some(_) => vec![Effect::Send(wire, bytes)],
            None => {
                self.notice = Some(Notice::warn("the shell ended before the paste: nothing was pasted", self.now));
                Vec::new()
            }
        }
    }
}
