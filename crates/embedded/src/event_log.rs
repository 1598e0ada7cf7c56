//! What has happened: the newest events, in order.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::time::{Nanos, SECOND};

/// Events that are remembered for `since`.
const KEPT: usize = 4096;

/// The kind of object that an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Container,
    Image,
    Network,
    Volume,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Container => "container",
            Kind::Image => "image",
            Kind::Network => "network",
            Kind::Volume => "volume",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) at: Nanos,
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) action: String,
    /// The image of a container; of nothing else.
    pub(crate) image: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Event {
    /// In the shape of Docker's `/events`.
    pub(crate) fn json(&self) -> Value {
        let mut all = json!({
            "Type": self.kind.name(), "Action": self.action,
            "Actor": { "ID": self.id, "Attributes": self.attributes },
            "scope": "local", "time": self.at / SECOND, "timeNano": self.at,
        });
        // The words of older clients, who knew of nothing but containers and images.
        if matches!(self.kind, Kind::Container | Kind::Image) {
            all["status"] = json!(self.action);
            all["id"] = json!(self.id);
        }
        if self.kind == Kind::Container {
            all["from"] = json!(self.image);
        }
        all
    }
}

/// The newest events, and a bell that rings with each.
#[derive(Debug)]
pub(crate) struct EventLog {
    kept: VecDeque<Event>,
    next: u64,
    last: Nanos,
    bell: watch::Sender<u64>,
}

impl EventLog {
    pub(crate) fn new() -> Self {
        EventLog { kept: VecDeque::new(), next: 1, last: 0, bell: watch::Sender::new(0) }
    }

    /// Writes one down. No two share a moment, so that a reader can resume by it.
    pub(crate) fn add(&mut self, at: Nanos, mut happening: Event) {
        happening.seq = self.next;
        happening.at = at.max(self.last + 1);
        self.last = happening.at;
        self.next += 1;
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(happening);
        self.bell.send_replace(self.newest());
    }

    pub(crate) fn newest(&self) -> u64 {
        self.next - 1
    }

    /// Events after number `seq`, oldest first.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = &Event> {
        let oldest = self.kept.front().map_or(self.next, |happening| happening.seq);
        self.kept.iter().skip((seq + 1).saturating_sub(oldest) as usize)
    }

    pub(crate) fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(action: &str) -> Event {
        Event {
            seq: 0,
            at: 0,
            kind: Kind::Container,
            id: "i".into(),
            action: action.into(),
            image: "m".into(),
            attributes: BTreeMap::new(),
        }
    }

    #[test]
    fn is_bounded_ordered_and_rings() {
        let mut chronicle = EventLog::new();
        let bell = chronicle.bell();
        for _ in 0..KEPT + 10 {
            chronicle.add(5, one("start"));
        }
        assert_eq!(chronicle.after(0).count(), KEPT);
        assert_eq!(*bell.borrow(), (KEPT + 10) as u64);
        let moments: Vec<_> = chronicle.after(0).map(|happening| happening.at).collect();
        assert!(moments.windows(2).all(|two| two[0] < two[1]));
    }

    #[test]
    fn has_dockers_shape() {
        let mut chronicle = EventLog::new();
        chronicle.add(3 * SECOND + 4, one("die"));
        let value = chronicle.after(0).next().map(Event::json).expect("one");
        assert_eq!(value["status"], "die");
        assert_eq!(value["Actor"]["ID"], "i");
        assert_eq!((&value["time"], &value["timeNano"]), (&json!(3), &json!(3_000_000_004_i64)));
    }
}
