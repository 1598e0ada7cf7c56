//! This folder knows the limits that an administrator sets for what is made from blueprints (row B6): what is over one is brought
//! down to it or refused, and the rule is named.
//! It may use the model and TOML.
//! It never reads a file, and never loosens a limit: a second file can only be stricter.

mod apply;

pub use apply::{Refused, Usage, apply};

use crate::model::ByteSize;
use crate::model::blueprint::Cpus;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What becomes of a value that is over a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// It is brought down to the limit, and that is said.
    #[default]
    Clamp,
    /// The container is not made.
    Refuse,
}

/// Limits of one container, and how many there may be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Maximum {
    /// Processors of one container.
    pub cpus: Option<Cpus>,
    /// Memory of one container.
    pub memory: Option<ByteSize>,
    /// Processes of one container.
    pub pids: Option<i64>,
    /// Number of containers.
    pub containers: Option<usize>,
}

/// A file of limits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// What becomes of what is over a limit. What is forbidden is always refused.
    pub over: Over,
    /// Limits of every container, and the number of all that are made from blueprints.
    pub maximum: Maximum,
    /// The same for a kind of blueprint, such as `sandbox`.
    pub kind: BTreeMap<String, Maximum>,
    /// Number of containers of one project.
    pub containers_per_project: Option<usize>,
    /// Number of containers of one session.
    pub containers_per_session: Option<usize>,
    /// Registries, with the beginning of a path if wanted, that images may come from; none given allows all.
    pub registries: Option<Vec<String>>,
    /// Folders of the host that may not be mounted, with all below them.
    pub forbidden_mounts: Vec<String>,
    /// Capabilities that no container may have.
    pub forbidden_capabilities: Vec<String>,
}

impl Limits {
    /// Reads a file.
    ///
    /// # Errors
    /// The line and what is wrong there.
    pub fn read(file: &str, text: &str) -> Result<Limits, String> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).unwrap_or(text).matches('\n').count() + 1;
            format!("{file}:{line}: {}", crate::model::text::clean(error.message()))
        })
    }

    /// These limits together with others: of each pair the stricter holds.
    pub fn and(self, other: Limits) -> Limits {
        let mut kind = self.kind;
        for (name, maximum) in other.kind {
            let known = kind.remove(&name).unwrap_or_default();
            kind.insert(name, known.and(maximum));
        }
        Limits {
            over: if self.over == Over::Refuse { Over::Refuse } else { other.over },
            maximum: self.maximum.and(other.maximum),
            kind,
            containers_per_project: least(self.containers_per_project, other.containers_per_project),
            containers_per_session: least(self.containers_per_session, other.containers_per_session),
            registries: both(self.registries, other.registries),
            forbidden_mounts: [self.forbidden_mounts, other.forbidden_mounts].concat(),
            forbidden_capabilities: [self.forbidden_capabilities, other.forbidden_capabilities].concat(),
        }
    }
}

impl Maximum {
    fn and(self, other: Maximum) -> Maximum {
        let memory = [self.memory, other.memory].into_iter().flatten().min_by_key(|size| size.bytes);
        Maximum {
            cpus: least(self.cpus, other.cpus),
            memory,
            pids: least(self.pids, other.pids),
            containers: least(self.containers, other.containers),
        }
    }
}

/// The smaller of two limits; none is no limit.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Registries that both lists allow: of two where one lies within the other, the narrower.
fn both(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other),
    };
    let within = |list: &[String], entry: &String| list.iter().any(|wider| apply::is_within(entry, wider));
    let mut allowed: Vec<String> = one.iter().filter(|entry| within(&other, entry)).cloned().collect();
    allowed.extend(other.into_iter().filter(|entry| within(&one, entry)));
    allowed.sort();
    allowed.dedup();
    Some(allowed)
}

#[cfg(test)]
mod tests;
