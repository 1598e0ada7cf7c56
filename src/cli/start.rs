//! Flags → settings → run → exit code.

use super::{Cli, Task};
use crate::app::{App, ClosedContext, LogOptions, Options};
use crate::config::{Ascii, Environment, Settings};
use crate::engine::{self, Endpoint, EngineOutputs, Engines, Place, Search};
use crate::model::{ApiVersion, EngineId, Origin, PaneSizes, Problem, Zone};
use crate::persist::{LogColumnsFile, PaneSizesFile, exec_history, own_log};
use crate::runtime::{EngineThread, Link, RunContext, SignalKind, here, now, run};
use crate::term::{self, Input, Terminal};
use crate::ui::{Appearance, Depth, Glyphs, Theme};
use bowline_embedded as embedded;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

/// Does what the command line asks for: a headless task, or else the cockpit.
pub fn start() -> ExitCode {
    // Before the flags are read: what follows this word belongs to another program.
    if std::env::args_os().nth(1).is_some_and(|word| word == embedded::reaper::SUBCOMMAND) {
        return embedded::reaper::run();
    }
    // Logs, layout and sockets are nobody else's business.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = match super::read() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let done = match &cli.task {
        Some(Task::Keys) => settings(&cli, &Environment::of_process())
            .and_then(|(settings, _)| super::print(&super::keys::table(&settings.keymap))),
        Some(Task::Config) => super::print(&crate::config::default_file()),
        Some(Task::Engine(engine)) => super::serve(engine),
        Some(Task::Exec(flags)) => match flags.check() {
            Ok(()) => return headless(&cli, async |store, outputs| super::exec::run(flags, store, outputs).await),
            Err(sentence) => Err(sentence),
        },
        Some(Task::Logs(flags)) => match flags.check() {
            Ok(wanted) => return headless(&cli, async |store, outputs| super::logs::run(wanted, store, outputs).await),
            Err(sentence) => Err(sentence),
        },
        Some(Task::Cp(flags)) => match flags.check() {
            Ok(()) => return headless(&cli, async |store, outputs| super::cp::run(flags, store, outputs).await),
            Err(sentence) => Err(sentence),
        },
        Some(Task::Why(flags)) => {
            return headless(&cli, async |store, outputs| super::why::run(flags, store, outputs).await);
        }
        Some(Task::Audit(flags)) => match flags.rules() {
            Ok(rules) if flags.rules => super::audit::list(&rules),
            Ok(rules) => {
                return headless(&cli, async |store, outputs| super::audit::run(flags, rules, store, outputs).await);
            }
            Err(sentence) => Err(sentence),
        },
        Some(Task::Bundle(flags)) => match flags.check() {
            Ok(()) => return headless(&cli, async |store, outputs| super::bundle::run(flags, store, outputs).await),
            Err(sentence) => Err(sentence),
        },
        Some(Task::Blueprint(flags)) => return super::blueprint::run(flags),
        Some(Task::Unfinished(flags)) => {
            return headless(&cli, async |store, outputs| super::unfinished::run(flags, store, outputs).await);
        }
        Some(Task::Up(flags)) if flags.dry_run => return super::up::dry_run(flags),
        Some(Task::Up(flags)) => match flags.wanted() {
            Ok(wanted) => {
                return headless(&cli, async |store, outputs| super::up::run(flags, wanted, store, outputs).await);
            }
            Err(code) => return ExitCode::from(code),
        },
        None => cockpit(&cli),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            super::complain(&sentence);
            ExitCode::from(2)
        }
    }
}

