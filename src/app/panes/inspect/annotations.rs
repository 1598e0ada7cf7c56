//! What a figure means, beside it: bytes, spans and moments in words.

use crate::app::widgets::units;
use crate::model::{Leaf, SECOND, Timestamp};

/// Names under which a number counts bytes.
const BYTES: &[&str] = &[
    "Memory",
    "MemoryReservation",
    "MemorySwap",
    "KernelMemory",
    "ShmSize",
    "Size",
    "VirtualSize",
    "SizeRw",
    "SizeRootFs",
    "DiskQuota",
];
/// Names under which a number is a span in nanoseconds.
const SPANS: &[&str] = &["Interval", "Timeout", "StartPeriod", "StartInterval"];

/// What a value under a name means, if that is not plain to see.
pub fn note(key: &str, leaf: &Leaf, now: Timestamp) -> Option<String> {
    match leaf {
        Leaf::Bare(text) => number(key, text.parse().ok()?),
        Leaf::Text(text) => moment(text, now),
        Leaf::Map | Leaf::List => None,
    }
}

fn number(key: &str, value: i64) -> Option<String> {
    if BYTES.contains(&key) {
        return match value {
            -1 => Some("no limit".into()),
            0 if key.starts_with("Memory") => Some("no limit".into()),
            value => u64::try_from(value).ok().filter(|value| *value > 0).map(units::size),
        };
    }
    if SPANS.contains(&key) && value >= SECOND / 1000 {
        let seconds = value as f64 / SECOND as f64;
        return Some(if seconds < 120.0 { format!("{seconds} s") } else { units::long_span(seconds) });
    }
    match (key, value) {
        ("NanoCpus", 1..) => Some(processors(value as f64 / 1e9)),
        ("CpuQuota" | "CpuPeriod" | "CpuRealtimePeriod" | "CpuRealtimeRuntime", 1..) => {
            Some(format!("{} ms", value as f64 / 1000.0))
        }
        ("ExitCode", 129..=192) => {
            let name = crate::model::Signal((value - 128) as u8).name();
            Some(format!("killed by {name}"))
        }
        _ => None,
    }
}

fn processors(count: f64) -> String {
    let noun = if count == 1.0 { "processor" } else { "processors" };
    format!("{} {noun}", (count * 100.0).round() / 100.0)
}

/// How long ago a moment is that is written as RFC 3339 has it.
fn moment(text: &str, now: Timestamp) -> Option<String> {
    let shape = text.len() >= 20 && text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(10) == Some(&b'T');
    if !shape {
        return None;
    }
    if text.starts_with("0001-01-01T00:00:00") {
        return Some("never".into());
    }
    let at: jiff::Timestamp = text.parse().ok()?;
    let seconds = now.seconds() as f64 - at.as_second() as f64;
    Some(if seconds >= 0.0 {
        format!("{} ago", units::long_span(seconds))
    } else {
        format!("in {}", units::long_span(-seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_spans_and_moments_are_readable() {
        let now = Timestamp::from_seconds(1_795_262_400);
        let bare = |key: &str, text: &str| note(key, &Leaf::Bare(text.into()), now);
        let text = |text: &str| note("Created", &Leaf::Text(text.into()), now);
        assert_eq!(bare("Memory", "268435456").as_deref(), Some("256M"));
        assert_eq!(bare("Size", "812").as_deref(), Some("812 bytes"));
        assert_eq!(bare("MemorySwap", "-1").as_deref(), Some("no limit"));
        assert_eq!(bare("NanoCpus", "1500000000").as_deref(), Some("1.5 processors"));
        assert_eq!(bare("Interval", "30000000000").as_deref(), Some("30 s"));
        assert_eq!(bare("ExitCode", "137").as_deref(), Some("killed by SIGKILL"));
        assert_eq!(bare("Pid", "4711"), None);
        assert_eq!(bare("Memory", "1.5e300"), None);
        assert_eq!(text("2026-11-21T08:48:00.123456789Z").as_deref(), Some("3h 12m ago"));
        assert_eq!(text("2026-11-21T14:00:00+01:00").as_deref(), Some("in 1h 0m"));
        assert_eq!(text("0001-01-01T00:00:00Z").as_deref(), Some("never"));
        assert_eq!(text("2026-99-21T08:48:00.123456789Z"), None);
    }
}
