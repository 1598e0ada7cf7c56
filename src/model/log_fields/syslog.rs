//! Syslog: RFC 5424, RFC 3164, and lines that only have its priority.

use super::cursor::Cursor;
use super::stamp::Stamp;
use super::{LogFormat, Parts};
use crate::model::{Level, log_level};

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let level = if text.starts_with('<') { Some(priority(&mut cursor)?) } else { None };
    let whole = cursor;
    if level.is_some() && cursor.eat("1 ").is_some() {
        return new(cursor, level);
    }
    let old = old(cursor, level);
    let alone = || level.map(|level| Parts::new(LogFormat::Syslog, whole.rest).level(Some(level)));
    old.or_else(alone)
}

fn priority<'a>(cursor: &mut Cursor<'a>) -> Option<(Level, &'a str)> {
    let number = cursor.within('<', '>').filter(|number| number.len() <= 3)?;
    let number: u16 = number.parse().ok().filter(|number| *number < 192)?;
    Some((log_level::of_severity(number), ""))
}

/// RFC 5424: `1 TIME HOST APP PROCESS MESSAGE-ID DATA MESSAGE`, each a dash where it is not known.
fn new<'a>(mut cursor: Cursor<'a>, level: Option<(Level, &'a str)>) -> Option<Parts<'a>> {
    let time = cursor.stamp();
    if time.is_none() {
        cursor.eat("-")?;
    }
    let mut next = || {
        cursor.space()?;
        cursor.word()
    };
    let (host, app, process, id) = (next()?, next()?, next()?, next()?);
    cursor.space()?;
    let mut pairs = Vec::new();
    if cursor.eat("-").is_none() {
        while let Some(element) = element(&mut cursor) {
            let (name, params) = element.split_once(' ').unwrap_or((element, ""));
            let (_, found) = super::logfmt::behind(params);
            pairs.extend(found.into_iter().map(|(key, value)| (format!("{name}.{key}").into(), value)));
        }
    }
    let message = cursor.rest.trim_start_matches([' ', '\u{feff}']);
    let mut parts = Parts::new(LogFormat::Syslog, message).time(time).level(level);
    parts.fields = pairs;
    Some(parts.field("app", Some(app)).field("process", Some(process)).field("host", Some(host)).field("id", Some(id)))
}

/// `[name key="value" …]`, whose values may hold brackets after a backslash.
fn element<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let inside = cursor.rest.strip_prefix('[')?;
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b']' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    cursor.rest = &inside[end + 1..];
    Some(&inside[..end])
}

/// RFC 3164: `Nov 21 10:00:00 HOST APP[PROCESS]: MESSAGE`; without a host where there is none.
fn old<'a>(mut cursor: Cursor<'a>, level: Option<(Level, &'a str)>) -> Option<Parts<'a>> {
    let time = cursor.stamp()?;
    let is_usual = matches!(time.0, Stamp::Yearless(..)) || level.is_some();
    cursor.space().filter(|()| is_usual)?;
    let mut first = cursor.word()?;
    let mut host = None;
    if !first.ends_with(':') {
        host = Some(first);
        cursor.space()?;
        first = cursor.word().filter(|tag| tag.ends_with(':'))?;
    }
    let tag = first.trim_end_matches(':');
    let (app, process) = match tag.strip_suffix(']').and_then(|tag| tag.split_once('[')) {
        Some((app, process)) => (app, Some(process)),
        None => (tag, None),
    };
    let parts = Parts::new(LogFormat::Syslog, cursor.rest).time(Some(time)).level(level);
    Some(parts.field("app", Some(app)).field("process", process).field("host", host))
}
