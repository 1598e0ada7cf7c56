//! Lines of a log become rows of a table.

use super::FIXED;
use super::columns::{self, Columns, STEP, small};
use super::failure::Failure;
use crate::model::log_text::plain;
use crate::model::{
    Batch, Level, LineMark, LogFields, LogFormat, LogLines, LogQuery, QueryHalt, Stream, Timestamp, Zone,
};
use rusqlite::{Connection, Statement};

/// Bytes that the table may take: a line is in it about three times, as a line, its message and its fields.
const TABLE_BYTES: usize = 256 << 20;
/// Bytes that a row takes beside its texts.
const ROW_BYTES: usize = 160;

/// Which lines find room.
pub(super) struct Newest {
    /// The first so many lines do not.
    pub skip: usize,
    /// So many do.
    pub lines: usize,
}

/// The newest lines that find room.
pub(super) fn newest(lines: &LogLines) -> Newest {
    newest_within(lines, TABLE_BYTES)
}

pub(super) fn newest_within(lines: &LogLines, mut room: usize) -> Newest {
    let marks = || lines.batches.iter().rev().flat_map(|batch| batch.lines.iter().rev());
    let fits = |mark: &&LineMark| {
        let cost = ROW_BYTES + 3 * mark.len as usize;
        let fits = cost <= room;
        room = room.saturating_sub(cost);
        fits
    };
    let count = marks().take_while(fits).count();
    Newest { skip: marks().count() - count, lines: count }
}

/// Makes the table `log` and the view `shown`.
pub(super) fn fill(
    database: &mut Connection,
    query: &LogQuery,
    columns: &Columns,
    skip: usize,
    halt: &impl Fn() -> Option<QueryHalt>,
) -> Result<(), Failure> {
    let quoted: Vec<String> = columns.names.iter().map(|name| columns::quoted(name)).collect();
    // The first is the row's own number; the others have no type, so that each value keeps its own.
    let others = quoted[1..].join(", ");
    database.execute_batch(&format!(
        "CREATE TABLE log ({} INTEGER PRIMARY KEY, {others}); CREATE TABLE passes (number INTEGER PRIMARY KEY);",
        quoted[0],
    ))?;
    let filter = if query.filters.is_empty() { "" } else { " WHERE number IN (SELECT number FROM passes)" };
    database.execute_batch(&format!("CREATE VIEW shown AS SELECT * FROM log{filter}"))?;
    let all = database.transaction()?;
    {
        let places = vec!["?"; quoted.len()].join(", ");
        let mut insert = all.prepare(&format!("INSERT INTO log VALUES ({places})"))?;
        let mut pass = all.prepare("INSERT INTO passes VALUES (?)")?;
        let mut row = Row { query, columns, text: String::new(), small: String::new(), bound: vec![0; quoted.len()] };
        let lines = query.lines.batches.iter().flat_map(|batch| batch.lines.iter().map(move |mark| (batch, mark)));
        for (number, (batch, mark)) in (1..).zip(lines.skip(skip)) {
            if number % STEP == 0 && halt().is_some() {
                return Err(Failure::Halted);
            }
            row.write(&mut insert, number, batch, mark)?;
            if !query.filters.is_empty() && query.filters.hold(mark, batch.line(mark), &mut row.text) {
                pass.execute([number as i64])?;
            }
        }
    }
    all.commit()?;
    Ok(())
}

/// Writes rows, one after the other.
struct Row<'a> {
    query: &'a LogQuery,
    columns: &'a Columns,
    text: String,
    small: String,
    /// The line for which a column got its last value.
    bound: Vec<usize>,
}

impl Row<'_> {
    fn write(
        &mut self,
        insert: &mut Statement<'_>,
        number: usize,
        batch: &Batch,
        mark: &LineMark,
    ) -> Result<(), Failure> {
        insert.clear_bindings();
        plain(batch.line(mark), &mut self.text);
        let read = LogFields::read(&self.text);
        let message = read.as_ref().map(|line| &*line.message).filter(|message| !message.is_empty());
        let name = self.query.lines.names.get(usize::from(mark.voice));
        // In the order of FIXED; SQLite counts from 1.
        insert.raw_bind_parameter(1, number as i64)?;
        insert.raw_bind_parameter(2, time(mark.at, self.query.zone))?;
        insert.raw_bind_parameter(3, mark.at.0 as f64 / 1e9)?;
        insert.raw_bind_parameter(4, name)?;
        insert.raw_bind_parameter(5, if mark.stream == Stream::Err { "stderr" } else { "stdout" })?;
        insert.raw_bind_parameter(6, (mark.level != Level::None).then(|| mark.level.word()))?;
        insert.raw_bind_parameter(7, mark.continues)?;
        insert.raw_bind_parameter(8, message.unwrap_or(&self.text))?;
        insert.raw_bind_parameter(FIXED.len(), &self.text)?;
        for (name, value) in read.iter().flat_map(LogFields::others) {
            small(name, &mut self.small);
            let Some(place) = self.columns.fields.get(&self.small) else { continue };
            // Of a field that a line has twice the first is meant, as with filters.
            if std::mem::replace(&mut self.bound[*place], number) == number {
                continue;
            }
            let is_json = read.as_ref().is_some_and(|line| line.format == LogFormat::Json);
            let units = self.columns.units.get(*place).copied().unwrap_or_default();
            match units.number(value) {
                Some(number) => insert.raw_bind_parameter(place + 1, number)?,
                None => bind(insert, place + 1, value, is_json)?,
            }
        }
        insert.raw_execute()?;
        Ok(())
    }
}

/// Binds the value of a field: a number where it is written as one.
fn bind(insert: &mut Statement<'_>, place: usize, value: &str, is_json: bool) -> Result<(), Failure> {
    if is_json && value == "null" {
        return Ok(());
    }
    match number(value) {
        Some(Number::Whole(number)) => insert.raw_bind_parameter(place, number)?,
        Some(Number::Real(number)) => insert.raw_bind_parameter(place, number)?,
        None => insert.raw_bind_parameter(place, value)?,
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

/// The number that a value is, if it is written as numbers are: `007` and `1e5` are names of something.
pub(super) fn number(value: &str) -> Option<Number> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || is_padded || value.len() > 32 {
        return None;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Number::Whole);
    }
    let is_real = digits.contains(['.', '-', '+']) && digits.bytes().all(|byte| b"0123456789.eE+-".contains(&byte));
    value.parse().ok().filter(|_| is_real && !digits.ends_with('.')).map(Number::Real)
}

/// As SQLite writes times itself, so that its functions take it and times compare as texts.
fn time(at: Timestamp, zone: Zone) -> String {
    zone.local(at).strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}
