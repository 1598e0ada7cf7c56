//! A line of a log, shown whole: objects as a tree, anything else as text, and steps from line to line.

use super::harness::{NOON, Session};
use bowline::app::{Effect, Msg, Overlay};
use bowline::model::{Batch, Level, LineMark, SECOND, StreamEvent, Timestamp};

const ORDER: &str =
    r#"{"level":"error","msg":"order failed","user":{"name":"ann","roles":["admin","ops"]},"took":912}"#;

/// Lines a second apart: their bytes, their level, and whether they go on with the entry before.
fn session(size: (u16, u16), lines: &[(&[u8], Level, bool)]) -> Session {
    let mut session = Session::shop(size);
    let mut batch = Batch::default();
    for (second, (line, level, continues)) in lines.iter().enumerate() {
        let at = Timestamp((NOON + second as i64) * SECOND);
        let (start, len) = (batch.bytes.len() as u32, line.len() as u32);
        batch.lines.push(LineMark { start, len, at, level: *level, continues: *continues, ..LineMark::default() });
        batch.bytes.extend_from_slice(line);
    }
    let wire = session.wire();
    session.send(Msg::Chunk(wire, StreamEvent::Lines(batch)));
    session.keys("l");
    session
}

fn orders() -> Session {
    let lines: [(&[u8], Level, bool); 3] = [
        (b"ready", Level::Info, false),
        (ORDER.as_bytes(), Level::Error, false),
        (br#"{"level":"info","msg":"order shipped","user":{"name":"bob","roles":[]},"took":3}"#, Level::Info, false),
    ];
    session((120, 30), &lines)
}

fn copied(session: &mut Session) -> String {
    let effects = session.take_effects();
    let copy =
        effects.into_iter().rev().find_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None });
    copy.expect("something was copied")
}

#[test]
fn an_object_is_a_tree_that_folds() {
    let mut session = orders();
    session.keys("E<enter>");
    let whole = session.overlay();
    assert!(whole.contains("Line 2  12:00:01.000  api-1  error  2026-11-21"), "{whole}");
    assert!(whole.contains("name: ann") && whole.contains("- ops") && whole.contains("took: 912"), "{whole}");
    session.keys("jj<enter>");
    assert!(session.overlay().contains("{…} 2"), "{}", session.overlay());
    assert!(!session.overlay().contains("ann"), "{}", session.overlay());
    session.keys("<right>j");
    assert!(session.overlay().contains("user.name"), "the way to the value: {}", session.overlay());
    session.keys("t");
    assert!(session.overlay().contains(r#""name": "ann","#), "{}", session.overlay());
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
}

#[test]
fn a_search_opens_folds_and_what_is_found_is_copied_in_four_ways() {
    let mut session = orders();
    session.keys("E<enter>oo/ann<enter>");
    assert!(session.overlay().contains("name: ann"), "{}", session.overlay());
    session.keys("y");
    assert_eq!(copied(&mut session), "ann");
    session.keys("cj<enter>");
    assert_eq!(copied(&mut session), "user.name");
    session.keys("cjj<enter>");
    assert!(copied(&mut session).starts_with("level: error\nmsg: order failed\nuser:\n  name: ann\n"));
    session.keys("cjjj<enter>");
    assert_eq!(copied(&mut session), ORDER);
    session.keys("/shipped<enter>n");
    assert!(session.overlay().contains("name: ann"), "the cursor stays where nothing is found");
    session.keys("<esc><esc>");
    assert!(session.app.overlays.is_empty(), "first the search is left, then the line");
}

#[test]
fn steps_lead_to_the_lines_beside_in_the_same_way_and_the_log_goes_along() {
    let mut session = orders();
    session.keys("E<enter>/name<enter>]");
    let whole = session.overlay();
    assert!(whole.contains("Line 3") && whole.contains("name: bob"), "{whole}");
    session.keys("y");
    assert_eq!(copied(&mut session), "bob", "the cursor stands on the same value");
    session.keys("]");
    assert!(session.screen().contains("no line behind it yet"), "{}", session.screen());
    session.keys("[[");
    let whole = session.overlay();
    assert!(whole.contains("Line 1  12:00:00.000") && whole.contains("ready"), "{whole}");
    session.keys("[");
    assert!(session.screen().contains("no line before it is loaded"), "{}", session.screen());
    session.keys("<esc>");
    assert_eq!(session.app.log.as_ref().and_then(|view| view.marked()), Some(0));
}

#[test]
fn pairs_are_a_tree_and_words_are_text_with_all_that_goes_on_with_them() {
    let lines: [(&[u8], Level, bool); 5] = [
        (b"level=warn msg=\"slow query\" took=912", Level::Warn, false),
        (b"Traceback (most recent call last):", Level::Error, false),
        (b"  File \"app.py\", line 3", Level::Error, true),
        (b"KeyError: 'user'", Level::Error, true),
        (b"next", Level::None, false),
    ];
    let mut session = session((80, 24), &lines);
    session.keys("/KeyError<enter><enter>");
    let whole = session.overlay();
    assert!(whole.contains("Line 2") && whole.contains("Traceback") && whole.contains("KeyError: 'user'"), "{whole}");
    session.keys("y");
    assert_eq!(copied(&mut session).lines().count(), 3);
    session.keys("o");
    assert!(session.screen().contains("it has nothing to fold"), "{}", session.screen());
    session.keys("[");
    assert!(session.overlay().contains("took: 912"), "{}", session.overlay());
    session.keys("]]");
    assert!(session.overlay().contains("Line 5"), "the rest of the entry is no line of its own: {}", session.overlay());
}

#[test]
fn lines_of_any_kind_are_shown_at_any_size() {
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let wide = format!("[{}]", vec!["1"; 30_000].join(","));
    let long = format!("{{\"text\":\"{}", "x".repeat(64 << 10));
    let lines: [(&[u8], Level, bool); 6] = [
        (deep.as_bytes(), Level::None, false),
        (wide.as_bytes(), Level::None, false),
        (long.as_bytes(), Level::None, false),
        (b"\xff\xfe{\"a\":1}\x1b[2J\x1b]0;title\x07", Level::None, false),
        (br#"{"a\u001b[31m":"b\u202e\u0000\nc","":{"":[[],{}]}}"#, Level::None, false),
        (b"", Level::None, false),
    ];
    for size in [(160, 45), (80, 24), (40, 12), (12, 4)] {
        let mut session = session(size, &lines);
        session.keys("g<enter>");
        for line in 0..lines.len() {
            let screen = session.screen();
            assert!(!screen.contains(['\u{1b}', '\u{202e}', '\u{7}', '\0']), "line {line} at {size:?}: {screen}");
            assert!(matches!(session.app.overlays.last(), Some(Overlay::Line(_))), "line {line} at {size:?}");
            session.keys("jGktoo]");
        }
    }
    let mut session = session((120, 30), &lines);
    session.keys("g/a<enter>gv<enter>");
    session.keys("[[[[[[");
    assert!(session.overlay().contains("no tree: recursion limit exceeded"), "{}", session.overlay());
    session.keys("]");
    assert!(session.overlay().contains("values left out"), "{}", session.overlay());
}

#[test]
fn where_the_log_is_another_one_by_now_no_step_leads_anywhere() {
    let mut session = orders();
    session.keys("E<enter>");
    session.app.log = None;
    session.keys("]");
    assert!(session.screen().contains("no longer in the log on screen"), "{}", session.screen());
}
