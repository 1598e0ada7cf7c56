//! `bowline blueprint`: lists, shows and checks blueprints, begins a new one, and prints the schema of their files.

use super::shelf::Shelf;
use super::{complain, print};
use crate::model::text::clean;
use crate::model::{BlueprintFile, secret};
use crate::persist::blueprints;
use crate::services::blueprints::{EXAMPLE, Given, Mistake, Reading, Values, masked, read, schema, to_toml, without};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Exit code when something is wrong in a blueprint.
pub const WRONG: u8 = 1;
/// Exit code when the command line is wrong.
const USAGE: u8 = 2;

/// Arguments of `bowline blueprint`.
#[derive(Debug, Args)]
#[command(after_help = "\
A blueprint is a TOML file: `bowline blueprint new` prints an example, `bowline blueprint schema` the JSON schema for editors.
Found are, the nearest first: .bowline/*.toml of the working folder and its parents, $XDG_CONFIG_HOME/bowline/blueprints/*.toml
(~/.config/bowline/blueprints), and those that bowline carries: code-server, debug-host, app-builder, sandbox, sandbox-light.
A name with a slash or the ending .toml is a file. `bowline up NAME` makes a container.
Exit codes: 0 all is well; 1 something is wrong in a blueprint: each mistake as FILE:LINE:COLUMN; 2 wrong command line.")]
pub struct BlueprintFlags {
    /// What to do
    #[command(subcommand)]
    pub task: BlueprintTask,
}

/// What to do with blueprints.
#[derive(Debug, Subcommand)]
pub enum BlueprintTask {
    /// List the blueprints
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Print a blueprint with its variables filled and what it extends merged, as TOML
    Show {
        /// Name of a blueprint, or its file
        #[arg(value_name = "NAME")]
        name: String,
        /// Value of a variable
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Project, for {project} in names
        #[arg(long, value_name = "NAME")]
        project: Option<String>,
    },
    /// Tell all mistakes of blueprints' files
    Check {
        /// Files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
    },
    /// Print a commented example
    New,
    /// Print the JSON schema of blueprints' files
    Schema,
}

/// Does it. Errors have been printed.
pub fn run(flags: &BlueprintFlags) -> ExitCode {
    let code = match &flags.task {
        BlueprintTask::List { json } => printed(&list(*json)),
        BlueprintTask::Show { name, set, project } => show(name, set, project.as_deref()),
        BlueprintTask::Check { files } => check(files),
        BlueprintTask::New => printed(EXAMPLE),
        BlueprintTask::Schema => printed(&format!("{:#}\n", schema())),
    };
    ExitCode::from(code)
}

fn printed(text: &str) -> u8 {
    match print(text) {
        Ok(()) => 0,
        Err(sentence) => {
            complain(&sentence);
            super::exec::FAILED
        }
    }
}

/// Tells mistakes on standard error.
pub fn tell(mistakes: &[Mistake]) {
    use std::io::Write;
    let mut err = std::io::stderr();
    for mistake in mistakes {
        // Where the terminal is gone nobody listens.
        drop(writeln!(err, "{mistake}"));
    }
}

fn list(is_json: bool) -> String {
    let shelf = Shelf::find();
    shelf.problems.iter().for_each(|problem| complain(&problem.to_string()));
    let mut names = std::collections::BTreeSet::new();
    let nearest: Vec<&BlueprintFile> = shelf.files.iter().filter(|file| names.insert(&file.name)).collect();
    let given = Given { is_check: true, ..Given::default() };
    let rows: Vec<(&BlueprintFile, Reading)> =
        nearest.into_iter().map(|file| (file, read(file, &shelf.files, &given))).collect();
    if is_json {
        let rows: Value = rows.iter().map(|(file, reading)| row(file, reading)).collect();
        return format!("{rows:#}\n");
    }
    table(&rows)
}

fn table(rows: &[(&BlueprintFile, Reading)]) -> String {
    let width = |of: &dyn Fn(&(&BlueprintFile, Reading)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let names = width(&|(file, _)| file.name.chars().count());
    let kinds = width(&|(_, reading)| reading.blueprint.kind.chars().count());
    let mut table = String::new();
    for (file, reading) in rows {
        let words = match reading.mistakes.len() {
            0 => clean(&reading.blueprint.description).into_owned(),
            1 => format!("1 mistake: bowline blueprint check {}", clean(&file.path)),
            count => format!("{count} mistakes: bowline blueprint check {}", clean(&file.path)),
        };
        let (name, kind) = (clean(&file.name), clean(&reading.blueprint.kind));
        table.push_str(&format!("{name:names$}  {kind:kinds$}  {words}\n"));
    }
    table
}

/// A row for programs.
fn row(file: &BlueprintFile, reading: &Reading) -> Value {
    let variables = reading.variables.iter().map(|(name, variable)| {
        let default = variable.default.as_ref().filter(|_| !variable.secret).map(|default| default.0.clone());
        json!({
            "name": name,
            "type": variable.kind.name(),
            "default": default,
            "choices": variable.choices(),
            "required": variable.required,
            "secret": variable.secret,
            "description": variable.description,
        })
    });
    json!({
        "name": file.name,
        "kind": reading.blueprint.kind,
        "description": reading.blueprint.description,
        "file": file.path,
        "version": reading.version,
        "mistakes": reading.mistakes.len(),
        "variables": variables.collect::<Vec<_>>(),
    })
}

fn show(name: &str, set: &[String], project: Option<&str>) -> u8 {
    let shelf = Shelf::find();
    let found = shelf.named(name).and_then(|file| shelf.values(&file, set).map(|values| (file, values)));
    let (file, variables) = match found {
        Ok(found) => found,
        Err(sentence) => {
            complain(&sentence);
            return USAGE;
        }
    };
    let own: Values = project.map(|project| ("project".to_string(), project.to_string())).into_iter().collect();
    let reading = read(&file, &shelf.files, &Given { variables, own, is_check: false });
    if let Some(code) = refused(&reading) {
        return code;
    }
    let mut shown = masked(&reading.blueprint);
    if let Some(project) = project {
        shown.container.name = shown.container.name.replace("{project}", project);
    }
    match to_toml(&shown) {
        Ok(text) => {
            let head = format!("# {}, version {}", clean(&file.path), reading.version);
            printed(&without(&format!("{head}\n{text}"), reading.secret_values()))
        }
        Err(error) => {
            complain(&format!("write {} as TOML: {error}", clean(&file.path)));
            WRONG
        }
    }
}

/// Tells what is wrong; the exit code if something is.
pub fn refused(reading: &Reading) -> Option<u8> {
    tell(&reading.mistakes);
    reading.wrong_values.iter().for_each(|sentence| complain(sentence));
    match (reading.mistakes.is_empty(), reading.wrong_values.is_empty()) {
        (true, true) => None,
        (true, false) => Some(USAGE),
        (false, _) => Some(WRONG),
    }
}

fn check(files: &[String]) -> u8 {
    let shelf = Shelf::find();
    let given = Given { is_check: true, ..Given::default() };
    let mut code = 0;
    for path in files {
        let text = match blueprints::read(Path::new(path)) {
            Ok(file) => told(path, &read(&file, &shelf.files, &given), &mut code),
            Err(problem) => {
                complain(&problem.to_string());
                code = USAGE;
                continue;
            }
        };
        let printed = printed(&text);
        if printed != 0 {
            return printed;
        }
    }
    code
}

/// What is to be said of one file.
fn told(path: &str, reading: &Reading, code: &mut u8) -> String {
    if reading.is_right() {
        return format!("{}: no mistakes\n", clean(path));
    }
    *code = (*code).max(WRONG);
    let mistakes: String = reading.mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
    let values = reading.wrong_values.iter().map(|sentence| format!("{}: {}\n", clean(path), secret::told(sentence)));
    let count = reading.mistakes.len() + reading.wrong_values.len();
    let plural = if count == 1 { "" } else { "s" };
    format!("{mistakes}{}{}: {count} mistake{plural}\n", values.collect::<String>(), clean(path))
}
