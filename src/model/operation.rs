//! Operations: what can be asked of a container or another thing of an engine, a row for each; and how it went.

use super::container::{Container, State};
use super::docker_line::{self, DockerLine, docker};
use super::id::Id;
use super::kind::Kind;
use super::problem::Problem;
use super::request::{Joining, LimitChange, NewContainer, NewNetwork, NewVolume};
use super::resource::SeenVolume;
use super::transfer::Transfer;
use strum::EnumCount;

/// A signal by number; Linux numbers, as container engines understand them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(pub u8);

impl Signal {
    /// Signals that operators send, most wanted first.
    pub const CHOICES: [(Signal, &'static str, &'static str); 10] = [
        (Signal(9), "SIGKILL", "kill at once, nothing is saved"),
        (Signal(15), "SIGTERM", "ask to terminate"),
        (Signal(2), "SIGINT", "interrupt, as ctrl-c does"),
        (Signal(3), "SIGQUIT", "quit, often with a core dump"),
        (Signal(1), "SIGHUP", "hang up; often reloads the configuration"),
        (Signal(10), "SIGUSR1", "user-defined"),
        (Signal(12), "SIGUSR2", "user-defined"),
        (Signal(28), "SIGWINCH", "window change; graceful stop for some servers"),
        (Signal(19), "SIGSTOP", "stop until SIGCONT"),
        (Signal(18), "SIGCONT", "continue after SIGSTOP"),
    ];

    /// The signal that ended a program with this exit code. By the shell's convention, which engines follow, such a code is 128
    /// and the signal's number.
    pub fn of_exit_code(code: i64) -> Option<Signal> {
        u8::try_from(code.checked_sub(128)?).ok().filter(|number| (1..65).contains(number)).map(Signal)
    }

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

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
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
        /// The signal to send.
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

/// What there is to say of a kind of operation: its row. Plan, list, results, footer, command line and engine read it.
#[derive(Debug, Clone, Copy)]
pub struct OperationSpec {
    /// The kind of thing that it is done to, or that it makes.
    pub kind: Kind,
    /// The words before a name: "stop", "change the limits of".
    pub word: &'static str,
    /// The word on the button that does it: "stop", "change".
    pub button: &'static str,
    /// The words before a name while it is under way: "stopping".
    pub pending: &'static str,
    /// The words before a name once it is done: "stopped".
    pub done: &'static str,
    /// It cannot be undone and therefore asks first (row A2).
    pub is_dangerous: bool,
    /// It makes something that is not there yet: the id of its operation is nobody's.
    pub makes: bool,
    /// It can be tried again after a failure. What makes something may have made it before it failed: once more would be another.
    pub can_retry: bool,
    /// It waits while many others are under way. What is done at once, or puts an end to what hangs, waits for nobody; and
    /// waiting for an end, which can last for ever, holds up nobody.
    pub is_queued: bool,
    /// True if it ends the run of a container.
    pub ends: bool,
    /// True if it changes the disk usage.
    pub changes_disk: bool,
    /// The order among containers that need each other.
    pub order: Order,
    /// The arguments that it needs beside its target.
    pub needs: Needs,
    /// The containers that it makes sense for: stopping skips what is stopped already.
    pub applies: fn(&Container) -> bool,
    /// The content of its plan beyond the word.
    pub plan: Plan,
    /// What is lost by it, in a sentence; empty: nothing.
    pub warning: &'static str,
    /// The time limit for the engine's answer.
    pub patience: Patience,
    /// The docker command that does the same.
    pub line: Line,
}

/// Writes the docker command that does the same as an operation.
pub type Line = fn(&Operation) -> DockerLine;

/// The order in which an operation comes to containers that need each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All at once: nobody waits for another.
    Together,
    /// Dependencies come first.
    NeededFirst,
    /// Dependents come first.
    NeededLast,
}

