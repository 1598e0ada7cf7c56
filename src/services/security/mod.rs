//! This folder knows what is unsafe about containers and images (rows Q1, Q2): rules as data, findings, a score, and reports.
//! It may use the model, JMESPath and TOML.
//! It never reads a file or asks an engine, and never hides a finding: one that is waived is told with its reason.

mod report;
mod rules;

pub use report::{json, plain, sarif};
pub use rules::{Rule, RuleKind, RuleMistake, Rules, Waiver};

use crate::model::{Blueprint, Document, secret, text};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to mend.
    Low,
    /// Makes an attack easier.
    Medium,
    /// Opens a part of the host or a secret.
    High,
    /// Whoever is inside has the host.
    Critical,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// What one finding takes from the score.
    pub fn weight(self) -> u32 {
        match self {
            Severity::Low => 2,
            Severity::Medium => 8,
            Severity::High => 20,
            Severity::Critical => 50,
        }
    }

    /// From its word.
    ///
    /// # Errors
    /// A sentence with the words there are.
    pub fn parse(word: &str) -> Result<Severity, String> {
        let found = Severity::ALL.into_iter().find(|severity| severity.name() == word);
        found.ok_or_else(|| format!("unknown severity '{}'; write critical, high, medium or low", text::clean(word)))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The formula of the score, for people.
pub const FORMULA: &str = "100 less 50 for each critical, 20 for each high, 8 for each medium and 2 for each low finding that is not waived; at least 0";

/// What a rule says of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of the rule.
    pub rule: String,
    /// Its number in the CIS Docker Benchmark; empty if it has none.
    pub cis: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is so.
    pub title: String,
    /// What it means.
    pub means: String,
    /// What to do.
    pub mend: String,
    /// The values that it rests on, clean text; empty if there is nothing to show.
    pub shown: String,
    /// The reason why it does not count; none: it counts.
    pub waived: Option<String>,
}

/// What is inspected: a container or an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Container or image.
    pub kind: RuleKind,
    /// Name, clean text.
    pub name: String,
    /// The engine's id.
    pub id: String,
    /// The project; empty if it belongs to none.
    pub project: String,
    /// The object in the engine's words, with `Secrets`.
    pub object: Value,
}

impl Subject {
    /// An inspected object: what the engine told of it.
    pub fn inspected(kind: RuleKind, name: &str, id: &str, project: &str, document: &Document) -> Subject {
        let mut object = document.value();
        if let Value::Object(object) = &mut object {
            object.insert("Secrets".into(), json!(document.hidden_variables()));
        }
        let name = text::clean(name).into_owned();
        Subject { kind, name, id: id.into(), project: project.into(), object }
    }
}

impl Subject {
    /// A container that is not made yet, as its blueprint has it.
    pub fn planned(blueprint: &Blueprint, name: &str, project: &str) -> Subject {
        let mut config = blueprint.docker_body(None);
        let host = config.as_object_mut().and_then(|config| config.remove("HostConfig")).unwrap_or_default();
        let mounts =
            host["Mounts"].as_array().into_iter().flatten().map(
                |mount| json!({ "Type": mount["Type"], "Source": mount["Source"], "Destination": mount["Target"] }),
            );
        let is_secret = |(name, value): &(&String, &String)| {
            matches!(secret::assignment(&format!("{name}={value}")), Cow::Owned(_))
        };
        let secrets = blueprint.container.environment.iter().filter(is_secret).map(|(name, _)| name);
        let object = json!({
            "Mounts": mounts.collect::<Vec<_>>(),
            "Secrets": secrets.collect::<Vec<_>>(),
            "Config": config,
            "HostConfig": host,
        });
        Subject { kind: RuleKind::Container, name: name.into(), id: String::new(), project: project.into(), object }
    }
}

/// What the rules say of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Container or image.
    pub kind: RuleKind,
    /// Name.
    pub name: String,
    /// The engine's id.
    pub id: String,
    /// The project; empty if it belongs to none.
    pub project: String,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// Judges an object by the rules of its kind. Waivers end after their day.
    pub fn of(rules: &Rules, subject: &Subject, today: Date) -> Audit {
        let mut findings: Vec<Finding> = rules.findings(subject, today);
        findings.sort_by(|one, other| other.severity.cmp(&one.severity).then_with(|| one.rule.cmp(&other.rule)));
        let Subject { kind, name, id, project, .. } = subject;
        Audit { kind: *kind, name: name.clone(), id: id.clone(), project: project.clone(), findings }
    }

    /// The findings that count.
    pub fn counted(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
    }

    /// The score by [`FORMULA`], 0 to 100.
    pub fn score(&self) -> u32 {
        let lost = self.counted().map(|finding| finding.severity.weight()).sum();
        100_u32.saturating_sub(lost)
    }

    /// The worst finding that counts.
    pub fn worst(&self) -> Option<Severity> {
        self.counted().map(|finding| finding.severity).max()
    }
}

#[cfg(test)]
mod tests;
