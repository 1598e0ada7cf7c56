//! Spans and sizes in sentences.

/// A span: `0.4 s`, `12 s`, `3 min`, `2 h 5 min`, `4 days`.
pub(super) fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match whole {
        0 if seconds < 0.05 => "less than 0.1 s".into(),
        0..10 => format!("{:.1} s", seconds.max(0.0)).replace(".0 ", " "),
        10..120 => format!("{whole} s"),
        120..7200 => format!("{} min", whole / 60),
        7200..172_800 if (whole / 60).is_multiple_of(60) => format!("{} h", whole / 3600),
        7200..172_800 => format!("{} h {} min", whole / 3600, whole / 60 % 60),
        _ => format!("{} days", whole / 86_400),
    }
}

/// Bytes in binary steps: `64M`, `1.5G`.
pub(super) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = 0;
    const UNITS: [&str; 5] = ["B", "k", "M", "G", "T"];
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1}{}", UNITS[unit]).replace(".0", "")
}

/// `once`, `twice`, `5 times`.
pub(super) fn times(count: u64) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{count} times"),
    }
}

/// A long text cut to so many characters.
pub(super) fn short(text: &str, most: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_string(),
    }
}
