//! The terminal is given back as it was, whatever ends the program (row U4), and little is written to it (row U3).

use crate::support::audit::only_known_sequences;
use crate::support::bowline;
use crate::support::pty::{Setup, Terminal};
use crate::support::wait::time_passes;
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

fn demo() -> Terminal {
    let terminal = bowline(&["--demo"]).size(120, 40).start();
    terminal.wait_for("Containers");
    terminal
}

fn given_back(terminal: &Terminal) {
    terminal.terminal_is_given_back().expect("given back");
    only_known_sequences(&terminal.raw_bytes()).expect("only known sequences");
}

#[test]
fn it_is_given_back_on_quit() {
    let mut terminal = demo();
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
    given_back(&terminal);
}

#[test]
fn a_terminal_that_does_not_know_its_size_is_taken_for_one_of_80x24_until_it_is_told() {
    let program = env!("CARGO_BIN_EXE_bowline");
    for (said, columns) in [("", 80), ("COLUMNS=60 LINES=20", 60)] {
        // As on a serial line; the script waits so that the resize is the terminal's own.
        let script = format!("stty rows 0 cols 0; {said} exec '{program}' --demo");
        let mut terminal = Setup::new("sh").args(&["-c", &script]).size(80, 24).start();
        let screen = terminal.wait_for("Containers");
        let widest = screen.rows().iter().map(|row| row.trim_end().chars().count()).max();
        assert!(widest.is_some_and(|widest| (columns - 20..=columns).contains(&widest)), "{}", screen.text());
        terminal.resize(120, 40);
        terminal.wait_until("the whole screen", |screen| screen.rows().last().is_some_and(|row| row.contains("help")));
        terminal.type_keys("q");
        assert!(terminal.wait_exit().success());
        given_back(&terminal);
    }
}

#[test]
fn it_is_given_back_on_signals() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut terminal = demo();
        terminal.signal(signal);
        terminal.wait_exit();
        given_back(&terminal);
    }
}

#[test]
fn it_is_given_back_on_a_panic() {
    let mut terminal = bowline(&["--demo"]).env("BOWLINE_TEST_PANIC", "1").size(120, 40).start();
    terminal.wait_exit();
    terminal.terminal_is_given_back().expect("given back");
    assert!(String::from_utf8_lossy(&terminal.raw_bytes()).contains("asked for by a test"));
}

#[test]
fn it_is_given_back_while_suspended_and_taken_again() {
    // As an interactive shell does it: jobs, and `fg`.
    let script = format!(
        "set -m; '{}' --demo; echo first; read x; fg >/dev/null; echo second; read x; fg >/dev/null; echo over",
        env!("CARGO_BIN_EXE_bowline")
    );
    let mut terminal = Setup::new("sh").args(&["-c", &script]).size(120, 40).start();
    terminal.wait_for("Containers");
    terminal.type_keys("\x1a");
    assert!(!terminal.wait_for("first").contains("Containers"));
    terminal.type_keys("\r");
    terminal.wait_for("Containers");
    let shell = terminal.process_id();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("children");
    let id = children.split_whitespace().next().and_then(|id| id.parse().ok()).and_then(Pid::from_raw);
    kill_process(id.expect("a child"), Signal::TSTP).expect("signalled");
    assert!(!terminal.wait_for("second").contains("Containers"));
    terminal.type_keys("\r");
    terminal.wait_for("Containers");
    terminal.type_keys("q");
    terminal.wait_for("over");
    assert!(terminal.wait_exit().success());
    given_back(&terminal);
}

#[test]
fn where_no_shell_could_wake_it_it_does_not_go_to_sleep() {
    let mut terminal = demo();
    terminal.type_keys("\x1a");
    terminal.wait_for("no shell would wake bowline");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

/// So long that a frame is drawn.
const A_FRAME: Duration = Duration::from_millis(30);

#[test]
fn a_terminal_that_takes_nothing_more_does_not_hold_up_the_end() {
    let mut terminal = demo();
    let id = Pid::from_raw(terminal.process_id() as i32).expect("a process");
    terminal.stall();
    // Frames of this size fill what the kernel holds for a terminal.
    for step in 0..40u16 {
        terminal.resize(200 + step, 80);
        time_passes(A_FRAME);
    }
    kill_process(id, Signal::TERM).expect("signalled");
    terminal.wait_exit();
}

/// Somebody drags the window's corner.
const BETWEEN_RESIZES: Duration = Duration::from_millis(5);

#[test]
fn fifty_resizes_a_second_end_in_a_whole_screen() {
    let mut terminal = demo();
    for step in 0..100u16 {
        terminal.resize(40 + step % 120, 12 + step % 40);
        time_passes(BETWEEN_RESIZES);
    }
    terminal.resize(100, 30);
    let screen = terminal.wait_until("the header and the footer in their places", |screen| {
        let rows = screen.rows();
        rows.first().is_some_and(|row| row.contains("bowline")) && rows.last().is_some_and(|row| row.contains("help"))
    });
    assert_eq!(screen.rows().len(), 30);
    terminal.type_keys("q");
    terminal.wait_exit();
    given_back(&terminal);
}

#[test]
fn neither_a_resize_nor_a_key_is_lost_when_both_come_at_once() {
    let mut terminal = demo();
    for step in 0..150u16 {
        // Taller each second time: a cockpit that has not heard of it leaves the last row empty.
        let rows = if step % 2 == 0 { 24 } else { 40 };
        terminal.send(b"?");
        terminal.resize(100 + step % 7, rows);
        terminal.wait_until("the help over a whole screen", |screen| {
            let whole = screen.rows().last().is_some_and(|row| row.contains("esc close"));
            whole && screen.contains("Help: all keys")
        });
        terminal.send(b"q");
        terminal.wait_gone("Help: all keys");
    }
}

/// Nothing happens for so long.
const IDLE: Duration = Duration::from_secs(2);

#[test]
fn an_idle_cockpit_writes_nothing() {
    let engine = super::engine::Served::of("name = \"quiet\"\n");
    let terminal = bowline(&["--host", &engine.host()]).size(120, 40).start();
    terminal.wait_for("no containers on this engine");
    terminal.wait_still(Duration::from_millis(1500));
    let mark = terminal.mark();
    time_passes(IDLE);
    assert_eq!(String::from_utf8_lossy(&terminal.raw_since(mark)), "");
}
