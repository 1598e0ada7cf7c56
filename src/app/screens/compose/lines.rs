//! What the layer says, line by line; where its buttons are.

use super::overlay::{ComposeOverlay, ComposePhase, Foreseen};
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::app::widgets::units;
use crate::app::widgets::wrap;
use crate::model::{ComposeReady, ComposeRun, ComposeVerb, Drift, Problem, Tone, secret};
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// A line of it. No line is wider than what was asked for, but for those that say what a verb does.
#[derive(Debug, Clone, PartialEq)]
pub enum ComposeLine {
    /// An empty line.
    Blank,
    /// A heading.
    Heading(String),
    /// A name and what stands under it; the name is empty where the value goes on.
    Fact(String, String),
    /// Words.
    Words(String, Tone),
    /// A container and what happens to it.
    Fate(String, String, Tone),
    /// What can be chosen, a sentence on it, and whether the cursor is on it.
    Choice(&'static str, &'static str, bool),
    /// The command that is run.
    Command(String),
}

/// Columns of the names of facts.
pub const NAME: usize = 12;
/// Columns of what differs.
pub const WHAT: usize = 22;

/// The lines of the overlay at a width.
pub fn lines(app: &App, overlay: &ComposeOverlay, width: u16) -> Vec<ComposeLine> {
    let width = usize::from(width).max(20);
    match &overlay.phase {
        ComposePhase::Looking { since, compares, .. } => looking(app, *since, *compares),
        ComposePhase::Failed(problem) => failed(problem, width),
        ComposePhase::Choosing { ready, cursor } => choosing(ready, cursor.row(), width),
        ComposePhase::Confirming { run, foreseen, .. } => asking(run, foreseen, width),
        ComposePhase::Differs { drift, at } => differs(drift, units::long_span(app.now.since(*at).max(0.0)), width),
    }
}

fn looking(app: &App, since: crate::model::Timestamp, compares: bool) -> Vec<ComposeLine> {
    let what = if compares { "compose is reading the files" } else { "looking for compose and the files" };
    let seconds = app.now.since(since) as u64;
    let time = if seconds > 0 { format!("  {seconds} s") } else { String::new() };
    vec![ComposeLine::Words(format!("{what} …{time}"), Tone::Plain)]
}

fn failed(problem: &Problem, width: usize) -> Vec<ComposeLine> {
    let mut lines = Vec::new();
    words(&mut lines, &problem.cause, Tone::Bad, width);
    words(&mut lines, &problem.hint, Tone::Plain, width);
    lines
}

fn words(lines: &mut Vec<ComposeLine>, text: &str, tone: Tone, width: usize) {
    if !text.is_empty() {
        lines.extend(wrap::words(&secret::told(text), width).into_iter().map(|line| ComposeLine::Words(line, tone)));
    }
}

fn fact(lines: &mut Vec<ComposeLine>, name: &str, value: &str, width: usize) {
    for (index, part) in wrap::words(&secret::told(value), width.saturating_sub(NAME)).into_iter().enumerate() {
        lines.push(ComposeLine::Fact(if index == 0 { name.to_string() } else { String::new() }, part));
    }
}

/// Who runs what where, in full: it was named by labels, which anybody may have written.
fn facts(lines: &mut Vec<ComposeLine>, ready: &ComposeReady, width: usize) {
    let site = &ready.site;
    fact(lines, "project", &site.project, width);
    fact(lines, "folder", &site.folder, width);
    for (index, file) in site.files.iter().enumerate() {
        fact(lines, if index == 0 { "file" } else { "override" }, file, width);
    }
    for file in &site.environment {
        fact(lines, "variables", file, width);
    }
    if !ready.profiles.is_empty() {
        fact(lines, "profiles", &format!("{} (from COMPOSE_PROFILES)", ready.profiles), width);
    }
    fact(lines, "engine", &ready.host, width);
    fact(lines, "client", &ready.client.to_string(), width);
}

