//! Commands in the lists of images, volumes, networks, projects and the disk.

use crate::app::command::{Command, KeyContext};
use crate::app::focus::focus;
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::operations::{plan, prune};
use crate::app::overlay::Overlay;
use crate::app::panes::resource::{LISTS, ListSpec, Row, list_of, removals};
use crate::app::state::App;
use crate::app::widgets::confirm::Confirm;
use crate::app::widgets::filter;
use crate::model::{Id, Kind};
use crate::services::projects::containers_of;

/// The action of a command in a list.
#[derive(Debug, Clone, Copy)]
enum ListAction {
    /// Opens a form or a question about the list.
    Form(fn(&mut App)),
    /// Goes on from the selected row.
    List(fn(&mut App) -> Vec<Effect>),
    /// Opens a form for one object.
    One(fn(&mut App, &Row)),
    /// Acts on one project.
    Project(fn(&mut App, &Id) -> Vec<Effect>),
    /// It asks about all that is marked, or the row under the cursor.
    Rows(fn(&mut App, &[Row])),
    /// Acts on the containers of the rows.
    Containers,
}

use Command as C;

/// What each list does on commands besides those of all lists.
static ACTIONS: &[(Kind, Command, ListAction)] = &[
    (Kind::Image, C::Create, ListAction::Form(create_of_image)),
    (Kind::Image, C::Tag, ListAction::One(|app, row| app.open_tag(row.of.clone(), &row.name))),
    (Kind::Image, C::Remove, ListAction::Rows(remove)),
    (Kind::Image, C::Prune, ListAction::Form(prune::images)),
    (Kind::Volume, C::Create, ListAction::Form(App::open_create_volume)),
    (Kind::Volume, C::Remove, ListAction::Rows(remove)),
    (Kind::Volume, C::Prune, ListAction::Form(prune::volumes)),
    (Kind::Volume, C::FocusFiles, ListAction::List(App::open_volume_files)),
    (Kind::Volume, C::ExportVolume, ListAction::One(|app, row| app.open_export_volume(&row.of, &row.name))),
    (Kind::Volume, C::ImportVolume, ListAction::Form(import_volume)),
    (Kind::Volume, C::CopyVolume, ListAction::One(|app, row| app.open_copy_volume(&row.of, &row.name))),
    (Kind::Network, C::Create, ListAction::Form(App::open_create_network)),
    (Kind::Network, C::Remove, ListAction::Rows(remove)),
    (Kind::Network, C::Prune, ListAction::Form(prune::networks)),
    (Kind::Project, C::Create, ListAction::Form(App::open_create_project)),
    (Kind::Project, C::Compose, ListAction::Project(App::open_compose)),
    (Kind::Project, C::Drift, ListAction::List(App::open_drift)),
    (Kind::Project, C::StartStop, ListAction::Containers),
    (Kind::Project, C::Restart, ListAction::Containers),
    (Kind::Project, C::PauseUnpause, ListAction::Containers),
    (Kind::Project, C::Kill, ListAction::Containers),
    (Kind::Project, C::Remove, ListAction::Containers),
    (Kind::System, C::Create, ListAction::Form(|app| app.open_create(None))),
    (Kind::System, C::Prune, ListAction::Rows(prune::shares)),
    (Kind::System, C::Remove, ListAction::Rows(prune::shares)),
];

/// Commands for volumes that mean the same in the files of one.
pub(in crate::app) const OF_VOLUMES: [Command; 3] = [Command::ExportVolume, Command::ImportVolume, Command::CopyVolume];

/// Commands of the container list that mean the same in all lists.
const SHARED: &[Command] =
    &[Command::Sort, Command::Mark, Command::MarkClear, Command::MarkInvert, Command::GroupFoldAll];

/// What a command does in the list of a kind, where it is one of its own.
fn action(kind: Kind, command: Command) -> Option<ListAction> {
    ACTIONS.iter().find(|(list, known, _)| *list == kind && *known == command).map(|(.., action)| *action)
}

/// True for a command of the container list that means something in the list of this kind.
pub(in crate::app) fn is_shared(kind: Kind, command: Command) -> bool {
    SHARED.contains(&command) || action(kind, command).is_some()
}

/// False for a command of other lists that means nothing in the one of this kind.
pub(in crate::app) fn has_meaning(kind: Kind, command: Command) -> bool {
    command.spec().context != KeyContext::Resources || action(kind, command).is_some()
}

