//! Runs of blueprints that fail, are cancelled or killed: what they have made is taken back, and nothing else.

use super::up::{Ran, Site};
use super::world::DEADLINE;
use crate::support::docker::IMAGE;
use crate::support::wait::until;
use bowline::engine::StreamMessage;
use bowline::model::blueprint::{
    FilePart, HealthPart, NetworkPart, PortPart, Seconds, UNFINISHED_LABEL, VolumeKind, VolumePart,
};
use bowline::model::{BlueprintRun, EngineId, Source, StreamEvent, StreamId, Transfer, UndoRequest, Unfinished};
use serde_json::{Value, json};

/// A run that makes a network and a volume of its own before it does anything else.
fn making(site: &Site, what: &str) -> BlueprintRun {
    let mut run = site.run(what);
    run.blueprint.network = NetworkPart { name: site.name(&format!("{what}-net")), ..NetworkPart::default() };
    run.blueprint.volumes = vec![volume(&site.name(&format!("{what}-data")), "/data", VolumeKind::Volume)];
    run
}

fn volume(source: &str, target: &str, kind: VolumeKind) -> VolumePart {
    VolumePart { kind, source: source.into(), target: target.into(), ..VolumePart::default() }
}

/// Never healthy, and long about it.
fn waiting(mut run: BlueprintRun) -> BlueprintRun {
    let health = HealthPart { command: vec!["false".into()], retries: 1000, ..HealthPart::default() };
    run.blueprint.health = Some(health);
    run.blueprint.timeouts.ready = Seconds(600);
    run
}

