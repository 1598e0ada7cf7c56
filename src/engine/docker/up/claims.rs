//! What runs of this bowline keep from each other: ports that are chosen and not published yet, and the making of networks; and
//! how many are being taken back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// The claims of all runs on one engine. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub struct UpClaims {
    ports: Arc<Mutex<HashSet<u16>>>,
    /// One network is made at a time: engines before 1.44 make two of one name when asked at once.
    pub networks: Arc<tokio::sync::Mutex<()>>,
    /// Runs that are being ended.
    ending: Arc<watch::Sender<usize>>,
}

/// A run that is being ended, until this is dropped.
#[derive(Debug)]
pub struct Ending(UpClaims);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ending.send_modify(|count| *count -= 1);
    }
}

/// Ports that no other run takes until this is dropped.
#[derive(Debug, Default)]
pub struct ClaimedPorts {
    claims: UpClaims,
    ports: Vec<u16>,
}

impl UpClaims {
    /// UpClaims nothing yet.
    pub fn ports(&self) -> ClaimedPorts {
        ClaimedPorts { claims: self.clone(), ports: Vec::new() }
    }

    /// A run is being ended: the program waits for it.
    pub fn ending(&self) -> Ending {
        self.ending.send_modify(|count| *count += 1);
        Ending(self.clone())
    }

    /// Waits until all are ended, or until then.
    pub async fn settled(&self, deadline: Instant) {
        let mut ending = self.ending.subscribe();
        if timeout_at(deadline, ending.wait_for(|count| *count == 0)).await.is_err() {
            tracing::warn!("not every run of a blueprint was taken back in time: its marker tells of it");
        }
    }
}

impl ClaimedPorts {
    /// True if the port was free among the runs; it is taken then.
    pub fn take(&mut self, port: u16) -> bool {
        // Each change of the set is one step: it is whole whoever panicked.
        let is_free = self.claims.ports.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        if is_free {
            self.ports.push(port);
        }
        is_free
    }
}

impl Drop for ClaimedPorts {
    fn drop(&mut self) {
        let mut taken = self.claims.ports.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|port| !self.ports.contains(port));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_one_runs_until_that_lets_go_of_it() {
        let claims = UpClaims::default();
        let (mut one, mut other) = (claims.ports(), claims.ports());
        assert!(one.take(49152) && !other.take(49152) && other.take(49153));
        drop(one);
        assert!(other.take(49152));
    }
}
