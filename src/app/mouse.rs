//! The mouse: whatever a key does can be pointed at.

use super::choices::Layer;
use super::column::ColumnPlan;
use super::input::{choose, command, confirmed, focus, scroll_log};
use super::layers;
use super::places::Pane;
use super::state::App;
use super::update::Effect;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Rows that one notch of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn mouse(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    let at = Position { x: event.column, y: event.row };
    match event.kind {
        MouseEventKind::ScrollDown => wheel(app, at, WHEEL),
        MouseEventKind::ScrollUp => wheel(app, at, -WHEEL),
        MouseEventKind::Down(MouseButton::Left) => click(app, at),
        _ => Vec::new(),
    }
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
        return scroll_log(app, rows);
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
    for pane in Pane::ORDER {
        if places.of(pane).is_some_and(|area| area.contains(at)) {
            focus(app, pane);
        }
    }
    let Some(rows) = places.fleet_rows() else { return Vec::new() };
    if rows.contains(at) {
        let row = app.fleet.top() + (at.y - rows.y) as usize;
        if row < app.fleet.rows().len() {
            app.fleet.put_cursor(row);
        }
    } else if places.heading_rows() == 1 && at.y + 1 == rows.y && at.x < rows.x + rows.width {
        sort_by_heading(app, rows, at.x);
    }
    Vec::new()
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