/// What an operation needs to know beside its target: its arguments, as a rule from a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// No arguments.
    Nothing,
    /// The signal to send.
    Signal,
    /// The process, and the signal to send.
    Process,
    /// A new name in place of its own.
    NewName,
    /// The name of another one like it.
    TwinName,
    /// A name for an image, and who has it.
    ImageName,
    /// The name of an image that is to go; none for an image without names.
    Untag,
    /// The volume that is meant, as it was seen.
    Volume,
    /// Limits.
    Limits,
    /// A network to join, and further names on it.
    NetworkToJoin,
    /// A network to leave.
    NetworkToLeave,
    /// All that a new container is made of.
    NewContainer,
    /// All that a new volume is made of.
    NewVolume,
    /// All that a new network is made of.
    NewNetwork,
    /// A file of this machine, and the volume that it goes into.
    Import,
    /// The volume that a copy goes into.
    Copy,
}

impl Needs {
    /// True for what can be said of one thing only: no two have one name.
    pub fn is_for_one(self) -> bool {
        matches!(self, Needs::NewName | Needs::TwinName | Needs::ImageName)
    }
}

/// What the plan of an operation says beyond its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Nothing more: the word says it all.
    Word,
    /// The containers that share its network.
    Sharers,
    /// The effects of removing a container.
    Container,
    /// The size of an image, and the containers that use it.
    Image,
    /// The size of a volume, and the containers that use it.
    Volume,
    /// The containers on a network.
    Network,
    /// Volumes that a new container makes.
    NewVolumes,
    /// The image that loses the name.
    ImageName,
    /// Each limit, as it was and as it will be.
    Limits,
    /// The content of a volume that is written to.
    Contents,
}

/// A time limit for the engine's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A moment.
    Moment,
    /// Two requests; a large image is made ready for its first container.
    Making,
    /// The time that a container has to end.
    Grace,
    /// Minutes: many layers.
    Minutes,
    /// As long as it takes.
    Forever,
}

/// A row with all that most rows have.
fn row(kind: Kind, word: &'static str, pending: &'static str, done: &'static str, line: Line) -> OperationSpec {
    OperationSpec {
        kind,
        word,
        button: word,
        pending,
        done,
        is_dangerous: false,
        makes: false,
        can_retry: true,
        is_queued: true,
        ends: false,
        changes_disk: kind != Kind::Container,
        order: Order::NeededFirst,
        needs: Needs::Nothing,
        applies: |_| true,
        plan: Plan::Word,
        warning: "",
        patience: Patience::Moment,
        line,
    }
}

/// The row of what takes something away for good.
fn removal(kind: Kind, line: Line) -> OperationSpec {
    OperationSpec { is_dangerous: true, ..row(kind, "remove", "removing", "removed", line) }
}

/// The row of what makes something.
fn creation(kind: Kind, needs: Needs, line: Line) -> OperationSpec {
    OperationSpec {
        makes: true,
        can_retry: false,
        changes_disk: true,
        needs,
        ..row(kind, "create", "creating", "created", line)
    }
}

impl OperationKind {
    /// One of each kind.
    pub const ALL: [OperationKind; OperationKind::COUNT] = [
        OperationKind::Start,
        OperationKind::Stop,
        OperationKind::Restart,
        OperationKind::Pause,
        OperationKind::Unpause,
        OperationKind::Kill(Signal(9)),
        OperationKind::Signal { pid: 1, signal: Signal(15) },
        OperationKind::Remove { force: true, volumes: true },
        OperationKind::Rename,
        OperationKind::Limit,
        OperationKind::Commit,
        OperationKind::Duplicate,
        OperationKind::Wait,
        OperationKind::Create,
        OperationKind::RemoveImage { force: true },
        OperationKind::Tag,
        OperationKind::RemoveVolume,
        OperationKind::CreateVolume,
        OperationKind::ImportVolume,
        OperationKind::CopyVolume,
        OperationKind::RemoveNetwork,
        OperationKind::CreateNetwork,
        OperationKind::Connect,
        OperationKind::Disconnect,
        OperationKind::PruneCache,
    ];

