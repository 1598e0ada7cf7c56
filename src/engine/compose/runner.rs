//! A run of compose: its output is reported while it runs, it ends when cancelled, and it does not outlive bowline.

use super::{host, project_files, redact};
use crate::engine::clock::at;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::list;
use crate::engine::docker::program::{self, Group};
use crate::engine::docker::sessions::cleanup::Busy;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transfer::progress::Tally;
use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{ComposeRun, Container, Problem, StreamEvent, Transferred};
use rustix::process::Signal;
use std::collections::VecDeque;
use std::future::pending;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

/// From a cancel on: when it is asked to end as by ctrl-c, when in earnest, and when it is ended.
const PATIENCE: [(Duration, Signal); 3] =
    [(Duration::ZERO, Signal::INT), (Duration::from_secs(15), Signal::TERM), (Duration::from_secs(20), Signal::KILL)];
/// The same when nobody waits any more: within what the program's own end may take.
const HURRY: [(Duration, Signal); 3] = [
    (Duration::ZERO, Signal::INT),
    (Duration::from_millis(500), Signal::TERM),
    (Duration::from_millis(1100), Signal::KILL),
];
/// What is done to what a program leaves behind that ended by itself.
const AFTERWARDS: [(Duration, Signal); 2] = [(Duration::ZERO, Signal::TERM), (Duration::from_secs(1), Signal::KILL)];
/// The same if it was cancelled: it has been asked to end before.
const AT_ONCE: [(Duration, Signal); 1] = [(Duration::ZERO, Signal::KILL)];
/// When nothing more can be done about a program that does not even die.
const GIVEN_UP: Duration = Duration::from_secs(10);
/// How long what it wrote last is waited for: somebody else may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(20);
/// Lines that may hold the reason of a failure, from the end.
const REASON: usize = 12;

/// Runs compose until it has ended, or nobody reads any more; then it is ended. Any input cancels it.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    wanted: &ComposeRun,
    mut typing: StdinRx,
) -> Result<Option<Problem>, StreamClosed> {
    let during = format!("compose {} {}", wanted.verb.name(), wanted.what());
    if shared.settings.read_only {
        return Ok(Some(EngineError::ReadOnly.problem(&during, None)));
    }
    match host(shared) {
        Err(problem) => return Ok(Some(problem)),
        Ok(host) if host != wanted.ready.host => {
            return Ok(Some(Problem::new(during, "another engine is open now", "start it again")));
        }
        Ok(_) => {}
    }
    // Since the question was answered files may have gone.
    if let Err(problem) = project_files::check(&wanted.ready.site).await {
        return Ok(Some(problem));
    }
    let folder = &wanted.ready.site.folder;
    let (mut after, mut cancelled) = (String::new(), false);
    for (command, argv) in wanted.verb.commands().iter().zip(wanted.commands()) {
        // What has ended well nevertheless stays done; nothing more is begun. It may have been heard by nobody yet.
        if cancelled || typing.typed.try_recv().is_ok() {
            return Ok(Some(Problem::new(during, format!("cancelled{after}"), "")));
        }
        // Fetching images touches no container.
        if command != &["pull"]
            && let Err(problem) = as_planned(shared, wanted, &during).await
        {
            return Ok(Some(problem));
        }
        match one(shared, outlet, &during, &argv, folder, &mut typing).await? {
            ComposeResult::Well { cancel } => cancelled = cancel,
            ComposeResult::Badly(problem) => return Ok(Some(problem)),
        }
        after = format!(" after {}", command.first().unwrap_or(&""));
    }
    outlet.chunk(StreamEvent::Transferred(Transferred::default())).await?;
    Ok(None)
}

/// Refuses a project with containers that its plan did not tell of: compose goes by the project's name alone. What comes between
/// this look and compose's own is taken for the project's; compose can be told no ids.
async fn as_planned(shared: &Shared, wanted: &ComposeRun, during: &str) -> Result<(), Problem> {
    let site = &wanted.ready.site;
    let Some((transport, place)) = shared.line.borrow().way.clone() else {
        return Ok(());
    };
    let told = |fault: EngineError| fault.problem(during, Some(&place));
    // Raw: closed enums.
    let list = transport.list(list::LIST).await.map_err(told)?;
    let containers = list::containers(&list, shared.settings.engine, transport.clock())
        .map_err(|error| told(EngineError::Garbage(error.to_string())))?;
    let others: Vec<String> = containers
        .iter()
        .filter(|one| one.project() == Some(&*site.project) && !wanted.planned.contains(one.id.raw()))
        .map(|one| stranger(one, &site.folder))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let cause = format!("{} has containers that were not in the plan: {}", site.project, others.join(", "));
    Err(told(EngineError::Changed(cause)))
}

