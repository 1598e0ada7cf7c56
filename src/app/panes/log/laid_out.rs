//! A line laid out for reading: its level, its message, and dim behind them its other fields. Its own time stands there only where
//! it says something else than the time beside it.

use super::columns::Cells;
use crate::app::options::{LogOptions, TimestampFormat};
use crate::app::widgets::units;
use crate::model::log_fields::{on_one_line, pair};
use crate::model::log_text::{COLUMNS_MAX, Glyph, decode, seen};
use crate::model::{Level, LineMark, LogFields, LogFormat, SECOND, Timestamp};

/// A line's own time is that of the engine if it is no further apart, nanoseconds.
const SAME_TIME: i64 = 5 * SECOND;
/// A longer line is shown as it was written, bytes: it is read anew whenever it is drawn.
const LONGEST: usize = 64 * 1024;
/// Bytes of colours that may stand before it.
const BEGINNING: usize = 24;

/// The glyphs of a line, about `columns` of them at most.
pub(super) fn glyphs(
    mark: &LineMark,
    bytes: &[u8],
    columns: usize,
    preferences: &LogOptions,
    cells: Cells,
) -> Vec<Glyph> {
    let laid_out = || laid_out(mark, bytes, columns, preferences, cells);
    let glyphs = may_be_laid_out(mark, bytes, preferences).then(laid_out).flatten();
    let glyphs = glyphs.unwrap_or_else(|| decode(bytes, columns));
    if mark.cut_kib == 0 && bytes.len() < COLUMNS_MAX { glyphs } else { with_end(glyphs, mark, columns) }
}

/// False for a line that is shown as it is written: one that is too long to be taken apart whenever it is drawn, and what goes on
/// with an entry, which belongs below its message.
pub(super) fn may_be_laid_out(mark: &LineMark, bytes: &[u8], preferences: &LogOptions) -> bool {
    !preferences.raw && !mark.continues && !is_too_long(bytes) && may_have_more(bytes)
}

/// True for a line that is too long to be taken apart whenever it is drawn.
pub(super) fn is_too_long(bytes: &[u8]) -> bool {
    bytes.len() > LONGEST
}

/// A long line with what is missing at its end, if the end is among the columns that are wanted.
fn with_end(mut glyphs: Vec<Glyph>, mark: &LineMark, columns: usize) -> Vec<Glyph> {
    let is_whole = glyphs.iter().map(|glyph| usize::from(glyph.width)).sum::<usize>() < columns;
    let missing = match (is_whole, mark.cut()) {
        (true, cut) => cut,
        (false, _) if columns == COLUMNS_MAX => Some("more: see the whole line".to_string()),
        (false, _) => None,
    };
    let mut words = missing.map(|missing| decode(format!(" … {missing}").as_bytes(), columns)).unwrap_or_default();
    words.iter_mut().for_each(|glyph| glyph.sgr.dim = true);
    glyphs.append(&mut words);
    glyphs
}

/// A moment, as times of lines are shown.
pub(super) fn stamp(at: Timestamp, preferences: &LogOptions) -> String {
    match preferences.timestamps {
        TimestampFormat::Time => units::clock(at, preferences.zone),
        TimestampFormat::Milliseconds => units::date_and_clock(at, preferences.zone)[11..].to_string(),
        TimestampFormat::Full => units::date_and_clock(at, preferences.zone),
        TimestampFormat::None => String::new(),
    }
}

/// True for a line that may be an object or pairs, or begin with a time: others need no look.
fn may_have_more(bytes: &[u8]) -> bool {
    let mut rest = bytes.trim_ascii_start();
    while let Some(colour) = rest.strip_prefix(b"\x1b[") {
        let Some(end) = memchr::memchr(b'm', colour) else { return false };
        rest = &colour[end + 1..];
    }
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    match rest.first() {
        Some(b'{' | b'[' | b'<') => true,
        Some(first) if first.is_ascii_digit() => true,
        Some(_) => word.contains(&b'=') || word.get(1).is_some_and(u8::is_ascii_digit),
        None => false,
    }
}

