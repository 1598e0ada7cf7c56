//! Two engines in one fleet, whose containers, images, volumes and networks have the same names and the same ids: each answers
//! for its own, and none for the other.

use super::world::{DEADLINE, World};
use bowline::engine::{Endpoint, Engines, Place, Settings, StreamMessage};
use bowline::model::{
    Container, EngineId, Exec, Id, Kind, Link, NewVolume, Operation, OperationArgs, OperationKind, Origin, Program,
    Size, Snapshot, Source, State, StreamEvent, StreamId, Viewport,
};
use bowline_embedded::{Engine, Options, Scenario};
use std::sync::Arc;
use std::time::Duration;

const EAST: EngineId = EngineId(3);
const WEST: EngineId = EngineId(7);
const BOTH: [(EngineId, &str, u64); 2] = [(EAST, "east", 1), (WEST, "west", 2)];

/// An engine whose container `web` says in everything but its name and its id where it is.
fn engine(site: &str, gibibytes: u64) -> Engine {
    let scenario = format!(
        r#"
        name = "{site}"
        seed = 1
        processors = 4
        host_memory = "64GiB"

        [[volume]]
        name = "data"
        labels = {{ site = "{site}" }}

        [[network]]
        name = "shop"
        labels = {{ site = "{site}" }}

        [[container]]
        name = "web"
        image = "nginx:1.27"
        service = "{site}"
        env = ["SITE={site}"]
        labels = {{ site = "{site}" }}
        volumes = ["data:/data"]
        networks = ["shop"]
        memory = "{gibibytes}GiB"
        log = "json"
        rate = 20.0
        stable = true
        "#
    );
    let scenario = Scenario::parse(&scenario).expect("a scenario");
    Engine::start(scenario, Options { guard: None, ..Options::default() }).expect("starts")
}

fn settings(id: EngineId, site: &str, gibibytes: u64) -> Settings {
    let engine = engine(site, gibibytes);
    let endpoint = Endpoint::Private(Arc::new(move || engine.connect()));
    let often = Duration::from_millis(200);
    Settings {
        places: vec![Place { endpoint, origin: Origin::Context(site.into()) }],
        engine: id,
        sample_selected: often,
        sample_visible: often,
        sample_rest: often,
        ..Settings::default()
    }
}

/// The two engines with a fleet that looks at them, once both are up.
async fn fleet() -> World {
    let (store, outputs) = Engines::start(BOTH.map(|(id, site, gibibytes)| settings(id, site, gibibytes)));
    let mut world = World { store, outputs };
    world
        .until("both engines", |snapshot| {
            let is_up = |id| snapshot.engines.get(&id).is_some_and(|engine| engine.link == Link::Up && engine.listed);
            (is_up(EAST) && is_up(WEST) && snapshot.containers.len() == 2).then_some(())
        })
        .await;
    world
}

fn web(snapshot: &Snapshot, engine: EngineId) -> Option<Arc<Container>> {
    snapshot.containers.values().find(|one| one.id.engine() == engine && &*one.name == "web").cloned()
}

impl World {
    async fn web(&mut self, engine: EngineId) -> Id {
        self.until("web", |snapshot| web(snapshot, engine)).await.id.clone()
    }

    /// What comes out of a stream until `enough`, or until it ends.
    async fn output(&mut self, stream: StreamId, enough: &str) -> String {
        let mut text = String::new();
        while !text.contains(enough) {
            let message = tokio::time::timeout(DEADLINE, self.outputs.chunks.recv()).await;
            let (from, message) = message.expect("a message in time").expect("the engines live");
            match message {
                _ if from != stream => {}
                StreamMessage::Chunk(StreamEvent::Output(_, bytes)) => text += &String::from_utf8_lossy(&bytes),
                StreamMessage::Chunk(StreamEvent::Lines(batch)) => {
                    batch.lines.iter().for_each(|mark| text += &String::from_utf8_lossy(batch.line(mark)));
                }
                StreamMessage::Chunk(StreamEvent::Document(document)) => {
                    text += document.text(&["Config", "Labels", "site"]).unwrap_or_default();
                }
                StreamMessage::Chunk(_) => {}
                StreamMessage::Ended(why) => {
                    assert_eq!(why, None, "after {text}");
                    break;
                }
            }
        }
        text
    }
}

