//! The clock of bowline's machine off by an hour: from the start, or set while it runs. The engine's stays right.

use super::engine::{last_number, numbers_on};
use crate::support::bowline;
use crate::support::docker::{self, Docker};
use crate::support::proxy::Proxy;
use crate::support::pty::{Screen, Terminal};
use std::path::Path;
use std::time::Duration;

const HOUR: i64 = 3600;

struct Watched {
    docker: Docker,
    counter: docker::TestContainer,
    proxy: Proxy,
    terminal: Terminal,
    folder: tempfile::TempDir,
}

impl Watched {
    /// A busy container and its log on the screen of a program whose clock is off by so many seconds.
    fn start(docker: Docker, name: &str, off: i64) -> Self {
        let script = "i=0; while :; do i=$((i+1)); echo number $i.; n=0; while [ $n -lt 9000 ]; do n=$((n+1)); done; sleep 0.1; done";
        let counter = docker.run(name, script);
        let proxy = Proxy::to(docker.socket());
        let folder = tempfile::tempdir().expect("a folder");
        let clock = folder.path().join("clock");
        set(&clock, off);
        let terminal = bowline(&["--host", &proxy.host()])
            .env("BOWLINE_TEST_CLOCK", clock.to_str().expect("text"))
            .size(200, 45)
            .patience(Duration::from_secs(60))
            .start();
        let mut watched = Self { docker, counter, proxy, terminal, folder };
        watched.terminal.wait_for("Containers");
        watched.terminal.type_keys(&format!("/{name}\r"));
        watched.terminal.wait_for("number ");
        watched
    }

    fn set_clock(&self, off: i64) {
        set(&self.folder.path().join("clock"), off);
    }

    /// The row of the container: the filter leaves no other.
    fn row(&self, screen: &Screen) -> String {
        screen.rows().into_iter().find(|row| row.contains("bowline-test-clock-")).unwrap_or_default()
    }

    /// Ages, figures, frames, lines: all as if the clock were right.
    fn is_well(&mut self) {
        let fresh = last_number(&self.docker, &self.counter) + 3;
        let screen = self
            .terminal
            .wait_until("fresh lines", |screen| numbers_on(screen).last().is_some_and(|last| *last >= fresh));
        let shown = numbers_on(&screen);
        assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "each line once, in order: {shown:?}\n{screen}");
        let row = self.row(&screen);
        // Minutes at most, on a machine however slow.
        assert!(row.contains("<1m") || row.contains("m ") && !has_hours(&row), "no age of minutes: {row}\n{screen}");
        let cpu = per_cents(&row);
        let processors = std::thread::available_parallelism().map_or(64, usize::from) as f64;
        assert!(cpu.iter().all(|cpu| (0.0..=100.0 * processors + 50.0).contains(cpu)), "{cpu:?} per cent: {row}");
    }

    /// The engine is lost and found: the countdown is that of seconds.
    fn survives_a_loss(&mut self) {
        self.proxy.refuse();
        self.proxy.cut_all();
        let screen = self.terminal.wait_for("next try in");
        let seconds =
            screen.to_string().split("next try in ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert!(seconds.is_some_and(|seconds: u64| seconds <= 10), "{screen}");
        let ago = screen.to_string().split("engine lost ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert!(ago.is_some_and(|ago: u64| ago <= 60), "{screen}");
        self.proxy.accept();
        self.terminal.wait_gone("engine lost");
        self.is_well();
    }

    /// A container that is restarted under our eyes has an age of seconds, though only an event tells when.
    fn a_restart_is_of_now(&mut self) {
        self.counter.post("restart?t=0");
        let screen = self.terminal.wait_for("restarted");
        let screen = if numbers_on(&screen).len() < 3 { self.terminal.wait_for("number 3.") } else { screen };
        assert!(self.row(&screen).contains("<1m"), "{}\n{screen}", self.row(&screen));
    }

    fn end(mut self) {
        self.terminal.type_keys("qq");
        assert!(self.terminal.wait_exit().success());
    }
}

fn set(clock: &Path, off: i64) {
    std::fs::write(clock, off.to_string()).expect("written");
}

/// True when a word is a number of hours: `1h`.
fn has_hours(row: &str) -> bool {
    row.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        word.split_once('h').is_some_and(|(digits, _)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Numbers that are followed by a per cent sign.
fn per_cents(row: &str) -> Vec<f64> {
    row.split_whitespace().filter_map(|word| word.strip_suffix('%')?.parse().ok()).collect()
}

#[test]
fn a_clock_that_is_an_hour_off_from_the_start() {
    let Some(docker) = docker::engine() else { return };
    for (name, off) in [("clock-ahead", HOUR), ("clock-behind", -HOUR)] {
        let mut watched = Watched::start(docker.clone(), name, off);
        watched.is_well();
        watched.survives_a_loss();
        watched.a_restart_is_of_now();
        watched.end();
    }
}

#[test]
fn a_clock_that_is_set_while_it_runs() {
    let Some(docker) = docker::engine() else { return };
    let mut watched = Watched::start(docker, "clock-set", 0);
    for off in [HOUR, -HOUR, 0] {
        watched.set_clock(off);
        watched.is_well();
        watched.survives_a_loss();
    }
    watched.a_restart_is_of_now();
    watched.end();
}
