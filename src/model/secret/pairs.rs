//! Names with values in a text: `name=value`, YAML, JSON, TOML and XML. What stands below a secret's name is hidden whole,
//! lists and objects too.

use super::names::{self, Reading, announces, is_header, is_scheme, is_telling, is_vague};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest name that is looked at, bytes.
const NAME: usize = 128;

/// The ranges of secrets in the pairs of a text.
pub fn find(text: &str, reading: Reading) -> Vec<Range<usize>> {
    if !names::may_announce(text) {
        return Vec::new();
    }
    let signs = memchr::memchr2_iter(b'=', b':', text.as_bytes());
    let mut found: Vec<Range<usize>> = signs.filter_map(|at| pair(text, at, reading)).collect();
    found.extend(spoken(text, reading));
    found.extend(entries(text));
    found.extend(elements(text));
    found
}

/// The depth of a name whose value is in the lines below that are further in, as in YAML, where it announces a secret.
pub fn block(line: &str) -> Option<usize> {
    let sign = line.find(':')?;
    let name = Name::before(line, sign).filter(|name| name.leads)?;
    let gap = line.get(sign + 1..)?.len() - line.get(sign + 1..)?.trim_start().len();
    let value = Value { text: line, from: sign + 1 + gap, reading: Reading::Plain };
    (value.is_block_mark() && announces(name.text, "x1", Reading::Plain)).then_some(name.from)
}

/// `set PGPASSWORD value`, "the password is value".
fn spoken(text: &str, reading: Reading) -> Vec<Range<usize>> {
    static SET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let word = r"(?:^|[\s;&|(])(?:set|setx|setenv|export|ENV)";
        Regex::new(&format!(r"(?m){word}[ \t]+(?:--?[A-Za-z-]+[ \t]+)*([A-Za-z_][A-Za-z0-9_]*)[ \t]+[^\s=]")).ok()
    });
    static IS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)([a-z][a-z0-9_.-]*)[ \t]+(?:is|was)(?:[ \t]+now)?:?[ \t]+\S").ok());
    let places = |regex: &'static LazyLock<Option<Regex>>| {
        let groups = regex.iter().flat_map(|regex| regex.captures_iter(text));
        groups.filter_map(|groups| {
            let name = Name::before(text, groups.get(1)?.end())?;
            let end = groups.get(0)?.end();
            let first = text.get(..end)?.chars().next_back()?;
            Some((name, Value { text, from: end - first.len_utf8(), reading }))
        })
    };
    // Small words may be those of a sentence: "set password policy".
    let is_setting = |name: &str| name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let set = places(&SET).filter(|(name, _)| is_setting(name.text));
    let set = set.filter_map(|(name, value)| value.announced(&name, value.one()));
    let is = places(&IS).filter(|(name, _)| !is_vague(name.text) || is_telling(name.word_before(text)));
    set.chain(is.filter_map(|(name, value)| value.spoken(&name))).collect()
}

/// A name before a sign.
struct Name<'a> {
    text: &'a str,
    from: usize,
    quoted: bool,
    /// There is a blank between it and the sign.
    spaced: bool,
    /// Nothing stands before it in its line, but a dash or a word that begins a setting.
    leads: bool,
}

impl Name<'_> {
    fn before(text: &str, sign: usize) -> Option<Name<'_>> {
        let head = text.get(..sign)?;
        let trimmed = head.trim_end_matches([' ', '\t']);
        let bare = trimmed.trim_end_matches(['"', '\'', '`', '\\', ']']);
        let part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let length: usize = bare.chars().rev().take(NAME).take_while(part).map(char::len_utf8).sum();
        let from = bare.len() - length;
        let name = Name {
            text: bare.get(from..)?,
            from,
            quoted: bare.len() < trimmed.len() && !trimmed.ends_with(']'),
            spaced: trimmed.len() < head.len(),
            leads: leads(bare.get(..from)?),
        };
        (length > 0).then_some(name)
    }

    /// The word right before it.
    fn word_before<'a>(&self, text: &'a str) -> &'a str {
        let head = text.get(..self.from).unwrap_or_default().trim_end_matches(' ');
        let length: usize = head.chars().rev().take(NAME).take_while(|c| c.is_alphanumeric()).map(char::len_utf8).sum();
        head.get(head.len() - length..).unwrap_or_default()
    }
}

