//! Storms of changes, floods of lines: every key is answered, memory stays bounded, and what is shown is true (rows F5, L3).

use super::engine::Served;
use crate::support::docker::Docker;
use crate::support::pty::{Screen, Terminal};
use crate::support::vitals::Vitals;
use crate::support::wait::until_ok;
use crate::support::{bowline, docker};
use serde_json::{Value, json};
use std::time::Duration;

const PREFIX: &str = "\x1d";

/// A thousand containers that change without pause, and one whose log is a flood.
const STORM: &str = concat!(
    include_str!("../../assets/scenarios/storm.toml"),
    r#"
[[container]]
name = "aa-flood"
image = "flood"
kind = "process"
command = ["sh", "-c", "n=0; while :; do n=$((n+1)); echo line $n of a flood; done"]
"#
);

/// More than the cockpit ever holds, with a thousand containers, a shell and a log of 16 MiB, unoptimized, KiB.
const MEMORY: u64 = 96 * 1024;

/// The number in the newest line of the flood on the screen.
fn newest_line(screen: &Screen) -> Option<u64> {
    let number = |row: String| row.rsplit_once("line ")?.1.split_once(" of a flood")?.0.parse().ok();
    screen.rows().into_iter().filter_map(number).max()
}

/// Presses keys of every kind, each once the one before was answered.
fn every_key_is_answered(terminal: &mut Terminal) {
    for key in "jjjjjkkkkk".chars() {
        let name = |screen: &Screen| screen.cursor_row().split_whitespace().nth(1).unwrap_or_default().to_owned();
        let before = name(&terminal.screen());
        terminal.send(key.to_string().as_bytes());
        terminal.wait_until("the cursor on another row", |screen| name(screen) != before);
    }
    terminal.type_keys("?");
    terminal.wait_for("Help: all keys");
    terminal.type_keys("<esc>");
    terminal.wait_gone("Help: all keys");
    terminal.type_keys("/db-12");
    terminal.wait_until("what is typed", |screen| screen.rows().last().is_some_and(|row| row.contains("db-12")));
    terminal.type_keys("\r");
    terminal.wait_for("filter db-12");
    terminal.type_keys("<esc>");
    terminal.wait_gone("filter db-12");
    terminal.type_keys("g");
    terminal.wait_until("the first row under the cursor", |screen| screen.cursor_row().contains("aa-flood"));
}

/// How the list tells a state, from what an engine's list says; what more is known follows it.
fn word(listed: &Value) -> &'static str {
    let status = listed["Status"].as_str().unwrap_or_default();
    match listed["State"].as_str().unwrap_or_default() {
        "running" if status.contains("(healthy)") => "healthy",
        "running" if status.contains("(unhealthy)") => "unhealthy",
        "running" if status.contains("(health: starting)") => "starting",
        "running" => "running",
        "restarting" => "restart",
        "exited" => "exit",
        "paused" => "paused",
        _ => "created",
    }
}

/// Names and states of the containers whose name holds a text, as the engine tells them.
fn listed(engine: &Docker, part: &str) -> Vec<(String, &'static str)> {
    let list = engine.must("GET", "/containers/json?all=1", &Value::Null);
    let all = list.as_array().expect("a list").iter();
    let named =
        all.map(|one| (one["Names"][0].as_str().unwrap_or_default().trim_start_matches('/').to_owned(), word(one)));
    let mut found: Vec<_> = named.filter(|(name, _)| name.contains(part)).collect();
    found.sort();
    found
}

/// Pauses those that run, until nothing happens by itself to any of them any more.
fn hold_still(engine: &Docker, part: &str) {
    until_ok(|| {
        let moving = listed(engine, part).into_iter().filter(|(_, word)| !["paused", "exit", "created"].contains(word));
        let names: Vec<String> = moving.map(|(name, _)| name).collect();
        for name in &names {
            // One that is about to be restarted cannot be paused yet.
            engine.request("POST", &format!("/containers/{name}/pause"), "", b"").expect("an answer");
        }
        if names.is_empty() { Ok(()) } else { Err(format!("{names:?} to hold still")) }
    });
}

/// Waits until the rows say what the engine says, both before and after they were looked at.
fn rows_tell_the_truth(terminal: &Terminal, engine: &Docker, part: &str) {
    until_ok(|| {
        let before = listed(engine, part);
        let screen = terminal.screen();
        let rows = screen.rows();
        let told = |(name, word): &(String, &str)| {
            rows.iter().any(|row| {
                let mut words = row.split_whitespace().skip_while(|word| word != name).skip(1);
                words.next().is_some_and(|state| state.starts_with(word))
            })
        };
        let is_true = !before.is_empty() && before.iter().all(told) && listed(engine, part) == before;
        if is_true { Ok(()) } else { Err(format!("rows that say {before:?}\n{screen}")) }
    });
}

