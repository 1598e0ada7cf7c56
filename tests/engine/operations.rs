//! Making, changing and removing things, on the Docker of this machine.

use super::docker::{TestContainer, socket};
use super::world::{World, named, settings, unix};
use bowline::model::{
    EngineId, Id, ImageName, Joining, Kind, LimitChange, NewContainer, NewMount, NewNetwork, NewPort, NewVolume,
    Operation, OperationArgs, OperationId, OperationKind, Problem, Restart, SeenVolume, State, Untag, Viewport,
};
use std::process::Command;

const IMAGE: &str = "bowline-test-busybox";

fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker runs");
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// What a test made, removed however it ends.
struct Leftover(&'static [&'static str], String);

impl Drop for Leftover {
    fn drop(&mut self) {
        let mut args = self.0.to_vec();
        args.push(&self.1);
        docker(&args);
    }
}

fn name(what: &str) -> String {
    format!("bowline-test-{what}-{}", std::process::id())
}

fn nobody() -> Id {
    Id::new(EngineId(0), "")
}

/// A name that no image has yet.
fn image_name(name: &str) -> OperationArgs {
    OperationArgs::ImageName(ImageName { name: name.into(), holder: None })
}

fn untag(name: &str, stays: bool) -> OperationArgs {
    OperationArgs::Untag(Untag { name: name.into(), stays })
}

