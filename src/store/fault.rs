//! What can go wrong between us and an engine, and how it is told (rows C4, C6).

use super::{Endpoint, Place};
use crate::model::Problem;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// A failed request.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// No connection.
    Connect(ErrorKind, String),
    /// No answer in time.
    Slow(Duration),
    /// The engine refused: status and its own words.
    Status(u16, String),
    /// Something answered that is not a container engine.
    Garbage(String),
    /// The connection broke under way.
    Cut(String),
    /// Read-only: never sent.
    ReadOnly,
    /// The engine speaks an API older than we need.
    TooOld(String),
    /// The engine answered, but did not hand the connection over.
    NoHijack,
}

impl Fault {
    /// True when the engine itself did not answer, as opposed to answering "no".
    pub fn is_loss(&self) -> bool {
        matches!(self, Fault::Connect(..) | Fault::Slow(_) | Fault::Garbage(_) | Fault::Cut(_))
    }

    /// The fault in words.
    pub fn problem(&self, during: &str, place: Option<&Place>) -> Problem {
        let endpoint = place.map(|place| &place.endpoint);
        match self {
            Fault::Connect(kind, text) => connect_problem(*kind, text, during, endpoint),
            Fault::Slow(after) => Problem::new(
                during,
                format!("no answer within {} s", after.as_secs_f32().round().max(1.0)),
                "the engine or its host is overloaded or hangs",
            ),
            Fault::Status(code, message) => Problem::new(during, message, status_mend(*code, message)),
            Fault::Garbage(what) => Problem::new(
                during,
                format!("what answers there is not a container engine: {what}"),
                "check the address: another program listens there",
            ),
            Fault::Cut(what) => Problem::new(during, format!("the connection broke: {what}"), ""),
            Fault::ReadOnly => Problem::new(during, "read-only: changes are forbidden", "start without --read-only"),
            Fault::NoHijack => Problem::new(
                during,
                "the connection was not handed over to the session",
                "a proxy between here and the engine holds it back: connect to the engine itself",
            ),
            Fault::TooOld(version) => Problem::new(
                during,
                format!("the engine speaks API {version}; 1.41 or newer is needed"),
                "update the engine: Docker 20.10 or newer, Podman 4 or newer",
            ),
        }
    }
}

fn connect_problem(kind: ErrorKind, text: &str, during: &str, endpoint: Option<&Endpoint>) -> Problem {
    match (endpoint, kind) {
        (Some(Endpoint::Unix(path)), ErrorKind::NotFound) => {
            Problem::new(during, format!("no socket at {}", path.display()), start_hint(path))
        }
        (Some(Endpoint::Unix(path)), ErrorKind::PermissionDenied) => {
            let group = group_of(path);
            Problem::new(during, "permission denied", permission_mend(group.as_deref()))
        }
        (Some(Endpoint::Unix(path)), ErrorKind::ConnectionRefused) => {
            Problem::new(during, "the socket exists but nobody answers: the engine is not running", start_hint(path))
        }
        (Some(Endpoint::Tcp { port, .. }), ErrorKind::ConnectionRefused) => Problem::new(
            during,
            format!("refused: nothing listens on port {port}"),
            "start the engine there, or check the port",
        ),
        (_, ErrorKind::TimedOut) => {
            Problem::new(during, "no connection in time", "check the address, the network and firewalls")
        }
        _ => Problem::new(during, text, "check the address"),
    }
}

/// How to start the engine that listens at `path`.
fn start_hint(path: &Path) -> &'static str {
    let text = path.to_string_lossy();
    let user = text.starts_with("/run/user/") || text.starts_with("/home/");
    match (text.contains("podman"), text.contains(".docker/"), user) {
        (true, _, true) => "start it: systemctl --user start podman.socket",
        (true, _, false) => "start it: sudo systemctl start podman.socket",
        (_, true, _) => "start Docker Desktop",
        (_, _, true) => "start it: systemctl --user start docker",
        _ => "start it: sudo systemctl start docker",
    }
}

