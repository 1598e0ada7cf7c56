//! What makes, changes and removes things: the engine's requests for them (Docker Engine API 1.41).

use crate::engine::error::EngineError;
use crate::engine::identity::{self, short};
use crate::engine::path::{image, segment};
use crate::engine::transport::Transport;
use crate::model::{
    LimitChange, NewContainer, NewMount, NewNetwork, NewPort, NewVolume, Operation, OperationArgs, OperationKind,
    secret, text,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A commit and a removal of many layers may take minutes.
pub const LONG: Duration = Duration::from_secs(600);

/// Asks the engine; a word on what came of it, where there is one.
pub async fn ask(transport: &Transport, act: &Operation) -> Result<String, EngineError> {
    let id = act.id.raw();
    match (act.verb, &act.with) {
        (OperationKind::Rename, OperationArgs::Name(name)) => {
            transport.post(&format!("/containers/{id}/rename?name={}", segment(name)), None).await?;
            Ok(format!("now {name}"))
        }
        (OperationKind::Limit, OperationArgs::Limits(change)) => {
            let answer = transport.post(&format!("/containers/{id}/update"), Some(&limits(change))).await?;
            Ok(warnings(&answer))
        }
        (OperationKind::Commit, OperationArgs::ImageName(image)) => {
            identity::image_name(transport, image).await?;
            let (name, tag) = split_reference(&image.name);
            let path = format!("/commit?container={id}&repo={}&tag={}", segment(name), segment(tag));
            let made: Made = read(&transport.post_within(&path, LONG).await?)?;
            Ok(format!("image {}", short(&made.id)))
        }
        (OperationKind::Duplicate, OperationArgs::Name(name)) => duplicate(transport, id, name).await,
        (OperationKind::Wait, _) => {
            let answer = transport.post_stream(&format!("/containers/{id}/wait")).await?;
            let waited: crate::engine::api::Waited = read(
                &crate::engine::transport::gather(answer.into_body(), crate::engine::body_limit::Any::default())
                    .await?,
            )?;
            Ok(format!("exit {}", waited.status_code))
        }
        (OperationKind::Create, OperationArgs::Container(new)) => create(transport, new).await,
        (OperationKind::RemoveImage { force }, with) => {
            let untag = if let OperationArgs::Untag(untag) = with { Some(untag) } else { None };
            let name = identity::image_to_remove(transport, &act.id, untag).await?;
            let answer = transport.delete_within(&format!("/images/{}?force={force}", image(&name)), LONG).await?;
            Ok(removed(&answer))
        }
        (OperationKind::Tag, OperationArgs::ImageName(wanted)) => {
            identity::image_name(transport, wanted).await?;
            let (name, tag) = split_reference(&wanted.name);
            let path = format!("/images/{}/tag?repo={}&tag={}", image(id), segment(name), segment(tag));
            transport.post(&path, None).await?;
            Ok(format!("{name}:{tag}"))
        }
        (OperationKind::RemoveVolume, OperationArgs::Seen(seen)) => {
            identity::volume(transport, seen).await?;
            transport.delete(&format!("/volumes/{}", segment(id))).await.map(|_| String::new())
        }
        (OperationKind::CreateVolume, OperationArgs::Volume(new)) => create_volume(transport, new).await,
        (OperationKind::RemoveNetwork, _) => {
            identity::network_of(transport, &act.id, &act.name).await?;
            transport.delete(&format!("/networks/{}", segment(id))).await.map(|_| String::new())
        }
        (OperationKind::CreateNetwork, OperationArgs::Network(new)) => create_network(transport, new).await,
        (OperationKind::Connect, OperationArgs::Joining(joining)) => {
            identity::network(transport, joining).await?;
            let body = json!({ "Container": id, "EndpointConfig": { "Aliases": joining.aliases } });
            let path = format!("/networks/{}/connect", segment(joining.network.raw()));
            transport.post(&path, Some(&body)).await.map(|_| format!("on {}", joining.name))
        }
        (OperationKind::Disconnect, OperationArgs::Joining(joining)) => {
            identity::network(transport, joining).await?;
            let path = format!("/networks/{}/disconnect", segment(joining.network.raw()));
            let body = json!({ "Container": id, "Force": false });
            transport.post(&path, Some(&body)).await.map(|_| format!("off {}", joining.name))
        }
        (OperationKind::PruneCache, _) => {
            let answer = transport.post_within("/build/prune?all=1", LONG).await?;
            let freed: Freed = read(&answer)?;
            Ok(format!("{} bytes freed", freed.space_reclaimed))
        }
        (verb, _) => Err(EngineError::Status(501, format!("it was not said what to {} it with", verb.spec().word))),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Made {
    #[serde(rename = "Id", alias = "ID", deserialize_with = "crate::engine::api::lenient")]
    id: String,
    #[serde(rename = "Warnings", deserialize_with = "crate::engine::api::lenient")]
    warnings: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Freed {
    space_reclaimed: u64,
}

fn read<T: serde::de::DeserializeOwned>(answer: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(answer).map_err(|error| EngineError::Garbage(error.to_string()))
}

fn warnings(answer: &[u8]) -> String {
    let made: Made = read(answer).unwrap_or_default();
    secret::fit(&made.warnings.join("; "))
}

/// `name` and `tag` of a reference: the tag is what follows the last colon behind the last slash, `latest` where there is none.
fn split_reference(reference: &str) -> (&str, &str) {
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, "latest"),
    }
}

/// `2 layers and 1 name`, of what a removal of an image says went.
fn removed(answer: &[u8]) -> String {
    let gone: Vec<Map<String, Value>> = read(answer).unwrap_or_default();
    let (layers, names) = gone.iter().fold((0, 0), |(layers, names), entry| {
        (layers + usize::from(entry.contains_key("Deleted")), names + usize::from(entry.contains_key("Untagged")))
    });
    match (layers, names) {
        (0, _) => "the name only: others lead to it".into(),
        (1, _) => "1 layer".into(),
        (layers, _) => format!("{layers} layers"),
    }
}

fn limits(change: &LimitChange) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<i64>| {
        if let Some(value) = value {
            body.insert(name.into(), value.into());
        }
    };
    put("NanoCpus", change.nano_cpus);
    put("Memory", change.memory.as_ref().map(|size| size.bytes));
    put("MemorySwap", change.memory_swap.as_ref().map(|size| size.bytes));
    put("PidsLimit", change.pids);
    if let Some(restart) = change.restart {
        body.insert("RestartPolicy".into(), json!({ "Name": restart.name(), "MaximumRetryCount": restart.times() }));
    }
    Value::Object(body)
}

fn labels(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// Makes a container, and starts it where that is wished. One that was made and cannot be started stays, and that is said.
async fn create(transport: &Transport, new: &NewContainer) -> Result<String, EngineError> {
    let made = made(transport, &new.name, &body(new)).await?;
    if !new.start {
        return Ok(short(&made));
    }
    start(transport, &made).await
}

async fn made(transport: &Transport, name: &str, body: &Value) -> Result<String, EngineError> {
    let query = if name.is_empty() { String::new() } else { format!("?name={}", segment(name)) };
    crate::engine::sessions::made(&transport.post(&format!("/containers/create{query}"), Some(body)).await?)
}

async fn start(transport: &Transport, id: &str) -> Result<String, EngineError> {
    match transport.post(&format!("/containers/{id}/start"), None).await {
        Ok(_) => Ok(format!("{} runs", short(id))),
        Err(EngineError::Status(code, words)) => {
            Err(EngineError::Status(code, format!("{} was created but does not start: {words}", short(id))))
        }
        Err(other) => Err(other),
    }
}

fn body(new: &NewContainer) -> Value {
    let port = |port: &NewPort| format!("{}/{}", port.private, port.protocol);
    let exposed: Map<String, Value> = new.ports.iter().map(|one| (port(one), json!({}))).collect();
    let mut bindings: Map<String, Value> = Map::new();
    for one in &new.ports {
        let public = one.public.map(|public| public.to_string()).unwrap_or_default();
        let binding = json!({ "HostIp": one.address, "HostPort": public });
        if let Value::Array(list) = bindings.entry(port(one)).or_insert_with(|| json!([])) {
            list.push(binding);
        }
    }
    let mount = |mount: &NewMount| {
        let kind = match mount {
            _ if mount.is_memory() => "tmpfs",
            _ if mount.source.starts_with('/') => "bind",
            _ => "volume",
        };
        json!({ "Type": kind, "Source": mount.source, "Target": mount.target, "ReadOnly": mount.read_only })
    };
    let mut host = limits(&new.limits);
    host["PortBindings"] = bindings.into();
    host["Mounts"] = new.mounts.iter().map(mount).collect();
    host["AutoRemove"] = new.auto_remove.into();
    if !new.network.is_empty() {
        host["NetworkMode"] = new.network.clone().into();
    }
    let mut body = json!({
        "Image": new.image,
        "Env": new.env,
        "ExposedPorts": exposed,
        "User": new.user,
        "WorkingDir": new.folder,
        "Labels": labels(&new.labels),
        "Tty": new.tty,
        "OpenStdin": new.tty,
        "HostConfig": host,
    });
    if !new.command.is_empty() {
        body["Cmd"] = new.command.clone().into();
    }
    body
}

/// Another container with the same configuration, from what an inspection tells: all but what was given to that one alone.
async fn duplicate(transport: &Transport, id: &str, name: &str) -> Result<String, EngineError> {
    let inspected: Value = transport.json(&format!("/containers/{id}/json")).await?;
    let id = made(transport, name, &twin(&inspected)?).await?;
    for (network, aliases) in further_networks(&inspected) {
        let body = json!({ "Container": id, "EndpointConfig": { "Aliases": aliases } });
        let joined = transport.post(&format!("/networks/{}/connect", segment(&network)), Some(&body)).await;
        if let Err(EngineError::Status(code, words)) = joined {
            let words = format!("{} was created but does not join {network}: {words}", short(&id));
            return Err(EngineError::Status(code, words));
        }
        joined?;
    }
    start(transport, &id).await
}

/// The networks that it is on beside the one that its mode names, with its further names there.
fn further_networks(inspected: &Value) -> Vec<(String, Vec<Value>)> {
    let id = inspected.get("Id").and_then(Value::as_str).unwrap_or_default();
    let mode = inspected.pointer("/HostConfig/NetworkMode").and_then(Value::as_str).unwrap_or_default();
    let networks = inspected.pointer("/NetworkSettings/Networks").and_then(Value::as_object);
    // The engine calls its default network both so and `bridge`.
    let main = |name: &str| name == mode || mode == "default" && name == "bridge" || mode.starts_with("container:");
    let further = networks.into_iter().flatten().filter(|(name, _)| !main(name));
    further.map(|(name, settings)| (name.clone(), aliases(settings, id))).collect()
}

/// The further names on a network, without the one that is made of the id.
fn aliases(settings: &Value, id: &str) -> Vec<Value> {
    let alias = |alias: &&Value| alias.as_str().is_some_and(|alias| !id.starts_with(alias));
    settings.get("Aliases").and_then(Value::as_array).into_iter().flatten().filter(alias).cloned().collect()
}

fn twin(inspected: &Value) -> Result<Value, EngineError> {
    let missing = || EngineError::Garbage("an inspection without its configuration".into());
    let mut body = inspected.get("Config").filter(|config| config.is_object()).ok_or_else(missing)?.clone();
    body["HostConfig"] = inspected.get("HostConfig").ok_or_else(missing)?.clone();
    let id = inspected.get("Id").and_then(Value::as_str).unwrap_or_default();
    // A host name that was not chosen is the beginning of the id.
    if body["Hostname"].as_str().is_some_and(|host| !host.is_empty() && id.starts_with(host)) {
        body["Hostname"] = "".into();
    }
    let networks = inspected.pointer("/NetworkSettings/Networks").and_then(Value::as_object);
    let mode = inspected.pointer("/HostConfig/NetworkMode").and_then(Value::as_str).unwrap_or_default();
    if let Some(body) = body.as_object_mut() {
        body.remove("MacAddress");
        // They are those of whom the network is shared with, and an engine refuses them beside such a mode.
        if mode.starts_with("container:") {
            for name in ["Hostname", "Domainname", "ExposedPorts"] {
                body.remove(name);
            }
        }
    }
    // One network is what API 1.41 takes here: the one that the mode names.
    if let Some((network, settings)) = networks.into_iter().flatten().find(|(name, _)| *name == mode) {
        body["NetworkingConfig"] =
            json!({ "EndpointsConfig": { network.as_str(): { "Aliases": aliases(settings, id) } } });
    }
    Ok(body)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MadeVolume {
    #[serde(deserialize_with = "crate::engine::api::lenient")]
    name: String,
}

/// An engine answers a wish for a volume that is there with the one that is there, whatever its driver and options: that is no
/// success.
async fn create_volume(transport: &Transport, new: &NewVolume) -> Result<String, EngineError> {
    if !new.name.is_empty()
        && let Ok(known) = transport.json::<Value>(&format!("/volumes/{}", segment(&new.name))).await
    {
        let driver = known.get("Driver").and_then(Value::as_str).unwrap_or_default();
        let wanted = if new.driver.is_empty() { "local" } else { &new.driver };
        let mut differs = Vec::new();
        if driver != wanted {
            differs.push(format!("driver {driver} instead of {wanted}"));
        }
        compare("option", known.get("Options"), &new.options, &mut differs);
        compare("label", known.get("Labels"), &new.labels, &mut differs);
        return Err(exists("volume", &new.name, &differs));
    }
    let driver = if new.driver.is_empty() { "local" } else { &new.driver };
    let body = json!({
        "Name": new.name, "Driver": driver, "DriverOpts": labels(&new.options), "Labels": labels(&new.labels)
    });
    let made: MadeVolume = read(&transport.post("/volumes/create", Some(&body)).await?)?;
    Ok(text::clean(&made.name).into_owned())
}

/// What is there under a name differs in these.
fn compare(what: &str, known: Option<&Value>, wanted: &[(String, String)], differs: &mut Vec<String>) {
    let known = known.and_then(Value::as_object);
    for (name, value) in wanted {
        match known.and_then(|known| known.get(name)).and_then(Value::as_str) {
            Some(there) if there == value => {}
            Some(there) => differs.push(format!("{what} {name} is {there} instead of {value}")),
            None => differs.push(format!("without {what} {name}={value}")),
        }
    }
}

fn exists(what: &str, name: &str, differs: &[String]) -> EngineError {
    let how = match differs {
        [] => "just as wished".to_string(),
        some => format!("but: {}", some.join(", ")),
    };
    EngineError::Status(409, format!("a {what} named {name} exists already, {how}"))
}

async fn create_network(transport: &Transport, new: &NewNetwork) -> Result<String, EngineError> {
    let driver = if new.driver.is_empty() { "bridge" } else { &new.driver };
    if let Ok(known) = transport.json::<Value>(&format!("/networks/{}", segment(&new.name))).await
        && known.get("Name").and_then(Value::as_str) == Some(&new.name)
    {
        return Err(exists("network", &new.name, &network_differs(&known, new, driver)));
    }
    let mut body = json!({
        "Name": new.name, "CheckDuplicate": true, "Driver": driver, "Internal": new.internal,
        "Labels": labels(&new.labels),
    });
    if new.isolated {
        body["Options"] = json!({ ISOLATION: "false" });
    }
    if !new.subnet.is_empty() {
        let mut subnet = json!({ "Subnet": new.subnet });
        if !new.gateway.is_empty() {
            subnet["Gateway"] = new.gateway.clone().into();
        }
        body["IPAM"] = json!({ "Driver": "default", "Config": [subnet] });
    }
    let made: Made = read(&transport.post("/networks/create", Some(&body)).await?)?;
    Ok(short(&made.id))
}

/// The bridge driver's option for traffic between members.
const ISOLATION: &str = "com.docker.network.bridge.enable_icc";

fn network_differs(known: &Value, new: &NewNetwork, driver: &str) -> Vec<String> {
    let mut differs = Vec::new();
    let said = |path: &str| known.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let mut text = |what: &str, there: &str, wanted: &str| {
        if !wanted.is_empty() && there != wanted {
            differs.push(format!("{what} {there} instead of {wanted}"));
        }
    };
    text("driver", said("/Driver"), driver);
    text("subnet", said("/IPAM/Config/0/Subnet"), &new.subnet);
    text("gateway", said("/IPAM/Config/0/Gateway"), &new.gateway);
    let internal = known.get("Internal").and_then(Value::as_bool).unwrap_or_default();
    if internal != new.internal {
        differs.push(if internal { "it is internal".into() } else { "it is not internal".into() });
    }
    let isolated =
        known.get("Options").and_then(|options| options.get(ISOLATION)).and_then(Value::as_str) == Some("false");
    if isolated != new.isolated {
        differs.push(if isolated { "its members are isolated".into() } else { "its members are not isolated".into() });
    }
    compare("label", known.get("Labels"), &new.labels, &mut differs);
    differs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Restart;

    #[test]
    fn a_wish_becomes_the_engines_body() {
        let new = NewContainer {
            image: "busybox".into(),
            command: vec!["sleep".into(), "9".into()],
            ports: vec![NewPort::parse("8080:80").unwrap(), NewPort::parse("127.0.0.1::80").unwrap()],
            mounts: ["data:/d", "/srv:/s:ro", "tmpfs:/t"].map(|form| NewMount::parse(form).unwrap()).to_vec(),
            limits: LimitChange {
                memory: Some(7.into()),
                restart: Some(Restart::OnFailure(3)),
                ..LimitChange::default()
            },
            ..NewContainer::default()
        };
        let body = body(&new);
        assert_eq!(body["HostConfig"]["PortBindings"]["80/tcp"].as_array().map(Vec::len), Some(2));
        let kinds: Vec<_> = body["HostConfig"]["Mounts"].as_array().unwrap().iter().map(|one| &one["Type"]).collect();
        assert_eq!(kinds, ["volume", "bind", "tmpfs"]);
        assert_eq!(body["HostConfig"]["RestartPolicy"]["MaximumRetryCount"], 3);
        assert!(body["HostConfig"].get("NanoCpus").is_none(), "what was not wished is not said");
    }

    #[test]
    fn a_twin_has_all_but_what_was_given_to_the_first_alone() {
        let inspected = json!({
            "Id": "abcdef0123456789", "Config": { "Hostname": "abcdef012345", "Env": ["A=1"], "MacAddress": "02:42" },
            "HostConfig": { "NetworkMode": "edge", "Memory": 7 },
            "NetworkSettings": { "Networks": { "edge": { "Aliases": ["web", "abcdef012345"], "IPAddress": "10.0.0.2" } } }
        });
        let body = twin(&inspected).unwrap();
        assert_eq!(
            (&body["Hostname"], &body["Env"][0], &body["HostConfig"]["Memory"]),
            (&json!(""), &json!("A=1"), &json!(7))
        );
        assert_eq!(body["NetworkingConfig"]["EndpointsConfig"]["edge"], json!({ "Aliases": ["web"] }));
        assert!(body.get("MacAddress").is_none());
        assert!(twin(&json!({})).is_err());
    }

    #[test]
    fn what_is_there_under_the_name_is_compared() {
        let known =
            json!({ "Driver": "bridge", "Internal": true, "IPAM": { "Config": [{ "Subnet": "10.1.0.0/16" }] } });
        let new = NewNetwork { subnet: "10.2.0.0/16".into(), ..NewNetwork::default() };
        let differs = network_differs(&known, &new, "bridge");
        assert_eq!(differs, ["subnet 10.1.0.0/16 instead of 10.2.0.0/16", "it is internal"]);
        assert!(
            matches!(exists("network", "edge", &differs), EngineError::Status(409, words) if words.contains("10.2.0.0/16"))
        );
    }

    #[test]
    fn references_are_split_behind_the_registry_with_its_port() {
        assert_eq!(split_reference("reg:5000/a/b"), ("reg:5000/a/b", "latest"));
        assert_eq!(split_reference("reg:5000/a:1.2"), ("reg:5000/a", "1.2"));
    }
}
