//! The object on screen: what is known of it, its rows and the cursor in them.

use super::comparison::{CompareTarget, Comparison};
use super::diff::{self, Mark, Merged};
use super::find;
use super::lines;
use super::order::{configured, in_order};
use super::tree_state::TreeState;
use crate::app::widgets::Cursor;
use crate::model::Search;
use crate::model::{Document, Id, Kind, Node, Problem, StreamId};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

/// A document that no stream brings is open at first if it has at most so many values.
const SMALL: usize = 200;

/// A row on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A value, or the beginning of what holds others.
    Node(usize),
    /// The end of what holds others, in JSON.
    End(usize),
    /// Values that are the same on both sides: how deep, how many.
    Same(u16, usize),
}

/// The object on screen.
#[derive(Debug, Clone)]
pub struct InspectView {
    /// The kind of the object.
    pub kind: Kind,
    /// The id of the object.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The stream that brings it.
    pub stream: StreamId,
    /// True if the stream has ended.
    pub is_over: bool,
    /// The reason why it ended.
    pub ended: Option<Problem>,
    /// An engine answered when it was asked for.
    pub asked_well: bool,
    /// As JSON instead of YAML.
    pub json: bool,
    /// Secrets are shown.
    pub revealed: bool,
    /// A search in force.
    pub search: Option<Search>,
    /// The comparison, if there is one.
    pub against: Option<Comparison>,
    /// The cursor in the rows.
    pub cursor: Cursor,
    latest: Option<Arc<Document>>,
    earlier: Option<Arc<Document>>,
    pub(super) tree: Merged,
    /// One number for each node's place, the same whenever the object is told.
    pub(super) places: Vec<u64>,
    /// The path at which a comparison begins, if not the top.
    begins: &'static str,
    pub(super) folds: TreeState,
    pub(super) by_hand: HashMap<u64, bool>,
    pub(super) rows: Vec<Row>,
}

impl InspectView {
    /// A view without a document yet.
    pub fn new(kind: Kind, id: Id, name: &str, stream: StreamId) -> InspectView {
        InspectView {
            kind,
            id,
            name: name.to_string(),
            stream,
            is_over: false,
            ended: None,
            asked_well: true,
            json: false,
            revealed: false,
            search: None,
            against: None,
            cursor: Cursor::default(),
            latest: None,
            earlier: None,
            tree: Merged::default(),
            places: Vec::new(),
            begins: "",
            folds: TreeState::default(),
            by_hand: HashMap::new(),
            rows: Vec::new(),
        }
    }

    /// A document that no stream brings. Nothing of it is hidden, and where it is small nothing is folded.
    pub(in crate::app) fn of_document(id: Id, name: &str, document: Arc<Document>) -> InspectView {
        let folds = if document.nodes.len() <= SMALL { TreeState::Open } else { TreeState::Essential };
        let view = InspectView::new(Kind::Container, id, name, StreamId::default());
        let mut view = InspectView { is_over: true, revealed: true, folds, latest: Some(document), ..view };
        view.compare();
        view
    }

    /// Looks at a document as another one was looked at; the cursor stands on the value of the same path, if there is one.
    pub(in crate::app) fn looked_at_like(self, before: &InspectView) -> InspectView {
        let place = before.chosen().and_then(|node| before.places.get(node).copied());
        let mut view = self.like(before);
        view.arrange(place);
        view
    }

    /// Looks at another object in the same way: folds and format stay, so that walking down a list compares by eye.
    pub fn like(mut self, before: &InspectView) -> InspectView {
        self.json = before.json;
        if self.kind == before.kind {
            self.folds = before.folds;
            self.by_hand.clone_from(&before.by_hand);
            self.search.clone_from(&before.search);
        }
        self
    }

    /// The object as it is now.
    pub fn take(&mut self, document: Arc<Document>) {
        let document = in_order(document);
        if self.latest.as_ref() != Some(&document) {
            self.earlier = self.latest.replace(document);
        }
        self.compare();
    }

    /// Takes the current document of the comparison.
    pub fn take_rival(&mut self, document: Arc<Document>) {
        if let Some(against) = &mut self.against {
            against.document = Some(in_order(document));
        }
        self.compare();
    }

