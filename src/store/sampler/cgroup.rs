//! Where the kernel accounts for an instance: its directory below the control group file system.

use std::fs;
use std::path::{Path, PathBuf};

/// Which control group file system this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// One tree per controller.
    V1,
    /// One tree for all.
    V2,
}

/// The control group file system below a root, and the shapes of the paths that engines make in it.
#[derive(Debug)]
pub struct Cgroups {
    root: PathBuf,
    /// Which it is.
    pub version: Version,
    /// Text before and after the id, the ones that fit last first.
    shapes: Vec<(String, String)>,
}

impl Cgroups {
    /// Looks below `root`. None when there is no control group file system.
    pub fn find(root: &Path, uid: u32) -> Option<Self> {
        let mount = root.join("sys/fs/cgroup");
        let version = if mount.join("cgroup.controllers").exists() {
            Version::V2
        } else if mount.join("memory").is_dir() {
            Version::V1
        } else {
            return None;
        };
        let user = format!("user.slice/user-{uid}.slice/user@{uid}.service");
        let shapes = [
            ("docker/".to_string(), ""),
            ("system.slice/docker-".into(), ".scope"),
            ("machine.slice/libpod-".into(), ".scope"),
            ("libpod_parent/libpod-".into(), ""),
            (format!("{user}/user.slice/docker-"), ".scope"),
            (format!("{user}/app.slice/docker-"), ".scope"),
            (format!("{user}/user.slice/libpod-"), ".scope"),
            (format!("{user}/user.slice/user-libpod_pod.slice/libpod-"), ".scope"),
        ];
        let shapes = shapes.into_iter().map(|(before, after)| (before, after.to_string())).collect();
        Some(Self { root: mount, version, shapes })
    }

    /// The path of an instance below each controller's directory.
    pub fn locate(&mut self, raw_id: &str) -> Option<String> {
        let base = match self.version {
            Version::V1 => self.root.join("memory"),
            Version::V2 => self.root.clone(),
        };
        let fits = |(before, after): &(String, String)| base.join(format!("{before}{raw_id}{after}")).is_dir();
        let found = self.shapes.iter().position(fits)?;
        // What fits one usually fits the next.
        self.shapes.swap(0, found);
        let (before, after) = &self.shapes[0];
        Some(format!("{before}{raw_id}{after}"))
    }

    /// Learns the shape of an unusual engine's paths (nested, own parent) from `/proc/<pid>/cgroup` of one of its instances.
    pub fn learn(&mut self, raw_id: &str, proc_cgroup: &str) {
        let path = proc_cgroup.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (controllers, path) = (fields.nth(1)?, fields.next()?);
            let wanted = match self.version {
                Version::V1 => controllers.split(',').any(|name| name == "memory"),
                Version::V2 => controllers.is_empty(),
            };
            wanted.then_some(path)
        });
        let Some((before, after)) = path.and_then(|path| path.trim_start_matches('/').split_once(raw_id)) else {
            return;
        };
        // Processes may live in a group below the instance's own.
        let after = after.split('/').next().unwrap_or_default();
        let shape = (before.to_string(), after.to_string());
        if before.split('/').all(|part| part != "..") && !self.shapes.contains(&shape) {
            self.shapes.insert(0, shape);
        }
    }

    /// A file of an instance; `controller` counts on v1 only.
    pub fn file(&self, controller: &str, path: &str, name: &str) -> PathBuf {
        match self.version {
            Version::V1 => self.root.join(controller).join(path).join(name),
            Version::V2 => self.root.join(path).join(name),
        }
    }
}

/// The host's memory, bytes; 0 when it cannot be read.
pub fn host_memory(root: &Path) -> u64 {
    let text = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}
