//! A `dockerd` of a test's own: it can be stopped, killed, and started again with other containers.

use super::docker::Docker;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long an engine may take to answer after its start.
const TO_START: Duration = Duration::from_secs(60);
/// How long processes may take to be gone after they were killed.
const TO_END: Duration = Duration::from_secs(20);

/// A running engine; dropping it ends its containers and all its processes, and removes what it wrote.
pub struct Dockerd {
    folder: TempDir,
    child: Option<Child>,
    starts: u32,
}

/// What is needed to start one, or `None` after saying why the test does not run. `BOWLINE_REQUIRE_DOCKER=1` makes its
/// absence a failure.
#[track_caller]
pub fn start() -> Option<Dockerd> {
    let why = match () {
        () if !rustix::process::getuid().is_root() => "only root can start an engine".to_owned(),
        () if Command::new("dockerd").arg("--version").stdout(Stdio::null()).status().is_err() => {
            "there is no dockerd".to_owned()
        }
        () => {
            let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder is made");
            let mut engine = Dockerd { folder, child: None, starts: 0 };
            match engine.begin() {
                Ok(()) => return Some(engine),
                Err(why) => format!("none can be started here: {why}"),
            }
        }
    };
    super::absent("BOWLINE_REQUIRE_DOCKER", &why);
    None
}

impl Dockerd {
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// Ways to ask it, with the test image in it.
    #[track_caller]
    pub fn docker(&self) -> Docker {
        Docker::prepared(&self.socket())
    }

    /// Starts it with nothing in it. In a network namespace of its own: an engine takes the bridge of another away, also one
    /// that is to have none.
    fn begin(&mut self) -> Result<(), String> {
        self.starts += 1;
        let attempt = self.attempt();
        if attempt.is_err() {
            self.kill();
        }
        attempt
    }

    fn attempt(&mut self) -> Result<(), String> {
        let own = self.folder.path().join(self.starts.to_string());
        let write = || {
            std::fs::create_dir(&own)?;
            std::fs::write(own.join("daemon.json"), "{}")?;
            std::fs::File::create(own.join("log"))
        };
        let log = write().map_err(|why| why.to_string())?;
        let errors = log.try_clone().map_err(|why| why.to_string())?;
        let mut command = Command::new("unshare");
        command.args(["--net", "dockerd", "--bridge=none", "--iptables=false", "--ip-forward=false"]);
        command.arg("--config-file").arg(own.join("daemon.json"));
        command.arg("-H").arg(format!("unix://{}", self.socket().display()));
        command.arg("--data-root").arg(own.join("data")).arg("--exec-root").arg(own.join("exec"));
        command.arg("--pidfile").arg(own.join("pid"));
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let child = self.child.insert(command.spawn().map_err(|why| why.to_string())?);
        let deadline = Instant::now() + TO_START;
        loop {
            if Docker::answers(&self.folder.path().join("docker.sock")) {
                return Ok(());
            }
            let ended = child.try_wait().map_err(|why| why.to_string())?;
            if ended.is_some() || Instant::now() >= deadline {
                let text = std::fs::read_to_string(own.join("log")).unwrap_or_default();
                return Err(text.lines().last().unwrap_or("it says nothing").to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Freezes it, or lets it go on.
    #[track_caller]
    pub fn freeze(&self, frozen: bool) {
        let id = self.child.as_ref().expect("it runs").id();
        signal(id, if frozen { Signal::STOP } else { Signal::CONT }).expect("it can be signalled");
    }

    /// Kills it with all its containers, at once.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
        let deadline = Instant::now() + TO_END;
        loop {
            let left = processes_of(self.folder.path());
            if left.is_empty() {
                return;
            }
            if Instant::now() >= deadline {
                return eprintln!("processes of {} may be left behind: {left:?}", self.folder.path().display());
            }
            for id in left {
                // One that has ended meanwhile is no fault.
                let _ = signal(id, Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts it again, without anything that it held.
    #[track_caller]
    pub fn start_anew(&mut self) {
        self.kill();
        if let Err(why) = self.begin() {
            panic!("the engine does not start again: {why}");
        }
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        self.kill();
        // What it had mounted must go before its folder can.
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let places = mounts.lines().filter_map(|line| line.split(' ').nth(1));
        let mut ours: Vec<&str> = places.filter(|place| Path::new(place).starts_with(self.folder.path())).collect();
        ours.sort_unstable();
        for place in ours.iter().rev() {
            match Command::new("umount").arg(place).status() {
                Ok(status) if status.success() => {}
                other => eprintln!("{place} stays mounted: {other:?}"),
            }
        }
    }
}

fn signal(id: u32, signal: Signal) -> rustix::io::Result<()> {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(rustix::io::Errno::SRCH)?;
    kill_process(id, signal)
}

/// Processes that were started with a path below the folder (containerd and its shims), and what descends from them
/// (containers). Ended ones that wait to be reaped do not count.
fn processes_of(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    let ids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids: Vec<u32> = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let mut parents = std::collections::HashMap::new();
    let mut ours = Vec::new();
    for id in ids {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let mut fields = rest.split_whitespace();
        if matches!(fields.next(), Some("Z" | "X")) {
            continue;
        }
        parents.insert(id, fields.next().and_then(|parent| parent.parse::<u32>().ok()).unwrap_or(0));
        let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        // Whoever looks at the engine names the folder too.
        let program = String::from_utf8_lossy(command.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
        let is_engine =
            ["dockerd", "containerd", "containerd-shim-runc-v2", "runc"].iter().any(|name| program.ends_with(name));
        if is_engine && String::from_utf8_lossy(&command).contains(&folder) {
            ours.push(id);
        }
    }
    loop {
        let child = |id: &u32| !ours.contains(id) && parents.get(id).is_some_and(|parent| ours.contains(parent));
        let children: Vec<u32> = parents.keys().copied().filter(child).collect();
        if children.is_empty() {
            return ours;
        }
        ours.extend(children);
    }
}
