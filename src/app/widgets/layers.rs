//! What prompts, menus, questions and texts do above the cockpit.

use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::key::Key;
use crate::app::layer::{Hints, Layer, Next, half_screen, plain};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::overlay_layout;
use crate::app::state::App;
use crate::app::widgets::confirm::Confirm;
use crate::app::widgets::frame;
use crate::app::widgets::menu::Menu;
use crate::app::widgets::prompt::Prompt;
use crate::app::widgets::question::Question;
use crate::app::widgets::text::{Text, TextBody};
use Command as C;
use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

/// The most that is pasted at once into what is matched against every row, characters: more is a mistake, and would take long.
const LONGEST_QUERY: usize = 1000;

/// What is taken of a text that is pasted into a filter or a search.
fn beginning(text: &str) -> &str {
    text.char_indices().nth(LONGEST_QUERY).map_or(text, |(end, _)| &text[..end])
}

impl Layer for Prompt {
    fn area(&self, app: &App) -> Rect {
        let (width, height) = app.size;
        Rect { x: 0, y: height.saturating_sub(1), width, height: height.min(1) }
    }

    fn hints(&self, _: &App) -> Hints {
        plain(&[C::Accept, C::Cancel])
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        match command {
            C::Accept if !self.check(app.now, app.options.logs.zone) => Next::Stays(Vec::new()),
            C::Accept => Next::Goes(self.accept()),
            C::Cancel => Next::Goes(self.leave().into_iter().collect()),
            _ => Next::Stays(self.move_by(command.rows(10).unwrap_or(0)).into_iter().collect()),
        }
    }

    fn type_in(&mut self, event: &KeyEvent) -> Next {
        Next::Stays(self.edit(event).into_iter().collect())
    }

    fn paste(&mut self, text: &str) -> Vec<Action> {
        let text = if self.is_matched() { beginning(text) } else { text };
        self.insert(text).into_iter().collect()
    }
}

impl Menu {
    /// The chosen row takes effect.
    fn choose(&self) -> Next {
        match self.action() {
            Some(action) => Next::Goes(vec![action]),
            None => Next::Stays(Vec::new()),
        }
    }
}

impl Layer for Menu {
    fn area(&self, app: &App) -> Rect {
        let (columns, rows) = overlay_layout::menu_size(self, app.size.0);
        frame::centered(app.size, columns, rows)
    }

    fn hints(&self, _: &App) -> Hints {
        match self.query {
            Some(_) => vec![(C::Accept, Some("choose")), (C::Cancel, None)],
            None => vec![(C::Open, Some("choose")), (C::Down, None), (C::Up, None), (C::Back, None), (C::Help, None)],
        }
    }

    fn command(&mut self, _: &App, command: Command) -> Next {
        match command {
            C::Back | C::Quit | C::Cancel => return Next::Goes(Vec::new()),
            C::Open | C::Choose | C::Accept => return self.choose(),
            _ => self.move_by(command.rows(10).unwrap_or(0)),
        }
        Next::Stays(Vec::new())
    }

    fn scroll(&mut self, _: &App, rows: isize) {
        self.move_by(rows.signum());
    }

    fn type_in(&mut self, event: &KeyEvent) -> Next {
        let letter = Key::of(event).letter().filter(|_| self.query.is_none());
        if let Some(row) = letter.and_then(|letter| self.of_letter(letter)) {
            self.put_cursor(row);
            return self.choose();
        }
        if self.query.as_mut().is_some_and(|query| query.edit(event)) {
            self.match_query();
        }
        Next::Stays(Vec::new())
    }

    fn paste(&mut self, text: &str) -> Vec<Action> {
        if let Some(query) = &mut self.query {
            query.paste(beginning(text));
            self.match_query();
        }
        Vec::new()
    }

    fn click(&mut self, app: &App, at: Position) -> Next {
        let places = overlay_layout::menu_places(self, frame::inner(self.area(app)));
        match places.into_iter().find(|(_, place, _)| (place.top()..place.bottom()).contains(&at.y)) {
            Some((row, ..)) => {
                self.put_cursor(row);
                self.choose()
            }
            None => Next::Stays(Vec::new()),
        }
    }
}

