//! Movements: in lists, in the log, in whatever has the keys.

use crate::app::command::KeyContext;
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::panes::lists;
use crate::app::state::App;
use crate::model::Kind;

pub(in crate::app) fn half_page(app: &App) -> isize {
    let height = match (app.focus, app.detail) {
        (Pane::Logs, DetailTab::Log) => app.log_size().0,
        (Pane::Logs, DetailTab::Processes) => app.process_height(),
        (Pane::Logs, DetailTab::Files) => app.files_size().0,
        (Pane::Logs, DetailTab::Inspect) => app.inspect_height(),
        (Pane::Shell, _) => app.places().shell_rows().map_or(0, |area| area.height) as usize,
        (Pane::Fleet | Pane::Gauges, _) => app.fleet_height(),
    };
    (height / 2).max(1) as isize
}

pub(in crate::app) fn move_by(app: &mut App, rows: isize) -> Vec<Effect> {
    match app.pane_context() {
        KeyContext::Resources => lists::move_by(app, rows),
        KeyContext::Fleet if app.focus == Pane::Logs => app.scroll_group(rows),
        pane => app.scroll_pane(pane, rows),
    }
    Vec::new()
}

pub(in crate::app) fn to_first(app: &mut App) -> Vec<Effect> {
    match is_in_fleet(app) {
        true => app.fleet.put_cursor(0),
        false => return move_by(app, isize::MIN / 2),
    }
    Vec::new()
}

pub(in crate::app) fn to_last(app: &mut App) -> Vec<Effect> {
    match is_in_fleet(app) {
        true => app.fleet.put_cursor(usize::MAX),
        false => return move_by(app, isize::MAX / 2),
    }
    Vec::new()
}

/// True if the list of containers has the keys.
fn is_in_fleet(app: &App) -> bool {
    app.view == Kind::Container && !matches!(app.focus, Pane::Logs | Pane::Shell)
}
