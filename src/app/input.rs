//! Keys → commands → state and wishes. The topmost layer hears a key first.

use super::act::{concerned, verb_for};
use super::choices::{ConfirmFocus, Layer, Menu, MenuChoice, MenuItem};
use super::column::Column;
use super::command::{COMMANDS, Command, Room};
use super::dialog::Confirm;
use super::key::Key;
use super::log::Stamps;
use super::notice::Notice;
use super::places::Pane;
use super::prompt::{Line, Prompt, PromptKind, parse_time};
use super::state::App;
use super::units;
use super::update::{Effect, open_older, reopen_log};
use crate::model::{Act, Instance, Problem, Signal, Verb};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::sync::Arc;

/// A key was pressed.
pub(super) fn key(app: &mut App, event: &KeyEvent) -> Vec<Effect> {
    let pressed = Key::of(event);
    // Leaving works from every layer; a letter that is being typed is a letter.
    let typed = matches!(event.code, KeyCode::Char(_))
        && !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let typing = typed && app.layers.last().is_some_and(Layer::takes_text);
    if !typing && app.options.keymap.keys_of(Command::Exit).contains(&pressed) {
        return command(app, Command::Exit);
    }
    let Some(layer) = app.layers.pop() else {
        return cockpit_key(app, pressed);
    };
    match layer {
        Layer::Prompt(prompt) => prompt_key(app, prompt, event),
        Layer::Menu(menu) => menu_key(app, menu, event),
        Layer::Confirm(confirm) => confirm_key(app, confirm, event),
        Layer::Help { scroll } => {
            scroll_key(app, event, scroll, |scroll| Layer::Help { scroll });
            Vec::new()
        }
        Layer::Text { title, lines, scroll } => {
            scroll_key(app, event, scroll, |scroll| Layer::Text { title, lines, scroll });
            Vec::new()
        }
        Layer::Results { ask, scroll } => {
            if pressed == Key::of(&KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE)) {
                return app.retry_failed(ask);
            }
            scroll_key(app, event, scroll, |scroll| Layer::Results { ask, scroll });
            Vec::new()
        }
    }
}

/// Text was pasted.
pub(super) fn paste(app: &mut App, text: &str) {
    match app.layers.last_mut() {
        Some(Layer::Prompt(prompt)) => {
            prompt.line_mut().paste(text);
            let (kind, text) = (prompt.kind, prompt.line().text().to_string());
            if kind == PromptKind::Filter {
                app.fleet.set_filter(&text, &app.world);
            }
        }
        Some(Layer::Menu(menu)) => {
            if let Some(query) = &mut menu.query {
                query.paste(text);
                menu.match_query();
            }
        }
        // Pasting into the cockpit would give a command for each letter.
        _ => {}
    }
}

fn cockpit_key(app: &mut App, pressed: Key) -> Vec<Effect> {
    if app.diagnosis().is_some() && pressed == Key::of(&KeyEvent::new(KeyCode::Char('r'), KeyModifiers::NONE)) {
        return command(app, Command::Refresh);
    }
    let room = app.room();
    let keymap = &app.options.keymap;
    // Acts work from every pane: they mean the selected instance.
    let found = keymap.command(room, pressed).or_else(|| {
        let found = keymap.command(Room::Fleet, pressed);
        found.filter(|command| command.spec().changes)
    });
    match found {
        Some(found) => command(app, found),
        None => {
            let help = app.options.keymap.shown(Command::Help).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("{pressed} does nothing here; {help} shows the keys"), app.now));
            Vec::new()
        }
    }
}

