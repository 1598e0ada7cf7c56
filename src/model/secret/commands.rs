//! Secrets in command lines: what a flag announces, `NAME=value`, `Bearer …`. Flags of one letter mean something else with each
//! program; `assets/secrets/names.rules` tells with which they announce a secret.

use super::names::{Reading, announces, is_harmless, is_reference};
use super::{lists, pairs};
use base64::Engine as _;
use std::ops::Range;
use std::sync::LazyLock;

/// How deep quoted command lines are followed into.
const DEEPEST: usize = 3;

/// The flags of a program that announce a secret.
struct Program {
    name: &'static str,
    /// Only after this word.
    verb: Option<&'static str>,
    flags: Vec<Flag>,
}

/// A flag, and where the secret stands.
#[derive(Clone, Copy)]
struct Flag {
    word: &'static str,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// The next word.
    Next,
    /// Right behind it.
    Behind,
    /// Behind this sign, in the next word or right behind it.
    After(char),
}

impl Flag {
    fn read(text: &'static str) -> Flag {
        // `/p:` ends in a sign of its own.
        if text.starts_with('/') {
            return Flag { word: text, form: Form::Behind };
        }
        let (word, form) = match text.char_indices().next_back() {
            Some((at, '*')) => (&text[..at], Form::Behind),
            Some((at, sign @ (':' | '%' | ','))) => (&text[..at], Form::After(sign)),
            _ => (text, Form::Next),
        };
        Flag { word, form }
    }
}

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    let mut programs: Vec<Program> = Vec::new();
    for line in lists::lines("flags") {
        let (names, flags) = line.split_once('|').unwrap_or((line, ""));
        let flags: Vec<Flag> = flags.split_whitespace().map(Flag::read).collect();
        for word in names.split_whitespace() {
            match (word.strip_prefix('(').and_then(|word| word.strip_suffix(')')), programs.last_mut()) {
                (Some(verb), Some(last)) => last.verb = Some(verb),
                _ => programs.push(Program { name: word, verb: None, flags: flags.clone() }),
            }
        }
    }
    programs
});

/// Where secrets stand among the words of a command line.
pub fn find(text: &str, words: &[Range<usize>], reading: Reading) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    search(text, words, reading, 0, &mut found);
    found
}

/// A command line's words, as a shell parts them; their quotes are theirs.
pub fn words(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let (mut from, mut quote, mut last, mut escaped) = (None, None, ' ', false);
    let part = text.get(within.clone()).unwrap_or_default();
    for (index, c) in part.char_indices() {
        let at = within.start + index;
        let closes = |quote: char| part.get(index + 1..).is_some_and(|rest| rest.contains(quote));
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') if quote != Some('\'') => {
                escaped = true;
                from.get_or_insert(at);
            }
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if (from.is_none() || matches!(last, '=' | ':' | ',' | '\'' | '"')) && closes(c) => {
                quote = Some(c);
                from.get_or_insert(at);
            }
            (None, c) if c.is_whitespace() => words.extend(from.take().map(|from| from..at)),
            (None, _) => {
                from.get_or_insert(at);
            }
        }
        last = c;
    }
    words.extend(from.map(|from| from..within.end));
    words
}

fn search(text: &str, words: &[Range<usize>], reading: Reading, depth: usize, found: &mut Vec<Range<usize>>) {
    let (mut program, mut before): (Option<(&str, usize)>, Option<&str>) = (None, None);
    for (at, range) in words.iter().enumerate() {
        let bare = unquoted(text, range);
        let Some(word) = text.get(bare.clone()) else { continue };
        let since = program.map_or(0, |(_, since)| since);
        let said = || words.get(since..at).unwrap_or_default().iter().filter_map(|range| text.get(range.clone()));
        let flags: Vec<Flag> = match program {
            Some((name, _)) => {
                let known = PROGRAMS.iter().filter(|known| known.name == name);
                known
                    .filter(|known| known.verb.is_none_or(|verb| said().any(|word| word == verb)))
                    .flat_map(|known| known.flags.iter().copied())
                    .collect()
            }
            None => Vec::new(),
        };
        let secret = before.and_then(|before| announced(before, word, &flags, reading));
        let secret = secret.or_else(|| own(word, &flags, reading));
        // What holds a secret is no name of one, whatever it begins with: `-pwhatever`.
        let announces_next = secret.is_none();
        match secret {
            Some(inner) => found.push(bare.start + inner.start..bare.start + inner.end),
            None if depth < DEEPEST && word.contains(char::is_whitespace) => {
                let inside = pairs::find(word, Reading::Shell).into_iter();
                found.extend(inside.map(|inner| bare.start + inner.start..bare.start + inner.end));
                search(text, &self::words(text, bare.clone()), Reading::Shell, depth + 1, found);
            }
            None => {}
        }
        let ends = matches!(word, ";" | "&&" | "||" | "|" | "&") || word.ends_with(';');
        let name = word.rsplit('/').next().unwrap_or(word);
        if ends {
            program = None;
        } else if PROGRAMS.iter().any(|known| known.name == name) && !word.starts_with('-') {
            program = Some((name, at));
        }
        before = announces_next.then_some(word);
    }
}

