//! What a run will make, and the docker commands that do the same.

use super::opens::opens;
use crate::model::blueprint::{
    BuildPart, DEFAULT_PIDS, HealthPart, PortPart, ResourcePart, SecurityPart, VolumeKind, VolumePart,
};
use crate::model::{Blueprint, BlueprintRun, ByteSize, DockerLine, PullPolicy, Restart};

/// What a run will make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Each thing that is made or used.
    pub makes: Vec<Made>,
    /// What is opened up, in sentences.
    pub opens: Vec<String>,
    /// The docker commands that do the same, in their order.
    pub lines: Vec<DockerLine>,
}

/// A thing that is made, or used if it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// `network`, `volume`, `image`, `container`, `file` or `command`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// How it is made.
    pub words: String,
}

/// The plan of a run.
pub fn plan(run: &BlueprintRun) -> Plan {
    Plan { makes: makes(run), opens: opens(&run.blueprint), lines: lines(run) }
}

fn made(kind: &'static str, name: impl Into<String>, words: impl Into<String>) -> Made {
    Made { kind, name: name.into(), words: words.into() }
}

fn makes(run: &BlueprintRun) -> Vec<Made> {
    let blueprint = &run.blueprint;
    let mut makes = Vec::new();
    if blueprint.network.is_made() {
        let subnet = if blueprint.network.subnet.is_empty() { "" } else { ", " };
        let words = format!("made if it is missing{subnet}{}", blueprint.network.subnet);
        makes.push(made("network", &blueprint.network.name, words));
    }
    let volumes = blueprint.volumes.iter().filter(|volume| volume.kind == VolumeKind::Volume);
    makes.extend(
        volumes.map(|volume| {
            made("volume", &volume.source, format!("made if it is missing, mounted at {}", volume.target))
        }),
    );
    makes.push(made("image", &blueprint.container.image, image_words(blueprint)));
    makes.push(made("container", &run.name, container_words(blueprint)));
    let files = blueprint.files.iter().map(|file| made("file", &file.path, "put into it before it starts"));
    makes.extend(files);
    let commands = blueprint.commands.after_start.iter();
    makes.extend(commands.map(|command| made("command", command, "run in it after it has started")));
    makes
}

fn image_words(blueprint: &Blueprint) -> String {
    match (&blueprint.build, blueprint.container.pull) {
        (Some(build), _) => format!("built from {} if it is missing", build.context),
        (None, PullPolicy::Always) => "pulled".into(),
        (None, PullPolicy::IfMissing) => "pulled if it is missing".into(),
        (None, PullPolicy::Never) => "never pulled: the engine must have it".into(),
    }
}

fn container_words(blueprint: &Blueprint) -> String {
    let resources = &blueprint.resources;
    let limits = [
        resources.cpus.map(|count| format!("{count} processors")),
        resources.memory.as_ref().map(|memory| format!("{memory} of memory")),
        Some(format!("{} processes", resources.pids.unwrap_or(DEFAULT_PIDS))),
    ];
    limits.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The docker commands that do the same as a run. A port that is still to be picked is left to the engine.
pub fn lines(run: &BlueprintRun) -> Vec<DockerLine> {
    let blueprint = &run.blueprint;
    let mut lines = Vec::new();
    if blueprint.network.is_made() {
        lines.push(network(run));
    }
    lines.extend(
        blueprint.volumes.iter().filter(|volume| volume.kind == VolumeKind::Volume).map(|one| volume(run, one)),
    );
    match (&blueprint.build, blueprint.container.pull) {
        (Some(part), _) => lines.push(build(part, &blueprint.container.image)),
        (None, PullPolicy::Never) => {}
        (None, PullPolicy::Always | PullPolicy::IfMissing) => {
            lines.push(Words::of(&["pull", &blueprint.container.image]).line());
        }
    }
    let has_files = !blueprint.files.is_empty();
    lines.push(container(run, if has_files { &["create"] } else { &["run", "--detach"] }));
    for file in &blueprint.files {
        let from = file.from.as_deref().unwrap_or("FILE");
        lines.push(Words::of(&["cp", from, &format!("{}:{}", run.name, file.path)]).line());
    }
    if has_files {
        lines.push(Words::of(&["start", &run.name]).line());
    }
    for command in &blueprint.commands.after_start {
        let mut words = Words::of(&["exec"]);
        words.flag("--user", &blueprint.commands.user);
        words.words(&[&run.name, "sh", "-c", command]);
        lines.push(words.line());
    }
    lines
}

/// Words, and the flags between them with their values.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn of(words: &[&str]) -> Words {
        let mut all = Words::default();
        all.words(words);
        all
    }

    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|word| (*word).to_string()));
    }

    /// A flag with its value, unless that is empty: then the engine decides.
    fn flag(&mut self, flag: &str, value: &str) {
        if !value.is_empty() {
            self.words(&[flag, value]);
        }
    }

    fn some(&mut self, flag: &str, value: Option<impl ToString>) {
        self.flag(flag, &value.map(|value| value.to_string()).unwrap_or_default());
    }

    fn each<'a>(&mut self, flag: &str, values: impl IntoIterator<Item = &'a String>) {
        values.into_iter().for_each(|value| self.flag(flag, value));
    }

    fn pairs<'a>(&mut self, flag: &str, pairs: impl IntoIterator<Item = (&'a String, &'a String)>) {
        pairs.into_iter().for_each(|(name, value)| self.flag(flag, &format!("{name}={value}")));
    }

    fn switch(&mut self, is_on: bool, flag: &str) {
        if is_on {
            self.words(&[flag]);
        }
    }

    fn line(self) -> DockerLine {
        DockerLine::Docker(self.0)
    }
}

