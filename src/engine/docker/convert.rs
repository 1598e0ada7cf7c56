//! From what engines answer to the model's nouns. Every text is cleaned here.

use crate::engine::docker::api::{Info, Inspected, Listed, ListedMount, Version};
use crate::engine::rfc3339;
use crate::model::{
    Capabilities, Container, Detail, EngineId, EngineInfo, Health, Id, Limits, Mount, Past, Port, Relations, Restart,
    Runtime, State, Timestamp, secret, text,
};
use serde::Deserialize;
use std::sync::Arc;

/// A container's id as engines write it: nothing else may become part of a path.
pub fn is_container_id(raw: &str) -> bool {
    raw.len() == 64 && raw.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The containers of a list. Entries without a proper id, and those that cannot be read, are left out.
///
/// # Errors
/// When it is no list at all, or when none of its entries can be read.
pub fn containers(json: &[u8], engine: EngineId, now: Timestamp) -> Result<Vec<Container>, serde_json::Error> {
    let of = |listed: Vec<Listed<'_>>| {
        let proper = listed.into_iter().filter(|entry| is_container_id(&entry.id));
        proper.map(|entry| container(entry, engine, now)).collect()
    };
    let error = match serde_json::from_slice(json) {
        Ok(listed) => return Ok(of(listed)),
        Err(error) => error,
    };
    let entries: Vec<serde_json::Value> = serde_json::from_slice(json)?;
    let listed: Vec<Listed<'_>> = entries.iter().filter_map(|entry| Listed::deserialize(entry).ok()).collect();
    if listed.is_empty() {
        return Err(error);
    }
    tracing::warn!("{} entries of a list cannot be read: {error}", entries.len() - listed.len());
    Ok(of(listed))
}

fn container(listed: Listed<'_>, engine: EngineId, now: Timestamp) -> Container {
    let state = State::from_word(&listed.state);
    let status = Status::read(&listed.status);
    let mut networks: Vec<Arc<str>> = listed.network_settings.networks.keys().map(|name| clean(name)).collect();
    if networks.is_empty() && listed.host_config.network_mode == "host" {
        networks.push("host".into());
    }
    let created = Timestamp::from_seconds(listed.created.0);
    // The first name without a second slash is its own; the others are links from other containers.
    let own = |name: &&std::borrow::Cow<'_, str>| !name.trim_start_matches('/').contains('/');
    let name = listed.names.iter().find(own).or(listed.names.first());
    let name = name.map_or_else(|| listed.id.get(..12).unwrap_or_default(), |name| name.trim_start_matches('/'));
    let health = if state == State::Running { status.health } else { Health::None };
    Container {
        id: Id::new(engine, &*listed.id),
        name: clean(name),
        image: clean(&listed.image),
        command: clean(&listed.command),
        health,
        exit_code: if state.is_alive() { None } else { status.exit_code },
        created,
        since: status.age.map_or(created, |age| now.plus_seconds(-age)),
        state,
        ports: ports(&listed),
        labels: listed.labels.iter().map(|(key, value)| (clean(key), clean(value))).collect(),
        networks,
        ties: Arc::new(ties(&listed)),
        detail: None,
        past: Past { last_exit: status.exit_code, ..Past::default() },
        pending: None,
        waiting: None,
    }
}

/// Identities stay as the engine wrote them: they are compared, and shown only after another cleaning.
fn ties(listed: &Listed<'_>) -> Relations {
    let mount = |mount: &ListedMount<'_>| Mount {
        volume: (mount.kind == "volume" && !mount.name.is_empty()).then(|| clean(&mount.name)),
        source: clean(&mount.source),
        target: clean(&mount.destination),
        writable: mount.writable,
    };
    let addresses = listed.network_settings.networks.values();
    Relations {
        image: listed.image_id.as_ref().into(),
        mounts: listed.mounts.iter().map(mount).collect(),
        addresses: addresses.map(|one| clean(one.as_ref().map_or("", |one| &one.address))).collect(),
        network_mode: clean(&listed.host_config.network_mode),
    }
}

fn clean(raw: &str) -> Arc<str> {
    text::clean(raw).into()
}

/// True for all addresses of a family.
fn is_every(address: &str) -> bool {
    matches!(address, "::" | "0.0.0.0" | "")
}

/// Published first, then by number. An engine lists a port once for each address family: twins are one, open everywhere.
fn ports(listed: &Listed<'_>) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::with_capacity(listed.ports.len());
    for port in listed.ports.iter().filter(|port| port.private_port != 0) {
        let public = Some(port.public_port).filter(|number| *number != 0);
        let twin = |known: &&mut Port| {
            known.public == public
                && known.private == port.private_port
                && known.protocol == port.protocol
                && is_every(&known.address)
        };
        if is_every(&port.address)
            && let Some(known) = ports.iter_mut().find(twin)
        {
            known.address.clear();
            continue;
        }
        ports.push(Port {
            public,
            private: port.private_port,
            protocol: text::clean(&port.protocol).into_owned(),
            address: text::clean(&port.address).into_owned(),
        });
    }
    ports.sort_by_key(|port| (port.public.is_none(), port.private, port.public));
    ports
}

