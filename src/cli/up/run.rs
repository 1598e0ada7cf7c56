//! The run itself: containers are brought up by the engine, several at once, and what comes of each is told.

use super::{UpFlags, Wanted};
use crate::cli::exec::{FAILED, SIGNALLED, Signals, listed};
use crate::cli::{blueprint, complain, print};
use crate::config::Environment;
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::text::clean;
use crate::model::{
    BlueprintRun, Container, EngineId, Part, Port, Problem, Progress, Snapshot, Source, Stage, StreamEvent, StreamId,
    Transfer, Transferred,
};
use crate::persist::{blueprints, limits_files};
use crate::services::blueprints::without;
use crate::services::limits::{Limits, Usage, apply};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Runs at the same time, at most: an engine makes containers one after the other anyway.
const AT_ONCE: usize = 8;
/// How long a container that was made may take to be told with its ports.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs it on engines that have just been started. Errors have been printed.
pub async fn run(flags: &UpFlags, mut wanted: Wanted, store: Engines, mut outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(mut signals) => tokio::select! {
            code = make(flags, &mut wanted, &store, &mut outputs) => code,
            number = signals.ends.next() => {
                complain("cancelled; what was not finished is taken back");
                SIGNALLED + number
            }
        },
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    // It waits for what is taken back.
    store.shutdown().await;
    ExitCode::from(code)
}

async fn make(flags: &UpFlags, wanted: &mut Wanted, store: &Engines, outputs: &mut EngineOutputs) -> u8 {
    let snapshot = match listed(outputs).await {
        Ok(snapshot) => snapshot,
        Err(problem) => {
            complain(&problem.to_string());
            return FAILED;
        }
    };
    if let Err(sentence) = within_limits(&mut wanted.runs, &snapshot) {
        complain(&sentence);
        return blueprint::WRONG;
    }
    let engine = snapshot.engines.keys().next().copied().unwrap_or_default();
    let mut batch = Batch::new(flags, wanted, engine);
    let code = batch.all(store, outputs).await;
    if code == 0 {
        remember(wanted);
    }
    code
}

/// Brings the runs within the limits of the administrator and of the user; what is brought down is said.
pub(super) fn within_limits(runs: &mut [BlueprintRun], snapshot: &Snapshot) -> Result<(), String> {
    let mut limits = Limits::default();
    for (file, text) in limits_files(&Environment::of_process().config_home())? {
        limits = limits.and(Limits::read(&file, &text)?);
    }
    let count = runs.len();
    let mut said = Vec::new();
    for run in runs {
        let usage = Usage::of(snapshot.containers.values().map(|container| &**container), run);
        said = apply(&limits, run, usage, count).map_err(|why| format!("up {}: {why}", run.name))?;
    }
    // Those of one act are alike: it is said once.
    said.iter().for_each(|sentence| complain(sentence));
    Ok(())
}

/// The values are offered the next time.
fn remember(wanted: &Wanted) {
    let path = Environment::of_process().state_home().join("bowline").join("variables.toml");
    let Some(run) = wanted.runs.first().filter(|_| !wanted.given.is_empty()) else { return };
    let folder = path.parent().map(std::fs::create_dir_all);
    let done = blueprints::remember_values(&path, &run.blueprint.name, wanted.given.clone());
    if let (Some(Ok(())), Err(problem)) = (folder, done) {
        complain(&problem.to_string());
    }
}

/// Runs of one act.
struct Batch<'a> {
    flags: &'a UpFlags,
    wanted: &'a Wanted,
    engine: EngineId,
    waiting: VecDeque<(StreamId, BlueprintRun)>,
    going: BTreeMap<StreamId, Going>,
    code: u8,
}

/// A run that is under way.
struct Going {
    run: BlueprintRun,
    parts: Vec<Part>,
    made: Option<Transferred>,
}

