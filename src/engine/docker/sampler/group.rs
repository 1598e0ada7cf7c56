//! One container's files: which they are, and the counters in them.

use super::cgroup::{self, Cgroups, Version};
use super::proc_parse::{block_v1, block_v2, field, net_dev, number};
use crate::model::{Counters, Memory, MemoryEvents, MemoryStats, Throttling, memory_in_use};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The limit and the process whose network counts are looked up again after this many samples: a net below the events.
const LOOK_AGAIN: u32 = 16;
/// The largest file read, bytes.
const FILE_CAP: usize = 16 * 1024;

/// The files of one container.
#[derive(Debug)]
pub struct Group {
    version: Version,
    cpu: Source,
    throttling: Source,
    memory: Source,
    memory_parts: Source,
    limit_hits: Source,
    /// v1 only: where the limit of memory and swap together is as low, it is hit first, and alone counts.
    both_limit_hits: Source,
    kills: Source,
    pids: Source,
    block: Source,
    limit_path: PathBuf,
    directory: PathBuf,
    limit: u64,
    net_path: Option<PathBuf>,
    samples: u32,
    /// Its files stay open between samples.
    pub kept: bool,
}

/// What a sample needs to know beside the group's own files.
pub struct Surroundings<'a> {
    /// Below which `proc` lies.
    pub root: &'a Path,
    /// The container's id, and its main process as the engine says; 0 unknown.
    pub container: (&'a str, i32),
    /// The host's memory, bytes; 0 unknown.
    pub host_memory: u64,
    /// The network is the host's: its figures are not the container's.
    pub host_network: bool,
}

/// A file that is read again and again, open or not.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    file: Option<File>,
}

impl Source {
    /// The file's present content.
    fn read<'b>(&mut self, keep: bool, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        if let Some(file) = &self.file {
            return read_at_start(file, buffer);
        }
        let file = File::open(&self.path)?;
        let kept = if keep { self.file.insert(file) } else { &file };
        read_at_start(kept, buffer)
    }
}

fn read_at_start<'b>(file: &File, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    buffer.resize(FILE_CAP, 0);
    let mut have = 0;
    loop {
        match file.read_at(&mut buffer[have..], have as u64)? {
            0 => return Ok(&buffer[..have]),
            // Kernel files of this kind come whole in one read unless they are larger than the room offered.
            count if have + count < FILE_CAP => return Ok(&buffer[..have + count]),
            count => have += count,
        }
    }
}

impl Group {
    /// The files of the group at `path` below each controller's directory.
    pub fn new(cgroups: &Cgroups, path: &str) -> Self {
        let file = |controller: &str, name: &str| cgroups.file(controller, path, name);
        // Of each file the controller and name of v1, and the name of v2.
        let choose = |controller: &str, v1: &str, v2: &str| match cgroups.version {
            Version::V1 => file(controller, v1),
            Version::V2 => file("", v2),
        };
        let source = |controller, v1, v2| Source { path: choose(controller, v1, v2), file: None };
        Self {
            version: cgroups.version,
            cpu: source("cpuacct", "cpuacct.usage", "cpu.stat"),
            throttling: source("cpu", "cpu.stat", "cpu.stat"),
            memory: source("memory", "memory.usage_in_bytes", "memory.current"),
            memory_parts: source("memory", "memory.stat", "memory.stat"),
            limit_hits: source("memory", "memory.failcnt", "memory.events"),
            both_limit_hits: source("memory", "memory.memsw.failcnt", "memory.events"),
            kills: source("memory", "memory.oom_control", "memory.events"),
            pids: source("pids", "pids.current", "pids.current"),
            block: source("blkio", "blkio.throttle.io_service_bytes_recursive", "io.stat"),
            limit_path: choose("memory", "memory.limit_in_bytes", "memory.max"),
            directory: cgroups.directory(path),
            limit: 0,
            net_path: None,
            samples: 0,
            kept: false,
        }
    }

    /// True when somebody lives in it: a directory may outlast its container.
    pub fn is_inhabited(&mut self, buffer: &mut Vec<u8>) -> bool {
        // Counts those, too, that live in another pid namespace and cannot be seen from here.
        if let Ok(text) = self.pids.read(false, buffer) {
            return number(text).is_some_and(|pids| pids > 0);
        }
        let populated = |text: &[u8]| field(text, b"populated") == Some(1);
        let told =
            self.version == Version::V2 && whole(&self.directory.join("cgroup.events"), buffer).is_ok_and(populated);
        told || cgroup::first_process(&self.directory).is_some()
    }

    /// Closes what is kept open.
    pub fn close(&mut self) {
        self.kept = false;
        let memory = [&mut self.memory, &mut self.memory_parts, &mut self.kills];
        let hits = [&mut self.limit_hits, &mut self.both_limit_hits];
        let rest = [&mut self.cpu, &mut self.throttling, &mut self.pids, &mut self.block];
        for source in memory.into_iter().chain(hits).chain(rest) {
            source.file = None;
        }
    }

    /// Its limit may be another one: it is looked up with the next sample.
    pub fn look_again(&mut self) {
        self.samples = 0;
    }

    /// The counters as they are now. What cannot be read is None; without CPU time there is nothing.
    pub fn read(&mut self, around: &Surroundings, buffer: &mut Vec<u8>) -> io::Result<Counters> {
        let keep = self.kept;
        let mut counters = match self.version {
            Version::V1 => self.cpu_v1(buffer)?,
            Version::V2 => self.cpu_v2(buffer)?,
        };
        if self.samples.is_multiple_of(LOOK_AGAIN) {
            self.find_limit(around.host_memory, buffer);
            self.find_process(around, buffer);
        }
        self.samples = self.samples.wrapping_add(1);
        counters.memory = self.memory(buffer);
        counters.memory_events = self.memory_events(buffer);
        let block = if self.version == Version::V1 { block_v1 } else { block_v2 };
        counters.block = self.block.read(keep, buffer).ok().map(block);
        counters.pids = self.pids.read(keep, buffer).ok().and_then(number);
        if !around.host_network {
            counters.net = self.net(around, buffer);
        }
        Ok(counters)
    }

