//! What the inspected object does when a command is given, a stream brings something, or somebody scrolls.

use super::comparison::{CompareTarget, Comparison};
use super::view::InspectView;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::component::{Answers, Component, Cx, Handled, answer, quietly};
use crate::app::msg::Effect;
use crate::app::options::Options;
use crate::app::overlay::Overlay;
use crate::app::subscriptions::{Slot, Streams, Wants};
use crate::app::widgets::LineEdit;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::prompt::TextFor;
use crate::app::widgets::text::Text;
use crate::app::widgets::wrap::Breaks;
use crate::model::Search;
use crate::model::{Container, Id, Kind, Problem, Snapshot, Source, StreamEvent, StreamId, text};
use Command as C;
use ratatui::layout::Position;
use std::sync::Arc;

/// The commands of the inspected object.
pub(in crate::app) const ANSWERS: &Answers<InspectView> = &[
    (C::Open, |view, _| view.open()),
    (C::Fold, |view, _| view.open()),
    (C::Left, |view, _| quietly(view, |view| view.fold_in())),
    (C::Right, |view, _| quietly(view, |view| view.fold_out())),
    (C::FoldAll, |view, cx| vec![cx.good(view.turn_folds())]),
    (C::InspectFormat, |view, _| quietly(view, |view| view.turn_format())),
    (C::SearchNext, |view, cx| view.search_on(cx, true).into_iter().collect()),
    (C::SearchPrevious, |view, cx| view.search_on(cx, false).into_iter().collect()),
    (C::CopyValue, |view, cx| vec![view.copy_value(cx)]),
    (C::CopyMenu, |view, _| vec![view.copy_menu()]),
    (C::Compare, |view, cx| vec![view.comparison_menu(cx)]),
    (C::Reveal, |view, cx| vec![view.turn_secrets(cx)]),
];

impl Component for InspectView {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    /// A click on the chosen value folds or opens it.
    fn click(&mut self, cx: &Cx, at: Position) -> Vec<Action> {
        if let Some(row) = cx.line(at, 1).and_then(|line| self.cursor.row_at(line, self.rows().len())) {
            if self.cursor.row() == row {
                self.toggle();
            }
            self.cursor.put(row, self.rows().len());
        }
        Vec::new()
    }

    fn back(&mut self, _: &Cx) -> bool {
        self.step_back()
    }

    fn scroll(&mut self, _: &Cx, rows: isize) {
        self.move_by(rows);
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        match what {
            TextFor::Search => self.begin_search(cx, text).into_iter().collect(),
            TextFor::Filter | TextFor::Log(_) | TextFor::Shell(_) | TextFor::Files(_) | TextFor::Sql(_) => Vec::new(),
        }
    }

    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        if !self.is_over {
            wants.add(self.stream, Slot::Inspect, || Source::Inspect { kind: self.kind, id: self.id.clone() });
        }
        let compared = self.against.as_ref().and_then(|against| Some((against.stream?, against.rival.object()?)));
        if let Some((stream, (kind, id))) = compared {
            wants.add(stream, Slot::Compared, || Source::Inspect { kind, id: id.clone() });
        }
    }

    fn receive(&mut self, _: &Cx, _: StreamId, slot: Slot, event: StreamEvent) -> Vec<Action> {
        // Its streams bring nothing else.
        if let StreamEvent::Document(document) = event {
            match slot == Slot::Compared {
                true => self.take_rival(document),
                false => self.take(document),
            }
        }
        Vec::new()
    }

    fn ended(&mut self, _: &Cx, _: StreamId, slot: Slot, problem: Option<Problem>) -> Vec<Action> {
        match (&mut self.against, slot) {
            (Some(against), Slot::Compared) => (against.stream, against.ended) = (None, problem),
            _ => (self.is_over, self.ended) = (true, problem),
        }
        Vec::new()
    }
}

impl InspectView {
    /// Folds or opens what is under the cursor; a value is shown in full.
    fn open(&mut self) -> Vec<Action> {
        if self.toggle() { Vec::new() } else { self.open_value().into_iter().collect() }
    }

    /// A value that does not fit its line, as a text of its own; what it was stands below it.
    fn open_value(&self) -> Option<Action> {
        let node = self.chosen()?;
        let lines_of =
            |value: &str| -> Vec<String> { value.split('\n').map(|line| text::clean(line).into_owned()).collect() };
        let mut lines = lines_of(&self.text(node));
        if let Some(was) = self.was(node) {
            let heading = if self.compares_with_earlier() { "It was:" } else { "The other has:" };
            lines.extend([String::new(), heading.into(), String::new()]);
            lines.extend(lines_of(was));
        }
        let title = self.path(node);
        Some(open(Overlay::Text(Text::lines(title, lines, Breaks::Anywhere))))
    }