#[tokio::test]
async fn containers_of_one_name_and_one_id_are_two_and_each_list_is_its_engines() {
    let mut world = fleet().await;
    let (east, west) = (world.web(EAST).await, world.web(WEST).await);
    assert_eq!(east.raw(), west.raw(), "the scenario gives them the same id");
    assert_ne!(east, west);
    for (engine, site, _) in BOTH {
        let found = world.until(site, |snapshot| web(snapshot, engine)).await;
        assert_eq!(found.label("site"), Some(site));
        let host = world.until("its host", |s| Some(s.engines[&engine].info.host.clone()).filter(|h| !h.is_empty()));
        assert_eq!(host.await, site);
    }
}

#[tokio::test]
async fn what_one_engine_keeps_beside_containers_does_not_overwrite_what_the_other_keeps() {
    let mut world = fleet().await;
    let site =
        |labels: &[(Arc<str>, Arc<str>)]| labels.iter().find(|(name, _)| &**name == "site")?.1.to_string().into();
    for kind in [Kind::Volume, Kind::Network, Kind::Image, Kind::System] {
        world.store.attend(Viewport { kind, ..Viewport::default() });
        for (engine, wanted, _) in BOTH {
            let told: String = world
                .until(&format!("{kind:?} of {wanted}"), |snapshot| {
                    let inventory = snapshot.inventory(engine);
                    match kind {
                        Kind::Volume => site(&snapshot.volume(&Id::new(engine, "data"))?.labels),
                        Kind::Network => {
                            site(&snapshot.networks().find(|n| n.id.engine() == engine && &*n.name == "shop")?.labels)
                        }
                        Kind::Image => inventory
                            .images
                            .as_ref()?
                            .iter()
                            .all(|one| one.id.engine() == engine)
                            .then(|| wanted.into()),
                        Kind::Container | Kind::Project | Kind::System => {
                            let facts = &inventory.about.as_ref()?.facts;
                            facts.iter().find(|(_, value)| value == wanted).map(|(_, value)| value.clone())
                        }
                    }
                })
                .await;
            assert_eq!(told, wanted);
        }
    }
}

#[tokio::test]
async fn gauges_are_of_the_container_of_their_own_engine() {
    let mut world = fleet().await;
    let visible = vec![world.web(EAST).await, world.web(WEST).await];
    world.store.attend(Viewport { visible: visible.clone(), ..Viewport::default() });
    for (id, (engine, site, gibibytes)) in visible.iter().zip(BOTH) {
        let used = world
            .until(site, |snapshot| {
                let series = snapshot.usage.get(id)?;
                let of_engine = snapshot.load.get(&engine)?.latest.memory?.used;
                Some((series.latest.memory?.used, of_engine))
            })
            .await;
        let near = |used: u64| used > gibibytes << 29 && used < (gibibytes << 29) * 3;
        assert!(near(used.0), "{site}: {} bytes", used.0);
        assert_eq!(used.0, used.1, "the load of {site} is that of its one container");
    }
}