/// What the `Status` text of a list tells: "Up 3 hours (healthy)", "Exited (137) 2 minutes ago".
#[derive(Debug, Default, PartialEq)]
struct Status {
    health: Health,
    exit_code: Option<i64>,
    /// Seconds since the state began.
    age: Option<f64>,
}

impl Status {
    fn read(text: &str) -> Self {
        let mut status = Status::default();
        let mut words = text;
        if let Some(rest) = text.strip_prefix("Exited (").or_else(|| text.strip_prefix("Restarting (")) {
            let (code, rest) = rest.split_once(')').unwrap_or((rest, ""));
            // A code that is no number is not known: the list is read on, and inspecting the container tells it.
            status.exit_code = code.parse().ok();
            words = rest;
        } else if let Some(rest) = text.strip_prefix("Up ") {
            words = rest;
        }
        if let Some((_, health)) = words.rsplit_once(" (") {
            let health = health.trim_end_matches(')');
            status.health = Health::from_word(health.strip_prefix("health: ").unwrap_or(health));
        }
        status.age = age(words.split(" (").next().unwrap_or_default());
        status
    }
}

/// Seconds of a duration as engines word it: "Less than a second", "About an hour", "5 minutes ago".
fn age(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches(" ago");
    if text.starts_with("Less than") {
        return Some(0.0);
    }
    let text = text.strip_prefix("About ").unwrap_or(text);
    let (count, unit) = text.split_once(' ')?;
    let count: f64 = if matches!(count, "a" | "an") { 1.0 } else { count.parse().ok()? };
    let unit = match unit.trim_end_matches('s') {
        "second" => 1.0,
        "minute" => 60.0,
        "hour" => 3600.0,
        "day" => 86_400.0,
        "week" => 7.0 * 86_400.0,
        "month" => 30.0 * 86_400.0,
        "year" => 365.0 * 86_400.0,
        _ => return None,
    };
    Some(count * unit)
}

/// The details of an inspection.
pub fn detail(inspected: &Inspected) -> Detail {
    let host = &inspected.host_config;
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    let quota = || {
        let period = positive(host.cpu_period).unwrap_or(100_000);
        positive(host.cpu_quota).map(|quota| quota as f64 / period as f64)
    };
    Detail {
        tty: inspected.config.tty,
        started_at: rfc3339::parse(&inspected.state.started_at),
        finished_at: rfc3339::parse(&inspected.state.finished_at),
        restarts: inspected.restart_count,
        oom: inspected.state.oom_killed,
        error: secret::fit(&inspected.state.error),
        exit_code: inspected.state.exit_code,
        limits: Limits {
            processors: positive(host.nano_cpus).map(|nano| nano as f64 / 1e9).or_else(quota),
            memory: positive(host.memory),
            pids: positive(host.pids_limit),
        },
        memory_swap: Some(host.memory_swap).filter(|swap| *swap != 0),
        restart: match Restart::parse(&host.restart_policy.name) {
            Ok(Restart::OnFailure(_)) => Restart::OnFailure(host.restart_policy.maximum_retry_count),
            known => known.unwrap_or_default(),
        },
        pid: inspected.state.pid,
    }
}

/// An engine's own description.
pub fn engine_info(version: &Version, info: &Info) -> EngineInfo {
    let parts = version.components.iter().map(|component| &component.name).chain([&version.platform.name]);
    let names: Vec<String> = parts.map(|name| name.to_lowercase()).collect();
    let named = |word: &str| names.iter().any(|name| name.contains(word));
    let runtime = if named("podman") {
        Runtime::Podman
    } else if named("bowline embedded engine") {
        Runtime::Embedded
    } else {
        Runtime::Docker
    };
    EngineInfo {
        runtime,
        capabilities: capabilities(runtime),
        version: short_version(&version.version),
        api: text::clean(&version.api_version).into_owned(),
        host: text::clean(&info.name).into_owned(),
        processors: info.processors,
        memory: info.mem_total,
    }
}

/// What those engines can that speak this API. Podman would read its whole journal for past events, writes a log in pieces of its
/// own, and sees a volume only in the volume's folder; the embedded engine starts processes of this machine.
fn capabilities(runtime: Runtime) -> Capabilities {
    match runtime {
        Runtime::Docker => Capabilities::default(),
        Runtime::Podman => Capabilities {
            remembers_events: false,
            whole_log_lines: false,
            archives_from_root: false,
            ..Capabilities::default()
        },
        Runtime::Embedded => Capabilities { isolates: false, remembers_events: false, ..Capabilities::default() },
    }
}

