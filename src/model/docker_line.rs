//! The docker command that does the same as an operation: plans show and copy it.

use super::operation::{Operation, OperationArgs, OperationKind};
use super::request::{ByteSize, LimitChange, NewContainer, NewNetwork, NewVolume};
use super::resource::short_image_id;
use super::secret;
use super::transfer::Transfer;

/// The docker command that does the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DockerLine {
    /// The words of a docker command behind `docker`.
    Docker(Vec<String>),
    /// The same, with the file of this machine that is its input.
    Reading(Vec<String>, String),
    /// Docker has no command for it: what else does the same, in a sentence.
    Other(String),
}

impl DockerLine {
    /// The line to copy, secrets and all. `host` is the address of the engine, where it must be named.
    pub fn whole(&self, host: Option<&str>) -> String {
        let docker = |words: &[String]| format!("{} {}", client(host), shell_words::join(words));
        match self {
            DockerLine::Docker(words) => docker(words),
            DockerLine::Reading(words, file) => format!("{} < {}", docker(words), shell_words::quote(file)),
            DockerLine::Other(sentence) => sentence.clone(),
        }
    }

    /// The line to show: secrets in it are hidden.
    pub fn shown(&self, host: Option<&str>) -> String {
        let docker = |words: &[String]| format!("{} {}", client(host), shell_words::join(secret::docker(words)));
        match self {
            DockerLine::Docker(words) => docker(words),
            DockerLine::Reading(words, file) => {
                format!("{} < {}", docker(words), secret::told(&shell_words::quote(file)))
            }
            DockerLine::Other(sentence) => secret::told(sentence).into_owned(),
        }
    }
}

/// The docker client for an engine: one that must be named is not left to the client's own choice.
fn client(host: Option<&str>) -> String {
    host.map_or_else(|| "docker".to_string(), |host| format!("docker --host {}", shell_words::quote(host)))
}

/// A docker command of these words.
pub(super) fn docker<'a>(words: impl IntoIterator<Item = &'a str>) -> DockerLine {
    DockerLine::Docker(words.into_iter().map(str::to_string).collect())
}

/// No line, for an operation without its arguments: its row names others.
fn no_line(operation: &Operation) -> DockerLine {
    DockerLine::Other(format!("{} {}", operation.kind.spec().word, operation.name))
}

/// Words, and the flags between them with their values.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Words {
        Words(words.into_iter().map(str::to_string).collect())
    }

    fn word(&mut self, word: impl Into<String>) {
        self.0.push(word.into());
    }

    fn switch(&mut self, on: bool, flag: &str) {
        if on {
            self.word(flag);
        }
    }

    /// A flag with its value, unless that is empty: then the engine decides.
    fn flag(&mut self, flag: &str, value: &str) {
        if !value.is_empty() {
            self.0.extend([flag.to_string(), value.to_string()]);
        }
    }

    fn pairs(&mut self, flag: &str, pairs: &[(String, String)]) {
        for (name, value) in pairs {
            self.flag(flag, &format!("{name}={value}"));
        }
    }

    fn limits(&mut self, change: &LimitChange) {
        let mut some = |flag: &str, value: Option<String>| self.flag(flag, &value.unwrap_or_default());
        some("--cpus", change.nano_cpus.map(cpus));
        some("--memory", change.memory.as_ref().map(ByteSize::to_string));
        some("--memory-swap", change.memory_swap.as_ref().map(ByteSize::to_string));
        some("--pids-limit", change.pids.map(|count| count.to_string()));
        some("--restart", change.restart.map(|restart| restart.to_string()));
    }

    fn line(self) -> DockerLine {
        DockerLine::Docker(self.0)
    }
}

