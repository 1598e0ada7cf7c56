//! A moment as it is typed for `--since` and `--until` (pure).

use crate::app::parse_time;
use crate::model::{SECOND, Timestamp, Zone};

/// Reads a span before now (`15m`, `1h30m`), a time of day or a date as the cockpit does, a time with its zone (RFC 3339), or
/// seconds since 1970.
///
/// # Errors
/// A sentence with examples.
pub fn parse(text: &str, now: Timestamp, zone: Zone) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Some(seconds) = span(text) {
        let is_possible = seconds <= now.seconds() as f64;
        return if is_possible { Ok(now.plus_seconds(-seconds)) } else { Err(format!("'{text}' is before 1970")) };
    }
    if let Ok(zoned) = text.parse::<jiff::Timestamp>() {
        return i64::try_from(zoned.as_nanosecond())
            .map(Timestamp)
            .map_err(|_| format!("'{text}' is too far from now"));
    }
    if let Some(seconds) = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0 && *seconds < 4e9) {
        return Ok(Timestamp((seconds * SECOND as f64) as i64));
    }
    let spelled = parse_time(text, now, zone);
    spelled.map_err(|_| format!("'{text}' is not a time; try 15m, 14:05, 2026-11-21 14:05 or 2026-11-21T14:05:00Z"))
}

/// Numbers, each with its unit.
fn span(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, behind) = rest.split_at(end);
        let unit = match behind.chars().next()? {
            's' => 1.0,
            'm' => 60.0,
            'h' => 3600.0,
            'd' => 86_400.0,
            _ => return None,
        };
        seconds += count.parse::<f64>().ok()? * unit;
        rest = &behind[1..];
    }
    text.ends_with(char::is_alphabetic).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_and_programs_write_them() {
        let now = Timestamp::from_seconds(1_000_000); // 13:46:40 UTC
        let at = |text: &str| parse(text, now, Zone::UTC).map(Timestamp::seconds);
        assert_eq!(
            (at("15m"), at("-15m"), at("1h30m"), at("2d")),
            (Ok(999_100), Ok(999_100), Ok(994_600), Ok(827_200))
        );
        assert_eq!((at("13:46"), at("1970-01-02 00:00")), (Ok(999_960), Ok(86_400)));
        assert_eq!((at("1970-01-02T01:00:00+01:00"), at("86400"), at("86400.5")), (Ok(86_400), Ok(86_400), Ok(86_400)));
        for wrong in ["soon", "", "15x", "m", "-"] {
            assert!(at(wrong).is_err_and(|why| why.contains("try 15m")), "{wrong}");
        }
    }
}
