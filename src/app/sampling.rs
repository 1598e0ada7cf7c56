//! How gauges are being read, in words.

use super::units;
use crate::model::{Cost, Engine, Sampler, Sampling};

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

/// The same as a sentence, for where there is room.
pub fn sentence(engine: &Engine) -> Option<String> {
    let sampling = engine.sampling.as_ref()?;
    let (pace, name) = (pace(sampling.every), &engine.name);
    let cost = sampling.cost.as_ref().map(cost_words).unwrap_or_default();
    Some(match (sampling.sampler, &sampling.cost) {
        (Sampler::Kernel, Some(cost)) if cost.requests == 0.0 => {
            format!("Gauges of {name}: read from the kernel's files {pace}, without asking the engine.")
        }
        (Sampler::Kernel, _) => {
            format!("Gauges of {name}: read from the kernel's files {pace}. {cost}").trim_end().into()
        }
        (Sampler::Api, _) => format!("Gauges of {name}: asked of the engine {pace}. {cost}").trim_end().into(),
    })
}

/// `1/s`, `every 5 s`.
fn pace(seconds: f64) -> String {
    if seconds <= 1.0 { format!("{:.0}/s", 1.0 / seconds.max(0.01)) } else { format!("every {seconds:.0} s") }
}

/// `5 req/s 12kB/s`, `no requests`.
fn cost_words(cost: &Cost) -> String {
    match cost.requests {
        0.0 => "no requests".into(),
        few if few < 0.95 => format!("{:.1} req/s {}B/s", few.max(0.1), units::bytes(cost.bytes)),
        many => format!("{many:.0} req/s {}B/s", units::bytes(cost.bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(sampler: Sampler, every: f64, cost: Option<Cost>) -> Engine {
        Engine { name: "local".into(), sampling: Some(Sampling { sampler, every, cost }), ..Engine::default() }
    }

    fn said(engine: &Engine) -> (String, String) {
        (words(&engine.sampling.unwrap())[0].clone(), sentence(engine).unwrap())
    }

    #[test]
    fn the_kernel_costs_the_engine_nothing() {
        let engine = engine(Sampler::Kernel, 2.0, Some(Cost::default()));
        let (words, sentence) = said(&engine);
        assert_eq!(words, "kernel every 2 s · no requests");
        assert_eq!(sentence, "Gauges of local: read from the kernel's files every 2 s, without asking the engine.");
    }

    #[test]
    fn asking_costs_requests_and_bytes() {
        let engine = engine(Sampler::Api, 0.5, Some(Cost { requests: 5.2, bytes: 12_300.0 }));
        assert_eq!(said(&engine).0, "api 2/s · 5 req/s 12kB/s");
        let seldom = Cost { requests: 0.03, bytes: 80.0 };
        assert_eq!(cost_words(&seldom), "0.1 req/s 80B/s", "a little is not none");
    }

    #[test]
    fn nothing_is_said_of_the_cost_before_it_is_known() {
        assert_eq!(words(&Sampling { sampler: Sampler::Api, every: 1.0, cost: None }), ["api 1/s", "api 1/s", "api"]);
    }
}
