//! Measuring from the kernel's own files: costs the engine nothing and takes microseconds.

use super::cgroup::{Cgroups, Version, host_memory};
use crate::model::{Counters, Id, MemoryStats, Moment, Sample, memory_in_use};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Instances whose files are kept open between samples; six files each.
const KEPT_OPEN: usize = 40;
/// The limit and the first process are looked up again after this many samples.
const LOOK_AGAIN: u32 = 16;
/// The largest file read, bytes.
const FILE_CAP: usize = 16 * 1024;

/// An instance to measure.
#[derive(Debug, Clone)]
pub struct Target {
    /// Whom.
    pub id: Id,
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
    clock: Clock,
}

/// A wall clock that is not moved by corrections: they would show as spikes.
#[derive(Debug)]
struct Clock {
    moment: Moment,
    instant: Instant,
}

impl Clock {
    fn now(&self) -> Moment {
        let nanos = i64::try_from(self.instant.elapsed().as_nanos()).unwrap_or(i64::MAX);
        Moment(self.moment.0.saturating_add(nanos))
    }
}

/// One instance's files.
#[derive(Debug)]
struct Group {
    cpu: Source,
    throttling: Source,
    memory: Source,
    memory_parts: Source,
    pids: Source,
    block: Source,
    limit_path: PathBuf,
    procs_path: PathBuf,
    limit: u64,
    net_path: Option<PathBuf>,
    samples: u32,
    kept: bool,
}

/// A file that is read again and again, open or not.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    file: Option<File>,
}

impl Source {
    fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

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

impl Kernel {
    /// Looks below `root` (`/`, or a recorded tree). None when there is nothing to read there.
    pub fn find(root: &Path, uid: u32, now: Moment) -> Option<Self> {
        let cgroups = Cgroups::find(root, uid)?;
        Some(Self {
            root: root.to_path_buf(),
            cgroups,
            host_memory: host_memory(root),
            groups: HashMap::new(),
            open: 0,
            buffer: Vec::new(),
            clock: Clock { moment: now, instant: Instant::now() },
        })
    }

    /// True when the instance's files are here.
    pub fn knows(&mut self, id: &Id) -> bool {
        if self.groups.contains_key(id) {
            return true;
        }
        let Some(path) = self.cgroups.locate(id.raw()) else { return false };
        let group = self.group(&path);
        self.groups.insert(id.clone(), group);
        true
    }

    /// Learns from a process of an instance where its engine puts its instances. True if that was of use.
    pub fn learn(&mut self, id: &Id, pid: i32) -> bool {
        let path = self.root.join(format!("proc/{pid}/cgroup"));
        if let Ok(text) = std::fs::read_to_string(path) {
            self.cgroups.learn(id.raw(), &text);
        }
        self.knows(id)
    }

