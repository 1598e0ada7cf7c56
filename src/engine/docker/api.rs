//! What engines answer, as far as we read it. Lenient: unknown words and missing or null fields never fail a whole answer,
//! and one entry of a list that cannot be read does not fail the others.

use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `null` and a missing field are the same: the default.
pub fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(input).map(Option::unwrap_or_default)
}

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
#[serde(rename_all = "PascalCase", default)]
pub struct ListedHost {
    #[serde(deserialize_with = "lenient")]
    pub network_mode: String,
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

/// `GET /containers/{id}/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Inspected {
    #[serde(deserialize_with = "lenient")]
    pub state: InspectedState,
    #[serde(deserialize_with = "lenient")]
    pub restart_count: u64,
    #[serde(deserialize_with = "lenient")]
    pub config: InspectedConfig,
    #[serde(deserialize_with = "lenient")]
    pub host_config: InspectedHost,
    #[serde(deserialize_with = "lenient")]
    pub path: String,
    #[serde(deserialize_with = "lenient")]
    pub args: Vec<String>,
    #[serde(rename = "ExecIDs", deserialize_with = "lenient")]
    pub exec_ids: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub mounts: Vec<InspectedMount>,
    #[serde(deserialize_with = "lenient")]
    pub hosts_path: String,
    #[serde(deserialize_with = "lenient")]
    pub hostname_path: String,
    #[serde(deserialize_with = "lenient")]
    pub resolv_conf_path: String,
}

/// What is mounted in a container.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InspectedMount {
    #[serde(rename = "Type", deserialize_with = "lenient")]
    pub kind: String,
    #[serde(deserialize_with = "lenient")]
    pub destination: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InspectedState {
    #[serde(deserialize_with = "lenient")]
    pub running: bool,
    #[serde(deserialize_with = "lenient")]
    pub paused: bool,
    #[serde(deserialize_with = "lenient")]
    pub restarting: bool,
    #[serde(rename = "OOMKilled", deserialize_with = "lenient")]
    pub oom_killed: bool,
    #[serde(deserialize_with = "lenient")]
    pub pid: i32,
    #[serde(deserialize_with = "lenient")]
    pub error: String,
    #[serde(deserialize_with = "lenient")]
    pub started_at: String,
    #[serde(deserialize_with = "lenient")]
    pub finished_at: String,
    #[serde(deserialize_with = "lenient")]
    pub exit_code: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InspectedConfig {
    #[serde(deserialize_with = "lenient")]
    pub tty: bool,
    #[serde(deserialize_with = "lenient")]
    pub open_stdin: bool,
    #[serde(deserialize_with = "lenient")]
    pub stdin_once: bool,
    #[serde(deserialize_with = "lenient")]
    pub user: String,
    #[serde(deserialize_with = "lenient")]
    pub env: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InspectedHost {
    #[serde(deserialize_with = "lenient")]
    pub memory: i64,
    #[serde(deserialize_with = "lenient")]
    pub nano_cpus: i64,
    #[serde(deserialize_with = "lenient")]
    pub cpu_period: i64,
    #[serde(deserialize_with = "lenient")]
    pub cpu_quota: i64,
    #[serde(deserialize_with = "lenient")]
    pub pids_limit: i64,
    #[serde(deserialize_with = "lenient")]
    pub memory_swap: i64,
    #[serde(deserialize_with = "lenient")]
    pub restart_policy: InspectedRestart,
    #[serde(deserialize_with = "lenient")]
    pub tmpfs: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InspectedRestart {
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub maximum_retry_count: u32,
}

/// `GET /exec/{id}/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InspectedExec {
    #[serde(deserialize_with = "lenient")]
    pub running: bool,
    pub exit_code: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    pub pid: i32,
    #[serde(deserialize_with = "lenient")]
    pub process_config: InspectedProcess,
}

/// What an exec session runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InspectedProcess {
    #[serde(deserialize_with = "lenient")]
    pub tty: bool,
    #[serde(deserialize_with = "lenient")]
    pub entrypoint: String,
    #[serde(deserialize_with = "lenient")]
    pub arguments: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub user: String,
}

/// The answer to a request that makes something.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Made {
    #[serde(rename = "Id", deserialize_with = "lenient")]
    pub id: String,
}

