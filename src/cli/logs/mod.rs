//! This folder knows `bowline logs`: the logs of containers as one, reduced as in the cockpit, for people and pipes.
//! It may use the engines, the model, and what the cockpit reads times with.
//! It never lets an escape sequence of a container through unless `--raw` is given, and never holds more than so much of a log.

mod format;
mod merge;
mod read;
mod sql;
mod when;

use super::complain;
use super::exec::{self, Ends, FAILED, SIGNALLED, Signals};
use crate::config::Environment;
use crate::engine::{EngineOutputs, Engines};
use crate::model::{CONTEXT_MOST, Container, Level, LogFilter, LogFilters, Problem, Snapshot, Timestamp, Zone};
use crate::runtime::now;
use crate::ui::Depth;
use clap::Args;
use format::Format;
use sql::Answer;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit code when there are filters and no line passed them, as with `grep`.
const NOTHING_FOUND: u8 = 1;
/// What stands before the name of a compose project.
const PROJECT: &str = "project:";

/// Which logs, and what of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Lines of several containers are merged by time. With several filters a line must pass all of them; patterns in small letters
match any case. --tail counts lines before filters look at them. Times: 15m, 1h30m, 14:05, 2026-11-21 14:05,
2026-11-21T14:05:00Z, or seconds since 1970.
Colours and escape sequences of containers are printed on a terminal only, and there only colours; --raw prints all bytes.
With --json each line is an object: time, container, stream, level, message, fields; context is true for lines of -C.
Exit codes: 0 lines were printed, or there is no filter; 1 there is a filter and no line passed it; 125 bowline or the engine
failed, or there is no such container; 128 plus the number of the signal that ended bowline; 2 wrong command line.")]
pub struct LogsFlags {
    /// Go on with what is written, across restarts
    #[arg(short, long, conflicts_with = "until")]
    pub follow: bool,
    /// Only lines since a time, or so long ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only lines up to a time, or so long ago
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only the latest lines of each container
    #[arg(short = 'n', long, value_name = "NUMBER")]
    pub tail: Option<usize>,
    /// Only lines that match a regular expression
    #[arg(short, long, value_name = "RE")]
    pub grep: Vec<String>,
    /// Only lines that do not match a regular expression
    #[arg(short = 'v', long, value_name = "RE")]
    pub invert: Vec<String>,
    /// Only lines of a level and above: trace, debug, info, warn, error
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Only lines with such a field, for example 'status>=500', user=alice or 'path=~^/api'
    #[arg(long, value_name = "FIELD")]
    pub field: Vec<String>,
    /// Lines of context around each line that passes
    #[arg(short = 'C', long, value_name = "NUMBER")]
    pub context: Option<usize>,
    /// One JSON object for each line
    #[arg(long)]
    pub json: bool,
    /// Ask the lines in SQL once they are all read, for example 'SELECT level, count(*) FROM log GROUP BY level'; a column
    /// for each field; long values are cut, but whole with --json and --csv
    #[arg(long, value_name = "SELECT", conflicts_with_all = ["follow", "raw", "timestamps", "context"])]
    pub sql: Option<String>,
    /// The answer to --sql as CSV
    #[arg(long, requires = "sql", conflicts_with = "json")]
    pub csv: bool,
    /// The engine's time stamp before each line
    #[arg(short, long)]
    pub timestamps: bool,
    /// No colours, on a terminal neither
    #[arg(long)]
    pub no_color: bool,
    /// Bytes as the container wrote them; with --json in addition
    #[arg(long)]
    pub raw: bool,
    /// Names or id prefixes of containers, or project:NAME for those of a compose project
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// The flags, read.
#[derive(Debug)]
pub struct Wanted {
    follow: bool,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    tail: Option<usize>,
    filters: Arc<LogFilters>,
    format: Format,
    names: Vec<String>,
    /// The statement that is asked in place of printing lines, and how the answer is printed.
    sql: Option<(String, Answer)>,
    zone: Zone,
}

impl LogsFlags {
    /// Reads the flags.
    ///
    /// # Errors
    /// One sentence that says what is wrong with them.
    pub fn check(&self) -> Result<Wanted, String> {
        let (now, zone) = (now(), Zone::of(jiff::tz::TimeZone::system()));
        let moment = |flag: &str, text: &Option<String>| {
            let read = text.as_ref().map(|text| when::parse(text, now, zone)).transpose();
            read.map_err(|why| format!("{flag}: {why}"))
        };
        let (since, until) = (moment("--since", &self.since)?, moment("--until", &self.until)?);
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err("--since is later than --until: no line can be between them".into());
        }
        Ok(Wanted {
            follow: self.follow,
            since,
            until,
            tail: self.tail,
            filters: Arc::new(self.filters()?),
            format: self.format(),
            names: self.names.clone(),
            sql: self.sql.clone().map(|statement| (statement, self.answer())),
            zone,
        })
    }

