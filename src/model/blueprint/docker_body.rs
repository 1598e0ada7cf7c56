//! A blueprint in the words of Docker's API (`POST /containers/create`): an engine takes it, an inspected container is compared
//! with it, and the security rules judge it.

use super::{Blueprint, DEFAULT_PIDS, HealthPart, ResourcePart, SecurityPart, VolumeKind, VolumePart};
use crate::model::SECOND;
use crate::model::request::ByteSize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Blueprint {
    /// The body of the request that makes the container. `seccomp` is the text of the profile where the blueprint names a file.
    pub fn docker_body(&self, seccomp: Option<&str>) -> Value {
        let container = &self.container;
        let mut body = json!({
            "Image": container.image,
            "Env": container.environment.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
            "Labels": container.labels,
            "Tty": container.tty,
            "OpenStdin": container.stdin,
            "StopTimeout": self.timeouts.stop.0,
            "HostConfig": self.host_config(seccomp),
        });
        let texts = [
            ("User", &container.user),
            ("WorkingDir", &container.working_dir),
            ("Hostname", &container.hostname),
            ("StopSignal", &container.stop_signal),
        ];
        texts.into_iter().filter(|(_, text)| !text.is_empty()).for_each(|(name, text)| body[name] = json!(text));
        for (name, words) in [("Cmd", &container.command), ("Entrypoint", &container.entrypoint)] {
            if !words.is_empty() {
                body[name] = json!(words);
            }
        }
        if !self.ports.is_empty() {
            let ports =
                self.ports.iter().map(|port| (format!("{}/{}", port.container, port.protocol.name()), json!({})));
            body["ExposedPorts"] = Value::Object(ports.collect());
        }
        if let Some(health) = &self.health {
            body["Healthcheck"] = health_check(health);
        }
        if self.network.is_made() {
            let aliases = json!({ "Aliases": self.network.aliases });
            body["NetworkingConfig"] = json!({ "EndpointsConfig": { self.network.name.as_str(): aliases } });
        }
        body
    }

    fn host_config(&self, seccomp: Option<&str>) -> Value {
        let container = &self.container;
        let mut host = json!({
            "Init": container.init,
            "RestartPolicy": { "Name": container.restart.name(), "MaximumRetryCount": container.restart.times() },
            "PortBindings": self.port_bindings(),
            "Mounts": self.volumes.iter().map(mount).collect::<Vec<_>>(),
            "LogConfig": { "Type": self.logs.driver, "Config": self.logs.options },
        });
        if !self.network.name.is_empty() {
            host["NetworkMode"] = json!(self.network.name);
        }
        for (name, values) in [("Dns", &self.network.dns), ("ExtraHosts", &self.network.extra_hosts)] {
            if !values.is_empty() {
                host[name] = json!(values);
            }
        }
        // Both are objects.
        if let Value::Object(host) = &mut host {
            resources(&self.resources, host);
            security(&self.security, seccomp, host);
        }
        host
    }

    fn port_bindings(&self) -> Value {
        let mut bindings: Map<String, Value> = Map::new();
        for port in &self.ports {
            let host = if port.host == 0 { String::new() } else { port.host.to_string() };
            let binding = json!({ "HostIp": port.address, "HostPort": host });
            let inside = format!("{}/{}", port.container, port.protocol.name());
            if let Value::Array(known) = bindings.entry(inside).or_insert_with(|| json!([])) {
                known.push(binding);
            }
        }
        Value::Object(bindings)
    }
}

fn health_check(health: &HealthPart) -> Value {
    let test: Vec<&str> = match health.command.as_slice() {
        [] => vec!["NONE"],
        [line] => vec!["CMD-SHELL", line],
        words => ["CMD"].into_iter().chain(words.iter().map(String::as_str)).collect(),
    };
    let nanoseconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
    json!({
        "Test": test,
        "Interval": nanoseconds(health.interval.0),
        "Timeout": nanoseconds(health.timeout.0),
        "StartPeriod": nanoseconds(health.start_period.0),
        "Retries": health.retries,
    })
}

fn mount(volume: &VolumePart) -> Value {
    let kind = match volume.kind {
        VolumeKind::Volume => "volume",
        VolumeKind::Bind => "bind",
        VolumeKind::Tmpfs => "tmpfs",
    };
    let mut mount = json!({ "Type": kind, "Target": volume.target, "ReadOnly": volume.read_only });
    if volume.kind != VolumeKind::Tmpfs {
        mount["Source"] = json!(volume.source);
        return mount;
    }
    let mut options = Map::new();
    if let Some(size) = &volume.size {
        options.insert("SizeBytes".into(), json!(size.bytes));
    }
    if let Ok(mode) = u32::from_str_radix(&volume.mode, 8) {
        options.insert("Mode".into(), json!(mode));
    }
    mount["TmpfsOptions"] = Value::Object(options);
    mount
}

