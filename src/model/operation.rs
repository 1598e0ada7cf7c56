//! Verbs: what can be asked of a container or another thing of an engine, and how it went.

use super::request::{Joining, LimitChange, NewContainer, NewNetwork, NewVolume};
use super::{Id, Kind, Problem, SeenVolume, Transfer};

/// A signal by number; Linux numbers, as container engines understand them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(pub u8);

impl Signal {
    /// Signals that operators send, most wanted first.
    pub const CHOICES: [(Signal, &'static str, &'static str); 10] = [
        (Signal(9), "SIGKILL", "end at once, nothing is saved"),
        (Signal(15), "SIGTERM", "ask to end"),
        (Signal(2), "SIGINT", "interrupt, as ctrl-c does"),
        (Signal(3), "SIGQUIT", "quit, often with a dump"),
        (Signal(1), "SIGHUP", "hang up, often: reload configuration"),
        (Signal(10), "SIGUSR1", "for the program to define"),
        (Signal(12), "SIGUSR2", "for the program to define"),
        (Signal(28), "SIGWINCH", "window changed, graceful stop for some servers"),
        (Signal(19), "SIGSTOP", "freeze until SIGCONT"),
        (Signal(18), "SIGCONT", "go on after SIGSTOP"),
    ];

    /// The signal's name (`SIGKILL`), or `signal 42` for one without.
    pub fn name(self) -> String {
        match self.0 {
            1 => "SIGHUP",
            2 => "SIGINT",
            3 => "SIGQUIT",
            4 => "SIGILL",
            6 => "SIGABRT",
            7 => "SIGBUS",
            8 => "SIGFPE",
            9 => "SIGKILL",
            10 => "SIGUSR1",
            11 => "SIGSEGV",
            12 => "SIGUSR2",
            13 => "SIGPIPE",
            14 => "SIGALRM",
            15 => "SIGTERM",
            18 => "SIGCONT",
            19 => "SIGSTOP",
            24 => "SIGXCPU",
            28 => "SIGWINCH",
            31 => "SIGSYS",
            other => return format!("signal {other}"),
        }
        .to_string()
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Start a stopped container.
    Start,
    /// Ask it to end; kill after the engine's grace period.
    Stop,
    /// Stop and start.
    Restart,
    /// Freeze all its processes.
    Pause,
    /// Let them go on.
    Unpause,
    /// Send a signal.
    Kill(Signal),
    /// Send a signal to one of its processes.
    Signal {
        /// The process, as the engine's host sees it.
        pid: i32,
        /// Which signal.
        signal: Signal,
    },
    /// Remove it.
    Remove {
        /// Kill it first if it runs.
        force: bool,
        /// Remove its anonymous volumes too.
        volumes: bool,
    },
    /// Give it another name.
    Rename,
    /// Change its limits while it runs.
    Limit,
    /// Make an image of what is in it.
    Commit,
    /// Make another one like it, and start it.
    Duplicate,
    /// Wait until it ends, and tell how.
    Wait,
    /// Make a container.
    Create,
    /// Remove an image, or one of its names.
    RemoveImage {
        /// Also if several names lead to it or an ended container uses it.
        force: bool,
    },
    /// Give an image another name.
    Tag,
    /// Remove a volume with what is in it.
    RemoveVolume,
    /// Make a volume.
    CreateVolume,
    /// Bring a tar file into a volume.
    ImportVolume,
    /// Copy what is in a volume into another one.
    CopyVolume,
    /// Remove a network.
    RemoveNetwork,
    /// Make a network.
    CreateNetwork,
    /// Join a container to a network.
    Connect,
    /// Take a container off a network.
    Disconnect,
    /// Empty the cache that builds use.
    PruneCache,
}

impl OperationKind {
    /// The verb as in "stop web-1".
    pub fn word(self) -> &'static str {
        match self {
            OperationKind::Start => "start",
            OperationKind::Stop => "stop",
            OperationKind::Restart => "restart",
            OperationKind::Pause => "pause",
            OperationKind::Unpause => "unpause",
            OperationKind::Kill(_) => "kill",
            OperationKind::Signal { .. } => "signal",
            OperationKind::Remove { .. } => "remove",
            OperationKind::Rename => "rename",
            OperationKind::Limit => "change the limits of",
            OperationKind::Commit => "commit",
            OperationKind::Duplicate => "duplicate",
            OperationKind::Wait => "wait for",
            OperationKind::Create | OperationKind::CreateVolume | OperationKind::CreateNetwork => "create",
            OperationKind::RemoveImage { .. } | OperationKind::RemoveVolume | OperationKind::RemoveNetwork => "remove",
            OperationKind::Tag => "tag",
            OperationKind::ImportVolume => "import into",
            OperationKind::CopyVolume => "copy",
            OperationKind::Connect => "connect",
            OperationKind::Disconnect => "disconnect",
            OperationKind::PruneCache => "empty",
        }
    }

