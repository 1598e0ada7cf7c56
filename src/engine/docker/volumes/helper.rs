//! A helper container that mounts a volume. It is made and, as a rule, never started: engines give and take archives of a
//! container's files, volumes included, also while it does not run.

use super::image;
use crate::engine::Shared;
use crate::engine::error::EngineError;
use crate::engine::identity;
use crate::engine::path::segment;
use crate::engine::sessions::cleanup::{CleanupGuard, Leftover};
use crate::engine::sessions::made;
use crate::engine::sessions::ownership::{self, OWNER_LABEL};
use crate::engine::transport::Transport;
use crate::model::{Problem, SeenVolume, VOLUME_LABEL, text};
use serde_json::{Value, json};

/// Where the helper sees the volume.
pub const MOUNTED: &str = "/volume";
/// A volume of so many bytes is listed by a program in the helper, which runs for that: an archive of its topmost folder would
/// be one of all that is in it.
pub const LARGE: u64 = 256 << 20;
/// What it runs: it ends by itself after a day, whatever becomes of bowline.
pub const COMMAND: [&str; 2] = ["sleep", "86400"];

/// A helper. It is removed when this is dropped.
#[derive(Debug)]
pub struct Helper {
    /// The engine's id for it.
    pub raw: String,
    /// The volume that it mounts.
    pub volume: String,
    /// Whoever drops this last removes it.
    _duty: CleanupGuard,
}

impl Helper {
    /// Starts it, so that folders can be listed by a program. Where its image has none it is as good without.
    pub async fn start(&self, transport: &Transport) {
        if let Err(fault) = transport.post(&format!("/containers/{}/start", self.raw), None).await {
            tracing::debug!("the helper of a volume does not run: {fault:?}");
        }
    }
}

/// True if the engine has a volume of this name.
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

/// Makes a helper for a volume that is there; one that is not would be made by the engine without a word. The problem is one
/// of images.
pub async fn make(
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
    let path = format!("/containers/create?name={name}");
    let answer = transport.post(&path, Some(&request(&image, volume))).await.and_then(|answer| made(&answer));
    match answer {
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
fn request(image: &image::Image, volume: &str) -> Value {
    let own = json!({
        "Type": "volume", "Source": volume, "Target": MOUNTED, "VolumeOptions": { "NoCopy": true },
    });
    let memory = image.volumes.iter().filter(|path| path.trim_end_matches('/') != MOUNTED);
    let memory = memory.map(|path| json!({ "Type": "tmpfs", "Target": path }));
    let mounts: Vec<Value> = [own].into_iter().chain(memory).collect();
    json!({
        "Image": image.id, "User": "0", "Entrypoint": COMMAND, "Cmd": [], "WorkingDir": "/",
        "NetworkDisabled": true, "Healthcheck": { "Test": ["NONE"] },
        "Labels": { VOLUME_LABEL: volume, OWNER_LABEL: ownership::own() },
        "HostConfig": {
            "Mounts": mounts, "NetworkMode": "none", "RestartPolicy": { "Name": "no" }, "LogConfig": { "Type": "none" },
            "SecurityOpt": ["no-new-privileges"],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_mounts_the_volume_and_makes_no_other() {
        let image = image::Image { id: "sha256:aa".into(), volumes: vec!["/var/lib/data".into(), "/volume/".into()] };
        let request = request(&image, "data");
        let mounts = request["HostConfig"]["Mounts"].as_array().unwrap();
        let kinds: Vec<_> = mounts.iter().map(|mount| (&mount["Type"], &mount["Target"])).collect();
        assert_eq!(kinds, [(&json!("volume"), &json!("/volume")), (&json!("tmpfs"), &json!("/var/lib/data"))]);
        assert_eq!((&request["HostConfig"]["NetworkMode"], &mounts[0]["Source"]), (&json!("none"), &json!("data")));
        assert_eq!(request["Labels"]["bowline.volume"], "data");
    }
}
