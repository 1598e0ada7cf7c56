//! The inspected object: keys, comparisons, secrets, copies; and the list of all events.

use super::harness::*;
use bowline::app::{DetailTab, Effect, Msg, Overlay, Pane};
use bowline::model::*;
use bowline::ui::{Depth, Glyphs, Theme};
use insta::assert_snapshot;
use std::sync::Arc;

const API: &str = include_str!("inspected.json");

fn document(json: &str) -> Arc<Document> {
    Arc::new(Document::read(&mut serde_json::Deserializer::from_str(json)).expect("JSON"))
}

fn opened(session: &Session, kind: Kind, of: &Id) -> StreamId {
    let opened = session.effects.iter().rev().find_map(|effect| match effect {
        Effect::Open(wire, Source::Inspect { kind: known, id }) if *known == kind && id == of => Some(*wire),
        _ => None,
    });
    opened.unwrap_or_else(|| panic!("{kind:?} {of:?} was not asked for: {:?}", session.effects))
}

/// The first container is inspected, in a pane as large as the screen.
pub fn inspecting(size: (u16, u16)) -> (Session, StreamId) {
    let mut session = Session::shop(size);
    session.keys("i");
    let wire = opened(&session, Kind::Container, &id("api-1"));
    session.send(Msg::Chunk(wire, StreamEvent::Document(document(API))));
    (session, wire)
}

fn notice(session: &Session) -> String {
    session.app.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default()
}

fn copied(session: &mut Session) -> String {
    let copied = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    copied.expect("something was copied")
}

#[test]
fn the_object_at_every_size() {
    let (mut session, _) = inspecting((160, 45));
    session.keys("jjj");
    assert_snapshot!("inspect_wide", session.screen_with_styles());
    let (mut session, _) = inspecting((80, 24));
    assert_snapshot!("inspect_narrow", session.screen());
    session.keys("zt/order<enter>");
    assert_snapshot!("inspect_json_zoomed", session.region(Pane::Logs));
    let (session, _) = inspecting((40, 12));
    assert_snapshot!("inspect_tiny", session.screen());
}

#[test]
fn without_colours_and_in_ascii() {
    let (mut session, wire) = inspecting((100, 30));
    session.look.theme = Theme::named("dark", Depth::None).unwrap();
    session.look.glyphs = Glyphs::ASCII;
    session.send(Msg::Chunk(wire, StreamEvent::Document(document(&API.replace("running", "paused")))));
    session.keys("zd<enter>");
    assert!(session.screen().is_ascii(), "{}", session.screen());
    assert_snapshot!(session.region_with_styles(Pane::Logs));
}

#[test]
fn the_stream_follows_the_selection_and_ends_when_nobody_looks() {
    let (mut session, wire) = inspecting((160, 45));
    session.keys("<esc>j");
    session.wait(0.2);
    let next = opened(&session, Kind::Container, &id("api-2"));
    assert!(session.effects.contains(&Effect::Close(wire)));
    session.send(Msg::Chunk(wire, StreamEvent::Document(document(API))));
    assert!(session.app.inspect.as_ref().unwrap().document().is_none(), "a late telling is of another");
    session.take_effects();
    session.keys("l");
    assert!(session.effects.contains(&Effect::Close(next)) && session.app.inspect.is_none());
    session.keys("[[[");
    assert_eq!(session.app.detail, DetailTab::Processes);
    session.keys("]");
    assert_eq!(session.app.detail, DetailTab::Inspect);
}

#[test]
fn what_is_gone_says_so_and_stays() {
    let (mut session, wire) = inspecting((160, 45));
    session.send(Msg::Ended(wire, Some(Problem::new("inspect api-1", "the container was removed", ""))));
    let screen = session.screen();
    assert!(screen.contains("the container was removed") && screen.contains("Status: running"), "{screen}");
    session.take_effects();
    session.wait(5.0);
    assert!(!session.effects.iter().any(|effect| matches!(effect, Effect::Open(..))), "it is not asked for again");
}