    /// Its row.
    pub fn spec(self) -> OperationSpec {
        use OperationKind as O;
        match self {
            O::Start => OperationSpec {
                applies: |one| !one.state.is_alive(),
                ..row(Kind::Container, "start", "starting", "started", |one| docker(["start", &one.name]))
            },
            O::Stop => OperationSpec {
                applies: |one| one.state.is_alive() || one.state == State::Restarting,
                ends: true,
                order: Order::NeededLast,
                patience: Patience::Grace,
                plan: Plan::Sharers,
                ..row(Kind::Container, "stop", "stopping", "stopped", |one| docker(["stop", &one.name]))
            },
            O::Restart => OperationSpec {
                ends: true,
                patience: Patience::Grace,
                plan: Plan::Sharers,
                ..row(Kind::Container, "restart", "restarting", "restarted", |one| docker(["restart", &one.name]))
            },
            O::Pause => OperationSpec {
                applies: |one| one.state == State::Running,
                is_queued: false,
                order: Order::NeededLast,
                plan: Plan::Sharers,
                ..row(Kind::Container, "pause", "pausing", "paused", |one| docker(["pause", &one.name]))
            },
            O::Unpause => OperationSpec {
                applies: |one| one.state == State::Paused,
                is_queued: false,
                ..row(Kind::Container, "unpause", "unpausing", "unpaused", |one| docker(["unpause", &one.name]))
            },
            O::Kill(_) => OperationSpec {
                applies: |one| one.state.is_alive(),
                is_dangerous: true,
                is_queued: false,
                ends: true,
                order: Order::NeededLast,
                needs: Needs::Signal,
                ..row(Kind::Container, "kill", "killing", "signalled", docker_line::kill)
            },
            O::Signal { .. } => OperationSpec {
                applies: |one| one.state.is_alive(),
                is_dangerous: true,
                is_queued: false,
                needs: Needs::Process,
                ..row(Kind::Container, "signal", "signalling", "signalled", docker_line::signal)
            },
            O::Remove { force, .. } => OperationSpec {
                is_queued: !force,
                ends: true,
                changes_disk: true,
                order: Order::NeededLast,
                plan: Plan::Container,
                warning: "Its log and all data written outside volumes are lost.",
                ..removal(Kind::Container, docker_line::remove)
            },
            O::Rename => OperationSpec {
                needs: Needs::NewName,
                ..row(Kind::Container, "rename", "renaming", "renamed", docker_line::rename)
            },
            O::Limit => OperationSpec {
                button: "change",
                needs: Needs::Limits,
                plan: Plan::Limits,
                ..row(Kind::Container, "change the limits of", "limiting", "changed the limits of", docker_line::update)
            },
            O::Commit => OperationSpec {
                changes_disk: true,
                needs: Needs::ImageName,
                patience: Patience::Minutes,
                plan: Plan::ImageName,
                ..row(Kind::Container, "commit", "committing", "committed", docker_line::commit)
            },
            O::Duplicate => OperationSpec {
                can_retry: false,
                needs: Needs::TwinName,
                patience: Patience::Making,
                ..row(Kind::Container, "duplicate", "duplicating", "duplicated", docker_line::duplicate)
            },
            O::Wait => OperationSpec {
                button: "wait",
                applies: |one| one.state.is_alive(),
                is_queued: false,
                order: Order::Together,
                patience: Patience::Forever,
                ..row(Kind::Container, "wait for", "waiting for", "waited for", |one| docker(["wait", &one.name]))
            },
            O::Create => OperationSpec {
                patience: Patience::Making,
                plan: Plan::NewVolumes,
                ..creation(Kind::Container, Needs::NewContainer, docker_line::create)
            },
            O::RemoveImage { .. } => OperationSpec {
                needs: Needs::Untag,
                patience: Patience::Minutes,
                plan: Plan::Image,
                warning: "The engine refuses images in use or with child images. A removed image must be pulled or built again.",
                ..removal(Kind::Image, docker_line::remove_image)
            },
            O::Tag => OperationSpec {
                needs: Needs::ImageName,
                plan: Plan::ImageName,
                ..row(Kind::Image, "tag", "tagging", "tagged", docker_line::tag)
            },
            O::RemoveVolume => OperationSpec {
                needs: Needs::Volume,
                plan: Plan::Volume,
                warning: "All data in a volume is lost for good.",
                ..removal(Kind::Volume, |one| docker(["volume", "rm", one.id.raw()]))
            },
            O::CreateVolume => creation(Kind::Volume, Needs::NewVolume, docker_line::create_volume),
            O::ImportVolume => OperationSpec {
                button: "import",
                needs: Needs::Import,
                plan: Plan::Contents,
                ..row(Kind::Volume, "import into", "importing into", "imported into", docker_line::import_volume)
            },
            O::CopyVolume => OperationSpec {
                needs: Needs::Copy,
                plan: Plan::Contents,
                ..row(Kind::Volume, "copy", "copying", "copied", docker_line::copy_volume)
            },
            O::RemoveNetwork => OperationSpec {
                plan: Plan::Network,
                warning: "Containers that refer to it will fail to start.",
                ..removal(Kind::Network, |one| docker(["network", "rm", &one.name]))
            },
            O::CreateNetwork => creation(Kind::Network, Needs::NewNetwork, docker_line::create_network),
            O::Connect => OperationSpec {
                needs: Needs::NetworkToJoin,
                ..row(Kind::Container, "connect", "connecting", "connected", docker_line::connect)
            },
            O::Disconnect => OperationSpec {
                is_dangerous: true,
                needs: Needs::NetworkToLeave,
                ..row(Kind::Container, "disconnect", "disconnecting", "disconnected", docker_line::disconnect)
            },
            O::PruneCache => OperationSpec {
                is_dangerous: true,
                patience: Patience::Minutes,
                warning: "The next builds take longer.",
                ..row(Kind::System, "empty", "emptying", "emptied", |_| {
                    docker(["builder", "prune", "--all", "--force"])
                })
            },
        }
    }