/// Gives a command, from a key, the palette, a menu or the mouse.
pub(super) fn command(app: &mut App, wish: Command) -> Vec<Effect> {
    app.notice = None;
    if wish.spec().changes {
        return act(app, wish);
    }
    match wish {
        Command::Down => move_by(app, 1),
        Command::Up => move_by(app, -1),
        Command::PageDown => move_by(app, half_page(app)),
        Command::PageUp => move_by(app, -half_page(app)),
        Command::First => to_first(app),
        Command::Last => to_last(app),
        Command::NextPane => turn_pane(app, 1),
        Command::PreviousPane => turn_pane(app, Pane::ORDER.len() - 1),
        Command::Filter => open_filter(app),
        Command::Palette => open_palette(app),
        Command::Help => {
            app.layers.push(Layer::Help { scroll: 0 });
            Vec::new()
        }
        Command::Open | Command::FocusLogs => focus(app, Pane::Logs),
        Command::FocusFleet => focus(app, Pane::Fleet),
        Command::Back => {
            go_back(app);
            Vec::new()
        }
        Command::Quit if go_back(app) => Vec::new(),
        Command::Quit | Command::Exit => {
            app.quitting = true;
            vec![Effect::SaveLayout(app.layout), Effect::Quit]
        }
        Command::Zoom => {
            app.zoomed = !app.zoomed;
            Vec::new()
        }
        Command::Grow => resize(app, 1),
        Command::Shrink => resize(app, -1),
        Command::Redraw => vec![Effect::Redraw],
        Command::Refresh => {
            app.notice = Some(Notice::good("asking the engine anew", app.now));
            vec![Effect::Refresh]
        }
        Command::Embedded if app.is_connected() => {
            let why = "an engine answers; bowline --demo opens the embedded one";
            app.notice = Some(Notice::warn(why, app.now));
            Vec::new()
        }
        Command::Embedded => vec![Effect::OpenEmbedded],
        Command::Mouse => {
            app.mouse = !app.mouse;
            vec![Effect::Mouse(app.mouse)]
        }
        Command::Results => {
            match app.results.last() {
                None => app.notice = Some(Notice::warn("nothing has been asked for yet", app.now)),
                Some(last) => app.layers.push(Layer::Results { ask: last.ask, scroll: 0 }),
            }
            Vec::new()
        }
        Command::OwnLog => vec![Effect::ReadOwnLog],
        Command::Suspend => vec![Effect::Suspend],
        Command::Sort => {
            open_menu(app, "Sort by", Column::ALL, |app, column| (app.fleet.sort == column, MenuChoice::Sort(column)))
        }
        Command::Columns => open_menu(app, "Columns", Column::ALL, |app, column| {
            (app.fleet.columns.contains(&column), MenuChoice::Column(column))
        }),
        Command::Mark => in_fleet(app, super::FleetList::toggle_mark),
        Command::MarkRange => in_fleet(app, super::FleetList::mark_range),
        Command::MarkClear => in_fleet(app, super::FleetList::clear_marks),
        Command::MarkInvert => in_fleet(app, super::FleetList::invert_marks),
        _ => log_command(app, wish),
    }
}

fn in_fleet(app: &mut App, edit: impl FnOnce(&mut super::FleetList)) -> Vec<Effect> {
    edit(&mut app.fleet);
    Vec::new()
}

fn log_command(app: &mut App, wish: Command) -> Vec<Effect> {
    let size @ (height, width) = app.log_size();
    let Some(view) = &mut app.log else {
        app.notice = Some(Notice::warn("no log is open: select an instance first", app.now));
        return Vec::new();
    };
    let logs = &mut app.options.logs;
    let mut found = true;
    match wish {
        Command::Follow if view.follows() => view.hold_still(height, width, logs),
        Command::Follow => return to_last(app),
        Command::Timestamps => {
            logs.stamps = match logs.stamps {
                Stamps::Time => Stamps::Full,
                Stamps::Full => Stamps::None,
                Stamps::None => Stamps::Time,
            }
        }
        Command::Wrap => {
            logs.wrap = !logs.wrap;
            view.left = 0;
        }
        Command::GoToTime => app.layers.push(Layer::Prompt(Prompt::new(PromptKind::Time, ""))),
        Command::SearchNext | Command::SearchPrevious if view.search.is_none() => {
            let key = app.options.keymap.shown(Command::Filter).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("no search yet: {key} begins one"), app.now));
        }
        Command::SearchNext => found = view.search_step(true, size, logs),
        Command::SearchPrevious => found = view.search_step(false, size, logs),
        Command::NextError => found = view.error_step(true, size, logs),
        Command::PreviousError => found = view.error_step(false, size, logs),
        Command::ScrollLeft => view.left = view.left.saturating_sub(width / 2),
        Command::ScrollRight if !logs.wrap => view.left = (view.left + width / 2).min(64 * 1024),
        _ => {}
    }
    if !found {
        let what =
            if matches!(wish, Command::NextError | Command::PreviousError) { "line that says error" } else { "hit" };
        app.notice = Some(Notice::warn(format!("no further {what} among the loaded lines"), app.now));
    }
    Vec::new()
}