fn leads(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    let begins = |text: &str| text.is_empty() || text.ends_with('\n');
    let word = ["-", "export", "ENV", "ARG", "LABEL", "set"].iter().find_map(|word| before.strip_suffix(word));
    begins(before) || word.is_some_and(|rest| begins(rest.trim_end_matches([' ', '\t'])))
}

/// The secret value at a sign, if the name before it announces one.
fn pair(text: &str, sign: usize, reading: Reading) -> Option<Range<usize>> {
    let name = Name::before(text, sign)?;
    if names::strength(name.text) == names::Strength::None && !is_header(name.text) {
        return None;
    }
    let colon = text.as_bytes().get(sign) == Some(&b':');
    // `:=`, `==`, `=>`
    let rest = text.get(sign + 1..)?;
    let tail = rest.len() - rest.trim_start_matches(['=', '>']).len();
    let from = sign + 1 + tail;
    let rest = text.get(from..)?;
    let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let value = Value { text, from: from + gap, reading };
    if colon && tail == 0 {
        return colon_pair(&name, &value, gap);
    }
    // In a shell nothing is set where a blank follows: `PASSWORD= command`.
    let nothing = gap > 0 && !name.spaced && value.quote().is_none();
    if nothing && reading == Reading::Shell || name.spaced && gap == 0 && !colon {
        return None;
    }
    if is_vague(name.text) && !name.leads {
        return None;
    }
    let range = if name.leads && name.spaced && value.is_bare() { value.line() } else { value.one() };
    value.announced(&name, range)
}

fn colon_pair(name: &Name<'_>, value: &Value<'_>, gap: usize) -> Option<Range<usize>> {
    let (text, next) = (value.text, value.text.get(value.from..).and_then(|rest| rest.chars().next()));
    let ends = matches!(next, None | Some('\n' | '\r'));
    let header = is_header(name.text) || name.text.to_lowercase().starts_with("x-");
    let parted = gap > 0 || ends || name.quoted || header || value.quote().is_some();
    if !parted || next == Some(':') || text.get(value.from..)?.starts_with("//") {
        return None;
    }
    if is_header(name.text) {
        return value.header(name);
    }
    let vague = is_vague(name.text) || !name.quoted && names::is_loose(name.text);
    if vague && (name.quoted || !is_telling(name.word_before(text))) {
        return None;
    }
    let range = match (ends, name.leads) {
        _ if name.quoted => value.one(),
        (true, true) => value.block(name),
        (true, false) => return None,
        (false, true) if value.is_block_mark() => value.block(name),
        (false, true) if value.is_bare() => value.line(),
        _ if value.is_prose(name) => return None,
        _ => value.one(),
    };
    value.announced(name, range)
}

/// A value behind a sign.
struct Value<'a> {
    text: &'a str,
    from: usize,
    reading: Reading,
}