impl Layer for Confirm {
    fn area(&self, app: &App) -> Rect {
        let (columns, rows) = overlay_layout::confirm_size(self, &app.snapshot, app.size.0);
        frame::centered(app.size, columns, rows)
    }

    fn hints(&self, _: &App) -> Hints {
        let volumes = self.volumes().map(|_| (C::WithVolumes, None));
        let force = self.force().map(|_| (C::WithForce, None));
        let asked = [(C::Yes, Some(self.go())), (C::No, Some("cancel")), (C::NextButton, None)];
        let rest = [(C::Copy, Some("copy the command")), (C::Help, None)];
        asked.into_iter().chain(volumes).chain(force).chain(rest).collect()
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        match command {
            C::WithVolumes => self.toggle_volumes(&app.snapshot),
            C::WithForce => self.toggle_force(),
            C::Copy => return Next::Stays(vec![Action::Effect(Effect::Copy(self.commands(&app.snapshot).join("\n")))]),
            _ => self.scroll_by(command.rows(8).unwrap_or(0)),
        }
        Next::Stays(Vec::new())
    }

    fn scroll(&mut self, _: &App, rows: isize) {
        self.scroll_by(rows.signum());
    }

    fn agreed(&self) -> Vec<Action> {
        vec![Action::Agreed(Box::new(self.clone()))]
    }
}

impl Layer for Question {
    fn area(&self, app: &App) -> Rect {
        let (columns, rows) = overlay_layout::question_size(self, app.size.0);
        frame::centered(app.size, columns, rows)
    }

    fn hints(&self, _: &App) -> Hints {
        vec![(C::Yes, Some(self.go)), (C::No, Some("cancel")), (C::NextButton, None), (C::Help, None)]
    }

    fn command(&mut self, _: &App, _: Command) -> Next {
        Next::Stays(Vec::new())
    }

    fn agreed(&self) -> Vec<Action> {
        vec![self.yes.clone()]
    }
}

impl Layer for Text {
    fn area(&self, app: &App) -> Rect {
        let (columns, rows) = overlay_layout::text_size(app, self);
        frame::centered(app.size, columns, rows)
    }

    fn hints(&self, app: &App) -> Hints {
        let results =
            matches!(&self.body, TextBody::Results(id) if app.result(*id).is_some_and(|bulk| bulk.can_retry()));
        let retry = results.then_some((C::Retry, Some("retry what failed")));
        let copy = self.is_lines().then_some((C::Copy, None));
        let rest = [(C::Filter, Some("search")), (C::PageDown, None), (C::Back, Some("close"))];
        retry.into_iter().chain(copy).chain(rest).collect()
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        match (command, &self.body) {
            (C::Back, _) if !self.filter.is_empty() => self.filter.clear(),
            (C::Back | C::Quit | C::Open | C::Help, _) => return Next::Goes(Vec::new()),
            (C::Why, TextBody::Why(_)) => return Next::Goes(Vec::new()),
            (C::Retry, TextBody::Results(id)) => return Next::Goes(vec![Action::RetryFailed(*id)]),
            (C::Copy, TextBody::Lines { lines, .. }) => {
                return Next::Stays(vec![Action::Effect(Effect::Copy(lines.join("\n")))]);
            }
            (C::Filter, _) => {
                let prompt = Prompt::filter("shows only matching lines", &self.filter, KeyContext::Reading);
                return Next::Stays(vec![Action::Open(Box::new(Overlay::Prompt(prompt)))]);
            }
            _ => self.scroll(app, command.rows(half_screen(app)).unwrap_or(0)),
        }
        Next::Stays(Vec::new())
    }

    fn scroll(&mut self, app: &App, rows: isize) {
        let inner = frame::inner(self.area(app));
        let last = overlay_layout::text_lines(app, self, inner.width).len().saturating_sub(inner.height.into());
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    fn filter(&mut self, text: &str) {
        (self.filter, self.scroll) = (text.to_string(), 0);
    }
}
