//! A search in an object, as it is shown: what is hidden is not found.

use crate::model::Node;
use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// A search in force. Small letters match any case, capitals are exact.
#[derive(Debug, Clone)]
pub struct Find {
    /// What was typed.
    pub text: String,
    pattern: Regex,
}

impl Find {
    /// A search for a text. None when the text is empty or too long to search for.
    pub fn new(text: &str) -> Option<Find> {
        if text.is_empty() {
            return None;
        }
        let exact = text.chars().any(char::is_uppercase);
        let pattern = RegexBuilder::new(&regex::escape(text)).case_insensitive(!exact).build().ok()?;
        Some(Find { text: text.to_string(), pattern })
    }

    /// True if the name or the value of a node has a hit.
    pub fn hits(&self, node: &Node, revealed: bool) -> bool {
        let value = node.shown(revealed);
        match &node.key {
            Some(key) => {
                self.pattern.is_match(key)
                    || self.pattern.is_match(value)
                    // What was read as one text on screen is found as one.
                    || self.text.contains(':') && self.pattern.is_match(&format!("{key}: {value}"))
            }
            None => self.pattern.is_match(value),
        }
    }

    /// Where the hits are in a text.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        self.pattern.find_iter(text).map(|hit| hit.range()).collect()
    }
}
