//! The columns of a log: those that every log has, and one for each field that its lines have.

use super::FIXED;
use super::failure::Failure;
use super::units::Units;
use crate::model::log_text::plain;
use crate::model::text::clean;
use crate::model::{LogFields, LogLines, QueryHalt};
use std::collections::{HashMap, HashSet};

/// Fields that get a column at most: those that most lines have.
pub const FIELDS_MOST: usize = 400;
/// Names of fields that are counted at most; a line can have any.
const NAMES_MOST: usize = 50_000;
/// Characters of the name of a column at most.
const NAME_LENGTH: usize = 80;
/// Lines that are looked at to tell which columns there are, before anything is asked.
const LOOK_LINES: usize = 2000;
/// Lines between two questions whether to stop.
pub(super) const STEP: usize = 1000;

/// The columns of a log.
#[derive(Debug)]
pub struct Columns {
    /// Their names, clean, in their order; no two are the same in any case.
    pub names: Vec<String>,
    /// The places of the fields among them, by name in small letters.
    pub fields: HashMap<String, usize>,
    /// The units of the values in each of them.
    pub(super) units: Vec<Units>,
    /// Names of fields that have no column.
    pub left_out: usize,
}

/// A name of a field: how it was written first, when that was, and how many lines have it.
struct FieldName {
    name: String,
    order: usize,
    lines: usize,
    units: Units,
}

/// Counts the names of fields.
#[derive(Default)]
struct Count {
    seen: HashMap<String, FieldName>,
    /// Fields whose names are not counted any more.
    uncounted: usize,
    small: String,
}

impl Count {
    fn take(&mut self, text: &str) {
        let Some(line) = LogFields::read(text) else { return };
        for (name, value) in line.others() {
            small(name, &mut self.small);
            let known = self.seen.len();
            match self.seen.get_mut(&self.small) {
                Some(field) => {
                    field.lines += 1;
                    field.units.take(value);
                }
                None if known >= NAMES_MOST => self.uncounted += 1,
                None => {
                    let mut seen =
                        FieldName { name: name.to_string(), order: known, lines: 1, units: Units::default() };
                    seen.units.take(value);
                    self.seen.insert(self.small.clone(), seen);
                }
            }
        }
    }

    fn columns(self) -> Columns {
        let mut seen: Vec<(String, FieldName)> = self.seen.into_iter().collect();
        seen.sort_by_key(|(_, seen)| (std::cmp::Reverse(seen.lines), seen.order));
        let left_out = seen.len().saturating_sub(FIELDS_MOST) + self.uncounted;
        seen.truncate(FIELDS_MOST);
        seen.sort_by_key(|(_, seen)| seen.order);
        let mut names: Vec<String> = FIXED.iter().map(|(name, _)| name.to_string()).collect();
        let mut taken: HashSet<String> = names.iter().cloned().collect();
        let mut fields = HashMap::new();
        let mut units = vec![Units::default(); names.len()];
        for (key, seen) in seen {
            let name = free(&seen.name, &taken);
            taken.insert(name.to_ascii_lowercase());
            fields.insert(key, names.len());
            names.push(name);
            units.push(seen.units);
        }
        Columns { names, fields, units, left_out }
    }
}

/// The name in small letters: as with filters, fields whose names differ in capitals only are one.
pub(super) fn small(name: &str, out: &mut String) {
    out.clear();
    out.push_str(name);
    out.make_ascii_lowercase();
}

/// A name for a column like that of a field, which no other has.
fn free(name: &str, taken: &HashSet<String>) -> String {
    let mut free: String = clean(name).chars().take(NAME_LENGTH).collect();
    if free.is_empty() {
        free.push_str("field");
    }
    while taken.contains(&free.to_ascii_lowercase()) {
        free.push('_');
    }
    free
}

/// A name as SQL takes any.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// As the name of a column is written in SQL: in quotes where it needs them.
pub fn as_written(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_word = name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !is_keyword(name);
    if is_word { name.to_string() } else { quoted(name) }
}

/// Words of SQL that fields are likely to be called by.
fn is_keyword(name: &str) -> bool {
    const WORDS: &str = " add all and as asc between by case check collate commit constraint create cross default delete desc \
                         distinct drop else end escape except exists for foreign from group having in index insert into is \
                         join key left like limit natural not null on or order outer primary references right select set \
                         table then to transaction union unique update using values when where with ";
    WORDS.contains(&format!(" {} ", name.to_lowercase()))
}

impl Columns {
    /// The columns of a log, without the first so many lines.
    pub fn of(lines: &LogLines, skip: usize, halt: &impl Fn() -> Option<QueryHalt>) -> Result<Columns, Failure> {
        let (mut count, mut text) = (Count::default(), String::new());
        let all = lines.batches.iter().flat_map(|batch| batch.lines.iter().map(|mark| batch.line(mark)));
        for (place, bytes) in all.skip(skip).enumerate() {
            if place % STEP == 0 && halt().is_some() {
                return Err(Failure::Halted);
            }
            plain(bytes, &mut text);
            count.take(&text);
        }
        Ok(count.columns())
    }
}

/// The names of the columns that some lines have, the newest first: the fixed ones, then the fields.
pub fn columns<'a>(newest_first: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let (mut count, mut text) = (Count::default(), String::new());
    for bytes in newest_first.take(LOOK_LINES) {
        plain(bytes, &mut text);
        count.take(&text);
    }
    count.columns().names
}