async fn done(world: &mut World, verb: OperationKind, id: &Id, with: OperationArgs) -> Result<String, Problem> {
    world.do_this(Operation::with(verb, id.clone(), "it", with)).await.result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_is_renamed_limited_committed_duplicated_and_waited_for() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("deeds", &["-m", "64m", "-e", "A=1"], &["sleep", "600"]);
    let mut world = World::start(settings(unix(&socket)));
    let container = world.container(&container.name).await;
    let (id, new) = (container.id.clone(), name("renamed"));
    done(&mut world, OperationKind::Rename, &id, OperationArgs::Name(new.clone())).await.expect("renamed");
    world.until("the new name", |s| named(s, &new)).await;

    let change = LimitChange {
        nano_cpus: Some(500_000_000),
        memory: Some((96 << 20).into()),
        memory_swap: Some((192 << 20).into()),
        pids: Some(77),
        restart: Some(Restart::OnFailure(3)),
    };
    done(&mut world, OperationKind::Limit, &id, OperationArgs::Limits(change)).await.expect("limited");
    let format = "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}";
    let limits = docker(&["inspect", "-f", format, container.id.raw()]);
    assert_eq!(limits, format!("500000000 {} 77 on-failure 3", 96 << 20));

    let image = Leftover(&["rmi", "-f"], format!("{}:1", name("committed")));
    let told = done(&mut world, OperationKind::Commit, &id, image_name(&image.1)).await.expect("committed");
    assert!(told.starts_with("image "), "{told}");
    assert!(!docker(&["image", "inspect", "-f", "{{.Id}}", &image.1]).is_empty());

    let twin = Leftover(&["rm", "-f", "-v"], name("twin"));
    let told =
        done(&mut world, OperationKind::Duplicate, &id, OperationArgs::Name(twin.1.clone())).await.expect("duplicated");
    assert!(told.ends_with(" is running"), "{told}");
    let same = docker(&["inspect", "-f", "{{.Config.Env}} {{.HostConfig.Memory}} {{.Config.Cmd}}", &twin.1]);
    assert!(same.contains("A=1") && same.contains(&(96 << 20).to_string()) && same.contains("sleep 600"), "{same}");

    let waited = TestContainer::run("waited", &[], &["sh", "-c", "sleep 1; exit 7"]);
    let waited = world.container(&waited.name).await;
    assert_eq!(
        done(&mut world, OperationKind::Wait, &waited.id, OperationArgs::Nothing).await.as_deref(),
        Ok("exit 7")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_is_made_as_wished_and_one_that_does_not_start_is_told() {
    let Some(socket) = socket() else { return };
    let mut world = World::start(settings(unix(&socket)));
    world.until("the list", |s| s.engines.values().any(|engine| engine.listed).then_some(())).await;
    // Dropped in the opposite order: the volume after what uses it.
    let volume = Leftover(&["volume", "rm", "-f"], name("made-data"));
    let made = Leftover(&["rm", "-f", "-v"], name("made"));
    let new = NewContainer {
        name: made.1.clone(),
        image: IMAGE.into(),
        command: ["sleep", "600"].map(String::from).to_vec(),
        env: vec!["A=two words".into()],
        ports: vec![NewPort::parse("127.0.0.1::80").expect("a port")],
        mounts: vec![NewMount::parse(&format!("{}:/data:ro", volume.1)).expect("a mount")],
        labels: vec![("bowline.test".into(), "1".into())],
        limits: LimitChange { memory: Some((32 << 20).into()), ..LimitChange::default() },
        start: true,
        ..NewContainer::default()
    };
    let told = done(&mut world, OperationKind::Create, &nobody(), OperationArgs::Container(Box::new(new.clone())))
        .await
        .expect("made");
    assert!(told.ends_with(" is running"), "{told}");
    let container = world.until("it runs", |s| named(s, &made.1).filter(|one| one.state == State::Running)).await;
    assert_eq!(container.ties.mounts[0].volume.as_deref(), Some(&*volume.1));
    assert!(container.ports[0].public.is_some() && container.label("bowline.test") == Some("1"));

    let lame = Leftover(&["rm", "-f"], name("lame"));
    let wrong = NewContainer { name: lame.1.clone(), command: vec!["/no/such/program".into()], ..new.clone() };
    let problem = done(&mut world, OperationKind::Create, &nobody(), OperationArgs::Container(Box::new(wrong)))
        .await
        .expect_err("refused");
    assert!(problem.cause.contains("was created but failed to start"), "what is done and what is not: {problem}");
    let absent = NewContainer { name: String::new(), image: "bowline-test-no-such-image".into(), ..new };
    let problem = done(&mut world, OperationKind::Create, &nobody(), OperationArgs::Container(Box::new(absent)))
        .await
        .expect_err("none");
    assert!(problem.cause.to_lowercase().contains("no such image"), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn volumes_networks_and_images_are_listed_made_and_removed() {
    let Some(socket) = socket() else { return };
    // Removed last, after the container that joins it.
    let network = Leftover(&["network", "rm"], name("network"));
    let container = TestContainer::run("ties", &[], &["sleep", "600"]);
    let mut world = World::start(settings(unix(&socket)));
    let container = world.container(&container.name).await;

    let volume = Leftover(&["volume", "rm", "-f"], name("volume"));
    let labels = vec![("tier".to_string(), "test".to_string())];
    let new = NewVolume { name: volume.1.clone(), labels: labels.clone(), ..NewVolume::default() };
    let with = || OperationArgs::Volume(new.clone());
    assert_eq!(done(&mut world, OperationKind::CreateVolume, &nobody(), with()).await, Ok(volume.1.clone()));
    let again = done(&mut world, OperationKind::CreateVolume, &nobody(), with()).await.expect_err("it is there");
    assert!(again.cause.contains("already exists, with the same settings"), "{again}");
    world.store.attend(Viewport { kind: Kind::Volume, ..Viewport::default() });
    let known = world
        .until("the volume", |s| {
            s.inventory(EngineId(0)).volumes.as_ref()?.iter().find(|one| *one.name == *volume.1).cloned()
        })
        .await;
    assert_eq!((&*known.labels[0].1, &*known.driver), ("test", "local"));
    let seen = SeenVolume { volume: known.clone(), at: bowline::engine::clock::now() };
    assert_eq!(
        done(&mut world, OperationKind::RemoveVolume, &known.id, OperationArgs::Seen(seen)).await,
        Ok(String::new())
    );

    // Of its own, so that two runs beside each other do not overlap.
    let third = std::process::id() % 120 * 2;
    let subnet = |third: u32| format!("10.213.{third}.0/24");
    let new = NewNetwork {
        name: network.1.clone(),
        subnet: subnet(third),
        gateway: format!("10.213.{third}.1"),
        internal: true,
        isolated: true,
        labels,
        ..NewNetwork::default()
    };
    done(&mut world, OperationKind::CreateNetwork, &nobody(), OperationArgs::Network(new.clone())).await.expect("made");
    let other = NewNetwork { subnet: subnet(third + 1), internal: false, gateway: String::new(), ..new };
    let differs = done(&mut world, OperationKind::CreateNetwork, &nobody(), OperationArgs::Network(other))
        .await
        .expect_err("it is there");
    assert!(differs.cause.contains(&format!("subnet {} instead of {}", subnet(third), subnet(third + 1))), "{differs}");
    world.store.attend(Viewport { kind: Kind::Network, ..Viewport::default() });
    let known = world
        .until("the network", |s| {
            s.inventory(EngineId(0)).networks.as_ref()?.iter().find(|one| *one.name == *network.1).cloned()
        })
        .await;
    assert!(known.internal && known.isolates());
    let aliases = vec!["alias-1".to_string()];
    let joining = Joining { network: known.id.clone(), name: network.1.clone(), aliases };
    done(&mut world, OperationKind::Connect, &container.id, OperationArgs::Joining(joining.clone()))
        .await
        .expect("joined");
    let address = |s: &bowline::model::Snapshot| {
        let one = named(s, &container.name)?;
        let at = one.networks.iter().position(|on| **on == *network.1)?;
        one.ties.addresses.get(at).filter(|address| !address.is_empty()).cloned()
    };
    let address = world.until("its address", address).await;
    assert!(address.starts_with(&format!("10.213.{third}.")), "{address}");
    let used = done(&mut world, OperationKind::RemoveNetwork, &known.id, OperationArgs::Nothing)
        .await
        .expect_err("it is in use");
    assert!(used.cause.contains("active endpoints"), "{used}");
    done(&mut world, OperationKind::Disconnect, &container.id, OperationArgs::Joining(joining)).await.expect("left");
    done(&mut world, OperationKind::RemoveNetwork, &known.id, OperationArgs::Nothing).await.expect("removed");

    world.store.attend(Viewport { kind: Kind::Image, ..Viewport::default() });
    let of = |s: &bowline::model::Snapshot, tag: &str| {
        let images = s.inventory(EngineId(0)).images.clone()?;
        images.iter().find(|image| image.tags.iter().any(|known| known.starts_with(tag))).cloned()
    };
    let image = world.until("the image", |s| of(s, IMAGE)).await;
    assert_eq!(*container.ties.image, *image.id.raw());
    world.store.attend(Viewport { kind: Kind::Image, chosen: Some(image.id.clone()), ..Viewport::default() });
    world
        .until("its layers", |s| {
            s.inventory(EngineId(0)).layers.clone().filter(|(id, list)| *id == image.id && !list.is_empty())
        })
        .await;
    let tag = Leftover(&["rmi", "-f"], format!("{}:1", name("tag")));
    done(&mut world, OperationKind::Tag, &image.id, image_name(&tag.1)).await.expect("tagged");
    world.until("the tag", |s| of(s, &tag.1)).await;
    let remove = OperationKind::RemoveImage { force: false };
    let told = done(&mut world, remove, &image.id, untag(&tag.1, true)).await.expect("its name is removed");
    assert!(told.contains("tag only"), "{told}");

    world.store.attend(Viewport { kind: Kind::System, ..Viewport::default() });
    let disk = world.until("the disk", |s| s.inventory(EngineId(0)).disk.clone()).await;
    assert!(disk.images.count > 0 && disk.images.size > 0, "{disk:?}");
    let about = world.until("the engine's own words", |s| s.inventory(EngineId(0)).about.clone()).await;
    assert!(about.facts.iter().any(|(name, _)| *name == "storage driver"), "{about:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_names_of_an_image_go_in_one_breath() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("names", &[], &["sleep", "600"]);
    let mut world = World::start(settings(unix(&socket)));
    world.until("the list", |s| s.engines.values().any(|engine| engine.listed).then_some(())).await;
    for round in 0..3 {
        let names: Vec<String> = (0..8).map(|number| format!("{}:{round}.{number}", name("names"))).collect();
        let image = docker(&["commit", &container.id, &names[0]]);
        let _left = Leftover(&["rmi", "-f"], image.clone());
        names[1..].iter().for_each(|name| drop(docker(&["tag", &image, name])));
        let id = Id::new(EngineId(0), image.as_str());
        let remove = OperationKind::RemoveImage { force: false };
        for name in &names {
            world
                .store
                .operation(OperationId(7), Operation::with(remove, id.clone(), name.as_str(), untag(name, false)));
        }
        for _ in &names {
            let outcome = tokio::time::timeout(super::world::DEADLINE, world.outputs.outcomes.recv()).await;
            let outcome = outcome.expect("an outcome in time").expect("the store lives");
            assert!(outcome.result.is_ok(), "{outcome:?}");
        }
        assert_eq!(docker(&["images", "-q", &name("names")]), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_makes_and_removes_nothing() {
    let Some(socket) = socket() else { return };
    let mut world = World::start(bowline::engine::Settings { read_only: true, ..settings(unix(&socket)) });
    world.until("the list", |s| s.engines.values().any(|engine| engine.listed).then_some(())).await;
    let volume = name("never");
    let new = NewVolume { name: volume.clone(), ..NewVolume::default() };
    let refused = done(&mut world, OperationKind::CreateVolume, &nobody(), OperationArgs::Volume(new))
        .await
        .expect_err("refused");
    assert!(refused.cause.contains("read-only"), "{refused}");
    assert_eq!(docker(&["volume", "ls", "-q", "--filter", &format!("name={volume}")]), "");
}
