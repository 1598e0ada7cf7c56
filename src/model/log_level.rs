//! How grave a line is, by its own words: cheap, from its first bytes, since every line that an engine sends is asked.

use super::log::Level;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// The number of bytes in which a level word is searched.
const WINDOW: usize = 64;
/// How far a level key is looked for in a line of JSON or logfmt.
const KEY_WINDOW: usize = 512;
/// How far the time of a web server's line is looked for: an address and a user's name stand before it.
const ACCESS_WINDOW: usize = 96;
/// The names that loggers give the level.
pub(super) const LEVEL_KEYS: &[&str] = &[
    "level",
    "lvl",
    "severity",
    "log.level",
    "levelname",
    "@level",
    "@l",
    "loglevel",
    "log_level",
    "severity_text",
    "severitytext",
    "s",
];

/// The key of the level in nearly all JSON: found in one go, wherever in the line it is.
static JSON_LEVEL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(JSON_LEVEL_KEY));
const JSON_LEVEL_KEY: &[u8] = br#""level""#;

/// The level of a line.
pub fn of(line: &[u8]) -> Level {
    let line = line.trim_ascii_start();
    match line.first() {
        None => Level::None,
        Some(b'{') => json(line),
        Some(b'<') => syslog(line).unwrap_or_else(|| words(line)),
        Some(b'I' | b'W' | b'E' | b'F' | b'D') => klog(line).unwrap_or_else(|| words(line)),
        Some(b'0'..=b'9' | b':') => access(line).or_else(|| redis(line)).unwrap_or_else(|| words(line)),
        Some(b'a'..=b'z' | b'@') => logfmt(line).or_else(|| access(line)).unwrap_or_else(|| words(line)),
        Some(_) => words(line),
    }
}

/// The first level word within the window, as a word of its own, in any case.
fn words(line: &[u8]) -> Level {
    let most = line.len().min(WINDOW);
    let mut at = 0;
    while at < most {
        if !line[at].is_ascii_alphabetic() {
            // A colour sequence: its final letter is no part of a word.
            at += if line[at] == 0x1b { escape_len(&line[at..most]) } else { 1 };
            continue;
        }
        let start = at;
        // A word that the window cuts is looked at whole.
        at = line[at..].iter().position(|byte| !byte.is_ascii_alphabetic()).map_or(line.len(), |length| at + length);
        let level = word(&line[start..at]);
        let is_alone = || !is_glue(line[..start].last()) && !is_glue(line.get(at));
        if level != Level::None && is_alone() {
            return level;
        }
    }
    Level::None
}

/// True for what makes a word a part of a longer one.
fn is_glue(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| matches!(byte, b'_' | b'0'..=b'9' | b'/' | b'-'))
}

fn escape_len(bytes: &[u8]) -> usize {
    if bytes.get(1) != Some(&b'[') {
        return 1;
    }
    2 + bytes[2..].iter().take_while(|byte| !(0x40..=0x7e).contains(*byte)).count() + 1
}

/// True if a level word begins with these two letters. Asked of every word of every line: few others do.
fn begins_as_level(first: u8, second: u8) -> bool {
    let seconds: &[u8] = match first.to_ascii_lowercase() {
        b'a' => b"l",
        b'c' | b't' | b'v' => b"r",
        b'd' => b"eb",
        b'e' => b"rm",
        b'f' => b"at",
        b'i' => b"n",
        b'n' => b"o",
        b'p' => b"a",
        b's' => b"e",
        b'w' => b"ar",
        _ => return false,
    };
    seconds.contains(&second.to_ascii_lowercase())
}

