//! A whole object as the engine reports it: a tree in one flat list, for folding, searching and comparing.

use super::{secret, text};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Values kept of one object. One of ten thousand labels has no more.
pub const VALUES_MOST: usize = 20_000;
/// Bytes of text kept of one value.
pub const TEXT_MOST: usize = 64 << 10;
/// Bytes of text kept of one object.
pub const TEXTS_MOST: usize = 4 << 20;

/// The kind of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// Values by name.
    Map,
    /// Values in order.
    List,
    /// A text, clean but for line ends and tabs.
    Text(Box<str>),
    /// A number, `true`, `false` or `null`, as it is written.
    Bare(Box<str>),
}

/// A value in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name; none in a list, and none for the whole.
    pub key: Option<Box<str>>,
    /// Its place among its siblings.
    pub index: u32,
    /// Steps below the whole.
    pub depth: u16,
    /// The number of nodes below it; they follow it.
    pub below: u32,
    /// The number of its own children.
    pub children: u32,
    /// The value itself.
    pub leaf: Leaf,
    /// How a text with secrets is shown while they are hidden.
    pub hidden: Option<Box<str>>,
}

impl Node {
    /// The value as it is shown; what holds others shows nothing.
    pub fn shown(&self, revealed: bool) -> &str {
        match (&self.hidden, &self.leaf) {
            (Some(hidden), _) if !revealed => hidden,
            (_, Leaf::Text(text) | Leaf::Bare(text)) => text,
            (_, Leaf::Map | Leaf::List) => "",
        }
    }

    /// True if it can hold others.
    pub fn holds(&self) -> bool {
        matches!(self.leaf, Leaf::Map | Leaf::List)
    }
}

/// A whole object. The first node is the whole, each is followed by what lies below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Values that are left out, since there are too many.
    pub left_out: usize,
    /// Values whose text is cut, since it is too long.
    pub cut: usize,
}

