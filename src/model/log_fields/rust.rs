//! Rust: tracing's lines for people, and `env_logger`'s.

use super::cursor::Cursor;
use super::{LogFormat, Parts};

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    env_logger(text).or_else(|| tracing(text))
}

/// `[2026-11-21T10:00:00Z INFO  app::server] message`
fn env_logger(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    cursor.eat("[")?;
    let time = cursor.stamp()?;
    cursor.space()?;
    let level = cursor.level()?;
    cursor.space()?;
    let target = cursor.until("]").filter(|target| !target.contains(' '))?;
    let parts = Parts::new(LogFormat::Rust, cursor.rest).time(Some(time)).level(Some(level));
    Some(parts.with_pairs().field("target", Some(target)))
}

/// `2026-11-21T10:00:00.123456Z  INFO request{id=7}: app::server: message key=value`, also without the time
fn tracing(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp();
    // Without a path of modules only its time, to the microsecond, tells it from others.
    let is_sure = time.is_some_and(|(_, time)| time.len() >= 27 && time.ends_with('Z'));
    if time.is_some() {
        cursor.space()?;
    }
    let level = cursor.spaces().level().filter(|(_, word)| word.bytes().all(|byte| byte.is_ascii_uppercase()))?;
    cursor.space()?;
    let (mut spans, mut target) = (Vec::new(), None);
    while let Some(segment) = segment(&mut cursor) {
        spans.extend(target.replace(segment));
    }
    let target = target.filter(|target| is_sure || target.contains("::"))?;
    let parts = Parts::new(LogFormat::Rust, cursor.rest).time(time).level(Some(level)).with_pairs();
    let parts = parts.field("target", Some(target));
    Some(spans.into_iter().fold(parts, |parts, span| parts.field("span", Some(span))))
}

/// A span or a target with the colon behind it.
fn segment<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let text = cursor.rest;
    let path =
        text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.')).count();
    let end = match text.as_bytes().get(path) {
        Some(b'{') => path + text[path..].find("}: ").or_else(|| text[path..].find("}:"))? + 1,
        // The colon that ends it was taken for a part of it.
        _ => path.checked_sub(1)?,
    };
    let rest = text.get(end..)?.strip_prefix(':')?;
    let is_end = rest.starts_with(' ') || text.as_bytes().get(path) == Some(&b'{');
    (end > 0 && is_end).then(|| {
        cursor.rest = rest.trim_start();
        &text[..end]
    })
}
