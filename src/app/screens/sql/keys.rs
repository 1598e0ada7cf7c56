//! Keys and the mouse over an answer in SQL.

use super::layout::{columns, lines, rows_place};
use super::view::{SqlAnswer, SqlView};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::layer::{Hints, Layer, Next};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::{Prompt, SqlText, TextFor};
use crate::app::widgets::text::Text;
use crate::app::widgets::units;
use crate::app::widgets::wrap::Breaks;
use crate::model::{LogTable, text};
use crate::services::log_query::{csv, json, json_lines, tabbed};
use Command as C;
use ratatui::layout::{Position, Rect};

impl SqlView {
    /// Lines that the cursor moves over.
    fn count(&self, app: &App) -> usize {
        let place = rows_place(app, self);
        self.table().map_or_else(|| lines(self, place.width).len(), |table| table.rows.len())
    }

    /// Moves the cursor. A text has none: it is scrolled.
    fn move_by(&mut self, app: &App, rows: isize) {
        let (height, count) = (usize::from(rows_place(app, self).height), self.count(app));
        match self.table() {
            Some(_) => {
                self.cursor.move_by(rows, count);
                self.cursor.fit(height, count);
            }
            None => {
                let last = count.saturating_sub(height);
                self.cursor.put(self.cursor.row().saturating_add_signed(rows).min(last), count);
                self.cursor.fit(1, count);
            }
        }
    }

    /// Moves the columns on screen by one; to the right until the last one is whole.
    fn shift(&mut self, app: &App, right: bool) {
        let place = rows_place(app, self);
        let Some(table) = self.table() else { return };
        let is_last = columns(table, self.first, place).last().is_some_and(|column| {
            let natural = table.columns[column.index].width;
            column.index + 1 == table.columns.len() && usize::from(column.width) >= natural
        });
        match right {
            true if !is_last && self.first + 1 < table.columns.len() => self.first += 1,
            true => {}
            false => self.first = self.first.saturating_sub(1),
        }
    }

    /// The row under the cursor, a line for each column.
    fn open_row(&self) -> Option<Action> {
        let (table, row) = (self.table()?, self.row()?);
        let widest = table.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0).min(24);
        let line = |(column, cell): (&crate::model::TableColumn, &crate::model::Cell)| {
            let value = if *cell == crate::model::Cell::Null { cell.shown() } else { cell.written() };
            format!("{:widest$}  {}", column.name, text::clean(&value))
        };
        let lines = table.columns.iter().zip(row).map(line).collect();
        let title = format!("Row {} of {}", self.cursor.row() + 1, table.rows.len());
        Some(Action::Open(Box::new(Overlay::Text(Text::lines(title, lines, Breaks::Anywhere)))))
    }

    /// Asks what is to be copied. The text of a table is made when it is chosen: it may be large.
    fn ask_copy(&self, app: &App) -> Option<Action> {
        let (table, row) = (self.table()?, self.row()?);
        let values: Vec<String> = row.iter().map(|cell| cell.written().into_owned()).collect();
        let text = |label: &str, detail: &str, text: &str| {
            MenuItem::new(label, detail, Action::Effect(Effect::Copy(text::clean_lines(text).into_owned())))
        };
        let all = |label: &str, detail: &str, text_of: fn(&LogTable) -> Vec<u8>| {
            MenuItem::new(label, detail, Action::CopyTable(table.clone(), text_of))
        };
        let items = vec![
            text("row", "the row under the cursor, tabs between its values", &values.join("\t")),
            all("table", "all rows with their headings, tabs between values", tabbed),
            all("csv", "all rows as CSV", csv),
            all("json", "all rows as JSON", json),
            text("statement", "the SQL", &self.statement),
        ];
        Some(Action::Open(Box::new(Overlay::Menu(Menu::new("copy", items, None).with_letters(&app.options.keymap)))))
    }

    /// Asks where the table is to be saved.
    fn ask_where(&self, app: &App) -> Option<Action> {
        self.table()?;
        let stamp = units::file_stamp(app.now, app.options.logs.zone);
        let path = format!("{}-sql-{stamp}.csv", units::file_words(&self.name));
        let help = "a path; .csv, .tsv, .json or .jsonl; no file is overwritten";
        let prompt = Prompt::new("save as ", help, &path, KeyContext::Sql, TextFor::Sql(SqlText::SaveAs));
        Some(Action::Open(Box::new(Overlay::Prompt(prompt))))
    }
}

