//! What can lie above the cockpit: prompts, menus, questions, help.

use super::action::Action;
use super::command::KeyContext;
use super::compose::{ComposeOverlay, ComposePhase};
use super::confirm::Confirm;
use super::events::EventsView;
use super::forms::Form;
use super::key::{Key, Keymap};
use super::prompt::Prompt;
use super::question::Question;
use super::transfers::TransfersOverlay;
use super::widgets::LineEdit;
use super::wrap::Breaks;
use crate::model::{OperationId, Timestamp};

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
    /// All that happened lately.
    Events(EventsView),
    /// A text to read: help, results, a log file.
    Text(Text),
}

/// A text above the cockpit, which is scrolled and searched.
#[derive(Debug, Clone)]
pub struct Text {
    /// What it says.
    pub body: TextBody,
    /// Only lines that hold this are shown.
    pub filter: String,
    /// First line shown.
    pub scroll: usize,
}

/// What a text says.
#[derive(Debug, Clone)]
pub enum TextBody {
    /// The keys in force; those of this place first.
    Help(KeyContext),
    /// What came of an act.
    Results(OperationId),
    /// Lines of its own.
    Lines {
        /// Its title.
        title: String,
        /// Its lines, clean and as long as they are: they are broken for the screen.
        lines: Vec<String>,
        /// Where they are broken.
        breaks: Breaks,
    },
}

impl Text {
    /// A text from its first line on.
    pub fn new(body: TextBody) -> Text {
        Text { body, filter: String::new(), scroll: 0 }
    }

    /// Lines of its own.
    pub fn lines(title: impl Into<String>, lines: Vec<String>, breaks: Breaks) -> Text {
        Text::new(TextBody::Lines { title: title.into(), lines, breaks })
    }

    /// True if it has lines of its own.
    pub(super) fn is_lines(&self) -> bool {
        matches!(self.body, TextBody::Lines { .. })
    }

    /// True if a line is shown.
    pub fn shows(&self, line: &str) -> bool {
        self.filter.is_empty() || line.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// Its title.
    pub fn title(&self) -> &str {
        match &self.body {
            TextBody::Help(_) => "Help: all keys",
            TextBody::Results(_) => "Results",
            TextBody::Lines { title, .. } => title,
        }
    }
}

impl Overlay {
    /// Whose keys are in force while it is on top.
    pub fn room(&self) -> KeyContext {
        match self {
            Overlay::Prompt(_) | Overlay::Fields(_) | Overlay::Menu(Menu { query: Some(_), .. }) => KeyContext::Typing,
            Overlay::Menu(_) => KeyContext::Menu,
            Overlay::Confirm(_) | Overlay::Question(_) => KeyContext::Question,
            Overlay::Compose(layer) if layer.go().is_some() => KeyContext::Question,
            Overlay::Compose(_) => KeyContext::Compose,
            Overlay::Transfers(_) => KeyContext::Transfers,
            Overlay::Events(_) => KeyContext::Events,
            Overlay::Text(_) => KeyContext::Reading,
        }
    }

    /// True if letters are typed into it.
    pub(super) fn takes_text(&self) -> bool {
        self.room() == KeyContext::Typing
    }

    /// Which button has the focus, in a question that can be answered by now.
    pub(super) fn buttons(&mut self, now: Timestamp) -> Option<&mut ConfirmFocus> {
        match self {
            Overlay::Confirm(confirm) => Some(&mut confirm.focus),
            Overlay::Question(question) => Some(&mut question.focus).filter(|_| now >= question.heard_from),
            Overlay::Compose(ComposeOverlay { phase: ComposePhase::Confirming { focus, .. }, .. }) => Some(focus),
            Overlay::Compose(ComposeOverlay {
                phase:
                    ComposePhase::Looking { .. }
                    | ComposePhase::Failed(_)
                    | ComposePhase::Choosing { .. }
                    | ComposePhase::Differs { .. },
                ..
            })
            | Overlay::Prompt(_)
            | Overlay::Menu(_)
            | Overlay::Fields(_)
            | Overlay::Transfers(_)
            | Overlay::Events(_)
            | Overlay::Text(_) => None,
        }
    }

