//! Sessions in containers of the real Docker: shells, commands, the main process, helpers, processes.

use super::docker::{TestContainer, socket};
use super::world::{World, settings, unix};
use crate::support;
use crate::support::proxy::Proxy;
use crate::support::wait::until;
use bowline::engine::StreamMessage;
use bowline::model::{
    Exec, Id, Operation, OperationKind, Problem, Process, Processes, Program, SIDECAR_LABEL, SessionInfo, Signal, Size,
    Source, State, Stream, StreamEvent, StreamId,
};
use std::sync::Arc;
use std::time::Instant;

const SIZE: Size = Size { columns: 97, rows: 31 };

fn shell(id: &Id) -> Exec {
    Exec::shell(id.clone(), SIZE)
}

fn command(id: &Id, argv: &[&str]) -> Exec {
    let argv = argv.iter().map(|word| word.to_string()).collect();
    Exec { program: Program::Argv(argv), tty: false, ..shell(id) }
}

/// What came out of one session.
#[derive(Debug, Default)]
struct Heard {
    began: Option<SessionInfo>,
    out: Vec<u8>,
    err: Vec<u8>,
    exited: Option<Option<i64>>,
    no_shell: Vec<String>,
    undelivered: usize,
    ended: Option<Option<Problem>>,
}

impl Heard {
    fn hear(&mut self, message: StreamMessage) {
        match message {
            StreamMessage::Ended(why) => self.ended = Some(why),
            StreamMessage::Chunk(StreamEvent::Began(began)) => self.began = Some(began),
            StreamMessage::Chunk(StreamEvent::Output(Stream::Out, bytes)) => self.out.extend(bytes),
            StreamMessage::Chunk(StreamEvent::Output(Stream::Err, bytes)) => self.err.extend(bytes),
            StreamMessage::Chunk(StreamEvent::Exited(code)) => self.exited = Some(code),
            StreamMessage::Chunk(StreamEvent::NoShell(tried)) => self.no_shell = tried,
            StreamMessage::Chunk(StreamEvent::Undelivered(bytes)) => self.undelivered += bytes,
            StreamMessage::Chunk(_) => {}
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Its end must have been an ordinary one.
    #[track_caller]
    fn code(&self) -> Option<i64> {
        assert_eq!(self.ended, Some(None), "{self:?}");
        self.exited.unwrap_or_else(|| panic!("no exit code: {self:?}"))
    }
}

impl World {
    fn open(&self, source: Source) {
        self.store.open(StreamId(1), source);
    }

    fn type_in(&self, text: &str) {
        self.store.send(StreamId(1), text.into());
    }

    /// Hears until something is so.
    async fn hear_until(&mut self, heard: &mut Heard, what: &str, wanted: impl Fn(&Heard) -> bool) {
        let deadline = Instant::now() + super::world::DEADLINE;
        while !wanted(heard) {
            assert!(Instant::now() < deadline && heard.ended.is_none(), "waited in vain for {what}: {heard:?}");
            let left = deadline.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.outputs.chunks.recv()).await {
                Ok(Some((StreamId(1), message))) => heard.hear(message),
                Ok(Some(_)) => {}
                other => panic!("waited in vain for {what}: {other:?}, {heard:?}"),
            }
        }
    }

    async fn hear_all(&mut self) -> Heard {
        let mut heard = Heard::default();
        self.hear_until(&mut heard, "the end", |heard| heard.ended.is_some()).await;
        heard
    }

    async fn began(&mut self) -> Heard {
        let mut heard = Heard::default();
        self.hear_until(&mut heard, "the beginning", |heard| heard.began.is_some()).await;
        heard
    }
}

/// A world on the real Docker with one container in it.
async fn world(container: &TestContainer) -> Option<(World, Id)> {
    let mut world = World::start(settings(unix(socket()?)));
    let id = world.container(&container.name).await.id.clone();
    Some((world, id))
}

fn sleeper(name: &str) -> Option<TestContainer> {
    socket()?;
    Some(TestContainer::run(name, &["--init"], &["sleep", "3600"]))
}

fn engine() -> support::docker::Docker {
    support::docker::engine().expect("it was there a moment ago")
}

fn commands_in(id: &str) -> Vec<String> {
    engine().commands_in(id)
}

/// An image with one program that sleeps, and nothing else; made once, and left for the next run.
fn bare_image() -> Option<&'static str> {
    const BARE: &str = "bowline-test-bare";
    static MADE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    socket()?;
    let there = || matches!(engine().request("GET", &format!("/images/{BARE}:latest/json"), "", b""), Ok((200, _)));
    if *MADE.get_or_init(|| there() || make_bare_image(BARE)) {
        return Some(BARE);
    }
    support::not_run("no static program can be compiled here");
    None
}

