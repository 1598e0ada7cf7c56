//! This room knows blueprints: all that a container is made of, and what is made around it (rows B1 to B7). A file has variables in
//! its values; here they are values already, but for the host port that is chosen last.
//! It may use the model, serde, and schemas of what serde reads.
//! It never reads a file or asks an engine.

mod carried;
mod docker_body;
mod labels;
mod mounts;
mod names;
mod ports;
mod run;
mod unfinished;
mod units;

pub use carried::{BUILTIN, CarriedFile};
pub use docker_body::capability;
pub use labels::{
    BLUEPRINT_LABEL, CREATED_LABEL, KIND_LABEL, OWNER_LABEL, PROJECT_LABEL, RUN_LABEL, SESSION_LABEL, UNFINISHED_LABEL,
    VARIABLES_LABEL, VERSION_LABEL,
};
pub use mounts::{MountRefusal, refuse_mount};
pub use ports::PortNames;
pub use run::BlueprintRun;
pub use unfinished::{UndoRequest, Unfinished};
pub use units::{Cpus, Seconds};

use super::request::{ByteSize, Restart};
use super::transfer::PullPolicy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A blueprint with values in place of its variables.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Blueprint {
    /// Name of the blueprint; the name of its file where none is given.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Kind of work, for limits and lists: `workspace`, `sandbox`, `debug-host`, `app-builder`.
    pub kind: String,
    /// The container.
    pub container: ContainerPart,
    /// How the image is built where the engine has none of that name.
    pub build: Option<BuildPart>,
    /// Published ports.
    pub ports: Vec<PortPart>,
    /// Folders of the host, named volumes and memory.
    pub volumes: Vec<VolumePart>,
    /// The network, made if it is missing.
    pub network: NetworkPart,
    /// Limits.
    pub resources: ResourcePart,
    /// What the container may do.
    pub security: SecurityPart,
    /// The health check of the engine; none leaves the image's own.
    pub health: Option<HealthPart>,
    /// What bowline asks the service once the container runs.
    pub probe: Option<ProbePart>,
    /// Where the log goes.
    pub logs: LogPart,
    /// How long each step may take.
    pub timeouts: TimeoutPart,
    /// Addresses under which the container is reached.
    pub urls: Vec<UrlPart>,
    /// Files put into the container before it starts.
    pub files: Vec<FilePart>,
    /// Commands run in the container.
    pub commands: CommandPart,
}

/// The container itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContainerPart {
    /// Image.
    pub image: String,
    /// When the registry is asked for the image.
    pub pull: PullPolicy,
    /// Pattern of the name, with `{project}`, `{timestamp}` and `{id}`.
    pub name: String,
    /// Command; empty is the image's own.
    pub command: Vec<String>,
    /// Entrypoint; empty is the image's own.
    pub entrypoint: Vec<String>,
    /// User inside, by name or number, with `:group` if wanted; empty is the image's own.
    pub user: String,
    /// Working directory; empty is the image's own.
    pub working_dir: String,
    /// Host name inside; empty lets the engine choose.
    pub hostname: String,
    /// Runs a small init (tini) as the first process, which ends what others leave behind.
    pub init: bool,
    /// With a terminal.
    pub tty: bool,
    /// With an open input.
    pub stdin: bool,
    /// Environment.
    pub environment: BTreeMap<String, String>,
    /// Labels beside those that bowline adds.
    pub labels: BTreeMap<String, String>,
    /// Restart policy: `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`.
    pub restart: Restart,
    /// Signal that asks it to stop; empty is the image's own.
    pub stop_signal: String,
}

/// Init is on: a container without one keeps what its processes leave behind.
impl Default for ContainerPart {
    fn default() -> ContainerPart {
        ContainerPart {
            image: String::new(),
            pull: PullPolicy::IfMissing,
            name: "{project}-{id}".into(),
            command: Vec::new(),
            entrypoint: Vec::new(),
            user: String::new(),
            working_dir: String::new(),
            hostname: String::new(),
            init: true,
            tty: false,
            stdin: false,
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
            restart: Restart::No,
            stop_signal: String::new(),
        }
    }
}

