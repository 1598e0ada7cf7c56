//! When each container is measured next: often what is looked at, seldom the rest, never all at once. Pure.

use crate::engine::settings::Settings;
use crate::model::{Id, Viewport};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
use tokio::time::Instant;

/// The second sample follows the first this soon: no rate without it.
const SECOND: Duration = Duration::from_millis(200);
/// Containers that are measured at once when they appear together; more are spread.
const AT_ONCE: usize = 64;
/// Over how long they are spread.
const SPREAD: Duration = Duration::from_secs(2);
/// How much slower it goes while nobody looks; the selected one is a visible one among others then.
const AWAY: u32 = 5;

/// The attention that a container gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Its details are on screen.
    Selected,
    /// Its row is on screen.
    Visible,
    /// Neither.
    Rest,
}

#[derive(Debug)]
struct Entry {
    due: Instant,
    /// The time of the last reading, if any.
    last: Option<Instant>,
    taken: u32,
    regard: Attention,
    /// Its place within the slowest schedule.
    phase: u64,
}

/// The appointments of all containers.
#[derive(Debug)]
pub struct Schedule {
    start: Instant,
    tick: Duration,
    visible: Duration,
    rest: Duration,
    away: bool,
    entries: HashMap<Id, Entry>,
}

impl Schedule {
    /// Nobody to measure yet.
    pub fn new(settings: &Settings) -> Self {
        let tick = settings.sample_selected.max(Duration::from_millis(50));
        Self {
            start: Instant::now(),
            tick,
            visible: settings.sample_visible.max(tick),
            rest: settings.sample_rest.max(tick),
            away: false,
            entries: HashMap::new(),
        }
    }

    /// These are alive now, no others. Returns who is no more.
    pub fn alive(&mut self, ids: &HashSet<Id>, now: Instant) -> Vec<Id> {
        let gone: Vec<Id> = self.entries.keys().filter(|id| !ids.contains(id)).cloned().collect();
        for id in &gone {
            self.entries.remove(id);
        }
        let mut fresh = 0;
        for id in ids {
            if self.entries.contains_key(id) {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            id.hash(&mut hasher);
            let phase = hasher.finish();
            fresh += 1;
            let due = if fresh <= AT_ONCE { now } else { now + SPREAD.mul_f64((phase % 1000) as f64 / 1000.0) };
            self.entries.insert(id.clone(), Entry { due, last: None, taken: 0, regard: Attention::Rest, phase });
        }
        gone
    }

    /// This is looked at now. Who is looked at anew, and everybody when somebody looks again, is due as soon as its new
    /// schedule says; who is on screen then, at once, unless its figures are as fresh as that schedule keeps them.
    pub fn attend(&mut self, attention: &Viewport, now: Instant) {
        let back = self.away && !attention.away;
        self.away = attention.away;
        let visible: HashSet<&Id> = attention.visible.iter().collect();
        let mut moved = Vec::new();
        for (id, entry) in &mut self.entries {
            let regard = if attention.selected.as_ref() == Some(id) {
                Attention::Selected
            } else if visible.contains(id) {
                Attention::Visible
            } else {
                Attention::Rest
            };
            if back || regard < entry.regard {
                moved.push(id.clone());
            }
            entry.regard = regard;
        }
        for id in moved {
            if let Some(entry) = self.entries.get(&id) {
                let due = match entry.last {
                    None => now,
                    Some(last) if back && entry.regard != Attention::Rest => {
                        (last + self.interval(entry.regard)).max(now)
                    }
                    Some(_) => self.next(entry.regard, entry.phase, now, false),
                };
                if let Some(entry) = self.entries.get_mut(&id) {
                    entry.due = entry.due.min(due);
                }
            }
        }
    }

    /// Who is due, most regarded first; their next appointments are made.
    pub fn take_due(&mut self, now: Instant) -> Vec<(Id, Attention)> {
        let mut due: Vec<(Id, Attention)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.due <= now)
            .map(|(id, entry)| (id.clone(), entry.regard))
            .collect();
        due.sort_by_key(|(_, regard)| *regard);
        for (id, _) in &due {
            let Some(entry) = self.entries.get(id) else { continue };
            let next = if entry.taken == 0 { now + SECOND } else { self.next(entry.regard, entry.phase, now, true) };
            if let Some(entry) = self.entries.get_mut(id) {
                entry.due = next;
                entry.last = Some(now);
                entry.taken = entry.taken.saturating_add(1);
            }
        }
        due
    }

    /// Something about it changed: it is due now. Who has no figures yet is due soon in any case.
    pub fn hasten(&mut self, id: &Id, now: Instant) {
        if let Some(entry) = self.entries.get_mut(id).filter(|entry| entry.taken > 1) {
            entry.due = entry.due.min(now);
        }
    }

