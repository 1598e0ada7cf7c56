//! Two objects against each other: one tree with both, each node marked.

use crate::model::{Document, Leaf, Node};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The change of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// It is the same on both sides, or nothing is compared.
    #[default]
    Same,
    /// The value, or something in it, has changed.
    Changed,
    /// Only the object has it.
    Added,
    /// Only the other has it.
    Removed,
}

/// One tree of two objects.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// What both have, in the order of the object; what only the other has stands behind.
    pub document: Arc<Document>,
    /// A mark for each node; empty where nothing is compared.
    pub marks: Vec<Mark>,
    /// The previous values of changed nodes.
    pub was: HashMap<usize, Node>,
    /// How many values changed, were added, were removed.
    pub counts: [usize; 3],
}

/// Lists whose order counts: words that are run.
const ORDERED: &[&str] = &["Cmd", "Entrypoint", "Args", "Test", "Shell", "OnBuild", "Command", "Arguments", "Layers"];
/// By which of its values a map in a list is known.
pub const KNOWN_BY: &[&str] =
    &["Destination", "Target", "Name", "Id", "ID", "Subnet", "PathInContainer", "HostPort", "Start"];

impl Merged {
    /// The nodes so far. Nobody else has them while the tree is being made.
    fn nodes(&mut self) -> &mut Vec<Node> {
        &mut Arc::make_mut(&mut self.document).nodes
    }

    /// Puts a node down; what lies below it is to follow.
    fn put(&mut self, node: &Node, depth: u16, index: u32, mark: Mark) -> usize {
        self.nodes().push(Node { depth, index, below: 0, children: 0, ..node.clone() });
        self.marks.push(mark);
        self.marks.len() - 1
    }

    fn end(&mut self, at: usize, children: u32) {
        let below = (self.document.nodes.len() - at - 1) as u32;
        if let Some(node) = self.nodes().get_mut(at) {
            (node.below, node.children) = (below, children);
        }
    }

    /// Puts a whole subtree down that only one of both has.
    fn put_all(&mut self, of: &Document, root: usize, depth: u16, index: u32, mark: Mark) {
        self.counts[if mark == Mark::Added { 1 } else { 2 }] += 1;
        let nodes = of.nodes.get(root..of.end(root)).unwrap_or_default();
        let base = nodes.first().map_or(0, |node| node.depth);
        for (at, node) in nodes.iter().enumerate() {
            let index = if at == 0 { index } else { node.index };
            self.nodes().push(Node { depth: node.depth - base + depth, index, ..node.clone() });
            self.marks.push(mark);
        }
    }

    /// Puts down what both have at one place. Returns how many nodes that made there, and whether they differ.
    fn put_both(&mut self, old: (&Document, usize), new: (&Document, usize), depth: u16, index: u32) -> (u32, bool) {
        let (Some(was), Some(is)) = (old.0.nodes.get(old.1), new.0.nodes.get(new.1)) else { return (0, false) };
        if was.leaf == is.leaf && !is.holds() {
            self.put(is, depth, index, Mark::Same);
            return (1, false);
        }
        if was.leaf == is.leaf {
            let at = self.put(is, depth, index, Mark::Same);
            let (children, differs) = self.put_children(old, new, depth + 1);
            self.end(at, children);
            if differs && let Some(mark) = self.marks.get_mut(at) {
                *mark = Mark::Changed;
            }
            return (1, differs);
        }
        if !was.holds() && !is.holds() {
            let at = self.put(is, depth, index, Mark::Changed);
            self.was.insert(at, was.clone());
            self.counts[0] += 1;
            return (1, true);
        }
        if was.leaf == Leaf::Bare("null".into()) {
            // Engines write an empty list as null.
            self.put_all(new.0, new.1, depth, index, Mark::Added);
            return (1, true);
        }
        self.put_all(old.0, old.1, depth, index, Mark::Removed);
        self.put_all(new.0, new.1, depth, index + 1, Mark::Added);
        (2, true)
    }

    fn put_children(&mut self, old: (&Document, usize), new: (&Document, usize), depth: u16) -> (u32, bool) {
        let mut waiting: HashMap<String, VecDeque<usize>> = HashMap::new();
        let mut order = Vec::new();
        for child in old.0.children(old.1) {
            let slot = slot(old.0, old.1, child);
            order.push((slot.clone(), child));
            waiting.entry(slot).or_default().push_back(child);
        }
        let (mut count, mut differs) = (0, false);
        for child in new.0.children(new.1) {
            match waiting.get_mut(&slot(new.0, new.1, child)).and_then(VecDeque::pop_front) {
                Some(twin) => {
                    let (made, differ) = self.put_both((old.0, twin), (new.0, child), depth, count);
                    count += made;
                    differs |= differ;
                }
                None => {
                    self.put_all(new.0, child, depth, count, Mark::Added);
                    (count, differs) = (count + 1, true);
                }
            }
        }
        for (slot, child) in order {
            if waiting.get_mut(&slot).is_some_and(|left| left.front() == Some(&child)) {
                waiting.get_mut(&slot).and_then(VecDeque::pop_front);
                self.put_all(old.0, child, depth, count, Mark::Removed);
                (count, differs) = (count + 1, true);
            }
        }
        (count, differs)
    }
}

