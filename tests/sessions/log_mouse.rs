//! Lines of a log are selected with the mouse.

use super::harness::Session;
use bowline::app::{Effect, Pane};
use bowline::model::Level;
use ratatui::layout::Rect;

const LINES: usize = 200;

/// A cockpit with a long log, and the place of its lines.
fn session() -> (Session, Rect) {
    let mut session = Session::shop((120, 30));
    let lines: Vec<String> = (0..LINES).map(|number| format!("line {number}")).collect();
    let lines: Vec<(&str, Level)> = lines.iter().map(|line| (line.as_str(), Level::None)).collect();
    session.log(&lines);
    session.keys("l");
    let pane = session.app.places().logs.expect("on screen");
    let rows = Rect { y: pane.y + 1, height: pane.height - 1, ..pane };
    (session, rows)
}

/// The lines that are copied now.
fn copied(session: &mut Session) -> Vec<String> {
    session.keys("ca");
    let effects = session.take_effects();
    let copy =
        effects.into_iter().rev().find_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None });
    copy.expect("something was copied").lines().map(str::to_string).collect()
}

fn last_line(session: &Session, rows: Rect) -> String {
    let screen = session.screen();
    screen.lines().nth(usize::from(rows.bottom() - 1)).unwrap_or_default().to_string()
}

#[test]
fn lines_between_press_and_release_are_selected_downwards_and_upwards() {
    for (from, to) in [(2, 5), (5, 2)] {
        let (mut session, rows) = session();
        session.click_at(rows.x + 20, rows.y + from);
        session.drag_to(rows.x + 25, rows.y + 3);
        session.drag_to(rows.x + 30, rows.y + to);
        session.release_at(rows.x + 30, rows.y + to);
        session.drag_to(rows.x + 30, rows.y + 8);
        let top = LINES - usize::from(rows.height);
        let expected: Vec<String> = (top + 2..=top + 5).map(|number| format!("line {number}")).collect();
        assert_eq!(copied(&mut session), expected, "what is moved after the release selects nothing");
    }
}

#[test]
fn a_click_without_a_drag_selects_nothing() {
    let (mut session, rows) = session();
    session.click_at(rows.x + 20, rows.y + 2);
    session.drag_to(rows.x + 21, rows.y + 2);
    session.release_at(rows.x + 21, rows.y + 2);
    assert!(session.app.overlays.is_empty());
    session.keys("jv");
    assert_eq!(copied(&mut session).len(), 1, "the cursor was moved, and began no selection");
}

#[test]
fn dragging_above_the_pane_scrolls_for_as_long_as_the_mouse_is_held_there() {
    let (mut session, rows) = session();
    session.click_at(rows.x + 20, rows.y + 2);
    session.drag_to(rows.x + 20, rows.y - 1);
    assert!(session.app.wake().is_some_and(|wake| wake < session.app.now.plus_seconds(0.1)), "it goes on by itself");
    (0..5).for_each(|_| session.wait(0.1));
    session.release_at(rows.x + 20, rows.y - 1);
    (0..5).for_each(|_| session.wait(0.1));
    let top = LINES - usize::from(rows.height);
    let expected: Vec<String> = (top - 6..=top + 2).map(|number| format!("line {number}")).collect();
    assert_eq!(copied(&mut session), expected);
}

#[test]
fn dragging_below_the_pane_ends_at_the_last_line() {
    let (mut session, rows) = session();
    (0..3).for_each(|_| session.keys("<ctrl-u>").wait(0.1));
    session.click_at(rows.x + 20, rows.y);
    session.drag_to(rows.x + 20, rows.bottom());
    (0..LINES).for_each(|_| session.wait(0.1));
    assert!(last_line(&session, rows).contains("line 199"), "{}", session.screen());
    assert!(
        session.app.wake().is_none_or(|wake| wake > session.app.now.plus_seconds(0.1)),
        "nothing is left to scroll"
    );
    let lines = copied(&mut session);
    assert!(lines.len() > usize::from(rows.height) && lines.last().is_some_and(|line| line == "line 199"), "{lines:?}");
}

#[test]
fn a_second_click_on_a_line_opens_it_whole_and_a_key_in_between_does_not() {
    let (mut session, rows) = session();
    let click = |session: &mut Session| {
        session.click_at(rows.x + 20, rows.y + 2);
        session.release_at(rows.x + 20, rows.y + 2);
    };
    click(&mut session);
    session.keys("j");
    click(&mut session);
    assert!(session.app.overlays.is_empty());
    click(&mut session);
    assert!(session.overlay().contains("Line 183  "), "{}", session.overlay());
    session.keys("<esc>");
    session.click_at(rows.x + 20, rows.y + 2);
    session.drag_to(rows.x + 20, rows.y + 4);
    session.release_at(rows.x + 20, rows.y + 4);
    assert!(session.app.overlays.is_empty(), "a drag that begins there selects");
}

#[test]
fn the_wheel_and_a_key_end_the_press() {
    let (mut session, rows) = session();
    session.click_at(rows.x + 20, rows.y + 2);
    session.wheel_down(rows.x + 20, rows.y + 2);
    session.drag_to(rows.x + 20, rows.y + 8);
    session.release_at(rows.x + 20, rows.y + 8);
    session.keys("v");
    assert_eq!(copied(&mut session).len(), 1);
    assert!(session.region(Pane::Logs).contains("line 199"), "{}", session.region(Pane::Logs));
}
