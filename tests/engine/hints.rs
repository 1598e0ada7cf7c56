//! What forms promise for a field that is left empty: each promise is tried, from the keys to the Docker of this machine.

use super::docker::socket;
use super::volumes::fresh_name;
use super::world::{DEADLINE, World, settings, unix};
use crate::sessions::harness::Session;
use crate::support::docker::{self, Docker, IMAGE, TestContainer};
use bowline::app::{Effect, Msg, Overlay};
use bowline::engine::StreamMessage;
use bowline::model::{Container, Snapshot, State};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The forms, by the keys that open them, and the fields of which something is promised for when they are empty.
const PROMISES: &[(&str, &[&str])] = &[
    ("C", &["name", "command", "network", "folder", "processors", "memory", "memory+swap", "processes", "restart"]),
    ("L", &["processors", "memory", "memory+swap", "processes", "restart"]),
    ("<space>j<space>L", &["processors", "memory", "memory+swap", "processes", "restart"]),
    ("N", &[]),
    ("O", &[]),
    ("I", &[]),
    ("J", &[]),
    ("H", &[]),
    ("E", &["user", "folder"]),
    ("2T", &[]),
    ("3C", &["name", "driver"]),
    ("3<ctrl-s>", &[]),
    ("3I", &[]),
    ("3Y", &[]),
    ("4C", &["driver", "subnet", "gateway"]),
    ("5C", &["project"]),
    (":pull<enter>", &[]),
    (":push<enter>", &[]),
    (":build<enter>", &["Dockerfile"]),
    (":save-images<enter>", &[]),
    (":load-images<enter>", &[]),
];

/// The fields of the form on top of which something is promised for when they are empty.
fn promised(session: &Session) -> Vec<&'static str> {
    let Some(Overlay::Fields(form)) = session.app.overlays.last() else { panic!("no form\n{}", session.screen()) };
    form.fields.fields.iter().filter(|field| field.help.contains("empty")).map(|field| field.label).collect()
}

#[test]
fn no_form_promises_anything_that_is_not_tried_here() {
    for (keys, fields) in PROMISES {
        let mut session = crate::sessions::lists::shop((120, 40));
        session.keys(keys);
        assert_eq!(promised(&session), *fields, "{keys}");
    }
}

/// A cockpit on an engine, without a terminal.
struct Cockpit {
    session: Session,
    world: World,
    docker: Docker,
}

impl Cockpit {
    async fn open() -> Option<Cockpit> {
        let socket = socket()?;
        let world = World::start(settings(unix(&socket)));
        let mut cockpit = Cockpit { session: Session::new((120, 40)), world, docker: docker::engine()? };
        cockpit.until("the list", |session| !session.app.is_connecting()).await;
        Some(cockpit)
    }

