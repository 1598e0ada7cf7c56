//! Why a container is down or slow: the sentence on its card at every size, and the whole answer.

use super::harness::*;
use bowline::app::{Effect, Msg};
use bowline::model::*;
use serde_json::json;
use std::sync::Arc;

/// A shop whose only other container is this one, with the cursor on it.
fn session(size: (u16, u16), one: Container) -> Session {
    let mut session = Session::untouched(size);
    session.connect();
    session.fact(Fact::Containers(ENGINE, vec![one, container("web-1", State::Running)]));
    session.publish();
    session.wait(1.0);
    session
}

fn crashed() -> Container {
    let mut one = container("api-1", State::Exited);
    one.exit_code = Some(1);
    one
}

/// The streams that are read to say why: the inspected container, and its last lines.
fn streams(session: &Session) -> (Option<StreamId>, Option<StreamId>) {
    let opened = |wanted: fn(&Source) -> bool| {
        session.effects.iter().rev().find_map(|effect| match effect {
            Effect::Open(stream, source) if wanted(source) => Some(*stream),
            _ => None,
        })
    };
    let inspect = opened(|source| matches!(source, Source::Inspect { .. }));
    (inspect, opened(|source| matches!(source, Source::OlderLogs { .. })))
}

fn last_lines(session: &mut Session, lines: &[(&str, Level)]) {
    let stream = streams(session).1.expect("its last lines are asked for");
    session.send(Msg::Chunk(stream, StreamEvent::Lines(batch(lines))));
    session.send(Msg::Ended(stream, None));
}

/// The words of a sentence are on screen one after the other; the list may stand between its rows.
#[track_caller]
fn says(session: &Session, sentence: &str) {
    let screen = session.screen();
    let mut rest = screen.as_str();
    for word in sentence.split(' ') {
        let Some(at) = rest.find(word) else { panic!("{word} of {sentence} is not on screen\n{screen}") };
        rest = &rest[at + word.len()..];
    }
}

#[test]
fn the_sentence_stands_on_the_card_without_a_key_at_every_size() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let mut session = session(size, crashed());
        last_lines(&mut session, &[("dial tcp db:5432: connection refused", Level::None)]);
        says(&session, "Exit 1: its last lines tell of a connection that was refused (db:5432), which may be why.");
        assert!(session.screen().contains("why?"), "the key is offered: {}", session.screen());
    }
}

#[test]
fn what_never_started_counts_as_failed_and_says_why() {
    let mut one = container("api-1", State::Created);
    let error = "exec: \"/nope\": stat /nope: no such file or directory: unknown";
    one.detail = Some(Arc::new(Detail { exit_code: 127, error: error.into(), ..Detail::default() }));
    let session = session((120, 30), one);
    assert!(session.screen().contains("1 failed"), "{}", session.screen());
    says(&session, "Start failed: the program /nope is not in the image.");
}

#[test]
fn a_crash_loop_is_red_and_tells_its_last_exit_code_also_while_it_runs() {
    let mut one = container("api-1", State::Restarting);
    (one.exit_code, one.past.restarts) = (Some(3), Some(4));
    let mut session = session((120, 30), one.clone());
    let check = |session: &Session| {
        let screen = session.screen();
        assert!(screen.contains("loop exit 3") && screen.contains("1 restarting"), "{screen}");
        let buffer = session.buffer();
        let row = screen.lines().position(|line| line.contains("loop exit 3")).expect("its row") as u16;
        let bad = session.look.theme.style(bowline::ui::Role::Bad).fg;
        let column = screen.lines().nth(row as usize).unwrap().find("loop exit").unwrap();
        let column = screen.lines().nth(row as usize).unwrap()[..column].chars().count() as u16;
        assert_eq!(Some(buffer[(column, row)].fg), bad, "it is red");
    };
    check(&session);
    (one.state, one.exit_code, one.past.last_exit) = (State::Running, None, Some(3));
    session.fact(Fact::Container(one));
    session.publish();
    check(&session);
}

