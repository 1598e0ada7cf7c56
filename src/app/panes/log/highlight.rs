//! What the configuration has highlighted in logs: patterns, and how their matches look.

use super::search;
use super::view::LogView;
use crate::app::options::unknown_name;
use crate::model::log_text::{Glyph, Sgr, SgrColor};
use crate::model::{LineMark, NamePattern, Search, Snapshot};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Rules at most: which of them apply to a container is kept in as many bits.
const RULES_MOST: usize = 64;
/// Words of a style that are no colours.
const WORDS: [&str; 4] = ["bold", "underline", "reverse", "on"];
/// The terminal's own colours, in its order.
const COLORS: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
];

/// The rules of the configuration, `[[logs.highlight]]`. They are read once and live as long as the program, so that the options
/// of logs can be handed around by value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Highlights(&'static [Highlight]);

impl Eq for Highlights {}

impl<'de> Deserialize<'de> for Highlights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rules: Vec<Highlight> = Vec::deserialize(deserializer)?;
        if rules.len() > RULES_MOST {
            return Err(D::Error::custom(format!("{} rules: at most {RULES_MOST} are taken", rules.len())));
        }
        Ok(Highlights::lasting(rules))
    }
}

impl Highlights {
    /// No rules.
    pub const NONE: Highlights = Highlights(&[]);

    fn lasting(rules: Vec<Highlight>) -> Highlights {
        if rules.is_empty() { Highlights::NONE } else { Highlights(rules.leak()) }
    }

    /// The same rules for a screen without colours, where reversed text is a match of the search: bold and underline are left.
    pub fn without_colors(self) -> Highlights {
        let plain = |rule: &Highlight| {
            let style = Sgr { bold: rule.style.bold, underline: rule.style.underline, ..Sgr::default() };
            Highlight { style, ..rule.clone() }
        };
        Highlights::lasting(self.0.iter().map(plain).collect())
    }

    /// Which rules apply to a container, a bit for each.
    fn scope(self, container: &str, image: Option<&str>) -> u64 {
        let applies = |rule: &Highlight| {
            let named = rule.container.as_ref().is_none_or(|names| names.matches(container));
            named && rule.image.as_ref().is_none_or(|names| image.is_some_and(|image| names.matches(image)))
        };
        let bits = self.0.iter().enumerate().filter(|(_, rule)| applies(rule)).map(|(bit, _)| 1 << bit);
        bits.fold(0, |all, bit: u64| all | bit)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Highlight {
    #[serde(deserialize_with = "pattern")]
    pattern: Search,
    #[serde(deserialize_with = "style")]
    style: Sgr,
    /// Only in logs of containers of such a name.
    #[serde(default, deserialize_with = "names")]
    container: Option<NamePattern>,
    /// Only in logs of containers of such an image.
    #[serde(default, deserialize_with = "names")]
    image: Option<NamePattern>,
    /// Not only the match but the whole line is highlighted.
    #[serde(default)]
    whole_line: bool,
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NamePattern>, D::Error> {
    String::deserialize(deserializer).map(|names| Some(NamePattern::new(&names)))
}

fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Search, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Err(D::Error::custom("the pattern is empty: it would match everywhere"));
    }
    Search::regex(&text).map_err(|why| D::Error::custom(format!("the pattern is no regular expression: {why}")))
}

fn style<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sgr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (mut style, mut behind) = (Sgr::default(), false);
    for word in text.split_whitespace() {
        match word {
            "bold" => style.bold = true,
            "underline" => style.underline = true,
            "reverse" => style.reverse = true,
            "on" => behind = true,
            word => {
                let color =
                    color(word).ok_or_else(|| unknown_name::<D::Error>(word, WORDS.into_iter().chain(COLORS)))?;
                *(if behind { &mut style.background } else { &mut style.foreground }) = Some(color);
                behind = false;
            }
        }
    }
    if style == Sgr::default() || behind {
        return Err(D::Error::custom(
            "a style is a colour, `on` and a colour, bold, underline, reverse, such as \"red bold\" or \"black on yellow\"",
        ));
    }
    Ok(style)
}

