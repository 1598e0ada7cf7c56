//! What a scenario holds beside its containers: images, volumes and networks that would not follow from them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::Deserialize;

use super::image::reference::Reference;
use super::names::is_name;
use super::network::store::PREDEFINED;
use super::network::subnet;
use super::units::{Size, Span};

/// An image that no container is made from, or more about one that is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImagePlan {
    /// None for one that has lost its name to a newer one.
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) size: Option<Size>,
    /// The time since it was built.
    #[serde(default = "Span::two_days")]
    pub(crate) age: Span,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

/// A volume that no container mounts, or more about one that is mounted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VolumePlan {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) project: Option<String>,
    #[serde(default)]
    pub(crate) size: Option<Size>,
    #[serde(default = "Span::two_days")]
    pub(crate) age: Span,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, String>,
}

/// A network that nobody is in, or more about one that somebody is in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkPlan {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) project: Option<String>,
    #[serde(default = "bridge")]
    pub(crate) driver: String,
    #[serde(default)]
    pub(crate) subnet: Option<String>,
    #[serde(default)]
    pub(crate) gateway: Option<String>,
    #[serde(default)]
    pub(crate) internal: bool,
    #[serde(default)]
    pub(crate) attachable: bool,
    #[serde(default = "Span::two_days")]
    pub(crate) age: Span,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, String>,
}

fn bridge() -> String {
    "bridge".into()
}

impl ImagePlan {
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.name {
            Some(name) if Reference::parse(name).is_err() => {
                Err(format!("`{name}` is not an image name: write e.g. \"nginx:1.27\" or \"ghcr.io/acme/api:4\""))
            }
            _ => Ok(()),
        }
    }
}

impl VolumePlan {
    pub(crate) fn check(&self) -> Result<(), String> {
        if is_name(&self.name) {
            return Ok(());
        }
        Err(format!("`{}` is not a volume name: use letters, digits, `_`, `.` and `-`", self.name))
    }
}

impl NetworkPlan {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() || PREDEFINED.contains(&self.name.as_str()) {
            return Err(format!("`{}` cannot be a network name: every engine has bridge, host and none", self.name));
        }
        let Some(text) = &self.subnet else { return Ok(()) };
        let subnet =
            subnet::parse(text).ok_or_else(|| format!("`{text}` is not a subnet: write e.g. \"10.5.0.0/24\""))?;
        let outside = |gateway: &&String| !gateway.parse().is_ok_and(|address: Ipv4Addr| subnet.contains(&address));
        match self.gateway.as_ref().filter(outside) {
            Some(gateway) => Err(format!("`{gateway}` is not an address in {subnet}")),
            None => Ok(()),
        }
    }
}

/// A project's labels, as Compose gives them to what belongs to it.
pub(crate) fn compose(project: &str, kind: &str, name: &str) -> BTreeMap<String, String> {
    let short = name.strip_prefix(&format!("{project}_")).unwrap_or(name);
    BTreeMap::from([
        ("com.docker.compose.project".to_string(), project.to_string()),
        (format!("com.docker.compose.{kind}"), short.to_string()),
    ])
}