    /// Puts off a container that cannot be read until a time.
    pub fn put_off(&mut self, id: &Id, until: Instant) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.due = entry.due.max(until);
        }
    }

    /// Everybody anew: the engine was away, or samples are from another source now.
    pub fn restart(&mut self) {
        self.entries.clear();
    }

    /// The time at which the next container is due.
    pub fn wake(&self) -> Option<Instant> {
        self.entries.values().map(|entry| entry.due).min()
    }

    /// How many are measured in the visible schedule or faster.
    pub fn regarded(&self) -> usize {
        self.entries.values().filter(|entry| entry.regard != Attention::Rest).count()
    }

    fn interval(&self, regard: Attention) -> Duration {
        match regard {
            Attention::Selected | Attention::Visible if self.away => self.visible * AWAY,
            Attention::Selected => self.tick,
            Attention::Visible => self.visible,
            Attention::Rest if self.away => self.rest * AWAY,
            Attention::Rest => self.rest,
        }
    }

    /// The next beat: all share one grid, so that one wake-up serves many; the rest are spread over their schedule's beats.
    fn next(&self, regard: Attention, phase: u64, now: Instant, just_taken: bool) -> Instant {
        let interval = self.interval(regard).as_nanos().max(1);
        let tick = self.tick.as_nanos().max(1);
        let beats = (interval / tick).max(1);
        let offset = if regard == Attention::Rest { u128::from(phase) % beats * tick } else { 0 };
        // Just taken: not again before nearly half an interval has passed.
        let from = now.duration_since(self.start).as_nanos() + if just_taken { interval * 2 / 5 } else { 0 };
        let beat = if from < offset { 0 } else { (from - offset) / interval + 1 };
        let at = offset + beat * interval;
        self.start + Duration::from_nanos(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineId;

    fn ids(count: usize) -> HashSet<Id> {
        (0..count).map(|n| Id::new(EngineId(0), format!("{n:064x}"))).collect()
    }

    /// Runs for `seconds`; returns how many were measured at each wake-up.
    fn run(schedule: &mut Schedule, now: &mut Instant, seconds: u64) -> Vec<usize> {
        let end = *now + Duration::from_secs(seconds);
        let mut counts = Vec::new();
        while let Some(wake) = schedule.wake().filter(|wake| *wake <= end) {
            *now = wake.max(*now);
            counts.push(schedule.take_due(*now).len());
        }
        *now = end;
        counts
    }

    #[tokio::test(start_paused = true)]
    async fn two_samples_within_a_quarter_second_then_the_rhythm() {
        let mut schedule = Schedule::new(&Settings::default());
        let all = ids(10);
        let mut now = Instant::now();
        schedule.alive(&all, now);
        let first = all.iter().next().cloned();
        schedule.attend(
            &Viewport { selected: first, visible: all.iter().cloned().collect(), away: false, ..Viewport::default() },
            now,
        );
        assert_eq!(run(&mut schedule, &mut now, 0), [10]);
        now += Duration::from_millis(250);
        assert_eq!(schedule.take_due(now).len(), 10);
        let counts = run(&mut schedule, &mut now, 60);
        assert!((58..=61).contains(&counts.len()), "one wake-up a second: {counts:?}");
        let sum: usize = counts.iter().sum();
        assert!((9 * 29 + 58..=9 * 31 + 61).contains(&sum), "{sum}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_are_spread() {
        let mut schedule = Schedule::new(&Settings::default());
        let mut now = Instant::now();
        schedule.alive(&ids(1000), now);
        run(&mut schedule, &mut now, 20);
        let counts = run(&mut schedule, &mut now, 30);
        let sum: usize = counts.iter().sum();
        assert!((990..=1010).contains(&sum), "each once in 30 s: {sum}");
        assert!(counts.iter().all(|count| *count < 60), "no burst: {counts:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_that_appear_together_are_not_read_in_one_turn() {
        let mut schedule = Schedule::new(&Settings::default());
        let (mut now, all) = (Instant::now(), ids(1000));
        schedule.alive(&all, now);
        schedule.attend(&Viewport { visible: all.iter().take(40).cloned().collect(), ..Viewport::default() }, now);
        let counts = run(&mut schedule, &mut now, 3);
        // Those that are looked at are taken at once, beside the first that came.
        assert!(counts.iter().all(|count| *count <= AT_ONCE + 40), "{counts:?}");
        let sum: usize = counts.iter().sum();
        assert!(sum >= 2000, "two samples of each: {sum}");
    }

    #[tokio::test(start_paused = true)]
    async fn away_is_slower_whoever_comes_back_sees_fresh_figures_and_the_dead_are_forgotten() {
        let mut schedule = Schedule::new(&Settings::default());
        let all = ids(2);
        let mut now = Instant::now();
        schedule.alive(&all, now);
        let looked_at: Vec<Id> = all.iter().cloned().collect();
        let attention = |away| Viewport {
            selected: looked_at.first().cloned(),
            visible: looked_at.clone(),
            away,
            ..Viewport::default()
        };
        schedule.attend(&attention(true), now);
        run(&mut schedule, &mut now, 20);
        assert_eq!(run(&mut schedule, &mut now, 100).into_iter().filter(|count| *count >= 2).count(), 10, "every 10 s");
        assert_eq!(run(&mut schedule, &mut now, 4), Vec::<usize>::new(), "between two turns");
        schedule.attend(&attention(false), now);
        assert_eq!(schedule.take_due(now).len(), 2, "those on screen, at once");
        schedule.attend(&attention(true), now);
        schedule.attend(&attention(false), now);
        assert_eq!(schedule.take_due(now), [], "their figures are fresh");
        let counts = run(&mut schedule, &mut now, 10);
        assert!((14..=16).contains(&counts.iter().sum::<usize>()), "the old schedule again: {counts:?}");
        assert_eq!(schedule.alive(&HashSet::new(), now).len(), 2);
        assert_eq!(schedule.wake(), None);
    }
}
