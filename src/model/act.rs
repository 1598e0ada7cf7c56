//! Verbs: what can be asked of an instance or another thing of an engine, and how it went.

use super::request::{Joining, LimitChange, NewInstance, NewNetwork, NewVolume};
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
pub enum Verb {
    /// Start a stopped instance.
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
    /// Make an instance.
    Create,
    /// Remove an image, or one of its names.
    RemoveImage {
        /// Also if several names lead to it or an ended instance uses it.
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
    /// Join an instance to a network.
    Connect,
    /// Take an instance off a network.
    Disconnect,
    /// Empty the cache that builds use.
    PruneCache,
}

impl Verb {
    /// The verb as in "stop web-1".
    pub fn word(self) -> &'static str {
        match self {
            Verb::Start => "start",
            Verb::Stop => "stop",
            Verb::Restart => "restart",
            Verb::Pause => "pause",
            Verb::Unpause => "unpause",
            Verb::Kill(_) => "kill",
            Verb::Signal { .. } => "signal",
            Verb::Remove { .. } => "remove",
            Verb::Rename => "rename",
            Verb::Limit => "change the limits of",
            Verb::Commit => "commit",
            Verb::Duplicate => "duplicate",
            Verb::Wait => "wait for",
            Verb::Create | Verb::CreateVolume | Verb::CreateNetwork => "create",
            Verb::RemoveImage { .. } | Verb::RemoveVolume | Verb::RemoveNetwork => "remove",
            Verb::Tag => "tag",
            Verb::ImportVolume => "import into",
            Verb::CopyVolume => "copy",
            Verb::Connect => "connect",
            Verb::Disconnect => "disconnect",
            Verb::PruneCache => "empty",
        }
    }

    /// The docker command's word for it, where that is one.
    pub fn plain(self) -> &'static str {
        match self {
            Verb::Wait => "wait",
            Verb::ImportVolume => "import",
            verb => verb.word(),
        }
    }

    /// The word for a row on which it is under way: "stopping".
    pub fn pending_word(self) -> &'static str {
        match self {
            Verb::Start => "starting",
            Verb::Stop => "stopping",
            Verb::Restart => "restarting",
            Verb::Pause => "pausing",
            Verb::Unpause => "unpausing",
            Verb::Kill(_) => "killing",
            Verb::Signal { .. } => "signalling",
            Verb::Remove { .. } => "removing",
            Verb::Rename => "renaming",
            Verb::Limit => "limiting",
            Verb::Commit => "committing",
            Verb::Duplicate => "duplicating",
            Verb::Wait => "waiting for",
            Verb::Create | Verb::CreateVolume | Verb::CreateNetwork => "creating",
            Verb::RemoveImage { .. } | Verb::RemoveVolume | Verb::RemoveNetwork => "removing",
            Verb::Tag => "tagging",
            Verb::ImportVolume => "importing into",
            Verb::CopyVolume => "copying",
            Verb::Connect => "connecting",
            Verb::Disconnect => "disconnecting",
            Verb::PruneCache => "emptying",
        }
    }

    /// The words for a row on which it has not begun, since too many others are under way: "stop waits".
    pub fn waiting_word(self) -> String {
        match self {
            Verb::Limit => "limits wait".into(),
            verb => format!("{} waits", verb.word()),
        }
    }

    /// True for what may have to wait while many others are under way: what takes its time. What is done at once, or puts an
    /// end to what hangs, waits for nobody; and waiting for an end, which may last for ever, holds up nobody.
    pub fn takes_a_place(self) -> bool {
        !matches!(
            self,
            Verb::Kill(_)
                | Verb::Signal { .. }
                | Verb::Pause
                | Verb::Unpause
                | Verb::Remove { force: true, .. }
                | Verb::Wait
        )
    }

    /// The word for a row on which it is done: "stopped".
    pub fn done_word(self) -> &'static str {
        match self {
            Verb::Start => "started",
            Verb::Stop => "stopped",
            Verb::Restart => "restarted",
            Verb::Pause => "paused",
            Verb::Unpause => "unpaused",
            Verb::Kill(_) | Verb::Signal { .. } => "signalled",
            Verb::Remove { .. } => "removed",
            Verb::Rename => "renamed",
            Verb::Limit => "changed the limits of",
            Verb::Commit => "committed",
            Verb::Duplicate => "duplicated",
            Verb::Wait => "waited for",
            Verb::Create | Verb::CreateVolume | Verb::CreateNetwork => "created",
            Verb::RemoveImage { .. } | Verb::RemoveVolume | Verb::RemoveNetwork => "removed",
            Verb::Tag => "tagged",
            Verb::ImportVolume => "imported into",
            Verb::CopyVolume => "copied",
            Verb::Connect => "connected",
            Verb::Disconnect => "disconnected",
            Verb::PruneCache => "emptied",
        }
    }

    /// True for what cannot be undone and therefore asks first (row A2).
    pub fn is_dangerous(self) -> bool {
        matches!(
            self,
            Verb::Kill(_)
                | Verb::Signal { .. }
                | Verb::Remove { .. }
                | Verb::RemoveImage { .. }
                | Verb::RemoveVolume
                | Verb::RemoveNetwork
                | Verb::Disconnect
                | Verb::PruneCache
        )
    }

    /// True for what ends the run of an instance.
    pub fn ends(self) -> bool {
        matches!(self, Verb::Stop | Verb::Restart | Verb::Kill(_) | Verb::Remove { .. })
    }

    /// The kind of thing that it is done to, or that it makes.
    pub fn kind(self) -> Kind {
        match self {
            Verb::RemoveImage { .. } | Verb::Tag => Kind::Image,
            Verb::RemoveVolume | Verb::CreateVolume | Verb::ImportVolume | Verb::CopyVolume => Kind::Volume,
            Verb::RemoveNetwork | Verb::CreateNetwork => Kind::Network,
            Verb::PruneCache => Kind::System,
            _ => Kind::Instance,
        }
    }

    /// It makes something that is not there yet: the id of its act is nobody's.
    pub fn makes(self) -> bool {
        matches!(self, Verb::Create | Verb::CreateVolume | Verb::CreateNetwork)
    }
}

/// What an act needs to know beside its target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum With {
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
    /// The instance to be made.
    Instance(Box<NewInstance>),
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
pub struct Act {
    /// What to do.
    pub verb: Verb,
    /// To which instance or other thing.
    pub id: Id,
    /// Its name at that moment, for messages.
    pub name: String,
    /// What it needs to know beside that.
    pub with: With,
}

impl Act {
    /// A wish that needs to know nothing more.
    pub fn new(verb: Verb, id: Id, name: impl Into<String>) -> Act {
        Act { verb, id, name: name.into(), with: With::Nothing }
    }

    /// A wish that needs to know more.
    pub fn with(verb: Verb, id: Id, name: impl Into<String>, with: With) -> Act {
        Act { verb, id, name: name.into(), with }
    }
}

/// Which request of the user's an act belongs to: bulk acts share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ask(pub u64);

/// How an act went.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The request it belongs to.
    pub ask: Ask,
    /// The act.
    pub act: Act,
    /// Done, with a word on it where there is one, or why not.
    pub result: Result<String, Problem>,
}
