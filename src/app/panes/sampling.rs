//! How gauges are being read, in words.

use crate::app::widgets::units;
use crate::model::{Cost, Engine, Link, Sampling, Snapshot};

/// The engines whose gauges are being read: not one that is lost, nor one on which nothing lives that could be read.
pub fn under_way(snapshot: &Snapshot) -> impl Iterator<Item = &Engine> {
    let lives =
        |id| snapshot.containers.values().any(|container| container.id.engine() == id && container.state.is_alive());
    let engines = snapshot.engines.iter().filter(move |(id, engine)| matches!(engine.link, Link::Up) && lives(**id));
    engines.map(|(_, engine)| engine)
}

/// The words, longest first: `kernel every 2 s · no requests`, `kernel every 2 s`, `kernel`.
pub fn words(sampling: &Sampling) -> [String; 3] {
    let word = sampling.sampler.word();
    let short = format!("{word} {}", pace(sampling.every));
    let long = match &sampling.cost {
        Some(cost) => format!("{short} · {}", cost_words(cost)),
        None => short.clone(),
    };
    [long, short, word.into()]
}

/// The same in whole lines, each short enough for a small screen: `Gauges of local: kernel every 2 s`.
pub fn lines(engine: &Engine) -> Vec<String> {
    let Some(sampling) = &engine.sampling else { return Vec::new() };
    let how = format!("Gauges of {}: {} {}", engine.name, sampling.sampler.word(), pace(sampling.every));
    let cost = sampling.cost.as_ref().map(|cost| format!("Load on the engine: {}", cost_words(cost)));
    [how].into_iter().chain(cost).collect()
}

/// `1/s`, `every 5 s`.
fn pace(seconds: f64) -> String {
    if seconds <= 1.0 { format!("{:.0}/s", 1.0 / seconds.max(0.01)) } else { format!("every {seconds:.0} s") }
}

/// `5 req/s 12kB/s`, `no requests`.
fn cost_words(cost: &Cost) -> String {
    let bytes = units::bytes(cost.bytes);
    let bytes = bytes.trim_end_matches('B');
    match cost.requests {
        0.0 => "no requests".into(),
        few if few < 0.95 => format!("{:.1} req/s {bytes}B/s", few.max(0.1)),
        many => format!("{many:.0} req/s {bytes}B/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sampler;

    fn engine(sampler: Sampler, every: f64, cost: Option<Cost>) -> Engine {
        Engine { name: "local".into(), sampling: Some(Sampling { sampler, every, cost }), ..Engine::default() }
    }

    #[test]
    fn the_kernel_costs_the_engine_nothing() {
        let engine = engine(Sampler::Kernel, 2.0, Some(Cost::default()));
        assert_eq!(words(&engine.sampling.unwrap())[0], "kernel every 2 s · no requests");
        assert_eq!(lines(&engine), ["Gauges of local: kernel every 2 s", "Load on the engine: no requests"]);
    }

    #[test]
    fn asking_costs_requests_and_bytes() {
        let engine = engine(Sampler::Api, 0.5, Some(Cost { requests: 5.2, bytes: 12_300.0 }));
        assert_eq!(words(&engine.sampling.unwrap())[0], "api 2/s · 5 req/s 12kB/s");
        assert_eq!(lines(&engine)[1], "Load on the engine: 5 req/s 12kB/s");
        assert_eq!(cost_words(&Cost { requests: 0.03, bytes: 80.0 }), "0.1 req/s 80B/s", "a little is not none");
    }

    #[test]
    fn an_engine_that_is_lost_or_rests_is_not_being_read() {
        let told = |link: Link, names: &[&str]| {
            let mut snapshot = crate::fixtures::snapshot(names);
            let engine = Engine { link, ..engine(Sampler::Kernel, 2.0, None) };
            std::sync::Arc::make_mut(&mut snapshot.engines).insert(crate::model::EngineId(0), engine);
            under_way(&snapshot).count()
        };
        let lost = Link::Down {
            why: crate::model::Problem::new("ask", "gone", "wait"),
            since: crate::model::Timestamp::default(),
            retry_at: crate::model::Timestamp::default(),
            never_up: false,
        };
        assert_eq!(told(Link::Up, &["web"]), 1);
        assert_eq!(told(Link::Up, &[]), 0);
        assert_eq!(told(lost, &["web"]), 0);
    }

    #[test]
    fn nothing_is_said_of_the_cost_before_it_is_known() {
        assert_eq!(words(&Sampling { sampler: Sampler::Api, every: 1.0, cost: None }), ["api 1/s", "api 1/s", "api"]);
    }
}