impl<'a> Batch<'a> {
    fn new(flags: &'a UpFlags, wanted: &'a Wanted, engine: EngineId) -> Batch<'a> {
        let runs =
            wanted.runs.iter().zip(1..).map(|(run, number)| (StreamId(number), BlueprintRun { engine, ..run.clone() }));
        Batch { flags, wanted, engine, waiting: runs.collect(), going: BTreeMap::new(), code: 0 }
    }

    async fn all(&mut self, store: &Engines, outputs: &mut EngineOutputs) -> u8 {
        self.begin(store);
        while !self.going.is_empty() {
            let Some((stream, message)) = outputs.chunks.recv().await else { return FAILED };
            match message {
                StreamMessage::Chunk(StreamEvent::Progress(progress)) => self.progress(stream, &progress),
                StreamMessage::Chunk(StreamEvent::Transferred(made)) => {
                    if let Some(going) = self.going.get_mut(&stream) {
                        going.made = Some(made);
                    }
                }
                StreamMessage::Ended(why) => {
                    if let Some(going) = self.going.remove(&stream) {
                        self.ended(going, why, outputs).await;
                    }
                    self.begin(store);
                }
                StreamMessage::Chunk(_) => {}
            }
        }
        self.code
    }

    fn begin(&mut self, store: &Engines) {
        while self.going.len() < AT_ONCE
            && let Some((stream, run)) = self.waiting.pop_front()
        {
            store.open(stream, Source::Transfer(self.engine, Transfer::Up(Box::new(run.clone()))));
            self.going.insert(stream, Going { run, parts: Vec::new(), made: None });
        }
    }

    /// Tells the stages that have got on.
    fn progress(&mut self, stream: StreamId, progress: &Progress) {
        let Some(going) = self.going.get_mut(&stream) else { return };
        let before = std::mem::replace(&mut going.parts, progress.parts.clone());
        if self.flags.json {
            return;
        }
        let name = clean(&going.run.name).into_owned();
        let was = |part: &Part| before.iter().find(|one| one.name == part.name).map(|one| one.stage);
        let done: Vec<&Part> =
            progress.parts.iter().filter(|part| part.stage.is_over() && was(part) != Some(part.stage)).collect();
        for part in done {
            let head = if self.flags.count > 1 { format!("{name}  ") } else { String::new() };
            self.say(format!("{head}{:9}  {}", part.name, part.words).trim_end());
        }
        progress.lines.iter().for_each(|line| self.say(&format!("  {line}")));
    }

    fn say(&self, line: &str) {
        let line = without(line, self.wanted.secrets.iter().map(String::as_str));
        if let Err(sentence) = print(&format!("{line}\n")) {
            complain(&sentence);
        }
    }

    async fn ended(&mut self, going: Going, why: Option<Problem>, outputs: &mut EngineOutputs) {
        let container = match &going.made {
            Some(made) => found(made, !going.run.blueprint.ports.is_empty(), outputs).await,
            None => None,
        };
        let failed = why.or_else(|| {
            let ended = || Problem::new(format!("up {}", going.run.name), "bowline is ending", "");
            going.made.is_none().then(ended)
        });
        if failed.is_some() {
            self.code = blueprint::WRONG;
        }
        if self.flags.json {
            self.say(&object(&going, container.as_deref(), failed.as_ref()).to_string());
        } else if let Some(problem) = failed {
            complain(&without(&problem.to_string(), self.wanted.secrets.iter().map(String::as_str)));
        } else if let Some(made) = &going.made {
            self.say(&made.words);
            made.urls.iter().for_each(|url| self.say(&format!("  {url}")));
        }
    }
}

/// The container that was made, once it is told, with its ports if it has any.
async fn found(made: &Transferred, has_ports: bool, outputs: &mut EngineOutputs) -> Option<Arc<Container>> {
    let id = made.container.as_ref()?;
    let is_published = |container: &Arc<Container>| container.ports.iter().any(|port| port.public.is_some());
    let told = |snapshot: &Arc<Snapshot>| {
        snapshot.containers.get(id).is_some_and(|container| !has_ports || is_published(container))
    };
    // Too late is no failure: the ports are left out then.
    drop(timeout(PATIENCE, outputs.snapshots.wait_for(told)).await);
    outputs.snapshots.borrow().containers.get(id).cloned()
}

/// What came of a run, for programs.
fn object(going: &Going, container: Option<&Container>, failed: Option<&Problem>) -> Value {
    let made = going.made.clone().unwrap_or_default();
    let stages = going.parts.iter().map(|part| json!({ "name": part.name, "state": state(part), "words": part.words }));
    let name = container.map_or_else(|| going.run.name.clone(), |container| container.name.to_string());
    let mut object = json!({
        "name": name,
        "id": made.container.map(|id| id.raw().to_string()),
        "blueprint": going.run.blueprint.name,
        "project": going.run.project,
        "urls": made.urls,
        "ports": container.map(|container| container.ports.iter().map(port).collect::<Vec<_>>()).unwrap_or_default(),
        "stages": stages.collect::<Vec<_>>(),
        "result": if failed.is_some() { "failed" } else { "made" },
    });
    if let Some(Problem { operation, cause, hint }) = failed {
        object["problem"] = json!({ "operation": operation, "cause": cause, "hint": hint });
    }
    object
}

fn state(part: &Part) -> &'static str {
    match part.stage {
        Stage::Done | Stage::Known => "done",
        Stage::Moving | Stage::Unpacking => "under way",
        Stage::Waiting if part.words.is_empty() => "not begun",
        Stage::Waiting => "failed",
    }
}

fn port(port: &Port) -> Value {
    json!({ "host": port.public, "container": port.private, "protocol": port.protocol, "address": port.address })
}
