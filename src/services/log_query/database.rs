//! The database that a log is asked in: in memory, for one question. What a statement may do there.

use super::failure::{Failure, MEMORY_MOST};
use crate::model::QueryHalt;
use regex::Regex;
use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error};

/// Steps of SQLite's machine between two questions whether to stop: well below a millisecond.
const STEPS: i32 = 10_000;
/// Bytes of one value at most.
const VALUE_BYTES: i32 = 16 << 20;
/// Characters of a pattern of LIKE at most: its time grows with them.
const PATTERN_LENGTH: i32 = 1000;

/// Opens an empty database that stops when it is told to.
pub(super) fn open(halt: impl Fn() -> Option<QueryHalt> + Send + 'static) -> Result<Connection, Failure> {
    let mut database = Connection::open_in_memory()?;
    database.progress_handler(STEPS, Some(move || halt().is_some()))?;
    // What is sorted or grouped stays in memory too: a log may hold secrets, and a disk keeps them. The bound is that of all
    // databases of this process.
    database.execute_batch(&format!("PRAGMA temp_store = MEMORY; PRAGMA hard_heap_limit = {MEMORY_MOST};"))?;
    database.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES)?;
    database.set_limit(Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_LENGTH)?;
    database.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    database.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    database.create_scalar_function("regexp", 2, flags, regexp)?;
    Ok(database)
}

/// From now on the database is read only, whatever a statement says.
pub(super) fn close_to_changes(database: &mut Connection) -> Result<(), Failure> {
    let settings = [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // Else a misspelt column in double quotes would be a text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    ];
    for (setting, on) in settings {
        database.set_db_config(setting, on)?;
    }
    database.execute_batch("PRAGMA query_only = ON")?;
    database.authorizer(Some(judge))?;
    Ok(())
}

fn judge(asked: AuthContext<'_>) -> Authorization {
    let is_fine = match asked.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !function_name.eq_ignore_ascii_case("load_extension"),
        AuthAction::Pragma { pragma_name, .. } => matches!(pragma_name, "table_info" | "table_xinfo"),
        // Whatever else SQLite can do or will learn to do changes or opens something.
        _ => false,
    };
    if is_fine { Authorization::Allow } else { Authorization::Deny }
}

/// `value REGEXP pattern`: regular expressions as in filters, but capitals are exact; `(?i)` before them matches any case.
fn regexp(context: &mut Context<'_>) -> rusqlite::Result<Option<bool>> {
    let wrong = |why: String| Error::UserFunctionError(why.into());
    let pattern = context.get_or_create_aux(0, |value: ValueRef<'_>| {
        let text = value.as_str().map_err(|_| "the pattern is no text".to_string())?;
        Regex::new(text).map_err(|error| {
            let why = error.to_string();
            why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string()
        })
    });
    let matches = |text: &str| pattern.as_ref().map(|pattern| pattern.is_match(text));
    let matched = match context.get_raw(1) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => matches(&number.to_string()),
        ValueRef::Real(number) => matches(&number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => matches(&String::from_utf8_lossy(bytes)),
    };
    matched.map(Some).map_err(|error| match error {
        Error::UserFunctionError(why) => wrong(format!("REGEXP: {why}")),
        other => wrong(format!("REGEXP: {other}")),
    })
}
