//! `bowline audit`: what is unsafe about containers and their images, by rules.

use super::exec::{Ends, FAILED, SIGNALLED, Signals, listed, named};
use super::{complain, print};
use crate::config::Environment;
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::blueprint::PROJECT_LABEL;
use crate::model::{Container, Document, Id, Kind, Problem, Snapshot, Source, StreamEvent, StreamId};
use crate::persist::toml_files;
use crate::runtime::now;
use crate::services::security::{self, Audit, RuleKind, Rules, Severity, Subject};
use clap::Args;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Exit code where a finding is as bad as `--fail-on` says, or worse.
const FOUND: u8 = 1;
/// Objects that are inspected at the same time.
const AT_ONCE: usize = 8;
/// How long one inspection may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is checked, and how it is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Rules follow the CIS Docker Benchmark 1.6.0, sections 4 and 5, and say their number. Score: 100 less 50 for each critical, 20
for each high, 8 for each medium and 2 for each low finding; at least 0.
Files in ~/.config/bowline/rules/*.toml add rules (when is JMESPath over the inspected object) and waivers:
  [[waivers]]
  rule = \"root-user\"
  name = \"web-*\"
  reason = \"drops root itself\"
  until = \"2027-06-30\"
Exit codes: 0 checked; 1 a finding is as bad as --fail-on says, or worse; 125 the engine fails or there is no such container;
128 plus the number of the signal that ended bowline; 2 wrong command line or a mistake in a file of rules.")]
pub struct AuditFlags {
    /// Names or id prefixes of containers; without any, all
    pub containers: Vec<String>,
    /// Only containers of a project
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Print SARIF 2.1.0
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,
    /// Exit with 1 where a finding is this bad or worse: critical, high, medium, low
    #[arg(long, value_name = "SEVERITY", value_parser = Severity::parse)]
    pub fail_on: Option<Severity>,
    /// List the rules in force, and check nothing
    #[arg(long)]
    pub rules: bool,
}

impl AuditFlags {
    /// The rules in force: those that bowline carries, and the operator's.
    ///
    /// # Errors
    /// All mistakes in the operator's files, a line each.
    pub fn rules(&self) -> Result<Rules, String> {
        let lines = |mistakes: Vec<security::RuleMistake>| {
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let mut rules = Rules::built_in().map_err(lines)?;
        let folder = Environment::of_process().config_home().join("bowline").join("rules");
        for (file, text) in toml_files(&folder)? {
            rules.add(&file, &text).map_err(lines)?;
        }
        Ok(rules)
    }
}

/// Prints the rules in force, a line each.
///
/// # Errors
/// A sentence, where they cannot be printed.
pub fn list(rules: &Rules) -> Result<(), String> {
    let row = |rule: &security::Rule| {
        let severity = rule.severity.name();
        format!("{:<22}  {:<9}  {severity:<8}  {:<5}  {}\n", rule.id, rule.kind.name(), rule.cis, rule.title)
    };
    print(&rules.rules.iter().map(row).collect::<String>())
}

/// Checks on engines that have just been started. Errors have been printed.
pub async fn run(flags: &AuditFlags, rules: Rules, store: Engines, mut outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(mut signals) => check(flags, &rules, &store, &mut outputs, &mut signals.ends).await,
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

async fn check(flags: &AuditFlags, rules: &Rules, store: &Engines, outputs: &mut EngineOutputs, ends: &mut Ends) -> u8 {
    let subjects = tokio::select! {
        subjects = subjects(flags, store, outputs) => subjects,
        number = ends.next() => return SIGNALLED + number,
    };
    let subjects = match subjects {
        Ok(subjects) => subjects,
        Err(problem) => {
            complain(&problem.to_string());
            return FAILED;
        }
    };
    let today = jiff::Timestamp::from_second(now().seconds()).unwrap_or_default().to_zoned(TimeZone::system()).date();
    let mut audits: Vec<Audit> = subjects.iter().map(|subject| Audit::of(rules, subject, today)).collect();
    audits.sort_by(|one, other| one.score().cmp(&other.score()).then_with(|| one.name.cmp(&other.name)));
    let report = match (flags.json, flags.sarif) {
        (true, _) => format!("{}\n", security::json(&audits)),
        (_, true) => format!("{}\n", security::sarif(rules, &audits)),
        (false, false) => security::plain(&audits),
    };
    if let Err(sentence) = print(&report) {
        complain(&sentence);
        return FAILED;
    }
    let worst = audits.iter().filter_map(Audit::worst).max();
    if flags.fail_on.is_some_and(|limit| worst >= Some(limit)) { FOUND } else { 0 }
}

/// The containers that are meant, and their images, inspected.
async fn subjects(flags: &AuditFlags, store: &Engines, outputs: &mut EngineOutputs) -> Result<Vec<Subject>, Problem> {
    let snapshot = listed(outputs).await?;
    let containers = wanted(flags, &snapshot)?;
    let ids: Vec<(Kind, Id)> = containers.iter().map(|one| (Kind::Container, one.id.clone())).collect();
    let documents = inspect(store, outputs, ids).await?;
    let image_of = |document: &Document| document.text(&["Image"]).map(str::to_string);
    let images: BTreeMap<String, Id> = containers
        .iter()
        .filter_map(|one| {
            let image = image_of(documents.get(&one.id)?)?;
            let id = Id::new(one.id.engine(), image.as_str());
            Some((image, id))
        })
        .collect();
    let image_documents =
        inspect(store, outputs, images.values().map(|id| (Kind::Image, id.clone())).collect()).await?;
    let container = |one: &Arc<Container>| {
        let document = documents.get(&one.id)?;
        Some(Subject::inspected(RuleKind::Container, &one.name, one.id.raw(), project(one), document))
    };
    let image = |id: &Id| {
        let document = image_documents.get(id)?;
        let name = name_of_image(document).unwrap_or_else(|| id.raw().to_string());
        Some(Subject::inspected(RuleKind::Image, &name, id.raw(), "", document))
    };
    Ok(containers.iter().filter_map(container).chain(images.values().filter_map(image)).collect())
}

/// The first tag of an image.
fn name_of_image(document: &Document) -> Option<String> {
    let tags = document.child(0, "RepoTags")?;
    let first = document.children(tags).next()?;
    document.nodes.get(first).map(|node| node.shown(true).to_string())
}

/// The project of a container: bowline's own label, or compose's.
fn project(container: &Container) -> &str {
    container.label(PROJECT_LABEL).or_else(|| container.project()).unwrap_or_default()
}

fn wanted(flags: &AuditFlags, snapshot: &Snapshot) -> Result<Vec<Arc<Container>>, Problem> {
    let mut containers: Vec<Arc<Container>> = match flags.containers.as_slice() {
        [] => snapshot.containers.values().cloned().collect(),
        names => names.iter().map(|name| named(snapshot, name)).collect::<Result<_, _>>()?,
    };
    if let Some(project) = &flags.project {
        containers.retain(|one| self::project(one) == project);
        if containers.is_empty() {
            let cause = format!("no container is of project {}", crate::model::text::clean(project));
            return Err(Problem::new("audit", cause, "see docker ps -a, or leave --project out"));
        }
    }
    Ok(containers)
}

/// What the engine tells of each, a few at a time. What has gone meanwhile is left out.
async fn inspect(
    store: &Engines,
    outputs: &mut EngineOutputs,
    ids: Vec<(Kind, Id)>,
) -> Result<BTreeMap<Id, Arc<Document>>, Problem> {
    let mut documents = BTreeMap::new();
    let mut waiting = (1..).map(StreamId).zip(ids);
    let mut open: BTreeMap<StreamId, Id> = BTreeMap::new();
    loop {
        while open.len() < AT_ONCE
            && let Some((stream, (kind, id))) = waiting.next()
        {
            store.open(stream, Source::Inspect { kind, id: id.clone() });
            open.insert(stream, id);
        }
        if open.is_empty() {
            return Ok(documents);
        }
        let slow = || Problem::new("inspect", format!("no answer within {} s", PATIENCE.as_secs()), "try again");
        let next = tokio::time::timeout(PATIENCE, outputs.chunks.recv()).await.map_err(|_| slow())?;
        let Some((stream, message)) = next else {
            return Err(Problem::new("inspect", "bowline is ending", ""));
        };
        match message {
            StreamMessage::Chunk(StreamEvent::Document(document)) => {
                if let Some(id) = open.remove(&stream) {
                    documents.insert(id, document);
                    store.close(stream);
                }
            }
            StreamMessage::Ended(_) => drop(open.remove(&stream)),
            // Such streams bring nothing else.
            StreamMessage::Chunk(_) => {}
        }
    }
}