/// How an image is built.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BuildPart {
    /// Folder that is sent to the engine, from the blueprint's file; `builtin:NAME` is a folder that bowline carries.
    pub context: String,
    /// Dockerfile in the folder.
    pub dockerfile: String,
    /// Stage of the Dockerfile; empty is the last one.
    pub target: String,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// Platform, such as `linux/amd64`; empty is the engine's own.
    pub platform: String,
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PortPart {
    /// Name, for `${port.NAME}`; the first port is `${port}` as well.
    pub name: String,
    /// Port inside; without it the same as that of the host.
    pub container: u16,
    /// Port of the host; 0 lets bowline pick a free one.
    pub host: u16,
    /// Address of the host it is published on; empty is all of them.
    pub address: String,
    /// Protocol.
    pub protocol: Protocol,
}

/// The protocol of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// The word that engines use.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

/// The kind of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VolumeKind {
    /// A named volume.
    #[default]
    Volume,
    /// A folder of the host.
    Bind,
    /// Memory.
    Tmpfs,
}

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VolumePart {
    /// Kind of the mount.
    #[serde(rename = "type")]
    pub kind: VolumeKind,
    /// Name of the volume, or folder of the host; empty for memory.
    pub source: String,
    /// Path inside.
    pub target: String,
    /// Nothing inside may write to it.
    pub read_only: bool,
    /// Size, for memory and for volumes whose driver has one.
    pub size: Option<ByteSize>,
    /// Driver of the volume; empty is `local`.
    pub driver: String,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
    /// Permissions of memory, octal, such as `1777`.
    pub mode: String,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkPart {
    /// Name; empty is the engine's default, `none` and `host` are the engine's own.
    pub name: String,
    /// Driver; empty is `bridge`.
    pub driver: String,
    /// Subnet, such as `172.28.0.0/16`; empty lets the engine choose.
    pub subnet: String,
    /// Gateway; empty lets the engine choose.
    pub gateway: String,
    /// No way out of it.
    pub internal: bool,
    /// No traffic between its containers.
    pub isolated: bool,
    /// Name servers inside.
    pub dns: Vec<String>,
    /// Further hosts, `name:address`.
    pub extra_hosts: Vec<String>,
    /// Further names of the container on the network.
    pub aliases: Vec<String>,
}

impl NetworkPart {
    /// True for a network that bowline makes if it is missing: not the engine's own, nor another container's.
    pub fn is_made(&self) -> bool {
        !matches!(self.name.as_str(), "" | "none" | "host" | "bridge" | "default")
            && !self.name.starts_with("container:")
    }
}

/// Limits of the container.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResourcePart {
    /// Processors, such as 0.5.
    pub cpus: Option<Cpus>,
    /// Microseconds of processor time in each period.
    pub cpu_quota: Option<i64>,
    /// Length of a period, microseconds.
    pub cpu_period: Option<i64>,
    /// Share of the processors beside other containers; 1024 is the usual one.
    pub cpu_shares: Option<i64>,
    /// Processors it may run on, such as `0-1`.
    pub cpuset: String,
    /// Memory.
    pub memory: Option<ByteSize>,
    /// Memory and swap together; without it as much as memory, which means no swap.
    pub memory_swap: Option<ByteSize>,
    /// Processes and threads; without it 512.
    pub pids: Option<i64>,
    /// Share of disk time, 10 to 1000.
    pub blkio_weight: Option<u16>,
    /// Bytes read per second, by device.
    pub read_bytes_per_second: BTreeMap<String, ByteSize>,
    /// Bytes written per second, by device.
    pub write_bytes_per_second: BTreeMap<String, ByteSize>,
    /// Limits of a process, such as `nofile = { soft = 1024, hard = 2048 }`.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Parent control group.
    pub cgroup_parent: String,
    /// Size of the writable layer, where the storage driver has one.
    pub storage: Option<ByteSize>,
    /// Size of `/dev/shm`.
    pub shm: Option<ByteSize>,
}

/// Number of processes and threads where a blueprint names none.
pub const DEFAULT_PIDS: i64 = 512;

