//! What lines of a log must hold to be shown: a pattern, a level, a field.
//!
//! ```text
//! timeout            a regular expression; small letters match any case
//! !healthz           all lines but those that match
//! "a.b("             taken literally
//! level>=warn        by the level of a line
//! status>=500        by a field of the line: = != > >= < <=, and =~ for a regular expression
//! -C3 timeout        with three lines of context before and behind
//! ```

use super::log::{Level, LineMark};
use super::log_fields::LogFields;
use super::log_text::{seen, written_over};
use super::search::Search;
use std::cmp::Ordering;

/// Lines of context at most, on each side.
pub const CONTEXT_MOST: usize = 100;

/// A filter of the lines of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFilter {
    /// What was typed.
    pub text: String,
    /// Lines of context on each side.
    pub context: usize,
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Pattern(Search),
    Level(Comparison, Level),
    Field { name: String, comparison: Comparison, value: String, number: Option<f64> },
    FieldPattern { name: String, pattern: Search },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// The signs between a field and its value, the longer ones first. None: a regular expression.
const SIGNS: &[(&str, Option<Comparison>)] = &[
    (">=", Some(Comparison::MoreOrEqual)),
    ("<=", Some(Comparison::LessOrEqual)),
    ("!=", Some(Comparison::NotEqual)),
    ("=~", None),
    ("=", Some(Comparison::Equal)),
    (">", Some(Comparison::More)),
    ("<", Some(Comparison::Less)),
];

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::MoreOrEqual => order.is_ge(),
        }
    }
}

impl LogFilter {
    /// Reads a filter as it is typed. None where nothing was typed.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(typed: &str) -> Result<Option<LogFilter>, String> {
        let (context, rest) = context_of(typed.trim())?;
        let (negated, rest) = rest.strip_prefix('!').map_or((false, rest), |rest| (true, rest.trim_start()));
        if rest.is_empty() {
            return Ok(None);
        }
        let test = match field_of(rest) {
            Some((name, sign, value)) => field_test(name, sign, value)?,
            None => Test::Pattern(pattern(rest)?),
        };
        Ok(Some(LogFilter { text: typed.trim().to_string(), context, negated, test }))
    }

    /// Lines that match a regular expression, whatever it looks like.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn regex(text: &str) -> Result<LogFilter, String> {
        Ok(LogFilter { text: text.to_string(), context: 0, negated: false, test: Test::Pattern(Search::regex(text)?) })
    }

    /// All lines but those that this filter lets pass.
    pub fn negated(self) -> LogFilter {
        LogFilter { negated: !self.negated, ..self }
    }

    /// True if it compares a field, or the level.
    pub fn is_of_a_field(&self) -> bool {
        !matches!(self.test, Test::Pattern(_))
    }

    /// Lines of this level and above.
    pub fn at_least(level: Level) -> LogFilter {
        let text = format!("level>={}", level.word());
        LogFilter { text, context: 0, negated: false, test: Test::Level(Comparison::MoreOrEqual, level) }
    }

    /// Lines that a search hits.
    pub fn matching(search: Search) -> LogFilter {
        LogFilter { text: search.text.clone(), context: 0, negated: false, test: Test::Pattern(search) }
    }

    /// The pattern that it looks for in the text, where lines that match are shown: its matches are marked.
    pub fn pattern(&self) -> Option<&Search> {
        match &self.test {
            Test::Pattern(pattern) if !self.negated => Some(pattern),
            Test::Pattern(_) | Test::Level(..) | Test::Field { .. } | Test::FieldPattern { .. } => None,
        }
    }

    fn holds<'a>(&self, mark: &LineMark, bytes: &[u8], text: &'a [u8], line: &mut Apart<'a>) -> bool {
        let holds = match &self.test {
            Test::Pattern(pattern) => {
                pattern.hits(text) || written_over(bytes).is_some_and(|before| pattern.hits(before))
            }
            Test::Level(comparison, level) => comparison.holds(mark.level.cmp(level)),
            Test::FieldPattern { name, pattern } => line.field(text, name).is_some_and(|value| pattern.hits(value)),
            Test::Field { name, comparison, value, number } => match line.field(text, name) {
                Some(found) => compare(*comparison, found, value, *number),
                None => says(*comparison, text, name, value),
            },
        };
        holds != self.negated
    }
}

/// A line that is taken apart when somebody asks, once.
#[derive(Default)]
struct Apart<'a>(Option<Option<LogFields<'a>>>);

impl<'a> Apart<'a> {
    fn field(&mut self, text: &'a [u8], name: &str) -> Option<&str> {
        let read = || std::str::from_utf8(text).ok().and_then(LogFields::read);
        self.0.get_or_insert_with(read).as_ref()?.get(name)
    }
}

fn compare(comparison: Comparison, found: &str, value: &str, number: Option<f64>) -> bool {
    let order = match number.zip(leading_number(found)) {
        Some((number, found)) => found.partial_cmp(&number),
        None => Some(found.to_lowercase().cmp(&value.to_lowercase())),
    };
    order.is_some_and(|order| comparison.holds(order))
}

/// A line without fields that says `name=value` all the same.
fn says(comparison: Comparison, text: &[u8], name: &str, value: &str) -> bool {
    let written = || memchr::memmem::find(text, format!("{name}={value}").as_bytes()).is_some();
    match comparison {
        Comparison::Equal => written(),
        Comparison::NotEqual => !written(),
        Comparison::Less | Comparison::LessOrEqual | Comparison::More | Comparison::MoreOrEqual => false,
    }
}