impl Document {
    /// Reads a document, with its secrets marked. Takes any length: what is too much is counted and left out.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
        let mut reader = Reader { document: Document::default(), texts: 0 };
        Seed { reader: &mut reader, key: None, index: 0, depth: 0 }.deserialize(deserializer)?;
        let mut document = reader.document;
        document.hide_secrets();
        Ok(document)
    }

    /// The whole as a JSON value, secrets and all. What was left out is not in it.
    pub fn value(&self) -> Value {
        if self.nodes.is_empty() { Value::Null } else { self.value_of(0) }
    }

    fn value_of(&self, node: usize) -> Value {
        let name = |child: &usize| self.nodes[*child].key.as_deref().unwrap_or_default().to_string();
        match &self.nodes[node].leaf {
            Leaf::Map => self.children(node).map(|child| (name(&child), self.value_of(child))).collect(),
            Leaf::List => self.children(node).map(|child| self.value_of(child)).collect(),
            Leaf::Text(text) => Value::String(text.to_string()),
            // A number that JSON cannot hold stays the text that it was.
            Leaf::Bare(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_string())),
        }
    }

    /// The names of variables of the environment (`Config.Env`) whose values are hidden, since they look like secrets.
    pub fn hidden_variables(&self) -> Vec<&str> {
        let list = self.child(0, "Config").and_then(|config| self.child(config, "Env"));
        let variables = list.into_iter().flat_map(|list| self.children(list)).filter_map(|node| self.nodes.get(node));
        let hidden = variables.filter(|node| node.hidden.is_some());
        hidden.map(|node| node.shown(true).split('=').next().unwrap_or_default()).collect()
    }

    /// The children of a node, in order.
    pub fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let end = self.end(node);
        let mut at = node + 1;
        std::iter::from_fn(move || {
            let child = at;
            at = self.end(child);
            (child < end).then_some(child)
        })
    }

    /// The node behind all that lies below a node.
    pub fn end(&self, node: usize) -> usize {
        self.nodes.get(node).map_or(node + 1, |known| node + 1 + known.below as usize)
    }

    /// The child of this name.
    pub fn child(&self, node: usize, key: &str) -> Option<usize> {
        self.children(node).find(|child| self.nodes[*child].key.as_deref() == Some(key))
    }

    /// The text at a path of names.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        let node = path.iter().try_fold(0, |node, key| self.child(node, key))?;
        self.nodes.get(node).map(|node| node.shown(true))
    }

    /// The nodes from the whole to a node, itself included.
    pub fn line(&self, node: usize) -> Vec<usize> {
        let mut line = Vec::new();
        let mut at = 0;
        while at <= node && at < self.nodes.len() {
            if self.end(at) <= node {
                at = self.end(at);
                continue;
            }
            line.push(at);
            at += 1;
        }
        line
    }

    /// A part of it as a whole of its own; empty if there is none of that name.
    pub fn part(&self, key: &str) -> Document {
        let Some(root) = self.child(0, key) else { return Document::default() };
        let mut nodes = self.nodes.get(root..self.end(root)).unwrap_or_default().to_vec();
        let depth = nodes.first().map_or(0, |node| node.depth);
        nodes.iter_mut().for_each(|node| node.depth -= depth);
        if let Some(root) = nodes.first_mut() {
            (root.key, root.index) = (None, 0);
        }
        Document { nodes, left_out: 0, cut: 0 }
    }

    /// Puts the numbers of the text that it was read from in place of what was made of them: they were written with more digits.
    pub(super) fn write_numbers<'a>(&mut self, mut written: impl Iterator<Item = &'a str>) {
        for node in &mut self.nodes {
            if let Leaf::Bare(text) = &mut node.leaf
                && !matches!(&**text, "null" | "true" | "false")
            {
                let Some(number) = written.next() else { return };
                *text = number.into();
            }
        }
    }

    fn hide_secrets(&mut self) {
        // The names on the way to the node at hand.
        let mut way: Vec<usize> = Vec::new();
        for index in 0..self.nodes.len() {
            let node = &self.nodes[index];
            way.truncate(node.depth.into());
            way.push(index);
            // Items of a list are known by the list's name.
            let names: Vec<&str> = way.iter().filter_map(|node| self.nodes[*node].key.as_deref()).collect();
            let chosen = names.iter().position(|name| CHOSEN.contains(name)).and_then(|at| names.get(at + 1..));
            let chosen = chosen.filter(|names| !names.is_empty());
            let hidden = match (&node.leaf, chosen, &node.key, names.last()) {
                (Leaf::Map | Leaf::List, ..) => None,
                (Leaf::Text(value) | Leaf::Bare(value), Some(names), ..) => hidden(secret::below(names, value)),
                (Leaf::Text(value), None, None, Some(&"Env")) => hidden(secret::assignment(value)),
                // Words of a command line are looked at together.
                (Leaf::Text(_), None, None, Some(name)) if COMMANDS.contains(name) => continue,
                (Leaf::Text(value), None, ..) => hidden(secret::told(value)),
                (Leaf::Bare(_), None, ..) => None,
            };
            let is_command = node.leaf == Leaf::List && node.key.as_deref().is_some_and(|key| COMMANDS.contains(&key));
            self.nodes[index].hidden = hidden;
            if is_command {
                self.hide_words(index, way.iter().rev().nth(1).copied().unwrap_or(0));
            }
        }
    }

    /// The words of a command line; its program may stand beside it.
    fn hide_words(&mut self, list: usize, holder: usize) {
        let program = match self.nodes[list].key.as_deref() {
            Some("Args") => self.child(holder, "Path"),
            Some("Cmd") => self.child(holder, "Entrypoint"),
            Some("arguments") => self.child(holder, "entrypoint"),
            _ => None,
        };
        let texts = |node: usize| {
            let line = self.nodes.get(node..self.end(node)).unwrap_or_default().iter();
            line.filter_map(|node| if let Leaf::Text(text) = &node.leaf { Some(&**text) } else { None })
        };
        let before: Vec<&str> = program.into_iter().flat_map(texts).collect();
        let words: Vec<&str> = texts(list).collect();
        let shown: Vec<Option<Box<str>>> = secret::words(&before, &words).into_iter().map(hidden).collect();
        let end = self.end(list);
        let nodes = self.nodes.get_mut(list..end).unwrap_or_default().iter_mut();
        for (node, shown) in nodes.filter(|node| matches!(node.leaf, Leaf::Text(_))).zip(shown) {
            node.hidden = shown;
        }
    }
}

