//! What a key sends: the bytes of an xterm (ctlseqs, "PC-Style Function Keys" and "VT220-Style Function Keys").

use alacritty_terminal::term::TermMode;
use crossterm::event::{KeyCode, KeyEvent, KeyEventState, KeyModifiers};

/// The bytes that an xterm in this mode sends for a key. Empty for keys that send nothing.
pub fn encode(event: &KeyEvent, mode: TermMode) -> Vec<u8> {
    let modifiers = event.modifiers;
    let alt = modifiers.contains(KeyModifiers::ALT);
    // With NumLock the keypad types figures, whatever the program wants.
    let keypad = event.state.contains(KeyEventState::KEYPAD)
        && !event.state.contains(KeyEventState::NUM_LOCK)
        && mode.contains(TermMode::APP_KEYPAD);
    if keypad && let Some(last) = keypad_byte(event.code) {
        return vec![0x1b, b'O', last];
    }
    let application = mode.contains(TermMode::APP_CURSOR);
    match event.code {
        KeyCode::Char(c) => character(c, modifiers),
        KeyCode::Null => with_alt(alt, &[0]),
        KeyCode::Enter if mode.contains(TermMode::LINE_FEED_NEW_LINE) => with_alt(alt, b"\r\n"),
        KeyCode::Enter => with_alt(alt, b"\r"),
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => b"\x1b[Z".to_vec(),
        KeyCode::Tab => with_alt(alt, b"\t"),
        KeyCode::BackTab => with_alt(alt, b"\x1b[Z"),
        KeyCode::Esc => with_alt(alt, &[0x1b]),
        // ctrl turns DEL into BS, as xterm does.
        KeyCode::Backspace if modifiers.contains(KeyModifiers::CONTROL) => with_alt(alt, &[0x08]),
        KeyCode::Backspace => with_alt(alt, &[0x7f]),
        KeyCode::Up => cursor(b'A', modifiers, application),
        KeyCode::Down => cursor(b'B', modifiers, application),
        KeyCode::Right => cursor(b'C', modifiers, application),
        KeyCode::Left => cursor(b'D', modifiers, application),
        KeyCode::KeypadBegin => cursor(b'E', modifiers, application),
        KeyCode::End => cursor(b'F', modifiers, application),
        KeyCode::Home => cursor(b'H', modifiers, application),
        KeyCode::F(number @ 1..=4) => cursor(b'O' + number, modifiers, true),
        KeyCode::F(number) => function_number(number).map_or_else(Vec::new, |code| numbered(code, modifiers)),
        KeyCode::Insert => numbered(2, modifiers),
        KeyCode::Delete => numbered(3, modifiers),
        KeyCode::PageUp => numbered(5, modifiers),
        KeyCode::PageDown => numbered(6, modifiers),
        _ => Vec::new(),
    }
}

fn with_alt(alt: bool, bytes: &[u8]) -> Vec<u8> {
    let mut out = if alt { vec![0x1b] } else { Vec::new() };
    out.extend_from_slice(bytes);
    out
}

/// xterm's modifier parameter: one more than the sum of shift 1, alt 2, control 4; none without a modifier.
fn parameter(modifiers: KeyModifiers) -> Option<u8> {
    let sum = u8::from(modifiers.contains(KeyModifiers::SHIFT))
        + 2 * u8::from(modifiers.contains(KeyModifiers::ALT))
        + 4 * u8::from(modifiers.contains(KeyModifiers::CONTROL));
    (sum > 0).then_some(sum + 1)
}

/// Keys whose sequence ends in a letter: `CSI A`, `SS3 A` in application mode, `CSI 1;2A` with a modifier.
fn cursor(last: u8, modifiers: KeyModifiers, application: bool) -> Vec<u8> {
    match parameter(modifiers) {
        Some(parameter) => format!("\x1b[1;{parameter}{}", char::from(last)).into_bytes(),
        None if application => vec![0x1b, b'O', last],
        None => vec![0x1b, b'[', last],
    }
}

/// Keys whose sequence is a number: `CSI 3~`, `CSI 3;5~` with a modifier.
fn numbered(code: u8, modifiers: KeyModifiers) -> Vec<u8> {
    match parameter(modifiers) {
        Some(parameter) => format!("\x1b[{code};{parameter}~").into_bytes(),
        None => format!("\x1b[{code}~").into_bytes(),
    }
}

