//! Where the kernel accounts for a container: its directory below the control group file system.

use super::proc_parse::numbers;
use std::fs;
use std::path::{Path, PathBuf};

/// The controller that tells CPU time, without which nothing is sampled: on v1 its tree is where containers are looked for.
const BASE: &str = "cpuacct";
/// Groups within a container's own that are looked into for a process, levels and directories.
const LEVELS: usize = 4;
/// See `LEVELS`.
const DIRECTORIES: usize = 64;

/// The version of the control group file system.
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
    /// The version of the file system.
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
        } else if mount.join(BASE).is_dir() {
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

    /// The path of a container below each controller's directory.
    pub fn locate(&mut self, raw_id: &str) -> Option<String> {
        let fits = |(before, after): &(String, String)| self.directory(&format!("{before}{raw_id}{after}")).is_dir();
        let found = self.shapes.iter().position(fits)?;
        // What fits one usually fits the next.
        self.shapes.swap(0, found);
        let (before, after) = &self.shapes[0];
        Some(format!("{before}{raw_id}{after}"))
    }

    /// Learns the shape of an unusual engine's paths (nested, own parent) from `/proc/<pid>/cgroup` of one of its containers.
    pub fn learn(&mut self, raw_id: &str, proc_cgroup: &str) {
        let path = proc_cgroup.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (controllers, path) = (fields.nth(1)?, fields.next()?);
            let wanted = match self.version {
                Version::V1 => controllers.split(',').any(|name| name == BASE),
                Version::V2 => controllers.is_empty(),
            };
            wanted.then_some(path)
        });
        let Some((before, after)) = path.and_then(|path| path.trim_start_matches('/').split_once(raw_id)) else {
            return;
        };
        // Processes may live in a group below the container's own.
        let after = after.split('/').next().unwrap_or_default();
        let shape = (before.to_string(), after.to_string());
        if before.split('/').all(|part| part != "..") && !self.shapes.contains(&shape) {
            self.shapes.insert(0, shape);
        }
    }

    /// The directory of a group, on v1 the one of the base controller.
    pub fn directory(&self, path: &str) -> PathBuf {
        match self.version {
            Version::V1 => self.root.join(BASE).join(path),
            Version::V2 => self.root.join(path),
        }
    }

    /// A file of a container; `controller` counts on v1 only.
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

/// The oldest process that can be seen in a group, or else in the groups within it; 0 when those there live in another pid
/// namespace, None when there is nobody to be seen.
///
/// Engines with a nested layout (Podman's `container`, an init system's `init.scope`) have nobody in the group itself. Linux
/// shows processes of other namespaces as 0 on v2 and not at all on v1 (`cgroup_procs_show`, `pidlist_array_load`).
pub fn first_process(directory: &Path) -> Option<u64> {
    let mut unseen = false;
    let mut level = vec![directory.to_path_buf()];
    for _ in 0..LEVELS {
        let mut oldest = None;
        let mut below = Vec::new();
        for directory in level {
            let processes = fs::read(directory.join("cgroup.procs")).unwrap_or_default();
            for process in numbers(&processes) {
                unseen |= process == 0;
                oldest = oldest.into_iter().chain((process > 0).then_some(process)).min();
            }
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            below.extend(directories.map(|entry| entry.path()).take(DIRECTORIES));
        }
        if oldest.is_some() {
            return oldest;
        }
        level = below;
        level.truncate(DIRECTORIES);
    }
    unseen.then_some(0)
}
