//! What the list of containers does when a command is given or somebody scrolls.

use super::{FleetList, Grouping};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Answers, Component, Cx, Handled, answer, quietly};
use crate::app::overlay::Overlay;
use crate::app::panes::column::Column;
use crate::app::screens::why;
use crate::app::widgets::line_edit::LineEdit;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::prompt::{FILTER_HELP, Prompt, TextFor};
use crate::model::{Kind, Snapshot};
use Command as C;
use ratatui::layout::Position;
use std::collections::{BTreeMap, BTreeSet};

/// The commands of the list of containers.
pub(in crate::app) const ANSWERS: &Answers<FleetList> = &[
    (C::Filter, |list, _| vec![list.ask_filter()]),
    (C::Why, |list, cx| {
        vec![list.selected().map_or(cx.warn("no container is selected"), |one| why::whole(one.id.clone()))]
    }),
    (C::Sort, |list, cx| vec![list.ask_sort(cx)]),
    (C::Columns, |list, cx| vec![list.ask_columns(cx, None)]),
    (C::GroupBy, |list, cx| vec![list.ask_grouping(cx.snapshot)]),
    (C::GroupFoldAll, |list, cx| folded(cx, list.fold_all())),
    (C::Left, |list, cx| folded(cx, list.fold_in())),
    (C::Right, |list, cx| folded(cx, list.fold_out())),
    (C::Mark, |list, _| quietly(list, |list| list.toggle_mark())),
    (C::MarkRange, |list, _| quietly(list, |list| list.mark_range())),
    (C::MarkClear, |list, _| quietly(list, |list| list.clear_marks())),
    (C::MarkInvert, |list, _| quietly(list, |list| list.invert_marks())),
];

impl Component for FleetList {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    fn scroll(&mut self, _: &Cx, rows: isize) {
        self.move_by(rows);
    }

    /// A click on the chosen group folds or opens it, as enter does.
    fn click(&mut self, cx: &Cx, at: Position) -> Vec<Action> {
        let row = cx.line(at, 0).and_then(|line| self.cursor().row_at(line, self.len()));
        let row = row.filter(|row| !(*row == self.cursor_row() && self.toggle_fold()));
        row.into_iter().for_each(|row| self.put_cursor(row));
        Vec::new()
    }

    /// Marks may have been set behind several filters one after the other: they outlive each.
    fn back(&mut self, cx: &Cx) -> bool {
        if !self.filter_text.is_empty() {
            self.set_filter("", cx.snapshot);
        } else if self.marked() > 0 {
            self.clear_marks();
        } else {
            return false;
        }
        true
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        if *what == TextFor::Filter {
            self.set_filter(text, cx.snapshot);
        }
        Vec::new()
    }
}

/// Says so where there is nothing to fold.
fn folded(cx: &Cx, done: bool) -> Vec<Action> {
    let why = || cx.warn(format!("nothing to fold: {} groups the list", cx.key(Command::GroupBy)));
    (!done).then(why).into_iter().collect()
}

impl FleetList {
    fn ask_filter(&self) -> Action {
        let prompt = Prompt::filter(FILTER_HELP, &self.filter_text, KeyContext::Fleet).moving();
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }

    fn ask_sort(&self, cx: &Cx) -> Action {
        let item = |column: Column| {
            let now = (self.sort == column).then_some(self.descending);
            MenuItem::sort(column.name, column.doc, now, Action::Sort(column))
        };
        cx.lettered(Menu::new("Sort by", Column::all().map(item).collect(), None))
    }

    /// Which columns has it? The cursor is on the one that was turned last.
    pub(in crate::app) fn ask_columns(&self, cx: &Cx, at: Option<Column>) -> Action {
        let item = |column: Column| MenuItem {
            on: self.columns.contains(&column),
            ..MenuItem::new(column.name, column.doc, Action::ToggleColumn(column))
        };
        let menu = Menu::new("Columns", Column::all().map(item).collect(), None);
        let row = Column::all().position(|column| Some(column) == at).unwrap_or(menu.cursor_row());
        cx.lettered(menu.at(row))
    }

    /// Which grouping?
    fn ask_grouping(&self, snapshot: &Snapshot) -> Action {
        let plain = [
            (Grouping::Nothing, "none", "no groups"),
            (Grouping::Project, "project", "compose project"),
            (Grouping::Engine, "engine", "the engine it runs on"),
            (Grouping::Image, "image", "the image it was created from"),
        ];
        let item = |grouping: Grouping, label: &str, detail: String| MenuItem {
            on: grouping == *self.grouping(),
            ..MenuItem::new(label, detail, Action::Group(grouping))
        };
        let mut items: Vec<MenuItem> =
            plain.into_iter().map(|(grouping, label, doc)| item(grouping, label, doc.into())).collect();
        items.extend(labels(snapshot).into_iter().map(|(label, (count, values))| {
            let values = if values.len() == 1 { "1 value".into() } else { format!("{} values", values.len()) };
            let detail = format!("label of {}, {values}", Kind::Container.count(count));
            item(Grouping::Label(label.into()), label, detail)
        }));
        let row = items.iter().position(|item| item.on).unwrap_or(0);
        let menu = Menu::new("Group by; or type a label name", items, Some(LineEdit::default())).at(row);
        Action::Open(Box::new(Overlay::Menu(menu)))
    }
}

/// The labels there are: on how many containers, and their values.
fn labels(snapshot: &Snapshot) -> BTreeMap<&str, (usize, BTreeSet<&str>)> {
    let mut labels: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for container in snapshot.containers.values() {
        for (name, value) in container.labels.iter().filter(|(name, _)| !name.is_empty()) {
            let (count, values) = labels.entry(name).or_default();
            *count += 1;
            values.insert(value);
        }
    }
    labels
}