    /// Carries wishes to the engine and what comes back, until it is so.
    async fn until(&mut self, what: &str, wanted: impl Fn(&Session) -> bool) {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            for effect in self.session.take_effects() {
                match effect {
                    Effect::Act(ask, act) => self.world.store.operation(ask, act),
                    Effect::Open(wire, source) => self.world.store.open(wire, source),
                    Effect::Close(wire) => self.world.store.close(wire),
                    Effect::Attend(attention) => self.world.store.attend(attention),
                    _ => {}
                }
            }
            if wanted(&self.session) {
                return;
            }
            let outputs = &mut self.world.outputs;
            let msg = tokio::select! {
                changed = outputs.snapshots.changed() => {
                    changed.expect("the store lives");
                    Msg::Store(outputs.snapshots.borrow_and_update().clone())
                }
                outcome = outputs.outcomes.recv() => Msg::Done(outcome.expect("the store lives")),
                chunk = outputs.chunks.recv() => match chunk.expect("the store lives") {
                    (wire, StreamMessage::Chunk(chunk)) => Msg::Chunk(wire, chunk),
                    (wire, StreamMessage::Ended(problem)) => Msg::Ended(wire, problem),
                },
                () = tokio::time::sleep_until(deadline) => panic!("waited in vain for {what}\n{}", self.session.screen()),
            };
            self.session.send(msg);
        }
    }

    /// Puts the cursor on a container, and nothing else into the list.
    async fn select(&mut self, name: &str) {
        let wanted = name.to_string();
        let seen = move |session: &Session| named(&session.app.snapshot, &wanted).is_some();
        self.until("the container", seen).await;
        self.session.keys("<esc><esc><esc>1/").keys(name).keys("<enter>");
        let id = named(&self.session.app.snapshot, name).expect("there").to_string();
        self.until("that it runs, and its limits", move |session| {
            let mut containers = session.app.snapshot.containers.values();
            containers.any(|one| *one.id.raw() == *id && one.detail.is_some() && one.state == State::Running)
        })
        .await;
    }

    /// Goes to a field, takes away what it holds, and types this.
    fn fill(&mut self, label: &str, text: &str) {
        let count = match self.session.app.overlays.last() {
            Some(Overlay::Fields(form)) => form.fields.fields.len(),
            _ => panic!("no form for {label}\n{}", self.session.screen()),
        };
        for _ in 0..count {
            match self.session.app.overlays.last() {
                Some(Overlay::Fields(form)) if form.fields.fields[form.fields.focus].label == label => {
                    self.session.keys("<ctrl-u>").keys(text);
                    return;
                }
                _ => drop(self.session.keys("<tab>")),
            }
        }
        panic!("no field {label}\n{}", self.session.screen());
    }

    /// Says yes to the plan of the form, and waits until all of it is done, and well.
    async fn agree(&mut self) {
        let before = self.session.app.results.len();
        self.session.keys("<ctrl-s>y");
        let ended = move |session: &Session| {
            session.app.results.len() > before && session.app.results.iter().all(|bulk| bulk.pending() == 0)
        };
        self.until("its end", ended).await;
        let last = self.session.app.results.last().expect("one");
        assert_eq!(last.failed(), 0, "{:?}", last.targets);
    }

    /// What the engine says of it.
    fn told(&self, path: &str) -> Value {
        self.docker.must("GET", path, &Value::Null)
    }
}

fn named<'a>(world: &'a Snapshot, name: &str) -> Option<&'a str> {
    world.containers.values().find(|one| *one.name == *name).map(|one| one.id.raw())
}

/// What is removed when a test ends, however it ends: by its path.
struct Leftover(Docker, String);

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Err(why) = self.0.request("DELETE", &self.1, "", b"") {
            eprintln!("{} may be left behind: {why}", self.1);
        }
    }
}

/// An image with a command and a folder of its own.
fn image_with_its_own(docker: &Docker) -> (String, Leftover) {
    let base = docker.create("hints-base", &json!({}));
    let name = format!("{}:1", fresh_name("hints"));
    let (repo, tag) = name.split_once(':').expect("a tag");
    let changes = "CMD%20%5B%22sleep%22%2C%223777%22%5D%0AWORKDIR%20/tmp";
    docker.must("POST", &format!("/commit?container={}&repo={repo}&tag={tag}&changes={changes}", base.id), &json!({}));
    let left = Leftover(docker.clone(), format!("/images/{name}?force=1"));
    (name, left)
}

