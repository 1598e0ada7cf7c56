//! The shell pane: its tabs, and opening, closing and fitting them. It lets go of the keys and takes them by asking for it.

use super::emulator::{Emulator, EmulatorOutput};
use super::tab::{Body, Ended, Kind, Lines, Tab};
use crate::app::action::Action;
use crate::app::component::Cx;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::options::Clipboard;
use crate::app::overlay::Overlay;
use crate::app::widgets::question::Question;
use crate::model::{Container, Exec, Id, Problem, Size, Source, State, StreamEvent, StreamId, secret};
use alacritty_terminal::term::TermMode;
use std::sync::Arc;

/// Shells open at once at most: each holds memory.
const TABS_MAX: usize = 24;
/// A shell that ends within so many seconds was hardly meant to: its last words stay on the screen.
const SHORT_SECONDS: f64 = 2.0;
/// The size of a shell that has no place on the screen yet.
pub(in crate::app) const SIZE_UNSEEN: Size = Size { columns: 80, rows: 24 };
/// Exit codes from here on are signals, as shells count them.
const SIGNALLED: i64 = 128;

/// The shell pane.
#[derive(Debug, Default)]
pub struct Shells {
    /// Sessions, in the order of their opening.
    pub tabs: Vec<Tab>,
    /// The one on screen.
    pub active: usize,
    /// The next key is for bowline.
    pub prefix: bool,
    /// Of logs and shell, the shell had the focus last.
    pub over_logs: bool,
    /// The mouse began to select on the active screen.
    pub(super) selecting: bool,
    /// The session that was told of a mouse button going down: the rest of it is told to no other.
    pub(super) pressed: Option<StreamId>,
    /// The session that was told last that it has the focus.
    pub(super) told_focus: Option<StreamId>,
    /// The previously focused pane.
    pub(in crate::app) came_from: Pane,
}

impl Shells {
    /// The session on screen.
    pub fn active(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    /// The session on screen, to change it.
    pub fn active_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.active)
    }

    /// The session of a stream.
    pub fn of(&mut self, stream: StreamId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.stream == stream)
    }

    /// Sessions that run.
    pub fn living(&self) -> usize {
        self.tabs.iter().filter(|tab| tab.ended.is_none()).count()
    }

    /// To another tab; round at the ends.
    pub fn turn(&mut self, steps: isize) {
        let count = self.tabs.len().max(1) as isize;
        self.active = (self.active as isize + steps).rem_euclid(count) as usize;
        self.seen();
    }

    /// The tab on screen calls no more.
    pub(in crate::app) fn seen(&mut self) {
        self.prefix = false;
        self.selecting = false;
        self.pressed = None;
        if let Some(tab) = self.active_mut() {
            tab.calls = false;
        }
    }
}

/// The container, if something can be run in it; else why not.
pub(in crate::app) fn runnable(cx: &Cx, id: Option<&Id>, what: &str) -> Result<Arc<Container>, String> {
    if cx.options.read_only {
        return Err("read-only: running in a container is refused".into());
    }
    let Some(container) = id.and_then(|id| cx.snapshot.containers.get(id)) else {
        return Err("no container is selected".into());
    };
    match container.state {
        State::Running => Ok(container.clone()),
        State::Paused => Err(format!("cannot {what} {}: it is paused; unpause it first", container.name)),
        State::Created | State::Restarting | State::Removing | State::Exited | State::Dead | State::Other(_) => {
            Err(format!("cannot {what} {}: it is not running", container.name))
        }
    }
}

impl Shells {
    /// A shell in a container: the one of its kind that is open there, or a new one.
    pub(in crate::app) fn open_shell(&mut self, cx: &Cx, kind: Kind, container: &Container) -> Vec<Action> {
        let open = |tab: &Tab| tab.kind == kind && tab.id == container.id && tab.ended.is_none();
        if let Some(index) = self.tabs.iter().position(open) {
            self.active = index;
            self.seen();
            return vec![Action::Focus(Pane::Shell)];
        }
        self.start_shell(cx, kind, container)
    }

