//! `bowline exec`: a command in a container, with this terminal's or pipe's own input and output.

use super::complain;
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::{Container, Exec, Link, Problem, Program, Size, Snapshot, Source, Stream, StreamEvent, StreamId};
use crate::term::{self, Raw};
use clap::Args;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Exit code when bowline or the engine fails, as with `docker exec`.
pub const FAILED: u8 = 125;
/// Exit code when the container has no shell.
const NOT_FOUND: u8 = 127;
/// Added to a signal's number to make an exit code.
pub(super) const SIGNALLED: u8 = 128;
/// The one session.
pub(super) const WIRE: StreamId = StreamId(1);
/// Bytes read from standard input at once.
const PIECE: usize = 32 * 1024;

/// What to run, and how.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: the command's own; 126 or 127 if it cannot be run, as the engine reports; 125 if bowline or the engine fails or
there is no such container; 128 plus the number of the signal that ended bowline; 2 wrong command line.
Standard input is passed on with -i, and always if it is a pipe or a file.")]
pub struct ExecFlags {
    /// Pass standard input on, even from a terminal
    #[arg(short, long)]
    pub interactive: bool,
    /// Allocate a terminal
    #[arg(short, long)]
    pub tty: bool,
    /// User: name, number or user:group
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Working directory
    #[arg(short, long, value_name = "DIR")]
    pub workdir: Option<String>,
    /// Environment variable; without a value, taken from this environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Give the command all capabilities of the host
    #[arg(long)]
    pub privileged: bool,
    /// Name or id prefix of the container
    pub container: String,
    /// Command and arguments; none with -it: a shell
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

impl ExecFlags {
    /// Checks the flags; the error is one sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.command.is_empty() && !(self.interactive && self.tty) {
            return Err("give a command after the container, or -it for a shell".into());
        }
        if self.interactive && self.tty && !std::io::stdin().is_terminal() {
            return Err("-t needs a terminal for input; leave -t out to pass a pipe or a file".into());
        }
        Ok(())
    }

    fn exec(&self, container: &Container) -> Exec {
        let program = if self.command.is_empty() { Program::Shell } else { Program::Argv(self.command.clone()) };
        let variable = |entry: &String| match entry.contains('=') {
            true => Some(entry.clone()),
            false => std::env::var(entry).ok().map(|value| format!("{entry}={value}")),
        };
        Exec {
            id: container.id.clone(),
            program,
            user: self.user.clone().unwrap_or_default(),
            folder: self.workdir.clone().unwrap_or_default(),
            env: self.env.iter().filter_map(variable).collect(),
            tty: self.tty,
            stdin: self.hears(),
            privileged: self.privileged,
            size: size(),
        }
    }

    /// Standard input is passed on.
    fn hears(&self) -> bool {
        self.interactive || (!self.tty && !std::io::stdin().is_terminal())
    }
}

fn size() -> Size {
    let (columns, rows) = term::size();
    Size { columns, rows }
}