/// Opens the cockpit. An error is one sentence with its mend.
fn cockpit(cli: &Cli) -> Result<(), String> {
    let environment = Environment::of_process();
    let (settings, path) = settings(cli, &environment)?;
    let searches = searches(cli, &settings, &environment)?;
    if let Some(why) = environment.unusable_terminal() {
        return Err(format!("{why}: the cockpit needs a terminal with cursor control; try TERM=xterm-256color"));
    }
    if !term::is_present() {
        return Err("the cockpit needs a terminal for input and output; run it without pipes or redirection".into());
    }
    let state_folder = environment.state_home().join("bowline");
    let _log = own_log::open(&state_folder);
    let aside = aside()?;
    let session = Session { settings, path, state_folder, searches, aside: aside.handle() };
    here(session.run(&environment)).map_err(no_loop)?
}

/// The file's settings, overruled by the flags, and where the file is or would be.
fn settings(cli: &Cli, environment: &Environment) -> Result<(Settings, PathBuf), String> {
    let path = cli.config.clone().unwrap_or_else(|| crate::config::default_path(environment));
    let mut settings = crate::config::load(&path, cli.config.is_some()).map_err(|error| error.to_string())?;
    cli.overrule(&mut settings)?;
    settings.engine.api_version = api_version(environment)?.or(settings.engine.api_version);
    Ok((settings, path))
}

/// The version of the API that the environment asks for, by the variable that the docker command reads.
fn api_version(environment: &Environment) -> Result<Option<ApiVersion>, String> {
    let version = environment.get("DOCKER_API_VERSION").map(ApiVersion::try_from).transpose();
    version.map_err(|why| format!("DOCKER_API_VERSION: {why}"))
}

/// One thread for the store, beside the one that shows.
fn aside() -> Result<EngineThread, String> {
    EngineThread::start().map_err(no_loop)
}

fn no_loop(error: std::io::Error) -> String {
    format!("start the event loop: {error}")
}

/// Runs a task on the same engine that the cockpit would open, without a screen and without a log.
fn headless(cli: &Cli, task: impl AsyncFnOnce(Engines, EngineOutputs) -> ExitCode) -> ExitCode {
    let environment = Environment::of_process();
    let started = || -> Result<_, String> {
        let (settings, _) = settings(cli, &environment)?;
        let places = match searches(cli, &settings, &environment)?.as_slice() {
            [] => None,
            [Search::At(places)] => Some(places.clone()),
            [Search::Closed { context, address, why, .. }] => {
                let cause = format!("{address} cannot be opened: {}", why.cause);
                let other = format!("{}; or name an engine with --host", why.hint);
                return Err(Problem::new(format!("use context {context}"), cause, other).to_string());
            }
            [_, _, ..] => {
                return Err("several engines are named: name the one that is meant with a single --host".into());
            }
        };
        Ok((places, store_settings(&settings), aside()?))
    };
    let (places, settings, aside) = match started() {
        Ok(started) => started,
        Err(sentence) => {
            super::complain(&sentence);
            return ExitCode::from(super::exec::FAILED);
        }
    };
    let code = here(async {
        let mut embedded = EmbeddedEngine { engine: None, settings: settings.clone(), aside: aside.handle() };
        let link = match places {
            Some(places) => Ok(start_engine(&aside.handle(), engine::Settings { places, ..settings })),
            None => embedded.open(),
        };
        let code = match link {
            Ok(Link { store, outputs }) => task(store, outputs).await,
            Err(problem) => {
                super::complain(&problem.to_string());
                ExitCode::from(super::exec::FAILED)
            }
        };
        if let Some(engine) = embedded.engine.take() {
            engine.shutdown().await;
        }
        code
    });
    code.unwrap_or_else(|error| {
        super::complain(&no_loop(error));
        ExitCode::from(super::exec::FAILED)
    })
}

/// True for two that look at the same place, however it is spelled: a link, `..`, with and without its scheme.
fn is_same(one: &Search, other: &Search) -> bool {
    let spots = |search: &Search| match search {
        Search::At(places) => places.iter().filter_map(|place| spot(&place.endpoint)).collect(),
        Search::Closed { .. } => Vec::new(),
    };
    let (one, other): (Vec<String>, Vec<String>) = (spots(one), spots(other));
    one.iter().any(|place| other.contains(place))
}

