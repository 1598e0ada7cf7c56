//! The life of a container: making it, changing it, ending it. Whoever calls has looked at the id.

use super::{labels, network, split_reference};
use crate::engine::docker::api::answers;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::identity::{self, short};
use crate::engine::docker::sessions::{self, made};
use crate::engine::docker::transport::{Transport, engine_error};
use crate::engine::path::segment;
use crate::model::{ImageName, LimitChange, NewContainer, NewMount, NewPort, Restart, Signal, secret};
use bollard::errors::Error as BollardError;
use bollard::models::{
    ContainerConfig, ContainerCreateBody, HostConfig, Mount, MountType, PortBinding, PortMap, RestartPolicy,
    RestartPolicyNameEnum,
};
use bollard::query_parameters::{
    CommitContainerOptions, KillContainerOptions, RemoveContainerOptions, RenameContainerOptions,
    RestartContainerOptions, StartContainerOptions, StopContainerOptions,
};
use serde_json::{Value, json};

/// Of what says nothing when it is done.
fn silent(done: Result<(), BollardError>) -> Result<String, EngineError> {
    done.map(|()| String::new()).map_err(engine_error)
}

pub async fn start(transport: &Transport, id: &str) -> Result<String, EngineError> {
    silent(transport.docker().start_container(id, None::<StartContainerOptions>).await)
}

pub async fn stop(transport: &Transport, id: &str, grace: Option<u32>) -> Result<String, EngineError> {
    let options = StopContainerOptions { signal: None, t: seconds(grace) };
    silent(transport.docker().stop_container(id, Some(options)).await)
}

pub async fn restart(transport: &Transport, id: &str, grace: Option<u32>) -> Result<String, EngineError> {
    let options = RestartContainerOptions { signal: None, t: seconds(grace) };
    silent(transport.docker().restart_container(id, Some(options)).await)
}

fn seconds(grace: Option<u32>) -> Option<i32> {
    grace.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX))
}

pub async fn pause(transport: &Transport, id: &str) -> Result<String, EngineError> {
    silent(transport.docker().pause_container(id).await)
}

pub async fn unpause(transport: &Transport, id: &str) -> Result<String, EngineError> {
    silent(transport.docker().unpause_container(id).await)
}

pub async fn kill(transport: &Transport, id: &str, signal: Signal) -> Result<String, EngineError> {
    let options = KillContainerOptions { signal: signal.0.to_string() };
    silent(transport.docker().kill_container(id, Some(options)).await)
}

pub async fn remove(transport: &Transport, id: &str, force: bool, volumes: bool) -> Result<String, EngineError> {
    let options = RemoveContainerOptions { v: volumes, force, link: false };
    silent(transport.docker().remove_container(id, Some(options)).await)
}

pub async fn rename(transport: &Transport, id: &str, name: &str) -> Result<String, EngineError> {
    let options = RenameContainerOptions { name: name.into() };
    transport.call(transport.docker().rename_container(id, options)).await?;
    Ok(format!("now {name}"))
}

answers! { "PascalCase":
    Updated { warnings: Vec<String>, }
}

pub async fn update(transport: &Transport, id: &str, change: &LimitChange) -> Result<String, EngineError> {
    // Raw: answer. It has the engine's warnings.
    let answer = transport.post(&format!("/containers/{id}/update"), Some(&json!(limits(change)))).await?;
    let updated: Updated = serde_json::from_slice(&answer).unwrap_or_default();
    Ok(secret::fit(&updated.warnings.join("; ")))
}

pub async fn commit(transport: &Transport, id: &str, image: &ImageName) -> Result<String, EngineError> {
    identity::image_name(transport, image).await?;
    let (name, tag) = split_reference(&image.name);
    let options = CommitContainerOptions {
        container: Some(id.into()),
        repo: Some(name.into()),
        tag: Some(tag.into()),
        ..CommitContainerOptions::default()
    };
    let made = transport.docker().commit_container(options, ContainerConfig::default()).await.map_err(engine_error)?;
    Ok(format!("image {}", short(&made.id)))
}

pub async fn wait(transport: &Transport, id: &str) -> Result<String, EngineError> {
    let code = sessions::exit_code(sessions::waiting(transport, id, "not-running").await?).await?;
    Ok(format!("exit {code}"))
}

/// Creates a container, and starts it if asked to. One that was created and cannot be started stays, and the error says so.
pub async fn create(transport: &Transport, new: &NewContainer) -> Result<String, EngineError> {
    let id = sessions::create(transport, &new.name, body(new)).await?;
    if new.start { run(transport, &id).await } else { Ok(short(&id)) }
}

