//! Python: the standard library's logging, gunicorn, celery, loguru.

use super::cursor::Cursor;
use super::{LogFormat, Parts};

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    match text.as_bytes().first()? {
        b'[' => gunicorn(text).or_else(|| celery(text)),
        b'0'..=b'9' => dashes(text).or_else(|| loguru(text)),
        _ => basic(text),
    }
}

/// `WARNING:root:message`
fn basic(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let level = cursor.level().filter(|(_, word)| word.bytes().all(|byte| byte.is_ascii_uppercase()))?;
    cursor.eat(":")?;
    let logger = cursor.name()?;
    cursor.eat(":")?;
    Some(Parts::new(LogFormat::Python, cursor.rest).level(Some(level)).field("logger", Some(logger)))
}

/// `2026-11-21 10:00:00,123 - app.db - WARNING - message`, with or without the logger
fn dashes(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp()?;
    cursor.eat(" - ")?;
    let mut ahead = cursor;
    let logger = match ahead.level() {
        Some(_) if ahead.eat(" - ").is_some() => None,
        _ => Some(cursor.until(" - ").filter(|logger| !logger.contains(' '))?),
    };
    let level = cursor.spaces().level()?;
    cursor.eat(" - ").or_else(|| cursor.eat(": "))?;
    Some(Parts::new(LogFormat::Python, cursor.rest).time(Some(time)).level(Some(level)).field("logger", logger))
}

/// `2026-11-21 10:00:00.123 | INFO     | app.db:connect:12 - message`
fn loguru(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp()?;
    cursor.eat(" | ")?;
    let level = cursor.level()?;
    cursor.spaces().eat("| ")?;
    let place = cursor.until(" - ")?;
    Some(Parts::new(LogFormat::Python, cursor.rest).time(Some(time)).level(Some(level)).field("source", Some(place)))
}

/// `[2026-11-21 10:00:00 +0000] [7] [INFO] message`
fn gunicorn(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    cursor.eat("[")?;
    let time = cursor.stamp()?;
    cursor.eat("] ")?;
    let process = cursor.within('[', ']').filter(|process| process.bytes().all(|byte| byte.is_ascii_digit()))?;
    cursor.space()?;
    let level = cursor.any_level()?;
    Some(Parts::new(LogFormat::Python, cursor.rest).time(Some(time)).level(Some(level)).field("process", Some(process)))
}

/// `[2026-11-21 10:00:00,123: INFO/MainProcess] message`
fn celery(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    cursor.eat("[")?;
    let time = cursor.stamp()?;
    cursor.eat(": ")?;
    let level = cursor.level()?;
    cursor.eat("/")?;
    let process = cursor.until("]")?;
    Some(Parts::new(LogFormat::Python, cursor.rest).time(Some(time)).level(Some(level)).field("process", Some(process)))
}
