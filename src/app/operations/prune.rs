//! Pruning: what nothing uses goes, each by its id. The engine is not asked to choose.

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::operations::plan;
use crate::app::overlay::Overlay;
use crate::app::panes::resource::{Row, removals, rows};
use crate::app::state::App;
use crate::app::widgets::confirm::Confirm;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::notice::Notice;
use crate::app::widgets::units;
use crate::model::{Container, Id, Image, Kind, Operation, OperationKind, State};
use std::sync::Arc;

/// A choice of unused images.
#[derive(Clone, Copy, PartialEq)]
enum Unused {
    /// Untagged images only.
    Dangling,
    /// Tagged images as well.
    All,
}

/// True once usage is known; otherwise leaves a notice.
fn is_known(app: &mut App) -> bool {
    if app.is_connecting() {
        let why = "usage is not known yet: the list of containers is not loaded";
        app.notice = Some(Notice::warn(why, app.now));
    }
    !app.is_connecting()
}

/// The rows on screen that nothing uses.
fn unused(app: &App, is_unused: impl Fn(&Row) -> bool) -> Vec<Row> {
    app.list().map(|list| list.rows().filter(|row| is_unused(row)).cloned().collect()).unwrap_or_default()
}

/// Asks whether volumes that nothing uses may go.
pub fn volumes(app: &mut App) {
    if is_known(app) {
        let unused = unused(app, |row| rows::users_of_volume(&app.snapshot, row.id.engine(), row.id.raw()).is_empty());
        ask(app, &unused);
    }
}

/// Asks whether networks that nothing uses may go; the engine's own stay.
pub fn networks(app: &mut App) {
    if is_known(app) {
        let stays = |row: &Row| {
            let network = app.snapshot.network(&row.id);
            network.is_some_and(|one| one.is_built_in() || &*one.scope != "local")
        };
        let members = |row: &Row| rows::members_of_network(&app.snapshot, row.id.engine(), &row.name);
        let unused = unused(app, |row| !stays(row) && members(row).is_empty());
        ask(app, &unused);
    }
}

/// Asks whether what could be freed of the row under the cursor may go.
pub fn shares(app: &mut App, rows: &[Row]) {
    if let Some(row) = rows.first().filter(|_| is_known(app)) {
        share(app, row);
    }
}

fn image<'a>(app: &'a App, id: &Id) -> Option<&'a Arc<Image>> {
    app.snapshot.image(id)
}

fn unused_images(app: &App, which: Unused) -> Vec<Row> {
    let mut rows = unused(app, |row| rows::users_of_image(&app.snapshot, &row.of).is_empty());
    if which == Unused::Dangling {
        rows.retain(|row| image(app, &row.of).is_some_and(|image| image.is_dangling()));
    }
    rows
}

/// Asks whether images that nothing uses may go: where some have names and some have none, first which are meant.
pub fn images(app: &mut App) {
    if !is_known(app) {
        return;
    }
    let choices = [
        (Unused::Dangling, "dangling", "untagged, and not used by any container"),
        (Unused::All, "all unused", "not used by any container, tagged or not"),
    ];
    let found = choices.map(|(which, ..)| unused_images(app, which));
    if found[0].is_empty() || found[0].len() == found[1].len() {
        ask(app, &found[1]);
        return;
    }
    let items = choices.iter().zip(&found).map(|((_, label, words), rows)| {
        let (most, _) = plan::freed_bytes(&removals(app.view, rows, &app.snapshot), &app.snapshot);
        let confirm = Box::new(removal(app, rows));
        MenuItem::new(*label, format!("at most {}: {words}", units::size(most)), Action::Confirm(confirm))
    });
    let menu = Menu::new("Remove images", items.collect(), None);
    app.overlays.push(Overlay::Menu(menu));
}

fn ask(app: &mut App, unused: &[Row]) {
    if unused.is_empty() {
        app.notice = Some(Notice::warn("nothing to prune", app.now));
        return;
    }
    let confirm = removal(app, unused);
    app.overlays.push(Overlay::Confirm(confirm));
}

/// The plan for the removal of what nothing uses.
fn removal(app: &App, unused: &[Row]) -> Confirm {
    let operations = removals(app.view, unused, &app.snapshot);
    let mut losses = Vec::new();
    if app.view == Kind::Volume {
        let doubt = "No container of this engine uses them, running or not. Use outside of containers is not checked.";
        losses.push(doubt.into());
    }
    losses.extend(plan::freed(&operations, &app.snapshot));
    Confirm::of(operations, losses, &app.snapshot)
}

/// What could be freed of a kind on the disk: goes to its list, or asks.
fn share(app: &mut App, row: &Row) {
    match &*row.name {
        // Their lists are asked for anew when they are shown; a plan made before would be of old ones.
        "images" | "volumes" => {
            app.show(if &*row.name == "images" { Kind::Image } else { Kind::Volume });
            let key = app.options.keymap.shown(Command::Prune).unwrap_or_default();
            app.notice = Some(Notice::good(format!("{key} lists what is unused here, and removes it"), app.now));
        }
        "build cache" => {
            let operation = Operation::new(OperationKind::PruneCache, row.id.clone(), "build cache");
            app.overlays.push(Overlay::Confirm(Confirm::of(vec![operation], Vec::new(), &app.snapshot)));
        }
        _ => {
            let ended: Vec<Arc<Container>> = {
                let is_meant = |one: &&Arc<Container>| one.state == State::Exited && one.id.engine() == row.id.engine();
                app.snapshot.containers.values().filter(is_meant).cloned().collect()
            };
            if ended.is_empty() {
                app.notice = Some(Notice::warn("no exited containers", app.now));
                return;
            }
            let kind = OperationKind::Remove { force: false, volumes: false };
            app.overlays.push(Overlay::Confirm(Confirm::new(kind, &ended, &app.snapshot)));
        }
    }
}
