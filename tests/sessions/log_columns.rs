//! Fields of log lines as columns, and what the configuration has highlighted.

use super::harness::{ENGINE, NOON, Session, container};
use bowline::app::{Effect, LogOptions, Msg, Pane};
use bowline::config::parse;
use bowline::model::*;
use bowline::ui::Theme;
use std::sync::Arc;

const LINES: [(&str, Level); 3] = [
    (r#"{"level":"info","msg":"order placed","user":"ann","took":12,"shop":"north"}"#, Level::Info),
    (r#"{"level":"warn","msg":"order slow","user":"bartholomew","took":912}"#, Level::Warn),
    ("plain words", Level::None),
];

fn session(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    session.log(&LINES);
    session.keys("l");
    session
}

/// The lines on the screen, without their times and the signs before them.
fn shown(session: &Session) -> Vec<String> {
    let screen = session.region(Pane::Logs);
    let line = |line: &str| line.split_once("12:00:0").map(|(_, line)| line[2..].trim_end().to_string());
    screen.lines().filter_map(line).collect()
}

fn saved(session: &mut Session) -> Arc<LogColumns> {
    let saved = session.take_effects().into_iter().rev().find_map(|effect| match effect {
        Effect::SaveLogColumns(columns) => Some(columns),
        _ => None,
    });
    saved.expect("the choice is remembered")
}

#[test]
fn fields_stand_as_columns_in_the_order_in_which_they_were_chosen() {
    let mut session = session((120, 30));
    session.keys("<ctrl-t>");
    let menu = session.overlay();
    assert!(menu.contains("took") && menu.contains("in 100% of lines, such as 912"), "{menu}");
    assert!(menu.contains("in 50% of lines, such as north"), "{menu}");
    session.keys("j<enter>");
    assert!(session.overlay().contains("column 1"), "several are chosen in a row: {}", session.overlay());
    session.keys("k<enter><esc>");
    let wanted = ["INFO  ann         12  order placed shop=north", "WARN  bartholomew 912 order slow", "plain words"];
    assert_eq!(shown(&session), wanted);
    session.keys("<ctrl-t>jjj<enter><esc>");
    assert_eq!(shown(&session)[0], "INFO  ann         12  order placed", "other fields are hidden");
    session.keys("\\");
    assert!(shown(&session)[0].starts_with(r#"{"level":"info""#), "raw is raw");
    session.keys("\\<ctrl-t>j<enter><esc>");
    assert_eq!(shown(&session)[0], "INFO  12  order placed", "chosen again it is none any more");
}

#[test]
fn a_field_that_was_offered_becomes_a_column_though_newer_lines_have_other_fields() {
    let mut session = session((120, 30));
    session.keys("<ctrl-t>j");
    let newer: Vec<(&str, Level)> = vec![(r#"{"msg":"other","USER":"x"}"#, Level::None); 1100];
    session.send(Msg::Chunk(session.wire(), StreamEvent::Lines(super::harness::batch(&newer))));
    session.keys("<enter>");
    let columns = saved(&mut session);
    assert_eq!(columns.of("api-1", None).map(|chosen| chosen.fields.clone()), Some(vec!["user".to_string()]));
}

#[test]
fn columns_are_remembered_by_the_name_of_the_container_and_on_wish_for_its_image() {
    let mut first = session((120, 30));
    first.keys("<ctrl-t>j<enter>");
    let columns = saved(&mut first);
    assert_eq!(columns.of("api-1", None).map(|chosen| chosen.fields.clone()), Some(vec!["user".to_string()]));
    assert!(columns.images.is_empty());
    first.keys("jjj<enter>");
    let columns = saved(&mut first);
    assert_eq!(columns.images.len(), 1, "{columns:?}");

    let mut later = session((120, 30));
    assert_eq!(shown(&later)[0], "INFO  order placed user=ann took=12 shop=north");
    later.app.options.log_columns = columns;
    later.send(Msg::Tick(Timestamp::from_seconds(NOON)));
    assert_eq!(shown(&later)[0], "INFO  ann         order placed took=12 shop=north", "in the next run");
}

#[test]
fn where_there_is_little_room_columns_give_way_to_the_message() {
    let mut session = session((40, 12));
    let chosen = FieldColumns { fields: vec!["user".into(), "took".into()], hides_others: false };
    let containers = [("api-1".to_string(), chosen)].into();
    session.app.options.log_columns = Arc::new(LogColumns { containers, ..LogColumns::default() });
    session.keys("k");
    let screen = session.region(Pane::Logs);
    assert!(screen.contains("INFO  order placed") && screen.contains("WARN  order slow"), "{screen}");
}

#[test]
fn in_a_log_of_several_containers_each_has_its_own_columns() {
    let mut session = Session::new((120, 30));
    session.connect();
    session.fact(Fact::Containers(ENGINE, vec![container("db", State::Running), container("web", State::Running)]));
    session.publish();
    session.keys("<space><space>l");
    let wires: Vec<StreamId> = session
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Open(wire, Source::Logs { id, .. }) => Some((id, wire)),
            _ => None,
        })
        .rev()
        .take(2)
        .map(|(_, wire)| wire)
        .collect();
    assert_eq!(wires.len(), 2);
    for (wire, line) in wires.into_iter().rev().zip([r#"{"msg":"a","query":"q1"}"#, r#"{"msg":"b","path":"/x"}"#]) {
        session.send(Msg::Chunk(wire, StreamEvent::Lines(super::harness::batch(&[(line, Level::None)]))));
    }
    session.keys("<ctrl-t>j<enter>");
    let columns = saved(&mut session);
    let named: Vec<&String> = columns.containers.keys().collect();
    assert_eq!(named, ["db"], "only the container that has the field: {columns:?}");
}

const RULES: &str = r#"
[[logs.highlight]]
pattern = "slow"
style = "black on yellow"
[[logs.highlight]]
pattern = "bartholomew"
style = "underline"
container = "web-*"
"#;

#[test]
fn what_the_configuration_highlights_is_seen_below_matches_of_the_search() {
    let logs = parse(RULES).expect("readable").logs;
    let mut session = session((120, 30));
    session.app.options.logs = LogOptions { highlights: logs.highlights, ..session.app.options.logs };
    session.keys("k");
    let styles = |session: &Session| session.region_with_styles(Pane::Logs);
    let highlighted = styles(&session);
    assert!(highlighted.contains("Indexed(0) on Indexed(3)"), "{highlighted}");
    assert!(!highlighted.contains("UNDERLINED"), "the other rule is for other containers: {highlighted}");
    session.keys("/slow<enter>");
    let searched = styles(&session);
    assert!(!searched.contains("Indexed(3)"), "a match is seen as one: {searched}");
}

#[test]
fn without_colours_a_highlight_has_none() {
    let logs = parse(RULES).expect("readable").logs;
    let mut session = session((120, 30));
    session.look.theme = Theme::plain();
    session.app.options.logs = LogOptions { highlights: logs.highlights.without_colors(), ..session.app.options.logs };
    session.keys("k");
    let styles = session.region_with_styles(Pane::Logs);
    assert!(!styles.contains("Indexed"), "{styles}");
}
