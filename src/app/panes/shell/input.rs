//! What keys, pastes and the mouse do while the shell pane has the focus.

use super::copy_mode::{CopyMode, Motion};
use super::emulator::Emulator;
use super::keys::encode;
use super::paste::{is_many_lines, prepared};
use super::pointer::{Report, report};
use super::tab::{Body, Tab};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::input;
use crate::app::key::Key;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::{Prompt, TextFor};
use crate::app::widgets::question::Question;
use crate::app::widgets::scrolling;
use crate::app::widgets::units;
use crate::model::{Stream, StreamId, secret, text};
use alacritty_terminal::index::Side;
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::TermMode;
use crossterm::event::{KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Lines that one notch of the wheel scrolls.
const WHEEL: i32 = 3;
/// Lines of a paste that the question shows.
const SHOWN_LINES: usize = 5;

/// A key while the shell pane has the focus and nothing lies above it. None if it is not the shell's affair.
pub fn key(app: &mut App, event: &KeyEvent) -> Option<Vec<Effect>> {
    if app.focus != Pane::Shell {
        return None;
    }
    let pressed = Key::of(event);
    let is_prefix = app.options.keymap.keys_of(Command::ShellPrefix).contains(&pressed);
    let tab = app.shells.active()?;
    let (wire, takes, copies, never_ran) = (tab.wire, tab.takes_input(), tab.copy.is_some(), tab.never_ran());
    if copies {
        return Some(command_in(app, KeyContext::Scrollback, pressed));
    }
    if std::mem::take(&mut app.shells.prefix) {
        app.notice = None;
        if is_prefix && takes {
            return Some(type_in(app, event, wire));
        }
        return Some(behind_prefix(app, event));
    }
    if is_prefix {
        app.notice = None;
        app.shells.prefix = true;
        return Some(Vec::new());
    }
    if takes {
        return Some(type_in(app, event, wire));
    }
    // There is nothing to be read of it.
    if never_ran && app.options.keymap.keys_of(Command::Open).contains(&pressed) {
        return Some(app.close_shell());
    }
    // Nothing can be typed here: the pane's keys work by themselves.
    Some(command_in(app, KeyContext::Shell, pressed))
}

/// The key behind the prefix. Escape and a key that come at once, as over a slow link, are told as one with alt.
fn behind_prefix(app: &mut App, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    let escaped =
        event.modifiers.contains(KeyModifiers::ALT) && app.options.keymap.command(KeyContext::Shell, pressed).is_none();
    if !escaped {
        return command_in(app, KeyContext::Shell, pressed);
    }
    let escape = KeyEvent::new(crossterm::event::KeyCode::Esc, KeyModifiers::NONE);
    let mut effects = command_in(app, KeyContext::Shell, Key::of(&escape));
    let rest = KeyEvent { modifiers: event.modifiers - KeyModifiers::ALT, ..*event };
    effects.extend(input::key(app, &rest));
    effects
}

fn command_in(app: &mut App, room: KeyContext, pressed: Key) -> Vec<Effect> {
    let keymap = &app.options.keymap;
    let found = keymap.command(room, pressed).or_else(|| {
        // Capitals only: what is typed just after a shell has ended must not open another.
        let sessions = [Command::Sidecar, Command::Exec, Command::Attach];
        keymap.command(KeyContext::Fleet, pressed).filter(|found| room == KeyContext::Shell && sessions.contains(found))
    });
    match found {
        // Meant for a shell that has just ended, most likely: it must not end bowline.
        Some(Command::Exit) => {
            let close = keymap.shown(Command::CloseShell).unwrap_or_default();
            let leave = keymap.shown(Command::LeaveShell).unwrap_or_default();
            let why = format!("no shell runs here: {close} closes the tab, {leave} leaves the pane");
            app.notice = Some(Notice::warn(why, app.now));
            Vec::new()
        }
        Some(found) => input::command(app, found),
        None => {
            let help = app.options.keymap.shown(Command::Help).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("{pressed} does nothing here; {help} shows the keys"), app.now));
            Vec::new()
        }
    }
}

/// A key goes into the shell; what is scrolled back comes to the bottom.
fn type_in(app: &mut App, event: &KeyEvent, wire: StreamId) -> Vec<Effect> {
    let Some(emulator) = app.shells.of(wire).and_then(Tab::emulator_mut) else { return Vec::new() };
    let bytes = encode(event, emulator.mode());
    if bytes.is_empty() {
        return Vec::new();
    }
    emulator.to_bottom();
    emulator.unselect();
    app.notice = None;
    vec![Effect::Send(wire, bytes)]
}

