//! A question to a log in SQL, and the table that answers it.

use super::log::Batch;
use super::log_filter::LogFilters;
use super::problem::Problem;
use super::text::clean;
use super::zone::Zone;
use std::borrow::Cow;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// A statement in SQL, and the lines that it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct LogQuery {
    /// The statement, as it was typed.
    pub statement: String,
    /// The lines.
    pub lines: LogLines,
    /// The filters in force: lines that pass them are in the view `shown`.
    pub filters: Arc<LogFilters>,
    /// The zone of the column `time`.
    pub zone: Zone,
}

/// Lines of a log, the oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogLines {
    /// The lines.
    pub batches: Vec<Arc<Batch>>,
    /// The names of their containers, by [`super::LineMark::voice`].
    pub names: Vec<String>,
}

/// Characters of a text that are shown in a table at most: no screen is wider.
const SHOWN_MOST: usize = 500;

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text as it was written: it is not clean.
    Text(String),
}

impl Cell {
    /// As it is shown on a screen: clean, on one line, its first characters, numbers with six decimals at most.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Cell::Null => Cow::Borrowed("NULL"),
            Cell::Integer(number) => number.to_string().into(),
            Cell::Real(number) => real(*number).into(),
            Cell::Text(text) => {
                let end = text.char_indices().nth(SHOWN_MOST).map_or(text.len(), |(end, _)| end);
                clean(&text[..end])
            }
        }
    }

    /// As it is written into a file: nothing for no value.
    pub fn written(&self) -> Cow<'_, str> {
        match self {
            Cell::Null => Cow::Borrowed(""),
            Cell::Integer(number) => number.to_string().into(),
            Cell::Real(number) => number.to_string().into(),
            Cell::Text(text) => Cow::Borrowed(text),
        }
    }

    /// True for a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Cell::Integer(_) | Cell::Real(_))
    }
}

fn real(number: f64) -> String {
    let size = number.abs();
    if number != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{number:e}");
    }
    let digits = format!("{number:.6}");
    let short = digits.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_string() }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name, clean.
    pub name: String,
    /// All its values are numbers.
    pub is_number: bool,
    /// Columns of a screen that its name and its values take.
    pub width: usize,
}

/// The answer to a question in SQL.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogTable {
    /// The columns.
    pub columns: Vec<TableColumn>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<Cell>>,
    /// There are more rows than these.
    pub has_more: bool,
    /// Lines that were asked about.
    pub lines: usize,
    /// Older lines that found no room.
    pub lines_left_out: usize,
    /// Names of fields that have no column, because there were too many.
    pub fields_left_out: usize,
}

impl LogTable {
    /// A table of these columns and rows.
    pub fn new(names: Vec<String>, rows: Vec<Vec<Cell>>) -> LogTable {
        let column = |(place, name): (usize, String)| {
            let values = || rows.iter().filter_map(|row| row.get(place));
            let has_numbers = values().any(Cell::is_number);
            let is_number = has_numbers && values().all(|value| value.is_number() || *value == Cell::Null);
            let name = clean(&name).into_owned();
            let widest = values().map(|value| value.shown().width()).max().unwrap_or(0);
            TableColumn { is_number, width: widest.max(name.width()), name }
        };
        let columns = names.into_iter().enumerate().map(column).collect();
        LogTable { columns, rows, ..LogTable::default() }
    }
}

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryFailed {
    /// What went wrong.
    pub problem: Problem,
    /// Where in the statement, bytes from its beginning, if that is known.
    pub at: Option<usize>,
}

impl QueryFailed {
    /// Which character of the statement is wrong, counted from 1.
    pub fn character(&self, statement: &str) -> Option<usize> {
        Some(statement.get(..self.at?)?.chars().count() + 1)
    }
}

/// Why the answering of a question was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryHalt {
    /// Nobody wants the answer any more.
    Cancelled,
    /// It took longer than so many seconds.
    TookLongerThan(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_in_characters() {
        let failed = QueryFailed { problem: Problem::new("SQL", "no", ""), at: Some("SELECT 'größer' ".len()) };
        assert_eq!(failed.character("SELECT 'größer' FRM log"), Some(17));
        assert_eq!(failed.character("SELECT"), None);
    }

    #[test]
    fn numbers_are_short_on_a_screen_and_whole_in_a_file() {
        let shown =
            [0.0, 0.1 + 0.2, 1.0 / 3.0, 250.0, 1e-9, 2e18].map(|number| Cell::Real(number).shown().into_owned());
        assert_eq!(shown, ["0.0", "0.3", "0.333333", "250.0", "1e-9", "2e18"]);
        assert_eq!(Cell::Real(1.0 / 3.0).written(), "0.3333333333333333");
        assert_eq!((Cell::Null.shown(), Cell::Null.written()), ("NULL".into(), "".into()));
    }

    #[test]
    fn a_column_is_as_wide_as_its_widest_value_and_of_numbers_where_nothing_else_is_in_it() {
        let rows = vec![
            vec![Cell::Integer(5), Cell::Text("漢字".into()), Cell::Null],
            vec![Cell::Null, Cell::Integer(1), Cell::Null],
        ];
        let table = LogTable::new(vec!["n".into(), "\u{1b}x".into(), "none".into()], rows);
        let columns: Vec<_> =
            table.columns.iter().map(|column| (&*column.name, column.is_number, column.width)).collect();
        assert_eq!(columns, [("n", true, 4), ("^[x", false, 4), ("none", false, 4)]);
    }
}