fn network(run: &BlueprintRun) -> DockerLine {
    let network = &run.blueprint.network;
    let mut words = Words::of(&["network", "create"]);
    words.flag("--driver", &network.driver);
    words.flag("--subnet", &network.subnet);
    words.flag("--gateway", &network.gateway);
    words.switch(network.internal, "--internal");
    if network.isolated {
        words.flag("--opt", "com.docker.network.bridge.enable_icc=false");
    }
    words.pairs("--label", &run.shared_labels());
    words.words(&[&network.name]);
    words.line()
}

fn volume(run: &BlueprintRun, volume: &VolumePart) -> DockerLine {
    let mut words = Words::of(&["volume", "create"]);
    words.flag("--driver", &volume.driver);
    words.pairs("--opt", &volume.options);
    words.some("--opt", volume.size.as_ref().map(|size| format!("size={size}")));
    words.pairs("--label", &run.shared_labels());
    words.words(&[&volume.source]);
    words.line()
}

fn build(build: &BuildPart, image: &str) -> DockerLine {
    let mut words = Words::of(&["build", "--tag", image]);
    words.flag("--target", &build.target);
    words.flag("--platform", &build.platform);
    words.pairs("--build-arg", &build.args);
    if let Some(name) = build.context.strip_prefix("builtin:") {
        let line = format!("docker {}", shell_words::join(&words.0));
        return DockerLine::Other(format!("{line} .   (in the folder '{name}' that bowline carries)"));
    }
    if !build.dockerfile.is_empty() {
        words.flag("--file", &format!("{}/{}", build.context, build.dockerfile));
    }
    words.words(&[&build.context]);
    words.line()
}

fn container(run: &BlueprintRun, verb: &[&str]) -> DockerLine {
    let blueprint = &run.blueprint;
    let part = &blueprint.container;
    let mut words = Words::of(verb);
    words.flag("--name", &run.name);
    words.flag("--hostname", &part.hostname);
    words.flag("--user", &part.user);
    words.flag("--workdir", &part.working_dir);
    words.switch(part.init, "--init");
    words.switch(part.tty, "--tty");
    words.switch(part.stdin, "--interactive");
    words.pairs("--env", &part.environment);
    words.pairs("--label", &run.labels());
    words.some("--restart", Some(part.restart).filter(|restart| *restart != Restart::No));
    words.flag("--stop-signal", &part.stop_signal);
    words.flag("--stop-timeout", &blueprint.timeouts.stop.0.to_string());
    blueprint.ports.iter().for_each(|port| words.flag("--publish", &publish(port)));
    blueprint.volumes.iter().for_each(|volume| words.flag("--mount", &mount(volume)));
    around(blueprint, &mut words);
    resources(&blueprint.resources, &mut words);
    security(&blueprint.security, &mut words);
    if let Some(part) = &blueprint.health {
        health(part, &mut words);
    }
    // The docker command takes one word as entrypoint; the others go before the command.
    let entrypoint = part.entrypoint.split_first();
    words.some("--entrypoint", entrypoint.map(|(first, _)| first));
    words.words(&[&part.image]);
    words.0.extend(entrypoint.into_iter().flat_map(|(_, rest)| rest).chain(&part.command).cloned());
    words.line()
}

