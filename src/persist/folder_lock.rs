//! Several bowlines may run at once. Each reads what the others wrote before it writes, and none writes while another does.

use super::atomic::folder;
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// The time limit for another bowline to write.
const PATIENCE: Duration = Duration::from_secs(2);

/// Does something with a file while no other bowline does. Its folder is what is locked: the file itself is replaced.
pub fn alone(path: &Path, what: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let locked = lock(rustix::fs::open(folder(path), flags, Mode::empty())?);
    if let Err(error) = &locked {
        // Not every file system has locks: to remember is more than to lose a line once in a while.
        tracing::warn!("lock {}: {error}", folder(path).display());
    }
    what()
}

/// Locks a folder for as long as what is returned is kept. Whoever has the lock may have been stopped, and a file system of a
/// network may never answer: neither may stop the cockpit, so it is a thread of its own that waits.
fn lock(folder: OwnedFd) -> io::Result<OwnedFd> {
    let (locked, result) = mpsc::channel();
    std::thread::Builder::new().name("lock".into()).spawn(move || {
        let done = rustix::io::retry_on_intr(|| rustix::fs::flock(&folder, FlockOperation::LockExclusive));
        // Where nobody waits any more, the lock goes with the folder.
        drop(locked.send(done.map(|()| folder)));
    })?;
    let done = result.recv_timeout(PATIENCE).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    Ok(done?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_somebody_keeps_is_not_waited_for_for_ever() {
        let scratch = tempfile::tempdir().unwrap();
        let keeper = std::fs::File::open(scratch.path()).unwrap();
        rustix::fs::flock(&keeper, FlockOperation::LockExclusive).unwrap();
        let mut done = false;
        alone(&scratch.path().join("f"), || {
            done = true;
            Ok(())
        })
        .unwrap();
        assert!(done, "it is done all the same");
        drop(keeper);
        drop(lock(std::fs::File::open(scratch.path()).unwrap().into()).expect("nobody keeps it any more"));
    }
}
