//! A graph of an operator's own: a figure of the samples, or a number that lines of a log tell.

use super::container::Container;
use super::log_fields::LogFields;
use super::search::Search;
use super::usage::Usage;
use regex::Regex;

/// Characters of a name at most: it stands beside the figure.
const NAME_MOST: usize = 24;

/// A graph that is shown beside CPU and memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Its name.
    pub name: String,
    /// Names of the containers that have it; none: all.
    pub container: Option<NamePattern>,
    /// Names of the images whose containers have it; none: all.
    pub image: Option<NamePattern>,
    /// Where its values come from.
    pub source: GraphSource,
    /// The unit behind a value; of bytes `bytes`.
    pub unit: String,
}

/// Where the values of a graph come from.
#[derive(Debug, Clone, PartialEq)]
pub enum GraphSource {
    /// A figure of the samples.
    Figure(&'static GraphFigure),
    /// A number in lines of the log.
    Log(LogNumber),
}

/// A figure of the samples that a graph can show.
#[derive(Debug)]
pub struct GraphFigure {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    value: fn(&Usage) -> Option<f64>,
}

impl PartialEq for GraphFigure {
    fn eq(&self, other: &GraphFigure) -> bool {
        self.name == other.name
    }
}

/// The figures of the samples, but those that have a chart anyway.
pub const GRAPH_FIGURES: [GraphFigure; 8] = [
    GraphFigure { name: "net-in", unit: "bytes/s", value: |usage| usage.net.map(|(received, _)| received) },
    GraphFigure { name: "net-out", unit: "bytes/s", value: |usage| usage.net.map(|(_, sent)| sent) },
    GraphFigure { name: "block-read", unit: "bytes/s", value: |usage| usage.block.map(|(read, _)| read) },
    GraphFigure { name: "block-write", unit: "bytes/s", value: |usage| usage.block.map(|(_, written)| written) },
    GraphFigure { name: "pids", unit: "", value: |usage| usage.pids.map(|pids| pids as f64) },
    GraphFigure { name: "throttled", unit: "%", value: |usage| usage.cpu.map(|_| usage.throttled) },
    GraphFigure { name: "cache", unit: "bytes", value: |usage| usage.memory.map(|memory| memory.cache as f64) },
    GraphFigure {
        name: "limit-hits",
        unit: "/s",
        value: |usage| usage.memory_events.map(|_| usage.limit_hits_per_second),
    },
];

impl GraphFigure {
    /// The figure of a name.
    pub fn named(name: &str) -> Option<&'static GraphFigure> {
        GRAPH_FIGURES.iter().find(|figure| figure.name == name)
    }

    /// Its value, where it is known.
    pub fn of(&self, usage: &Usage) -> Option<f64> {
        (self.value)(usage)
    }
}

/// How several values within one column of the chart are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The highest: a spike does not vanish.
    #[default]
    Highest,
    /// The last.
    Last,
    /// The sum.
    Sum,
    /// The mean.
    Average,
    /// How many there are.
    Count,
}

impl Keep {
    /// All, with their names in the configuration.
    pub const NAMES: [(&str, Keep); 5] = [
        ("last", Keep::Last),
        ("sum", Keep::Sum),
        ("average", Keep::Average),
        ("highest", Keep::Highest),
        ("count", Keep::Count),
    ];

    /// True where nothing is a value as well: none came.
    pub fn adds_up(self) -> bool {
        matches!(self, Keep::Sum | Keep::Count)
    }
}

/// A number that lines of a log tell.
#[derive(Debug, Clone, PartialEq)]
pub struct LogNumber {
    pattern: Search,
    /// How several are put together.
    pub keep: Keep,
    /// What is put together is told for each second.
    pub per_second: bool,
}

/// What a line says of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LineValue {
    /// Nothing: it does not match.
    Nothing,
    /// It matches, but what stands there is no number.
    NoNumber,
    /// The number.
    Number(f64),
}

