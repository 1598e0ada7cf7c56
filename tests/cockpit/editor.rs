//! The terminal is lent to the user's own editor, whatever that one does with it: the true program on the real Docker.

use crate::support::audit::{Extra, only_known_sequences_and};
use crate::support::docker;
use crate::support::pty::{Setup, Signal, Terminal};
use crate::support::wait::until;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A container with a file, and a folder for drafts that is looked into.
struct Bench {
    docker: docker::Docker,
    container: docker::TestContainer,
    scratch: tempfile::TempDir,
}

impl Bench {
    fn new(name: &str) -> Option<Bench> {
        let script = "rm -r /etc /root; echo one > /tmp/note; sleep 1000";
        let docker = docker::engine()?;
        let container = docker.run(&format!("editor-{name}"), script);
        container.wait_for_process("sleep 1000", true);
        Some(Bench { docker, container, scratch: tempfile::tempdir().expect("a folder") })
    }

    /// The cockpit with the file under the cursor, and an editor that is this script.
    fn cockpit(&self, editor: &str) -> Terminal {
        let path = self.scratch.path().join("editor");
        std::fs::write(&path, format!("#!/bin/sh\n{editor}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
        std::fs::create_dir_all(self.drafts()).expect("made");
        // Below what a shell has shown before.
        let start =
            format!("echo first; echo second; exec '{}' --host {}", env!("CARGO_BIN_EXE_bowline"), self.docker.host());
        let mut terminal = Setup::new("sh")
            .args(&["-c", &start])
            .env("VISUAL", path.to_str().expect("text"))
            .env("TMPDIR", self.drafts().to_str().expect("text"))
            .size(160, 45)
            .start();
        terminal.wait_for("bowline-test-");
        terminal.type_keys(&format!("/{}\r", self.container.name));
        terminal.wait_for("1 of ");
        terminal
    }

    fn drafts(&self) -> PathBuf {
        self.scratch.path().join("drafts")
    }

    /// Files that are kept.
    fn kept(&self) -> Vec<PathBuf> {
        let folders = std::fs::read_dir(self.drafts()).expect("read").flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).expect("read").flatten());
        let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
        files.sort();
        files
    }
}

/// The terminal is as it was, with what was on it.
#[track_caller]
fn given_back(terminal: &Terminal) {
    terminal.terminal_is_given_back().expect("given back");
    let screen = terminal.screen();
    let rows = screen.rows();
    assert!(rows[0] == "first" && rows[1] == "second" && screen.cursor.1 >= 2, "{screen}");
}

/// The cockpit has the terminal again, and gives it back at its end.
#[track_caller]
fn works_and_ends(mut terminal: Terminal) {
    terminal.type_keys("?");
    terminal.wait_for("Help: all keys");
    terminal.type_keys("q\x03");
    assert!(terminal.wait_exit().success());
    given_back(&terminal);
}

/// Opens the editor and waits until it has the terminal.
fn edit(terminal: &mut Terminal) {
    terminal.type_keys("b");
    terminal.wait_for("tmp/");
    terminal.type_keys("/tmp\r\r");
    terminal.wait_for("note");
    terminal.type_keys("E");
    terminal.wait_for("EDITING");
}

#[test]
fn a_killed_editor_leaves_the_terminal_as_bowline_wants_it_and_as_the_shell_had_it() {
    let Some(bench) = Bench::new("killed") else { return };
    // On the other screen, raw, with keys in application mode, a part of the screen that scrolls alone, and the mouse on.
    let wild = "stty raw -echo; printf '\\033[?1049h\\033[?1h\\033=\\033[>4;2m\\033[>1u\\033[5;9r\\033[?1000hEDITING'";
    let mut terminal = bench.cockpit(&format!("{wild}; dd bs=1 count=1 >/dev/null 2>&1; kill -9 $$"));
    edit(&mut terminal);
    terminal.resize(120, 40);
    let mark = terminal.mark();
    terminal.type_keys("x");
    let screen = terminal.wait_for("the editor failed");
    assert!(screen.width() == 120 && screen.rows()[0].contains("bowline"), "{screen}");
    only_known_sequences_and(&terminal.raw_since(mark), &[Extra::Tidy]).expect("nothing else");
    assert_eq!(bench.kept(), Vec::<PathBuf>::new());
    works_and_ends(terminal);
}

