//! The plan of a run: in words, and for programs.

use super::Wanted;
use crate::model::BlueprintRun;
use crate::model::text::clean;
use crate::services::blueprints::{Plan, plan, without};
use serde_json::{Value, json};

/// Names of further containers that are listed.
const LISTED: usize = 10;

/// The plan in words.
pub fn words(wanted: &Wanted) -> String {
    let Some(run) = wanted.runs.first() else { return String::new() };
    let Plan { makes, opens, lines } = plan(run);
    let mut text = format!("{} from blueprint {} (version {})\n", run.name, run.blueprint.name, run.version);
    text.push_str(&others(wanted));
    text.push_str("\nmakes\n");
    let width = makes.iter().map(|made| made.name.chars().count().min(40)).max().unwrap_or(0);
    for made in &makes {
        text.push_str(&format!("  {:9}  {:width$}  {}\n", made.kind, clean(&made.name), clean(&made.words)));
    }
    text.push_str("\nopens up\n");
    opens.iter().for_each(|sentence| text.push_str(&format!("  {sentence}\n")));
    text.push_str("\nthe same with docker\n");
    lines.iter().for_each(|line| text.push_str(&format!("  {}\n", clean(&line.shown(None)))));
    hidden(&text, wanted)
}

/// The names of the containers beside the first.
fn others(wanted: &Wanted) -> String {
    let others: Vec<&str> = wanted.runs.iter().skip(1).map(|run| run.name.as_str()).collect();
    match others.len() {
        0 => String::new(),
        count if count > LISTED => {
            format!("and {}, and {} more like it\n", others[..LISTED].join(", "), count - LISTED)
        }
        _ => format!("and {}\n", others.join(", ")),
    }
}

/// The plan for programs: an object, or one on each line.
pub fn json(wanted: &Wanted) -> String {
    let objects = wanted.runs.iter().map(|run| hidden(&format!("{}\n", object(run)), wanted));
    objects.collect()
}

fn object(run: &BlueprintRun) -> Value {
    let Plan { makes, opens, lines } = plan(run);
    let makes = makes.iter().map(|made| json!({ "kind": made.kind, "name": made.name, "words": made.words }));
    json!({
        "name": run.name,
        "blueprint": run.blueprint.name,
        "version": run.version,
        "project": run.project,
        "makes": makes.collect::<Vec<_>>(),
        "opens": opens,
        "docker": lines.iter().map(|line| line.shown(None)).collect::<Vec<_>>(),
    })
}

fn hidden(text: &str, wanted: &Wanted) -> String {
    without(text, wanted.secrets.iter().map(String::as_str))
}