/// Its name, and its folder where that is another one.
fn stranger(container: &Container, folder: &str) -> String {
    match container.label("com.docker.compose.project.working_dir") {
        Some(other) if other != folder => format!("{} from {other}", container.name),
        _ => container.name.to_string(),
    }
}

/// The result of a command.
enum ComposeResult {
    /// It did what it was to do, though a cancel may have come.
    Well {
        cancel: bool,
    },
    Badly(Problem),
}

/// Runs one command to its end.
async fn one(
    shared: &Shared,
    outlet: &StreamSink,
    during: &str,
    argv: &[String],
    folder: &str,
    typing: &mut StdinRx,
) -> Result<ComposeResult, StreamClosed> {
    let mut speech = redact::Speech::default();
    let mut tally = Tally::through(Box::new(move |line| speech.shown(line)));
    tally.note(&format!("$ {}", shell_words::join(argv)));
    tally.tell(outlet).await?;
    let mut command = program::command(argv, shared.settings.programs.as_deref());
    command.current_dir(folder).env("DOCKER_CLI_HINTS", "false");
    let (child, pipe) = match program::start(command) {
        Ok(started) => started,
        Err(error) => {
            let cause = format!("{} cannot be run: {error}", argv.first().map_or("compose", String::as_str));
            return Ok(ComposeResult::Badly(Problem::new(during, cause, "see whether it is still installed")));
        }
    };
    let mut job = Job { group: Group::of(&child), child: Some(child), busy: Some(shared.sessions.busy()) };
    let mut reason = Reason::default();
    let ended = follow(&mut job, pipe, outlet, &mut tally, &mut reason, typing).await?;
    tally.finish();
    reason.hear(tally.lines());
    tally.tell(outlet).await?;
    let (cause, mend) = match ended {
        Ended::Cancelled => ("cancelled".into(), ""),
        Ended::By { status: Ok(status), cancel } if status.success() => return Ok(ComposeResult::Well { cancel }),
        Ended::By { status: Ok(status), .. } => (reason.words(status), "see its output"),
        Ended::By { status: Err(error), .. } => (format!("it cannot be waited for: {error}"), ""),
    };
    Ok(ComposeResult::Badly(Problem::new(during, cause, mend)))
}

/// The end of a program.
enum Ended {
    /// By itself, though a cancel may have come.
    By {
        status: std::io::Result<ExitStatus>,
        cancel: bool,
    },
    Cancelled,
}

/// Tells what a program writes until it has ended.
async fn follow(
    job: &mut Job,
    mut pipe: Receiver,
    outlet: &StreamSink,
    tally: &mut Tally,
    reason: &mut Reason,
    typing: &mut StdinRx,
) -> Result<Ended, StreamClosed> {
    let mut buffer = vec![0; 16 * 1024];
    let (mut open, mut heard, mut status) = (true, true, None);
    // Since when it is being cancelled, and how many signals it got.
    let mut cancelled: Option<(Instant, usize)> = None;
    let mut last_words: Option<Instant> = None;
    loop {
        let next = cancelled.and_then(|(since, sent)| PATIENCE.get(sent).map(|(after, _)| since + *after));
        tokio::select! {
            biased;
            () = at(tally.due()) => {
                reason.hear(tally.lines());
                tally.tell(outlet).await?;
            }
            () = at(next), if status.is_none() => {
                if let Some((_, sent)) = &mut cancelled {
                    job.group.signal(PATIENCE[*sent].1);
                    *sent += 1;
                }
            }
            typed = typing.typed.recv(), if heard => match typed {
                Some(_) => cancelled = cancelled.or_else(|| Some((Instant::now(), 0))),
                None => heard = false,
            },
            read = pipe.read(&mut buffer), if open => match read {
                Ok(0) | Err(_) => open = false,
                Ok(count) => tally.wrote(&buffer[..count]),
            },
            ended = job.wait(), if status.is_none() => {
                status = Some(ended);
                last_words = Some(Instant::now() + LAST_WORDS);
            }
            () = at(last_words) => open = false,
        }
        if !open && status.is_some() {
            break;
        }
    }
    job.over(cancelled.is_some());
    // What had ended well before the signal came was not cancelled.
    Ok(match (cancelled, status) {
        (Some(_), Some(Ok(status))) if status.success() => Ended::By { status: Ok(status), cancel: true },
        (Some(_), _) => Ended::Cancelled,
        (None, Some(status)) => Ended::By { status, cancel: false },
        (None, None) => Ended::Cancelled,
    })
}

