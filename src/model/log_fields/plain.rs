//! Lines of words that begin with a time or a level, or end with pairs.

use super::cursor::Cursor;
use super::stamp::Stamp;
use super::{LogFormat, Parts};
use crate::model::{Level, log_level};

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    let head = redis(text).or_else(|| time_first(text)).or_else(|| level_first(text));
    let parts = head.unwrap_or_else(|| Parts::new(LogFormat::Plain, text)).with_pairs();
    let is_behind = !parts.message.is_empty() && !parts.fields.is_empty();
    let says_more = parts.time.is_some() || parts.level.is_some() || is_behind;
    says_more.then_some(parts)
}

type Time<'a> = (Stamp, &'a str);

/// A time, also in brackets.
fn time<'a>(cursor: &mut Cursor<'a>) -> Option<Time<'a>> {
    let mut ahead = *cursor;
    let bracket = ahead.eat("[").is_some();
    let time = ahead.stamp()?;
    if bracket {
        ahead.eat("]")?;
    } else {
        ahead.rest.chars().next().is_none_or(|next| " \t:|-[".contains(next)).then_some(())?;
    }
    *cursor = ahead;
    Some(time)
}

/// A time, perhaps numbers of processes and threads, perhaps a level.
fn time_first(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    if let Some(parts) = serilog(text) {
        return Some(parts);
    }
    let time = time(&mut cursor)?;
    let mut process = None;
    let mut ahead = cursor;
    separate(&mut ahead);
    let number = if ahead.rest.starts_with('[') { ahead.within('[', ']') } else { ahead.digits() };
    if number.is_some_and(is_number) && ahead.space().is_some() {
        (process, cursor) = (number, ahead);
    }
    let mut ahead = cursor;
    separate(&mut ahead);
    let level = level(&mut ahead);
    if level.is_some() {
        cursor = ahead;
    }
    separate(&mut cursor);
    Some(Parts::new(LogFormat::Plain, cursor.rest).time(Some(time)).level(level).field("process", process))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Goes past what people put between the parts of a line.
fn separate(cursor: &mut Cursor<'_>) {
    cursor.spaces();
    let _ = cursor.eat("- ").or_else(|| cursor.eat("| ")).or_else(|| cursor.eat(": "));
    cursor.spaces();
}

/// `[10:00:00 INF] message`
fn serilog(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    cursor.eat("[")?;
    let time = cursor.stamp()?;
    cursor.space()?;
    let level = cursor.level()?;
    cursor.eat("] ")?;
    Some(Parts::new(LogFormat::Plain, cursor.rest).time(Some(time)).level(Some(level)))
}

/// `ERROR: message`, `[warn] message`, `INFO  [2026-11-21 10:00:00,123] message`
fn level_first(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text.trim_start());
    let level = level(&mut cursor)?;
    let mut ahead = cursor;
    let time = time(ahead.spaces()).inspect(|_| cursor = ahead);
    separate(&mut cursor);
    Some(Parts::new(LogFormat::Plain, cursor.rest).time(time).level(Some(level)))
}

/// A level that stands there to be one: in brackets, in capitals, or followed by a colon.
fn level<'a>(cursor: &mut Cursor<'a>) -> Option<(Level, &'a str)> {
    if cursor.rest.starts_with("LOG: ") {
        cursor.eat("LOG:")?;
        return Some((Level::Info, "LOG"));
    }
    let bracketed = cursor.rest.starts_with(['[', '<']);
    let mut ahead = *cursor;
    let (level, word) = ahead.any_level().or_else(|| dotnet(&mut ahead))?;
    let is_meant = bracketed || ahead.rest.starts_with(':') || word.bytes().all(|byte| byte.is_ascii_uppercase());
    let ends = ahead.eat(":").is_some() || ahead.rest.starts_with([' ', '\t', '[']) || ahead.rest.is_empty();
    (is_meant && ends).then(|| {
        *cursor = ahead;
        (level, word)
    })
}

/// `fail: Microsoft.Hosting[0]`, which .NET writes for errors.
fn dotnet<'a>(cursor: &mut Cursor<'a>) -> Option<(Level, &'a str)> {
    let word = cursor.rest.get(..4).filter(|word| *word == "fail" && cursor.rest[4..].starts_with(": "))?;
    cursor.eat(word)?;
    Some((Level::Error, word))
}

/// `1:M 21 Nov 2026 10:00:00.123 * Ready to accept connections`
fn redis(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let process = cursor.digits()?;
    cursor.eat(":")?;
    let role = cursor.word().filter(|role| role.len() == 1)?;
    cursor.space()?;
    let time = cursor.stamp()?;
    cursor.eat(" ")?;
    let sign = cursor.word().filter(|sign| sign.len() == 1)?;
    let level = log_level::of_redis_sign(sign.as_bytes()[0])?;
    let parts = Parts::new(LogFormat::Plain, cursor.rest).time(Some(time)).level(Some((level, "")));
    Some(parts.field("role", Some(role)).field("process", Some(process)))
}
