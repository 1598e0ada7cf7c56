//! The messages that come in and the effects that go out: plain data that every file of this room may name.

use crate::model::{
    BundleParts, Edit, EditEnd, ExecHistoryEntry, LogColumns, LogQuery, LogTable, Operation, OperationId,
    OperationResult, PaneSizes, Problem, QueryFailed, Size, Snapshot, Source, StreamEvent, StreamId, TextCopy,
    TextViewer, Timestamp, Transferred, Viewport,
};
use crossterm::event::Event;
use std::path::PathBuf;
use std::sync::Arc;

/// A message: something that happened, by its source.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key, the mouse, a paste, a new size, the focus.
    Input(Event),
    /// The engines say something new.
    Store(Arc<Snapshot>),
    /// Something came out of an open stream.
    Chunk(StreamId, StreamEvent),
    /// A stream has ended for good.
    Ended(StreamId, Option<Problem>),
    /// An act has ended.
    Done(OperationResult),
    /// The end of bowline's own log file.
    OwnLog(Result<String, Problem>),
    /// Output was saved, or not: the sentence for the footer.
    Saved(Result<String, Problem>),
    /// Whether a file can be made at a path, as it was typed, or why not.
    Looked(String, Result<(), String>),
    /// The file of a bundle is written, or why not.
    Bundled(StreamId, Result<Transferred, Problem>),
    /// A question in SQL was answered or not, after so many seconds.
    Answered(StreamId, Result<Arc<LogTable>, QueryFailed>, f64),
    /// The editor has ended.
    Edited(Arc<Edit>, EditEnd),
    /// The program that showed a text has ended, and what may help if it showed nothing; or why it did not show it.
    Viewed(Result<Option<&'static str>, Problem>),
    /// Time passes.
    Tick(Timestamp),
    /// The terminal or a signal wants an end.
    Quit,
}

/// What should be done, by deed. Plain data.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Do this to a container.
    Act(OperationId, Operation),
    /// Open a stream.
    Open(StreamId, Source),
    /// Type into a session.
    Send(StreamId, Vec<u8>),
    /// A session's terminal has another size.
    Fit(StreamId, Size),
    /// Close it.
    Close(StreamId),
    /// Put a text into the clipboard.
    Copy(String),
    /// Write files: paths as typed, and their bytes.
    Save(Vec<(String, Vec<u8>)>),
    /// Look whether a file can be made at a path, as typed; nothing is left there.
    Look(String),
    /// Write the file of a bundle, with what else is known.
    WriteBundle(StreamId, Arc<BundleParts>, Arc<Snapshot>),
    /// That file is wanted no more.
    CancelBundle(StreamId),
    /// Answer a question in SQL.
    Query(StreamId, Arc<LogQuery>),
    /// That answer is wanted no more.
    CancelQuery(StreamId),
    /// Let the user edit a file: as it is there, or as an earlier edit has left it here.
    Edit(Arc<Edit>, Option<PathBuf>),
    /// Let the user read a text in a program of their own.
    View(TextViewer, Arc<TextCopy>),
    /// The edited file here is needed no more.
    Forget(PathBuf),
    /// The edited file here is kept, and why: for bowline's own log.
    Kept(PathBuf, Problem),
    /// This is being looked at.
    Attend(Viewport),
    /// Ask the engine for everything anew, retry now.
    Refresh,
    /// Leave the engine and open the embedded one.
    OpenEmbedded,
    /// Leave the context that cannot be opened and open the engine of this machine.
    OpenLocal,
    /// Turns the mouse on or off.
    Mouse(bool),
    /// Reports every movement of the mouse, or only its buttons.
    Motion(bool),
    /// Read the end of bowline's own log file.
    ReadOwnLog,
    /// Paint everything anew.
    Redraw,
    /// Back to the shell until it is continued.
    Suspend,
    /// Remember the layout.
    SaveLayout(PaneSizes),
    /// Remember the columns of logs.
    SaveLogColumns(Arc<LogColumns>),
    /// Remember a command that was run.
    SaveRan(ExecHistoryEntry),
    /// End.
    Quit,
}
