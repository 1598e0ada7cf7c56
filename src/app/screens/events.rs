//! All that happened lately, newest last, with a filter and a jump to the container.

use crate::app::command::{Command, KeyContext};
use crate::app::filter::{Filter, Fuzzy, Term};
use crate::app::focus::focus;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::overlay::Overlay;
use crate::app::overlay_keys::rows_of;
use crate::app::overlay_layout;
use crate::app::prompt::Prompt;
use crate::app::state::App;
use crate::app::widgets::Cursor;
use crate::model::{Event, Id, Kind, Snapshot};
use ratatui::layout::{Position, Rect};

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
pub fn party<'a>(event: &Event, world: &'a Snapshot) -> Option<&'a str> {
    let id = event.id.as_ref().filter(|_| event.topic != Kind::Container)?;
    world.containers.get(id).map(|container| &*container.name)
}

/// The list of events on screen.
#[derive(Debug, Clone, Default)]
pub struct EventsView {
    /// What was typed as its filter.
    pub filter_text: String,
    filter: Filter,
    /// The event under the cursor; none while the newest is followed.
    chosen: Option<Event>,
    cursor: Cursor,
}

/// What of the list is on screen.
#[derive(Debug)]
pub struct EventRows<'a> {
    /// All that pass the filter.
    pub events: Vec<&'a Event>,
    /// Where the cursor is among them.
    pub cursor: Cursor,
}

impl EventsView {
    /// Takes what the filter prompt holds.
    pub fn set_filter(&mut self, text: &str) {
        self.filter_text = text.to_string();
        self.filter = Filter::parse(text, &TERMS);
    }

    /// True while the newest event has the cursor, whatever comes.
    pub fn follows(&self) -> bool {
        self.chosen.is_none()
    }

    /// What is on screen.
    pub fn rows<'a>(&self, app: &'a App) -> EventRows<'a> {
        let height = rows_place(app).height.max(1) as usize;
        let events = self.events(&app.snapshot);
        let last = events.len().saturating_sub(1);
        let row = match &self.chosen {
            None => last,
            // One that fell off, or is filtered away: the next one after it.
            Some(chosen) => {
                let same = events.iter().position(|event| *event == chosen);
                same.unwrap_or_else(|| events.partition_point(|event| event.at < chosen.at))
            }
        };
        let mut cursor = self.cursor;
        cursor.put(row, events.len());
        cursor.fit(height, events.len());
        EventRows { events, cursor }
    }

    /// The events that pass the filter, oldest first.
    fn events<'a>(&self, snapshot: &'a Snapshot) -> Vec<&'a Event> {
        self.filter.select(snapshot.events.iter(), |event, term, fuzzy| holds(event, snapshot, term, fuzzy))
    }

    /// Moves the cursor; at the newest it follows.
    pub fn move_by(&mut self, app: &App, rows: isize) {
        let now = self.rows(app);
        self.cursor = now.cursor;
        self.cursor.move_by(rows, now.events.len());
        let row = self.cursor.row();
        self.chosen = now.events.get(row).filter(|_| row + 1 < now.events.len()).map(|event| (*event).clone());
        self.cursor = self.rows(app).cursor;
    }

    fn hold(&mut self, app: &App) {
        let now = self.rows(app);
        (self.cursor, self.chosen) = (now.cursor, now.events.get(now.cursor.row()).map(|event| (*event).clone()));
    }
}

/// Where the events are.
pub fn rows_place(app: &App) -> Rect {
    overlay_layout::inner(overlay_layout::whole(app.size))
}

/// A command while the list is on top.
pub(in crate::app) fn give(app: &mut App, mut view: EventsView, wish: Command) -> Vec<Effect> {
    let page = (rows_place(app).height / 2).max(1) as isize;
    match wish {
        Command::Back if !view.filter_text.is_empty() => view.set_filter(""),
        Command::Back | Command::Quit | Command::Events => return Vec::new(),
        Command::Open => return jump(app, view),
        Command::Follow if view.follows() => view.hold(app),
        Command::Follow | Command::Last => view.chosen = None,
        Command::Filter => {
            let prompt = Prompt::filter("words, type: action: name:, ! negates", &view.filter_text, KeyContext::Events);
            app.overlays.push(Overlay::Events(view));
            app.ask_text(prompt);
            return Vec::new();
        }
        _ => view.move_by(app, rows_of(wish, page).unwrap_or(0)),
    }
    app.overlays.push(Overlay::Events(view));
    Vec::new()
}

/// A click chooses an event; on the chosen one it jumps.
pub(in crate::app) fn click(app: &mut App, mut view: EventsView, at: Position) -> Vec<Effect> {
    let place = rows_place(app);
    let rows = view.rows(app);
    let row = rows.cursor.row_at(at.y.saturating_sub(place.y), rows.events.len()).filter(|_| place.contains(at));
    match row {
        Some(row) if row == rows.cursor.row() => return jump(app, view),
        Some(row) => view.move_by(app, row as isize - rows.cursor.row() as isize),
        None => {}
    }
    app.overlays.push(Overlay::Events(view));
    Vec::new()
}

/// To the container that an event is about.
fn jump(app: &mut App, view: EventsView) -> Vec<Effect> {
    let rows = view.rows(app);
    let Some(event) = rows.events.get(rows.cursor.row()) else {
        app.overlays.push(Overlay::Events(view));
        return Vec::new();
    };
    let Some(id) = event.id.clone() else {
        let why = format!("{} {} is not a container: no row to go to", event.topic.word(), event.name);
        app.notice = Some(Notice::warn(why, app.now));
        app.overlays.push(Overlay::Events(view));
        return Vec::new();
    };
    let name = if event.topic == Kind::Container { event.name.clone() } else { id.short().to_string() };
    go_to(app, &id, &name).unwrap_or_else(|why| {
        app.notice = Some(Notice::warn(why, app.now));
        app.overlays.push(Overlay::Events(view));
        Vec::new()
    })
}

/// Puts the cursor of the fleet on a container; a filter that hides it is taken away.
fn go_to(app: &mut App, id: &Id, name: &str) -> Result<Vec<Effect>, String> {
    if !app.snapshot.containers.contains_key(id) {
        return Err(format!("{name} no longer exists: it was removed"));
    }
    app.show(Kind::Container);
    if !app.fleet.select(id) {
        app.fleet.set_filter("", &app.snapshot);
        app.fleet.select(id);
        app.notice = Some(Notice::good(format!("filter cleared: it hid {name}"), app.now));
    }
    Ok(focus(app, Pane::Fleet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Fact, Timestamp, fold};

    fn world() -> Snapshot {
        let mut world = Snapshot::default();
        let web = crate::fixtures::container("web-1");
        let id = Some(web.id.clone());
        fold(&mut world, Fact::Containers(EngineId(0), vec![web]));
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
            fold(&mut world, Fact::Event(event));
        }
        world
    }

    fn names(filter: &str) -> Vec<String> {
        let world = world();
        let mut view = EventsView::default();
        view.set_filter(filter);
        view.events(&world).iter().map(|event| event.name.clone()).collect()
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
