//! Secrets that are known from one part of a bundle are hidden in all others, wherever they stand: the password of a variable
//! does not come back in a log line, in the command line of a process, or in a name.

use crate::model::secret::{self, MASK};
use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::collections::BTreeSet;

/// Shorter secrets are hidden only where they stand: they would be found in everything.
const SHORTEST: usize = 4;
/// Shorter secrets are hidden elsewhere only where they are whole words.
const ANYWHERE: usize = 6;
/// The longest text that counts as one secret.
const LONGEST: usize = 4096;
/// Secrets that are remembered.
const MOST: usize = 20_000;
/// Words that are values of secrets in tests and by default, and elsewhere mean themselves.
const ORDINARY: [&str; 14] = [
    "true",
    "false",
    "none",
    "null",
    "root",
    "admin",
    "user",
    "test",
    "default",
    "docker",
    "localhost",
    "postgres",
    "password",
    "secret",
];

/// Secrets as they are learned.
#[derive(Debug, Default)]
pub struct Learned(BTreeSet<String>);

impl Learned {
    /// Takes note of what the mask covers: a text as it was, and as it is shown.
    pub fn learn(&mut self, raw: &str, shown: &str) {
        if raw != shown {
            covered(raw, shown).into_iter().for_each(|secret| self.add(secret));
        }
    }

    fn add(&mut self, secret: &str) {
        let secret = secret.trim().trim_matches(['"', '\'']);
        let is_fit = (SHORTEST..=LONGEST).contains(&secret.len()) && !ORDINARY.contains(&secret);
        if !is_fit || secret.contains(MASK) || self.0.len() >= MOST {
            return;
        }
        self.0.insert(secret.to_string());
        let written = [quoted(secret), encoded(secret), STANDARD_NO_PAD.encode(secret)];
        self.0.extend(written.into_iter().filter(|form| form.len() >= SHORTEST));
    }

    /// All that is learned, ready to be hidden.
    pub fn redactor(self) -> Redactor {
        let (anywhere, words): (Vec<String>, Vec<String>) = self.0.into_iter().partition(|secret| is_telling(secret));
        Redactor { anywhere: automaton(&anywhere), words: automaton(&words) }
    }
}

/// Hides what was learned.
#[derive(Debug)]
pub struct Redactor {
    anywhere: Option<AhoCorasick>,
    words: Option<AhoCorasick>,
}

impl Redactor {
    /// A text that is masked by its own looks, without what is known from elsewhere.
    pub fn hide(&self, shown: &str) -> String {
        let hidden = replace(self.anywhere.as_ref(), shown, |_, _| true);
        replace(self.words.as_ref(), &hidden, is_word)
    }

    /// The same of any text from outside.
    pub fn told(&self, raw: &str) -> String {
        self.hide(&secret::told(raw))
    }
}

/// True if a secret is not found in other words by chance.
fn is_telling(secret: &str) -> bool {
    secret.len() >= 8 || secret.len() >= ANYWHERE && !secret.bytes().all(|byte| byte.is_ascii_digit())
}

/// None if there is nothing to find, or too much.
fn automaton(secrets: &[String]) -> Option<AhoCorasick> {
    if secrets.is_empty() {
        return None;
    }
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(secrets).ok()
}

fn replace(secrets: Option<&AhoCorasick>, text: &str, counts: fn(&str, std::ops::Range<usize>) -> bool) -> String {
    let Some(secrets) = secrets else { return text.to_string() };
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for found in secrets.find_iter(text).filter(|found| counts(text, found.range())) {
        out.push_str(text.get(from..found.start()).unwrap_or_default());
        out.push_str(MASK);
        from = found.end();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn is_word(text: &str, range: std::ops::Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|before| before.chars().next_back());
    let behind = text.get(range.end..).and_then(|behind| behind.chars().next());
    ![before, behind].into_iter().flatten().any(char::is_alphanumeric)
}

/// As it stands in a text of JSON.
fn quoted(secret: &str) -> String {
    let text = serde_json::Value::from(secret).to_string();
    text.trim_matches('"').to_string()
}

/// As it stands in an address.
fn encoded(secret: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let sign = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    secret.bytes().map(sign).collect()
}

/// The parts of a text for which the mask stands.
fn covered<'a>(raw: &'a str, shown: &str) -> Vec<&'a str> {
    let pieces: Vec<&str> = shown.split(MASK).collect();
    let [first, .., last] = pieces.as_slice() else { return Vec::new() };
    let Some(mut rest) = raw.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return vec![raw] };
    let mut found = Vec::new();
    for piece in pieces.get(1..pieces.len() - 1).unwrap_or_default().iter().filter(|piece| !piece.is_empty()) {
        let Some((before, behind)) = rest.split_once(piece) else { break };
        found.push(before);
        rest = behind;
    }
    found.push(rest);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let mut learned = Learned::default();
        secrets.iter().for_each(|secret| learned.learn(&format!("X={secret}"), &format!("X={MASK}")));
        learned.redactor()
    }

    #[test]
    fn what_a_mask_covers_is_known() {
        assert_eq!(covered("A=one b=two!", "A=•••• b=••••!"), ["one", "two"]);
        assert_eq!(covered("sesame", MASK), ["sesame"]);
        assert_eq!(covered("p=x", "q=••••"), ["p=x"], "where it cannot be told all is a secret");
        assert!(covered("plain", "plain").is_empty());
    }

    #[test]
    fn a_secret_of_one_place_is_hidden_in_all_others_however_it_is_written() {
        let redactor = redactor(&["pa ss\"w/rd1"]);
        for text in ["got pa ss\"w/rd1", r#"{"x":"pa ss\"w/rd1"}"#, "/?p=pa%20ss%22w%2Frd1", "b: cGEgc3Midy9yZDE="] {
            assert!(redactor.hide(text).contains(MASK), "{text}");
        }
        assert_eq!(self::redactor(&["sesame"]).hide("xsesamex"), "x••••x");
    }

    #[test]
    fn what_would_be_found_in_everything_is_hidden_only_where_it_stands() {
        let redactor = redactor(&["root", "abc", "1234", "pass"]);
        assert_eq!(redactor.hide("user root abc"), "user root abc");
        assert_eq!(redactor.hide("id 912345, 1234, password, pass"), "id 912345, ••••, password, ••••");
    }
}