fn make_bare_image(name: &str) -> bool {
    use std::process::Command;
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("pause.rs");
    let program = folder.path().join("pause");
    std::fs::write(&source, "fn main() { loop { std::thread::park(); } }").expect("written");
    let flags = ["-C", "target-feature=+crt-static", "-C", "panic=abort", "-O", "-o"];
    let compiled = Command::new("rustc").args(flags).arg(&program).arg(&source).status();
    if !compiled.is_ok_and(|status| status.success()) {
        return false;
    }
    let archive = Command::new("tar").arg("-C").arg(folder.path()).args(["-c", "pause"]).output().expect("tar");
    let path = format!("/images/create?fromSrc=-&repo={name}&tag=latest");
    let (status, _) = engine().request("POST", &path, "application/x-tar", &archive.stdout).expect("an answer");
    assert_eq!(status, 200);
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_is_found_sized_fitted_and_left() {
    let Some(container) = sleeper("shell") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Exec(shell(&id)));
    let mut heard = world.began().await;
    let began = heard.began.clone().expect("it began");
    assert_eq!((began.command.as_str(), began.user.as_str()), ("/bin/sh", "root"));
    assert!(began.tty && began.input);
    world.type_in("stty size; echo $TERM $LANG $COLORTERM ${#BOWLINE_SESSION}\n");
    world.hear_until(&mut heard, "the first size", |heard| heard.text().contains("31 97")).await;
    world.hear_until(&mut heard, "the environment", |h| h.text().contains("xterm-256color C.UTF-8 truecolor 32")).await;
    world.store.fit(StreamId(1), Size { columns: 50, rows: 10 });
    // The size is set beside the keys, not between them: a person types later.
    world.type_in("while [ \"$(stty size)\" != '10 50' ]; do sleep 0.05; done; echo fit\"\"ted\n");
    world.hear_until(&mut heard, "the new size", |heard| heard.text().contains("fitted")).await;
    world.type_in("exit 7\n");
    world.hear_until(&mut heard, "the end", |heard| heard.ended.is_some()).await;
    assert_eq!(heard.code(), Some(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_has_its_streams_apart_and_its_exit_code() {
    let Some(container) = sleeper("exec") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    let script = "printf 'a\\000\\001b'; echo wrong >&2; pwd; echo $X; exit 3";
    let exec = Exec { folder: "/tmp".into(), env: vec!["X=y z".into()], ..command(&id, &["sh", "-c", script]) };
    world.open(Source::Exec(exec));
    let heard = world.hear_all().await;
    assert_eq!(heard.code(), Some(3));
    assert_eq!(heard.out, b"a\0\x01b/tmp\ny z\n");
    assert_eq!(heard.err, b"wrong\n");
    assert!(!heard.began.expect("it began").tty);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_run_is_told_in_words() {
    let Some(container) = sleeper("missing") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Exec(command(&id, &["nosuch", "x"])));
    let heard = world.hear_all().await;
    let why = heard.ended.clone().flatten().expect("a problem");
    assert!(why.cause.contains("nosuch") && why.cause.contains("not found") && !why.cause.contains("OCI"), "{why}");
    assert!(matches!(heard.exited, Some(Some(126 | 127))), "{heard:?}");
    assert!(heard.began.is_none() && heard.out.is_empty());
    world.open(Source::Exec(Exec { user: "nobody2".into(), ..shell(&id) }));
    let why = world.hear_all().await.ended.flatten().expect("a problem");
    assert!(why.cause.contains("unable to find user nobody2"), "{why}");
    drop(container);
    world.open(Source::Exec(shell(&id)));
    let why = world.hear_all().await.ended.flatten().expect("a problem");
    assert!(why.hint.contains("removed"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_megabyte_comes_back_equal_and_the_end_of_input_is_heard() {
    let Some(container) = sleeper("cat") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Exec(command(&id, &["cat"])));
    let sent: Vec<u8> = (0..1_000_003u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let (store, bytes) = (world.store.clone(), sent.clone());
    tokio::spawn(async move {
        for piece in bytes.chunks(30_000) {
            store.send_all(StreamId(1), piece.to_vec()).await;
        }
        store.end_input(StreamId(1));
    });
    let heard = world.hear_all().await;
    assert_eq!(heard.code(), Some(0));
    assert!(heard.out == sent, "{} bytes of {}", heard.out.len(), sent.len());
    assert_eq!(heard.undelivered, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_gets_through_a_flood_that_nobody_reads() {
    let Some(container) = sleeper("flood") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Exec(Exec { tty: true, ..command(&id, &["yes"]) }));
    world.began().await;
    // Nothing is read meanwhile.
    until("the flood", || commands_in(&container.id).iter().any(|line| line == "yes"));
    world.type_in("\x03");
    until("the end of the flood", || !commands_in(&container.id).iter().any(|line| line == "yes"));
    let heard = world.hear_all().await;
    assert_eq!(heard.code(), Some(130));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_session_does_not_read_is_told_and_its_output_goes_on() {
    let Some(container) = sleeper("deaf") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Exec(command(&id, &["sh", "-c", "echo ready; while :; do echo tick; sleep 0.05; done"])));
    let mut heard = world.began().await;
    for _ in 0..300 {
        world.store.send(StreamId(1), vec![b'x'; 16 * 1024]);
    }
    world.hear_until(&mut heard, "what was lost", |heard| heard.undelivered > 0).await;
    let known = heard.out.len();
    world.hear_until(&mut heard, "more output", |heard| heard.out.len() > known).await;
    world.store.close(StreamId(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_leaves_nothing_running() {
    let Some(container) = sleeper("close") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    let before = commands_at_rest(&container.id);
    let left = || commands_in(&container.id) != before;
    let script = "trap '' HUP; sleep 4000 & sleep 4001; sleep 4002";
    world.open(Source::Exec(command(&id, &["sh", "-c", script])));
    world.began().await;
    until("its children", || commands_in(&container.id).iter().filter(|line| line.contains("sleep 400")).count() >= 3);
    world.store.close(StreamId(1));
    until("the end of all", || !left());
    // Also when the program ends, from another machine's point of view, and where only the engine may signal.
    let seen_only = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/proc", seen_only.path().join("proc")).expect("a link");
    for kernel_root in [None, Some(seen_only.path().to_path_buf())] {
        let place = unix(engine().socket());
        let mut world = World::start(bowline::engine::Settings { kernel_root, ..settings(place) });
        world.container(&container.name).await;
        world.open(Source::Exec(shell(&id)));
        let mut heard = world.began().await;
        world.type_in("sleep 5000 & echo started\n");
        world.hear_until(&mut heard, "a child", |heard| heard.text().contains("started\r\n")).await;
        assert!(left());
        world.store.shutdown().await;
        // What was killed is gone once its parent has taken notice.
        until("the end of all", || !left());
    }
    // And when nobody says goodbye.
    let mut world = World::start(settings(unix(engine().socket())));
    world.container(&container.name).await;
    world.open(Source::Exec(shell(&id)));
    world.began().await;
    drop(world);
    until("the end of all", || !left());
}

/// The command lines of a sleeper's own, once they run.
fn commands_at_rest(id: &str) -> Vec<String> {
    until("the sleeper", || commands_in(id).iter().any(|line| line == "sleep 3600"));
    commands_in(id)
}

/// From another machine's point of view, where root sees only root's environments.
async fn closed_from_elsewhere(name: &str, user: &str, exec_user: &str) {
    if socket().is_none() {
        return;
    }
    let container = TestContainer::run(name, &["--init", "--user", user], &["sleep", "3600"]);
    let before = commands_at_rest(&container.id);
    let place = unix(engine().socket());
    let mut world = World::start(bowline::engine::Settings { kernel_root: None, ..settings(place) });
    let id = world.container(&container.name).await.id.clone();
    world.open(Source::Exec(Exec { user: exec_user.into(), ..shell(&id) }));
    let mut heard = world.began().await;
    world.type_in("sleep 5000 & echo started\n");
    world.hear_until(&mut heard, "a child", |heard| heard.text().contains("started\r\n")).await;
    assert!(commands_in(&container.id) != before);
    world.store.close(StreamId(1));
    until("the end of all", || commands_in(&container.id) == before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_leaves_nothing_of_another_user_running() {
    closed_from_elsewhere("close-user", "1234", "").await;
    closed_from_elsewhere("close-other", "0", "4321").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_a_container_that_is_paused() {
    let Some(container) = sleeper("close-paused") else { return };
    let before = commands_at_rest(&container.id);
    let proxy = Proxy::to(engine().socket());
    let place = unix(proxy.socket());
    let mut world = World::start(bowline::engine::Settings { kernel_root: None, ..settings(place) });
    let id = world.container(&container.name).await.id.clone();
    world.open(Source::Exec(command(&id, &["sleep", "4400"])));
    world.began().await;
    let post = |verb: &str| {
        engine().must("POST", &format!("/containers/{}/{verb}", container.id), &serde_json::Value::Null);
    };
    post("pause");
    let ends = format!("/containers/{}/exec", id.raw());
    let asked = proxy.count(&ends);
    world.store.close(StreamId(1));
    proxy.wait_until("it to be tried, and tried again", |proxy| proxy.count(&ends) >= asked + 2);
    post("unpause");
    until("the end of all", || commands_in(&container.id) == before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_without_a_shell_says_what_was_tried() {
    let Some(image) = bare_image() else { return };
    let container = engine().create("bare", &serde_json::json!({ "Image": image, "Cmd": ["/pause"] }));
    container.start();
    let mut world = World::start(settings(unix(engine().socket())));
    let id = world.container(&container.name).await.id.clone();
    world.open(Source::Exec(shell(&id)));
    let heard = world.hear_all().await;
    assert_eq!(heard.ended, Some(None));
    assert!(
        ["bash", "zsh", "ash", "sh"].iter().all(|name| heard.no_shell.iter().any(|tried| tried == name)),
        "{heard:?}"
    );
    // A helper has one, and sees its files.
    let image = support::docker::IMAGE.to_string();
    world.open(Source::Sidecar { id: id.clone(), image, size: SIZE });
    let mut heard = world.began().await;
    world.type_in("ls /proc/1/root/; stty size; pwd\n");
    world
        .hear_until(&mut heard, "the files and the size", |heard| {
            let text = heard.text();
            text.contains("pause") && text.contains("31 97") && text.contains("/proc/1/root\r\n")
        })
        .await;
    let label = |container: &Arc<bowline::model::Container>| container.label(SIDECAR_LABEL) == Some(id.raw());
    let helper = world.until("the helper", |s| s.containers.values().find(|i| label(i)).cloned()).await;
    assert!(helper.name.starts_with("bowline-debug-bowline-test-bare"), "{}", helper.name);
    world.store.close(StreamId(1));
    world.until("its removal", |s| (!s.containers.values().any(label)).then_some(())).await;
    // It ends with its container, and by itself.
    let image = support::docker::IMAGE.to_string();
    world.open(Source::Sidecar { id: id.clone(), image: image.clone(), size: SIZE });
    world.began().await;
    world.type_in("exit 5\n");
    assert_eq!(world.hear_all().await.code(), Some(5));
    world.open(Source::Sidecar { id: id.clone(), image, size: SIZE });
    world.began().await;
    container.kill();
    assert_eq!(world.hear_all().await.code(), Some(137));
    world.until("its removal", |s| (!s.containers.values().any(label)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_helper_image_is_named_with_the_way_to_get_it() {
    let Some(container) = sleeper("no-image") else { return };
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Sidecar { id: id.clone(), image: "nowhere/none:1".into(), size: SIZE });
    let why = world.hear_all().await.ended.flatten().expect("a problem");
    assert!(why.cause.contains("nowhere/none:1") && why.hint.contains("docker pull nowhere/none:1"), "{why}");
    world.open(Source::Sidecar { id, image: "../x?".into(), size: SIZE });
    assert!(world.hear_all().await.ended.flatten().expect("a problem").hint.contains("shell.sidecar_image"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attaching_hears_and_types_and_leaves_the_process_alone() {
    let Some(_) = socket() else { return };
    let script = "while read line; do [ \"$line\" = end ] && exit 9; echo got $line; done";
    let container = TestContainer::run("attach", &["-it"], &["sh", "-c", script]);
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Attach { id: id.clone(), size: SIZE });
    let mut heard = world.began().await;
    assert!(heard.began.as_ref().is_some_and(|began| began.tty && began.input && began.command.starts_with("sh -c")));
    world.type_in("one\n");
    world.hear_until(&mut heard, "an answer", |heard| heard.text().contains("got one")).await;
    world.store.close(StreamId(1));
    assert_eq!(world.container(&container.name).await.state, State::Running);
    world.store.open(StreamId(1), Source::Attach { id: id.clone(), size: SIZE });
    let mut heard = world.began().await;
    world.type_in("two\n");
    world.hear_until(&mut heard, "an answer", |heard| heard.text().contains("got two")).await;
    world.type_in("end\n");
    world.hear_until(&mut heard, "the end", |heard| heard.ended.is_some()).await;
    assert_eq!(heard.code(), Some(9));
    world.open(Source::Attach { id, size: SIZE });
    assert!(world.hear_all().await.ended.flatten().expect("a problem").cause.contains("not running"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attaching_without_input_says_so() {
    let Some(_) = socket() else { return };
    let container =
        TestContainer::run("attach-deaf", &[], &["sh", "-c", "while :; do echo out; echo err >&2; sleep 0.05; done"]);
    let Some((mut world, id)) = world(&container).await else { return };
    world.open(Source::Attach { id, size: SIZE });
    let mut heard = world.began().await;
    assert!(heard.began.as_ref().is_some_and(|began| !began.tty && !began.input));
    world.type_in("hello");
    world.hear_until(&mut heard, "what was lost", |heard| heard.undelivered == 5).await;
    world.hear_until(&mut heard, "both streams", |heard| !heard.out.is_empty() && !heard.err.is_empty()).await;
    assert!(heard.out.starts_with(b"out\n") && heard.err.starts_with(b"err\n"));
}

async fn processes(world: &mut World, what: &str, wanted: impl Fn(&Processes) -> bool) -> Arc<Processes> {
    let deadline = Instant::now() + super::world::DEADLINE;
    loop {
        match world.message().await {
            (StreamId(2), StreamMessage::Chunk(StreamEvent::Processes(list))) if wanted(&list) => return list,
            (StreamId(2), StreamMessage::Ended(why)) => panic!("waited in vain for {what}: {why:?}"),
            _ => assert!(Instant::now() < deadline, "waited in vain for {what}"),
        }
    }
}

fn kill(process: &Process, id: &Id) -> Operation {
    let verb = OperationKind::Signal { pid: process.pid, signal: Signal(9) };
    Operation::with(verb, id.clone(), "it", bowline::model::OperationArgs::Command(process.command.clone()))
}

/// Two alike of different age and one of another command; the older of the two is meant.
async fn a_process_is_signalled(name: &str, here: bool) {
    let Some(socket) = socket() else { return };
    let script = "sleep 3001 & sleep 4; sleep 3001 & sleep 3002 & echo ready; wait; sleep 3003";
    let container = TestContainer::run(name, &[], &["sh", "-c", script]);
    let kernel_root = here.then(|| "/".into());
    let mut world = World::start(bowline::engine::Settings { kernel_root, ..settings(unix(socket)) });
    let id = world.container(&container.name).await.id.clone();
    world.store.open(StreamId(1), Source::Exec(shell(&id)));
    world.store.open(StreamId(2), Source::Processes { id: id.clone() });
    let count = |list: &Processes, command: &str| list.list.iter().filter(|p| p.command == command).count();
    let list = processes(&mut world, "all", |list| count(list, "sleep 3002") == 1 && list.execs.len() == 1).await;
    assert!(list.execs[0].ours && list.execs[0].tty && list.execs[0].command == "/bin/sh", "{list:?}");
    assert!(list.list.iter().any(|process| process.pid == list.execs[0].pid));
    let mut alike: Vec<_> = list.list.iter().filter(|process| process.command == "sleep 3001").collect();
    assert_eq!(alike.len(), 2, "{list:?}");
    alike.sort_by_key(|process| process.age);
    let (younger, older) = (alike[0].pid, alike[1]);
    assert!(alike[0].memory.is_some() && alike[0].user == "root");
    // Its number may have come to mean another while somebody thought about it.
    let mistaken = Process { command: "sleep 3002".into(), ..older.clone() };
    let problem = world.do_this(kill(&mistaken, &id)).await.result.expect_err("another command");
    assert!(problem.cause.contains("no longer sleep 3002 but sleep 3001"), "{problem}");
    assert_eq!(world.do_this(kill(older, &id)).await.result.map(drop), Ok(()));
    let list = processes(&mut world, "one less", |list| count(list, "sleep 3001") == 1).await;
    assert!(list.list.iter().any(|process| process.pid == younger));
    let other = list.list.iter().find(|process| process.command == "sleep 3002").expect("it runs");
    assert_eq!(world.do_this(kill(other, &id)).await.result.map(drop), Ok(()));
    processes(&mut world, "none of these", |list| count(list, "sleep 3002") == 0).await;
    for (pid, words) in [(1, "process 1 no longer exists"), (0, "not the pid"), (-1, "not the pid")] {
        let odd = Process { pid, ..other.clone() };
        let problem = world.do_this(kill(&odd, &id)).await.result.expect_err("not a process of the container");
        assert!(problem.cause.contains(words), "{problem}");
    }
    engine().must("POST", &format!("/containers/{}/kill", container.id), &serde_json::Value::Null);
    let (mut shell, mut list) = (None, None);
    let mut code = None;
    while shell.is_none() || list.is_none() {
        match world.message().await {
            (StreamId(1), StreamMessage::Ended(why)) => shell = Some(why),
            (StreamId(1), StreamMessage::Chunk(StreamEvent::Exited(exited))) => code = exited,
            (StreamId(2), StreamMessage::Ended(why)) => list = Some(why),
            _ => {}
        }
    }
    assert_eq!((code, shell), (Some(137), Some(None)));
    assert!(list.flatten().expect("a problem").cause.contains("not running"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_are_listed_and_signalled_on_this_machine() {
    a_process_is_signalled("signal-here", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_are_listed_and_signalled_from_elsewhere() {
    a_process_is_signalled("signal-there", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_signalled_where_there_is_no_program_for_it() {
    let Some(image) = bare_image() else { return };
    if !rustix::process::getuid().is_root() {
        return support::not_run("only root may signal it from outside");
    }
    let container = engine().create("bare-signal", &serde_json::json!({ "Image": image, "Cmd": ["/pause"] }));
    container.start();
    let mut world = World::start(settings(unix(engine().socket())));
    let id = world.container(&container.name).await.id.clone();
    world.store.open(StreamId(2), Source::Processes { id: id.clone() });
    world.store.open(StreamId(1), Source::Exec(command(&id, &["/pause"])));
    // Sessions and processes are two questions: the second may be too new for the answer to the first.
    let runs = |list: &Processes| list.execs.iter().any(|exec| list.list.iter().any(|process| process.pid == exec.pid));
    let list = processes(&mut world, "the second", runs).await;
    let of = |list: &Processes, pid| list.list.iter().find(|process| process.pid == pid).cloned().expect("it runs");
    assert_eq!(world.do_this(kill(&of(&list, list.execs[0].pid), &id)).await.result.map(drop), Ok(()));
    let list = processes(&mut world, "the first alone", |list| list.list.len() == 1).await;
    // From inside, the kernel would drop this without a word.
    assert_eq!(world.do_this(kill(&list.list[0], &id)).await.result.map(drop), Ok(()));
    container.wait_status("exited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_and_a_lost_engine_end_a_session_with_a_problem() {
    let Some(container) = sleeper("cut") else { return };
    let Some(socket) = socket() else { return };
    let proxy = Proxy::to(&socket);
    let mut world = World::start(settings(unix(proxy.socket())));
    let id = world.container(&container.name).await.id.clone();
    world.open(Source::Exec(command(&id, &["sleep", "4100"])));
    world.began().await;
    let before = proxy.count("/events");
    proxy.cut_all();
    let why = world.hear_all().await.ended.flatten().expect("a problem");
    assert!(why.cause.contains("broke") || why.cause.contains("answer"), "{why}");
    until("the end of the command", || !commands_in(&container.id).iter().any(|line| line == "sleep 4100"));
    // A session opened before the store has noticed may be taken for one that the loss ended.
    proxy.wait_until("the store to come back", |proxy| proxy.count("/events") > before);
    world.open(Source::Exec(command(&id, &["sleep", "4101"])));
    world.began().await;
    proxy.refuse();
    proxy.cut_all();
    let heard = world.hear_all().await;
    assert!(heard.ended.clone().flatten().is_some() && heard.exited.is_none(), "{heard:?}");
    engine().must("POST", &format!("/containers/{}/kill", container.id), &serde_json::Value::Null);
}
