//! The filter of the container list.
//!
//! Words are fuzzy over name, image and labels. `state:`, `health:`, `image:`, `label:`, `engine:`, `net:` and `port:` take a value
//! (`label:key=value` or `label:key`); `project:` and `service:` take a name, a whole one behind `=` (`project:=shop`).

use crate::app::widgets::filter::{Filter, Fuzzy, Term};
use crate::model::{Container, Engine, Snapshot};
use std::sync::Arc;

/// Names of terms.
const NAMES: [&str; 9] = ["state", "health", "image", "label", "project", "service", "engine", "net", "port"];

/// Reads what was typed.
pub fn parse(text: &str) -> Filter {
    Filter::parse(text, &NAMES)
}

/// The containers that pass.
pub fn select(filter: &Filter, snapshot: &Snapshot) -> Vec<Arc<Container>> {
    let all = snapshot.containers.values().cloned();
    filter.select(all, |one, term, fuzzy| holds(one, snapshot.engine_of(&one.id), term, fuzzy))
}

fn holds(container: &Container, engine: Option<&Engine>, term: &Term, fuzzy: &mut Fuzzy) -> bool {
    let begins = |word: &str| word.starts_with(&term.value);
    match term.name {
        // What the header counts is found by the same word.
        "state" => {
            [container.state.word(), container.standing().word(), &container.word()].iter().any(|word| begins(word))
        }
        "health" => begins(container.health.word()),
        "image" => term.is_in(&container.image),
        "engine" => engine.is_some_and(|engine| term.is_in(&engine.name) || term.is_in(engine.info.runtime.word())),
        "net" => container.networks.iter().any(|network| term.is_in(network)),
        "port" => {
            let numbers = container.ports.iter().flat_map(|port| port.public.into_iter().chain([port.private]));
            numbers.map(|number| number.to_string()).any(|number| number == term.value)
        }
        "project" => container.project().is_some_and(|name| term.names(name)),
        "service" => container.service().is_some_and(|name| term.names(name)),
        "label" => has_label(container, term),
        _ => has_word(container, term, fuzzy),
    }
}

fn has_label(container: &Container, term: &Term) -> bool {
    let mut labels = container.labels.iter();
    match term.value.split_once('=') {
        Some((key, wanted)) => {
            labels.any(|(name, text)| name.to_lowercase() == key && text.to_lowercase().contains(wanted))
        }
        None => labels.any(|(name, _)| term.is_in(name)),
    }
}

fn has_word(container: &Container, word: &Term, fuzzy: &mut Fuzzy) -> bool {
    let mut hits = |text: &str| fuzzy.hits(word, text);
    let in_labels = |hits: &mut dyn FnMut(&str) -> bool| {
        container.labels.iter().any(|(key, value)| hits(value) || hits(&format!("{key}={value}")))
    };
    // Who does not want a word does not mean what labels say.
    hits(&container.name) || hits(&container.image) || !word.is_negated() && in_labels(&mut hits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::widgets::filter::term;
    use crate::fixtures::container;
    use crate::model::{Detail, Health, Port, State};
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
        web.ports = vec![Port { public: Some(8080), private: 80, protocol: "tcp".into(), address: String::new() }];
        let mut database = container("db-primary");
        database.image = "postgres:16".into();
        let mut batch = container("etl-nightly");
        batch.labels = of("webhook", "my shop2");
        batch.state = State::Exited;
        batch.exit_code = Some(137);
        let all = [web, database, batch];
        let kept = parse(text).select(all.iter(), |container, term, fuzzy| holds(container, None, term, fuzzy));
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
        assert_eq!(names("port:8080"), ["web-1"]);
        assert_eq!(names("port:80"), ["web-1"], "that inside counts, another that begins with it does not");
        assert_eq!(names("port:808"), [""; 0]);
        assert_eq!(names("!port:80").len(), 2);
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
        let found = |word: &str| {
            let filter = parse(&format!("state:{word}"));
            filter.select(all.iter(), |one, term, fuzzy| holds(one, None, term, fuzzy)).len()
        };
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
