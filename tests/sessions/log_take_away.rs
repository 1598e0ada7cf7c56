//! What is taken out of a log: selected lines, files, bookmarks.

use super::harness::{Session, batch};
use bowline::app::{Effect, Msg, Pane};
use bowline::model::{Level, Problem, StreamEvent, TextCopy, TextViewer};
use std::sync::Arc;

fn session() -> Session {
    let mut session = Session::shop((120, 30));
    let lines = [
        ("one", Level::None),
        (r#"{"level":"error","msg":"two","user":"bob"}"#, Level::Error),
        ("\x1b[31mthree\x1b[0m", Level::None),
        ("four", Level::None),
    ];
    session.log(&lines);
    session.keys("l");
    session
}

fn copied(session: &mut Session) -> String {
    let effects = session.take_effects();
    let copy =
        effects.into_iter().rev().find_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None });
    copy.expect("something was copied")
}

fn saved(session: &mut Session) -> (String, String) {
    let effects = session.take_effects();
    let save =
        effects.into_iter().rev().find_map(|effect| if let Effect::Save(files) = effect { Some(files) } else { None });
    let (path, bytes) = save.expect("something was saved").remove(0);
    (path, String::from_utf8(bytes).expect("text"))
}

#[test]
fn lines_are_selected_by_keys_and_copied_in_three_ways() {
    let mut session = session();
    session.keys("vkk");
    session.keys("cw");
    assert_eq!(
        copied(&mut session),
        "2026-11-21 12:00:01.000 {\"level\":\"error\",\"msg\":\"two\",\"user\":\"bob\"}\n2026-11-21 12:00:02.000 three\n2026-11-21 12:00:03.000 four\n"
    );
    session.keys("vkkca");
    assert_eq!(
        copied(&mut session),
        "{\"level\":\"error\",\"msg\":\"two\",\"user\":\"bob\"}\n\x1b[31mthree\x1b[0m\nfour\n"
    );
    session.keys("vkkcm");
    assert_eq!(copied(&mut session), "two\nthree\nfour\n");
    session.keys("c");
    assert_eq!(copied(&mut session).lines().count(), 4, "without a selection the lines on screen");
}

#[test]
fn esc_ends_the_selection_and_a_click_puts_the_cursor_on_a_line() {
    let mut session = session();
    session.keys("vk<esc>c");
    assert_eq!(copied(&mut session).lines().count(), 4);
    let rows = session.app.places().logs.expect("on screen");
    session.click_at(rows.x + 5, rows.y + 1);
    session.keys("vjca");
    assert_eq!(copied(&mut session).lines().next(), Some("one"));
}

