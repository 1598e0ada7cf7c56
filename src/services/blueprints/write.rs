//! A blueprint → the text of a file that reads as the same blueprint.

use super::fill::escaped;
use crate::model::Blueprint;
use toml::{Table, Value};

/// The text of a file. What is empty, as it is without a word, is left out.
///
/// # Errors
/// When TOML has no form for a value, such as a number above its largest.
pub fn to_toml(blueprint: &Blueprint) -> Result<String, toml::ser::Error> {
    let mut table = Table::try_from(blueprint)?;
    let usual = Table::try_from(Blueprint::default())?;
    leave_out(&mut table, Some(&usual));
    toml::to_string_pretty(&table)
}

/// Takes out what is empty, unless the usual value is not.
fn leave_out(table: &mut Table, usual: Option<&Table>) {
    let entries = std::mem::take(table);
    for (name, mut value) in entries {
        let usual = usual.and_then(|usual| usual.get(&name));
        tidy(&mut value, usual);
        if !is_empty(&value) || usual.is_some_and(|usual| !is_empty(usual)) {
            table.insert(name, value);
        }
    }
}

fn tidy(value: &mut Value, usual: Option<&Value>) {
    match value {
        Value::String(text) => *text = escaped(text),
        Value::Array(values) => values.iter_mut().for_each(|value| tidy(value, None)),
        Value::Table(table) => leave_out(table, usual.and_then(Value::as_table)),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Table(table) => table.values().all(is_empty),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => false,
    }
}
