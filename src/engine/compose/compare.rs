//! A service as the files have it against a container of it as the engine has it.

use super::file::{Mounted, Service, port, restart};
use crate::model::{Difference, is_anonymous_volume, secret};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The sign for no value.
const NOTHING: &str = "–";

/// What differs. `runs` and `image` are the engine's descriptions of a container and of its image, which says what stands
/// in the container without anybody having asked for it.
pub fn compare(wanted: &Service, runs: &Value, image: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    let text = |pointer: &str| runs.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if let Some(name) = &wanted.image
        && *name != text("/Config/Image")
    {
        found.push(Difference::new("image", name, text("/Config/Image")));
    }
    words(&mut found, "command", wanted.command.as_ref(), runs, "/Config/Cmd");
    words(&mut found, "entrypoint", wanted.entrypoint.as_ref(), runs, "/Config/Entrypoint");
    for (what, wanted, pointer) in
        [("user", &wanted.user, "/Config/User"), ("folder", &wanted.folder, "/Config/WorkingDir")]
    {
        if !wanted.is_empty() && *wanted != text(pointer) {
            found.push(Difference::new(what, wanted, text(pointer)));
        }
    }
    environment(&mut found, wanted, runs, image);
    ports(&mut found, wanted, runs);
    mounts(&mut found, wanted, runs);
    labels(&mut found, wanted, runs, image);
    let policy = policy(runs);
    if wanted.restart != policy {
        found.push(Difference::new("restart", &wanted.restart, policy));
    }
    found
}

fn words(found: &mut Vec<Difference>, what: &str, wanted: Option<&Vec<String>>, runs: &Value, pointer: &str) {
    let Some(wanted) = wanted else { return };
    let has = strings(runs.pointer(pointer));
    if *wanted != has {
        found.push(Difference::new(what, line(wanted), line(&has)));
    }
}

/// Words as a line, secrets among them hidden.
fn line(words: &[String]) -> String {
    if words.is_empty() {
        return NOTHING.into();
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shell_words::join(secret::words(&[], &words))
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_string).collect()
}

fn variables(value: Option<&Value>) -> BTreeMap<String, String> {
    let pair = |entry: String| entry.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
    strings(value).into_iter().filter_map(pair).collect()
}

/// A value as it is shown under a name: secrets are hidden.
fn shown(name: &str, value: Option<&String>) -> String {
    value.map_or(NOTHING.into(), |value| secret::value(name, value).into_owned())
}

fn differing(found: &mut Vec<Difference>, what: &str, name: &str, file: Option<&String>, runs: Option<&String>) {
    let (mut left, mut right) = (shown(name, file), shown(name, runs));
    if left == right {
        // Two secrets: that they differ is all there is to tell.
        (left, right) = (format!("{left} (different)"), right);
    }
    found.push(Difference::new(format!("{what} {name}"), left, right));
}

fn environment(found: &mut Vec<Difference>, wanted: &Service, runs: &Value, image: &Value) {
    let has = variables(runs.pointer("/Config/Env"));
    let own = variables(image.pointer("/Config/Env"));
    for (name, value) in &wanted.environment {
        if has.get(name) != Some(value) {
            differing(found, "environment", name, Some(value), has.get(name));
        }
    }
    for (name, value) in &has {
        let known = wanted.environment.contains_key(name) || wanted.inherited.contains(name);
        if !known && own.get(name) != Some(value) {
            differing(found, "environment", name, None, Some(value));
        }
    }
}

fn ports(found: &mut Vec<Difference>, wanted: &Service, runs: &Value) {
    let Some(wanted) = &wanted.ports else { return };
    let mut has: BTreeSet<String> = BTreeSet::new();
    let bindings = runs.pointer("/HostConfig/PortBindings").and_then(Value::as_object).into_iter().flatten();
    for (inside, at) in bindings {
        let (private, protocol) = inside.split_once('/').unwrap_or((inside, "tcp"));
        for binding in at.as_array().into_iter().flatten() {
            let text = |key: &str| binding.get(key).and_then(Value::as_str).unwrap_or_default();
            has.insert(port(text("HostIp"), text("HostPort"), private, protocol));
        }
    }
    if *wanted != has {
        let all = |ports: &BTreeSet<String>| match ports.is_empty() {
            true => NOTHING.to_string(),
            false => ports.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        };
        found.push(Difference::new("ports", all(wanted), all(&has)));
    }
}

