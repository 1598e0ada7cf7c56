//! Bad input gets one clear sentence with the mend, exit code 2, and never a stack trace.

use std::process::{Command, Output};

fn bowline(args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.args(args).env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").env("TERM", "xterm-256color");
    command.envs(env.iter().copied()).output().expect("the program starts")
}

fn refusal(args: &[&str], env: &[(&str, &str)]) -> String {
    let output = bowline(args, env);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{args:?} said {said}");
    assert!(!said.contains("panicked") && !said.contains("stack backtrace"), "{said}");
    said
}

#[test]
fn an_unknown_flag_is_named() {
    assert!(refusal(&["--hots", "x"], &[]).contains("--hots"));
}

#[test]
fn a_wrong_address_says_how_addresses_are_written() {
    let said = refusal(&["--host", "foo://bar"], &[]);
    assert!(said.contains("foo://") && said.contains("unix:///path/to/socket"), "{said}");
    assert_eq!(said.lines().count(), 1);
    assert!(refusal(&[], &[("DOCKER_HOST", "tcp://nowhere:port")]).contains("DOCKER_HOST"));
}

#[test]
fn a_password_in_an_address_is_repeated_nowhere() {
    for (args, env) in [
        (vec!["--host", "tcp://me:hunter2@h:x"], vec![]),
        (vec!["--host", "https://me:hunter2@h"], vec![]),
        (vec![], vec![("DOCKER_HOST", "me:hunter2@h:x")]),
        (vec!["engine", "--listen", "tcp://me:hunter2@h:1"], vec![]),
    ] {
        let said = refusal(&args, &env);
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_password_in_the_configuration_is_repeated_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    for line in ["host = \"tcp://me:hunter2@h:x\"", "host = \"tcp://me:hunter2@h:x", "hots = \"tcp://me:hunter2@h:1\""]
    {
        std::fs::write(&file, format!("[engine]\n{line}\n")).expect("written");
        let said = refusal(&["--config", file.to_str().expect("text")], &[]);
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_broken_configuration_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[screen]\nthem = \"dark\"\n").expect("written");
    let path = file.to_str().expect("text");
    let said = refusal(&["--config", path], &[]);
    assert!(said.contains(&format!("{path}:2: ")) && said.contains("did you mean 'theme'"), "{said}");
    let missing = folder.path().join("absent.toml");
    assert!(refusal(&["--config", missing.to_str().expect("text")], &[]).contains("cannot be read"));
}

#[test]
fn a_dumb_terminal_and_a_pipe_are_refused_in_words() {
    assert!(refusal(&[], &[("TERM", "dumb")]).contains("TERM=dumb"));
    assert!(refusal(&["--demo"], &[]).contains("needs a terminal"));
}

#[test]
fn an_unknown_theme_lists_the_known_ones() {
    assert!(refusal(&["--theme", "solarised"], &[]).contains("colour-blind"));
}

#[test]
fn the_default_configuration_is_printed_and_accepted() {
    let output = bowline(&["config"], &[]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(bowline::config::parse(&text).is_ok());
    assert!(text.contains("# start-stop = [\"S\"]"));
}

#[test]
fn help_names_the_place_of_the_configuration() {
    let output = bowline(&["--help"], &[]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("bowline/config.toml"));
}
