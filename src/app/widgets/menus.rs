//! What a command opens: prompts, menus, the palette.

use crate::app::column::Column;
use crate::app::command::{COMMANDS, KeyContext};
use crate::app::inspect;
use crate::app::notice::Notice;
use crate::app::overlay::{Menu, MenuAction, MenuItem, Overlay};
use crate::app::processes::{ProcessRow, ProcessSort};
use crate::app::prompt::{Line, Prompt, PromptKind};
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::{Container, Signal, secret};
use std::sync::Arc;

pub(in crate::app) fn open_filter(app: &mut App) -> Vec<Effect> {
    if app.room() == KeyContext::Inspect {
        inspect::open_search(app);
        return Vec::new();
    }
    let prompt = if app.in_files() {
        app.files_prompt()
    } else if let Some(list) = app.list() {
        Prompt::new(PromptKind::Filter, &list.filter)
    } else if app.room() == KeyContext::Logs {
        Prompt::new(PromptKind::Search, "")
    } else {
        Prompt::new(PromptKind::Filter, &app.fleet.filter_text)
    };
    app.overlays.push(Overlay::Prompt(prompt));
    Vec::new()
}

pub(in crate::app) fn open_palette(app: &mut App) -> Vec<Effect> {
    // What moves the scrollback's cursor means nothing elsewhere.
    let here =
        |spec: &&crate::app::CommandSpec| spec.room != KeyContext::Scrollback || app.room() == KeyContext::Scrollback;
    let items = COMMANDS.iter().filter(here).map(|spec| MenuItem {
        label: spec.name.to_string(),
        detail: spec.doc.to_string(),
        key: app.options.keymap.shown(spec.command).unwrap_or_default(),
        on: false,
        choice: MenuAction::Command(spec.command),
    });
    app.overlays.push(Overlay::Menu(Menu::new("Commands", items.collect(), Some(Line::default()))));
    Vec::new()
}

pub(in crate::app) fn open_menu(
    app: &mut App,
    title: &str,
    columns: impl IntoIterator<Item = Column>,
    choice: impl Fn(&App, Column) -> (bool, MenuAction),
) -> Vec<Effect> {
    let items = columns.into_iter().map(|column| {
        let (on, choice) = choice(app, column);
        MenuItem { label: column.name.into(), detail: column.doc.into(), key: String::new(), on, choice }
    });
    let menu = Menu::new(title, items.collect(), None);
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}

pub(in crate::app) fn open_process_sort(app: &mut App) -> Vec<Effect> {
    let Some(view) = &app.processes else { return Vec::new() };
    let items = ProcessSort::ALL.iter().map(|(sort, name, doc)| MenuItem {
        label: (*name).to_string(),
        detail: (*doc).to_string(),
        key: String::new(),
        on: view.sort == *sort,
        choice: MenuAction::SortProcesses(*sort),
    });
    let menu = Menu::new("Sort processes by", items.collect(), None);
    app.overlays.push(Overlay::Menu(menu));
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
        app.notice = Some(Notice::warn("no process is chosen", app.now));
        return Vec::new();
    };
    let pid = row.process.pid;
    let items = Signal::CHOICES.iter().map(|(signal, name, doc)| MenuItem {
        label: (*name).to_string(),
        detail: (*doc).to_string(),
        key: String::new(),
        // A shell that somebody left behind ends when it is hung up.
        on: row.exec.is_some() && signal.0 == 1,
        choice: MenuAction::SignalProcess(pid, *signal),
    });
    let title = format!("Which signal for {}?", process_name(&container, row));
    let mut menu = Menu::new(&title, items.collect(), None);
    menu.targets = vec![container];
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}

pub(in crate::app) fn process_name(container: &Container, row: &ProcessRow) -> String {
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
        app.notice = Some(Notice::warn("nothing to kill: it does not run", app.now));
        return Vec::new();
    }
    let items = Signal::CHOICES.iter().map(|(signal, name, doc)| MenuItem {
        label: (*name).to_string(),
        detail: (*doc).to_string(),
        key: String::new(),
        on: false,
        choice: MenuAction::Signal(*signal),
    });
    let title = match targets.as_slice() {
        [one] => format!("Kill {} with which signal?", one.name),
        many => format!("Kill {} containers with which signal?", many.len()),
    };
    let mut menu = Menu::new(&title, items.collect(), None);
    (menu.targets, menu.many) = (targets, many);
    app.overlays.push(Overlay::Menu(menu));
    Vec::new()
}
