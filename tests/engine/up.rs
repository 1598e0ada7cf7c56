//! Containers brought up from blueprints: on the real Docker, and where it is told on the embedded engine.

use super::world::{DEADLINE, World, settings, unix};
use crate::support::docker::{Docker, IMAGE, engine};
use bowline::engine::{Settings, StreamMessage};
use bowline::model::blueprint::BuildPart;
use bowline::model::blueprint::{
    CarriedFile, ContainerPart, Cpus, FilePart, NetworkPart, PROJECT_LABEL, PortPart, ProbePart, RUN_LABEL, Seconds,
    TimeoutPart, UrlPart, VolumeKind, VolumePart,
};
use bowline::model::{
    Blueprint, BlueprintRun, EngineId, Problem, Progress, PullPolicy, Source, Stage, StreamEvent, StreamId, Transfer,
    Transferred,
};
use bowline_embedded::{Engine, Listening, Options, Scenario};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// An engine, a store that looks at it, and a project whose things go away with it.
pub(super) struct Site {
    pub docker: Docker,
    pub world: World,
    pub project: String,
}

/// What came of one run.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub told: Vec<Arc<Progress>>,
    pub result: Option<Transferred>,
    pub ended: Option<Option<Problem>>,
}

impl Ran {
    fn hear(&mut self, message: StreamMessage) {
        match message {
            StreamMessage::Chunk(StreamEvent::Progress(progress)) => self.told.push(progress),
            StreamMessage::Chunk(StreamEvent::Transferred(result)) => self.result = Some(result),
            StreamMessage::Chunk(other) => panic!("{other:?}"),
            StreamMessage::Ended(why) => self.ended = Some(why),
        }
    }

    #[track_caller]
    pub fn result(&self) -> &Transferred {
        assert_eq!(self.ended, Some(None), "{:#?}", self.told.last());
        self.result.as_ref().expect("a result")
    }

    #[track_caller]
    pub fn problem(&self) -> &Problem {
        self.ended.as_ref().expect("an end").as_ref().unwrap_or_else(|| panic!("it succeeded: {:?}", self.result))
    }

    fn lines(&self) -> Vec<&str> {
        self.told.iter().flat_map(|told| &told.lines).map(String::as_str).collect()
    }

    /// True once a stage is under way.
    pub fn is_at(&self, stage: &str) -> bool {
        let parts = self.told.last().map(|told| told.parts.as_slice()).unwrap_or_default();
        parts.iter().any(|part| part.name == stage && part.stage == Stage::Moving)
    }
}

/// A number that no other test has.
fn number() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

impl Site {
    pub async fn real() -> Option<Site> {
        Some(Site::at(engine()?).await)
    }

    /// On an engine in this process, behind a socket. It ends with what is returned first.
    async fn embedded() -> ((Engine, Listening, tempfile::TempDir), Site) {
        let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
        let path = folder.path().join("engine.sock");
        let options = Options { guard: Some(env!("CARGO_BIN_EXE_bowline").into()), ..Options::default() };
        let engine = Engine::start(Scenario::empty(), options).expect("starts");
        let listening = engine.listen_unix(&path).await.expect("listens");
        let docker = Docker::at(format!("unix://{}", path.display()));
        // A container leaves its image behind.
        drop(docker.create("up-any", &json!({})));
        ((engine, listening, folder), Site::at(docker).await)
    }

    async fn at(docker: Docker) -> Site {
        let settings = Settings { transfer_pause: Duration::from_millis(10), ..settings(unix(docker.socket())) };
        let mut world = World::start(settings);
        world.until("the engine", |s| s.engines.values().any(|engine| engine.listed).then_some(())).await;
        Site { docker, world, project: format!("bowline-test-up-{}", number()) }
    }