fn choosing(ready: &ComposeReady, cursor: usize, width: usize) -> Vec<ComposeLine> {
    let verbs = ComposeVerb::ALL.into_iter().enumerate();
    let mut lines: Vec<ComposeLine> =
        verbs.map(|(index, verb)| ComposeLine::Choice(verb.name(), verb.doc(), index == cursor)).collect();
    lines.push(ComposeLine::Blank);
    facts(&mut lines, ready, width);
    let verb = ComposeVerb::ALL[cursor.min(ComposeVerb::ALL.len() - 1)];
    commands(&mut lines, &ComposeRun { ready: ready.clone(), verb, planned: BTreeSet::new() }, width);
    lines
}

fn commands(lines: &mut Vec<ComposeLine>, run: &ComposeRun, width: usize) {
    lines.push(ComposeLine::Blank);
    for command in run.commands() {
        let line = shell_words::join(secret::docker(&command));
        lines.extend(wrap::words(&line, width).into_iter().map(ComposeLine::Command));
    }
}

fn asking(run: &ComposeRun, foreseen: &Foreseen, width: usize) -> Vec<ComposeLine> {
    let mut lines = Vec::new();
    facts(&mut lines, &run.ready, width);
    lines.push(ComposeLine::Blank);
    if foreseen.by_labels {
        let sentence = "These files come from the containers' labels; compose does what they say.";
        words(&mut lines, sentence, Tone::Plain, width);
        lines.push(ComposeLine::Blank);
    }
    for (sentence, tone) in [(&foreseen.doubt, Tone::Bad), (&foreseen.compared, Tone::Plain)] {
        words(&mut lines, sentence.as_deref().unwrap_or_default(), tone, width);
    }
    if let Some(fates) = &foreseen.fates {
        lines.extend(fates.iter().map(|(name, fate, tone)| ComposeLine::Fate(name.clone(), fate.clone(), *tone)));
        lines.push(ComposeLine::Blank);
    }
    let tone = if run.verb.removes() { Tone::Warn } else { Tone::Plain };
    for sentence in &foreseen.sentences {
        words(&mut lines, sentence, tone, width);
    }
    commands(&mut lines, run, width);
    lines
}

fn differs(drift: &Drift, age: String, width: usize) -> Vec<ComposeLine> {
    let mut lines = Vec::new();
    if drift.differing.is_empty() {
        let whole = match drift.services {
            0 => "The files have no services, and none is running.".to_string(),
            1 => "No drift: its one service matches the files.".to_string(),
            some => format!("No drift: all {some} services match the files."),
        };
        words(&mut lines, &whole, Tone::Good, width);
    }
    for service in &drift.differing {
        lines.push(ComposeLine::Heading(service.name.clone()));
        for difference in &service.differences {
            let room = width.saturating_sub(WHAT.min(width / 3) + 7);
            let sides = [("file", &difference.file), ("runs", &difference.runs)];
            for (index, (side, value)) in sides.into_iter().enumerate() {
                for (row, part) in wrap::words(value, room).into_iter().enumerate() {
                    let what = if index == 0 && row == 0 { format!(" {}", difference.what) } else { String::new() };
                    let side = if row == 0 { side } else { "    " };
                    lines.push(ComposeLine::Fate(what, format!("{side}  {part}"), Tone::Plain));
                }
            }
        }
    }
    if !drift.notes.is_empty() {
        lines.push(ComposeLine::Blank);
    }
    for note in &drift.notes {
        words(&mut lines, &format!("note: {note}"), Tone::Warn, width);
    }
    lines.push(ComposeLine::Blank);
    words(&mut lines, &format!("The files were read by {}, {age} ago.", drift.client), Tone::Plain, width);
    lines
}

/// Rows that the layer wants, without its frame.
pub fn rows(app: &App, overlay: &ComposeOverlay, width: u16) -> u16 {
    // Below stands what keys do, or the buttons, and a blank line above.
    u16::try_from(lines(app, overlay, width).len()).unwrap_or(u16::MAX).saturating_add(2)
}

/// The buttons, while it is a question: Cancel, and the one that goes ahead.
pub fn buttons(area: Rect, overlay: &ComposeOverlay) -> Option<(Rect, Rect)> {
    overlay.go().map(|go| frame::buttons(area, go))
}
