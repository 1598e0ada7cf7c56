//! A statement and what came of it.

use crate::app::widgets::cursor::Cursor;
use crate::model::{Cell, LogTable, QueryFailed, StreamId, Timestamp};
use crate::services::log_query::{FIXED, as_written};
use std::sync::Arc;

/// A statement on the screen, and what came of it.
#[derive(Debug, Clone)]
pub struct SqlView {
    /// The log that is asked, by the name of its container, or its first one.
    pub name: String,
    /// The statement; empty before the first.
    pub statement: String,
    /// What came of it.
    pub answer: SqlAnswer,
    /// The row that the keys mean.
    pub cursor: Cursor,
    /// The first column on screen.
    pub first: usize,
}

/// What came of a statement.
#[derive(Debug, Clone)]
pub enum SqlAnswer {
    /// Nothing was asked yet: the columns that there are.
    None(Vec<String>),
    /// It is being answered, since then.
    Waiting(StreamId, Timestamp),
    /// The table, and how many seconds that took.
    Table(Arc<LogTable>, f64),
    /// Why there is none.
    Failed(QueryFailed),
}

/// Statements that show what can be asked.
const EXAMPLES: &[&str] = &[
    "SELECT level, count(*) FROM log GROUP BY level",
    "SELECT substr(time, 1, 16) AS minute, count(*) FROM log WHERE message REGEXP 'timeout' GROUP BY minute",
    "SELECT message, count(*) AS n FROM shown GROUP BY message ORDER BY n DESC LIMIT 20",
];

impl SqlView {
    /// Nothing was asked yet of a log that has these columns.
    pub(in crate::app) fn new(name: String, columns: Vec<String>) -> SqlView {
        let answer = SqlAnswer::None(columns);
        SqlView { name, statement: String::new(), answer, cursor: Cursor::default(), first: 0 }
    }

    /// A statement that is being answered.
    pub(in crate::app) fn waiting(name: String, statement: &str, stream: StreamId, now: Timestamp) -> SqlView {
        let answer = SqlAnswer::Waiting(stream, now);
        SqlView { name, statement: statement.to_string(), answer, cursor: Cursor::default(), first: 0 }
    }

    /// The question that is being answered.
    pub(in crate::app) fn awaited(&self) -> Option<StreamId> {
        if let SqlAnswer::Waiting(stream, _) = &self.answer { Some(*stream) } else { None }
    }

    /// The table, if there is one.
    pub fn table(&self) -> Option<&Arc<LogTable>> {
        if let SqlAnswer::Table(table, _) = &self.answer { Some(table) } else { None }
    }

    /// Takes what came of its statement. False for what came of another.
    pub(in crate::app) fn take(&mut self, stream: StreamId, answer: &SqlAnswer) -> bool {
        let is_own = self.awaited() == Some(stream);
        if is_own {
            self.answer = answer.clone();
        }
        is_own
    }

    /// The row under the cursor.
    pub(in crate::app) fn row(&self) -> Option<&[Cell]> {
        self.table()?.rows.get(self.cursor.row()).map(Vec::as_slice)
    }
}

/// What is said before anything was asked: what there is, and examples; headings are lines that end in a colon.
pub(super) fn guide(columns: &[String]) -> Vec<String> {
    let (fixed, fields) = columns.split_at(FIXED.len().min(columns.len()));
    let indented = |text: &str| format!("  {text}");
    let widest = fixed.iter().map(|name| name.len()).max().unwrap_or(0);
    let fields: Vec<String> = fields.iter().map(|name| as_written(name)).collect();
    let fields = if fields.is_empty() { "none: the lines have no fields".into() } else { fields.join(", ") };
    let mut lines =
        vec!["Fields of this log, a column each:".to_string(), indented(&fields), "Columns of every log:".into()];
    lines.extend(FIXED.iter().map(|(name, doc)| indented(&format!("{name:widest$}  {doc}"))));
    lines.push("Tables:".into());
    lines.push(indented("log    all lines that are loaded"));
    lines.push(indented("shown  those that pass the filters in force"));
    lines.push("Examples:".into());
    lines.extend(EXAMPLES.iter().map(|example| indented(example)));
    lines
}
