//! Commands in the lists of images, volumes, networks, projects and the disk.

use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::confirm::Confirm;
use crate::app::filter;
use crate::app::focus::focus;
use crate::app::layout::Pane;
use crate::app::menus::{open_lettered, sort_item};
use crate::app::notice::Notice;
use crate::app::overlay::{Menu, Overlay};
use crate::app::plan;
use crate::app::processes::DetailTab;
use crate::app::prune;
use crate::app::resource::{Row, containers_of, headings};
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::{Id, Kind, Operation, OperationArgs, OperationKind, Untag};
use std::sync::Arc;

/// Commands of the container list that mean the same here.
pub(in crate::app) const SHARED: &[Command] = &[
    Command::Sort,
    Command::Mark,
    Command::MarkClear,
    Command::MarkInvert,
    Command::Create,
    Command::Remove,
    Command::StartStop,
    Command::Restart,
    Command::PauseUnpause,
    Command::Kill,
    Command::GroupFoldAll,
];

/// False for a command of the other lists that means nothing in the one of this kind.
pub(in crate::app) fn has_meaning(kind: Kind, wish: Command) -> bool {
    match wish {
        Command::Prune | Command::Tag => kind != Kind::Project,
        Command::Compose | Command::Drift => kind == Kind::Project,
        _ => true,
    }
}

/// Commands for volumes alone.
pub(in crate::app) const OF_VOLUMES: [Command; 3] = [Command::ExportVolume, Command::ImportVolume, Command::CopyVolume];

/// Goes to a list.
pub(in crate::app) fn show(app: &mut App, kind: Kind) -> Vec<Effect> {
    app.show(kind);
    focus(app, Pane::Fleet)
}

/// Moves the cursor, or scrolls what is told of its row.
pub(in crate::app) fn move_by(app: &mut App, rows: isize) {
    let last = detail_end(app);
    let details = app.focus == Pane::Logs;
    let Some(list) = app.list_mut() else { return };
    if details {
        list.scroll = list.scroll.saturating_add_signed(rows).min(last);
    } else {
        list.move_by(rows);
    }
}

/// The last line at which the details may begin.
fn detail_end(app: &App) -> usize {
    let height = app.places().logs.map_or(1, |area| area.height.saturating_sub(1)).max(1) as usize;
    crate::app::overlay_layout::detail_lines(app, false).len().saturating_sub(height)
}

/// Goes back one level: out of the details, the filter, the marks, to the containers.
pub(in crate::app) fn go_back(app: &mut App) -> bool {
    if app.focus != Pane::Fleet {
        // Whoever goes back is done with a volume's files.
        if app.shows_volume_files() {
            app.detail = DetailTab::Log;
        }
        app.focus = Pane::Fleet;
        return true;
    }
    let Some(list) = app.list_mut() else { return false };
    if list.marked() > 0 && list.filter.is_empty() {
        list.clear_marks();
    } else if !list.filter.is_empty() {
        app.filter("");
    } else {
        app.show(Kind::Container);
    }
    true
}

/// Gives a command to the list on screen. None if it is not its affair.
pub(in crate::app) fn command(app: &mut App, wish: Command) -> Option<Vec<Effect>> {
    if matches!(wish, Command::Prune | Command::Tag | Command::Compose | Command::Drift) && app.view == Kind::Container
    {
        app.notice = Some(Notice::warn(format!("{} is for the lists behind 2 to 6", wish.spec().name), app.now));
        return Some(Vec::new());
    }
    if OF_VOLUMES.contains(&wish) && app.view != Kind::Volume {
        let key = app.options.keymap.shown(Command::ViewVolumes).unwrap_or_default();
        app.notice =
            Some(Notice::warn(format!("{} is for the volumes: {key} goes to them", wish.spec().name), app.now));
        return Some(Vec::new());
    }
    // A volume's files have keys of their own.
    if app.in_files() && app.view == Kind::Volume && (app.place_of(wish) == KeyContext::Files || wish == Command::Open)
    {
        return None;
    }
    // The sidecar is for the container of the shell on screen; images come and go wherever one is.
    let elsewhere =
        wish == Command::Sidecar && app.focus == Pane::Shell || crate::app::transfers::keys::kind_of(wish).is_some();
    if app.view == Kind::Container || elsewhere {
        return None;
    }
    if app.focus == Pane::Shell && wish.spec().changes {
        // What is meant is never something that has not the keys.
        nothing_here(app, wish);
        return Some(Vec::new());
    }
    if app.focus == Pane::Shell {
        return None;
    }
    if wish.spec().changes {
        return Some(change(app, wish));
    }
    match wish {
        Command::Sort => open_sort(app),
        Command::Drift if app.view == Kind::Project => return Some(app.open_drift()),
        Command::Drift => {
            app.notice = Some(Notice::warn("drift is for projects, which have files to compare with", app.now));
        }
        Command::Mark => app.list_mut()?.toggle_mark(),
        Command::MarkClear => app.list_mut()?.clear_marks(),
        Command::MarkInvert => app.list_mut()?.invert_marks(),
        Command::Open if app.room() == KeyContext::Inspect => return None,
        Command::NextTab | Command::PreviousTab if app.to_inspect().is_some() => {
            let to_first = app.shows_inspect() || app.shows_volume_files() && wish == Command::NextTab;
            app.detail = if to_first { DetailTab::Log } else { DetailTab::Inspect };
            return Some(focus(app, Pane::Logs));
        }
        Command::FocusInspect if app.to_inspect().is_none() => {
            let why = format!("a {} has nothing to inspect beside what is told here", app.view.word());
            app.notice = Some(Notice::warn(why, app.now));
        }
        Command::Open | Command::FocusLogs => {
            app.detail = DetailTab::Log;
            return Some(open(app));
        }
        Command::GroupFoldAll => app.fold_rows(wish),
        Command::Left | Command::Right if app.room() == KeyContext::Resources => app.fold_rows(wish),
        Command::FocusFiles if app.view == Kind::Volume => return Some(app.open_volume_files()),
        Command::ExportVolume => {
            if let Some((id, name)) = one_volume(app, wish) {
                app.open_export_volume(&id, &name);
            }
        }
        Command::GroupBy
        | Command::MarkRange
        | Command::Columns
        | Command::FocusProcesses
        | Command::NextTab
        | Command::PreviousTab => {
            nothing_here(app, wish);
        }
        Command::Shell | Command::Exec | Command::Attach => nothing_here(app, wish),
        _ => return None,
    }
    Some(Vec::new())
}

