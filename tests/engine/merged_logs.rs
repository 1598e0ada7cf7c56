//! The logs of several containers as one, from real streams: in order of time, each line once, through cuts and a restart.

use super::docker::{self, TestContainer};
use super::world::{DEADLINE, World, named, settings, unix};
use crate::support::docker::Docker;
use crate::support::proxy::Proxy;
use crate::support::wait::until;
use bowline::app::{LogOptions, LogView, MergedLog, SourceSet};
use bowline::engine::StreamMessage;
use bowline::engine::logs::demux::Demux;
use bowline::engine::logs::lines::Lines;
use bowline::model::{Container, Id, Kind, OperationKind, Source, Stream, StreamEvent, StreamId, Timestamp};
use bowline_embedded::{Engine, Options, Scenario};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Lines that each container writes in a run.
const COUNT: usize = 1500;
/// Writes them in bursts, and rests.
const WRITES: &str = "n=0; while [ $n -lt 1500 ]; do n=$((n+1)); echo line $n; [ $((n%100)) = 0 ] && sleep 0.1; done; \
                      while :; do sleep 600; done";

/// A line: when, and what.
type Line = (Timestamp, String);

/// The log of several containers, as the cockpit has it.
struct Reading {
    world: World,
    view: LogView,
    preferences: LogOptions,
    next_wire: u64,
    /// Lines that came of each, also those that wait for older pages of the others.
    heard: Vec<usize>,
}

impl Reading {
    async fn open(mut world: World, names: &[&str], tail: usize) -> Reading {
        let mut containers: Vec<Arc<Container>> = Vec::new();
        for name in names {
            containers.push(world.container(name).await);
        }
        let preferences = LogOptions { tail, memory_mib: 64, ..LogOptions::default() };
        let mut next_wire = 0;
        let wires = || {
            next_wire += 1;
            StreamId(next_wire)
        };
        let merge = MergedLog::new(&containers, SourceSet::Chosen, Kind::Container, tail, wires);
        for voice in &merge.voices {
            world.store.open(voice.stream, voice.source());
        }
        let view = LogView::merged(merge, &preferences).expect("there are containers");
        Reading { world, view, preferences, next_wire, heard: vec![0; names.len()] }
    }

    fn open_pages(&mut self, sources: Vec<Source>) {
        for source in sources {
            self.next_wire += 1;
            self.view.older_opened(&source, StreamId(self.next_wire));
            self.world.store.open(StreamId(self.next_wire), source);
        }
    }

    /// Takes one message in.
    async fn hear(&mut self) {
        match self.world.message().await {
            (wire, StreamMessage::Chunk(chunk)) if self.view.hears(wire) => {
                if let StreamEvent::Lines(batch) = &chunk {
                    self.heard[wire.0 as usize - 1] += batch.lines.len();
                }
                self.view.take_from(wire, chunk);
            }
            (wire, StreamMessage::Chunk(chunk @ (StreamEvent::Lines(_) | StreamEvent::NothingOlder))) => {
                self.view.take_older(wire, chunk);
            }
            (wire, StreamMessage::Ended(why)) if self.view.hears_older(wire) => {
                assert_eq!(why, None);
                let next = self.view.older_done(wire, &self.preferences);
                self.open_pages(next);
            }
            (_, message) => panic!("{message:?}"),
        }
    }

    /// Takes messages in until something is so.
    async fn until(&mut self, what: &str, holds: impl Fn(&LogView) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !holds(&self.view) {
            assert!(Instant::now() < deadline, "waited in vain for {what}: {} lines", self.view.ring.len());
            self.hear().await;
        }
    }
}

/// The lines of one container.
fn lines_of(view: &LogView, voice: usize) -> Vec<Line> {
    let all = (view.ring.first()..view.ring.end()).filter_map(|number| view.ring.line(number));
    let of = all.filter(|(mark, _)| usize::from(mark.voice) == voice);
    of.map(|(mark, bytes)| (mark.at, String::from_utf8_lossy(bytes).into_owned())).collect()
}

/// How many runs of a container have been read to their end.
fn runs(view: &LogView, voice: usize) -> usize {
    lines_of(view, voice).iter().filter(|(_, line)| *line == format!("line {COUNT}")).count()
}

