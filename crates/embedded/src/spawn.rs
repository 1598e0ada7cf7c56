//! Starting a local process under the guard's eye: finding its program, its environment, its pipes or its terminal.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::pipe;
use tokio::process::{Child, ChildStdin};

use super::container::Container;
use super::pty::{self, Size, Terminal};
use super::reaper::Hears;
use super::response::ApiError;
use super::session;
use super::shared::Shared;

/// A process to start.
pub(crate) struct Wish {
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) tty: bool,
    /// Without it the process's input is empty. A terminal can always be typed into.
    pub(crate) input: bool,
    pub(crate) size: Option<Size>,
}

/// A process that runs.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) pid: i32,
    pub(crate) input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    pub(crate) out: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// A terminal has one output only.
    pub(crate) err: Option<Box<dyn AsyncRead + Send + Unpin>>,
    pub(crate) terminal: Option<Terminal>,
}

/// The reason why a process cannot be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unable {
    NoCommand,
    /// The program, and what is wrong with it in the words of a container runtime.
    Program(String, String),
    Folder(String),
    Terminal,
    Failed(String),
}

impl Unable {
    /// As an answer to the start of a container.
    pub(crate) fn refusal(&self) -> ApiError {
        match self {
            Unable::NoCommand => ApiError::bad("No command specified"),
            Unable::Program(name, why) => {
                ApiError::bad(format!("OCI runtime create failed: exec: \"{name}\": {why}: unknown"))
            }
            Unable::Folder(folder) => {
                ApiError::bad(format!("the working directory {folder} does not exist on this machine"))
            }
            Unable::Terminal => ApiError::unable("give processes a terminal when it runs without its guard"),
            Unable::Failed(text) => ApiError::failed(text.clone()),
        }
    }

    /// As Docker tells it of a command in a running container.
    pub(crate) fn in_exec(&self) -> String {
        let why = match self {
            Unable::NoCommand => return "No exec command specified".into(),
            Unable::Program(name, why) => format!("exec: \"{name}\": {why}"),
            Unable::Folder(folder) => {
                format!("chdir to cwd (\"{folder}\") set in config.json failed: no such file or directory")
            }
            Unable::Terminal => return self.refusal().message,
            Unable::Failed(text) => text.clone(),
        };
        format!("OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown")
    }
}

impl Shared {
    /// Starts a process in a session of its own. It runs when this returns.
    pub(crate) fn spawn(&self, wish: &Wish) -> Result<Started, Unable> {
        let program = find_program(wish.argv.first().map_or("", String::as_str), &wish.env, &wish.folder)?;
        if !wish.folder.is_dir() {
            return Err(Unable::Folder(wish.folder.display().to_string()));
        }
        if wish.tty && !self.guard.keeps() {
            return Err(Unable::Terminal);
        }
        let failed = |error: io::Error| Unable::Failed(format!("cannot start {}: {error}", program.display()));
        let hears = match (wish.tty, wish.input) {
            (true, _) => Hears::Terminal,
            (false, true) => Hears::Pipe,
            (false, false) => Hears::Nothing,
        };
        let mut command = self.guard.command(&program, &wish.argv, hears);
        command.env_clear().envs(wish.env.iter().filter_map(|pair| pair.split_once('='))).current_dir(&wish.folder);
        let terminal = connect(&mut command, wish).map_err(failed)?;
        let mut child = tokio::process::Command::from(command).spawn().map_err(failed)?;
        // It has an id for as long as it has not been waited for.
        let pid = child.id().unwrap_or_default() as i32;
        let input = self.let_go(pid, child.stdin.take(), hears).map_err(failed)?;
        let (out, err) = (child.stdout.take().map(boxed), child.stderr.take().map(boxed));
        Ok(match terminal {
            Some(terminal) => Started {
                child,
                pid,
                input: Some(Box::new(terminal.clone())),
                out: Some(Box::new(terminal.clone())),
                err: None,
                terminal: Some(terminal),
            },
            None => Started { child, pid, input, out, err, terminal: None },
        })
    }

