//! How grave a line is, by its own words: cheap, from its first bytes.

use crate::model::Level;

/// The number of bytes in which a level word is searched.
const WINDOW: usize = 64;
/// How far a level key is looked for in a JSON line.
const JSON_WINDOW: usize = 512;

/// The level of a line.
pub fn of(line: &[u8]) -> Level {
    let line = line.trim_ascii_start();
    match line.first() {
        None => Level::None,
        Some(b'{') => json(line),
        Some(b'<') => syslog(line).unwrap_or_else(|| words(line)),
        Some(_) => klog(line).unwrap_or_else(|| words(line)),
    }
}

/// The first level word within the window, as a word of its own, in any case.
fn words(line: &[u8]) -> Level {
    let window = &line[..line.len().min(WINDOW)];
    let mut at = 0;
    while at < window.len() {
        if !window[at].is_ascii_alphabetic() {
            // A colour sequence: its final letter is no part of a word.
            at += if window[at] == 0x1b { escape_len(&window[at..]) } else { 1 };
            continue;
        }
        let start = at;
        while at < window.len() && window[at].is_ascii_alphabetic() {
            at += 1;
        }
        // A word that the window cuts is looked at whole.
        let end = if at == window.len() {
            at + line[at..].iter().take_while(|b| b.is_ascii_alphabetic()).count()
        } else {
            at
        };
        let glued = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'_' | b'0'..=b'9' | b'/' | b'-'));
        let before = start.checked_sub(1).and_then(|before| line.get(before));
        if !glued(before) && !glued(line.get(end)) {
            let level = word(&line[start..end]);
            if level != Level::None {
                return level;
            }
        }
    }
    Level::None
}

fn escape_len(bytes: &[u8]) -> usize {
    if bytes.get(1) != Some(&b'[') {
        return 1;
    }
    2 + bytes[2..].iter().take_while(|byte| !(0x40..=0x7e).contains(*byte)).count() + 1
}

/// The level that a word names.
fn word(word: &[u8]) -> Level {
    if !(3..=9).contains(&word.len()) {
        return Level::None;
    }
    let is = |known: &[&[u8]]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    match word[0].to_ascii_lowercase() {
        b'e' if is(&[b"error", b"err", b"emerg", b"emergency"]) => Level::Error,
        b'f' if is(&[b"fatal"]) => Level::Error,
        b'p' if is(&[b"panic"]) => Level::Error,
        b'c' if is(&[b"crit", b"critical"]) => Level::Error,
        b'a' if is(&[b"alert"]) => Level::Error,
        b's' if is(&[b"severe"]) => Level::Error,
        b'w' if is(&[b"warn", b"warning", b"wrn"]) => Level::Warn,
        b'i' if is(&[b"info", b"inf"]) => Level::Info,
        b'n' if is(&[b"notice"]) => Level::Info,
        b'd' if is(&[b"debug", b"dbg"]) => Level::Debug,
        b't' if is(&[b"trace", b"trc"]) => Level::Trace,
        _ => Level::None,
    }
}

/// `E0521 12:00:00.000000 …`: the Kubernetes logger's head.
fn klog(line: &[u8]) -> Option<Level> {
    let head = line.get(..6)?;
    if !head[1..5].iter().all(u8::is_ascii_digit) || head[5] != b' ' {
        return None;
    }
    match head[0] {
        b'E' | b'F' => Some(Level::Error),
        b'W' => Some(Level::Warn),
        b'I' => Some(Level::Info),
        b'D' => Some(Level::Debug),
        _ => None,
    }
}

/// `<3>…`: the kernel's and systemd's head; facility and severity, RFC 5424.
fn syslog(line: &[u8]) -> Option<Level> {
    let end = line.iter().take(5).position(|byte| *byte == b'>')?;
    let number: u16 = std::str::from_utf8(&line[1..end]).ok()?.parse().ok()?;
    Some(match number % 8 {
        0..=3 => Level::Error,
        4 => Level::Warn,
        5 | 6 => Level::Info,
        _ => Level::Debug,
    })
}

/// The value of a level key. Not a parser: it looks for the key, a colon and a value.
fn json(line: &[u8]) -> Level {
    let window = &line[..line.len().min(JSON_WINDOW)];
    for key in [&b"\"level\""[..], b"\"lvl\"", b"\"severity\"", b"\"log.level\"", b"\"levelname\"", b"\"@level\""] {
        if let Some(at) = memchr::memmem::find(window, key) {
            let value = window[at + key.len()..].trim_ascii_start();
            let Some(value) = value.strip_prefix(b":") else { continue };
            return json_value(value.trim_ascii_start());
        }
    }
    Level::None
}

fn json_value(value: &[u8]) -> Level {
    if let Some(text) = value.strip_prefix(b"\"") {
        let end = text.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
        return word(&text[..end]);
    }
    // bunyan and pino write numbers.
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match std::str::from_utf8(&value[..digits]).ok().and_then(|digits| digits.parse::<u32>().ok()) {
        Some(10) => Level::Trace,
        Some(20) => Level::Debug,
        Some(30) => Level::Info,
        Some(40) => Level::Warn,
        Some(50..=60) => Level::Error,
        _ => Level::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_wild() {
        for (line, level) in [
            ("2026-11-21 10:00:00 ERROR no disk", Level::Error),
            ("[warn] slow", Level::Warn),
            ("\x1b[32mINFO\x1b[0m ready", Level::Info),
            ("level=debug msg=x", Level::Debug),
            ("E0521 12:00:00.1 x.go:1] bad", Level::Error),
            ("<4>careful", Level::Warn),
            (r#"{"time":"x","level":"error","msg":"info"}"#, Level::Error),
            (r#"{"lvl": 40}"#, Level::Warn),
            (r#"{"severity":"NOTICE"}"#, Level::Info),
            (r#"{"msg":"error"}"#, Level::None),
            ("GET /error/404 HTTP/1.1", Level::None),
            ("an information desk", Level::None),
            ("terror_error_count=3", Level::None),
            ("", Level::None),
            ("thread 'main' panicked: panic", Level::Error),
        ] {
            assert_eq!(of(line.as_bytes()), level, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..100)) {
            of(&line);
        }
    }
}
