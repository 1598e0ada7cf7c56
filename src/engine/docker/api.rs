//! What engines answer, as far as we read it. Lenient: unknown words and missing or null fields never fail a whole answer,
//! and one entry of a list that cannot be read does not fail the others.

use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `null` and a missing field are the same: the default.
pub fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(input).map(Option::unwrap_or_default)
}

/// Structs for what engines answer, with the case of their names. A field that is missing or null has its default.
macro_rules! answers {
    ($case:literal: $($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = $case, default)]
        pub struct $name {
            $($(#[$of])* #[serde(deserialize_with = "crate::engine::docker::api::lenient")] pub $field: $kind,)*
        }
    )*};
}
pub(in crate::engine) use answers;

/// A port; what cannot be one is 0.
fn port<'de, D: Deserializer<'de>>(input: D) -> Result<u16, D::Error> {
    let number: i64 = lenient(input)?;
    Ok(u16::try_from(number).unwrap_or_default())
}

/// One text without copying where the answer holds it unescaped.
type Text<'a> = Cow<'a, str>;

/// An entry of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "'de: 'a"))]
pub struct Listed<'a> {
    #[serde(borrow, deserialize_with = "lenient")]
    pub id: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub names: Vec<Text<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub image: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub command: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub created: Epoch,
    #[serde(borrow, deserialize_with = "lenient")]
    pub ports: Vec<ListedPort<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub labels: BTreeMap<Text<'a>, Text<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub state: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub status: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub host_config: ListedHost,
    #[serde(borrow, deserialize_with = "lenient")]
    pub network_settings: ListedNetworks<'a>,
    #[serde(rename = "ImageID", borrow, deserialize_with = "lenient")]
    pub image_id: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub mounts: Vec<ListedMount<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "'de: 'a"))]
pub struct ListedMount<'a> {
    #[serde(rename = "Type", borrow, deserialize_with = "lenient")]
    pub kind: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub name: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub source: Text<'a>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub destination: Text<'a>,
    #[serde(rename = "RW", deserialize_with = "lenient")]
    pub writable: bool,
}

/// Seconds since 1970; Podman's early services write a time stamp instead.
#[derive(Debug, Default, Clone, Copy)]
pub struct Epoch(pub i64);

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(i64),
            Text(String),
        }
        Ok(match Either::deserialize(input)? {
            Either::Number(seconds) => Epoch(seconds),
            Either::Text(text) => Epoch(crate::engine::rfc3339::parse(&text).seconds()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "'de: 'a"))]
pub struct ListedPort<'a> {
    #[serde(rename = "IP", borrow, deserialize_with = "lenient")]
    pub address: Text<'a>,
    #[serde(deserialize_with = "port")]
    pub private_port: u16,
    #[serde(deserialize_with = "port")]
    pub public_port: u16,
    #[serde(rename = "Type", borrow, deserialize_with = "lenient")]
    pub protocol: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "'de: 'a"))]
pub struct ListedNetworks<'a> {
    #[serde(borrow, deserialize_with = "lenient")]
    pub networks: BTreeMap<Text<'a>, Option<ListedAddress<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "'de: 'a"))]
pub struct ListedAddress<'a> {
    #[serde(rename = "IPAddress", borrow, deserialize_with = "lenient")]
    pub address: Text<'a>,
}

answers! { "PascalCase":
    ListedHost { network_mode: String, }
    /// `GET /containers/{id}/json`.
    Inspected {
        state: InspectedState, restart_count: u64, config: InspectedConfig, host_config: InspectedHost, path: String,
        args: Vec<String>, #[serde(rename = "ExecIDs")] exec_ids: Vec<String>, mounts: Vec<InspectedMount>,
        hosts_path: String, hostname_path: String, resolv_conf_path: String,
    }
    /// What is mounted in a container.
    InspectedMount { #[serde(rename = "Type")] kind: String, destination: String, }
    InspectedState {
        running: bool, paused: bool, restarting: bool, #[serde(rename = "OOMKilled")] oom_killed: bool, pid: i32,
        error: String, started_at: String, finished_at: String, exit_code: i64,
    }
    InspectedConfig {
        tty: bool, open_stdin: bool, stdin_once: bool, user: String, env: Vec<String>,
        labels: BTreeMap<String, String>,
    }
    InspectedHost {
        memory: i64, nano_cpus: i64, cpu_period: i64, cpu_quota: i64, pids_limit: i64, memory_swap: i64,
        restart_policy: InspectedRestart, tmpfs: BTreeMap<String, String>,
    }
    InspectedRestart { name: String, maximum_retry_count: u32, }
    /// The answer to a request that makes something.
    Made { id: String, }
    /// `POST /containers/{id}/wait`.
    Waited { status_code: i64, }
    /// `GET /version`.
    Version { version: String, api_version: String, components: Vec<Component>, platform: Component, }
    Component { name: String, }
    /// `GET /info`.
    Info { name: String, #[serde(rename = "NCPU")] processors: u32, mem_total: u64, }
}

answers! { "snake_case":
    /// One line of `GET /events`.
    ApiEvent {
        #[serde(rename = "Type")] kind: String, #[serde(rename = "Action")] action: String,
        #[serde(rename = "Actor")] actor: Actor, time: i64, #[serde(rename = "timeNano")] time_nano: i64,
    }
    Actor {
        #[serde(rename = "ID")] id: String, #[serde(rename = "Attributes")] attributes: BTreeMap<String, String>,
    }
    /// `GET /containers/{id}/stats`.
    Stats {
        read: String, pids_stats: StatsPids, cpu_stats: StatsCpu, memory_stats: StatsMemory, blkio_stats: StatsBlock,
        networks: Option<BTreeMap<String, StatsNetwork>>,
    }
    StatsPids { current: u64, }
    StatsCpu { cpu_usage: StatsCpuUsage, system_cpu_usage: Option<u64>, throttling_data: StatsThrottling, }
    StatsCpuUsage { total_usage: u64, }
    StatsThrottling { periods: u64, throttled_periods: u64, throttled_time: u64, }
    StatsMemory { usage: u64, limit: u64, failcnt: u64, stats: StatsMemoryParts, }
    StatsMemoryParts { total_inactive_file: Option<u64>, inactive_file: Option<u64>, }
    StatsBlock { io_service_bytes_recursive: Option<Vec<StatsBlockEntry>>, }
    StatsBlockEntry { op: String, value: u64, }
    StatsNetwork { rx_bytes: Option<u64>, tx_bytes: Option<u64>, }
}
