//! The guard: a second process that outlives the engine by a moment and leaves none of its processes behind,
//! but for those that opened a session of their own (`setsid`): nothing tells whose they were.
//!
//! The engine tells it over a pipe which sessions live (`+ PID`) and which are over (`- PID`). When the pipe ends,
//! because the engine stopped, crashed or was killed, the guard ends what is left: SIGTERM, and SIGKILL a second later.
//!
//! There is no moment in which a process runs unguarded: the engine starts `guard run`, which opens a session of its own and
//! waits; the engine writes its id to the guard's pipe, from where it cannot be lost any more; and only then lets it
//! become the wanted program. If the engine dies before, the waiting process reads the end of its input and goes.

use std::ffi::OsString;
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::session;

/// The hidden subcommand under which the program must call [`run`], before it reads any other argument.
pub const SUBCOMMAND: &str = "engine-guard";

/// Marks a process that waits for leave to become another program.
const BECOME: &str = "become";

/// The message that gives leave.
const LEAVE: &[u8] = b"go\n";

/// How long what is left may take to obey SIGTERM.
const GRACE: Duration = Duration::from_secs(1);

/// The guard's process, or that of a container before it becomes its program. To be called first thing for
/// `<program> engine-guard …`; reads the arguments after that word itself.
pub fn run() -> ExitCode {
    let mut args = std::env::args_os().skip_while(|arg| arg != SUBCOMMAND).skip(1);
    match args.next() {
        Some(word) if word == BECOME => become_program(args.collect()),
        _ => watch(),
    }
}

fn watch() -> ExitCode {
    let mut alive: Vec<i32> = Vec::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let Some((sign, pid)) = line.split_once(' ') else { continue };
        let Ok(pid) = pid.trim().parse::<i32>() else { continue };
        alive.retain(|known| *known != pid);
        if sign == "+" {
            alive.push(pid);
        }
    }
    end_all(&alive, GRACE);
    ExitCode::SUCCESS
}

/// Ends sessions: SIGTERM to all, SIGKILL to what is left after the grace.
pub(crate) fn end_all(sessions: &[i32], grace: Duration) {
    let deadline = Instant::now() + grace;
    for pid in sessions {
        session::signal(*pid, session::SIGTERM);
        session::signal(*pid, session::SIGCONT);
    }
    while Instant::now() < deadline && sessions.iter().any(|pid| session::exists(*pid)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    for pid in sessions.iter().filter(|pid| session::exists(**pid)) {
        session::signal(*pid, session::SIGKILL);
    }
}

fn become_program(mut args: Vec<OsString>) -> ExitCode {
    // Cannot fail: a process that was just started leads no group.
    let _ = rustix::process::setsid();
    if !has_leave() || args.len() < 3 {
        return ExitCode::FAILURE;
    }
    let rest = args.split_off(3);
    let error = match Hears::named(&args[0]).and_then(input) {
        Ok(input) => Command::new(&args[1]).arg0(&args[2]).args(rest).stdin(input).exec(),
        Err(error) => error,
    };
    eprintln!("{}: {error}", args[1].to_string_lossy());
    ExitCode::from(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
}

/// Waits for leave. Not a byte more is read than leave has: what follows may be the program's own input.
fn has_leave() -> bool {
    let mut leave = [0; LEAVE.len()];
    let pipe = io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from);
    pipe.and_then(|mut pipe| pipe.read_exact(&mut leave)).is_ok()
}

/// The source of a program's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    Nothing,
    /// The pipe that leave came through.
    Pipe,
    /// The terminal that its output goes to, which becomes the session's own.
    Terminal,
}

impl Hears {
    const ALL: [Hears; 3] = [Hears::Nothing, Hears::Pipe, Hears::Terminal];

    fn name(self) -> &'static str {
        match self {
            Hears::Nothing => "nothing",
            Hears::Pipe => "pipe",
            Hears::Terminal => "terminal",
        }
    }

    fn named(name: &OsString) -> io::Result<Hears> {
        let found = Self::ALL.into_iter().find(|one| name == one.name());
        found.ok_or_else(|| io::Error::other("the guard and the engine are of different versions"))
    }
}

