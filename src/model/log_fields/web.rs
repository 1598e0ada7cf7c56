//! Web servers: requests as nginx, Apache and their like write them, and their error logs.

use super::cursor::Cursor;
use super::{LogFormat, Parts};
use crate::model::{Level, log_level};

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    match text.as_bytes().first()? {
        b'[' => apache_error(text),
        _ => nginx_error(text).or_else(|| access(text)),
    }
}

/// `1.2.3.4 - alice [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612 "referer" "agent" …`
fn access(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let client = cursor.word()?;
    cursor.space()?;
    let who = cursor.until("[").filter(|who| who.len() < 80)?;
    let time = cursor.stamp()?;
    cursor.eat("]")?;
    cursor.space()?;
    let (request, status, level) = request(&mut cursor)?;
    cursor.space()?;
    let size = cursor.word()?;
    let mut quoted = || cursor.spaces().within('"', '"');
    let (referer, agent, forwarded) = (quoted(), quoted(), quoted());
    let rest = cursor.rest;
    let user = who.split_ascii_whitespace().nth(1);
    let parts = Parts::new(LogFormat::Access, request).time(Some(time)).level(Some((level, "")));
    let parts = parts.field("status", Some(status)).field("size", Some(size)).field("client", Some(client));
    let parts = parts.field("user", user).field("referer", referer).field("agent", agent);
    Some(parts.field("forwarded", forwarded).field("more", Some(rest)))
}

/// A request in quotes, which it may hold after a backslash, the status behind it, and what that means.
fn request<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a str, &'a str, Level)> {
    let inside = cursor.rest.strip_prefix('"')?;
    let level = |end: usize| Some((end, log_level::of_status(&inside.as_bytes()[end + 1..])?));
    let (end, level) = inside.match_indices('"').find_map(|(at, _)| level(at))?;
    // What follows was just read: a space and three digits.
    let status = &inside[end + 2..end + 5];
    cursor.rest = &inside[end + 5..];
    Some((&inside[..end], status, level))
}

/// `2026/11/21 10:00:00 [error] 7#7: *1 message, client: 1.2.3.4, server: _, request: "GET / HTTP/1.1", host: "x"`
fn nginx_error(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp()?;
    cursor.space()?;
    let level = cursor.any_level().filter(|_| text.as_bytes()[4] == b'/')?;
    cursor.space()?;
    let process = cursor.digits()?;
    cursor.eat("#")?;
    cursor.digits()?;
    cursor.eat(":")?;
    cursor.spaces();
    let connection = if cursor.eat("*").is_some() { cursor.word() } else { None };
    let message = cursor.spaces().rest;
    let mut found = Vec::new();
    let mut end = message.len();
    // From the end, since the message itself may hold anything.
    for name in ["referrer", "host", "upstream", "request", "server", "client"] {
        let sign = [", ", name, ": "].concat();
        if let Some(at) = message[..end].rfind(&sign) {
            found.push((name, message[at + sign.len()..end].trim_matches('"')));
            end = at;
        }
    }
    let parts = Parts::new(LogFormat::WebError, &message[..end]).time(Some(time)).level(Some(level));
    let parts = found.into_iter().rev().fold(parts, |parts, (name, value)| parts.field(name, Some(value)));
    Some(parts.field("process", Some(process)).field("connection", connection))
}

/// `[Sat Nov 21 10:00:00.123456 2026] [core:error] [pid 35:tid 4] [client 1.2.3.4:5] AH0: message`
fn apache_error(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    cursor.eat("[")?;
    let time = cursor.stamp()?;
    cursor.eat("]")?;
    cursor.space()?;
    let (module, word) = cursor.within('[', ']')?.split_once(':')?;
    let level = log_level::of_value(word.as_bytes());
    cursor.space()?;
    let process = cursor.within('[', ']')?.strip_prefix("pid ")?;
    let mut ahead = cursor;
    let client = ahead.spaces().within('[', ']').and_then(|inside| inside.strip_prefix("client "));
    let rest = if client.is_some() { ahead.rest } else { cursor.rest };
    let level = Some((level, word)).filter(|(level, _)| *level != Level::None);
    let parts = Parts::new(LogFormat::WebError, rest).time(Some(time)).level(level);
    Some(parts.field("client", client).field("module", Some(module)).field("process", Some(process)))
}
