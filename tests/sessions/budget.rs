//! What a frame and a message may cost, counted in allocations: times are noise, counts are exact.

use super::harness::*;
use allocation_counter::{AllocationInfo, measure};
use bowline::app::Msg;
use bowline::model::*;
use bowline::ui::draw;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn frame(session: &Session) -> AllocationInfo {
    let (width, height) = session.app.size;
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
    // The first frame fills caches.
    draw(&session.app, &session.look, &mut buffer);
    measure(|| {
        draw(&session.app, &session.look, &mut buffer);
    })
}

fn busy(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    let line = "\x1b[32mINFO\x1b[0m GET /v1/orders/8812 \x1b[1m200\x1b[0m 12ms user=gus";
    let lines: Vec<(&str, Level)> = (0..200).map(|_| (line, Level::Info)).collect();
    session.log(&lines);
    session
}

#[test]
fn a_frame_of_the_cockpit_keeps_to_its_budget_of_allocations() {
    let cost = frame(&busy((160, 45)));
    assert!(cost.count_total <= 700, "{cost:?}");
    assert_eq!(cost.count_current, 0, "a frame leaves nothing behind: {cost:?}");
}

#[test]
fn a_frame_with_the_log_of_several_costs_little_more() {
    let mut session = Session::shop((160, 45));
    session.keys("*l");
    let line = "\x1b[32mINFO\x1b[0m GET /v1/orders/8812 \x1b[1m200\x1b[0m 12ms user=gus";
    let lines: Vec<(&str, Level)> = (0..200).map(|_| (line, Level::Info)).collect();
    session.log(&lines);
    let cost = frame(&session);
    assert!(cost.count_total <= 720, "{cost:?}");
    assert_eq!(cost.count_current, 0, "a frame leaves nothing behind: {cost:?}");
}

#[test]
fn a_key_that_moves_the_cursor_keeps_to_its_budget_of_allocations() {
    let mut session = busy((160, 45));
    session.keys("j");
    let down = key_event("j");
    let cost = measure(|| session.send(Msg::Input(crossterm::event::Event::Key(down))));
    assert!(cost.count_total <= 8, "{cost:?}");
}

/// A thousand containers of twenty projects, grouped.
fn grouped() -> Session {
    let mut session = Session::new((160, 45));
    session.connect();
    let many = (0..1000).map(|number| {
        let mut one = container(&format!("web-{number}"), State::Running);
        one.labels = vec![("com.docker.compose.project".into(), format!("project-{}", number % 20).into())];
        one
    });
    session.fact(Fact::Containers(ENGINE, many.collect()));
    session.publish();
    session.keys("vproject<enter>");
    session
}

#[test]
fn groups_cost_a_frame_and_a_key_no_more_at_a_thousand_containers() {
    let mut session = grouped();
    session.keys("gjjj");
    let cost = frame(&session);
    assert!(cost.count_total <= 700, "{cost:?}");
    let down = key_event("j");
    let cost = measure(|| session.send(Msg::Input(crossterm::event::Event::Key(down))));
    assert!(cost.count_total <= 8, "{cost:?}");
    session.keys("g");
    let cost = frame(&session);
    assert!(cost.count_total <= 700, "on the row of a group too: {cost:?}");
}

#[test]
fn new_figures_change_the_sums_of_groups_without_an_allocation_for_each_container() {
    let mut session = grouped();
    let world = std::sync::Arc::new(Snapshot { usage: Default::default(), ..session.world.clone() });
    let cost = measure(|| session.send(Msg::Store(world)));
    assert!(cost.count_total <= 60, "{cost:?}");
}

#[test]
fn output_of_a_shell_takes_no_memory_beyond_its_screen() {
    let mut session = Session::shop((160, 45));
    let wire = session.shell();
    let text = "drwxr-xr-x 2 root root 4096 \x1b[1;34mbin\x1b[0m\r\n".repeat(3000);
    // The scrollback fills.
    session.output(wire, text.as_bytes());
    let cost = measure(|| session.output(wire, text.as_bytes()));
    assert!(cost.count_total <= 8, "{cost:?}");
}
