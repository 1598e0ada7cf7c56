//! The user's own editor on a file of a container, or a program that shows a text: the terminal is lent to it, everything else
//! goes on meanwhile.

use super::SignalKind;
use super::line_argument::opening;
use super::read::{LeftOpen, Reading};
use crate::app::Msg;
use crate::model::{Edit, EditEnd, Problem, TextCopy, TextViewer, files};
use crate::persist::Drafts;
use crate::term::{self, Screen};
use rustix::process::{Pid, Signal, kill_process};
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

/// An editor that comes back sooner, with nothing changed, may work on in a window of its own.
const AT_ONCE: Duration = Duration::from_secs(1);
/// What an editor whose terminal is gone gets for saving what it can: it has heard of that itself.
const HUNG_UP: Duration = Duration::from_secs(1);
/// What an editor that was told to end gets for it.
const GRACE: Duration = Duration::from_secs(2);

/// An interrupt from the keyboard goes to the editor and to bowline alike; the one that ended the editor may be heard here this
/// much later.
const ECHO: Duration = Duration::from_secs(1);

/// The editor, while there is one.
#[derive(Default)]
pub struct Editor {
    /// It is to be started as soon as the terminal is free.
    wished: Option<Wish>,
    running: Option<Running>,
    /// The time at which the last one ended.
    over: Option<Instant>,
    drafts: Drafts,
    left_open: LeftOpen,
}

/// What the terminal is to be lent for.
enum Wish {
    Edit(Arc<Edit>, Option<PathBuf>),
    View(TextViewer, Arc<TextCopy>),
}

/// What it is lent for.
enum Work {
    Edit(Arc<Edit>, PathBuf),
    Read(Reading),
}

/// An editor that has the terminal.
struct Running {
    work: Work,
    child: Child,
    began: Instant,
    /// bowline was told to end: what the editor is sent next, and when.
    ending: Option<(Instant, Signal)>,
}

/// An editor that has ended.
pub struct Ended {
    running: Running,
    how: io::Result<ExitStatus>,
}

impl Editor {
    /// An edit was requested, of the current content or of a draft.
    pub fn request(&mut self, edit: Arc<Edit>, draft: Option<PathBuf>) {
        self.wished = Some(Wish::Edit(edit, draft));
    }

    /// A text is to be shown.
    pub fn show(&mut self, viewer: TextViewer, copy: Arc<TextCopy>) {
        self.wished = Some(Wish::View(viewer, copy));
    }

    /// The keyboard is the editor's, or will be at once.
    pub fn has_keys(&self) -> bool {
        self.wished.is_some() || self.running.is_some()
    }

    /// False while the editor is being ended: there is nothing more to be told.
    pub fn hears_signals(&self) -> bool {
        self.running.as_ref().is_none_or(|running| running.ending.is_none())
    }

    /// Lends the terminal to the requested program, once the last frame is out. Says how it ended if it did not start.
    pub fn start<S: Screen>(&mut self, screen: &mut S) -> Option<Msg> {
        match self.wished.take_if(|_| screen.is_free())? {
            Wish::Edit(edit, draft) => self.start_edit(screen, edit, draft),
            Wish::View(viewer, copy) => {
                self.start_reading(screen, viewer, &copy).err().map(|why| Msg::Viewed(Err(why)))
            }
        }
    }

    fn start_edit<S: Screen>(&mut self, screen: &mut S, edit: Arc<Edit>, draft: Option<PathBuf>) -> Option<Msg> {
        let during = format!("edit {}", files::shown(&edit.path));
        let failed = |why: &str, mend: &str| EditEnd::Failed(Problem::new(&during, why, mend));
        let end = match (editor(), self.drafts.prepare(&edit, draft)) {
            (_, Err(error)) => failed(&error.to_string(), "is the folder for temporary files full?"),
            (Err((why, mend)), Ok(file)) => self.drafts.judge(&edit, file, Err((why, mend.into())), false),
            (Ok(argv), Ok(file)) => match lend(screen, &argv, (&file, 1)) {
                Ok(child) => {
                    self.running = Some(Running::new(Work::Edit(edit, file), child));
                    return None;
                }
                Err(why) => self.drafts.judge(&edit, file, Err((why, SET_EDITOR.into())), false),
            },
        };
        Some(Msg::Edited(edit, end))
    }

    fn start_reading<S: Screen>(&mut self, screen: &mut S, viewer: TextViewer, copy: &TextCopy) -> Result<(), Problem> {
        let reading = Reading::prepare(viewer, copy)?;
        let program = match viewer {
            TextViewer::Pager => pager(),
            TextViewer::Editor => editor(),
        };
        let argv = program.map_err(|(why, hint)| reading.failed(&why, hint))?;
        let child = lend(screen, &argv, (reading.file(), copy.line));
        let child = child.map_err(|why| reading.failed(&why, reading.hint()))?;
        self.running = Some(Running::new(Work::Read(reading), child));
        Ok(())
    }

    /// A signal came. True if it was the editor's, which has the terminal or had it a moment ago; else it is the loop's.
    pub fn signal(&mut self, signal: Option<SignalKind>) -> bool {
        let Some(running) = &mut self.running else {
            let echo = self.over.is_some_and(|over| over.elapsed() < ECHO);
            return echo && matches!(signal, Some(SignalKind::Interrupt));
        };
        match signal {
            // The editor has stopped itself and its whole group.
            Some(SignalKind::Suspend) => term::stop(),
            // From the keyboard, which is the editor's.
            Some(SignalKind::Interrupt) => {}
            Some(SignalKind::HangUp) => running.ending = Some((Instant::now() + HUNG_UP, Signal::TERM)),
            Some(SignalKind::End) | None => running.ending = Some((Instant::now(), Signal::TERM)),
        }
        true
    }

