//! Keys and the mouse over the list of events.

use super::view::{EventRows, EventsView};
use crate::app::command::{Command, KeyContext};
use crate::app::focus::focus;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::Prompt;
use crate::model::{Id, Kind};
use ratatui::layout::{Position, Rect};

/// The area of the events.
pub fn rows_place(app: &App) -> Rect {
    frame::inner(frame::whole(app.size))
}

impl EventsView {
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
        _ => view.move_by(app, wish.rows(page).unwrap_or(0)),
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
