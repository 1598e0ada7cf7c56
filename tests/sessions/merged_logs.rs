//! The log of several containers as one: how it is opened, read and left.

use super::harness::{ENGINE, NOON, Session, batch, container, id};
use bowline::app::{COMMANDS, DetailTab, Effect, KeyContext, LogView, Msg, Overlay, Pane, TOGETHER};
use bowline::model::*;
use bowline::ui::{Depth, Glyphs, Theme};
use insta::assert_snapshot;
use std::sync::Arc;

fn service(name: &str, number: u8) -> Container {
    let mut one = container(&format!("shop-{name}-{number}"), State::Running);
    one.labels = vec![
        ("com.docker.compose.container-number".into(), number.to_string().into()),
        ("com.docker.compose.project".into(), "shop".into()),
        ("com.docker.compose.service".into(), name.into()),
    ];
    one
}

fn shop(size: (u16, u16)) -> Session {
    let mut session = Session::new(size);
    session.connect();
    let mut mail = container("mail", State::Running);
    mail.labels.clear();
    let all = vec![service("db", 1), service("gateway-for-payments", 1), service("web", 1), service("web", 2), mail];
    session.fact(Fact::Containers(ENGINE, all));
    session.publish();
    session
}

/// The streams that were opened since the effects were taken last: of which container, and the wire.
fn opened(session: &mut Session) -> Vec<(Id, StreamId)> {
    let effects = session.take_effects();
    let open = |effect: &Effect| match effect {
        Effect::Open(wire, Source::Logs { id, .. }) => Some((id.clone(), *wire)),
        _ => None,
    };
    effects.iter().filter_map(open).collect()
}

fn closed(session: &mut Session) -> usize {
    session.take_effects().iter().filter(|effect| matches!(effect, Effect::Close(_))).count()
}

fn say(session: &mut Session, wire: StreamId, lines: &[(i64, &str, Level)]) {
    let mut batch = Batch::default();
    for (second, line, level) in lines {
        let (start, len) = (batch.bytes.len() as u32, line.len() as u32);
        let at = Timestamp(NOON * SECOND + second * SECOND);
        batch.lines.push(LineMark { start, len, at, level: *level, ..LineMark::default() });
        batch.bytes.extend_from_slice(line.as_bytes());
    }
    session.send(Msg::Chunk(wire, StreamEvent::Lines(batch)));
}

fn view(session: &Session) -> &LogView {
    session.app.log.as_ref().expect("a log is open")
}

fn title(session: &Session) -> String {
    view(session).merge.as_ref().map_or_else(|| view(session).name.clone(), |merge| merge.title())
}

/// The whole shop's log with some lines of each, which came in another order than they were written in.
fn busy(size: (u16, u16)) -> (Session, Vec<StreamId>) {
    let mut session = shop(size);
    session.take_effects();
    session.keys("5l");
    let wires: Vec<StreamId> = opened(&mut session).into_iter().map(|(_, wire)| wire).collect();
    assert_eq!(wires.len(), 4);
    for wire in &wires {
        session.send(Msg::Chunk(*wire, StreamEvent::State(LogState::Following)));
    }
    // In the order of the services: db, gateway, web 1, web 2.
    say(
        &mut session,
        wires[3],
        &[(4, "GET /cart 200 4ms", Level::Info), (9, "ERROR upstream timed out", Level::Error)],
    );
    say(
        &mut session,
        wires[2],
        &[(2, "GET / 200 1ms", Level::Info), (7, "WARN slow: 912 ms for a page of forty goods", Level::Warn)],
    );
    say(&mut session, wires[0], &[(1, "checkpoint starting", Level::None), (8, "checkpoint complete", Level::None)]);
    say(&mut session, wires[1], &[(5, "POST /pay 502", Level::None)]);
    (session, wires)
}

#[test]
fn a_projects_containers_are_one_log_by_time() {
    let (session, _) = busy((160, 45));
    assert_snapshot!("wide", session.screen_with_styles());
    assert_snapshot!("narrow", busy((80, 24)).0.region_with_styles(Pane::Logs));
    assert_snapshot!("tiny", busy((40, 12)).0.screen());
}

