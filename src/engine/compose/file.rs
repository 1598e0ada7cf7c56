//! What `compose config` writes, as one shape: version 1 writes YAML, version 2 JSON, and each field in several forms
//! (Compose specification, short and long syntax).

use crate::model::{NewPort, Restart};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A service as the files have it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// The image, where one is named.
    pub image: Option<String>,
    /// True if the image is built.
    pub builds: bool,
    /// The command; none is the image's own.
    pub command: Option<Vec<String>>,
    /// The entrypoint; none is the image's own.
    pub entrypoint: Option<Vec<String>>,
    /// Variables with a value.
    pub environment: BTreeMap<String, String>,
    /// Variables whose value comes from where compose runs.
    pub inherited: BTreeSet<String>,
    /// Published ports, as [`port`] writes them; none if one could not be read.
    pub ports: Option<BTreeSet<String>>,
    /// Mounts: where inside, and what, as [`Mounted`] writes it.
    pub mounts: BTreeMap<String, Mounted>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The restart policy.
    pub restart: String,
    /// As whom; empty is the image's own.
    pub user: String,
    /// Working directory; empty is the image's own.
    pub folder: String,
    /// The number of containers.
    pub count: u64,
    /// True if it starts only on request (profiles).
    pub optional: bool,
}

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mounted {
    /// A folder, or the name of a volume; empty for a volume without a name.
    pub source: String,
    /// True if it is read-only.
    pub read_only: bool,
}

impl std::fmt::Display for Mounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source = if self.source.is_empty() { "an anonymous volume" } else { &self.source };
        write!(f, "{source}{}", if self.read_only { ", read-only" } else { "" })
    }
}

/// The services of a project by name.
pub type Services = BTreeMap<String, Service>;

/// Reads what `compose config` wrote.
///
/// # Errors
/// A sentence on what cannot be read.
pub fn read(bytes: &[u8], json: bool, project: &str) -> Result<Services, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "compose's output is not text".to_string())?;
    let whole: Value = match json {
        true => serde_json::from_str(text).map_err(|error| error.to_string())?,
        false => serde_saphyr::from_str(text).map_err(|error| error.to_string())?,
    };
    let volumes = volumes(&whole, project);
    let services = whole.get("services").and_then(Value::as_object).ok_or("compose reported no services")?;
    Ok(services.iter().map(|(name, service)| (name.clone(), one(service, &volumes))).collect())
}

/// What the volumes of the file are called by the engine.
fn volumes(whole: &Value, project: &str) -> BTreeMap<String, String> {
    let all = whole.get("volumes").and_then(Value::as_object).into_iter().flatten();
    let named = |(key, volume): (&String, &Value)| {
        // An external one is called as the file calls it; version 1 wrote its name below `external`.
        let external = volume.get("external").is_some_and(|external| !matches!(external, Value::Bool(false)));
        let name = volume.get("name").or_else(|| volume.pointer("/external/name")).and_then(Value::as_str);
        let own = if external { key.clone() } else { format!("{project}_{key}") };
        (key.clone(), name.map_or(own, str::to_string))
    };
    all.map(named).collect()
}