/// That thousands of lines are the same, told in few words where they are not.
fn assert_same(shown: &[Line], held: &[Line], name: &str) {
    let wrong = shown.iter().zip(held).position(|(shown, held)| shown != held);
    assert_eq!(wrong, None, "{name}: {:?}", wrong.map(|at| (&shown[at], &held[at])));
    assert_eq!(shown.len(), held.len(), "{name}");
}

fn assert_in_order_of_time(view: &LogView) {
    let stamps: Vec<Timestamp> = view.ring.marks().map(|mark| mark.at).collect();
    let wrong = stamps.windows(2).position(|pair| pair[0] > pair[1]);
    assert_eq!(wrong, None, "out of order: {:?}", wrong.map(|at| &stamps[at..at + 2]));
}

/// All that the engine itself holds of a container's log.
fn held(engine: &Docker, id: &Id) -> Vec<Line> {
    let path = format!("/containers/{}/logs?stdout=1&stderr=1&timestamps=1", id.raw());
    let (status, body) = engine.request("GET", &path, "", b"").expect("an answer");
    assert_eq!(status, 200);
    let mut lines = Lines::new(false);
    let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
    Demux::new(false).feed(&body, |piece| lines.piece(piece, &mut all)).expect("frames");
    let batch = &lines.batch;
    batch.lines.iter().map(|mark| (mark.at, String::from_utf8_lossy(batch.line(mark)).into_owned())).collect()
}

/// Three containers write, the connections are cut now and then, the second is restarted in the middle.
async fn three_with_a_restart(engine: &Docker, names: &[&str; 3]) {
    let proxy = Proxy::to(engine.socket());
    proxy.cut_after("/logs", 20_000, 6);
    let world = World::start(settings(unix(proxy.socket())));
    let mut reading = Reading::open(world, names, 100_000).await;
    reading.until("the middle", |view| lines_of(view, 1).len() > COUNT / 3).await;
    let id = named(&reading.world.outputs.snapshots.borrow().clone(), names[1]).expect("it runs").id.clone();
    // Not waited for here: what the streams tell meanwhile waits at its source.
    let act = bowline::model::Operation::new(OperationKind::Restart, id.clone(), names[1]);
    reading.world.store.operation(bowline::model::OperationId(1), act);
    reading
        .until("the end of all", |view| {
            let voices = view.merge.as_ref().map_or(0, |merge| merge.voices.len());
            let last = lines_of(view, 1).last().is_some_and(|(_, line)| *line == format!("line {COUNT}"));
            let began = lines_of(view, 1).iter().filter(|(_, line)| line == "line 1").count();
            (0..voices).all(|voice| runs(view, voice) > 0) && last && began == 2
        })
        .await;
    assert_in_order_of_time(&reading.view);
    for (voice, name) in names.iter().enumerate() {
        let id = reading.world.container(name).await.id.clone();
        assert_same(&lines_of(&reading.view, voice), &held(engine, &id), name);
    }
    assert!(lines_of(&reading.view, 1).len() > COUNT, "it wrote in two runs");
    assert_eq!(proxy.cuts_left(), 0, "the proxy has cut as often as it should");
}

/// From a short tail back to the first line of all.
async fn back_to_the_first_line(engine: &Docker, socket: &Path, names: &[&str; 3]) {
    let mut world = World::start(settings(unix(socket)));
    for name in names {
        // Until it has written all: its history does not grow any more.
        let id = world.container(name).await.id.clone();
        until("all of its lines", || {
            held(engine, &id).last().is_some_and(|(_, line)| *line == format!("line {COUNT}"))
        });
    }
    let mut reading = Reading::open(world, names, 300).await;
    while reading.heard.iter().any(|heard| *heard < 100) {
        reading.hear().await;
    }
    assert!(reading.view.ring.len() <= 300, "{} lines", reading.view.ring.len());
    let mut everything: Vec<Timestamp> = Vec::new();
    for name in names {
        let id = reading.world.container(name).await.id.clone();
        everything.extend(held(engine, &id).into_iter().map(|(at, _)| at));
    }
    everything.sort();
    while !reading.view.at_start {
        let stamps: Vec<Timestamp> = reading.view.ring.marks().map(|mark| mark.at).collect();
        let end = &everything[everything.len() - stamps.len()..];
        let gap = stamps.iter().zip(end).rposition(|(shown, wanted)| shown != wanted);
        assert_eq!(gap, None, "a gap among {} of {} lines", stamps.len(), everything.len());
        let pages = reading.view.older_pages(&reading.preferences);
        assert!(!pages.is_empty());
        reading.open_pages(pages);
        reading.until("the pages", |view| !view.is_loading_older()).await;
    }
    for (voice, name) in names.iter().enumerate() {
        let id = reading.world.container(name).await.id.clone();
        assert_same(&lines_of(&reading.view, voice), &held(engine, &id), name);
    }
    assert_in_order_of_time(&reading.view);
}