#[test]
fn without_colours_the_names_alone_tell_whose_a_line_is() {
    let (mut session, _) = busy((80, 24));
    session.look.theme = Theme::named("dark", Depth::None).unwrap();
    session.look.glyphs = Glyphs::ASCII;
    assert!(session.screen().is_ascii(), "{}", session.screen());
    assert_snapshot!(session.region_with_styles(Pane::Logs));
}

#[test]
fn wrapped_lines_stand_below_their_text_and_name_their_container_once() {
    let (mut session, _) = busy((60, 20));
    session.keys("zwt");
    assert_snapshot!(session.region(Pane::Logs));
}

#[test]
fn marked_containers_are_one_log_until_the_list_has_the_keys_again() {
    let mut session = shop((160, 45));
    session.take_effects();
    session.keys("<space><space>l");
    let streams = opened(&mut session);
    assert_eq!(streams.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), [id("mail"), id("shop-db-1")]);
    assert_eq!((session.app.focus, title(&session).as_str()), (Pane::Logs, "— 2 containers"));
    session.keys("<tab>");
    assert_eq!((session.app.focus, Some(view(&session).id.clone())), (Pane::Fleet, session.app.selected_id()));
    assert!(view_is_of_one(&session));
    session.take_effects();
    session.keys("l");
    assert_eq!((opened(&mut session).len(), title(&session).as_str()), (2, "— 2 containers"), "the marks still hold");
}

/// Where the keys go, and what is told of.
fn whereabouts(session: &Session) -> (Kind, Pane, DetailTab, Option<Id>, Option<String>) {
    let app = &session.app;
    (app.view, app.focus, app.detail, app.selected_id(), app.group().map(|group| group.name.clone()))
}

/// Gives a command by its name, from the palette.
fn give(session: &mut Session, name: &str) {
    session.keys(":").keys(name);
    let Some(Overlay::Menu(menu)) = session.app.overlays.last_mut() else { panic!("no palette for {name}") };
    let row = menu.shown().position(|item| item.label == name).expect("each command is in the palette");
    menu.put_cursor(row);
    session.keys("<enter>");
}

/// Nothing of several stands under the card of one, and no stream of theirs is left open.
fn assert_left(session: &mut Session, wires: &[StreamId], how: &str) {
    let effects = session.take_effects();
    let closed: Vec<StreamId> =
        effects.iter().filter_map(|effect| if let Effect::Close(wire) = effect { Some(*wire) } else { None }).collect();
    assert!(wires.iter().all(|wire| closed.iter().filter(|other| *other == wire).count() == 1), "{how}: {closed:?}");
    session.wait(1.0);
    session.wait(1.0);
    assert!(view_is_of_one(session), "{how}");
    if let (Some(view), Some(selected)) = (&session.app.log, session.app.selected_id()) {
        assert_eq!(view.id, selected, "{how}");
    }
}

#[test]
fn whatever_goes_elsewhere_leaves_it_and_nothing_else_does() {
    let begin = |grouped: bool| {
        let mut session = shop((160, 45));
        session.shell();
        session.app.focus = Pane::Fleet;
        session.keys(if grouped { "vproject<enter>gj" } else { "j" });
        session.take_effects();
        session.keys("5l");
        let wires: Vec<StreamId> = opened(&mut session).into_iter().map(|(_, wire)| wire).collect();
        (session, wires)
    };
    let mut ways_out = 0;
    // What moves the cursor of a scrollback is not to be had elsewhere, nor what is for menus and questions.
    let commands =
        || COMMANDS.iter().filter(|spec| spec.context != KeyContext::Scrollback && !spec.context.is_overlay());
    for (grouped, spec) in [false, true].into_iter().flat_map(|grouped| commands().map(move |spec| (grouped, spec))) {
        let (mut session, wires) = begin(grouped);
        let before = whereabouts(&session);
        give(&mut session, spec.name);
        if whereabouts(&session) == before {
            assert!(!view_is_of_one(&session), "{} goes nowhere", spec.name);
        } else {
            ways_out += 1;
            assert_left(&mut session, &wires, spec.name);
        }
    }
    assert!(ways_out > 30, "only {ways_out} ways out: the table is not what it was");
}