fn one(service: &Value, volumes: &BTreeMap<String, String>) -> Service {
    let text = |key: &str| service.get(key).map(plain).unwrap_or_default();
    let environment = pairs(service.get("environment"));
    let inherited = environment.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.clone()).collect();
    let count = service.get("scale").or_else(|| service.pointer("/deploy/replicas")).and_then(Value::as_u64);
    let optional = service.get("profiles").and_then(Value::as_array).is_some_and(|profiles| !profiles.is_empty());
    Service {
        image: service.get("image").and_then(Value::as_str).map(str::to_string),
        builds: service.get("build").is_some_and(|build| !build.is_null()),
        command: words(service.get("command")),
        entrypoint: words(service.get("entrypoint")),
        environment: environment.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        inherited,
        ports: list(service.get("ports")).map(port_of).collect(),
        mounts: list(service.get("volumes")).filter_map(|mount| mount_of(mount, volumes)).collect(),
        labels: pairs(service.get("labels"))
            .into_iter()
            .map(|(name, value)| (name, value.unwrap_or_default()))
            .collect(),
        restart: restart(&text("restart")),
        user: text("user"),
        folder: text("working_dir"),
        count: count.unwrap_or(1),
        optional,
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A value as text; what compose doubled for its own reading is single again.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace("$$", "$"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A map, or a list of `name=value`. None is a value that comes from elsewhere.
fn pairs(value: Option<&Value>) -> BTreeMap<String, Option<String>> {
    match value {
        Some(Value::Object(map)) => {
            map.iter().map(|(name, value)| (name.clone(), (!value.is_null()).then(|| plain(value)))).collect()
        }
        Some(Value::Array(list)) => list
            .iter()
            .map(plain)
            .map(|entry| match entry.split_once('=') {
                Some((name, value)) => (name.to_string(), Some(value.to_string())),
                None => (entry, None),
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// A command as words: a list, or a line as a shell reads it.
fn words(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(list) => Some(list.iter().map(plain).collect()),
        Value::String(line) => shell_words::split(&line.replace("$$", "$")).ok(),
        _ => None,
    }
}

/// One written form for when a container starts again: the engine's own.
pub fn restart(word: &str) -> String {
    Restart::parse(word).map_or_else(|_| word.to_string(), |restart| restart.to_string())
}

/// A published port in one form: `127.0.0.1:8080->80/tcp`; an engine chooses where none is told.
pub fn port(address: &str, public: &str, private: &str, protocol: &str) -> String {
    let public = if public == "0" { "" } else { public };
    let address = if matches!(address, "0.0.0.0" | "::") { "" } else { address };
    let address = if address.is_empty() { String::new() } else { format!("{address}:") };
    format!("{address}{public}->{private}/{protocol}")
}

fn port_of(value: &Value) -> Option<String> {
    if let Value::Object(_) = value {
        let text = |key: &str| value.get(key).map(plain).unwrap_or_default();
        let protocol = Some(text("protocol")).filter(|text| !text.is_empty()).unwrap_or_else(|| "tcp".into());
        let address = Some(text("host_ip")).filter(|text| !text.is_empty()).unwrap_or_else(|| text("external_ip"));
        return Some(port(&address, &text("published"), &text("target"), &protocol));
    }
    let read = NewPort::parse(&plain(value)).ok()?;
    let public = read.public.map(|public| public.to_string()).unwrap_or_default();
    Some(port(&read.address, &public, &read.private.to_string(), &read.protocol))
}

fn mount_of(value: &Value, volumes: &BTreeMap<String, String>) -> Option<(String, Mounted)> {
    let named = |source: &str| volumes.get(source).cloned().unwrap_or_else(|| source.to_string());
    if let Value::Object(_) = value {
        let text = |key: &str| value.get(key).map(plain).unwrap_or_default();
        let kind = text("type");
        if !matches!(kind.as_str(), "" | "bind" | "volume") {
            return None;
        }
        let source = if kind == "bind" { text("source") } else { named(&text("source")) };
        let read_only = value.get("read_only").and_then(Value::as_bool).unwrap_or_default();
        return Some((text("target"), Mounted { source, read_only }));
    }
    let written = plain(value);
    let mut parts = written.split(':');
    match (parts.next()?, parts.next(), parts.next()) {
        (target, None, _) => Some((target.to_string(), Mounted { source: String::new(), read_only: false })),
        (source, Some(target), mode) => {
            let read_only = mode.is_some_and(|mode| mode.split(',').any(|word| word == "ro"));
            Some((target.to_string(), Mounted { source: named(source), read_only }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = r#"
services:
  tool: {image: busybox, profiles: [tools], scale: 3}
  web:
    command: ["sh", "-c", "echo $$HOME"]
    deploy: {replicas: 2}
    environment: {A: '1', PW: null}
    image: busybox:latest
    labels: {a: b}
    ports:
    - {published: 18099, target: 80}
    - 127.0.0.1:18098:53/udp
    - {target: 90}
    restart: "no"
    volumes: ["data:/data:rw", "/anon", "/srv/x:/x:ro", {target: /t, type: tmpfs}]
volumes: {data: {}, other: {name: shared}}
"#;
    const JSON: &str = r#"{"services": {"tool": {"image": "busybox", "profiles": ["tools"], "scale": 3}, "web": {
        "command": ["sh", "-c", "echo $$HOME"], "deploy": {"replicas": 2}, "environment": {"A": "1", "PW": null},
        "image": "busybox:latest", "labels": {"a": "b"}, "entrypoint": null, "restart": "no",
        "ports": [{"mode": "ingress", "target": 80, "published": "18099", "protocol": "tcp"},
                  {"host_ip": "127.0.0.1", "target": 53, "published": "18098", "protocol": "udp"},
                  {"target": 90, "protocol": "tcp"}],
        "volumes": [{"type": "volume", "source": "data", "target": "/data", "volume": {}},
                    {"type": "volume", "target": "/anon"},
                    {"type": "bind", "source": "/srv/x", "target": "/x", "read_only": true},
                    {"type": "tmpfs", "target": "/t"}]}},
        "volumes": {"data": {"name": "shop_data"}}}"#;

    #[test]
    fn both_versions_say_the_same() {
        let yaml = read(YAML.as_bytes(), false, "shop").unwrap();
        let json = read(JSON.as_bytes(), true, "shop").unwrap();
        assert_eq!(yaml, json);
        let web = &yaml["web"];
        assert_eq!(web.command.as_deref().unwrap(), ["sh", "-c", "echo $HOME"]);
        let ports: Vec<&str> = web.ports.as_ref().unwrap().iter().map(String::as_str).collect();
        assert_eq!(ports, ["->90/tcp", "127.0.0.1:18098->53/udp", "18099->80/tcp"]);
        assert_eq!(web.mounts["/data"], Mounted { source: "shop_data".into(), read_only: false });
        assert_eq!((web.count, web.optional, web.restart.as_str()), (2, false, "no"));
        assert_eq!((web.environment.len(), web.inherited.len()), (1, 1));
        assert!(yaml["tool"].optional && yaml["tool"].count == 3);
    }

    #[test]
    fn a_flood_of_references_and_what_is_no_answer_are_refused() {
        let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (next, last) in ('b'..='k').zip('a'..) {
            bomb.push_str(&format!(
                "{next}: &{next} [*{last},*{last},*{last},*{last},*{last},*{last},*{last},*{last}]\n"
            ));
        }
        assert!(read(bomb.as_bytes(), false, "x").is_err());
        for bytes in [&b"\xff\xfe"[..], b"", b"services: 3", b"{", b"- a"] {
            assert!(read(bytes, false, "x").is_err(), "{bytes:?}");
            assert!(read(bytes, true, "x").is_err(), "{bytes:?}");
        }
    }
}
