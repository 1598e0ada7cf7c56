//! Engines that refuse, vanish, come back, talk nonsense: what the store makes of them.

use super::fake::{Fake, Running, id};
use super::world::{World, named, settings, unix};
use crate::support::wait::{clock_moves_on, eventually};
use bowline::engine::{Settings, StreamMessage};
use bowline::model::{
    ApiVersion, EngineId, Exec, Id, Link, LogState, Operation, OperationId, OperationKind, Signal, Size, Snapshot,
    Source, State, StreamEvent, StreamId, Viewport,
};
use std::path::PathBuf;
use std::time::Duration;

struct Socket {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn socket() -> Socket {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    Socket { _folder: folder, path }
}

fn quick(path: &PathBuf) -> Settings {
    Settings { kernel_root: None, ..settings(unix(path)) }
}

/// An engine that runs on a socket of its own.
struct OnSocket {
    running: Running,
    socket: Socket,
}

/// An engine of so many containers, and a store that has its list and reads its events.
async fn of(containers: usize) -> (Fake, World, OnSocket) {
    with(Fake::new(containers), Settings::default()).await
}

/// The same of this engine, with these settings.
async fn with(fake: Fake, more: Settings) -> (Fake, World, OnSocket) {
    let socket = socket();
    let running = fake.listen(&socket.path);
    let Settings { places, kernel_root, .. } = quick(&socket.path);
    let mut world = World::start(Settings { places, kernel_root, ..more });
    world.until("the list", |s| (s.containers.len() == fake.containers()).then_some(())).await;
    world.until("the event stream", |_| (fake.count("/events") == 1).then_some(())).await;
    (fake, world, OnSocket { running, socket })
}

fn link(snapshot: &Snapshot) -> Option<&Link> {
    snapshot.engines.values().next().map(|engine| &engine.link)
}

fn down(snapshot: &Snapshot) -> Option<(String, bool)> {
    match link(snapshot)? {
        Link::Down { why, never_up, .. } => Some((why.cause.clone(), *never_up)),
        _ => None,
    }
}

fn the(number: usize) -> Id {
    Id::new(EngineId(0), id(number))
}

#[tokio::test]
async fn the_list_is_the_first_thing_asked() {
    let (fake, mut world, _engine) = of(3).await;
    world.until("the version", |s| s.engines.values().find(|e| e.info.processors == 4).map(drop)).await;
    assert_eq!(fake.requests()[0], "GET /containers/json?all=1");
}

#[tokio::test]
async fn the_version_stands_in_the_path_of_every_request() {
    let (fake, mut world, _engine) = of(1).await;
    world.open_logs(1, &the(0), 10);
    world.lines(1).await;
    assert_eq!(world.act(OperationKind::Start, &the(0)).await.result.map(drop), Ok(()));
    world.store.open(StreamId(2), Source::Attach { id: the(0), size: Size { columns: 80, rows: 24 } });
    while !matches!(world.message().await, (StreamId(2), StreamMessage::Ended(_))) {}
    assert_eq!((fake.count("/attach"), fake.versions()), (1, vec!["1.41".to_string()]));
}

#[tokio::test]
async fn the_version_is_the_newest_that_both_know_unless_it_is_configured() {
    for (newest, oldest, configured, spoken) in [
        ("1.45", "1.24", None, &["1.41", "1.45"][..]),
        // Its first answer refuses the version, and says which it speaks.
        ("1.51", "1.44", None, &["1.41", "1.51"]),
        ("1.99", "1.44", None, &["1.41", "1.53"]),
        ("1.51", "1.44", ApiVersion::parse("1.47"), &["1.47"]),
    ] {
        let settings = Settings { api_version: configured, ..Settings::default() };
        let (fake, ..) = with(Fake::new(1).api(newest).oldest(oldest), settings).await;
        assert_eq!(fake.versions(), spoken);
    }
}

#[tokio::test]
async fn a_lost_engine_keeps_its_rows_and_comes_back_by_itself() {
    let (fake, mut world, engine) = of(3).await;
    let pings = fake.count("/_ping");
    drop(engine.running);
    let (_, never_up) = world.until("the loss", down).await;
    assert_eq!(fake.count("/_ping"), pings, "the stream's end tells of the loss, no heartbeat need miss it");
    assert!(!never_up);
    assert_eq!(world.outputs.snapshots.borrow().containers.len(), 3, "the rows stay");
    assert!(world.outputs.snapshots.borrow().is_stale(&the(0)));
    assert!(world.act(OperationKind::Stop, &the(0)).await.result.unwrap_err().cause.contains("does not answer"));
    fake.set_containers(4);
    let _running = fake.listen(&engine.socket.path);
    world.until("the return", |s| (link(s) == Some(&Link::Up) && s.containers.len() == 4).then_some(())).await;
}

#[tokio::test]
async fn a_log_is_asked_for_anew_after_the_engine_was_away() {
    let (fake, mut world, _engine) = of(1).await;
    world.open_logs(1, &the(0), 10);
    assert_eq!(world.lines(1).await, ["line 1"]);
    // The log's own connection stays, and says nothing any more.
    fake.end_events();
    assert_eq!(world.lines(1).await, ["line 2"], "what was told before is not told again");
}

#[tokio::test]
async fn a_run_too_short_to_be_seen_is_read_all_the_same() {
    let ended = Fake::new(1);
    ended.set_ended(true);
    let (fake, mut world, _engine) = with(ended, Settings::default()).await;
    world.open_logs(1, &the(0), 10);
    assert_eq!(world.lines(2).await, ["line 1", "line 2"], "the rest is asked for once more");
    while world.message().await.1 != StreamMessage::Chunk(StreamEvent::State(LogState::Waiting)) {}
    fake.tell("start", 0);
    fake.tell("die", 0);
    assert_eq!(world.lines(1).await, ["line 3"]);
}

#[tokio::test]
async fn an_engine_whose_events_are_refused_is_listed_more_often() {
    let guarded = Fake::new(1);
    guarded.refuse_events();
    let (fake, mut world, _engine) = with(guarded, Settings::default()).await;
    world.until("the version", |s| s.engines.values().find(|e| e.info.processors == 4).map(drop)).await;
    fake.set_containers(2);
    world.until("the new one", |s| named(s, "c1")).await;
    assert_eq!(link(&world.outputs.snapshots.borrow()), Some(&Link::Up));
    assert_eq!((fake.count("/events"), fake.count("/version")), (1, 1), "one session: {:?}", fake.requests());
}

#[tokio::test]
async fn an_act_ends_when_the_engine_hangs() {
    let connect_timeout = Duration::from_secs(1);
    let settings = Settings { stop_grace: Some(300), connect_timeout, ..Settings::default() };
    let (fake, mut world, _engine) = with(Fake::new(1), settings).await;
    fake.hang();
    let why = world.act(OperationKind::Stop, &the(0)).await.result.unwrap_err();
    assert!(why.cause.contains("was lost"), "{why}");
    assert_eq!(world.outputs.snapshots.borrow().containers[&the(0)].pending, None);
}

#[tokio::test]
async fn a_failed_list_is_not_an_empty_list() {
    let (fake, mut world, _engine) = of(3).await;
    fake.fail_lists(true);
    let lists = fake.count("/containers/json");
    world.store.refresh();
    eventually("another list", async || fake.count("/containers/json") > lists).await;
    fake.tell("start", 1);
    world.until("the event", |s| s.events.back().map(drop)).await;
    let snapshot = world.outputs.snapshots.borrow().clone();
    assert_eq!((snapshot.containers.len(), link(&snapshot)), (3, Some(&Link::Up)));
}

#[tokio::test]
async fn events_bring_changes_without_full_lists() {
    let (fake, mut world, _engine) = of(3).await;
    fake.set_containers(4);
    // Until it is heard: the stream was asked for, and is told of from its answer on.
    eventually("the event", async || {
        fake.tell("create", 3);
        !world.outputs.snapshots.borrow().events.is_empty()
    })
    .await;
    world.until("the new one", |s| named(s, "c3")).await;
    fake.tell("destroy", 0);
    world.until("its removal", |s| named(s, "c0").is_none().then_some(())).await;
    assert_eq!(fake.count("all=1") - fake.count("filters=%7B%22id"), 1, "{:?}", fake.requests());
}

#[tokio::test]
async fn read_only_lets_nothing_but_reads_out() {
    let settings = Settings { read_only: true, ..Settings::default() };
    let (fake, mut world, _engine) = with(Fake::new(1), settings).await;
    let verbs = [
        OperationKind::Start,
        OperationKind::Stop,
        OperationKind::Restart,
        OperationKind::Pause,
        OperationKind::Unpause,
        OperationKind::Kill(Signal(9)),
        OperationKind::Signal { pid: 7, signal: Signal(9) },
        OperationKind::Remove { force: true, volumes: true },
    ];
    for verb in verbs {
        let problem = world.act(verb, &the(0)).await.result.unwrap_err();
        assert!(problem.cause.contains("read-only"), "{problem}");
    }
    let size = Size { columns: 80, rows: 24 };
    let exec = Exec::shell(the(0), size);
    let sidecar = Source::Sidecar { id: the(0), image: "busybox".into(), size };
    let inspections = fake.count("/json");
    for source in [Source::Exec(exec), Source::Attach { id: the(0), size }, sidecar] {
        world.store.open(StreamId(1), source);
        let StreamMessage::Ended(Some(problem)) = world.message().await.1 else { panic!("it was not refused") };
        assert!(problem.cause.contains("read-only"), "{problem}");
    }
    assert_eq!(fake.count("/json"), inspections, "not even a question was asked for them");
    assert!(fake.requests().iter().all(|request| request.starts_with("GET ")), "{:?}", fake.requests());
    assert_eq!(world.outputs.snapshots.borrow().containers[&the(0)].state, State::Running);
}

#[tokio::test]
async fn every_verb_reaches_the_engine() {
    let settings = Settings { stop_grace: Some(3), ..Settings::default() };
    let (fake, mut world, _engine) = with(Fake::new(1), settings).await;
    let raw = id(0);
    for (verb, wanted) in [
        (OperationKind::Start, format!("POST /containers/{raw}/start")),
        (OperationKind::Stop, format!("POST /containers/{raw}/stop?t=3")),
        (OperationKind::Restart, format!("POST /containers/{raw}/restart?t=3")),
        (OperationKind::Pause, format!("POST /containers/{raw}/pause")),
        (OperationKind::Unpause, format!("POST /containers/{raw}/unpause")),
        (OperationKind::Kill(Signal(10)), format!("POST /containers/{raw}/kill?signal=10")),
    ] {
        assert_eq!(world.act(verb, &the(0)).await.result.map(drop), Ok(()), "{verb:?}");
        assert!(fake.requests().iter().any(|request| request.starts_with(&wanted)), "{wanted}: {:?}", fake.requests());
        assert_eq!(world.outputs.snapshots.borrow().containers[&the(0)].pending, None);
    }
    let strange = Id::new(EngineId(0), "../images/json");
    assert!(world.act(OperationKind::Start, &strange).await.result.is_err());
    assert_eq!(fake.count("images"), 0);
}

/// The span over which requests are counted.
const COUNTED_FOR: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_containers_are_no_storm() {
    let (fake, world, _engine) = of(1000).await;
    let visible: Vec<Id> = (0..40).map(the).collect();
    world.store.attend(Viewport { selected: Some(the(0)), visible, ..Viewport::default() });
    tokio::time::sleep(COUNTED_FOR).await;
    let stats = fake.count("/stats");
    // 40 visible every two seconds and once more at first, one each second, the rest at most 40 a second. A busy
    // machine makes it fewer.
    assert!((40..40 * 4 + 5 + 40 * 5).contains(&stats), "{stats} in four seconds");
    let mut others: Vec<String> = fake.requests().into_iter().filter(|request| !request.contains("/stats")).collect();
    let inspects = others.extract_if(.., |request| request.starts_with("GET /containers/00")).collect::<Vec<_>>();
    assert_eq!(inspects.len(), 40, "each visible one once, for its limits: {inspects:?}");
    assert!(others.len() < 12, "{others:?}");
}

#[tokio::test(start_paused = true)]
async fn who_looks_away_is_measured_for_seldom_and_who_comes_back_at_once() {
    let fake = Fake::new(10);
    let mut world = World::in_this_process(&fake);
    world.until("the list", |s| (s.containers.len() == 10).then_some(())).await;
    let visible: Vec<Id> = (0..10).map(the).collect();
    let asked_within = async |away, seconds| {
        let before = fake.count("/stats");
        world.store.attend(Viewport { selected: Some(the(0)), visible: visible.clone(), away, ..Viewport::default() });
        clock_moves_on(Duration::from_secs_f64(seconds)).await;
        fake.count("/stats") - before
    };
    asked_within(false, 10.0).await;
    let looking = asked_within(false, 60.0).await;
    assert!((9 * 30 + 55..=9 * 31 + 65).contains(&looking), "{looking} in a minute");
    let away = asked_within(true, 60.0).await;
    assert!((50..=75).contains(&away), "{away} in a minute of nobody looking");
    asked_within(true, 4.0).await;
    assert_eq!(asked_within(false, 0.1).await, 10, "all on screen, at once");
}

#[tokio::test]
async fn an_engine_in_this_process() {
    let fake = Fake::new(2);
    let mut world = World::in_this_process(&fake);
    world.until("the list", |s| (s.containers.len() == 2).then_some(())).await;
    let engine = world.outputs.snapshots.borrow().engines[&EngineId(0)].clone();
    assert_eq!((engine.name.as_str(), engine.link), ("embedded", Link::Up));
}

#[tokio::test]
async fn what_was_tried_is_told_with_its_causes() {
    let (refused, missing) = (socket(), socket());
    drop(std::os::unix::net::UnixListener::bind(&refused.path).expect("a socket"));
    let settings = Settings { places: vec![unix(&missing.path), unix(&refused.path)], ..Settings::default() };
    let mut world = World::start(settings);
    let engine = world.until("both", |s| s.engines.values().find(|e| e.attempts.len() == 2).cloned()).await;
    assert!(engine.attempts[0].problem.cause.contains("no socket"), "{:?}", engine.attempts);
    assert!(engine.attempts[1].problem.cause.contains("nothing answers"), "{:?}", engine.attempts);
    let (why, never_up) = world.until("down", down).await;
    assert!(why.contains("nothing answers") && never_up, "the most telling one: {why}");
    let fake = Fake::new(1);
    let _running = fake.listen(&refused.path);
    world.until("up", |s| (link(s) == Some(&Link::Up)).then_some(())).await;
    assert!(world.outputs.snapshots.borrow().engines[&EngineId(0)].attempts.is_empty());
}

#[tokio::test]
async fn an_old_engine_and_a_stranger_are_told_apart() {
    let (old, stranger) = (socket(), socket());
    let running = Fake::new(1).api("1.38").listen(&old.path);
    let mut world = World::start(quick(&old.path));
    let (why, _) = world.until("down", down).await;
    assert!(why.contains("1.38") && why.contains("1.41"), "{why}");
    // The next attempt is a minute away, longer than a test waits: only the retry can find the newer engine.
    drop(running);
    let _running = Fake::new(1).listen(&old.path);
    world.store.refresh();
    world.until("up", |s| (link(s) == Some(&Link::Up)).then_some(())).await;
    let listener = tokio::net::UnixListener::bind(&stranger.path).expect("a socket");
    assert_a_stranger(&stranger.path, listener, "SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
}

#[tokio::test]
async fn a_web_server_is_no_engine() {
    let socket = socket();
    let listener = tokio::net::UnixListener::bind(&socket.path).expect("a socket");
    let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_a_stranger(&socket.path, listener, answer).await;
}

async fn assert_a_stranger(path: &PathBuf, listener: tokio::net::UnixListener, answer: &'static str) {
    let task = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            drop(stream.read(&mut request).await);
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    let mut world = World::start(quick(path));
    let (why, never_up) = world.until("down", down).await;
    assert!(why.contains("not a container engine") && never_up, "{why}");
    task.abort();
}

/// More may not be under way at once.
const PLACES: usize = 8;

#[tokio::test]
async fn what_ends_what_hangs_waits_for_nobody_and_what_waits_is_told() {
    let (fake, mut world, _engine) = of(12).await;
    fake.hold("/stop");
    for number in 0..10 {
        world.store.operation(OperationId(1), Operation::new(OperationKind::Stop, the(number), "it"));
    }
    let count = |s: &Snapshot, word: &str| s.containers.values().filter(|one| one.word() == word).count();
    world.until("two wait", |s| (count(s, "stopping") == PLACES && count(s, "stop waits") == 2).then_some(())).await;
    let at_once = [
        OperationKind::Kill(Signal(9)),
        OperationKind::Pause,
        OperationKind::Unpause,
        OperationKind::Remove { force: true, volumes: false },
    ];
    for verb in at_once {
        let outcome = world.act(verb, &the(9)).await;
        assert_eq!(outcome.operation.kind, verb, "it is answered while all places are taken");
    }
    let waits = world.until("it waits still", |s| s.containers.get(&the(8)).cloned()).await;
    assert_eq!((waits.waiting, waits.pending), (Some(OperationKind::Stop), None));
}
