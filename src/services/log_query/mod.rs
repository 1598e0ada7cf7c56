//! This folder knows SQL over the lines of a log: lines and a statement in, a table or a readable failure out.
//! It may use the model, and SQLite in memory.
//! It never lets a statement write, reach a file or load code, and never goes on when it is told to stop.
//!
//! The table `log` holds all lines, the view `shown` those that pass the filters in force. Each has the columns of [`FIXED`], and
//! one for each field that the lines have.

mod columns;
mod database;
mod export;
mod failure;
mod fill;
mod units;

pub use columns::{as_written, columns};
pub use export::{aligned, csv, json, json_lines, tabbed};

use crate::model::{Cell, LogQuery, LogTable, QueryFailed, QueryHalt};
use columns::Columns;
use failure::Failure;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Rows};

/// The columns that every log has, and what is in them.
pub const FIXED: &[(&str, &str)] = &[
    ("number", "of the line, from 1"),
    ("time", "when the engine received it: 2026-11-21 14:05:00.123456"),
    ("epoch", "the same in seconds since 1970"),
    ("container", "its name"),
    ("stream", "stdout or stderr"),
    ("level", "trace, debug, info, warn, error, or NULL"),
    ("continues", "1 in a line that goes on with an entry, as in a traceback"),
    ("message", "of a line with fields its message, else all of it"),
    ("line", "all of it"),
];

/// Rows of an answer at most.
pub const ROWS_MOST: usize = 20_000;
/// Bytes of the text in an answer at most.
const ANSWER_BYTES: usize = 32 << 20;

/// Answers a question. `halt` is asked again and again whether to give up.
///
/// # Errors
/// What is wrong with the statement and where, or why it was given up.
pub fn run<H>(query: &LogQuery, halt: H) -> Result<LogTable, QueryFailed>
where
    H: Fn() -> Option<QueryHalt> + Clone + Send + 'static,
{
    let part = fill::newest(&query.lines);
    let columns = Columns::of(&query.lines, part.skip, &halt);
    let answered = columns.and_then(|columns| {
        let answered = answer(query, &columns, part.skip, halt.clone());
        let table = answered.map_err(|failure| failure.known(&columns.names))?;
        Ok(LogTable { fields_left_out: columns.left_out, ..table })
    });
    let table = answered.map_err(|failure| failure.told(&query.statement, halt()))?;
    Ok(LogTable { lines: part.lines, lines_left_out: part.skip, ..table })
}

fn answer<H>(query: &LogQuery, columns: &Columns, skip: usize, halt: H) -> Result<LogTable, Failure>
where
    H: Fn() -> Option<QueryHalt> + Clone + Send + 'static,
{
    let mut database = database::open(halt.clone())?;
    fill::fill(&mut database, query, columns, skip, &halt)?;
    database::close_to_changes(&mut database)?;
    read(&database, &query.statement)
}

fn read(database: &Connection, statement: &str) -> Result<LogTable, Failure> {
    if statement.trim().is_empty() {
        return Err(Failure::Empty);
    }
    let mut statement = database.prepare(statement)?;
    let names: Vec<String> = statement.column_names().map(str::to_string).collect();
    // What answers nothing is not begun: it could only change something.
    if names.is_empty() {
        return Err(Failure::NoQuestion);
    }
    let (rows, has_more) = read_rows(&mut statement.raw_query(), names.len())?;
    Ok(LogTable { has_more, ..LogTable::new(names, rows) })
}

/// The rows, and whether there are more.
fn read_rows(answer: &mut Rows<'_>, columns: usize) -> Result<(Vec<Vec<Cell>>, bool), Failure> {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = answer.next()? {
        if rows.len() == ROWS_MOST || bytes > ANSWER_BYTES {
            return Ok((rows, true));
        }
        let cells: Vec<Cell> = (0..columns).map(|place| row.get_ref(place).map(cell)).collect::<Result<_, _>>()?;
        bytes += cells.iter().map(size).sum::<usize>();
        rows.push(cells);
    }
    Ok((rows, false))
}

fn size(cell: &Cell) -> usize {
    size_of::<Cell>() + if let Cell::Text(text) = cell { text.len() } else { 0 }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        // As SQL writes bytes.
        ValueRef::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            Cell::Text(format!("X'{digits}'"))
        }
    }
}

#[cfg(test)]
mod tests;
