//! The lists of `assets/secrets/names.rules`: read once, when they are first asked for.

use std::collections::HashMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../../assets/secrets/names.rules");

static LISTS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let sections = sections(TEXT);
    sections.map(|(name, lines)| (name, lines.into_iter().flat_map(str::split_whitespace).collect())).collect()
});

/// The words of a list.
pub fn list(name: &str) -> &'static [&'static str] {
    LISTS.get(name).map_or(&[], Vec::as_slice)
}

/// True if a list has this word.
pub fn has(name: &str, word: &str) -> bool {
    list(name).contains(&word)
}

/// The lines of a list.
pub fn lines(name: &str) -> Vec<&'static str> {
    sections(TEXT).find(|(section, _)| *section == name).map(|(_, lines)| lines).unwrap_or_default()
}

/// The parts of a file of rules: `[name]`, and the lines below it. What begins with `#` is for people.
pub fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    std::iter::from_fn(move || {
        let heading = lines.next()?;
        let name = heading.trim_start_matches('[').trim_end_matches(']');
        let mut body = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('[')) {
            body.push(line);
        }
        Some((name, body))
    })
}
