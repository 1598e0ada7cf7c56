//! What lies above the cockpit, behind one interface: keys, the mouse, the footer and the layout ask it the same way.

use super::action::Action;
use super::command::Command;
use super::overlay::Overlay;
use super::state::App;
use super::widgets::notice::Notice;
use super::widgets::prompt::TextFor;
use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

/// What came of a key, a command or a click.
pub(super) enum Next {
    /// It stays on the screen, and asks for this, which comes above it.
    Stays(Vec<Action>),
    /// It leaves the screen, and asks for this.
    Goes(Vec<Action>),
}

/// What the footer offers: commands, and a word where theirs says too little.
pub(super) type Hints = Vec<(Command, Option<&'static str>)>;

/// Something above the cockpit. It may read the cockpit, and asks for plain data.
pub(super) trait Layer {
    /// Its place on the screen, frame included.
    fn area(&self, app: &App) -> Rect;

    /// What the footer offers while it is on top.
    fn hints(&self, app: &App) -> Hints;

    /// Gives it a command.
    fn command(&mut self, app: &App, command: Command) -> Next;

    /// Moves the cursor or what is shown by rows, up when negative.
    fn scroll(&mut self, _app: &App, _rows: isize) {}

    /// Takes a key that is no command.
    fn type_in(&mut self, _event: &KeyEvent) -> Next {
        Next::Stays(Vec::new())
    }

    /// Takes pasted text.
    fn paste(&mut self, _text: &str) -> Vec<Action> {
        Vec::new()
    }

    /// Takes a click into its place that hits no button.
    fn click(&mut self, _app: &App, _at: Position) -> Next {
        Next::Stays(Vec::new())
    }

    /// Takes what was typed as its filter.
    fn filter(&mut self, _text: &str) {}

    /// Takes what was typed for it.
    fn typed(&mut self, _what: &TextFor, text: &str) -> Vec<Action> {
        self.filter(text);
        Vec::new()
    }

    /// It is a question, and was answered with yes.
    fn agreed(&self) -> Vec<Action> {
        Vec::new()
    }
}

impl Overlay {
    /// What it does.
    pub(super) fn overlay(&self) -> &dyn Layer {
        match self {
            Overlay::Prompt(prompt) => prompt,
            Overlay::Menu(menu) => menu,
            Overlay::Confirm(confirm) => confirm,
            Overlay::Question(question) => question,
            Overlay::Fields(form) => &**form,
            Overlay::Transfers(list) => list,
            Overlay::Compose(compose) => compose,
            Overlay::Events(view) => view,
            Overlay::Line(view) => &**view,
            Overlay::Sql(view) => view,
            Overlay::Text(text) => text,
        }
    }

    /// The same, to let it hear something.
    pub(super) fn layer_mut(&mut self) -> &mut dyn Layer {
        match self {
            Overlay::Prompt(prompt) => prompt,
            Overlay::Menu(menu) => menu,
            Overlay::Confirm(confirm) => confirm,
            Overlay::Question(question) => question,
            Overlay::Fields(form) => &mut **form,
            Overlay::Transfers(list) => list,
            Overlay::Compose(compose) => compose,
            Overlay::Events(view) => view,
            Overlay::Line(view) => &mut **view,
            Overlay::Sql(view) => view,
            Overlay::Text(text) => text,
        }
    }
}

/// The footer says that nothing was done.
pub(super) fn cancelled(app: &App) -> Action {
    Action::Notice(Notice::good("cancelled: nothing done", app.now))
}

/// What the footer offers, where the words of the commands say enough.
pub(super) fn plain(commands: &[Command]) -> Hints {
    commands.iter().map(|command| (*command, None)).collect()
}

/// Half of the rows of the terminal: what a page moves a text by.
pub(super) fn half_screen(app: &App) -> isize {
    (app.size.1 / 2).max(1) as isize
}
