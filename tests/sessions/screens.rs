//! What the screens look like, signs and styles.

use super::harness::*;
use bowline::model::*;
use bowline::ui::{Depth, Glyphs, Theme};
use insta::assert_snapshot;

fn shop(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    session.log(&[
        ("INFO  GET /v1/carts/77 200 12ms user=gus", Level::Info),
        ("WARN  retrying charge 1/3 order=8809", Level::Warn),
        ("ERROR POST /v1/pay 502 upstream reset by peer", Level::Error),
        ("    at Gateway.charge (pay.ts:118)", Level::None),
        ("\x1b[32mgreen\x1b[0m and plain", Level::None),
    ]);
    let event = Event {
        at: Moment::from_seconds(NOON - 30),
        id: Some(id("etl-nightly")),
        name: "etl-nightly".into(),
        what: "killed: out of memory".into(),
        tone: Tone::Bad,
    };
    session.fact(Fact::Event(event));
    session.publish();
    session
}

#[test]
fn wide() {
    let mut session = shop((160, 45));
    session.keys("j");
    assert_snapshot!(session.screen_with_styles());
}

#[test]
fn narrow() {
    assert_snapshot!(shop((80, 24)).screen_with_styles());
}

#[test]
fn tiny() {
    let mut session = shop((40, 12));
    assert_snapshot!("tiny_list", session.screen());
    session.keys("l");
    assert_snapshot!("tiny_log", session.screen());
    session.keys("<tab><tab>");
    assert_snapshot!("tiny_gauges", session.screen());
}

#[test]
fn without_colours_and_in_ascii() {
    let mut session = shop((100, 30));
    session.look.theme = Theme::named("dark", Depth::None).unwrap();
    session.look.glyphs = Glyphs::ASCII;
    let screen = session.screen_with_styles();
    assert!(screen.is_ascii(), "{screen}");
    assert!(
        screen.lines().filter(|line| line.contains(" on ")).all(|line| line.contains("Reset on Reset")),
        "{screen}"
    );
    assert_snapshot!(screen);
}

#[test]
fn questions() {
    let mut session = shop((80, 24));
    session.keys("<space><space><space>D");
    assert_snapshot!("remove_three", session.screen());
    session.keys("nK");
    assert_snapshot!("signals", session.screen());
    session.keys("<esc>:res");
    assert_snapshot!("palette", session.screen());
}

#[test]
fn every_size_down_to_nothing_can_be_drawn() {
    for width in (0..170).step_by(7) {
        for height in 0..50 {
            let mut session = shop((width, height));
            drop(session.buffer());
            for keys in ["?", "<esc>:", "<esc>D", "<esc>l/x", "<esc>z"] {
                session.keys(keys);
                drop(session.buffer());
            }
        }
    }
}
