//! What is due, and when.

use super::time::Nanos;

/// Something that is due at a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) at: Nanos,
    pub(crate) deed: ScheduledEvent,
}

/// What is due. Deeds that belong to one run of a container carry its number, and lapse with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScheduledEvent {
    /// An incident is due.
    Incident,
    /// A restart policy's back-off is over.
    Revive { id: String, run: u64 },
    /// The health check reports for the first time, or reports well again.
    Settle { id: String, run: u64 },
    /// A synthetic container ends by itself.
    Crash { id: String, run: u64 },
    /// A synthetic container has finished obeying SIGTERM.
    Obey { id: String, run: u64 },
}
