//! Processes of a container as this very machine's kernel shows them. Only what its control group proves to be the container's
//! is spoken of: the numbers come from an engine that may run elsewhere.

use rustix::io::Errno;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The kernel's process files.
#[derive(Debug, Clone)]
pub struct Host {
    proc: PathBuf,
    container: String,
}

/// A process that cannot be mistaken for a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// As this machine sees it.
    pub pid: i32,
    /// When it began, clock ticks since the machine did.
    pub began: u64,
}

/// The result of a search for marked processes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The processes, as this machine sees them.
    pub pids: Vec<i32>,
    /// There are others of the container that do not let themselves be looked at: more may be marked.
    pub blind: bool,
}

impl Host {
    /// The files below `root`, for one container.
    pub fn new(root: &Path, container: &str) -> Self {
        Self { proc: root.join("proc"), container: container.to_string() }
    }

    /// Looks at process files on a thread for what blocks: there may be thousands of them. None when the program is ending.
    pub async fn look<T: Send + 'static>(&self, what: impl FnOnce(&Host) -> T + Send + 'static) -> Option<T> {
        let host = self.clone();
        tokio::task::spawn_blocking(move || what(&host)).await.ok()
    }

    /// True when the process is one of the container's: then its engine's host is this machine.
    pub fn holds(&self, pid: i32) -> bool {
        pid > 0
            && fs::read_to_string(self.file(pid, "cgroup")).is_ok_and(|text| {
                let mut groups = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
                groups.any(|group| group.contains(&self.container))
            })
    }

    fn file(&self, pid: i32, name: &str) -> PathBuf {
        self.proc.join(format!("{pid}/{name}"))
    }

    /// The number that a process has inside, where `init` is the first process of the container: a process may be in a
    /// deeper namespace still, whose numbers mean others there. None when one of them is not the container's.
    pub fn inner(&self, pid: i32, init: i32) -> Option<i32> {
        if !self.holds(pid) || !self.holds(init) {
            return None;
        }
        let numbers = |pid| Some(namespace_pids(&fs::read_to_string(self.file(pid, "status")).ok()?));
        number_at(&numbers(pid)?, numbers(init)?.len())
    }

    /// The process as it is now; none when it is not the container's.
    pub fn known(&self, pid: i32) -> Option<Known> {
        let began = self.stat(pid).filter(|_| self.holds(pid))?.began;
        Some(Known { pid, began })
    }

    fn stat(&self, pid: i32) -> Option<Stat> {
        Stat::read(&fs::read_to_string(self.file(pid, "stat")).ok()?)
    }

    /// CPU time used so far, clock ticks; none when the process is not the container's.
    pub fn ticks(&self, pid: i32) -> Option<u64> {
        if !self.holds(pid) {
            return None;
        }
        Some(self.stat(pid)?.ticks)
    }

    /// The container's processes that carry `mark` in their environment, and all that descend from `first`.
    pub fn marked(&self, mark: &str, first: Option<Known>) -> Found {
        let mut parents = HashMap::new();
        let (mut marked, mut hidden) = (Vec::new(), Vec::new());
        for pid in self.all() {
            if !self.holds(pid) {
                continue;
            }
            // One that has ended and waits to be reaped is nobody to be signalled.
            let Some(stat) = self.stat(pid).filter(|stat| !matches!(stat.state, 'Z' | 'X')) else { continue };
            parents.insert(pid, stat.parent);
            if first == Some(Known { pid, began: stat.began }) {
                marked.push(pid);
                continue;
            }
            match self.carries(pid, mark) {
                Ok(true) => marked.push(pid),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => hidden.push(pid),
                // It has ended meanwhile.
                Ok(false) | Err(_) => {}
            }
        }
        loop {
            let more = |pid: &&i32| !marked.contains(*pid) && parents.get(*pid).is_some_and(|up| marked.contains(up));
            let children: Vec<i32> = parents.keys().filter(more).copied().collect();
            if children.is_empty() {
                break;
            }
            marked.extend(children);
        }
        let blind = hidden.iter().any(|pid| !marked.contains(pid));
        Found { pids: marked, blind }
    }

    fn carries(&self, pid: i32, mark: &str) -> std::io::Result<bool> {
        let environ = fs::read(self.file(pid, "environ"))?;
        Ok(environ.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes()))
    }

    fn all(&self) -> Vec<i32> {
        let entries = fs::read_dir(&self.proc).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    /// Signals a process of the container from here. Never another one: it is held by a descriptor while its control group is
    /// read, so that its number cannot have come to mean somebody else.
    #[cfg(target_os = "linux")]
    pub fn signal(&self, pid: i32, number: u8) -> Result<(), Errno> {
        use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
        if self.proc != Path::new("/proc") {
            return Err(Errno::PERM);
        }
        let signal = Signal::from_named_raw(number.into()).ok_or(Errno::INVAL)?;
        let held = pidfd_open(Pid::from_raw(pid).ok_or(Errno::SRCH)?, PidfdFlags::empty())?;
        if !self.holds(pid) {
            return Err(Errno::SRCH);
        }
        pidfd_send_signal(&held, signal)
    }

    /// Containers run on Linux: where this machine is something else, none of their processes is one of its own.
    #[cfg(not(target_os = "linux"))]
    pub fn signal(&self, _: i32, _: u8) -> Result<(), Errno> {
        Err(Errno::PERM)
    }
}

