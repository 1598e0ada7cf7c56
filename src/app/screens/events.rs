//! All that happened lately, newest last, with a filter and a jump to the container.

use crate::app::command::Command;
use crate::app::focus::focus;
use crate::app::layout::Pane;
use crate::app::notice::Notice;
use crate::app::overlay::Overlay;
use crate::app::overlay_keys::rows_of;
use crate::app::overlay_layout;
use crate::app::prompt::Prompt;
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::{Event, Id, Kind, Snapshot, Topic};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::{Position, Rect};

/// A filter in force. An event passes when every term holds.
///
/// Words are fuzzy over name, what happened and what else is told. `type:`, `action:` and `name:` take a value. `!` before a
/// term or word negates it; a negated word is taken literally.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    terms: Vec<(bool, Term, String)>,
    words: Vec<Pattern>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    Word,
    Type,
    Action,
    Name,
}

const TERMS: [(&str, Term); 3] = [("type:", Term::Type), ("action:", Term::Action), ("name:", Term::Name)];

impl EventFilter {
    /// Reads what was typed. Unfinished terms hold for everything, so that the list does not blink while typing.
    pub fn parse(text: &str) -> EventFilter {
        let mut filter = EventFilter::default();
        for token in text.split_whitespace() {
            let (negated, rest) = token.strip_prefix('!').map_or((false, token), |rest| (true, rest));
            let found = TERMS.iter().find_map(|(prefix, term)| Some((*term, rest.strip_prefix(prefix)?)));
            let (term, value) = found.unwrap_or((Term::Word, rest));
            match (value.is_empty(), term, negated) {
                (true, ..) => {}
                (_, Term::Word, false) => {
                    filter.words.push(Pattern::parse(value, CaseMatching::Smart, Normalization::Smart))
                }
                _ => filter.terms.push((negated, term, value.to_lowercase())),
            }
        }
        filter
    }

    /// The events that pass, oldest first.
    pub fn select<'a>(&self, world: &'a Snapshot) -> Vec<&'a Event> {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut passes = |event: &Event| {
            let terms = self.terms.iter().all(|(negated, term, value)| term.holds(event, world, value) != *negated);
            let mut hits =
                |word: &Pattern, text: &str| word.score(Utf32Str::new(text, &mut buffer), &mut matcher).is_some();
            terms
                && self.words.iter().all(|word| {
                    [
                        &*event.name,
                        &event.what,
                        &event.more,
                        event.topic.word(),
                        party(event, world).unwrap_or_default(),
                    ]
                    .iter()
                    .any(|text| hits(word, text))
                })
        };
        world.events.iter().filter(|event| passes(event)).collect()
    }
}

impl Term {
    fn holds(self, event: &Event, world: &Snapshot, value: &str) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(value);
        let party = || party(event, world).is_some_and(holds);
        match self {
            Term::Type => {
                let twin = match event.topic {
                    Topic::Container => "container",
                    Topic::Engine => "daemon",
                    _ => "",
                };
                event.topic.word().starts_with(value) || twin.starts_with(value)
            }
            Term::Action => event.action.to_lowercase().starts_with(value) || holds(&event.what),
            Term::Name => holds(&event.name) || party(),
            Term::Word => holds(&event.name) || holds(&event.what) || holds(&event.more) || party(),
        }
    }
}

/// The name of the container that had a part in what happened to something else.
pub fn party<'a>(event: &Event, world: &'a Snapshot) -> Option<&'a str> {
    let id = event.id.as_ref().filter(|_| event.topic != Topic::Container)?;
    world.containers.get(id).map(|container| &*container.name)
}

/// The list of events on screen.
#[derive(Debug, Clone, Default)]
pub struct EventsView {
    /// What was typed as its filter.
    pub filter_text: String,
    filter: EventFilter,
    /// The event under the cursor; none while the newest is followed.
    chosen: Option<Event>,
    top: usize,
}

/// What of the list is on screen.
#[derive(Debug)]
pub struct EventRows<'a> {
    /// All that pass the filter.
    pub events: Vec<&'a Event>,
    /// Which of them has the cursor.
    pub cursor: usize,
    /// The first on screen.
    pub top: usize,
}

impl EventsView {
    /// Takes what the filter prompt holds.
    pub fn set_filter(&mut self, text: &str) {
        self.filter_text = text.to_string();
        self.filter = EventFilter::parse(text);
    }

    /// True while the newest event has the cursor, whatever comes.
    pub fn follows(&self) -> bool {
        self.chosen.is_none()
    }

