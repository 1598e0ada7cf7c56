//! What can be done with the object on screen.

use super::{CompareTarget, Comparison, Find, InspectView};
use crate::app::command::Command;
use crate::app::notice::Notice;
use crate::app::overlay::{Menu, MenuAction, MenuItem, Overlay};
use crate::app::prompt::{Line, Prompt, PromptKind};
use crate::app::state::App;
use crate::app::update::Effect;
use crate::app::wrap::Breaks;
use crate::model::{Container, Id, Kind, Source, text};
use std::sync::Arc;

/// What a menu of this pane can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InspectChoice {
    /// Copy the value under the cursor.
    CopyValue,
    /// Copy the way to it.
    CopyPath,
    /// Copy the whole object.
    CopyWhole,
    /// Compare with what it was.
    Earlier,
    /// Compare with its image.
    Image,
    /// Compare with another container: which one is asked next.
    Another,
    /// Compare with this one of the containers that the menu offers.
    With(usize),
    /// Compare with nothing.
    Alone,
}

/// A command of this pane.
pub fn command(app: &mut App, wish: Command) -> Vec<Effect> {
    let Some(view) = &mut app.inspect else {
        app.notice = Some(Notice::warn("nothing is inspected: select a container first", app.now));
        return Vec::new();
    };
    match wish {
        Command::Open | Command::Fold if view.toggle() => {}
        Command::Open | Command::Fold => open_value(app),
        Command::FoldIn => view.fold_in(),
        Command::FoldOut => view.fold_out(),
        Command::FoldAll => {
            let word = view.turn_folds();
            app.notice = Some(Notice::good(word, app.now));
        }
        Command::InspectFormat => view.turn_format(),
        Command::FindNext | Command::FindPrevious if view.search.is_none() => {
            let key = app.options.keymap.shown(Command::Filter).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("no search yet: {key} begins one"), app.now));
        }
        Command::FindNext | Command::FindPrevious if !view.search_step(wish == Command::FindNext, false) => {
            let what = view.search.as_ref().map(|search| text::clean(&search.text).into_owned()).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("'{what}' is not in it"), app.now));
        }
        Command::CopyValue => return copy(app, InspectChoice::CopyValue),
        Command::CopyMenu => open_copy_menu(app),
        Command::Compare => open_comparison_menu(app),
        Command::Reveal => {
            let revealed = !view.revealed && view.has_secrets();
            let word = match (revealed, view.revealed) {
                (true, _) => "secrets are shown until you leave; copies have them too",
                (false, true) => "secrets are hidden",
                (false, false) => "nothing in it looks like a secret",
            };
            view.reveal(revealed);
            app.notice = Some(if revealed { Notice::warn(word, app.now) } else { Notice::good(word, app.now) });
        }
        _ => {}
    }
    Vec::new()
}

/// A value that does not fit its line, as a text of its own; what it was stands below it.
fn open_value(app: &mut App) {
    let Some(view) = &app.inspect else { return };
    let Some(node) = view.chosen() else { return };
    let lines_of =
        |value: &str| -> Vec<String> { value.split('\n').map(|line| text::clean(line).into_owned()).collect() };
    let mut lines = lines_of(&view.text(node));
    if let Some(was) = view.was(node) {
        lines.extend([String::new(), "It was:".into(), String::new()]);
        lines.extend(lines_of(was));
    }
    let title = view.path(node);
    app.overlays.push(Overlay::Text { title, lines, breaks: Breaks::Anywhere, scroll: 0 });
}

/// Moves the cursor.
pub fn move_by(app: &mut App, rows: isize) {
    if let Some(view) = &mut app.inspect {
        view.move_by(rows);
    }
}

/// A search was typed.
pub fn begin_search(app: &mut App, what: &str) {
    let Some(view) = &mut app.inspect else { return };
    view.search = Find::new(what);
    if view.search.is_some() && !view.search_step(true, true) {
        let hidden = if view.has_secrets() && !view.revealed { "; hidden secrets are not searched" } else { "" };
        app.notice = Some(Notice::warn(format!("'{}' is not in it{hidden}", text::clean(what)), app.now));
    }
}

fn item(label: &str, detail: &str, choice: InspectChoice) -> MenuItem {
    MenuItem {
        label: label.into(),
        detail: detail.into(),
        key: String::new(),
        on: false,
        choice: MenuAction::Inspect(choice),
    }
}

fn open_copy_menu(app: &mut App) {
    let items = vec![
        item("value", "what is under the cursor, with all below it", InspectChoice::CopyValue),
        item("path", "the way to it", InspectChoice::CopyPath),
        item("whole", "the whole object, folded or not", InspectChoice::CopyWhole),
    ];
    app.overlays.push(Overlay::Menu(Menu::new("Copy", items, None)));
}

