//! Short units: widths stay steady, nothing jitters.

use crate::model::{CopyProgress, CopyReport, Timestamp, Zone};

/// Bytes in at most four characters, binary steps: `0`, `812B`, `1.0k`, `38M`, `412G`. Only nothing has no unit.
pub fn bytes(count: f64) -> String {
    const UNITS: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    let mut value = count.max(0.0);
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 if value < 0.5 => "0".into(),
        0 => format!("{value:.0}B"),
        _ if value < 9.95 => format!("{value:.1}{}", UNITS[unit]),
        _ => format!("{value:.0}{}", UNITS[unit]),
    }
}

/// Memory in at most five characters, from tenths of a mebibyte on: the kilobytes of a process at rest never stand still.
pub fn memory(count: f64) -> String {
    let mebibytes = count / 1_048_576.0;
    if mebibytes < 9.95 { format!("{mebibytes:.1}M") } else { bytes(count) }
}

/// Per cent, with one digit below a thousand: `4.9%`, `1200%`.
pub fn percent(value: f64) -> String {
    if value >= 999.95 { format!("{value:.0}%") } else { format!("{value:.1}%") }
}

/// Per cent for a list, where tenths would never stand still: `0.4%`, `5%`, `150%`.
pub fn whole_percent(value: f64) -> String {
    if value < 0.95 { percent(value) } else { format!("{value:.0}%") }
}

/// A value with its unit in few characters, decimal steps but for bytes: `12ms`, `1.2k`, `88k/s`.
pub fn amount(value: f64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(value),
        "bytes/s" => format!("{}/s", bytes(value)),
        "%" => percent(value),
        unit => format!("{}{unit}", number(value)),
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 999_500_000.0 => format!("{:.1}G", value / 1e9),
        size if size >= 999_500.0 => format!("{:.1}M", value / 1e6),
        size if size >= 9_999.5 => format!("{:.1}k", value / 1e3),
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 0.1 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// A size in a sentence: `74 bytes`, `38M`.
pub fn size(count: u64) -> String {
    match count {
        1 => "1 byte".into(),
        0..1024 => format!("{count} bytes"),
        _ => bytes(count as f64),
    }
}

/// A span of seconds in one unit: `<1m`, `3m`, `5h`, `12d`, `2y`. Below a minute it stands still on purpose.
pub fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    match seconds {
        s if s < 60.0 => "<1m".into(),
        s if s < 3600.0 => format!("{}m", (s / 60.0) as u64),
        s if s < 172_800.0 => format!("{}h", (s / 3600.0) as u64),
        s if s < 63_072_000.0 => format!("{}d", (s / 86_400.0) as u64),
        s => format!("{}y", (s / 31_536_000.0) as u64),
    }
}

/// A span in two units: `3h 12m`, `4d 2h`.
pub fn long_span(seconds: f64) -> String {
    let total = seconds.max(0.0) as u64;
    let (days, hours, minutes) = (total / 86_400, total / 3600 % 24, total / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => "<1m".into(),
        (0, 0, m) => format!("{m}m"),
        (0, h, m) => format!("{h}h {m}m"),
        (d, h, _) => format!("{d}d {h}h"),
    }
}

/// A time of day in a zone, `12:01:33`.
pub fn clock(at: Timestamp, zone: Zone) -> String {
    let local = at.seconds() + i64::from(zone.offset_at(at));
    let day = local.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", day / 3600, day / 60 % 60, day % 60)
}

