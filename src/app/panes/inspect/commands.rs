//! What can be done with the object on screen.

use super::{CompareTarget, Comparison, InspectView};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::overlay::{Menu, MenuItem, Overlay, Text};
use crate::app::prompt::Prompt;
use crate::app::state::App;
use crate::app::widgets::LineEdit;
use crate::app::widgets::Search;
use crate::app::wrap::Breaks;
use crate::model::{Container, Id, Kind, text};
use std::sync::Arc;

/// A command of this pane.
pub fn command(app: &mut App, wish: Command) -> Vec<Effect> {
    let Some(view) = &mut app.inspect else {
        app.notice = Some(Notice::warn("nothing to inspect: select a container first", app.now));
        return Vec::new();
    };
    match wish {
        Command::Open | Command::Fold if view.toggle() => {}
        Command::Open | Command::Fold => open_value(app),
        Command::Left => view.fold_in(),
        Command::Right => view.fold_out(),
        Command::FoldAll => {
            let word = view.turn_folds();
            app.notice = Some(Notice::good(word, app.now));
        }
        Command::InspectFormat => view.turn_format(),
        Command::SearchNext | Command::SearchPrevious if view.search.is_none() => app.say_no_search(),
        Command::SearchNext | Command::SearchPrevious if !view.search_step(wish == Command::SearchNext, false) => {
            let what = view.search.as_ref().map(|search| text::clean(&search.text).into_owned()).unwrap_or_default();
            app.notice = Some(Notice::warn(format!("'{what}' not found"), app.now));
        }
        Command::CopyValue => {
            let value = view.chosen().map(|node| view.text(node)).filter(|value| !value.is_empty());
            match value {
                Some(value) => return vec![Effect::Copy(value)],
                None => app.notice = Some(Notice::warn("nothing to copy", app.now)),
            }
        }
        Command::CopyMenu => open_copy_menu(app),
        Command::Compare => open_comparison_menu(app),
        Command::Reveal => {
            let revealed = !view.revealed && view.has_secrets();
            let word = match (revealed, view.revealed) {
                (true, _) => "secrets are shown until you leave, and copied too",
                (false, true) => "secrets are hidden",
                (false, false) => "no secrets found here",
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
        let heading = if view.compares_with_earlier() { "It was:" } else { "The other has:" };
        lines.extend([String::new(), heading.into(), String::new()]);
        lines.extend(lines_of(was));
    }
    let title = view.path(node);
    app.overlays.push(Overlay::Text(Text::lines(title, lines, Breaks::Anywhere)));
}

/// A search was typed.
fn begin_search(app: &mut App, what: &str) {
    let Some(view) = &mut app.inspect else { return };
    view.search = Search::new(what);
    if view.search.is_some() && !view.search_step(true, true) {
        let hidden = if view.has_secrets() && !view.revealed { "; hidden secrets are not searched" } else { "" };
        app.notice = Some(Notice::warn(format!("'{}' not found{hidden}", text::clean(what)), app.now));
    }
}

/// Which part is to be copied? Each as it is now.
fn open_copy_menu(app: &mut App) {
    let Some(view) = &app.inspect else { return };
    let item = |label, detail, text: String| match text.is_empty() {
        true => MenuItem::new(label, detail, Action::Refuse("nothing to copy")),
        false => MenuItem::new(label, detail, Action::Effect(Effect::Copy(text))),
    };
    let of_chosen = |text: &dyn Fn(usize) -> String| view.chosen().map(text).unwrap_or_default();
    let items = vec![
        item("value", "the selected value and everything below it", of_chosen(&|node| view.text(node))),
        item("path", "the path to the value", of_chosen(&|node| view.path(node))),
        item("whole", "the whole object", view.text(0)),
    ];
    app.overlays.push(Overlay::Menu(Menu::new("Copy", items, None)));
}

fn open_comparison_menu(app: &mut App) {
    let Some(view) = &app.inspect else { return };
    let earlier = Action::Compare(Some((CompareTarget::Earlier, "its last state".into())));
    let mut items = vec![MenuItem::new("last state", "the state before its last change", earlier)];
    if view.kind == Kind::Container {
        let image = view.document().and_then(|document| document.text(&["Image"])).filter(|raw| !raw.is_empty());
        let image = image.map(|raw| CompareTarget::Image(Id::new(view.id.engine(), raw)));
        let compare = match image {
            Some(image) => Action::Compare(Some((image, "its image".into()))),
            None => Action::Refuse("the engine does not report its image"),
        };
        items.push(MenuItem::new("image", "its configuration compared with the image's", compare));
        items.push(MenuItem::new(
            "container",
            "choose another container; compares their configuration",
            Action::ChooseComparison,
        ));
    }
    if view.against.is_some() {
        items.push(MenuItem::new("nothing", "no comparison", Action::Compare(None)));
    }
    app.overlays.push(Overlay::Menu(Menu::new("Compare with", items, None)));
}

/// The containers of the fleet, to choose one from.
pub fn open_containers(app: &mut App) {
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
    let items = others.iter().map(|other| {
        let compare = Action::Compare(Some((CompareTarget::Container(other.id.clone()), other.name.to_string())));
        MenuItem { key: other.state.word().into(), ..MenuItem::new(&*other.name, &*other.image, compare) }
    });
    let menu = Menu::new("Compare with which container?", items.collect(), Some(LineEdit::default()));
    app.overlays.push(Overlay::Menu(menu));
}

/// Begins a comparison, or ends it; what is not known is asked for.
pub fn compare_with(app: &mut App, rival: Option<(CompareTarget, String)>) -> Vec<Effect> {
    let Some((rival, name)) = rival else {
        if let Some(view) = &mut app.inspect {
            view.compare_with(None);
        }
        return Vec::new();
    };
    if rival == CompareTarget::Earlier && !app.inspect.as_ref().is_some_and(InspectView::has_earlier) {
        app.notice = Some(Notice::warn("it has not changed since you opened it", app.now));
        return Vec::new();
    }
    let wire = rival.object().is_some().then(|| app.new_stream());
    if let Some(view) = &mut app.inspect {
        view.compare_with(Some(Comparison { rival, name, wire, document: None, ended: None }));
    }
    Vec::new()
}

/// The prompt for a search.
pub fn open_search(app: &mut App) {
    app.ask_text(Prompt::search(begin_search));
}
