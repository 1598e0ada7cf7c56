//! Literal search with smart case: capitals in the pattern make it exact.

use super::decode::{Glyph, plain};
use crate::model::text;
use regex::bytes::{Regex, RegexBuilder};

/// A search in force.
#[derive(Debug, Clone)]
pub struct Search {
    /// What was typed.
    pub text: String,
    /// The line of the current hit.
    pub at: Option<i64>,
    pattern: Regex,
}

impl Search {
    /// A search for a text. None when the text is empty or too long to search for.
    pub fn new(text: &str) -> Option<Search> {
        if text.is_empty() {
            return None;
        }
        let exact = text.chars().any(char::is_uppercase);
        let pattern = RegexBuilder::new(&regex::escape(text)).case_insensitive(!exact).build().ok()?;
        Some(Search { text: text.to_string(), at: None, pattern })
    }

    /// True if the line, as it is seen, has a hit. `scratch` saves memory being taken for each line.
    pub fn hits(&self, bytes: &[u8], scratch: &mut String) -> bool {
        let as_it_is = if bytes.is_ascii() {
            !bytes.iter().any(u8::is_ascii_control)
        } else {
            std::str::from_utf8(bytes).is_ok_and(|line| !line.chars().any(text::is_hostile))
        };
        if as_it_is {
            return self.pattern.is_match(bytes);
        }
        plain(bytes, scratch);
        self.pattern.is_match(scratch.as_bytes())
    }

    /// Marks all hits among the glyphs of a line.
    pub(super) fn mark(&self, glyphs: &mut [Glyph]) {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(glyphs.len());
        for glyph in glyphs.iter() {
            starts.push(text.len());
            glyph.write(&mut text);
        }
        for hit in self.pattern.find_iter(text.as_bytes()) {
            let from = starts.partition_point(|start| *start < hit.start());
            let to = starts.partition_point(|start| *start < hit.end());
            for glyph in glyphs.get_mut(from..to).unwrap_or_default() {
                glyph.hit = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &str, line: &[u8]) -> bool {
        Search::new(text).unwrap().hits(line, &mut String::new())
    }

    #[test]
    fn small_letters_match_any_case_and_capitals_are_exact() {
        assert!(hits("error", b"an ERROR here") && hits("error", b"error"));
        assert!(hits("Error", b"Error") && !hits("Error", b"ERROR"));
    }

    #[test]
    fn signs_are_taken_literally() {
        assert!(hits("a.c(", b"xa.c(x"));
        assert!(!hits("a.c", b"abc"));
    }

    #[test]
    fn a_hit_may_lie_across_a_colour_change() {
        assert!(hits("error", b"er\x1b[31mror\x1b[0m"));
    }

    #[test]
    fn all_hits_in_a_line_are_marked() {
        let mut glyphs = super::super::decode::decode(b"abXab", 80);
        Search::new("ab").unwrap().mark(&mut glyphs);
        let marks: Vec<bool> = glyphs.iter().map(|glyph| glyph.hit).collect();
        assert_eq!(marks, [true, true, false, true, true]);
    }
}
