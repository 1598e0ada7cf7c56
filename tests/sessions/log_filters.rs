//! Filters of a log: how they are typed, stacked, switched off and taken away.

use super::harness::{NOON, Session, batch};
use bowline::app::{Effect, Msg, Pane};
use bowline::model::{Batch, Level, Problem, SECOND, SearchProgress, Source, StreamEvent, StreamId, Timestamp};
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
fn a_level_switched_off_is_said_to_be_off_beside_other_filters() {
    let mut session = session((100, 30));
    let said = |session: &mut Session, keys: &str| {
        session.keys(keys);
        session.app.notice.as_ref().map(|notice| notice.text.clone())
    };
    assert_eq!(said(&mut session, "&c<enter>!").as_deref(), Some("errors only"));
    assert_eq!(said(&mut session, "!").as_deref(), Some("all levels"));
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
    assert!(session.region(Pane::Logs).contains("2+ hits"), "{}", session.region(Pane::Logs));
    session.keys("N");
    assert!(session.region(Pane::Logs).contains("1 of 2+"), "{}", session.region(Pane::Logs));
}

#[test]
fn a_mistake_is_said_beside_the_text_which_stays_to_be_corrected() {
    let said = [
        ("&a(", "only a(", "no filter: unclosed group", "<backspace><backspace>cart"),
        ("/~a(", "search ~a(", "no regular expression: unclosed group", "<backspace><backspace>GET"),
        (
            "'soon",
            "go to time soon",
            "'soon' is not a time; try 14:05",
            "<backspace><backspace><backspace><backspace>14:05",
        ),
        ("%took", "graph took", "has no group for the number", "=(.)"),
    ];
    for (typed, kept, mistake, correction) in said {
        let mut session = session((130, 30));
        session.keys(typed);
        session.keys("<enter>");
        let screen = session.screen();
        assert!(screen.contains(kept) && screen.contains(mistake), "{typed}: {screen}");
        session.keys(correction);
        assert!(!session.screen().contains(mistake), "{typed}: {}", session.screen());
        session.keys("<enter>");
        assert!(session.app.overlays.is_empty(), "{typed}: {}", session.screen());
    }
}

#[test]
fn a_mistake_without_room_beside_the_text_stands_above_it() {
    let mut session = session((40, 12));
    session.keys("'soon<enter>");
    let screen = session.screen();
    let last: Vec<&str> = screen.lines().rev().take(3).collect();
    assert!(last[0].contains("go to time soon"), "{screen}");
    assert!(last[2].contains("'soon' is not a time; try 14:05"), "{screen}");
}

/// The stream of the search through the history that was opened last.
fn history(session: &mut Session) -> (StreamId, Source) {
    let opened = session.take_effects().into_iter().rev().find_map(|effect| match effect {
        Effect::Open(stream, source @ Source::SearchLogs { .. }) => Some((stream, source)),
        _ => None,
    });
    opened.expect("a search was opened")
}

fn older(lines: &[(&str, Level)]) -> Batch {
    let mut older = batch(lines);
    older.lines.iter_mut().for_each(|mark| mark.at = Timestamp(mark.at.0 - 3600 * SECOND));
    older
}

fn searched(lines: u64, found: u64) -> StreamEvent {
    let at = Timestamp((NOON - 1800) * SECOND);
    StreamEvent::Searched(SearchProgress { lines, bytes: lines * 100, found, at, cut: 0 })
}

#[test]
fn a_filter_reaches_beyond_what_is_loaded_and_tells_how_far_it_is() {
    let mut session = session((120, 30));
    session.keys("&cart<enter>");
    let (stream, source) = history(&mut session);
    assert!(matches!(source, Source::SearchLogs { ref filters, known_at_before: 1, .. } if filters.0.len() == 1));
    session.send(Msg::Chunk(stream, StreamEvent::Lines(older(&[("GET /cart older", Level::None)]))));
    session.send(Msg::Chunk(stream, searched(400_000, 1)));
    assert_eq!(shown(&session).first().map(String::as_str), Some("GET /cart older"));
    let screen = session.region(Pane::Logs);
    assert!(screen.contains("400.0k lines") && screen.contains("3 of 400.0k lines"), "{screen}");
    session.send(Msg::Ended(stream, None));
    assert!(!session.region(Pane::Logs).contains("history"), "{}", session.region(Pane::Logs));
    assert_eq!(shown(&session).len(), 3);
    session.keys("<esc>");
    assert_eq!(shown(&session).len(), LINES.len(), "without the filter what is loaded is shown without a gap");
}

