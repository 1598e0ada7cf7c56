//! What an engine holds when it starts: a scenario, written as TOML.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Deserialize;

use super::log_generator::Style;
use super::names::is_name;
use super::scenario_resources::{ImagePlan, NetworkPlan, VolumePlan};
use super::spec::{Health, Port, Restart};
use super::units::{Size, Span};
use super::volume::mount::Mount;

/// The content of the engine when it starts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Shown as the engine's host name.
    #[serde(default = "nameless")]
    pub(crate) name: String,
    /// Everything that looks random follows from it.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Seconds between two incidents (an exit, a failing health check …) in the whole fleet; 0 for none.
    #[serde(default)]
    pub(crate) unrest: f64,
    /// Processors of the host that the fleet is imagined on; 0 for this machine's.
    #[serde(default)]
    pub(crate) processors: usize,
    /// Memory of that host; this machine's if not said.
    #[serde(default)]
    pub(crate) host_memory: Option<Size>,
    /// Synthetic containers beside the ones described.
    #[serde(default)]
    pub(crate) fleet: usize,
    #[serde(default, rename = "container")]
    pub(crate) containers: Vec<Plan>,
    /// Images, volumes and networks beside those that follow from the containers.
    #[serde(default, rename = "image")]
    pub(crate) images: Vec<ImagePlan>,
    #[serde(default, rename = "volume")]
    pub(crate) volumes: Vec<VolumePlan>,
    #[serde(default, rename = "network")]
    pub(crate) networks: Vec<NetworkPlan>,
}

/// One container of a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) image: String,
    #[serde(default)]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) env: Vec<String>,
    #[serde(default)]
    pub(crate) project: Option<String>,
    #[serde(default)]
    pub(crate) service: Option<String>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) ports: Vec<Port>,
    /// `volume:/path`, `/host/path:/path`, both with `:ro` if it only reads, or `/path` for a volume without a name.
    #[serde(default)]
    pub(crate) volumes: Vec<Mount>,
    /// The networks it is in; its project's `_default` one, or `bridge`, if not said. Those that are not there are made.
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    #[serde(default)]
    pub(crate) state: Initial,
    #[serde(default)]
    pub(crate) exit_code: i64,
    #[serde(default)]
    pub(crate) oom: bool,
    #[serde(default)]
    pub(crate) health: Option<Health>,
    /// The time since it was created.
    #[serde(default = "Span::two_days")]
    pub(crate) age: Span,
    /// How long ago it was started; its age if not said.
    #[serde(default)]
    pub(crate) up: Option<Span>,
    /// The time since it ended.
    #[serde(default)]
    pub(crate) ended: Option<Span>,
    #[serde(default)]
    pub(crate) restarts: u64,
    #[serde(default)]
    pub(crate) restart: Restart,
    #[serde(default)]
    pub(crate) tty: bool,
    /// Mean use of processors, in processors.
    #[serde(default = "a_little")]
    pub(crate) cpu: f64,
    /// Limit in processors; 0 for none.
    #[serde(default)]
    pub(crate) cpus: f64,
    /// Mean working set.
    #[serde(default = "Size::of_a_service")]
    pub(crate) memory: Size,
    #[serde(default)]
    pub(crate) memory_limit: Option<Size>,
    /// Bytes a second, mean, over the network and to block devices.
    #[serde(default = "Size::of_a_trickle")]
    pub(crate) net: Size,
    #[serde(default)]
    pub(crate) disk: Size,
    #[serde(default = "a_few")]
    pub(crate) pids: u64,
    #[serde(default)]
    pub(crate) log: Style,
    /// Log lines a second.
    #[serde(default = "now_and_then")]
    pub(crate) rate: f64,
    /// The seconds that it takes to obey SIGTERM.
    #[serde(default)]
    pub(crate) stop_seconds: f64,
    /// Its exit code when it obeys SIGTERM.
    #[serde(default)]
    pub(crate) stop_code: i64,
    /// It exits by itself that many seconds after each start; 0 for never.
    #[serde(default)]
    pub(crate) crash_after: f64,
    /// The scenario's incidents leave it alone.
    #[serde(default)]
    pub(crate) stable: bool,
}

/// Whether a container is made up or real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Figures and logs are computed.
    #[default]
    Synthetic,
    /// A process of this machine, started with the engine.
    Process,
}

/// The state a container begins in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Initial {
    Created,
    #[default]
    Running,
    Paused,
    Restarting,
    Exited,
    Dead,
}

fn nameless() -> String {
    "scenario".to_string()
}

fn a_little() -> f64 {
    0.02
}

fn a_few() -> u64 {
    4
}

fn now_and_then() -> f64 {
    0.5
}

const DEMO: &str = include_str!("../../../assets/scenarios/demo.toml");
#[cfg(test)]
const STORM: &str = include_str!("../../../assets/scenarios/storm.toml");

impl Scenario {
    /// The one that comes with the program: a small, lively fleet in three compose projects.
    pub fn demo() -> Self {
        // The text is part of the program, and a test reads it.
        Self::parse(DEMO).unwrap_or_else(|_| Self::empty())
    }

    /// The one for measuring: a thousand containers that never rest.
    #[cfg(test)]
    pub(crate) fn storm() -> Self {
        Self::parse(STORM).expect("the storm reads")
    }

    /// `n` mixed synthetic containers that follow from `seed`.
    pub fn synthetic(n: usize, seed: u64) -> Self {
        Scenario {
            name: format!("synthetic-{n}"),
            seed,
            unrest: 4.0,
            processors: (n / 4).max(8),
            host_memory: Some(Size(n.max(64) as u64 * (1 << 30))),
            fleet: n,
            containers: Vec::new(),
            images: Vec::new(),
            volumes: Vec::new(),
            networks: Vec::new(),
        }
    }

