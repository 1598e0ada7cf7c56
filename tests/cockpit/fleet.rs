//! Two engines in one cockpit, each named with a flag of its own.

use super::engine::Served;
use crate::support::bowline;
use crate::support::docker::Docker;
use crate::support::pty::Terminal;
use serde_json::Value;
use std::path::Path;

/// An engine whose one container `web` says in its environment and its log where it is.
fn served(folder: &Path, site: &str) -> Served {
    let scenario = folder.join(format!("{site}.toml"));
    let text = format!(
        r#"
        name = "{site}"
        seed = 1
        processors = 4
        host_memory = "64GiB"

        [[volume]]
        name = "data-{site}"

        [[container]]
        name = "web"
        image = "nginx:1.27"
        service = "{site}"
        env = ["SITE={site}"]
        log = "json"
        rate = 20.0
        stable = true
        "#
    );
    std::fs::write(&scenario, text).expect("written");
    Served::start(&folder.join(format!("{site}.sock")), &["--scenario", scenario.to_str().expect("text")])
}

fn state_of(engine: &Served) -> String {
    let list = Docker::at(engine.host()).must("GET", "/containers/json?all=1", &Value::Null);
    list[0]["State"].as_str().unwrap_or_default().to_string()
}

/// Chooses an engine by its name.
fn choose(terminal: &mut Terminal, engine: &str) {
    terminal.type_keys("@");
    terminal.wait_for("Which engine?");
    terminal.type_keys(if engine == "east" { "g\r" } else { "G\r" });
    terminal.wait_gone("Which engine?");
    let name = format!(" {engine} ");
    terminal.wait_until("the engine in the header", move |screen| {
        screen.rows().first().is_some_and(|row| row.contains(&name) && row.contains("of 2 engines"))
    });
}

#[test]
fn two_engines_are_one_cockpit_and_each_request_goes_to_the_one_that_is_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut east, west) = (served(folder.path(), "east"), served(folder.path(), "west"));
    let mut terminal = bowline(&["--host", &east.host(), "--host", &west.host()]).size(160, 45).start();
    terminal.wait_until("both containers and whose they are", |screen| {
        let rows = |site: &str| screen.rows().iter().filter(|row| row.contains("web  ") && row.contains(site)).count();
        screen.contains("ENGINE") && rows("east") == 1 && rows("west") == 1
    });

    // Each log is its own.
    for site in ["east", "west"] {
        choose(&mut terminal, site);
        terminal.wait_for(&format!("service={site}"));
    }

    // An operation changes the one of the engine that is meant.
    terminal.type_keys("P");
    terminal.wait_for("= web");
    assert_eq!((state_of(&east), state_of(&west)), ("running".into(), "paused".into()));
    terminal.type_keys("P");
    terminal.wait_gone("= web");

    // So does a shell.
    terminal.type_keys("e");
    terminal.wait_for("ctrl-] esc leaves");
    terminal.type_keys("echo it is $SITE here\r");
    terminal.wait_for("it is west here");
    terminal.type_keys("exit\r");
    terminal.wait_gone("ctrl-] esc leaves");
    terminal.type_keys("x");

    // What lies beside containers says whose it is.
    terminal.type_keys("3");
    terminal.wait_for("data-east on east");
    terminal.wait_for("data-west on west");
    terminal.type_keys("1");

    // One that is lost leaves the other as it is.
    choose(&mut terminal, "west");
    east.kill();
    terminal.wait_for("east lost ");
    terminal.type_keys("P");
    terminal.wait_for("= web");
    assert_eq!(state_of(&west), "paused");
    terminal.type_keys("@");
    terminal.wait_for("Which engine?");
    terminal.type_keys("<esc>");
    terminal.wait_gone("Which engine?");
    terminal.type_keys("\x03");
    assert!(terminal.wait_exit().success());
}

#[test]
fn an_engine_that_is_named_twice_and_a_task_for_one_of_several_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) = ("unix:///nowhere/a.sock", "unix:///nowhere/b.sock");
    let said = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bowline"));
        let output = command.args(args).env("XDG_STATE_HOME", folder.path()).output().expect("the program starts");
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said(&["--host", one, "--host", one]).contains("named twice"));
    let socket = folder.path().join("engine.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let link = folder.path().join("link.sock");
    std::os::unix::fs::symlink(&socket, &link).expect("a link");
    let (socket, link) = (socket.display().to_string(), link.display().to_string());
    assert!(said(&["--host", &socket, "--host", &format!("unix://{link}")]).contains("named twice"));
    assert!(said(&["--host", ""]).contains("--host is empty"), "a variable that is not set does not mean this machine");
    assert!(said(&["--host", one, "--host", two, "exec", "web", "true"]).contains("a single --host"));
}
