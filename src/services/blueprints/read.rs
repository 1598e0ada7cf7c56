//! A file's text → a blueprint, with all that is wrong in the file at once.

use super::checks;
use super::fill::Filling;
use super::mistake::{Found, Mistake, NO_TOML, meant};
use super::run::fill_names;
use super::sources::Sources;
use super::tree::{self, Places};
use super::variables::{self, Values, Variables};
use crate::model::names::unknown_name;
use crate::model::text::clean;
use crate::model::{Blueprint, BlueprintFile};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use sha2::{Digest, Sha256};
use std::ops::Range;
use toml::{Table, Value};

/// Files that extend one another at most.
const CHAIN_MOST: usize = 8;

/// What a file is read with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Values of variables, as typed.
    pub variables: Values,
    /// What is known of `project`, `id` and `timestamp`; a name that is not among them stays as it is written.
    pub own: Values,
    /// It is only looked at: a variable that must have a value and has none gets an example.
    pub is_check: bool,
}

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The blueprint. What is wrong in the file is not in it.
    pub blueprint: Blueprint,
    /// Its variables.
    pub variables: Variables,
    /// Their values.
    pub values: Values,
    /// Hash of the file and those it extends, before variables: 12 digits.
    pub version: String,
    /// What is wrong in the file, in the order of its lines.
    pub mistakes: Vec<Mistake>,
    /// What is wrong with the values that were given, each in a sentence.
    pub wrong_values: Vec<String>,
}

impl Reading {
    /// True if nothing is wrong.
    pub fn is_right(&self) -> bool {
        self.mistakes.is_empty() && self.wrong_values.is_empty()
    }

    /// The values of its variables as a JSON object, without those that are secret.
    pub fn public_values(&self) -> String {
        let is_public = |name: &String| self.variables.get(name).is_none_or(|variable| !variable.secret);
        let public = self.values.iter().filter(|(name, _)| is_public(name));
        serde_json::Value::from_iter(public.map(|(name, value)| (name.clone(), value.clone()))).to_string()
    }

    /// The values that must not be shown.
    pub fn secret_values(&self) -> impl Iterator<Item = &str> {
        let is_secret = |name: &String| self.variables.get(name).is_some_and(|variable| variable.secret);
        let secret = self.values.iter().filter(move |(name, value)| is_secret(name) && !value.is_empty());
        secret.map(|(_, value)| value.as_str())
    }
}

/// Reads a file. `shelf` holds those that it may extend, the nearest first.
pub fn read(file: &BlueprintFile, shelf: &[BlueprintFile], given: &Given) -> Reading {
    let mut found = Vec::new();
    let chain = chain(file, shelf, &mut found);
    let mut sources = Sources::default();
    let starts: Vec<usize> = chain.iter().map(|file| sources.add((*file).clone())).collect();
    let mut places = Places::new();
    let mut is_toml = true;
    for (file, start) in chain.iter().zip(starts).rev() {
        let mut own = tree::parse(&file.text, start, &mut found);
        is_toml &= !found.iter().any(|one| one.sentence.starts_with(NO_TOML));
        own.remove("extends");
        // A blueprint is called what its own file says.
        places.remove("name");
        tree::lay_over(&mut places, own);
    }
    let mut reading = Reading::default();
    Reader { places: &places, file, sources: &sources, is_toml, taken: Vec::new(), found }.read(&mut reading, given);
    reading
}

