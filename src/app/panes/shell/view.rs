//! The shell pane: its tabs, and opening, closing and fitting them.

use super::emulator::{Emulator, EmulatorOutput};
use super::tab::{Body, Ended, Kind, Lines, Tab};
use crate::app::action::Action;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::options::Clipboard;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::notice::Notice;
use crate::app::widgets::question::Question;
use crate::model::ExecHistoryEntry;
use crate::model::{Container, Exec, Id, Problem, Size, Source, State, StreamEvent, StreamId, secret};
use alacritty_terminal::term::TermMode;
use std::sync::Arc;

/// Shells open at once at most: each holds memory.
const TABS_MAX: usize = 24;
/// A shell that ends within so many seconds was hardly meant to: its last words stay on the screen.
const SHORT_SECONDS: f64 = 2.0;
/// The size of a shell that has no place on the screen yet.
const SIZE_UNSEEN: Size = Size { columns: 80, rows: 24 };
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
    pub(super) came_from: Pane,
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
    pub fn of(&mut self, wire: StreamId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.wire == wire)
    }

    /// Names the streams of the sessions that run.
    pub(in crate::app) fn name_streams(&self, wants: &mut Wants) {
        for tab in self.tabs.iter().filter(|tab| tab.ended.is_none()) {
            wants.add(tab.wire, Slot::Shell, || tab.source.clone());
        }
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

impl App {
    /// A shell in the selected container: the one of its kind that is open there, or a new one.
    pub(in crate::app) fn open_shell(&mut self, kind: Kind) -> Vec<Effect> {
        let Some(container) = self.runnable("open a shell in") else { return Vec::new() };
        let open = |tab: &Tab| tab.kind == kind && tab.id == container.id && tab.ended.is_none();
        if let Some(index) = self.shells.tabs.iter().position(open) {
            self.shells.active = index;
            self.shells.seen();
            self.enter_shell();
            return Vec::new();
        }
        self.start_shell(kind, &container)
    }

    fn start_shell(&mut self, kind: Kind, container: &Container) -> Vec<Effect> {
        let shell = Exec::shell(container.id.clone(), SIZE_UNSEEN);
        let exec = if kind == Kind::RootShell { shell.as_root() } else { shell };
        self.begin(Source::Exec(exec), kind, &container.name)
    }

    /// The main process of the selected container.
    pub(in crate::app) fn attach(&mut self) -> Vec<Effect> {
        let Some(container) = self.runnable("attach to") else { return Vec::new() };
        self.begin(Source::Attach { id: container.id.clone(), size: SIZE_UNSEEN }, Kind::Attach, &container.name)
    }

    /// A debug sidecar beside the selected container, or beside the one whose shell could not be found.
    pub(in crate::app) fn open_sidecar(&mut self) -> Vec<Effect> {
        let in_pane = self.shells.active().filter(|_| self.focus == Pane::Shell).map(|tab| tab.id.clone());
        let Some(container) = self.runnable_of(in_pane.or_else(|| self.selected_id()), "open a sidecar for") else {
            return Vec::new();
        };
        let image = self.options.shell.sidecar_image.clone();
        let source = Source::Sidecar { id: container.id.clone(), image, size: SIZE_UNSEEN };
        self.begin(source, Kind::Sidecar, &container.name)
    }

    /// Runs what the form says.
    pub(in crate::app) fn run_command(&mut self, exec: Exec, name: &str, ran: ExecHistoryEntry) -> Vec<Effect> {
        crate::model::remember(&mut self.options.ran, ran.clone());
        let mut effects = self.begin(Source::Exec(exec), Kind::Command, name);
        effects.push(Effect::SaveRan(ran));
        effects
    }

    /// The selected container, if something can be run in it; else a notice says why not.
    pub(in crate::app) fn runnable(&mut self, what: &str) -> Option<Arc<Container>> {
        self.runnable_of(self.selected_id(), what)
    }

    fn runnable_of(&mut self, id: Option<crate::model::Id>, what: &str) -> Option<Arc<Container>> {
        let container = id.and_then(|id| self.snapshot.containers.get(&id).cloned());
        let why = match &container {
            _ if self.options.read_only => "read-only: running in a container is refused".to_string(),
            None if self.group().is_some() => format!("cannot {what} a group: select one of its containers"),
            None => "no container is selected".to_string(),
            Some(one) if one.state == State::Paused => {
                format!("cannot {what} {}: it is paused; unpause it first", one.name)
            }
            Some(one) if one.state != State::Running => format!("cannot {what} {}: it is not running", one.name),
            Some(_) => return container,
        };
        self.notice = Some(Notice::warn(why, self.now));
        None
    }

    fn begin(&mut self, source: Source, kind: Kind, name: &str) -> Vec<Effect> {
        if self.shells.tabs.len() >= TABS_MAX {
            let why = format!("{TABS_MAX} tabs are open: close one first");
            self.notice = Some(Notice::warn(why, self.now));
            return Vec::new();
        }
        // What is about no container is no session.
        let Some(id) = source.id().cloned() else { return Vec::new() };
        let wire = self.new_stream();
        let body = self.body_for(&source, &id, wire, name, SIZE_UNSEEN);
        let tab = Tab::new(wire, (source, id), kind, name, body, self.now);
        // It takes its place first: the size at the start is right then.
        self.shells.tabs.push(tab);
        self.shells.active = self.shells.tabs.len() - 1;
        self.shells.seen();
        self.enter_shell();
        let size = self.shell_size();
        let Some(tab) = self.shells.active_mut() else { return Vec::new() };
        tab.source = tab.source_at(size);
        if let Some(emulator) = tab.emulator_mut() {
            emulator.resize(size);
        }
        Vec::new()
    }

    fn body_for(&self, source: &Source, id: &Id, wire: StreamId, name: &str, size: Size) -> Body {
        if matches!(source, Source::Exec(exec) if !exec.tty) {
            return Body::Lines(Box::new(Lines::new(id.clone(), name, wire, &self.options.logs)));
        }
        let shell = &self.options.shell;
        Body::Terminal(Box::new(Emulator::new(size, shell.scrollback, shell.dark)))
    }

    /// The focus goes to the shell pane.
    pub(in crate::app) fn enter_shell(&mut self) {
        if self.focus != Pane::Shell {
            self.shells.came_from = self.focus;
        }
        self.focus = Pane::Shell;
        self.shells.over_logs = true;
    }

    /// The focus goes back to where it came from.
    pub(in crate::app) fn leave_shell(&mut self) {
        self.shells.prefix = false;
        self.zoomed = false;
        self.focus = match self.shells.came_from {
            Pane::Shell => Pane::Fleet,
            other => other,
        };
        // Where the two share a place, it is the log's again.
        self.shells.over_logs &= self.focus != Pane::Logs;
    }

    /// Columns and rows of the shell's screen.
    pub(in crate::app) fn shell_size(&self) -> Size {
        let rows = self.places().shell_rows().filter(|area| area.width > 1 && area.height > 0);
        match (rows, self.shells.active().and_then(Tab::emulator)) {
            (Some(area), _) => Size { columns: area.width, rows: area.height },
            // Not on screen at present: as it was.
            (None, Some(emulator)) => emulator.size(),
            (None, None) => SIZE_UNSEEN,
        }
    }

    /// The shell on screen gets the size of its place.
    pub(in crate::app) fn fit_shell(&mut self, effects: &mut Vec<Effect>) {
        let size = self.shell_size();
        let Some(tab) = self.shells.active_mut() else { return };
        let (wire, lives) = (tab.wire, tab.ended.is_none());
        let Some(emulator) = tab.emulator_mut().filter(|emulator| emulator.size() != size) else { return };
        emulator.resize(size);
        if lives {
            effects.push(Effect::Fit(wire, size));
        }
    }

    /// Opens again what has ended.
    pub(in crate::app) fn reopen_shell(&mut self) -> Vec<Effect> {
        let Some(tab) = self.shells.active().filter(|tab| tab.ended.is_some()) else {
            self.notice = Some(Notice::warn("it is still running", self.now));
            return Vec::new();
        };
        let (id, name, kind) = (tab.id.clone(), tab.name.clone(), tab.kind);
        if self.runnable_of(Some(id.clone()), "open a shell in").is_none() {
            return Vec::new();
        }
        let (wire, size) = (self.new_stream(), self.shell_size());
        let Some(tab) = self.shells.active() else { return Vec::new() };
        let source = tab.source_at(size);
        let body = self.body_for(&source, &id, wire, &name, size);
        let fresh = Tab::new(wire, (source, id), kind, &name, body, self.now);
        if let Some(tab) = self.shells.active_mut() {
            *tab = fresh;
        }
        Vec::new()
    }

    /// Another shell in the container of the one on screen; beside one as root it is as root too.
    pub(in crate::app) fn another_shell(&mut self) -> Vec<Effect> {
        let (id, front) = self.shells.active().map(|tab| (tab.id.clone(), tab.kind)).unzip();
        let kind = front.filter(|kind| *kind == Kind::RootShell).unwrap_or(Kind::Shell);
        match self.runnable_of(id, "open a shell in") {
            Some(container) => self.start_shell(kind, &container),
            None => Vec::new(),
        }
    }

    /// Tells programs that asked for it who has the focus, and who has no longer.
    pub(in crate::app) fn follow_focus(&mut self, effects: &mut Vec<Effect>) {
        let wanted =
            (self.focused && self.focus == Pane::Shell).then(|| self.shells.active().map(|tab| tab.wire)).flatten();
        let told = std::mem::replace(&mut self.shells.told_focus, wanted);
        if told == wanted {
            return;
        }
        for (wire, bytes) in [(told, b"\x1b[O"), (wanted, b"\x1b[I")] {
            let Some(tab) = wire.and_then(|wire| self.shells.of(wire)) else { continue };
            let asks = tab.emulator().is_some_and(|emulator| emulator.mode().contains(TermMode::FOCUS_IN_OUT));
            if asks && tab.takes_input() {
                effects.push(Effect::Send(tab.wire, bytes.to_vec()));
            }
        }
    }

    /// Closes the tab on screen; what still runs in it is a question first.
    pub(in crate::app) fn close_shell(&mut self) -> Vec<Effect> {
        let Some(tab) = self.shells.active() else { return Vec::new() };
        let ends = tab.ended.is_none() && tab.began.is_some() && tab.kind != Kind::Attach;
        if !ends {
            return self.drop_tab(tab.wire);
        }
        let lines = vec!["The program in it gets SIGHUP, as when a terminal window closes.".to_string()];
        let title = format!("Close {}?", tab.label());
        let question = Question::new(title, lines, "close", Action::CloseShell(tab.wire));
        self.overlays.push(Overlay::Question(question));
        Vec::new()
    }

    /// A tab goes, with its session.
    pub(in crate::app) fn drop_tab(&mut self, wire: StreamId) -> Vec<Effect> {
        let Some(index) = self.shells.tabs.iter().position(|tab| tab.wire == wire) else { return Vec::new() };
        self.shells.tabs.remove(index);
        if self.shells.active > index || self.shells.active >= self.shells.tabs.len() {
            self.shells.active = self.shells.active.saturating_sub(1);
        }
        self.shells.seen();
        if self.shells.tabs.is_empty() {
            self.shells.over_logs = false;
            if self.focus == Pane::Shell {
                self.leave_shell();
            }
        }
        Vec::new()
    }

    /// A session's stream brought something.
    pub(in crate::app) fn shell_chunk(&mut self, wire: StreamId, chunk: StreamEvent) -> Vec<Effect> {
        let now = self.now;
        if let StreamEvent::Undelivered(bytes) = &chunk {
            let why = format!("the program takes no input: {bytes} bytes were not delivered");
            self.notice = Some(Notice::warn(why, now));
        }
        let looked_at = self.shells.active().is_some_and(|tab| tab.wire == wire);
        let logs = self.options.logs;
        let Some(tab) = self.shells.of(wire) else { return Vec::new() };
        let heard = tab.take(chunk, now, &logs);
        tab.calls |= heard.bell && !looked_at;
        let name = tab.name.clone();
        self.obey(wire, &name, heard)
    }

    /// What the emulator wants done: answers go back, the clipboard as the user chose.
    pub(in crate::app) fn obey(&mut self, wire: StreamId, name: &str, heard: EmulatorOutput) -> Vec<Effect> {
        let mut effects = Vec::new();
        let takes = self.shells.of(wire).is_some_and(|tab| tab.takes_input());
        if !heard.answers.is_empty() && takes {
            effects.push(Effect::Send(wire, heard.answers));
        }
        if let Some(copied) = heard.clipboard.filter(|copied| !copied.is_empty()) {
            effects.extend(self.clipboard_wish(wire, name, copied));
        }
        effects
    }

    /// A program tries to write to the clipboard. It is asked about, or reported, once for each session: no flood of requests
    /// holds the footer or the keyboard.
    fn clipboard_wish(&mut self, wire: StreamId, name: &str, copied: String) -> Option<Effect> {
        let policy = self.options.shell.clipboard;
        let in_front = self.overlays.is_empty()
            && self.focus == Pane::Shell
            && self.shells.active().is_some_and(|tab| tab.wire == wire);
        let tab = self.shells.of(wire)?;
        match policy {
            Clipboard::Allow => return Some(Effect::Copy(copied)),
            Clipboard::Ask if tab.clipboard == Some(true) => return Some(Effect::Copy(copied)),
            _ if tab.clipboard.is_some() => {}
            Clipboard::Ask if !in_front => {}
            Clipboard::Ask => {
                tab.clipboard = Some(false);
                let first: String = secret::fit(&copied).chars().take(200).collect();
                let lines = vec![
                    format!("{} characters: {first}", copied.chars().count()),
                    "Once allowed, it stays allowed for this session.".to_string(),
                ];
                let title = format!("Let {name} write to your clipboard?");
                let question = Question::new(title, lines, "allow", Action::AllowClipboard(wire, copied));
                self.overlays.push(Overlay::Question(question.by_itself(self.now)));
            }
            Clipboard::Off => {
                tab.clipboard = Some(false);
                let why = format!(
                    "{name} tried to write to your clipboard (blocked): set [shell] clipboard = \"ask\" to be asked"
                );
                self.notice = Some(Notice::warn(why, self.now));
            }
        }
        None
    }

    /// A session is over.
    pub(in crate::app) fn shell_ended(&mut self, wire: StreamId, problem: Option<Problem>) {
        let now = self.now;
        let looked_at = self.shells.active().is_some_and(|tab| tab.wire == wire) && self.focus == Pane::Shell;
        let Some(tab) = self.shells.of(wire) else { return };
        tab.end(problem, now);
        tab.calls |= !looked_at;
        let runs = self.snapshot.containers.get(&tab.id).is_some_and(|container| container.state == State::Running);
        let Some(tab) = self.shells.of(wire) else { return };
        // While it is looked at somebody types: what is meant for it must not fall on what would take its place.
        let by_itself = !looked_at
            && matches!(&tab.ended, Some(Ended { code, problem: None, tried, .. })
            if tried.is_empty() && code.is_none_or(|code| code < SIGNALLED));
        let lived = tab.began.is_some() && now.since(tab.since) > SHORT_SECONDS;
        let good = tab.ended.as_ref().is_some_and(|ended| ended.code == Some(0));
        if matches!(tab.kind, Kind::Shell | Kind::RootShell | Kind::Sidecar) && runs && by_itself && (lived || good) {
            let code = tab.ended.as_ref().and_then(|ended| ended.code);
            let code = code.map(|code| format!(", exit {code}")).unwrap_or_default();
            self.notice = Some(Notice::good(format!("{} has ended{code}", tab.label()), now));
            self.drop_tab(wire);
        }
    }
}
