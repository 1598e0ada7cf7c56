//! Open streams and the log lines that travel on them.

use super::blueprint::Unfinished;
use super::bundle::BundleParts;
use super::compose::{ComposeAnswer, ComposeQuestion};
use super::document::Document;
use super::files::{CopyIn, CopyOut, FileChunk};
use super::id::{EngineId, Id};
use super::kind::Kind;
use super::log_filter::LogFilters;
use super::log_level;
use super::problem::Problem;
use super::resource::SeenVolume;
use super::session::{Exec, Processes, SessionInfo, Size};
use super::time::Timestamp;
use super::transfer::{Progress, Transfer, Transferred};
use std::sync::Arc;

/// One opening of a stream. Each opening is a new number, so that a late chunk knows itself as stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StreamId(pub u64);

/// A source to stream from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The last `tail` lines of a container and everything after, across reconnects and restarts, each line once.
    Logs {
        /// The container.
        id: Id,
        /// The number of lines of history.
        tail: usize,
        /// Lines that the engine stamped before this moment are left out.
        since: Option<Timestamp>,
    },
    /// A page of older lines: those before `before`, at most `lines`, oldest first. Ends by itself.
    OlderLogs {
        /// The container.
        id: Id,
        /// Time of the oldest line already known.
        before: Timestamp,
        /// How many lines are already known after `before`, so that the engine can be asked by count from the end.
        known: usize,
        /// How many known lines carry exactly the time `before`: that many are left out at the seam.
        known_at_before: usize,
        /// The number of further lines.
        lines: usize,
    },
    /// Lines of what the engine holds of a log that pass filters, with their lines of context, oldest first, as they are found;
    /// [`StreamEvent::Searched`] tells how far it is. Ends by itself; closing it ends the search.
    SearchLogs {
        /// The container.
        id: Id,
        /// What lines must hold. None: all are told.
        filters: Arc<LogFilters>,
        /// Lines that the engine stamped before this moment are left out.
        since: Option<Timestamp>,
        /// Only so many of the latest lines are looked at.
        tail: Option<usize>,
        /// Time of the oldest line that is loaded already: lines from there on are left out. Not known: none are.
        before: Timestamp,
        /// How many loaded lines carry exactly the time `before`. None: the search ends where lines are later than `before`.
        known_at_before: usize,
    },
    /// The first lines that the engine stamped at a moment or later, oldest first. Ends by itself; with fewer lines than were
    /// asked for where there are no more.
    LogsFrom {
        /// The container.
        id: Id,
        /// The moment.
        from: Timestamp,
        /// The largest number of lines.
        lines: usize,
    },
    /// A command beside the main process. Takes input; ends with the process.
    Exec(Exec),
    /// The main process's own input and output, from now on. Takes input; closing it leaves the process alone.
    Attach {
        /// The container.
        id: Id,
        /// The terminal's size.
        size: Size,
    },
    /// A shell in a helper container that shares the processes and the network of a container. The helper is removed afterwards.
    Sidecar {
        /// The container whose processes and network are shared.
        id: Id,
        /// The helper's image; it must be there already.
        image: String,
        /// The terminal's size.
        size: Size,
    },
    /// What runs in a container, again and again. Takes no input.
    Processes {
        /// In which.
        id: Id,
    },
    /// The entries of a folder of a container, once.
    Folder {
        /// Of which.
        id: Id,
        /// The folder, raw.
        path: Vec<u8>,
    },
    /// The content of a file of a container, once.
    File {
        /// Of which.
        id: Id,
        /// The file, raw.
        path: Vec<u8>,
        /// The largest number of bytes to read.
        limit: usize,
        /// Its size and when it was changed last, as its folder's listing told: what is read must be that file.
        seen: Option<(u64, i64)>,
    },
    /// What is at a path of a container, once: what the folder holds, or what the file holds.
    Visit {
        /// Of which.
        id: Id,
        /// The path, raw.
        path: Vec<u8>,
        /// The largest number of bytes of a file to read.
        limit: usize,
    },
    /// A volume is made ready for looking at its files: [`FileChunk::Mounted`] tells through which container. That one is gone
    /// when the stream is closed and no copy uses it any more.
    Volume {
        /// The volume.
        seen: SeenVolume,
        /// Bytes in it, as far as known.
        size: Option<u64>,
    },
    /// Files are copied out of a container. Closing it ends the copy.
    CopyOut(CopyOut),
    /// Files are copied into a container. Closing it ends the copy.
    CopyIn(CopyIn),
    /// A file or folder of a container as a tar archive, in [`StreamEvent::Output`].
    ArchiveOut {
        /// Of which.
        id: Id,
        /// The path, raw.
        path: Vec<u8>,
        /// If it is a link, what it leads to is meant.
        follow: bool,
    },
    /// A tar archive, which is typed in, is unpacked by the engine into a folder of a container.
    ArchiveIn {
        /// Of which.
        id: Id,
        /// The folder, raw.
        path: Vec<u8>,
    },
    /// An image on its way. Closing it cancels it.
    Transfer(EngineId, Transfer),
    /// Runs of blueprints whose end nobody noted. Answered once.
    Unfinished(EngineId),
    /// A question about the files of a compose project. Answered once.
    Compose(EngineId, ComposeQuestion),
    /// A whole object, and again whenever something happened to it. Takes no input; ends when it is gone.
    Inspect {
        /// The kind of the object.
        kind: Kind,
        /// The object, by the engine's id or by its name.
        id: Id,
    },
}

