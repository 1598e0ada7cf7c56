//! A tree of files, folders and links, by absolute path.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Links that are followed for one path.
const LINKS: usize = 40;

/// Files, folders and links in one tree.
const MOST: usize = 4096;

/// Bytes in one tree, names included.
const HELD: u64 = 16 << 20;

/// The longest path.
const PATH: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Folder,
    File(Bytes),
    Link(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) what: What,
    /// Permissions, with the bits for set-user-id and the like.
    pub(crate) mode: u32,
    pub(crate) user: u64,
    pub(crate) group: u64,
    /// Seconds since 1970.
    pub(crate) modified: i64,
}

impl Node {
    pub(crate) fn size(&self) -> u64 {
        match &self.what {
            What::Folder => 4096,
            What::File(bytes) => bytes.len() as u64,
            What::Link(target) => target.len() as u64,
        }
    }
}

/// The reason why a path cannot be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    Absent,
    NotAFolder,
    TooManyLinks,
}

/// The reason why an entry cannot be put into a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Full {
    Files,
    Bytes,
    Name,
}

#[derive(Debug, Clone)]
pub(crate) struct Tree {
    nodes: BTreeMap<String, Node>,
    bytes: u64,
}

impl Tree {
    pub(crate) fn new(root: Node) -> Self {
        Tree { nodes: BTreeMap::from([("/".to_string(), root)]), bytes: 0 }
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// What is at a path that is clean, absolute and has no links in it.
    pub(crate) fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Everything at a path and below it, folders before what is in them.
    pub(crate) fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let inside = if path == "/" { "/".to_string() } else { format!("{path}/") };
        self.nodes().filter(move |(have, _)| *have == path || have.starts_with(&inside))
    }

    /// Puts another tree over what is at a path, as a mount does.
    pub(crate) fn graft(&mut self, at: &str, other: Tree) {
        self.remove(at);
        self.bytes += other.bytes + (at.len() * other.nodes.len()) as u64;
        for (path, node) in other.nodes {
            let whole = if path == "/" { at.to_string() } else { format!("{at}{path}") };
            self.nodes.insert(whole, node);
        }
    }

    /// Takes what is at a path out as a tree of its own; an empty folder stays.
    pub(crate) fn cut(&mut self, at: &str) -> Option<Tree> {
        let root = self.nodes.get(at).cloned()?;
        let inside = format!("{at}/");
        let below: Vec<(String, Node)> = self.below(at).map(|(path, node)| (path.to_string(), node.clone())).collect();
        let mut tree = Tree::new(root.clone());
        for (path, node) in below.into_iter().filter(|(path, _)| path.starts_with(&inside)) {
            // It had room where it was.
            let _ = tree.put(path[at.len()..].to_string(), node);
        }
        self.remove(at);
        self.nodes.insert(at.to_string(), root);
        self.bytes += at.len() as u64;
        Some(tree)
    }

    /// Puts something at a resolved path whose folder is there; what was there goes.
    pub(crate) fn put(&mut self, path: String, node: Node) -> Result<(), Full> {
        if path.len() > PATH {
            return Err(Full::Name);
        }
        if node.what != What::Folder || self.nodes.get(&path).is_some_and(|had| had.what != What::Folder) {
            self.remove(&path);
        }
        let costs =
            |path: &str, node: &Node| path.len() as u64 + if node.what == What::Folder { 0 } else { node.size() };
        if self.nodes.len() >= MOST && !self.nodes.contains_key(&path) {
            return Err(Full::Files);
        }
        let more = costs(&path, &node);
        if self.bytes + more > HELD {
            return Err(Full::Bytes);
        }
        self.bytes += more;
        if let Some(had) = self.nodes.insert(path.clone(), node) {
            self.bytes -= costs(&path, &had).min(self.bytes);
        }
        Ok(())
    }

    fn remove(&mut self, path: &str) {
        let gone: Vec<String> = self.below(path).map(|(path, _)| path.to_string()).collect();
        for path in gone.into_iter().filter(|path| path != "/") {
            if let Some(node) = self.nodes.remove(&path) {
                let size = if node.what == What::Folder { 0 } else { node.size() };
                self.bytes = self.bytes.saturating_sub(size + path.len() as u64);
            }
        }
    }

