//! Rules and waivers: read from TOML, asked of an object.

use super::{Finding, Severity, Subject};
use crate::model::{secret, text};
use jiff::civil::Date;
use jmespath::{Expression, Variable};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use toml::Spanned;

/// Rules that bowline carries, by the kind of object they judge.
const BUILT_IN: [(&str, &str); 2] = [
    ("container.toml", include_str!("../../../assets/rules/container.toml")),
    ("image.toml", include_str!("../../../assets/rules/image.toml")),
];
/// Characters of the values that a finding shows.
const SHOWN_MOST: usize = 200;

/// The kind of object that a rule judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// An inspected container.
    #[default]
    Container,
    /// An inspected image.
    Image,
}

impl RuleKind {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            RuleKind::Container => "container",
            RuleKind::Image => "image",
        }
    }
}

/// A file of rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    /// What its rules judge, where they do not say.
    #[serde(default)]
    kind: RuleKind,
    #[serde(default)]
    rules: Vec<Spanned<RuleRow>>,
    #[serde(default)]
    waivers: Vec<Spanned<WaiverRow>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    id: String,
    kind: Option<RuleKind>,
    #[serde(default)]
    cis: String,
    severity: Severity,
    when: String,
    #[serde(default)]
    shown: String,
    title: String,
    means: String,
    mend: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverRow {
    rule: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    project: String,
    reason: String,
    until: String,
}

/// A rule: an expression over an inspected object, and what is said where it is true.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Id, for filters and waivers.
    pub id: String,
    /// The kind of object that it judges.
    pub kind: RuleKind,
    /// Number in the CIS Docker Benchmark; empty if it has none.
    pub cis: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is so.
    pub title: String,
    /// What it means.
    pub means: String,
    /// What to do.
    pub mend: String,
    when: Expression<'static>,
    shown: Option<Expression<'static>>,
}

/// A finding that somebody has decided to live with, until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// The object; a `*` at the end means every name that begins so; empty is all.
    pub name: String,
    /// The project; empty is all.
    pub project: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Date,
}

impl Waiver {
    fn holds(&self, rule: &Rule, subject: &Subject, today: Date) -> bool {
        let named = match self.name.strip_suffix('*') {
            Some(beginning) => subject.name.starts_with(beginning),
            None => self.name.is_empty() || self.name == subject.name,
        };
        let project = self.project.is_empty() || self.project == subject.project;
        self.rule == rule.id && named && project && today <= self.until
    }
}

/// What is wrong in a file of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMistake {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub sentence: String,
}

impl fmt::Display for RuleMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.sentence)
    }
}

/// All rules and waivers in force.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The waivers.
    pub waivers: Vec<Waiver>,
}

impl Rules {
    /// The rules that bowline carries.
    ///
    /// # Errors
    /// None for the files that it was built with: a test reads them.
    pub fn built_in() -> Result<Rules, Vec<RuleMistake>> {
        let mut rules = Rules::default();
        BUILT_IN.iter().try_for_each(|(file, text)| rules.add(file, text))?;
        Ok(rules)
    }

    /// Adds a file. A rule of a known id takes the place of that one.
    ///
    /// # Errors
    /// All that is wrong in it; nothing of it is added then.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), Vec<RuleMistake>> {
        let at = |offset: usize, sentence: String| {
            let line = text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
            RuleMistake { file: file.to_string(), line, sentence: text::clean(&sentence).into_owned() }
        };
        let read: RuleFile = toml::from_str(text)
            .map_err(|error| vec![at(error.span().map_or(0, |span| span.start), error.message().to_string())])?;
        let kind = if file.starts_with("image") { RuleKind::Image } else { read.kind };
        let (mut rules, mut waivers, mut mistakes) = (Vec::new(), Vec::new(), Vec::new());
        for row in read.rules {
            let start = row.span().start;
            match rule(row.into_inner(), kind) {
                Ok(rule) => rules.push(rule),
                Err(sentence) => mistakes.push(at(start, sentence)),
            }
        }
        for row in read.waivers {
            let start = row.span().start;
            let known = |id: &str| self.rules.iter().chain(&rules).any(|rule| rule.id == id);
            match waiver(row.into_inner(), known) {
                Ok(waiver) => waivers.push(waiver),
                Err(sentence) => mistakes.push(at(start, sentence)),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        self.rules.retain(|known| !rules.iter().any(|rule| rule.id == known.id));
        self.rules.extend(rules);
        self.waivers.extend(waivers);
        Ok(())
    }

    /// What the rules say of an object, in their order.
    pub(super) fn findings(&self, subject: &Subject, today: Date) -> Vec<Finding> {
        let Ok(object) = Variable::try_from(subject.object.clone()) else { return Vec::new() };
        let object = Arc::new(object);
        let rules = self.rules.iter().filter(|rule| rule.kind == subject.kind);
        let holds = rules.filter(|rule| rule.when.search(object.clone()).is_ok_and(|said| said.is_truthy()));
        holds
            .map(|rule| {
                let waiver = self.waivers.iter().find(|waiver| waiver.holds(rule, subject, today));
                Finding {
                    rule: rule.id.clone(),
                    cis: rule.cis.clone(),
                    severity: rule.severity,
                    title: rule.title.clone(),
                    means: rule.means.clone(),
                    mend: rule.mend.clone(),
                    shown: rule.shown.as_ref().map(|shown| values(shown, &object)).unwrap_or_default(),
                    waived: waiver.map(|waiver| format!("{} (until {})", waiver.reason, waiver.until)),
                }
            })
            .collect()
    }
}

/// The values that an expression finds, in one line.
fn values(expression: &Expression<'static>, object: &Arc<Variable>) -> String {
    let Ok(found) = expression.search(object.clone()) else { return String::new() };
    let text = match serde_json::to_value(&found) {
        Ok(Value::Null) | Err(_) => String::new(),
        Ok(Value::String(text)) => text,
        Ok(Value::Array(values)) => {
            let words = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_string));
            words.collect::<Vec<_>>().join(", ")
        }
        Ok(value) => value.to_string(),
    };
    secret::told(text::clean(&text).chars().take(SHOWN_MOST).collect::<String>().as_str()).into_owned()
}

fn rule(row: RuleRow, kind: RuleKind) -> Result<Rule, String> {
    let compiled = |name: &str, text: &str| {
        jmespath::compile(text).map_err(|error| format!("rule {}: {name} is no JMESPath: {}", row.id, error.reason))
    };
    Ok(Rule {
        when: compiled("when", &row.when)?,
        shown: if row.shown.is_empty() { None } else { Some(compiled("shown", &row.shown)?) },
        kind: row.kind.unwrap_or(kind),
        id: row.id,
        cis: row.cis,
        severity: row.severity,
        title: row.title,
        means: row.means,
        mend: row.mend,
    })
}

fn waiver(row: WaiverRow, known: impl Fn(&str) -> bool) -> Result<Waiver, String> {
    if !known(&row.rule) {
        return Err(format!("there is no rule '{}'; `bowline audit --rules` lists them", row.rule));
    }
    if row.reason.trim().is_empty() {
        return Err(format!("the waiver of '{}' needs a reason", row.rule));
    }
    let until = row.until.parse();
    let until = until.map_err(|_| format!("'{}' is no day; write until = \"2027-01-31\"", row.until))?;
    Ok(Waiver { rule: row.rule, name: row.name, project: row.project, reason: row.reason, until })
}
