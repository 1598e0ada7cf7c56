//! A real engine for tests: where it is, what to do when it is absent, and containers that go away again.

use super::wait::until_ok;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The image all test containers are made from: busybox and its links, nothing else.
pub const IMAGE: &str = "bowline-test-busybox";

/// What the names of all test containers begin with.
pub const PREFIX: &str = "bowline-test-";

/// An engine that answers, with the test image in it.
#[derive(Debug, Clone)]
pub struct Docker {
    host: String,
}

/// The engine, or `None` after saying why the test does not run.
///
/// `BOWLINE_REQUIRE_ENGINE=1` makes an absent engine a failure: where one is promised, nothing is skipped in silence.
#[track_caller]
pub fn engine() -> Option<Docker> {
    let docker = Docker { host: host() };
    match docker.request("GET", "/_ping", "", b"") {
        Ok((200, _)) => {
            docker.ensure_image();
            Some(docker)
        }
        other => {
            let why = other.map_or_else(|why| why.to_string(), |(status, _)| format!("status {status}"));
            super::absent("BOWLINE_REQUIRE_ENGINE", &format!("no Docker engine answers at {}: {why}", docker.host));
            None
        }
    }
}

fn host() -> String {
    let named = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    named.unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned())
}

impl Docker {
    /// An engine at an address of its own, such as an embedded one.
    pub fn at(host: impl Into<String>) -> Docker {
        Docker { host: host.into() }
    }

    /// The engine that listens on a socket; puts the test image into it.
    #[track_caller]
    pub fn prepared(socket: &Path) -> Docker {
        let docker = Docker::at(format!("unix://{}", socket.display()));
        if let Err(why) = docker.make_image() {
            panic!("the image {IMAGE} cannot be made: {why}");
        }
        docker
    }

    /// True when an engine answers on a socket.
    pub fn answers(socket: &Path) -> bool {
        let docker = Docker::at(format!("unix://{}", socket.display()));
        matches!(docker.request("GET", "/_ping", "", b""), Ok((200, _)))
    }

    /// The address as `--host` and `DOCKER_HOST` take it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The engine's socket; tests that put a proxy in front of it need one.
    #[track_caller]
    pub fn socket(&self) -> PathBuf {
        let path = self.host.strip_prefix("unix://");
        PathBuf::from(path.unwrap_or_else(|| panic!("{} is no unix socket", self.host)))
    }