fn open_comparison_menu(app: &mut App) {
    let Some(view) = &app.inspect else { return };
    let mut items = vec![item("last state", "what it was before its last change", InspectChoice::Earlier)];
    if view.kind == Kind::Container {
        items.push(item("image", "its configuration against that of its image", InspectChoice::Image));
        items.push(item("container", "another container: choose which", InspectChoice::Another));
    }
    if view.against.is_some() {
        items.push(item("nothing", "the object alone", InspectChoice::Alone));
    }
    app.overlays.push(Overlay::Menu(Menu::new("Compare with", items, None)));
}

/// A row of a menu was chosen.
pub fn choose(app: &mut App, choice: InspectChoice, menu: &Menu) -> Vec<Effect> {
    match choice {
        InspectChoice::CopyValue | InspectChoice::CopyPath | InspectChoice::CopyWhole => copy(app, choice),
        InspectChoice::Earlier => compare_with(app, CompareTarget::Earlier, "its last state"),
        InspectChoice::Image => compare_with_image(app),
        InspectChoice::Another => {
            open_containers(app);
            Vec::new()
        }
        InspectChoice::With(index) => match menu.targets.get(index) {
            Some(container) => compare_with(app, CompareTarget::Container(container.id.clone()), &container.name),
            None => Vec::new(),
        },
        InspectChoice::Alone => {
            if let Some(view) = &mut app.inspect {
                view.compare_with(None);
            }
            Vec::new()
        }
    }
}

fn copy(app: &mut App, what: InspectChoice) -> Vec<Effect> {
    let Some(view) = &app.inspect else { return Vec::new() };
    let chosen = view.chosen();
    let text = match (what, chosen) {
        (InspectChoice::CopyWhole, _) => view.text(0),
        (InspectChoice::CopyPath, Some(node)) => view.path(node),
        (_, Some(node)) => view.text(node),
        (_, None) => String::new(),
    };
    if text.is_empty() {
        app.notice = Some(Notice::warn("there is nothing to copy", app.now));
        return Vec::new();
    }
    vec![Effect::Copy(text)]
}

/// The containers of the fleet, to choose one from.
fn open_containers(app: &mut App) {
    let own = app.inspect.as_ref().map(|view| view.id.clone());
    let others = app.snapshot.containers.values().filter(|container| Some(&container.id) != own.as_ref());
    let mut others: Vec<Arc<Container>> = others.cloned().collect();
    // Replicas stand together, those of the same image first.
    let image = own.and_then(|id| app.snapshot.containers.get(&id)).map(|container| container.image.clone());
    others.sort_by_key(|other| (Some(&other.image) != image.as_ref(), other.name.clone()));
    if others.is_empty() {
        app.notice = Some(Notice::warn("there is no other container", app.now));
        return;
    }
    let items = others.iter().enumerate().map(|(index, other)| {
        let mut item = item(&other.name, &other.image, InspectChoice::With(index));
        item.key = other.state.word().into();
        item
    });
    let mut menu = Menu::new("Compare with which container?", items.collect(), Some(Line::default()));
    menu.targets = others;
    app.overlays.push(Overlay::Menu(menu));
}

fn compare_with_image(app: &mut App) -> Vec<Effect> {
    let image = app.inspect.as_ref().and_then(|view| {
        let raw = view.document()?.text(&["Image"]).filter(|raw| !raw.is_empty())?;
        Some(Id::new(view.id.engine(), raw))
    });
    let Some(image) = image else {
        app.notice = Some(Notice::warn("the engine does not say which image it was made from", app.now));
        return Vec::new();
    };
    compare_with(app, CompareTarget::Image(image), "its image")
}

/// Begins a comparison; what is not known is asked for.
fn compare_with(app: &mut App, rival: CompareTarget, name: &str) -> Vec<Effect> {
    let source = match &rival {
        CompareTarget::Earlier => None,
        CompareTarget::Image(id) => Some(Source::Inspect { kind: Kind::Image, id: id.clone() }),
        CompareTarget::Container(id) => Some(Source::Inspect { kind: Kind::Container, id: id.clone() }),
    };
    if rival == CompareTarget::Earlier && !app.inspect.as_ref().is_some_and(InspectView::has_earlier) {
        app.notice = Some(Notice::warn("it has not changed since you look at it", app.now));
        return Vec::new();
    }
    let wire = source.is_some().then(|| app.new_wire());
    let Some(view) = &mut app.inspect else { return Vec::new() };
    view.compare_with(Some(Comparison { rival, name: name.to_string(), wire, document: None, ended: None }));
    wire.zip(source).map(|(wire, source)| Effect::Open(wire, source)).into_iter().collect()
}

/// The prompt for a search.
pub fn open_search(app: &mut App) {
    app.overlays.push(Overlay::Prompt(Prompt::new(PromptKind::Find, "")));
}