/// What lets a user use a socket that belongs to `group`.
fn permission_mend(group: Option<&str>) -> String {
    match group {
        Some("root") | None => "run with sudo, or have the administrator give you access to the socket".into(),
        Some(group) => {
            format!("join the group {group}: sudo usermod -aG {group} $USER, then log in again")
        }
    }
}

/// The name of the group that a socket belongs to.
fn group_of(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let gid = std::fs::metadata(path).ok()?.gid();
    group_named(gid, &std::fs::read_to_string("/etc/group").ok()?)
}

fn group_named(gid: u32, groups: &str) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_string())
    })
}

/// What helps with some of the things engines say.
fn status_mend(code: u16, message: &str) -> &'static str {
    let text = message.to_lowercase();
    let has = |word: &str| text.contains(word);
    if has("no space left") {
        "free space on the engine's disk: docker system df shows what uses it"
    } else if has("port is already allocated") || has("address already in use") {
        "another program or instance uses that port: stop it, or publish another port"
    } else if has("you cannot remove a running container") || has("cannot remove container") && has("running") {
        "stop it first, or remove it with force"
    } else if has("is not running") && code == 409 {
        "it ended in the meantime"
    } else if has("is paused") {
        "unpause it first"
    } else if has("removal of container") && has("in progress") {
        "it is being removed already"
    } else if has("no such image") {
        "pull or build it first: x shows how"
    } else if has("no command specified") {
        "the image has none of its own: say which command"
    } else if has("network") && has("not found") {
        "check the network's name, or make it first"
    } else if has("no such container") || code == 404 {
        "it was removed in the meantime"
    } else if has("permission denied") || code == 403 {
        "the engine, or a guard before it, does not allow this"
    } else if has("executable file not found") || has("no such file or directory") {
        "the image lacks the program or file that it is told to run"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Place {
        Place { endpoint: Endpoint::Unix(path.into()), reason: "test".into() }
    }

    fn connect(kind: ErrorKind, path: &str) -> Problem {
        Fault::Connect(kind, "os words".into()).problem("connect", Some(&at(path)))
    }

    #[test]
    fn causes_are_told_apart() {
        let missing = connect(ErrorKind::NotFound, "/var/run/docker.sock");
        assert_eq!(missing.cause, "no socket at /var/run/docker.sock");
        assert_eq!(missing.mend, "start it: sudo systemctl start docker");
        let refused = connect(ErrorKind::ConnectionRefused, "/run/user/1000/podman/podman.sock");
        assert!(refused.cause.contains("not running"), "{refused}");
        assert_eq!(refused.mend, "start it: systemctl --user start podman.socket");
        assert!(connect(ErrorKind::PermissionDenied, "/nowhere").cause.contains("permission denied"));
        let old = Fault::TooOld("1.38".into()).problem("connect", None);
        assert!(old.cause.contains("1.38") && old.cause.contains("1.41"), "{old}");
        let other = Fault::Garbage("HTTP/1.1 418".into()).problem("connect", None);
        assert!(other.cause.contains("not a container engine"), "{other}");
        assert_eq!(Fault::Slow(Duration::from_secs(5)).problem("x", None).cause, "no answer within 5 s");
    }

    #[test]
    fn the_group_to_join_is_named() {
        let groups = "root:x:0:\ndocker:x:998:ann\nbroken\n";
        assert_eq!(group_named(998, groups).as_deref(), Some("docker"));
        assert_eq!(group_named(7, groups), None);
        let mend = permission_mend(Some("docker"));
        assert_eq!(mend, "join the group docker: sudo usermod -aG docker $USER, then log in again");
        assert!(permission_mend(Some("root")).contains("sudo"));
    }

    #[test]
    fn what_an_engine_says_is_cleaned_and_mended() {
        let fault = Fault::Status(500, "bad\x1b[2J: port is already allocated".into());
        let problem = fault.problem("start web", None);
        assert_eq!(problem.cause, "bad^[[2J: port is already allocated");
        assert!(problem.mend.contains("port"), "{problem}");
        assert!(!fault.is_loss());
    }
}
