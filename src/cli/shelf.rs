//! The blueprints that a command line means, and the values it gives them.

use crate::config::Environment;
use crate::model::names::nearest;
use crate::model::text::clean;
use crate::model::{BlueprintFile, Problem};
use crate::persist::blueprints;
use crate::services::blueprints::{Given, Values, VariableKind, Variables, read};
use std::path::{Path, PathBuf};

/// All blueprints that are found from here.
pub struct Shelf {
    /// The files, the nearest first.
    pub files: Vec<BlueprintFile>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Shelf {
    /// Looks from the working folder.
    pub fn find() -> Shelf {
        let working = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let (files, problems) = blueprints::find(&working, &Environment::of_process().config_home());
        Shelf { files, problems }
    }

    /// The blueprint of that name, or in that file.
    ///
    /// # Errors
    /// One sentence: there is none, and the nearest name.
    pub fn named(&self, wanted: &str) -> Result<BlueprintFile, String> {
        if wanted.contains('/') || wanted.ends_with(".toml") {
            return blueprints::read(Path::new(wanted)).map_err(|problem| problem.to_string());
        }
        let names: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        let found = self.files.iter().find(|file| file.name == wanted);
        found.cloned().ok_or_else(|| {
            let mend = match nearest(wanted, &names) {
                Some(name) => format!("did you mean '{name}'?"),
                None => "`bowline blueprint list` lists them".into(),
            };
            format!("no blueprint is called '{}'; {mend}", clean(wanted))
        })
    }

    /// The values of `--set`, with paths from the working folder made whole.
    ///
    /// # Errors
    /// One sentence: a value without a name.
    pub fn values(&self, file: &BlueprintFile, set: &[String]) -> Result<Values, String> {
        let variables = read(file, &self.files, &Given { is_check: true, ..Given::default() }).variables;
        set.iter()
            .map(|entry| {
                let form = || format!("--set {}: write NAME=VALUE", clean(entry));
                let (name, value) = entry.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(form)?;
                Ok((name.to_string(), whole_path(&variables, name, value)))
            })
            .collect()
    }
}

/// A path is meant from the working folder, as everywhere on a command line.
fn whole_path(variables: &Variables, name: &str, value: &str) -> String {
    let is_path = variables.get(name).is_some_and(|variable| variable.kind == VariableKind::Path);
    let path = match value.strip_prefix("~/") {
        Some(_) => crate::persist::tilde::path(Path::new(value)),
        None => PathBuf::from(value),
    };
    if !is_path || !value.starts_with(['.', '~']) {
        return value.to_string();
    }
    // A folder that is not there is the plan's to tell.
    let whole = path.canonicalize().or_else(|_| std::path::absolute(&path));
    whole.map_or_else(|_| value.to_string(), |path| path.display().to_string())
}
