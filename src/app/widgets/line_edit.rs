//! A text being typed: one line, or several with an entry on each. All fields take the same keys.

use crate::model::text;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text being typed.
#[derive(Debug, Clone, Default)]
pub struct LineEdit {
    area: TextArea<'static>,
    /// The number of lines beside the first.
    more: usize,
    /// Its text was proposed, and nobody has touched it.
    proposed: bool,
    /// The text that was typed here before.
    earlier: String,
}

impl LineEdit {
    /// A line with a text, the cursor at its end.
    pub fn new(text: &str) -> LineEdit {
        LineEdit::default().holding(text)
    }

    /// An empty text of so many lines at most.
    pub fn area(lines: usize) -> LineEdit {
        LineEdit { more: lines.saturating_sub(1), ..LineEdit::default() }
    }

    /// A line with a text that is there for the case that nobody types another.
    pub fn proposal(text: &str) -> LineEdit {
        LineEdit::new(text).proposed()
    }

    /// An empty line into which the arrow up brings back what was typed before.
    pub fn recalling(earlier: &str) -> LineEdit {
        LineEdit { earlier: earlier.to_string(), ..LineEdit::default() }
    }

    /// The line with another text, the cursor at its end.
    pub fn holding(self, text: &str) -> LineEdit {
        let lines: Vec<String> =
            if self.more > 0 { text.lines().map(str::to_string).collect() } else { vec![text.to_string()] };
        let mut area = TextArea::new(lines);
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        LineEdit { area, proposed: false, ..self }
    }

    /// The same, its text a proposal: what is typed first takes its place, while movement and backspace edit it.
    pub fn proposed(self) -> LineEdit {
        LineEdit { proposed: !self.is_empty(), ..self }
    }

    /// True while what is typed takes the place of its text.
    pub fn is_proposal(&self) -> bool {
        self.proposed
    }

    /// Its text is somebody's own from now on.
    pub fn touch(&mut self) {
        self.proposed = false;
    }

    /// What the arrow up brings back now; empty where it brings nothing.
    pub fn earlier(&self) -> &str {
        if self.is_empty() { &self.earlier } else { "" }
    }

    /// True if it holds no text.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// True if it may hold several lines.
    pub fn is_area(&self) -> bool {
        self.more > 0
    }

    /// The first line.
    pub fn text(&self) -> &str {
        self.lines().first().map(String::as_str).unwrap_or_default()
    }

    /// All lines.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The line of the cursor, and the columns of what stands before it there.
    pub fn cursor(&self) -> (usize, usize) {
        (self.area.cursor().0, self.before_cursor().width())
    }

    /// Characters before the cursor in its line.
    pub fn before_cursor(&self) -> String {
        let at = self.area.cursor();
        self.lines().get(at.0).into_iter().flat_map(|line| line.chars().take(at.1)).collect()
    }

    /// True if the arrow up or down would leave it.
    pub fn is_at_edge(&self, below: bool) -> bool {
        let row = self.area.cursor().0;
        if below { row + 1 >= self.lines().len() } else { row == 0 }
    }

    /// What of a line fits into so many columns, so that the cursor is among them; and the cursor's column.
    pub fn window(&self, room: usize) -> (&str, usize) {
        let before = self.before_cursor();
        let over = before.width().saturating_sub(room.saturating_sub(1));
        let (mut skipped, mut from) = (0, 0);
        for (index, c) in before.char_indices() {
            if skipped >= over {
                break;
            }
            skipped += c.width().unwrap_or(0);
            from = index + c.len_utf8();
        }
        (self.text().get(from..).unwrap_or_default(), before.width() - skipped)
    }

