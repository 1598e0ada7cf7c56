//! What a process holds: memory, descriptors, threads, children. From the kernel's files, so on Linux only.

use std::fs;

/// What a process holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vitals {
    /// Resident memory, KiB.
    pub memory: u64,
    /// The most it ever was, KiB.
    pub peak: u64,
    /// Open files, sockets and pipes.
    pub descriptors: usize,
    pub threads: usize,
    /// Processes that it started and that are there, also those that wait to be buried.
    pub children: usize,
}

impl Vitals {
    /// Of a process that lives.
    #[track_caller]
    pub fn of(process: u32) -> Vitals {
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process lives");
        let number = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of its status");
            line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
        };
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).expect("the process lives").count();
        Vitals {
            memory: number("VmRSS:"),
            peak: number("VmHWM:"),
            descriptors,
            threads: number("Threads:") as usize,
            children: children(process),
        }
    }
}

fn children(process: u32) -> usize {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process lives");
    // A thread may end between the listing and the reading: its children are another's then.
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists.map(|list| list.split_whitespace().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_holds_what_it_opened_and_started() {
        let own = std::process::id();
        let before = Vitals::of(own);
        assert!(before.memory > 1000 && before.peak >= before.memory && before.threads > 0, "{before:?}");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("it starts");
        assert!(Vitals::of(own).children > 0);
        child.kill().and_then(|()| child.wait().map(drop)).expect("it ends");
    }
}
