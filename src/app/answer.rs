//! How questions are answered: one handler for all of them.

use super::command::Command;
use super::overlay::ConfirmFocus;

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