    /// Waits until the editor has ended, and ends it if it is to be ended. May be given up and called again.
    pub async fn ended(&mut self) -> Ended {
        let Some(running) = &mut self.running else { return pending().await };
        let how = running.wait().await;
        self.over = Some(Instant::now());
        match self.running.take() {
            Some(running) => Ended { running, how },
            None => pending().await,
        }
    }

    /// Takes the terminal back and says what came of the edit; or that bowline was told to end meanwhile.
    pub async fn finish<S: Screen>(
        &mut self,
        ended: Ended,
        screen: &mut S,
        signals: &mut mpsc::Receiver<SignalKind>,
    ) -> Msg {
        screen.take_again();
        let Ended { running, how } = ended;
        let told = told_to_end(signals).await || running.ending.is_some();
        let took = running.began.elapsed();
        let (noun, hint) = match &running.work {
            Work::Edit(..) => (TextViewer::Editor.noun(), SET_EDITOR),
            Work::Read(reading) => (reading.noun(), reading.hint()),
        };
        let ended = match how {
            _ if told => Err(("bowline was told to quit".into(), String::new())),
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err((format!("the {noun} failed: {status}"), hint.into())),
            Err(error) => Err((format!("wait for the {noun}: {error}"), String::new())),
        };
        let msg = match running.work {
            Work::Edit(edit, file) => {
                let end = self.drafts.judge(&edit, file, ended, took < AT_ONCE);
                Msg::Edited(edit, end)
            }
            Work::Read(reading) => Msg::Viewed(self.left_open.judge(reading, ended, took)),
        };
        if told { Msg::Quit } else { msg }
    }

    /// A draft is needed no more.
    pub fn forget(&mut self, file: &Path) {
        self.drafts.forget(file);
    }

    /// The end: drafts in which nothing was typed go, the places of the others are told.
    pub fn leave(self) -> Vec<PathBuf> {
        self.drafts.leave()
    }
}

/// What to do about an editor that fails.
pub const SET_EDITOR: &str = "set VISUAL or EDITOR to your editor";

impl Running {
    fn new(work: Work, child: Child) -> Running {
        Running { work, child, began: Instant::now(), ending: None }
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            let Some((due, signal)) = self.ending else { return self.child.wait().await };
            tokio::select! {
                biased;
                ended = self.child.wait() => return ended,
                () = sleep_until(due) => {}
            }
            if let Some(process) = self.child.id().and_then(|id| Pid::from_raw(id as i32)) {
                // It may have ended just now.
                let _ = kill_process(process, signal);
            }
            self.ending = Some((Instant::now() + GRACE, Signal::KILL));
        }
    }
}

/// Takes the signals that came to the editor's last moment: those of the keyboard were meant for it, and may be what ended it.
/// True if one of them ends bowline.
async fn told_to_end(signals: &mut mpsc::Receiver<SignalKind>) -> bool {
    // The tasks that hand signals on get their turn first.
    yield_now().await;
    let mut told = false;
    while let Ok(signal) = signals.try_recv() {
        told |= matches!(signal, SignalKind::End | SignalKind::HangUp);
    }
    told
}

/// The editor and its arguments.
fn editor() -> Result<Vec<String>, (String, &'static str)> {
    program(&["VISUAL", "EDITOR"], "vi", "set it to your editor")
}

/// The pager and its arguments.
fn pager() -> Result<Vec<String>, (String, &'static str)> {
    program(&["PAGER"], "less", "set it to your pager")
}

/// The program that the first of these variables names which is set, and its arguments.
fn program(names: &[&str], otherwise: &str, hint: &'static str) -> Result<Vec<String>, (String, &'static str)> {
    let set = |name: &&str| {
        std::env::var(name).ok().filter(|value| !value.trim().is_empty()).map(|value| (name.to_string(), value))
    };
    let Some((name, value)) = names.iter().find_map(set) else { return Ok(vec![otherwise.into()]) };
    match shell_words::split(&value) {
        Ok(argv) if !argv.is_empty() => Ok(argv),
        _ => Err((format!("{name} is not a command: it has an unclosed quote"), hint)),
    }
}

/// Lends the terminal to a program with this file at this line; if that does not start, it is ours again, and why is told.
fn lend<S: Screen>(screen: &mut S, argv: &[String], place: (&Path, usize)) -> Result<Child, String> {
    screen.lend();
    spawn(argv, place).map_err(|error| {
        screen.take_again();
        format!("{}: {error}", argv.join(" "))
    })
}

fn spawn(argv: &[String], (file, line): (&Path, usize)) -> io::Result<Child> {
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::NotFound)?;
    Command::new(program)
        .args(arguments)
        .args(opening(program, arguments, file, line))
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_that_ended_the_editor_ends_bowline_at_no_later_moment() {
        let mut editor = Editor { over: Some(Instant::now()), ..Editor::default() };
        assert!(editor.signal(Some(SignalKind::Interrupt)));
        for other in [Some(SignalKind::End), Some(SignalKind::HangUp), Some(SignalKind::Suspend), None] {
            assert!(!editor.signal(other), "what is not from the keyboard is the loop's");
        }
        tokio::time::advance(ECHO).await;
        assert!(!editor.signal(Some(SignalKind::Interrupt)));
    }
}