    /// The docker command's word for it, where that is one.
    pub fn plain(self) -> &'static str {
        match self {
            OperationKind::Wait => "wait",
            OperationKind::ImportVolume => "import",
            verb => verb.word(),
        }
    }

    /// The word for a row on which it is under way: "stopping".
    pub fn pending_word(self) -> &'static str {
        match self {
            OperationKind::Start => "starting",
            OperationKind::Stop => "stopping",
            OperationKind::Restart => "restarting",
            OperationKind::Pause => "pausing",
            OperationKind::Unpause => "unpausing",
            OperationKind::Kill(_) => "killing",
            OperationKind::Signal { .. } => "signalling",
            OperationKind::Remove { .. } => "removing",
            OperationKind::Rename => "renaming",
            OperationKind::Limit => "limiting",
            OperationKind::Commit => "committing",
            OperationKind::Duplicate => "duplicating",
            OperationKind::Wait => "waiting for",
            OperationKind::Create | OperationKind::CreateVolume | OperationKind::CreateNetwork => "creating",
            OperationKind::RemoveImage { .. } | OperationKind::RemoveVolume | OperationKind::RemoveNetwork => {
                "removing"
            }
            OperationKind::Tag => "tagging",
            OperationKind::ImportVolume => "importing into",
            OperationKind::CopyVolume => "copying",
            OperationKind::Connect => "connecting",
            OperationKind::Disconnect => "disconnecting",
            OperationKind::PruneCache => "emptying",
        }
    }

    /// The words for a row on which it has not begun, since too many others are under way: "stop waits".
    pub fn waiting_word(self) -> String {
        match self {
            OperationKind::Limit => "limits wait".into(),
            verb => format!("{} waits", verb.word()),
        }
    }

    /// True for what may have to wait while many others are under way: what takes its time. What is done at once, or puts an
    /// end to what hangs, waits for nobody; and waiting for an end, which may last for ever, holds up nobody.
    pub fn takes_a_place(self) -> bool {
        !matches!(
            self,
            OperationKind::Kill(_)
                | OperationKind::Signal { .. }
                | OperationKind::Pause
                | OperationKind::Unpause
                | OperationKind::Remove { force: true, .. }
                | OperationKind::Wait
        )
    }

    /// The word for a row on which it is done: "stopped".
    pub fn done_word(self) -> &'static str {
        match self {
            OperationKind::Start => "started",
            OperationKind::Stop => "stopped",
            OperationKind::Restart => "restarted",
            OperationKind::Pause => "paused",
            OperationKind::Unpause => "unpaused",
            OperationKind::Kill(_) | OperationKind::Signal { .. } => "signalled",
            OperationKind::Remove { .. } => "removed",
            OperationKind::Rename => "renamed",
            OperationKind::Limit => "changed the limits of",
            OperationKind::Commit => "committed",
            OperationKind::Duplicate => "duplicated",
            OperationKind::Wait => "waited for",
            OperationKind::Create | OperationKind::CreateVolume | OperationKind::CreateNetwork => "created",
            OperationKind::RemoveImage { .. } | OperationKind::RemoveVolume | OperationKind::RemoveNetwork => "removed",
            OperationKind::Tag => "tagged",
            OperationKind::ImportVolume => "imported into",
            OperationKind::CopyVolume => "copied",
            OperationKind::Connect => "connected",
            OperationKind::Disconnect => "disconnected",
            OperationKind::PruneCache => "emptied",
        }
    }

    /// True for what cannot be undone and therefore asks first (row A2).
    pub fn is_dangerous(self) -> bool {
        matches!(
            self,
            OperationKind::Kill(_)
                | OperationKind::Signal { .. }
                | OperationKind::Remove { .. }
                | OperationKind::RemoveImage { .. }
                | OperationKind::RemoveVolume
                | OperationKind::RemoveNetwork
                | OperationKind::Disconnect
                | OperationKind::PruneCache
        )
    }

    /// True for what ends the run of a container.
    pub fn ends(self) -> bool {
        matches!(
            self,
            OperationKind::Stop | OperationKind::Restart | OperationKind::Kill(_) | OperationKind::Remove { .. }
        )
    }

    /// The kind of thing that it is done to, or that it makes.
    pub fn kind(self) -> Kind {
        match self {
            OperationKind::RemoveImage { .. } | OperationKind::Tag => Kind::Image,
            OperationKind::RemoveVolume
            | OperationKind::CreateVolume
            | OperationKind::ImportVolume
            | OperationKind::CopyVolume => Kind::Volume,
            OperationKind::RemoveNetwork | OperationKind::CreateNetwork => Kind::Network,
            OperationKind::PruneCache => Kind::System,
            _ => Kind::Container,
        }
    }

    /// It makes something that is not there yet: the id of its act is nobody's.
    pub fn makes(self) -> bool {
        matches!(self, OperationKind::Create | OperationKind::CreateVolume | OperationKind::CreateNetwork)
    }
}