#[test]
fn the_wheel_over_the_list_and_a_click_beside_it_leave_it_too() {
    let (mut session, wires) = busy((160, 45));
    session.wheel_down(5, 5);
    assert_left(&mut session, &wires, "the wheel");
    let (mut session, wires) = busy((160, 45));
    let gauges = session.app.places().gauges.expect("on screen");
    session.click_at(gauges.x + 3, gauges.y + 2);
    assert_left(&mut session, &wires, "a click on the gauges");
    let (mut session, wires) = busy((160, 45));
    give(&mut session, "containers");
    session.keys("/web<enter>");
    assert_left(&mut session, &wires, "a new filter");
    assert!(title(&session).contains("web"), "{}", title(&session));
}

#[test]
fn what_the_cursor_was_on_may_go_without_taking_the_log_along() {
    let (mut session, _) = busy((160, 45));
    session.fact(Fact::Gone(id("mail")));
    session.publish();
    session.wait(1.0);
    assert!(!view_is_of_one(&session), "nobody has gone anywhere");
    session.keys("<tab>");
    assert!(view_is_of_one(&session));
}

#[test]
fn esc_leaves_it_for_where_it_was_opened_and_closes_each_stream_once() {
    let (mut session, wires) = busy((120, 40));
    session.keys("/zzz<enter><esc>");
    assert!(view(&session).merge.is_some(), "the search goes first");
    session.take_effects();
    session.keys("<esc>");
    assert_eq!((session.app.view, session.app.focus), (Kind::Project, Pane::Fleet));
    let effects = session.take_effects();
    let closed: Vec<StreamId> =
        effects.iter().filter_map(|effect| if let Effect::Close(wire) = effect { Some(*wire) } else { None }).collect();
    assert_eq!(closed, wires);
    assert_eq!(title(&session), "mail", "the selected container's log is there again");
}

#[test]
fn the_log_of_one_takes_its_place() {
    let (mut session, wires) = busy((120, 40));
    session.take_effects();
    session.keys("<tab>");
    assert_eq!(title(&session), "mail");
    assert_eq!(closed(&mut session), wires.len());
    session.keys("jl");
    session.wait(1.0);
    session.wait(1.0);
    assert_eq!(title(&session), "shop-db-1");
}

#[test]
fn a_container_that_starts_later_joins_and_one_that_goes_stays_with_its_name() {
    let (mut session, wires) = busy((120, 40));
    session.fact(Fact::Container(service("web", 3)));
    let mut stranger = container("stranger", State::Running);
    stranger.labels.clear();
    session.fact(Fact::Container(stranger));
    session.publish();
    let joined = opened(&mut session);
    assert_eq!(joined.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), [id("shop-web-3")]);
    say(&mut session, joined[0].1, &[(10, "ready", Level::None)]);
    session.fact(Fact::Gone(id("shop-web-1")));
    session.publish();
    let removed = Problem::new("read the log of shop-web-1", "the container was removed", "");
    session.send(Msg::Ended(wires[2], Some(removed)));
    session.keys("z");
    let screen = session.screen();
    assert!(screen.contains("web-1") && screen.contains("GET / 200") && screen.contains("web-3"), "{screen}");
    assert!(screen.contains("shop — 4 containers") && screen.contains("1 gone"), "{screen}");
    assert!(session.app.notice.is_none(), "{:?}", session.app.notice);
}

#[test]
fn a_stream_that_breaks_says_which_and_the_others_go_on() {
    let (mut session, wires) = busy((160, 45));
    let why = Problem::new("read the log of shop-db-1", "the driver 'none' does not support reading", "");
    session.send(Msg::Ended(wires[0], Some(why.clone())));
    session.send(Msg::Chunk(wires[1], StreamEvent::State(LogState::Waiting)));
    session.send(Msg::Chunk(wires[2], StreamEvent::State(LogState::Reconnecting(why))));
    let screen = session.screen();
    assert!(screen.contains("1 err") && screen.contains("2 broken"), "what matters most is there: {screen}");
    session.keys("z");
    let zoomed = session.screen();
    assert!(zoomed.contains("1 stream  1 quiet  2 broken"), "{zoomed}");
    assert!(screen.contains("read the log of shop-db-1") && screen.contains("does not support reading"), "{screen}");
    say(&mut session, wires[3], &[(11, "still here", Level::None)]);
    assert!(session.screen().contains("still here"));
}