#[test]
fn the_search_through_the_history_can_be_cancelled_and_what_was_found_stays() {
    let mut session = session((120, 30));
    session.keys("!");
    let (stream, _) = history(&mut session);
    session.send(Msg::Chunk(stream, StreamEvent::Lines(older(&[("ERROR older", Level::Error)]))));
    session.keys("<ctrl-x>");
    assert!(session.take_effects().contains(&Effect::Close(stream)));
    assert_eq!(shown(&session), ["ERROR older", "ERROR no connection to db"]);
    session.keys("g");
    let (again, _) = history(&mut session);
    session.keys("<esc>");
    assert_eq!(shown(&session).len(), LINES.len());
    assert!(session.take_effects().contains(&Effect::Close(again)), "with its filter it ends");
}

#[test]
fn the_engine_failing_in_between_is_told_and_what_was_found_stays() {
    let mut session = session((120, 30));
    session.keys("!");
    let (stream, _) = history(&mut session);
    session.send(Msg::Chunk(stream, StreamEvent::Lines(older(&[("ERROR older", Level::Error)]))));
    session.send(Msg::Chunk(stream, searched(5000, 1)));
    session.send(Msg::Ended(stream, Some(Problem::new("search the log", "the engine went away", ""))));
    assert!(session.screen().contains("the engine went away"), "{}", session.screen());
    assert_eq!(shown(&session), ["ERROR older", "ERROR no connection to db"]);
}

#[test]
fn once_all_older_lines_were_searched_no_plus_says_that_there_may_be_more() {
    let mut session = session((120, 30));
    session.keys("/slow<enter>n");
    let said = |session: &Session| session.app.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    assert_eq!(said(&session), "no later matches; N goes to earlier ones");
    assert!(session.region(Pane::Logs).contains("1 of 1+"), "{}", session.region(Pane::Logs));
    session.keys("N");
    let (stream, _) = history(&mut session);
    session.send(Msg::Ended(stream, None));
    session.keys("N");
    assert_eq!(said(&session), "no earlier matches");
    let title = session.region(Pane::Logs);
    assert!(title.contains("1 of 1") && !title.contains("1 of 1+"), "{title}");
}

#[test]
fn a_search_goes_on_in_older_lines_where_no_further_hit_is_loaded() {
    let mut session = session((120, 30));
    session.keys("/slow<enter>");
    assert!(session.region(Pane::Logs).contains("1 of 1+"), "{}", session.region(Pane::Logs));
    session.keys("N");
    let (stream, _) = history(&mut session);
    session.send(Msg::Chunk(stream, StreamEvent::Lines(older(&[("slow, an hour ago", Level::None)]))));
    session.send(Msg::Ended(stream, None));
    assert_eq!(shown(&session).len(), LINES.len(), "what lies between is not shown as if it were not there");
    session.keys("N");
    let part = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Open(stream, Source::LogsFrom { .. }) => Some(stream),
        _ => None,
    });
    let part = part.expect("the lines from the hit on are loaded");
    session
        .send(Msg::Chunk(part, StreamEvent::Lines(older(&[("slow, an hour ago", Level::None), ("x", Level::None)]))));
    session.send(Msg::Ended(part, Some(Problem::new("read on", "the engine went away", ""))));
    assert_eq!(shown(&session).first().map(String::as_str), Some("slow, an hour ago"));
    assert!(session.region(Pane::Logs).contains("1 of 1"), "{}", session.region(Pane::Logs));
}
