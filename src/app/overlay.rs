//! What can lie above the cockpit: prompts, menus, questions, help.

use super::column::Column;
use super::command::Command;
use super::compose::ComposeOverlay;
use super::confirm::Confirm;
use super::events::EventsView;
use super::files::UnsavedEditChoice;
use super::forms::Form;
use super::grouping::GroupChoice;
use super::inspect::InspectChoice;
use super::processes::ProcessSort;
use super::prompt::{Line, Prompt};
use super::prune::Unused;
use super::question::Question;
use super::transfers::TransfersOverlay;
use super::wrap::Breaks;
use crate::model::{Container, OperationId, Signal};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::sync::Arc;

/// Something above the cockpit. The top one hears the keys.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// A line being typed, in the footer.
    Prompt(Prompt),
    /// A list to choose from.
    Menu(Menu),
    /// A question before a dangerous act.
    Confirm(Confirm),
    /// A question about bowline's own doing.
    Question(Question),
    /// A form for changing, making, running or moving something.
    Fields(Box<Form>),
    /// Images on their way.
    Transfers(TransfersOverlay),
    /// What compose is to do, what it will do, what differs.
    Compose(ComposeOverlay),
    /// The keys in force.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// What came of an act.
    Results {
        /// Which.
        ask: OperationId,
        /// First line shown.
        scroll: usize,
    },
    /// All that happened lately.
    Events(EventsView),
    /// A text, such as bowline's own log.
    Text {
        /// Its title.
        title: String,
        /// Its lines, clean and as long as they are: they are broken for the screen.
        lines: Vec<String>,
        /// Where they are broken.
        breaks: Breaks,
        /// First line shown.
        scroll: usize,
    },
}

impl Overlay {
    /// True if letters are typed into it.
    pub(super) fn takes_text(&self) -> bool {
        matches!(self, Overlay::Prompt(_) | Overlay::Fields(_) | Overlay::Menu(Menu { query: Some(_), .. }))
    }
}

/// Which button of a question has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfirmFocus {
    /// Nothing happens.
    #[default]
    Cancel,
    /// It happens.
    Go,
}

impl ConfirmFocus {
    /// The other button.
    pub(super) fn other(self) -> ConfirmFocus {
        match self {
            ConfirmFocus::Cancel => ConfirmFocus::Go,
            ConfirmFocus::Go => ConfirmFocus::Cancel,
        }
    }
}

/// What a menu item stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuAction {
    /// Give a command.
    Command(Command),
    /// Kill with a signal.
    Signal(Signal),
    /// Send a signal to one process.
    SignalProcess(i32, Signal),
    /// Sort processes.
    SortProcesses(ProcessSort),
    /// Remove images that nothing uses.
    Prune(Unused),
    /// Sort by a column.
    Sort(Column),
    /// Show or hide a column.
    Column(Column),
    /// Group the containers.
    Group(GroupChoice),
    /// Sort the list on screen by a column of its own.
    SortList(usize),
    /// Something with the object that is inspected.
    Inspect(InspectChoice),
    /// Something with an edit that was not written back.
    Kept(UnsavedEditChoice),
}

/// A row of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// What it is called.
    pub label: String,
    /// A sentence on it.
    pub detail: String,
    /// Its key, if it has one.
    pub key: String,
    /// It is in force now.
    pub on: bool,
    /// What it stands for.
    pub choice: MenuAction,
}

/// A list to choose from; a palette has a line to type in as well.
#[derive(Debug, Clone)]
pub struct Menu {
    /// Its title.
    pub title: String,
    /// What is typed, in a palette.
    pub query: Option<Line>,
    /// Index of the chosen row among the shown ones.
    pub cursor: usize,
    /// The containers that the choice is about, as they were when the menu was opened.
    pub targets: Vec<Arc<Container>>,
    /// The targets are what is many by its nature, as a group is: the plan has their order, and these sentences.
    pub many: Option<Vec<String>>,
    items: Vec<MenuItem>,
    shown: Vec<usize>,
}

impl Menu {
    /// A menu; with a query it is a palette.
    pub fn new(title: &str, items: Vec<MenuItem>, query: Option<Line>) -> Menu {
        let shown = (0..items.len()).collect();
        let cursor = items.iter().position(|item| item.on).filter(|_| query.is_none()).unwrap_or(0);
        Menu { title: title.to_string(), query, cursor, targets: Vec::new(), many: None, items, shown }
    }

    /// The rows that match what is typed, best first.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &MenuItem> {
        self.shown.iter().map(|index| &self.items[*index])
    }

    /// All its rows, whatever is typed.
    pub fn items(&self) -> &[MenuItem] {
        &self.items
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<&MenuItem> {
        self.shown.get(self.cursor).map(|index| &self.items[*index])
    }

    /// Moves the cursor; it stops at the ends.
    pub fn move_by(&mut self, rows: isize) {
        self.cursor = self.cursor.saturating_add_signed(rows).min(self.shown.len().saturating_sub(1));
    }

    /// Turns the mark of the chosen row on or off.
    pub fn toggle_chosen(&mut self) {
        if let Some(item) = self.shown.get(self.cursor).and_then(|index| self.items.get_mut(*index)) {
            item.on = !item.on;
        }
    }

    /// Filters the rows by what is typed.
    pub fn match_query(&mut self) {
        let text = self.query.as_ref().map(Line::text).unwrap_or_default();
        let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            // The name counts more than the sentence.
            let best = score(&item.label).map(|score| score * 4).max(score(&item.detail));
            scored.extend(best.map(|score| (score, index)));
        }
        if !text.is_empty() {
            scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        }
        self.shown = scored.into_iter().map(|(_, index)| index).collect();
        self.cursor = 0;
    }
}
