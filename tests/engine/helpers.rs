//! Helpers that bowlines make, and what only looks like one: on the real Docker.

use super::identity::Leftover;
use super::volumes::{Bed, fresh_name, real};
use super::world::{World, named, settings, unix};
use crate::support::docker::{self, Docker, IMAGE, TestContainer};
use bowline::engine::Settings;
use bowline::model::{Id, SIDECAR_LABEL, Size, Snapshot, Source, StreamId, VOLUME_LABEL};
use serde_json::{Value, json};
use std::path::Path;

/// Whose a helper is, by its label: one that lives, or has ended, of this run of this machine or of another one.
struct Owners {
    lives: String,
    ended: String,
    of_another_run: String,
}

fn owners() -> Owners {
    let word =
        |name: &str| std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).expect("told").trim().to_string();
    let space = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata("/proc/self/ns/pid").expect("a namespace"));
    let pid = std::process::id();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("stat");
    let began = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(19)).expect("fields");
    let of = |boot: &str, began: &str| format!("{}:{boot}:{space}:{pid}:{began}", word("hostname"));
    let boot = word("random/boot_id");
    Owners { lives: of(&boot, began), ended: of(&boot, "1"), of_another_run: of("another-run", "1") }
}

/// A container under just this name, removed with this.
struct Named(Docker, String);

impl Named {
    fn make(docker: &Docker, name: &str, request: &Value) -> Named {
        docker.must("POST", &format!("/containers/create?name={name}"), request);
        Named(docker.clone(), name.to_string())
    }

    fn is_there(&self) -> bool {
        self.0.request("GET", &format!("/containers/{}/json", self.1), "", b"").expect("answers").0 == 200
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if let Err(why) = self.0.request("DELETE", &format!("/containers/{}?force=1&v=1", self.1), "", b"") {
            eprintln!("{} may be left behind: {why}", self.1);
        }
    }
}

/// A name as helpers have it, and no other test's.
fn helper_name(purpose: &str) -> String {
    let number = fresh_name("").bytes().fold(0u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(byte.into()));
    format!("bowline-{purpose}-bowline-test-{number:016x}")
}

fn note(folder: &Path, name: &str, owner: &str) {
    std::fs::write(folder.join(name), owner).expect("written");
}

async fn world(docker: &Docker, folder: &Path) -> World {
    let helpers = Some(folder.to_path_buf());
    let mut world = World::start(Settings { helpers, ..settings(unix(docker.socket())) });
    world.until("the list", |s| s.engines.values().any(|engine| engine.listed).then_some(())).await;
    world
}