fn nothing_here(app: &mut App, wish: Command) {
    let key = app.options.keymap.shown(Command::FocusFleet).unwrap_or_default();
    let what = wish.spec().name;
    app.notice = Some(Notice::warn(format!("{what} is for containers: {key} goes to them"), app.now));
}

/// From the list to the details; from a project to its containers.
fn open(app: &mut App) -> Vec<Effect> {
    if app.view == Kind::Project
        && let Some(row) = app.list().and_then(|list| list.selected()).cloned()
    {
        let of_row = containers_of(std::slice::from_ref(&row), &app.snapshot);
        app.show(Kind::Container);
        let project = filter::term("project", row.of.raw());
        let service = row.under.as_ref().map(|_| format!(" {}", filter::term("service", &row.name)));
        app.filter(&format!("{project}{}", service.unwrap_or_default()));
        // What has the keys is one of them.
        if !of_row.iter().any(|one| app.selected_id().as_ref() == Some(&one.id))
            && let Some(first) = of_row.first()
        {
            app.fleet.select(&first.id);
        }
        return focus(app, Pane::Fleet);
    }
    focus(app, Pane::Logs)
}

fn open_sort(app: &mut App) {
    let Some(list) = app.list() else { return };
    let (sort, reversed) = (list.sort, list.reversed);
    let items = headings(app.view).iter().enumerate().map(|(index, heading)| {
        let doc = if heading.is_figure { "the largest first" } else { "in natural order" };
        let now = (index == sort).then_some(heading.is_figure != reversed);
        sort_item(&heading.title.to_lowercase(), doc, now, Action::SortList(index))
    });
    open_lettered(app, Menu::new("Sort by", items.collect(), None));
}

fn change(app: &mut App, wish: Command) -> Vec<Effect> {
    if app.options.read_only {
        app.notice = Some(Notice::warn(format!("read-only: {} is refused", wish.spec().hint), app.now));
        return Vec::new();
    }
    match (wish, app.view) {
        (Command::Create, Kind::Volume) => app.open_create_volume(),
        (Command::Create, Kind::Network) => app.open_create_network(),
        (Command::Create, Kind::Image) => {
            let image = app.list().and_then(|list| list.selected()).map(|row| row.name.to_string());
            app.open_create(image.as_deref());
        }
        (Command::Create, Kind::Project) => app.open_create_project(),
        (Command::Create, _) => app.open_create(None),
        (Command::Prune, kind) => prune::prune(app, kind),
        (Command::ImportVolume, Kind::Volume) => {
            let name = app.list().and_then(|list| list.selected()).map(|row| row.of.raw().to_string());
            app.open_import_volume(name.as_deref().unwrap_or_default());
        }
        (Command::CopyVolume, Kind::Volume) => {
            if let Some((id, name)) = one_volume(app, wish) {
                app.open_copy_volume(&id, &name);
            }
        }
        _ => return change_rows(app, wish),
    }
    Vec::new()
}

