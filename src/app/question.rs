//! A question about bowline's own doing: a paste of many lines, a clipboard, shells that would end.

use super::choices::ConfirmFocus;
use crate::model::{CopyIn, CopyOut, Wire};

/// A question with two buttons. Cancel has the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The title.
    pub title: String,
    /// Sentences, clean.
    pub lines: Vec<String>,
    /// The word on the button that goes ahead.
    pub go: &'static str,
    /// Which button has the focus.
    pub focus: ConfirmFocus,
    /// What then happens.
    pub then: Then,
}

/// What happens after a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Bytes go into a shell.
    Paste(Wire, Vec<u8>),
    /// A text that a session wished for goes into the clipboard.
    Copy(Wire, String),
    /// A tab is closed.
    Close(Wire),
    /// A copy out of an instance is made again and replaces what is there.
    OverwriteOut(CopyOut),
    /// A copy into an instance is made again and replaces what is there.
    OverwriteIn(CopyIn),
    /// The engine of this machine is opened in place of that of a context.
    OpenLocal,
    /// The cockpit is left.
    Quit,
}

impl Then {
    /// True if the letter y is not enough: the question came by itself, while somebody was typing.
    pub fn wants_care(&self) -> bool {
        matches!(self, Then::Copy(..) | Then::OverwriteOut(_) | Then::OverwriteIn(_))
    }
}

impl Question {
    /// A question.
    pub fn new(title: impl Into<String>, lines: Vec<String>, go: &'static str, then: Then) -> Question {
        Question { title: title.into(), lines, go, focus: ConfirmFocus::Cancel, then }
    }
}
