//! Moments and spans as whole numbers, so that the pure rooms need no clock.

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// Whole seconds of a span as it is typed: `90s`, `15m`, `1h30m`, `2d`.
///
/// # Errors
/// A sentence with examples.
pub fn span(text: &str) -> Result<u64, String> {
    let unknown = || format!("'{}' is not a span of time; try 90s, 15m, 1h30m or 2d", super::text::clean(text));
    let (mut rest, mut seconds) = (text.trim(), 0_u64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = rest.split_at(digits);
        let each = match unit.bytes().next() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3600,
            Some(b'd') => 86_400,
            Some(_) | None => return Err(unknown()),
        };
        let count: u64 = count.parse().map_err(|_| unknown())?;
        seconds = count.checked_mul(each).and_then(|more| more.checked_add(seconds)).ok_or_else(unknown)?;
        rest = unit.get(1..).unwrap_or_default();
    }
    if (1..=10 * 365 * 86_400).contains(&seconds) { Ok(seconds) } else { Err(unknown()) }
}

/// A moment: nanoseconds since 1970-01-01 UTC. Zero means "never".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// From whole seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// The moment `seconds` later.
    pub fn plus_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * SECOND as f64) as i64))
    }

    /// Seconds from `earlier` to this moment; negative when it lies before.
    pub fn since(self, earlier: Timestamp) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 / SECOND as f64
    }

    /// True where nothing tells that it is finer than a second: some engines stamp lines so.
    pub fn is_whole_second(self) -> bool {
        self.0 % SECOND == 0
    }

    /// How far beside it, in nanoseconds, a line may be stamped that was written with one of this moment: two streams' lines get
    /// a little out of order.
    pub fn leeway(self) -> i64 {
        if self.is_whole_second() { 2 * SECOND } else { SECOND / 20 }
    }

    /// True when the moment is known.
    pub fn is_known(self) -> bool {
        self.0 > 0
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar (Howard Hinnant, `chrono`-compatible date algorithms).
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_typed_as_elsewhere() {
        assert_eq!([span("90s"), span(" 15m "), span("1h30m"), span("2d")], [Ok(90), Ok(900), Ok(5400), Ok(172_800)]);
        for wrong in ["", "15", "m", "1x", "-5m", "1.5h", "0s", "99999999999999999999d", "1h ago"] {
            assert!(span(wrong).unwrap_err().contains("try 90s, 15m"), "{wrong}");
        }
    }
}