/// The file and those it extends, each behind the one that extends it.
fn chain<'f>(file: &'f BlueprintFile, shelf: &'f [BlueprintFile], found: &mut Vec<Found>) -> Vec<&'f BlueprintFile> {
    let mut chain = vec![file];
    let mut start = 0;
    while let Some(last) = chain.last().copied() {
        let places = tree::parse(&last.text, start, &mut Vec::new());
        let Some(range) = tree::place(&places, &["extends"]) else { break };
        let Some(Value::String(name)) = tree::values(&places).remove("extends") else {
            found.push(Found::new(range, "extends is not a name", "write extends = \"sandbox\""));
            break;
        };
        // A file may extend the one of its own name that it hides.
        let base = shelf.iter().find(|base| base.name == name && chain.iter().all(|known| known.path != base.path));
        let Some(base) = base.filter(|_| chain.len() < CHAIN_MOST) else {
            let names: Vec<&str> = shelf.iter().map(|file| file.name.as_str()).filter(|known| *known != name).collect();
            let is_known = shelf.iter().any(|file| file.name == name);
            found.push(match is_known {
                true => Found::new(range, "blueprints extend one another in a circle", "let one of them extend none"),
                false => Found::unknown(range, "blueprint", &name, &names),
            });
            break;
        };
        start += last.text.len() + 1;
        chain.push(base);
    }
    chain
}

struct Reader<'a, 't> {
    places: &'a Places<'t>,
    file: &'a BlueprintFile,
    sources: &'a Sources,
    is_toml: bool,
    /// Paths of what could not be read.
    taken: Vec<Vec<String>>,
    found: Vec<Found>,
}

impl Reader<'_, '_> {
    fn read(mut self, reading: &mut Reading, given: &Given) {
        let mut values = tree::values(self.places);
        reading.version = version(&values);
        reading.variables = self.variables(&mut values);
        reading.values = variables::settle(&reading.variables, given, &mut reading.wrong_values);
        let places = self.places;
        let place = |path: &[&str]| tree::place(places, path).unwrap_or(0..0);
        variables::check(&reading.variables, &place, &mut self.found);
        self.fill(&mut values, reading, given);
        kinds_of_volumes(&mut values);
        reading.blueprint = self.deserialize::<Blueprint>(&mut values, &[]);
        let blueprint = &mut reading.blueprint;
        if blueprint.name.is_empty() {
            blueprint.name.clone_from(&self.file.name);
        }
        // What is no TOML has taken its own entries along: nothing can be said of what is missing.
        if self.is_toml {
            self.found.extend(checks::all(blueprint, &place, &self.taken));
        }
        self.paths(&mut reading.blueprint);
        fill_names(&mut reading.blueprint, &given.own);
        self.tell(reading);
    }

    /// Where a value stands, or what would hold it.
    fn place(&self, path: &[&str]) -> Range<usize> {
        tree::place(self.places, path).unwrap_or(0..0)
    }

    fn variables(&mut self, values: &mut Table) -> Variables {
        let mut own = Table::new();
        if let Some(variables) = values.remove("variables") {
            own.insert("variables".into(), variables);
        }
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Own {
            variables: Variables,
        }
        self.deserialize::<Own>(&mut own, &[]).variables
    }

    fn fill(&mut self, values: &mut Table, reading: &Reading, given: &Given) {
        let place = |path: &[&str]| tree::place(self.places, path).unwrap_or(0..0);
        let mut filling = Filling {
            variables: &reading.variables,
            values: &reading.values,
            own: &given.own,
            place: &place,
            used: Default::default(),
            wrong: Vec::new(),
            found: Vec::new(),
        };
        filling.table(values, &[]);
        let Filling { used, wrong, found, .. } = filling;
        self.taken.extend(wrong);
        // A name that is not known may be the one that is missed.
        let is_missed = |name: &String| found.is_empty() && !used.contains(name) && !variables::is_own(name);
        let unused: Vec<&String> = reading
            .variables
            .iter()
            .filter(|(name, variable)| is_missed(name) && variable.values.is_empty())
            .map(|(name, _)| name)
            .collect();
        self.found.extend(found);
        for name in unused {
            let path = ["variables", name];
            let range = tree::place_of_key(self.places, &path).unwrap_or(0..0);
            let mend = format!("write ${{{name}}} in a value, or take the variable away");
            self.found.push(Found::new(range, format!("variable '{name}' is never used"), mend));
        }
    }

