//! All that happened lately, newest last, with a filter and a jump to the container.

use crate::app::widgets::cursor::Cursor;
use crate::app::widgets::filter::{Filter, Fuzzy, Term};
use crate::model::{Event, Kind, Snapshot, Timestamp};

/// Names of terms of the filter.
const TERMS: [&str; 3] = ["type", "action", "name"];

/// True if a term of the filter holds for an event. Words are fuzzy over its name, what happened and what else is told.
fn holds(event: &Event, snapshot: &Snapshot, term: &Term, fuzzy: &mut Fuzzy) -> bool {
    let party = party(event, snapshot).unwrap_or_default();
    match term.name {
        "type" => {
            let spec = event.topic.spec();
            spec.word.starts_with(&term.value) || spec.in_events.starts_with(&term.value)
        }
        "action" => event.action.to_lowercase().starts_with(&term.value) || term.is_in(&event.what),
        "name" => term.is_in(&event.name) || term.is_in(party),
        _ => {
            let kind = if term.is_negated() { "" } else { event.topic.word() };
            [&*event.name, &event.what, &event.more, kind, party].iter().any(|text| fuzzy.hits(term, text))
        }
    }
}

/// The name of the container that had a part in what happened to something else.
pub fn party<'a>(event: &Event, snapshot: &'a Snapshot) -> Option<&'a str> {
    let id = event.id.as_ref().filter(|_| event.topic != Kind::Container)?;
    snapshot.containers.get(id).map(|container| &*container.name)
}

/// The list of events on screen.
#[derive(Debug, Clone, Default)]
pub struct EventsView {
    /// The text of the filter.
    pub filter_text: String,
    filter: Filter,
    /// The event under the cursor; none while the newest is followed.
    pub(super) chosen: Option<Event>,
    pub(super) cursor: Cursor,
}

/// The visible part of the list.
#[derive(Debug)]
pub struct EventRows<'a> {
    /// All that pass the filter.
    pub events: Vec<&'a Event>,
    /// Where the cursor is among them.
    pub cursor: Cursor,
}

impl EventsView {
    /// The list with the cursor on the first event from a moment on; without one on the newest.
    pub(in crate::app) fn near(moment: Option<Timestamp>, snapshot: &Snapshot) -> EventsView {
        let chosen = moment.and_then(|moment| snapshot.events.iter().find(|event| event.at >= moment));
        EventsView { chosen: chosen.cloned(), ..EventsView::default() }
    }

    /// Takes what the filter prompt holds.
    pub fn set_filter(&mut self, text: &str) {
        self.filter_text = text.to_string();
        self.filter = Filter::parse(text, &TERMS);
    }

    /// True while the newest event has the cursor, whatever comes.
    pub fn follows(&self) -> bool {
        self.chosen.is_none()
    }

    /// The events that pass the filter, oldest first.
    pub(super) fn events<'a>(&self, snapshot: &'a Snapshot) -> Vec<&'a Event> {
        self.filter.select(snapshot.events.iter(), |event, term, fuzzy| holds(event, snapshot, term, fuzzy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Fact, Id, fold};

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        let web = crate::fixtures::container("web-1");
        let id = Some(web.id.clone());
        fold(&mut snapshot, Fact::Containers(EngineId(0), vec![web]));
        let event = |at: i64, topic, action: &str, name: &str, what: &str, id: &Option<Id>| Event {
            at: Timestamp(at),
            topic,
            action: action.into(),
            id: id.clone(),
            name: name.into(),
            what: what.into(),
            ..Event::default()
        };
        for event in [
            event(1, Kind::Container, "start", "web-1", "started", &id),
            event(2, Kind::Container, "die", "etl-2", "exit 1", &None),
            event(3, Kind::Image, "pull", "busybox", "pulled", &None),
            event(4, Kind::Network, "connect", "edge", "connected", &id),
            event(5, Kind::System, "reload", "harbour", "configuration reloaded", &None),
        ] {
            fold(&mut snapshot, Fact::Event(event));
        }
        snapshot
    }

    fn names(filter: &str) -> Vec<String> {
        let snapshot = snapshot();
        let mut view = EventsView::default();
        view.set_filter(filter);
        view.events(&snapshot).iter().map(|event| event.name.clone()).collect()
    }

    #[test]
    fn terms_and_words_narrow() {
        assert_eq!(names("").len(), 5);
        assert_eq!(names("type:image"), ["busybox"]);
        assert_eq!(names("type:container"), ["web-1", "etl-2"]);
        assert_eq!(names("type:daemon"), ["harbour"]);
        assert_eq!(names("action:die"), ["etl-2"]);
        assert_eq!(names("action:exit"), ["etl-2"], "by what is read as well");
        assert_eq!(names("name:web"), ["web-1", "edge"], "who had a part in it counts");
        assert_eq!(names("!type:container !type:engine"), ["busybox", "edge"]);
        assert_eq!(names("busy"), ["busybox"]);
        assert_eq!(names("!web type:container"), ["etl-2"]);
        assert_eq!(names("type: ! zzz"), [""; 0]);
        assert_eq!(names("type: !").len(), 5);
    }
}
