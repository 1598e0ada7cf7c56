//! Why a question was not answered, in words for the one who asked.

use super::FIXED;
use super::columns::as_written;
use crate::model::text::clean;
use crate::model::{Problem, QueryFailed, QueryHalt};
use rusqlite::{Error, ErrorCode};

/// Bytes that SQLite may take in all.
pub(super) const MEMORY_MOST: usize = 512 << 20;
/// Names of columns that a failure tells at most.
const NAMES_MOST: usize = 40;
/// How like a name must be to be proposed, of 1.
const LIKENESS: f64 = 0.75;

/// Why a question was not answered.
#[derive(Debug)]
pub enum Failure {
    /// SQLite says so.
    Sqlite(Error),
    /// The statement names a column that there is not, among these.
    NoColumn(Error, Vec<String>),
    /// The statement says nothing.
    Empty,
    /// The statement would answer nothing.
    NoQuestion,
    /// It was told to stop.
    Halted,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Sqlite(error)
    }
}

/// What begins SQLite's word for it.
const NO_COLUMN: &str = "no such column: ";
const NO_TABLE: &str = "no such table: ";
const NO_FUNCTION: &str = "no such function: ";

const NO_STATEMENT: &str = "there is no statement";
const ONLY_SELECT: &str = "only SELECT works: a log can be read, not changed";
const NEW_QUESTION: &str = "ask for less: name columns instead of *, add WHERE, or LIMIT";

impl Failure {
    /// The same, with the columns that there are.
    pub(super) fn known(self, columns: &[String]) -> Failure {
        match self {
            Failure::Sqlite(error) if words(&error).starts_with(NO_COLUMN) => {
                Failure::NoColumn(error, columns.to_vec())
            }
            other => other,
        }
    }

    /// In words.
    pub(super) fn told(self, statement: &str, halt: Option<QueryHalt>) -> QueryFailed {
        let failed = |cause: &str, hint: &str| Problem::new("SQL", cause, hint);
        let problem = match &self {
            Failure::Empty => failed(NO_STATEMENT, &example()),
            Failure::NoQuestion => failed(ONLY_SELECT, &example()),
            Failure::Halted => halted(halt),
            Failure::NoColumn(error, columns) => no_column(&words(error), columns),
            Failure::Sqlite(error) => of_sqlite(error, halt),
        };
        let at = match &self {
            Failure::Sqlite(error) | Failure::NoColumn(error, _) => place(error, statement),
            Failure::Empty | Failure::NoQuestion | Failure::Halted => None,
        };
        QueryFailed { problem, at }
    }
}

/// A statement that always works.
pub fn example() -> String {
    "try SELECT level, count(*) FROM log GROUP BY level".to_string()
}

fn halted(halt: Option<QueryHalt>) -> Problem {
    match halt {
        Some(QueryHalt::TookLongerThan(seconds)) => {
            Problem::new("SQL", format!("it took longer than {seconds} s and was given up"), NEW_QUESTION)
        }
        Some(QueryHalt::Cancelled) | None => Problem::new("SQL", "cancelled", ""),
    }
}

fn of_sqlite(error: &Error, halt: Option<QueryHalt>) -> Problem {
    let failed = |cause: &str, hint: &str| Problem::new("SQL", cause, hint);
    if matches!(error, Error::MultipleStatement) {
        return failed("there are several statements", "ask one at a time");
    }
    if matches!(error, Error::Empty) {
        return failed(NO_STATEMENT, &example());
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => return halted(halt),
        Some(ErrorCode::OutOfMemory) => {
            return failed(&format!("it needs more memory than {} MiB", MEMORY_MOST >> 20), NEW_QUESTION);
        }
        Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => {
            return failed(ONLY_SELECT, &example());
        }
        Some(ErrorCode::TooBig) => return failed("a value is too long", NEW_QUESTION),
        _ => {}
    }
    let words = words(error);
    if words.starts_with(NO_TABLE) {
        return failed(&words, "log holds all loaded lines, shown those that pass the filters");
    }
    if words.starts_with("incomplete input") {
        return failed("the statement is not complete", &example());
    }
    let of_text = "text is written in single quotes, a name that is a word of SQL in double quotes";
    failed(&words, if words.starts_with(NO_FUNCTION) { "see sqlite.org/lang_corefunc.html" } else { of_text })
}

/// What SQLite says, clean.
fn words(error: &Error) -> String {
    let words = match error {
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::SqliteFailure(_, Some(words)) => words.clone(),
        other => other.to_string(),
    };
    clean(&words).into_owned()
}

/// Where in the statement it is, bytes.
fn place(error: &Error, statement: &str) -> Option<usize> {
    let Error::SqlInputError { offset, .. } = error else { return None };
    usize::try_from(*offset).ok().filter(|at| statement.is_char_boundary(*at))
}

/// A column that there is not: which one may be meant, and which there are.
fn no_column(words: &str, columns: &[String]) -> Problem {
    let named = words.trim_start_matches(NO_COLUMN).split(" - ").next().unwrap_or_default();
    let is_text = named.starts_with('"');
    let name = named.trim_matches('"').rsplit('.').next().unwrap_or_default().to_lowercase();
    let likeness = |column: &String| strsim::jaro_winkler(&name, &column.to_lowercase());
    let nearest =
        columns.iter().map(|column| (likeness(column), column)).max_by(|(one, _), (other, _)| one.total_cmp(other));
    let nearest = nearest.filter(|(likeness, _)| *likeness >= LIKENESS);
    let meant = nearest.map_or_else(String::new, |(_, column)| format!("perhaps {} is meant; ", as_written(column)));
    let quotes = if is_text { "text is written in single quotes; " } else { "" };
    Problem::new("SQL", format!("no such column: {named}"), format!("{meant}{quotes}columns: {}", list(columns)))
}

/// Fields first: the others are the same everywhere.
fn list(columns: &[String]) -> String {
    let (fixed, fields) = columns.split_at(FIXED.len().min(columns.len()));
    let all = fields.iter().chain(fixed).map(|name| as_written(name));
    let shown: Vec<String> = all.take(NAMES_MOST).collect();
    let more = columns.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
