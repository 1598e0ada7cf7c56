//! What a stream brings to a log, apart from what it brings to other panes.

use crate::model::{Batch, LogState, SearchProgress, StreamEvent, Timestamp};

/// A message of a stream that has to do with logs. Each of these means the same as in [`StreamEvent`].
#[derive(Debug)]
pub(super) enum LogEvent {
    Lines(Batch),
    HistoryUntil(Timestamp),
    NothingOlder,
    Searched(SearchProgress),
    State(LogState),
    Partial(Batch),
}

impl LogEvent {
    /// None for what other panes are told. A new message must be put on one side or the other.
    pub fn of(event: StreamEvent) -> Option<LogEvent> {
        match event {
            StreamEvent::Lines(batch) => Some(LogEvent::Lines(batch)),
            StreamEvent::HistoryUntil(moment) => Some(LogEvent::HistoryUntil(moment)),
            StreamEvent::NothingOlder => Some(LogEvent::NothingOlder),
            StreamEvent::Searched(progress) => Some(LogEvent::Searched(progress)),
            StreamEvent::State(state) => Some(LogEvent::State(state)),
            StreamEvent::Partial(batch) => Some(LogEvent::Partial(batch)),
            StreamEvent::Began(_)
            | StreamEvent::Output(..)
            | StreamEvent::Exited(_)
            | StreamEvent::NoShell(_)
            | StreamEvent::Undelivered(_)
            | StreamEvent::Processes(_)
            | StreamEvent::Files(_)
            | StreamEvent::Progress(_)
            | StreamEvent::Transferred(_)
            | StreamEvent::Document(_)
            | StreamEvent::Compose(_)
            | StreamEvent::Bundle(_)
            | StreamEvent::Unfinished(_) => None,
        }
    }
}
