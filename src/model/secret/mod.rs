//! This folder knows the one gate for what must not be read over a shoulder: passwords, tokens and keys in environments, labels,
//! options, command lines, layers of images, and in what engines and compose say. Whatever of it reaches a screen, a file, a
//! message on the command line or bowline's own log goes through here.
//! It may use regular expressions and small text helpers.
//! It never holds back the logs of containers, files, and sessions, which an operator reads as they are.
//!
//! A value is a secret by the name it stands under, by the flag or word before it, or by its shape. All are guesses: better one
//! mask too many, which a key takes away, than one too few. What announces a secret is data: `assets/secrets/`.

mod addresses;
mod commands;
mod lists;
mod names;
mod pairs;
mod random;
mod rules;
#[cfg(test)]
mod tests;

use names::Reading;
use std::borrow::Cow;
use std::ops::Range;

/// What stands in place of a secret. It says nothing of its length.
pub const MASK: &str = "••••";

/// Bytes of a text that are looked at; of a longer one the rest is hidden unread.
const EXAMINED: usize = 16 * 1024;

/// The value under a name, as it is shown while secrets are hidden.
pub fn value<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if names::announces(name, value, Reading::Plain) {
        return cover_all(value);
    }
    let random = !names::may_be_random(name);
    gate(value, |value| {
        let mut found = look(value, Reading::Plain);
        found.extend(under(name, value));
        or_random(value, found, random)
    })
}

/// The same of a value in a tree, by the names on the way to it: all that lies below a secret's name is one.
pub fn below<'a>(names: &[&str], text: &'a str) -> Cow<'a, str> {
    match names {
        [above @ .., last] if !above.iter().any(|name| names::announces(name, text, Reading::Plain)) => {
            value(last, text)
        }
        [] => told(text),
        _ => cover_all(text),
    }
}

/// Masks the value in `NAME=value`, as in environments.
pub fn assignment(text: &str) -> Cow<'_, str> {
    let Some((name, rest)) = text.split_once('=') else { return value("", text) };
    match value(name, rest) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(hidden) => Cow::Owned(format!("{name}={hidden}")),
    }
}

/// The same of the words of a command line. `before` are words of it that are shown elsewhere: the program, say.
pub fn words<'a>(before: &[&str], words: &[&'a str]) -> Vec<Cow<'a, str>> {
    argv(before, words, |_| true)
}

/// The same of a docker command that bowline shows: long random words of it are ids, unless they are values.
pub fn docker(words: &[String]) -> Vec<Cow<'_, str>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    argv(&[], &words, |word| word.contains('='))
}

/// The same of a command line in one text: of a process, a layer of an image, a step of a build.
pub fn command(text: &str) -> Cow<'_, str> {
    gate(text, |text| {
        let mut found = look(text, Reading::Shell);
        found.extend(commands::find(text, &commands::words(text, 0..text.len()), Reading::Shell));
        or_random(text, found, true)
    })
}

/// The same of any other text, such as an engine's words. Long random text in it is no secret, since ids are.
pub fn told(text: &str) -> Cow<'_, str> {
    gate(text, |text| {
        let mut found = look(text, Reading::Plain);
        found.extend(commands::find(text, &commands::words(text, 0..text.len()), Reading::Plain));
        found
    })
}

/// What somebody else said, fit for a screen: clean, and with its secrets hidden.
pub fn fit(raw: &str) -> String {
    super::text::clean(&told(raw)).into_owned()
}

/// The same of lines that come one after the other: a key may take many of them.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// A private key has begun and not ended.
    in_key: bool,
    /// The depth of a secret's name in YAML: its value is in the lines that are further in.
    block: Option<usize>,
}

impl Lines {
    /// The next line.
    pub fn told<'a>(&mut self, line: &'a str) -> Cow<'a, str> {
        let was = self.in_key;
        if let Some((_, begun)) = line.rsplit_once(BEGIN) {
            self.in_key = begun.contains(PRIVATE) && !begun.contains(END);
        } else if line.contains(END) {
            self.in_key = false;
        }
        if was && !line.contains(BEGIN) {
            return cover_all(line);
        }
        self.in_block(line).unwrap_or_else(|| told(line))
    }

    /// A line of a value in YAML that takes several.
    fn in_block<'a>(&mut self, line: &'a str) -> Option<Cow<'a, str>> {
        let (indent, value) = line.split_at(line.len() - line.trim_start().len());
        let goes_on = self.block.is_some_and(|depth| indent.len() > depth || value.is_empty());
        if !goes_on {
            self.block = pairs::block(line);
            return None;
        }
        Some(if value.is_empty() || is_covered(value) { line.into() } else { format!("{indent}{MASK}").into() })
    }
}

/// True if nothing but the sign of a secret is left of it.
fn is_covered(text: &str) -> bool {
    text.chars().all(|c| c == '•')
}

fn cover_all(text: &str) -> Cow<'_, str> {
    if is_covered(text) { Cow::Borrowed(text) } else { Cow::Owned(MASK.into()) }
}

