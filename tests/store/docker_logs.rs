//! Logs of the real Docker: through cuts, restarts, back to the first line.

use super::docker::{Container, socket};
use super::world::{World, settings, unix};
use crate::support::proxy::Proxy;
use bowline::model::{Chunk, Id, LogState, Moment, Source, Verb, Wire};
use bowline::store::{Settings, WireMessage};
use std::time::{Duration, Instant};

const COUNT: usize = 100_000;

fn numbered() -> Vec<String> {
    (1..=COUNT).map(|number| number.to_string()).collect()
}

/// Row L7: every line once and in order, however often the connection is cut.
async fn each_line_once(name: &str, options: &[&str]) {
    let Some(socket) = socket() else { return };
    let script = "for i in $(seq 0 19); do seq $((i*5000+1)) $((i*5000+5000)); sleep 0.2; done; sleep 600";
    let container = Container::run(name, options, &["sh", "-c", script]);
    let proxy = Proxy::to(&socket);
    proxy.cut_after("/logs", 150_000, 20);
    let mut world = World::start(Settings { kernel_root: None, ..settings(unix(proxy.socket())) });
    let instance = world.instance(&container.name).await;
    let start = Instant::now();
    world.open_logs(1, &instance.id, COUNT);
    let lines = world.lines(COUNT).await;
    eprintln!("{name}: {} lines in {:?}, {} cuts left", lines.len(), start.elapsed(), proxy.cuts_left());
    assert_eq!(proxy.cuts_left(), 0, "the proxy has cut as often as it should");
    let wrong = lines.iter().zip(numbered()).position(|(line, wanted)| *line != wanted);
    assert_eq!(
        wrong,
        None,
        "line {wrong:?}: {:?}",
        wrong.map(|at| &lines[at.saturating_sub(2)..(at + 3).min(lines.len())])
    );
    assert_eq!(lines.len(), COUNT);
    let quiet = tokio::time::timeout(Duration::from_millis(500), world.outlets.chunks.recv()).await;
    assert!(quiet.is_err(), "nothing comes twice: {quiet:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn framed_logs_survive_twenty_cuts() {
    each_line_once("cut-framed", &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminal_logs_survive_twenty_cuts() {
    each_line_once("cut-tty", &["-t"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_with_each_line_once() {
    let Some(socket) = socket() else { return };
    let container =
        Container::run("restart", &["--stop-signal", "KILL"], &["sh", "-c", "echo begin $RANDOM; sleep 600"]);
    let mut world = World::start(settings(unix(&socket)));
    let id = world.instance(&container.name).await.id.clone();
    world.open_logs(1, &id, 10);
    let mut lines = world.lines(1).await;
    assert_eq!(world.act(Verb::Kill(bowline::model::Signal(9)), &id).await.result.map(drop), Ok(()));
    loop {
        if world.message().await.1 == WireMessage::Chunk(Chunk::State(LogState::Waiting)) {
            break;
        }
    }
    assert_eq!(world.act(Verb::Start, &id).await.result.map(drop), Ok(()));
    lines.extend(world.lines(1).await);
    assert!(lines.iter().all(|line| line.starts_with("begin ")), "{lines:?}");
    assert_eq!(world.act(Verb::Restart, &id).await.result.map(drop), Ok(()));
    lines.extend(world.lines(1).await);
    assert_eq!(lines.len(), 3);
    assert_eq!(world.act(Verb::Remove { force: true, volumes: false }, &id).await.result.map(drop), Ok(()));
    let ended = loop {
        if let WireMessage::Ended(why) = world.message().await.1 {
            break why;
        }
    };
    let why = ended.expect("a reason");
    assert!(why.mend.contains("removed") || why.cause.contains("removed"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_pages_reach_the_first_line_without_seams() {
    let Some(socket) = socket() else { return };
    let container = Container::run("older", &[], &["sh", "-c", "seq 1 2500; sleep 0.5; echo last >&2; sleep 600"]);
    let mut world = World::start(settings(unix(&socket)));
    let id = world.instance(&container.name).await.id.clone();
    let deadline = Instant::now() + super::world::DEADLINE;
    let mut wire = 0;
    // Until the container has said all.
    let mut known: Vec<(Moment, String)> = loop {
        wire += 1;
        let found = page(&mut world, wire, Source::Logs { id: id.clone(), tail: 1000 }, 1000).await;
        world.store.close(Wire(wire));
        if found.last().is_some_and(|(_, line)| line == "last") {
            break found;
        }
        assert!(Instant::now() < deadline);
    };
    loop {
        wire += 1;
        let before = known[0].0;
        let at_before = known.iter().filter(|(at, _)| *at == before).count();
        let source =
            Source::OlderLogs { id: id.clone(), before, known: known.len(), known_at_before: at_before, lines: 400 };
        let older = page(&mut world, wire, source, usize::MAX).await;
        if older.is_empty() {
            break;
        }
        assert!(older.len() <= 400);
        known.splice(0..0, older);
    }
    let lines: Vec<&str> = known.iter().map(|(_, line)| line.as_str()).collect();
    let numbers: Vec<String> = (1..=2500).map(|number: i32| number.to_string()).collect();
    assert_eq!(lines.len(), 2501);
    assert!(lines.iter().zip(&numbers).all(|(line, number)| line == number));
}

/// Lines of a stream, until `count` or its end.
async fn page(world: &mut World, wire: u64, source: Source, count: usize) -> Vec<(Moment, String)> {
    world.store.open(Wire(wire), source);
    let mut lines = Vec::new();
    while lines.len() < count {
        match world.message().await {
            (of, _) if of != Wire(wire) => {}
            (_, WireMessage::Chunk(Chunk::Lines(batch))) => lines.extend(
                batch.lines.iter().map(|mark| (mark.at, String::from_utf8_lossy(batch.line(mark)).into_owned())),
            ),
            (_, WireMessage::Ended(why)) => {
                assert_eq!(why, None);
                break;
            }
            _ => {}
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_lines_and_strange_bytes() {
    let Some(socket) = socket() else { return };
    let script = "head -c 40000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\033[31m\\n'; \
                  head -c 100000 /dev/zero | tr '\\0' y; echo; sleep 600";
    for (name, options) in [("long", &[][..]), ("long-tty", &["-t"][..])] {
        let container = Container::run(name, options, &["sh", "-c", script]);
        let mut world = World::start(settings(unix(&socket)));
        let id: Id = world.instance(&container.name).await.id.clone();
        world.open_logs(1, &id, 100);
        let lines = world.lines(3).await;
        assert_eq!(lines[0], "x".repeat(40_000), "{name}: {}", lines[0].len());
        assert_eq!(lines[1], "a\u{fffd}b\u{1b}[31m", "{name}");
        assert_eq!(lines[2], "y".repeat(64 * 1024), "{name}: {}", lines[2].len());
    }
}