fn around(blueprint: &Blueprint, words: &mut Words) {
    let (network, logs) = (&blueprint.network, &blueprint.logs);
    words.flag("--network", &network.name);
    words.each("--network-alias", &network.aliases);
    words.each("--dns", &network.dns);
    words.each("--add-host", &network.extra_hosts);
    words.flag("--log-driver", &logs.driver);
    words.pairs("--log-opt", &logs.options);
}

fn publish(port: &PortPart) -> String {
    let address = match port.address.as_str() {
        "" => String::new(),
        address if address.contains(':') => format!("[{address}]:"),
        address => format!("{address}:"),
    };
    let host = match (port.host, port.container) {
        (0, 0) => "${port}:".to_string(),
        (0, _) if address.is_empty() => String::new(),
        (0, _) => ":".to_string(),
        (host, _) => format!("{host}:"),
    };
    let inside = match (port.container, port.host) {
        (0, 0) => "${port}".to_string(),
        (0, host) => host.to_string(),
        (inside, _) => inside.to_string(),
    };
    let protocol = match port.protocol.name() {
        "tcp" => String::new(),
        name => format!("/{name}"),
    };
    format!("{address}{host}{inside}{protocol}")
}

fn mount(volume: &VolumePart) -> String {
    let kind = match volume.kind {
        VolumeKind::Volume => "volume",
        VolumeKind::Bind => "bind",
        VolumeKind::Tmpfs => "tmpfs",
    };
    let mut parts = vec![format!("type={kind}")];
    if volume.kind == VolumeKind::Tmpfs {
        parts.push(format!("target={}", volume.target));
        parts.extend(volume.size.as_ref().map(|size| format!("tmpfs-size={size}")));
        parts.extend(Some(format!("tmpfs-mode={}", volume.mode)).filter(|_| !volume.mode.is_empty()));
    } else {
        parts.push(format!("source={}", volume.source));
        parts.push(format!("target={}", volume.target));
    }
    parts.extend(volume.read_only.then(|| "readonly".to_string()));
    parts.join(",")
}

fn resources(resources: &ResourcePart, words: &mut Words) {
    let memory = resources.memory.as_ref();
    words.some("--cpus", resources.cpus);
    words.some("--cpu-quota", resources.cpu_quota);
    words.some("--cpu-period", resources.cpu_period);
    words.some("--cpu-shares", resources.cpu_shares);
    words.flag("--cpuset-cpus", &resources.cpuset);
    words.some("--memory", memory);
    words.some("--memory-swap", resources.memory_swap.as_ref().or(memory));
    words.flag("--pids-limit", &resources.pids.unwrap_or(DEFAULT_PIDS).to_string());
    words.some("--blkio-weight", resources.blkio_weight);
    let rates = [
        ("--device-read-bps", &resources.read_bytes_per_second),
        ("--device-write-bps", &resources.write_bytes_per_second),
    ];
    for (flag, rates) in rates {
        rates
            .iter()
            .for_each(|(device, rate): (&String, &ByteSize)| words.flag(flag, &format!("{device}:{}", rate.bytes)));
    }
    for (name, limit) in &resources.ulimits {
        words.flag("--ulimit", &format!("{name}={}:{}", limit.soft, limit.hard));
    }
    words.flag("--cgroup-parent", &resources.cgroup_parent);
    words.some("--storage-opt", resources.storage.as_ref().map(|size| format!("size={size}")));
    words.some("--shm-size", resources.shm.as_ref());
}

fn security(security: &SecurityPart, words: &mut Words) {
    words.flag("--cap-drop", "ALL");
    words.each("--cap-add", &security.capabilities);
    words.switch(security.privileged, "--privileged");
    words.switch(security.read_only_root, "--read-only");
    words.flag("--userns", &security.user_namespace);
    if security.no_new_privileges {
        words.flag("--security-opt", "no-new-privileges:true");
    }
    for (name, value) in [("seccomp", &security.seccomp), ("apparmor", &security.apparmor)] {
        words.some("--security-opt", Some(format!("{name}={value}")).filter(|_| !value.is_empty()));
    }
    security.selinux.iter().for_each(|option| words.flag("--security-opt", &format!("label={option}")));
}

fn health(health: &HealthPart, words: &mut Words) {
    let command = match health.command.as_slice() {
        [line] => line.clone(),
        words => shell_words::join(words),
    };
    words.flag("--health-cmd", &command);
    words.flag("--health-interval", &health.interval.to_string());
    words.flag("--health-timeout", &health.timeout.to_string());
    words.flag("--health-start-period", &health.start_period.to_string());
    words.flag("--health-retries", &health.retries.to_string());
}