/// Where an endpoint is, written in one way only: a path without links, if it is there.
fn spot(endpoint: &Endpoint) -> Option<String> {
    match endpoint {
        Endpoint::Unix(path) => Some(path.canonicalize().unwrap_or_else(|_| path.clone()).display().to_string()),
        Endpoint::Tcp { host, port, base } => Some(format!("{}:{port}{base}", host.to_lowercase())),
        Endpoint::Private(_) | Endpoint::Closed { .. } => None,
    }
}

/// Where to look for each of the engines; none means: open the embedded one.
fn searches(cli: &Cli, settings: &Settings, environment: &Environment) -> Result<Vec<Search>, String> {
    let runtime = environment.get("CONTAINER_RUNTIME");
    if cli.demo || (runtime.as_deref().map(str::trim) == Some("embedded") && cli.host.is_empty()) {
        return Ok(Vec::new());
    }
    let lookup = |name: &str| environment.get(name);
    let uid = rustix::process::getuid().as_raw();
    let find = |host: Option<&str>| {
        let search = engine::places(host, Some(&settings.engine.host), runtime.as_deref(), &lookup, uid);
        search.map_err(|problem| problem.to_string())
    };
    if cli.host.is_empty() {
        return Ok(vec![find(None)?]);
    }
    let mut searches: Vec<Search> = Vec::new();
    for host in &cli.host {
        // A variable that was not set must not mean this machine.
        if host.trim().is_empty() {
            return Err("--host is empty: name an engine, or leave --host out for the usual one".into());
        }
        // Its containers would stand there twice, and each change would look like one of two.
        let search = find(Some(host))?;
        if searches.iter().any(|other| is_same(other, &search)) {
            return Err(format!("--host {} is named twice: name each engine once", engine::shown_address(host)));
        }
        searches.push(search);
    }
    Ok(searches)
}

