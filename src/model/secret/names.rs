//! What a name says of the value under it.

use super::lists::{has, list};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// The way in which a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As it stands: `$word` is a value.
    Plain,
    /// As a shell would: `$WORD` and `$(…)` stand for something that is not in the text.
    Shell,
}

/// The strength of a name as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    None,
    /// Unless the value looks like something else.
    Weak,
    Strong,
}

/// True if the value under this name is a secret by that name.
pub fn announces(name: &str, value: &str, reading: Reading) -> bool {
    let value = value.trim();
    match strength(name) {
        Strength::None => false,
        Strength::Strong => !is_harmless(value) && !is_reference(value, reading),
        Strength::Weak => !is_harmless(value) && !is_reference(value, reading) && !is_open(name, value),
    }
}

/// False for a text without any part of a name that could announce something: most have none.
pub fn may_announce(text: &str) -> bool {
    static PARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        // The words of a strong one may be parted, but not within its first four letters; or a weak one is among them.
        let strong = list("strong").iter().map(|part| part.get(..4).unwrap_or(part));
        let other = ["weak", "query", "scheme", "near"].into_iter().flat_map(|name| list(name)).copied();
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(other.chain(strong)).ok()
    });
    PARTS.as_ref().is_none_or(|parts| parts.is_match(text))
}

/// How much a name says, whatever stands under it.
pub fn strength(name: &str) -> Strength {
    let words = words(name);
    let Some(last) = words.last() else { return Strength::None };
    if has("about", last) {
        return Strength::None;
    }
    if is_strong(&words) && !words.iter().any(|word| word == "public") {
        return Strength::Strong;
    }
    let within = words.iter().any(|word| list("strong").iter().any(|part| word.contains(part)));
    let open = words.iter().any(|word| has("open", word)) || has("identity", last);
    let weak = words.iter().enumerate().any(|(at, word)| is_weak(word, at + 1 == words.len()));
    match (within, weak && !open) {
        (true, _) => Strength::Strong,
        (false, true) => Strength::Weak,
        (false, false) => Strength::None,
    }
}

/// A strong word begins with one of the name's: `api key` as well as `apikey`.
fn is_strong(words: &[String]) -> bool {
    let starts = (0..words.len()).map(|at| words.get(at..).unwrap_or_default().concat());
    starts.into_iter().any(|rest| list("strong").iter().any(|part| rest.starts_with(part)))
        || words.iter().any(|word| list("strong").iter().any(|part| word.contains(part)))
}

fn is_weak(word: &str, is_last: bool) -> bool {
    let pass = word.ends_with("pass") && !matches!(word, "bypass" | "compass" | "trespass");
    let whole = has("weak", word) && (is_last || !has("last", word));
    whole || pass || word.ends_with("token")
}

/// A lone word that means anything within a text: `key=value`.
pub fn is_vague(name: &str) -> bool {
    matches!(words(name).as_slice(), [word] if has("vague", word))
}

/// A lone word that does so before a colon: `pin: 13`.
pub fn is_loose(name: &str) -> bool {
    matches!(words(name).as_slice(), [word] if has("loose", word))
}

/// A word that makes a vague one behind it none: `API key`.
pub fn is_telling(word: &str) -> bool {
    has("telling", &word.to_lowercase())
}

/// True if long random text under this name is no secret.
pub fn may_be_random(name: &str) -> bool {
    words(name).iter().any(|word| has("random", word))
}

/// True for a part of the query of an address that lets somebody in.
pub fn signs(name: &str) -> bool {
    has("query", &name.to_lowercase())
}

/// True for a header whose whole value is a secret.
pub fn is_header(name: &str) -> bool {
    has("header", &name.to_lowercase())
}

/// True for the word before the secret of an authorization.
pub fn is_scheme(word: &str) -> bool {
    has("scheme", &word.to_lowercase())
}

/// Words that nobody keeps secret, and what was covered before it came here.
pub fn is_harmless(value: &str) -> bool {
    let word = ["true", "false", "yes", "no", "on", "off", "none", "null", "nil", "~", "{}", "[]"];
    let covered = |value: &str| value.len() >= 3 && value.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '•'));
    let stand_in = value.starts_with('<') && value.ends_with('>') && !value.contains("</");
    value.is_empty() || stand_in || covered(value) || word.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// What stands for a secret that is elsewhere: `${NAME}`, `{{ name }}`, and in a shell `$NAME`, `$1`, `$(command)`.
pub fn is_reference(value: &str, reading: Reading) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if value.starts_with("{{") && value.ends_with("}}") {
        return true;
    }
    let Some(rest) = value.strip_prefix('$') else { return false };
    if let Some(name) = rest.strip_prefix('{') {
        return name.strip_suffix('}').is_some_and(is_name);
    }
    let loud = is_name(rest) && !rest.bytes().any(|byte| byte.is_ascii_lowercase());
    reading == Reading::Shell && (loud || rest.starts_with('('))
}

/// What under a weak name is no secret: a path, an address, release keys by their fingerprints, a small number.
fn is_open(name: &str, value: &str) -> bool {
    let words = words(name);
    let fingerprint =
        words.iter().any(|word| word == "gpg") && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b' ');
    let small = value.len() <= 2 && value.bytes().all(|byte| byte.is_ascii_digit());
    let address = value.contains("://") || words.iter().any(|word| word == "dsn");
    fingerprint || small || address || is_path(value) || is_vague(name) && is_row(value)
}

/// What leads to an entry of a cache or a table: `user:2367`.
fn is_row(value: &str) -> bool {
    let Some((table, row)) = value.rsplit_once(':') else { return false };
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    table.split(':').all(word) && (1..=12).contains(&row.len()) && row.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_path(value: &str) -> bool {
    if value.contains(char::is_whitespace) {
        return false;
    }
    let file = list("ends").iter().any(|end| value.ends_with(end));
    let near = ["./", "../", "~/"].iter().any(|begin| value.starts_with(begin));
    let root = value.strip_prefix('/').and_then(|rest| rest.split('/').next());
    file || near || root.is_some_and(|root| has("roots", root))
}

/// Characters without a width that may stand within a name, and part it for whoever does not see them.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A word that tells something of a secret and is none: "the password is required".
pub fn is_said(word: &str) -> bool {
    let word = word.to_lowercase();
    ["ed", "ing", "able", "ible"].iter().any(|end| word.ends_with(end)) || has("said", &word)
}

/// A name's words, small: `DB_PASSWORD`, `db.password`, `dbPassword` have the same.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut small = false;
    for c in name.chars().filter(|c| !is_invisible(*c)) {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        if c.is_uppercase() && small {
            fresh = true;
        }
        small = c.is_lowercase() || c.is_numeric();
        if std::mem::take(&mut fresh) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    words
}
