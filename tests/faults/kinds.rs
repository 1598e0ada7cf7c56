//! Each kind of fault by itself.

use super::bed::Bed;
use crate::engine::world::{World, named, settings, unix};
use crate::support::docker;
use crate::support::proxy::{Answer, Spoil};
use bowline::engine::{Settings, StreamMessage};
use bowline::model::{LogState, Size, Source, StreamEvent, StreamId};
use std::time::Duration;

/// Waits as long as a fault is meant to last: nothing is waited for but time itself.
async fn lasts(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_connections() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "refused").await;
    bed.proxy.refuse();
    bed.proxy.cut_all();
    bed.shows_lost("nothing answers").await;
    bed.proxy.accept();
    bed.is_well("refused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_vanishes() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "vanished").await;
    bed.proxy.vanish();
    bed.proxy.cut_all();
    bed.shows_lost("no socket").await;
    bed.proxy.accept();
    bed.is_well("vanished").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_cut_in_mid_frame() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "cut").await;
    // Prime to the length of a frame, so that each cut is elsewhere in one.
    for path in ["/logs", "/events", "/containers/json", "/stats"] {
        bed.proxy.cut_after(path, 101, 5);
        bed.proxy.cut_all();
        lasts(300).await;
        bed.proxy.heal();
        bed.is_well(path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_stalls_for_a_moment() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "stalled").await;
    bed.proxy.stall(true);
    lasts(1500).await;
    bed.proxy.heal();
    bed.is_well("stalled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_stalls_for_long() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "hung").await;
    bed.proxy.stall(true);
    bed.shows_lost("no answer within").await;
    bed.proxy.heal();
    bed.is_well("hung").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_stream_that_stalls_alone() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "quiet-log").await;
    bed.proxy.stall_responses("follow=1");
    let before = bed.heard.log().numbers.len();
    let asked = bed.proxy.count("follow=1");
    let proxy = &bed.proxy;
    tokio::task::block_in_place(|| {
        proxy.wait_until_within("the log to be asked for anew", Duration::from_secs(60), |proxy| {
            proxy.count("follow=1") > asked
        });
    });
    assert!(bed.heard.log().numbers.len() >= before);
    bed.proxy.heal();
    bed.is_well("the log stalled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_stream_that_stalls_alone() {
    let Some(docker) = docker::engine() else { return };
    let relist = Duration::from_secs(3);
    let mut bed = Bed::with(docker, "quiet-events", Settings { relist, ..Settings::default() }).await;
    bed.proxy.stall_responses("/events");
    let third = tokio::task::block_in_place(|| bed.docker.run(&bed.own_name("third"), "exit 3"));
    let name = third.name.clone();
    // No event tells of it: a list does.
    bed.world.until("the third", |snapshot| named(snapshot, &name)).await;
    bed.proxy.heal();
    bed.is_well("the events stalled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_trickle_one_by_one() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "trickle").await;
    bed.proxy.trickle();
    bed.proxy.cut_all();
    bed.is_well("while it trickles").await;
    bed.proxy.heal();
    bed.is_well("after the trickle").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_of_every_kind() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "status").await;
    for status in [404, 429, 500] {
        bed.proxy.answer("/", Answer::Status(status, "as the test wants it".into()));
        bed.proxy.cut_all();
        lasts(250).await;
        bed.proxy.heal();
        bed.is_well(&format!("status {status}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_of_every_other_request() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "share").await;
    for path in ["/", "/logs"] {
        bed.proxy.answer_each(path, Answer::Status(500, "one in two fails".into()), 2);
        bed.proxy.cut_all();
        lasts(1000).await;
        bed.proxy.heal();
        bed.is_well(path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_for_people() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "html").await;
    for status in [200, 502] {
        bed.proxy.answer("/", Answer::Html(status));
        bed.proxy.cut_all();
        lasts(500).await;
        bed.proxy.heal();
        bed.is_well(&format!("HTML with {status}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn truncated_and_wrong_json() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "json").await;
    for (list, other) in [("", "{"), ("[", "null"), ("{}", "[]"), ("[{\"Id\":5}]", "\"text\"")] {
        bed.proxy.answer("/containers/json", Answer::Body(list.into()));
        bed.proxy.answer("/stats", Answer::Body(other.into()));
        bed.proxy.answer("/json", Answer::Body(other.into()));
        bed.proxy.cut_all();
        lasts(300).await;
        bed.proxy.heal();
        bed.is_well(&format!("the list {list:?}")).await;
    }
    for bytes in [0, 500] {
        bed.proxy.truncate("json", bytes);
        bed.proxy.cut_all();
        lasts(300).await;
        bed.proxy.heal();
        bed.is_well(&format!("truncated to {bytes} bytes")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_frame_header() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "half-header").await;
    let half = vec![1, 0, 0, 0];
    for spoil in [Spoil::End(half.clone()), Spoil::Break(half), Spoil::End(Vec::new())] {
        bed.proxy.spoil("/logs", 300, spoil.clone());
        bed.proxy.cut_all();
        let proxy = &bed.proxy;
        tokio::task::block_in_place(|| proxy.wait_until("the spoil", |proxy| proxy.spoils_left() == 0));
        bed.is_well(&format!("{spoil:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_the_middle_of_a_stream() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "garbage").await;
    for path in ["/logs", "/events"] {
        bed.proxy.spoil(path, 0, Spoil::Flood(3_000_000));
        bed.proxy.cut_all();
        let proxy = &bed.proxy;
        tokio::task::block_in_place(|| proxy.wait_until("the spoil", |proxy| proxy.spoils_left() == 0));
        bed.is_well(path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_http_at_all_and_headers_without_end() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "no-http").await;
    for answer in [Answer::Garbage, Answer::Nothing, Answer::EndlessHeader(50 << 20), Answer::Flood(50 << 20)] {
        bed.proxy.answer("/", answer.clone());
        bed.proxy.cut_all();
        lasts(500).await;
        bed.proxy.heal();
        // What was ordered before goes on until it is cut.
        bed.proxy.cut_all();
        bed.is_well(&format!("{answer:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attached_session_whose_stream_is_held_open() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("faults-attached", "while :; do echo here; sleep 0.1; done");
    let proxy = crate::support::proxy::Proxy::to(docker.socket());
    let mut world = World::start(settings(unix(proxy.socket())));
    let id = world.container(&container.name).await.id.clone();
    world.store.open(StreamId(1), Source::Attach { id, size: Size { columns: 80, rows: 24 } });
    while !matches!(world.message().await.1, StreamMessage::Chunk(StreamEvent::Output(..))) {}
    proxy.stall_responses("/attach");
    tokio::task::block_in_place(|| container.kill());
    let mut exit = None;
    loop {
        match world.message().await.1 {
            StreamMessage::Chunk(StreamEvent::Exited(code)) => exit = code,
            StreamMessage::Ended(why) => break assert_eq!(why, None),
            StreamMessage::Chunk(_) => {}
        }
    }
    assert_eq!(exit, Some(137));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_something_between_denies() {
    let Some(docker) = docker::engine() else { return };
    let mut bed = Bed::make(docker, "denied").await;
    for status in [404, 409] {
        let asked = bed.proxy.count("/logs");
        bed.proxy.answer("/logs", Answer::Status(status, "No such container".into()));
        bed.proxy.cut_all();
        let proxy = &bed.proxy;
        tokio::task::block_in_place(|| proxy.wait_until("three denials", |proxy| proxy.count("/logs") > asked + 3));
        bed.proxy.heal();
        // The list has it: it is not gone.
        bed.is_well(&format!("denied with {status}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_ends_too_early_once_its_container_has_ended() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("faults-early", "seq 1 500");
    tokio::task::block_in_place(|| container.wait_status("exited"));
    let proxy = crate::support::proxy::Proxy::to(docker.socket());
    let mut world = World::start(settings(unix(proxy.socket())));
    let id = world.container(&container.name).await.id.clone();
    proxy.spoil("/logs", 1000, Spoil::End(vec![1, 0, 0, 0]));
    world.open_logs(1, &id, 1000);
    let lines = world.lines(500).await;
    assert_eq!(proxy.spoils_left(), 0);
    assert!(lines.iter().zip(1..).all(|(line, number)| *line == number.to_string()), "{lines:?}");
    while world.message().await.1 != StreamMessage::Chunk(StreamEvent::State(LogState::Waiting)) {}
}