/// `20.10.24` of `20.10.24+dfsg1`.
fn short_version(version: &str) -> String {
    let version = version.split(['+', '~']).next().unwrap_or_default();
    text::clean(version).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000 * crate::model::SECOND);

    fn listed(extra: &str) -> Container {
        let id = "ab".repeat(32);
        let json = format!(r#"[{{"Id":"{id}","Names":["/web"],"Image":"nginx",{extra}"Created":5}}]"#);
        containers(json.as_bytes(), EngineId(0), NOW).unwrap().remove(0)
    }

    #[test]
    fn status_texts() {
        let read = |text: &str| {
            let status = Status::read(text);
            (status.exit_code, status.health, status.age)
        };
        assert_eq!(read("Up 3 hours (healthy)"), (None, Health::Healthy, Some(10800.0)));
        assert_eq!(read("Up Less than a second"), (None, Health::None, Some(0.0)));
        assert_eq!(read("Up About an hour (health: starting)"), (None, Health::Starting, Some(3600.0)));
        assert_eq!(read("Up 2 minutes (Paused)"), (None, Health::None, Some(120.0)));
        assert_eq!(read("Up 4 days (unhealthy)"), (None, Health::Unhealthy, Some(345_600.0)));
        assert_eq!(read("Exited (137) 2 minutes ago"), (Some(137), Health::None, Some(120.0)));
        assert_eq!(read("Restarting (1) 5 seconds ago"), (Some(1), Health::None, Some(5.0)));
        assert_eq!(read("Created"), (None, Health::None, None));
        assert_eq!(read("Exited ("), (None, Health::None, None));
        assert_eq!(read("Exited (0) About a minute ago").2, Some(60.0));
        assert_eq!(read(""), (None, Health::None, None));
    }

    #[test]
    fn strange_fields_do_not_fail_a_list() {
        let container = listed(r#""State":"stopping","Ports":null,"Labels":null,"Status":null,"Unknown":[{}],"#);
        assert_eq!(container.state, State::Other("stopping".into()));
        assert_eq!((&*container.name, container.since), ("web", Timestamp::from_seconds(5)));
    }

    #[test]
    fn one_odd_entry_does_not_fail_a_list() {
        let odd_port = r#"{"PrivatePort":70000,"Type":null},{"PrivatePort":null},{"PrivatePort":80,"Type":"tcp"}"#;
        let container = listed(&format!(r#""State":null,"Ports":[{odd_port}],"#));
        assert_eq!(container.ports.len(), 1);
        let id = "ab".repeat(32);
        let json = format!(r#"[{{"Id":null,"Image":null}},{{"Id":7}},"x",{{"Id":"{id}","Names":["/web"]}}]"#);
        let found = containers(json.as_bytes(), EngineId(0), NOW).unwrap();
        assert_eq!(found.iter().map(|container| &*container.name).collect::<Vec<_>>(), ["web"]);
        assert!(containers(br#"[1,2]"#, EngineId(0), NOW).is_err(), "a list that cannot be read is not an empty list");
        assert!(containers(b"[]", EngineId(0), NOW).unwrap().is_empty());
    }

    #[test]
    fn podman_and_hostile_texts() {
        let extra = r#""State":"exited","Status":"Exited (1) 3 days ago","Command":"sh -c 'a\u001b[2J'","Labels":{"k\u202e":"v"},"#;
        let container = listed(extra);
        assert_eq!(container.exit_code, Some(1));
        assert_eq!(&*container.command, "sh -c 'a^[[2J'");
        assert_eq!(&*container.labels[0].0, "k<U+202E>");
        let json = br#"[{"Id":"../images/json","Names":["/x"]},{"Id":"","Names":null}]"#;
        assert!(containers(json, EngineId(0), NOW).unwrap().is_empty());
        assert!(containers(br#"{"message":"no"}"#, EngineId(0), NOW).is_err());
    }

    #[test]
    fn ports_published_first_without_twins() {
        let extra = r#""State":"running","Ports":[{"PrivatePort":9,"Type":"udp"},{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],"#;
        let ports = listed(extra).ports;
        assert_eq!(ports.len(), 2);
        assert_eq!((ports[0].public, ports[0].private, ports[1].public), (Some(8080), 80, None));
        assert_eq!(ports[0].address, "", "open everywhere");
    }

    #[test]
    fn details_and_versions() {
        let json = r#"{"State":{"Running":true,"OOMKilled":true,"Pid":7,"StartedAt":"2026-11-21T06:00:51Z"},"RestartCount":3,
            "Config":{"Tty":true},"HostConfig":{"Memory":1024,"CpuQuota":150000,"CpuPeriod":100000,"PidsLimit":-1}}"#;
        let detail = detail(&serde_json::from_str(json).unwrap());
        assert!(detail.tty && detail.oom && detail.restarts == 3 && detail.pid == 7);
        assert_eq!(detail.limits, Limits { processors: Some(1.5), memory: Some(1024), pids: None });
        assert_eq!(short_version("20.10.24+dfsg1"), "20.10.24");
    }
}
