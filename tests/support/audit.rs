//! An auditor of terminal output: only what bowline means to write passes.
//!
//! It is stricter than a terminal. A terminal forgives half a sequence or an unknown one; here each is a
//! finding, because each could be a container speaking to the terminal behind bowline's back.

/// What may pass beyond the plain set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// OSC 52: the operator copied something.
    Clipboard,
    /// OSC 0 and 2: the window's title.
    Title,
    /// What an editor may have left is set right, all of it at once.
    Tidy,
}

/// A keyboard protocol, application modes, margins, wrapping, insertion and character set, as they are by default.
const TIDY: &[u8] = b"\x1b[<u\x1b[?1l\x1b>\x1b[>4m\x1b7\x1b[r\x1b8\x1b[?7h\x1b[4l\x1b(B\x0f";

/// The DEC modes bowline sets and resets: cursor, mouse, focus, alternate screen, paste, synchronized update.
const MODES: &[&str] = &["25", "1000", "1002", "1003", "1004", "1006", "1015", "1049", "2004", "2026"];

/// Checks output that carries neither clipboard nor title.
pub fn only_known_sequences(bytes: &[u8]) -> Result<(), String> {
    only_known_sequences_and(bytes, &[])
}

/// Checks that every byte is text, CR, LF or a whole known sequence. What is cut off at the very end may still
/// be under way and passes; the error names the place and shows what surrounds it.
pub fn only_known_sequences_and(bytes: &[u8], extras: &[Extra]) -> Result<(), String> {
    let mut at = 0;
    while at < bytes.len() {
        let step = match bytes[at] {
            _ if extras.contains(&Extra::Tidy) && bytes[at..].starts_with(TIDY) => Ok(TIDY.len()),
            0x1b => sequence(&bytes[at..], extras),
            _ => character(&bytes[at..]),
        };
        match step {
            Ok(0) => return Ok(()),
            Ok(length) => at += length,
            Err(why) => return Err(format!("{why} at byte {at}: {}", surroundings(bytes, at))),
        }
    }
    Ok(())
}

/// A step is the length of what was accepted; zero means that the end cut it off.
type Step = Result<usize, String>;

fn character(bytes: &[u8]) -> Step {
    let length = match bytes[0] {
        b'\r' | b'\n' | 0x20..=0x7e => return Ok(1),
        byte @ (0x00..=0x1f | 0x7f) => return Err(format!("control character {byte:#04x}")),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        byte => return Err(format!("byte {byte:#04x}, which begins no character")),
    };
    let c = match std::str::from_utf8(&bytes[..length.min(bytes.len())]) {
        Ok(text) => text.chars().next().expect("at least one byte was read"),
        Err(cut) if cut.error_len().is_none() => return Ok(0),
        Err(_) => return Err("a broken UTF-8 character".to_owned()),
    };
    match c {
        '\u{80}'..='\u{9f}' => Err(format!("C1 control U+{:04X}", u32::from(c))),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Err(format!("direction control U+{:04X}", u32::from(c)))
        }
        _ => Ok(length),
    }
}

fn sequence(bytes: &[u8], extras: &[Extra]) -> Step {
    match bytes.get(1) {
        None => Ok(0),
        Some(b'[') => control_sequence(bytes),
        Some(b']') => system_command(bytes, extras),
        Some(b'7' | b'8') => Ok(2), // save and restore the cursor
        Some(other) => Err(format!("unknown escape ESC {:?}", char::from(*other))),
    }
}

fn control_sequence(bytes: &[u8]) -> Step {
    let body = &bytes[2..];
    let Some(end) = body.iter().position(|byte| !matches!(byte, 0x20..=0x3f)) else { return Ok(0) };
    let finish = body[end];
    if !(0x40..=0x7e).contains(&finish) {
        return Err(format!("a control sequence broken off by {finish:#04x}"));
    }
    let parameters = std::str::from_utf8(&body[..end]).expect("it is ASCII");
    let plain = parameters.bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
    let known = match finish {
        b'm' => parameters.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')),
        b'H' | b'f' | b'A'..=b'G' | b'd' => plain,
        b'J' | b'K' => matches!(parameters, "" | "0" | "1" | "2" | "3"),
        b'h' | b'l' => {
            parameters.strip_prefix('?').is_some_and(|modes| modes.split(';').all(|mode| MODES.contains(&mode)))
        }
        // the cursor's shape
        b'q' => parameters
            .strip_suffix(' ')
            .is_some_and(|shape| matches!(shape, "" | "0" | "1" | "2" | "3" | "4" | "5" | "6")),
        // the keyboard protocol is pushed and popped, never asked for
        b'u' => {
            parameters.strip_prefix(['>', '<']).is_some_and(|flags| flags.bytes().all(|byte| byte.is_ascii_digit()))
        }
        _ => false,
    };
    if known { Ok(2 + end + 1) } else { Err(format!("unknown sequence CSI {parameters}{}", char::from(finish))) }
}

