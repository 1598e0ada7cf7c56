//! What happens by itself: starts after a back-off, health checks, crashes, and the scenario's incidents.
//! One agenda for the whole engine, one timer for its first entry; nothing ticks per container.

use std::cmp::Reverse;

use super::agenda::{Due, ScheduledEvent};
use super::container::{Body, Container, Status};
use super::session::{self, SIGINT, SIGKILL, SIGQUIT, SIGTERM};
use super::spec::{Health, Restart};
use super::state::EngineState;
use super::time::{Nanos, SECOND};

/// How long after its start a health check reports.
const SETTLES: Nanos = 4 * SECOND;

/// The least time between two incidents, whatever the scenario says.
const BUSIEST: Nanos = SECOND / 1000;

impl EngineState {
    /// What a scenario's containers have before them when the engine starts.
    pub(crate) fn schedule_first(&mut self, now: Nanos) {
        let mut expected = Vec::new();
        for container in self.all() {
            let (id, run) = (container.id.clone(), container.run);
            match container.status {
                Status::Restarting => expected.push((now + 2 * SECOND, ScheduledEvent::Revive { id, run })),
                Status::Running if container.health == Some(Health::Starting) => {
                    expected.push((now + SETTLES, ScheduledEvent::Settle { id, run }));
                }
                Status::Created | Status::Running | Status::Paused | Status::Exited | Status::Dead => {}
            }
        }
        if self.unrest > 0 {
            expected.push((now + self.unrest, ScheduledEvent::Incident));
        }
        for (at, deed) in expected {
            self.schedule(at, deed);
        }
    }