    /// A name of this project.
    pub fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.project)
    }

    /// A run of a container that sleeps.
    pub fn run(&self, what: &str) -> BlueprintRun {
        let container = ContainerPart {
            image: IMAGE.into(),
            pull: PullPolicy::Never,
            name: "another".into(),
            command: vec!["sleep".into(), "3600".into()],
            ..ContainerPart::default()
        };
        let timeouts = TimeoutPart { stop: Seconds(1), ready: Seconds(20), ..TimeoutPart::default() };
        let blueprint = Blueprint { name: "test".into(), container, timeouts, ..Blueprint::default() };
        BlueprintRun {
            blueprint,
            name: self.name(what),
            run: format!("run{}", number()),
            project: self.project.clone(),
            owner: "ann@here".into(),
            variables: "{\"who\":\"ann\"}".into(),
            created: "2026-01-02T03:04:05Z".into(),
            folder: "/".into(),
            ..BlueprintRun::default()
        }
    }

    pub fn begin(&self, wire: usize, transfer: Transfer) {
        self.world.store.open(StreamId(wire as u64), Source::Transfer(EngineId(0), transfer));
    }

    pub async fn hear_until(&mut self, ran: &mut [Ran], what: &str, wanted: impl Fn(&[Ran]) -> bool) {
        while !wanted(ran) {
            let message = tokio::time::timeout(DEADLINE * 2, self.world.outputs.chunks.recv()).await;
            let Ok(Some((StreamId(wire), message))) = message else { panic!("waited in vain for {what}: {ran:#?}") };
            ran[wire as usize].hear(message);
        }
    }

    pub async fn all(&mut self, transfers: Vec<Transfer>) -> Vec<Ran> {
        let mut ran: Vec<Ran> = transfers.iter().map(|_| Ran::default()).collect();
        transfers.into_iter().enumerate().for_each(|(wire, transfer)| self.begin(wire, transfer));
        self.hear_until(&mut ran, "the end", |ran| ran.iter().all(|ran| ran.ended.is_some())).await;
        ran
    }

    pub async fn up(&mut self, run: &BlueprintRun) -> Ran {
        self.all(vec![Transfer::Up(Box::new(run.clone()))]).await.remove(0)
    }

    pub fn inspect(&self, name: &str) -> Value {
        self.docker.must("GET", &format!("/containers/{name}/json"), &Value::Null)
    }

    /// The names of all things with a label.
    pub fn labelled(&self, label: &str, value: &str) -> Vec<String> {
        let filters = format!("filters=%7B%22label%22%3A%5B%22{label}%3D{value}%22%5D%7D");
        let get = |path: &str| self.docker.must("GET", &format!("{path}{filters}"), &Value::Null);
        let texts = |all: &Value, field: &str| -> Vec<String> {
            all.as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one.pointer(field)?.as_str().map(str::to_string))
                .collect()
        };
        let containers = texts(&get("/containers/json?all=1&"), "/Names/0");
        let networks = texts(&get("/networks?"), "/Name");
        [containers, networks, texts(&get("/volumes?")["Volumes"], "/Name")].concat()
    }

    pub fn of_run(&self, run: &BlueprintRun) -> Vec<String> {
        self.labelled(RUN_LABEL, &run.run)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let left = self.labelled(PROJECT_LABEL, &self.project.clone());
        let (containers, others): (Vec<&String>, Vec<&String>) = left.iter().partition(|name| name.starts_with('/'));
        let remove = |path: String| drop(self.docker.request("DELETE", &path, "", b""));
        containers.iter().for_each(|name| remove(format!("/containers{name}?force=1&v=1")));
        others.iter().for_each(|name| remove(format!("/networks/{name}")));
        others.iter().for_each(|name| remove(format!("/volumes/{name}")));
    }
}

