//! Images on their way, against the real Docker and a registry on the loopback.

use super::world::{DEADLINE, World, settings, unix};
use crate::support::docker::{Docker, IMAGE, engine};
use crate::support::proxy::{Answer, Proxy};
use crate::support::registry::{PASSWORD, Registry, SlowLine, USER};
use crate::support::wait::until;
use base64::Engine as _;
use bowline::engine::{Credentials, Settings, StreamMessage};
use bowline::model::{
    Build, EngineId, Problem, Progress, PullPolicy, Source, Stage, StreamEvent, StreamId, Transfer, Transferred,
};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What was told of one transfer.
#[derive(Debug, Default)]
struct Moved {
    told: Vec<Arc<Progress>>,
    result: Option<Transferred>,
    ended: Option<Option<Problem>>,
}

impl Moved {
    fn hear(&mut self, message: StreamMessage) {
        match message {
            StreamMessage::Chunk(StreamEvent::Progress(progress)) => self.told.push(progress),
            StreamMessage::Chunk(StreamEvent::Transferred(result)) => self.result = Some(result),
            StreamMessage::Chunk(other) => panic!("{other:?}"),
            StreamMessage::Ended(why) => self.ended = Some(why),
        }
    }

    #[track_caller]
    fn result(&self) -> &Transferred {
        assert_eq!(self.ended, Some(None), "{self:#?}");
        self.result.as_ref().expect("a result")
    }

    #[track_caller]
    fn problem(&self) -> &Problem {
        assert_eq!(self.result, None);
        self.ended.as_ref().expect("an end").as_ref().unwrap_or_else(|| panic!("it succeeded: {self:#?}"))
    }

    fn lines(&self) -> Vec<&str> {
        self.told.iter().flat_map(|told| &told.lines).map(String::as_str).collect()
    }

    fn attempts(&self) -> Vec<u32> {
        self.told.iter().filter_map(|told| told.again.as_ref().map(|(_, attempt)| *attempt)).collect()
    }
}

impl World {
    fn begin(&self, wire: u64, transfer: &Transfer) {
        self.store.open(StreamId(wire), Source::Transfer(EngineId(0), transfer.clone()));
    }

    async fn hear_moved_until(&mut self, moved: &mut [Moved], what: &str, wanted: impl Fn(&[Moved]) -> bool) {
        while !wanted(moved) {
            let message = tokio::time::timeout(DEADLINE, self.outputs.chunks.recv()).await;
            let Ok(Some((StreamId(wire), message))) = message else { panic!("waited in vain for {what}: {moved:#?}") };
            moved[wire as usize].hear(message);
        }
    }

    async fn move_all(&mut self, transfers: &[Transfer]) -> Vec<Moved> {
        let mut moved: Vec<Moved> = transfers.iter().map(|_| Moved::default()).collect();
        transfers.iter().enumerate().for_each(|(wire, transfer)| self.begin(wire as u64, transfer));
        self.hear_moved_until(&mut moved, "the end", |moved| moved.iter().all(|moved| moved.ended.is_some())).await;
        moved
    }

    async fn transfer(&mut self, transfer: Transfer) -> Moved {
        self.move_all(&[transfer]).await.remove(0)
    }

    async fn up(&mut self) {
        self.until("the engine", |snapshot| snapshot.engines.values().any(|engine| engine.listed).then_some(())).await;
    }
}

async fn world_of(settings: Settings) -> World {
    let mut world = World::start(Settings { transfer_pause: Duration::from_millis(10), ..settings });
    world.up().await;
    world
}

async fn world(docker: &Docker) -> World {
    world_of(settings(unix(docker.socket()))).await
}

/// A world behind a proxy.
async fn behind(proxy: &Proxy) -> World {
    world_of(settings(unix(proxy.socket()))).await
}

fn pull(reference: &str, policy: PullPolicy) -> Transfer {
    Transfer::Pull { reference: reference.into(), policy }
}