    /// Puts something on the agenda.
    pub(crate) fn schedule(&mut self, at: Nanos, deed: ScheduledEvent) {
        let first = self.next_due();
        self.due.push(Reverse(Due { at, deed }));
        if first.is_none_or(|first| at < first) {
            self.sooner.notify_one();
        }
    }

    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.due.peek().map(|Reverse(due)| due.at)
    }

    /// Does what is due. Returns the local processes whose back-off is over: starting them is not this room's.
    pub(crate) fn advance(&mut self, now: Nanos) -> Vec<String> {
        let mut restarts = Vec::new();
        while self.next_due().is_some_and(|at| at <= now) {
            let Some(Reverse(due)) = self.due.pop() else { break };
            match due.deed {
                ScheduledEvent::Incident => {
                    self.incident(now);
                    // After the moment it was due at, not after this one: the pace holds however late it is done. What a
                    // machine has slept through is not caught up with.
                    let next = due.at + self.unrest.max(BUSIEST);
                    self.schedule(next.max(now - SECOND), ScheduledEvent::Incident);
                }
                ScheduledEvent::Revive { id, run } => {
                    if self.same_run(&id, run, |container| container.status == Status::Restarting) {
                        if self.get(&id).is_some_and(Container::is_process) {
                            restarts.push(id);
                        } else {
                            self.start_synthetic(&id, now);
                        }
                    }
                }
                ScheduledEvent::Settle { id, run } => {
                    if self.same_run(&id, run, |container| container.status == Status::Running) {
                        self.set_health(&id, Health::Healthy, now);
                    }
                }
                ScheduledEvent::Crash { id, run } => {
                    if self.same_run(&id, run, |container| container.status == Status::Running) {
                        self.over(&id, 1, false, now);
                    }
                }
                ScheduledEvent::Obey { id, run } => {
                    let code = self.get(&id).and_then(Container::synthetic).map_or(0, |made| made.stop_code);
                    if self.same_run(&id, run, |container| container.status.alive()) {
                        self.over(&id, code, false, now);
                    }
                }
            }
        }
        restarts
    }

    fn same_run(&self, id: &str, run: u64, also: impl Fn(&Container) -> bool) -> bool {
        self.get(id).is_some_and(|container| container.run == run && also(container))
    }

    /// A synthetic container starts.
    pub(crate) fn start_synthetic(&mut self, id: &str, now: Nanos) {
        let Some(container) = self.get_mut(id).filter(|container| !container.status.alive()) else { return };
        container.begin(now);
        let run = container.run;
        let settles = container.health.is_some();
        let crash_after = container.synthetic().map_or(0, |made| made.crash_after);
        self.tell(id, now, "start", &[]);
        if settles {
            self.schedule(now + SETTLES, ScheduledEvent::Settle { id: id.to_string(), run });
        }
        if crash_after > 0 {
            self.schedule(now + crash_after, ScheduledEvent::Crash { id: id.to_string(), run });
        }
    }

    /// A container's run is over: writes it down, and puts its restart on the agenda if its policy wants one.
    pub(crate) fn over(&mut self, id: &str, code: i64, oom: bool, now: Nanos) {
        if oom {
            self.tell(id, now, "oom", &[]);
        }
        // Nothing stays behind in a container that is over.
        for pid in self.execs.sessions_of(id) {
            session::signal(pid, SIGKILL);
        }
        let Some(container) = self.get_mut(id) else { return };
        let lasted = container.active(now);
        container.end(now, code, oom);
        let restarts = container.comes_back().then(|| {
            container.status = Status::Restarting;
            container.restart_count += 1;
            (now + back_off(container, lasted), container.run)
        });
        self.tell(id, now, "die", &[("exitCode", code.to_string())]);
        if let Some((at, run)) = restarts {
            self.schedule(at, ScheduledEvent::Revive { id: id.to_string(), run });
        }
    }

    pub(crate) fn set_health(&mut self, id: &str, health: Health, now: Nanos) {
        let Some(container) = self.get_mut(id) else { return };
        if container.health.is_none_or(|before| before == health) {
            return;
        }
        container.health = Some(health);
        container.changed();
        self.tell(id, now, &format!("health_status: {}", health.name()), &[]);
    }

    /// Delivers a signal to a synthetic container.
    pub(crate) fn signal_synthetic(&mut self, id: &str, signal: i32, now: Nanos) {
        let Some(container) = self.get(id).filter(|container| container.status.alive()) else { return };
        let run = container.run;
        let Body::Synthetic(made) = &container.body else { return };
        match signal {
            SIGKILL => self.over(id, 137, false, now),
            SIGTERM if made.stop_after == 0 => {
                let code = made.stop_code;
                self.over(id, code, false, now);
            }
            SIGTERM => {
                let at = now + made.stop_after;
                self.schedule(at, ScheduledEvent::Obey { id: id.to_string(), run });
            }
            SIGINT | SIGQUIT => self.over(id, 128 + i64::from(signal), false, now),
            _ => {}
        }
    }

    /// Something befalls one of the running synthetic containers that are not called stable.
    /// Those that no policy would restart only fall ill: a fleet left alone does not dwindle.
    fn incident(&mut self, now: Nanos) {
        let chosen = self.rng.below(self.all().filter(|one| is_exposed(one)).count());
        let Some(container) = self.all().filter(|one| is_exposed(one)).nth(chosen) else { return };
        let (id, run, returns) = (container.id.clone(), container.run, always_returns(container));
        let falls_ill = container.health == Some(Health::Healthy);
        match self.rng.below(10) {
            roll if falls_ill && (roll < 5 || !returns) => {
                self.set_health(&id, Health::Unhealthy, now);
                self.schedule(now + 15 * SECOND, ScheduledEvent::Settle { id, run });
            }
            5 => self.over(&id, 137, true, now),
            6 => self.over(&id, 0, false, now),
            _ => self.over(&id, 1, false, now),
        }
    }
}

/// Whether an incident can change anything about it.
fn is_exposed(container: &Container) -> bool {
    container.status == Status::Running
        && container.synthetic().is_some_and(|made| !made.stable)
        && (always_returns(container) || container.health == Some(Health::Healthy))
}

fn always_returns(container: &Container) -> bool {
    matches!(container.spec.restart, Restart::Always | Restart::UnlessStopped)
}

