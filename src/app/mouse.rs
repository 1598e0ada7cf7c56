//! The mouse: whatever a key does can be pointed at.

use super::command::KeyContext;
use super::focus::focus;
use super::input::command;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::overlay_keys;
use super::overlay_layout;
use super::panes::column::ColumnPlan;
use super::state::App;
use super::widgets::scrolling::move_by;
use crate::model::Kind;
use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Rows that one notch of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn mouse(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    let at = Position { x: event.column, y: event.row };
    if let Some(effects) = from_log(app, event.kind, at) {
        return effects;
    }
    if let Some(effects) = over_shell(app, event) {
        return effects;
    }
    match event.kind {
        MouseEventKind::ScrollDown => wheel(app, at, WHEEL),
        MouseEventKind::ScrollUp => wheel(app, at, -WHEEL),
        MouseEventKind::Down(MouseButton::Left) => click(app, at),
        _ => Vec::new(),
    }
}

/// What goes on that was begun by a press on a line of a log, wherever the mouse is now. None if there was none; whatever else
/// is done ends it.
fn from_log(app: &mut App, kind: MouseEventKind, at: Position) -> Option<Vec<Effect>> {
    app.log.as_ref().filter(|view| view.is_pressed() && app.overlays.is_empty())?;
    match kind {
        MouseEventKind::Drag(MouseButton::Left) => {
            app.with_pane(KeyContext::Logs, |pane, cx| pane.drag(cx, at));
            Some(Vec::new())
        }
        MouseEventKind::Up(MouseButton::Left) => {
            let asked = app.with_pane(KeyContext::Logs, |pane, cx| pane.release(cx)).unwrap_or_default();
            Some(app.carry_out(asked))
        }
        _ => None,
    }
}

/// Time has passed: a log goes on scrolling while the mouse is held above or below it.
pub(super) fn drag_on(app: &mut App) {
    let held = app.log.as_ref().and_then(|view| view.held_beyond()).filter(|(_, due)| *due <= app.now);
    if let Some((at, _)) = held {
        app.with_pane(KeyContext::Logs, |pane, cx| pane.drag(cx, at));
    }
}

/// True for what may go on with a press of the button.
pub(super) fn goes_on(event: &Event) -> bool {
    let is_drag =
        |kind| matches!(kind, MouseEventKind::Drag(MouseButton::Left) | MouseEventKind::Up(MouseButton::Left));
    matches!(event, Event::Mouse(event) if is_drag(event.kind))
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
    let asked = app.with_shells(|shells, cx| shells.mouse(cx, event));
    effects.extend(app.carry_out(asked));
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
    let is_here = |pane: &Pane| places.of(*pane).is_some_and(|area| area.contains(at));
    if let Some(pane) = [Pane::Logs, Pane::Fleet].into_iter().find(is_here) {
        // What is below the mouse is moved as if it had the keys.
        let focus = std::mem::replace(&mut app.focus, pane);
        move_by(app, rows);
        app.focus = focus;
    }
    Vec::new()
}

fn click(app: &mut App, at: Position) -> Vec<Effect> {
    let places = app.places();
    let hints = overlay_layout::hint_places(app).into_iter().filter(|_| places.footer.contains(at));
    let hint = hints.map(|(from, to, .., command)| (from..to, command)).find(|(columns, _)| columns.contains(&at.x));
    match (app.overlays.pop(), hint) {
        (Some(overlay), Some((_, given))) => return overlay_keys::give(app, overlay, given),
        (Some(overlay), None) => return overlay_keys::click(app, overlay, at),
        (None, Some((_, given))) => return command(app, given),
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
    if app.focus == Pane::Gauges && app.view == Kind::Container {
        effects.extend(app.click_chart(at));
        return effects;
    }
    let asked = app.with_pane(app.pane_context(), |pane, cx| pane.click(cx, at)).unwrap_or_default();
    effects.extend(app.carry_out(asked));
    let Some(rows) = places.fleet_rows().filter(|_| app.view == Kind::Container) else { return effects };
    if places.heading_rows() == 1 && at.y + 1 == rows.y && at.x < rows.x + rows.width {
        sort_by_heading(app, rows, at.x);
    }
    effects
}

fn sort_by_heading(app: &mut App, rows: Rect, x: u16) {
    let plan = ColumnPlan::new(&app.fleet_columns(), rows.width, app.fleet.longest_name());
    let mut left = rows.x + super::panes::column::GUTTER;
    for (column, width) in plan.0 {
        if (left..left + width).contains(&x) {
            app.fleet.sort_by(column, &app.snapshot);
            return;
        }
        left += width + super::panes::column::GAP;
    }
}