/// Where a command is one of other lists only: which, and how to get there.
fn elsewhere(app: &App, command: Command) -> Option<String> {
    let spec = command.spec();
    let lists: Vec<&ListSpec> = LISTS.iter().filter(|list| action(list.kind, command).is_some()).collect();
    let here = spec.context != KeyContext::Resources || action(app.view, command).is_some();
    match lists.as_slice() {
        _ if here => None,
        [] => None,
        [one] => {
            let key = app.options.keymap.shown(one.command).unwrap_or_default();
            Some(format!("{} works on {}s: {key} lists them", spec.name, one.kind.word()))
        }
        some => {
            let key = |list: &ListSpec| app.options.keymap.shown(list.command).unwrap_or_default();
            let lists = some.iter().map(|list| format!("{} ({})", list.tab.to_lowercase(), key(list)));
            Some(format!("{} works on {}", spec.name, lists.collect::<Vec<_>>().join(", ")))
        }
    }
}

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

/// Gives a command to the list on screen. None if it is not its affair.
pub(in crate::app) fn command(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    if let Some(why) = elsewhere(app, command) {
        return Some(app.say(why));
    }
    // A volume's files have keys of their own.
    if app.in_files()
        && app.view == Kind::Volume
        && (app.place_of(command) == KeyContext::Files || command == Command::Open)
    {
        return None;
    }
    // The sidecar is for the container of the shell on screen; images come and go wherever one is.
    let elsewhere = command == Command::Sidecar && app.focus == Pane::Shell
        || crate::app::screens::transfers::keys::kind_of(command).is_some();
    if app.view == Kind::Container || elsewhere {
        return None;
    }
    if app.focus == Pane::Shell && command.spec().changes {
        // What is meant is never something that has not the keys.
        return Some(nothing_here(app, command));
    }
    if app.focus == Pane::Shell {
        return None;
    }
    if let Some(action) = action(app.view, command) {
        return Some(act(app, command, action));
    }
    if command.spec().changes {
        let why = format!("{} does not work on {}s", command.spec().name, app.view.word());
        return Some(app.say(why));
    }
    match COMMANDS.iter().find(|(known, _)| *known == command) {
        Some((_, act)) => act(app),
        None => of_list(app, command),
    }
}

/// What a list does. None: it is not its affair.
type Act = fn(&mut App) -> Option<Vec<Effect>>;

/// What all these lists do on commands that go beyond their rows. None: it is not their affair.
static COMMANDS: &[(Command, Act)] = &[
    (C::NextTab, |app| turn_tab(app, true)),
    (C::PreviousTab, |app| turn_tab(app, false)),
    (C::FocusInspect, |app| {
        let why = format!("a {} has nothing more to inspect than shown here", app.view.word());
        app.to_inspect().is_none().then(|| app.say(why))
    }),
    (C::Open, |app| (app.pane_context() != KeyContext::Inspect).then(|| open(app))),
    (C::FocusLogs, |app| Some(open(app))),
    (C::GroupBy, |app| Some(nothing_here(app, C::GroupBy))),
    (C::MarkRange, |app| Some(nothing_here(app, C::MarkRange))),
    (C::Columns, |app| Some(nothing_here(app, C::Columns))),
    (C::FocusProcesses, |app| Some(nothing_here(app, C::FocusProcesses))),
    (C::Shell, |app| Some(nothing_here(app, C::Shell))),
    (C::RootShell, |app| Some(nothing_here(app, C::RootShell))),
    (C::Exec, |app| Some(nothing_here(app, C::Exec))),
    (C::Attach, |app| Some(nothing_here(app, C::Attach))),
];

/// Gives a command to the rows of the list on screen. A filter means what has the keys, and so do keys to the side.
fn of_list(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    let is_for_rows = SHARED.contains(&command)
        || matches!(command, Command::Left | Command::Right) && app.pane_context() == KeyContext::Resources;
    if is_for_rows { app.pane_command(KeyContext::Resources, command) } else { None }
}

fn turn_tab(app: &mut App, forward: bool) -> Option<Vec<Effect>> {
    if app.to_inspect().is_none() {
        return Some(nothing_here(app, if forward { C::NextTab } else { C::PreviousTab }));
    }
    let to_first = app.shows_inspect() || app.shows_volume_files() && forward;
    app.detail = if to_first { DetailTab::Log } else { DetailTab::Inspect };
    Some(focus(app, Pane::Logs))
}