    /// The object as it is now, if it has come.
    pub fn document(&self) -> Option<&Document> {
        self.latest.as_deref()
    }

    /// True if it has changed since it is looked at, so that there is something before.
    pub fn has_earlier(&self) -> bool {
        self.earlier.is_some()
    }

    /// Begins a comparison, or ends it.
    pub fn compare_with(&mut self, against: Option<Comparison>) {
        self.against = against;
        self.folds = TreeState::Essential;
        self.by_hand.clear();
        self.compare();
    }

    /// Goes back one level: from a search, from a comparison. False if there is neither.
    pub fn step_back(&mut self) -> bool {
        if self.search.take().is_some() {
            return true;
        }
        let compares = self.against.is_some();
        if compares {
            self.compare_with(None);
        }
        compares
    }

    /// Hides secrets, or shows them.
    pub fn reveal(&mut self, revealed: bool) {
        if self.revealed && !revealed {
            // What was searched for may have been one.
            self.search = None;
        }
        self.revealed = revealed;
    }

    /// The tree is made anew; the cursor stays on its value.
    pub(super) fn compare(&mut self) {
        let place = self.chosen().and_then(|node| self.places.get(node).copied());
        let Some(latest) = self.latest.clone() else { return };
        let rival = self.against.as_ref().and_then(|against| match against.rival {
            CompareTarget::Earlier => self.earlier.clone(),
            CompareTarget::Image(_) | CompareTarget::Container(_) => against.document.clone(),
        });
        let image = matches!(&self.against, Some(Comparison { rival: CompareTarget::Image(_), .. }));
        self.begins = if image && rival.is_some() { "Config" } else { "" };
        self.tree = match rival {
            None => Merged { document: latest, ..Merged::default() },
            Some(rival) if image => diff::compare(&rival.part("Config"), &latest.part("Config")),
            Some(rival) if self.compares_configured() => diff::compare(&configured(&rival), &configured(&latest)),
            Some(rival) => diff::compare(&rival, &latest),
        };
        self.places = places(&self.tree.document);
        self.arrange(place);
    }

    /// True if only what was configured of two containers is compared: as long as the differences alone are shown.
    pub fn compares_configured(&self) -> bool {
        let another = matches!(&self.against, Some(Comparison { rival: CompareTarget::Container(_), .. }));
        another && self.folds == TreeState::Essential
    }

    /// True if it is compared with what it was itself.
    pub fn compares_with_earlier(&self) -> bool {
        matches!(&self.against, Some(Comparison { rival: CompareTarget::Earlier, .. }))
    }

    /// The rows are made anew; the cursor stays on the value of this place, or near it.
    pub(super) fn arrange(&mut self, place: Option<u64>) {
        self.rows = self.lay_out();
        if let Some(place) = place {
            let wanted = self.places.iter().position(|known| *known == place);
            // What is folded away now is found at what holds it.
            let line = wanted.map(|node| self.tree.document.line(node)).unwrap_or_default();
            let row = line.iter().rev().find_map(|node| self.rows.iter().position(|row| *row == Row::Node(*node)));
            self.cursor.put(row.unwrap_or(self.cursor.row()), self.rows.len());
        }
        self.cursor.move_by(0, self.rows.len());
    }

    pub(super) fn again(&mut self) {
        let place = self.chosen().and_then(|node| self.places.get(node).copied());
        self.arrange(place);
    }

    fn lay_out(&self) -> Vec<Row> {
        let document = &self.tree.document;
        let mut rows = Vec::new();
        // What is open and not ended yet: the node, the node behind it, and what was left out in it.
        let mut open: Vec<(usize, usize, usize)> = Vec::new();
        let mut at = 0;
        while at <= document.nodes.len() {
            while let Some((node, _, same)) = open.pop_if(|(_, end, _)| at >= *end) {
                let depth = document.nodes.get(node).map_or(0, |node| node.depth + 1);
                rows.extend((same > 0).then_some(Row::Same(depth, same)));
                rows.extend(self.json.then_some(Row::End(node)));
            }
            let Some(node) = document.nodes.get(at) else { break };
            if at > 0 && self.hides_same() && self.mark(at) == Mark::Same {
                if let Some((.., same)) = open.last_mut() {
                    *same += 1;
                }
                at = document.end(at);
                continue;
            }
            let is_root = at == 0 && node.holds() && !self.json;
            rows.extend((!is_root).then_some(Row::Node(at)));
            if node.holds() && node.children > 0 && self.is_open(at) {
                open.push((at, document.end(at), 0));
                at += 1;
            } else {
                at = document.end(at);
            }
        }
        rows
    }

