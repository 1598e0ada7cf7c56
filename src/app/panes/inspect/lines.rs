//! Nodes as lines of YAML and JSON.

use super::annotations;
use super::diff::{KNOWN_BY, Mark};
use super::view::{InspectView, Row};
use crate::model::{Document, Leaf, Node, Timestamp};
use std::fmt::Write;

/// Characters of a value on one line: no screen has more.
const LINE_MOST: usize = 4096;
/// Columns of a look into what is folded.
const PREVIEW: usize = 48;

/// The kind of a value, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Value {
    /// Text or a figure.
    #[default]
    Plain,
    /// A value without content: null, empty, folded.
    Faint,
    /// Something in it is hidden.
    Hidden,
}

/// A line on screen. Its texts are clean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The change of the node.
    pub mark: Mark,
    /// Columns before it.
    pub indent: u16,
    /// Whether it is unfolded; none for a node without children.
    pub fold: Option<bool>,
    /// Its name, or the sign of an item.
    pub key: String,
    /// The text between name and value.
    pub joint: &'static str,
    /// Its value.
    pub value: String,
    /// The kind of the value.
    pub kind: Value,
    /// The text after it: a comma.
    pub tail: &'static str,
    /// What it means, or what is folded away: beside it.
    pub note: String,
    /// The previous value.
    pub was: Option<String>,
}

impl InspectView {
    /// A row as it is shown.
    pub fn line(&self, row: Row, now: Timestamp) -> Line {
        let outdent = u16::from(!self.json);
        let indent = |depth: u16| depth.saturating_sub(outdent) * 2;
        match row {
            Row::Same(depth, count) => Line {
                indent: indent(depth),
                value: format!("… {count} the same"),
                kind: Value::Faint,
                ..Line::default()
            },
            Row::End(at) => {
                let Some(node) = self.node(at) else { return Line::default() };
                let value = if node.leaf == Leaf::Map { "}" } else { "]" };
                let (mark, tail) = (self.mark(at), self.comma(at));
                Line {
                    mark,
                    indent: indent(node.depth),
                    value: value.into(),
                    kind: Value::Faint,
                    tail,
                    ..Line::default()
                }
            }
            Row::Node(at) => {
                let Some(node) = self.node(at) else { return Line::default() };
                let mut line = Line { mark: self.mark(at), indent: indent(node.depth), ..Line::default() };
                (line.key, line.joint) = name(node, self.json);
                if node.holds() {
                    self.fill_holder(at, node, &mut line);
                } else {
                    line.value = value(node, self.json, self.revealed);
                    line.kind = kind(node, self.revealed);
                    line.tail = self.comma(at);
                    let key = node.key.as_deref().unwrap_or_default();
                    line.note = annotations::note(key, &node.leaf, now).unwrap_or_default();
                    line.was = self.tree.was.get(&at).map(|was| {
                        let note = annotations::note(key, &was.leaf, now).map(|note| format!(" ({note})"));
                        value(was, self.json, self.revealed) + &note.unwrap_or_default()
                    });
                }
                line
            }
        }
    }

    fn fill_holder(&self, at: usize, node: &Node, line: &mut Line) {
        let [begin, end] = if node.leaf == Leaf::Map { ["{", "}"] } else { ["[", "]"] };
        line.kind = Value::Faint;
        if node.children == 0 {
            (line.value, line.tail) = (format!("{begin}{end}"), self.comma(at));
            return;
        }
        let open = self.is_open(at);
        line.fold = Some(open);
        if open {
            line.value = if self.json { begin.into() } else { String::new() };
            return;
        }
        line.tail = self.comma(at);
        // An item of a list has no name: by what it is known stands beside it.
        let known = KNOWN_BY.iter().filter(|_| node.key.is_none()).find_map(|key| self.tree.document.child(at, key));
        line.note =
            known.and_then(|known| self.node(known)).map(|known| known.shown(self.revealed).into()).unwrap_or_default();
        line.value = match self.preview(at) {
            Some(preview) => preview,
            None => format!("{begin}…{end} {}", node.children),
        };
    }