/// Runs it on engines that have just been started. Errors have been printed.
pub async fn run(flags: &ExecFlags, store: Engines, outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(signals) => converse(flags, &store, outputs, signals).await,
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

async fn converse(flags: &ExecFlags, store: &Engines, mut outputs: EngineOutputs, mut signals: Signals) -> u8 {
    let container = tokio::select! {
        found = find(&mut outputs, &flags.container) => found,
        number = signals.ends.next() => return SIGNALLED + number,
    };
    let container = match container {
        Ok(container) => container,
        Err(problem) => {
            complain(&problem.to_string());
            return FAILED;
        }
    };
    // Raw until this function returns: after that, words may be said again.
    let raw = (flags.tty && flags.interactive).then(Raw::take).transpose();
    let raw = match raw {
        Ok(raw) => raw,
        Err(error) => {
            complain(&format!("set up the terminal: {error}"));
            return FAILED;
        }
    };
    store.open(WIRE, Source::Exec(flags.exec(&container)));
    let input = flags.hears().then(|| tokio::spawn(pass_input(store.clone())));
    let mut talk = Talk { store, writer: Writer::start(), code: None, end: None };
    let ended = talk.until_end(&mut outputs, &mut signals, flags.tty).await;
    if let Some(input) = input {
        input.abort();
    }
    drop(raw);
    let Talk { code, end, .. } = talk;
    if let Some(sentence) = end {
        complain(&sentence);
    }
    ended.or(code).unwrap_or(FAILED)
}

/// The container of that name or beginning of an id, once the engine has told which there are.
pub(super) async fn find(outputs: &mut EngineOutputs, wanted: &str) -> Result<Arc<Container>, Problem> {
    named(&*listed(outputs).await?, wanted)
}

/// What the engine has told, once it has told which containers there are.
pub(super) async fn listed(outputs: &mut EngineOutputs) -> Result<Arc<Snapshot>, Problem> {
    loop {
        let snapshot = outputs.snapshots.borrow_and_update().clone();
        for engine in snapshot.engines.values() {
            match &engine.link {
                Link::Down { why, .. } => return Err(why.clone()),
                Link::Up if engine.listed => return Ok(snapshot),
                Link::Up | Link::Connecting => {}
            }
        }
        if outputs.snapshots.changed().await.is_err() {
            return Err(Problem::new("list the containers", "bowline is ending", ""));
        }
    }
}

/// The container of that name or beginning of an id.
pub(super) fn named(snapshot: &Snapshot, wanted: &str) -> Result<Arc<Container>, Problem> {
    let wanted = wanted.trim_start_matches('/');
    let all = || snapshot.containers.values();
    if let Some(exact) = all().find(|container| &*container.name == wanted) {
        return Ok(exact.clone());
    }
    let during = format!("find {wanted}");
    let beginning = |container: &&Arc<Container>| !wanted.is_empty() && container.id.raw().starts_with(wanted);
    let found: Vec<&Arc<Container>> = all().filter(beginning).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => Err(Problem::new(during, "there is no such container", "see docker ps -a")),
        _ => {
            let names: Vec<&str> = found.iter().take(5).map(|container| &*container.name).collect();
            let cause = format!("{} containers have ids that start with it: {}", found.len(), names.join(", "));
            Err(Problem::new(during, cause, "type more of the id, or the name"))
        }
    }
}

/// One session, from its beginning to its end.
struct Talk<'a> {
    store: &'a Engines,
    writer: Writer,
    code: Option<u8>,
    end: Option<String>,
}

impl Talk<'_> {
    /// Passes output on until all is written. A code goes before the command's own: a signal came, or nobody reads.
    async fn until_end(&mut self, outputs: &mut EngineOutputs, signals: &mut Signals, tty: bool) -> Option<u8> {
        loop {
            tokio::select! {
                message = outputs.chunks.recv() => match message {
                    Some((WIRE, StreamMessage::Ended(why))) => {
                        self.end = self.end.take().or(why.map(|problem| problem.to_string()));
                        break;
                    }
                    Some((WIRE, StreamMessage::Chunk(chunk))) => {
                        let taken = tokio::select! {
                            taken = self.take(chunk) => taken,
                            number = signals.ends.next() => return Some(SIGNALLED + number),
                        };
                        if let Err(unwritten) = taken {
                            return Some(self.cannot_write(&unwritten));
                        }
                    }
                    Some(_) => {}
                    None => break,
                },
                number = signals.ends.next() => return Some(SIGNALLED + number),
                Some(()) = signals.window.recv(), if tty => self.store.fit(WIRE, size()),
            }
        }
        tokio::select! {
            written = self.writer.finish() => match written {
                Ok(()) => None,
                Err(unwritten) => Some(self.cannot_write(&unwritten)),
            },
            number = signals.ends.next() => Some(SIGNALLED + number),
        }
    }

    /// The exit code for output that cannot be written. A reader that left is told by that alone.
    fn cannot_write(&mut self, unwritten: &Unwritten) -> u8 {
        match unwritten {
            Unwritten::Gone => SIGNALLED + SIGPIPE,
            Unwritten::Failed(error) => {
                self.end = Some(format!("write the output: {error}"));
                FAILED
            }
        }
    }

    async fn take(&mut self, chunk: StreamEvent) -> Result<(), Unwritten> {
        match chunk {
            StreamEvent::Output(stream, bytes) => self.writer.write(stream, bytes).await?,
            // An engine that does not know it says so by a code of its own.
            StreamEvent::Exited(code) => {
                self.code = Some(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED))
            }
            StreamEvent::NoShell(tried) => {
                self.code = Some(NOT_FOUND);
                self.end = Some(format!("the container has no shell; tried {}", tried.join(", ")));
            }
            // A session brings nothing else that a command line could show.
            StreamEvent::Lines(_)
            | StreamEvent::HistoryUntil(_)
            | StreamEvent::NothingOlder
            | StreamEvent::Searched(_)
            | StreamEvent::State(_)
            | StreamEvent::Partial(_)
            | StreamEvent::Began(_)
            | StreamEvent::Undelivered(_)
            | StreamEvent::Processes(_)
            | StreamEvent::Files(_)
            | StreamEvent::Progress(_)
            | StreamEvent::Transferred(_)
            | StreamEvent::Document(_)
            | StreamEvent::Compose(_)
            | StreamEvent::Bundle(_)
            | StreamEvent::Unfinished(_) => {}
        }
        Ok(())
    }
}

