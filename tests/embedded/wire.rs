//! The wire itself: statuses, texts, frames, bounds.

use bowline_embedded::{Engine, Options, Scenario};
use serde_json::json;

use super::support::{ask, frames, get, is_alive, launch, post, raw, serve};
use crate::support::wait::eventually;

fn synthetic(count: usize) -> Engine {
    Engine::start(Scenario::synthetic(count, 1), Options { guard: None, ..Options::default() }).expect("starts")
}

#[tokio::test]
async fn it_says_what_it_is() {
    let engine = synthetic(10);
    let ping = get(&engine, "/_ping").await;
    assert_eq!((ping.status, &ping.body[..]), (200, &b"OK"[..]));
    assert!(ping.head.contains("api-version: 1.41") && ping.head.contains("ostype: linux"), "{}", ping.head);
    let head = ask(&engine, "HEAD", "/_ping", "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let version = get(&engine, "/v1.41/version").await.json();
    assert_eq!(version["Platform"]["Name"], "bowline embedded engine");
    let info = get(&engine, "/info").await.json();
    assert_eq!(info["OperatingSystem"], "bowline embedded engine");
    assert!(info["Warnings"][0].as_str().is_some_and(|warning| warning.contains("Nothing is isolated")));
    let new = get(&engine, "/v1.42/info").await;
    assert_eq!(new.status, 400);
    assert_eq!(new.message(), "client version 1.42 is too new. Maximum supported API version is 1.41");
}

#[tokio::test]
async fn refusals_in_dockers_words() {
    let engine = synthetic(10);
    let absent = get(&engine, "/containers/nobody/json").await;
    assert_eq!((absent.status, absent.message().as_str()), (404, "No such container: nobody"));
    for (method, path, status) in [
        ("POST", "/containers/web-1/start", 304),
        ("POST", "/containers/web-1/unpause", 500),
        ("DELETE", "/containers/web-1", 409),
        ("POST", "/containers/web-1/archive", 501),
        ("POST", "/images/web-1/push", 501),
        ("POST", "/build", 501),
        ("POST", "/containers/nobody/exec", 404),
        ("POST", "/containers/web-1/rename?name=api-1", 409),
        ("POST", "/containers/web-1/rename?name=a%2Fb", 400),
        ("POST", "/containers/web-1/kill?signal=NOPE", 400),
        ("GET", "/containers/web-1/logs", 400),
        ("GET", "/containers/web-1/logs?stdout=1&since=x", 400),
        ("GET", "/containers/json?filters=%7B%22foo%22%3A%5B%22x%22%5D%7D", 400),
        ("GET", "/containers/json?limit=abc", 400),
        ("POST", "/images/create?fromImage=x", 404),
        ("POST", "/images/create?fromSrc=-", 501),
        ("GET", "/images/nope/json", 404),
        ("GET", "/volumes/nope", 404),
        ("GET", "/networks/nope", 404),
        ("POST", "/volumes/create", 400),
        ("GET", "/swarm", 501),
        ("GET", "/nope", 404),
        ("GET", "/containers/%zz/json", 400),
    ] {
        let answer = ask(&engine, method, path, "").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
        assert!(status == 304 || !answer.message().is_empty(), "{method} {path}");
    }
}

#[tokio::test]
async fn hostile_input_is_refused_and_nothing_breaks() {
    let engine = synthetic(3);
    for body in ["{bad", "", "[]", "null", "7", "{\"Cmd\":7}", "{\"Cmd\":[\"a\\u0000b\"]}", "{\"Env\":[1]}"] {
        let answer = ask(&engine, "POST", "/containers/create", body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.message().is_empty());
    }
    let huge = "x".repeat(2 << 20);
    assert_eq!(ask(&engine, "POST", "/containers/create", &huge).await.status, 413);
    let header = format!("GET /_ping HTTP/1.1\r\nHost: d\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    assert!(raw(&engine, header.as_bytes()).await.status >= 400);
    assert_eq!(raw(&engine, b"\x16\x03\x01\x00garbage\r\n\r\n").await.status, 400);
    assert_eq!(get(&engine, "/_ping").await.status, 200);
}

#[tokio::test]
async fn lists_filter_and_scale() {
    let engine = synthetic(2000);
    let every = get(&engine, "/containers/json?all=1").await.json();
    assert_eq!(every.as_array().map(Vec::len), Some(2000));
    let running = get(&engine, "/containers/json").await.json();
    assert!(running.as_array().is_some_and(|rows| {
        rows.iter().all(|row| row["State"] == "running" || row["State"] == "paused" || row["State"] == "restarting")
    }));
    let exited = get(&engine, "/containers/json?filters=%7B%22status%22%3A%5B%22exited%22%5D%7D").await.json();
    assert!(exited.as_array().is_some_and(|rows| !rows.is_empty() && rows.iter().all(|row| row["State"] == "exited")));
    assert_eq!(get(&engine, "/containers/json?limit=3").await.json().as_array().map(Vec::len), Some(3));
    let one = get(&engine, "/containers/json?all=1&filters=%7B%22name%22%3A%7B%22%5E%2Fweb-1%24%22%3Atrue%7D%7D")
        .await
        .json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_process_lives_writes_and_ends() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    let id = launch(engine, "bowline-test-one", "echo out; echo err >&2; printf open; exit 3").await;
    let waited = post(engine, "/containers/bowline-test-one/wait").await;
    assert_eq!(waited.json()["StatusCode"], 3);
    let logs = get(engine, &format!("/containers/{}/logs?stdout=1&stderr=1&follow=1", &id[..12])).await;
    let mut lines = frames(&logs.body);
    lines.sort();
    assert_eq!(lines, [(1, "open".into()), (1, "out\n".into()), (2, "err\n".into())]);
    assert_eq!(frames(&get(engine, "/containers/bowline-test-one/logs?stdout=1&tail=0").await.body), []);
    let state = get(engine, "/containers/bowline-test-one/json").await.json();
    assert_eq!((&state["State"]["Status"], &state["State"]["ExitCode"]), (&json!("exited"), &json!(3)));
    let events = get(engine, "/events?since=1&until=9999").await;
    assert!(events.body.is_empty(), "all of them are later");
    served.end().await;
}

#[tokio::test]
async fn a_follow_has_each_line_once_and_ends_with_the_run() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    launch(engine, "bowline-test-lines", "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done").await;
    let logs = get(engine, "/containers/bowline-test-lines/logs?stdout=1&follow=1&timestamps=1").await;
    let numbers: Vec<String> = frames(&logs.body)
        .into_iter()
        .map(|(_, line)| line.split(' ').nth(1).unwrap_or("").trim().to_string())
        .collect();
    assert_eq!(numbers, (0..3000).map(|number| number.to_string()).collect::<Vec<_>>());
    // Resuming at a line's own moment gives this line again, and all after it.
    let stamps: Vec<String> =
        frames(&logs.body).into_iter().map(|(_, line)| line.split(' ').next().unwrap_or("").to_string()).collect();
    let rest = get(engine, &format!("/containers/bowline-test-lines/logs?stdout=1&since={}", stamps[2990])).await;
    assert_eq!(frames(&rest.body).len(), 10);
    served.end().await;
}

#[tokio::test]
async fn stop_is_polite_then_firm_and_takes_the_children_along() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    launch(engine, "bowline-test-polite", "trap 'exit 7' TERM; while :; do sleep 0.05; done").await;
    launch(engine, "bowline-test-deaf", "trap '' TERM; sleep 300 & echo child $!; while :; do sleep 0.05; done").await;
    let child = std::cell::Cell::new(0);
    eventually("the trap is set and the child told", || async {
        let logs = get(engine, "/containers/bowline-test-deaf/logs?stdout=1").await;
        let told =
            frames(&logs.body).first().and_then(|(_, line)| line.trim().strip_prefix("child ")?.parse::<i64>().ok());
        told.inspect(|pid| child.set(*pid)).is_some()
    })
    .await;
    assert!(is_alive(child.get()));
    assert_eq!(post(engine, "/containers/bowline-test-deaf/stop?t=0").await.status, 204);
    let deaf = get(engine, "/containers/bowline-test-deaf/json").await.json();
    assert_eq!(deaf["State"]["ExitCode"], 137);
    eventually("the child is gone", || async { !is_alive(child.get()) }).await;
    assert_eq!(post(engine, "/containers/bowline-test-deaf/stop").await.status, 304);
    assert_eq!(post(engine, "/containers/bowline-test-polite/stop?t=15").await.status, 204);
    let polite = get(engine, "/containers/bowline-test-polite/json").await.json();
    // 143 when the signal came before the trap.
    assert!([json!(7), json!(143)].contains(&polite["State"]["ExitCode"]), "{}", polite["State"]);
    served.end().await;
}

