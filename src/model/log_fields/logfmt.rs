//! Pairs of `key=value`: whole lines of them, and those behind a message.

use super::LogField;
use std::borrow::Cow;

/// Places of a message at which its pairs are tried to begin.
const TRIES: usize = 8;
/// Bytes of a name at most.
const NAME_MOST: usize = 64;
/// What alone makes a line one of pairs.
const TELLING: &[&str] = &["msg", "message", "level", "lvl", "time", "ts", "error", "err", "event"];

/// The pairs of a line that is made of them. A word without a value among them is one that says `true`.
pub(super) fn read(text: &str) -> Option<Vec<LogField<'_>>> {
    pair(text)?;
    let (mut fields, mut words, mut rest) = (Vec::with_capacity(8), 0, text);
    while !rest.is_empty() {
        match pair(rest) {
            Some((field, behind)) => {
                fields.push(field);
                rest = behind;
            }
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                words += 1;
                if name_len(rest) == end {
                    fields.push((Cow::from(&rest[..end]), "true".into()));
                }
                rest = rest[end..].trim_start();
            }
        }
    }
    let pairs = fields.len() - words.min(fields.len());
    let is_telling = || TELLING.contains(&&*fields[0].0);
    (pairs > 2 * words && (pairs > 1 || is_telling())).then_some(fields)
}

/// A message, and the pairs behind it.
pub(super) fn behind(message: &str) -> (&str, Vec<LogField<'_>>) {
    for (equals, _) in message.match_indices('=').take(TRIES) {
        let start = message[..equals].rfind(' ').map_or(0, |space| space + 1);
        if let Some(fields) = all_pairs(&message[start..]) {
            return (message[..start].trim_end(), fields);
        }
    }
    (message, Vec::new())
}

fn all_pairs(text: &str) -> Option<Vec<LogField<'_>>> {
    let (mut fields, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (field, behind) = pair(rest)?;
        fields.push(field);
        rest = behind;
    }
    Some(fields)
}

/// The pair at the beginning of a text, and what is behind it.
fn pair(text: &str) -> Option<(LogField<'_>, &str)> {
    let end = name_len(text);
    let value = text[end..].strip_prefix('=').filter(|_| end > 0)?;
    // `==` and `=>` are no pairs.
    if value.starts_with(['=', '>', '~']) {
        return None;
    }
    let (value, behind) = match value.strip_prefix('"') {
        Some(quoted) => quoted_value(quoted)?,
        None => {
            let end = value.find([' ', '\t']).unwrap_or(value.len());
            (Cow::from(&value[..end]), &value[end..])
        }
    };
    Some(((Cow::from(&text[..end]), value), behind.trim_start()))
}

fn name_len(text: &str) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-@/$:".contains(byte);
    let len = text.bytes().take(NAME_MOST + 1).take_while(is_part).count();
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || b"_@$".contains(&byte));
    if begins && len <= NAME_MOST { len } else { 0 }
}

/// A value behind its opening quote, and what is behind the closing one.
pub(super) fn quoted_value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            break;
        }
        // An escape: the character behind it, however many bytes it has.
        at += 1 + text[at + 1..].chars().next()?.len_utf8();
    }
    let (inside, behind) = (&text[..at], &text[at + 1..]);
    let value = if inside.contains('\\') { unescaped(inside).into() } else { inside.into() };
    Some((value, behind))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, if character == '\\' { characters.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some(escaped @ ('"' | '\\' | '\''))) => out.push(escaped),
            ('\\', Some(other)) => out.extend(['\\', other]),
            (other, _) => out.push(other),
        }
    }
    out
}