pub(super) const SIGPIPE: u8 = 13;

/// The reason why output cannot be written.
pub(super) enum Unwritten {
    /// Nobody reads it any more.
    Gone,
    /// A full disk, for example.
    Failed(std::io::Error),
}

impl From<std::io::Error> for Unwritten {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Unwritten::Gone } else { Unwritten::Failed(error) }
    }
}

/// Writes on a thread of its own: a reader that is slow holds up the session and no signal.
pub(super) struct Writer {
    pieces: Option<mpsc::Sender<(Stream, Vec<u8>)>>,
    done: Option<tokio::sync::oneshot::Receiver<Result<(), Unwritten>>>,
}

impl Writer {
    pub(super) fn start() -> Self {
        let (pieces, mut taken) = mpsc::channel::<(Stream, Vec<u8>)>(1);
        let (told, done) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut result = Ok(());
            while let Some((stream, bytes)) = taken.blocking_recv() {
                if let Err(error) = write(stream, &bytes) {
                    result = Err(error.into());
                    break;
                }
            }
            drop(taken);
            // Nobody waits any more when a signal came.
            drop(told.send(result));
        });
        Self { pieces: Some(pieces), done: Some(done) }
    }

    pub(super) async fn write(&mut self, stream: Stream, bytes: Vec<u8>) -> Result<(), Unwritten> {
        if let Some(pieces) = &self.pieces
            && pieces.send((stream, bytes)).await.is_ok()
        {
            return Ok(());
        }
        // The thread takes no more: it has said why.
        self.finish().await.and(Err(Unwritten::Gone))
    }

    /// Waits until all is written.
    pub(super) async fn finish(&mut self) -> Result<(), Unwritten> {
        self.pieces = None;
        match self.done.take() {
            Some(done) => done.await.unwrap_or(Err(Unwritten::Gone)),
            None => Ok(()),
        }
    }
}

fn write(stream: Stream, bytes: &[u8]) -> std::io::Result<()> {
    match stream {
        Stream::Out => write_patiently(&mut std::io::stdout().lock(), bytes),
        Stream::Err => write_patiently(&mut std::io::stderr().lock(), bytes),
    }
}

/// Between two attempts at what another program has made not to wait, as programs do that share a terminal or a pipe with us.
const AGAIN: Duration = Duration::from_millis(5);

fn write_patiently(out: &mut impl Write, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match patiently(|| out.write(bytes))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => bytes = &bytes[count..],
        }
    }
    patiently(|| out.flush())
}

/// Does it again until it neither would wait nor was interrupted.
fn patiently<T>(mut attempt: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(AGAIN),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Passes standard input on until its end, no faster than the session takes it.
pub(super) async fn pass_input(store: Engines) {
    let mut pieces = read_input();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Ok(bytes) => store.send_all(WIRE, bytes).await,
            Err(error) => complain(&format!("read the input: {error}; it ends here")),
        }
    }
    store.end_input(WIRE);
}

/// Reads, to the end or an error, on a thread of its own: a read cannot be called off, and must not hold up the exit.
fn read_input() -> mpsc::Receiver<std::io::Result<Vec<u8>>> {
    let (pieces, taken) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut buffer = vec![0; PIECE];
        loop {
            let piece = match patiently(|| input.read(&mut buffer)) {
                Ok(0) => return,
                piece => piece.map(|count| buffer[..count].to_vec()),
            };
            let last = piece.is_err();
            if pieces.blocking_send(piece).is_err() || last {
                return;
            }
        }
    });
    taken
}

/// Signals that end bowline, and the one that says that the terminal has another size.
pub(super) struct Signals {
    pub(super) ends: Ends,
    window: tokio::signal::unix::Signal,
}

pub(super) struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        let ends = Ends {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        };
        Ok(Self { ends, window: signal(SignalKind::window_change())? })
    }
}

impl Ends {
    /// The number of a signal that ends.
    pub(super) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hang_up.recv() => 1,
        }
    }
}
