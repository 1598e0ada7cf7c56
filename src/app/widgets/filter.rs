//! What the filters of all lists have in common: words, terms with a name, negation, quotes.
//!
//! A row passes when every term holds. `name:value` is a term of a list's own, all else are words. `!` before a term negates it;
//! a negated word is taken literally. Quotes hold blanks together.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A filter in force.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

/// A term of a filter.
#[derive(Debug, Clone)]
pub struct Term {
    /// Its name, such as `state`; empty for a word.
    pub name: &'static str,
    /// Its value in small letters.
    pub value: String,
    negated: bool,
    pattern: Pattern,
}

impl Filter {
    /// Reads what was typed, where a list knows these names of terms. Unfinished terms (`state:`, `!`) hold for everything, so
    /// that the list does not blink while typing.
    pub fn parse(text: &str, names: &[&'static str]) -> Filter {
        Filter { terms: tokens(text).iter().filter_map(|token| Term::read(token, names)).collect() }
    }

    /// True if everything passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The items that pass, in their order. `holds` says whether a term holds for an item, before it is negated.
    pub fn select<T>(&self, items: impl Iterator<Item = T>, holds: impl Fn(&T, &Term, &mut Fuzzy) -> bool) -> Vec<T> {
        if self.is_empty() {
            return items.collect();
        }
        let mut fuzzy = Fuzzy { matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new() };
        items.filter(|item| self.passes(|term| holds(item, term, &mut fuzzy))).collect()
    }

    /// True if something passes, of which this says whether a term holds for it, before it is negated.
    pub fn passes(&self, mut holds: impl FnMut(&Term) -> bool) -> bool {
        self.terms.iter().all(|term| holds(term) != term.negated)
    }
}

impl Term {
    fn read(token: &str, names: &[&'static str]) -> Option<Term> {
        let (negated, rest) = token.strip_prefix('!').map_or((false, token), |rest| (true, rest));
        let named = names.iter().find_map(|name| Some((*name, rest.strip_prefix(name)?.strip_prefix(':')?)));
        let (name, value) = named.unwrap_or(("", rest));
        let pattern = Pattern::parse(value, CaseMatching::Smart, Normalization::Smart);
        (!value.is_empty()).then(|| Term { name, value: value.to_lowercase(), negated, pattern })
    }

    /// True if its value is part of a text.
    pub fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.value)
    }

    /// True if its value is a part of a name, or behind `=` the whole of it.
    pub fn names(&self, name: &str) -> bool {
        self.value.strip_prefix('=').map_or_else(|| self.is_in(name), |whole| name.to_lowercase() == whole)
    }

    /// True if it is to be found where it is not, so that it is taken literally.
    pub fn is_negated(&self) -> bool {
        self.negated
    }
}

/// Finds words whose letters stand in a text in their order.
pub struct Fuzzy {
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Fuzzy {
    /// True if the letters of a word stand in the text. A negated word is taken literally.
    pub fn hits(&mut self, word: &Term, text: &str) -> bool {
        match word.negated {
            true => word.is_in(text),
            false => word.pattern.score(Utf32Str::new(text, &mut self.buffer), &mut self.matcher).is_some(),
        }
    }
}

/// A term for a whole name: `project:=shop`.
pub fn term(name: &str, value: &str) -> String {
    // A quote inside cannot be written: no name of compose has one.
    let value = value.replace('"', "").to_lowercase();
    if value.contains(char::is_whitespace) { format!("{name}:=\"{value}\"") } else { format!("{name}:={value}") }
}

/// Words, parted by blanks that are not between quotes. A quote that is not closed goes to the end.
fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut token, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => tokens.push(std::mem::take(&mut token)),
            c => token.push(c),
        }
    }
    tokens.push(token);
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(text: &str) -> Vec<&'static str> {
        let filter = Filter::parse(text, &["size"]);
        let holds = |item: &&str, term: &Term, fuzzy: &mut Fuzzy| match term.name {
            "size" => item.len().to_string() == term.value,
            _ => fuzzy.hits(term, item),
        };
        filter.select(["web-1", "web 10", "api"].into_iter(), holds)
    }

    #[test]
    fn words_are_fuzzy_and_negated_ones_are_literal() {
        assert_eq!(selected("wb1"), ["web-1", "web 10"]);
        assert_eq!(selected("!wb1").len(), 3);
        assert_eq!(selected("!web"), ["api"]);
    }

    #[test]
    fn terms_narrow_quotes_hold_blanks_together_and_what_is_unfinished_hides_nothing() {
        assert_eq!(selected("size:5 web"), ["web-1"]);
        assert_eq!(selected("!size:5"), ["web 10", "api"]);
        assert_eq!(selected("!\"web 1"), ["web-1", "api"]);
        for text in ["", "size:", "!", "!size: \"\""] {
            assert_eq!(selected(text).len(), 3, "{text}");
        }
    }
}