/// The body of an answer of a web server.
fn fetch(url: &str) -> String {
    let rest = url.strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut connection = TcpStream::connect(host).expect("it answers");
    connection.set_read_timeout(Some(DEADLINE)).expect("a limit");
    write!(connection, "GET /{path} HTTP/1.0\r\n\r\n").expect("it listens");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("it ends");
    answer.split_once("\r\n\r\n").expect("a head").1.trim().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_from_a_blueprint_has_no_more_rights_than_named() {
    let Some(mut site) = Site::real().await else { return };
    let mut run = site.run("hard");
    run.blueprint.security.capabilities = vec!["NET_BIND_SERVICE".into()];
    run.blueprint.security.read_only_root = true;
    run.blueprint.resources.memory = Some((64 << 20).into());
    run.blueprint.resources.pids = Some(77);
    run.blueprint.resources.cpus = Some(Cpus(500_000_000));
    run.blueprint.commands.after_start = vec![
        "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status".into(),
        "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null | sed 's/^/pids /'; true".into(),
        "touch /x 2>/dev/null && echo writable; true".into(),
        "cd /sys/fs/cgroup; cat memory.max memory/memory.limit_in_bytes 2>/dev/null | sed 's/^/memory /'; true".into(),
        "cd /sys/fs/cgroup; cat memory/memory.memsw.limit_in_bytes memory.swap.max 2>/dev/null | sed 's/^/swap /'; true"
            .into(),
    ];
    let ran = site.up(&run).await;
    assert!(ran.result().container.is_some());
    let lines = ran.lines();
    for wanted in ["CapEff:\t0000000000000400", "CapBnd:\t0000000000000400", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        let plain: Vec<String> =
            lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let wanted = wanted.replace('\t', " ");
        assert!(plain.contains(&wanted), "{wanted}: {plain:?}");
    }
    assert!(lines.contains(&"pids 77") && !lines.contains(&"writable"), "{lines:?}");
    // The first version of control groups counts memory and swap together, the second swap alone.
    let no_swap = ["swap 67108864", "swap 0"].iter().any(|line| lines.contains(line));
    assert!(lines.contains(&"memory 67108864") && no_swap, "{lines:?}");
    let host = site.inspect(&run.name)["HostConfig"].clone();
    assert_eq!((&host["Memory"], &host["MemorySwap"]), (&json!(64 << 20), &json!(64 << 20)));
    assert_eq!(host["LogConfig"], json!({ "Type": "json-file", "Config": { "max-size": "10m", "max-file": "3" } }));
    assert_eq!((&host["NanoCpus"], &host["Init"]), (&json!(500_000_000), &json!(true)));
    let labels = site.inspect(&run.name)["Config"]["Labels"].clone();
    assert_eq!((&labels["bowline.blueprint"], &labels["bowline.owner"]), (&json!("test"), &json!("ann@here")));
    // The marker is gone, and nothing else was made.
    assert_eq!(site.of_run(&run), [format!("/{}", run.name)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_answers_at_the_address_that_is_told() {
    let Some(mut site) = Site::real().await else { return };
    let mut run = site.run("web");
    run.blueprint.ports = vec![PortPart { name: "web".into(), container: 8080, ..PortPart::default() }];
    run.blueprint.container.environment.insert("PORT".into(), "${port}".into());
    run.blueprint.container.command =
        ["sh", "-c", "cat /site/page > /tmp/index.html; echo $PORT >> /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
            .map(String::from)
            .into();
    run.blueprint.files = vec![FilePart {
        path: "/site/page".into(),
        content: Some("port ${port.web} of ann,".into()),
        mode: "0600".into(),
        ..FilePart::default()
    }];
    run.blueprint.probe = Some(ProbePart { http: "/".into(), port: 0 });
    run.blueprint.urls = vec![UrlPart { name: "web".into(), url: "http://{host}:${port}/".into() }];
    let ran = site.up(&run).await;
    let urls = &ran.result().urls;
    let bound = site.inspect(&run.name)["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostPort"].clone();
    let port = bound.as_str().expect("a port");
    assert_eq!(urls[0], format!("http://localhost:{port}/"));
    assert_eq!(fetch(&urls[0].replace("localhost", "127.0.0.1")), format!("port {port} of ann,{port}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_joins_the_network_that_the_first_has_made() {
    let Some(mut site) = Site::real().await else { return };
    let network = NetworkPart {
        name: site.name("net"),
        subnet: "10.231.7.0/24".into(),
        gateway: "10.231.7.1".into(),
        ..NetworkPart::default()
    };
    let runs = ["one", "two"].map(|what| {
        let mut run = site.run(what);
        run.blueprint.network = network.clone();
        run
    });
    // Both at once: one makes it, the other joins.
    let ran = site.all(runs.iter().map(|run| Transfer::Up(Box::new(run.clone()))).collect()).await;
    assert!(ran.iter().all(|ran| ran.result().container.is_some()));
    let seen = site.docker.must("GET", &format!("/networks/{}", network.name), &Value::Null);
    assert_eq!(seen["IPAM"]["Config"][0]["Subnet"], "10.231.7.0/24");
    assert_eq!(seen["Containers"].as_object().map(|all| all.len()), Some(2), "{seen}");
    let mut other = site.run("three");
    other.blueprint.network = NetworkPart { subnet: "10.231.8.0/24".into(), gateway: String::new(), ..network };
    let ran = site.up(&other).await;
    let told = ran.problem().to_string();
    assert!(told.contains("subnet 10.231.7.0/24 instead of 10.231.8.0/24"), "{told}");
    assert_eq!(site.of_run(&other), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_built_from_what_bowline_carries_when_it_is_missing() {
    let Some(mut site) = Site::real().await else { return };
    let file = |path: &str, content: &str| CarriedFile {
        folder: "thing".into(),
        path: path.into(),
        mode: 0,
        content: content.into(),
    };
    let dockerfile = format!("FROM {IMAGE} AS small\nCOPY sub/word /word\nFROM small AS full\nRUN echo no > /word\n");
    let mut run = site.run("built");
    run.carried = vec![file("Dockerfile", &dockerfile), file("sub/word", "carried")];
    run.blueprint.container.image = format!("{}:1", site.name("image"));
    run.blueprint.container.pull = PullPolicy::IfMissing;
    run.blueprint.container.command = vec!["sh".into(), "-c".into(), "cat /word; exec sleep 3600".into()];
    run.blueprint.commands.after_start = vec!["cat /word".into()];
    run.blueprint.build =
        Some(BuildPart { context: "builtin:thing".into(), target: "small".into(), ..BuildPart::default() });
    let built = site.up(&run).await;
    let again = BlueprintRun { name: site.name("again"), run: format!("{}b", run.run), ..run.clone() };
    let known = site.up(&again).await;
    let image = run.blueprint.container.image.clone();
    let tidy = || drop(site.docker.request("DELETE", &format!("/images/{image}?force=1"), "", b""));
    let words: Vec<bool> =
        [&built, &known].map(|ran| ran.ended == Some(None) && ran.lines().contains(&"carried")).into();
    tidy();
    assert_eq!(words, [true, true], "{:#?} {:#?}", built.ended, known.ended);
    let image_words = |ran: &Ran| ran.told.last().map(|told| told.parts[4].words.clone()).unwrap_or_default();
    assert_eq!(image_words(&known), "it already exists");

    let mut lost = site.run("lost");
    lost.carried = vec![file("Dockerfile", "FROM bowline-test-nowhere.invalid/none:1\n")];
    lost.blueprint.container = ContainerPart { image: format!("{}:2", site.name("image")), ..run.blueprint.container };
    lost.blueprint.build = Some(BuildPart { context: "builtin:thing".into(), ..BuildPart::default() });
    let told = site.up(&lost).await.problem().to_string();
    for part in ["image: ", "bowline-test-nowhere.invalid/none:1", "pull policy if missing", "--set image="] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_of_two_bowlines_collide_neither_in_name_nor_in_port_nor_in_network() {
    let (Some(mut site), Some(mut other)) = (Site::real().await, Site::real().await) else { return };
    let (name, network) = (site.name("20260102-030405"), site.name("net"));
    let runs: Vec<Transfer> = (0..20)
        .map(|_| {
            let mut run = site.run("many");
            run.name = name.clone();
            run.blueprint.container.name = "{project}-{timestamp}".into();
            run.blueprint.ports = vec![PortPart { container: 80, ..PortPart::default() }];
            run.blueprint.network = NetworkPart { name: network.clone(), ..NetworkPart::default() };
            Transfer::Up(Box::new(run))
        })
        .collect();
    let (ours, theirs) = runs.split_at(10);
    let (ours, theirs) = tokio::join!(site.all(ours.to_vec()), other.all(theirs.to_vec()));
    let mut ports = BTreeSet::new();
    for ran in ours.iter().chain(&theirs) {
        let id = ran.result().container.clone().expect("a container");
        let seen = site.inspect(id.raw());
        assert!(seen["Name"].as_str().is_some_and(|made| made.contains(&name)), "{}", seen["Name"]);
        ports.insert(seen["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].as_str().map(str::to_string));
    }
    assert!(ports.len() == 20 && !ports.contains(&None), "{ports:?}");
    let networks = site.docker.must("GET", "/networks", &Value::Null);
    let of_name = networks.as_array().into_iter().flatten().filter(|one| one["Name"] == network.as_str());
    assert_eq!(of_name.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn volumes_that_are_there_are_kept_and_a_folder_of_the_host_is_mounted() {
    let Some(mut site) = Site::real().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("own"), "of the host").expect("written");
    let volume = |source: &str, target: &str, kind| VolumePart {
        kind,
        source: source.into(),
        target: target.into(),
        ..VolumePart::default()
    };
    let (data, host) = (site.name("data"), folder.path().display().to_string());
    let mut run = site.run("first");
    run.blueprint.volumes = vec![volume(&data, "/data", VolumeKind::Volume), volume(&host, "/host", VolumeKind::Bind)];
    run.blueprint.commands.after_start = vec!["cat /host/own; echo kept > /data/word".into()];
    let first = site.up(&run).await;
    assert!(first.result().container.is_some() && first.lines().contains(&"of the host"));
    let mut next = BlueprintRun { name: site.name("next"), run: format!("{}b", run.run), ..run.clone() };
    next.blueprint.commands.after_start = vec!["cat /data/word".into(), "exit 3".into()];
    let ran = site.up(&next).await;
    assert!(
        ran.lines().contains(&"kept") && ran.problem().cause.starts_with("commands: exit 3: exit code 3"),
        "{ran:#?}"
    );
    let left = site.of_run(&run);
    assert!(left.contains(&data), "the volume is of the first run, and stays: {left:?}");
    assert_eq!(site.of_run(&next), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_engine_brings_up_and_takes_back_as_well() {
    let (_engine, mut site) = Site::embedded().await;
    let mut run = site.run("local");
    run.blueprint.network = NetworkPart { name: site.name("net"), ..NetworkPart::default() };
    run.blueprint.volumes =
        vec![VolumePart { source: site.name("data"), target: "/data".into(), ..VolumePart::default() }];
    let mut failing = BlueprintRun { run: format!("{}b", run.run), name: site.name("fails"), ..run.clone() };
    failing.blueprint.commands.after_start = vec!["exit 3".into()];
    let ran = site.up(&failing).await;
    assert!(ran.problem().cause.contains("exit code 3") && site.of_run(&failing).is_empty(), "{:?}", ran.ended);
    run.blueprint.commands.after_start = vec!["echo ran".into()];
    let ran = site.up(&run).await;
    assert!(ran.result().container.is_some() && ran.lines().contains(&"ran"), "{ran:#?}");
    assert_eq!(site.of_run(&run).len(), 3);
}
