//! What a container sees of the world outside its own files.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::names::is_name;
use crate::volume::store::place;

/// The source of a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder of the host.
    Bind(String),
    /// A volume; without a name until it is made.
    Volume(String),
    Tmpfs,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Mount {
    pub(crate) source: Source,
    pub(crate) target: String,
    pub(crate) writable: bool,
    /// `ro`, `z` … as it was asked for.
    pub(crate) mode: String,
}

impl TryFrom<String> for Mount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Mount::parse(&text).ok_or_else(|| {
            format!("`{text}` is not a mount: write e.g. \"data:/var/lib/data\", \"/srv:/srv:ro\" or \"/cache\"")
        })
    }
}

impl Mount {
    /// Reads `volume:/path`, `/host/path:/path`, both with `:ro` and the like, or `/path` for a volume without a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (source, target) = match (parts.next()?, parts.next()) {
            (target, None) => (Source::Volume(String::new()), target),
            (source, Some(target)) if source.starts_with('/') => (Source::Bind(source.into()), target),
            (source, Some(target)) => (Source::Volume(source.into()), target),
        };
        let mode = parts.next().unwrap_or("").to_string();
        if !target.starts_with('/') || parts.next().is_some() || source == Source::Bind(String::new()) {
            return None;
        }
        let writable = !mode.split(',').any(|word| word == "ro");
        Some(Mount { source, target: target.to_string(), writable, mode })
    }

    /// Reads an entry of `HostConfig.Mounts`.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("").to_string();
        let source = match text("Type").as_str() {
            "bind" if text("Source").starts_with('/') => Source::Bind(text("Source")),
            "volume" => Source::Volume(text("Source")),
            "tmpfs" => Source::Tmpfs,
            _ => return None,
        };
        let writable = !value.get("ReadOnly").and_then(Value::as_bool).unwrap_or(false);
        let target = Some(text("Target")).filter(|target| target.starts_with('/'))?;
        Some(Mount { source, target, writable, mode: if source_is_volume(value) { "z".into() } else { String::new() } })
    }

    /// Whether it can be made as it is: a volume's name is one, or none.
    pub(crate) fn has_a_name(&self) -> bool {
        !matches!(&self.source, Source::Volume(name) if !name.is_empty() && !is_name(name))
    }

    /// Whether a filter means it: by its volume's name, or by where it is seen.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.target == name || matches!(&self.source, Source::Bind(own) | Source::Volume(own) if own == name)
    }

    /// In the shape of a container's `Mounts`.
    pub(crate) fn shape(&self) -> Value {
        let mut shape = json!({
            "Type": "tmpfs", "Source": "", "Destination": self.target, "Mode": self.mode, "RW": self.writable,
            "Propagation": "",
        });
        match &self.source {
            Source::Bind(path) => {
                shape["Type"] = json!("bind");
                shape["Source"] = json!(path);
                shape["Propagation"] = json!("rprivate");
            }
            Source::Volume(name) => {
                shape["Type"] = json!("volume");
                shape["Name"] = json!(name);
                shape["Driver"] = json!("local");
                shape["Source"] = json!(place(name));
            }
            Source::Tmpfs => {}
        }
        shape
    }

    /// As `HostConfig.Binds` says it; only named volumes and folders are said there.
    pub(crate) fn bind(&self) -> Option<String> {
        let source = match &self.source {
            Source::Bind(source) | Source::Volume(source) => source,
            Source::Tmpfs => return None,
        };
        let mode = if self.mode.is_empty() { String::new() } else { format!(":{}", self.mode) };
        Some(format!("{source}:{}{mode}", self.target))
    }
}

fn source_is_volume(value: &Value) -> bool {
    value.get("Type").and_then(Value::as_str) == Some("volume")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_as_people_write_them() {
        let mount = |text: &str| Mount::parse(text).expect(text);
        assert_eq!(mount("data:/var/lib").source, Source::Volume("data".into()));
        assert_eq!(mount("/srv:/srv:ro").source, Source::Bind("/srv".into()));
        assert!(!mount("/srv:/srv:ro").writable && mount("/srv:/srv:z").writable);
        assert_eq!(mount("/cache").source, Source::Volume(String::new()));
        assert_eq!(mount("/srv:/srv:ro").bind().as_deref(), Some("/srv:/srv:ro"));
        for bad in ["", "data", "data:relative", "a:/b:ro:more"] {
            assert_eq!(Mount::parse(bad), None, "{bad}");
        }
        let shape = mount("data:/d").shape();
        assert_eq!((&shape["Type"], &shape["Name"]), (&json!("volume"), &json!("data")));
    }
}
