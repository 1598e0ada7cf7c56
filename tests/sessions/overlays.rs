//! What lies above the cockpit: its keys are rows of the command table, its menus have letters, its texts are searched.

use super::harness::{Session, acts};
use super::{compose, lists};
use bowline::app::{Command, Effect, Key, KeyContext, Overlay};
use bowline::model::{Fact, State};

const SIZE: (u16, u16) = (120, 40);

fn bound(command: Command, key: &str) -> Session {
    let mut session = lists::shop(SIZE);
    session.app.options.keymap.bind(command, vec![Key::parse(key).unwrap()]);
    session
}

#[test]
fn keys_above_the_cockpit_can_be_bound_and_are_shown() {
    let mut session = bound(Command::Yes, "o");
    session.keys("D");
    assert!(session.screen().contains("remove (o)"), "{}", session.screen());
    session.keys("y");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Confirm(_))), "y is free now");
    session.keys("o");
    assert_eq!(acts(&mut session).len(), 1);
    let mut session = bound(Command::Down, "n");
    session.keys("K").keys("n");
    let Some(Overlay::Menu(menu)) = session.app.overlays.last() else { panic!("no menu: {}", session.screen()) };
    assert_eq!(menu.cursor_row(), 1);
    let mut session = bound(Command::CancelTransfer, "Z");
    session.keys("x?");
    let screen = session.screen();
    assert!(screen.contains("Keys in transfers") && screen.contains(" Z "), "{screen}");
}

#[test]
fn a_command_typed_above_the_cockpit_is_a_command_and_no_letters() {
    for open in ["?", "K", "a"] {
        let mut session = lists::shop(SIZE);
        session.keys(open).keys(":transfers<enter>");
        assert!(matches!(session.app.overlays.last(), Some(Overlay::Transfers(_))), "{open}: {}", session.screen());
        assert_eq!(session.app.overlays.len(), 1, "{open}");
    }
    let mut session = lists::shop(SIZE);
    session.keys("D:");
    assert!(matches!(session.app.overlays[..], [Overlay::Confirm(_)]), "{}", session.screen());
    assert!(session.screen().contains("answer this first"), "{}", session.screen());
}

#[test]
fn the_footer_offers_what_works_on_top() {
    let footer = |session: &Session| session.screen().lines().last().unwrap().to_string();
    let mut session = lists::shop(SIZE);
    session.keys("D");
    assert!(
        footer(&session).contains("y remove") && footer(&session).contains("c copy the command"),
        "{}",
        footer(&session)
    );
    session.click("n cancel");
    assert!(session.app.overlays.is_empty(), "it can be clicked");
    session.keys("a");
    assert!(footer(&session).contains("enter go to container"), "{}", footer(&session));
}

#[test]
fn the_sort_menu_takes_letters_and_marks_column_and_direction() {
    let mut session = lists::shop(SIZE);
    session.keys("sc");
    assert!(session.app.overlays.is_empty() && session.app.fleet.sort.name == "cpu" && session.app.fleet.descending);
    session.keys("s");
    let marked = session.screen().lines().find(|line| line.contains("descending")).map(str::to_string);
    assert!(marked.is_some_and(|line| line.contains("cpu") && line.contains('↓')), "{}", session.screen());
    session.keys("c");
    assert!(!session.app.fleet.descending, "again reverses it");
    session.keys("sm");
    assert_eq!(session.app.fleet.sort.name, "memory");
}

#[test]
fn help_says_first_what_capitals_do_begins_with_the_focused_pane_and_is_searched() {
    let mut session = lists::shop(SIZE);
    session.keys("l?");
    let lines: Vec<String> = session.screen().lines().map(str::to_string).collect();
    let at = |what: &str| lines.iter().position(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what}"));
    assert!(at("Capitals change the engine") < at("Keys in logs"));
    assert!(!session.screen().contains("Keys everywhere"), "they come behind those of the log");
    session.keys("<ctrl-d>");
    assert!(session.screen().contains("Keys everywhere"), "{}", session.screen());
    session.keys("/timestamps<enter>");
    let screen = session.screen();
    assert!(screen.contains("timestamps: time") && !screen.contains("follow new lines"), "{screen}");
    session.keys("<esc>g");
    assert!(session.screen().contains("follow new lines"), "esc shows all again");
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
}

