//! This folder knows what a blueprint must hold beyond the types of its entries: names, paths, addresses, numbers that fit together.
//! It may use the blueprint's own types, and where an entry stands in the file.
//! It never changes a blueprint.

mod container;
mod limits;
mod mounts;
mod network;
mod security;
mod service;

use super::mistake::{Found, meant};
use crate::model::Blueprint;
use crate::model::text::clean;
use std::ops::Range;

/// Everything that is wrong in a blueprint. `place` tells where an entry stands; entries below `taken` could not be read, and nothing
/// is said of them.
pub(super) fn all(blueprint: &Blueprint, place: &dyn Fn(&[&str]) -> Range<usize>, taken: &[Vec<String>]) -> Vec<Found> {
    let mut checks = Checks { place, taken, found: Vec::new() };
    container::check(blueprint, &mut checks);
    mounts::check(blueprint, &mut checks);
    network::check(blueprint, &mut checks);
    limits::check(&blueprint.resources, &mut checks);
    security::check(&blueprint.security, &mut checks);
    service::check(blueprint, &mut checks);
    checks.found
}

/// What has been found so far.
pub(super) struct Checks<'a> {
    place: &'a dyn Fn(&[&str]) -> Range<usize>,
    taken: &'a [Vec<String>],
    found: Vec<Found>,
}

impl Checks<'_> {
    /// Says what is wrong with an entry, and the mend.
    fn say(&mut self, path: &[&str], sentence: impl Into<String>, mend: impl Into<String>) {
        let is_taken = |taken: &Vec<String>| taken.iter().zip(path).all(|(one, other)| one == other);
        if !self.taken.iter().any(is_taken) {
            self.found.push(Found::new((self.place)(path), sentence, mend));
        }
    }

    /// Says it unless all is well.
    fn expect(&mut self, is_right: bool, path: &[&str], sentence: impl Into<String>, mend: &str) {
        if !is_right {
            self.say(path, sentence, mend);
        }
    }

    /// Says that a name is not among those that are known.
    fn known(&mut self, path: &[&str], what: &str, name: &str, known: &[&str]) {
        if !known.contains(&name) {
            self.say(path, format!("{what} '{}' is not known", clean(name)), meant(name, known));
        }
    }

    /// Says that a path inside is none.
    fn inside(&mut self, path: &[&str], value: &str) {
        let last = path.last().copied().unwrap_or_default();
        let is_right = value.starts_with('/') && !value.split('/').any(|part| part == "..");
        self.expect(
            is_right,
            path,
            format!("{last} is not a path in the container"),
            "start it with / and leave .. out",
        );
    }

    /// Says that permissions are none.
    fn mode(&mut self, path: &[&str], mode: &str) {
        let is_right =
            mode.is_empty() || mode.len() <= 5 && u32::from_str_radix(mode, 8).is_ok_and(|mode| mode <= 0o7777);
        self.expect(is_right, path, "the mode is not octal", "write digits from 0 to 7, such as \"0644\"");
    }

    /// Says that a name, once it is filled, would be none that engines take.
    fn name(&mut self, path: &[&str], pattern: &str) {
        let last = path.last().copied().unwrap_or_default();
        let filled = self.placeholders(path, pattern);
        let mut letters = filled.chars();
        let is_right = letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && letters.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        let mend = "write letters, digits, dots, dashes and underscores, a letter or digit first";
        self.expect(is_right, path, format!("{last} is not a name that engines take"), mend);
    }

    /// The name with letters in place of `{project}`, `{timestamp}` and `{id}`; others are told.
    fn placeholders(&mut self, path: &[&str], pattern: &str) -> String {
        let (mut filled, mut rest) = (String::new(), pattern);
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let before = before.strip_suffix('$').unwrap_or(before);
            filled.push_str(before);
            filled.push('x');
            if !["project", "timestamp", "id"].contains(&name) && !super::variables::is_own(name) {
                let known = ["{project}", "{timestamp}", "{id}"];
                let name = format!("{{{name}}}");
                self.say(path, format!("'{}' is not known in a name", clean(&name)), meant(&name, &known));
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The path of an entry in a list of tables.
macro_rules! entry {
    ($list:literal, $number:expr, $name:literal) => {
        &[$list, &$number.to_string(), $name]
    };
}
use entry;