/// Date and time of day in a zone with milliseconds, `2026-11-21 12:01:33.480`.
pub fn date_and_clock(at: Timestamp, zone: Zone) -> String {
    zone.local(at).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// Words as a part of a file's name: letters, digits and single dashes. At most so long that a name has room for more: file
/// systems take 255 characters in all.
pub fn file_words(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let word: String = text.chars().take(120).map(plain).collect();
    let words: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
    words.join("-")
}

/// A moment to the second as a part of a file's name, `2026-11-21-12-01-33`.
pub fn file_stamp(at: Timestamp, zone: Zone) -> String {
    zone.local(at).strftime("%Y-%m-%d-%H-%M-%S").to_string()
}

/// A whole number, its digits in groups of three: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `12 files`.
pub fn files(count: u64) -> String {
    if count == 1 { "1 file".into() } else { format!("{count} files") }
}

/// How far a copy is, clean: `12 files  3.4M of 8.0M  42%  name`.
pub fn progress(of: &CopyProgress) -> String {
    let done = bytes(of.bytes as f64);
    let amount = match of.total {
        Some(total) if total > 0 => {
            let share = of.bytes.min(total) as f64 * 100.0 / total as f64;
            format!("{done} of {}  {share:>3.0}%", bytes(total as f64))
        }
        _ => done,
    };
    format!("{}  {amount}  {}", files(of.files), crate::model::files::shown(&of.current))
}

/// The result of a copy, a clean sentence.
pub fn copied(report: &CopyReport) -> String {
    let mut words = format!("copied {}, {}", files(report.files), size(report.bytes));
    if report.same > 0 {
        words.push_str(&format!("; {} already there", report.same));
    }
    if report.refused_count > 0 {
        words.push_str(&format!("; {} not copied", report.refused_count));
    }
    if report.stripped > 0 {
        words.push_str(&format!("; {} without special permissions", report.stripped));
    }
    if report.ownerless > 0 {
        words.push_str(&format!("; {} without owner", report.ownerless));
    }
    format!("{words}: {}", crate::model::files::shown(&report.into))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!([0, 999, 1000, 12_345, 1_234_567].map(grouped), ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn names_of_files_are_words_of_plain_letters_and_a_stamp() {
        assert_eq!(file_words("— shop/api 1 (größer)"), "shop-api-1-gr-er");
        assert_eq!(file_words(&"x".repeat(300)).len(), 120);
        assert_eq!(file_stamp(Timestamp::from_seconds(1_795_262_493), Zone::UTC), "2026-11-21-12-01-33");
    }

    #[test]
    fn bytes_keep_to_four_characters_and_say_of_what() {
        let shown: Vec<String> =
            [0.0, 812.0, 1023.0, 1024.0, 38.0 * 1048576.0, 1073741824.0, 999.0 * 1048576.0, 1.2e12, 9.96 * 1024.0]
                .iter()
                .map(|count| bytes(*count))
                .collect();
        assert_eq!(shown, ["0", "812B", "1.0k", "1.0k", "38M", "1.0G", "999M", "1.1T", "10k"]);
    }

    #[test]
    fn values_of_any_unit_are_short() {
        let shown: Vec<String> =
            [12.0, 12.34, 340.6, 0.05, 12_345.0, 4_500_000.0, -3.0].map(|value| amount(value, "ms")).into();
        assert_eq!(shown, ["12ms", "12.3ms", "341ms", "0.050ms", "12.3kms", "4.5Mms", "-3ms"]);
        assert_eq!([amount(2048.0, "bytes/s"), amount(31.0, "%")], ["2.0k/s", "31.0%"]);
    }

    #[test]
    fn a_size_in_a_sentence_says_of_what() {
        assert_eq!([size(0), size(1), size(74), size(38 << 20)], ["0 bytes", "1 byte", "74 bytes", "38M"]);
    }

    #[test]
    fn spans_stand_still_below_a_minute() {
        assert_eq!(span(0.0), span(59.0));
        assert_eq!([span(60.0), span(7200.0), span(172_800.0)], ["1m", "2h", "2d"]);
        assert_eq!([long_span(11_520.0), long_span(90_000.0)], ["3h 12m", "1d 1h"]);
    }

    #[test]
    fn clocks_are_local() {
        assert_eq!(clock(Timestamp::from_seconds(43_293), Zone::UTC), "12:01:33");
        assert_eq!(clock(Timestamp::from_seconds(0), Zone::Offset(-3600)), "23:00:00");
        assert_eq!(date_and_clock(Timestamp(1_480_000_000), Zone::Offset(3600)), "1970-01-01 01:00:01.480");
    }
}