fn nothing_here(app: &mut App, command: Command) -> Vec<Effect> {
    let key = app.options.keymap.shown(Command::FocusFleet).unwrap_or_default();
    app.say(format!("{} works on containers: {key} lists them", command.spec().name))
}

/// From the list to the details; from a project to its containers.
fn open(app: &mut App) -> Vec<Effect> {
    app.detail = DetailTab::Log;
    if app.view == Kind::Project
        && let Some(row) = app.list().and_then(|list| list.selected()).cloned()
    {
        let of_row = containers_of([&row.id], &app.snapshot);
        app.show(Kind::Container);
        let project = filter::term("project", row.of.raw());
        let service = row.under.as_ref().map(|_| format!(" {}", filter::term("service", &row.name)));
        app.fleet.set_filter(&format!("{project}{}", service.unwrap_or_default()), &app.snapshot);
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

/// Does what a command does in the list on screen.
fn act(app: &mut App, command: Command, action: ListAction) -> Vec<Effect> {
    if app.options.read_only && command.spec().changes {
        return app.say(format!("read-only: {} is refused", command.spec().hint));
    }
    match action {
        ListAction::Form(open) => {
            open(app);
            return Vec::new();
        }
        ListAction::List(go) => return go(app),
        ListAction::One(_) | ListAction::Project(_) | ListAction::Rows(_) | ListAction::Containers => {}
    }
    match targets(app, command, matches!(action, ListAction::One(_) | ListAction::Project(_))) {
        Ok(rows) => act_on(app, command, action, &rows),
        Err(why) => app.say(why),
    }
}

fn act_on(app: &mut App, command: Command, action: ListAction, rows: &[Row]) -> Vec<Effect> {
    match (action, rows) {
        (ListAction::One(open), [first, ..]) => open(app, first),
        (ListAction::Project(open), [first, ..]) => return open(app, &first.of),
        (ListAction::Rows(ask), rows) => ask(app, rows),
        (ListAction::Containers, _) => {
            let targets = app.containers_meant();
            return app.act_on_many(command, targets, Vec::new());
        }
        (ListAction::Form(_) | ListAction::List(_) | ListAction::One(_) | ListAction::Project(_), _) => {}
    }
    Vec::new()
}

/// What is marked, or the row under the cursor; or why nothing is done.
fn targets(app: &mut App, command: Command, is_for_one: bool) -> Result<Vec<Row>, String> {
    let word = app.view.word();
    let known = list_of(app.view).is_none_or(|spec| (spec.is_known)(&app.snapshot));
    let Some(list) = app.list_mut() else { return Err(format!("no {word} is selected")) };
    if list.take_lost_marks() {
        return Err("nothing done: the marked rows no longer exist; actions now apply to the selected row".into());
    }
    if list.hidden_marks() > 0 {
        return Err(format!(
            "{} marked rows are hidden: expand, or clear the filter or the marks",
            list.hidden_marks()
        ));
    }
    let rows = list.targets();
    let Some(first) = rows.first() else {
        return Err(if known {
            format!("no {word} is selected")
        } else {
            "the list is still loading: try again".into()
        });
    };
    // A service's row is of its project.
    if is_for_one && rows.iter().any(|row| row.of != first.of) {
        return Err(format!("{} works on one {word}: clear the marks first", command.spec().name));
    }
    Ok(rows)
}

/// The form for a container of the image under the cursor.
fn create_of_image(app: &mut App) {
    let image = app.list().and_then(|list| list.selected()).map(|row| row.name.to_string());
    app.open_create(image.as_deref());
}

/// The form for an import, into the volume under the cursor unless another is typed.
fn import_volume(app: &mut App) {
    let name = app.list().and_then(|list| list.selected()).map(|row| row.of.raw().to_string());
    app.open_import_volume(name.as_deref().unwrap_or_default());
}

/// Asks whether these may go.
fn remove(app: &mut App, rows: &[Row]) {
    let operations = removals(app.view, rows, &app.snapshot);
    let losses = plan::freed(&operations, &app.snapshot).into_iter().collect();
    let confirm = Confirm::of(operations, losses, &app.snapshot);
    app.overlays.push(Overlay::Confirm(confirm));
}