#[test]
fn an_engine_that_was_away_is_asked_again() {
    let mut session = Session::shop((160, 45));
    let down = |session: &mut Session, link| {
        session.fact(Fact::Link(ENGINE, link));
        session.publish();
    };
    let why = Problem::new("hear", "gone", "wait");
    let at = Timestamp::from_seconds(NOON);
    down(&mut session, Link::Down { why, since: at, retry_at: at.plus_seconds(9.0), never_up: false });
    session.keys("i");
    let wire = opened(&session, Kind::Container, &id("api-1"));
    session.send(Msg::Ended(wire, Some(Problem::new("inspect api-1", "the engine does not answer", ""))));
    session.take_effects();
    session.wait(1.0);
    assert!(!session.effects.iter().any(|effect| matches!(effect, Effect::Open(..))));
    down(&mut session, Link::Up);
    assert_ne!(opened(&session, Kind::Container, &id("api-1")), wire);
}

#[test]
fn secrets_are_hidden_on_screen_in_searches_and_in_copies() {
    let (mut session, _) = inspecting((160, 45));
    assert!(!session.screen().contains("hunter2"), "{}", session.screen());
    session.keys("/hunter2<enter>");
    assert!(notice(&session).contains("hidden secrets are not searched"), "{}", notice(&session));
    session.keys("c<down><down><enter>");
    let whole = copied(&mut session);
    assert!(whole.contains("DB_PASSWORD=••••") && !whole.contains("hunter2"), "{whole}");
    session.keys("u");
    assert!(session.screen().contains("DB_PASSWORD=hunter2") && session.screen().contains("secrets shown"));
    session.keys("/hunter2<enter>y");
    assert_eq!(copied(&mut session), "DB_PASSWORD=hunter2");
    session.keys("<tab>");
    assert!(!session.screen().contains("hunter2"), "leaving hides them again");
    session.keys("i");
    assert!(!session.screen().contains("hunter2"), "and coming back does not bring them back");
}

#[test]
fn folds_search_path_and_values() {
    let (mut session, _) = inspecting((160, 45));
    session.keys("/8080<enter>");
    assert!(session.screen().contains("/tcp\"][0].HostPort"), "{}", session.screen());
    session.keys("c<down><enter>");
    assert_eq!(copied(&mut session), "NetworkSettings.Ports[\"3000/tcp\"][0].HostPort");
    session.keys("n");
    session.keys("c<down><enter>");
    assert_eq!(copied(&mut session), "HostConfig.PortBindings[\"3000/tcp\"][0].HostPort");
    session.keys("<esc>/PATH=<enter><enter>");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Text(_))), "a value in full");
    assert!(session.screen().contains("PATH=/usr/local/sbin:/usr/local/bin"));
    session.keys("q<esc>g<enter>");
    assert_eq!(session.app.focus, Pane::Logs, "enter opens here, it goes nowhere");
    session.keys("<esc><esc>");
    assert_eq!(session.app.focus, Pane::Fleet);
}

/// What stands in the frame of the layer on top, row by row.
fn framed(session: &Session) -> Vec<String> {
    let screen = session.screen();
    let inside = |line: &str| -> Option<String> {
        let (_, rest) = line.split_once('│')?;
        Some(rest.rsplit_once('│')?.0.trim_matches(' ').to_string())
    };
    screen
        .lines()
        .skip_while(|line| !line.contains('┌'))
        .skip(1)
        .take_while(|line| !line.contains('└'))
        .filter_map(inside)
        .collect()
}

#[test]
fn a_value_in_full_loses_nothing_where_it_is_broken_and_its_frame_is_as_small_as_it() {
    let long: String = (0..90).map(|number| format!("{number:02}größe漢字")).collect();
    for size in [(160, 45), (80, 45), (60, 45), (40, 45)] {
        let mut session = Session::shop(size);
        session.keys("i");
        let wire = opened(&session, Kind::Container, &id("api-1"));
        let json = format!("{{\"Long\": \"{long}\", \"Short\": \"a\\nbcd\"}}");
        session.send(Msg::Chunk(wire, StreamEvent::Document(document(&json))));
        session.keys("/größe<enter><enter>");
        // The second column of a wide character is a blank on this screen.
        let rows = framed(&session);
        assert_eq!(rows.concat().replace(' ', ""), long, "{size:?}\n{}", session.screen());
        session.keys("q/bcd<enter><enter>");
        let rows = framed(&session);
        assert_eq!(rows, ["a", "bcd"], "{size:?}\n{}", session.screen());
        let frame = session.screen().lines().find(|line| line.contains('┌')).map(str::to_string).expect("a frame");
        let width = frame.chars().skip_while(|c| *c != '┌').take_while(|c| *c != '┐').count();
        assert!(width < 20, "{frame}");
    }
}

