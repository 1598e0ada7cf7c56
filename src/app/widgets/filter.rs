//! The list filter: fuzzy words and terms.

use crate::model::{Container, Engine};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A filter in force. A container passes when every term holds.
///
/// Words are fuzzy over name, image and labels. `state:`, `health:`, `image:`, `label:`, `engine:` and `net:` take a value
/// (`label:key=value` or `label:key`); `project:` and `service:` take a name, a whole one behind `=` (`project:=shop`). Quotes hold
/// blanks together. `!` before a term or word negates it; a negated word is taken literally.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
    words: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    negated: bool,
    kind: Kind,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Word,
    State,
    Health,
    Image,
    Label,
    Engine,
    Net,
    Project,
    Service,
}

const KINDS: [(&str, Kind); 8] = [
    ("state:", Kind::State),
    ("health:", Kind::Health),
    ("image:", Kind::Image),
    ("label:", Kind::Label),
    ("engine:", Kind::Engine),
    ("net:", Kind::Net),
    ("project:", Kind::Project),
    ("service:", Kind::Service),
];

impl Filter {
    /// Reads what was typed. Unfinished terms (`state:`, `!`) hold for everything, so that the list does not blink while typing.
    pub fn parse(text: &str) -> Filter {
        let mut filter = Filter::default();
        for token in tokens(text) {
            let token = token.as_str();
            let (negated, rest) = token.strip_prefix('!').map_or((false, token), |rest| (true, rest));
            let found = KINDS.iter().find_map(|(prefix, kind)| Some((*kind, rest.strip_prefix(prefix)?)));
            let (kind, value) = found.unwrap_or((Kind::Word, rest));
            if value.is_empty() {
                continue;
            }
            if kind == Kind::Word && !negated {
                filter.words.push(Pattern::parse(value, CaseMatching::Smart, Normalization::Smart));
            } else {
                filter.terms.push(Term { negated, kind, value: value.to_lowercase() });
            }
        }
        filter
    }