impl Source {
    /// The engine that has it.
    pub fn engine(&self) -> Option<EngineId> {
        if let Source::Transfer(engine, _) | Source::Compose(engine, _) | Source::Unfinished(engine) = self {
            return Some(*engine);
        }
        self.id().map(Id::engine)
    }

    /// The container it is about, if it is about one, or whatever else is inspected.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Source::Exec(exec) => Some(&exec.id),
            Source::CopyOut(copy) => Some(&copy.id),
            Source::CopyIn(copy) => Some(&copy.id),
            Source::Volume { seen, .. } => Some(&seen.volume.id),
            Source::Logs { id, .. }
            | Source::OlderLogs { id, .. }
            | Source::SearchLogs { id, .. }
            | Source::LogsFrom { id, .. }
            | Source::Attach { id, .. }
            | Source::Sidecar { id, .. }
            | Source::Processes { id }
            | Source::Folder { id, .. }
            | Source::File { id, .. }
            | Source::Visit { id, .. }
            | Source::ArchiveOut { id, .. }
            | Source::ArchiveIn { id, .. }
            | Source::Inspect { id, .. } => Some(id),
            Source::Transfer(..) | Source::Compose(..) | Source::Unfinished(_) => None,
        }
    }
}

/// The output stream of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Stream {
    /// Standard output, or the one stream of a terminal.
    #[default]
    Out,
    /// Standard error.
    Err,
}

/// The severity of a line, guessed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Level {
    /// Says nothing of it.
    #[default]
    None,
    /// trace
    Trace,
    /// debug
    Debug,
    /// info, notice
    Info,
    /// warning
    Warn,
    /// error, fatal, panic, critical
    Error,
}

impl Level {
    /// Its word, as filters name it.
    pub fn word(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The level that a word names, in any case.
    pub fn from_word(word: &str) -> Option<Level> {
        if word.eq_ignore_ascii_case(Level::None.word()) {
            return Some(Level::None);
        }
        let is_word = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        Some(log_level::of_value(word.as_bytes())).filter(|level| is_word && *level != Level::None)
    }
}

/// Where a line lies in its batch. 24 bytes; a line costs its bytes and this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineMark {
    /// Offset of its first byte in [`Batch::bytes`].
    pub start: u32,
    /// Length in bytes, without the line end.
    pub len: u32,
    /// The time at which the engine received it.
    pub at: Timestamp,
    /// The stream that it came from.
    pub stream: Stream,
    /// The severity of the line.
    pub level: Level,
    /// KiB, rounded up, that are missing at its end, since it is longer than lines are kept; the largest number: or more. 0: whole.
    pub cut_kib: u16,
    /// It goes on with the entry before it, as the lines of a traceback do.
    pub continues: bool,
    /// It passes no filter, and is there as context of one that does.
    pub context: bool,
    /// Whose it is, in a log of several containers: its place among them. What comes from the store says 0.
    pub voice: u16,
}

