//! Waiting: for a condition with a deadline, or for time itself where that is what a test is about.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a condition may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long until it is looked at again.
const AGAIN: Duration = Duration::from_millis(10);

/// Looks again and again until a thing is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_some(what, || is_so().then_some(()));
}

/// Looks again and again until there is something, and gives it.
#[track_caller]
pub fn until_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    until_ok(|| look().ok_or(what))
}

/// Looks again and again until a thing is well, and gives it. What is not well says why.
#[track_caller]
pub fn until_ok<T, W: std::fmt::Display>(mut look: impl FnMut() -> Result<T, W>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look() {
            Ok(found) => return found,
            Err(why) => assert!(Instant::now() < deadline, "waited in vain for {why}"),
        }
        sleep(AGAIN);
    }
}

/// Looks again and again until a thing is so, where looking itself takes its turn among other tasks.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(AGAIN).await;
    }
}

/// Lets a paused clock move on: it is not the machine's, so this is exact, and takes no time.
pub async fn clock_moves_on(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Lets time pass that a test is about: nothing else is waited for.
pub fn time_passes(time: Duration) {
    sleep(time);
}
