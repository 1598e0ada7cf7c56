//! An engine that is lost or was never there: what is said of it, and when it is looked for again.

use super::connector::Connector;
use crate::engine::clock;
use crate::engine::docker::error::EngineError;
use crate::engine::settings::{Endpoint, Place};
use crate::model::{Attempt, Fact, Link, Problem, Timestamp};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;

/// Pauses between rounds of attempts; the last repeats for ever.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 10];
/// How often a socket on which nobody listened is looked at.
const KNOCK: Duration = Duration::from_millis(150);
/// Next attempt with an engine that is too old.
const TOO_OLD_PAUSE: Duration = Duration::from_secs(60);

impl Connector {
    /// Down, with the reason and the moment of the next attempt.
    pub(super) async fn show_down(&self, retry_at: Timestamp) {
        let Some((why, since)) = self.lost.clone() else { return };
        self.line.send_modify(|line| line.up = false);
        let link = Link::Down { why, since, retry_at, never_up: self.home.is_none() };
        self.shared.publisher.tell(vec![Fact::Link(self.engine(), link)]).await;
    }

    /// It was lost: says so, and waits where trying at once would be hammering.
    pub(super) async fn lose(&mut self, fault: EngineError) {
        let Some(home) = &self.home else { return };
        let problem = fault.problem(&format!("watch {}", home.endpoint), Some(home));
        tracing::warn!("lost the engine: {problem}");
        self.lost = Some((problem, clock::now()));
        if let EngineError::TooOld(_) = fault {
            self.home = None;
            self.pause(TOO_OLD_PAUSE).await;
        } else if self.rounds > 0 {
            // It answers but does not stay: no hammering.
            self.pause(pause_after(self.rounds)).await;
        }
        self.rounds += 1;
    }

    /// Nobody answered: says so, waits, or is nudged.
    pub(super) async fn wait(&mut self, attempts: Vec<(EngineError, Attempt)>) {
        let why = summary(&attempts);
        let since = self.lost.as_ref().map_or_else(clock::now, |(_, since)| *since);
        self.lost = Some((why, since));
        let (faults, attempts): (Vec<EngineError>, Vec<Attempt>) = attempts.into_iter().unzip();
        self.shared.publisher.tell(vec![Fact::Attempts(self.engine(), attempts)]).await;
        let knock = self.sockets(&faults);
        let too_old = faults.iter().any(|fault| matches!(fault, EngineError::TooOld(_)));
        let pause = if too_old { TOO_OLD_PAUSE } else { pause_after(self.rounds) };
        let knocked = self.pause_knocking(pause, &knock).await;
        self.rounds = if knocked { 0 } else { self.rounds + 1 };
    }

    async fn pause(&self, pause: Duration) {
        self.pause_knocking(pause, &[]).await;
    }

    /// Waits, or is nudged, or one of the sockets is there again: true then.
    async fn pause_knocking(&self, pause: Duration, sockets: &[PathBuf]) -> bool {
        self.show_down(clock::now().plus_seconds(pause.as_secs_f64())).await;
        tokio::select! {
            () = sleep(pause) => false,
            () = self.shared.wakeups.retry.notified() => false,
            () = knock(sockets) => true,
        }
    }

    /// The sockets that nobody listened on: an engine that starts is noticed there at once, for almost nothing.
    fn sockets(&self, faults: &[EngineError]) -> Vec<PathBuf> {
        let nobody = |fault: &EngineError| {
            matches!(fault, EngineError::Connect(ErrorKind::NotFound | ErrorKind::ConnectionRefused, _))
        };
        let places: Vec<&Place> = match &self.home {
            Some(home) => vec![home],
            None => self.shared.settings.places.iter().collect(),
        };
        let silent = places.into_iter().zip(faults).filter(|(_, fault)| nobody(fault));
        silent
            .filter_map(|(place, _)| {
                let Endpoint::Unix(path) = &place.endpoint else { return None };
                Some(path.clone())
            })
            .collect()
    }
}

/// Returns when somebody listens on one of the sockets; for ever if there is none.
async fn knock(sockets: &[PathBuf]) {
    if sockets.is_empty() {
        return std::future::pending().await;
    }
    loop {
        sleep(KNOCK).await;
        for path in sockets {
            if tokio::net::UnixStream::connect(path).await.is_ok() {
                return;
            }
        }
    }
}

fn pause_after(rounds: usize) -> Duration {
    Duration::from_secs(PAUSES[rounds.min(PAUSES.len() - 1)])
}

/// The most telling failure of a round: a socket that is not there tells least.
fn summary(attempts: &[(EngineError, Attempt)]) -> Problem {
    let missing = |fault: &EngineError| matches!(fault, EngineError::Connect(ErrorKind::NotFound, _));
    let telling = attempts.iter().find(|(fault, _)| !missing(fault));
    match (telling, attempts) {
        (Some((_, attempt)), _) | (None, [(_, attempt)]) => attempt.problem.clone(),
        (None, [(_, first), ..]) => Problem::new(
            "find a container engine",
            format!("none found in {} places", attempts.len()),
            &first.problem.hint,
        ),
        (None, []) => Problem::new("find a container engine", "no address to try", "name one with --host"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn failed(kind: ErrorKind, path: &str) -> (EngineError, Attempt) {
        let place = Place { endpoint: Endpoint::Unix(path.into()), origin: Origin::Usual };
        let fault = EngineError::Connect(kind, "words".into());
        let problem = fault.problem("connect", Some(&place));
        (fault, Attempt { address: path.into(), reason: place.origin.to_string(), problem })
    }

    #[test]
    fn pauses_grow_and_stay() {
        let pauses: Vec<u64> = (0..7).map(|rounds| pause_after(rounds).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10, 10]);
    }

    #[test]
    fn the_most_telling_failure_is_shown() {
        let missing = || failed(ErrorKind::NotFound, "/var/run/docker.sock");
        let denied = failed(ErrorKind::PermissionDenied, "/run/podman/podman.sock");
        assert_eq!(summary(&[missing(), denied.clone()]), denied.1.problem);
        assert_eq!(summary(&[missing()]), missing().1.problem);
        let none = summary(&[missing(), missing()]);
        assert!(none.cause.contains("none found in 2 places") && none.hint.contains("start"), "{none}");
        assert!(summary(&[]).hint.contains("--host"));
    }
}
