//! Filters of a log: how they are typed, stacked, switched off and taken away.

use super::harness::Session;
use bowline::app::Pane;
use bowline::model::Level;
use insta::assert_snapshot;

const LINES: &[(&str, Level)] = &[
    ("GET /healthz 200", Level::None),
    ("GET /cart status=200 user=alice", Level::None),
    ("WARN slow query", Level::Warn),
    ("GET /cart status=503 user=bob", Level::None),
    ("ERROR no connection to db", Level::Error),
    ("GET /healthz 200", Level::None),
];

fn session(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    session.log(LINES);
    session.keys("l");
    session
}

/// The texts of the lines on screen.
fn shown(session: &Session) -> Vec<String> {
    let view = session.app.log.as_ref().expect("a log");
    let rows = view.visible(20, 80, &session.app.options.logs);
    rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
}

#[test]
fn a_filter_is_in_force_while_it_is_typed_and_esc_takes_it_back() {
    let mut session = session((100, 30));
    session.keys("&cart");
    assert_eq!(shown(&session), ["GET /cart status=200 user=alice", "GET /cart status=503 user=bob"]);
    session.keys("<esc>");
    assert_eq!(shown(&session).len(), LINES.len());
}

#[test]
fn filters_are_stacked_switched_off_and_taken_away() {
    let mut session = session((100, 30));
    session.keys("&GET<enter>&!healthz<enter>&status>=500<enter>");
    assert_eq!(shown(&session), ["GET /cart status=503 user=bob"]);
    assert_snapshot!(session.region(Pane::Logs));
    session.keys("F");
    assert_snapshot!(session.overlay());
    session.keys("jj<enter>");
    assert_eq!(shown(&session).len(), 2, "the third is switched off");
    session.keys("<esc>");
    assert_eq!(shown(&session).len(), 2, "the one that was off is gone");
    session.keys("<esc>");
    assert_eq!(shown(&session).len(), 4);
    session.keys("<esc>");
    assert_eq!(shown(&session).len(), LINES.len());
}

#[test]
fn one_key_shows_errors_only_and_another_warnings_too() {
    let mut session = session((100, 30));
    session.keys("!");
    assert_eq!(shown(&session), ["ERROR no connection to db"]);
    session.keys("=");
    assert_eq!(shown(&session), ["WARN slow query", "ERROR no connection to db"]);
    session.keys("=");
    assert_eq!(shown(&session).len(), LINES.len());
}

#[test]
fn new_lines_pass_the_filters_as_they_come() {
    let mut session = session((100, 30));
    session.keys("&cart<enter>");
    session.log(&[("GET /cart again", Level::None), ("other", Level::None)]);
    assert_eq!(shown(&session).last().map(String::as_str), Some("GET /cart again"));
    session.keys("k");
    session.log(&[("GET /cart and again", Level::None), ("other", Level::None)]);
    assert!(session.app.log.as_ref().is_some_and(|view| view.follows()), "a short log goes on following");
}

#[test]
fn a_search_counts_its_hits_and_tells_which_one_is_shown() {
    let mut session = session((100, 30));
    session.keys("/GET<enter>");
    assert!(session.region(Pane::Logs).contains("search GET  4 of 4"), "{}", session.region(Pane::Logs));
    session.keys("NN");
    assert!(session.region(Pane::Logs).contains("2 of 4"));
    session.keys("&healthz<enter>");
    assert!(session.region(Pane::Logs).contains("search GET  2 hits"), "{}", session.region(Pane::Logs));
    session.keys("N");
    assert!(session.region(Pane::Logs).contains("search GET  1 of 2"), "{}", session.region(Pane::Logs));
}

#[test]
fn a_pattern_that_is_none_is_refused_with_the_reason() {
    let mut session = session((100, 30));
    session.keys("&a(<enter>");
    assert!(session.screen().contains("'a(' is no filter: unclosed group"), "{}", session.screen());
    session.keys("/~a(<enter>");
    assert!(session.screen().contains("'~a(' is no regular expression: unclosed group"), "{}", session.screen());
    assert_eq!(shown(&session).len(), LINES.len());
}