/// The numbers of `NSpid:` in `/proc/<pid>/status`, one for each namespace, this machine's first.
fn namespace_pids(status: &str) -> Vec<i32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    line.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

/// The number in the namespace of that depth, counted from one.
fn number_at(numbers: &[i32], depth: usize) -> Option<i32> {
    numbers.get(depth.checked_sub(1)?).copied()
}

/// What is read of `/proc/<pid>/stat`, proc_pid_stat(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// `R`, `S`, `Z` …
    pub state: char,
    /// Its parent.
    pub parent: i32,
    /// User and system time, clock ticks.
    pub ticks: u64,
    /// When it began, clock ticks since the machine did.
    pub began: u64,
}

impl Stat {
    /// The name, in parentheses, may hold anything: what counts comes after the last one.
    pub fn read(text: &str) -> Option<Self> {
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let mut fields = fields.skip(9);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        let began = fields.nth(6)?.parse().ok()?;
        Some(Self { state, parent, ticks: user + system, began })
    }

    /// That of a process of this machine.
    pub fn of(pid: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// Clock ticks in a second of `/proc/<pid>/stat`: what the kernel shows to programs, on all machines that engines run on.
pub const TICKS_PER_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_files() {
        let text = "7 (a) b (c) S 3 7 7 0 -1 4194560 100 0 0 0 12 30 0 0 20 0 1 0 98765 1000 10 18446744073709551615";
        assert_eq!(Stat::read(text), Some(Stat { state: 'S', parent: 3, ticks: 42, began: 98765 }));
        assert_eq!(Stat::read("garbage"), None);
        let nested = namespace_pids("Name:\tx\nNSpid:\t400\t12\t3\n");
        assert_eq!(number_at(&nested, 2), Some(12), "the container's own namespace is the second");
        assert_eq!((number_at(&nested, 0), number_at(&nested, 4)), (None, None));
        assert_eq!(namespace_pids("Name:\tx\n"), Vec::<i32>::new());
        let own = Stat::of(std::process::id()).expect("this process");
        assert!(own.began > 0 && own.parent > 0);
    }

    #[test]
    fn nobody_outside_the_container_is_touched() {
        let host = Host::new(Path::new("/"), &"ab".repeat(32));
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(!host.holds(own) && host.inner(own, own).is_none() && host.known(own).is_none());
        assert_eq!(host.signal(own, 9), Err(Errno::SRCH));
        assert_eq!(host.marked("PATH=x", Some(Known { pid: own, began: 1 })), Found::default());
    }

    /// Process files of two processes of one container: number 8 descends from 7.
    fn written(container: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (pid, parent) in [(7, 1), (8, 7), (9, 1)] {
            let own = folder.path().join(format!("proc/{pid}"));
            fs::create_dir_all(&own).unwrap();
            fs::write(own.join("cgroup"), format!("0::/docker/{container}\n")).unwrap();
            let stat = format!("{pid} (a) S {parent} 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 5{pid} 0 0 0");
            fs::write(own.join("stat"), stat).unwrap();
            fs::write(own.join("environ"), if pid == 9 { "A=b\0MARK=x\0" } else { "A=b\0" }).unwrap();
        }
        folder
    }

    #[test]
    fn a_number_that_was_given_out_again_is_not_the_first_process() {
        let container = "cd".repeat(32);
        let folder = written(&container);
        let host = Host::new(folder.path(), &container);
        let first = host.known(7);
        assert_eq!(first, Some(Known { pid: 7, began: 57 }));
        let mut found = host.marked("MARK=x", first);
        found.pids.sort();
        assert_eq!(found, Found { pids: vec![7, 8, 9], blind: false });
        let another = Some(Known { pid: 7, began: 56 });
        assert_eq!(host.marked("MARK=x", another).pids, [9]);
    }
}
