//! What sampling costs the engine: requests and bytes, over the last half minute. Pure.

use crate::model::{Cost, Sampling};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Over how long is averaged: the slowest schedule's turn, so that a steady load gives a steady figure.
const WINDOW: Duration = Duration::from_secs(30);
/// Nothing is said before so long: the first samples come quickly and would look like a load.
const SETTLE: Duration = Duration::from_secs(5);
/// A figure on screen is replaced when the true one differs from it by more than this part,
const STEP: f64 = 0.25;
/// and not sooner after the last than this: a figure that flickers costs bytes and tells nothing.
const PAUSE: Duration = Duration::from_secs(5);

/// Counts the sampler's own questions.
#[derive(Debug)]
pub struct Meter {
    start: Instant,
    /// By second since the start: requests, bytes.
    seconds: VecDeque<(u64, u64, u64)>,
}

impl Meter {
    /// A meter without questions yet.
    pub fn new(now: Instant) -> Self {
        Self { start: now, seconds: VecDeque::new() }
    }

    /// One question, with the bytes that went both ways for it.
    pub fn count(&mut self, now: Instant, bytes: u64) {
        let second = now.duration_since(self.start).as_secs();
        match self.seconds.back_mut() {
            Some(last) if last.0 == second => (last.1, last.2) = (last.1 + 1, last.2.saturating_add(bytes)),
            _ => self.seconds.push_back((second, 1, bytes)),
        }
        self.forget_old(second);
    }

    /// The cost per second. None until it can be told.
    pub fn cost(&mut self, now: Instant) -> Option<Cost> {
        let elapsed = now.duration_since(self.start);
        if elapsed < SETTLE {
            return None;
        }
        self.forget_old(elapsed.as_secs());
        let (requests, bytes) = self
            .seconds
            .iter()
            .fold((0, 0u64), |sums, (_, requests, bytes)| (sums.0 + requests, sums.1.saturating_add(*bytes)));
        let seconds = elapsed.min(WINDOW).as_secs_f64();
        Some(Cost { requests: requests as f64 / seconds, bytes: bytes as f64 / seconds })
    }

    fn forget_old(&mut self, second: u64) {
        while self.seconds.front().is_some_and(|(old, ..)| old + WINDOW.as_secs() <= second) {
            self.seconds.pop_front();
        }
    }
}

/// The last report on sampling, and its time.
#[derive(Debug, Default)]
pub struct Said(Option<(Sampling, Instant)>);

impl Said {
    /// True when `now` is worth saying; it counts as said then.
    pub fn is_news(&mut self, sampling: Sampling, now: Instant) -> bool {
        let news = match &self.0 {
            None => true,
            Some((said, _)) if said.sampler != sampling.sampler => true,
            Some((said, at)) => {
                let costs = (said.cost.unwrap_or_default(), sampling.cost.unwrap_or_default());
                let rest = differs(said.every, sampling.every)
                    || said.cost.is_some() != sampling.cost.is_some()
                    || differs(costs.0.requests, costs.1.requests)
                    || differs(costs.0.bytes, costs.1.bytes);
                rest && now.duration_since(*at) >= PAUSE
            }
        };
        if news {
            self.0 = Some((sampling, now));
        }
        news
    }
}

fn differs(said: f64, now: f64) -> bool {
    // None at all and a little are two things to say.
    (said == 0.0) != (now == 0.0) || (now - said).abs() > said * STEP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sampler;

    #[tokio::test(start_paused = true)]
    async fn a_steady_load_gives_its_rate() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        for tenth in 0..600 {
            meter.count(start + Duration::from_millis(100 * tenth), 1000);
        }
        assert_eq!(meter.cost(start + Duration::from_secs(4)), None, "too soon to tell");
        let cost = meter.cost(start + Duration::from_secs(60)).unwrap();
        assert!((9.6..=10.0).contains(&cost.requests) && (9600.0..=10_000.0).contains(&cost.bytes), "{cost:?}");
        assert!(meter.seconds.len() <= 30, "what is too old is forgotten");
        assert_eq!(meter.cost(start + Duration::from_secs(120)), Some(Cost::default()));
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_changes_by_enough_is_said() {
        let start = Instant::now();
        let sampling = |requests| Sampling {
            sampler: Sampler::Api,
            every: 2.0,
            cost: Some(Cost { requests, bytes: requests * 2000.0 }),
        };
        let mut said = Said::default();
        assert!(said.is_news(sampling(10.0), start));
        let later = start + Duration::from_secs(60);
        assert!(!said.is_news(sampling(12.0), later), "as good as the same");
        assert!(said.is_news(sampling(13.0), later));
        assert!(!said.is_news(sampling(26.0), later + Duration::from_secs(1)), "not all the time");
        assert!(said.is_news(sampling(0.0), later + PAUSE), "none at all is news");
        let by_kernel = Sampling { sampler: Sampler::Kernel, every: 2.0, cost: None };
        assert!(said.is_news(by_kernel, later + PAUSE), "at once");
    }
}
