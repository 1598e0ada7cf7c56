//! The files of instances: a small tree each, made when somebody asks, kept only when somebody has changed it.
//!
//! Nothing runs in these trees. A local process sees this machine's files, and what is copied to it is kept beside it.

mod extract;
mod pack;
mod recipe;
mod requests;
mod tree;

use bytes::Bytes;
use serde_json::{Value, json};

use super::instance::Instance;
use super::world::World;

pub(crate) use requests::{changes, export, get, put};
pub(crate) use tree::{Node, Tree, What};

/// Bytes that the changed trees of all instances may hold together.
const KEPT: u64 = 64 << 20;

impl World {
    /// An instance's files as they are now.
    fn tree(&self, one: &Instance) -> Tree {
        self.trees.get(&one.id).cloned().unwrap_or_else(|| recipe::tree(one))
    }

    /// What was added to an instance's files and what was changed, and the folders around it, by path.
    fn changes(&self, one: &Instance) -> Vec<(String, bool)> {
        let Some(tree) = self.trees.get(&one.id) else { return Vec::new() };
        let before = recipe::tree(one);
        let mut changes = Vec::new();
        for (path, node) in tree.nodes() {
            match before.get(path) {
                Some(same) if same.what == node.what && same.mode == node.mode => {}
                had => changes.push((path.to_string(), had.is_none())),
            }
        }
        let around: Vec<String> = changes.iter().filter_map(|(path, _)| parent(path)).collect();
        for folder in around {
            if folder != "/" && !changes.iter().any(|(path, _)| *path == folder) {
                changes.push((folder, false));
            }
        }
        changes.sort();
        changes
    }

    /// The archive of what has changed of an instance's files.
    pub(crate) fn changed_files(&self, id: &str) -> Option<Bytes> {
        let one = self.get(id)?;
        let changed: Vec<String> = self.changes(one).into_iter().map(|(path, _)| path).collect();
        let tree = self.tree(one);
        let nodes = changed.iter().filter_map(|path| Some((path.trim_start_matches('/').to_string(), tree.get(path)?)));
        pack::pack(nodes).ok()
    }

    /// Bytes that have come to an instance's files.
    pub(crate) fn changed_bytes(&self, id: &str) -> u64 {
        let Some(one) = self.get(id) else { return 0 };
        let Some(tree) = self.trees.get(id) else { return 0 };
        let paths = self.changes(one);
        let files = paths.iter().filter_map(|(path, _)| tree.get(path)).filter(|node| node.what != What::Folder);
        files.map(Node::size).sum()
    }

    fn change_list(&self, one: &Instance) -> Value {
        let row = |(path, added): (String, bool)| json!({ "Path": path, "Kind": i32::from(added) });
        let rows: Vec<Value> = self.changes(one).into_iter().map(row).collect();
        if rows.is_empty() { Value::Null } else { json!(rows) }
    }
}

/// The folder a path is in.
pub(crate) fn parent(path: &str) -> Option<String> {
    let (folder, _) = path.rsplit_once('/')?;
    Some(if folder.is_empty() { "/".into() } else { folder.into() }).filter(|_| path != "/")
}
