//! What the object on screen is compared with.

use crate::model::{Document, Id, Kind, Problem, StreamId};
use std::sync::Arc;

/// The target of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompareTarget {
    /// The state before its last change.
    Earlier,
    /// The image it was made from: configuration against configuration.
    Image(Id),
    /// Another container.
    Container(Id),
}

impl CompareTarget {
    /// The object that must be asked for; what this one was before is known already.
    pub fn object(&self) -> Option<(Kind, &Id)> {
        match self {
            CompareTarget::Earlier => None,
            CompareTarget::Image(id) => Some((Kind::Image, id)),
            CompareTarget::Container(id) => Some((Kind::Container, id)),
        }
    }
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// With what.
    pub rival: CompareTarget,
    /// Its name.
    pub name: String,
    /// The stream that brings it, if it must be asked for.
    pub stream: Option<StreamId>,
    /// The current document of the target.
    pub document: Option<Arc<Document>>,
    /// The reason why it cannot be read, or is no longer read.
    pub ended: Option<Problem>,
}
