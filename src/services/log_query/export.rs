//! A table as a file or in the clipboard.

use crate::model::log_json::quoted;
use crate::model::{Cell, LogTable, TableColumn};
use unicode_width::UnicodeWidthStr;

/// In columns below their names, clean, numbers to the right; long values are cut.
pub fn aligned(table: &LogTable) -> Vec<u8> {
    let pad = |text: &str, column: &TableColumn| {
        let blanks = " ".repeat(column.width.saturating_sub(text.width()));
        if column.is_number { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
    };
    let line = |texts: Vec<String>| format!("{}\n", texts.join("  ").trim_end());
    let names = table.columns.iter().map(|column| pad(&column.name, column)).collect();
    let rows = table.rows.iter().map(|row| {
        let texts = row.iter().zip(&table.columns).map(|(cell, column)| pad(&cell.shown(), column));
        line(texts.collect())
    });
    std::iter::once(line(names)).chain(rows).collect::<String>().into_bytes()
}

/// As CSV, with a line of names: RFC 4180, lines end with a line feed, no value is empty.
pub fn csv(table: &LogTable) -> Vec<u8> {
    delimited(table, b',')
}

/// As text with tabs, for tables of other programs.
pub fn tabbed(table: &LogTable) -> Vec<u8> {
    delimited(table, b'\t')
}

fn delimited(table: &LogTable, delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let names = table.columns.iter().map(|column| column.name.as_bytes().to_vec()).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| cell.written().as_bytes().to_vec()).collect());
    for record in std::iter::once(names).chain(rows) {
        let record: Vec<Vec<u8>> = record;
        // Memory takes all that is written, and all records are as long as the first.
        drop(writer.write_record(record));
    }
    writer.into_inner().unwrap_or_default()
}

/// As an array of objects of JSON, a line each.
pub fn json(table: &LogTable) -> Vec<u8> {
    let objects: Vec<String> = objects(table).collect();
    format!("[\n{}\n]\n", objects.join(",\n")).into_bytes()
}

/// As lines of JSON, an object each.
pub fn json_lines(table: &LogTable) -> Vec<u8> {
    objects(table).flat_map(|object| [object, "\n".to_string()]).collect::<String>().into_bytes()
}

fn objects(table: &LogTable) -> impl Iterator<Item = String> {
    let names = names(table);
    table.rows.iter().map(move |row| {
        let pairs: Vec<String> = names.iter().zip(row).map(|(name, cell)| format!("{name}:{}", value(cell))).collect();
        format!("{{{}}}", pairs.join(","))
    })
}

/// The names of the columns, quoted; a name that stood before gets an underscore, since an object has each once.
fn names(table: &LogTable) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in &table.columns {
        let mut name = column.name.clone();
        while names.contains(&name) {
            name.push('_');
        }
        names.push(name);
    }
    names.iter().map(|name| quoted(name)).collect()
}

fn value(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => serde_json::Value::from(*number).to_string(),
        Cell::Text(text) => quoted(text),
    }
}