/// The file of a table, by the ending of its name.
fn file(table: &LogTable, path: &str) -> Vec<u8> {
    match path.rsplit('.').next() {
        Some("json") => json(table),
        Some("jsonl" | "ndjson") => json_lines(table),
        Some("tsv" | "tab") => tabbed(table),
        _ => csv(table),
    }
}

impl Layer for SqlView {
    fn area(&self, app: &App) -> Rect {
        frame::whole(app.size)
    }

    fn hints(&self, _: &App) -> Hints {
        let rest = [(C::Back, Some("close")), (C::Help, None)];
        let own: &[(Command, Option<&'static str>)] = match &self.answer {
            SqlAnswer::None(_) => &[(C::Sql, Some("write SQL")), (C::PageDown, None)],
            SqlAnswer::Waiting(..) => &[(C::CancelSearch, None)],
            SqlAnswer::Failed(_) => &[(C::Sql, Some("edit"))],
            SqlAnswer::Table(..) => &[
                (C::Sql, Some("edit")),
                (C::SaveLog, None),
                (C::Copy, None),
                (C::Open, Some("row")),
                (C::Right, Some("columns")),
            ],
        };
        own.iter().copied().chain(rest).collect()
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        let page = (rows_place(app, self).height / 2).max(1) as isize;
        let asked = match command {
            C::Back | C::Quit => {
                let cancel = self.awaited().map(|stream| Action::Effect(Effect::CancelQuery(stream)));
                return Next::Goes(cancel.into_iter().collect());
            }
            C::CancelSearch => self.awaited().map(|stream| Action::Effect(Effect::CancelQuery(stream))),
            C::Sql => Some(Action::EditSql(self.statement.clone())),
            C::SaveLog => self.ask_where(app),
            C::Copy => self.ask_copy(app),
            C::Open => self.open_row(),
            C::Left | C::Right => {
                self.shift(app, command == C::Right);
                return Next::Stays(Vec::new());
            }
            other => {
                self.move_by(app, other.rows(page).unwrap_or(0));
                return Next::Stays(Vec::new());
            }
        };
        let nothing = || Action::Notice(Notice::warn("there is no table yet", app.now));
        Next::Stays(vec![asked.unwrap_or_else(nothing)])
    }

    fn scroll(&mut self, app: &App, rows: isize) {
        self.move_by(app, rows);
    }

    /// A click chooses a row; on the chosen one it opens it.
    fn click(&mut self, app: &App, at: Position) -> Next {
        let place = rows_place(app, self);
        let Some(table) = self.table().filter(|_| place.contains(at)) else { return Next::Stays(Vec::new()) };
        match self.cursor.row_at(at.y - place.y, table.rows.len()) {
            Some(row) if row == self.cursor.row() => Next::Stays(self.open_row().into_iter().collect()),
            Some(row) => {
                self.move_by(app, row as isize - self.cursor.row() as isize);
                Next::Stays(Vec::new())
            }
            None => Next::Stays(Vec::new()),
        }
    }

    fn typed(&mut self, what: &TextFor, text: &str) -> Vec<Action> {
        let text = text.trim();
        let asked = match what {
            TextFor::Sql(SqlText::Statement) => Some(Action::RunSql(text.to_string())),
            TextFor::Sql(SqlText::SaveAs) => {
                self.table().map(|table| Action::Effect(Effect::Save(vec![(text.to_string(), file(table, text))])))
            }
            TextFor::Filter | TextFor::Search | TextFor::Log(_) | TextFor::Shell(_) | TextFor::Files(_) => None,
        };
        asked.filter(|_| !text.is_empty()).into_iter().collect()
    }
}