/// `1.5` of 1,500,000,000.
pub fn cpus(nano: i64) -> String {
    let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

pub(super) fn kill(operation: &Operation) -> DockerLine {
    let OperationKind::Kill(signal) = operation.kind else { return no_line(operation) };
    docker(["kill", "--signal", &signal.name(), &operation.name])
}

pub(super) fn signal(operation: &Operation) -> DockerLine {
    let OperationKind::Signal { pid, signal } = operation.kind else { return no_line(operation) };
    DockerLine::Other(format!("kill -{} {pid}   (on the engine's host)", signal.0))
}

pub(super) fn remove(operation: &Operation) -> DockerLine {
    let OperationKind::Remove { force, volumes } = operation.kind else { return no_line(operation) };
    let mut words = Words::of(["rm"]);
    words.switch(force, "--force");
    words.switch(volumes, "--volumes");
    words.word(&operation.name);
    words.line()
}

pub(super) fn rename(operation: &Operation) -> DockerLine {
    let OperationArgs::Name(new) = &operation.with else { return no_line(operation) };
    docker(["rename", &operation.name, new])
}

pub(super) fn update(operation: &Operation) -> DockerLine {
    let OperationArgs::Limits(change) = &operation.with else { return no_line(operation) };
    let mut words = Words::of(["update"]);
    words.limits(change);
    words.word(&operation.name);
    words.line()
}

pub(super) fn commit(operation: &Operation) -> DockerLine {
    let OperationArgs::ImageName(image) = &operation.with else { return no_line(operation) };
    docker(["commit", &operation.name, &image.name])
}

pub(super) fn duplicate(operation: &Operation) -> DockerLine {
    let OperationArgs::Name(new) = &operation.with else { return no_line(operation) };
    DockerLine::Other(format!("no docker command does this: {new} is created with the inspected configuration"))
}

pub(super) fn create(operation: &Operation) -> DockerLine {
    let OperationArgs::Container(new) = &operation.with else { return no_line(operation) };
    let NewContainer { image, command, .. } = &**new;
    let mut words = if new.start { Words::of(["run", "--detach"]) } else { Words::of(["create"]) };
    words.flag("--name", &new.name);
    words.flag("--network", &new.network);
    words.flag("--user", &new.user);
    words.flag("--workdir", &new.folder);
    for value in &new.env {
        words.flag("--env", value);
    }
    for port in &new.ports {
        words.flag("--publish", &port.to_string());
    }
    for mount in &new.mounts {
        match mount.is_memory() {
            true => words.flag("--tmpfs", &mount.target),
            false => words.flag("--volume", &mount.to_string()),
        }
    }
    words.pairs("--label", &new.labels);
    words.limits(&new.limits);
    words.switch(new.tty, "--tty");
    words.switch(new.tty, "--interactive");
    words.switch(new.auto_remove, "--rm");
    words.word(image);
    words.0.extend(command.iter().cloned());
    words.line()
}

pub(super) fn remove_image(operation: &Operation) -> DockerLine {
    let OperationKind::RemoveImage { force } = operation.kind else { return no_line(operation) };
    let mut words = Words::of(["rmi"]);
    words.switch(force, "--force");
    let untag = if let OperationArgs::Untag(untag) = &operation.with { Some(untag) } else { None };
    words.word(untag.map_or_else(|| short_image_id(operation.id.raw()), |untag| &untag.name));
    words.line()
}

pub(super) fn tag(operation: &Operation) -> DockerLine {
    let OperationArgs::ImageName(new) = &operation.with else { return no_line(operation) };
    docker(["tag", short_image_id(operation.id.raw()), &new.name])
}

pub(super) fn create_volume(operation: &Operation) -> DockerLine {
    let OperationArgs::Volume(NewVolume { name, driver, options, labels }) = &operation.with else {
        return no_line(operation);
    };
    let mut words = Words::of(["volume", "create"]);
    words.flag("--driver", driver);
    words.pairs("--opt", options);
    words.pairs("--label", labels);
    words.0.extend(Some(name.clone()).filter(|name| !name.is_empty()));
    words.line()
}

pub(super) fn create_network(operation: &Operation) -> DockerLine {
    let OperationArgs::Network(new) = &operation.with else { return no_line(operation) };
    let NewNetwork { name, driver, subnet, gateway, internal, isolated, labels } = new;
    let mut words = Words::of(["network", "create"]);
    words.flag("--driver", driver);
    words.flag("--subnet", subnet);
    words.flag("--gateway", gateway);
    words.switch(*internal, "--internal");
    if *isolated {
        words.flag("--opt", "com.docker.network.bridge.enable_icc=false");
    }
    words.pairs("--label", labels);
    words.word(name);
    words.line()
}

pub(super) fn connect(operation: &Operation) -> DockerLine {
    let OperationArgs::Joining(joining) = &operation.with else { return no_line(operation) };
    let mut words = Words::of(["network", "connect"]);
    for alias in &joining.aliases {
        words.flag("--alias", alias);
    }
    words.word(&joining.name);
    words.word(&operation.name);
    words.line()
}

pub(super) fn disconnect(operation: &Operation) -> DockerLine {
    let OperationArgs::Joining(joining) = &operation.with else { return no_line(operation) };
    docker(["network", "disconnect", &joining.name, &operation.name])
}

/// The words for what a helper container does with volumes.
fn helper<'a>(mounts: &[String], rest: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words = Words::of(["run", "--rm"]);
    for mount in mounts {
        words.flag("--volume", mount);
    }
    words.0.extend(rest.into_iter().map(str::to_string));
    words.0
}

pub(super) fn import_volume(operation: &Operation) -> DockerLine {
    let OperationArgs::Transfer(transfer) = &operation.with else { return no_line(operation) };
    let Transfer::ImportVolume { path, volume, .. } = &**transfer else { return no_line(operation) };
    let mounts = [format!("{volume}:/volume")];
    let words = helper(&mounts, ["--interactive", "busybox", "tar", "-x", "-C", "/volume"]);
    DockerLine::Reading(words, path.clone())
}

pub(super) fn copy_volume(operation: &Operation) -> DockerLine {
    let OperationArgs::Transfer(transfer) = &operation.with else { return no_line(operation) };
    let Transfer::CopyVolume { from, volume, .. } = &**transfer else { return no_line(operation) };
    let mounts = [format!("{}:/from:ro", from.name()), format!("{volume}:/to")];
    DockerLine::Docker(helper(&mounts, ["busybox", "cp", "-a", "/from/.", "/to/"]))
}