    /// Shows its secrets, or hides them.
    fn turn_secrets(&mut self, cx: &Cx) -> Action {
        let was = self.revealed;
        let revealed = !was && self.has_secrets();
        self.reveal(revealed);
        match (revealed, was) {
            (true, _) => cx.warn("secrets are shown until you leave, and copied too"),
            (false, true) => cx.good("secrets are hidden"),
            (false, false) => cx.good("no secrets found here"),
        }
    }

    /// A search was typed.
    fn begin_search(&mut self, cx: &Cx, what: &str) -> Option<Action> {
        self.search = Search::new(what);
        if self.search.is_none() || self.search_step(true, true) {
            return None;
        }
        let hidden = if self.has_secrets() && !self.revealed { "; hidden secrets are not searched" } else { "" };
        Some(cx.warn(format!("'{}' not found{hidden}", text::clean(what))))
    }

    /// The next hit of the search, or the one before.
    fn search_on(&mut self, cx: &Cx, forward: bool) -> Option<Action> {
        let Some(search) = &self.search else { return Some(cx.no_search()) };
        let what = text::clean(&search.text).into_owned();
        (!self.search_step(forward, false)).then(|| cx.warn(format!("'{what}' not found")))
    }

    fn copy_value(&self, cx: &Cx) -> Action {
        let value = self.chosen().map(|node| self.text(node)).filter(|value| !value.is_empty());
        value.map_or_else(|| cx.warn("nothing to copy"), |value| Action::Effect(Effect::Copy(value)))
    }

    /// Which part is to be copied? Each as it is now.
    fn copy_menu(&self) -> Action {
        open(Overlay::Menu(Menu::new("Copy", self.copy_items(), None)))
    }

    /// The parts that can be copied.
    pub(in crate::app) fn copy_items(&self) -> Vec<MenuItem> {
        let item = |label, detail, text: String| match text.is_empty() {
            true => MenuItem::new(label, detail, Action::Refuse("nothing to copy")),
            false => MenuItem::new(label, detail, Action::Effect(Effect::Copy(text))),
        };
        let of_chosen = |text: &dyn Fn(usize) -> String| self.chosen().map(text).unwrap_or_default();
        vec![
            item("value", "the selected value and everything below it", of_chosen(&|node| self.text(node))),
            item("path", "the path to the value", of_chosen(&|node| self.path(node))),
            item("whole", "the whole object", self.text(0)),
        ]
    }

    fn comparison_menu(&self, cx: &Cx) -> Action {
        let earlier = Action::Compare(Some((CompareTarget::Earlier, "its last state".into())));
        let mut items = vec![MenuItem::new("last state", "the state before its last change", earlier)];
        if self.kind == Kind::Container {
            let image = self.document().and_then(|document| document.text(&["Image"])).filter(|raw| !raw.is_empty());
            let image = image.map(|raw| CompareTarget::Image(Id::new(self.id.engine(), raw)));
            let compare = match image {
                Some(image) => Action::Compare(Some((image, "its image".into()))),
                None => Action::Refuse("the engine does not report its image"),
            };
            items.push(MenuItem::new("image", "its configuration compared with the image's", compare));
            items.push(MenuItem::new(
                "container",
                "choose another container; compares their configuration",
                self.containers_menu(cx.snapshot),
            ));
        }
        if self.against.is_some() {
            items.push(MenuItem::new("nothing", "no comparison", Action::Compare(None)));
        }
        open(Overlay::Menu(Menu::new("Compare with", items, None)))
    }

    /// The containers of the fleet, to choose one from.
    fn containers_menu(&self, snapshot: &Snapshot) -> Action {
        let others = snapshot.containers.values().filter(|container| container.id != self.id);
        let mut others: Vec<&Arc<Container>> = others.collect();
        // Replicas stand together, those of the same image first.
        let image = snapshot.containers.get(&self.id).map(|container| &container.image);
        others.sort_by_key(|other| (Some(&other.image) != image, &other.name));
        if others.is_empty() {
            return Action::Refuse("there is no other container");
        }
        let items = others.iter().map(|other| {
            let compare = Action::Compare(Some((CompareTarget::Container(other.id.clone()), other.name.to_string())));
            MenuItem { key: other.state.word().into(), ..MenuItem::new(&*other.name, &*other.image, compare) }
        });
        let menu = Menu::new("Compare with which container?", items.collect(), Some(LineEdit::default()));
        open(Overlay::Menu(menu))
    }

    /// Begins a comparison, or ends it; what is not known is asked for. Says why there is none.
    pub fn begin_comparison(
        &mut self,
        rival: Option<(CompareTarget, String)>,
        streams: &Streams,
    ) -> Option<&'static str> {
        let comparison = match rival {
            Some((CompareTarget::Earlier, _)) if !self.has_earlier() => {
                return Some("it has not changed since you opened it");
            }
            Some((rival, name)) => {
                let stream = rival.object().is_some().then(|| streams.next_id());
                Some(Comparison { rival, name, stream, document: None, ended: None })
            }
            None => None,
        };
        self.compare_with(comparison);
        None
    }
}

fn open(overlay: Overlay) -> Action {
    Action::Open(Box::new(overlay))
}
