//! A list to choose from, and the palette of commands.

use crate::app::action::Action;
use crate::app::command::KeyContext;
use crate::app::key::{Key, Keymap};
use crate::app::widgets::cursor::Cursor;
use crate::app::widgets::line_edit::LineEdit;

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
    /// What it does with a text behind its name, if it takes one.
    pub with_text: Option<fn(String) -> Action>,
}

impl MenuItem {
    /// A row without a key that is not in force.
    pub fn new(label: impl Into<String>, detail: impl Into<String>, action: Action) -> MenuItem {
        let (label, detail) = (label.into(), detail.into());
        MenuItem { label, detail, key: String::new(), on: false, order: None, words: "", action, with_text: None }
    }

    /// A row to sort by. `now` is whether that is descending, for the one in force.
    pub(in crate::app) fn sort(label: &str, doc: &str, now: Option<bool>, action: Action) -> MenuItem {
        let detail = match now {
            None => doc.to_string(),
            Some(true) => format!("{doc}: descending; choose again to reverse"),
            Some(false) => format!("{doc}: ascending; choose again to reverse"),
        };
        MenuItem { on: now.is_some(), order: now, ..MenuItem::new(label, detail, action) }
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
    /// The chosen row among the shown ones.
    cursor: Cursor,
    items: Vec<MenuItem>,
    shown: Vec<usize>,
}

impl Menu {
    /// A menu; with a query it is a palette.
    pub fn new(title: &str, items: Vec<MenuItem>, query: Option<LineEdit>) -> Menu {
        let shown = (0..items.len()).collect();
        let on = items.iter().position(|item| item.on).filter(|_| query.is_none()).unwrap_or(0);
        let menu = Menu { title: title.to_string(), query, cursor: Cursor::default(), items, shown };
        menu.at(on)
    }

    /// The same, the cursor on a row.
    pub fn at(mut self, row: usize) -> Menu {
        self.put_cursor(row);
        self
    }

    /// Puts the cursor on a row, or the last one.
    pub fn put_cursor(&mut self, row: usize) {
        self.cursor.put(row, self.shown.len());
    }

    /// The place of the chosen row among the shown ones.
    pub fn cursor_row(&self) -> usize {
        self.cursor.row()
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
        self.shown.get(self.cursor.row()).map(|index| &self.items[*index])
    }

    /// What choosing does now.
    pub fn action(&self) -> Option<Action> {
        let chosen = self.chosen()?;
        Some(match chosen.with_text.zip(self.text_behind()) {
            Some((act, (_, text))) => act(text.to_string()),
            None => chosen.action.clone(),
        })
    }

    /// The row whose name is typed and that takes the text behind it, and that text.
    fn text_behind(&self) -> Option<(usize, &str)> {
        let (name, text) = self.query.as_ref()?.text().trim().split_once(' ')?;
        let takes = |item: &MenuItem| item.with_text.is_some() && item.label.eq_ignore_ascii_case(name);
        Some((self.items.iter().position(takes)?, text.trim()))
    }

    /// Moves the cursor; it stops at the ends.
    pub fn move_by(&mut self, rows: isize) {
        self.cursor.move_by(rows, self.shown.len());
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
        if let Some((row, _)) = self.text_behind() {
            self.shown = vec![row];
            self.put_cursor(0);
            return;
        }
        let text = self.query.as_ref().map(LineEdit::text).unwrap_or_default().to_lowercase();
        let fit = |item: &MenuItem| text.split_whitespace().map(|word| item.fit(word)).sum::<Option<u32>>();
        let mut fitting: Vec<(u32, usize)> =
            self.items.iter().enumerate().filter_map(|(index, item)| Some((fit(item)?, index))).collect();
        fitting.sort();
        self.shown = fitting.into_iter().map(|(_, index)| index).collect();
        self.put_cursor(0);
    }
}

/// Letters for rows whose own are all taken.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::COMMANDS;

    fn palette(typed: &str) -> Vec<String> {
        let item = |spec: &crate::app::command::CommandSpec| MenuItem {
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
