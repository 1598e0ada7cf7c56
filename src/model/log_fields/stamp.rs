//! Time stamps as programs write them at the beginning of their lines, of every usual form.

use crate::model::{SECOND, Timestamp, days_from_civil};

/// Nanoseconds of a day.
const DAY: i64 = 86_400 * SECOND;
/// Zones differ from each other by whole multiples of this.
const QUARTER: i64 = 900 * SECOND;
/// The furthest zone from UTC.
const ZONE_MOST: i64 = 14 * 3600 * SECOND;
/// Months as the standard library of C names them.
const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// A time that a line gives for itself, as far as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// A moment: it has a date and a zone, or counts from 1970.
    Moment(Timestamp),
    /// A date and a time in a zone that it does not name, in nanoseconds from 1970 there.
    Local(i64),
    /// A date and a time without its year or its zone: the month, and nanoseconds from its beginning.
    Yearless(u8, i64),
    /// A time of day in a zone that it does not name, in nanoseconds.
    Clock(i64),
}

impl Stamp {
    /// The moment, where the line says all of it.
    pub fn moment(self) -> Option<Timestamp> {
        match self {
            Stamp::Moment(moment) => Some(moment),
            Stamp::Local(_) | Stamp::Yearless(..) | Stamp::Clock(_) => None,
        }
    }

    /// True if it may mean a moment that lies no further than `leeway` nanoseconds from `other`: of what it does not say, such
    /// as its zone, the best is assumed.
    pub fn agrees(self, other: Timestamp, leeway: i64) -> bool {
        match self {
            Stamp::Moment(moment) => moment.0.abs_diff(other.0) <= leeway.unsigned_abs(),
            Stamp::Local(local) => {
                let apart = local.saturating_sub(other.0);
                apart.abs() <= ZONE_MOST + leeway && is_about(apart, QUARTER, leeway)
            }
            Stamp::Yearless(_, within) => is_about(within.saturating_sub(other.0), QUARTER, leeway),
            Stamp::Clock(clock) => is_about(clock.saturating_sub(other.0.rem_euclid(DAY)), QUARTER, leeway),
        }
    }

    /// From a number that counts from 1970, in the unit that makes it a date of these decades.
    pub fn from_number(number: f64) -> Option<Stamp> {
        let seconds = match number {
            1e8..1e11 => number,
            1e11..1e14 => number / 1e3,
            1e14..1e17 => number / 1e6,
            1e17..1e19 => number / 1e9,
            _ => return None,
        };
        Some(Stamp::Moment(Timestamp((seconds * SECOND as f64) as i64)))
    }

    /// From a whole text: a stamp of any form, or a number that counts from 1970.
    pub fn from_text(text: &str) -> Option<Stamp> {
        let text = text.trim();
        match read(text.as_bytes()) {
            Some((stamp, taken)) if taken == text.len() => Some(stamp),
            _ => text.parse().ok().and_then(Stamp::from_number),
        }
    }
}

/// True if a number is a multiple of a unit, give or take.
fn is_about(number: i64, unit: i64, leeway: i64) -> bool {
    let rest = number.rem_euclid(unit);
    rest.min(unit - rest) <= leeway
}

/// Reads a time stamp at the start of a text: what it says, and how many bytes it takes.
pub fn read(text: &[u8]) -> Option<(Stamp, usize)> {
    match text.first()? {
        b'0'..=b'9' => year_first(text).or_else(|| day_first(text)).or_else(|| clock_alone(text)),
        b'A'..=b'Z' => month_first(text, 0).or_else(|| weekday_first(text)),
        _ => None,
    }
}

/// `2026-11-21T10:00:00.123Z`, `2026-11-21 10:00:00,123 +01:00`, `2026/11/21 10:00:00`, `2026-11-21 10:00:00.123 UTC`
fn year_first(text: &[u8]) -> Option<(Stamp, usize)> {
    let separator = *text.get(4)?;
    if !matches!(separator, b'-' | b'/' | b'.') || *text.get(7)? != separator {
        return None;
    }
    if !matches!(text.get(10)?, b'T' | b't' | b' ' | b'_' | b'-') {
        return None;
    }
    let date = date(number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?)?;
    let (clock, end) = clock(text, 11)?;
    Some(zoned(text, date + clock, end))
}

