//! The trees that are kept: what somebody has changed of containers' files, and what is in volumes.

use bytes::Bytes;
use serde_json::{Value, json};

use super::tree::{Node, Tree, What, parent};
use super::{pack, rootfs_template};
use crate::container::Container;
use crate::state::EngineState;
use crate::time::SECOND;
use crate::volume::mount::Source;

/// Bytes that the changed trees of all containers may hold together.
pub(super) const KEPT: u64 = 64 << 20;

impl EngineState {
    /// A container's files as they are now, with the volumes that it mounts.
    pub(super) fn tree(&self, one: &Container) -> Tree {
        let mut tree = self.trees.get(&one.id).cloned().unwrap_or_else(|| rootfs_template::tree(one));
        for (at, volume) in volumes(one) {
            tree.graft(&at, self.volume_tree(&volume));
        }
        tree
    }

    /// What a volume holds: nothing until somebody puts something there.
    fn volume_tree(&self, volume: &str) -> Tree {
        self.volume_trees.get(volume).cloned().unwrap_or_else(|| {
            let created = self.volumes.get(volume).map_or(0, |volume| volume.created);
            Tree::new(Node { what: What::Folder, mode: 0o755, user: 0, group: 0, modified: created / SECOND })
        })
    }

    /// Keeps a container's files, and what is in its volumes there. False if that would be too much.
    pub(super) fn keep(&mut self, id: &str, mounts: Vec<(String, String)>, mut tree: Tree) -> bool {
        let parts: Vec<(String, Tree)> =
            mounts.into_iter().rev().filter_map(|(at, volume)| Some((volume, tree.cut(&at)?))).collect();
        let changed = |volume: &String| parts.iter().any(|(name, _)| name == volume);
        let others = self.trees.iter().filter(|(other, _)| *other != id).map(|(_, tree)| tree.bytes());
        let volumes = self.volume_trees.iter().filter(|(name, _)| !changed(name)).map(|(_, tree)| tree.bytes());
        let own = tree.bytes() + parts.iter().map(|(_, tree)| tree.bytes()).sum::<u64>();
        if others.chain(volumes).sum::<u64>() + own > KEPT {
            return false;
        }
        self.trees.insert(id.to_string(), tree);
        self.volume_trees.extend(parts);
        true
    }

    /// Bytes that have been put into a volume.
    pub(crate) fn volume_bytes(&self, volume: &str) -> u64 {
        let tree = self.volume_trees.get(volume);
        tree.map_or(0, |tree| {
            tree.nodes().filter(|(_, node)| node.what != What::Folder).map(|(_, node)| node.size()).sum()
        })
    }

    /// What was added to a container's files and what was changed, and the folders around it, by path.
    pub(super) fn changes(&self, one: &Container) -> Vec<(String, bool)> {
        let Some(tree) = self.trees.get(&one.id) else { return Vec::new() };
        let before = rootfs_template::tree(one);
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

    /// The archive of what has changed of a container's files.
    pub(crate) fn changed_files(&self, id: &str) -> Option<Bytes> {
        let one = self.get(id)?;
        let changed: Vec<String> = self.changes(one).into_iter().map(|(path, _)| path).collect();
        let tree = self.tree(one);
        let nodes = changed.iter().filter_map(|path| Some((path.trim_start_matches('/').to_string(), tree.get(path)?)));
        pack::pack(nodes).ok()
    }

    /// Bytes that have come to a container's files.
    pub(crate) fn changed_bytes(&self, id: &str) -> u64 {
        let Some(one) = self.get(id) else { return 0 };
        let Some(tree) = self.trees.get(id) else { return 0 };
        let paths = self.changes(one);
        let files = paths.iter().filter_map(|(path, _)| tree.get(path)).filter(|node| node.what != What::Folder);
        files.map(Node::size).sum()
    }

    pub(super) fn change_list(&self, one: &Container) -> Value {
        let row = |(path, added): (String, bool)| json!({ "Path": path, "Kind": i32::from(added) });
        let rows: Vec<Value> = self.changes(one).into_iter().map(row).collect();
        if rows.is_empty() { Value::Null } else { json!(rows) }
    }
}

/// Where a container sees which volume, the outermost first.
pub(super) fn volumes(one: &Container) -> Vec<(String, String)> {
    let mounts = one.spec.mounts.iter().filter_map(|mount| match &mount.source {
        Source::Volume(name) => Some((clean(&mount.target), name.clone())),
        Source::Bind(_) | Source::Tmpfs => None,
    });
    let mut mounts: Vec<(String, String)> = mounts.filter(|(at, _)| at != "/").collect();
    mounts.sort();
    mounts
}

/// A path without dots and doubled slashes.
pub(super) fn clean(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let path: String = parts.map(|part| format!("/{part}")).collect();
    if path.is_empty() { "/".into() } else { path }
}
