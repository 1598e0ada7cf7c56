//! What a command opens: prompts, menus, the palette.

use crate::app::action::Action;
use crate::app::command::{COMMANDS, Command, KeyContext};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::confirm::Confirm;
use crate::app::widgets::line_edit::LineEdit;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::notice::Notice;
use crate::model::{Container, OperationArgs, OperationKind, Signal};
use std::sync::Arc;

pub(in crate::app) fn open_palette(app: &mut App) -> Vec<Effect> {
    // What is for things above the cockpit means nothing in it, what moves the scrollback's cursor nothing elsewhere.
    let place = app.pane_context();
    let elsewhere = |at: KeyContext| at.is_overlay() || at == KeyContext::Scrollback && place != at;
    let here = |spec: &&crate::app::command::CommandSpec| spec.places().any(|(at, _)| !elsewhere(at));
    let mut specs: Vec<&crate::app::command::CommandSpec> = COMMANDS.iter().filter(here).collect();
    // What is useful here and now comes first, what only moves comes last.
    let useful: Vec<Command> = crate::app::footer_hints::hints(app).into_iter().map(|(.., command)| command).collect();
    specs.sort_by_key(|spec| {
        let hint = useful.iter().position(|command| *command == spec.command);
        (
            is_movement(spec.command),
            hint.unwrap_or(useful.len()),
            !spec.is_at(place),
            spec.context != KeyContext::Anywhere,
        )
    });
    let items = specs.into_iter().map(|spec| MenuItem {
        key: app.options.keymap.shown_at(place, spec.command).unwrap_or_default(),
        words: spec.words,
        with_text: (spec.command == Command::Sql).then_some(Action::RunSql),
        ..MenuItem::new(spec.name, spec.doc, Action::Command(spec.command))
    });
    app.overlays.push(Overlay::Menu(Menu::new("Commands", items.collect(), Some(LineEdit::default()))));
    Vec::new()
}

/// True for what nobody looks for in a palette.
fn is_movement(command: Command) -> bool {
    use Command as C;
    let turns = matches!(command, C::NextPane | C::PreviousPane | C::NextTab | C::PreviousTab | C::Left | C::Right);
    turns || command.is_motion() && command != C::Filter || matches!(command, C::Palette | C::Back)
}

pub(in crate::app) fn open_exec_form(app: &mut App) -> Vec<Effect> {
    if let Some(container) = app.runnable(app.selected_id(), "run a command in") {
        app.open_exec(&container);
    }
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
    target.name = row.name_in(container);
    target.with = OperationArgs::Command(row.process.command.clone());
    app.overlays.push(Overlay::Confirm(confirm));
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
