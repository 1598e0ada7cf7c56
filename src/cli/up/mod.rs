//! This folder knows `bowline up`: containers from a blueprint, planned or made.
//! It may use the pure services of blueprints, and the engine's streams.
//! It never prints a secret.

mod plan;
mod run;

pub use run::run;

use super::blueprint::refused;
use super::shelf::Shelf;
use super::{complain, print};
use crate::config::Environment;
use crate::model::blueprint::{BUILTIN, CarriedFile};
use crate::model::{Blueprint, BlueprintFile, BlueprintRun, EngineId, Snapshot};
use crate::persist::carried;
use crate::services::blueprints::{Given, Reading, Start, Values, read};
use clap::Args;
use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;

/// Containers that are made in one act at most.
const COUNT_MOST: u16 = 1000;

/// Arguments of `bowline up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Stages: limits, mounts, network, volumes, image (pulled with retries, or built), container, files, start, commands, ready, urls.
A failure takes back what this run has made, and only that; it says what was done, what was undone and what stays.
--dry-run prints what would be made, what it opens up, and the docker commands that do the same; no engine is asked.
--json prints one object: name, id, urls, ports, stages, result; with --count one such object on each line.
Without --project the project is the name of the working folder. `bowline blueprint list` lists the blueprints.
Exit codes: 0 made; 1 the blueprint is wrong, or the run failed and was taken back; 125 the engine does not answer; 128 plus the
number of the signal that ended bowline; 2 wrong command line.")]
pub struct UpFlags {
    /// Name of a blueprint, or its file
    #[arg(value_name = "BLUEPRINT")]
    pub blueprint: String,
    /// Value of a variable
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Name of the container, instead of the blueprint's pattern
    #[arg(long, value_name = "NAME", conflicts_with = "count")]
    pub name: Option<String>,
    /// Project, for {project} in names and for the labels
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Print the plan and make nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Count it as made only when it is healthy and answers
    #[arg(long)]
    pub wait: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Number of containers
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=i64::from(COUNT_MOST)))]
    pub count: u16,
}

/// What is to be made.
pub struct Wanted {
    /// Each container.
    pub runs: Vec<BlueprintRun>,
    /// Values that are never shown.
    pub secrets: Vec<String>,
    /// The values of its variables that may be remembered.
    pub given: Values,
}

impl UpFlags {
    /// What the command line means. Errors have been printed; their exit code is returned.
    pub fn wanted(&self) -> Result<Wanted, u8> {
        let shelf = Shelf::find();
        let wrong = |sentence: String| {
            complain(&sentence);
            2
        };
        let file = shelf.named(&self.blueprint).map_err(wrong)?;
        let given = shelf.values(&file, &self.set).map_err(wrong)?;
        let start = self.start();
        start.check().map_err(wrong)?;
        let (mut runs, mut names, mut secrets, mut public) = (Vec::new(), Vec::new(), Vec::new(), given.clone());
        for number in 0..self.count {
            let (reading, mut run) = self.run(&shelf, &file, &given, &start, number)?;
            // A pattern that has neither id nor time gives all of them one name.
            if names.contains(&run.name) {
                run.name = format!("{}-{}", run.name, number + 1);
                run.blueprint.container.name.clone_from(&run.name);
            }
            names.push(run.name.clone());
            secrets = reading.secret_values().map(str::to_string).collect();
            public.retain(|name, _| reading.variables.get(name).is_some_and(|variable| !variable.secret));
            runs.push(run);
        }
        Ok(Wanted { runs, secrets, given: public })
    }

    fn run(
        &self,
        shelf: &Shelf,
        file: &BlueprintFile,
        given: &Values,
        start: &Start,
        number: u16,
    ) -> Result<(Reading, BlueprintRun), u8> {
        // The times of one act differ, as their names may be made of them.
        let now = start.now.saturating_add(jiff::SignedDuration::from_millis(number.into())).unwrap_or(start.now);
        let start = Start { id: random_id(number), now, ..start.clone() };
        let reading = read(file, &shelf.files, &Given { variables: given.clone(), own: start.own(), is_check: false });
        if let Some(code) = refused(&reading) {
            return Err(code);
        }
        let mut run = start.run(&reading, file);
        run.carried = carried_files(&run.blueprint);
        Ok((reading, run))
    }

    fn start(&self) -> Start {
        Start {
            engine: EngineId::default(),
            project: self.project.clone().unwrap_or_else(working_project),
            name: self.name.clone().unwrap_or_default(),
            owner: owner(),
            id: random_id(0),
            now: jiff::Timestamp::now(),
            waits: self.wait,
        }
    }
}

/// The files of the folders that bowline carries and a blueprint names.
fn carried_files(blueprint: &Blueprint) -> Vec<CarriedFile> {
    let context = blueprint.build.iter().map(|build| build.context.as_str());
    let from = blueprint.files.iter().filter_map(|file| file.from.as_deref());
    let folders: Vec<&str> = context.chain(from).filter_map(|path| path.strip_prefix(BUILTIN)).collect();
    let files = carried::files().filter(|(folder, ..)| folders.contains(folder));
    let file = |(folder, path, content): carried::Carried| CarriedFile {
        folder: folder.into(),
        path: path.into(),
        mode: 0,
        content: content.to_vec(),
    };
    files.map(file).collect()
}

/// Prints the plan.
pub fn dry_run(flags: &UpFlags) -> ExitCode {
    let mut wanted = match flags.wanted() {
        Ok(wanted) => wanted,
        Err(code) => return ExitCode::from(code),
    };
    // Without an engine nothing is counted: the rest of the limits holds all the same.
    if let Err(sentence) = run::within_limits(&mut wanted.runs, &Snapshot::default()) {
        complain(&sentence);
        return ExitCode::from(super::blueprint::WRONG);
    }
    let text = if flags.json { plan::json(&wanted) } else { plan::words(&wanted) };
    match print(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            complain(&sentence);
            ExitCode::from(super::exec::FAILED)
        }
    }
}

/// The working folder's name, as far as it is one that names may have in them.
fn working_project() -> String {
    let folder = std::env::current_dir().ok();
    let name =
        folder.as_deref().and_then(|folder| folder.file_name()).map(|name| name.to_string_lossy().to_lowercase());
    let name: String =
        name.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || "_.-".contains(*c)).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if name.is_empty() { "default".into() } else { name.into() }
}

/// `user@host`, as far as it is known.
fn owner() -> String {
    let environment = Environment::of_process();
    let user = environment.get("USER").or_else(|| environment.get("LOGNAME"));
    let user = user.unwrap_or_else(|| rustix::process::getuid().as_raw().to_string());
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|name| name.trim().to_string());
    let host =
        read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname")).or_else(|| environment.get("HOSTNAME"));
    format!("{user}@{}", host.unwrap_or_else(|| "localhost".into()))
}

/// Eight digits that no other run has.
fn random_id(number: u16) -> String {
    // The keys of the hasher are random.
    let hash = RandomState::new().hash_one((std::process::id(), number));
    format!("{:08x}", hash & 0xffff_ffff)
}
