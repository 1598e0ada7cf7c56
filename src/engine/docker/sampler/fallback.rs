//! What the kernel's files do not tell of a container (a controller that is off, a network in another pid namespace) is asked
//! of the engine, seldom. Pure.

use crate::model::{Counters, Id, Sample};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// The second question follows the first this soon: no rate without it.
const SECOND: Duration = Duration::from_millis(200);
/// How much more seldom it is asked when the engine does not know more either.
const IN_VAIN: u32 = 10;

/// The containers without kernel counters, and which are missing.
#[derive(Debug)]
pub struct Fallbacks {
    rest: Duration,
    fills: HashMap<Id, Fallback>,
}

#[derive(Debug)]
struct Fallback {
    /// The kernel's last counters.
    known: Counters,
    due: Instant,
    asked: u32,
    in_vain: bool,
}

impl Fallbacks {
    /// Nobody lacks anything. Each is asked about every `rest`.
    pub fn new(rest: Duration) -> Self {
        Self { rest, fills: HashMap::new() }
    }

    /// Looks at what the kernel told of a container. True when the engine is to be asked for what is missing.
    pub fn is_due(&mut self, id: &Id, known: &Counters, host_network: bool, now: Instant) -> bool {
        if !known.is_partial(host_network) {
            self.fills.remove(id);
            return false;
        }
        let begun = Fallback { known: *known, due: now, asked: 0, in_vain: false };
        let fill = self.fills.entry(id.clone()).or_insert(begun);
        fill.known = *known;
        if now < fill.due {
            return false;
        }
        fill.asked = fill.asked.saturating_add(1);
        let pause = match (fill.asked, fill.in_vain) {
            (1, _) => SECOND,
            (_, false) => self.rest,
            (_, true) => self.rest * IN_VAIN,
        };
        fill.due = now + pause;
        true
    }

    /// Of what the engine answered that which the kernel does not tell.
    pub fn take(&mut self, id: &Id, sample: Sample) -> Option<Sample> {
        let fill = self.fills.get_mut(id)?;
        let counters = sample.counters.beside(&fill.known);
        fill.in_vain = counters.says_nothing();
        Some(Sample { counters, ..sample })
    }

    /// It ended, or is not read from the kernel's files any more.
    pub fn forget(&mut self, id: &Id) {
        self.fills.remove(id);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.fills.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Memory, Sampler, Timestamp};

    fn whole() -> Counters {
        Counters {
            cpu_ns: Some(1),
            memory: Some(Memory::default()),
            net: Some((1, 2)),
            block: Some((3, 4)),
            pids: Some(5),
            ..Counters::default()
        }
    }

    /// At which seconds of `0..end` the engine is asked, when its answers are `told`.
    fn asked(known: Counters, told: Counters, end: u64) -> Vec<u64> {
        let (mut fills, start, id) =
            (Fallbacks::new(Duration::from_secs(30)), Instant::now(), Id::new(EngineId(0), "a"));
        (0..end)
            .filter(|second| {
                let due = fills.is_due(&id, &known, false, start + Duration::from_secs(*second));
                if due {
                    fills.take(&id, Sample { at: Timestamp(1), sampler: Sampler::Api, counters: told });
                }
                due
            })
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_missing_is_asked_for_twice_and_then_in_the_resting_rhythm() {
        let no_network = Counters { net: None, ..whole() };
        assert_eq!(asked(no_network, whole(), 70), [0, 1, 31, 61]);
        assert_eq!(asked(whole(), whole(), 70), [0u64; 0], "nothing is missing");
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_knows_no_more_is_asked_ten_times_less() {
        let no_disk = Counters { block: None, ..whole() };
        let told = Counters { block: Some((0, 0)), ..whole() };
        assert_eq!(asked(no_disk, told, 700), [0, 1, 301, 601]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_the_answer_only_that_counts() {
        let (mut fills, id) = (Fallbacks::new(Duration::from_secs(30)), Id::new(EngineId(0), "a"));
        let known = Counters { net: None, ..whole() };
        assert!(fills.is_due(&id, &known, false, Instant::now()));
        let fill = fills.take(&id, Sample { counters: whole(), ..Sample::default() }).unwrap();
        assert_eq!(fill.counters, Counters { net: Some((1, 2)), ..Counters::default() });
        fills.forget(&id);
        assert_eq!(fills.take(&id, Sample::default()), None);
    }
}
