//! The client's compose: found when it is needed, run without a shell and away from the terminal, ended when it is told to;
//! and what it says of the files held against what runs.

use super::fake::{Fake, Running};
use super::world::{DEADLINE, World, settings, unix};
use crate::support::docker::{Docker, engine};
use crate::support::interrupts;
use bowline::engine::{Settings, StreamMessage};
use bowline::model::*;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// A folder with programs in it and a project beside them.
pub(super) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Bench {
        interrupts::reach_children();
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "my shop; $HOME"] {
            std::fs::create_dir(bench.folder.path().join(folder)).unwrap();
        }
        bench.file("services: {}\n");
        bench
    }

    /// A program of that name which is a script for a shell.
    fn program(&self, name: &str, script: &str) {
        let path = self.folder.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A compose of its own that tells its version and then does this.
    pub(super) fn compose(&self, script: &str) {
        self.program("docker-compose", &format!("[ \"$1\" = version ] && echo 1.29.2 && exit\n{script}"));
    }

    /// Where programs are looked for: here alone.
    fn programs(&self) -> OsString {
        self.folder.path().join("bin").into()
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("my shop; $HOME")
    }

    fn file(&self, text: &str) {
        std::fs::write(self.project().join("compose.yaml"), text).unwrap();
    }

    pub(super) fn site(&self, project: &str) -> ComposeSite {
        ComposeSite {
            project: project.into(),
            folder: self.project().to_str().unwrap().into(),
            files: vec!["compose.yaml".into()],
            environment: Vec::new(),
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }

    /// A store on an engine of the tests' own.
    pub(super) async fn world(&self, change: impl FnOnce(&mut Settings)) -> (World, Running) {
        let running = Fake::new(1).listen(&self.socket());
        (self.world_on(&self.socket(), change).await, running)
    }

    async fn world_on(&self, socket: &Path, change: impl FnOnce(&mut Settings)) -> World {
        let mut settings = Settings { programs: Some(self.programs()), kernel_root: None, ..settings(unix(socket)) };
        change(&mut settings);
        let mut world = World::start(settings);
        world.until("the engine", |seen| seen.engines.values().any(|engine| engine.listed).then_some(())).await;
        world
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) lines: Vec<String>,
    done: bool,
}

impl World {
    async fn asked(&mut self, ask: ComposeQuestion) -> Result<ComposeAnswer, Problem> {
        self.store.open(StreamId(1), Source::Compose(EngineId(0), ask));
        let mut told = None;
        loop {
            match self.message().await.1 {
                StreamMessage::Chunk(StreamEvent::Compose(answer)) => told = Some(answer),
                StreamMessage::Ended(None) => return Ok(told.expect("an answer")),
                StreamMessage::Ended(Some(problem)) => return Err(problem),
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn ready(&mut self, site: ComposeSite) -> ComposeReady {
        match self.asked(ComposeQuestion::Look(site)).await {
            Ok(ComposeAnswer::Ready(ready)) => *ready,
            other => panic!("{other:?}"),
        }
    }

    async fn drift(&mut self, site: ComposeSite) -> Drift {
        match self.asked(ComposeQuestion::Drift(site)).await {
            Ok(ComposeAnswer::Drift(drift)) => drift,
            other => panic!("{other:?}"),
        }
    }

    fn begin_compose(&self, ready: &ComposeReady, verb: ComposeVerb) {
        let world = self.outputs.snapshots.borrow().clone();
        let of_it = world.containers.values().filter(|one| one.project() == Some(&*ready.site.project));
        let planned = of_it.map(|one| one.id.raw().to_string()).collect();
        self.begin_planned(ready, verb, planned);
    }

    fn begin_planned(&self, ready: &ComposeReady, verb: ComposeVerb, planned: BTreeSet<String>) {
        let run = ComposeRun { ready: ready.clone(), verb, planned };
        self.store.open(StreamId(2), Source::Transfer(EngineId(0), Transfer::Compose(Box::new(run))));
    }

    /// Hears a run until it has ended, or until a line says this.
    async fn hear_run(&mut self, ran: &mut Ran, until: Option<&str>) -> Option<Option<Problem>> {
        loop {
            match self.message().await.1 {
                StreamMessage::Chunk(StreamEvent::Progress(progress)) => {
                    ran.lines.extend(progress.lines.iter().cloned())
                }
                StreamMessage::Chunk(StreamEvent::Transferred(_)) => ran.done = true,
                StreamMessage::Ended(problem) => return Some(problem),
                other => panic!("{other:?}"),
            }
            if until.is_some_and(|word| ran.lines.iter().any(|line| line.contains(word))) {
                return None;
            }
        }
    }

    pub(super) async fn compose(&mut self, ready: &ComposeReady, verb: ComposeVerb) -> (Ran, Option<Problem>) {
        self.begin_compose(ready, verb);
        let mut ran = Ran::default();
        let ended = self.hear_run(&mut ran, None).await.expect("an end");
        (ran, ended)
    }
}

/// Waits for a container of a project that is none of these; its id.
async fn another_of(world: &mut World, project: &str, known: &[String]) -> String {
    let is_new = |one: &&Arc<Container>| one.project() == Some(project) && !known.iter().any(|id| *id == *one.id.raw());
    let found = |seen: &Snapshot| seen.containers.values().find(is_new).map(|one| one.id.raw().to_string());
    world.until("another container of it", found).await
}

/// The number that a script wrote behind a word.
fn number(ran: &Ran, word: &str) -> i32 {
    let found = ran.lines.iter().find_map(|line| line.strip_prefix(word)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("no {word} in {ran:?}"))
}

fn lives(pid: i32) -> bool {
    // A process that nobody has waited for is dead all the same.
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

async fn gone(pid: i32) {
    let since = Instant::now();
    while lives(pid) {
        assert!(since.elapsed() < DEADLINE, "{pid} lives");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_plugin_is_taken_before_the_program_of_its_own_and_none_is_told_in_words() {
    let bench = Bench::new();
    let (mut world, _engine) = bench.world(|_| ()).await;
    let problem = world.asked(ComposeQuestion::Look(bench.site("shop"))).await.unwrap_err();
    assert!(problem.cause.contains("neither docker compose nor docker-compose"), "{problem}");
    assert!(problem.hint.contains("install"), "{problem}");
    bench.compose("exit 1");
    // A docker command without the plugin.
    bench.program("docker", "echo \"docker: 'compose' is not a docker command.\" >&2; exit 1");
    assert_eq!(world.ready(bench.site("shop")).await.client.to_string(), "docker-compose 1.29.2");
    bench.program("docker", "[ \"$1 $2\" = 'compose version' ] && echo v2.27.0");
    let ready = world.ready(bench.site("shop")).await;
    assert_eq!(ready.client.to_string(), "docker compose 2.27.0");
    assert_eq!(ready.host, format!("unix://{}", bench.socket().display()));
    assert_eq!(ready.site.files, [format!("{}/compose.yaml", bench.project().display())]);
}

#[tokio::test]
async fn labels_that_lead_astray_run_nothing() {
    let bench = Bench::new();
    bench.compose(&format!("echo run > '{}/ran'", bench.folder.path().display()));
    let (mut world, _engine) = bench.world(|_| ()).await;
    let site = bench.site("shop");
    let wrong = [
        (ComposeSite { project: "--file=/x".into(), ..site.clone() }, "does not accept the project name"),
        (ComposeSite { folder: "-x".into(), ..site.clone() }, "looks like an option"),
        (ComposeSite { folder: "srv".into(), ..site.clone() }, "not an absolute path"),
        (ComposeSite { files: vec!["/bowline-test-none.yml".into()], ..site.clone() }, "does not exist"),
        (ComposeSite { files: vec!["/dev/zero".into()], ..site.clone() }, "is not a file"),
        (ComposeSite { files: Vec::new(), ..site.clone() }, "do not say where"),
    ];
    for (site, word) in wrong {
        for ask in [ComposeQuestion::Look(site.clone()), ComposeQuestion::Drift(site)] {
            let problem = world.asked(ask).await.unwrap_err();
            assert!(problem.cause.contains(word) && !problem.hint.is_empty(), "{problem}");
        }
    }
    // What was fine when it was asked about may not be when it is run.
    let ready = world.ready(site).await;
    std::fs::remove_file(bench.project().join("compose.yaml")).unwrap();
    let (_, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert!(ended.unwrap().cause.contains("does not exist"));
    assert!(!bench.folder.path().join("ran").exists());
}

#[tokio::test]
async fn each_value_arrives_as_one_argument_away_from_any_terminal() {
    let bench = Bench::new();
    bench.compose(
        "for word in \"$@\"; do echo \"[$word]\"; done; while read line; do echo input; done
        read stat < /proc/$$/stat; set -- $stat; [ \"$5\" = $$ ] && echo its own group
        printf '\\033[31mred\\033[0m\\r\\n\\033]0;title\\007plain\\n'; echo complaint >&2; pwd
        echo \"host=$DOCKER_HOST$DOCKER_CONTEXT\"",
    );
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::PullUp).await;
    assert_eq!((ended, ran.done), (None, true), "{:?}", ran.lines);
    let project = bench.project().display().to_string();
    let run = |command: &[&str]| {
        let file = format!("{project}/compose.yaml");
        let words = ["--host", &ready.host, "--project-name", "shop", "--project-directory", &project, "--file", &file];
        let words = words.iter().chain(command).map(|word| format!("[{word}]")).collect::<Vec<_>>();
        let after = ["its own group", "red", "plain", "complaint", &project, "host="].map(str::to_string);
        words.into_iter().chain(after).collect::<Vec<String>>()
    };
    let told: Vec<String> = ran.lines.iter().filter(|line| !line.starts_with("$ ")).cloned().collect();
    assert_eq!(told, [run(&["pull"]), run(&["up", "--detach"])].concat());
    let commands: Vec<&String> = ran.lines.iter().filter(|line| line.starts_with("$ ")).collect();
    assert!(commands[0].contains(&format!("--project-directory '{project}'")), "{commands:?}");
}

#[tokio::test]
async fn a_failure_is_told_by_its_last_error_and_ends_the_rest() {
    let bench = Bench::new();
    bench.compose("echo Pulling web; echo 'ERROR: no such image' >&2; echo bye; exit 17");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::PullUp).await;
    let problem = ended.expect("a problem");
    assert_eq!(problem.operation, "compose pull and up shop");
    assert_eq!(problem.cause, "compose ended with 17: ERROR: no such image");
    assert_eq!(ran.lines.iter().filter(|line| line.starts_with("$ ")).count(), 1, "{ran:?}");
}

#[tokio::test]
async fn any_amount_of_output_comes_through_and_long_lines_are_cut() {
    let bench = Bench::new();
    let script =
        "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; /usr/bin/printf 'x%.0s' $(/usr/bin/seq 9000)";
    bench.compose(script);
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert_eq!(ended, None);
    let lines: Vec<&String> = ran.lines.iter().filter(|line| line.starts_with("line ")).collect();
    assert_eq!((lines.len(), lines[4999].as_str()), (5000, "line 4999"));
    assert!(ran.lines.last().unwrap().len() < 5000);
}

#[tokio::test]
async fn a_cancel_is_as_ctrl_c_and_what_it_says_then_is_heard() {
    let bench = Bench::new();
    let script = "trap 'echo gracefully; exit 130' INT; /bin/sleep 1000 & echo child $!; wait; wait";
    bench.compose(script);
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    world.begin_compose(&ready, ComposeVerb::Up);
    let mut ran = Ran::default();
    assert_eq!(world.hear_run(&mut ran, Some("child ")).await, None);
    world.store.send(StreamId(2), vec![3]);
    let ended = world.hear_run(&mut ran, None).await.expect("an end");
    assert_eq!(ended.expect("a problem").cause, "cancelled");
    assert!(ran.lines.iter().any(|line| line == "gracefully"), "{ran:?}");
    gone(number(&ran, "child ")).await;
}

#[tokio::test]
async fn what_does_not_listen_is_ended_when_its_stream_is_closed() {
    let bench = Bench::new();
    bench.compose("trap '' INT TERM; /bin/sleep 1000 & echo child $!; echo self $$; wait; wait; wait");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    world.begin_compose(&ready, ComposeVerb::Up);
    let mut ran = Ran::default();
    assert_eq!(world.hear_run(&mut ran, Some("self ")).await, None);
    world.store.close(StreamId(2));
    gone(number(&ran, "self ")).await;
    gone(number(&ran, "child ")).await;
}

#[tokio::test]
async fn nothing_is_left_running_when_the_program_ends() {
    let bench = Bench::new();
    bench.compose("trap '' INT TERM; /bin/sleep 1000 & echo child $!; echo self $$; wait; wait; wait");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    world.begin_compose(&ready, ComposeVerb::Down);
    let mut ran = Ran::default();
    assert_eq!(world.hear_run(&mut ran, Some("self ")).await, None);
    let outputs = world.outputs;
    let reading = tokio::spawn(async move {
        let mut outputs = outputs;
        while outputs.chunks.recv().await.is_some() {}
    });
    world.store.shutdown().await;
    assert!(!lives(number(&ran, "self ")) && !lives(number(&ran, "child ")));
    reading.abort();
}

#[tokio::test]
async fn with_a_dead_engine_nothing_is_run() {
    let bench = Bench::new();
    bench.compose(&format!("echo run > '{}/ran'", bench.folder.path().display()));
    let (mut world, engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    drop(engine);
    let down = |seen: &Snapshot| seen.engines.values().any(|engine| matches!(engine.link, Link::Down { .. }));
    world.until("the loss", |seen| down(seen).then_some(())).await;
    for ask in [ComposeQuestion::Look(bench.site("shop")), ComposeQuestion::Drift(bench.site("shop"))] {
        let problem = world.asked(ask).await.unwrap_err();
        assert!(problem.cause.contains("the engine does not answer"), "{problem}");
    }
    let (_, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert!(ended.expect("a refusal").cause.contains("the engine does not answer"));
    assert!(!bench.folder.path().join("ran").exists());
}

#[tokio::test]
async fn read_only_runs_nothing_but_compares() {
    let bench = Bench::new();
    bench.compose("echo run");
    let (mut world, _engine) = bench.world(|settings| settings.read_only = true).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert!(ended.expect("a refusal").cause.contains("read-only"));
    assert!(ran.lines.is_empty());
}

#[tokio::test]
async fn a_typed_path_is_looked_at_and_completed() {
    let bench = Bench::new();
    bench.compose("exit 0");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let project = bench.project().display().to_string();
    let Ok(ComposeAnswer::Path { wrong, choices }) = world.asked(ComposeQuestion::Path(format!("{project}/co"))).await
    else {
        panic!("no answer");
    };
    assert!(wrong.is_some_and(|wrong| wrong.contains("does not exist")));
    assert_eq!(choices, [format!("{project}/compose.yaml")]);
    let at = ComposeQuestion::At { path: project.clone(), project: String::new() };
    let Ok(ComposeAnswer::Ready(ready)) = world.asked(at).await else { panic!("not ready") };
    assert_eq!((ready.site.folder.as_str(), ready.site.files.len()), (project.as_str(), 1));
    assert_eq!(ready.site.project, "myshophome", "as compose would choose");
    assert!(ready.argv(&["up"]).windows(2).any(|words| words == ["--project-name", "myshophome"]));
}

#[tokio::test]
async fn a_cancel_during_a_pull_that_ends_well_begins_no_up() {
    let bench = Bench::new();
    bench.compose("trap 'echo heard; exit 0' INT; /bin/sleep 1000 & echo child $!; wait; wait");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    world.begin_compose(&ready, ComposeVerb::PullUp);
    let mut ran = Ran::default();
    assert_eq!(world.hear_run(&mut ran, Some("child ")).await, None);
    world.store.send(StreamId(2), vec![3]);
    let ended = world.hear_run(&mut ran, Some("up --detach")).await.expect("an end before an up");
    assert_eq!(ended.expect("a problem").cause, "cancelled after pull");
    assert!(ran.lines.iter().any(|line| line == "heard") && !ran.done, "{ran:?}");
    gone(number(&ran, "child ")).await;
}

#[tokio::test]
async fn what_is_left_behind_by_an_ordinary_end_and_does_not_listen_is_ended_too() {
    let bench = Bench::new();
    bench.compose("trap '' TERM INT; /bin/sleep 1000 >/dev/null 2>&1 & echo child $!; exit 0");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert_eq!(ended, None);
    gone(number(&ran, "child ")).await;
}

/// The number that a script writes into a file of the bench.
async fn written(bench: &Bench, name: &str) -> i32 {
    let since = Instant::now();
    loop {
        let text = std::fs::read_to_string(bench.folder.path().join(name)).unwrap_or_default();
        if let Some(number) = text.strip_suffix('\n').and_then(|text| text.parse().ok()) {
            return number;
        }
        assert!(since.elapsed() < DEADLINE, "nobody writes {name}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_any_more_leaves_nothing_running() {
    let bench = Bench::new();
    let file = bench.folder.path().join("child").display().to_string();
    let hangs = format!("/bin/sleep 1000 & echo $! > '{file}'; wait");
    for (script, ask) in [
        (hangs.clone(), ComposeQuestion::Look(bench.site("shop"))),
        (format!("[ \"$1\" = version ] && echo 1.29.2 && exit\n{hangs}"), ComposeQuestion::Drift(bench.site("shop"))),
    ] {
        drop(std::fs::remove_file(&file));
        bench.program("docker-compose", &script);
        let (world, _engine) = bench.world(|_| ()).await;
        world.store.open(StreamId(1), Source::Compose(EngineId(0), ask));
        let child = written(&bench, "child").await;
        world.store.close(StreamId(1));
        gone(child).await;
        drop(std::fs::remove_file(bench.socket()));
    }
}

#[tokio::test]
async fn orphans_stay_whatever_the_environment_says() {
    let bench = Bench::new();
    bench.compose("echo orphans=$COMPOSE_REMOVE_ORPHANS");
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, _) = world.compose(&ready, ComposeVerb::Up).await;
    assert!(ran.lines.iter().any(|line| line == "orphans=false"), "{ran:?}");
}

#[tokio::test]
async fn a_value_that_compose_quotes_in_an_error_is_not_told() {
    let bench = Bench::new();
    bench.compose(
        "echo 'Invalid interpolation format for \"environment\" option in service \"web\": \"hunter2$(part\"' >&2; exit 1",
    );
    let (mut world, _engine) = bench.world(|_| ()).await;
    let of_drift = world.asked(ComposeQuestion::Drift(bench.site("shop"))).await.unwrap_err();
    let ready = world.ready(bench.site("shop")).await;
    let of_run = world.compose(&ready, ComposeVerb::Up).await.1.expect("a problem");
    for problem in [of_drift, of_run] {
        assert!(problem.cause.contains("service \"web\"") && !problem.cause.contains("hunter2"), "{problem}");
    }
}

/// A name of a project that is nobody else's.
fn project() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("bowline-test-compose-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

fn lines(drift: &Drift) -> Vec<String> {
    let services = drift.differing.iter();
    let one = |service: &ServiceDrift| {
        let line = |one: &Difference| format!("{} {}: {} | {}", service.name, one.what, one.file, one.runs);
        service.differences.iter().map(line).collect::<Vec<String>>()
    };
    services.flat_map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plugin_and_what_runs_are_compared_service_by_service() {
    let Some(docker) = engine() else { return };
    let (bench, name) = (Bench::new(), project());
    let image = crate::support::docker::IMAGE;
    let config = serde_json::json!({ "name": name, "services": {
        "web": { "image": image, "command": ["sleep", "60"], "environment": { "A": "2", "API_TOKEN": "new-hunter2hunter2" } },
        "same": { "image": image, "command": ["sleep", "1"] },
        "missing": { "image": "bowline-test-nobody:1" },
        "tool": { "image": image, "profiles": ["tools"] },
        "twice": { "image": image, "scale": 2 },
    }});
    bench.program(
        "docker",
        &format!(
            "case \"$*\" in 'compose version --short') echo 2.27.0;;
            *'--profile * config --format json') /bin/cat <<'END'\n{config}\nEND\n;;
            *'--profile * config --hash *') printf 'web h2\\nsame h1\\nmissing h1\\ntool h1\\ntwice h1\\n';;
            *) echo \"ERROR: not expected: $*\" >&2; exit 1;; esac"
        ),
    );
    let make = |service: &str, hash: &str, more: serde_json::Value| {
        let mut request = serde_json::json!({ "Labels": {
            "com.docker.compose.project": name, "com.docker.compose.service": service,
            "com.docker.compose.config-hash": hash, "com.docker.compose.version": "2.27.0",
        }});
        more.as_object().unwrap().iter().for_each(|(key, value)| request[key] = value.clone());
        let made = docker.create(service, &request);
        made.start();
        made
    };
    let _made = [
        make("web", "h1", serde_json::json!({ "Env": ["A=1", "API_TOKEN=old-hunter2hunter2"] })),
        make("same", "h1", serde_json::json!({})),
        make("gone", "h1", serde_json::json!({})),
        make("twice", "h1", serde_json::json!({})),
    ];
    let mut world = bench.world_on(&docker.socket(), |settings| settings.read_only = true).await;
    let drift = world.drift(bench.site(&name)).await;
    let wanted = [
        "gone service: not in the files | 1 container",
        "missing containers: 1 | 0",
        "twice containers: 2 | 1",
        "web command: sleep 60 | sleep 3600",
        "web environment A: 2 | 1",
        "web environment API_TOKEN: •••• (different) | ••••",
    ];
    assert_eq!(lines(&drift), wanted, "{drift:#?}");
    assert_eq!(drift.notes, ["the engine does not have the image bowline-test-nobody:1: up pulls it"]);
    assert_eq!((drift.services, drift.client.as_str()), (6, "docker compose 2.27.0"));
    // Another version's hash says nothing: only values count then, and that is told.
    bench.program("docker", "");
    let text = format!(
        "cat <<'END'\n{}\nEND",
        serde_json::json!({ "services": { "same": { "image": image, "command": "sleep 3600" } } })
    );
    bench.compose(&format!("case \"$*\" in *' config') /bin/{text}\n;; *'--hash *') echo same h9;; esac"));
    let drift = world.drift(bench.site(&name)).await;
    assert!(!lines(&drift).iter().any(|line| line.starts_with("same")), "{drift:#?}");
    assert!(drift.notes[0].contains("created by compose 2.27.0"), "{drift:#?}");
}

#[tokio::test]
async fn a_file_that_compose_cannot_read_is_told_in_its_words() {
    let bench = Bench::new();
    bench.compose(
        "printf \"ERROR: The Compose file is invalid because:\\nUnsupported config option: 'servces'\\n\" >&2; exit 1",
    );
    let (mut world, _engine) = bench.world(|_| ()).await;
    let problem = world.asked(ComposeQuestion::Drift(bench.site("shop"))).await.unwrap_err();
    assert!(problem.cause.contains("Unsupported config option: 'servces'"), "{problem}");
}

/// True if this machine has compose.
pub(super) fn real() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join("docker-compose").exists());
    if !found {
        crate::support::not_run("docker-compose is not installed on this machine");
    }
    found
}

/// Takes a project away again, however the test ends.
struct Project<'a> {
    docker: &'a Docker,
    name: String,
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        let filter = format!("%7B%22label%22%3A%5B%22com.docker.compose.project%3D{}%22%5D%7D", self.name);
        let delete = |path: String| drop(self.docker.request("DELETE", &path, "", b""));
        let Ok((200, all)) = self.docker.request("GET", &format!("/containers/json?all=1&filters={filter}"), "", b"")
        else {
            return;
        };
        let all: serde_json::Value = serde_json::from_slice(&all).unwrap_or_default();
        for one in all.as_array().into_iter().flatten() {
            delete(format!("/containers/{}?force=1&v=1", one["Id"].as_str().unwrap_or_default()));
        }
        delete(format!("/networks/{}_default", self.name));
        delete(format!("/volumes/{}_data", self.name));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_compose_brings_up_tells_drift_and_takes_down() {
    let Some(docker) = engine() else { return };
    if !real() {
        return;
    }
    let (bench, name) = (Bench::new(), project());
    let _project = Project { docker: &docker, name: name.clone() };
    let image = crate::support::docker::IMAGE;
    let file = |variable: &str, more: &str| {
        format!(
            "version: '3.4'\nservices:\n  web:\n    image: {image}\n    command: sleep 3600\n    stop_grace_period: 1s\n    \
            environment: {{A: '{variable}'}}\n    volumes: ['data:/data']\n{more}volumes: {{data: {{}}}}\n"
        )
    };
    bench.file(&file("1", ""));
    let mut world = bench.world_on(&docker.socket(), |settings| settings.programs = None).await;
    let ready = world.ready(bench.site(&name)).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert_eq!(ended, None, "{ran:?}");
    assert!(ran.lines.iter().any(|line| line.contains("Creating")), "{ran:?}");
    let web = world
        .until("the container", |seen| {
            seen.containers.values().find(|one| one.project() == Some(&name) && one.state == State::Running).cloned()
        })
        .await;
    // Its labels lead back to the files that it was made from.
    let label = |key: &str| web.label(&format!("com.docker.compose.project.{key}")).unwrap_or_default().to_string();
    assert_eq!(label("working_dir"), bench.project().to_str().unwrap());
    let told = ComposeSite {
        project: name.clone(),
        folder: label("working_dir"),
        files: vec![label("config_files")],
        environment: Vec::new(),
    };
    let drift = world.drift(told.clone()).await;
    assert_eq!((lines(&drift), drift.services), (Vec::<String>::new(), 1), "{drift:?}");
    bench.file(&file("2", &format!("  db:\n    image: {image}\n    command: sleep 3600\n")));
    let drift = world.drift(told).await;
    assert_eq!(lines(&drift), ["db containers: 1 | 0", "web environment A: 2 | 1"], "{drift:?}");
    let (ran, ended) = world.compose(&ready, ComposeVerb::DownVolumes).await;
    assert_eq!(ended, None, "{ran:?}");
    let volume = docker.request("GET", &format!("/volumes/{name}_data"), "", b"").unwrap();
    assert_eq!(volume.0, 404, "its volume went with it");
    world.until("the end", |seen| seen.containers.values().all(|one| one.project() != Some(&name)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_compose_works_on_the_embedded_engine_through_its_socket() {
    if !real() {
        return;
    }
    let served = crate::embedded::support::serve(bowline_embedded::Scenario::synthetic(1, 1)).await;
    let docker = Docker::at(format!("unix://{}", served.path.display()));
    let images = docker.must("GET", "/images/json", &serde_json::Value::Null);
    let image = images[0]["RepoTags"][0].as_str().expect("a synthetic image").to_string();
    let bench = Bench::new();
    let file = |variable: &str| {
        format!(
            "version: '3.4'\nservices:\n  web:\n    image: {image}\n    command: sleep 3600\n    restart: always\n    \
            environment: {{A: '{variable}'}}\n    ports: ['127.0.0.1:18123:80']\n    volumes: ['data:/data']\n\
            volumes: {{data: {{}}}}\n"
        )
    };
    bench.file(&file("1"));
    let mut world = bench.world_on(&served.path, |settings| settings.programs = None).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert_eq!(ended, None, "{ran:?}");
    let first = another_of(&mut world, "shop", &[]).await;
    let drift = world.drift(bench.site("shop")).await;
    assert_eq!(lines(&drift), [""; 0], "{drift:?}");
    bench.file(&file("2"));
    let drift = world.drift(bench.site("shop")).await;
    assert_eq!(lines(&drift), ["web environment A: 2 | 1"], "{drift:?}");
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    assert_eq!(ended, None, "{ran:?}");
    assert!(ran.lines.iter().any(|line| line.contains("Recreating")), "{ran:?}");
    another_of(&mut world, "shop", &[first]).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::DownVolumes).await;
    assert_eq!(ended, None, "{ran:?}");
    world
        .until("the end", |seen| seen.containers.values().all(|one| one.project() != Some("shop")).then_some(()))
        .await;
    served.end().await;
}

#[tokio::test]
async fn an_engine_inside_the_program_is_out_of_compose_s_reach_and_that_is_told() {
    let bench = Bench::new();
    bench.compose("exit 0");
    let options = bowline_embedded::Options { guard: None, ..Default::default() };
    let engine = bowline_embedded::Engine::start(bowline_embedded::Scenario::synthetic(1, 1), options).expect("starts");
    let dial = engine.clone();
    let place = bowline::engine::Place {
        endpoint: bowline::engine::Endpoint::Private(std::sync::Arc::new(move || dial.connect())),
        origin: bowline::model::Origin::Inside,
    };
    let mut world = World::start(Settings { programs: Some(bench.programs()), ..settings(place) });
    world.until("the engine", |seen| seen.engines.values().any(|engine| engine.listed).then_some(())).await;
    let problem = world.asked(ComposeQuestion::Look(bench.site("shop"))).await.unwrap_err();
    assert!(problem.cause.contains("runs inside bowline") && problem.hint.contains("--listen"), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_with_containers_that_the_plan_did_not_tell_of_is_left_alone() {
    let Some(docker) = engine() else { return };
    let (bench, name) = (Bench::new(), project());
    bench.compose("echo ran: $*");
    let make = |folder: &str| {
        let labels = serde_json::json!({
            "com.docker.compose.project": name, "com.docker.compose.service": "web",
            "com.docker.compose.project.working_dir": folder,
        });
        docker.create("compose-same-name", &serde_json::json!({ "Labels": labels }))
    };
    let known = make(bench.project().to_str().unwrap());
    let mut world = bench.world_on(&docker.socket(), |_| ()).await;
    let ready = world.ready(bench.site(&name)).await;
    let stranger = make("/another/folder");
    for verb in [ComposeVerb::Up, ComposeVerb::PullUp, ComposeVerb::DownVolumes] {
        world.begin_planned(&ready, verb, [known.id.clone()].into());
        let mut ran = Ran::default();
        let problem = world.hear_run(&mut ran, None).await.flatten().expect("refused");
        assert!(problem.cause.contains(&format!("{} from /another/folder", stranger.name)), "{problem}");
        let did = ran.lines.iter().filter(|line| line.contains("ran: ") && !line.ends_with("pull")).count();
        assert_eq!(did, 0, "{ran:?}");
    }
    world.begin_planned(&ready, ComposeVerb::Down, [known.id.clone(), stranger.id.clone()].into());
    let mut ran = Ran::default();
    assert_eq!(world.hear_run(&mut ran, None).await, Some(None), "{ran:?}");
}
