//! The charts of the selected container: one cursor for them, its log and the events.

use super::harness::{ENGINE, NOON, Session, batch, id};
use bowline::app::gauges::Graphs;
use bowline::app::{Effect, Msg, Overlay, Pane};
use bowline::model::{
    Batch, Event, Fact, Graph, GraphSource, Keep, Kind, Level, LogNumber, NamePattern, SECOND, Source, StreamEvent,
    Timestamp,
};
use insta::assert_snapshot;

/// A shop whose selected container has a line a second in its log, for the minute of its charts.
fn session(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    let wire = session.wire();
    session.send(Msg::Chunk(wire, StreamEvent::Lines(minute())));
    session
}

fn minute() -> Batch {
    let lines: Vec<String> = (0..60).map(|second| format!("second {second}")).collect();
    let lines: Vec<(&str, Level)> = lines.iter().map(|line| (line.as_str(), Level::None)).collect();
    let mut batch = batch(&lines);
    batch.lines.iter_mut().for_each(|mark| mark.at = Timestamp(mark.at.0 - 60 * SECOND));
    batch
}

fn first_line(session: &Session) -> String {
    let view = session.app.log.as_ref().expect("a log");
    let rows = view.visible(5, 80, &session.app.options.logs);
    rows[0].pieces.iter().map(|piece| piece.text.as_str()).collect()
}

/// The columns of the charts that are marked.
fn marks(session: &Session) -> usize {
    session.region(Pane::Gauges).lines().nth(2).map_or(0, |row| row.matches('│').count())
}

#[test]
fn the_cursor_goes_along_the_charts_and_tells_the_figures_of_its_moment() {
    let mut session = session((160, 45));
    assert_eq!(marks(&session), 0, "{}", session.region(Pane::Gauges));
    session.keys("<tab><left>");
    let card = session.region(Pane::Gauges);
    assert!(card.contains("│ 11:59:56 cpu "), "{card}");
    assert_eq!(marks(&session), 2, "CPU and memory have the same moment\n{card}");
    session.keys("<left><left>");
    assert!(session.region(Pane::Gauges).contains("│ 11:59:48 cpu "), "{}", session.region(Pane::Gauges));
    session.keys("<right>");
    assert!(session.region(Pane::Gauges).contains("│ 11:59:52 cpu "), "{}", session.region(Pane::Gauges));
    session.keys("<right><right>");
    assert_eq!(marks(&session), 0, "behind the newest moment there is no cursor");
    session.keys("<left><esc>");
    assert_eq!((marks(&session), session.app.focus), (0, Pane::Gauges), "esc takes the cursor away first");
    session.keys(&"<left>".repeat(20));
    assert!(session.screen().contains("no older moment in the chart"), "{}", session.screen());
}

#[test]
fn from_a_moment_in_the_chart_one_goes_to_the_log_and_the_chart_marks_where_the_log_stands() {
    let mut session = session((160, 45));
    session.keys("<tab><left><left><left><enter>");
    assert_eq!(session.app.focus, Pane::Logs);
    assert_eq!(first_line(&session), "second 48");
    let card = session.region(Pane::Gauges);
    assert!(card.contains("│ 11:59:48 cpu ") && marks(&session) == 2, "{card}");
    session.keys("kkkk");
    assert!(session.region(Pane::Gauges).contains("│ 11:59:44 cpu "), "the mark moves with the log");
    session.keys("<esc><tab><left>");
    assert!(session.region(Pane::Gauges).contains("│ 11:59:40 cpu "), "the cursor begins where the log stands");
    session.keys("l");
    assert_eq!((session.app.focus, first_line(&session)), (Pane::Logs, "second 40".to_string()));
    session.keys("G");
    assert_eq!(marks(&session), 0, "what follows new lines stands nowhere");
}

#[test]
fn a_click_on_a_chart_moves_the_log_to_its_time() {
    let mut session = session((160, 45));
    let card = session.app.places().gauges.expect("on screen");
    session.click_at(card.right() - 2 - 7, card.bottom() - 3);
    assert_eq!((session.app.focus, first_line(&session)), (Pane::Logs, "second 28".to_string()));
    session.click_at(card.x + 2, card.bottom() - 3);
    assert_eq!(session.app.focus, Pane::Gauges, "where the chart is empty nothing moves");
    assert_eq!(first_line(&session), "second 28");
}

