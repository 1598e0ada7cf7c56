//! One container to be made from a blueprint.

use super::labels::{
    BLUEPRINT_LABEL, CREATED_LABEL, KIND_LABEL, OWNER_LABEL, PROJECT_LABEL, RUN_LABEL, SESSION_LABEL, VARIABLES_LABEL,
    VERSION_LABEL,
};
use super::{Blueprint, CarriedFile};
use crate::model::EngineId;
use std::collections::BTreeMap;

/// One container to be made from a blueprint, with all that its labels say of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BlueprintRun {
    /// The engine that makes it.
    pub engine: EngineId,
    /// The blueprint, with values in place of its variables.
    pub blueprint: Blueprint,
    /// The container's name.
    pub name: String,
    /// The id of this run.
    pub run: String,
    /// The hash of the blueprint.
    pub version: String,
    /// The project.
    pub project: String,
    /// Who makes it: `user@host`.
    pub owner: String,
    /// The working session that owns it; empty if none does.
    pub session: String,
    /// The values of the variables as a JSON object, without those that are secret.
    pub variables: String,
    /// The time of creation, RFC 3339.
    pub created: String,
    /// The folder that relative paths of the blueprint are meant from, absolute; empty for one that bowline carries.
    pub folder: String,
    /// Files of the folders that the blueprint names with `builtin:`.
    pub carried: Vec<CarriedFile>,
    /// It counts as made only when it is healthy and answers.
    pub waits: bool,
}

impl BlueprintRun {
    /// The labels of the container.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.blueprint.container.labels.clone();
        labels.extend(self.shared_labels());
        let own = [(VARIABLES_LABEL, &self.variables), (VERSION_LABEL, &self.version)];
        labels.extend(said(own));
        labels
    }

    /// The labels of what is made around the container: other runs may use it too.
    pub fn shared_labels(&self) -> BTreeMap<String, String> {
        said([
            (BLUEPRINT_LABEL, &self.blueprint.name),
            (PROJECT_LABEL, &self.project),
            (KIND_LABEL, &self.blueprint.kind),
            (OWNER_LABEL, &self.owner),
            (SESSION_LABEL, &self.session),
            (CREATED_LABEL, &self.created),
            (RUN_LABEL, &self.run),
        ])
        .collect()
    }
}

fn said<'a>(
    labels: impl IntoIterator<Item = (&'a str, &'a String), IntoIter: 'a>,
) -> impl Iterator<Item = (String, String)> + 'a {
    let said = labels.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| (name.to_string(), value.clone()))
}