    /// An empty scenario.
    pub fn empty() -> Self {
        Scenario {
            name: "empty".into(),
            seed: 0,
            unrest: 0.0,
            processors: 0,
            host_memory: None,
            fleet: 0,
            containers: Vec::new(),
            images: Vec::new(),
            volumes: Vec::new(),
            networks: Vec::new(),
        }
    }

    /// Reads a scenario. The error names the line and says what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let scenario: Scenario = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())?;
        scenario.check(text)?;
        Ok(scenario)
    }

    /// Reads a scenario from a file. The error names the file, and the line where one is wrong.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn check(&self, text: &str) -> Result<(), String> {
        let mut names = HashSet::new();
        for plan in &self.containers {
            let at = line_of(text, &plan.name);
            if !is_name(&plan.name) {
                return Err(format!(
                    "line {at}: `{}` is not a valid name: use letters, digits, `_`, `.` and `-`, starting with a letter or digit",
                    plan.name
                ));
            }
            if !names.insert(&plan.name) {
                return Err(format!("line {at}: the name `{}` is used twice: rename one", plan.name));
            }
            if plan.kind == Kind::Process && plan.command.is_empty() {
                return Err(format!(
                    "line {at}: `{}` is a process and has no command: add command = [\"…\"]",
                    plan.name
                ));
            }
            if plan.kind == Kind::Process && plan.tty {
                return Err(format!(
                    "line {at}: `{}` is a process and cannot have a tty yet: remove tty = true",
                    plan.name
                ));
            }
            if plan.kind == Kind::Process && !plan.networks.is_empty() {
                return Err(format!(
                    "line {at}: `{}` is a process and uses this machine's network: remove networks",
                    plan.name
                ));
            }
        }
        let checks = (self.images.iter().map(|plan| (plan.name.as_deref().unwrap_or(""), plan.check())))
            .chain(self.volumes.iter().map(|plan| (plan.name.as_str(), plan.check())))
            .chain(self.networks.iter().map(|plan| (plan.name.as_str(), plan.check())));
        for (name, checked) in checks {
            checked.map_err(|error| format!("line {}: {error}", line_of(text, name)))?;
        }
        Ok(())
    }
}

/// The last line that gives something this name.
fn line_of(text: &str, name: &str) -> usize {
    let quoted = format!("{name:?}");
    let named = |line: &str| line.trim_start().starts_with("name") && line.contains(&quoted);
    text.lines().enumerate().filter(|(_, line)| named(line)).last().map_or(1, |(number, _)| number + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;

    fn error(body: &str) -> String {
        Scenario::parse(&format!("seed = 1\n[[container]]\nname = \"one\"\nimage = \"i\"\n{body}")).expect_err(body)
    }

    #[test]
    fn the_demo_is_whole() {
        let demo = Scenario::parse(DEMO).expect("the demo reads");
        assert!(demo.containers.len() >= 25, "{}", demo.containers.len());
        assert!(demo.containers.iter().filter(|plan| plan.kind == Kind::Process).count() >= 2);
        for state in [Initial::Created, Initial::Running, Initial::Paused, Initial::Restarting, Initial::Exited] {
            assert!(demo.containers.iter().any(|plan| plan.state == state), "{state:?}");
        }
        assert!(demo.containers.iter().any(|plan| plan.oom && plan.exit_code == 137));
        assert!(demo.containers.iter().any(|plan| plan.tty));
    }

    #[test]
    fn errors_name_the_line_and_the_mend() {
        for (body, mend) in [
            ("memory = \"much\"", "180MiB"),
            ("age = \"yesterday\"", "3d 4h"),
            ("ports = [\"x\"]", "8080:80/tcp"),
            ("restart = \"maybe\"", "unless-stopped"),
            ("state = \"gone\"", "`exited`"),
            ("colour = 3", "unknown field"),
            ("kind = \"process\"", "add command"),
            ("volumes = [\"data\"]", "data:/var/lib/data"),
            ("[[image]]\nname = \"Upper\"", "nginx:1.27"),
            ("[[volume]]\nname = \"a/b\"", "use letters"),
            ("[[network]]\nname = \"host\"", "bridge, host and none"),
            ("[[network]]\nname = \"n\"\nsubnet = \"x\"", "10.5.0.0/24"),
            (
                "[[network]]\nname = \"n\"\nsubnet = \"10.5.0.0/24\"\ngateway = \"10.6.0.1\"",
                "not an address in 10.5.0.0/24",
            ),
        ] {
            let text = error(body);
            assert!(text.contains(mend), "{body}: {text}");
            assert!(["line 3", "line 5", "line 6"].iter().any(|line| text.contains(line)), "{body}: {text}");
        }
        let twice = error("[[container]]\nname = \"one\"\nimage = \"i\"");
        assert!(twice.contains("line 6") && twice.contains("twice"), "{twice}");
    }

    #[test]
    fn reads_ports_sizes_and_spans() {
        let port = Port::try_from("127.0.0.1:8080:80/udp".to_string()).expect("a port");
        assert_eq!((port.address.as_str(), port.public, port.private), ("127.0.0.1", Some(8080), 80));
        assert_eq!(Size::try_from("1.5KiB".to_string()), Ok(Size(1536)));
        assert_eq!(Span::try_from("1d 1s".to_string()), Ok(Span(86_401 * SECOND)));
        for bad in ["", "é", "3", "d", "-3s"] {
            assert!(Span::try_from(bad.to_string()).is_err(), "{bad}");
        }
    }
}
