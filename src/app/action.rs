//! What choosing does: the actions that rows of menus, questions and forms carry.

use super::command::{Command, KeyContext};
use super::layout::Pane;
use super::msg::Effect;
use super::options::LogOptions;
use super::overlay::Overlay;
use super::panes::column::Column;
use super::panes::fleet::Grouping;
use super::panes::inspect::comparison::CompareTarget;
use super::panes::log::commands::LogChoice;
use super::panes::process_sort::ProcessSort;
use super::screens::transfers::form::TransferKind;
use super::widgets::confirm::Confirm;
use super::widgets::notice::Notice;
use super::widgets::prompt::TextFor;
use crate::model::{
    ComposeAnswer, ComposeRun, ComposeSite, Container, CopyIn, CopyOut, EngineId, Exec, ExecHistoryEntry, Graph, Id,
    LogColumns, LogTable, Operation, OperationId, Problem, Signal, StreamId, Timestamp, Transfer,
};
use crossterm::event::KeyEvent;
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
    /// The footer says this, unless what has these keys is on top and shows it itself.
    NoticeUnless(KeyContext, Notice),
    /// This lies above the cockpit from now on.
    Open(Box<Overlay>),
    /// A text was typed: for what has these keys, and what for.
    Typed(KeyContext, TextFor, String),
    /// What was typed into a prompt with this sign and this help is offered by the next one like it.
    Remember(&'static str, &'static str, String),
    /// A key is pressed.
    Key(KeyEvent),
    /// A pane gets the focus.
    Focus(Pane),
    /// The shell pane is left: the focus goes back to where it came from.
    LeaveShell,
    /// The cursor of what has these keys moves by so many rows.
    Scroll(KeyContext, isize),
    /// The log of a container comes up at a time.
    LogTime(Id, Timestamp),
    /// Something was chosen for the log on screen.
    Log(LogChoice),
    /// A graph is shown from now on.
    AddGraph(Box<Graph>),
    /// The graph at this place, of this name, is taken away.
    RemoveGraph(usize, String),
    /// A statement is asked for, for the log of that name that has these columns.
    AskSql(String, Vec<String>),
    /// A statement is asked for, which begins with this.
    EditSql(String),
    /// A statement is run on the log on screen.
    RunSql(String),
    /// A table is copied as the text that this makes of it.
    CopyTable(Arc<LogTable>, fn(&LogTable) -> Vec<u8>),
    /// Logs are shown in this way from now on.
    LogOptions(LogOptions),
    /// These fields of logs stand as columns from now on.
    LogColumns(Arc<LogColumns>),
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
    /// This engine is meant.
    ChooseEngine(EngineId),
    /// What is inspected is compared with this, which has that name; with nothing if none.
    Compare(Option<(CompareTarget, String)>),
    /// An edit that was not written back is opened again.
    EditAgain(PathBuf),
    /// Writes the edit back in any case.
    WriteBack(PathBuf),
    /// Edits the current content instead.
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
    /// The form of a transfer comes up.
    TransferForm(TransferKind),
    /// The form of a transfer comes up with all that it held.
    EditTransfer(Box<Transfer>),
    /// A transfer is cancelled.
    CancelTransfer(StreamId),
    /// A transfer is begun again.
    RetryTransfer(StreamId),
    /// A question to compose was answered.
    ComposeAnswered(StreamId, Box<ComposeAnswer>),
    /// A question to compose has ended without an answer, and why.
    ComposeUnanswered(StreamId, Option<Problem>),
    /// Compose has changed the containers of a project.
    ComposeRan(ComposeSite),
    /// Compose is run.
    Compose(Box<ComposeRun>),
    /// A plan was agreed to.
    Agreed(Box<Confirm>),
    /// What failed in an operation on many is tried again.
    RetryFailed(OperationId),
    /// The cursor goes to a container of that name in the list of containers.
    GoTo(Id, String),
    /// A command is run in a container of that name.
    Run(Box<Exec>, String, ExecHistoryEntry),
    /// The files of a compose project are looked for: a path, and the name of the project.
    FindProject(String, String),
    /// The cockpit is left.
    Quit,
}