#[test]
fn a_key_opens_the_whole_answer_and_its_streams_close_with_it() {
    let mut sick = container("api-1", State::Running);
    sick.health = Health::Unhealthy;
    let mut session = session((120, 40), sick);
    let (inspect, none) = streams(&session);
    assert!(none.is_none(), "the log has nothing to do with a health check");
    let document = json!({
        "State": { "Health": { "FailingStreak": 3, "Log": [
            { "Start": "2026-11-21T11:59:50Z", "End": "2026-11-21T11:59:51Z", "ExitCode": 7, "Output": "no db at postgres://u:hunter2@db" },
        ] } },
        "Config": { "Healthcheck": { "Test": ["CMD-SHELL", "curl -f localhost"] } },
    });
    let document = Arc::new(Document::read(&document).expect("a document"));
    session.send(Msg::Chunk(inspect.expect("it is inspected"), StreamEvent::Document(document)));
    says(&session, "Unhealthy: the health check fails with exit 7, 3 times in a row: no db");
    session.keys("d");
    last_lines(&mut session, &[("order=8809 paid", Level::Info)]);
    let answer = session.overlay();
    for part in ["Why?", "api-1", "Evidence", "What to try", "curl -f localhost", "Health checks", "Last lines", "8809"]
    {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    assert!(!session.screen().contains("hunter2"), "secrets are masked");
    session.take_effects();
    session.keys("d");
    assert!(session.app.overlays.is_empty(), "the same key closes it");
    session.keys("j");
    session.wait(1.0);
    let closed = session.effects.iter().any(|effect| *effect == Effect::Close(inspect.unwrap()));
    assert!(closed, "nothing is read for what nobody looks at: {:?}", session.effects);
}

#[test]
fn walking_down_a_list_asks_for_nothing_and_a_new_end_is_read_anew() {
    let mut session = Session::shop((120, 30));
    session.log(&[("x", Level::None)]);
    session.take_effects();
    session.keys("jjjj");
    assert_eq!(streams(&session), (None, None), "the cursor does not rest");
    let mut session = self::session((120, 30), crashed());
    last_lines(&mut session, &[("no space left on device", Level::None)]);
    says(&session, "disk that is full");
    session.take_effects();
    let mut again = crashed();
    (again.exit_code, again.since) = (Some(2), Timestamp::from_seconds(NOON));
    session.fact(Fact::Container(again));
    session.publish();
    last_lines(&mut session, &[("permission denied", Level::None)]);
    says(&session, "Exit 2: its last lines tell of something that it is not permitted to do");
}

#[test]
fn nothing_wrong_is_an_answer_too() {
    let mut session = session((80, 24), container("api-1", State::Running));
    assert!(!session.screen().contains("why?"), "what runs well has no sentence: {}", session.screen());
    session.keys("d");
    assert!(session.overlay().contains("nothing is wrong as far as is known"), "{}", session.overlay());
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
}

#[test]
fn who_stopped_it_is_told_where_it_was_done_here() {
    let mut one = container("api-1", State::Running);
    let mut session = session((120, 30), one.clone());
    session.keys("gS");
    let asked = session.effects.iter().find_map(|effect| match effect {
        Effect::Act(id, operation) => Some((*id, operation.clone())),
        _ => None,
    });
    let (id, operation) = asked.expect("it is stopped");
    session.send(Msg::Done(OperationResult { id, operation, result: Ok(String::new()) }));
    (one.state, one.exit_code, one.past.asked) = (State::Exited, Some(143), Some(true));
    session.fact(Fact::Container(one));
    session.publish();
    says(&session, "Exit 143 (SIGTERM): it was stopped on request; by bowline in this session: stop.");
}

#[test]
fn the_answer_to_a_start_that_was_refused_is_why_until_it_runs() {
    let mut one = crashed();
    one.exit_code = Some(0);
    let mut session = session((120, 40), one.clone());
    session.keys("S");
    let acted = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Act(id, operation) => Some((id, operation)),
        _ => None,
    });
    let (id, operation) = acted.expect("it is to be started");
    assert_eq!(operation.kind, OperationKind::Start);
    let problem = Problem::new("start api-1", "Bind for 0.0.0.0:8080 failed: port is already allocated", "");
    session.send(Msg::Done(OperationResult { id, operation, result: Err(problem) }));
    session.keys("<esc>");
    says(&session, "Start failed: port 8080 of the host is taken");
    one.state = State::Running;
    session.fact(Fact::Container(one));
    session.publish();
    assert!(!session.screen().contains("Start failed"), "{}", session.screen());
}

#[test]
fn restarts_are_a_strip_of_signs_over_time() {
    for (size, ascii) in [((160, 45), false), ((80, 24), false), ((40, 12), true)] {
        let mut one = container("api-1", State::Restarting);
        (one.exit_code, one.past.restarts) = (Some(1), Some(3));
        let mut session = session(size, one.clone());
        if ascii {
            session.look.glyphs = bowline::ui::Glyphs::ASCII;
        }
        for minute in 0..4 {
            for (second, action, what) in [(0, "start", "started"), (2, "die", "exit 1")] {
                session.fact(Fact::Event(Event {
                    at: Timestamp::from_seconds(NOON - 600 + minute * 60 + second),
                    topic: Kind::Container,
                    action: action.into(),
                    id: Some(one.id.clone()),
                    name: "api-1".into(),
                    what: what.into(),
                    ..Event::default()
                }));
            }
        }
        session.publish();
        session.keys("d/exit 1 after<enter>");
        assert!(
            !session.overlay().contains("ended badly"),
            "a filter shows what it finds alone: {}",
            session.overlay()
        );
        session.keys("<esc>");
        let mut seen = session.overlay();
        for _ in 0..20 {
            session.keys("<ctrl-d>");
            seen += &session.overlay();
        }
        let (bad, down) = if ascii { ('x', '.') } else { ('×', '·') };
        let strip = seen.lines().find(|line| line.contains(&format!("{down}{down}")) && line.contains("11:50:00"));
        let strip = strip.unwrap_or_else(|| panic!("no strip: {seen}"));
        assert_eq!(strip.matches(bad).count(), 4, "{strip}");
        assert!(strip.contains("11:53:02") && seen.contains("ended badly"), "{seen}");
    }
}
