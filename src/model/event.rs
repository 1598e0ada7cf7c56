//! Events, as the engine reports them.

use super::id::Id;
use super::kind::Kind;
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
}
