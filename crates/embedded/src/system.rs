//! What the engine says of itself.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::container::{Container, Status};
use super::response::{Body, full, json, with};
use super::rng::{hash, hex64, mix};
use super::shared::Shared;
use super::time::{now, rfc3339};

/// By this name a client knows the engine.
pub(crate) const NAME: &str = "bowline embedded engine";

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn ping() -> Response<Body> {
    let mut response = with(StatusCode::OK, Some("text/plain; charset=utf-8"), full(Bytes::from_static(b"OK")));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    headers.insert(header::PRAGMA, http::HeaderValue::from_static("no-cache"));
    response
}

pub(crate) fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub(crate) fn version(shared: &Shared) -> Response<Body> {
    let kernel = &shared.host.kernel;
    json(&json!({
        "Platform": { "Name": NAME }, "Version": VERSION, "ApiVersion": "1.41", "MinAPIVersion": "1.12",
        "GitCommit": "", "GoVersion": "", "Os": "linux", "Arch": arch(), "KernelVersion": kernel, "BuildTime": "",
        "Components": [{ "Name": NAME, "Version": VERSION, "Details": {} }, { "Name": "Engine", "Version": VERSION, "Details": {
            "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Arch": arch(), "Os": "linux", "KernelVersion": kernel,
            "Experimental": "false" } }],
    }))
}

pub(crate) fn info(shared: &Shared) -> Response<Body> {
    let state = shared.state();
    let count = |wanted: fn(&Container) -> bool| state.all().filter(|one| wanted(one)).count();
    let id = hex64(mix(hash(&shared.host.name), 3)).to_uppercase();
    let counts = json!({
        "Containers": state.count(), "ContainersRunning": count(|one| matches!(one.status, Status::Running | Status::Restarting)),
        "ContainersPaused": count(|one| one.status == Status::Paused),
        "ContainersStopped": count(|one| matches!(one.status, Status::Created | Status::Exited | Status::Dead)),
        "Images": state.images.count(),
    });
    let own = json!({
        "ID": id.as_bytes().chunks(4).take(12).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":"),
        "Name": shared.host.name, "OperatingSystem": NAME, "OSType": "linux", "OSVersion": "", "ServerVersion": VERSION,
        "Architecture": std::env::consts::ARCH, "KernelVersion": shared.host.kernel,
        "NCPU": shared.host.processors, "MemTotal": shared.host.memory, "SystemTime": rfc3339(Some(now())),
        "Driver": "none", "DriverStatus": [], "DockerRootDir": "", "CgroupDriver": "none", "CgroupVersion": "2", "LoggingDriver": "json-file", "DefaultRuntime": "none", "Runtimes": {},
        "Plugins": { "Volume": ["local"], "Network": ["bridge", "host", "ipvlan", "macvlan", "null"], "Authorization": null, "Log": ["json-file"] },
        "Swarm": { "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": false, "Error": "", "RemoteManagers": null },
        "Warnings": [
            "WARNING: Nothing is isolated: containers are ordinary processes on this machine, or synthetic.",
            "WARNING: No limits are enforced on local processes.",
        ],
    });
    let absent = json!({
        "MemoryLimit": false, "SwapLimit": false, "CpuCfsPeriod": false, "CpuCfsQuota": false, "CPUShares": false, "CPUSet": false,
        "PidsLimit": false, "OomKillDisable": false, "IPv4Forwarding": true, "BridgeNfIptables": true, "BridgeNfIp6tables": true,
        "Debug": false, "NFd": 0, "NGoroutines": 0, "NEventsListener": 0, "ExperimentalBuild": false, "LiveRestoreEnabled": false,
        "Labels": [], "SecurityOptions": [], "HttpProxy": "", "HttpsProxy": "", "NoProxy": "", "GenericResources": null,
        "IndexServerAddress": "", "RegistryConfig": null, "Isolation": "", "InitBinary": "",
    });
    let parts = [own, counts, absent].into_iter().filter_map(|part| part.as_object().cloned());
    json(&parts.flatten().collect::<Map<String, Value>>())
}
