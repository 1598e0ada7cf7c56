//! Keys and the mouse over the list of events.

use super::view::{EventRows, EventsView};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::focus::focus;
use crate::app::layer::{Hints, Layer, Next};
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

impl EventsView {
    /// To the container that the event under the cursor is about, or to its log at that time.
    fn jump(&self, app: &App, to_log: bool) -> Next {
        let rows = self.rows(app);
        let Some(event) = rows.events.get(rows.cursor.row()) else { return Next::Stays(Vec::new()) };
        let refused = |why: String| Next::Stays(vec![Action::Notice(Notice::warn(why, app.now))]);
        let Some(id) = event.id.clone() else {
            return refused(format!("{} {} is not a container: no row to go to", event.topic.word(), event.name));
        };
        let name = if event.topic == Kind::Container { event.name.clone() } else { id.short().to_string() };
        if !app.snapshot.containers.contains_key(&id) {
            return refused(format!("{name} no longer exists: it was removed"));
        }
        let log = to_log.then(|| Action::LogTime(id.clone(), event.at));
        Next::Goes(std::iter::once(Action::GoTo(id, name)).chain(log).collect())
    }
}

impl Layer for EventsView {
    fn area(&self, app: &App) -> Rect {
        frame::whole(app.size)
    }

    fn hints(&self, _: &App) -> Hints {
        vec![
            (Command::Open, Some("go to container")),
            (Command::FocusLogs, Some("log at its time")),
            (Command::Filter, None),
            (Command::Follow, None),
            (Command::Back, Some("close")),
            (Command::Help, None),
        ]
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        let page = (rows_place(app).height / 2).max(1) as isize;
        match command {
            Command::Back if !self.filter_text.is_empty() => self.set_filter(""),
            Command::Back | Command::Quit | Command::Events => return Next::Goes(Vec::new()),
            Command::Open => return self.jump(app, false),
            Command::FocusLogs => return self.jump(app, true),
            Command::Follow if self.follows() => self.hold(app),
            Command::Follow | Command::Last => self.chosen = None,
            Command::Filter => {
                let prompt =
                    Prompt::filter("words, type: action: name:, ! negates", &self.filter_text, KeyContext::Events);
                return Next::Stays(vec![Action::Open(Box::new(Overlay::Prompt(prompt)))]);
            }
            _ => self.move_by(app, command.rows(page).unwrap_or(0)),
        }
        Next::Stays(Vec::new())
    }

    fn scroll(&mut self, app: &App, rows: isize) {
        self.move_by(app, rows);
    }

    /// A click chooses an event; on the chosen one it jumps.
    fn click(&mut self, app: &App, at: Position) -> Next {
        let place = rows_place(app);
        let rows = self.rows(app);
        let row = rows.cursor.row_at(at.y.saturating_sub(place.y), rows.events.len()).filter(|_| place.contains(at));
        match row {
            Some(row) if row == rows.cursor.row() => return self.jump(app, false),
            Some(row) => self.move_by(app, row as isize - rows.cursor.row() as isize),
            None => {}
        }
        Next::Stays(Vec::new())
    }

    fn filter(&mut self, text: &str) {
        self.set_filter(text);
    }
}

/// Puts the cursor of the list of containers on one; a filter that hides it is taken away.
pub(in crate::app) fn go_to(app: &mut App, id: &Id, name: &str) -> Vec<Effect> {
    app.show(Kind::Container);
    if !app.fleet.select(id) {
        app.fleet.set_filter("", &app.snapshot);
        app.fleet.select(id);
        app.notice = Some(Notice::good(format!("filter cleared: it hid {name}"), app.now));
    }
    focus(app, Pane::Fleet)
}