    /// True if everything passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.words.is_empty()
    }

    /// The containers that pass, in their order.
    pub fn select<'a, T>(
        &self,
        list: impl Iterator<Item = T>,
        parts: impl Fn(&T) -> (&'a Container, Option<&'a Engine>),
    ) -> Vec<T> {
        if self.is_empty() {
            return list.collect();
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        list.filter(|item| {
            let (container, engine) = parts(item);
            self.terms.iter().all(|term| term.holds(container, engine) != term.negated)
                && self.words.iter().all(|word| fuzzy(word, container, &mut matcher, &mut buffer))
        })
        .collect()
    }
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

fn is_named(name: &str, wanted: &str) -> bool {
    let name = name.to_lowercase();
    wanted.strip_prefix('=').map_or_else(|| name.contains(wanted), |whole| name == whole)
}

/// A term of the filter for a whole name: `project:=shop`.
pub fn term(kind: &str, name: &str) -> String {
    // A quote inside cannot be written: no name of compose has one.
    let name = name.replace('"', "").to_lowercase();
    if name.contains(char::is_whitespace) { format!("{kind}:=\"{name}\"") } else { format!("{kind}:={name}") }
}

fn fuzzy(word: &Pattern, container: &Container, matcher: &mut Matcher, buffer: &mut Vec<char>) -> bool {
    let mut hits = |text: &str| word.score(Utf32Str::new(text, buffer), matcher).is_some();
    if hits(&container.name) || hits(&container.image) {
        return true;
    }
    container.labels.iter().any(|(key, value)| hits(value) || hits(&format!("{key}={value}")))
}

impl Term {
    fn holds(&self, container: &Container, engine: Option<&Engine>) -> bool {
        let value = self.value.as_str();
        let holds = |text: &str| text.to_lowercase().contains(value);
        match self.kind {
            Kind::Word => holds(&container.name) || holds(&container.image),
            Kind::State => {
                // What the header counts is found by the same word.
                let words = [container.state.word(), container.standing().word(), &container.word()];
                words.iter().any(|word| word.starts_with(value))
            }
            Kind::Health => container.health.word().starts_with(value),
            Kind::Image => holds(&container.image),
            Kind::Engine => engine.is_some_and(|engine| holds(&engine.name) || holds(engine.info.runtime.word())),
            Kind::Net => container.networks.iter().any(|network| holds(network)),
            Kind::Project => container.project().is_some_and(|name| is_named(name, value)),
            Kind::Service => container.service().is_some_and(|name| is_named(name, value)),
            Kind::Label => match value.split_once('=') {
                Some((key, wanted)) => container
                    .labels
                    .iter()
                    .any(|(name, text)| name.to_lowercase() == key && text.to_lowercase().contains(wanted)),
                None => container.labels.iter().any(|(name, _)| holds(name)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fleet::tests::container;
    use crate::model::{Detail, Health, State};
    use std::sync::Arc;

    fn names(text: &str) -> Vec<String> {
        let mut web = container("web-1");
        web.health = Health::Unhealthy;
        let of = |service: &str, project: &str| {
            let label = |name: &str, value: &str| (format!("com.docker.compose.{name}").into(), value.into());
            vec![label("project", project), label("service", service)]
        };
        web.labels = of("web", "my shop");
        web.labels.push(("tier".into(), "front".into()));
        web.networks = vec!["edge".into()];
        let mut database = container("db-primary");
        database.image = "postgres:16".into();
        let mut batch = container("etl-nightly");
        batch.labels = of("webhook", "my shop2");
        batch.state = State::Exited;
        batch.exit_code = Some(137);
        let all = [web, database, batch];
        let filter = Filter::parse(text);
        let kept = filter.select(all.iter(), |container| (*container, None));
        kept.into_iter().map(|container| container.name.to_string()).collect()
    }

    #[test]
    fn words_are_fuzzy_over_name_image_and_labels() {
        assert_eq!(names("dbp"), ["db-primary"]);
        assert_eq!(names("postgres"), ["db-primary"]);
        assert_eq!(names("front"), ["web-1"]);
        assert_eq!(names("web zzz"), [""; 0]);
    }

    #[test]
    fn terms_narrow_and_negate() {
        assert_eq!(names("state:exited"), ["etl-nightly"]);
        assert_eq!(names("!state:exited"), ["web-1", "db-primary"]);
        assert_eq!(names("health:unhealthy"), ["web-1"]);
        assert_eq!(names("label:tier=front"), ["web-1"]);
        assert_eq!(names("!label:tier"), ["db-primary", "etl-nightly"]);
        assert_eq!(names("net:edge"), ["web-1"]);
        assert_eq!(names("image:postgres !web"), ["db-primary"]);
        assert_eq!(names("!web"), ["db-primary", "etl-nightly"]);
    }

    #[test]
    fn what_the_header_counts_is_found_by_its_word() {
        let mut of_each: Vec<Container> = Vec::new();
        let mut add = |state: State, exit_code: Option<i64>| {
            let mut one = container(&format!("{}-{}", state.word(), exit_code.unwrap_or(-1)));
            (one.state, one.exit_code) = (state, exit_code);
            of_each.push(one);
        };
        for code in [Some(0), Some(1), Some(137), None] {
            add(State::Exited, code);
        }
        for state in [State::Running, State::Paused, State::Restarting, State::Created, State::Dead] {
            add(state, None);
        }
        of_each[4].health = Health::Unhealthy;
        let never_started = Detail { exit_code: 127, ..Detail::default() };
        let mut refused = of_each[7].clone();
        refused.detail = Some(never_started.into());
        of_each.push(refused);
        let all = of_each.into_iter().map(Arc::new).collect::<Vec<_>>();
        let totals = crate::model::Totals::over(all.iter(), &Default::default());
        let found = |word: &str| Filter::parse(&format!("state:{word}")).select(all.iter(), |one| (one, None)).len();
        let counted = [
            ("running", totals.running),
            ("unhealthy", totals.unhealthy),
            ("restarting", totals.restarting),
            ("failed", totals.failed),
            ("paused", totals.paused),
            ("stopped", totals.stopped),
        ];
        assert_eq!(totals.failed, 4, "exit 1, exit 137, dead, and what could not be started");
        for (word, count) in counted {
            assert_eq!(found(word), count, "state:{word}");
        }
    }

    #[test]
    fn a_whole_name_is_no_other_that_begins_with_it() {
        assert_eq!(names("project:shop"), ["web-1", "etl-nightly"]);
        assert_eq!(names(&term("project", "My Shop")), ["web-1"]);
        assert_eq!(names("service:web"), ["web-1", "etl-nightly"]);
        assert_eq!(names(&term("service", "web")), ["web-1"]);
        assert_eq!(names("project:=\"my shop"), ["web-1"], "while it is typed");
    }

    #[test]
    fn unfinished_terms_hide_nothing() {
        assert_eq!(names("state:").len(), 3);
        assert_eq!(names("!").len(), 3);
    }
}
