//! Searches through what engines hold of a log, beyond what is loaded: each line once between what is found and what is loaded.

use super::docker::{TestContainer, socket};
use super::world::{World, settings, unix};
use crate::support::proxy::Proxy;
use crate::support::wait::until;
use bowline::engine::{Settings, StreamMessage};
use bowline::model::{
    Batch, Id, LineMark, LogFilter, LogFilters, Problem, SearchProgress, Source, StreamEvent, StreamId, Timestamp,
};
use bowline_embedded::{Engine, Options, Scenario};
use std::path::Path;
use std::sync::Arc;

/// A line: its mark, and its text.
type Line = (LineMark, String);

/// What a stream told until its end.
#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    progress: Vec<SearchProgress>,
    end: Option<Problem>,
}

impl Told {
    fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|(_, text)| text.as_str()).collect()
    }
}

fn lines(batch: &Batch) -> impl Iterator<Item = Line> + '_ {
    batch.lines.iter().map(|mark| (*mark, String::from_utf8_lossy(batch.line(mark)).into_owned()))
}

fn filters(typed: &[&str]) -> Arc<LogFilters> {
    let parse = |typed: &&str| LogFilter::parse(typed).expect("readable").expect("not empty");
    Arc::new(LogFilters(typed.iter().map(parse).collect()))
}

/// A search through all that an engine holds.
fn search_all(id: &Id, typed: &[&str]) -> Source {
    let before = Timestamp::default();
    Source::SearchLogs { id: id.clone(), filters: filters(typed), since: None, tail: None, before, known_at_before: 0 }
}

/// A search through what is before the loaded lines.
fn search_before(id: &Id, typed: &[&str], loaded: &[Line]) -> Source {
    let before = loaded[0].0.at;
    let known_at_before = loaded.iter().filter(|(mark, _)| mark.at == before).count();
    Source::SearchLogs { id: id.clone(), filters: filters(typed), since: None, tail: None, before, known_at_before }
}

/// Reads a stream to its end.
async fn read(world: &mut World, wire: u64, source: Source) -> Told {
    world.store.open(StreamId(wire), source);
    let mut told = Told::default();
    loop {
        match world.message().await {
            (of, _) if of != StreamId(wire) => {}
            (_, StreamMessage::Chunk(StreamEvent::Lines(batch))) => told.lines.extend(lines(&batch)),
            (_, StreamMessage::Chunk(StreamEvent::Searched(progress))) => told.progress.push(progress),
            (_, StreamMessage::Chunk(other)) => panic!("{other:?}"),
            (_, StreamMessage::Ended(why)) => {
                told.end = why;
                return told;
            }
        }
    }
}

/// The latest lines, as the log pane loads them; waits until the last one is there.
async fn loaded(world: &mut World, wire: u64, id: &Id, tail: usize) -> Vec<Line> {
    world.store.open(StreamId(wire), Source::Logs { id: id.clone(), tail, since: None });
    let mut loaded: Vec<Line> = Vec::new();
    while loaded.last().is_none_or(|(_, text)| text != "the end") {
        match world.message().await {
            (of, StreamMessage::Chunk(StreamEvent::Lines(batch))) if of == StreamId(wire) => {
                loaded.extend(lines(&batch));
            }
            _ => {}
        }
    }
    world.store.close(StreamId(wire));
    loaded
}

/// Waits until a log holds its last line.
fn until_written(id: &str, last: &str) {
    until(last, || {
        let output = std::process::Command::new("docker").args(["logs", "--tail", "1", id]).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim_end() == last)
    });
}

/// What is found before the loaded lines, and those of the loaded lines that hold the same, are all that hold it.
async fn found_and_loaded_are_all(world: &mut World, id: &Id, name: &str) {
    let loaded = loaded(world, 11, id, 1000).await;
    let told = read(world, 2, search_before(id, &["7$"], &loaded)).await;
    assert_eq!(told.end, None, "{name}");
    let mut all = told.texts();
    all.extend(loaded.iter().map(|(_, text)| text.as_str()).filter(|text| text.ends_with('7')));
    let wanted: Vec<String> = (0..500).map(|ten| format!("line {}", ten * 10 + 7)).collect();
    assert_eq!(all, wanted, "{name}");
    assert!(told.lines.windows(2).all(|pair| pair[0].0.at <= pair[1].0.at), "{name}: oldest first");
    let last = told.progress.last().expect("how far it is");
    // It may read on a little, until it is certain where the loaded lines begin.
    let before = 5001 - loaded.len() as u64;
    assert!(last.lines >= before && last.lines <= 5001 && last.bytes >= before * 6, "{name}: {last:?}");
    assert_eq!(last.found, told.lines.len() as u64, "{name}");
}

