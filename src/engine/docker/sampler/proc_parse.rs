//! The texts of the kernel's files. They are read in place, without copies: thousands of them pass in a minute.

/// The number at the beginning. None where there is none: a word such as `max`, something negative, an empty file.
pub fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let add = |value: u64, digit: &u8| value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    text.first().filter(|byte| byte.is_ascii_digit()).map(|_| digits.fold(0u64, add))
}

/// The number after `key ` at the beginning of a line.
pub fn field(text: &[u8], key: &[u8]) -> Option<u64> {
    let value = |line: &[u8]| line.strip_prefix(key)?.strip_prefix(b" ").and_then(number);
    lines(text).find_map(value)
}

/// The numbers at the beginnings of lines.
pub fn numbers(text: &[u8]) -> impl Iterator<Item = u64> {
    lines(text).filter_map(number)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
}

/// `8:0 Read 123`, per device: sums of bytes read and written.
pub fn block_v1(text: &[u8]) -> (u64, u64) {
    let mut sums = (0u64, 0u64);
    for line in lines(text) {
        let mut words = line.split(|byte| *byte == b' ');
        match (words.next(), words.next(), words.next()) {
            (_, Some(b"Read"), Some(value)) => sums.0 = sums.0.saturating_add(number(value).unwrap_or(0)),
            (_, Some(b"Write"), Some(value)) => sums.1 = sums.1.saturating_add(number(value).unwrap_or(0)),
            _ => {}
        }
    }
    sums
}

/// `8:0 rbytes=1 wbytes=2 …`, per device: sums of bytes read and written.
pub fn block_v2(text: &[u8]) -> (u64, u64) {
    let mut sums = (0u64, 0u64);
    for word in text.split(|byte| matches!(byte, b'\n' | b' ')) {
        if let Some(value) = word.strip_prefix(b"rbytes=") {
            sums.0 = sums.0.saturating_add(number(value).unwrap_or(0));
        } else if let Some(value) = word.strip_prefix(b"wbytes=") {
            sums.1 = sums.1.saturating_add(number(value).unwrap_or(0));
        }
    }
    sums
}

/// Sums over all interfaces but the loopback, `proc_pid_net(5)`: received bytes first, sent bytes ninth.
pub fn net_dev(text: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut sums = (0u64, 0u64);
    for line in text.lines().skip(2) {
        let Some((name, figures)) = line.split_once(':') else { continue };
        if name.trim() == "lo" {
            continue;
        }
        let mut figures = figures.split_whitespace().map(|figure| number(figure.as_bytes()));
        sums.0 = sums.0.saturating_add(figures.next()??);
        sums.1 = sums.1.saturating_add(figures.nth(7)??);
    }
    Some(sums)
}
