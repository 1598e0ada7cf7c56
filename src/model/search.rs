//! A search in a text: literal or a regular expression; small letters match any case, capitals are exact.

use regex::bytes::{Regex, RegexBuilder};
use std::ops::Range;

/// A search in force.
#[derive(Debug, Clone)]
pub struct Search {
    /// The typed text.
    pub text: String,
    pattern: Regex,
}

impl PartialEq for Search {
    fn eq(&self, other: &Search) -> bool {
        self.text == other.text
    }
}

/// Memory that a pattern may take when it is compiled, bytes: a pattern is typed, and must not cost more than the log.
const PATTERN_BYTES: usize = 1 << 20;

impl Search {
    /// A search for a text, taken literally. None when the text is empty or too long to search for.
    pub fn new(text: &str) -> Option<Search> {
        Search::build(text, &regex::escape(text)).ok().filter(|_| !text.is_empty())
    }

    /// A search for a regular expression.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn regex(text: &str) -> Result<Search, String> {
        Search::build(text, text)
    }

    /// A search as it is typed: behind `~` a regular expression, else literal. None where nothing was typed.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the regular expression.
    pub fn typed(text: &str) -> Result<Option<Search>, String> {
        match text.strip_prefix('~') {
            Some("") => Ok(None),
            Some(pattern) => Search::build(text, pattern).map(Some),
            None => Ok(Search::new(text)),
        }
    }

    fn build(text: &str, pattern: &str) -> Result<Search, String> {
        // A letter behind a backslash is a class, not a capital.
        let mut before = ' ';
        let exact = pattern.chars().any(|c| std::mem::replace(&mut before, c) != '\\' && c.is_uppercase());
        let built = RegexBuilder::new(pattern).case_insensitive(!exact).size_limit(PATTERN_BYTES).build();
        let pattern = built.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "the pattern is too large".to_string(),
            // The last line names the fault, those before draw it.
            error => error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_string(),
        })?;
        Ok(Search { text: text.to_string(), pattern })
    }

    /// True if a text has a hit.
    pub fn hits(&self, text: impl AsRef<[u8]>) -> bool {
        self.pattern.is_match(text.as_ref())
    }

    /// How many groups a regular expression has.
    pub fn groups(&self) -> usize {
        self.pattern.captures_len() - 1
    }

    /// What the first group holds in the first match in a text.
    pub fn group<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        self.pattern.captures(text)?.get(1).map(|group| group.as_bytes())
    }

    /// The ranges of the matches in a text.
    pub fn ranges<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        self.pattern.find_iter(text).map(|hit| hit.range())
    }

    /// The first hit that begins at `from` or behind it, or the last one that begins before it. At the end it goes on at the other
    /// end.
    pub fn step(&self, text: &[u8], from: usize, forward: bool) -> Option<usize> {
        let mut starts = self.pattern.find_iter(text).map(|hit| hit.start());
        match forward {
            true => self.pattern.find_at(text, from.min(text.len())).map(|hit| hit.start()).or_else(|| starts.next()),
            false => {
                let starts: Vec<usize> = starts.collect();
                let before = starts.partition_point(|start| *start < from);
                starts.get(before.wrapping_sub(1)).or(starts.last()).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters_match_any_case_and_capitals_are_exact() {
        let hits = |text: &str, line: &str| Search::new(text).unwrap().hits(line);
        assert!(hits("error", "an ERROR here") && hits("error", "error"));
        assert!(hits("Error", "Error") && !hits("Error", "ERROR"));
        assert!(hits("a.c(", "xa.c(x") && !hits("a.c", "abc"), "signs are taken literally");
        assert!(Search::new("").is_none());
    }

    #[test]
    fn behind_a_tilde_stands_a_regular_expression_and_what_is_wrong_with_it_is_said() {
        let hits = |text: &str, line: &str| Search::typed(text).unwrap().unwrap().hits(line);
        assert!(hits("~a.c", "xABCx") && !hits("a.c", "abc"));
        assert!(hits(r"~\S+B", "xB") && !hits(r"~\S+B", "xb"), "a class is no capital, B is one");
        assert_eq!(Search::typed("~"), Ok(None));
        assert_eq!(Search::typed("~a(").unwrap_err(), "unclosed group");
        assert_eq!(Search::typed(r"~\w{999}{999}").unwrap_err(), "the pattern is too large");
    }

    #[test]
    fn steps_go_round() {
        let search = Search::new("ab").unwrap();
        let text = b"ab AB ab";
        assert_eq!(search.ranges(text).count(), 3);
        let to = |from, forward| search.step(text, from, forward);
        assert_eq!([to(0, true), to(1, true), to(4, true), to(7, true)], [Some(0), Some(3), Some(6), Some(0)]);
        assert_eq!([to(6, false), to(3, false), to(0, false)], [Some(3), Some(0), Some(6)]);
        assert_eq!(search.step(b"none", 0, true), None);
    }
}