/// Tells bowline's own log once a second how many tasks are alive, for those who look for a leak and say
/// `BOWLINE_LOG=bowline::vitals=debug`. Without that it does nothing at all.
fn tell_vitals(aside: &Handle) {
    const TARGET: &str = "bowline::vitals";
    if !tracing::enabled!(target: TARGET, tracing::Level::DEBUG) {
        return;
    }
    let (metrics, own) = (aside.metrics(), Handle::current().metrics());
    aside.spawn(async move {
        loop {
            tracing::debug!(target: TARGET, "tasks={}", metrics.num_alive_tasks() + own.num_alive_tasks());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
}

/// One run of the cockpit.
struct Session {
    settings: Settings,
    path: PathBuf,
    state_folder: PathBuf,
    /// Where to look for each of the engines; none means: open the embedded one.
    searches: Vec<Search>,
    aside: Handle,
}

impl Session {
    async fn run(self, environment: &Environment<'_>) -> Result<(), String> {
        let signals = listen_to_signals().map_err(|error| format!("handle signals: {error}"))?;
        tell_vitals(&self.aside);
        let store_settings = store_settings(&self.settings);
        let mut embedded = EmbeddedEngine { engine: None, settings: store_settings.clone(), aside: self.aside.clone() };
        let link = match self.searches.as_slice() {
            [] => embedded.open().map_err(|problem| problem.to_string())?,
            searches => start_engines(&self.aside, searches.iter().map(Search::first).collect(), &store_settings),
        };
        let embedded = Arc::new(std::sync::Mutex::new(embedded));
        let opener = embedded.clone();
        let free = Arc::new(Notify::new());
        let on_free = free.clone();
        let (layout_path, ran_path) = (self.state_folder.join("layout.toml"), self.state_folder.join("commands.toml"));
        let (mut layout_file, layout) = PaneSizesFile::load(&layout_path);
        let (mut columns_file, log_columns) = LogColumnsFile::load(&self.state_folder.join("log-columns.toml"));
        let mut options = self.options(layout, &ran_path);
        options.log_columns = Arc::new(log_columns);
        options.shell.dark = !environment.is_light();
        if environment.depth() == Depth::None {
            options.logs.highlights = options.logs.highlights.without_colors();
        }
        let mut app = App::new(options, term::size(), now());
        let mut instead = Vec::new();
        if let Some(Search::Closed { context, address, why, instead: others }) = self.searches.first().cloned() {
            app.begin_closed(ClosedContext { name: context, address, why });
            instead = others;
        }
        let aside = self.aside.clone();
        let around = RunContext {
            link,
            embedded: Box::new(move || match opener.lock() {
                Ok(mut embedded) => embedded.open(),
                Err(_) => Err(Problem::new("open the embedded engine", "it failed before", "restart bowline")),
            }),
            local: Box::new(move || {
                let places = instead.clone();
                Ok(start_engine(&aside, engine::Settings { places, ..store_settings.clone() }))
            }),
            free,
            frame: Duration::from_millis(if environment.is_remote() { 125 } else { 60 }),
            log_folder: self.state_folder.clone(),
            save_layout: Box::new(move |layout| layout_file.save(layout)),
            save_log_columns: Box::new(move |columns| columns_file.save(&columns)),
            save_ran: Box::new(move |ran| exec_history::save(&ran_path, ran)),
            signals,
        };
        let look = self.look(environment);
        let mouse = self.settings.screen.mouse;
        let synchronized = environment.synchronizes();
        let mut terminal = Terminal::take(mouse, synchronized, Arc::new(move || on_free.notify_one()))
            .map_err(|error| format!("set up the terminal: {error}"))?;
        let input = Input::open(environment.is_remote()).map_err(|error| format!("read the terminal: {error}"))?;
        let left = run(app, look, input, &mut terminal, around).await;
        drop(terminal);
        for path in &left.edits {
            super::complain(&format!("an edit was not written back; it is kept in {}", path.display()));
        }
        let engine = embedded.lock().ok().and_then(|mut embedded| embedded.engine.take());
        if let Some(engine) = engine {
            engine.shutdown().await;
        }
        left.input.map_err(|error| format!("cannot read the terminal: {error}"))
    }

    fn options(&self, layout: PaneSizes, ran_path: &Path) -> Options {
        let settings = &self.settings;
        Options {
            keymap: settings.keymap.clone(),
            list: settings.containers.clone(),
            logs: LogOptions {
                zone: settings.logs.time_zone.zone(Zone::of(jiff::tz::TimeZone::system())),
                ..settings.logs
            },
            shell: settings.shell.clone(),
            graphs: settings.graphs.iter().map(|setting| setting.0.clone()).collect(),
            read_only: settings.engine.read_only,
            mouse: settings.screen.mouse,
            layout,
            log_columns: Arc::default(),
            config_path: self.path.display().to_string(),
            ran: exec_history::load(ran_path),
        }
    }

    fn look(&self, environment: &Environment) -> Appearance {
        let depth = environment.depth();
        let name = match self.settings.screen.theme.as_str() {
            "auto" if environment.is_light() => "light",
            "auto" => "dark",
            name => name,
        };
        // The configuration has refused unknown names.
        let theme = Theme::named(name, depth).or_else(|| Theme::named("monochrome", Depth::None));
        let mut theme = theme.unwrap_or_else(Theme::plain);
        for (role, color) in &self.settings.palette {
            theme.set(*role, *color);
        }
        let ascii = match self.settings.screen.ascii {
            Ascii::Auto => environment.is_ascii(),
            Ascii::Always => true,
            Ascii::Never => false,
        };
        Appearance { theme, glyphs: if ascii { Glyphs::ASCII } else { Glyphs::UNICODE } }
    }
}

fn store_settings(settings: &Settings) -> engine::Settings {
    let sampling = settings.sampling;
    let environment = Environment::of_process();
    let folder = engine::config_folder(&|name| environment.get(name));
    engine::Settings {
        read_only: settings.engine.read_only,
        stop_grace: settings.engine.stop_grace_seconds,
        api_version: settings.engine.api_version,
        sample_selected: Duration::from_secs_f64(sampling.selected_seconds),
        sample_visible: Duration::from_secs_f64(sampling.visible_seconds),
        sample_rest: Duration::from_secs_f64(sampling.rest_seconds),
        helpers: Some(environment.state_home().join("bowline").join("helpers")),
        keyring: engine::Credentials { folder, ..engine::Credentials::default() },
        ..engine::Settings::default()
    }
}

fn start_engine(aside: &Handle, settings: engine::Settings) -> Link {
    let _on_its_thread = aside.enter();
    let (store, outputs) = Engines::start([settings]);
    Link { store, outputs }
}

/// Starts one engine for each of these lists of places.
fn start_engines(aside: &Handle, engines: Vec<Vec<Place>>, settings: &engine::Settings) -> Link {
    let firsts: Vec<&Place> = engines.iter().filter_map(|places| places.first()).collect();
    // One alone is named by where it is found.
    let names = if engines.len() > 1 && firsts.len() == engines.len() { engine::names(firsts) } else { Vec::new() };
    let mut names = names.into_iter();
    let settings: Vec<engine::Settings> = (0..)
        .zip(engines)
        .map(|(number, places)| engine::Settings {
            places,
            engine: EngineId(number),
            name: names.next(),
            ..settings.clone()
        })
        .collect();
    let _on_its_thread = aside.enter();
    let (store, outputs) = Engines::start(settings);
    Link { store, outputs }
}

/// The engine inside, once it has been asked for.
struct EmbeddedEngine {
    engine: Option<embedded::Engine>,
    settings: engine::Settings,
    aside: Handle,
}

impl EmbeddedEngine {
    fn open(&mut self) -> Result<Link, Problem> {
        let _on_its_thread = self.aside.enter();
        let engine = match &self.engine {
            Some(engine) => engine.clone(),
            None => {
                let started = embedded::Engine::start(embedded::Scenario::demo(), embedded::Options::default());
                let started =
                    started.map_err(|error| Problem::new("start the embedded engine", error.to_string(), ""))?;
                self.engine.insert(started).clone()
            }
        };
        let endpoint = Endpoint::Private(Arc::new(move || engine.connect()));
        let places = vec![Place { endpoint, origin: Origin::Inside }];
        // It speaks one version, whatever was configured for others.
        Ok(start_engine(&self.aside, engine::Settings { places, api_version: None, ..self.settings.clone() }))
    }
}

/// Signals that end or suspend, as messages.
fn listen_to_signals() -> std::io::Result<mpsc::Receiver<SignalKind>> {
    use tokio::signal::unix::{SignalKind as Unix, signal};
    let (sender, receiver) = mpsc::channel(4);
    let kinds = [
        (Unix::terminate(), SignalKind::End),
        (Unix::interrupt(), SignalKind::Interrupt),
        (Unix::quit(), SignalKind::Interrupt),
        (Unix::hangup(), SignalKind::HangUp),
        (Unix::from_raw(rustix::process::Signal::TSTP.as_raw()), SignalKind::Suspend),
    ];
    for (unix, kind) in kinds {
        let mut stream = signal(unix)?;
        let sender = sender.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(kind).await.is_ok() {} });
    }
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_may_ask_for_a_version_that_bowline_speaks() {
        let asked = |version: &'static str| api_version(&Environment::new(move |_| Some(version.into())));
        assert_eq!(asked("1.43"), Ok(ApiVersion::parse("1.43")));
        assert_eq!(asked(""), Ok(None));
        assert_eq!(asked("1.40").unwrap_err(), "DOCKER_API_VERSION: API 1.40 is too old: bowline needs 1.41 or newer");
    }
}
