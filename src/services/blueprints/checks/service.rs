//! What the container serves: health, probe, log, times, addresses, commands, and the ports that are named in values.

use super::super::fill;
use super::{Checks, entry, meant};
use crate::model::Blueprint;
use crate::model::text::clean;
use std::collections::BTreeSet;

/// Log drivers of Docker and Podman.
const LOG_DRIVERS: &[&str] = &[
    "json-file",
    "local",
    "journald",
    "syslog",
    "none",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "gcplogs",
    "etwlogs",
    "logentries",
    "k8s-file",
    "passthrough",
];

pub(super) fn check(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let is_kind = blueprint.kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    checks.expect(
        is_kind,
        &["kind"],
        "kind is not a word",
        "write small letters, digits and dashes, such as workspace",
    );
    checks.name(&["name"], &blueprint.name);
    health(blueprint, checks);
    logs(blueprint, checks);
    urls(blueprint, checks);
    let timeouts = &blueprint.timeouts;
    for (name, time) in [("image", timeouts.image), ("command", timeouts.command), ("ready", timeouts.ready)] {
        checks.expect(time.0 > 0, &["timeouts", name], "the time is 0", "write a time, such as 90s");
    }
    for (number, command) in blueprint.commands.after_start.iter().enumerate() {
        let path = ["commands", "after_start", &number.to_string()];
        checks.expect(!command.trim().is_empty(), &path, "a command is empty", "write a command, or take it away");
    }
    ports_in_values(blueprint, checks);
}

fn health(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    if let Some(health) = &blueprint.health {
        let is_there = health.command.iter().any(|word| !word.trim().is_empty());
        let mend = "write command = [\"curl -f http://localhost:8080/\"]";
        checks.expect(is_there, &["health", "command"], "[health] has no command", mend);
        for (name, time) in [("interval", health.interval), ("timeout", health.timeout)] {
            checks.expect(time.0 > 0, &["health", name], format!("{name} is 0"), "write a time, such as 30s");
        }
        checks.expect(health.retries > 0, &["health", "retries"], "retries is 0", "write 1 or more");
    }
    if let Some(probe) = &blueprint.probe {
        let is_path = probe.http.is_empty() || probe.http.starts_with('/');
        checks.expect(is_path, &["probe", "http"], "http is not a path", "start it with /");
        let is_published = match probe.port {
            0 => !blueprint.ports.is_empty(),
            port => blueprint.ports.iter().any(|known| known.container == port),
        };
        checks.expect(is_published, &["probe", "port"], "the probe's port is not published", "add it to [[ports]]");
    }
}

fn logs(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let logs = &blueprint.logs;
    // A plugin has a tag or a slash.
    if !logs.driver.contains([':', '/']) {
        checks.known(&["logs", "driver"], "log driver", &logs.driver, LOG_DRIVERS);
    }
    if let Some(size) = logs.options.get("max-size") {
        let (number, unit) = size.split_at(size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len()));
        let is_size = number.parse::<u64>().is_ok_and(|number| number > 0) && matches!(unit, "" | "k" | "m" | "g");
        checks.expect(is_size, &["logs", "options", "max-size"], "max-size is not a size", "write it as 10m");
    }
    if let Some(count) = logs.options.get("max-file") {
        let is_count = count.parse::<u32>().is_ok_and(|count| count > 0);
        checks.expect(
            is_count,
            &["logs", "options", "max-file"],
            "max-file is not a number of files",
            "write it as \"3\"",
        );
    }
}

fn urls(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let mut names = BTreeSet::new();
    for (number, url) in blueprint.urls.iter().enumerate() {
        let path = entry!("urls", number, "name");
        checks.expect(!url.name.is_empty(), path, "an address has no name", "write name = \"editor\"");
        checks.expect(names.insert(&url.name), path, "two addresses have the same name", "give each its own");
        let path = entry!("urls", number, "url");
        let mend = "write it as http://{host}:${port}/";
        checks.expect(url.url.contains("://"), path, "url is not an address", mend);
        let mut rest = url.url.as_str();
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            if !before.ends_with('$') && name != "host" {
                let name = format!("{{{name}}}");
                checks.say(
                    path,
                    format!("'{}' is not known in an address", clean(&name)),
                    meant(&name, &["{host}", "${port}"]),
                );
            }
            rest = after;
        }
    }
}

/// `${port}` and `${port.NAME}` name a port that is published.
fn ports_in_values(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let mut known = vec!["port".to_string()];
    known.extend(blueprint.ports.iter().map(|port| format!("port.{}", port.container)));
    known.extend(blueprint.ports.iter().filter(|port| !port.name.is_empty()).map(|port| format!("port.{}", port.name)));
    let known: Vec<&str> = known.iter().map(String::as_str).filter(|_| !blueprint.ports.is_empty()).collect();
    let container = &blueprint.container;
    let mut values: Vec<(Vec<String>, &str)> = Vec::new();
    let environment = container.environment.iter();
    values.extend(environment.map(|(name, value)| (path(&["container", "environment", name]), value.as_str())));
    let urls = blueprint.urls.iter().enumerate();
    values.extend(urls.map(|(number, url)| (path(&["urls", &number.to_string(), "url"]), url.url.as_str())));
    for (name, words) in [("command", &container.command), ("entrypoint", &container.entrypoint)] {
        let words = words.iter().enumerate();
        values.extend(words.map(|(number, word)| (path(&["container", name, &number.to_string()]), word.as_str())));
    }
    let files = blueprint.files.iter().enumerate();
    values.extend(files.filter_map(|(number, file)| {
        Some((path(&["files", &number.to_string(), "content"]), file.content.as_deref()?))
    }));
    for (path, value) in values {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        for name in
            fill::names(value).filter(|name| (*name == "port" || name.starts_with("port.")) && !known.contains(name))
        {
            let mend = if known.is_empty() { "add [[ports]]".to_string() } else { meant(name, &known) };
            checks.say(&path, format!("'${{{}}}' is no published port", clean(name)), mend);
        }
    }
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_string()).collect()
}