/// The level that a word names.
pub(super) fn word(word: &[u8]) -> Level {
    if !(3..=11).contains(&word.len()) || !begins_as_level(word[0], word[1]) {
        return Level::None;
    }
    let is = |known: &[&[u8]]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    match word[0].to_ascii_lowercase() {
        b'e' if is(&[b"error", b"err", b"emerg", b"emergency"]) => Level::Error,
        b'f' if is(&[b"fatal", b"ftl"]) => Level::Error,
        b'p' if is(&[b"panic"]) => Level::Error,
        b'c' if is(&[b"crit", b"critical"]) => Level::Error,
        b'a' if is(&[b"alert"]) => Level::Error,
        b's' if is(&[b"severe"]) => Level::Error,
        b'w' if is(&[b"warn", b"warning", b"wrn"]) => Level::Warn,
        b'i' if is(&[b"info", b"inf"]) => Level::Info,
        b'n' if is(&[b"notice"]) => Level::Info,
        b'd' if is(&[b"debug", b"dbg", b"dbug"]) => Level::Debug,
        b't' if is(&[b"trace", b"trc", b"trce"]) => Level::Trace,
        b'v' if is(&[b"vrb"]) => Level::Trace,
        _ => Level::None,
    }
}

/// The level that a level's key and its value name. None where they mean something else.
pub(super) fn of_key(key: &[u8], value: &[u8]) -> Option<Level> {
    // Only MongoDB says it in one letter; elsewhere that key may mean anything.
    let is_meant = key != b"s" || value.len() == 1 && value[0].is_ascii_uppercase();
    Some(of_value(value)).filter(|level| is_meant && *level != Level::None)
}

/// The level that the value of a level's key names: a word, as `warn`, `ERROR+2` or `I`, or a number.
pub(super) fn of_value(value: &[u8]) -> Level {
    if value.first().is_some_and(u8::is_ascii_digit) {
        return std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).map_or(Level::None, of_number);
    }
    let end = value.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(value.len());
    match &value[..end] {
        [letter] => of_letter(*letter).unwrap_or_default(),
        text if text.eq_ignore_ascii_case(b"information") || text.eq_ignore_ascii_case(b"default") => Level::Info,
        text if text.eq_ignore_ascii_case(b"verbose") => Level::Trace,
        text => word(text),
    }
}

/// Numbers as pino and bunyan write them, in tens; and as syslog does, from 0, the worst, to 7.
fn of_number(number: u32) -> Level {
    match number {
        0..=3 | 45..=100 => Level::Error,
        4 | 35..=44 => Level::Warn,
        5 | 6 | 25..=34 => Level::Info,
        7 | 15..=24 => Level::Debug,
        8..=14 => Level::Trace,
        _ => Level::None,
    }
}

/// A level's first letter, as klog, MongoDB and Android write it.
pub(super) fn of_letter(letter: u8) -> Option<Level> {
    Some(match letter.to_ascii_uppercase() {
        b'E' | b'F' => Level::Error,
        b'W' => Level::Warn,
        b'I' => Level::Info,
        b'D' => Level::Debug,
        b'T' | b'V' => Level::Trace,
        _ => return None,
    })
}

/// `E0521 12:00:00.000000 …`: the Kubernetes logger's head.
fn klog(line: &[u8]) -> Option<Level> {
    let head = line.get(..6)?;
    if !head[1..5].iter().all(u8::is_ascii_digit) || head[5] != b' ' {
        return None;
    }
    of_letter(head[0])
}

/// `<3>…`: the kernel's and systemd's head; facility and severity, RFC 5424.
fn syslog(line: &[u8]) -> Option<Level> {
    let end = line.iter().take(5).position(|byte| *byte == b'>')?;
    let number: u16 = std::str::from_utf8(&line[1..end]).ok()?.parse().ok()?;
    Some(of_severity(number))
}

/// The severity in a priority of syslog.
pub(super) fn of_severity(priority: u16) -> Level {
    match priority % 8 {
        0..=3 => Level::Error,
        4 => Level::Warn,
        5 | 6 => Level::Info,
        _ => Level::Debug,
    }
}

/// `1:M 21 Nov 2026 10:00:00.123 # …`: the sign behind the time.
fn redis(line: &[u8]) -> Option<Level> {
    let colon = line.iter().take(8).position(|byte| !byte.is_ascii_digit())?;
    let [b':', role, b' ', rest @ ..] = &line[colon..] else { return None };
    let sign = if role.is_ascii_uppercase() { rest.get(25)? } else { return None };
    of_redis_sign(*sign)
}

