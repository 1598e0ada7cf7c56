//! What time it is: by this machine's clock, which may be set while we run, and by an engine's, which may be another.
//!
//! Moments of containers are kept by our own clock, so that ages are right wherever the engine runs. What goes back to it
//! (`since` of a stream) and what is shown as it was told (stamps of logs and events, beside each other) stay by its own.

use crate::model::{SECOND, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The present moment: this machine's wall clock as it was when it was first asked for, and the time since, sleep included.
/// Corrections of the clock do not move it: ages, countdowns and appointments would jump with them.
pub fn now() -> Timestamp {
    static FIRST: OnceLock<i64> = OnceLock::new();
    let since_boot = since_boot();
    let boot = *FIRST.get_or_init(|| wall().saturating_sub(since_boot));
    Timestamp(boot.saturating_add(since_boot))
}

/// The clock that counts sleep too.
#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
/// Elsewhere the monotonic one does.
#[cfg(not(target_os = "linux"))]
const BOOT: ClockId = ClockId::Monotonic;

/// Resolves at a moment; never, where there is none.
pub async fn at(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Nanoseconds since this machine started, sleep included.
fn since_boot() -> i64 {
    let time = clock_gettime(BOOT);
    time.tv_sec.saturating_mul(SECOND).saturating_add(time.tv_nsec)
}

/// Nanoseconds since 1970 by the wall clock.
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let wall = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    #[cfg(debug_assertions)]
    let wall = wall.saturating_add(set_off_by_a_test());
    wall
}

/// Tests set the clock off: by the number of seconds in a file.
#[cfg(debug_assertions)]
fn set_off_by_a_test() -> i64 {
    let text = std::env::var_os("BOWLINE_TEST_CLOCK").and_then(|path| std::fs::read_to_string(path).ok());
    text.and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0).saturating_mul(SECOND)
}

/// Clocks this near to each other count as one. Engines tell whole seconds.
const NEAR: i64 = 2 * SECOND;
/// An answer that took longer than this says nothing of the time.
const PROMPT: Duration = Duration::from_secs(1);

/// How an engine's clock differs from ours, as far as its answers have told.
#[derive(Clone, Debug, Default)]
pub struct EngineClock {
    /// Nanoseconds by which it is ahead.
    ahead: Arc<AtomicI64>,
}

/// The beginning of the second that the `Date` of an answer (RFC 9110, 6.6.1) tells.
pub fn dated(date: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(Timestamp::from_seconds(date.timestamp().as_second()))
}

impl EngineClock {
    /// Takes note of the `Date` of an answer (RFC 9110, 6.6.1) that came `now` and took so long.
    pub fn observe(&self, date: &str, now: Timestamp, took: Duration) {
        let Some(date) = dated(date).filter(|_| took <= PROMPT) else { return };
        // In the middle of its second.
        let told = date.0.saturating_add(SECOND / 2);
        let ahead = told.saturating_sub(now.0);
        // A difference at the edge of what counts must not be there and gone with each answer.
        if ahead.saturating_sub(self.ahead.load(Relaxed)).saturating_abs() > NEAR {
            self.ahead.store(if ahead.saturating_abs() <= NEAR { 0 } else { ahead }, Relaxed);
        }
    }

    /// True while it is another than ours.
    #[cfg(test)]
    fn differs(&self) -> bool {
        self.ahead.load(Relaxed) != 0
    }

    /// A moment that the engine told, by our clock.
    pub fn ours(&self, told: Timestamp) -> Timestamp {
        self.shifted(told, self.ahead.load(Relaxed).saturating_neg())
    }

    /// A moment of ours, by the engine's clock.
    pub fn theirs(&self, ours: Timestamp) -> Timestamp {
        self.shifted(ours, self.ahead.load(Relaxed))
    }

    /// "Never" stays never.
    fn shifted(&self, moment: Timestamp, by: i64) -> Timestamp {
        if moment.is_known() { Timestamp(moment.0.saturating_add(by).max(1)) } else { moment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_and_is_that_of_the_wall() {
        let (first, wall) = (now(), wall());
        assert!((wall - first.0).abs() < 60 * SECOND, "{first:?} {wall}");
        assert!(now() >= first);
    }

    #[test]
    fn an_engine_whose_clock_differs_is_understood() {
        let clock = EngineClock::default();
        let now = Timestamp::from_seconds(1_795_240_851);
        let told = "Sat, 21 Nov 2026 07:00:51 GMT";
        clock.observe(told, now, Duration::from_secs(3));
        assert!(!clock.differs(), "an answer that was long under way says nothing");
        clock.observe(told, now, Duration::ZERO);
        let hour = Timestamp::from_seconds(1_795_240_851 + 3600);
        assert!(
            clock.differs() && clock.ours(hour).since(now).abs() < 1.0 && clock.theirs(now).since(hour).abs() < 1.0
        );
        let known = clock.ours(hour);
        clock.observe("Sat, 21 Nov 2026 07:00:52 GMT", now, Duration::ZERO);
        assert_eq!(clock.ours(hour), known, "seconds do not make it tremble");
        assert_eq!(clock.ours(Timestamp::default()), Timestamp::default());
        clock.observe("soon", now, Duration::ZERO);
        assert!(clock.differs());
        clock.observe("Sat, 21 Nov 2026 06:00:50 GMT", now, Duration::ZERO);
        assert!(!clock.differs());
    }
}