/// The marked volume, or the one under the cursor, for what is done to one alone.
fn one_volume(app: &mut App, wish: Command) -> Option<(Id, String)> {
    let rows = app.list().map(crate::app::ResourceList::targets).unwrap_or_default();
    match rows.as_slice() {
        [one] => Some((one.of.clone(), one.name.to_string())),
        [] => {
            app.notice = Some(Notice::warn("no volume is selected", app.now));
            None
        }
        _ => {
            let why = format!("{} is for one volume: take the marks away first", wish.spec().name);
            app.notice = Some(Notice::warn(why, app.now));
            None
        }
    }
}

/// Changes what is marked, or the row under the cursor.
fn change_rows(app: &mut App, wish: Command) -> Vec<Effect> {
    let view = app.view;
    let Some(list) = app.list_mut() else { return Vec::new() };
    if list.take_lost_marks() {
        let why = "what was marked is gone: nothing was done; the next key means the row under the cursor";
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    if list.hidden_marks() > 0 {
        let why = format!(
            "{} marked rows are out of sight: open what is folded, or take filter or marks away",
            list.hidden_marks()
        );
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    let rows = list.targets();
    let Some(first) = rows.first().cloned() else {
        app.notice = Some(Notice::warn(format!("no {} is selected", view.word()), app.now));
        return Vec::new();
    };
    match (wish, view) {
        (Command::Tag, Kind::Image) if rows.len() > 1 => {
            app.notice = Some(Notice::warn("a name is for one image: take the marks away first", app.now));
        }
        (Command::Tag, Kind::Image) => app.open_tag(first.of, &first.name),
        // A service's row is of its project.
        (Command::Compose, Kind::Project) if rows.iter().any(|row| row.of != first.of) => {
            app.notice = Some(Notice::warn("compose is for one project: take the marks away first", app.now));
        }
        (Command::Compose, Kind::Project) => return app.open_compose(&first.of),
        (Command::Remove, Kind::Image | Kind::Volume | Kind::Network) => remove(app, &rows),
        (
            Command::StartStop | Command::Restart | Command::PauseUnpause | Command::Kill | Command::Remove,
            Kind::Project,
        ) => {
            let targets = app.containers_meant();
            return app.act_on_many(wish, targets, Vec::new());
        }
        (Command::Remove, Kind::System) => prune::share(app, &first),
        _ => {
            let why = format!("{} is not for {}s", wish.spec().name, view.word());
            app.notice = Some(Notice::warn(why, app.now));
        }
    }
    Vec::new()
}

/// The acts that remove what is in these rows.
pub(in crate::app) fn removals(app: &App, rows: &[Row]) -> Vec<Operation> {
    let act = |row: &Row| {
        let (id, name) = (row.of.clone(), row.name.to_string());
        match app.view {
            Kind::Image => Some(removal_of_image(app, rows, id, name)),
            Kind::Volume => app
                .seen_volume(&id)
                .map(|seen| Operation::with(OperationKind::RemoveVolume, id, name, OperationArgs::Seen(seen))),
            Kind::Network => Some(Operation::new(OperationKind::RemoveNetwork, id, name)),
            Kind::Container | Kind::Project | Kind::System => None,
        }
    };
    rows.iter().filter_map(act).collect()
}

/// One name of an image; with its last the image goes. One without a name goes by its identity.
fn removal_of_image(app: &App, rows: &[Row], id: Id, name: String) -> Operation {
    let verb = OperationKind::RemoveImage { force: false };
    let mut images = app.snapshot.stock.images.iter().flat_map(|images| images.iter());
    let Some(image) = images.find(|image| image.id == id && !image.is_dangling()) else {
        return Operation::new(verb, id, name);
    };
    let goes = |tag: &Arc<str>| rows.iter().any(|row| row.of == image.id && row.name == *tag);
    let stays = !image.tags.iter().all(goes);
    Operation::with(verb, id, name.clone(), OperationArgs::Untag(Untag { name, stays }))
}

fn remove(app: &mut App, rows: &[Row]) {
    let acts = removals(app, rows);
    let losses = plan::freed(&acts, &app.snapshot).into_iter().collect();
    let confirm = Confirm::of(acts, losses, &app.snapshot);
    app.overlays.push(Overlay::Confirm(confirm));
}

impl App {
    /// Sorts the list on screen by one of its columns; again reverses it.
    pub(in crate::app) fn sort_list(&mut self, column: usize) {
        if let Some(list) = self.list_mut() {
            list.reversed = list.sort == column && !list.reversed;
            list.sort = column;
        }
        self.rebuild_list();
    }

    /// Folds or opens in the list on screen. False if nothing in it can be.
    pub(in crate::app) fn fold_list(&mut self, wish: Command) -> bool {
        let Some(list) = self.list_mut() else { return false };
        let done = match wish {
            Command::Left => list.fold_in(),
            Command::Right => list.fold_out(),
            _ => list.fold_all(),
        };
        self.rebuild_list();
        done
    }
}
