//! What a command opens: prompts, menus, the palette.

use crate::app::action::Action;
use crate::app::column::Column;
use crate::app::command::{COMMANDS, Command, KeyContext};
use crate::app::confirm::Confirm;
use crate::app::inspect;
use crate::app::key::Key;
use crate::app::log_prompts::search_log;
use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::overlay::{Menu, MenuItem, Overlay};
use crate::app::processes::{ProcessRow, ProcessSort};
use crate::app::prompt::Prompt;
use crate::app::scrolling::is_motion;
use crate::app::state::App;
use crate::app::widgets::LineEdit;
use crate::model::{Container, OperationArgs, OperationKind, Signal, secret};
use std::sync::Arc;

pub(in crate::app) fn open_filter(app: &mut App) -> Vec<Effect> {
    if app.room() == KeyContext::Inspect {
        inspect::open_search(app);
        return Vec::new();
    }
    let prompt = if app.in_files() {
        app.files_prompt()
    } else if app.list().is_none() && app.room() == KeyContext::Logs {
        Prompt::search(search_log)
    } else {
        let text = app.list().map_or(&app.fleet.filter_text, |list| &list.filter);
        let help = "words, state: health: image: label: engine: net: port:, ! negates";
        Prompt::filter(help, text, App::filter).moving(|app, rows| match app.list_mut() {
            Some(list) => list.move_by(rows),
            None => app.fleet.move_by(rows),
        })
    };
    app.ask_text(prompt);
    Vec::new()
}

pub(in crate::app) fn open_palette(app: &mut App) -> Vec<Effect> {
    // What is for things above the cockpit means nothing in it, what moves the scrollback's cursor nothing elsewhere.
    let place = app.room();
    let elsewhere = |at: KeyContext| at.is_overlay() || at == KeyContext::Scrollback && place != at;
    let here = |spec: &&crate::app::CommandSpec| spec.places().any(|(at, _)| !elsewhere(at));
    let mut specs: Vec<&crate::app::CommandSpec> = COMMANDS.iter().filter(here).collect();
    // What is useful here and now comes first, what only moves comes last.
    let useful: Vec<Command> = crate::app::hints(app).into_iter().map(|(.., command)| command).collect();
    specs.sort_by_key(|spec| {
        let hint = useful.iter().position(|command| *command == spec.command);
        (is_movement(spec.command), hint.unwrap_or(useful.len()), !spec.is_at(place), spec.room != KeyContext::Anywhere)
    });
    let items = specs.into_iter().map(|spec| MenuItem {
        key: app.options.keymap.shown_at(place, spec.command).unwrap_or_default(),
        words: spec.words,
        ..MenuItem::new(spec.name, spec.doc, Action::Command(spec.command))
    });
    app.overlays.push(Overlay::Menu(Menu::new("Commands", items.collect(), Some(LineEdit::default()))));
    Vec::new()
}

/// True for what nobody looks for in a palette.
fn is_movement(command: Command) -> bool {
    use Command as C;
    let turns = matches!(command, C::NextPane | C::PreviousPane | C::NextTab | C::PreviousTab | C::Left | C::Right);
    turns || is_motion(command) && command != C::Filter || matches!(command, C::Palette | C::Back)
}

/// Puts a menu above the cockpit whose rows have letters.
pub(in crate::app) fn open_lettered(app: &mut App, menu: Menu) {
    // What is no key cannot be pressed: that letter is not given to a row.
    let key = |letter: char| Key::parse(&letter.to_string()).ok();
    let is_free = |letter| key(letter).is_some_and(|key| app.options.keymap.command(KeyContext::Menu, key).is_none());
    let menu = menu.with_letters(is_free);
    app.overlays.push(Overlay::Menu(menu));
}

/// A row of a menu to sort by. `now` is whether that is descending, for the one in force.
pub(in crate::app) fn sort_item(label: &str, doc: &str, now: Option<bool>, action: Action) -> MenuItem {
    let detail = match now {
        None => doc.to_string(),
        Some(true) => format!("{doc}: descending; choose again to reverse"),
        Some(false) => format!("{doc}: ascending; choose again to reverse"),
    };
    MenuItem { on: now.is_some(), order: now, ..MenuItem::new(label, detail, action) }
}