fn laid_out(
    mark: &LineMark,
    bytes: &[u8],
    columns: usize,
    preferences: &LogOptions,
    cells: Cells,
) -> Option<Vec<Glyph>> {
    let mut scratch = String::new();
    let text = std::str::from_utf8(seen(bytes, &mut scratch)).ok()?;
    let line = LogFields::read(text)?;
    let has_time = preferences.timestamps != TimestampFormat::None;
    let is_same = has_time && line.time.is_some_and(|own| own.agrees(mark.at, SAME_TIME));
    match line.format {
        LogFormat::Json | LogFormat::Logfmt => Some(of_fields(&line, is_same, columns, cells)),
        LogFormat::Klog
        | LogFormat::Syslog
        | LogFormat::Access
        | LogFormat::WebError
        | LogFormat::Java
        | LogFormat::Python
        | LogFormat::Go
        | LogFormat::Rust
        | LogFormat::Plain => {
            let rest = without(bytes, line.get("time").filter(|_| is_same)?.as_bytes())?;
            let mut glyphs = decode(&rest, columns);
            let blank = glyphs.iter().take_while(|glyph| glyph.is_blank()).count();
            glyphs.drain(..blank);
            (!glyphs.is_empty()).then_some(glyphs)
        }
    }
}

/// A value in a column of so many columns.
fn cell(value: &str, width: usize) -> Vec<Glyph> {
    let mut glyphs = decode(on_one_line(value).as_bytes(), width + 1);
    let mut used = glyphs.iter().map(|glyph| usize::from(glyph.width)).sum::<usize>();
    if used > width {
        while used + 1 > width {
            let Some(last) = glyphs.pop() else { break };
            used -= usize::from(last.width);
        }
        glyphs.extend(decode("…".as_bytes(), 1));
        used += 1;
    }
    glyphs.extend(decode(" ".repeat((width + 1).saturating_sub(used)).as_bytes(), width + 1));
    glyphs
}

fn of_fields(line: &LogFields, is_same: bool, columns: usize, cells: Cells) -> Vec<Glyph> {
    let level = match line.level {
        // Columns stand below each other, whether a line names its level or not.
        Level::None if cells.fields.is_empty() => String::new(),
        Level::None => format!("{:<6}", ""),
        level => format!("{:<6}", level.word().to_uppercase()),
    };
    let mut glyphs = decode(level.as_bytes(), columns);
    for (name, width) in cells.fields.iter().zip(cells.widths) {
        glyphs.append(&mut cell(line.get(name).unwrap_or_default(), *width));
    }
    glyphs.append(&mut decode(on_one_line(&line.message).as_bytes(), columns.saturating_sub(glyphs.len()).max(1)));
    let time = line.get("time").filter(|_| !is_same && line.time.is_some() && !cells.hides_others);
    let time = time.map(|time| ("time", time));
    let others = line.others().map(|(name, value)| (&**name, &**value)).filter(|(name, _)| cells.leaves(name));
    let mut behind = String::new();
    for (name, value) in time.into_iter().chain(others) {
        behind.push_str(if glyphs.is_empty() && behind.is_empty() { "" } else { " " });
        behind.push_str(&pair(name, value));
        if behind.len() > columns {
            break;
        }
    }
    let mut fields = decode(behind.as_bytes(), columns.saturating_sub(glyphs.len()).max(1));
    fields.iter_mut().for_each(|glyph| glyph.sgr.dim = true);
    glyphs.append(&mut fields);
    glyphs
}

