//! Another name for a container whose name is taken, where the blueprint's pattern leaves one to choose.

use super::BlueprintRun;
use regex::Regex;

/// The parts of a pattern that differ from container to container.
const ID: &str = "{id}";
const TIMESTAMP: &str = "{timestamp}";

impl BlueprintRun {
    /// The name with something fresh in it: in place of the id, or behind the time. None for a name that was not made by the
    /// pattern, or by one that has neither.
    pub fn other_name(&self, fresh: &str) -> Option<String> {
        let pattern = &self.blueprint.container.name;
        let escaped = regex::escape(pattern);
        let part = |name: &str| regex::escape(name);
        let expression = escaped
            .replacen(&part(ID), "(?<id>[A-Za-z0-9]+)", 1)
            .replace(&part(ID), "[A-Za-z0-9]+")
            .replace(&part(TIMESTAMP), "[0-9A-Za-z-]+")
            .replace(&part("{project}"), "[A-Za-z0-9_.-]*");
        let found = Regex::new(&format!("^{expression}(-[0-9a-f]{{6}})?$")).ok()?.captures(&self.name)?;
        match found.name("id") {
            Some(id) => Some(format!("{}{fresh}{}", &self.name[..id.start()], &self.name[id.end()..])),
            None if pattern.contains(TIMESTAMP) => Some(format!("{}-{fresh}", self.name)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Blueprint;
    use crate::model::blueprint::ContainerPart;

    fn run(pattern: &str, name: &str) -> BlueprintRun {
        let container = ContainerPart { name: pattern.into(), ..ContainerPart::default() };
        let blueprint = Blueprint { container, ..Blueprint::default() };
        BlueprintRun { blueprint, name: name.into(), ..BlueprintRun::default() }
    }

    #[test]
    fn a_name_made_by_a_pattern_has_others() {
        for (pattern, name, other) in [
            ("app-builder-{id}", "app-builder-8f3a", Some("app-builder-00ff00")),
            ("{project}-{id}-x", "shop-8f3a-x", Some("shop-00ff00-x")),
            ("debug-{project}-{timestamp}", "debug-shop-20260102-030405", Some("debug-shop-20260102-030405-00ff00")),
            ("web", "web", None),
            ("app-{id}", "mine", None),
        ] {
            assert_eq!(run(pattern, name).other_name("00ff00").as_deref(), other, "{pattern}");
        }
    }
}
