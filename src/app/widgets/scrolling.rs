//! Movements: in lists, in the log, in whatever has the keys.

use crate::app::command::{Command, KeyContext};
use crate::app::inspect;
use crate::app::layout::Pane;
use crate::app::lists;
use crate::app::options::TimestampFormat;
use crate::app::processes::{DetailTab, ProcessView};
use crate::app::shell::Body;
use crate::app::state::App;
use crate::app::update::{Effect, open_older, reopen_log};
use crate::model::Kind;

/// Movements that the scrollback shares with all other lists.
pub(in crate::app) fn is_motion(wish: Command) -> bool {
    use Command as C;
    matches!(wish, C::Down | C::Up | C::PageDown | C::PageUp | C::First | C::Last | C::Filter)
}

pub(in crate::app) fn half_page(app: &App) -> isize {
    let height = match (app.focus, app.detail) {
        (Pane::Logs, DetailTab::Log) => app.log_size().0,
        (Pane::Logs, DetailTab::Processes) => app.process_height(),
        (Pane::Logs, DetailTab::Files) => app.files_size().0,
        (Pane::Logs, DetailTab::Inspect) => app.inspect_height(),
        (Pane::Shell, _) => app.shell_size().rows as usize,
        _ => app.fleet_height(),
    };
    (height / 2).max(1) as isize
}

/// The list of processes, while it has the keys.
pub(in crate::app) fn processes(app: &mut App) -> Option<&mut ProcessView> {
    if app.focus != Pane::Logs || app.detail != DetailTab::Processes || app.group().is_some() {
        return None;
    }
    app.processes.as_mut()
}

/// More lines than any scrollback has.
const FAR: isize = 1_000_000;

/// Scrolls what an ended session wrote.
pub(in crate::app) fn scroll_shell(app: &mut App, rows: isize) {
    let (size, logs) = (app.shell_size(), app.options.logs);
    match app.shells.active_mut().map(|tab| &mut tab.body) {
        Some(Body::Terminal(emulator)) => emulator.scroll(-rows.clamp(-FAR, FAR) as i32),
        Some(Body::Lines(lines)) if rows <= -FAR => lines.view.to_first(),
        Some(Body::Lines(lines)) if rows >= FAR => lines.view.follow(),
        Some(Body::Lines(lines)) => {
            let without_stamps = crate::app::LogOptions { timestamps: TimestampFormat::None, ..logs };
            lines.view.scroll(rows, size.rows as usize, size.columns as usize, &without_stamps);
        }
        None => {}
    }
}

pub(in crate::app) fn move_by(app: &mut App, rows: isize) -> Vec<Effect> {
    if app.focus == Pane::Shell {
        scroll_shell(app, rows);
    } else if app.room() == KeyContext::Inspect {
        inspect::move_by(app, rows);
    } else if app.in_files() {
        app.move_in_files(rows);
    } else if app.view != Kind::Container {
        lists::move_by(app, rows);
    } else if app.group_told().is_some() && app.focus == Pane::Logs {
        app.scroll_group(rows);
    } else if let Some(view) = processes(app) {
        view.move_by(rows);
    } else if app.focus == Pane::Logs {
        return scroll_log(app, rows);
    } else {
        app.fleet.move_by(rows);
    }
    Vec::new()
}

/// Scrolls the log; at its first line an older page is asked for.
pub(in crate::app) fn scroll_log(app: &mut App, rows: isize) -> Vec<Effect> {
    let (height, width) = app.log_size();
    let logs = app.options.logs;
    let Some(view) = &mut app.log else { return Vec::new() };
    let wants_older = view.scroll(rows, height, width, &logs);
    let pages = if wants_older { view.older_pages(&logs) } else { Vec::new() };
    open_older(app, pages)
}

pub(in crate::app) fn to_first(app: &mut App) -> Vec<Effect> {
    if app.focus == Pane::Shell || app.in_files() || app.room() == KeyContext::Inspect || processes(app).is_some() {
        return move_by(app, isize::MIN / 2);
    }
    if app.view != Kind::Container || app.focus == Pane::Logs && app.group_told().is_some() {
        return move_by(app, isize::MIN / 2);
    }
    if app.focus != Pane::Logs {
        app.fleet.put_cursor(0);
        return Vec::new();
    }
    let logs = app.options.logs;
    let Some(view) = &mut app.log else { return Vec::new() };
    view.to_first();
    let pages = view.older_pages(&logs);
    open_older(app, pages)
}

pub(in crate::app) fn to_last(app: &mut App) -> Vec<Effect> {
    if app.focus == Pane::Shell || app.in_files() || app.room() == KeyContext::Inspect || processes(app).is_some() {
        return move_by(app, isize::MAX / 2);
    }
    if app.view != Kind::Container || app.focus == Pane::Logs && app.group_told().is_some() {
        return move_by(app, isize::MAX / 2);
    }
    if app.focus != Pane::Logs {
        app.fleet.put_cursor(usize::MAX);
        return Vec::new();
    }
    match &mut app.log {
        Some(view) if view.is_detached() => reopen_log(app),
        Some(view) => {
            view.follow();
            Vec::new()
        }
        None => Vec::new(),
    }
}