/// A limit of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ulimit {
    /// The limit that a process may raise.
    pub soft: i64,
    /// The limit that it may not.
    pub hard: i64,
}

/// What the container may do: nothing beyond what is named (row B3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityPart {
    /// Capabilities that it has; all others are dropped.
    pub capabilities: Vec<String>,
    /// A process cannot gain privileges, as by setuid programs.
    pub no_new_privileges: bool,
    /// All privileges of the host.
    pub privileged: bool,
    /// The root file system is read-only.
    pub read_only_root: bool,
    /// Seccomp profile: a file from the blueprint's, `unconfined`, or empty for the engine's own.
    pub seccomp: String,
    /// AppArmor profile; empty is the engine's own.
    pub apparmor: String,
    /// SELinux options, such as `type:container_t`.
    pub selinux: Vec<String>,
    /// User namespace: `host` opts out of the engine's; empty is the engine's own.
    pub user_namespace: String,
}

impl Default for SecurityPart {
    fn default() -> SecurityPart {
        SecurityPart {
            capabilities: Vec::new(),
            no_new_privileges: true,
            privileged: false,
            read_only_root: false,
            seccomp: String::new(),
            apparmor: String::new(),
            selinux: Vec::new(),
            user_namespace: String::new(),
        }
    }
}

/// The engine's health check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HealthPart {
    /// Command; one word runs in a shell, several are a program with its arguments.
    pub command: Vec<String>,
    /// Time between two checks.
    pub interval: Seconds,
    /// Time that a check may take.
    pub timeout: Seconds,
    /// Time after the start in which failures do not count.
    pub start_period: Seconds,
    /// Failures in a row until it is unhealthy.
    pub retries: u32,
}

/// As engines have it.
impl Default for HealthPart {
    fn default() -> HealthPart {
        HealthPart {
            command: Vec::new(),
            interval: Seconds(30),
            timeout: Seconds(30),
            start_period: Seconds(0),
            retries: 3,
        }
    }
}

/// What bowline asks the service: an HTTP request that must answer below 400, or a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProbePart {
    /// Path of the HTTP request; empty only connects.
    pub http: String,
    /// Port inside; 0 is the first published one.
    pub port: u16,
}

/// Where the log goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogPart {
    /// Driver.
    pub driver: String,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
}

/// Three files of 10 MB.
impl Default for LogPart {
    fn default() -> LogPart {
        let options = [("max-size", "10m"), ("max-file", "3")];
        LogPart { driver: "json-file".into(), options: options.map(|(name, value)| (name.into(), value.into())).into() }
    }
}

/// How long each step may take.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TimeoutPart {
    /// Pull or build of the image.
    pub image: Seconds,
    /// Each command.
    pub command: Seconds,
    /// Until it is healthy and answers.
    pub ready: Seconds,
    /// Grace between the request to stop and the kill.
    pub stop: Seconds,
}

impl Default for TimeoutPart {
    fn default() -> TimeoutPart {
        TimeoutPart { image: Seconds(1800), command: Seconds(300), ready: Seconds(60), stop: Seconds(10) }
    }
}

/// An address under which the container is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UrlPart {
    /// Name: `editor`.
    pub name: String,
    /// Address, with `{host}`, `${port}` and `${port.NAME}`: `http://{host}:${port}/`.
    pub url: String,
}

/// A file put into the container before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilePart {
    /// Path inside.
    pub path: String,
    /// Text of the file.
    pub content: Option<String>,
    /// File or folder of this machine, from the blueprint's file; `builtin:NAME` is a folder that bowline carries.
    pub from: Option<String>,
    /// Variables in a file or folder of this machine are replaced too.
    pub template: bool,
    /// Permissions, octal, such as `0644`; empty is 0644, or the file's own.
    pub mode: String,
    /// Owner, `user:group` as numbers; empty is root.
    pub owner: String,
}

/// Commands run in the container.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CommandPart {
    /// Shell commands after the start and before it counts as ready.
    pub after_start: Vec<String>,
    /// User that runs them; empty is the container's.
    pub user: String,
}
