//! Rows that go away under the cursor: nothing is done to what has come there instead.

use super::harness::*;
use super::lists;
use bowline::app::{Effect, Msg};
use bowline::model::*;
use std::sync::Arc;

const SIZE: (u16, u16) = (160, 45);

/// The cursor is on the first of twelve.
fn on_web_1() -> Session {
    let mut session = Session::shop(SIZE);
    session.keys("gjjjjjj");
    assert_eq!(session.app.selected_id(), Some(id("web-1")));
    session.take_effects();
    session
}

fn gone(session: &mut Session, name: &str) {
    session.fact(Fact::Gone(id(name)));
    session.publish();
}

/// Another one of that name.
fn made_anew(session: &mut Session, name: &str) -> Id {
    let mut anew = container(name, State::Running);
    anew.id = id(&format!("{name} anew"));
    let id = anew.id.clone();
    session.fact(Fact::Container(anew));
    session.publish();
    id
}

fn stopped(session: &mut Session) -> Vec<Id> {
    session.keys("S");
    acts(session).into_iter().map(|act| act.id).collect()
}

#[test]
fn an_act_does_not_hit_the_neighbour_of_what_went_away() {
    let mut session = on_web_1();
    gone(&mut session, "web-1");
    for key in ["S", "P", "D", "K", "N", "R", "e"] {
        session.keys(key);
        assert!(session.app.overlays.is_empty(), "{key}");
        let done = session
            .take_effects()
            .into_iter()
            .find(|effect| matches!(effect, Effect::Act(..) | Effect::Open(_, Source::Exec(_))));
        assert_eq!(done, None, "{key}");
        let why = "nothing done: the selection just moved by itself from web-1 to web-2";
        assert!(session.screen().contains(why), "{key}: {}", session.screen());
    }
    session.wait(1.1);
    assert_eq!(stopped(&mut session), [id("web-2")], "a second has passed: it is seen");
}

#[test]
fn who_has_moved_knows_where_the_cursor_is() {
    let mut session = on_web_1();
    gone(&mut session, "web-1");
    session.keys("j");
    assert_eq!(stopped(&mut session), [id("web-3")]);
    session.keys("G");
    gone(&mut session, "web-12");
    session.keys("j");
    assert_eq!(stopped(&mut session), [id("web-11")], "moved, though it was the last");
}

#[test]
fn marked_ones_are_meant_wherever_the_cursor_falls() {
    let mut session = on_web_1();
    session.keys("<space>");
    gone(&mut session, "web-2");
    assert_eq!(stopped(&mut session), [id("web-1")]);
}

#[test]
fn what_the_filter_hides_is_gone_from_under_the_cursor_too() {
    let mut session = on_web_1();
    session.keys("/state:running<enter>gjj");
    let at = session.app.selected_id().unwrap();
    let mut ended = (*session.world.containers[&at]).clone();
    (ended.state, ended.exit_code) = (State::Exited, Some(0));
    session.fact(Fact::Container(ended));
    session.publish();
    assert!(stopped(&mut session).is_empty());
}

#[test]
fn one_of_the_same_name_takes_its_place() {
    let mut session = on_web_1();
    session.fact(Fact::Gone(id("web-1")));
    let anew = made_anew(&mut session, "web-1");
    assert_eq!(stopped(&mut session), [anew], "it came with the same news");
    let mut session = on_web_1();
    gone(&mut session, "web-1");
    session.wait(0.4);
    let anew = made_anew(&mut session, "web-1");
    assert_eq!(stopped(&mut session), [anew], "it came a little later");
    let mut session = on_web_1();
    gone(&mut session, "web-1");
    session.wait(2.0);
    let anew = made_anew(&mut session, "web-1");
    assert_eq!(session.app.selected_id(), Some(anew.clone()));
    assert!(stopped(&mut session).is_empty(), "the neighbour may have been meant by then");
    session.wait(1.1);
    assert_eq!(stopped(&mut session), [anew]);
    let mut session = on_web_1();
    gone(&mut session, "web-1");
    session.keys("j");
    made_anew(&mut session, "web-1");
    assert_eq!(session.app.selected_id(), Some(id("web-3")), "who has moved is left alone");
}

#[test]
fn other_lists_are_as_careful() {
    let mut session = lists::shop(SIZE);
    session.keys("3g");
    let volumes = |session: &Session| session.world.inventory(ENGINE).volumes.clone().unwrap();
    let first = session.app.list().unwrap().selected().unwrap().of.clone();
    let left = volumes(&session).iter().filter(|one| one.id != first).map(|one| (**one).clone()).collect();
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Volumes(left, Timestamp(7))));
    session.publish();
    session.keys("D");
    assert!(
        session.app.overlays.is_empty() && session.screen().contains("nothing done: the selection"),
        "{}",
        session.screen()
    );
    session.wait(1.1);
    session.keys("D");
    assert_eq!(session.app.overlays.len(), 1, "asked now");

    let mut session = lists::shop(SIZE);
    session.keys("4g");
    let name = session.app.list().unwrap().selected().unwrap().name.clone();
    let networks = session.world.inventory(ENGINE).networks.clone().unwrap();
    let anew: Vec<Network> = networks
        .iter()
        .map(|one| if one.name == name { Network { id: id("anew"), ..(**one).clone() } } else { (**one).clone() })
        .collect();
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Networks(anew)));
    session.publish();
    assert_eq!(session.app.list().unwrap().selected().unwrap().of, id("anew"), "made anew under its name");
}

#[test]
fn no_signal_goes_to_the_process_beside() {
    let mut session = Session::shop(SIZE);
    session.keys("p");
    let opened = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Open(wire, Source::Processes { .. }) => Some(wire),
        _ => None,
    });
    let process = |pid| Process { pid, command: format!("worker {pid}"), ..Process::default() };
    let tell = |session: &mut Session, pids: &[i32]| {
        let list = pids.iter().map(|pid| process(*pid)).collect();
        let told = Processes { list, execs: Vec::new() };
        session.send(Msg::Chunk(opened.expect("asked for"), StreamEvent::Processes(Arc::new(told))));
    };
    tell(&mut session, &[1, 2, 3]);
    session.keys("j");
    tell(&mut session, &[1, 3]);
    session.keys("K");
    assert!(session.app.overlays.is_empty());
    assert!(session.screen().contains("from process 2 (worker 2) to process 3"), "{}", session.screen());
    session.wait(1.1);
    session.keys("K");
    assert_eq!(session.app.overlays.len(), 1);
}
