//! Doubts about a stream that says nothing: what lies between may let a connection live and carry nothing (row L7).

use super::demux::Demux;
use super::lines::Lines;
use crate::model::{Id, Moment, State, Stream};
use crate::store::Hub;
use crate::store::fault::Fault;
use std::time::Duration;
use tokio::time::sleep;

/// A stream that is silent for this long is doubted, and again after twice as long each time, up to the second figure: most
/// silent streams are of instances with nothing to say, and each question makes the engine open a log.
const SILENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(160));
/// How long a line that the engine holds, or the stream's end, may be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(3);
/// For the question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whom a stream is of.
pub struct Doubt<'a> {
    pub hub: &'a Hub,
    pub id: &'a Id,
    pub tty: bool,
}

impl Doubt<'_> {
    /// Returns when the stream should have told something, and did not: to be begun anew with all that it tells. `latest` is
    /// the moment of the latest line that it told.
    pub async fn arises(&self, latest: Moment) -> Fault {
        let mut pause = SILENCE.0;
        loop {
            sleep(pause).await;
            pause = (pause * 2).min(SILENCE.1);
            if self.has_ended() || self.holds_more(latest).await {
                sleep(ON_ITS_WAY).await;
                return Fault::Cut("the stream fell silent while there was more to tell".into());
            }
        }
    }

    /// True when the engine has told that it runs no more: then the stream should have ended. One that is stopping or being
    /// removed may have much to say still.
    fn has_ended(&self) -> bool {
        let roster = self.hub.roster.borrow();
        let ended = |state: &State| matches!(state, State::Exited | State::Dead | State::Created);
        roster.is_up(self.id.engine()) && roster.instances.get(self.id).is_none_or(|known| ended(&known.state))
    }

    /// True when the engine holds a line that is later than the latest one told.
    async fn holds_more(&self, latest: Moment) -> bool {
        let Some((transport, _)) = self.hub.line.borrow().way.clone() else { return false };
        let path = format!("/containers/{}/logs?stdout=1&stderr=1&timestamps=1&tail=1", self.id.raw());
        match transport.get_within(&path, PATIENCE).await {
            Ok(answer) => holds_later(&answer, self.tty, latest),
            // Not known: the link finds out whether the engine is there.
            Err(fault) => {
                if fault.is_loss() {
                    self.hub.nudges.suspect.notify_one();
                }
                false
            }
        }
    }
}

/// True when a finished line of a log is later than that.
fn holds_later(log: &[u8], tty: bool, latest: Moment) -> bool {
    let (mut demux, mut lines) = (Demux::new(tty), Lines::new(tty));
    let mut later = false;
    let mut look = |at: Moment, _: Stream, _: &[u8]| {
        later |= at > latest;
        false
    };
    // What is no log tells nothing of one.
    demux.feed(log, |piece| lines.piece(piece, &mut look)).is_ok() && later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finished_later_line_is_more() {
        let at = |second: i64| Moment::from_seconds(1_795_240_800 + second);
        let line = b"2026-11-21T06:00:51Z hello\n";
        assert!(holds_later(line, true, at(50)));
        assert!(!holds_later(line, true, at(51)));
        assert!(!holds_later(b"2026-11-21T06:00:51Z login: ", true, at(50)), "it may be shown as unfinished already");
        let frame = [&[1, 0, 0, 0, 0, 0, 0, line.len() as u8][..], line].concat();
        assert!(holds_later(&frame, false, at(50)) && !holds_later(b"<html>of a proxy</html>", false, at(0)));
        assert!(!holds_later(b"", false, at(0)));
    }
}
