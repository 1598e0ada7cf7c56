//! Interrupts reach what tests start, also where whoever started the tests ignores them.

use tokio::signal::unix::{SignalKind, signal};

/// The bit of SIGINT in the sets of `/proc/self/status`.
const SIGINT: u64 = 1 << 1;

/// A shell without job control lets what it starts in the background ignore interrupts, and children inherit that: a trap of a
/// script is then never set. What a process catches its children have by default, which is why bowline itself, which catches it,
/// has no such trouble. A test that is interrupted ends as ever where nothing is ignored.
///
/// Within a runtime of tokio.
pub fn reach_children() {
    if are_ignored() {
        // It is caught from now on, for as long as the test runs.
        drop(signal(SignalKind::interrupt()).expect("SIGINT can be caught"));
    }
}

fn are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).is_some_and(|set| set & SIGINT != 0)
}