fn containers(name: &str) -> [TestContainer; 3] {
    ["a", "b", "c"]
        .map(|one| TestContainer::run(&format!("logs-{name}-{one}"), &["--stop-signal", "KILL"], &["sh", "-c", WRITES]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_containers_are_one_log_through_cuts_and_a_restart() {
    let Some(socket) = docker::socket() else { return };
    let all = containers("merge");
    three_with_a_restart(&Docker::at(format!("unix://{}", socket.display())), &all.each_ref().map(|one| &*one.name))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_containers_logs_go_back_to_the_first_line_without_a_gap() {
    let Some(socket) = docker::socket() else { return };
    let all = containers("back");
    let engine = Docker::at(format!("unix://{}", socket.display()));
    back_to_the_first_line(&engine, &socket, &all.each_ref().map(|one| &*one.name)).await;
}

const EMBEDDED: [&str; 3] = ["shop-web-1", "shop-web-2", "shop-db-1"];

/// The embedded engine with three processes.
async fn embedded(folder: &Path, processes: [(&str, &str); 3]) -> (Engine, PathBuf) {
    let containers = processes.map(|(name, script)| {
        format!("[[container]]\nname = \"{name}\"\nimage = \"i\"\nkind = \"process\"\ncommand = [\"sh\", \"-c\", '{script}']\n")
    });
    let scenario = Scenario::parse(&containers.concat()).expect("a scenario");
    let options = Options { guard: Some(env!("CARGO_BIN_EXE_bowline").into()), ..Options::default() };
    let engine = Engine::start(scenario, options).expect("starts");
    let socket = folder.join("engine.sock");
    engine.listen_unix(&socket).await.expect("listens");
    (engine, socket)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_containers_of_the_embedded_engine_are_one_log_through_cuts_and_a_restart() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let (engine, socket) = embedded(folder.path(), EMBEDDED.map(|name| (name, WRITES))).await;
    three_with_a_restart(&Docker::at(format!("unix://{}", socket.display())), &EMBEDDED).await;
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_containers_logs_of_the_embedded_engine_go_back_to_the_first_line_without_a_gap() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let (engine, socket) = embedded(folder.path(), EMBEDDED.map(|name| (name, WRITES))).await;
    back_to_the_first_line(&Docker::at(format!("unix://{}", socket.display())), &socket, &EMBEDDED).await;
    engine.shutdown().await;
}

/// Two containers flood as quickly as they can; the third says a line now and then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_some_starves_nobody() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let flood = "while :; do echo a line of the flood that is about as long as lines are; done";
    let quiet = "n=0; while :; do n=$((n+1)); echo tick $n; sleep 0.1; done";
    let names = ["aa-flood", "bb-flood", "quiet"];
    let (engine, socket) =
        embedded(folder.path(), names.map(|name| (name, if name == "quiet" { quiet } else { flood }))).await;
    let mut reading = Reading::open(World::start(settings(unix(&socket))), &names, 1000).await;
    // The newest line of whom nearly nothing is heard is near the end: what it says is not behind what others say.
    reading
        .until("twenty lines of the quiet one", |view| lines_of(view, 2).iter().any(|(_, line)| line == "tick 20"))
        .await;
    assert!(reading.heard[0] > 2000 && reading.heard[1] > 2000, "{:?}", reading.heard);
    assert_in_order_of_time(&reading.view);
    engine.shutdown().await;
}
