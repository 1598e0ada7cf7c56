//! Questions in SQL are answered beside the loop, and given up when nobody waits or they take too long.

use crate::app::Msg;
use crate::model::{LogQuery, LogTable, QueryFailed, QueryHalt, StreamId};
use crate::services::log_query;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Questions that are being answered, and whether each was cancelled.
#[derive(Default)]
pub struct Queries(HashMap<StreamId, Arc<AtomicBool>>);

impl Queries {
    /// Begins to answer one; the answer comes as a message.
    pub fn begin(&mut self, stream: StreamId, query: Arc<LogQuery>, answers: mpsc::Sender<Msg>) {
        // What has ended has let go of its flag.
        self.0.retain(|_, cancelled| Arc::strong_count(cancelled) > 1);
        let cancelled = Arc::new(AtomicBool::new(false));
        self.0.insert(stream, cancelled.clone());
        tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            let answer = answer(&query, cancelled).map(Arc::new);
            // The loop may have ended meanwhile.
            drop(answers.blocking_send(Msg::Answered(stream, answer, start.elapsed().as_secs_f64())));
        });
    }

    /// Nobody waits for the answer any more.
    pub fn cancel(&mut self, stream: StreamId) {
        if let Some(cancelled) = self.0.remove(&stream) {
            cancelled.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Queries {
    fn drop(&mut self) {
        self.0.values().for_each(|cancelled| cancelled.store(true, Ordering::Relaxed));
    }
}

/// Answers a question, until it is cancelled or takes too long.
pub fn answer(query: &LogQuery, cancelled: Arc<AtomicBool>) -> Result<LogTable, QueryFailed> {
    let start = Instant::now();
    let halt = move || match cancelled.load(Ordering::Relaxed) {
        true => Some(QueryHalt::Cancelled),
        false => (start.elapsed() > PATIENCE).then_some(QueryHalt::TookLongerThan(PATIENCE.as_secs())),
    };
    log_query::run(query, halt)
}
