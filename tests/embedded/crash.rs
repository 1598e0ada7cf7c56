//! The engine killed outright: nothing it started stays, and its socket can be taken again.

use crate::cockpit::engine::Served;
use crate::support::wait::{until, until_some};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::support::is_alive;

const SCENARIO: &str = r#"
name = "crash"
[[container]]
name = "bowline-test-crash"
image = "i"
kind = "process"
command = ["/bin/sh", "-c", 'trap "" TERM; echo $$ > pids.new; sleep 300 & echo $! >> pids.new; mv pids.new pids; while :; do sleep 0.2; done']
"#;

#[test]
fn a_killed_engine_leaves_nothing_running() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    let scenario = SCENARIO.replace("pids.new; sleep", &format!("{place}/pids.new; sleep"));
    let scenario = scenario.replace(">> pids.new", &format!(">> {place}/pids.new"));
    let scenario = scenario.replace("mv pids.new pids", &format!("mv {place}/pids.new {place}/pids"));
    let mut first = Served::within(folder.path(), &scenario);
    let pids: Vec<i64> = until_some("its processes run", || {
        let text = std::fs::read_to_string(folder.path().join("pids")).ok()?;
        text.lines().map(|line| line.parse().ok()).collect()
    });
    assert_eq!(pids.len(), 2);
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    let mode = std::fs::metadata(first.socket()).expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    first.kill();
    until("its processes are gone", || pids.iter().all(|pid| !is_alive(*pid)));
    // The socket it left answers nobody: the next engine takes it.
    std::fs::remove_file(folder.path().join("pids")).expect("removes");
    Served::within(folder.path(), &scenario);
}

#[test]
fn a_killed_engine_leaves_no_command_running_inside_a_container() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let scenario = "name = \"crash\"\n[[container]]\nname = \"one\"\nimage = \"i\"\n";
    let mut engine = Served::within(folder.path(), scenario);
    let note = folder.path().join("pid");
    let script = format!("trap '' HUP; echo $$ > {0}.new; mv {0}.new {0}; sleep 300", note.display());
    let wanted = serde_json::json!({ "Cmd": ["/bin/sh", "-c", script], "Tty": true }).to_string();
    let made = tell(engine.socket(), "/containers/one/exec", &wanted);
    let id = made.split("\"Id\":\"").nth(1).and_then(|rest| rest.get(..64)).expect("an id").to_string();
    tell(engine.socket(), &format!("/exec/{id}/start"), r#"{"Detach":true,"Tty":true}"#);
    let pid = until_some("the command runs", || std::fs::read_to_string(&note).ok()?.trim().parse::<i64>().ok());
    assert!(is_alive(pid));
    engine.kill();
    until("the command is gone", || !is_alive(pid));
}

/// Sends one request and reads the whole answer.
fn tell(socket: &Path, path: &str, body: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(socket).expect("connects");
    let length = body.len();
    write!(stream, "POST {path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .expect("writes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("reads");
    answer
}
