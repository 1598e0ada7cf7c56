//! Panes: which has the keys, how large they are, and the way back.

use super::command::KeyContext;
use super::layout::{DetailTab, Pane, Shape};
use super::msg::Effect;
use super::state::App;
use crate::model::Kind;

pub(super) fn focus(app: &mut App, pane: Pane) -> Vec<Effect> {
    if pane == app.focus {
        return Vec::new();
    }
    app.shells.prefix = false;
    match pane {
        Pane::Shell => {
            app.shells.came_from = app.focus;
            app.shells.over_logs = true;
            app.shells.seen();
        }
        Pane::Logs => app.shells.over_logs = false,
        Pane::Fleet | Pane::Gauges => {}
    }
    app.focus = pane;
    Vec::new()
}

/// The focus goes back from the shell pane to where it came from.
pub(super) fn leave_shell(app: &mut App) {
    app.shells.prefix = false;
    app.zoomed = false;
    app.focus = match app.shells.came_from {
        Pane::Shell => Pane::Fleet,
        other @ (Pane::Fleet | Pane::Gauges | Pane::Logs) => other,
    };
    // Where the two share a place, it is the log's again.
    app.shells.over_logs &= app.focus != Pane::Logs;
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
        Shape::Wide if app.focus == Pane::Gauges => app.layout.rows = (app.layout.rows + direction).clamp(-20, 30),
        Shape::Wide if app.focus == Pane::Shell => app.layout.logs = (app.layout.logs - direction).clamp(-20, 30),
        Shape::Wide => app.layout.columns = (app.layout.columns + 2 * sign).clamp(-30, 30),
        Shape::Narrow | Shape::Tiny => app.layout.rows = (app.layout.rows + sign).clamp(-20, 30),
    }
    Vec::new()
}

/// Goes back one level: within the pane that has the keys, out of it, to the containers. False at the top.
pub(super) fn go_back(app: &mut App) -> bool {
    let context = app.pane_context();
    // Beside a list its keys are in force, but what is gone back from is the pane.
    let is_pane = app.focus == Pane::Fleet || !matches!(context, KeyContext::Fleet | KeyContext::Resources);
    if app.zoomed {
        app.zoomed = false;
    } else if app.focus == Pane::Shell {
        leave_shell(app);
    } else if is_pane && app.with_pane(context, |pane, cx| pane.back(cx)) == Some(true) {
        // It was within the pane.
    } else if app.focus != Pane::Fleet {
        // Whoever goes back is done with a volume's files.
        if app.shows_volume_files() {
            app.detail = DetailTab::Log;
        }
        app.focus = Pane::Fleet;
    } else if app.view != Kind::Container {
        app.show(Kind::Container);
    } else {
        return false;
    }
    true
}