fn mounts(found: &mut Vec<Difference>, wanted: &Service, runs: &Value) {
    let list = runs.pointer("/Mounts").and_then(Value::as_array).into_iter().flatten();
    let mounted = |mount: &Value| {
        let text = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
        let kind = text("Type");
        if !matches!(kind.as_str(), "bind" | "volume") {
            return None;
        }
        let source = if kind == "volume" { text("Name") } else { text("Source") };
        // The engine made up the name of one that has none.
        let source = if kind == "volume" && is_anonymous_volume(&source) { String::new() } else { source };
        let read_only = mount.get("RW").and_then(Value::as_bool) == Some(false);
        Some((text("Destination"), Mounted { source, read_only }))
    };
    let has: BTreeMap<String, Mounted> = list.filter_map(mounted).collect();
    let told = |mount: Option<&Mounted>| mount.map_or(NOTHING.to_string(), Mounted::to_string);
    for (target, mount) in &wanted.mounts {
        if has.get(target) != Some(mount) {
            found.push(Difference::new(format!("mount {target}"), told(Some(mount)), told(has.get(target))));
        }
    }
    for (target, mount) in &has {
        // An image may want a volume of its own.
        if !wanted.mounts.contains_key(target) && !mount.source.is_empty() {
            found.push(Difference::new(format!("mount {target}"), NOTHING, told(Some(mount))));
        }
    }
}

fn labels(found: &mut Vec<Difference>, wanted: &Service, runs: &Value, image: &Value) {
    let all = |value: &Value| -> BTreeMap<String, String> {
        let map = value.pointer("/Config/Labels").and_then(Value::as_object).into_iter().flatten();
        map.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string())).collect()
    };
    let (has, own) = (all(runs), all(image));
    for (name, value) in &wanted.labels {
        if has.get(name) != Some(value) {
            differing(found, "label", name, Some(value), has.get(name));
        }
    }
    for (name, value) in &has {
        // Compose and what comes with docker write some of their own.
        let foreign = name.starts_with("com.docker.") || name.starts_with("desktop.docker.");
        if !foreign && !wanted.labels.contains_key(name) && own.get(name) != Some(value) {
            differing(found, "label", name, None, Some(value));
        }
    }
}

fn policy(runs: &Value) -> String {
    let word = runs.pointer("/HostConfig/RestartPolicy/Name").and_then(Value::as_str).unwrap_or_default();
    let times = runs.pointer("/HostConfig/RestartPolicy/MaximumRetryCount").and_then(Value::as_u64).unwrap_or(0);
    restart(&if times > 0 { format!("{word}:{times}") } else { word.to_string() })
}

#[cfg(test)]
mod tests {
    use super::super::file::read;
    use super::*;
    use serde_json::json;

    fn wanted(service: Value) -> Service {
        let whole = json!({ "services": { "web": service }, "volumes": { "data": {} } });
        read(whole.to_string().as_bytes(), true, "shop").unwrap().remove("web").unwrap()
    }

    fn running() -> Value {
        json!({
            "Config": {
                "Image": "busybox:latest", "Cmd": ["sleep", "3600"], "User": "", "WorkingDir": "",
                "Env": ["A=1", "DB_PASSWORD=hunter2hunter2", "PATH=/bin"],
                "Labels": { "tier": "front", "com.docker.compose.service": "web", "maintainer": "x" },
            },
            "HostConfig": {
                "PortBindings": { "80/tcp": [{ "HostIp": "", "HostPort": "8080" }] },
                "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 },
            },
            "Mounts": [
                { "Type": "volume", "Name": "shop_data", "Source": "/v", "Destination": "/data", "RW": true },
                { "Type": "bind", "Source": "/srv/x", "Destination": "/x", "RW": false },
                { "Type": "volume", "Name": "0a".repeat(32), "Source": "/v", "Destination": "/own", "RW": true },
            ],
        })
    }

    fn image() -> Value {
        json!({ "Config": { "Env": ["PATH=/bin"], "Labels": { "maintainer": "x" } } })
    }

    fn file() -> Value {
        json!({
            "image": "busybox:latest", "command": "sleep 3600", "restart": "on-failure:3",
            "environment": { "A": "1", "DB_PASSWORD": "hunter2hunter2" }, "labels": { "tier": "front" },
            "ports": ["8080:80"], "volumes": ["data:/data", "/srv/x:/x:ro"],
        })
    }

    #[test]
    fn what_is_as_the_file_says_differs_in_nothing() {
        assert_eq!(compare(&wanted(file()), &running(), &image()), []);
    }

    #[test]
    fn each_difference_is_told_and_no_secret() {
        let mut file = file();
        file["image"] = json!("busybox:2");
        file["command"] = json!(["sleep", "60"]);
        file["environment"] = json!({ "A": "2", "DB_PASSWORD": "another-hunter2", "NEW": "x" });
        file["ports"] = json!(["9090:80"]);
        file["volumes"] = json!(["data:/data:ro"]);
        file["labels"] = json!({});
        file["restart"] = json!("always");
        let found = compare(&wanted(file), &running(), &image());
        let lines: Vec<String> = found.iter().map(|one| format!("{}: {} | {}", one.what, one.file, one.runs)).collect();
        let expected = [
            "image: busybox:2 | busybox:latest",
            "command: sleep 60 | sleep 3600",
            "environment A: 2 | 1",
            "environment DB_PASSWORD: •••• (different) | ••••",
            "environment NEW: x | –",
            "ports: 9090->80/tcp | 8080->80/tcp",
            "mount /data: shop_data, read-only | shop_data",
            "mount /x: – | /srv/x, read-only",
            "label tier: – | front",
            "restart: always | on-failure:3",
        ];
        assert_eq!(lines, expected);
    }
}