// A field more must not cost each of a million lines eight bytes.
const _: () = assert!(size_of::<LineMark>() == 24);

/// Some lines in order, in one piece of memory. Raw bytes: nothing in here is clean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// The bytes of all lines.
    pub bytes: Vec<u8>,
    /// The lines.
    pub lines: Vec<LineMark>,
}

impl LineMark {
    /// What is missing at its end, in words; none for a whole line.
    pub fn cut(&self) -> Option<String> {
        const LARGEST: &str = "64 MiB or more";
        match self.cut_kib {
            0 => None,
            u16::MAX => Some(format!("{LARGEST} cut")),
            kib if kib < 10 * 1024 => Some(format!("{kib} KiB cut")),
            kib => Some(format!("{} MiB cut", kib / 1024)),
        }
    }
}

impl Batch {
    /// The bytes of one of its lines. Empty for a mark that is not of this batch.
    pub fn line(&self, mark: &LineMark) -> &[u8] {
        let start = mark.start as usize;
        self.bytes.get(start..start + mark.len as usize).unwrap_or_default()
    }
}

/// How far a search through what the engine holds of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchProgress {
    /// Lines looked at.
    pub lines: u64,
    /// Bytes of their text.
    pub bytes: u64,
    /// Lines found, without those of context.
    pub found: u64,
    /// Lines that are longer than lines are kept: what lies behind was not looked at.
    pub cut: u64,
    /// When the engine received the last line looked at.
    pub at: Timestamp,
}

/// The state of an open log stream.
#[derive(Debug, Clone, PartialEq)]
pub enum LogState {
    /// History is coming or has come; new lines will follow.
    Following,
    /// The container does not run: there is no more to come until it starts. Reopens by itself then.
    Waiting,
    /// The stream broke; it resumes by itself.
    Reconnecting(Problem),
}

/// A message of an open stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// Log lines.
    Lines(Batch),
    /// Lines of a log up to this moment, by the engine's clock, may be history; later ones were written since it was opened.
    HistoryUntil(Timestamp),
    /// The engine holds no line before those of this page. The stream ends next.
    NothingOlder,
    /// How far a search is: several times a second, and at its end.
    Searched(SearchProgress),
    /// The stream changed its state.
    State(LogState),
    /// An unfinished last line of a terminal (prompt, progress bar): replaces the one before.
    Partial(Batch),
    /// A session runs now.
    Began(SessionInfo),
    /// What a session wrote. Raw bytes: nothing in here is clean.
    Output(Stream, Vec<u8>),
    /// A session's process ended, with its exit code where the engine knows it. The stream ends next.
    Exited(Option<i64>),
    /// No shell runs in the container; these were tried. The stream ends next.
    NoShell(Vec<String>),
    /// Bytes that were typed and could not be delivered, since the session takes none.
    Undelivered(usize),
    /// The processes of a container.
    Processes(Arc<Processes>),
    /// Of files.
    Files(FileChunk),
    /// The progress of a transfer.
    Progress(Arc<Progress>),
    /// An image has arrived. The stream ends next.
    Transferred(Transferred),
    /// A whole object as it is now.
    Document(Arc<Document>),
    /// The answer to a question about a compose project. The stream ends next.
    Compose(ComposeAnswer),
    /// What was told for an incident bundle. The stream ends next.
    Bundle(Arc<BundleParts>),
    /// Runs of blueprints whose end nobody noted. The stream ends next.
    Unfinished(Vec<Unfinished>),
}
