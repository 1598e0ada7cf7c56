//! A form of named fields: lines, areas of several lines, switches. What is wrong is said at the field while it is typed.

use super::prompt::Line;
use crate::model::text;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, Input, TextArea};

/// Says what is wrong with what a field holds.
pub type Check = fn(&str) -> Result<(), String>;

/// Rows that an area takes.
pub const AREA_ROWS: u16 = 3;
/// Lines that an area holds at most.
const AREA_LINES: usize = 200;

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Holds {
    /// A line.
    Line(Box<Line>),
    /// Several lines, one entry on each.
    Area(Box<TextArea<'static>>),
    /// Yes or no.
    Switch(bool),
}

/// A field.
#[derive(Debug, Clone)]
pub struct FormField {
    /// What is written before it.
    pub label: &'static str,
    /// A word of help, shown while it is empty.
    pub help: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// What stood there before, where the form changes something.
    pub before: Option<String>,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// What it may be completed to.
    pub choices: Vec<String>,
    check: Check,
}

impl FormField {
    /// A line.
    pub fn line(label: &'static str, help: &'static str, check: Check) -> FormField {
        let holds = Holds::Line(Box::default());
        FormField { label, help, holds, before: None, wrong: None, choices: Vec::new(), check }
    }

    /// Several lines; the check is of each line that is not empty.
    pub fn area(label: &'static str, help: &'static str, check: Check) -> FormField {
        FormField { holds: Holds::Area(Box::default()), ..FormField::line(label, help, check) }
    }

    /// A switch.
    pub fn switch(label: &'static str, help: &'static str, on: bool) -> FormField {
        FormField { holds: Holds::Switch(on), ..FormField::line(label, help, |_| Ok(())) }
    }

    /// The same, with a text in it.
    pub fn with(mut self, text: &str) -> FormField {
        match &mut self.holds {
            Holds::Line(line) => **line = Line::new(text),
            Holds::Area(area) => {
                **area = TextArea::new(text.lines().map(str::to_string).collect());
                area.move_cursor(CursorMove::Bottom);
                area.move_cursor(CursorMove::End);
            }
            Holds::Switch(_) => {}
        }
        self
    }

    /// The same, with the value that is in force: it is shown, and what stays equal to it is not changed.
    pub fn now(self, value: &str) -> FormField {
        FormField { before: Some(value.to_string()), ..self.with(value) }
    }

    /// The same, with what it may be completed to.
    pub fn among(mut self, choices: Vec<String>) -> FormField {
        self.choices = choices;
        self
    }

    /// Rows it takes on the screen.
    pub fn rows(&self) -> u16 {
        if matches!(self.holds, Holds::Area(_)) { AREA_ROWS } else { 1 }
    }

    /// Its text, without blanks around it.
    pub fn text(&self) -> String {
        match &self.holds {
            Holds::Line(line) => line.text().trim().to_string(),
            Holds::Area(area) => area.lines().join("\n").trim().to_string(),
            Holds::Switch(on) => on.to_string(),
        }
    }

    /// What is written on each line, without empty ones.
    pub fn entries(&self) -> Vec<String> {
        self.text().lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
    }

    /// True for a switch that is on.
    pub fn is_on(&self) -> bool {
        matches!(self.holds, Holds::Switch(true))
    }

    /// Its text, if that is not what stood there before.
    pub fn changed(&self) -> Option<String> {
        let text = self.text();
        (self.before.as_deref() != Some(&text)).then_some(text)
    }

    /// What the text may be completed to: the rest of the first choice that begins with it.
    pub fn completion(&self) -> Option<&str> {
        let Holds::Line(line) = &self.holds else { return None };
        let typed = line.text();
        if typed.is_empty() {
            return None;
        }
        self.choices.iter().filter_map(|choice| choice.strip_prefix(typed)).find(|rest| !rest.is_empty())
    }

    fn judge(&mut self) {
        let entries = match self.holds {
            Holds::Area(_) => self.entries(),
            Holds::Line(_) => vec![self.text()],
            Holds::Switch(_) => Vec::new(),
        };
        self.wrong = entries.iter().find_map(|entry| (self.check)(entry).err());
    }

    fn edit(&mut self, event: &KeyEvent) {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let rest = self.completion().map(str::to_string);
        match &mut self.holds {
            Holds::Line(line) => {
                let at_end = line.before_cursor() == line.text();
                match (event.code, rest) {
                    (KeyCode::Right | KeyCode::End, Some(rest)) if at_end => line.paste(&rest),
                    _ => drop(line.edit(event)),
                }
            }
            Holds::Area(area) if event.code == KeyCode::Enter && area.lines().len() < AREA_LINES => {
                area.insert_newline()
            }
            Holds::Area(area) => match event.code {
                KeyCode::Char(c) if !control && !c.is_control() => area.insert_char(c),
                KeyCode::Char(_) if !control => {}
                KeyCode::Char('u') => drop(area.delete_line_by_head()),
                KeyCode::Char('w') => drop(area.delete_word()),
                KeyCode::Char('h') => drop(area.delete_char()),
                KeyCode::Char(_) | KeyCode::Enter => {}
                _ => drop(area.input_without_shortcuts(Input::from(*event))),
            },
            Holds::Switch(on) => {
                if matches!(event.code, KeyCode::Char(' ')) {
                    *on = !*on;
                }
            }
        }
        self.judge();
    }
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It goes on.
    On,
    /// It was left.
    Left,
    /// It is complete, and nothing in it is wrong.
    Done,
}

/// A form.
#[derive(Debug, Clone)]
pub struct Fields {
    /// Its title.
    pub title: String,
    /// Its fields from top to bottom.
    pub fields: Vec<FormField>,
    /// The one that hears the keys.
    pub focus: usize,
}

impl Fields {
    /// A form; the first field has the focus.
    pub fn new(title: impl Into<String>, fields: Vec<FormField>) -> Fields {
        Fields { title: title.into(), fields, focus: 0 }
    }

    /// Text was pasted.
    pub fn paste(&mut self, pasted: &str) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        match &mut field.holds {
            Holds::Line(line) => line.paste(pasted),
            Holds::Area(area) => {
                let room = AREA_LINES.saturating_sub(area.lines().len());
                let clean: Vec<String> =
                    pasted.lines().take(room + 1).map(|line| text::clean(line).into_owned()).collect();
                area.insert_str(clean.join("\n"));
            }
            Holds::Switch(_) => {}
        }
        field.judge();
    }

    /// Says something is wrong with a field, and goes there.
    pub fn blame(&mut self, label: &str, why: impl Into<String>) {
        if let Some(at) = self.fields.iter().position(|field| field.label == label) {
            self.fields[at].wrong = Some(why.into());
            self.focus = at;
        }
    }

    /// The field of a label. A label that is none gives an empty field.
    pub fn field(&self, label: &str) -> FormField {
        let known = self.fields.iter().find(|field| field.label == label).cloned();
        known.unwrap_or_else(|| FormField::line("", "", |_| Ok(())))
    }

    /// A key.
    pub fn key(&mut self, event: &KeyEvent) -> Edited {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let is_area = matches!(self.fields.get(self.focus).map(|field| &field.holds), Some(Holds::Area(_)));
        match event.code {
            KeyCode::Esc => return Edited::Left,
            KeyCode::Tab => self.step(true),
            KeyCode::BackTab => self.step(false),
            KeyCode::Enter if !is_area => return self.finish(),
            KeyCode::Char('s') if control => return self.finish(),
            KeyCode::Down if !is_area || self.at_edge(true) => self.step(true),
            KeyCode::Up if !is_area || self.at_edge(false) => self.step(false),
            _ => {
                if let Some(field) = self.fields.get_mut(self.focus) {
                    field.edit(event);
                }
            }
        }
        Edited::On
    }

    fn at_edge(&self, below: bool) -> bool {
        let Some(Holds::Area(area)) = self.fields.get(self.focus).map(|field| &field.holds) else { return true };
        let row = area.cursor().0;
        if below { row + 1 >= area.lines().len() } else { row == 0 }
    }

    fn step(&mut self, down: bool) {
        let count = self.fields.len().max(1);
        self.focus = (self.focus + if down { 1 } else { count - 1 }) % count;
    }

    fn finish(&mut self) -> Edited {
        self.fields.iter_mut().for_each(FormField::judge);
        match self.fields.iter().position(|field| field.wrong.is_some()) {
            Some(wrong) => {
                self.focus = wrong;
                Edited::On
            }
            None => Edited::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<(), String> {
        text.parse::<u32>().map(drop).map_err(|_| "write a number".into())
    }

    fn form() -> Fields {
        let fields = vec![
            FormField::line("size", "", number).now("7"),
            FormField::line("image", "", |_| Ok(())).among(vec!["busybox:latest".into()]),
            FormField::area("ports", "", number),
            FormField::switch("start", "", true),
        ];
        Fields::new("Form", fields)
    }

    fn press(form: &mut Fields, code: KeyCode) -> Edited {
        form.key(&KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn what_is_wrong_is_said_while_it_is_typed_and_holds_the_form() {
        let mut form = form();
        press(&mut form, KeyCode::Char('x'));
        assert_eq!(form.fields[0].wrong.as_deref(), Some("write a number"));
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
        press(&mut form, KeyCode::Backspace);
        assert_eq!((form.fields[0].wrong.clone(), form.fields[0].changed()), (None, None), "as it was");
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::Done);
    }

    #[test]
    fn a_choice_completes_what_is_typed() {
        let mut form = form();
        form.focus = 1;
        form.paste("bus");
        assert_eq!(form.fields[1].completion(), Some("ybox:latest"));
        press(&mut form, KeyCode::Right);
        assert_eq!(form.fields[1].text(), "busybox:latest");
    }

    #[test]
    fn an_area_has_one_entry_on_each_line_and_enter_stays_in_it() {
        let mut form = form();
        form.focus = 2;
        form.paste("80\n\n81\u{1b}[2J");
        assert_eq!(form.fields[2].entries(), ["80", "81^[[2J"]);
        assert!(form.fields[2].wrong.is_some());
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
        press(&mut form, KeyCode::Down);
        assert_eq!(form.focus, 3, "below its last line is the next field");
        press(&mut form, KeyCode::Char(' '));
        assert!(!form.fields[3].is_on());
    }
}