/// The number at the beginning of a value, such as that of `12.5ms`.
fn leading_number(value: &str) -> Option<f64> {
    let end = value.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(value.len());
    value[..end].parse().ok()
}

fn context_of(typed: &str) -> Result<(usize, &str), String> {
    let Some(rest) = typed.strip_prefix("-C") else { return Ok((0, typed)) };
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if end == 0 {
        return Ok((0, typed));
    }
    match rest[..end].parse() {
        Ok(lines) if lines <= CONTEXT_MOST => Ok((lines, rest[end..].trim_start())),
        _ => Err(format!("-C takes a number from 0 to {CONTEXT_MOST}")),
    }
}

/// The name, the sign and the value of a filter by a field.
fn field_of(text: &str) -> Option<(&str, Option<Comparison>, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || "_.-@/".contains(c);
    let end = text.find(|c: char| !is_part(c)).filter(|end| *end > 0)?;
    let (name, rest) = text.split_at(end);
    let (value, sign) = SIGNS.iter().find_map(|(sign, comparison)| Some((rest.strip_prefix(sign)?, *comparison)))?;
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || "_@".contains(c));
    (is_name && !value.is_empty()).then_some((name, sign, value))
}

fn field_test(name: &str, sign: Option<Comparison>, value: &str) -> Result<Test, String> {
    let value = unquoted(value).unwrap_or(value);
    let Some(comparison) = sign else {
        return Ok(Test::FieldPattern { name: name.to_string(), pattern: Search::regex(value)? });
    };
    if name.eq_ignore_ascii_case("level")
        && let Some(level) = Level::from_word(value)
    {
        return Ok(Test::Level(comparison, level));
    }
    let number = value.parse().ok().or_else(|| leading_number(value));
    Ok(Test::Field { name: name.to_string(), comparison, value: value.to_string(), number })
}

fn pattern(text: &str) -> Result<Search, String> {
    match unquoted(text) {
        Some(literal) => Search::new(literal).ok_or_else(|| "the text is too long".to_string()),
        None => Search::regex(text.strip_prefix('~').unwrap_or(text)),
    }
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"').filter(|inside| !inside.is_empty())
}

/// Filters that all must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogFilters(pub Vec<LogFilter>);

impl LogFilters {
    /// True if every line passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lines of context on each side: the most that one of them asks for.
    pub fn context(&self) -> usize {
        self.0.iter().map(|filter| filter.context).max().unwrap_or(0)
    }

    /// True if a line passes all of them. `scratch` saves memory being taken for each line.
    pub fn hold(&self, mark: &LineMark, bytes: &[u8], scratch: &mut String) -> bool {
        let text = seen(bytes, scratch);
        let mut line = Apart::default();
        self.0.iter().all(|filter| filter.holds(mark, bytes, text, &mut line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(typed: &str, line: &str) -> bool {
        passes_at(typed, line, Level::None)
    }

    fn passes_at(typed: &str, line: &str, level: Level) -> bool {
        let filters = LogFilters(vec![LogFilter::parse(typed).expect("readable").expect("not empty")]);
        filters.hold(&LineMark { level, ..LineMark::default() }, line.as_bytes(), &mut String::new())
    }

    #[test]
    fn patterns_are_regular_expressions_negated_by_a_mark_and_literal_in_quotes() {
        assert!(passes("time.?out", "a TIMEOUT here") && !passes("!time.?out", "a TIMEOUT here"));
        assert!(passes("\"a.b(\"", "xa.b(x") && !passes("\"a.b(\"", "xaxb(x"));
        assert!(passes("red", "\x1b[31mr\x1b[0med"), "colours are no text");
        assert!(passes("sh.wn", "shown\rhidden") && passes("hidden", "shown\rhidden\r"), "what was written over, too");
        assert!(!passes("!shown", "shown\rhidden"));
    }

    #[test]
    fn fields_are_compared_as_numbers_where_both_are() {
        let line = r#"{"status":503,"user":"Alice","took":"12.5ms"}"#;
        for holds in ["status>=500", "status!=200", "user=alice", "took>12", "took<=12.5", "user=~^al", "!status<500"] {
            assert!(passes(holds, line), "{holds}");
        }
        for fails in ["status>503", "status=50", "user!=alice", "user=~bob", "absent>1", "absent=1"] {
            assert!(!passes(fails, line), "{fails}");
        }
        assert!(passes("absent!=1", line));
        assert!(passes("user=bob", "login of user=bob (ok)"), "a line that only says so");
    }

    #[test]
    fn levels_are_in_their_order() {
        assert!(passes_at("level>=warn", "x", Level::Error) && !passes_at("level>=warn", "x", Level::Info));
        assert!(passes_at("level!=debug", "x", Level::None) && !passes_at("level!=debug", "x", Level::Debug));
    }

    #[test]
    fn context_is_a_number_before_the_rest() {
        let filter = LogFilter::parse("-C3 boom").unwrap().unwrap();
        assert_eq!((filter.context, filter.text.as_str()), (3, "-C3 boom"));
        assert!(LogFilter::parse("-C999 boom").is_err());
        assert!(passes("-Current", "the -Current state"), "no number: it is text");
    }

    #[test]
    fn what_is_no_filter_is_said() {
        assert_eq!(LogFilter::parse("a(").unwrap_err(), "unclosed group");
        for nothing in ["", " ", "!", "-C3"] {
            assert_eq!(LogFilter::parse(nothing), Ok(None), "{nothing}");
        }
    }
}
