//! What the last lines of a log tell of the reason. Mostly a guess: a line before the end need not be the cause of it.

use super::Finding;
use super::case::{Case, Trouble};
use super::start;
use super::words::short;
use crate::model::{Batch, Container, Stream, Timestamp, secret, text};
use regex::Regex;
use std::sync::LazyLock;

/// Lines read before the end.
pub const LINES_READ: usize = 100;
/// Lines looked at for a reason: what stands farther from the end has less to do with it.
const LOOKED_AT: usize = 40;
/// Characters kept of a line.
const LINE_MOST: usize = 500;

/// A line of a log, clean and without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLine {
    /// The time at which the engine received it.
    pub at: Timestamp,
    /// The stream that it came from.
    pub stream: Stream,
    /// The text.
    pub text: String,
}

/// The last lines of what a log stream brought, fit for a screen.
pub fn read_lines<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Vec<LastLine> {
    let mut lines = std::collections::VecDeque::new();
    let mut secrets = secret::Lines::default();
    for batch in batches {
        for mark in &batch.lines {
            let raw = String::from_utf8_lossy(batch.line(mark));
            let cut = raw.char_indices().nth(LINE_MOST).map_or(&*raw, |(end, _)| &raw[..end]);
            let text = text::clean(&secrets.told(&without_colours(cut))).into_owned();
            lines.push_back(LastLine { at: mark.at, stream: mark.stream, text });
            if lines.len() > LINES_READ {
                lines.pop_front();
            }
        }
    }
    lines.into()
}

/// Without the sequences that set colours.
fn without_colours(line: &str) -> String {
    static COLOURS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\x1b\\[[0-9;:]*[A-Za-z]").ok());
    match COLOURS.as_ref() {
        Some(colours) if line.contains('\x1b') => colours.replace_all(line, "").into_owned(),
        _ => line.to_string(),
    }
}

/// What lines of many programs say for one reason.
struct Row {
    kind: &'static str,
    /// Any of these, in lower case.
    words: &'static [&'static str],
    /// What it tells of: `its last lines tell of …`.
    reason: &'static str,
    /// How to find what it is about: a host, a path. The first group counts.
    about: &'static str,
    advice: &'static [&'static str],
}

const HOST_AND_PORT: &str = r#"(?:^|[\s"'(@/=\[])((?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[?[0-9a-f:]+\]?):\d{2,5})\b"#;
const NAME: &str = r#"(?i)(?:resolve host(?:name)?|lookup|enotfound|eai_again|bad address|unknown host|resolve|translate host name|could not find host)[: "'`]+([A-Za-z0-9_][A-Za-z0-9_.-]*)"#;
const PATH: &str = r#"(?:^|[\s"'`(=:])(/[^\s"'`:,)]+)"#;