#[test]
fn what_the_pane_can_do_it_can_do_with_several() {
    let (mut session, wires) = busy((160, 45));
    session.keys("z/GET<enter>");
    assert!(session.screen().contains("search GET"));
    session.keys("n<esc>E");
    assert!(!view(&session).follows());
    say(&mut session, wires[0], &[(20, "new", Level::None)]);
    say(&mut session, wires[1], &[(6, "late", Level::None)]);
    assert!(session.screen().contains("+2 new"), "{}", session.screen());
    session.keys("G");
    let screen = session.screen();
    assert!(view(&session).follows() && screen.contains("late") && screen.contains("new"), "{screen}");
    session.wait(60.0);
    session.keys("'12:00:05<enter>");
    let rows = session.app.places().log_rows().expect("on screen");
    let first = &view(&session).visible(rows.height.into(), rows.width.into(), &session.app.options.logs)[0];
    assert_eq!(first.pieces[0].text, "POST /pay 502");
}

#[test]
fn older_lines_are_asked_of_every_container_a_few_at_a_time() {
    let mut session = shop((160, 45));
    let many: Vec<Container> = (1..=9).map(|number| service("web", number)).collect();
    session.fact(Fact::Containers(ENGINE, many));
    session.publish();
    session.take_effects();
    session.keys("5l");
    for (_, wire) in opened(&mut session) {
        say(&mut session, wire, &[(5, "line", Level::None), (6, "line", Level::None)]);
    }
    session.keys("g");
    let mut asked: Vec<Id> = Vec::new();
    loop {
        let effects = session.take_effects();
        let pages = effects.iter().filter_map(|effect| match effect {
            Effect::Open(wire, Source::OlderLogs { id, .. }) => Some((*wire, id.clone())),
            _ => None,
        });
        let pages: Vec<(StreamId, Id)> = pages.collect();
        assert!(pages.len() <= 4, "{} at once", pages.len());
        let Some((wire, _)) = pages.first().cloned() else { break };
        asked.extend(pages.iter().map(|(_, id)| id.clone()));
        for (other, _) in pages.iter().skip(1) {
            session.send(Msg::Ended(*other, None));
        }
        session.send(Msg::Ended(wire, None));
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 9);
    assert!(view(&session).at_start, "all pages were empty");
}

#[test]
fn more_than_can_be_followed_together_are_refused_in_words() {
    let mut session = shop((120, 40));
    let many = (0..=TOGETHER).map(|number| container(&format!("web-{}", number + 100), State::Running)).collect();
    session.fact(Fact::Containers(ENGINE, many));
    session.publish();
    session.take_effects();
    session.keys("*l");
    assert!(opened(&mut session).is_empty() && view(&session).merge.is_none());
    let screen = session.screen();
    assert!(screen.contains("65 containers are too many for one log: mark at most 64"), "{screen}");
}

#[test]
fn from_the_log_of_several_processes_are_those_of_what_the_cursor_is_on() {
    let (mut session, wires) = busy((160, 45));
    session.take_effects();
    session.keys("p");
    let effects = session.take_effects();
    let of = effects.iter().find_map(|effect| match effect {
        Effect::Open(_, Source::Processes { id }) => Some(id.clone()),
        _ => None,
    });
    assert_eq!(of, session.app.selected_id());
    assert_eq!(effects.iter().filter(|effect| matches!(effect, Effect::Close(_))).count(), wires.len());
    session.keys("l");
    assert_eq!(title(&session), "mail", "what the card above is of");
}

#[test]
fn a_hostile_name_is_cut_and_harmless() {
    let mut session = shop((80, 24));
    let mut one = service("db", 1);
    one.labels[2].1 = Arc::from("x".repeat(5000));
    let mut two = service("web", 1);
    two.labels[2].1 = "\u{4e2d}\u{6587}\u{4e2d}\u{6587}\u{4e2d}\u{6587}\u{4e2d}\u{6587}".into();
    session.fact(Fact::Containers(ENGINE, vec![one, two]));
    session.publish();
    session.take_effects();
    session.keys("5l");
    for (_, wire) in opened(&mut session) {
        say(&mut session, wire, &[(1, "hello", Level::None)]);
    }
    assert_snapshot!(session.regions(&[Pane::Fleet, Pane::Logs]));
}

