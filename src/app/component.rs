//! What every pane has in common. A pane names no other pane: it reads what it is given, and asks for plain data.

use super::action::Action;
use super::command::Command;
use super::options::Options;
use super::overlay::Overlay;
use super::subscriptions::{Slot, Streams, Wants};
use super::widgets::menu::Menu;
use super::widgets::notice::Notice;
use super::widgets::prompt::TextFor;
use crate::model::{Problem, Snapshot, StreamEvent, StreamId, Timestamp};
use ratatui::layout::{Position, Rect};

/// More rows than any pane has: who scrolls so far goes to the end.
pub const FAR: isize = 1_000_000;

/// All that a pane may read.
pub struct Cx<'a> {
    /// The state of the engines.
    pub snapshot: &'a Snapshot,
    /// The user's options.
    pub options: &'a Options,
    /// The source of numbers for new streams.
    pub streams: &'a Streams,
    /// The place of its rows on the screen.
    pub area: Rect,
    /// The pane has the focus.
    pub focused: bool,
    /// Something lies above the cockpit.
    pub covered: bool,
    /// How many keys were pressed so far, and the like.
    pub inputs: u64,
    /// The moment of the message being handled.
    pub now: Timestamp,
}

impl Cx<'_> {
    /// The line of a place in the pane, below so many others.
    pub fn line(&self, at: Position, below: u16) -> Option<u16> {
        if self.area.contains(at) { (at.y - self.area.y).checked_sub(below) } else { None }
    }

    /// Rows and columns of the pane.
    pub fn size(&self) -> (usize, usize) {
        (self.area.height.into(), self.area.width.into())
    }

    /// Asks for a sentence in the footer that refuses something, or helps.
    pub fn warn(&self, text: impl AsRef<str>) -> Action {
        Action::Notice(Notice::warn(text, self.now))
    }

    /// Asks for a sentence in the footer that confirms something.
    pub fn good(&self, text: impl AsRef<str>) -> Action {
        Action::Notice(Notice::good(text, self.now))
    }

    /// Asks for a problem in the footer.
    pub fn bad(&self, problem: &Problem) -> Action {
        Action::Notice(Notice::bad(problem, self.now))
    }

    /// Says that there is no search whose next hit could be gone to.
    pub fn no_search(&self) -> Action {
        self.warn(format!("no search yet: {} starts one", self.key(Command::Filter)))
    }

    /// Asks for a menu whose rows have letters.
    pub fn lettered(&self, menu: Menu) -> Action {
        Action::Open(Box::new(Overlay::Menu(menu.with_letters(&self.options.keymap))))
    }

    /// The key of a command, as it is shown.
    pub fn key(&self, command: Command) -> String {
        self.options.keymap.shown(command).unwrap_or_default()
    }
}

/// What came of a command. None: it is none of the pane's, and the next one is asked.
pub type Handled = Option<Vec<Action>>;

/// The commands that a pane answers, and what it does then.
pub type Answers<P> = [(Command, fn(&mut P, &Cx) -> Vec<Action>)];

/// Does what a pane does on a command.
pub fn answer<P>(answers: &Answers<P>, pane: &mut P, cx: &Cx, command: Command) -> Handled {
    let (_, act) = answers.iter().find(|(known, _)| *known == command)?;
    Some(act(pane, cx))
}

/// Does something after which nothing more is asked for.
pub fn quietly<P>(pane: &mut P, act: impl FnOnce(&mut P)) -> Vec<Action> {
    act(pane);
    Vec::new()
}

/// A pane.
pub trait Component {
    /// Gives it a command.
    fn command(&mut self, _cx: &Cx, _command: Command) -> Handled {
        None
    }

    /// Moves the cursor or what is shown by rows, up when negative; by [`FAR`] to the end.
    fn scroll(&mut self, cx: &Cx, rows: isize);

    /// Goes back one level within it. False at the top.
    fn back(&mut self, _cx: &Cx) -> bool {
        false
    }

    /// A click on it. What is chosen already is opened.
    fn click(&mut self, _cx: &Cx, _at: Position) -> Vec<Action> {
        Vec::new()
    }

    /// The mouse is dragged, in it or out of it, after a click on it.
    fn drag(&mut self, _cx: &Cx, _at: Position) {}

    /// The button of the mouse is up after a click on it.
    fn release(&mut self, _cx: &Cx) -> Vec<Action> {
        Vec::new()
    }

    /// Takes a text that was typed for it.
    fn typed(&mut self, _cx: &Cx, _what: &TextFor, _text: &str) -> Vec<Action> {
        Vec::new()
    }

    /// Names the streams that it reads now.
    fn name_streams(&self, _options: &Options, _wants: &mut Wants) {}

    /// Takes what one of its streams brought.
    fn receive(&mut self, _cx: &Cx, _stream: StreamId, _slot: Slot, _event: StreamEvent) -> Vec<Action> {
        Vec::new()
    }

    /// One of its streams has ended, and why, if there is a reason.
    fn ended(&mut self, _cx: &Cx, _stream: StreamId, _slot: Slot, _problem: Option<Problem>) -> Vec<Action> {
        Vec::new()
    }
}
