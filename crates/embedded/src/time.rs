//! Moments, and how the Docker API writes them.

use jiff::{SignedDuration, Timestamp};

/// Nanoseconds since 1970.
pub(crate) type Nanos = i64;

pub(crate) const SECOND: Nanos = 1_000_000_000;

/// The moment never: what Docker shows for "has not happened".
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

pub(crate) fn now() -> Nanos {
    Timestamp::now().as_nanosecond() as Nanos
}

/// RFC 3339 with nanoseconds, as Docker writes it; [`NEVER`] for none.
pub(crate) fn rfc3339(at: Option<Nanos>) -> String {
    at.and_then(|at| Timestamp::from_nanosecond(i128::from(at)).ok())
        .map_or_else(|| NEVER.to_string(), |at| format!("{at:.9}"))
}

/// Reads `sec`, `sec.nanos` or RFC 3339; `None` when it is none of them.
pub(crate) fn parse(text: &str) -> Option<Nanos> {
    if text.contains('T') {
        return text.parse::<Timestamp>().ok().and_then(|at| Nanos::try_from(at.as_nanosecond()).ok());
    }
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = seconds.parse().ok()?;
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    seconds.checked_mul(SECOND)?.checked_add(nanos)
}

/// Reads a length of time as Go writes it: `24h`, `1h30m`, `1.5s`, `300ms`. Thirty years are the most.
pub(crate) fn length(text: &str) -> Option<Nanos> {
    let length = text.parse::<SignedDuration>().ok().filter(|length| (0..1_000_000_000).contains(&length.as_secs()))?;
    Nanos::try_from(length.as_nanos()).ok()
}

/// Seconds as a length of time.
pub(crate) fn seconds(of: f64) -> Nanos {
    (of * SECOND as f64) as Nanos
}

/// A rough age in words, as Docker's status column says it (docker/go-units `HumanDuration`).
pub(crate) fn human(length: Nanos) -> String {
    let length = SignedDuration::from_nanos(length.max(0));
    let (seconds, minutes, hours) =
        (length.as_secs(), length.as_mins(), (length.as_secs() as f64 / 3600.0).round() as i64);
    match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".into(),
        (1, ..) => "1 second".into(),
        (2..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".into(),
        (_, 2..60, _) => format!("{minutes} minutes"),
        (.., 1) => "About an hour".into(),
        (.., 2..48) => format!("{hours} hours"),
        (.., 48..336) => format!("{} days", hours / 24),
        (.., 336..1440) => format!("{} weeks", hours / 24 / 7),
        (.., 1440..17520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_send() {
        assert_eq!(parse("12"), Some(12 * SECOND));
        assert_eq!(parse("12.000000007"), Some(12 * SECOND + 7));
        assert_eq!(parse("12.5"), Some(12 * SECOND + SECOND / 2));
        assert_eq!(parse("1970-01-01T00:00:02.5Z"), Some(2 * SECOND + SECOND / 2));
        for bad in ["", "x", "1.x", "1.0000000001", "99999999999999", "1e3"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn lengths_as_go_writes_them() {
        assert_eq!(length("1h30m"), Some(5400 * SECOND));
        assert_eq!(length("1.5s"), Some(SECOND * 3 / 2));
        for bad in ["", "1", "h", "1d", "1h-2m", "é", "9999999999999h", "."] {
            assert_eq!(length(bad), None, "{bad}");
        }
    }

    #[test]
    fn writes_what_docker_writes() {
        assert_eq!(rfc3339(None), NEVER);
        assert_eq!(rfc3339(Some(SECOND + 5)), "1970-01-01T00:00:01.000000005Z");
    }

    #[test]
    fn ages_in_words() {
        let words: Vec<_> =
            [0, 1, 30, 90, 600, 4000, 3 * 3600, 3 * 86400, 20 * 86400].map(|s| human(s * SECOND)).into();
        assert_eq!(
            words,
            [
                "Less than a second",
                "1 second",
                "30 seconds",
                "About a minute",
                "10 minutes",
                "About an hour",
                "3 hours",
                "3 days",
                "2 weeks"
            ]
        );
    }
}
