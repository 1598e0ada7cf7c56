//! No command is silent: wherever it is given, something changes, an effect follows, or a sentence says why not.

use super::harness::*;
use bowline::app::{COMMANDS, Command, CommandSpec, KeyContext, Msg, Overlay, resource};
use bowline::model::*;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// A cockpit in which there is something to do where the keys of a context are in force.
fn populated(context: KeyContext) -> Session {
    let mut session = match context {
        KeyContext::Anywhere | KeyContext::Fleet => logs("jj<space>"),
        KeyContext::Logs => logs("l/GET<enter><right>"),
        KeyContext::Resources => {
            let mut session = super::lists::shop((160, 45));
            session.keys("3j");
            session
        }
        KeyContext::Processes => super::shells::with_processes(),
        KeyContext::Files => {
            let mut session = super::files::browsing((160, 45));
            session.keys("j");
            session
        }
        KeyContext::Inspect => {
            let (mut session, _) = super::inspect::inspecting((160, 45));
            session.keys("jj/name<enter>");
            session
        }
        KeyContext::Shell | KeyContext::Scrollback => {
            let mut session = Session::shop((160, 45));
            session.shell();
            session.keys("<ctrl-]>c");
            let wire = session.shell_wire();
            let began = SessionInfo { command: "/bin/sh".into(), user: "root".into(), tty: true, input: true };
            session.send(Msg::Chunk(wire, StreamEvent::Began(began)));
            session.output(wire, b"one two three\r\nfour five six\r\n".repeat(40).as_slice());
            session.keys(if context == KeyContext::Shell { "<ctrl-]>" } else { "<ctrl-]>[/five<enter>kl" });
            session
        }
        KeyContext::Menu
        | KeyContext::Question
        | KeyContext::Typing
        | KeyContext::Reading
        | KeyContext::Line
        | KeyContext::Events
        | KeyContext::Sql
        | KeyContext::Transfers
        | KeyContext::Compose => panic!("what lies above the cockpit has tests of its own"),
    };
    session.app.notice = None;
    session.take_effects();
    session
}

/// The shop with a log of many lines, and a cursor that can move either way.
fn logs(keys: &str) -> Session {
    let mut session = Session::shop((160, 45));
    let lines: Vec<(&str, Level)> = (0..200)
        .map(
            |number| {
                if number % 50 == 0 { ("error: refused", Level::Error) } else { ("GET /v1/orders 200", Level::Info) }
            },
        )
        .collect();
    session.log(&lines);
    session.keys(keys);
    session
}

/// A key by its name in the table.
fn press(session: &mut Session, name: &str) {
    let (name, modifiers) = match name.strip_prefix("ctrl-") {
        Some(name) => (name, KeyModifiers::CONTROL),
        None => (name, KeyModifiers::NONE),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "delete" => KeyCode::Delete,
        "backspace" => KeyCode::Backspace,
        "f5" => KeyCode::F(5),
        "f12" => KeyCode::F(12),
        name => {
            let mut letters = name.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => KeyCode::Char(letter),
                _ => panic!("the key {name} is not known here"),
            }
        }
    };
    session.send(Msg::Input(Event::Key(KeyEvent::new(code, modifiers))));
}

/// The commands that the palette has in all panes, and that never find all as they would make it.
fn in_palette() -> impl Iterator<Item = &'static CommandSpec> {
    let is_there = |at: KeyContext| !at.is_overlay() && at != KeyContext::Scrollback;
    let specs = COMMANDS.iter().filter(move |spec| spec.places().any(|(at, _)| is_there(at)));
    specs.filter(|spec| !is_at_rest(spec.command))
}

/// Gives a command by its name, from the palette.
fn give(session: &mut Session, spec: &CommandSpec) {
    session.keys(":").keys(spec.name);
    let Some(Overlay::Menu(menu)) = session.app.overlays.last_mut() else { panic!("no palette for {}", spec.name) };
    let row = menu.shown().position(|item| item.label == spec.name).expect("each command is in the palette");
    menu.put_cursor(row);
    session.keys("<enter>");
}

/// True if nothing follows that somebody could notice: no effect, no sentence, nothing on top, no other state.
fn is_silent(make: impl Fn() -> Session, give: impl Fn(&mut Session)) -> bool {
    let mut session = make();
    give(&mut session);
    let said = session.app.notice.as_ref().map(|notice| !notice.text.contains("does nothing here"));
    if !session.effects.is_empty() || said == Some(true) || !session.app.overlays.is_empty() {
        return false;
    }
    // To print the whole state is slow: only where nothing else shows.
    let mut session = make();
    let before = state(&session);
    give(&mut session);
    session.app.notice = None;
    state(&session) == before
}

/// All that the cockpit knows, but for how many keys were pressed.
fn state(session: &Session) -> String {
    let whole = format!("{:?}", session.app);
    let (before, rest) = whole.split_once("input_count: ").expect("keys are counted");
    format!("{before}{}", rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

#[test]
fn every_key_does_something_where_it_is_in_force() {
    let mut silent = Vec::new();
    for spec in COMMANDS {
        // Where the cursor of a scrollback stands is known to its emulator alone.
        let is_seen = |context: KeyContext| !context.is_overlay() && context != KeyContext::Scrollback;
        for (context, keys) in spec.places().filter(|(context, _)| is_seen(*context)) {
            let at_rest = matches!(spec.command, Command::FocusFleet | Command::Right);
            for key in keys.iter().filter(|_| !at_rest) {
                if !is_silent(|| populated(context), |session| press(session, key)) {
                    continue;
                }
                silent.push(format!("{} ({key}) in {context:?}", spec.name));
            }
        }
    }
    assert_eq!(silent, [""; 0]);
}

#[test]
fn every_command_does_something_in_every_pane_or_says_why_not() {
    let mut silent = Vec::new();
    for context in KeyContext::ALL.into_iter().filter(|context| !context.is_modal()) {
        for spec in in_palette() {
            if is_silent(|| populated(context), |session| give(session, spec)) {
                silent.push(format!("{} in {context:?}", spec.name));
            }
        }
    }
    assert_eq!(silent, [""; 0]);
}

#[test]
fn every_command_does_something_in_every_list_or_says_why_not() {
    let mut silent = Vec::new();
    for list in resource::LISTS.iter().map(|list| list.command.spec().keys[0]) {
        let in_list = || {
            let mut session = super::lists::shop((160, 45));
            session.keys(list).keys("j");
            session.app.notice = None;
            session.take_effects();
            session
        };
        for spec in in_palette() {
            if is_silent(in_list, |session| give(session, spec)) {
                silent.push(format!("{} in list {list}", spec.name));
            }
        }
    }
    assert_eq!(silent, [""; 0]);
}

/// What may find nothing to do because all is as it would make it: a cursor at an end, a pane that has the keys already.
fn is_at_rest(command: Command) -> bool {
    use Command as C;
    let moves = matches!(command, C::First | C::Last | C::PageUp | C::PageDown | C::Up | C::Down | C::Left | C::Right);
    let goes = matches!(command, C::FocusFleet | C::FocusLogs | C::FocusProcesses | C::FocusFiles | C::FocusInspect);
    let shows = resource::LISTS.iter().any(|list| list.command == command);
    moves || goes || shows || matches!(command, C::Back | C::Open | C::MarkClear | C::Follow)
}
