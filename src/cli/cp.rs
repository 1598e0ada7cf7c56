//! `bowline cp`: files between this machine and a container, and tar archives through a pipe.

use super::complain;
use super::exec::{FAILED, SIGNALLED, Signals, Unwritten, WIRE, Writer, find, pass_input};
use crate::app::units;
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::{
    CopyIn, CopyOut, CopyProgress, CopyReport, FileChunk, Id, Problem, Source, Stream, StreamEvent, files,
};
use clap::Args;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code when some of it was not copied.
const PARTLY: u8 = 1;
/// Names that were not copied which are said.
const SAID: usize = 50;

/// Arguments of `bowline cp`.
#[derive(Debug, Args)]
#[command(after_help = "\
One of the two is NAME:PATH, a path in a container; the other is a local path, or - for a tar archive on stdin or stdout.
Write ./ before a local path that contains a colon. The container need not be running.
If DST is an existing folder, SRC is copied into it; otherwise DST is the new name. SRC/. copies the contents of a folder.
Permissions, times, hard links and numeric owners are kept. Out of a container, only root keeps owners, and set-user-id,
set-group-id and capabilities are dropped, with a message.
Existing files are replaced only with --overwrite; - as SRC always needs it. A file with the same size and time counts as
copied: repeat the command to resume an interrupted copy out of a container. Into a container this applies to SRC itself and
to the entries directly in SRC/., and existing folders are left unchanged.
Out of a container nothing is written outside DST: absolute names, .., links that point outside, devices and pipes are skipped
and listed.
Paths on a container's tmpfs or kernel file systems are refused: the engine cannot see them.
Exit codes: 0 everything copied; 1 some entries not copied, each is listed; 125 bowline or the engine failed; 128 plus the
number of the signal that ended bowline; 2 wrong command line.")]
pub struct CpFlags {
    /// If SRC is a symbolic link, copy its target
    #[arg(short = 'L', long)]
    pub follow_link: bool,
    /// Replace existing files
    #[arg(long)]
    pub overwrite: bool,
    /// Source: NAME:PATH, a local path, or -
    #[arg(value_name = "SRC")]
    pub source: OsString,
    /// Target: NAME:PATH, a local path, or -
    #[arg(value_name = "DST")]
    pub target: OsString,
}

/// One end of a copy.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// A path of a container, raw.
    Container(String, Vec<u8>),
    /// A path here.
    Here(PathBuf),
    /// Standard input or output.
    Pipe,
}

fn end(word: &OsString) -> End {
    let bytes = word.as_bytes();
    if bytes == b"-" {
        return End::Pipe;
    }
    let here = || End::Here(PathBuf::from(word));
    if bytes.starts_with(b"/") || bytes.starts_with(b".") {
        return here();
    }
    let Some(at) = bytes.iter().position(|byte| *byte == b':') else { return here() };
    match std::str::from_utf8(&bytes[..at]) {
        Ok(name) if !name.is_empty() && !name.contains('/') => End::Container(name.into(), bytes[at + 1..].to_vec()),
        _ => here(),
    }
}

/// The task that the flags mean.
enum Task {
    Out(String, Vec<u8>, PathBuf),
    In(PathBuf, String, Vec<u8>),
    ArchiveOut(String, Vec<u8>),
    ArchiveIn(String, Vec<u8>),
}

impl CpFlags {
    fn task(&self) -> Result<Task, String> {
        let task = match (end(&self.source), end(&self.target)) {
            (End::Container(name, path), End::Here(to)) => Task::Out(name, path, to),
            (End::Here(from), End::Container(name, path)) => Task::In(from, name, path),
            (End::Container(name, path), End::Pipe) => Task::ArchiveOut(name, path),
            (End::Pipe, End::Container(name, path)) => Task::ArchiveIn(name, path),
            (End::Container(..), End::Container(..)) => {
                return Err(
                    "between two containers files go through here: cp A:PATH - | cp --overwrite - B:FOLDER".into()
                );
            }
            (End::Here(_) | End::Pipe, End::Here(_) | End::Pipe) => {
                return Err("one of the two must be NAME:PATH, a path in a container".into());
            }
        };
        if let Task::Out(_, path, _) | Task::In(_, _, path) | Task::ArchiveOut(_, path) | Task::ArchiveIn(_, path) =
            &task
            && path.is_empty()
        {
            return Err("write a path after the colon, such as NAME:/".into());
        }
        if matches!(task, Task::ArchiveIn(..)) && !self.overwrite {
            return Err("an archive replaces existing files: add --overwrite to allow that".into());
        }
        Ok(task)
    }

