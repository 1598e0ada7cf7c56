//! Numbers with a unit, such as `29ms`, so that they compare and count as numbers do.

use super::fill::{Number, number};

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// In milliseconds.
    Time,
    /// In bytes.
    Size,
    Part,
}

/// Each unit, what it measures, and how many of that measure's own unit it is.
const UNITS: &[(&str, Measure, f64)] = &[
    ("ns", Measure::Time, 1e-6),
    ("us", Measure::Time, 1e-3),
    ("µs", Measure::Time, 1e-3),
    ("μs", Measure::Time, 1e-3),
    ("ms", Measure::Time, 1.0),
    ("s", Measure::Time, 1e3),
    ("m", Measure::Time, 60e3),
    ("h", Measure::Time, 3600e3),
    ("B", Measure::Size, 1.0),
    ("kB", Measure::Size, 1e3),
    ("KB", Measure::Size, 1e3),
    ("MB", Measure::Size, 1e6),
    ("GB", Measure::Size, 1e9),
    ("KiB", Measure::Size, 1024.0),
    ("MiB", Measure::Size, 1_048_576.0),
    ("GiB", Measure::Size, 1_073_741_824.0),
    ("%", Measure::Part, 1.0),
];

/// Parts of a value at most: `1h2m3.5s` has three.
const PARTS: usize = 4;

/// The units of all values of a field.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Units {
    /// By their places among all units.
    seen: u32,
    /// Some value has none.
    has_others: bool,
}

impl Units {
    /// Takes a value in; nothing and `-` are none.
    pub fn take(&mut self, value: &str) {
        match parts(value) {
            Some(parts) => self.seen |= parts.iter().fold(0, |seen, (_, unit)| seen | 1 << unit),
            None => self.has_others |= !matches!(value, "" | "-" | "0" | "null"),
        }
    }

    /// The number that stands for a value: as it is written where all have one unit, else in milliseconds or bytes. None where
    /// some value has no unit, or units measure different things.
    pub fn number(self, value: &str) -> Option<f64> {
        let seen = || {
            UNITS
                .iter()
                .enumerate()
                .filter(|(unit, _)| self.seen & (1 << unit) != 0)
                .map(|(_, (_, measure, _))| measure)
        };
        let first = seen().next().filter(|first| !self.has_others && seen().all(|measure| measure == *first))?;
        let is_one = self.seen.is_power_of_two();
        let parts = parts(value)?;
        parts.iter().try_fold(0.0, |sum, (amount, unit)| {
            let (_, measure, size) = UNITS.get(*unit)?;
            (measure == first).then_some(sum + if is_one { *amount } else { amount * size })
        })
    }
}

/// The amounts of a value, each with the place of its unit. None where it is something else.
fn parts(value: &str) -> Option<Vec<(f64, usize)>> {
    let (mut parts, mut rest) = (Vec::new(), value);
    while !rest.is_empty() && parts.len() < PARTS {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-')).filter(|end| *end > 0)?;
        let (amount, behind) = rest.split_at(digits);
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let word = behind.get(..end)?.trim_start();
        let unit = UNITS.iter().position(|(name, ..)| *name == word)?;
        let amount = match number(amount)? {
            Number::Whole(amount) => amount as f64,
            Number::Real(amount) => amount,
        };
        parts.push((amount, unit));
        rest = behind.get(end..)?;
    }
    (rest.is_empty() && !parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[&str]) -> Vec<Option<f64>> {
        let mut units = Units::default();
        values.iter().for_each(|value| units.take(value));
        values.iter().map(|value| units.number(value)).collect()
    }

    #[test]
    fn of_one_unit_the_numbers_stand_as_they_are_and_of_several_in_the_smaller_one() {
        assert_eq!(numbers(&["29ms", "1.5ms", "-"]), [Some(29.0), Some(1.5), None]);
        assert_eq!(numbers(&["2 s", "3s"]), [Some(2.0), Some(3.0)]);
        assert_eq!(
            numbers(&["29ms", "1.2s", "1m2.5s", "5µs"]),
            [Some(29.0), Some(1200.0), Some(62_500.0), Some(0.005)]
        );
        assert_eq!(numbers(&["1KiB", "2MB"]), [Some(1024.0), Some(2e6)]);
    }

    #[test]
    fn what_is_not_all_of_one_measure_stays_text() {
        for values in
            [&["29ms", "soon"][..], &["29ms", "3MB"], &["12x", "3x"], &["007s"], &["12", "29ms"], &["s"], &["1-2s"]]
        {
            assert_eq!(numbers(values)[0], None, "{values:?}");
        }
    }
}