async fn run(transport: &Transport, id: &str) -> Result<String, EngineError> {
    match sessions::start(transport, id).await {
        Ok(()) => Ok(format!("{} is running", short(id))),
        Err(EngineError::Status(code, words)) => {
            Err(EngineError::Status(code, format!("{} was created but failed to start: {words}", short(id))))
        }
        Err(other) => Err(other),
    }
}

fn limits(change: &LimitChange) -> HostConfig {
    HostConfig {
        nano_cpus: change.nano_cpus,
        memory: change.memory.as_ref().map(|size| size.bytes),
        memory_swap: change.memory_swap.as_ref().map(|size| size.bytes),
        pids_limit: change.pids,
        restart_policy: change.restart.map(policy),
        ..HostConfig::default()
    }
}

fn policy(restart: Restart) -> RestartPolicy {
    let name = match restart {
        Restart::No => RestartPolicyNameEnum::NO,
        Restart::Always => RestartPolicyNameEnum::ALWAYS,
        Restart::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
        Restart::OnFailure(_) => RestartPolicyNameEnum::ON_FAILURE,
    };
    RestartPolicy { name: Some(name), maximum_retry_count: Some(restart.times().into()) }
}

fn body(new: &NewContainer) -> ContainerCreateBody {
    let port = |port: &NewPort| format!("{}/{}", port.private, port.protocol);
    let mut bindings = PortMap::new();
    for one in &new.ports {
        let public = one.public.map(|public| public.to_string()).unwrap_or_default();
        let binding = PortBinding { host_ip: Some(one.address.clone()), host_port: Some(public) };
        bindings.entry(port(one)).or_default().get_or_insert_default().push(binding);
    }
    let host = HostConfig {
        port_bindings: Some(bindings),
        mounts: Some(new.mounts.iter().map(mount).collect()),
        auto_remove: Some(new.auto_remove),
        network_mode: Some(new.network.clone()).filter(|network| !network.is_empty()),
        ..limits(&new.limits)
    };
    ContainerCreateBody {
        image: Some(new.image.clone()),
        env: Some(new.env.clone()),
        exposed_ports: Some(new.ports.iter().map(port).collect()),
        user: Some(new.user.clone()),
        working_dir: Some(new.folder.clone()),
        labels: Some(labels(&new.labels)),
        tty: Some(new.tty),
        open_stdin: Some(new.tty),
        cmd: Some(new.command.clone()).filter(|command| !command.is_empty()),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

fn mount(mount: &NewMount) -> Mount {
    let kind = if mount.is_memory() {
        MountType::TMPFS
    } else if mount.source.starts_with('/') {
        MountType::BIND
    } else {
        MountType::VOLUME
    };
    Mount {
        typ: Some(kind),
        source: Some(mount.source.clone()),
        target: Some(mount.target.clone()),
        read_only: Some(mount.read_only),
        ..Mount::default()
    }
}

/// Another container with the same configuration, from what an inspection tells: all but what was given to that one alone.
pub async fn duplicate(transport: &Transport, id: &str, name: &str) -> Result<String, EngineError> {
    // Raw, both: model. A twin has also what no model knows.
    let inspected: Value = transport.json(&format!("/containers/{id}/json")).await?;
    let path = format!("/containers/create?name={}", segment(name));
    let id = made(&transport.post(&path, Some(&twin(&inspected)?)).await?)?;
    for (network, aliases) in further_networks(&inspected) {
        let joined = network::join(transport, &id, &network, aliases).await;
        if let Err(EngineError::Status(code, words)) = joined {
            let words = format!("{} was created but could not be connected to {network}: {words}", short(&id));
            return Err(EngineError::Status(code, words));
        }
        joined?;
    }
    run(transport, &id).await
}

/// The networks that it is on beside the one that its mode names, with its further names there.
fn further_networks(inspected: &Value) -> Vec<(String, Vec<String>)> {
    let id = inspected.get("Id").and_then(Value::as_str).unwrap_or_default();
    let mode = inspected.pointer("/HostConfig/NetworkMode").and_then(Value::as_str).unwrap_or_default();
    let networks = inspected.pointer("/NetworkSettings/Networks").and_then(Value::as_object);
    // The engine calls its default network both so and `bridge`.
    let main = |name: &str| name == mode || mode == "default" && name == "bridge" || mode.starts_with("container:");
    let further = networks.into_iter().flatten().filter(|(name, _)| !main(name));
    further.map(|(name, settings)| (name.clone(), aliases(settings, id))).collect()
}

/// The further names on a network, without the one that is made of the id.
fn aliases(settings: &Value, id: &str) -> Vec<String> {
    let all = settings.get("Aliases").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    all.filter(|alias| !id.starts_with(alias)).map(str::to_string).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let body = json!(body(&new));
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
}
