//! The form that brings up a project from its file.

use super::overlay::PathQuestion;
use crate::app::action::Action;
use crate::app::msg::Effect;
use crate::app::operations::known::Known;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::fields::{Fields, FormField};
use crate::app::widgets::notice::Notice;
use crate::model::{ComposeQuestion, Problem, StreamId};

/// The field for the file.
const FILE: &str = "file or folder";
/// The field for the project's name.
const NAME: &str = "project";

fn file(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("type a compose file, or its folder".into()) } else { Ok(()) }
}

/// Compose's own rule for names of projects.
fn name(text: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let first = text.chars().next().is_none_or(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if first && text.chars().all(inner) {
        Ok(())
    } else {
        Err("lower-case letters, digits, - and _, starting with a letter or digit".into())
    }
}

impl App {
    pub(in crate::app) fn open_create_project(&mut self) {
        let fields = vec![
            FormField::line(FILE, "a path on this machine; → completes", file),
            FormField::line(NAME, "empty: usually the folder's name", name),
        ];
        let find = |_: &Known, fields: &mut Fields| {
            Some(Action::FindProject(fields.field(FILE).text(), fields.field(NAME).text()))
        };
        self.open_form("Start a project from its compose file", fields, find);
    }

    /// Looks for the files of a project.
    pub(in crate::app) fn find_project(&mut self, path: String, project: String) -> Vec<Effect> {
        let ask = ComposeQuestion::At { path: path.clone(), project };
        self.look_for_compose(None, &path, ask)
    }

    fn compose_form(&mut self) -> Option<&mut Fields> {
        let forms = self.overlays.iter_mut().rev().filter_map(Overlay::form_mut).map(|form| &mut form.fields);
        forms.into_iter().find(|form| form.fields.iter().any(|field| field.label == FILE))
    }

    /// The path in the form is looked at whenever it has changed.
    pub(in crate::app) fn follow_compose_form(&mut self) {
        let typed = self.compose_form().map(|fields| fields.field(FILE).text()).filter(|text| !text.is_empty());
        if typed.as_deref() == self.compose.path.as_ref().map(|path| path.text.as_str()) {
            return;
        }
        let asked = typed.zip(self.engine);
        self.compose.path = asked.map(|(text, engine)| PathQuestion { stream: self.new_stream(), engine, text });
    }

    /// Takes what was found at the path.
    pub(super) fn path_told(&mut self, stream: StreamId, wrong: Option<String>, choices: Vec<String>) {
        let asked = self.compose.path.as_ref().filter(|path| path.stream == stream);
        let Some(text) = asked.map(|path| path.text.clone()) else { return };
        let Some(fields) = self.compose_form() else { return };
        let Some(field) = fields.fields.iter_mut().find(|field| field.label == FILE) else { return };
        if field.text() == text {
            field.choices = choices;
            // Who is in the middle of a name that is there has made no mistake.
            field.wrong = wrong.filter(|_| field.completion().is_none());
        }
    }

    /// What the form said cannot be brought up: the question goes, and the field says why.
    pub(super) fn blame_path(&mut self, problem: &Problem) {
        let Some(fields) = self.compose_form() else { return };
        fields.set_error(FILE, problem.cause.clone());
        self.overlays.retain(|overlay| !matches!(overlay, Overlay::Compose(layer) if layer.project.is_none()));
        // A field has no room for what helps.
        self.notice = Some(Notice::bad(problem, self.now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_compose_takes() {
        for good in ["", "shop", "shop-2_x", "2x"] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        for wrong in ["-x", "_x", "Shop", "a b", "a.b", "../x"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
