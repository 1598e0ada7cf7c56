//! The engine killed outright: nothing it started stays, and its socket can be taken again.

use crate::support::wait::until_some as until;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::support::is_alive;

const SCENARIO: &str = r#"
name = "crash"
[[container]]
name = "bowline-test-crash"
image = "i"
kind = "process"
command = ["/bin/sh", "-c", 'trap "" TERM; echo $$ > pids.new; sleep 300 & echo $! >> pids.new; mv pids.new pids; while :; do sleep 0.2; done']
"#;

/// The program, ended whatever happens to the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn engine(folder: &Path) -> Program {
    let child = Command::new(env!("CARGO_BIN_EXE_bowline"))
        .args(["engine", "--listen", &format!("unix://{}", folder.join("e.sock").display()), "--scenario"])
        .arg(folder.join("scenario.toml"))
        .stdin(Stdio::null())
        .spawn();
    Program(child.expect("the program starts"))
}

#[test]
fn a_killed_engine_leaves_nothing_running() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    let scenario = SCENARIO.replace("pids.new; sleep", &format!("{place}/pids.new; sleep"));
    let scenario = scenario.replace(">> pids.new", &format!(">> {place}/pids.new"));
    let scenario = scenario.replace("mv pids.new pids", &format!("mv {place}/pids.new {place}/pids"));
    std::fs::write(folder.path().join("scenario.toml"), scenario).expect("writes");
    let mut first = engine(folder.path());
    let pids: Vec<i64> = until("its processes run", || {
        let text = std::fs::read_to_string(folder.path().join("pids")).ok()?;
        text.lines().map(|line| line.parse().ok()).collect()
    });
    assert_eq!(pids.len(), 2);
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    let socket = folder.path().join("e.sock");
    let mode = until("the socket is there", || std::fs::metadata(&socket).ok()).permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    first.0.kill().expect("SIGKILL");
    first.0.wait().expect("buried");
    until("its processes are gone", || pids.iter().all(|pid| !is_alive(*pid)).then_some(()));
    // The socket it left answers nobody: the next engine takes it.
    std::fs::remove_file(folder.path().join("pids")).expect("removes");
    let second = engine(folder.path());
    until("the next engine answers", || std::os::unix::net::UnixStream::connect(&socket).ok());
    drop(second);
}

#[test]
fn a_killed_engine_leaves_no_command_running_inside_a_container() {
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let scenario = "name = \"crash\"\n[[container]]\nname = \"one\"\nimage = \"i\"\n";
    std::fs::write(folder.path().join("scenario.toml"), scenario).expect("writes");
    let mut engine = engine(folder.path());
    let socket = folder.path().join("e.sock");
    until("the engine answers", || std::os::unix::net::UnixStream::connect(&socket).ok());
    let note = folder.path().join("pid");
    let script = format!("trap '' HUP; echo $$ > {0}.new; mv {0}.new {0}; sleep 300", note.display());
    let wanted = serde_json::json!({ "Cmd": ["/bin/sh", "-c", script], "Tty": true }).to_string();
    let made = tell(&socket, "/containers/one/exec", &wanted);
    let id = made.split("\"Id\":\"").nth(1).and_then(|rest| rest.get(..64)).expect("an id").to_string();
    tell(&socket, &format!("/exec/{id}/start"), r#"{"Detach":true,"Tty":true}"#);
    let pid = until("the command runs", || std::fs::read_to_string(&note).ok()?.trim().parse::<i64>().ok());
    assert!(is_alive(pid));
    engine.0.kill().expect("SIGKILL");
    engine.0.wait().expect("buried");
    until("the command is gone", || (!is_alive(pid)).then_some(()));
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
