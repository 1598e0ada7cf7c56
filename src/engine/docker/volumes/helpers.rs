//! The helpers of one engine, each of which lives as long as somebody uses it.

use crate::engine::docker::sessions::cleanup::CleanupGuard;
use crate::engine::docker::sessions::requests;
use crate::engine::docker::transport::Transport;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, Weak};

/// The path of the volume in the helper.
pub const MOUNTED: &str = "/volume";
/// A volume of so many bytes is listed by a program in the helper, which runs for that: an archive of its topmost folder would
/// be one of all that is in it.
pub const LARGE: u64 = 256 << 20;
/// What it runs: it ends by itself after a day, whatever becomes of bowline.
pub const COMMAND: [&str; 2] = ["sleep", "86400"];

/// A helper. It is removed when this is dropped.
#[derive(Debug)]
pub struct Helper {
    /// The engine's id for it.
    pub raw: String,
    /// The volume that it mounts.
    pub volume: String,
    /// Whoever drops this last removes it.
    pub(super) _duty: CleanupGuard,
}

impl Helper {
    /// Starts it, so that folders can be listed by a program. Where its image has none it is as good without.
    pub async fn start(&self, transport: &Transport) {
        if let Err(fault) = requests::start(transport, &self.raw).await {
            tracing::debug!("the helper of a volume does not run: {fault:?}");
        }
    }
}

/// The helpers of one engine.
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

    pub(super) fn keep(&self, helper: &Arc<Helper>) {
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
