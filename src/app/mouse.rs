//! The mouse: whatever a key does can be pointed at.

use super::command::KeyContext;
use super::focus::focus;
use super::input::command;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay::Overlay;
use super::overlay_keys::{agreed, cancelled, choose, give};
use super::overlay_layout;
use super::panes::column::ColumnPlan;
use super::panes::lists;
use super::panes::shell::input;
use super::screens::transfers::keys as transfers;
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
    match app.overlays.pop() {
        None => {}
        Some(Overlay::Events(mut view)) => {
            view.move_by(app, rows);
            app.overlays.push(Overlay::Events(view));
            return Vec::new();
        }
        Some(Overlay::Menu(mut menu)) => {
            menu.move_by(rows.signum());
            app.overlays.push(Overlay::Menu(menu));
            return Vec::new();
        }
        Some(Overlay::Transfers(mut layer)) => {
            transfers::move_by(app, &mut layer, rows);
            app.overlays.push(Overlay::Transfers(layer));
            return Vec::new();
        }
        Some(Overlay::Compose(mut layer)) => {
            super::screens::compose::keys::scroll(app, &mut layer, rows);
            app.overlays.push(Overlay::Compose(layer));
            return Vec::new();
        }
        Some(Overlay::Text(mut text)) => {
            overlay_layout::scroll_by(app, &mut text, rows);
            app.overlays.push(Overlay::Text(text));
            return Vec::new();
        }
        Some(layer) => {
            app.overlays.push(layer);
            return Vec::new();
        }
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
        (Some(layer), Some((_, wish))) => return give(app, layer, wish),
        (Some(layer), None) => return click_layer(app, layer, at),
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

/// A click beside a layer closes it; nothing dangerous can be hit by accident that way.
fn click_layer(app: &mut App, layer: Overlay, at: Position) -> Vec<Effect> {
    if matches!(&layer, Overlay::Question(question) if app.now < question.heard_from) {
        app.overlays.push(layer);
        return Vec::new();
    }
    let area = overlay_layout::area(app, &layer);
    if !area.contains(at) {
        // What was typed is not lost by a click.
        if matches!(layer, Overlay::Fields(_)) {
            app.overlays.push(layer);
        }
        return Vec::new();
    }
    if let Some((cancel, go)) = overlay_layout::buttons_of(area, &layer) {
        if go.contains(at) {
            return agreed(app, layer);
        }
        if cancel.contains(at) {
            return cancelled(app);
        }
    }
    match layer {
        Overlay::Fields(mut form) => {
            let places = overlay_layout::field_places(&form.fields, overlay_layout::inner(area));
            if let Some((index, _)) = places.into_iter().find(|(_, place)| place.contains(at)) {
                form.fields.click(index);
            }
            app.overlays.push(Overlay::Fields(form));
            Vec::new()
        }
        Overlay::Menu(mut menu) => {
            let places = overlay_layout::menu_places(&menu, overlay_layout::inner(area));
            match places.into_iter().find(|(_, place, _)| (place.top()..place.bottom()).contains(&at.y)) {
                Some((index, ..)) => {
                    menu.put_cursor(index);
                    choose(app, menu)
                }
                None => {
                    app.overlays.push(Overlay::Menu(menu));
                    Vec::new()
                }
            }
        }
        Overlay::Transfers(mut layer) => {
            let row = usize::from(at.y.saturating_sub(overlay_layout::inner(area).y));
            let top = overlay_layout::menu_top(layer.cursor(&app.transfers), overlay_layout::transfer_rows(area));
            if !layer.opened
                && row < overlay_layout::transfer_rows(area)
                && let Some(view) = app.transfers.list.get(top + row)
            {
                // A click on the chosen row opens it, as enter does.
                (layer.opened, layer.chosen) = (layer.chosen == Some(view.wire), Some(view.wire));
            }
            app.overlays.push(Overlay::Transfers(layer));
            Vec::new()
        }
        Overlay::Events(view) => super::screens::events::keys::click(app, view, at),
        Overlay::Compose(layer) => super::screens::compose::keys::click(app, layer, at),
        other => {
            app.overlays.push(other);
            Vec::new()
        }
    }
}
