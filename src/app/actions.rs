//! Keys that change something: what they mean for what is chosen. What is dangerous asks first.

use super::command::Command;
use super::msg::Effect;
use super::operations::{concerned, is_for_one, operation_for};
use super::overlay::Overlay;
use super::state::App;
use super::widgets::confirm::Confirm;
use super::widgets::notice::Notice;
use crate::model::{Container, Operation, OperationKind};
use std::sync::Arc;

/// An act key. What is dangerous asks first; the targets are those of this moment.
pub(super) fn act(app: &mut App, command: Command) -> Vec<Effect> {
    if app.options.read_only {
        app.notice = Some(Notice::warn(format!("read-only: {} is refused", command.spec().hint), app.now));
        return Vec::new();
    }
    if !app.shows_logs_of_several() && app.fleet.take_lost_marks() {
        let why = "nothing done: the marked containers no longer exist; actions now apply to the selected row";
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    if command == Command::Create {
        app.open_create(None);
        return Vec::new();
    }
    if let Some(effects) = app.act_on_log(command) {
        return effects;
    }
    if let Some(effects) = app.act_on_group(command) {
        return effects;
    }
    let targets = app.fleet.targets(&app.snapshot);
    if targets.is_empty() {
        app.notice = Some(Notice::warn("no container is selected", app.now));
        return Vec::new();
    }
    if is_for_one(command) && targets.len() > 1 {
        let why = format!("{} works on one container: clear the marks first", command.spec().name);
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    // Nobody acts on what is out of sight without having seen its name.
    if app.fleet.hidden_marks() > 0 {
        return app.act_on_many(command, targets, Vec::new());
    }
    let Some(kind) = operation_for(command, &targets) else { return Vec::new() };
    act_on(app, kind, targets)
}

/// Does it, or asks first what it needs to know and whether it may.
fn act_on(app: &mut App, kind: OperationKind, targets: Vec<Arc<Container>>) -> Vec<Effect> {
    if app.ask_for_args(kind, &targets, None) {
        return Vec::new();
    }
    let targets = concerned(kind, targets);
    if targets.is_empty() {
        app.notice = Some(Notice::warn(format!("nothing to {}", kind.spec().word), app.now));
        return Vec::new();
    }
    if kind.spec().is_dangerous {
        app.overlays.push(Overlay::Confirm(Confirm::new(kind, &targets, &app.snapshot)));
        return Vec::new();
    }
    let operations = targets.iter().map(|target| Operation::new(kind, target.id.clone(), &*target.name));
    app.start_operations(kind, operations.collect())
}