/// A colour by its name, one of 256 by its number, or `#rrggbb`.
fn color(word: &str) -> Option<SgrColor> {
    if let Some(digits) = word.strip_prefix('#').filter(|digits| digits.len() == 6) {
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        return Some(SgrColor::Rgb(red, green, blue));
    }
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "").replace("grey", "gray");
    let own = COLORS.iter().position(|name| plain(name) == plain(word)).and_then(|place| u8::try_from(place).ok());
    own.or_else(|| word.parse().ok()).map(SgrColor::Indexed)
}

/// Gives glyphs a look. A match of the search is seen as one.
fn look(glyphs: &mut [Glyph], style: Sgr) {
    glyphs.iter_mut().filter(|glyph| !glyph.hit).for_each(|glyph| over(&mut glyph.sgr, style));
}

/// A look over another one.
fn over(sgr: &mut Sgr, style: Sgr) {
    sgr.foreground = style.foreground.or(sgr.foreground);
    sgr.background = style.background.or(sgr.background);
    sgr.bold |= style.bold;
    sgr.underline |= style.underline;
    sgr.reverse |= style.reverse;
    // What is to be seen is not dim, as fields behind a message are.
    sgr.dim = false;
}

/// Which rules apply to the lines of a log: for each of its containers a bit for each rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    of: Vec<u64>,
    /// The image of each container is known.
    are_known: bool,
}

impl LogView {
    /// Finds out which rules apply to its containers, unless that is known.
    pub(in crate::app) fn follow_highlights(&mut self, snapshot: &Snapshot, rules: Highlights) {
        let count = self.merge.as_ref().map_or(1, |merge| merge.voices.len());
        if rules.0.is_empty() || self.scopes.are_known && self.scopes.of.len() == count {
            return;
        }
        let image = |id| snapshot.containers.get(id).map(|container| &*container.image);
        let whose = |(id, name)| (rules.scope(name, image(id)), image(id).is_some());
        let (of, known): (Vec<u64>, Vec<bool>) = match &self.merge {
            None => std::iter::once((&self.id, self.name.as_str())).map(whose).unzip(),
            Some(merge) => merge.voices.iter().map(|voice| (&voice.id, voice.name())).map(whose).unzip(),
        };
        self.scopes = Scopes { of, are_known: known.into_iter().all(|known| known) };
    }