/// `GET /containers/{id}/top`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Top {
    #[serde(deserialize_with = "lenient")]
    pub titles: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub processes: Vec<Vec<String>>,
}

/// `POST /containers/{id}/wait`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Waited {
    #[serde(deserialize_with = "lenient")]
    pub status_code: i64,
}

/// `GET /version`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Version {
    #[serde(deserialize_with = "lenient")]
    pub version: String,
    #[serde(deserialize_with = "lenient")]
    pub api_version: String,
    #[serde(deserialize_with = "lenient")]
    pub components: Vec<Component>,
    #[serde(deserialize_with = "lenient")]
    pub platform: Component,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Component {
    #[serde(deserialize_with = "lenient")]
    pub name: String,
}

/// `GET /info`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Info {
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    #[serde(rename = "NCPU", deserialize_with = "lenient")]
    pub processors: u32,
    #[serde(deserialize_with = "lenient")]
    pub mem_total: u64,
}

/// One line of `GET /events`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ApiEvent {
    #[serde(rename = "Type", deserialize_with = "lenient")]
    pub kind: String,
    #[serde(rename = "Action", deserialize_with = "lenient")]
    pub action: String,
    #[serde(rename = "Actor", deserialize_with = "lenient")]
    pub actor: Actor,
    #[serde(deserialize_with = "lenient")]
    pub time: i64,
    #[serde(rename = "timeNano", deserialize_with = "lenient")]
    pub time_nano: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Actor {
    #[serde(rename = "ID", deserialize_with = "lenient")]
    pub id: String,
    #[serde(rename = "Attributes", deserialize_with = "lenient")]
    pub attributes: BTreeMap<String, String>,
}

/// `GET /containers/{id}/stats`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stats {
    #[serde(deserialize_with = "lenient")]
    pub read: String,
    #[serde(deserialize_with = "lenient")]
    pub pids_stats: StatsPids,
    #[serde(deserialize_with = "lenient")]
    pub cpu_stats: StatsCpu,
    #[serde(deserialize_with = "lenient")]
    pub memory_stats: StatsMemory,
    #[serde(deserialize_with = "lenient")]
    pub blkio_stats: StatsBlock,
    #[serde(deserialize_with = "lenient")]
    pub networks: Option<BTreeMap<String, StatsNetwork>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsPids {
    #[serde(deserialize_with = "lenient")]
    pub current: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsCpu {
    #[serde(deserialize_with = "lenient")]
    pub cpu_usage: StatsCpuUsage,
    pub system_cpu_usage: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub throttling_data: StatsThrottling,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsCpuUsage {
    #[serde(deserialize_with = "lenient")]
    pub total_usage: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsThrottling {
    #[serde(deserialize_with = "lenient")]
    pub periods: u64,
    #[serde(deserialize_with = "lenient")]
    pub throttled_periods: u64,
    #[serde(deserialize_with = "lenient")]
    pub throttled_time: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsMemory {
    #[serde(deserialize_with = "lenient")]
    pub usage: u64,
    #[serde(deserialize_with = "lenient")]
    pub limit: u64,
    #[serde(deserialize_with = "lenient")]
    pub failcnt: u64,
    #[serde(deserialize_with = "lenient")]
    pub stats: StatsMemoryParts,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsMemoryParts {
    pub total_inactive_file: Option<u64>,
    pub inactive_file: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsBlock {
    #[serde(deserialize_with = "lenient")]
    pub io_service_bytes_recursive: Option<Vec<StatsBlockEntry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsBlockEntry {
    #[serde(deserialize_with = "lenient")]
    pub op: String,
    #[serde(deserialize_with = "lenient")]
    pub value: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsNetwork {
    pub rx_bytes: Option<u64>,
    pub tx_bytes: Option<u64>,
}