/// What an act needs to know beside its target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum OperationArgs {
    /// Nothing.
    #[default]
    Nothing,
    /// For one of its processes: that one's command line at that moment. A number alone may come to mean another.
    Command(String),
    /// The new name.
    Name(String),
    /// The name that an image is to be given.
    ImageName(ImageName),
    /// The one name that an image is to lose.
    Untag(Untag),
    /// The volume that is meant, as it was then.
    Seen(SeenVolume),
    /// Limits.
    Limits(LimitChange),
    /// The container to be made.
    Container(Box<NewContainer>),
    /// The volume to be made.
    Volume(NewVolume),
    /// The network to be made.
    Network(NewNetwork),
    /// The network to join or to leave.
    Joining(Joining),
    /// What is moved: it is done as a transfer.
    Transfer(Box<Transfer>),
}

/// A name for an image.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageName {
    /// The name.
    pub name: String,
    /// The image that had it when this was planned, by the engine's id: that one loses it.
    pub holder: Option<String>,
}

/// One name of an image, which is to go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Untag {
    /// The name.
    pub name: String,
    /// As planned other names still lead to the image, and it stays; else it goes with this one.
    pub stays: bool,
}

/// A wish, with the identity captured when the key was pressed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    /// What to do.
    pub verb: OperationKind,
    /// To which container or other thing.
    pub id: Id,
    /// Its name at that moment, for messages.
    pub name: String,
    /// What it needs to know beside that.
    pub with: OperationArgs,
}

impl Operation {
    /// A wish that needs to know nothing more.
    pub fn new(verb: OperationKind, id: Id, name: impl Into<String>) -> Operation {
        Operation { verb, id, name: name.into(), with: OperationArgs::Nothing }
    }

    /// A wish that needs to know more.
    pub fn with(verb: OperationKind, id: Id, name: impl Into<String>, with: OperationArgs) -> Operation {
        Operation { verb, id, name: name.into(), with }
    }
}

/// Which request of the user's an act belongs to: bulk acts share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OperationId(pub u64);

/// How an act went.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationResult {
    /// The request it belongs to.
    pub ask: OperationId,
    /// The act.
    pub act: Operation,
    /// Done, with a word on it where there is one, or why not.
    pub result: Result<String, Problem>,
}
