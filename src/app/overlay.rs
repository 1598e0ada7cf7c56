//! What can lie above the cockpit: prompts, menus, questions, help.

use super::answer::ConfirmFocus;
use super::command::KeyContext;
use super::screens::compose::overlay::{ComposeOverlay, ComposePhase};
use super::screens::events::view::EventsView;
use super::screens::line::LineView;
use super::screens::sql::SqlView;
use super::screens::transfers::list::TransfersOverlay;
use super::widgets::confirm::Confirm;
use super::widgets::form::Form;
use super::widgets::menu::Menu;
use super::widgets::prompt::Prompt;
use super::widgets::question::Question;
use super::widgets::text::Text;
use crate::model::Timestamp;

/// A layer above the cockpit. The top one receives the keys.
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
    /// A line of a log, whole.
    Line(Box<LineView>),
    /// What is asked of a log in SQL, and the answer.
    Sql(SqlView),
    /// A text to read: help, results, a log file.
    Text(Text),
}

impl Overlay {
    /// The context whose keys work while it is on top.
    pub fn pane_context(&self) -> KeyContext {
        match self {
            Overlay::Prompt(_) | Overlay::Fields(_) | Overlay::Menu(Menu { query: Some(_), .. }) => KeyContext::Typing,
            Overlay::Menu(_) => KeyContext::Menu,
            Overlay::Confirm(_) | Overlay::Question(_) => KeyContext::Question,
            Overlay::Compose(overlay) if overlay.go().is_some() => KeyContext::Question,
            Overlay::Compose(_) => KeyContext::Compose,
            Overlay::Transfers(_) => KeyContext::Transfers,
            Overlay::Events(_) => KeyContext::Events,
            Overlay::Line(_) => KeyContext::Line,
            Overlay::Sql(_) => KeyContext::Sql,
            Overlay::Text(_) => KeyContext::Reading,
        }
    }

    /// True if letters are typed into it.
    pub(super) fn takes_text(&self) -> bool {
        self.pane_context() == KeyContext::Typing
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
            | Overlay::Line(_)
            | Overlay::Sql(_)
            | Overlay::Text(_) => None,
        }
    }

    /// The word on the button that goes ahead, if it is a question.
    pub fn go(&self) -> Option<&'static str> {
        match self {
            Overlay::Confirm(confirm) => Some(confirm.go()),
            Overlay::Question(question) => Some(question.go),
            Overlay::Compose(overlay) => overlay.go(),
            Overlay::Prompt(_)
            | Overlay::Menu(_)
            | Overlay::Fields(_)
            | Overlay::Transfers(_)
            | Overlay::Events(_)
            | Overlay::Line(_)
            | Overlay::Sql(_)
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
