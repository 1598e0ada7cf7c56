//! Keys that change something: what they mean for what is chosen. What is dangerous asks first.

use super::command::Command;
use super::confirm::Confirm;
use super::menus::open_signals;
use super::notice::Notice;
use super::operations::{concerned, verb_for};
use super::overlay::Overlay;
use super::state::App;
use super::update::Effect;
use crate::model::{Container, Operation, OperationKind, Signal};
use std::sync::Arc;

/// An act key. What is dangerous asks first; the targets are those of this moment.
pub(super) fn act(app: &mut App, wish: Command) -> Vec<Effect> {
    if app.options.read_only {
        app.notice = Some(Notice::warn(format!("read-only: {} is refused", wish.spec().hint), app.now));
        return Vec::new();
    }
    if !app.shows_logs_of_several() && app.fleet.take_lost_marks() {
        let why = "the marked containers are gone: nothing was done; the next key means the row under the cursor";
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
    let Some(first) = targets.first().cloned() else {
        app.notice = Some(Notice::warn("no container is selected", app.now));
        return Vec::new();
    };
    let for_one = matches!(wish, Command::Rename | Command::Duplicate | Command::Commit);
    if for_one && targets.len() > 1 {
        let why = format!("{} is for one container: take the marks away first", wish.spec().name);
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    match wish {
        Command::Rename => app.open_rename(&first),
        Command::Duplicate => app.open_duplicate(&first),
        Command::Commit => app.open_commit(&first),
        Command::Limits => app.open_limits(&targets),
        Command::Connect => app.open_connect(&targets),
        Command::Disconnect => app.open_disconnect(&targets),
        // Nobody acts on what is out of sight without having seen its name.
        _ if app.fleet.hidden_marks() > 0 => return app.act_on_many(wish, targets, Vec::new()),
        _ => return act_on(app, wish, targets),
    }
    Vec::new()
}

pub(super) fn act_on(app: &mut App, wish: Command, targets: Vec<Arc<Container>>) -> Vec<Effect> {
    match wish {
        Command::Kill => open_signals(app, concerned(OperationKind::Kill(Signal(9)), targets), None),
        Command::Remove => {
            let force = targets
                .iter()
                .any(|target| !matches!(target.state, crate::model::State::Exited | crate::model::State::Created));
            app.overlays.push(Overlay::Confirm(Confirm::new(
                OperationKind::Remove { force, volumes: false },
                &targets,
                &app.snapshot,
            )));
            Vec::new()
        }
        _ => {
            let Some(verb) = verb_for(wish, &targets) else { return Vec::new() };
            let targets = concerned(verb, targets);
            if targets.is_empty() {
                app.notice = Some(Notice::warn(format!("nothing to {}", verb.spec().word), app.now));
            }
            let acts = targets.iter().map(|target| Operation::new(verb, target.id.clone(), &*target.name));
            app.ask(verb, acts.collect())
        }
    }
}
