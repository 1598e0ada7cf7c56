//! Time stamps as engines write them: RFC 3339 with up to nine fractional digits. By hand, since every log line has one.

use crate::model::{SECOND, Timestamp, days_from_civil};

/// Reads a time stamp at the start of `text`: the moment and how many bytes it took. None if there is none. What lies further
/// from 1970 than nanoseconds can be counted is [`Timestamp::default`].
pub fn parse_prefix(text: &[u8]) -> Option<(Timestamp, usize)> {
    if text.len() < 20
        || text[4] != b'-'
        || text[7] != b'-'
        || !matches!(text[10], b'T' | b't' | b' ')
        || text[13] != b':'
        || text[16] != b':'
    {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..10])?);
    let (hour, minute, second) = (number(&text[11..13])?, number(&text[14..16])?, number(&text[17..19])?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut nanos = 0;
    if text[at] == b'.' {
        at += 1;
        let mut unit = SECOND / 10;
        while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            nanos += i64::from(digit - b'0') * unit;
            unit /= 10;
            at += 1;
        }
    }
    let (offset, taken) = offset_seconds(&text[at..])?;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    let moment =
        seconds.checked_mul(SECOND).and_then(|whole| whole.checked_add(nanos)).map_or(Timestamp::default(), Timestamp);
    Some((moment, at + taken))
}

/// Reads a whole time stamp. Years before 1970 (engines write year 1 for "never") and nonsense are [`Timestamp::default`].
pub fn parse(text: &str) -> Timestamp {
    match parse_prefix(text.as_bytes()) {
        Some((moment, _)) if moment.is_known() => moment,
        _ => Timestamp::default(),
    }
}

/// A moment as the engine's `since` and `until` take it: seconds and nanoseconds.
pub fn query(moment: Timestamp) -> String {
    format!("{}.{:09}", moment.seconds(), moment.0.rem_euclid(SECOND))
}

fn offset_seconds(text: &[u8]) -> Option<(i64, usize)> {
    match text.first()? {
        b'Z' | b'z' => Some((0, 1)),
        sign @ (b'+' | b'-') if text.len() >= 6 && text[3] == b':' => {
            let seconds = number(&text[1..3])? * 3600 + number(&text[4..6])? * 60;
            Some((if *sign == b'-' { -seconds } else { seconds }, 6))
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    let mut value = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn engines_ways_of_writing() {
        let base = 1_795_240_851;
        assert_eq!(parse("2026-11-21T06:00:51Z"), Timestamp::from_seconds(base));
        assert_eq!(parse("2026-11-21T07:00:51+01:00"), Timestamp::from_seconds(base));
        assert_eq!(parse("2026-11-21T06:00:51.454015315Z").0, base * SECOND + 454_015_315);
        assert_eq!(parse("2026-11-21T06:00:51.8466Z").0, base * SECOND + 846_600_000);
        assert_eq!(parse_prefix(b"2026-11-21T06:00:51.000000001Z hello").map(|found| found.1), Some(30));
        assert_eq!(parse("0001-01-01T00:00:00Z"), Timestamp::default());
        assert_eq!(
            parse_prefix(b"0001-01-01T00:00:00Z never"),
            Some((Timestamp::default(), 20)),
            "it is a stamp all the same"
        );
        assert_eq!(parse(""), Timestamp::default());
        assert_eq!(parse_prefix(b"2026-13-21T06:00:51Z"), None);
        assert_eq!(parse_prefix(b"2026-11-21T06:00:51"), None);
        assert_eq!(query(Timestamp(1_500_000_001)), "1.500000001");
    }

    proptest! {
        #[test]
        fn agrees_with_jiff(nanos in 0i64..4_000_000_000 * SECOND) {
            let written = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap().to_string();
            prop_assert_eq!(parse_prefix(written.as_bytes()), Some((Timestamp(nanos), written.len())));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            parse_prefix(&bytes);
        }
    }
}
