//! Events, as the engine reports them.

use super::id::Id;
use super::kind::Kind;
use super::operation::Signal;
use super::time::Timestamp;

/// The tone of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Ordinary life.
    #[default]
    Plain,
    /// Something came up or got better.
    Good,
    /// On its way between states.
    Busy,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
}

/// How a run of a container ended, as its event and those before it tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEnd {
    /// Its exit code, if that is told.
    pub code: Option<i64>,
    /// Why it ended.
    pub cause: EndCause,
}

/// Why a run of a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// Nothing else is known: it ended by itself.
    Itself,
    /// Somebody had a signal sent to it that ends programs.
    Signal,
    /// There was no memory left.
    OutOfMemory,
}

impl RunEnd {
    /// True for an end without an error, or one that somebody asked for.
    pub fn is_well(self) -> bool {
        match self.cause {
            EndCause::Itself => self.code == Some(0),
            EndCause::Signal => true,
            EndCause::OutOfMemory => false,
        }
    }

    /// The signal that its exit code stands for, where nothing else tells how it ended.
    pub fn signal(self) -> Option<Signal> {
        match self.cause {
            EndCause::Itself => self.code.and_then(Signal::of_exit_code),
            EndCause::Signal | EndCause::OutOfMemory => None,
        }
    }
}

/// One line of the event list. Its texts are clean.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// The time, by the engine's clock.
    pub at: Timestamp,
    /// The kind of object that it is about.
    pub topic: Kind,
    /// What happened, in the engine's word: `start`, `health_status`, `pull`.
    pub action: String,
    /// The container it is about, or that had a part in it.
    pub id: Option<Id>,
    /// Name of what it is about.
    pub name: String,
    /// What happened, in words: `started`, `killed: out of memory`, `exit 1`.
    pub what: String,
    /// What else the engine tells of it: an image, a driver, a place.
    pub more: String,
    /// The tone.
    pub tone: Tone,
    /// How a run ended, where that is what happened.
    pub end: Option<RunEnd>,
}