impl LogNumber {
    /// A number behind a pattern with one group.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(pattern: &str, keep: Keep, per_second: bool) -> Result<LogNumber, String> {
        let search = Search::regex(pattern).map_err(|why| format!("'{pattern}' is no regular expression: {why}"))?;
        match search.groups() {
            0 if keep != Keep::Count => {
                return Err(format!(r"'{pattern}' has no group for the number; write one, as in took=(\d+)ms"));
            }
            0 | 1 => {}
            many => {
                return Err(format!(
                    "'{pattern}' has {many} groups: one is for the number, write (?:…) for the others"
                ));
            }
        }
        if per_second && !keep.adds_up() {
            return Err(r#"per = "second" goes with keep = "sum" or keep = "count""#.into());
        }
        Ok(LogNumber { pattern: search, keep, per_second })
    }

    /// What a line says, as it was written or else as it is laid out for reading.
    pub fn read(&self, line: &[u8]) -> LineValue {
        let laid_out = || LogFields::laid_out(std::str::from_utf8(line).ok()?);
        match self.read_text(line) {
            LineValue::Nothing => laid_out().map_or(LineValue::Nothing, |text| self.read_text(text.as_bytes())),
            told => told,
        }
    }

    fn read_text(&self, line: &[u8]) -> LineValue {
        if self.keep == Keep::Count {
            return if self.pattern.hits(line) { LineValue::Number(1.0) } else { LineValue::Nothing };
        }
        let Some(group) = self.pattern.group(line) else { return LineValue::Nothing };
        let number = std::str::from_utf8(group).ok().and_then(|text| text.trim().parse::<f64>().ok());
        number.filter(|number| number.is_finite()).map_or(LineValue::NoNumber, LineValue::Number)
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &str {
        &self.pattern.text
    }
}

/// A name in which `*` stands for anything and `?` for one character.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    pattern: Option<Regex>,
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &NamePattern) -> bool {
        self.text == other.text
    }
}

impl NamePattern {
    /// The pattern of a text.
    pub fn new(text: &str) -> NamePattern {
        let escaped = regex::escape(text).replace(r"\*", ".*").replace(r"\?", ".");
        // Without a sign of its own it is a name.
        let has_signs = text.contains(['*', '?']);
        let pattern = has_signs.then(|| Regex::new(&format!("^(?:{escaped})$")).ok()).flatten();
        NamePattern { text: text.to_string(), pattern }
    }

    /// True if a name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.pattern.as_ref().map_or(self.text == name, |pattern| pattern.is_match(name))
    }
}

impl Graph {
    /// A graph that was typed for a container: the name of a figure, or a pattern with a group for a number.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn typed(text: &str, container: &str) -> Result<Graph, String> {
        let text = text.trim();
        let of = |name: &str, source, unit: &str| Graph {
            name: name.to_string(),
            container: Some(NamePattern { text: container.to_string(), pattern: None }),
            image: None,
            source,
            unit: unit.to_string(),
        };
        if let Some(figure) = GraphFigure::named(text) {
            return Ok(of(figure.name, GraphSource::Figure(figure), figure.unit));
        }
        if text.is_empty() {
            return Err(r"a graph needs a pattern, such as took=(\d+)ms, or the name of a figure".into());
        }
        let number = LogNumber::new(text, Keep::default(), false)?;
        let (before, behind) = words_around(text);
        let name = if before.is_empty() { text.chars().take(NAME_MOST).collect() } else { before };
        Ok(of(&name, GraphSource::Log(number), &behind))
    }

    /// True if a container has this graph.
    pub fn is_of(&self, container: &Container) -> bool {
        let holds = |pattern: &Option<NamePattern>, name: &str| pattern.as_ref().is_none_or(|one| one.matches(name));
        holds(&self.container, &container.name) && holds(&self.image, &container.image)
    }
}

