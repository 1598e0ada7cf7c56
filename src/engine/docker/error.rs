//! Errors between us and an engine, and their messages (rows C4, C6).

use crate::engine::settings::{Endpoint, Place};
use crate::model::{Origin, Problem};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// A failed request.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineError {
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
    /// What it was meant for is another thing by now, or gone: never sent. In words.
    Changed(String),
    /// The engine answered, but did not hand the connection over.
    NoHijack,
}

impl EngineError {
    /// The reason for reopening a stream.
    pub fn was_away() -> Self {
        EngineError::Cut("the engine was not reachable".into())
    }

    /// True when the engine itself did not answer, as opposed to answering "no", or when it is none that can be talked to.
    pub fn is_loss(&self) -> bool {
        use EngineError::{Connect, Cut, Garbage, Slow, TooOld};
        matches!(self, Connect(..) | Slow(_) | Garbage(_) | Cut(_) | TooOld(_))
    }

    /// The fault in words.
    pub fn problem(&self, during: &str, place: Option<&Place>) -> Problem {
        match self {
            EngineError::Connect(kind, text) => connect_problem(*kind, text, during, place),
            EngineError::Slow(after) => Problem::new(
                during,
                format!("no answer within {} s", after.as_secs_f32().round().max(1.0)),
                "the engine or its host is overloaded or hangs",
            ),
            EngineError::Status(code, message) => Problem::new(during, message, status_mend(*code, message)),
            EngineError::Garbage(what) => Problem::new(
                during,
                format!("not a container engine: {what}"),
                "check the address: another program listens there",
            ),
            EngineError::Cut(what) => Problem::new(during, format!("the connection broke: {what}"), ""),
            EngineError::ReadOnly => {
                Problem::new(during, "read-only: changes are refused", "start without --read-only")
            }
            EngineError::Changed(what) => {
                Problem::new(during, format!("nothing done: {what}"), "check it and try again")
            }
            EngineError::NoHijack => Problem::new(
                during,
                "the engine did not upgrade the connection for the session",
                "a proxy may be in the way: connect to the engine directly",
            ),
            EngineError::TooOld(version) => Problem::new(
                during,
                format!("the engine speaks API {version}; 1.41 or newer is needed"),
                "update the engine: Docker 20.10 or newer, Podman 4 or newer",
            ),
        }
    }
}

fn connect_problem(kind: ErrorKind, text: &str, during: &str, place: Option<&Place>) -> Problem {
    let endpoint = place.map(|place| &place.endpoint);
    let mend = place.map_or("check the address".into(), |place| check(&place.origin));
    let hint = |path: &Path| {
        start_hint(path, place.is_some_and(|place| matches!(place.origin, Origin::Usual | Origin::InPlaceOf(_))))
    };
    match (endpoint, kind) {
        (Some(Endpoint::Closed { why, .. }), _) => Problem { operation: during.into(), ..why.clone() },
        (Some(Endpoint::Unix(path)), ErrorKind::NotFound) => {
            let mend = hint(path).map_or(mend, str::to_string);
            Problem::new(during, format!("no socket at {}", path.display()), mend)
        }
        (Some(Endpoint::Unix(path)), ErrorKind::PermissionDenied) => {
            let group = group_of(path);
            Problem::new(during, "permission denied", permission_mend(group.as_deref()))
        }
        (Some(Endpoint::Unix(path)), ErrorKind::ConnectionRefused) => match hint(path) {
            Some(hint) => {
                Problem::new(during, "the socket exists but nothing answers: the engine is not running", hint)
            }
            // Whoever made it may be an engine, a tunnel or a proxy.
            None => Problem::new(
                during,
                "the socket exists but nothing answers",
                format!("restart the program that listens there, or {mend}"),
            ),
        },
        (Some(Endpoint::Tcp { host, port, .. }), ErrorKind::ConnectionRefused) => Problem::new(
            during,
            format!("refused: nothing listens on port {port} of {host}"),
            format!("start the engine there, or {mend}"),
        ),
        (_, ErrorKind::TimedOut) => {
            Problem::new(during, "no connection in time", format!("{mend}, and the network and firewalls"))
        }
        _ => Problem::new(during, text, mend),
    }
}

/// What to look at when an address leads nowhere: where it was named.
fn check(origin: &Origin) -> String {
    match origin {
        Origin::Flag | Origin::Variable(_) => format!("check the address in {origin}"),
        Origin::File => format!("check the host in {origin}"),
        Origin::Context(_) => format!("see docker context ls: it comes from {origin}"),
        Origin::Usual | Origin::InPlaceOf(_) | Origin::Inside => "check the address".into(),
    }
}

/// How to start the engine that listens at `path`; none if that is no place where an engine listens by itself, as the
/// `usual` ones are.
fn start_hint(path: &Path, usual: bool) -> Option<&'static str> {
    let text = path.to_str()?;
    let of_user = usual || text.starts_with("/run/user/");
    match text {
        "/var/run/docker.sock" | "/run/docker.sock" => Some("start it: sudo systemctl start docker"),
        "/run/podman/podman.sock" | "/var/run/podman/podman.sock" => {
            Some("start it: sudo systemctl start podman.socket")
        }
        _ if of_user && text.ends_with("/podman/podman.sock") => Some("start it: systemctl --user start podman.socket"),
        _ if text.ends_with("/.docker/run/docker.sock") || text.ends_with("/.docker/desktop/docker.sock") => {
            Some("start Docker Desktop")
        }
        _ if of_user && text.ends_with("/docker.sock") => Some("start it: systemctl --user start docker"),
        _ => None,
    }
}