    /// The values of a short list, on one line.
    fn preview(&self, at: usize) -> Option<String> {
        let node = self.node(at).filter(|node| node.leaf == Leaf::List && !self.is_comparing())?;
        let mut preview = String::from("[");
        for (place, child) in self.tree.document.children(at).enumerate() {
            let child = self.node(child).filter(|child| !child.holds())?;
            if place > 0 {
                preview.push_str(", ");
            }
            preview.push_str(&value(child, self.json, self.revealed));
            if preview.len() > PREVIEW {
                return None;
            }
        }
        preview.push(']');
        (node.children > 0).then_some(preview)
    }

    /// JSON's comma, where another value follows.
    fn comma(&self, at: usize) -> &'static str {
        if self.json && follows(&self.tree.document, at) { "," } else { "" }
    }
}

/// True if a sibling follows a node.
fn follows(document: &Document, at: usize) -> bool {
    let depth = document.nodes.get(at).map(|node| node.depth);
    at > 0 && document.nodes.get(document.end(at)).is_some_and(|next| Some(next.depth) == depth)
}

fn name(node: &Node, json: bool) -> (String, &'static str) {
    match &node.key {
        Some(key) if json => (quoted(key), ": "),
        Some(key) => (scalar(key), ": "),
        None if json || node.depth == 0 => (String::new(), ""),
        None => ("-".into(), " "),
    }
}

/// A value on one line.
fn value(node: &Node, json: bool, revealed: bool) -> String {
    let shown = node.shown(revealed);
    let shown = shown.char_indices().nth(LINE_MOST).map_or(shown, |(end, _)| &shown[..end]);
    written(node, shown, json)
}

fn written(node: &Node, shown: &str, json: bool) -> String {
    match &node.leaf {
        Leaf::Text(_) if json => quoted(shown),
        Leaf::Text(_) => scalar(shown),
        _ => shown.to_string(),
    }
}

fn kind(node: &Node, revealed: bool) -> Value {
    match &node.leaf {
        _ if node.hidden.is_some() && !revealed => Value::Hidden,
        Leaf::Bare(text) if **text == *"null" => Value::Faint,
        Leaf::Text(text) if text.is_empty() => Value::Faint,
        _ => Value::Plain,
    }
}

/// A text in double quotes, as JSON and YAML both read it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text as YAML has it: plain where that reads back as the same text (YAML 1.2, 7.3.3), else in quotes.
fn scalar(text: &str) -> String {
    let first = text.chars().next();
    let sign = |c: char| "-?:,[]{}#&*!|>'\"%@`".contains(c);
    let starts = match first {
        None => true,
        // A flag of a command line is plain text.
        Some('-' | '?' | ':') => text.chars().nth(1).is_none_or(char::is_whitespace),
        Some(c) => sign(c) || c.is_whitespace(),
    };
    let inside = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    let another = matches!(
        text.to_ascii_lowercase().as_str(),
        "null"
            | "~"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | ".inf"
            | "-.inf"
            | ".nan"
            | "---"
            | "..."
    );
    let number = first.is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))
        && (text.parse::<f64>().is_ok()
            || text.starts_with("0x")
            || text.starts_with("0o")
            || looks_like_a_moment(text));
    let broken = text.contains(['\n', '\t']);
    if starts || inside || another || number || broken { quoted(text) } else { text.to_string() }
}

/// Numbers with underscores and sexagesimals, which some readers of YAML take for numbers.
fn looks_like_a_moment(text: &str) -> bool {
    text.contains([':', '_']) && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'_' | b'.'))
}