/// The number of a function key from F5 on; the gaps are the VT220 keyboard's.
fn function_number(key: u8) -> Option<u8> {
    const NUMBERS: [u8; 16] = [15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34];
    NUMBERS.get(usize::from(key.checked_sub(5)?)).copied()
}

fn keypad_byte(code: KeyCode) -> Option<u8> {
    Some(match code {
        KeyCode::Char(digit @ '0'..='9') => b'p' + (digit as u8 - b'0'),
        KeyCode::Char('*') => b'j',
        KeyCode::Char('+') => b'k',
        KeyCode::Char(',') => b'l',
        KeyCode::Char('-') => b'm',
        KeyCode::Char('.') => b'n',
        KeyCode::Char('/') => b'o',
        KeyCode::Char('=') => b'X',
        KeyCode::Enter => b'M',
        _ => return None,
    })
}

fn character(c: char, modifiers: KeyModifiers) -> Vec<u8> {
    let alt = modifiers.contains(KeyModifiers::ALT);
    // An xterm makes DEL of ctrl-? but leaves ctrl-alt-? alone.
    if modifiers.contains(KeyModifiers::CONTROL)
        && !(alt && c == '?')
        && let Some(control) = control_byte(c)
    {
        return with_alt(alt, &[control]);
    }
    let c = if modifiers.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c };
    let mut buffer = [0; 4];
    with_alt(alt, c.encode_utf8(&mut buffer).as_bytes())
}

/// The control character of a key, as xterm and the VT220 make it.
fn control_byte(c: char) -> Option<u8> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => c as u8 & 0x1f,
        ' ' | '@' | '2' | '`' => 0,
        '[' | '3' | '{' => 0x1b,
        '\\' | '4' | '|' => 0x1c,
        ']' | '5' | '}' => 0x1d,
        '^' | '6' | '~' => 0x1e,
        '_' | '7' | '/' => 0x1f,
        '8' | '?' => 0x7f,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(code: KeyCode, modifiers: KeyModifiers, mode: TermMode) -> String {
        String::from_utf8(encode(&KeyEvent::new(code, modifiers), mode)).unwrap()
    }

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;

    #[test]
    fn cursor_keys_follow_the_mode_unless_a_modifier_is_held() {
        assert_eq!(sent(KeyCode::Up, NONE, TermMode::NONE), "\x1b[A");
        assert_eq!(sent(KeyCode::Up, NONE, TermMode::APP_CURSOR), "\x1bOA");
        assert_eq!(sent(KeyCode::Up, CONTROL, TermMode::APP_CURSOR), "\x1b[1;5A");
        assert_eq!(sent(KeyCode::Home, KeyModifiers::SHIFT, TermMode::NONE), "\x1b[1;2H");
    }

    #[test]
    fn control_characters_are_those_of_the_keyboard() {
        assert_eq!(sent(KeyCode::Char('c'), CONTROL, TermMode::NONE), "\x03");
        assert_eq!(sent(KeyCode::Char(' '), CONTROL, TermMode::NONE), "\0");
        // What crossterm makes of FS, GS, RS and US.
        let signs: String = ('4'..='7').map(|c| sent(KeyCode::Char(c), CONTROL, TermMode::NONE)).collect();
        assert_eq!(signs, "\x1c\x1d\x1e\x1f");
        assert_eq!(sent(KeyCode::Char('a'), CONTROL | ALT, TermMode::NONE), "\x1b\x01");
        assert_eq!(sent(KeyCode::Backspace, NONE, TermMode::NONE), "\x7f");
        assert_eq!(sent(KeyCode::Char('h'), CONTROL, TermMode::NONE), "\x08");
    }

    #[test]
    fn alt_is_an_escape_before_the_key() {
        assert_eq!(sent(KeyCode::Char('b'), ALT, TermMode::NONE), "\x1bb");
        assert_eq!(sent(KeyCode::Char('é'), ALT, TermMode::NONE), "\x1bé");
        assert_eq!(sent(KeyCode::Enter, ALT, TermMode::NONE), "\x1b\r");
    }

    #[test]
    fn the_keypad_speaks_for_itself_where_a_program_wants_it() {
        let key = |code| KeyEvent { state: KeyEventState::KEYPAD, ..KeyEvent::new(code, NONE) };
        assert_eq!(encode(&key(KeyCode::Char('5')), TermMode::APP_KEYPAD), b"\x1bOu");
        assert_eq!(encode(&key(KeyCode::Enter), TermMode::APP_KEYPAD), b"\x1bOM");
        assert_eq!(encode(&key(KeyCode::Char('5')), TermMode::NONE), b"5");
    }
}