type Break = fn(&Site, &mut BlueprintRun);

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_each_stage_takes_back_what_the_run_has_made_and_only_that() {
    let Some(mut site) = Site::real().await else { return };
    let labels = json!({ "bowline.project": site.project });
    let (network, data) = (site.name("old-net"), site.name("old-data"));
    site.docker.must("POST", "/networks/create", &json!({ "Name": network, "Labels": labels, "Internal": true }));
    site.docker.must("POST", "/volumes/create", &json!({ "Name": data, "Labels": labels }));
    let breaks: [(&str, Break); 10] = [
        ("limits", |_, run| run.blueprint.security.seccomp = "/nowhere/profile".into()),
        ("mounts", |_, run| run.blueprint.volumes.push(volume("/etc", "/x", VolumeKind::Bind))),
        ("network", |site, run| run.blueprint.network.name = site.name("old-net")),
        ("volumes", |site, run| {
            let options = [("device".to_string(), "tmpfs".to_string())].into();
            let wanted = VolumePart { options, ..volume(&site.name("old-data"), "/old", VolumeKind::Volume) };
            run.blueprint.volumes.push(wanted);
        }),
        ("image", |_, run| run.blueprint.container.image = "bowline-test-none:1".into()),
        ("container", |_, run| run.blueprint.security.capabilities = vec!["NO_SUCH".into()]),
        ("files", |_, run| {
            run.blueprint.volumes.push(volume("", "/run", VolumeKind::Tmpfs));
            run.blueprint.files =
                vec![FilePart { path: "/run/x".into(), content: Some("x".into()), ..FilePart::default() }];
        }),
        ("start", |_, run| {
            run.blueprint.container.init = false;
            run.blueprint.container.command = vec!["/no/such/program".into()];
        }),
        ("commands", |_, run| run.blueprint.commands.after_start = vec!["true".into(), "echo why >&2; exit 7".into()]),
        ("ready", |_, run| {
            run.blueprint.container.command = ["sh", "-c", "echo last words; exit 9"].map(String::from).into();
        }),
    ];
    for (stage, broken) in breaks {
        let mut run = making(&site, stage);
        broken(&site, &mut run);
        let ran = site.up(&run).await;
        let problem = ran.problem();
        assert!(problem.cause.starts_with(&format!("{stage}: ")), "{stage}: {problem}");
        assert_eq!(site.of_run(&run), [""; 0], "{stage}: {problem}");
        let undone_container = problem.cause.contains(&format!("container {}", run.name));
        assert_eq!(undone_container, ["files", "start", "commands", "ready"].contains(&stage), "{stage}: {problem}");
    }
    let left = site.labelled("bowline.project", &site.project);
    assert_eq!(left.len(), 2, "what was there before stays: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_what_it_was_and_the_last_words_of_the_container() {
    let Some(mut site) = Site::real().await else { return };
    let mut run = making(&site, "ends");
    run.blueprint.container.command = ["sh", "-c", "echo last words; exit 9"].map(String::from).into();
    let ran = site.up(&run).await;
    let told = ran.problem().to_string();
    for part in ["exit code 9", "last words", "done before: limits, mounts", "undone: container", "-net", "-data"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let mut taken = site.run("taken");
    let published = json!({ "PortBindings": { "80/tcp": [{ "HostPort": "0" }] } });
    let other = site.docker.create("up-other", &json!({ "ExposedPorts": { "80/tcp": {} }, "HostConfig": published }));
    other.start();
    let bound = other.inspect()["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].clone();
    let host = bound.as_str().and_then(|port| port.parse().ok()).expect("a port");
    taken.blueprint.ports = vec![PortPart { container: 80, host, ..PortPart::default() }];
    let told = site.up(&taken).await.problem().to_string();
    assert!(told.contains("start: ") && told.contains("port"), "{told}");
    taken.blueprint.ports = Vec::new();
    taken.name = other.name.clone();
    let told = site.up(&taken).await.problem().to_string();
    assert!(told.contains("already in use") && told.contains("--name"), "a name that was given is not changed: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_to_the_system_is_no_way_around_the_rule() {
    let Some(mut site) = Site::real().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/etc", folder.path().join("link")).expect("a link");
    let link = folder.path().join("link/ssl");
    for (source, rule) in [
        (link.display().to_string(), "no-system-path"),
        (site.docker.socket().display().to_string(), "no-engine-socket"),
        (format!("{}/../etc", folder.path().display()), "no-traversal"),
        (folder.path().join("none").display().to_string(), "mount-exists"),
    ] {
        let mut run = site.run("mount");
        run.blueprint.volumes = vec![volume(&source, "/x", VolumeKind::Bind)];
        let told = site.up(&run).await.problem().to_string();
        assert!(told.contains(rule), "{source}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_is_taken_back() {
    let Some(mut site) = Site::real().await else { return };
    let run = waiting(making(&site, "cancelled"));
    site.begin(0, Transfer::Up(Box::new(run.clone())));
    let mut ran = [Ran::default()];
    site.hear_until(&mut ran, "the last stage", |ran| ran[0].is_at("ready")).await;
    // Container, network, volume, and the marker.
    assert_eq!(site.of_run(&run).len(), 4);
    site.world.store.close(StreamId(0));
    let site = std::sync::Arc::new(site);
    let (looked, of) = (site.clone(), run.clone());
    tokio::task::spawn_blocking(move || until("nothing is left", || looked.of_run(&of).is_empty()))
        .await
        .expect("it ends");
}

async fn unfinished(site: &mut Site) -> Vec<Unfinished> {
    site.world.store.open(StreamId(7), Source::Unfinished(EngineId(0)));
    let mut told = Vec::new();
    loop {
        let message = tokio::time::timeout(DEADLINE, site.world.outputs.chunks.recv()).await;
        match message.expect("in time").expect("it lives") {
            (_, StreamMessage::Chunk(StreamEvent::Unfinished(found))) => told = found,
            (_, StreamMessage::Ended(why)) => {
                assert_eq!(why, None);
                return told;
            }
            (_, StreamMessage::Chunk(other)) => panic!("{other:?}"),
        }
    }
}

/// Leaves a run as a bowline does that is killed: its runtime ends, and nobody cleans up.
fn killed(run: &BlueprintRun) {
    let run = run.clone();
    let begun = move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let world = runtime.block_on(async {
            let mut site = Site::real().await.expect("it was there just now");
            site.project = "bowline-test-nobody".into();
            site.begin(0, Transfer::Up(Box::new(run)));
            let mut ran = [Ran::default()];
            site.hear_until(&mut ran, "the last stage", |ran| ran[0].is_at("ready")).await;
            site
        });
        std::mem::forget(world);
        runtime.shutdown_background();
    };
    std::thread::spawn(begun).join().expect("it ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_found_from_the_engine_alone_and_undone() {
    let Some(mut site) = Site::real().await else { return };
    let run = waiting(making(&site, "killed"));
    let of = run.clone();
    tokio::task::spawn_blocking(move || killed(&of)).await.expect("it ran");
    let found = unfinished(&mut site).await.into_iter().find(|one| one.run == run.run).expect("it is found");
    assert_eq!((found.blueprint.as_str(), found.name.as_str(), found.owner.as_str()), ("test", &*run.name, "ann@here"));
    assert_eq!((found.variables.as_str(), found.lives), (r#"{"who":"ann"}"#, Some(true)));
    let undo = || Transfer::Undo(UndoRequest { engine: EngineId(0), run: run.run.clone(), name: run.name.clone() });
    let ran = site.all(vec![undo()]).await.remove(0);
    assert!(ran.problem().cause.contains("runs"), "what lives is left alone: {ran:?}");

    // This process lives: the marker says that another began the run, under the same number.
    let marker = format!("bowline-unfinished-{}", run.run);
    let mut labels = site.docker.must("GET", &format!("/volumes/{marker}"), &Value::Null)["Labels"].clone();
    let who: Value = serde_json::from_str(labels[UNFINISHED_LABEL].as_str().expect("a label")).expect("JSON");
    let process = format!("{}0", who["process"].as_str().expect("a process"));
    labels[UNFINISHED_LABEL] = json!({ "process": process, "name": run.name }).to_string().into();
    site.docker.must("DELETE", &format!("/volumes/{marker}"), &Value::Null);
    site.docker.must("POST", "/volumes/create", &json!({ "Name": marker, "Labels": labels }));
    let found = unfinished(&mut site).await.into_iter().find(|one| one.run == run.run).expect("it is found");
    assert_eq!(found.lives, Some(false));
    let ran = site.all(vec![undo()]).await.remove(0);
    let words = &ran.result().words;
    assert!(words.contains(&format!("container {}", run.name)) && words.contains("network"), "{words}");
    assert_eq!(site.of_run(&run), [""; 0]);
    assert!(
        site.docker.request("GET", &format!("/images/{IMAGE}/json"), "", b"").is_ok_and(|(status, _)| status == 200)
    );
    let ran = site.all(vec![undo()]).await.remove(0);
    assert!(ran.problem().cause.contains("no such"), "{ran:?}");
}