    /// Tells the guard of a process and gives it leave; returns its input, if it has one. When that fails, nothing runs.
    fn let_go(
        &self,
        pid: i32,
        pipe: Option<ChildStdin>,
        hears: Hears,
    ) -> io::Result<Option<Box<dyn AsyncWrite + Send + Unpin>>> {
        self.admit(pid, pipe, hears).inspect_err(|_| {
            // Without leave it ends by itself, but it may not need any; tokio buries what is dropped.
            self.guard.dismiss(pid);
            session::signal(pid, session::SIGKILL);
        })
    }

    /// Leave is the last thing that is given: a program never runs without whom it belongs to.
    fn admit(
        &self,
        pid: i32,
        pipe: Option<ChildStdin>,
        hears: Hears,
    ) -> io::Result<Option<Box<dyn AsyncWrite + Send + Unpin>>> {
        let pipe = pipe.map(ChildStdin::into_owned_fd).transpose()?;
        // Three bytes into an empty pipe never block.
        let leave = pipe.as_ref().filter(|_| self.guard.keeps()).map(OwnedFd::try_clone).transpose()?;
        let input = pipe.filter(|_| hears == Hears::Pipe).map(pipe::Sender::from_owned_fd).transpose()?;
        self.guard.admit(pid, leave.map(std::fs::File::from))?;
        Ok(input.map(|input| Box::new(input) as Box<dyn AsyncWrite + Send + Unpin>))
    }
}

fn boxed(pipe: impl AsyncRead + Send + Unpin + 'static) -> Box<dyn AsyncRead + Send + Unpin> {
    Box::new(pipe)
}

/// Gives a command its outputs: two pipes, or a new terminal.
fn connect(command: &mut Command, wish: &Wish) -> io::Result<Option<Terminal>> {
    if !wish.tty {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        return Ok(None);
    }
    let (terminal, theirs) = pty::open()?;
    if let Some(size) = wish.size {
        terminal.resize(size)?;
    }
    command.stdout(theirs.try_clone()?).stderr(theirs);
    Ok(Some(terminal))
}

/// What a process sees: little of the engine's own environment, what tells it where it is, and what was asked for.
/// Later ones prevail.
pub(crate) fn environment(container: &Container, tty: bool) -> Vec<String> {
    let mut all: Vec<String> = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "TZ"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok().map(|value| format!("{name}={value}")))
        .collect();
    all.push(format!("BOWLINE_CONTAINER={}", container.id));
    all.push(format!("HOSTNAME={}", container.hostname()));
    if tty {
        all.push("TERM=xterm".into());
    }
    all.extend(container.spec.env.iter().cloned());
    all
}

/// The program a command names, looked for in PATH.
fn find_program(name: &str, env: &[String], folder: &Path) -> Result<PathBuf, Unable> {
    let wrong = |why: &str| Unable::Program(name.into(), why.into());
    if name.is_empty() {
        return Err(Unable::NoCommand);
    }
    if name.contains('/') {
        let path = folder.join(name);
        return match executable(&path) {
            Some(true) => Ok(path),
            Some(false) => Err(wrong("permission denied")),
            None => Err(wrong(&format!("stat {name}: no such file or directory"))),
        };
    }
    let own = env.iter().rev().find_map(|pair| pair.strip_prefix("PATH="));
    let paths = own.unwrap_or("/usr/local/bin:/usr/bin:/bin");
    std::env::split_paths(paths)
        .map(|folder| folder.join(name))
        .find(|path| executable(path) == Some(true))
        .ok_or_else(|| wrong("executable file not found in $PATH"))
}

fn executable(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(path).ok()?;
    Some(meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_or_refused() {
        let find = |name: &str, env: &[&str]| {
            find_program(name, &env.iter().map(ToString::to_string).collect::<Vec<_>>(), Path::new("/"))
        };
        assert!(find("sh", &[]).is_ok());
        assert!(find("/bin/sh", &[]).is_ok());
        let absent = find("no-such-program", &[]).expect_err("absent");
        let text = absent.refusal().message;
        assert!(text.contains("executable file not found in $PATH"), "{text}");
        assert_eq!(
            absent.in_exec(),
            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"no-such-program\": executable file not found in $PATH: unknown"
        );
        assert!(find("", &[]).is_err() && find("/etc", &[]).is_err());
        assert!(find("sh", &["PATH=/nowhere"]).is_err());
    }
}