    /// One request, one answer: status and body. HTTP/1.0, so that the end of the body is the end of the connection.
    pub fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        trait Both: Read + Write {}
        impl<T: Read + Write> Both for T {}
        const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));
        let mut stream: Box<dyn Both> = match self.host.split_once("://") {
            Some(("unix", path)) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(DEADLINE)?;
                Box::new(stream)
            }
            Some(("tcp" | "http", address)) => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(DEADLINE)?;
                Box::new(stream)
            }
            _ => return Err(io::Error::other("only unix:// and tcp:// are understood")),
        };
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: docker\r\nContent-Length: {}\r\n", body.len())?;
        if !kind.is_empty() {
            write!(stream, "Content-Type: {kind}\r\n")?;
        }
        stream.write_all(b"\r\n")?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
        let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, answer.split_off(end + 4)))
    }

    /// A request that must succeed; its answer as JSON, `null` when there is none.
    #[track_caller]
    pub fn must(&self, method: &str, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        match self.request(method, path, "application/json", text.as_bytes()) {
            Ok((200..=304, answer)) => serde_json::from_slice(&answer).unwrap_or_default(),
            Ok((status, answer)) => panic!("{method} {path}: {status} {}", String::from_utf8_lossy(&answer)),
            Err(why) => panic!("{method} {path}: {why}"),
        }
    }

    /// Makes a container that runs a shell command and starts it. It is removed when the handle is dropped.
    #[track_caller]
    pub fn run(&self, name: &str, command: &str) -> TestContainer {
        let container = self.create(name, &serde_json::json!({ "Cmd": ["sh", "-c", command] }));
        container.start();
        container
    }

    /// Makes a container without starting it. `more` is laid over the request: `Tty`, `HostConfig`, `Labels` …
    #[track_caller]
    pub fn create(&self, name: &str, more: &serde_json::Value) -> TestContainer {
        // Tests run beside each other, and beside other runs of the same tests.
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{name}-{}-{made}", std::process::id());
        let mut request = serde_json::json!({
            "Image": IMAGE,
            "Cmd": ["sleep", "3600"],
            "StopTimeout": 1,
            "Labels": { "bowline-test": std::process::id().to_string() },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            request[key] = value.clone();
        }
        let answer = self.must("POST", &format!("/containers/create?name={name}"), &request);
        let id = answer["Id"].as_str().expect("a made container has an id").to_owned();
        TestContainer { docker: self.clone(), id, name }
    }

    /// The command lines in a container, as the engine lists them.
    #[track_caller]
    pub fn commands_in(&self, id: &str) -> Vec<String> {
        let top = self.must("GET", &format!("/containers/{id}/top?ps_args=-eo%20pid,args"), &serde_json::Value::Null);
        let rows = top["Processes"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row[1].as_str().map(str::to_string)).collect()
    }

    /// The names of all test containers that exist, also of those that a broken run left behind.
    pub fn left_behind(&self) -> Vec<String> {
        let list = self.must("GET", "/containers/json?all=1", &serde_json::Value::Null);
        let names = list.as_array().into_iter().flatten().filter_map(|container| container["Names"][0].as_str());
        names.map(|name| name.trim_start_matches('/').to_owned()).filter(|name| name.starts_with(PREFIX)).collect()
    }

    /// Makes the image, once.
    #[track_caller]
    fn ensure_image(&self) {
        static MADE: OnceLock<Result<(), String>> = OnceLock::new();
        if let Err(why) = MADE.get_or_init(|| self.make_image()) {
            panic!("the image {IMAGE} cannot be made: {why}");
        }
    }

    fn make_image(&self) -> Result<(), String> {
        let there = self.request("GET", &format!("/images/{IMAGE}:latest/json"), "", b"");
        if there.is_ok_and(|(status, _)| status == 200) {
            return Ok(());
        }
        let archive = busybox_archive()?;
        let path = format!("/images/create?fromSrc=-&repo={IMAGE}&tag=latest&changes=ENV%20PATH%3D%2Fbin");
        match self.request("POST", &path, "application/x-tar", &archive) {
            Ok((200, _)) => Ok(()),
            Ok((status, answer)) => Err(format!("{status} {}", String::from_utf8_lossy(&answer))),
            Err(why) => Err(why.to_string()),
        }
    }
}

fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|why| format!("{command:?}: {why}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{command:?}: {}", output.status)) }
}

/// Fetches a package of Debian and unpacks it into a folder. Nothing is installed.
pub fn unpack(package: &str, folder: &Path) -> Result<(), String> {
    let download = || run(Command::new("apt-get").args(["download", "-q", package]).current_dir(folder));
    download()
        .or_else(|_| run(Command::new("apt-get").args(["update", "-q"])).and_then(|_| download()))
        .map_err(|why| format!("none can be had ({why}); install {package}"))?;
    let entries = std::fs::read_dir(folder).map_err(|why| why.to_string())?;
    let found = entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "deb"));
    run(Command::new("dpkg-deb").arg("-x").arg(found.ok_or("no package came")?).arg(folder)).map(drop)
}

/// A busybox that needs no libraries: the machine's, or Debian's, unpacked into `folder` and not installed.
fn busybox(folder: &Path) -> Result<PathBuf, String> {
    // An image without libraries has no use for one that wants an interpreter.
    let alone = |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| memchr::memmem::find(&bytes, b"/ld-").is_none());
    if let Some(path) = ["/bin/busybox", "/usr/bin/busybox"].map(PathBuf::from).into_iter().find(alone) {
        return Ok(path);
    }
    unpack("busybox-static", folder).map_err(|why| format!("there is no static busybox, and {why}"))?;
    let unpacked = ["bin/busybox", "usr/bin/busybox"].map(|path| folder.join(path));
    unpacked.into_iter().find(|path| path.exists()).ok_or_else(|| "the package holds no busybox".to_owned())
}