fn is_listed(name: &str) -> impl Fn(&Snapshot) -> Option<()> {
    move |s| named(s, name).map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_a_helpers_labels_from_its_image_is_an_ordinary_container() {
    let Some(docker) = docker::engine() else { return };
    let (folder, owners) = (tempfile::tempdir().expect("a folder"), owners());
    let mut world = world(&docker, folder.path()).await;
    for owner in [owners.lives, owners.ended, "x".to_string()] {
        let labels = json!({ VOLUME_LABEL: "x", "bowline.owner": owner });
        let one = docker.create("labelled", &json!({ "Labels": labels }));
        one.start();
        let name = one.name.clone();
        world.until("its row", is_listed(&name)).await;
        let started = |s: &Snapshot| s.events.iter().any(|event| event.name == name && event.what == "started");
        world.until("its news", |s| started(s).then_some(())).await;
    }
}

/// Opens a shell beside a container, and gives the helper's own description.
async fn shell_beside(world: &mut World, target: &TestContainer) -> (Id, Value) {
    let target = world.container(&target.name).await;
    let size = Size { columns: 80, rows: 24 };
    world.store.open(StreamId(1), Source::Sidecar { id: target.id.clone(), image: IMAGE.into(), size });
    let beside = target.id.raw().to_string();
    let found = move |s: &Snapshot| {
        s.containers.values().find(|one| one.label(SIDECAR_LABEL) == Some(&beside) && one.state.is_alive()).cloned()
    };
    let helper = world.until("the helper", found).await;
    let docker = docker::engine().expect("it was there a moment ago");
    let told = docker.must("GET", &format!("/containers/{}/json", helper.id.raw()), &Value::Null);
    (helper.id.clone(), told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_from_a_shells_image_or_without_a_note_stays() {
    let Some(docker) = docker::engine() else { return };
    let (folder, owners) = (tempfile::tempdir().expect("a folder"), owners());
    let target = docker.run("beside", "sleep 3600");
    let mut first = world(&docker, folder.path()).await;
    let (helper, told) = shell_beside(&mut first, &target).await;
    let noted = std::fs::read_dir(folder.path()).expect("read").count();
    assert_eq!(noted, 1, "there is a note of it");
    let image = format!("{}:1", fresh_name("shell"));
    let (repo, tag) = image.split_once(':').expect("a tag");
    docker.must("POST", &format!("/commit?container={}&repo={repo}&tag={tag}", helper.raw()), &json!({}));
    let _gone = Leftover(docker.clone(), format!("/images/{image}?force=1"));
    first.store.shutdown().await;
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0, "it is gone, and the note with it");

    let request = |owner: &str| {
        json!({
            "Image": IMAGE, "Entrypoint": told["Config"]["Entrypoint"], "Cmd": [],
            "Labels": { SIDECAR_LABEL: told["Config"]["Labels"][SIDECAR_LABEL], "bowline.owner": owner },
            "HostConfig": { "NetworkMode": told["HostConfig"]["NetworkMode"] },
        })
    };
    let make = |owner: &str| Named::make(&docker, &helper_name("debug"), &request(owner));
    let left_over = make(&owners.ended);
    note(folder.path(), &left_over.1, &owners.ended);
    let without_a_note = make(&owners.ended);
    let alive = make(&owners.lives);
    note(folder.path(), &alive.1, &owners.lives);
    let of_another_run = make(&owners.of_another_run);
    note(folder.path(), &of_another_run.1, &owners.of_another_run);
    let from_its_image = {
        let more = json!({ "Image": image, "Volumes": { "/data": {} }, "Labels": { "bowline.owner": owners.ended } });
        docker.create("from-image", &more)
    };
    let mut second = world(&docker, folder.path()).await;
    let gone = |s: &Snapshot| named(s, &left_over.1).is_none().then_some(());
    second.until("what is left over to go", gone).await;
    for name in [&without_a_note.1, &alive.1, &of_another_run.1, &from_its_image.name] {
        second.until("what is nobody's to remove", is_listed(name)).await;
    }
    assert!(without_a_note.is_there() && of_another_run.is_there());
}

fn volume_helper(bed: &Bed, volume: &str, owner: &str) -> Named {
    let mounts = json!([{ "Type": "volume", "Source": volume, "Target": "/volume" }]);
    let request = json!({
        "Image": IMAGE, "Entrypoint": ["sleep", "86400"], "Cmd": [], "HostConfig": { "Mounts": mounts },
        "Labels": { VOLUME_LABEL: volume, "bowline.owner": owner },
    });
    Named::make(&bed.docker, &helper_name("volume"), &request)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volumes_helper_that_a_crash_left_goes_and_those_of_others_are_shown() {
    let Some(bed) = real().await else { return };
    let (folder, owners) = (tempfile::tempdir().expect("a folder"), owners());
    let name = fresh_name("left");
    bed.docker.must("POST", "/volumes/create", &json!({ "Name": name }));
    let _volume = super::volumes::Volume(bed.docker.clone(), name.clone());
    let left_over = volume_helper(&bed, &name, &owners.ended);
    note(folder.path(), &left_over.1, &owners.ended);
    let without_a_note = volume_helper(&bed, &name, &owners.ended);
    let of_another_run = volume_helper(&bed, &name, &owners.of_another_run);
    let of_a_living_one = volume_helper(&bed, &name, &owners.lives);
    let mut world = world(&bed.docker, folder.path()).await;
    for name in [&without_a_note.1, &of_another_run.1] {
        world.until("what is shown", is_listed(name)).await;
    }
    let seen = world.outputs.snapshots.borrow().clone();
    assert!(named(&seen, &of_a_living_one.1).is_none() && named(&seen, &left_over.1).is_none(), "tools are not shown");
    crate::support::wait::until("what is left over to go", || !left_over.is_there());
    assert!(without_a_note.is_there() && of_another_run.is_there() && of_a_living_one.is_there());
    assert!(bed.is_there(&name), "the volume is nobody's to remove");
}