const WRITES: &str = "n=0; while [ $n -lt 5000 ]; do n=$((n+1)); echo line $n; done; sleep 0.2; echo the end; \
                      while :; do sleep 600; done";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_found_ends_where_the_loaded_lines_begin() {
    let Some(socket) = socket() else { return };
    let drivers = [("search", &[][..]), ("search-tty", &["-t"][..]), ("search-local", &["--log-driver", "local"][..])];
    for (name, options) in drivers {
        let options = [options, &["--stop-signal", "KILL"]].concat();
        let container = TestContainer::run(name, &options, &["sh", "-c", WRITES]);
        let mut world = World::start(settings(unix(&socket)));
        let id = world.container(&container.name).await.id.clone();
        until_written(&container.id, "the end");
        found_and_loaded_are_all(&mut world, &id, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_engine_is_searched_too() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let (engine, socket) = embedded(folder.path(), WRITES).await;
    let mut world = World::start(settings(unix(&socket)));
    let id = world.container("writer").await.id.clone();
    loaded(&mut world, 10, &id, 10).await;
    found_and_loaded_are_all(&mut world, &id, "embedded").await;
    twenty_from_a_moment(&mut world, &id).await;
    engine.shutdown().await;
}

async fn embedded(folder: &Path, script: &str) -> (Engine, std::path::PathBuf) {
    let scenario = format!(
        "[[container]]\nname = \"writer\"\nimage = \"i\"\nkind = \"process\"\ncommand = [\"sh\", \"-c\", '{script}']\n"
    );
    let options = Options { guard: Some(env!("CARGO_BIN_EXE_bowline").into()), ..Options::default() };
    let engine = Engine::start(Scenario::parse(&scenario).expect("a scenario"), options).expect("starts");
    let socket = folder.join("engine.sock");
    engine.listen_unix(&socket).await.expect("listens");
    (engine, socket)
}

/// The first twenty lines from a moment on are those.
async fn twenty_from_a_moment(world: &mut World, id: &Id) {
    let all = read(world, 3, search_all(id, &[])).await;
    assert_eq!(all.end, None);
    let from = all.lines[2500].0.at;
    let wanted: Vec<&str> =
        all.lines.iter().filter(|(mark, _)| mark.at >= from).map(|(_, text)| text.as_str()).collect();
    let told = read(world, 4, Source::LogsFrom { id: id.clone(), from, lines: 20 }).await;
    assert_eq!((told.texts(), told.end.clone(), told.progress.len()), (wanted[..20].to_vec(), None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_window_has_its_lines_and_no_others() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("window", &["--stop-signal", "KILL"], &["sh", "-c", WRITES]);
    let mut world = World::start(settings(unix(&socket)));
    let id = world.container(&container.name).await.id.clone();
    until_written(&container.id, "the end");
    let all = read(&mut world, 1, search_all(&id, &[])).await.lines;
    let texts = |lines: &[Line]| lines.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    assert_eq!(all.len(), 5001);
    let (since, until) = (all[2000].0.at, all[3000].0.at);
    let wanted: Vec<Line> = all.iter().filter(|(mark, _)| mark.at >= since && mark.at <= until).cloned().collect();
    let window = |tail| Source::SearchLogs {
        id: id.clone(),
        filters: filters(&[]),
        since: Some(since),
        tail,
        before: until,
        known_at_before: 0,
    };
    let told = read(&mut world, 2, window(None)).await;
    assert_eq!((texts(&told.lines), told.end), (texts(&wanted), None));
    let told = read(&mut world, 3, window(Some(2500))).await;
    assert_eq!(
        texts(&told.lines),
        texts(&all[2501..].iter().filter(|(mark, _)| mark.at <= until).cloned().collect::<Vec<_>>())
    );
    twenty_from_a_moment(&mut world, &id).await;
    // What is followed begins at a moment too.
    world.store.open(StreamId(5), Source::Logs { id: id.clone(), tail: 100_000, since: Some(since) });
    let followed = world.lines(all.iter().filter(|(mark, _)| mark.at >= since).count()).await;
    assert_eq!(followed, texts(&all.iter().filter(|(mark, _)| mark.at >= since).cloned().collect::<Vec<_>>()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_lines_are_searched_whole_and_context_is_marked() {
    let Some(socket) = socket() else { return };
    let script = "echo before; head -c 40000 /dev/zero | tr '\\0' x; echo needle; echo behind; echo far; sleep 600";
    for (name, options) in [("search-long", &[][..]), ("search-long-tty", &["-t"][..])] {
        let container = TestContainer::run(name, options, &["sh", "-c", script]);
        let mut world = World::start(settings(unix(&socket)));
        let id = world.container(&container.name).await.id.clone();
        until_written(&container.id, "far");
        let told = read(&mut world, 1, search_all(&id, &["-C1 xneedle$"])).await;
        let found = format!("{}needle", "x".repeat(40_000));
        assert_eq!(told.texts(), ["before", &found, "behind"], "{name}");
        let context: Vec<bool> = told.lines.iter().map(|(mark, _)| mark.context).collect();
        assert_eq!(
            (context, told.progress.last().map(|last| last.found)),
            (vec![true, false, true], Some(1)),
            "{name}"
        );
    }
}

/// Docker drops files of a log while it is searched: what is found has no gap, and nothing twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_rotated_is_searched_without_a_gap() {
    let Some(socket) = socket() else { return };
    let script = "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo line $i of a log that is rotated often; \
                  [ $((i%40)) = 0 ] && sleep 0.02; done; echo the end; sleep 600";
    let options = ["--log-opt", "max-size=20k", "--log-opt", "max-file=3"];
    let container = TestContainer::run("search-rotate", &options, &["sh", "-c", script]);
    let mut world = World::start(settings(unix(&socket)));
    let id = world.container(&container.name).await.id.clone();
    let number = |(_, text): &Line| text.split(' ').nth(1)?.parse::<u32>().ok();
    for wire in 100.. {
        let told = read(&mut world, wire, search_all(&id, &[])).await;
        let numbers: Vec<u32> = told.lines.iter().filter_map(number).collect();
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
        if told.texts().last() == Some(&"the end") {
            break;
        }
    }
    let loaded = loaded(&mut world, 10, &id, 100).await;
    let told = read(&mut world, 2, search_before(&id, &["line"], &loaded)).await;
    let numbers: Vec<u32> = told.lines.iter().chain(&loaded).filter_map(number).collect();
    assert!(numbers.len() > 200 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    // The lines before the loaded ones are gone: the loaded ones are not told again.
    let gone = [(LineMark { at: Timestamp(loaded[0].0.at.0 - 3_600_000_000_000), ..loaded[0].0 }, String::new())];
    assert_eq!(read(&mut world, 3, search_before(&id, &["line"], &gone)).await.texts(), [""; 0]);
}

/// An answer that is cut off is noticed, whatever it looks like, and what was found before is not found again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_is_cut_off_goes_on_or_says_so() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("search-cut", &["--stop-signal", "KILL"], &["sh", "-c", WRITES]);
    until_written(&container.id, "the end");
    let proxy = Proxy::to(&socket);
    let mut world = World::start(Settings { kernel_root: None, ..settings(unix(proxy.socket())) });
    let id = world.container(&container.name).await.id.clone();
    let loaded = loaded(&mut world, 10, &id, 100).await;
    proxy.cut_after("/logs?stdout=1", 100_000, 1);
    let told = read(&mut world, 2, search_before(&id, &["line"], &loaded)).await;
    assert_eq!(proxy.cuts_left(), 0);
    let found = told.texts();
    assert!(
        !found.is_empty() && found.iter().zip(1..).all(|(text, number)| *text == format!("line {number}")),
        "{found:?}"
    );
    match told.end {
        None => assert_eq!(found.len(), 5001 - loaded.len()),
        Some(why) => assert!(why.cause.contains("broke"), "{why}"),
    }
    // To the end of the log there is no seam that could be missing: the last line is.
    proxy.cut_after("/logs?stdout=1", 100_000, 1);
    let told = read(&mut world, 3, search_all(&id, &["line"])).await;
    let why = told.end.expect("a reason");
    assert!(why.cause.contains("the connection broke"), "{why}");
    assert!(!told.lines.is_empty() && told.lines.len() < 5000, "{} lines", told.lines.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_search_tells_nothing_more_and_ends_at_the_engine_too() {
    let Some(socket) = socket() else { return };
    let script = "yes a line of the flood that is about as long as lines are | head -n 400000; sleep 600";
    let options = ["--stop-signal", "KILL", "--log-opt", "max-size=200m"];
    let container = TestContainer::run("search-close", &options, &["sh", "-c", script]);
    until_written(&container.id, "a line of the flood that is about as long as lines are");
    let proxy = Proxy::to(&socket);
    let mut world = World::start(Settings { kernel_root: None, ..settings(unix(proxy.socket())) });
    let id = world.container(&container.name).await.id.clone();
    world.store.open(StreamId(1), search_all(&id, &["flood"]));
    while !matches!(world.message().await, (StreamId(1), StreamMessage::Chunk(StreamEvent::Lines(_)))) {}
    world.store.close(StreamId(1));
    until("the engine to be asked no more", || proxy.under_way("/logs?stdout=1") == 0);
}
