//! How long the output of an ended process is still read, when others hold its pipes open.

use std::time::Duration;

use tokio::time::Instant;

/// How long the pipes of an ended process may stay open.
pub(crate) const DRAIN: Duration = Duration::from_secs(2);

/// More than fits into the pipes of one process: what it said before its end is never beyond.
const HELD: usize = 256 * 1024;

/// One deadline from the end on, however much is said until then. What the process itself has said is heard after it,
/// too, so that a slow reader misses nothing.
#[derive(Debug)]
pub(crate) struct DrainTimeout {
    pub(crate) until: Instant,
    left: usize,
}

impl DrainTimeout {
    /// The process is over now.
    pub(crate) fn begin() -> Self {
        DrainTimeout { until: Instant::now() + DRAIN, left: HELD }
    }

    /// Counts bytes that were heard; false when more can only be somebody else's and the time is over.
    pub(crate) fn hears_on(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes);
        self.left > 0 || Instant::now() < self.until
    }
}

/// Resolves at a deadline, if there is one. To be asked after the pipes: what is in them comes first.
pub(crate) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
