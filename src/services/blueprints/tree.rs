//! A file as two trees of the same form: one knows the place of each value, one holds the values themselves.

use super::mistake::{Found, NO_TOML};
use std::ops::Range;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// A table in which each name and value knows its place.
pub(super) type Places<'t> = DeTable<'t>;

/// Parses a text; its places begin at `start`. All that is no TOML is told.
pub(super) fn parse<'t>(text: &'t str, start: usize, found: &mut Vec<Found>) -> Places<'t> {
    let (table, errors) = DeTable::parse_recoverable(text);
    found.extend(errors.iter().map(|error| {
        let range = error.span().unwrap_or(0..0);
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let mend = "strings stand in quotes, tables are written [container], lists of tables [[ports]]";
        Found::new(range.start + start..range.end + start, format!("{NO_TOML}{message}"), mend)
    }));
    moved(table.into_inner(), start)
}

fn moved(table: Places<'_>, start: usize) -> Places<'_> {
    let shift = |range: Range<usize>| range.start + start..range.end + start;
    let entry = |(key, value): (Spanned<_>, Spanned<_>)| {
        (Spanned::new(shift(key.span()), key.into_inner()), moved_value(value, start))
    };
    table.into_iter().map(entry).collect()
}

fn moved_value(value: Spanned<DeValue<'_>>, start: usize) -> Spanned<DeValue<'_>> {
    let range = value.span().start + start..value.span().end + start;
    let value = match value.into_inner() {
        DeValue::Array(values) => DeValue::Array(values.into_iter().map(|value| moved_value(value, start)).collect()),
        DeValue::Table(table) => DeValue::Table(moved(table, start)),
        plain @ (DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)) => plain,
    };
    Spanned::new(range, value)
}

/// Lays a table over another: tables are merged, all other values replaced.
pub(super) fn lay_over<'t>(base: &mut Places<'t>, own: Places<'t>) {
    for (key, value) in own {
        let name = key.get_ref().clone();
        let range = value.span();
        match (base.get_mut(&*name).map(Spanned::get_mut), value.into_inner()) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => lay_over(below, above),
            (_, value) => {
                base.remove(&*name);
                base.insert(key, Spanned::new(range, value));
            }
        }
    }
}

/// The values of a table.
pub(super) fn values(table: &Places<'_>) -> Table {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect()
}

fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(is) => Value::Boolean(*is),
        // What no integer holds is told as a wrong type: it stays text.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.as_str().into()), Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::String(number.as_str().into()), Value::Float)
        }
        DeValue::Datetime(time) => Value::Datetime(*time),
        DeValue::Array(values) => Value::Array(values.iter().map(|value| plain(value.get_ref())).collect()),
        DeValue::Table(table) => Value::Table(values(table)),
    }
}

/// The place of a value by the names, and the numbers in lists, that lead to it; that of what would hold it where it is not there.
pub(super) fn place(table: &Places<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.get_key_value(*first)?;
    match value.get_ref() {
        DeValue::Table(inner) => Some(place(inner, rest).unwrap_or_else(|| key.span())),
        DeValue::Array(values) if !rest.is_empty() => place_in(values, rest).or_else(|| Some(key.span())),
        _ => Some(value.span()),
    }
}

fn place_in(values: &[Spanned<DeValue<'_>>], path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let value = values.get(first.parse::<usize>().ok()?)?;
    match value.get_ref() {
        DeValue::Table(inner) => Some(place(inner, rest).unwrap_or_else(|| value.span())),
        _ => Some(value.span()),
    }
}

/// The place of a name itself.
pub(super) fn place_of_key(table: &Places<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.get_key_value(*first)?;
    match (rest, value.get_ref()) {
        ([], _) => Some(key.span()),
        (_, DeValue::Table(inner)) => place_of_key(inner, rest),
        ([number, rest @ ..], DeValue::Array(values)) => {
            let inner = values.get(number.parse::<usize>().ok()?)?.get_ref().as_table()?;
            place_of_key(inner, rest)
        }
        _ => Some(key.span()),
    }
}

/// Takes out the innermost entry that a path names, so that the rest can be read. Its names, or nothing where there is no such entry.
pub(super) fn take_out<'p>(values: &mut Table, path: &'p [String]) -> Option<&'p [String]> {
    // A list is taken out whole: the numbers of what is left would be others.
    let end = path.iter().rposition(|name| name.parse::<usize>().is_err())?;
    let path = &path[..=end];
    let (last, above) = path.split_last()?;
    let mut held = Held::Table(values);
    for name in above {
        held = held.below(name)?;
    }
    let Held::Table(table) = held else { return None };
    table.remove(last).map(|_| path)
}

/// A table or a list among the values.
enum Held<'a> {
    Table(&'a mut Table),
    Array(&'a mut Vec<Value>),
}

impl<'a> Held<'a> {
    fn below(self, name: &str) -> Option<Held<'a>> {
        let value = match self {
            Held::Table(table) => table.get_mut(name)?,
            Held::Array(array) => array.get_mut(name.parse::<usize>().ok()?)?,
        };
        match value {
            Value::Table(table) => Some(Held::Table(table)),
            Value::Array(array) => Some(Held::Array(array)),
            Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => None,
        }
    }
}
