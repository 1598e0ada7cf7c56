//! Keys and the mouse over a line of a log that is shown whole.

use super::view::{LineBody, LineView};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Component, Cx};
use crate::app::layer::{Hints, Layer, Next, plain};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::overlay_layout;
use crate::app::panes::log::commands::LogChoice;
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::Prompt;
use crate::app::widgets::text::{Text, TextBody};
use crate::model::Search;
use Command as C;
use ratatui::layout::{Position, Rect};

/// The rows of a line, above the foot that tells the way to the value under the cursor.
pub fn rows_place(app: &App) -> Rect {
    let inner = frame::inner(frame::whole(app.size));
    Rect { height: inner.height.saturating_sub(1), ..inner }
}

fn stays(action: Option<Action>) -> Next {
    Next::Stays(action.into_iter().collect())
}

impl LineView {
    /// The next or the previous line of the log takes its place; the log behind goes there, too.
    fn step(&mut self, app: &App, forward: bool) -> Next {
        let warn = |words: &str| stays(Some(Action::Notice(Notice::warn(words, app.now))));
        let Some(log) = app.log.as_ref().filter(|log| log.find(&self.line).is_some()) else {
            return warn("the line is no longer in the log on screen");
        };
        match self.beside(log, forward, &app.options.logs) {
            Some((number, next)) => {
                *self = next;
                stays(Some(Action::Log(LogChoice::Show(number))))
            }
            None if forward => warn("no line behind it yet"),
            None => warn("no line before it is loaded"),
        }
    }

    fn as_written(&self) -> Action {
        // A clipboard holds text.
        Action::Effect(Effect::Copy(String::from_utf8_lossy(&self.written).into_owned()))
    }

    fn copy_menu(&self) -> Next {
        let mut items = match &self.body {
            LineBody::Tree(tree) => tree.copy_items(),
            LineBody::Text(shown) => {
                let lines = lines_of(shown).join("\n");
                vec![MenuItem::new("text", "the text as it is shown", Action::Effect(Effect::Copy(lines)))]
            }
        };
        items.push(MenuItem::new("as written", "the line as the container wrote it", self.as_written()));
        stays(Some(Action::Open(Box::new(Overlay::Menu(Menu::new("Copy", items, None))))))
    }

    fn ask_search(&self) -> Next {
        let (text, help) = match &self.body {
            LineBody::Tree(tree) => {
                (tree.search.as_ref().map_or("", |search| &search.text), "goes to names and values that match")
            }
            LineBody::Text(text) => (text.filter.as_str(), "shows only matching lines"),
        };
        stays(Some(Action::Open(Box::new(Overlay::Prompt(Prompt::filter(help, text, KeyContext::Line))))))
    }

    /// Leaves a search first. False if there is none.
    fn leave_search(&mut self) -> bool {
        match &mut self.body {
            LineBody::Tree(tree) => tree.step_back(),
            LineBody::Text(text) => !std::mem::take(&mut text.filter).is_empty(),
        }
    }

    fn move_by(&mut self, app: &App, rows: isize) {
        match &mut self.body {
            LineBody::Tree(tree) => {
                tree.move_by(rows);
                tree.fit(rows_place(app).height.into());
            }
            LineBody::Text(text) => {
                let place = rows_place(app);
                let all = overlay_layout::text_lines(app, text, place.width).len();
                text.scroll = text.scroll.saturating_add_signed(rows).min(all.saturating_sub(place.height.into()));
            }
        }
    }

    /// Lets the tree answer a command.
    fn in_tree(&mut self, app: &App, command: Command) -> Next {
        let LineBody::Tree(tree) = &mut self.body else {
            return stays(Some(Action::Notice(Notice::warn("this line is text: it has nothing to fold", app.now))));
        };
        let cx = Cx {
            snapshot: &app.snapshot,
            options: &app.options,
            streams: &app.streams,
            area: rows_place(app),
            focused: true,
            covered: false,
            inputs: app.input_count,
            now: app.now,
        };
        let actions = tree.command(&cx, command).unwrap_or_default();
        tree.fit(rows_place(app).height.into());
        Next::Stays(actions)
    }
}

fn lines_of(text: &Text) -> Vec<String> {
    match &text.body {
        TextBody::Lines { lines, .. } => lines.clone(),
        TextBody::Help(_) | TextBody::Results(_) | TextBody::Why(_) => Vec::new(),
    }
}

impl Layer for LineView {
    fn area(&self, app: &App) -> Rect {
        frame::whole(app.size)
    }

    fn hints(&self, _: &App) -> Hints {
        let steps = [C::NextLine, C::PreviousLine];
        let of_body: &[Command] = match self.body {
            LineBody::Tree(_) => &[C::Fold, C::FoldAll, C::InspectFormat],
            LineBody::Text(_) => &[C::PageDown],
        };
        let mut hints = plain(&[&steps, of_body, &[C::CopyMenu]].concat());
        hints.extend([(C::Filter, Some("search")), (C::Back, Some("close")), (C::Help, None)]);
        hints
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        let page = (rows_place(app).height / 2).max(1) as isize;
        match command {
            C::Back if self.leave_search() => Next::Stays(Vec::new()),
            C::Back | C::Quit => Next::Goes(Vec::new()),
            C::Open if matches!(self.body, LineBody::Text(_)) => Next::Goes(Vec::new()),
            C::NextLine => self.step(app, true),
            C::PreviousLine => self.step(app, false),
            C::Filter => self.ask_search(),
            C::CopyMenu => self.copy_menu(),
            C::CopyValue if matches!(self.body, LineBody::Text(_)) => stays(Some(self.as_written())),
            other => match other.rows(page) {
                Some(rows) => {
                    self.move_by(app, rows);
                    Next::Stays(Vec::new())
                }
                None => self.in_tree(app, other),
            },
        }
    }

    fn scroll(&mut self, app: &App, rows: isize) {
        self.move_by(app, rows);
    }

    /// A click chooses a value; on the chosen one it folds or opens it.
    fn click(&mut self, app: &App, at: Position) -> Next {
        let place = rows_place(app);
        let LineBody::Tree(tree) = &mut self.body else { return Next::Stays(Vec::new()) };
        tree.fit(place.height.into());
        let row = tree.cursor.row_at(at.y.saturating_sub(place.y), tree.rows().len()).filter(|_| place.contains(at));
        match row {
            Some(row) if row == tree.cursor.row() => self.in_tree(app, C::Open),
            Some(row) => {
                tree.cursor.put(row, tree.rows().len());
                Next::Stays(Vec::new())
            }
            None => Next::Stays(Vec::new()),
        }
    }

    /// Goes to the first hit while a search is typed.
    fn filter(&mut self, typed: &str) {
        match &mut self.body {
            LineBody::Tree(tree) => {
                tree.search = Search::new(typed);
                tree.search_step(true, true);
            }
            LineBody::Text(shown) => (shown.filter, shown.scroll) = (typed.to_string(), 0),
        }
    }
}