fn system_command(bytes: &[u8], extras: &[Extra]) -> Step {
    let body = &bytes[2..];
    let Some(end) = body.iter().position(|byte| *byte < 0x20 || *byte == 0x7f) else { return Ok(0) };
    let terminator = match (body[end], body.get(end + 1)) {
        (0x07, _) => 1,
        (0x1b, Some(b'\\')) => 2,
        (0x1b, None) => return Ok(0),
        (byte, _) => return Err(format!("a system command broken off by {byte:#04x}")),
    };
    let Ok(text) = std::str::from_utf8(&body[..end]) else {
        return Err("a system command with broken UTF-8".to_owned());
    };
    let (number, rest) = text.split_once(';').unwrap_or((text, ""));
    let known = match number {
        "52" => extras.contains(&Extra::Clipboard) && stores_text(rest),
        "0" | "2" => extras.contains(&Extra::Title) && !rest.chars().any(char::is_control),
        _ => false,
    };
    if known { Ok(2 + end + terminator) } else { Err(format!("system command OSC {number} is not expected")) }
}

/// `c;<base64>`: sets the clipboard. A question mark would ask for its content.
fn stores_text(rest: &str) -> bool {
    rest.split_once(';').is_some_and(|(target, data)| {
        target.bytes().all(|byte| matches!(byte, b'c' | b'p' | b's'))
            && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
    })
}

fn surroundings(bytes: &[u8], at: usize) -> String {
    let around = &bytes[at.saturating_sub(40)..bytes.len().min(at + 40)];
    format!("…{}…", String::from_utf8_lossy(around).escape_debug())
}

#[test]
fn what_the_painter_writes_passes() {
    let frame = "\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b[?2026h\x1b[2J\x1b[1;1H\
                 \x1b[38;2;1;2;3m\x1b[48;5;4mprix: 3 €\x1b[39;49m\x1b[4:3m\x1b[0m\r\n\x1b[K\x1b[2 q\x1b[?2026l\x1b[?1049l";
    assert_eq!(only_known_sequences(frame.as_bytes()), Ok(()));
}

#[test]
fn what_a_container_might_smuggle_is_found() {
    let smuggled: &[&[u8]] = &[
        b"a\x07b",
        b"a\tb",
        b"a\x08b",
        b"\x7f",
        b"\x1b]0;owned\x07",
        b"\x1b]52;c;aGk=\x07",
        b"\x1b]8;;http://x\x1b\\",
        b"\x1bP1$r\x1b\\",
        b"\x1bc",
        b"\x1b(0",
        b"\x1b[6n",
        b"\x1b[c",
        b"\x1b[?1048h",
        b"\x1b[5i",
        b"\x1b[20t",
        b"\x1b[1;2r",
        b"\x1b[12\x1b[1m",
        b"\x9b31m",
        "\u{9b}31m".as_bytes(),
        "abc\u{202e}cba".as_bytes(),
        b"caf\xe9 ",
    ];
    for bytes in smuggled {
        assert!(only_known_sequences(bytes).is_err(), "{:?} passed", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn the_clipboard_passes_only_when_it_is_expected_and_never_as_a_question() {
    let copy = b"\x1b]52;c;aGVsbG8=\x1b\\";
    assert_eq!(only_known_sequences_and(copy, &[Extra::Clipboard]), Ok(()));
    assert!(only_known_sequences(copy).is_err());
    assert!(only_known_sequences_and(b"\x1b]52;c;?\x07", &[Extra::Clipboard]).is_err());
}

#[test]
fn what_an_editor_left_is_set_right_only_where_that_is_expected_and_as_a_whole() {
    assert_eq!(only_known_sequences_and(TIDY, &[Extra::Tidy]), Ok(()));
    assert!(only_known_sequences(TIDY).is_err());
    assert!(only_known_sequences_and(b"\x1b[?1l", &[Extra::Tidy]).is_err());
}

#[test]
fn what_the_end_cuts_off_is_still_under_way() {
    let whole = "\x1b[38;2;10;20;30m€\x1b[0m";
    for end in 0..whole.len() {
        assert_eq!(only_known_sequences(&whole.as_bytes()[..end]), Ok(()), "cut at {end}");
    }
}

#[test]
fn a_finding_says_where_it_is() {
    let why = only_known_sequences(b"name: \x1b]0;x\x07").unwrap_err();
    assert!(why.contains("OSC 0") && why.contains("at byte 6") && why.contains("name: "), "{why}");
}