/// A root folder with busybox under all its names, as a tar archive.
fn busybox_archive() -> Result<Vec<u8>, String> {
    let fetched = tempfile::tempdir().map_err(|why| why.to_string())?;
    let busybox = busybox(fetched.path())?;
    let names = run(Command::new(&busybox).arg("--list"))?;
    let root = tempfile::tempdir().map_err(|why| why.to_string())?;
    let make = || -> io::Result<()> {
        for folder in ["bin", "etc", "root", "tmp"] {
            std::fs::create_dir(root.path().join(folder))?;
        }
        std::fs::write(root.path().join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")?;
        std::fs::copy(&busybox, root.path().join("bin/busybox"))?;
        for name in String::from_utf8_lossy(&names).lines().filter(|name| *name != "busybox") {
            std::os::unix::fs::symlink("busybox", root.path().join("bin").join(name))?;
        }
        Ok(())
    };
    make().map_err(|why| why.to_string())?;
    run(Command::new("tar").arg("-C").arg(root.path()).args(["--owner=0", "--group=0", "-c", "."]))
}

/// A container of a test. Dropping it removes it, also while a panic unwinds.
pub struct TestContainer {
    docker: Docker,
    pub id: String,
    pub name: String,
}

impl TestContainer {
    #[track_caller]
    pub fn start(&self) {
        self.post("start");
    }

    /// Kills it at once.
    #[track_caller]
    pub fn kill(&self) {
        self.post("kill");
    }

    #[track_caller]
    pub fn post(&self, verb: &str) {
        self.docker.must("POST", &format!("/containers/{}/{verb}", self.id), &serde_json::Value::Null);
    }

    #[track_caller]
    pub fn inspect(&self) -> serde_json::Value {
        self.docker.must("GET", &format!("/containers/{}/json", self.id), &serde_json::Value::Null)
    }

    /// Waits until what the engine says of it is as wanted.
    #[track_caller]
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&serde_json::Value) -> bool) {
        until_ok(|| {
            let now = self.inspect();
            if wanted(&now) { Ok(()) } else { Err(format!("{what}: {} is {}", self.name, now["State"])) }
        });
    }

    /// The command lines of its processes; none while it does not run.
    pub fn processes(&self) -> Vec<String> {
        let answer = self.docker.request("GET", &format!("/containers/{}/top", self.id), "", b"");
        let Ok((200, body)) = answer else { return Vec::new() };
        let top: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let rows = top["Processes"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row.as_array()?.last()?.as_str().map(str::to_owned)).collect()
    }

    /// Waits until a process of exactly this command line is there, or gone: a script that comes to the command in the end has
    /// it in its own command line from the first moment.
    #[track_caller]
    pub fn wait_for_process(&self, command: &str, there: bool) {
        until_ok(|| {
            let lines = self.processes();
            let is_so = lines.iter().any(|line| line == command) == there;
            if is_so { Ok(()) } else { Err(format!("{command} there={there}: {lines:?}")) }
        });
    }

    #[track_caller]
    pub fn wait_status(&self, status: &str) {
        self.wait_until(status, |now| now["State"]["Status"] == status);
    }
}

impl Drop for TestContainer {
    fn drop(&mut self) {
        // The test may have removed it, and a second panic while one unwinds would hide the first.
        match self.docker.request("DELETE", &format!("/containers/{}?force=1&v=1", self.id), "", b"") {
            Ok((200..=299 | 404 | 409, _)) => {}
            other => eprintln!("{} may be left behind: {other:?}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_runs_and_goes_away_with_its_handle() {
        let Some(docker) = engine() else { return };
        let container = docker.run("support", "echo hello; exit 7");
        container.wait_status("exited");
        assert_eq!(container.inspect()["State"]["ExitCode"], 7);
        let name = container.name.clone();
        assert!(docker.left_behind().contains(&name));
        drop(container);
        assert!(!docker.left_behind().contains(&name));
    }

    #[test]
    fn a_container_goes_away_when_its_test_panics() {
        let Some(docker) = engine() else { return };
        let container = docker.run("panics", "sleep 3600");
        let name = container.name.clone();
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _held = container;
            panic!("as planned");
        }));
        assert!(died.is_err());
        assert!(!docker.left_behind().contains(&name));
    }

    #[test]
    fn an_absent_engine_is_an_error_and_not_a_hang() {
        let absent = Docker { host: "unix:///nowhere/docker.sock".to_owned() };
        assert!(absent.request("GET", "/_ping", "", b"").is_err());
    }
}
