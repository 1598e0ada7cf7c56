//! Shells in their pane, through the real program in a real terminal: on the embedded engine, and on Docker where it runs.

use super::engine::Served;
use crate::support::pty::{Screen, Terminal};
use crate::support::{bowline, docker};
use std::time::Duration;

const PREFIX: &str = "\x1d";

/// One local process that does nothing, and to which nothing happens.
const QUIET: &str = r#"
name = "quiet"
unrest = 0.0

[[container]]
name = "web-1"
image = "quiet"
kind = "process"
command = ["sh", "-c", "while :; do sleep 1; done"]
"#;

/// An engine with a container in which a shell can be opened.
enum Ground {
    Embedded(Served),
    Docker { host: String, container: docker::TestContainer },
}

impl Ground {
    fn embedded() -> Ground {
        Ground::Embedded(Served::of(QUIET))
    }

    /// All engines that are here.
    fn all(name: &str) -> Vec<Ground> {
        let mut grounds = vec![Ground::embedded()];
        grounds.extend(Ground::docker(name));
        grounds
    }

    fn docker(name: &str) -> Option<Ground> {
        let engine = docker::engine()?;
        let container = engine.run(name, "while :; do sleep 1; done");
        Some(Ground::Docker { host: engine.host().to_string(), container })
    }

    /// The cockpit with the container under the cursor.
    fn cockpit(&self, columns: u16, rows: u16) -> Terminal {
        let host = match self {
            Ground::Embedded(engine) => engine.host(),
            Ground::Docker { host, .. } => host.clone(),
        };
        let setup = bowline(&["--host", &host]).env("PS1", "$ ").size(columns, rows);
        let mut terminal = setup.patience(Duration::from_secs(60)).start();
        terminal.wait_until("a container", |screen| screen.rows().iter().any(|row| row.starts_with('▌')));
        if let Ground::Docker { container, .. } = self {
            terminal.type_keys("/");
            terminal.type_keys(&container.name);
            terminal.type_keys("\r");
            terminal.wait_until("the container under the cursor", |screen| {
                let name: String = container.name.chars().take(10).collect();
                screen.rows().iter().any(|row| row.starts_with('▌') && row.contains(&name))
            });
        }
        terminal
    }
}

/// Opens a shell and waits until it answers.
fn open(terminal: &mut Terminal) {
    terminal.type_keys("e");
    terminal.wait_for("ctrl-] esc leaves");
    say(terminal, "echo it is $((20+22))");
    terminal.wait_for("it is 42");
}

fn say(terminal: &mut Terminal, line: &str) {
    terminal.type_keys(&format!("{line}\r"));
}

/// Rows and columns of the shell's place, as the screen shows it.
fn place(screen: &Screen) -> (usize, usize) {
    let rows = screen.rows();
    let title = rows.iter().position(|row| row.contains("ctrl-] esc leaves")).expect("the shell's title");
    let left = rows[title + 1].chars().position(|c| c == '│').map_or(0, |divider| divider + 2);
    (rows.len() - 2 - title, screen.width() - left)
}

/// Asks inside for the size and waits until it is that of the place.
fn size_agrees(terminal: &mut Terminal, number: u32) {
    terminal.wait_for("ctrl-] esc leaves");
    say(terminal, &format!("echo size {number} $(stty size)"));
    terminal.wait_until("the size inside to be that of the pane", |screen| {
        let (rows, columns) = place(screen);
        screen.contains(&format!("size {number} {rows} {columns}"))
    });
}

fn leave(terminal: &mut Terminal) {
    terminal.type_keys(PREFIX);
    terminal.type_keys("\x1b");
    terminal.wait_gone("ctrl-] esc leaves");
    // q would take the filter away first.
    terminal.type_keys("\x03");
    terminal.wait_for("Quit bowline?");
    terminal.type_keys("y");
    assert!(terminal.wait_exit().success());
}

#[test]
fn the_size_inside_is_that_of_the_pane_at_start_and_after_every_change() {
    for ground in Ground::all("shell-size") {
        let mut terminal = ground.cockpit(160, 45);
        open(&mut terminal);
        size_agrees(&mut terminal, 1);
        terminal.resize(120, 30);
        terminal.wait_until("the new size", |screen| screen.width() == 120);
        size_agrees(&mut terminal, 2);
        terminal.type_keys(PREFIX);
        terminal.type_keys("z");
        terminal.wait_gone("Containers");
        size_agrees(&mut terminal, 3);
        terminal.type_keys(PREFIX);
        terminal.type_keys("z");
        terminal.wait_for("Containers");
        size_agrees(&mut terminal, 4);
        terminal.resize(80, 24);
        terminal.wait_until("the new size", |screen| screen.width() == 80);
        size_agrees(&mut terminal, 5);
        leave(&mut terminal);
    }
}

