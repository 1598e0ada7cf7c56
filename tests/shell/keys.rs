//! Every key, with every modifier, against what a real xterm sent for it (`recorded/xterm-keys.tsv`).

use alacritty_terminal::term::TermMode;
use bowline::app::encode;
use crossterm::event::{KeyCode, KeyEvent, KeyEventState, KeyModifiers};

const RECORDED: &str = include_str!("recorded/xterm-keys.tsv");

/// A line of the record.
struct Sent<'a> {
    mode: TermMode,
    modifiers: KeyModifiers,
    numlock: bool,
    key: &'a str,
    bytes: Vec<u8>,
    line: &'a str,
}

fn recorded() -> impl Iterator<Item = Sent<'static>> {
    RECORDED.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [mode, modifiers, key, hex] = fields.as_slice() else { panic!("odd line {line:?}") };
        let mode = match *mode {
            "normal" => TermMode::NONE,
            "application-cursor" => TermMode::APP_CURSOR,
            "application-keypad" => TermMode::APP_KEYPAD,
            other => panic!("unknown mode {other}"),
        };
        let has = |name: &str| modifiers.split('+').any(|modifier| modifier == name);
        let mut held = KeyModifiers::NONE;
        held.set(KeyModifiers::SHIFT, has("shift"));
        held.set(KeyModifiers::ALT, has("alt"));
        held.set(KeyModifiers::CONTROL, has("ctrl"));
        let bytes = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hex"));
        Sent { mode, modifiers: held, numlock: has("numlock"), key, bytes: bytes.collect(), line }
    })
}

/// The key as the terminal library names it: what shift makes of a sign is another sign (the recorded keyboard was a US one).
fn code(key: &str, shift: bool) -> KeyCode {
    let (plain, with_shift) = ("1234567890-[]\\/,.", "!@#$%^&*()_{}|?<>");
    if let Some(at) = plain.find(key).filter(|_| shift && key.len() == 1) {
        return KeyCode::Char(char::from(with_shift.as_bytes()[at]));
    }
    match key {
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Insert" => KeyCode::Insert,
        "Delete" => KeyCode::Delete,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Tab" => KeyCode::Tab,
        "Return" => KeyCode::Enter,
        "BackSpace" => KeyCode::Backspace,
        "Escape" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        key if key.len() == 1 => KeyCode::Char(key.chars().next().expect("one")),
        key => {
            let number = key.strip_prefix('F').and_then(|number| number.parse().ok());
            KeyCode::F(number.unwrap_or_else(|| panic!("unknown key {key}")))
        }
    }
}

fn described(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn keys_send_what_an_xterm_sends() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for sent in recorded().filter(|sent| !sent.key.starts_with("KP_")) {
        let event = KeyEvent::new(code(sent.key, sent.modifiers.contains(KeyModifiers::SHIFT)), sent.modifiers);
        let ours = encode(&event, sent.mode);
        checked += 1;
        if ours != sent.bytes {
            wrong.push(format!("{}: xterm {} ours {}", sent.line, described(&sent.bytes), described(&ours)));
        }
    }
    assert!(checked > 600, "only {checked} keys");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_keypad_sends_what_an_xterm_sends() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    // Without modifiers: with them an xterm speaks a form of its own that no terminal library tells apart.
    let plain = |sent: &Sent| sent.key.starts_with("KP_") && sent.modifiers == KeyModifiers::NONE;
    for sent in recorded().filter(plain) {
        let code = match sent.key.trim_start_matches("KP_") {
            "Add" => KeyCode::Char('+'),
            "Subtract" => KeyCode::Char('-'),
            "Multiply" => KeyCode::Char('*'),
            "Divide" => KeyCode::Char('/'),
            "Enter" => KeyCode::Enter,
            "Decimal" if sent.numlock => KeyCode::Char('.'),
            digit if sent.numlock => KeyCode::Char(digit.chars().next().expect("a digit")),
            // Without NumLock these are the cursor keys, checked above.
            _ => continue,
        };
        let lock = if sent.numlock { KeyEventState::NUM_LOCK } else { KeyEventState::NONE };
        let event = KeyEvent { state: KeyEventState::KEYPAD | lock, ..KeyEvent::new(code, KeyModifiers::NONE) };
        let ours = encode(&event, sent.mode);
        checked += 1;
        if ours != sent.bytes {
            wrong.push(format!("{}: xterm {} ours {}", sent.line, described(&sent.bytes), described(&ours)));
        }
    }
    assert!(checked > 20, "only {checked} keys");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}