    /// True while only differences are shown.
    fn hides_same(&self) -> bool {
        self.is_comparing() && self.folds == TreeState::Essential
    }

    /// True while two objects are shown against each other.
    pub fn is_comparing(&self) -> bool {
        !self.tree.marks.is_empty()
    }

    /// The change of a node.
    pub fn mark(&self, node: usize) -> Mark {
        self.tree.marks.get(node).copied().unwrap_or_default()
    }

    /// How many values changed, were added, were removed.
    pub fn differences(&self) -> [usize; 3] {
        self.tree.counts
    }

    pub(super) fn node(&self, node: usize) -> Option<&Node> {
        self.tree.document.nodes.get(node)
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The node under the cursor.
    pub fn chosen(&self) -> Option<usize> {
        match self.rows.get(self.cursor.row())? {
            Row::Node(node) | Row::End(node) => Some(*node),
            Row::Same(..) => None,
        }
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, rows: isize) {
        self.cursor.move_by(rows, self.rows.len());
    }

    /// Brings the cursor into a window of so many rows.
    pub fn fit(&mut self, height: usize) {
        self.cursor.fit(height, self.rows.len());
    }

    /// YAML or JSON.
    pub fn turn_format(&mut self) {
        self.json = !self.json;
        self.again();
    }

    /// The way to a node: `HostConfig.PortBindings["80/tcp"][0].HostPort`.
    pub fn path(&self, node: usize) -> String {
        let mut path = self.begins.to_string();
        for at in self.tree.document.line(node).into_iter().skip(1) {
            let Some(node) = self.node(at) else { continue };
            match &node.key {
                Some(key) if is_plain(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Some(key) => path.push_str(&format!("[{}]", lines::quoted(key))),
                None => path.push_str(&format!("[{}]", node.index)),
            }
        }
        path
    }

    /// Goes to the next hit of the search, round at the end; folds that hide it open. False if there is none.
    pub fn search_step(&mut self, forward: bool, from_here: bool) -> bool {
        let Some(search) = &self.search else { return false };
        let count = self.tree.document.nodes.len();
        let here = match self.rows.get(self.cursor.row()) {
            Some(Row::Node(node) | Row::End(node)) => *node,
            _ => 0,
        };
        let order = (usize::from(!from_here)..=count).map(|step| {
            if forward { (here + step) % count.max(1) } else { (here + count - step % count.max(1)) % count.max(1) }
        });
        let hidden = self.hides_same();
        let mut seen = order.filter(|node| !hidden || self.mark(*node) != Mark::Same);
        let Some(hit) = seen.find(|node| self.node(*node).is_some_and(|it| find::hits(search, it, self.revealed)))
        else {
            return false;
        };
        for above in self.tree.document.line(hit) {
            if let Some(place) = self.places.get(above).filter(|_| above != hit) {
                self.by_hand.insert(*place, true);
            }
        }
        let place = self.places.get(hit).copied();
        self.arrange(place);
        true
    }

    /// The text of a node and of all below it, as it is shown: secrets stay hidden unless they are revealed.
    pub fn text(&self, node: usize) -> String {
        lines::text(&self.tree.document, node, self.json, self.revealed)
    }

    /// The previous value of a node, as shown.
    pub fn was(&self, node: usize) -> Option<&str> {
        self.tree.was.get(&node).map(|was| was.shown(self.revealed))
    }

    /// True if something is hidden in it.
    pub fn has_secrets(&self) -> bool {
        self.tree.document.nodes.iter().any(|node| node.hidden.is_some())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A number for each node's place.
fn places(document: &Document) -> Vec<u64> {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut way: Vec<u64> = Vec::new();
    let mut places = Vec::with_capacity(document.nodes.len());
    for node in &document.nodes {
        way.truncate(node.depth.into());
        // Items of a list stand by their number.
        let place = hasher.hash_one((way.last(), &node.key, node.key.is_none().then_some(node.index)));
        way.push(place);
        places.push(place);
    }
    places
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::EngineId;
    use proptest::prelude::*;

    pub fn document(json: &str) -> Arc<Document> {
        Arc::new(Document::read(&mut serde_json::Deserializer::from_str(json)).expect("JSON"))
    }

    pub fn view(json: &str) -> InspectView {
        let mut view = InspectView::new(Kind::Container, Id::new(EngineId(0), "x"), "web", StreamId(1));
        view.take(document(json));
        view
    }

    pub fn shown(view: &InspectView) -> Vec<String> {
        let now = crate::model::Timestamp::from_seconds(1_000_000);
        let line = |row: &Row| {
            let line = view.line(*row, now);
            let sign = match line.mark {
                Mark::Same => "",
                Mark::Changed => "~ ",
                Mark::Added => "+ ",
                Mark::Removed => "- ",
            };
            let was = line.was.map(|was| format!(" was {was}")).unwrap_or_default();
            let indent = " ".repeat(line.indent.into());
            format!("{sign}{indent}{}{}{}{}{was}", line.key, line.joint, line.value, line.tail)
        };
        view.rows().iter().map(line).collect()
    }

    const WEB: &str = r#"{"Id":"abc","State":{"Status":"running","Pid":7,"Health":{"Log":[{"Output":"ok"}]}},
        "HostConfig":{"Memory":268435456,"NanoCpus":0,"CapAdd":["NET_ADMIN"],"Empty":{},"PortBindings":{"80/tcp":[{"HostPort":"8080"}]}},
        "Config":{"Env":["A=1","DB_PASSWORD=abc"]}}"#;

    #[test]
    fn the_essentials_are_open_and_the_rest_is_folded() {
        let rows = shown(&view(WEB));
        let wanted = [
            "Id: abc",
            "State: ",
            "  Status: running",
            "  Pid: 7",
            "  Health: ",
            "    Log: ",
            "      - ",
            "        Output: ok",
            "Config: ",
            "  Env: ",
            "    - A=1",
            "    - DB_PASSWORD=••••",
            "HostConfig: {…} 5",
        ];
        assert_eq!(rows, wanted, "and what nobody asks for stands last");
    }

    #[test]
    fn folds_stay_where_they_are_when_the_object_is_told_again() {
        let mut view = view(WEB);
        view.move_by(99);
        assert!(view.toggle());
        assert!(shown(&view).contains(&"  Memory: 268435456".to_string()));
        view.take(document(&WEB.replace("\"Pid\":7,", "")));
        assert_eq!(view.path(view.chosen().unwrap()), "HostConfig", "the cursor stays on its value");
        assert!(shown(&view).contains(&"  Memory: 268435456".to_string()));
        view.fold_in();
        assert!(!shown(&view).iter().any(|row| row.contains("Memory")));
        view.fold_out();
        view.fold_out();
        assert_eq!(view.path(view.chosen().unwrap()), "HostConfig.Memory");
        view.fold_in();
        assert_eq!(view.path(view.chosen().unwrap()), "HostConfig");
        view.turn_folds();
        view.turn_folds();
        assert_eq!(shown(&view).len(), 4);
    }

    #[test]
    fn a_path_says_where_the_cursor_is() {
        let mut view = view(WEB);
        view.turn_folds();
        let last = |view: &InspectView, key: &str| {
            view.tree.document.nodes.iter().position(|node| node.key.as_deref() == Some(key)).unwrap()
        };
        assert_eq!(view.path(last(&view, "HostPort")), "HostConfig.PortBindings[\"80/tcp\"][0].HostPort");
    }

    #[test]
    fn json_is_json() {
        let mut view = view(WEB);
        view.turn_format();
        view.turn_folds();
        let text = shown(&view).join("\n");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["Config"]["Env"][1], "DB_PASSWORD=••••");
        view.reveal(true);
        let whole: serde_json::Value = serde_json::from_str(&view.text(0)).unwrap();
        assert_eq!(whole, serde_json::from_str::<serde_json::Value>(WEB).unwrap());
    }

    #[test]
    fn a_search_opens_what_hides_its_hit_and_never_finds_a_secret() {
        let mut view = view(WEB);
        view.search = Search::new("net_admin");
        assert!(view.search_step(true, true));
        assert_eq!(view.path(view.chosen().unwrap()), "HostConfig.CapAdd[0]");
        view.search = Search::new("password=abc");
        assert!(!view.search_step(true, true));
        view.reveal(true);
        assert!(view.search_step(true, true));
        view.search = Search::new("memory");
        assert!(view.search_step(false, false) && view.search_step(true, false), "round at the ends");
        assert_eq!(view.path(view.chosen().unwrap()), "HostConfig.Memory", "names are found as well");
    }

    #[test]
    fn what_was_before_the_last_change_is_kept() {
        let mut view = view(WEB);
        view.take(document(WEB));
        assert!(!view.has_earlier(), "the same told again is no change");
        view.take(document(&WEB.replace("running", "exited")));
        let earlier = Comparison {
            rival: CompareTarget::Earlier,
            name: "before".into(),
            stream: None,
            document: None,
            ended: None,
        };
        view.compare_with(Some(earlier));
        assert_eq!(shown(&view), ["~ State: ", "~   Status: exited was running", "  … 2 the same", "… 3 the same"]);
        assert_eq!(view.differences(), [1, 0, 0]);
        view.move_by(9);
        assert!(view.toggle(), "what is the same comes back");
        assert!(shown(&view).contains(&"Id: abc".to_string()));
    }

    #[test]
    fn against_the_image_only_configurations_are_compared() {
        let mut view = view(WEB);
        let id = Id::new(EngineId(0), "sha256:x");
        let image = Some(document(r#"{"Config":{"Env":["DB_PASSWORD=other","A=1"],"Cmd":["sh"]}}"#));
        view.compare_with(Some(Comparison {
            rival: CompareTarget::Image(id),
            name: "i".into(),
            stream: Some(StreamId(2)),
            document: image,
            ended: None,
        }));
        let rows = shown(&view);
        let wanted =
            ["~ Env: ", "~   - DB_PASSWORD=•••• was DB_PASSWORD=••••", "  … 1 the same", "- Cmd: ", "-   - sh"];
        assert_eq!(rows, wanted);
        assert_eq!(view.path(view.chosen().unwrap()), "Config.Env");
        view.compare_with(None);
        assert!(view.against.is_none(), "nobody reads its stream any more");
    }

    proptest! {
        #[test]
        fn any_keys_on_any_object_keep_the_cursor_inside(
            one in diff::tests::any_json(), other in diff::tests::any_json(),
            keys in prop::collection::vec(0u8..14, 0..40), text in "[a-c:•]{1,2}",
        ) {
            let mut view = InspectView::new(Kind::Container, Id::new(EngineId(0), "x"), "web", StreamId(1));
            let documents = [one, other].map(|json| Arc::new(Document::read(&json).unwrap()));
            for key in keys {
                match key {
                    0 => view.take(documents[0].clone()),
                    1 => view.take(documents[1].clone()),
                    2 => view.move_by(3),
                    3 => view.move_by(-1),
                    4 => drop(view.toggle()),
                    5 => view.fold_in(),
                    6 => view.fold_out(),
                    7 => drop(view.turn_folds()),
                    8 => view.turn_format(),
                    9 => view.reveal(true),
                    10 => {
                        view.search = Search::new(&text);
                        view.search_step(key % 2 == 0, false);
                    }
                    11 => view.compare_with(Some(Comparison {
                        rival: CompareTarget::Earlier, name: "before".into(), stream: None, document: None, ended: None,
                    })),
                    12 => view.take_rival(documents[1].clone()),
                    _ => view.compare_with(None),
                }
                view.fit(5);
                shown(&view);
                prop_assert!(view.rows().is_empty() || view.cursor.row() < view.rows().len());
                prop_assert!(view.cursor.top() <= view.cursor.row());
                if let Some(node) = view.chosen() {
                    view.path(node);
                    view.text(node);
                }
            }
        }
    }
}
