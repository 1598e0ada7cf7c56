//! Long text without sense: hexadecimal digits, or base64.

use std::ops::Range;

/// Random text is at least so long.
const LONG: usize = 32;
/// What is told to be a digest by what stands before it.
const TOLD: [&str; 9] = ["sha1:", "sha256:", "sha384:", "sha512:", "md5:", "file:", "dir:", "multi:", "sha512-"];

/// Tokens of issuers are at least so long.
const TOKEN: usize = 14;

/// True if a word of the text could be a token: long, and with a digit.
pub fn may_be_token(text: &str) -> bool {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let words = text.as_bytes().split(|byte| !part(byte));
    words.into_iter().any(|word| word.len() >= TOKEN && word.iter().any(u8::is_ascii_digit))
}

/// The ranges of a text in which it stands.
pub fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    // Where something stands before a sign of equality it is a name.
    let value = |run: Range<usize>| {
        let body = text.get(run.clone()).unwrap_or_default().trim_end_matches('=');
        run.start + body.rfind('=').map_or(0, |sign| sign + 1)..run.end
    };
    runs(text).filter(|run| is_random(text, run)).map(value)
}

/// Runs of characters that tokens are made of.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.');
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !part(bytes[at]) {
            at += 1;
        }
        let from = at;
        while at < bytes.len() && part(bytes[at]) {
            at += 1;
        }
        (from < at).then_some(from..at)
    })
}

fn is_random(text: &str, run: &Range<usize>) -> bool {
    let Some(token) = text.get(run.clone()) else { return false };
    let before = text.get(..run.start).unwrap_or_default();
    let told = TOLD.iter().any(|name| before.ends_with(name) || token.starts_with(name));
    if told || token.len() < LONG || token.starts_with(['/', '.']) || is_uuid(token) {
        return false;
    }
    let body = token.trim_end_matches('=');
    // Paths and names of hosts have their own signs.
    let body = body.rsplit('=').next().unwrap_or(body);
    if body.len() < LONG || body.contains('.') {
        return false;
    }
    if body.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return distinct(body) >= 8;
    }
    let slashes = body.bytes().filter(|byte| *byte == b'/').count();
    let mixed = |part: &str| {
        let has = |test: fn(&u8) -> bool| part.bytes().any(|byte| test(&byte));
        part.len() >= 16
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
            && distinct(part) >= 11
    };
    slashes * 12 <= body.len() && body.split(['-', '_', '/', '+']).any(mixed)
}

fn distinct(text: &str) -> u32 {
    text.bytes().fold(0u128, |seen, byte| seen | 1u128.wrapping_shl(u32::from(byte & 127))).count_ones()
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
