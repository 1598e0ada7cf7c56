//! What runs otherwise than the files say: asked when somebody wants to know, never by itself.
//!
//! Compose sums each service up in a hash and writes it on the containers it makes. Where the hash is the same nothing of the
//! service has changed; where it is not, the engine's description says what. Hashes of different versions say nothing.

use super::file::{Service, Services};
use super::{compare, file, redact};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::program;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::path::{image as named, segment};
use crate::model::{ComposeReady, Difference, Drift, Problem, ServiceDrift, short_image_id};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The time limit for compose to read the files.
const LIMIT: Duration = Duration::from_secs(30);
/// Services whose differences are looked into.
const LOOKED_INTO: usize = 50;
/// Services that are told.
const TOLD: usize = 500;

/// A container, as the engine lists it.
#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(rename = "ImageID", default)]
    image: String,
    #[serde(rename = "State", default)]
    state: String,
    #[serde(rename = "Status", default)]
    status: String,
    #[serde(rename = "Labels", default)]
    labels: Option<BTreeMap<String, String>>,
}

impl Listed {
    fn label(&self, name: &str) -> &str {
        let labels = self.labels.as_ref();
        labels.and_then(|labels| labels.get(&format!("com.docker.compose.{name}"))).map_or("", String::as_str)
    }

    fn runs(&self) -> bool {
        matches!(self.state.as_str(), "running" | "paused" | "restarting")
    }

    /// True if it did what it was for.
    fn is_done(&self) -> bool {
        self.state == "exited" && self.status.starts_with("Exited (0)")
    }
}

/// What an engine says of an image: nothing, if it has none of that name.
type Images = BTreeMap<String, Option<Value>>;

/// Compares files and engine.
pub async fn find(shared: &Shared, ready: &ComposeReady) -> Result<Drift, Problem> {
    let during = format!("compare {}", ready.site.project);
    let (config, hashes, listed) = tokio::try_join!(
        config(shared, ready, &during),
        hashes(shared, ready, &during),
        listed(shared, ready, &during)
    )?;
    let transport = transport(shared, &during)?;
    let json = ready.client.is_plugin();
    let project = ready.site.project.clone();
    // A long file takes its time to be read: elsewhere, where it keeps nobody waiting.
    let read = tokio::task::spawn_blocking(move || file::read(&config, json, &project)).await;
    let services = read
        .map_err(|error| Problem::new(&during, format!("bowline's own worker failed: {error}"), "see its log"))?
        .map_err(|why| Problem::new(&during, format!("compose's output on the files cannot be read: {why}"), ""))?;
    let images = images(&transport, &services, &listed, ready).await.map_err(|fault| fault.problem(&during, None))?;
    let mut look = Look { ready, transport: &transport, hashes, images, looked_into: 0, notes: BTreeSet::new() };
    let mut drift = Drift {
        client: ready.client.to_string(),
        stamps: ready.stamps.clone(),
        containers: listed.iter().map(|one| one.id.clone()).collect(),
        ..Drift::default()
    };
    for name in names(&services, &listed) {
        let containers: Vec<&Listed> = listed.iter().filter(|one| one.label("service") == name).collect();
        let differences = look
            .service(&name, services.get(&name), &containers)
            .await
            .map_err(|fault| fault.problem(&during, None))?;
        drift.services += 1;
        if !differences.is_empty() && drift.differing.len() < TOLD {
            drift.differing.push(ServiceDrift { name: crate::model::text::clean(&name).into_owned(), differences });
        }
    }
    drift.notes = look.notes.into_iter().collect();
    Ok(drift)
}

fn transport(shared: &Shared, during: &str) -> Result<Transport, Problem> {
    let way = shared.line.borrow().way.clone();
    way.map(|(transport, _)| transport).ok_or_else(|| Problem::new(during, "the engine does not answer", "retry"))
}

/// The names of all services, of the files and of what runs.
fn names(services: &Services, listed: &[Listed]) -> BTreeSet<String> {
    let running = listed.iter().map(|one| one.label("service").to_string()).filter(|name| !name.is_empty());
    services.keys().cloned().chain(running).collect()
}

