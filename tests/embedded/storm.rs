//! The scenario that clients are measured by.

use bowline_embedded::{Engine, Options, Scenario};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

use super::support::get;
use crate::support::wait::eventually;

fn storm() -> Engine {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios/storm.toml");
    let scenario = Scenario::load(&file).expect("the storm reads");
    Engine::start(scenario, Options { guard: None, ..Options::default() }).expect("starts")
}

/// What was heard so far that began by itself, not as the end of something else.
async fn incidents(engine: &Engine) -> usize {
    let until = format!("{:.3}", std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs_f64());
    let told = get(engine, &format!("/events?since=1&until={until}")).await;
    let text = String::from_utf8(told.body).expect("text");
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("an event"));
    events.filter(|event| matches!(event["Action"].as_str(), Some("die" | "health_status: unhealthy"))).count()
}

/// 500 incidents take ten seconds; a busy machine may take twice as long.
const TEN_SECONDS_TWICE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_thousand_containers_change_fifty_times_a_second_and_their_list_says_so() {
    let engine = storm();
    let list = get(&engine, "/containers/json?all=1").await.json();
    assert_eq!(list.as_array().map(Vec::len), Some(1000));
    let enough = eventually("500 of them", async || incidents(&engine).await >= 500);
    tokio::time::timeout(TEN_SECONDS_TWICE, enough).await.expect("at half the pace at least");
    let restarting = get(&engine, "/containers/json?filters=%7B%22status%22%3A%5B%22restarting%22%5D%7D").await.json();
    assert!(restarting.as_array().is_some_and(|list| list.len() > 20), "{restarting}");
    engine.shutdown().await;
}
