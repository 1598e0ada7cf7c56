//! Those who listen to a local process as it speaks: attached clients, none of whom can hold it or the others up for
//! longer than a moment.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Pieces of output that wait for one client. A piece has at most as many bytes as are read from a process at once.
const HELD: usize = 128;

/// How long a process waits for a client that is that far behind and takes nothing more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// A piece of output.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) stderr: bool,
    pub(crate) bytes: Bytes,
}

/// A client's receiver: the output, and a mark if it was too slow to receive it all.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) said: mpsc::Receiver<Said>,
    pub(crate) cut: oneshot::Receiver<()>,
}

#[derive(Debug)]
struct Listener {
    number: u64,
    tell: mpsc::Sender<Said>,
    cut: oneshot::Sender<()>,
}

/// A client that had no room for a piece when it was said.
#[derive(Debug)]
pub(crate) struct Late {
    pub(crate) number: u64,
    tell: mpsc::Sender<Said>,
    said: Said,
}

impl Late {
    /// Tells it as soon as there is room; false when there is none in time.
    pub(crate) async fn tell(self, until: Instant) -> bool {
        // Who has left in the meantime is not late.
        tokio::time::timeout_at(until, self.tell.send(self.said)).await.is_ok()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    all: Vec<Listener>,
    /// The number of subscribers so far: an id for each.
    came: u64,
}

impl Subscribers {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn listen(&mut self) -> Subscriber {
        // Where little is said, little is noticed of those who left.
        self.all.retain(|listener| !listener.tell.is_closed());
        let (tell, said) = mpsc::channel(HELD);
        let (cut, cut_off) = oneshot::channel();
        self.came += 1;
        self.all.push(Listener { number: self.came, tell, cut });
        Subscriber { said, cut: cut_off }
    }

    /// Tells everybody who has room for it, and returns the others: they are to be told before anything else is said.
    /// Who has left is forgotten.
    pub(crate) fn tell(&mut self, said: &Said) -> Vec<Late> {
        let mut late = Vec::new();
        self.all.retain(|listener| match listener.tell.try_send(said.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(said)) => {
                late.push(Late { number: listener.number, tell: listener.tell.clone(), said });
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        });
        late
    }

    /// Cuts one off that is too far behind.
    pub(crate) fn cut(&mut self, number: u64) {
        if let Some(at) = self.all.iter().position(|listener| listener.number == number) {
            // It may have left this very moment.
            let _ = self.all.swap_remove(at).cut.send(());
        }
    }

    /// Ends the output: every client receives what is queued, and then the end.
    pub(crate) fn dismiss(&mut self) {
        self.all.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: usize) -> Said {
        Said { stderr: false, bytes: Bytes::from(number.to_string()) }
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_the_others_hear_everything() {
        let mut audience = Subscribers::default();
        let (mut quick, mut slow) = (audience.listen(), audience.listen());
        for number in 0..=HELD {
            for late in audience.tell(&said(number)) {
                let which = late.number;
                assert_eq!(number, HELD, "only then it is full");
                assert!(!late.tell(Instant::now() + PATIENCE).await);
                audience.cut(which);
            }
            assert_eq!(quick.said.recv().await.map(|said| said.bytes), Some(said(number).bytes));
        }
        assert_eq!(slow.cut.try_recv(), Ok(()));
        audience.dismiss();
        assert!(quick.said.recv().await.is_none());
        assert!(quick.cut.try_recv().is_err(), "the end is no cut");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_only_slow_is_waited_for() {
        let mut audience = Subscribers::default();
        let mut slow = audience.listen();
        let hearing = tokio::spawn(async move {
            let mut heard = 0;
            while slow.said.recv().await.is_some() {
                heard += 1;
                tokio::time::sleep(PATIENCE / 2).await;
            }
            heard
        });
        for number in 0..3 * HELD {
            for late in audience.tell(&said(number)) {
                assert!(late.tell(Instant::now() + PATIENCE).await);
            }
        }
        audience.dismiss();
        assert_eq!(hearing.await.expect("hears"), 3 * HELD);
    }
}