    /// Highlights a line that is shown. Where two rules match, the look of the first lies over that of the second.
    pub(super) fn highlight(&self, mark: &LineMark, glyphs: &mut [Glyph], rules: Highlights) {
        let scope = self.scopes.of.get(usize::from(mark.voice)).copied().unwrap_or(0);
        for (_, rule) in rules.0.iter().enumerate().rev().filter(|(bit, _)| scope >> bit & 1 == 1) {
            let hits = search::among(&rule.pattern, glyphs);
            if rule.whole_line && !hits.is_empty() {
                look(glyphs, rule.style);
                continue;
            }
            hits.into_iter().for_each(|hit| look(&mut glyphs[hit], rule.style));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::options::LogOptions;
    use crate::model::log_text::{decode, pieces};
    use crate::model::{EngineId, Id, StreamId};

    fn rules(toml: &str) -> Result<Highlights, String> {
        let read: Result<LogOptions, _> = toml::from_str(toml);
        read.map(|logs| logs.highlights).map_err(|error| error.message().to_string())
    }

    fn shown(toml: &str, container: &str, image: &str, line: &str) -> Vec<(String, Sgr)> {
        let rules = rules(toml).expect("readable");
        let mut view = LogView::new(Id::new(EngineId(0), "a"), container, StreamId(1), &LogOptions::DEFAULT);
        view.scopes = Scopes { of: vec![rules.scope(container, Some(image))], are_known: true };
        let mut glyphs = decode(line.as_bytes(), 1000);
        view.highlight(&LineMark::default(), &mut glyphs, rules);
        pieces(&glyphs).into_iter().map(|piece| (piece.text, piece.sgr)).collect()
    }

    const RED: Sgr = Sgr {
        foreground: Some(SgrColor::Indexed(1)),
        background: None,
        bold: false,
        dim: false,
        italic: false,
        underline: false,
        reverse: false,
    };

    #[test]
    fn matches_are_highlighted_or_the_whole_line_and_the_first_rule_lies_on_top() {
        let toml = r#"
            [[highlight]]
            pattern = "order [0-9]+"
            style = "red"
            [[highlight]]
            pattern = "failed|order"
            style = "bold on 4"
            whole_line = true"#;
        let below = Sgr { bold: true, background: Some(SgrColor::Indexed(4)), ..Sgr::default() };
        let top = Sgr { foreground: RED.foreground, ..below };
        let line = shown(toml, "web", "nginx", "an order 12 failed");
        assert_eq!(line, [("an ".into(), below), ("order 12".into(), top), (" failed".into(), below)]);
        assert_eq!(shown(toml, "web", "nginx", "all well"), [("all well".into(), Sgr::default())]);
    }

    #[test]
    fn a_rule_may_be_for_some_containers_or_images_only() {
        let toml = "[[highlight]]\npattern = \"x\"\nstyle = \"red\"\ncontainer = \"shop-*-?\"\nimage = \"*nginx:1.*\"";
        let is_red = |container, image| shown(toml, container, image, "x")[0].1 == RED;
        assert!(is_red("shop-web-1", "docker.io/nginx:1.25"));
        assert!(!is_red("shop-web-10", "docker.io/nginx:1.25"));
        assert!(!is_red("shop-web-1", "nginx:2.0"));
        assert!(!is_red("my-shop-web-1", "nginx:1.25"), "the whole name is meant");
    }

    #[test]
    fn mistakes_say_what_may_be_written() {
        let mistake = |rule: &str| rules(&format!("[[highlight]]\n{rule}")).expect_err("refused");
        assert!(
            mistake("pattern = \"x\"\nstyle = \"redd\"").starts_with("unknown variant `redd`, expected one of `bold`")
        );
        assert!(mistake("pattern = \"(\"\nstyle = \"red\"").contains("no regular expression: unclosed group"));
        assert!(mistake("pattern = \"\"\nstyle = \"red\"").contains("the pattern is empty"));
        assert!(mistake("pattern = \"x\"\nstyle = \"\"").contains("such as \"red bold\""));
        assert!(mistake("pattern = \"x\"\nstyle = \"red on\"").contains("such as \"red bold\""));
        assert!(mistake("patern = \"x\"").contains("unknown field `patern`"));
        assert!(mistake("pattern = \"x\"").contains("missing field `style`"));
        let many = "[[highlight]]\npattern = \"x\"\nstyle = \"red\"\n".repeat(RULES_MOST + 1);
        assert!(rules(&many).expect_err("too many").contains("at most 64"));
    }

    #[test]
    fn colours_have_names_numbers_or_parts() {
        let names = ["red", "dark-gray", "LightRed", "grey", "white", "208", "#ff8000"];
        let indexed = |word| Some(SgrColor::Indexed(word));
        let wanted = [1, 8, 9, 7, 15, 208].map(indexed).into_iter().chain([Some(SgrColor::Rgb(255, 128, 0))]);
        assert_eq!(names.map(color).to_vec(), wanted.collect::<Vec<_>>());
        assert_eq!(["256", "#ff80", "#gggggg", "-1", "redd"].map(color), [None; 5]);
    }

    #[test]
    fn without_colours_only_bold_and_underline_are_left() {
        let toml = "[[highlight]]\npattern = \"x\"\nstyle = \"red on #102030 bold underline reverse\"";
        let rules = rules(toml).expect("readable");
        let wanted = Sgr { bold: true, underline: true, ..Sgr::default() };
        assert_eq!(rules.without_colors().0[0].style, wanted);
        assert_eq!(rules.0[0].style.background, Some(SgrColor::Rgb(16, 32, 48)));
    }
}
