//! The cockpit and the tasks without a screen, where the Docker client uses a context.

use super::engine::Served;
use crate::support::bowline;
use std::path::Path;
use std::process::Command;

/// Under this name the client keeps its context `prod`.
const PROD: &str = "6754af9632a2745e85c293e5aac0863370d9bd3330b9938c00cadfd215227d77";

/// Makes the client's current context one that leads to this address.
fn uses(folder: &Path, host: &str) {
    let meta = folder.join("contexts/meta").join(PROD);
    std::fs::create_dir_all(&meta).expect("a folder");
    let text = format!(r#"{{"Name":"prod","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
    std::fs::write(meta.join("meta.json"), text).expect("written");
    std::fs::write(folder.join("config.json"), r#"{"currentContext":"prod"}"#).expect("written");
}

#[test]
fn a_plain_context_is_opened_and_the_header_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Served::start(&folder.path().join("engine.sock"), &[]);
    uses(folder.path(), &engine.host());
    let terminal = bowline(&[]).env("DOCKER_CONFIG", folder.path().to_str().expect("text")).size(160, 45).start();
    let header = terminal.wait_for("nothing is isolated").row(0);
    assert!(header.contains("prod") && header.contains("context"), "{header}");
}

#[test]
fn in_place_of_a_context_by_ssh_nothing_is_opened_until_somebody_says_yes() {
    let folder = tempfile::tempdir().expect("a folder");
    // Where engines listen, in case that nothing else does on this machine.
    let _engine = Served::start(&folder.path().join("docker.sock"), &[]);
    uses(folder.path(), "ssh://ann:hunter2@harbour.example");
    let here = folder.path().to_str().expect("text");
    let mut terminal = bowline(&[]).env("DOCKER_CONFIG", here).env("XDG_RUNTIME_DIR", here).size(120, 40).start();
    let asked = terminal.wait_for("open (y)");
    assert!(asked.contains("ssh://ann@harbour.example"), "{}", asked.text());
    terminal.type_keys("n");
    let refused = terminal.wait_gone("open (y)");
    assert!(refused.contains("context cannot be opened") && !refused.contains("Containers"), "{}", refused.text());
    terminal.type_keys("r");
    terminal.wait_for("open (y)");
    terminal.type_keys("y");
    terminal.wait_for("in place of context prod");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
    assert!(!String::from_utf8_lossy(&terminal.raw_bytes()).contains("hunter2"));
}

#[test]
fn tasks_refuse_a_context_that_cannot_be_opened_unless_an_engine_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Served::start(&folder.path().join("engine.sock"), &[]);
    uses(folder.path(), "ssh://ann:hunter2@harbour.example");
    let said = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        for name in ["DOCKER_HOST", "CONTAINER_HOST", "DOCKER_CONTEXT", "CONTAINER_RUNTIME"] {
            command.env_remove(name);
        }
        let output = command.env("DOCKER_CONFIG", folder.path()).args(args).output().expect("the program starts");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    for task in [vec!["exec", "absent", "true"], vec!["cp", "absent:/etc", "."]] {
        let (code, words) = said(&task);
        assert_eq!(code, Some(125), "{words}");
        assert!(words.contains("context prod") && words.contains("ssh://ann@harbour.example"), "{words}");
        assert!(words.contains("--host") && !words.contains("hunter2") && words.lines().count() == 1, "{words}");
        let host = engine.host();
        let (_, words) = said(&[&["--host", &host][..], &task].concat());
        assert!(words.contains("no such container") && !words.contains("context"), "{words}");
    }
}
