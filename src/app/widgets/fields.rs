//! A form of named fields: lines, areas of several lines, switches. What is wrong is said at the field while it is typed.

use crate::app::command::Command;
use crate::app::widgets::line_edit::LineEdit;
use crate::model::Kind;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Says what is wrong with what a field holds.
pub type Check = fn(&str) -> Result<(), String>;

/// Rows that an area takes.
pub const AREA_ROWS: u16 = 3;
/// Lines that an area holds at most.
const AREA_LINES: usize = 200;

/// The content of a field.
#[derive(Debug, Clone)]
pub enum FieldKind {
    /// A line.
    Line(Box<LineEdit>),
    /// Several lines, one entry on each.
    Area(Box<LineEdit>),
    /// Yes or no, and what each of the two means: off, on.
    Switch(bool, [&'static str; 2]),
    /// One of several words.
    Choice {
        /// All there are.
        among: Vec<&'static str>,
        /// The one that is chosen, counted from the first.
        at: usize,
    },
}

/// A field.
#[derive(Debug, Clone)]
pub struct FormField {
    /// The label before it.
    pub label: &'static str,
    /// A word of help, shown while it is empty.
    pub help: &'static str,
    /// The content.
    pub holds: FieldKind,
    /// What stood there before, where the form changes something.
    pub before: Option<String>,
    /// The error, if its content is wrong.
    pub wrong: Option<String>,
    /// The possible completions.
    pub choices: Vec<String>,
    /// The kind of thing that must be known for it.
    pub needs: Option<Kind>,
    /// What of that kind comes to be known is proposed too.
    pub proposes: bool,
    check: Check,
}

impl FormField {
    /// A line.
    pub fn line(label: &'static str, help: &'static str, check: Check) -> FormField {
        let holds = FieldKind::Line(Box::default());
        let (choices, needs, proposes) = (Vec::new(), None, false);
        FormField { label, help, holds, before: None, wrong: None, choices, needs, proposes, check }
    }

    /// Several lines; the check is of each line that is not empty.
    pub fn area(label: &'static str, help: &'static str, check: Check) -> FormField {
        FormField {
            holds: FieldKind::Area(Box::new(LineEdit::area(AREA_LINES))),
            ..FormField::line(label, help, check)
        }
    }

    /// A switch, with what it means while it is off and while it is on.
    pub fn switch(label: &'static str, means: [&'static str; 2], on: bool) -> FormField {
        FormField { holds: FieldKind::Switch(on, means), ..FormField::line(label, "", |_| Ok(())) }
    }

    /// One of several words; the first is chosen.
    pub fn choice(label: &'static str, help: &'static str, among: &[&'static str]) -> FormField {
        let holds = FieldKind::Choice { among: among.to_vec(), at: 0 };
        FormField { holds, ..FormField::line(label, help, |_| Ok(())) }
    }

    /// The same, with a text in it that is proposed: what is typed takes its place.
    pub fn with(mut self, text: &str) -> FormField {
        self.set(text);
        self.propose();
        self
    }

    /// Makes its content a proposal.
    fn propose(&mut self) {
        if let FieldKind::Line(line) | FieldKind::Area(line) = &mut self.holds {
            **line = std::mem::take(&mut **line).proposed();
        }
    }

    /// Puts a text in the place of what it holds.
    fn set(&mut self, text: &str) {
        match &mut self.holds {
            FieldKind::Line(line) | FieldKind::Area(line) => **line = std::mem::take(&mut **line).holding(text),
            FieldKind::Switch(on, _) => *on = text == "true",
            FieldKind::Choice { among, at } => *at = among.iter().position(|word| *word == text).unwrap_or(*at),
        }
    }

    /// The same, with the value that is in force: it is shown, and what stays equal to it is not changed.
    pub fn now(self, value: &str) -> FormField {
        FormField { before: Some(value.to_string()), ..self.with(value) }
    }

    /// The field, naming an object of a kind.
    pub fn of(self, kind: Kind) -> FormField {
        FormField { needs: Some(kind), ..self }
    }

    /// The same, with things of a kind proposed: those that are known, and those that come to be known.
    pub fn proposing(self, kind: Kind, known: Vec<String>) -> FormField {
        FormField { proposes: true, ..self.of(kind).among(known) }
    }

    /// The field, with its possible completions.
    pub fn among(mut self, choices: Vec<String>) -> FormField {
        self.choices = choices;
        self
    }

    /// Rows it takes on the screen.
    pub fn rows(&self) -> u16 {
        if matches!(self.holds, FieldKind::Area(_)) { AREA_ROWS } else { 1 }
    }

    /// Its text, without blanks around it.
    pub fn text(&self) -> String {
        match &self.holds {
            FieldKind::Line(line) => line.text().trim().to_string(),
            FieldKind::Area(area) => area.lines().join("\n").trim().to_string(),
            FieldKind::Switch(on, _) => on.to_string(),
            FieldKind::Choice { among, at } => among.get(*at).map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// What is written on each line, without empty ones.
    pub fn entries(&self) -> Vec<String> {
        self.text().lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
    }

    /// True for a switch that is on.
    pub fn is_on(&self) -> bool {
        matches!(self.holds, FieldKind::Switch(true, _))
    }

    /// Its text, if that is not what stood there before.
    pub fn changed(&self) -> Option<String> {
        let text = self.text();
        (self.before.as_deref() != Some(&text)).then_some(text)
    }

    /// What the text may be completed to: the rest of the first choice that begins with it.
    pub fn completion(&self) -> Option<&str> {
        let FieldKind::Line(line) = &self.holds else { return None };
        let typed = line.text();
        if typed.is_empty() {
            return None;
        }
        self.choices.iter().filter_map(|choice| choice.strip_prefix(typed)).find(|rest| !rest.is_empty())
    }

    fn validate(&mut self) {
        let entries = match self.holds {
            FieldKind::Area(_) => self.entries(),
            FieldKind::Line(_) => vec![self.text()],
            FieldKind::Switch(..) | FieldKind::Choice { .. } => Vec::new(),
        };
        self.wrong = entries.iter().find_map(|entry| (self.check)(entry).err());
    }

    fn edit(&mut self, event: &KeyEvent) {
        let rest = self.completion().map(str::to_string);
        match &mut self.holds {
            FieldKind::Line(line) => {
                let at_end = line.before_cursor() == line.text();
                match (event.code, rest) {
                    (KeyCode::Right | KeyCode::End, Some(rest)) if at_end => {
                        line.touch();
                        line.paste(&rest);
                    }
                    _ => drop(line.edit(event)),
                }
            }
            FieldKind::Area(area) => drop(area.edit(event)),
            FieldKind::Switch(on, _) => {
                if matches!(event.code, KeyCode::Char(' ')) {
                    *on = !*on;
                }
            }
            FieldKind::Choice { among, at } => {
                if matches!(event.code, KeyCode::Char(' ')) {
                    *at = (*at + 1) % among.len().max(1);
                }
            }
        }
        self.validate();
    }
}

/// The result of a key in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// The form goes on.
    On,
    /// The form was cancelled.
    Left,
    /// The form is complete and without errors.
    Done,
}

/// What was typed before: labels of fields, and what each held.
pub type Earlier = Vec<(&'static str, String)>;

/// A form.
#[derive(Debug, Clone)]
pub struct Fields {
    /// Its title.
    pub title: String,
    /// The hint for enter: `shows the plan`.
    pub goes: &'static str,
    /// Its fields from top to bottom.
    pub fields: Vec<FormField>,
    /// The focused field: it receives the keys.
    pub focus: usize,
    /// What was typed before, the newest first: offered by the arrow up in the first field.
    earlier: Vec<Earlier>,
    /// The entry that is shown.
    shown: Option<usize>,
    /// The fields that they name, as those were before the first of them was shown.
    draft: Vec<FormField>,
}

impl Fields {
    /// A form whose end is a plan; the first field has the focus.
    pub fn new(title: impl Into<String>, fields: Vec<FormField>) -> Fields {
        let (earlier, draft) = (Vec::new(), Vec::new());
        Fields { title: title.into(), goes: "shows the plan", fields, focus: 0, earlier, shown: None, draft }
    }

    /// The form, with another hint for enter: `run`.
    pub fn to(self, goes: &'static str) -> Fields {
        Fields { goes, ..self }
    }

    /// The same, with what was typed before, the newest first.
    pub fn recalling(self, earlier: Vec<Earlier>) -> Fields {
        Fields { earlier, ..self }
    }

    /// Proposes values for fields; the others stay as they are.
    pub fn fill(&mut self, values: &[(&'static str, String)]) {
        self.put(values, FormField::propose);
    }

    fn put(&mut self, values: &[(&'static str, String)], then: fn(&mut FormField)) {
        for (label, text) in values {
            if let Some(field) = self.fields.iter_mut().find(|field| field.label == *label) {
                field.set(text);
                field.wrong = None;
                then(field);
            }
        }
    }

    /// One step back to what was typed before, or forward again.
    fn recall(&mut self, back: bool) {
        let next = match (self.shown, back) {
            (None, true) => Some(0),
            (Some(at), true) => Some((at + 1).min(self.earlier.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, false) => None,
        };
        if self.shown.is_none()
            && let Some(newest) = self.earlier.first()
        {
            self.draft = newest.iter().map(|(label, _)| self.field(label)).collect();
        }
        self.shown = next;
        match next.and_then(|at| self.earlier.get(at)).cloned() {
            // Whoever fetches an earlier one goes on writing it.
            Some(values) => self.put(&values, |_| {}),
            // Behind the newest stands what was being typed, as it was: what was proposed still is.
            None => {
                for was in &self.draft {
                    self.fields
                        .iter_mut()
                        .filter(|field| field.label == was.label)
                        .for_each(|field| field.clone_from(was));
                }
            }
        }
    }

    /// Text was pasted.
    pub fn paste(&mut self, pasted: &str) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        match &mut field.holds {
            FieldKind::Line(line) | FieldKind::Area(line) => line.paste(pasted),
            FieldKind::Switch(..) | FieldKind::Choice { .. } => {}
        }
        field.validate();
    }

    /// A click on a field: it has the focus; a switch that has it already is turned.
    pub fn click(&mut self, index: usize) {
        let again = self.focus == index;
        self.focus = index.min(self.fields.len().saturating_sub(1));
        if let Some(field) = self.fields.get_mut(self.focus).filter(|_| again)
            && matches!(field.holds, FieldKind::Switch(..) | FieldKind::Choice { .. })
        {
            field.edit(&KeyEvent::new(KeyCode::Char(' '), KeyModifiers::NONE));
        }
    }

    /// Says something is wrong with a field, and goes there.
    pub fn set_error(&mut self, label: &str, why: impl Into<String>) {
        if let Some(at) = self.fields.iter().position(|field| field.label == label) {
            self.fields[at].wrong = Some(why.into());
            self.focus = at;
        }
    }

    /// The kind of thing that must be known for the field with the focus, else for the one that comes next, else for any.
    pub fn needs(&self) -> Option<Kind> {
        let (before, rest) = self.fields.split_at(self.focus.min(self.fields.len()));
        rest.iter().chain(before.iter().rev()).find_map(|field| field.needs)
    }

    /// The field of a label. A label that is none gives an empty field.
    pub fn field(&self, label: &str) -> FormField {
        let known = self.fields.iter().find(|field| field.label == label).cloned();
        known.unwrap_or_else(|| FormField::line("", "", |_| Ok(())))
    }

    /// A command.
    pub fn give(&mut self, command: Command) -> Edited {
        let is_area = matches!(self.fields.get(self.focus).map(|field| &field.holds), Some(FieldKind::Area(_)));
        let (above, below) = (is_area && !self.at_edge(false), is_area && !self.at_edge(true));
        match command {
            Command::Cancel => return Edited::Left,
            Command::FinishForm => return self.finish(),
            Command::Accept if !is_area => return self.finish(),
            Command::Accept => self.press(KeyCode::Enter),
            Command::PreviousChoice if self.focus == 0 && !is_area && !self.earlier.is_empty() => self.recall(true),
            Command::NextChoice if self.focus == 0 && self.shown.is_some() => self.recall(false),
            Command::NextChoice if below => self.press(KeyCode::Down),
            Command::PreviousChoice if above => self.press(KeyCode::Up),
            Command::NextField | Command::NextChoice => self.step(true),
            Command::PreviousField | Command::PreviousChoice => self.step(false),
            _ => {}
        }
        Edited::On
    }

    /// A key that is no command.
    pub fn edit(&mut self, event: &KeyEvent) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.edit(event);
        }
    }

    fn press(&mut self, code: KeyCode) {
        self.edit(&KeyEvent::new(code, KeyModifiers::NONE));
    }

    fn at_edge(&self, below: bool) -> bool {
        match self.fields.get(self.focus).map(|field| &field.holds) {
            Some(FieldKind::Area(area)) => area.is_at_edge(below),
            Some(FieldKind::Line(_) | FieldKind::Switch(..) | FieldKind::Choice { .. }) | None => true,
        }
    }

    fn step(&mut self, down: bool) {
        let count = self.fields.len().max(1);
        self.focus = (self.focus + if down { 1 } else { count - 1 }) % count;
    }

    fn finish(&mut self) -> Edited {
        self.fields.iter_mut().for_each(FormField::validate);
        match self.fields.iter().position(|field| field.wrong.is_some()) {
            Some(wrong) => {
                self.focus = wrong;
                Edited::On
            }
            None => Edited::Done,
        }
    }
}

/// Presses a key over a form, as the cockpit does.
#[cfg(test)]
pub(in crate::app) fn press(form: &mut Fields, code: KeyCode) -> Edited {
    use crate::app::key::{Key, Keymap};
    let event = KeyEvent::new(code, KeyModifiers::NONE);
    let pressed = Key::of(&event);
    match Keymap::default().command(crate::app::command::KeyContext::Typing, pressed).filter(|_| !pressed.is_typed()) {
        Some(found) => form.give(found),
        None => {
            form.edit(&event);
            Edited::On
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
            FormField::switch("start", ["only made", "started at once"], true),
        ];
        Fields::new("Form", fields)
    }

    #[test]
    fn what_is_wrong_is_said_while_it_is_typed_and_holds_the_form() {
        let mut form = form();
        press(&mut form, KeyCode::Char('x'));
        assert_eq!(form.fields[0].wrong.as_deref(), Some("write a number"));
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
        press(&mut form, KeyCode::Backspace);
        press(&mut form, KeyCode::Char('7'));
        assert_eq!((form.fields[0].wrong.clone(), form.fields[0].changed()), (None, None), "as it was");
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::Done);
    }

    #[test]
    fn typing_replaces_what_was_proposed_in_a_field_and_goes_on_with_what_was_fetched() {
        let mut form = form();
        for c in ['9', '6'] {
            press(&mut form, KeyCode::Char(c));
        }
        assert_eq!(form.fields[0].text(), "96");
        form.fill(&[("size", "64".into())]);
        form.paste("1");
        assert_eq!(form.fields[0].text(), "1");
        form.fill(&[("size", "64".into())]);
        press(&mut form, KeyCode::Backspace);
        press(&mut form, KeyCode::Char('5'));
        assert_eq!(form.fields[0].text(), "65");
        let mut recalled = self::form().recalling(vec![vec![("size", "12".to_string())]]);
        press(&mut recalled, KeyCode::Up);
        press(&mut recalled, KeyCode::Char('3'));
        assert_eq!(recalled.fields[0].text(), "123");
    }

    #[test]
    fn a_proposal_is_one_again_after_a_look_at_what_was_typed_before() {
        let mut form = form().recalling(vec![vec![("size", "12".to_string())]]);
        for code in [KeyCode::Up, KeyCode::Down, KeyCode::Char('3')] {
            press(&mut form, code);
        }
        assert_eq!(form.fields[0].text(), "3");
    }

    #[test]
    fn a_choice_is_completed_also_where_its_beginning_was_proposed() {
        let mut form = form();
        form.focus = 1;
        form.fill(&[("image", "bus".into())]);
        press(&mut form, KeyCode::Right);
        assert_eq!(form.fields[1].text(), "busybox:latest");
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
    fn what_was_typed_before_comes_back_and_what_was_being_typed_after_it() {
        let earlier = |size: &str, start: &str| vec![("size", size.to_string()), ("start", start.to_string())];
        let mut form = form().recalling(vec![earlier("2", "false"), earlier("1", "true")]);
        let shown = |form: &Fields| (form.fields[0].text(), form.fields[3].is_on());
        press(&mut form, KeyCode::Backspace);
        press(&mut form, KeyCode::Char('x'));
        let mut steps = Vec::new();
        for code in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down] {
            press(&mut form, code);
            steps.push(shown(&form));
        }
        let told = |size: &str, on| (size.to_string(), on);
        assert_eq!(steps, [told("2", false), told("1", true), told("1", true), told("2", false), told("x", true)]);
        press(&mut form, KeyCode::Down);
        assert_eq!(form.focus, 1, "then the arrow goes through the fields again");
    }

    #[test]
    fn a_click_goes_to_a_field_and_a_second_one_turns_a_switch() {
        let mut form = form();
        form.click(3);
        assert!(form.focus == 3 && form.fields[3].is_on());
        form.click(3);
        assert!(!form.fields[3].is_on());
        form.click(99);
        assert_eq!(form.focus, 3);
    }

    #[test]
    fn a_choice_goes_round() {
        let mut field = FormField::choice("pull", "", &["always", "never"]).with("never");
        field.edit(&KeyEvent::new(KeyCode::Char(' '), KeyModifiers::NONE));
        assert_eq!(field.text(), "always");
        assert_eq!(field.with("nothing of the kind").text(), "always");
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