/// Words of programs and what they tell of. In one line the first row that fits counts.
const ROWS: &[Row] = &[
    Row {
        kind: "disk-full",
        words: &["no space left on device", "enospc", "disk quota exceeded", "disk is full", "disk full"],
        reason: "a disk that is full, or has no inodes left",
        about: PATH,
        advice: &[
            "see what is full: df -h and df -i, on the host and in the container",
            "remove what is not used: docker system prune",
        ],
    },
    Row {
        kind: "read-only",
        words: &["read-only file system", "erofs"],
        reason: "a file system that is read-only",
        about: PATH,
        advice: &[
            "mount a volume or a tmpfs where it writes",
            "look for --read-only, :ro, or a disk with errors on the host",
        ],
    },
    Row {
        kind: "clock-skew",
        words: &[
            "certificate is not yet valid",
            " is before 20",
            "clock skew",
            "requesttimetooskewed",
            "used before issued",
            "issued in the future",
            "token is not yet valid",
            "clock is ahead",
            "clock is behind",
        ],
        reason: "a clock that is wrong",
        about: "",
        advice: &[
            "compare the clocks: date on the host, and on the other side",
            "turn time synchronisation on: timedatectl",
        ],
    },
    Row {
        kind: "certificate-expired",
        words: &[
            "certificate has expired",
            "certificate expired",
            "cert_has_expired",
            "certificate_expired",
            "expired certificate",
            "certificateexpired",
        ],
        reason: "a certificate that has expired",
        about: "",
        advice: &[
            "look at its dates: openssl s_client -connect HOST:443 | openssl x509 -noout -dates",
            "renew it; if the date is right look at the clock",
        ],
    },
    Row {
        kind: "dns",
        words: &[
            "could not resolve",
            "couldn't resolve",
            "name or service not known",
            "temporary failure in name resolution",
            "no such host",
            "enotfound",
            "eai_again",
            "name does not resolve",
            "bad address",
            "unknown host",
            "unknownhostexception",
            "could not translate host name",
            "nodename nor servname",
            "getaddrinfo failed",
            "no address associated with hostname",
        ],
        reason: "a name that cannot be resolved",
        about: NAME,
        advice: &[
            "check the spelling, and that both are on the same network: names work on user-defined networks only",
            "look at the name server: /etc/resolv.conf in the container",
        ],
    },
    Row {
        kind: "connection-refused",
        words: &["connection refused", "econnrefused", "connectexception", "actively refused"],
        reason: "a connection that was refused",
        about: HOST_AND_PORT,
        advice: &[
            "see whether the other side runs and listens on that port",
            "in a container localhost is the container itself: use the other one's name",
        ],
    },
    Row {
        kind: "unreachable",
        words: &[
            "connection timed out",
            "etimedout",
            "no route to host",
            "network is unreachable",
            "i/o timeout",
            "ehostunreach",
            "enetunreach",
        ],
        reason: "a connection that could not be made",
        about: HOST_AND_PORT,
        advice: &["see whether both are on the same network, and whether a firewall is between them"],
    },
    Row {
        kind: "port-taken-inside",
        words: &["address already in use", "eaddrinuse", "port is already in use"],
        reason: "a port that is in use already",
        about: HOST_AND_PORT,
        advice: &[
            "see who listens where it wants to: with --network host that is the host, else another process in it",
        ],
    },
    Row {
        kind: "memory-inside",
        words: &[
            "outofmemoryerror",
            "heap out of memory",
            "cannot allocate memory",
            "std::bad_alloc",
            "memoryerror",
            "out of memory",
        ],
        reason: "memory that ran out inside of the program",
        about: "",
        advice: &["raise the program's own limit (heap), and the container's"],
    },
    Row {
        kind: "too-many-files",
        words: &["too many open files", "emfile"],
        reason: "too many open files",
        about: "",
        advice: &["raise the limit: --ulimit nofile=65536", "look for files and connections that are never closed"],
    },
    Row {
        kind: "login-refused",
        words: &[
            "password authentication failed",
            "access denied for user",
            "authentication failed",
            "invalid credentials",
            "wrongpass",
            "noauth",
            "unauthorized",
        ],
        reason: "a login that was refused",
        about: "",
        advice: &["compare user and password with those of the other side; a volume may keep an older password"],
    },
    Row {
        kind: "permission-denied",
        words: &["permission denied", "eacces", "operation not permitted", "accessdeniedexception"],
        reason: "something that it is not permitted to do",
        about: PATH,
        advice: &[
            "compare the user it runs as with the owner of the files and volumes",
            "a port below 1024 or the like needs a capability",
        ],
    },
    Row {
        kind: "command-missing",
        words: &[
            "command not found",
            ": not found",
            "cannot find module",
            "modulenotfounderror",
            "no module named",
            "classnotfoundexception",
            "error while loading shared libraries",
        ],
        reason: "a program or a part of it that is missing",
        about: "",
        advice: &["install it in the image, or mend the name"],
    },
    Row {
        kind: "file-missing",
        words: &[
            "no such file or directory",
            "enoent",
            "filenotfounderror",
            "filenotfoundexception",
            "can't open",
            "cannot open",
        ],
        reason: "a file that is missing",
        about: PATH,
        advice: &["see what is mounted where, and what the image holds: ls -l in a shell"],
    },
    Row {
        kind: "setting-missing",
        words: &[
            "must be set",
            "is not set",
            "is not specified",
            "environment variable",
            "missing required",
            "required setting",
        ],
        reason: "a setting that is missing",
        about: "",
        advice: &["compare its variables with what the image's manual asks for"],
    },
];

