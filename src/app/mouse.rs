//! The mouse: whatever a key does can be pointed at.

use super::choices::Layer;
use super::column::ColumnPlan;
use super::input::{command, focus, scroll_log};
use super::layer_keys::{answered, choose, confirmed};
use super::layers;
use super::places::Pane;
use super::processes::DetailTab;
use super::shell::hear;
use super::state::App;
use super::update::Effect;
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
    if !app.layers.is_empty() {
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
    effects.extend(hear::mouse(app, event, area));
    Some(effects)
}

fn wheel(app: &mut App, at: Position, rows: isize) -> Vec<Effect> {
    match app.layers.pop() {
        None => {}
        Some(Layer::Menu(mut menu)) => {
            menu.move_by(rows.signum());
            app.layers.push(Layer::Menu(menu));
            return Vec::new();
        }
        Some(layer @ (Layer::Help { scroll } | Layer::Results { scroll, .. } | Layer::Text { scroll, .. })) => {
            let to = scroll.saturating_add_signed(rows).min(layers::scroll_end(app, &layer));
            app.layers.push(layers::with_scroll(layer, to));
            return Vec::new();
        }
        Some(layer) => {
            app.layers.push(layer);
            return Vec::new();
        }
    }
    let places = app.places();
    if places.logs.is_some_and(|area| area.contains(at)) {
        if app.detail == DetailTab::Log {
            return scroll_log(app, rows);
        }
        if let Some(view) = &mut app.processes {
            view.move_by(rows);
        }
        return Vec::new();
    }
    if places.fleet.is_some_and(|area| area.contains(at)) {
        app.fleet.move_by(rows);
    }
    Vec::new()
}

fn click(app: &mut App, at: Position) -> Vec<Effect> {
    if let Some(layer) = app.layers.pop() {
        return click_layer(app, layer, at);
    }
    let places = app.places();
    if places.footer.contains(at) {
        let hit = layers::hint_places(app).into_iter().find(|(from, to, ..)| (*from..*to).contains(&at.x));
        return hit.map(|(.., wish)| command(app, wish)).unwrap_or_default();
    }
    let mut effects = Vec::new();
    for pane in Pane::ORDER {
        if places.of(pane).is_some_and(|area| area.contains(at)) {
            effects = focus(app, pane);
        }
    }
    if let Some(tab) = layers::shell_tab_at(app, at) {
        app.shells.active = tab;
        app.shells.seen();
        return effects;
    }
    if let Some(tab) = layers::detail_tab_at(app, at) {
        app.detail = tab;
        return effects;
    }
    choose_process(app, at);
    let Some(rows) = places.fleet_rows() else { return effects };
    if rows.contains(at) {
        let row = app.fleet.top() + (at.y - rows.y) as usize;
        if row < app.fleet.rows().len() {
            app.fleet.put_cursor(row);
        }
    } else if places.heading_rows() == 1 && at.y + 1 == rows.y && at.x < rows.x + rows.width {
        sort_by_heading(app, rows, at.x);
    }
    effects
}

fn choose_process(app: &mut App, at: Position) {
    let Some(area) = app.places().logs.filter(|area| area.contains(at) && app.detail == DetailTab::Processes) else {
        return;
    };
    let Some(view) = &mut app.processes else { return };
    // Below the title and the headings.
    if let Some(row) = at.y.checked_sub(area.y + 2) {
        let row = view.top + usize::from(row);
        if row < view.rows.len() {
            view.cursor = row;
        }
    }
}

fn sort_by_heading(app: &mut App, rows: Rect, x: u16) {
    let plan = ColumnPlan::new(&app.fleet.columns, rows.width, app.fleet.longest_name());
    let mut left = rows.x + super::column::GUTTER;
    for (column, width) in plan.0 {
        if (left..left + width).contains(&x) {
            app.fleet.sort_by(column, &app.world);
            return;
        }
        left += width + super::column::GAP;
    }
}

/// A click beside a layer closes it; nothing dangerous can be hit by accident that way.
fn click_layer(app: &mut App, layer: Layer, at: Position) -> Vec<Effect> {
    let area = layers::area(app, &layer);
    if !area.contains(at) {
        return Vec::new();
    }
    match layer {
        Layer::Menu(mut menu) => {
            let inner = layers::inner(area);
            let above = usize::from(menu.query.is_some());
            let height = (inner.height as usize).saturating_sub(above);
            let row = (at.y.saturating_sub(inner.y) as usize).checked_sub(above);
            let row =
                row.map(|row| row + layers::menu_top(menu.cursor, height)).filter(|row| *row < menu.shown().len());
            match row {
                Some(row) if at.y >= inner.y => {
                    menu.cursor = row;
                    choose(app, menu)
                }
                _ => {
                    app.layers.push(Layer::Menu(menu));
                    Vec::new()
                }
            }
        }
        Layer::Question(question) => {
            let (cancel, go) = layers::question_buttons(area, &question);
            if go.contains(at) {
                return answered(app, question);
            }
            if !cancel.contains(at) {
                app.layers.push(Layer::Question(question));
            }
            Vec::new()
        }
        Layer::Confirm(confirm) => {
            let (cancel, go) = layers::buttons(area, confirm.verb.word());
            if go.contains(at) {
                return confirmed(app, confirm);
            }
            if !cancel.contains(at) {
                app.layers.push(Layer::Confirm(confirm));
            }
            Vec::new()
        }
        other => {
            app.layers.push(other);
            Vec::new()
        }
    }
}
