//! Starts that the engine refused: what its error means.
//!
//! Each row has the words of engines for one cause: those of Docker with runc, which `tests/cockpit/why.rs` makes on a real engine,
//! and those of other runtimes as their sources write them.

use super::Finding;
use super::case::{Case, Trouble};
use super::words::short;
use crate::model::State;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// What a row makes of an error that it knows.
type Meaning = fn(&Captures, &Case) -> Finding;

/// Words of engines and what they mean. The first that fits counts.
const ROWS: &[(&str, Meaning)] = &[
    (r"Bind for (?P<address>\S+?):(?P<port>\d+) failed: port is already allocated", port_taken),
    (
        r"(?:listen|bind)\S* (?:tcp|udp|sctp)?\d? ?(?P<address>\S*?):(?P<port>\d+):? .*address already in use",
        port_taken,
    ),
    (r"ports are not available.*?(?P<address>[\d.]+):(?P<port>\d+)", port_taken),
    (r"(?P<address>\S*):(?P<port>\d+): bind: permission denied", |found, _| {
        let port = of(found, "port");
        Finding::new("port-not-permitted", format!("the engine may not open port {port} of the host"))
            .advise(["ports below 1024 need rights that a rootless engine does not have: publish a higher port"])
    }),
    (r"unable to find (?P<what>user|group) (?P<name>[^:]+): no matching", |found, case| {
        let asked = case.document.text(&["Config", "User"]).filter(|user| !user.is_empty());
        let (what, name) = (of(found, "what"), of(found, "name"));
        // For a group that is missing the engine names the user.
        let reason = match asked.and_then(|asked| asked.split_once(':')).filter(|(user, _)| *user == name) {
            Some((_, group)) => format!("the user {name} or the group {group} is not in the image"),
            None => format!("the {what} {name} is not in the image"),
        };
        Finding::new("user-unknown", reason).because(asked.map(|asked| format!("it is to run as {asked}"))).advise([
            "use a name of /etc/passwd in the image, or a number: --user 1000",
            "create the user in the Dockerfile",
        ])
    }),
    (r#"chdir to cwd \(\\?"(?P<folder>[^"\\]+)\\?"\).*failed: (?P<why>[\w ]+)"#, working_directory),
    (r"(?i)cannot mkdir: (?P<folder>\S+) (?P<why>is not a directory)", working_directory),
    (r#"workdir \\?"(?P<folder>[^"\\]+)\\?".* (?P<why>does not exist)"#, working_directory),
    (r#"(?:init|process)[^"]*: mkdir (?P<folder>/[^:]*): (?P<why>[\w -]+)"#, working_directory),
    (
        r#"error mounting "(?P<source>[^"]*)" to rootfs at "(?P<target>[^"]*)".*?(?P<why>not a directory|no such file or directory|permission denied|operation not permitted|cannot be mounted because[^:]*|read-only file system)"#,
        mount,
    ),
    (r"bind source path does not exist: (?P<source>\S+)(?P<why>)", mount),
    (r"error while creating mount source path '(?P<source>[^']+)': (?:\w+ \S+: )?(?P<why>.+)", mount),
    (r"error while mounting volume '(?P<source>[^']+)': (?P<why>.+)", volume),
    (r"(?:no such volume|failed to mount local volume|get (?P<source>\S+)): ?(?P<why>.+)", volume),
    (r"(?:statfs|stat) (?P<source>/[^:]+): (?P<why>no such file or directory)$", mount),
    (r#"exec: \\?"(?P<program>[^"\\]+)\\?": executable file not found"#, program_missing),
    (r#"exec: \\?"(?P<program>[^"\\]+)\\?": (?:stat \S+: )?no such file or directory"#, program_missing),
    (r"executable file [`'](?P<program>[^`']+)[`'] not found", program_missing),
    (r#"exec: \\?"(?P<program>[^"\\]+)\\?": (?:stat \S+: )?(?P<why>permission denied|is a directory)"#, not_executable),
    (r"(?:open executable|exec) [`']?(?P<program>[^`':]+)[`']?: (?P<why>Permission denied)", not_executable),
    (r"(?i)exec(?:ve)? ?[`']?(?P<program>/[^`': ]*)?[`']?.*exec format error", |found, case| {
        wrong_format(found.name("program").map(|program| program.as_str().to_string()), case)
    }),
    (
        r"network (?P<network>\S+) not found|unable to find network with name or ID (?P<other>\S+):|could not find (?:a )?network (?P<third>\S+)",
        network_gone,
    ),
    (r"(?i)no such image: (?P<image>\S+)|image not known|(?P<other>\S+): image not known", |found, case| {
        let image = ["image", "other"].iter().find_map(|name| found.name(name)).map(|name| name.as_str().to_string());
        let image = image.unwrap_or_else(|| case.container().image.to_string());
        Finding::new("image-gone", format!("its image {image} is gone from the engine"))
            .advise([format!("pull {} and make the container anew", case.container().image)])
    }),
    (r"(?i)no space left on device", |_, _| {
        Finding::new("disk-full", "the engine's disk, or the inodes of it, are full")
            .advise(["see what is full on the host: df -h and df -i", "remove what is not used: docker system prune"])
    }),
    (r"(?i)read-only file system", |_, _| {
        Finding::new("read-only", "the engine must write to a file system that is read-only")
            .advise(["see whether the host's disk was made read-only after an error: dmesg, mount"])
    }),
    (r"cannot join network of a non running container: (?P<peer>\S+)", |found, case| {
        let raw = of(found, "peer");
        let peer = case.others().find(|one| one.id.raw() == raw).map(|one| one.name.to_string()).unwrap_or(raw);
        Finding::new("peer-not-running", format!("it shares the network of {peer}, which is not running"))
            .advise([format!("start {peer} first")])
    }),
    (r"(?i)no such container: (?P<peer>\S+)", |found, _| {
        let peer = of(found, "peer");
        Finding::new("peer-gone", format!("it shares something with the container {}, which is gone", short(&peer, 12)))
            .advise(["make it anew, after the container whose network or volumes it shares"])
    }),
    (r#"custom device "(?P<device>[^"]+)""#, |found, _| {
        let device = of(found, "device");
        Finding::new("device-missing", format!("the device {device} is not on the host"))
            .advise([format!("look for {device} on the host, or leave it out")])
    }),
    (r"could not select device driver", |_, _| {
        Finding::new("device-missing", "the engine has no driver for the device that it asks for, such as a GPU")
            .advise(["install the vendor's container toolkit on the host, and restart the engine"])
    }),
    (r"(?i)(?:context deadline exceeded|timed? ?out)", |_, _| {
        Finding::new("engine-slow", "the engine gave up: it took too long")
            .advise(["start it again", "look at the load of the host and at the engine's own log"])
    }),
];

static COMPILED: LazyLock<Vec<(Regex, Meaning)>> = LazyLock::new(|| {
    // A row that is no regular expression is left out; a test finds it.
    ROWS.iter().filter_map(|(words, meaning)| Some((Regex::new(words).ok()?, *meaning))).collect()
});

fn of(found: &Captures, name: &str) -> String {
    found.name(name).map(|part| part.as_str().to_string()).unwrap_or_default()
}

/// The engine refused to start it, and says why.
pub(super) fn refused(case: &Case) -> Option<Finding> {
    if case.trouble != Trouble::StartFailed {
        return None;
    }
    let error = case.engine_error();
    let known = COMPILED.iter().find_map(|(words, meaning)| Some(meaning(&words.captures(error)?, case)));
    Some(known.unwrap_or_else(|| {
        match error {
            "" => Finding::new("engine-error", "the engine does not say why")
                .advise(["start it again and read the answer"]),
            error => Finding::new(
                "engine-error",
                format!("the engine says: {}", short(tail_of(error), 300).trim_end_matches('.')),
            )
            .advise(["look at the engine's own log: journalctl -u docker"]),
        }
    }))
}

/// The end of an error says more than the chain of who called whom.
fn tail_of(error: &str) -> &str {
    let begins = ["unable to start container process: ", "OCI runtime create failed: ", "failed to create shim task: "];
    begins.iter().find_map(|begin| error.split_once(begin)).map_or(error, |(_, tail)| tail)
}

/// The port of the host belongs to somebody else.
fn port_taken(found: &Captures, case: &Case) -> Finding {
    let port = of(found, "port");
    let number: Option<u16> = port.parse().ok();
    let holds = |one: &&crate::model::Container| {
        one.state.is_alive() && one.ports.iter().any(|known| known.public.is_some() && known.public == number)
    };
    let whole = format!("port {port} of the host");
    match case.others().find(holds) {
        Some(holder) => Finding::new("port-taken", format!("{whole} is taken by the container {}", holder.name))
            .because([format!("{} publishes port {port} and is {}", holder.name, holder.word())])
            .advise([format!("stop {}, or publish another port of the host", holder.name)]),
        None => {
            Finding::new("port-taken", format!("{whole} is taken; no running container of this engine holds it now"))
                .because(["a program of the host holds it, or a container that has ended since"])
                .advise([
                    format!("see who listens, on the host: ss -ltnp 'sport = :{port}'"),
                    "publish another port".into(),
                ])
        }
    }
}

fn working_directory(found: &Captures, _: &Case) -> Finding {
    let (folder, why) = (of(found, "folder"), of(found, "why"));
    Finding::new("working-directory", format!("its working directory {folder} cannot be used: {}", why.trim()))
        .advise(["create the folder in the image, or choose another one: --workdir", "see what is mounted over it"])
}

fn mount(found: &Captures, case: &Case) -> Finding {
    let (source, why) = (of(found, "source"), of(found, "why"));
    let target = found.name("target").map(|target| format!(" at {}", target.as_str())).unwrap_or_default();
    let known = case.mounts().iter().find(|mount| *mount.source == *source);
    let evidence = known.map(|mount| format!("mount {} at {}", mount.source, mount.target));
    let denied =
        ["permission", "not permitted", "cannot be mounted", "read-only"].iter().any(|word| why.contains(word));
    let finding = if denied {
        Finding::new("mount-not-permitted", format!("{source} may not be mounted{target}: {why}"))
            .advise(["check the rights of the folder on the host, SELinux labels (:z), and where it is mounted"])
    } else if why.contains("not a directory") {
        Finding::new("mount-mismatch", format!("{source} cannot be mounted{target}: one is a file, the other a folder"))
            .advise(["mount a file onto a file, a folder onto a folder", "a missing file on the host becomes a folder"])
    } else {
        Finding::new("mount-missing", format!("{source}, which is to be mounted{target}, does not exist on the host"))
            .advise([format!("create {source} on the host of the engine, or mend the mount")])
    };
    finding.because(evidence)
}

fn volume(found: &Captures, case: &Case) -> Finding {
    let (source, why) = (of(found, "source"), of(found, "why"));
    let named = case.mounts().iter().filter_map(|mount| mount.volume.as_deref());
    let name = named.into_iter().find(|name| source.contains(name)).map_or(source.clone(), str::to_string);
    let device =
        Regex::new(r"mount (\S+):").ok().and_then(|words| Some(words.captures(&why)?.get(1)?.as_str().to_string()));
    let denied = why.contains("permission denied") || why.contains("not permitted");
    let (kind, what) = if denied { ("mount-not-permitted", "may not be") } else { ("mount-missing", "cannot be") };
    let because = match (device, why.contains("no such file")) {
        (Some(device), true) => format!("{device} does not exist on the host"),
        _ => short(&why, 160),
    };
    Finding::new(kind, format!("the volume {name} {what} mounted: {because}"))
        .advise(["create what the volume leads to, or remove the volume and make it anew"])
}

fn program_missing(found: &Captures, case: &Case) -> Finding {
    let program = of(found, "program");
    let place = if program.contains('/') { "is not in the image" } else { "is not in the image's PATH" };
    Finding::new("entrypoint-missing", format!("the program {program} {place}")).because(command(case)).advise([
        "check entrypoint and command: the first word must be a program of the image",
        "a command line with spaces, quotes or $ needs a shell: sh -c '…'",
    ])
}

fn not_executable(found: &Captures, case: &Case) -> Finding {
    let (program, why) = (of(found, "program"), of(found, "why").to_lowercase());
    Finding::new("entrypoint-not-executable", format!("the program {program} cannot be executed: {why}"))
        .because(command(case))
        .advise([format!("make it executable: chmod +x {program}"), "check that it is a file, not a folder".into()])
}

fn network_gone(found: &Captures, _: &Case) -> Finding {
    let name =
        ["network", "other", "third"].iter().find_map(|name| found.name(name)).map_or("it is on", |name| name.as_str());
    Finding::new("network-gone", format!("the network {} is gone", short(name, 40)))
        .advise(["make the network anew and connect the container, or make the container anew (compose up does both)"])
}

/// What the kernel refuses to run.
pub(super) fn wrong_format(program: Option<String>, case: &Case) -> Finding {
    let program = program.filter(|program| !program.is_empty()).map_or("its program".into(), |name| name);
    let reason = format!(
        "the kernel cannot run {program}: it is built for another architecture, or is a script whose first line has no #!"
    );
    Finding::new("exec-format", reason).because(command(case)).advise([
        "compare the image's architecture with the host's: docker image inspect -f '{{.Architecture}}' IMAGE; uname -m",
        "pull or build for the host: --platform linux/amd64",
        "begin the script with #!/bin/sh",
    ])
}

/// Its command line, as it is configured.
pub(super) fn command(case: &Case) -> Option<String> {
    let words: Vec<&str> =
        [&["Config", "Entrypoint"], &["Config", "Cmd"]].into_iter().flat_map(|path| case.document.list(path)).collect();
    let line = if words.is_empty() { case.container().command.to_string() } else { words.join(" ") };
    let known = !line.is_empty() && case.container().state != State::Removing;
    known.then(|| format!("command: {}", short(&line, 160)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_regular_expression() {
        assert_eq!(COMPILED.len(), ROWS.len());
    }
}
