//! Verbs: what can be asked of an instance, and how it went.

use super::{Id, Problem};

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
        }
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
        }
    }

    /// True for what cannot be undone and therefore asks first (row A2).
    pub fn is_dangerous(self) -> bool {
        matches!(self, Verb::Kill(_) | Verb::Signal { .. } | Verb::Remove { .. })
    }
}

/// A wish, with the identity captured when the key was pressed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Act {
    /// What to do.
    pub verb: Verb,
    /// To which instance.
    pub id: Id,
    /// Its name at that moment, for messages.
    pub name: String,
    /// For one of its processes: that one's command line at that moment. A number alone may come to mean another.
    pub command: Option<String>,
}

impl Act {
    /// A wish for a whole instance.
    pub fn new(verb: Verb, id: Id, name: impl Into<String>) -> Act {
        Act { verb, id, name: name.into(), command: None }
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
    /// Done, or why not.
    pub result: Result<(), Problem>,
}
