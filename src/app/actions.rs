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
pub(super) fn act(app: &mut App, wish: Command) -> Vec<Effect> {
    if app.options.read_only {
        app.notice = Some(Notice::warn(format!("read-only: {} is refused", wish.spec().hint), app.now));
        return Vec::new();
    }
    if !app.shows_logs_of_several() && app.fleet.take_lost_marks() {
        let why = "nothing done: the marked containers no longer exist; actions now apply to the selected row";
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    if wish == Command::Create {
        app.open_create(None);
        return Vec::new();
    }
    if let Some(effects) = app.act_on_log(wish) {
        return effects;
    }
    if let Some(effects) = app.act_on_group(wish) {
        return effects;
    }
    let targets = app.fleet.targets(&app.snapshot);
    if targets.is_empty() {
        app.notice = Some(Notice::warn("no container is selected", app.now));
        return Vec::new();
    }
    if is_for_one(wish) && targets.len() > 1 {
        let why = format!("{} works on one container: clear the marks first", wish.spec().name);
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    // Nobody acts on what is out of sight without having seen its name.
    if app.fleet.hidden_marks() > 0 {
        return app.act_on_many(wish, targets, Vec::new());
    }
    let Some(verb) = operation_for(wish, &targets) else { return Vec::new() };
    act_on(app, verb, targets)
}

/// Does it, or asks first what it needs to know and whether it may.
fn act_on(app: &mut App, verb: OperationKind, targets: Vec<Arc<Container>>) -> Vec<Effect> {
    if app.ask_for_args(verb, &targets, None) {
        return Vec::new();
    }
    let targets = concerned(verb, targets);
    if targets.is_empty() {
        app.notice = Some(Notice::warn(format!("nothing to {}", verb.spec().word), app.now));
        return Vec::new();
    }
    if verb.spec().is_dangerous {
        app.overlays.push(Overlay::Confirm(Confirm::new(verb, &targets, &app.snapshot)));
        return Vec::new();
    }
    let acts = targets.iter().map(|target| Operation::new(verb, target.id.clone(), &*target.name));
    app.ask(verb, acts.collect())
}
