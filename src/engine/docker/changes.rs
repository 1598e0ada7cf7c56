//! Changed objects, for the views that show them.

use crate::model::Kind;
use tokio::sync::broadcast;

/// Changes that may wait; who falls behind looks again.
const CHANGES: usize = 256;

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The kind of the object.
    pub kind: Kind,
    /// The engine's id of it, or its name.
    pub raw: Box<str>,
}

/// Tells what is not as it was; nothing named means that all is to be looked at again.
pub type Changes = broadcast::Sender<Option<Subject>>;

/// A way to tell changes.
pub fn changes() -> Changes {
    broadcast::channel(CHANGES).0
}