/// What lets a user use a socket that belongs to `group`.
fn permission_mend(group: Option<&str>) -> String {
    match group {
        Some("root") | None => "run with sudo, or ask the administrator for access to the socket".into(),
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
    if has("does not support reading") {
        "its log driver cannot be read: recreate it with the log driver json-file or local"
    } else if has("no space left") {
        "free space on the engine's disk: docker system df shows what uses it"
    } else if has("port is already allocated") || has("address already in use") {
        "another program or container uses that port: stop it, or publish another port"
    } else if has("you cannot remove a running container") || has("cannot remove container") && has("running") {
        "stop it first, or force the removal"
    } else if has("is not running") && code == 409 {
        "it ended in the meantime"
    } else if has("is paused") {
        "unpause it first"
    } else if has("removal of container") && has("in progress") {
        "it is already being removed"
    } else if has("no such image") {
        "pull or build it first: x shows how"
    } else if has("no command specified") {
        "the image has no default command: give one"
    } else if has("pool overlaps") {
        "another network uses these addresses: choose another subnet"
    } else if has("network") && has("not found") {
        "check the network's name, or create it first"
    } else if has("no such container") || code == 404 {
        "it was removed in the meantime"
    } else if has("permission denied") || code == 403 {
        "the engine or an authorization plugin does not allow this"
    } else if has("executable file not found") || has("no such file or directory") {
        "the image does not have this program or file"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Place {
        Place { endpoint: Endpoint::Unix(path.into()), origin: Origin::Usual }
    }

    fn connect(kind: ErrorKind, path: &str) -> Problem {
        EngineError::Connect(kind, "os words".into()).problem("connect", Some(&at(path)))
    }

    #[test]
    fn causes_are_told_apart() {
        let missing = connect(ErrorKind::NotFound, "/var/run/docker.sock");
        assert_eq!(missing.cause, "no socket at /var/run/docker.sock");
        assert_eq!(missing.hint, "start it: sudo systemctl start docker");
        let refused = connect(ErrorKind::ConnectionRefused, "/run/user/1000/podman/podman.sock");
        assert!(refused.cause.contains("not running"), "{refused}");
        assert_eq!(refused.hint, "start it: systemctl --user start podman.socket");
        assert!(connect(ErrorKind::PermissionDenied, "/nowhere").cause.contains("permission denied"));
        let old = EngineError::TooOld("1.38".into()).problem("connect", None);
        assert!(old.cause.contains("1.38") && old.cause.contains("1.41"), "{old}");
        let other = EngineError::Garbage("HTTP/1.1 418".into()).problem("connect", None);
        assert!(other.cause.contains("not a container engine"), "{other}");
        assert_eq!(EngineError::Slow(Duration::from_secs(5)).problem("x", None).cause, "no answer within 5 s");
    }

    #[test]
    fn the_hint_fits_what_was_asked_for() {
        let told = |kind: ErrorKind, endpoint: Endpoint, origin: Origin| {
            EngineError::Connect(kind, "os words".into()).problem("connect", Some(&Place { endpoint, origin })).hint
        };
        let unix = |path: &str| Endpoint::Unix(path.into());
        let (missing, refused) = (ErrorKind::NotFound, ErrorKind::ConnectionRefused);
        let own = told(missing, unix("/tmp/mine.sock"), Origin::Flag);
        assert_eq!(own, "check the address in --host");
        let variable = told(missing, unix("/tmp/docker.sock"), Origin::Variable("DOCKER_HOST"));
        assert_eq!(variable, "check the address in DOCKER_HOST");
        let tunnel = told(refused, unix("/tmp/mine.sock"), Origin::File);
        assert_eq!(tunnel, "restart the program that listens there, or check the host in the configuration file");
        let tcp = Endpoint::Tcp { host: "h".into(), port: 2375, base: String::new() };
        assert_eq!(told(refused, tcp.clone(), Origin::Flag), "start the engine there, or check the address in --host");
        assert!(told(ErrorKind::TimedOut, tcp.clone(), Origin::Flag).contains("--host"));
        assert!(told(ErrorKind::Other, tcp, Origin::Variable("DOCKER_HOST")).contains("DOCKER_HOST"));
        // Whoever names the place where an engine listens by itself means that one.
        let usual = told(missing, unix("/var/run/docker.sock"), Origin::Flag);
        assert_eq!(usual, "start it: sudo systemctl start docker");
        for origin in [Origin::Flag, Origin::Variable("DOCKER_HOST"), Origin::File] {
            for kind in [missing, refused] {
                let hint = told(kind, unix("/home/me/tunnel/docker.sock"), origin.clone());
                assert!(!hint.contains("systemctl") && hint.contains(&origin.to_string()), "{hint}");
            }
        }
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
        let fault = EngineError::Status(500, "bad\x1b[2J: port is already allocated".into());
        let problem = fault.problem("start web", None);
        assert_eq!(problem.cause, "bad^[[2J: port is already allocated");
        assert!(problem.hint.contains("port"), "{problem}");
        assert!(!fault.is_loss());
        let overlap = EngineError::Status(403, "Pool overlaps with other one on this address space".into());
        assert!(overlap.problem("create it", None).hint.contains("another subnet"), "it is no question of permission");
    }
}