#[test]
fn against_another_container() {
    let (mut session, _) = inspecting((160, 45));
    session.keys("d<down><down><enter>api2<enter>");
    let other = opened(&session, Kind::Container, &id("api-2"));
    assert!(session.screen().contains("loading api-2"), "{}", session.screen());
    let twin = API
        .replace("\"LOG_LEVEL=info\"", "\"LOG_LEVEL=debug\", \"EXTRA=1\"")
        .replace("268435456", "536870912")
        .replace("DB_PASSWORD=hunter2", "DB_PASSWORD=other");
    session.send(Msg::Chunk(other, StreamEvent::Document(document(&twin))));
    assert_snapshot!("inspect_against_another", session.region(Pane::Logs));
    assert!(!session.screen().contains("hunter2"));
    session.take_effects();
    session.keys("<esc>");
    assert!(session.effects.contains(&Effect::Close(other)) && session.app.focus == Pane::Logs);
    session.keys("<esc>");
    assert_eq!(session.app.focus, Pane::Fleet);
}

#[test]
fn against_the_image_and_the_last_state() {
    let (mut session, wire) = inspecting((160, 45));
    session.keys("d<enter>");
    assert!(notice(&session).contains("has not changed"), "{}", notice(&session));
    session.send(Msg::Chunk(wire, StreamEvent::Document(document(&API.replace("running", "exited")))));
    session.keys("d<enter>");
    assert!(session.screen().contains("vs its last state: 1 changed"), "{}", session.screen());
    session.take_effects();
    session.keys("d<down><enter>");
    let image = opened(&session, Kind::Image, &Id::new(ENGINE, format!("sha256:{}", "5e".repeat(32))));
    session.send(Msg::Ended(image, Some(Problem::new("inspect", "no such image", ""))));
    assert!(session.screen().contains("its image: no such image"), "{}", session.screen());
}

#[test]
fn a_document_that_is_too_large_says_so() {
    let mut session = Session::shop((160, 45));
    session.keys("i");
    let wire = opened(&session, Kind::Container, &id("api-1"));
    let many: Vec<String> = (0..VALUES_MOST + 100).map(|number| format!("\"k{number}\":1")).collect();
    session.send(Msg::Chunk(wire, StreamEvent::Document(document(&format!("{{{}}}", many.join(","))))));
    assert!(session.screen().contains("too large: 101 values left out"), "{}", session.screen());
    session.keys("oG");
    assert!(session.screen().contains("k19998"), "{}", session.screen());
}

fn tell(session: &mut Session, second: i64, topic: Kind, action: &str, name: &str, what: &str, of: Option<&str>) {
    let tone = if what.contains("exit") { Tone::Bad } else { Tone::Plain };
    session.fact(Fact::Event(Event {
        at: Timestamp::from_seconds(NOON - 600 + second),
        topic,
        action: action.into(),
        id: of.map(id),
        name: name.into(),
        what: what.into(),
        more: if topic == Kind::Container { "shop/api:2.4.1".into() } else { String::new() },
        tone,
        ..Event::default()
    }));
}

fn eventful(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    tell(&mut session, 0, Kind::System, "reload", "harbour", "configuration reloaded", None);
    tell(&mut session, 1, Kind::Image, "pull", "shop/api:2.4.1", "pulled", None);
    tell(&mut session, 2, Kind::Network, "connect", "shop_default", "connected", Some("api-2"));
    tell(&mut session, 3, Kind::Volume, "mount", "data", "mounted", Some("api-2"));
    tell(&mut session, 4, Kind::Container, "start", "api-2", "started", Some("api-2"));
    tell(&mut session, 5, Kind::Container, "die", "old-1", "exit 1", Some("old-1"));
    for second in 6..60 {
        tell(&mut session, second, Kind::Container, "start", "web-1", "started", Some("web-1"));
    }
    session.publish();
    session
}

