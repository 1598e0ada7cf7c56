//! The sentence at the foot of a session that has ended or not begun.

use super::tab::{Ended, Kind, Tab};
use crate::app::command::Command;
use crate::app::state::App;
use crate::app::widgets::wrap;
use crate::model::State;

/// What is told at the foot of the shell pane.
#[derive(Debug, Clone, PartialEq)]
pub struct ShellFoot {
    /// The sentence.
    pub text: String,
    /// It tells how the session has ended: it has rows of its own. Else it lies over the screen for a while.
    pub is_end: bool,
    /// Nothing else is to be seen of the session.
    pub is_all: bool,
    /// All went well.
    pub is_good: bool,
}

/// Columns beside the sentence.
const BESIDE: u16 = 3;

impl ShellFoot {
    /// The rows that it takes in a pane of this width.
    pub fn rows(&self, width: u16) -> Vec<String> {
        wrap::words(&self.text, width.saturating_sub(BESIDE).max(1).into())
    }
}

impl App {
    /// What is told at the foot of the session on screen, if anything is.
    pub fn shell_foot(&self) -> Option<ShellFoot> {
        let tab = self.shells.active()?;
        match &tab.ended {
            Some(ended) => {
                let is_good = ended.problem.is_none() && ended.code == Some(0);
                let text = self.how_it_ended(tab, ended);
                Some(ShellFoot { text, is_end: true, is_all: tab.never_ran(), is_good })
            }
            None => {
                let seconds = self.now.since(tab.since) as u64;
                let waits = tab.began.is_none() && seconds > 0;
                let text = || format!("opening … {seconds} s");
                waits.then(|| ShellFoot { text: text(), is_end: false, is_all: false, is_good: true })
            }
        }
    }

    fn how_it_ended(&self, tab: &Tab, ended: &Ended) -> String {
        let key = |command| self.options.keymap.shown(command).unwrap_or_default();
        let (again, close) = (key(Command::Reopen), key(Command::CloseShell));
        let close = if tab.never_ran() { key(Command::Open) } else { close };
        if !ended.tried.is_empty() {
            let (side, image) = (key(Command::Sidecar), &self.options.shell.sidecar_image);
            let tried = some_of(&ended.tried);
            return format!(
                "no shell in {}: tried {tried}. {side} opens a debug sidecar ({image}), {close} closes",
                tab.name
            );
        }
        let what = match tab.kind {
            Kind::Shell | Kind::RootShell | Kind::Sidecar => "shell",
            Kind::Command => "command",
            Kind::Attach => "main process",
        };
        let how = match (&ended.problem, ended.code) {
            (Some(problem), _) => problem.to_string(),
            (None, Some(code)) => format!("the {what} ended with exit {code}"),
            (None, None) => format!("the {what} has ended"),
        };
        match self.snapshot.containers.get(&tab.id).map(|container| &container.state) {
            None => format!("{} no longer exists; {how}", tab.name),
            Some(State::Running) => format!("{how}; {again} runs it again, {close} closes"),
            Some(State::Paused) => format!("{} is paused; {how}", tab.name),
            Some(_) => format!("{} stopped; {how}; {again} reopens when it runs again", tab.name),
        }
    }
}

/// Shells that are named one by one.
const NAMED: usize = 4;

/// `sh, bash, zsh, ash and 9 more`.
fn some_of(tried: &[String]) -> String {
    match tried.len().saturating_sub(NAMED) {
        0 | 1 => tried.join(", "),
        more => format!("{} and {more} more", tried[..NAMED].join(", ")),
    }
}
