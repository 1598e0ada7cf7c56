//! A question about bowline's own doing: a paste of many lines, a clipboard, shells that would end.

use crate::app::action::Action;
use crate::app::answer::ConfirmFocus;
use crate::model::Timestamp;

/// For so long neither a key nor a click answers a question that came by itself, seconds.
const UNREAD: f64 = 1.0;

/// A question with two buttons. Cancel has the focus.
#[derive(Debug, Clone)]
pub struct Question {
    /// The title.
    pub title: String,
    /// Sentences, clean.
    pub lines: Vec<String>,
    /// The word on the button that goes ahead.
    pub go: &'static str,
    /// The button that has the focus.
    pub focus: ConfirmFocus,
    /// The action of a yes.
    pub yes: Action,
    /// From when on keys and clicks answer it.
    pub heard_from: Timestamp,
}

impl Question {
    /// A question.
    pub fn new(title: impl Into<String>, lines: Vec<String>, go: &'static str, yes: Action) -> Question {
        let heard_from = Timestamp::default();
        Question { title: title.into(), lines, go, focus: ConfirmFocus::Cancel, yes, heard_from }
    }

    /// The same, as one that comes by itself. Whatever somebody presses before they can have read it was meant for something
    /// else, and is no answer.
    pub fn by_itself(self, now: Timestamp) -> Question {
        Question { heard_from: now.plus_seconds(UNREAD), ..self }
    }
}
