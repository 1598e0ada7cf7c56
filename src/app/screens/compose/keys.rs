//! Keys and the mouse over what is said of compose.

use super::lines::lines;
use super::overlay::{ComposeOverlay, ComposePhase};
use super::run::ask;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::overlay_layout;
use crate::app::state::App;
use crate::model::{ComposeReady, ComposeRun, ComposeVerb};
use ratatui::layout::Position;

/// A command. The layer was taken off the others.
pub fn give(app: &mut App, mut layer: ComposeOverlay, wish: Command) -> Vec<Effect> {
    let mut effects = Vec::new();
    let leaves = matches!(wish, Command::Back | Command::Quit);
    let page = (app.size.1 / 2).max(1) as isize;
    match &mut layer.phase {
        _ if leaves => return Vec::new(),
        ComposePhase::Failed(_) | ComposePhase::Differs { .. } if wish == Command::Open => return Vec::new(),
        ComposePhase::Choosing { ready, cursor } => {
            let run = run_of(app, ready, *cursor);
            match wish {
                Command::Open | Command::Choose => ask(app, &mut layer, run),
                Command::Copy => effects.push(Effect::Copy(command_line(&run))),
                _ => {
                    let to = cursor.saturating_add_signed(wish.rows(page).unwrap_or(0));
                    *cursor = to.min(ComposeVerb::ALL.len() - 1);
                }
            }
        }
        ComposePhase::Confirming { run, .. } if wish == Command::Copy => effects.push(Effect::Copy(command_line(run))),
        _ => scroll(app, &mut layer, wish.rows(page).unwrap_or(0)),
    }
    app.overlays.push(Overlay::Compose(layer));
    effects
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

/// Shows other lines, where there are more than fit.
pub fn scroll(app: &App, layer: &mut ComposeOverlay, rows: isize) {
    let inner = overlay_layout::inner(overlay_layout::area(app, &Overlay::Compose(layer.clone())));
    let last = lines(app, layer, inner.width).len().saturating_sub(usize::from(inner.height.saturating_sub(2)));
    layer.scroll = layer.scroll.saturating_add_signed(rows).min(last);
}

/// A click into the layer, which was taken off the others.
pub fn click(app: &mut App, mut layer: ComposeOverlay, at: Position) -> Vec<Effect> {
    let area = overlay_layout::area(app, &Overlay::Compose(layer.clone()));
    let row = usize::from(at.y.saturating_sub(overlay_layout::inner(area).y)) + layer.scroll;
    if let ComposePhase::Choosing { ready, cursor } = &mut layer.phase
        && row < ComposeVerb::ALL.len()
    {
        *cursor = row;
        let run = run_of(app, ready, row);
        ask(app, &mut layer, run);
    }
    app.overlays.push(Overlay::Compose(layer));
    Vec::new()
}
