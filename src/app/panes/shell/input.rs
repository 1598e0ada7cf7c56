//! What keys, pastes and the mouse do while the shell pane has the focus.

use super::emulator::Emulator;
use super::keys::encode;
use super::paste::{is_many_lines, prepared};
use super::pointer::{Report, report};
use super::tab::{Body, Tab};
use super::view::Shells;
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Component, Cx};
use crate::app::key::Key;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::widgets::question::Question;
use crate::model::{StreamId, secret, text};
use alacritty_terminal::index::Side;
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::TermMode;
use crossterm::event::{KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Lines that one notch of the wheel scrolls.
const WHEEL: i32 = 3;
/// Lines of a paste that the question shows.
const SHOWN_LINES: usize = 5;

impl Shells {
    /// A key while the shell pane has the focus and nothing lies above it. None if it is not the shell's affair.
    pub(in crate::app) fn key(&mut self, cx: &Cx, event: &KeyEvent) -> Option<Vec<Action>> {
        if !cx.focused {
            return None;
        }
        let pressed = Key::of(event);
        let is_prefix = cx.options.keymap.keys_of(Command::ShellPrefix).contains(&pressed);
        let tab = self.active()?;
        let (stream, takes, copies, never_ran) = (tab.stream, tab.takes_input(), tab.copy.is_some(), tab.never_ran());
        if copies {
            return Some(vec![command_in(cx, KeyContext::Scrollback, pressed)]);
        }
        if std::mem::take(&mut self.prefix) {
            if is_prefix && takes {
                return Some(self.type_in(event, stream));
            }
            return Some(behind_prefix(cx, event));
        }
        if is_prefix {
            self.prefix = true;
            return Some(Vec::new());
        }
        if takes {
            return Some(self.type_in(event, stream));
        }
        // There is nothing to be read of it.
        if never_ran && cx.options.keymap.keys_of(Command::Open).contains(&pressed) {
            return Some(self.close(cx));
        }
        // Nothing can be typed here: the pane's keys work by themselves.
        Some(vec![command_in(cx, KeyContext::Shell, pressed)])
    }

    /// A key goes into the shell; what is scrolled back comes to the bottom.
    fn type_in(&mut self, event: &KeyEvent, stream: StreamId) -> Vec<Action> {
        let Some(emulator) = self.of(stream).and_then(Tab::emulator_mut) else { return Vec::new() };
        let bytes = encode(event, emulator.mode());
        if bytes.is_empty() {
            return Vec::new();
        }
        emulator.to_bottom();
        emulator.unselect();
        send(stream, bytes)
    }

    /// Text was pasted into the shell on screen.
    pub(in crate::app) fn paste(&self, pasted: &str) -> Option<Action> {
        let tab = self.active().filter(|tab| tab.takes_input() && tab.copy.is_none())?;
        let bracketed = tab.emulator()?.mode().contains(TermMode::BRACKETED_PASTE);
        let bytes = prepared(pasted, bracketed);
        if bracketed || !is_many_lines(pasted) {
            return Some(Action::Effect(Effect::Send(tab.stream, bytes)));
        }
        // Terminals hand line ends on as the enter key makes them.
        let pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let all: Vec<&str> = pasted.lines().collect();
        let mut lines = vec!["The program cannot tell pasted text from typing: each line runs at once.".to_string()];
        let mut secrets = secret::Lines::default();
        let shown = |line: &&str| text::clean(&secrets.told(line)).chars().take(60).collect();
        lines.extend(all.iter().take(SHOWN_LINES).map(shown));
        if all.len() > SHOWN_LINES {
            lines.push(format!("and {} more", all.len() - SHOWN_LINES));
        }
        let noun = if all.len() == 1 { "line" } else { "lines" };
        let title = format!("Paste {} {noun} into {}?", all.len(), tab.label());
        let question = Question::new(title, lines, "paste", Action::Paste(tab.stream, bytes));
        Some(Action::Open(Box::new(Overlay::Question(question))))
    }

    /// The paste was agreed to.
    pub(in crate::app) fn paste_into(&mut self, cx: &Cx, stream: StreamId, bytes: Vec<u8>) -> Vec<Action> {
        match self.of(stream).filter(|tab| tab.takes_input()) {
            Some(_) => send(stream, bytes),
            None => vec![cx.warn("the shell ended before the paste: nothing was pasted")],
        }
    }
}

/// Bytes go into a session, if there are any.
fn send(stream: StreamId, bytes: Vec<u8>) -> Vec<Action> {
    if bytes.is_empty() { Vec::new() } else { vec![Action::Effect(Effect::Send(stream, bytes))] }
}

/// The key behind the prefix. Escape and a key that come at once, as over a slow link, are told as one with alt.
fn behind_prefix(cx: &Cx, event: &KeyEvent) -> Vec<Action> {
    let pressed = Key::of(event);
    let escaped =
        event.modifiers.contains(KeyModifiers::ALT) && cx.options.keymap.command(KeyContext::Shell, pressed).is_none();
    if !escaped {
        return vec![command_in(cx, KeyContext::Shell, pressed)];
    }
    let escape = KeyEvent::new(crossterm::event::KeyCode::Esc, KeyModifiers::NONE);
    let rest = KeyEvent { modifiers: event.modifiers - KeyModifiers::ALT, ..*event };
    vec![command_in(cx, KeyContext::Shell, Key::of(&escape)), Action::Key(rest)]
}

fn command_in(cx: &Cx, context: KeyContext, pressed: Key) -> Action {
    let keymap = &cx.options.keymap;
    let found = keymap.command(context, pressed).or_else(|| {
        // Capitals only: what is typed just after a shell has ended must not open another.
        let sessions = [Command::Sidecar, Command::Exec, Command::Attach];
        keymap
            .command(KeyContext::Fleet, pressed)
            .filter(|found| context == KeyContext::Shell && sessions.contains(found))
    });
    match found {
        // Meant for a shell that has just ended, most likely: it must not end bowline.
        Some(Command::Exit) => {
            let (close, leave) = (cx.key(Command::CloseShell), cx.key(Command::LeaveShell));
            cx.warn(format!("no shell runs here: {close} closes the tab, {leave} leaves the pane"))
        }
        Some(found) => Action::Command(found),
        None => cx.warn(format!("{pressed} does nothing here; {} shows the keys", cx.key(Command::Help))),
    }
}

impl Shells {
    /// An event of the mouse over the shell's screen.
    pub(in crate::app) fn mouse(&mut self, cx: &Cx, event: MouseEvent) -> Vec<Action> {
        let area = cx.area;
        let at = Position { x: event.column, y: event.row };
        let inside = area.contains(at);
        let (selecting, pressed) = (self.selecting, self.pressed);
        let Some(tab) = self.active_mut() else { return Vec::new() };
        let (stream, takes) = (tab.stream, tab.takes_input());
        let Body::Terminal(emulator) = &mut tab.body else {
            match event.kind {
                MouseEventKind::ScrollUp => self.scroll(cx, -(WHEEL as isize)),
                MouseEventKind::ScrollDown => self.scroll(cx, WHEEL as isize),
                _ => {}
            }
            return Vec::new();
        };
        let mode = emulator.mode();
        let place = Report {
            column: at.x.clamp(area.x, area.right().saturating_sub(1)) - area.x,
            row: at.y.clamp(area.y, area.bottom().saturating_sub(1)) - area.y,
        };
        // With shift the mouse is bowline's, as it is the terminal's in an xterm.
        let own = event.modifiers.contains(KeyModifiers::SHIFT) || tab.copy.is_some() || selecting;
        if takes && !own && mode.intersects(TermMode::MOUSE_MODE) {
            // What did not begin here is nothing to the program.
            let goes_on = matches!(event.kind, MouseEventKind::Up(_) | MouseEventKind::Drag(_));
            let concerned = if goes_on { pressed == Some(stream) } else { inside };
            let bytes = if concerned { report(&event, place, mode) } else { Vec::new() };
            match event.kind {
                MouseEventKind::Down(_) if concerned => self.pressed = Some(stream),
                MouseEventKind::Up(_) => self.pressed = None,
                _ => {}
            }
            return send(stream, bytes);
        }
        match event.kind {
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown if inside => {
                let up = event.kind == MouseEventKind::ScrollUp;
                wheel(emulator, stream, takes, up)
            }
            MouseEventKind::Down(MouseButton::Left) if inside => {
                let point = emulator.point(place.column, place.row);
                emulator.xterm.term.selection = Some(Selection::new(SelectionType::Simple, point, Side::Left));
                self.selecting = true;
                Vec::new()
            }
            MouseEventKind::Drag(MouseButton::Left) if selecting => {
                drag(emulator, place, at, area);
                Vec::new()
            }
            MouseEventKind::Up(MouseButton::Left) if selecting => {
                let copied = emulator.xterm.term.selection_to_string().unwrap_or_default();
                if copied.is_empty() {
                    emulator.unselect();
                }
                self.selecting = false;
                if copied.is_empty() { Vec::new() } else { vec![Action::Effect(Effect::Copy(copied))] }
            }
            _ => Vec::new(),
        }
    }
}

/// The wheel: through the scrollback, or as arrow keys where a program has the alternate screen (mode 1007).
fn wheel(emulator: &mut Emulator, stream: StreamId, takes: bool, up: bool) -> Vec<Action> {
    let mode = emulator.mode();
    if mode.contains(TermMode::ALT_SCREEN) {
        if !takes || !mode.contains(TermMode::ALTERNATE_SCROLL) {
            return Vec::new();
        }
        let code = if up { crossterm::event::KeyCode::Up } else { crossterm::event::KeyCode::Down };
        let key = encode(&KeyEvent::new(code, KeyModifiers::NONE), mode);
        return send(stream, key.repeat(WHEEL as usize));
    }
    emulator.scroll(if up { WHEEL } else { -WHEEL });
    Vec::new()
}

/// The selection follows the mouse; beyond the edge the screen scrolls.
fn drag(emulator: &mut Emulator, place: Report, at: Position, area: Rect) {
    if at.y < area.y {
        emulator.scroll(1);
    } else if at.y >= area.bottom() {
        emulator.scroll(-1);
    }
    let point = emulator.point(place.column, place.row);
    if let Some(selection) = &mut emulator.xterm.term.selection {
        selection.update(point, Side::Right);
    }
}