fn of_image(cockpit: &Cockpit, image: &str) -> BTreeSet<String> {
    let of_it = cockpit.session.app.snapshot.containers.values().filter(|one| *one.image == *image);
    of_it.map(|one| one.id.raw().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_with_empty_fields_is_as_its_form_says() {
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let (image, _image) = image_with_its_own(&cockpit.docker);
    for memory in ["", "64m"] {
        let before = of_image(&cockpit, &image);
        cockpit.session.keys("<esc><esc><esc>1C");
        cockpit.fill("image", &image);
        cockpit.fill("memory", memory);
        cockpit.agree().await;
        let (wanted, known) = (image.clone(), before.clone());
        let new = move |session: &Session| {
            session.app.snapshot.containers.values().any(|one| *one.image == *wanted && !known.contains(one.id.raw()))
        };
        cockpit.until("it", new).await;
        let id = of_image(&cockpit, &image).difference(&before).next().expect("new").clone();
        let _left = Leftover(cockpit.docker.clone(), format!("/containers/{id}?force=1&v=1"));
        let told = cockpit.told(&format!("/containers/{id}/json"));
        let (host, config) = (&told["HostConfig"], &told["Config"]);
        assert!(told["Name"].as_str().is_some_and(|name| name.len() > 1), "name: the engine chooses");
        assert_eq!(config["Cmd"], json!(["sleep", "3777"]), "command: the image's own");
        assert_eq!(config["WorkingDir"], "/tmp", "folder: the image's own");
        assert_eq!(host["NetworkMode"], "default", "network: the engine's default");
        assert_eq!(host["NanoCpus"], 0, "processors: no limit");
        assert!(host["PidsLimit"].as_i64().unwrap_or(0) <= 0, "processes: no limit");
        assert!(matches!(host["RestartPolicy"]["Name"].as_str(), Some("" | "no")), "restart: no");
        let (limit, both) = if memory.is_empty() { (0, 0) } else { (64 << 20, 128 << 20) };
        assert_eq!((&host["Memory"], &host["MemorySwap"]), (&json!(limit), &json!(both)), "no limit; twice the memory");
    }
}

fn limits(container: &TestContainer) -> (i64, i64, i64, i64, String) {
    let host = container.inspect()["HostConfig"].clone();
    let number = |key: &str| host[key].as_i64().unwrap_or(0);
    // Docker tells one that was never set as nothing.
    let restart = host["RestartPolicy"]["Name"].as_str().filter(|name| !name.is_empty()).unwrap_or("no");
    (number("NanoCpus"), number("Memory"), number("MemorySwap"), number("PidsLimit").max(0), restart.to_string())
}

/// A container that is made with limits, and runs.
fn limited(docker: &Docker, name: &str, host: &Value) -> TestContainer {
    let container = docker.create(name, &json!({ "HostConfig": host }));
    container.start();
    container
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_limits_of_one_are_as_their_form_says() {
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let no = String::from("no");
    let free = limited(&cockpit.docker, "hints-free", &json!({ "RestartPolicy": { "Name": "always" } }));
    cockpit.select(&free.name).await;
    cockpit.session.keys("L");
    cockpit.fill("restart", "");
    cockpit.agree().await;
    assert_eq!(limits(&free), (0, 0, 0, 0, no.clone()), "no limit where there is none; restart: no");
    cockpit.session.keys("L");
    cockpit.fill("memory", "64m");
    cockpit.agree().await;
    assert_eq!(limits(&free), (0, 64 << 20, 128 << 20, 0, no.clone()), "twice the memory");
    let host = json!({ "Memory": 64 << 20, "MemorySwap": -1, "PidsLimit": 7 });
    let unlimited = limited(&cockpit.docker, "hints-unlimited", &host);
    cockpit.select(&unlimited.name).await;
    cockpit.session.keys("L");
    cockpit.fill("memory", "96m");
    cockpit.fill("processes", "");
    cockpit.agree().await;
    assert_eq!(limits(&unlimited), (0, 96 << 20, -1, 0, no.clone()), "both together stay without limit; no limit");
    let name = unlimited.name.clone();
    let told = move |session: &Session| {
        let mut containers = session.app.snapshot.containers.values();
        let limits = |one: &Container| one.detail.as_ref().and_then(|detail| detail.limits.memory);
        containers.any(|one| *one.name == *name && limits(one) == Some(96 << 20))
    };
    cockpit.until("its new limits", told).await;
    cockpit.session.keys("L");
    cockpit.fill("memory+swap", "");
    cockpit.agree().await;
    assert_eq!(limits(&unlimited), (0, 96 << 20, 192 << 20, 0, no), "twice the memory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_limits_of_several_stay_as_they_are() {
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let stem = fresh_name("several");
    let policy = json!({ "Name": "on-failure", "MaximumRetryCount": 3 });
    let bound = json!({ "NanoCpus": 500_000_000, "Memory": 64 << 20, "PidsLimit": 7, "RestartPolicy": policy });
    let one = limited(&cockpit.docker, &format!("{stem}-1"), &bound);
    let other = limited(&cockpit.docker, &format!("{stem}-2"), &json!({}));
    cockpit.select(&one.name).await;
    cockpit.select(&other.name).await;
    cockpit.session.keys("<esc><esc><esc>1/").keys(&stem).keys("<enter>");
    cockpit.session.keys("*L");
    cockpit.fill("memory", "96m");
    cockpit.agree().await;
    let swap = "both together: twice a new memory";
    assert_eq!(limits(&one), (500_000_000, 96 << 20, 192 << 20, 7, "on-failure".into()), "all else stays; {swap}");
    assert_eq!(limits(&other), (0, 96 << 20, 192 << 20, 0, "no".into()), "all else stays; {swap}");
    cockpit.session.keys("*L");
    cockpit.fill("processes", "9");
    cockpit.agree().await;
    assert_eq!(limits(&one), (500_000_000, 96 << 20, 192 << 20, 9, "on-failure".into()), "memory stays as it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn volumes_and_networks_with_empty_fields_are_as_their_forms_say() {
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let label = fresh_name("hints-volume");
    cockpit.session.keys("3C");
    cockpit.fill("labels", &format!("bowline.test={label}"));
    cockpit.agree().await;
    let filter = format!("%7B%22label%22%3A%5B%22bowline.test%3D{label}%22%5D%7D");
    let volume = cockpit.told(&format!("/volumes?filters={filter}"))["Volumes"][0].clone();
    let name = volume["Name"].as_str().expect("a name").to_string();
    let _volume = Leftover(cockpit.docker.clone(), format!("/volumes/{name}"));
    assert_eq!((name.len(), volume["Driver"].as_str()), (64, Some("local")), "the engine chooses; local");
    let name = fresh_name("hints-network");
    cockpit.session.keys("<esc><esc>4C");
    cockpit.fill("name", &name);
    cockpit.agree().await;
    let _network = Leftover(cockpit.docker.clone(), format!("/networks/{name}"));
    let network = cockpit.told(&format!("/networks/{name}"));
    assert_eq!(network["Driver"], "bridge");
    let chosen = &network["IPAM"]["Config"][0];
    assert!(chosen["Subnet"].is_string() && chosen["Gateway"].is_string(), "the engine chooses: {network}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_with_empty_fields_runs_as_the_container_does() {
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let own = docker::engine().expect("there").create("hints-exec", &json!({ "User": "1234", "WorkingDir": "/tmp" }));
    own.start();
    cockpit.select(&own.name).await;
    cockpit.session.keys("E");
    cockpit.fill("command", "sh -c 'echo $(id -u) in $(pwd)'");
    cockpit.session.keys("<enter>");
    cockpit.until("what it says", |session| session.screen().contains("1234 in /tmp")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_without_a_file_named_takes_the_dockerfile_of_its_folder() {
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Dockerfile"), format!("FROM {IMAGE}\nLABEL from=dockerfile\n"))
        .expect("written");
    std::fs::write(folder.path().join("Other"), format!("FROM {IMAGE}\nLABEL from=other\n")).expect("written");
    let tag = format!("{}:1", fresh_name("hints-build"));
    let _left = Leftover(cockpit.docker.clone(), format!("/images/{tag}?force=1"));
    cockpit.session.keys(":build<enter>");
    cockpit.fill("folder", folder.path().to_str().expect("text"));
    cockpit.fill("tag", &tag);
    cockpit.session.keys("<enter>");
    let ended = |session: &Session| session.app.transfers.list.first().is_some_and(|view| !view.runs());
    cockpit.until("the build", ended).await;
    let image = cockpit.told(&format!("/images/{tag}/json"));
    assert_eq!(image["Config"]["Labels"]["from"], "dockerfile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_without_a_name_has_its_folders() {
    if !super::compose::real() {
        return;
    }
    let Some(mut cockpit) = Cockpit::open().await else { return };
    let (folder, name) = (tempfile::tempdir().expect("a folder"), fresh_name("hints-project"));
    let place = folder.path().join(&name);
    std::fs::create_dir(&place).expect("made");
    let services = format!("services:\n  web:\n    image: {IMAGE}\n    command: sleep 3600\n    network_mode: none\n");
    std::fs::write(place.join("compose.yaml"), format!("version: '3.4'\n{services}")).expect("written");
    cockpit.session.keys("5C");
    cockpit.fill("file or folder", place.to_str().expect("text"));
    cockpit.session.keys("<enter>");
    cockpit.until("the question", |session| session.screen().contains("Compose up")).await;
    cockpit.session.keys("y");
    let ended = |session: &Session| session.app.transfers.list.first().is_some_and(|view| !view.runs());
    cockpit.until("the end", ended).await;
    let made = |session: &Session| {
        session
            .app
            .snapshot
            .containers
            .values()
            .find(|one| one.project() == Some(&name))
            .map(|one| one.id.raw().to_string())
    };
    cockpit.until("its container", |session| made(session).is_some()).await;
    let id = made(&cockpit.session).expect("there");
    drop(Leftover(cockpit.docker.clone(), format!("/containers/{id}?force=1&v=1")));
}
