//! Doubts about a stream that says nothing: what lies between may let a connection live and carry nothing (row L7).

use super::demux::Demux;
use super::lines::Lines;
use super::lines_of;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::model::{Id, State, Stream, Timestamp};
use std::time::Duration;
use tokio::time::sleep;

/// A stream that is silent for this long is doubted, and again after twice as long each time, up to the second figure: most
/// silent streams are of containers with nothing to say, and each question makes the engine open a log.
const SILENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(160));
/// How long a line that the engine holds, or the stream's end, may be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(3);
/// For the question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Watches the stream of one container.
pub struct IdleWatchdog<'a> {
    pub shared: &'a Shared,
    pub id: &'a Id,
    pub tty: bool,
}

impl IdleWatchdog<'_> {
    /// Returns when the stream should have told something, and did not: to be begun anew with all that it tells. `newest` is
    /// the moment of the last line that it told.
    pub async fn arises(&self, newest: Timestamp) -> EngineError {
        let mut pause = SILENCE.0;
        loop {
            sleep(pause).await;
            pause = (pause * 2).min(SILENCE.1);
            if self.has_ended() || self.holds_more(newest).await {
                sleep(ON_ITS_WAY).await;
                return EngineError::Cut("the stream fell silent while there was more to tell".into());
            }
        }
    }

    /// True when the engine has told that it runs no more: then the stream should have ended. One that is stopping or being
    /// removed may have much to say still.
    fn has_ended(&self) -> bool {
        let index = self.shared.index.borrow();
        let ended = |state: &State| matches!(state, State::Exited | State::Dead | State::Created);
        index.is_up(self.id.engine()) && index.containers.get(self.id).is_none_or(|known| ended(&known.state))
    }

    /// True when the last line that the engine holds is another than the last one told: where its clock was set back, an earlier
    /// one.
    async fn holds_more(&self, newest: Timestamp) -> bool {
        let Some((transport, _)) = self.shared.line.borrow().way.clone() else { return false };
        let path = format!("/containers/{}/logs?stdout=1&stderr=1&timestamps=1&tail=1", self.id.raw());
        // Raw: decoder.
        match transport.get_within(&path, PATIENCE).await {
            Ok(answer) => ends_otherwise(&answer, lines_of(self.shared, self.tty), self.tty, newest),
            // Not known: the link finds out whether the engine is there.
            Err(fault) => {
                if fault.is_loss() {
                    self.shared.wakeups.suspect.notify_one();
                }
                false
            }
        }
    }
}

/// True when the last finished line of a log is of another moment than that.
fn ends_otherwise(log: &[u8], mut lines: Lines, tty: bool, newest: Timestamp) -> bool {
    let mut last = newest;
    let mut look = |at: Timestamp, _: Stream, _: &[u8]| {
        last = at;
        false
    };
    // What is no log tells nothing of one.
    Demux::new(tty).feed(log, |piece| lines.piece(piece, &mut look)).is_ok() && last != newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_finished_line_is_more() {
        let at = |second: i64| Timestamp::from_seconds(1_795_240_800 + second);
        let more = |log: &[u8], tty: bool, newest: Timestamp| ends_otherwise(log, Lines::new(tty), tty, newest);
        let line = b"2026-11-21T06:00:51Z hello\n";
        assert!(more(line, true, at(50)));
        assert!(!more(line, true, at(51)));
        assert!(more(line, true, at(4000)), "the clock may have been set back");
        assert!(!more(b"2026-11-21T06:00:51Z login: ", true, at(50)), "it may be shown as unfinished already");
        let frame = [&[1, 0, 0, 0, 0, 0, 0, line.len() as u8][..], line].concat();
        assert!(more(&frame, false, at(50)) && !more(b"<html>of a proxy</html>", false, at(0)));
        assert!(!more(b"", false, at(0)));
    }
}