/// What is shown while secrets are hidden, if that is something else.
fn hidden(shown: Cow<'_, str>) -> Option<Box<str>> {
    match shown {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text.into()),
    }
}

/// Maps whose names a person chose: there a name says whether its value is a secret.
const CHOSEN: [&str; 9] =
    ["Labels", "Options", "Opts", "DriverOpts", "Annotations", "Sysctls", "LogConfig", "BuildArgs", "StorageOpt"];
/// Lists of words that are run.
const COMMANDS: [&str; 9] =
    ["Cmd", "Entrypoint", "Args", "Test", "Shell", "OnBuild", "Command", "Arguments", "arguments"];

struct Reader {
    document: Document,
    texts: usize,
}

impl Reader {
    /// Keeps a text; what is too long ends in a sign.
    fn text(&mut self, raw: &str) -> Box<str> {
        let room = TEXT_MOST.min(TEXTS_MOST.saturating_sub(self.texts));
        let mut end = raw.len().min(room);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        let kept = &raw[..end];
        let mut clean = String::with_capacity(kept.len());
        for c in kept.chars() {
            match c {
                '\n' | '\t' => clean.push(c),
                c if text::is_hostile(c) => text::push_visible(&mut clean, c),
                c => clean.push(c),
            }
        }
        if end < raw.len() {
            self.document.cut += 1;
            clean.push('…');
        }
        self.texts += clean.len();
        clean.into()
    }
}

struct Seed<'a> {
    reader: &'a mut Reader,
    key: Option<Box<str>>,
    index: u32,
    depth: u16,
}

