//! `bowline unfinished`: runs of `bowline up` that were killed, found on the engine by their labels; undone on demand.

use super::exec::{FAILED, SIGNALLED, Signals, listed};
use super::{complain, print};
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::text::clean;
use crate::model::{EngineId, Problem, Source, StreamEvent, StreamId, Transfer, Transferred, UndoRequest, Unfinished};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Exit code where a run cannot be undone.
const NOT_UNDONE: u8 = 1;

/// What to do with unfinished runs.
#[derive(Debug, Args)]
#[command(after_help = "\
A run of `bowline up` that is killed leaves what it has made so far, with labels and a marker on the engine: any bowline finds it.
Without --undo the runs are listed, each with the command that makes its container anew. Volumes that were there before stay.
Exit codes: 0 listed or undone; 1 a run cannot be undone, and why; 125 the engine fails; 128 plus the number of the signal that
ended bowline; 2 wrong command line.")]
pub struct UnfinishedFlags {
    /// Take away what a run has made; several times, or `all` that are known to be killed
    #[arg(long, value_name = "RUN")]
    pub undo: Vec<String>,
    /// Print one JSON array
    #[arg(long, conflicts_with = "undo")]
    pub json: bool,
}

/// Does it on engines that have just been started. Errors have been printed.
pub async fn run(flags: &UnfinishedFlags, store: Engines, mut outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(mut signals) => tokio::select! {
            code = list_or_undo(flags, &store, &mut outputs) => code,
            number = signals.ends.next() => SIGNALLED + number,
        },
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

async fn list_or_undo(flags: &UnfinishedFlags, store: &Engines, outputs: &mut EngineOutputs) -> u8 {
    let (engine, found) = match look(store, outputs).await {
        Ok(found) => found,
        Err(problem) => {
            complain(&problem.to_string());
            return FAILED;
        }
    };
    if flags.undo.is_empty() {
        let text = if flags.json { json(&found) } else { found.iter().map(lines).collect() };
        return match print(&text) {
            Ok(()) => 0,
            Err(sentence) => {
                complain(&sentence);
                FAILED
            }
        };
    }
    undo_all(&flags.undo, engine, &found, store, outputs).await
}

/// The engine, and the runs on it whose end nobody noted.
async fn look(store: &Engines, outputs: &mut EngineOutputs) -> Result<(EngineId, Vec<Unfinished>), Problem> {
    let engine = listed(outputs).await?.engines.keys().next().copied().unwrap_or_default();
    store.open(StreamId(1), Source::Unfinished(engine));
    let mut found = Vec::new();
    while let Some((_, message)) = outputs.chunks.recv().await {
        match message {
            StreamMessage::Chunk(StreamEvent::Unfinished(runs)) => found = runs,
            // Such a stream brings nothing else.
            StreamMessage::Chunk(_) => {}
            StreamMessage::Ended(Some(problem)) => return Err(problem),
            StreamMessage::Ended(None) => return Ok((engine, found)),
        }
    }
    Err(Problem::new("look for unfinished runs", "bowline is ending", ""))
}

async fn undo_all(
    wanted: &[String],
    engine: EngineId,
    found: &[Unfinished],
    store: &Engines,
    outputs: &mut EngineOutputs,
) -> u8 {
    let mut code = 0;
    let is_meant =
        |one: &&Unfinished| wanted.iter().any(|run| run == "all" && one.lives == Some(false) || *run == one.run);
    for missing in wanted.iter().filter(|run| *run != "all" && !found.iter().any(|one| one.run == **run)) {
        complain(&format!("there is no unfinished run {}; `bowline unfinished` lists them", clean(missing)));
        code = NOT_UNDONE;
    }
    for (stream, one) in (2..).map(StreamId).zip(found.iter().filter(is_meant)) {
        let request = UndoRequest { engine, run: one.run.clone(), name: one.name.clone() };
        store.open(stream, Source::Transfer(engine, Transfer::Undo(request)));
        let said = undone(outputs).await.map(|done| format!("{}  {}\n", clean(&one.run), clean(&done.words)));
        if let Err(sentence) = said.map_err(|problem| problem.to_string()).and_then(|line| print(&line)) {
            complain(&sentence);
            code = NOT_UNDONE;
        }
    }
    code
}

async fn undone(outputs: &mut EngineOutputs) -> Result<Transferred, Problem> {
    let mut done = Transferred::default();
    while let Some((_, message)) = outputs.chunks.recv().await {
        match message {
            StreamMessage::Chunk(StreamEvent::Transferred(result)) => done = result,
            // How far it is says nothing here.
            StreamMessage::Chunk(_) => {}
            StreamMessage::Ended(Some(problem)) => return Err(problem),
            StreamMessage::Ended(None) => return Ok(done),
        }
    }
    Err(Problem::new("undo", "bowline is ending", ""))
}

/// A run for people: what it is, and how it is undone or finished.
fn lines(one: &Unfinished) -> String {
    let state = match one.lives {
        Some(true) => "under way",
        Some(false) => "killed",
        None => "begun on another machine",
    };
    let head = format!("{}  {}  {state}  {}  {}\n", one.run, one.name, one.owner, one.created);
    let undo = format!("  undo:   bowline unfinished --undo {}\n", one.run);
    let finish = format!("  finish: {}\n", shell_words::join(again(one)));
    clean_lines(&if one.lives == Some(true) { head } else { format!("{head}{undo}{finish}") })
}

/// Each line clean: labels are anybody's.
fn clean_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", clean(line))).collect()
}

/// The command that makes its container, once it is undone. Secrets are not recorded.
fn again(one: &Unfinished) -> Vec<String> {
    let variables: Value = serde_json::from_str(&one.variables).unwrap_or_default();
    let values = variables.as_object().into_iter().flatten();
    let set = values.flat_map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        ["--set".to_string(), format!("{name}={value}")]
    });
    let project = ["--project".to_string(), one.project.clone()].into_iter().filter(|_| !one.project.is_empty());
    let words = ["bowline", "up", &one.blueprint].map(str::to_string);
    words.into_iter().chain(project).chain(set).collect()
}

fn json(found: &[Unfinished]) -> String {
    let object = |one: &Unfinished| {
        json!({
            "run": one.run, "name": one.name, "blueprint": one.blueprint, "project": one.project, "owner": one.owner,
            "created": one.created, "under_way": one.lives, "finish": again(one),
        })
    };
    format!("{}\n", found.iter().map(object).collect::<Value>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_run_is_told_with_what_undoes_and_what_finishes_it() {
        let one = Unfinished {
            run: "1a2b".into(),
            blueprint: "web".into(),
            name: "shop-1a2b\u{1b}[2J".into(),
            project: "shop".into(),
            owner: "ann@host".into(),
            created: "2026-11-30T12:00:00Z".into(),
            variables: r#"{"greeting":"good day","port":"80"}"#.into(),
            lives: Some(false),
        };
        let told = lines(&one);
        assert!(told.contains("killed") && told.contains("bowline unfinished --undo 1a2b\n"), "{told}");
        assert!(told.contains("bowline up web --project shop --set 'greeting=good day' --set 'port=80'\n"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told:?}");
        assert!(!lines(&Unfinished { lives: Some(true), ..one }).contains("undo"));
    }
}
