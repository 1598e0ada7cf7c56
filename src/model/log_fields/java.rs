//! Java: logback's and log4j's usual patterns, Spring Boot, Quarkus, Tomcat, Kafka, Elasticsearch.

use super::cursor::Cursor;
use super::stamp::Stamp;
use super::{LogFormat, Parts};
use crate::model::Level;

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    if cursor.eat("[").is_some() {
        let time = cursor.stamp()?;
        cursor.eat("]")?;
        return elastic(cursor, time).or_else(|| kafka(cursor, time));
    }
    let time = cursor.stamp()?;
    cursor.space()?;
    match cursor.rest.as_bytes().first()? {
        b'[' => thread_first(cursor, time),
        _ => level_first(cursor, time),
    }
}

type Time<'a> = (Stamp, &'a str);
type Word<'a> = (Level, &'a str);

fn parts<'a>(message: &'a str, time: Time<'a>, level: Word<'a>) -> Parts<'a> {
    Parts::new(LogFormat::Java, message).time(Some(time)).level(Some(level))
}

/// `… [main] INFO  c.e.App - message`
fn thread_first<'a>(mut cursor: Cursor<'a>, time: Time<'a>) -> Option<Parts<'a>> {
    let thread = cursor.within('[', ']')?;
    cursor.space()?;
    let level = cursor.level()?;
    cursor.space()?;
    let logger = logger(&mut cursor)?;
    Some(parts(cursor.rest, time, level).field("logger", Some(logger)).field("thread", Some(thread)))
}

/// A logger with the sign behind it: ` - `, ` : ` or `: `.
fn logger<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let mut ahead = *cursor;
    let name = ahead.name()?;
    // Some give the line within its file, or cut off what is long.
    let _ = ahead.within('[', ']');
    if ahead.rest.starts_with(|c: char| c == ':' && !ahead.rest.starts_with(": ")) {
        ahead.eat(":")?;
        ahead.digits()?;
    }
    ahead.spaces().eat("- ").or_else(|| ahead.eat("-- ")).or_else(|| ahead.eat(": "))?;
    *cursor = ahead;
    Some(name)
}

fn level_first<'a>(mut cursor: Cursor<'a>, time: Time<'a>) -> Option<Parts<'a>> {
    let level = cursor.level()?;
    cursor.space()?;
    match cursor.rest.as_bytes().first()? {
        b'0'..=b'9' => spring(cursor, time, level),
        b'[' => {
            let inside = cursor.within('[', ']')?;
            cursor.space()?;
            quarkus(cursor, time, level, inside).or_else(|| log4j(cursor, time, level, inside))
        }
        _ => {
            let logger = logger(&mut cursor).filter(|logger| logger.contains('.'))?;
            Some(parts(cursor.rest, time, level).field("logger", Some(logger)))
        }
    }
}

/// `… INFO 1 --- [app] [main] c.e.App  : message`
fn spring<'a>(mut cursor: Cursor<'a>, time: Time<'a>, level: Word<'a>) -> Option<Parts<'a>> {
    let process = cursor.digits()?;
    cursor.spaces().eat("--- ")?;
    let mut thread = cursor.spaces().within('[', ']')?;
    while let Some(next) = cursor.spaces().within('[', ']') {
        thread = next;
    }
    let logger = cursor.until(" : ").or_else(|| cursor.until(": "))?;
    let parts = parts(cursor.rest, time, level).field("logger", Some(logger));
    Some(parts.field("thread", Some(thread)).field("process", Some(process)))
}

/// `… INFO  [org.keycloak] (main) message`
fn quarkus<'a>(mut cursor: Cursor<'a>, time: Time<'a>, level: Word<'a>, logger: &'a str) -> Option<Parts<'a>> {
    let thread = cursor.within('(', ')')?;
    Some(parts(cursor.rest, time, level).field("logger", Some(logger)).field("thread", Some(thread)))
}

/// `… INFO [main] c.e.App - message`, and Tomcat's `… INFO [main] org.apache.Catalina.start message`
fn log4j<'a>(mut cursor: Cursor<'a>, time: Time<'a>, level: Word<'a>, thread: &'a str) -> Option<Parts<'a>> {
    let name = logger(&mut cursor).or_else(|| cursor.word().filter(|name| name.matches('.').count() > 1))?;
    Some(parts(cursor.rest, time, level).field("logger", Some(name)).field("thread", Some(thread)))
}

/// `[…] INFO message (kafka.server.KafkaServer)`
fn kafka<'a>(mut cursor: Cursor<'a>, time: Time<'a>) -> Option<Parts<'a>> {
    cursor.space()?;
    let level = cursor.level()?;
    let (message, logger) = cursor.rest.strip_suffix(')')?.rsplit_once('(')?;
    logger.contains('.').then(|| parts(message, time, level).field("logger", Some(logger)))
}

/// `[…][INFO ][o.e.n.Node] [name] message`
fn elastic<'a>(mut cursor: Cursor<'a>, time: Time<'a>) -> Option<Parts<'a>> {
    let in_brackets = cursor.rest.starts_with('[');
    let level = cursor.any_level().filter(|_| in_brackets)?;
    let logger = cursor.spaces().within('[', ']')?;
    let node = cursor.spaces().within('[', ']');
    Some(parts(cursor.rest, time, level).field("logger", Some(logger.trim())).field("node", node))
}
