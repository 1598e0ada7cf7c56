//! How questions are answered: one handler for all of them.

use super::overlay::ConfirmFocus;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The answer that a key gives to a question, if it gives one: y and n say it, enter presses the button that has the focus,
/// which tab and the arrows change, esc and q are a no. Nothing that is typed together with ctrl or alt is an answer.
pub fn answer(focus: &mut ConfirmFocus, event: &KeyEvent) -> Option<bool> {
    let with_another = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match event.code {
        KeyCode::Char(_) if with_another => None,
        KeyCode::Char('y') => Some(true),
        KeyCode::Char('n' | 'q') | KeyCode::Esc => Some(false),
        KeyCode::Enter => Some(*focus == ConfirmFocus::Go),
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right | KeyCode::Char('h' | 'l') => {
            *focus = focus.other();
            None
        }
        _ => None,
    }
}