#[test]
fn a_click_on_a_moment_before_what_is_loaded_reads_the_log_from_there() {
    let mut session = Session::shop((160, 45));
    session.log(&[("newest", Level::None)]);
    session.take_effects();
    let card = session.app.places().gauges.expect("on screen");
    session.click_at(card.right() - 2 - 7, card.bottom() - 3);
    let from = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Open(_, Source::LogsFrom { from, .. }) => Some(from),
        _ => None,
    });
    assert_eq!(from, Some(Timestamp::from_seconds(NOON - 32)));
}

#[test]
fn from_the_log_of_several_a_click_on_a_chart_leads_to_the_log_of_one() {
    let mut session = session((160, 45));
    session.keys("*l");
    assert!(session.app.shows_logs_of_several());
    let card = session.app.places().gauges.expect("on screen");
    session.click_at(card.right() - 2 - 7, card.bottom() - 3);
    let wire = session.wire();
    session.send(Msg::Chunk(wire, StreamEvent::Lines(minute())));
    assert!(!session.app.shows_logs_of_several());
    assert_eq!(first_line(&session), "second 28");
}

#[test]
fn the_list_of_events_opens_at_the_moment_at_which_the_log_stands() {
    let mut session = session((160, 45));
    for (second, what) in [(50, "started"), (25, "paused"), (20, "unpaused")] {
        session.fact(Fact::Event(Event {
            at: Timestamp::from_seconds(NOON - second),
            topic: Kind::Container,
            action: what.into(),
            id: Some(id("api-1")),
            name: "api-1".into(),
            what: what.into(),
            ..Event::default()
        }));
    }
    session.publish();
    let chosen = |session: &Session| match session.app.overlays.last() {
        Some(Overlay::Events(view)) => {
            let rows = view.rows(&session.app);
            rows.events[rows.cursor.row()].what.clone()
        }
        other => panic!("{other:?}"),
    };
    session.keys("a");
    assert_eq!(chosen(&session), "unpaused");
    session.keys("<esc><tab><left><left><left><left><left><left><left><enter>a");
    assert_eq!(chosen(&session), "paused", "the log stands at {}", first_line(&session));
}

#[test]
fn where_there_are_no_charts_the_cursor_says_what_helps() {
    let mut session = session((80, 24));
    session.app.size = (80, 20);
    session.keys("<tab><left>");
    let helped = session.screen().contains("z zooms") || session.region(Pane::Gauges).contains("│ 11:59:56");
    assert!(helped, "{}", session.screen());
    session.keys("z<left>");
    assert!(session.region(Pane::Gauges).contains("│ 11:59:5"), "{}", session.region(Pane::Gauges));
}

/// The minute of the log, in which a request of so many milliseconds ended in each second.
fn requests() -> Batch {
    let lines: Vec<String> = (0..60).map(|second| format!("\x1b[32mGET\x1b[0m /cart took={second}ms")).collect();
    let lines: Vec<(&str, Level)> = lines.iter().map(|line| (line.as_str(), Level::None)).collect();
    let mut batch = batch(&lines);
    batch.lines.iter_mut().for_each(|mark| mark.at = Timestamp(mark.at.0 - 60 * SECOND));
    batch
}

fn session_with(size: (u16, u16), graphs: &[Graph]) -> Session {
    let mut session = Session::shop(size);
    session.app.graphs = Graphs::new(graphs);
    session
}

fn took() -> Graph {
    Graph::typed(r"took=(\d+)ms", "api-1").expect("a pattern")
}

fn read(session: &mut Session, batch: Batch) {
    let wire = session.wire();
    session.send(Msg::Chunk(wire, StreamEvent::Lines(batch)));
}

#[test]
fn a_number_of_the_log_is_a_chart_beside_cpu_and_memory() {
    for (name, size) in [("own_graph_wide", (160, 45)), ("own_graph_narrow", (80, 24)), ("own_graph_tiny", (40, 12))] {
        let mut session = session_with(size, &[took()]);
        read(&mut session, requests());
        session.keys("<tab>");
        assert_snapshot!(name, session.region(Pane::Gauges));
    }
}

#[test]
fn a_graph_says_why_it_has_no_value_yet() {
    let mut session = session_with((160, 45), &[took()]);
    let card = session.region(Pane::Gauges);
    assert!(card.contains("took no value yet:"), "{card}");
    read(&mut session, minute());
    let card = session.region(Pane::Gauges);
    assert!(card.contains("took no line matched yet"), "{card}");
}