/// The level that a sign of Redis means.
pub(super) fn of_redis_sign(sign: u8) -> Option<Level> {
    Some(match sign {
        b'#' => Level::Warn,
        b'*' => Level::Info,
        b'-' | b'.' => Level::Debug,
        _ => return None,
    })
}

/// A web server's line for a request: its status.
fn access(line: &[u8]) -> Option<Level> {
    let head = &line[..line.len().min(ACCESS_WINDOW)];
    let time = memchr::memchr(b'[', head)?;
    let is_time = line.get(time + 3) == Some(&b'/') && line.get(time + 7) == Some(&b'/');
    let request = time + memchr::memchr(b'"', line.get(time..).filter(|_| is_time)?)? + 1;
    memchr::memchr_iter(b'"', &line[request..]).find_map(|quote| of_status(&line[request + quote + 1..]))
}

/// ` 503 `: what a status of HTTP means.
pub(super) fn of_status(text: &[u8]) -> Option<Level> {
    match text {
        [b' ', hundreds @ b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', rest @ ..]
            if rest.first().is_none_or(|b| *b == b' ') =>
        {
            Some(match hundreds {
                b'5' => Level::Error,
                b'4' => Level::Warn,
                _ => Level::Info,
            })
        }
        _ => None,
    }
}

/// `level=…` in a line that begins with `key=`.
fn logfmt(line: &[u8]) -> Option<Level> {
    let key = line.iter().take(24).position(|byte| !(byte.is_ascii_alphanumeric() || b"._@-".contains(byte)))?;
    if line[key] != b'=' {
        return None;
    }
    let window = &line[..line.len().min(KEY_WINDOW)];
    memchr::memchr_iter(b'=', window).find_map(|equals| {
        let start = window[..equals].iter().rposition(|byte| *byte == b' ').map_or(0, |space| space + 1);
        let key = Some(&window[start..equals]).filter(|key| is_level_key(key))?;
        of_key(key, unquoted(&line[equals + 1..]))
    })
}

/// The value of a level key, of the object itself before those within it. Not a parser: it looks for what stands in quotes before
/// a colon.
fn json(line: &[u8]) -> Level {
    let window = &line[..line.len().min(KEY_WINDOW)];
    // Quotes within a text have a sign before them: what stands between two that have none is a key or a value.
    let usual = || JSON_LEVEL.find_iter(window).filter(|at| !window[..*at].ends_with(b"\\"));
    let mut values = usual().filter_map(|at| Some((at, value_behind(line, at + JSON_LEVEL_KEY.len())?)));
    let Some((at, value)) = values.find(|(_, value)| of_value(value) != Level::None) else {
        return any_keyed(line, window);
    };
    // Nearly always nothing is opened before it: it is the object's own.
    if memchr::memchr(b'{', &window[1..at]).is_none() {
        return of_value(value);
    }
    keyed(line, window, |key| key == b"level").0.unwrap_or_else(|| any_keyed(line, window))
}

/// The level of any level key.
fn any_keyed(line: &[u8], window: &[u8]) -> Level {
    let (own, within) = keyed(line, window, is_level_key);
    own.or(within).unwrap_or_default()
}

/// The first level that such keys name: in the object itself, and in those within it. There only words count, since a number may
/// be the level of anything.
fn keyed(line: &[u8], window: &[u8], is_wanted: fn(&[u8]) -> bool) -> (Option<Level>, Option<Level>) {
    let (mut at, mut depth, mut within) = (0, 0, None);
    while let Some(string) = next_string(window, &mut at, &mut depth) {
        let key = &window[string];
        let Some(value) = value_behind(line, at).filter(|_| is_wanted(key)) else { continue };
        match of_key(key, value) {
            Some(level) if depth < 2 => return (Some(level), within),
            Some(level) if within.is_none() && !value.first().is_some_and(u8::is_ascii_digit) => within = Some(level),
            Some(_) | None => {}
        }
    }
    (None, within)
}

/// The next string, and behind it; how many objects are open there.
fn next_string(window: &[u8], at: &mut usize, depth: &mut usize) -> Option<Range<usize>> {
    loop {
        let found = *at + memchr::memchr3(b'"', b'{', b'}', window.get(*at..)?)?;
        *at = found + 1;
        match window[found] {
            b'{' => *depth += 1,
            b'}' => *depth = depth.saturating_sub(1),
            _ => {
                let string = *at..end_of_string(window, *at)?;
                *at = string.end + 1;
                return Some(string);
            }
        }
    }
}

/// The value of a key that ends there.
fn value_behind(line: &[u8], at: usize) -> Option<&[u8]> {
    let value = line.get(at..)?.trim_ascii_start().strip_prefix(b":")?;
    Some(unquoted(value.trim_ascii_start()))
}

fn end_of_string(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn is_level_key(key: &[u8]) -> bool {
    // Asked of every key of every line: most are told by their first letter.
    let may_be = matches!(key.first(), Some(b'l' | b'L' | b's' | b'S' | b'@'));
    may_be && LEVEL_KEYS.iter().any(|known| key.eq_ignore_ascii_case(known.as_bytes()))
}

/// A value up to its end.
fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value.iter().take(16).position(|byte| !byte.is_ascii_alphanumeric());
    &value[..end.unwrap_or(value.len().min(16))]
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
            (r#"msg="an error came" level=info"#, Level::Info),
            ("time=2026-11-21T10:00:00Z level=ERROR+2 msg=x", Level::Error),
            ("E0521 12:00:00.1 x.go:1] bad", Level::Error),
            ("<4>careful", Level::Warn),
            (r#"{"time":"x","level":"error","msg":"info"}"#, Level::Error),
            (r#"{"lvl": 40}"#, Level::Warn),
            (r#"{"level":3,"short_message":"gelf"}"#, Level::Error),
            (r#"{"severity":"NOTICE"}"#, Level::Info),
            (r#"{"@t":"x","@m":"level","@l":"Warning"}"#, Level::Warn),
            (r#"{"t":{"$date":"x"},"s":"E","c":"NETWORK"}"#, Level::Error),
            (r#"{"msg":"a \"level\": \"error\" here","Level":"Information"}"#, Level::Info),
            (r#"{"msg":"error"}"#, Level::None),
            (r#"{"severity":"INFO","player":{"level":3}}"#, Level::Info),
            (r#"{"player":{"level":3},"severity":"INFO"}"#, Level::Info),
            (r#"{"player":{"level":3},"msg":"x"}"#, Level::None),
            (r#"{"player":{"level":3},"severity":"INFO","level":"warn"}"#, Level::Warn),
            (r#"{"log":{"level":"error"},"msg":"x"}"#, Level::Error),
            (r#"{"log":{"level":"error"},"level":"info"}"#, Level::Info),
            (r#"{"msg":"{","level":"warn"}"#, Level::Warn),
            (r#"{"severity":"debug","msg":"x","level" : "error"}"#, Level::Error),
            (r#"{"msg":"level","level":"?","severity":"warn"}"#, Level::Warn),
            (r#"{"msg":"\"level\":\"error\"","a":"\\","level":50}"#, Level::Error),
            (r#"1.2.3.4 - - [21/Nov/2026:10:00:00 +0000] "GET /error HTTP/1.1" 503 12 "-" "x""#, Level::Error),
            (r#"web - alice [21/Nov/2026:10:00:00 +0000] "GET /a\" HTTP/1.1" 404 12"#, Level::Warn),
            (r#"::1 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12"#, Level::Info),
            ("1:M 21 Nov 2026 10:00:00.123 # overcommit_memory is 0", Level::Warn),
            ("1:M 21 Nov 2026 10:00:00.123 * Ready to accept connections", Level::Info),
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

        #[test]
        fn heads_that_are_cut_never_panic(line in r#"[{<"\\:=\[\] 0-9a-zMLevls@/]{0,120}"#) {
            of(line.as_bytes());
        }
    }
}
