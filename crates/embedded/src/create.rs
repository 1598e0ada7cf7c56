//! `POST /containers/create`: new local processes.

use std::collections::{BTreeMap, HashMap};

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::container::{Body, Container, Process};
use super::lifecycle::signal_number;
use super::names::is_name;
use super::network::store::Endpoint;
use super::request::{ApiRequest, parse};
use super::response::{Answer, ApiError, json_with};
use super::rng::{hash, hex64, mix};
use super::shared::Shared;
use super::spec::Restart;
use super::spec::Spec;
use super::time::now;
use super::volume::mount::Mount;

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
    volumes: Option<BTreeMap<String, Value>>,
    networking_config: Option<Networking>,
    host_config: Option<Hosted>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Networking {
    endpoints_config: Option<BTreeMap<String, Option<Endpoint>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Hosted {
    memory: Option<u64>,
    nano_cpus: Option<u64>,
    binds: Option<Vec<String>>,
    mounts: Option<Vec<Value>>,
    network_mode: Option<String>,
    restart_policy: Option<Policy>,
    auto_remove: Option<bool>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Policy {
    name: Option<String>,
    maximum_retry_count: Option<u64>,
}

impl Policy {
    /// Clients send one without a name when they mean none.
    pub(crate) fn is_said(&self) -> bool {
        self.name.as_deref().is_some_and(|name| !name.is_empty())
    }

    pub(crate) fn read(&self) -> Result<Restart, ApiError> {
        let most = self.maximum_retry_count.unwrap_or(0);
        match self.name.as_deref().unwrap_or("") {
            "on-failure" => Ok(Restart::OnFailure(most)),
            name => Restart::try_from(name.to_string())
                .map_err(|_| ApiError::bad(format!("invalid restart policy '{name}'"))),
        }
    }
}

pub(crate) fn create(shared: &Shared, ask: &ApiRequest) -> Answer {
    let mut wanted: Wanted = parse(&ask.body)?;
    let whole: Value = parse(&ask.body)?;
    let name = ask.query.get("name").map(|name| name.trim_start_matches('/').to_string());
    if let Some(name) = name.as_deref().filter(|name| !is_name(name)) {
        return Err(ApiError::bad(format!(
            "Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )));
    }
    let warnings = judge(&wanted)?;
    let wishes = wanted.networking_config.take().and_then(|config| config.endpoints_config).unwrap_or_default();
    let wishes = wishes.into_iter().map(|(name, wish)| (name, wish.unwrap_or_default())).collect();
    let spec = spec(wanted, &whole)?;
    let mut state = shared.state();
    let id = hex64(mix(shared.host.started as u64 ^ hash(&shared.host.name), mix(now() as u64, state.ordinal())));
    let name = name.unwrap_or_else(|| format!("process-{}", &id[..8]));
    let body = Body::Process(Process::new(shared.options.log_bytes, spec.open_stdin));
    state.add(Container::new(id.clone(), name, now(), spec, body), &wishes, now())?;
    Ok(json_with(StatusCode::CREATED, &json!({ "Id": id, "Warnings": warnings })))
}

/// Refuses what cannot be done at all, and warns of what will not be done.
fn judge(wanted: &Wanted) -> Result<Vec<String>, ApiError> {
    let host = wanted.host_config.as_ref();
    let mut warnings =
        vec!["This is a process on this machine: it is not isolated, and its image is only a label.".to_string()];
    let set = |number: Option<u64>| number.is_some_and(|number| number > 0);
    if host.is_some_and(|host| set(host.memory) || set(host.nano_cpus)) {
        warnings.push("Limits are recorded but not enforced.".into());
    }
    let bound = |host: &Hosted| {
        host.binds.as_ref().is_some_and(|binds| !binds.is_empty())
            || host.mounts.as_ref().is_some_and(|mounts| !mounts.is_empty())
    };
    if host.is_some_and(bound) || wanted.volumes.as_ref().is_some_and(|volumes| !volumes.is_empty()) {
        warnings.push("Mounts are recorded but not made: the process sees this machine's files.".into());
    }
    let ports = host.and_then(|host| host.rest.get("PortBindings")).and_then(Value::as_object);
    if ports.is_some_and(|ports| !ports.is_empty()) {
        warnings.push("Ports are recorded but not published: the process uses this machine's network.".into());
    }
    if mode(host) != "host" {
        warnings.push("The network is recorded but not joined: the process uses this machine's network.".into());
    }
    if wanted.healthcheck.is_some() {
        warnings.push("The health check is recorded but not run.".into());
    }
    if wanted.user.as_ref().is_some_and(|user| !user.is_empty()) {
        warnings.push("The user is recorded: the process runs as the engine's own.".into());
    }
    Ok(warnings)
}

/// The network a process is said to be in. Without a wish it is in the one it really is in.
fn mode(host: Option<&Hosted>) -> &str {
    match host.and_then(|host| host.network_mode.as_deref()) {
        None | Some("" | "default") => "host",
        Some(mode) => mode,
    }
}

/// What is to be mounted, from the three places where clients say it.
fn mounts(wanted: &Wanted) -> Result<Vec<Mount>, ApiError> {
    let host = wanted.host_config.as_ref();
    let binds = host.and_then(|host| host.binds.as_deref()).unwrap_or_default().iter();
    let binds = binds.map(|text| {
        let wrong = || ApiError::bad(format!("invalid volume specification: '{text}'"));
        Mount::parse(text).filter(|mount| mount.has_a_name()).ok_or_else(wrong)
    });
    let asked = host.and_then(|host| host.mounts.as_deref()).unwrap_or_default().iter();
    let asked = asked.map(|value| {
        let wrong = || ApiError::bad(format!("invalid mount config: {value}"));
        Mount::read(value).filter(Mount::has_a_name).ok_or_else(wrong)
    });
    let mut all: Vec<Mount> = binds.chain(asked).collect::<Result<_, _>>()?;
    for path in wanted.volumes.iter().flatten().map(|(path, _)| path) {
        // One that is mounted there anyway needs no volume of its own.
        if !all.iter().any(|mount| mount.target == *path) {
            let wrong = || ApiError::bad(format!("invalid mount path: '{path}' mount path must be absolute"));
            all.push(Mount::parse(path).ok_or_else(wrong)?);
        }
    }
    Ok(all)
}

fn spec(wanted: Wanted, whole: &Value) -> Result<Spec, ApiError> {
    let mounts = mounts(&wanted)?;
    let network = mode(wanted.host_config.as_ref()).to_string();
    let host = wanted.host_config.unwrap_or_default();
    let mut config = whole.clone();
    let host_config = config.as_object_mut().and_then(|map| map.remove("HostConfig")).unwrap_or(json!({}));
    config.as_object_mut().and_then(|map| map.remove("NetworkingConfig"));
    let restart = host.restart_policy.unwrap_or_default().read()?;
    if host.auto_remove == Some(true) && !matches!(restart, Restart::No) {
        return Err(ApiError::bad("can't create 'AutoRemove' container with restart policy"));
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
        mounts,
        network,
        restart,
        memory_limit: host.memory.unwrap_or(0),
        nano_cpus: host.nano_cpus.unwrap_or(0),
        stop_signal: wanted.stop_signal.filter(|name| !name.is_empty()).map(|name| signal_number(&name)).transpose()?,
        stop_timeout: wanted.stop_timeout,
        config,
        host_config,
    };
    if spec.argv().is_empty() {
        return Err(ApiError::bad("No command specified"));
    }
    if spec.argv().iter().chain(&spec.env).any(|text| text.contains('\0')) {
        return Err(ApiError::bad("a command or an environment variable contains a NUL byte"));
    }
    Ok(spec)
}