#[test]
fn a_storm_a_flooding_log_and_a_shell_full_of_yes_leave_every_key_answered_and_the_rows_true() {
    let engine = Served::of(STORM);
    let mut terminal = bowline(&["--host", &engine.host()]).size(160, 45).patience(Duration::from_secs(60)).start();
    terminal.wait_for(" 1001 ");
    // It began on what is worst.
    terminal.type_keys("g");
    terminal.wait_until("the flood", |screen| newest_line(screen).is_some());
    every_key_is_answered(&mut terminal);

    terminal.type_keys("e");
    terminal.wait_for("ctrl-] esc leaves");
    terminal.type_keys("yes bowline-yes\r");
    terminal.wait_for("bowline-yes");
    terminal.type_keys(PREFIX);
    terminal.type_keys("<esc>");
    terminal.wait_gone("ctrl-] esc leaves");
    let before = terminal.wait_until("the flood", |screen| newest_line(screen).is_some());
    every_key_is_answered(&mut terminal);
    let before = newest_line(&before);
    terminal.wait_until("the flood going on", |screen| newest_line(screen) > before);

    terminal.type_keys("/db-12\r");
    terminal.wait_for("filter db-12");
    // The storm goes on around those who are looked at.
    let api = Docker::at(engine.host());
    hold_still(&api, "db-12");
    rows_tell_the_truth(&terminal, &api, "db-12");
    let vitals = Vitals::of(terminal.process_id());
    assert!(vitals.peak < MEMORY, "{vitals:?}");
    println!("{vitals:?}");
    terminal.type_keys("\x03");
    terminal.wait_for("Quit bowline?");
    terminal.type_keys("y");
    assert!(terminal.wait_exit().success());
}

/// A million lines; an unoptimised build takes a tenth of them: what is checked is the end, not the speed.
const LINES: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

#[test]
fn a_million_lines_at_full_speed_end_on_the_screen_counted_and_bounded_with_keys_between() {
    let Some(docker) = docker::engine() else { return };
    let _bystander = docker.run("flood-bystander", "sleep 1000");
    let command = format!("seq 1 {LINES} | sed 's/^/line /;s/$/ of a flood/'; exec sleep 1000");
    let container = docker.create("flood-lines", &json!({ "Cmd": ["sh", "-c", command] }));
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    // Less than the log, so that lines fall off.
    std::fs::write(&config, "[logs]\nmemory_mib = 2\n").expect("written");
    let args = ["--host", docker.host(), "--config", config.to_str().expect("text")];
    let mut terminal = bowline(&args).size(160, 45).patience(Duration::from_secs(120)).start();
    terminal.wait_for("Containers");
    terminal.type_keys("/flood-lines\r");
    terminal.wait_until("the container under the cursor", |screen| screen.cursor_row().contains("created"));
    terminal.type_keys("lz");
    terminal.wait_gone("Containers");
    // The code counts, too, and an unoptimised build has much of it.
    let before = Vitals::of(terminal.process_id());
    container.start();
    terminal.wait_until("the first lines", |screen| newest_line(screen).is_some());
    for _ in 0..3 {
        terminal.type_keys("?");
        terminal.wait_for("Help: all keys");
        terminal.type_keys("<esc>");
        terminal.wait_gone("Help: all keys");
        terminal.type_keys("k");
        terminal.wait_for("paused");
        terminal.type_keys("G");
        terminal.wait_for("following");
    }
    let last = LINES as u64;
    terminal.wait_until("the last line", |screen| newest_line(screen) == Some(last));
    terminal.wait_for("older dropped from memory");
    let vitals = Vitals::of(terminal.process_id());
    assert!(vitals.peak < before.memory + 10 * 1024, "{vitals:?} after {before:?}");
    println!("{vitals:?}");
    terminal.type_keys("qqqq");
    assert!(terminal.wait_exit().success());

    // Whoever comes later sees nothing but its last thousand lines.
    let mut late = bowline(&args).size(160, 45).start();
    late.wait_for("Containers");
    late.type_keys("/flood-lines\r");
    let end = late.wait_until("lines", |screen| newest_line(screen).is_some());
    assert!(newest_line(&end) > Some(last - 1000), "{end}");
    late.wait_until("the last line", |screen| newest_line(screen) == Some(last));
    late.type_keys("qq");
    assert!(late.wait_exit().success());
}
