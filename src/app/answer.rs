//! How questions are answered: one handler for all of them.

use super::command::Command;

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

/// The answer that a command gives to a question, if it gives one: y and n say it, enter presses the button that has the focus,
/// which tab and the arrows change, esc and q are a no.
pub fn answer(focus: &mut ConfirmFocus, command: Command) -> Option<bool> {
    match command {
        Command::Yes => Some(true),
        Command::No | Command::Back | Command::Quit => Some(false),
        Command::Open => Some(*focus == ConfirmFocus::Go),
        Command::NextButton => {
            *focus = focus.other();
            None
        }
        _ => None,
    }
}