/// A program under way. When it is dropped before its end, it is ended.
struct Job {
    group: Group,
    child: Option<Child>,
    busy: Option<Busy>,
}

impl Job {
    async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        match &mut self.child {
            Some(child) => child.wait().await,
            None => pending().await,
        }
    }

    /// It has ended: what it left in its group ends too.
    fn over(&mut self, cancelled: bool) {
        self.child = None;
        if self.group.is_there() {
            end(self.group, None, self.busy.take(), if cancelled { &AT_ONCE } else { &AFTERWARDS });
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            end(self.group, Some(child), self.busy.take(), &HURRY);
        }
    }
}

/// Ends what is there of a program, step by step; the end of bowline itself waits for it as long as it may.
fn end(group: Group, mut child: Option<Child>, busy: Option<Busy>, steps: &'static [(Duration, Signal)]) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        group.signal(Signal::KILL);
        return;
    };
    runtime.spawn(async move {
        let since = Instant::now();
        for (at, (_, signal)) in steps.iter().enumerate() {
            group.signal(*signal);
            let until = since + steps.get(at + 1).map_or(GIVEN_UP, |(after, _)| *after);
            while Instant::now() < until {
                // An error means that somebody else has waited for it: it is gone.
                let gone = child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
                if gone && !group.is_there() {
                    drop(busy);
                    return;
                }
                sleep(LOOK).await;
            }
        }
        tracing::warn!("a compose that was ended is still there");
    });
}

/// The lines that may hold the reason of a failure.
#[derive(Default)]
struct Reason(VecDeque<String>);

impl Reason {
    fn hear(&mut self, lines: &[String]) {
        self.0.extend(lines.iter().map(|line| line.trim().to_string()).filter(|line| line.len() > 1));
        let over = self.0.len().saturating_sub(REASON);
        self.0.drain(..over);
    }

    /// The last line that calls itself an error, else the last one. Values that compose quotes are hidden in them already.
    fn words(&self, status: ExitStatus) -> String {
        let says = |line: &&String| line.to_lowercase().starts_with("error");
        let quotes = self.0.iter().find(|line| redact::quotes(line));
        let line = quotes.or(self.0.iter().rev().find(says)).or(self.0.back());
        let line = line.filter(|line| !line.starts_with("$ "));
        let how = match (status.code(), std::os::unix::process::ExitStatusExt::signal(&status)) {
            (Some(code), _) => format!("compose ended with {code}"),
            (None, Some(signal)) => format!("compose was killed by signal {signal}"),
            (None, None) => "compose failed".into(),
        };
        line.map_or(how.clone(), |line| format!("{how}: {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn the_reason_is_the_last_line_that_says_error() {
        let mut reason = Reason::default();
        let failed = ExitStatus::from_raw(1 << 8);
        assert_eq!(reason.words(failed), "compose ended with 1");
        reason.hear(&["$ docker-compose up".into(), String::new()]);
        assert_eq!(reason.words(failed), "compose ended with 1");
        reason.hear(&["ERROR: no such image".into(), "bye".into(), ".".into()]);
        assert_eq!(reason.words(failed), "compose ended with 1: ERROR: no such image");
        assert_eq!(Reason::default().words(ExitStatus::from_raw(9)), "compose was killed by signal 9");
        reason.hear(&["invalid interpolation format for services.web.environment.A.".into(), "hunter2$(x".into()]);
        assert!(reason.words(failed).contains("services.web") && !reason.words(failed).contains("hunter2"));
    }
}