fn push(reference: &str) -> Transfer {
    Transfer::Push { reference: reference.into(), image: None }
}

/// Names of images that are removed when the test ends, however it ends.
struct Images {
    docker: Docker,
    names: Vec<String>,
}

impl Images {
    fn new(docker: &Docker) -> Images {
        Images { docker: docker.clone(), names: Vec::new() }
    }

    /// A name that is nobody else's.
    fn name(&mut self, registry: &str, what: &str) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("bowline-test-{what}-{}-{made}", std::process::id());
        let name = if registry.is_empty() { format!("{name}:1") } else { format!("{registry}/{name}:1") };
        self.names.push(name.clone());
        name
    }

    /// An image of that name with so many bytes in it that no packer makes fewer.
    fn make(&mut self, registry: &str, what: &str, bytes: usize) -> String {
        let name = self.name(registry, what);
        let mut random = vec![0; bytes];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut random).unwrap();
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, "random", random.as_slice()).unwrap();
        let (repository, tag) = name.rsplit_once(':').unwrap();
        let path = format!("/images/create?fromSrc=-&repo={repository}&tag={tag}");
        let made = self.docker.request("POST", &path, "application/x-tar", &archive.into_inner().unwrap()).unwrap();
        assert_eq!(made.0, 200, "{}", String::from_utf8_lossy(&made.1));
        name
    }

    fn is_there(&self, name: &str) -> bool {
        self.docker.request("GET", &format!("/images/{name}/json"), "", b"").unwrap().0 == 200
    }

    fn remove(&self, name: &str) {
        drop(self.docker.request("DELETE", &format!("/images/{name}?force=1"), "", b""));
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        self.names.iter().for_each(|name| self.remove(name));
    }
}