/// The limits; memory without swap and a number of processes are the default (row B3).
fn resources(resources: &ResourcePart, host: &mut Map<String, Value>) {
    let memory = resources.memory.as_ref();
    let numbers = [
        ("NanoCpus", resources.cpus.map(|cpus| cpus.0)),
        ("CpuQuota", resources.cpu_quota),
        ("CpuPeriod", resources.cpu_period),
        ("CpuShares", resources.cpu_shares),
        ("Memory", memory.map(|size| size.bytes)),
        ("MemorySwap", resources.memory_swap.as_ref().or(memory).map(|size| size.bytes)),
        ("PidsLimit", Some(resources.pids.unwrap_or(DEFAULT_PIDS))),
        ("BlkioWeight", resources.blkio_weight.map(i64::from)),
        ("ShmSize", resources.shm.as_ref().map(|size| size.bytes)),
    ];
    host.extend(numbers.into_iter().filter_map(|(name, number)| Some((name.to_string(), json!(number?)))));
    for (name, text) in [("CpusetCpus", &resources.cpuset), ("CgroupParent", &resources.cgroup_parent)] {
        if !text.is_empty() {
            host.insert(name.into(), json!(text));
        }
    }
    let rates = [
        ("BlkioDeviceReadBps", &resources.read_bytes_per_second),
        ("BlkioDeviceWriteBps", &resources.write_bytes_per_second),
    ];
    rates.into_iter().filter(|(_, rates)| !rates.is_empty()).for_each(|(name, rates)| {
        host.insert(name.into(), device_rates(rates));
    });
    if !resources.ulimits.is_empty() {
        let ulimits = resources.ulimits.iter();
        let ulimits = ulimits.map(|(name, limit)| json!({ "Name": name, "Soft": limit.soft, "Hard": limit.hard }));
        host.insert("Ulimits".into(), ulimits.collect());
    }
    if let Some(size) = &resources.storage {
        host.insert("StorageOpt".into(), json!({ "size": size.bytes.to_string() }));
    }
}

fn device_rates(rates: &BTreeMap<String, ByteSize>) -> Value {
    rates.iter().map(|(device, rate)| json!({ "Path": device, "Rate": rate.bytes })).collect()
}

/// The name of a capability as engines have it, however it is written: `SYS_ADMIN` of `Cap_Sys_Admin`.
pub fn capability(name: &str) -> String {
    let name = name.trim().to_ascii_uppercase();
    name.strip_prefix("CAP_").map(str::to_string).unwrap_or(name)
}

fn security(security: &SecurityPart, seccomp: Option<&str>, host: &mut Map<String, Value>) {
    host.insert("Privileged".into(), json!(security.privileged));
    host.insert("ReadonlyRootfs".into(), json!(security.read_only_root));
    host.insert("CapDrop".into(), json!(["ALL"]));
    host.insert("CapAdd".into(), json!(security.capabilities.iter().map(|name| capability(name)).collect::<Vec<_>>()));
    if !security.user_namespace.is_empty() {
        host.insert("UsernsMode".into(), json!(security.user_namespace));
    }
    let mut options = Vec::new();
    if security.no_new_privileges {
        options.push("no-new-privileges:true".to_string());
    }
    // An engine takes the text of a profile, as the docker command sends it.
    match seccomp {
        Some(profile) => options.push(format!("seccomp={profile}")),
        None if !security.seccomp.is_empty() => options.push(format!("seccomp={}", security.seccomp)),
        None => {}
    }
    if !security.apparmor.is_empty() {
        options.push(format!("apparmor={}", security.apparmor));
    }
    options.extend(security.selinux.iter().map(|option| format!("label={option}")));
    host.insert("SecurityOpt".into(), json!(options));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::blueprint::{Cpus, PortPart};

    #[test]
    fn what_is_not_named_is_safe() {
        let host = Blueprint::default().docker_body(None)["HostConfig"].clone();
        assert_eq!(host["CapDrop"], json!(["ALL"]));
        assert_eq!(host["SecurityOpt"], json!(["no-new-privileges:true"]));
        assert_eq!(host["PidsLimit"], json!(512));
        assert_eq!(host["LogConfig"]["Config"], json!({ "max-size": "10m", "max-file": "3" }));
        assert_eq!(host["Init"], json!(true));
    }

    #[test]
    fn memory_means_no_swap_unless_swap_is_named() {
        let memory = |swap: Option<ByteSize>| {
            let resources =
                ResourcePart { memory: Some((1 << 30).into()), memory_swap: swap, ..ResourcePart::default() };
            Blueprint { resources, ..Blueprint::default() }.docker_body(None)["HostConfig"]["MemorySwap"].clone()
        };
        assert_eq!(memory(None), json!(1 << 30));
        assert_eq!(memory(Some((-1).into())), json!(-1));
    }

    #[test]
    fn ports_mounts_and_limits_are_in_the_engines_words() {
        let port = PortPart { container: 8080, host: 18080, address: "127.0.0.1".into(), ..PortPart::default() };
        let memory = VolumePart {
            kind: VolumeKind::Tmpfs,
            target: "/tmp".into(),
            size: Some((64 << 20).into()),
            mode: "1777".into(),
            ..VolumePart::default()
        };
        let resources = ResourcePart { cpus: Some(Cpus(500_000_000)), ..ResourcePart::default() };
        let body =
            Blueprint { ports: vec![port], volumes: vec![memory], resources, ..Blueprint::default() }.docker_body(None);
        let host = &body["HostConfig"];
        assert_eq!(host["PortBindings"]["8080/tcp"], json!([{ "HostIp": "127.0.0.1", "HostPort": "18080" }]));
        assert_eq!(host["Mounts"][0]["TmpfsOptions"], json!({ "SizeBytes": 64 << 20, "Mode": 0o1777 }));
        assert_eq!(host["NanoCpus"], json!(500_000_000));
        assert_eq!(body["ExposedPorts"], json!({ "8080/tcp": {} }));
    }
}
