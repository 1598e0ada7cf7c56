//! The cockpit on engines that are served, lost, found again, or forbidden.

use crate::support::pty::Terminal;
use crate::support::wait::until;
use crate::support::{bowline, docker};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `bowline engine` on a socket, until dropped.
pub struct Served {
    socket: PathBuf,
    child: Child,
    _folder: Option<tempfile::TempDir>,
}

impl Served {
    /// An engine of this scenario, in a folder of its own.
    pub fn of(scenario: &str) -> Served {
        let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
        let mut served = Served::within(folder.path(), scenario);
        served._folder = Some(folder);
        served
    }

    /// An engine of this scenario, whose socket lies in this folder.
    pub fn within(folder: &Path, scenario: &str) -> Served {
        let file = folder.join("scenario.toml");
        std::fs::write(&file, scenario).expect("written");
        Served::start(&folder.join("engine.sock"), &["--scenario", file.to_str().expect("text")])
    }

    pub fn start(socket: &Path, args: &[&str]) -> Served {
        let listen = format!("unix://{}", socket.display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command.args(["engine", "--listen", &listen]).args(args).stdin(Stdio::null());
        let child = command.spawn().expect("the engine starts");
        let served = Served { socket: socket.to_path_buf(), child, _folder: None };
        until("the engine to listen", || std::os::unix::net::UnixStream::connect(&served.socket).is_ok());
        served
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have been killed by the test.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_thousand_containers_are_listed_and_walked() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Served::start(&folder.path().join("engine.sock"), &["--synthetic", "1000"]);
    let mut terminal = bowline(&["--host", &engine.host()]).size(160, 45).start();
    terminal.wait_for(" 1000 ");
    terminal.type_keys("G");
    let last = terminal
        .wait_until("the cursor on the last row", |screen| screen.rows().iter().any(|row| row.starts_with('▌')));
    assert!(last.contains("Containers"));
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_lost_engine_keeps_its_rows_and_comes_back_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("engine.sock");
    let mut engine = Served::start(&socket, &["--synthetic", "12"]);
    let mut terminal = bowline(&["--host", &engine.host()]).size(160, 45).start();
    terminal.wait_for(" 12 ");
    engine.kill();
    let lost = terminal.wait_for("engine lost");
    assert!(lost.contains(" 12 "), "rows stay: {lost}");
    let _engine = Served::start(&socket, &["--synthetic", "12"]);
    terminal.wait_gone("engine lost");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn without_an_engine_each_place_is_named_and_the_embedded_engine_is_a_key_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = format!("unix://{}/absent.sock", folder.path().display());
    let mut terminal = bowline(&["--host", &nowhere]).size(100, 30).start();
    terminal.wait_for("No container engine answers");
    let screen = terminal.wait_for("--host");
    assert!(screen.contains("absent.sock"), "{screen}");
    terminal.type_keys("\x02");
    terminal.wait_for("demo");
    terminal.wait_for("Containers");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_socket_without_permission_says_which_group_helps() {
    if !rustix::process::getuid().is_root() {
        return crate::support::not_run("only root can become a user without permission");
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("readable");
    let program = folder.path().join("bowline");
    std::fs::copy(env!("CARGO_BIN_EXE_bowline"), &program).expect("copied");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let socket = folder.path().join("engine.sock");
    let engine = Served::start(&socket, &["--synthetic", "1"]);
    // As the engines' own sockets are: the group daemon (number 1 everywhere) may use it, others may not.
    std::os::unix::fs::chown(&socket, None, Some(1)).expect("given to a group");
    std::fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o660)).expect("for the group");
    let program = program.to_str().expect("text");
    let args = ["--reuid=65534", "--regid=65534", "--clear-groups", program, "--host", &engine.host()];
    // A home that nobody else can have made: what lies in another's may not be read either.
    let home = folder.path().join("home");
    let home = home.to_str().expect("text");
    let mut terminal: Terminal =
        crate::support::pty::Setup::new("setpriv").args(&args).env("HOME", home).size(100, 30).start();
    let screen = terminal.wait_for("permission denied");
    assert!(screen.contains("usermod -aG daemon"), "{screen}");
    terminal.type_keys("q");
    terminal.wait_exit();
}

#[test]
fn on_a_real_engine_containers_are_stopped_started_and_removed() {
    let Some(docker) = docker::engine() else { return };
    let paused = docker.run("cockpit-paused", "sleep 1000");
    let container = docker.run("cockpit-acts", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    let mut terminal = bowline(&["--host", docker.host()]).size(160, 45).start();
    terminal.wait_for("Containers");
    // The result of an act may stand on the screen a moment before the event that turns its row, and what a key means
    // hangs on the row.
    let act = |terminal: &mut Terminal, key: &str, told: &str, row: &str| {
        terminal.type_keys(key);
        terminal.wait_until(&format!("{told:?} and {row:?}"), |screen| screen.contains(told) && screen.contains(row));
    };
    // Not on the other one: Docker 20.10 may call a container paused once more, for a moment, after it was unpaused, and
    // refuses to stop it then.
    terminal.type_keys("/cockpit-paused\r");
    terminal.wait_for(" 1 of ");
    act(&mut terminal, "P", " paused bowline-test-", "= paused");
    paused.wait_status("paused");
    act(&mut terminal, "P", " unpaused bowline-test-", "● running");
    paused.wait_status("running");
    terminal.type_keys("\x1b");
    terminal.wait_gone(" 1 of ");
    terminal.type_keys("/cockpit-acts\r");
    terminal.wait_for("ready");
    act(&mut terminal, "S", " stopped bowline-test-", "○ exit 0");
    container.wait_status("exited");
    act(&mut terminal, "S", " started bowline-test-", "● running");
    container.wait_status("running");
    act(&mut terminal, "R", " restarted bowline-test-", "● running");
    container.wait_status("running");
    // Its third start's line: the row is that of the restarted container for certain.
    terminal.wait_until("the lines of three starts", |screen| {
        screen.rows().iter().filter(|row| row.trim_end().ends_with("ready")).count() == 3
    });
    terminal.type_keys("K\ry");
    terminal.wait_for("exit 137");
    terminal.type_keys("Dy");
    terminal.wait_for("removed bowline-test-");
    terminal.wait_for("no containers match the filter");
    terminal.type_keys("q");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_container_removed_while_its_log_is_open_leaves_a_whole_cockpit() {
    let Some(docker) = docker::engine() else { return };
    let _bystander = docker.run("cockpit-bystander", "sleep 1000");
    let container = docker.run("cockpit-gone", "while :; do echo tick; sleep 0.05; done");
    let mut terminal = bowline(&["--host", docker.host()]).size(160, 45).start();
    terminal.wait_for("Containers");
    terminal.type_keys("/cockpit-gone\rl");
    terminal.wait_for("tick");
    drop(container);
    terminal.wait_for("no containers match the filter");
    terminal.type_keys("qqq");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_long_log_shows_its_end_at_once_and_scrolls_back_to_its_first_line() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("cockpit-long", "seq 1 60000 | sed 's/^/line /;s/$/./'; sleep 1000");
    terminal_scrolls_to_the_first_line(&container, docker.host());
}

fn terminal_scrolls_to_the_first_line(container: &docker::TestContainer, host: &str) {
    container.wait_status("running");
    let mut terminal = bowline(&["--host", host]).size(160, 45).start();
    terminal.wait_for("Containers");
    terminal.type_keys("/cockpit-long\rl");
    terminal.wait_for("line 60000.");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        terminal.type_keys("g");
        let screen = terminal.wait_until("no page under way", |screen| !screen.contains("loading older"));
        if screen.rows().iter().any(|row| row.trim_end().ends_with("line 1.")) {
            break;
        }
        assert!(Instant::now() < deadline, "never came to the first line\n{screen}");
    }
    terminal.type_keys("G");
    terminal.wait_for("line 60000.");
    terminal.type_keys("qqq");
    assert!(terminal.wait_exit().success());
}