    fn start_shell(&mut self, cx: &Cx, kind: Kind, container: &Container) -> Vec<Action> {
        let shell = Exec::shell(container.id.clone(), SIZE_UNSEEN);
        let exec = if kind == Kind::RootShell { shell.as_root() } else { shell };
        self.begin(cx, Source::Exec(exec), kind, &container.name)
    }

    /// The main process of a container.
    pub(in crate::app) fn attach(&mut self, cx: &Cx, container: &Container) -> Vec<Action> {
        let source = Source::Attach { id: container.id.clone(), size: SIZE_UNSEEN };
        self.begin(cx, source, Kind::Attach, &container.name)
    }

    /// A debug sidecar beside a container.
    pub(in crate::app) fn open_sidecar(&mut self, cx: &Cx, container: &Container) -> Vec<Action> {
        let image = cx.options.shell.sidecar_image.clone();
        let source = Source::Sidecar { id: container.id.clone(), image, size: SIZE_UNSEEN };
        self.begin(cx, source, Kind::Sidecar, &container.name)
    }

    /// Opens a session. It has its size once it has its place, before its stream is opened.
    pub(in crate::app) fn begin(&mut self, cx: &Cx, source: Source, kind: Kind, name: &str) -> Vec<Action> {
        if self.tabs.len() >= TABS_MAX {
            return vec![cx.warn(format!("{TABS_MAX} tabs are open: close one first"))];
        }
        // What is about no container is no session.
        let Some(id) = source.id().cloned() else { return Vec::new() };
        let stream = cx.streams.next_id();
        let body = body_for(cx, &source, &id, stream, name, SIZE_UNSEEN);
        self.tabs.push(Tab::new(stream, (source, id), kind, name, body, cx.now));
        self.active = self.tabs.len() - 1;
        self.seen();
        vec![Action::Focus(Pane::Shell)]
    }

    /// Columns and rows of the shell's screen.
    pub(super) fn size(&self, cx: &Cx) -> Size {
        match self.active().and_then(Tab::emulator) {
            _ if cx.area.width > 1 && cx.area.height > 0 => Size { columns: cx.area.width, rows: cx.area.height },
            // Not on screen at present: as it was.
            Some(emulator) => emulator.size(),
            None => SIZE_UNSEEN,
        }
    }

    /// The shell on screen gets the size of its place.
    pub(in crate::app) fn fit(&mut self, cx: &Cx) -> Option<Effect> {
        let size = self.size(cx);
        let tab = self.active_mut()?;
        let (stream, lives) = (tab.stream, tab.ended.is_none());
        let is_open = cx.streams.slot(stream).is_some();
        if lives && !is_open {
            tab.source = tab.source_at(size);
        }
        let emulator = tab.emulator_mut().filter(|emulator| emulator.size() != size)?;
        emulator.resize(size);
        (lives && is_open).then_some(Effect::Fit(stream, size))
    }

    /// Opens again what has ended.
    pub(super) fn reopen(&mut self, cx: &Cx) -> Vec<Action> {
        let size = self.size(cx);
        let Some(tab) = self.active_mut().filter(|tab| tab.ended.is_some()) else {
            return vec![cx.warn("it is still running")];
        };
        if let Err(why) = runnable(cx, Some(&tab.id), "open a shell in") {
            return vec![cx.warn(why)];
        }
        let (id, name, source, stream) = (tab.id.clone(), tab.name.clone(), tab.source_at(size), cx.streams.next_id());
        let body = body_for(cx, &source, &id, stream, &name, size);
        *tab = Tab::new(stream, (source, id), tab.kind, &name, body, cx.now);
        Vec::new()
    }

    /// Another shell in the container of the one on screen; beside one as root it is as root too.
    pub(super) fn another(&mut self, cx: &Cx) -> Vec<Action> {
        let front = self.active();
        let kind = front.map(|tab| tab.kind).filter(|kind| *kind == Kind::RootShell).unwrap_or(Kind::Shell);
        match runnable(cx, front.map(|tab| &tab.id), "open a shell in") {
            Ok(container) => self.start_shell(cx, kind, &container),
            Err(why) => vec![cx.warn(why)],
        }
    }