    /// The word on the button that goes ahead, if it is a question.
    pub fn go(&self) -> Option<&'static str> {
        match self {
            Overlay::Confirm(confirm) => Some(confirm.go()),
            Overlay::Question(question) => Some(question.go),
            Overlay::Compose(layer) => layer.go(),
            Overlay::Prompt(_)
            | Overlay::Menu(_)
            | Overlay::Fields(_)
            | Overlay::Transfers(_)
            | Overlay::Events(_)
            | Overlay::Text(_) => None,
        }
    }

    /// The form, if it is one.
    pub(super) fn form(&self) -> Option<&Form> {
        if let Overlay::Fields(form) = self { Some(form) } else { None }
    }

    /// The list of transfers, if it is that.
    pub(super) fn transfers(&self) -> Option<&TransfersOverlay> {
        if let Overlay::Transfers(list) = self { Some(list) } else { None }
    }

    /// The list of transfers, to change it.
    pub(super) fn transfers_mut(&mut self) -> Option<&mut TransfersOverlay> {
        if let Overlay::Transfers(list) = self { Some(list) } else { None }
    }

    /// What is said of compose, to change it.
    pub(super) fn compose_mut(&mut self) -> Option<&mut ComposeOverlay> {
        if let Overlay::Compose(compose) = self { Some(compose) } else { None }
    }