/// `21/Nov/2026:10:00:00 +0100`, `21-Nov-2026 10:00:00.123`, `21 Nov 2026 10:00:00.123`
fn day_first(text: &[u8]) -> Option<(Stamp, usize)> {
    let day_digits = if text.get(1)?.is_ascii_digit() { 2 } else { 1 };
    let separator = *text.get(day_digits)?;
    if !matches!(separator, b'/' | b'-' | b' ') || *text.get(day_digits + 4)? != separator {
        return None;
    }
    let month = month(text.get(day_digits + 1..day_digits + 4)?)?;
    let year_at = day_digits + 5;
    let date = date(number(text, year_at, 4)?, month, number(text, 0, day_digits)?)?;
    if !matches!(text.get(year_at + 4)?, b':' | b' ') {
        return None;
    }
    let (clock, end) = clock(text, year_at + 5)?;
    Some(zoned(text, date + clock, end))
}

/// `Nov 21 10:00:00`, `Nov  1 10:00:00.123`, `Nov 21 10:00:00.123 2026`, `Nov 21 2026 10:00:00`
fn month_first(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let month = month(text.get(at..at + 3)?)?;
    if *text.get(at + 3)? != b' ' || text.get(at + 6)? != &b' ' {
        return None;
    }
    let day = if text[at + 4] == b' ' { number(text, at + 5, 1)? } else { number(text, at + 4, 2)? };
    let (year, clock_at) = match number(text, at + 7, 4) {
        Some(year) if text.get(at + 11) == Some(&b' ') => (Some(year), at + 12),
        _ => (None, at + 7),
    };
    let (clock, end) = clock(text, clock_at)?;
    let behind = || number(text, end + 1, 4).filter(|_| text.get(end) == Some(&b' ') && !is_digit(text, end + 5));
    match (year, behind()) {
        (Some(year), _) => Some(zoned(text, date(year, month, day)? + clock, end)),
        (None, Some(year)) if (1970..2200).contains(&year) => {
            Some((Stamp::Local(date(year, month, day)? + clock), end + 5))
        }
        _ => Some((Stamp::Yearless(month as u8, (day - 1) * DAY + clock), end)),
    }
}

/// `Wed Nov 21 10:00:00.123 2026`
fn weekday_first(text: &[u8]) -> Option<(Stamp, usize)> {
    let is_weekday = text.get(..3)?.iter().all(u8::is_ascii_alphabetic) && *text.get(3)? == b' ';
    is_weekday.then(|| month_first(text, 4))?
}

/// `10:00:00.123`
fn clock_alone(text: &[u8]) -> Option<(Stamp, usize)> {
    let (clock, end) = clock(text, 0)?;
    Some((Stamp::Clock(clock), end))
}

