//! What the engine says of itself, of images, volumes and networks.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Body, Refusal, full, json, with};
use super::dice::{hash, hex64, mix};
use super::engine::Hub;
use super::instance::{Instance, Status};
use super::query::Query;
use super::time::{SECOND, now, rfc3339};

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

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub(crate) fn version(hub: &Hub) -> Response<Body> {
    let kernel = &hub.host.kernel;
    json(&json!({
        "Platform": { "Name": NAME }, "Version": VERSION, "ApiVersion": "1.41", "MinAPIVersion": "1.12",
        "GitCommit": "", "GoVersion": "", "Os": "linux", "Arch": arch(), "KernelVersion": kernel, "BuildTime": "",
        "Components": [{ "Name": NAME, "Version": VERSION, "Details": {} }, { "Name": "Engine", "Version": VERSION, "Details": {
            "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Arch": arch(), "Os": "linux", "KernelVersion": kernel,
            "Experimental": "false" } }],
    }))
}

pub(crate) fn info(hub: &Hub) -> Response<Body> {
    let world = hub.world();
    let count = |wanted: fn(&Instance) -> bool| world.all().filter(|one| wanted(one)).count();
    let images: BTreeSet<&str> = world.all().map(|one| one.spec.image.as_str()).collect();
    let id = hex64(mix(hash(&hub.host.name), 3)).to_uppercase();
    let counts = json!({
        "Containers": world.count(), "ContainersRunning": count(|one| matches!(one.status, Status::Running | Status::Restarting)),
        "ContainersPaused": count(|one| one.status == Status::Paused),
        "ContainersStopped": count(|one| matches!(one.status, Status::Created | Status::Exited | Status::Dead)),
        "Images": images.len(),
    });
    let own = json!({
        "ID": id.as_bytes().chunks(4).take(12).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":"),
        "Name": hub.host.name, "OperatingSystem": NAME, "OSType": "linux", "OSVersion": "", "ServerVersion": VERSION,
        "Architecture": std::env::consts::ARCH, "KernelVersion": hub.host.kernel,
        "NCPU": hub.host.processors, "MemTotal": hub.host.memory, "SystemTime": rfc3339(Some(now())),
        "Driver": "none", "DriverStatus": [], "DockerRootDir": "", "CgroupDriver": "none", "CgroupVersion": "2", "LoggingDriver": "json-file", "DefaultRuntime": "none", "Runtimes": {},
        "Plugins": { "Volume": [], "Network": [], "Authorization": null, "Log": ["json-file"] },
        "Swarm": { "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": false, "Error": "", "RemoteManagers": null },
        "Warnings": [
            "WARNING: Nothing is isolated: instances are ordinary processes of this machine, or made up.",
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

pub(crate) fn image_id(image: &str) -> String {
    format!("sha256:{}", hex64(hash(image)))
}

fn tagged(image: &str) -> String {
    if image.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        image.into()
    } else {
        format!("{image}:latest")
    }
}

/// The images that instances name, with how many do.
fn image_list(hub: &Hub) -> BTreeMap<String, (usize, i64)> {
    let world = hub.world();
    let mut all = BTreeMap::new();
    for one in world.all().filter(|one| !one.spec.image.is_empty()) {
        let entry = all.entry(one.spec.image.clone()).or_insert((0, one.created));
        entry.0 += 1;
        entry.1 = entry.1.min(one.created);
    }
    all
}

/// A size for a synthetic image; what names only a label of local processes has none.
fn image_size(image: &str) -> u64 {
    if image.starts_with("local/") { 0 } else { 5_000_000 + hash(image) % 900_000_000 }
}

fn image_row(image: &str, users: usize, created: i64) -> Value {
    let size = image_size(image);
    json!({
        "Id": image_id(image), "ParentId": "", "RepoTags": [tagged(image)], "RepoDigests": null,
        "Created": created / SECOND - 86_400, "Size": size, "VirtualSize": size, "SharedSize": -1, "Labels": null, "Containers": users,
    })
}

pub(crate) fn images(hub: &Hub, query: &Query) -> Answer {
    let filters = query.filters(&["before", "dangling", "label", "reference", "since"])?;
    if let Some(name) = ["before", "since"].into_iter().find(|name| !filters.get(name).is_empty()) {
        return Err(Refusal::unable(&format!("filter images by {name}")));
    }
    let fits = |image: &str| {
        filters.any("reference", |wanted| tagged(image) == tagged(wanted) || image.split(':').next() == Some(wanted))
            && filters.any("dangling", |wanted| matches!(wanted, "false" | "0"))
            && filters.get("label").is_empty()
    };
    let rows: Vec<Value> = image_list(hub)
        .iter()
        .filter(|(image, _)| fits(image))
        .map(|(image, (users, at))| image_row(image, *users, *at))
        .collect();
    Ok(json(&rows))
}

pub(crate) fn image(hub: &Hub, name: &str) -> Answer {
    let all = image_list(hub);
    let id = name.strip_prefix("sha256:").unwrap_or(name);
    let found = all.iter().find(|(image, _)| {
        tagged(image) == tagged(name) || (id.len() >= 4 && image_id(image)["sha256:".len()..].starts_with(id))
    });
    let Some((image, (_, created))) = found else { return Err(Refusal::absent(format!("No such image: {name}"))) };
    let size = image_size(image);
    Ok(json(&json!({
        "Id": image_id(image), "RepoTags": [tagged(image)], "RepoDigests": [], "Parent": "", "Comment": "", "Author": "",
        "Created": rfc3339(Some(created - 86_400 * SECOND)), "Architecture": arch(), "Os": "linux", "Size": size, "VirtualSize": size,
        "Config": {}, "RootFS": { "Type": "layers" }, "GraphDriver": { "Name": "none", "Data": null }, "Metadata": {},
    })))
}

fn volume_list(hub: &Hub) -> BTreeMap<String, Value> {
    let world = hub.world();
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for one in world.all().filter(|one| !one.is_process()) {
        let names =
            one.spec.volumes.iter().filter_map(|mount| mount.split(':').next()).filter(|name| !name.starts_with('/'));
        for name in names {
            let project = one.spec.labels.get("com.docker.compose.project");
            let labels: Map<String, Value> =
                project.map(|project| ("com.docker.compose.project".to_string(), json!(project))).into_iter().collect();
            let row = all.entry(name.to_string()).or_insert_with(|| {
                json!({ "Name": name, "Driver": "local", "Mountpoint": "", "Scope": "local", "Options": null, "Labels": labels,
                    "CreatedAt": rfc3339(Some(one.created / SECOND * SECOND)),
                    "UsageData": { "RefCount": 0, "Size": hash(name) % 4_000_000_000 } })
            });
            let users = row["UsageData"]["RefCount"].as_u64().unwrap_or(0);
            row["UsageData"]["RefCount"] = json!(users + 1);
        }
    }
    all
}

pub(crate) fn volumes(hub: &Hub, query: &Query) -> Answer {
    unfiltered(query, "volumes")?;
    Ok(json(&json!({ "Volumes": volume_list(hub).into_values().collect::<Vec<_>>(), "Warnings": null })))
}

/// Refuses filters, rather than answering as if there were none.
fn unfiltered(query: &Query, what: &str) -> Result<(), Refusal> {
    match query.get("filters") {
        None | Some("" | "{}") => Ok(()),
        Some(_) => Err(Refusal::unable(&format!("filter {what}"))),
    }
}

pub(crate) fn volume(hub: &Hub, name: &str) -> Answer {
    volume_list(hub).get(name).map(json).ok_or_else(|| Refusal::absent(format!("get {name}: no such volume")))
}

fn network_list(hub: &Hub, with_members: bool) -> BTreeMap<String, Value> {
    let world = hub.world();
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for name in ["bridge", "host", "none"] {
        all.insert(name.to_string(), network_row(name, hub.host.started, None));
    }
    for one in world.all() {
        let name = &one.spec.network;
        let project = one.spec.labels.get("com.docker.compose.project").map(String::as_str);
        let row = all.entry(name.clone()).or_insert_with(|| network_row(name, one.created, project));
        if with_members && one.status.alive() {
            row["Containers"][&one.id] = json!({
                "Name": one.name, "EndpointID": "", "MacAddress": "", "IPv6Address": "",
                "IPv4Address": one.address().map(|address| address + "/16").unwrap_or_default(),
            });
        }
    }
    all
}

fn network_row(name: &str, created: i64, project: Option<&str>) -> Value {
    let driver = match name {
        "none" => "null",
        "host" => "host",
        _ => "bridge",
    };
    let subnet = json!([{ "Subnet": format!("172.{}.0.0/16", 18 + hash(name) % 12) }]);
    let labels = project.map_or(
        json!({}),
        |project| json!({ "com.docker.compose.project": project, "com.docker.compose.network": "default" }),
    );
    json!({
        "Name": name, "Id": hex64(hash(name)), "Created": rfc3339(Some(created)), "Scope": "local", "Driver": driver,
        "EnableIPv6": false, "IPAM": { "Driver": "default", "Options": null, "Config": if driver == "bridge" { subnet } else { json!([]) } },
        "Internal": false, "Attachable": false, "Ingress": false, "ConfigFrom": { "Network": "" }, "ConfigOnly": false,
        "Containers": {}, "Options": {}, "Labels": labels,
    })
}

pub(crate) fn networks(hub: &Hub, query: &Query) -> Answer {
    unfiltered(query, "networks")?;
    Ok(json(&network_list(hub, false).into_values().collect::<Vec<_>>()))
}

pub(crate) fn network(hub: &Hub, name: &str) -> Answer {
    let all = network_list(hub, true);
    let found =
        all.values().find(|row| row["Name"] == name || row["Id"].as_str().is_some_and(|id| id.starts_with(name)));
    found.map(json).ok_or_else(|| Refusal::absent(format!("network {name} not found")))
}

/// Sizes as far as anybody could know them: images by their made-up size, instances without any.
pub(crate) fn df(hub: &Hub) -> Response<Body> {
    let images: Vec<Value> = image_list(hub).iter().map(|(image, (users, at))| image_row(image, *users, *at)).collect();
    let layers: u64 = images.iter().filter_map(|row| row["Size"].as_u64()).sum();
    let volumes: Vec<Value> = volume_list(hub).into_values().collect();
    json(&json!({ "LayersSize": layers, "Images": images, "Containers": [], "Volumes": volumes, "BuildCache": [] }))
}
