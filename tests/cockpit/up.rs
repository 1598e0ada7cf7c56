//! `bowline up` on the real Docker, as it is called from a shell.

use crate::support::docker::{self, Docker, IMAGE};
use crate::support::wait::until;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A folder with a blueprint, and a project whose things go away with it.
struct Site {
    docker: Docker,
    folder: tempfile::TempDir,
    project: String,
}

impl Site {
    fn new(name: &str, blueprint: &str) -> Option<Site> {
        let docker = docker::engine()?;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(".bowline")).expect("made");
        std::fs::write(folder.path().join(".bowline/web.toml"), blueprint).expect("written");
        Some(Site { docker, folder, project: format!("bowline-test-up-{name}-{}", std::process::id()) })
    }

    fn up(&self, words: &[&str]) -> Output {
        let words = [&["up", "web", "--project", &self.project], words].concat();
        self.command(&words).output().expect("it runs")
    }

    fn command(&self, words: &[&str]) -> Command {
        let path: &Path = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command.args(["--host", self.docker.host()]).args(words).stdin(Stdio::null());
        command.current_dir(path).env("XDG_CONFIG_HOME", path.join("config")).env("HOME", path);
        command.env("XDG_STATE_HOME", path.join("state"));
        command
    }

    /// The objects that `--json` prints.
    #[track_caller]
    fn made(&self, words: &[&str], code: i32) -> Vec<Value> {
        let output = self.up(&[words, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(|line| serde_json::from_str(line).expect("an object on each line")).collect()
    }

    /// What there is of the project: its path in the engine's API.
    fn things(&self) -> Vec<String> {
        let filter = format!("%7B%22label%22%3A%5B%22bowline.project%3D{}%22%5D%7D", self.project);
        let list = |path: &str| self.docker.must("GET", path, &Value::Null);
        let ids = |list: &Value, key: &str, before: &str| -> Vec<String> {
            let all = list.as_array().into_iter().flatten();
            all.map(|one| format!("{before}{}", one[key].as_str().unwrap_or_default())).collect()
        };
        let containers = list(&format!("/containers/json?all=1&filters={filter}"));
        let volumes = list(&format!("/volumes?filters={filter}"));
        let networks = list(&format!("/networks?filters={filter}"));
        let mut things = ids(&containers, "Id", "/containers/");
        things.extend(ids(&volumes["Volumes"], "Name", "/volumes/"));
        things.extend(ids(&networks, "Id", "/networks/"));
        things
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for thing in self.things() {
            let force = if thing.starts_with("/networks") { "" } else { "?force=1" };
            // What cannot be removed shows in the audit of what tests leave behind.
            drop(self.docker.request("DELETE", &format!("{thing}{force}"), "", b""));
        }
    }
}

/// A web server that tells its environment.
fn web() -> String {
    format!(
        r#"
[variables.greeting]
default = "hello"

[container]
image = "{IMAGE}"
pull = "never"
name = "{{project}}-{{id}}"
command = ["sh", "-c", "mkdir -p /tmp/w && echo ${{greeting}} at $PORT > /tmp/w/index.html && exec httpd -f -p 8080 -h /tmp/w"]
environment = {{ PORT = "${{port}}" }}

[[ports]]
container = 8080
address = "127.0.0.1"

[network]
name = "{{project}}"

[probe]
http = "/"

[[urls]]
name = "web"
url = "http://{{host}}:${{port}}/"
"#
    )
}

fn body(url: &str) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches('/').replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.rsplit("\r\n").next().unwrap_or_default().trim().to_string()
}

