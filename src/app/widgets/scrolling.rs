//! Movements: in lists, in the log, in whatever has the keys.

use crate::app::command::KeyContext;
use crate::app::component::FAR;
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::options::TimestampFormat;
use crate::app::panes::lists;
use crate::app::panes::shell::Body;
use crate::app::state::App;
use crate::model::Kind;

pub(in crate::app) fn half_page(app: &App) -> isize {
    let height = match (app.focus, app.detail) {
        (Pane::Logs, DetailTab::Log) => app.log_size().0,
        (Pane::Logs, DetailTab::Processes) => app.process_height(),
        (Pane::Logs, DetailTab::Files) => app.files_size().0,
        (Pane::Logs, DetailTab::Inspect) => app.inspect_height(),
        (Pane::Shell, _) => app.shell_size().rows as usize,
        (Pane::Fleet | Pane::Gauges, _) => app.fleet_height(),
    };
    (height / 2).max(1) as isize
}

/// Scrolls what an ended session wrote.
pub(in crate::app) fn scroll_shell(app: &mut App, rows: isize) {
    let (size, logs) = (app.shell_size(), app.options.logs);
    match app.shells.active_mut().map(|tab| &mut tab.body) {
        Some(Body::Terminal(emulator)) => emulator.scroll(-rows.clamp(-FAR, FAR) as i32),
        Some(Body::Lines(lines)) if rows <= -FAR => lines.view.to_first(),
        Some(Body::Lines(lines)) if rows >= FAR => lines.view.follow(),
        Some(Body::Lines(lines)) => {
            let without_stamps = crate::app::options::LogOptions { timestamps: TimestampFormat::None, ..logs };
            lines.view.scroll_by(rows, size.rows as usize, size.columns as usize, &without_stamps);
        }
        None => {}
    }
}

pub(in crate::app) fn move_by(app: &mut App, rows: isize) -> Vec<Effect> {
    if app.focus == Pane::Shell {
        scroll_shell(app, rows);
    } else if app.room() == KeyContext::Inspect {
        app.scroll_pane(KeyContext::Inspect, rows);
    } else if app.in_files() {
        app.move_in_files(rows);
    } else if app.view != Kind::Container {
        lists::move_by(app, rows);
    } else if app.group_told().is_some() && app.focus == Pane::Logs {
        app.scroll_group(rows);
    } else if app.focus == Pane::Logs {
        app.scroll_pane(app.room(), rows);
    } else {
        app.fleet.move_by(rows);
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
