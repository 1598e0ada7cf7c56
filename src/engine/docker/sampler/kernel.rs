//! Measuring from the kernel's own files: costs the engine nothing and takes microseconds.

use super::cgroup::{Cgroups, host_memory};
use super::group::{Group, Surroundings};
use crate::engine::clock;
use crate::model::{Id, Sample, Sampler};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Containers whose files are kept open between samples; nine files each.
const KEPT_OPEN: usize = 40;

/// A container to measure.
#[derive(Debug, Clone)]
pub struct Target {
    /// The container.
    pub id: Id,
    /// Its main process as the engine says; 0 unknown. Where it can be seen it shows where the engine keeps its groups.
    pub pid: i32,
    /// It has no network of its own: the host's figures are not its.
    pub host_network: bool,
    /// It will be measured again soon: keep its files open.
    pub often: bool,
}

/// Reads samples below one root directory.
#[derive(Debug)]
pub struct Kernel {
    root: PathBuf,
    cgroups: Cgroups,
    host_memory: u64,
    groups: HashMap<Id, Group>,
    open: usize,
    buffer: Vec<u8>,
}

impl Kernel {
    /// Looks below `root` (`/`, or a recorded tree). None when there is nothing to read there.
    pub fn find(root: &Path, uid: u32) -> Option<Self> {
        let cgroups = Cgroups::find(root, uid)?;
        Some(Self {
            root: root.to_path_buf(),
            cgroups,
            host_memory: host_memory(root),
            groups: HashMap::new(),
            open: 0,
            buffer: Vec::new(),
        })
    }

    /// True when the container is here: there is a group of its id with somebody in it. Ids are random: another engine's
    /// container does not have one of them.
    pub fn knows(&mut self, id: &Id) -> bool {
        if self.groups.contains_key(id) {
            return true;
        }
        let Some(path) = self.cgroups.locate(id.raw()) else { return false };
        let mut group = Group::new(&self.cgroups, &path);
        let is_here = group.is_inhabited(&mut self.buffer);
        if is_here {
            self.groups.insert(id.clone(), group);
        }
        is_here
    }

    /// Learns from a process of a container where its engine puts its containers. True if that was of use.
    pub fn learn(&mut self, id: &Id, pid: i32) -> bool {
        let path = self.root.join(format!("proc/{pid}/cgroup"));
        if let Ok(text) = std::fs::read_to_string(path) {
            self.cgroups.learn(id.raw(), &text);
        }
        self.knows(id)
    }

    /// Forgets a container: it ended.
    pub fn forget(&mut self, id: &Id) {
        if self.groups.remove(id).is_some_and(|group| group.kept) {
            self.open -= 1;
        }
    }

    /// Something about a container changed, its limits maybe.
    pub fn look_again(&mut self, id: &Id) {
        if let Some(group) = self.groups.get_mut(id) {
            group.look_again();
        }
    }

    /// Samples of those that can be read; the others are forgotten.
    pub fn read(&mut self, targets: &[Target]) -> Vec<(Id, Sample)> {
        let mut samples = Vec::with_capacity(targets.len());
        for target in targets {
            match self.sample(target) {
                Ok(sample) => samples.push((target.id.clone(), sample)),
                Err(error) => {
                    tracing::debug!("{:?}: {error}", target.id);
                    self.forget(&target.id);
                }
            }
        }
        samples
    }

    fn sample(&mut self, target: &Target) -> io::Result<Sample> {
        let is_here = self.knows(&target.id) || (target.pid > 0 && self.learn(&target.id, target.pid));
        if !is_here {
            return Err(io::ErrorKind::NotFound.into());
        }
        let room = self.open < KEPT_OPEN;
        // `knows` has just put it there.
        let Some(group) = self.groups.get_mut(&target.id) else { return Err(io::ErrorKind::NotFound.into()) };
        if target.often && !group.kept && room {
            group.kept = true;
            self.open += 1;
        } else if !target.often && group.kept {
            group.close();
            self.open -= 1;
        }
        let at = clock::now();
        let around = Surroundings {
            root: &self.root,
            container: (target.id.raw(), target.pid),
            host_memory: self.host_memory,
            host_network: target.host_network,
        };
        let counters = group.read(&around, &mut self.buffer)?;
        Ok(Sample { at, sampler: Sampler::Kernel, counters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Memory, MemoryEvents, Throttling};

    fn recorded(tree: &str) -> Kernel {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/recorded").join(tree);
        Kernel::find(&root, 1000).expect("a recorded tree")
    }

    fn target(id: &str, often: bool) -> Target {
        Target { id: Id::new(EngineId(0), id), pid: 0, host_network: false, often }
    }

    fn id(digit: &str) -> String {
        digit.repeat(64)
    }

    #[test]
    fn a_v1_tree() {
        let mut kernel = recorded("cgroup-v1");
        for often in [false, true, true] {
            let samples = kernel.read(&[target(&id("a"), often)]);
            let counters = samples[0].1.counters;
            assert_eq!(counters.cpu_ns, Some(37_560_631));
            let throttling = Throttling { periods: 100, throttled_periods: 25, throttled_ns: 5_000_000 };
            assert_eq!(counters.throttling, Some(throttling));
            let host = 8_192_000 * 1024;
            let memory = Memory { used: 544_768, cache: 1_720_320, limit: host };
            assert_eq!(counters.memory, Some(memory), "no limit: the host's memory");
            assert_eq!(counters.memory_events, Some(MemoryEvents { limit_hits: 12 + 3, kills: Some(1) }));
            assert_eq!(counters.block, Some((4096, 8192)));
            assert_eq!(counters.net, Some((1200, 600)), "all interfaces but lo");
            assert_eq!(counters.pids, Some(3));
        }
        assert_eq!(kernel.open, 1);
        kernel.read(&[target(&id("a"), false)]);
        assert_eq!(kernel.open, 0);
    }

    #[test]
    fn a_v2_tree_of_docker_and_podman() {
        let mut kernel = recorded("cgroup-v2");
        let samples = kernel.read(&[target(&id("b"), true), target(&id("c"), true), target(&id("d"), true)]);
        assert_eq!(samples.len(), 2, "the third is not there");
        let docker = samples[0].1.counters;
        assert_eq!(docker.cpu_ns, Some(1_234_567_000));
        assert_eq!(docker.throttling.map(|throttling| throttling.throttled_ns), Some(7_000_000));
        assert_eq!(docker.memory, Some(Memory { used: 6_000_000, cache: 4_000_000, limit: 512 << 20 }));
        assert_eq!(docker.pids, Some(7));
        assert_eq!(docker.memory_events, Some(MemoryEvents { limit_hits: 5 + 2, kills: Some(3) }));
        assert_eq!(docker.block, Some((4096 + 1, 8192 + 2)));
        assert_eq!(docker.net, None, "no process can be seen");
        let podman = samples[1].1.counters;
        assert_eq!(podman.memory.map(|memory| memory.limit), Some(8_192_000 * 1024));
        assert_eq!(podman.memory_events, None, "its kernel does not tell");
    }

    #[test]
    fn an_unusual_parent_is_learned_from_a_process() {
        let mut kernel = recorded("cgroup-v2");
        let nested = Id::new(EngineId(0), id("e"));
        assert!(!kernel.knows(&nested));
        assert!(kernel.learn(&nested, 42));
        assert_eq!(kernel.read(&[target(&id("e"), false)])[0].1.counters.cpu_ns, Some(5000));
    }

    #[test]
    fn nothing_to_read_is_no_source() {
        assert!(Kernel::find(Path::new("/nonexistent"), 0).is_none());
    }
}
