//! The part of a log that is opened: by keys for stretches of time, from its first line, at a time far away.

use super::harness::{NOON, Session, batch};
use bowline::app::{Effect, Msg, Pane};
use bowline::model::{Batch, Event, Fact, Kind, Level, SECOND, Source, StreamEvent, StreamId, Timestamp, Tone};
use insta::assert_snapshot;

fn session() -> Session {
    let mut session = Session::shop((120, 30));
    session.log(&[("newest 1", Level::None), ("newest 2", Level::None)]);
    session.keys("l");
    session.take_effects();
    session
}

fn opened(session: &mut Session, wanted: fn(&Source) -> bool) -> (StreamId, Source) {
    let opened = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Open(stream, source) if wanted(&source) => Some((stream, source)),
        _ => None,
    });
    opened.expect("it was opened")
}

fn at(seconds: i64, lines: &[&str]) -> Batch {
    let lines: Vec<(&str, Level)> = lines.iter().map(|line| (*line, Level::None)).collect();
    let mut batch = batch(&lines);
    batch.lines.iter_mut().for_each(|mark| mark.at = Timestamp(mark.at.0 + seconds * SECOND));
    batch
}

fn shown(session: &Session) -> Vec<String> {
    let view = session.app.log.as_ref().expect("a log");
    let rows = view.visible(20, 80, &session.app.options.logs);
    rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
}

#[test]
fn a_digit_opens_the_log_of_the_last_minutes_and_the_title_says_so() {
    let mut session = session();
    session.keys("4");
    let now = session.app.now;
    let (stream, source) = opened(&mut session, |source| matches!(source, Source::Logs { .. }));
    let Source::Logs { since: Some(since), .. } = source else { panic!("{source:?}") };
    assert_eq!(now.since(since), 900.0);
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-60, &["a minute ago"]))));
    assert_eq!(shown(&session), ["a minute ago"]);
    assert!(session.region(Pane::Logs).contains("last 15m"), "{}", session.region(Pane::Logs));
    session.keys("0");
    let (_, source) = opened(&mut session, |source| matches!(source, Source::Logs { .. }));
    assert!(matches!(source, Source::Logs { since: None, tail: 1000, .. }), "{source:?}");
    assert!(!session.region(Pane::Logs).contains("last 15m"));
    session.keys("<esc>2");
    assert_eq!(session.app.view, Kind::Image, "elsewhere the digits are those of the lists");
}

#[test]
fn the_first_lines_are_read_without_what_lies_between_and_reading_goes_on_from_there() {
    let mut session = session();
    session.keys("1");
    let (stream, source) = opened(&mut session, |source| matches!(source, Source::LogsFrom { .. }));
    assert!(matches!(source, Source::LogsFrom { lines: 2000, .. }), "{source:?}");
    let lines: Vec<String> = (0..2000).map(|number| format!("early {number}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-7200, &lines))));
    session.send(Msg::Ended(stream, None));
    assert_eq!(shown(&session).first().map(String::as_str), Some("early 0"));
    for _ in 0..800 {
        session.keys("<ctrl-d>");
    }
    let (stream, source) = opened(&mut session, |source| matches!(source, Source::LogsFrom { .. }));
    let from = Timestamp((NOON - 7200 + 1999) * SECOND);
    assert!(matches!(source, Source::LogsFrom { from: asked, lines: 2001, .. } if asked == from), "{source:?}");
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-7200 + 1999, &["early 1999", "next"]))));
    session.keys("j");
    assert_eq!(shown(&session).last().map(String::as_str), Some("next"), "the seam is there once");
    session.send(Msg::Ended(stream, None));
    let (_, source) = opened(&mut session, |source| matches!(source, Source::Logs { .. }));
    assert!(matches!(source, Source::Logs { since: None, .. }), "at the end the newest lines are followed again");
}

#[test]
fn a_far_time_is_gone_to_at_once() {
    let mut session = session();
    session.keys("'-3h<enter>");
    let (stream, source) = opened(&mut session, |source| matches!(source, Source::LogsFrom { .. }));
    let now = session.app.now;
    assert!(matches!(source, Source::LogsFrom { from, .. } if now.since(from) == 10_800.0), "{source:?}");
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-10_000, &["then 1", "then 2"]))));
    assert_eq!(shown(&session), ["then 1", "then 2"]);
    session.keys("G");
    opened(&mut session, |source| matches!(source, Source::Logs { .. }));
}