/// How long a restart policy waits: a tenth of a second after a long run, doubling up to a minute for short ones.
/// Synthetic containers take longer, so that the state can be seen.
fn back_off(container: &Container, lasted: f64) -> Nanos {
    if container.synthetic().is_some() {
        return 6 * SECOND;
    }
    if lasted >= 10.0 {
        return SECOND / 10;
    }
    (SECOND / 10).saturating_mul(1 << container.restart_count.min(9)).min(60 * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    const NOW: Nanos = 1_700_000_000 * SECOND;

    fn actions(state: &EngineState) -> Vec<String> {
        state.chronicle.after(0).map(|happening| happening.action.clone()).collect()
    }

    fn one(body: &str) -> (EngineState, String) {
        let text = format!("[[container]]\nname = \"one\"\nimage = \"i\"\n{body}");
        let state = EngineState::new(&Scenario::parse(&text).expect("reads"), NOW, 1024);
        let id = state.resolve("one").expect("there");
        (state, id)
    }

    #[test]
    fn a_crash_loop_turns_and_is_told() {
        let (mut state, id) = one("restart = \"always\"\ncrash_after = 4.0\nstate = \"restarting\"");
        for second in 0..40 {
            assert_eq!(state.advance(NOW + second * SECOND), Vec::<String>::new());
        }
        let told = actions(&state);
        assert!(told.windows(2).any(|two| two == ["start", "die"]) && told.len() >= 6, "{told:?}");
        assert!(state.get(&id).is_some_and(|container| container.restart_count >= 3));
    }

    #[test]
    fn health_settles_after_a_start_unless_the_run_is_over() {
        let (mut state, id) = one("health = \"healthy\"\nstate = \"exited\"");
        state.start_synthetic(&id, NOW);
        assert_eq!(state.get(&id).and_then(|container| container.health), Some(Health::Starting));
        state.advance(NOW + 5 * SECOND);
        assert_eq!(actions(&state), ["start", "health_status: healthy"]);
        state.signal_synthetic(&id, SIGTERM, NOW + 6 * SECOND);
        state.start_synthetic(&id, NOW + 7 * SECOND);
        state.signal_synthetic(&id, SIGKILL, NOW + 8 * SECOND);
        state.advance(NOW + 60 * SECOND);
        assert_eq!(actions(&state)[2..], ["die", "start", "die"]);
        assert_eq!(state.get(&id).map(|container| container.exit_code), Some(137));
    }

    #[test]
    fn a_slow_one_obeys_late() {
        let (mut state, id) = one("stop_seconds = 2.0\nstop_code = 143");
        state.signal_synthetic(&id, SIGTERM, NOW);
        state.advance(NOW + SECOND);
        assert!(state.get(&id).is_some_and(|container| container.status.alive()));
        state.advance(NOW + 2 * SECOND);
        assert_eq!(state.get(&id).map(|container| container.exit_code), Some(143));
    }

    #[test]
    fn incidents_come_at_their_pace_and_follow_from_the_seed() {
        let history = |seed| {
            let mut state = EngineState::new(&Scenario::synthetic(200, seed), NOW, 1024);
            (0..300).for_each(|second| drop(state.advance(NOW + second * SECOND)));
            (actions(&state), state.all().filter(|container| container.status == Status::Running).count())
        };
        let (told, running) = history(3);
        assert!((30..400).contains(&told.len()), "{}", told.len());
        assert!(running > 140, "{running}");
        assert_eq!(history(3).0, told);
        assert_ne!(history(4).0, told);
    }

    #[test]
    fn a_storm_changes_states_at_its_pace_for_as_long_as_it_lasts() {
        let mut state = EngineState::new(&Scenario::storm(), NOW, 1024);
        let mut heard = 0;
        for minute in 0..5 {
            let mut changes = 0;
            // Looked after five times a second only: the pace does not depend on how often.
            for step in 0..300 {
                state.advance(NOW + (minute * 300 + step) * SECOND / 5);
                changes += state.chronicle.after(heard).count();
                heard = state.chronicle.newest();
            }
            let a_second = changes / 60;
            assert!((50..200).contains(&a_second), "minute {minute}: {a_second} changes a second");
        }
        let running = state.all().filter(|container| container.status == Status::Running).count();
        assert!(running > 500, "a fleet does not dwindle: {running}");
    }
}