/// Text was pasted into the shell on screen.
pub fn paste(app: &mut App, pasted: &str) -> Vec<Effect> {
    let Some(tab) = app.shells.active().filter(|tab| tab.takes_input() && tab.copy.is_none()) else {
        return Vec::new();
    };
    let (wire, Some(emulator)) = (tab.wire, tab.emulator()) else { return Vec::new() };
    let bracketed = emulator.mode().contains(TermMode::BRACKETED_PASTE);
    let bytes = prepared(pasted, bracketed);
    if bracketed || !is_many_lines(pasted) {
        return vec![Effect::Send(wire, bytes)];
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
    app.overlays.push(Overlay::Question(Question::new(title, lines, "paste", Action::Paste(wire, bytes))));
    Vec::new()
}

/// A command of the shell's rooms.
pub fn command(app: &mut App, wish: Command) -> Vec<Effect> {
    match wish {
        Command::NextShell => turn(app, 1),
        Command::PreviousShell => turn(app, -1),
        Command::AnotherShell => app.another_shell(),
        Command::Reopen => app.reopen_shell(),
        Command::CloseShell => app.close_shell(),
        Command::LeaveShell => {
            let failed = app.shells.active().filter(|tab| tab.never_ran()).map(|tab| tab.wire);
            let effects = failed.map(|wire| app.drop_tab(wire)).unwrap_or_default();
            if app.focus == Pane::Shell {
                app.leave_shell();
            }
            effects
        }
        Command::SendLine => ask_line(app),
        Command::SaveOutput => ask_where(app),
        Command::Scrollback => {
            begin_copy(app);
            Vec::new()
        }
        _ => copy_command(app, wish),
    }
}

fn turn(app: &mut App, steps: isize) -> Vec<Effect> {
    app.shells.turn(steps);
    Vec::new()
}

fn begin_copy(app: &mut App) {
    let Some(tab) = app.shells.active_mut() else { return };
    if let Body::Terminal(emulator) = &mut tab.body {
        tab.copy = Some(CopyMode::begin(emulator));
    }
}

/// The scrollback's own commands.
fn copy_command(app: &mut App, wish: Command) -> Vec<Effect> {
    let half = i32::from(app.shell_size().rows / 2).max(1);
    let Some(tab) = app.shells.active_mut() else { return Vec::new() };
    let (Some(copy), Body::Terminal(emulator)) = (&mut tab.copy, &mut tab.body) else { return Vec::new() };
    match wish {
        Command::Down => copy.go(emulator, Motion::Lines(1)),
        Command::Up => copy.go(emulator, Motion::Lines(-1)),
        Command::PageDown => copy.go(emulator, Motion::Lines(half)),
        Command::PageUp => copy.go(emulator, Motion::Lines(-half)),
        Command::First => copy.go(emulator, Motion::First),
        Command::Last => copy.go(emulator, Motion::Last),
        Command::Left => copy.go(emulator, Motion::Left),
        Command::Right => copy.go(emulator, Motion::Right),
        Command::CopyNextWord => copy.go(emulator, Motion::NextWord),
        Command::CopyPreviousWord => copy.go(emulator, Motion::PreviousWord),
        Command::CopyLineStart => copy.go(emulator, Motion::LineStart),
        Command::CopyLineEnd => copy.go(emulator, Motion::LineEnd),
        Command::Select => copy.select(emulator, SelectionType::Simple),
        Command::SelectLines => copy.select(emulator, SelectionType::Lines),
        Command::SelectBlock => copy.select(emulator, SelectionType::Block),
        Command::SearchNext | Command::SearchPrevious if copy.search.is_empty() => app.say_no_search(),
        Command::SearchNext | Command::SearchPrevious => {
            let found = copy.find(emulator, wish == Command::SearchNext);
            if !found {
                let what = copy.search.clone();
                app.notice = Some(Notice::warn(format!("'{what}' not found in the scrollback"), app.now));
            }
        }
        Command::Filter => {
            let help = "upwards; capitals match case; n N for next and previous";
            app.ask_text(Prompt::search(KeyContext::Scrollback).help(help));
        }
        Command::Copy => {
            let copied = copy.text(emulator);
            end_copy(tab);
            return copied_effects(copied);
        }
        Command::LeaveScrollback => end_copy(tab),
        _ => {}
    }
    Vec::new()
}

fn end_copy(tab: &mut Tab) {
    tab.copy = None;
    if let Body::Terminal(emulator) = &mut tab.body {
        CopyMode::end(emulator);
    }
}

/// Text goes to the clipboard.
fn copied_effects(copied: String) -> Vec<Effect> {
    if copied.is_empty() { Vec::new() } else { vec![Effect::Copy(copied)] }
}

/// A text was typed.
pub fn typed(app: &mut App, what: &TextFor, text: &str) -> Vec<Effect> {
    match what {
        TextFor::Search => search(app, text),
        TextFor::SaveAs(wire) => return save_as(app, *wire, text),
        TextFor::Line(wire) => return send_line(app, *wire, text),
        TextFor::Filter | TextFor::Time | TextFor::Path | TextFor::CopyIn(..) | TextFor::CopyOut(..) => {}
    }
    Vec::new()
}

/// Searches the scrollback for what was typed.
fn search(app: &mut App, what: &str) {
    let Some(tab) = app.shells.active_mut() else { return };
    let (Some(copy), Body::Terminal(emulator)) = (&mut tab.copy, &mut tab.body) else { return };
    copy.search = what.to_string();
    if !what.is_empty() && !copy.find(emulator, true) {
        app.notice = Some(Notice::warn(format!("'{what}' not found in the scrollback"), app.now));
    }
}

fn ask_where(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.shells.active() else { return Vec::new() };
    let word: String = tab.label().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let time = units::date_and_clock(app.now, app.options.logs.utc_offset).replace([' ', ':'], "-");
    let wire = tab.wire;
    let help = "a path; separate stderr goes to a file beside it";
    let path = format!("{word}-{time}.txt");
    let prompt = Prompt::new("save as ", help, &path, KeyContext::Shell, TextFor::SaveAs(wire));
    app.overlays.push(Overlay::Prompt(prompt));
    Vec::new()
}

fn ask_line(app: &mut App) -> Vec<Effect> {
    match app.shells.active().filter(|tab| tab.takes_lines()).map(|tab| tab.wire) {
        Some(wire) => {
            let help = "enter sends it with a newline";
            let prompt = Prompt::new("send ", help, "", KeyContext::Shell, TextFor::Line(wire));
            app.overlays.push(Overlay::Prompt(prompt));
        }
        None => app.notice = Some(Notice::warn("this session has no stdin to send a line to", app.now)),
    }
    Vec::new()
}

/// A line goes to a session without a terminal.
fn send_line(app: &mut App, wire: StreamId, line: &str) -> Vec<Effect> {
    match app.shells.of(wire).filter(|tab| tab.takes_lines()) {
        Some(_) => vec![Effect::Send(wire, format!("{line}\n").into_bytes())],
        None => {
            app.notice = Some(Notice::warn("nothing sent: the session has ended", app.now));
            Vec::new()
        }
    }
}

/// Saves what a session wrote; standard error beside it, where it is told apart.
fn save_as(app: &mut App, wire: StreamId, path: &str) -> Vec<Effect> {
    if path.trim().is_empty() {
        return Vec::new();
    }
    let Some(tab) = app.shells.of(wire) else {
        app.notice = Some(Notice::warn("nothing saved: the tab was closed", app.now));
        return Vec::new();
    };
    let path = path.trim();
    let files = match &tab.body {
        Body::Terminal(emulator) => vec![(path.to_string(), emulator.text().into_bytes())],
        Body::Lines(lines) => {
            let errors = lines.bytes_of(Stream::Err);
            let mut files = vec![(path.to_string(), lines.bytes_of(Stream::Out))];
            if !errors.is_empty() {
                files.push((format!("{path}.stderr"), errors));
            }
            files
        }
    };
    vec![Effect::Save(files)]
}

/// An event of the mouse over the shell's screen.
pub fn mouse(app: &mut App, event: MouseEvent, area: Rect) -> Vec<Effect> {
    let at = Position { x: event.column, y: event.row };
    let inside = area.contains(at);
    let (selecting, pressed) = (app.shells.selecting, app.shells.pressed);
    let Some(tab) = app.shells.active_mut() else { return Vec::new() };
    let (wire, takes) = (tab.wire, tab.takes_input());
    let Body::Terminal(emulator) = &mut tab.body else {
        match event.kind {
            MouseEventKind::ScrollUp => scrolling::scroll_shell(app, -(WHEEL as isize)),
            MouseEventKind::ScrollDown => scrolling::scroll_shell(app, WHEEL as isize),
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
        let concerned = if goes_on { pressed == Some(wire) } else { inside };
        let bytes = if concerned { report(&event, place, mode) } else { Vec::new() };
        match event.kind {
            MouseEventKind::Down(_) if concerned => app.shells.pressed = Some(wire),
            MouseEventKind::Up(_) => app.shells.pressed = None,
            _ => {}
        }
        return if bytes.is_empty() { Vec::new() } else { vec![Effect::Send(wire, bytes)] };
    }
    match event.kind {
        MouseEventKind::ScrollUp | MouseEventKind::ScrollDown if inside => {
            let up = event.kind == MouseEventKind::ScrollUp;
            wheel(emulator, wire, takes, up)
        }
        MouseEventKind::Down(MouseButton::Left) if inside => {
            let point = emulator.point(place.column, place.row);
            emulator.xterm.term.selection = Some(Selection::new(SelectionType::Simple, point, Side::Left));
            app.shells.selecting = true;
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
            app.shells.selecting = false;
            copied_effects(copied)
        }
        _ => Vec::new(),
    }
}

/// The wheel: through the scrollback, or as arrow keys where a program has the alternate screen (mode 1007).
fn wheel(emulator: &mut Emulator, wire: StreamId, takes: bool, up: bool) -> Vec<Effect> {
    let mode = emulator.mode();
    if mode.contains(TermMode::ALT_SCREEN) {
        if !takes || !mode.contains(TermMode::ALTERNATE_SCROLL) {
            return Vec::new();
        }
        let code = if up { crossterm::event::KeyCode::Up } else { crossterm::event::KeyCode::Down };
        let key = encode(&KeyEvent::new(code, KeyModifiers::NONE), mode);
        return vec![Effect::Send(wire, key.repeat(WHEEL as usize))];
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
