//! Several engines in one cockpit: whose something is is said, and what is meant is the one that was chosen.

use super::harness::*;
use bowline::app::{Effect, Msg};
use bowline::model::*;

const WEST: EngineId = EngineId(1);

/// Two engines: the one of the harness with two containers, and one in the west with as many as are named.
fn two(size: (u16, u16), west: &[&str]) -> Session {
    let mut session = Session::new(size);
    session.connect();
    let info = EngineInfo { runtime: Runtime::Docker, version: "28.2.2".into(), ..EngineInfo::default() };
    session.fact(Fact::Configured(WEST, "west".into()));
    session.fact(Fact::Address(WEST, "tcp://west:2375".into()));
    session.fact(Fact::Info(WEST, info));
    session.fact(Fact::Link(WEST, Link::Up));
    let of_west = |name: &&str| {
        let mut one = container(name, State::Running);
        one.id = Id::new(WEST, one.id.raw());
        one
    };
    session.fact(Fact::Containers(ENGINE, ["api", "web"].map(|name| container(name, State::Running)).to_vec()));
    session.fact(Fact::Containers(WEST, west.iter().map(of_west).collect()));
    session.publish();
    session
}

fn header(session: &Session) -> String {
    session.screen().lines().next().unwrap_or_default().to_string()
}

fn selected(session: &Session) -> Id {
    session.app.selected_id().expect("a container is selected")
}

#[test]
fn each_row_says_whose_it_is_and_the_header_says_which_engine_is_meant() {
    let session = two((160, 45), &["web"]);
    let screen = session.screen();
    assert!(screen.contains("NAME") && screen.contains("ENGINE"), "{screen}");
    let rows: Vec<&str> = screen.lines().filter(|line| line.contains("● web")).collect();
    assert!(rows.len() == 2 && rows[0].contains(" local ") && rows[1].contains(" west "), "{screen}");
    assert!(header(&session).contains("local 1 of 2 engines"), "{}", header(&session));
    let small = two((80, 24), &["web"]);
    assert!(header(&small).contains("local 1/2") && small.screen().contains("west"), "{}", small.screen());
    let mut one = two((160, 45), &[]);
    one.keys("t");
    assert!(one.screen().contains("engine"), "it stays a column that can be chosen");
}

#[test]
fn an_engine_is_chosen_by_its_name_and_the_cursor_goes_to_what_is_its() {
    let mut session = two((160, 45), &["web"]);
    session.keys("@");
    let screen = session.screen();
    assert!(
        screen.contains("Which engine?") && screen.contains("2 containers") && screen.contains("1 container,"),
        "{screen}"
    );
    session.keys("G<enter>");
    assert_eq!((selected(&session).engine(), session.app.engine), (WEST, Some(WEST)));
    assert!(header(&session).contains("west 2 of 2 engines"), "{}", header(&session));
    session.keys("D");
    assert!(session.screen().contains("on west"), "the question says where: {}", session.screen());
    session.take_effects();
    session.keys("c");
    let copied = session.take_effects();
    let named =
        |effect: &Effect| matches!(effect, Effect::Copy(line) if line.starts_with("docker --host tcp://west:2375 rm"));
    assert!(copied.iter().any(named), "so does the command that is copied: {copied:?}");
    session.keys("y");
    let ids: Vec<EngineId> = acts(&mut session).iter().map(|act| act.id.engine()).collect();
    assert_eq!(ids, [WEST]);
}

#[test]
fn an_engine_that_has_nothing_listed_is_meant_until_the_cursor_moves() {
    let mut session = two((160, 45), &[]);
    session.keys("@G<enter>");
    assert_eq!(session.app.engine, Some(WEST));
    session.wait(3.0);
    session.publish();
    assert_eq!(session.app.engine, Some(WEST), "nothing else moves it");
    session.keys("j");
    assert_eq!(session.app.engine, Some(ENGINE), "the row under the cursor says it again");
}

#[test]
fn an_engine_that_is_lost_is_told_while_another_one_is_meant() {
    let mut session = two((160, 45), &["web"]);
    session.fact(Fact::Link(
        WEST,
        Link::Down {
            why: Problem::new("reach the engine", "connection refused", ""),
            since: Timestamp::from_seconds(NOON),
            retry_at: Timestamp::from_seconds(NOON + 60),
            never_up: false,
        },
    ));
    session.publish();
    session.wait(12.0);
    assert!(header(&session).contains("west lost 12 s ago"), "{}", header(&session));
    let screen = session.screen();
    assert!(screen.lines().filter(|line| line.contains("● web")).count() == 2, "its rows stay: {screen}");
    session.keys("S");
    assert_eq!(acts(&mut session).first().map(|act| act.id.engine()), Some(ENGINE), "the other one goes on");
}

#[test]
fn a_transfer_that_is_begun_again_goes_where_it_went() {
    let mut session = two((160, 45), &["web"]);
    session.keys(":pull<enter>busybox:1<enter>");
    let opened = |session: &mut Session| {
        session.take_effects().into_iter().find_map(|effect| match effect {
            Effect::Open(wire, Source::Transfer(engine, _)) => Some((wire, engine)),
            _ => None,
        })
    };
    let (wire, engine) = opened(&mut session).expect("it begins");
    assert_eq!(engine, ENGINE);
    session.send(Msg::Ended(wire, Some(Problem::new("pull busybox:1", "no route", ""))));
    session.keys("@G<enter>");
    assert_eq!(session.app.engine, Some(WEST));
    session.keys("xR");
    assert_eq!(opened(&mut session).map(|(_, engine)| engine), Some(ENGINE));
}
