//! The engine killed outright: nothing it started stays, and its socket can be taken again.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::support::{DEADLINE, is_alive};

const SCENARIO: &str = r#"
name = "crash"
[[instance]]
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

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
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