#[test]
fn a_flood_leaves_keys_and_other_panes_alive_and_ctrl_c_ends_it() {
    for ground in Ground::all("shell-flood") {
        let mut terminal = ground.cockpit(160, 45);
        open(&mut terminal);
        say(&mut terminal, "yes bowline-flood");
        terminal.wait_for("bowline-flood");
        terminal.type_keys(PREFIX);
        terminal.type_keys("?");
        terminal.wait_for("Help: all keys");
        terminal.type_keys("\x1b");
        terminal.wait_gone("Help: all keys");
        terminal.type_keys("\x03");
        say(&mut terminal, "echo still $((40+2))");
        let screen = terminal.wait_for("still 42");
        assert!(screen.contains("^C"), "{screen}");
        leave(&mut terminal);
    }
}

#[test]
fn the_final_screen_after_a_hundred_megabytes_is_right() {
    // An unoptimised build takes a tenth of it: what is checked is the end, not the speed.
    let bytes = if cfg!(debug_assertions) { 10_000_000 } else { 100_000_000 };
    for ground in Ground::all("shell-cat") {
        let mut terminal = ground.cockpit(160, 45);
        open(&mut terminal);
        let flood = format!("yes abcdefghijklmnopqrstuvwxyz | head -c {bytes}; echo; echo end $((6*7))");
        say(&mut terminal, &flood);
        let screen = terminal.wait_for("end 42");
        assert!(screen.contains("abcdefghijklmnopqrstuvwxyz"), "{screen}");
        leave(&mut terminal);
    }
}

#[test]
fn leaving_bowline_leaves_nothing_running_inside() {
    let Some(ground) = Ground::docker("shell-left") else { return };
    let Ground::Docker { container, .. } = &ground else { unreachable!() };
    let mut terminal = ground.cockpit(160, 45);
    open(&mut terminal);
    say(&mut terminal, "sleep 86399");
    container.wait_for_process("sleep 86399", true);
    leave(&mut terminal);
    container.wait_for_process("sleep 86399", false);
}

#[test]
fn a_shell_ends_with_its_container_and_says_so() {
    let Some(ground) = Ground::docker("shell-ends") else { return };
    let Ground::Docker { container, .. } = &ground else { unreachable!() };
    let mut terminal = ground.cockpit(160, 45);
    open(&mut terminal);
    container.kill();
    terminal.wait_for("the shell ended with exit 137");
    container.start();
    container.wait_status("running");
    terminal.wait_for("running");
    terminal.wait_for("runs it again");
    terminal.type_keys("\r");
    terminal.wait_for("ctrl-] esc leaves");
    say(&mut terminal, "echo again $((20+22))");
    terminal.wait_for("again 42");
    leave(&mut terminal);
}

#[test]
fn an_editor_in_the_pane_draws_scrolls_and_gives_the_screen_back() {
    let Some(ground) = Ground::docker("shell-vi") else { return };
    let mut terminal = ground.cockpit(160, 45);
    open(&mut terminal);
    say(&mut terminal, "seq 1 200 > /tmp/numbers; clear; vi /tmp/numbers");
    terminal.wait_until("the editor", |screen| screen.contains("/tmp/numbers 1/200"));
    terminal.type_keys("G");
    terminal.wait_until("the last line", |screen| screen.contains("200/200"));
    // Arrow keys in application mode or not: the editor moves.
    terminal.type_keys("\x1b[A");
    terminal.wait_until("the line before", |screen| screen.contains("199/200"));
    terminal.type_keys("ohello from the pane\x1b");
    // An editor waits a moment to see whether the escape begins a key.
    terminal.wait_until("the end of insertion", |screen| screen.contains("- /tmp/numbers [Modified]"));
    terminal.type_keys(":wq\r");
    // It throws away what is typed before it has gone.
    terminal.wait_for("/ #");
    say(&mut terminal, "grep -n hello /tmp/numbers");
    terminal.wait_for("200:hello from the pane");
    leave(&mut terminal);
}

