//! `POST /images/create`: a pull from a registry that is made up, told as Docker tells it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::store::is_id;
use crate::event_log::Kind;
use crate::generator;
use crate::image::record::{Image, Layer, digest};
use crate::image::reference::Reference;
use crate::query::Query;
use crate::response::{Answer, ApiError, streamed, unfold};
use crate::shared::{Shared, closed};
use crate::time::{SECOND, now};

/// What the made-up registry has beside what containers are made from.
const REPOSITORIES: &[&str] = &[
    "alpine",
    "busybox",
    "caddy",
    "debian",
    "golang",
    "hello-world",
    "httpd",
    "mariadb",
    "memcached",
    "mysql",
    "nginx",
    "node",
    "postgres",
    "python",
    "redis",
    "rust",
    "traefik",
    "ubuntu",
];

/// Tags that every repository has, beside those that begin with a version.
const TAGS: &[&str] = &["alpine", "bookworm", "edge", "jammy", "latest", "noble", "slim", "stable"];

/// How often progress is told, and in how many steps a layer comes.
const BEAT: Duration = Duration::from_millis(60);
const STEPS: u64 = 6;

/// The number of layers that are pulled at a time.
const LANES: usize = 3;

/// A pull under way.
struct Pull {
    shared: Shared,
    lines: VecDeque<Vec<Value>>,
    /// What there is when it is over; none when it is there already.
    image: Option<Image>,
    reference: Reference,
    closing: watch::Receiver<bool>,
    begun: bool,
}

pub(crate) fn create(shared: &Shared, query: &Query) -> Answer {
    let Some(name) = query.get("fromImage") else {
        return Err(ApiError::unable("import images from an archive without a configuration"));
    };
    let reference = match query.get("tag") {
        Some(tag) if tag.starts_with("sha256:") => return Err(ApiError::unable("pull images by their digest")),
        Some(tag) => Reference::parse(&format!("{name}:{tag}"))?,
        None => Reference::parse(name)?,
    };
    if is_id(&reference.repository) && reference.repository.len() == 64 {
        return Err(ApiError::bad(format!(
            "invalid repository name ({name}), cannot specify 64-byte hexadecimal strings"
        )));
    }
    let state = shared.state();
    let present = state.images.find(&reference.name()).ok().filter(|image| !image.digests.is_empty());
    let (lines, image) = if present.is_some() {
        (already(&reference), None)
    } else {
        let beside: Vec<&str> = state.images.all().flat_map(|image| &image.tags).map(String::as_str).collect();
        offered(&reference, &beside)?;
        let image = Image::imagined(&reference.name(), now() - 9 * 86_400 * SECOND, None);
        (course(&reference, &image.layers), Some(image))
    };
    drop(state);
    let pull =
        Pull { shared: shared.clone(), lines, image, reference, closing: shared.closing.subscribe(), begun: false };
    Ok(streamed("application/json", unfold(pull, Pull::next)))
}

/// Whether the registry has a name, in the words of one that does not.
fn offered(wanted: &Reference, beside: &[&str]) -> Result<(), ApiError> {
    let repository = &wanted.repository;
    let local = repository.starts_with("local/");
    let here = beside.iter().any(|tag| tag.rsplit_once(':').is_some_and(|(have, _)| have == repository));
    let fleet = generator::images().any(|image| image.split(':').next() == Some(repository));
    if local || !(here || fleet || REPOSITORIES.contains(&repository.as_str())) {
        return Err(ApiError::absent(format!(
            "pull access denied for {repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"
        )));
    }
    let tag = wanted.tag.strip_prefix('v').unwrap_or(&wanted.tag);
    if !TAGS.contains(&tag) && !tag.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::absent(format!(
            "manifest for {} not found: manifest unknown: manifest unknown",
            wanted.name()
        )));
    }
    Ok(())
}

impl Pull {
    /// The next moment's lines. When the client goes the pull is dropped, and nothing has come of it.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.begun {
            tokio::select! {
                () = tokio::time::sleep(BEAT) => {}
                () = closed(&mut self.closing) => return None,
            }
        }
        self.begun = true;
        let mut lines = self.lines.pop_front()?;
        if self.lines.is_empty()
            && let Err(refusal) = self.finish()
        {
            let text = refusal.message;
            lines = vec![json!({ "errorDetail": { "message": text.clone() }, "error": text })];
        }
        let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        Some((Bytes::from(text), self))
    }

    fn finish(&mut self) -> Result<(), ApiError> {
        let mut state = self.shared.state();
        if let Some(image) = self.image.take() {
            state.images.put(image)?;
        }
        let name = self.reference.name();
        state.tell_of(Kind::Image, &name, now(), "pull", &[("name", self.reference.repository.clone())]);
        Ok(())
    }
}

fn status(id: &str, text: &str) -> Value {
    json!({ "status": text, "progressDetail": {}, "id": id })
}

fn head(reference: &Reference) -> Value {
    json!({ "status": format!("Pulling from {}", reference.path()), "id": reference.tag })
}

fn foot(reference: &Reference, outcome: &str) -> Vec<Value> {
    let digest = digest(&reference.name());
    vec![
        json!({ "status": format!("Digest: {digest}") }),
        json!({ "status": format!("Status: {outcome} for {}", reference.name()) }),
    ]
}