#[test]
fn the_ending_of_the_name_says_how_lines_are_saved() {
    let mut session = session();
    session.keys("<ctrl-s>");
    assert!(
        session.screen().contains("save as api-1-2026-11-21-12-00-00-to-2026-11-21-12-00-03.log"),
        "{}",
        session.screen()
    );
    session.keys("<ctrl-u>all.raw<enter>");
    let (path, text) = saved(&mut session);
    assert_eq!(
        (path.as_str(), text.as_str()),
        ("all.raw", "one\n{\"level\":\"error\",\"msg\":\"two\",\"user\":\"bob\"}\n\x1b[31mthree\x1b[0m\nfour\n")
    );
    session.keys("!<ctrl-s><ctrl-u>errors.jsonl<enter>");
    let (_, text) = saved(&mut session);
    assert_eq!(text.lines().count(), 1, "of what passes the filters: {text}");
    assert!(text.contains(r#""container":"api-1""#) && text.contains(r#""message":"two""#), "{text}");
}

#[test]
fn bookmarks_are_gone_to_and_survive_a_look_at_another_container() {
    let mut session = session();
    session.keys("/one<enter>m/three<enter>m<esc>");
    assert_eq!(session.region(Pane::Logs).matches('*').count(), 2, "{}", session.region(Pane::Logs));
    let marked = |session: &Session| session.app.log.as_ref().and_then(|view| view.marked());
    session.keys("G,");
    assert_eq!(marked(&session), Some(2));
    session.keys(",");
    assert_eq!(marked(&session), Some(0));
    session.keys(";");
    assert_eq!(marked(&session), Some(2));
    session.keys("<esc>j");
    session.wait(1.0);
    session.wait(1.0);
    session.keys("k");
    session.wait(1.0);
    session.wait(1.0);
    let stream = session.wire();
    session.send(Msg::Chunk(stream, StreamEvent::Lines(batch(&[("one", Level::None), ("x", Level::None)]))));
    assert_eq!(session.region(Pane::Logs).matches('*').count(), 1, "{}", session.region(Pane::Logs));
    session.keys("l/one<enter>m");
    assert_eq!(session.region(Pane::Logs).matches('*').count(), 0, "the same key takes it away");
}

#[test]
fn json_is_laid_out_raw_on_a_key_and_enter_shows_a_line_whole() {
    let mut session = session();
    assert!(session.region(Pane::Logs).contains("ERROR two user=bob"), "{}", session.region(Pane::Logs));
    session.keys("\\");
    assert!(session.region(Pane::Logs).contains(r#"{"level":"error""#), "{}", session.region(Pane::Logs));
    session.keys("\\E<enter>");
    let whole = session.overlay();
    assert!(whole.contains("user: bob"), "{whole}");
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
}

/// What was opened in a program of the user's own.
fn opened(session: &mut Session) -> (TextViewer, Arc<TextCopy>) {
    let view = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::View(viewer, copy) => Some((viewer, copy)),
        _ => None,
    });
    view.expect("something was opened")
}

#[test]
fn the_shown_lines_are_opened_in_the_pager_or_the_editor_as_they_are_seen() {
    let mut session = session();
    session.keys("o");
    let menu = session.overlay();
    assert!(menu.contains("open the shown lines in") && menu.contains("$PAGER") && menu.contains("$EDITOR"), "{menu}");
    session.keys("p");
    let (viewer, copy) = opened(&mut session);
    assert_eq!(
        (viewer, copy.name.as_str()),
        (TextViewer::Pager, "api-1-2026-11-21-12-00-00-to-2026-11-21-12-00-03.log")
    );
    assert_eq!(copy.text.lines().nth(2), Some("2026-11-21 12:00:02.000 three"), "no escape sequence goes along");
    assert_eq!(copy.text.lines().count(), 4);
    session.keys("oe");
    assert_eq!(opened(&mut session).0, TextViewer::Editor);
}

#[test]
fn only_what_passes_the_filters_or_is_selected_is_opened() {
    let mut session = session();
    session.keys("!op");
    let (_, copy) = opened(&mut session);
    assert!(copy.text.lines().count() == 1 && copy.text.contains("two"), "{}", copy.text);
    session.keys("!vko");
    assert!(session.overlay().contains("open the selected lines in"), "{}", session.overlay());
    session.keys("p");
    let (_, copy) = opened(&mut session);
    assert_eq!(copy.text, "2026-11-21 12:00:02.000 three\n2026-11-21 12:00:03.000 four\n");
}

#[test]
fn the_pager_begins_at_the_line_that_is_on_screen() {
    let mut session = Session::shop((120, 30));
    let lines: Vec<String> = (0..200).map(|number| format!("line {number}")).collect();
    session.log(&lines.iter().map(|line| (line.as_str(), Level::None)).collect::<Vec<_>>());
    let begins = |session: &mut Session, keys: &str| {
        session.keys(keys);
        let (_, copy) = opened(session);
        copy.text.lines().nth(copy.line - 1).expect("a line of it").to_string()
    };
    session.keys("l");
    let top = begins(&mut session, "op");
    let screen = session.region(Pane::Logs);
    let shown = top.split_once("line").expect("a line").1;
    assert!(screen.lines().nth(1).expect("rows").ends_with(&format!("line{shown}")), "{top}\n{screen}");
    assert!(begins(&mut session, "/line 50<enter>op").ends_with("line 50"), "at the hit");
    assert!(begins(&mut session, "<esc>&1$<enter>gop").ends_with("line 1"), "of what passes the filters");
    session.keys("vkkop");
    let (_, copy) = opened(&mut session);
    assert_eq!((copy.line, copy.text.lines().count()), (1, 3), "the line under the cursor, in what is selected");
}

#[test]
fn a_log_without_lines_is_not_opened_and_a_pager_that_failed_is_told() {
    let mut session = Session::shop((120, 30));
    session.keys("lo");
    assert!(session.screen().contains("no lines to open yet"), "{}", session.screen());
    let problem = Problem::new("open the log in the pager", "less: not found", "set PAGER to your pager");
    session.send(Msg::Viewed(Err(problem)));
    let screen = session.screen();
    assert!(screen.contains("less: not found") && screen.contains("set PAGER to your pager"), "{screen}");
}