fn argv<'a>(before: &[&str], words: &[&'a str], random: fn(&str) -> bool) -> Vec<Cow<'a, str>> {
    let mut shown: Vec<Cow<'a, str>> = words.iter().map(|word| seen(word)).collect();
    // Whatever is covered may show something else in another light.
    loop {
        let mut line = String::new();
        let places: Vec<Range<usize>> = before
            .iter()
            .copied()
            .chain(shown.iter().map(|word| &**word))
            .map(|word| {
                let from = line.len() + usize::from(!line.is_empty());
                line.extend((!line.is_empty()).then_some(' '));
                line.push_str(word);
                from..line.len()
            })
            .collect();
        let mut found = commands::find(&line, &places, Reading::Plain);
        found.extend(rules::find(&line));
        let own = places.get(before.len()..).unwrap_or_default();
        let mut changed = false;
        for (word, place) in shown.iter_mut().zip(own) {
            let inside = |range: &Range<usize>| {
                let (start, end) = (range.start.max(place.start), range.end.min(place.end));
                (start < end).then(|| start - place.start..end - place.start)
            };
            let mut mine: Vec<Range<usize>> = found.iter().filter_map(inside).collect();
            mine.extend(look(word, Reading::Shell));
            if let Some(hidden) = cover(word, or_random(word, mine, random(word))) {
                (*word, changed) = (Cow::Owned(hidden), true);
            }
        }
        if !changed {
            return shown;
        }
    }
}

/// Covers what is found until nothing more is: what has been covered may show something else in another light.
fn gate<'a>(text: &'a str, find: impl Fn(&str) -> Vec<Range<usize>>) -> Cow<'a, str> {
    match seen(text) {
        Cow::Owned(bare) => match covered(&bare, find) {
            // Nothing was hidden in it but what has no width.
            Cow::Borrowed(same) if same.len() < text.len() && text.len() <= EXAMINED => Cow::Borrowed(text),
            shown => Cow::Owned(shown.into_owned()),
        },
        Cow::Borrowed(text) => covered(text, find),
    }
}

/// A text without the characters that nobody sees: they would part a name.
fn seen(text: &str) -> Cow<'_, str> {
    match text.is_ascii() || !text.contains(names::is_invisible) {
        true => head(text),
        false => Cow::Owned(head(&text.replace(names::is_invisible, "")).into_owned()),
    }
}

fn covered<'a>(text: &'a str, find: impl Fn(&str) -> Vec<Range<usize>>) -> Cow<'a, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = head(text);
    while let Some(hidden) = cover(&shown, find(&shown)) {
        shown = Cow::Owned(hidden);
    }
    shown
}

/// True for what most texts are: without a name, a flag, a user of an address or a word that looks like a token there is nothing
/// to be found, and the rules need not even be read.
fn is_plain(text: &str) -> bool {
    let flag = text.starts_with('-') || text.contains(" -") || text.contains("\"-") || text.contains("'-");
    text.len() <= EXAMINED && !flag && !text.contains('@') && !names::may_announce(text) && !random::may_be_token(text)
}

/// The beginning that is looked at, with a mask for the rest.
fn head(text: &str) -> Cow<'_, str> {
    if text.len() <= EXAMINED {
        return Cow::Borrowed(text);
    }
    // What is covered counts for nothing, so that a text that was cut is not cut again.
    let sizes = text.char_indices().scan(0, |sum, (at, c)| {
        *sum += if c == '•' { 0 } else { c.len_utf8() };
        Some((at, *sum))
    });
    match sizes.into_iter().find(|(_, sum)| *sum > EXAMINED) {
        Some((end, _)) => Cow::Owned(format!("{}{MASK}", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// Finds what is a secret wherever it stands.
fn look(text: &str, reading: Reading) -> Vec<Range<usize>> {
    let mut found = private_keys(text);
    found.extend(addresses::find(text));
    found.extend(pairs::find(text, reading));
    found.extend(rules::find(text));
    found
}

/// What is long and random, where nothing else is found: that tells less of where a secret begins and ends.
fn or_random(text: &str, mut found: Vec<Range<usize>>, wanted: bool) -> Vec<Range<usize>> {
    let nothing = found.iter().all(|range| text.get(range.clone()).is_none_or(is_covered));
    found.extend(random::find(text).filter(|_| wanted && nothing));
    found
}

/// What the rules say of a value together with its name: `discord` in the one, the token in the other.
fn under(name: &str, value: &str) -> Vec<Range<usize>> {
    if name.is_empty() {
        return Vec::new();
    }
    let from = name.len() + 1;
    let found = rules::find(&format!("{name}={value}"));
    let inside = found.into_iter().filter(|range| range.end > from);
    inside.map(|range| range.start.saturating_sub(from)..range.end - from).collect()
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const PRIVATE: &str = "PRIVATE KEY";

/// Blocks of private keys. Certificates and public keys are meant to be seen.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text.get(from..).and_then(|rest| rest.find(BEGIN)) {
        let label = from + begin + BEGIN.len();
        let Some(head) = text.get(label..).and_then(|rest| rest.find("-----")) else { break };
        let body = label + head + "-----".len();
        let end = text.get(body..).and_then(|rest| rest.find(END)).map_or(text.len(), |end| body + end);
        if text.get(label..label + head).is_some_and(|label| label.contains(PRIVATE)) {
            found.push(body..end);
        }
        from = end.max(body);
    }
    found
}

/// Puts the mask over what was found. None if nothing is left to be covered.
fn cover(text: &str, mut found: Vec<Range<usize>>) -> Option<String> {
    found.retain(|range| text.get(range.clone()).is_some_and(|part| !is_covered(part)));
    if found.is_empty() {
        return None;
    }
    found.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        if range.start >= at {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(MASK);
        }
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Some(out)
}
