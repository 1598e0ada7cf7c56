//! What a container is asked to be.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::volume::mount::Mount;

/// The specification of a container.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spec {
    pub(crate) image: String,
    pub(crate) entrypoint: Vec<String>,
    pub(crate) cmd: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) tty: bool,
    /// True if clients can attach to its input.
    pub(crate) open_stdin: bool,
    /// Its input ends when the first client who attached to it leaves.
    pub(crate) stdin_once: bool,
    /// True if it is removed when it ends.
    pub(crate) auto_remove: bool,
    pub(crate) working_dir: String,
    pub(crate) user: String,
    pub(crate) hostname: String,
    pub(crate) ports: Vec<Port>,
    pub(crate) mounts: Vec<Mount>,
    /// Its `NetworkMode`: what it was asked to be in when it was made.
    pub(crate) network: String,
    pub(crate) restart: Restart,
    /// Bytes; 0 for none.
    pub(crate) memory_limit: u64,
    /// Billionths of a processor; 0 for no limit.
    pub(crate) nano_cpus: u64,
    pub(crate) stop_signal: Option<i32>,
    /// Seconds.
    pub(crate) stop_timeout: Option<i64>,
    /// What else the client gave, shown again and otherwise unused.
    pub(crate) config: Value,
    pub(crate) host_config: Value,
}

impl Spec {
    /// Program and arguments in one.
    pub(crate) fn argv(&self) -> Vec<String> {
        self.entrypoint.iter().chain(&self.cmd).cloned().collect()
    }
}

/// The result of the health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    Starting,
    Healthy,
    Unhealthy,
}

impl Health {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
        }
    }
}

/// The restart policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Restart {
    #[default]
    No,
    Always,
    UnlessStopped,
    /// After a failure, so many times; 0 without end.
    OnFailure(u64),
}

impl TryFrom<String> for Restart {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "" | "no" => Restart::No,
            "always" => Restart::Always,
            "unless-stopped" => Restart::UnlessStopped,
            "on-failure" => Restart::OnFailure(0),
            other => {
                let times = other.strip_prefix("on-failure:").and_then(|n| n.parse().ok());
                let times = times.ok_or_else(|| {
                    format!(
                        "`{other}` is not a restart policy: write no, always, unless-stopped, on-failure or on-failure:3"
                    )
                })?;
                Restart::OnFailure(times)
            }
        })
    }
}

impl Restart {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Restart::No => "no",
            Restart::Always => "always",
            Restart::UnlessStopped => "unless-stopped",
            Restart::OnFailure(_) => "on-failure",
        }
    }

    pub(crate) fn most(self) -> u64 {
        if let Restart::OnFailure(most) = self { most } else { 0 }
    }
}

/// A port, published or only exposed: `8080:80/tcp`, `127.0.0.1:8080:80` or `443/tcp`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Port {
    pub(crate) address: String,
    pub(crate) public: Option<u16>,
    pub(crate) private: u16,
    pub(crate) protocol: String,
}

impl TryFrom<String> for Port {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (numbers, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
        let mut parts = numbers.rsplitn(3, ':');
        let private = parts.next().and_then(|p| p.parse().ok());
        let public = parts.next().map(str::parse::<u16>);
        let address = parts.next().unwrap_or("0.0.0.0").to_string();
        match (private, public.transpose(), protocol) {
            (Some(private), Ok(public), "tcp" | "udp" | "sctp") => {
                Ok(Port { address, public, private, protocol: protocol.to_string() })
            }
            _ => Err(format!("`{text}` is not a port: write e.g. \"8080:80/tcp\" or \"443\"")),
        }
    }
}