fn half_page(app: &App) -> isize {
    let height = if app.focus == Pane::Logs { app.log_size().0 } else { app.fleet_height() };
    (height / 2).max(1) as isize
}

pub(super) fn move_by(app: &mut App, rows: isize) -> Vec<Effect> {
    if app.focus == Pane::Logs {
        return scroll_log(app, rows);
    }
    app.fleet.move_by(rows);
    Vec::new()
}

/// Scrolls the log; at its first line an older page is asked for.
pub(super) fn scroll_log(app: &mut App, rows: isize) -> Vec<Effect> {
    let (height, width) = app.log_size();
    let logs = app.options.logs;
    let Some(view) = &mut app.log else { return Vec::new() };
    let wants_older = view.scroll(rows, height, width, &logs);
    let page = if wants_older { view.older_page(&logs) } else { None };
    open_older(app, page)
}

fn to_first(app: &mut App) -> Vec<Effect> {
    if app.focus != Pane::Logs {
        app.fleet.put_cursor(0);
        return Vec::new();
    }
    let logs = app.options.logs;
    let Some(view) = &mut app.log else { return Vec::new() };
    view.to_first();
    let page = view.older_page(&logs);
    open_older(app, page)
}

fn to_last(app: &mut App) -> Vec<Effect> {
    if app.focus != Pane::Logs {
        app.fleet.put_cursor(usize::MAX);
        return Vec::new();
    }
    match &mut app.log {
        Some(view) if view.is_detached() => reopen_log(app),
        Some(view) => {
            view.follow();
            Vec::new()
        }
        None => Vec::new(),
    }
}

pub(super) fn focus(app: &mut App, pane: Pane) -> Vec<Effect> {
    app.focus = pane;
    Vec::new()
}

fn turn_pane(app: &mut App, steps: usize) -> Vec<Effect> {
    let here = Pane::ORDER.iter().position(|pane| *pane == app.focus).unwrap_or(0);
    app.focus = Pane::ORDER[(here + steps) % Pane::ORDER.len()];
    Vec::new()
}

fn resize(app: &mut App, direction: i8) -> Vec<Effect> {
    let sign = if app.focus == Pane::Fleet { direction } else { -direction };
    match app.places().shape {
        super::Shape::Wide if app.focus == Pane::Gauges => {
            app.layout.rows = (app.layout.rows + direction).clamp(-20, 30)
        }
        super::Shape::Wide => app.layout.columns = (app.layout.columns + 2 * sign).clamp(-30, 30),
        _ => app.layout.rows = (app.layout.rows + sign).clamp(-20, 30),
    }
    Vec::new()
}

/// Goes back one level. False at the top.
fn go_back(app: &mut App) -> bool {
    if app.zoomed {
        app.zoomed = false;
    } else if app.focus != Pane::Fleet {
        match &mut app.log {
            Some(view) if app.focus == Pane::Logs && view.left > 0 => view.left = 0,
            Some(view) if app.focus == Pane::Logs && view.search.is_some() => view.search = None,
            _ => app.focus = Pane::Fleet,
        }
    } else if app.fleet.marked() > 0 {
        app.fleet.clear_marks();
    } else if !app.fleet.filter_text.is_empty() {
        app.fleet.set_filter("", &app.world);
    } else {
        return false;
    }
    true
}

