//! A search in an object, as it is shown: what is hidden is not found.

use crate::model::Node;
use crate::model::Search;

/// True if the name or the value of a node has a hit.
pub fn hits(search: &Search, node: &Node, revealed: bool) -> bool {
    let value = node.shown(revealed);
    let Some(key) = &node.key else { return search.hits(value) };
    // What was read as one text on screen is found as one.
    let as_one = || search.text.contains(':') && search.hits(format!("{key}: {value}"));
    search.hits(&**key) || search.hits(value) || as_one()
}