    /// Checks the flags; the error is one sentence.
    pub fn check(&self) -> Result<(), String> {
        let task = self.task()?;
        if matches!(task, Task::ArchiveOut(..)) && std::io::stdout().is_terminal() {
            return Err("an archive cannot go to a terminal: redirect it to a file or a program".into());
        }
        if matches!(task, Task::ArchiveIn(..)) && std::io::stdin().is_terminal() {
            return Err("- as SRC needs an archive on standard input: a pipe or a file".into());
        }
        Ok(())
    }
}

impl Task {
    fn name(&self) -> &str {
        match self {
            Task::Out(name, ..) | Task::In(_, name, _) | Task::ArchiveOut(name, _) | Task::ArchiveIn(name, _) => name,
        }
    }

    fn source(self, id: Id, flags: &CpFlags) -> Source {
        let (follow, overwrite) = (flags.follow_link, flags.overwrite);
        match self {
            Task::Out(_, from, to) => Source::CopyOut(CopyOut { id, from, to, follow, overwrite }),
            Task::In(from, _, to) => Source::CopyIn(CopyIn { id, from, to, follow, overwrite, instead_of: None }),
            Task::ArchiveOut(_, path) => Source::ArchiveOut { id, path, follow },
            Task::ArchiveIn(_, path) => Source::ArchiveIn { id, path },
        }
    }
}

