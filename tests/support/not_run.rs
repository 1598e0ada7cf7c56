//! Tests that need what this machine does not have: they are named, never silently green.

use std::io::Write;

/// The file that names the tests that did not run, for the line at the end of `.ci/run`.
const LIST: &str = "BOWLINE_NOT_RUN";

/// Says that the test of this thread does not run, and why. The harness keeps what a passing test prints to itself, so this
/// goes past it.
pub fn not_run(why: &str) {
    let line = format!("not run: {}: {why}\n", std::thread::current().name().unwrap_or("a test"));
    // A closed error stream is no reason to fail.
    drop(std::io::stderr().write_all(line.as_bytes()));
    if let Some(path) = std::env::var_os(LIST) {
        let mut list =
            std::fs::OpenOptions::new().append(true).create(true).open(path).expect("the list can be written");
        list.write_all(line.as_bytes()).expect("the list takes a line");
    }
}

/// Says so, or fails where the environment promises that it is there: `BOWLINE_REQUIRE_ENGINE=1`, `BOWLINE_REQUIRE_DOCKER=1`.
#[track_caller]
pub fn absent(promise: &str, why: &str) {
    let promised = std::env::var(promise).is_ok_and(|value| value == "1");
    assert!(!promised, "{promise}=1, yet {why}");
    not_run(why);
}
