//! The true program behind a fault proxy: what it may take of memory and descriptors, whatever comes.

use crate::support::bowline;
use crate::support::docker::{self, Docker, TestContainer};
use crate::support::proxy::{Answer, Proxy, Spoil};
use crate::support::pty::Terminal;
use crate::support::wait::{time_passes, until_ok};
use std::time::{Duration, Instant};

/// What garbage may add to the largest memory of an ordinary run, KiB.
const MEMORY_MORE: u64 = 32 * 1024;
/// Descriptors that may be open beyond those of the beginning: connections kept for the next request, requests under way,
/// the kernel's files of containers that have come meanwhile.
const DESCRIPTORS_MORE: usize = 8 + 6 + 24;
const GIGABYTE: u64 = 1 << 30;

struct Program {
    _counter: TestContainer,
    proxy: Proxy,
    terminal: Terminal,
}

impl Program {
    /// The program with a container's log on its screen, after an ordinary loss.
    fn start(docker: &Docker, name: &str) -> Self {
        let counter = docker.run(name, "i=0; while :; do i=$((i+1)); echo number $i.; sleep 0.1; done");
        let proxy = Proxy::to(docker.socket());
        let mut terminal = bowline(&["--host", &proxy.host()]).size(160, 45).patience(Duration::from_secs(60)).start();
        terminal.wait_for("Containers");
        terminal.type_keys(&format!("/{name}\r"));
        terminal.wait_for("number 3.");
        let mut program = Self { _counter: counter, proxy, terminal };
        program.proxy.refuse();
        program.proxy.cut_all();
        program.terminal.wait_for("engine lost");
        program.heals();
        program
    }

    /// Without a key: the engine is heard, and new lines come.
    fn heals(&mut self) {
        self.proxy.heal();
        self.proxy.accept();
        self.proxy.cut_all();
        let last = super::engine::numbers_on(&self.terminal.wait_gone("engine lost")).last().copied().unwrap_or(0);
        self.terminal.wait_until("new lines", |screen| {
            !screen.contains("engine lost")
                && super::engine::numbers_on(screen).last().is_some_and(|number| *number > last + 5)
        });
        let screen = self.terminal.screen();
        let shown = super::engine::numbers_on(&screen);
        assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "each line once, in order: {shown:?}\n{screen}");
    }

    /// The most memory that it ever had, KiB.
    fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.terminal.process_id())).expect("it lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.terminal.process_id())).expect("it lives").count()
    }

    fn end(mut self) {
        self.terminal.type_keys("qq");
        assert!(self.terminal.wait_exit().success());
    }
}

/// Waits until something has come through the proxy since a mark, and lets it go on: who hoards has time to.
fn flows(proxy: &Proxy, mark: u64) {
    proxy.wait_until_within("the flood", Duration::from_secs(60), |proxy| proxy.bytes().1 > mark + 100_000);
    let enough = Instant::now() + Duration::from_secs(3);
    while Instant::now() < enough && proxy.bytes().1 < mark + GIGABYTE / 2 {
        time_passes(Duration::from_millis(10));
    }
}

#[test]
fn a_gigabyte_of_garbage_and_an_endless_header_take_no_memory() {
    let Some(docker) = docker::engine() else { return };
    let mut program = Program::start(&docker, "faults-garbage");
    let ordinary = program.most_memory();
    for (path, answer) in [
        ("/containers/json", Answer::Flood(GIGABYTE)),
        ("/json", Answer::Flood(GIGABYTE)),
        ("/_ping", Answer::Flood(GIGABYTE)),
        ("/", Answer::EndlessHeader(GIGABYTE)),
    ] {
        let mark = program.proxy.bytes().1;
        program.proxy.answer(path, answer);
        program.proxy.cut_all();
        flows(&program.proxy, mark);
        program.heals();
    }
    for path in ["/events", "/logs"] {
        let mark = program.proxy.bytes().1;
        program.proxy.spoil(path, 0, Spoil::Flood(GIGABYTE));
        program.proxy.cut_all();
        flows(&program.proxy, mark);
        program.heals();
    }
    let after = program.most_memory();
    println!("the most memory: {ordinary} KiB before, {after} KiB after");
    assert!(after <= ordinary + MEMORY_MORE, "{ordinary} KiB before, {after} KiB after");
    program.end();
}

#[test]
fn descriptors_are_given_back() {
    let Some(docker) = docker::engine() else { return };
    let mut program = Program::start(&docker, "faults-descriptors");
    let first = program.descriptors();
    for round in 0..4 {
        match round {
            0 => program.proxy.stall(true),
            1 => program.proxy.answer("/", Answer::Status(503, "busy".into())),
            2 => program.proxy.truncate("/", 50),
            _ => program.proxy.cut_after("/", 40, 50),
        }
        program.proxy.cut_all();
        program.terminal.wait_for("engine lost");
        program.heals();
    }
    let told = until_ok(|| {
        let (now, open) = (program.descriptors(), program.proxy.open());
        let told = format!("few descriptors: {first} at first, {now} after; {open} connections");
        if now <= first + DESCRIPTORS_MORE && open <= 8 + 6 + 2 { Ok(told) } else { Err(told) }
    });
    println!("{told}");
    program.end();
}