/// By which column is the list of containers sorted?
pub(in crate::app) fn open_sort(app: &mut App) -> Vec<Effect> {
    let (sort, descending) = (app.fleet.sort, app.fleet.descending);
    let item = |column: Column| {
        let now = (sort == column).then_some(descending);
        sort_item(column.name, column.doc, now, Action::Sort(column))
    };
    open_lettered(app, Menu::new("Sort by", Column::all().map(item).collect(), None));
    Vec::new()
}

/// Which columns has the list of containers? The cursor is on the one that was turned last.
pub(in crate::app) fn open_columns(app: &mut App, at: Option<Column>) -> Vec<Effect> {
    let item = |column: Column| MenuItem {
        on: app.fleet.columns.contains(&column),
        ..MenuItem::new(column.name, column.doc, Action::ToggleColumn(column))
    };
    let mut menu = Menu::new("Columns", Column::all().map(item).collect(), None);
    menu.cursor = Column::all().position(|column| Some(column) == at).unwrap_or(menu.cursor);
    open_lettered(app, menu);
    Vec::new()
}

pub(in crate::app) fn open_process_sort(app: &mut App) -> Vec<Effect> {
    let Some(view) = &app.processes else { return Vec::new() };
    let sort = view.sort;
    let item = |(by, name, doc): &(ProcessSort, &str, &str)| MenuItem {
        on: sort == *by,
        ..MenuItem::new(*name, *doc, Action::SortProcesses(*by))
    };
    open_lettered(app, Menu::new("Sort processes by", ProcessSort::ALL.iter().map(item).collect(), None));
    Vec::new()
}

pub(in crate::app) fn open_exec_form(app: &mut App) -> Vec<Effect> {
    if let Some(container) = app.runnable("run a command in") {
        app.open_exec(&container);
    }
    Vec::new()
}

/// Which signal for the chosen process?
pub(in crate::app) fn ask_signal(app: &mut App) -> Vec<Effect> {
    if app.options.read_only {
        app.notice = Some(Notice::warn("read-only: signals are refused", app.now));
        return Vec::new();
    }
    let view = app.processes.as_ref();
    let target = view.and_then(|view| Some((view.chosen()?, app.snapshot.containers.get(&view.id)?.clone())));
    let Some((row, container)) = target else {
        app.notice = Some(Notice::warn("no process is selected", app.now));
        return Vec::new();
    };
    let pid = row.process.pid;
    let items = Signal::CHOICES.iter().map(|(signal, name, doc)| MenuItem {
        // A shell that somebody left behind ends when it is hung up.
        on: row.exec.is_some() && signal.0 == 1,
        ..MenuItem::new(*name, *doc, Action::SignalProcess(container.clone(), pid, *signal))
    });
    let title = format!("Which signal for {}?", process_name(&container, row));
    let menu = Menu::new(&title, items.collect(), None);
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}

/// The plan for a signal to a process, unless that has ended.
pub(in crate::app) fn plan_signal(app: &mut App, container: &Arc<Container>, pid: i32, signal: Signal) {
    let mut confirm =
        Confirm::new(OperationKind::Signal { pid, signal }, std::slice::from_ref(container), &app.snapshot);
    let view = app.processes.as_ref();
    let row = view.and_then(|view| view.rows.iter().find(|row| row.process.pid == pid));
    let (Some(row), Some(target)) = (row, confirm.targets.first_mut()) else {
        app.notice = Some(Notice::warn("this process has ended", app.now));
        return;
    };
    target.name = process_name(container, row);
    target.with = OperationArgs::Command(row.process.command.clone());
    app.overlays.push(Overlay::Confirm(confirm));
}

fn process_name(container: &Container, row: &ProcessRow) -> String {
    let command: String = secret::command(&row.process.command).chars().take(40).collect();
    format!("{} process {} ({command})", container.name, row.process.pid)
}

/// Which signal for these? Where they are `many` by their nature the plan has their order.
pub(in crate::app) fn open_signals(
    app: &mut App,
    targets: Vec<Arc<Container>>,
    many: Option<Vec<String>>,
) -> Vec<Effect> {
    if targets.is_empty() {
        app.notice = Some(Notice::warn("nothing to kill: it is not running", app.now));
        return Vec::new();
    }
    let items = Signal::CHOICES
        .iter()
        .map(|(signal, name, doc)| MenuItem::new(*name, *doc, Action::Kill(*signal, targets.clone(), many.clone())));
    let title = match targets.as_slice() {
        [one] => format!("Kill {} with which signal?", one.name),
        several => format!("Kill {} containers with which signal?", several.len()),
    };
    let menu = Menu::new(&title, items.collect(), None);
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}
