//! Go: its own log and slog, zap's and zerolog's lines for people, logrus on a terminal.

use super::cursor::Cursor;
use super::{LogFormat, Parts, json};

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    logrus(text).or_else(|| zap(text)).or_else(|| zerolog(text)).or_else(|| standard(text))
}

/// `2026/11/21 10:00:00 main.go:12: message`, and slog's `2026/11/21 10:00:00 INFO message key=value`
fn standard(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp().filter(|_| text.as_bytes()[4] == b'/')?;
    cursor.space()?;
    let source = source(&mut cursor);
    let mut ahead = cursor;
    let level =
        ahead.level().filter(|(_, word)| word.bytes().all(|b| b.is_ascii_uppercase()) && ahead.space().is_some());
    let rest = if level.is_some() { ahead.rest } else { cursor.rest };
    Some(Parts::new(LogFormat::Go, rest).time(Some(time)).level(level).with_pairs().field("source", source))
}

/// `main.go:12: `
fn source<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let mut ahead = *cursor;
    let word = ahead.word()?.strip_suffix(':')?;
    word.contains(".go:").then(|| {
        ahead.spaces();
        *cursor = ahead;
        word
    })
}

/// `2026-11-21T10:00:00.000Z\tINFO\tlogger\tmain.go:12\tmessage\t{"key": "value"}`
fn zap(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp()?;
    cursor.eat("\t")?;
    let level = cursor.level()?;
    cursor.eat("\t")?;
    let (head, object) = match cursor.rest.rsplit_once('\t').filter(|(_, last)| last.starts_with('{')) {
        Some((head, last)) => (head, json::read(last)),
        None => (cursor.rest, None),
    };
    let object = object.unwrap_or_default();
    let (mut message, mut logger, mut source) = (head, None, None);
    while let Some((column, behind)) = message.split_once('\t').filter(|_| source.is_none()) {
        match column.rsplit_once(':') {
            Some((path, _)) if path.ends_with(".go") => source = Some(column),
            _ if logger.is_none() && !column.contains(' ') => logger = Some(column),
            _ => break,
        }
        message = behind;
    }
    let mut parts = Parts::new(LogFormat::Go, message).time(Some(time)).level(Some(level));
    parts.fields.extend(object);
    Some(parts.field("logger", logger).field("source", source))
}

/// `2026-11-21T10:00:00Z INF main.go:12 > message key=value`
fn zerolog(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let time = cursor.stamp()?;
    cursor.space()?;
    let level = cursor.level().filter(|(_, word)| matches!(*word, "INF" | "WRN" | "ERR" | "FTL" | "DBG" | "TRC"))?;
    cursor.space()?;
    let mut ahead = cursor;
    let source = ahead.word().filter(|word| word.contains(".go:") && ahead.spaces().eat(">").is_some());
    let rest = if source.is_some() { ahead.rest } else { cursor.rest };
    Some(Parts::new(LogFormat::Go, rest).time(Some(time)).level(Some(level)).with_pairs().field("source", source))
}

/// `INFO[0012] message                  key=value`
fn logrus(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let level = cursor.level().filter(|(_, word)| word.len() == 4 || *word == "ERRO" || *word == "FATA");
    let level = level.or_else(|| {
        let word = text.get(..4).filter(|word| matches!(*word, "ERRO" | "FATA" | "DEBU" | "TRAC"))?;
        cursor.eat(word)?;
        Some((crate::model::log_level::of_letter(word.as_bytes()[0])?, word))
    })?;
    let seconds = cursor.within('[', ']').filter(|inside| inside.len() >= 4)?;
    if !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Parts::new(LogFormat::Go, cursor.rest).level(Some(level)).with_pairs().field("seconds", Some(seconds)))
}