fn login(folder: &Path, registry: &str, password: &str) -> Credentials {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{password}"));
    let config = serde_json::json!({"auths": {registry: {"auth": pair}}});
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    Credentials { folder: Some(folder.into()), ..Credentials::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_goes_to_a_registry_and_comes_back_as_the_policy_says() {
    let Some(docker) = engine() else { return };
    let registry = Registry::start(false);
    let mut images = Images::new(&docker);
    let name = images.make(&registry.address, "there-and-back", 3 << 20);
    let mut world = world(&docker).await;
    let pushed = world.transfer(push(&name)).await;
    let digest = pushed.result().digest.clone().expect("a digest");
    assert!(digest.starts_with("sha256:"), "{digest}");
    let last = pushed.told.last().unwrap();
    assert_eq!(last.parts.iter().map(|part| part.stage).collect::<Vec<_>>(), [Stage::Done]);
    assert!(last.parts[0].total.is_some_and(|total| total >= 3 << 20), "{last:?}");
    images.remove(&name);
    let never = world.transfer(pull(&name, PullPolicy::Never)).await;
    assert!(never.problem().cause.contains("never"), "{never:?}");
    assert!(!images.is_there(&name));
    let pulled = world.transfer(pull(&name, PullPolicy::IfMissing)).await;
    assert_eq!(pulled.result().digest.as_ref(), Some(&digest));
    assert!(pulled.result().words.contains("Downloaded newer image"), "{pulled:?}");
    let last = pulled.told.last().unwrap();
    assert_eq!(last.parts.iter().map(|part| part.stage).collect::<Vec<_>>(), [Stage::Done]);
    assert!(images.is_there(&name));
    let kept = world.transfer(pull(&name, PullPolicy::IfMissing)).await;
    assert_eq!((kept.result().words.as_str(), kept.told.len()), ("it already exists", 0));
    let never = world.transfer(pull(&name, PullPolicy::Never)).await;
    assert_eq!(never.result().words, "it already exists");
    let again = world.transfer(pull(&name, PullPolicy::Always)).await;
    assert!(again.result().words.contains("up to date"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_opens_a_registry_and_nothing_else_does() {
    let Some(docker) = engine() else { return };
    let registry = Registry::start(true);
    let mut images = Images::new(&docker);
    let name = images.make(&registry.address, "locked", 1 << 10);
    let folder = tempfile::tempdir().unwrap();
    let with = |keyring: Credentials| Settings { keyring, ..settings(unix(docker.socket())) };
    for keyring in [Credentials::default(), login(folder.path(), &registry.address, "wrong")] {
        let mut world = world_of(with(keyring)).await;
        for transfer in [push(&name), pull(&name, PullPolicy::Always)] {
            let refused = world.transfer(transfer).await;
            assert!(refused.problem().hint.contains("docker login"), "{refused:?}");
            assert_eq!(refused.attempts(), [0u32; 0], "what is refused is not tried again");
        }
    }
    let mut world = world_of(with(login(folder.path(), &registry.address, PASSWORD))).await;
    world.transfer(push(&name)).await.result();
    images.remove(&name);
    world.transfer(pull(&name, PullPolicy::Always)).await.result();
    assert!(images.is_there(&name));
    // A build takes what it is made from with the same login.
    let built = images.name("", "from-locked");
    images.remove(&name);
    let context = tempfile::tempdir().unwrap();
    std::fs::write(context.path().join("Dockerfile"), format!("FROM {name}\nLABEL a=b\n")).unwrap();
    let build = build(context.path(), &built);
    world.transfer(Transfer::Build(build.clone())).await.result();
    let mut without = world_of(with(Credentials::default())).await;
    images.remove(&built);
    images.remove(&name);
    assert!(without.transfer(Transfer::Build(build)).await.problem().hint.contains("docker login"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_and_who_does_not_answer_are_told_apart() {
    let Some(docker) = engine() else { return };
    let registry = Registry::start(false);
    let mut world = world(&docker).await;
    let unknown =
        world.transfer(pull(&format!("{}/bowline-test-nobody:1", registry.address), PullPolicy::Always)).await;
    assert!(unknown.problem().cause.contains("not found"), "{unknown:?}");
    assert_eq!((unknown.problem().hint.as_str(), unknown.attempts()), ("check the name and the tag", Vec::new()));
    let odd = world.transfer(pull("../containers/json?", PullPolicy::Always)).await;
    assert!(odd.problem().cause.contains("not allowed in an image name"), "{odd:?}");
    let address = registry.address.clone();
    drop(registry);
    let gone = world.transfer(pull(&format!("{address}/x:1"), PullPolicy::Always)).await;
    assert!(gone.problem().cause.contains("connection refused"), "{gone:?}");
    assert_eq!(gone.attempts(), [2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_come_at_once() {
    let Some(docker) = engine() else { return };
    let registry = Registry::start(false);
    let mut images = Images::new(&docker);
    let names: Vec<String> =
        (0..3).map(|number| images.make(&registry.address, &format!("one-of-{number}"), 1 << 20)).collect();
    let mut world = world(&docker).await;
    let all = |transfer: &dyn Fn(&str) -> Transfer| names.iter().map(|name| transfer(name)).collect::<Vec<_>>();
    world.move_all(&all(&push)).await.iter().for_each(|moved| assert!(moved.result().digest.is_some()));
    names.iter().for_each(|name| images.remove(name));
    let moved = world.move_all(&all(&|name| pull(name, PullPolicy::Always))).await;
    moved.iter().for_each(|moved| assert!(moved.result().digest.is_some()));
    assert!(names.iter().all(|name| images.is_there(name)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_is_cancelled_in_its_middle() {
    let Some(docker) = engine() else { return };
    let registry = Registry::start(false);
    let line = SlowLine::to(&registry);
    let mut images = Images::new(&docker);
    let name = images.make(&line.address, "held", 8 << 20);
    let mut world = world(&docker).await;
    world.transfer(push(&name)).await.result();
    images.remove(&name);
    line.slow_after(1 << 20);
    world.begin(0, &pull(&name, PullPolicy::Always));
    let mut moved = [Moved::default()];
    let under_way = |moved: &[Moved]| {
        let parts = moved[0].told.last().map(|told| told.parts.clone()).unwrap_or_default();
        parts.iter().any(|part| part.stage == Stage::Moving && part.done > 0 && part.share(true).is_some())
    };
    world.hear_moved_until(&mut moved, "its middle", under_way).await;
    line.wait_slow("the engine to be busy with it", |slow| slow > 0);
    world.store.close(StreamId(0));
    // A connection that was used to its end is kept for the next request: only one that is cancelled is closed.
    line.wait_slow("the engine to let go", |slow| slow == 0);
    assert!(!images.is_there(&name));
    assert_eq!(moved[0].ended, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_is_tried_again_and_what_is_half_is_no_success() {
    let Some(docker) = engine() else { return };
    let registry = Registry::start(false);
    let proxy = Proxy::to(docker.socket());
    let mut images = Images::new(&docker);
    let name = images.make(&registry.address, "cut", 1 << 20);
    let mut world = behind(&proxy).await;
    proxy.cut_after("/push", 40, 1);
    let pushed = world.transfer(push(&name)).await;
    assert!(pushed.result().digest.is_some());
    assert_eq!(pushed.attempts(), [2], "{pushed:?}");
    let say = |body: &str| proxy.answer("/images/create", Answer::Body(body.into()));
    say("{\"status\":\"Downloading\",\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":2}}\n<html>\n");
    let half = world.transfer(pull(&name, PullPolicy::Always)).await;
    assert!(half.problem().cause.contains("before the engine reported"), "{half:?}");
    assert_eq!((half.attempts(), half.lines()), (vec![2, 3], vec!["<html>"; 3]));
    proxy.heal();
    say(
        "{\"status\":\"Status: Image is up to date\"}\n{\"error\":\"denied: \\u001b[31mno\"}\n{\"status\":\"Status: x\"}\n",
    );
    let denied = world.transfer(pull(&name, PullPolicy::Always)).await;
    assert_eq!(denied.problem().cause, "denied: ^[[31mno", "an error is one, though the status was 200");
    assert_eq!(denied.attempts(), [0u32; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_go_into_a_file_and_out_of_it() {
    let Some(docker) = engine() else { return };
    let proxy = Proxy::to(docker.socket());
    let mut images = Images::new(&docker);
    let names = vec![images.make("", "saved", 2 << 20), images.make("", "saved", 1 << 10)];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("images.tar");
    let path = file.to_str().unwrap().to_string();
    let save = |names: &[String]| Transfer::Save { references: names.to_vec(), path: path.clone() };
    let mut world = behind(&proxy).await;
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let unknown = world.transfer(save(&["bowline-test-nobody:1".into()])).await;
    assert_eq!((unknown.problem().hint.as_str(), files()), ("check the name and the tag", 0));
    proxy.cut_after("/images/get", 1 << 20, 1);
    world.transfer(save(&names)).await.problem();
    assert_eq!(files(), 0, "what was broken off leaves nothing");
    proxy.answer("/images/get", Answer::Body("half a tar".into()));
    assert!(world.transfer(save(&names)).await.problem().cause.contains("cut off"));
    proxy.heal();
    let saved = world.transfer(save(&names)).await;
    assert_eq!(saved.result().bytes, Some(std::fs::metadata(&file).unwrap().len()));
    let twice = world.transfer(save(&names)).await;
    assert!(twice.problem().cause.contains("exists"), "{twice:?}");
    names.iter().for_each(|name| images.remove(name));
    let loaded = world.transfer(Transfer::Load { path: path.clone() }).await;
    assert!(names.iter().all(|name| loaded.result().image.as_ref().unwrap().contains(name)), "{loaded:?}");
    assert!(names.iter().all(|name| images.is_there(name)));
    assert_eq!(loaded.told.last().unwrap().parts[0].total, loaded.result().bytes);
    assert!(world.transfer(Transfer::Load { path: "/nowhere".into() }).await.problem().cause.contains("/nowhere"));
    std::fs::write(&file, "no tar at all").unwrap();
    world.transfer(Transfer::Load { path }).await.problem();
}

fn build(folder: &Path, tag: &str) -> Build {
    Build { folder: folder.to_str().unwrap().into(), tag: tag.into(), ..Build::default() }
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_takes_what_the_docker_client_takes() {
    let Some(docker) = engine() else { return };
    let mut images = Images::new(&docker);
    let folder = tempfile::tempdir().unwrap();
    let dockerfile = format!(
        "FROM {IMAGE}\nARG WORD\nCOPY . /ctx\nRUN echo word=$WORD; cd /ctx; find . | sort | sed s/^/found:/; ls -l link\n"
    );
    write(
        folder.path(),
        &[
            ("Dockerfile", &dockerfile),
            (
                ".dockerignore",
                "# rules\n*.log\n!keep.log\nnode_modules\n!node_modules/kept\n**/*.tmp\n/rooted\n!lib/**/deep.tmp\nsecret?\n",
            ),
            ("a.log", ""),
            ("keep.log", ""),
            ("d/a.log", ""),
            ("d/x.tmp", ""),
            ("lib/a/b/deep.tmp", ""),
            ("lib/other.tmp", ""),
            ("node_modules/x", ""),
            ("node_modules/kept", ""),
            ("rooted", ""),
            ("d/rooted", ""),
            ("secret1", ""),
            ("secret12", ""),
        ],
    );
    std::os::unix::fs::symlink("d/a.log", folder.path().join("link")).unwrap();
    let (ours, theirs) = (images.name("", "built"), images.name("", "built-by-client"));
    let client = Command::new("docker")
        .args(["build", "--no-cache", "--build-arg", "WORD=two words", "-t", &theirs, "."])
        .current_dir(folder.path())
        .env("DOCKER_BUILDKIT", "0")
        .env("DOCKER_HOST", docker.host())
        .stdin(Stdio::null())
        .output()
        .expect("the Docker client runs");
    let client = String::from_utf8_lossy(&client.stdout).into_owned();
    let told = |text: &str| -> Vec<String> {
        let ours = |line: &&str| line.starts_with("found:") || line.starts_with("word=");
        text.lines().filter(ours).map(str::to_string).collect()
    };
    let mut world = world(&docker).await;
    let args = vec!["WORD=two words".to_string()];
    let wanted = Build { args, no_cache: true, ..build(folder.path(), &ours) };
    let built = world.transfer(Transfer::Build(wanted.clone())).await;
    assert!(built.result().image.is_some(), "{built:?}");
    assert_eq!(told(&built.lines().join("\n")), told(&client));
    assert!(told(&client).len() > 8, "{client}");
    assert!(built.lines().iter().any(|line| line.contains("link -> d/a.log")), "{built:?}");
    assert!(built.lines().iter().any(|line| line.starts_with("Step 1/4")));
    assert!(images.is_there(&ours));
    let kept = world.transfer(Transfer::Build(Build { if_missing: true, ..wanted.clone() })).await;
    assert_eq!((kept.result().words.as_str(), kept.told.len()), ("it already exists", 0));
    images.remove(&ours);
    let made = world.transfer(Transfer::Build(Build { if_missing: true, no_cache: false, ..wanted })).await;
    made.result();
    assert!(images.is_there(&ours));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dockerfile_from_elsewhere_builds_and_a_failing_step_is_told() {
    let Some(docker) = engine() else { return };
    let mut images = Images::new(&docker);
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), &[("a", ""), ("Bad", &format!("FROM {IMAGE}\nRUN echo before; echo broken >&2; exit 3\n"))]);
    write(
        elsewhere.path(),
        &[("Dockerfile", &format!("FROM {IMAGE}\nCOPY . /ctx\nRUN ls -A /ctx | sed s/^/found:/\n"))],
    );
    let name = images.name("", "elsewhere");
    let mut world = world(&docker).await;
    let dockerfile = elsewhere.path().join("Dockerfile").to_str().unwrap().to_string();
    let outside = Build { dockerfile, no_cache: true, ..build(folder.path(), &name) };
    let built = world.transfer(Transfer::Build(outside)).await;
    built.result();
    let found: Vec<&str> = built.lines().into_iter().filter(|line| line.starts_with("found:")).collect();
    assert_eq!(found, ["found:Bad", "found:a"], "its Dockerfile is hidden, and the rules that hide it");
    let bad = Build { dockerfile: "Bad".into(), no_cache: true, ..build(folder.path(), "") };
    let failed = world.transfer(Transfer::Build(bad)).await;
    assert!(failed.problem().cause.contains("returned a non-zero code: 3"), "{failed:?}");
    assert!(failed.lines().contains(&"before") && failed.lines().contains(&"broken"), "{failed:?}");
    let missing =
        world.transfer(Transfer::Build(Build { dockerfile: "None".into(), ..build(folder.path(), "") })).await;
    assert!(missing.problem().cause.contains("None: No such file"), "{missing:?}");
    let nowhere = world.transfer(Transfer::Build(build(Path::new("/nowhere"), ""))).await;
    assert!(nowhere.problem().cause.contains("/nowhere"), "{nowhere:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_is_cancelled_while_a_step_runs() {
    let Some(docker) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let word = format!("bowline-test-cancel-{}", std::process::id());
    write(folder.path(), &[("Dockerfile", &format!("FROM {IMAGE}\nRUN : {word}; echo running; sleep 600\n"))]);
    let mut world = world(&docker).await;
    world.begin(0, &Transfer::Build(Build { no_cache: true, ..build(folder.path(), "") }));
    let mut moved = [Moved::default()];
    world.hear_moved_until(&mut moved, "its step", |moved| moved[0].lines().contains(&"running")).await;
    let runs = || {
        let list = docker.must("GET", "/containers/json?all=1", &serde_json::Value::Null).to_string();
        list.contains(&word)
    };
    assert!(runs());
    world.store.close(StreamId(0));
    until("the end of its step", || !runs());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_context_goes_while_it_is_read_and_can_be_cancelled() {
    let Some(docker) = engine() else { return };
    let proxy = Proxy::to(docker.socket());
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("Dockerfile", &format!("FROM {IMAGE}\n"))]);
    std::fs::File::create(folder.path().join("large")).unwrap().set_len(1 << 40).unwrap();
    let mut world = behind(&proxy).await;
    world.begin(0, &Transfer::Build(build(folder.path(), "")));
    let mut moved = [Moved::default()];
    let some = |moved: &[Moved]| moved[0].told.last().is_some_and(|told| told.parts[0].done > 4 << 20);
    world.hear_moved_until(&mut moved, "some of it", some).await;
    assert_eq!(moved[0].told.last().unwrap().parts[0].name, "context");
    world.store.close(StreamId(0));
    proxy.wait_until("the connection to be let go", |proxy| proxy.under_way("/build") == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_moves_nothing_into_an_engine() {
    let Some(docker) = engine() else { return };
    let proxy = Proxy::to(docker.socket());
    let mut world = world_of(Settings { read_only: true, ..settings(unix(proxy.socket())) }).await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("Dockerfile", "FROM x"), ("f", "")]);
    let file = folder.path().join("f").to_str().unwrap().to_string();
    let changes = [
        pull("busybox", PullPolicy::Always),
        pull("busybox", PullPolicy::Never),
        push("busybox"),
        Transfer::Load { path: file },
        Transfer::Build(build(folder.path(), "x")),
    ];
    for moved in world.move_all(&changes).await {
        assert_eq!(moved.problem().cause, "read-only: changes are refused");
    }
    let save = Transfer::Save {
        references: vec![format!("{IMAGE}:latest")],
        path: folder.path().join("out.tar").to_str().unwrap().into(),
    };
    world.transfer(save).await.result();
    assert!(proxy.requests().iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")));
}