/// A node and all below it as a text of its own.
pub fn text(document: &Document, root: usize, json: bool, revealed: bool) -> String {
    let Some(top) = document.nodes.get(root) else { return String::new() };
    if let Leaf::Text(_) | Leaf::Bare(_) = top.leaf {
        return top.shown(revealed).to_string();
    }
    let mut out = String::new();
    let end = document.end(root);
    let mut open: Vec<usize> = Vec::new();
    for at in root..=end {
        while let Some(holder) = open.pop_if(|holder| at >= document.end(*holder)) {
            let Some(node) = document.nodes.get(holder).filter(|_| json) else { continue };
            indent(&mut out, node.depth - top.depth);
            out.push(if node.leaf == Leaf::Map { '}' } else { ']' });
            out.push_str(if holder > root && follows(document, holder) { ",\n" } else { "\n" });
        }
        let Some(node) = document.nodes.get(at).filter(|_| at < end) else { break };
        let holds = node.holds() && node.children > 0;
        if at == root && holds && !json {
            open.push(at);
            continue;
        }
        indent(&mut out, (node.depth - top.depth).saturating_sub(u16::from(!json)));
        if at > root {
            let (key, joint) = name(node, json);
            out.push_str(&key);
            out.push_str(if holds && !json { joint.trim_end() } else { joint });
        }
        let brackets = match (&node.leaf, holds, json) {
            (Leaf::Map, false, _) => "{}",
            (Leaf::List, false, _) => "[]",
            (Leaf::Map, true, true) => "{",
            (Leaf::List, true, true) => "[",
            _ => "",
        };
        out.push_str(brackets);
        if !node.holds() {
            out.push_str(&written(node, node.shown(revealed), json));
        }
        let comma = json && !holds && at > root && follows(document, at);
        out.push_str(if comma { ",\n" } else { "\n" });
        if holds {
            open.push(at);
        }
    }
    out
}

fn indent(out: &mut String, depth: u16) {
    out.extend(std::iter::repeat_n("  ", depth.into()));
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::{document, view};
    use super::*;

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for plain in [
            "sleep",
            "/bin/sh",
            "A=1",
            "nginx:1.25",
            "10.0.0.1",
            "--flag",
            "a b",
            "größer",
            "2026-11-21T08:48:00Z",
            "80/tcp",
        ] {
            assert_eq!(scalar(plain), plain);
        }
        for other in [
            "", "true", "No", "12", "1.5e3", "0x1f", "12:30", "a: b", "a #b", "- a", "*x", " a", "a ", "{x", "a\nb",
            "null", "-",
        ] {
            assert!(scalar(other).starts_with('"'), "{other}");
        }
        assert_eq!(quoted("a\"\\\n\u{1}"), "\"a\\\"\\\\\\n\\u0001\"");
    }

    #[test]
    fn a_whole_object_is_proper_yaml() {
        let json = r#"{"a":{"b":[1,{"c":"x: y"},[2]],"e":{},"f":[]},"g":null}"#;
        let yaml = "a:\n  b:\n    - 1\n    -\n      c: \"x: y\"\n    -\n      - 2\n  e: {}\n  f: []\ng: null\n";
        assert_eq!(text(&document(json), 0, false, false), yaml);
        assert_eq!(
            text(&document(json), 1, true, false),
            "{\n  \"b\": [\n    1,\n    {\n      \"c\": \"x: y\"\n    },\n    [\n      2\n    ]\n  ],\n  \"e\": {},\n  \"f\": []\n}\n"
        );
    }

    #[test]
    fn a_short_list_is_seen_while_it_is_folded() {
        let mut view = view(
            r#"{"HostConfig":{"Dns":["1.1.1.1","8.8.8.8","9.9.9.9","4.4.4.4"],"Long":[[1],[2],[3],[4]],"x":1,"y":2}}"#,
        );
        view.toggle();
        let line = |row: usize| view.line(view.rows()[row], Timestamp::default());
        assert_eq!((line(1).value.as_str(), line(1).fold), ("[1.1.1.1, 8.8.8.8, 9.9.9.9, 4.4.4.4]", Some(false)));
        assert_eq!(line(2).value, "[…] 4");
    }
}