/// What compose writes for a question that changes nothing.
pub async fn asked(shared: &Shared, ready: &ComposeReady, question: &[&str], during: &str) -> Result<Vec<u8>, Problem> {
    let mut words: Vec<&str> = Vec::new();
    if ready.client.is_plugin() {
        // Services that are only there on demand are of the files too.
        words.extend(["--profile", "*"]);
    }
    words.extend(question);
    let mut command = program::command(&ready.argv(&words), shared.settings.programs.as_deref());
    // A file may include others from elsewhere: reading it is to fetch nothing.
    command.env("COMPOSE_EXPERIMENTAL_GIT_REMOTE", "false").env("COMPOSE_EXPERIMENTAL_OCI_REMOTE", "false");
    command.current_dir(&ready.site.folder);
    match program::ask(command, &[], LIMIT).await {
        Ok(Some(answer)) if answer.status.success() => Ok(answer.out),
        Ok(Some(answer)) => {
            let said = String::from_utf8_lossy(&answer.err).into_owned();
            let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| line.len() > 1).collect();
            let first = lines.iter().find(|line| line.to_lowercase().starts_with("error")).or(lines.last());
            // Version 1 says in the lines behind it what is wrong with a file.
            let cause = match (lines.first(), first) {
                // It quotes the value, over as many lines as that has.
                _ if redact::quotes(&said) => said.clone(),
                (Some(first), _) if lines.len() <= 3 && first.to_lowercase().starts_with("error") => lines.join(" "),
                (_, Some(line)) => (*line).to_string(),
                (_, None) => answer.status.to_string(),
            };
            let cause: String = redact::shown(&cause).chars().take(400).collect();
            Err(Problem::new(during, format!("compose cannot read the files: {cause}"), "fix the file"))
        }
        Ok(None) => Err(Problem::new(during, format!("compose took more than {} s", LIMIT.as_secs()), "")),
        Err(error) => Err(Problem::new(during, format!("compose cannot be run: {error}"), "")),
    }
}

async fn config(shared: &Shared, ready: &ComposeReady, during: &str) -> Result<Vec<u8>, Problem> {
    let question: &[&str] = if ready.client.is_plugin() { &["config", "--format", "json"] } else { &["config"] };
    asked(shared, ready, question, during).await
}

/// The hash of each service: lines of a name and a hash.
async fn hashes(shared: &Shared, ready: &ComposeReady, during: &str) -> Result<BTreeMap<String, String>, Problem> {
    let said = asked(shared, ready, &["config", "--hash", "*"], during).await?;
    let said = String::from_utf8_lossy(&said);
    let pair =
        |line: &str| line.trim().rsplit_once(' ').map(|(name, hash)| (name.trim().to_string(), hash.to_string()));
    Ok(said.lines().filter_map(pair).collect())
}

/// The project's containers, without those that were made for one run by hand.
async fn listed(shared: &Shared, ready: &ComposeReady, during: &str) -> Result<Vec<Listed>, Problem> {
    let label = format!("com.docker.compose.project={}", ready.site.project);
    let filters = serde_json::json!({ "label": [label] }).to_string();
    let path = format!("/containers/json?all=1&filters={}", segment(&filters));
    let all: Vec<Listed> = transport(shared, during)?.json(&path).await.map_err(|fault| fault.problem(during, None))?;
    Ok(all.into_iter().filter(|one| !one.label("oneoff").eq_ignore_ascii_case("true")).collect())
}

/// Under which name a service's image is found.
fn image_name(name: &str, service: &Service, ready: &ComposeReady) -> Option<String> {
    let made = || {
        let dash = if ready.client.is_plugin() { '-' } else { '_' };
        format!("{}{dash}{name}", ready.site.project)
    };
    service.image.clone().or_else(|| service.builds.then(made))
}

/// The images of services, by the names of the files, and those of containers, by their ids.
async fn images(
    transport: &Transport,
    services: &Services,
    listed: &[Listed],
    ready: &ComposeReady,
) -> Result<Images, EngineError> {
    let of_files = services.iter().filter_map(|(name, service)| image_name(name, service, ready));
    let of_containers = listed.iter().map(|one| one.image.clone()).filter(|image| !image.is_empty());
    let wanted: BTreeSet<String> = of_files.chain(of_containers).take(TOLD).collect();
    let mut images = Images::new();
    for name in wanted {
        let found = match transport.json::<Value>(&format!("/images/{}/json", named(&name))).await {
            Ok(image) => Some(image),
            // Not there; or of a name that no image can have, which compose will say when it is brought up.
            Err(EngineError::Status(400..=404, _)) => None,
            Err(fault) => return Err(fault),
        };
        images.insert(name, found);
    }
    Ok(images)
}

struct Look<'a> {
    ready: &'a ComposeReady,
    transport: &'a Transport,
    hashes: BTreeMap<String, String>,
    images: Images,
    looked_into: usize,
    notes: BTreeSet<String>,
}

