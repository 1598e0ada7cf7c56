//! `bowline why`: why a container is down, ends again and again, is unhealthy, never started, or is slow.

use super::exec::{Ends, FAILED, SIGNALLED, Signals, find};
use super::{complain, print};
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::{
    Batch, Container, Document, Id, Kind, Link, Snapshot, Source, StreamEvent, StreamId, Timestamp, Viewport,
};
use crate::runtime::now;
use crate::services::why::{Evidence, LINES_READ, Trouble, Why, explain, read_lines};
use clap::Args;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The stream that brings the inspected container.
const INSPECT: StreamId = StreamId(1);
/// The stream that brings its last lines.
const LINES: StreamId = StreamId(2);
/// How long an engine has for all that it knows: then the answer rests on what has come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines are asked for up to this far ahead, seconds: the engine's clock may run ahead of ours.
const AHEAD: f64 = 86_400.0;

/// Which container, and how the answer is printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the container's state, its past events, its last 100 lines and its usage; changes nothing.
--json prints one object: name, cause (the sentence), kind (a word for programs; none: nothing is wrong), evidence, try.
Exit codes: 0 answered; 125 the engine fails or there is no such container; 128 plus the number of the signal that ended
bowline; 2 wrong command line.")]
pub struct WhyFlags {
    /// Name or id prefix of the container
    pub container: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Answers it on engines that have just been started. Errors have been printed.
pub async fn run(flags: &WhyFlags, store: Engines, mut outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(mut signals) => answer(flags, &store, &mut outputs, &mut signals.ends).await,
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

async fn answer(flags: &WhyFlags, store: &Engines, outputs: &mut EngineOutputs, ends: &mut Ends) -> u8 {
    let found = tokio::select! {
        found = find(outputs, &flags.container) => found,
        number = ends.next() => return SIGNALLED + number,
    };
    let container = match found {
        Ok(container) => container,
        Err(problem) => {
            complain(&problem.to_string());
            return FAILED;
        }
    };
    let told = tokio::select! {
        told = read(store, outputs, &container.id) => told,
        number = ends.next() => return SIGNALLED + number,
    };
    let (container, why) = told.explain(container);
    let text = if flags.json { json(&container, &why) } else { plain(&container, &why) };
    match print(&text) {
        Ok(()) => 0,
        Err(sentence) => {
            complain(&sentence);
            FAILED
        }
    }
}

/// What has come of one container.
#[derive(Default)]
struct Told {
    document: Option<Arc<Document>>,
    lines: Vec<Batch>,
    lines_over: bool,
    inspect_over: bool,
    snapshot: Arc<Snapshot>,
}

impl Told {
    /// The answer that follows from it. A container that has gone meanwhile is explained as it was found.
    fn explain(&self, found: Arc<Container>) -> (Arc<Container>, Why) {
        let container = self.snapshot.containers.get(&found.id).cloned().unwrap_or(found);
        let lines = read_lines(&self.lines);
        let evidence = Evidence {
            container: &container,
            snapshot: &self.snapshot,
            document: self.document.as_deref(),
            lines: &lines,
            stopped_by: None,
            refused: None,
            now: now(),
        };
        let why = explain(&evidence);
        (container, why)
    }

    fn take(&mut self, stream: StreamId, message: StreamMessage) {
        match message {
            StreamMessage::Chunk(StreamEvent::Document(document)) => self.document = Some(document),
            StreamMessage::Chunk(StreamEvent::Lines(batch)) => self.lines.push(batch),
            // Such streams bring nothing else that tells why.
            StreamMessage::Chunk(_) => {}
            // Logs that cannot be read are no reason for no answer.
            StreamMessage::Ended(_) if stream == LINES => self.lines_over = true,
            StreamMessage::Ended(_) => self.inspect_over = true,
        }
    }

    fn is_whole(&self, id: &Id) -> bool {
        let Some(container) = self.snapshot.containers.get(id) else { return true };
        let engine = self.snapshot.engine_of(id);
        if engine.is_some_and(|engine| engine.link != Link::Up) {
            return false;
        }
        let remembered = engine.is_some_and(|engine| engine.remembered);
        let usage = || self.snapshot.usage_of(container);
        let measured = Trouble::of(container) != Trouble::Runs
            || usage().is_some_and(|series| series.latest.cpu.is_some() || series.unread.is_some());
        let inspected = self.inspect_over || self.document.is_some() && container.detail.is_some();
        inspected && self.lines_over && remembered && measured
    }
}

/// Reads all that tells why, for as long as that may take.
async fn read(store: &Engines, outputs: &mut EngineOutputs, id: &Id) -> Told {
    store.attend(Viewport { selected: Some(id.clone()), visible: vec![id.clone()], ..Viewport::default() });
    store.open(INSPECT, Source::Inspect { kind: Kind::Container, id: id.clone() });
    let before: Timestamp = now().plus_seconds(AHEAD);
    let (known, known_at_before) = (0, 0);
    store.open(LINES, Source::OlderLogs { id: id.clone(), before, known, known_at_before, lines: LINES_READ });
    let mut told = Told { snapshot: outputs.snapshots.borrow_and_update().clone(), ..Told::default() };
    let deadline = tokio::time::sleep(PATIENCE);
    tokio::pin!(deadline);
    while !told.is_whole(id) {
        tokio::select! {
            message = outputs.chunks.recv() => match message {
                Some((stream, message)) => told.take(stream, message),
                None => break,
            },
            changed = outputs.snapshots.changed() => {
                told.snapshot = outputs.snapshots.borrow_and_update().clone();
                if changed.is_err() {
                    break;
                }
            }
            () = &mut deadline => break,
        }
    }
    told
}

/// The answer as one object.
fn json(container: &Container, why: &Why) -> String {
    let object = serde_json::json!({
        "name": &*container.name,
        "cause": why.sentence,
        "kind": why.kind,
        "evidence": why.evidence,
        "try": why.try_,
    });
    format!("{object}\n")
}

/// The answer for people.
fn plain(container: &Container, why: &Why) -> String {
    let mut text = format!("{}: {}\n", container.name, why.sentence);
    for (title, lines) in [("evidence", &why.evidence), ("try", &why.try_)] {
        if !lines.is_empty() {
            text.push_str(&format!("\n{title}\n"));
            lines.iter().for_each(|line| text.push_str(&format!("  - {line}\n")));
        }
    }
    text
}