#[test]
fn the_palette_opens_with_what_is_useful_here() {
    let mut session = lists::shop(SIZE);
    session.keys(":");
    let Some(Overlay::Menu(menu)) = session.app.overlays.last() else { panic!("no palette") };
    let first: Vec<&str> = menu.shown().take(4).map(|item| item.label.as_str()).collect();
    assert_eq!(first, ["logs", "shell", "start-stop", "restart"]);
}

#[test]
fn what_compose_will_do_stands_still_while_it_is_asked() {
    let mut session = compose::asking();
    let before = session.screen();
    let name =
        session.world.containers.values().find(|one| one.project() == Some("shop")).map(|one| one.name.to_string());
    let name = name.expect("a project");
    let mut other = (*session.world.containers.values().find(|one| *one.name == *name).unwrap()).as_ref().clone();
    other.state = State::Paused;
    session.fact(Fact::Container(other));
    session.publish();
    let body = |screen: &str| screen.lines().filter(|line| line.contains('│')).map(str::to_string).collect::<Vec<_>>();
    let inside =
        |screen: &str| body(screen).into_iter().filter(|line| line.contains(&name) && line.contains("sta")).count();
    assert_eq!(inside(&before), inside(&session.screen()), "{}", session.screen());
}

#[test]
fn a_click_on_a_long_notice_takes_it_away_and_hits_nothing_below() {
    let mut session = Session::shop((60, 30));
    session.keys("g");
    let selected = session.app.selected_id();
    let text =
        "a sentence that is much longer than the line and so takes rows of the pane above it as long as it is there";
    session.app.notice = Some(bowline::app::Notice::warn(text, session.app.now));
    session.take_effects();
    session.click("a sentence that");
    assert!(session.app.notice.is_none() && session.app.selected_id() == selected);
    assert!(!session.take_effects().iter().any(|effect| matches!(effect, Effect::Act(..))));
}

#[test]
fn every_place_above_the_cockpit_has_keys_and_a_heading() {
    let keymap = bowline::app::Keymap::default();
    for room in KeyContext::ALL.into_iter().filter(|room| room.is_overlay()) {
        let own = bowline::app::COMMANDS.iter().filter(|spec| spec.is_at(room)).count();
        assert!(own > 0 && !room.title().is_empty(), "{room:?}");
        assert!(keymap.command(room, Key::parse("1").unwrap()).is_none(), "{room:?}: the views are below it");
    }
}

/// The filters that are in force, of the lists on screen and above it.
fn filters(session: &Session) -> Vec<String> {
    let app = &session.app;
    let above = app.overlays.iter().map(|overlay| match overlay {
        Overlay::Events(view) => view.filter_text.clone(),
        Overlay::Text(text) => text.filter.clone(),
        _ => String::new(),
    });
    let of_list = app.list().map_or_else(|| app.fleet.filter_text.clone(), |list| list.filter.clone());
    above.chain([of_list]).filter(|text| !text.is_empty()).collect()
}

#[test]
fn a_filter_stays_until_something_is_typed_and_escape_brings_it_back() {
    for (name, keys) in [("the containers", ""), ("the images", "2"), ("the events", "a"), ("a text", "?")] {
        let mut session = lists::shop(SIZE);
        session.keys(keys).keys("/e<enter>");
        assert_eq!(filters(&session), ["e"], "{name}");
        let shown = session.screen();
        for (rest, wanted) in [
            ("/", "e"),
            ("<esc>", "e"),
            ("/x", "x"),
            ("<backspace>", ""),
            ("<esc>", "e"),
            ("/<up>", "e"),
            ("n<enter>", "en"),
            ("/e<enter>", "e"),
        ] {
            session.keys(rest);
            assert_eq!(filters(&session).concat(), wanted, "{name}: {rest}");
        }
        assert_eq!(session.screen(), shown, "{name}");
        for empty in ["/<enter>", "/x<backspace><enter>"] {
            session.keys("/e<enter>").keys(empty);
            assert!(filters(&session).is_empty(), "{name}: {empty} takes it away");
        }
    }
}

#[test]
fn a_search_for_nothing_is_a_search_for_the_same_again() {
    let mut session = lists::shop(SIZE);
    let searched = |session: &Session| session.app.log.as_ref().and_then(|log| Some(log.search.as_ref()?.text.clone()));
    session.keys("<enter>/GET<enter>");
    assert_eq!(searched(&session).as_deref(), Some("GET"));
    session.keys("/<enter>");
    assert_eq!(searched(&session).as_deref(), Some("GET"), "nothing was typed");
    session.keys("/x<backspace><enter>");
    assert_eq!(searched(&session), None, "what is emptied is searched for no more");
}
