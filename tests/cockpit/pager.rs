//! The terminal is lent to the user's own pager on the lines of a log: the true program on the embedded engine.

use crate::support::pty::{Setup, Signal, Terminal};
use crate::support::wait::until;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A pager that is this script, and a folder for what it shows.
struct Bench {
    scratch: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let bench = Bench { scratch: tempfile::tempdir().expect("a folder") };
        std::fs::create_dir_all(bench.texts()).expect("made");
        bench
    }

    fn texts(&self) -> PathBuf {
        self.scratch.path().join("texts")
    }

    fn is_clear(&self) -> bool {
        std::fs::read_dir(self.texts()).expect("read").next().is_none()
    }

    /// The cockpit with the log of a container in focus, and this pager.
    fn cockpit(&self, pager: &str) -> Terminal {
        let mut terminal = Setup::new(env!("CARGO_BIN_EXE_bowline"))
            .args(&["--demo"])
            .env("PAGER", pager)
            .env("TMPDIR", self.texts().to_str().expect("text"))
            .size(160, 45)
            .start();
        terminal.wait_for("nothing is isolated");
        terminal.type_keys("l");
        terminal.wait_for("following");
        terminal
    }

    fn script(&self, script: &str) -> String {
        self.script_named("pager", script)
    }

    fn script_named(&self, name: &str, script: &str) -> String {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
        path.to_str().expect("text").to_string()
    }
}

/// Opens the log in the pager.
fn open(terminal: &mut Terminal) {
    terminal.type_keys("o");
    terminal.wait_for("open the shown lines in");
    terminal.type_keys("p");
    terminal.wait_for("READING");
}

#[test]
fn the_pager_has_the_terminal_and_the_text_is_gone_after_it() {
    let bench = Bench::new();
    let script = bench.script("printf 'READING %s, %s lines' \"$(stat -c %a \"$1\")\" \"$(wc -l < \"$1\")\"; read x");
    let mut terminal = bench.cockpit(&script);
    open(&mut terminal);
    let screen = terminal.wait_for(" lines");
    assert!(screen.contains("READING 400") && !screen.contains(", 0 lines"), "{screen}");
    assert!(!bench.is_clear());
    terminal.type_keys("\r");
    terminal.wait_for("following");
    until("the text is gone", || bench.is_clear());
    terminal.type_keys("?");
    terminal.wait_for("Help: all keys");
    terminal.type_keys("q\x03");
    assert!(terminal.wait_exit().success());
    terminal.terminal_is_given_back().expect("given back");
}

#[test]
fn a_pager_that_is_not_there_or_fails_is_told_with_what_to_do() {
    let bench = Bench::new();
    for (pager, told) in
        [("no-such-pager --x".to_string(), "no-such-pager"), (bench.script("exit 3"), "exit status: 3")]
    {
        let mut terminal = bench.cockpit(&pager);
        terminal.type_keys("o");
        terminal.wait_for("open the shown lines in");
        terminal.type_keys("p");
        let screen = terminal.wait_for(told);
        assert!(screen.contains("set PAGER to your pager"), "{screen}");
        assert!(bench.is_clear());
    }
}

#[test]
fn a_signal_that_ends_bowline_ends_the_pager_and_leaves_no_text() {
    let bench = Bench::new();
    let script = bench.script("printf READING; exec sleep 1000");
    let mut terminal = bench.cockpit(&script);
    open(&mut terminal);
    terminal.signal(Signal::TERM);
    terminal.wait_exit();
    assert!(bench.is_clear());
    terminal.terminal_is_given_back().expect("given back");
}

#[test]
fn less_is_told_the_line_at_the_top_of_the_screen() {
    let bench = Bench::new();
    let less = bench.script_named("less", r#"printf 'READING [%s %s]' "$1" "${2##*.}"; read x"#);
    let mut terminal = bench.cockpit(&less);
    open(&mut terminal);
    let screen = terminal.wait_for(" log]");
    let row = screen.rows().into_iter().find(|row| row.contains("READING")).expect("it is on screen");
    let line = row.split_once("[+").and_then(|(_, rest)| rest.split_once("g log]")).map(|(line, _)| line);
    assert!(line.and_then(|line| line.parse::<usize>().ok()).is_some_and(|line| line > 1), "{row}");
}
