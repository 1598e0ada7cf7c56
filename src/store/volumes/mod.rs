//! This room knows the files of volumes: engines show them only through an instance that mounts the volume, so a helper is made
//! for that, and removed when nobody needs it any more.
//! It may use the store's transport, the model, and what cleans up after sessions.
//! It never runs anything of the helper's image but `sleep` and what lists a folder, and never lets a helper count as an instance.

mod helper;
mod image;

use super::Hub;
use super::sessions::{Ground, Halt};
use super::wires::{Closed, Outlet};
use crate::model::{Chunk, FileChunk, Id, Problem, Runtime, SeenVolume};
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
pub async fn run(hub: &Hub, outlet: &Outlet, seen: &SeenVolume, size: Option<u64>) -> Result<Option<Problem>, Closed> {
    match hold(hub, outlet, seen, size).await {
        Ok(()) => Ok(None),
        Err(Halt::Problem(problem)) => Ok(Some(problem)),
        Err(Halt::Closed) => Err(Closed),
    }
}

async fn hold(hub: &Hub, outlet: &Outlet, seen: &SeenVolume, size: Option<u64>) -> Result<(), Halt> {
    let id = &seen.volume.id;
    let during = format!("look into the volume {}", crate::model::text::clean(id.raw()));
    let ground = Ground::on(hub, outlet, id.engine(), during, true).await?;
    let helper = match make_for(hub, &ground.transport, seen).await.map_err(|fault| ground.fault(&fault))? {
        Err(refused) => return Err(ground.problem(refused.cause, &refused.mend)),
        Ok(helper) => Arc::new(helper),
    };
    // What the embedded engine starts are processes of this machine.
    if size.is_some_and(|size| size >= helper::LARGE) && hub.runtime() != Runtime::Embedded {
        helper.start(&ground.transport).await;
    }
    hub.helpers.keep(&helper);
    outlet.chunk(Chunk::Files(FileChunk::Mounted(Id::new(id.engine(), helper.raw.as_str())))).await?;
    // Closing the stream ends this here, and with it the helper, unless a copy still uses it.
    std::future::pending().await
}
