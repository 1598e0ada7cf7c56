//! Variables → values in the texts of a tree. `$${` is a `${` of the value's own, as a shell has it.

use super::mistake::{Found, meant};
use super::variables::{OWN_NAMES, Values, VariableKind, Variables, is_own};
use crate::model::text::clean;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::{Table, Value};

/// What is filled into one tree.
pub(super) struct Filling<'a> {
    pub variables: &'a Variables,
    pub values: &'a Values,
    /// Names of bowline's own that are known already: `project`, `id`, `timestamp`.
    pub own: &'a Values,
    /// Where a value stands.
    pub place: &'a dyn Fn(&[&str]) -> Range<usize>,
    /// The variables that were used.
    pub used: BTreeSet<String>,
    /// The paths of values in which something is wrong: nothing else is to be said of them.
    pub wrong: Vec<Vec<String>>,
    pub found: Vec<Found>,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    /// The name between `${` and `}`.
    Name(&'a str),
    /// `$${`
    Escape,
    /// `${` without its end.
    Open,
}

impl Filling<'_> {
    /// Fills all texts of a table.
    pub fn table(&mut self, table: &mut Table, path: &[&str]) {
        let mut filled = Table::new();
        for (key, mut value) in std::mem::take(table) {
            if self.value(&mut value, &[path, &[&key]].concat()) {
                filled.insert(key, value);
            }
        }
        *table = filled;
    }

    /// Fills a value. False where nothing is left of it: it consisted of a variable that has no value.
    fn value(&mut self, value: &mut Value, path: &[&str]) -> bool {
        match value {
            Value::Table(table) => self.table(table, path),
            Value::Array(values) => self.array(values, path),
            Value::String(text) => match self.text(text, path) {
                Some(filled) => *value = filled,
                None => return false,
            },
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
        }
        true
    }

    fn array(&mut self, values: &mut Vec<Value>, path: &[&str]) {
        let mut filled = Vec::new();
        for (number, mut value) in std::mem::take(values).into_iter().enumerate() {
            let number = number.to_string();
            let was_text = value.is_str();
            let is_there = self.value(&mut value, &[path, &[number.as_str()]].concat());
            match value {
                // The words of a variable become words of the list.
                Value::Array(words) if was_text => filled.extend(words),
                value if is_there => filled.push(value),
                _ => {}
            }
        }
        *values = filled;
    }

    /// A text with its variables filled; a variable alone keeps its type.
    fn text(&mut self, text: &str, path: &[&str]) -> Option<Value> {
        if let [Piece::Name(name)] = pieces(text)[..]
            && let Some(variable) = self.variables.get(name)
        {
            self.used.insert(name.to_string());
            let value = self.values.get(name).map_or("", String::as_str);
            if variable.check(value).is_err() {
                self.is_wrong(path);
                return None;
            }
            return typed(variable.kind, value);
        }
        let mut filled = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Plain(text) => filled.push_str(text),
                Piece::Escape => filled.push_str("${"),
                Piece::Open => {
                    let mend = "write ${NAME}, or $${ for a shell's own";
                    self.is_wrong(path);
                    self.found.push(Found::new((self.place)(path), "'${' has no '}'", mend));
                }
                Piece::Name(name) => filled.push_str(&self.named(name, path)),
            }
        }
        Some(Value::String(filled))
    }

    fn is_wrong(&mut self, path: &[&str]) {
        self.wrong.push(path.iter().map(|name| (*name).to_string()).collect());
    }

    /// What stands for a name.
    fn named(&mut self, name: &str, path: &[&str]) -> String {
        if let Some(value) = self.values.get(name) {
            self.used.insert(name.to_string());
            return value.clone();
        }
        if let Some(value) = self.own.get(name) {
            return value.clone();
        }
        if !is_own(name) {
            let known: Vec<&str> = self.variables.keys().map(String::as_str).chain(OWN_NAMES).collect();
            let mend = format!("{} (a shell's own is written $${{{}}})", meant(name, &known), clean(name));
            self.is_wrong(path);
            let sentence = format!("variable '{}' is not known", clean(name));
            self.found.push(Found::new((self.place)(path), sentence, mend));
        }
        format!("${{{name}}}")
    }
}

/// The value of a variable that stands alone. Nothing where it has none, but for texts.
fn typed(kind: VariableKind, value: &str) -> Option<Value> {
    let text = || Some(Value::String(value.into()));
    match kind {
        VariableKind::Words => {
            Some(Value::Array(shell_words::split(value).unwrap_or_default().into_iter().map(Value::String).collect()))
        }
        _ if value.is_empty() => None,
        VariableKind::Integer | VariableKind::Port => {
            value.parse().map_or_else(|_| text(), |n| Some(Value::Integer(n)))
        }
        VariableKind::Boolean => value.parse().map_or_else(|_| text(), |is| Some(Value::Boolean(is))),
        VariableKind::String | VariableKind::Size | VariableKind::Path => text(),
    }
}

/// A text that reads as this one once its variables are filled.
pub(super) fn escaped(text: &str) -> String {
    let pieces = pieces_of(text, false);
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Plain(text) => (*text).to_string(),
        Piece::Name(name) if is_own(name) => format!("${{{name}}}"),
        Piece::Name(name) => format!("$${{{name}}}"),
        Piece::Escape | Piece::Open => "$${".to_string(),
    };
    pieces.iter().map(piece).collect()
}

/// The names between `${` and `}` in a text.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces_of(text, false).into_iter().filter_map(|piece| if let Piece::Name(name) = piece { Some(name) } else { None })
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    pieces_of(text, true)
}

fn pieces_of(text: &str, escapes: bool) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let is_escape = escapes && before.ends_with('$');
        let plain = if is_escape { &before[..at - 1] } else { before };
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        rest = match (is_escape, after.split_once('}')) {
            (true, _) => {
                pieces.push(Piece::Escape);
                after
            }
            (false, Some((name, rest))) => {
                pieces.push(Piece::Name(name));
                rest
            }
            (false, None) => {
                pieces.push(Piece::Open);
                after
            }
        };
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_escapes_are_told_apart() {
        assert_eq!(
            pieces("a${b}c$${d}${"),
            [Piece::Plain("a"), Piece::Name("b"), Piece::Plain("c"), Piece::Escape, Piece::Plain("d}"), Piece::Open]
        );
    }

    #[test]
    fn what_was_escaped_reads_as_it_was() {
        assert_eq!(escaped("echo ${HOME} ${port} ${"), "echo $${HOME} ${port} $${");
    }
}
