//! What an engine refuses is on the screen with its reason, and nothing asks again by itself without end.

use super::harness::*;
use super::lists;
use bowline::app::{Command, Effect, Msg, resource};
use bowline::model::*;

const SIZE: (u16, u16) = (160, 45);

type Is = fn(&Source) -> bool;

fn refused() -> Problem {
    Problem::new("ask", "a guard forbids it", "")
}

/// What was opened of a kind since the effects were taken last.
fn opened(session: &mut Session, is_it: Is) -> Vec<StreamId> {
    let opened = session.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Open(wire, source) if is_it(&source) => Some(wire),
        _ => None,
    });
    opened.collect()
}

#[track_caller]
fn assert_said(session: &Session, where_: &str) {
    assert!(session.screen().contains("a guard forbids it"), "{where_}: {}", session.screen());
}

#[test]
fn a_pane_that_is_refused_says_why_as_long_as_nothing_else_comes() {
    let panes: [(&str, &str, Is); 3] = [
        ("processes", "p", |source| matches!(source, Source::Processes { .. })),
        ("inspect", "i", |source| matches!(source, Source::Inspect { .. })),
        ("files", "b", |source| matches!(source, Source::Folder { .. })),
    ];
    for (name, key, is_it) in panes {
        let mut session = Session::shop(SIZE);
        session.take_effects();
        session.keys(key);
        session.wait(1.0);
        let mut wires = opened(&mut session, is_it);
        for _ in 0..20 {
            let Some(wire) = wires.pop() else { break };
            session.send(Msg::Ended(wire, Some(refused())));
            assert_said(&session, name);
            // What is opened again waits in the store for its turn; until then the reason stays.
            wires = opened(&mut session, is_it);
            assert!(wires.len() <= 1, "{name}: {wires:?}");
            session.wait(1.0);
            assert_said(&session, name);
        }
    }
}

#[test]
fn processes_come_in_the_place_of_the_reason() {
    let mut session = Session::shop(SIZE);
    session.take_effects();
    session.keys("p");
    let is_it: Is = |source| matches!(source, Source::Processes { .. });
    let first = opened(&mut session, is_it).pop().unwrap();
    session.send(Msg::Ended(first, Some(refused())));
    let again = opened(&mut session, is_it).pop().unwrap();
    let list = vec![Process { pid: 7, command: "sleep 1".into(), ..Process::default() }];
    session.send(Msg::Chunk(again, StreamEvent::Processes(Processes { list, execs: Vec::new() }.into())));
    let screen = session.screen();
    assert!(screen.contains("sleep 1") && !screen.contains("a guard"), "{screen}");
}

#[test]
fn a_log_that_is_refused_says_why() {
    let mut session = Session::shop(SIZE);
    let wire = session.wire();
    session.send(Msg::Chunk(wire, StreamEvent::State(LogState::Reconnecting(refused()))));
    assert_said(&session, "log");
}

#[test]
fn figures_that_are_refused_say_why_and_old_ones_are_not_shown_as_if_they_were_of_now() {
    let mut session = Session::shop(SIZE);
    let selected = session.app.selected_id().unwrap();
    session.fact(Fact::Unread(selected, "the engine refuses it: a guard forbids it".into()));
    session.publish();
    assert_said(&session, "figures");
    let screen = session.screen();
    assert!(screen.contains("no reading: the engine refuses it") && !screen.contains("measuring"), "{screen}");
}

#[test]
fn lists_events_and_layers_that_are_refused_say_why() {
    // Projects are asked of no engine: they are known by their containers.
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Project) {
        let mut session = lists::shop(SIZE);
        let list = resource::list_of(kind).map_or(Command::FocusFleet, |list| list.command);
        session.keys(list.spec().keys[0]);
        session.fact(Fact::Stock(ENGINE, InventoryUpdate::Failed(kind, refused())));
        session.publish();
        assert_said(&session, kind.word());
    }
    let mut session = lists::shop(SIZE);
    session.keys("6");
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::DiskFailed(refused())));
    session.publish();
    assert_said(&session, "disk");
    let mut session = lists::shop(SIZE);
    session.keys("2");
    let image = session.app.list().unwrap().selected().unwrap().of.clone();
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::LayersFailed(image, refused())));
    session.publish();
    assert_said(&session, "layers");
    for size in [SIZE, (80, 24)] {
        let mut session = Session::shop(size);
        session.fact(Fact::Unheard(ENGINE, Some(refused())));
        session.publish();
        assert_said(&session, "events");
        session.keys("a");
        assert_said(&session, "all events");
    }
}