    /// Forgets an instance: it ended.
    pub fn forget(&mut self, id: &Id) {
        if self.groups.remove(id).is_some_and(|group| group.kept) {
            self.open -= 1;
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
        if !self.knows(&target.id) {
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
        let at = self.clock.now();
        let mut counters = match self.cgroups.version {
            Version::V1 => group.read_v1(&mut self.buffer)?,
            Version::V2 => group.read_v2(&mut self.buffer)?,
        };
        if group.samples.is_multiple_of(LOOK_AGAIN) {
            group.look_again(&self.root, self.host_memory, &mut self.buffer);
        }
        group.samples = group.samples.wrapping_add(1);
        counters.memory_limit = group.limit;
        if !target.host_network {
            counters.net = group.net(&self.root, &mut self.buffer);
        }
        Ok(Sample { at, counters })
    }

    fn group(&self, path: &str) -> Group {
        let file = |controller: &str, name: &str| self.cgroups.file(controller, path, name);
        let source = |controller: &str, name: &str| Source::new(file(controller, name));
        let (limit_path, procs_path) = match self.cgroups.version {
            Version::V1 => (file("memory", "memory.limit_in_bytes"), file("memory", "cgroup.procs")),
            Version::V2 => (file("", "memory.max"), file("", "cgroup.procs")),
        };
        let rest = |cpu, throttling, memory, memory_parts, pids, block| Group {
            cpu,
            throttling,
            memory,
            memory_parts,
            pids,
            block,
            limit_path,
            procs_path,
            limit: 0,
            net_path: None,
            samples: 0,
            kept: false,
        };
        match self.cgroups.version {
            Version::V1 => rest(
                source("cpuacct", "cpuacct.usage"),
                source("cpu", "cpu.stat"),
                source("memory", "memory.usage_in_bytes"),
                source("memory", "memory.stat"),
                source("pids", "pids.current"),
                source("blkio", "blkio.throttle.io_service_bytes_recursive"),
            ),
            Version::V2 => rest(
                source("", "cpu.stat"),
                source("", "cpu.stat"),
                source("", "memory.current"),
                source("", "memory.stat"),
                source("", "pids.current"),
                source("", "io.stat"),
            ),
        }
    }
}

impl Group {
    fn close(&mut self) {
        self.kept = false;
        let sources = [
            &mut self.cpu,
            &mut self.throttling,
            &mut self.memory,
            &mut self.memory_parts,
            &mut self.pids,
            &mut self.block,
        ];
        for source in sources {
            source.file = None;
        }
    }

    /// cgroup v1, kernel documentation `cgroup-v1/{cpuacct,memory,blkio-controller}.rst`. Only CPU time is indispensable.
    fn read_v1(&mut self, buffer: &mut Vec<u8>) -> io::Result<Counters> {
        let keep = self.kept;
        let cpu_ns = number(self.cpu.read(keep, buffer)?);
        let mut counters = Counters { cpu_ns, ..Counters::default() };
        if let Ok(text) = self.throttling.read(keep, buffer) {
            counters.periods = field(text, b"nr_periods");
            counters.throttled_periods = field(text, b"nr_throttled");
            counters.throttled_ns = field(text, b"throttled_time");
        }
        let usage = self.memory.read(keep, buffer).map(number).unwrap_or_default();
        let parts = self.memory_parts.read(keep, buffer);
        let total_inactive_file = parts.ok().map(|text| field(text, b"total_inactive_file"));
        let stats = MemoryStats { usage, total_inactive_file, inactive_file: None };
        (counters.memory, counters.cache) = memory_in_use(stats);
        counters.block = self.block.read(keep, buffer).ok().map(block_v1);
        counters.pids = self.pids.read(keep, buffer).map(number).unwrap_or_default();
        Ok(counters)
    }

    /// cgroup v2, kernel documentation `cgroup-v2.rst`.
    fn read_v2(&mut self, buffer: &mut Vec<u8>) -> io::Result<Counters> {
        let keep = self.kept;
        let text = self.cpu.read(keep, buffer)?;
        let mut counters = Counters {
            cpu_ns: field(text, b"usage_usec").saturating_mul(1000),
            periods: field(text, b"nr_periods"),
            throttled_periods: field(text, b"nr_throttled"),
            throttled_ns: field(text, b"throttled_usec").saturating_mul(1000),
            ..Counters::default()
        };
        let usage = self.memory.read(keep, buffer).map(number).unwrap_or_default();
        let parts = self.memory_parts.read(keep, buffer);
        let inactive_file = parts.ok().map(|text| field(text, b"inactive_file"));
        let stats = MemoryStats { usage, total_inactive_file: None, inactive_file };
        (counters.memory, counters.cache) = memory_in_use(stats);
        counters.block = self.block.read(keep, buffer).ok().map(block_v2);
        counters.pids = self.pids.read(keep, buffer).map(number).unwrap_or_default();
        Ok(counters)
    }

    /// What changes rarely: the limit, and the process whose network this is.
    fn look_again(&mut self, root: &Path, host_memory: u64, buffer: &mut Vec<u8>) {
        let limit = whole(&self.limit_path, buffer).map(number).unwrap_or_default();
        let none = limit == 0 || (host_memory > 0 && limit > host_memory);
        self.limit = if none { host_memory } else { limit };
        self.find_process(root, buffer);
    }

    fn find_process(&mut self, root: &Path, buffer: &mut Vec<u8>) {
        let first = |text: &[u8]| number(text.split(|byte| *byte == b'\n').next().unwrap_or_default());
        let pid = whole(&self.procs_path, buffer).map(first).unwrap_or_default();
        self.net_path = (pid > 0).then(|| root.join(format!("proc/{pid}/net/dev")));
    }

    /// Never kept open: an open file would keep the network itself alive after its instance.
    fn net(&mut self, root: &Path, buffer: &mut Vec<u8>) -> Option<(u64, u64)> {
        if let Some(path) = &self.net_path
            && let Ok(text) = whole(path, buffer)
        {
            return net_dev(text);
        }
        self.find_process(root, buffer);
        net_dev(whole(self.net_path.as_ref()?, buffer).ok()?)
    }
}

fn whole<'b>(path: &Path, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    buffer.clear();
    File::open(path)?.take(FILE_CAP as u64).read_to_end(buffer)?;
    Ok(&buffer[..])
}

/// The number at the beginning; a word such as `max` is 0, "none".
fn number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0u64, |value, digit| value.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

/// The number after `key ` at the beginning of a line; 0 when there is none.
fn field(text: &[u8], key: &[u8]) -> u64 {
    let value = |line: &[u8]| line.strip_prefix(key)?.strip_prefix(b" ").map(number);
    text.split(|byte| *byte == b'\n').find_map(value).unwrap_or(0)
}

/// `8:0 Read 123`, per device.
fn block_v1(text: &[u8]) -> (u64, u64) {
    let mut sums = (0u64, 0u64);
    for line in text.split(|byte| *byte == b'\n') {
        let mut words = line.split(|byte| *byte == b' ');
        match (words.next(), words.next(), words.next()) {
            (_, Some(b"Read"), Some(value)) => sums.0 = sums.0.saturating_add(number(value)),
            (_, Some(b"Write"), Some(value)) => sums.1 = sums.1.saturating_add(number(value)),
            _ => {}
        }
    }
    sums
}

/// `8:0 rbytes=1 wbytes=2 …`, per device.
fn block_v2(text: &[u8]) -> (u64, u64) {
    let mut sums = (0u64, 0u64);
    for word in text.split(|byte| matches!(byte, b'\n' | b' ')) {
        if let Some(value) = word.strip_prefix(b"rbytes=") {
            sums.0 = sums.0.saturating_add(number(value));
        } else if let Some(value) = word.strip_prefix(b"wbytes=") {
            sums.1 = sums.1.saturating_add(number(value));
        }
    }
    sums
}

/// Sums over all interfaces but the loopback, `proc_pid_net(5)`: received bytes first, sent bytes ninth.
fn net_dev(text: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut sums = (0u64, 0u64);
    for line in text.lines().skip(2) {
        let Some((name, figures)) = line.split_once(':') else { continue };
        if name.trim() == "lo" {
            continue;
        }
        let mut figures = figures.split_whitespace().map(|figure| number(figure.as_bytes()));
        sums.0 = sums.0.saturating_add(figures.next().unwrap_or(0));
        sums.1 = sums.1.saturating_add(figures.nth(7).unwrap_or(0));
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineId;

    fn recorded(tree: &str) -> Kernel {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/recorded").join(tree);
        Kernel::find(&root, 1000, Moment(1)).expect("a recorded tree")
    }

    fn target(id: &str, often: bool) -> Target {
        Target { id: Id::new(EngineId(0), id), host_network: false, often }
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
            assert_eq!(counters.cpu_ns, 37_560_631);
            assert_eq!((counters.periods, counters.throttled_periods, counters.throttled_ns), (100, 25, 5_000_000));
            assert_eq!((counters.memory, counters.cache), (544_768, 1_720_320));
            assert_eq!(counters.memory_limit, 8_192_000 * 1024, "no limit: the host's memory");
            assert_eq!(counters.block, Some((4096, 8192)));
            assert_eq!(counters.net, Some((1200, 600)), "all interfaces but lo");
            assert_eq!(counters.pids, 3);
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
        assert_eq!((docker.cpu_ns, docker.throttled_ns), (1_234_567_000, 7_000_000));
        assert_eq!((docker.memory, docker.cache), (6_000_000, 4_000_000));
        assert_eq!((docker.memory_limit, docker.pids), (512 << 20, 7));
        assert_eq!(docker.block, Some((4096 + 1, 8192 + 2)));
        assert_eq!(docker.net, None, "no process can be seen");
        assert_eq!(samples[1].1.counters.memory_limit, 8_192_000 * 1024);
    }

    #[test]
    fn an_unusual_parent_is_learned_from_a_process() {
        let mut kernel = recorded("cgroup-v2");
        let nested = Id::new(EngineId(0), id("e"));
        assert!(!kernel.knows(&nested));
        assert!(kernel.learn(&nested, 42));
        assert_eq!(kernel.read(&[target(&id("e"), false)])[0].1.counters.cpu_ns, 5000);
    }

    #[test]
    fn nothing_to_read_is_no_source() {
        assert!(Kernel::find(Path::new("/nonexistent"), 0, Moment(1)).is_none());
    }
}