fn input(hears: Hears) -> io::Result<Stdio> {
    Ok(match hears {
        Hears::Nothing => Stdio::null(),
        Hears::Pipe => Stdio::inherit(),
        Hears::Terminal => {
            let terminal = io::stderr().as_fd().try_clone_to_owned()?;
            rustix::process::ioctl_tiocsctty(&terminal)?;
            Stdio::from(terminal)
        }
    })
}

/// The engine's end of the pipe.
pub(crate) struct Reaper {
    program: Option<PathBuf>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    child: Option<Child>,
    alive: Vec<i32>,
}

impl Reaper {
    /// A guard that is `program engine-guard`; without a program, processes run unguarded.
    pub(crate) fn new(program: Option<PathBuf>) -> Self {
        Reaper { program, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A command that waits for [`Guard::admit`] before it becomes `program`; unguarded, `program` itself in a group of
    /// its own. Nothing but a guard can give it a terminal.
    pub(crate) fn command(&self, program: &Path, argv: &[String], hears: Hears) -> Command {
        let name = argv.first().cloned().unwrap_or_default();
        let rest = argv.iter().skip(1);
        if let Some(guard) = &self.program {
            let mut command = Command::new(guard);
            command
                .arg(SUBCOMMAND)
                .arg(BECOME)
                .arg(hears.name())
                .arg(program)
                .arg(name)
                .args(rest)
                .stdin(Stdio::piped());
            command
        } else {
            let mut command = Command::new(program);
            let input = if hears == Hears::Pipe { Stdio::piped() } else { Stdio::null() };
            command.arg0(name).args(rest).stdin(input).process_group(0);
            command
        }
    }

    /// Whether processes wait for leave, in sessions of their own.
    pub(crate) fn keeps(&self) -> bool {
        self.program.is_some()
    }

    /// Tells the guard of a process, and then lets the process go on.
    pub(crate) fn admit(&self, pid: i32, leave: Option<impl Write>) -> io::Result<()> {
        let mut inner = self.inner();
        inner.alive.push(pid);
        self.say(&mut inner, &format!("+ {pid}\n"))?;
        match leave {
            Some(mut pipe) => pipe.write_all(LEAVE),
            None => Ok(()),
        }
    }

    /// Tells the guard that a session is over, before its number can be given to another.
    pub(crate) fn dismiss(&self, pid: i32) {
        let mut inner = self.inner();
        inner.alive.retain(|known| *known != pid);
        // A guard that is gone needs no telling: the next one hears only of those alive.
        let _ = self.say(&mut inner, &format!("- {pid}\n"));
    }

    /// Writes a line to the guard; starts one, or another one, if there is none.
    fn say(&self, inner: &mut Inner, line: &str) -> io::Result<()> {
        let Some(program) = &self.program else { return Ok(()) };
        if let Some(pipe) = inner.child.as_mut().and_then(|child| child.stdin.as_mut())
            && pipe.write_all(line.as_bytes()).is_ok()
        {
            return Ok(());
        }
        inner.reap();
        let mut child = Command::new(program)
            .arg(SUBCOMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of the terminal's reach: ctrl-c is for the engine.
            .process_group(0)
            .spawn()
            .map_err(|error| {
                io::Error::new(error.kind(), format!("cannot start the guard {}: {error}", program.display()))
            })?;
        let known: String = inner.alive.iter().map(|pid| format!("+ {pid}\n")).collect();
        let told = child.stdin.as_mut().map_or(Ok(()), |pipe| pipe.write_all(known.as_bytes()));
        inner.child = Some(child);
        told
    }

    /// Starts another guard if the last one was killed while processes live.
    pub(crate) fn check(&self) {
        let mut inner = self.inner();
        let gone = inner.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
        if gone && !inner.alive.is_empty() {
            inner.child = None;
            if let Err(error) = self.say(&mut inner, "") {
                tracing::error!(%error, "local processes are unguarded");
            }
        }
    }

    /// The processes that were admitted and not dismissed.
    pub(crate) fn alive(&self) -> Vec<i32> {
        self.inner().alive.clone()
    }

    /// Lets the guard go. What is still alive is ended by it.
    pub(crate) fn release(&self) {
        self.inner().reap();
    }
}

impl Inner {
    fn reap(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            // It ends at the end of its input; waiting leaves no zombie.
            let _ = child.wait();
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.release();
    }
}