impl Value<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.from..).unwrap_or_default()
    }

    /// The range, if the name announces what it holds.
    fn announced(&self, name: &Name<'_>, range: Range<usize>) -> Option<Range<usize>> {
        let value = self.text.get(range.clone())?;
        announces(name.text, value, self.reading).then_some(range)
    }

    /// How it is quoted, and with how many signs: `"`, `\"`.
    fn quote(&self) -> Option<(char, usize)> {
        let rest = self.rest();
        let bare = rest.trim_start_matches('\\');
        bare.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')).map(|c| (c, rest.len() - bare.len()))
    }

    /// Neither quoted nor a list or an object.
    fn is_bare(&self) -> bool {
        self.quote().is_none() && !self.rest().starts_with(['{', '['])
    }

    /// One value: what is quoted, a list or an object, else up to what ends a word.
    fn one(&self) -> Range<usize> {
        let whole = match (self.quote(), self.rest().chars().next()) {
            (Some((quote, escapes)), _) => quoted(self.text, self.from + escapes + 1, quote, escapes),
            (None, Some('{' | '[')) => brackets(self.text, self.from),
            _ => return self.word(),
        };
        // What goes on right behind it belongs to it.
        let behind = self.text.get(whole.end..).unwrap_or_default();
        let closing = behind.chars().next().map_or(0, char::len_utf8);
        let further = behind.get(closing..).unwrap_or_default();
        let more = further.find(ends_word).unwrap_or(further.len());
        let more = further.get(..more).unwrap_or_default().trim_end_matches([')', ']', '\\']);
        let goes_on = more.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '$' | '_' | '"' | '\''));
        if !goes_on || self.quote().is_some_and(|(_, escapes)| escapes > 0) {
            return whole;
        }
        self.from..whole.end + closing + more.len()
    }

    /// Up to what ends a word.
    fn word(&self) -> Range<usize> {
        let rest = self.rest();
        let word = rest.get(..rest.find(ends_word).unwrap_or(rest.len())).unwrap_or_default();
        self.from..self.from + word.trim_end_matches([')', ']', '\\']).len()
    }

    /// Up to the end of the line, or the next name in it.
    fn line(&self) -> Range<usize> {
        let rest = self.rest();
        let line = rest.get(..rest.find(['\n', '\r']).unwrap_or(rest.len())).unwrap_or_default();
        let mut at = 0;
        for word in line.split_inclusive([' ', '\t']) {
            let bare = word.trim_end();
            let name = bare.strip_suffix(':').or(bare.split_once('=').map(|(name, _)| name)).unwrap_or_default();
            let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
            if at > 0 && !name.is_empty() && is_name {
                break;
            }
            at += word.len();
        }
        let value = line.get(..at).unwrap_or_default().trim_end().trim_end_matches(',');
        self.from..self.from + value.len()
    }

    /// A header's whole value; the scheme of an authorization stays.
    fn header(&self, name: &Name<'_>) -> Option<Range<usize>> {
        let whole = if name.leads { self.line() } else { self.one() };
        let value = self.text.get(whole.clone())?;
        let rest = self.text.get(self.from..)?;
        let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        if is_scheme(first) {
            let from = self.from + first.len() + 1;
            let word = Value { text: self.text, from, reading: self.reading }.word();
            // One word, but for those that have parts.
            let parts = name.leads && first.eq_ignore_ascii_case("digest");
            let end = if parts { whole.end.max(word.end) } else { word.end };
            return (!behind.is_empty() && !names::is_reference(self.text.get(from..end)?, self.reading))
                .then_some(from..end);
        }
        (!names::is_harmless(value) && !names::is_reference(value, self.reading)).then_some(whole)
    }

    /// `|` and `>` at the end of a line: the value is in the lines below.
    fn is_block_mark(&self) -> bool {
        let line = self.rest().lines().next().unwrap_or_default().trim_end();
        let mark = line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
        matches!(mark, "|" | ">")
    }

    /// The lines below that are further in than the name, or a list as far in.
    fn block(&self, name: &Name<'_>) -> Range<usize> {
        let line = self.text.get(..name.from).unwrap_or_default();
        let begin = line.rfind('\n').map_or(0, |end| end + 1);
        let depth = name.from - begin;
        let first = self.rest().find('\n').map_or(self.text.len(), |end| self.from + end + 1);
        let mut end = first;
        for line in self.text.get(first..).unwrap_or_default().split_inclusive('\n') {
            let bare = line.trim_start_matches([' ', '\t']);
            let inside = line.len() - bare.len() > depth || line.len() - bare.len() == depth && bare.starts_with("- ");
            if !inside && !bare.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let block = self.text.get(first..end).unwrap_or_default();
        let lead = block.len() - block.trim_start().len();
        first + lead..first + block.trim_end().len().max(lead)
    }

    /// Behind "the password is": what no sentence would go on with.
    fn spoken(&self, name: &Name<'_>) -> Option<Range<usize>> {
        let range = self.one();
        let range = range.start..range.start + self.text.get(range)?.trim_end_matches(['.', '!', '?', ':', ')']).len();
        let value = self.text.get(range.clone())?;
        let behind = self.text.get(range.end..)?.lines().next().unwrap_or_default();
        let is_word = value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'\''));
        let is_small = value.get(1..).is_some_and(|rest| !rest.bytes().any(|byte| byte.is_ascii_uppercase()));
        let is_last = !behind.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let is_number = value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit());
        let is_prose = is_word && is_small && (names::is_said(value) || !is_last);
        let is_quoted = self.quote().is_some();
        if !is_quoted && (is_prose || is_number) {
            return None;
        }
        self.announced(name, range)
    }

    /// "password: try again": a plain word, and a sentence behind it.
    fn is_prose(&self, name: &Name<'_>) -> bool {
        let plain = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let name = name.text.get(1..).is_some_and(plain);
        let mut words = self.rest().split(' ').take(2);
        name && words.clone().count() == 2 && words.all(|word| plain(word.trim_end_matches(['.', ',', ';', ':'])))
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '&' | ';' | ',' | '"' | '\'' | '}' | '<')
}

