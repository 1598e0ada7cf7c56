//! Sessions inside a container: a shell, a command, the main process; and the processes that run there.

use super::id::Id;
use std::sync::Arc;

/// The label that a debug sidecar carries; its value is the id of the container it was made for.
pub const SIDECAR_LABEL: &str = "bowline.sidecar";

/// The label that a helper carries through which the files of a volume are reached; its value is the volume's name.
pub const VOLUME_LABEL: &str = "bowline.volume";

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// The program to run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Program {
    /// The container's own shell if it runs, else the first of the usual ones that does.
    Shell,
    /// This command and its arguments, through no shell.
    Argv(Vec<String>),
}

/// Root by its number, which an image without a list of users knows too.
const ROOT: &str = "0";

/// A command to be run beside a container's main process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exec {
    /// The container.
    pub id: Id,
    /// The program.
    pub program: Program,
    /// As whom: a name, a number, `user:group`; empty = as the container runs.
    pub user: String,
    /// Working directory; empty = the container's own.
    pub folder: String,
    /// Variables beside the container's own, `NAME=value`.
    pub env: Vec<String>,
    /// True if it gets a terminal.
    pub tty: bool,
    /// Its standard input is open.
    pub stdin: bool,
    /// True if it gets all capabilities.
    pub privileged: bool,
    /// The terminal's size at the start.
    pub size: Size,
}

impl Exec {
    /// The container's own shell, in a terminal of this size, as the container runs.
    pub fn shell(id: Id, size: Size) -> Exec {
        Exec {
            id,
            program: Program::Shell,
            user: String::new(),
            folder: String::new(),
            env: Vec::new(),
            tty: true,
            stdin: true,
            privileged: false,
            size,
        }
    }

    /// The same as root, whoever the container runs as.
    pub fn as_root(self) -> Exec {
        Exec { user: ROOT.into(), ..self }
    }
}

/// What a session turned out to be, once it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionInfo {
    /// The command that runs, clean text.
    pub command: String,
    /// As whom, clean text; empty while unknown.
    pub user: String,
    /// True if it has a terminal: its output is one raw stream.
    pub tty: bool,
    /// True if it takes input.
    pub input: bool,
}

/// A process of a container. Texts are clean.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Process {
    /// Its number as the engine's host sees it.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// The user.
    pub user: String,
    /// CPU, per cent of one processor, since the last look; over its whole life at the first.
    pub cpu: Option<f64>,
    /// Resident memory, bytes.
    pub memory: Option<u64>,
    /// Seconds since it began.
    pub age: Option<u64>,
    /// Its command line.
    pub command: String,
}

/// A command that was started beside the main process and still runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExecSession {
    /// The engine's name for it.
    pub raw: Arc<str>,
    /// Its first process, as the engine's host sees it; 0 where the engine does not tell.
    pub pid: i32,
    /// Its command line, clean.
    pub command: String,
    /// As whom, clean; empty = as the container runs.
    pub user: String,
    /// True if it has a terminal.
    pub tty: bool,
    /// This bowline holds it.
    pub ours: bool,
}

/// The processes of a container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Processes {
    /// All processes, in the engine's order.
    pub list: Vec<Process>,
    /// Exec sessions that run.
    pub execs: Vec<ExecSession>,
}