#[tokio::test]
async fn logs_inspections_and_shells_are_of_the_container_of_their_own_engine() {
    let mut world = fleet().await;
    for (number, (engine, site, _)) in BOTH.into_iter().enumerate() {
        let id = world.web(engine).await;
        let stream = |kind: u64| StreamId(number as u64 * 10 + kind);
        world.store.open(stream(1), Source::Logs { id: id.clone(), tail: 5, since: None });
        let service = format!(r#""service":"{site}""#);
        assert!(world.output(stream(1), &service).await.contains(&service));
        world.store.close(stream(1));

        world.store.open(stream(2), Source::Inspect { kind: Kind::Container, id: id.clone() });
        assert_eq!(world.output(stream(2), site).await, site);
        world.store.close(stream(2));

        let argv = ["sh", "-c", "read word; echo $word in $SITE"].map(String::from).to_vec();
        let size = Size { columns: 80, rows: 24 };
        let exec = Exec { program: Program::Argv(argv), tty: false, ..Exec::shell(id, size) };
        world.store.open(stream(3), Source::Exec(exec));
        world.store.send(stream(3), b"typed\n".to_vec());
        let said = world.output(stream(3), "typed in").await;
        assert!(said.contains(&format!("typed in {site}")), "{said}");
    }
}

#[tokio::test]
async fn an_operation_changes_the_container_of_its_own_engine_alone() {
    let mut world = fleet().await;
    let (east, west) = (world.web(EAST).await, world.web(WEST).await);
    assert_eq!(world.act(OperationKind::Pause, &west).await.result, Ok(String::new()));
    let states = |snapshot: &Snapshot| {
        let of = |engine| web(snapshot, engine).map(|one| one.state.clone());
        Some((of(EAST)?, of(WEST)?))
    };
    let paused = |snapshot: &Snapshot| states(snapshot).filter(|(_, west)| *west == State::Paused);
    assert_eq!(world.until("a pause", paused).await.0, State::Running);
    assert_eq!(world.act(OperationKind::Unpause, &west).await.result, Ok(String::new()));
    let remove = OperationKind::Remove { force: true, volumes: false };
    assert_eq!(world.act(remove, &east).await.result, Ok(String::new()));
    let left = world.until("one", |s| (s.containers.len() == 1).then(|| s.containers.keys().next().cloned())).await;
    assert_eq!(left, Some(west));

    world.store.attend(Viewport { kind: Kind::Volume, ..Viewport::default() });
    let new = NewVolume { name: "made".into(), ..NewVolume::default() };
    let make = OperationKind::CreateVolume;
    let made = Operation::with(make, Id::new(WEST, ""), "made", OperationArgs::Volume(new));
    world.do_this(made).await.result.expect("made");
    let of = |engine| move |s: &Snapshot| s.volume(&Id::new(engine, "made")).map(|_| ());
    world.until("the volume in the west", of(WEST)).await;
    let both_listed = world.until("the list of the east", |s| {
        s.inventory(EAST).volumes.as_ref().map(|list| list.iter().any(|one| &*one.name == "made"))
    });
    assert!(!both_listed.await, "it was made in the west");
}

#[tokio::test]
async fn one_engine_that_is_lost_leaves_the_other_as_it_was() {
    let lost = Settings {
        places: vec![Place { endpoint: Endpoint::Unix("/nonexistent/engine.sock".into()), origin: Origin::Flag }],
        engine: EAST,
        ..Settings::default()
    };
    let (store, outputs) = Engines::start([lost, settings(WEST, "west", 1)]);
    let mut world = World { store, outputs };
    let west = world.web(WEST).await;
    world
        .until("the one lost, the other up", |snapshot| {
            let lost = matches!(snapshot.engines.get(&EAST)?.link, Link::Down { never_up: true, .. });
            (lost && snapshot.engines.get(&WEST)?.link == Link::Up).then_some(())
        })
        .await;
    assert_eq!(world.act(OperationKind::Pause, &west).await.result, Ok(String::new()));
    let elsewhere = Id::new(EAST, west.raw());
    let problem = world.act(OperationKind::Pause, &elsewhere).await.result.expect_err("it is lost");
    assert!(problem.cause.contains("does not answer"), "{problem}");
    let nowhere = Id::new(EngineId(9), west.raw());
    let problem = world.act(OperationKind::Pause, &nowhere).await.result.expect_err("there is none");
    assert!(problem.cause.contains("not open"), "{problem}");
}
