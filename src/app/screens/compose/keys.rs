//! Keys and the mouse over what is said of compose.

use super::lines::{lines, rows};
use super::overlay::{ComposeOverlay, ComposePhase};
use super::run::ask;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::layer::{Hints, Layer, Next, half_screen, plain};
use crate::app::msg::Effect;
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::model::{ComposeReady, ComposeRun, ComposeVerb};
use ratatui::layout::{Position, Rect};

impl Layer for ComposeOverlay {
    fn area(&self, app: &App) -> Rect {
        let columns = 100.min(app.size.0.saturating_sub(2));
        let rows = rows(app, self, columns.saturating_sub(4)).saturating_add(2);
        frame::centered(app.size, columns, rows)
    }

    fn hints(&self, _: &App) -> Hints {
        match (&self.phase, self.go()) {
            (_, Some(go)) => vec![
                (Command::Yes, Some(go)),
                (Command::No, Some("cancel")),
                (Command::NextButton, None),
                (Command::Copy, Some("copy the command")),
                (Command::Help, None),
            ],
            (ComposePhase::Choosing { .. }, _) => vec![
                (Command::Open, Some("show the plan")),
                (Command::Copy, Some("copy the command")),
                (Command::Back, None),
                (Command::Help, None),
            ],
            (ComposePhase::Looking { .. }, _) => vec![(Command::Back, Some("cancel"))],
            (ComposePhase::Failed(_) | ComposePhase::Differs { .. } | ComposePhase::Confirming { .. }, _) => {
                plain(&[Command::Down, Command::Up, Command::Back, Command::Help])
            }
        }
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        let copy = |run: &ComposeRun| Next::Stays(vec![Action::Effect(Effect::Copy(command_line(run)))]);
        let leaves = matches!(command, Command::Back | Command::Quit);
        match &mut self.phase {
            _ if leaves => return Next::Goes(Vec::new()),
            ComposePhase::Failed(_) | ComposePhase::Differs { .. } if command == Command::Open => {
                return Next::Goes(Vec::new());
            }
            ComposePhase::Choosing { ready, cursor } => match command {
                Command::Open | Command::Choose => {
                    let run = run_of(app, ready, cursor.row());
                    ask(app, self, run);
                }
                Command::Copy => return copy(&run_of(app, ready, cursor.row())),
                _ => cursor.move_by(command.rows(half_screen(app)).unwrap_or(0), ComposeVerb::ALL.len()),
            },
            ComposePhase::Confirming { run, .. } if command == Command::Copy => return copy(run),
            ComposePhase::Looking { .. }
            | ComposePhase::Failed(_)
            | ComposePhase::Confirming { .. }
            | ComposePhase::Differs { .. } => self.scroll(app, command.rows(half_screen(app)).unwrap_or(0)),
        }
        Next::Stays(Vec::new())
    }

    fn scroll(&mut self, app: &App, rows: isize) {
        let inner = frame::inner(self.area(app));
        let last = lines(app, self, inner.width).len().saturating_sub(usize::from(inner.height.saturating_sub(2)));
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    fn click(&mut self, app: &App, at: Position) -> Next {
        let row = usize::from(at.y.saturating_sub(frame::inner(self.area(app)).y)) + self.scroll;
        if let ComposePhase::Choosing { ready, cursor } = &mut self.phase
            && row < ComposeVerb::ALL.len()
        {
            cursor.put(row, ComposeVerb::ALL.len());
            let run = run_of(app, ready, row);
            ask(app, self, run);
        }
        Next::Stays(Vec::new())
    }

    fn agreed(&self) -> Vec<Action> {
        let ComposePhase::Confirming { run, .. } = &self.phase else { return Vec::new() };
        vec![Action::Compose(run.clone())]
    }
}

/// The run of a verb.
fn run_of(app: &App, ready: &ComposeReady, verb: usize) -> Box<ComposeRun> {
    let verb = ComposeVerb::ALL[verb.min(ComposeVerb::ALL.len() - 1)];
    Box::new(ComposeRun { ready: ready.clone(), verb, planned: app.planned(&ready.site) })
}

/// The commands as a shell takes them.
fn command_line(run: &ComposeRun) -> String {
    run.commands().iter().map(shell_words::join).collect::<Vec<_>>().join(" && ")
}
