//! Panes: which has the keys, how large they are, and the way back.

use super::command::KeyContext;
use super::layout::{DetailTab, Pane};
use super::msg::Effect;
use super::panes::inspect::InspectView;
use super::panes::lists;
use super::state::App;
use crate::model::Kind;

pub(super) fn focus(app: &mut App, pane: Pane) -> Vec<Effect> {
    if pane == app.focus {
        return Vec::new();
    }
    app.shells.prefix = false;
    match pane {
        Pane::Shell => {
            app.enter_shell();
            app.shells.seen();
        }
        Pane::Logs => app.shells.over_logs = false,
        Pane::Fleet | Pane::Gauges => {}
    }
    app.focus = pane;
    Vec::new()
}

/// To the pane of logs, with this tab in front.
pub(super) fn focus_detail(app: &mut App, tab: DetailTab) -> Vec<Effect> {
    app.detail = tab;
    focus(app, Pane::Logs)
}

pub(super) fn turn_pane(app: &mut App, forward: bool) -> Vec<Effect> {
    let there = |pane: &&Pane| match **pane {
        Pane::Shell => !app.shells.tabs.is_empty(),
        Pane::Gauges => app.view == Kind::Container,
        Pane::Fleet | Pane::Logs => true,
    };
    let order: Vec<Pane> = Pane::ORDER.iter().filter(there).copied().collect();
    let here = order.iter().position(|pane| *pane == app.focus).unwrap_or(0);
    let steps = if forward { 1 } else { order.len() - 1 };
    focus(app, order[(here + steps) % order.len()])
}

pub(super) fn resize(app: &mut App, direction: i8) -> Vec<Effect> {
    let sign = if app.focus == Pane::Fleet { direction } else { -direction };
    match app.places().shape {
        super::layout::Shape::Wide if app.focus == Pane::Gauges => {
            app.layout.rows = (app.layout.rows + direction).clamp(-20, 30)
        }
        super::layout::Shape::Wide if app.focus == Pane::Shell => {
            app.layout.logs = (app.layout.logs - direction).clamp(-20, 30)
        }
        super::layout::Shape::Wide => app.layout.columns = (app.layout.columns + 2 * sign).clamp(-30, 30),
        _ => app.layout.rows = (app.layout.rows + sign).clamp(-20, 30),
    }
    Vec::new()
}

/// Goes back one level. False at the top.
pub(super) fn go_back(app: &mut App) -> bool {
    if app.zoomed {
        app.zoomed = false;
    } else if app.focus == Pane::Shell {
        app.leave_shell();
    } else if app.room() == KeyContext::Inspect && app.inspect.as_mut().is_some_and(InspectView::step_back)
        || app.in_files() && app.files_back()
    {
        return true;
    } else if app.view != Kind::Container {
        return lists::go_back(app);
    } else if app.focus != Pane::Fleet {
        let in_log = app.room() == KeyContext::Logs;
        match &mut app.log {
            Some(view) if in_log && view.left > 0 => view.left = 0,
            Some(view) if in_log && view.search.is_some() => view.end_search(),
            _ => app.focus = Pane::Fleet,
        }
    } else if !app.fleet.filter_text.is_empty() {
        // Marks may have been set behind several filters one after the other: they outlive each.
        app.fleet.set_filter("", &app.snapshot);
    } else if app.fleet.marked() > 0 {
        app.fleet.clear_marks();
    } else {
        return false;
    }
    true
}