fn open_filter(app: &mut App) -> Vec<Effect> {
    let prompt = if app.focus == Pane::Logs {
        Prompt::new(PromptKind::Search, "")
    } else {
        Prompt::new(PromptKind::Filter, &app.fleet.filter_text)
    };
    app.layers.push(Layer::Prompt(prompt));
    Vec::new()
}

fn open_palette(app: &mut App) -> Vec<Effect> {
    let items = COMMANDS.iter().map(|spec| MenuItem {
        label: spec.name.to_string(),
        detail: spec.doc.to_string(),
        key: app.options.keymap.shown(spec.command).unwrap_or_default(),
        on: false,
        choice: MenuChoice::Command(spec.command),
    });
    app.layers.push(Layer::Menu(Menu::new("Commands", items.collect(), Some(Line::default()))));
    Vec::new()
}

fn open_menu(
    app: &mut App,
    title: &str,
    columns: impl IntoIterator<Item = Column>,
    choice: impl Fn(&App, Column) -> (bool, MenuChoice),
) -> Vec<Effect> {
    let items = columns.into_iter().map(|column| {
        let (on, choice) = choice(app, column);
        MenuItem { label: column.name().into(), detail: column.doc().into(), key: String::new(), on, choice }
    });
    let menu = Menu::new(title, items.collect(), None);
    app.layers.push(Layer::Menu(menu));
    Vec::new()
}

fn open_signals(app: &mut App, targets: Vec<Arc<Instance>>) -> Vec<Effect> {
    if targets.is_empty() {
        app.notice = Some(Notice::warn("nothing to kill: it does not run", app.now));
        return Vec::new();
    }
    let items = Signal::CHOICES.iter().map(|(signal, name, doc)| MenuItem {
        label: (*name).to_string(),
        detail: (*doc).to_string(),
        key: String::new(),
        on: false,
        choice: MenuChoice::Signal(*signal),
    });
    let title = match targets.as_slice() {
        [one] => format!("Kill {} with which signal?", one.name),
        many => format!("Kill {} instances with which signal?", many.len()),
    };
    let mut menu = Menu::new(&title, items.collect(), None);
    menu.targets = targets;
    app.layers.push(Layer::Menu(menu));
    Vec::new()
}

/// An act key. What is dangerous asks first; the targets are those of this moment.
fn act(app: &mut App, wish: Command) -> Vec<Effect> {
    if app.options.read_only {
        app.notice = Some(Notice::warn(format!("read-only: {} is refused", wish.spec().name), app.now));
        return Vec::new();
    }
    if app.fleet.take_lost_marks() {
        let why = "the marked instances are gone: nothing was done; the next key means the row under the cursor";
        app.notice = Some(Notice::warn(why, app.now));
        return Vec::new();
    }
    let targets = app.fleet.targets(&app.world);
    if targets.is_empty() {
        app.notice = Some(Notice::warn("no instance is selected", app.now));
        return Vec::new();
    }
    match wish {
        Command::Kill => open_signals(app, concerned(Verb::Kill(Signal(9)), targets)),
        Command::Remove => {
            let force = targets
                .iter()
                .any(|target| !matches!(target.state, crate::model::State::Exited | crate::model::State::Created));
            app.layers.push(Layer::Confirm(Confirm::new(Verb::Remove { force, volumes: false }, &targets)));
            Vec::new()
        }
        _ => {
            let Some(verb) = verb_for(wish, &targets) else { return Vec::new() };
            let targets = concerned(verb, targets);
            if targets.is_empty() {
                app.notice = Some(Notice::warn(format!("nothing to {}", verb.word()), app.now));
            }
            let acts = targets.iter().map(|target| Act { verb, id: target.id.clone(), name: target.name.to_string() });
            app.ask(verb, acts.collect())
        }
    }
}

