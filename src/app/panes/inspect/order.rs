//! The order in which an object's values stand.

use crate::model::Document;
use std::sync::Arc;

/// What stands first, in this order: engines begin with what nobody asks for.
const FIRST: &[&str] = &[
    "Id",
    "ID",
    "Name",
    "RepoTags",
    "RepoDigests",
    "Image",
    "Created",
    "CreatedAt",
    "Size",
    "State",
    "Config",
    "Mounts",
    "NetworkSettings",
    "HostConfig",
    "Path",
    "Args",
];
/// The object with its essentials first; what is in them stays in the engine's order.
pub fn in_order(document: Arc<Document>) -> Arc<Document> {
    let rank = |child: &usize| {
        let key = document.nodes.get(*child).and_then(|node| node.key.as_deref());
        FIRST.iter().position(|first| Some(*first) == key).unwrap_or(FIRST.len())
    };
    let mut order: Vec<usize> = document.children(0).collect();
    if order.is_sorted_by_key(rank) {
        return document;
    }
    order.sort_by_key(rank);
    let mut nodes = Vec::with_capacity(document.nodes.len());
    nodes.extend(document.nodes.first().cloned());
    for (index, child) in (0..).zip(order) {
        let at = nodes.len();
        nodes.extend_from_slice(document.nodes.get(child..document.end(child)).unwrap_or_default());
        if let Some(node) = nodes.get_mut(at) {
            node.index = index;
        }
    }
    Arc::new(Document { nodes, left_out: document.left_out, cut: document.cut })
}

/// Where a container says what was configured. All else is what became of it: ids, times, addresses.
const CONFIGURED: &[&str] = &["Config", "HostConfig", "Mounts", "Path", "Args", "Platform"];

/// The configured part of a container's document.
pub fn configured(document: &Document) -> Document {
    let is_it = |child: &usize| {
        let key = document.nodes.get(*child).and_then(|node| node.key.as_deref());
        key.is_some_and(|key| CONFIGURED.contains(&key))
    };
    let mut nodes: Vec<_> = document.nodes.first().cloned().into_iter().collect();
    for child in document.children(0).filter(is_it) {
        nodes.extend_from_slice(document.nodes.get(child..document.end(child)).unwrap_or_default());
    }
    let (below, children) = (nodes.len().saturating_sub(1) as u32, document.children(0).filter(is_it).count() as u32);
    nodes.first_mut().into_iter().for_each(|root| (root.below, root.children) = (below, children));
    Document { nodes, left_out: document.left_out, cut: document.cut }
}