/// The last word before the group of a pattern, and the letters right behind it: `took` and `ms` of `took=(\d+)ms`.
fn words_around(pattern: &str) -> (String, String) {
    let bytes = pattern.as_bytes();
    let opens =
        |at: &usize| bytes[*at] == b'(' && (*at == 0 || bytes[at - 1] != b'\\') && bytes.get(at + 1) != Some(&b'?');
    let Some(open) = (0..bytes.len()).find(opens) else { return Default::default() };
    let close = pattern[open..].find(')').map_or(pattern.len(), |close| open + close + 1);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let before: Vec<&str> = pattern[..open].split(|c| !word(c)).filter(|part| part.len() > 1).collect();
    let before = before.last().map(|name| name.chars().take(NAME_MOST).collect()).unwrap_or_default();
    let unit = pattern[close..].chars().take_while(|c| c.is_alphabetic() || *c == '%').take(8).collect();
    (before, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(pattern: &str, keep: Keep) -> LogNumber {
        LogNumber::new(pattern, keep, false).expect("a pattern")
    }

    #[test]
    fn a_line_tells_the_number_in_the_group() {
        let took = number(r"took=(\S+)ms", Keep::Last);
        assert_eq!(took.read(b"GET / took=12ms"), LineValue::Number(12.0));
        assert_eq!(took.read(b"took=1.5e3ms"), LineValue::Number(1500.0));
        assert_eq!(took.read(b"took=manyms"), LineValue::NoNumber);
        assert_eq!(took.read(b"took=infms"), LineValue::NoNumber);
        assert_eq!(took.read(b"nothing"), LineValue::Nothing);
        assert_eq!(number("error", Keep::Count).read(b"an ERROR"), LineValue::Number(1.0));
    }

    #[test]
    fn a_pattern_may_be_that_of_the_line_as_it_is_laid_out() {
        let json = br#"{"level":"info","msg":"GET /","took":"12ms","user":{"age":40}}"#;
        assert_eq!(number(r"took=(\d+)ms", Keep::Last).read(json), LineValue::Number(12.0));
        assert_eq!(number(r"^INFO GET / .*user\.age=(\d+)", Keep::Last).read(json), LineValue::Number(40.0));
        assert_eq!(number(r#""age":(\d+)"#, Keep::Last).read(json), LineValue::Number(40.0), "as it was written");
        assert_eq!(number(r"took=(\d+)ms", Keep::Last).read(br#"{"took":"long"}"#), LineValue::Nothing);
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said() {
        let why = |pattern: &str, keep, per_second| LogNumber::new(pattern, keep, per_second).unwrap_err();
        assert!(why("took", Keep::Last, false).contains("has no group for the number"));
        assert!(why("(a)(b)", Keep::Last, false).contains("has 2 groups"));
        assert!(why("(a", Keep::Last, false).contains("unclosed group"));
        assert!(why("(a)", Keep::Last, true).contains(r#"goes with keep = "sum""#));
        assert!(LogNumber::new("error", Keep::Count, true).is_ok());
    }

    #[test]
    fn a_typed_graph_takes_its_name_and_unit_from_its_pattern() {
        let words = |text: &str| Graph::typed(text, "api").map(|graph| (graph.name, graph.unit));
        assert_eq!(words(r"took=(\d+)ms"), Ok(("took".into(), "ms".into())));
        assert_eq!(words(r#""duration":\s*(\d+)"#), Ok(("duration".into(), String::new())));
        assert_eq!(words(r"(\d+) users"), Ok((r"(\d+) users".into(), String::new())));
        assert_eq!(words("net-in"), Ok(("net-in".into(), "bytes/s".into())));
        assert!(words("").is_err() && words("took").is_err());
    }

    #[test]
    fn names_of_containers_may_have_stars() {
        let api = NamePattern::new("shop-api-*");
        assert!(api.matches("shop-api-1") && !api.matches("shop-web-1") && !api.matches("my-shop-api-1"));
        assert!(NamePattern::new("a.c").matches("a.c") && !NamePattern::new("a.c").matches("abc"));
        assert!(NamePattern::new("web-?").matches("web-1") && !NamePattern::new("web-?").matches("web-12"));
    }
}
