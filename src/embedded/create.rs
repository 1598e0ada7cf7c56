//! `POST /containers/create` and `…/update`: new local processes, and what can be changed of an instance later.

use std::collections::{BTreeMap, HashMap};

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::acts::signal_number;
use super::answer::{Answer, Refusal, json, json_with};
use super::dice::{hash, hex64, mix};
use super::engine::Hub;
use super::instance::{Body, Instance, Process, Spec};
use super::scenario::{Restart, is_name};
use super::serve::Ask;
use super::time::now;

/// One word or several, as Docker takes commands.
#[derive(Deserialize, Default)]
#[serde(untagged)]
pub(crate) enum Words {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Words {
    pub(crate) fn list(self) -> Vec<String> {
        match self {
            Words::None => Vec::new(),
            Words::One(word) => vec![word],
            Words::Many(words) => words,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    image: Option<String>,
    cmd: Option<Words>,
    entrypoint: Option<Words>,
    env: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
    tty: Option<bool>,
    open_stdin: Option<bool>,
    stdin_once: Option<bool>,
    working_dir: Option<String>,
    user: Option<String>,
    hostname: Option<String>,
    stop_signal: Option<String>,
    stop_timeout: Option<i64>,
    healthcheck: Option<Value>,
    host_config: Option<Hosted>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Hosted {
    memory: Option<u64>,
    nano_cpus: Option<u64>,
    binds: Option<Vec<String>>,
    restart_policy: Option<Policy>,
    auto_remove: Option<bool>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Policy {
    name: Option<String>,
    maximum_retry_count: Option<u64>,
}

impl Policy {
    fn read(&self) -> Result<Restart, Refusal> {
        let most = self.maximum_retry_count.unwrap_or(0);
        match self.name.as_deref().unwrap_or("") {
            "on-failure" => Ok(Restart::OnFailure(most)),
            name => Restart::try_from(name.to_string())
                .map_err(|_| Refusal::bad(format!("invalid restart policy '{name}'"))),
        }
    }
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("the request body is not as it should be: {error}")))
}

pub(crate) fn create(hub: &Hub, ask: &Ask) -> Answer {
    let wanted: Wanted = parse(&ask.body)?;
    let whole: Value = parse(&ask.body)?;
    let name = ask.query.get("name").map(|name| name.trim_start_matches('/').to_string());
    if let Some(name) = name.as_deref().filter(|name| !is_name(name)) {
        return Err(Refusal::bad(format!(
            "Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )));
    }
    let warnings = judge(&wanted)?;
    let spec = spec(wanted, &whole)?;
    let mut world = hub.world();
    let id = hex64(mix(hub.host.started as u64 ^ hash(&hub.host.name), mix(now() as u64, world.ordinal())));
    let name = name.unwrap_or_else(|| format!("process-{}", &id[..8]));
    let body = Body::Process(Process::new(hub.options.log_bytes, spec.open_stdin));
    world.add(Instance::new(id.clone(), name, now(), spec, body), now())?;
    Ok(json_with(StatusCode::CREATED, &json!({ "Id": id, "Warnings": warnings })))
}

/// Refuses what cannot be done at all, and warns of what will not be done.
fn judge(wanted: &Wanted) -> Result<Vec<String>, Refusal> {
    let host = wanted.host_config.as_ref();
    let mut warnings =
        vec!["This is a process of this machine: nothing isolates it, and its image is only a label.".to_string()];
    let set = |number: Option<u64>| number.is_some_and(|number| number > 0);
    if host.is_some_and(|host| set(host.memory) || set(host.nano_cpus)) {
        warnings.push("Limits are noted and not enforced.".into());
    }
    if host.is_some_and(|host| host.binds.as_ref().is_some_and(|binds| !binds.is_empty())) {
        warnings.push("Mounts are noted and not made: the process sees this machine's files.".into());
    }
    let ports = host.and_then(|host| host.rest.get("PortBindings")).and_then(Value::as_object);
    if ports.is_some_and(|ports| !ports.is_empty()) {
        warnings.push("Ports are noted and not published: the process uses this machine's network.".into());
    }
    if wanted.healthcheck.is_some() {
        warnings.push("The health check is noted and not run.".into());
    }
    if wanted.user.as_ref().is_some_and(|user| !user.is_empty()) {
        warnings.push("The user is noted: the process runs as the engine's own.".into());
    }
    Ok(warnings)
}

fn spec(wanted: Wanted, whole: &Value) -> Result<Spec, Refusal> {
    let host = wanted.host_config.unwrap_or_default();
    let mut config = whole.clone();
    let host_config = config.as_object_mut().and_then(|map| map.remove("HostConfig")).unwrap_or(json!({}));
    config.as_object_mut().and_then(|map| map.remove("NetworkingConfig"));
    let restart = host.restart_policy.unwrap_or_default().read()?;
    if host.auto_remove == Some(true) && !matches!(restart, Restart::No) {
        return Err(Refusal::bad("can't create 'AutoRemove' container with restart policy"));
    }
    let spec = Spec {
        image: wanted.image.unwrap_or_default(),
        entrypoint: wanted.entrypoint.unwrap_or_default().list(),
        cmd: wanted.cmd.unwrap_or_default().list(),
        env: wanted.env.unwrap_or_default(),
        labels: wanted.labels.unwrap_or_default(),
        tty: wanted.tty.unwrap_or(false),
        open_stdin: wanted.open_stdin.unwrap_or(false),
        stdin_once: wanted.stdin_once.unwrap_or(false),
        auto_remove: host.auto_remove.unwrap_or(false),
        working_dir: wanted.working_dir.unwrap_or_default(),
        user: wanted.user.unwrap_or_default(),
        hostname: wanted.hostname.unwrap_or_default(),
        ports: Vec::new(),
        volumes: host.binds.unwrap_or_default(),
        network: "host".into(),
        restart,
        memory_limit: host.memory.unwrap_or(0),
        nano_cpus: host.nano_cpus.unwrap_or(0),
        stop_signal: wanted.stop_signal.filter(|name| !name.is_empty()).map(|name| signal_number(&name)).transpose()?,
        stop_timeout: wanted.stop_timeout,
        config,
        host_config,
    };
    if spec.argv().is_empty() {
        return Err(Refusal::bad("No command specified"));
    }
    if spec.argv().iter().chain(&spec.env).any(|text| text.contains('\0')) {
        return Err(Refusal::bad("a command or an environment variable holds a NUL byte"));
    }
    Ok(spec)
}

/// Restart policies change for all. Limits change for synthetic instances, whose figures follow them; nothing here could
/// hold a local process to one.
pub(crate) fn update(hub: &Hub, reference: &str, body: &[u8]) -> Answer {
    let wanted: Hosted = parse(body)?;
    let set = |value: &Value| {
        !matches!(value, Value::Null) && *value != json!(0) && *value != json!("") && *value != json!([])
    };
    // A memory+swap limit comes with every memory limit; there is no swap to limit.
    let rest = wanted.rest.iter().find(|(name, value)| name.as_str() != "MemorySwap" && set(value));
    if let Some((name, _)) = rest {
        return Err(Refusal::unable(&format!("enforce {name}")));
    }
    let policy = wanted.restart_policy.as_ref().filter(|policy| policy.name.is_some()).map(Policy::read).transpose()?;
    let limits = (wanted.memory.filter(|n| *n > 0), wanted.nano_cpus.filter(|n| *n > 0));
    let mut world = hub.world();
    let one = world.find_mut(reference)?;
    if one.is_process() && limits != (None, None) {
        return Err(Refusal::unable("enforce limits on local processes"));
    }
    let active = one.active(now());
    one.spec.restart = policy.unwrap_or(one.spec.restart);
    one.spec.memory_limit = limits.0.unwrap_or(one.spec.memory_limit);
    if let (Some(nano), Body::Synthetic(made)) = (limits.1, &mut one.body) {
        one.spec.nano_cpus = nano;
        made.appetite.limit(nano as f64 / 1e9, active);
    }
    one.changed();
    let id = one.id.clone();
    world.tell(&id, now(), "update", &[]);
    Ok(json(&json!({ "Warnings": null })))
}