    /// Reads a value of the tree; what cannot be read is told and left out, until the rest can.
    fn deserialize<T: DeserializeOwned + Default>(&mut self, values: &mut Table, above: &[&str]) -> T {
        loop {
            let error = match serde_path_to_error::deserialize(Value::Table(values.clone())) {
                Ok(read) => return read,
                Err(error) => error,
            };
            let names = error.path().iter().filter_map(|segment| match segment {
                Segment::Map { key } => Some(key.clone()),
                Segment::Seq { index } => Some(index.to_string()),
                Segment::Enum { .. } | Segment::Unknown => None,
            });
            let path: Vec<String> = names.collect();
            let whole: Vec<&str> = above.iter().copied().chain(path.iter().map(String::as_str)).collect();
            self.found.push(self.misread(error.inner().message().trim_end(), &whole));
            match tree::take_out(values, &path) {
                Some(path) => self.taken.push(path.to_vec()),
                // Nothing can be taken out: what is read is nothing.
                None => return T::default(),
            }
        }
    }

    /// Puts into a person's words what serde says of a value. What stands there is not repeated: it may be a secret.
    fn misread(&self, message: &str, path: &[&str]) -> Found {
        let value = self.place(path);
        if let Some((name, known)) = unknown_name(message, "unknown field `") {
            return self.unknown_entry(name, known, path);
        }
        let last = path.iter().rev().find(|name| name.parse::<usize>().is_err()).copied().unwrap_or("file");
        if let Some((name, known)) = unknown_name(message, "unknown variant `") {
            return Found::new(value, format!("{last} cannot be '{}'", clean(name)), meant(name, &known));
        }
        if let Some(name) = message.strip_prefix("missing field `") {
            let name = name.trim_end_matches('`');
            return Found::new(value, format!("{last} has no '{name}'"), format!("add {name} = …"));
        }
        let (_, expected) =
            message.rsplit_once(", expected ").or_else(|| message.split_once("expected ")).unwrap_or_default();
        let expected = expectation(expected, message, path);
        Found::new(value, format!("{} is not right", clean(last)), format!("expected {expected}"))
    }

    fn unknown_entry(&self, name: &str, mut known: Vec<&str>, path: &[&str]) -> Found {
        let range = tree::place_of_key(self.places, path).unwrap_or_else(|| self.place(path));
        let what = match path {
            [_] => {
                if let Some(section) = section_of(name, &known) {
                    let mend = format!("it belongs in [{section}]");
                    return Found::new(range, format!("'{name}' stands outside of its section"), mend);
                }
                known.extend(["extends", "variables"]);
                "section or entry".to_string()
            }
            [.., number, _] if number.parse::<usize>().is_ok() => format!("entry in [[{}]]", table_of(path)),
            _ => format!("entry in [{}]", table_of(path)),
        };
        Found::unknown(range, &what, name, &known)
    }

    /// Paths are meant from the file in which they stand.
    fn paths(&self, blueprint: &mut Blueprint) {
        let folder = |path: &[&str]| {
            let at = self.sources.locate(&self.place(path));
            at.map_or("", |(file, _)| file.folder.as_str())
        };
        if let Some(build) = &mut blueprint.build {
            let from = folder(&["build", "context"]);
            build.context = from_folder(from, &build.context);
        }
        let seccomp = &mut blueprint.security.seccomp;
        if !matches!(seccomp.as_str(), "" | "unconfined") {
            *seccomp = from_folder(folder(&["security", "seccomp"]), seccomp);
        }
        for (number, file) in blueprint.files.iter_mut().enumerate() {
            if let Some(from) = &mut file.from {
                *from = from_folder(folder(&["files", &number.to_string(), "from"]), from);
            }
        }
        for (number, volume) in blueprint.volumes.iter_mut().enumerate() {
            if volume.source.starts_with('.') {
                volume.source = from_folder(folder(&["volumes", &number.to_string(), "source"]), &volume.source);
            }
        }
    }