    /// The form, to fill it in.
    pub(super) fn form_mut(&mut self) -> Option<&mut Form> {
        if let Overlay::Fields(form) = self { Some(form) } else { None }
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

/// A row of a menu.
#[derive(Debug, Clone)]
pub struct MenuItem {
    /// What it is called.
    pub label: String,
    /// A sentence on it.
    pub detail: String,
    /// Its key, if it has one.
    pub key: String,
    /// It is in force now.
    pub on: bool,
    /// The order in which it puts things now: descending, or not. None if it puts them in none.
    pub order: Option<bool>,
    /// Other words that lead to it.
    pub words: &'static str,
    /// What choosing it does.
    pub action: Action,
}

impl MenuItem {
    /// A row without a key that is not in force.
    pub fn new(label: impl Into<String>, detail: impl Into<String>, action: Action) -> MenuItem {
        let (label, detail) = (label.into(), detail.into());
        MenuItem { label, detail, key: String::new(), on: false, order: None, words: "", action }
    }

    /// How well it fits a word that is typed, none if not at all: whole words and beginnings of its name go before those of
    /// the other words for it, these before what is in its sentence, and letters scattered over its name come last.
    fn fit(&self, word: &str) -> Option<u32> {
        let (label, detail) = (self.label.to_lowercase(), self.detail.to_lowercase());
        let any = |text: &str, holds: &dyn Fn(&str) -> bool| text.split(|c: char| !c.is_alphanumeric()).any(holds);
        let whole = |part: &str| part == word;
        let begins = |part: &str| part.starts_with(word);
        let ranks = [
            label == word,
            any(&label, &whole) || any(self.words, &whole),
            label.starts_with(word),
            any(&label, &begins),
            any(self.words, &begins),
            any(&detail, &whole),
            any(&detail, &begins),
            label.contains(word),
            detail.contains(word) && word.len() > 2,
            is_scattered(word, &label),
        ];
        ranks.iter().position(|holds| *holds).map(|rank| rank as u32)
    }
}

/// True if the letters of a word are in a text, in their order.
fn is_scattered(word: &str, text: &str) -> bool {
    let mut letters = text.chars();
    word.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

/// A list to choose from; a palette has a line to type in as well.
#[derive(Debug, Clone)]
pub struct Menu {
    /// Its title.
    pub title: String,
    /// What is typed, in a palette.
    pub query: Option<LineEdit>,
    /// Index of the chosen row among the shown ones.
    pub cursor: usize,
    items: Vec<MenuItem>,
    shown: Vec<usize>,
}

impl Menu {
    /// A menu; with a query it is a palette.
    pub fn new(title: &str, items: Vec<MenuItem>, query: Option<LineEdit>) -> Menu {
        let shown = (0..items.len()).collect();
        let cursor = items.iter().position(|item| item.on).filter(|_| query.is_none()).unwrap_or(0);
        Menu { title: title.to_string(), query, cursor, items, shown }
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

    /// The row of a letter.
    pub fn of_letter(&self, letter: char) -> Option<usize> {
        let mut keys = self.shown().map(|item| item.key.chars());
        keys.position(|mut key| key.next() == Some(letter) && key.next().is_none())
    }

    /// The same menu, each row with a letter that chooses it: the first of its own that is free.
    pub fn with_letters(mut self, keymap: &Keymap) -> Menu {
        // What is no key cannot be pressed: that letter is not given to a row.
        let key = |letter: char| Key::parse(&letter.to_string()).ok();
        let is_free = |letter| key(letter).is_some_and(|key| keymap.command(KeyContext::Menu, key).is_none());
        let mut taken: Vec<char> = Vec::new();
        let own = self.items.iter().enumerate().map(|(index, item)| (index, item.label.chars().take(1).collect()));
        let any = self.items.iter().enumerate().map(|(index, item)| (index, format!("{}{LETTERS}", item.label)));
        let wanted: Vec<(usize, String)> = own.chain(any).collect();
        for (index, letters) in wanted {
            let letter = letters.chars().find(|c| c.is_ascii_lowercase() && is_free(*c) && !taken.contains(c));
            if let Some(letter) = letter.filter(|_| self.items[index].key.is_empty()) {
                self.items[index].key = letter.to_string();
                taken.push(letter);
            }
        }
        self
    }

    /// Filters the rows by what is typed, the best first.
    pub fn match_query(&mut self) {
        let text = self.query.as_ref().map(LineEdit::text).unwrap_or_default().to_lowercase();
        let fit = |item: &MenuItem| text.split_whitespace().map(|word| item.fit(word)).sum::<Option<u32>>();
        let mut fitting: Vec<(u32, usize)> =
            self.items.iter().enumerate().filter_map(|(index, item)| Some((fit(item)?, index))).collect();
        fitting.sort();
        self.shown = fitting.into_iter().map(|(_, index)| index).collect();
        self.cursor = 0;
    }
}

/// Letters for rows whose own are all taken.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::COMMANDS;

    fn palette(typed: &str) -> Vec<String> {
        let item = |spec: &crate::app::CommandSpec| MenuItem {
            words: spec.words,
            ..MenuItem::new(spec.name, spec.doc, Action::Command(spec.command))
        };
        let mut menu = Menu::new("", COMMANDS.iter().map(item).collect(), Some(LineEdit::new(typed)));
        menu.match_query();
        menu.shown().map(|item| item.label.clone()).collect()
    }

    #[test]
    fn the_palette_knows_dockers_words() {
        for (typed, wanted) in [
            ("rm", "remove"),
            ("exec", "exec"),
            ("stats", "containers"),
            ("ps", "containers"),
            ("top", "processes"),
            ("df", "system"),
            ("cp", "copy-out"),
            ("url", "inspect"),
            ("env", "inspect"),
            ("recreate", "compose"),
            ("prune", "prune"),
            ("update", "limits"),
            ("up", "compose"),
        ] {
            assert!(palette(typed).iter().take(4).any(|name| name == wanted), "{typed}: {:?}", palette(typed));
        }
    }

    #[test]
    fn whole_words_and_beginnings_go_before_scattered_letters_and_sentences_are_not_scattered() {
        assert_eq!(palette("remove")[0], "remove");
        assert!(palette("re")[..4].iter().all(|name| name.starts_with("re")), "{:?}", palette("re"));
        assert!(palette("srt").contains(&"sort".to_string()), "letters scattered over a name are found");
        assert!(!palette("srt").contains(&"wait".to_string()), "over a sentence they are not");
        assert!(palette("zqx").is_empty());
    }

    #[test]
    fn every_command_leads_to_itself_first() {
        for spec in COMMANDS {
            assert_eq!(palette(spec.name)[0], spec.name);
        }
    }
}
