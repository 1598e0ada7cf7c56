//! klog and glog: `I1121 10:00:00.123456       1 main.go:12] message`.

use super::cursor::Cursor;
use super::logfmt;
use super::stamp::Stamp;
use super::{LogFormat, Parts};
use crate::model::SECOND;
use crate::model::log_level;

pub(super) fn read(text: &str) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(text);
    let letter = *text.as_bytes().first()?;
    let level = log_level::of_letter(letter).filter(|_| letter.is_ascii_uppercase())?;
    cursor.eat(&text[..1])?;
    let date = cursor.digits().filter(|date| date.len() == 4)?;
    cursor.space()?;
    let (clock, _) = cursor.stamp()?;
    let Stamp::Clock(clock) = clock else { return None };
    let (month, day): (u8, i64) = (date[..2].parse().ok()?, date[2..].parse().ok()?);
    let time = text[1..text.len() - cursor.rest.len()].trim_end();
    let stamp = Stamp::Yearless(month, (day - 1) * 86_400 * SECOND + clock);
    cursor.spaces();
    let thread = cursor.digits();
    cursor.spaces();
    let source = cursor.until("] ").or_else(|| cursor.until("]"))?;
    if source.len() > 128 || source.contains(' ') {
        return None;
    }
    let parts = Parts::new(LogFormat::Klog, cursor.rest).time(Some((stamp, time))).level(Some((level, &text[..1])));
    Some(structured(parts).field("source", Some(source)).field("thread", thread))
}

/// A message in quotes with pairs behind it.
fn structured(mut parts: Parts<'_>) -> Parts<'_> {
    let quoted = parts.message.strip_prefix('"').and_then(logfmt::quoted_value);
    let Some((std::borrow::Cow::Borrowed(message), behind)) = quoted else { return parts.with_pairs() };
    let (rest, pairs) = logfmt::behind(behind.trim_start());
    if rest.is_empty() {
        parts.message = message;
        parts.fields.extend(pairs);
    }
    parts
}