#[test]
fn what_an_editor_that_died_left_is_kept_shown_and_told_at_the_end() {
    let Some(bench) = Bench::new("died") else { return };
    let mut terminal =
        bench.cockpit("printf EDITING; read x; echo typed > \"$(dirname \"$1\")/.note.swp\"; kill -9 $$");
    edit(&mut terminal);
    terminal.type_keys("\r");
    let screen = terminal.wait_for("Edits that were not written back");
    assert!(screen.contains(".note.swp") && screen.contains("bowline-edit-"), "{screen}");
    let kept = bench.kept();
    assert_eq!(kept.len(), 2, "{kept:?}");
    terminal.type_keys("<esc>");
    terminal.wait_gone("Edits that were not written back");
    terminal.type_keys(":kept-edits\r");
    terminal.wait_for("Edits that were not written back");
    terminal.type_keys("q\x03");
    terminal.wait_exit();
    let said = terminal.screen().text().replace('\n', "");
    assert!(said.contains("an edit was not written back") && said.contains("bowline-edit-"), "{said}");
    assert_eq!(bench.kept(), kept);
}

#[test]
fn an_edit_that_was_kept_is_opened_again() {
    let Some(bench) = Bench::new("again") else { return };
    let script = "printf \"EDITING $(cat \"$1\")\"; read x; echo $x > \"$1\"; test $x != half";
    let mut terminal = bench.cockpit(script);
    edit(&mut terminal);
    terminal.type_keys("half\r");
    terminal.wait_for("Edits that were not written back");
    terminal.type_keys("<esc>");
    terminal.wait_gone("Edits that were not written back");
    terminal.type_keys("E");
    terminal.wait_for("open it again");
    terminal.type_keys("\r");
    terminal.wait_for("EDITING half");
    terminal.type_keys("whole\r");
    terminal.wait_for("written: /tmp/note");
    assert_eq!(bench.kept(), Vec::<PathBuf>::new());
}

#[test]
fn an_interrupt_that_ends_the_editor_does_not_end_bowline() {
    let Some(bench) = Bench::new("interrupt") else { return };
    let mut terminal = bench.cockpit("printf EDITING; exec sleep 1000");
    edit(&mut terminal);
    terminal.type_keys("\x03");
    terminal.wait_for("the editor failed");
    works_and_ends(terminal);
}

#[test]
fn a_signal_that_ends_bowline_ends_the_editor_also_one_that_does_not_listen() {
    let Some(bench) = Bench::new("end") else { return };
    let mut terminal = bench.cockpit("trap '' TERM; echo two > \"$1\"; printf EDITING; while :; do sleep 0.1; done");
    edit(&mut terminal);
    terminal.signal(Signal::TERM);
    terminal.wait_exit();
    given_back(&terminal);
    let [kept] = &bench.kept()[..] else { panic!("{:?}", bench.kept()) };
    assert_eq!(std::fs::read_to_string(kept).expect("read"), "two\n");
    let said = terminal.screen().text().replace('\n', "");
    assert!(said.contains(kept.to_str().expect("text")), "{said}");
}

#[test]
fn suspending_the_editor_where_no_shell_could_wake_it_does_nothing() {
    let Some(bench) = Bench::new("suspend") else { return };
    // As vim does it at ctrl-z.
    let mut terminal = bench.cockpit("printf EDITING; read x; kill -TSTP 0; printf STILL; read x; echo two > \"$1\"");
    edit(&mut terminal);
    terminal.type_keys("\r");
    terminal.wait_for("STILL");
    terminal.type_keys("\r");
    terminal.wait_for("written: /tmp/note");
}

#[test]
fn while_an_editor_has_the_terminal_sessions_go_on_and_nothing_is_written_to_it() {
    let Some(bench) = Bench::new("lent") else { return };
    // More than all pipes on the way hold.
    let line = "x".repeat(4000);
    let chatty =
        format!("rm -r /etc /root; echo one > /tmp/note; while :; do n=$((n+1)); echo {line}$n; usleep 1000; done");
    let more = serde_json::json!({ "Tty": true, "OpenStdin": true, "Cmd": ["sh", "-c", chatty] });
    let container = bench.docker.create("editor-chatty", &more);
    container.start();
    let bench = Bench { container, ..bench };
    let counted = || {
        let path = format!("/containers/{}/logs?stdout=1&tail=1", bench.container.name);
        let (_, log) = bench.docker.request("GET", &path, "", b"").expect("a log");
        let digits: String = String::from_utf8_lossy(&log).chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap_or_default()
    };
    let mut terminal = bench.cockpit("printf EDITING; read x; echo two > \"$1\"");
    terminal.type_keys("A");
    terminal.wait_for("attached");
    terminal.type_keys("\x1d\x1b");
    terminal.wait_for("Containers");
    edit(&mut terminal);
    let (start, mark) = (counted(), terminal.mark());
    until("2000 lines more", || counted() >= start + 2000);
    assert_eq!(String::from_utf8_lossy(&terminal.raw_since(mark)), "");
    terminal.type_keys("\r");
    terminal.wait_for("written: /tmp/note");
}