    /// The words for a row on which it has not begun, since too many others are under way: "stop waits".
    pub fn waiting_word(self) -> String {
        format!("{} waits", self.spec().button)
    }

    /// The signal that it sends.
    pub fn signal(self) -> Option<Signal> {
        if let OperationKind::Kill(signal) | OperationKind::Signal { signal, .. } = self { Some(signal) } else { None }
    }
}

/// The arguments of an operation beside its target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum OperationArgs {
    /// No arguments.
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
    /// The transfer that carries it out.
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

/// An operation, with the identity captured when the key was pressed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    /// The kind of operation.
    pub kind: OperationKind,
    /// To which container or other thing.
    pub id: Id,
    /// Its name at that moment, for messages.
    pub name: String,
    /// The arguments.
    pub with: OperationArgs,
}

impl Operation {
    /// What is going on, as problems say it: `stop web-1`.
    pub fn during(&self) -> String {
        format!("{} {}", self.kind.spec().word, self.name)
    }

    /// An operation without arguments.
    pub fn new(kind: OperationKind, id: Id, name: impl Into<String>) -> Operation {
        Operation { kind, id, name: name.into(), with: OperationArgs::Nothing }
    }

    /// An operation with arguments.
    pub fn with(kind: OperationKind, id: Id, name: impl Into<String>, with: OperationArgs) -> Operation {
        Operation { kind, id, name: name.into(), with }
    }

    /// The docker command that does the same.
    pub fn docker_line(&self) -> DockerLine {
        (self.kind.spec().line)(self)
    }
}

/// Which request of the user's an act belongs to: bulk acts share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OperationId(pub u64);

/// The result of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationResult {
    /// The request it belongs to.
    pub id: OperationId,
    /// The act.
    pub operation: Operation,
    /// Done, with a word on it where there is one, or why not.
    pub result: Result<String, Problem>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_beyond_128_tells_a_signal_and_no_code_is_too_far_off() {
        let named = |code| Signal::of_exit_code(code).map(Signal::name);
        assert_eq!((named(137).as_deref(), named(1), named(128)), (Some("SIGKILL"), None, None));
        assert_eq!((named(i64::MIN), named(i64::MAX)), (None, None));
    }
}