/// The runtime's own word, in the log, for what could not be run: this is no guess.
pub(super) fn not_run(case: &Case) -> Option<Finding> {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:standard_init_linux\.go:\d+: )?exec (?:user process caused: |(?P<program>[^:]+): )(?P<why>exec format error|no such file or directory|permission denied)$").ok()
    });
    if !case.ended_badly() {
        return None;
    }
    let line = case.lines().iter().rev().find(|line| !line.text.trim().is_empty())?;
    let found = WORDS.as_ref()?.captures(line.text.trim())?;
    let program = found.name("program").map(|program| program.as_str().trim_matches('"').to_string());
    let named = program.clone().unwrap_or_else(|| "its program".into());
    let quoted = format!("log: {}", short(&line.text, 200));
    Some(
        match found.name("why").map_or("", |why| why.as_str()) {
            "exec format error" => start::wrong_format(program, case),
            "permission denied" => {
                Finding::new("entrypoint-not-executable", format!("{named} or its interpreter cannot be executed"))
                    .because(start::command(case))
                    .advise([format!("make it executable: chmod +x {named}")])
            }
            _ => Finding::new(
                "interpreter-missing",
                format!(
                    "{named} is there, but what runs it is not: the interpreter in its first line (#!), or its loader"
                ),
            )
            .because(start::command(case))
            .advise([
                "look at the first line: head -1; line ends of Windows (\\r) break it too",
                "a program that was built for glibc does not run in an Alpine image",
            ]),
        }
        .because([quoted]),
    )
}

/// What its last lines tell of, which may be the reason.
pub(super) fn told(case: &Case) -> Option<Finding> {
    let code = case.exit_code();
    // What was killed from outside says nothing of it.
    if !case.ended_badly() || code == Some(0) || code == Some(137) && case.trouble != Trouble::CrashLoop {
        return None;
    }
    let recent = case.lines().iter().rev().filter(|line| !line.text.trim().is_empty()).take(LOOKED_AT);
    recent.into_iter().find_map(|line| of_line(line, case))
}

fn of_line(line: &LastLine, case: &Case) -> Option<Finding> {
    let lower = line.text.to_lowercase();
    let row = ROWS.iter().find(|row| row.words.iter().any(|words| has(&lower, words)))?;
    let about = about(row, &line.text);
    let known = about.as_deref().and_then(|about| peer(about, case));
    let what = about.map(|about| format!(" ({})", short(&about, 60))).unwrap_or_default();
    let reason = match known {
        Some(peer) if !peer.state.is_alive() => {
            format!("its last lines tell of {}{what}; {} is not running, which may be why", row.reason, peer.name)
        }
        _ => format!("its last lines tell of {}{what}, which may be why", row.reason),
    };
    let of_peer = known.map(|peer| format!("{} is {}", peer.name, peer.word()));
    let start = known.filter(|peer| !peer.state.is_alive()).map(|peer| format!("start {}", peer.name));
    Some(
        Finding::new(row.kind, reason)
            .because([format!("log: {}", short(&line.text, 200))])
            .because(of_peer)
            .advise(start)
            .advise(row.advice.iter().copied()),
    )
}

/// Short words must stand alone: `enoent` is in no other word, but `emfile` could be in a name.
fn has(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let begins = words.starts_with(|c: char| !c.is_alphanumeric()) || !letter(line[..at].chars().next_back());
        begins || words.ends_with("exception") || words.ends_with("error")
    })
}

/// What the line is about: a host, a path.
fn about(row: &Row, line: &str) -> Option<String> {
    static EXPRESSIONS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
        [HOST_AND_PORT, NAME, PATH].into_iter().filter_map(|words| Some((words, Regex::new(words).ok()?))).collect()
    });
    let (_, words) = EXPRESSIONS.iter().find(|(words, _)| !row.about.is_empty() && *words == row.about)?;
    // Sources of the line, such as main.c:12, come before what it is about.
    let last = words.captures_iter(line).last()?;
    Some(last.get(1)?.as_str().to_string())
}

/// The container that a host means: by its name, its service, or its address.
fn peer<'a>(host: &str, case: &Case<'a>) -> Option<&'a Container> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
    let same_project = |one: &Container| one.project().is_some() && one.project() == case.container().project();
    case.others().find(|one| {
        &*one.name == host
            || same_project(one) && one.service() == Some(host)
            || one.ties.addresses.iter().any(|address| !address.is_empty() && &**address == host)
    })
}