fn prompt_key(app: &mut App, mut prompt: Prompt, event: &KeyEvent) -> Vec<Effect> {
    match event.code {
        KeyCode::Esc => {
            if prompt.kind == PromptKind::Filter {
                app.fleet.set_filter(&prompt.before, &app.world);
            }
            return Vec::new();
        }
        KeyCode::Enter => return accept_prompt(app, &prompt),
        KeyCode::Down | KeyCode::Up if prompt.kind == PromptKind::Filter => {
            app.fleet.move_by(if event.code == KeyCode::Down { 1 } else { -1 });
        }
        _ if prompt.line_mut().edit(event) && prompt.kind == PromptKind::Filter => {
            app.fleet.set_filter(prompt.line().text(), &app.world);
        }
        _ => {}
    }
    app.layers.push(Layer::Prompt(prompt));
    Vec::new()
}

fn accept_prompt(app: &mut App, prompt: &Prompt) -> Vec<Effect> {
    let text = prompt.line().text();
    let size = app.log_size();
    let logs = app.options.logs;
    match prompt.kind {
        PromptKind::Filter => {}
        PromptKind::Search => {
            let Some(view) = &mut app.log else { return Vec::new() };
            if !view.begin_search(text, size, &logs) && !text.is_empty() {
                app.notice = Some(Notice::warn(format!("'{text}' is not in the loaded lines"), app.now));
            }
        }
        PromptKind::Time => match parse_time(text, app.now, logs.utc_offset) {
            Ok(time) => {
                let at = units::date_and_clock(time, logs.utc_offset);
                app.notice = Some(Notice::good(format!("going to {at}"), app.now));
                let page = app.log.as_mut().and_then(|view| view.go_to(time, &logs));
                return open_older(app, page);
            }
            Err(sentence) => app.notice = Some(Notice::bad(&Problem::new("go to time", sentence, ""), app.now)),
        },
    }
    Vec::new()
}

fn menu_key(app: &mut App, mut menu: Menu, event: &KeyEvent) -> Vec<Effect> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let typing = menu.query.is_some();
    match event.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Char('q') if !typing => return Vec::new(),
        KeyCode::Enter => return choose(app, menu),
        KeyCode::Char(' ') if !typing => return choose(app, menu),
        KeyCode::Down => menu.move_by(1),
        KeyCode::Up => menu.move_by(-1),
        KeyCode::Char('n') if control => menu.move_by(1),
        KeyCode::Char('p') if control => menu.move_by(-1),
        KeyCode::PageDown => menu.move_by(10),
        KeyCode::PageUp => menu.move_by(-10),
        KeyCode::Char('j') if !typing => menu.move_by(1),
        KeyCode::Char('k') if !typing => menu.move_by(-1),
        _ => {
            if menu.query.as_mut().is_some_and(|query| query.edit(event)) {
                menu.match_query();
            }
        }
    }
    app.layers.push(Layer::Menu(menu));
    Vec::new()
}

/// The chosen row of a menu takes effect.
pub(super) fn choose(app: &mut App, mut menu: Menu) -> Vec<Effect> {
    let Some(choice) = menu.chosen().map(|item| item.choice) else {
        app.layers.push(Layer::Menu(menu));
        return Vec::new();
    };
    match choice {
        MenuChoice::Command(wish) => return command(app, wish),
        MenuChoice::Sort(column) => app.fleet.sort_by(column, &app.world),
        MenuChoice::Column(column) => {
            app.fleet.toggle_column(column);
            if column != Column::Name {
                menu.toggle_chosen();
            }
            // Several columns may be chosen in a row.
            app.layers.push(Layer::Menu(menu));
        }
        MenuChoice::Signal(signal) => {
            app.layers.push(Layer::Confirm(Confirm::new(Verb::Kill(signal), &menu.targets)));
        }
    }
    Vec::new()
}

