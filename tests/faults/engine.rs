//! An engine that is frozen, or killed and started again with other containers, before the true program.

use crate::support::dockerd::{self, Dockerd};
use crate::support::pty::{Screen, Terminal};
use crate::support::{bowline, docker};
use std::time::Duration;

/// A heartbeat, a connection attempt and a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);

fn cockpit(engine: &Dockerd) -> Terminal {
    let host = format!("unix://{}", engine.socket().display());
    bowline(&["--host", &host]).size(160, 45).patience(PATIENCE).start()
}

/// Lost, with a reason and the next attempt, and its rows still there.
fn is_stale(screen: &Screen, name: &str) -> bool {
    let told = screen.contains("engine lost") && (screen.contains("next try in") || screen.contains("reconnecting"));
    told && screen.contains(name)
}

#[test]
fn a_frozen_engine_shows_as_stale_and_comes_back_by_itself() {
    let Some(engine) = dockerd::start() else { return };
    let docker = engine.docker();
    let counter = docker.run("cold", "i=0; while :; do i=$((i+1)); echo number $i.; sleep 0.2; done");
    let mut terminal = cockpit(&engine);
    terminal.wait_for("test-cold-");
    terminal.wait_for("number 5.");
    engine.freeze(true);
    let stale = terminal.wait_until("a stale engine", |screen| is_stale(screen, "test-cold-"));
    assert!(stale.contains("no answer within"), "the reason is told: {stale}");
    engine.freeze(false);
    terminal.wait_gone("engine lost");
    let fresh = last_number(&docker, &counter);
    let screen = terminal.wait_until("the lines written meanwhile", |screen| {
        numbers_on(screen).last().is_some_and(|last| *last >= fresh)
    });
    let shown = numbers_on(&screen);
    assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "each line once, in order: {shown:?}\n{screen}");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_killed_engine_comes_back_with_other_containers_and_no_ghosts() {
    let Some(mut engine) = dockerd::start() else { return };
    let docker = engine.docker();
    // Names may be cut short on the screen: a part of each tells them apart.
    let (_first, second) = (docker.run("one", "sleep 3600"), docker.run("two", "exit 3"));
    second.wait_status("exited");
    let mut terminal = cockpit(&engine);
    terminal.wait_until("both and their states", |screen| {
        screen.contains("test-one-") && screen.contains("test-two-") && screen.contains("exit 3")
    });
    engine.kill();
    let stale = terminal.wait_until("a stale engine", |screen| is_stale(screen, "test-one-"));
    assert!(stale.contains("test-two-"), "{stale}");
    engine.start_anew();
    let docker = engine.docker();
    let third = docker.run("three", "sleep 3600");
    terminal.wait_for("test-three-");
    terminal.wait_for("1 running");
    terminal.wait_gone("engine lost");
    // What has happened stays told below the list; the log of one that is gone stays until another's comes.
    terminal.wait_until("a screen without ghosts", |screen| {
        let text = screen.to_string();
        let list = text.split("─ Events ").next().unwrap_or_default();
        !list.contains("test-one-") && !list.contains("test-two-")
    });
    // The cursor fell on its row by itself: it is chosen before something is done to it.
    terminal.type_keys("g");
    terminal.type_keys("P");
    terminal.wait_for("paused bowline-test-");
    third.wait_status("paused");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

/// The numbers of `number 7.` on the screen, from above.
pub fn numbers_on(screen: &Screen) -> Vec<u64> {
    let rows = screen.rows();
    let number = |row: &String| row.split("number ").nth(1)?.split('.').next()?.parse().ok();
    rows.iter().filter(|row| !row.contains("echo")).filter_map(number).collect()
}

/// The latest number that the engine holds.
pub fn last_number(docker: &docker::Docker, counter: &docker::TestContainer) -> u64 {
    let path = format!("/containers/{}/logs?stdout=1&tail=1", counter.id);
    let (_, body) = docker.request("GET", &path, "", b"").expect("the engine answers");
    let text = String::from_utf8_lossy(&body).into_owned();
    let number = text.split("number ").nth(1).and_then(|rest| rest.split('.').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no number in {text:?}"))
}
