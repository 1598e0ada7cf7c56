//! The variables of a blueprint: what each may be, and what it is.

use super::mistake::{Found, meant};
use super::read::Given;
use super::run::fill_braces;
use crate::model::ByteSize;
use crate::model::text::clean;
use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use strum::IntoStaticStr;

/// Names that bowline fills itself; those of ports are filled once these are chosen.
pub const OWN_NAMES: [&str; 4] = ["project", "id", "timestamp", "port"];

/// What values a variable takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum VariableKind {
    /// Any text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A size, such as `512m`.
    Size,
    /// A port, 1 to 65535; 0 lets bowline pick a free one.
    Port,
    /// A folder of this machine (`/srv/code`, `./code`), or the name of a volume.
    Path,
    /// The words of a command: where the variable stands alone, it becomes a list of them.
    Words,
}

/// A plain value: text, a number, `true` or `false`, kept as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Plain(pub String);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Plain, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Plain;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number, true or false")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Plain, E> {
                Ok(Plain(text.into()))
            }
            fn visit_bool<E: Error>(self, is: bool) -> Result<Plain, E> {
                Ok(Plain(is.to_string()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Plain, E> {
                Ok(Plain(number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Plain, E> {
                Ok(Plain(number.to_string()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for Plain {
    fn schema_name() -> Cow<'static, str> {
        "Plain".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// A variable as a file declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VariablePart {
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: VariableKind,
    /// Its value where none is given. Without one it is empty, and an entry that consists of it alone is left out.
    pub default: Option<Plain>,
    /// The only values that it takes.
    pub choices: Vec<Plain>,
    /// Regular expression that the whole value must match.
    pub pattern: String,
    /// It must have a value.
    pub required: bool,
    /// Its value is never shown or written down.
    pub secret: bool,
    /// What it is for, in a sentence.
    pub description: String,
    /// What other variables are by default for each value of this one: `[variables.type.values.node]` with `image = "node:20"`.
    /// Without `choices`, these are the values that it takes.
    pub values: BTreeMap<String, BTreeMap<String, Plain>>,
}

/// The variables of a file, by name.
pub type Variables = BTreeMap<String, VariablePart>;

impl VariablePart {
    /// The values that it takes; empty if there are others.
    pub fn choices(&self) -> Vec<&str> {
        match self.choices.is_empty() {
            true => self.values.keys().map(String::as_str).collect(),
            false => self.choices.iter().map(|choice| choice.0.as_str()).collect(),
        }
    }

    /// Checks a value as it was typed.
    ///
    /// # Errors
    /// What is wrong with it and what would be right, in a sentence. The value is not repeated: it may be a secret.
    pub fn check(&self, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return if self.required { Err("it needs a value".into()) } else { Ok(()) };
        }
        if value.contains('\0') {
            return Err("it must not contain a zero byte".into());
        }
        let choices = self.choices();
        if !choices.is_empty() && !choices.contains(&value) {
            return Err(meant(value, &choices));
        }
        self.check_kind(value)?;
        match self.pattern().map(|pattern| pattern.map(|pattern| pattern.is_match(value))) {
            Some(Ok(false)) => Err(format!("expected text that matches {}", clean(&self.pattern))),
            Some(Ok(true) | Err(_)) | None => Ok(()),
        }
    }

    fn check_kind(&self, value: &str) -> Result<(), String> {
        let is_one = match self.kind {
            VariableKind::String => return Ok(()),
            VariableKind::Integer => value.parse::<i64>().is_ok(),
            VariableKind::Boolean => value.parse::<bool>().is_ok(),
            VariableKind::Size => ByteSize::parse(value).is_ok(),
            VariableKind::Port => value.parse::<u16>().is_ok(),
            VariableKind::Path => value.starts_with(['/', '.', '~']) || !value.contains('/'),
            VariableKind::Words => shell_words::split(value).is_ok(),
        };
        if is_one { Ok(()) } else { Err(format!("expected {}", self.kind.words())) }
    }

    /// The pattern, which a whole value must match.
    fn pattern(&self) -> Option<Result<Regex, regex::Error>> {
        (!self.pattern.is_empty()).then(|| Regex::new(&format!("^(?:{})$", self.pattern)))
    }

    /// A value that it takes, for a look at a file whose variables have none yet.
    fn example(&self) -> String {
        let choice = self.choices().first().map(|choice| (*choice).to_string());
        choice.unwrap_or_else(|| self.kind.example().to_string())
    }
}

impl VariableKind {
    /// The word for it in a file.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What is expected, in words.
    fn words(self) -> &'static str {
        match self {
            VariableKind::String => "text",
            VariableKind::Integer => "a whole number",
            VariableKind::Boolean => "true or false",
            VariableKind::Size => "a size, such as 512m or 1.5g",
            VariableKind::Port => "a port, 1 to 65535, or 0 for one that is free",
            VariableKind::Path => "a folder, such as /srv/code or ./code, or the name of a volume",
            VariableKind::Words => "words of a command, with quotes closed",
        }
    }

    fn example(self) -> &'static str {
        match self {
            VariableKind::Integer | VariableKind::Port => "1",
            VariableKind::Boolean => "true",
            VariableKind::Size => "1g",
            VariableKind::Path => "/example",
            VariableKind::String | VariableKind::Words => "example",
        }
    }
}

/// The values of variables, by name.
pub type Values = BTreeMap<String, String>;

/// The value of each variable: as given, as another variable's value picks it, or its default. What is given and wrong is told.
pub(super) fn settle(variables: &Variables, with: &Given, wrong: &mut Vec<String>) -> Values {
    let given = &with.variables;
    let names: Vec<&str> = variables.keys().map(String::as_str).collect();
    for name in given.keys().filter(|name| !variables.contains_key(*name)) {
        wrong.push(format!("variable '{}' is not known; {}", clean(name), meant(name, &names)));
    }
    let own = |name: &String, variable: &VariablePart| {
        let default = variable.default.as_ref().map(|default| fill_braces(&default.0, &with.own));
        given.get(name).cloned().or(default)
    };
    let mut values: BTreeMap<String, Option<String>> =
        variables.iter().map(|(name, variable)| (name.clone(), own(name, variable))).collect();
    for (name, variable) in variables {
        let value = values.get(name).cloned().flatten().unwrap_or_default();
        for (picked, value) in variable.values.get(&value).into_iter().flatten() {
            if !given.contains_key(picked) {
                values.insert(picked.clone(), Some(value.0.clone()));
            }
        }
    }
    let mut settled = Values::new();
    for (name, variable) in variables {
        let value = values.remove(name).flatten().unwrap_or_default();
        let value = if value.is_empty() && variable.required && with.is_check { variable.example() } else { value };
        if let Err(why) = variable.check(&value)
            && (given.contains_key(name) || value.is_empty())
        {
            wrong.push(format!("variable '{}': {why}; write --set {name}=VALUE", clean(name)));
        }
        settled.insert(name.clone(), value);
    }
    settled
}

/// What is wrong with the variables themselves. `place` knows where they stand.
pub(super) fn check(variables: &Variables, place: &dyn Fn(&[&str]) -> std::ops::Range<usize>, found: &mut Vec<Found>) {
    let names: Vec<&str> = variables.keys().map(String::as_str).collect();
    for (name, variable) in variables {
        let at = |rest: &[&str]| place(&[&["variables", name], rest].concat());
        if OWN_NAMES.contains(&name.as_str()) {
            found.push(Found::new(
                at(&[]),
                format!("'{name}' is a name of bowline's own"),
                "give the variable another",
            ));
        } else if !is_name(name) {
            let mend = "write letters, digits, _ and -, a letter first";
            found.push(Found::new(at(&[]), format!("'{}' is no name of a variable", clean(name)), mend));
        }
        if let Some(Err(_)) = variable.pattern() {
            found.push(Found::new(at(&["pattern"]), "the pattern is no regular expression", "close its brackets"));
        }
        let defaults = variable.default.iter().map(|value| (vec!["default"], value));
        let choices = variable.choices.iter().map(|value| (vec!["choices"], value));
        for (path, value) in defaults.chain(choices) {
            if let Err(why) = variable.check(&value.0) {
                found.push(Found::new(at(&path), format!("{} does not fit variable '{name}'", path[0]), why));
            }
        }
        check_picked(name, variable, variables, &names, &at, found);
    }
}

/// What a variable's values say of other variables.
fn check_picked(
    name: &str,
    variable: &VariablePart,
    variables: &Variables,
    names: &[&str],
    at: &dyn Fn(&[&str]) -> std::ops::Range<usize>,
    found: &mut Vec<Found>,
) {
    let choices = variable.choices();
    for (value, picked) in &variable.values {
        if !choices.contains(&value.as_str()) {
            let known = format!("a choice of variable '{name}'");
            found.push(Found::unknown(at(&["values", value]), &known, value, &choices));
        }
        for (other, plain) in picked {
            let place = || at(&["values", value, other]);
            match variables.get(other) {
                _ if other == name => found.push(Found::new(place(), "a variable cannot pick itself", "name another")),
                None => found.push(Found::unknown(place(), "variable", other, names)),
                Some(other_variable) => {
                    if let Err(why) = other_variable.check(&plain.0) {
                        found.push(Found::new(place(), format!("the value does not fit variable '{other}'"), why));
                    }
                }
            }
        }
    }
}

/// True for a name that bowline fills itself.
pub(super) fn is_own(name: &str) -> bool {
    OWN_NAMES.contains(&name) || name.starts_with("port.")
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}