#[test]
fn all_events_at_every_size() {
    let mut session = eventful((160, 45));
    session.keys("ag");
    assert_snapshot!("events_wide", session.screen_with_styles());
    let mut session = eventful((80, 24));
    session.keys("a/!name:web");
    assert_snapshot!("events_narrow_filtered", session.overlay());
    let mut session = eventful((40, 12));
    session.keys("a");
    assert_snapshot!("events_tiny", session.overlay());
}

#[test]
fn an_event_leads_to_its_container() {
    let mut session = eventful((160, 45));
    session.keys("/web<enter>a/type:volume<enter><enter>");
    assert_eq!(session.app.selected_id(), Some(id("api-2")), "whose volume was mounted");
    assert!(session.app.overlays.is_empty() && session.app.focus == Pane::Fleet);
    assert!(notice(&session).contains("filter cleared: it hid"), "{}", notice(&session));
    session.keys("a/action:die<enter><enter>");
    assert!(notice(&session).contains("old-1 no longer exists"), "{}", notice(&session));
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Events(_))), "the list stays");
    session.keys("<esc>g<enter>");
    assert!(notice(&session).contains("is not a container"), "{}", notice(&session));
    session.keys("q");
    assert!(session.app.overlays.is_empty());
}

#[test]
fn the_newest_event_is_followed_until_the_cursor_leaves_it() {
    let mut session = eventful((80, 24));
    session.keys("a");
    tell(&mut session, 70, Kind::Image, "pull", "fresh", "pulled", None);
    session.publish();
    assert!(session.screen().contains("fresh") && session.screen().contains("following"), "{}", session.screen());
    session.keys("kk");
    let before = session.screen();
    assert!(before.contains("paused"), "{before}");
    tell(&mut session, 71, Kind::Image, "pull", "fresher", "pulled", None);
    session.publish();
    assert!(!session.screen().contains("fresher"), "{}", session.screen());
    session.keys("G");
    assert!(session.screen().contains("fresher"));
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
}

#[test]
fn events_of_other_things_do_not_crowd_the_list_beside_the_fleet() {
    let session = eventful((160, 45));
    let screen = session.screen();
    assert!(
        screen.contains("web-1") && !screen.contains("configuration reloaded") && !screen.contains("mounted"),
        "{screen}"
    );
}

/// A list of images with one in it, which is inspected.
fn image_listed(session: &mut Session) -> Id {
    let image = Id::new(ENGINE, format!("sha256:{}", "5e".repeat(32)));
    let listed = Image {
        id: image.clone(),
        tags: vec!["shop/api:2.4.1".into()],
        digests: Vec::new(),
        size: 1 << 20,
        created: Timestamp::from_seconds(NOON - 90_000),
        labels: Vec::new(),
    };
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Images(vec![listed])));
    session.publish();
    image
}

#[test]
fn images_are_inspected_from_their_list() {
    let mut session = Session::shop((160, 45));
    let image = image_listed(&mut session);
    session.keys("2i");
    let wire = opened(&session, Kind::Image, &image);
    let told =
        document(r#"{"Id":"sha256:5e","RepoTags":["shop/api:2.4.1"],"Size":1048576,"Config":{"Env":["API_KEY=abc"]}}"#);
    session.send(Msg::Chunk(wire, StreamEvent::Document(told)));
    let screen = session.screen();
    assert!(screen.contains("Size: 1048576  1.0M") && screen.contains("API_KEY=••••"), "{screen}");
    session.keys("jjj<space><esc>");
    assert_eq!(session.app.inspect.as_ref().unwrap().cursor.row(), 3, "its keys are those of the pane");
    session.take_effects();
    session.keys("]");
    assert!(session.effects.contains(&Effect::Close(wire)), "the details came back");
    session.keys("[<esc>1a");
    assert_eq!(session.app.focus, Pane::Fleet);
    session.keys("<esc>5i");
    assert!(notice(&session).contains("nothing more to inspect"), "{}", notice(&session));
}