    /// Tells programs that asked for it who has the focus, and who has no longer.
    pub(in crate::app) fn tell_focus(&mut self, is_focused: bool) -> Vec<Effect> {
        let wanted = self.active().filter(|_| is_focused).map(|tab| tab.stream);
        let told = std::mem::replace(&mut self.told_focus, wanted);
        if told == wanted {
            return Vec::new();
        }
        let tell = |(stream, bytes): (Option<StreamId>, &[u8])| {
            let tab = self.tabs.iter().find(|tab| Some(tab.stream) == stream)?;
            let asks = tab.emulator()?.mode().contains(TermMode::FOCUS_IN_OUT);
            (asks && tab.takes_input()).then(|| Effect::Send(tab.stream, bytes.to_vec()))
        };
        [(told, b"\x1b[O".as_slice()), (wanted, b"\x1b[I")].into_iter().filter_map(tell).collect()
    }

    /// True if the program on screen wants to be told of every movement of the mouse.
    pub(in crate::app) fn wants_motion(&self) -> bool {
        let takes = self.active().filter(|tab| tab.takes_input());
        takes.and_then(Tab::emulator).is_some_and(Emulator::wants_motion)
    }

    /// Closes the tab on screen; what still runs in it is a question first.
    pub(super) fn close(&mut self, cx: &Cx) -> Vec<Action> {
        let Some(tab) = self.active() else { return Vec::new() };
        let ends = tab.ended.is_none() && tab.began.is_some() && tab.kind != Kind::Attach;
        if !ends {
            return self.drop_tab(cx, tab.stream);
        }
        let lines = vec!["The program in it gets SIGHUP, as when a terminal window closes.".to_string()];
        let title = format!("Close {}?", tab.label());
        let question = Question::new(title, lines, "close", Action::CloseShell(tab.stream));
        vec![Action::Open(Box::new(Overlay::Question(question)))]
    }

    /// A tab goes, with its session.
    pub(in crate::app) fn drop_tab(&mut self, cx: &Cx, stream: StreamId) -> Vec<Action> {
        let Some(index) = self.tabs.iter().position(|tab| tab.stream == stream) else { return Vec::new() };
        self.tabs.remove(index);
        if self.active > index || self.active >= self.tabs.len() {
            self.active = self.active.saturating_sub(1);
        }
        self.seen();
        if !self.tabs.is_empty() {
            return Vec::new();
        }
        self.over_logs = false;
        if cx.focused { vec![Action::LeaveShell] } else { Vec::new() }
    }

    /// Screens that a program holds back for too long are shown.
    pub(in crate::app) fn release(&mut self, cx: &Cx) -> Vec<Action> {
        let mut released = Vec::new();
        for tab in &mut self.tabs {
            let stream = tab.stream;
            let due = tab.emulator().and_then(Emulator::release_at).is_some_and(|due| due <= cx.now);
            if let Some(emulator) = tab.emulator_mut().filter(|_| due) {
                released.push((stream, emulator.release(cx.now)));
            }
        }
        released.into_iter().flat_map(|(stream, heard)| self.obey(cx, stream, heard)).collect()
    }

    /// A session's stream brought something.
    pub(super) fn take(&mut self, cx: &Cx, stream: StreamId, event: StreamEvent) -> Vec<Action> {
        let mut asked = Vec::new();
        if let StreamEvent::Undelivered(bytes) = &event {
            asked.push(cx.warn(format!("the program takes no input: {bytes} bytes were not delivered")));
        }
        let looked_at = self.active().is_some_and(|tab| tab.stream == stream);
        let Some(tab) = self.of(stream) else { return asked };
        let heard = tab.take(event, cx.now, &cx.options.logs);
        tab.calls |= heard.bell && !looked_at;
        asked.extend(self.obey(cx, stream, heard));
        asked
    }

