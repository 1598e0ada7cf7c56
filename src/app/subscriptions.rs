//! Which streams are open, and whose each is: the only place that opens and closes them.
//!
//! Whoever reads a stream keeps its number and names it after every message, as long as it is read. What is named and not
//! open is opened; what is open and not named any more is closed. So no way out of a pane can forget a stream.

use super::command::KeyContext;
use super::msg::Effect;
use crate::model::{Id, Source, StreamId};
use std::cell::Cell;
use std::collections::BTreeMap;

/// What a stream is read for: this says who gets what it brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The log on screen, one of several merged ones, or the log that takes its place next.
    Log,
    /// An older page of the log on screen.
    OlderLog,
    /// A search through the history of the log on screen.
    LogSearch,
    /// Lines of it from a moment on.
    LogPart,
    /// The processes of a container.
    Processes,
    /// The object that is inspected.
    Inspect,
    /// The target that it is compared with.
    Compared,
    /// A folder, a file, or the helper through which those of a volume are read.
    Files,
    /// A copy into a container or out of it.
    Copy,
    /// A question to compose.
    Compose,
    /// A session in the shell pane.
    Shell,
    /// What tells why a container stands as it does.
    Why,
    /// An image, a volume or a run of compose under way.
    Transfer,
}

impl Slot {
    /// True if it brings every line of a stretch of a log.
    pub fn brings_whole_log(self) -> bool {
        matches!(self, Slot::Log | Slot::OlderLog | Slot::LogPart)
    }

    /// The pane that takes what the stream brings, named by its keys.
    pub fn pane(self) -> KeyContext {
        match self {
            Slot::Log | Slot::OlderLog | Slot::LogSearch | Slot::LogPart => KeyContext::Logs,
            Slot::Processes => KeyContext::Processes,
            Slot::Inspect | Slot::Compared => KeyContext::Inspect,
            Slot::Shell => KeyContext::Shell,
            Slot::Files | Slot::Copy => KeyContext::Files,
            Slot::Why => KeyContext::Reading,
            Slot::Transfer => KeyContext::Transfers,
            Slot::Compose => KeyContext::Compose,
        }
    }
}

/// A stream that was opened.
#[derive(Debug)]
struct Open {
    slot: Slot,
    /// The container it is about.
    of: Option<Id>,
    /// Somebody has named it since the last comparison.
    named: bool,
    /// The engine has ended it: it is neither closed nor opened again.
    ended: bool,
}

/// The streams of the cockpit.
#[derive(Debug, Default)]
pub struct Streams {
    last: Cell<u64>,
    open: BTreeMap<StreamId, Open>,
}

impl Streams {
    /// The number for a stream that is to be opened.
    pub fn next_id(&self) -> StreamId {
        self.last.set(self.last.get() + 1);
        StreamId(self.last.get())
    }

    /// What a stream is read for. None if it is not open: what it brings comes too late.
    pub fn slot(&self, stream: StreamId) -> Option<Slot> {
        self.open.get(&stream).filter(|open| !open.ended).map(|open| open.slot)
    }

    /// The container that an open stream is about.
    pub fn container(&self, stream: StreamId) -> Option<&Id> {
        self.open.get(&stream).and_then(|open| open.of.as_ref())
    }

    /// The engine has ended a stream: what it was read for.
    pub fn end(&mut self, stream: StreamId) -> Option<Slot> {
        let open = self.open.get_mut(&stream).filter(|open| !open.ended)?;
        open.ended = true;
        Some(open.slot)
    }

    /// All streams went with their engine.
    pub fn forget(&mut self) {
        self.open.clear();
    }

    /// Compares what is read with what is open, as `name` names it. What is closed comes before all other effects, what is
    /// opened comes next: the helper that holds a volume is gone before the volume is removed.
    pub fn sync(&mut self, effects: &mut Vec<Effect>, name: impl FnOnce(&mut Wants)) {
        let mut wants = Wants { streams: self, opened: Vec::new() };
        name(&mut wants);
        let opened = wants.opened;
        let mut first = Vec::new();
        self.close_unnamed(&mut first);
        first.extend(opened);
        effects.splice(0..0, first);
    }

    /// Closes what nobody has named any more.
    fn close_unnamed(&mut self, effects: &mut Vec<Effect>) {
        self.open.retain(|stream, open| {
            let named = std::mem::take(&mut open.named);
            if !named && !open.ended {
                effects.push(Effect::Close(*stream));
            }
            named
        });
    }
}

/// The streams that are read now, as they are named.
pub struct Wants<'a> {
    streams: &'a mut Streams,
    opened: Vec<Effect>,
}

impl Wants<'_> {
    /// Names a stream; its source is asked for only when it is to be opened.
    pub fn add(&mut self, stream: StreamId, slot: Slot, source: impl FnOnce() -> Source) {
        if let Some(open) = self.streams.open.get_mut(&stream) {
            open.named = true;
            return;
        }
        let source = source();
        let of = source.id().cloned();
        self.streams.open.insert(stream, Open { slot, of, named: true, ended: false });
        self.opened.push(Effect::Open(stream, source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Id};

    fn source() -> Source {
        Source::Processes { id: Id::new(EngineId(0), "x") }
    }

    fn synced(streams: &mut Streams, named: &[StreamId]) -> Vec<Effect> {
        let mut effects = Vec::new();
        streams.sync(&mut effects, |wants| named.iter().for_each(|id| wants.add(*id, Slot::Processes, source)));
        effects
    }

    #[test]
    fn a_stream_is_opened_when_it_is_named_and_closed_when_it_is_not() {
        let mut streams = Streams::default();
        let (one, two) = (streams.next_id(), streams.next_id());
        assert_eq!(synced(&mut streams, &[one]), [Effect::Open(one, source())]);
        assert_eq!(synced(&mut streams, &[one]), []);
        assert_eq!(synced(&mut streams, &[two]), [Effect::Close(one), Effect::Open(two, source())]);
        assert_eq!((streams.slot(one), streams.slot(two)), (None, Some(Slot::Processes)));
        assert_eq!(synced(&mut streams, &[]), [Effect::Close(two)]);
    }

    #[test]
    fn a_stream_that_has_ended_is_neither_closed_nor_opened_again() {
        let mut streams = Streams::default();
        let one = streams.next_id();
        synced(&mut streams, &[one]);
        assert_eq!(streams.end(one), Some(Slot::Processes));
        assert_eq!((streams.end(one), streams.slot(one)), (None, None), "it ends once");
        assert_eq!(synced(&mut streams, &[one]), []);
        assert_eq!(synced(&mut streams, &[]), []);
    }
}