fn already(reference: &Reference) -> VecDeque<Vec<Value>> {
    VecDeque::from([vec![head(reference)], foot(reference, "Image is up to date")])
}

/// The progress of a layer.
struct Lane<'a> {
    id: String,
    layer: &'a Layer,
    /// Steps of its download, then of its unpacking.
    step: u64,
}

/// A pull's lines, beat by beat: a few layers come at a time; they are unpacked in their order, as in Docker.
fn course(reference: &Reference, layers: &[Layer]) -> VecDeque<Vec<Value>> {
    let mut lanes: Vec<Lane> = layers.iter().map(|layer| Lane { id: layer.short(), layer, step: 0 }).collect();
    let mut first = vec![head(reference)];
    first.extend(lanes.iter().map(|lane| status(&lane.id, "Pulling fs layer")));
    first.extend(lanes.iter().skip(LANES).map(|lane| status(&lane.id, "Waiting")));
    let mut beats = VecDeque::from([first]);
    let over = 2 * STEPS;
    while lanes.iter().any(|lane| lane.step < over) {
        let mut beat = Vec::new();
        let mut busy = 0;
        let mut ready = true;
        for lane in &mut lanes {
            if lane.step < STEPS && busy < LANES {
                busy += 1;
                lane.download(&mut beat);
            } else if lane.step >= STEPS && lane.step < over && ready {
                lane.unpack(&mut beat);
            }
            ready &= lane.step >= over;
        }
        beats.push_back(beat);
    }
    beats.push_back(foot(reference, "Downloaded newer image"));
    beats
}

impl Lane<'_> {
    fn download(&mut self, beat: &mut Vec<Value>) {
        self.step += 1;
        beat.push(progress(&self.id, "Downloading", self.layer.size * self.step / STEPS, self.layer.size));
        if self.step == STEPS {
            beat.push(status(&self.id, "Verifying Checksum"));
            beat.push(status(&self.id, "Download complete"));
        }
    }

    fn unpack(&mut self, beat: &mut Vec<Value>) {
        self.step += 1;
        beat.push(progress(&self.id, "Extracting", self.layer.size * (self.step - STEPS) / STEPS, self.layer.size));
        if self.step == 2 * STEPS {
            beat.push(status(&self.id, "Pull complete"));
        }
    }
}

/// A line of progress, with the bar that Docker draws for those who cannot.
fn progress(id: &str, text: &str, current: u64, total: u64) -> Value {
    let part = (current * 50 / total.max(1)).min(50) as usize;
    let bar = format!("[{}>{}]", "=".repeat(part), " ".repeat(50 - part));
    json!({
        "status": text, "progressDetail": { "current": current, "total": total },
        "progress": format!("{bar} {:>8}/{}", size(current), size(total)), "id": id,
    })
}

/// As Docker's go-units writes sizes: four significant digits, decimal units.
fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB"].into_iter();
    let mut unit = units.next().unwrap_or("B");
    for next in units.take_while(|_| bytes >= 1000) {
        if size < 1000.0 {
            break;
        }
        size /= 1000.0;
        unit = next;
    }
    let places = if size >= 999.95 {
        0
    } else if size >= 99.995 {
        1
    } else if size >= 9.9995 {
        2
    } else {
        3
    };
    let text = format!("{size:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_docker_writes_them() {
        for (bytes, text) in [(0, "0B"), (999, "999B"), (1000, "1kB"), (1_234_567, "1.235MB"), (31_250_000, "31.25MB")]
        {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn every_layer_comes_whole_and_in_order() {
        let reference = Reference::parse("nginx:1").expect("a name");
        let image = Image::imagined("nginx:1", 0, None);
        let lines: Vec<Value> = course(&reference, &image.layers).into_iter().flatten().collect();
        let done = |text: &str| -> Vec<String> {
            let ids = lines.iter().filter(|line| line["status"] == text).map(|line| line["id"].to_string());
            ids.collect()
        };
        let layers: Vec<String> = image.layers.iter().map(|layer| json!(layer.short()).to_string()).collect();
        assert_eq!(done("Pull complete"), layers);
        assert_eq!(done("Download complete").len(), layers.len());
        assert_eq!(lines[0], json!({ "status": "Pulling from library/nginx", "id": "1" }));
        assert_eq!(lines[lines.len() - 1]["status"], "Status: Downloaded newer image for nginx:1");
        let told = lines.iter().find(|line| line["status"] == "Downloading").expect("progress");
        assert!(told["progress"].as_str().is_some_and(|bar| bar.starts_with("[========>")), "{told}");
    }

    #[test]
    fn the_registry_knows_what_it_has() {
        let ask = |name: &str| offered(&Reference::parse(name).expect("a name"), &["ghcr.io/acme/api:1"]);
        assert!(ask("nginx").is_ok() && ask("ghcr.io/acme/api:2").is_ok() && ask("redis:7.4").is_ok());
        assert!(
            ask("nobody/nothing").expect_err("absent").message.starts_with("pull access denied for nobody/nothing")
        );
        assert!(ask("nginx:none").expect_err("absent").message.starts_with("manifest for nginx:none not found"));
        assert!(ask("local/ticker").is_err());
    }
}
