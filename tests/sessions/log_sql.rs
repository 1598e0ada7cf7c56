//! What is asked of a log in SQL: the statement, the table that answers it, and what is done with that.

use super::harness::{Session, batch};
use bowline::app::{Action, Effect, Msg, Overlay};
use bowline::model::{Level, LogQuery, StreamEvent, StreamId};
use bowline::services::log_query;
use insta::assert_snapshot;
use std::sync::Arc;

fn session(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    session.log(&[
        (r#"{"level":"info","msg":"served","path":"/orders","status":200,"took":1.25}"#, Level::Info),
        (r#"{"level":"error","msg":"failed","path":"/orders","status":500,"took":30.5}"#, Level::Error),
        (r#"{"level":"info","msg":"served","path":"/users","status":200,"took":0.75,"user":null}"#, Level::Info),
        ("words alone", Level::None),
    ]);
    session.keys("l");
    session.take_effects();
    session
}

fn question(session: &mut Session) -> (StreamId, Arc<LogQuery>) {
    let asked = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Query(stream, query) => Some((stream, query)),
        _ => None,
    });
    asked.expect("a question")
}

/// The container writes a line.
fn say(session: &mut Session, line: &str) {
    let stream = session.app.log.as_ref().expect("a log is open").stream;
    session.send(Msg::Chunk(stream, StreamEvent::Lines(batch(&[(line, Level::None)]))));
}

/// Answers what was asked, as the loop does.
fn answer(session: &mut Session) {
    let (stream, query) = question(session);
    let answer = log_query::run(&query, || None).map(Arc::new);
    session.send(Msg::Answered(stream, answer, 0.01));
}

fn ask(session: &mut Session, statement: &str) {
    session.keys(":sql ");
    for letter in statement.chars() {
        // What the harness takes for the name of a key is pasted.
        match letter {
            '<' | '>' => session.send(Msg::Input(crossterm::event::Event::Paste(letter.to_string()))),
            letter => drop(session.keys(&letter.to_string())),
        }
    }
    session.keys("<enter>");
    answer(session);
}

const BY_PATH: &str =
    "SELECT path, count(*) AS n, max(took) AS slowest, avg(status) AS status FROM log GROUP BY path ORDER BY n";

#[test]
fn a_statement_in_the_palette_is_answered_by_a_table() {
    let mut session = session((80, 24));
    ask(&mut session, BY_PATH);
    assert_snapshot!(session.overlay_with_styles());
}

#[test]
fn a_small_terminal_shows_a_table_too_and_the_other_columns_on_a_key() {
    let mut session = session((40, 12));
    ask(&mut session, "SELECT number, time, level, message, path FROM log");
    assert_snapshot!("small, first columns", session.overlay());
    session.keys("<right><right>j");
    assert_snapshot!("small, other columns", session.overlay());
    session.keys("<left><left><left>");
    assert!(session.overlay().contains("number"), "{}", session.overlay());
}

#[test]
fn without_a_statement_the_columns_are_told_and_one_is_asked_for() {
    let mut session = session((80, 24));
    session.keys(":sql<enter>");
    assert_snapshot!(session.overlay());
    session.keys("SELECT 1<enter>");
    answer(&mut session);
    assert!(session.overlay().contains("1 row"), "{}", session.overlay());
}

#[test]
fn earlier_statements_come_back_and_are_edited() {
    let mut session = session((100, 24));
    ask(&mut session, "SELECT 1 AS one");
    session.keys("<esc>");
    ask(&mut session, "SELECT 2 AS two");
    session.keys("e<ctrl-u>x<up><up>");
    assert!(session.overlay().contains("sql SELECT 1 AS one"), "{}", session.overlay());
    session.keys("<down><down>");
    assert!(session.overlay().contains("sql x"), "what was typed is still there: {}", session.overlay());
    session.keys("<up>s<enter>");
    let (_, query) = question(&mut session);
    assert_eq!(query.statement, "SELECT 2 AS twos");
}

#[test]
fn what_is_wrong_is_pointed_at_and_the_statement_is_there_to_be_mended() {
    let mut session = session((80, 24));
    ask(&mut session, "SELECT path, statuss FROM log");
    assert_snapshot!(session.overlay());
    session.keys("e");
    assert!(session.overlay().contains("sql SELECT path, statuss FROM log"), "{}", session.overlay());
}

#[test]
fn a_statement_that_takes_long_is_cancelled_and_its_late_answer_is_nobodys() {
    let mut session = session((80, 24));
    session.keys(":sql SELECT 1<enter>");
    let (stream, query) = question(&mut session);
    session.wait(3.0);
    assert!(session.overlay().contains("asking, 3 s"), "{}", session.overlay());
    session.keys("<ctrl-x>");
    assert_eq!(session.take_effects(), [Effect::CancelQuery(stream)]);
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
    session.take_effects();
    session.send(Msg::Answered(stream, log_query::run(&query, || None).map(Arc::new), 3.0));
    assert!(session.app.overlays.is_empty(), "it is not shown");
    session.keys(":sql SELECT 2<enter>");
    let (second, _) = question(&mut session);
    session.keys("e<ctrl-u>SELECT 3<enter>");
    let effects = session.take_effects();
    assert_eq!(effects.first(), Some(&Effect::CancelQuery(second)), "one at a time");
}

#[test]
fn a_question_shares_the_lines_of_the_log_and_new_lines_do_not_reach_it() {
    let mut session = session((80, 24));
    let asked = |session: &mut Session| {
        session.keys(":sql SELECT 1<enter>");
        question(session).1
    };
    let (first, second) = (asked(&mut session), asked(&mut session));
    assert!(Arc::ptr_eq(&first.lines.batches[0], &second.lines.batches[0]), "nothing was copied");
    say(&mut session, "later");
    let lines = |query: &LogQuery| query.lines.batches.iter().map(|batch| batch.lines.len()).sum::<usize>();
    assert_eq!((lines(&first), lines(&asked(&mut session))), (4, 5));
}

#[test]
fn another_engine_cancels_the_statement_that_is_being_answered() {
    let mut session = session((80, 24));
    session.keys(":sql SELECT 1<enter>");
    let (stream, _) = question(&mut session);
    assert_eq!(session.app.forget_engine(), [Effect::CancelQuery(stream)]);
    assert!(session.app.overlays.is_empty() && session.app.forget_engine().is_empty());
}

fn saved(session: &mut Session) -> (String, String) {
    let effects = session.take_effects();
    let save = effects.into_iter().find_map(|effect| if let Effect::Save(files) = effect { Some(files) } else { None });
    let (path, bytes) = save.expect("something was saved").remove(0);
    (path, String::from_utf8(bytes).expect("text"))
}

#[test]
fn a_table_is_saved_by_the_ending_of_the_path_and_copied() {
    let mut session = session((100, 24));
    ask(&mut session, "SELECT path, status FROM log WHERE status = 500");
    session.keys("s<enter>");
    let (path, text) = saved(&mut session);
    assert!(path.starts_with("api-1-sql-2026-11-21-12-00-") && path.ends_with(".csv"), "{path}");
    assert_eq!(text, "path,status\n/orders,500\n");
    session.keys("<ctrl-s><ctrl-u>x.json<enter>");
    assert_eq!(saved(&mut session), ("x.json".into(), "[\n{\"path\":\"/orders\",\"status\":500}\n]\n".into()));
    session.keys("s<ctrl-u>x.jsonl<enter>");
    assert_eq!(saved(&mut session).1, "{\"path\":\"/orders\",\"status\":500}\n");
    session.keys("cr");
    assert_eq!(session.take_effects(), [Effect::Copy("/orders\t500".into())]);
    session.keys("<enter>");
    assert!(session.overlay().contains("status  500"), "a row, whole: {}", session.overlay());
}

#[test]
fn what_is_copied_of_a_table_holds_nothing_that_acts_on_a_terminal() {
    let mut session = session((100, 24));
    let hostile = r#"{"msg":"a\u001b]0;owned\u0007\u009b2J"}"#;
    say(&mut session, hostile);
    ask(&mut session, "SELECT message FROM log WHERE message LIKE '%owned%'");
    session.take_effects();
    let visible = "a^[]0;owned^G<9b>2J";
    session.keys("cr");
    assert_eq!(session.take_effects(), [Effect::Copy(visible.into())]);
    session.keys("c<down><enter>");
    assert_eq!(session.take_effects(), [Effect::Copy(format!("message\n{visible}\n"))]);
    session.keys("c<down><down><enter>");
    assert_eq!(session.take_effects(), [Effect::Copy(format!("message\n{visible}\n"))]);
    session.keys("c<down><down><down><enter>");
    let json = r#"{"message":"a\u001b]0;owned\u0007\u009b2J"}"#;
    assert_eq!(session.take_effects(), [Effect::Copy(format!("[\n{json}\n]\n"))]);
    session.keys("s<enter>");
    assert_eq!(saved(&mut session).1, "message\na\x1b]0;owned\x07\u{9b}2J\n", "a file has what was written");
}

#[test]
fn no_text_of_the_table_is_made_before_it_is_chosen() {
    let mut session = session((100, 24));
    ask(&mut session, BY_PATH);
    session.keys("c");
    let Some(Overlay::Menu(menu)) = session.app.overlays.last() else { panic!("no menu") };
    let made: Vec<&str> = menu
        .shown()
        .filter(|item| matches!(item.action, Action::Effect(Effect::Copy(_))))
        .map(|item| item.label.as_str())
        .collect();
    assert_eq!(made, ["row", "statement"]);
}

#[test]
fn what_passes_the_filters_is_in_a_view_of_its_own() {
    let mut session = session((100, 24));
    session.keys("&level>=error<enter>");
    ask(&mut session, "SELECT (SELECT count(*) FROM shown) AS shown, (SELECT count(*) FROM log) AS loaded");
    session.keys("cr");
    assert_eq!(session.take_effects(), [Effect::Copy("1\t4".into())]);
}

#[test]
fn a_merged_log_has_the_name_of_the_container_in_each_line() {
    let mut session = Session::shop((100, 24));
    session.keys("<space>j<space>l");
    let opened: Vec<StreamId> = session
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Open(stream, bowline::model::Source::Logs { .. }) => Some(stream),
            _ => None,
        })
        .collect();
    let wires = &opened[opened.len() - 2..];
    for (place, wire) in wires.iter().enumerate() {
        let line = format!("of {place}");
        session.send(Msg::Chunk(*wire, StreamEvent::Lines(batch(&[(&line, Level::None)]))));
    }
    session.wait(5.0);
    ask(&mut session, "SELECT count(DISTINCT container), count(*) FROM log");
    session.keys("cr");
    assert_eq!(session.take_effects(), [Effect::Copy("2\t2".into())]);
}

#[test]
fn without_a_log_it_is_said_that_there_is_none() {
    let mut session = Session::shop((100, 24));
    session.keys("l:sql SELECT 1<enter>");
    assert!(
        session.screen().contains("no lines to ask yet") || session.screen().contains("no log is open"),
        "{}",
        session.screen()
    );
}
