//! Lengths of time and numbers of bytes, as people write them.

use serde::Deserialize;

use super::time::{Nanos, SECOND};

/// A length of time such as `3d 4h` or `90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Nanos);

impl Span {
    pub(crate) fn two_days() -> Self {
        Span(2 * 86_400 * SECOND)
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let part = |word: &str| {
            let cut = word.len().checked_sub(1).filter(|cut| word.is_char_boundary(*cut))?;
            let unit = match &word[cut..] {
                "d" => 86_400,
                "h" => 3_600,
                "m" => 60,
                "s" => 1,
                _ => return None,
            };
            word[..cut].parse::<u32>().ok().map(|n| Nanos::from(n) * unit * SECOND)
        };
        let sum = text.split_whitespace().map(part).try_fold(0, |sum: Nanos, part| sum.checked_add(part?));
        match sum {
            Some(length) if !text.trim().is_empty() => Ok(Span(length)),
            _ => Err(format!("`{text}` is no length of time: write for example \"3d 4h\", \"15m\" or \"90s\"")),
        }
    }
}

/// A number of bytes such as `180MiB` or `1.2MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Size(pub(crate) u64);

impl Size {
    fn of_a_service() -> Self {
        Size(96 << 20)
    }

    fn of_a_trickle() -> Self {
        Size(4_000)
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let trimmed = text.trim();
        let cut = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let unit = match trimmed[cut..].trim() {
            "" | "B" => Some(1.0),
            "kB" => Some(1e3),
            "MB" => Some(1e6),
            "GB" => Some(1e9),
            "KiB" => Some(1024.0),
            "MiB" => Some(1024.0 * 1024.0),
            "GiB" => Some(1024.0 * 1024.0 * 1024.0),
            _ => None,
        };
        match (trimmed[..cut].parse::<f64>(), unit) {
            (Ok(number), Some(unit)) if number * unit < 1e15 => Ok(Size((number * unit) as u64)),
            _ => Err(format!("`{text}` is no size: write for example \"180MiB\", \"1.5GiB\" or \"12kB\"")),
        }
    }
}