#[test]
fn a_container_comes_up_and_answers_at_the_address_that_is_printed() {
    let Some(site) = Site::new("answers", &web()) else { return };
    let made = site.made(&["--set", "greeting=hi"], 0);
    let [made] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(made["result"], "made", "{made}");
    let port = made["ports"][0]["host"].as_u64().expect("a port");
    let url = made["urls"][0].as_str().expect("an address");
    assert!(url.contains(&format!(":{port}/")), "{made}");
    assert_eq!(body(url), format!("hi at {port}"));
    let stages: Vec<&str> = made["stages"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    let wanted =
        ["limits", "mounts", "network", "volumes", "image", "container", "files", "start", "commands", "ready", "urls"];
    assert_eq!(stages, wanted);
    assert!(site.things().iter().all(|thing| !thing.contains("unfinished")), "{:?}", site.things());
}

#[test]
fn several_come_up_in_one_act_with_names_and_ports_of_their_own() {
    let Some(site) = Site::new("several", &web()) else { return };
    let made = site.made(&["--count", "6"], 0);
    let different =
        |of: &dyn Fn(&Value) -> String| made.iter().map(of).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(different(&|one| one["name"].to_string()), 6, "{made:?}");
    assert_eq!(different(&|one| one["ports"][0]["host"].to_string()), 6, "{made:?}");
}

#[test]
fn a_failure_is_told_and_nothing_of_it_stays() {
    let broken = format!("{}\n[commands]\nafter_start = [\"exit 3\"]\n", web());
    let Some(site) = Site::new("fails", &broken) else { return };
    let failed = site.made(&[], 1);
    assert_eq!(failed[0]["result"], "failed", "{failed:?}");
    let cause = failed[0]["problem"]["cause"].as_str().unwrap_or_default();
    assert!(cause.starts_with("commands: ") && cause.contains("undone: "), "{cause}");
    assert_eq!(site.things(), [""; 0]);
}

#[test]
fn a_run_that_was_killed_is_found_and_undone_from_the_command_line() {
    let Some(site) = Site::new("killed", &format!("{}\n[commands]\nafter_start = [\"sleep 600\"]\n", web())) else {
        return;
    };
    let mut child =
        site.command(&["up", "web", "--project", &site.project]).stderr(Stdio::null()).spawn().expect("it starts");
    until("its container runs", || site.things().iter().any(|thing| thing.starts_with("/containers/")));
    let list = || {
        let output = site.command(&["unfinished", "--json"]).output().expect("it runs");
        let all: Value = serde_json::from_slice(&output.stdout).expect("one JSON array");
        let own = all.as_array().into_iter().flatten().find(|one| one["project"] == site.project.as_str());
        own.cloned().unwrap_or_default()
    };
    assert_eq!(list()["under_way"], true);
    let run = list()["run"].as_str().expect("a run").to_string();
    let undo = || site.command(&["unfinished", "--undo", &run]).output().expect("it runs");
    assert_eq!(undo().status.code(), Some(1), "it is under way");
    // SIGKILL: nothing can be taken back.
    child.kill().expect("killed");
    child.wait().expect("it ends");
    assert_eq!(list()["under_way"], false);
    let undone = undo();
    assert!(undone.status.success(), "{undone:?}");
    assert_eq!((site.things(), list()), (Vec::new(), Value::Null));
    assert_eq!(undo().status.code(), Some(1), "there is no such run any more");
}

#[test]
fn limits_bring_down_or_refuse_and_name_the_rule() {
    let Some(site) = Site::new("limits", &web()) else { return };
    let config = site.folder.path().join("config/bowline");
    std::fs::create_dir_all(&config).expect("made");
    std::fs::write(config.join("limits.toml"), "[maximum]\nmemory = \"64m\"\n").expect("written");
    let output = site.up(&[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("brought down to 64m (maximum.memory)"), "{output:?}");
    std::fs::write(config.join("limits.toml"), "over = \"refuse\"\n[maximum]\nmemory = \"64m\"\n").expect("written");
    assert_eq!(site.up(&["--dry-run"]).status.code(), Some(1), "a plan that would be refused is refused");
    std::fs::write(config.join("limits.toml"), "containers_per_project = 1\n").expect("written");
    let refused = site.up(&[]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("containers_per_project = 1"), "{refused:?}");
}
