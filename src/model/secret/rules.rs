//! Rules that know a secret by its shape: `assets/secrets/gitleaks.rules` and bowline's own `shapes.rules`.
//!
//! A rule is tried only where one of its words stands, and compiled when it is first tried: hundreds of compiled expressions
//! would take more memory than the rest of the cockpit.

use super::lists::sections;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Expressions that are kept compiled, the ones that were needed last: each takes about sixty KiB.
const KEPT: usize = 32;
/// Bytes that an expression may take while it is at work.
const WORK: usize = 64 << 10;

const GITLEAKS: &str = include_str!("../../../assets/secrets/gitleaks.rules");
const SHAPES: &str = include_str!("../../../assets/secrets/shapes.rules");

/// A rule.
struct Rule {
    words: Vec<&'static str>,
    /// Bits a character that what is found has at least.
    entropy: f64,
    /// True if the match must contain a digit.
    digit: bool,
    /// The group that holds the secret; else the first that holds anything.
    group: Option<usize>,
    regex: Lazy,
    /// A pattern that excludes a match.
    but: Option<Lazy>,
}

/// An expression that is compiled when it is needed.
struct Lazy(&'static str);

static COMPILED: Mutex<Vec<(&str, Arc<Regex>)>> = Mutex::new(Vec::new());

impl Lazy {
    /// None if it does not compile, which a test forbids.
    fn get(&self) -> Option<Arc<Regex>> {
        let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(pattern, _)| std::ptr::eq(*pattern, self.0));
        let (_, regex) = match known {
            Some(at) => kept.remove(at),
            None => {
                let regex = RegexBuilder::new(self.0).unicode(false).dfa_size_limit(WORK).build().ok()?;
                (self.0, Arc::new(regex))
            }
        };
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((self.0, regex.clone()));
        Some(regex)
    }
}

impl Rule {
    fn read(lines: &[&'static str]) -> Option<Rule> {
        let value = |name: &str| {
            let found = |line: &&'static str| line.split_once(' ').filter(|(key, _)| *key == name);
            lines.iter().find_map(|line| found(line).map(|(_, value)| value))
        };
        Some(Rule {
            words: value("words")?.split(' ').collect(),
            entropy: value("entropy").and_then(|number| number.parse().ok()).unwrap_or(0.0),
            digit: lines.contains(&"digit"),
            group: value("group").and_then(|number| number.parse().ok()),
            regex: Lazy(value("regex")?),
            but: value("but").map(Lazy),
        })
    }

    fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let Some(regex) = self.regex.get() else { return };
        for groups in regex.captures_iter(text) {
            let group = match self.group {
                Some(group) => groups.get(group),
                None => groups.iter().skip(1).flatten().find(|group| !group.is_empty()).or(groups.get(0)),
            };
            found.extend(group.filter(|group| self.holds(group.as_bytes())).map(|group| group.range()));
        }
    }

    fn holds(&self, secret: &[u8]) -> bool {
        let innocent = || self.but.as_ref().and_then(Lazy::get).is_some_and(|but| but.is_match(secret));
        (self.entropy == 0.0 || entropy(secret) > self.entropy)
            && (!self.digit || secret.iter().any(u8::is_ascii_digit))
            && !innocent()
    }
}

/// Shannon's: bits that a character of it tells.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let total = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / total;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// All rules, and their words as one machine that finds them in one pass.
struct Rules {
    /// Bowline's own, then those of gitleaks.
    sets: [Vec<Rule>; 2],
    words: Option<AhoCorasick>,
    /// Of each word of the machine: whose it is.
    owners: Vec<(usize, usize)>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let read = |text| sections(text).filter_map(|(_, lines)| Rule::read(&lines)).collect::<Vec<Rule>>();
    let sets = [read(SHAPES), read(GITLEAKS)];
    let all = sets.iter().enumerate().flat_map(|(set, rules)| {
        rules.iter().enumerate().flat_map(move |(at, rule)| rule.words.iter().map(move |word| (*word, (set, at))))
    });
    let (words, owners): (Vec<&str>, Vec<(usize, usize)>) = all.unzip();
    let machine = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(words);
    Rules { sets, words: machine.ok(), owners }
});

/// What is a secret by its shape. Those of bowline's own rules first: only where they find nothing those of gitleaks are tried,
/// which cover more of what is around it.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let rules = &*RULES;
    let Some(machine) = &rules.words else { return Vec::new() };
    let mut asked: Vec<(usize, usize)> = machine
        .find_overlapping_iter(text)
        .filter_map(|hit| rules.owners.get(hit.pattern().as_usize()).copied())
        .collect();
    asked.sort_unstable();
    asked.dedup();
    let mut found = Vec::new();
    for wanted in 0..rules.sets.len() {
        for (set, at) in asked.iter().filter(|(set, _)| *set == wanted) {
            if let Some(rule) = rules.sets.get(*set).and_then(|set| set.get(*at)) {
                rule.find(text.as_bytes(), &mut found);
            }
        }
        let own = found.iter().any(|range| text.get(range.clone()).is_some_and(|text| !super::is_covered(text)));
        if own {
            break;
        }
    }
    found.into_iter().map(|range| whole(text, range)).collect()
}

/// Made wider, so that no character is parted.
fn whole(text: &str, range: Range<usize>) -> Range<usize> {
    let start = (0..=range.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end = (range.end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept is shared by all tests of a process: those that look at it, or fill it with everything, take turns.
    static TURN: Mutex<()> = Mutex::new(());

    #[test]
    fn every_rule_can_be_read_and_compiled() {
        let _turn = TURN.lock().unwrap();
        for text in [SHAPES, GITLEAKS] {
            for (name, lines) in sections(text) {
                let rule = Rule::read(&lines).unwrap_or_else(|| panic!("{name} lacks words or an expression"));
                assert!(rule.regex.get().is_some(), "{name}: {}", rule.regex.0);
                assert!(rule.but.as_ref().is_none_or(|but| but.get().is_some()), "{name}");
                assert!(lines.len() <= 6 && rule.words.iter().all(|word| *word == word.to_lowercase()), "{name}");
            }
        }
        assert!(RULES.sets[1].len() > 190 && RULES.words.is_some());
    }

    fn kept() -> Vec<&'static str> {
        COMPILED.lock().unwrap().iter().map(|(pattern, _)| *pattern).collect()
    }

    #[test]
    fn what_is_never_named_is_never_compiled_and_few_are_kept() {
        let _turn = TURN.lock().unwrap();
        COMPILED.lock().unwrap().clear();
        let rule = |word: &str| RULES.sets[1].iter().find(|rule| rule.words.contains(&word)).unwrap().regex.0;
        find("the whole world is a stage, and nobody says the name of that company");
        assert!(!kept().contains(&rule("yandex")));
        find("yandex_token=t1.x");
        assert!(kept().contains(&rule("yandex")));
        let words = RULES.sets[1].iter().flat_map(|rule| &rule.words);
        find(&words.map(|word| format!("{word} ")).collect::<String>());
        assert!(kept().len() <= KEPT);
    }
}
