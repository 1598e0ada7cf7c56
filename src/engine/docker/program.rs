//! Programs of this machine that are run on somebody's behalf, such as compose and credential helpers: away from the terminal,
//! never longer than they may, and with all that they have started.

use process_wrap::tokio::{CommandWrap, CommandWrapper, ProcessSession};
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The most that is read of what a program answers, bytes.
const MOST: u64 = 8 << 20;

/// Variables that would lead a client to another engine than the one that is named on its command line, or to a terminal.
const MISLEADING: [&str; 6] =
    ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS", "GPG_TTY"];

/// Variables that would have compose do more than its command line says; a project's `.env` cannot set them either then.
const SETTLED: [(&str, &str); 1] = [("COMPOSE_REMOVE_ORPHANS", "false")];

/// What a program answered. It may be a secret: nothing shows it by itself.
pub struct Answer {
    /// The exit status.
    pub status: ExitStatus,
    /// The standard output.
    pub out: Vec<u8>,
    /// The standard error.
    pub err: Vec<u8>,
}

/// A program with its arguments: no shell, no input.
pub fn command(argv: &[String], path: Option<&OsStr>) -> Command {
    let (program, rest) = argv.split_first().map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).kill_on_drop(true);
    for name in MISLEADING {
        command.env_remove(name);
    }
    for (name, value) in SETTLED {
        command.env(name, value);
    }
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command
}

/// Starts a program in a session of its own: the terminal is not there, not even under the name `/dev/tty`.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    ProcessSession.pre_spawn(command, &CommandWrap::from(Command::new("")))?;
    command.spawn()
}

/// Runs a program to its end, gives it its input and takes what it wrote. None if it takes too long. What is left of it and of
/// what it has started is ended.
pub async fn ask(mut command: Command, input: &[u8], limit: Duration) -> std::io::Result<Option<Answer>> {
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut answered, mut complained) = (Vec::new(), Vec::new());
    let _leash = ProgramLimits(Group::of(&child));
    let whole = async {
        if let Some(mut pipe) = child.stdin.take() {
            // One that does not listen may answer all the same.
            drop(pipe.write_all(input).await);
        }
        let read = async {
            match out {
                Some(out) => out.take(MOST).read_to_end(&mut answered).await.map(drop),
                None => Ok(()),
            }
        };
        let complain = async {
            match err {
                Some(err) => err.take(MOST).read_to_end(&mut complained).await.map(drop),
                None => Ok(()),
            }
        };
        tokio::try_join!(read, complain)?;
        child.wait().await
    };
    let Ok(status) = timeout(limit, whole).await else { return Ok(None) };
    Ok(Some(Answer { status: status?, out: answered, err: complained }))
}

/// Ends a program and all that it has started: it has answered, or nobody wants its answer any more.
struct ProgramLimits(Group);

impl Drop for ProgramLimits {
    fn drop(&mut self) {
        self.0.signal(rustix::process::Signal::KILL);
    }
}

/// Starts a program whose output and complaints come out of one pipe, in their order.
pub fn start(mut command: Command) -> std::io::Result<(Child, tokio::net::unix::pipe::Receiver)> {
    let (reader, writer) = std::io::pipe()?;
    let twin = writer.try_clone()?;
    let child = spawn(command.stdout(writer).stderr(twin))?;
    // The command holds the writing ends: while it lives the pipe has no end.
    drop(command);
    Ok((child, tokio::net::unix::pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?))
}

/// The processes of a program that was started in a session of its own, which is a group too.
#[derive(Debug, Clone, Copy)]
pub struct Group(Option<rustix::process::Pid>);

impl Group {
    /// Those of a child. None once it was waited for.
    pub fn of(child: &Child) -> Group {
        let raw = child.id().and_then(|id| i32::try_from(id).ok());
        Group(raw.and_then(rustix::process::Pid::from_raw))
    }

    /// Sends them a signal; who was stopped goes on, so as to hear it.
    pub fn signal(self, signal: rustix::process::Signal) {
        let Some(group) = self.0 else { return };
        for signal in [signal, rustix::process::Signal::CONT] {
            // They may have ended meanwhile: there is nobody to hear it then.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// True while one of them is there.
    pub fn is_there(self) -> bool {
        self.0.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
    }
}
