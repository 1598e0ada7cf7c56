//! The mouse: whatever a key does can be pointed at.

use super::command::KeyContext;
use super::focus::focus;
use super::input::command;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay_keys;
use super::overlay_layout;
use super::panes::column::ColumnPlan;
use super::panes::lists;
use super::panes::shell::input;
use super::state::App;
use crate::model::Kind;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Rows that one notch of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn mouse(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    if let Some(effects) = over_shell(app, event) {
        return effects;
    }
    let at = Position { x: event.column, y: event.row };
    match event.kind {
        MouseEventKind::ScrollDown => wheel(app, at, WHEEL),
        MouseEventKind::ScrollUp => wheel(app, at, -WHEEL),
        MouseEventKind::Down(MouseButton::Left) => click(app, at),
        _ => Vec::new(),
    }
}

/// What happens over the screen of a shell, and what was begun there. None if it is not the shell's affair.
fn over_shell(app: &mut App, event: MouseEvent) -> Option<Vec<Effect>> {
    if !app.overlays.is_empty() {
        return None;
    }
    let area = app.places().shell_rows().filter(|area| !area.is_empty())?;
    let inside = area.contains(Position { x: event.column, y: event.row });
    let begun = app.focus == Pane::Shell && !matches!(event.kind, MouseEventKind::Down(_));
    let goes_on = begun && matches!(event.kind, MouseEventKind::Up(_) | MouseEventKind::Drag(_));
    if !inside && !goes_on {
        return None;
    }
    let mut effects = Vec::new();
    if matches!(event.kind, MouseEventKind::Down(_)) && app.focus != Pane::Shell {
        effects = focus(app, Pane::Shell);
    }
    effects.extend(input::mouse(app, event, area));
    Some(effects)
}

fn wheel(app: &mut App, at: Position, rows: isize) -> Vec<Effect> {
    if overlay_layout::notice_place(app).is_some_and(|place| place.contains(at)) {
        return Vec::new();
    }
    if let Some(overlay) = app.overlays.pop() {
        return overlay_keys::wheel(app, overlay, rows);
    }
    let places = app.places();
    if app.view != Kind::Container {
        let over = [(Pane::Logs, places.logs), (Pane::Fleet, places.fleet)];
        if let Some((pane, _)) = over.into_iter().find(|(_, area)| area.is_some_and(|area| area.contains(at))) {
            if pane == Pane::Logs && app.shows_inspect() {
                app.scroll_pane(KeyContext::Inspect, rows);
                return Vec::new();
            }
            if pane == Pane::Logs && app.shows_volume_files() {
                app.move_in_files(rows);
                return Vec::new();
            }
            let focus = std::mem::replace(&mut app.focus, pane);
            lists::move_by(app, rows);
            app.focus = focus;
        }
        return Vec::new();
    }
    if places.logs.is_some_and(|area| area.contains(at)) {
        if app.group_told().is_some() {
            app.scroll_group(rows);
            return Vec::new();
        }
        match app.detail {
            DetailTab::Log => app.scroll_pane(KeyContext::Logs, rows),
            DetailTab::Processes => app.scroll_pane(KeyContext::Processes, rows),
            DetailTab::Files => app.move_in_files(rows),
            DetailTab::Inspect => app.scroll_pane(KeyContext::Inspect, rows),
        }
        return Vec::new();
    }
    if places.fleet.is_some_and(|area| area.contains(at)) {
        app.fleet.move_by(rows);
    }
    Vec::new()
}

/// A click into a list that is not of containers.
fn choose_row(app: &mut App, at: Position) {
    let Some(rows) = app.places().fleet_rows().filter(|rows| rows.contains(at)) else { return };
    let Some(list) = app.list_mut() else { return };
    let Some(row) = list.cursor().row_at(at.y - rows.y, list.len()) else { return };
    // A click on the chosen project folds or opens it.
    if row == list.cursor_row() && list.toggle_fold() {
        app.rebuild_list();
    } else {
        list.put_cursor(row);
    }
}