#[test]
fn lines_read_later_from_before_go_to_their_own_place_and_none_is_counted_twice() {
    let mut graph = took();
    graph.source = GraphSource::Log(LogNumber::new(r"took=(\d+)ms", Keep::Sum, false).expect("a pattern"));
    let mut session = session_with((160, 45), &[graph]);
    let mut late = requests();
    late.lines.drain(..30);
    read(&mut session, late);
    session.keys("lg");
    let older = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Open(stream, Source::OlderLogs { .. }) => Some(stream),
        _ => None,
    });
    let older = older.expect("an older page is asked for");
    session.send(Msg::Chunk(older, StreamEvent::Lines(requests())));
    let value = |session: &Session, second: i64| {
        let container = session.app.fleet.selected().expect("a container");
        let shown = session.app.graphs.of(container);
        shown[0].history.expect("it was read").value_at((NOON - 60 + second) as u32, false)
    };
    assert_eq!(value(&session, 8), Some(8.0 + 9.0 + 10.0 + 11.0), "of the page");
    assert_eq!(value(&session, 40), Some(40.0 + 41.0 + 42.0 + 43.0), "once, though both brought it");
    session.keys("0");
    let again = session.app.log.as_ref().expect("a log").stream;
    session.send(Msg::Chunk(again, StreamEvent::Lines(requests())));
    assert_eq!(value(&session, 40), Some(40.0 + 41.0 + 42.0 + 43.0), "nor when the log is opened again");
}

#[test]
fn a_graph_of_this_session_is_typed_in_the_log_and_begins_with_what_is_loaded() {
    let mut session = session_with((160, 45), &[]);
    read(&mut session, requests());
    session.keys(r"l%took=(\d+)ms<enter>");
    let card = session.region(Pane::Gauges);
    assert!(card.contains("took 59ms max 59ms"), "{card}");
    session.keys("%took<enter>");
    assert!(session.screen().contains("has no group for the number"), "{}", session.screen());
    session.keys("<esc>%net-in<enter>");
    assert!(session.region(Pane::Gauges).contains("net-in no value yet"), "{}", session.region(Pane::Gauges));
    session.keys(":remove-graph<enter>");
    assert!(session.overlay().contains(r"log took=(\d+)ms"), "{}", session.overlay());
    session.keys("<enter>");
    let card = session.region(Pane::Gauges);
    assert!(!card.contains("took 59ms") && card.contains("net-in"), "{card}");
}

#[test]
fn a_figure_of_the_samples_is_a_chart_of_the_containers_it_is_meant_for() {
    let mut graph = Graph::typed("net-out", "").expect("a figure");
    graph.container = Some(NamePattern::new("web-*"));
    let mut session = Session::new((160, 45));
    session.app.graphs = Graphs::new(&[graph]);
    session.connect();
    session.fact(Fact::Containers(ENGINE, super::harness::shop()));
    for second in 0..60 {
        session.sample(second);
        session.publish();
    }
    assert!(!session.region(Pane::Gauges).contains("net-out"), "api-1 is not meant");
    session.keys("G");
    session.wait(1.0);
    let card = session.region(Pane::Gauges);
    assert!(card.contains("net-out 300B/s max 300B/s"), "{card}");
    session.keys("<tab><left>");
    let card = session.region(Pane::Gauges);
    assert!(card.contains(" net-out 300B/s") && card.contains("│ 11:59:56 cpu"), "{card}");
}

#[test]
fn graphs_without_room_are_counted_and_say_the_key_that_shows_them() {
    let graphs =
        [took(), Graph::typed("pids", "api-1").expect("a figure"), Graph::typed("net-in", "api-1").expect("a figure")];
    let mut tiny = session_with((40, 9), &graphs);
    tiny.keys("<tab><left>");
    let card = tiny.region(Pane::Gauges);
    assert!(card.contains(" 3 graphs more: z"), "what is marked leaves it room: {card}");
    let mut session = session_with((120, 24), &graphs);
    read(&mut session, requests());
    let card = session.region(Pane::Gauges);
    assert!(card.contains("graphs more: z") && card.contains("cpu") && card.contains("mem"), "{card}");
    session.keys("<tab>z");
    let card = session.region(Pane::Gauges);
    assert!(card.contains("took") && card.contains("pids 4") && !card.contains("more"), "{card}");
}