    /// The real path behind one with links, dots and doubled slashes in it. The last part's own link is followed only
    /// when asked. A folder is insisted on where the path ends with a slash or a dot.
    pub(crate) fn resolve(&self, path: &str, follow: bool) -> Result<String, Lost> {
        let insists = path.ends_with('/') || path.ends_with("/.");
        let mut left: Vec<String> = path.split('/').rev().map(String::from).collect();
        let mut at = "/".to_string();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    at = parent(&at).unwrap_or_else(|| "/".into());
                    continue;
                }
                _ => {}
            }
            if self.nodes.get(&at).is_none_or(|node| node.what != What::Folder) {
                return Err(Lost::NotAFolder);
            }
            let next = if at == "/" { format!("/{part}") } else { format!("{at}/{part}") };
            let last = left.iter().all(|part| part.is_empty() || part == ".");
            match self.nodes.get(&next).ok_or(Lost::Absent)?.what {
                What::Link(ref target) if !last || follow || insists => {
                    links += 1;
                    if links > LINKS || target.len() > PATH {
                        return Err(Lost::TooManyLinks);
                    }
                    if target.starts_with('/') {
                        at = "/".into();
                    }
                    left.extend(target.split('/').rev().map(String::from));
                }
                _ => at = next,
            }
        }
        match self.nodes.get(&at) {
            Some(node) if insists && node.what != What::Folder => Err(Lost::NotAFolder),
            Some(_) => Ok(at),
            None => Err(Lost::Absent),
        }
    }
}

/// The folder a path is in.
pub(crate) fn parent(path: &str) -> Option<String> {
    let (folder, _) = path.rsplit_once('/')?;
    Some(if folder.is_empty() { "/".into() } else { folder.into() }).filter(|_| path != "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(what: What) -> Node {
        Node { what, mode: 0o755, user: 0, group: 0, modified: 0 }
    }

    fn tree() -> Tree {
        let mut tree = Tree::new(node(What::Folder));
        for (path, what) in [
            ("/app", What::Folder),
            ("/app/v2", What::Folder),
            ("/app/v2/x", What::File("hello".into())),
            ("/app/current", What::Link("v2".into())),
            ("/loop", What::Link("/loop".into())),
            ("/up", What::Link("../../app/current/../v2".into())),
        ] {
            tree.put(path.into(), node(what)).expect("room");
        }
        tree
    }

    #[test]
    fn paths_through_links_dots_and_slashes() {
        let tree = tree();
        let follow = |path: &str| tree.resolve(path, true);
        assert_eq!(follow("/app/current/x").as_deref(), Ok("/app/v2/x"));
        assert_eq!(follow("//app/./current/../../app/v2/x").as_deref(), Ok("/app/v2/x"));
        assert_eq!(follow("/up/x").as_deref(), Ok("/app/v2/x"));
        assert_eq!(follow("/../..").as_deref(), Ok("/"));
        assert_eq!(tree.resolve("/app/current", false).as_deref(), Ok("/app/current"));
        assert_eq!(tree.resolve("/app/current/", false).as_deref(), Ok("/app/v2"));
        assert_eq!(follow("/app/nope"), Err(Lost::Absent));
        assert_eq!(follow("/app/v2/x/y"), Err(Lost::NotAFolder));
        assert_eq!(follow("/app/v2/x/"), Err(Lost::NotAFolder));
        assert_eq!(follow("/loop"), Err(Lost::TooManyLinks));
    }

    #[test]
    fn what_is_mounted_is_seen_and_comes_out_as_it_went_in() {
        let mut volume = Tree::new(node(What::Folder));
        volume.put("/kept".into(), node(What::File("kept".into()))).expect("room");
        let (mut tree, bytes) = (tree(), tree().bytes());
        tree.graft("/app", volume.clone());
        assert!(tree.get("/app/kept").is_some() && tree.get("/app/v2/x").is_none(), "it hides what was there");
        tree.put("/app/new".into(), node(What::File("new".into()))).expect("room");
        let out = tree.cut("/app").expect("a folder");
        assert_eq!(
            (out.get("/kept").is_some(), out.get("/new").is_some(), out.bytes()),
            (true, true, volume.bytes() + 7)
        );
        assert!(tree.get("/app").is_some() && tree.below("/app").count() == 1 && tree.bytes() <= bytes);
        assert!(tree.cut("/nowhere").is_none());
    }

    #[test]
    fn a_tree_is_bounded_and_counts_what_it_holds() {
        let mut tree = tree();
        let before = tree.bytes();
        tree.put("/big".into(), node(What::File(vec![0; 1 << 20].into()))).expect("room");
        assert_eq!(tree.bytes(), before + (1 << 20) + 4);
        tree.put("/big".into(), node(What::File("small".into()))).expect("room");
        assert_eq!(tree.bytes(), before + 9);
        let huge = vec![0; HELD as usize];
        assert_eq!(tree.put("/huge".into(), node(What::File(huge.into()))), Err(Full::Bytes));
        let more = (0..MOST).find_map(|n| tree.put(format!("/{n}"), node(What::Folder)).err());
        assert_eq!(more, Some(Full::Files));
        tree.put("/app".into(), node(What::File("now a file".into()))).expect("room");
        assert_eq!(tree.below("/app").count(), 1, "what was in the folder went with it");
    }
}