impl Seed<'_> {
    fn put(self, leaf: Leaf) -> usize {
        let Seed { reader, key, index, depth } = self;
        let nodes = &mut reader.document.nodes;
        nodes.push(Node { key, index, depth, below: 0, children: 0, leaf, hidden: None });
        nodes.len() - 1
    }

    fn bare<E>(self, text: impl fmt::Display) -> Result<(), E> {
        self.put(Leaf::Bare(text.to_string().into()));
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Ends what holds others: its children are known now.
fn end(document: &mut Document, node: usize, children: u32) {
    let below = (document.nodes.len() - node - 1) as u32;
    if let Some(node) = document.nodes.get_mut(node) {
        (node.below, node.children) = (below, children);
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.bare("null")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.bare(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.bare(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.bare(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.bare(value)
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let text = self.reader.text(value);
        self.put(Leaf::Text(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Seed { reader, key, index, depth } = self;
        let node = Seed { reader: &mut *reader, key, index, depth }.put(Leaf::List);
        let mut count = 0;
        loop {
            if reader.document.nodes.len() >= VALUES_MOST {
                while list.next_element::<IgnoredAny>()?.is_some() {
                    reader.document.left_out += 1;
                }
                break;
            }
            let seed = Seed { reader: &mut *reader, key: None, index: count, depth: depth + 1 };
            if list.next_element_seed(seed)?.is_none() {
                break;
            }
            count += 1;
        }
        end(&mut reader.document, node, count);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Seed { reader, key, index, depth } = self;
        let node = Seed { reader: &mut *reader, key, index, depth }.put(Leaf::Map);
        let mut count = 0;
        loop {
            if reader.document.nodes.len() >= VALUES_MOST {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    reader.document.left_out += 1;
                }
                break;
            }
            let Some(key) = map.next_key::<String>()? else { break };
            let key = reader.text(&key);
            map.next_value_seed(Seed { reader: &mut *reader, key: Some(key), index: count, depth: depth + 1 })?;
            count += 1;
        }
        end(&mut reader.document, node, count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Document {
        Document::read(&mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn a_document_is_the_same_value_again_and_names_its_hidden_variables() {
        let text = r#"{"Config":{"Env":["TOKEN=abc123secret","PATH=/bin"]},"n":[1,-2.5,null,true,"x"],"e":{}}"#;
        let document = read(text);
        assert_eq!(document.value(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(document.hidden_variables(), ["TOKEN"]);
        assert_eq!(Document::default().value(), Value::Null);
    }

    #[test]
    fn the_engines_order_and_all_values_are_kept() {
        let document = read(r#"{"b":[1,-2.5,true,null,"x"],"a":{"c":{}},"n":18446744073709551615}"#);
        let shown: Vec<(u16, Option<&str>, &str)> =
            document.nodes.iter().map(|node| (node.depth, node.key.as_deref(), node.shown(false))).collect();
        let wanted = [
            (0, None, ""),
            (1, Some("b"), ""),
            (2, None, "1"),
            (2, None, "-2.5"),
            (2, None, "true"),
            (2, None, "null"),
            (2, None, "x"),
            (1, Some("a"), ""),
            (2, Some("c"), ""),
            (1, Some("n"), "18446744073709551615"),
        ];
        assert_eq!(shown, wanted);
        assert_eq!(document.children(0).collect::<Vec<_>>(), [1, 7, 9]);
        assert_eq!(document.line(8), [0, 7, 8]);
        assert_eq!(document.text(&["n"]), Some("18446744073709551615"));
        assert_eq!(document.part("b").nodes.len(), 6);
    }

    #[test]
    fn secrets_are_known_by_where_they_stand() {
        let id = "4f3c2b1a0d9e8f7a6b5c4d3e2f1a0b9c4f3c2b1a0d9e8f7a6b5c4d3e2f1a0b9c";
        let document = read(&format!(
            r#"{{"Id":"{id}","SandboxKey":"/var/run/docker/netns/x","Args":["--token","abc","-v"],
            "Config":{{"Env":["A=1","DB_PASSWORD=abc"],"Cmd":["sh","-c","x --password abc"],
            "Labels":{{"db.password":"abc","tier":"front"}}}},
            "HostConfig":{{"LogConfig":{{"Type":"splunk","Config":{{"splunk-token":"abc"}}}}}}}}"#
        ));
        let hidden: Vec<&str> = document.nodes.iter().filter_map(|node| node.hidden.as_deref()).collect();
        assert_eq!(hidden, ["••••", "DB_PASSWORD=••••", "x --password ••••", "••••", "••••"]);
        assert!(document.nodes.iter().all(|node| node.hidden.is_none() || node.shown(true).contains("abc")));
    }

    #[test]
    fn all_that_lies_below_the_name_of_a_secret_is_one() {
        let document = read(
            r#"{"Options":{"credentials":{"user":"ann","list":["abc",4711,true]},"tier":"front"},
            "Path":"redis-cli","Args":["-a","abc"],"Config":{"Cmd":["-psesame","shop"],"Entrypoint":["mysql"]}}"#,
        );
        let shown: Vec<&str> =
            document.nodes.iter().map(|node| node.shown(false)).filter(|text| !text.is_empty()).collect();
        let wanted = ["••••", "••••", "••••", "true", "front", "redis-cli", "-a", "••••", "-p••••", "shop", "mysql"];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let many: Vec<String> = (0..VALUES_MOST + 10).map(|number| number.to_string()).collect();
        let document = read(&format!("{{\"list\":[{}],\"after\":1}}", many.join(",")));
        assert_eq!((document.nodes.len(), document.left_out), (VALUES_MOST, 13));
        let long = "é".repeat(TEXT_MOST);
        let document = read(&format!("{{\"text\":\"{long}\"}}"));
        assert_eq!(document.cut, 1);
        assert!(document.nodes[1].shown(false).len() < TEXT_MOST + 4);
    }

    #[test]
    fn texts_are_clean() {
        let document = read(r#"{"a\u001bb":"x\u001b[2J\ny\u202e"}"#);
        assert_eq!(document.nodes[1].key.as_deref(), Some("a^[b"));
        assert_eq!(document.nodes[1].shown(false), "x^[[2J\ny<U+202E>");
    }

    pub fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec(("[a-cé ]{0,3}", inner), 0..6)
                    .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_flat_list_is_the_tree(json in any_json()) {
            let document = Document::read(&json).unwrap();
            for (index, node) in document.nodes.iter().enumerate() {
                let children: Vec<usize> = document.children(index).collect();
                prop_assert_eq!(children.len(), node.children as usize);
                prop_assert!(children.iter().all(|child| document.nodes[*child].depth == node.depth + 1));
                let line = document.line(index);
                prop_assert_eq!(line.last(), Some(&index));
                prop_assert_eq!(line.len(), node.depth as usize + 1);
            }
        }
    }
}