/// A word without the quotes around it, and what is behind them.
fn unquoted(text: &str, range: &Range<usize>) -> Range<usize> {
    let word = text.get(range.clone()).unwrap_or_default();
    let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote.and_then(|quote| word.rfind(quote)).filter(|close| *close > 0) {
        Some(close) => range.start + 1..range.start + close,
        None => range.clone(),
    }
}

/// Where in a word the secret begins that the word before it announces.
fn announced(before: &str, word: &str, flags: &[Flag], reading: Reading) -> Option<Range<usize>> {
    if let Some(from) = spoken(before, word, reading) {
        return Some(from..word.len());
    }
    for flag in flags.iter().filter(|flag| flag.word == before) {
        let from = match flag.form {
            Form::Next if !word.starts_with('-') => Some(0),
            Form::Next | Form::Behind => None,
            Form::After(sign) => after(word, sign),
        };
        if let Some(from) = from.filter(|from| is_value(&word[*from..], reading)) {
            return Some(from..word.len());
        }
    }
    if matches!(before, "-u" | "--user") {
        return after(word, ':').filter(|from| is_value(&word[*from..], reading)).map(|from| from..word.len());
    }
    let named = before.starts_with('-') && !before.contains('=') && !word.starts_with('-');
    (named && announces(before, word, reading)).then_some(0..word.len())
}

/// `Bearer …`, `Basic …`.
fn spoken(before: &str, word: &str, reading: Reading) -> Option<usize> {
    let before = before.trim_start_matches(['"', '\'']);
    let bearer = before.eq_ignore_ascii_case("bearer") && word.len() >= 8 && !is_reference(word, reading);
    // What is no sentence has a user and a password in it.
    let decoded = || base64::engine::general_purpose::STANDARD.decode(word.trim_end_matches(['"', '\'', ',']));
    let basic = before.eq_ignore_ascii_case("basic") && decoded().is_ok_and(|bytes| bytes.contains(&b':'));
    (bearer || basic).then_some(0)
}

/// Behind a sign: numbers are a user and its group.
fn after(word: &str, sign: char) -> Option<usize> {
    let at = word.find(sign)? + sign.len_utf8();
    let ids = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    (!ids && at < word.len()).then_some(at)
}

fn is_value(value: &str, reading: Reading) -> bool {
    !is_harmless(value) && !is_reference(value, reading)
}

/// What a word says of itself: `--password=…`, `NAME=…`, `-pSECRET`, `-uuser:password`.
fn own(word: &str, flags: &[Flag], reading: Reading) -> Option<Range<usize>> {
    for flag in flags.iter() {
        let Some(rest) = word.strip_prefix(flag.word).filter(|rest| !rest.is_empty()) else { continue };
        // A long flag that goes on is another flag.
        let rest = if flag.word.starts_with("--") { rest.strip_prefix('=').unwrap_or_default() } else { rest };
        let from = match flag.form {
            Form::Behind => Some(0),
            Form::After(sign) => after(rest, sign),
            Form::Next => None,
        };
        if let Some(from) = from.filter(|from| is_value(rest.get(*from..).unwrap_or_default(), reading)) {
            return Some(word.len() - rest.len() + from..word.len());
        }
    }
    let user = ["-u", "--user="].iter().find_map(|flag| word.strip_prefix(flag)).filter(|_| !word.starts_with("-u="));
    if let Some(rest) = user.filter(|rest| !rest.contains('/'))
        && let Some(from) = after(rest, ':').filter(|from| is_value(&rest[*from..], reading))
    {
        return Some(word.len() - rest.len() + from..word.len());
    }
    assigned(word, reading)
}

/// `NAME=value`, also behind a flag: `--env=NAME=value`.
fn assigned(word: &str, reading: Reading) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some((name, value)) = word.get(from..)?.split_once('=') {
        let proper = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
        if name.is_empty() || !proper {
            return None;
        }
        from += name.len() + 1;
        if announces(name, value.trim_matches(['"', '\'']), reading) {
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let quote = quote.filter(|quote| value.len() >= 2 && value.ends_with(*quote)).map_or(0, char::len_utf8);
            return Some(from + quote..word.len() - quote);
        }
    }
    None
}