/// Runs it on engines that have just been started. Errors have been printed.
pub async fn run(flags: &CpFlags, store: Engines, outputs: EngineOutputs) -> ExitCode {
    let code = match (flags.task(), Signals::listen()) {
        (Ok(task), Ok(signals)) => copy(flags, task, &store, outputs, signals).await,
        (Err(sentence), _) => {
            complain(&sentence);
            2
        }
        (_, Err(error)) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

async fn copy(flags: &CpFlags, task: Task, store: &Engines, mut outputs: EngineOutputs, mut signals: Signals) -> u8 {
    let found = tokio::select! {
        found = find(&mut outputs, task.name()) => found,
        number = signals.ends.next() => return SIGNALLED + number,
    };
    let container = match found {
        Ok(container) => container,
        Err(problem) => {
            complain(&problem.to_string());
            return FAILED;
        }
    };
    let feeds = matches!(task, Task::ArchiveIn(..));
    let out = matches!(task, Task::Out(..));
    store.open(WIRE, task.source(container.id.clone(), flags));
    let input = feeds.then(|| tokio::spawn(pass_input(store.clone())));
    let mut talk = Talk { line: Line::default(), writer: Writer::start(), report: None };
    let code = tokio::select! {
        code = talk.until_end(&mut outputs) => code,
        number = signals.ends.next() => {
            talk.line.clear();
            let left = if out { "no partial file is left" } else { "the current file may be partial" };
            complain(&format!("copy cancelled; complete files are kept, {left}"));
            SIGNALLED + number
        }
    };
    if let Some(input) = input {
        input.abort();
    }
    code
}

struct Talk {
    line: Line,
    writer: Writer,
    report: Option<CopyReport>,
}

impl Talk {
    async fn until_end(&mut self, outputs: &mut EngineOutputs) -> u8 {
        let ended: Option<Problem> = loop {
            match outputs.chunks.recv().await {
                Some((WIRE, StreamMessage::Ended(why))) => break why,
                Some((WIRE, StreamMessage::Chunk(StreamEvent::Output(Stream::Out, bytes)))) => {
                    if let Err(unwritten) = self.writer.write(Stream::Out, bytes).await {
                        return cannot_write(&unwritten);
                    }
                }
                Some((WIRE, StreamMessage::Chunk(StreamEvent::Files(FileChunk::Progress(progress))))) => {
                    self.line.show(&progress)
                }
                Some((WIRE, StreamMessage::Chunk(StreamEvent::Files(FileChunk::Copied(report))))) => {
                    self.report = Some(*report)
                }
                Some(_) => {}
                None => return FAILED,
            }
        };
        self.line.clear();
        if let Err(unwritten) = self.writer.finish().await {
            return cannot_write(&unwritten);
        }
        if let Some(problem) = ended {
            complain(&problem.to_string());
            return FAILED;
        }
        self.report.take().map_or(0, |report| tell(&report))
    }
}

fn cannot_write(unwritten: &Unwritten) -> u8 {
    match unwritten {
        Unwritten::Gone => SIGNALLED + 13,
        Unwritten::Failed(error) => {
            complain(&format!("write the archive: {error}"));
            FAILED
        }
    }
}

/// Says what was not copied; what was says the exit code.
fn tell(report: &CopyReport) -> u8 {
    for (name, why) in report.refused.iter().take(SAID) {
        complain(&format!("not copied: {}: {}", files::shown(name), why.words()));
    }
    let more = report.refused_count.saturating_sub(SAID as u64);
    if more > 0 {
        complain(&format!("not copied: {more} more"));
    }
    if report.existing > 0 {
        complain("--overwrite replaces existing files");
    }
    if report.stripped > 0 {
        let files = units::files(report.stripped);
        complain(&format!("{files} copied without special permissions (set-user-id, set-group-id, capabilities)"));
    }
    if report.ownerless > 0 {
        complain(&format!("{} copied without owner", units::files(report.ownerless)));
    }
    match &report.broken {
        Some(problem) => {
            complain(&problem.to_string());
            FAILED
        }
        None if report.refused_count > 0 => PARTLY,
        None => 0,
    }
}

/// A line of progress on a terminal.
#[derive(Default)]
struct Line {
    shown: bool,
}

impl Line {
    fn show(&mut self, progress: &CopyProgress) {
        let mut err = std::io::stderr();
        if !err.is_terminal() {
            return;
        }
        let columns = usize::from(crate::term::size().0);
        let mut text: String = units::progress(progress).chars().take(columns.saturating_sub(1)).collect();
        text.insert_str(0, "\r\x1b[K");
        // Progress that cannot be shown hinders no copy.
        drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
        self.shown = true;
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let mut err = std::io::stderr();
            // As above.
            drop(err.write_all(b"\r\x1b[K").and_then(|()| err.flush()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn what_is_a_path_of_a_container_and_what_is_one_here() {
        let of = |word: &str| end(&OsString::from(word));
        assert_eq!(of("web:/etc"), End::Container("web".into(), b"/etc".to_vec()));
        assert_eq!(of("web:etc:x"), End::Container("web".into(), b"etc:x".to_vec()));
        for here in ["etc", "./web:/etc", "/a:b", "../x:y", "a/b:c", ":x"] {
            assert_eq!(of(here), End::Here(here.into()), "{here}");
        }
        assert_eq!(of("-"), End::Pipe);
        let raw = OsString::from_vec(b"web:/\xff".to_vec());
        assert_eq!(end(&raw), End::Container("web".into(), b"/\xff".to_vec()));
    }

    #[test]
    fn two_ends_that_make_no_copy_are_refused() {
        let check = |source: &str, target: &str| {
            let flags = CpFlags { follow_link: false, overwrite: false, source: source.into(), target: target.into() };
            flags.task().map(drop)
        };
        assert!(check("a", "b").is_err() && check("a:/x", "b:/y").is_err() && check("-", "-").is_err());
        assert!(check("a:", "b").is_err());
        assert!(check("a:/x", "-").is_ok() && check("x", "b:/y").is_ok());
        assert!(check("-", "b:/y").is_err(), "an archive replaces what is there");
        let archive = CpFlags { follow_link: false, overwrite: true, source: "-".into(), target: "b:/y".into() };
        assert!(archive.task().is_ok());
    }
}