/// What is quoted, from behind the quote on; without a closing one, all the rest.
fn quoted(text: &str, from: usize, quote: char, escapes: usize) -> Range<usize> {
    let mut at = from;
    let rest = text.get(from..).unwrap_or_default();
    let mut signs = rest.char_indices();
    let mut slashes = 0;
    while let Some((index, c)) = signs.next() {
        at = from + index;
        if c == quote && (slashes == escapes || quote == '\'' && escapes == 0) {
            // A shell's way to write a quote within: 'it'\''s'
            if quote == '\'' && text.get(at + 1..).is_some_and(|rest| rest.starts_with("\\''")) {
                signs.nth(2);
                continue;
            }
            return from..at - slashes.min(escapes);
        }
        slashes = if c == '\\' { slashes + 1 } else { 0 };
        if escapes == 0 && slashes == 2 {
            slashes = 0;
        }
    }
    from..text.len().max(at)
}

/// What is between brackets; without closing ones, all the rest.
fn brackets(text: &str, from: usize) -> Range<usize> {
    let (mut depth, mut inside, mut escaped) = (0_usize, None, false);
    for (index, c) in text.get(from..).unwrap_or_default().char_indices() {
        match (c, inside) {
            _ if escaped => escaped = false,
            ('\\', Some('"')) => escaped = true,
            (c, Some(quote)) if c == quote => inside = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => inside = Some(c),
            ('{' | '[', None) => depth += 1,
            ('}' | ']', None) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return from + 1..from + index;
                }
            }
            _ => {}
        }
    }
    (from + 1).min(text.len())..text.len()
}

/// `{"name": "DB_PASSWORD", "value": "…"}`, as JSON or YAML.
fn entries(text: &str) -> Vec<Range<usize>> {
    static ENTRY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let name = r#"["']?\b(?:name|key)["']?\s*[:=]\s*["']?([A-Za-z_][A-Za-z0-9_.-]*)["']?"#;
        Regex::new(&format!(r#"(?i){name}[\s,]*["']?\bvalue["']?\s*[:=]\s*"#)).ok()
    });
    let mut found = Vec::new();
    if !text.contains("value") && !text.contains("Value") {
        return found;
    }
    for groups in ENTRY.iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(name), Some(whole)) = (groups.get(1), groups.get(0)) else { continue };
        let range = Value { text, from: whole.end(), reading: Reading::Plain }.one();
        if announces(name.as_str(), text.get(range.clone()).unwrap_or_default(), Reading::Plain) {
            found.push(range);
        }
    }
    found
}

/// `<password>…</password>`, `<add key="password" value="…"/>`, `<entry name="password">…</entry>`.
fn elements(text: &str) -> Vec<Range<usize>> {
    static OPENING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"<([A-Za-z][A-Za-z0-9_:.-]*)((?:\s+[A-Za-z0-9_:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>"#).ok()
    });
    static KEY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)\b(?:key|name|id)\s*=\s*["']([^"']*)["']"#).ok());
    static VALUE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)\bvalue\s*=\s*(?:"([^"]*)"|'([^']*)')"#).ok());
    let mut found = Vec::new();
    if !text.contains('<') || !text.contains("</") && !text.contains("/>") {
        return found;
    }
    for groups in OPENING.iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(whole), Some(tag), Some(attributes)) = (groups.get(0), groups.get(1), groups.get(2)) else {
            continue;
        };
        let keyed = KEY.iter().filter_map(|regex| regex.captures(attributes.as_str())?.get(1));
        let keyed = keyed.into_iter().any(|key| announces(key.as_str(), "x1", Reading::Plain));
        if keyed && let Some(groups) = VALUE.iter().find_map(|regex| regex.captures(attributes.as_str())) {
            let value = groups.get(1).or(groups.get(2));
            found.extend(value.map(|value| attributes.start() + value.start()..attributes.start() + value.end()));
        }
        let closed = groups.get(3).is_some_and(|slash| !slash.is_empty());
        if closed || !keyed && !announces(tag.as_str(), "x1", Reading::Plain) {
            continue;
        }
        let inside = text.get(whole.end()..).unwrap_or_default();
        if let Some(length) = inside.find(&format!("</{}", tag.as_str())) {
            let content = inside.get(..length).unwrap_or_default();
            found.extend((!names::is_harmless(content.trim())).then_some(whole.end()..whole.end() + length));
        }
    }
    found
}
