//! What happened, as the engine tells it.

use super::{Id, Moment};

/// How an event should be felt.
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

/// One line of the event list.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, by the engine's clock.
    pub at: Moment,
    /// The instance it is about, if it is about one.
    pub id: Option<Id>,
    /// Name of what it is about.
    pub name: String,
    /// What happened, in words: `started`, `killed: out of memory`, `exit 1`.
    pub what: String,
    /// How to feel about it.
    pub tone: Tone,
}
