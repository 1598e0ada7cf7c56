//! What was refused is asked for again after a pause, each longer than the last: however often a stream is opened anew, no engine
//! is asked without end.

use crate::engine::docker::pauses::Pauses;
use crate::engine::docker::shared::Shared;
use crate::engine::publisher::ContainerIndex;
use crate::model::{Source, State};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Between two questions that are refused. The first is so short that a person who tries again is not kept waiting.
const PAUSES: Pauses = Pauses::new(Duration::from_millis(500), Duration::from_secs(30));
/// A refusal this long ago does not count any more.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// Refusals remembered.
const REMEMBERED: usize = 64;

/// What was refused lately. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<VecDeque<Refused>>>);

#[derive(Debug, Clone)]
struct Refused {
    source: Source,
    pauses: Pauses,
    until: Instant,
    /// How the container stood then: once it stands otherwise, the answer may be another.
    state: Option<State>,
    /// In which session with the engine.
    session: u64,
}

impl Refusals {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Refused>> {
        // Each change of the list is one step: it is whole whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the source may be asked for: at once, or after the pause that its last refusal asks for, or when the
    /// container or the engine is not as it was then.
    pub async fn wait(&self, shared: &Shared, source: &Source) {
        let Some(refused) = self.of(source) else { return };
        let (mut index, mut line) = (shared.index.clone(), shared.line.clone());
        // Errors mean that the store is ending, and the caller's task with it.
        tokio::select! {
            () = sleep_until(refused.until) => {}
            _ = index.wait_for(|index| state(index, source) != refused.state) => self.forget(source),
            _ = line.wait_for(|line| line.up && line.session != refused.session) => self.forget(source),
        }
    }

    fn of(&self, source: &Source) -> Option<Refused> {
        let now = Instant::now();
        let mut all = self.lock();
        all.retain(|refused| refused.until + FORGOTTEN > now);
        all.iter().find(|refused| refused.source == *source).cloned()
    }

    fn forget(&self, source: &Source) {
        self.lock().retain(|refused| refused.source != *source);
    }

    /// Takes note of how it ended.
    pub fn note(&self, shared: &Shared, source: &Source, refused: bool) {
        let pauses = self.of(source).map_or(PAUSES, |refused| refused.pauses);
        self.forget(source);
        if refused && is_asked_again(source) {
            let (state, session) = (state(&shared.index.borrow(), source), shared.line.borrow().session);
            let mut refused = Refused { source: source.clone(), pauses, until: Instant::now(), state, session };
            refused.until += refused.pauses.take();
            let mut all = self.lock();
            if all.len() >= REMEMBERED {
                all.pop_front();
            }
            all.push_back(refused);
        }
    }
}

/// How the container stands that a source is about, as far as known.
fn state(index: &ContainerIndex, source: &Source) -> Option<State> {
    index.containers.get(source.id()?).map(|container| container.state.clone())
}

/// True for what is looked at and therefore opened again by itself; false for what a person asks for, each time anew.
fn is_asked_again(source: &Source) -> bool {
    match source {
        Source::Logs { .. }
        | Source::OlderLogs { .. }
        | Source::SearchLogs { .. }
        | Source::LogsFrom { .. }
        | Source::Processes { .. }
        | Source::Folder { .. }
        | Source::File { .. }
        | Source::Visit { .. }
        | Source::Volume { .. }
        | Source::Compose(..)
        | Source::Unfinished(_)
        | Source::Inspect { .. } => true,
        Source::Exec(_)
        | Source::Attach { .. }
        | Source::Sidecar { .. }
        | Source::CopyOut(_)
        | Source::CopyIn(_)
        | Source::ArchiveOut { .. }
        | Source::ArchiveIn { .. }
        | Source::Transfer(..) => false,
    }
}
