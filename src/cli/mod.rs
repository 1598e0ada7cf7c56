//! This room knows the command line: flags, and the tasks that need no screen.
//! It may use all rooms: it opens the cockpit too.
//! It never prints what was not made clean.

pub mod audit;
pub mod blueprint;
pub mod bundle;
pub mod cp;
pub mod exec;
pub mod keys;
pub mod logs;
mod shelf;
mod start;
pub mod unfinished;
pub mod up;
pub mod why;

pub use start::start;

use crate::config::{self, Settings};
use crate::model::{secret, text};
use bowline_embedded::{Engine, Options, Scenario};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A terminal cockpit for operating containers.
///
/// Without a command, opens the cockpit on the first engine that answers: --host, DOCKER_HOST, CONTAINER_HOST, the Docker
/// client's context, then the well-known sockets of Docker and Podman.
#[derive(Debug, Parser)]
#[command(name = "bowline", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Cli {
    /// Address of the engine: unix:///path/to/socket or tcp://host:port; given several times, the cockpit opens them all
    #[arg(short = 'H', long, value_name = "URL", global = true)]
    pub host: Vec<String>,
    /// Open the embedded demo engine: needs no container engine; nothing in it is isolated
    #[arg(long, conflicts_with = "host", global = true)]
    pub demo: bool,
    /// Refuse every change to the engine
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Configuration file
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Theme: auto, dark, light, monochrome, colour-blind, sixteen
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    #[command(subcommand)]
    pub task: Option<Task>,
}

const AFTER_HELP: &str = "\
Keys: ? inside the cockpit shows them all. Lower-case keys never change the engine.
Configuration: $XDG_CONFIG_HOME/bowline/config.toml (~/.config/bowline/config.toml); `bowline config` prints the default.
bowline's own log: $XDG_STATE_HOME/bowline/ (~/.local/state/bowline/); BOWLINE_LOG=bowline=debug logs more.
Environment: DOCKER_HOST, CONTAINER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, DOCKER_API_VERSION,
CONTAINER_RUNTIME=docker|podman|embedded, NO_COLOR, COLORTERM, LANG.";

/// A command without a screen.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Print the commented default configuration
    Config,
    /// Print all keys as a table
    Keys,
    /// Run a command in a container, or open a shell with -it
    Exec(exec::ExecFlags),
    /// Print logs of containers, merged by time and filtered
    Logs(logs::LogsFlags),
    /// Copy files between this machine and a container
    Cp(cp::CpFlags),
    /// Say why a container is down, ends again and again, is unhealthy, never started, or is slow
    Why(why::WhyFlags),
    /// Check containers and their images against security rules
    Audit(audit::AuditFlags),
    /// Write the incident bundle of a container: log, events, usage, inspect, masked, in one file
    Bundle(bundle::BundleFlags),
    /// Make a container from a blueprint, or show the plan
    Up(up::UpFlags),
    /// List runs of `up` that were killed, and undo them
    Unfinished(unfinished::UnfinishedFlags),
    /// List, show and check blueprints
    Blueprint(blueprint::BlueprintFlags),
    /// Serve the embedded engine to other clients, such as `docker -H unix:///path ps`
    Engine(EngineFlags),
}

/// How to serve the embedded engine.
#[derive(Debug, Args)]
pub struct EngineFlags {
    /// Where to listen: unix:///path/to/socket (created with mode 0600)
    #[arg(long, value_name = "URL")]
    pub listen: String,
    /// Number of synthetic containers, instead of the demo's
    #[arg(long, value_name = "NUMBER", conflicts_with = "scenario")]
    pub synthetic: Option<usize>,
    /// Seed for the random generator
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Scenario file (TOML), instead of the demo's
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

/// Reads the command line. An error (or a request for help) has been printed; its exit code is returned.
pub fn read() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        // Nobody can be told if this cannot be printed.
        if !error.use_stderr() {
            drop(error.print());
            return ExitCode::SUCCESS;
        }
        // It quotes what was typed.
        drop(write!(std::io::stderr(), "{}", secret::told(&error.render().to_string())));
        ExitCode::from(2)
    })
}

impl Cli {
    /// Flags go before the file.
    pub fn overrule(&self, settings: &mut Settings) -> Result<(), String> {
        settings.engine.read_only |= self.read_only;
        if let Some(theme) = &self.theme {
            let known: Vec<&str> = config::known_themes().collect();
            if !known.contains(&theme.as_str()) {
                return Err(format!("unknown theme '{}'; expected one of {}", text::clean(theme), known.join(", ")));
            }
            settings.screen.theme.clone_from(theme);
        }
        Ok(())
    }
}

/// Prints a text for pipes. A closed pipe is not an error.
pub fn print(text: &str) -> Result<(), String> {
    match write!(crate::term::plain_output(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("print: {error}")),
        _ => Ok(()),
    }
}

/// Says on standard error what went wrong; secrets in it are hidden.
pub fn complain(sentence: &str) {
    // Where the terminal is gone nobody listens, and that is no reason to fail.
    drop(writeln!(std::io::stderr(), "bowline: {}", text::clean(&secret::told(sentence))));
}

/// Serves the embedded engine until a signal ends it.
pub fn serve(flags: &EngineFlags) -> Result<(), String> {
    let path = match flags.listen.strip_prefix("unix://") {
        Some(path) if path.starts_with('/') => PathBuf::from(path),
        _ => {
            return Err(format!(
                "--listen {}: write unix:///path/to/socket, with an absolute path",
                crate::engine::shown_address(&flags.listen)
            ));
        }
    };
    let scenario = match (&flags.scenario, flags.synthetic) {
        (Some(file), _) => Scenario::load(file)?,
        (None, Some(count)) => Scenario::synthetic(count, flags.seed),
        (None, None) => Scenario::demo(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("start the event loop: {error}"))?;
    runtime.block_on(async {
        let engine = Engine::start(scenario, Options::default()).map_err(|error| format!("start the engine: {error}"))?;
        let listen = &flags.listen;
        eprintln!("bowline: the embedded engine listens on {listen}; try: docker -H {listen} ps   (ctrl-c stops it)");
        let served = tokio::select! {
            served = engine.serve_unix(&path) => served.map_err(|error| format!("listen on {}: {error}", path.display())),
            ended = ended() => ended.map_err(|error| format!("handle signals: {error}")),
        };
        engine.shutdown().await;
        served
    })
}

/// Waits for a signal that ends.
async fn ended() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}