impl Look<'_> {
    /// Finds the differences of a service.
    async fn service(
        &mut self,
        name: &str,
        wanted: Option<&Service>,
        containers: &[&Listed],
    ) -> Result<Vec<Difference>, EngineError> {
        let Some(wanted) = wanted else {
            return Ok(vec![Difference::new("service", "not in the files", count(containers.len()))]);
        };
        if wanted.optional && containers.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let running = containers.iter().filter(|one| one.runs()).count();
        if containers.len() as u64 != wanted.count {
            found.push(Difference::new("containers", wanted.count.to_string(), containers.len().to_string()));
        } else if running < containers.len() && !containers.iter().all(|one| one.runs() || one.is_done()) {
            found.push(Difference::new("running", wanted.count.to_string(), running.to_string()));
        }
        self.image(name, wanted, containers, &mut found);
        found.extend(self.configuration(name, wanted, containers).await?);
        Ok(found)
    }

    /// Whether the name of the image leads to another one by now.
    fn image(&mut self, name: &str, wanted: &Service, containers: &[&Listed], found: &mut Vec<Difference>) {
        let Some(reference) = image_name(name, wanted, self.ready) else { return };
        let id = match self.images.get(&reference) {
            Some(Some(image)) => image.pointer("/Id").and_then(Value::as_str).unwrap_or_default(),
            Some(None) => {
                let how = if wanted.builds { "builds" } else { "pulls" };
                let told = crate::model::text::clean(&reference).into_owned();
                self.notes.insert(format!("the engine does not have the image {told}: up {how} it"));
                return;
            }
            None => return,
        };
        // Podman writes ids without their algorithm.
        let bare = |id: &str| id.trim_start_matches("sha256:").to_string();
        let other = |one: &&&Listed| !one.image.is_empty() && bare(&one.image) != bare(id);
        let old: Vec<&&Listed> = containers.iter().filter(other).collect();
        if let (Some(first), false) = (old.first(), id.is_empty()) {
            let of = if old.len() < containers.len() {
                format!(" in {} of {}", old.len(), containers.len())
            } else {
                String::new()
            };
            let leads = format!("{reference} is {}", short_image_id(id));
            found.push(Difference::new("image", leads, format!("{}{of}", short_image_id(&first.image))));
        }
    }

    /// What differs in the configuration, where the hash does or cannot be compared.
    async fn configuration(
        &mut self,
        name: &str,
        wanted: &Service,
        containers: &[&Listed],
    ) -> Result<Vec<Difference>, EngineError> {
        let hash = self.hashes.get(name).map_or("", String::as_str);
        let version = &self.ready.client.version;
        let other = |one: &&&Listed| hash.is_empty() || one.label("config-hash") != hash;
        let others: Vec<&&Listed> = containers.iter().filter(other).collect();
        let Some(first) = others.first() else { return Ok(Vec::new()) };
        let comparable = !hash.is_empty() && first.label("version").trim_start_matches('v') == version;
        if !comparable {
            let by = match first.label("version") {
                "" => "an unknown version".to_string(),
                version => format!("compose {}", crate::model::text::clean(version)),
            };
            self.notes.insert(format!("created by {by}: hashes not comparable with {version}, values were compared"));
        }
        if self.looked_into >= LOOKED_INTO {
            self.notes.insert(format!("only {LOOKED_INTO} services were compared in detail: others differ too"));
            return Ok(vec![Difference::new("configuration", "different", "not compared in detail")]);
        }
        self.looked_into += 1;
        // Raw: closed enums.
        let runs: Value = match self.transport.json(&format!("/containers/{}/json", segment(&first.id))).await {
            Ok(runs) => runs,
            // Removed a moment ago: it is counted among what does not run next time.
            Err(EngineError::Status(404, _)) => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let nothing = Value::Null;
        let image = self.images.get(&first.image).and_then(Option::as_ref).unwrap_or(&nothing);
        let mut found = compare::compare(wanted, &runs, image);
        if comparable && found.is_empty() {
            found.push(Difference::new("configuration", "changed since", "in settings not compared here"));
        }
        if others.len() < containers.len() && !found.is_empty() {
            let of = format!("{} of {} differ", others.len(), containers.len());
            found.insert(0, Difference::new("containers", "all the same", of));
        }
        Ok(found)
    }
}

fn count(containers: usize) -> String {
    crate::model::Kind::Container.count(containers)
}
