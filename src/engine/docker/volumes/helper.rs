//! A helper container that mounts a volume. It is made and, as a rule, never started: engines give and take archives of a
//! container's files, volumes included, also while it does not run.

use super::helpers::{COMMAND, Helper, MOUNTED};
use super::image;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::identity;
use crate::engine::docker::sessions;
use crate::engine::docker::sessions::cleanup::Leftover;
use crate::engine::docker::sessions::ownership;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::path::segment;
use crate::model::{Problem, SeenVolume, VOLUME_LABEL, text};
use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions,
    RestartPolicy, RestartPolicyNameEnum,
};

/// True if the engine has a volume of this name. Raw: closed enums.
pub async fn is_there(transport: &Transport, volume: &str) -> Result<bool, EngineError> {
    match transport.get(&format!("/volumes/{}", segment(volume))).await {
        Ok(_) => Ok(true),
        Err(EngineError::Status(404, _)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Makes a helper for the very volume that was seen: once it mounts one, no other can take its place. The problem is one of images.
pub async fn make_for(
    shared: &Shared,
    transport: &Transport,
    seen: &SeenVolume,
) -> Result<Result<Helper, Problem>, EngineError> {
    identity::volume(transport, seen).await?;
    let helper = match make(shared, transport, seen.name()).await? {
        Ok(helper) => helper,
        Err(refused) => return Ok(Err(refused)),
    };
    identity::volume(transport, seen).await?;
    Ok(Ok(helper))
}

/// How often an image is chosen for a helper: somebody else may remove it before the helper is made.
const CHOICES: usize = 3;

/// Makes a helper for a volume that is there; one that is not would be made by the engine without a word. The problem is one
/// of images.
pub async fn make(
    shared: &Shared,
    transport: &Transport,
    volume: &str,
) -> Result<Result<Helper, Problem>, EngineError> {
    for _ in 1..CHOICES {
        match make_once(shared, transport, volume).await {
            Err(EngineError::Status(404, _)) => {}
            other => return other,
        }
    }
    make_once(shared, transport, volume).await
}

/// The same with the image that is chosen now. A 404 says that it was removed meanwhile.
async fn make_once(
    shared: &Shared,
    transport: &Transport,
    volume: &str,
) -> Result<Result<Helper, Problem>, EngineError> {
    let image = match image::choose(shared, transport, volume).await? {
        Some(image) => image,
        None => return Ok(Err(image::none())),
    };
    let name = ownership::helper_name("volume", volume);
    let remains = Leftover::Container { name: name.clone(), made: None, volumes: false };
    let mut duty = shared.sessions.take_charge(transport, remains);
    match sessions::create(transport, &name, request(&image, volume)).await {
        Ok(raw) => {
            duty.made(&raw);
            Ok(Ok(Helper { raw, volume: text::clean(volume).into_owned(), _duty: duty }))
        }
        Err(fault) => {
            // Refused: nothing was made, and what has that name is somebody else's.
            if matches!(fault, EngineError::Status(400..=409, _)) {
                duty.fulfilled();
            }
            Err(fault)
        }
    }
}

/// The request that makes a helper. What its image would have a volume for is memory: engines make up volumes otherwise, and
/// would have to be told to remove those and no other.
fn request(image: &image::Image, volume: &str) -> ContainerCreateBody {
    let own = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.into()),
        target: Some(MOUNTED.into()),
        volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() }),
        ..Mount::default()
    };
    let memory = image.volumes.iter().filter(|path| path.trim_end_matches('/') != MOUNTED);
    let memory =
        memory.map(|path| Mount { typ: Some(MountType::TMPFS), target: Some(path.clone()), ..Mount::default() });
    let host = HostConfig {
        mounts: Some([own].into_iter().chain(memory).collect()),
        network_mode: Some("none".into()),
        restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
        log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
        security_opt: Some(vec!["no-new-privileges".into()]),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.id.clone()),
        user: Some("0".into()),
        entrypoint: Some(COMMAND.map(String::from).into()),
        cmd: Some(Vec::new()),
        working_dir: Some("/".into()),
        network_disabled: Some(true),
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..HealthConfig::default() }),
        labels: Some(ownership::labels(VOLUME_LABEL, volume)),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_helper_mounts_the_volume_and_makes_no_other() {
        let image = image::Image { id: "sha256:aa".into(), volumes: vec!["/var/lib/data".into(), "/volume/".into()] };
        let request = json!(request(&image, "data"));
        let mounts = request["HostConfig"]["Mounts"].as_array().unwrap();
        let kinds: Vec<_> = mounts.iter().map(|mount| (&mount["Type"], &mount["Target"])).collect();
        assert_eq!(kinds, [(&json!("volume"), &json!("/volume")), (&json!("tmpfs"), &json!("/var/lib/data"))]);
        assert_eq!((&request["HostConfig"]["NetworkMode"], &mounts[0]["Source"]), (&json!("none"), &json!("data")));
        assert_eq!(request["Labels"]["bowline.volume"], "data");
    }
}