    /// What is on screen.
    pub fn rows<'a>(&self, app: &'a App) -> EventRows<'a> {
        let height = rows_place(app).height.max(1) as usize;
        let events = self.filter.select(&app.snapshot);
        let last = events.len().saturating_sub(1);
        let cursor = match &self.chosen {
            None => last,
            // One that fell off, or is filtered away: the next one after it.
            Some(chosen) => {
                let same = events.iter().position(|event| *event == chosen);
                same.unwrap_or_else(|| events.partition_point(|event| event.at < chosen.at)).min(last)
            }
        };
        let top = if self.chosen.is_none() { usize::MAX } else { self.top };
        let top = top.clamp((cursor + 1).saturating_sub(height), cursor).min(events.len().saturating_sub(height));
        EventRows { events, cursor, top }
    }

    /// Moves the cursor; at the newest it follows.
    pub fn move_by(&mut self, app: &App, rows: isize) {
        let now = self.rows(app);
        let to = now.cursor.saturating_add_signed(rows).min(now.events.len().saturating_sub(1));
        self.top = now.top;
        self.chosen = now.events.get(to).filter(|_| to + 1 < now.events.len()).map(|event| (*event).clone());
        self.top = self.rows(app).top;
    }

    fn hold(&mut self, app: &App) {
        let now = self.rows(app);
        (self.top, self.chosen) = (now.top, now.events.get(now.cursor).map(|event| (*event).clone()));
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
            let prompt = Prompt::filter("words, type: action: name:, ! negates", &view.filter_text, filter);
            app.overlays.push(Overlay::Events(view));
            app.overlays.push(Overlay::Prompt(prompt));
            return Vec::new();
        }
        _ => view.move_by(app, rows_of(wish, page).unwrap_or(0)),
    }
    app.overlays.push(Overlay::Events(view));
    Vec::new()
}

/// Filters the list of events on top.
fn filter(app: &mut App, text: &str) {
    if let Some(Overlay::Events(view)) = app.overlays.last_mut() {
        view.set_filter(text);
    }
}

/// A click chooses an event; on the chosen one it jumps.
pub(in crate::app) fn click(app: &mut App, mut view: EventsView, at: Position) -> Vec<Effect> {
    let place = rows_place(app);
    let rows = view.rows(app);
    let row = rows.top + usize::from(at.y.saturating_sub(place.y));
    if place.contains(at) && row < rows.events.len() {
        if row == rows.cursor {
            return jump(app, view);
        }
        let step = row as isize - rows.cursor as isize;
        view.move_by(app, step);
    }
    app.overlays.push(Overlay::Events(view));
    Vec::new()
}

/// To the container that an event is about.
fn jump(app: &mut App, view: EventsView) -> Vec<Effect> {
    let rows = view.rows(app);
    let Some(event) = rows.events.get(rows.cursor) else {
        app.overlays.push(Overlay::Events(view));
        return Vec::new();
    };
    let Some(id) = event.id.clone() else {
        let why = format!("{} {} is no container: there is no row to go to", event.topic.word(), event.name);
        app.notice = Some(Notice::warn(why, app.now));
        app.overlays.push(Overlay::Events(view));
        return Vec::new();
    };
    let name = if event.topic == Topic::Container { event.name.clone() } else { id.short().to_string() };
    go_to(app, &id, &name).unwrap_or_else(|why| {
        app.notice = Some(Notice::warn(why, app.now));
        app.overlays.push(Overlay::Events(view));
        Vec::new()
    })
}

/// Puts the cursor of the fleet on a container; a filter that hides it is taken away.
fn go_to(app: &mut App, id: &Id, name: &str) -> Result<Vec<Effect>, String> {
    if !app.snapshot.containers.contains_key(id) {
        return Err(format!("{name} is gone: it was removed since"));
    }
    app.show(Kind::Container);
    if !app.fleet.select(id) {
        app.fleet.set_filter("", &app.snapshot);
        app.fleet.select(id);
        app.notice = Some(Notice::good(format!("the filter hid {name} and was taken away"), app.now));
    }
    Ok(focus(app, Pane::Fleet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Fact, Timestamp, fold};

    fn world() -> Snapshot {
        let mut world = Snapshot::default();
        let web = crate::app::fleet::tests::container("web-1");
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
            event(1, Topic::Container, "start", "web-1", "started", &id),
            event(2, Topic::Container, "die", "etl-2", "exit 1", &None),
            event(3, Topic::Image, "pull", "busybox", "pulled", &None),
            event(4, Topic::Network, "connect", "edge", "connected", &id),
            event(5, Topic::Engine, "reload", "harbour", "configuration reloaded", &None),
        ] {
            fold(&mut world, Fact::Event(event));
        }
        world
    }

    fn names(filter: &str) -> Vec<String> {
        let world = world();
        EventFilter::parse(filter).select(&world).iter().map(|event| event.name.clone()).collect()
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
