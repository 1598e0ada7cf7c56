//! The container itself and its image.

use super::Checks;
use crate::model::{Blueprint, ImageRef};

/// Signals that may ask a container to stop.
const SIGNALS: &[&str] = &[
    "SIGTERM",
    "SIGINT",
    "SIGQUIT",
    "SIGKILL",
    "SIGHUP",
    "SIGUSR1",
    "SIGUSR2",
    "SIGWINCH",
    "SIGPWR",
    "SIGABRT",
    "SIGALRM",
    "SIGRTMIN+3",
];

pub(super) fn check(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let container = &blueprint.container;
    if container.image.is_empty() {
        checks.say(&["container", "image"], "the container has no image", "write image = \"debian:12\" in [container]");
    } else if let Err(why) = ImageRef::parse(&container.image) {
        checks.say(&["container", "image"], "image is not a name of an image", why);
    }
    checks.name(&["container", "name"], &container.name);
    if !container.working_dir.is_empty() {
        checks.inside(&["container", "working_dir"], &container.working_dir);
    }
    user(&container.user, checks);
    hostname(&container.hostname, checks);
    let signal = container.stop_signal.as_str();
    if !signal.is_empty() && !signal.parse::<u8>().is_ok_and(|number| (1..=64).contains(&number)) {
        checks.known(&["container", "stop_signal"], "signal", signal, SIGNALS);
    }
    names_of_values(blueprint, checks);
    build(blueprint, checks);
}

fn user(user: &str, checks: &mut Checks<'_>) {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let is_right = user.is_empty() || user.splitn(2, ':').all(is_name);
    checks.expect(
        is_right,
        &["container", "user"],
        "user is no user",
        "write a name or a number, with :group if wanted",
    );
}

fn hostname(hostname: &str, checks: &mut Checks<'_>) {
    if !hostname.is_empty() {
        let filled = checks.placeholders(&["container", "hostname"], hostname);
        let is_right = filled.len() <= 63
            && !filled.starts_with('-')
            && filled.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        let mend = "write letters, digits, dots and dashes, at most 63";
        checks.expect(is_right, &["container", "hostname"], "hostname is no name of a host", mend);
    }
}

fn names_of_values(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let container = &blueprint.container;
    for name in container.environment.keys() {
        let is_right = !name.is_empty() && !name.contains(['=', ' ', '\0']);
        let path = ["container", "environment", name];
        checks.expect(is_right, &path, "a name in the environment is none", "write letters, digits and _, as in PATH");
    }
    for name in container.labels.keys().filter(|name| name.starts_with("bowline.")) {
        let mend = "begin the name with another word";
        checks.say(&["container", "labels", name], "labels that begin with bowline. are bowline's own", mend);
    }
}

fn build(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let Some(build) = &blueprint.build else { return };
    let mend = "name the folder with the Dockerfile: context = \".\"";
    checks.expect(!build.context.is_empty(), &["build", "context"], "[build] has no context", mend);
    if let Some(name) = build.context.strip_prefix("builtin:") {
        checks.known(&["build", "context"], "folder", name, super::super::BUILTIN_FOLDERS);
    }
    let is_platform = |text: &str| text.split('/').count() >= 2 && text.split('/').all(|part| !part.is_empty());
    let is_right = build.platform.is_empty() || is_platform(&build.platform);
    checks.expect(is_right, &["build", "platform"], "platform is none", "write it as linux/amd64");
}