    /// cgroup v1, kernel documentation `cgroup-v1/cpuacct.rst` and `scheduler/sched-bwc.rst`.
    fn cpu_v1(&mut self, buffer: &mut Vec<u8>) -> io::Result<Counters> {
        let cpu_ns = Some(number(self.cpu.read(self.kept, buffer)?).ok_or(io::ErrorKind::InvalidData)?);
        let throttling =
            self.throttling.read(self.kept, buffer).ok().map(|text| throttling(text, b"throttled_time", 1));
        Ok(Counters { cpu_ns, throttling, ..Counters::default() })
    }

    /// cgroup v2, kernel documentation `cgroup-v2.rst`, "CPU Interface Files".
    fn cpu_v2(&mut self, buffer: &mut Vec<u8>) -> io::Result<Counters> {
        let text = self.cpu.read(self.kept, buffer)?;
        let used = field(text, b"usage_usec").ok_or(io::ErrorKind::InvalidData)?;
        let throttling = Some(throttling(text, b"throttled_usec", 1000));
        Ok(Counters { cpu_ns: Some(used.saturating_mul(1000)), throttling, ..Counters::default() })
    }

    fn memory(&mut self, buffer: &mut Vec<u8>) -> Option<Memory> {
        let usage = self.memory.read(self.kept, buffer).ok().and_then(number)?;
        // Without its parts the usage is told whole, with the cache in it, which is better than nothing.
        let parts = self.memory_parts.read(self.kept, buffer).ok();
        let stats = match self.version {
            Version::V1 => {
                let total_inactive_file = parts.and_then(|text| field(text, b"total_inactive_file"));
                MemoryStats { usage, total_inactive_file, inactive_file: None }
            }
            Version::V2 => {
                let inactive_file = parts.and_then(|text| field(text, b"inactive_file"));
                MemoryStats { usage, total_inactive_file: None, inactive_file }
            }
        };
        let (used, cache) = memory_in_use(stats);
        Some(Memory { used, cache, limit: self.limit })
    }

    /// v1: kernel documentation `cgroup-v1/memory.rst`; v2: `cgroup-v2.rst`, "Memory Interface Files".
    fn memory_events(&mut self, buffer: &mut Vec<u8>) -> Option<MemoryEvents> {
        let text = self.limit_hits.read(self.kept, buffer).ok()?;
        if self.version == Version::V2 {
            let count = |key| field(text, key).unwrap_or(0);
            let limit_hits = count(b"max").saturating_add(count(b"high"));
            return Some(MemoryEvents { limit_hits, kills: field(text, b"oom_kill") });
        }
        let limit_hits = number(text)?;
        // Without accounting for swap there is no such file.
        let both = self.both_limit_hits.read(self.kept, buffer).ok().and_then(number).unwrap_or(0);
        let limit_hits = limit_hits.saturating_add(both);
        // Kernels before 4.13 do not count kills.
        let kills = self.kills.read(self.kept, buffer).ok().and_then(|text| field(text, b"oom_kill"));
        Some(MemoryEvents { limit_hits, kills })
    }

    fn find_limit(&mut self, host_memory: u64, buffer: &mut Vec<u8>) {
        let limit = whole(&self.limit_path, buffer).ok().and_then(number).unwrap_or_default();
        let none = limit == 0 || (host_memory > 0 && limit > host_memory);
        self.limit = if none { host_memory } else { limit };
    }

    /// The process whose network is the container's: its main one, if that can be seen from here. Others may have moved to a
    /// network of their own, as those of an engine inside a container have.
    fn find_process(&mut self, around: &Surroundings, buffer: &mut Vec<u8>) {
        let (id, main) = around.container;
        let is_its = |text: &[u8]| text.windows(id.len()).any(|part| part == id.as_bytes());
        let main = (main > 0 && whole(&around.root.join(format!("proc/{main}/cgroup")), buffer).is_ok_and(is_its))
            .then_some(u64::from(main.unsigned_abs()));
        let process = main.or_else(|| cgroup::first_process(&self.directory)).filter(|process| *process > 0);
        self.net_path = process.map(|process| around.root.join(format!("proc/{process}/net/dev")));
    }

    /// Never kept open: an open file would keep the network itself alive after its container.
    fn net(&mut self, around: &Surroundings, buffer: &mut Vec<u8>) -> Option<(u64, u64)> {
        if let Some(path) = &self.net_path
            && let Ok(text) = whole(path, buffer)
        {
            return net_dev(text);
        }
        self.find_process(around, buffer);
        net_dev(whole(self.net_path.as_ref()?, buffer).ok()?)
    }
}

/// `cpu.stat`; its time is in units of `nanoseconds`. Without a quota it may tell of no periods.
fn throttling(text: &[u8], time: &[u8], nanoseconds: u64) -> Throttling {
    Throttling {
        periods: field(text, b"nr_periods").unwrap_or(0),
        throttled_periods: field(text, b"nr_throttled").unwrap_or(0),
        throttled_ns: field(text, time).unwrap_or(0).saturating_mul(nanoseconds),
    }
}

fn whole<'b>(path: &Path, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    buffer.clear();
    File::open(path)?.take(FILE_CAP as u64).read_to_end(buffer)?;
    Ok(&buffer[..])
}