#[test]
fn the_histogram_shows_lines_and_errors_over_time_and_moving_in_it_moves_the_log() {
    let mut session = session();
    let mut lines = at(-7200, &["early"; 5]);
    lines.lines[4].level = Level::Error;
    let wire = session.app.log.as_ref().expect("a log").stream;
    session.keys("0");
    let stream = session.app.log.as_ref().expect("a log").stream;
    assert_ne!(wire, stream);
    session.send(Msg::Chunk(stream, StreamEvent::Lines(lines)));
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-60, &["late"; 30]))));
    session.keys("|z");
    assert_snapshot!(session.region(Pane::Logs));
    session.keys("<<>");
    assert_eq!(shown(&session)[0], "early", "{}", session.region(Pane::Logs));
    session.keys(">");
    assert_eq!(shown(&session)[0], "late");
    let bars = session.app.places().logs.expect("on screen");
    session.click_at(bars.x + 2, bars.y + 1);
    assert_eq!(shown(&session)[0], "early");
    session.keys("!");
    let screen = session.region(Pane::Logs);
    assert!(screen.contains("only level>=error") && screen.contains("at most 1, errors in 1 bar"), "{screen}");
}

#[test]
fn from_an_event_one_goes_to_its_time_in_the_log() {
    let mut session = Session::shop((120, 30));
    let id = session.app.selected_id().expect("a container");
    let happened = |seconds: i64, what: &str| Event {
        at: Timestamp((NOON + seconds) * SECOND),
        topic: Kind::Container,
        action: what.into(),
        id: Some(id.clone()),
        name: "api-1".into(),
        what: what.into(),
        ..Event::default()
    };
    session.fact(Fact::Event(happened(-600, "health")));
    session.publish();
    let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let stream = session.app.log.as_ref().expect("a log").stream;
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-640, &lines))));
    session.keys("al");
    assert_eq!(shown(&session).first().map(String::as_str), Some("line 40"), "{}", session.screen());
}

#[test]
fn times_are_shown_with_milliseconds_on_the_next_press() {
    let mut session = session();
    session.keys("t");
    assert!(session.region(Pane::Logs).contains("12:00:00.000 newest 1"), "{}", session.region(Pane::Logs));
}

#[test]
fn what_happened_to_the_container_stands_between_its_lines() {
    let mut session = Session::shop((120, 30));
    session.log(&[("first run", Level::None), ("second run", Level::None)]);
    let id = session.app.selected_id().expect("a container");
    let happened = |milliseconds: i64, action: &str, what: &str, tone: Tone| {
        let at = Timestamp(NOON * SECOND + milliseconds * SECOND / 1000);
        let (topic, id) = (Kind::Container, Some(id.clone()));
        Event { at, topic, action: action.into(), id, what: what.into(), tone, ..Event::default() }
    };
    session.fact(Fact::Event(happened(300, "die", "exit 1", Tone::Bad)));
    session.fact(Fact::Event(happened(700, "start", "started", Tone::Good)));
    session.fact(Fact::Event(happened(800, "exec_create", "exec", Tone::Plain)));
    session.publish();
    session.keys("l");
    assert_eq!(shown(&session), ["first run", "exit 1, restarted after 400ms", "second run"]);
    let screen = session.region(Pane::Logs);
    assert!(screen.contains("12:00:00 ── exit 1, restarted after 400ms ──"), "{screen}");
    session.keys("<ctrl-s><ctrl-u>x.raw<enter>");
    let saved = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Save(files) => files.into_iter().next().map(|(_, bytes)| bytes),
        _ => None,
    });
    assert_eq!(saved.as_deref(), Some(b"first run\nsecond run\n".as_slice()), "it is no line of the log");
}

#[test]
fn behind_the_last_line_of_a_time_far_away_stands_nothing_that_happened_later() {
    let mut session = session();
    let id = session.app.selected_id().expect("a container");
    for (seconds, what) in [(-9_999, "exit 1"), (-5_000, "exit 2"), (-10, "exit 3")] {
        let at = Timestamp((NOON + seconds) * SECOND + SECOND / 2);
        let (topic, id, action) = (Kind::Container, Some(id.clone()), "die".into());
        session.fact(Fact::Event(Event { at, topic, action, id, what: what.into(), ..Event::default() }));
    }
    session.publish();
    session.keys("'-3h<enter>");
    let (stream, _) = opened(&mut session, |source| matches!(source, Source::LogsFrom { .. }));
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-10_000, &["one", "two", "three"]))));
    session.send(Msg::Ended(stream, None));
    assert_eq!(shown(&session), ["one", "two", "exit 1", "three"]);
}

#[test]
fn a_far_time_stays_on_screen_though_all_that_came_since_is_loaded() {
    let mut session = session();
    session.keys("'-3h<enter>");
    let (stream, _) = opened(&mut session, |source| matches!(source, Source::LogsFrom { .. }));
    let lines: Vec<String> = (0..60).map(|number| format!("then {number}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    session.send(Msg::Chunk(stream, StreamEvent::Lines(at(-10_000, &lines))));
    session.send(Msg::Ended(stream, None));
    assert_eq!(shown(&session)[0], "then 0");
    let reopened = session.take_effects().into_iter().any(|effect| matches!(effect, Effect::Open(..)));
    assert!(!reopened, "nothing leads away from where one went");
}
