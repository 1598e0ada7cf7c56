//! `GET /containers/{id}/json`: everything about one container.

use serde_json::{Map, Value, json};

use super::container::{Container, Status};
use super::image::record::Image;
use super::list::written;
use super::network;
use super::query::Query;
use super::response::{Answer, json};
use super::shared::Shared;
use super::state::EngineState;
use super::time::rfc3339;
use super::volume::mount::Mount;

pub(crate) fn inspect(shared: &Shared, reference: &str, query: &Query) -> Answer {
    let state = shared.state();
    let one = state.find(reference)?;
    let mut details = details(&state, one);
    if query.flag("size") {
        let own = written(&state, one);
        details["SizeRw"] = json!(own);
        details["SizeRootFs"] = json!(own + state.images.get(&one.image_id).map_or(0, Image::size));
    }
    let execs = state.execs.ids_of(&one.id);
    if !execs.is_empty() {
        details["ExecIDs"] = json!(execs);
    }
    Ok(json(&details))
}

fn details(state: &EngineState, one: &Container) -> Value {
    let spec = &one.spec;
    let argv = spec.argv();
    json!({
        "Id": one.id, "Created": rfc3339(Some(one.created)), "Name": format!("/{}", one.name),
        "Path": argv.first().map_or("", String::as_str), "Args": argv.get(1..).unwrap_or_default(),
        "State": run_state(one), "Image": &*one.image_id,
        "RestartCount": one.restart_count, "Driver": "none", "Platform": "linux",
        "ResolvConfPath": "", "HostnamePath": "", "HostsPath": "", "LogPath": "",
        "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "", "ExecIDs": null,
        "HostConfig": host_config(one), "GraphDriver": { "Name": "none", "Data": null },
        "Mounts": spec.mounts.iter().map(Mount::shape).collect::<Vec<_>>(), "Config": config(one),
        "NetworkSettings": network::settings(state, one, &bindings(one, one.status.alive())),
    })
}

fn run_state(one: &Container) -> Value {
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

pub(crate) fn config(one: &Container) -> Value {
    let spec = &one.spec;
    let mut config = object(&spec.config);
    let mut exposed: Map<String, Value> = config.get("ExposedPorts").map(object).unwrap_or_default();
    let ports = spec.ports.iter().map(|port| (format!("{}/{}", port.private, port.protocol), json!({})));
    exposed.extend(ports);
    let volumes = config.get("Volumes").cloned().unwrap_or_default();
    let attached = |name: &str, usual: bool| config.get(name).and_then(Value::as_bool).unwrap_or(usual);
    let own = json!({
        "Hostname": one.hostname(),
        "Domainname": "", "User": spec.user, "AttachStdin": attached("AttachStdin", false), "AttachStdout": attached("AttachStdout", true),
        "AttachStderr": attached("AttachStderr", true),
        "Tty": spec.tty, "OpenStdin": spec.open_stdin, "StdinOnce": spec.stdin_once, "Env": spec.env, "Cmd": spec.cmd,
        "Image": spec.image, "Volumes": volumes, "WorkingDir": spec.working_dir,
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

fn host_config(one: &Container) -> Value {
    let spec = &one.spec;
    let mut all = object(&usual());
    let binds: Vec<String> = spec.mounts.iter().filter_map(Mount::bind).collect();
    all.insert("Binds".into(), if binds.is_empty() { Value::Null } else { json!(binds) });
    all.extend(object(&spec.host_config));
    // What a client asked for is shown as it asked; what a scenario says is put in the same words.
    let asked = all.get("PortBindings").map(object).unwrap_or_default();
    let mut ports = object(&bindings(one, true));
    ports.extend(asked);
    let own = json!({
        "Memory": spec.memory_limit, "NanoCpus": spec.nano_cpus, "NetworkMode": spec.network,
        "PortBindings": ports, "AutoRemove": spec.auto_remove,
        "RestartPolicy": { "Name": spec.restart.name(), "MaximumRetryCount": spec.restart.most() },
    });
    all.extend(object(&own));
    Value::Object(all)
}

/// What Docker says of a container that nobody asked for anything special.
fn usual() -> Value {
    let names = json!({
        "Binds": null, "ContainerIDFile": "", "LogConfig": { "Type": "json-file", "Config": {} }, "VolumeDriver": "",
        "VolumesFrom": null, "CapAdd": null, "CapDrop": null, "CgroupnsMode": "host", "Dns": [], "DnsOptions": [],
        "DnsSearch": [], "ExtraHosts": null, "GroupAdd": null, "IpcMode": "", "Cgroup": "", "Links": null, "PidMode": "",
        "Privileged": false, "PublishAllPorts": false, "ReadonlyRootfs": false, "SecurityOpt": null, "UTSMode": "",
        "UsernsMode": "", "ShmSize": 67_108_864, "Runtime": "none", "ConsoleSize": [0, 0], "Isolation": "",
        "CgroupParent": "", "Devices": [], "DeviceCgroupRules": null, "DeviceRequests": null, "Ulimits": [],
        "OomKillDisable": false, "OomScoreAdj": 0, "MaskedPaths": null, "ReadonlyPaths": null,
    });
    let limits = json!({
        "CpuShares": 0, "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0, "CpusetCpus": "",
        "CpusetMems": "", "CpuCount": 0, "CpuPercent": 0, "BlkioWeight": 0, "BlkioWeightDevice": [],
        "BlkioDeviceReadBps": [], "BlkioDeviceWriteBps": [], "BlkioDeviceReadIOps": [], "BlkioDeviceWriteIOps": [],
        "KernelMemory": 0, "KernelMemoryTCP": 0, "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": null,
        "PidsLimit": null, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
    });
    let mut all = object(&names);
    all.extend(object(&limits));
    Value::Object(all)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn bindings(one: &Container, present: bool) -> Value {
    let mut ports = Map::new();
    for port in one.spec.ports.iter().filter(|_| present) {
        let binding = port.public.map(|public| json!([{ "HostIp": port.address, "HostPort": public.to_string() }]));
        ports.insert(format!("{}/{}", port.private, port.protocol), binding.unwrap_or(Value::Null));
    }
    Value::Object(ports)
}
