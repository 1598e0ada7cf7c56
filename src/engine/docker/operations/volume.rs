//! Making and removing volumes.

use super::existing::{compare, exists};
use super::labels;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::identity;
use crate::engine::docker::sessions;
use crate::engine::docker::transport::Transport;
use crate::engine::path::segment;
use crate::model::{NewVolume, SeenVolume, text};
use bollard::models::VolumeCreateRequest;
use serde_json::Value;

pub async fn remove(transport: &Transport, raw: &str, seen: &SeenVolume) -> Result<String, EngineError> {
    identity::volume(transport, seen).await?;
    sessions::remove_volume(transport, raw).await.map(|()| String::new())
}

/// An engine answers a wish for a volume that is there with the one that is there, whatever its driver and options: that is no
/// success.
pub async fn create(transport: &Transport, new: &NewVolume) -> Result<String, EngineError> {
    let driver = if new.driver.is_empty() { "local" } else { &new.driver };
    // Raw: closed enums, since this one would be taken for absent.
    if !new.name.is_empty()
        && let Ok(known) = transport.json::<Value>(&format!("/volumes/{}", segment(&new.name))).await
    {
        return Err(exists("volume", &new.name, &differences(&known, new, driver)));
    }
    let request = VolumeCreateRequest {
        name: Some(new.name.clone()),
        driver: Some(driver.into()),
        driver_opts: Some(labels(&new.options)),
        labels: Some(labels(&new.labels)),
        ..VolumeCreateRequest::default()
    };
    let made = transport.call(transport.docker().create_volume(request)).await?;
    Ok(text::clean(&made.name).into_owned())
}

/// In what a volume that is there differs from one that is wanted.
pub fn differences(known: &Value, new: &NewVolume, wanted: &str) -> Vec<String> {
    let driver = known.get("Driver").and_then(Value::as_str).unwrap_or_default();
    let mut differs = Vec::new();
    if driver != wanted {
        differs.push(format!("driver {driver} instead of {wanted}"));
    }
    compare("option", known.get("Options"), &new.options, &mut differs);
    compare("label", known.get("Labels"), &new.labels, &mut differs);
    differs
}
