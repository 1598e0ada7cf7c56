//! Compose in the true program: brought up from a form, its output on screen, and nothing of it left when the program is left.

use crate::support::bowline;
use crate::support::docker::engine;
use crate::support::wait::until;
use std::os::unix::fs::PermissionsExt;

#[test]
fn leaving_asks_first_and_leaves_no_compose_behind() {
    let Some(docker) = engine() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let script = "#!/bin/sh\n[ \"$1\" = version ] && echo 1.29.2 && exit\n\
        trap 'echo heard; exit 1' INT\n/bin/sleep 1000 &\necho compose at work $$ $!\nwait\n";
    let program = folder.path().join("docker-compose");
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made a program");
    std::fs::write(folder.path().join("compose.yaml"), "services: {}\n").expect("written");
    let here = folder.path().to_str().expect("text").to_string();
    let mut terminal = bowline(&["--host", docker.host()]).env("PATH", &here).size(120, 40).start();
    terminal.wait_for("Containers");
    terminal.type_keys("5");
    terminal.wait_for("U compose");
    terminal.type_keys("C");
    terminal.wait_for("Start a project from");
    terminal.type_keys(&format!("{here}\r"));
    terminal.wait_for("up (y)");
    terminal.type_keys("y");
    let screen = terminal.wait_until("its output", |screen| screen.text().contains("compose at work"));
    let text = screen.text();
    let line = text.lines().find_map(|line| line.split_once("compose at work ")).expect("a line").1;
    let pids: Vec<i32> = line.split_whitespace().filter_map(|word| word.parse().ok()).take(2).collect();
    assert_eq!(pids.len(), 2, "{line}");
    terminal.type_keys("\x03");
    terminal.wait_for("A transfer is running and will be cancelled");
    terminal.type_keys("y");
    terminal.wait_exit();
    terminal.terminal_is_given_back().expect("given back");
    // A process that nobody has waited for is dead all the same.
    let lives =
        |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|status| !status.contains(") Z "));
    until("the end of all that it started", || !pids.iter().any(lives));
}
