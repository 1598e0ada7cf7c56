//! What rows say is true: events against lists, and what is refused.

use super::fake::{Fake, id};
use super::world::{World, named};
use crate::support::wait::clock_moves_on;
use bowline::engine::StreamMessage;
use bowline::model::{
    ComposeQuestion, EngineId, Exec, Id, Kind, LogState, Problem, SeenVolume, Size, Snapshot, Source, StreamEvent,
    StreamId, Timestamp, Viewport, Volume,
};
use std::time::Duration;
use tokio::time::Instant;

fn the(number: usize) -> Id {
    Id::new(EngineId(0), id(number))
}

fn says(name: &'static str, word: &'static str) -> impl Fn(&Snapshot) -> Option<()> {
    move |snapshot| named(snapshot, name).filter(|container| container.word() == word).map(drop)
}

async fn two() -> (Fake, World) {
    let fake = Fake::new(2);
    let mut world = World::in_this_process(&fake);
    world.until("the list", |snapshot| (snapshot.containers.len() == 2).then_some(())).await;
    // Its events are heard once this one is.
    world
        .until("an event", |snapshot| {
            fake.tell("restart", 1);
            snapshot.events.iter().any(|event| event.action == "restart").then_some(())
        })
        .await;
    (fake, world)
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_list_does_not_know_yet_is_shown_and_looked_at_until_it_does() {
    let (fake, mut world) = two().await;
    fake.tell_with("die", 0, r#","exitCode":"0""#);
    world.until("the end", says("c0", "exit 0")).await;
    clock_moves_on(Duration::from_secs(5)).await;
    world.until("the end, still", says("c0", "exit 0")).await;
    assert!(fake.count("/containers/json") <= 14, "{:?}", fake.requests());
    fake.set_ended(true);
    clock_moves_on(Duration::from_secs(3)).await;
    let agreed = fake.count("/containers/json");
    clock_moves_on(Duration::from_secs(30)).await;
    assert_eq!(fake.count("/containers/json"), agreed, "the list agrees: nothing more is asked");
    world.until("the end, for good", says("c0", "exit 0")).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_no_list_confirms_is_forgotten() {
    let (fake, mut world) = two().await;
    fake.tell_with("die", 0, r#","exitCode":"3""#);
    world.until("the end", says("c0", "exit 3")).await;
    world.until("the list is believed", says("c0", "running")).await;
    let asked = fake.count("/containers/json");
    clock_moves_on(Duration::from_secs(30)).await;
    assert!(fake.count("/containers/json") <= asked + 1, "no more than the list of every minute");
}

#[tokio::test(start_paused = true)]
async fn whoever_was_stopped_has_not_failed() {
    let (fake, mut world) = two().await;
    let failed =
        |snapshot: &Snapshot| named(snapshot, "c0").filter(|one| !one.state.is_alive()).map(|one| one.has_failed());
    for (events, wanted) in [
        (vec![("die", r#","exitCode":"137""#)], true),
        (vec![("kill", r#","signal":"15""#), ("die", r#","exitCode":"137""#)], false),
        (vec![("kill", r#","signal":"1""#), ("die", r#","exitCode":"1""#)], true),
        (vec![("die", r#","exitCode":"1""#), ("stop", "")], false),
        (vec![("die", r#","exitCode":"143""#)], true),
    ] {
        fake.tell("start", 0);
        world.until("a start", says("c0", "running")).await;
        events.iter().for_each(|(action, attributes)| fake.tell_with(action, 0, attributes));
        let is = |snapshot: &Snapshot| failed(snapshot).filter(|failed| *failed == wanted);
        world.until(&format!("{wanted} after {events:?}"), is).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_stopped_before_we_came_has_not_failed_as_far_as_the_engine_remembers() {
    let fake = Fake::new(0);
    let entry = |number: usize| {
        let id = id(number);
        format!(r#"{{"Id":"{id}","Names":["/c{number}"],"State":"exited","Status":"Exited (137) 5 minutes ago"}}"#)
    };
    let event = |number: usize, action: &str, attributes: &str, nano: i64| {
        let id = id(number);
        format!(
            r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{{attributes}}}}},"timeNano":{nano}}}"#
        ) + "\n"
    };
    let past = [
        event(0, "kill", r#""signal":"15""#, 1),
        event(0, "die", r#""exitCode":"137""#, 2),
        event(1, "die", r#""exitCode":"137""#, 3),
    ];
    fake.answer_each(&[("until=", &past.concat()), ("/containers/json", &format!("[{},{}]", entry(0), entry(1)))]);
    let mut world = World::in_this_process(&fake);
    let failed = |snapshot: &Snapshot, name: &str| named(snapshot, name).is_some_and(|one| one.has_failed());
    world
        .until("what is known", |s| (!failed(s, "c0") && named(s, "c0").is_some() && failed(s, "c1")).then_some(()))
        .await;
    assert_eq!(fake.count("until="), 1);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_started_is_seen_though_no_event_tells_it() {
    let (fake, made) = (Fake::new(0), jiff::Timestamp::now().as_second());
    let list =
        format!(r#"[{{"Id":"{}","Names":["/c0"],"State":"created","Status":"Created","Created":{made}}}]"#, id(0));
    let inspected = |state: &str| format!(r#"{{"State":{{"Status":"created",{state}}},"Config":{{}}}}"#);
    let (not_yet, failed) = (inspected(r#""ExitCode":0"#), inspected(r#""ExitCode":127,"Error":"no such program""#));
    fake.answer_each(&[("/containers/json", &list), ("/json", &not_yet)]);
    let mut world = World::in_this_process(&fake);
    world.until("made", |snapshot| named(snapshot, "c0").filter(|one| one.detail.is_some())).await;
    fake.answer_each(&[("/containers/json", &list), ("/json", &failed)]);
    world.until("it failed", says("c0", "start failed")).await;
    let asked = fake.requests().len();
    fake.answer_each(&[("/containers/json", &list), ("/json", &failed), ("/_ping", "OK")]);
    clock_moves_on(Duration::from_secs(30)).await;
    let more = fake.requests().split_off(asked).into_iter().filter(|request| request.contains("/containers/0")).count();
    assert_eq!(more, 0, "that is known now");
}

/// Why a stream has brought nothing, if it says so.
fn reason(message: &StreamMessage) -> Option<&Problem> {
    match message {
        StreamMessage::Ended(why) => why.as_ref(),
        StreamMessage::Chunk(StreamEvent::State(LogState::Reconnecting(why))) => Some(why),
        StreamMessage::Chunk(_) => None,
    }
}

fn sources() -> Vec<Source> {
    let size = Size { rows: 24, columns: 80 };
    let path = || b"/etc".to_vec();
    let volume = Volume {
        id: Id::new(EngineId(0), "data"),
        name: "data".into(),
        driver: "local".into(),
        mountpoint: "".into(),
        created: Timestamp(1),
        options: Vec::new(),
        labels: Vec::new(),
    };
    let inspect = |kind, raw: &str| Source::Inspect { kind, id: Id::new(EngineId(0), raw) };
    vec![
        Source::Logs { id: the(0), tail: 10, since: None },
        Source::OlderLogs { id: the(0), before: Timestamp(5), known: 1, known_at_before: 1, lines: 10 },
        Source::Processes { id: the(0) },
        Source::Folder { id: the(0), path: path() },
        Source::File { id: the(0), path: path(), limit: 100, seen: None },
        Source::Visit { id: the(0), path: path(), limit: 100 },
        Source::Volume { seen: SeenVolume { volume: volume.into(), at: Timestamp(5) }, size: None },
        inspect(Kind::Container, &id(0)),
        inspect(Kind::Image, "busybox"),
        inspect(Kind::Volume, "data"),
        inspect(Kind::Network, "edge"),
        Source::Compose(
            EngineId(0),
            ComposeQuestion::At { path: "/nowhere/compose.yaml".into(), project: String::new() },
        ),
        Source::Exec(Exec::shell(the(0), size)),
        Source::Attach { id: the(0), size },
        Source::ArchiveOut { id: the(0), path: path(), follow: false },
    ]
}

/// Paths that are not refused, so that there is an engine at all, begin so; all others do not.
const REFUSED: [&str; 7] =
    ["/containers/0", "/images/", "/volumes", "/networks", "/exec", "/containers/create", "/system"];

#[tokio::test(start_paused = true)]
async fn whatever_is_refused_says_why_and_is_asked_for_with_growing_pauses_however_often_it_is_opened() {
    for (status, words) in
        [(403, "a guard forbids it"), (404, "no such thing"), (409, "not now"), (500, "ps: exit status 1")]
    {
        let (fake, mut world) = two().await;
        fake.answer_with(&REFUSED, status, &format!(r#"{{"message":"{words}"}}"#));
        for (wire, source) in sources().into_iter().enumerate() {
            let (mut why, before, end) = (None, fake.requests().len(), Instant::now() + Duration::from_secs(60));
            let by_hand = matches!(source, Source::Exec(_) | Source::Attach { .. } | Source::ArchiveOut { .. });
            world.store.open(StreamId(wire as u64), source.clone());
            while let Ok(message) = tokio::time::timeout_at(end, world.outputs.chunks.recv()).await {
                let (of, message) = message.expect("the store lives");
                if of != StreamId(wire as u64) {
                    continue;
                }
                why = reason(&message).cloned().or(why);
                // What a person asks for is asked once; the rest is opened again at once, as a cockpit would.
                if matches!(message, StreamMessage::Ended(_)) && by_hand {
                    break;
                }
                if matches!(message, StreamMessage::Ended(_)) {
                    world.store.open(StreamId(wire as u64), source.clone());
                }
                assert!(fake.requests().len() < before + 200, "a storm of {source:?}: {:?}", fake.requests().pop());
            }
            world.store.close(StreamId(wire as u64));
            let asked = fake.requests().len() - before;
            assert!(asked <= 60, "{asked} requests in a minute of {source:?}");
            let why = why.unwrap_or_else(|| panic!("{source:?} says nothing of {status}"));
            let is_told = status == 404 || matches!(source, Source::Compose(..)) || why.cause.contains(words);
            assert!(is_told && !why.cause.is_empty(), "{source:?} after {status}: {why}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_refused_since_its_container_is_being_removed_ends_with_that() {
    let (fake, mut world) = two().await;
    let words = "can not get logs from container which is dead or marked for removal";
    for status in [409, 404] {
        fake.answer_with(&["/logs"], status, &format!(r#"{{"message":"{words}"}}"#));
        world.open_logs(1, &the(1), 10);
        let why = loop {
            match world.message().await.1 {
                StreamMessage::Ended(why) => break why.expect("a reason"),
                // Until it is known that there is no such container any more, it is asked for again.
                StreamMessage::Chunk(StreamEvent::State(LogState::Reconnecting(_))) => {
                    fake.set_containers(1);
                    fake.tell("destroy", 1);
                }
                StreamMessage::Chunk(_) => {}
            }
        };
        assert_eq!(why.cause, "the container was removed", "after {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_of_processes_that_is_none_is_said_and_seldom_asked_for() {
    let (fake, mut world) = two().await;
    for body in ["", "null", "{}", r#"{"Titles":["PID"],"Processes":null}"#, r#"{"Titles":null,"Processes":[["1"]]}"#] {
        fake.answer_with(&["/top"], 200, body);
        let (before, end) = (fake.count("/top"), Instant::now() + Duration::from_secs(60));
        world.store.open(StreamId(1), Source::Processes { id: the(0) });
        let mut why = None;
        while let Ok(message) = tokio::time::timeout_at(end, world.outputs.chunks.recv()).await {
            why = reason(&message.expect("the store lives").1).cloned().or(why);
            world.store.open(StreamId(1), Source::Processes { id: the(0) });
        }
        world.store.close(StreamId(1));
        let (asked, why) = (fake.count("/top") - before, why.expect("a reason"));
        assert!(why.cause.contains("cannot be read") && !why.cause.contains("EOF"), "{body}: {why}");
        assert!((4..=20).contains(&asked), "{asked} questions in a minute for {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn lists_events_and_figures_that_are_refused_are_said_and_seldom_asked_for() {
    let fake = Fake::new(2);
    let mut world = World::in_this_process(&fake);
    world.until("the list", |snapshot| (snapshot.containers.len() == 2).then_some(())).await;
    fake.answer_with(
        &["/events", "/info", "/system/df", "/volumes", "/history", "/stats"],
        403,
        r#"{"message":"a guard forbids it"}"#,
    );
    fake.end_events();
    let told = |problem: Option<&Problem>| problem.filter(|problem| problem.cause.contains("a guard")).map(drop);
    let engine = |snapshot: &Snapshot| told(snapshot.engines.values().next()?.unheard.as_ref());
    world.until("no events", engine).await;
    for kind in [Kind::Volume, Kind::System] {
        world.store.attend(Viewport { kind, ..Viewport::default() });
        world.until("no list", |snapshot| told(snapshot.inventory(EngineId(0)).problems.get(&kind))).await;
    }
    world.until("no disk", |snapshot| told(snapshot.inventory(EngineId(0)).disk_problem.as_ref())).await;
    let image = Id::new(EngineId(0), "sha256:1");
    world.store.attend(Viewport { kind: Kind::Image, chosen: Some(image), ..Viewport::default() });
    world
        .until("no layers", |snapshot| {
            told(snapshot.inventory(EngineId(0)).layers_problem.as_ref().map(|(_, problem)| problem))
        })
        .await;
    world.store.attend(Viewport { selected: Some(the(0)), visible: vec![the(0)], ..Viewport::default() });
    let unread = |snapshot: &Snapshot| {
        snapshot.usage.get(&the(0))?.unread.as_ref().filter(|why| why.contains("a guard")).map(drop)
    };
    world.until("no figures", unread).await;
    fake.answer_with(&["/containers/json"], 500, r#"{"message":"a guard forbids it"}"#);
    world.store.refresh();
    world.until("no containers", |snapshot| told(snapshot.inventory(EngineId(0)).problems.get(&Kind::Container))).await;
    let before = fake.count("/containers/json");
    clock_moves_on(Duration::from_secs(60)).await;
    let asked = fake.count("/containers/json") - before;
    assert!((2..=6).contains(&asked), "{asked} lists in a minute");
    fake.answer_with(&[], 200, "");
    let again =
        |snapshot: &Snapshot| (!snapshot.inventory(EngineId(0)).problems.contains_key(&Kind::Container)).then_some(());
    world.until("containers again", again).await;
}