    /// What the emulator wants done: answers go back, the clipboard as the user chose.
    fn obey(&mut self, cx: &Cx, stream: StreamId, heard: EmulatorOutput) -> Vec<Action> {
        let takes = self.of(stream).is_some_and(|tab| tab.takes_input());
        let answers = Some(heard.answers).filter(|answers| takes && !answers.is_empty());
        let answers = answers.map(|answers| Action::Effect(Effect::Send(stream, answers)));
        let copied = heard.clipboard.filter(|copied| !copied.is_empty());
        let copied = copied.and_then(|copied| self.clipboard_wish(cx, stream, copied));
        answers.into_iter().chain(copied).collect()
    }

    /// A program tries to write to the clipboard. It is asked about, or reported, once for each session: no flood of requests
    /// holds the footer or the keyboard.
    fn clipboard_wish(&mut self, cx: &Cx, stream: StreamId, copied: String) -> Option<Action> {
        let in_front = cx.focused && !cx.covered && self.active().is_some_and(|tab| tab.stream == stream);
        let tab = self.of(stream)?;
        match cx.options.shell.clipboard {
            Clipboard::Allow => return Some(Action::Effect(Effect::Copy(copied))),
            Clipboard::Ask if tab.clipboard == Some(true) => return Some(Action::Effect(Effect::Copy(copied))),
            Clipboard::Ask | Clipboard::Off if tab.clipboard.is_some() => return None,
            Clipboard::Ask if !in_front => return None,
            Clipboard::Ask | Clipboard::Off => tab.clipboard = Some(false),
        }
        let name = &tab.name;
        if cx.options.shell.clipboard == Clipboard::Off {
            let why = format!(
                "{name} tried to write to your clipboard (blocked): set [shell] clipboard = \"ask\" to be asked"
            );
            return Some(cx.warn(why));
        }
        let first: String = secret::fit(&copied).chars().take(200).collect();
        let lines = vec![
            format!("{} characters: {first}", copied.chars().count()),
            "Once allowed, it stays allowed for this session.".to_string(),
        ];
        let title = format!("Let {name} write to your clipboard?");
        let question = Question::new(title, lines, "allow", Action::AllowClipboard(stream, copied));
        Some(Action::Open(Box::new(Overlay::Question(question.by_itself(cx.now)))))
    }

    /// A session is over.
    pub(super) fn end(&mut self, cx: &Cx, stream: StreamId, problem: Option<Problem>) -> Vec<Action> {
        let looked_at = cx.focused && self.active().is_some_and(|tab| tab.stream == stream);
        let Some(tab) = self.of(stream) else { return Vec::new() };
        tab.end(problem, cx.now);
        tab.calls |= !looked_at;
        let runs = cx.snapshot.containers.get(&tab.id).is_some_and(|container| container.state == State::Running);
        // While it is looked at somebody types: what is meant for it must not fall on what would take its place.
        let by_itself = !looked_at
            && matches!(&tab.ended, Some(Ended { code, problem: None, tried, .. })
            if tried.is_empty() && code.is_none_or(|code| code < SIGNALLED));
        let lived = tab.began.is_some() && cx.now.since(tab.since) > SHORT_SECONDS;
        let good = tab.ended.as_ref().is_some_and(|ended| ended.code == Some(0));
        if !matches!(tab.kind, Kind::Shell | Kind::RootShell | Kind::Sidecar) || !runs || !by_itself || !lived && !good
        {
            return Vec::new();
        }
        let code = tab.ended.as_ref().and_then(|ended| ended.code);
        let code = code.map(|code| format!(", exit {code}")).unwrap_or_default();
        let told = cx.good(format!("{} has ended{code}", tab.label()));
        let mut asked = vec![told];
        asked.extend(self.drop_tab(cx, stream));
        asked
    }
}

fn body_for(cx: &Cx, source: &Source, id: &Id, stream: StreamId, name: &str, size: Size) -> Body {
    if matches!(source, Source::Exec(exec) if !exec.tty) {
        return Body::Lines(Box::new(Lines::new(id.clone(), name, stream, &cx.options.logs)));
    }
    let shell = &cx.options.shell;
    Body::Terminal(Box::new(Emulator::new(size, shell.scrollback, shell.dark)))
}