#[tokio::test]
async fn usage_is_real() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    launch(engine, "bowline-test-busy", "while :; do :; done").await;
    // For a moment after the answer to its start the process is not in its session yet, and has no figures.
    eventually("it has figures", || async {
        let stats = get(engine, "/containers/bowline-test-busy/stats?one-shot=1&stream=false").await.json();
        stats["cpu_stats"]["cpu_usage"]["total_usage"].as_u64().is_some_and(|used| used > 0)
    })
    .await;
    let stats = get(engine, "/containers/bowline-test-busy/stats?stream=false").await.json();
    let used = |part: &str| stats[part]["cpu_usage"]["total_usage"].as_u64().expect("a number");
    assert!(used("cpu_stats") - used("precpu_stats") > 50_000_000, "{stats}");
    assert!(stats["memory_stats"]["usage"].as_u64().is_some_and(|bytes| bytes > 50_000));
    assert_eq!(stats["pids_stats"]["current"], 1);
    post(engine, "/containers/bowline-test-busy/pause").await;
    let row = get(engine, "/containers/json").await.json();
    assert_eq!(row[0]["State"], "paused");
    post(engine, "/containers/bowline-test-busy/unpause").await;
    assert_eq!(post(engine, "/containers/bowline-test-busy/kill").await.status, 204);
    served.end().await;
}

#[tokio::test]
async fn a_policy_brings_it_back_until_somebody_stops_it() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    let body = json!({ "Cmd": ["/bin/sh", "-c", "exit 1"], "HostConfig": { "RestartPolicy": { "Name": "always" } } })
        .to_string();
    assert_eq!(ask(engine, "POST", "/containers/create?name=bowline-test-loop", &body).await.status, 201);
    post(engine, "/containers/bowline-test-loop/start").await;
    eventually("restarts", || async {
        let state = get(engine, "/containers/bowline-test-loop/json").await.json();
        state["RestartCount"].as_u64() >= Some(2)
    })
    .await;
    assert_eq!(ask(engine, "DELETE", "/containers/bowline-test-loop?force=1", "").await.status, 204);
    assert_eq!(get(engine, "/containers/json?all=1").await.json(), json!([]));
    served.end().await;
}