fn click(app: &mut App, at: Position) -> Vec<Effect> {
    let places = app.places();
    let hints = overlay_layout::hint_places(app).into_iter().filter(|_| places.footer.contains(at));
    let hint = hints.map(|(from, to, .., wish)| (from..to, wish)).find(|(columns, _)| columns.contains(&at.x));
    match (app.overlays.pop(), hint) {
        (Some(overlay), Some((_, wish))) => return overlay_keys::give(app, overlay, wish),
        (Some(overlay), None) => return overlay_keys::click(app, overlay, at),
        (None, Some((_, wish))) => return command(app, wish),
        (None, None) => {}
    }
    // Below a sentence that takes rows of a pane nothing is hit: it goes.
    if overlay_layout::notice_place(app).is_some_and(|place| place.contains(at)) {
        app.notice = None;
        return Vec::new();
    }
    if places.footer.contains(at) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for pane in Pane::ORDER {
        if places.of(pane).is_some_and(|area| area.contains(at)) {
            effects = focus(app, pane);
        }
    }
    if let Some(tab) = overlay_layout::shell_tab_at(app, at) {
        app.shells.active = tab;
        app.shells.seen();
        return effects;
    }
    if let Some(kind) = overlay_layout::view_tab_at(app, at) {
        app.show(kind);
        effects.extend(focus(app, Pane::Fleet));
        return effects;
    }
    if let Some(tab) = overlay_layout::detail_tab_at(app, at) {
        if tab == DetailTab::Files && app.view == Kind::Volume {
            effects.extend(app.open_volume_files());
        } else {
            app.detail = tab;
        }
        return effects;
    }
    if app.view != Kind::Container {
        if let Some(opened) = choose_file(app, at) {
            effects.extend(opened);
            return effects;
        }
        choose_row(app, at);
        choose_value(app, at);
        return effects;
    }
    if let Some(opened) = choose_file(app, at) {
        effects.extend(opened);
        return effects;
    }
    choose_process(app, at);
    choose_value(app, at);
    let Some(rows) = places.fleet_rows() else { return effects };
    if rows.contains(at) {
        let row = app.fleet.cursor().row_at(at.y - rows.y, app.fleet.len());
        // A click on the chosen group folds or opens it, as enter does.
        let row = row.filter(|row| !(*row == app.fleet.cursor_row() && app.fleet.toggle_fold()));
        row.into_iter().for_each(|row| app.fleet.put_cursor(row));
    } else if places.heading_rows() == 1 && at.y + 1 == rows.y && at.x < rows.x + rows.width {
        sort_by_heading(app, rows, at.x);
    }
    effects
}

/// A click on an entry chooses it; on the chosen one, opens it. None if it is not on the files.
fn choose_file(app: &mut App, at: Position) -> Option<Vec<Effect>> {
    let area = app.places().logs.filter(|area| area.contains(at) && app.front_tab() == DetailTab::Files)?;
    let view = app.files.as_mut().filter(|view| view.open.is_none())?;
    // Below the title and the path.
    let row = view.cursor.row_at(at.y.checked_sub(area.y + 2)?, view.rows.len());
    if row == Some(view.cursor.row()) {
        return Some(app.open_entry());
    }
    row.into_iter().for_each(|row| view.cursor.put(row, view.rows.len()));
    Some(Vec::new())
}

fn choose_process(app: &mut App, at: Position) {
    let Some(area) = app.places().logs.filter(|area| area.contains(at) && app.detail == DetailTab::Processes) else {
        return;
    };
    let Some(view) = &mut app.processes else { return };
    // Below the title and the headings.
    let row = at.y.checked_sub(area.y + 2).and_then(|line| view.cursor.row_at(line, view.rows.len()));
    row.into_iter().for_each(|row| view.cursor.put(row, view.rows.len()));
}

/// A click on a value chooses it; on the chosen one it folds or opens.
fn choose_value(app: &mut App, at: Position) {
    let here = app.places().log_rows().filter(|area| area.contains(at) && app.shows_inspect());
    let (Some(area), Some(view)) = (here, &mut app.inspect) else { return };
    let Some(row) = view.cursor.row_at(at.y - area.y, view.rows().len()) else { return };
    if view.cursor.row() == row {
        view.toggle();
    }
    view.cursor.put(row, view.rows().len());
}

fn sort_by_heading(app: &mut App, rows: Rect, x: u16) {
    let plan = ColumnPlan::new(&app.fleet.columns, rows.width, app.fleet.longest_name());
    let mut left = rows.x + super::panes::column::GUTTER;
    for (column, width) in plan.0 {
        if (left..left + width).contains(&x) {
            app.fleet.sort_by(column, &app.snapshot);
            return;
        }
        left += width + super::panes::column::GAP;
    }
}
