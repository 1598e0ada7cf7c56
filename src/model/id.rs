//! Identity: which thing, on which engine.

use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Which engine. A small number given out when the engine is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EngineId(pub u16);

/// A container on an engine. Opaque outside the store: nobody else builds a request from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    engine: EngineId,
    raw: Arc<str>,
    /// Of `raw`, computed once: a frame looks up hundreds of them.
    hash: u64,
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Id {
    /// The thing that `engine` calls `raw` (for containers: 64 hexadecimal digits).
    pub fn new(engine: EngineId, raw: impl Into<Arc<str>>) -> Self {
        let raw = raw.into();
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&raw);
        Self { engine, raw, hash }
    }

    /// The engine that knows this thing.
    pub fn engine(&self) -> EngineId {
        self.engine
    }

    /// The engine's own name for it.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The first twelve characters, as the docker command shows ids.
    pub fn short(&self) -> &str {
        self.raw.get(..12).unwrap_or(&self.raw)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.engine.0, self.short())
    }
}