fn confirm_key(app: &mut App, mut confirm: Confirm, event: &KeyEvent) -> Vec<Effect> {
    let with_another = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match event.code {
        KeyCode::Char(_) if with_another => {}
        KeyCode::Char('y') => return confirmed(app, confirm),
        KeyCode::Enter if confirm.focus == ConfirmFocus::Go => return confirmed(app, confirm),
        KeyCode::Enter | KeyCode::Esc | KeyCode::Char('n' | 'q') => {
            app.notice = Some(Notice::good("cancelled: nothing was done", app.now));
            return Vec::new();
        }
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right | KeyCode::Char('h' | 'l') => {
            confirm.focus = match confirm.focus {
                ConfirmFocus::Cancel => ConfirmFocus::Go,
                ConfirmFocus::Go => ConfirmFocus::Cancel,
            };
        }
        KeyCode::Char('v') => confirm.toggle_volumes(),
        _ => {}
    }
    app.layers.push(Layer::Confirm(confirm));
    Vec::new()
}

/// The question was answered with yes.
pub(super) fn confirmed(app: &mut App, confirm: Confirm) -> Vec<Effect> {
    app.ask(confirm.verb, confirm.targets)
}

fn scroll_key(app: &mut App, event: &KeyEvent, scroll: usize, layer: impl FnOnce(usize) -> Layer) {
    let page = (app.size.1 / 2).max(1) as usize;
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let scroll = match event.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => return,
        KeyCode::Down | KeyCode::Char('j') => scroll + 1,
        KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll + page,
        KeyCode::Char('d') if control => scroll + page,
        KeyCode::PageUp => scroll.saturating_sub(page),
        KeyCode::Char('u') if control => scroll.saturating_sub(page),
        KeyCode::Char('g') | KeyCode::Home => 0,
        KeyCode::Char('G') | KeyCode::End => usize::MAX,
        _ => scroll,
    };
    let layer = layer(scroll);
    let last = super::layers::scroll_end(app, &layer);
    app.layers.push(super::layers::with_scroll(layer, scroll.min(last)));
}

/// What the footer offers here and now: key, word, command.
pub fn hints(app: &App) -> Vec<(String, &'static str, Command)> {
    use Command as C;
    let wanted: &[Command] = match app.focus {
        Pane::Logs => &[
            C::Filter,
            C::SearchNext,
            C::Follow,
            C::Timestamps,
            C::Wrap,
            C::GoToTime,
            C::NextError,
            C::Zoom,
            C::Back,
            C::Help,
        ],
        _ if app.diagnosis().is_some() => &[C::Refresh, C::Embedded, C::OwnLog, C::Help, C::Quit],
        _ if app.fleet.marked() > 0 => {
            &[C::StartStop, C::Restart, C::PauseUnpause, C::Kill, C::Remove, C::Mark, C::MarkClear, C::Help]
        }
        _ if app.options.read_only => {
            &[C::FocusLogs, C::Filter, C::Sort, C::Mark, C::Palette, C::Zoom, C::Help, C::Quit]
        }
        _ => &[
            C::FocusLogs,
            C::StartStop,
            C::Restart,
            C::PauseUnpause,
            C::Kill,
            C::Remove,
            C::Filter,
            C::Palette,
            C::Mark,
            C::Sort,
            C::Zoom,
            C::Help,
        ],
    };
    let hint = |command: &Command| {
        let alive = app.fleet.selected().is_some_and(|instance| instance.state.is_alive());
        let word = match command {
            C::StartStop if app.fleet.marked() == 0 && !alive => "start",
            C::Filter if app.focus == Pane::Logs => "search",
            C::PauseUnpause if app.fleet.selected().is_some_and(|i| i.state == crate::model::State::Paused) => {
                "unpause"
            }
            other => other.spec().hint,
        };
        Some((app.options.keymap.shown(*command)?, word, *command))
    };
    wanted.iter().filter_map(hint).collect()
}
