//! A terminal that takes little, or nothing for a while: inside nothing waits for it, and when it takes everything again
//! one frame brings the truth (rows U3, U4).

use super::engine::Served;
use crate::support::bowline;
use crate::support::docker::Docker;
use crate::support::proxy::Proxy;
use crate::support::pty::{Screen, Terminal};
use crate::support::vitals::Vitals;
use crate::support::wait::{time_passes, until, until_ok};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What the kernel holds of a terminal's output at most: what was written and what waits to be read.
const KERNEL: usize = 16 * 1024;
/// More than the cockpit ever holds, with a log of 16 MiB, unoptimized, KiB.
const MEMORY: u64 = 80 * 1024;
/// How long a terminal that hangs takes nothing.
const HANGS: Duration = if cfg!(debug_assertions) { Duration::from_secs(3) } else { Duration::from_secs(10) };

const SCENARIO: &str = r#"
name = "slow"
seed = 5
fleet = 8

[[container]]
name = "aa-flood"
image = "flood"
kind = "process"
command = ["sh", "-c", "n=0; while :; do n=$((n+1)); echo line $n of a flood; done"]
"#;

/// The cockpit on an engine behind a proxy that counts, with a flooding log on screen.
struct Ground {
    api: Docker,
    proxy: Proxy,
    terminal: Terminal,
    _engine: Served,
}

impl Ground {
    fn new() -> Ground {
        let engine = Served::of(SCENARIO);
        let proxy = Proxy::to(engine.socket());
        let terminal = bowline(&["--host", &proxy.host()]).size(120, 40).patience(Duration::from_secs(60)).start();
        terminal.wait_for(" 9 ");
        terminal.wait_for(" of a flood");
        Ground { api: Docker::at(engine.host()), proxy, terminal, _engine: engine }
    }

    /// Bytes of one whole frame: what painting everything anew takes.
    fn frame(&mut self) -> usize {
        let mark = self.terminal.mark();
        self.terminal.type_keys("<ctrl-l>");
        until("what ctrl-l paints", || self.terminal.raw_since(mark).windows(4).any(|four| four == b"\x1b[2J"));
        self.terminal.wait_still(Duration::from_millis(300));
        self.terminal.raw_since(mark).len()
    }

    fn state_of(&self, name: &str) -> String {
        let inspected = self.api.must("GET", &format!("/containers/{name}/json"), &Value::Null);
        inspected["State"]["Status"].as_str().unwrap_or_default().to_owned()
    }

    fn wait_for_state(&self, name: &str, state: &str) {
        until_ok(|| match self.state_of(name) {
            now if now == state => Ok(()),
            now => Err(format!("{name} to be {state}: it is {now}")),
        });
    }

    /// Containers come and go.
    fn churn(&self) {
        for number in 0..30 {
            let wanted = json!({ "Image": "newcomer", "Cmd": ["sleep", "3600"] });
            self.api.must("POST", &format!("/containers/create?name=new-{number}"), &wanted);
            self.api.must("POST", &format!("/containers/new-{number}/start"), &Value::Null);
            if number % 3 > 0 {
                self.api.must("DELETE", &format!("/containers/new-{number}?force=1"), &Value::Null);
            }
        }
    }

    /// What is typed acts, and the streams go on, though the terminal shows nothing of it.
    fn nothing_inside_waits(&mut self) {
        self.terminal.type_keys("P");
        self.wait_for_state("aa-flood", "paused");
        self.churn();
        self.terminal.type_keys("P");
        self.wait_for_state("aa-flood", "running");
        let (_, before) = self.proxy.bytes();
        self.proxy.wait_until("a megabyte of log taken in", |proxy| proxy.bytes().1 > before + 1_000_000);
    }

    /// The flood ends, the last keys are typed; then the terminal takes everything again.
    fn one_frame_brings_the_truth(&mut self) {
        self.terminal.type_keys("/new-\r");
        self.terminal.wait_until_input_is_read();
        let asked = self.proxy.count("/containers/json");
        self.api.must("POST", "/containers/aa-flood/kill", &Value::Null);
        self.proxy.wait_until("its end to be looked at", |proxy| proxy.count("/containers/json") > asked);
        let mark = self.terminal.mark();
        self.terminal.resume();
        let stayed: Vec<String> = (0..30).step_by(3).map(|number| format!("new-{number}")).collect();
        self.terminal.wait_until("the rows of those who stayed, and no others", |screen| {
            screen.contains("filter new-  10 of 19") && rows_of(screen) == stayed
        });
        let came = self.terminal.raw_since(mark).len();
        self.terminal.type_keys("<esc>");
        // Read together with the next key it would be alt.
        self.terminal.wait_gone("filter new-");
        let frame = self.frame();
        // The rest of the frame that was under way, and one more.
        assert!(came <= KERNEL + 2 * frame, "{came} bytes until the truth, a frame has {frame}");
    }

    fn leave(mut self) {
        let vitals = Vitals::of(self.terminal.process_id());
        assert!(vitals.peak < MEMORY, "{vitals:?}");
        self.terminal.type_keys("1q");
        assert!(self.terminal.wait_exit().success());
    }
}

/// The names of the newcomers in the list, in its order.
fn rows_of(screen: &Screen) -> Vec<String> {
    let rows = screen.rows();
    let events = rows.iter().position(|row| row.contains("─ Events")).unwrap_or(rows.len());
    let name = |row: &String| row.split_whitespace().take(3).find(|word| word.starts_with("new-")).map(str::to_owned);
    rows[..events].iter().filter_map(name).collect()
}

#[test]
fn behind_two_kilobytes_a_second_keys_act_streams_flow_and_the_end_is_true() {
    let mut ground = Ground::new();
    ground.terminal.throttle(2_000);
    ground.nothing_inside_waits();
    ground.one_frame_brings_the_truth();
    ground.leave();
}

#[test]
fn a_terminal_that_hangs_for_a_while_delays_nothing_inside_and_shows_the_truth_when_it_goes_on() {
    let mut ground = Ground::new();
    let began = Instant::now();
    ground.terminal.stall();
    ground.nothing_inside_waits();
    time_passes(HANGS.saturating_sub(began.elapsed()));
    ground.one_frame_brings_the_truth();
    ground.leave();
}

#[test]
fn a_terminal_that_hangs_can_be_left_by_its_key() {
    let mut ground = Ground::new();
    ground.terminal.stall();
    let (_, before) = ground.proxy.bytes();
    ground.proxy.wait_until("the flood going on", |proxy| proxy.bytes().1 > before + 1_000_000);
    ground.terminal.type_keys("q");
    assert!(ground.terminal.wait_exit().success());
}