/// Nanoseconds of the day, and where the text goes on.
fn clock(text: &[u8], at: usize) -> Option<(i64, usize)> {
    if *text.get(at + 2)? != b':' || *text.get(at + 5)? != b':' {
        return None;
    }
    let (hour, minute, second) = (number(text, at, 2)?, number(text, at + 3, 2)?, number(text, at + 6, 2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (mut nanos, mut end) = (0, at + 8);
    if matches!(text.get(end), Some(b'.' | b',')) && is_digit(text, end + 1) {
        end += 1;
        let mut unit = SECOND / 10;
        while is_digit(text, end) {
            nanos += i64::from(text[end] - b'0') * unit;
            unit /= 10;
            end += 1;
        }
    }
    Some(((hour * 3600 + minute * 60 + second) * SECOND + nanos, end))
}

/// With the zone that may follow.
fn zoned(text: &[u8], local: i64, end: usize) -> (Stamp, usize) {
    match zone(&text[end..]) {
        Some((offset, taken)) => (Stamp::Moment(Timestamp(local.saturating_sub(offset))), end + taken),
        None => (Stamp::Local(local), end),
    }
}

/// Local time minus UTC in nanoseconds, and the bytes that its name takes.
fn zone(text: &[u8]) -> Option<(i64, usize)> {
    let space = usize::from(text.first() == Some(&b' '));
    let zone = &text[space..];
    match zone.first()? {
        b'Z' | b'z' if space == 0 => Some((0, 1)),
        b'U' if zone.starts_with(b"UTC") => Some((0, space + 3)),
        b'G' if zone.starts_with(b"GMT") => Some((0, space + 3)),
        sign @ (b'+' | b'-') => {
            let hours = number(zone, 1, 2)?;
            let colon = usize::from(zone.get(3) == Some(&b':'));
            let (minutes, taken) = number(zone, 3 + colon, 2).map_or((0, 3), |minutes| (minutes, 5 + colon));
            let offset = (hours * 3600 + minutes * 60) * SECOND;
            (hours <= 14 && minutes < 60).then_some((if *sign == b'-' { -offset } else { offset }, space + taken))
        }
        _ => None,
    }
}

/// Nanoseconds from 1970 of a date.
fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_date = (1970..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then(|| days_from_civil(year, month, day) * DAY)
}

/// The number of a month.
fn month(name: &[u8]) -> Option<i64> {
    let place = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(*month))?;
    Some(place as i64 + 1)
}

/// A number of so many digits.
fn number(text: &[u8], at: usize, digits: usize) -> Option<i64> {
    let digits = text.get(at..at + digits)?;
    digits
        .iter()
        .all(u8::is_ascii_digit)
        .then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

fn is_digit(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T10:00:00Z.
    const AT: i64 = 1_795_255_200 * SECOND;

    #[test]
    fn stamps_of_the_wild_are_read_whole() {
        for (text, expected) in [
            ("2026-11-21T10:00:00Z", Stamp::Moment(Timestamp(AT))),
            ("2026-11-21T11:00:00.000+01:00", Stamp::Moment(Timestamp(AT))),
            ("2026-11-21 11:00:00,250 +0100", Stamp::Moment(Timestamp(AT + SECOND / 4))),
            ("2026-11-21 10:00:00.000 UTC", Stamp::Moment(Timestamp(AT))),
            ("21/Nov/2026:05:00:00 -0500", Stamp::Moment(Timestamp(AT))),
            ("2026-11-21 10:00:00,500", Stamp::Local(AT + SECOND / 2)),
            ("2026/11/21 10:00:00.000001", Stamp::Local(AT + 1000)),
            ("21-Nov-2026 10:00:00.000", Stamp::Local(AT)),
            ("21 Nov 2026 10:00:00.000", Stamp::Local(AT)),
            ("Sat Nov 21 10:00:00.000000 2026", Stamp::Local(AT)),
            ("Nov 21 10:00:00", Stamp::Yearless(11, 20 * DAY + 36_000 * SECOND)),
            ("Nov  1 10:00:00", Stamp::Yearless(11, 36_000 * SECOND)),
            ("10:00:00.5", Stamp::Clock(36_000 * SECOND + SECOND / 2)),
        ] {
            assert_eq!(read(text.as_bytes()), Some((expected, text.len())), "{text}");
        }
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for text in ["2026-13-21T10:00:00Z", "2026-11-21", "10:00", "Nope 21 10:00:00", "12345", "25:00:00", ""] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn numbers_count_from_1970_in_the_unit_that_fits() {
        for number in [1_795_255_200.0, 1_795_255_200_000.0, 1_795_255_200_000_000.0, 1.7952552e18] {
            assert_eq!(Stamp::from_number(number), Some(Stamp::Moment(Timestamp(AT))), "{number}");
        }
        assert_eq!(Stamp::from_text("1795255200"), Some(Stamp::Moment(Timestamp(AT))));
        assert_eq!(Stamp::from_text("17"), None);
    }

    #[test]
    fn a_zone_that_is_not_named_may_be_any() {
        let near = |text: &str, seconds: i64| {
            let (stamp, _) = read(text.as_bytes()).expect("a stamp");
            stamp.agrees(Timestamp(AT + seconds * SECOND), 5 * SECOND)
        };
        assert!(near("2026-11-21T10:00:00Z", 4) && !near("2026-11-21T10:00:00Z", 6));
        assert!(near("2026-11-21 15:30:02", 0), "Kolkata");
        assert!(!near("2026-11-21 15:37:00", 0) && !near("2026-11-23 10:00:00", 0));
        assert!(near("10:00:03", 0) && near("12:00:00", -2) && !near("10:07:00", 0));
        assert!(near("Nov 21 02:00:00", 0) && !near("Nov 21 02:05:00", 0));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            read(&text);
        }

        #[test]
        fn no_digits_break_it(text in "[0-9T:/ .,+Z-]{0,40}") {
            read(text.as_bytes());
            Stamp::from_text(&text);
        }
    }
}