#[test]
fn what_is_copied_and_saved_says_of_each_line_when_and_whose() {
    let (mut session, wires) = busy((80, 22));
    say(
        &mut session,
        wires[0],
        &[(12, "a \x1b[31mlong\x1b[0m line that is wider than the screen is: it goes whole", Level::None)],
    );
    session.take_effects();
    session.keys("c");
    let effects = session.take_effects();
    let Some(Effect::Copy(copied)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(copied.lines().count(), 7, "what is on screen: {copied}");
    session.keys("<ctrl-s>");
    assert!(session.screen().contains("save as shop-4-containers-2026-11-21-12-00"), "{}", session.screen());
    session.keys("<enter>");
    let effects = session.take_effects();
    let Some(Effect::Save(files)) = effects.first() else { panic!("{effects:?}") };
    let saved = String::from_utf8_lossy(&files[0].1);
    assert_eq!(saved.lines().count(), 8);
    assert!(saved.ends_with(copied.as_str()));
    assert!(saved.starts_with("2026-11-21 12:00:01.000 shop-db-1 checkpoint starting\n"), "{saved}");
    assert!(saved.ends_with(" shop-db-1 a long line that is wider than the screen is: it goes whole\n"), "{saved}");
}

#[test]
fn what_is_copied_and_saved_of_several_is_what_each_wrote_whatever_the_screen_makes_of_it() {
    let (mut session, wires) = busy((80, 24));
    let line = "name\tsize\t 👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} soft\u{ad}hyphen \u{fffe}, longer than the pane is wide, by some words   ";
    say(&mut session, wires[1], &[(30, line, Level::None)]);
    session.keys("w");
    session.take_effects();
    session.keys("c");
    let effects = session.take_effects();
    let Some(Effect::Copy(copied)) = effects.first() else { panic!("{effects:?}") };
    let told = format!("2026-11-21 12:00:30.000 shop-gateway-for-payments-1 {line}\n");
    assert!(copied.ends_with(&told), "{copied:?}");
    session.keys("<ctrl-s><enter>");
    let effects = session.take_effects();
    let Some(Effect::Save(files)) = effects.first() else { panic!("{effects:?}") };
    assert!(files[0].1.ends_with(told.as_bytes()));
    assert!(!session.screen().contains(['\u{200d}', '\u{ad}', '\u{fffe}']), "{}", session.screen());
}

#[test]
fn the_log_of_one_is_saved_without_names_and_never_another_than_was_meant() {
    let mut session = shop((120, 40));
    session.keys("l<ctrl-s>");
    assert!(session.screen().contains("no lines to save yet"));
    session.log(&[("hello", Level::None)]);
    session.keys("<ctrl-s>");
    session.fact(Fact::Gone(id("mail")));
    session.publish();
    // The cursor rests, and the next one's log takes the place of the old one.
    session.wait(1.0);
    session.wait(1.0);
    let next = opened(&mut session).last().expect("the next one's log is opened").1;
    session.keys("<enter>");
    let saves = |session: &mut Session| session.take_effects().iter().any(|effect| matches!(effect, Effect::Save(_)));
    assert!(!saves(&mut session) && session.screen().contains("nothing saved"), "{}", session.screen());
    session.send(Msg::Chunk(next, StreamEvent::Lines(batch(&[("hello", Level::None)]))));
    session.keys("<ctrl-s><enter>");
    let effects = session.take_effects();
    assert!(
        matches!(&effects[..], [Effect::Save(files)] if files[0].1 == b"2026-11-21 12:00:00.000 hello\n"),
        "{effects:?}"
    );
}

#[test]
fn a_group_and_a_service_are_one_log_that_stays_whatever_the_cursor_is_on() {
    let mut session = shop((160, 45));
    session.keys("vproject<enter>g");
    session.take_effects();
    session.keys("l");
    let streams = opened(&mut session);
    assert_eq!((streams.len(), title(&session).as_str()), (4, "shop — 4 containers"));
    say(&mut session, streams[0].1, &[(1, "hello", Level::None)]);
    assert!(session.screen().contains("hello"), "the row under the cursor is a group: {}", session.screen());
    session.keys("/hello<enter>n");
    assert!(session.screen().contains("no later matches"), "the log has the keys: {}", session.screen());
    session.keys("<esc><esc>");
    assert!(view_is_of_one(&session) && !session.screen().contains("hello"), "{}", session.screen());

    session.take_effects();
    session.keys("5/web<enter>jl");
    let streams: Vec<Id> = opened(&mut session).into_iter().map(|(id, _)| id).collect();
    assert_eq!((streams.len(), title(&session).as_str()), (2, "shop web — 2 containers"), "{}", session.screen());
}

fn view_is_of_one(session: &Session) -> bool {
    session.app.log.as_ref().is_none_or(|view| view.merge.is_none())
}

#[test]
fn an_act_key_in_the_log_of_several_means_those_whose_log_it_is_and_asks_first() {
    for key in ["P", "S", "R"] {
        let (mut session, _) = busy((120, 40));
        assert_eq!(session.app.selected_id(), Some(id("mail")), "the hidden cursor is elsewhere");
        session.take_effects();
        session.keys(key);
        let acts = |session: &mut Session| -> Vec<Id> {
            let effects = session.take_effects();
            effects
                .iter()
                .filter_map(|effect| if let Effect::Act(_, act) = effect { Some(act.id.clone()) } else { None })
                .collect()
        };
        assert!(acts(&mut session).is_empty(), "{key} asks first");
        let screen = session.screen();
        assert!(screen.contains("shop-web-1") && screen.contains("shop-db-1"), "{key}: {screen}");
        session.keys("y");
        let mut done = acts(&mut session);
        done.sort();
        let mut shop = ["db-1", "gateway-for-payments-1", "web-1", "web-2"].map(|name| id(&format!("shop-{name}")));
        shop.sort();
        assert_eq!(done, shop, "{key}");
    }
}

#[test]
fn what_is_for_one_container_is_refused_in_the_log_of_several() {
    for key in ["N", "e", "A"] {
        let (mut session, _) = busy((160, 45));
        session.take_effects();
        session.keys(key);
        let effects = session.take_effects();
        let opens = effects.iter().any(|effect| matches!(effect, Effect::Open(..) | Effect::Act(..)));
        assert!(!opens && session.app.overlays.is_empty(), "{key}: {effects:?}");
    }
}

#[test]
fn what_one_writes_now_leaves_what_others_wrote_before_in_the_log() {
    let (mut session, wires) = busy((160, 45));
    let before = view(&session).ring.len();
    let seam = Timestamp((NOON + 60) * SECOND);
    wires.iter().for_each(|wire| session.send(Msg::Chunk(*wire, StreamEvent::HistoryUntil(seam))));
    let many: Vec<(i64, &str, Level)> = (100..700).map(|second| (second, "tick", Level::None)).collect();
    say(&mut session, wires[1], &many);
    assert_eq!(view(&session).ring.len(), before + 600);
}

/// The parts from a moment on that were asked for since the effects were taken last.
fn parts(session: &mut Session) -> Vec<(StreamId, Timestamp, usize)> {
    let effects = session.take_effects();
    let part = |effect: &Effect| match effect {
        Effect::Open(wire, Source::LogsFrom { from, lines, .. }) => Some((*wire, *from, *lines)),
        _ => None,
    };
    effects.iter().filter_map(part).collect()
}

fn shown(session: &Session) -> Vec<String> {
    let rows = view(session).visible(20, 80, &session.app.options.logs);
    rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
}

#[test]
fn a_far_time_is_gone_to_without_what_lies_between_and_shows_what_is_whole_of_all() {
    let (mut session, _) = busy((120, 30));
    session.take_effects();
    session.keys("'-3h<enter>");
    let asked = parts(&mut session);
    let from = session.app.now.plus_seconds(-10_800.0);
    assert_eq!(asked.iter().map(|(_, from, lines)| (*from, *lines)).collect::<Vec<_>>(), vec![(from, 500); 4]);
    let many: Vec<(i64, &str, Level)> = (0..500).map(|second| (second - 10_700, "busy", Level::None)).collect();
    say(&mut session, asked[0].0, &many);
    say(&mut session, asked[1].0, &[(-10_750, "first", Level::None), (-10_201, "last", Level::None)]);
    say(&mut session, asked[2].0, &[(-9_000, "too late", Level::None)]);
    for (wire, ..) in &asked {
        session.send(Msg::Ended(*wire, None));
    }
    assert_eq!(shown(&session)[..2], ["first", "busy"]);
    assert_eq!(view(&session).ring.len(), 502, "what is later than the end of a part waits for the rest of it");
    for _ in 0..60 {
        session.keys("<ctrl-d>");
    }
    let asked = parts(&mut session);
    let end = Timestamp::from_seconds(NOON - 10_201);
    let counts: Vec<_> = asked.iter().map(|(_, from, lines)| (*from, *lines)).collect();
    assert_eq!(counts, [(end, 501), (end, 501), (end, 500), (end, 500)], "{:?}", shown(&session));
    say(&mut session, asked[0].0, &[(-10_201, "busy", Level::None), (-10_200, "on", Level::None)]);
    say(&mut session, asked[2].0, &[(-9_000, "too late", Level::None)]);
    for (wire, ..) in asked.iter().skip(1) {
        session.send(Msg::Ended(*wire, None));
    }
    assert_eq!(view(&session).ring.len(), 502, "the last part is not there yet");
    session.take_effects();
    session.send(Msg::Ended(asked[0].0, None));
    assert_eq!(opened(&mut session).len(), 4, "at the end the newest lines are followed again");
}

#[test]
fn what_one_failed_to_tell_is_asked_for_again_and_nobody_goes_on_before_that() {
    let (mut session, _) = busy((120, 30));
    session.take_effects();
    session.keys("'-3h<enter>");
    let asked = parts(&mut session);
    let line = |second: i64| [(second - 10_000, "told", Level::None), (second - 9_000, "told", Level::None)];
    for (index, (wire, ..)) in asked.iter().enumerate() {
        say(&mut session, *wire, &line(index as i64)[..if index == 1 { 1 } else { 2 }]);
    }
    let why = Problem::new("read a log", "the connection broke", "");
    session.send(Msg::Ended(asked[1].0, Some(why.clone())));
    for index in [0, 2, 3] {
        session.send(Msg::Ended(asked[index].0, None));
    }
    assert_eq!(shown(&session), ["told"; 2], "nothing behind what the one that failed told last");
    for again in [false, true] {
        session.keys("<ctrl-d>");
        let asked = parts(&mut session);
        let end = Timestamp::from_seconds(NOON - 9_999);
        assert_eq!(asked.iter().map(|(_, from, _)| *from).collect::<Vec<_>>(), [end; 4]);
        say(&mut session, asked[0].0, &[(-9_000, "told", Level::None)]);
        if again {
            say(&mut session, asked[1].0, &[(-9_999, "told", Level::None), (-9_500, "missed", Level::None)]);
            let many: Vec<(i64, &str, Level)> = (0..500).map(|second| (second - 9_900, "busy", Level::None)).collect();
            say(&mut session, asked[3].0, &many);
        }
        for (index, (wire, ..)) in asked.iter().enumerate() {
            let failed = (index == 1 && !again).then(|| why.clone());
            session.send(Msg::Ended(*wire, failed));
        }
        let ring = &view(&session).ring;
        let lines = (ring.first()..ring.end()).filter_map(|number| ring.line(number));
        let missed = lines.filter(|(_, line)| *line == b"missed").count();
        match again {
            false => assert_eq!((ring.len(), missed), (2, 0), "it failed again"),
            true => assert_eq!((ring.len(), missed), (503, 1)),
        }
    }
}

#[test]
fn older_lines_of_all_are_told_before_a_time_that_was_gone_to() {
    let (mut session, _) = busy((120, 30));
    session.take_effects();
    session.keys("'-3h<enter>");
    for (wire, ..) in parts(&mut session) {
        say(&mut session, wire, &[(-10_000, "then", Level::None)]);
        session.send(Msg::Ended(wire, None));
    }
    assert_eq!(shown(&session), ["then"; 4], "a time that was gone to stays, though nothing newer was cut off");
    session.keys("gk");
    let effects = session.take_effects();
    let older = effects.iter().filter_map(|effect| match effect {
        Effect::Open(wire, Source::OlderLogs { before, .. }) => Some((*wire, *before)),
        _ => None,
    });
    let older: Vec<(StreamId, Timestamp)> = older.collect();
    assert_eq!(older.len(), 4, "{effects:?}");
    for (wire, _) in older {
        say(&mut session, wire, &[(-20_000, "before", Level::None)]);
        session.send(Msg::Ended(wire, None));
    }
    session.keys("g");
    assert_eq!(shown(&session)[..5], ["before", "before", "before", "before", "then"]);
}