    fn tell(self, reading: &mut Reading) {
        let mut mistakes: Vec<Mistake> = self.found.iter().map(|found| found.told(self.sources)).collect();
        mistakes.sort_by(|one, other| {
            let order = |mistake: &Mistake| {
                (mistake.file != self.file.path, mistake.file.clone(), mistake.line, mistake.column)
            };
            order(one).cmp(&order(other))
        });
        mistakes.dedup();
        // What stands on a line that is no TOML has been told.
        let odd: Vec<(String, usize)> =
            mistakes.iter().filter(|one| one.is_no_toml()).map(|one| (one.file.clone(), one.line)).collect();
        mistakes.retain(|one| one.is_no_toml() || !odd.contains(&(one.file.clone(), one.line)));
        reading.mistakes = mistakes;
    }
}

/// The section that has an entry of that name: found out by asking.
fn section_of<'a>(name: &str, sections: &[&'a str]) -> Option<&'a str> {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let knows = |section: &&&str| {
        let entry = Table::from_iter([(name.to_string(), Value::Integer(0))]);
        let file = Table::from_iter([((**section).to_string(), Value::Table(entry))]);
        let asked = serde_path_to_error::deserialize::<_, Blueprint>(Value::Table(file));
        asked.map_or_else(
            |error| error.path().iter().count() > 1 && !error.inner().message().starts_with("unknown field"),
            |_| true,
        )
    };
    sections.iter().filter(|_| is_plain).find(knows).copied()
}

/// `container.environment` of the path of an entry in it.
fn table_of(path: &[&str]) -> String {
    let above = path.split_last().map_or(&[][..], |(_, above)| above);
    let names: Vec<&str> = above.iter().filter(|name| name.parse::<usize>().is_err()).copied().collect();
    names.join(".")
}

/// What serde expects, in a person's words.
fn expectation(expected: &str, message: &str, path: &[&str]) -> String {
    let names: Vec<&str> = path.iter().filter(|name| name.parse::<usize>().is_err()).copied().collect();
    let (name, last) = (names.join("."), names.last().copied().unwrap_or_default());
    match expected {
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" | "u64" => "a whole number that is not negative".into(),
        "i64" => "a whole number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "text in quotes".into(),
        "string only" | "string or map" => "a word in quotes".into(),
        "a sequence" if path.len() == 1 => format!("a list of tables: write [[{name}]]"),
        "a sequence" => "a list, like [\"a\", \"b\"]".into(),
        "a map" => format!("a table: write [{name}] or {last} = {{ … }}"),
        structure if structure.starts_with("struct ") => format!("a table: write [{name}]"),
        "" => message.rsplit_once("; try ").map_or_else(|| "another value".into(), |(_, examples)| examples.into()),
        other => clean(other).into_owned(),
    }
}

/// A path that is meant from a folder.
fn from_folder(folder: &str, path: &str) -> String {
    let is_whole = path.is_empty() || path.starts_with(['/', '~']) || path.contains("builtin:") || folder.is_empty();
    match path.strip_prefix("./").unwrap_or(path) {
        _ if is_whole => path.to_string(),
        "." | "" => folder.to_string(),
        rest => format!("{}/{rest}", folder.trim_end_matches('/')),
    }
}

/// A source that begins as a path does is a folder of the host, unless the type says otherwise.
fn kinds_of_volumes(values: &mut Table) {
    let Some(Value::Array(volumes)) = values.get_mut("volumes") else { return };
    for volume in volumes.iter_mut().filter_map(Value::as_table_mut) {
        let is_path =
            volume.get("source").and_then(Value::as_str).is_some_and(|source| source.starts_with(['/', '.', '~']));
        if is_path && !volume.contains_key("type") {
            volume.insert("type".into(), Value::String("bind".into()));
        }
    }
}

/// The hash of a file with those it extends: 12 digits. The order of its entries does not matter.
fn version(values: &Table) -> String {
    let text = serde_json::to_string(values).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
