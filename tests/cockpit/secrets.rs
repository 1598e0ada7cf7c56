//! What bowline says itself on the command line, and what it leaves on this machine, has no secrets in it.

use crate::support::bowline;
use crate::support::pty::{Signal, Terminal};
use crate::support::wait::until;
use std::path::Path;
use std::process::Command;

const SECRET: &str = "sesame4711";

#[test]
fn no_message_on_the_command_line_repeats_a_secret() {
    let word = format!("DB_PASSWORD={SECRET}");
    let address = format!("tcp://gus:{SECRET}@127.0.0.1:1");
    for args in [
        vec![word.as_str()],
        vec!["--config", &word],
        vec!["--theme", &word],
        vec!["--demo", "exec", &word, "true"],
        vec!["--demo", "cp", &format!("{word}:/x"), "/nowhere/at/all"],
        vec!["--host", &address, "exec", "web", "true"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command.args(&args).env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").env("TERM", "xterm-256color");
        let output = command.output().expect("the program starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && !said.is_empty(), "{args:?}");
        assert!(!said.contains(SECRET), "{args:?}: {said}");
    }
}

/// All files below a folder: their paths and what is in them.
fn files_below(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => files_below(&path),
        false => {
            let bytes = std::fs::read(&path).expect("readable");
            vec![(path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())]
        }
    };
    entries.flat_map(read).collect()
}

#[test]
fn no_file_that_a_run_of_the_cockpit_leaves_has_a_secret_in_it() {
    let state = tempfile::tempdir().expect("a folder");
    let cockpit = |args: &[&str]| {
        let setup = bowline(args).env("XDG_STATE_HOME", state.path().to_str().expect("text"));
        setup.env("BOWLINE_LOG", "bowline=trace").size(120, 40).start()
    };
    let run = |command: &str| {
        let mut terminal = cockpit(&["--demo"]);
        terminal.wait_for("shop-api-1");
        terminal.type_keys("/shop-api-1\r");
        terminal.wait_gone("media-cdn-1");
        terminal.type_keys("E");
        terminal.wait_for("Run in ");
        terminal.type_keys(command);
        terminal.wait_gone("Run in ");
        terminal
    };
    let end = |mut terminal: Terminal| {
        terminal.signal(Signal::TERM);
        terminal.wait_exit();
    };
    end(run(&format!("mysql -uroot -p{SECRET} shop<tab><tab><tab>API_TOKEN={SECRET}\r")));
    let harmless = run("echo harmless\r");
    until("a command that is remembered", || {
        files_below(state.path()).iter().any(|(_, text)| text.contains("echo harmless"))
    });
    end(harmless);
    let lost = cockpit(&["--host", &format!("tcp://gus:{SECRET}@127.0.0.1:1")]);
    lost.wait_for("No container engine answers");
    end(lost);
    let files = files_below(state.path());
    assert!(files.iter().any(|(path, text)| path.ends_with(".log") && text.contains("127.0.0.1:1")), "{files:?}");
    for (path, text) in files {
        assert!(!text.contains(SECRET), "{path}: {text}");
    }
}
