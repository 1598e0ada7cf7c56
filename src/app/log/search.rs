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

    /// True if the line, as it is seen, has a hit.
    pub fn hits(&self, bytes: &[u8]) -> bool {
        let as_it_is = if bytes.is_ascii() {
            !bytes.iter().any(u8::is_ascii_control)
        } else {
            std::str::from_utf8(bytes).is_ok_and(|line| !line.chars().any(text::is_hostile))
        };
        if as_it_is { self.pattern.is_match(bytes) } else { self.pattern.is_match(&plain(bytes)) }
    }

    /// Marks all hits among the glyphs of a line.
    pub(super) fn mark(&self, glyphs: &mut [Glyph]) {
        let mut text = Vec::new();
        let mut starts = Vec::with_capacity(glyphs.len());
        for glyph in glyphs.iter() {
            starts.push(text.len());
            text.extend_from_slice(glyph.text.as_bytes());
        }
        for hit in self.pattern.find_iter(&text) {
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

    #[test]
    fn small_letters_match_any_case_and_capitals_are_exact() {
        let any = Search::new("error").unwrap();
        assert!(any.hits(b"an ERROR here") && any.hits(b"error"));
        let exact = Search::new("Error").unwrap();
        assert!(exact.hits(b"Error") && !exact.hits(b"ERROR"));
    }

    #[test]
    fn signs_are_taken_literally() {
        assert!(Search::new("a.c(").unwrap().hits(b"xa.c(x"));
        assert!(!Search::new("a.c").unwrap().hits(b"abc"));
    }

    #[test]
    fn a_hit_may_lie_across_a_colour_change() {
        assert!(Search::new("error").unwrap().hits(b"er\x1b[31mror\x1b[0m"));
    }

    #[test]
    fn all_hits_in_a_line_are_marked() {
        let mut glyphs = super::super::decode::decode(b"abXab", 80);
        Search::new("ab").unwrap().mark(&mut glyphs);
        let marks: Vec<bool> = glyphs.iter().map(|glyph| glyph.hit).collect();
        assert_eq!(marks, [true, true, false, true, true]);
    }
}