    /// Edits by a key. True if the text changed.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let before = self.lines().to_vec();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let types = matches!(key.code, KeyCode::Char(c) if !control && !c.is_control());
        if std::mem::take(&mut self.proposed) && types {
            self.area = TextArea::default();
        }
        match key.code {
            KeyCode::Char('u') if control => drop(self.area.delete_line_by_head()),
            KeyCode::Char('k') if control => drop(self.area.delete_line_by_end()),
            KeyCode::Char('w') if control => drop(self.area.delete_word()),
            KeyCode::Char('a') if control => self.area.move_cursor(CursorMove::Head),
            KeyCode::Char('e') if control => self.area.move_cursor(CursorMove::End),
            KeyCode::Left => self.area.move_cursor(CursorMove::Back),
            KeyCode::Right => self.area.move_cursor(CursorMove::Forward),
            KeyCode::Home => self.area.move_cursor(CursorMove::Head),
            KeyCode::End => self.area.move_cursor(CursorMove::End),
            KeyCode::Up if !self.is_area() => drop(self.recall()),
            KeyCode::Up => self.area.move_cursor(CursorMove::Up),
            KeyCode::Down => self.area.move_cursor(CursorMove::Down),
            KeyCode::Enter if self.lines().len() <= self.more => self.area.insert_newline(),
            // Some terminals' backspace key sends ctrl-h.
            KeyCode::Char('h') if control => drop(self.area.delete_char()),
            KeyCode::Backspace => drop(self.area.delete_char()),
            KeyCode::Delete => drop(self.area.delete_next_char()),
            KeyCode::Char(c) if types => self.area.insert_char(c),
            _ => {}
        }
        self.lines() != before
    }

    /// Brings back what was typed before into an empty line. False if there is nothing to bring back.
    pub fn recall(&mut self) -> bool {
        let brings = !self.earlier().is_empty();
        if brings {
            *self = LineEdit::new(&self.earlier);
        }
        brings
    }

    /// Inserts pasted text, clean, on as many lines as there may be.
    pub fn paste(&mut self, pasted: &str) {
        if std::mem::take(&mut self.proposed) {
            self.area = TextArea::default();
        }
        if !self.is_area() {
            self.area.insert_str(text::clean(pasted.trim_end_matches(['\r', '\n'])));
            return;
        }
        let room = (self.more + 1).saturating_sub(self.lines().len());
        let clean: Vec<_> = pasted.lines().take(room + 1).map(text::clean).collect();
        self.area.insert_str(clean.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(line: &mut LineEdit, keys: &[KeyCode]) -> String {
        for code in keys {
            line.edit(&KeyEvent::new(*code, KeyModifiers::NONE));
        }
        line.lines().join("\n")
    }

    #[test]
    fn what_is_typed_takes_the_place_of_a_proposal_and_movement_edits_it() {
        let typed = |keys: &[KeyCode]| press(&mut LineEdit::proposal("64m"), keys);
        let (nine, six) = (KeyCode::Char('9'), KeyCode::Char('6'));
        assert_eq!(typed(&[nine, six]), "96");
        assert_eq!(typed(&[KeyCode::Backspace, six]), "646");
        assert_eq!(typed(&[KeyCode::End, six]), "64m6");
        assert_eq!(typed(&[KeyCode::Home, six]), "664m");
        assert_eq!([typed(&[KeyCode::Left]), typed(&[KeyCode::Delete])], ["64m", "64m"]);
        let mut pasted = LineEdit::proposal("64m");
        pasted.paste("1g");
        assert_eq!(pasted.text(), "1g");
        assert_eq!(press(&mut LineEdit::new("64m"), &[six]), "64m6");
    }

    #[test]
    fn the_arrow_up_brings_back_what_was_typed_before_into_an_empty_line_only() {
        let mut line = LineEdit::recalling("web");
        assert_eq!((line.text(), line.earlier()), ("", "web"));
        assert_eq!(
            press(&mut line, &[KeyCode::Up, KeyCode::Char('1')]),
            "web1",
            "whoever fetches it goes on writing it"
        );
        assert_eq!(press(&mut LineEdit::recalling("web"), &[KeyCode::Char('a'), KeyCode::Up]), "a");
    }

    #[test]
    fn an_area_is_edited_as_a_line_is() {
        let mut area = LineEdit::area(3);
        area.paste("80\n\n81\u{1b}[2J");
        assert_eq!(area.lines(), ["80", "", "81^[[2J"]);
        let keys = [KeyCode::Up, KeyCode::Char('9'), KeyCode::Enter, KeyCode::Home, KeyCode::Delete];
        assert_eq!(press(&mut area, &keys), "80\n\n81^[[2J", "a fourth line has no room");
        let mut proposed = LineEdit::area(3).holding("1\n2").proposed();
        assert_eq!(press(&mut proposed, &[KeyCode::Char('7'), KeyCode::Enter, KeyCode::Char('8')]), "7\n8");
    }

    #[test]
    fn pasted_text_is_one_clean_line() {
        let mut line = LineEdit::new("a");
        line.paste("b\nc\x1b[2J\n");
        assert_eq!(line.text(), "ab c^[[2J");
    }
}
