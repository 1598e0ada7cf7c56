//! `GET /containers/{id}/json`: everything about one instance.

use serde_json::{Map, Value, json};

use super::answer::{Answer, json};
use super::dice::{hash, hex64};
use super::engine::Hub;
use super::instance::{Instance, Status};
use super::system::image_id;
use super::time::rfc3339;

pub(crate) fn inspect(hub: &Hub, reference: &str) -> Answer {
    let world = hub.world();
    let one = world.find(reference)?;
    let mut details = details(one);
    let execs = world.execs.ids_of(&one.id);
    if !execs.is_empty() {
        details["ExecIDs"] = json!(execs);
    }
    Ok(json(&details))
}

fn details(one: &Instance) -> Value {
    let spec = &one.spec;
    let argv = spec.argv();
    json!({
        "Id": one.id, "Created": rfc3339(Some(one.created)), "Name": format!("/{}", one.name),
        "Path": argv.first().map_or("", String::as_str), "Args": argv.get(1..).unwrap_or_default(),
        "State": state(one), "Image": image_id(&spec.image),
        "RestartCount": one.restart_count, "Driver": "none", "Platform": "linux",
        "ResolvConfPath": "", "HostnamePath": "", "HostsPath": "", "LogPath": "",
        "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "", "ExecIDs": null,
        "HostConfig": host_config(one), "GraphDriver": { "Name": "none", "Data": null },
        "Mounts": mounts(one), "Config": config(one),
        "NetworkSettings": {
            "Ports": bindings(one, one.status.alive()), "Networks": networks(one),
            "IPAddress": one.address().unwrap_or_default(), "Gateway": "", "MacAddress": "",
            "Bridge": "", "SandboxID": "", "SandboxKey": "", "EndpointID": "", "HairpinMode": false,
        },
    })
}

fn state(one: &Instance) -> Value {
    let mut state = json!({
        "Status": one.status.name(),
        "Running": matches!(one.status, Status::Running | Status::Paused | Status::Restarting),
        "Paused": one.status == Status::Paused, "Restarting": one.status == Status::Restarting,
        "OOMKilled": one.oom, "Dead": one.status == Status::Dead, "Pid": one.pid(),
        "ExitCode": one.exit_code, "Error": one.error,
        "StartedAt": rfc3339(one.started_at()), "FinishedAt": rfc3339(one.finished_at()),
    });
    if let Some(health) = one.health {
        let sick = health.name() == "unhealthy";
        let at = rfc3339(one.started_at());
        state["Health"] = json!({
            "Status": health.name(), "FailingStreak": if sick { 4 } else { 0 },
            "Log": [{ "Start": at, "End": at, "ExitCode": i32::from(sick),
                "Output": if sick { "curl: (22) The requested URL returned error: 503" } else { "ok" } }],
        });
    }
    state
}

fn config(one: &Instance) -> Value {
    let spec = &one.spec;
    let mut config = object(&spec.config);
    let exposed: Map<String, Value> =
        spec.ports.iter().map(|port| (format!("{}/{}", port.private, port.protocol), json!({}))).collect();
    let attached = |name: &str, usual: bool| config.get(name).and_then(Value::as_bool).unwrap_or(usual);
    let own = json!({
        "Hostname": one.hostname(),
        "Domainname": "", "User": spec.user, "AttachStdin": attached("AttachStdin", false), "AttachStdout": attached("AttachStdout", true),
        "AttachStderr": attached("AttachStderr", true),
        "Tty": spec.tty, "OpenStdin": spec.open_stdin, "StdinOnce": spec.stdin_once, "Env": spec.env, "Cmd": spec.cmd,
        "Image": spec.image, "Volumes": null, "WorkingDir": spec.working_dir,
        "Entrypoint": if spec.entrypoint.is_empty() { Value::Null } else { json!(spec.entrypoint) },
        "OnBuild": null, "Labels": spec.labels, "ExposedPorts": exposed,
    });
    config.extend(object(&own));
    if one.health.is_some() {
        let test = json!(["CMD-SHELL", "curl -fsS http://localhost/healthz || exit 1"]);
        config.insert("Healthcheck".into(), json!({ "Test": test, "Interval": 10_000_000_000_i64, "Retries": 3 }));
    }
    if let Some(timeout) = spec.stop_timeout {
        config.insert("StopTimeout".into(), json!(timeout));
    }
    Value::Object(config)
}

fn host_config(one: &Instance) -> Value {
    let spec = &one.spec;
    let base = json!({
        "Binds": null, "LogConfig": { "Type": "json-file", "Config": {} }, "AutoRemove": false, "CapAdd": null, "CapDrop": null,
        "Privileged": false, "ReadonlyRootfs": false, "SecurityOpt": null, "PidsLimit": null, "MemorySwap": 0,
        "CpuPeriod": 0, "CpuQuota": 0, "CpuShares": 0, "Isolation": "", "PidMode": "", "IpcMode": "", "UsernsMode": "",
    });
    let mut all = object(&base);
    all.extend(object(&spec.host_config));
    let own = json!({
        "Memory": spec.memory_limit, "NanoCpus": spec.nano_cpus, "NetworkMode": spec.network,
        "PortBindings": bindings(one, true), "AutoRemove": spec.auto_remove,
        "RestartPolicy": { "Name": spec.restart.name(), "MaximumRetryCount": spec.restart.most() },
    });
    all.extend(object(&own));
    Value::Object(all)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn bindings(one: &Instance, present: bool) -> Value {
    let mut ports = Map::new();
    for port in one.spec.ports.iter().filter(|_| present) {
        let binding = port.public.map(|public| json!([{ "HostIp": port.address, "HostPort": public.to_string() }]));
        ports.insert(format!("{}/{}", port.private, port.protocol), binding.unwrap_or(Value::Null));
    }
    Value::Object(ports)
}

pub(crate) fn networks(one: &Instance) -> Value {
    let network = &one.spec.network;
    if network.is_empty() || network == "none" {
        return json!({});
    }
    json!({ network: {
        "IPAMConfig": null, "Links": null, "Aliases": null, "NetworkID": hex64(hash(network)),
        "EndpointID": "", "Gateway": "", "IPAddress": one.address().unwrap_or_default(),
        "IPPrefixLen": if one.address().is_some() { 16 } else { 0 }, "IPv6Gateway": "", "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0, "MacAddress": "", "DriverOpts": null,
    }})
}

pub(crate) fn mounts(one: &Instance) -> Vec<Value> {
    let mount = |text: &String| {
        let mut parts = text.splitn(3, ':');
        let (source, target) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let writable = parts.next() != Some("ro");
        let bind = source.starts_with('/');
        let mut mount = json!({
            "Type": if bind { "bind" } else { "volume" }, "Source": source, "Destination": target,
            "Mode": "", "RW": writable, "Propagation": "",
        });
        if !bind {
            mount["Name"] = json!(source);
            mount["Driver"] = json!("local");
            mount["Source"] = json!("");
        }
        mount
    };
    one.spec.volumes.iter().map(mount).collect()
}
