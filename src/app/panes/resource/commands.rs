//! What a list of other things than containers does when a command is given or somebody scrolls.

use super::{ResourceList, list_of};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Answers, Component, Cx, Handled, answer, quietly};
use crate::app::overlay::Overlay;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::prompt::{FILTER_HELP, Prompt, TextFor};
use Command as C;
use ratatui::layout::Position;

/// The commands that all these lists have.
pub(in crate::app) const ANSWERS: &Answers<ResourceList> = &[
    (C::Filter, |list, _| vec![list.ask_filter()]),
    (C::Sort, |list, cx| list.ask_sort(cx).into_iter().collect()),
    (C::GroupFoldAll, |list, cx| list.folded(cx, |list| list.fold_all())),
    (C::Left, |list, cx| list.folded(cx, |list| list.fold_in())),
    (C::Right, |list, cx| list.folded(cx, |list| list.fold_out())),
    (C::Mark, |list, _| quietly(list, |list| list.toggle_mark())),
    (C::MarkClear, |list, _| quietly(list, |list| list.clear_marks())),
    (C::MarkInvert, |list, _| quietly(list, |list| list.invert_marks())),
];

impl Component for ResourceList {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    fn scroll(&mut self, _: &Cx, rows: isize) {
        self.move_by(rows);
    }

    /// A click on the chosen project folds or opens it.
    fn click(&mut self, cx: &Cx, at: Position) -> Vec<Action> {
        match cx.line(at, 0).and_then(|line| self.cursor().row_at(line, self.len())) {
            Some(row) if row == self.cursor_row() && self.toggle_fold() => self.rebuild(cx.snapshot, cx.now),
            Some(row) => self.put_cursor(row),
            None => {}
        }
        Vec::new()
    }

    fn back(&mut self, cx: &Cx) -> bool {
        if !self.filter.is_empty() {
            self.set_filter(cx, "");
        } else if self.marked() > 0 {
            self.clear_marks();
        } else {
            return false;
        }
        true
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        if *what == TextFor::Filter {
            self.set_filter(cx, text);
        }
        Vec::new()
    }
}

impl ResourceList {
    fn set_filter(&mut self, cx: &Cx, text: &str) {
        self.filter = text.to_string();
        self.rebuild(cx.snapshot, cx.now);
    }

    fn ask_filter(&self) -> Action {
        let prompt = Prompt::filter(FILTER_HELP, &self.filter, KeyContext::Resources).moving();
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }

    fn ask_sort(&self, cx: &Cx) -> Option<Action> {
        let items = list_of(self.kind)?.headings.iter().enumerate().map(|(index, heading)| {
            let doc = if heading.is_figure { "largest first" } else { "alphabetical" };
            let now = (index == self.sort).then_some(heading.is_figure != self.reversed);
            MenuItem::sort(&heading.title.to_lowercase(), doc, now, Action::SortList(index))
        });
        Some(cx.lettered(Menu::new("Sort by", items.collect(), None)))
    }

    /// Folds or opens in it, and says so where there is nothing to fold.
    fn folded(&mut self, cx: &Cx, fold: impl FnOnce(&mut ResourceList) -> bool) -> Vec<Action> {
        let done = fold(self);
        self.rebuild(cx.snapshot, cx.now);
        let why = || cx.warn(format!("nothing to fold among {}s", self.kind.word()));
        (!done).then(why).into_iter().collect()
    }
}