#[test]
fn a_command_without_a_terminal_shows_streams_and_exit_code() {
    for ground in Ground::all("shell-command") {
        let mut terminal = ground.cockpit(160, 45);
        terminal.type_keys("E");
        terminal.wait_for("Run in ");
        terminal.type_keys("sh -c 'echo to out; echo to err >&2; exit 3'\r");
        let screen = terminal.wait_for("the command ended with exit 3");
        assert!(screen.contains("to out") && screen.contains("to err"), "{screen}");
        terminal.type_keys("x");
        terminal.wait_gone("the command ended");
        terminal.type_keys("\x03");
        assert!(terminal.wait_exit().success());
    }
}

#[test]
fn what_is_copied_in_the_scrollback_reaches_the_terminals_clipboard() {
    for ground in Ground::all("shell-copy") {
        let mut terminal = ground.cockpit(160, 45);
        open(&mut terminal);
        say(&mut terminal, "for n in 1 2 3; do echo precious-$n; done");
        terminal.wait_for("precious-3");
        terminal.type_keys(PREFIX);
        terminal.type_keys("[");
        terminal.wait_for("scrollback");
        terminal.type_keys("/precious-2\r");
        terminal.wait_still(std::time::Duration::from_millis(100));
        terminal.type_keys("0v$y");
        terminal.wait_for("sent to the terminal's clipboard");
        assert_eq!(terminal.copied().last().map(|text| text.trim().to_string()).as_deref(), Some("precious-2"));
        leave(&mut terminal);
    }
}

#[test]
fn processes_are_shown_and_one_is_signalled() {
    let Some(ground) = Ground::docker("shell-processes") else { return };
    let Ground::Docker { container, .. } = &ground else { unreachable!() };
    let mut terminal = ground.cockpit(160, 45);
    open(&mut terminal);
    say(&mut terminal, "sleep 86398 & echo start $((40+2))");
    terminal.wait_for("start 42");
    // At once, as over a slow link: the terminal makes alt-p of escape and p.
    terminal.type_keys(PREFIX);
    terminal.type_keys("\x1bp");
    terminal.wait_for("sleep 86398");
    terminal.wait_for("exec");
    // Down, a row at a time, to the one that is meant.
    let meant = |screen: &Screen| screen.rows().iter().any(|row| row.contains('▌') && row.contains("sleep 86398"));
    let place = |screen: &Screen| screen.rows().iter().rposition(|row| row.chars().skip(60).any(|c| c == '▌'));
    let mut screen = terminal.wait_until("the cursor among the processes", |screen| place(screen).is_some());
    while !meant(&screen) {
        let before = place(&screen);
        terminal.type_keys("j");
        screen = terminal.wait_until("the cursor further down", |screen| place(screen) != before);
    }
    terminal.type_keys("K");
    terminal.wait_for("Which signal for");
    terminal.type_keys("\r");
    terminal.wait_for("Signal a process with SIGKILL?");
    terminal.type_keys("y");
    container.wait_for_process("sleep 86398", false);
    terminal.wait_for("signalled");
    terminal.type_keys(PREFIX);
    terminal.wait_for("ctrl-] esc leaves");
    leave(&mut terminal);
}

#[test]
fn attaching_reaches_the_main_process_and_leaving_does_not_stop_it() {
    let Some(engine) = docker::engine() else { return };
    let more = serde_json::json!({ "Tty": true, "OpenStdin": true, "Cmd": ["sh"] });
    let container = engine.create("shell-attach", &more);
    container.start();
    let ground = Ground::Docker { host: engine.host().to_string(), container };
    let mut terminal = ground.cockpit(160, 45);
    terminal.type_keys("A");
    terminal.wait_for("attached");
    say(&mut terminal, "echo main $((20+22)) $$");
    terminal.wait_for("main 42 1");
    // What others take for detaching goes inside.
    terminal.type_keys("\x10\x11");
    say(&mut terminal, "echo there $((20+22))");
    terminal.wait_for("there 42");
    terminal.type_keys(PREFIX);
    terminal.type_keys("x");
    terminal.wait_gone("attached");
    let Ground::Docker { container, .. } = &ground else { unreachable!() };
    assert_eq!(container.inspect()["State"]["Running"], true);
    terminal.type_keys("\x03");
    assert!(terminal.wait_exit().success());
}

#[test]
fn an_engine_that_dies_ends_the_pane_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Served::within(folder.path(), QUIET);
    let mut terminal = bowline(&["--host", &engine.host()]).size(160, 45).start();
    terminal.wait_until("a container", |screen| screen.rows().iter().any(|row| row.starts_with('▌')));
    open(&mut terminal);
    engine.kill();
    terminal.wait_for("engine lost");
    let screen = terminal.wait_gone("ctrl-] esc leaves");
    assert!(screen.contains("it is 42"), "the last screen stays: {screen}");
    terminal.type_keys("x");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}
