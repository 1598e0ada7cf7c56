//! Secrets in addresses: `scheme://user:password@host`, `https://token@host`, `?sig=…`.

use super::names::{self, Reading, Strength, is_harmless, is_reference};
use std::ops::Range;

/// An address is no longer than this, bytes: no end of it is looked for further on.
const LONGEST: usize = 2048;

/// Where secrets stand in the addresses of a text.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices("://") {
        let from = at + sign.len();
        let rest = near(text, from);
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`'));
        let rest = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let scheme = text.get(..at).unwrap_or_default();
        let web = scheme.ends_with("http") || scheme.ends_with("https");
        found.extend(user(rest, web).map(|range| from + range.start..from + range.end));
        found.extend(query(rest).into_iter().map(|range| from + range.start..from + range.end));
    }
    found
}

/// The text from a place on, as far as an address may reach.
fn near(text: &str, from: usize) -> &str {
    let end = (from..=text.len().min(from + LONGEST)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(from);
    text.get(from..end).unwrap_or_default()
}

/// The password before the host; the user instead, where that is a token.
fn user(rest: &str, web: bool) -> Option<Range<usize>> {
    let sign = at_sign(rest)?;
    let (name, password) = match rest.get(..sign)?.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (rest.get(..sign)?, None),
    };
    match password {
        // What is written as if it were one: the token is the user.
        Some("" | "x-oauth-basic") if is_token(name) => Some(0..name.len()),
        Some("" | "x-oauth-basic") => None,
        Some(password) if is_reference(password, Reading::Shell) || is_harmless(password) => None,
        Some(_) => Some(name.len() + 1..sign),
        None => (web && is_token(name)).then_some(0..name.len()),
    }
}

/// Where the user ends. A password may hold what should have been escaped: the last @ before the end is the one.
fn at_sign(rest: &str) -> Option<usize> {
    let proper = rest.find(['/', '?', '#', ',']).unwrap_or(rest.len());
    let authority = rest.get(..proper)?;
    authority.rfind('@').or_else(|| {
        // Unless what stands before the path is a host with its port.
        let port = authority.rsplit_once(':')?.1;
        let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        rest.get(..rest.find('?').unwrap_or(rest.len()))?.rfind('@').filter(|_| !is_port)
    })
}

/// More than a name: long, with letters and digits.
fn is_token(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let letters = name.bytes().any(|byte| byte.is_ascii_alphabetic());
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'~');
    name.bytes().all(part) && letters && (name.len() >= 16 && digits >= 2 || name.len() >= 32)
}

/// Values in the query, and behind `#`, that sign the address or let somebody in.
fn query(rest: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some(begin) = rest.find(['?', '#']) else { return found };
    let mut at = begin + 1;
    for part in rest.get(begin + 1..).unwrap_or_default().split(['&', ';', '#', '?']) {
        if let Some((name, value)) = part.split_once('=')
            && !value.is_empty()
            && !is_reference(value, Reading::Shell)
            && (names::signs(name) || names::strength(name) > Strength::None)
        {
            found.push(at + name.len() + 1..at + part.len());
        }
        at += part.len() + 1;
    }
    found
}