    fn filters(&self) -> Result<LogFilters, String> {
        let regex = |flag: &'static str| {
            move |text: &String| LogFilter::regex(text).map_err(|why| format!("{flag} {text}: {why}"))
        };
        let mut filters: Vec<LogFilter> = self.grep.iter().map(regex("--grep")).collect::<Result<_, _>>()?;
        let inverted: Vec<LogFilter> = self.invert.iter().map(regex("--invert")).collect::<Result<_, _>>()?;
        filters.extend(inverted.into_iter().map(LogFilter::negated));
        filters.extend(self.level.as_deref().map(level).transpose()?);
        for text in &self.field {
            filters.push(field(text)?);
        }
        if let Some(lines) = self.context {
            set_context(&mut filters, lines)?;
        }
        Ok(LogFilters(filters))
    }

    fn answer(&self) -> Answer {
        match (self.json, self.csv) {
            (true, _) => Answer::Json,
            (_, true) if std::io::stdout().is_terminal() => Answer::CsvOnTerminal,
            (_, true) => Answer::Csv,
            (false, false) => Answer::Columns,
        }
    }

    fn format(&self) -> Format {
        let is_shown = std::io::stdout().is_terminal() && Environment::of_process().depth() != Depth::None;
        let color = is_shown && !self.no_color && !self.json;
        Format { json: self.json, timestamps: self.timestamps, color, raw: self.raw }
    }
}

fn level(word: &str) -> Result<LogFilter, String> {
    match Level::from_word(word) {
        Some(level) if level > Level::None => Ok(LogFilter::at_least(level)),
        _ => Err(format!("--level {word}: expected trace, debug, info, warn or error")),
    }
}

fn field(text: &str) -> Result<LogFilter, String> {
    let read = LogFilter::parse(text).map_err(|why| format!("--field {text}: {why}"))?;
    let of_a_field = read.filter(LogFilter::is_of_a_field);
    of_a_field.ok_or_else(|| {
        format!("--field {text}: write a name, a sign (= != > >= < <= =~) and a value, such as 'status>=500'")
    })
}

fn set_context(filters: &mut [LogFilter], lines: usize) -> Result<(), String> {
    if lines > CONTEXT_MOST {
        return Err(format!("--context {lines}: {} lines at most", CONTEXT_MOST));
    }
    let Some(first) = filters.first_mut() else {
        return Err("--context needs a filter, such as --grep: without one all lines are printed".into());
    };
    first.context = lines;
    Ok(())
}

/// Prints them, from engines that have just been started. Errors have been printed.
pub async fn run(wanted: Wanted, store: Engines, mut outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(mut signals) => print(&wanted, &store, &mut outputs, &mut signals.ends).await,
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

async fn print(wanted: &Wanted, store: &Engines, outputs: &mut EngineOutputs, ends: &mut Ends) -> u8 {
    let listed = tokio::select! {
        listed = exec::listed(outputs) => listed,
        number = ends.next() => return SIGNALLED + number,
    };
    match listed.and_then(|snapshot| containers(&snapshot, &wanted.names)) {
        Ok(containers) => read::run(wanted, &containers, store, outputs, ends).await,
        Err(problem) => {
            complain(&problem.to_string());
            FAILED
        }
    }
}

/// The containers that are meant, each once, in the order in which they are named.
fn containers(snapshot: &Snapshot, names: &[String]) -> Result<Vec<Arc<Container>>, Problem> {
    let mut found: Vec<Arc<Container>> = Vec::new();
    for name in names {
        let meant = match name.strip_prefix(PROJECT) {
            Some(project) => of_project(snapshot, project)?,
            None => vec![exec::named(snapshot, name)?],
        };
        for container in meant {
            if !found.iter().any(|known| known.id == container.id) {
                found.push(container);
            }
        }
    }
    Ok(found)
}

fn of_project(snapshot: &Snapshot, project: &str) -> Result<Vec<Arc<Container>>, Problem> {
    let of_it = |container: &&Arc<Container>| container.project() == Some(project);
    let mut found: Vec<Arc<Container>> = snapshot.containers.values().filter(of_it).cloned().collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    if found.is_empty() {
        let hint = "see docker compose ls -a";
        return Err(Problem::new(format!("find project {project}"), "it has no container", hint));
    }
    Ok(found)
}
