//! This room knows the files of volumes: engines show them only through a container that mounts the volume, so a helper is made
//! for that, and removed when nobody needs it any more.
//! It may use the store's transport, the model, and what cleans up after sessions.
//! It never runs anything of the helper's image but `sleep` and what lists a folder, and never lets a helper count as a container.

mod helper;
mod image;

use crate::engine::Shared;
use crate::engine::sessions::{SessionContext, SessionEnd};
use crate::engine::streams::{StreamClosed, StreamSink};
use crate::model::{FileChunk, Id, Problem, Runtime, SeenVolume, StreamEvent};
pub use helper::{COMMAND, Helper, MOUNTED, is_there, make, make_for};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, Weak};

/// The helpers of this store. Each lives as long as somebody uses it.
#[derive(Debug, Clone, Default)]
pub struct Helpers(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By the engine's id for them.
    helpers: HashMap<String, Weak<Helper>>,
    /// Volumes that one was made for.
    served: HashSet<String>,
}

impl Helpers {
    /// The helper of an id. Whoever has it keeps it alive.
    pub fn of(&self, raw: &str) -> Option<Arc<Helper>> {
        self.0.lock().ok()?.helpers.get(raw)?.upgrade()
    }

    fn keep(&self, helper: &Arc<Helper>) {
        // Poisoned only by a panic, after which nothing is looked into any more.
        if let Ok(mut known) = self.0.lock() {
            known.helpers.retain(|_, helper| helper.strong_count() > 0);
            known.helpers.insert(helper.raw.clone(), Arc::downgrade(helper));
            known.served.insert(helper.volume.clone());
        }
    }

    /// True for a volume that was looked into.
    pub fn served(&self, volume: &str) -> bool {
        self.0.lock().is_ok_and(|known| known.served.contains(volume))
    }
}

/// Makes a volume's files ready for being asked for, and keeps them so until nobody reads any more.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    seen: &SeenVolume,
    size: Option<u64>,
) -> Result<Option<Problem>, StreamClosed> {
    match hold(shared, outlet, seen, size).await {
        Ok(()) => Ok(None),
        Err(SessionEnd::Problem(problem)) => Ok(Some(problem)),
        Err(SessionEnd::Closed) => Err(StreamClosed),
    }
}

async fn hold(shared: &Shared, outlet: &StreamSink, seen: &SeenVolume, size: Option<u64>) -> Result<(), SessionEnd> {
    let id = &seen.volume.id;
    let during = format!("look into the volume {}", crate::model::text::clean(id.raw()));
    let ground = SessionContext::on(shared, outlet, id.engine(), during, true).await?;
    let helper = match make_for(shared, &ground.transport, seen).await.map_err(|fault| ground.fault(&fault))? {
        Err(refused) => return Err(ground.problem(refused.cause, &refused.hint)),
        Ok(helper) => Arc::new(helper),
    };
    // What the embedded engine starts are processes of this machine.
    if size.is_some_and(|size| size >= helper::LARGE) && shared.runtime() != Runtime::Embedded {
        helper.start(&ground.transport).await;
    }
    shared.helpers.keep(&helper);
    outlet.chunk(StreamEvent::Files(FileChunk::Mounted(Id::new(id.engine(), helper.raw.as_str())))).await?;
    // Closing the stream ends this here, and with it the helper, unless a copy still uses it.
    std::future::pending().await
}
