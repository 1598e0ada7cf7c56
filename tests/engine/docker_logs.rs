//! Logs of the real Docker: through cuts, restarts, back to the first line.

use super::docker::{TestContainer, socket};
use super::world::{World, named, settings, unix};
use crate::support::proxy::Proxy;
use bowline::engine::{Settings, StreamMessage};
use bowline::model::{Container, Id, LogState, OperationKind, Source, State, StreamEvent, StreamId, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant};

const COUNT: usize = 100_000;

fn numbered() -> Vec<String> {
    (1..=COUNT).map(|number| number.to_string()).collect()
}

/// Row L7: every line once and in order, however often the connection is cut.
async fn each_line_once(name: &str, options: &[&str]) {
    let Some(socket) = socket() else { return };
    let script = "for i in $(seq 0 19); do seq $((i*5000+1)) $((i*5000+5000)); sleep 0.2; done; sleep 600";
    let container = TestContainer::run(name, options, &["sh", "-c", script]);
    let proxy = Proxy::to(&socket);
    proxy.cut_after("/logs", 150_000, 20);
    let mut world = World::start(Settings { kernel_root: None, ..settings(unix(proxy.socket())) });
    let container = world.container(&container.name).await;
    let start = Instant::now();
    world.open_logs(1, &container.id, COUNT);
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
    let quiet = tokio::time::timeout(Duration::from_millis(500), world.outputs.chunks.recv()).await;
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
        TestContainer::run("restart", &["--stop-signal", "KILL"], &["sh", "-c", "echo begin $RANDOM; sleep 600"]);
    let mut world = World::start(settings(unix(&socket)));
    let id = world.container(&container.name).await.id.clone();
    world.open_logs(1, &id, 10);
    let mut lines = world.lines(1).await;
    assert_eq!(world.act(OperationKind::Kill(bowline::model::Signal(9)), &id).await.result.map(drop), Ok(()));
    loop {
        if world.message().await.1 == StreamMessage::Chunk(StreamEvent::State(LogState::Waiting)) {
            break;
        }
    }
    assert_eq!(world.act(OperationKind::Start, &id).await.result.map(drop), Ok(()));
    lines.extend(world.lines(1).await);
    assert!(lines.iter().all(|line| line.starts_with("begin ")), "{lines:?}");
    assert_eq!(world.act(OperationKind::Restart, &id).await.result.map(drop), Ok(()));
    lines.extend(world.lines(1).await);
    assert_eq!(lines.len(), 3);
    assert_eq!(world.act(OperationKind::Remove { force: true, volumes: false }, &id).await.result.map(drop), Ok(()));
    let ended = loop {
        if let StreamMessage::Ended(why) = world.message().await.1 {
            break why;
        }
    };
    let why = ended.expect("a reason");
    assert!(why.hint.contains("removed") || why.cause.contains("removed"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_pages_reach_the_first_line_without_seams() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("older", &[], &["sh", "-c", "seq 1 2500; sleep 0.5; echo last >&2; sleep 600"]);
    let mut world = World::start(settings(unix(&socket)));
    let id = world.container(&container.name).await.id.clone();
    let deadline = Instant::now() + super::world::DEADLINE;
    let mut wire = 0;
    // Until the container has said all.
    let mut known: Vec<(Timestamp, String)> = loop {
        wire += 1;
        let found = page(&mut world, wire, Source::Logs { id: id.clone(), tail: 1000, since: None }, 1000).await;
        world.store.close(StreamId(wire));
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

/// Docker drops what it has no room for while a log is followed, and tells lines of a file again that it begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_and_cuts_bring_no_line_twice_or_out_of_order() {
    let Some(socket) = socket() else { return };
    let script = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i of a log that is rotated often; \
                  [ $((i%20)) = 0 ] && sleep 0.02; done; sleep 600";
    for (name, driver) in [("rotate", "json-file"), ("rotate-local", "local")] {
        let options = ["--log-driver", driver, "--log-opt", "max-size=20k", "--log-opt", "max-file=2"];
        let container = TestContainer::run(name, &options, &["sh", "-c", script]);
        let proxy = Proxy::to(&socket);
        proxy.cut_after("/logs", 12_000, 8);
        let mut world = World::start(Settings { kernel_root: None, ..settings(unix(proxy.socket())) });
        let id = world.container(&container.name).await.id.clone();
        world.open_logs(1, &id, COUNT);
        let mut numbers: Vec<u32> = Vec::new();
        while numbers.last() != Some(&3000) {
            let lines = world.lines(1).await;
            let number = |line: &String| line.split(' ').nth(1)?.parse::<u32>().ok();
            numbers.extend(lines.iter().filter_map(number));
        }
        assert_eq!(proxy.cuts_left(), 0, "{name}");
        let wrong = numbers.windows(2).position(|pair| pair[0] >= pair[1]);
        assert_eq!(wrong, None, "{name}: {:?}", wrong.map(|at| &numbers[at.saturating_sub(2)..at + 2]));
    }
}

/// Reads on until the log has waited for the container to run; the lines that came.
async fn until_it_waits(world: &mut World) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        match world.message().await.1 {
            StreamMessage::Chunk(StreamEvent::Lines(batch)) => {
                lines.extend(batch.lines.iter().map(|mark| String::from_utf8_lossy(batch.line(mark)).into_owned()));
            }
            StreamMessage::Chunk(StreamEvent::State(LogState::Waiting)) => return lines,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_longer_than_was_asked_for_comes_once() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("longer", &[], &["sh", "-c", "seq 1 5000"]);
    let mut world = World::start(settings(unix(&socket)));
    let has_ended = |container: &Arc<Container>| container.state == State::Exited;
    let ended = world.until("its end", |s| named(s, &container.name).filter(has_ended)).await;
    let id = ended.id.clone();
    world.open_logs(1, &id, 1000);
    let lines = until_it_waits(&mut world).await;
    let last: Vec<String> = (4001..=5000).map(|number: i32| number.to_string()).collect();
    assert_eq!(lines.len(), 1000);
    assert_eq!(lines, last, "the last thousand, as it was asked for");
    assert_eq!(world.act(OperationKind::Start, &id).await.result.map(drop), Ok(()));
    let lines = until_it_waits(&mut world).await;
    let again: Vec<String> = (1..=5000).map(|number: i32| number.to_string()).collect();
    assert!(lines == again, "{} lines of 5000", lines.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_words_of_a_run_are_told_once_and_alone() {
    let Some(socket) = socket() else { return };
    let few = ("printf 'run %s' $(cat /proc/sys/kernel/random/uuid)", "run ".len() + 36);
    // As long as a message may be: whether the line goes on is not known.
    let full = ("head -c 16384 /dev/zero | tr '\\0' x", 16 * 1024);
    let drivers = [("words", &[][..]), ("words-tty", &["-t"][..]), ("words-local", &["--log-driver", "local"][..])];
    for ((name, options), (script, length)) in drivers.into_iter().flat_map(|driver| [(driver, few), (driver, full)]) {
        let container = TestContainer::run(name, options, &["sh", "-c", script]);
        let mut world = World::start(settings(unix(&socket)));
        let id = world.container(&container.name).await.id.clone();
        world.open_logs(1, &id, 100);
        let mut lines = until_it_waits(&mut world).await;
        for _ in 0..2 {
            assert_eq!(world.act(OperationKind::Start, &id).await.result.map(drop), Ok(()), "{name}");
            lines.extend(until_it_waits(&mut world).await);
        }
        assert_eq!(lines.len(), 3, "{name}: {lines:?}");
        assert!(lines.iter().all(|line| line.len() == length), "{name}: {lines:?}");
        world.store.close(StreamId(1));
        world.open_logs(2, &id, 100);
        assert_eq!(until_it_waits(&mut world).await, lines, "{name}: who opens it later reads the same");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_loop_tells_its_reason_while_it_goes_on() {
    let Some(socket) = socket() else { return };
    let script = "printf 'FATAL: no config' >&2; exit 1";
    for (name, options) in [("loop", &["--restart", "always"][..]), ("loop-tty", &["--restart", "always", "-t"][..])] {
        let container = TestContainer::run(name, options, &["sh", "-c", script]);
        let mut world = World::start(settings(unix(&socket)));
        let id = world.container(&container.name).await.id.clone();
        world.open_logs(1, &id, 100);
        // It may have come back a fourth time meanwhile.
        let lines = world.lines(3).await;
        assert_eq!(lines, vec!["FATAL: no config"; lines.len().max(3)], "{name}");
    }
}

/// Lines of a stream, until `count` or its end.
async fn page(world: &mut World, wire: u64, source: Source, count: usize) -> Vec<(Timestamp, String)> {
    world.store.open(StreamId(wire), source);
    let mut lines = Vec::new();
    while lines.len() < count {
        match world.message().await {
            (of, _) if of != StreamId(wire) => {}
            (_, StreamMessage::Chunk(StreamEvent::Lines(batch))) => lines.extend(
                batch.lines.iter().map(|mark| (mark.at, String::from_utf8_lossy(batch.line(mark)).into_owned())),
            ),
            (_, StreamMessage::Ended(why)) => {
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
                  head -c 1200000 /dev/zero | tr '\\0' y; echo; sleep 600";
    let drivers = [("long", &[][..]), ("long-tty", &["-t"][..]), ("long-local", &["--log-driver", "local"][..])];
    for (name, options) in drivers {
        let container = TestContainer::run(name, options, &["sh", "-c", script]);
        let mut world = World::start(settings(unix(&socket)));
        let id: Id = world.container(&container.name).await.id.clone();
        world.open_logs(1, &id, 100);
        let lines = world.lines(3).await;
        assert_eq!(lines[0], "x".repeat(40_000), "{name}: {}", lines[0].len());
        assert_eq!(lines[1], "a\u{fffd}b\u{1b}[31m", "{name}");
        assert_eq!(lines[2], "y".repeat(1 << 20), "{name}: {}", lines[2].len());
    }
}