/// A line without the time that it begins with, in brackets or not, whatever its colour.
fn without(bytes: &[u8], time: &[u8]) -> Option<Vec<u8>> {
    let place = memchr::memmem::find(bytes.get(..bytes.len().min(BEGINNING + time.len()))?, time)?;
    let (before, behind) = (&bytes[..place], &bytes[place + time.len()..]);
    let (before, behind) = match (before.strip_suffix(b"["), behind.strip_prefix(b"]")) {
        (Some(before), Some(behind)) => (before, behind),
        _ => (before, behind),
    };
    // Before it only colours: a time within a sentence is part of it.
    let mut scratch = String::new();
    seen(before, &mut scratch).iter().all(u8::is_ascii_whitespace).then(|| [before, behind].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, preferences: &LogOptions) -> String {
        let at = Timestamp::from_seconds(1_795_262_400);
        let glyphs =
            glyphs(&LineMark { at, ..LineMark::default() }, line.as_bytes(), 1000, preferences, Cells::default());
        let mut text = String::new();
        for glyph in &glyphs {
            glyph.write(&mut text);
        }
        text
    }

    #[test]
    fn what_is_missing_at_the_end_of_a_line_is_said_there() {
        let end = |bytes: &[u8], cut_kib, columns| {
            let mark = LineMark { cut_kib, ..LineMark::default() };
            let shown = glyphs(&mark, bytes, columns, &LogOptions::DEFAULT, Cells::default());
            let mut text = String::new();
            shown.iter().rev().take(30).rev().for_each(|glyph| glyph.write(&mut text));
            text
        };
        assert_eq!(end(b"the beginning", 36, 100), "the beginning … 36 KiB cut");
        assert_eq!(end(b"the beginning", 36, 5), "the b", "its end is not on the screen");
        assert!(end(&vec![b'x'; COLUMNS_MAX + 9], 0, COLUMNS_MAX).ends_with("x … more: see the whole line"));
        assert_eq!(end(b"whole", 0, 100), "whole");
    }

    #[test]
    fn fields_stand_behind_level_and_message_and_the_time_is_not_told_twice() {
        let json = r#"{"time":"2026-11-21T12:00:01Z","level":"warn","msg":"slow query","took":912,"sql":"SELECT 1"}"#;
        assert_eq!(shown(json, &LogOptions::DEFAULT), "WARN  slow query took=912 sql=\"SELECT 1\"");
        let later = json.replace("12:00:01", "17:31:40");
        assert!(shown(&later, &LogOptions::DEFAULT).contains("time=2026-11-21T17:31:40Z"), "it is another time");
        let none = LogOptions { timestamps: TimestampFormat::None, ..LogOptions::DEFAULT };
        assert!(shown(json, &none).contains("time=2026-11-21T12:00:01Z"), "nothing else tells the time");
        let raw = LogOptions { raw: true, ..LogOptions::DEFAULT };
        assert_eq!(shown(json, &raw), json);
    }

    #[test]
    fn columns_stand_between_level_and_message_and_what_is_too_long_is_cut() {
        let fields = ["user".to_string(), "took".to_string()];
        let laid_out = |line: &str, cells| {
            let glyphs = glyphs(&LineMark::default(), line.as_bytes(), 1000, &LogOptions::DEFAULT, cells);
            let mut text = String::new();
            glyphs.iter().for_each(|glyph| glyph.write(&mut text));
            text
        };
        let cells = Cells { fields: &fields, widths: &[5, 3], chosen: &fields, hides_others: false };
        let lines = [
            r#"{"level":"info","msg":"a","user":"ann","took":12,"x":1}"#,
            r#"{"msg":"b","user":"bartholomew","x":2}"#,
            r#"{"level":"warn","msg":"c","took":"漢字漢字"}"#,
        ];
        let shown: Vec<String> = lines.iter().map(|line| laid_out(line, cells)).collect();
        assert_eq!(shown, ["INFO  ann   12  a x=1", "      bart…     b x=2", "WARN        漢… c"]);
        let alone = Cells { hides_others: true, ..cells };
        assert_eq!(laid_out(lines[0], alone), "INFO  ann   12  a");
        let one = Cells { fields: &fields[..1], widths: &[5], ..alone };
        assert_eq!(laid_out(lines[0], one), "INFO  ann   a took=12", "a column without room is a field like others");
        assert_eq!(laid_out("plain words", cells), "plain words");
    }

    #[test]
    fn a_line_of_words_loses_only_its_own_time() {
        let line = "2026-11-21T12:00:01.250Z ERROR http: GET / 500";
        assert_eq!(shown(line, &LogOptions::DEFAULT), "ERROR http: GET / 500");
        assert_eq!(shown("[2026-11-21 12:00:01] starting", &LogOptions::DEFAULT), "starting");
        assert_eq!(shown("plain words", &LogOptions::DEFAULT), "plain words");
        let coloured = "\x1b[31m2026-11-21T12:00:01Z ERROR\x1b[0m x";
        assert_eq!(shown(coloured, &LogOptions::DEFAULT), "ERROR x", "colours are kept, the time is not");
    }

    #[test]
    fn an_end_of_a_line_within_a_field_overwrites_nothing() {
        let line = r#"{"msg":"hidden\rshown\nmore","user":"evil\b\rroot"}"#;
        assert_eq!(shown(line, &LogOptions::DEFAULT), r#"hidden\rshown\nmore user="evil\b\rroot""#);
    }

    #[test]
    fn what_a_field_holds_does_nothing_on_the_screen() {
        let line = r#"{"msg":"a\u001b[31mb","k":"c\u202ed"}"#;
        let text = shown(line, &LogOptions::DEFAULT);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}
