//! Lengths of time and numbers of bytes, as people write them.

use jiff::SpanRelativeTo;
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
        let length = text.parse::<jiff::Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
        let length = length.ok().filter(|length| !length.is_negative());
        length
            .and_then(|length| Nanos::try_from(length.as_nanos()).ok())
            .map(Span)
            .ok_or_else(|| format!("`{text}` is not a duration: write e.g. \"3d 4h\", \"15m\" or \"90s\""))
    }
}

/// A number of bytes such as `180MiB` or `1.2MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Size(pub(crate) u64);

impl Size {
    pub(crate) fn of_a_service() -> Self {
        Size(96 << 20)
    }

    pub(crate) fn of_a_trickle() -> Self {
        Size(4_000)
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let size = parse_size::parse_size(&text).ok().filter(|size| *size < 1_000_000_000_000_000);
        let wrong = || format!("`{text}` is not a size: write e.g. \"180MiB\", \"1.5GiB\" or \"12kB\"");
        size.map(Size).ok_or_else(wrong)
    }
}
