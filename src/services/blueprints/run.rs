//! A blueprint that was read → one container to be made.

use super::read::Reading;
use super::variables::Values;
use crate::model::blueprint::VolumeKind;
use crate::model::text::clean;
use crate::model::{Blueprint, BlueprintFile, BlueprintRun, EngineId};

/// What one run is, beside its blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// The engine that makes it.
    pub engine: EngineId,
    /// The project; empty if it has none.
    pub project: String,
    /// The container's name; empty follows the blueprint's pattern.
    pub name: String,
    /// Who makes it: `user@host`.
    pub owner: String,
    /// A random id.
    pub id: String,
    /// The time of creation.
    pub now: jiff::Timestamp,
    /// It counts as made only when it is healthy and answers.
    pub waits: bool,
}

impl Start {
    /// The names that bowline fills: `project`, `id` and `timestamp`, which has milliseconds and no signs.
    pub fn own(&self) -> Values {
        let milliseconds = self.now.as_millisecond().rem_euclid(1000);
        let timestamp = format!("{}{milliseconds:03}", self.now.strftime("%Y%m%d%H%M%S"));
        let own = [("project", self.project.clone()), ("id", self.id.clone()), ("timestamp", timestamp)];
        own.map(|(name, value)| (name.to_string(), value)).into()
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        for (flag, name) in [("--project", &self.project), ("--name", &self.name)] {
            if !name.is_empty() && !is_name(name) {
                let name = clean(name);
                return Err(format!(
                    "{flag} '{name}': write letters, digits, dots, dashes and underscores, a letter or digit first"
                ));
            }
        }
        Ok(())
    }

    /// The container to be made.
    pub fn run(&self, reading: &Reading, file: &BlueprintFile) -> BlueprintRun {
        let mut blueprint = reading.blueprint.clone();
        if !self.name.is_empty() {
            blueprint.container.name.clone_from(&self.name);
        }
        BlueprintRun {
            engine: self.engine,
            // The pattern stays in the blueprint: where a name is taken, it tells what another may be.
            name: fill_braces(&blueprint.container.name, &self.own()),
            blueprint,
            run: self.id.clone(),
            version: reading.version.clone(),
            project: self.project.clone(),
            owner: self.owner.clone(),
            variables: reading.public_values(),
            created: self.now.to_string(),
            folder: file.folder.clone(),
            waits: self.waits,
            ..BlueprintRun::default()
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && letters.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// Fills `{project}`, `{id}` and `{timestamp}` in a text, as far as they are known.
pub(super) fn fill_braces(text: &str, own: &Values) -> String {
    own.iter().fold(text.to_string(), |filled, (name, value)| {
        // `${id}` is filled as the variables are.
        filled.replace(&format!("{{{name}}}"), value)
    })
}

/// Fills them in the names of a blueprint. That of the container stays a pattern: each run has its own.
pub(super) fn fill_names(blueprint: &mut Blueprint, own: &Values) {
    let Blueprint { container, volumes, network, .. } = blueprint;
    let volumes =
        volumes.iter_mut().filter(|volume| volume.kind == VolumeKind::Volume).map(|volume| &mut volume.source);
    let names = [&mut container.hostname, &mut network.name];
    for name in names.into_iter().chain(&mut network.aliases).chain(volumes) {
        *name = fill_braces(name, own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Start {
        let now = "2026-03-04T05:06:07.089Z".parse().expect("a time");
        Start { project: "shop".into(), id: "1a2b".into(), now, ..Start::default() }
    }

    #[test]
    fn the_time_in_a_name_has_milliseconds_and_no_signs() {
        assert_eq!(fill_braces("{project}-{timestamp}-{id}-{x}", &start().own()), "shop-20260304050607089-1a2b-{x}");
    }

    #[test]
    fn names_that_engines_do_not_take_are_refused() {
        assert_eq!(start().check(), Ok(()));
        for wrong in ["-a", "a b", "a/b", "é"] {
            assert!(Start { name: wrong.into(), ..start() }.check().is_err(), "{wrong}");
            assert!(
                Start { project: wrong.into(), ..start() }.check().unwrap_err().starts_with("--project"),
                "{wrong}"
            );
        }
    }
}