/// By what a child is found on the other side.
fn slot(document: &Document, parent: usize, child: usize) -> String {
    let (Some(list), Some(node)) = (document.nodes.get(parent), document.nodes.get(child)) else {
        return String::new();
    };
    if let Some(key) = &node.key {
        return key.to_string();
    }
    let name = list.key.as_deref().unwrap_or_default();
    let by_place = || format!("#{}", node.index);
    if ORDERED.contains(&name) {
        return by_place();
    }
    match &node.leaf {
        Leaf::Text(text) if name == "Env" => text.split('=').next().unwrap_or_default().to_string(),
        Leaf::Text(text) | Leaf::Bare(text) => text.to_string(),
        Leaf::Map => {
            let known =
                KNOWN_BY.iter().find_map(|key| document.child(child, key)).and_then(|node| document.nodes.get(node));
            known.map(|node| node.shown(true)).filter(|name| !name.is_empty()).map_or_else(by_place, str::to_string)
        }
        Leaf::List => by_place(),
    }
}

/// Compares an object with what it was, or with another. Where order says nothing it counts for nothing.
pub fn compare(old: &Document, new: &Document) -> Merged {
    let mut merged = Merged::default();
    match (old.nodes.first(), new.nodes.first()) {
        (Some(was), Some(is)) if was.holds() == is.holds() => drop(merged.put_both((old, 0), (new, 0), 0, 0)),
        (_, Some(_)) => merged.put_all(new, 0, 0, 0, Mark::Added),
        (Some(_), None) => merged.put_all(old, 0, 0, 0, Mark::Removed),
        (None, None) => {}
    }
    merged
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::view::tests::document;
    use super::*;
    use proptest::prelude::*;

    fn marks(old: &str, new: &str) -> Vec<String> {
        let merged = compare(&document(old), &document(new));
        let told = merged.document.nodes.iter().zip(&merged.marks).enumerate();
        let told = told.filter(|(_, (_, mark))| **mark != Mark::Same).map(|(at, (node, mark))| {
            let was = merged.was.get(&at).map(|was| format!(" was {}", was.shown(true))).unwrap_or_default();
            format!("{mark:?} {} {}{was}", node.key.as_deref().unwrap_or("-"), node.shown(true))
        });
        told.collect()
    }

    #[test]
    fn changed_added_and_removed_are_told_apart() {
        let told = marks(r#"{"a":1,"b":2,"c":{"d":1}}"#, r#"{"c":{"d":1},"b":3,"e":[1]}"#);
        assert_eq!(told, ["Changed - ", "Changed b 3 was 2", "Added e ", "Added - 1", "Removed a 1"]);
    }

    #[test]
    fn order_counts_only_where_it_says_something() {
        let sets = r#"{"Env":["A=1","B=2"],"CapAdd":["X","Y"],"Mounts":[{"Destination":"/a","RW":true},{"Destination":"/b","RW":true}]}"#;
        let turned = r#"{"Mounts":[{"Destination":"/b","RW":false},{"Destination":"/a","RW":true}],"CapAdd":["Y","X"],"Env":["B=3","A=1"]}"#;
        let told = marks(sets, turned);
        let wanted = [
            "Changed - ",
            "Changed Mounts ",
            "Changed - ",
            "Changed RW false was true",
            "Changed Env ",
            "Changed - B=3 was B=2",
        ];
        assert_eq!(told, wanted);
        assert_eq!(marks(r#"{"Cmd":["a","b"]}"#, r#"{"Cmd":["b","a"]}"#).len(), 4);
        assert_eq!(marks(r#"{"x":["a","a"]}"#, r#"{"x":["a"]}"#), ["Changed - ", "Changed x ", "Removed - a"]);
    }

    #[test]
    fn another_kind_of_value_is_removed_and_added() {
        assert_eq!(marks(r#"{"a":1}"#, r#"{"a":{"b":1}}"#), ["Changed - ", "Removed a 1", "Added a ", "Added b 1"]);
        assert_eq!(marks(r#"{"a":null}"#, r#"{"a":[1]}"#), ["Changed - ", "Added a ", "Added - 1"]);
    }

    pub fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (0i64..4).prop_map(Into::into),
            "[a-c=:\\n ]{0,4}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::vec(
                    (prop_oneof![Just("Env".to_string()), Just("Name".to_string()), "[a-c]{1,2}"], inner),
                    0..5
                )
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_same_has_no_difference_and_marks_go_with_nodes(one in any_json(), other in any_json()) {
            let [one, other] = [one, other].map(|json| Document::read(&json).unwrap());
            let same = compare(&one, &one);
            prop_assert!(same.marks.iter().all(|mark| *mark == Mark::Same));
            prop_assert_eq!(&same.document.nodes, &one.nodes);
            let merged = compare(&one, &other);
            prop_assert_eq!(merged.marks.len(), merged.document.nodes.len());
            // Without what was removed it is the new one, and it is a proper tree.
            let kept = merged.marks.iter().filter(|mark| **mark != Mark::Removed).count();
            prop_assert_eq!(kept, other.nodes.len());
            for at in 0..merged.document.nodes.len() {
                let children = merged.document.children(at).count();
                prop_assert_eq!(children, merged.document.nodes[at].children as usize);
            }
            if one != other {
                let equal_sets = merged.marks.iter().all(|mark| *mark == Mark::Same);
                prop_assert!(!equal_sets || one.nodes.len() == other.nodes.len());
            }
        }
    }
}
